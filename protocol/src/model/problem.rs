//! One thing that an author should not sign, told as people are told: what, why, what to do. MODEL §7; style §8.
//!
//! The words stand in the locales under `refusal.<code>.why` and `refusal.<code>.try`; what is put into them stands in
//! [`Problem::values`], so that whoever has code and values can tell it in any language.

use std::collections::BTreeMap;
use std::fmt;

use super::nearest;
use super::vocabularies::Vocabulary;
use crate::limits;
use crate::locale::{self, Language};

/// One thing that an author should not sign.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The stable code of the rule.
    pub code: &'static str,
    /// Where, such as `claims[2].value.lat`.
    pub path: String,
    /// What the texts name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<&'static str, String>,
    /// Why it is refused, in English.
    pub why: String,
    /// What to do, in English.
    #[serde(rename = "try")]
    pub try_: String,
    /// Which advice of several fits, where the rule has several.
    #[serde(skip)]
    advice: Option<&'static str>,
    /// What was typed, where something of a list may have been meant by it.
    #[serde(skip)]
    typed: Option<(List, String)>,
}

/// The list of which something may have been meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// The codes of a vocabulary.
    Codes(&'static Vocabulary),
    /// The properties of a kind of record, by its code.
    Properties(u8),
}

/// The value, and the advice, that names what may have been meant.
const NEAR: &str = "near";

/// Every code, for tests and documentation.
pub const CODES: &[&str] = &[
    "accusation_without_basis",
    "accusation_without_standard",
    "accusation_without_wording",
    "attribution_without_subject",
    "claim_too_large",
    "control_character",
    "coordinate_alone",
    "coordinate_range",
    "count_negative",
    "count_reversed",
    "evidence_without_digest",
    "interval_reversed",
    "lang_not_bcp47",
    "marking_wider",
    "missing_field",
    "missing_lang",
    "missing_member",
    "not_a_claim",
    "not_a_record",
    "not_canonical",
    "not_edtf",
    "not_nfc",
    "person_not_accused",
    "place_withheld",
    "restricted_only",
    "stands_twice",
    "testimony_without_consent",
    "text_too_long",
    "unknown_code",
    "unknown_field",
    "unknown_kind",
    "unknown_member",
    "unknown_property",
    "wrong_kind",
    "wrong_type",
];

impl Problem {
    pub(super) fn new<const N: usize>(
        code: &'static str,
        path: impl fmt::Display,
        values: [(&'static str, String); N],
    ) -> Self {
        let (why, try_) = (String::new(), String::new());
        Self { code, path: path.to_string(), values: values.into(), why, try_, advice: None, typed: None }
    }

    /// The same with an advice of its own.
    pub(super) fn advising(self, advice: &'static str) -> Self {
        Self { advice: Some(advice), ..self }
    }

    /// The same with one more value.
    pub(super) fn with(self, name: &'static str, value: String) -> Self {
        let mut values = self.values;
        values.insert(name, value);
        Self { values, ..self }
    }

    /// The same, of which a word of a list may be meant: which one is looked for where an author is told.
    pub(super) fn near(self, list: List, typed: &str) -> Self {
        // A longer one is near to nothing.
        let typed = typed.chars().take(limits::SPOKEN_SHOWN.saturating_add(1)).collect();
        Self { typed: Some((list, typed)), ..self }
    }

    /// The same further down in what was handed in.
    pub(super) fn below(self, path: &str) -> Self {
        Self { path: format!("{path}{}", self.path), ..self }
    }

    /// The same with its English texts: they cost more than finding it, and whoever reads a claim of others asks for none.
    pub(super) fn worded(mut self) -> Self {
        if let Some((list, typed)) = self.typed.take() {
            let near = match list {
                List::Codes(vocabulary) => nearest::codes_near(vocabulary, &typed),
                List::Properties(kind_code) => nearest::properties_near(kind_code, &typed),
            };
            if !near.is_empty() {
                self = self.with(NEAR, near.join(", ")).advising(NEAR);
            }
        }
        Self { why: self.why_in(Language::En), try_: self.try_in(Language::En), ..self }
    }

    /// Why it is refused, in a language.
    #[must_use]
    pub fn why_in(&self, language: Language) -> String {
        told(language, &format!("refusal.{}.why", self.code), &self.values)
    }

    /// What to do, in a language.
    #[must_use]
    pub fn try_in(&self, language: Language) -> String {
        told(language, &self.try_key(), &self.values)
    }

    /// The key of its advice in the locales.
    #[must_use]
    pub fn try_key(&self) -> String {
        let own = self.advice.map(|advice| format!("refusal.{}.try.{advice}", self.code));
        own.unwrap_or_else(|| format!("refusal.{}.try", self.code))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.path, self.why)
    }
}

/// A sentence with its values, those that name things of the model told in the language.
#[must_use]
pub fn told<K: AsRef<str>>(language: Language, key: &str, values: &BTreeMap<K, String>) -> String {
    // Suggestions are of the list that the text names, else properties.
    let list = values.iter().find(|(name, _)| name.as_ref() == "list").map_or("property", |(_, list)| list.as_str());
    let told = values.iter().map(|(name, value)| match name.as_ref() {
        NEAR => (NEAR, nearest::told(language, &value.split(", ").collect::<Vec<_>>(), &[list])),
        // English codes are words; a reader of another language is told what each of them says.
        "known" if language != Language::En && list != "property" => {
            ("known", nearest::told(language, &value.split(", ").collect::<Vec<_>>(), &[list]))
        }
        name => (name, value_in(language, name, value)),
    });
    let told: Vec<(&str, String)> = told.collect();
    let values: Vec<(&str, &str)> = told.iter().map(|(name, value)| (*name, value.as_str())).collect();
    locale::format(language, key, &values)
}

fn value_in(language: Language, name: &str, value: &str) -> String {
    let labelled = |prefix: &str, code: &str| match locale::lookup(language, &format!("{prefix}.{code}")) {
        // Authors write the code: it stays beside the word. English codes are words.
        Some(word) if language != Language::En => format!("{word} ({code})"),
        _ => code.to_owned(),
    };
    match name {
        "due" => locale::word(language, value).to_owned(),
        "property" => labelled("property", value),
        "field" => labelled("field", value),
        "member" => labelled("member", value),
        "list" => list_word(language, value),
        "kinds" => value.split(", ").map(|kind| labelled("kind", kind)).collect::<Vec<_>>().join(", "),
        _ => value.to_owned(),
    }
}

/// What a list of codes is called: as the property, field or part that takes it, or by a word of its own. English codes are words.
fn list_word(language: Language, list: &str) -> String {
    let mut rooms = ["property", "field", "member", "list_of"].into_iter();
    let word = rooms.find_map(|room| locale::lookup(language, &format!("{room}.{list}")));
    word.filter(|_| language != Language::En).map_or_else(|| list.to_owned(), |word| format!("{word} ({list})"))
}

/// What was found, short enough for a line: an author sees which text is meant, not a page of it.
pub(super) fn found(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_three_different_texts() {
        for code in CODES {
            for part in ["why", "try"] {
                let key = format!("refusal.{code}.{part}");
                let texts = Language::ALL.map(|language| locale::word(language, &key));
                assert!(texts.iter().all(|text| *text != key), "{key}");
                assert!(texts[0] != texts[1] && texts[1] != texts[2] && texts[0] != texts[2], "{key}");
            }
        }
    }

    #[test]
    fn every_list_of_codes_is_called_by_a_word() {
        for vocabulary in super::super::vocabularies::ALL {
            for language in [Language::Ar, Language::Fr] {
                let word = list_word(language, vocabulary.name);
                assert!(word.ends_with(&format!(" ({})", vocabulary.name)), "{language}: {word}");
            }
        }
        let values = [("found", "x"), ("list", "response_stance"), ("known", "denies, accepts")];
        let values: BTreeMap<&str, String> = values.map(|(name, value)| (name, value.to_owned())).into();
        assert_eq!(
            told(Language::Fr, "refusal.unknown_code.try", &values),
            "choisissez parmi nie (denies), reconnaît (accepts)"
        );
        assert_eq!(told(Language::En, "refusal.unknown_code.try", &values), "use one of denies, accepts");
        assert!(told(Language::Ar, "refusal.unknown_code.why", &values).contains("موقف الرد (response_stance)"));
    }

    #[test]
    fn a_problem_is_told_in_any_language() {
        let problem = Problem::new("missing_lang", "claims[0].lang", [("property", "title".to_owned())]).worded();
        assert_eq!(problem.why, "title is a text, and says not in which language");
        assert_eq!(problem.why_in(Language::Fr), "titre (title) est un texte, et sa langue n'est pas indiquée");
        assert!(problem.why_in(Language::Ar).contains("(title)"));
        assert!(found(&"a".repeat(12_000)).chars().count() < 100);
    }
}
