//! `isnad key revoke`: one key, or every key of a device, back to a position of each log.

use isnad_node::governing::{Kept, LogTail, Proposal};
use isnad_node::reading::{Key, Who};
use isnad_protocol::act::Role;
use isnad_protocol::id::OrganisationId;
use isnad_protocol::key::PublicKey;
use isnad_protocol::locale;

use crate::args::{Reason, RootArgs, space_named};
use crate::client::Client;
use crate::commands::charter::{keys_begun, keys_named, of_device, revoked_named};
use crate::commands::governing::{entry_line, own, propose_with, tell_done};
use crate::commands::preview;
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{hanging, width};
use crate::session::Session;

/// Back to where a key is revoked, and why.
pub(super) struct Asked {
    pub(super) after: Vec<String>,
    pub(super) keep_all: bool,
    pub(super) all_keys: bool,
    pub(super) reason: Reason,
}

pub(super) async fn run(session: &Session, text: &str, asked: &Asked, root: RootArgs) -> Outcome {
    let client = Client::to_read(session).await?;
    let who: Who = client.get("/who").await?;
    let own = own(&client, &who).await?;
    let keys = meant(session, &who, own, text, asked.all_keys)?;
    let mut tails: Vec<LogTail> = Vec::new();
    for key in &keys {
        tails.extend(client.get::<Vec<LogTail>>(&format!("/governing/logs/{}", key.key)).await?);
    }
    // What a key acknowledged stays acknowledged, whatever becomes of it: there is nothing to choose.
    let is_word = |tail: &LogTail| keys.iter().any(|key| key.key == tail.author && key.role != Role::Node.name());
    let words: Vec<&LogTail> = tails.iter().filter(|tail| is_word(tail)).collect();
    if !session.printer.json {
        words.iter().for_each(|tail| session.printer.text(&tail_text(session, &who, tail)));
    }
    let is_said = asked.keep_all || !asked.after.is_empty() || words.is_empty();
    if session.preview && !is_said {
        // The entries are shown, which is what a preview is for here.
        session.printer.either(&tails, |_| hanging("", session.word("keys.say_after"), width()));
        return Ok(DONE);
    }
    let mut kept = kept(session, &words, asked)?;
    kept.extend(tails.iter().filter(|tail| !is_word(tail)).map(|tail| up_to(tail, tail.entries)));
    tell_kept(session, asked, &words);
    let revoked: Vec<PublicKey> = keys.iter().map(|key| key.key).collect();
    let proposal = Proposal::Revoke { keys: revoked, reason: asked.reason.code().to_owned(), kept };
    let Some(act) = propose_with(session, &client, root, proposal, &[], None).await? else { return Ok(DONE) };
    let done = tell_done(session, &client, &act).await?;
    tell_left(session, &who, own, &keys);
    Ok(done)
}

/// The keys that are meant: the one that the text names, or all of its device.
fn meant(session: &Session, who: &Who, own: OrganisationId, text: &str, all_keys: bool) -> Result<Vec<Key>, Problem> {
    let found = keys_named(who, own, text).or_else(|problem| {
        let revoked = revoked_named(who, own, text);
        if revoked.is_empty() { Err(problem) } else { Ok(revoked) }
    })?;
    let Some(first) = found.first() else { return Err(keys_begun(text)) };
    if all_keys && !first.revoked_by.is_empty() {
        return Ok(found.into_iter().cloned().collect());
    }
    if all_keys {
        return Ok(of_device(who, own, &first.label).cloned().collect());
    }
    if found.len() > 1 {
        let values = [("key", text), ("names", &*listed(session, &found))];
        return Err(Problem::told(exit::USAGE, "ambiguous", "governing.key_several", &values));
    }
    Ok(found.into_iter().cloned().collect())
}

fn listed(session: &Session, keys: &[&Key]) -> String {
    let text = |key: &&Key| format!("{} {}", locale::code(session.language, "role", &key.role), key.key.to_short());
    keys.iter().map(text).collect::<Vec<_>>().join(&format!("{} ", session.word("preview.comma")))
}

/// That a device whose key was revoked holds others still: it goes on connecting, reading and acknowledging with them.
fn tell_left(session: &Session, who: &Who, own: OrganisationId, revoked: &[Key]) {
    let Some(first) = revoked.first().filter(|_| !session.printer.json) else { return };
    let is_left = |key: &&Key| !revoked.iter().any(|gone| gone.key == key.key);
    let left: Vec<&Key> = of_device(who, own, &first.label).filter(is_left).collect();
    let Some(one) = left.first() else { return };
    let (label, names) = (session.apart(&first.label), listed(session, &left));
    let values = [("label", &*label), ("names", &*names), ("key", &*one.key.to_short())];
    session.printer.aside(hanging("", &locale::format(session.language, "keys.device_keeps", &values), width()));
}

/// What it means that everything is kept: whoever stole a key has signed a part of it.
fn tell_kept(session: &Session, asked: &Asked, words: &[&LogTail]) {
    let entries = words.iter().fold(0, |sum: u64, tail| sum.saturating_add(tail.entries));
    if session.printer.json || !asked.keep_all || entries == 0 {
        return;
    }
    session.printer.aside(hanging("", &locale::counted(session.language, "keeps_all", entries, &[]), width()));
}

fn tail_text(session: &Session, who: &Who, tail: &LogTail) -> String {
    let space = locale::code(session.language, "space", &tail.space_name);
    let head = locale::counted(session.language, "keys_log", tail.entries, &[("space", space)]);
    let clock = hanging("  ", session.word("keys.own_clock"), width());
    let lines = tail.tail.iter().map(|entry| entry_line(session, who, "  ", entry));
    [head, clock].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

const fn up_to(tail: &LogTail, seq: u64) -> Kept {
    Kept { author: tail.author, space: tail.space, seq }
}

/// The last position that counts of each log: as it was said, or asked for at a terminal.
fn kept(session: &Session, tails: &[&LogTail], asked: &Asked) -> Result<Vec<Kept>, Problem> {
    if asked.keep_all {
        return Ok(tails.iter().map(|tail| up_to(tail, tail.entries)).collect());
    }
    if asked.after.is_empty() && !tails.is_empty() {
        let answers = tails.iter().map(|tail| Ok(up_to(tail, ask(session, tail)?)));
        return answers.collect();
    }
    let kept = asked.after.iter().map(|text| position(tails, text)).collect::<Result<Vec<Kept>, Problem>>()?;
    // A log of which nothing was said would count for nothing at all: that is to be said too.
    let is_said = |tail: &&&LogTail| kept.iter().any(|kept| kept.space == tail.space && kept.author == tail.author);
    if let Some(tail) = tails.iter().find(|tail| !is_said(tail)) {
        let values = [("space", &*tail.space_name), ("entries", &*tail.entries.to_string())];
        return Err(Problem::told(exit::USAGE, "usage", "governing.log_unsaid", &values));
    }
    Ok(kept)
}

/// `SEQ`, `SPACE:SEQ`, or `KEY:SPACE:SEQ` where keys of one device have signed in one space.
fn position(tails: &[&LogTail], text: &str) -> Result<Kept, Problem> {
    let wrong = || Problem::told(exit::USAGE, "usage", "governing.after", &[("position", text)]);
    let parts: Vec<&str> = text.split(':').collect();
    let (key, space, seq) = match parts[..] {
        [seq] => ("", None, seq),
        [space, seq] => ("", Some(space), seq),
        [key, space, seq] => (key, Some(space), seq),
        _ => return Err(wrong()),
    };
    let space = space.map(|space| space_named(space).ok_or_else(wrong)).transpose()?.map(|space| space.name());
    let seq: u64 = seq.parse().map_err(|_| wrong())?;
    let key = key.to_ascii_lowercase();
    let is_of = |tail: &&&LogTail| {
        space.is_none_or(|space| tail.space_name == space) && tail.author.to_string().starts_with(&key)
    };
    let mut logs = tails.iter().filter(is_of);
    let (Some(tail), None) = (logs.next(), logs.next()) else {
        return Err(Problem::told(exit::USAGE, "usage", "governing.which_log", &[("position", text)]));
    };
    Ok(up_to(tail, seq))
}

/// Asks a person after which entry nothing counts any more.
fn ask(session: &Session, tail: &LogTail) -> Result<u64, Problem> {
    let space = locale::code(session.language, "space", &tail.space_name);
    let question = locale::format(session.language, "keys.ask", &[("space", space)]);
    let answer = preview::answer(session, &question)
        .ok_or_else(|| Problem::told(exit::USAGE, "usage", "governing.after_due", &[]))?;
    answer.trim().parse().map_err(|_| Problem::told(exit::USAGE, "usage", "governing.after", &[("position", &answer)]))
}
