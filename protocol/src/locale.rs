//! Words in Arabic, English and French, for command line and page alike.
//!
//! `protocol/locales/{ar,en,fr}/*.txt` hold one `key = text` a line. Keys: `kind.<kind>`, `kinds.<kind>` (several),
//! `property.<property>`, `field.<field of a claim>`, `member.<member of a value>`, `<vocabulary>.<code>`, `space.<name>`,
//! `role.<role>`, `standing.<standing>`, `view.<word>`, `format.<sentence>` with values to put in, `count.<sentence>.<form>`
//! with the forms of [`plural`], `said.<words>` for what a value says in English, `notice.<note>` for what a node notes, `problem.<key>.<part>`, `help.<command>`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

pub mod plural;

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Arabic, from right to left.
    Ar,
    /// English; what no other language has is said in it.
    En,
    /// French.
    Fr,
}

/// Which way a language is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From left to right.
    Ltr,
    /// From right to left.
    Rtl,
}

impl Direction {
    /// The value of HTML's `dir`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}

/// A text that names no language of the interface.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is no language of the interface: ar, en and fr are")]
pub struct UnknownLanguage {
    /// What was written.
    pub found: String,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 3] = [Self::Ar, Self::En, Self::Fr];

    /// Reads `ar`, `en` or `fr`.
    ///
    /// # Errors
    /// [`UnknownLanguage`] for anything else.
    pub fn parse(text: &str) -> Result<Self, UnknownLanguage> {
        let known = Self::ALL.into_iter().find(|language| language.code() == text);
        known.ok_or_else(|| UnknownLanguage { found: text.to_owned() })
    }

    /// Its BCP 47 code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ar => "ar",
            Self::En => "en",
            Self::Fr => "fr",
        }
    }

    /// Which way it is written.
    #[must_use]
    pub const fn direction(self) -> Direction {
        match self {
            Self::Ar => Direction::Rtl,
            Self::En | Self::Fr => Direction::Ltr,
        }
    }

    /// Its words, one file for each room of the house.
    const fn files(self) -> [&'static str; 21] {
        match self {
            Self::Ar => [
                include_str!("../locales/ar/model.txt"),
                include_str!("../locales/ar/refusals.txt"),
                include_str!("../locales/ar/speech.txt"),
                include_str!("../locales/ar/policy.txt"),
                include_str!("../locales/ar/candidates.txt"),
                include_str!("../locales/ar/views.txt"),
                include_str!("../locales/ar/show.txt"),
                include_str!("../locales/ar/lists.txt"),
                include_str!("../locales/ar/duties.txt"),
                include_str!("../locales/ar/writing.txt"),
                include_str!("../locales/ar/node.txt"),
                include_str!("../locales/ar/attestations.txt"),
                include_str!("../locales/ar/problems.txt"),
                include_str!("../locales/ar/help.txt"),
                include_str!("../locales/ar/demo.txt"),
                include_str!("../locales/ar/audit.txt"),
                include_str!("../locales/ar/acts.txt"),
                include_str!("../locales/ar/check_words.txt"),
                include_str!("../locales/ar/joining.txt"),
                include_str!("../locales/ar/keeping.txt"),
                include_str!("../locales/ar/who.txt"),
            ],
            Self::En => [
                include_str!("../locales/en/model.txt"),
                include_str!("../locales/en/refusals.txt"),
                include_str!("../locales/en/speech.txt"),
                include_str!("../locales/en/policy.txt"),
                include_str!("../locales/en/candidates.txt"),
                include_str!("../locales/en/views.txt"),
                include_str!("../locales/en/show.txt"),
                include_str!("../locales/en/lists.txt"),
                include_str!("../locales/en/duties.txt"),
                include_str!("../locales/en/writing.txt"),
                include_str!("../locales/en/node.txt"),
                include_str!("../locales/en/attestations.txt"),
                include_str!("../locales/en/problems.txt"),
                include_str!("../locales/en/help.txt"),
                include_str!("../locales/en/demo.txt"),
                include_str!("../locales/en/audit.txt"),
                include_str!("../locales/en/acts.txt"),
                include_str!("../locales/en/check_words.txt"),
                include_str!("../locales/en/joining.txt"),
                include_str!("../locales/en/keeping.txt"),
                include_str!("../locales/en/who.txt"),
            ],
            Self::Fr => [
                include_str!("../locales/fr/model.txt"),
                include_str!("../locales/fr/refusals.txt"),
                include_str!("../locales/fr/speech.txt"),
                include_str!("../locales/fr/policy.txt"),
                include_str!("../locales/fr/candidates.txt"),
                include_str!("../locales/fr/views.txt"),
                include_str!("../locales/fr/show.txt"),
                include_str!("../locales/fr/lists.txt"),
                include_str!("../locales/fr/duties.txt"),
                include_str!("../locales/fr/writing.txt"),
                include_str!("../locales/fr/node.txt"),
                include_str!("../locales/fr/attestations.txt"),
                include_str!("../locales/fr/problems.txt"),
                include_str!("../locales/fr/help.txt"),
                include_str!("../locales/fr/demo.txt"),
                include_str!("../locales/fr/audit.txt"),
                include_str!("../locales/fr/acts.txt"),
                include_str!("../locales/fr/check_words.txt"),
                include_str!("../locales/fr/joining.txt"),
                include_str!("../locales/fr/keeping.txt"),
                include_str!("../locales/fr/who.txt"),
            ],
        }
    }

    fn words(self) -> &'static Words {
        static AR: OnceLock<Words> = OnceLock::new();
        static EN: OnceLock<Words> = OnceLock::new();
        static FR: OnceLock<Words> = OnceLock::new();
        let words = match self {
            Self::Ar => &AR,
            Self::En => &EN,
            Self::Fr => &FR,
        };
        words.get_or_init(|| self.files().into_iter().flat_map(lines).collect())
    }
}

impl fmt::Display for Language {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

type Words = BTreeMap<&'static str, &'static str>;

fn lines(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    file.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "))
}

/// The word of a key; in English where the language has none, and the key itself where no language has it.
#[must_use]
pub fn word(language: Language, key: &str) -> &str {
    lookup(language, key).unwrap_or(key)
}

/// The word of a key, `None` where no language has it: an unknown code is then shown as it is.
#[must_use]
pub fn lookup(language: Language, key: &str) -> Option<&'static str> {
    language.words().get(key).or_else(|| Language::En.words().get(key)).copied()
}

/// The word of a code of a vocabulary; the code itself where it is unknown.
#[must_use]
pub fn code<'a>(language: Language, vocabulary: &str, code: &'a str) -> &'a str {
    lookup(language, &format!("{vocabulary}.{code}")).unwrap_or(code)
}

/// The sentence of a key with each `{name}` replaced by its value. Values are put in as they are, never read again.
#[must_use]
pub fn format(language: Language, key: &str, values: &[(&str, &str)]) -> String {
    let mut rest = word(language, key);
    let mut text = String::new();
    while let Some((before, behind)) = rest.split_once('{') {
        text.push_str(before);
        let filled = behind.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((*value, after))
        });
        rest = match filled {
            Some((value, after)) => {
                text.push_str(value);
                after
            }
            None => {
                text.push('{');
                behind
            }
        };
    }
    text.push_str(rest);
    text
}

/// The sentence of `count.<key>` in the form that the number asks for, which is put in as `{count}`. A form that the language
/// does not have apart is that of `other`.
#[must_use]
pub fn counted(language: Language, key: &str, count: u64, values: &[(&str, &str)]) -> String {
    let of = |form: &str| format!("{}.{key}.{form}", plural::FORMS);
    let form = of(plural::form(language, count));
    let has_it = language.words().contains_key(&*form);
    let number = count.to_string();
    let values: Vec<(&str, &str)> = [("count", &*number)].into_iter().chain(values.iter().copied()).collect();
    format(language, &if has_it { form } else { of("other") }, &values)
}

/// What a text of this program says, in another language: the word of `said.<its letters and digits>`. A text that has none
/// is somebody else's, and stays as it is.
#[must_use]
pub fn said(language: Language, text: &str) -> &str {
    phrase(language, text).unwrap_or(text)
}

/// The same, `None` for a text that has no word.
#[must_use]
pub fn phrase(language: Language, text: &str) -> Option<&'static str> {
    let is_short = text.len() <= SAID_BYTES;
    let slug: String = text
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|part| is_short && !part.is_empty())
        .flat_map(|part| ["_", part])
        .skip(1)
        .collect();
    lookup(language, &format!("said.{}", slug.to_ascii_lowercase()))
}

/// What a node has noted, in another language: the sentence of `notice.*` whose English it is. Its values are told by [`said`].
/// Nodes note in English, for programs read it too; a note that is none of these stays as it is.
#[must_use]
pub fn noted(language: Language, text: &str) -> String {
    let known = Language::En.words().iter().filter(|(key, _)| key.starts_with("notice."));
    let mut fitting = known.filter_map(|(key, english)| Some((*key, taken_apart(english, text)?)));
    fitting.next().map_or_else(
        || text.to_owned(),
        |(key, values)| {
            let values = values.into_iter().map(|(name, value)| (name, said(language, value)));
            format(language, key, &values.collect::<Vec<_>>())
        },
    )
}

/// The values that a text has where a sentence has its names; `None` for another sentence.
fn taken_apart<'a>(sentence: &'static str, text: &'a str) -> Option<Vec<(&'static str, &'a str)>> {
    let (mut sentence, mut text, mut values) = (sentence, text, Vec::new());
    while let Some((fixed, behind)) = sentence.split_once('{') {
        let (name, after) = behind.split_once('}')?;
        text = text.strip_prefix(fixed)?;
        let next = after.split('{').next().unwrap_or_default();
        let end = if next.is_empty() { text.len() } else { text.find(next)? };
        let (value, left) = text.split_at_checked(end)?;
        values.push((name, value));
        (sentence, text) = (after, left);
    }
    (sentence == text).then_some(values)
}

/// Bytes of the longest text that [`said`] looks for.
const SAID_BYTES: usize = 160;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::{KINDS, ValueType, properties, vocabularies};

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn three_languages_have_the_same_keys_and_placeholders() {
        let is_form = |key: &str| key.starts_with("count.");
        let keys = |words: &'static Words| words.keys().filter(|key| !is_form(key)).collect::<Vec<_>>();
        let english = Language::En.words();
        for language in Language::ALL {
            let words = language.words();
            assert_eq!(keys(words), keys(english), "{language}");
            for (key, text) in words.iter().filter(|(key, _)| !is_form(key)) {
                assert!(!text.trim().is_empty() && text.trim() == *text, "{language}: {key}");
                assert!(unicode_normalization::is_nfc(text), "{language}: {key}");
                assert_eq!(placeholders(text), placeholders(english[key]), "{language}: {key}");
            }
        }
    }

    #[test]
    fn every_part_of_a_value_has_a_word() {
        let all = KINDS.iter().flat_map(|kind| properties(kind.code));
        for property in all {
            let ValueType::Shape(members) = property.value else { continue };
            let has_word = |key: &str| {
                ["member", "property", "template.part"]
                    .iter()
                    .any(|room| lookup(Language::Ar, &format!("{room}.{key}")).is_some())
            };
            let missing: Vec<&str> = members.iter().map(|member| member.key).filter(|key| !has_word(key)).collect();
            assert!(missing.is_empty(), "{}: {missing:?}", property.code);
        }
    }

    #[test]
    fn every_number_has_its_form_in_three_languages() {
        let stems = |language: Language| -> BTreeSet<&str> {
            let forms = language.words().keys().filter_map(|key| key.strip_prefix("count.")?.rsplit_once('.'));
            forms.map(|(stem, _)| stem).collect()
        };
        for language in Language::ALL {
            assert_eq!(stems(language), stems(Language::En), "{language}");
            for stem in stems(language) {
                let of = |language: Language, form: &str| {
                    language.words().get(format!("count.{stem}.{form}").as_str()).map(|text| placeholders(text))
                };
                let due = of(Language::En, "other").expect(stem);
                assert_eq!(of(language, "other"), Some(due.clone()), "{language}: {stem}");
                for count in [0, 1, 2, 3, 11, 100] {
                    let found = of(language, plural::form(language, count));
                    // Where the noun alone says the number, as the dual does, no number stands there.
                    assert!(found.is_some_and(|found| found.is_subset(&due)), "{language}: {stem} of {count}");
                }
            }
        }
    }

    #[test]
    fn what_is_said_by_this_program_has_a_word_and_what_others_say_stays() {
        assert_eq!(said(Language::Fr, "it is empty"), "elle est vide");
        assert_eq!(said(Language::Ar, "no such thing"), "no such thing");
        assert_eq!(counted(Language::Ar, "entries_held", 2, &[]), "قيدان محفوظان");
        assert_eq!(counted(Language::En, "entries_held", 1, &[]), "1 entry held");
    }

    #[test]
    fn what_a_node_noted_is_told_in_another_language() {
        let note = "unknown node 7f3a9c wants to connect from /ip4/192.0.2.1/tcp/4747";
        let told = noted(Language::Fr, note);
        assert_eq!(told, "le nœud inconnu 7f3a9c veut se connecter depuis /ip4/192.0.2.1/tcp/4747");
        assert_eq!(noted(Language::En, note), note);
        let note = "could not write to the disk: no space left on device";
        assert!(noted(Language::Ar, note).ends_with("لم يبق حيز على القرص"));
        assert_eq!(noted(Language::Ar, "something else"), "something else");
    }

    #[test]
    fn each_line_is_a_comment_or_a_word_and_each_key_stands_once() {
        for language in Language::ALL {
            let is_word = |line: &&str| !line.is_empty() && !line.starts_with('#');
            let count = language.files().into_iter().flat_map(str::lines).filter(is_word).count();
            assert_eq!(count, language.words().len(), "{language}");
        }
    }

    #[test]
    fn every_kind_property_and_code_has_a_word() {
        let mut keys = Vec::new();
        for kind in KINDS {
            keys.extend([format!("kind.{}", kind.name), format!("kinds.{}", kind.name)]);
            keys.extend(properties(kind.code).map(|property| format!("property.{}", property.code)));
        }
        for vocabulary in vocabularies::ALL {
            keys.extend(vocabulary.codes.iter().map(|code| format!("{}.{code}", vocabulary.name)));
        }
        for key in keys {
            assert!(lookup(Language::Ar, &key).is_some(), "{key}");
        }
    }

    #[test]
    fn what_has_no_word_is_shown_as_it_is() {
        assert_eq!(word(Language::Fr, "agent.chlorine"), "chlore");
        assert_eq!(word(Language::Fr, "agent.salt"), "agent.salt");
        assert_eq!(code(Language::Ar, "agent", "salt"), "salt");
        assert_eq!(code(Language::En, "designation_status", "term_over"), "term over, not verified");
    }

    #[test]
    fn values_are_put_in_and_never_read_again() {
        let values = [("min", "{max}"), ("max", "49")];
        assert_eq!(format(Language::En, "format.count_range", &values), "{max} to 49");
        assert_eq!(format(Language::En, "format.count_range", &[("max", "49")]), "{min} to 49");
        assert_eq!(format(Language::En, "view.who", &values), "who says so");
    }

    #[test]
    fn language_has_a_code_and_a_direction() {
        for language in Language::ALL {
            assert_eq!(Language::parse(language.code()), Ok(language));
        }
        assert!(Language::parse("de").is_err());
        assert_eq!(Language::Ar.direction().code(), "rtl");
    }
}
