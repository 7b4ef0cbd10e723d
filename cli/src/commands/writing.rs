//! `import`, `record`, `claim`, `narrative`: what this organisation says.

use std::path::Path;

use isnad_node::reading::Who;
use isnad_node::writing::{Change, Edit, Request, Retraction, Written};
use isnad_protocol::encoding::json::{Json, Object};
use isnad_protocol::id::{ClaimId, RecordId, kind_code};
use isnad_protocol::model::{self, Draft};
use isnad_protocol::view::View;
use isnad_protocol::{encoding::foreign, import};
use serde::Serialize;

use crate::args::{ClaimAddArgs, ClaimCommand, NarrativeCommand, RecordCommand, SpaceName};
use crate::client::{Client, encoded};
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::inert;
use crate::session::Session;

#[derive(Serialize)]
struct Imported {
    kinds: Vec<KindCount>,
    records: usize,
    claims: usize,
    new_claims: usize,
    entries: usize,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct KindCount {
    kind: String,
    records: usize,
    claims: usize,
}

/// Records of one request: each stands or falls whole, and progress is told between.
const PART: usize = 48;

pub(crate) async fn import(session: &Session, file: &Path, space: SpaceName) -> Outcome {
    let bytes = read(file)?;
    let dataset = import::read(&bytes, import::DATASET).map_err(|error| {
        let what = format!("{} was not imported", file.display());
        Problem::new(exit::REFUSED, error.code(), what, inert(&error.to_string()), error.try_())
    })?;
    let client = Client::to_write(session).await?;
    let bar = crate::output::progress(session.printer, dataset.records.len());
    let (mut new_claims, mut entries) = (0, 0);
    for part in dataset.records.chunks(PART) {
        let changes = part.iter().map(|record| Change {
            claims: record.claims.iter().cloned().map(Json::Object).collect(),
            ..Change::of(record.record)
        });
        let request = Request { space: space.name().into(), changes: changes.collect(), only_new: true };
        let written: Written = client.post("/contributions", &request).await?;
        new_claims += written.claims.len();
        entries += written.entries.len();
        bar.inc(part.len() as u64);
    }
    bar.finish_and_clear();
    let kinds = dataset.by_kind().into_iter().map(|(kind, count)| KindCount {
        kind: RecordId::new([kind; 16]).kind_name().unwrap_or("?").to_owned(),
        records: count.records,
        claims: count.claims,
    });
    let imported = Imported {
        kinds: kinds.collect(),
        records: dataset.records.len(),
        claims: dataset.records.iter().map(|record| record.claims.len()).sum(),
        new_claims,
        entries,
        warnings: dataset.warnings.iter().map(|warning| format!("{}: {}", warning.path, warning.why)).collect(),
    };
    session.printer.either(&imported, imported_text);
    Ok(DONE)
}

fn imported_text(imported: &Imported) -> String {
    let mut lines: Vec<String> = imported
        .kinds
        .iter()
        .map(|count| format!("{:<14}{:>5} records {:>6} claims", count.kind, count.records, count.claims))
        .collect();
    lines.push(format!("{:<14}{:>5} records {:>6} claims", "in all", imported.records, imported.claims));
    lines.push(format!("{} claims are new, signed in {} entries", imported.new_claims, imported.entries));
    lines.extend(imported.warnings.iter().map(|warning| format!("note: {}", inert(warning))));
    lines.join("\n")
}

fn read(file: &Path) -> Result<Vec<u8>, Problem> {
    std::fs::read(file).map_err(|error| Problem::file("read", file, &error))
}

#[derive(Serialize)]
struct Recorded {
    record: RecordId,
    #[serde(flatten)]
    written: Written,
}

fn recorded_text(recorded: &Recorded) -> String {
    let mut lines = vec![recorded.record.to_string()];
    lines.extend(recorded.written.claims.iter().map(|claim| format!("claim {claim}")));
    lines.extend(recorded.written.narratives.iter().map(|narrative| format!("narrative {narrative}")));
    lines.extend(recorded.written.entries.iter().map(|entry| format!("entry {entry}")));
    lines.join("\n")
}

pub(crate) async fn record(session: &Session, command: RecordCommand) -> Outcome {
    match command {
        RecordCommand::Example { kind } => {
            let example = model::example(known_kind(&kind)?).ok_or_else(|| {
                Problem::missing(format!("there is no example of {kind} yet"), "", "begin from that of incident")
            })?;
            session.printer.line(example);
            Ok(DONE)
        }
        RecordCommand::New { kind, from, space } => {
            let code = known_kind(&kind)?;
            let draft = Draft::parse(&read(&from)?).map_err(|error| {
                let what = format!("{} was not taken", from.display());
                Problem::new(exit::REFUSED, "draft", what, inert(&error.to_string()), "see `isnad record example`")
            })?;
            refuse_first(&draft.check(code))?;
            let record = new_record(code)?;
            let change = Change { claims: draft.claims, ..Change::of(record) };
            contribute(session, space, change).await
        }
    }
}

fn known_kind(kind: &str) -> Result<u8, Problem> {
    kind_code(kind).filter(|code| model::kind(*code).is_some()).ok_or_else(|| {
        Problem::usage(format!("there is no kind {}", inert(kind)), "", "see the kinds with `isnad help list`")
    })
}

/// Records made by hand have random ids: nobody can guess what they are about.
fn new_record(code: u8) -> Result<RecordId, Problem> {
    let mut bytes: [u8; 16] = isnad_node::clock::random()?;
    bytes[0] = code;
    Ok(RecordId::new(bytes))
}

fn refuse_first(problems: &[model::Problem]) -> Result<(), Problem> {
    let Some(first) = problems.first() else { return Ok(()) };
    let more = problems.len() - 1;
    let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
    let why = inert(&format!("{}: {}{more}", first.path, first.why));
    Err(Problem::new(exit::REFUSED, first.code, "this was not signed", why, first.try_.to_string()))
}

async fn contribute(session: &Session, space: SpaceName, change: Change) -> Outcome {
    let client = Client::to_write(session).await?;
    send(session, &client, space, change).await
}

async fn send(session: &Session, client: &Client, space: SpaceName, change: Change) -> Outcome {
    let record = change.record;
    let request = Request { space: space.name().into(), changes: vec![change], only_new: false };
    let written: Written = client.post("/contributions", &request).await?;
    session.printer.either(&Recorded { record, written }, recorded_text);
    Ok(DONE)
}

pub(crate) async fn claim(session: &Session, command: ClaimCommand) -> Outcome {
    let client = Client::to_write(session).await?;
    match command {
        ClaimCommand::Add(args) => {
            let record = resolve(&client, &args.record).await?;
            let claim = claim_of(&client, &args, record, None).await?;
            send(session, &client, args.space, Change { claims: vec![claim], ..Change::of(record) }).await
        }
        ClaimCommand::Replace { claim, new } => {
            let record = resolve(&client, &new.record).await?;
            let old = own_claim(&client, record, &claim).await?;
            let claim = claim_of(&client, &new, record, Some(old)).await?;
            send(session, &client, new.space, Change { claims: vec![claim], ..Change::of(record) }).await
        }
        ClaimCommand::Retract { record, claim, reason, note, space } => {
            let record = resolve(&client, &record).await?;
            let reason_known =
                model::vocabularies::ALL.iter().find(|vocabulary| vocabulary.name == "retraction_reason");
            if reason_known.is_some_and(|vocabulary| !vocabulary.codes.contains(&reason.as_str())) {
                let advice = "see the reasons with `isnad help claim retract`";
                return Err(Problem::new(
                    exit::REFUSED,
                    "reason",
                    "this was not signed",
                    format!("{} is no reason", inert(&reason)),
                    advice,
                ));
            }
            let claim = own_claim(&client, record, &claim).await?;
            let retraction = Retraction { claim, reason, note };
            send(session, &client, space, Change { retractions: vec![retraction], ..Change::of(record) }).await
        }
    }
}

async fn resolve(client: &Client, text: &str) -> Result<RecordId, Problem> {
    client.get(&format!("/resolve/{}", encoded(text))).await
}

/// A claim of this organisation by its id or a unique beginning of it.
async fn own_claim(client: &Client, record: RecordId, text: &str) -> Result<ClaimId, Problem> {
    let view: View = client.get(&format!("/records/{record}")).await?;
    let who: Who = client.get("/who").await?;
    let claims = view.properties.iter().flat_map(|property| &property.claims);
    let own = claims.filter(|claim| Some(claim.organisation) == who.own && claim.id.to_string().starts_with(text));
    let found: Vec<ClaimId> = own.map(|claim| claim.id).collect();
    match found.as_slice() {
        [claim] => Ok(*claim),
        [] => Err(Problem::missing(
            format!("this organisation has no claim {} on {record}", inert(text)),
            "only one's own claims can be replaced or retracted",
            "see them with `isnad show`",
        )),
        _ => Err(Problem::new(exit::NO, "ambiguous", "several claims begin so", "", "give more of its id")),
    }
}

async fn claim_of(
    client: &Client,
    args: &ClaimAddArgs,
    record: RecordId,
    replaces: Option<ClaimId>,
) -> Result<Json, Problem> {
    let mut members = match &args.from {
        Some(file) => from_file(file)?,
        None => from_words(client, args, record).await?,
    };
    if let Some(old) = replaces {
        members.insert("replaces".into(), Json::text(old.to_string()));
    }
    let claim = Json::Object(members);
    refuse_first(&model::check_claims(record.kind_code(), std::slice::from_ref(&claim)))?;
    Ok(claim)
}

fn from_file(file: &Path) -> Result<Object, Problem> {
    let what = || format!("{} was not taken", file.display());
    let bytes = read(file)?;
    let wrapped = [&b"{\"claims\":["[..], &bytes, b"]}"].concat();
    let draft = Draft::parse(&wrapped).map_err(|error| {
        Problem::new(exit::REFUSED, "claim", what(), inert(&error.to_string()), "the file holds one claim as an object")
    })?;
    let claim = draft.claims.into_iter().next().and_then(|claim| claim.as_object().cloned());
    claim.ok_or_else(|| Problem::new(exit::REFUSED, "claim", what(), "it holds no claim", "see `isnad record example`"))
}

async fn from_words(client: &Client, args: &ClaimAddArgs, record: RecordId) -> Result<Object, Problem> {
    let property = args.property.clone().unwrap_or_default();
    let value = value_of(args.value.as_deref().unwrap_or_default())?;
    let mut members = Object::from([("prop".to_owned(), Json::text(&property)), ("value".to_owned(), value)]);
    if let Some(language) = &args.language {
        members.insert("lang".into(), Json::text(language));
    }
    if let Some(body) = &args.according_to {
        members.insert("according_to".into(), Json::text(resolve(client, body).await?.to_string()));
    }
    let mut basis = Vec::new();
    for source in &args.source {
        basis.push(Json::object([("source", Json::text(resolve(client, source).await?.to_string()))]));
    }
    if !basis.is_empty() {
        members.insert("basis".into(), Json::List(basis));
    }
    if let Some(standard) = &args.standard {
        members.insert("standard".into(), Json::text(standard));
    }
    let is_accusing = model::property(record.kind_code(), &property).is_some_and(|property| property.accuses);
    match (&args.wording, is_accusing) {
        (Some(text), _) => {
            let lang = args.language.clone().unwrap_or_else(|| "und".into());
            members.insert("wording".into(), Json::object([("lang", Json::text(lang)), ("text", Json::text(text))]));
        }
        (None, true) => {
            members.insert("wording".into(), Json::object([("unavailable", Json::text("not_seen"))]));
        }
        (None, false) => {}
    }
    Ok(members)
}

/// JSON where it looks like an object, a list or a number, else the text as it is.
fn value_of(text: &str) -> Result<Json, Problem> {
    let looks_like_json =
        text.starts_with(['{', '[']) || text == "true" || text == "false" || text.parse::<i64>().is_ok();
    if !looks_like_json {
        return Ok(Json::text(text));
    }
    let draft = format!("{{\"claims\":[{{\"prop\":\"note\",\"value\":{text}}}]}}");
    let parsed = foreign::parse(draft.as_bytes()).is_ok().then(|| Draft::parse(draft.as_bytes()));
    let claims = parsed.and_then(Result::ok).map(|draft| draft.claims).unwrap_or_default();
    claims.first().and_then(|claim| claim.get("value").cloned()).ok_or_else(|| {
        Problem::usage(
            "the value is not understood",
            "it begins like JSON and is not",
            "quote it for your shell with ' '",
        )
    })
}

pub(crate) async fn narrative(session: &Session, command: NarrativeCommand) -> Outcome {
    let NarrativeCommand::Edit { record, narrative, from, language, space } = command;
    let client = Client::to_write(session).await?;
    let record = resolve(&client, &record).await?;
    let old = match &narrative {
        Some(id) => Some(own_narrative(&client, record, id).await?),
        None => None,
    };
    let before = old.as_ref().map(|old| old.text.clone()).unwrap_or_default();
    let after = match from {
        Some(file) => String::from_utf8(read(&file)?)
            .map_err(|_| Problem::usage("the text is not UTF-8", file.display().to_string(), "save it as UTF-8"))?,
        None => edited(&before)?,
    };
    let change = match old {
        Some(old) => {
            let edit = Edit { narrative: old.id, heads: old.heads, old: before, new: after };
            Change { edit: Some(edit), ..Change::of(record) }
        }
        None => Change { begin: Some(after), ..Change::of(record) },
    };
    let is_new = change.begin.is_some();
    let request = Request { space: space.name().into(), changes: vec![change], only_new: false };
    let mut written: Written = client.post("/contributions", &request).await?;
    if let (true, Some(id)) = (is_new, written.narratives.first()) {
        // A claim points to the text, so that it stands among what the organisation says.
        let value = Json::object([("narrative", Json::text(id.to_string()))]);
        let members = [("lang", Json::text(language)), ("prop", Json::text("description")), ("value", value)];
        let change = Change { claims: vec![Json::object(members)], ..Change::of(record) };
        let request = Request { space: space.name().into(), changes: vec![change], only_new: false };
        let pointer: Written = client.post("/contributions", &request).await?;
        written.claims.extend(pointer.claims);
        written.entries.extend(pointer.entries);
    }
    session.printer.either(&Recorded { record, written }, recorded_text);
    Ok(DONE)
}

async fn own_narrative(
    client: &Client,
    record: RecordId,
    id: &str,
) -> Result<isnad_protocol::view::ShownNarrative, Problem> {
    let view: View = client.get(&format!("/records/{record}")).await?;
    let who: Who = client.get("/who").await?;
    let own = view.narratives.into_iter().filter(|narrative| Some(narrative.organisation) == who.own);
    let mut found = own.filter(|narrative| narrative.id.to_string().starts_with(id));
    found.next().ok_or_else(|| {
        let why = "only texts of one's own organisation can be edited";
        Problem::missing(format!("there is no narrative {} to edit", inert(id)), why, "see them with `isnad show`")
    })
}

/// Opens the user's editor on a text and reads it back.
fn edited(text: &str) -> Result<String, Problem> {
    let editor = std::env::var("VISUAL").or_else(|_| std::env::var("EDITOR")).unwrap_or_else(|_| "vi".into());
    let file = tempfile::NamedTempFile::new().map_err(|error| Problem::fault(error.to_string()))?;
    let path = file.path();
    std::fs::write(path, text).map_err(|error| Problem::file("write", path, &error))?;
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let status = std::process::Command::new(program).args(words).arg(path).status();
    let status =
        status.map_err(|error| Problem::usage(format!("could not run {program}"), error.to_string(), "set EDITOR"))?;
    if !status.success() {
        return Err(Problem::usage("nothing was signed", format!("{program} ended with an error"), "edit again"));
    }
    std::fs::read_to_string(path).map_err(|error| Problem::file("read", path, &error))
}
