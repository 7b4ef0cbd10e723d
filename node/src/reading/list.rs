//! Lists: the summaries that the index keeps, by their dates. Most are handed on as they stand, for a list may be long.

use std::collections::BTreeMap;

use isnad_protocol::id::RecordId;
use isnad_protocol::time::Day;
use isnad_protocol::view::{Policy, Summary};
use serde::{Deserialize, Serialize};

use super::{PolicyQuery, Reader, today};
use crate::index::Stale;
use crate::problem::Problem;

/// What to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListQuery {
    /// The code of a kind.
    pub kind: u8,
    /// Words that a title, name or alias contains, whatever their case.
    #[serde(default)]
    pub search: Option<String>,
    /// The reader's day; today if left out.
    #[serde(default)]
    pub today: Option<Day>,
    /// The reader's language.
    #[serde(default)]
    pub lang: Option<String>,
    /// Leaves out what claims a later day, and reads as on that day.
    #[serde(default)]
    pub as_of: Option<Day>,
    /// The reader's policy, where it is not that of isnad.toml.
    #[serde(flatten)]
    pub policy: PolicyQuery,
}

/// A summary as the index keeps it: what a list is ordered by, then JSON.
struct Kept<'a> {
    /// The earliest day, in bytes that sort as it does; zeros if no date is claimed.
    order: [u8; ORDER],
    /// True if what it says depends on the reader's day.
    has_terms: bool,
    json: &'a [u8],
}

const ORDER: usize = 5;

impl<'a> Kept<'a> {
    fn encode(summary: &Summary) -> Result<Vec<u8>, Problem> {
        let mut bytes = order(summary.earliest).to_vec();
        bytes.push(u8::from(summary.terms.is_some()));
        serde_json::to_writer(&mut bytes, summary).map_err(|error| Problem::fault(error.to_string()))?;
        Ok(bytes)
    }

    /// `None` for the empty value of a record whose summary is not made yet.
    fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (order, rest) = bytes.split_first_chunk::<ORDER>()?;
        let (has_terms, json) = rest.split_first()?;
        Some(Self { order: *order, has_terms: *has_terms != 0, json })
    }

    fn summary(&self) -> Option<Summary> {
        serde_json::from_slice(self.json).ok()
    }
}

fn order(earliest: Option<Day>) -> [u8; ORDER] {
    let Some(date) = earliest.map(Day::date) else { return [0; ORDER] };
    let [high, low] = (date.year().cast_unsigned() ^ 0x8000).to_be_bytes();
    [1, high, low, date.month().cast_unsigned(), date.day().cast_unsigned()]
}

impl Reader<'_> {
    /// The records of a kind, by date and then by id: a JSON array of [`Summary`], each on a line of its own.
    ///
    /// # Errors
    /// [`Problem`] if the index cannot be read.
    pub fn list(&self, query: &ListQuery) -> Result<Vec<u8>, Problem> {
        self.refresh()?;
        let today = query.today.or(query.as_of).unwrap_or_else(today);
        let policy = self.policy(&query.policy, query.lang.as_deref())?;
        // The index keeps what the default policy makes of all that is held: any other list is made afresh.
        let afresh =
            (!policy.is_default() || query.as_of.is_some()).then(|| self.afresh(query, &policy)).transpose()?;
        let search = query.search.as_deref().map(str::to_lowercase);
        let mut lines: Vec<([u8; ORDER], RecordId, Vec<u8>)> = Vec::new();
        self.node.index()?.summaries(&[query.kind], |record, value| {
            let made = afresh.as_ref().map(|made| made.get(&record).map_or(&[][..], Vec::as_slice));
            let Some(kept) = Kept::decode(made.unwrap_or(value)) else { return };
            let line = if kept.has_terms || search.is_some() {
                line(&kept, search.as_deref(), today)
            } else {
                Some(kept.json.to_vec())
            };
            lines.extend(line.map(|line| (kept.order, record, line)));
        })?;
        lines.sort_unstable_by_key(|(order, record, _)| (*order, *record));
        let lines: Vec<Vec<u8>> = lines.into_iter().map(|(_, _, line)| line).collect();
        Ok([&b"["[..], &lines.join(&b",\n"[..]), b"]"].concat())
    }

    /// The summaries of a kind by another policy, or as of a day: of records about which nothing was said by then, none.
    fn afresh(&self, query: &ListQuery, policy: &Policy) -> Result<BTreeMap<RecordId, Vec<u8>>, Problem> {
        let records: Vec<RecordId> = self.node.index()?.records(&[query.kind])?.into_iter().collect();
        let make = |record: &RecordId| -> Result<Option<(RecordId, Vec<u8>)>, Problem> {
            let summary = self.summary_by(*record, policy, query.as_of)?;
            summary.map(|summary| Ok((*record, Kept::encode(&summary)?))).transpose()
        };
        let made = on_all_cores(&records, make)?;
        Ok(made.into_iter().flatten().collect())
    }

    /// Makes summaries anew where entries have come in.
    fn refresh(&self) -> Result<(), Problem> {
        let index = self.node.index()?;
        loop {
            let stale = index.stale()?;
            if stale.is_empty() {
                return Ok(());
            }
            index.keep_summaries(self.made(stale)?)?;
        }
    }

    /// The summaries of records, made on all cores.
    fn made(&self, stale: Vec<Stale>) -> Result<Vec<(Stale, Vec<u8>)>, Problem> {
        on_all_cores(&stale, |stale| Ok((stale.clone(), Kept::encode(&self.summary(stale.0)?)?)))
    }
}

/// Makes something of each item, in order.
pub(super) fn on_all_cores<T: Sync, R: Send>(
    items: &[T],
    make: impl Fn(&T) -> Result<R, Problem> + Sync,
) -> Result<Vec<R>, Problem> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let parts = items.chunks(items.len().div_ceil(cores).max(1));
    std::thread::scope(|scope| {
        let make = &make;
        let started: Vec<_> =
            parts.map(|part| scope.spawn(move || part.iter().map(make).collect::<Result<Vec<R>, Problem>>())).collect();
        let mut made = Vec::with_capacity(items.len());
        for part in started {
            made.extend(part.join().map_err(|_| Problem::fault("a record could not be read"))??);
        }
        Ok(made)
    })
}

/// The line as it reads on a day, if the search finds it.
fn line(kept: &Kept<'_>, search: Option<&str>, today: Day) -> Option<Vec<u8>> {
    let summary = kept.summary().filter(|summary| search.is_none_or(|search| mentions(summary, search)))?;
    serde_json::to_vec(&summary.on(today)).ok()
}

fn mentions(summary: &Summary, search: &str) -> bool {
    let labels = summary.labels.iter().map(|words| &words.text);
    let mut all = labels.chain(&summary.further_labels).chain(&summary.aliases);
    all.any(|text| text.to_lowercase().contains(search))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_looks_at_every_title_name_and_alias() {
        let summary: Summary = serde_json::from_value(serde_json::json!({
            "record": RecordId::new([1; 16]),
            "kind": "incident",
            "labels": [{"lang": "en", "text": "Attack on Douma"}],
            "further_labels": ["Douma, the ALLEGED attack"],
            "aliases": ["S/2018/1"],
            "organisations": [],
            "live_claims": 3,
            "contested": false,
        }))
        .unwrap();
        for (search, is_found) in [("attack on", true), ("alleged attack", true), ("2018/1", true), ("latamneh", false)]
        {
            assert_eq!(mentions(&summary, search), is_found, "{search}");
        }
    }

    #[test]
    fn the_order_of_bytes_is_that_of_days() {
        let days = [None, Day::new(-1, 12, 31), Day::new(0, 1, 1), Day::new(1988, 3, 16), Day::new(2013, 3, 19)];
        assert!(days.map(order).is_sorted());
        assert!(order(days[3]) < order(Day::new(1988, 12, 1)));
    }
}
