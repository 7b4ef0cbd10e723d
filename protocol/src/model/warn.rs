//! What is signed and shown all the same, with a flag: the part that the claim itself shows. MODEL §7, rules 13 to 16.
//!
//! What needs other claims or records stands in `view/flags.rs`, which asks here too, so that an author is warned of what
//! readers will see.

use std::collections::{BTreeMap, BTreeSet};

use super::edtf::Edtf;
use super::kinds::SUBJECT;
use super::path::Path;
use super::problem::{found, told};
use super::property::{Member, Property, ValueType};
use super::values;
use crate::encoding::json::Json;
use crate::id::RecordId;
use crate::locale::Language;
use crate::time::Day;

mod scripts;
mod symbol;

pub use scripts::{Script, mixed, scripts};
pub use symbol::{Body, has_form};

/// One thing that readers are told beside a claim. The words stand in the locales under `warning.<code>`, and in a word under
/// `flag.<code>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Warning {
    /// The stable code of the rule.
    pub code: String,
    /// Where, such as `value.as_of`; `claims` for the record as a whole.
    pub path: String,
    /// What the text names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

/// Every code, for tests and documentation.
pub const CODES: &[&str] = &[
    "unstated_in_public",
    "minor_accused",
    "dead_accused",
    "term_without_end",
    "term_over",
    "beyond_mandate",
    "before_1915",
    "in_future",
    "place_apart",
    "judgement_chain",
    "judgement_chain_cut",
    "same_as_kinds",
    "symbol_form",
    "no_as_of",
    "derivative",
    "missing_required",
    "mixed_scripts",
    "reply_of_another",
    "sanctioned_without_measure",
    "said_of_nobody_known",
];

impl Warning {
    pub(crate) fn new<const N: usize>(code: &'static str, path: &str, values: [(&'static str, String); N]) -> Self {
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { code: code.to_owned(), path: path.to_owned(), values }
    }

    /// The sentence, in a language.
    #[must_use]
    pub fn text_in(&self, language: Language) -> String {
        told(language, &format!("warning.{}", self.code), &self.values)
    }
}

/// The first day of 1915: no chemical weapon was used on a large scale before.
const FIRST_YEAR: i16 = 1915;

/// Warnings that a value of a property gives by itself, as read on a day. It keeps the model: nothing is said of what does not.
#[must_use]
pub fn of_claim(record: RecordId, code: &str, value: &Json, today: Day) -> Vec<Warning> {
    super::property(record.kind_code(), code).map(|known| of_value(record, known, value, today)).unwrap_or_default()
}

/// The same, where the property is found already.
pub(crate) fn of_value(record: RecordId, property: &Property, value: &Json, today: Day) -> Vec<Warning> {
    let mut warnings = Vec::new();
    walk(&property.value, value, Path::Top("value"), &mut |kind, value, path| match kind {
        ValueType::Date => date(property, value, path, today, &mut warnings),
        ValueType::Name => warnings.extend(name(value, path)),
        ValueType::Count if value.get("as_of").is_none() => {
            warnings.push(Warning::new("no_as_of", &path.member("as_of").to_string(), []));
        }
        _ => {}
    });
    if property.code == "judgement" {
        warnings.extend(judged(record, value));
    }
    warnings
}

/// Properties that a new record should have and does not. Those that the space may not hold are not missed.
#[must_use]
pub fn missing(kind: u8, claims: &[Json], is_restricted: bool) -> Vec<Warning> {
    let said: BTreeSet<&str> = claims.iter().filter_map(|claim| claim.get("prop").and_then(Json::as_text)).collect();
    let is_due = |property: &&Property| {
        let may_stand = is_restricted || !property.restricted_only;
        property.cardinality.min() > 0 && may_stand && !said.contains(property.code)
    };
    let missing = super::properties(kind).filter(is_due);
    missing
        .map(|property| Warning::new("missing_required", "claims", [("property", property.code.to_owned())]))
        .collect()
}

/// Visits a value and its members, with the type of each.
fn walk(kind: &ValueType, value: &Json, path: Path<'_>, visit: &mut impl FnMut(&ValueType, &Json, Path<'_>)) {
    visit(kind, value, path);
    let members: &[Member] = match kind {
        ValueType::Shape(members) => members,
        ValueType::Count => values::COUNT,
        ValueType::Place => {
            let names = value.get("names").and_then(Json::as_list).unwrap_or_default();
            for (index, name) in names.iter().enumerate() {
                visit(&ValueType::Name, name, path.member("names").item(index));
            }
            return;
        }
        _ => return,
    };
    for member in members {
        if let Some(value) = value.get(member.key) {
            walk(&member.value, value, path.member(member.key), visit);
        }
    }
}

/// Rule 13. What is yet to come may well be said of: an end, a deadline, the beginning of a measure.
fn date(property: &Property, value: &Json, path: Path<'_>, today: Day, warnings: &mut Vec<Warning>) {
    let Some(date) = value.as_text().and_then(|text| Edtf::parse(text).ok()) else { return };
    let values = || [("date", found(value.as_text().unwrap_or_default()))];
    let is_of_a_life = matches!(property.code, "birth_date" | "accession" | "withdrawal");
    let is_early = date.latest.is_some_and(|last| last.date().year() < FIRST_YEAR);
    if is_early && !is_of_a_life {
        warnings.push(Warning::new("before_1915", &path.to_string(), values()));
    }
    let may_come = matches!(
        property.code,
        "start" | "end" | "deadline" | "due_date" | "accession" | "withdrawal" | "consent" | "step"
    );
    if !may_come && date.earliest.is_some_and(|first| first > today) {
        warnings.push(Warning::new("in_future", &path.to_string(), values()));
    }
}

fn name(value: &Json, path: Path<'_>) -> Option<Warning> {
    let text = values::name_text(value).filter(|text| mixed(text))?;
    Some(Warning::new("mixed_scripts", &path.to_string(), [("name", found(text))]))
}

/// A person is no incident: rule 14. Subjects and organisations may be the same body.
fn judged(record: RecordId, value: &Json) -> Option<Warning> {
    let text = |key: &str| value.get(key).and_then(Json::as_text);
    let other = RecordId::parse(text("record")?).ok()?;
    let is_same = text("relation") == Some("same_as") && text("verdict") == Some("positive");
    let kinds = BTreeSet::from([record.kind_code(), other.kind_code()]);
    let is_apart = kinds.len() > 1 && kinds != BTreeSet::from([SUBJECT, super::kinds::ORGANISATION]);
    (is_same && is_apart).then(|| Warning::new("same_as_kinds", "value.record", []))
}

#[cfg(test)]
mod tests;
