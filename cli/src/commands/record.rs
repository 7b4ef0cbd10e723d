//! `isnad record`: makes records, from a form in the user's editor or from a file.

use std::collections::BTreeMap;
use std::path::Path;

use isnad_node::problem::Broken;
use isnad_node::writing::{Change, Preview, Request};
use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::RecordId;
use isnad_protocol::locale::{self, Language};
use isnad_protocol::model::template::{self, Mark, Parsed, Reference};
use isnad_protocol::model::{self, Audience, Draft, Kind, nearest};

use super::drafts::Kept;
use super::editor::Writing;
use super::preview;
use super::writing::{not_taken, read, resolve_among, send, tell_if_normalised, tell_time_left_out, with_page};
use crate::args::{RecordCommand, RecordNewArgs, SpaceName};
use crate::client::Client;
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{inert, pasted};
use crate::session::Session;

pub(crate) async fn run(session: &Session, command: RecordCommand) -> Outcome {
    match command {
        RecordCommand::Example { kind } => example(session, known_kind(&kind)?),
        RecordCommand::New(args) => {
            let kind = known_kind(&args.kind)?;
            match &args {
                RecordNewArgs { example: true, .. } => example(session, kind),
                RecordNewArgs { edit: true, .. } => edit(session, kind, &args).await,
                RecordNewArgs { from: Some(file), space, .. } => from_file(session, kind, file, *space).await,
                _ => Err(Problem::told(exit::USAGE, "usage", "record_how", &[("kind", kind.name)])),
            }
        }
    }
}

/// Prints the filled form of a kind, or its JSON.
fn example(session: &Session, kind: &Kind) -> Outcome {
    let text = model::example(kind.code).unwrap_or_default();
    if session.printer.json {
        session.printer.line(text.trim_end());
        return Ok(DONE);
    }
    let draft = Draft::parse(text.as_bytes()).map_err(|error| Problem::fault(error.to_string()))?;
    session.printer.line(template::filled(&draft, kind.code, session.language).trim_end());
    Ok(DONE)
}

fn known_kind(kind: &str) -> Result<&'static Kind, Problem> {
    template::kind_named(kind).ok_or_else(|| kind_unknown("usage", "kind_unknown", kind))
}

/// No kind is called so. Which ones may have been meant is said.
pub(super) fn kind_unknown(code: &str, key: &str, typed: &str) -> Problem {
    let near: Vec<&str> = nearest::kinds_near(typed).iter().map(|kind| kind.name).collect();
    let key = if near.is_empty() { key.to_owned() } else { format!("{key}.near") };
    // Whoever writes in Arabic letters is answered in them.
    let is_arabic = typed.chars().any(|letter| matches!(letter, '\u{620}'..='\u{6ff}'));
    let near = if is_arabic { nearest::told(Language::Ar, &near, &["kind"]) } else { near.join(", ") };
    Problem::told(exit::USAGE, code, &key, &[("kind", typed), ("near", &near)])
}

/// A record as it was written: in JSON, or as a template that knows its lines.
struct Written {
    draft: Draft,
    template: Option<Parsed>,
}

impl Written {
    fn of_template(kind: &Kind, text: &str) -> Self {
        let parsed = template::parse(kind.code, text);
        Self { draft: parsed.draft.clone(), template: Some(parsed) }
    }

    /// A file is JSON if it begins as JSON does. Beside what it says stands its text.
    fn of_file(kind: &Kind, file: &Path) -> Result<(Self, String), Problem> {
        let bytes = read(file)?;
        if matches!(bytes.iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'{' | b'[')) {
            let draft = Draft::parse(&bytes).map_err(|error| not_taken(file, &error))?;
            return Ok((Self { draft, template: None }, String::from_utf8_lossy(&bytes).into_owned()));
        }
        let name = file.display().to_string();
        let text = String::from_utf8(bytes)
            .map_err(|_| Problem::told(exit::USAGE, "usage", "not_utf8", &[("file", &*name)]))?;
        Ok((Self::of_template(kind, &text), text))
    }

    /// What a rule has against it, at its line.
    fn found(&self, code: &str, path: &str, why: String, advice: String) -> Found {
        let line = self.template.as_ref().map_or(0, |parsed| parsed.line_of(path));
        let path = path.to_owned();
        let is_in_form = self.template.is_some();
        Found { code: code.to_owned(), path, is_in_form, mark: Mark { line, why, advice }, values: BTreeMap::new() }
    }
}

impl Written {
    /// What a rule of the model or of the node has against it: to whoever fills in a form in the words of the form.
    fn refused(&self, session: &Session, broken: &Broken) -> Found {
        let (language, values) = (session.language, &broken.values);
        let is_known = locale::lookup(language, &format!("refusal.{}.why", broken.code)).is_some();
        let (why, advice) = match &self.template {
            Some(_) if is_known && !broken.try_key.is_empty() => (
                template::why_in_form(language, &broken.code, values),
                template::try_in_form(language, &broken.code, &broken.try_key, values),
            ),
            None if is_known && !broken.try_key.is_empty() => (
                model::problem::told(language, &format!("refusal.{}.why", broken.code), values),
                model::problem::told(language, &broken.try_key, values),
            ),
            _ => (broken.why.clone(), broken.advice.clone()),
        };
        let mut found = self.found(&broken.code, &broken.path, why, advice);
        found.values.clone_from(values);
        found
    }
}

/// Something to be corrected.
struct Found {
    code: String,
    path: String,
    /// True of a text with lines, false of JSON, whose places are paths.
    is_in_form: bool,
    mark: Mark,
    /// What the texts name.
    values: BTreeMap<String, String>,
}

/// Why a record was not signed.
enum Failed {
    /// What its author can correct.
    Rules(Vec<Found>),
    /// All else.
    Else(Problem),
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::Else(problem)
    }
}

async fn from_file(session: &Session, kind: &Kind, file: &Path, space: Option<SpaceName>) -> Outcome {
    let (written, text) = Written::of_file(kind, file)?;
    tell_if_normalised(session, &text);
    let space = chosen_space(space, written.draft.space)?;
    let record = left(session, kind, Some(file));
    match sign(session, kind, &written, (record, space)).await {
        Ok(code) => {
            signed(session, Some(file));
            Ok(code)
        }
        Err(Failed::Else(problem)) => Err(problem),
        Err(Failed::Rules(found)) => Err(refused(session, &found)),
    }
}

/// The record that a text in the home becomes; none for a file that stands elsewhere.
fn left(session: &Session, kind: &Kind, file: Option<&Path>) -> Option<RecordId> {
    Kept::left(session, file?)?.record().filter(|record| record.kind_code() == kind.code)
}

/// A text that waited in the home is not wanted any more once it is signed.
fn signed(session: &Session, file: Option<&Path>) {
    if let Some(kept) = file.filter(|_| !session.preview).and_then(|file| Kept::left(session, file)) {
        kept.done();
    }
}

/// What is refused, the first rule on top, each with its line where it has one.
fn refused(session: &Session, found: &[Found]) -> Problem {
    let told = |found: &Found| {
        let line = found.mark.line.to_string();
        let values = [("line", &*line), ("why", &*found.mark.why)];
        let why = match &*found.path {
            _ if found.mark.line > 0 => locale::format(session.language, "record.at_line", &values),
            // The whole record, and no line of it.
            _ if found.is_in_form => found.mark.why.clone(),
            path => format!("{path}: {}", found.mark.why),
        };
        let (code, path, advice) = (found.code.clone(), found.path.clone(), inert(&found.mark.advice));
        let values = found.values.clone();
        Broken { code, path, why: inert(&why), advice, values, try_key: String::new() }
    };
    let problems: Vec<Broken> = found.iter().map(told).collect();
    let Some(first) = problems.first().cloned() else { return Problem::fault("nothing was refused") };
    let what = session.word("preview.not_signed");
    let mut problem = Problem::new(exit::REFUSED, &first.code, what, first.why, first.advice);
    problem.words.problems = problems;
    problem
}

/// What of a form is none: no line of it was understood as a claim.
fn mistakes(session: &Session, written: &Written) -> Vec<Found> {
    let errors = written.template.iter().flat_map(|parsed| &parsed.errors);
    let found = errors.map(|(line, mistake)| Found {
        code: mistake.code().to_owned(),
        path: format!("line {line}"),
        is_in_form: true,
        mark: Mark { line: *line, why: mistake.why_in(session.language), advice: mistake.try_in(session.language) },
        values: mistake.values(),
    });
    found.collect()
}

/// Rules that ask for something elsewhere in the record. What a line says that was not understood may be just that.
const ASKS_ELSEWHERE: [&str; 2] = [preview::PERSON_NOT_ACCUSED, "testimony_without_consent"];

/// Holds a record against the rules, and has it signed. All that can be told at once is.
async fn sign(
    session: &Session,
    kind: &Kind,
    written: &Written,
    (record, space): (Option<RecordId>, SpaceName),
) -> Result<u8, Failed> {
    let mut found = mistakes(session, written);
    let is_whole = found.is_empty();
    let (claims, unknown) = resolved(session, kind, written).await?;
    found.extend(unknown);
    let mut draft = Draft { claims, space: Some(audience(space)) };
    let mut problems = draft.check(kind.code);
    if !is_whole {
        problems.retain(|problem| problem.path != "claims" && !ASKS_ELSEWHERE.contains(&problem.code));
    }
    let is_person = |problem: &model::Problem| problem.code == preview::PERSON_NOT_ACCUSED;
    if found.is_empty() && !problems.is_empty() && problems.iter().all(is_person) && preview::declares(session) {
        draft.claims.push(preview::declaration());
        problems.clear();
    }
    found.extend(problems.iter().map(|problem| written.refused(session, &Broken::of(problem))));
    if !found.is_empty() {
        found.extend(known_to_node(session, written, (kind, record, space), draft.claims).await);
        found.sort_by_key(|found| found.mark.line);
        return Err(Failed::Rules(found));
    }
    if draft.claims.is_empty() {
        return Err(Problem::told(exit::REFUSED, "draft_empty", "draft_empty", &[]).into());
    }
    let record = match record {
        Some(record) => record,
        None => new_record(kind.code)?,
    };
    let left_out = written.template.iter().flat_map(|parsed| &parsed.time_left_out);
    left_out.for_each(|typed| tell_time_left_out(session, typed));
    let change = Change { claims: draft.claims, ..Change::of(record) };
    let client = Client::to_write(session).await?;
    send(session, &client, space, change, None).await.map_err(|problem| {
        if problem.words.problems.is_empty() {
            return Failed::Else(problem);
        }
        let found = preview::told(session, problem).words.problems;
        Failed::Rules(found.iter().map(|broken| written.refused(session, broken)).collect())
    })
}

/// Rules of which a node alone knows whether they are broken: what is refused without it is no reason to hear of these later.
const OF_NODE: [&str; 5] = ["alias_taken", "claim_not_held", "own_claim", "wider_than_its_claim", "was_retracted"];

/// What a node would refuse besides. That none can be asked changes nothing.
async fn known_to_node(
    session: &Session,
    written: &Written,
    (kind, record, space): (&Kind, Option<RecordId>, SpaceName),
    claims: Vec<Json>,
) -> Vec<Found> {
    let Some(record) = record.or_else(|| new_record(kind.code).ok()).filter(|_| !claims.is_empty()) else {
        return Vec::new();
    };
    let changes = vec![Change { claims, ..Change::of(record) }];
    let request = Request { space: space.name().into(), changes, only_new: false };
    let Ok(client) = Client::to_read(session).await else { return Vec::new() };
    let Err(problem) = client.post::<Preview>("/preview", &request).await else { return Vec::new() };
    let problems = preview::told(session, preview::with_names(session, &client, problem).await).words.problems;
    let problems = problems.iter().filter(|broken| OF_NODE.contains(&&*broken.code));
    problems.map(|broken| written.refused(session, broken)).collect()
}

/// The claims with whole ids for the records that they name, and what names none: an id of nothing stands in its place, so that
/// no rule speaks of it again. A home is asked only where one is named otherwise.
async fn resolved(session: &Session, kind: &Kind, written: &Written) -> Result<(Vec<Json>, Vec<Found>), Failed> {
    let claims = &written.draft.claims;
    let (mut records, mut found, mut client) = (Vec::new(), Vec::new(), None);
    for reference in template::references(kind.code, claims) {
        if let Ok(record) = RecordId::parse(pasted(&reference.text)) {
            records.push(record.to_string());
            continue;
        }
        let reader = match client.take() {
            Some(reader) => reader,
            None => Client::to_read(session).await?,
        };
        match resolve_among(session, &reader, &reference.text, reference.kinds).await {
            Ok(record) => records.push(record.to_string()),
            Err(problem) if problem.exit == exit::NO => {
                found.push(unknown(session, written, &reference, problem));
                let mut nothing = [0; 16];
                nothing[0] = reference.kinds.first().copied().unwrap_or(kind.code);
                records.push(RecordId::new(nothing).to_string());
            }
            Err(problem) => return Err(problem.into()),
        }
        client = Some(reader);
    }
    Ok((template::with_records(kind.code, claims, records), found))
}

/// What is told where no record is called so, or several are.
fn unknown(session: &Session, written: &Written, reference: &Reference, problem: Problem) -> Found {
    let problem = problem.in_language(session.language);
    let why = [problem.error, problem.why].into_iter().filter(|text| !text.is_empty());
    let why = why.collect::<Vec<_>>().join(": ");
    // Where one of several is meant, the author chooses; else the rule that asks for a record is broken.
    let code = if problem.code == "not_found" { "not_a_record" } else { &problem.code };
    let named = reference.kinds.first().and_then(|code| model::kind(*code)).map_or("incident", |kind| kind.name);
    let page = with_page(&reference.text).filter(|_| reference.path.contains(".basis["));
    let advice = match (&*problem.code, page) {
        ("not_found", Some((record, page))) => {
            locale::format(session.language, "record.comma_before_page", &[("record", record), ("page", page)])
        }
        ("not_found", None) if !problem.words.values.contains_key("near") => {
            locale::format(session.language, "record.see_kind", &[("kind", named)])
        }
        _ => problem.advice.clone(),
    };
    written.found(code, &reference.path, why, advice)
}

/// Opens the form in the editor, and comes back to it with what is to be corrected, until it is signed or given up.
async fn edit(session: &Session, kind: &Kind, args: &RecordNewArgs) -> Outcome {
    let begun = form(session, kind, args)?;
    let left = args.from.as_deref().and_then(|file| Kept::left(session, file));
    let record = left.as_ref().and_then(Kept::record).filter(|record| record.kind_code() == kind.code);
    let writing = Writing::begin(session, left, kind.name, &begun)?;
    let record = record.or_else(|| writing.record());
    let (mut shown, mut last) = (begun.clone(), None);
    // A text that waited may be right as it stands: it is handed in by saving it once.
    let mut may_stay = writing.is_resumed();
    loop {
        let typed = match writing.edited() {
            Ok(typed) => typed,
            Err(problem) => return Err(writing.kept_if_changed(session, problem, &begun)),
        };
        if let Some(problem) = given_up(&typed, &shown, last, may_stay) {
            if template::is_same(&shown, &begun) {
                return Err(writing.given_up(session, problem));
            }
            writing.put(&shown)?;
            // Of several rules each is told with its own advice, and none of them names the file.
            if problem.words.problems.len() > 1 && !session.printer.json {
                writing.tell_kept(session);
            }
            return Err(writing.kept(session, problem));
        }
        may_stay = false;
        tell_if_normalised(session, &typed);
        let written = Written::of_template(kind, &typed);
        let space = written.draft.space.map_or_else(SpaceName::default, named);
        match sign(session, kind, &written, (record, space)).await {
            Ok(code) if session.preview => {
                writing.tell_kept(session);
                return Ok(code);
            }
            Ok(code) => {
                writing.done();
                return Ok(code);
            }
            Err(Failed::Else(problem)) => return Err(writing.kept(session, problem)),
            Err(Failed::Rules(mut found)) => {
                let marks: Vec<Mark> = found.iter().map(|found| found.mark.clone()).collect();
                shown = template::marked(&typed, &marks, session.language);
                writing.put(&shown)?;
                // Told by the number that the line has in the text that is kept, marks and all.
                for found in &mut found {
                    found.mark.line = template::moved(&typed, &marks, session.language, found.mark.line);
                }
                last = Some(refused(session, &found));
            }
        }
    }
}

/// What ends the editing: an emptied or an unchanged text. What was to be corrected then is the reason.
fn given_up(typed: &str, shown: &str, last: Option<Problem>, may_stay: bool) -> Option<Problem> {
    let key = if typed.trim().is_empty() {
        "unchanged.empty"
    } else if !may_stay && template::is_same(typed, shown) {
        "unchanged.same"
    } else {
        return None;
    };
    Some(last.unwrap_or_else(|| Problem::told(exit::NO, "unchanged", key, &[])))
}

/// The text that the editor begins with: the blank form, or what a file says.
fn form(session: &Session, kind: &Kind, args: &RecordNewArgs) -> Result<String, Problem> {
    let space = args.space.map(audience);
    let Some(file) = &args.from else {
        return Ok(template::filled(&Draft { claims: Vec::new(), space }, kind.code, session.language));
    };
    let (written, text) = Written::of_file(kind, file)?;
    chosen_space(args.space, written.draft.space)?;
    if written.template.is_none() {
        let draft = Draft { space: space.or(written.draft.space), ..written.draft };
        return Ok(template::filled(&draft, kind.code, session.language));
    }
    Ok(text)
}

/// The space that the command or the file names. Where they differ nothing is guessed: one of them is read by everyone.
fn chosen_space(asked: Option<SpaceName>, drafted: Option<Audience>) -> Result<SpaceName, Problem> {
    match (asked, drafted.map(named)) {
        (Some(asked), Some(drafted)) if asked != drafted => {
            let values = [("drafted", drafted.name()), ("asked", asked.name())];
            Err(Problem::told(exit::USAGE, "usage", "unsigned_this.space_differs", &values))
        }
        (asked, drafted) => Ok(asked.or(drafted).unwrap_or_default()),
    }
}

const fn named(audience: Audience) -> SpaceName {
    match audience {
        Audience::Members => SpaceName::Members,
        Audience::Public => SpaceName::Public,
    }
}

const fn audience(space: SpaceName) -> Audience {
    match space {
        SpaceName::Members => Audience::Members,
        SpaceName::Public => Audience::Public,
    }
}

/// Records made by hand have random ids: nobody can guess what they are about.
fn new_record(code: u8) -> Result<RecordId, Problem> {
    let mut bytes: [u8; 16] = isnad_node::clock::random()?;
    bytes[0] = code;
    Ok(RecordId::new(bytes))
}
