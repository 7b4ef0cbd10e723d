//! Whether a person may be named, by what is held of it beside what is about to be signed. MODEL §7, rule 5.
//!
//! What a longer text (a narrative, a title, the text of a reply) says of a person is read by no rule: only a subject is known to
//! be one.

use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::RecordId;
use isnad_protocol::model::{self, Accused, Known, SubjectType, kinds};
use isnad_protocol::sheet::{Claim, Sheet};

use super::rules::{Check, Own};
use crate::problem::Problem;

/// What is held of a record, as the rules of the model ask for it.
pub(super) fn known(own: &Own) -> Known {
    let subject = type_of(own.everyones().flat_map(standing).map(Claim::json));
    // Words about it make no copy of it the same: evidence is new until a digest stands.
    let is_evidence = own.record.is_some_and(|record| record.kind_code() == kinds::EVIDENCE);
    let has_digest = || own.everyones().flat_map(standing).any(|claim| claim.prop() == Some("digest"));
    Known { exists: if is_evidence { has_digest() } else { !own.is_new }, subject }
}

/// True if a subject is accused, listed or tried by what is held, or was declared to be neither victim nor witness by this
/// organisation. What everyone will read rests on what everyone can read.
pub(super) fn is_cleared(check: &Check<'_>, own: &Own) -> Result<bool, Problem> {
    let Some(record) = own.record else { return Ok(false) };
    let is_declared = |sheet: &Sheet| {
        Some(sheet.key.organisation) == check.before.organisation
            && standing(sheet).any(|claim| claim.prop() == Some("declaration"))
    };
    let is_read = |sheet: &&Sheet| !check.is_public || sheet.key.space == check.before.public;
    let accuses = |claim: &Claim| model::is_accusing(record.kind_code(), claim.json());
    if own.everyones().any(is_declared) || own.everyones().filter(is_read).flat_map(standing).any(accuses) {
        return Ok(true);
    }
    for other in check.before.index.referring_to(record)? {
        let kind = other.kind_code();
        if !kinds::is_about_somebody(kind) {
            continue;
        }
        let (sheets, _) = check.before.sheets_of(other)?;
        let sheets = sheets.iter().filter(is_read);
        let mut accused = Accused::default();
        accused.add(kind, sheets.flat_map(standing).filter_map(|claim| claim.json().as_object()));
        if accused.has(Some(record)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// True if the claims on a subject whose type nobody says hold it for the same as one that is no person.
pub(super) fn is_an_entity(check: &Check<'_>, claims: &[Json]) -> Result<bool, Problem> {
    for claim in claims {
        let text = |key: &str| claim.get("value").and_then(|value| value.get(key)).and_then(Json::as_text);
        let is_same = text("relation") == Some("same_as") && text("verdict") == Some("positive");
        let Some(other) = text("record").filter(|_| is_same).and_then(|text| RecordId::parse(text).ok()) else {
            continue;
        };
        let known = match check.says_type(other) {
            Some(said) => Some(said),
            None => known(&Own::of(check.before, check.space.id, other)?).subject,
        };
        if known == Some(SubjectType::Other) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What claims on a subject say that it is; where they differ, it may be a person.
pub(super) fn type_of<'a>(claims: impl IntoIterator<Item = &'a Json>) -> Option<SubjectType> {
    let text = |claim: &'a Json, key: &str| claim.get(key).and_then(Json::as_text);
    let types = claims.into_iter().filter(|claim| text(claim, "prop") == Some("subject_type"));
    types.filter_map(|claim| text(claim, "value")).fold(None, |known, said| match (known, said) {
        (_, "person") | (Some(SubjectType::Person), _) => Some(SubjectType::Person),
        _ => Some(SubjectType::Other),
    })
}

/// Holds a reply against the rule: whoever replies was accused, and a person who was not is not named by it.
pub(super) fn replies(check: &mut Check<'_>, value: &Json, path: &str) -> Result<(), Problem> {
    let subject = value.get("subject").and_then(Json::as_text).and_then(|text| RecordId::parse(text).ok());
    let Some(subject) = subject.filter(|subject| !check.clears(*subject)) else { return Ok(()) };
    let own = Own::of(check.before, check.space.id, subject)?;
    if known(&own).subject == Some(SubjectType::Person) && !is_cleared(check, &own)? {
        check.refuse("person_not_accused", &format!("{path}.subject"), &[("record", subject.to_string())]);
    }
    Ok(())
}

fn standing(sheet: &Sheet) -> impl Iterator<Item = &Claim> {
    sheet.standing_claims().map(|(_, said)| &said.claim)
}
