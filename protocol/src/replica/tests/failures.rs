//! Disks that fail, peers that lie, and words that cross: what the simulator found once, as the smallest case of each.

use super::*;
use crate::act::{Act, Body, Charter, Place};
use crate::id::ActId;
use crate::sync::frame::Frame;
use crate::sync::run::Group;

/// The next charter, signed by one organisation.
fn draft(world: &World, signer: u8) -> Act {
    let governance = world.sites[0].replica.governance();
    let consortium = governance.consortium();
    let first = ActId::new(*consortium.as_bytes());
    let members = world.sites.iter().map(|site| site.organisation).collect();
    let threshold = u64::try_from(world.sites.len()).unwrap();
    let body = Body::Charter(Charter::new("Amended", members, threshold));
    let act = Act::draft(Place { version: 2, consortium, scope: first, previous: first }, &body).unwrap();
    let signature = act.sign(world.sites[usize::from(signer)].organisation, &SecretKey::from_seed(&[signer; 32]));
    act.with_signature(signature)
}

fn group(world: &World, author: usize, entries: &[Entry]) -> Group {
    Group { log: world.log(author), entries: entries.to_vec() }
}

fn written(replica: &mut Replica) -> Vec<Write> {
    let outputs = std::iter::from_fn(|| replica.poll());
    outputs
        .filter_map(|output| if let Output::Commit(batch) = output { Some(batch.writes) } else { None })
        .flatten()
        .collect()
}

#[test]
fn what_waits_behind_a_failed_write_is_not_written() {
    let mut world = World::founded(2);
    let entries = world.sealed(0, &["one", "two"]);
    let at = &mut world.sites[0];
    for entry in entries {
        at.replica.handle(Input::Submit { request: 1, entries: vec![entry] }, Timestamp(1), &at.store).unwrap();
    }
    assert!(matches!(at.replica.poll(), Some(Output::Commit(_))));
    at.replica.handle(Input::CommitFailed, Timestamp(1), &at.store).unwrap();
    assert_eq!(written(&mut at.replica), Vec::new());
}

#[test]
fn an_act_is_told_of_only_once_it_is_flushed_and_taken_back_if_it_is_not() {
    let mut world = World::founded(2);
    let act = draft(&world, 0);
    let at = &mut world.sites[0];
    let before = at.replica.holdings();
    for _ in 0..2 {
        let submit = Input::SubmitAct { request: 1, bytes: act.encode() };
        at.replica.handle(submit, Timestamp(1), &at.store).unwrap();
        assert_eq!(at.replica.holdings(), before);
        assert_eq!(written(&mut at.replica), vec![Write::Act(act.clone())]);
        at.replica.handle(Input::CommitFailed, Timestamp(1), &at.store).unwrap();
        assert_eq!(at.replica.governance().act(&act.id()), None);
        written(&mut at.replica);
    }
    world.handle(0, Input::SubmitAct { request: 1, bytes: act.encode() });
    assert_ne!(world.sites[0].replica.holdings(), before);
}

#[test]
fn signatures_of_an_act_that_cross_on_the_way_reach_both_sides() {
    let mut world = World::founded(2);
    world.connect(0, 1);
    let (own, theirs) = (draft(&world, 1), draft(&world, 0));
    world.handle(0, Input::SubmitAct { request: 1, bytes: theirs.encode() });
    world.wire.clear();
    let peer = world.sites[0].node;
    let at = &mut world.sites[1];
    at.replica.handle(Input::SubmitAct { request: 1, bytes: own.encode() }, Timestamp(1), &at.store).unwrap();
    let frame = Frame::Act(theirs.encode()).encode();
    at.replica.handle(Input::Received { peer, frame }, Timestamp(1), &at.store).unwrap();
    world.handle(1, Input::Synced);
    world.run();
    for site in &world.sites {
        assert_eq!(site.replica.governance().act(&own.id()).unwrap().signatures().len(), 2);
    }
}

#[test]
fn a_missing_payload_is_asked_of_live_peers_who_pass_it_on_when_they_have_it() {
    let mut world = World::founded(4);
    world.say(0, &["one", "two"]);
    let mut withholding = MemoryStore::default();
    for entry in world.sites[0].store.entries().cloned() {
        withholding.insert(Authentic::from_store(Entry { payload: None, ..entry.into_entry() }));
    }
    let logs = world.sites[0].replica.logs().clone();
    let governance = world.sites[1].replica.governance().clone();
    let wanted = withholding.entries().map(|entry| (world.log(0), entry.end())).collect();
    world.sites[1].replica = Replica::new(governance, Stored { logs, wanted, ..Stored::default() }, BTreeSet::new());
    world.sites[1].store = withholding;
    world.connect(2, 3);
    world.connect(1, 2);
    assert_eq!(world.sites[2].replica.status().wanted, 2);
    world.connect(0, 3);
    assert_eq!(world.sites[2].replica.status().wanted, 0);
    assert_eq!(world.sites[2].store, world.sites[0].store);
}

#[test]
fn a_payload_that_both_lacked_when_they_met_is_passed_on_too() {
    let mut world = World::founded(3);
    world.say(0, &["one"]);
    let mut withholding = MemoryStore::default();
    for entry in world.sites[0].store.entries().cloned() {
        withholding.insert(Authentic::from_store(Entry { payload: None, ..entry.into_entry() }));
    }
    let logs = world.sites[0].replica.logs().clone();
    let wanted: BTreeSet<_> = withholding.entries().map(|entry| (world.log(0), entry.end())).collect();
    for site in &mut world.sites[1..] {
        let governance = site.replica.governance().clone();
        let stored = Stored { logs: logs.clone(), wanted: wanted.clone(), ..Stored::default() };
        site.replica = Replica::new(governance, stored, BTreeSet::new());
        site.store = withholding.clone();
    }
    world.connect(1, 2);
    world.connect(0, 1);
    assert_eq!(world.sites[2].replica.status().wanted, 0);
    assert_eq!(world.sites[2].store, world.sites[0].store);
}

#[test]
fn of_several_senders_the_one_of_the_bad_signature_is_dropped() {
    let mut world = World::founded(3);
    let mut entries = world.sealed(0, &["one", "two", "three", "four", "five"]);
    entries[1].signature = crate::key::Signature::new([1; 64]);
    let groups = [group(&world, 0, &entries[..3]), group(&world, 0, &entries[3..])];
    let (log, peers) = (world.log(0), [world.sites[1].node, world.sites[0].node]);
    let at = &mut world.sites[2];
    for (peer, group) in peers.into_iter().zip(groups) {
        at.replica.connected(peer, None);
        at.replica.take_group(peer, group, Timestamp(1), &at.store).unwrap().unwrap();
    }
    let upto = LogEnd { seq: 1, id: entries[0].header.id() };
    at.replica.checked(log, upto, true);
    let outputs: Vec<Output> = std::iter::from_fn(|| at.replica.poll()).collect();
    let dropped = outputs.iter().filter_map(|output| match output {
        Output::Disconnect { peer, .. } => Some(*peer),
        _ => None,
    });
    assert_eq!(dropped.collect::<Vec<_>>(), vec![peers[0]]);
    // What is told as checked from now on stands on disk as checked.
    let cut = vec![Write::Checked { log, upto }, Write::CutBack { log, to: upto }];
    assert!(outputs.contains(&Output::Commit(Batch { writes: cut })));
}

#[test]
fn only_a_signed_twin_is_an_equivocation() {
    let mut world = World::founded(2);
    let twin = world.sealed(0, &["another"]).remove(0);
    world.say(0, &["one"]);
    world.connect(0, 1);
    let peer = world.sites[0].node;
    let unsigned = Entry { signature: crate::key::Signature::new([1; 64]), ..twin.clone() };
    for (entry, code) in [(unsigned, "entry_signature"), (twin, "entry_equivocation")] {
        let group = group(&world, 0, &[entry]);
        let at = &mut world.sites[1];
        let refusal = at.replica.take_group(peer, group, Timestamp(1), &at.store).unwrap().unwrap_err();
        assert_eq!(refusal.code(), code);
    }
}
