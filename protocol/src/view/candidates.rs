//! Records that may be the same, with reasons: proposals for a person to judge, never merged by themselves. MODEL §8, journey 7.
//!
//! A pure function of what is said of the records: the same set gives the same pairs in the same order.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{OrganisationId, RecordId};

mod blocks;
mod letters;
pub mod names;
pub mod places;
mod score;
#[cfg(test)]
mod tests;
mod traits;

pub use blocks::Pairs;
pub use traits::Traits;

/// The name and version of these rules, for `judgement.matcher`: another version may weigh otherwise.
pub const MATCHER: &str = "isnad-candidates 1";

/// Two records that may be the same.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Candidate {
    /// The one with the smaller id.
    pub first: RecordId,
    /// The other.
    pub second: RecordId,
    /// From 0 to 100: the sum of the weights. No probability.
    pub score: u8,
    /// Why, and what speaks against.
    pub reasons: Vec<Reason>,
    /// Their two most alike names, word by word and letter by letter, where a reason is that names are alike.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub letters: Vec<Vec<names::Aligned>>,
    /// Who has judged the pair, on either of the two records.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub judged: BTreeSet<(OrganisationId, String)>,
}

/// One reason for or against.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reason {
    /// Its text is that of `candidates.<code>`.
    pub code: String,
    /// What it adds to the score; less than 0 if it speaks against.
    pub weight: i32,
    /// What its text tells.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

/// The pairs of records of one kind that are worth comparing; of one record if it is named.
#[must_use]
pub fn pairs(kind: u8, traits: &BTreeMap<RecordId, Traits>, one: Option<RecordId>) -> Pairs {
    Pairs::of(kind, traits, one)
}

/// What a record shares with those that it is compared with, each trait as a number: an index finds them by it. Two traits may
/// have one number; a pair that shares no more than that is compared by nobody.
#[must_use]
pub fn keys(kind: u8, traits: &Traits) -> BTreeSet<u32> {
    let number = |key: &String| {
        let [first, second, third, fourth, ..] = crate::encoding::hash_plain(&[key.as_bytes()]);
        u32::from_be_bytes([first, second, third, fourth])
    };
    blocks::keys(kind, traits).iter().map(number).collect()
}

/// Compares two records of a kind.
#[must_use]
pub fn compare(kind: u8, first: (RecordId, &Traits), second: (RecordId, &Traits)) -> Candidate {
    let reasons = score::reasons(kind, first.1, second.1);
    let sum = reasons.iter().fold(0_i32, |sum, reason| sum.saturating_add(reason.weight));
    let is_named = reasons.iter().any(|reason| reason.code == "names" && reason.weight > 0);
    let alike = score::best(&first.1.names, &second.1.names).filter(|_| is_named);
    let on = |traits: &Traits, other: RecordId| -> BTreeSet<(OrganisationId, String)> {
        let about = traits.judged.iter().filter(|(about, ..)| *about == other);
        about.map(|(_, whose, verdict)| (*whose, verdict.clone())).collect()
    };
    let judged = on(first.1, second.0).into_iter().chain(on(second.1, first.0)).collect();
    Candidate {
        first: first.0,
        second: second.0,
        score: u8::try_from(sum.clamp(0, 100)).unwrap_or(0),
        reasons,
        letters: alike.map(|(_, one, other)| one.aligned(other)).filter(|words| differ(words)).unwrap_or_default(),
        judged,
    }
}

/// True if there is anything to see: two equal spellings need no comparison.
fn differ(words: &[Vec<names::Aligned>]) -> bool {
    words.iter().flatten().any(|(one, other)| one != other)
}

/// Puts the most alike first; equal ones by id.
pub fn sort(candidates: &mut [Candidate]) {
    candidates.sort_by_key(|pair| (std::cmp::Reverse(pair.score), pair.first, pair.second));
}
