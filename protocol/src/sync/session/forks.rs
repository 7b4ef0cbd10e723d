//! Which forks the peer knows of, so that each proof is sent to it once.

use super::Session;
use crate::id::SpaceId;
use crate::limits;
use crate::log::LogKey;

impl Session {
    /// Notes that the peer knows of a fork: of as many logs as an honest peer can have.
    pub fn knows_fork(&mut self, log: LogKey, seq: u64) {
        if self.their_forks.len() < limits::PEER_LOGS || self.their_forks.contains_key(&log) {
            let known = self.their_forks.entry(log).or_insert(seq);
            *known = (*known).min(seq);
        }
    }

    /// True if the peer does not know of a fork, or of one further on alone; from now on it is taken to know it.
    pub fn is_fork_due(&mut self, log: LogKey, seq: u64) -> bool {
        let is_due = self.their_forks.get(&log).is_none_or(|known| seq < *known);
        self.knows_fork(log, seq);
        is_due
    }

    /// True if the peer shares the space of a log.
    #[must_use]
    pub fn shares(&self, space: SpaceId) -> bool {
        self.spaces.values().any(|shared| *shared == space)
    }

    /// Takes one probe of the peer's: each costs a read.
    ///
    /// # Errors
    /// [`super::Violation::Flood`] if an honest peer has no use for as many.
    pub const fn take_probe(&mut self) -> Result<(), super::Violation> {
        if self.probes >= limits::PROBES {
            return Err(super::Violation::Flood);
        }
        self.probes = self.probes.saturating_add(1);
        Ok(())
    }
}
