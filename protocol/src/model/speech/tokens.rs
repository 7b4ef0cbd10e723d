//! A phrase about time, cut into what each part says.

use super::NotUnderstood;
use super::fold::{Form, Piece, pieces};
use super::lexicon::behind_and;
use super::words::{self, DayPart, Sense};

/// One part of a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Sense(Sense),
    /// A number of so many digits.
    Number(u16, usize),
    /// The same with a part of the day behind it, `9 pm`: a day, or an hour where another day stands beside it.
    Hour(u16, usize),
    /// A date in numbers: year, month and, where given, day.
    Date(String, u16, Option<u16>),
    /// A time of day, as EDTF spells it.
    Clock(String),
    /// An offset from universal time, as EDTF spells it.
    Offset(String),
    Dash,
    Slash,
    Comma,
    Open,
    Close,
    Question,
    Tilde,
    Percent,
}

/// Cuts a phrase.
///
/// # Errors
/// [`NotUnderstood`] names the first word or sign that says nothing about time, or a date of three numbers with two readings.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, NotUnderstood> {
    let pieces = pieces(text);
    let mut rest = pieces.as_slice();
    let mut found: Vec<Token> = Vec::new();
    let mut behind: Option<Piece> = None;
    while let Some((piece, others)) = rest.split_first() {
        let taken = match &piece.form {
            Form::Number(digits) => number(digits, rest, &mut found)?,
            Form::Word(_) if let Some(part) = abbreviated(rest) => {
                found.push(Token::Sense(Sense::DayPart(part)));
                3
            }
            Form::Word(word) => match words::sense(rest) {
                Some((sense, taken)) => {
                    found.push(Token::Sense(sense));
                    taken
                }
                None if word == "م" => {
                    // Behind a year it says "of our era", behind a time "past noon".
                    let is_era = matches!(found.last(), Some(Token::Number(_, 4) | Token::Date(..)));
                    found.push(Token::Sense(if is_era { Sense::Filler } else { Sense::DayPart(words::LATER) }));
                    1
                }
                None if word == "t" && matches!(found.last(), Some(Token::Date(..))) => 1,
                None => {
                    behind = Some(behind_and(piece).ok_or_else(|| unknown(word))?);
                    found.push(Token::Sense(Sense::And));
                    1
                }
            },
            Form::Sign(sign) => self::sign(*sign, piece, others, &mut found)?,
        };
        rest = rest.get(taken..).unwrap_or_default();
        if let Some(word) = behind.take() {
            let taken = attached(&word, rest, &mut found)?;
            rest = rest.get(taken..).unwrap_or_default();
        }
    }
    Ok(found)
}

/// `a.m.` and `p.m.`, up to the `m`.
fn abbreviated(rest: &[Piece]) -> Option<DayPart> {
    let is_short = is_sign(rest.get(1), '.') && is_word(rest.get(2), &["m"]) && rest.get(2)?.is_glued;
    match (is_short, is_word(rest.first(), &["a"]), is_word(rest.first(), &["p"])) {
        (true, true, _) => Some(words::BEFORE_NOON),
        (true, _, true) => Some(words::PAST_NOON),
        _ => None,
    }
}

/// True if a part of the day stands first, or behind words such as `in the` and `du`.
fn is_day_part_first(rest: &[Piece]) -> bool {
    let mut rest = rest;
    loop {
        if abbreviated(rest).is_some() || is_word(rest.first(), &["م"]) {
            return true;
        }
        match words::sense(rest) {
            Some((Sense::DayPart(_), _)) => return true,
            Some((Sense::Filler | Sense::FromOrOf, taken)) => rest = rest.get(taken..).unwrap_or_default(),
            _ if is_sign(rest.first(), '\'') => rest = rest.get(1..).unwrap_or_default(),
            _ => return false,
        }
    }
}

/// Reads the word behind an attached `و`, with the words that follow it; returns how many of these it took.
fn attached(word: &Piece, rest: &[Piece], found: &mut Vec<Token>) -> Result<usize, NotUnderstood> {
    let following = rest.iter().take(3).cloned();
    let run: Vec<Piece> = std::iter::once(word.clone()).chain(following).collect();
    let (sense, taken) = words::sense(&run).ok_or_else(|| unknown(&format!("و{}", word.form.text())))?;
    found.push(Token::Sense(sense));
    Ok(taken.saturating_sub(1))
}

fn unknown(word: &str) -> NotUnderstood {
    NotUnderstood::new("date_word", "date").with("word", word)
}

fn sign(sign: char, piece: &Piece, others: &[Piece], found: &mut Vec<Token>) -> Result<usize, NotUnderstood> {
    let is_offset = sign == '+' || is_minus_offset(piece, found);
    if matches!(sign, '+' | '-')
        && is_offset
        && let Some((offset, taken)) = offset(sign, others)
    {
        found.push(Token::Offset(offset));
        return Ok(taken.saturating_add(1));
    }
    found.push(match sign {
        '-' => Token::Dash,
        '/' | '\\' => Token::Slash,
        ',' | ';' | ':' => Token::Comma,
        '.' | '\'' | '"' | '«' | '»' | '“' | '”' => return Ok(1),
        '(' | '[' => Token::Open,
        ')' | ']' => Token::Close,
        '?' => Token::Question,
        '~' => Token::Tilde,
        '%' => Token::Percent,
        other => return Err(unknown(&other.to_string())),
    });
    Ok(1)
}

/// A minus is an offset's behind `UTC`, or behind a time with a space before it; else it may as well join two times.
fn is_minus_offset(piece: &Piece, found: &[Token]) -> bool {
    match found.last() {
        Some(Token::Sense(Sense::Utc)) => true,
        Some(Token::Clock(_)) => !piece.is_glued,
        _ => false,
    }
}

/// `02:00`, `2` or `02`, glued to the sign before it.
fn offset(sign: char, rest: &[Piece]) -> Option<(String, usize)> {
    let (hours, minutes) = (glued_number(rest.first())?, two_parts(rest));
    if hours.len() > 2 {
        return None;
    }
    match minutes {
        Some(minutes) => Some((format!("{sign}{hours:0>2}:{minutes:0>2}"), 3)),
        None if hours.len() == 1 => Some((format!("{sign}0{hours}:00"), 1)),
        None => Some((format!("{sign}{hours}"), 1)),
    }
}

fn two_parts(rest: &[Piece]) -> Option<&str> {
    (is_sign(rest.get(1), ':')).then(|| glued_number(rest.get(2))).flatten()
}

fn glued_number(piece: Option<&Piece>) -> Option<&str> {
    match piece {
        Some(Piece { form: Form::Number(digits), is_glued: true }) => Some(digits),
        _ => None,
    }
}

fn any_number(piece: Option<&Piece>) -> Option<&str> {
    match piece {
        Some(Piece { form: Form::Number(digits), .. }) => Some(digits),
        _ => None,
    }
}

fn is_sign(piece: Option<&Piece>, sign: char) -> bool {
    matches!(piece, Some(Piece { form: Form::Sign(found), is_glued: true }) if *found == sign)
}

fn is_word(piece: Option<&Piece>, words: &[&str]) -> bool {
    matches!(piece, Some(Piece { form: Form::Word(word), .. }) if words.contains(&word.as_str()))
}

/// A number, with the signs and letters that make it a date, a time or an ordinal.
fn number(digits: &str, rest: &[Piece], found: &mut Vec<Token>) -> Result<usize, NotUnderstood> {
    if let Some((clock, taken)) = clock(digits, rest) {
        found.push(Token::Clock(clock));
        return Ok(taken);
    }
    if let Some((date, taken)) = numeric(digits, rest)? {
        found.push(date);
        return Ok(taken);
    }
    if let Some((clock, taken)) = pointed(digits, rest) {
        found.push(Token::Clock(clock));
        return Ok(taken);
    }
    let value = digits.parse().ok().filter(|_| digits.len() <= 4);
    let value = value.ok_or_else(|| NotUnderstood::new("date_number", "date").with("number", digits))?;
    // Of `5.2 pm` nobody knows what the 2 is.
    let is_pointed =
        rest.first().is_some_and(|piece| piece.is_glued) && matches!(found.last(), Some(Token::Number(..)));
    if digits.len() < 3 && !is_pointed && is_day_part_first(rest.get(1..).unwrap_or_default()) {
        found.push(Token::Hour(value, digits.len()));
        return Ok(1);
    }
    found.push(Token::Number(value, digits.len()));
    let behind = rest.get(1).filter(|piece| piece.is_glued);
    if is_word(behind, &["s"]) && digits.len() == 4 {
        found.push(Token::Sense(Sense::Decade));
        return Ok(2);
    }
    let is_ordinal = digits.len() < 3 && is_word(behind, &["st", "nd", "rd", "th", "er", "ere", "e", "eme"]);
    Ok(if is_ordinal { 2 } else { 1 })
}

/// `21:22`, `21:22:05`, `21h`, `21 h 22`.
fn clock(hours: &str, rest: &[Piece]) -> Option<(String, usize)> {
    if hours.len() > 2 {
        return None;
    }
    if let Some(minutes) = two_parts(rest) {
        let time = format!("{hours:0>2}:{minutes:0>2}");
        let seconds = two_parts(rest.get(2..)?);
        return Some(seconds.map_or((time.clone(), 3), |seconds| (format!("{time}:{seconds:0>2}"), 5)));
    }
    if !is_word(rest.get(1), &["h", "heure", "heures", "hrs", "hours"]) {
        return None;
    }
    let minutes = any_number(rest.get(2)).filter(|minutes| minutes.len() == 2);
    Some(minutes.map_or((format!("{hours:0>2}"), 2), |minutes| (format!("{hours:0>2}:{minutes}"), 3)))
}

/// `9.22`, where a part of the day stands behind it.
fn pointed(hours: &str, rest: &[Piece]) -> Option<(String, usize)> {
    let minutes = is_sign(rest.get(1), '.').then(|| glued_number(rest.get(2))).flatten()?;
    let is_time = hours.len() < 3 && minutes.len() == 2 && is_day_part_first(rest.get(3..)?);
    is_time.then(|| (format!("{hours:0>2}:{minutes}"), 3))
}

/// `7/4/2018`, `2018-04-07`, `4/2018`, `2018-4`: with the same sign between, and no space but around a slash.
fn numeric(first: &str, rest: &[Piece]) -> Result<Option<(Token, usize)>, NotUnderstood> {
    let Some((sign, second)) = joined(rest, None) else { return Ok(None) };
    let third = rest.get(2..).and_then(|rest| joined(rest, Some(sign))).map(|(_, third)| third);
    let number = |digits: &str| digits.parse::<u16>().ok();
    let token = match (first.len(), second.len(), third.map(str::len)) {
        (4, 1 | 2, Some(1 | 2)) => {
            number(second).map(|month| Token::Date(first.to_owned(), month, third.and_then(number)))
        }
        (1 | 2, 1 | 2, Some(4)) => return three(first, second, third.unwrap_or_default()).map(|date| Some((date, 5))),
        (1 | 2, 1 | 2, Some(2)) => return Err(NotUnderstood::new("date_no_year", "date")),
        (4, 1 | 2, None) => number(second).map(|month| Token::Date(first.to_owned(), month, None)),
        (1 | 2, 4, None) => number(first).map(|month| Token::Date(second.to_owned(), month, None)),
        _ => None,
    };
    Ok(token.map(|token| (token, if third.is_some() { 5 } else { 3 })))
}

fn joined(rest: &[Piece], sign: Option<char>) -> Option<(char, &str)> {
    let Some(Piece { form: Form::Sign(found), is_glued }) = rest.get(1) else { return None };
    let next = rest.get(2)?;
    let is_close = *found == '/' || (*is_glued && next.is_glued);
    let is_joint = matches!(found, '/' | '-' | '.') && sign.is_none_or(|sign| sign == *found) && is_close;
    any_number(Some(next)).filter(|_| is_joint).map(|digits| (*found, digits))
}

/// Day and month in numbers: which is which must be beyond doubt.
fn three(first: &str, second: &str, year: &str) -> Result<Token, NotUnderstood> {
    let (one, two): (u16, u16) = (first.parse().unwrap_or_default(), second.parse().unwrap_or_default());
    let is_month = |number: u16| (1..=12).contains(&number);
    if is_month(one) && is_month(two) && one != two {
        let reading = |day: u16, month: u16| format!("{year}-{month:02}-{day:02}");
        return Err(NotUnderstood::new("date_ambiguous", "date")
            .with("first", &reading(one, two))
            .with("second", &reading(two, one)));
    }
    let (day, month) = if is_month(two) { (one, two) } else { (two, one) };
    Ok(Token::Date(year.to_owned(), month, Some(day)))
}
