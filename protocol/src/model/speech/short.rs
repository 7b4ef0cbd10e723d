//! Dates in few columns, for lists: `7 Apr 2018`, `~Apr 2017`, `4–5 Aug 2013`.

use super::super::edtf::Edtf;
use super::tell::{date_in, ordinal, period_name};
use crate::locale::{self, Language};

/// A date in at most so many characters of a language. What does not fit is told less exactly, a month for a day or a year for a
/// month, and never otherwise; as EDTF where no words say it.
#[must_use]
pub fn date_within(language: Language, edtf: &str, most: usize) -> String {
    let fits = |text: &String| text.chars().count() <= most;
    let told = if Edtf::parse(edtf).is_err() {
        Vec::new()
    } else {
        match edtf.split_once('/') {
            None => Point::of(edtf).map(|point| point.told(language)).unwrap_or_default(),
            Some((start, end)) => interval(language, start, end),
        }
    };
    let in_words = || Some(date_in(language, edtf)).filter(fits);
    told.into_iter().find(fits).or_else(in_words).unwrap_or_else(|| edtf.to_owned())
}

/// A day, month or year of EDTF, without its time.
#[derive(Debug, Clone, Copy)]
struct Point<'a> {
    year: &'a str,
    month: Option<&'a str>,
    day: Option<&'a str>,
    is_about: bool,
    is_uncertain: bool,
}

impl<'a> Point<'a> {
    /// `None` where the year itself is not known, as in `201X`.
    fn of(edtf: &'a str) -> Option<Self> {
        let date = edtf.split_once('T').map_or(edtf, |(day, _)| day).trim_end_matches(['~', '?', '%']);
        let known = |part: &&str| !part.contains('X');
        let mut parts = date.split('-');
        let year = parts.next().filter(known).filter(|year| year.len() == 4)?;
        let month = parts.next().filter(known);
        let day = parts.next().filter(known).filter(|_| month.is_some());
        Some(Self { year, month, day, is_about: edtf.ends_with(['~', '%']), is_uncertain: edtf.ends_with(['?', '%']) })
    }

    /// What it is told by, the most exact first.
    fn told(&self, language: Language) -> Vec<String> {
        let month = self.month.and_then(|month| name(language, month));
        let of_month = month.map(|month| of_year(language, month, self.year));
        let of_day = of_month.as_ref().zip(self.day.and_then(|day| ordinal(language, day)));
        let of_day = of_day.map(|(month, day)| in_order(language, "speech.day", &[("day", &day), ("month", month)]));
        let all = [of_day, of_month, Some(self.year.to_owned())];
        all.into_iter().flatten().map(|text| self.marked(text)).collect()
    }

    fn marked(&self, text: String) -> String {
        marked(text, self.is_about, self.is_uncertain)
    }
}

fn marked(text: String, is_about: bool, is_uncertain: bool) -> String {
    let (about, uncertain) = (if is_about { "~" } else { "" }, if is_uncertain { "?" } else { "" });
    format!("{about}{text}{uncertain}")
}

/// What an interval is told by, the most exact first.
fn interval(language: Language, start: &str, end: &str) -> Vec<String> {
    let with = |edtf: &str, told: &dyn Fn(String) -> String| {
        let point = Point::of(edtf);
        point.map(|point| point.told(language).into_iter().map(told).collect()).unwrap_or_default()
    };
    match (start, end) {
        (_, "..") => with(start, &|text| format!("≥ {text}")),
        ("..", _) => with(end, &|text| format!("≤ {text}")),
        (_, "") => with(start, &|text| format!("{text} – ?")),
        ("", _) => with(end, &|text| format!("? – {text}")),
        _ => {
            Point::of(start).zip(Point::of(end)).map(|(first, last)| between(language, first, last)).unwrap_or_default()
        }
    }
}

fn between(language: Language, first: Point<'_>, last: Point<'_>) -> Vec<String> {
    let is_same_year = first.year == last.year;
    let years = if is_same_year { first.year.to_owned() } else { format!("{}–{}", first.year, last.year) };
    let months = first.month.zip(last.month).filter(|_| is_same_year).and_then(|(one, other)| {
        let (one_name, other_name) = (name(language, one)?, name(language, other)?);
        let months = if one == other { one_name.to_owned() } else { format!("{one_name}–{other_name}") };
        Some(of_year(language, &months, first.year))
    });
    let is_same_month = is_same_year && first.month == last.month;
    let days = first.day.zip(last.day).filter(|_| is_same_month).zip(months.as_ref());
    let days = days.and_then(|((one, other), month)| {
        let days = format!("{}–{}", ordinal(language, one)?, ordinal(language, other)?);
        Some(in_order(language, "speech.day", &[("day", &days), ("month", month)]))
    });
    let (is_about, is_uncertain) = (first.is_about || last.is_about, first.is_uncertain || last.is_uncertain);
    let all = [days, months, Some(years)].into_iter().flatten();
    all.map(|text| marked(text, is_about, is_uncertain)).collect()
}

/// The short name of a month, or the name of a season.
fn name(language: Language, month: &str) -> Option<&'static str> {
    locale::lookup(language, &format!("speech.short_month_{month}")).or_else(|| period_name(language, month))
}

fn of_year(language: Language, month: &str, year: &str) -> String {
    in_order(language, "speech.month", &[("month", month), ("year", year)])
}

fn in_order(language: Language, key: &str, values: &[(&str, &str)]) -> String {
    locale::format(language, key, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_in_few_columns_is_told_less_exactly_and_never_otherwise() {
        for (edtf, en, fr, ar) in [
            ("2018-04-07", "7 Apr 2018", "7 avr. 2018", "7 أبريل 2018"),
            ("2013-08-01", "1 Aug 2013", "1er août 2013", "1 أغسطس 2013"),
            ("2018-02-04T21:22+02:00", "4 Feb 2018", "4 févr. 2018", "4 فبراير 2018"),
            ("2017-04~", "~Apr 2017", "~avr. 2017", "~أبريل 2017"),
            ("2017-04-07?", "7 Apr 2017?", "7 avr. 2017?", "7 أبريل 2017?"),
            ("2017-04-XX", "Apr 2017", "avr. 2017", "أبريل 2017"),
            ("2017", "2017", "2017", "2017"),
            ("2017-21", "spring 2017", "printemps 2017", "ربيع 2017"),
            ("2013-08-04/2013-08-05", "4–5 Aug 2013", "4–5 août 2013", "4–5 أغسطس 2013"),
            ("2017-04-01/2017-04-10~", "~1–10 Apr 2017", "~avr. 2017", "~أبريل 2017"),
            ("2013-03/2013-08", "Mar–Aug 2013", "mars–août 2013", "2013"),
            ("2013-12-30/2014-01-02", "2013–2014", "2013–2014", "2013–2014"),
            ("2018-04-07/..", "≥ 7 Apr 2018", "≥ 7 avr. 2018", "≥ 7 أبريل 2018"),
            ("../2018", "≤ 2018", "≤ 2018", "≤ 2018"),
            ("not a date", "not a date", "not a date", "not a date"),
        ] {
            let told = |language| date_within(language, edtf, 14);
            assert_eq!([told(Language::En), told(Language::Fr), told(Language::Ar)], [en, fr, ar], "{edtf}");
        }
    }
}
