//! What a person typed as one value of a type: as people say it, or a code by its word.

use super::{Mistake, keys};
use crate::encoding::json::Json;
use crate::model::Draft;
use crate::model::property::ValueType;
use crate::model::speech::{self, Spoken};
use crate::model::vocabularies::Vocabulary;

/// Reads a value as people say it. `lang` is the language of the text, where the line says so.
pub(super) fn value(kind: &ValueType, text: &str, lang: Option<&str>) -> Result<Spoken, Mistake> {
    match kind {
        ValueType::Code(vocabulary) => code(vocabulary, text).map(literal),
        // Which record is meant is found by whoever holds the records.
        ValueType::Ref(_) => Ok(literal(Json::text(text))),
        ValueType::Place
        | ValueType::Count
        | ValueType::Agent
        | ValueType::Blob
        | ValueType::Identifier
        | ValueType::Shape(_)
            if text.starts_with('{') =>
        {
            json(text).map(literal)
        }
        _ => Ok(speech::value_from(kind, text, lang)?),
    }
}

/// A value that is taken as it stands.
pub(super) fn literal(value: Json) -> Spoken {
    Spoken { value, lang: None }
}

/// A value in JSON.
pub(super) fn json(text: &str) -> Result<Json, Mistake> {
    let claim = Draft::parse_claim(format!("{{\"value\":{text}}}").as_bytes());
    let value = claim.as_ref().ok().and_then(|claim| claim.get("value"));
    value.cloned().ok_or_else(|| Mistake::rule("template_value", &[("value", text)]))
}

/// The code of a vocabulary that a text is or whose word it is.
pub(super) fn code(vocabulary: &'static Vocabulary, text: &str) -> Result<Json, Mistake> {
    match keys::code(vocabulary, text) {
        Some(code) => Ok(Json::text(code)),
        None => Ok(speech::value(&ValueType::Code(vocabulary), text)?.value),
    }
}
