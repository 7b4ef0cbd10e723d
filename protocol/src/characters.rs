//! Characters that deceive: the one list of what a name must not hold, and of what is made inert before text of others is shown.
//!
//! What is listed here by code point holds whatever version of Unicode a node has. What is unassigned, formats or joins is asked of the
//! tables of `icu_properties`, of one version in one release: a name of a newer script is flagged by an older node until it is
//! brought up to date, and counts as ever before then. Threats, "Names on screen".

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, Script};
use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton;

/// A character of a text with what stands before and behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// What stands before it.
    pub before: Option<char>,
    /// The character.
    pub character: char,
    /// What stands behind it.
    pub behind: Option<char>,
}

/// The characters of a text, each in its place.
pub fn placed(text: &str) -> impl Iterator<Item = Placed> + '_ {
    let behind = text.chars().skip(1).map(Some).chain([None]);
    let mut before = None;
    text.chars().zip(behind).map(move |(character, behind)| {
        let placed = Placed { before, character, behind };
        before = Some(character);
        placed
    })
}

/// True of printable ASCII alone, of which nothing deceives: most texts are that, and no character of them is looked at twice.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.bytes().fold(false, |found, byte| found | !matches!(byte, b' '..=b'~'))
}

/// True for what is never seen as itself, wherever it stands: controls, line ends among them, marks of direction, what takes no room
/// or looks like nothing, and what no standard gives a shape. Joiners have their own rule.
#[must_use]
pub fn is_unsafe(character: char) -> bool {
    is_listed(character) || (!character.is_ascii() && has_no_shape(character))
}

impl Placed {
    /// True for what is made inert on a screen: what is unsafe, and joiners and selectors where they do nothing but hide a difference.
    #[must_use]
    pub fn is_unsafe(self) -> bool {
        let is_stray = match self.character {
            '\u{200c}' | '\u{200d}' => !self.joins() && !self.joins_pictures(),
            '\u{fe00}'..='\u{fe0f}' => self.before.is_none_or(is_of_a_word),
            _ => false,
        };
        is_stray || is_unsafe(self.character)
    }

    /// True for what a name must not hold: the same, and all that formats; joiners do their work between letters alone.
    #[must_use]
    pub fn is_unsafe_in_name(self) -> bool {
        match self.character {
            '\u{200c}' | '\u{200d}' => !self.joins(),
            '\u{fe00}'..='\u{fe0f}' => true,
            character => {
                is_unsafe(character) || (!character.is_ascii() && category(character) == GeneralCategory::Format)
            }
        }
    }

    /// True where a joiner stands between letters of one of the scripts that need it.
    fn joins(self) -> bool {
        let scripts = (self.before.and_then(joining), self.behind.and_then(joining));
        matches!(scripts, (Some(before), Some(behind)) if before == behind)
    }

    /// True where it makes one picture of two.
    fn joins_pictures(self) -> bool {
        let is_picture = |character: Option<char>| {
            character.is_some_and(|character| category(character) == GeneralCategory::OtherSymbol)
        };
        // A selector or a colour of skin may stand between the picture and its joiner.
        let before = matches!(self.before, Some('\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')) || is_picture(self.before);
        self.character == '\u{200d}' && before && is_picture(self.behind)
    }
}

/// True for what must not be identified by: what no name holds, and joiners.
#[must_use]
pub fn is_unsafe_in_identifier(placed: Placed) -> bool {
    matches!(placed.character, '\u{200c}' | '\u{200d}') || placed.is_unsafe_in_name()
}

/// True for what no text may hold: controls but for line ends and tabs, and what turns its direction or stands for a letter unseen.
/// What the letters themselves need, and what typesetters leave behind, stays: a text is quoted as it was written.
#[must_use]
pub const fn is_unsafe_in_text(placed: Placed) -> bool {
    match placed.character {
        '\n' | '\t' => false,
        '\r' => !matches!(placed.behind, Some('\n')),
        character => matches!(
            character,
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        ),
    }
}

/// True for what a text of one line must not hold: that, and line ends.
#[must_use]
pub const fn is_unsafe_in_line(placed: Placed) -> bool {
    matches!(placed.character, '\n' | '\r' | '\t') || is_unsafe_in_text(placed)
}

/// The list that binds: by code point, whatever Unicode says of them later.
const fn is_listed(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}'
    )
}

/// True for what is unassigned: every font shows it as it likes, and a later Unicode as something else.
fn has_no_shape(character: char) -> bool {
    category(character) == GeneralCategory::Unassigned
}

/// The letters and digits of a text alone, in lower case, without marks, and letters of all scripts that look alike as one: what a
/// name is taken for at a glance. Unicode Technical Standard 39, §4, `skeleton`.
#[must_use]
pub fn letters(text: &str) -> String {
    let is_letter = |character: &char| {
        use GeneralCategory as Category;
        matches!(
            category(*character),
            Category::UppercaseLetter
                | Category::LowercaseLetter
                | Category::TitlecaseLetter
                | Category::OtherLetter
                | Category::ModifierLetter
                | Category::DecimalNumber
                | Category::LetterNumber
                | Category::OtherNumber
        )
    };
    let plain: String = text.nfkd().filter(is_letter).flat_map(char::to_lowercase).collect();
    skeleton(&plain).collect()
}

fn category(character: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(character)
}

/// True for letters, digits and the marks over them.
fn is_of_a_word(character: char) -> bool {
    character.is_alphanumeric() || category(character) == GeneralCategory::NonspacingMark
}

/// Scripts whose letters join, or are kept from it, by what stands between them: one value for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Joining {
    /// Arabic, with the marks that it shares.
    Arabic,
    /// Syriac, with the same.
    Syriac,
    /// A script of India, Ceylon or Burma.
    Indic(Script),
}

/// The script of a letter, or of a mark over one, if it needs joiners.
fn joining(character: char) -> Option<Joining> {
    let category = category(character);
    let is_letter = matches!(
        category,
        GeneralCategory::OtherLetter
            | GeneralCategory::ModifierLetter
            | GeneralCategory::NonspacingMark
            | GeneralCategory::SpacingMark
    );
    if !is_letter {
        return None;
    }
    // The vowel signs and hamzas over Arabic letters are inherited from what they stand on.
    if matches!(character, '\u{64b}'..='\u{65f}' | '\u{670}') {
        return Some(Joining::Arabic);
    }
    match CodePointMapData::<Script>::new().get(character) {
        Script::Arabic => Some(Joining::Arabic),
        Script::Syriac => Some(Joining::Syriac),
        script @ (Script::Devanagari
        | Script::Bengali
        | Script::Gurmukhi
        | Script::Gujarati
        | Script::Oriya
        | Script::Tamil
        | Script::Telugu
        | Script::Kannada
        | Script::Malayalam
        | Script::Sinhala
        | Script::Myanmar) => Some(Joining::Indic(script)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_name(text: &str) -> Vec<char> {
        placed(text).filter(|placed| placed.is_unsafe_in_name()).map(|placed| placed.character).collect()
    }

    fn on_screen(text: &str) -> Vec<char> {
        placed(text).filter(|placed| placed.is_unsafe()).map(|placed| placed.character).collect()
    }

    #[test]
    fn what_is_plain_deceives_nowhere() {
        for character in '\0'..='\u{ff}' {
            let text = format!("a{character}b");
            let is_unsafe =
                |placed: Placed| placed.is_unsafe() || is_unsafe_in_identifier(placed) || is_unsafe_in_line(placed);
            assert!(!is_plain(&text) || !placed(&text).any(is_unsafe), "{character:?}");
            assert_eq!(is_plain(&text), matches!(character, ' '..='~'), "{character:?}");
        }
    }

    #[test]
    fn names_of_people_and_places_hold_nothing_unsafe() {
        for name in [
            "خان العسل",
            "عمرو أرمنازي",
            "دوما ٢٠١٨",
            "الجُمْهُورِيَّة العَرَبِيَّة السُّورِيَّة",
            "می\u{200c}خواهم",
            "علی\u{200c}رضا خانه\u{200c}ای",
            "سردشت",
            "هه\u{200c}ڵه\u{200c}بجه",
            "ھەڵەبجە",
            "Ömer Şahin Iğdır",
            "Ayşe Çağlar-Gökçe",
            "Zürich, « Ypres » — l’Œuvre",
            "Salisbury (Wiltshire)",
            "क\u{94d}\u{200d}ष श\u{94d}री",
            "ශ\u{dca}\u{200d}ර\u{dd3}",
            "東京 松本",
            "ܕܪܡܣܘܩ",
            "Дамаск",
        ] {
            assert_eq!(in_name(name), Vec::<char>::new(), "{name}");
            assert_eq!(on_screen(name), Vec::<char>::new(), "{name}");
        }
    }

    #[test]
    fn the_listed_characters_stand_in_no_name_and_on_no_screen() {
        let ranges = [
            ('\0', '\u{1f}'),
            ('\u{7f}', '\u{9f}'),
            ('\u{202a}', '\u{202e}'),
            ('\u{2066}', '\u{2069}'),
            ('\u{200e}', '\u{200f}'),
            ('\u{61c}', '\u{61c}'),
            ('\u{feff}', '\u{feff}'),
            ('\u{e0000}', '\u{e007f}'),
            ('\u{e000}', '\u{f8ff}'),
            ('\u{10fffe}', '\u{10ffff}'),
        ];
        for character in ranges.into_iter().flat_map(|(first, last)| first..=last) {
            let text = format!("دو{character}ما");
            assert_eq!(in_name(&text), [character], "{:x}", u32::from(character));
            assert_eq!(on_screen(&text), [character], "{:x}", u32::from(character));
        }
    }

    #[test]
    fn a_text_has_lines_and_no_other_controls() {
        let bad = |text: &str, is_bad: fn(Placed) -> bool| placed(text).filter(|placed| is_bad(*placed)).count();
        for text in [
            "a\nb",
            "a\r\nb\tc",
            "خان العسل\n«كيميائي»",
            "می\u{200c}خواهم",
            "co\u{ad}operate",
            "👩\u{200d}👩",
            "\u{a0}« a »",
        ] {
            assert_eq!(bad(text, is_unsafe_in_text), 0, "{text:?}");
        }
        for text in
            ["a\rb", "a\u{1b}[2J", "\u{9b}2J", "a\u{202e}b", "\u{200f}a", "\u{2028}", "\u{2067}a", "\u{e0041}", "\0"]
        {
            assert_eq!(bad(text, is_unsafe_in_text), 1, "{text:?}");
        }
        assert_eq!(
            (bad("a\nb", is_unsafe_in_line), bad("a\tb", is_unsafe_in_line), bad("a b", is_unsafe_in_line)),
            (1, 1, 0)
        );
        for character in '\0'..=char::MAX {
            let placed = Placed { before: None, character, behind: None };
            assert!(!is_unsafe_in_text(placed) || placed.is_unsafe(), "{:x}", u32::from(character));
        }
    }

    #[test]
    fn what_no_unicode_has_given_a_shape_is_unsafe() {
        for character in ['\u{378}', '\u{530}', '\u{1fffe}', '\u{ffff}', '\u{5ffff}', '\u{2fe0}'] {
            assert!(is_unsafe(character), "{:x}", u32::from(character));
        }
    }

    #[test]
    fn joiners_stand_where_a_script_needs_them() {
        for (text, is_name, is_shown) in [
            ("می\u{200c}خواهم", true, true),
            ("قَ\u{200c}ل", true, true),
            ("\u{200c}می", false, false),
            ("می\u{200c}", false, false),
            ("می\u{200c}\u{200c}خواهم", false, false),
            ("می \u{200c}خواهم", false, false),
            ("می\u{200c}a", false, false),
            ("٢\u{200c}٣", false, false),
            ("al\u{200d}assal", false, false),
            ("Ду\u{200d}ма", false, false),
            ("שלו\u{200c}ם", false, false),
            ("é\u{200d}e", false, false),
            ("東\u{200d}京", false, false),
            ("👩\u{200d}👩", false, true),
            ("❤\u{fe0f}", false, true),
            ("👩🏽\u{200d}🚒", false, true),
            ("a\u{fe0f}", false, false),
            ("م\u{fe0f}", false, false),
        ] {
            assert_eq!((in_name(text).is_empty(), on_screen(text).is_empty()), (is_name, is_shown), "{text:?}");
        }
    }

    #[test]
    fn no_character_makes_it_panic() {
        for character in '\0'..=char::MAX {
            for placed in [(None, None), (Some('م'), Some('م')), (Some(character), Some(character))] {
                let placed = Placed { before: placed.0, character, behind: placed.1 };
                assert!(!placed.is_unsafe() || placed.is_unsafe_in_name(), "{:x}", u32::from(character));
                assert!(!placed.is_unsafe_in_name() || is_unsafe_in_identifier(placed));
            }
        }
    }
}
