//! What the journals say of acts: an audit hears the attestations that it reads, so that it knows which acts are in effect as a
//! node does, and judges by the same rule who may sign where.

use std::collections::BTreeMap;

use super::{Finding, Seen};
use crate::entry::{Entry, Kind};
use crate::governance::Governance;
use crate::id::OrganisationId;
use crate::log::{Authentic, Log, LogEnd, LogKey};

/// Attestations that are taken in at once: what is in effect is worked out anew behind each such lot.
const LOT: usize = 1_024;

/// Entries of one author and kind that wait for the end, kept in full: more are counted.
const KEPT: usize = 1_000;

/// An entry as a step of a chain of attestations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// An attestation whose signature holds.
    Word(Box<Authentic>),
    /// One whose signature does not.
    Unsigned,
    /// Of another kind, without its payload: it says nothing, and yet stands in the chain. Whether its signature holds is asked
    /// only if its key attests.
    Other(Box<Entry>),
}

impl Step {
    pub(super) fn of(entry: &Entry) -> Self {
        if entry.header.kind == Kind::Attestation {
            return authentic(entry.clone()).map_or(Self::Unsigned, |word| Self::Word(Box::new(word)));
        }
        Self::Other(Box::new(Entry { header: entry.header.clone(), signature: entry.signature, payload: None }))
    }

    /// True if the signature of the entry that it was made of holds.
    pub(super) fn is_signed(&self, entry: &Entry) -> bool {
        match self {
            Self::Word(_) => true,
            Self::Unsigned => false,
            Self::Other(_) => entry.is_signed(),
        }
    }
}

/// An entry whose signature holds, as the next one of the log that it says it continues.
fn authentic(entry: Entry) -> Option<Authentic> {
    let header = &entry.header;
    let key = LogKey { space: header.space, author: header.author };
    let before = LogEnd { seq: header.seq.checked_sub(1)?, id: header.prev };
    let log =
        (before != LogEnd::START).then_some(Log { organisation: header.organisation, end: before, checked: before });
    Log::extend(log.as_ref(), key, vec![entry]).ok()?.entries.pop()
}

/// Attestations that were read and not yet taken in.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard(Vec<Authentic>);

impl Heard {
    /// Hears an entry, if its key attests.
    pub(super) fn take(&mut self, governance: &mut Governance, seen: &Seen) {
        if !governance.is_attesting(&seen.log.author, &seen.organisation) {
            return;
        }
        self.0.extend(match &seen.step {
            Step::Word(word) => Some(word.as_ref().clone()),
            Step::Unsigned => None,
            Step::Other(entry) => authentic(entry.as_ref().clone()),
        });
        if self.0.len() >= LOT {
            self.flush(governance);
        }
    }

    pub(super) fn flush(&mut self, governance: &mut Governance) {
        governance.attest_all(&std::mem::take(&mut self.0));
    }
}

/// Whose entries, of which kind: all that decides whether they are authorised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct About {
    pub(super) log: LogKey,
    pub(super) organisation: OrganisationId,
    pub(super) kind: Kind,
}

/// Entries whose authors no act in effect may let sign, once all is read: which do is known then.
#[derive(Debug, Clone, Default)]
pub(super) struct Late(pub(super) BTreeMap<About, Waiting>);

#[derive(Debug, Clone, Default)]
pub(super) struct Waiting {
    pub(super) kept: Vec<Finding>,
    pub(super) more: u64,
}

impl Late {
    /// Adds an entry. Of those that are authorised as far as was read, only the first is kept: the rest are counted, should a halt
    /// that is still to be heard of put them out.
    pub(super) fn add(&mut self, about: About, is_authorised: bool, finding: impl FnOnce() -> Finding) {
        let waiting = self.0.entry(about).or_default();
        if waiting.kept.len() < if is_authorised { 1 } else { KEPT } {
            waiting.kept.push(finding());
        } else {
            waiting.more = waiting.more.saturating_add(1);
        }
    }
}
