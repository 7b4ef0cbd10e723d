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

/// The form whose examples are shown.
fn form(vocabulary: &Vocabulary) -> &'static str {
    if vocabulary.name == vocabularies::AGENT.name { "agent" } else { "code" }
}

/// The code that a text names: the code itself, or its words in a language, an explanation in brackets or behind a colon aside.
pub(super) fn code(vocabulary: &'static Vocabulary, text: &str) -> Result<&'static str, NotUnderstood> {
    let new = |code| NotUnderstood::new(code, form(vocabulary));
    let fault = |code| NotUnderstood { vocabulary: Some(vocabulary), ..new(code) }.with("typed", text);
    let (names, typed) = (names().get(vocabulary.name), plain(text));
    let found = names.and_then(|names| names.whole.get(&typed).or_else(|| names.part.get(&typed)));
    let found: Vec<&'static str> = found.into_iter().flatten().copied().collect();
    match found.as_slice() {
        [] => Err(fault("code")),
        [code] => Ok(code),
        several => Err(fault("code_ambiguous").with("codes", &several.join(", "))),
    }
}

/// The same of what people type: other endings of Arabic words, and "gas" beside the name of an agent.
pub(super) fn code_said(vocabulary: &'static Vocabulary, text: &str) -> Result<&'static str, NotUnderstood> {
    let exact = code(vocabulary, text);
    if !exact.as_ref().is_err_and(|fault| fault.code == "code") {
        return exact;
    }
    let typed = plain(text);
    let mut found: BTreeSet<&'static str> = endings(&typed).filter_map(|other| code(vocabulary, &other).ok()).collect();
    if vocabulary.name == vocabularies::AGENT.name {
        found.extend(agents(&typed));
    }
    match (found.len(), found.pop_first()) {
        (1, Some(code)) => Ok(code),
        (0, _) => exact,
        (_, first) => {
            let codes: Vec<&str> = first.into_iter().chain(found).collect();
            let fault = NotUnderstood::new("code_ambiguous", form(vocabulary)).with("typed", text);
            Err(NotUnderstood { vocabulary: Some(vocabulary), ..fault.with("codes", &codes.join(", ")) })
        }
    }
}

/// Endings of Arabic nouns that say no other thing than the ending in the list: folded, as [`plain`] folds.
const ENDINGS: &[(&str, &str)] = &[("ين", "ون"), ("ا", ""), ("ات", "ه"), ("ات", "اه")];

/// The words with another ending each, as far as each has it; all that have it change together, as an adjective does with its noun.
fn endings(typed: &str) -> impl Iterator<Item = String> {
    let words: Vec<&str> = typed.split(' ').collect();
    let other = move |(ending, instead): &(&str, &str)| {
        let changed = words.iter().map(|word| match word.strip_suffix(ending) {
            Some(stem) if stem.chars().nth(1).is_some() => format!("{stem}{instead}"),
            _ => (*word).to_owned(),
        });
        changed.collect::<Vec<_>>().join(" ")
    };
    let typed = typed.to_owned();
    ENDINGS.iter().map(other).filter(move |other| *other != typed)
}

/// What people call agents beside their words in the list. "Mustard" alone is either of two.
const AGENTS: &[(&str, &str)] = &[
    (
        "nerve_agent_unspecified",
        "nerve gas|nerve agents|gaz neurotoxique|agent neurotoxique|gaz innervant|agent innervant",
    ),
    ("nerve_agent_unspecified", "أعصاب|غاز أعصاب|غازات أعصاب|عامل أعصاب|عوامل أعصاب"),
    ("sulfur_mustard", "mustard gas|sulphur mustard|gaz moutarde|ypérite|غاز خردل|غاز خردل كبريتي|خردل كبريتي"),
    ("sulfur_mustard", "mustard|moutarde|خردل"),
    ("nitrogen_mustard", "mustard|moutarde|خردل|خردل نيتروجيني"),
];

/// The agents that a folded text may name.
fn agents(typed: &str) -> BTreeSet<&'static str> {
    let named = AGENTS.iter().filter(|(_, words)| words.split('|').any(|word| plain(word) == typed));
    let named: BTreeSet<&'static str> = named.map(|(code, _)| *code).collect();
    if named.is_empty() { gas(typed).into_iter().collect() } else { named }
}

/// The agent beside a word that says no more than "gas". Of what is not known, a gas says more than the list has.
fn gas(typed: &str) -> Option<&'static str> {
    let before = ["gaz de ", "gaz d ", "gaz ", "غاز "].into_iter().find_map(|gas| typed.strip_prefix(gas));
    let agent = before.or_else(|| typed.strip_suffix(" gas"))?;
    let is_one = |code: &&str| {
        !code.ends_with("_unspecified") && !matches!(*code, "unknown" | "unknown_toxic" | "cns_acting_other")
    };
    code(&vocabularies::AGENT, agent).ok().filter(is_one)
}

/// An agent, with what it is based on in brackets: `chlorine (laboratory analysis)`.
pub(super) fn agent(text: &str) -> Result<Json, NotUnderstood> {
    match code_said(&vocabularies::AGENT, text) {
        Ok(code) => Ok(Json::object([("code", Json::text(code))])),
        Err(fault) => {
            let Some((agent, basis)) = bracketed(text) else { return Err(fault) };
            let code = code_said(&vocabularies::AGENT, agent)?;
            let basis = code_said(&vocabularies::AGENT_BASIS, basis)?;
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
