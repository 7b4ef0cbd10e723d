//! Root keys of real homes sign acts of a consortium that is held in memory.

use std::collections::BTreeSet;

use isnad_protocol::act::{Act, Body, Charter, Name, OrganisationBody, OrganisationKind, Roots, Settlement, founding};
use isnad_protocol::encoding::json::Object;
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{ActId, OrganisationId};
use isnad_protocol::key::PublicKey;
use zeroize::Zeroizing;

mod long;

use super::memory::{FILE, Place, SignedActs};
use super::signing::{Seen, Unsigned, sign, unfinished};
use super::{SignedTwice, described_one, next, rotation, to_sign};
use crate::home::Home;
use crate::identity::{self, NewIdentity};
use crate::keystore::{Cost, Keystore, Passphrase, Unlocker};

const LIGHT: Cost = Cost { m_kib: 8, t: 1, p: 1 };

fn unlocker() -> Unlocker {
    Unlocker::new(Passphrase::new(Zeroizing::new("correct horse battery staple".to_owned())).unwrap())
}

/// Three organisations, each with a home, and the consortium that they founded.
struct Three {
    _dir: tempfile::TempDir,
    homes: Vec<Home>,
    ids: Vec<OrganisationId>,
    governance: Governance,
}

fn three() -> Three {
    let dir = tempfile::tempdir().unwrap();
    let make = |index: usize| {
        let names = vec![Name { lang: "en".into(), text: format!("Organisation {index}") }];
        let new = NewIdentity { kind: OrganisationKind::Ngo, names, label: "test" };
        identity::create(&dir.path().join(index.to_string()), new, &mut unlocker(), LIGHT).unwrap()
    };
    let (homes, acts): (Vec<Home>, Vec<Act>) = (0..3).map(make).unzip();
    let ids: Vec<OrganisationId> = acts.iter().filter_map(Act::organisation).collect();
    let charter = founding::charter("Three", ids.clone(), 2, Object::new(), Object::new()).unwrap();
    let charter = homes.iter().fold(charter, |act, home| identity::sign(home, act, &mut unlocker()).unwrap());
    let governance = Governance::assemble(acts.into_iter().chain([charter]).collect()).unwrap();
    assert!(governance.charter().is_some());
    Three { _dir: dir, homes, ids, governance }
}

impl Three {
    fn founding(&self) -> &Act {
        self.governance.act(&ActId::new(*self.governance.consortium().as_bytes())).unwrap()
    }

    fn charter(&self, change: impl FnOnce(&mut Charter)) -> Act {
        let mut charter = self.founding().as_charter().unwrap().clone();
        change(&mut charter);
        next(&self.governance, self.founding(), &Body::Charter(charter)).unwrap()
    }

    fn named(&self, name: &str, instead: &[ActId]) -> Act {
        let mut instead = instead.to_vec();
        instead.sort_unstable();
        self.charter(|charter| {
            charter.name = name.to_owned();
            charter.instead = instead;
        })
    }

    fn sign(&self, index: usize, act: &Act, seen: &Seen) -> Result<Act, Unsigned> {
        sign(&self.homes[index].keys(), act.clone(), self.ids[index], &self.governance, seen, &mut unlocker())
    }

    fn take(&mut self, act: Act) {
        self.governance.take(act).unwrap();
    }
}

fn rival(signed: Result<Act, Unsigned>) -> Option<ActId> {
    match signed {
        Ok(act) => panic!("it was signed: {:?}", act.id()),
        Err(Unsigned::Rival { other, .. } | Unsigned::Acknowledged { other }) => Some(other),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_key_store_signs_no_two_rivals_and_a_later_draft_only_instead_of_every_earlier_one() {
    let three = three();
    let none = Seen::default();
    let [one, two] = ["One", "Two"].map(|name| three.named(name, &[]));
    assert_eq!(three.sign(0, &one, &none).unwrap().signatures().len(), 1);
    assert_eq!(rival(three.sign(0, &two, &none)), Some(one.id()));
    // The same again, as after a crash between the memory and the signature.
    assert_eq!(three.sign(0, &one, &none).unwrap().signatures().len(), 1);
    let third = three.named("Three and a half", &[one.id()]);
    assert!(three.sign(0, &third, &none).is_ok());
    // Instead of the last alone is not instead of all.
    let fourth = three.named("Four", &[third.id()]);
    assert_eq!(rival(three.sign(0, &fourth, &none)), Some(one.id()));
    let fourth = three.named("Four", &[one.id(), third.id()]);
    assert!(three.sign(0, &fourth, &none).is_ok());
    // Another organisation is free.
    assert!(three.sign(1, &two, &none).is_ok());
}

#[test]
fn nothing_is_signed_instead_of_an_act_that_was_acknowledged() {
    let three = three();
    let one = three.named("One", &[]);
    three.sign(0, &one, &Seen::default()).unwrap();
    let later = three.named("Later", &[one.id()]);
    let seen = Seen { acknowledged: BTreeSet::from([one.id()]), ..Seen::default() };
    assert!(matches!(three.sign(0, &later, &seen), Err(Unsigned::Acknowledged { other }) if other == one.id()));
}

#[test]
fn a_machine_without_a_node_signs_a_later_draft_only_if_its_file_shows_that_nobody_can_have_acknowledged_the_first() {
    let mut three = three();
    let one = three.named("One", &[]);
    let by_file = |three: &Three, act: &Act| Seen::by_file(&three.governance, act, false);
    let signed = three.sign(0, &one, &by_file(&three, &one)).unwrap();
    let later = three.named("Later", &[one.id()]);
    let refused = |three: &Three| match three.sign(0, &later, &by_file(three, &later)) {
        Err(Unsigned::MayBeAcknowledged { other }) => other == one.id(),
        Err(other) => panic!("{other}"),
        Ok(_) => false,
    };
    assert!(refused(&three), "the file does not have the draft");
    let unsigned = three.homes[0].keys().join(FILE);
    let before = std::fs::read(&unsigned).unwrap();
    three.take(signed);
    let second = three.sign(1, &one, &Seen::default()).unwrap();
    three.take(second);
    assert!(refused(&three), "it has enough signatures");
    assert_eq!(std::fs::read(&unsigned).unwrap(), before, "what is refused is not remembered");
    let mut three = self::three();
    let one = three.named("One", &[]);
    let signed = three.sign(0, &one, &by_file(&three, &one)).unwrap();
    three.take(signed);
    let later = three.named("Later", &[one.id()]);
    assert!(three.sign(0, &later, &by_file(&three, &later)).is_ok());
}

#[test]
fn what_a_lost_memory_forgot_is_read_from_the_acts_that_are_held() {
    let mut three = three();
    let [one, two] = ["One", "Two"].map(|name| three.named(name, &[]));
    let signed = three.sign(0, &one, &Seen::default()).unwrap();
    three.take(signed);
    std::fs::remove_file(three.homes[0].keys().join(FILE)).unwrap();
    assert_eq!(rival(three.sign(0, &two, &Seen::default())), Some(one.id()));
}

#[test]
fn nothing_is_signed_before_the_memory_is_on_disk_and_a_wrong_passphrase_takes_no_place() {
    let three = three();
    let [one, two] = ["One", "Two"].map(|name| three.named(name, &[]));
    let wrong = &mut Unlocker::new(Passphrase::new(Zeroizing::new("another".to_owned())).unwrap());
    let keys = three.homes[0].keys();
    assert!(sign(&keys, one.clone(), three.ids[0], &three.governance, &Seen::default(), wrong).is_err());
    assert!(three.sign(0, &two, &Seen::default()).is_ok());
    // A memory that cannot be read is no empty one.
    crate::files::replace(&keys.join(FILE), b"{}").unwrap();
    assert!(matches!(three.sign(0, &two, &Seen::default()), Err(Unsigned::Fault(_))));
    std::fs::remove_file(keys.join(FILE)).unwrap();
    std::fs::create_dir(keys.join(FILE)).unwrap();
    assert!(matches!(three.sign(0, &two, &Seen::default()), Err(Unsigned::Fault(_))));
}

#[test]
fn a_settlement_is_signed_only_on_a_halt_and_is_no_rival_of_what_it_names() {
    let mut three = three();
    let none = Seen::default();
    let [one, two] = ["One", "Two"].map(|name| three.named(name, &[]));
    for (index, act) in [(0, &one), (1, &two)] {
        let signed = three.sign(index, act, &none).unwrap();
        three.take(signed);
    }
    // The third is dishonest: its keys forget.
    for act in [&one, &two] {
        let signed = identity::sign(&three.homes[2], act.clone(), &mut unlocker()).unwrap();
        three.take(signed);
    }
    let mut rivals = vec![one.id(), two.id()];
    rivals.sort_unstable();
    let settlement = three.charter(|charter| {
        charter.settles = Some(Settlement { double: vec![three.ids[2]], rivals });
    });
    assert!(matches!(three.sign(0, &settlement, &none), Err(Unsigned::NoHalt)));
    // A file of acts does not show a halt, but that it is possible: whoever signs has seen it.
    let by_file = |has_seen| Seen::by_file(&three.governance, &settlement, has_seen);
    assert!(matches!(three.sign(0, &settlement, &by_file(false)), Err(Unsigned::NoHalt)));
    assert!(by_file(true).is_halted);
    let halted = Seen { is_halted: true, ..Seen::default() };
    assert!(three.sign(0, &settlement, &halted).is_ok(), "it names what was signed");
    assert!(three.sign(0, &settlement, &by_file(true)).is_ok());
    let without = |rival: &Act| {
        let acts = three.governance.acts().filter(|act| act.id() != rival.id()).cloned().collect();
        Seen::by_file(&Governance::new(three.governance.consortium()).replay(acts), &settlement, true)
    };
    assert!(!without(&one).is_halted, "one alone is no halt, whatever is said");
    // And is remembered: another settlement is a rival of it.
    let other = three.named("Other", &[]);
    assert!(rival(three.sign(0, &other, &halted)).is_some());
}

#[test]
fn rotations_from_one_commitment_are_at_one_place_whatever_they_follow() {
    let mut three = three();
    let own = three.ids[0];
    let first = three.governance.act(&ActId::new(*own.as_bytes())).unwrap().clone();
    let name = |text: &str| vec![Name { lang: "en".into(), text: text.into() }];
    let renames = Body::Organisation(OrganisationBody { names: name("Renamed"), ..OrganisationBody::default() });
    let second = next(&three.governance, &first, &renames).unwrap();
    let second = three.sign(0, &second, &Seen::default()).unwrap();
    three.take(second.clone());
    let store = Keystore::open(&three.homes[0].keys()).unwrap();
    let committed = rotation::committed(&store, rotation::in_force(&three.governance, &own, &second.id()).unwrap());
    let committed = committed.unwrap();
    let keys: Vec<PublicKey> = committed.iter().map(|info| PublicKey::new(info.public)).collect();
    assert_eq!(keys.len(), 1);
    let rotate = |behind: &Act, next_key: u8| {
        let roots = Roots { keys: keys.clone(), next: vec![[next_key; 32]], next_threshold: 1, threshold: 1 };
        let body = Body::Organisation(OrganisationBody { roots: Some(roots), ..OrganisationBody::default() });
        next(&three.governance, behind, &body).unwrap()
    };
    let (after_second, after_first) = (rotate(&second, 1), rotate(&first, 2));
    let place = |act: &Act| Place::of(act, |id| three.governance.act(id)).unwrap();
    assert_eq!(place(&after_second), Place::Commitment(first.id()));
    assert_eq!(place(&after_second), place(&after_first));
    // Where the chain behind it is not held nobody knows whether another used that commitment up.
    let acts = three.governance.acts().filter(|act| act.id() != second.id()).cloned().collect();
    let without = Governance::new(three.governance.consortium()).replay(acts);
    let (folder, act) = (three.homes[0].keys(), after_second.clone());
    let unknown = sign(&folder, act, own, &without, &Seen::default(), &mut unlocker());
    assert!(matches!(unknown, Err(Unsigned::NoKey { .. })));
    assert!(three.sign(0, &after_second, &Seen::default()).is_ok());
    assert!(matches!(three.sign(0, &after_first, &Seen::default()), Err(Unsigned::Rival { is_final: true, .. })));
    rotation::promote(&store, &committed, &mut unlocker(), LIGHT).unwrap();
    rotation::promote(&store, &committed, &mut unlocker(), LIGHT).unwrap_err();
    let roots = store.list().unwrap().into_iter().filter(|info| info.purpose == crate::keystore::Purpose::Root);
    assert!(roots.map(|info| PublicKey::new(info.public)).any(|key| keys.contains(&key)));
}

#[test]
fn an_act_waits_for_those_who_may_sign_and_have_not_signed_a_rival() {
    let mut three = three();
    let [one, two] = ["One", "Two"].map(|name| three.named(name, &[]));
    for act in [&one, &two] {
        let unsigned = act.clone();
        let index = usize::from(act.id() == two.id());
        let signed = three.sign(index, &unsigned, &Seen::default()).unwrap();
        three.take(signed);
    }
    let mine = |three: &Three, index: usize| to_sign(&three.governance, three.ids[index]);
    assert!(mine(&three, 0).is_empty() && mine(&three, 1).is_empty());
    assert_eq!(mine(&three, 2).len(), 2);
    let signed = three.sign(2, &one, &Seen::default()).unwrap();
    three.take(signed);
    assert!(mine(&three, 2).is_empty(), "it has enough, and a rival of it is not asked for");
    let held = three.governance.act(&one.id()).unwrap();
    let told = described_one(&three.governance, Some(three.ids[2]), held);
    assert_eq!((told.have, told.due), (2, 2));
    assert_eq!(told.names.len(), 3);
    let memory = SignedActs::load(&three.homes[2].keys()).unwrap();
    assert_eq!(memory.counts().values().sum::<usize>(), 1);
}

#[test]
fn a_settlement_is_not_signed_by_whom_it_names_and_nobody_signs_besides_another_draft() {
    let mut three = three();
    let none = Seen::default();
    let halted = Seen { is_halted: true, ..Seen::default() };
    let [one, two] = ["One", "Two"].map(|name| three.named(name, &[]));
    for (act, by) in [(&one, [0, 2]), (&two, [1, 2])] {
        for index in by {
            let signed = identity::sign(&three.homes[index], act.clone(), &mut unlocker()).unwrap();
            three.take(signed);
        }
    }
    let mut rivals = vec![one.id(), two.id()];
    rivals.sort_unstable();
    let settles = |three: &Three, instead: &[ActId], name: &str| {
        three.charter(|charter| {
            charter.name = name.to_owned();
            charter.instead = instead.to_vec();
            charter.settles = Some(Settlement { double: vec![three.ids[2]], rivals: rivals.clone() });
        })
    };
    let settlement = settles(&three, &[], "Settled");
    assert!(matches!(three.sign(2, &settlement, &halted), Err(Unsigned::Named)));
    let memory = SignedActs::load(&three.homes[2].keys()).unwrap();
    assert!(memory.counts().is_empty(), "the place is free for one that does not name it");
    let signed = three.sign(0, &settlement, &halted).unwrap();
    three.take(signed);
    let line = |three: &Three, act: &Act, index: usize| {
        let told = described_one(&three.governance, Some(three.ids[index]), act);
        let line = told.signed.iter().find(|line| line.organisation == three.ids[index]).unwrap().clone();
        (told.is_mine, line)
    };
    let (is_mine, second) = line(&three, &settlement, 1);
    assert!(is_mine && second.may_sign(), "that it signed one of the rivals does not keep it from settling them");
    let (is_mine, named) = line(&three, &settlement, 2);
    assert!(!is_mine && !named.counts && !named.may_sign());

    // The second makes another: neither can sign the other's, and both can sign one that names the two.
    let other = settles(&three, &[], "Settled otherwise");
    let signed = three.sign(1, &other, &halted).unwrap();
    three.take(signed);
    let (is_mine, second) = line(&three, &settlement, 1);
    assert!(!is_mine && !second.may_sign() && second.other == Some(other.id()));
    assert!(rival(three.sign(1, &settlement, &halted)).is_some());
    let third = settles(&three, &[], "Settled by both");
    let drafts: Vec<ActId> = unfinished(&third, &three.governance).into_iter().collect();
    assert_eq!(drafts.iter().collect::<BTreeSet<_>>(), [settlement.id(), other.id()].iter().collect());
    let third = settles(&three, &drafts, "Settled by both");
    for index in [0, 1] {
        assert!(three.sign(index, &third, &halted).is_ok());
    }
    assert!(matches!(three.sign(0, &third, &none), Err(Unsigned::NoHalt)));
}

#[test]
fn who_signed_two_drafts_is_told_with_each_of_them() {
    let mut three = three();
    let [one, two] = ["One", "Two"].map(|name| three.named(name, &[]));
    for act in [&one, &two] {
        let signed = identity::sign(&three.homes[2], act.clone(), &mut unlocker()).unwrap();
        three.take(signed);
    }
    for (act, other) in [(&one, &two), (&two, &one)] {
        let told = described_one(&three.governance, None, three.governance.act(&act.id()).unwrap());
        assert_eq!(told.double, [SignedTwice { organisation: three.ids[2], other: other.id() }]);
        assert_eq!((told.have, told.due), (1, 2), "it counts beneath both");
    }
}

#[test]
fn a_draft_that_another_is_signed_instead_of_names_that_one_and_neither_competes() {
    let mut three = three();
    let one = three.named("One", &[]);
    let later = three.named("Later", &[one.id()]);
    let beside = three.named("Beside", &[]);
    for (index, act) in [(0, &one), (0, &later), (1, &beside)] {
        let signed = three.sign(index, act, &Seen::default()).unwrap();
        three.take(signed);
    }
    let told =
        |act: &Act| described_one(&three.governance, Some(three.ids[2]), three.governance.act(&act.id()).unwrap());
    assert_eq!((told(&one).replaced_by, told(&one).competes), (vec![later.id()], vec![beside.id()]));
    assert_eq!((told(&later).replaced_by, told(&later).competes), (vec![], vec![beside.id()]));
    let others = BTreeSet::from([one.id(), later.id()]);
    assert_eq!(told(&beside).competes.into_iter().collect::<BTreeSet<_>>(), others);
    assert!(told(&beside).replaced_by.is_empty());
}

#[test]
fn an_honest_key_that_a_thief_grants_again_does_not_fall_with_his_acts() {
    use isnad_protocol::act::{Grant, GrantSubject, Role};
    use isnad_protocol::key::SecretKey;

    let three = three();
    let own = three.ids[0];
    let first = three.governance.act(&ActId::new(*own.as_bytes())).unwrap().clone();
    let grant = |seed: u8| {
        Grant::of(&SecretKey::from_seed(&[seed; 32]), &GrantSubject::of_organisation(own), Role::Contributor, "x")
    };
    let grants = |governance: &Governance, previous: &Act, seeds: &[u8]| {
        let mut grants: Vec<Grant> = seeds.iter().map(|seed| grant(*seed)).collect();
        grants.sort_by_key(|grant| grant.key);
        let body = Body::Organisation(OrganisationBody { grants, ..OrganisationBody::default() });
        identity::sign(&three.homes[0], next(governance, previous, &body).unwrap(), &mut unlocker()).unwrap()
    };
    let honest = grants(&three.governance, &first, &[51]);
    // He grants it again, beside a key of his own. Which of the two acts has the lower id must not matter: both are tried.
    for other in 60..64 {
        let mut governance = three.governance.clone();
        let theft = grants(&governance, &first, &[51, other]);
        governance.take(honest.clone()).unwrap();
        governance.take(theft.clone()).unwrap();
        let store = Keystore::open(&three.homes[0].keys()).unwrap();
        let roots = rotation::in_force(&governance, &own, &honest.id()).unwrap();
        let keys = rotation::committed(&store, roots).unwrap().iter().map(|info| PublicKey::new(info.public)).collect();
        let roots = Roots { keys, next: vec![[1; 32]], next_threshold: 1, threshold: 1 };
        let body = Body::Organisation(OrganisationBody { roots: Some(roots), ..OrganisationBody::default() });
        let rotation = next(&governance, &honest, &body).unwrap();
        assert_eq!(governance.left_behind(&rotation), [theft.id()]);
        let fallen = super::fallen::fallen_keys(&governance, &rotation);
        assert_eq!(fallen, BTreeSet::from([grant(other).key]));
    }
}
