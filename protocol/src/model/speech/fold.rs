//! How typed words are compared: without case, accents, vowel signs, hamzas, tatweel or direction marks, digits as ASCII.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A piece of a folded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) form: Form,
    /// True if no space stands before it.
    pub(super) is_glued: bool,
}

/// What a piece is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// ASCII digits.
    Number(String),
    /// Letters.
    Word(String),
    /// Anything else but space.
    Sign(char),
}

/// The text as it is compared. Words and order stay; what cannot be heard goes.
pub(super) fn fold(text: &str) -> String {
    let plain: String = text.chars().flat_map(compatible).collect();
    plain.nfd().filter(|c| !is_combining_mark(*c) && !is_unheard(*c)).flat_map(char::to_lowercase).map(same).collect()
}

/// The letters that an Arabic presentation form, of a copied PDF, stands for.
fn compatible(character: char) -> impl Iterator<Item = char> {
    let is_presentation = matches!(character, '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}');
    let decomposed = is_presentation.then(|| std::iter::once(character).nfkd());
    decomposed.into_iter().flatten().chain((!is_presentation).then_some(character))
}

/// Tatweel, and marks of direction and joining.
const fn is_unheard(character: char) -> bool {
    matches!(
        character,
        '\u{640}' | '\u{200b}'..='\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}

/// One spelling of characters that people type for one another.
fn same(character: char) -> char {
    if let Some(digit) = digit(character) {
        return digit;
    }
    match character {
        'ى' | 'ی' => 'ي',
        'ة' => 'ه',
        'ک' => 'ك',
        '’' | 'ʼ' | '‘' | '´' | '`' => '\'',
        '–' | '—' | '‑' | '−' | '‐' => '-',
        '،' => ',',
        '؛' => ';',
        '؟' => '?',
        '٬' => ',',
        '٫' => '.',
        'º' | '˚' => '°',
        other => other,
    }
}

/// The ASCII digit of an Arabic-Indic, extended or ASCII digit.
fn digit(character: char) -> Option<char> {
    let value = match character {
        '\u{660}'..='\u{669}' => u32::from(character).checked_sub(0x660)?,
        '\u{6f0}'..='\u{6f9}' => u32::from(character).checked_sub(0x6f0)?,
        _ => return None,
    };
    char::from_digit(value, 10)
}

/// The pieces of a text, folded.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut is_glued = false;
    for character in fold(text).chars() {
        if character.is_whitespace() {
            is_glued = false;
            continue;
        }
        let last = pieces.last_mut().filter(|_| is_glued).map(|piece| &mut piece.form);
        match last {
            Some(Form::Number(digits)) if character.is_ascii_digit() => digits.push(character),
            Some(Form::Word(letters)) if character.is_alphabetic() => letters.push(character),
            _ => pieces.push(Piece { form: Form::of(character), is_glued }),
        }
        is_glued = true;
    }
    pieces
}

/// The words of a text as they were typed, each with the marks on its letters.
pub(super) fn spellings(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_within = false;
    for character in text.chars() {
        let is_letter = character.is_alphabetic() || is_combining_mark(character) || is_unheard(character);
        match words.last_mut().filter(|_| is_within && is_letter) {
            Some(word) => word.push(character),
            None => words.extend(is_letter.then(|| character.to_string())),
        }
        is_within = is_letter;
    }
    words
}

impl Form {
    fn of(character: char) -> Self {
        if character.is_ascii_digit() {
            Self::Number(character.to_string())
        } else if character.is_alphabetic() {
            Self::Word(character.to_string())
        } else {
            Self::Sign(character)
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Number(text) | Self::Word(text) => text.clone(),
            Self::Sign(sign) => sign.to_string(),
        }
    }
}

/// The words of a text with one space between them, signs left out: how codes, countries and languages are compared.
pub(in crate::model) fn plain(text: &str) -> String {
    let words: Vec<String> = pieces(text)
        .into_iter()
        .filter(|piece| !matches!(piece.form, Form::Sign(_)))
        .map(|piece| match piece.form {
            Form::Word(word) => without_article(&word).to_owned(),
            other => other.text(),
        })
        .collect();
    words.join(" ")
}

/// An Arabic word without `ال`, where something of two letters or more is left.
pub(super) fn without_article(word: &str) -> &str {
    word.strip_prefix("ال").filter(|rest| rest.chars().nth(1).is_some()).unwrap_or(word)
}

/// True if most letters of the text are of the Arabic script.
pub(super) fn is_arabic_script(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic());
    let (arabic, all) = letters.fold((0_usize, 0_usize), |(arabic, all), letter| {
        (arabic.saturating_add(usize::from(is_arabic_letter(letter))), all.saturating_add(1))
    });
    all > 0 && arabic.saturating_mul(2) > all
}

const fn is_arabic_letter(letter: char) -> bool {
    matches!(letter, '\u{620}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{8a0}'..='\u{8ff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

/// The language that a script says: `ar` where the letters are Arabic and none is of Persian, Kurdish or Urdu alone.
pub(super) fn language_of(text: &str) -> Option<&'static str> {
    let is_of_others = text.chars().any(|c| "پچژگڕڤڵۆێەٹڈڑںھہۀےۇۋ".contains(c));
    (is_arabic_script(text) && !is_of_others).then_some("ar")
}

/// The ISO 15924 code of the script of most letters, of those that names in the data are written in.
pub(super) fn script_of(text: &str) -> Option<&'static str> {
    let first = text.chars().find(|c| c.is_alphabetic())?;
    if is_arabic_script(text) {
        return Some("Arab");
    }
    match first {
        'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Some("Latn"),
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some("Grek"),
        '\u{400}'..='\u{52f}' => Some("Cyrl"),
        '\u{590}'..='\u{5ff}' => Some("Hebr"),
        '\u{710}'..='\u{74f}' => Some("Syrc"),
        '\u{3040}'..='\u{30ff}' => Some("Jpan"),
        '\u{4e00}'..='\u{9fff}' => Some("Hani"),
        '\u{ac00}'..='\u{d7af}' => Some("Hang"),
        _ => None,
    }
}

/// The text in normal form C, as the model keeps it.
pub(super) fn normal(text: &str) -> String {
    text.nfc().collect()
}
