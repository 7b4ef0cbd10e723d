//! What the world remembers of everyone: who signed what, who lies, and what was counted.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::id::{EntryId, NodeId};
use isnad_protocol::key::{PublicKey, Signature};
use isnad_protocol::log::{Authentic, LogEnd, LogKey};

use super::finding::{Checked, Rule, ensure};

/// What no single node may be asked.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) signed: BTreeMap<(LogKey, u64), EntryId>,
    /// Signatures that were checked in the background: those of one header hold at every node or at none.
    pub(super) checked: BTreeMap<(EntryId, Signature), bool>,
    /// Nodes that lie.
    pub(super) liars: BTreeSet<NodeId>,
    /// Keys whose logs are closed: forked, revoked, or of an organisation that was to be suspended.
    pub(super) forked: BTreeSet<PublicKey>,
    /// Keys of honest nodes whose home was cloned, or lost with what it had signed: such a key may sign a position twice.
    pub(super) excused: BTreeSet<PublicKey>,
    /// When somebody attested last.
    pub(super) attested_ms: u64,
    pub(super) contributed: usize,
    pub(super) acknowledged: usize,
    pub(super) refused: usize,
    /// What each node said last to words of its own that it did not take.
    pub(super) last_refusals: BTreeMap<NodeId, String>,
    pub(super) finished: usize,
    pub(super) notices: usize,
    pub(super) disk_failures: usize,
    pub(super) dropped: usize,
}

impl Ledger {
    /// True if one of these keys was revoked: what it says is refused from then on.
    pub(super) fn has_revoked(&self, keys: &BTreeSet<PublicKey>) -> bool {
        !self.forked.is_disjoint(keys)
    }

    /// What checking an entry's signature comes to.
    pub(super) fn is_signed(&mut self, entry: &Authentic) -> bool {
        let entry_id = (entry.id(), entry.entry().signature);
        *self.checked.entry(entry_id).or_insert_with(|| entry.entry().is_signed())
    }

    /// An honest key signs a position once.
    pub(super) fn signed(&mut self, log: LogKey, end: LogEnd) -> Checked {
        let first = *self.signed.entry((log, end.seq)).or_insert(end.id);
        if first != end.id && self.excused.contains(&log.author) {
            self.forked.insert(log.author);
            return Ok(());
        }
        ensure(first == end.id, Rule::SignedTwice, || format!("{first:?} and {:?} at {} of {log:?}", end.id, end.seq))
    }
}
