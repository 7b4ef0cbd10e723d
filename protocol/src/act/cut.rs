//! The last position of a log that still counts, readable only for those who know the space. format §6.
//!
//! An act is read by every member, and a restricted space's logs are nobody else's business: so a cut names its log and
//! its position by hashes, and a list of cuts is filled up with random ones.

use crate::act::DecodeError;
use crate::act::member::Members;
use crate::encoding::json::Json;
use crate::encoding::{Tag, hash, tag, to_hex};
use crate::log::{LogEnd, LogKey};

const LOG_TAG: Tag = tag("ISNAD-CUTLOG-v1");
const LAST_TAG: Tag = tag("ISNAD-CUT-v1");
const SEQ_TAG: Tag = tag("ISNAD-CUTSEQ-v1");

/// Cuts in a list are a multiple of this, so that their number tells little about the spaces of whoever wrote them.
const STEP: usize = 4;

/// Where a log of a revoked key, or of an organisation that was taken out, ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cut {
    /// Which log, hashed.
    pub log: [u8; 32],
    /// Which entry is its last, hashed.
    pub last: [u8; 32],
    /// Its position, blinded.
    pub seq: [u8; 8],
}

impl Cut {
    /// Bytes of a cut that is made of random ones.
    pub const RANDOM_SIZE: usize = 72;

    /// Ends a log at `last`; at [`LogEnd::START`] nothing of it counts.
    #[must_use]
    pub fn new(log: &LogKey, last: LogEnd) -> Self {
        let seq = last.seq.to_be_bytes();
        let last = hash(&LAST_TAG, &[log.space.as_bytes(), log.author.as_bytes(), &seq, last.id.as_bytes()]);
        Self { log: name(log), last, seq: blind(log, &last, seq) }
    }

    /// A cut of no log, of random bytes.
    #[must_use]
    pub fn random(bytes: &[u8; Self::RANDOM_SIZE]) -> Self {
        let (log, rest) = bytes.split_first_chunk().unwrap_or((&[0; 32], &[]));
        let (last, rest) = rest.split_first_chunk().unwrap_or((&[0; 32], &[]));
        Self { log: *log, last: *last, seq: rest.first_chunk().copied().unwrap_or_default() }
    }

    /// Puts cuts in order, filled up with random ones to a multiple of four.
    #[must_use]
    pub fn fill(mut cuts: Vec<Self>, mut random: impl FnMut() -> [u8; Self::RANDOM_SIZE]) -> Vec<Self> {
        while cuts.is_empty() || !cuts.len().is_multiple_of(STEP) {
            cuts.push(Self::random(&random()));
        }
        cuts.sort_unstable();
        cuts
    }

    /// True if it ends this log.
    #[must_use]
    pub fn is_of(&self, log: &LogKey) -> bool {
        self.log == name(log)
    }

    /// The last position that counts, of a log that it ends; nothing above is taken.
    #[must_use]
    pub fn seq(&self, log: &LogKey) -> u64 {
        u64::from_be_bytes(blind(log, &self.last, self.seq))
    }

    /// True if this entry of a log that it ends is the last that counts.
    #[must_use]
    pub fn is_at(&self, log: &LogKey, end: LogEnd) -> bool {
        Self::new(log, end).last == self.last
    }

    pub(super) fn decode(value: Json) -> Result<Self, DecodeError> {
        let mut members = Members::of(value, "cuts")?;
        let cut = Self { log: members.hex("log")?, last: members.hex("last")?, seq: members.hex("seq")? };
        members.finish()?;
        Ok(cut)
    }

    /// A list of cuts, one for each log.
    pub(super) fn decode_list(members: &mut Members) -> Result<Vec<Self>, DecodeError> {
        members.list("cuts", Self::decode, |cut| cut.log)
    }

    pub(super) fn to_json(self) -> Json {
        let hex = |bytes: &[u8]| Json::text(to_hex(bytes));
        Json::object([("last", hex(&self.last)), ("log", hex(&self.log)), ("seq", hex(&self.seq))])
    }
}

fn name(log: &LogKey) -> [u8; 32] {
    hash(&LOG_TAG, &[log.space.as_bytes(), log.author.as_bytes()])
}

/// Hides a position from those who do not know the space, or shows it to those who do.
fn blind(log: &LogKey, last: &[u8; 32], seq: [u8; 8]) -> [u8; 8] {
    let mask = hash(&SEQ_TAG, &[log.space.as_bytes(), log.author.as_bytes(), last]);
    let mut blinded = seq;
    blinded.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    blinded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{EntryId, SpaceId};
    use crate::key::PublicKey;

    fn log(space: u8, author: u8) -> LogKey {
        LogKey { space: SpaceId::new([space; 32]), author: PublicKey::new([author; 32]) }
    }

    #[test]
    fn only_who_knows_the_space_reads_a_cut() {
        let end = LogEnd { seq: 7, id: EntryId::new([9; 32]) };
        let cut = Cut::new(&log(1, 2), end);
        assert!(cut.is_of(&log(1, 2)) && cut.is_at(&log(1, 2), end));
        assert_eq!(cut.seq(&log(1, 2)), 7);
        for other in [log(3, 2), log(1, 3)] {
            assert!(!cut.is_of(&other) && !cut.is_at(&other, end));
            assert_ne!(cut.seq(&other), 7);
        }
        for other in [LogEnd { seq: 8, ..end }, LogEnd { id: EntryId::new([8; 32]), ..end }, LogEnd::START] {
            assert!(!cut.is_at(&log(1, 2), other));
        }
    }

    #[test]
    fn a_log_may_be_ended_before_its_first_entry() {
        let cut = Cut::new(&log(1, 2), LogEnd::START);
        assert_eq!(cut.seq(&log(1, 2)), 0);
        assert!(cut.is_at(&log(1, 2), LogEnd::START));
    }

    #[test]
    fn a_list_of_cuts_is_filled_up_to_a_multiple_of_four() {
        for (count, filled) in [(0, 4), (1, 4), (4, 4), (5, 8)] {
            let cuts: Vec<_> = (0..count).map(|author| Cut::new(&log(1, author), LogEnd::START)).collect();
            let mut number = 0;
            let full = Cut::fill(cuts.clone(), || {
                number += 1;
                [number; Cut::RANDOM_SIZE]
            });
            assert_eq!(full.len(), filled);
            assert!(full.is_sorted_by(|one, next| one.log < next.log));
            assert!(cuts.iter().all(|cut| full.contains(cut)));
        }
    }
}
