//! Who concluded what when, in order of the days on which bodies said so. MODEL §8, journey 6.

use isnad_protocol::model::edtf::Edtf;
use isnad_protocol::view::{Line, State, View};

use super::pen::{Pen, TEXT_LINES};
use super::related::{body, outcome};
use crate::output::hung;

/// Dated conclusions from which on there is an order to tell.
const FEWEST: usize = 2;

/// The conclusions about an incident by their own dates; those without one are left out, and counted.
pub(super) fn lines(pen: Pen<'_>, view: &View) -> Vec<String> {
    let is_conclusion = |line: &&Line| matches!(line.kind.as_str(), "finding" | "attribution");
    let standing = view.related.iter().filter(is_conclusion).filter(|line| line.state == State::Live);
    let (dated, undated): (Vec<&Line>, Vec<&Line>) = standing.partition(|line| line.date.is_some());
    if view.kind != "incident" || dated.len() < FEWEST {
        return Vec::new();
    }
    let mut dated: Vec<(&str, &Line)> = dated.iter().filter_map(|line| Some((line.date.as_deref()?, *line))).collect();
    dated.sort_by_cached_key(|(date, _)| (Edtf::parse(date).ok().map(|date| date.earliest), *date));
    let mut out = vec![pen.heading(&pen.word("view.timeline"))];
    let most = if pen.is_full { dated.len() } else { TEXT_LINES.saturating_mul(4) };
    for (date, line) in dated.iter().take(most) {
        let said = pen.field(&body(pen, line), &outcome(pen, line));
        out.extend(hung("  • ", &pen.field(&pen.date(date), &said), pen.width));
    }
    out.extend(super::accounts::more(pen, dated.len().saturating_sub(most)));
    if !undated.is_empty() {
        let told = pen.field(&pen.word("view.no_date"), &undated.len().to_string());
        out.extend(hung("    ", &pen.quiet(&told), pen.width));
    }
    out
}
