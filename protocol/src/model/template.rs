//! The text in which people write a whole record: a commented form that an editor opens. MODEL §2 to §4.
//!
//! # The form
//!
//! A template is plain text in UTF-8, read line by line. What is brought to NFC is the whole text; marks of direction and spaces
//! around keys and values are no part of them.
//!
//! - A line whose first character is `#` is a comment, an empty line nothing. Comments that begin with `# ^` are the program's
//!   own: [`marked`] writes them below lines that were not understood, and takes the old ones out.
//! - A line that begins at the margin is a claim: `key: value` or `key [language]: value`. The key is the property's code or its
//!   word in any language of the interface; capitals, accents, `_` for a space and Arabic spelling variants make no difference.
//! - Indented lines below say more of that claim. `key: value` is a field of it: `according to`, `basis` (as `RECORD` or
//!   `RECORD, page or paragraph`; may be repeated), `standard`, `wording [language]` (or a code that says why it is not given),
//!   `likelihood`, `confidence`, `reliability`, `credibility`, `valid`, `marking`, `original`, `replaces`, `lang`.
//!   `- key: value` is a part of a value that has several, such as a place; `- name [language]: …` may be repeated.
//!   `| text` goes on with the text of the line above, on a new line, exactly as written.
//! - A claim with neither value nor parts nor fields is left out: an unfilled form says nothing.
//! - Values are read as people say them. A value that begins with `= ` is JSON, for what has no other spelling here, and the
//!   key `claim` takes a whole claim in JSON. Records are named as anywhere: by alias, beginning or id; [`references()`] finds
//!   them, and whoever holds the records puts ids in their place.
//! - The key `space` at the margin says for whom the record is: `members` or `public`.
//!
//! What is said is not judged here, but by [`Draft::check`]. Pure: the same text gives the same claims everywhere.

use std::collections::BTreeMap;

use super::Draft;
use super::speech::NotUnderstood;
use crate::limits;
use crate::locale::{self, Language};

mod form;
mod keys;
mod lines;
mod mark;
mod read;
mod references;
mod spoken;
mod told;
mod write;

pub use keys::{field, kind_named, known_properties, property_named};
pub use mark::{is_same, marked, moved};
pub use read::parse;
pub use references::{Reference, references, with_records};
pub use told::{try_by_flag, try_in_form, why_in_form};
pub use write::{blank, filled};

/// What a text says, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The claims, in the order of the text; records are named as they were typed.
    pub draft: Draft,
    /// For each claim, the number of its line, from 1.
    pub lines: Vec<usize>,
    /// What was not understood, with the number of the line.
    pub errors: Vec<(usize, Mistake)>,
    /// Dates as they were typed, of which the part of the day or an hour is left out.
    pub time_left_out: Vec<String>,
    /// The line of each part of each claim, by the path that a [`Problem`](super::Problem) names.
    places: BTreeMap<String, usize>,
}

impl Parsed {
    /// The line that a problem's path leads to, such as `claims[2].value.lat`; 0 where it concerns the whole record.
    #[must_use]
    pub fn line_of(&self, path: &str) -> usize {
        let mut rest = path;
        loop {
            if let Some(line) = self.places.get(rest) {
                return *line;
            }
            match rest.rfind(['.', '[']) {
                Some(at) => rest = rest.get(..at).unwrap_or_default(),
                None => return 0,
            }
        }
    }
}

/// Something in a template that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistake {
    /// A rule of the form was broken: told by `refusal.<code>.why` and `refusal.<code>.try`.
    Form {
        /// The stable code.
        code: &'static str,
        /// What the texts name.
        values: Vec<(&'static str, String)>,
    },
    /// A value is none that people say so.
    Value(NotUnderstood),
}

/// The value that names the keys one of which was due.
const KNOWN: &str = "known";

/// The value that names the keys that may have been meant; the advice that names them too.
const NEAR: &str = "near";

impl Mistake {
    /// A key that is none, with those that were due and those that may have been meant.
    fn key(code: &'static str, key: &str, known: &[&str], near: &[&str]) -> Self {
        let mistake = Self::rule(code, &[("key", key), (KNOWN, &known.join(", "))]);
        match mistake {
            Self::Form { code, mut values } if !near.is_empty() => {
                values.push((NEAR, near.join(", ")));
                Self::Form { code, values }
            }
            other => other,
        }
    }

    fn rule(code: &'static str, values: &[(&'static str, &str)]) -> Self {
        // Told in one line, however much was typed.
        let short = |text: &str| -> String { text.chars().take(limits::SPOKEN_SHOWN).collect() };
        let told = |name: &'static str, text: &str| if name == KNOWN { text.to_owned() } else { short(text) };
        Self::Form { code, values: values.iter().map(|(name, text)| (*name, told(name, text))).collect() }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form { code, .. } => code,
            Self::Value(fault) => fault.code,
        }
    }

    /// What its texts name.
    #[must_use]
    pub fn values(&self) -> BTreeMap<String, String> {
        match self {
            Self::Form { values, .. } => values.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect(),
            Self::Value(fault) => fault.values.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect(),
        }
    }

    /// Why it was not understood.
    #[must_use]
    pub fn why_in(&self, language: Language) -> String {
        self.text(language, "why")
    }

    /// What to write instead.
    #[must_use]
    pub fn try_in(&self, language: Language) -> String {
        self.text(language, "try")
    }

    fn text(&self, language: Language, part: &str) -> String {
        match self {
            Self::Form { code, values } => {
                let told = |name: &str, text: &str| {
                    if matches!(name, KNOWN | NEAR) { keys::known(language, text) } else { text.to_owned() }
                };
                let told: Vec<(&str, String)> = values.iter().map(|(name, text)| (*name, told(name, text))).collect();
                let values: Vec<(&str, &str)> = told.iter().map(|(name, text)| (*name, text.as_str())).collect();
                let suggests = part == "try" && values.iter().any(|(name, _)| *name == NEAR);
                let end = if suggests { ".near" } else { "" };
                locale::format(language, &format!("refusal.{code}.{part}{end}"), &values)
            }
            Self::Value(fault) if part == "why" => fault.why_in(language),
            Self::Value(fault) => fault.try_in(language),
        }
    }
}

impl From<NotUnderstood> for Mistake {
    fn from(fault: NotUnderstood) -> Self {
        Self::Value(fault)
    }
}

/// Something to be told below a line of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The number of the line, from 1; 0 for the whole record.
    pub line: usize,
    /// Why.
    pub why: String,
    /// What to do.
    pub advice: String,
}

#[cfg(test)]
mod tests;
