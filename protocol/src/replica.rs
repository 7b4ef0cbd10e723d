//! One copy of the dataset as a state machine: inputs in, effects out, and one door for every entry. DESIGN §3, §9.
//!
//! The replica reads no clock and writes nothing itself. It is handed inputs with the time, says what is to be written
//! ([`Output::Commit`]), and once it is told that this stands on disk ([`Input::Synced`]) it acknowledges, pushes and
//! answers: nothing is shown or sent before it is flushed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::act::Act;
use crate::attestation::Attestation;
use crate::entry::Entry;
use crate::governance::{Governance, Link};
use crate::id::{EntryId, NodeId, SpaceId};
use crate::key::PublicKey;
use crate::log::{self, Authentic, EntriesCheck, ForkProof, Frontier, Log, LogEnd, LogKey};
use crate::store::{Fault, LogView};
use crate::sync::session::Session;
use crate::time::Timestamp;

mod admit;
mod asking;
mod attesting;
mod branches;
mod closed;
mod forks;
mod peers;
mod status;
mod telling;

pub use admit::Refusal;
pub use attesting::{Attester, Heard};
pub use status::{Memory, PeerStatus, Status};

/// Names one request of a local user, so that its answer finds the way back.
pub type RequestId = u64;

/// What happens to a replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A local user or a file hands in entries: all of them are taken, or none.
    Submit {
        /// To be named in the answer.
        request: RequestId,
        /// Sealed entries, those of one log in order.
        entries: Vec<Entry>,
    },
    /// A local user or a file hands in an act.
    SubmitAct {
        /// To be named in the answer.
        request: RequestId,
        /// The bytes of the act as in a file.
        bytes: Vec<u8>,
    },
    /// A stream to a member's node is open.
    Connected {
        /// The node.
        peer: NodeId,
        /// 16 random bytes if this side opens the session; `None` if the peer does.
        opens_with: Option<[u8; 16]>,
    },
    /// A frame came.
    Received {
        /// From which node.
        peer: NodeId,
        /// The frame.
        frame: Vec<u8>,
    },
    /// The stream to a node is gone.
    Disconnected {
        /// The node.
        peer: NodeId,
    },
    /// Everything that [`Output::Commit`] asked for so far stands on disk.
    Synced,
    /// The disk failed: nothing committed since the last [`Input::Synced`] stands.
    CommitFailed,
    /// The signatures behind an [`Output::Check`] were checked.
    Checked {
        /// Which log.
        log: LogKey,
        /// Up to where every signature holds.
        upto: LogEnd,
        /// True if the entry behind `upto` has a bad signature.
        is_bad_behind: bool,
    },
    /// The time that [`Output::WakeAt`] asked for has come.
    Wake,
}

/// What a replica asks to be done, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Append these; answer with [`Input::Synced`] when they are flushed.
    Commit(Batch),
    /// The request is done, and what it asked for stands on disk.
    Acknowledge {
        /// Which request.
        request: RequestId,
        /// The entries it brought.
        entries: Vec<EntryId>,
    },
    /// The request is refused and has changed nothing.
    Refuse {
        /// Which request.
        request: RequestId,
        /// Why.
        refusal: Refusal,
    },
    /// Send a frame.
    Send {
        /// To which node.
        peer: NodeId,
        /// The frame.
        frame: Vec<u8>,
    },
    /// Close the stream to a node.
    Disconnect {
        /// Which node.
        peer: NodeId,
        /// What it did.
        reason: String,
    },
    /// Check signatures when a core is idle; answer with [`Input::Checked`].
    Check {
        /// Which log.
        log: LogKey,
        /// From behind this position.
        after: LogEnd,
        /// Up to this one.
        until: u64,
    },
    /// Come back with [`Input::Wake`] at this time, unless a later `WakeAt` says otherwise.
    WakeAt(Timestamp),
    /// Seal this with the attesting key, the root of the records added, and hand it in; asked again while it is not in the log.
    Attest {
        /// The space whose log it goes to.
        space: SpaceId,
        /// What is to be said, in as many entries as it takes.
        attestation: Attestation,
        /// Every end that the log will have named then: what the root of the records covers.
        ends: Frontier,
    },
    /// Something that a person should know.
    Notice(Notice),
}

/// What is appended together, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// The writes.
    pub writes: Vec<Write>,
}

/// One thing that is appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// The next entry of a log.
    Entry {
        /// The entry.
        entry: Authentic,
        /// True if its own signature was checked; else it stands on a later one of its run.
        is_checked: bool,
    },
    /// An entry held already, now with the payload that was wanted.
    Payload(Authentic),
    /// Every signature of a log up to here has been checked by now.
    Checked {
        /// Which log.
        log: LogKey,
        /// Up to where.
        upto: LogEnd,
    },
    /// A log ends here again: the entry behind has a bad signature. DESIGN §4.
    CutBack {
        /// Which log.
        log: LogKey,
        /// Its new end.
        to: LogEnd,
    },
    /// An act, as it stands now with all its signatures.
    Act(Act),
    /// The proof that a log was forked: kept for good. DESIGN §8.
    Fork(ForkProof),
    /// An entry of a closed log that stands on another branch than the one that was held first, or beyond where it closes.
    Branch(Authentic),
}

/// Something that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// An entry from a peer was refused.
    Refused {
        /// Which peer.
        peer: NodeId,
        /// Which log it was for.
        log: LogKey,
        /// Why.
        refusal: Refusal,
    },
    /// A key signed two entries for one position, and the proof is held: from there on its log is closed. DESIGN §8.
    Forked {
        /// Which log.
        log: LogKey,
        /// The position.
        seq: u64,
    },
    /// A peer sent an entry of one of our own keys that we did not hold: another node writes with it. DESIGN §8.
    OwnKeyElsewhere {
        /// Which log.
        log: LogKey,
        /// When the last of them was signed, as it says itself.
        time: Timestamp,
    },
    /// A node of another organisation holds of our own log nothing that we do not. DESIGN §8.
    OwnEndConfirmed {
        /// Which log.
        log: LogKey,
        /// The end that was compared.
        end: LogEnd,
    },
}

/// What a node reads back at its start.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// Every log held.
    pub logs: BTreeMap<LogKey, Log>,
    /// Positions whose payload is missing, and the entry that stands at each.
    pub wanted: BTreeSet<(LogKey, LogEnd)>,
    /// For each log that is known to be forked, the proof with the lowest position.
    pub forks: BTreeMap<LogKey, ForkProof>,
    /// Of closed logs, the headers of entries on branches.
    pub branches: BTreeMap<LogKey, BTreeSet<Link>>,
}

/// One copy of the dataset.
#[derive(Debug, Clone)]
pub struct Replica {
    governance: Governance,
    /// Governance as it stands on disk, while acts that came since are not flushed.
    flushed: Option<Box<Governance>>,
    are_signed: EntriesCheck,
    /// Keys whose secret half this node holds.
    own: BTreeSet<PublicKey>,
    /// What stands on disk; the only state that peers and users hear of.
    durable: Stored,
    /// `durable` with what has been committed and may not stand on disk yet.
    held: Stored,
    /// Logs that changed since the last sync to disk; `true` if a local user wrote them.
    changed: BTreeMap<LogKey, bool>,
    acts_changed: bool,
    pending: Vec<(RequestId, Vec<EntryId>)>,
    sessions: BTreeMap<NodeId, Session>,
    asked: BTreeMap<LogKey, asking::Asked>,
    diverged: BTreeSet<(NodeId, LogKey)>,
    /// Where a peer is asked, entry by entry, from where on its log is another than ours.
    probes: BTreeMap<(NodeId, LogKey), forks::Probe>,
    /// Where closed logs that go on beyond their closing point close.
    trunks: BTreeMap<LogKey, LogEnd>,
    closed_changed: bool,
    branching: branches::Branching,
    /// How often a peer kept this replica waiting for what it had offered: others are asked first.
    failures: BTreeMap<NodeId, u32>,
    /// Logs with entries whose own signature was not checked yet.
    unchecked: BTreeSet<LogKey>,
    /// Who sent the unchecked part of a log: each up to which position, and from where on.
    senders: BTreeMap<LogKey, BTreeMap<u64, (NodeId, u64)>>,
    checking: Option<LogKey>,
    /// When signatures are checked though peers were asked for more.
    check_by: Option<Timestamp>,
    attesting: attesting::Attesting,
    outputs: VecDeque<Output>,
}

impl Replica {
    /// Starts from what governance and the store hold. `own` are the keys that this node signs with.
    #[must_use]
    pub fn new(mut governance: Governance, mut stored: Stored, own: BTreeSet<PublicKey>) -> Self {
        for proof in std::mem::take(&mut stored.forks).into_values() {
            governance.take_fork(proof);
        }
        let unchecked = unchecked(&stored);
        Self {
            governance,
            flushed: None,
            are_signed: log::all_are_signed,
            own,
            durable: stored.clone(),
            held: stored,
            changed: BTreeMap::new(),
            acts_changed: false,
            pending: Vec::new(),
            sessions: BTreeMap::new(),
            asked: BTreeMap::new(),
            diverged: BTreeSet::new(),
            probes: BTreeMap::new(),
            trunks: BTreeMap::new(),
            closed_changed: true,
            branching: branches::Branching::new(),
            failures: BTreeMap::new(),
            unchecked,
            senders: BTreeMap::new(),
            checking: None,
            check_by: None,
            attesting: attesting::Attesting::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Has the signatures of entries that are handed in here checked by whoever runs this, as [`crate::log::Log::extend_checked_by`].
    #[must_use]
    pub fn checked_by(self, are_signed: EntriesCheck) -> Self {
        Self { are_signed, ..self }
    }

    /// Advances the replica by one input. `now`, in milliseconds from anywhere, goes on evenly and never back: what is due after a
    /// while is reckoned by it, and nothing else. A machine's clock does neither.
    ///
    /// # Errors
    /// [`Fault`] if the store cannot be read: nothing that a peer or user said is at fault.
    pub fn handle(&mut self, input: Input, now: Timestamp, logs: &impl LogView) -> Result<(), Fault> {
        self.review_closed(logs)?;
        match input {
            Input::Submit { request, entries } => self.submit(request, entries, logs)?,
            Input::SubmitAct { request, bytes } => self.submit_act(request, &bytes),
            Input::Connected { peer, opens_with } => self.connected(peer, opens_with),
            Input::Received { peer, frame } => self.received(peer, &frame, now, logs)?,
            Input::Disconnected { peer } => {
                self.end_probes_of(peer, logs)?;
                self.disconnected(peer, now);
            }
            Input::Synced => self.synced(now, logs)?,
            Input::CommitFailed => self.commit_failed(),
            Input::Checked { log, upto, is_bad_behind } => self.checked(log, upto, is_bad_behind),
            Input::Wake => self.woken(now, logs)?,
        }
        self.review_closed(logs)?;
        self.offer_check(now);
        Ok(())
    }

    /// Returns the next effect to perform, in order; `None` when the replica is at rest.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The rules in force.
    #[must_use]
    pub const fn governance(&self) -> &Governance {
        &self.governance
    }

    /// Every log as it stands on disk.
    #[must_use]
    pub const fn logs(&self) -> &BTreeMap<LogKey, Log> {
        &self.durable.logs
    }

    /// Where the next entry of a log goes: behind what is committed, flushed or not.
    #[must_use]
    pub fn end_of(&self, log: LogKey) -> LogEnd {
        self.held.logs.get(&log).map_or(LogEnd::START, |log| log.end)
    }

    /// Every log that our own keys can have written, each key in each space, and where it ends here.
    #[must_use]
    pub fn own_logs(&self) -> BTreeMap<LogKey, LogEnd> {
        let spaces = self.governance.spaces();
        let of_key = |author: &PublicKey| {
            let author = *author;
            spaces.iter().map(move |space| LogKey { space: space.id, author }).map(|log| (log, self.end_of(log)))
        };
        self.own.iter().flat_map(of_key).collect()
    }

    /// Takes the keys that this node signs with, as they are granted by now.
    pub fn sign_with(&mut self, own: BTreeSet<PublicKey>) {
        self.own = own;
    }

    /// True if a node that is connected says that it holds more of a log than stands here.
    #[must_use]
    pub fn is_behind(&self, log: LogKey) -> bool {
        let held = self.end_of(log).seq;
        self.sessions.values().any(|session| session.their_end(log).seq > held)
    }

    /// The acts that stand on disk: the only ones that peers hear of.
    fn flushed_governance(&self) -> &Governance {
        self.flushed.as_deref().unwrap_or(&self.governance)
    }

    fn commit(&mut self, writes: Vec<Write>) {
        self.outputs.push_back(Output::Commit(Batch { writes }));
    }

    fn notice(&mut self, notice: Notice) {
        self.outputs.push_back(Output::Notice(notice));
    }

    /// Takes back all that did not reach the disk, and starts every session anew: positions in them may be ahead of us.
    fn commit_failed(&mut self) {
        // What still waits to be written stands on what failed: written alone it would leave a hole.
        self.outputs.retain(|output| !matches!(output, Output::Commit(_)));
        self.held = self.durable.clone();
        if let Some(flushed) = self.flushed.take() {
            self.governance = *flushed;
        }
        self.acts_changed = false;
        self.unchecked = unchecked(&self.held);
        // Who sent what stands on disk is not kept twice: rather nobody is blamed than one who sent the same anew.
        self.senders.clear();
        self.changed.clear();
        self.asked.clear();
        self.diverged.clear();
        self.probes.clear();
        self.trunks.clear();
        self.branching.take_back();
        self.closed_changed = true;
        // A check that is under way goes on: what it reads stands on disk, and two at a time would cut a log back twice.
        for (request, _) in std::mem::take(&mut self.pending) {
            self.outputs.push_back(Output::Refuse { request, refusal: Refusal::NotFlushed });
        }
        for (peer, _) in std::mem::take(&mut self.sessions) {
            self.outputs.push_back(Output::Disconnect { peer, reason: "this node could not write to its disk".into() });
        }
    }
}

fn unchecked(stored: &Stored) -> BTreeSet<LogKey> {
    stored.logs.iter().filter(|(_, log)| log.checked != log.end).map(|(key, _)| *key).collect()
}

#[cfg(test)]
mod tests;
