//! Whether a designation is in force on the reader's day. MODEL §4, §7.11, §8 journey 2.
//!
//! Computed from dates that organisations claim, so that a freeze lapses by itself on a replica that is offline too. A
//! renewal is a later claim of `end` or `duration`: the latest end counts. Past it: term over, not verified.
//!
//! It is one organisation's word: whoever lifts or renews the measure of another does so in the own name, and is told beside it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::json::Json;
use crate::id::{ClaimId, EntryId, OrganisationId, RecordId};
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
    /// Whose word it is, where others come to something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrganisationId>,
    /// What it comes to by the word of each other organisation that says something else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OtherState>,
}

/// What a designation comes to by the word of another organisation.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OtherState {
    /// Whose word it is.
    pub organisation: OrganisationId,
    /// Whether it is in force.
    pub state: InForce,
    /// The first day in force, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Day>,
    /// The last day in force, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
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

impl InForce {
    /// True if it ended before its time.
    #[must_use]
    pub const fn is_lifted(self) -> bool {
        matches!(self, Self::Delisted | Self::Annulled | Self::AuthorityRevoked)
    }
}

/// The claims that decide, without a day: an index can keep them.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Terms {
    /// Whose claims these are: of the reader's first organisation, else of one that dates the beginning, and with whom most agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrganisationId>,
    /// `start`, or where nobody claims one `listing_date`.
    pub starts: Vec<Used>,
    /// `end`.
    pub ends: Vec<Used>,
    /// `duration`.
    pub durations: Vec<Used>,
    /// `status` that says it was lifted, annulled or lost its ground.
    pub lifted: Vec<Used>,
    /// The claims of each other organisation by whose word it comes to something else; they have no others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<OrganisationId, Self>,
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
        let all: Vec<Claimed> = Spoken::of_each(sheets, policy).into_iter().filter_map(Claimed::of).collect();
        let order = |one: &&Claimed| {
            let agreeing = all.iter().filter(|other| other.terms.bounds() == one.terms.bounds()).count();
            let is_bare = one.terms.starts.is_empty();
            (policy.rank(one.whose), is_bare, !one.lists, Reverse(agreeing), one.position)
        };
        let Some(first) = all.iter().min_by_key(order) else { return Some(Self::default()) };
        // Whom the reader puts first may speak of a measure that another dates.
        let base = all.iter().filter(|one| !one.terms.starts.is_empty()).min_by_key(order).unwrap_or(first);
        let terms = Self { organisation: Some(first.whose), ..base.terms.as_said_by(&first.terms) };
        let bounds = terms.bounds();
        let others = all.iter().filter(|other| other.whose != first.whose && other.terms != Self::default());
        let others = others.filter(|other| terms.as_said_by(&other.terms).bounds() != bounds);
        let others = others.map(|other| (other.whose, other.terms.clone())).collect();
        Some(Self { others, ..terms })
    }

    /// What these come to for another organisation: who dates the beginning himself speaks of all, and else of what he says alone.
    fn as_said_by(&self, other: &Self) -> Self {
        if !other.starts.is_empty() {
            return other.clone();
        }
        let both = |own: &[Used], theirs: &[Used]| own.iter().chain(theirs).cloned().collect();
        Self {
            organisation: None,
            starts: self.starts.clone(),
            ends: both(&self.ends, &other.ends),
            durations: both(&self.durations, &other.durations),
            lifted: if other.lifted.is_empty() { self.lifted.clone() } else { other.lifted.clone() },
            others: BTreeMap::new(),
        }
    }

    /// What they come to on a day.
    #[must_use]
    pub fn state(&self, today: Day) -> DesignationState {
        let bounds = self.bounds();
        let why = match bounds.lifted {
            Some(_) => self.lifted.clone(),
            None => [&self.starts, &self.ends, &self.durations].into_iter().flatten().cloned().collect(),
        };
        let state = bounds.state(today);
        let others = self.others.iter().map(|(whose, theirs)| {
            let theirs = self.as_said_by(theirs).bounds();
            OtherState { organisation: *whose, state: theirs.state(today), since: theirs.since, until: theirs.until }
        });
        let is_other =
            |other: &OtherState| (other.state, other.since, other.until) != (state, bounds.since, bounds.until);
        let others: Vec<OtherState> = others.filter(is_other).collect();
        let organisation = self.organisation.filter(|_| !others.is_empty());
        DesignationState { state, since: bounds.since, until: bounds.until, why, organisation, others }
    }

    /// What each other organisation's word comes to.
    pub fn further_bounds(&self) -> impl Iterator<Item = Bounds> + '_ {
        self.others.values().map(|theirs| self.as_said_by(theirs).bounds())
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

    /// The latest end that is claimed, by a date or by a duration.
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

/// What one organisation says of a designation's terms.
struct Claimed {
    whose: OrganisationId,
    terms: Terms,
    /// True if it says whom the measure names, who decided it or what it is.
    lists: bool,
    /// Where it dates the beginning, or else says anything.
    position: (u64, EntryId),
}

impl Claimed {
    fn of((whose, own): (OrganisationId, Spoken<'_>)) -> Option<Self> {
        let all = |prop: &str| -> Vec<Used> { own.of(&[prop]).into_iter().filter_map(used).collect() };
        let mut starts = all("start");
        if starts.is_empty() {
            starts = all("listing_date");
        }
        let mut lifted = all("status");
        lifted.retain(|used| ending(&used.value).is_some());
        let beginning = own.of(&["start", "listing_date"]);
        let position = beginning.first().map(|(_, said)| said.position());
        let position = position.or_else(|| own.all().map(Said::position).min())?;
        let lists = !own.of(&["authority", "measure", "subject"]).is_empty();
        let (ends, durations) = (all("end"), all("duration"));
        let terms = Terms { starts, ends, durations, lifted, ..Terms::default() };
        Some(Self { whose, terms, lists, position })
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
        let (starts, ends) = (of("start"), of("end"));
        let (durations, lifted) = (of("duration"), of("status"));
        let terms = Terms { starts, ends, durations, lifted, ..Terms::default() };
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
