//! How acts take effect: versions of the charter, chains of organisations, halts and what ends them. DESIGN §7.

use super::field::{Field, admit, removal, revoking, rotating, settlement, signed, without};
use super::*;
use crate::act::Cut;
use crate::key::PublicKey;
use crate::log::LogEnd;

#[test]
fn a_charter_takes_effect_with_signatures_and_the_word_of_more_than_half() {
    let mut field = Field::of(5);
    let act = field.version(&field.charter, |charter| charter.name = "second".to_owned());
    field.sign(&act, &[1, 2]);
    let ActStatus::NotInEffectYet { why: Wait::Signatures { more: 1, missing } } = field.status(&act) else {
        panic!("{:?}", field.status(&act))
    };
    assert_eq!(missing.len(), 3);
    field.sign(&act, &[3]);
    for n in [1, 2] {
        assert!(!field.name(n, &[act.id()]));
    }
    let ActStatus::NotInEffectYet { why: Wait::Acknowledgements { held: 2, needed: 3, missing } } = field.status(&act)
    else {
        panic!("{:?}", field.status(&act))
    };
    assert_eq!(missing.len(), 3);
    assert_eq!(field.governance.charter().unwrap().name, "Partnership");
    assert!(field.name(5, &[act.id()]), "who has not signed speaks as well");
    assert!(field.is_in_effect(&act));
    assert_eq!(field.governance.charter().unwrap().name, "second");
    assert_eq!(field.governance.charter_act().map(Act::id), Some(act.id()));
    assert_eq!(field.governance.memberships(&field.members()).len(), 2);
    assert_eq!(field.governance.wide_memberships(&field.members()).len(), 2);
    assert_eq!(field.governance.standing_acts().len(), 6);
    assert_eq!(field.governance.acknowledged(&act.id()).len(), 3);
    assert_eq!(field.governance.acknowledged(&field.charter.id()).len(), 3, "it follows that");
}

#[test]
fn of_two_rivals_the_one_that_more_than_half_named_alone_stands() {
    let mut field = Field::of(5);
    let one = field.version(&field.charter, |charter| charter.name = "one".to_owned());
    let other = field.version(&field.charter, |charter| charter.name = "other".to_owned());
    field.sign(&one, &[1, 2, 3]);
    field.all_name(&[1, 2, 4], one.id());
    assert!(field.is_in_effect(&one));
    field.sign(&other, &[3, 4, 5]);
    assert!(field.is_in_effect(&one), "3 signed both, and had no word in it");
    field.all_name(&[3, 5], other.id());
    assert!(field.is_in_effect(&one));
    assert_eq!(field.status(&other), ActStatus::Lost { to: one.id() });
    field.name(4, &[other.id()]);
    for act in [&one, &other] {
        assert_eq!(field.status(act), ActStatus::Halted { after: field.charter.id() }, "4 named both");
    }
    let halts = field.governance.halts();
    let [halt] = &halts[..] else { panic!("{halts:?}") };
    assert_eq!((halt.version, halt.ends_by), (1, EndsBy::Settlement));
    let double: Vec<_> = halt.double.keys().copied().collect();
    let mut expected = vec![organisation(field.first(3)), organisation(field.first(4))];
    expected.sort_unstable();
    assert_eq!(double, expected);
    let acts = if one.id() < other.id() { [one.id(), other.id()] } else { [other.id(), one.id()] };
    assert_eq!(halt.double[&organisation(field.first(3))], [Double::SignedBoth { acts }]);
    let [Double::AcknowledgedBoth { at, .. }] = halt.double[&organisation(field.first(4))][..] else { panic!() };
    for (position, act) in at.iter().zip(acts) {
        assert!(field.governance.knew(position, &act));
    }
}

#[test]
fn a_settlement_that_names_who_is_double_ends_a_halt_for_good() {
    let mut field = Field::of(5);
    let one = field.version(&field.charter, |charter| charter.name = "one".to_owned());
    let other = field.version(&field.charter, |charter| charter.name = "other".to_owned());
    field.sign(&one, &[1, 2, 3]);
    field.sign(&other, &[3, 4, 5]);
    field.all_name(&[1, 2], one.id());
    field.all_name(&[4, 5], other.id());
    assert_eq!(field.governance.halts().len(), 1);
    let wrong = field.version(&field.charter, |charter| charter.settles = Some(settlement(&[&one, &other], &[4])));
    field.sign(&wrong, &[1, 2, 3]);
    assert_eq!(field.status(&wrong), ActStatus::NotInEffectYet { why: Wait::Rivals }, "4 signed one alone");
    let settles = field.version(&field.charter, |charter| charter.settles = Some(settlement(&[&one, &other], &[3])));
    field.sign(&settles, &[1, 2, 3]);
    field.all_name(&[1, 2, 4], settles.id());
    assert!(!field.is_in_effect(&settles), "two of five have signed that count");
    field.sign(&settles, &[4]);
    assert!(field.is_in_effect(&settles));
    assert!(field.governance.halts().is_empty());
    field.all_name(&[1, 2, 3, 4, 5], one.id());
    assert!(field.is_in_effect(&settles), "what it named never comes back");
    assert_eq!(field.status(&one), ActStatus::Lost { to: settles.id() });
}

#[test]
fn who_is_admitted_is_in_effect_with_the_version_that_names_it() {
    let mut field = Field::of(3);
    let act = field.version(&field.charter, |charter| admit(charter, 4));
    let first = first_act(4);
    let (four, key) = (organisation(&first), secret(44).public());
    assert_eq!(field.take(&first), Taken::Waiting);
    field.sign(&act, &[1, 2]);
    assert_eq!(field.status(&first), ActStatus::NotInEffectYet { why: Wait::Admission });
    let taken = |field: &Field| field.governance.may_take(&field.members(), &key, &four);
    assert_eq!(taken(&field), Err(NotTaken::NotAMember));
    field.sign(&act, &[3]);
    assert_eq!(taken(&field), Ok(()), "signatures are enough for a log to be taken");
    assert_eq!(field.governance.key_role(&key, &four), None);
    field.all_name(&[1, 2], act.id());
    assert!(field.is_in_effect(&first));
    assert_eq!(field.governance.key_role(&key, &four), Some(Role::Contributor));
    assert_eq!(field.governance.nodes().len(), 4);
    assert_eq!(field.governance.organisations().len(), 4);
    // Its word counts for the versions that follow.
    let third = field.version(&act, |charter| charter.name = "third".to_owned());
    field.sign(&third, &[1, 2, 4]);
    field.all_name(&[1, 2, 4], third.id());
    assert!(field.is_in_effect(&third));
}

#[test]
fn who_is_suspended_keeps_the_acts_up_to_the_one_named_and_nothing_else() {
    let mut field = Field::of(4);
    let one = organisation(field.first(1));
    let good = field.act(1, &field.first(1).clone(), granting(1, 900, Role::Contributor), 10);
    let bad = field.act(1, &good, granting(1, 901, Role::Contributor), 10);
    assert!(field.is_in_effect(&bad));
    let act = field.version(&field.charter, |charter| without(charter, 1, &good));
    field.sign(&act, &[2, 3, 4]);
    field.all_name(&[2, 3, 4], act.id());
    assert!(field.is_in_effect(&good));
    assert_eq!(field.status(&bad), ActStatus::TakenOut { by: act.id() });
    assert_eq!(field.governance.organisations().len(), 3);
    let former = field.governance.former_organisations();
    assert_eq!(former.len(), 1);
    assert_eq!(former[0].taken_out, Some(TakenOut { by: act.id(), is_suspended: true }));
    assert!(!field.governance.nodes().values().any(|organisation| *organisation == one));
    assert_eq!(field.governance.key_role(&secret(900).public(), &one), None);
    let members = field.members();
    let cuts = |key: u16| {
        let log = LogKey { space: members, author: secret(key).public() };
        field.governance.cuts(&log, &one)
    };
    assert_eq!(cuts(900), vec![(act.id(), None)], "the version names no log");
    assert_eq!(field.governance.key(&one, &secret(901).public()).unwrap().lost, Some(act.id()));
    let author = secret(900).public();
    assert_eq!(field.governance.authorise(&members, &author, &one, EntryKind::Change), Ok(()), "cuts say the rest");
    // It may not return under its old first act.
    let back = field.version(&act, |charter| admit(charter, 1));
    assert_eq!(field.governance.take(back), Err(Refusal::Readmitted { organisation: one }));
}

#[test]
fn a_revocation_is_in_effect_at_once() {
    let mut field = Field::of(3);
    let one = organisation(field.first(1));
    let log = LogKey { space: field.members(), author: secret(14).public() };
    let cut = Cut::new(&log, LogEnd { seq: 7, id: EntryId::new([3; 32]) });
    assert_eq!(field.governance.cuts(&log, &one), vec![]);
    let act = field.act(1, &field.first(1).clone(), revoking(14, vec![cut]), 10);
    assert_eq!(field.governance.cuts(&log, &one), vec![(act.id(), Some(cut))]);
    assert_eq!(field.governance.key(&one, &log.author).unwrap().revoked_by, vec![act.id()]);
    assert_eq!(field.governance.key_role(&log.author, &one), None);
    let second = field.act(1, &act, revoking(14, Vec::new()), 10);
    assert_eq!(field.governance.cuts(&log, &one).len(), 2, "of several cuts all must be met");
    assert!(field.is_in_effect(&second));
    // A node key that is revoked may not connect.
    assert_eq!(field.governance.nodes().len(), 3);
    field.act(1, &second, revoking(13, Vec::new()), 10);
    assert_eq!(field.governance.nodes().len(), 2);
    let info = &field.governance.organisations().into_iter().find(|info| info.id == one).unwrap();
    assert_eq!((info.keys.len(), info.revoked_keys.len()), (3, 2));
}

#[test]
fn rivals_of_one_version_halt_a_chain_and_their_revocations_are_in_force() {
    let mut field = Field::of(5);
    let one = organisation(field.first(1));
    let first = field.first(1).clone();
    let rival = field.act(1, &first, granting(1, 900, Role::Contributor), 10);
    let other = field.act(1, &first, revoking(14, Vec::new()), 11);
    let after = field.act(1, &rival, granting(1, 901, Role::Contributor), 10);
    for act in [&rival, &other, &after] {
        assert_eq!(field.status(act), ActStatus::Halted { after: first.id() });
    }
    let key = |field: &Field, key: u16| field.governance.key(&one, &secret(key).public()).unwrap();
    assert!(key(&field, 900).after_halt && key(&field, 901).after_halt);
    assert_eq!(key(&field, 14).revoked_by, vec![other.id()]);
    let halts = field.governance.halts();
    assert_eq!((halts[0].kind, halts[0].ends_by, halts[0].rivals.len()), (Kind::Organisation, EndsBy::Rotation, 2));
    // What more than half of the others named stands.
    field.all_name(&[2, 3], rival.id());
    assert_eq!(
        field.status(&rival),
        ActStatus::Halted { after: first.id() },
        "two of four others are not more than half"
    );
    field.name(1, &[rival.id()]);
    assert_eq!(field.status(&rival), ActStatus::Halted { after: first.id() }, "its own word does not count");
    field.name(4, &[rival.id()]);
    assert!(field.is_in_effect(&rival) && field.is_in_effect(&after));
    assert_eq!(field.status(&other), ActStatus::Lost { to: rival.id() });
    assert_eq!(key(&field, 14).revoked_by, vec![], "its revocations go with it");
    assert_eq!(field.governance.halts(), vec![]);
}

#[test]
fn acts_of_the_roots_stand_before_those_of_an_admin_key() {
    let roots = roots(1);
    let subject = GrantSubject::of_roots(&roots.keys);
    let admin = Grant::of(&secret(16), &subject, Role::Admin, "");
    let first = founding::organisation(crate::act::OrganisationKind::Ngo, Vec::new(), roots, vec![admin], true);
    let first = first.unwrap();
    let first = first.clone().with_signature(first.sign(OrganisationId::ZERO, &secret(10)));
    let charter = charter(&[first.id()], 1);
    let charter = charter.clone().with_signature(charter.sign(organisation(&first), &secret(10)));
    let mut governance = fold(&charter, std::slice::from_ref(&first));
    let subject = GrantSubject::of_organisation(organisation(&first));
    let granting = |key: u16, signer: u16| {
        let grants = vec![Grant::of(&secret(key), &subject, Role::Contributor, "")];
        let body = Body::Organisation(OrganisationBody { grants, ..OrganisationBody::default() });
        let act = Act::draft(later(&first, founding::consortium(&charter)), &body).unwrap();
        act.clone().with_signature(act.sign(organisation(&first), &secret(signer)))
    };
    let (by_admin, by_roots) = (granting(900, 16), granting(901, 10));
    governance.take(by_admin.clone()).unwrap();
    assert_eq!(governance.status(&by_admin.id()), Some(ActStatus::InEffect));
    governance.take(by_roots.clone()).unwrap();
    assert_eq!(governance.status(&by_roots.id()), Some(ActStatus::InEffect));
    assert_eq!(governance.status(&by_admin.id()), Some(ActStatus::Lost { to: by_roots.id() }));
    let lost = governance.key(&organisation(&first), &secret(900).public()).unwrap();
    assert_eq!(lost.lost, Some(by_roots.id()));
}

#[test]
fn a_rotation_stands_before_whatever_a_thief_of_the_current_keys_did() {
    // He acts first, last, and on top of what the rotation names.
    for thief_is_first in [true, false] {
        let mut field = Field::of(3);
        let one = organisation(field.first(1));
        let first = field.first(1).clone();
        let good = field.act(1, &first, granting(1, 900, Role::Contributor), 10);
        let consortium = field.consortium();
        let thief = [
            next(1, &good, consortium, granting(1, 901, Role::Publisher), 11),
            next(1, &first, consortium, revoking(14, Vec::new()), 11),
        ];
        let rotation = next(1, &good, consortium, rotating(1, 12, 18), 12);
        let late = next(1, &thief[0], consortium, granting(1, 902, Role::Node), 11);
        if thief_is_first {
            // Whoever is to sign it is told before what it leaves behind, on every branch.
            let mut before = field.governance.clone();
            for act in [&thief[0], &thief[1], &late] {
                before.take(act.clone()).unwrap();
            }
            let mut left = [thief[0].id(), thief[1].id()];
            left.sort_by_key(|id| (before.act(id).map(Act::version), *id));
            assert_eq!(before.left_behind(&rotation), [left[0], left[1], late.id()]);
            assert_eq!(before.left_behind(&late), [], "it is no rotation");
            before.take(rotation.clone()).unwrap();
            assert_eq!(before.left_behind(&rotation), [], "they have fallen");
        }
        let order = if thief_is_first {
            vec![&thief[0], &thief[1], &late, &rotation]
        } else {
            vec![&rotation, &thief[0], &late, &thief[1]]
        };
        for act in order {
            field.take(act);
        }
        assert!(field.is_in_effect(&good) && field.is_in_effect(&rotation));
        assert_eq!(field.status(&thief[0]), ActStatus::Lost { to: rotation.id() });
        assert_eq!(field.status(&thief[1]), ActStatus::Lost { to: good.id() });
        assert_eq!(field.governance.key(&one, &secret(14).public()).unwrap().revoked_by, vec![]);
        let log = LogKey { space: field.members(), author: secret(901).public() };
        assert_eq!(field.governance.cuts(&log, &one), vec![(rotation.id(), None)], "revoked from its first entry on");
        assert_eq!(field.governance.halts(), vec![]);
        // Only the new roots sign what follows.
        assert_eq!(
            field.governance.take(next(1, &rotation, consortium, granting(1, 903, Role::Reader), 10)),
            Err(Refusal::Unsigned)
        );
        let roots = field.governance.organisations().into_iter().find(|info| info.id == one).unwrap().roots.unwrap();
        assert_eq!(roots.keys, [secret(12).public()]);
    }
}

#[test]
fn two_rotations_from_one_commitment_wait_for_most_or_for_the_charter() {
    let mut field = Field::of(5);
    let first = field.first(1).clone();
    let good = field.act(1, &first, granting(1, 900, Role::Contributor), 10);
    field.all_name(&[2, 3, 4], good.id());
    let early = field.act(1, &first, rotating(1, 12, 18), 12);
    let late = field.act(1, &good, rotating(1, 12, 19), 12);
    assert!(field.is_in_effect(&good), "held by most, no rotation counting as its rival");
    for act in [&early, &late] {
        assert_eq!(field.status(act), ActStatus::Halted { after: good.id() });
    }
    assert_eq!(field.governance.rival_rotations(&early), [late.id()]);
    assert_eq!(field.governance.left_behind(&early), [good.id(), late.id()], "whatever it does not follow");
    assert_eq!(field.governance.halts()[0].ends_by, EndsBy::Suspension);
    field.all_name(&[2, 3, 4], early.id());
    assert!(field.is_in_effect(&early));
    assert_eq!(field.status(&good), ActStatus::Lost { to: early.id() });
    assert_eq!(field.status(&late), ActStatus::Lost { to: early.id() });
    // A rival that as many name bars it, whoever is double: only the charter ends that.
    field.all_name(&[3, 4, 5], late.id());
    assert_eq!(field.status(&early), ActStatus::Halted { after: good.id() });
    let act = field.version(&field.charter, |charter| without(charter, 1, &good));
    field.sign(&act, &[2, 3, 4]);
    field.all_name(&[2, 3, 4], act.id());
    assert!(field.is_in_effect(&good));
    assert_eq!(field.governance.halts(), vec![]);
}

#[test]
fn a_step_of_membership_that_breaks_its_rules_is_refused() {
    let mut field = Field::of(4);
    let charter = field.charter.clone();
    let last = field.first(1).clone();
    let mut check = |change: &dyn Fn(&mut Charter), expected: &str| {
        let act = field.version(&charter, change);
        let taken = field.governance.take(signed(&act, &[1, 2, 3]));
        assert_eq!(taken.map_err(|refusal| refusal.code()).err().unwrap_or_default(), expected);
    };
    check(&|charter| admit(charter, 5), "");
    check(&|charter| without(charter, 1, &last), "");
    check(
        &|charter| {
            admit(charter, 5);
            admit(charter, 6);
        },
        "act_two_at_once",
    );
    check(
        &|charter| {
            without(charter, 1, &last);
            admit(charter, 5);
        },
        "act_two_at_once",
    );
    check(
        &|charter| {
            without(charter, 1, &last);
            charter.removed.clear();
        },
        "act_not_taken_out",
    );
    check(&|charter| charter.removed = vec![removal(1, &last)], "act_still_member");
    let pair = (organisation(&first_act(5)), organisation(&last));
    check(&|charter| charter.predecessors = vec![pair], "act_predecessor");
    // What a version does to those that it neither admits nor takes out is shown to nobody who signs it.
    let former = organisation(&first_act(9));
    check(&|charter| charter.predecessors = vec![(charter.members[0], former)], "act_predecessor");
    check(&|charter| charter.removed = vec![removal(9, &first_act(9))], "act_no_member");
    check(&|charter| charter.settles = Some(settlement(&[&last], &[])), "act_settles_one");
}

#[test]
fn whoever_copies_a_signature_under_his_own_name_takes_nothing_from_its_signer() {
    let mut field = Field::of(3);
    let act = field.version(&field.charter, |charter| charter.name = "second".to_owned());
    field.sign(&act, &[1, 2]);
    field.all_name(&[1, 2], act.id());
    assert!(field.is_in_effect(&act));
    // A thief's first act calls the root of organisation 2 its own, beside one that it holds.
    let roots = Roots { keys: sorted([secret(20).public(), secret(990).public()]), ..roots(4) };
    let thief = founding::organisation(crate::act::OrganisationKind::Ngo, vec![], roots, vec![], false).unwrap();
    let thief = thief.clone().with_signature(thief.sign(OrganisationId::ZERO, &secret(990)));
    let four = organisation(&thief);
    let admits = field.version(&act, |charter| {
        charter.members.push(four);
        charter.members.sort_unstable();
        charter.threshold = 3;
    });
    field.take(&signed(&admits, &[1, 2, 3]));
    field.take(&thief);
    field.all_name(&[1, 2, 3], admits.id());
    assert!(field.is_in_effect(&admits));
    for signed in [&field.charter.clone(), &act, &admits] {
        let copy = signed.clone().with_signatures(vec![]);
        let copy = copy.clone().with_signature(copy.sign(four, &secret(20)));
        let _ = field.governance.take(copy);
        assert!(field.is_in_effect(signed));
    }
}

#[test]
fn whoever_calls_every_root_his_own_takes_no_signature_away() {
    let count = 12;
    let mut field = Field::of(count);
    let all: Vec<u16> = (1..=count).collect();
    // A first act that calls all roots its own, and whose id stands behind most: all the others' keys might be taken up before.
    let mut keys: Vec<PublicKey> = all.iter().map(|n| secret(10 * n).public()).chain([secret(990).public()]).collect();
    keys.sort_unstable();
    let thief = (0..).find_map(|number| {
        let names = vec![crate::act::Name { lang: "en".to_owned(), text: format!("Thief {number}") }];
        let roots = Roots { keys: keys.clone(), threshold: 1, ..roots(4) };
        let act = founding::organisation(crate::act::OrganisationKind::Ngo, names, roots, vec![], false).unwrap();
        let charter = field.charter.as_charter().unwrap();
        let before = charter.members.iter().filter(|member| **member < organisation(&act)).count();
        (before == 9).then_some(act)
    });
    let thief = thief.unwrap();
    let thief = thief.clone().with_signature(thief.sign(OrganisationId::ZERO, &secret(990)));
    let id = organisation(&thief);
    let admits = field.version(&field.charter, |charter| {
        charter.members.push(id);
        charter.members.sort_unstable();
        charter.threshold = 7;
    });
    field.take(&signed(&admits, &all));
    field.take(&thief);
    field.all_name(&all, admits.id());
    assert!(field.is_in_effect(&admits));
    for signed in [&field.charter.clone(), &admits] {
        let none = signed.clone().with_signatures(vec![]);
        let copies = all.iter().map(|n| none.sign(id, &secret(10 * n)));
        let copy = copies.fold(none.clone(), Act::with_signature);
        let _ = field.governance.take(copy);
        assert!(field.is_in_effect(&field.charter.clone()) && field.is_in_effect(&admits));
    }
}

fn sorted(mut keys: [PublicKey; 2]) -> Vec<PublicKey> {
    keys.sort_unstable();
    keys.to_vec()
}
