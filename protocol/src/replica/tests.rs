//! Two or three replicas in memory, driven to rest: what one is told, all hold.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::*;
use crate::act::{Grant, GrantSubject, Name, OrganisationKind, Role, Roots, founding, next_key_hash};
use crate::encoding::json::Object;
use crate::entry::{Draft, Kind, Payload};
use crate::id::{OpenSpace, OrganisationId, RecordId, SpaceId};
use crate::key::SecretKey;
use crate::store::MemoryStore;

mod acts;
mod asking;
mod attesting;
mod failures;
mod forks;

struct Site {
    node: NodeId,
    organisation: OrganisationId,
    key: SecretKey,
    replica: Replica,
    store: MemoryStore,
    bytes: usize,
    dropped: Vec<String>,
    confirmed: Vec<(LogKey, LogEnd)>,
}

/// The key with which an organisation attests.
fn attesting(index: u8) -> SecretKey {
    SecretKey::from_seed(&[150 + index; 32])
}

struct World {
    sites: Vec<Site>,
    members: SpaceId,
    wire: VecDeque<(NodeId, NodeId, Vec<u8>)>,
    frames: Vec<(NodeId, NodeId, usize)>,
    now: u64,
}

impl World {
    fn founded(count: u8) -> Self {
        let root = |index: u8| SecretKey::from_seed(&[index; 32]);
        let key = |index: u8| SecretKey::from_seed(&[100 + index; 32]);
        let node = |index: u8| SecretKey::from_seed(&[200 + index; 32]);
        let mut acts = Vec::new();
        for index in 0..count {
            let (root, key, node) = (root(index), key(index), node(index));
            let next = next_key_hash(&SecretKey::from_seed(&[50 + index; 32]).public());
            let roots = Roots { keys: vec![root.public()], next: vec![next], next_threshold: 1, threshold: 1 };
            let subject = GrantSubject::of_roots(&roots.keys);
            let grants = vec![
                Grant::of(&key, &subject, Role::Contributor, "key"),
                Grant::of(&node, &subject, Role::Reader, "node"),
                Grant::of(&attesting(index), &subject, Role::Node, "attesting"),
            ];
            let names = vec![Name { lang: "en".into(), text: format!("Organisation {index}") }];
            let act = founding::organisation(OrganisationKind::Ngo, names, roots, grants, false).unwrap();
            let signature = act.sign(OrganisationId::ZERO, &root);
            acts.push(act.with_signature(signature));
        }
        let ids: Vec<OrganisationId> = acts.iter().map(|act| OrganisationId::new(*act.id().as_bytes())).collect();
        let mut charter =
            founding::charter("Test", ids.clone(), u64::from(count / 2) + 1, Object::new(), Object::new()).unwrap();
        for index in 0..count {
            let signature = charter.sign(ids[usize::from(index)], &root(index));
            charter = charter.with_signature(signature);
        }
        acts.insert(0, charter);
        let governance = Governance::assemble(acts).unwrap();
        let members = OpenSpace::Members.id(&governance.consortium());
        let site = |index: u8| Site {
            node: NodeId::new(*node(index).public().as_bytes()),
            organisation: ids[usize::from(index)],
            key: key(index),
            replica: Replica::new(governance.clone(), Stored::default(), BTreeSet::from([key(index).public()])),
            store: MemoryStore::default(),
            bytes: 0,
            dropped: Vec::new(),
            confirmed: Vec::new(),
        };
        Self { sites: (0..count).map(site).collect(), members, wire: VecDeque::new(), frames: Vec::new(), now: 1 }
    }

    fn log(&self, site: usize) -> LogKey {
        LogKey { space: self.members, author: self.sites[site].key.public() }
    }

    fn sealed(&self, site: usize, texts: &[&str]) -> Vec<Entry> {
        self.sealed_in(site, self.members, texts)
    }

    fn sealed_in(&self, site: usize, space: SpaceId, texts: &[&str]) -> Vec<Entry> {
        let at = &self.sites[site];
        let mut end = at.replica.end_of(LogKey { space, ..self.log(site) });
        let mut entries = Vec::new();
        for text in texts {
            let draft = Draft {
                kind: Kind::Change,
                space,
                organisation: at.organisation,
                record: RecordId::new([1; 16]),
                generation: 0,
                time: Timestamp(1_700_000_000_000),
                payload: Payload {
                    salt: [7; 16],
                    bytes: format!(r#"{{"ops":[{{"claim":{{"prop":"title","value":"{text}"}}}}]}}"#).into_bytes(),
                },
            };
            let entry = draft.seal((end.seq, end.id), &at.key);
            end = LogEnd { seq: entry.header.seq, id: entry.header.id() };
            entries.push(entry);
        }
        entries
    }

    fn handle(&mut self, site: usize, input: Input) -> Vec<Output> {
        let mut answers = Vec::new();
        let at = &mut self.sites[site];
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            at.replica.handle(input, Timestamp(self.now), &at.store).unwrap();
            let mut is_synced = true;
            while let Some(output) = at.replica.poll() {
                match output {
                    Output::Commit(batch) => {
                        at.store.append(batch);
                        is_synced = false;
                    }
                    Output::Send { peer, frame } => {
                        at.bytes += frame.len() + 4;
                        self.frames.push((at.node, peer, frame.len() + 4));
                        self.wire.push_back((at.node, peer, frame));
                    }
                    Output::Check { log, after, until } => {
                        let entries = at.store.read_log(log, after.seq, usize::MAX).unwrap();
                        let good: Vec<_> = entries
                            .iter()
                            .take_while(|entry| entry.end().seq <= until && entry.entry().is_signed())
                            .collect();
                        let upto = good.last().map_or(after, |entry| entry.end());
                        inputs.push_back(Input::Checked { log, upto, is_bad_behind: upto.seq < until });
                    }
                    Output::Disconnect { reason, .. } => at.dropped.push(reason),
                    Output::Notice(Notice::OwnEndConfirmed { log, end }) => at.confirmed.push((log, end)),
                    Output::WakeAt(_) => {}
                    other => answers.push(other),
                }
            }
            if !is_synced {
                inputs.push_front(Input::Synced);
            }
        }
        answers
    }

    fn run(&mut self) {
        while let Some((from, to, frame)) = self.wire.pop_front() {
            let site = self.sites.iter().position(|site| site.node == to).unwrap();
            self.handle(site, Input::Received { peer: from, frame });
        }
    }

    fn connect(&mut self, opener: usize, other: usize) {
        let (a, b) = (self.sites[opener].node, self.sites[other].node);
        self.handle(other, Input::Connected { peer: a, opens_with: None });
        self.handle(opener, Input::Connected { peer: b, opens_with: Some([9; 16]) });
        self.run();
    }

    fn disconnect(&mut self, one: usize, other: usize) {
        let (a, b) = (self.sites[one].node, self.sites[other].node);
        self.handle(one, Input::Disconnected { peer: b });
        self.handle(other, Input::Disconnected { peer: a });
    }

    fn say(&mut self, site: usize, texts: &[&str]) -> Vec<Output> {
        let entries = self.sealed(site, texts);
        let answers = self.handle(site, Input::Submit { request: 1, entries });
        self.run();
        answers
    }

    fn assert_equal(&self) {
        let first = &self.sites[0];
        for site in &self.sites {
            assert_eq!(site.replica.logs(), first.replica.logs());
            assert_eq!(site.store, first.store);
            assert_eq!(site.dropped, Vec::<String>::new());
        }
    }
}

#[test]
fn what_one_holds_the_other_holds_after_a_session() {
    let mut world = World::founded(2);
    world.say(0, &["one", "two", "three"]);
    world.say(1, &["four"]);
    world.connect(0, 1);
    world.assert_equal();
    assert_eq!(world.sites[1].store.entries().count(), 4);
    assert_eq!(world.sites[1].replica.status().unchecked, 0);
}

#[test]
fn a_contribution_is_acknowledged_only_once_it_stands_on_disk() {
    let mut world = World::founded(2);
    let entries = world.sealed(0, &["one"]);
    let at = &mut world.sites[0];
    at.replica.handle(Input::Submit { request: 5, entries }, Timestamp(1), &at.store).unwrap();
    assert!(matches!(at.replica.poll(), Some(Output::Commit(_))));
    assert_eq!(at.replica.poll(), None);
    assert!(at.replica.logs().is_empty());
    at.replica.handle(Input::Synced, Timestamp(1), &at.store).unwrap();
    assert!(matches!(at.replica.poll(), Some(Output::Acknowledge { request: 5, .. })));
}

#[test]
fn what_the_disk_did_not_take_is_taken_back() {
    let mut world = World::founded(2);
    let entries = world.sealed(0, &["one"]);
    let at = &mut world.sites[0];
    at.replica.handle(Input::Submit { request: 5, entries: entries.clone() }, Timestamp(1), &at.store).unwrap();
    at.replica.handle(Input::CommitFailed, Timestamp(1), &at.store).unwrap();
    assert!(matches!(at.replica.poll(), Some(Output::Refuse { request: 5, refusal: Refusal::NotFlushed })));
    assert_eq!(at.replica.end_of(LogKey { space: world.members, author: at.key.public() }), LogEnd::START);
    let answers = world.handle(0, Input::Submit { request: 6, entries });
    assert!(matches!(answers.as_slice(), [Output::Acknowledge { request: 6, .. }]));
}

#[test]
fn a_new_contribution_is_pushed_to_everyone_and_reaches_those_behind() {
    let mut world = World::founded(3);
    world.connect(0, 1);
    world.connect(1, 2);
    world.say(0, &["one"]);
    world.say(2, &["two", "three"]);
    world.assert_equal();
    assert_eq!(world.sites[0].store.entries().count(), 3);
}

#[test]
fn a_session_without_news_is_one_round_trip_of_at_most_300_bytes() {
    let mut world = World::founded(2);
    world.say(0, &["one", "two"]);
    world.connect(0, 1);
    world.disconnect(0, 1);
    world.frames.clear();
    world.connect(1, 0);
    let bytes: usize = world.frames.iter().map(|(_, _, bytes)| bytes).sum();
    assert_eq!(world.frames.len(), 2);
    assert!(bytes <= 300, "{bytes} bytes");
}

#[test]
fn one_entry_costs_its_payload_and_at_most_120_bytes() {
    let mut world = World::founded(2);
    world.connect(0, 1);
    world.say(0, &["first of the log"]);
    world.frames.clear();
    let entry = world.sealed(0, &["x"]).remove(0);
    let payload = entry.payload.as_ref().unwrap().bytes.len();
    world.handle(0, Input::Submit { request: 1, entries: vec![entry] });
    world.run();
    let bytes: usize = world.frames.iter().map(|(_, _, bytes)| bytes).sum();
    assert!(bytes <= payload + 120, "{bytes} bytes for a payload of {payload}");
    world.assert_equal();
}

#[test]
fn a_bad_signature_in_a_run_takes_the_log_back_and_drops_the_sender() {
    let mut world = World::founded(3);
    world.say(0, &["one", "two", "three", "four"]);
    // The second site relays the log with a changed signature in its middle.
    let mut relayed = MemoryStore::default();
    for entry in world.sites[0].store.entries().cloned() {
        let mut entry = entry.into_entry();
        if entry.header.seq == 3 {
            entry.signature = crate::key::Signature::new([1; 64]);
        }
        relayed.insert(Authentic::from_store(entry));
    }
    let logs = world.sites[0].replica.logs().clone();
    let governance = world.sites[1].replica.governance().clone();
    world.sites[1].replica = Replica::new(governance, Stored { logs, ..Stored::default() }, BTreeSet::new());
    world.sites[1].store = relayed;
    world.connect(1, 2);
    let log = world.log(0);
    assert_eq!(world.sites[2].replica.logs().get(&log).map(|log| log.end.seq), Some(2));
    assert_eq!(world.sites[2].dropped.len(), 1);
    world.disconnect(1, 2);
    world.sites[2].dropped.clear();
    world.connect(0, 2);
    assert_eq!(world.sites[2].replica.logs(), world.sites[0].replica.logs());
    assert_eq!(world.sites[2].store, world.sites[0].store);
}

#[test]
fn a_payload_that_was_withheld_is_fetched_from_another_peer() {
    let mut world = World::founded(3);
    world.say(0, &["one", "two"]);
    let mut withholding = MemoryStore::default();
    for entry in world.sites[0].store.entries().cloned() {
        withholding.insert(Authentic::from_store(Entry { payload: None, ..entry.into_entry() }));
    }
    let logs = world.sites[0].replica.logs().clone();
    let governance = world.sites[1].replica.governance().clone();
    let log = world.log(0);
    let wanted = withholding.entries().map(|entry| (log, entry.end())).collect();
    world.sites[1].replica = Replica::new(governance, Stored { logs, wanted, ..Stored::default() }, BTreeSet::new());
    world.sites[1].store = withholding;
    world.connect(1, 2);
    assert_eq!(world.sites[2].replica.status().wanted, 2);
    world.connect(0, 2);
    assert_eq!(world.sites[2].replica.status().wanted, 0);
    assert_eq!(world.sites[2].store, world.sites[0].store);
}

#[test]
fn a_log_whose_payloads_are_withheld_stops_at_one_entry_everywhere_and_goes_on_once_they_come() {
    let bound = crate::limits::WANTED as u64;
    let mut world = World::founded(4);
    let texts: Vec<String> = (0..bound + 300).map(|index| format!("claim {index}")).collect();
    world.say(0, &texts.iter().map(String::as_str).collect::<Vec<_>>());
    let mut withholding = MemoryStore::default();
    for entry in world.sites[0].store.entries().cloned() {
        withholding.insert(Authentic::from_store(Entry { payload: None, ..entry.into_entry() }));
    }
    let (log, logs) = (world.log(0), world.sites[0].replica.logs().clone());
    let governance = world.sites[1].replica.governance().clone();
    let wanted = withholding.entries().map(|entry| (log, entry.end())).collect();
    world.sites[1].replica = Replica::new(governance, Stored { logs, wanted, ..Stored::default() }, BTreeSet::new());
    world.sites[1].store = withholding;
    for site in [2, 3] {
        world.connect(1, site);
        assert_eq!(world.sites[site].replica.end_of(log).seq, bound);
        assert_eq!(world.sites[site].dropped, Vec::<String>::new());
    }
    world.connect(0, 2);
    assert_eq!(world.sites[2].store, world.sites[0].store);
    world.connect(2, 3);
    assert_eq!(world.sites[3].store, world.sites[0].store);
}

#[test]
fn the_door_refuses_with_the_rule_and_changes_nothing() {
    let mut world = World::founded(2);
    world.say(0, &["one"]);
    let good = world.sealed(0, &["two"]).remove(0);
    let check = |change: &dyn Fn(&mut Entry), code: &str, world: &mut World| {
        let mut entry = good.clone();
        change(&mut entry);
        let before = world.sites[0].store.clone();
        let answers = world.handle(0, Input::Submit { request: 2, entries: vec![entry] });
        let Some(Output::Refuse { refusal, .. }) = answers.first() else { panic!("{code}: {answers:?}") };
        assert_eq!(refusal.code(), code);
        assert_eq!(world.sites[0].store, before);
    };
    check(&|entry| entry.signature = crate::key::Signature::new([0; 64]), "entry_signature", &mut world);
    check(&|entry| entry.header.time = Timestamp(5), "entry_signature", &mut world);
    check(&|entry| entry.header.space = SpaceId::new([1; 32]), "log_not_a_member", &mut world);
    check(&|entry| entry.header.organisation = OrganisationId::new([1; 32]), "log_not_a_member", &mut world);
    check(&|entry| entry.header.author = PublicKey::new([1; 32]), "log_not_granted", &mut world);
    check(&|entry| entry.payload.as_mut().unwrap().bytes.push(b' '), "entry_payload", &mut world);
}

#[test]
fn a_peer_that_breaks_the_order_of_a_session_is_dropped() {
    for frame in [
        vec![],
        vec![0],
        vec![200, 1, 2],
        crate::sync::frame::Frame::Equal.encode(),
        crate::sync::frame::Frame::Run(vec![1, 0xff, 0xff, 0xff, 0xff, 0]).encode(),
        crate::sync::frame::Frame::Credit(1).encode(),
        crate::sync::frame::Frame::News { space: [3; 16], items: Vec::new() }.encode(),
    ] {
        let mut world = World::founded(2);
        world.connect(0, 1);
        let (from, before) = (world.sites[1].node, world.sites[0].store.clone());
        world.handle(0, Input::Received { peer: from, frame: frame.clone() });
        assert_eq!(world.sites[0].dropped.len(), 1, "{frame:?}");
        assert_eq!(world.sites[0].store, before);
    }
}

/// The site as a backup brings it back, with the first `count` entries of its own log.
fn restore(world: &mut World, site: usize, count: usize) {
    let log = world.log(site);
    let at = &mut world.sites[site];
    let mut store = MemoryStore::default();
    let mut stored = Stored::default();
    let of_log =
        |entry: &&Authentic| entry.entry().header.space == log.space && entry.entry().header.author == log.author;
    for entry in at.store.entries().filter(of_log).take(count) {
        let end = entry.end();
        stored.logs.insert(log, Log { organisation: at.organisation, end, checked: end });
        store.insert(entry.clone());
    }
    at.replica = Replica::new(at.replica.governance().clone(), stored, BTreeSet::from([log.author]));
    at.store = store;
    at.confirmed.clear();
}

#[test]
fn own_ends_are_confirmed_by_what_the_peer_said_alone() {
    for (opener, other) in [(0, 1), (1, 0)] {
        let mut world = World::founded(2);
        let log = world.log(0);
        world.say(0, &["one", "two", "three"]);
        world.connect(opener, other);
        let end = world.sites[0].replica.end_of(log);
        assert_eq!(confirmed(&world, log), [], "it held nothing: it may be the one that has not heard");
        world.disconnect(opener, other);

        restore(&mut world, 0, 3);
        world.connect(opener, other);
        assert_eq!(confirmed(&world, log), [end], "told by an equal digest");
        world.disconnect(opener, other);

        // Another space differs: of this one the peer says that there is nothing.
        restore(&mut world, 0, 3);
        let public = OpenSpace::Public.id(&world.sites[0].replica.governance().consortium());
        let entries = world.sealed_in(1, public, &["four"]);
        world.handle(1, Input::Submit { request: 1, entries });
        world.connect(opener, other);
        let told = confirmed(&world, log);
        assert_eq!(told.first(), Some(&end), "told by news of nothing");
        assert!(told.iter().all(|told| *told == end));
        world.disconnect(opener, other);

        // A log that was lost altogether is no other than one that is behind.
        for kept in [0, 1] {
            restore(&mut world, 0, kept);
            world.connect(opener, other);
            let told = confirmed(&world, log);
            assert!(told.iter().all(|told| *told == end), "a restored backup was told to go on: {told:?}");
            assert!(!told.is_empty(), "once it has caught up");
            world.disconnect(opener, other);
        }
    }
}

/// What was confirmed of one of the first site's own logs.
fn confirmed(world: &World, log: LogKey) -> Vec<LogEnd> {
    world.sites[0].confirmed.iter().filter(|(told, _)| *told == log).map(|(_, end)| *end).collect()
}

#[test]
fn an_own_log_that_nobody_has_begun_is_confirmed_too() {
    let mut world = World::founded(2);
    let log = world.log(0);
    world.connect(0, 1);
    assert_eq!(world.sites[0].replica.own_logs().len(), OpenSpace::ALL.len());
    assert!(world.sites[0].replica.own_logs().contains_key(&log));
    for own in world.sites[0].replica.own_logs().into_keys() {
        assert_eq!(confirmed(&world, own).first(), Some(&LogEnd::START));
    }
}

#[test]
fn a_payload_is_sent_for_the_entry_that_is_named_alone() {
    use crate::sync::frame::{Frame, Item};
    let mut world = World::founded(2);
    world.say(0, &["one"]);
    world.connect(0, 1);
    let (peer, log) = (world.sites[1].node, world.log(0));
    let held = world.sites[0].replica.end_of(log);
    let space = world.sites[0].replica.sessions[&peer].blind(log.space);
    for (id, expected) in [(held.id, 1), (EntryId::new([9; 32]), 0)] {
        // Named twice, it is sent once.
        let items = vec![Item::Wanted(log.author, LogEnd { seq: held.seq, id }); 2];
        world.handle(0, Input::Received { peer, frame: Frame::News { space, items }.encode() });
        let sent = world.wire.drain(..).filter_map(|(_, _, frame)| Frame::decode(&frame).ok());
        assert_eq!(sent.filter(|frame| matches!(frame, Frame::Payload { .. })).count(), expected);
    }
    assert!(world.sites[0].dropped.is_empty());
}

#[test]
fn payloads_are_sent_as_far_as_the_credit_goes() {
    use crate::sync::frame::{Frame, Item};
    let mut world = World::founded(2);
    let texts: Vec<String> = (0..200).map(|index| format!("{index} {}", "x".repeat(60_000))).collect();
    world.say(0, &texts.iter().map(String::as_str).collect::<Vec<_>>());
    world.connect(0, 1);
    let (peer, log) = (world.sites[1].node, world.log(0));
    let space = world.sites[0].replica.sessions[&peer].blind(log.space);
    let entries = world.sites[0].store.read_log(log, 0, usize::MAX).unwrap();
    let items: Vec<Item> = entries.iter().map(|entry| Item::Wanted(log.author, entry.end())).collect();
    let mut sent = 0;
    for _ in 0..10 {
        world.handle(0, Input::Received { peer, frame: Frame::News { space, items: items.clone() }.encode() });
        sent += world.wire.drain(..).map(|(_, _, frame)| frame.len()).sum::<usize>();
    }
    let credit = crate::limits::CREDIT_BYTES as usize;
    assert!((credit / 2..credit * 2).contains(&sent), "{sent} bytes under way");
    world.handle(0, Input::Received { peer, frame: Frame::Credit(crate::limits::CREDIT_BYTES / 2).encode() });
    assert!(!world.wire.is_empty(), "more follows for more credit");
}

/// What a frame without end would make a replica remember or work.
#[test]
fn a_state_that_says_nothing_and_goes_on_ends_the_session() {
    use crate::sync::frame::Frame;
    let mut world = World::founded(2);
    world.connect(0, 1);
    let (peer, log) = (world.sites[1].node, world.log(0));
    let space = world.sites[0].replica.sessions[&peer].blind(log.space);
    let frame = Frame::State { space, is_last: false, items: Vec::new() };
    world.handle(0, Input::Received { peer, frame: frame.encode() });
    assert_eq!(world.sites[0].dropped.len(), 1);
}

#[test]
fn the_first_entry_of_a_log_costs_no_more_than_later_ones_where_both_hold_it() {
    for (opener, other) in [(0, 1), (1, 0)] {
        let mut world = World::founded(2);
        world.say(0, &["one"]);
        world.connect(opener, other);
        world.disconnect(opener, other);
        // Once with equal digests, once after a state of one space and nothing to say of the other.
        for round in 0..2 {
            if round == 1 {
                let public = OpenSpace::Public.id(&world.sites[0].replica.governance().consortium());
                let entries = world.sealed_in(1, public, &["in public"]);
                world.handle(1, Input::Submit { request: 1, entries });
            }
            world.connect(opener, other);
            for text in ["two", "three"] {
                world.frames.clear();
                world.say(0, &[text]);
                world.run();
                let log = world.log(0);
                let last = world.sites[0].replica.end_of(log).seq;
                let entry = world.sites[0].store.read_log(log, last - 1, usize::MAX).unwrap().remove(0);
                let payload = entry.into_entry().payload.unwrap().bytes.len();
                let runs: usize = world.frames.iter().map(|(_, _, length)| length).sum();
                assert!(runs <= payload + 120, "{runs} bytes for {payload}");
                world.assert_equal();
            }
            world.disconnect(opener, other);
        }
    }
}

#[test]
fn a_peer_that_offers_what_it_lacks_is_dropped_when_time_is_up() {
    use crate::sync::frame::{Frame, Item};
    let mut world = World::founded(2);
    world.connect(0, 1);
    let peer = world.sites[1].node;
    let log = world.log(1);
    let end = LogEnd { seq: 5, id: EntryId::new([1; 32]) };
    let space = world.sites[0].replica.sessions[&peer].blind(log.space);
    let news = Frame::News { space, items: vec![Item::End(log.author, end)] };
    world.handle(0, Input::Received { peer, frame: news.encode() });
    world.wire.clear();
    let at = &mut world.sites[0];
    at.replica.handle(Input::Wake, Timestamp(1 + crate::limits::ANSWER_MS), &at.store).unwrap();
    let dropped = std::iter::from_fn(|| at.replica.poll()).any(|output| matches!(output, Output::Disconnect { .. }));
    assert!(dropped);
}

#[test]
fn entries_come_in_any_number_of_frames_and_logs() {
    let mut world = World::founded(2);
    let texts: Vec<String> = (0..3_000).map(|index| format!("claim {index} {}", "x".repeat(200))).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    world.say(0, &texts);
    world.say(1, &texts[..50]);
    world.connect(1, 0);
    world.assert_equal();
    let counts: BTreeMap<_, _> =
        world.sites[1].replica.logs().iter().map(|(key, log)| (key.author, log.checked.seq)).collect();
    assert_eq!(counts.values().sum::<u64>(), 3_050);
}
