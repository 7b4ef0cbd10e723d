//! Casualties on one scale for all claimants: a line each, its number as text, and a bar. Nothing is ever summed.

use isnad_protocol::encoding::json::Json;
use isnad_protocol::locale::Direction;
use isnad_protocol::view::{State, count_bounds};

use super::pen::Pen;
use super::said::Said;
use super::value::Telling;
use crate::output::{columns, fit};

/// One claimant's count.
pub(super) struct Row {
    name: String,
    number: String,
    min: i64,
    max: Option<i64>,
}

/// Columns of a bar, by the width of the terminal.
const NARROW: usize = 60;
/// Columns of the longest name beside a bar.
const NAME: usize = 40;

/// The categories that two or more counts are given of; what is malformed is left out.
pub(super) fn categories(pen: Pen<'_>, claims: &[Said<'_>]) -> Vec<(String, Vec<Row>)> {
    let mut categories: Vec<(String, Vec<Row>)> = Vec::new();
    let standing = claims.iter().filter(|said| said.claim.state == State::Live && said.claim.takes_part());
    for said in standing {
        let Some((category, row)) = said.claim.value.as_ref().and_then(|value| row(pen, said, value)) else { continue };
        match categories.iter_mut().find(|(known, _)| *known == category) {
            Some((_, rows)) => rows.push(row),
            None => categories.push((category, vec![row])),
        }
    }
    categories.retain(|(_, rows)| rows.len() > 1);
    categories
}

/// A bar for each claimant, below the scale that all of them share.
pub(super) fn strip(pen: Pen<'_>, rows: &[Row]) -> Vec<String> {
    let end = rows.iter().map(|row| row.max.unwrap_or(row.min).max(row.min)).max().unwrap_or(0);
    let widths = Widths::of(pen, rows);
    let before = if widths.name == 0 { 0 } else { widths.name.saturating_add(2) };
    let before = before.saturating_add(widths.number).saturating_add(8);
    let scale = end.to_string();
    let between = widths.bar.saturating_sub(1).saturating_sub(scale.len()).max(1);
    let scale = in_order(pen, &format!("0{}{scale}", " ".repeat(between)));
    let mut out = vec![pen.quiet(&format!("{}{scale}", " ".repeat(before)))];
    out.extend(rows.iter().flat_map(|row| line(pen, row, end, widths)));
    out
}

/// Keeps a drawing from left to right for every reader, as numbers are read.
fn in_order(pen: Pen<'_>, drawing: &str) -> String {
    match pen.language.direction() {
        Direction::Rtl => format!("\u{2066}{drawing}\u{2069}"),
        Direction::Ltr => drawing.to_owned(),
    }
}

fn row(pen: Pen<'_>, said: &Said<'_>, value: &Json) -> Option<(String, Row)> {
    let category = value.get("category")?.as_text()?.to_owned();
    let (min, max) = count_bounds(value)?;
    let name = match &said.claim.according_to {
        Some(body) => pen.record(body),
        None => said.signers.iter().map(|id| pen.organisation(*id)).collect::<Vec<_>>().join(" + "),
    };
    let number = Telling { pen, refs: &[] }.range(min, max);
    Some((category, Row { name, number, min, max }))
}

/// How the columns of a strip are shared out.
#[derive(Clone, Copy)]
struct Widths {
    name: usize,
    number: usize,
    bar: usize,
}

impl Widths {
    fn of(pen: Pen<'_>, rows: &[Row]) -> Self {
        let longest = |text: fn(&Row) -> &str| rows.iter().map(|row| columns(text(row))).max().unwrap_or(0);
        let number = longest(|row| &row.number).min(pen.width / 3);
        let name = longest(|row| &row.name).min(NAME);
        let room = pen.width.saturating_sub(6).saturating_sub(number).saturating_sub(2);
        if pen.width < NARROW {
            return Self { name: 0, number, bar: room.clamp(8, 40) };
        }
        let name = name.min(room / 2);
        Self { name, number, bar: room.saturating_sub(name).saturating_sub(2).clamp(8, 60) }
    }
}

/// The name, the number and the bar of one claimant; on a narrow terminal the name stands above.
fn line(pen: Pen<'_>, row: &Row, end: i64, widths: Widths) -> Vec<String> {
    let bar = in_order(pen, &bar(row.min, row.max, end, widths.bar, pen.is_plain));
    let number = fit(&row.number, widths.number);
    if widths.name == 0 {
        let name = fit(&row.name, pen.width.saturating_sub(6));
        return vec![format!("      {}", name.trim_end()), format!("      {number}  {bar}")];
    }
    vec![format!("      {}  {number}  {bar}", fit(&row.name, widths.name))]
}

/// A bar on a scale from nothing to `end`: what an open range leaves open is drawn as an arrow.
fn bar(min: i64, max: Option<i64>, end: i64, width: usize, is_plain: bool) -> String {
    let (left, right, line, block, open) =
        if is_plain { ('|', '|', '-', '#', '>') } else { ('├', '┤', '─', '■', '→') };
    let cells = width.saturating_sub(2).max(1);
    let place = |number: i64| {
        let last = i128::try_from(cells.saturating_sub(1)).unwrap_or(0);
        let at = i128::from(number.max(0)).saturating_mul(last) / i128::from(end.max(1));
        usize::try_from(at.clamp(0, last)).unwrap_or(0)
    };
    let (first, last) = (place(min), place(max.unwrap_or(end).max(min)));
    let cell = |at: usize| match at {
        _ if at < first || at > last => line,
        _ if max.is_none() && at > first => open,
        _ => block,
    };
    let closing = if max.is_none() { open } else { right };
    format!("{left}{}{closing}", (0..cells).map(cell).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_share_one_scale_and_leave_open_what_is_open() {
        for (min, max, expected) in [
            (0, Some(0), "|#---------|"),
            (50, Some(50), "|----#-----|"),
            (50, Some(100), "|----######|"),
            (100, Some(100), "|---------#|"),
            (50, None, "|----#>>>>>>"),
            (100, None, "|---------#>"),
            (-5, Some(i64::MAX), "|##########|"),
            (i64::MIN, None, "|#>>>>>>>>>>"),
        ] {
            assert_eq!(bar(min, max, 100, 12, true), expected, "{min} {max:?}");
        }
        assert_eq!(bar(1, Some(3), 4, 7, false), "├─■■■─┤");
        assert_eq!(bar(0, None, 0, 0, true).chars().count(), 3);
    }
}
