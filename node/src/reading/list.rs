//! Lists: filtered and ordered by the catalogue; of the summaries, those alone are read that are shown.

use std::cmp::Ordering::Equal;
use std::collections::BTreeMap;

use isnad_protocol::id::RecordId;
use isnad_protocol::time::Day;
use isnad_protocol::view::{Judgements, Policy, Summary};
use serde::{Deserialize, Serialize};

use super::{PolicyQuery, Reader, today};
use crate::index::Block;
use crate::problem::Problem;
use crate::reading::made_of::MadeOf;

mod contested;
mod due;
mod filter;
mod grouping;
mod made;
mod row;
mod telling;

pub(super) use made::on_all_cores;

pub use due::{Due, DueQuery, DueWithin};

use filter::{Filter, refused};
use grouping::Groups;
use row::Row;
use telling::Telling;

/// What to list. Filters are text as a person types it; all that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    /// The code of a kind.
    pub kind: u8,
    /// Words that a title, name or alias contains, whatever their case; of a record without a title, those of what it names.
    pub search: Option<String>,
    /// Words that the name of a place or of its region contains, whole ones.
    pub place: Option<String>,
    /// Countries by code, ISO 3166-1, or name, any of several with commas between.
    pub country: Option<String>,
    /// South, west, north, east in degrees; across the date line where west is greater than east.
    pub bbox: Option<String>,
    /// The first day, as people say it or EDTF: a record is listed if a date of it may lie there or later.
    pub from: Option<String>,
    /// The last day, likewise.
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
    /// Only records with claims that exclude each other, or of which other records conclude what does.
    pub contested: bool,
    /// Only designations in force on a day by anybody's word, shown as on that day; today's if empty.
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
    /// The last day before its state changes by itself, of a designation.
    holds_until: Option<Day>,
    /// Its summary, where it was made for this reader's policy.
    summary: Option<Box<Summary>>,
}

/// What stands around the lines of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListHead {
    /// How many records were found.
    pub total: usize,
    /// How many of them are contested.
    pub contested: usize,
    /// True if nothing is taken for one though the reader asks for it: more records judge than are read for a list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_followed: bool,
    /// Of what the list was made, by whose choice.
    pub made_of: MadeOf,
}

impl Sort {
    fn parse(text: Option<&str>) -> Result<Self, Problem> {
        match text.unwrap_or("date") {
            "date" => Ok(Self::Date),
            "changed" => Ok(Self::Changed),
            "title" => Ok(Self::Title),
            "claims" => Ok(Self::Claims),
            "organisations" => Ok(Self::Organisations),
            _ => Err(refused("list_sort", &[])),
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
        Found { number, title, record, is_contested: row.is_contested, holds_until: None, summary: None }
    }
}

impl Found {
    /// The same as it reads on a day.
    fn on(self, row: &Row<'_>, day: Day) -> Self {
        Self { holds_until: row.all_terms().filter_map(|terms| terms.holds_until(day)).min(), ..self }
    }
}

impl Reader<'_> {
    /// The records of a kind that are asked for: a JSON array of [`Summary`], each on a line of its own; in a page, behind the
    /// members of [`ListHead`].
    ///
    /// # Errors
    /// [`Problem`] if a filter is not understood, or the index cannot be read.
    pub fn list(&self, query: &ListQuery) -> Result<Vec<u8>, Problem> {
        self.refresh()?;
        let policy = &self.policy(&query.policy, query.lang.as_deref())?;
        let (filter, sort) = (Filter::parse(query, self)?, Sort::parse(query.sort.as_deref())?);
        // What is asked to be in force on a day is shown as on that day.
        let day = filter.in_force.unwrap_or_else(|| day_of(query));
        // Who is taken for whom decides nothing about a record alone.
        let alone = Policy { judgements: Judgements::None, ..policy.clone() };
        let mut found = self.found(query, &filter, sort, &alone, day)?;
        self.check_codes(query, &filter)?;
        let (total, contested) = (found.len(), found.iter().filter(|found| found.is_contested).count());
        let holds_until = found.iter().filter_map(|found| found.holds_until).min();
        let groups = self.groups(query.kind, policy, query.as_of)?;
        let not_followed = groups.is_none();
        let groups = groups.unwrap_or_default();
        let most = query.limit.filter(|limit| *limit > 0).unwrap_or(usize::MAX);
        // A limit parts no group from what stands before it: all are ordered before some are left out.
        first_of(&mut found, query, if groups.is_empty() { most } else { usize::MAX });
        let mut found = grouping::together(found, &groups);
        found.truncate(most);
        let lines = self.lines(found, (query, groups), day, total)?.join(&b",\n"[..]);
        if !query.page {
            // An array has no place that says that it is incomplete.
            self.incomplete(query.kind).map_or(Ok(()), Err)?;
            return Ok([&b"["[..], &lines, b"]"].concat());
        }
        let mut made_of = self.made_of(query.kind, policy, day, holds_until);
        if query.as_of.is_some() || day != day_of(query) {
            made_of = made_of.of_another_day(query.as_of);
        }
        let head = ListHead { total, contested, not_followed, made_of };
        let mut head = serde_json::to_vec(&head).map_err(|error| Problem::fault(error.to_string()))?;
        head.pop();
        Ok([&head, &b",\"records\":[\n"[..], &lines, b"\n]}"].concat())
    }

    fn found(
        &self,
        query: &ListQuery,
        filter: &Filter,
        sort: Sort,
        policy: &Policy,
        day: Day,
    ) -> Result<Vec<Found>, Problem> {
        let language = query.lang.as_deref().unwrap_or("en");
        let contested = self.contested_in_others(query.kind)?;
        if policy.is_default() && query.as_of.is_none() {
            // Of a record of which nothing counts any more there is neither a name nor a word to list.
            let is_asked = |record, row: &Row<'_>| {
                let row = &row.or_contested(!row.is_contested && contested.contains(&record));
                let is_it = row.speaking > 0 && filter.takes(row);
                is_it.then(|| sort.found(record, row, language).on(row, day))
            };
            return if filter.is_empty() && sort != Sort::Title {
                self.rows_as_they_are(query.kind, is_asked)
            } else {
                self.rows_of(query.kind, is_asked)
            };
        }
        // What the policy leaves out may be what decides: where the rows do not rule a record out, its summary is made anew.
        let of_all = filter.of_all_claims();
        // What was unsaid since is in no row, and may be what decides on an earlier day.
        let unsaid = query.as_of.map(|_| self.repudiated_about()).transpose()?;
        let is_unsaid = |record| unsaid.is_some_and(|about| about.contains(&record));
        let may_be = |record, row: &Row<'_>| (of_all.takes(row) || is_unsaid(record)).then_some(record);
        let records = self.rows_of(query.kind, may_be)?;
        let made = |record: &RecordId| -> Result<Option<Found>, Problem> {
            let summary = self.readable(*record, self.summary_by(*record, policy, query.as_of))?;
            let Some(mut summary) = summary.flatten() else { return Ok(None) };
            let bytes = row::whole_row(&summary);
            let Some(row) = Row::decode(&bytes).filter(|row| of_all.takes(row)) else { return Ok(None) };
            // Whoever is left out takes conclusions away, and adds none; what was taken back since may have contested it.
            let may_be = query.as_of.is_some() || contested.contains(record);
            if may_be && !summary.contested {
                let is_contested = self.contested_by(*record, policy, query.as_of);
                summary.contested = self.readable(*record, is_contested)?.unwrap_or_default();
            }
            let row = row.or_contested(summary.contested);
            if !filter.takes(&row) {
                return Ok(None);
            }
            Ok(Some(Found { summary: Some(Box::new(summary)), ..sort.found(*record, &row, language).on(&row, day) }))
        };
        on_all_cores(&records, |part| part.iter().filter_map(|record| made(record).transpose()).collect())
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
            let summary = self.readable(record, self.kept_summary(record))?;
            let Some(bytes) = summary.as_ref().map(row::whole_row) else { return Ok(None) };
            Ok(Row::decode(&bytes).and_then(|row| take(record, &row)))
        })
    }

    /// The same where it does not matter what a row could not take.
    pub(super) fn rows_as_they_are<T: Send>(
        &self,
        kind: u8,
        take: impl Fn(RecordId, &Row<'_>) -> Option<T> + Sync,
    ) -> Result<Vec<T>, Problem> {
        self.each_row(kind, |record, row| Ok(take(record, row)))
    }

    /// Reads the blocks of a kind on all cores; what is known not to be readable is left out.
    pub(super) fn each_row<T: Send>(
        &self,
        kind: u8,
        take: impl Fn(RecordId, &Row<'_>) -> Result<Option<T>, Problem> + Sync,
    ) -> Result<Vec<T>, Problem> {
        let catalogue = self.node.index()?.catalogue(kind)?;
        let blocks: Vec<Block<'_>> = catalogue.blocks().collect();
        let unread = self.unread_of(kind);
        let of = |blocks: &[Block<'_>]| -> Result<Vec<T>, Problem> {
            let mut taken = Vec::new();
            for (record, bytes) in blocks.iter().flat_map(|block| block.rows()) {
                if unread.contains(&record) {
                    continue;
                }
                let Some(row) = Row::decode(bytes) else { continue };
                taken.extend(take(record, &row)?);
            }
            Ok(taken)
        };
        on_all_cores(&blocks, of)
    }

    /// Refuses a code that nobody knows and nobody says: it was mistyped, and others beside it would hide that.
    fn check_codes(&self, query: &ListQuery, filter: &Filter) -> Result<(), Problem> {
        for unknown in &filter.unknown {
            let code = std::slice::from_ref(&unknown.code);
            let said = self.rows_of(query.kind, |_, row| row.has_code(unknown.tag, code).then_some(()))?;
            if said.is_empty() && self.incomplete(query.kind).is_none() {
                return Err(unknown.refused(query));
            }
        }
        Ok(())
    }

    /// The lines of records, as they read on a day.
    fn lines(
        &self,
        found: Vec<Found>,
        (query, groups): (&ListQuery, Groups),
        day: Day,
        total: usize,
    ) -> Result<Vec<Vec<u8>>, Problem> {
        let index = self.node.index()?;
        // One way through all is faster than many ways to one.
        let is_long = found.len() > SCAN && found.len().saturating_mul(2) > total;
        let mut all = BTreeMap::new();
        if is_long {
            index.summaries(&[query.kind], |record, kept| drop(all.insert(record, kept.to_vec())))?;
        }
        let mut telling = Telling::new(self, query.kind, day, is_long)?.up_to(query.as_of).grouped(groups);
        let mut lines = Vec::with_capacity(found.len());
        for Found { record, summary, is_contested, .. } in found {
            let line = match (summary, all.remove(&record)) {
                (Some(summary), _) => telling.told(*summary),
                (None, Some(kept)) => telling.line(record, kept, is_contested),
                (None, None) => telling.line(record, index.summary(record)?.unwrap_or_default(), is_contested),
            };
            lines.extend(self.readable(record, line)?);
        }
        Ok(lines)
    }

    /// A summary from the index; made where it has none, or not all of it.
    pub(super) fn kept_summary(&self, record: RecordId) -> Result<Summary, Problem> {
        self.whole(record, &self.node.index()?.summary(record)?.unwrap_or_default())
    }

    pub(super) fn whole(&self, record: RecordId, kept: &[u8]) -> Result<Summary, Problem> {
        let kept = serde_json::from_slice::<Summary>(kept).ok().filter(|summary| !summary.is_cut);
        kept.map_or_else(|| self.summary(record), Ok)
    }
}

/// Leaves the first ones in their order: of many, no more are ordered than are shown.
fn first_of(found: &mut Vec<Found>, query: &ListQuery, limit: usize) {
    let order = |one: &Found, other: &Found| {
        // Many records have one date: their ids are compared as numbers, which is a third of the time of a list.
        let id = |found: &Found| u128::from_be_bytes(*found.record.as_bytes());
        let by_title =
            || if one.title.is_empty() && other.title.is_empty() { Equal } else { one.title.cmp(&other.title) };
        let order = one.number.cmp(&other.number).then_with(by_title).then_with(|| id(one).cmp(&id(other)));
        if query.reverse { order.reverse() } else { order }
    };
    if limit < found.len() {
        found.select_nth_unstable_by(limit, order);
        found.truncate(limit);
    }
    found.sort_unstable_by(order);
}

/// Above so many lines, all summaries of the kind are read in one go.
const SCAN: usize = 2_000;

fn day_of(query: &ListQuery) -> Day {
    query.today.or(query.as_of).unwrap_or_else(today)
}
