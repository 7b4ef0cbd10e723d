//! Which kind of record a person means, in whichever of the three languages he says it, one or several.

use isnad_protocol::locale::{Language, lookup};
use isnad_protocol::model::{KINDS, Kind};

use crate::commands::record::kind_unknown;
use crate::error::Problem;
use crate::output::pasted;

/// The kind of this name or word.
pub(crate) fn kind_called(text: &str) -> Result<&'static Kind, Problem> {
    let asked = bare(text);
    let found = KINDS.iter().find(|kind| names(kind).any(|name| bare(&name) == asked));
    found.ok_or_else(|| kind_unknown("list_kind", "list_kind", text))
}

/// Its name as ids have it, and its words, for one and for several.
fn names(kind: &'static Kind) -> impl Iterator<Item = String> {
    let words = Language::ALL.into_iter().flat_map(move |language| {
        ["kind", "kinds"].into_iter().filter_map(move |key| lookup(language, &format!("{key}.{}", kind.name)))
    });
    [kind.name.to_owned(), format!("{}s", kind.name)].into_iter().chain(words.map(str::to_owned))
}

/// Without what people leave out: case, French accents, Arabic articles, vowel signs and the dots of a last letter.
fn bare(text: &str) -> String {
    let lower = pasted(text.trim()).to_lowercase();
    let letters = lower.chars().filter(|letter| !matches!(letter, '\u{64b}'..='\u{652}')).map(|letter| match letter {
        'é' | 'è' | 'ê' => 'e',
        'à' | 'â' => 'a',
        'î' => 'i',
        'ô' => 'o',
        'أ' | 'إ' | 'آ' => 'ا',
        'ة' => 'ه',
        'ى' => 'ي',
        other => other,
    });
    let letters: String = letters.collect();
    let words = letters.split_whitespace().map(|word| match word.strip_prefix("ال") {
        Some(rest) if rest.chars().count() > 2 => rest,
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_said_in_three_languages() {
        for (text, name) in [
            ("incident", "incident"),
            ("Incidents", "incident"),
            ("حوادث", "incident"),
            ("الحادثة", "incident"),
            ("حادثه", "incident"),
            ("evidences", "evidence"),
            ("أدلة", "evidence"),
            ("الأدلة", "evidence"),
            ("إدراجات", "designation"),
            ("désignations", "designation"),
            ("designation", "designation"),
            ("المنظمات", "organisation"),
        ] {
            assert_eq!(kind_called(text).map(|kind| kind.name).ok(), Some(name), "{text}");
        }
        for text in ["", "s", "no-such-kind", "ال"] {
            assert!(kind_called(text).is_err(), "{text}");
        }
    }

    #[test]
    fn no_two_kinds_share_a_word() {
        for kind in KINDS {
            for name in names(kind) {
                assert_eq!(kind_called(&name).map(|kind| kind.name).ok(), Some(kind.name), "{name}");
            }
        }
    }
}
