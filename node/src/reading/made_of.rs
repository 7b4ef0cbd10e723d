//! Of what a list or export was made, and until when it may be used: so that no copy of it passes for the set, or outlives it.
//! MODEL §8.12, §9.5.

use isnad_protocol::encoding::{hash_plain, to_hex};
use isnad_protocol::limits;
use isnad_protocol::time::Day;
use isnad_protocol::view::Policy;
use serde::{Deserialize, Serialize};

use super::Reader;
use crate::problem::Problem;

/// Of what a list was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeOf {
    /// The day that states are told of: the reader's.
    pub day: Day,
    /// The last day on which it says what a new one would say of the same entries, and never more than some weeks ahead; none
    /// where the reader asked about another day than his own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_by: Option<Day>,
    /// How many entries were held.
    pub entries: u64,
    /// SHA-256 over the end of every log that was held, in hex: equal where the same was read.
    pub frontier: String,
    /// What claims a later day was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Day>,
    /// The reader's policy, where it is not the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// Where the journal is damaged, if records are left out for that: how many, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<Box<Problem>>,
}

impl Reader<'_> {
    /// What is made now of records of a kind, by a policy; `holds_until` is the last day before something in it reads otherwise by
    /// itself.
    pub(super) fn made_of(&self, kind: u8, policy: &Policy, day: Day, holds_until: Option<Day>) -> MadeOf {
        let mut ends = Vec::new();
        for (key, log) in self.snapshot.logs.iter() {
            ends.extend([key.space.as_bytes().as_slice(), key.author.as_bytes()].concat());
            ends.extend(log.end.seq.to_be_bytes());
            ends.extend(log.end.id.as_bytes());
        }
        let last = day.later(0, limits::EXPORT_DAYS).unwrap_or(day);
        MadeOf {
            day,
            use_by: Some(holds_until.filter(|day| *day < last).unwrap_or(last)),
            entries: self.snapshot.logs.values().fold(0, |sum, log| sum.saturating_add(log.end.seq)),
            frontier: to_hex(&hash_plain(&[&ends])),
            as_of: None,
            policy: (!policy.is_default()).then(|| policy.clone()),
            incomplete: self.incomplete(kind).map(Box::new),
        }
    }
}

impl MadeOf {
    /// The same of a list that does not tell of the reader's day: nobody is screened by it, and it is never out of date.
    pub(super) fn of_another_day(self, as_of: Option<Day>) -> Self {
        Self { use_by: None, as_of, ..self }
    }
}
