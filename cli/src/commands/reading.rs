//! `status`, `who`, `digest`; and how organisations and records are called.

use isnad_node::reading::{Digests, Status, Who};
use isnad_protocol::id::OrganisationId;
use isnad_protocol::locale::{self, Language};
use isnad_protocol::view::{DesignationState, Words};

use crate::client::Client;
use crate::error::{DONE, Outcome};
use crate::output::{hanging, inert, isolated, width};
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

/// The code of a designation's state, as JSON has it.
pub(crate) fn state_code(state: &DesignationState) -> String {
    serde_json::to_value(state.state).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The label in the reader's language, else in English, else any.
pub(crate) fn label(labels: &[Words], language: Language) -> Option<String> {
    let in_lang = |code: &str| labels.iter().find(|words| words.lang.as_deref() == Some(code));
    in_lang(language.code()).or_else(|| in_lang("en")).or_else(|| labels.first()).map(|words| words.text.clone())
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
