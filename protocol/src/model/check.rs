//! What an author is refused before signing. MODEL §7, rules 1, 3, 4, 7 and 8.
//!
//! Rules that need more than the claims themselves stand elsewhere: markings need the space (2), a person named as a subject
//! needs a question to the author (5).

use std::fmt;

use super::property::{Property, ValueType};
use super::{kinds, values, vocabularies};
use crate::encoding::json::{Json, Object};
use crate::id::ClaimId;
use crate::limits;

/// One thing that an author should not sign, told as people are told: what, why, what to do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The stable code of the rule.
    pub code: &'static str,
    /// Where, such as `claims[2].value.lat`.
    pub path: String,
    /// Why it is refused.
    pub why: String,
    /// What to do.
    #[serde(rename = "try")]
    pub try_: String,
}

impl Problem {
    pub(super) fn new(code: &'static str, path: &str, why: String, try_: impl Into<String>) -> Self {
        Self { code, path: path.to_owned(), why, try_: try_.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.path, self.why)
    }
}

/// What was found so far.
pub(super) type Report = Vec<Problem>;

/// Returns what an author is refused in these claims on a record of a kind; empty if he may sign. MODEL §7.
///
/// `claims` are claim objects, `{prop, value, …}`, of one submission. Paths begin with `claims[n]`.
#[must_use]
pub fn check_claims(kind_code: u8, claims: &[Json]) -> Vec<Problem> {
    let mut report = Report::new();
    if super::kind(kind_code).is_none() {
        let why = format!("this version knows no kind of record with the code {kind_code}");
        report.push(Problem::new("unknown_kind", "claims", why, "use a newer version"));
        return report;
    }
    let is_weighed_elsewhere = claims.iter().any(carries_the_weight);
    for (index, claim) in claims.iter().enumerate() {
        let path = format!("claims[{index}]");
        match claim.as_object() {
            Some(claim) => one(kind_code, claim, &path, is_weighed_elsewhere, &mut report),
            None => report.push(Problem::new(
                "wrong_type",
                &path,
                "a claim is an object".into(),
                "write {\"prop\": …, \"value\": …}",
            )),
        }
    }
    attribution_has_a_subject(kind_code, claims, &mut report);
    stands_once(kind_code, claims, &mut report);
    report
}

/// The accusing claim of a record, whose basis, standard and wording serve the subjects it names. MODEL §4.
fn carries_the_weight(claim: &Json) -> bool {
    matches!(claim.get("prop").and_then(Json::as_text), Some("outcome" | "reason"))
}

fn one(kind_code: u8, claim: &Object, path: &str, is_weighed_elsewhere: bool, report: &mut Report) {
    fields(claim, path, report);
    for (key, value) in claim {
        values::normal_form(value, &format!("{path}.{key}"), report);
    }
    bounds(claim, path, report);
    let Some(property) = known_property(kind_code, claim, path, report) else { return };
    let Some(value) = claim.get("value") else {
        let why = format!("the claim of {} has no value", property.code);
        return report.push(Problem::new("missing_field", &format!("{path}.value"), why, "add a value"));
    };
    values::check(&property.value, value, &format!("{path}.value"), report);
    has_language(property, claim, path, report);
    let is_served = property.code == "subject" && is_weighed_elsewhere;
    if accuses(property, value) && !is_served {
        weight(property, claim, path, report);
    }
}

/// True if a claim of this property and value accuses somebody.
#[must_use]
pub fn accuses(property: &Property, value: &Json) -> bool {
    let is_accusing_topic =
        property.code == "topic" && !matches!(value.as_text(), Some("gov" | "gov.security" | "mil"));
    property.accuses || is_accusing_topic
}

fn known_property(kind_code: u8, claim: &Object, path: &str, report: &mut Report) -> Option<&'static Property> {
    let Some(code) = claim.get("prop").and_then(Json::as_text) else {
        report.push(Problem::new(
            "missing_field",
            &format!("{path}.prop"),
            "the claim names no property".into(),
            "add prop",
        ));
        return None;
    };
    let property = super::property(kind_code, code);
    if property.is_none() {
        let known: Vec<_> = super::properties(kind_code).map(|property| property.code).collect();
        let why = format!("{code:?} is no property of this kind");
        let try_ = match code {
            "body" => "say it with according_to on the claim outcome".to_owned(),
            "standard" | "wording" | "likelihood" | "confidence" => format!("{code} is a field of the accusing claim"),
            "state" => "the state is computed from start, end and duration; status is what a source said".to_owned(),
            _ => format!("use one of {}", known.join(", ")),
        };
        report.push(Problem::new("unknown_property", &format!("{path}.prop"), why, try_));
    }
    property
}

/// Checks the fields that any claim may have. MODEL §2.
fn fields(claim: &Object, path: &str, report: &mut Report) {
    for (key, value) in claim {
        let here = format!("{path}.{key}");
        match key.as_str() {
            "prop" | "value" => {}
            "lang" => language(value, &here, report),
            "original" => values::text(value, &here, report),
            "according_to" => values::reference(&[kinds::ORGANISATION], value, &here, report),
            "basis" => basis(value, &here, report),
            "standard" => values::code(&vocabularies::STANDARD, value, &here, report),
            "likelihood" => values::code(&vocabularies::LIKELIHOOD, value, &here, report),
            "confidence" => values::code(&vocabularies::CONFIDENCE, value, &here, report),
            "wording" => wording(value, &here, report),
            "reliability" => values::code(&vocabularies::RELIABILITY, value, &here, report),
            "credibility" => values::code(&vocabularies::CREDIBILITY, value, &here, report),
            "valid" => values::date(value, &here, report),
            "marking" => values::code(&vocabularies::MARKING, value, &here, report),
            "replaces" => replaces(value, &here, report),
            "nonce" => nonce(value, &here, report),
            _ => report.push(Problem::new(
                "unknown_field",
                &here,
                format!("{key} is no field of a claim"),
                "leave it out, or correct its spelling",
            )),
        }
    }
}

fn language(value: &Json, path: &str, report: &mut Report) {
    if !value.as_text().is_some_and(values::is_language) {
        let why = "lang is not a language code of BCP 47".to_owned();
        report.push(Problem::new("lang_not_bcp47", path, why, "write ar, en, fr, or zxx for what is in no language"));
    }
}

fn basis(value: &Json, path: &str, report: &mut Report) {
    let Some(items) = value.as_list() else {
        return report.push(Problem::new("wrong_type", path, "basis is a list".into(), "write [{\"source\": …}]"));
    };
    for (index, item) in items.iter().enumerate() {
        let here = format!("{path}[{index}]");
        match item.get("source") {
            Some(source) => {
                values::reference(&[kinds::SOURCE, kinds::EVIDENCE], source, &format!("{here}.source"), report)
            }
            None => {
                report.push(Problem::new("missing_member", &here, "source is missing".into(), "name the source record"))
            }
        }
        if let Some(locator) = item.get("locator") {
            values::text(locator, &format!("{here}.locator"), report);
        }
    }
}

fn wording(value: &Json, path: &str, report: &mut Report) {
    if let Some(code) = value.get("unavailable") {
        return values::code(&vocabularies::WORDING_UNAVAILABLE, code, &format!("{path}.unavailable"), report);
    }
    let (Some(text), Some(lang)) = (value.get("text"), value.get("lang")) else {
        let why = "a wording is the body's own words and their language, or says why they are not given".to_owned();
        let try_ = "write {\"text\": …, \"lang\": …}, or {\"unavailable\": \"not_seen\"}";
        return report.push(Problem::new("wrong_type", path, why, try_));
    };
    values::text(text, &format!("{path}.text"), report);
    language(lang, &format!("{path}.lang"), report);
}

fn replaces(value: &Json, path: &str, report: &mut Report) {
    if value.as_text().is_none_or(|text| ClaimId::parse(text).is_err()) {
        let why = "replaces takes the id of a claim: 64 hexadecimal digits".to_owned();
        report.push(Problem::new("not_a_claim", path, why, "isnad show --json prints the ids of claims"));
    }
}

fn nonce(value: &Json, path: &str, report: &mut Report) {
    if value.as_text().is_none_or(|text| crate::encoding::from_hex::<16>(text).is_none()) {
        let why = "a nonce is 32 hexadecimal digits in lower case".to_owned();
        report.push(Problem::new("wrong_type", path, why, "leave it out: the program draws one where it is needed"));
    }
}

/// Depth and size that a payload can hold, and the canonical profile.
fn bounds(claim: &Object, path: &str, report: &mut Report) {
    let claim = Json::Object(claim.clone());
    if depth(&claim) > limits::CLAIM_DEPTH || !claim.is_canonical() {
        let why = "the claim is nested too deep, or has a key or number that the format does not have".to_owned();
        report.push(Problem::new("not_canonical", path, why, "use the members listed for the property's type"));
    } else if claim.encode().len() > limits::CLAIM_BYTES {
        let why = format!("the claim has more than {} bytes", limits::CLAIM_BYTES);
        report.push(Problem::new("claim_too_large", path, why, "write long text as a narrative"));
    }
}

/// Levels of a value, a string or number being 1.
#[must_use]
pub fn depth(value: &Json) -> usize {
    let below = match value {
        Json::Bool(_) | Json::Int(_) | Json::Text(_) => 0,
        Json::List(items) => items.iter().map(depth).max().unwrap_or(0),
        Json::Object(members) => members.values().map(depth).max().unwrap_or(0),
    };
    below.saturating_add(1)
}

fn has_language(property: &Property, claim: &Object, path: &str, report: &mut Report) {
    let is_named =
        property.value == ValueType::Name && claim.get("value").is_some_and(|value| value.as_object().is_some());
    if (property.value == ValueType::Text || is_named) && !claim.contains_key("lang") {
        let why = format!("{} is a text, and says not in which language", property.code);
        report.push(Problem::new("missing_lang", &format!("{path}.lang"), why, "add lang, such as ar, en or fr"));
    }
}

/// An accusing claim has a basis, a standard and the body's words. MODEL §7.3.
fn weight(property: &Property, claim: &Object, path: &str, report: &mut Report) {
    let has_basis = claim.get("basis").and_then(Json::as_list).is_some_and(|items| !items.is_empty());
    let lacks = [
        (has_basis, "accusation_without_basis", "basis", "name the source: basis: [{\"source\": …}]"),
        (
            claim.contains_key("standard"),
            "accusation_without_standard",
            "standard",
            "choose the body's standard of proof; unstated is one",
        ),
        (
            claim.contains_key("wording"),
            "accusation_without_wording",
            "wording",
            "give the body's own words, or {\"unavailable\": \"not_seen\"} or \"paraphrase\"",
        ),
    ];
    for (has, code, field, try_) in lacks {
        if !has {
            let why = format!("{} accuses somebody, and has no {field}", property.code);
            report.push(Problem::new(code, &format!("{path}.{field}"), why, try_));
        }
    }
}

/// "Not determined" is an attribution to the record `unidentified`, not an empty field. MODEL §7.4.
fn attribution_has_a_subject(kind_code: u8, claims: &[Json], report: &mut Report) {
    let has = |prop: &str| claims.iter().any(|claim| claim.get("prop").and_then(Json::as_text) == Some(prop));
    let is_correction = claims.iter().any(|claim| carries_the_weight(claim) && claim.get("replaces").is_some());
    if kind_code == kinds::ATTRIBUTION && has("outcome") && !has("subject") && !is_correction {
        let why = "an attribution names whom it is about".to_owned();
        let try_ = "add a claim subject; where nobody was identified, point it to the record for that";
        report.push(Problem::new("attribution_without_subject", "claims", why, try_));
    }
}

/// Of a property that has one value, one submission says one.
fn stands_once(kind_code: u8, claims: &[Json], report: &mut Report) {
    for property in super::properties(kind_code).filter(|property| !property.cardinality.is_many()) {
        let said = |claim: &&Json| claim.get("prop").and_then(Json::as_text) == Some(property.code);
        if claims.iter().filter(said).count() > 1 {
            let why = format!("{} has one value, and these claims give several", property.code);
            report.push(Problem::new(
                "stands_twice",
                "claims",
                why,
                "keep one; say others according to others, one by one",
            ));
        }
    }
}

#[cfg(test)]
mod tests;
