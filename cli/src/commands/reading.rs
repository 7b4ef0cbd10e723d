//! `status`, `who`, `digest`; and how organisations and records are called.

use std::collections::BTreeMap;

use isnad_node::driver::STRANGER;
use isnad_node::reading::{Digests, Status, Who};
use isnad_protocol::id::OrganisationId;
use isnad_protocol::locale::{self, Language};
use isnad_protocol::view::{InForce, Reference, Words};

use crate::client::Client;
use crate::commands::ids::Ids;
use crate::commands::{door, grave};
use crate::error::{DONE, Outcome, exit};
use crate::output::{apart, fit, hanging, inert, width};
use crate::session::Session;

pub(crate) async fn status(session: &Session) -> Outcome {
    let client = Client::to_read(session).await?;
    let status: Status = client.get("/status").await?;
    // Its names are English ones; the consortium knows those in the reader's language.
    let who: Who = client.get("/who").await?;
    session.printer.either(&status, |status| status_text(session.language, status, &who));
    Ok(if status.journals.is_empty() { DONE } else { exit::NO })
}

fn status_text(language: Language, status: &Status, who: &Who) -> String {
    let told = |key: &str, values: &[(&str, &str)]| locale::format(language, key, values);
    let replica = &status.replica;
    let set = |text: String| hanging("", &text, width());
    let mut lines = vec![set(home(language, status, who))];
    lines.extend(grave::lines(language, status, who));
    lines.push(locale::counted(language, "entries_held", replica.entries, &[]));
    let counts = [("unindexed", status.unindexed), ("unchecked", replica.unchecked), ("wanted", replica.wanted)];
    for (key, count) in counts {
        lines.extend((count > 0).then(|| set(locale::counted(language, key, count, &[]))));
    }
    lines.extend(status.listening.iter().map(|address| listening(language, address)));
    lines.extend(alone(status).map(|key| hanging("", &told(key, &[]), width())));
    let hung = |key: &str, text: &str| hanging(&format!("{} ", locale::word(language, key)), text, width());
    for (address, why) in &status.unreached {
        let why = inert(locale::said(language, why));
        let text = told("status.unreached_why", &[("address", &inert(address)), ("why", &why)]);
        lines.push(hung("status.unreached", &text));
    }
    for (peer, state) in &replica.peers {
        let name = status.peer_names.get(peer).map_or_else(|| peer.to_short(), |name| named(who, name, language));
        let (behind, due) = (state.behind.to_string(), state.due.to_string());
        let state = match (state.is_live, state.behind, state.due) {
            (false, _, _) => told("status.opening", &[]),
            (true, 0, 0) => told("status.in_sync", &[]),
            (true, _, _) => told("status.behind", &[("behind", &behind), ("due", &due)]),
        };
        lines.push(set(told("status.peer", &[("name", &name), ("state", &state)])));
    }
    if !grave::is_outside(status) {
        lines.extend(sent(language, status, who));
        lines.extend(super::reached::lines(language, status, who));
    }
    for problem in &status.journals {
        let problem = problem.clone().in_language(language);
        lines.push(hung("status.journal", &inert(&format!("{}. {}", problem.error, problem.advice))));
    }
    let to_sign = u64::try_from(status.to_sign.len()).unwrap_or(u64::MAX);
    lines.extend((to_sign > 0).then(|| locale::counted(language, "acts_to_sign", to_sign, &[])));
    lines.extend(not_signing(language, status).map(|why| hung("status.not_signing", &why)));
    let keys = status.no_keys_in.as_ref().map(|keys| told("status.no_keys", &[("keys", &inert(keys))]));
    lines.extend(keys.map(|text| hanging("", &text, width())));
    lines.extend(door::lines(language, status, who));
    // Who knocks stands at the door already.
    let notices = status.notices.iter().filter(|notice| !notice.starts_with(STRANGER));
    lines.extend(notices.map(|notice| hung("status.note", &inert(&locale::noted(language, notice)))));
    lines.join("\n")
}

/// Where a node listens.
pub(super) fn listening(language: Language, address: &str) -> String {
    hanging("", &locale::format(language, "status.listening", &[("address", address)]), width())
}

/// Whose home it is, and of which consortium.
fn home(language: Language, status: &Status, who: &Who) -> String {
    let reads_only = || match &status.candidacy {
        Some(waits) => door::name(&waits.names, waits.organisation, language),
        None if status.taken_out.is_some() => {
            let name = status.name.as_deref();
            name.map_or_else(
                || locale::word(language, "status.reads_only").to_owned(),
                |name| named(who, name, language),
            )
        }
        None => locale::word(language, "status.reads_only").to_owned(),
    };
    let name = status.organisation.map_or_else(reads_only, |id| organisation_name(who, id, language));
    let values = [("name", &*name), ("consortium", &*status.consortium.to_short())];
    locale::format(language, "status.home", &values)
}

/// Why this node is with nobody, where it is: one that waits, or was taken out, is told so elsewhere, and needs no addresses.
fn alone(status: &Status) -> Option<&'static str> {
    let is_alone = status.replica.peers.is_empty() && status.unreached.is_empty();
    // One that only calls others listens nowhere.
    if status.listening.is_empty() && is_alone && status.called == 0 {
        return Some("status.no_node");
    }
    let is_explained = status.candidacy.is_some() || grave::is_outside(status);
    (is_alone && !is_explained).then_some(if status.called > 0 { "status.no_answer" } else { "status.no_peer" })
}

/// Where this organisation's own words have come to; nothing where it has said nothing, or nobody else has a node.
fn sent(language: Language, status: &Status, who: &Who) -> Vec<String> {
    let sent = &status.sent;
    let others = sent.nodes.saturating_add(sent.not_yet.len());
    if sent.entries == 0 || others == 0 {
        return Vec::new();
    }
    let (nodes, others) = (sent.nodes.to_string(), others.to_string());
    let values = [("nodes", nodes.as_str()), ("others", others.as_str())];
    let mut lines = vec![hanging("", &locale::counted(language, "own_sent", sent.entries, &values), width())];
    if !sent.not_yet.is_empty() {
        let label = |number: usize| sent.not_yet_on.get(number).filter(|label| !label.is_empty());
        let name = |(number, id): (usize, &OrganisationId)| {
            let name = organisation_name(who, *id, language);
            label(number)
                .map_or_else(|| name.clone(), |label| format!("{name} ({})", apart(label, language.direction())))
        };
        let names: Vec<String> = sent.not_yet.iter().enumerate().map(name).collect();
        let names = names.join(&format!("{} ", locale::word(language, "preview.comma")));
        lines.push(hanging("  ", &locale::format(language, "status.not_yet", &[("names", &names)]), width()));
    }
    lines
}

/// Why nothing is signed: in the reader's language where the node says it so that it can be told.
fn not_signing(language: Language, status: &Status) -> Option<String> {
    let told = status.blocked.clone().map(|problem| {
        let problem = problem.in_language(language);
        format!("{}. {}", problem.why, problem.advice)
    });
    told.or_else(|| status.not_signing.clone()).map(|why| inert(&why))
}

/// The name in the reader's language of the organisation that has this one.
fn named(who: &Who, name: &str, language: Language) -> String {
    let found = who.organisations.iter().find(|organisation| organisation.names.values().any(|known| known == name));
    found.map_or_else(|| apart(name, language.direction()), |found| organisation_name(who, found.id, language))
}

/// The code of a designation's state, as JSON has it.
pub(crate) fn state_code(state: InForce) -> String {
    serde_json::to_value(state).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The label in the reader's language, else in English, else any.
pub(crate) fn label(labels: &[Words], language: Language) -> Option<String> {
    chosen(labels, language).map(|words| words.text.clone())
}

fn chosen(labels: &[Words], language: Language) -> Option<&Words> {
    let in_lang = |code: &str| labels.iter().find(|words| words.lang.as_deref() == Some(code));
    in_lang(language.code()).or_else(|| in_lang("en")).or_else(|| labels.first())
}

/// What a record is called where it is named in a line; where somebody who names it calls it otherwise, with its id, as short as
/// `ids` lets it be. `shown` makes the name inert. `None` if it has no name.
pub(crate) fn name(
    reference: &Reference,
    language: Language,
    ids: Option<&Ids>,
    shown: impl Fn(&str) -> String,
) -> Option<String> {
    let words = chosen(&reference.labels, language)?;
    let id = || ids.map_or_else(|| reference.record.to_string(), |ids| ids.record_and_kind(reference.record));
    Some(if words.differs { format!("{} ({})", shown(&words.text), id()) } else { shown(&words.text) })
}

/// The name in a language, else in English, else any.
pub(crate) fn called(names: &BTreeMap<String, String>, language: Language) -> Option<&str> {
    let name = names.get(language.code()).or_else(|| names.get("en")).or_else(|| names.values().next());
    name.map(String::as_str)
}

/// The name of an organisation in the reader's language.
pub(crate) fn organisation_name(who: &Who, id: OrganisationId, language: Language) -> String {
    // Who is no member any more, or not yet, has a name all the same.
    let mut known = who.organisations.iter().chain(&who.former).chain(&who.candidates);
    let found = known.find(|organisation| organisation.id == id);
    let Some((found, name)) = found.and_then(|found| Some((found, called(&found.names, language)?))) else {
        return id.to_short();
    };
    let name = apart(name, language.direction());
    if found.shares_name { format!("{name} [{}]", id.to_short()) } else { name }
}

/// The word of a property, or its code.
pub(crate) fn property_word(language: Language, prop: &str) -> String {
    let key = format!("property.{prop}");
    let word = locale::word(language, &key);
    if word == key { inert(prop) } else { word.to_owned() }
}

pub(crate) async fn digest(session: &Session) -> Outcome {
    let digests: Digests = Client::to_read_checked(session).await?.get("/digest").await?;
    let language = session.language;
    session.printer.either(&digests, |digests| {
        let consortium = digests.consortium.to_string();
        let head = locale::format(language, "digest.consortium", &[("consortium", &consortium)]);
        let mut lines = vec![hanging("", &head, width())];
        for space in &digests.spaces {
            let name = fit(locale::code(language, "space", &space.space), 8);
            let entries = locale::counted(language, "entries", space.entries, &[]);
            // Its groups stand in one isolate: each by itself would be shown from the last to the first.
            lines.push(format!("{name} {entries}\n  {}", session.apart(&in_groups(&space.digest))));
        }
        let values = [("unchecked", &*digests.unchecked.to_string()), ("wanted", &*digests.wanted.to_string())];
        lines.push(locale::format(language, "digest.left", &values));
        lines.join("\n")
    });
    Ok(DONE)
}

/// Hex in groups of eight, to be read over the phone.
fn in_groups(hex: &str) -> String {
    let groups: Vec<&str> = (0..hex.len()).step_by(8).filter_map(|start| hex.get(start..start + 8)).collect();
    groups.join(" ")
}

/// A name and what belongs to it, with the mark that each language puts between them.
pub(crate) fn field(language: Language, name: &str, text: &str) -> String {
    match language {
        Language::Ar | Language::En => format!("{name}: {text}"),
        Language::Fr => format!("{name}\u{a0}: {text}"),
    }
}
