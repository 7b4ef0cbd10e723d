//! Letters of names, in Arabic and Latin script, as groups of what one can stand for in the other.
//!
//! Arabic names come to Latin script by many tables (BGN/PCGN 1956, UNGEGN 1972 and 2017, ISO 233, Buckwalter) and by French and
//! English habit. What all keep is the order of the consonants; so vowels are set aside and consonants that tables or habit mix
//! are one group: t for ت and ط, k for ك and ق, h for ح and ه, d for د, ذ, ض and ظ. Where ج is g, خ is h or ز is d the groups
//! differ and count as near. Long vowels are written in both: where they clash, that counts against.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// One consonant (or first vowel) of a word, with what is written up to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    /// The group: one letter for all that stand for the same.
    pub group: char,
    /// Which vowels follow it, as far as they are written: of `a` 1, of `i` 2, of `u` 4.
    pub vowels: u8,
    /// As written.
    pub text: String,
}

impl Letter {
    /// True for what some spellings leave out.
    pub(super) const fn is_weak(&self) -> bool {
        matches!(self.group, 'h' | 'A' | 'w' | 'y')
    }

    /// True if one is sometimes written for the other.
    pub(super) const fn is_near(&self, other: &Self) -> bool {
        matches!(
            (self.group, other.group),
            ('j', 'g')
                | ('g', 'j')
                | ('K', 'k' | 'h')
                | ('k' | 'h', 'K')
                | ('d', 'z')
                | ('z', 'd')
                | ('s', 'z' | 'X' | 't')
                | ('z' | 'X' | 't', 's')
                | ('A', 'w' | 'y' | 'h')
                | ('w' | 'y' | 'h', 'A')
                | ('g', 'k')
                | ('k', 'g')
        )
    }

    /// True if both say a vowel here and it is not the same.
    pub(super) const fn clashes(&self, other: &Self) -> bool {
        self.vowels != 0 && other.vowels != 0 && self.vowels & other.vowels == 0
    }
}

/// A word in small letters without marks: what combines with a letter, hamza and vowel signs too, is left out.
pub(super) fn plain(text: &str) -> String {
    let small = text.to_lowercase().replace('ç', "s");
    let spelt = small.nfkd().filter(|letter| !is_combining_mark(*letter) && *letter != 'ـ');
    spelt
        .map(|letter| match letter {
            'ı' => 'i',
            'ٱ' => 'ا',
            'ی' => 'ي',
            'ک' => 'ك',
            'ø' => 'o',
            'ł' => 'l',
            'đ' => 'd',
            other => other,
        })
        .collect()
}

/// True if a text has a letter of Arabic script.
pub(super) fn is_arabic(text: &str) -> bool {
    text.chars().any(|letter| matches!(letter, '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}'))
}

/// What a piece of a word stands for.
enum Sound {
    Consonant(char),
    Vowel(u8),
    Silent,
}

/// The letters of a word that is [`plain`].
pub(super) fn letters(word: &str) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::new();
    let mut rest = word;
    let mut is_doubled: Option<char> = None;
    while !rest.is_empty() {
        let (sound, length) = sound(rest, letters.is_empty());
        let (piece, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = behind;
        match (sound, letters.last_mut()) {
            // A doubled letter of Latin script is a shadda, which Arabic leaves out.
            (Sound::Consonant(group), Some(last)) if is_doubled == Some(group) => {
                last.text.push_str(piece);
                is_doubled = None;
            }
            (Sound::Consonant(group), _) => {
                is_doubled = piece.is_ascii().then_some(group);
                letters.push(Letter { group, vowels: 0, text: piece.to_owned() });
            }
            (Sound::Vowel(vowels), None) => letters.push(Letter { group: 'A', vowels, text: piece.to_owned() }),
            (Sound::Silent, None) => letters.push(Letter { group: 'A', vowels: 0, text: piece.to_owned() }),
            (Sound::Vowel(vowels), Some(last)) => {
                last.vowels |= vowels;
                last.text.push_str(piece);
                is_doubled = None;
            }
            (Sound::Silent, Some(last)) => last.text.push_str(piece),
        }
    }
    letters
}

/// What stands first, and its bytes.
fn sound(text: &str, is_first: bool) -> (Sound, usize) {
    for (spelt, group) in SPELT_TOGETHER {
        if text.starts_with(spelt) {
            return (Sound::Consonant(*group), spelt.len());
        }
    }
    let mut letters = text.chars();
    let (letter, next) = (letters.next().unwrap_or(' '), letters.next());
    let length = letter.len_utf8();
    let is_vowel = |letter: char| matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'ا');
    if is_first {
        // ou at the start of a French spelling is w: Ouali.
        if text.starts_with("ou") && text.chars().nth(2).is_some_and(is_vowel) {
            return (Sound::Consonant('w'), 2);
        }
        match letter {
            'w' | 'و' => return (Sound::Consonant('w'), length),
            'y' | 'ي' if next.is_some() => return (Sound::Consonant('y'), length),
            'ا' => return (Sound::Silent, length),
            _ => {}
        }
    }
    if letter == 'c' {
        let is_soft = next.is_some_and(|next| matches!(next, 'e' | 'i' | 'y'));
        return (Sound::Consonant(if is_soft { 's' } else { 'k' }), length);
    }
    (single(letter), length)
}

/// Letters that are written with more than one letter of Latin script, longer ones first.
const SPELT_TOGETHER: &[(&str, char)] = &[
    ("tch", 'X'),
    ("sch", 'X'),
    ("sh", 'X'),
    ("ch", 'X'),
    ("kh", 'K'),
    ("gh", 'g'),
    ("dh", 'd'),
    ("th", 't'),
    ("ph", 'f'),
    ("dj", 'j'),
    ("ck", 'k'),
    ("qu", 'k'),
];

const fn single(letter: char) -> Sound {
    match letter {
        'a' | 'ا' | 'ة' => Sound::Vowel(1),
        'e' | 'ى' => Sound::Vowel(3),
        'i' | 'y' | 'ي' => Sound::Vowel(2),
        'o' | 'u' | 'w' | 'و' => Sound::Vowel(4),
        'ع' | 'ء' => Sound::Silent,
        'b' | 'p' | 'ب' | 'پ' => Sound::Consonant('b'),
        't' | 'ت' | 'ط' | 'ث' => Sound::Consonant('t'),
        'j' | 'ج' | 'چ' => Sound::Consonant('j'),
        'g' | 'غ' | 'گ' => Sound::Consonant('g'),
        'h' | 'ح' | 'ه' => Sound::Consonant('h'),
        'خ' => Sound::Consonant('K'),
        'k' | 'q' | 'ك' | 'ق' => Sound::Consonant('k'),
        'd' | 'د' | 'ذ' | 'ض' | 'ظ' => Sound::Consonant('d'),
        'z' | 'ز' => Sound::Consonant('z'),
        's' | 'x' | 'س' | 'ص' => Sound::Consonant('s'),
        'ش' => Sound::Consonant('X'),
        'f' | 'v' | 'ف' | 'ڤ' => Sound::Consonant('f'),
        'l' | 'ل' => Sound::Consonant('l'),
        'm' | 'م' => Sound::Consonant('m'),
        'n' | 'ن' => Sound::Consonant('n'),
        'r' | 'ر' => Sound::Consonant('r'),
        other => Sound::Consonant(other),
    }
}
