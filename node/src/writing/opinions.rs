//! What a writer is kept from saying of the words of others: of what nobody said, of his own words, twice of the same, or where
//! more people read it than what it is about.

use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{ClaimId, OrganisationId, RecordId};
use isnad_protocol::sheet::{Claim, Sheet};

use super::persons;
use super::rules::{Check, Own};
use crate::problem::Problem;

/// Holds a claim against the rules of its property, if it is an opinion, a judgement or a reply.
pub(super) fn check(check: &mut Check<'_>, own: &Own, claim: &Claim, path: &str) -> Result<(), Problem> {
    let (Some(record), Some(value)) = (own.record, claim.value()) else { return Ok(()) };
    let path = format!("{path}.value");
    match claim.prop() {
        Some("opinion") => {
            opinion(check, own, value, &path);
            if text(value, "text").is_some() && claim.text("lang").is_none() {
                check.refuse("missing_lang", &format!("{path}.text"), &[("property", "text".to_owned())]);
            }
        }
        Some("judgement") => judgement(check, record, value, &path),
        Some("response") => {
            looks_at(check, own, value, &path);
            persons::replies(check, value, &path)?;
        }
        _ => return Ok(()),
    }
    stands_once(check, own, record, claim, &path)
}

fn opinion(check: &mut Check<'_>, own: &Own, value: &Json, path: &str) {
    if whose(value).is_some_and(|whose| Some(whose) == check.before.organisation) {
        check.refuse("own_claim", path, &[("claim", shown(own, value))]);
    } else {
        looks_at(check, own, value, path);
    }
    if text(value, "stance") == Some("dispute") && text(value, "reason").is_none() {
        check.refuse("dispute_without_reason", &format!("{path}.reason"), &[]);
    }
}

/// What is named was said, stands, and is read by all who will read what is said of it.
fn looks_at(check: &mut Check<'_>, own: &Own, value: &Json, path: &str) {
    let Some(id) = text(value, "claim").and_then(|id| ClaimId::parse(id).ok()) else { return };
    let path = format!("{path}.claim");
    let named = ("claim", own.short(id));
    let is_meant = |sheet: &&Sheet| {
        whose(value).is_none_or(|whose| sheet.key.organisation == whose) && sheet.claims.contains_key(&id)
    };
    let saying: Vec<&Sheet> = own.elsewhere.iter().chain(own.sheets()).filter(is_meant).collect();
    if saying.is_empty() {
        return check.refuse("claim_not_held", &path, &[named]);
    }
    if check.is_public && saying.iter().all(|sheet| sheet.key.space != check.before.public) {
        check.refuse("wider_than_its_claim", &path, std::slice::from_ref(&named));
    }
    if saying.iter().all(|sheet| !sheet.is_live(id)) {
        return check.refuse("was_retracted", &path, &[named]);
    }
    let later = saying.iter().map(|sheet| sheet.replacements().get(&id).and_then(|by| by.first().copied()));
    // Where it stands in one space, it stands.
    if let Some(by) = later.collect::<Option<Vec<ClaimId>>>().and_then(|by| by.first().copied()) {
        check.refuse("was_replaced", &path, &[named, ("by", own.short(by))]);
    }
}

/// The claim that a value names, as pages show it.
fn shown(own: &Own, value: &Json) -> String {
    let named = text(value, "claim").unwrap_or("?");
    ClaimId::parse(named).map_or_else(|_| named.chars().take(12).collect(), |claim| own.short(claim))
}

fn judgement(check: &mut Check<'_>, record: RecordId, value: &Json, path: &str) {
    if other(value) == Some(record) {
        check.refuse("judged_itself", &format!("{path}.record"), &[("record", record.to_string())]);
    }
}

/// One organisation has one opinion of a claim and one verdict on a pair: a new one takes the place of the old.
fn stands_once(check: &mut Check<'_>, own: &Own, record: RecordId, claim: &Claim, path: &str) -> Result<(), Problem> {
    let Some(key) = subject_matter(record, claim) else { return Ok(()) };
    let same = |record, said: &&Claim| {
        subject_matter(record, said).as_ref() == Some(&key) && claim.replaces() != Some(said.id())
    };
    let mut found = own.standing(&["opinion", "judgement"]).find(|said| same(record, said)).map(Claim::id);
    // A verdict may stand on the other record of the pair.
    if let (None, Some(other)) = (found, claim.value().and_then(other)) {
        let there = Own::of(check.before, check.space.id, other)?;
        found = there.standing(&["judgement"]).find(|said| same(other, said)).map(Claim::id);
    }
    if let Some(said) = found {
        check.refuse("judged_already", path, &[("claim", own.short(said))]);
    } else if !check.judged.insert(key) {
        check.refuse("judged_twice", path, &[]);
    }
    Ok(())
}

/// What an opinion or judgement is about; `None` for any other claim.
fn subject_matter(record: RecordId, claim: &Claim) -> Option<String> {
    let value = claim.value()?;
    match claim.prop()? {
        "opinion" => {
            let target = text(value, "claim").or_else(|| text(value, "entry"))?;
            Some(format!("opinion {record} {} {target}", text(value, "organisation")?))
        }
        "judgement" => {
            let (other, relation) = (other(value)?, text(value, "relation")?);
            // The same whichever of the two it stands on; a part and its whole are not.
            let is_ordered = relation == "part_of" || record < other;
            let (first, second) = if is_ordered { (record, other) } else { (other, record) };
            Some(format!("judgement {relation} {first} {second}"))
        }
        _ => None,
    }
}

fn text<'a>(value: &'a Json, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Json::as_text)
}

fn whose(value: &Json) -> Option<OrganisationId> {
    OrganisationId::parse(text(value, "organisation")?).ok()
}

/// The other record that a judgement names.
pub(super) fn other(value: &Json) -> Option<RecordId> {
    RecordId::parse(text(value, "record")?).ok()
}
