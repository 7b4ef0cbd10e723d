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
//!   key `claim` takes a whole claim in JSON. Records are named as anywhere: by alias, beginning or id; [`references`] finds
//!   them, and whoever holds the records puts ids in their place.
//! - The key `space` at the margin says for whom the record is: `members` or `public`.
//!
//! What is said is not judged here, but by [`Draft::check`]. Pure: the same text gives the same claims everywhere.

use std::collections::BTreeMap;

use super::{Draft, Problem};

mod form;
mod keys;
mod lines;
mod mark;
mod read;
mod references;
mod spoken;
mod write;

pub use keys::{field, property_named};
pub use mark::{is_same, marked};
pub use read::parse;
pub use references::{Reference, references, with_records};
pub use write::{blank, filled};

/// What a text says, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The claims, in the order of the text; records are named as they were typed.
    pub draft: Draft,
    /// For each claim, the number of its line, from 1.
    pub lines: Vec<usize>,
    /// What was not understood, with the number of the line.
    pub errors: Vec<(usize, Problem)>,
    /// The line of each part of each claim, by the path that a [`Problem`] names.
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

/// A problem of this module, told by the locale.
fn mistake(code: &'static str, path: &str, values: &[(&'static str, &str)]) -> Problem {
    use crate::locale::{self, Language};
    let said = |part: &str| locale::format(Language::En, &format!("refusal.{code}.{part}"), values);
    Problem::new(code, path, said("why"), said("try"))
}

#[cfg(test)]
mod tests;
