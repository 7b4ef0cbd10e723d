//! What somebody may have meant who mistyped a code or a word: a suggestion, and never taken for what was typed.
//!
//! Codes and their words in all three languages are compared as people type them: case, accents and forms of letters make no
//! difference.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::speech::{codes, fold};
use super::vocabularies::Vocabulary;
use super::{COMMON, KINDS, Kind, Property};
use crate::limits;
use crate::locale::{self, Language};

/// The codes of a vocabulary that may have been meant, the likeliest first.
#[must_use]
pub fn codes_near(vocabulary: &Vocabulary, typed: &str) -> Vec<&'static str> {
    nearest(typed, codes::words(vocabulary))
}

/// The properties of a kind that may have been meant, by their codes.
#[must_use]
pub fn properties_near(kind_code: u8, typed: &str) -> Vec<&'static str> {
    static WORDS: OnceLock<BTreeMap<&'static str, Vec<String>>> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        let own = KINDS.iter().flat_map(|kind| kind.properties.iter());
        let all = own.chain(COMMON.iter()).map(|property: &Property| property.code);
        all.map(|code| (code, spellings(code, &["property"]))).collect()
    });
    let known = super::properties(kind_code).filter_map(|property| words.get_key_value(property.code));
    nearest(typed, known.flat_map(|(code, words)| words.iter().map(|word| (word.as_str(), *code))))
}

/// The kinds of record that may have been meant.
#[must_use]
pub fn kinds_near(typed: &str) -> Vec<&'static Kind> {
    let names: Vec<&'static str> = KINDS.iter().map(|kind| kind.name).collect();
    let found = near(typed, &names, &["kind", "kinds"]);
    found.into_iter().filter_map(|name| KINDS.iter().find(|kind| kind.name == name)).collect()
}

/// The codes of a list that may have been meant; their words stand in these rooms of the locales.
pub(super) fn near(typed: &str, codes: &[&'static str], rooms: &[&str]) -> Vec<&'static str> {
    let words: Vec<(String, &'static str)> =
        codes.iter().flat_map(|code| spellings(code, rooms).into_iter().map(|word| (word, *code))).collect();
    nearest(typed, words.iter().map(|(word, code)| (word.as_str(), *code)))
}

/// A code and its words, folded.
fn spellings(code: &str, rooms: &[&str]) -> Vec<String> {
    let keys = rooms.iter().map(|room| format!("{room}.{code}"));
    let words = keys.flat_map(|key| Language::ALL.map(|language| locale::lookup(language, &key)));
    words.flatten().chain([code]).map(fold::plain).collect()
}

/// The codes of the words that are nearest to what was typed; none where none is near.
fn nearest<'a>(typed: &str, words: impl Iterator<Item = (&'a str, &'static str)>) -> Vec<&'static str> {
    if typed.chars().count() > limits::SPOKEN_SHOWN {
        return Vec::new();
    }
    let typed = fold::plain(typed);
    let mut found: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (word, code) in words {
        let Some(apart) = apart(&typed, word) else { continue };
        found.entry(code).and_modify(|known| *known = apart.min(*known)).or_insert(apart);
    }
    let mut found: Vec<(usize, &'static str)> = found.into_iter().map(|(code, apart)| (apart, code)).collect();
    found.sort_unstable();
    found.into_iter().take(limits::SUGGESTIONS).map(|(_, code)| code).collect()
}

/// True if a name is what was typed but for a letter or two, whatever its case and accents.
#[must_use]
pub fn may_be_meant(typed: &str, name: &str) -> bool {
    is_misprint(&fold::plain(typed), &fold::plain(name))
}

/// True if one folded word is the other but for a letter or two; the shortest ones are never.
pub(super) fn is_misprint(typed: &str, word: &str) -> bool {
    let is_short = typed.chars().count() <= limits::SPOKEN_SHOWN;
    is_short && misprinted(typed, word).is_some_and(|apart| apart > 0)
}

/// How far two words are apart; `None` if one is hardly meant by the other. A beginning comes behind a misprint.
fn apart(typed: &str, word: &str) -> Option<usize> {
    const BEGINNING: usize = 3;
    let (one, other) = (typed.chars().count(), word.chars().count());
    let is_beginning = one >= BEGINNING && word.starts_with(typed);
    misprinted(typed, word).or_else(|| is_beginning.then(|| allowed(one.max(other)).saturating_add(1)))
}

/// Letters that may be wrong in a word of a length.
const fn allowed(length: usize) -> usize {
    match length {
        0..=3 => 0,
        4..=7 => 1,
        8..=13 => 2,
        _ => 3,
    }
}

/// How far two words are apart that are one but for misprints.
fn misprinted(typed: &str, word: &str) -> Option<usize> {
    let (one, other) = (typed.chars().count(), word.chars().count());
    let allowed = allowed(one.max(other));
    // Length first: most words are ruled out by it.
    (one.abs_diff(other) <= allowed).then(|| distance(typed, word)).filter(|apart| *apart <= allowed)
}

/// Letters to put in, leave out, change, or swap with their neighbour, to come from one word to the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX);
    let mut row: Vec<usize> = (0..=other.len()).collect();
    let mut above: Vec<usize> = Vec::new();
    let mut before = None;
    for (number, letter) in one.chars().enumerate() {
        let mut next = vec![number.saturating_add(1)];
        let mut left = None;
        for (index, theirs) in other.iter().copied().enumerate() {
            let changed = at(&row, index).saturating_add(usize::from(letter != theirs));
            let added = at(&row, index.saturating_add(1)).saturating_add(1);
            let dropped = at(&next, index).saturating_add(1);
            let is_swapped = before == Some(theirs) && left == Some(letter);
            let swapped = index.checked_sub(1).filter(|_| is_swapped).map_or(usize::MAX, |index| at(&above, index));
            next.push(changed.min(added).min(dropped).min(swapped.saturating_add(1)));
            left = Some(theirs);
        }
        above = std::mem::replace(&mut row, next);
        before = Some(letter);
    }
    at(&row, other.len())
}

/// Codes as a reader is told of them: each with its word, which an author may write as well.
#[must_use]
pub fn told(language: Language, codes: &[&str], rooms: &[&str]) -> String {
    let told = codes.iter().map(|code| {
        let word = rooms.iter().find_map(|room| locale::lookup(language, &format!("{room}.{code}")));
        let word = word.filter(|word| fold::plain(word) != fold::plain(code));
        word.map_or_else(|| (*code).to_owned(), |word| format!("{word} ({code})"))
    });
    told.collect::<Vec<_>>().join(&format!("{} ", locale::word(language, "speech.comma")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{kinds, vocabularies};

    #[test]
    fn a_misprint_or_a_beginning_suggests_what_was_meant() {
        let none: [&str; 0] = [];
        for (typed, expected) in [
            ("chlorin", &["chlorine"][..]),
            ("sarine", &["sarin"]),
            ("Sairn", &["sarin"]),
            ("chlor", &["chlorine", "chloropicrin", "cyanogen_chloride"]),
            ("novichock", &["novichok"]),
            ("السارن", &["sarin"]),
            ("water", &none),
            ("", &none),
            ("x", &none),
        ] {
            assert_eq!(codes_near(&vocabularies::AGENT, typed), expected, "{typed}");
        }
        assert_eq!(codes_near(&vocabularies::AGENT, &"a".repeat(12_000)), none);
        for (typed, expected) in [("titel", &["title"][..]), ("casualties", &["casualty"]), ("colour", &none)] {
            assert_eq!(properties_near(kinds::INCIDENT, typed), expected, "{typed}");
        }
        let names = |typed| kinds_near(typed).iter().map(|kind| kind.name).collect::<Vec<_>>();
        for (typed, expected) in
            [("incidnet", "incident"), ("organization", "organisation"), ("designaton", "designation")]
        {
            assert_eq!(names(typed), [expected], "{typed}");
        }
        assert_eq!(names("rumour"), none);
    }

    #[test]
    fn words_are_apart_by_what_a_hand_does_wrong() {
        for (one, other, expected) in
            [("", "", 0), ("a", "", 1), ("", "ab", 2), ("sarin", "sairn", 1), ("vx", "xv", 1), ("tabun", "soman", 4)]
        {
            assert_eq!((distance(one, other), distance(other, one)), (expected, expected), "{one} {other}");
        }
    }
}
