//! One date of a phrase, or one end of an interval, before it is EDTF.

use super::super::edtf::Edtf;
use super::NotUnderstood;
use super::tokens::Token;
use super::words::{DayPart, Sense};
use crate::time::Day;

/// What was said of one date; each part at most once.
#[derive(Debug, Clone, Default)]
pub(super) struct Side {
    year: Option<String>,
    month: Option<u16>,
    day: Option<u16>,
    season: Option<u8>,
    part: Option<u8>,
    clock: Option<String>,
    weekday: Option<i8>,
    /// A number that may be a second day, or a year of two digits.
    is_crowded: bool,
    day_parts: Vec<DayPart>,
    /// A number that is a time by the part of the day beside it alone.
    is_bare_hour: bool,
    offset: Option<String>,
    is_decade: bool,
    is_about: bool,
    is_uncertain: bool,
    has_unknown_month: bool,
    has_unknown_day: bool,
}

fn fault(code: &'static str) -> NotUnderstood {
    NotUnderstood::new(code, "date")
}

/// Puts a part where none was.
fn once<T>(place: &mut Option<T>, value: T) -> Result<(), NotUnderstood> {
    if place.replace(value).is_some() { Err(fault("date_several")) } else { Ok(()) }
}

/// The number that is an hour: the one with a part of the day behind it, where another stands for the day.
fn hour(tokens: &[Token]) -> Option<usize> {
    let is_hour = |token: &Token| matches!(token, Token::Hour(0..=23, _));
    let is_day = |token: &Token| match token {
        Token::Number(_, digits) => *digits < 3,
        Token::Date(_, _, day) => day.is_some(),
        Token::Sense(Sense::Nth(_)) => true,
        _ => false,
    };
    let hours: Vec<usize> = tokens.iter().enumerate().filter(|(_, token)| is_hour(token)).map(|(at, _)| at).collect();
    match hours.as_slice() {
        [hour] if tokens.iter().any(is_day) => Some(*hour),
        _ => None,
    }
}

impl Side {
    /// Reads the parts in any order.
    pub(super) fn read(tokens: &[Token]) -> Result<Self, NotUnderstood> {
        let mut side = Self::default();
        let mut parts: Vec<Sense> = Vec::new();
        let hour = hour(tokens);
        for (index, token) in tokens.iter().enumerate() {
            match token {
                Token::Hour(value, _) if hour == Some(index) => {
                    once(&mut side.clock, format!("{value:02}"))?;
                    side.is_bare_hour = true;
                }
                Token::Sense(sense) => side.sense(*sense, &mut parts)?,
                Token::Number(value, 4) => once(&mut side.year, format!("{value:04}"))?,
                Token::Number(value, 1 | 2) | Token::Hour(value, _) => {
                    side.is_crowded |= side.day.replace(*value).is_some()
                }
                Token::Number(value, _) => {
                    return Err(fault("date_number").with("number", &value.to_string()));
                }
                Token::Date(year, month, day) => {
                    once(&mut side.year, year.clone())?;
                    once(&mut side.month, *month)?;
                    day.map_or(Ok(()), |day| once(&mut side.day, day))?;
                }
                Token::Clock(clock) => once(&mut side.clock, clock.clone())?,
                Token::Offset(offset) => side.offset = Some(offset.clone()),
                Token::Question => side.is_uncertain = true,
                Token::Tilde => side.is_about = true,
                Token::Percent => (side.is_about, side.is_uncertain) = (true, true),
                Token::Dash | Token::Comma | Token::Open | Token::Close => {}
                Token::Slash => return Err(fault("date")),
            }
        }
        match (side.is_crowded, &side.year) {
            (true, None) => Err(fault("date_no_year")),
            (true, Some(_)) => Err(fault("date_several")),
            (false, _) if !parts.is_empty() => Err(fault("date")),
            (false, _) => Ok(side),
        }
    }

    /// `parts` holds the words month and day until it is said what of them.
    fn sense(&mut self, sense: Sense, parts: &mut Vec<Sense>) -> Result<(), NotUnderstood> {
        match sense {
            Sense::Month(month) => {
                parts.clear();
                once(&mut self.month, u16::from(month))
            }
            Sense::Season(season) => once(&mut self.season, season),
            Sense::Part(part) => once(&mut self.part, part),
            Sense::Nth(day) => once(&mut self.day, u16::from(day)),
            Sense::DayPart(part) => {
                self.day_parts.push(part);
                Ok(())
            }
            Sense::About | Sense::Uncertain | Sense::Decade | Sense::Utc => {
                self.flag(sense);
                Ok(())
            }
            Sense::MonthWord | Sense::DayWord => {
                parts.push(sense);
                Ok(())
            }
            Sense::Unknown if !parts.is_empty() => {
                self.has_unknown_month |= parts.contains(&Sense::MonthWord);
                self.has_unknown_day |= parts.contains(&Sense::DayWord);
                parts.clear();
                Ok(())
            }
            Sense::Weekday(weekday) => once(&mut self.weekday, weekday),
            Sense::Filler | Sense::From | Sense::FromOrOf | Sense::ToOrAt | Sense::Night => Ok(()),
            Sense::And if !parts.is_empty() => Ok(()),
            Sense::Unknown => Err(fault("date")),
            Sense::Before
            | Sense::After
            | Sense::Since
            | Sense::Until
            | Sense::OrLater
            | Sense::OrEarlier
            | Sense::Between
            | Sense::And
            | Sense::To
            | Sense::UnknownDate => Err(fault("date")),
        }
    }

    fn flag(&mut self, sense: Sense) {
        self.is_about |= sense == Sense::About;
        self.is_uncertain |= sense == Sense::Uncertain;
        self.is_decade |= sense == Sense::Decade;
        if sense == Sense::Utc {
            self.offset.get_or_insert_with(|| "Z".to_owned());
        }
    }

    /// Gives each end of an interval what was said once for both: `4-5 August 2013`, `August 4-5, 2013`.
    pub(super) fn share(first: &mut Self, last: &mut Self) {
        let is_bare_day = |side: &Self| side.day.is_some() && side.month.is_none() && side.season.is_none();
        if is_bare_day(last) {
            last.month = first.month;
            last.year = last.year.take().or_else(|| first.year.clone());
        }
        if is_bare_day(first) {
            first.month = last.month;
        }
        let is_season_or_part = first.part.is_some() && first.month.is_none() && first.year.is_none();
        if is_season_or_part {
            first.month = last.month;
        }
        if first.year.is_none() {
            first.year.clone_from(&last.year);
            (last.is_about, first.is_uncertain) =
                (last.is_about || first.is_about, first.is_uncertain || last.is_uncertain);
        }
    }

    fn qualifier(&self) -> &'static str {
        match (self.is_about, self.is_uncertain) {
            (true, true) => "%",
            (true, false) => "~",
            (false, true) => "?",
            (false, false) => "",
        }
    }

    /// The date as EDTF, a part of a month or year as an interval with its inner ends approximate.
    pub(super) fn whole(&self) -> Result<String, NotUnderstood> {
        match self.part {
            Some(_) => Ok(format!("{}/{}", self.part_end(0)?, self.part_end(1)?)),
            None => self.point(),
        }
    }

    /// What an interval begins with.
    pub(super) fn start(&self) -> Result<String, NotUnderstood> {
        if self.part.is_some() { self.part_end(0) } else { self.point() }
    }

    /// What an interval ends with.
    pub(super) fn end(&self) -> Result<String, NotUnderstood> {
        if self.part.is_some() { self.part_end(1) } else { self.point() }
    }

    fn year(&self) -> Result<&str, NotUnderstood> {
        self.year.as_deref().ok_or_else(|| fault("date_no_year"))
    }

    fn point(&self) -> Result<String, NotUnderstood> {
        let year = self.year()?;
        if let Some(clock) = &self.clock {
            return self.at(year, clock);
        }
        if self.offset.is_some() {
            return Err(fault("date"));
        }
        let date = match (self.season, self.month, self.day) {
            (Some(season), None, None) => format!("{year}-{season}"),
            (None, Some(month), Some(day)) => self.on_weekday(format!("{year}-{month:02}-{day:02}"))?,
            (None, Some(month), None) if self.has_unknown_day => format!("{year}-{month:02}-XX"),
            (None, Some(month), None) => format!("{year}-{month:02}"),
            (None, None, None) => self.of_year(year)?,
            (None, None, Some(_)) => return Err(fault("date_no_month")),
            (Some(_), ..) => return Err(fault("date_several")),
        };
        let is_unknown = self.has_unknown_month || self.has_unknown_day || self.is_decade;
        if is_unknown
            && (self.day.is_some() || self.season.is_some() || (self.month.is_some() && !self.has_unknown_day))
        {
            return Err(fault("date"));
        }
        Ok(format!("{date}{}", self.qualifier()))
    }

    /// The day, if it is the day of the week that was said.
    fn on_weekday(&self, date: String) -> Result<String, NotUnderstood> {
        let day = Day::parse(&date).ok().map(|day| day.date().weekday().to_monday_one_offset());
        match (self.weekday, day) {
            (Some(said), Some(found)) if said != found => Err(fault("date_weekday").with("date", &date)),
            _ => Ok(date),
        }
    }

    /// True if a season and the next year alone stand side by side: `winter 2016-2017` is one winter.
    pub(super) fn is_one_winter(first: &Self, last: &Self) -> bool {
        let is_bare_year = |side: &Self| side.month.is_none() && side.season.is_none() && side.part.is_none();
        let year = |side: &Self| side.year.as_ref().and_then(|year| year.parse::<u16>().ok());
        let is_next = year(first).and_then(|year| year.checked_add(1)) == year(last);
        let is_season_of_one =
            first.season.is_some() && is_bare_year(last) || last.season.is_some() && is_bare_year(first);
        is_season_of_one && is_next
    }

    fn of_year(&self, year: &str) -> Result<String, NotUnderstood> {
        match (self.is_decade, self.has_unknown_month, self.has_unknown_day) {
            (true, false, false) => {
                let decade = year.strip_suffix('0').ok_or_else(|| fault("date_number").with("number", year))?;
                Ok(format!("{decade}X"))
            }
            (false, true, true) => Ok(format!("{year}-XX-XX")),
            (false, true, false) => Ok(format!("{year}-XX")),
            (false, false, false) => Ok(year.to_owned()),
            _ => Err(fault("date")),
        }
    }

    /// A time of day. EDTF qualifies no time: of "about 21:22" the day stays, as about.
    fn at(&self, year: &str, clock: &str) -> Result<String, NotUnderstood> {
        let (Some(month), Some(day), None) = (self.month, self.day, self.season) else {
            return Err(fault("date_no_month"));
        };
        let date = self.on_weekday(format!("{year}-{month:02}-{day:02}"))?;
        let clock = self.of_day_part(clock)?;
        match self.qualifier() {
            "" => Ok(format!("{date}T{clock}{}", self.offset.as_deref().unwrap_or_default())),
            qualifier => Ok(format!("{date}{qualifier}")),
        }
    }

    /// The time in 24 hours: "9:22 in the evening" is 21:22, and "12 in the evening" neither noon nor midnight.
    fn of_day_part(&self, clock: &str) -> Result<String, NotUnderstood> {
        let (hour, minutes) = clock.split_at_checked(2).unwrap_or((clock, ""));
        let hour = hour.parse::<u8>().unwrap_or_default();
        if self.day_parts.is_empty() || hour > 12 && !self.is_bare_hour {
            return Ok(clock.to_owned());
        }
        let of_both_halves = match hour {
            12 => vec![0, 12],
            1..=11 => vec![hour, hour.saturating_add(12)],
            _ => vec![hour],
        };
        let fits = |hour: &u8| self.day_parts.iter().all(|part| part.has(*hour));
        match of_both_halves.into_iter().filter(fits).collect::<Vec<_>>().as_slice() {
            [hour] => Ok(format!("{hour:02}{}", if minutes.is_empty() { ":00" } else { minutes })),
            _ => Err(fault("date_half_day")),
        }
    }

    /// True if this is a time with a part of the day, and the other a day without its month: it may be a time as well.
    pub(super) fn is_time_beside(&self, other: &Self) -> bool {
        self.clock.is_some() && !self.day_parts.is_empty() && other.day.is_some() && other.month.is_none()
    }

    /// One end, 0 or 1, of the early, middle or late part: thirds of ten days or four months.
    fn part_end(&self, end: usize) -> Result<String, NotUnderstood> {
        let year = self.year()?;
        if self.day.is_some() || self.season.is_some() || self.clock.is_some() || self.is_decade || self.is_uncertain {
            return Err(fault("date_part"));
        }
        let part = self.part.unwrap_or_default();
        let Some(month) = self.month else {
            let ends = match part {
                0 => ["01", "04~"],
                1 => ["05~", "08~"],
                _ => ["09~", "12"],
            };
            return Ok(format!("{year}-{}", ends.get(end).copied().unwrap_or_default()));
        };
        let whole = Edtf::parse(&format!("{year}-{month:02}")).ok().and_then(|month| month.latest);
        let last = whole.map(|day| day.to_string()).ok_or_else(|| fault("date"))?;
        let day = match (part, end) {
            (0, 0) => "01".to_owned(),
            (0, _) => "10~".to_owned(),
            (1, 0) => "11~".to_owned(),
            (1, _) => "20~".to_owned(),
            (_, 0) => "21~".to_owned(),
            _ => last.rsplit('-').next().unwrap_or_default().to_owned(),
        };
        Ok(format!("{year}-{month:02}-{day}"))
    }

    /// The day that follows, of a date known to the day: where a night ends.
    pub(super) fn next_day(&self) -> Result<String, NotUnderstood> {
        if self.day.is_none() || self.clock.is_some() {
            return Err(fault("date_night"));
        }
        self.step(&self.point()?, true)
    }

    /// What ends just before this date, as finely known.
    pub(super) fn day_before(&self) -> Result<String, NotUnderstood> {
        self.step(&self.start()?, false)
    }

    /// What begins just after this date, as finely known.
    pub(super) fn day_after(&self) -> Result<String, NotUnderstood> {
        self.step(&self.end()?, true)
    }

    fn step(&self, edtf: &str, is_forward: bool) -> Result<String, NotUnderstood> {
        let (date, qualifier) =
            edtf.split_at_checked(edtf.trim_end_matches(['~', '?', '%']).len()).unwrap_or((edtf, ""));
        let bounds = Edtf::parse(date).map_err(|_| fault("date_calendar").with("date", date))?;
        // "Before the end of 2014" is said of the year, and never means before September.
        if date.contains(['T', 'X']) || self.season.is_some() || self.part.is_some() {
            return Err(fault("date"));
        }
        let edge = if is_forward { bounds.latest } else { bounds.earliest };
        let moved = edge.and_then(|day| {
            let day = day.date();
            if is_forward { day.tomorrow().ok() } else { day.yesterday().ok() }
        });
        let moved =
            moved.filter(|day| day.year() >= 0).map(|day| Day::from(day).to_string()).ok_or_else(|| fault("date"))?;
        let stepped = moved.get(..date.len()).unwrap_or(&moved);
        Ok(format!("{stepped}{qualifier}"))
    }
}
