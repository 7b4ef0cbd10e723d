//! What the model refuses, told to whoever fills in the form: with the labels of the form, and what to write in it.

use std::collections::BTreeMap;

use super::form;
use crate::locale::{self, Language};
use crate::model::{nearest, problem};

/// Why a rule refuses something, in the words of the form. Values are those of the problem.
#[must_use]
pub fn why_in_form<K: AsRef<str>>(language: Language, code: &str, values: &BTreeMap<K, String>) -> String {
    text(language, "form", &format!("{code}.why"), &format!("refusal.{code}.why"), values)
}

/// What to write in the form. `try_key` is the key of the advice that everyone is told.
#[must_use]
pub fn try_in_form<K: AsRef<str>>(
    language: Language,
    code: &str,
    try_key: &str,
    values: &BTreeMap<K, String>,
) -> String {
    text(language, "form", &format!("{code}.try"), try_key, values)
}

/// What to type as a value or a flag of a command, where that is another thing than in a file; `None` where it is not.
#[must_use]
pub fn try_by_flag<K: AsRef<str>>(language: Language, code: &str, values: &BTreeMap<K, String>) -> Option<String> {
    let key = format!("flag.{code}.try");
    locale::lookup(language, &key)?;
    has_all(language, &key, values).then(|| filled(language, &key, values))
}

fn text<K: AsRef<str>>(
    language: Language,
    room: &str,
    name: &str,
    general: &str,
    values: &BTreeMap<K, String>,
) -> String {
    let key = format!("{room}.{name}");
    let key = if has_all(language, &key, values) { &*key } else { general };
    filled(language, key, values)
}

/// True if there is such a text, and examples for it where it shows some.
fn has_all<K: AsRef<str>>(language: Language, key: &str, values: &BTreeMap<K, String>) -> bool {
    let is_shown = |text: &str| !text.contains("{examples}") || values.keys().any(|name| name.as_ref() == FORM);
    locale::lookup(language, key).is_some_and(is_shown)
}

/// The value that names the form of a value, whose examples stand under `speech.form.<form>`.
const FORM: &str = "form";

fn filled<K: AsRef<str>>(language: Language, key: &str, values: &BTreeMap<K, String>) -> String {
    let mut told: BTreeMap<String, String> = labels(language);
    for (name, value) in values {
        let name = name.as_ref();
        let list = values.iter().find(|(name, _)| name.as_ref() == "list").map(|(_, list)| list.as_str());
        let text = match (name, list) {
            ("property", _) => form::key(language, value),
            ("field", _) => form::field_key(language, value),
            ("member", _) => form::part_key(language, value),
            ("known" | "near", Some(list)) => words(language, list, value),
            ("list", _) => continue,
            (FORM, _) => {
                told.insert("examples".to_owned(), locale::word(language, &format!("speech.form.{value}")).to_owned());
                continue;
            }
            _ => {
                let one: BTreeMap<&str, String> = [(name, value.clone())].into();
                problem::told(language, &format!("{{{name}}}"), &one)
            }
        };
        told.insert(name.to_owned(), text);
    }
    let values: Vec<(&str, &str)> = told.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    locale::format(language, key, &values)
}

/// Codes of a list, by their words: what the form takes.
fn words(language: Language, list: &str, codes: &str) -> String {
    let comma = locale::word(language, "speech.comma");
    if list == "property" {
        return nearest::told(language, &codes.split(", ").collect::<Vec<_>>(), &[list]);
    }
    let told = codes.split(", ").map(|code| locale::code(language, list, code));
    told.collect::<Vec<_>>().join(&format!("{comma} "))
}

/// The labels of lines that advice names, and words that these lines take.
fn labels(language: Language) -> BTreeMap<String, String> {
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    for field in ["basis", "standard", "wording", "marking"] {
        labels.insert(format!("label_{field}"), form::field_key(language, field));
    }
    for property in ["subject", "subject_type", "digest", "consent", "declaration"] {
        labels.insert(format!("label_{property}"), form::key(language, property));
    }
    for part in ["min", "max", "lat", "lon", "hex", "alg"] {
        labels.insert(format!("label_{part}"), form::part_key(language, part));
    }
    for (list, code) in [
        ("standard_of_proof", "unstated"),
        ("wording_unavailable", "not_seen"),
        ("wording_unavailable", "paraphrase"),
        ("declaration", "not_victim_or_witness"),
    ] {
        labels.insert(format!("word_{code}"), locale::code(language, list, code).to_owned());
    }
    labels
}
