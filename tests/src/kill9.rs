//! `kill -9` during publishing, again and again: what was acknowledged is there, no seq is used twice, no flag is needed.
//!
//! A peer that is never killed takes in whatever the victim lets go of: it is the memory of what the world has seen.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use isnad_protocol::entry::Entry;
use isnad_protocol::id::EntryId;
use isnad_protocol::log::{Log, LogKey};

use crate::binary::{Consortium, RunningNode, TCP, ask, json};

/// What a campaign came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// How often the node was killed.
    pub rounds: u32,
    /// Entries that it acknowledged.
    pub acknowledged: usize,
    /// Entries in its journal at the end: those too that were written and whose acknowledgement was cut off.
    pub held: usize,
}

/// Writers that publish at once, so that the kill meets each step of the way.
const WRITERS: usize = 3;

/// Runs so many rounds; the seed decides after how many acknowledgements each ends.
///
/// # Panics
/// If anything that was promised does not hold.
#[must_use]
pub fn run(rounds: u32, seed: u64) -> Report {
    let consortium = Consortium::found(2);
    let [victim, witness] = &consortium.homes[..] else { unreachable!("two homes were made") };
    let peer = RunningNode::start(witness, TCP, &[]);
    let mut acknowledged = Vec::new();
    let mut random = seed;
    for round in 0..rounds {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let node = RunningNode::start(victim, TCP, &peer.listening);
        let (said, heard) = channel();
        let writers: Vec<JoinHandle<()>> = (0..WRITERS)
            .map(|writer| {
                let (home, said) = (victim.clone(), said.clone());
                std::thread::spawn(move || {
                    let publish = |number: &u32| publish(&home, round, writer, *number);
                    (0..).map_while(|number| publish(&number)).for_each(|entries| drop(said.send(entries)));
                })
            })
            .collect();
        drop(said);
        acknowledged.extend(take(&heard, (random >> 33) % 9));
        node.kill();
        for writer in writers {
            drop(writer.join());
        }
        acknowledged.extend(heard.iter().flatten());
    }
    let node = RunningNode::start(victim, TCP, &peer.listening);
    // It signs at once, for its mark agrees with its journal after every kill.
    acknowledged.extend(publish(victim, rounds, 0, 0).expect("the node signs after all that"));
    let held = logs(victim);
    let count = held.values().map(Vec::len).sum();
    for entry in &acknowledged {
        let is_held = held.values().flatten().any(|id| id == entry);
        assert!(is_held, "{entry} was acknowledged and is gone (seed {seed})");
    }
    peer.wait_for_entries(count as u64);
    assert_eq!(logs(witness), held, "the world has seen something else (seed {seed})");
    let (_, status) = peer.get("/status").expect("the peer answers");
    assert_eq!(status["entries"], count, "{status}");
    let notices = status["notices"].to_string();
    assert!(!notices.contains("another entry") && !notices.contains("refused"), "{notices} (seed {seed})");
    assert_eq!((node.stop("TERM"), peer.stop("TERM")), (0, 0));
    Report { rounds, acknowledged: acknowledged.len(), held: count }
}

/// One contribution; `None` once the node is gone.
fn publish(home: &Path, round: u32, writer: usize, number: u32) -> Option<Vec<EntryId>> {
    let note =
        format!(r#"{{"lang": "en", "prop": "note", "value": "round {round}, writer {writer}, number {number}"}}"#);
    let record = "incident/f705d9459e8a8a12c4324204c2f45d";
    let body = format!(r#"{{"space": "members", "changes": [{{"record": "{record}", "claims": [{note}]}}]}}"#);
    let (status, said) = ask(home, "POST", "/contributions", &body).ok()?;
    // An answer that was cut off is none.
    let entries = said["entries"].as_array()?;
    assert_eq!(status, 200, "{said}");
    Some(entries.iter().filter_map(|id| EntryId::parse(id.as_str()?).ok()).collect())
}

fn take(heard: &Receiver<Vec<EntryId>>, count: u64) -> Vec<EntryId> {
    (0..count).map_while(|_| heard.recv().ok()).flatten().collect()
}

/// Every log of a home, from an export, each proven to be a line of its own: no gap, and no number twice.
pub(crate) fn logs(home: &Path) -> BTreeMap<LogKey, Vec<EntryId>> {
    let file = home.with_extension("entries");
    json(home, &["export", "--format", "entries", "-o", &file.display().to_string()]);
    let bytes = std::fs::read(file).expect("an export");
    let mut logs: BTreeMap<LogKey, Vec<Entry>> = BTreeMap::new();
    let mut rest = bytes.as_slice();
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let (entry, behind) = behind.split_at(u32::from_be_bytes(*length) as usize);
        let entry = Entry::decode(entry).expect("an entry");
        let key = LogKey { space: entry.header.space, author: entry.header.author };
        logs.entry(key).or_default().push(entry);
        rest = behind;
    }
    let line = |(key, entries)| {
        let run = Log::extend(None, key, entries).expect("each log is a line");
        (key, run.entries.iter().map(|entry| entry.id()).collect())
    };
    logs.into_iter().map(line).collect()
}
