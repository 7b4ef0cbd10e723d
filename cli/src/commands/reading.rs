//! `status`, `who`, `list`, `history`, `digest`.

use isnad_node::reading::{Digests, Status, Who};
use isnad_protocol::id::{OrganisationId, RecordId, kind_code};
use isnad_protocol::locale::{self, Language};
use isnad_protocol::view::{DesignationState, Did, History, Words};
use serde::Deserialize;

use crate::client::{self, Client, encoded, query};
use crate::error::{DONE, Outcome, Problem};
use crate::output::{Style, fit, hanging, inert, isolated, pasted, width};
use crate::session::Session;

pub(crate) async fn status(session: &Session) -> Outcome {
    let status: Status = Client::to_read(session).await?.get("/status").await?;
    session.printer.either(&status, status_text);
    Ok(DONE)
}

fn status_text(status: &Status) -> String {
    let name = status.name.as_deref().map_or_else(|| "reads only".to_owned(), isolated);
    let mut lines = vec![format!("{name} in consortium {}", status.consortium.to_short())];
    let replica = &status.replica;
    lines.push(format!("{} entries held", replica.entries));
    if replica.unchecked > 0 {
        lines.push(format!("{} shown on a later signature; they are being checked", replica.unchecked));
    }
    if replica.wanted > 0 {
        lines.push(format!("{} payloads are missing; every peer that holds them is asked", replica.wanted));
    }
    lines.extend(status.listening.iter().map(|address| format!("listening on {address}")));
    if status.listening.is_empty() {
        lines.push("no node runs on this home; start one with `isnad node`".into());
    } else if replica.peers.is_empty() && status.unreached.is_empty() {
        lines.push("no peer is connected; give addresses in isnad.toml or with `isnad node --peer`".into());
    }
    for (address, why) in &status.unreached {
        lines.push(hanging(
            "not reached: ",
            &format!("{}: {}; it is tried again", inert(address), inert(why)),
            width(),
        ));
    }
    for (peer, state) in &replica.peers {
        let name = status.peer_names.get(peer).map_or_else(|| peer.to_short(), |name| isolated(name));
        let lag = match (state.is_live, state.behind, state.due) {
            (false, _, _) => "opening".to_owned(),
            (true, 0, 0) => "in sync".to_owned(),
            (true, behind, due) => format!("{behind} entries to come, {due} to go"),
        };
        lines.push(format!("peer {name}: {lag}"));
    }
    lines.extend(status.not_signing.iter().map(|why| hanging("not signing: ", why, width())));
    let strangers = status.strangers.iter();
    lines.extend(
        strangers.map(|(node, address)| format!("unknown node {} wants to connect from {address}", node.to_short())),
    );
    lines.extend(status.notices.iter().map(|notice| hanging("note: ", &inert(notice), width())));
    lines.join("\n")
}

pub(crate) async fn who(session: &Session) -> Outcome {
    let who: Who = Client::to_read(session).await?.get("/who").await?;
    session.printer.either(&who, who_text);
    Ok(DONE)
}

/// The consortium in words.
pub(crate) fn who_text(who: &Who) -> String {
    let name = who.name.as_deref().map_or_else(|| "not founded yet".to_owned(), isolated);
    let mut lines = vec![format!("consortium {name}"), format!("id {}", who.consortium)];
    if let Some(threshold) = who.threshold {
        lines.push(format!("{threshold} of {} organisations sign an amendment", who.organisations.len()));
    }
    for organisation in &who.organisations {
        let names: Vec<String> = organisation.names.values().map(|name| isolated(name)).collect();
        let own = if who.own == Some(organisation.id) { " (this home)" } else { "" };
        let kind = organisation.kind.as_deref().unwrap_or("organisation");
        lines.push(format!("\n{} — {kind}{own}\n  {}", names.join(" · "), organisation.id));
        for key in &organisation.keys {
            lines.push(format!("  {:<12} {}  {}", key.role, key.key.to_short(), isolated(&key.label)));
            lines.extend(key.peer_id.as_ref().map(|peer| format!("    opens connections as /p2p/{peer}")));
        }
    }
    lines.push(String::new());
    lines.extend(
        who.spaces.iter().map(|space| format!("space {:<8} {:<10} {}", space.name, space.tlp, space.id.to_short())),
    );
    for act in &who.acts {
        let state = act.waits_for.as_ref().map_or_else(|| "in effect".to_owned(), |why| format!("waits for {why}"));
        lines.push(format!("act   {:<12} version {} {} — {state}", act.kind, act.version, act.id.to_short()));
    }
    lines.join("\n")
}

pub(crate) async fn list(session: &Session, kind: &str, search: Option<String>) -> Outcome {
    let code = kind_code(kind).ok_or_else(|| {
        Problem::usage(format!("there is no kind {}", inert(kind)), "", "see the kinds with `isnad help list`")
    })?;
    let query = query(&[
        ("kind", Some(code.to_string())),
        ("search", search),
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

/// The code of a designation's state, as JSON has it.
pub(crate) fn state_code(state: &DesignationState) -> String {
    serde_json::to_value(state.state).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The label in the reader's language, else in English, else any.
pub(crate) fn label(labels: &[Words], language: Language) -> Option<String> {
    let in_lang = |code: &str| labels.iter().find(|words| words.lang.as_deref() == Some(code));
    in_lang(language.code()).or_else(|| in_lang("en")).or_else(|| labels.first()).map(|words| words.text.clone())
}

pub(crate) async fn history(session: &Session, record: &str) -> Outcome {
    let client = Client::to_read(session).await?;
    let query = query(&[("today", session.today.map(|day| day.to_string()))]);
    let history: History = client.get(&format!("/history/{}{query}", encoded(pasted(record)))).await?;
    let who: Who = client.get("/who").await?;
    session.printer.either(&history, |history| history_text(session, history, &who));
    Ok(DONE)
}

/// The name of an organisation in the reader's language.
pub(crate) fn organisation_name(who: &Who, id: OrganisationId, language: Language) -> String {
    let found = who.organisations.iter().find(|organisation| organisation.id == id);
    let name = found.and_then(|found| {
        let names = &found.names;
        names.get(language.code()).or_else(|| names.get("en")).or_else(|| names.values().next())
    });
    name.map_or_else(|| id.to_short(), |name| isolated(name))
}

fn history_text(session: &Session, history: &History, who: &Who) -> String {
    let printer = session.printer;
    let mut out = vec![printer.styled(&history.record.to_string(), Style::Strong)];
    for item in &history.items {
        let name = organisation_name(who, item.organisation, session.language);
        let standing = match item.standing.name() {
            "counts" => String::new(),
            other => format!(" — {}", locale::word(session.language, &format!("standing.{other}"))),
        };
        out.push(format!(
            "\n{} {name}, key {} #{}, entry {}{standing}",
            item.time,
            item.author.to_short(),
            item.seq,
            item.entry.to_short()
        ));
        out.extend(item.did.iter().map(|did| hanging("  ", &did_text(session.language, did), width())));
    }
    out.join("\n")
}

fn did_text(language: Language, did: &Did) -> String {
    let word = |key: &str| locale::word(language, key).to_owned();
    match did {
        Did::Claimed { claim, prop, text, replaces } => {
            let prop = prop.as_deref().unwrap_or("?");
            let replaces =
                replaces.map(|old| format!(" ({} {})", word("field.replaces"), old.to_short())).unwrap_or_default();
            format!("+ {}: {}{replaces}  [{}]", property_word(language, prop), isolated(text), claim.to_short())
        }
        Did::Retracted { claim, reason, note } => {
            let note = note.as_deref().map(|note| format!(": {}", isolated(note))).unwrap_or_default();
            let reason = locale::code(language, "retraction_reason", reason);
            format!("− {} {} ({}){note}", word("view.retracted"), claim.to_short(), inert(reason))
        }
        Did::Edited { narrative, begun, deleted, inserted } => {
            let begun = if *begun { "begun, " } else { "" };
            format!("~ narrative {} {begun}−{deleted} +{inserted}", narrative.to_short())
        }
        Did::Redacted { ground, text } => {
            format!("× {} {}", inert(ground), text.as_deref().map(isolated).unwrap_or_default())
        }
    }
}

/// The word of a property, or its code.
pub(crate) fn property_word(language: Language, prop: &str) -> String {
    let key = format!("property.{prop}");
    let word = locale::word(language, &key);
    if word == key { inert(prop) } else { word.to_owned() }
}

pub(crate) async fn digest(session: &Session) -> Outcome {
    let digests: Digests = Client::to_read_checked(session).await?.get("/digest").await?;
    session.printer.either(&digests, |digests| {
        let mut lines = vec![format!("consortium {}", digests.consortium)];
        for space in &digests.spaces {
            lines.push(format!("{:<8} {} entries\n  {}", space.space, space.entries, in_groups(&space.digest)));
        }
        lines.push(format!("{} entries unchecked, {} payloads wanted", digests.unchecked, digests.wanted));
        lines.join("\n")
    });
    Ok(DONE)
}

/// Hex in groups of eight, to be read over the phone.
fn in_groups(hex: &str) -> String {
    let groups: Vec<&str> = (0..hex.len()).step_by(8).filter_map(|start| hex.get(start..start + 8)).collect();
    groups.join(" ")
}
