//! Latitude and longitude as people write them: decimals, or degrees, minutes and seconds, with or without a direction.

use super::super::values::coordinate;
use super::NotUnderstood;
use super::fold::{Form, Piece, fold, pieces};

/// Latitude and longitude, as the model spells them.
pub(super) type Point = (String, String);

/// Which way from the equator or from Greenwich.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    North,
    South,
    East,
    West,
}

/// Words of directions, folded. `o` is the French west.
const DIRECTIONS: &[(Direction, &[&str])] = &[
    (Direction::North, &["n", "north", "nord", "ش", "شمال", "شمالا"]),
    (Direction::South, &["s", "south", "sud", "ج", "جنوب", "جنوبا"]),
    (Direction::East, &["e", "east", "est", "ق", "شرق", "شرقا"]),
    (Direction::West, &["w", "o", "west", "ouest", "غ", "غرب", "غربا"]),
];

/// One number with its marks and direction, in hundred-thousandths of a degree.
#[derive(Debug, Clone, Copy, Default)]
struct Angle {
    value: i64,
    direction: Option<Direction>,
}

fn fault(code: &'static str) -> NotUnderstood {
    NotUnderstood::new(code, "place")
}

/// The point that a text says; `None` where the text is no coordinates at all.
///
/// # Errors
/// Where it is coordinates, but one alone, beyond the earth, or against each other.
pub(super) fn point(text: &str) -> Result<Option<Point>, NotUnderstood> {
    let pieces = pieces(text);
    if !pieces.iter().any(|piece| matches!(piece.form, Form::Number(_))) {
        return Ok(None);
    }
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if fold(text).split_once(',').is_some_and(|(whole, rest)| is_digits(whole) && is_digits(rest)) {
        // Two whole degrees, or one number with a decimal comma?
        return Err(fault("place_comma").with("typed", text));
    }
    let Some(angles) = angles(&pieces) else { return Ok(None) };
    let (first, second) = match angles.as_slice() {
        [first, second] => (*first, *second),
        [_] => return Err(fault("place_one_coordinate").with("typed", text)),
        _ => return Ok(None),
    };
    let is_of_longitude = |angle: Angle| matches!(angle.direction, Some(Direction::East | Direction::West));
    let is_of_latitude = |angle: Angle| matches!(angle.direction, Some(Direction::North | Direction::South));
    let is_swapped = is_of_longitude(first) && !is_of_longitude(second);
    let (latitude, longitude) = if is_swapped { (second, first) } else { (first, second) };
    if is_of_longitude(latitude) || is_of_latitude(longitude) {
        return Err(fault("place_one_coordinate").with("typed", text));
    }
    let beyond = || fault("place_coordinate_range").with("typed", text);
    Ok(Some((spell(latitude, 90).ok_or_else(beyond)?, spell(longitude, 180).ok_or_else(beyond)?)))
}

/// One coordinate as the model spells it, latitude or longitude; `None` where it is none, or lies beyond the earth.
pub(super) fn half(text: &str, is_latitude: bool) -> Option<String> {
    let angles = angles(&pieces(text))?;
    let [angle] = angles.as_slice() else { return None };
    let is_of = match angle.direction {
        Some(Direction::North | Direction::South) => is_latitude,
        Some(Direction::East | Direction::West) => !is_latitude,
        None => true,
    };
    spell(*angle, if is_latitude { 90 } else { 180 }).filter(|_| is_of)
}

fn spell(angle: Angle, limit: i64) -> Option<String> {
    let is_negative = matches!(angle.direction, Some(Direction::South | Direction::West));
    if angle.value < 0 && angle.direction.is_some() {
        return None;
    }
    let value = if is_negative { angle.value.checked_neg()? } else { angle.value };
    if value.checked_abs()? > limit.checked_mul(100_000)? {
        return None;
    }
    let (sign, size) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    coordinate(&format!("{sign}{}.{:05}", size.checked_div(100_000)?, size.checked_rem(100_000)?))
}

/// The angles of a run of pieces; `None` where anything else stands among them.
fn angles(pieces: &[Piece]) -> Option<Vec<Angle>> {
    let mut found: Vec<Angle> = Vec::new();
    let mut rest = pieces;
    while !rest.is_empty() {
        if matches!(rest.first(), Some(Piece { form: Form::Sign(',' | ';' | '/'), .. })) && !found.is_empty() {
            rest = rest.get(1..)?;
            continue;
        }
        let (angle, taken) = angle(rest)?;
        found.push(angle);
        rest = rest.get(taken..).filter(|_| taken > 0)?;
    }
    Some(found)
}

/// `[direction] [-] degrees [° minutes ' seconds "] [direction]`.
fn angle(pieces: &[Piece]) -> Option<(Angle, usize)> {
    let mut reader = Reader { pieces, at: 0 };
    let mut direction = reader.direction();
    let is_negative = reader.sign(&['-']);
    let degrees = reader.decimal()?;
    reader.sign(&['°']);
    let has_mark = reader.at.checked_sub(1).and_then(|last| pieces.get(last)).is_some_and(is_mark);
    let mut value = degrees;
    if has_mark && let Some(minutes) = reader.marked(&['\'', '′']) {
        value = whole(degrees)?.checked_add(sixtieth(minutes)?)?;
        if let Some(seconds) = reader.seconds() {
            value = whole(degrees)?.checked_add(sixtieth(whole(minutes)?)?)?;
            value = value.checked_add(sixtieth_of_sixtieth(seconds)?)?;
        }
    }
    if direction.is_none() {
        direction = reader.direction();
    }
    let value = rounded(value)?;
    let value = if is_negative { value.checked_neg()? } else { value };
    Some((Angle { value, direction }, reader.at))
}

fn is_mark(piece: &Piece) -> bool {
    matches!(piece.form, Form::Sign('°'))
}

/// Parts of a degree that numbers are read in: finer than any place is known.
const FINE: i64 = 1_000_000_000;

/// A number that has no decimals, `None` of another: degrees with decimals have no minutes.
fn whole(fine: i64) -> Option<i64> {
    (fine.checked_rem(FINE)? == 0).then_some(fine)
}

fn sixtieth(fine: i64) -> Option<i64> {
    (fine < FINE.checked_mul(60)?).then(|| fine.checked_div(60)).flatten()
}

fn sixtieth_of_sixtieth(fine: i64) -> Option<i64> {
    sixtieth(fine)?.checked_div(60)
}

/// Hundred-thousandths, rounded half up.
fn rounded(fine: i64) -> Option<i64> {
    fine.checked_add(5_000)?.checked_div(10_000)
}

struct Reader<'a> {
    pieces: &'a [Piece],
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a Form> {
        self.pieces.get(self.at).map(|piece| &piece.form)
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn sign(&mut self, signs: &[char]) -> bool {
        let is_there = matches!(self.peek(), Some(Form::Sign(sign)) if signs.contains(sign));
        if is_there {
            self.step();
        }
        is_there
    }

    fn direction(&mut self) -> Option<Direction> {
        let Some(Form::Word(word)) = self.peek() else { return None };
        let (direction, _) = DIRECTIONS.iter().find(|(_, words)| words.contains(&word.as_str()))?;
        self.step();
        Some(*direction)
    }

    /// Digits, and after a point further ones; in billionths.
    fn decimal(&mut self) -> Option<i64> {
        let Some(Form::Number(digits)) = self.peek() else { return None };
        self.step();
        let units: i64 = digits.parse().ok().filter(|units| *units < 1_000)?;
        let mut value = units.checked_mul(FINE)?;
        let behind = self.pieces.get(self.at.saturating_add(1));
        if let (Some(Form::Sign('.')), Some(Piece { form: Form::Number(decimals), is_glued: true })) =
            (self.peek(), behind)
        {
            let nine: String = decimals.chars().chain(std::iter::repeat('0')).take(9).collect();
            value = value.checked_add(nine.parse().ok()?)?;
            self.at = self.at.saturating_add(2);
        }
        Some(value)
    }

    /// A number with one of these marks behind it.
    fn marked(&mut self, marks: &[char]) -> Option<i64> {
        let start = self.at;
        let value = self.decimal().filter(|_| self.sign(marks));
        if value.is_none() {
            self.at = start;
        }
        value
    }

    /// Seconds, behind which two single marks serve as a double one.
    fn seconds(&mut self) -> Option<i64> {
        let seconds = self.marked(&['"', '″', '”', '“', '\'', '′'])?;
        self.sign(&['\'', '′']);
        Some(seconds)
    }
}
