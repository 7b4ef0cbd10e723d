//! May own keys sign, by what mark and journal say of each other?

use std::collections::BTreeMap;

use isnad_protocol::breakage::{self, Breakage};

use super::{End, Machine, Mark, OwnLog};

/// What mark and journal say of each other at a start.
///
/// The first two let own keys sign. All others sign nothing until a node of another organisation has confirmed the ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assessment {
    /// Each own log ends in the journal where the mark says: own keys may sign.
    Agrees,
    /// A crash came between mark and journal. These entries, oldest first, are admitted again (those that are there already
    /// change nothing), the mark is settled, and then own keys may sign.
    FinishPending(Vec<Vec<u8>>),
    /// There is no mark: it was lost, or left out of a backup. Signs nothing.
    Missing,
    /// The journal holds own entries that the mark does not know: the mark is an old copy. Signs nothing.
    Behind {
        /// The log.
        log: OwnLog,
        /// What the mark says.
        mark: End,
        /// What the journal holds.
        journal: End,
    },
    /// The mark knows entries that the journal does not hold, and it does not hold their bytes: the journal is an old copy or has
    /// lost its end. Signs nothing.
    Ahead {
        /// The log.
        log: OwnLog,
        /// What the mark says.
        mark: End,
        /// What the journal holds.
        journal: End,
    },
    /// Mark and journal know two entries with one number: this key has signed elsewhere. Signs nothing.
    Differs {
        /// The log.
        log: OwnLog,
        /// What the mark says.
        mark: End,
        /// What the journal holds.
        journal: End,
    },
    /// The mark was written by a repair: own keys have signed so much at the least, and perhaps more. Signs nothing.
    Repaired,
    /// The mark was written on another machine: that one may still be running. Signs nothing.
    OtherMachine,
}

impl std::fmt::Display for Assessment {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Agrees => "mark and journal agree",
            Self::FinishPending(_) => "entries are still to be written",
            Self::Missing => "its mark is missing",
            Self::Behind { .. } => "its mark is older than its journal",
            Self::Ahead { .. } => "its journal is older than its mark",
            Self::Differs { .. } => "its mark and its journal know two entries with one number",
            Self::Repaired => "its journal lost entries of its own keys",
            Self::OtherMachine => "it was copied, or moved here from another machine",
        })
    }
}

impl Assessment {
    /// True if own keys may sign, pending entries once admitted.
    #[must_use]
    pub const fn may_sign(&self) -> bool {
        matches!(self, Self::Agrees | Self::FinishPending(_))
    }
}

impl Mark {
    /// Holds the mark that was found against this machine and against the ends of all own logs in the journal.
    #[must_use]
    pub fn assess(found: Option<&Self>, machine: Machine, journal: &BTreeMap<OwnLog, End>) -> Assessment {
        if breakage::is_out(Breakage::RestoredHome) {
            return Assessment::Agrees;
        }
        let Some(mark) = found else { return Assessment::Missing };
        if mark.machine == Machine::NONE {
            return Assessment::Repaired;
        }
        if mark.machine != machine {
            return Assessment::OtherMachine;
        }
        for log in mark.logs.keys().chain(journal.keys()) {
            let journal = journal.get(log).copied().unwrap_or(End::NONE);
            if let Some(fault) = mark.fault_of(*log, journal) {
                return fault;
            }
        }
        // Pending entries that are all in the journal are admitted once more: that changes nothing, and asks for no case of its own.
        if mark.pending.is_empty() { Assessment::Agrees } else { Assessment::FinishPending(mark.pending.clone()) }
    }

    fn fault_of(&self, log: OwnLog, journal: End) -> Option<Assessment> {
        let mark = self.end(&log);
        let settled = self.logs.get(&log).map_or(End::NONE, |reach| reach.settled);
        if journal.seq > mark.seq {
            return Some(Assessment::Behind { log, mark, journal });
        }
        // Between the two lie pending entries alone; their own chain is checked when they are admitted.
        let known = [mark, settled].into_iter().find(|known| known.seq == journal.seq);
        match known {
            Some(known) if known.id != journal.id => Some(Assessment::Differs { log, mark: known, journal }),
            _ if journal.seq < settled.seq => Some(Assessment::Ahead { log, mark, journal }),
            _ if journal.seq < mark.seq && self.pending.is_empty() => Some(Assessment::Ahead { log, mark, journal }),
            _ => None,
        }
    }
}
