//! Which property, field or part a key of a template means: by its code, or by its word in any language.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::locale::{self, Language};
use crate::model::property::{Member, Property, ValueType};
use crate::model::{KINDS, Kind, values, vocabularies};

/// The fields of a claim that a template has lines for, in the order in which they are shown.
pub(super) const FIELDS: &[&str] = &[
    "according_to",
    "basis",
    "standard",
    "wording",
    "likelihood",
    "confidence",
    "reliability",
    "credibility",
    "valid",
    "marking",
    "original",
    "replaces",
    "nonce",
    "lang",
];

/// What a line at the margin is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// For whom the record is.
    Space,
    /// A whole claim in JSON.
    Claim,
    /// A claim of this property.
    Property(&'static Property),
}

/// The key of a line at the margin. Codes go before words, so that what programs write always means the same.
pub(super) fn key(kind_code: u8, text: &str) -> Option<Key> {
    if let Some(property) = property_named(kind_code, text) {
        return Some(Key::Property(property));
    }
    match named(&["space", "claim"], text, |code| vec![format!("template.{code}")]) {
        Some("space") => Some(Key::Space),
        Some(_) => Some(Key::Claim),
        None => None,
    }
}

/// The kind of record that a person names: by its code, or its word in any language of the interface.
#[must_use]
pub fn kind_named(text: &str) -> Option<&'static Kind> {
    let names: Vec<&'static str> = KINDS.iter().map(|kind| kind.name).collect();
    let name = named(&names, text, |name| vec![format!("kind.{name}"), format!("kinds.{name}")])?;
    KINDS.iter().find(|kind| kind.name == name)
}

/// The property of a kind that a person names: by its code, or its word in any language of the interface.
#[must_use]
pub fn property_named(kind_code: u8, text: &str) -> Option<&'static Property> {
    let codes: Vec<&'static str> = crate::model::properties(kind_code).map(|property| property.code).collect();
    crate::model::property(kind_code, named(&codes, text, |code| vec![format!("property.{code}")])?)
}

/// The field of a claim that a person names, by its code or its word.
#[must_use]
pub fn field(text: &str) -> Option<&'static str> {
    named(FIELDS, text, |code| vec![format!("field.{code}"), format!("template.field.{code}")])
}

/// The part of a value that a person names, by its code or its word.
pub(super) fn member(members: &'static [Member], text: &str) -> Option<&'static Member> {
    let codes: Vec<&'static str> = members.iter().map(|member| member.key).collect();
    let code = named(&codes, text, |code| MEMBER_WORDS.iter().map(|room| format!("{room}.{code}")).collect())?;
    members.iter().find(|member| member.key == code)
}

/// Where the word of a part is looked for, in this order.
pub(super) const MEMBER_WORDS: [&str; 3] = ["template.part", "member", "property"];

/// The word of a part, its code where it has none.
pub(super) fn member_word(language: Language, code: &str) -> &str {
    let keys = MEMBER_WORDS.iter().map(|room| format!("{room}.{code}"));
    keys.filter_map(|key| locale::lookup(language, &key)).next().unwrap_or(code)
}

/// The code of a vocabulary that a person names, by itself or by its word.
pub(super) fn code(vocabulary: &vocabularies::Vocabulary, text: &str) -> Option<&'static str> {
    // A marking is also known by its colour alone.
    let with_scheme = format!("tlp:{text}");
    [text, &with_scheme]
        .into_iter()
        .find_map(|text| named(vocabulary.codes, text, |code| vec![format!("{}.{code}", vocabulary.name)]))
}

/// The tag of a language of the interface that a person names by its word.
pub(super) fn language(text: &str) -> Option<&'static str> {
    named(&["ar", "en", "fr"], text, |code| vec![format!("template.language.{code}")])
}

/// The code of a list that a text is, or whose word it is.
fn named(codes: &[&'static str], text: &str, keys: impl Fn(&str) -> Vec<String>) -> Option<&'static str> {
    let text = folded(text);
    let is_code = |code: &&&'static str| folded(code) == text;
    let is_word = |code: &&&'static str| {
        let mut words =
            keys(code).into_iter().flat_map(|key| Language::ALL.map(|language| locale::lookup(language, &key)));
        words.any(|word| word.is_some_and(|word| folded(word) == text))
    };
    codes.iter().find(is_code).or_else(|| codes.iter().find(is_word)).copied()
}

/// A text without what people spell one way or the other: capitals, accents, vowel signs, forms of alef, ya and ta marbuta.
pub(super) fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.nfd().filter(|character| !is_combining_mark(*character) && !is_mark(*character)) {
        match character {
            'أ' | 'إ' | 'آ' | 'ٱ' => out.push('ا'),
            'ى' | 'ئ' => out.push('ي'),
            'ؤ' => out.push('و'),
            'ة' => out.push('ه'),
            'ـ' => {}
            '’' => out.push('\''),
            other if other == '_' || other.is_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            other => out.extend(other.to_lowercase()),
        }
    }
    out.trim().to_owned()
}

/// True for characters that turn or isolate the direction of a text, and that nobody sees.
pub(super) const fn is_mark(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The parts of a value that has several; `None` for one that is a single text or number.
pub(super) const fn members(kind: &ValueType) -> Option<&'static [Member]> {
    match kind {
        ValueType::Name => Some(NAME),
        ValueType::Place => Some(PLACE),
        ValueType::Count => Some(values::COUNT),
        ValueType::Agent => Some(values::AGENT),
        ValueType::Blob => Some(values::BLOB),
        ValueType::Identifier => Some(values::IDENTIFIER),
        ValueType::Shape(members) => Some(members),
        ValueType::Text
        | ValueType::Plain
        | ValueType::Date
        | ValueType::Duration
        | ValueType::Ref(_)
        | ValueType::Code(_)
        | ValueType::Country
        | ValueType::Language
        | ValueType::Bool
        | ValueType::Int
        | ValueType::Url => None,
    }
}

const NAME: &[Member] = &[
    Member::needed("text", ValueType::Plain),
    Member::optional("type", ValueType::Code(&vocabularies::NAME_TYPE)),
    Member::optional("script", ValueType::Plain),
];

/// Of a place `names` is the one part that is a list: each name has a line and a language of its own.
const PLACE: &[Member] = &[
    Member::needed("names", ValueType::Name),
    Member::optional("country", ValueType::Country),
    Member::optional("admin1", ValueType::Plain),
    Member::optional("lat", ValueType::Plain),
    Member::optional("lon", ValueType::Plain),
    Member::optional("geo_precision", ValueType::Code(&vocabularies::PRECISION)),
    Member::optional("role", ValueType::Code(&vocabularies::PLACE_ROLE)),
];

/// The properties of a kind, as a person may name them in a language.
#[must_use]
pub fn known_properties(kind_code: u8, language: Language) -> String {
    let codes: Vec<&str> = crate::model::properties(kind_code).map(|property| property.code).collect();
    known(language, &codes.join(", "))
}

/// Keys that might have been meant, in a language: authors may write the word or the code.
pub(super) fn known(language: Language, codes: &str) -> String {
    const ROOMS: [&str; 4] = ["property", "field", "template.part", "member"];
    let told = codes.split(", ").map(|code| {
        let word = ROOMS.iter().find_map(|room| locale::lookup(language, &format!("{room}.{code}")));
        // English codes are words.
        word.filter(|_| language != Language::En).map_or_else(|| code.to_owned(), |word| format!("{word} ({code})"))
    });
    told.collect::<Vec<_>>().join(if language == Language::Ar { "، " } else { ", " })
}

/// The vocabulary of a field, where it has one.
pub(super) fn field_vocabulary(field: &str) -> Option<&'static vocabularies::Vocabulary> {
    match field {
        "standard" => Some(&vocabularies::STANDARD),
        "wording" => Some(&vocabularies::WORDING_UNAVAILABLE),
        "likelihood" => Some(&vocabularies::LIKELIHOOD),
        "confidence" => Some(&vocabularies::CONFIDENCE),
        "reliability" => Some(&vocabularies::RELIABILITY),
        "credibility" => Some(&vocabularies::CREDIBILITY),
        "marking" => Some(&vocabularies::MARKING),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{KINDS, properties};

    #[test]
    fn a_key_is_understood_by_code_and_by_word_however_it_is_spelt() {
        for (text, code) in [
            ("title", "title"),
            ("Title", "title"),
            ("العنوان", "title"),
            ("target type", "target_type"),
            ("chemical agent", "agent"),
        ] {
            assert_eq!(property_named(1, text).map(|property| property.code), Some(code), "{text}");
        }
        assert_eq!(property_named(1, "birth_date"), None);
        assert_eq!(field("according to"), Some("according_to"));
        assert_eq!(folded("  Référence_DU\u{200f} texte "), "reference du texte");
        assert_eq!(folded("أداةُ الإيصال"), "اداه الايصال");
    }

    #[test]
    fn no_two_properties_of_a_kind_share_a_word() {
        for kind in KINDS {
            let mut meant: BTreeMap<String, &str> = BTreeMap::new();
            for code in properties(kind.code).map(|property| property.code).chain(["space", "claim"]) {
                let words = Language::ALL.into_iter().flat_map(|language| {
                    ["property", "template"].map(|room| locale::lookup(language, &format!("{room}.{code}")))
                });
                for word in words.flatten().chain([code]).map(folded) {
                    let other = meant.insert(word.clone(), code).unwrap_or(code);
                    assert_eq!(other, code, "{}: {word:?} is both", kind.name);
                }
            }
        }
    }

    #[test]
    fn each_field_and_part_has_a_word_in_each_language() {
        for field in FIELDS {
            assert!(locale::lookup(Language::Ar, &format!("field.{field}")).is_some(), "{field}");
        }
        for kind in KINDS {
            for member in properties(kind.code).filter_map(|property| members(&property.value)).flatten() {
                let word = member_word(Language::Ar, member.key);
                assert!(word.chars().any(|letter| letter > '\u{600}'), "{}: {}", kind.name, member.key);
            }
        }
    }
}
