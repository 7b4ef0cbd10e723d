//! One line of entries: the hash chain of one contributor key in one space. format §1; DESIGN §4.
//!
//! A log is extended here and nowhere else, so [`Authentic`] means what it says. Governance is not asked: whether an
//! authentic entry counts is judged when viewing.

use std::collections::BTreeMap;

use crate::breakage::{self, Breakage};
use crate::entry::Entry;
use crate::id::{EntryId, OrganisationId, SpaceId};
use crate::key::PublicKey;

mod fork;

pub use fork::{ForkProof, NoProof};

/// Which log: one contributor key in one space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct LogKey {
    /// The space it is written in.
    pub space: SpaceId,
    /// The contributor key that signs it.
    pub author: PublicKey,
}

/// The last position of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct LogEnd {
    /// Sequence number, from 1; 0 before the first.
    pub seq: u64,
    /// Id of the entry there; zero before the first.
    pub id: EntryId,
}

impl LogEnd {
    /// Before the first entry.
    pub const START: Self = Self { seq: 0, id: EntryId::ZERO };
}

impl Default for LogEnd {
    fn default() -> Self {
        Self::START
    }
}

/// The log end of every log of a space that a replica holds.
pub type Frontier = BTreeMap<PublicKey, LogEnd>;

/// What a replica knows of a log without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Log {
    /// The organisation of the log's first entry, and so of all.
    pub organisation: OrganisationId,
    /// The last entry held.
    pub end: LogEnd,
    /// The last entry up to which every signature has been checked: at most `end`. DESIGN §4.
    pub checked: LogEnd,
}

/// An entry whose chain and signature hold: a matter of bytes, not of trust. Only this module makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentic {
    entry: Entry,
    id: EntryId,
}

impl Authentic {
    /// Takes back what this replica itself admitted before: bytes of its own store, never of a peer or a file.
    #[must_use]
    pub fn from_store(entry: Entry) -> Self {
        let id = entry.header.id();
        Self { entry, id }
    }

    /// The entry.
    #[must_use]
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Its id, computed once.
    #[must_use]
    pub const fn id(&self) -> EntryId {
        self.id
    }

    /// The same without its payload: what another may read of it.
    #[must_use]
    pub fn without_payload(self) -> Self {
        Self { entry: Entry { payload: None, ..self.entry }, ..self }
    }

    /// The same with the payload of another copy of this entry, where it lacks its own.
    #[must_use]
    pub fn completed_by(self, copy: Option<Self>) -> Self {
        let copy = copy.filter(|copy| copy.id == self.id && self.entry.payload.is_none());
        let Some(copy) = copy else { return self };
        Self { entry: Entry { payload: copy.entry.payload, ..self.entry }, ..self }
    }

    /// Its position.
    #[must_use]
    pub const fn end(&self) -> LogEnd {
        LogEnd { seq: self.entry.header.seq, id: self.id }
    }

    /// The entry, given away.
    #[must_use]
    pub fn into_entry(self) -> Entry {
        self.entry
    }
}

/// Why an entry does not continue its log: the log stops before it, on every node. DESIGN §4.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Not the next position.
    #[error("seq {found} where {expected} was due")]
    OutOfSequence {
        /// The position due.
        expected: u64,
        /// The position given.
        found: u64,
    },
    /// Does not name the entry before it.
    #[error("names {} as the entry before it, where the log ends in {}", found.to_short(), expected.to_short())]
    Chain {
        /// The log's end.
        expected: EntryId,
        /// What the entry names.
        found: EntryId,
    },
    /// Another organisation than the log's first entry.
    #[error("is on behalf of {}, and its log of {}", found.to_short(), expected.to_short())]
    Organisation {
        /// The log's organisation.
        expected: OrganisationId,
        /// The entry's.
        found: OrganisationId,
    },
    /// Of another key or space than the log it was given for.
    #[error("belongs to another log")]
    OtherLog,
    /// The signature is not the author's.
    #[error("its signature is not its author's")]
    Signature,
}

impl Refusal {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OutOfSequence { .. } => "entry_out_of_sequence",
            Self::Chain { .. } => "entry_chain",
            Self::Organisation { .. } => "entry_organisation",
            Self::OtherLog => "entry_other_log",
            Self::Signature => "entry_signature",
        }
    }
}

/// A run of one log, chained and covered by the signature of its last entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its entries in order, at least one.
    pub entries: Vec<Authentic>,
    /// The log behind it.
    pub log: Log,
    /// True if the signature of each was checked, not the last alone.
    pub is_checked: bool,
}

impl Log {
    /// Continues `log` (or begins it) by entries whose every signature is checked.
    ///
    /// # Errors
    /// [`Refusal`] names the first entry that does not continue the log; nothing is taken then.
    pub fn extend(log: Option<&Self>, key: LogKey, entries: Vec<Entry>) -> Result<Run, Refusal> {
        Self::extend_checked_by(all_are_signed, log, key, entries)
    }

    /// The same, with each signature checked by whoever runs the protocol, perhaps on several cores (DESIGN §13).
    ///
    /// # Errors
    /// [`Refusal`], as for [`Log::extend`].
    pub fn extend_checked_by(
        are_signed: EntriesCheck,
        log: Option<&Self>,
        key: LogKey,
        entries: Vec<Entry>,
    ) -> Result<Run, Refusal> {
        if !are_signed(&entries) {
            return Err(Refusal::Signature);
        }
        let mut run = Self::chain(log, key, entries)?;
        let was_checked = log.is_none_or(|log| log.checked == log.end);
        if was_checked {
            run.log.checked = run.log.end;
        }
        run.is_checked = true;
        Ok(run)
    }

    /// Continues `log` by a run on the signature of its last entry alone, whose chain commits to all before. DESIGN §4.
    ///
    /// What has not been checked stands between `checked` and `end` of the log that comes back.
    ///
    /// # Errors
    /// [`Refusal`], as for [`Log::extend`].
    pub fn extend_on_last(log: Option<&Self>, key: LogKey, entries: Vec<Entry>) -> Result<Run, Refusal> {
        let single = entries.len() == 1;
        if single || entries.last().is_none_or(|last| !last.is_signed()) {
            return Self::extend(log, key, entries);
        }
        Self::chain(log, key, entries)
    }

    fn chain(log: Option<&Self>, key: LogKey, entries: Vec<Entry>) -> Result<Run, Refusal> {
        let organisation = log.map(|log| log.organisation);
        let mut end = log.map_or(LogEnd::START, |log| log.end);
        let checked = log.map_or(LogEnd::START, |log| log.checked);
        let organisation = organisation.or_else(|| entries.first().map(|first| first.header.organisation));
        let Some(organisation) = organisation else { return Err(Refusal::OtherLog) };
        let mut chained = Vec::with_capacity(entries.len());
        for entry in entries {
            check_link(&entry, key, end, organisation)?;
            let id = entry.header.id();
            end = LogEnd { seq: entry.header.seq, id };
            chained.push(Authentic { entry, id });
        }
        Ok(Run { entries: chained, log: Self { organisation, end, checked }, is_checked: false })
    }
}

/// True if each of these entries is signed by its author.
pub type EntriesCheck = fn(&[Entry]) -> bool;

/// One after the other.
#[must_use]
pub fn all_are_signed(entries: &[Entry]) -> bool {
    entries.iter().all(Entry::is_signed)
}

fn check_link(entry: &Entry, key: LogKey, end: LogEnd, organisation: OrganisationId) -> Result<(), Refusal> {
    let header = &entry.header;
    let is_replay_guarded = !breakage::is_out(Breakage::ReplayMatrix);
    if is_replay_guarded && (header.space != key.space || header.author != key.author) {
        return Err(Refusal::OtherLog);
    }
    let expected = end.seq.saturating_add(1);
    if header.seq != expected || expected == end.seq {
        return Err(Refusal::OutOfSequence { expected, found: header.seq });
    }
    if header.prev != end.id {
        return Err(Refusal::Chain { expected: end.id, found: header.prev });
    }
    if is_replay_guarded && header.organisation != organisation {
        return Err(Refusal::Organisation { expected: organisation, found: header.organisation });
    }
    Ok(())
}
