//! Texts, names, whole numbers, addresses and references, as typed.

use super::super::values::name_text;
use super::super::vocabularies::NAME_TYPE;
use super::codes::{bracketed, code};
use super::fold::{self, language_of, normal, script_of};
use super::{NotUnderstood, Spoken, bare};
use crate::encoding::json::Json;
use crate::id::RecordId;
use crate::locale::{self, Language};

/// A text, in the caller's language or in Arabic where its script says so.
pub(super) fn text(text: &str, lang: Option<&str>) -> Spoken {
    Spoken { value: Json::text(normal(text)), lang: language(text, lang) }
}

/// The language of a text: what the caller says where the script does not speak against it, else what the script says.
pub(super) fn language(text: &str, lang: Option<&str>) -> Option<String> {
    let is_arabic = fold::is_arabic_script(text);
    let fits = |lang: &&str| is_of_arabic_script(lang) == is_arabic;
    lang.filter(fits).or_else(|| language_of(text)).map(str::to_owned)
}

/// True if the language is written in Arabic letters, of those that sources in the data have.
fn is_of_arabic_script(lang: &str) -> bool {
    matches!(lang.split('-').next(), Some("ar" | "fa" | "ckb" | "ku" | "ur" | "ps"))
}

/// A symbol or title.
pub(super) fn plain(text: &str) -> Spoken {
    bare(Json::text(normal(text)))
}

/// A name, with its type in brackets: `Amr Armanazi (alias)`. Other brackets are part of the name.
pub(super) fn name(text: &str, lang: Option<&str>) -> Spoken {
    let typed = bracketed(text).and_then(|(name, kind)| Some((name, code(&NAME_TYPE, kind).ok()?)));
    let Some((name, kind)) = typed else {
        return Spoken { value: Json::text(normal(text)), lang: language(text, lang) };
    };
    let mut members = vec![("text", Json::text(normal(name))), ("type", Json::text(kind))];
    members.extend(script_of(name).map(|script| ("script", Json::text(script))));
    let value = Json::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
    Spoken { value, lang: language(name, lang) }
}

/// An address of the web.
pub(super) fn url(text: &str) -> Result<Json, NotUnderstood> {
    let is_url =
        (text.starts_with("https://") || text.starts_with("http://")) && !text.chars().any(char::is_whitespace);
    if is_url { Ok(Json::text(normal(text))) } else { Err(NotUnderstood::new("form", "url").with("typed", text)) }
}

/// The id of a record. Aliases and prefixes are resolved before, by who has a replica.
pub(super) fn reference(text: &str) -> Result<Json, NotUnderstood> {
    let record = RecordId::parse(text).map_err(|_| NotUnderstood::new("form", "reference").with("typed", text))?;
    Ok(Json::text(record.to_string()))
}

/// A name with its type in brackets, as [`name`] reads it; `None` where it is malformed.
pub(super) fn name_in(language: Language, value: &Json) -> Option<String> {
    let name = name_text(value)?;
    Some(match value.get("type").and_then(Json::as_text) {
        Some(kind) => format!("{name} ({})", locale::code(language, NAME_TYPE.name, kind)),
        None => name.to_owned(),
    })
}
