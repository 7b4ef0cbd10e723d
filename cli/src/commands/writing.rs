//! What all commands share that say something.

use std::io::Read;
use std::path::Path;

use isnad_node::problem::Broken;
use isnad_node::reading::Who;
use isnad_node::writing::{Change, Request};
use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{RecordId, SpaceId};
use isnad_protocol::limits;
use isnad_protocol::locale;
use isnad_protocol::model::{self, DraftError, nearest, speech};
use isnad_protocol::view::Summary;

use crate::args::SpaceName;
use crate::client::{Client, encoded, query};
use crate::commands::ids::{COMMAND, Ids};
use crate::commands::list::Titled;
use crate::commands::preview;
use crate::commands::signed::{Recorded, Took, tell};
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{hanging, pasted, squeezed, width};
use crate::session::Session;

/// Reads a file, or standard input for `-`: no more than any rule takes, and one byte by which the rule sees that there is more.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, Problem> {
    if file == Path::new("-") {
        let problem = |error| Problem::file("read", Path::new("standard input"), &error);
        return bounded(std::io::stdin().lock()).map_err(problem);
    }
    std::fs::File::open(file).and_then(bounded).map_err(|error| Problem::file("read", file, &error))
}

fn bounded(from: impl Read) -> std::io::Result<Vec<u8>> {
    let most = u64::try_from(limits::FOREIGN_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    from.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn not_taken(file: &Path, error: &DraftError) -> Problem {
    let place = match error {
        DraftError::Json(error) => format!("{}:{}", error.line, error.column),
        DraftError::Shape(shape) => shape.path.clone(),
        DraftError::Key { path, .. } => path.clone(),
        _ => String::new(),
    };
    let values = [("file", &*file.display().to_string()), ("place", &*place), ("rule", error.code())];
    let key = if place.is_empty() { "draft.whole" } else { "draft" };
    Problem::of_rule(exit::REFUSED, error.code(), key, &values, error.to_string())
}

/// Passes if no rule is broken; else tells each, in the reader's language.
pub(super) fn refuse_first(session: &Session, problems: &[model::Problem]) -> Result<(), Problem> {
    let unsigned = Problem::unsigned(problems.iter().map(Broken::of).collect());
    unsigned.map_or(Ok(()), |problem| Err(preview::told(session, problem)))
}

/// Has a change signed, and says what came of it.
pub(super) async fn send(
    session: &Session,
    client: &Client,
    space: SpaceName,
    mut change: Change,
    took: Option<Took>,
) -> Outcome {
    let texts = change.retractions.iter_mut().filter_map(|retraction| retraction.note.as_mut());
    let notes = texts.fold(false, |is_changed, note| normalise(note) | is_changed);
    if change.claims.iter_mut().fold(notes, |is_changed, claim| normalise_all(claim) | is_changed) {
        tell_normalised(session);
    }
    let record = change.record;
    let request = Request { space: space.name().into(), changes: vec![change], only_new: false };
    let Some(written) = preview::sign(session, client, request).await? else { return Ok(DONE) };
    let took = took.filter(|_| !written.entries.is_empty());
    tell(session, client, space.name(), &Recorded { record, written, took }).await;
    Ok(DONE)
}

/// Puts letters and marks together, as all text is kept; true if that changed it.
fn normalise(text: &mut String) -> bool {
    let normal = speech::normalised(text);
    normal.map(|normal| *text = normal).is_some()
}

fn normalise_all(value: &mut Json) -> bool {
    match value {
        Json::Text(text) => normalise(text),
        Json::List(items) => items.iter_mut().fold(false, |is_changed, item| normalise_all(item) | is_changed),
        Json::Object(members) => {
            members.values_mut().fold(false, |is_changed, member| normalise_all(member) | is_changed)
        }
        Json::Bool(_) | Json::Int(_) => false,
    }
}

/// Says that what will be signed is not letter by letter what was typed.
pub(super) fn tell_normalised(session: &Session) {
    if !session.printer.json {
        session.printer.aside(hanging("", session.word("record.normalised"), width()));
    }
}

/// Says so of a text that is normalised where it is read.
pub(super) fn tell_if_normalised(session: &Session, text: &str) {
    if speech::normalised(text).is_some() {
        tell_normalised(session);
    }
}

/// Says that a date keeps less than was typed: nothing is left out without a word.
pub(super) fn tell_time_left_out(session: &Session, typed: &str) {
    if !session.printer.json {
        let told = locale::format(session.language, "record.time_left_out", &[("typed", &session.apart(typed))]);
        session.printer.aside(hanging("", &told, width()));
    }
}

pub(super) async fn resolve(session: &Session, client: &Client, text: &str) -> Result<RecordId, Problem> {
    resolve_among(session, client, text, &[]).await
}

/// The record that a text names where one of these kinds is due. Where none is called so, those whose title or alias has the text
/// are named: by a title nobody is taken to mean a record, for many may have it.
pub(super) async fn resolve_among(
    session: &Session,
    client: &Client,
    text: &str,
    kinds: &[u8],
) -> Result<RecordId, Problem> {
    let listed: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    let asked = query(&[("kinds", Some(listed.join(","))), ("lang", Some(session.language.code().to_owned()))]);
    let found = client.get(&format!("/resolve/{}{asked}", encoded(pasted(text)))).await;
    let Err(problem) = found else { return found };
    if problem.words.key != UNKNOWN {
        return Err(problem);
    }
    let near = near(session, client, text, kinds).await;
    if near.is_empty() {
        return Err(problem);
    }
    let mut values = problem.words.values.clone();
    values.insert("near".to_owned(), near.join("; "));
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (&**name, &**value)).collect();
    Err(Problem::told(problem.exit, &problem.code, &format!("{UNKNOWN}.near"), &values))
}

/// The key of a name that no record has.
const UNKNOWN: &str = "record_unknown";

/// Records that may have been meant are named, so many.
const SUGGESTED: usize = 3;

/// Characters of a title by which a record is known again.
const TITLE: usize = 40;

/// Records that are compared with a text that may be misprinted, of each kind.
const COMPARED: usize = 100;

/// Records whose title, name or alias has a text, or is it but for a letter or two; each by its id and what it is called.
async fn near(session: &Session, client: &Client, text: &str, kinds: &[u8]) -> Vec<String> {
    let text = pasted(text);
    let mut near = searched(session, client, text, kinds, SUGGESTED).await;
    let middle = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
    let (first, second) = text.split_at_checked(middle).unwrap_or_default();
    // One wrong letter leaves one half as it is.
    for half in [first, second].iter().filter(|half| half.chars().count() > 2) {
        if !near.is_empty() {
            break;
        }
        near = searched(session, client, half, kinds, COMPARED).await;
        near.retain(|summary| {
            let titles = summary.labels.iter().map(|words| &words.text);
            summary.aliases.iter().chain(titles).any(|name| nearest::may_be_meant(text, name))
        });
    }
    near.truncate(SUGGESTED);
    let ids = Ids::of(client, near.iter().map(|summary| summary.record)).await.unwrap_or_default();
    let told = |summary: &Summary| {
        let titled = Titled { kind: &summary.kind, labels: &summary.labels, about: summary.about.as_ref(), ids: None };
        let title = titled.text(session.language, squeezed).unwrap_or_default();
        let title: String = title.chars().take(TITLE).collect();
        format!("{} ({title})", ids.record(summary.record, COMMAND))
    };
    near.iter().map(told).collect()
}

/// Records of some kinds, or of any, whose title, name or alias has a text.
async fn searched(session: &Session, client: &Client, text: &str, kinds: &[u8], most: usize) -> Vec<Summary> {
    let all: Vec<u8> = model::KINDS.iter().map(|kind| kind.code).collect();
    let mut found = Vec::new();
    for kind in if kinds.is_empty() { &all } else { kinds } {
        let asked = [
            ("kind", Some(kind.to_string())),
            ("search", Some(text.to_owned())),
            ("limit", Some(most.to_string())),
            ("lang", Some(session.language.code().to_owned())),
        ];
        let listed = client.get::<Vec<Summary>>(&format!("/records{}", query(&asked))).await;
        found.extend(listed.unwrap_or_default());
    }
    found
}

/// A source and its page, where somebody may have written both as the source; `None` where nothing in it looks like a page.
pub(super) fn with_page(text: &str) -> Option<(&str, &str)> {
    const PAGES: [&str; 13] =
        ["p.", "pp.", "p", "pp", "page", "pages", "§", "para", "para.", "ص", "ص.", "صفحة", "الصفحة"];
    let is_page = |rest: &str| {
        let word = rest.split(|letter: char| letter.is_whitespace() || letter.is_numeric()).next().unwrap_or_default();
        PAGES.contains(&word.to_lowercase().as_str()) && rest.chars().any(char::is_numeric)
    };
    let blanks = text.match_indices([' ', ',', '،']).map(|(at, _)| at);
    let mut cuts = blanks.filter_map(|at| {
        let (record, rest) = text.split_at_checked(at)?;
        let marks = [' ', ',', '،'];
        Some((record.trim_matches(marks), rest.trim_matches(marks)))
    });
    cuts.find(|(record, page)| !record.is_empty() && is_page(page))
}

pub(super) fn space_name(who: &Who, space: SpaceId) -> Option<SpaceName> {
    let name = &who.spaces.iter().find(|known| known.id == space)?.name;
    [SpaceName::Members, SpaceName::Public].into_iter().find(|known| known.name() == name)
}

/// What takes the place of something stands where that stood: elsewhere it would take the place of nothing.
pub(super) fn same_space(asked: Option<SpaceName>, stands_in: SpaceName) -> Result<SpaceName, Problem> {
    match asked {
        Some(asked) if asked != stands_in => {
            let values = [("space", stands_in.name())];
            Err(Problem::told(exit::USAGE, "usage", "unsigned_this.same_space", &values))
        }
        _ => Ok(stands_in),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use isnad_protocol::encoding::foreign;

    #[test]
    fn a_page_behind_a_source_is_told_from_it() {
        for (text, expected) in [
            ("hospital-note p. 2", Some(("hospital-note", "p. 2"))),
            ("hospital-note، ص 4", Some(("hospital-note", "ص 4"))),
            ("UN Mission report, page 12", Some(("UN Mission report", "page 12"))),
            ("تقرير صفحة ٣", Some(("تقرير", "صفحة ٣"))),
            ("source/8690e26d", None),
            ("p. 2", None),
            ("a page of notes", None),
        ] {
            assert_eq!(with_page(text), expected, "{text}");
        }
    }

    #[test]
    fn a_file_without_end_is_refused_and_not_read() {
        let bytes = bounded(std::io::repeat(b' ')).unwrap();
        assert_eq!(bytes.len(), limits::FOREIGN_BYTES + 1);
        assert_eq!(foreign::parse(&bytes).unwrap_err().rule.code(), "json_too_large");
    }
}
