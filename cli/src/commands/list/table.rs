//! A list for people: a line for each record, for phones, for 80 columns and for wide terminals.

use isnad_protocol::id::RecordId;
use isnad_protocol::locale::{self, Language};
use isnad_protocol::model::kinds;
use isnad_protocol::view::{DesignationState, Words};
use serde::Deserialize;

use crate::client;
use crate::commands::reading::{label, state_code};
use crate::error::Problem;
use crate::output::{apart, fit, inert, squeezed, width};
use crate::session::Session;

/// Columns of a list before the title: id, date, mark.
const BEFORE_TITLE: usize = 8 + 2 + 12 + 1 + 1 + 1;
/// Columns of the state behind the title.
const STATE: usize = 18;
/// Columns of the place on a wide terminal.
const PLACE: usize = 24;
/// A narrower terminal has the state on a line of its own.
const NARROW: usize = 72;
/// A wider one has room for the place.
const WIDE: usize = 110;

/// The page of a list. The records stand one on a line, and are read one by one.
#[derive(Debug, Deserialize)]
struct Head {
    total: usize,
    contested: usize,
}

/// What a list shows of a `Summary`: no more of it is read.
#[derive(Debug, Deserialize)]
struct Line {
    record: RecordId,
    labels: Vec<Words>,
    #[serde(default)]
    dates: Vec<String>,
    #[serde(default)]
    places: Vec<Words>,
    #[serde(default)]
    statuses: Vec<String>,
    contested: bool,
    #[serde(default)]
    in_force: Option<DesignationState>,
}

pub(super) fn print(session: &Session, kind: &str, answer: &str) -> Result<(), Problem> {
    let language = session.language;
    let (first, rest) = answer.split_once('\n').unwrap_or((answer, ""));
    let head: Head = client::read(format!("{first}]}}").as_bytes())?;
    let records: Vec<&str> = rest.trim_end_matches("\n]}").split(",\n").filter(|record| !record.is_empty()).collect();
    let shown = records.len();
    let lines = lines_text(language, &records)?;
    if !lines.is_empty() {
        session.printer.text(&lines.join("\n"));
    }
    let kinds = locale::word(language, &format!("kinds.{kind}")).to_owned();
    let contested = locale::word(language, "view.contested");
    session.printer.text(&format!("{kinds}: {}; ≠ {contested}: {}", head.total, head.contested));
    if shown < head.total {
        let (shown, total) = (shown.to_string(), head.total.to_string());
        session.printer.text(&locale::format(language, "list.shown", &[("shown", &shown), ("total", &total)]));
    }
    Ok(())
}

/// The lines of a list, read on all cores where it is long.
fn lines_text(language: Language, records: &[&str]) -> Result<Vec<String>, Problem> {
    let (width, cores) = (width(), std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    let read = |part: &[&str]| -> Result<Vec<String>, Problem> {
        let read = |record: &&str| Ok(line_text(language, &client::read::<Line>(record.as_bytes())?, width));
        part.iter().map(read).collect()
    };
    std::thread::scope(|scope| {
        let parts = records.chunks(records.len().div_ceil(cores).max(1));
        let started: Vec<_> = parts.map(|part| scope.spawn(move || read(part))).collect();
        let mut lines = Vec::with_capacity(records.len());
        for part in started {
            lines.extend(part.join().map_err(|_| Problem::fault("a list could not be told"))??);
        }
        Ok(lines)
    })
}

fn line_text(language: Language, line: &Line, width: usize) -> String {
    let title = label(&line.labels, language)
        .map_or_else(|| line.record.to_string(), |text| apart(&squeezed(&text), language.direction()));
    let date = line.dates.first().map(|date| inert(date)).unwrap_or_default();
    let state = match &line.in_force {
        Some(state) => locale::code(language, "designation_status", &state_code(state)).to_owned(),
        None => line.statuses.first().map(|code| status_word(language, line.record, code)).unwrap_or_default(),
    };
    let mark = if line.contested { "≠" } else { " " };
    let id = line.record.to_string();
    let short: String = id.split('/').nth(1).unwrap_or_default().chars().take(8).collect();
    let is_narrow = width < NARROW;
    let place = if width < WIDE { None } else { label(&line.places, language) };
    let place_room = if width < WIDE { 0 } else { PLACE + 1 };
    let behind = if is_narrow { 0 } else { 1 + STATE + place_room };
    let text =
        format!("{short}  {} {mark} {}", fit(&date, 12), fit(&title, width.saturating_sub(BEFORE_TITLE + behind)));
    if is_narrow && !state.is_empty() {
        return format!("{}\n{:10}{}", text.trim_end(), "", fit(&state, width.saturating_sub(10)))
            .trim_end()
            .to_owned();
    }
    let place = place.map(|place| fit(&apart(&squeezed(&place), language.direction()), PLACE)).unwrap_or_default();
    let text = if is_narrow { text } else { format!("{text} {} {place}", fit(&state, STATE)) };
    text.trim_end().to_owned()
}

/// The word of a status in the vocabulary of its kind of record: the same code says other things of an incident and a finding.
fn status_word(language: Language, record: RecordId, code: &str) -> String {
    let vocabulary = match record.kind_code() {
        kinds::FINDING | kinds::ATTRIBUTION => "finding_outcome",
        kinds::CASE => "case_status",
        _ => "incident_status",
    };
    let word = locale::lookup(language, &format!("{vocabulary}.{code}"));
    word.map_or_else(|| inert(code), str::to_owned)
}
