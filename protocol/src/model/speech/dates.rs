//! What people type for a date becomes EDTF. Nothing is guessed: a year that is not said is asked for.

use super::super::edtf::{Edtf, NotEdtf};
use super::NotUnderstood;
use super::fold::fold;
use super::side::Side;
use super::tokens::{Token, tokens};
use super::words::{BEFORE_NOON, PAST_NOON, Sense};

/// The EDTF of a date as people say it; EDTF itself passes unchanged.
pub(super) fn read(text: &str) -> Result<String, NotUnderstood> {
    let trimmed = text.trim();
    let spelt = fold(trimmed).to_uppercase();
    if let Some(edtf) = [trimmed, spelt.trim()].into_iter().find(|edtf| Edtf::parse(edtf).is_ok()) {
        return Ok(edtf.to_owned());
    }
    let tokens = hours_behind_a(one_name_of_each_month(without_joints(tokens(trimmed)?)));
    let (tokens, gloss) = without_gloss(tokens);
    let edtf = phrase(&tokens)?;
    match Edtf::parse(&edtf) {
        Ok(_) if !gloss.is_empty() && gloss != spelt_out(&edtf) => {
            Err(NotUnderstood::new("date_gloss", "date").with("date", &edtf))
        }
        Ok(_) => Ok(edtf),
        Err(NotEdtf::Reversed) => Err(NotUnderstood::new("date_reversed", "date").with("date", &edtf)),
        Err(NotEdtf::Spelling) => Err(NotUnderstood::new("date_calendar", "date").with("date", &edtf)),
    }
}

/// True if a text names a part of the day or an hour.
pub(super) fn tells_time(text: &str) -> bool {
    let is_time = |token: &Token| matches!(token, Token::Clock(_) | Token::Sense(Sense::DayPart(_)));
    Edtf::parse(text.trim()).is_err() && tokens(text.trim()).is_ok_and(|tokens| tokens.iter().any(is_time))
}

fn not_understood() -> NotUnderstood {
    NotUnderstood::new("date", "date")
}

fn is_sense(token: &Token, sense: Sense) -> bool {
    *token == Token::Sense(sense)
}

/// Takes the signs out of `7-Apr-2018` and `7/Apr/2018`.
fn without_joints(mut tokens: Vec<Token>) -> Vec<Token> {
    let at = tokens.windows(5).position(|run| match run {
        [Token::Number(_, first), one, Token::Sense(Sense::Month(_)), two, Token::Number(_, last)] => {
            let is_joint = matches!(one, Token::Dash | Token::Slash) && one == two;
            is_joint && (*first == 4) != (*last == 4)
        }
        _ => false,
    });
    for joint in at.into_iter().flat_map(|at| [at.saturating_add(3), at.saturating_add(1)]) {
        tokens.remove(joint);
    }
    tokens
}

/// Makes a time of the number in `5 février 2018 à 9 du soir`: `à` behind a whole date begins no second one that ends in "du soir".
fn hours_behind_a(mut tokens: Vec<Token>) -> Vec<Token> {
    let is_time = |run: &[Token]| {
        matches!(
            run,
            [
                Token::Sense(Sense::ToOrAt),
                Token::Hour(..),
                Token::Sense(Sense::FromOrOf | Sense::Filler | Sense::DayPart(BEFORE_NOON | PAST_NOON))
            ]
        )
    };
    let is_whole = |before: &[Token]| {
        let has = |is_it: fn(&Token) -> bool| before.iter().any(is_it);
        let has_day = has(|token| matches!(token, Token::Number(_, 1 | 2) | Token::Sense(Sense::Nth(_))));
        has(|token| matches!(token, Token::Date(_, _, Some(_))))
            || has_day && has(|token| matches!(token, Token::Number(_, 4)))
    };
    let begins_interval = matches!(tokens.first(), Some(Token::Sense(Sense::From | Sense::FromOrOf | Sense::Between)));
    let at = tokens.windows(3).position(is_time).filter(|_| !begins_interval);
    let at = at.filter(|at| tokens.get(..*at).is_some_and(is_whole));
    if let Some(token) = at.and_then(|at| tokens.get_mut(at.saturating_add(1)))
        && let Token::Hour(hour, _) = *token
    {
        *token = Token::Clock(format!("{hour:02}"));
    }
    tokens
}

/// Takes the second name out where a month stands under both, `نيسان/أبريل` or `نيسان (أبريل)`.
fn one_name_of_each_month(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept: Vec<Token> = Vec::new();
    for token in tokens {
        if token == Token::Close && matches!(kept.as_slice(), [.., Token::Sense(Sense::Month(_)), Token::Open]) {
            kept.pop();
            continue;
        }
        let repeats = match (kept.as_slice(), &token) {
            ([.., Token::Sense(Sense::Month(first))], Token::Sense(Sense::Month(second))) => first == second,
            (
                [.., Token::Sense(Sense::Month(first)), Token::Slash | Token::Open],
                Token::Sense(Sense::Month(second)),
            ) => first == second,
            _ => false,
        };
        if !repeats {
            kept.push(token);
        } else if kept.last() == Some(&Token::Slash) {
            kept.pop();
        }
    }
    kept
}

/// Parts the phrase from an explanation in brackets such as `(about 1 to 10)`, of which the numbers are kept.
fn without_gloss(tokens: Vec<Token>) -> (Vec<Token>, Vec<u16>) {
    let Some(open) = tokens.iter().position(|token| *token == Token::Open) else { return (tokens, Vec::new()) };
    let inside: Vec<&Token> = tokens.iter().skip(open).take_while(|token| **token != Token::Close).collect();
    let numbers: Vec<u16> = inside
        .iter()
        .filter_map(|token| match token {
            Token::Number(value, 1 | 2) | Token::Hour(value, _) => Some(*value),
            Token::Sense(Sense::Month(month)) => Some(u16::from(*month)),
            _ => None,
        })
        .collect();
    if numbers.len() != 2 {
        return (tokens, Vec::new());
    }
    let end = open.saturating_add(inside.len());
    let kept = tokens.iter().enumerate().filter(|(index, _)| *index < open || *index > end);
    (kept.map(|(_, token)| token.clone()).collect(), numbers)
}

/// The last numbers of both ends of an interval: what its explanation in brackets must say.
fn spelt_out(edtf: &str) -> Vec<u16> {
    let last = |side: &str| side.trim_end_matches(['~', '?', '%']).rsplit('-').next()?.parse().ok();
    edtf.split('/').filter_map(last).collect()
}

fn phrase(tokens: &[Token]) -> Result<String, NotUnderstood> {
    let is_mute = |token: &&Token| is_sense(token, Sense::Filler) || **token == Token::Comma;
    let silent = tokens.iter().take_while(is_mute).count();
    let tokens = tokens.get(silent..).unwrap_or_default();
    if tokens.is_empty() {
        return Err(not_understood());
    }
    if let [rest @ .., Token::Sense(end @ (Sense::OrLater | Sense::OrEarlier))] = tokens {
        let side = Side::read(rest)?;
        let is_later = *end == Sense::OrLater;
        return Ok(if is_later { format!("{}/..", side.start()?) } else { format!("../{}", side.end()?) });
    }
    if let Some((left, right)) = split(tokens)? {
        return interval(left, right, tokens);
    }
    if let [Token::Sense(first), rest @ ..] = tokens {
        match first {
            Sense::Since => return Ok(format!("{}/..", Side::read(rest)?.start()?)),
            Sense::Until => return Ok(format!("../{}", Side::read(rest)?.end()?)),
            Sense::Before => return Ok(format!("../{}", Side::read(rest)?.day_before()?)),
            Sense::After => return Ok(format!("{}/..", Side::read(rest)?.day_after()?)),
            Sense::To | Sense::From | Sense::Between => return Err(not_understood()),
            _ => {}
        }
    }
    single(tokens)
}

fn single(tokens: &[Token]) -> Result<String, NotUnderstood> {
    let is_night = tokens.iter().any(|token| is_sense(token, Sense::Night));
    let side = Side::read(tokens)?;
    if is_night { Ok(format!("{}/{}", side.start()?, side.next_day()?)) } else { side.whole() }
}

/// What stands before and behind the joint of an interval.
type Sides<'a> = (&'a [Token], &'a [Token]);

/// Both sides of an interval; `None` where there is but one.
fn split(tokens: &[Token]) -> Result<Option<Sides<'_>>, NotUnderstood> {
    type Joint = fn(&[Token], usize) -> bool;
    let joints: [Joint; 4] = [is_strong, is_and, is_slash, is_dash];
    for joint in joints {
        let found: Vec<usize> = (1..tokens.len()).filter(|at| joint(tokens, *at)).collect();
        match found.as_slice() {
            [] => {}
            [at] => {
                let (left, right) = tokens.split_at_checked(*at).ok_or_else(not_understood)?;
                return Ok(right.split_first().map(|(_, right)| (left, right)));
            }
            _ => return Err(NotUnderstood::new("date_several", "date")),
        }
    }
    Ok(None)
}

fn is_strong(tokens: &[Token], at: usize) -> bool {
    let next = at.checked_add(1).and_then(|next| tokens.get(next));
    match tokens.get(at) {
        Some(Token::Sense(Sense::To | Sense::Until)) => true,
        Some(Token::Sense(Sense::ToOrAt)) => {
            !matches!(next, Some(Token::Clock(_) | Token::Sense(Sense::DayPart(_)))) && says_something(tokens, at)
        }
        _ => false,
    }
}

/// True if something stands before `at` that an interval may begin with.
fn says_something(tokens: &[Token], at: usize) -> bool {
    let before = tokens.iter().take(at);
    before.into_iter().any(|token| {
        matches!(
            token,
            Token::Number(..)
                | Token::Date(..)
                | Token::Sense(Sense::Month(_) | Sense::Season(_) | Sense::Nth(_) | Sense::UnknownDate)
        )
    })
}

fn is_and(tokens: &[Token], at: usize) -> bool {
    let next = at.checked_add(1).and_then(|next| tokens.get(next));
    tokens.get(at).is_some_and(|token| is_sense(token, Sense::And))
        && !next.is_some_and(|token| is_sense(token, Sense::DayWord) || is_sense(token, Sense::MonthWord))
}

fn is_slash(tokens: &[Token], at: usize) -> bool {
    tokens.get(at) == Some(&Token::Slash)
}

/// A dash joins two dates, but not the two halves of `mi-avril`.
fn is_dash(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    tokens.get(at) == Some(&Token::Dash) && !matches!(before, Some(Token::Sense(Sense::Part(_))))
}

fn interval(left: &[Token], right: &[Token], all: &[Token]) -> Result<String, NotUnderstood> {
    let is_between = all.first().is_some_and(|token| is_sense(token, Sense::Between));
    let left = match left {
        [Token::Sense(Sense::From | Sense::FromOrOf | Sense::Between | Sense::Since), rest @ ..] => rest,
        _ => left,
    };
    let unknown = |side: &[Token]| side.iter().any(|token| is_sense(token, Sense::UnknownDate));
    match (unknown(left), unknown(right)) {
        (true, true) => return Err(not_understood()),
        (true, false) => return Ok(format!("/{}", Side::read(right)?.end()?)),
        (false, true) => return Ok(format!("{}/", Side::read(left)?.start()?)),
        (false, false) => {}
    }
    let (mut first, mut last) = (Side::read(left)?, Side::read(right)?);
    if first.is_time_beside(&last) || last.is_time_beside(&first) {
        // "From 3 to 5 pm on 4 February 2018" does not begin on the third.
        return Err(not_understood());
    }
    Side::share(&mut first, &mut last);
    if Side::is_one_winter(&first, &last) {
        return Err(not_understood());
    }
    let joined_by_and = all.iter().any(|token| is_sense(token, Sense::And));
    let is_loose = joined_by_and && !is_between && !all.iter().any(|token| is_sense(token, Sense::Night));
    if is_loose && first.next_day().ok() != last.start().ok() {
        // "4 and 7 August" are two days, not four.
        return Err(NotUnderstood::new("date_several", "date"));
    }
    Ok(format!("{}/{}", first.start()?, last.end()?))
}
