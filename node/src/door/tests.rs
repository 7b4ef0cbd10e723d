use isnad_protocol::act::{Act, Grant, GrantSubject, Name, OrganisationKind, Role, Roots, founding, next_key_hash};
use isnad_protocol::encoding::json::Object;
use isnad_protocol::joining::{Candidate, Refusal};
use isnad_protocol::key::SecretKey;
use tempfile::TempDir;

use super::*;
use crate::identity::{self, NewIdentity};
use crate::keystore::{Cost, Passphrase, Unlocker};

const CHEAP: Cost = Cost { m_kib: 8, t: 1, p: 1 };
const SPONSOR: NodeId = NodeId::new([7; 32]);

fn unlocker() -> Unlocker {
    Unlocker::new(Passphrase::new(zeroize::Zeroizing::new("a passphrase for tests".to_owned())).unwrap())
}

fn organisation(dir: &TempDir, name: &str) -> (Home, Act) {
    let names = vec![Name { lang: "en".into(), text: name.into() }];
    let new = NewIdentity { kind: OrganisationKind::Ngo, names, label: "test" };
    identity::create(&dir.path().join(name), new, &mut unlocker(), CHEAP).unwrap()
}

/// A consortium of one, the door of its home, and that home.
fn door(dir: &TempDir) -> (Arc<Door>, Home, Governance) {
    let (home, act) = organisation(dir, "sponsor");
    let own = act.organisation().unwrap();
    let charter = founding::charter("Test", vec![own], 1, Object::new(), Object::new()).unwrap();
    let charter = identity::sign(&home, charter, &mut unlocker()).unwrap();
    let governance = Governance::assemble(vec![charter, act]).unwrap();
    let door = Door::open(&home, SPONSOR, Some(own), Arc::new(governance.clone())).unwrap();
    (Arc::new(door), home, governance)
}

fn invite(door: &Door) -> Invitation {
    let addresses = vec!["/ip4/192.0.2.7/tcp/4747".to_owned()];
    door.invite(Wish { label: "them".into(), valid_ms: 3_600_000, addresses }).unwrap().unwrap()
}

fn node_of(act: &Act) -> NodeId {
    Applicant::of(act.clone()).unwrap().nodes().next().unwrap()
}

/// One exchange of a candidate with its act by an invitation.
fn knock(door: &Arc<Door>, invitation: &Invitation, act: &Act, node: NodeId) -> Result<Governance, Refusal> {
    let mut guest = door.guest(node).unwrap();
    let mut candidate = Candidate::new(invitation.clone(), node, [9; 32]);
    let Said::Next(challenge) = guest.hear(&candidate.hello()) else { panic!("no challenge") };
    let proof = candidate.hear_challenge(&challenge, act)?;
    match guest.hear(&proof) {
        Said::Last(said) | Said::Welcome(said) => candidate.hear_welcome(&said),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_candidate_is_on_disk_before_it_is_welcomed_and_waits_until_it_is_admitted() {
    let dir = TempDir::new().unwrap();
    let (door, home, governance) = door(&dir);
    let (_, act) = organisation(&dir, "candidate");
    let (node, invitation) = (node_of(&act), invite(&door));
    assert!(door.is_open_to(&node));
    assert_eq!(knock(&door, &invitation, &act, node), Ok(governance.clone()));
    let due = vec![Applicant::of(act.clone()).unwrap()];
    assert_eq!(door.applicants(), due);
    assert_eq!(applicants::list(&home).unwrap(), due);
    assert_eq!(applicants::find(&home, &act.id().to_short()).unwrap(), due.first().cloned());
    let used = door.invitations()[0].used.clone().unwrap();
    assert_eq!((used.node, Some(used.organisation)), (node, act.organisation()));
    // After a restart, and after its connection broke: the same again.
    let again = Arc::new(Door::open(&home, SPONSOR, None, Arc::new(governance.clone())).unwrap());
    assert_eq!(again.invitations(), door.invitations());
    assert!(again.is_applicants(&node) && again.is_open_to(&node) && !again.is_open_to(&NodeId::new([1; 32])));
    assert!(knock(&again, &invitation, &act, node).is_ok());
    assert_eq!(again.applicants().len(), 1);
    // Once its organisation is a member it waits no longer.
    let charter = founding::charter("Test", vec![act.organisation().unwrap()], 1, Object::new(), Object::new());
    let charter =
        identity::sign(&Home::open(&dir.path().join("candidate")).unwrap(), charter.unwrap(), &mut unlocker());
    again.update(Arc::new(Governance::assemble(vec![charter.unwrap(), act]).unwrap()), None);
    assert_eq!((again.applicants(), applicants::list(&home).unwrap()), (Vec::new(), Vec::new()));
    // Nor has it any business at the door any more, whatever becomes of its membership.
    assert!(!again.is_open_to(&node));
}

#[test]
fn an_invitation_that_is_used_expired_withdrawn_or_for_another_act_changes_nothing() {
    let dir = TempDir::new().unwrap();
    let (door, home, _) = door(&dir);
    let (act, other) = (organisation(&dir, "one").1, organisation(&dir, "other").1);
    let (node, others) = (node_of(&act), node_of(&other));
    let refused = |answer| Err(Refusal::Refused(answer));
    let invitation = invite(&door);
    let expire = |door: &Door, until_ms: u64| {
        let mut state = door.state();
        let mut kept = state.invitations.list().last().unwrap().clone();
        kept.until_ms = until_ms;
        state.invitations.withdraw(&home, &kept.key.name()).unwrap();
        state.invitations.add(&home, kept, 0).unwrap();
    };
    // Another's act, one that is none, and a node that the act does not grant.
    assert_eq!(knock(&door, &invitation, &other, node), refused(Answer::Act));
    assert_eq!(knock(&door, &invitation, &act.clone().with_signatures(Vec::new()), node), refused(Answer::Act));
    assert!(door.applicants().is_empty() && door.invitations()[0].used.is_none());
    expire(&door, 1);
    assert_eq!(knock(&door, &invitation, &act, node), refused(Answer::Expired));
    assert!(!door.is_open_to(&node));
    expire(&door, u64::MAX);
    assert!(knock(&door, &invitation, &act, node).is_ok());
    assert_eq!(knock(&door, &invitation, &other, others), refused(Answer::Used));
    assert!(!door.is_open_to(&others));
    let second = invite(&door);
    assert!(door.withdraw(&second.key().name()).unwrap());
    assert!(!door.withdraw(&second.key().name()).unwrap());
    assert_eq!(knock(&door, &second, &other, others), refused(Answer::Unknown));
    assert_eq!(door.applicants().len(), 1);
    assert_eq!(door.forget(&act.id().to_short()).unwrap(), act.organisation());
    assert_eq!((door.applicants(), applicants::list(&home).unwrap()), (Vec::new(), Vec::new()));
}

#[test]
fn what_is_kept_of_invitations_is_the_owners_alone_and_not_the_code() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let (door, home, _) = door(&dir);
    let code = invite(&door).encode();
    let file = std::fs::read_to_string(home.invitations()).unwrap();
    assert_eq!(std::fs::metadata(home.invitations()).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!file.contains(&code) && !file.contains(&isnad_protocol::encoding::to_hex(&[7; 32])));
    // However many are made, so many are kept.
    let made = (0..limits::INVITATIONS + 5).filter(|_| {
        let wish = Wish { label: String::new(), valid_ms: 60_000, addresses: vec!["/ip4/192.0.2.7/tcp/1".into()] };
        door.invite(wish).unwrap().is_some()
    });
    assert_eq!(made.count(), limits::INVITATIONS - 1);
    assert_eq!(door.invitations().len(), limits::INVITATIONS);
}

#[test]
fn frames_out_of_turn_are_answered_by_nothing() {
    let dir = TempDir::new().unwrap();
    let (door, ..) = door(&dir);
    invite(&door);
    for frames in [&[&b"garbage"[..]][..], &[&[1; 33], &[1; 33]], &[&[1; 33], &[]], &[&[3; 500]]] {
        let mut guest = door.guest(NodeId::new([1; 32])).unwrap();
        let (last, before) = frames.split_last().unwrap();
        assert!(before.iter().all(|frame| matches!(guest.hear(frame), Said::Next(said) if said.len() == 33)));
        assert_eq!(guest.hear(last), Said::Nothing);
    }
}

/// The first act of an organisation that grants a node key.
fn granting(root: u8, node: &SecretKey) -> Act {
    let root = SecretKey::from_seed(&[root; 32]);
    let next = vec![next_key_hash(&root.public())];
    let roots = Roots { keys: vec![root.public()], next, next_threshold: 1, threshold: 1 };
    let grants = vec![Grant::of(node, &GrantSubject::of_roots(&roots.keys), Role::Reader, "node")];
    let act = founding::organisation(OrganisationKind::Ngo, Vec::new(), roots, grants, false).unwrap();
    let signature = act.sign(OrganisationId::ZERO, &root);
    act.with_signature(signature)
}

#[test]
fn an_invitation_lets_one_candidate_in_however_often_its_node_comes() {
    let dir = TempDir::new().unwrap();
    let (door, ..) = door(&dir);
    let key = SecretKey::from_seed(&[2; 32]);
    let acts = [3, 4].map(|root| granting(root, &key));
    let (node, invitation) = (NodeId::new(*key.public().as_bytes()), invite(&door));
    assert!(knock(&door, &invitation, &acts[0], node).is_ok());
    assert_eq!(knock(&door, &invitation, &acts[1], node), Err(Refusal::Refused(Answer::Used)));
    assert!(knock(&door, &invitation, &acts[0], node).is_ok());
    assert_eq!(door.applicants().len(), 1);
}

#[test]
fn a_door_that_is_full_refuses_one_more_and_changes_nothing_until_there_is_room() {
    let dir = TempDir::new().unwrap();
    let (door, home, _) = door(&dir);
    let candidate = |number: usize| {
        let number = u8::try_from(number).unwrap();
        let key = SecretKey::from_seed(&[number; 32]);
        (granting(100 + number, &key), NodeId::new(*key.public().as_bytes()))
    };
    for number in 1..=limits::APPLICANTS {
        let (act, node) = candidate(number);
        assert!(knock(&door, &invite(&door), &act, node).is_ok(), "{number}");
    }
    let (act, node) = candidate(limits::APPLICANTS + 1);
    let invitation = invite(&door);
    let before = (door.applicants(), applicants::list(&home).unwrap(), door.invitations());
    assert_eq!(knock(&door, &invitation, &act, node), Err(Refusal::Refused(Answer::Full)));
    assert_eq!((door.applicants(), applicants::list(&home).unwrap(), door.invitations()), before);
    // It is for the administrator to say who is not wanted; the same invitation then does.
    door.forget(&before.0[0].organisation.to_string()).unwrap().unwrap();
    assert!(knock(&door, &invitation, &act, node).is_ok());
    assert_eq!(door.applicants().len(), limits::APPLICANTS);
}
