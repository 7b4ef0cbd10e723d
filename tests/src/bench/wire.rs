//! Bytes of our frames, framing included, between two replicas in memory: exact, so that a test holds them.

use std::collections::{BTreeSet, VecDeque};

use isnad_protocol::entry::{Draft, Entry, Kind, Payload};
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{EntryId, NodeId, OpenSpace, RecordId};
use isnad_protocol::key::{PublicKey, SecretKey};
use isnad_protocol::log::LogKey;
use isnad_protocol::replica::{Input, Output, Replica, Stored};
use isnad_protocol::store::MemoryStore;
use isnad_protocol::time::Timestamp;

use super::Report;
use super::consortium::Consortium;

/// Bytes of length before each frame.
const FRAMING: usize = 4;

/// What sessions cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// Bytes of a session between two replicas that hold the same.
    pub equal: usize,
    /// Frames of it.
    pub equal_frames: usize,
    /// Bytes of one entry beyond its payload, the first of its log in this session, about a record of its own.
    pub first_entry: usize,
    /// The same for the next one.
    pub next_entry: usize,
}

pub(super) fn run(report: &mut Report) {
    let costs = measure();
    report.at_most("no-op sync", costs.equal as f64, 300.0, "bytes");
    report.at_most("no-op sync, both ways", costs.equal_frames as f64, 2.0, "frames");
    report.at_most(
        "one entry beyond its payload, first of its log in a session",
        costs.first_entry as f64,
        120.0,
        "bytes",
    );
    report.at_most("one entry beyond its payload, further ones", costs.next_entry as f64, 120.0, "bytes");
}

/// Lets two replicas meet and one of them write.
///
/// # Panics
/// If they do not come to hold the same.
#[must_use]
pub fn measure() -> Costs {
    let mut pair = Pair::new();
    for record in 1..=100 {
        pair.write(record);
    }
    let before = pair.between.traffic;
    pair.between.reconnect();
    let equal = pair.between.since(before);
    let (first, next) = (pair.write(101), pair.write(102));
    Costs { equal: equal.0, equal_frames: equal.1, first_entry: first, next_entry: next }
}

struct Side {
    replica: Replica,
    store: MemoryStore,
    node: NodeId,
}

struct Pair {
    consortium: Consortium,
    key: SecretKey,
    between: Between,
}

/// Two replicas, and what went between them.
pub(super) struct Between {
    sides: [Side; 2],
    /// Bytes and frames so far.
    traffic: (usize, usize),
}

impl Pair {
    fn new() -> Self {
        let consortium = Consortium::found(2);
        let key = consortium.key(0, OpenSpace::Members);
        let mut between = Between::holding(&consortium.governance, &Stored::default(), BTreeSet::from([key.public()]));
        between.reconnect();
        Self { consortium, key, between }
    }

    /// Writes one entry and returns what it cost beyond its payload.
    fn write(&mut self, record: u8) -> usize {
        let space = self.consortium.space(OpenSpace::Members);
        let log = LogKey { space, author: self.key.public() };
        let end = self.between.sides[0].replica.end_of(log);
        let bytes =
            format!(r#"{{"ops":[{{"claim":{{"lang":"en","prop":"title","value":"An incident {record:03}"}}}}]}}"#);
        let length = bytes.len();
        let mut id = [record; 16];
        id[0] = 1;
        let salt = isnad_protocol::encoding::hash_plain(&[&id])[..16].try_into().expect("16 bytes");
        let draft = Draft {
            kind: Kind::Change,
            space,
            organisation: self.consortium.organisations[0],
            record: RecordId::new(id),
            generation: 0,
            // A minute later each.
            time: Timestamp(1_700_000_000_000 + u64::from(record) * 60_000),
            payload: Payload { salt, bytes: bytes.into_bytes() },
        };
        let entry: Entry = draft.seal((end.seq, end.id), &self.key);
        let id: EntryId = entry.header.id();
        let before = self.between.traffic;
        self.between.run(vec![(0, Input::Submit { request: 1, entries: vec![entry] })]);
        assert_eq!(self.between.sides[1].replica.end_of(log).id, id, "the peer holds it");
        self.between.since(before).0 - length
    }
}

impl Between {
    /// Both hold the same; the first has the secret halves of these keys.
    pub(super) fn holding(governance: &Governance, stored: &Stored, own: BTreeSet<PublicKey>) -> Self {
        let nodes: Vec<NodeId> = governance.nodes().into_keys().collect();
        let side = |node: NodeId, own: BTreeSet<_>| Side {
            replica: Replica::new(governance.clone(), stored.clone(), own),
            store: MemoryStore::default(),
            node,
        };
        Self { sides: [side(nodes[0], own), side(nodes[1], BTreeSet::new())], traffic: (0, 0) }
    }

    /// Ends the session between the two and begins another.
    pub(super) fn reconnect(&mut self) {
        let nodes = [self.sides[0].node, self.sides[1].node];
        for (side, peer) in [(0, nodes[1]), (1, nodes[0])] {
            self.run(vec![(side, Input::Disconnected { peer })]);
        }
        self.run(vec![
            (1, Input::Connected { peer: nodes[0], opens_with: None }),
            (0, Input::Connected { peer: nodes[1], opens_with: Some([9; 16]) }),
        ]);
    }

    /// Bytes and frames so far.
    pub(super) const fn traffic(&self) -> (usize, usize) {
        self.traffic
    }

    const fn since(&self, before: (usize, usize)) -> (usize, usize) {
        (self.traffic.0 - before.0, self.traffic.1 - before.1)
    }

    /// Hands inputs in, and what follows from them, until both are at rest.
    fn run(&mut self, inputs: Vec<(usize, Input)>) {
        let mut inputs = VecDeque::from(inputs);
        while let Some((index, input)) = inputs.pop_front() {
            let side = &mut self.sides[index];
            side.replica.handle(input, Timestamp(1), &side.store).expect("memory can be read");
            while let Some(output) = side.replica.poll() {
                match output {
                    Output::Commit(batch) => {
                        side.store.append(batch);
                        inputs.push_back((index, Input::Synced));
                    }
                    Output::Send { frame, .. } => {
                        self.traffic = (self.traffic.0 + frame.len() + FRAMING, self.traffic.1 + 1);
                        let peer = side.node;
                        inputs.push_back((1 - index, Input::Received { peer, frame }));
                    }
                    Output::Disconnect { reason, .. } => panic!("dropped: {reason}"),
                    Output::Refuse { refusal, .. } => panic!("refused: {refusal}"),
                    Output::Acknowledge { .. }
                    | Output::Check { .. }
                    | Output::WakeAt(_)
                    | Output::Attest { .. }
                    | Output::Notice(_) => {}
                }
            }
        }
    }
}
