//! Rows for spreadsheets. RFC 4180: commas, CRLF, quotes where needed; UTF-8; a header row of fixed codes.
//!
//! A spreadsheet runs what looks like a formula: a cell that would be one begins with an apostrophe, which it shows as text.
//! Controls and marks that turn the direction of a line are written as their codes. Where a spreadsheet cuts cells at semicolons,
//! as in French, the quotes round a cell count for nothing: what follows a semicolon or begins a line is made harmless too.

use isnad_node::reading::{MadeOf, Who};
use isnad_protocol::id::OrganisationId;
use isnad_protocol::model::kinds;
use isnad_protocol::time::Day;
use isnad_protocol::view::{Codes, Reference, Summary, Words};

use super::{Lines, Page, Titled};
use crate::commands::reading::{label, organisation_name, state_code};
use crate::error::Problem;
use crate::output::{inert, pasted};
use crate::session::Session;

/// One row.
#[derive(Debug, Default)]
pub(crate) struct Csv(String);

impl Csv {
    /// A row of these cells.
    pub(crate) fn of<T: AsRef<str>>(cells: impl IntoIterator<Item = T>) -> Self {
        cells.into_iter().fold(Self::default(), |row, cell| row.with(cell.as_ref()))
    }

    /// One more cell.
    fn with(mut self, cell: &str) -> Self {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.push_str(&quoted(&harmless(cell)));
        // An empty first cell is quoted, or the next would take its place.
        if self.0.is_empty() {
            self.0.push_str("\"\"");
        }
        self
    }

    /// Hands it on with the end of line that the format has.
    pub(crate) fn print(self, out: &mut Lines) {
        out.add(&(self.0 + "\r"));
    }
}

/// A text that no spreadsheet runs.
fn harmless(text: &str) -> String {
    // Before controls are written out: a tab or return in front of a formula is passed over by spreadsheets.
    let first = text.trim_start().chars().next().into_iter().chain(text.chars().next());
    let is_formula = first.into_iter().any(|first| is_operator(first) || matches!(first, '\t' | '\r' | '\n'));
    let text = inert(text);
    let text = if is_formula && !is_number(&text) { format!("'{text}") } else { text };
    let (mut out, mut begins) = (String::with_capacity(text.len()), false);
    for character in text.chars() {
        out.extend((begins && is_operator(character)).then_some('\''));
        begins = matches!(character, ';' | '\n') || begins && (character.is_whitespace() || character == '"');
        out.push(character);
    }
    out
}

/// What a formula begins with.
const fn is_operator(character: char) -> bool {
    matches!(character, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits.split_once('.').map_or_else(|| is_digits(digits), |(whole, part)| is_digits(whole) && is_digits(part))
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r', ';', '\'']) || cell.starts_with(' ') || cell.ends_with(' ') {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// The columns of a list.
const COLUMNS: [&str; 32] = [
    "record",
    "kind",
    "title",
    "titles",
    "aliases",
    "dates",
    "earliest",
    "latest",
    "places",
    "countries",
    "latitude",
    "longitude",
    "agents",
    "statuses",
    "standards",
    "organisations",
    "claims",
    "contested",
    "changed",
    "in_force",
    "until",
    "disputes",
    "replies",
    "retracted",
    "cut",
    "not_same_as",
    "identifiers",
    "subjects",
    "incidents",
    "authorities",
    "measures",
    "same_as",
];

/// What stands behind them in every row, so that no row passes for the set; the last two where the reader chose.
pub(crate) const MADE_OF: [&str; 6] = ["read_on", "use_by", "entries", "frontier", "as_of", "policy"];

/// The cells of [`MADE_OF`], and how many of them there are in this list.
pub(crate) fn made_of_cells(made_of: &MadeOf) -> Vec<String> {
    let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
    let mut cells =
        vec![made_of.day.to_string(), day(made_of.use_by), made_of.entries.to_string(), made_of.frontier.clone()];
    if made_of.as_of.is_some() || made_of.policy.is_some() {
        cells.push(day(made_of.as_of));
        cells.push(made_of.policy.as_ref().and_then(|policy| serde_json::to_string(policy).ok()).unwrap_or_default());
    }
    cells
}

pub(super) fn print(session: &Session, who: &Who, page: &Page<'_>) -> Result<(), Problem> {
    let mut out = Lines::new(session.printer);
    let made_of = made_of_cells(&page.head.made_of);
    Csv::of(COLUMNS.iter().chain(&MADE_OF[..made_of.len()])).print(&mut out);
    for summary in page.summaries() {
        Csv::of(cells(session, who, &summary?).iter().chain(&made_of)).print(&mut out);
    }
    Ok(())
}

fn cells(session: &Session, who: &Who, summary: &Summary) -> [String; 32] {
    let language = session.language;
    let all = |words: &[Words]| joined(words.iter().map(|words| words.text.as_str()));
    let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
    // The first place that is one: a cell holds one number. All of them are in GeoJSON.
    let (lat, lon) = summary.spots.iter().find_map(|spot| spot.at.clone()).unwrap_or_default();
    let names = summary.organisations.iter().map(|id| organisation_name(who, *id, language));
    let names: Vec<String> = names.map(|name| unmarked(pasted(&name))).collect();
    let state = summary.in_force.as_ref();
    let measures = by_organisation(session, who, summary, &summary.measures, |codes| codes.measures.clone());
    [
        summary.record.to_string(),
        summary.kind.clone(),
        titled(summary).text(language, str::to_owned).unwrap_or_default(),
        all(&summary.labels),
        joined(summary.aliases.iter().map(|alias| unmarked(alias)).collect::<Vec<_>>().iter().map(String::as_str)),
        joined(summary.dates.iter().map(String::as_str)),
        day(summary.earliest),
        day(summary.latest),
        all(&summary.places),
        joined(summary.countries.iter().map(String::as_str)),
        lat,
        lon,
        joined(summary.agents.iter().map(String::as_str)),
        joined(statuses(session, who, summary).iter().map(String::as_str)),
        joined(standards(session, who, summary).iter().map(String::as_str)),
        joined(names.iter().map(String::as_str)),
        summary.live_claims.to_string(),
        summary.contested.to_string(),
        summary.changed.map(|time| time.to_string()).unwrap_or_default(),
        state.map(|state| state_code(state.state)).unwrap_or_default(),
        day(state.and_then(|state| state.until)),
        summary.disputes.to_string(),
        summary.replies.to_string(),
        summary.retracted.to_string(),
        // True where more is said than a row takes: no row passes for all that is said.
        summary.is_cut.to_string(),
        joined(summary.not_same_as.iter().map(ToString::to_string).collect::<Vec<_>>().iter().map(String::as_str)),
        joined(summary.identifiers.iter().map(String::as_str)),
        joined(named(session, who, summary, kinds::SUBJECT).iter().map(String::as_str)),
        joined(named(session, who, summary, kinds::INCIDENT).iter().map(String::as_str)),
        joined(named(session, who, summary, kinds::ORGANISATION).iter().map(String::as_str)),
        joined(measures.iter().map(String::as_str)),
        joined(summary.same_as.iter().map(ToString::to_string).collect::<Vec<_>>().iter().map(String::as_str)),
    ]
}

/// The statuses or outcomes, each behind its organisation's name, `Organisation A: alleged`: in a row of several organisations one's
/// word passes for nobody else's.
pub(super) fn statuses(session: &Session, who: &Who, summary: &Summary) -> Vec<String> {
    by_organisation(session, who, summary, &summary.statuses, |codes| codes.statuses.clone())
}

/// The records of a kind that it names, each with its id, behind who says so: all of them, where a title has room for two.
fn named(session: &Session, who: &Who, summary: &Summary, kind: u8) -> Vec<String> {
    let told = |whose: &OrganisationId, reference: &Reference| {
        let whose = unmarked(pasted(&organisation_name(who, *whose, session.language)));
        // Nor does a name bring an id of its own.
        let plain = |name: String| format!("{} ", unmarked(&name).replace(['[', ']'], " "));
        let called = label(&reference.labels, session.language).map(plain);
        format!("{whose}: {}[{}]", called.unwrap_or_default(), reference.record)
    };
    let all = summary.named.iter().flat_map(|(whose, named)| named.iter().map(move |reference| (whose, reference)));
    all.filter(|(_, reference)| reference.record.kind_code() == kind)
        .map(|(whose, reference)| told(whose, reference))
        .collect()
}

/// The standards of proof in the same form.
fn standards(session: &Session, who: &Who, summary: &Summary) -> Vec<String> {
    let all: Vec<String> = summary.standards.iter().cloned().collect();
    by_organisation(session, who, summary, &all, |codes| codes.standards.iter().cloned().collect())
}

fn by_organisation(
    session: &Session,
    who: &Who,
    summary: &Summary,
    all: &[String],
    of: impl Fn(&Codes) -> Vec<String>,
) -> Vec<String> {
    // Each with its name: nothing that a member wrote begins what a spreadsheet takes for a cell.
    let told = |name: &str, codes: &[String]| {
        codes.iter().map(|code| format!("{name}: {}", unmarked(code))).collect::<Vec<_>>()
    };
    let name = |id: &OrganisationId| unmarked(pasted(&organisation_name(who, *id, session.language)));
    if all.is_empty() {
        return Vec::new();
    }
    if summary.codes_by.is_empty() {
        // Where more is said than a row takes, whose word it is may be left out with it.
        let one = summary.organisations.first().filter(|_| summary.organisations.len() == 1);
        return told(&one.map_or_else(|| "?".to_owned(), name), all);
    }
    let each = summary.codes_by.iter().map(|(id, codes)| (name(id), of(codes)));
    each.flat_map(|(name, codes)| told(&name, &codes)).collect()
}

/// A text without what parts a name from its code, and one from the next, in any script: a name like `A: confirmed; B` would else say
/// something for A.
fn unmarked(text: &str) -> String {
    const MARKS: [char; 10] = [':', ';', '：', '；', '︓', '︔', '﹔', '﹕', '؛', '\u{37e}'];
    text.replace(MARKS, " ")
}

/// What is called by a title.
pub(super) fn titled(summary: &Summary) -> Titled<'_> {
    Titled { kind: &summary.kind, labels: &summary.labels, about: summary.about.as_ref(), ids: None }
}

/// Several values in one cell.
pub(crate) fn joined<'a>(values: impl Iterator<Item = &'a str>) -> String {
    values.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_says_a_code_for_another() {
        for name in ["A: confirmed; B", "A：confirmed；B", "A: confirmed؛ B"] {
            assert!(!unmarked(name).contains([':', ';', '：', '；', '؛']), "{name}");
        }
        assert_eq!(unmarked("Ministry"), "Ministry");
    }

    #[test]
    fn a_cell_is_text_or_a_number_and_never_a_formula() {
        for (cell, expected) in [
            ("Douma", "Douma"),
            ("a, \"b\"", "\"a, \"\"b\"\"\""),
            ("=1+1", "\"'=1+1\""),
            ("+cmd|' /C calc'!A0", "\"'+cmd|' /C calc'!A0\""),
            ("-2+3", "\"'-2+3\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\\u{9}=1\""),
            ("\r=1", "\"'\\u{d}=1\""),
            (" =1", "\"' =1\""),
            ("＝1", "\"'＝1\""),
            ("-33.5", "-33.5"),
            ("36", "36"),
            ("-", "\"'-\""),
            ("a\u{202e}b\u{1b}[2J", "a\\u{202e}b\\u{1b}[2J"),
            ("two\nlines", "\"two\nlines\""),
            ("a;=1+1;b", "\"a;'=1+1;b\""),
            ("a; \"=1", "\"a; \"\"'=1\""),
            ("a\n@SUM(A1)", "\"a\n'@SUM(A1)\""),
            ("a=1; b-2", "\"a=1; b-2\""),
            ("خان العسل", "خان العسل"),
        ] {
            assert_eq!(Csv::of([cell]).0, expected, "{cell:?}");
        }
        assert_eq!(Csv::of(["", "b", ""]).0, "\"\",b,");
    }
}
