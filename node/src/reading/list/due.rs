//! Measures that end soon, and those past their term of which nobody says that they were renewed. MODEL §8 journey 2.

use isnad_protocol::id::{OrganisationId, RecordId};
use isnad_protocol::model::kinds::DESIGNATION;
use isnad_protocol::time::Day;
use isnad_protocol::view::{Bounds, InForce, Listing, OtherState, Reference, Summary, Used};
use serde::{Deserialize, Serialize};

use super::filter::refused;
use crate::problem::Problem;
use crate::reading::{MadeOf, PolicyQuery, Reader, today};

/// What is due when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DueQuery {
    /// How far to look, as in `30d`, `4w`, `6m`, `1y`; 30 days if left out.
    pub within: Option<String>,
    /// Those too whose term is over.
    pub over: bool,
    /// The reader's day; today if left out.
    pub today: Option<Day>,
    /// The reader's language.
    pub lang: Option<String>,
    /// The reader's policy, where it is not that of isnad.toml.
    #[serde(flatten)]
    pub policy: PolicyQuery,
}

/// What ends from one day to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueWithin {
    /// The reader's day.
    pub today: Day,
    /// The last day that was looked at.
    pub until: Day,
    /// The measures, those that end first before the others.
    pub due: Vec<Due>,
    /// Of what they were found, by whose choice.
    pub made_of: MadeOf,
}

/// A measure that ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The designation.
    pub record: Reference,
    /// Its last day in force.
    pub until: Day,
    /// Days from the reader's day to that day; below zero if it is past.
    pub days_left: i32,
    /// Whether it is in force on the reader's day.
    pub state: InForce,
    /// True if nobody claims the last day itself: it is computed from a start and a duration.
    pub computed: bool,
    /// The titles or numbers of its legal grounds.
    pub legal_bases: Vec<String>,
    /// Who decided it.
    pub authorities: Vec<Reference>,
    /// Whom it names.
    pub subjects: Vec<Reference>,
    /// The claims that the last day follows from.
    pub why: Vec<Used>,
    /// Whose word it is, where others come to something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrganisationId>,
    /// What it comes to by the word of each other organisation that says something else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OtherState>,
    /// Live disputes of claims on the designation, whoever says them.
    pub disputes: usize,
    /// Live replies of its subjects.
    pub replies: usize,
}

impl Reader<'_> {
    /// Measures whose last day comes within a time, and on request those whose term is over.
    ///
    /// # Errors
    /// [`Problem`] if the time is not understood, or the index cannot be read.
    pub fn due(&self, query: &DueQuery) -> Result<DueWithin, Problem> {
        self.refresh()?;
        let today = query.today.unwrap_or_else(today);
        let until = later(today, query.within.as_deref().unwrap_or("30d"))?;
        let policy = self.policy(&query.policy, query.lang.as_deref())?;
        let is_due = |terms: Bounds| ending(terms, today, until, query.over);
        let mut due = Vec::new();
        if policy.is_default() {
            let mut found = self.rows_as_they_are(DESIGNATION, |record, row| {
                Some((row.all_terms().filter_map(is_due).max()?, record))
            })?;
            found.sort_unstable();
            for (last, record) in found {
                let summary = self.readable(record, self.kept_summary(record))?;
                due.extend(summary.map(|summary| self.due_of(summary, last, today)).transpose()?);
            }
        } else {
            // What the policy leaves out may be what decides: every summary is made anew.
            for record in self.rows_as_they_are(DESIGNATION, |record, _| Some(record))? {
                let summary = self.readable(record, self.summary_by(record, &policy, None))?;
                let Some(summary) = summary.flatten() else { continue };
                let all = summary.terms.iter().flat_map(|terms| terms.further_bounds().chain([terms.bounds()]));
                let last = all.filter_map(is_due).max();
                due.extend(last.map(|last| self.due_of(summary, last, today)).transpose()?);
            }
            due.sort_by_key(|due| (due.until, due.record.record));
        }
        let holds_until = due.iter().map(|due| due.until).filter(|last| *last >= today).min();
        Ok(DueWithin { today, until, made_of: self.made_of(DESIGNATION, &policy, today, holds_until), due })
    }

    fn due_of(&self, summary: Summary, until: Day, today: Day) -> Result<Due, Problem> {
        let Listing { organisation, authorities, legal_bases, subjects } = summary.listing.unwrap_or_default();
        let terms = summary.terms.unwrap_or_default();
        let named = |records: Vec<RecordId>| -> Result<Vec<Reference>, Problem> {
            records.into_iter().map(|record| self.named(record, organisation)).collect()
        };
        let state = terms.state(today);
        Ok(Due {
            record: Reference { record: summary.record, labels: summary.labels.into() },
            until,
            days_left: today.days_until(until),
            state: state.state,
            computed: terms.bounds().is_computed,
            legal_bases,
            authorities: named(authorities)?,
            subjects: named(subjects)?,
            why: state.why,
            organisation: state.organisation,
            others: state.others,
            disputes: summary.disputes,
            replies: summary.replies,
        })
    }

    /// A record, as the organisation calls it that names it here, else as most do.
    fn named(&self, record: RecordId, by: Option<OrganisationId>) -> Result<Reference, Problem> {
        let summary = self.readable(record, self.kept_summary(record))?;
        let labels =
            summary.map(|mut summary| by.and_then(|by| summary.named_by.remove(&by)).unwrap_or(summary.labels));
        Ok(Reference { record, labels: labels.unwrap_or_default().into() })
    }
}

/// The last day of a measure that was not lifted, if it is to be told of.
fn ending(terms: Bounds, today: Day, until: Day, tells_over: bool) -> Option<Day> {
    let last = terms.until.filter(|_| terms.lifted.is_none())?;
    let is_due = (today <= last && last <= until) || (tells_over && last < today);
    is_due.then_some(last)
}

/// The day a time later: a number, then days, weeks, months or years by a letter or word of the three languages.
fn later(today: Day, text: &str) -> Result<Day, Problem> {
    let text: String = text.trim().chars().map(western).collect();
    let at = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let number = number.parse::<u32>().ok().filter(|number| *number <= 100_000);
    let months = |number: u32, each: u32| u16::try_from(number.checked_mul(each)?).ok();
    let day = number.and_then(|number| match unit.trim() {
        "" | "d" | "day" | "days" | "j" | "jour" | "jours" | "يوم" | "يوما" | "أيام" => {
            today.later(0, number)
        }
        "w" | "week" | "weeks" | "semaine" | "semaines" | "أسبوع" | "أسابيع" => {
            today.later(0, number.checked_mul(7)?)
        }
        "m" | "month" | "months" | "mois" | "شهر" | "أشهر" | "شهرا" => today.later(months(number, 1)?, 0),
        "y" | "year" | "years" | "an" | "ans" | "سنة" | "سنوات" => today.later(months(number, 12)?, 0),
        _ => None,
    });
    day.ok_or_else(|| refused("due_within", &[]))
}

/// A digit as the Latin script writes it.
fn western(character: char) -> char {
    let digit = match character {
        '\u{660}'..='\u{669}' => u32::from(character).checked_sub(0x660),
        '\u{6f0}'..='\u{6f9}' => u32::from(character).checked_sub(0x6f0),
        _ => None,
    };
    digit.and_then(|digit| char::from_digit(digit, 10)).unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn a_time_is_said_in_days_weeks_months_or_years() {
        for (text, expected) in [
            ("30d", "2018-06-17"),
            ("30", "2018-06-17"),
            ("4w", "2018-06-15"),
            ("6m", "2018-11-18"),
            ("1y", "2019-05-18"),
            ("30 jours", "2018-06-17"),
            ("6 أشهر", "2018-11-18"),
            ("٣٠ يوما", "2018-06-17"),
            ("0d", "2018-05-18"),
        ] {
            assert_eq!(later(day("2018-05-18"), text).unwrap(), day(expected), "{text}");
        }
        for text in ["", "d", "30x", "-3d", "99999999999d", "100000y", "3.5d"] {
            assert_eq!(later(day("2018-05-18"), text).unwrap_err().code, "due_within", "{text}");
        }
    }

    #[test]
    fn what_ends_within_the_time_is_due_and_what_was_lifted_is_not() {
        let terms = |until: &str| Bounds { until: Some(day(until)), ..Bounds::default() };
        let is_due = |terms, over| ending(terms, day("2018-11-01"), day("2018-12-01"), over).is_some();
        assert!(is_due(terms("2018-11-01"), false) && is_due(terms("2018-12-01"), false));
        assert!(!is_due(terms("2018-12-02"), true) && !is_due(terms("2018-10-31"), false));
        assert!(is_due(terms("2018-10-31"), true) && !is_due(Bounds::default(), true));
        assert!(!is_due(Bounds { lifted: Some(InForce::Annulled), ..terms("2018-11-05") }, true));
    }
}
