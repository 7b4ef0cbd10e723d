//! The words of dates in Arabic, English and French. All are understood at once: nobody is asked for his language.

use std::sync::OnceLock;

use super::fold::Piece;
use super::lexicon::Lexicon;

/// What a word of a date says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sense {
    /// 1 to 12.
    Month(u8),
    /// 21 to 24, as EDTF numbers them.
    Season(u8),
    /// The first, second or last part of a month or year: 0, 1, 2.
    Part(u8),
    About,
    Uncertain,
    Before,
    After,
    Since,
    Until,
    /// `or later`, behind a date.
    OrLater,
    /// `or earlier`, behind a date.
    OrEarlier,
    /// `from`, which alone would say "since".
    From,
    /// French `du`: from, or only "of the".
    FromOrOf,
    Between,
    And,
    To,
    /// French `à` and `au`: an end, or only "in".
    ToOrAt,
    Night,
    /// Evening, dawn and such: finer than a day, coarser than an hour.
    DayPart(DayPart),
    /// 1 to 7, from Monday.
    Weekday(i8),
    Decade,
    MonthWord,
    DayWord,
    Unknown,
    UnknownDate,
    /// Coordinated universal time.
    Utc,
    /// A day of the month as a word.
    Nth(u8),
    /// Says nothing here.
    Filler,
}

/// A part of the day by the hours in which a time lies that is said to be of it, wide enough for every use of the word. A time of
/// twelve hours is one of these or none: none has two hours that are twelve apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DayPart {
    first: u8,
    last: u8,
}

impl DayPart {
    const fn new(first: u8, last: u8) -> Self {
        Self { first, last }
    }

    pub(super) const fn has(self, hour: u8) -> bool {
        self.first <= hour && hour <= self.last
    }
}

pub(super) const BEFORE_NOON: DayPart = DayPart::new(0, 11);
pub(super) const PAST_NOON: DayPart = DayPart::new(12, 23);
/// Arabic `مساء`, and `م` for short: all that is past noon, but twelve may be midnight.
pub(super) const LATER: DayPart = DayPart::new(13, 23);
const MORNING: DayPart = DayPart::new(1, 11);
const DAWN: DayPart = DayPart::new(1, 8);
const NOON: DayPart = DayPart::new(11, 14);
const AFTERNOON: DayPart = DayPart::new(12, 20);
const LATE_AFTERNOON: DayPart = DayPart::new(13, 19);
const EVENING: DayPart = DayPart::new(16, 23);
/// Past midnight it may be the night before or behind the day that is said.
const LATE: DayPart = DayPart::new(19, 23);

use Sense::{
    About, After, And, Before, Between, DayWord, Decade, Filler, From, FromOrOf, Month, MonthWord, Night, Nth,
    OrEarlier, OrLater, Part, Season, Since, To, ToOrAt, Uncertain, Unknown, UnknownDate, Until, Utc, Weekday,
};

/// Natural spellings, several to a line, divided by `|`; folded when first asked for.
const WORDS: &[(Sense, &str)] = &[
    (Month(1), "january|jan|janvier|janv|كانون الثاني|كانون ثاني|كانون ثان|يناير|جانفي"),
    (Month(2), "february|feb|février|févr|fév|شباط|اشباط|فبراير|فيفري"),
    (Month(3), "march|mar|mars|آذار|أدار|مارس"),
    (Month(4), "april|apr|avril|avr|نيسان|أبريل|إبريل|أفريل"),
    (Month(5), "may|mai|أيار|مايو|ماي"),
    (Month(6), "june|jun|juin|حزيران|يونيو|يونيه|جوان"),
    (Month(7), "july|jul|juillet|juil|تموز|يوليو|يوليه|جويلية"),
    (Month(8), "august|aug|août|آب|أغسطس|أوت|غشت"),
    (Month(9), "september|sept|sep|septembre|أيلول|سبتمبر|شتنبر"),
    (Month(10), "october|oct|octobre|تشرين الأول|تشرين أول|أكتوبر"),
    (Month(11), "november|nov|novembre|تشرين الثاني|تشرين ثاني|تشرين ثان|نوفمبر|نونبر"),
    (Month(12), "december|dec|décembre|déc|كانون الأول|كانون أول|ديسمبر|دجنبر"),
    (Season(21), "spring|printemps|ربيع"),
    (Season(22), "summer|été|صيف"),
    (Season(23), "autumn|fall|automne|خريف"),
    (Season(24), "winter|hiver|شتاء"),
    (Part(0), "early|beginning|start|début|debut|commencement|بداية|أوائل|مطلع|مستهل|بدايات"),
    (Part(1), "mid|middle|mi|milieu|منتصف|أواسط|وسط"),
    (Part(2), "late|end|fin|أواخر|نهاية|آخر|نهايات|ختام"),
    (
        About,
        "about|around|circa|ca|c|approximately|approx|roughly|on or about|vers|environ|aux alentours|autour|approximativement|\
         حوالي|نحو|قرابة|تقريبا|زهاء|بحدود",
    ),
    (
        Uncertain,
        "uncertain|possibly|perhaps|probably|incertain|incertaine|peut être|probablement|sans doute|غير مؤكد|غير مؤكدة|ربما|يحتمل|على الأرجح",
    ),
    (Before, "before|prior to|avant|قبل"),
    (After, "after|après|بعد"),
    (Since, "since|depuis|à partir|à compter|منذ|ابتداء من|اعتبارا من|starting"),
    (Until, "until|till|up to|jusqu'à|jusqu'au|jusqu'en|jusque|حتى|لغاية|إلى غاية"),
    (OrLater, "or later|or after|onwards|onward|ou après|ou plus tard|أو بعد ذلك|أو بعدها|أو بعده|فصاعدا"),
    (OrEarlier, "or earlier|or before|ou avant|ou plus tôt|أو قبل ذلك|أو قبلها|أو قبله"),
    (From, "from|من"),
    (FromOrOf, "du"),
    (Between, "between|entre|بين|ما بين|فيما بين"),
    (And, "and|et|و"),
    (To, "to|through|إلى"),
    (ToOrAt, "à|au|aux"),
    (Night, "night|overnight|nuit|ليلة|ليل"),
    (Sense::DayPart(BEFORE_NOON), "am"),
    (Sense::DayPart(PAST_NOON), "pm"),
    (Sense::DayPart(MORNING), "morning|matin|صباح|صباحا|ص"),
    (Sense::DayPart(DAWN), "dawn|aube|فجر|فجرا"),
    (Sense::DayPart(NOON), "noon|midday|midi|ظهر|ظهرا"),
    (Sense::DayPart(AFTERNOON), "afternoon|après midi|بعد الظهر"),
    (Sense::DayPart(LATE_AFTERNOON), "عصر|عصرا"),
    (Sense::DayPart(EVENING), "evening|soir|soirée"),
    (Sense::DayPart(LATER), "مساء"),
    (Sense::DayPart(LATE), "ليلا"),
    (Weekday(1), "monday|lundi|الاثنين|الإثنين"),
    (Weekday(2), "tuesday|mardi|الثلاثاء"),
    (Weekday(3), "wednesday|mercredi|الأربعاء|الاربعاء"),
    (Weekday(4), "thursday|jeudi|الخميس"),
    (Weekday(5), "friday|vendredi|الجمعة"),
    (Weekday(6), "saturday|samedi|السبت"),
    (Weekday(7), "sunday|dimanche|الأحد"),
    (Decade, "decade|décennie|années|عقد"),
    (MonthWord, "month|mois|شهر"),
    (DayWord, "day|jour|يوم"),
    (Unknown, "unknown|inconnu|inconnue|inconnus|غير معروف|غير معروفين|غير معروفة|مجهول"),
    (UnknownDate, "unknown date|date inconnue|تاريخ غير معروف"),
    (Utc, "utc|gmt|z|توقيت عالمي"),
    (Nth(1), "first|premier|الأول"),
    (Nth(2), "الثاني"),
    (Nth(3), "الثالث"),
    (Nth(4), "الرابع"),
    (Nth(5), "الخامس"),
    (Nth(6), "السادس"),
    (Nth(7), "السابع"),
    (Nth(8), "الثامن"),
    (Nth(9), "التاسع"),
    (Nth(10), "العاشر"),
    (Nth(11), "الحادي عشر"),
    (Nth(12), "الثاني عشر"),
    (Nth(13), "الثالث عشر"),
    (Nth(14), "الرابع عشر"),
    (Nth(15), "الخامس عشر"),
    (Nth(16), "السادس عشر"),
    (Nth(17), "السابع عشر"),
    (Nth(18), "الثامن عشر"),
    (Nth(19), "التاسع عشر"),
    (Nth(20), "العشرين|العشرون"),
    (Nth(21), "الحادي والعشرين|الحادي والعشرون"),
    (Nth(22), "الثاني والعشرين|الثاني والعشرون"),
    (Nth(23), "الثالث والعشرين|الثالث والعشرون"),
    (Nth(24), "الرابع والعشرين|الرابع والعشرون"),
    (Nth(25), "الخامس والعشرين|الخامس والعشرون"),
    (Nth(26), "السادس والعشرين|السادس والعشرون"),
    (Nth(27), "السابع والعشرين|السابع والعشرون"),
    (Nth(28), "الثامن والعشرين|الثامن والعشرون"),
    (Nth(29), "التاسع والعشرين|التاسع والعشرون"),
    (Nth(30), "الثلاثين|الثلاثون"),
    (Nth(31), "الحادي والثلاثين|الحادي والثلاثون"),
    (
        Filler,
        "the|of|in|on|at|an|a year|year|years|period|during|dated|date|local time|le|la|les|l|d|de|des|en|dans|année|an|période|courant|au cours|\
         durant|pendant|daté|heure locale|الفترة|خلال|في|عام|سنة|العام|السنة|بتاريخ|تاريخ|الساعة|الممتدة|الواقعة|الواقع|بالتوقيت المحلي",
    ),
];

/// What begins a run of pieces, with the number of pieces it takes.
pub(super) fn sense(pieces: &[Piece]) -> Option<(Sense, usize)> {
    static WORDS_OF_DATES: OnceLock<Lexicon<Sense>> = OnceLock::new();
    WORDS_OF_DATES.get_or_init(|| Lexicon::new(WORDS)).find(pieces)
}

#[cfg(test)]
mod tests {
    use super::super::fold::pieces;
    use super::*;

    #[test]
    fn each_word_has_one_sense() {
        // Spellings that fold to the same are harmless within one sense; across two they would be a guess.
        for (expected, words) in WORDS {
            for word in words.split('|') {
                let pieces = pieces(word);
                assert_eq!(sense(&pieces), Some((*expected, pieces.len())), "{word}");
            }
        }
    }
}
