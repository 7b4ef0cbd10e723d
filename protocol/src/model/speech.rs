//! What people say, and the values of the model: dates, places, counts, codes, typed and told back. MODEL §3.
//!
//! All three languages are understood at once, whatever the case, accents or digits. Nothing is guessed in silence: what has two
//! readings, or a word that says nothing here, is [`NotUnderstood`], which names it and shows the form.

use std::collections::BTreeMap;
use std::fmt;

use super::nearest;
use super::property::ValueType;
use super::values::BLOB;
use super::vocabularies::Vocabulary;
use crate::encoding::json::Json;
use crate::limits;
use crate::locale::{self, Language};

pub(super) mod codes;
mod coordinates;
pub(super) mod counts;
mod dates;
pub(super) mod fold;
mod identifiers;
mod lexicon;
mod numbers;
mod places;
mod regions;
mod scalars;
mod shapes;
mod short;
mod side;
mod tell;
mod tokens;
mod words;

#[cfg(test)]
mod tests;

pub use short::date_within;
pub use tell::date_in;

/// A value as the model has it, from what was typed.
///
/// The words typed are its author's, and no quotation: `original`, which says how the source writes it, is signed where the author
/// gives it, and of nothing else. MODEL §2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// The value.
    pub value: Json,
    /// The language of the text, where it is known: what the caller said, or `ar` where the script says so.
    pub lang: Option<String>,
}

/// What was typed has no value in this form, or more than one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotUnderstood {
    /// The stable code; texts stand under `speech.<code>.why` and `speech.<code>.try`.
    pub code: &'static str,
    /// What the texts put in.
    pub values: BTreeMap<&'static str, String>,
    /// The form that was due: its examples stand under `speech.form.<form>`.
    pub form: &'static str,
    /// The list that a code should be of.
    pub vocabulary: Option<&'static Vocabulary>,
}

impl NotUnderstood {
    fn new(code: &'static str, form: &'static str) -> Self {
        Self { code, values: BTreeMap::new(), form, vocabulary: None }
    }

    fn with(mut self, key: &'static str, value: &str) -> Self {
        // Told back in one line, however much was typed.
        let shown: String = value.chars().take(limits::SPOKEN_SHOWN).collect();
        self.values.insert(key, shown);
        self
    }

    /// The same with the word that says nothing as it was typed: its author knows it by his own spelling.
    fn quoting(mut self, typed: &str) -> Self {
        if let Some(word) = self.values.get_mut("word") {
            let own = fold::spellings(typed).into_iter().find(|own| fold::fold(own) == *word);
            word.clone_from(&own.unwrap_or_else(|| word.clone()));
        }
        self
    }

    /// Why it was not understood.
    #[must_use]
    pub fn why_in(&self, language: Language) -> String {
        self.text(language, "why")
    }

    /// What to type, with two examples of the form.
    #[must_use]
    pub fn try_in(&self, language: Language) -> String {
        self.text(language, "try")
    }

    fn text(&self, language: Language, part: &str) -> String {
        let mut values = self.values.clone();
        if self.code.starts_with("date_") {
            for (_, date) in values.iter_mut().filter(|(key, _)| matches!(**key, "first" | "second" | "date")) {
                *date = date_in(language, date);
            }
        }
        values.insert("examples", locale::word(language, &format!("speech.form.{}", self.form)).to_owned());
        if let Some(vocabulary) = self.vocabulary {
            let words = vocabulary.codes.iter().map(|code| locale::code(language, vocabulary.name, code));
            let comma = locale::word(language, "speech.comma");
            values.insert("known", words.collect::<Vec<_>>().join(&format!("{comma} ")));
        }
        let near = self.near_in(language).filter(|_| part == "try");
        let key = if near.is_some() { "code_near" } else { self.code };
        values.extend(near.map(|near| ("near", near)));
        let filled: Vec<(&str, &str)> = values.iter().map(|(key, value)| (*key, value.as_str())).collect();
        locale::format(language, &format!("speech.{key}.{part}"), &filled)
    }

    /// The codes that may have been meant, in words; `None` where there are none.
    fn near_in(&self, language: Language) -> Option<String> {
        let vocabulary = self.vocabulary.filter(|_| self.code == "code")?;
        let near = nearest::codes_near(vocabulary, self.values.get("typed")?);
        (!near.is_empty()).then(|| nearest::told(language, &near, &[vocabulary.name]))
    }
}

impl fmt::Display for NotUnderstood {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.why_in(Language::En))
    }
}

impl std::error::Error for NotUnderstood {}

/// Reads what was typed for a value of a type.
///
/// # Errors
/// [`NotUnderstood`] names what has no reading, or more than one.
pub fn value(kind: &ValueType, text: &str) -> Result<Spoken, NotUnderstood> {
    value_from(kind, text, None)
}

/// Reads what was typed in a text whose language is known: names that are not in Arabic script are taken to be in it.
///
/// # Errors
/// As [`value`].
pub fn value_from(kind: &ValueType, text: &str, lang: Option<&str>) -> Result<Spoken, NotUnderstood> {
    let text = text.trim();
    if text.is_empty() {
        return Err(NotUnderstood::new("empty", form(kind)));
    }
    read(kind, text, lang).map_err(|fault| fault.quoting(text))
}

/// True if a date that was typed says something of the time of day that the value does not have.
#[must_use]
pub fn leaves_time_out(text: &str, date: &Json) -> bool {
    date.as_text().is_some_and(|edtf| !edtf.contains('T')) && dates::tells_time(text)
}

fn read(kind: &ValueType, text: &str, lang: Option<&str>) -> Result<Spoken, NotUnderstood> {
    let form = form(kind);
    let is_free = matches!(kind, ValueType::Text);
    if !is_free && text.chars().count() > limits::SPOKEN_CHARS {
        return Err(NotUnderstood::new("too_long", form).with("most", &limits::SPOKEN_CHARS.to_string()));
    }
    match kind {
        ValueType::Text => Ok(scalars::text(text, lang)),
        ValueType::Plain => Ok(scalars::plain(text)),
        ValueType::Name => Ok(scalars::name(text, lang)),
        ValueType::Date => dates::read(text).map(|edtf| bare(Json::text(edtf))),
        ValueType::Agent => codes::agent(text).map(bare),
        ValueType::Code(vocabulary) => codes::code_said(vocabulary, text).map(|code| bare(Json::text(code))),
        ValueType::Bool => codes::truth(text).map(|truth| bare(Json::Bool(truth))),
        ValueType::Int => numbers::int(text).map(|number| bare(Json::Int(number))),
        ValueType::Url => scalars::url(text).map(bare),
        ValueType::Ref(_) => scalars::reference(text).map(bare),
        ValueType::Country => regions::country(text).map(|code| bare(Json::text(code))),
        ValueType::Language => regions::language(text).map(|tag| bare(Json::text(tag))),
        ValueType::Place => places::read(text, lang).map(bare),
        ValueType::Count => counts::read(text).map(bare),
        ValueType::Duration => numbers::duration(text).map(|duration| bare(Json::text(duration))),
        ValueType::Identifier => identifiers::read(text).map(bare),
        ValueType::Blob => shapes::read(BLOB, text, lang).map(bare),
        ValueType::Shape(members) => shapes::read(members, text, lang).map(bare),
    }
}

/// The text in normal form C, in which the model keeps all text; `None` if it is so already.
#[must_use]
pub fn normalised(text: &str) -> Option<String> {
    (!unicode_normalization::is_nfc(text)).then(|| fold::normal(text))
}

/// A text as searches compare it: without case, accents, vowel signs, forms of letters, signs and Arabic articles, with one space between
/// words; as it is where nothing else is left.
#[must_use]
pub fn searched(text: &str) -> String {
    let plain = fold::plain(text);
    if plain.is_empty() { text.to_lowercase() } else { plain }
}

/// A latitude or longitude as the model spells it, from what people write: `37.0`, `٣٧٫٥`, `37° 2' E`; `None` where it is none.
#[must_use]
pub fn coordinate(text: &str, is_latitude: bool) -> Option<String> {
    coordinates::half(text, is_latitude)
}

/// A value whose words are in no language of their own.
fn bare(value: Json) -> Spoken {
    Spoken { value, lang: None }
}

/// The name of a form, under which its examples stand.
pub(super) const fn form(kind: &ValueType) -> &'static str {
    match kind {
        ValueType::Text => "text",
        ValueType::Plain => "plain",
        ValueType::Name => "name",
        ValueType::Date => "date",
        ValueType::Place => "place",
        ValueType::Count => "count",
        ValueType::Agent => "agent",
        ValueType::Duration => "duration",
        ValueType::Ref(_) => "reference",
        ValueType::Blob | ValueType::Shape(_) => "shape",
        ValueType::Code(_) => "code",
        ValueType::Country => "country",
        ValueType::Language => "language",
        ValueType::Bool => "bool",
        ValueType::Int => "int",
        ValueType::Url => "url",
        ValueType::Identifier => "identifier",
    }
}

/// A count in words, such as "25 to 30 killed, as of 22 August 2013".
#[must_use]
pub fn count_in(language: Language, count: &Json) -> String {
    value_in(language, &ValueType::Count, count)
}

/// A place in words: names, region, country, coordinates, precision.
#[must_use]
pub fn place_in(language: Language, place: &Json) -> String {
    value_in(language, &ValueType::Place, place)
}

/// A value in words, as it may be typed again; as JSON where no words say it.
#[must_use]
pub fn value_in(language: Language, kind: &ValueType, value: &Json) -> String {
    let told = match kind {
        ValueType::Date => value.as_text().map(|edtf| date_in(language, edtf)),
        ValueType::Code(vocabulary) => {
            value.as_text().map(|code| locale::code(language, vocabulary.name, code).to_owned())
        }
        ValueType::Count => counts::tell(language, value),
        ValueType::Place => places::tell(language, value),
        ValueType::Agent => codes::agent_in(language, value),
        ValueType::Duration => value.as_text().map(|text| numbers::duration_in(language, text)),
        ValueType::Country => value.as_text().map(|code| regions::country_in(language, code).to_owned()),
        ValueType::Language => value.as_text().map(|tag| regions::language_in(language, tag).to_owned()),
        ValueType::Bool => codes::truth_in(language, value).map(str::to_owned),
        ValueType::Int => value.as_int().map(|number| numbers::number_in(language, number)),
        ValueType::Identifier => identifiers::tell(value),
        ValueType::Name => scalars::name_in(language, value),
        ValueType::Text | ValueType::Plain | ValueType::Url | ValueType::Ref(_) => value.as_text().map(str::to_owned),
        ValueType::Blob | ValueType::Shape(_) => None,
    };
    told.unwrap_or_else(|| String::from_utf8_lossy(&value.encode()).into_owned())
}
