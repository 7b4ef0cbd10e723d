//! What no organisation said: headline, contested, corroboration. DESIGN §6; MODEL §7.
//!
//! Only live claims that the policy lets count and that keep the model take part. Where several values stand, the headline says
//! so: never a silent pick.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::json::Json;
use crate::id::ClaimId;
use crate::model::edtf::Edtf;
use crate::model::{Property, ValueType};

use super::claims::Ranked;
use super::compare::{Range, count, value_text};
use super::independence::{Circle, Group};
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
    /// The value of those whom the reader's policy puts first, where others give another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<Json>,
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
    /// Origins that its bases lead to, where they are followed.
    #[serde(default)]
    pub independent_sources: usize,
    /// These origins, and the claims that lead to each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Claims that lead to no other origin than those before them: they repeat, and do not corroborate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub derivative: Vec<ClaimId>,
    /// Chains of bases that come back to where they began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub circular: Vec<Circle>,
    /// Claims that cite no body and name no basis: a member's word, and no source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_basis: Vec<ClaimId>,
    /// True if there was more to follow than the bounds allow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
}

impl Computed {
    /// All but the corroboration, for which sources are followed.
    pub(super) fn of(property: Option<&Property>, claims: &[Ranked<'_>]) -> Self {
        let taking_part: Vec<_> = claims.iter().copied().filter(|item| item.shown.takes_part()).collect();
        let contesting = property.map(|property| contesting(property, &taking_part)).unwrap_or_default();
        Self {
            headlines: headlines(property, &taking_part),
            contested: !contesting.is_empty(),
            contesting,
            corroboration: Vec::new(),
        }
    }
}

/// Claims of different organisations or cited bodies that exclude each other.
fn contesting(property: &Property, claims: &[Ranked<'_>]) -> BTreeSet<ClaimId> {
    let body = |shown: &ShownClaim| shown.according_to.as_ref().map(|body| body.record);
    let said: Vec<_> = claims.iter().map(|item| ((item.shown.organisation, body(item.shown)), item.claim)).collect();
    let places = contest::contesting(property, &said);
    places.into_iter().filter_map(|place| claims.get(place)).map(|item| item.shown.id).collect()
}

fn headlines(property: Option<&Property>, claims: &[Ranked<'_>]) -> Vec<Headline> {
    // Texts in several languages are the same words for several readers.
    let mut groups: BTreeMap<&str, Vec<Ranked<'_>>> = BTreeMap::new();
    let is_count = property.is_some_and(|property| property.value == ValueType::Count);
    for item in claims {
        let category = item.claim.value().filter(|_| is_count).and_then(count).map(|(category, _)| category);
        groups.entry(category.unwrap_or_default()).or_default().push(*item);
    }
    groups.into_iter().filter_map(|(category, claims)| headline(property, category.to_owned(), &claims)).collect()
}

fn headline(property: Option<&Property>, category: String, claims: &[Ranked<'_>]) -> Option<Headline> {
    let valued = || claims.iter().filter_map(|item| Some((item, item.claim.value()?)));
    let values: Vec<Json> = distinct(valued().map(|(_, value)| value)).into_iter().cloned().collect();
    let accounts = valued().map(|(item, _)| item.shown.speaker()).collect::<BTreeSet<_>>().len();
    let lead = lead(claims).filter(|_| values.len() > 1).cloned();
    let mut headline = Headline {
        how: if values.len() == 1 { How::Same } else { How::Several },
        category: (!category.is_empty()).then(|| category.clone()),
        min: None,
        max: None,
        span: None,
        lead,
        values,
        accounts,
        text: String::new(),
    };
    let told = if category.is_empty() { told(property, &mut headline)? } else { told_count(&category, &mut headline)? };
    let noun = if accounts == 1 { "account" } else { "accounts" };
    // Never a silent pick: whose value comes first is told beside what all say.
    let lead = headline.lead.as_ref().map(|lead| format!("{}, by the reader's policy; ", value_text(lead)));
    headline.text = format!("{}{told}, {accounts} {noun}", lead.unwrap_or_default());
    Some(headline)
}

/// The one value of those whom the reader puts before all others that speak; none where they differ among themselves.
fn lead<'a>(claims: &[Ranked<'a>]) -> Option<&'a Json> {
    let first = claims.iter().map(|item| item.rank).min()?;
    let is_told = |item: &&Ranked<'_>| item.rank == first;
    if first == (usize::MAX, usize::MAX) {
        return None;
    }
    let mut values = claims.iter().filter(is_told).filter_map(|item| item.claim.value());
    let lead = values.next()?;
    values.all(|value| value == lead).then_some(lead)
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
