//! Casualties as people count them: ranges, bounds, about how many, as of when. MODEL §3.

use std::sync::OnceLock;

use super::super::vocabularies::CASUALTY;
use super::fold::{Form, Piece, fold, pieces, plain};
use super::lexicon::{Lexicon, behind_and};
use super::numbers::{Firmness, added, counted, number_in};
use super::tell::date_in;
use super::{NotUnderstood, dates};
use crate::encoding::json::{Json, Object};
use crate::locale::{self, Language};

/// What a word says of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    /// What is counted, by its code.
    Category(&'static str),
    /// Two of it: the Arabic dual.
    Two(&'static str),
    /// What befell people, which alone says of which category they are; beside another word it says no more than how.
    Case(&'static str),
    /// People in words that leave open of which category; beside another word it says no more than how.
    Open,
    Bound(Bound),
    About,
    None,
    Between,
    From,
    /// It says that there are several, and leaves open how many.
    Vague,
    To,
    And,
    Filler,
}

/// On which side a count is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    AtLeast,
    MoreThan,
    AtMost,
    FewerThan,
}

const WORDS: &[(Sense, &str)] = &[
    (
        Sense::Category("killed"),
        "killed|kill|dead|death|deaths|died|fatality|fatalities|tué|tués|tuée|tuées|mort|morts|morte|mortes|décès|décédés|\
         قتيل|قتيلا|قتلى|قتل|يقتل|قتلوا|مقتل|وفاة|وفيات|متوفى|شهيد|شهيدا|شهداء",
    ),
    (Sense::Two("killed"), "قتيلان|قتيلين|شهيدان|شهيدين"),
    (
        Sense::Category("injured"),
        "injured|injury|injuries|wounded|blessé|blessés|blessée|blessées|مصاب|مصابا|مصابون|مصابين|جريح|جريحا|جرحى|إصابة|إصابات|أصيب|يصب|أصيبوا",
    ),
    (Sense::Two("injured"), "مصابان|جريحان|جريحين|إصابتان|إصابتين"),
    (
        Sense::Category("exposed"),
        "exposed|exposé|exposés|exposée|exposées|متعرض|متعرضا|متعرضون|متعرضين|معرض|معرضا|تعرض|تعرضوا",
    ),
    (Sense::Two("exposed"), "متعرضان"),
    (
        // Who is in hospital, or a case of one who cannot breathe, is harmed, and neither dead nor only exposed.
        Sense::Category("injured"),
        "hospitalised|hospitalized|hospitalisé|hospitalisés|hospitalisée|hospitalisées",
    ),
    (
        Sense::Case("injured"),
        "suffocation case|suffocation cases|case of suffocation|cases of suffocation|asphyxiation case|asphyxiation cases|\
         asphyxia case|asphyxia cases|case of asphyxia|cases of asphyxia|case of asphyxiation|cases of asphyxiation|cas de suffocation|\
         cas d'asphyxie|اختناق|اختناقا|اختناقات",
    ),
    (
        Sense::Open,
        "affected|suffocated|suffocating|suffocation|suffocations|by suffocation|from suffocation|asphyxiated|asphyxiation|asphyxia|\
         by asphyxiation|poisoned|poisoning|poisonings|gassed|contaminated|sickened|victim|victims|casualty|casualties|patient|patients|\
         treated|affecté|affectés|affectée|affectées|touché|touchés|touchée|touchées|atteint|atteints|atteinte|atteintes|suffoqués|\
         asphyxié|asphyxiés|asphyxiée|asphyxiées|asphyxie|par asphyxie|par suffocation|intoxiqué|intoxiqués|intoxiquée|intoxiquées|\
         intoxication|intoxications|gazé|gazés|gazée|gazées|contaminés|contaminées|victime|victimes|malade|malades|soignés|soignées|\
         متأثر|متأثرا|متأثرون|متأثرين|متضرر|متضررا|متضررون|متضررين|مختنق|مختنقا|مختنقون|مختنقين|تسمم|تسمما|متسمم|متسمما|متسممين|\
         مسموم|مسموما|ضحية|ضحايا|مريض|مريضا|مرضى",
    ),
    (
        Sense::Bound(Bound::AtLeast),
        "at least|no fewer than|not fewer than|no less than|not less than|minimum|or more|and more|au moins|pas moins de|ou plus|\
         ما لا يقل عن|لا يقل عن|على الأقل|أو أكثر|فأكثر",
    ),
    (
        Sense::Bound(Bound::MoreThan),
        "more than|over|above|upwards of|plus de|plus d|au delà de|أكثر من|ما يزيد على|ما يزيد عن|يزيد على",
    ),
    (
        Sense::Bound(Bound::AtMost),
        "at most|up to|no more than|not more than|maximum|or fewer|or less|au plus|pas plus de|jusqu'à|ou moins|\
         على الأكثر|ما لا يزيد على|ما لا يزيد عن|لا يزيد عن|لا يتجاوز|حتى|أو أقل",
    ),
    (Sense::Bound(Bound::FewerThan), "fewer than|less than|under|below|moins de|moins d|أقل من"),
    (
        Sense::About,
        "about|around|approximately|approx|circa|ca|c|roughly|some|or so|environ|à peu près|quelque|autour de|vers|approximativement|\
         حوالي|نحو|قرابة|زهاء|تقريبا|ما يقارب",
    ),
    (Sense::None, "none|no|no one|nobody|aucun|aucune|لا|لا أحد|لا يوجد|دون|لم يسقط|لم|أحد"),
    (Sense::Between, "between|entre|بين|ما بين"),
    (Sense::From, "from|de|du|من"),
    (
        Sense::Vague,
        "dozens|scores|hundreds|thousands|several|many|few|a few|a number|a handful|numerous|a couple|douzaine|dizaine|quinzaine|\
         vingtaine|trentaine|quarantaine|cinquantaine|soixantaine|centaine|millier|douzaines|dizaines|centaines|milliers|\
         plusieurs|quelques|nombreux|nombreuses|عشرات|مئات|آلاف|بضع|بضعة|عدة|عدد من|عدد كبير|كثير|كثيرون",
    ),
    (Sense::To, "to|à|إلى"),
    (Sense::And, "and|et|و"),
    (
        Sense::Filler,
        "people|persons|person|des|personne|were|was|been|have|has|the|of|were reported|reported|personnes|ont|a été|été|d|sont|est|عدد|شخص|شخصا|أشخاص|للتعرض|\
         case|cases|cas|حالة|حالات|by gas|by the gas|by toxic gas|par le gaz|par gaz|au gaz|par des gaz|بغاز|غاز|غازات|سامة|سام",
    ),
];

fn words() -> &'static Lexicon<Sense> {
    static LEXICON: OnceLock<Lexicon<Sense>> = OnceLock::new();
    LEXICON.get_or_init(|| Lexicon::new(WORDS))
}

/// What stands before the date of a count, longest first; the last ones may say something else.
const AS_OF: &[&str] = &["as of", "as at", "a la date du", "en date du", "بتاريخ", "بحلول"];
const PERHAPS_AS_OF: &[&str] = &["au", "حتي", "لغايه", "by"];

/// Markers of a date that are tried, from the last: each may cost a reading of what follows.
const TRIED: usize = 4;

/// What a phrase says of a count.
#[derive(Debug, Default)]
struct Said {
    category: Option<&'static str>,
    /// The category of a case, where no word names one.
    case: Option<&'static str>,
    /// The word that leaves the category open.
    open: Option<String>,
    /// True if "and" or "to" stands behind the first word of people: what follows may be said of others.
    is_apart: bool,
    numbers: Vec<i64>,
    bound: Option<Bound>,
    is_about: bool,
    is_none: bool,
    is_joined: bool,
    is_between: bool,
    /// Joined by "and".
    is_and: bool,
    /// By the Arabic one, which stands in sums too: `خمسة وعشرون` is 25.
    is_attached: bool,
    is_in_words: bool,
    /// `a dozen`: about so many, but under a bound.
    is_dozen: bool,
}

fn fault(code: &'static str) -> NotUnderstood {
    NotUnderstood::new(code, "count")
}

/// The count that a phrase says: `{category, min, max?, qualifier?, as_of?}`.
pub(super) fn read(text: &str) -> Result<Json, NotUnderstood> {
    let (counted, as_of) = dated(text)?;
    let said = said(&pieces(counted))?;
    let category = said.category()?;
    let (min, max, qualifier) = said.bounds()?;
    let mut count = Object::from([("category".to_owned(), Json::text(category)), ("min".to_owned(), Json::Int(min))]);
    count.extend(max.map(|max| ("max".to_owned(), Json::Int(max))));
    count.extend(qualifier.map(|qualifier| ("qualifier".to_owned(), Json::text(qualifier))));
    count.extend(as_of.map(|date| ("as_of".to_owned(), Json::text(date))));
    Ok(Json::Object(count))
}

/// Parts a phrase from the date behind it, `as of 22 August 2013`.
fn dated(text: &str) -> Result<(&str, Option<String>), NotUnderstood> {
    let starts: Vec<usize> = text
        .char_indices()
        .filter(|(at, c)| !c.is_whitespace() && text.get(..*at).is_some_and(|before| before.ends_with(is_break)))
        .map(|(at, _)| at)
        .collect();
    let mut left = TRIED;
    for at in starts.into_iter().rev() {
        let Some((counted, behind)) = text.split_at_checked(at) else { continue };
        let Some((date, is_sure)) = marked(behind) else { continue };
        match dates::read(date) {
            Ok(date) => return Ok((counted.trim_end_matches(is_break), Some(date))),
            Err(error) if is_sure => return Err(error),
            Err(_) => left = left.saturating_sub(1),
        }
        if left == 0 {
            break;
        }
    }
    Ok((text, None))
}

fn is_break(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '،' | ';' | '؛' | '(')
}

/// What follows a marker of a date at the start of a text, and whether the marker says nothing else.
fn marked(text: &str) -> Option<(&str, bool)> {
    let mut words = text.split_whitespace();
    let (one, two) = (fold(words.next()?), fold(words.next()?));
    let three = words.next().map(fold).unwrap_or_default();
    let four = words.next().map(fold).unwrap_or_default();
    let phrases =
        [one.clone(), format!("{one} {two}"), format!("{one} {two} {three}"), format!("{one} {two} {three} {four}")];
    let count = (1_usize..=4).rev().zip(phrases.iter().rev()).find_map(|(count, phrase)| {
        let is_sure = AS_OF.contains(&phrase.as_str());
        (is_sure || PERHAPS_AS_OF.contains(&phrase.as_str())).then_some((count, is_sure))
    });
    let (count, is_sure) = count?;
    let mut rest = text;
    for _ in 0..count {
        rest = rest.trim_start().split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
    }
    Some((rest.trim().trim_end_matches(')'), is_sure))
}

fn said(pieces: &[Piece]) -> Result<Said, NotUnderstood> {
    let mut said = Said::default();
    let mut rest = pieces.to_vec();
    while let Some(piece) = rest.first().cloned() {
        // Words first: "no one" is none, not one; but a number word that says nothing else is a number. Behind "between", `و` parts
        // two numbers, and adds none.
        let counted = added(&rest).filter(|_| !said.is_between).or_else(|| counted(&rest));
        // `a` is also the French `à`, which stands between two numbers.
        let is_number = |taken: usize| said.numbers.is_empty() && counted.is_some_and(|longer| longer.taken > taken);
        let taken = if let Some((sense, taken)) = words().find(&rest).filter(|(_, taken)| !is_number(*taken)) {
            let words: Vec<String> = rest.iter().take(taken).map(|piece| piece.form.text()).collect();
            said.hear(sense, &words.join(" "))?;
            taken
        } else if let Some(number) = counted {
            said.numbers.push(number.value);
            said.is_in_words |= matches!(piece.form, Form::Word(_));
            said.is_about |= number.firmness == Firmness::About;
            said.is_dozen |= number.firmness == Firmness::Dozen;
            number.taken
        } else if let Form::Sign(sign) = piece.form {
            said.sign(sign)?;
            1
        } else {
            let word = behind_and(&piece).ok_or_else(|| fault("count_word").with("word", &piece.form.text()))?;
            said.take(Sense::And)?;
            said.is_attached = true;
            if let Some(first) = rest.first_mut() {
                *first = word;
            }
            0
        };
        rest.drain(..taken.min(rest.len()));
    }
    Ok(said)
}

impl Said {
    /// Takes a sense with the words that say it.
    fn hear(&mut self, sense: Sense, words: &str) -> Result<(), NotUnderstood> {
        let is_people = matches!(sense, Sense::Category(_) | Sense::Two(_) | Sense::Case(_) | Sense::Open);
        let is_soft = matches!(sense, Sense::Case(_) | Sense::Open);
        let is_mixed = if is_soft { self.category.is_some() } else { self.open.is_some() || self.case.is_some() };
        if is_people && is_mixed && self.is_apart {
            // "86 killed and 100 affected" are two counts.
            return Err(fault("count_several"));
        }
        match sense {
            Sense::Vague => Err(fault("count_vague").with("word", words)),
            Sense::Case(category) => {
                self.case = Some(category);
                Ok(())
            }
            Sense::Open => {
                self.open = Some(words.to_owned());
                Ok(())
            }
            _ => self.take(sense),
        }
    }

    /// The category that is named, or is that of a case; a word that leaves it open is refused with the categories there are.
    fn category(&self) -> Result<&'static str, NotUnderstood> {
        match (self.category, &self.open, self.case) {
            (Some(category), ..) => Ok(category),
            (None, Some(word), _) => {
                let fault = fault("count_open").with("word", word);
                Err(NotUnderstood { vocabulary: Some(&CASUALTY), ..fault })
            }
            (None, None, Some(category)) => Ok(category),
            (None, None, None) => Err(fault("count_category")),
        }
    }

    fn take(&mut self, sense: Sense) -> Result<(), NotUnderstood> {
        match sense {
            Sense::Category(category) => self.count(category)?,
            Sense::Two(category) => {
                self.numbers.push(2);
                self.count(category)?;
            }
            Sense::Bound(bound) => {
                if self.bound.replace(bound).is_some() {
                    return Err(fault("count_several"));
                }
            }
            Sense::About => self.is_about = true,
            Sense::None => self.is_none = true,
            Sense::To => self.join(),
            Sense::And => {
                self.join();
                self.is_and = true;
            }
            Sense::Between => self.is_between = true,
            Sense::From | Sense::Filler | Sense::Vague | Sense::Case(_) | Sense::Open => {}
        }
        Ok(())
    }

    fn join(&mut self) {
        self.is_joined = true;
        self.is_apart |= self.category.is_some() || self.case.is_some() || self.open.is_some();
    }

    fn count(&mut self, category: &'static str) -> Result<(), NotUnderstood> {
        match self.category.replace(category) {
            Some(before) if before != category => Err(fault("count_several")),
            _ => Ok(()),
        }
    }

    fn sign(&mut self, sign: char) -> Result<(), NotUnderstood> {
        match sign {
            '-' => self.take(Sense::To),
            '+' | '≥' => self.take(Sense::Bound(Bound::AtLeast)),
            '>' => self.take(Sense::Bound(Bound::MoreThan)),
            '<' => self.take(Sense::Bound(Bound::FewerThan)),
            '≤' => self.take(Sense::Bound(Bound::AtMost)),
            '~' | '≈' => self.take(Sense::About),
            ':' | '.' | '\'' | '(' | ')' => Ok(()),
            ',' | ';' | '/' => Err(fault("count_several")),
            other => Err(fault("count_word").with("word", &other.to_string())),
        }
    }

    /// The least, the most, and the word that goes with them. What may be a sum in words, as `a hundred and fifty` is, is no range.
    fn bounds(&self) -> Result<(i64, Option<i64>, Option<&'static str>), NotUnderstood> {
        if !self.is_in_words || self.numbers.len() < 2 {
            return self.bounded();
        }
        let is_unit_and_tens = matches!(*self.numbers, [1..=9, 20..=99]);
        let is_sum = self.is_and && (!self.is_between || self.is_attached && is_unit_and_tens);
        let bounds = if is_sum { Err(fault("count_digits")) } else { self.bounded() };
        bounds.map_err(|_| fault("count_digits"))
    }

    fn bounded(&self) -> Result<(i64, Option<i64>, Option<&'static str>), NotUnderstood> {
        let about = (self.is_about || self.is_dozen && self.bound.is_none()).then_some("about");
        match (self.numbers.as_slice(), self.bound) {
            ([], None) if self.is_none => Ok((0, Some(0), None)),
            _ if self.is_none => Err(fault("count_several")),
            ([], _) => Err(fault("count_number")),
            ([number], None) if !self.is_joined => Ok((*number, Some(*number), about)),
            ([number], Some(Bound::AtLeast)) => Ok((*number, None, about)),
            ([number], Some(Bound::MoreThan)) => Ok((*number, None, Some("more than"))),
            ([number], Some(Bound::AtMost)) => Ok((0, Some(*number), about)),
            ([number], Some(Bound::FewerThan)) => {
                let most = number.checked_sub(1).filter(|most| *most >= 0).ok_or_else(|| fault("count_number"))?;
                Ok((0, Some(most), None))
            }
            ([least, most], None) if self.is_joined && least <= most => Ok((*least, Some(*most), about)),
            ([_, _], None) if self.is_joined => Err(fault("count_reversed")),
            _ => Err(fault("count_several")),
        }
    }
}

/// What a source says of a number, in the reader's words; as it stands where they would not be read as the same again.
pub(in crate::model) fn qualifier_in(language: Language, said: &str) -> &str {
    let word = locale::lookup(language, &qualifier_key(said));
    word.filter(|word| qualifier_said(word) == said).unwrap_or(said)
}

/// The same read back: a word of any language for what a count knows, and any other text as it was typed.
pub(in crate::model) fn qualifier_said(typed: &str) -> &str {
    let is_it = |known: &&&str| {
        let words = Language::ALL.into_iter().filter_map(|language| locale::lookup(language, &qualifier_key(known)));
        words.chain([**known]).any(|word| plain(word) == plain(typed))
    };
    QUALIFIERS.iter().find(is_it).copied().unwrap_or(typed)
}

/// What sources say of numbers, by the English of it, which is what is signed.
const QUALIFIERS: &[&str] = &[
    "about",
    "approximate",
    "approximately",
    "at least",
    "certain",
    "estimated",
    "more than",
    "reportedly",
    "uncertain",
    "up to",
];

fn qualifier_key(said: &str) -> String {
    format!("qualifier.{}", said.to_lowercase().replace(' ', "_"))
}

/// A count in words; as JSON where it is malformed.
pub(super) fn tell(language: Language, count: &Json) -> Option<String> {
    let category = locale::code(language, "casualty_category", count.get("category")?.as_text()?);
    let min = count.get("min")?.as_int()?;
    let max = match count.get("max") {
        Some(max) => Some(max.as_int()?),
        None => None,
    };
    let qualifier = count.get("qualifier").and_then(Json::as_text);
    let (least, most) = (number_in(language, min), number_in(language, max.unwrap_or(min)));
    let number = |key: &str| locale::format(language, key, &[("min", &least), ("max", &most)]);
    let (mut told, mut left) = match (min, max, qualifier) {
        (_, None, Some("more than")) => (number("speech.more_than"), None),
        (_, None, Some("at least")) => (number("speech.at_least"), None),
        (_, None, qualifier) => (number("speech.at_least"), qualifier),
        (0, Some(0), qualifier) => (locale::word(language, "speech.none").to_owned(), qualifier),
        (_, Some(max), qualifier) if min == max => (number("speech.exactly"), qualifier),
        (0, Some(_), qualifier) => (number("speech.at_most"), qualifier),
        (_, Some(_), qualifier) => (number("speech.from_to"), qualifier),
    };
    if matches!(left, Some("about" | "approximate" | "approximately")) {
        told = locale::format(language, "speech.about_count", &[("count", &told)]);
        left = None;
    }
    let mut told = locale::format(language, "speech.counted", &[("count", &told), ("category", category)]);
    if let Some(qualifier) = left {
        told = format!("{told} ({})", qualifier_in(language, qualifier));
    }
    match count.get("as_of").and_then(Json::as_text) {
        Some(date) => {
            Some(locale::format(language, "speech.as_of", &[("count", &told), ("date", &date_in(language, date))]))
        }
        None => Some(told),
    }
}
