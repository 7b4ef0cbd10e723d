//! One claim explained: which is meant, and on which record. The same words on two records are one claim's id.

use std::collections::BTreeSet;

use isnad_protocol::encoding::from_hex;
use isnad_protocol::entry::Kind;
use isnad_protocol::id::{ClaimId, RecordId};
use isnad_protocol::model::KINDS;
use isnad_protocol::sheet;
use isnad_protocol::view::{Context, Explanation, Until};
use serde::{Deserialize, Serialize};

use super::list::on_all_cores;
use super::{DayQuery, Indexed, Reader};
use crate::problem::{Problem, exit};

/// Digits of a claim's id that are enough to name it.
const DIGITS: usize = 8;

/// Records that a person is asked to choose from at one time.
const CHOICE: usize = 8;

/// How to explain a claim.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainQuery {
    /// The record that it is about, where the same words stand on several.
    #[serde(default)]
    pub record: Option<String>,
    /// The reader's day, language and policy.
    #[serde(flatten)]
    pub reading: DayQuery,
}

impl Reader<'_> {
    /// Explains the claim that a text names by a beginning of its id.
    ///
    /// # Errors
    /// [`Problem`] if there is none, or more than one.
    pub fn explain(&self, text: &str, query: &ExplainQuery) -> Result<Explanation, Problem> {
        let record = query.record.as_deref().map(|record| self.resolve(record)).transpose()?;
        let (record, claim) = self.claim(&text.to_lowercase(), record, query.reading.lang.as_deref())?;
        let reading = &query.reading;
        let policy = self.policy(&reading.policy, reading.lang.as_deref())?;
        let store = Indexed(self.node.index()?);
        let context = self.context(&policy, reading.today.or(reading.as_of));
        let explained = match reading.as_of {
            None => Explanation::of(record, claim, &store, context)?,
            Some(day) => {
                let until = Until::new(&store, day, record);
                let judge = self.as_known(day)?;
                let context = Context { judge: &judge, ..context };
                let explained = Explanation::of(record, claim, &until, context)?;
                explained.map(|explained| Explanation { as_of: Some(until.as_of()), ..explained })
            }
        };
        explained.ok_or_else(|| Problem::told(exit::NO, "not_found", "claim_not_told", &[("claim", &claim.to_short())]))
    }

    /// The one claim whose id begins so, and its record.
    fn claim(
        &self,
        digits: &str,
        record: Option<RecordId>,
        lang: Option<&str>,
    ) -> Result<(RecordId, ClaimId), Problem> {
        if digits.len() < DIGITS || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            let values = [("text", digits), ("digits", &*DIGITS.to_string())];
            return Err(Problem::told(exit::USAGE, "usage", "claim_id", &values));
        }
        let found = self.claims_beginning(digits, record)?;
        let mut all = found.iter();
        match (all.next(), all.next()) {
            (Some(only), None) => Ok(*only),
            // It may be one of those that could not be looked at.
            (None, _) => Err(self
                .why_unread()
                .unwrap_or_else(|| Problem::told(exit::NO, "not_found", "claim_nowhere", &[("digits", digits)]))),
            (Some(_), Some(_)) => {
                let short = |claim: &ClaimId| apart(claim, found.iter().map(|(_, claim)| claim));
                let mut named = Vec::new();
                for (record, claim) in found.iter().take(CHOICE) {
                    named.push(format!("{}: {}", short(claim), self.told(*record, lang)?));
                }
                let choice = found.iter().take(CHOICE);
                let choice =
                    choice.map(|(record, claim)| format!("`isnad explain {} --record {record}`", short(claim)));
                let values = [
                    ("digits", digits),
                    ("count", &*found.len().to_string()),
                    ("names", &*named.join("\n")),
                    ("choice", &*choice.collect::<Vec<_>>().join("\n")),
                ];
                Err(Problem::told(exit::NO, "ambiguous", "claim_on_several", &values))
            }
        }
    }

    /// Every claim whose id begins so. Rows of the catalogue say which records may have one; these alone are read.
    fn claims_beginning(
        &self,
        digits: &str,
        record: Option<RecordId>,
    ) -> Result<BTreeSet<(RecordId, ClaimId)>, Problem> {
        let index = self.node.index()?;
        let records = record.map_or_else(|| self.that_may_say(digits), |record| Ok(vec![record]))?;
        let find = |record: &RecordId| -> Result<Vec<(RecordId, ClaimId)>, Problem> {
            let entries = index.entries_about(*record)?;
            let changes = entries.iter().filter(|entry| entry.entry().header.kind == Kind::Change);
            let payloads = changes.filter_map(|entry| entry.entry().payload.as_ref());
            let ids = payloads.flat_map(|payload| sheet::claim_ids(&payload.bytes));
            Ok(ids.filter(|id| id.to_string().starts_with(digits)).map(|id| (*record, id)).collect())
        };
        let find_all =
            |part: &[RecordId]| -> Result<Vec<Vec<(RecordId, ClaimId)>>, Problem> { part.iter().map(find).collect() };
        Ok(on_all_cores(&records, find_all)?.into_iter().flatten().collect())
    }

    /// The records that may have a claim whose id begins so.
    fn that_may_say(&self, digits: &str) -> Result<Vec<RecordId>, Problem> {
        let Some(start) = digits.get(..DIGITS).and_then(from_hex::<4>) else { return Ok(Vec::new()) };
        self.refresh()?;
        let mut records = Vec::new();
        for kind in KINDS {
            records.extend(self.each_row(kind.code, |record, row| Ok(row.may_say(start).then_some(record)))?);
        }
        Ok(records)
    }
}

/// The first digits of a claim's id, as many as tell it from all these: twelve at least.
fn apart<'a>(claim: &ClaimId, others: impl Iterator<Item = &'a ClaimId>) -> String {
    let (text, short) = (claim.to_string(), claim.to_short().len());
    let alike = |other: &ClaimId| {
        let other = other.to_string();
        text.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count()
    };
    let alike = others.filter(|other| *other != claim).map(alike).max().unwrap_or(0);
    text.chars().take(alike.saturating_add(1).max(short)).collect()
}
