//! Branches of closed logs: which the peer holds, which it was told of, what is being sent of them.

use std::collections::{BTreeSet, VecDeque};

use super::Session;
use crate::key::PublicKey;
use crate::limits;
use crate::log::{Authentic, LogEnd, LogKey};
use crate::store::{Fault, LogView};
use crate::sync::digest;

/// What a session knows of branches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Branches {
    /// Ends beyond closing points that the peer says it holds.
    pub(super) theirs: BTreeSet<(LogKey, LogEnd)>,
    /// The same of logs whose keys no act held here grants yet: that act may be on the way behind what the peer says first.
    early: BTreeSet<(LogKey, LogEnd)>,
    /// Those of ours that it was told, each whether they are held whole.
    pub(super) told: BTreeSet<(LogKey, LogEnd, bool)>,
    /// Entries due to it, in the order of their lines, some without their payload.
    queue: VecDeque<(LogKey, Due)>,
}

/// An entry of a line that is due to a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Which.
    pub end: LogEnd,
    /// Its header alone.
    pub is_bare: bool,
}

impl Session {
    /// Notes that the peer holds a closed log up to an end beyond its closing point.
    pub fn has_branch(&mut self, log: LogKey, end: LogEnd) {
        if self.branches.theirs.len() < limits::PEER_BRANCHES {
            self.branches.theirs.insert((log, end));
        }
    }

    /// Notes the same of a log whose key no act held here grants yet.
    pub fn has_early_branch(&mut self, log: LogKey, end: LogEnd) {
        if self.branches.early.len() < limits::PEER_BRANCHES {
            self.branches.early.insert((log, end));
        }
    }

    /// Looks anew at the branches whose keys no act granted, once acts came. True if one was granted by them.
    pub fn review_branches(&mut self, is_granted: impl Fn(&PublicKey) -> bool) -> bool {
        let (granted, early) =
            std::mem::take(&mut self.branches.early).into_iter().partition(|(log, _)| is_granted(&log.author));
        self.branches.early = early;
        let granted: BTreeSet<(LogKey, LogEnd)> = granted;
        for (log, end) in &granted {
            self.has_branch(*log, *end);
        }
        !granted.is_empty()
    }

    /// The branches that the peer says it holds.
    #[must_use]
    pub const fn their_branches(&self) -> &BTreeSet<(LogKey, LogEnd)> {
        &self.branches.theirs
    }

    /// Notes that the peer does not hold such a line whole after all, until it says so anew.
    pub fn has_no_branch(&mut self, log: LogKey, end: LogEnd) {
        self.branches.theirs.remove(&(log, end));
    }

    /// True if the peer was not told of this branch yet, or not that it is whole; from now on it was.
    pub fn is_branch_due(&mut self, log: LogKey, end: LogEnd, is_whole: bool) -> bool {
        !self.branches.told.contains(&(log, end, true)) && self.branches.told.insert((log, end, is_whole))
    }

    /// Begins to send a line of a closed log. What was still due of another of that log is not sent: the peer asked anew.
    pub fn send_branch(&mut self, log: LogKey, line: impl IntoIterator<Item = Due>) {
        self.branches.queue.retain(|(due, _)| *due != log);
        self.branches.queue.extend(line.into_iter().map(|due| (log, due)));
    }

    /// True if entries of branches are due to the peer.
    pub(super) fn owes_branches(&self) -> bool {
        !self.branches.queue.is_empty()
    }

    /// Gathers one run of what is due of branches.
    pub(super) fn gather_branches(&mut self, logs: &impl LogView) -> Result<Vec<u8>, Fault> {
        let mut run: Vec<Authentic> = Vec::new();
        let mut bytes = 0_usize;
        while bytes < limits::RUN_BYTES / 2
            && let Some((log, due)) = self.branches.queue.pop_front()
        {
            let Some(entry) = read_entry(log, due.end, logs)? else { continue };
            let entry = if due.is_bare { entry.without_payload() } else { entry };
            let continues = run.last().is_none_or(|last| last.id() == entry.entry().header.prev);
            if !continues {
                self.branches.queue.push_front((log, due));
                break;
            }
            bytes = bytes.saturating_add(entry.entry().payload.as_ref().map_or(0, |payload| payload.bytes.len()));
            bytes = bytes.saturating_add(crate::entry::FRAME_SIZE);
            run.push(entry);
        }
        if let Some(first) = run.first() {
            self.encoder.add(digest::blind(&self.nonce, first.entry().header.space), &run);
        }
        Ok(self.encoder.finish())
    }
}

/// An entry of a closed log, on the line that the log's positions tell or on a branch.
///
/// Where both are held the signature is the branch's: that one was checked when it came, the line's may not be yet.
///
/// # Errors
/// [`Fault`] if the store cannot be read.
pub fn read_entry(log: LogKey, end: LogEnd, logs: &impl LogView) -> Result<Option<Authentic>, Fault> {
    let before = end.seq.saturating_sub(1);
    let line = logs.read_log(log, before, 1)?.into_iter().next().filter(|entry| entry.end() == end);
    let branch = logs.read_branch(log, end)?;
    Ok(branch.map(|branch| branch.completed_by(line.clone())).or(line))
}
