//! `import`: takes in a dataset; and what all commands share that say something.

use std::collections::VecDeque;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use isnad_node::problem::Broken;
use isnad_node::reading::Who;
use isnad_node::writing::{Change, Request, Written};
use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{RecordId, SpaceId};
use isnad_protocol::import::{self, ImportedRecord};
use isnad_protocol::locale::{self, Language};
use isnad_protocol::model::{self, DraftError};
use serde::Serialize;
use tokio::task::JoinHandle;

use crate::args::SpaceName;
use crate::client::{Client, encoded, query};
use crate::commands::preview;
use crate::commands::reading::property_word;
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{fit, inert, pasted};
use crate::session::Session;

#[derive(Serialize)]
struct Imported {
    kinds: Vec<KindCount>,
    records: usize,
    claims: usize,
    new_claims: usize,
    entries: usize,
    warnings: Vec<String>,
    /// Claims of the file that break the model: each would be refused if it were added by hand.
    not_signed: Vec<String>,
}

#[derive(Serialize)]
struct KindCount {
    kind: String,
    records: usize,
    claims: usize,
}

/// Claims of one request: each request stands or falls whole, and progress is told between.
const PART_CLAIMS: usize = 2_048;

/// Requests under way at one time: while one is flushed and indexed, the next is checked and signed.
const UNDER_WAY: usize = 4;

pub(crate) async fn import(session: &Session, file: &Path, space: SpaceName) -> Outcome {
    let bytes = read(file)?;
    let dataset = import::read(&bytes, import::DATASET).map_err(|error| {
        let place = match &error {
            import::ImportError::Json(error) => format!("{}:{}", error.line, error.column),
            other => other.path(),
        };
        let values = [("file", &*file.display().to_string()), ("place", &*place), ("rule", error.code())];
        let key = if place.is_empty() { "import.whole" } else { "import" };
        let problem = Problem::of_rule(exit::REFUSED, error.code(), key, &values, error.to_string());
        Problem { advice: error.try_().to_owned(), ..problem }
    })?;
    let client = Client::to_write(session).await?;
    let claims: usize = dataset.records.iter().map(|record| record.claims.len()).sum();
    let counted = |key: &str, count: usize| locale::counted(session.language, key, number(count), &[]);
    let (records, claims) = (counted("records", dataset.records.len()), counted("claims", claims));
    let count = locale::format(session.language, "preview.import", &[("records", &records), ("claims", &claims)]);
    if !preview::import(session, &client, space.name(), &count).await? {
        return Ok(DONE);
    }
    let bar = crate::output::progress(session.printer, dataset.records.len());
    let (mut new_claims, mut entries) = (0, 0);
    let client = Arc::new(client);
    let mut under_way: VecDeque<(usize, JoinHandle<Result<Written, Problem>>)> = VecDeque::new();
    let mut rest = dataset.records.as_slice();
    while !rest.is_empty() || !under_way.is_empty() {
        while under_way.len() < UNDER_WAY && !rest.is_empty() {
            let (part, behind) = rest.split_at(records_of_a_part(rest));
            rest = behind;
            let (request, client) = (import_request(part, space), Arc::clone(&client));
            let sent = tokio::spawn(async move { client.post("/contributions", &request).await });
            under_way.push_back((part.len(), sent));
        }
        let Some((records, sent)) = under_way.pop_front() else { break };
        let written = sent.await.map_err(|error| Problem::fault(error.to_string()))?.map_err(cut_off)?;
        new_claims += written.claims.len();
        entries += written.entries.len();
        bar.inc(records as u64);
    }
    bar.finish_and_clear();
    let kinds = dataset.by_kind().into_iter().map(|(kind, count)| KindCount {
        kind: RecordId::new([kind; 16]).kind_name().unwrap_or("?").to_owned(),
        records: count.records,
        claims: count.claims,
    });
    let told = |told: &[import::Warning]| told.iter().map(|told| format!("{}: {}", told.path, told.why)).collect();
    let imported = Imported {
        kinds: kinds.collect(),
        records: dataset.records.len(),
        claims: dataset.records.iter().map(|record| record.claims.len()).sum(),
        new_claims,
        entries,
        warnings: told(&dataset.warnings),
        not_signed: told(&dataset.left_out),
    };
    session.printer.either(&imported, |imported| imported_text(session.language, imported));
    Ok(if imported.not_signed.is_empty() { DONE } else { exit::NO })
}

/// How many of these records make a request: at least one.
fn records_of_a_part(records: &[ImportedRecord]) -> usize {
    let mut claims = 0;
    let fit = records.iter().take_while(|record| {
        claims += record.claims.len();
        claims <= PART_CLAIMS
    });
    fit.count().max(1)
}

fn import_request(records: &[ImportedRecord], space: SpaceName) -> Request {
    let changes = records.iter().map(|record| Change {
        claims: record.claims.iter().cloned().map(Json::Object).collect(),
        ..Change::of(record.record)
    });
    Request { space: space.name().into(), changes: changes.collect(), only_new: true }
}

/// An import whose node went away has signed a part: each request stands or falls whole, and run again it says nothing twice.
fn cut_off(problem: Problem) -> Problem {
    if problem.code != "node_unreachable" {
        return problem;
    }
    problem.and("import_again")
}

fn imported_text(language: Language, imported: &Imported) -> String {
    let counted = |key: &str, count: usize| locale::counted(language, key, number(count), &[]);
    let line = |name: &str, records: usize, claims: usize| {
        let (records, claims) = (counted("records", records), counted("claims", claims));
        format!("{} {} {claims}", fit(name, 15), fit(&records, 13))
    };
    let of_kind = |count: &KindCount| line(locale::code(language, "kind", &count.kind), count.records, count.claims);
    let mut lines: Vec<String> = imported.kinds.iter().map(of_kind).collect();
    lines.push(line(locale::word(language, "import.in_all"), imported.records, imported.claims));
    let entries = counted("entries", imported.entries);
    lines.push(locale::counted(language, "new_claims", number(imported.new_claims), &[("entries", &entries)]));
    let told = |key: &str, text: &str| locale::format(language, key, &[("text", &inert(text))]);
    lines.extend(imported.warnings.iter().map(|warning| told("import.note", warning)));
    lines.extend(imported.not_signed.iter().map(|left_out| told("import.not_signed", left_out)));
    if !imported.not_signed.is_empty() {
        lines.push(counted("left_out", imported.not_signed.len()));
    }
    lines.join("\n")
}

/// A count as the locale counts.
fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Reads a file, or standard input for `-`.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, Problem> {
    if file == Path::new("-") {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        return read.map(|_| bytes).map_err(|error| Problem::file("read", Path::new("standard input"), &error));
    }
    std::fs::read(file).map_err(|error| Problem::file("read", file, &error))
}

/// What was signed of a record.
#[derive(Serialize)]
pub(super) struct Recorded {
    pub(super) record: RecordId,
    #[serde(flatten)]
    pub(super) written: Written,
    /// The claim that was retracted or replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) took: Option<Took>,
}

/// Says what was signed.
pub(super) fn tell(session: &Session, recorded: &Recorded) {
    session.printer.either(recorded, |recorded| recorded_text(session, recorded));
}

/// A claim that was retracted or replaced: what a person is told of it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Took {
    /// The key of the word for what became of it.
    #[serde(skip)]
    pub(super) how: &'static str,
    /// Its property.
    pub(super) property: String,
    /// Its value in one line.
    pub(super) value: String,
}

fn recorded_text(session: &Session, recorded: &Recorded) -> String {
    let (language, written) = (session.language, &recorded.written);
    let mut lines = vec![recorded.record.to_string()];
    if written.entries.is_empty() && written.known > 0 {
        lines.push(locale::word(language, "view.said_already").to_owned());
    }
    lines.extend(recorded.took.as_ref().map(|took| {
        let property = property_word(language, &took.property);
        let value = session.printer.quotation(&session.apart(&took.value));
        format!("{} {property} {value}", locale::word(language, took.how))
    }));
    let named = |key: &str, id: String| locale::format(language, key, &[("id", &id)]);
    lines.extend(written.claims.iter().map(|claim| named("written.claim", claim.to_string())));
    lines.extend(written.narratives.iter().map(|narrative| named("written.narrative", narrative.to_string())));
    lines.extend(written.entries.iter().map(|entry| named("written.entry", entry.to_string())));
    lines.join("\n")
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
    change: Change,
    took: Option<Took>,
) -> Outcome {
    let record = change.record;
    let request = Request { space: space.name().into(), changes: vec![change], only_new: false };
    let Some(written) = preview::sign(session, client, request).await? else { return Ok(DONE) };
    let took = took.filter(|_| !written.entries.is_empty());
    tell(session, &Recorded { record, written, took });
    Ok(DONE)
}

pub(super) async fn resolve(client: &Client, text: &str) -> Result<RecordId, Problem> {
    resolve_among(client, text, &[]).await
}

/// The record that a text names where one of these kinds is due.
pub(super) async fn resolve_among(client: &Client, text: &str, kinds: &[u8]) -> Result<RecordId, Problem> {
    let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    let kinds = query(&[("kinds", Some(kinds.join(",")))]);
    client.get(&format!("/resolve/{}{kinds}", encoded(pasted(text)))).await
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
