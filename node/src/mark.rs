//! The high-water mark: what our own keys have signed, on disk before anyone else can have it. design §8; format §10.3.
//!
//! Two entries with one sequence number prove their author to be cheating, for ever. So before own entries go to the journal the
//! mark says how far they reach, and holds their bytes: a crash in between is finished at the next start with the very same bytes.
//! And where mark and journal disagree, or the mark was written on another machine, this may be a restored backup or a copy that
//! runs twice, and nothing is signed until a node of another organisation has confirmed the ends.
//!
//! Bytes of the file, integers big-endian: two slots of equal length, each tag `ISNAD-MARK-v1`, bytes of a slot\[4\], generation\[8\],
//! length\[4\] of the mark, the mark, SHA-256 of the tag `ISNAD-MARKSUM-v1` and all before. A mark is machine\[32\], count\[4\] and so many
//! of (space\[32\], author\[32\], settled end\[40\], reserved end\[40\]), count\[4\] and so many of (length\[4\], bytes). An end is
//! seq\[8\], id\[32\].

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use isnad_protocol::entry::Entry;
use isnad_protocol::id::{EntryId, SpaceId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::{LogEnd, LogKey};

use crate::fault::Fault;

mod assess;
mod confirmations;
mod encoding;
mod file;
mod machine;

#[cfg(test)]
mod tests;

pub use assess::Assessment;
pub use confirmations::Confirmations;
pub use file::MarkFile;
pub use machine::Machine;

/// Bytes of own entries that are written in one step, together.
pub const PENDING_BYTES: usize = 4 << 20;

/// One log of an own key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnLog {
    /// The space it is in.
    pub space: SpaceId,
    /// The public half of the key.
    pub author: [u8; 32],
}

impl OwnLog {
    /// The log of this name.
    #[must_use]
    pub const fn of(log: LogKey) -> Self {
        Self { space: log.space, author: *log.author.as_bytes() }
    }
}

/// The last entry of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Its sequence number, from 1.
    pub seq: u64,
    /// Its id.
    pub id: EntryId,
}

impl End {
    /// The end of a log without entries.
    pub const NONE: Self = Self { seq: 0, id: EntryId::ZERO };

    /// The same end as the protocol has it.
    #[must_use]
    pub const fn of(end: LogEnd) -> Self {
        Self { seq: end.seq, id: end.id }
    }
}

/// How far one log reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reach {
    /// Known to be in the journal.
    settled: End,
    /// Signed; beyond `settled` only while entries are pending.
    reserved: End,
}

/// How far own keys have signed, and the entries that may not be in the journal yet.
///
/// The order of a step, which no caller may change: [`Mark::reserve`], [`MarkFile::write`], the journal's append and sync,
/// [`Mark::settle`]; only then the entries are released to anyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    machine: Machine,
    logs: BTreeMap<OwnLog, Reach>,
    pending: Vec<Vec<u8>>,
}

impl Mark {
    /// The mark of a home that has signed nothing.
    #[must_use]
    pub const fn new(machine: Machine) -> Self {
        Self { machine, logs: BTreeMap::new(), pending: Vec::new() }
    }

    /// Makes a mark of what a node of another organisation has confirmed: the way out of every [`Assessment`] but the first two.
    #[must_use]
    pub fn confirmed(machine: Machine, ends: &BTreeMap<OwnLog, End>) -> Self {
        let begun = ends.iter().filter(|(_, end)| end.seq > 0);
        let logs = begun.map(|(log, end)| (*log, Reach { settled: *end, reserved: *end })).collect();
        Self { machine, logs, pending: Vec::new() }
    }

    /// The mark of a home whose journal lost its own entries up to these ends, where `found` does not know of them: so far the
    /// numbers are used, perhaps further, and nothing is signed before that is confirmed. `None` where the mark knows of all.
    #[must_use]
    pub fn knowing_of(found: Option<&Self>, lost: &BTreeMap<OwnLog, End>) -> Option<Self> {
        let known = |log: &OwnLog| found.map_or(End::NONE, |mark| mark.end(log));
        let is_known = |(log, end): (&OwnLog, &End)| known(log).seq >= end.seq;
        if lost.iter().all(is_known) {
            return None;
        }
        let mut ends: BTreeMap<OwnLog, End> =
            found.iter().flat_map(|mark| &mark.logs).map(|(log, reach)| (*log, reach.reserved)).collect();
        ends.extend(lost.iter().filter(|lost| !is_known(*lost)).map(|(log, end)| (*log, *end)));
        Some(Self::confirmed(Machine::NONE, &ends))
    }

    /// The same without the logs of these authors, which sign no more.
    #[must_use]
    pub fn without(mut self, authors: &BTreeSet<PublicKey>) -> Self {
        if !authors.is_empty() {
            let is_out = |author: [u8; 32]| authors.contains(&PublicKey::new(author));
            self.logs.retain(|log, _| !is_out(log.author));
            // Signed and not released: nobody has heard of them, and nobody will.
            let of = |bytes: &[u8]| Entry::decode(bytes).ok().map(|entry| *entry.header.author.as_bytes());
            self.pending.retain(|bytes| !of(bytes).is_some_and(is_out));
        }
        self
    }

    /// Reads the mark; `None` if there is none.
    ///
    /// # Errors
    /// [`Fault::MarkDamaged`] if no slot is whole, [`Fault::NewerFormat`], [`Fault::Io`].
    pub fn load(path: &Path) -> Result<Option<Self>, Fault> {
        file::load(path)
    }

    /// Puts a file with the mark in the place of another, if there is one: for a mark that does not go on from what stands there, as
    /// [`MarkFile::write`] does.
    ///
    /// # Errors
    /// [`Fault::Io`]; the file may hold the old mark or this one.
    pub fn write(&self, path: &Path) -> Result<(), Fault> {
        file::make(path, self)
    }

    /// Says how far logs reach once `entries`, signed and not yet released, are written; their bytes in the order of appending.
    ///
    /// # Errors
    /// And nothing changes: [`Fault::MarkUnsettled`] while the step before is not settled, [`Fault::SeqReused`] for a number not
    /// above the last, [`Fault::MarkTooLarge`] above [`PENDING_BYTES`].
    pub fn reserve(&mut self, ends: &[(OwnLog, End)], entries: Vec<Vec<u8>>) -> Result<(), Fault> {
        if !self.is_settled() {
            return Err(Fault::MarkUnsettled);
        }
        let bytes = entries.iter().fold(0_usize, |sum, entry| sum.saturating_add(entry.len()));
        if bytes > PENDING_BYTES || entries.len() > encoding::ENTRIES || self.room() < ends.len() {
            return Err(Fault::MarkTooLarge { bytes });
        }
        let mut logs = self.logs.clone();
        for (log, end) in ends {
            let reach = logs.entry(*log).or_insert(Reach { settled: End::NONE, reserved: End::NONE });
            if end.seq <= reach.reserved.seq {
                return Err(Fault::SeqReused { seq: end.seq });
            }
            reach.reserved = *end;
        }
        self.logs = logs;
        self.pending = entries;
        Ok(())
    }

    /// Says that the pending entries are in the journal, and synced. The file learns it with the next write.
    pub fn settle(&mut self) {
        self.pending.clear();
        self.logs.values_mut().for_each(|reach| reach.settled = reach.reserved);
    }

    /// The last entry signed in a log.
    #[must_use]
    pub fn end(&self, log: &OwnLog) -> End {
        self.logs.get(log).map_or(End::NONE, |reach| reach.reserved)
    }

    /// True if own keys have signed in this log.
    #[must_use]
    pub fn names(&self, log: &OwnLog) -> bool {
        self.logs.contains_key(log)
    }

    /// True if a key has signed in any log.
    #[must_use]
    pub fn has_signed(&self, key: &PublicKey) -> bool {
        self.logs.keys().any(|log| log.author == *key.as_bytes())
    }

    /// How far each log was known to be in the journal when the mark was written.
    pub fn settled(&self) -> impl Iterator<Item = (OwnLog, End)> {
        self.logs.iter().map(|(log, reach)| (*log, reach.settled))
    }

    /// The machine that wrote it.
    #[must_use]
    pub const fn machine(&self) -> Machine {
        self.machine
    }

    fn is_settled(&self) -> bool {
        self.pending.is_empty() && self.logs.values().all(|reach| reach.settled == reach.reserved)
    }

    fn room(&self) -> usize {
        encoding::LOGS.saturating_sub(self.logs.len())
    }
}
