//! Times and days as values. Nothing here reads a clock: there is no `now()`.

use std::fmt;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The instant `millis` later; stays at the end of time rather than wrap.
    #[must_use]
    pub const fn after_ms(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The first instant of a day in UTC; that of 1970 for days before it.
    #[must_use]
    pub fn start_of(day: Day) -> Self {
        let start = jiff::tz::Offset::UTC.to_timestamp(day.0.at(0, 0, 0, 0)).map_or(0, jiff::Timestamp::as_millisecond);
        Self(u64::try_from(start).unwrap_or(0))
    }

    /// The day in UTC; the last or first day that the calendar knows for times beyond it.
    #[must_use]
    pub fn day(self) -> Day {
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX);
        let instant = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
        Day(jiff::tz::Offset::UTC.to_datetime(instant).date())
    }

    /// Day and time of day in UTC to the minute, `YYYY-MM-DD HH:MM`; the last that the calendar knows for times beyond it.
    #[must_use]
    pub fn to_minute(self) -> String {
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX);
        let instant = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
        let time = jiff::tz::Offset::UTC.to_datetime(instant);
        format!("{} {:02}:{:02}", time.date(), time.hour(), time.minute())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX);
        // Always three decimals: times stand below each other, and are compared by eye.
        write!(out, "{:.3}", jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX))
    }
}

/// A civil day, the reader's own: what is in force is judged by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(jiff::civil::Date);

/// A text that is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a day is written YYYY-MM-DD")]
pub struct NotADay;

impl Day {
    /// Reads `YYYY-MM-DD`, and nothing else.
    ///
    /// # Errors
    /// [`NotADay`] for any other text or a day that the calendar does not have.
    pub fn parse(text: &str) -> Result<Self, NotADay> {
        let date: jiff::civil::Date = text.parse().map_err(|_| NotADay)?;
        (date.to_string() == text).then_some(Self(date)).ok_or(NotADay)
    }

    /// Makes a day of its numbers; `None` if the calendar does not have it.
    #[must_use]
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        jiff::civil::Date::new(year, month, day).ok().map(Self)
    }

    /// The day so many months and days later; `None` beyond the calendar.
    #[must_use]
    pub fn later(self, months: u16, days: u32) -> Option<Self> {
        let span = jiff::Span::new().try_months(months).ok()?.try_days(days).ok()?;
        self.0.checked_add(span).ok().map(Self)
    }

    /// The day before; `None` beyond the calendar.
    #[must_use]
    pub fn previous(self) -> Option<Self> {
        self.0.yesterday().ok().map(Self)
    }

    /// The number of days to another day; below zero if that is past.
    #[must_use]
    pub fn days_until(self, other: Self) -> i32 {
        self.0.until(other.0).map_or(0, |span| span.get_days())
    }

    /// The calendar date, for arithmetic.
    #[must_use]
    pub const fn date(self) -> jiff::civil::Date {
        self.0
    }
}

impl From<jiff::civil::Date> for Day {
    fn from(date: jiff::civil::Date) -> Self {
        Self(date)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

impl serde::Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_has_one_spelling() {
        assert_eq!(Day::parse("2018-05-18").unwrap().to_string(), "2018-05-18");
        for text in ["2018-5-18", "20180518", "2018-02-30", "2018-05-18T00:00", " 2018-05-18", ""] {
            assert_eq!(Day::parse(text), Err(NotADay), "{text}");
        }
    }

    #[test]
    fn a_time_is_told_to_the_minute() {
        for (millis, told) in
            [(0, "1970-01-01 00:00"), (1_363_698_359_999, "2013-03-19 13:05"), (u64::MAX, "9999-12-30 22:00")]
        {
            assert_eq!(Timestamp(millis).to_minute(), told);
        }
    }

    #[test]
    fn days_are_counted_by_the_calendar() {
        let day = |text| Day::parse(text).unwrap();
        for (from, months, days, expected) in [
            ("2018-05-18", 0, 30, "2018-06-17"),
            ("2018-01-31", 1, 0, "2018-02-28"),
            ("2018-05-18", 6, 0, "2018-11-18"),
        ] {
            assert_eq!(day(from).later(months, days).unwrap(), day(expected), "{from}");
        }
        assert_eq!(day("9999-12-31").later(0, 1), None);
        assert_eq!(day("2018-05-18").days_until(day("2018-11-18")), 184);
        assert_eq!(day("2018-05-18").days_until(day("2018-05-08")), -10);
    }

    #[test]
    fn time_is_written_to_the_millisecond() {
        for (millis, expected) in [
            (1_526_601_600_000, "2018-05-18T00:00:00.000Z"),
            (1_526_601_600_500, "2018-05-18T00:00:00.500Z"),
            (1_526_601_600_017, "2018-05-18T00:00:00.017Z"),
        ] {
            assert_eq!(Timestamp(millis).to_string(), expected);
        }
    }

    #[test]
    fn any_claimed_time_has_a_day() {
        assert_eq!(Timestamp::start_of(Day::parse("2018-05-18").unwrap()), Timestamp(1_526_601_600_000));
        assert_eq!(Timestamp(1_526_601_600_000).day().to_string(), "2018-05-18");
        for millis in [0, u64::MAX, u64::MAX / 2] {
            let _ = (Timestamp(millis).day(), Timestamp(millis).to_string());
        }
    }
}
