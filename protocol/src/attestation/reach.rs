//! How far what is held reaches, by the word of others: whether it is up to date, and where it is known to fall short.
//! THREATS 18 to 20.
//!
//! No clock decides what counts. What a reader is told of how old others' words are rests on the times that they claim and on
//! the reader's own clock, and says no more than that.

use crate::breakage::{self, Breakage};
use crate::time::Timestamp;

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// Whether what is held may be taken for all there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Freshness {
    /// There is nobody else to hear from.
    Alone,
    /// More than half of the others have said so lately what they hold.
    Fresh {
        /// The time up to which that many have spoken.
        as_of: Timestamp,
    },
    /// They have not: nothing has happened, or this node is cut off from them, or shown what is old.
    Stale {
        /// Since when; `None` if so many have never been heard of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
    },
}

/// Judges by the newest attestation of each other organisation that has one; `others` is how many there are.
#[must_use]
pub fn freshness(
    newest: impl IntoIterator<Item = Timestamp>,
    others: usize,
    now: Timestamp,
    fresh_days: u32,
) -> Freshness {
    if others == 0 {
        return Freshness::Alone;
    }
    // A clock that is ahead of ours makes nothing newer than now.
    let mut times: Vec<Timestamp> = newest.into_iter().map(|time| time.min(now)).collect();
    times.sort_unstable_by(|one, other| other.cmp(one));
    // The last of so many as are more than half: what the eclipsed and their few friends say is not enough.
    let needed = if breakage::is_out(Breakage::EclipseStaleBanner) { 0 } else { others / 2 };
    let Some(as_of) = times.get(needed).copied() else { return Freshness::Stale { since: None } };
    let age_ms = now.0.saturating_sub(as_of.0);
    let is_old = age_ms > u64::from(fresh_days).saturating_mul(DAY_MS) && !breakage::is_out(Breakage::Freeze);
    if is_old { Freshness::Stale { since: Some(as_of) } } else { Freshness::Fresh { as_of } }
}

/// How many entries others are known to hold of a log beyond what is held here.
#[must_use]
pub fn withheld(named: u64, held: u64) -> u64 {
    if breakage::is_out(Breakage::WithheldGap) { 0 } else { named.saturating_sub(held) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_half_of_the_others_have_to_have_spoken_lately() {
        let day = |number: u64| Timestamp(number * DAY_MS);
        let stale = |since: Option<u64>| Freshness::Stale { since: since.map(day) };
        let fresh = |as_of| Freshness::Fresh { as_of: day(as_of) };
        for (newest, others, expected) in [
            (&[][..], 0, Freshness::Alone),
            (&[], 1, stale(None)),
            (&[99], 1, fresh(99)),
            (&[99], 2, stale(None)),
            (&[99, 98], 2, fresh(98)),
            (&[99, 80], 2, stale(Some(80))),
            (&[99, 80, 98], 3, fresh(98)),
            (&[99, 98], 4, stale(None)),
            (&[99, 93, 98, 2], 4, fresh(93)),
            (&[99, 92, 98, 2], 4, stale(Some(92))),
            (&[500, 400], 2, fresh(100)),
        ] {
            let times: Vec<_> = newest.iter().map(|number| day(*number)).collect();
            for times in [times.clone(), times.into_iter().rev().collect()] {
                assert_eq!(freshness(times, others, day(100), 7), expected, "{newest:?} of {others}");
            }
        }
    }
}
