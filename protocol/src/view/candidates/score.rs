//! Why two records may be the same, and how much each reason weighs.
//!
//! Weights add up, as in nomenklatura's rules and in the model of Fellegi and Sunter (1969) behind Splink; they are chosen by
//! hand, whole numbers, and each is shown. What speaks against has a weight below zero.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::kinds::{DESIGNATION, INCIDENT, ORGANISATION, SUBJECT};
use crate::model::vocabularies;
use crate::time::Day;

use super::Reason;
use super::names::Name;
use super::traits::Traits;

/// The reasons for and against, in the order in which people ask: where, when, what, who.
pub(super) fn reasons(kind: u8, first: &Traits, second: &Traits) -> Vec<Reason> {
    let mut reasons = Vec::new();
    reasons.extend(place(first, second));
    reasons.extend(date(kind, first, second));
    reasons.extend(agents(first, second));
    reasons.extend(identifiers(first, second));
    reasons.extend(links(kind, first, second));
    if kind == SUBJECT {
        reasons.extend(births(first, second));
    }
    if matches!(kind, SUBJECT | ORGANISATION) {
        reasons.extend(countries(first, second));
    }
    // One thing under one number may have had two names.
    let is_identified = reasons.iter().any(|reason| reason.code == "identifier_equal");
    // Titles of incidents say place and date again, cost most to compare, and carry no pair that is not near already.
    let sum = reasons.iter().fold(0_i32, |sum, reason| sum.saturating_add(reason.weight));
    if kind == INCIDENT && sum < NEAR {
        return reasons;
    }
    reasons.extend(names(kind, first, second).filter(|reason| reason.weight > 0 || !is_identified));
    reasons
}

/// Incidents with less than this for place, date and agent are not compared by name.
const NEAR: i32 = 30;

fn reason(code: &str, weight: i32, values: &[(&str, String)]) -> Reason {
    let values: BTreeMap<_, _> = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Reason { code: code.to_owned(), weight, values }
}

fn place(first: &Traits, second: &Traits) -> Option<Reason> {
    let all = first.points.iter().flat_map(|point| second.points.iter().map(|other| point.metres(*other)));
    if let Some(metres) = all.min() {
        let weight = match metres {
            0..=100 => 40,
            101..=1_000 => 36,
            1_001..=5_000 => 28,
            5_001..=25_000 => 14,
            25_001..=100_000 => -20,
            _ => -50,
        };
        return Some(match metres {
            0..=9_999 => reason("metres", weight, &[("metres", metres.to_string())]),
            _ => reason("kilometres", weight, &[("kilometres", metres.saturating_div(1_000).to_string())]),
        });
    }
    let (likeness, one, other) = best(&first.places, &second.places)?;
    let values = [("first", one.text.clone()), ("second", other.text.clone()), ("percent", likeness.to_string())];
    (likeness >= 80).then(|| reason("place_names", 25, &values))
}

/// Days between two spans, 0 if they overlap.
fn apart(first: (Day, Day), second: (Day, Day)) -> i64 {
    let days = |from: Day, to: Day| to.date().duration_since(from.date()).as_hours().saturating_div(24);
    days(first.1, second.0).max(days(second.1, first.0)).max(0)
}

fn nearest(first: &BTreeSet<(Day, Day)>, second: &BTreeSet<(Day, Day)>) -> Option<(i64, bool)> {
    let all = first
        .iter()
        .flat_map(|one| second.iter().map(|other| (apart(*one, *other), is_vague(*one) || is_vague(*other))));
    all.min()
}

fn is_vague(span: (Day, Day)) -> bool {
    span.1.date().duration_since(span.0.date()).as_hours() > 24 * 7
}

fn date(kind: u8, first: &Traits, second: &Traits) -> Option<Reason> {
    let (days, is_vague) = nearest(&first.dates, &second.dates)?;
    if kind != INCIDENT {
        let weight = match (days, is_vague) {
            (0, true) => 10,
            (0, false) => 20,
            // Measures are renewed in the same words, and books have editions.
            _ => -40,
        };
        return Some(told(days, is_vague, weight));
    }
    let weight = match days {
        0 if is_vague => 15,
        0 => 40,
        1 => 34,
        2..=3 => 28,
        4..=14 => 20,
        15..=31 => 10,
        32..=365 => -40,
        _ => -60,
    };
    Some(told(days, is_vague, weight))
}

fn told(days: i64, is_vague: bool, weight: i32) -> Reason {
    match (days, is_vague) {
        (0, true) => reason("dates_overlap", weight, &[]),
        (0, false) => reason("same_date", weight, &[]),
        (1, _) => reason("next_day", weight, &[]),
        _ => reason("days", weight, &[("days", days.to_string())]),
    }
}

fn births(first: &Traits, second: &Traits) -> Option<Reason> {
    match nearest(&first.births, &second.births)? {
        (0, true) => Some(reason("births_overlap", 12, &[])),
        (0, false) => Some(reason("same_birth", 25, &[])),
        _ => Some(reason("births_differ", -35, &[])),
    }
}

fn agents(first: &Traits, second: &Traits) -> Option<Reason> {
    if let Some(agent) = first.agents.intersection(&second.agents).next() {
        return Some(reason("agent_equal", 15, &[("agent", agent.clone())]));
    }
    let class = |code: &String| vocabularies::AGENTS.iter().find(|agent| agent.code == code).map(|agent| agent.class);
    let classes = |agents: &BTreeSet<String>| agents.iter().filter_map(class).collect::<BTreeSet<_>>();
    let (ours, theirs) = (classes(&first.agents), classes(&second.agents));
    if let Some(class) = ours.intersection(&theirs).find(|class| **class != "unknown") {
        return Some(reason("agent_class", 8, &[("class", (*class).to_owned())]));
    }
    let is_known = |classes: &BTreeSet<&str>| classes.iter().any(|class| *class != "unknown");
    (is_known(&ours) && is_known(&theirs)).then(|| reason("agents_differ", -15, &[]))
}

fn identifiers(first: &Traits, second: &Traits) -> Vec<Reason> {
    let both =
        first.identifiers.iter().filter_map(|(scheme, ours)| Some((scheme, ours, second.identifiers.get(scheme)?)));
    let told = both.filter_map(|(scheme, ours, theirs)| match ours.intersection(theirs).next() {
        // One act names many.
        Some(value) => Some(reason(
            "identifier_equal",
            if scheme == "legal_basis" { 35 } else { 60 },
            &[("scheme", scheme.clone()), ("value", value.clone())],
        )),
        // Of one thing there are several addresses and legal bases: that they differ says nothing.
        None if matches!(&**scheme, "url" | "legal_basis") => None,
        None => Some(reason("identifiers_differ", -40, &[("scheme", scheme.clone())])),
    });
    // Two addresses of one page are one reason.
    told.take(2).collect()
}

/// Records that both name: what they have in common, and what they ought to have.
fn links(kind: u8, first: &Traits, second: &Traits) -> Vec<Reason> {
    let both = first.links.iter().filter_map(|(prop, ours)| Some((prop, ours, second.links.get(prop)?)));
    let told = both.filter_map(|(prop, ours, theirs)| {
        let is_shared = !ours.is_disjoint(theirs);
        let weight = match (&**prop, is_shared) {
            ("subject_type", true) => return None,
            ("incident", true) if kind == DESIGNATION => 10,
            ("incident", true) => 35,
            ("authority" | "subject", true) => 25,
            ("forum" | "body", true) => 20,
            (_, true) => 10,
            ("document", false) => return None,
            ("incident", false) if kind == DESIGNATION => return None,
            (_, false) => -40,
        };
        let code = if is_shared { "link_equal" } else { "links_differ" };
        Some(reason(code, weight, &[("property", prop.clone())]))
    });
    told.collect()
}

fn countries(first: &Traits, second: &Traits) -> Option<Reason> {
    if let Some(country) = first.countries.intersection(&second.countries).next() {
        return Some(reason("country_equal", 8, &[("country", country.to_uppercase())]));
    }
    let both = !first.countries.is_empty() && !second.countries.is_empty();
    both.then(|| reason("countries_differ", -10, &[]))
}

fn names(kind: u8, first: &Traits, second: &Traits) -> Option<Reason> {
    let (likeness, one, other) = best(&first.names, &second.names)?;
    let whole = match kind {
        INCIDENT => 10,
        SUBJECT | ORGANISATION if one.word_count().min(other.word_count()) == 1 => 58,
        SUBJECT | ORGANISATION => 72,
        _ => 45,
    };
    // Below this, two names have no more in common than any two.
    let weight = match i32::from(likeness) {
        0..70 if matches!(kind, SUBJECT | ORGANISATION) => -30,
        0..70 => return None,
        likeness => likeness.saturating_sub(60).saturating_mul(whole).saturating_div(40),
    };
    let values = [("first", one.text.clone()), ("second", other.text.clone()), ("percent", likeness.to_string())];
    Some(reason("names", weight, &values))
}

/// The two names that are most alike.
pub(super) fn best<'a>(first: &'a [Name], second: &'a [Name]) -> Option<(u8, &'a Name, &'a Name)> {
    let all = first.iter().flat_map(|one| second.iter().map(move |other| (one.likeness(other), one, other)));
    // Of equal ones the longer says more; then the order of the alphabet decides, so that each replica tells the same.
    all.max_by(|one, other| {
        let rank = |pair: &(u8, &Name, &Name)| (pair.0, pair.1.word_count());
        rank(one).cmp(&rank(other)).then_with(|| (&other.1.text, &other.2.text).cmp(&(&one.1.text, &one.2.text)))
    })
}
