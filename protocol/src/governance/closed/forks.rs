//! Proofs of forks as governance holds them: one for each log, the one with the lowest position. DESIGN §8.

use std::sync::Arc;

use crate::breakage::{self, Breakage};
use crate::governance::Governance;
use crate::id::SpaceId;
use crate::log::{ForkProof, LogKey};

impl Governance {
    /// Takes the proof of a fork. True if it says more than what was known: of a log that is taken at all, and at a lower
    /// position than any before. Of several proofs of one position the first is kept: they say the same.
    pub fn take_fork(&mut self, proof: ForkProof) -> bool {
        let log = proof.log();
        if !self.needs_fork(&log, proof.seq()) || breakage::is_out(Breakage::EquivocateConverge) {
            return false;
        }
        Arc::make_mut(&mut self.forks).insert(log, proof);
        true
    }

    /// True if a proof about this log at this position is worth its check.
    #[must_use]
    pub fn needs_fork(&self, log: &LogKey, seq: u64) -> bool {
        let is_flooded = breakage::is_out(Breakage::ProofFlood);
        self.is_of_interest(log) && (is_flooded || self.fork(log).is_none_or(|known| seq < known.seq()))
    }

    /// Only of keys that some act grants, in spaces that are known: a stranger cannot fill our memory with logs of his own.
    fn is_of_interest(&self, log: &LogKey) -> bool {
        self.charter_act().is_some() && self.open_space(&log.space).is_some() && self.is_granted(&log.author)
    }

    /// The proof that a log was forked, if it was.
    #[must_use]
    pub fn fork(&self, log: &LogKey) -> Option<&ForkProof> {
        self.forks.get(log)
    }

    /// Every proof held, by log.
    pub fn forks(&self) -> impl Iterator<Item = &ForkProof> {
        self.forks.values()
    }

    /// The proofs of a space.
    pub fn forks_in(&self, space: SpaceId) -> impl Iterator<Item = &ForkProof> {
        self.forks().filter(move |proof| proof.log().space == space)
    }
}
