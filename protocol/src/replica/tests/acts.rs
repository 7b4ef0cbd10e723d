//! Acts through the door: what is written of them, what a peer may cost, and who is dropped.

use super::*;
use crate::act::{Act, Body, OrganisationBody, Place};
use crate::sync::frame::Frame;

/// The first act of an organisation that nobody knows.
fn stranger(number: u16) -> Act {
    let mut seed = [77; 32];
    seed[..2].copy_from_slice(&number.to_be_bytes());
    let root = SecretKey::from_seed(&seed);
    let next = vec![next_key_hash(&root.public())];
    let roots = Roots { keys: vec![root.public()], next, next_threshold: 1, threshold: 1 };
    let act = founding::organisation(OrganisationKind::Ngo, Vec::new(), roots, Vec::new(), false).unwrap();
    let signature = act.sign(OrganisationId::ZERO, &root);
    act.with_signature(signature)
}

/// A replica of the same consortium that holds nothing yet.
fn fresh(world: &World) -> Replica {
    let consortium = world.sites[0].replica.governance().consortium();
    Replica::new(Governance::new(consortium), Stored::default(), BTreeSet::new())
}

/// Takes an act from a peer; what is written of it, or why the peer is dropped.
fn receive(replica: &mut Replica, peer: NodeId, act: &Act) -> Result<Vec<Act>, String> {
    let store = MemoryStore::default();
    let frame = Frame::Act(act.encode()).encode();
    replica.handle(Input::Received { peer, frame }, Timestamp(1), &store).unwrap();
    let mut written = Vec::new();
    let mut dropped = None;
    while let Some(output) = replica.poll() {
        match output {
            Output::Commit(batch) => written.extend(batch.writes.into_iter().filter_map(|write| match write {
                Write::Act(act) => Some(act),
                _ => None,
            })),
            Output::Disconnect { reason, .. } => dropped = Some(reason),
            _ => {}
        }
    }
    dropped.map_or(Ok(written), Err)
}

fn peers(replica: &mut Replica, count: u8) -> Vec<NodeId> {
    let peers: Vec<_> = (1..=count).map(|byte| NodeId::new([byte; 32])).collect();
    for peer in &peers {
        replica.connected(*peer, None);
    }
    peers
}

#[test]
fn a_table_filled_by_a_stranger_keeps_no_honest_peer_out() {
    let world = World::founded(2);
    let mut replica = fresh(&world);
    let peers = peers(&mut replica, 2);
    for number in 0..1_100 {
        assert_eq!(receive(&mut replica, peers[0], &stranger(number)), Ok(Vec::new()));
    }
    // The worst order there is: each first act before the charter that names it.
    let mut acts: Vec<Act> = world.sites[0].replica.governance().acts().cloned().collect();
    acts.reverse();
    for act in &acts {
        receive(&mut replica, peers[1], act).unwrap();
    }
    assert!(replica.governance().charter().is_some());
    // A local user alone can be told that there is no room; a peer that hears of none is not to blame.
    for number in 2_000..3_100 {
        let bytes = stranger(number).encode();
        let submit = Input::SubmitAct { request: 1, bytes };
        replica.handle(submit, Timestamp(1), &MemoryStore::default()).unwrap();
        assert_eq!(receive(&mut replica, peers[1], &stranger(number + 2_000)), Ok(Vec::new()));
    }
}

#[test]
fn what_waits_is_written_with_what_admits_it_and_not_before() {
    let world = World::founded(2);
    let mut replica = fresh(&world);
    let peer = peers(&mut replica, 1)[0];
    let acts: Vec<Act> = world.sites[0].replica.governance().acts().cloned().collect();
    let (charter, firsts) = acts.split_first().unwrap();
    let mut written = Vec::new();
    for act in firsts {
        assert_eq!(receive(&mut replica, peer, act), Ok(Vec::new()));
    }
    written.extend(receive(&mut replica, peer, charter).unwrap());
    let ids: BTreeSet<_> = written.iter().map(Act::id).collect();
    assert_eq!(ids, acts.iter().map(Act::id).collect());
    // What is on disk gives the same again, signatures that came to count late among it.
    let consortium = replica.governance().consortium();
    assert_eq!(&Governance::new(consortium).replay(written), replica.governance());
    assert!(replica.governance().charter().is_some());
}

#[test]
fn signatures_that_come_to_count_are_written() {
    let world = World::founded(2);
    let mut replica = fresh(&world);
    let peer = peers(&mut replica, 1)[0];
    let mut written = Vec::new();
    for act in world.sites[0].replica.governance().acts() {
        written.extend(receive(&mut replica, peer, act).unwrap());
    }
    let consortium = replica.governance().consortium();
    assert!(Governance::new(consortium).replay(written).charter().is_some());
}

#[test]
fn an_act_that_is_known_costs_no_copy_and_no_write() {
    let mut world = World::founded(2);
    let known = world.sites[0].replica.governance().acts().last().unwrap().clone();
    let at = &mut world.sites[0];
    let peer = peers(&mut at.replica, 1)[0];
    let unknown = stranger(1);
    assert_eq!(receive(&mut at.replica, peer, &unknown), Ok(Vec::new()));
    for act in [&known, &unknown, &known.clone().with_signatures(Vec::new())] {
        assert_eq!(receive(&mut at.replica, peer, act), Ok(Vec::new()));
        assert!(at.replica.flushed.is_none());
        assert_eq!(at.replica.poll(), None);
    }
    // A local user is answered all the same.
    let answers = world.handle(0, Input::SubmitAct { request: 7, bytes: known.encode() });
    assert!(matches!(answers.as_slice(), [Output::Acknowledge { request: 7, .. }]));
}

#[test]
fn an_act_that_nobody_signed_still_drops_the_peer() {
    let mut world = World::founded(2);
    let governance = world.sites[0].replica.governance();
    let first = governance.acts().last().unwrap();
    let place = Place { version: 2, consortium: governance.consortium(), scope: first.id(), previous: first.id() };
    let act = Act::draft(place, &Body::Organisation(OrganisationBody::default())).unwrap();
    let at = &mut world.sites[0];
    let peer = peers(&mut at.replica, 1)[0];
    assert!(receive(&mut at.replica, peer, &act).is_err());
}

#[test]
fn who_holds_too_few_acts_to_know_any_space_is_sent_the_others() {
    let mut world = World::founded(3);
    let consortium = world.sites[0].replica.governance().consortium();
    // What a welcome has room for: the charter, and the first act of whoever invited.
    let few = world.sites[0].replica.governance().acts().take(2).cloned().collect();
    world.sites[2].replica = Replica::new(Governance::new(consortium).replay(few), Stored::default(), BTreeSet::new());
    assert!(world.sites[2].replica.governance().charter().is_none());
    world.say(0, &["one"]);
    let public = OpenSpace::Public.id(&consortium);
    let entries = world.sealed_in(0, public, &["two"]);
    world.handle(0, Input::Submit { request: 1, entries });
    for (opener, other) in [(2, 0), (0, 2)] {
        world.connect(opener, other);
        world.disconnect(opener, other);
    }
    assert!(world.sites[2].replica.governance().charter().is_some());
    assert_eq!(world.sites[2].replica.end_of(world.log(0)).seq, 1);
    world.sites.iter().for_each(|site| assert_eq!(site.dropped, Vec::<String>::new()));
}
