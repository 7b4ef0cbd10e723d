//! Whole numbers and durations: `1,400`, `ستة أشهر`, `one year and 6 months`.

use std::sync::OnceLock;

use super::super::values::is_duration;
use super::NotUnderstood;
use super::fold::{Form, Piece, fold, pieces};
use super::lexicon::{Lexicon, behind_and};
use crate::locale::{self, Language};

/// Numbers that people write out.
const NUMBERS: &[(i64, &str)] = &[
    (0, "zero|zéro|صفر"),
    (1, "one|a|an|un|une|واحد|واحدة"),
    (2, "two|deux|اثنان|اثنين|اثنتان|اثنتين"),
    (3, "three|trois|ثلاثة|ثلاث"),
    (4, "four|quatre|أربعة|أربع"),
    (5, "five|cinq|خمسة|خمس"),
    (6, "six|ستة|ست"),
    (7, "seven|sept|سبعة|سبع"),
    (8, "eight|huit|ثمانية|ثماني|ثمان"),
    (9, "nine|neuf|تسعة|تسع"),
    (10, "ten|dix|عشرة|عشر"),
    (11, "eleven|onze|أحد عشر|إحدى عشرة"),
    (12, "twelve|douze|اثنا عشر|اثني عشر|اثنتا عشرة|اثنتي عشرة"),
    (13, "thirteen|treize|ثلاثة عشر|ثلاث عشرة"),
    (14, "fourteen|quatorze|أربعة عشر|أربع عشرة"),
    (15, "fifteen|quinze|خمسة عشر|خمس عشرة"),
    (16, "sixteen|seize|ستة عشر|ست عشرة"),
    (17, "seventeen|dix-sept|سبعة عشر|سبع عشرة"),
    (18, "eighteen|dix-huit|ثمانية عشر|ثماني عشرة"),
    (19, "nineteen|dix-neuf|تسعة عشر|تسع عشرة"),
    (20, "twenty|vingt|عشرون|عشرين"),
    (30, "thirty|trente|ثلاثون|ثلاثين"),
    (40, "forty|quarante|أربعون|أربعين"),
    (50, "fifty|cinquante|خمسون|خمسين"),
    (60, "sixty|soixante|ستون|ستين"),
    (70, "seventy|soixante-dix|septante|سبعون|سبعين"),
    (80, "eighty|quatre-vingt|quatre-vingts|huitante|ثمانون|ثمانين"),
    (90, "ninety|quatre-vingt-dix|nonante|تسعون|تسعين"),
    (200, "مئتان|مئتين|مائتان|مائتين|مئتا|مئتي|مائتا|مائتي"),
    (300, "ثلاثمئة|ثلاثمائة"),
    (400, "أربعمئة|أربعمائة"),
    (500, "خمسمئة|خمسمائة"),
    (600, "ستمئة|ستمائة"),
    (700, "سبعمئة|سبعمائة"),
    (800, "ثمانمئة|ثمانمائة|ثمانيمئة|ثمانيمائة"),
    (900, "تسعمئة|تسعمائة"),
    (2_000, "ألفان|ألفين|ألفي"),
];

/// What a smaller number before it counts, and what alone is one of it.
const FACTORS: &[(i64, &str)] = &[(12, "dozen"), (100, "hundred|cent|مئة|مائة"), (1_000, "thousand|mille|ألف")];

/// The same where a number stands before it: alone it says that there are several, and not how many.
const SEVERAL: &[(i64, &str)] = &[(100, "cents|مئات|مئة|مائة"), (1_000, "آلاف|ألفا")];

/// The greatest number of people, or of anything else, that is read.
const MOST: i64 = 999_999_999;

/// A unit of time: its place in the order of ISO 8601, and how many of it a word without a number says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    One(usize),
    Two(usize),
    Several(usize),
    And,
}

/// The units in the order of ISO 8601, each with the name of its words in the locales. The last two are of the day.
const UNITS: [(char, &str); 6] =
    [('Y', "years"), ('M', "months"), ('W', "weeks"), ('D', "days"), ('H', "hours"), ('M', "minutes")];

/// The first unit of the day, behind `T`.
const HOURS: usize = 4;

const UNIT_WORDS: &[(Unit, &str)] = &[
    (Unit::One(0), "year|année|سنة|عام"),
    (Unit::Two(0), "سنتان|سنتين|عامان|عامين"),
    (Unit::Several(0), "years|an|ans|années|سنوات|سنين|أعوام|عاما"),
    (Unit::One(1), "month|شهر"),
    (Unit::Two(1), "شهران|شهرين"),
    (Unit::Several(1), "months|mois|أشهر|شهور|شهرا"),
    (Unit::One(2), "week|semaine|أسبوع"),
    (Unit::Two(2), "أسبوعان|أسبوعين"),
    (Unit::Several(2), "weeks|semaines|أسابيع|أسبوعا"),
    (Unit::One(3), "day|jour|يوم"),
    (Unit::Two(3), "يومان|يومين"),
    (Unit::Several(3), "days|jours|أيام|يوما"),
    (Unit::One(4), "hour|heure|ساعة"),
    (Unit::Two(4), "ساعتان|ساعتين"),
    (Unit::Several(4), "hours|heures|ساعات|h"),
    (Unit::One(5), "minute|دقيقة"),
    (Unit::Two(5), "دقيقتان|دقيقتين"),
    (Unit::Several(5), "minutes|دقائق|min"),
    (Unit::And, "and|et|و|for|of|pour|pendant|de|d|لمدة|مدة"),
];

fn units() -> &'static Lexicon<Unit> {
    static UNITS: OnceLock<Lexicon<Unit>> = OnceLock::new();
    UNITS.get_or_init(|| Lexicon::new(UNIT_WORDS))
}

/// The number that begins a run of pieces, in digits or a word, with the pieces it takes.
///
/// Thousands may be parted by a comma, point, apostrophe or space, as long as each group has three digits. Words multiply, as in
/// `two hundred`, and are never added: in one language what stands before and behind `and` is a sum, in another two numbers.
pub(super) fn number(pieces: &[Piece]) -> Option<(i64, usize)> {
    let (mut number, mut taken) = first(pieces)?;
    while let Some((factor, length)) = factor(pieces.get(taken..).unwrap_or_default()) {
        let Some(product) = number.checked_mul(factor).filter(|product| *product <= MOST && factor > number) else {
            break;
        };
        (number, taken) = (product, taken.saturating_add(length));
    }
    Some((number, taken))
}

/// What multiplies the number before it, with the hyphen between them.
fn factor(pieces: &[Piece]) -> Option<(i64, usize)> {
    static WORDS: OnceLock<Lexicon<i64>> = OnceLock::new();
    let words = WORDS.get_or_init(|| Lexicon::new(&[FACTORS, SEVERAL].concat()));
    match pieces {
        [Piece { form: Form::Sign('-'), is_glued: true }, rest @ ..] if rest.first()?.is_glued => {
            words.find(rest).map(|(factor, taken)| (factor, taken.saturating_add(1)))
        }
        _ => words.find(pieces),
    }
}

/// A number in digits, or in one word.
fn first(pieces: &[Piece]) -> Option<(i64, usize)> {
    static WORDS: OnceLock<Lexicon<i64>> = OnceLock::new();
    let Some(Piece { form: Form::Number(first), .. }) = pieces.first() else {
        return WORDS.get_or_init(|| Lexicon::new(&[NUMBERS, FACTORS].concat())).find(pieces);
    };
    let mut digits = first.clone();
    let mut taken = 1_usize;
    while first.len() <= 3
        && let Some((group, length)) = group(pieces.get(taken..).unwrap_or_default())
    {
        digits.push_str(group);
        taken = taken.saturating_add(length);
    }
    digits.parse().ok().filter(|_| digits.len() <= 9).map(|number| (number, taken))
}

/// A further group of three digits, with the sign before it.
fn group(pieces: &[Piece]) -> Option<(&str, usize)> {
    let three = |piece: &Piece| match &piece.form {
        Form::Number(digits) if digits.len() == 3 => true,
        Form::Number(_) | Form::Word(_) | Form::Sign(_) => false,
    };
    let (piece, taken) = match pieces {
        [Piece { form: Form::Sign(',' | '.' | '\''), is_glued: true }, next, ..] if next.is_glued => (next, 2),
        [next, ..] => (next, 1),
        [] => return None,
    };
    let Form::Number(digits) = &piece.form else { return None };
    three(piece).then_some((digits, taken))
}

/// A whole number, and nothing else.
pub(super) fn int(text: &str) -> Result<i64, NotUnderstood> {
    let pieces = pieces(text);
    match number(&pieces) {
        Some((number, taken)) if taken == pieces.len() => Ok(number),
        _ => Err(NotUnderstood::new("form", "int").with("typed", text)),
    }
}

/// A duration as people say it; one of ISO 8601 passes unchanged.
pub(super) fn duration(text: &str) -> Result<String, NotUnderstood> {
    let spelt = fold(text).to_uppercase();
    if is_duration(spelt.trim()) {
        return Ok(spelt.trim().to_owned());
    }
    let fault = || NotUnderstood::new("form", "duration").with("typed", text);
    let parts = parts(&pieces(text)).filter(|parts| !parts.is_empty()).ok_or_else(fault)?;
    let is_in_order = parts.windows(2).all(|pair| matches!(pair, [(_, one), (_, two)] if one < two));
    let duration = spell(&parts);
    if is_in_order && is_duration(&duration) { Ok(duration) } else { Err(fault()) }
}

fn spell(parts: &[(i64, usize)]) -> String {
    let mut duration = String::from("P");
    for (number, unit) in parts {
        if *unit >= HOURS && !duration.contains('T') {
            duration.push('T');
        }
        let letter = UNITS.get(*unit).map_or('D', |(letter, _)| *letter);
        duration.push_str(&format!("{number}{letter}"));
    }
    duration
}

/// Numbers with their units, in the order said; `None` where something else stands among them.
fn parts(pieces: &[Piece]) -> Option<Vec<(i64, usize)>> {
    let mut found = Vec::new();
    let mut rest = pieces.to_vec();
    let mut waiting: Option<i64> = None;
    while let Some(piece) = rest.first() {
        // French "an" needs a number before it: English "an hour" has one year less.
        let unit = units().find(&rest).filter(|(unit, _)| waiting.is_some() || !matches!(unit, Unit::Several(_)));
        if let Some((unit, taken)) = unit {
            match (unit, waiting.take()) {
                (Unit::One(unit) | Unit::Several(unit), Some(number)) => found.push((number, unit)),
                (Unit::One(unit), None) => found.push((1, unit)),
                (Unit::Two(unit), None) => found.push((2, unit)),
                (Unit::And, None) => {}
                (Unit::And | Unit::Two(_), Some(_)) | (Unit::Several(_), None) => return None,
            }
            rest.drain(..taken.min(rest.len()));
        } else if let Some((number, taken)) = number(&rest) {
            if waiting.replace(number).is_some() {
                return None;
            }
            rest.drain(..taken.min(rest.len()));
        } else if piece.form == Form::Sign(',') {
            rest.remove(0);
        } else {
            let word = behind_and(piece)?;
            *rest.first_mut()? = word;
        }
    }
    if waiting.is_some() { None } else { Some(found) }
}

/// A duration in words; as ISO 8601 where no words say the same.
pub(super) fn duration_in(language: Language, text: &str) -> String {
    told(language, text).filter(|told| duration(told).is_ok_and(|read| read == text)).unwrap_or_else(|| text.to_owned())
}

fn told(language: Language, text: &str) -> Option<String> {
    let rest = text.strip_prefix('P')?;
    let (days, time) = rest.split_once('T').unwrap_or((rest, ""));
    let mut words: Vec<String> = Vec::new();
    for (part, units) in [(days, UNITS.get(..HOURS)?), (time, UNITS.get(HOURS..)?)] {
        let mut part = part;
        while !part.is_empty() {
            let (number, behind) = part.split_at_checked(part.find(|c: char| !c.is_ascii_digit())?)?;
            let letter = behind.chars().next()?;
            let (_, name) = units.iter().find(|(unit, _)| *unit == letter)?;
            words.push(unit_in(language, name, number)?);
            part = behind.get(letter.len_utf8()..)?;
        }
    }
    Some(words.join(&format!(" {} ", locale::word(language, "speech.and"))))
}

/// A number with its unit. Arabic has a form each for one, two, three to ten, and above.
fn unit_in(language: Language, name: &str, number: &str) -> Option<String> {
    let amount: u32 = number.parse().ok()?;
    let form = match amount {
        1 => "one",
        2 => "two",
        3..=10 => "few",
        _ => "many",
    };
    Some(locale::format(language, &format!("speech.{name}_{form}"), &[("number", &amount.to_string())]))
}

/// A number as the language parts its thousands.
pub(super) fn number_in(language: Language, number: i64) -> String {
    let gap = match language {
        Language::En => ",",
        Language::Fr => "\u{202f}",
        Language::Ar => return number.to_string(),
    };
    let digits = number.to_string();
    let mut told = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(index);
        if index > 0 && left.checked_rem(3) == Some(0) {
            told.push_str(gap);
        }
        told.push(digit);
    }
    told
}
