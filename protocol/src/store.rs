//! What the rules read of a replica's store. Each store (memory, the node's journal and index) passes one shared suite.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::sync::Arc;

use crate::attestation::{Attestation, LogLine};
use crate::entry::Kind;
use crate::governance::Position;
use crate::id::{EntryId, OrganisationId, RecordId};
use crate::log::{Authentic, LogEnd, LogKey};
use crate::replica::{Batch, Write};
use crate::sheet;

/// We or the disk broke: nothing that a peer or user said is at fault. Holds what whoever reads the store says of it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the store could not be read: {0}")]
pub struct Fault(pub Arc<dyn Error + Send + Sync>);

impl Fault {
    /// Takes what went wrong.
    pub fn of(why: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Arc::from(why.into()))
    }
}

impl PartialEq for Fault {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_string() == other.0.to_string()
    }
}

impl Eq for Fault {}

/// Reads logs back as they were appended.
pub trait LogView {
    /// Returns entries of one log in order, from position `after + 1` on.
    ///
    /// At least one if there is one, and no more than about `max_bytes` of them.
    ///
    /// # Errors
    /// [`Fault`] if a position that the log promises cannot be read.
    fn read_log(&self, log: LogKey, after: u64, max_bytes: usize) -> Result<Vec<Authentic>, Fault>;

    /// Returns an entry of a branch of a closed log, which [`Write::Branch`] brought.
    ///
    /// # Errors
    /// [`Fault`] if the store cannot be read.
    fn read_branch(&self, log: LogKey, end: LogEnd) -> Result<Option<Authentic>, Fault>;
}

/// Reads what is said about records.
pub trait SheetView {
    /// Returns every entry about `record`, of every space and organisation, in no promised order.
    ///
    /// # Errors
    /// [`Fault`] if the store cannot be read.
    fn entries_about(&self, record: RecordId) -> Result<Vec<Authentic>, Fault>;

    /// Returns the records with a claim whose value or basis names `record`.
    ///
    /// # Errors
    /// [`Fault`] if the store cannot be read.
    fn referring_to(&self, record: RecordId) -> Result<BTreeSet<RecordId>, Fault>;

    /// Returns every record that an entry is about, ascending; of one kind if its code is given.
    ///
    /// # Errors
    /// [`Fault`] if the store cannot be read.
    fn records(&self, kind: Option<u8>) -> Result<BTreeSet<RecordId>, Fault>;
}

/// Reads who acknowledged what.
pub trait AttestationView {
    /// Returns every line of an attestation that names the log: where the attestation stands, on whose behalf, and up to which
    /// end it acknowledges. Ascending by attesting key and position; of attestations whose payload is held.
    ///
    /// Whether one counts is for [`crate::governance::Governance`] to say, which knows whose key signed it.
    ///
    /// # Errors
    /// [`Fault`] if the store cannot be read.
    fn attested(&self, log: LogKey) -> Result<Vec<(Position, OrganisationId, LogEnd)>, Fault>;
}

/// The lines about logs in an entry; none unless it is an attestation that can be read.
#[must_use]
pub fn acknowledged_logs(entry: &Authentic) -> BTreeSet<LogLine> {
    let header = &entry.entry().header;
    let payload = entry.entry().payload.as_ref().filter(|_| header.kind == Kind::Attestation);
    let attestation = payload.and_then(|payload| Attestation::parse(&payload.bytes, &header.author).ok());
    attestation.map(|attestation| attestation.logs).unwrap_or_default()
}

/// A store in memory: what a simulator's replica and a carried file stand on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryStore {
    logs: BTreeMap<LogKey, Vec<Authentic>>,
    branches: BTreeMap<LogKey, BTreeMap<LogEnd, Authentic>>,
    /// What entries name, by entry: read once, for it is asked for each record shown. It never changes, so it stays when a log is cut
    /// back: the entry may stand in a branch too.
    mentions: BTreeMap<EntryId, BTreeSet<RecordId>>,
}

impl MemoryStore {
    /// Performs a batch, as a node's journal would.
    pub fn append(&mut self, batch: Batch) {
        for write in batch.writes {
            match write {
                Write::Entry { entry, .. } => self.insert(entry),
                Write::Payload(entry) => {
                    self.note_mentions(&entry);
                    let log = self.logs.entry(log_of(&entry)).or_default();
                    if let Some(held) = log.iter_mut().find(|held| held.id() == entry.id()) {
                        *held = entry;
                    }
                }
                Write::CutBack { log, to } => {
                    if let Some(entries) = self.logs.get_mut(&log) {
                        entries.retain(|entry| entry.end().seq <= to.seq);
                    }
                }
                Write::Branch(entry) => {
                    self.note_mentions(&entry);
                    self.branches.entry(log_of(&entry)).or_default().insert(entry.end(), entry);
                }
                Write::Checked { .. } | Write::Act(_) | Write::Fork(_) => {}
            }
        }
    }

    /// Keeps the next entry of its log.
    pub fn insert(&mut self, entry: Authentic) {
        self.note_mentions(&entry);
        self.logs.entry(log_of(&entry)).or_default().push(entry);
    }

    fn note_mentions(&mut self, entry: &Authentic) {
        let payload = entry.entry().payload.as_ref();
        let records = payload.map(|payload| sheet::mentions(&payload.bytes).records).unwrap_or_default();
        if !records.is_empty() {
            self.mentions.insert(entry.id(), records);
        }
    }

    /// Every entry held, log by log; those of branches come last.
    pub fn entries(&self) -> impl Iterator<Item = &Authentic> {
        self.logs.values().flatten().chain(self.branches.values().flat_map(BTreeMap::values))
    }
}

impl LogView for MemoryStore {
    fn read_log(&self, log: LogKey, after: u64, max_bytes: usize) -> Result<Vec<Authentic>, Fault> {
        let mut bytes = 0_usize;
        let entries = self.logs.get(&log).into_iter().flatten().filter(|entry| entry.end().seq > after);
        let fits = |entry: &&Authentic| {
            let is_first = bytes == 0;
            bytes = bytes.saturating_add(entry.entry().encode().len());
            is_first || bytes <= max_bytes
        };
        Ok(entries.take_while(fits).cloned().collect())
    }

    fn read_branch(&self, log: LogKey, end: LogEnd) -> Result<Option<Authentic>, Fault> {
        Ok(self.branches.get(&log).and_then(|branches| branches.get(&end)).cloned())
    }
}

impl SheetView for MemoryStore {
    fn entries_about(&self, record: RecordId) -> Result<Vec<Authentic>, Fault> {
        Ok(self.entries().filter(|entry| entry.entry().header.record == record).cloned().collect())
    }

    fn referring_to(&self, record: RecordId) -> Result<BTreeSet<RecordId>, Fault> {
        let refers =
            |entry: &&Authentic| self.mentions.get(&entry.id()).is_some_and(|records| records.contains(&record));
        Ok(self.entries().filter(refers).map(|entry| entry.entry().header.record).collect())
    }

    fn records(&self, kind: Option<u8>) -> Result<BTreeSet<RecordId>, Fault> {
        let records = self.entries().map(|entry| entry.entry().header.record);
        let is_asked =
            |record: &RecordId| *record != RecordId::ZERO && kind.is_none_or(|kind| record.kind_code() == kind);
        Ok(records.filter(is_asked).collect())
    }
}

impl AttestationView for MemoryStore {
    fn attested(&self, log: LogKey) -> Result<Vec<(Position, OrganisationId, LogEnd)>, Fault> {
        let of_space = self.entries().filter(|entry| entry.entry().header.space == log.space);
        let lines = of_space.flat_map(|entry| {
            let at = Position { log: log_of(entry), end: entry.end() };
            let named = acknowledged_logs(entry).into_iter().filter(|line| line.author == log.author);
            named.map(move |line| (at, entry.entry().header.organisation, line.end))
        });
        Ok(lines.collect())
    }
}

fn log_of(entry: &Authentic) -> LogKey {
    let header = &entry.entry().header;
    LogKey { space: header.space, author: header.author }
}
