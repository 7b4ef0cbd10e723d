//! Codes by their words in any of the three languages: whole words only, never the nearest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::super::vocabularies::{self, Vocabulary};
use super::NotUnderstood;
use super::fold::plain;
use crate::encoding::json::Json;
use crate::locale::{self, Language};

/// The codes that each folded word names, of one list.
#[derive(Debug, Default)]
struct Names {
    /// By a code, or all its words in a language.
    whole: BTreeMap<String, BTreeSet<&'static str>>,
    /// By what stands before or within brackets, or on one side of a colon or comma: `sarin (GB)` by `sarin` and by `GB`.
    part: BTreeMap<String, BTreeSet<&'static str>>,
}

impl Names {
    fn of(vocabulary: &'static Vocabulary) -> Self {
        let mut names = Self::default();
        for code in vocabulary.codes.iter().copied() {
            names.whole.entry(plain(code)).or_default().insert(code);
            for language in Language::ALL {
                let word = locale::code(language, vocabulary.name, code);
                names.whole.entry(plain(word)).or_default().insert(code);
                for part in word.split(['(', ')', ':', ',', '،']).map(plain).filter(|part| !part.is_empty()) {
                    names.part.entry(part).or_default().insert(code);
                }
            }
        }
        names
    }
}

/// The names of every list, folded once: a template is full of codes.
fn names() -> &'static BTreeMap<&'static str, Names> {
    static NAMES: OnceLock<BTreeMap<&'static str, Names>> = OnceLock::new();
    NAMES.get_or_init(|| vocabularies::ALL.iter().map(|vocabulary| (vocabulary.name, Names::of(vocabulary))).collect())
}

/// Every word that a code of a list is called by, folded.
pub(in crate::model) fn words(vocabulary: &Vocabulary) -> impl Iterator<Item = (&'static str, &'static str)> {
    let names = names().get(vocabulary.name);
    let words = names.into_iter().flat_map(|names| names.whole.iter().chain(&names.part));
    words.flat_map(|(word, codes)| codes.iter().map(|code| (word.as_str(), *code)))
}

/// The code that a text names: the code itself, or its words in a language, an explanation in brackets or behind a colon aside.
pub(super) fn code(vocabulary: &'static Vocabulary, text: &str) -> Result<&'static str, NotUnderstood> {
    let form = if vocabulary.name == "agent" { "agent" } else { "code" };
    let fault =
        |code| NotUnderstood { vocabulary: Some(vocabulary), ..NotUnderstood::new(code, form) }.with("typed", text);
    let (names, typed) = (names().get(vocabulary.name), plain(text));
    let found = names.and_then(|names| names.whole.get(&typed).or_else(|| names.part.get(&typed)));
    let found: Vec<&'static str> = found.into_iter().flatten().copied().collect();
    match found.as_slice() {
        [] => Err(fault("code")),
        [code] => Ok(code),
        several => Err(fault("code_ambiguous").with("codes", &several.join(", "))),
    }
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
