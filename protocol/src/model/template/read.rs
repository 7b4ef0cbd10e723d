//! Reads a template: lines become claims.

use unicode_normalization::UnicodeNormalization;

use super::keys::{self, Key};
use super::lines::{self, Entry, Node};
use super::{Mistake, Parsed, spoken};
use crate::encoding::json::{Json, Object};
use crate::limits;
use crate::model::property::{Member, Property, ValueType};
use crate::model::speech::{self, Spoken};
use crate::model::{Audience, Draft, nearest};

/// Reads a template of a kind of record. What is understood is in the draft even where something else is not.
#[must_use]
pub fn parse(kind_code: u8, text: &str) -> Parsed {
    let draft = Draft { claims: Vec::new(), space: None };
    let (lines, errors, time_left_out) = Default::default();
    let parsed = Parsed { draft, lines, errors, time_left_out, places: Default::default() };
    let mut reader = Reader { kind_code, parsed, space: None };
    if text.len() > limits::TEMPLATE_BYTES {
        let most = limits::TEMPLATE_BYTES.to_string();
        reader.parsed.errors.push((0, Mistake::rule("template_too_long", &[("bytes", &most)])));
        return reader.parsed;
    }
    let text: String = text.nfc().collect();
    for entry in lines::entries(&text, &mut reader.parsed.errors) {
        reader.entry(&entry);
    }
    reader.parsed.errors.sort_by_key(|(line, _)| *line);
    reader.parsed
}

struct Reader {
    kind_code: u8,
    parsed: Parsed,
    space: Option<usize>,
}

impl Reader {
    fn entry(&mut self, entry: &Entry) {
        let head = &entry.head;
        let Some(key) = keys::key(self.kind_code, &head.key) else {
            let known: Vec<_> = crate::model::properties(self.kind_code).map(|property| property.code).collect();
            let near = nearest::properties_near(self.kind_code, &head.key);
            return self.wrong(head.line, Mistake::key("template_key", &head.key, &known, &near));
        };
        if entry.is_empty() {
            return;
        }
        match key {
            Key::Space => self.space(entry),
            Key::Claim => match spoken::json(&head.text) {
                Ok(claim @ Json::Object(_)) => self.add(head.line, claim),
                Ok(_) => self.wrong(head.line, Mistake::rule("template_value", &[("value", &head.text)])),
                Err(problem) => self.wrong(head.line, problem),
            },
            Key::Property(property) => self.claim(property, entry),
        }
    }

    fn space(&mut self, entry: &Entry) {
        let head = &entry.head;
        if self.space.replace(head.line).is_some() {
            return self.wrong(head.line, Mistake::rule("template_twice", &[("key", &head.key)]));
        }
        match audience(&head.text) {
            Some(audience) => self.parsed.draft.space = Some(audience),
            None => self.wrong(head.line, Mistake::rule("template_space", &[("value", &head.text)])),
        }
    }

    fn claim(&mut self, property: &'static Property, entry: &Entry) {
        let path = format!("claims[{}]", self.parsed.draft.claims.len());
        let mut claim = Object::from([("prop".to_owned(), Json::text(property.code))]);
        if let Some(lang) = &entry.head.lang {
            claim.insert("lang", Json::text(language(lang)));
            self.at(format!("{path}.lang"), entry.head.line);
        }
        let before = self.parsed.errors.len();
        let (fields, parts): (Vec<&Node>, Vec<&Node>) =
            entry.below.iter().filter(|node| !node.text.is_empty()).partition(|node| is_field(property, node));
        if let Some(value) = self.value(property, &entry.head, &parts, &path, &mut claim) {
            claim.insert("value", value);
        }
        for node in fields {
            self.field(node, &path, &mut claim);
        }
        if self.parsed.errors.len() == before {
            self.add(entry.head.line, Json::Object(claim));
        }
    }

    /// The value: the text behind the key, the parts below, or both.
    fn value(
        &mut self,
        property: &Property,
        head: &Node,
        parts: &[&Node],
        path: &str,
        claim: &mut Object,
    ) -> Option<Json> {
        let path = format!("{path}.value");
        self.at(path.clone(), head.line);
        if head.text.is_empty() && parts.is_empty() {
            self.wrong(head.line, Mistake::rule("template_no_value", &[("key", &head.key)]));
            return None;
        }
        let mut value = Json::Object(Object::new());
        if !head.text.is_empty() {
            let spoken = self.understood(&property.value, head)?;
            value = spoken.value;
            if let Some(lang) = spoken.lang {
                claim.get_or_insert("lang", Json::Text(lang));
            }
        }
        if parts.is_empty() {
            return Some(value);
        }
        let members = keys::members(&property.value);
        let (Some(members), Json::Object(mut object)) = (members, value) else {
            let line = parts.first().map_or(head.line, |part| part.line);
            self.wrong(line, Mistake::rule("template_parts", &[("key", &head.key)]));
            return None;
        };
        if property.value == ValueType::Place {
            // A point needs no name.
            object.get_or_insert("names", Json::List(Vec::new()));
        }
        for part in parts {
            self.part(property, members, part, &path, &mut object);
        }
        Some(Json::Object(object))
    }

    fn part(&mut self, property: &Property, members: &'static [Member], part: &Node, path: &str, object: &mut Object) {
        let Some(member) = keys::member(members, &part.key) else {
            let known: Vec<_> = members.iter().map(|member| member.key).collect();
            let near = nearest::near(&part.key, &known, &keys::MEMBER_WORDS);
            return self.wrong(part.line, Mistake::key("template_part", &part.key, &known, &near));
        };
        if property.value == ValueType::Place && member.key == "names" {
            let Json::List(names) = object.get_or_insert("names", Json::List(Vec::new())) else { return };
            let mut name = Object::from([("text".to_owned(), Json::text(&part.text))]);
            if let Some(lang) = &part.lang {
                name.insert("lang", Json::text(language(lang)));
            }
            let here = format!("{path}.names[{}]", names.len());
            names.push(Json::Object(name));
            return self.at(here, part.line);
        }
        let here = format!("{path}.{}", member.key);
        if object.contains_key(member.key) {
            return self.wrong(part.line, Mistake::rule("template_twice", &[("key", &part.key)]));
        }
        let Some(mut value) = self.understood(&member.value, part).map(|spoken| spoken.value) else { return };
        if matches!(member.key, "lat" | "lon") {
            // What is none stands as it was written: the rule tells what is wrong with it.
            value = speech::coordinate(&part.text, member.key == "lat").map_or(value, Json::Text);
        }
        if let ("qualifier", Some(said)) = (member.key, value.as_text()) {
            value = Json::text(speech::counts::qualifier_said(said));
        }
        object.insert(member.key.to_owned(), value);
        self.at(here, part.line);
    }

    fn field(&mut self, node: &Node, path: &str, claim: &mut Object) {
        let Some(field) = keys::field(&node.key) else {
            let near = nearest::near(&node.key, keys::FIELDS, &["field", "template.field"]);
            return self.wrong(node.line, Mistake::key("template_field", &node.key, keys::FIELDS, &near));
        };
        let here = format!("{path}.{field}");
        if field == "basis" {
            return self.basis(node, &here, claim);
        }
        let read = match (field, keys::field_vocabulary(field)) {
            ("wording", _) => wording(node),
            ("valid", _) => spoken::value(&ValueType::Date, &node.text, None).map(|said| said.value),
            ("lang", _) => Ok(Json::text(language(&node.text))),
            (_, Some(vocabulary)) => spoken::code(vocabulary, &node.text),
            (_, None) => Ok(Json::text(&node.text)),
        };
        let value = read.map_err(|fault| self.wrong(node.line, fault)).ok();
        self.at(here.clone(), node.line);
        if let Some(value) = value
            && claim.insert(field, value).is_some()
        {
            self.wrong(node.line, Mistake::rule("template_twice", &[("key", &node.key)]));
        }
    }

    /// `RECORD`, or `RECORD, page`: what stands behind the first comma is the place in the source.
    fn basis(&mut self, node: &Node, path: &str, claim: &mut Object) {
        let Json::List(items) = claim.get_or_insert("basis", Json::List(Vec::new())) else { return };
        let (record, locator) = match node.text.split_once([',', '،']) {
            Some((record, locator)) => (lines::bare(record), lines::bare(locator)),
            None => (node.text.as_str(), ""),
        };
        let mut item = Object::from([("source".to_owned(), Json::text(record))]);
        if !locator.is_empty() {
            item.insert("locator", Json::text(locator));
        }
        let here = format!("{path}[{}]", items.len());
        items.push(Json::Object(item));
        self.at(path.to_owned(), node.line);
        self.at(here, node.line);
    }

    /// A value as it was said; `= ` introduces JSON, and what was continued is text as it stands.
    fn understood(&mut self, kind: &ValueType, node: &Node) -> Option<Spoken> {
        let said = match node.text.strip_prefix("= ") {
            Some(json) if !node.is_continued => spoken::json(json).map(spoken::literal),
            _ if node.is_continued && matches!(kind, ValueType::Text | ValueType::Plain | ValueType::Name) => {
                Ok(spoken::literal(Json::text(&node.text)))
            }
            _ => spoken::value(kind, &node.text, node.lang.as_deref()),
        };
        match said {
            Ok(said) => {
                if *kind == ValueType::Date && speech::leaves_time_out(&node.text, &said.value) {
                    self.parsed.time_left_out.push(node.text.clone());
                }
                Some(said)
            }
            Err(problem) => {
                self.wrong(node.line, problem);
                None
            }
        }
    }

    fn add(&mut self, line: usize, claim: Json) {
        self.at(format!("claims[{}]", self.parsed.draft.claims.len()), line);
        self.parsed.draft.claims.push(claim);
        self.parsed.lines.push(line);
    }

    fn at(&mut self, path: String, line: usize) {
        self.parsed.places.insert(path, line);
    }

    fn wrong(&mut self, line: usize, problem: Mistake) {
        self.parsed.errors.push((line, problem));
    }
}

/// True for a line below that is a field: a dash says that it is a part, and what is no field may be one all the same.
fn is_field(property: &Property, node: &Node) -> bool {
    let is_member = || keys::members(&property.value).is_some_and(|members| keys::member(members, &node.key).is_some());
    if node.is_part {
        !is_member() && keys::field(&node.key).is_some()
    } else {
        keys::field(&node.key).is_some() || !is_member()
    }
}

/// Other words that people write for a space, folded.
const AUDIENCES: [(Audience, &[&str]); 2] = [
    (Audience::Members, &["member", "membre", "اعضاء"]),
    (Audience::Public, &["publique", "عام", "عامه", "العامه", "عموم"]),
];

fn audience(text: &str) -> Option<Audience> {
    let text = keys::folded(text);
    let is_meant = |(audience, others): &(Audience, &[&str])| {
        let key = format!("space.{}", audience.name());
        let mut words = crate::locale::Language::ALL.into_iter().filter_map(|known| crate::locale::lookup(known, &key));
        audience.name() == text
            || words.any(|word| keys::folded(word) == text)
            || others.iter().any(|word| keys::folded(word) == text)
    };
    AUDIENCES.into_iter().find(is_meant).map(|(audience, _)| audience)
}

/// The tag of a language that a person names by it or by its word.
fn language(text: &str) -> String {
    keys::language(text).map_or_else(|| text.to_owned(), str::to_owned)
}

/// The body's own words with their language, or the code that says why they are not given.
fn wording(node: &Node) -> Result<Json, Mistake> {
    // The code first: the form has a language in its brackets, and nobody's own words are "not_seen".
    let vocabulary = &crate::model::vocabularies::WORDING_UNAVAILABLE;
    match (keys::code(vocabulary, &node.text), &node.lang) {
        (Some(code), _) => Ok(Json::object([("unavailable", Json::text(code))])),
        (None, Some(lang)) => {
            Ok(Json::object([("lang", Json::text(language(lang))), ("text", Json::text(&node.text))]))
        }
        (None, None) => Err(Mistake::rule("template_wording", &[("key", &node.key)])),
    }
}
