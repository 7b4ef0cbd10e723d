//! What must hold of a home after any crash, seen through the real command, which gets no flag and no second chance.

use std::collections::BTreeSet;
use std::path::Path;

use isnad_node::home::Home;
use isnad_node::journal::{Found, Scan};
use isnad_protocol::encoding::{Reader, hash, tag};
use isnad_protocol::entry::Entry;
use isnad_protocol::id::EntryId;
use isnad_protocol::log::LogKey;
use serde_json::Value;

use super::ground::{Ground, Promised, Workload};
use crate::binary::{Said, say};
use crate::kill9;

/// An entry that had left its key's hands: another one at the same place would be a second signature there.
type Signed = (LogKey, u64, EntryId);

/// Opens the home and holds it against what was promised.
///
/// # Errors
/// What does not hold.
pub(super) fn check(ground: &Ground, workload: Workload, promised: &Promised) -> Result<(), String> {
    let home = &ground.home;
    let signed = on_disk(home)?;
    let new = demand(home, &ground.sign_on())?;
    let held = kill9::logs(home);
    let has = |(log, seq, id): &Signed| {
        let at = usize::try_from(seq.saturating_sub(1)).ok();
        at.and_then(|at| held.get(log)?.get(at)) == Some(id)
    };
    if let Some((_, seq, id)) = signed.iter().find(|signed| !has(signed)) {
        return Err(format!("{id} was on disk as number {seq} of its log, and is not there now"));
    }
    let all: BTreeSet<&EntryId> = held.values().flatten().collect();
    let new = new["entries"].as_array().into_iter().flatten().filter_map(|id| EntryId::parse(id.as_str()?).ok());
    if let Some(lost) = promised.entries.iter().copied().chain(new).find(|id| !all.contains(id)) {
        return Err(format!("{lost} was acknowledged and is gone"));
    }
    acts_hold(ground, workload, promised)?;
    index_holds(home)?;
    let audited = demand(home, &["audit".to_owned()])?;
    if audited["faults"] == 0 { Ok(()) } else { Err(format!("the auditor finds {audited}")) }
}

/// Runs a command that must succeed.
fn demand(home: &Path, command: &[String]) -> Result<Value, String> {
    let arguments: Vec<&str> = ["--json"].into_iter().chain(command.iter().map(String::as_str)).collect();
    let said: Said = say(home, &arguments);
    if said.code != 0 {
        return Err(format!("isnad {} ends with {}: {}", command.join(" "), said.code, said.err));
    }
    serde_json::from_str(&said.out).map_err(|error| format!("isnad {}: {error}: {said:?}", command.join(" ")))
}

/// Acts that were acknowledged are there, and what was cut off can be done again without a rival.
fn acts_hold(ground: &Ground, workload: Workload, promised: &Promised) -> Result<(), String> {
    let list = || demand(&ground.home, &["act", "list", "--all"].map(str::to_owned));
    let ids = |acts: &Value| -> BTreeSet<String> {
        let ids = acts.as_array().into_iter().flatten().filter_map(|act| act["id"].as_str());
        ids.map(str::to_owned).collect()
    };
    if workload != Workload::Govern && promised.acts.is_empty() {
        return Ok(());
    }
    let before = ids(&list()?);
    if let Some(lost) = promised.acts.iter().find(|id| !before.contains(*id)) {
        return Err(format!("act {lost} was acknowledged and is gone"));
    }
    let mut done = before;
    for command in ground.commands(workload) {
        let arguments: Vec<&str> = ["--json"].into_iter().chain(command.iter().map(String::as_str)).collect();
        let said = say(&ground.home, &arguments);
        // Done already, it is refused by its own rule.
        if said.code != 0 && said.code != 3 {
            return Err(format!("isnad {} ends with {}: {}", command.join(" "), said.code, said.err));
        }
        done = ids(&list()?);
    }
    // Three first acts and a charter less one, the grant, the draft of the charter.
    let count = FOUNDING_ACTS + ground.commands(workload).len();
    if workload == Workload::Govern && done.len() != count {
        return Err(format!("{} acts where {count} were due: one was signed twice, or none", done.len()));
    }
    Ok(())
}

/// A charter and the first acts of two organisations.
const FOUNDING_ACTS: usize = 3;

/// The index says what one says that is made anew from the journal.
fn index_holds(home: &Path) -> Result<(), String> {
    let list = || demand(home, &["list", "incident"].map(str::to_owned));
    let listed = list()?;
    std::fs::remove_dir_all(home.join("index")).map_err(|error| error.to_string())?;
    if list()? == listed { Ok(()) } else { Err("a list differs from one made anew from the journal".to_owned()) }
}

/// Every entry that the disk holds whole, before anything opens the home: in a journal, or in the mark.
fn on_disk(home: &Path) -> Result<BTreeSet<Signed>, String> {
    let opened = Home::open(home).map_err(|fault| fault.to_string())?;
    let mut signed = BTreeSet::new();
    for space in opened.spaces().map_err(|fault| fault.to_string())? {
        // A scan that cannot begin is for the command to speak of.
        let scan = Scan::open(&opened.journal(&space)).into_iter().flatten();
        let frames = scan.filter_map(|found| if let Found::Frame(frame) = found { Some(frame.bytes) } else { None });
        signed.extend(frames.filter_map(|bytes| signed_in(&bytes)));
    }
    let mark = std::fs::read(opened.mark()).unwrap_or_default();
    signed.extend(pending(&mark).into_iter().flatten().filter_map(|bytes| signed_in(&bytes)));
    Ok(signed)
}

fn signed_in(bytes: &[u8]) -> Option<Signed> {
    let header = Entry::decode(bytes).ok()?.header;
    Some((LogKey { space: header.space, author: header.author }, header.seq, header.id()))
}

/// The entries in the mark that was written last, of the two slots of its file. format §10.3.
fn pending(file: &[u8]) -> Option<Vec<Vec<u8>>> {
    let slots = [&file[..file.len() / 2], &file[file.len() / 2..]];
    slots.into_iter().filter_map(slot).max_by_key(|(generation, _)| *generation).map(|(_, pending)| pending)
}

/// A slot's generation, and the entries in its mark, if it is whole.
fn slot(bytes: &[u8]) -> Option<(u64, Vec<Vec<u8>>)> {
    let mut reader = Reader::new(bytes);
    reader.array::<{ TAG_BYTES + 4 }>().ok()?;
    let (generation, length) = (reader.u64().ok()?, reader.u32().ok()?);
    let mark = reader.bytes(length as usize).ok()?;
    let covered = &bytes[..bytes.len() - reader.rest().len()];
    (reader.array::<32>().ok()? == hash(&tag("ISNAD-MARKSUM-v1"), &[covered])).then_some(())?;
    let mut reader = Reader::new(mark);
    reader.array::<32>().ok()?;
    for _ in 0..reader.u32().ok()? {
        reader.array::<{ 32 + 32 + 40 + 40 }>().ok()?;
    }
    let count = reader.u32().ok()?;
    let entries =
        (0..count).map(|_| reader.u32().ok().and_then(|length| reader.bytes(length as usize).ok()).map(<[u8]>::to_vec));
    Some((generation, entries.collect::<Option<_>>()?))
}

const TAG_BYTES: usize = 16;
