//! Dates told back in words. What cannot be told well is shown as EDTF.

use super::super::edtf::Edtf;
use super::dates;
use crate::locale::{self, Language, word};

/// A date in words, such as "early April 2017 (about 1 to 10)"; the EDTF itself where no words say the same.
///
/// What is told is read again first: words that would mean another date are never shown.
#[must_use]
pub fn date_in(language: Language, edtf: &str) -> String {
    let told = if Edtf::parse(edtf).is_ok() { told(language, edtf) } else { None };
    told.filter(|told| dates::read(told).is_ok_and(|read| read == edtf)).unwrap_or_else(|| edtf.to_owned())
}

fn told(language: Language, edtf: &str) -> Option<String> {
    match edtf.split_once('/') {
        None => point(language, edtf),
        Some((start, "..")) => Some(with_date(language, "speech.or_later", &point(language, start)?)),
        Some(("..", end)) => Some(with_date(language, "speech.or_earlier", &point(language, end)?)),
        Some((start, "")) => {
            interval(language, "speech.range", &point(language, start)?, word(language, "speech.unknown_date"))
        }
        Some(("", end)) => {
            interval(language, "speech.range", word(language, "speech.unknown_date"), &point(language, end)?)
        }
        Some((start, end)) => part(language, start, end).or_else(|| ends(language, start, end)),
    }
}

fn with_date(language: Language, key: &str, date: &str) -> String {
    locale::format(language, key, &[("date", date)])
}

fn interval(language: Language, key: &str, first: &str, last: &str) -> Option<String> {
    Some(locale::format(language, key, &[("first", first), ("last", last)]))
}

/// Both ends, what they have in common said once.
fn ends(language: Language, start: &str, end: &str) -> Option<String> {
    let (first, last) = (point(language, start)?, point(language, end)?);
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if !is_plain(start) || !is_plain(end) {
        return interval(language, "speech.range", &first, &last);
    }
    let (one, two): (Vec<&str>, Vec<&str>) = (start.split('-').collect(), end.split('-').collect());
    match (one.as_slice(), two.as_slice()) {
        ([year, month, day], [last_year, last_month, _]) if year == last_year && month == last_month => {
            interval(language, "speech.range_days", &ordinal(language, day)?, &last)
        }
        ([year, month, day], [last_year, _, _]) if year == last_year => {
            let day = ordinal(language, day)?;
            let first =
                locale::format(language, "speech.day_month", &[("day", &day), ("month", month_name(language, month)?)]);
            interval(language, "speech.range_days", &first, &last)
        }
        ([_, _, _], [_, _, _]) => interval(language, "speech.range_days", &first, &last),
        ([year, month], [last_year, _]) if year == last_year => {
            interval(language, "speech.range_months", period_name(language, month)?, &last)
        }
        _ => interval(language, "speech.range_months", &first, &last),
    }
}

/// An early, middle or late part of a month or year.
fn part(language: Language, start: &str, end: &str) -> Option<String> {
    let (key, whole) = part_of_month(start, end).or_else(|| part_of_year(start, end))?;
    let (first, last) = (last_number(start)?, last_number(end)?);
    let (first, last) = match whole.len() {
        4 => (month_name(language, first)?.to_owned(), month_name(language, last)?.to_owned()),
        _ => (ordinal(language, first)?, ordinal(language, last)?),
    };
    let date = point(language, whole)?;
    Some(locale::format(language, key, &[("date", &date), ("first", &first), ("last", &last)]))
}

fn last_number(edtf: &str) -> Option<&str> {
    edtf.trim_end_matches('~').rsplit('-').next()
}

fn part_of_month<'a>(start: &'a str, end: &'a str) -> Option<(&'static str, &'a str)> {
    let (month, first) = start.split_at_checked(7)?;
    let (last_month, last) = end.split_at_checked(7)?;
    let whole = Edtf::parse(month).ok()?.latest?.to_string();
    let key = match (first, last) {
        ("-01", "-10~") => "speech.early",
        ("-11~", "-20~") => "speech.mid",
        ("-21~", _) if whole == end => "speech.late",
        _ => return None,
    };
    (month == last_month).then_some((key, month))
}

fn part_of_year<'a>(start: &'a str, end: &'a str) -> Option<(&'static str, &'a str)> {
    let (year, first) = start.split_at_checked(4)?;
    let (last_year, last) = end.split_at_checked(4)?;
    let key = match (first, last) {
        ("-01", "-04~") => "speech.early_year",
        ("-05~", "-08~") => "speech.mid_year",
        ("-09~", "-12") => "speech.late_year",
        _ => return None,
    };
    (year == last_year).then_some((key, year))
}

fn point(language: Language, edtf: &str) -> Option<String> {
    if let Some((day, time)) = edtf.split_once('T') {
        return moment(language, &plain(language, day)?, time);
    }
    let date = edtf.trim_end_matches(['~', '?', '%']);
    let plain = plain(language, date)?;
    let about = if date.len() == 10 && !date.contains('X') { "speech.about_day" } else { "speech.about" };
    Some(match edtf.get(date.len()..)? {
        "~" => with_date(language, about, &plain),
        "?" => with_date(language, "speech.uncertain", &plain),
        "%" => with_date(language, "speech.uncertain", &with_date(language, about, &plain)),
        _ => plain,
    })
}

fn plain(language: Language, date: &str) -> Option<String> {
    let parts: Vec<&str> = date.split('-').collect();
    match parts.as_slice() {
        [year] => match year.strip_suffix('X') {
            Some(decade) => Some(locale::format(language, "speech.decade", &[("year", &format!("{decade}0"))])),
            None => Some((*year).to_owned()),
        },
        [year, "XX"] => Some(locale::format(language, "speech.month_unknown", &[("year", year)])),
        [year, "XX", "XX"] => Some(locale::format(language, "speech.day_and_month_unknown", &[("year", year)])),
        [year, month] => month_year(language, month, year),
        [year, month, "XX"] => Some(with_date(language, "speech.day_unknown", &month_year(language, month, year)?)),
        [year, month, day] => {
            let month = month_year(language, month, year)?;
            Some(locale::format(language, "speech.day", &[("day", &ordinal(language, day)?), ("month", &month)]))
        }
        _ => None,
    }
}

fn month_year(language: Language, month: &str, year: &str) -> Option<String> {
    let month = period_name(language, month)?;
    Some(locale::format(language, "speech.month", &[("month", month), ("year", year)]))
}

fn month_name(language: Language, month: &str) -> Option<&'static str> {
    locale::lookup(language, &format!("speech.month_{month}"))
}

/// A month or a season.
pub(super) fn period_name(language: Language, number: &str) -> Option<&'static str> {
    month_name(language, number).or_else(|| locale::lookup(language, &format!("speech.season_{number}")))
}

/// A day of the month; the first of it has a form of its own in French.
pub(super) fn ordinal(language: Language, day: &str) -> Option<String> {
    let day = day.parse::<u8>().ok()?.to_string();
    Some(if day == "1" { word(language, "speech.first_day").to_owned() } else { day })
}

fn moment(language: Language, day: &str, time: &str) -> Option<String> {
    let (clock, offset) =
        time.find(['Z', '+', '-']).map_or((time, ""), |at| time.split_at_checked(at).unwrap_or((time, "")));
    if !clock.contains(':') {
        return None;
    }
    let offset = if offset == "Z" { "" } else { offset };
    let key = if time == clock { "speech.time" } else { "speech.time_utc" };
    Some(locale::format(language, key, &[("date", day), ("time", clock), ("offset", offset)]))
}
