//! A value in the reader's words: codes by their names, records by their labels, places and counts as people say them.

use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::RecordId;
use isnad_protocol::locale::{self, Language};
use isnad_protocol::model::{self, ValueType, speech};
use isnad_protocol::view::{Reference, Words, value_text};

use super::pen::Pen;
use crate::commands::reading::label;

/// What the words of a value depend on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Telling<'a> {
    /// Draws.
    pub(crate) pen: Pen<'a>,
    /// The records that the value names, with what they are called.
    pub(crate) refs: &'a [Reference],
}

impl Telling<'_> {
    /// Tells a value of a property; of one that this version does not know, or of another form, its JSON. May have several
    /// lines, and be long.
    pub(crate) fn value(&self, kind: Option<u8>, prop: &str, value: &Json) -> String {
        self.known(kind, prop, value).unwrap_or_else(|| self.pen.paragraphs(&value_text(value)))
    }

    /// The same in one line of bounded length.
    pub(crate) fn brief(&self, kind: Option<u8>, prop: &str, value: &Json) -> String {
        self.known(kind, prop, value).unwrap_or_else(|| self.pen.raw(value))
    }

    fn known(&self, kind: Option<u8>, prop: &str, value: &Json) -> Option<String> {
        let property = kind.and_then(|kind| model::property(kind, prop))?;
        let told = match prop {
            "opinion" => self.opinion(value),
            "judgement" => self.judgement(value),
            _ => None,
        };
        told.or_else(|| self.told(property.value, value))
    }

    /// What a claim says of another one, where that is not on the page.
    fn opinion(&self, value: &Json) -> Option<String> {
        let member = |key: &str| value.get(key).and_then(Json::as_text);
        let on = self.pen.ids.claim(member("claim").or_else(|| member("entry"))?);
        let stance = self.pen.code("stance", member("stance")?);
        let reason = member("reason").map(|code| self.pen.code("dispute_reason", code));
        let words: Vec<String> = reason.into_iter().chain(member("text").map(|text| self.pen.foreign(text))).collect();
        Some([vec![format!("{stance} [{}]", self.pen.foreign(&on))], words].concat().join(": "))
    }

    /// Whether two records are one: "the same as", "not the same as", and why.
    fn judgement(&self, value: &Json) -> Option<String> {
        let member = |key: &str| value.get(key).and_then(Json::as_text);
        let key = format!("show.judged.{}.{}", member("relation")?, member("verdict")?);
        locale::lookup(self.pen.language, &key)?;
        let other = self.reference(value.get("record")?)?;
        let mut notes = Vec::new();
        if let Some(score) = value.get("score").and_then(Json::as_int) {
            notes.push(self.pen.field(&self.part("score"), &score.to_string()));
        }
        let matcher = |text: &str| self.pen.field(&self.part("matcher"), &self.pen.foreign(text));
        notes.extend(member("matcher").map(matcher));
        notes.extend(member("explanation").map(|text| self.pen.foreign(text)));
        let told = self.pen.say(&key, &[("other", &other)]);
        Some(if notes.is_empty() { told } else { self.pen.field(&told, &self.pen.notes(&notes)) })
    }

    /// Tells a count without its category, which stands before it.
    pub(crate) fn range(&self, min: i64, max: Option<i64>) -> String {
        let language = self.pen.language;
        let (min, max) = (min.to_string(), max.map(|max| max.to_string()));
        match max {
            Some(max) if max == min => locale::format(language, "format.count_exact", &[("count", &min)]),
            Some(max) => locale::format(language, "format.count_range", &[("min", &min), ("max", &max)]),
            None => locale::format(language, "format.count_or_more", &[("min", &min)]),
        }
    }

    fn told(&self, form: ValueType, value: &Json) -> Option<String> {
        let pen = self.pen;
        match form {
            ValueType::Code(vocabulary) => Some(pen.code(vocabulary.name, value.as_text()?)),
            ValueType::Ref(_) => self.reference(value),
            ValueType::Agent => self.agent(value),
            ValueType::Count => self.count(value),
            ValueType::Place => self.place(value),
            ValueType::Name => self.name(value),
            ValueType::Date => Some(pen.date_and_form(value.as_text()?)),
            ValueType::Country => Some(country(pen.language, value.as_text()?, pen)),
            ValueType::Duration => {
                let written = value.as_text()?;
                let said = speech::value_in(pen.language, &form, value);
                Some(if said == written {
                    pen.foreign(written)
                } else {
                    format!("{} ({})", pen.foreign(&said), pen.foreign(written))
                })
            }
            ValueType::Bool => match value {
                Json::Bool(is) => Some(pen.word(if *is { "view.yes" } else { "view.no" })),
                _ => None,
            },
            ValueType::Identifier => {
                let scheme = pen.code("identifier_scheme", value.get("scheme")?.as_text()?);
                Some(format!("{scheme} {}", pen.foreign(value.get("value")?.as_text()?)))
            }
            ValueType::Shape(members) => {
                let mut parts = Vec::new();
                let title = value.get("title").and_then(Json::as_text);
                let members = members.iter().filter(|member| title.is_none() || member.key != "title");
                for member in members {
                    let Some(part) = value.get(member.key) else { continue };
                    let text = self.told(member.value, part).unwrap_or_else(|| pen.raw(part));
                    if title.is_some() {
                        parts.push(text);
                        continue;
                    }
                    parts.push(pen.field(&self.part(member.key), &text));
                }
                match title.map(|title| pen.foreign(title)) {
                    Some(title) if parts.is_empty() => Some(title),
                    Some(title) => Some(format!("{title} ({})", pen.list(&parts))),
                    None => (!parts.is_empty()).then(|| pen.list(&parts)),
                }
            }
            ValueType::Text => {
                let narrative = model::values::pointer(value)?;
                Some(pen.say("show.see_narrative", &[("id", &narrative.to_short())]))
            }
            ValueType::Plain | ValueType::Blob | ValueType::Language | ValueType::Int | ValueType::Url => None,
        }
    }

    /// What a part of a value is called.
    fn part(&self, key: &str) -> String {
        let mut rooms = ["member", "property", "template.part"].into_iter();
        let word = rooms.find_map(|room| locale::lookup(self.pen.language, &format!("{room}.{key}")));
        word.unwrap_or(key).to_owned()
    }

    fn reference(&self, value: &Json) -> Option<String> {
        let record = RecordId::parse(value.as_text()?).ok()?;
        self.refs.iter().find(|reference| reference.record == record).map(|reference| self.pen.record(reference))
    }

    /// A name, and what kind of name it is.
    fn name(&self, value: &Json) -> Option<String> {
        let kind = value.get("type").and_then(Json::as_text).filter(|kind| *kind != "primary")?;
        Some(format!("{} ({})", self.pen.raw(value), self.pen.code("name_type", kind)))
    }

    fn agent(&self, value: &Json) -> Option<String> {
        let agent = self.pen.code("agent", value.get("code")?.as_text()?);
        let basis = value.get("basis").and_then(Json::as_text).map(|code| self.pen.code("agent_basis", code));
        Some(basis.map_or_else(|| agent.clone(), |basis| format!("{agent} ({basis})")))
    }

    fn count(&self, value: &Json) -> Option<String> {
        let category = self.pen.code("casualty_category", value.get("category")?.as_text()?);
        Some(format!("{category} {}", self.number(value)?))
    }

    /// A count without its category: the range, what the source calls it, as of when.
    pub(crate) fn number(&self, value: &Json) -> Option<String> {
        let (min, max) = (value.get("min")?.as_int()?, value.get("max").and_then(Json::as_int));
        let member = |key: &str| value.get(key).and_then(Json::as_text);
        // What a source says of an open number is a part of it, as it was typed and is shown in the preview.
        let (mut text, qualifier) = match (max, member("qualifier")) {
            (None, Some("more than")) => {
                (locale::format(self.pen.language, "speech.more_than", &[("min", &min.to_string())]), None)
            }
            (None, Some("at least")) => (self.range(min, max), None),
            (_, qualifier) => (self.range(min, max), qualifier),
        };
        let mut notes: Vec<String> = qualifier.map(|said| self.qualifier(said)).into_iter().collect();
        if let Some(day) = member("as_of") {
            notes.push(self.pen.say("show.counted_by", &[("date", &self.pen.date(day))]));
        }
        if !notes.is_empty() {
            text.push_str(&format!(" ({})", self.pen.list(&notes)));
        }
        Some(text)
    }

    /// What a source says of a number: in the reader's language where that has a word for it.
    fn qualifier(&self, said: &str) -> String {
        let key = format!("qualifier.{}", said.to_lowercase().replace(' ', "_"));
        locale::lookup(self.pen.language, &key).map_or_else(|| self.pen.foreign(said), str::to_owned)
    }

    /// The name in the reader's language, the region, the country, and how exact the point is. Where nothing is called by a name,
    /// the point stands for it, or that it is withheld.
    fn place(&self, value: &Json) -> Option<String> {
        let pen = self.pen;
        let words = |name: &Json| {
            let lang = name.get("lang").and_then(Json::as_text).map(str::to_owned);
            Some(Words::new(lang, name.get("text")?.as_text()?.to_owned()))
        };
        let names: Vec<Words> = value.get("names")?.as_list()?.iter().filter_map(words).collect();
        let name = label(&names, pen.language);
        let text = |key: &str| value.get(key).and_then(Json::as_text);
        let mut parts: Vec<String> = name.map(|name| pen.foreign(&name)).into_iter().collect();
        parts.extend(text("admin1").map(|region| pen.foreign(region)));
        parts.extend(text("country").map(|code| country(pen.language, code, pen)));
        let mut out = pen.list(&parts);
        let point = text("lat").zip(text("lon")).map(|(lat, lon)| pen.foreign(&format!("{lat} {lon}")));
        let precision = text("geo_precision").map(|code| pen.code("geo_precision", code));
        let notes: Vec<String> = point.into_iter().chain(precision).collect();
        if parts.is_empty() {
            return (!notes.is_empty()).then(|| pen.notes(&notes));
        }
        if !notes.is_empty() {
            out.push_str(&format!(" ({})", pen.notes(&notes)));
        }
        Some(out)
    }
}

/// A country by its name where the locale has it, else by its code.
fn country(language: Language, code: &str, pen: Pen<'_>) -> String {
    let known = locale::lookup(language, &format!("country.{code}"));
    known.map_or_else(|| pen.foreign(&code.to_uppercase()), str::to_owned)
}
