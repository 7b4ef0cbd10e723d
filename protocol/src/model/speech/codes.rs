//! Codes by their words in any of the three languages: whole words only, never the nearest.

use super::super::vocabularies::{self, Vocabulary};
use super::NotUnderstood;
use super::fold::plain;
use crate::encoding::json::Json;
use crate::locale::{self, Language};

/// The code that a text names: the code itself, or its words in a language, an explanation in brackets or behind a colon aside.
pub(super) fn code(vocabulary: &'static Vocabulary, text: &str) -> Result<&'static str, NotUnderstood> {
    let form = if vocabulary.name == "agent" { "agent" } else { "code" };
    let fault =
        |code| NotUnderstood { vocabulary: Some(vocabulary), ..NotUnderstood::new(code, form) }.with("typed", text);
    for named in [named_whole, named_in_part] {
        let found: Vec<&'static str> =
            vocabulary.codes.iter().copied().filter(|code| named(vocabulary, code, text)).collect();
        match found.as_slice() {
            [] => {}
            [code] => return Ok(code),
            several => return Err(fault("code_ambiguous").with("codes", &several.join(", "))),
        }
    }
    Err(fault("code"))
}

fn words<'a>(vocabulary: &'a Vocabulary, code: &'a str) -> impl Iterator<Item = &'a str> {
    Language::ALL.into_iter().map(move |language| locale::code(language, vocabulary.name, code))
}

fn named_whole(vocabulary: &Vocabulary, code: &str, text: &str) -> bool {
    let typed = plain(text);
    !typed.is_empty() && (plain(code) == typed || words(vocabulary, code).any(|word| plain(word) == typed))
}

/// By what stands before or within brackets, or on one side of a colon: `sarin (GB)` by `sarin` and by `GB`.
fn named_in_part(vocabulary: &Vocabulary, code: &str, text: &str) -> bool {
    let typed = plain(text);
    let parts = |word: &str| word.split(['(', ')', ':', ',', '،']).map(plain).any(|part| part == typed);
    !typed.is_empty() && words(vocabulary, code).any(parts)
}

/// An agent, with what it is based on in brackets: `chlorine (laboratory analysis)`.
pub(super) fn agent(text: &str) -> Result<Json, NotUnderstood> {
    match code(&vocabularies::AGENT, text) {
        Ok(code) => Ok(Json::object([("code", Json::text(code))])),
        Err(fault) => {
            let Some((agent, basis)) = bracketed(text) else { return Err(fault) };
            let code = code(&vocabularies::AGENT, agent)?;
            let basis = self::code(&vocabularies::AGENT_BASIS, basis)?;
            Ok(Json::object([("code", Json::text(code)), ("basis", Json::text(basis))]))
        }
    }
}

/// A text and what stands in the brackets at its end.
pub(super) fn bracketed(text: &str) -> Option<(&str, &str)> {
    let (before, inside) = text.trim_end().strip_suffix([')', '）'])?.rsplit_once(['(', '（'])?;
    Some((before.trim_end(), inside.trim())).filter(|(before, inside)| !before.is_empty() && !inside.is_empty())
}

const YES: &[&str] = &["yes", "y", "true", "oui", "vrai", "نعم", "اي", "صحيح"];
const NO: &[&str] = &["no", "n", "false", "non", "faux", "لا", "كلا", "خطا"];

/// Yes or no.
pub(super) fn truth(text: &str) -> Result<bool, NotUnderstood> {
    let typed = plain(text);
    let is_one_of = |words: &[&str]| words.contains(&typed.as_str());
    match (is_one_of(YES), is_one_of(NO)) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => Err(NotUnderstood::new("form", "bool").with("typed", text)),
    }
}

/// Yes or no in words.
pub(super) fn truth_in(language: Language, value: &Json) -> Option<&'static str> {
    let Json::Bool(truth) = value else { return None };
    locale::lookup(language, if *truth { "speech.yes" } else { "speech.no" })
}

/// An agent with its basis in words, as [`agent`] reads it.
pub(super) fn agent_in(language: Language, value: &Json) -> Option<String> {
    let agent = locale::code(language, "agent", value.get("code")?.as_text()?);
    Some(match value.get("basis").and_then(Json::as_text) {
        Some(basis) => format!("{agent} ({})", locale::code(language, "agent_basis", basis)),
        None => agent.to_owned(),
    })
}
