//! What no organisation said: headline, contested, corroboration. DESIGN §6; MODEL §7.
//!
//! Only live claims that the policy lets count and that keep the model take part. Where several values stand, the headline says
//! so: never a silent pick.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::json::Json;
use crate::id::{ClaimId, OrganisationId, RecordId};
use crate::model::edtf::Edtf;
use crate::model::{Property, ValueType};
use crate::sheet::Claim;

use super::compare::{Range, count, value_text};
use super::material::distinct;
use super::{ShownClaim, contest};

/// What is worked out for one property.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Computed {
    /// One line, or one for each category of counts; none where no claim takes part.
    pub headlines: Vec<Headline>,
    /// True if claims of two organisations or cited bodies exclude each other.
    pub contested: bool,
    /// The claims that take part in that, ascending.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub contesting: BTreeSet<ClaimId>,
    /// For each value, on how much it rests.
    pub corroboration: Vec<Corroboration>,
}

/// Several values in one line, and what was done to them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Headline {
    /// What was done.
    pub how: How,
    /// Of counts: what is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Of counts: the lowest bound. Never a sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// Of counts: the highest bound; none means "or more".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// Of dates that differ: the earliest and the latest, as their authors wrote them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<(String, String)>,
    /// The different values, the reader's first ones first.
    pub values: Vec<Json>,
    /// How many bodies or organisations give them.
    pub accounts: usize,
    /// The line in plain words, without a language's grammar: `killed 43 to 49, 3 accounts`.
    pub text: String,
}

/// What a headline did to the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// All give the same value.
    Same,
    /// The lowest and the highest of several counts.
    Range,
    /// The earliest and the latest of several dates.
    Span,
    /// Several values side by side.
    Several,
}

/// On how much one value rests: by independent sources, not by the number of organisations that repeat it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Corroboration {
    /// The value.
    pub value: Json,
    /// Distinct sources that it rests on.
    pub sources: usize,
    /// Cited bodies, and organisations that speak for themselves.
    pub bodies: usize,
    /// Organisations that sign it.
    pub organisations: usize,
}

impl Computed {
    pub(super) fn of(property: Option<&Property>, claims: &[(ShownClaim, Claim)]) -> Self {
        let taking_part: Vec<_> = claims.iter().filter(|(shown, _)| shown.takes_part()).collect();
        let contesting = property.map(|property| contesting(property, &taking_part)).unwrap_or_default();
        Self {
            headlines: headlines(property, &taking_part),
            contested: !contesting.is_empty(),
            contesting,
            corroboration: corroboration(&taking_part),
        }
    }
}

/// Claims of different organisations or cited bodies that exclude each other.
fn contesting(property: &Property, claims: &[&(ShownClaim, Claim)]) -> BTreeSet<ClaimId> {
    let body = |shown: &ShownClaim| shown.according_to.as_ref().map(|body| body.record);
    let said: Vec<_> = claims.iter().map(|(shown, claim)| ((shown.organisation, body(shown)), claim)).collect();
    let places = contest::contesting(property, &said);
    places.into_iter().filter_map(|place| claims.get(place)).map(|(shown, _)| shown.id).collect()
}

/// Who says one value, and on what.
#[derive(Default)]
struct Support {
    sources: BTreeSet<RecordId>,
    speakers: BTreeSet<(Option<RecordId>, OrganisationId)>,
    organisations: BTreeSet<OrganisationId>,
}

fn corroboration(claims: &[&(ShownClaim, Claim)]) -> Vec<Corroboration> {
    let mut supports: BTreeMap<&Json, Support> = BTreeMap::new();
    for (shown, claim) in claims {
        let Some(value) = claim.value() else { continue };
        let support = supports.entry(value).or_default();
        support.sources.extend(claim.basis().into_iter().filter_map(|basis| basis.record));
        support.speakers.insert(shown.speaker());
        support.organisations.insert(shown.organisation);
    }
    let in_order = distinct(claims.iter().filter_map(|(_, claim)| claim.value()));
    let count = |value: &Json| {
        let support = supports.get(value)?;
        Some(Corroboration {
            value: value.clone(),
            sources: support.sources.len(),
            bodies: support.speakers.len(),
            organisations: support.organisations.len(),
        })
    };
    in_order.into_iter().filter_map(count).collect()
}

fn headlines(property: Option<&Property>, claims: &[&(ShownClaim, Claim)]) -> Vec<Headline> {
    // Texts in several languages are the same words for several readers.
    let mut groups: BTreeMap<String, Vec<&(ShownClaim, Claim)>> = BTreeMap::new();
    let is_count = property.is_some_and(|property| property.value == ValueType::Count);
    for item in claims {
        let category = item.1.value().filter(|_| is_count).and_then(count).map(|(category, _)| category);
        groups.entry(category.unwrap_or_default().to_owned()).or_default().push(item);
    }
    groups.into_iter().filter_map(|(category, claims)| headline(property, category, &claims)).collect()
}

fn headline(property: Option<&Property>, category: String, claims: &[&(ShownClaim, Claim)]) -> Option<Headline> {
    let valued = || claims.iter().filter_map(|(shown, claim)| Some((shown, claim.value()?)));
    let values: Vec<Json> = distinct(valued().map(|(_, value)| value)).into_iter().cloned().collect();
    let accounts = valued().map(|(shown, _)| shown.speaker()).collect::<BTreeSet<_>>().len();
    let mut headline = Headline {
        how: if values.len() == 1 { How::Same } else { How::Several },
        category: (!category.is_empty()).then(|| category.clone()),
        min: None,
        max: None,
        span: None,
        values,
        accounts,
        text: String::new(),
    };
    let told = if category.is_empty() { told(property, &mut headline)? } else { told_count(&category, &mut headline)? };
    let noun = if accounts == 1 { "account" } else { "accounts" };
    headline.text = format!("{told}, {accounts} {noun}");
    Some(headline)
}

fn told_count(category: &str, headline: &mut Headline) -> Option<String> {
    let ranges: Vec<Range> = headline.values.iter().filter_map(count).map(|(_, range)| range).collect();
    let min = ranges.iter().map(|range| range.min).min()?;
    let max = ranges.iter().map(|range| range.max.unwrap_or(i64::MAX)).max()?;
    let highest = ranges.iter().map(|range| range.max.unwrap_or(range.min)).max()?;
    let max = (max < i64::MAX).then_some(max);
    (headline.min, headline.max) = (Some(min), max);
    if headline.how == How::Several {
        headline.how = How::Range;
    }
    Some(match max {
        None if highest > min => format!("{category} {min} to {highest} or more"),
        _ => format!("{category} {}", Range { min, max }.text()),
    })
}

fn told(property: Option<&Property>, headline: &mut Headline) -> Option<String> {
    let first = headline.values.first()?;
    if headline.values.len() == 1 {
        return Some(value_text(first));
    }
    let is_date = property.is_some_and(|property| property.value == ValueType::Date && !property.cardinality.is_many());
    if let Some((first, last)) = span(&headline.values).filter(|_| is_date) {
        headline.how = How::Span;
        let text = if first == last { first.clone() } else { format!("{first} to {last}") };
        headline.span = Some((first, last));
        return Some(text);
    }
    let texts: Vec<_> = headline.values.iter().map(value_text).collect();
    Some(texts.join("; "))
}

/// The earliest and the latest of several dates, as their authors wrote them.
fn span(values: &[Json]) -> Option<(String, String)> {
    let mut dates = Vec::new();
    for value in values {
        let text = value.as_text()?;
        dates.push((Edtf::parse(text).ok()?, text));
    }
    let (_, first) = dates.iter().min_by_key(|(date, text)| (date.earliest, *text))?;
    let (_, last) = dates.iter().max_by_key(|(date, text)| (date.latest.is_none(), date.latest, *text))?;
    Some(((*first).to_owned(), (*last).to_owned()))
}
