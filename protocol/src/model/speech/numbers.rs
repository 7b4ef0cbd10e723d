//! Whole numbers and durations: `1,400`, `ستة أشهر`, `one year and 6 months`.

use std::sync::OnceLock;

use super::super::values::is_duration;
use super::NotUnderstood;
use super::fold::{Form, Piece, fold, is_arabic_script, pieces};
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

/// Round numbers, of which the French ones need a number before them.
const ROUND: &[(i64, &str)] = &[
    (10, "dizaine|dizaines"),
    (12, "dozen|douzaine|douzaines"),
    (15, "quinzaine"),
    (20, "vingtaine"),
    (30, "trentaine"),
    (40, "quarantaine"),
    (50, "cinquantaine"),
    (60, "soixantaine"),
    (100, "centaine|centaines"),
    (1_000, "millier|milliers"),
];

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

/// A number that begins a run of pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) value: i64,
    /// The pieces it takes.
    pub(super) taken: usize,
    /// How firmly it is said.
    pub(super) firmness: Firmness,
}

/// How firmly a number is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Firmness {
    Exact,
    /// `a dozen`: about so many, but under a bound, as in `at least two dozen`, the number itself.
    Dozen,
    /// `une centaine`: about so many.
    About,
}

/// The exact number that begins a run of pieces, in digits or words, with the pieces it takes.
pub(super) fn number(pieces: &[Piece]) -> Option<(i64, usize)> {
    let said = added(pieces).or_else(|| counted(pieces))?;
    (said.firmness == Firmness::Exact).then_some((said.value, said.taken))
}

/// The number that begins a run of pieces, in digits or words that multiply, as in `two hundred`. None are added: see [`added`].
///
/// Thousands may be parted by a comma, point, apostrophe or space, as long as each group has three digits.
pub(super) fn counted(pieces: &[Piece]) -> Option<Number> {
    let (mut number, mut taken) = first(pieces)?;
    let mut firmness = roundness(pieces, taken);
    while let Some((factor, length)) = factor(pieces.get(taken..).unwrap_or_default()) {
        let Some(product) = number.checked_mul(factor).filter(|product| *product <= MOST && factor > number) else {
            break;
        };
        let behind = pieces.get(taken..).unwrap_or_default();
        firmness = if firmness == Firmness::Exact { roundness(behind, length) } else { firmness };
        (number, taken) = (product, taken.saturating_add(length));
    }
    Some(Number { value: number, taken, firmness })
}

/// What the last of so many pieces says of a number.
fn roundness(pieces: &[Piece], taken: usize) -> Firmness {
    static WORDS: OnceLock<Lexicon<i64>> = OnceLock::new();
    let last = taken.checked_sub(1).and_then(|last| pieces.get(last..taken)).unwrap_or_default();
    match last {
        [Piece { form: Form::Word(word), .. }] if word == "dozen" => Firmness::Dozen,
        _ if WORDS.get_or_init(|| Lexicon::new(ROUND)).find(last).is_some() => Firmness::About,
        _ => Firmness::Exact,
    }
}

/// The sum that begins a run of pieces: two or more Arabic words joined by `و`, in the order in which a number is spoken, as in
/// `مئة وخمسة وعشرون ألفا`. In other languages "and" joins two numbers as well, and no words are added.
pub(super) fn added(pieces: &[Piece]) -> Option<Number> {
    let behind = |taken: usize| pieces.get(taken..).unwrap_or_default();
    let (mut value, mut taken, mut parts) = below_thousand(pieces).or_else(|| thousands(pieces))?;
    if let Some((1_000, length)) = factor(behind(taken)).filter(|_| value < 1_000) {
        (value, taken) = (value.checked_mul(1_000)?, taken.saturating_add(length));
    }
    if value >= 1_000
        && let Some(rest) = without_and(behind(taken))
        && let Some((more, length, count)) = below_thousand(&rest.pieces)
    {
        let end = taken.saturating_add(rest.dropped).saturating_add(length);
        if factor(behind(end)).is_some() {
            return None;
        }
        (value, taken, parts) = (value.checked_add(more)?, end, parts.saturating_add(count));
    }
    (parts > 1).then_some(Number { value, taken, firmness: Firmness::Exact })
}

/// One or two thousand in one word.
fn thousands(pieces: &[Piece]) -> Option<(i64, usize, usize)> {
    word(pieces).filter(|(value, _)| matches!(value, 1_000 | 2_000)).map(|(value, taken)| (value, taken, 1))
}

/// Hundreds, units and tens in their order, with the pieces they take and the words that were added.
fn below_thousand(pieces: &[Piece]) -> Option<(i64, usize, usize)> {
    let behind = |taken: usize| pieces.get(taken..).unwrap_or_default();
    let (mut last, mut taken) = word(pieces).filter(|(value, _)| (1..1_000).contains(value))?;
    if let Some((100, length)) = factor(behind(taken)).filter(|_| (3..=9).contains(&last)) {
        (last, taken) = (last.checked_mul(100)?, taken.saturating_add(length));
    }
    let (mut value, mut parts) = (last, 1_usize);
    while let Some(rest) = without_and(behind(taken)) {
        let fits = |next: i64| match last {
            100.. => (1..100).contains(&next),
            1..=9 => (20..100).contains(&next),
            _ => false,
        };
        let Some((next, length)) = word(&rest.pieces).filter(|(next, _)| fits(*next)) else { break };
        (last, value) = (next, value.checked_add(next)?);
        (taken, parts) = (taken.saturating_add(rest.dropped).saturating_add(length), parts.saturating_add(1));
    }
    Some((value, taken, parts))
}

/// A number in one Arabic word.
fn word(pieces: &[Piece]) -> Option<(i64, usize)> {
    let is_arabic = |piece: &Piece| matches!(&piece.form, Form::Word(word) if is_arabic_script(word));
    first(pieces).filter(|_| pieces.first().is_some_and(is_arabic))
}

/// What stands behind an Arabic "and", attached or alone.
struct Behind {
    pieces: Vec<Piece>,
    /// The pieces before it.
    dropped: usize,
}

fn without_and(pieces: &[Piece]) -> Option<Behind> {
    let (piece, rest) = pieces.split_first()?;
    if piece.form == Form::Word("و".to_owned()) {
        return Some(Behind { pieces: rest.iter().take(SPAN).cloned().collect(), dropped: 1 });
    }
    // `واحد`, "one", begins with no "and".
    let behind = behind_and(piece).filter(|_| first(pieces).is_none())?;
    Some(Behind { pieces: std::iter::once(behind).chain(rest.iter().take(SPAN).cloned()).collect(), dropped: 0 })
}

/// Pieces that one number in words may take.
const SPAN: usize = 12;

/// What multiplies the number before it, with the hyphen between them.
fn factor(pieces: &[Piece]) -> Option<(i64, usize)> {
    static WORDS: OnceLock<Lexicon<i64>> = OnceLock::new();
    let words = WORDS.get_or_init(|| Lexicon::new(&[FACTORS, SEVERAL, ROUND].concat()));
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
