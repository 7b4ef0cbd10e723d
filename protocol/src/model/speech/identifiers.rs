//! Identifiers by their scheme, or by their form where only one scheme has it.

use super::super::vocabularies::IDENTIFIER;
use super::NotUnderstood;
use super::codes::code;
use super::fold::{fold, normal};
use crate::encoding::json::Json;

/// Schemes as people call them, beside the codes and words of the list; folded.
const ALSO: &[(&str, &str)] = &[
    ("un", "un_symbol"),
    ("opcw", "un_symbol"),
    ("onu", "un_symbol"),
    ("ofac", "ofac_sdn"),
    ("sdn", "ofac_sdn"),
    ("omi", "imo"),
];

/// The identifier that a text says: `{scheme, value}`.
pub(super) fn read(text: &str) -> Result<Json, NotUnderstood> {
    if let Some(scheme) = by_form(text) {
        return Ok(identifier(scheme, text));
    }
    // The scheme's name may have several words: the longest that is one.
    let gaps = text.char_indices().filter(|(_, c)| c.is_whitespace() || *c == ':').map(|(at, _)| at).take(12);
    for at in gaps.collect::<Vec<_>>().into_iter().rev() {
        let Some((name, value)) = text.split_at_checked(at) else { continue };
        let value = value.trim_start_matches(|c: char| c.is_whitespace() || c == ':');
        if let Some(scheme) = scheme(name).filter(|_| !value.is_empty()) {
            return Ok(identifier(scheme, value));
        }
    }
    Err(NotUnderstood { vocabulary: Some(&IDENTIFIER), ..NotUnderstood::new("identifier", "identifier") }
        .with("typed", text))
}

fn identifier(scheme: &str, value: &str) -> Json {
    Json::object([("scheme", Json::text(scheme)), ("value", Json::text(normal(value.trim())))])
}

fn scheme(name: &str) -> Option<&'static str> {
    let folded = fold(name.trim());
    let also = ALSO.iter().find(|(word, _)| *word == folded).map(|(_, scheme)| *scheme);
    also.or_else(|| code(&IDENTIFIER, name).ok())
}

/// The scheme whose form the text has.
fn by_form(text: &str) -> Option<&'static str> {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_capitals = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_symbol = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || "/.-()".contains(c);
    let (first, behind) = text.split_once('/').unwrap_or((text, ""));
    if text.starts_with("ECLI:") {
        return Some("ecli");
    }
    if text.starts_with("http") && text.contains("/eli/") {
        return Some("eli");
    }
    if is_capitals(first)
        && first.len() <= 3
        && behind.chars().any(|c| c.is_ascii_digit())
        && text.chars().all(is_symbol)
    {
        return Some("un_symbol");
    }
    if text.strip_prefix('Q').is_some_and(is_digits) {
        return Some("wikidata");
    }
    let is_lei = text.len() == 20 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if is_lei && text.get(18..).is_some_and(is_digits) {
        return Some("lei");
    }
    is_celex(text).then_some("celex")
}

/// Sector, year, one or two letters, number: `32018R1542`.
fn is_celex(text: &str) -> bool {
    let Some((head, tail)) = text.split_at_checked(5) else { return false };
    let number = tail.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let letters = tail.len().saturating_sub(number.len());
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(head) && (1..=2).contains(&letters) && number.len() == 4 && is_digits(number)
}

/// An identifier as it may be typed again; `None` where it is malformed.
pub(super) fn tell(value: &Json) -> Option<String> {
    Some(format!("{} {}", value.get("scheme")?.as_text()?, value.get("value")?.as_text()?))
}
