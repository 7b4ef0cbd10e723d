//! What this organisation said and what counts no more, with the command that says it again.

use std::collections::BTreeMap;

use isnad_node::reading::{Key, ToRestate, Who};
use isnad_protocol::id::RecordId;
use isnad_protocol::key::PublicKey;
use isnad_protocol::locale;
use isnad_protocol::standing::Standing;
use isnad_protocol::view::restating::Lost;

use crate::args::SpaceName;
use crate::commands::ids::{COMMAND, Ids};
use crate::commands::preview::claim_in_a_line;
use crate::commands::reading::{label, property_word};
use crate::commands::writing::space_name;
use crate::output::{Style, apart, hanging, inert, width};
use crate::session::Session;

/// Characters of lost words that a page tells; programs are given all.
const WORDS: usize = 2_000;

/// One thing to be said again.
pub(super) fn text(
    session: &Session,
    who: &Who,
    lost: &ToRestate,
    (ids, titles): (&Ids, &BTreeMap<RecordId, String>),
) -> String {
    let item = &lost.restating;
    let own = || label(&lost.about.labels, session.language).map(|text| apart(&text, session.language.direction()));
    let record = titles.get(&item.record).cloned().or_else(own).unwrap_or_else(|| item.record.to_string());
    let mut lines = vec![
        session.printer.styled(&hanging("", &head(session, who, lost), width()), Style::Strong),
        hanging("  ", &format!("{record} — {}", what(session, who, lost, ids)), width()),
    ];
    lines.extend(words(session, &item.lost).iter().map(|line| hanging("  ", line, width())));
    for (key, command) in ways(who, lost, ids) {
        lines.push(hanging("    → ", session.word(key), width()));
        // Each on a line of its own and never wrapped, for it is there to be copied.
        lines.extend(command.map(|command| format!("      {command}")));
    }
    if item.more > 0 {
        let more = locale::format(session.language, "tasks.more_lost", &[("count", &item.more.to_string())]);
        lines.push(hanging("  ", &more, width()));
    }
    lines.join("\n")
}

/// With which key it was said, and why it counts no more.
fn head(session: &Session, who: &Who, lost: &ToRestate) -> String {
    let item = &lost.restating;
    let key = key_name(session, who, item.signer.author);
    let why = |standing: Standing| session.word(&format!("standing.{}", standing.name())).to_owned();
    if let (Standing::Void, Some(cause)) = (item.why, item.cause) {
        let values = [("key", &*key), ("entry", &*cause.entry.to_short()), ("why", &*why(cause.standing))];
        return locale::format(session.language, "tasks.void", &values);
    }
    let told = match item.lost {
        Lost::Claim { .. } | Lost::Edit { .. } => "tasks.lost",
        Lost::Retraction { .. } => "tasks.lost_retraction",
    };
    locale::format(session.language, told, &[("key", &*key), ("why", &*why(item.why))])
}

/// The device that a key is on, and the key.
fn key_name(session: &Session, who: &Who, key: PublicKey) -> String {
    let organisations = who.organisations.iter().chain(&who.former);
    let mut keys = organisations.flat_map(|organisation| organisation.keys.iter().chain(&organisation.ended));
    let label = keys.find(|known: &&Key| known.key == key).map(|known| session.apart(&known.label));
    label.map_or_else(|| key.to_short(), |label| format!("{label} ({})", key.to_short()))
}

fn what(session: &Session, who: &Who, lost: &ToRestate, ids: &Ids) -> String {
    let language = session.language;
    match &lost.restating.lost {
        Lost::Claim { claim, .. } | Lost::Retraction { claim, .. } => {
            let (prop, value) = lost.said().unwrap_or_default();
            let value = claim_in_a_line(session, who, &lost.about, prop, value, &lost.refs);
            format!("{} [{}]", session.field(&property_word(language, prop), &value), ids.claim(&claim.to_string()))
        }
        Lost::Edit { narrative, lang: Some(lang), .. } => {
            let lang = session.apart(locale::code(language, "language", lang));
            locale::format(language, "tasks.text_in", &[("narrative", &narrative.to_short()), ("language", &lang)])
        }
        Lost::Edit { narrative, lang: None, .. } => {
            locale::format(language, "tasks.text", &[("narrative", &narrative.to_short())])
        }
    }
}

/// The words of a lost edit, each insertion on a line; why something was taken back.
fn words(session: &Session, lost: &Lost) -> Vec<String> {
    match lost {
        Lost::Claim { .. } => Vec::new(),
        Lost::Retraction { reason, note, .. } => {
            let reason = inert(locale::code(session.language, "retraction_reason", reason));
            let note = note.as_deref().map(|note| session.apart(note));
            vec![note.map_or_else(|| reason.clone(), |note| session.field(&reason, &note))]
        }
        Lost::Edit { inserted, deleted, cut, .. } => edited(session, inserted, *deleted, *cut),
    }
}

fn edited(session: &Session, inserted: &[String], deleted: u64, mut cut: bool) -> Vec<String> {
    let (mut lines, mut room) = (Vec::new(), WORDS);
    for text in inserted.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        let shown: String = text.chars().take(room).collect();
        cut |= shown.len() < text.len();
        room = room.saturating_sub(shown.chars().count());
        lines.extend((!shown.is_empty()).then(|| session.printer.quotation(&session.apart(&shown))));
    }
    if deleted > 0 {
        lines.push(locale::format(session.language, "tasks.deleted", &[("count", &deleted.to_string())]));
    }
    lines.extend(cut.then(|| session.word("tasks.cut").to_owned()));
    lines
}

/// What can be done about it: the key of its words, and the command, where what is to be filled in stands in capitals.
fn ways(who: &Who, lost: &ToRestate, ids: &Ids) -> Vec<(&'static str, Option<String>)> {
    let item = &lost.restating;
    let record = ids.record(item.record, COMMAND);
    match &item.lost {
        Lost::Claim { claim, .. } => {
            let claim = ids.claim(&claim.to_string());
            vec![
                ("tasks.again", Some(format!("isnad claim add {record} --again {claim}"))),
                ("tasks.disown", Some(disown(&record, &claim))),
            ]
        }
        Lost::Retraction { claim, reason, .. } => {
            let claim = ids.claim(&claim.to_string());
            let command = format!("isnad claim retract {record} {claim} --reason {reason} --note TEXT");
            vec![("tasks.back_again", Some(command)), ("tasks.let_stand", None)]
        }
        Lost::Edit { narrative, stands: true, .. } => {
            let command = format!("isnad narrative edit {record} --narrative {}", narrative.to_short());
            vec![("tasks.write_again", Some(command))]
        }
        Lost::Edit { lang, stands: false, pointer, .. } => {
            // A command is pasted into a shell: what a thief wrote for a language stands in it only if it is one.
            let lang = lang.as_deref().filter(|lang| is_tag(lang)).map(|lang| format!(" --in {lang}"));
            let space = space_name(who, item.space).filter(|space| *space != SpaceName::default());
            let space = space.map(|space| format!(" --space {}", space.name()));
            let begin =
                format!("isnad narrative edit {record} --new{}{}", lang.unwrap_or_default(), space.unwrap_or_default());
            let disown = pointer.map(|claim| ("tasks.disown", Some(disown(&record, &ids.claim(&claim.to_string())))));
            [("tasks.write_again", Some(begin))].into_iter().chain(disown).collect()
        }
    }
}

fn disown(record: &str, claim: &str) -> String {
    format!("isnad claim retract {record} {claim} --reason key_compromise --note TEXT")
}

/// True for letters, digits and hyphens, as language tags are made of.
fn is_tag(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_a_language_tag_reaches_a_command() {
        for (text, expected) in
            [("ar", true), ("zh-Hans", true), ("", false), ("-x", false), ("en; rm", false), ("`a`", false)]
        {
            assert_eq!(is_tag(text), expected, "{text}");
        }
    }
}
