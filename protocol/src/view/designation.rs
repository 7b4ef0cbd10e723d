//! Whether a designation is in force on the reader's day. MODEL §4, §7.11, §8 journey 2.
//!
//! Computed from dates that organisations claim, so that a freeze lapses by itself on a replica that is offline too. A
//! renewal is a later claim of `end` or `duration`: the latest end counts. Past it: term over, not verified.

use std::collections::BTreeSet;

use crate::encoding::json::Json;
use crate::id::{ClaimId, OrganisationId, RecordId};
use crate::model::edtf::Edtf;
use crate::model::kinds::DESIGNATION;
use crate::model::values::is_duration;
use crate::sheet::{Said, Sheet};
use crate::time::Day;

use super::claims::Verdict;
use super::material::Spoken;
use super::{Policy, Sheets};

/// What the dates of a designation come to on a day.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DesignationState {
    /// Whether it is in force.
    pub state: InForce,
    /// The first day in force, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Day>,
    /// The last day in force, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// The claims that this follows from.
    pub why: Vec<Used>,
}

/// Whether a designation is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InForce {
    /// It begins later.
    NotYet,
    /// It has begun, and its last day is not past.
    InForce,
    /// Its last day is past and nobody claims a renewal: term over, not verified.
    TermOver,
    /// It has begun, and no end is claimed.
    OpenEnded,
    /// No date says when it begins.
    Unknown,
    /// A claim says that it was lifted.
    Delisted,
    /// A claim says that a court annulled it.
    Annulled,
    /// A claim says that its legal ground was revoked.
    AuthorityRevoked,
}

/// The claims that decide, without a day: an index can keep them.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Terms {
    /// `start`, or where nobody claims one `listing_date`.
    pub starts: Vec<Used>,
    /// `end`.
    pub ends: Vec<Used>,
    /// `duration`.
    pub durations: Vec<Used>,
    /// `status` that says it was lifted, annulled or lost its ground.
    pub lifted: Vec<Used>,
}

/// The few values that the claims come to, whatever the day: a catalogue keeps them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The first day in force, where known.
    pub since: Option<Day>,
    /// The last day in force, where it has one.
    pub until: Option<Day>,
    /// True if nobody claims that last day itself: it follows from a start and a duration.
    pub is_computed: bool,
    /// What ended it before its time.
    pub lifted: Option<InForce>,
}

impl Bounds {
    /// Whether the designation is in force on a day.
    #[must_use]
    pub fn state(&self, today: Day) -> InForce {
        match (self.lifted, self.since, self.until) {
            (Some(lifted), _, _) => lifted,
            (None, _, Some(until)) if until < today => InForce::TermOver,
            (None, Some(since), _) if since > today => InForce::NotYet,
            (None, Some(_), Some(_)) => InForce::InForce,
            (None, Some(_), None) => InForce::OpenEnded,
            (None, None, _) => InForce::Unknown,
        }
    }
}

impl Bounds {
    /// The last day on which the state of a day still holds, where it changes by itself.
    #[must_use]
    pub fn holds_until(&self, today: Day) -> Option<Day> {
        match self.state(today) {
            InForce::InForce => self.until,
            InForce::NotYet => self.since.and_then(Day::previous),
            InForce::TermOver
            | InForce::OpenEnded
            | InForce::Unknown
            | InForce::Delisted
            | InForce::Annulled
            | InForce::AuthorityRevoked => None,
        }
    }
}

/// A claim that a computation used.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Used {
    /// The property.
    pub prop: String,
    /// The value, as text.
    pub value: String,
    /// When it holds, if the claim says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid: Option<String>,
    /// The claim.
    pub claim: ClaimId,
    /// Whose word it is.
    pub organisation: OrganisationId,
}

impl Terms {
    /// The claims of a designation that decide; `None` of any other record.
    #[must_use]
    pub fn of(record: RecordId, sheets: &Sheets, policy: &Policy) -> Option<Self> {
        if record.kind_code() != DESIGNATION {
            return None;
        }
        let spoken = Spoken::new(sheets.values(), policy);
        let all = |prop: &str| -> Vec<Used> { spoken.of(&[prop]).into_iter().filter_map(used).collect() };
        let mut starts = all("start");
        if starts.is_empty() {
            starts = all("listing_date");
        }
        let mut lifted = all("status");
        lifted.retain(|used| ending(&used.value).is_some());
        Some(Self { starts, ends: all("end"), durations: all("duration"), lifted })
    }

    /// What they come to on a day.
    #[must_use]
    pub fn state(&self, today: Day) -> DesignationState {
        let bounds = self.bounds();
        let why = match bounds.lifted {
            Some(_) => self.lifted.clone(),
            None => [&self.starts, &self.ends, &self.durations].into_iter().flatten().cloned().collect(),
        };
        DesignationState { state: bounds.state(today), since: bounds.since, until: bounds.until, why }
    }

    /// What of them decides on any day.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        let latest = |used: &Used| Edtf::parse(&used.value).ok()?.latest;
        let until = self.until();
        Bounds {
            since: self.starts.iter().filter_map(|used| Edtf::parse(&used.value).ok()?.earliest).min(),
            until,
            is_computed: until.is_some() && !self.ends.iter().any(|used| latest(used) == until),
            lifted: self.lifted.first().and_then(|used| ending(&used.value)),
        }
    }

    /// The latest end that anybody claims, by a date or by a duration.
    fn until(&self) -> Option<Day> {
        let ends = self.ends.iter().filter_map(|used| Edtf::parse(&used.value).ok()?.latest);
        let starts = self.starts.iter().filter_map(|used| Edtf::parse(&used.value).ok()?.latest);
        let starts: Vec<Day> = starts.collect::<BTreeSet<_>>().into_iter().collect();
        let terms = self.durations.iter().filter_map(|used| {
            // A renewal may say from when on it holds.
            match used.valid.as_deref().and_then(|valid| Edtf::parse(valid).ok()?.earliest) {
                Some(own) => after(own, &used.value),
                None => latest_end(&starts, &used.value),
            }
        });
        ends.chain(terms).max()
    }
}

/// The last day of a term: six months from 18 May end on 18 November.
fn after(start: Day, duration: &str) -> Option<Day> {
    let span: jiff::Span = is_duration(duration).then_some(duration)?.parse().ok()?;
    start.date().checked_add(span).ok().map(Day::from)
}

/// The latest last day of a term, of all its starts, ascending: a later start ends no sooner, unless past all days.
fn latest_end(starts: &[Day], duration: &str) -> Option<Day> {
    let within = starts.partition_point(|start| after(*start, duration).is_some());
    after(*starts.get(within.checked_sub(1)?)?, duration)
}

fn ending(status: &str) -> Option<InForce> {
    match status {
        "delisted" => Some(InForce::Delisted),
        "annulled" => Some(InForce::Annulled),
        "authority_revoked" => Some(InForce::AuthorityRevoked),
        _ => None,
    }
}

fn used((sheet, said): (&Sheet, &Said)) -> Option<Used> {
    let claim = &said.claim;
    Verdict::alone(DESIGNATION, claim).is_sound().then_some(())?;
    Some(Used {
        prop: claim.prop()?.to_owned(),
        value: claim.value().and_then(Json::as_text)?.to_owned(),
        valid: claim.text("valid").map(str::to_owned),
        claim: claim.id(),
        organisation: sheet.key.organisation,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(prop: &str, value: &str, valid: Option<&str>) -> Used {
        Used {
            prop: prop.to_owned(),
            value: value.to_owned(),
            valid: valid.map(str::to_owned),
            claim: ClaimId::ZERO,
            organisation: OrganisationId::ZERO,
        }
    }

    fn check(claims: &[(&str, &str, Option<&str>)], today: &str, expected: InForce) {
        let of = |prop: &str| {
            let claims = claims.iter().filter(|(found, _, _)| *found == prop);
            claims.map(|(prop, value, valid)| used(prop, value, *valid)).collect()
        };
        let terms = Terms { starts: of("start"), ends: of("end"), durations: of("duration"), lifted: of("status") };
        assert_eq!(terms.state(Day::parse(today).unwrap()).state, expected, "{claims:?} on {today}");
    }

    #[test]
    fn a_freeze_lapses_by_itself() {
        let freeze = [("start", "2018-05-18", None), ("duration", "P6M", None)];
        check(&freeze, "2018-05-17", InForce::NotYet);
        check(&freeze, "2018-05-18", InForce::InForce);
        check(&freeze, "2018-11-18", InForce::InForce);
        check(&freeze, "2018-11-19", InForce::TermOver);
        let renewed = [freeze[0], freeze[1], ("duration", "P6M", Some("2018-11-18/.."))];
        check(&renewed, "2018-11-19", InForce::InForce);
        check(&renewed, "2019-05-19", InForce::TermOver);
        let extended = [freeze[0], freeze[1], ("end", "2019-02-01", None)];
        check(&extended, "2019-02-01", InForce::InForce);
        check(&extended, "2019-02-02", InForce::TermOver);
    }

    #[test]
    fn what_is_not_claimed_is_not_guessed() {
        check(&[], "2018-05-18", InForce::Unknown);
        check(&[("start", "2018", None)], "2018-05-18", InForce::OpenEnded);
        check(&[("start", "some day", None)], "2018-05-18", InForce::Unknown);
        check(&[("start", "2018-05-18", None), ("duration", "half a year", None)], "2030-01-01", InForce::OpenEnded);
        check(&[("start", "2018-05-18", None), ("duration", "P999999Y", None)], "2030-01-01", InForce::OpenEnded);
        check(&[("end", "2018-05", None)], "2018-05-31", InForce::Unknown);
        check(&[("end", "2018-05", None)], "2018-06-01", InForce::TermOver);
        check(&[("start", "2018-05-18", None), ("status", "annulled", None)], "2018-06-01", InForce::Annulled);
    }
}
