//! Texts, names, whole numbers, addresses and references, as typed.

use super::super::vocabularies::NAME_TYPE;
use super::codes::{bracketed, code};
use super::fold::{self, fold, language_of, normal, script_of};
use super::{NotUnderstood, Spoken, bare};
use crate::encoding::json::Json;
use crate::id::RecordId;

/// A text, in the caller's language or in Arabic where its script says so.
pub(super) fn text(text: &str, lang: Option<&str>) -> Spoken {
    Spoken { value: Json::text(normal(text)), lang: language(text, lang), original: None }
}

/// The language of a text: what its script says, else what the caller says.
pub(super) fn language(text: &str, lang: Option<&str>) -> Option<String> {
    let is_arabic_script = fold::is_arabic_script(text);
    let said = lang.filter(|lang| !is_arabic_script || !matches!(*lang, "en" | "fr"));
    said.or_else(|| language_of(text)).map(str::to_owned)
}

/// A symbol or title.
pub(super) fn plain(text: &str) -> Spoken {
    bare(Json::text(normal(text)))
}

/// A name, with its type in brackets: `Amr Armanazi (alias)`. Other brackets are part of the name.
pub(super) fn name(text: &str, lang: Option<&str>) -> Spoken {
    let typed = bracketed(text).and_then(|(name, kind)| Some((name, code(&NAME_TYPE, kind).ok()?)));
    let Some((name, kind)) = typed else {
        return Spoken { value: Json::text(normal(text)), lang: language(text, lang), original: None };
    };
    let mut members = vec![("text", Json::text(normal(name))), ("type", Json::text(kind))];
    members.extend(script_of(name).map(|script| ("script", Json::text(script))));
    let value = Json::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
    Spoken { value, lang: language(name, lang), original: None }
}

/// A whole number, its thousands parted or not.
pub(super) fn int(text: &str) -> Result<i64, NotUnderstood> {
    let fault = || NotUnderstood::new("form", "int").with("typed", text);
    whole_number(fold(text).trim()).ok_or_else(fault)
}

/// The number of digits parted by thousands or not at all: `1400`, `1,400`, `1 400`, `1.400`; at most nine digits.
pub(super) fn whole_number(folded: &str) -> Option<i64> {
    let is_gap = |c: char| c.is_whitespace() || matches!(c, ',' | '.' | '\'');
    let mut groups = folded.split(is_gap);
    let first = groups.next().filter(|group| !group.is_empty())?;
    let rest: Vec<&str> = groups.collect();
    let is_grouped = rest.iter().all(|group| group.len() == 3) && (rest.is_empty() || first.len() <= 3);
    let digits: String = std::iter::once(first).chain(rest).collect();
    let is_digits = digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_grouped && is_digits { digits.parse().ok() } else { None }
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
