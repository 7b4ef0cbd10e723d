//! `import`: takes in a dataset. Each request of it passes the rules that a person's claims pass; what they refuse is left out
//! and told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::Arc;

use isnad_node::problem::Broken;
use isnad_node::writing::{Change, Preview, Request, Written};
use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::RecordId;
use isnad_protocol::import::{self, Dataset, ImportedRecord};
use isnad_protocol::locale::{self, Language};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::task::JoinHandle;

use super::preview;
use super::writing::read;
use crate::args::SpaceName;
use crate::client::Client;
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{fit, hanging, inert, one_line, width};
use crate::session::Session;

#[derive(Serialize)]
struct Imported {
    #[serde(flatten)]
    content: Content,
    new_claims: usize,
    entries: usize,
    warnings: Vec<String>,
    /// Claims of the file that break a rule: each would be refused if it were added by hand.
    not_signed: Vec<String>,
}

/// What a file holds.
#[derive(Serialize)]
struct Content {
    kinds: Vec<KindCount>,
    records: usize,
    claims: usize,
}

#[derive(Serialize)]
struct KindCount {
    kind: String,
    records: usize,
    claims: usize,
}

/// What would be signed of a file.
#[derive(Serialize)]
struct Outlook {
    /// Where it goes, who signs it, who reads it. Of its claims, counts alone are told.
    #[serde(flatten)]
    head: Preview,
    #[serde(flatten)]
    counts: Counts,
}

#[derive(Default, Serialize)]
struct Counts {
    #[serde(rename = "file")]
    content: Option<Content>,
    new_records: usize,
    new_claims: usize,
    /// Claims with a marking of their own, by its code.
    markings: BTreeMap<String, usize>,
    /// How often readers will be warned, and the author is, by code.
    warned: BTreeMap<String, usize>,
    not_signed: Vec<String>,
}

/// Claims of one request: each request stands or falls whole, and progress is told between.
const PART_CLAIMS: usize = 2_048;

/// Requests under way at one time: while one is flushed and indexed, the next is checked and signed.
const UNDER_WAY: usize = 4;

pub(crate) async fn run(session: &Session, file: &Path, space: SpaceName) -> Outcome {
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
    let names = names(&dataset);
    if preview::is_shown(session) {
        let outlook = outlook(session, &client, &dataset, &names, space).await?;
        if session.preview {
            let end = session.word("preview.nothing_signed");
            let text = outlook_text(session, &client, &outlook).await?;
            session.printer.either(&outlook, |_| format!("{text}\n\n{end}"));
            return Ok(DONE);
        }
        session.printer.text(&outlook_text(session, &client, &outlook).await?);
        preview::agreed(session)?;
    }
    let imported = signed(session, client, &dataset, &names, space).await?;
    session.printer.either(&imported, |imported| imported_text(session.language, imported));
    Ok(if imported.not_signed.is_empty() { DONE } else { exit::NO })
}

/// Has all of it signed, some requests at a time.
async fn signed(
    session: &Session,
    client: Client,
    dataset: &Dataset,
    names: &BTreeMap<RecordId, &str>,
    space: SpaceName,
) -> Result<Imported, Problem> {
    let bar = crate::output::progress(session.printer, dataset.records.len());
    let client = Arc::new(client);
    let (mut new_claims, mut entries, mut refused) = (0, 0, Vec::new());
    let mut under_way: VecDeque<(usize, UnderWay)> = VecDeque::new();
    let mut rest = import::requests(&dataset.records, PART_CLAIMS).into_iter().peekable();
    while rest.peek().is_some() || !under_way.is_empty() {
        while under_way.len() < UNDER_WAY {
            let Some(part) = rest.next() else { break };
            let (request, client) = (import_request(&part, space), Arc::clone(&client));
            let sent = tokio::spawn(async move { accepted(&client, "/contributions", request).await });
            under_way.push_back((part.len(), sent));
        }
        let Some((records, sent)) = under_way.pop_front() else { break };
        let answer = sent.await.map_err(|error| Problem::fault(error.to_string()))?.map_err(cut_off)?;
        new_claims += answer.said.claims.len();
        entries += answer.said.entries.len();
        refused.extend(answer.told(session, names));
        bar.inc(records as u64);
    }
    bar.finish_and_clear();
    let told = |told: &[import::Warning]| told.iter().map(|told| format!("{}: {}", told.path, told.why)).collect();
    let mut not_signed: Vec<String> = told(&dataset.left_out);
    not_signed.extend(refused);
    Ok(Imported { content: Content::of(dataset), new_claims, entries, warnings: told(&dataset.warnings), not_signed })
}

/// What would be signed, without signing it: each request is asked about.
async fn outlook(
    session: &Session,
    client: &Client,
    dataset: &Dataset,
    names: &BTreeMap<RecordId, &str>,
    space: SpaceName,
) -> Result<Outlook, Problem> {
    let empty = Request { space: space.name().into(), changes: Vec::new(), only_new: true };
    let mut head: Preview = client.post("/preview", &empty).await?;
    let mut counts = Counts { content: Some(Content::of(dataset)), ..Counts::default() };
    counts.not_signed.extend(dataset.left_out.iter().map(|told| format!("{}: {}", told.path, told.why)));
    for part in import::requests(&dataset.records, PART_CLAIMS) {
        let answer = accepted::<Preview>(client, "/preview", import_request(&part, space)).await?;
        counts.not_signed.extend(answer.told(session, names));
        let said = answer.said;
        head.known += said.known;
        counts.new_records += said.new.len();
        counts.new_claims += said.claims.len();
        for marking in said.claims.iter().filter_map(|drafted| drafted.claim.get("marking")?.as_text()) {
            *counts.markings.entry(marking.to_owned()).or_default() += 1;
        }
        for warning in said.warnings {
            *counts.warned.entry(warning.code).or_default() += 1;
        }
    }
    Ok(Outlook { head, counts })
}

/// A request that was sent.
type UnderWay = JoinHandle<Result<Answer<Written>, Problem>>;

/// What became of a request, and what of it was refused.
struct Answer<T> {
    said: T,
    refused: Vec<(RecordId, Broken)>,
}

impl<T> Answer<T> {
    fn told(&self, session: &Session, names: &BTreeMap<RecordId, &str>) -> Vec<String> {
        let told = |(record, broken): &(RecordId, Broken)| {
            let name = names.get(record).map_or_else(|| record.to_string(), |name| (*name).to_owned());
            format!("{name}: {}", preview::why(session, broken))
        };
        self.refused.iter().map(told).collect()
    }
}

/// Hands in a request without what is refused of it: a file has many authors, and the mistake of one is not another's.
async fn accepted<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    mut request: Request,
) -> Result<Answer<T>, Problem> {
    let mut refused = Vec::new();
    loop {
        match client.post(path, &request).await {
            Ok(said) => return Ok(Answer { said, refused }),
            Err(problem) => {
                let taken_out = take_out(&mut request, &problem.words.problems);
                if taken_out.is_empty() {
                    return Err(problem);
                }
                refused.extend(taken_out);
            }
        }
    }
}

/// Takes out of a request what breaks a rule: a claim, or all that is said of a record where the rule is about all of it.
fn take_out(request: &mut Request, problems: &[Broken]) -> Vec<(RecordId, Broken)> {
    let (mut whole, mut claims) = (BTreeSet::new(), BTreeSet::new());
    let mut taken_out: Vec<(RecordId, Broken)> = Vec::new();
    for broken in problems {
        let (change, within) = match broken.path.strip_prefix("changes[").and_then(|path| path.split_once("].")) {
            Some((change, within)) => (change.parse().unwrap_or(usize::MAX), within),
            None => (0, broken.path.as_str()),
        };
        let Some(record) = request.changes.get(change).map(|change| change.record) else { continue };
        let number = within.strip_prefix("claims[").and_then(|path| path.split_once(']')?.0.parse::<usize>().ok());
        let is_first = match number.filter(|_| broken.code != "person_not_accused") {
            Some(claim) => claims.insert((change, claim)),
            None => whole.insert(change),
        };
        if is_first {
            let path = within.to_owned();
            taken_out.push((record, Broken { path, ..broken.clone() }));
        }
    }
    for (index, change) in request.changes.iter_mut().enumerate() {
        let mut place = 0;
        change.claims.retain(|_| {
            let is_kept = !whole.contains(&index) && !claims.contains(&(index, place));
            place += 1;
            is_kept
        });
    }
    request.changes.retain(|change| !change.claims.is_empty());
    taken_out
}

fn names(dataset: &Dataset) -> BTreeMap<RecordId, &str> {
    dataset.records.iter().map(|record| (record.record, record.source_id.as_str())).collect()
}

fn import_request(records: &[&ImportedRecord], space: SpaceName) -> Request {
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

impl Content {
    fn of(dataset: &Dataset) -> Self {
        let kinds = dataset.by_kind().into_iter().map(|(kind, count)| KindCount {
            kind: RecordId::new([kind; 16]).kind_name().unwrap_or("?").to_owned(),
            records: count.records,
            claims: count.claims,
        });
        let claims = dataset.records.iter().map(|record| record.claims.len()).sum();
        Self { kinds: kinds.collect(), records: dataset.records.len(), claims }
    }

    /// Records and claims by kind, and in all.
    fn lines(&self, language: Language) -> Vec<String> {
        let line = |name: &str, records: usize, claims: usize| {
            let (records, claims) = (counted(language, "records", records), counted(language, "claims", claims));
            format!("{} {} {claims}", fit(name, 15), fit(&records, 13))
        };
        let of_kind =
            |count: &KindCount| line(locale::code(language, "kind", &count.kind), count.records, count.claims);
        let mut lines: Vec<String> = self.kinds.iter().map(of_kind).collect();
        lines.push(line(locale::word(language, "import.in_all"), self.records, self.claims));
        lines
    }
}

fn counted(language: Language, key: &str, count: usize) -> String {
    locale::counted(language, key, number(count), &[])
}

/// A count as the locale counts.
fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn imported_text(language: Language, imported: &Imported) -> String {
    let mut lines = imported.content.lines(language);
    let entries = counted(language, "entries", imported.entries);
    lines.push(locale::counted(language, "new_claims", number(imported.new_claims), &[("entries", &entries)]));
    let told = |key: &str, text: &str| locale::format(language, key, &[("text", &one_line(text))]);
    lines.extend(imported.warnings.iter().map(|warning| told("import.note", warning)));
    lines.extend(not_signed(language, &imported.not_signed));
    lines.join("\n")
}

fn not_signed(language: Language, not_signed: &[String]) -> Vec<String> {
    let told = |text: &String| locale::format(language, "import.not_signed", &[("text", &one_line(text))]);
    let mut lines: Vec<String> = not_signed.iter().map(told).collect();
    if !not_signed.is_empty() {
        lines.push(counted(language, "left_out", not_signed.len()));
    }
    lines
}

async fn outlook_text(session: &Session, client: &Client, outlook: &Outlook) -> Result<String, Problem> {
    let (language, counts) = (session.language, &outlook.counts);
    let mut lines = preview::head(session, client, &outlook.head).await?;
    lines.push(String::new());
    lines.extend(counts.content.iter().flat_map(|content| content.lines(language)));
    let (records, claims) =
        (counted(language, "records", counts.new_records), counted(language, "claims", counts.new_claims));
    lines.push(String::new());
    lines.push(locale::format(language, "preview.new_in_all", &[("records", &records), ("claims", &claims)]));
    if outlook.head.known > 0 {
        lines.push(locale::format(language, "preview.known", &[("count", &outlook.head.known.to_string())]));
    }
    for (marking, count) in &counts.markings {
        let count = counted(language, "claims", *count);
        let values = [("claims", &*count), ("marking", &*inert(&marking.to_uppercase()))];
        lines.push(locale::format(language, "preview.own_marking", &values));
    }
    for (code, count) in &counts.warned {
        let key = format!("flag.{code}");
        let word = locale::lookup(language, &key).unwrap_or(code);
        let count = count.to_string();
        lines.push(locale::format(language, "preview.warned", &[("count", &*count), ("what", &*inert(word))]));
    }
    lines.extend(not_signed(language, &counts.not_signed).iter().map(|line| hanging("", line, width())));
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(code: &str, path: &str) -> Broken {
        let (code, path) = (code.to_owned(), path.to_owned());
        let (why, advice, try_key) = (String::new(), String::new(), String::new());
        Broken { code, path, why, advice, values: BTreeMap::new(), try_key }
    }

    #[test]
    fn a_name_of_the_file_begins_no_line_of_its_own() {
        let forged = "a\n+ 5 new claims\u{1b}[2J: why".to_owned();
        for language in Language::ALL {
            let lines = not_signed(language, std::slice::from_ref(&forged));
            assert!(lines.iter().all(|line| !line.contains(['\n', '\u{1b}'])), "{lines:?}");
        }
    }

    #[test]
    fn what_is_refused_is_taken_out_and_all_else_stays() {
        for (problems, kept) in [
            (&[broken("marking_wider", "changes[0].claims[1].marking")][..], &[2, 3][..]),
            (
                &[broken("missing_lang", "changes[1].claims[0].lang"), broken("no_text", "changes[1].claims[0].value")],
                &[3, 2],
            ),
            (&[broken("person_not_accused", "changes[1].claims[2].value")], &[3]),
            (&[broken("evidence_without_digest", "changes[0].claims")], &[3]),
            (&[broken("marking_wider", "claims[0].marking")], &[2, 3]),
            (&[broken("space", "changes[7].claims[0]")], &[3, 3]),
        ] {
            let claims: Vec<Json> = (0..3).map(Json::Int).collect();
            let change = |kind| Change { claims: claims.clone(), ..Change::of(RecordId::new([kind; 16])) };
            let mut request = Request { changes: vec![change(1), change(2)], ..Request::default() };
            take_out(&mut request, problems);
            let found: Vec<usize> = request.changes.iter().map(|change| change.claims.len()).collect();
            assert_eq!(found, kept, "{problems:?}");
        }
    }
}
