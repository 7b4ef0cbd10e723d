//! In which scripts a name is written, and whether a word mixes letters that look alike. MODEL §3, Name.
//!
//! Blocks of Unicode stand here for the scripts in which names of this dataset are written; all else is of no known script.

use std::collections::BTreeSet;

/// A script by its ISO 15924 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Script {
    /// `Arab`.
    Arabic,
    /// `Cyrl`.
    Cyrillic,
    /// `Grek`.
    Greek,
    /// `Hebr`.
    Hebrew,
    /// `Latn`.
    Latin,
}

impl Script {
    /// Its ISO 15924 code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Arabic => "Arab",
            Self::Cyrillic => "Cyrl",
            Self::Greek => "Grek",
            Self::Hebrew => "Hebr",
            Self::Latin => "Latn",
        }
    }

    /// The script of a letter; `None` for digits, signs and letters of other scripts.
    #[must_use]
    pub const fn of(letter: char) -> Option<Self> {
        match letter {
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2af}' => {
                Some(Self::Latin)
            }
            '\u{1e00}'..='\u{1eff}' | '\u{2c60}'..='\u{2c7f}' | '\u{a720}'..='\u{a7ff}' => Some(Self::Latin),
            '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' => Some(Self::Latin),
            '\u{370}'..='\u{373}' | '\u{376}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some(Self::Greek),
            '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{2de0}'..='\u{2dff}' | '\u{a640}'..='\u{a69f}' => {
                Some(Self::Cyrillic)
            }
            '\u{591}'..='\u{5f4}' | '\u{fb1d}'..='\u{fb4f}' => Some(Self::Hebrew),
            '\u{620}'..='\u{64a}' | '\u{66e}'..='\u{6d3}' | '\u{6fa}'..='\u{6ff}' | '\u{750}'..='\u{77f}' => {
                Some(Self::Arabic)
            }
            '\u{8a0}'..='\u{8ff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' => Some(Self::Arabic),
            _ => None,
        }
    }
}

/// The scripts that a text is written in.
#[must_use]
pub fn scripts(text: &str) -> BTreeSet<Script> {
    text.chars().filter_map(Script::of).collect()
}

/// True if one word mixes letters of Latin, Greek and Cyrillic, which look alike: nobody writes so, and who does deceives.
///
/// A name that gives an abbreviation in another script beside it mixes no word.
#[must_use]
pub fn mixed(text: &str) -> bool {
    let alike =
        |letter| Script::of(letter).filter(|script| matches!(script, Script::Latin | Script::Greek | Script::Cyrillic));
    text.split(|letter: char| !letter.is_alphabetic())
        .any(|word| word.chars().filter_map(alike).collect::<BTreeSet<_>>().len() > 1)
}
