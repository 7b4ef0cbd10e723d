//! A whole session of two replicas, frame by frame: what each says in turn, and what both hold after it. format §9.4.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use isnad_protocol::encoding::to_hex;
use isnad_protocol::entry::Entry;
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{NodeId, OpenSpace, SpaceId};
use isnad_protocol::log::LogKey;
use isnad_protocol::replica::{Input, Output, Replica, Stored};
use isnad_protocol::store::{LogView, MemoryStore};
use isnad_protocol::sync::digest::blind;
use isnad_protocol::sync::frame::{Frame, Item};
use isnad_protocol::sync::run::Decoder;
use isnad_protocol::time::Timestamp;
use serde_json::{Value, json};

use crate::consortium::held;
use crate::{file, frames};

const NONCE: [u8; 16] = [0x5a; 16];
const NODES: [NodeId; 2] = [NodeId::new([1; 32]), NodeId::new([2; 32])];

struct Site {
    replica: Replica,
    store: MemoryStore,
}

impl Site {
    fn new(governance: &Governance, entries: Vec<Entry>) -> Self {
        let replica = Replica::new(governance.clone(), Stored::default(), BTreeSet::new());
        let mut site = Self { replica, store: MemoryStore::default() };
        assert!(site.handle(Input::Submit { request: 1, entries }).is_empty());
        site
    }

    /// Handles an input and all that follows from it; returns the frames it sends.
    fn handle(&mut self, input: Input) -> Vec<Vec<u8>> {
        let mut sent = Vec::new();
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            self.replica.handle(input, Timestamp(1), &self.store).unwrap();
            let mut is_synced = true;
            while let Some(output) = self.replica.poll() {
                match output {
                    Output::Commit(batch) => {
                        self.store.append(batch);
                        is_synced = false;
                    }
                    Output::Send { frame, .. } => sent.push(frame),
                    Output::Check { log, after, until } => {
                        let entries = self.store.read_log(log, after.seq, usize::MAX).unwrap();
                        let upto = entries.iter().take_while(|entry| entry.end().seq <= until).last().unwrap().end();
                        assert!(entries.iter().all(|entry| entry.entry().is_signed()));
                        inputs.push_back(Input::Checked { log, upto, is_bad_behind: false });
                    }
                    Output::Disconnect { reason, .. } => panic!("{reason}"),
                    Output::Refuse { refusal, .. } => panic!("{refusal}"),
                    Output::Acknowledge { .. } | Output::WakeAt(_) | Output::Attest { .. } | Output::Notice(_) => {}
                }
            }
            if !is_synced {
                inputs.push_front(Input::Synced);
            }
        }
        sent
    }

    fn ends(&self) -> Value {
        let ends = self.replica.logs().iter().map(|(log, known)| {
            json!([log.space.to_string(), log.author.to_string(), known.checked.seq, known.checked.id.to_string()])
        });
        ends.collect()
    }
}

/// The ministry's node holds the ministry's logs and half of another, the NGO's node the NGO's.
fn sites() -> [Site; 2] {
    let held = held();
    let of = |number: usize| {
        let organisations = held.governance.organisations();
        let own =
            if held.logs.values().next().unwrap()[0].header.organisation == organisations[number].id { 0 } else { 1 };
        let entries = held.logs.values().flatten().filter(|entry| {
            (entry.header.organisation == organisations[0].id) == (own == 0) || (number == 0 && entry.header.seq == 1)
        });
        Site::new(&held.governance, entries.cloned().collect())
    };
    [of(0), of(1)]
}

fn spaces(governance: &Governance) -> [SpaceId; 2] {
    OpenSpace::ALL.map(|space| space.id(&governance.consortium()))
}

struct Said {
    side: usize,
    frame: Vec<u8>,
    json: Value,
}

/// Runs the session to its end, one frame at a time, the opener's first.
fn run(sites: &mut [Site; 2]) -> Vec<Said> {
    let names = spaces(sites[0].replica.governance()).map(|space| (blind(&NONCE, space), space));
    let names: BTreeMap<_, _> = names.into_iter().collect();
    let mut decoders = [Decoder::default(), Decoder::default()];
    let mut said = Vec::new();
    let mut wire: VecDeque<(usize, Vec<u8>)> = VecDeque::new();
    sites[1].handle(Input::Connected { peer: NODES[0], opens_with: None });
    let opening = sites[0].handle(Input::Connected { peer: NODES[1], opens_with: Some(NONCE) });
    wire.extend(opening.into_iter().map(|frame| (0, frame)));
    while let Some((side, frame)) = wire.pop_front() {
        let decoded = Frame::decode(&frame).unwrap();
        // What one side says it holds is how the other names these logs to it.
        if let Frame::State { space, items, .. } = &decoded {
            let ends = items.iter().filter_map(|item| match item {
                Item::End(author, end) => Some((LogKey { space: names[space], author: *author }, *end)),
                Item::Act(..) | Item::Fork(..) | Item::Branch(..) | Item::Wanted(..) => None,
            });
            ends.for_each(|(log, end)| decoders[1 - side].said(log, end));
        }
        let organisation = |log: &LogKey| sites[1 - side].replica.logs().get(log).map(|log| log.organisation);
        let what = frames::describe(&decoded, &mut decoders[side], &names, &organisation).unwrap();
        let from = ["opener", "other"][side];
        // A compressor's next version may choose other bytes for the same groups.
        let is_packed = matches!(&decoded, Frame::Run(body) if body.first() == Some(&1));
        let json =
            json!({ "from": from, "what": what, "frame": if is_packed { Value::Null } else { json!(to_hex(&frame)) } });
        let answers = sites[1 - side].handle(Input::Received { peer: NODES[side], frame: frame.clone() });
        wire.extend(answers.into_iter().map(|frame| (1 - side, frame)));
        said.push(Said { side, frame, json });
    }
    said
}

#[test]
fn a_session_goes_as_the_vector_says() {
    let mut sites = sites();
    let before = [sites[0].ends(), sites[1].ends()];
    let said = run(&mut sites);
    assert_eq!(sites[0].store, sites[1].store);
    assert_eq!(sites[0].ends(), sites[1].ends());
    let kinds: BTreeSet<String> =
        said.iter().flat_map(|said| said.json["what"].as_object().unwrap().keys().cloned()).collect();
    for kind in ["open", "spaces", "state", "want", "sending", "run"] {
        assert!(kinds.contains(kind), "{kind} is not in the session");
    }
    let vector = json!({
        "proves": "the order of a session, and that both hold the same after it",
        "nonce": to_hex(&NONCE),
        "held_before": { "opener": before[0], "other": before[1] },
        "frames": said.iter().map(|said| said.json.clone()).collect::<Vec<_>>(),
        "held_after": sites[0].ends(),
    });
    file::check_json(Path::new("session/session.json"), &vector);
}

#[test]
fn what_one_side_said_is_enough_for_the_other() {
    let mut live = sites();
    let said = run(&mut live);
    let [_, mut fresh] = sites();
    fresh.handle(Input::Connected { peer: NODES[0], opens_with: None });
    for said in said.iter().filter(|said| said.side == 0) {
        fresh.handle(Input::Received { peer: NODES[0], frame: said.frame.clone() });
    }
    assert_eq!(fresh.ends(), live[1].ends());
    let logs: BTreeSet<LogKey> = held().logs.into_keys().collect();
    assert_eq!(fresh.replica.logs().keys().copied().collect::<BTreeSet<_>>(), logs);
}
