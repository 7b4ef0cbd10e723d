//! Dates as people know them: EDTF levels 0 and 1, years 0000 to 9999. ISO 8601-2; MODEL §3.
//!
//! Read: `2018`, `2018-04`, `2018-04-07`, with `?`, `~` or `%` behind; unspecified digits `201X`, `2018-XX`, `2018-04-XX`;
//! seasons 21 to 24; a time `2018-02-04T21:22`, seconds and an offset where known; intervals `a/b`, an open end `..` or unknown
//! end empty. Not read: years of more than four digits and before year 0.

use crate::time::Day;

/// A date or interval, with the bounds that sort and compare it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edtf {
    /// The first day it may mean; `None` where the interval is open or its start unknown.
    pub earliest: Option<Day>,
    /// The last day it may mean; `None` where the interval is open or its end unknown.
    pub latest: Option<Day>,
    /// How finely it is known: of an interval, by its more exact end.
    pub precision: Precision,
    /// True if `?`, `~` or `%` stands in it.
    pub is_qualified: bool,
}

/// How finely a date is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// A year, or several.
    Year,
    /// A month or season.
    Month,
    /// A day.
    Day,
    /// An hour.
    Hour,
    /// A minute or second.
    Minute,
}

/// Why a text is no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotEdtf {
    /// Not spelt as EDTF level 1 spells dates, or a day that the calendar does not have.
    #[error("not a date of EDTF level 1")]
    Spelling,
    /// The interval begins after it ends.
    #[error("the interval begins after it ends")]
    Reversed,
}

impl Edtf {
    /// Reads a date or interval.
    ///
    /// # Errors
    /// [`NotEdtf`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, NotEdtf> {
        let Some((start, end)) = text.split_once('/') else { return point(text).ok_or(NotEdtf::Spelling) };
        let start = bound(start).ok_or(NotEdtf::Spelling)?;
        let end = bound(end).ok_or(NotEdtf::Spelling)?;
        let sides: Vec<Self> = [start, end].into_iter().flatten().collect();
        let precision = sides.iter().map(|side| side.precision).max().ok_or(NotEdtf::Spelling)?;
        let whole = Self {
            earliest: start.and_then(|side| side.earliest),
            latest: end.and_then(|side| side.latest),
            precision,
            is_qualified: sides.iter().any(|side| side.is_qualified),
        };
        let is_reversed = whole.earliest.zip(whole.latest).is_some_and(|(first, last)| first > last);
        if is_reversed { Err(NotEdtf::Reversed) } else { Ok(whole) }
    }
}

/// One side of an interval; inside, `None` where it is open or unknown.
fn bound(text: &str) -> Option<Option<Edtf>> {
    if matches!(text, "" | "..") { Some(None) } else { point(text).map(Some) }
}

fn point(text: &str) -> Option<Edtf> {
    if let Some((date, time)) = text.split_once('T') {
        let day = Day::parse(date).ok()?;
        return Some(Edtf {
            earliest: Some(day),
            latest: Some(day),
            precision: time_precision(time)?,
            is_qualified: false,
        });
    }
    let date = text.strip_suffix(['?', '~', '%']).unwrap_or(text);
    let (earliest, latest, precision) = span(date)?;
    Some(Edtf { earliest: Some(earliest), latest: Some(latest), precision, is_qualified: date != text })
}

/// The first and last day of a year, month, season or day.
fn span(date: &str) -> Option<(Day, Day, Precision)> {
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next(), parts.next());
    if parts.next().is_some() {
        return None;
    }
    let (first_year, last_year) = years(year)?;
    let is_one_year = first_year == last_year;
    match (month, day) {
        (None, None) => days((first_year, 1), (last_year, 12), Precision::Year),
        (Some("XX"), None | Some("XX")) => days((first_year, 1), (last_year, 12), Precision::Year),
        (Some(month), None | Some("XX")) if is_one_year => {
            let (first, last) = months(month).filter(|_| day.is_none()).or_else(|| one_month(month))?;
            days((first_year, first), (last_year, last), Precision::Month)
        }
        (Some(_), Some(_)) if is_one_year => {
            let day = Day::parse(date).ok()?;
            Some((day, day, Precision::Day))
        }
        _ => None,
    }
}

fn days(first: (i16, i8), last: (i16, i8), precision: Precision) -> Option<(Day, Day, Precision)> {
    let earliest = Day::new(first.0, first.1, 1)?;
    let latest = Day::from(Day::new(last.0, last.1, 1)?.date().last_of_month());
    Some((earliest, latest, precision))
}

/// `2018`, `201X` or `20XX`.
fn years(text: &str) -> Option<(i16, i16)> {
    let digits = text.trim_end_matches('X');
    let is_year = text.len() == 4 && digits.len() >= 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_year {
        return None;
    }
    let known: i16 = digits.parse().ok()?;
    // At most two digits are not specified.
    let unknown: i16 = match digits.len() {
        4 => 1,
        3 => 10,
        _ => 100,
    };
    let first = known.checked_mul(unknown)?;
    Some((first, first.checked_add(unknown)?.checked_sub(1)?))
}

/// A month, or a season: spring is taken as March to May; winter as the whole year, for it has two ends of it.
fn months(text: &str) -> Option<(i8, i8)> {
    match text {
        "21" => Some((3, 5)),
        "22" => Some((6, 8)),
        "23" => Some((9, 11)),
        "24" => Some((1, 12)),
        _ => one_month(text),
    }
}

fn one_month(text: &str) -> Option<(i8, i8)> {
    let month: i8 = two_digits(text)?.try_into().ok()?;
    (1..=12).contains(&month).then_some((month, month))
}

fn two_digits(text: &str) -> Option<u8> {
    let is_two = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_two { text.parse().ok() } else { None }
}

/// `21`, `21:22` or `21:22:05`, then nothing, `Z`, `+02` or `+02:00`.
fn time_precision(text: &str) -> Option<Precision> {
    let (time, offset) = match text.find(['Z', '+', '-']) {
        Some(at) => text.split_at_checked(at)?,
        None => (text, "Z"),
    };
    let is_offset = offset == "Z" || offset.get(1..).and_then(|rest| clock(rest, 2)).is_some();
    clock(time, 3).filter(|_| is_offset).map(|parts| if parts == 1 { Precision::Hour } else { Precision::Minute })
}

/// The number of parts of a time of day, of at most `most`.
fn clock(text: &str, most: usize) -> Option<usize> {
    let parts: Vec<u8> = text.split(':').map(two_digits).collect::<Option<_>>()?;
    let is_time = parts.iter().zip([23, 59, 59]).all(|(part, last)| *part <= last);
    (is_time && parts.len() <= most).then_some(parts.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, earliest: &str, latest: &str, precision: Precision) {
        let date = Edtf::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
        assert_eq!(
            (day(date.earliest), day(date.latest), date.precision),
            (earliest.into(), latest.into(), precision),
            "{text}"
        );
    }

    #[test]
    fn each_form_has_its_bounds() {
        check("2018-04-07", "2018-04-07", "2018-04-07", Precision::Day);
        check("1984-03~", "1984-03-01", "1984-03-31", Precision::Month);
        check("2024", "2024-01-01", "2024-12-31", Precision::Year);
        check("201X", "2010-01-01", "2019-12-31", Precision::Year);
        check("2018-XX", "2018-01-01", "2018-12-31", Precision::Year);
        check("2024-02-XX", "2024-02-01", "2024-02-29", Precision::Month);
        check("2018-21", "2018-03-01", "2018-05-31", Precision::Month);
        check("2013-08-04/2013-08-05", "2013-08-04", "2013-08-05", Precision::Day);
        check("2022-02-24/2024-05-01?", "2022-02-24", "2024-05-01", Precision::Day);
        check("2017-04-01/..", "2017-04-01", "", Precision::Day);
        check("/2017-04", "", "2017-04-30", Precision::Month);
        check("2018-02-04T21:22+02:00", "2018-02-04", "2018-02-04", Precision::Minute);
        check("2018-02-04T21Z", "2018-02-04", "2018-02-04", Precision::Hour);
        assert!(Edtf::parse("2018~").unwrap().is_qualified);
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "..",
            "/",
            "../..",
            "2018-4-7",
            "2018-02-30",
            "18-04-07",
            "2018-13",
            "2018-04-07T25:00",
            "2018-02-04T21:22~",
            "7 April 2018",
            "2018-04-07/",
            "201X-04",
            "2018-04-07 ",
            "2018--",
            "٢٠١٨",
            "2018-XX-07",
            "2018-21-XX",
            "Tü",
            "2018-04-07T",
        ] {
            let is_open = text == "2018-04-07/";
            assert_eq!(Edtf::parse(text).is_ok(), is_open, "{text}");
        }
        assert_eq!(Edtf::parse("2013-08-05/2013-08-04"), Err(NotEdtf::Reversed));
    }
}
