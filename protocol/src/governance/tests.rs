use proptest::prelude::*;

use super::*;
use crate::act::tests::{charter, charter as draft_charter, first_act, roots, secret};
use crate::act::{
    Body, Grant, GrantSubject, Kind, OrganisationBody, Place, Role, Roots, SpaceBody, founding, next_key_hash,
};
use crate::entry::{Draft, Kind as EntryKind, Payload};
use crate::id::{EntryId, RecordId};
use crate::log::{Log, LogKey};
use crate::time::Timestamp;

mod bounds;
mod drafts;
mod effect;
mod field;
mod halts;
mod proof;
mod spaces;
mod words;

fn organisation(act: &Act) -> OrganisationId {
    act.organisation().unwrap()
}

/// A charter of `n` organisations signed by all, and their first acts.
fn found(n: u16) -> (Act, Vec<Act>) {
    let first_acts: Vec<_> = (1..=n).map(first_act).collect();
    let ids: Vec<_> = first_acts.iter().map(Act::id).collect();
    let mut charter = charter(&ids, u64::from(n / 2 + 1));
    for (n, act) in (1..).zip(&first_acts) {
        let signature = charter.sign(organisation(act), &secret(10 * n));
        charter = charter.with_signature(signature);
    }
    (charter, first_acts)
}

fn fold(charter: &Act, acts: &[Act]) -> Governance {
    let mut governance = Governance::new(founding::consortium(charter));
    for act in [charter].into_iter().chain(acts) {
        governance.take(act.clone()).unwrap();
    }
    governance
}

fn founded(n: u16) -> (Governance, Act, Vec<Act>) {
    let (charter, acts) = found(n);
    (fold(&charter, &acts), charter, acts)
}

fn later(previous: &Act, consortium: ConsortiumId) -> Place {
    Place { version: previous.version() + 1, consortium, scope: previous.scope_id(), previous: previous.id() }
}

/// An act of organisation `n` after `previous`, signed by the root key given.
fn next(n: u16, previous: &Act, consortium: ConsortiumId, body: OrganisationBody, signer: u16) -> Act {
    let act = Act::draft(later(previous, consortium), &Body::Organisation(body)).unwrap();
    let signature = act.sign(organisation(&first_act(n)), &secret(signer));
    act.with_signature(signature)
}

fn granting(n: u16, key: u16, role: Role) -> OrganisationBody {
    let subject = GrantSubject::of_organisation(organisation(&first_act(n)));
    OrganisationBody { grants: vec![Grant::of(&secret(key), &subject, role, "")], ..OrganisationBody::default() }
}

#[test]
fn a_charter_signed_by_all_its_members_is_in_effect() {
    for n in [1, 2, 3, 5] {
        let (governance, charter, acts) = founded(n);
        assert_eq!(governance.charter(), charter.as_charter());
        assert_eq!(governance.missing_signatures(), vec![]);
        assert_eq!(governance.organisations().len(), usize::from(n));
        assert_eq!(governance.nodes().len(), usize::from(n));
        assert_eq!(governance.spaces().len(), 2);
        assert!(governance.acts().all(|act| governance.status(&act.id()) == Some(ActStatus::InEffect)));
        assert_eq!(governance.acts().next().unwrap().id(), charter.id());
        assert_eq!(governance.name(&organisation(&acts[0]), "fr"), Some("Organisation 1"));
        assert_eq!(governance.key_role(&secret(13).public(), &organisation(&acts[0])), Some(Role::Reader));
        let members = OpenSpace::Members.id(&governance.consortium());
        assert_eq!(governance.digest_items(&members).len(), usize::from(n) + 1);
        assert_eq!(governance.sync_items(&members).len(), usize::from(n) + 1);
        assert_eq!(governance.sync_items(&OpenSpace::Public.id(&governance.consortium())), Vec::<Item>::new());
    }
}

#[test]
fn one_missing_signature_keeps_the_charter_from_effect() {
    let (charter, acts) = found(3);
    let missing = organisation(&acts[1]);
    let signatures = charter.signatures().iter().filter(|signature| signature.organisation != missing);
    let signatures = signatures.copied().collect();
    let unsigned = charter.clone().with_signatures(signatures);
    assert_eq!(missing_signatures(&unsigned, &acts), vec![missing]);
    assert_eq!(missing_signatures(&charter, &acts[1..]), vec![organisation(&acts[0])]);
    let mut governance = fold(&unsigned, &acts);
    assert_eq!(governance.charter(), None);
    assert_eq!(governance.organisations(), vec![]);
    let why = Wait::Members(vec![missing]);
    assert_eq!(governance.status(&charter.id()), Some(ActStatus::NotInEffectYet { why }));
    assert_eq!(governance.status(&acts[0].id()), Some(ActStatus::NotInEffectYet { why: Wait::Charter }));
    assert_eq!(governance.take(charter.clone()), Ok(Taken::MoreSignatures));
    assert_eq!(governance.take(charter), Ok(Taken::Known));
    assert!(governance.charter().is_some());
}

#[test]
fn a_first_act_without_its_own_signature_stands_for_nobody() {
    let (charter, mut acts) = found(2);
    acts[0] = acts[0].clone().with_signatures(Vec::new());
    let governance = fold(&charter, &acts);
    assert_eq!(governance.missing_signatures(), vec![organisation(&acts[0])]);
    let why = Wait::OwnSignatures;
    assert_eq!(governance.status(&acts[0].id()), Some(ActStatus::NotInEffectYet { why }));
}

#[test]
fn a_signature_whose_key_stands_nowhere_is_not_kept() {
    let (charter, acts) = found(2);
    let stranger = charter.sign(organisation(&acts[0]), &secret(9_999));
    let foreign = charter.sign(OrganisationId::new([9; 32]), &secret(10));
    let noisy = charter.clone().with_signature(stranger).with_signature(foreign);
    assert_eq!(noisy.signatures().len(), 4);
    let governance = fold(&noisy, &acts);
    assert_eq!(governance.act(&charter.id()), Some(&charter));
    let mut broken = charter.signatures().to_vec();
    broken[0].signature = broken[1].signature;
    let governance = fold(&charter.clone().with_signatures(broken), &acts);
    assert_eq!(governance.act(&charter.id()).unwrap().signatures().len(), 1);
}

/// Two organisations with one root key between them, and a charter that it signed for both.
fn one_key_for_two() -> (Act, Vec<Act>) {
    let acts: Vec<Act> = ["One", "Two"]
        .into_iter()
        .map(|name| {
            let names = vec![crate::act::Name { lang: "en".to_owned(), text: name.to_owned() }];
            let roots = Roots { keys: vec![secret(1).public()], ..roots(1) };
            let act =
                founding::organisation(crate::act::OrganisationKind::Ngo, names, roots, Vec::new(), false).unwrap();
            let signature = act.sign(OrganisationId::ZERO, &secret(1));
            act.with_signature(signature)
        })
        .collect();
    let mut charter = charter(&[acts[0].id(), acts[1].id()], 2);
    for act in &acts {
        let signature = charter.sign(organisation(act), &secret(1));
        charter = charter.with_signature(signature);
    }
    (charter, acts)
}

#[test]
fn one_key_under_two_names_counts_once() {
    let (charter, acts) = one_key_for_two();
    assert_eq!(charter.signatures().len(), 2);
    assert_eq!(missing_signatures(&charter, &acts).len(), 1);
}

#[test]
fn two_keys_of_one_organisation_count_once() {
    let (_, acts) = found(2);
    let charter = charter(&[acts[0].id(), acts[1].id()], 2);
    let of_one = organisation(&acts[0]);
    let roots = acts[0].as_organisation().unwrap().roots.clone().unwrap();
    assert!(roots.keys.len() >= 2 && roots.threshold == 1);
    let by_both = [10, 11].into_iter().fold(charter, |charter, key| {
        let signature = charter.sign(of_one, &secret(key));
        charter.with_signature(signature)
    });
    assert_eq!(by_both.signatures().len(), 2);
    assert_eq!(missing_signatures(&by_both, &acts).len(), 1);
}

#[test]
fn a_threshold_of_two_takes_two_keys() {
    let roots = Roots { threshold: 2, ..roots(1) };
    let act =
        founding::organisation(crate::act::OrganisationKind::State, Vec::new(), roots, Vec::new(), false).unwrap();
    let zero = OrganisationId::ZERO;
    let once = act.clone().with_signature(act.sign(zero, &secret(10))).with_signature(act.sign(zero, &secret(10)));
    let twice = once.clone().with_signature(act.sign(zero, &secret(11)));
    let charter = charter(&[act.id()], 1);
    let by_one = charter.clone().with_signature(charter.sign(organisation(&act), &secret(10)));
    let by_two = by_one.clone().with_signature(charter.sign(organisation(&act), &secret(11)));
    assert_eq!(missing_signatures(&by_two, &[once]).len(), 1);
    assert_eq!(missing_signatures(&by_one, std::slice::from_ref(&twice)).len(), 1);
    assert_eq!(missing_signatures(&by_two, &[twice]).len(), 0);
}

#[test]
fn files_of_acts_are_assembled_in_any_order() {
    let (charter, acts) = found(2);
    let both = [vec![acts[1].clone(), charter.clone()], vec![acts[0].clone()]].concat();
    assert!(Governance::assemble(both).unwrap().charter().is_some());
    let check = |acts: Vec<Act>, expected| assert_eq!(Governance::assemble(acts).unwrap_err().code(), expected);
    check(acts.clone(), "founding_no_charter");
    check(vec![charter.clone(), found(1).0], "founding_two_charters");
    let later = next(1, &acts[0], ConsortiumId::new([9; 32]), granting(1, 900, Role::Reader), 10);
    check(vec![charter.clone(), later], "act_other_consortium");
    let alone = Governance::assemble(vec![charter]).unwrap();
    assert_eq!(alone.missing_signatures().len(), 2);
}

#[test]
fn acts_of_another_consortium_are_refused() {
    let (mut governance, ..) = founded(2);
    let (other, others) = found(3);
    assert_eq!(governance.take(other).unwrap_err().code(), "act_other_consortium");
    let act = next(1, &others[0], ConsortiumId::new([9; 32]), granting(1, 900, Role::Contributor), 10);
    assert_eq!(governance.take(act).unwrap_err().code(), "act_other_consortium");
}

#[test]
fn a_later_act_of_an_organisation_is_in_effect_once_it_is_held() {
    let (mut governance, _, acts) = founded(2);
    let consortium = governance.consortium();
    let act = next(1, &acts[0], consortium, granting(1, 900, Role::Contributor), 10);
    let (one, key) = (organisation(&acts[0]), secret(900).public());
    let members = OpenSpace::Members.id(&consortium);
    let authorised = |governance: &Governance| governance.authorise(&members, &key, &one, EntryKind::Change);
    assert_eq!(authorised(&governance), Err(Unauthorised::NotGranted));
    assert_eq!(governance.take(act.clone()), Ok(Taken::New));
    assert_eq!(governance.status(&act.id()), Some(ActStatus::InEffect));
    assert_eq!(governance.key_role(&key, &one), Some(Role::Contributor));
    assert_eq!(governance.may_take(&members, &key, &one), Ok(()));
    assert_eq!(authorised(&governance), Ok(()));
}

#[test]
fn an_act_that_breaks_its_chain_is_refused() {
    let (mut governance, _, acts) = founded(2);
    let consortium = governance.consortium();
    let mut check = |act: Act, expected: &str| {
        assert_eq!(governance.take(act).map_err(|refusal| refusal.code()).err().unwrap_or_default(), expected);
    };
    check(
        next(1, &acts[0], consortium, granting(1, 900, Role::Contributor), 10).with_signatures(vec![]),
        "act_unsigned",
    );
    check(next(1, &acts[0], consortium, granting(1, 14, Role::Publisher), 10), "act_granted_twice");
    check(next(1, &acts[0], consortium, granting(1, 10, Role::Publisher), 10), "act_granted_root");
    let place = Place { version: 3, ..later(&acts[0], consortium) };
    let skipping = Act::draft(place, &Body::Organisation(OrganisationBody::default())).unwrap();
    let signature = skipping.sign(organisation(&acts[0]), &secret(10));
    check(skipping.with_signature(signature), "act_not_next");
    let to = |key: u16| OrganisationBody {
        roots: Some(Roots {
            keys: vec![secret(key).public()],
            next: vec![next_key_hash(&secret(901).public())],
            ..roots(1)
        }),
        ..OrganisationBody::default()
    };
    check(next(1, &acts[0], consortium, to(900), 900), "act_not_committed");
    check(next(1, &acts[0], consortium, to(12), 12), "");
}

#[test]
fn an_admin_key_signs_humble_grants_alone_where_the_first_act_says_so() {
    for has_admin in [true, false] {
        let roots = roots(1);
        let subject = GrantSubject::of_roots(&roots.keys);
        let admin = Grant::of(&secret(16), &subject, Role::Admin, "");
        let kind = crate::act::OrganisationKind::Ngo;
        let act = founding::organisation(kind, Vec::new(), roots, vec![admin], has_admin).unwrap();
        let signature = act.sign(OrganisationId::ZERO, &secret(10));
        let act = act.with_signature(signature);
        let charter = charter(&[act.id()], 1);
        let mut governance = fold(&charter, std::slice::from_ref(&act));
        let subject = GrantSubject::of_organisation(organisation(&act));
        let mut take = |role| {
            let grants = vec![Grant::of(&secret(900), &subject, role, "")];
            let body = Body::Organisation(OrganisationBody { grants, ..OrganisationBody::default() });
            let later = Act::draft(later(&act, founding::consortium(&charter)), &body).unwrap();
            let signature = later.sign(organisation(&act), &secret(16));
            governance.take(later.with_signature(signature))
        };
        let humble = if has_admin { Ok(Taken::New) } else { Err(Refusal::Unsigned) };
        assert_eq!(take(Role::Contributor), humble);
        assert_eq!(take(Role::Admin), Err(Refusal::Unsigned));
        assert_eq!(take(Role::Node), Err(Refusal::Unsigned));
    }
}

#[test]
fn a_log_is_taken_once_acts_grant_its_author() {
    let (governance, charter, acts) = founded(2);
    let one = organisation(&acts[0]);
    let members = OpenSpace::Members.id(&governance.consortium());
    let check = |space, key: u16, organisation, expected: Result<(), &str>| {
        let taken = governance.may_take(&space, &secret(key).public(), &organisation);
        assert_eq!(taken.map_err(|refusal| refusal.code()), expected);
    };
    check(members, 14, one, Ok(()));
    check(members, 24, one, Err("log_not_granted"));
    check(members, 14, OrganisationId::new([9; 32]), Err("log_not_a_member"));
    check(SpaceId::new([9; 32]), 14, one, Err("log_not_a_member"));
    let unsigned = fold(&charter.with_signatures(Vec::new()), &acts);
    assert_eq!(unsigned.may_take(&members, &secret(14).public(), &one), Err(NotTaken::NotAMember));
}

#[test]
fn each_role_signs_what_the_table_says() {
    let (governance, _, acts) = founded(1);
    let [members, public] = OpenSpace::ALL.map(|space| space.id(&governance.consortium()));
    let kinds = [EntryKind::Change, EntryKind::Attestation, EntryKind::Redaction, EntryKind::Unknown(9)];
    // Reader, contributor, publisher, admin, node; in each the kinds above, in members and then in public.
    let table = [
        (13, [false, false, false, false], [false, false, false, false]),
        (14, [true, false, false, true], [false, false, false, true]),
        (15, [true, false, false, true], [true, false, false, true]),
        (16, [false, false, true, true], [false, false, true, true]),
        (17, [false, true, false, true], [false, true, false, true]),
        (99, [false, false, false, false], [false, false, false, false]),
    ];
    for (key, in_members, in_public) in table {
        for (space, expected) in [(members, in_members), (public, in_public)] {
            for (kind, expected) in kinds.into_iter().zip(expected) {
                let ruling = governance.rule(&authentic(key, space, organisation(&acts[0]), kind));
                assert_eq!(ruling.is_none(), expected, "key {key}, {kind:?}: {ruling:?}");
                assert!(ruling.is_none_or(|ruling| matches!(ruling, Ruling::Unauthorised { .. })));
            }
        }
    }
}

fn authentic(key: u16, space: SpaceId, organisation: OrganisationId, kind: EntryKind) -> crate::log::Authentic {
    let draft = Draft {
        kind,
        space,
        organisation,
        record: RecordId::ZERO,
        generation: 0,
        time: Timestamp(0),
        payload: Payload { salt: [1; 16], bytes: b"{}".to_vec() },
    };
    let entry = draft.seal((0, EntryId::ZERO), &secret(key));
    let log = LogKey { space, author: secret(key).public() };
    Log::extend(None, log, vec![entry]).unwrap().entries.remove(0)
}

#[test]
fn another_organisations_key_is_unauthorised() {
    let (governance, _, acts) = founded(2);
    let members = OpenSpace::Members.id(&governance.consortium());
    let check = |key, space, organisation, expected| {
        let Some(Ruling::Unauthorised { why }) =
            governance.rule(&authentic(key, space, organisation, EntryKind::Change))
        else {
            panic!("counts")
        };
        assert_eq!(why.code(), expected);
    };
    check(24, members, organisation(&acts[0]), "unauthorised_key");
    check(13, members, organisation(&acts[0]), "unauthorised_role");
    check(14, members, OrganisationId::new([9; 32]), "unauthorised_member");
    check(14, SpaceId::new([9; 32]), organisation(&acts[0]), "unauthorised_member");
}

#[test]
fn a_file_of_acts_is_read_as_it_was_written() {
    let (governance, ..) = founded(3);
    let bytes = bundle_acts(governance.acts());
    let acts = parse_acts(&bytes).unwrap();
    assert_eq!(acts, governance.acts().cloned().collect::<Vec<_>>());
    let check = |bytes: &[u8], expected| assert_eq!(parse_acts(bytes).unwrap_err().code(), expected);
    check(&bytes[..bytes.len() - 1], "acts_truncated");
    check(&[0xff; 4], "acts_oversized");
    check(&[0, 0, 0, 1, 0], "act_truncated");
    assert_eq!(parse_acts(&[]), Ok(Vec::new()));
}

/// Acts of every kind, among them such as wait for good and a copy of the charter for each signature.
fn many_acts() -> (ConsortiumId, Vec<Act>) {
    let (charter, firsts) = found(3);
    let consortium = founding::consortium(&charter);
    let mut acts: Vec<Act> =
        charter.signatures().iter().map(|signature| charter.clone().with_signatures(vec![*signature])).collect();
    let second = next(1, &firsts[0], consortium, granting(1, 900, Role::Contributor), 10);
    let third = next(1, &second, consortium, granting(1, 901, Role::Node), 11);
    let rotation = OrganisationBody {
        roots: Some(Roots { keys: vec![secret(12).public()], next: vec![[1; 32]], ..roots(1) }),
        ..OrganisationBody::default()
    };
    let rotation = next(1, &third, consortium, rotation, 12);
    let mut ids: Vec<_> = firsts.iter().map(Act::id).collect();
    ids.push(first_act(4).id());
    let admitting = draft_charter(&ids, 3);
    let admitting = Act::draft(later(&charter, consortium), admitting.body()).unwrap();
    for (member, key) in [(&firsts[1], 20), (&firsts[0], 12), (&first_act(4), 40)] {
        let signature = admitting.sign(organisation(member), &secret(key));
        acts.push(admitting.clone().with_signature(signature));
    }
    let place = Place { version: 1, consortium, scope: ActId::ZERO, previous: ActId::ZERO };
    let space = SpaceBody {
        instead: Vec::new(),
        members: charter.as_charter().unwrap().members[..2].to_vec(),
        name: "restricted".to_owned(),
        nonce: Some([7; 32]),
        removed: Vec::new(),
        settles: None,
        tlp: "tlp:red".to_owned(),
    };
    let space = Act::draft(place, &Body::Space(space)).unwrap();
    for (n, act) in (1..).zip(&firsts) {
        acts.push(space.clone().with_signature(space.sign(organisation(act), &secret(10 * n))));
    }
    acts.extend(firsts);
    acts.extend([second, third, rotation, first_act(4), first_act(5)]);
    (consortium, acts)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_order_of_taking_does_not_show((consortium, acts) in Just(many_acts()).prop_flat_map(|(consortium, acts)| (Just(consortium), Just(acts).prop_shuffle()))) {
        let (_, sorted) = many_acts();
        let fold = |acts: &[Act]| {
            let mut governance = Governance::new(consortium);
            for act in acts {
                let _ = governance.take(act.clone());
            }
            governance
        };
        let governance = fold(&acts);
        prop_assert!(governance.charter().is_some());
        prop_assert_eq!(governance.acts().filter(|act| !act.is_first() && act.kind() == Kind::Organisation).count(), 3);
        prop_assert_eq!(governance.acts().count(), 1 + 3 + 3 + 1 + 1 + 1);
        prop_assert_eq!(&governance, &fold(&sorted));
        let again: Vec<Act> = governance.acts().cloned().collect();
        prop_assert!(fold(&again).acts().eq(again.iter()));
        prop_assert_eq!(&Governance::new(consortium).replay(acts), &fold(&again));
    }
}
