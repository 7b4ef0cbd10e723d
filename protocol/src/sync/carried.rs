//! One side of a session without the other: what goes into a carried file, and what a file says its writer holds. format §9.6.
//!
//! The session of a file is opened with a nonce of zeros, since nobody is to be kept from knowing its spaces. Frames are made
//! one at a time: a file may be larger than any memory.

use std::collections::{BTreeMap, VecDeque};

use super::digest::{Holding, blind};
use super::frame::{Frame, Item};
use super::session::{Due, Holdings, Session};
use crate::governance::{Closed, Governance};
use crate::id::{ActId, SpaceId};
use crate::log::{Log, LogEnd, LogKey};
use crate::store::{Fault, LogView};

/// The nonce of every file.
const NONCE: [u8; 16] = [0; 16];

/// The frames of a file, in order: the opening, every act, proofs, what its writer holds, then the entries behind `theirs`.
#[derive(Debug)]
pub struct Frames<'a> {
    governance: &'a Governance,
    session: Session,
    /// Frames that are made already: the opening, then one run or few.
    ready: VecDeque<Frame>,
    acts: VecDeque<ActId>,
    /// What stands behind the acts.
    told: VecDeque<Frame>,
    /// Lines of closed logs, sent after all else.
    branches: VecDeque<(LogKey, LogEnd)>,
}

impl<'a> Frames<'a> {
    /// All that is held, but for the entries that `theirs` has.
    #[must_use]
    pub fn new(governance: &'a Governance, held: &BTreeMap<LogKey, Log>, theirs: &BTreeMap<LogKey, LogEnd>) -> Self {
        let mut frames = Self::of_frontier(governance, held);
        frames.acts = governance.acts().map(|act| act.id()).collect();
        let proofs = governance.forks().map(|proof| Frame::Proof(proof.encode()));
        frames.told = proofs.chain(std::mem::take(&mut frames.told)).collect();
        for (key, log) in held {
            let after = theirs.get(key).map_or(0, |end| end.seq);
            // As on the wire: what stands beyond comes as one of the branches.
            let closing = governance.closed(key).map_or(u64::MAX, Closed::closing);
            let until = LogEnd { seq: log.checked.seq.min(closing), ..log.checked };
            frames.session.on_want(*key, after, until);
        }
        let holdings = holdings(governance, held);
        let branches = holdings.iter().flat_map(|(space, holding)| {
            holding.branches.iter().map(|(author, end)| (LogKey { space: *space, author: *author }, *end))
        });
        frames.branches = branches.collect();
        frames
    }

    /// What its writer holds alone: no act and no entry.
    #[must_use]
    pub fn of_frontier(governance: &'a Governance, held: &BTreeMap<LogKey, Log>) -> Self {
        let holdings = holdings(governance, held);
        let (mut session, opening) = Session::open(NONCE, holdings.clone());
        let told = holdings.keys().flat_map(|space| session.state(*space, &holdings)).collect();
        let ready = VecDeque::from([opening]);
        Self { governance, session, ready, acts: VecDeque::new(), told, branches: VecDeque::new() }
    }

    /// Makes the next frame, of at most [`crate::limits::FRAME_BYTES`]; `None` after the last.
    ///
    /// # Errors
    /// [`Fault`] if the store cannot read what its logs promise.
    pub fn next(&mut self, logs: &impl LogView) -> Result<Option<Vec<u8>>, Fault> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Ok(Some(frame.encode()));
            }
            if let Some(act) = self.acts.pop_front() {
                self.ready.extend(self.governance.act(&act).map(|act| Frame::Act(act.encode())));
                continue;
            }
            if let Some(told) = self.told.pop_front() {
                self.ready.push_back(told);
                continue;
            }
            self.session.allow_frame();
            self.ready.extend(self.session.pump(logs)?);
            if self.ready.is_empty() {
                // Behind what they leave. One line at a time, as they are asked for: a reader asks for the next once it has one.
                let Some((log, end)) = self.branches.pop_front() else { return Ok(None) };
                let line = self.governance.closed(&log).map(|closed| closed.line_to(end)).unwrap_or_default();
                self.session.send_branch(log, line.into_iter().map(|end| Due { end, is_bare: false }));
            }
        }
    }
}

/// What the writer holds of each space that everyone is a member of: ends, and branches of closed logs.
fn holdings(governance: &Governance, held: &BTreeMap<LogKey, Log>) -> Holdings {
    let mut holdings = Holdings::new();
    for space in governance.spaces() {
        let of_space = held.iter().filter(|(key, log)| key.space == space.id && log.checked.seq > 0);
        let ends = of_space.map(|(key, log)| (key.author, log.checked)).collect();
        let closed = governance.all_closed().filter(|closed| closed.facts().log.space == space.id);
        let told = closed.flat_map(|closed| governance.told_ends(closed).into_iter().map(move |end| (closed, end)));
        let branches = told.map(|(closed, end)| (closed.facts().log.author, end)).collect();
        holdings.insert(space.id, Holding { ends, branches, ..Holding::default() });
    }
    holdings
}

/// All frames of a file at once, where they fit into memory.
///
/// # Errors
/// As of [`Frames::next`].
pub fn frames(
    governance: &Governance,
    held: &BTreeMap<LogKey, Log>,
    theirs: &BTreeMap<LogKey, LogEnd>,
    logs: &impl LogView,
) -> Result<Vec<Vec<u8>>, Fault> {
    let mut making = Frames::new(governance, held, theirs);
    let mut frames = Vec::new();
    while let Some(frame) = making.next(logs)? {
        frames.push(frame);
    }
    Ok(frames)
}

/// The log ends that one frame of a file says its writer holds; none of a frame that says nothing of it, or is none.
#[must_use]
pub fn ends(frame: &[u8], spaces: &[SpaceId]) -> BTreeMap<LogKey, LogEnd> {
    let Ok(Frame::State { space, items, .. }) = Frame::decode(frame) else { return BTreeMap::new() };
    let Some(space) = spaces.iter().find(|known| blind(&NONCE, **known) == space) else { return BTreeMap::new() };
    let end = |item: &Item| match item {
        Item::End(author, end) => Some((LogKey { space: *space, author: *author }, *end)),
        Item::Act(..) | Item::Fork(..) | Item::Branch(..) | Item::Wanted(..) => None,
    };
    items.iter().filter_map(end).collect()
}
