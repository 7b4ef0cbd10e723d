//! `isnad act`: what waits for signatures, what each act changes, and signing it, here or on an offline machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use isnad_node::governing::signatures::Signed;
use isnad_node::governing::signing::Seen;
use isnad_node::governing::{self, Described, Drafted, LogEnds, State};
use isnad_node::reading::{self, Chapter, Who};
use isnad_protocol::act::difference::Change;
use isnad_protocol::act::{Act, Role, founding};
use isnad_protocol::check_words::CheckWords;
use isnad_protocol::governance::{Governance, Refusal, bundle_acts};
use isnad_protocol::id::{ActId, OrganisationId};
use isnad_protocol::locale;
use isnad_protocol::time::Timestamp;

use super::charter::organisation_id;
use super::founding::{read_acts, write};
use super::governing::{Asked, Roots, decoded, hand_in, held, tell_done, with_stops};
use crate::args::ActCommand;
use crate::client::{Client, encoded};
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{Style, hanging, width};
use crate::session::Session;

mod proof;
#[cfg(test)]
pub(super) mod tests;
mod words;

pub(crate) use words::Words;

/// Acts in effect that a list shows when it is not asked for all.
const LAST: usize = 5;
/// Double signers that are told of one act: the reader's own organisation first, and `isnad who` has them all.
const TWICE: usize = 8;
/// Acts that wait which are named where one has to be chosen.
const NAMED: usize = 8;
/// Changes of an act that a list shows.
const CHANGES: usize = 4;

pub(crate) async fn run(session: &Session, command: ActCommand) -> Outcome {
    match command {
        ActCommand::List { all } => list(session, all).await,
        ActCommand::Show { act } => show(session, &act).await,
        ActCommand::Sign { act, keys, output, halt_seen, organisation } => {
            match (act.as_deref().and_then(as_file), output) {
                (Some(file), output) if output.is_some() || (session.preview && session.home().is_err()) => {
                    sign_file(session, &file, keys, output.as_deref(), (organisation.as_deref(), halt_seen))
                }
                (Some(file), _) => sign_taken(session, &file, keys).await,
                (None, Some(_)) => Err(Problem::told(exit::USAGE, "usage", "governing.sign_output", &[])),
                (None, None) => sign_held(session, act.as_deref(), keys).await,
            }
        }
        ActCommand::Export { proof: Some(organisation), output, .. } => {
            proof::export(session, &organisation, &output).await
        }
        ActCommand::Export { act, proof: None, output } => export(session, &act.unwrap_or_default(), &output).await,
        ActCommand::Check { file } => proof::check(session, &file),
        ActCommand::Take { file } => take(session, &file).await,
    }
}

/// What is typed as a file, if it is there as one.
fn as_file(text: &str) -> Option<PathBuf> {
    let path = PathBuf::from(text);
    let is_path = text.contains(['/', '.']) || path.exists();
    is_path.then_some(path)
}

async fn list(session: &Session, all: bool) -> Outcome {
    let client = Client::to_read(session).await?;
    let mut acts: Vec<Chapter> = client.get("/who/history").await?;
    let who: Who = client.get("/who").await?;
    // What waits for one's own signature stands first, then what waits for others, and the newest before the older.
    acts.reverse();
    let is_open = |act: &Described| !matches!(act.state, State::InEffect | State::Lost);
    acts.sort_by_key(|Chapter { act, .. }| {
        let settles = act.changes.iter().any(|change| matches!(change, Change::Settles { .. }));
        // A draft that another is signed instead of is the one that nobody wants any more.
        (!act.is_mine, !is_open(act), is_open(act) && !settles, !act.replaced_by.is_empty())
    });
    let held = acts.len();
    if !all {
        let open = acts.iter().filter(|chapter| is_open(&chapter.act)).count();
        acts.retain(|chapter| chapter.act.state != State::Lost);
        acts.truncate(open.saturating_add(LAST));
    }
    session.printer.either(&acts, |acts| {
        let mut told: Vec<String> = Vec::new();
        told.extend((acts.len() > 1).then(|| hanging("", session.word("acts.order"), width())));
        told.extend(acts.iter().map(|chapter| listed(session, &who, chapter)));
        let more = u64::try_from(held.saturating_sub(acts.len())).unwrap_or(u64::MAX);
        told.extend((more > 0).then(|| locale::counted(session.language, "acts_older", more, &[])));
        if told.is_empty() { session.word("acts.none").to_owned() } else { told.join("\n\n") }
    });
    Ok(DONE)
}

/// An act in a list: the first of what it changes, and the command that signs it where it waits for that.
fn listed(session: &Session, who: &Who, Chapter { act, since, .. }: &Chapter) -> String {
    let words = Words::new(session.printer, who, &act.names);
    let mut lines = with_changes(session, who, &words, act, CHANGES, (*since, ""));
    lines.extend(act.is_mine.then(|| format!("    isnad act sign {}", act.id.to_short())));
    lines.join("\n")
}

async fn show(session: &Session, named: &str) -> Outcome {
    if let Some(file) = as_file(named) {
        let Filed { described, who, .. } = from_file(&file)?;
        session.printer.either(&described, |act| text(session, &who, act, true));
        return Ok(DONE);
    }
    let client = Client::to_read(session).await?;
    let found: Drafted = client.get(&format!("/governing/acts/{}", encoded(named))).await?;
    let who: Who = client.get("/who").await?;
    session.printer.either(&found.act, |act| text(session, &who, act, true));
    Ok(DONE)
}

async fn sign_held(session: &Session, named: Option<&str>, keys: Option<PathBuf>) -> Outcome {
    let client = Client::to_read(session).await?;
    let named = match named {
        Some(named) => named.to_owned(),
        None => waiting(&client).await?,
    };
    let named = &named;
    let found: Drafted = client.get(&format!("/governing/acts/{}", encoded(named))).await?;
    sign_through(session, &client, found, keys).await
}

/// The one act that waits for one's own signature; of several the one that is signed instead of all others.
async fn waiting(client: &Client) -> Result<String, Problem> {
    let acts: Vec<Described> = client.get("/governing/acts").await?;
    let mine: Vec<&Described> = acts.iter().filter(|act| act.is_mine).collect();
    let wanted: Vec<&Described> = mine.iter().copied().filter(|act| !is_replaced(act, &mine)).collect();
    match wanted[..] {
        [one] => Ok(one.id.to_string()),
        [] if mine.is_empty() => Err(Problem::told(exit::NO, "nothing_waits", "governing.nothing_waits", &[])),
        _ => {
            let (count, shown) = (mine.len().to_string(), mine.iter().take(NAMED));
            let acts = shown.map(|act| act.id.to_short()).collect::<Vec<_>>().join(", ");
            let values = [("count", &*count), ("acts", &acts)];
            Err(Problem::told(exit::USAGE, "usage", "governing.several_wait", &values))
        }
    }
}

/// True if one of these is signed instead of it.
fn is_replaced(act: &Described, others: &[&Described]) -> bool {
    others.iter().any(|other| act.replaced_by.contains(&other.id))
}

/// Signs an act through the node that is to hold it.
async fn sign_through(session: &Session, client: &Client, found: Drafted, keys: Option<PathBuf>) -> Outcome {
    let who: Who = client.get("/who").await?;
    let act = decoded(&found.bytes)?;
    let governance = held(client, &who).await?;
    let roots = Roots::of(session, keys)?;
    let falls = found.falls.as_ref();
    let told = |act: &Described| with_stops(session, &who, text(session, &who, act, true), falls, &found.stops);
    let asked = Asked { act: &found.act, stops: &found.stops, falls };
    if !super::governing::shown(session, &asked, false, told)? {
        return Ok(DONE);
    }
    let organisation = roots.organisation(&governance, &act, who.own)?;
    let signed = roots.sign(session, act, organisation, &governance, &found.seen)?;
    hand_in(client, &signed).await?;
    tell_done(session, client, &signed).await
}

/// Signs an act of a file and hands it in: for who has root keys and a node on one machine.
async fn sign_taken(session: &Session, file: &Path, keys: Option<PathBuf>) -> Outcome {
    let client = Client::to_read(session).await?;
    let mut acts = read_acts(file)?;
    let first = first_of(file, &mut acts)?;
    // What was acknowledged, and what would not count any more, the node alone knows.
    let found: Drafted = client.post_bytes("/governing/read", first.encode()).await?;
    sign_through(session, &client, found, keys).await
}

/// Signs an act of a file into another file: no node is needed, and no home that has joined. To be looked at alone it takes no other file.
fn sign_file(
    session: &Session,
    file: &Path,
    keys: Option<PathBuf>,
    output: Option<&Path>,
    (organisation, has_seen_halt): (Option<&str>, bool),
) -> Outcome {
    let Filed { act, governance, others, described, who } = from_file(file)?;
    let roots = Roots::of(session, keys)?;
    let asked = organisation.map(organisation_id).transpose()?;
    let organisation = roots.organisation(&governance, &act, asked)?;
    let falls = governing::falls(&governance, None, &act);
    let told = |act: &Described| {
        let named = Words::new(session.printer, &who, &act.names).organisation(organisation);
        let on_behalf = locale::format(session.language, "acts.on_behalf", &[("organisation", &named)]);
        let text = format!("{}\n{}", text(session, &who, act, true), hanging("  ", &on_behalf, width()));
        with_stops(session, &who, text, falls.as_ref(), &[])
    };
    let asked = Asked { act: &described, stops: &[], falls: falls.as_ref() };
    let is_agreed = super::governing::shown(session, &asked, false, told)?;
    let Some(output) = output.filter(|_| is_agreed) else { return Ok(DONE) };
    let seen = Seen::by_file(&governance, &act, has_seen_halt);
    let signed = roots.sign(session, act, organisation, &governance, &seen)?;
    // First acts of candidates too, which nothing in the file names yet: the next signer reads their names there.
    write_draft(&signed, &governance, &others, output)?;
    let described = governing::described_one(&governance, Some(organisation), &signed);
    let file = output.display().to_string();
    session.printer.either(&described, |_| {
        let word = locale::format(session.language, "acts.signed_file", &[("file", &file)]);
        hanging("", &word, width())
    });
    Ok(DONE)
}

async fn export(session: &Session, named: &str, output: &Path) -> Outcome {
    let client = Client::to_read(session).await?;
    let found: Drafted = client.get(&format!("/governing/acts/{}", encoded(named))).await?;
    let who: Who = client.get("/who").await?;
    let act = decoded(&found.bytes)?;
    write_draft(&act, &held(&client, &who).await?, &[], output)?;
    let file = output.display().to_string();
    session.printer.either(&found.act, |act| {
        let key = if act.state == State::WaitsForSignatures { "acts.exported" } else { "acts.exported_signed" };
        hanging("", &locale::format(session.language, key, &[("file", &file)]), width())
    });
    Ok(DONE)
}

/// Writes an act with all that it follows, itself first, and first acts that are not held yet: all that an offline machine has to
/// know.
pub(super) fn write_draft(
    act: &Act,
    governance: &Governance,
    first_acts: &[Act],
    output: &Path,
) -> Result<(), Problem> {
    let behind = governance.acts().filter(|held| held.id() != act.id());
    let new = first_acts.iter().filter(|first| first.id() != act.id() && governance.act(&first.id()).is_none());
    write(output, &bundle_acts([act].into_iter().chain(behind).chain(new)))
}

async fn take(session: &Session, file: &Path) -> Outcome {
    let client = Client::to_read(session).await?;
    let mut acts = read_acts(file).map_err(|mut problem| {
        if problem.words.key == "acts_file.foreign" {
            let values = [("file", &*file.display().to_string())];
            problem = Problem::told(problem.exit, &problem.code, "acts_file.no_act", &values);
        }
        problem
    })?;
    let first = first_of(file, &mut acts)?;
    let who: Who = client.get("/who").await?;
    if let Some(found) = founding::belongs_to(&first).filter(|found| *found != who.consortium) {
        let refusal = Refusal::OtherConsortium { expected: who.consortium, found };
        let values = [("file", &*file.display().to_string()), ("rule", refusal.code())];
        return Err(Problem::of_rule(exit::REFUSED, refusal.code(), "acts_file.other", &values, refusal.to_string()));
    }
    // What it follows first; what is known already changes nothing. The first act of a candidate waits until the act that admits it is here.
    let mut behind = Vec::new();
    for act in &acts {
        match hand_in(&client, act).await {
            Err(problem) if problem.code == "act_waits" => behind.push(act),
            handed_in => handed_in?,
        }
    }
    for act in [&first].into_iter().chain(behind) {
        hand_in(&client, act).await?;
    }
    tell_done(session, &client, &first).await
}

/// The act that a file is about, taken out: its first.
fn first_of(file: &Path, acts: &mut Vec<Act>) -> Result<Act, Problem> {
    if acts.is_empty() {
        let values = [("file", &*file.display().to_string())];
        return Err(Problem::told(exit::REFUSED, "acts_none", "governing.acts_none", &values));
    }
    let act = acts.remove(0);
    // A node drops it without a word, for others might have put it there; in a file of one's own it says that the file is damaged.
    if let Some(bad) = act.signatures().iter().find(|signature| !act.is_signed_by(signature)) {
        let values = [("file", &*file.display().to_string()), ("organisation", &bad.organisation.to_short())];
        return Err(Problem::told(exit::REFUSED, "act_signature", "acts_file.signature", &values));
    }
    Ok(act)
}

/// The act that a file is about, with what follows from the others in it.
struct Filed {
    act: Act,
    governance: Governance,
    /// All else that stands in the file.
    others: Vec<Act>,
    described: Described,
    who: Who,
}

/// Reads it, and tells every organisation with the digits of its id: a name in a file is what whoever wrote the file calls it.
fn from_file(file: &Path) -> Result<Filed, Problem> {
    let mut acts = read_acts(file)?;
    let act = first_of(file, &mut acts)?;
    let founding = acts.iter().chain([&act]).find(|act| act.is_first() && act.as_charter().is_some());
    let consortium = founding.map(founding::consortium).ok_or_else(|| {
        let values = [("file", &*file.display().to_string())];
        Problem::told(exit::REFUSED, "acts_no_charter", "governing.acts_no_charter", &values)
    })?;
    let named: Vec<_> = acts.iter().filter(|act| act.is_first()).filter_map(names_of).collect();
    let governance = Governance::new(consortium).replay(acts.clone());
    let mut described = governing::described_one(&governance, None, &act);
    for (organisation, names) in named {
        described.names.entry(organisation).or_insert(names);
    }
    let who = Who { organisations: Vec::new(), ..reading::who(&governance, None) };
    Ok(Filed { act, governance, others: acts, described, who })
}

/// What an organisation calls itself in its first act.
pub(super) fn names_of(act: &Act) -> Option<(OrganisationId, BTreeMap<String, String>)> {
    Some((act.organisation()?, act.as_organisation()?.names_by_language()))
}

/// An act in words: what it is, where it stands, what it changes; in full also who has signed and who is missing.
pub(super) fn text(session: &Session, who: &Who, act: &Described, is_full: bool) -> String {
    let words = Words::new(session.printer, who, &act.names);
    let shown = if is_full { act.changes.len() } else { CHANGES };
    let mut lines = with_changes(session, who, &words, act, shown, (None, ""));
    if is_full {
        lines.extend(check_words(session, &words, act));
        lines.extend(signatures(session, &words, act));
        let id = locale::format(session.language, "acts.id", &[("id", &act.id.to_string())]);
        lines.push(hanging("  ", &id, width()));
    } else if act.is_mine {
        lines.push(format!("    isnad act sign {}", act.id.to_short()));
    }
    lines.join("\n")
}

/// What it is, behind a mark that leads it, where it stands since when, and so many of its changes; the rest are counted.
pub(super) fn with_changes(
    session: &Session,
    who: &Who,
    words: &Words<'_>,
    act: &Described,
    shown: usize,
    (since, lead): (Option<Timestamp>, &str),
) -> Vec<String> {
    let mut lines = vec![session.printer.styled(&hanging(lead, &head(session, words, act), width()), Style::Strong)];
    let since = since.map(|time| locale::format(session.language, "acts.since", &[("time", &time.to_minute())]));
    let told = [Some(state(session, act)), since].into_iter().flatten().collect::<Vec<_>>();
    lines.push(hanging("  ", &told.join(session.printer.semicolon()), width()));
    lines.extend(not_counted(session, words, act).map(|line| hanging("  ", &line, width())));
    lines.extend(signed_twice(session, who, words, act));
    lines.extend(competes(session, act));
    lines.extend(act.was_in_effect.then(|| hanging("  ", session.word("acts.was_in_effect"), width())));
    for change in act.changes.iter().take(shown) {
        lines.push(hanging("  • ", &words.change(change), width()));
        lines.extend(ends(session, act, change).map(|text| hanging("    ", &text, width())));
    }
    let more = u64::try_from(act.changes.len().saturating_sub(shown)).unwrap_or(u64::MAX);
    lines.extend((more > 0).then(|| format!("    {}", locale::counted(session.language, "changes_more", more, &[]))));
    lines
}

/// Which others stand for the same place, and which of them are signed instead of it.
fn competes(session: &Session, act: &Described) -> Vec<String> {
    let told = |(key, acts): (&str, &Vec<ActId>)| {
        let others = acts.iter().map(ActId::to_short).collect::<Vec<_>>();
        let others = others.join(&format!("{} ", session.word("preview.comma")));
        let told = || locale::format(session.language, key, &[("acts", &others)]);
        (!acts.is_empty()).then(|| hanging("  ", &told(), width()))
    };
    [("acts.replaced", &act.replaced_by), ("acts.competes", &act.competes)].into_iter().filter_map(told).collect()
}

/// What a revoked key, or an organisation that is taken out, has signed that still counts; nothing for a key that signs nothing, or
/// whose word stays in any case.
fn ends(session: &Session, act: &Described, change: &Change) -> Option<String> {
    let is_its = |end: &&LogEnds| match change {
        Change::Revoked { key, .. } => end.key == *key,
        Change::Removed { organisation, .. } => end.organisation == Some(*organisation),
        _ => false,
    };
    let (upto, keeps) = match change {
        Change::Revoked { role: Some(Role::Reader | Role::Node), .. } => return None,
        Change::Revoked { .. } => ("change.upto", "change.keeps"),
        Change::Removed { .. } => ("change.out_upto", "change.out_keeps"),
        _ => return None,
    };
    let named = act.ends.iter().filter(is_its).filter(|end| end.last > 0).map(|end| {
        let (key, seq) = (end.key.to_short(), end.last.to_string());
        let space = locale::code(session.language, "space", &end.space);
        locale::format(session.language, upto, &[("key", &key), ("space", space), ("seq", &seq)])
    });
    let list = named.collect::<Vec<_>>().join(&format!("{} ", session.word("preview.comma")));
    let key = if list.is_empty() { format!("{keeps}_nothing") } else { keeps.to_owned() };
    let last = match change {
        Change::Removed { last, .. } => last.map(|act| act.to_short()).unwrap_or_default(),
        _ => String::new(),
    };
    Some(locale::format(session.language, &key, &[("list", &list), ("act", &last)]))
}

/// What is read to an organisation that is to be admitted, over the phone: the words of its first act, and so of its keys.
fn check_words(session: &Session, words: &Words<'_>, act: &Described) -> Vec<String> {
    let admitted = act.changes.iter().filter_map(|change| match change {
        Change::Admitted { organisation, .. } if act.version > 1 => Some(*organisation),
        _ => None,
    });
    let told = admitted.map(|id| {
        let line = CheckWords::of_organisation(&id).line(session.language);
        let values = [("organisation", &*words.organisation(id)), ("words", &*line)];
        hanging("  ", &locale::format(session.language, "acts.check_words", &values), width())
    });
    told.collect()
}

pub(super) fn head(session: &Session, words: &Words<'_>, act: &Described) -> String {
    let kind = locale::code(session.language, "act", &act.kind);
    let (version, id) = (act.version.to_string(), act.id.to_short());
    let of = act.organisation.map(|id| words.organisation(id)).unwrap_or_default();
    let key = if act.organisation.is_some() { "acts.head_of" } else { "acts.head" };
    locale::format(session.language, key, &[("kind", kind), ("organisation", &of), ("version", &version), ("act", &id)])
}

/// Where an act stands, in a line.
pub(super) fn state(session: &Session, act: &Described) -> String {
    let (have, due) = act.acknowledgements.map_or((act.have, act.due), |(have, due)| {
        (u64::try_from(have).unwrap_or(u64::MAX), u64::try_from(due).unwrap_or(u64::MAX))
    });
    let more = due.saturating_sub(have);
    let left = act.signed.iter().filter(|line| line.is_before && line.counts).count().to_string();
    let (have, due, by) = (have.to_string(), due.to_string(), act.by.map(|by| by.to_short()).unwrap_or_default());
    let values = [("have", &*have), ("due", &*due), ("by", &*by), ("left", &*left)];
    let told = |key: &str| locale::format(session.language, key, &values);
    match act.state {
        State::WaitsForSignatures if act.is_mine => told("acts.state.mine"),
        State::WaitsForSignatures if act.organisation.is_some() => told("acts.state.keys"),
        State::WaitsForSignatures => locale::counted(session.language, "acts_more", more, &values),
        State::WaitsForAcknowledgements if act.acknowledgements.is_none() => told("acts.state.signed"),
        State::Lost if act.is_settled => told("acts.state.settled"),
        State::Halted if act.acknowledgements.is_some() => told("acts.state.halted_counted"),
        state => told(&format!("acts.state.{}", state.code())),
    }
}

/// Of a rival in a halt: whose acknowledgements do not count.
pub(super) fn not_counted(session: &Session, words: &Words<'_>, act: &Described) -> Option<String> {
    let names: Vec<String> = act.not_counted.iter().map(|id| words.organisation(*id)).collect();
    let names = names.join(&format!("{} ", session.word("preview.comma")));
    let line = || locale::format(session.language, "acts.not_counted", &[("names", &names)]);
    (!act.not_counted.is_empty()).then(line)
}

/// Who signed another act in its place, the reader's own organisation first: a copy of its keys is at work.
fn signed_twice(session: &Session, who: &Who, words: &Words<'_>, act: &Described) -> Vec<String> {
    let mut double = act.double.clone();
    double.sort_by_key(|twice| (Some(twice.organisation) != who.own, *twice));
    let told = double.iter().take(TWICE).map(|twice| {
        let is_own = who.own == Some(twice.organisation);
        let key = if is_own { "acts.signed_twice_own" } else { "acts.signed_twice" };
        let values = [("organisation", &*words.organisation(twice.organisation)), ("other", &twice.other.to_short())];
        hanging("  ! ", &locale::format(session.language, key, &values), width())
    });
    told.collect()
}

fn signatures(session: &Session, words: &Words<'_>, act: &Described) -> Vec<String> {
    let line = |key: &str, names: &str| format!("{}{} {names}", session.word(key), session.printer.colon());
    let comma = format!("{} ", session.word("preview.comma"));
    let named = |is_it: &dyn Fn(&Signed) -> bool| {
        let lines = act.signed.iter().filter(|line| is_it(line));
        let name = |line: &Signed| {
            let name = words.organisation(line.organisation);
            line.other.map_or_else(|| name.clone(), |other| format!("{name} [{}]", other.to_short()))
        };
        lines.map(name).collect::<Vec<_>>().join(&comma)
    };
    let has_other = |line: &Signed| line.counts && line.other.is_some();
    let lines = [
        ("acts.signed_by", named(&|line| line.has_signed && line.counts)),
        ("acts.not_signed_by", named(&Signed::may_sign)),
        ("acts.signed_other", named(&has_other)),
        ("acts.signed_in_vain", named(&|line| line.has_signed && !line.counts)),
        ("acts.named_double", named(&|line| !line.has_signed && !line.counts)),
    ];
    let told = lines.into_iter().filter(|(_, names)| !names.is_empty());
    let mut told: Vec<String> = told.map(|(key, names)| hanging("  ", &line(key, &names), width())).collect();
    if act.signed.iter().any(has_other) && act.state == State::WaitsForSignatures {
        told.push(hanging("    ", session.word("acts.signed_other_try"), width()));
    }
    told
}
