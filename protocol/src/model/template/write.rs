//! Writes a template: blank, or filled with claims.

use super::form;
use super::keys::{self, FIELDS};
use super::read::parse;
use crate::encoding::json::{Json, Object};
use crate::locale::{Direction, Language};
use crate::model::property::{Property, ValueType};
use crate::model::{Draft, speech, vocabularies};

/// The form of a kind of record with nothing filled in, each line explained.
#[must_use]
pub fn blank(kind_code: u8, language: Language) -> String {
    filled(&Draft { claims: Vec::new(), space: None }, kind_code, language)
}

/// The form with these claims filled in; reading it gives the same claims.
#[must_use]
pub fn filled(draft: &Draft, kind_code: u8, language: Language) -> String {
    let mut out = form::head(kind_code, language, draft.space.unwrap_or(crate::model::Audience::Members));
    let prop = |claim: &Json| claim.get("prop").and_then(Json::as_text).map(str::to_owned);
    let mut rest: Vec<&Json> = draft.claims.iter().collect();
    for property in form::properties(kind_code) {
        let (own, others): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|claim| prop(claim).as_deref() == Some(property.code));
        rest = others;
        out.push(String::new());
        out.extend(form::about(kind_code, property, language));
        if own.is_empty() {
            out.extend(form::unfilled(kind_code, property, language));
        }
        out.extend(own.into_iter().map(|claim| claim_text(kind_code, claim, language)));
    }
    if !rest.is_empty() {
        out.push(String::new());
        out.extend(rest.into_iter().map(|claim| claim_text(kind_code, claim, language)));
    }
    out.extend(form::codes_of_fields(kind_code, language));
    out.push(String::new());
    out.join("\n")
}

/// A claim in the first spelling that reads as the same claim: as people write, with the value in JSON, or all of it.
fn claim_text(kind_code: u8, claim: &Json, language: Language) -> String {
    let writer = Writer { language };
    let whole = format!("claim: {}", json(claim));
    let known = claim.get("prop").and_then(Json::as_text).and_then(|code| crate::model::property(kind_code, code));
    let Some((property, (members, value))) = known.zip(claim.as_object().zip(claim.get("value"))) else { return whole };
    let mut candidates = writer.values(property, value).into_iter().map(|value| writer.claim(property, members, value));
    let is_same = |text: &String| {
        let parsed = parse(kind_code, text);
        parsed.errors.is_empty() && parsed.draft.claims == [claim.clone()]
    };
    candidates.find(is_same).unwrap_or(whole)
}

fn json(value: &Json) -> String {
    String::from_utf8_lossy(&value.encode()).into_owned()
}

/// A value as it may be written: behind the key, and on lines below.
struct Written {
    head: String,
    below: Vec<String>,
}

struct Writer {
    language: Language,
}

impl Writer {
    fn claim(&self, property: &Property, members: &Object, value: Written) -> String {
        let lang = members.get("lang").and_then(Json::as_text);
        let key = form::key(self.language, property.code);
        let mut lines = vec![line("", &key, lang, &value.head)];
        lines.extend(value.below);
        for field in FIELDS.iter().filter(|field| **field != "lang") {
            if let Some(value) = members.get(*field) {
                self.field(field, value, &mut lines);
            }
        }
        lines.join("\n")
    }

    fn field(&self, field: &str, value: &Json, lines: &mut Vec<String>) {
        let key = form::field_key(self.language, field);
        match (field, value) {
            ("basis", Json::List(items)) => {
                for item in items {
                    let part = |key| item.get(key).and_then(Json::as_text).unwrap_or_default();
                    let comma = if self.language == Language::Ar { "، " } else { ", " };
                    let comma = if part("locator").is_empty() { "" } else { comma };
                    lines.push(line(BELOW, &key, None, &format!("{}{comma}{}", part("source"), part("locator"))));
                }
            }
            ("wording", Json::Object(_)) => {
                let part = |key| value.get(key).and_then(Json::as_text);
                let code = part("unavailable")
                    .map(|code| form::code_word(self.language, &vocabularies::WORDING_UNAVAILABLE, code));
                let written = literal(part("text").or(code.as_deref()).unwrap_or_default(), MORE);
                lines.push(line(BELOW, &key, part("lang"), &written.head));
                lines.extend(written.below);
            }
            (_, Json::Text(text)) => {
                let word =
                    keys::field_vocabulary(field).map(|vocabulary| form::code_word(self.language, vocabulary, text));
                let text = if field == "valid" { self.date(text) } else { word.unwrap_or_else(|| text.clone()) };
                let written = literal(&text, MORE);
                lines.push(line(BELOW, &key, None, &written.head));
                lines.extend(written.below);
            }
            _ => {}
        }
    }

    /// The spellings of a value, the most readable first.
    fn values(&self, property: &Property, value: &Json) -> Vec<Written> {
        let mut found = Vec::new();
        found.extend(self.simple(&property.value, value));
        // A name that would say more than itself, such as its language by its script, is written out as it stands.
        found.extend(value.as_text().map(|text| continued(text, BELOW)));
        if let (Some(_), Json::Object(object)) = (keys::members(&property.value), value) {
            found.push(Written { head: String::new(), below: self.parts(property, object) });
        }
        found.push(Written { head: format!("= {}", json(value)), below: Vec::new() });
        found
    }

    /// A value that needs one line, or one text.
    fn simple(&self, kind: &ValueType, value: &Json) -> Option<Written> {
        let text = match (kind, value) {
            (ValueType::Code(vocabulary), Json::Text(code)) => form::code_word(self.language, vocabulary, code),
            (ValueType::Agent, Json::Object(object)) if object.len() == 1 => {
                form::code_word(self.language, &vocabularies::AGENT, object.get("code")?.as_text()?)
            }
            (ValueType::Date, Json::Text(text)) => self.date(text),
            (_, Json::Text(text)) => return Some(literal(text, BELOW)),
            (_, Json::Int(_) | Json::Bool(_)) => json(value),
            _ => return None,
        };
        Some(Written { head: text, below: Vec::new() })
    }

    /// EDTF keeps its order from left to right in a line from right to left. UAX 9: LEFT-TO-RIGHT MARK.
    fn date(&self, text: &str) -> String {
        match self.language.direction() {
            Direction::Rtl => format!("\u{200e}{text}"),
            Direction::Ltr => text.to_owned(),
        }
    }

    fn parts(&self, property: &Property, object: &Object) -> Vec<String> {
        let mut lines = Vec::new();
        for member in keys::members(&property.value).unwrap_or_default() {
            let key = form::part_key(self.language, member.key);
            match object.get(member.key) {
                Some(Json::List(names)) => {
                    for name in names {
                        let part = |key| name.get(key).and_then(Json::as_text);
                        lines.push(line(PART, &key, part("lang"), part("text").unwrap_or_default()));
                    }
                }
                Some(value) => {
                    let Some(mut written) = self.simple(&member.value, value) else { continue };
                    if let ("qualifier", Some(said)) = (member.key, value.as_text()) {
                        written = literal(speech::counts::qualifier_in(self.language, said), BELOW);
                    }
                    lines.push(line(PART, &key, None, &written.head));
                    lines.extend(written.below);
                }
                None => {}
            }
        }
        lines
    }
}

/// What stands before a field.
pub(super) const BELOW: &str = "    ";
/// What stands before a part of a value.
pub(super) const PART: &str = "    - ";
/// What stands before a further line of a field's text.
const MORE: &str = "        ";

/// A text on its line, or exactly as written on lines below, where a line would lose something of it.
fn literal(text: &str, indent: &str) -> Written {
    let is_plain = super::lines::bare(text) == text && !text.contains('\n') && !text.starts_with("= ");
    if is_plain {
        return Written { head: text.to_owned(), below: Vec::new() };
    }
    continued(text, indent)
}

/// A text exactly as written, on lines of its own.
fn continued(text: &str, indent: &str) -> Written {
    let below = text.split('\n').map(|part| format!("{indent}| {part}")).collect();
    Written { head: String::new(), below }
}

/// A line of a key and a value.
pub(super) fn line(indent: &str, key: &str, lang: Option<&str>, value: &str) -> String {
    let lang = lang.map(|lang| format!(" [{lang}]")).unwrap_or_default();
    format!("{indent}{key}{lang}: {value}").trim_end().to_owned()
}
