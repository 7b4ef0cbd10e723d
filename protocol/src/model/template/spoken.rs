//! What a person typed as one value of a type: what the model reads, with codes by their words.

use super::keys;
use super::mistake;
use crate::encoding::json::Json;
use crate::model::property::ValueType;
use crate::model::vocabularies::Vocabulary;
use crate::model::{Draft, Problem};

/// A value, and what was learnt of it beside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spoken {
    pub(super) value: Json,
    pub(super) lang: Option<String>,
    pub(super) original: Option<String>,
}

/// Reads a value as people say it; texts are taken as they stand.
pub(super) fn value(kind: &ValueType, text: &str) -> Result<Spoken, Problem> {
    let plain = |value| Ok(Spoken { value, lang: None, original: None });
    match kind {
        ValueType::Code(vocabulary) => plain(Json::text(code(vocabulary, text))),
        ValueType::Agent if !text.starts_with('{') => {
            let code = code(&crate::model::vocabularies::AGENT, text);
            plain(Json::object([("code", Json::text(code))]))
        }
        ValueType::Int => plain(text.parse().map_or_else(|_| Json::text(text), Json::Int)),
        ValueType::Bool if matches!(text, "true" | "false") => plain(Json::Bool(text == "true")),
        ValueType::Place
        | ValueType::Count
        | ValueType::Agent
        | ValueType::Blob
        | ValueType::Identifier
        | ValueType::Shape(_) => plain(json(text)?),
        _ => plain(Json::text(text)),
    }
}

/// A value in JSON.
pub(super) fn json(text: &str) -> Result<Json, Problem> {
    let claim = Draft::parse_claim(format!("{{\"value\":{text}}}").as_bytes());
    let value = claim.as_ref().ok().and_then(|claim| claim.get("value"));
    value.cloned().ok_or_else(|| mistake("template_value", "claims", &[("value", text)]))
}

/// The code of a vocabulary that a text is or whose word it is; the text itself where it is neither.
pub(super) fn code(vocabulary: &Vocabulary, text: &str) -> String {
    keys::code(vocabulary, text).map_or_else(|| text.to_owned(), str::to_owned)
}
