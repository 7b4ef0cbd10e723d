//! `isnad list`: records of a kind, one on a line.

use isnad_protocol::id::{RecordId, kind_code};
use isnad_protocol::locale::{self, Language};
use isnad_protocol::view::{DesignationState, Words};
use serde::Deserialize;

use super::candidates;
use super::reading::{label, state_code};
use crate::args::ListArgs;
use crate::client::{self, Client, query};
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{fit, isolated, width};
use crate::session::Session;

pub(crate) async fn run(session: &Session, args: &ListArgs) -> Outcome {
    let ListArgs { kind, search, same_as } = args;
    let code = kind_code(kind).ok_or_else(|| Problem::told(exit::USAGE, "usage", "kind_unknown", &[("kind", kind)]))?;
    if let Some(record) = &same_as.same_as {
        return candidates::run(session, code, record.as_deref(), same_as).await;
    }
    let query = query(&[
        ("kind", Some(code.to_string())),
        ("search", search.clone()),
        ("today", session.today.map(|day| day.to_string())),
        ("lang", Some(session.language.code().to_owned())),
    ]);
    let path = format!("/records{query}");
    // A list may be long: for programs it is not taken apart and put together again.
    let answer = Client::to_read(session).await?.bytes("GET", &path, Vec::new()).await?;
    if session.printer.json {
        session.printer.line(String::from_utf8_lossy(&answer));
    } else {
        session.printer.text(&list_text(session, kind, &answer)?);
    }
    Ok(DONE)
}

/// Columns of a list before the title: id, date, mark.
const BEFORE_TITLE: usize = 8 + 2 + 12 + 1 + 1 + 1;
/// Columns of the state behind the title.
const STATE: usize = 18;
/// A narrower terminal has the state on a line of its own.
const NARROW: usize = 72;

/// What a list shows of a `Summary`: a list may be long, and no more of it is read.
#[derive(Debug, Deserialize)]
struct Line {
    record: RecordId,
    labels: Vec<Words>,
    #[serde(default)]
    dates: Vec<String>,
    #[serde(default)]
    statuses: Vec<String>,
    contested: bool,
    #[serde(default)]
    in_force: Option<DesignationState>,
}

fn list_text(session: &Session, kind: &str, answer: &[u8]) -> Result<String, Problem> {
    let language = session.language;
    let mut contested = 0;
    let mut out = Vec::new();
    for (is_contested, text) in lines_text(language, answer)? {
        contested += usize::from(is_contested);
        out.push(text);
    }
    let key = format!("kinds.{kind}");
    let kinds = locale::word(language, &key);
    out.push(format!("{kinds}: {}; ≠ {}: {contested}", out.len(), locale::word(language, "view.contested")));
    Ok(out.join("\n"))
}

/// The lines of a list, and of each whether it is contested: read on all cores, for each record stands on a line of its own.
fn lines_text(language: Language, answer: &[u8]) -> Result<Vec<(bool, String)>, Problem> {
    let text = std::str::from_utf8(answer).unwrap_or_default();
    let inside = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let records: Vec<&str> = inside.split(",\n").filter(|record| !record.is_empty()).collect();
    let (width, cores) = (width(), std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    let read = |part: &[&str]| -> Result<Vec<(bool, String)>, Problem> {
        let read = |record: &&str| {
            let line: Line = client::read(record.as_bytes())?;
            Ok((line.contested, line_text(language, &line, width)))
        };
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
    let title = label(&line.labels, language).map_or_else(|| line.record.to_string(), |text| isolated(&text));
    let date = line.dates.first().cloned().unwrap_or_default();
    let state = match &line.in_force {
        Some(state) => locale::code(language, "designation_status", &state_code(state)).to_owned(),
        None => line.statuses.first().map(|code| status_word(language, code)).unwrap_or_default(),
    };
    let mark = if line.contested { "≠" } else { " " };
    let id = line.record.to_string();
    let short: String = id.split('/').nth(1).unwrap_or_default().chars().take(8).collect();
    let is_narrow = width < NARROW;
    let room = width.saturating_sub(if is_narrow { BEFORE_TITLE } else { BEFORE_TITLE + 1 + STATE });
    let text = format!("{short}  {} {mark} {}", fit(&date, 12), fit(&title, room));
    let text = match state.as_str() {
        "" => text,
        state if is_narrow => format!("{}\n{:10}{}", text.trim_end(), "", fit(state, width.saturating_sub(10))),
        state => format!("{text} {}", fit(state, STATE)),
    };
    text.trim_end().to_owned()
}

fn status_word(language: Language, code: &str) -> String {
    let known = ["incident_status", "finding_outcome", "case_status"].iter().find_map(|vocabulary| {
        let word = locale::code(language, vocabulary, code);
        (word != code).then(|| word.to_owned())
    });
    known.unwrap_or_else(|| code.to_owned())
}
