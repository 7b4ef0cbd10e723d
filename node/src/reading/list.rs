//! Lists: filtered and ordered by the catalogue; of the summaries, those alone are read that are shown.

use isnad_protocol::id::RecordId;
use isnad_protocol::time::Day;
use isnad_protocol::view::{Policy, Summary};
use serde::{Deserialize, Serialize};

use super::{PolicyQuery, Reader, today};
use crate::index::Block;
use crate::problem::Problem;

mod due;
mod filter;
mod made;
mod row;

pub(super) use made::on_all_cores;

pub use due::{Due, DueQuery, DueWithin};

use filter::{Filter, known_codes, refused};
use row::Row;

/// What to list. Filters are text as a person types it; all that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    /// The code of a kind.
    pub kind: u8,
    /// Words that a title, name or alias contains, whatever their case.
    pub search: Option<String>,
    /// Words that the name of a place contains.
    pub place: Option<String>,
    /// Country codes, ISO 3166-1, any of several with commas between.
    pub country: Option<String>,
    /// South, west, north, east in degrees; across the date line where west is greater than east.
    pub bbox: Option<String>,
    /// The first day, EDTF: a record is listed if a date of it may lie there or later.
    pub from: Option<String>,
    /// The last day, EDTF.
    pub until: Option<String>,
    /// Codes, words or classes of agents, any of several.
    pub agent: Option<String>,
    /// Who speaks: the beginning of a member's id, or a part of its name.
    pub organisation: Option<String>,
    /// A body that a claim cites: a record, an alias, or a part of its name.
    pub according_to: Option<String>,
    /// Standards of proof, any of several.
    pub standard: Option<String>,
    /// Statuses or outcomes, any of several.
    pub status: Option<String>,
    /// Only records with claims that exclude each other.
    pub contested: bool,
    /// Only designations in force on a day; today's if empty.
    pub in_force: Option<String>,
    /// Only records of which something was said on this day or later, by the time that its signer claims.
    pub changed_since: Option<String>,
    /// date, changed, title, claims or organisations; date if left out.
    pub sort: Option<String>,
    /// The last first.
    pub reverse: bool,
    /// How many at most; all if left out or 0.
    pub limit: Option<usize>,
    /// With the number of all that were found around the lines, for a person.
    pub page: bool,
    /// The reader's day; today if left out.
    pub today: Option<Day>,
    /// The reader's language.
    pub lang: Option<String>,
    /// Leaves out what claims a later day, and reads as on that day.
    pub as_of: Option<Day>,
    /// The reader's policy, where it is not that of isnad.toml.
    #[serde(flatten)]
    pub policy: PolicyQuery,
}

/// What a list is ordered by; records that are equal in it stand by their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Date,
    Changed,
    Title,
    Claims,
    Organisations,
}

/// A record that is to be listed.
#[derive(Debug)]
struct Found {
    number: i64,
    title: String,
    record: RecordId,
    is_contested: bool,
    /// Its line, where it was made for this reader's policy.
    line: Option<Vec<u8>>,
}

impl Sort {
    fn parse(text: Option<&str>) -> Result<Self, Problem> {
        match text.unwrap_or("date") {
            "date" => Ok(Self::Date),
            "changed" => Ok(Self::Changed),
            "title" => Ok(Self::Title),
            "claims" => Ok(Self::Claims),
            "organisations" => Ok(Self::Organisations),
            _ => {
                let why = "date, changed, title, claims and organisations are";
                Err(refused("list_sort", "there is no such order", why, "write it as --sort changed"))
            }
        }
    }

    fn found(self, record: RecordId, row: &Row<'_>, language: &str) -> Found {
        let number = match self {
            Self::Date => row.earliest.into(),
            Self::Changed => i64::try_from(row.changed).unwrap_or(i64::MAX),
            Self::Title => 0,
            Self::Claims => row.claims.into(),
            Self::Organisations => row.speaking.into(),
        };
        let title = if self == Self::Title { row.title(language).to_owned() } else { String::new() };
        Found { number, title, record, is_contested: row.is_contested, line: None }
    }
}

impl Reader<'_> {
    /// The records of a kind that are asked for: a JSON array of [`Summary`], each on a line of its own.
    ///
    /// # Errors
    /// [`Problem`] if a filter is not understood, or the index cannot be read.
    pub fn list(&self, query: &ListQuery) -> Result<Vec<u8>, Problem> {
        self.refresh()?;
        let policy = &self.policy(&query.policy, query.lang.as_deref())?;
        let (filter, sort) = (Filter::parse(query, self)?, Sort::parse(query.sort.as_deref())?);
        let mut found = self.found(query, &filter, sort, policy)?;
        if found.is_empty() {
            self.check_codes(query.kind, &filter)?;
        }
        found.sort_unstable_by(|one, other| {
            (one.number, &one.title, one.record).cmp(&(other.number, &other.title, other.record))
        });
        if query.reverse {
            found.reverse();
        }
        let (total, contested) = (found.len(), found.iter().filter(|found| found.is_contested).count());
        found.truncate(query.limit.filter(|limit| *limit > 0).unwrap_or(usize::MAX));
        let lines = self.lines(found, query, total)?.join(&b",\n"[..]);
        Ok(if query.page {
            let head = format!("{{\"total\":{total},\"contested\":{contested},\"records\":[\n");
            [head.as_bytes(), &lines, b"\n]}"].concat()
        } else {
            [&b"["[..], &lines, b"]"].concat()
        })
    }

    fn found(&self, query: &ListQuery, filter: &Filter, sort: Sort, policy: &Policy) -> Result<Vec<Found>, Problem> {
        let language = query.lang.as_deref().unwrap_or("en");
        if policy.is_default() && query.as_of.is_none() {
            let is_asked = |record, row: &Row<'_>| filter.takes(row).then(|| sort.found(record, row, language));
            return if filter.is_empty() && sort != Sort::Title {
                self.rows_as_they_are(query.kind, is_asked)
            } else {
                self.rows_of(query.kind, is_asked)
            };
        }
        // What the policy leaves out may be what decides: where the rows do not rule a record out, its summary is made anew.
        let of_all = filter.of_all_claims();
        let records = self.rows_of(query.kind, |record, row| of_all.takes(row).then_some(record))?;
        let mut found = Vec::new();
        for record in records {
            let Some(summary) = self.summary_by(record, policy, query.as_of)? else { continue };
            let bytes = row::whole_row(&summary);
            let Some(row) = Row::decode(&bytes).filter(|row| filter.takes(row)) else { continue };
            let line = serde_json::to_vec(&summary.on(day_of(query)).bounded()).ok();
            found.push(Found { line, ..sort.found(record, &row, language) });
        }
        Ok(found)
    }

    /// What is made of each row of a kind; a row that could not take all of its summary is made whole first.
    fn rows_of<T: Send>(
        &self,
        kind: u8,
        take: impl Fn(RecordId, &Row<'_>) -> Option<T> + Sync,
    ) -> Result<Vec<T>, Problem> {
        self.each_row(kind, |record, row| {
            if row.is_whole {
                return Ok(take(record, row));
            }
            let bytes = row::whole_row(&self.kept_summary(record)?);
            Ok(Row::decode(&bytes).and_then(|row| take(record, &row)))
        })
    }

    /// The same where it does not matter what a row could not take.
    fn rows_as_they_are<T: Send>(
        &self,
        kind: u8,
        take: impl Fn(RecordId, &Row<'_>) -> Option<T> + Sync,
    ) -> Result<Vec<T>, Problem> {
        self.each_row(kind, |record, row| Ok(take(record, row)))
    }

    /// Reads the blocks of a kind on all cores.
    fn each_row<T: Send>(
        &self,
        kind: u8,
        take: impl Fn(RecordId, &Row<'_>) -> Result<Option<T>, Problem> + Sync,
    ) -> Result<Vec<T>, Problem> {
        let catalogue = self.node.index()?.catalogue(kind)?;
        let blocks: Vec<Block<'_>> = catalogue.blocks().collect();
        let of = |blocks: &[Block<'_>]| -> Result<Vec<T>, Problem> {
            let mut taken = Vec::new();
            for (record, bytes) in blocks.iter().flat_map(|block| block.rows()) {
                let Some(row) = Row::decode(bytes) else { continue };
                taken.extend(take(record, &row)?);
            }
            Ok(taken)
        };
        on_all_cores(&blocks, of)
    }

    /// Says so where a code that nobody knows found nothing because nobody says it: it was mistyped.
    fn check_codes(&self, kind: u8, filter: &Filter) -> Result<(), Problem> {
        for (tag, codes) in &filter.unknown {
            let said = self.rows_of(kind, |_, row| row.has_code(*tag, codes).then_some(()))?;
            if said.is_empty() {
                let error = format!("{} is no code or word, and nobody says it here", codes.join(", "));
                let why = "known codes stand below; several are parted by commas";
                return Err(refused("list_code", &error, why, &known_codes(*tag)));
            }
        }
        Ok(())
    }

    /// The lines of records, as they read on the reader's day.
    fn lines(&self, found: Vec<Found>, query: &ListQuery, total: usize) -> Result<Vec<Vec<u8>>, Problem> {
        let index = self.node.index()?;
        // One way through all is faster than many ways to one.
        let mut all = std::collections::BTreeMap::new();
        if found.len() > SCAN && found.len().saturating_mul(2) > total {
            index.summaries(&[query.kind], |record, kept| drop(all.insert(record, kept.to_vec())))?;
        }
        let mut lines = Vec::with_capacity(found.len());
        for Found { record, line, .. } in found {
            let kept = match (line, all.remove(&record)) {
                (Some(line), _) => {
                    lines.push(line);
                    continue;
                }
                (None, Some(kept)) => kept,
                (None, None) => index.summary(record)?.unwrap_or_default(),
            };
            lines.push(self.line(record, kept, day_of(query))?);
        }
        Ok(lines)
    }

    fn line(&self, record: RecordId, kept: Vec<u8>, today: Day) -> Result<Vec<u8>, Problem> {
        // Of a record with terms the line depends on the day; the rest is handed on as it stands.
        if !kept.is_empty() && !made::has_terms(record) {
            return Ok(kept);
        }
        let summary = self.whole(record, &kept)?;
        serde_json::to_vec(&summary.on(today).bounded()).map_err(|error| Problem::fault(error.to_string()))
    }

    /// A summary from the index; made where it has none, or not all of it.
    fn kept_summary(&self, record: RecordId) -> Result<Summary, Problem> {
        self.whole(record, &self.node.index()?.summary(record)?.unwrap_or_default())
    }

    fn whole(&self, record: RecordId, kept: &[u8]) -> Result<Summary, Problem> {
        let kept = serde_json::from_slice::<Summary>(kept).ok().filter(|summary| !summary.is_cut);
        kept.map_or_else(|| self.summary(record), Ok)
    }
}

/// Above so many lines, all summaries of the kind are read in one go.
const SCAN: usize = 2_000;

fn day_of(query: &ListQuery) -> Day {
    query.today.or(query.as_of).unwrap_or_else(today)
}
