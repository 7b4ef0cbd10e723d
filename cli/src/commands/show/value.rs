//! A value in the reader's words: codes by their names, records by their labels, places and counts as people say them.

use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::RecordId;
use isnad_protocol::locale::{self, Language};
use isnad_protocol::model::{self, ValueType};
use isnad_protocol::view::{Reference, Words, value_text};

use super::Page;
use crate::commands::reading::label;
use crate::output::isolated;

/// What the words of a value depend on.
#[derive(Clone, Copy)]
pub(super) struct Telling<'a> {
    pub(super) language: Language,
    pub(super) page: &'a Page<'a>,
    /// The records that the value names, with what they are called.
    pub(super) refs: &'a [Reference],
}

impl Telling<'_> {
    /// Tells a value of a property; of one that this version does not know, or of another form, its JSON.
    pub(super) fn value(&self, kind: Option<u8>, prop: &str, value: &Json) -> String {
        let property = kind.and_then(|kind| model::property(kind, prop));
        let told = property.and_then(|property| self.told(property.value, value));
        told.unwrap_or_else(|| isolated(&value_text(value)))
    }

    /// Tells a count without its category, which stands before it.
    pub(super) fn range(&self, min: i64, max: Option<i64>) -> String {
        let (min, max) = (min.to_string(), max.map(|max| max.to_string()));
        match max {
            Some(max) if max == min => locale::format(self.language, "format.count_exact", &[("count", &min)]),
            Some(max) => locale::format(self.language, "format.count_range", &[("min", &min), ("max", &max)]),
            None => locale::format(self.language, "format.count_or_more", &[("min", &min)]),
        }
    }

    fn told(&self, form: ValueType, value: &Json) -> Option<String> {
        match form {
            ValueType::Code(vocabulary) => Some(self.code(vocabulary.name, value.as_text()?)),
            ValueType::Ref(_) => self.reference(value),
            ValueType::Agent => self.agent(value),
            ValueType::Count => self.count(value),
            ValueType::Place => self.place(value),
            ValueType::Bool => match value {
                Json::Bool(is) => {
                    Some(locale::word(self.language, if *is { "view.yes" } else { "view.no" }).to_owned())
                }
                _ => None,
            },
            ValueType::Identifier => {
                let scheme = self.code("identifier_scheme", value.get("scheme")?.as_text()?);
                Some(format!("{scheme} {}", isolated(value.get("value")?.as_text()?)))
            }
            ValueType::Shape(members) => {
                let mut parts = Vec::new();
                for member in members {
                    let Some(part) = value.get(member.key) else { continue };
                    let text = self.told(member.value, part).unwrap_or_else(|| isolated(&value_text(part)));
                    let key = format!("member.{}", member.key);
                    let key = locale::lookup(self.language, &key).unwrap_or(member.key);
                    parts.push(format!("{key}: {text}"));
                }
                (!parts.is_empty()).then(|| parts.join(", "))
            }
            ValueType::Text
            | ValueType::Plain
            | ValueType::Name
            | ValueType::Date
            | ValueType::Duration
            | ValueType::Blob
            | ValueType::Country
            | ValueType::Language
            | ValueType::Int
            | ValueType::Url => None,
        }
    }

    fn reference(&self, value: &Json) -> Option<String> {
        let record = RecordId::parse(value.as_text()?).ok()?;
        self.refs.iter().find(|reference| reference.record == record).map(|reference| self.page.name(reference))
    }

    fn code(&self, vocabulary: &str, code: &str) -> String {
        isolated(locale::code(self.language, vocabulary, code))
    }

    fn agent(&self, value: &Json) -> Option<String> {
        let agent = self.code("agent", value.get("code")?.as_text()?);
        let basis = value.get("basis").and_then(Json::as_text).map(|code| self.code("agent_basis", code));
        Some(basis.map_or_else(|| agent.clone(), |basis| format!("{agent} ({basis})")))
    }

    fn count(&self, value: &Json) -> Option<String> {
        let category = self.code("casualty_category", value.get("category")?.as_text()?);
        let range = self.range(value.get("min")?.as_int()?, value.get("max").and_then(Json::as_int));
        let mut text = format!("{category} {range}");
        for member in ["qualifier", "as_of"] {
            if let Some(said) = value.get(member).and_then(Json::as_text) {
                text.push_str(&format!(" ({})", isolated(said)));
            }
        }
        Some(text)
    }

    /// The name in the reader's language, the region, the country, and how exact the point is.
    fn place(&self, value: &Json) -> Option<String> {
        let words = |name: &Json| {
            let lang = name.get("lang").and_then(Json::as_text).map(str::to_owned);
            Some(Words { lang, text: name.get("text")?.as_text()?.to_owned() })
        };
        let names: Vec<Words> = value.get("names")?.as_list()?.iter().filter_map(words).collect();
        let name = label(&names, self.language)?;
        let text = |key: &str| value.get(key).and_then(Json::as_text);
        let mut parts = vec![isolated(&name)];
        parts.extend(text("admin1").map(isolated));
        parts.extend(text("country").map(|code| isolated(&code.to_uppercase())));
        let mut out = parts.join(", ");
        let point = text("lat").zip(text("lon")).map(|(lat, lon)| isolated(&format!("{lat} {lon}")));
        let precision = text("geo_precision").map(|code| self.code("geo_precision", code));
        let notes: Vec<String> = point.into_iter().chain(precision).collect();
        if !notes.is_empty() {
            out.push_str(&format!(" ({})", notes.join("; ")));
        }
        Some(out)
    }
}
