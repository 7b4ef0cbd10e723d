//! One claim in the making.

use unicode_normalization::UnicodeNormalization;

use crate::encoding::json::{Json, Object};

/// A claim whose fields are being filled.
#[derive(Debug, Clone)]
pub(super) struct Claim(Object);

/// The standard of a body that states none.
const UNSTATED: &str = "unstated";

impl Claim {
    pub(super) fn new(prop: &str, value: Json) -> Self {
        Self(Object::from([("prop".to_owned(), Json::text(prop)), ("value".to_owned(), value)]))
    }

    /// A claim of a text in a language.
    pub(super) fn text(prop: &str, text: &str, lang: &str) -> Self {
        Self::new(prop, normal(text)).lang(lang)
    }

    pub(super) fn lang(self, lang: &str) -> Self {
        self.with("lang", Some(Json::text(lang)))
    }

    /// Sets a field where there is something to set.
    pub(super) fn with(mut self, field: &str, value: Option<Json>) -> Self {
        if let Some(value) = value {
            self.0.insert(field.to_owned(), value);
        }
        self
    }

    /// What an accusing claim carries besides its basis.
    pub(super) fn accusing(self, standard: Option<&str>, wording: Wording) -> Self {
        let standard = Json::text(standard.unwrap_or(UNSTATED));
        self.with("standard", Some(standard)).with("wording", Some(wording.value)).with("original", wording.original)
    }

    pub(super) fn into_object(self) -> Object {
        self.0
    }
}

/// A string as authors write it: NFC.
pub(super) fn normal(text: &str) -> Json {
    Json::Text(text.nfc().collect())
}

/// An object of the members that are there.
pub(super) fn object<const N: usize>(members: [(&str, Option<Json>); N]) -> Json {
    Json::Object(members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect())
}

/// A body's words, or why they are not given.
#[derive(Debug, Clone)]
pub(super) struct Wording {
    pub(super) value: Json,
    /// The file's words where they are a paraphrase.
    pub(super) original: Option<Json>,
}

impl Wording {
    /// Nobody who made the file saw the words.
    pub(super) fn not_seen() -> Self {
        Self { value: Json::object([("unavailable", Json::text("not_seen"))]), original: None }
    }

    /// The words of the file, in the language of its source; a paraphrase where text or note say that they are one.
    pub(super) fn of(text: Option<&str>, note: Option<&str>, lang: &str) -> Self {
        let Some(text) = text else { return Self::not_seen() };
        if is_paraphrase(text, note.unwrap_or_default()) {
            let value = Json::object([("unavailable", Json::text("paraphrase"))]);
            return Self { value, original: Some(normal(text)) };
        }
        Self { value: Json::object([("text", normal(text)), ("lang", Json::text(lang))]), original: None }
    }
}

fn is_paraphrase(text: &str, note: &str) -> bool {
    let (text, note) = (text.to_lowercase(), note.to_lowercase());
    note.contains("paraphrase")
        || note.contains("as reported")
        || text.starts_with("reported:")
        || text.contains("(as reported)")
}
