//! What an author is refused before signing, as far as the claims on one record show it. MODEL §7, rules 1, 3, 4, 7 and 8.
//!
//! Rules that need more than that (the space, whether the record is new, what is said beside it) stand in
//! `check/submission.rs`: 2, 5 and 6.

use super::path::Path;
use super::problem::{List, Problem, found};
use super::property::{Property, ValueType};
use super::{kinds, values, vocabularies};
use crate::encoding::json::{Json, Object};
use crate::id::ClaimId;
use crate::limits;
use crate::sheet::Claim;

mod parties;
mod submission;

pub use parties::is_tried;
pub use submission::{
    Accused, Known, Setting, SubjectType, Submission, Submitted, accused_by, check_record, check_submission,
    is_accusing,
};

/// What was found so far.
pub(super) type Report = Vec<Problem>;

/// Returns what an author is refused in these claims on a record of a kind; empty if he may sign. MODEL §7.
///
/// `claims` are claim objects, `{prop, value, …}`, of one submission. Paths begin with `claims[n]`.
#[must_use]
pub fn check_claims(kind_code: u8, claims: &[Json]) -> Vec<Problem> {
    let mut report = Report::new();
    if super::kind(kind_code).is_none() {
        report.push(Problem::new("unknown_kind", "claims", [("found", kind_code.to_string())]));
        return worded(report);
    }
    let is_weighed_elsewhere = claims.iter().any(carries_the_weight);
    for (index, claim) in claims.iter().enumerate() {
        let mut own = Report::new();
        one((kind_code, is_weighed_elsewhere), (claim, size(claim)), Path::Top("claims").item(index), &mut own);
        report.extend(own);
    }
    attribution_has_a_subject(kind_code, claims, &mut report);
    stands_once(kind_code, claims, &mut report);
    worded(report)
}

/// Returns what an author is refused in the words with which he takes something back; `path` says where they stand. They are held
/// against the rules of any other text. MODEL §3, §7.7.
#[must_use]
pub fn check_note(note: &str, path: &str) -> Vec<Problem> {
    let (note, mut report) = (Json::text(note), Report::new());
    values::prose(&note, Path::Top(""), &mut report);
    values::normal_form(&note, Path::Top(""), &mut report);
    worded(report.into_iter().map(|problem| problem.below(path)).collect())
}

/// What was found, with its texts.
fn worded(report: Report) -> Report {
    report.into_iter().map(Problem::worded).collect()
}

/// True if enough is found in a claim: whoever signs a list of ten thousand wrong items has no reader wait for each of them.
pub(super) const fn is_enough(report: &Report) -> bool {
    report.len() >= limits::PROBLEMS_IN_CLAIM
}

/// What is wrong with a claim that is said already, as the first of its submission, without its texts. On a record of an unknown
/// kind nothing is.
///
/// `is_weighed_elsewhere` says that the accusing claim of the record stands beside it.
pub(crate) fn check_said(kind_code: u8, claim: &Claim, is_weighed_elsewhere: bool) -> Vec<Problem> {
    let mut report = Report::new();
    if super::kind(kind_code).is_some() {
        let sized = (claim.json(), Some(claim.bytes()));
        one((kind_code, is_weighed_elsewhere), sized, Path::Top("claims").item(0), &mut report);
    }
    report
}

/// The accusing claim of a record, whose basis, standard and wording serve the subjects it names. MODEL §4.
fn carries_the_weight(claim: &Json) -> bool {
    matches!(claim.get("prop").and_then(Json::as_text), Some("outcome" | "reason"))
}

/// Texts of one line: a title of several would begin lines of a page.
const ONE_LINE: [&str; 3] = ["title", "birth_place", "position"];

fn one(
    (kind_code, is_weighed_elsewhere): (u8, bool),
    (claim, size): (&Json, Option<usize>),
    path: Path<'_>,
    report: &mut Report,
) {
    let Some(members) = claim.as_object() else {
        return values::wrong(path, "due.claim", r#"{"prop": "title", "value": "…", "lang": "ar"}"#, report);
    };
    // What no payload can hold has no form that could be judged: all else is asked once that is mended.
    let Some(bytes) = size else { return report.push(Problem::new("not_canonical", path, [])) };
    fields(members, path, report);
    for (key, value) in members {
        values::normal_form(value, path.member(key), report);
    }
    if bytes > limits::CLAIM_BYTES {
        report.push(Problem::new("claim_too_large", path, [("max", limits::CLAIM_BYTES.to_string())]));
    }
    let Some(property) = known_property(kind_code, members, path, report) else { return };
    let Some(value) = members.get("value") else {
        return report.push(Problem::new("missing_field", path.member("value"), [("field", "value".to_owned())]));
    };
    values::check(&property.value, value, path.member("value"), report);
    if ONE_LINE.contains(&property.code) && report.is_empty() {
        values::one_line(value, path.member("value"), report);
    }
    has_language(property, members, path, report);
    let is_served = property.code == "subject" && is_weighed_elsewhere;
    if accuses(property, value) && !is_served {
        weight(property, members, path, report);
    }
}

/// True if a claim of this property and value accuses somebody.
#[must_use]
pub fn accuses(property: &Property, value: &Json) -> bool {
    let is_accusing_topic =
        property.code == "topic" && !matches!(value.as_text(), Some("gov" | "gov.security" | "mil"));
    property.accuses || is_accusing_topic
}

fn known_property(kind_code: u8, claim: &Object, path: Path<'_>, report: &mut Report) -> Option<&'static Property> {
    let Some(code) = claim.get("prop").and_then(Json::as_text) else {
        report.push(Problem::new("missing_field", path.member("prop"), [("field", "prop".to_owned())]));
        return None;
    };
    let property = super::property(kind_code, code);
    if property.is_none() {
        let known: Vec<_> = super::properties(kind_code).map(|property| property.code).collect();
        let values = [("found", found(code)), ("known", known.join(", "))];
        let problem = Problem::new("unknown_property", path.member("prop"), values);
        report.push(match code {
            "body" => problem.advising("body"),
            "standard" | "wording" | "likelihood" | "confidence" => problem.advising("field"),
            "state" => problem.advising("state"),
            _ => problem.near(List::Properties(kind_code), code),
        });
    }
    property
}

/// Checks the fields that any claim may have. MODEL §2.
fn fields(claim: &Object, path: Path<'_>, report: &mut Report) {
    for (key, value) in claim {
        if is_enough(report) {
            break;
        }
        let here = path.member(key);
        match key.as_str() {
            "prop" | "value" => {}
            "lang" => language(value, here, report),
            // A string: in the place of a value alone may a narrative be pointed to.
            "original" => values::prose(value, here, report),
            "according_to" => values::check(&ValueType::Ref(&[kinds::ORGANISATION]), value, here, report),
            "basis" => basis(value, here, report),
            "standard" => values::check(&ValueType::Code(&vocabularies::STANDARD), value, here, report),
            "likelihood" => values::check(&ValueType::Code(&vocabularies::LIKELIHOOD), value, here, report),
            "confidence" => values::check(&ValueType::Code(&vocabularies::CONFIDENCE), value, here, report),
            "wording" => wording(value, here, report),
            "reliability" => values::check(&ValueType::Code(&vocabularies::RELIABILITY), value, here, report),
            "credibility" => values::check(&ValueType::Code(&vocabularies::CREDIBILITY), value, here, report),
            "valid" => values::check(&ValueType::Date, value, here, report),
            "marking" => values::check(&ValueType::Code(&vocabularies::MARKING), value, here, report),
            "replaces" => replaces(value, here, report),
            "nonce" => nonce(value, here, report),
            _ => report.push(Problem::new("unknown_field", here, [("found", found(key))])),
        }
    }
}

fn language(value: &Json, path: Path<'_>, report: &mut Report) {
    if !value.as_text().is_some_and(values::is_language) {
        report.push(Problem::new("lang_not_bcp47", path, []));
    }
}

/// A list of `{source, locator?}`; `evidence` is read for `source` where others wrote it so.
fn basis(value: &Json, path: Path<'_>, report: &mut Report) {
    const EXAMPLE: &str = r#"[{"source": "source/8690e26d4f0b1c2d3e4f5061728394", "locator": "p. 3"}]"#;
    const SOURCE: ValueType = ValueType::Ref(&[kinds::SOURCE, kinds::EVIDENCE]);
    let Some(items) = value.as_list() else { return values::wrong(path, "due.list", EXAMPLE, report) };
    for (index, item) in items.iter().enumerate() {
        if is_enough(report) {
            break;
        }
        let here = path.item(index);
        match item.get("source") {
            Some(source) => values::check(&SOURCE, source, here.member("source"), report),
            None => {
                let values = [("member", "source".to_owned()), ("example", EXAMPLE.to_owned())];
                report.push(Problem::new("missing_member", here, values));
            }
        }
        if let Some(locator) = item.get("locator") {
            values::line(locator, here.member("locator"), report);
        }
        if let Some(members) = item.as_object() {
            // What else stands in one would be signed, and shown to nobody.
            values::unknown_members(members, |key| matches!(key, "source" | "locator"), here, report);
        }
    }
}

fn wording(value: &Json, path: Path<'_>, report: &mut Report) {
    const WHY_NOT: ValueType = ValueType::Code(&vocabularies::WORDING_UNAVAILABLE);
    const EXAMPLE: &str = r#"{"text": "…", "lang": "en"}, {"unavailable": "not_seen"}"#;
    // The one or the other: what says that nobody has the words must not bring some along.
    let count = value.as_object().map_or(0, Object::len);
    match (value.get("unavailable"), value.get("text"), value.get("lang")) {
        (Some(code), None, None) if count == 1 => values::check(&WHY_NOT, code, path.member("unavailable"), report),
        (None, Some(text), Some(lang)) if count == 2 => {
            values::prose(text, path.member("text"), report);
            language(lang, path.member("lang"), report);
        }
        _ => values::wrong(path, "due.wording", EXAMPLE, report),
    }
}

fn replaces(value: &Json, path: Path<'_>, report: &mut Report) {
    if value.as_text().is_none_or(|text| ClaimId::parse(text).is_err()) {
        report.push(Problem::new("not_a_claim", path, []));
    }
}

fn nonce(value: &Json, path: Path<'_>, report: &mut Report) {
    if value.as_text().is_none_or(|text| crate::encoding::from_hex::<16>(text).is_none()) {
        values::wrong(path, "due.nonce", "00112233445566778899aabbccddeeff", report);
    }
}

/// The canonical bytes of a claim; `None` if it has no canonical form, or is too deep for a payload.
fn size(claim: &Json) -> Option<usize> {
    (depth(claim) <= limits::CLAIM_DEPTH && claim.is_canonical()).then(|| claim.encoded_len())
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

fn has_language(property: &Property, claim: &Object, path: Path<'_>, report: &mut Report) {
    let is_named =
        property.value == ValueType::Name && claim.get("value").is_some_and(|value| value.as_object().is_some());
    if (property.value == ValueType::Text || is_named) && !claim.contains_key("lang") {
        let values = [("property", property.code.to_owned())];
        report.push(Problem::new("missing_lang", path.member("lang"), values));
    }
}

/// An accusing claim has a basis, a standard and the body's words. MODEL §7.3.
fn weight(property: &Property, claim: &Object, path: Path<'_>, report: &mut Report) {
    let has_basis = claim.get("basis").and_then(Json::as_list).is_some_and(|items| !items.is_empty());
    let lacks = [
        (has_basis, "accusation_without_basis", "basis"),
        (claim.contains_key("standard"), "accusation_without_standard", "standard"),
        (claim.contains_key("wording"), "accusation_without_wording", "wording"),
    ];
    for (has, code, field) in lacks {
        if !has {
            report.push(Problem::new(code, path.member(field), [("property", property.code.to_owned())]));
        }
    }
}

/// "Not determined" is an attribution to the record `unidentified`, not an empty field. MODEL §7.4.
fn attribution_has_a_subject(kind_code: u8, claims: &[Json], report: &mut Report) {
    let has = |prop: &str| claims.iter().any(|claim| claim.get("prop").and_then(Json::as_text) == Some(prop));
    let is_correction = claims.iter().any(|claim| carries_the_weight(claim) && claim.get("replaces").is_some());
    if kind_code == kinds::ATTRIBUTION && has("outcome") && !has("subject") && !is_correction {
        report.push(Problem::new("attribution_without_subject", "claims", []));
    }
}

/// Of a property that has one value, one submission says one.
fn stands_once(kind_code: u8, claims: &[Json], report: &mut Report) {
    if claims.len() < 2 {
        return;
    }
    for property in super::properties(kind_code).filter(|property| !property.cardinality.is_many()) {
        let said = |claim: &&Json| claim.get("prop").and_then(Json::as_text) == Some(property.code);
        if claims.iter().filter(said).count() > 1 {
            report.push(Problem::new("stands_twice", "claims", [("property", property.code.to_owned())]));
        }
    }
}

#[cfg(test)]
mod refusals;
#[cfg(test)]
mod tests;
