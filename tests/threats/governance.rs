//! Rows 9 to 12, 22, 24 and 62: entries, keys and signatures out of place; thresholds; roles.

use isnad_protocol::act::{Act, Grant, GrantSubject, Name, OrganisationKind, Role, Roots, founding, next_key_hash};
use isnad_protocol::breakage::Breakage;
use isnad_protocol::encoding::json::Object;
use isnad_protocol::entry::{Draft, Entry, Kind, Payload};
use isnad_protocol::governance::{Governance, missing_signatures};
use isnad_protocol::id::{ConsortiumId, EntryId, OpenSpace, OrganisationId, RecordId, SpaceId};
use isnad_protocol::key::{PublicKey, SecretKey, Signature, Use};
use isnad_protocol::log::{Log, LogEnd, LogKey};
use isnad_protocol::time::Timestamp;

use crate::falls_without;

fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

/// The first act of an organisation with one root key, one key of each role, and a name.
fn first_act(name: &str, root: u8) -> Act {
    let keys = vec![secret(root).public()];
    let roots = Roots { keys, next: vec![next_key_hash(&secret(99).public())], next_threshold: 1, threshold: 1 };
    let subject = GrantSubject::of_roots(&roots.keys);
    let grants = Role::ALL.map(|role| Grant::of(&secret(100 + role.code()), &subject, role, role.name())).to_vec();
    let names = vec![Name { lang: "en".to_owned(), text: name.to_owned() }];
    let act = founding::organisation(OrganisationKind::Ngo, names, roots, grants, false).unwrap();
    let signature = act.sign(OrganisationId::ZERO, &secret(root));
    act.with_signature(signature)
}

fn charter(members: &[&Act], threshold: u64) -> Option<Act> {
    let members = members.iter().map(|act| act.organisation().unwrap()).collect();
    founding::charter("Partnership", members, threshold, Object::new(), Object::new()).ok()
}

fn entry(kind: Kind, space: SpaceId, organisation: OrganisationId, author: u8) -> Entry {
    let payload = Payload { salt: [1; 16], bytes: b"{}".to_vec() };
    let record = RecordId::ZERO;
    let draft = Draft { kind, space, organisation, record, generation: 0, time: Timestamp(0), payload };
    draft.seal((0, EntryId::ZERO), &secret(author))
}

#[test]
fn t_replay_matrix() {
    falls_without(Breakage::ReplayMatrix, || {
        let [members, public] = OpenSpace::ALL.map(|space| space.id(&ConsortiumId::new([1; 32])));
        let elsewhere = OpenSpace::Members.id(&ConsortiumId::new([2; 32]));
        let organisation = OrganisationId::new([1; 32]);
        let entry = entry(Kind::Change, members, organisation, 1);
        for space in [public, elsewhere] {
            let log = LogKey { space, author: secret(1).public() };
            assert!(Log::extend(None, log, vec![entry.clone()]).is_err());
        }
        let mut moved = entry;
        moved.header.record = RecordId::new([1; 16]);
        assert!(!moved.is_signed());
    });
}

#[test]
fn t_cross_protocol() {
    falls_without(Breakage::CrossProtocol, || {
        let act = first_act("One", 1);
        let signature = act.signatures()[0];
        let entry = entry(Kind::Change, SpaceId::new([1; 32]), OrganisationId::new([1; 32]), 1);
        for purpose in Use::ALL {
            let holds = signature.key.verifies(purpose, act.frame(), &signature.signature);
            assert_eq!(holds, purpose == Use::Act);
            let holds = entry.header.author.verifies(purpose, &entry.header.encode(), &entry.signature);
            assert_eq!(holds, purpose == Use::Entry);
        }
    });
}

#[test]
fn t_two_sigs_one_id() {
    falls_without(Breakage::Malleability, || {
        let mut entry = entry(Kind::Change, SpaceId::new([1; 32]), OrganisationId::new([1; 32]), 1);
        let other = Entry { signature: Signature::ZERO, ..entry.clone() };
        assert_eq!(entry.header.id(), other.header.id(), "a second signature is no fork");
        // The identity as key and as R, and S zero: plain verification takes it for a signature of any message.
        let identity: Vec<u8> = [&[1][..], &[0; 31]].concat();
        entry.header.author = PublicKey::from_slice(&identity).unwrap();
        entry.signature = Signature::from_slice(&[&identity[..], &[0; 32]].concat()).unwrap();
        assert!(!entry.is_signed());
        let log = Log { organisation: entry.header.organisation, end: LogEnd::START, checked: LogEnd::START };
        let key = LogKey { space: entry.header.space, author: entry.header.author };
        assert!(Log::extend(Some(&log), key, vec![entry]).is_err());
    });
}

#[test]
fn t_weak_key_admission() {
    falls_without(Breakage::WeakKeyAdmission, || {
        let identity = PublicKey::from_slice(&[&[1][..], &[0; 31]].concat()).unwrap();
        let roots = Roots { keys: vec![identity], next: vec![[1; 32]], next_threshold: 1, threshold: 1 };
        assert!(founding::organisation(OrganisationKind::Ngo, Vec::new(), roots, Vec::new(), false).is_err());
    });
}

#[test]
fn t_threshold_duplicates() {
    falls_without(Breakage::ThresholdDuplicates, || {
        let acts = [first_act("One", 1), first_act("The same under another name", 1)];
        let mut charter = charter(&[&acts[0], &acts[1]], 2).unwrap();
        for act in &acts {
            let signature = charter.sign(act.organisation().unwrap(), &secret(1));
            charter = charter.with_signature(signature);
        }
        assert_eq!(missing_signatures(&charter, &acts).len(), 1);
    });
}

#[test]
fn t_gov_subthreshold() {
    falls_without(Breakage::Subthreshold, || {
        let acts = [1, 2, 3, 4].map(|root| first_act("One of four", root));
        let members: Vec<&Act> = acts.iter().collect();
        assert!(charter(&members, 2).is_none());
        assert!(charter(&members, 3).is_some());
    });
}

#[test]
fn t_role_matrix() {
    falls_without(Breakage::RoleMatrix, || {
        let act = first_act("One", 1);
        let charter = charter(&[&act], 1).unwrap();
        let organisation = act.organisation().unwrap();
        let signature = charter.sign(organisation, &secret(1));
        let governance = Governance::assemble(vec![charter.with_signature(signature), act]).unwrap();
        let may = |role: Role, kind, space: OpenSpace| {
            let space = space.id(&governance.consortium());
            let entry = entry(kind, space, organisation, 100 + role.code());
            let log = LogKey { space, author: entry.header.author };
            let run = Log::extend(None, log, vec![entry]).unwrap();
            governance.rule(&run.entries[0]).is_none()
        };
        for role in Role::ALL {
            let writes = matches!(role, Role::Contributor | Role::Publisher);
            for space in OpenSpace::ALL {
                let publishes = role == Role::Publisher || space == OpenSpace::Members;
                assert_eq!(may(role, Kind::Change, space), writes && publishes, "{role:?} {space:?}");
                assert_eq!(may(role, Kind::Redaction, space), role == Role::Admin, "{role:?} {space:?}");
                assert_eq!(may(role, Kind::Attestation, space), role == Role::Node, "{role:?} {space:?}");
            }
        }
    });
}
