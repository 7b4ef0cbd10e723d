//! What attestations of fifty organisations cost: bytes an entry and organisation while somebody writes every second, nothing
//! while nobody does, and the time in which a million lines of them are read at a start.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use isnad_protocol::attestation::{Attestation, LogLine};
use isnad_protocol::entry::{Draft, Entry, Kind, Payload};
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{EntryId, OpenSpace, OrganisationId, RecordId, SpaceId};
use isnad_protocol::key::{PublicKey, SecretKey};
use isnad_protocol::limits;
use isnad_protocol::log::{Authentic, Log, LogEnd, LogKey};
use isnad_protocol::replica::{Attester, Heard, Input, Output, Replica, Stored};
use isnad_protocol::store::MemoryStore;
use isnad_protocol::time::Timestamp;

use super::Report;
use crate::consortium::{attesting, claim, founding_acts, secret};

const ORGANISATIONS: u8 = 50;
/// Seconds in which one entry is written each.
const BUSY: u64 = 300;
/// Seconds in which none is.
const IDLE: u64 = 600;
/// Lines about logs that a start reads.
const LINES: usize = 1_000_000;
/// Of each attestation.
const LINES_EACH: u8 = 200;
const EPOCH_MS: u64 = 1_700_000_000_000;

pub(super) fn run(report: &mut Report) {
    let (busy, idle) = measure(ORGANISATIONS, BUSY);
    report.at_most("attestations at one entry a second, an entry and organisation", busy, 200.0, "bytes");
    // A limit of nothing has no ratio: one byte would be ten times too many.
    report.at_most("attestations while nobody writes", idle, 0.1, "bytes");
    report.at_most("a million lines of attestations read", read_again(LINES), 20.0, "seconds");
}

/// Bytes of attestations an entry and organisation, and all bytes that are made and sent while nobody writes.
///
/// # Panics
/// If a replica refuses what an honest one makes.
#[must_use]
fn measure(organisations: u8, busy: u64) -> (f64, f64) {
    let mut crowd = Crowd::new(organisations);
    // The acts are named once.
    for _ in 0..120 {
        crowd.second();
    }
    crowd.bytes = 0;
    for second in 0..busy {
        crowd.write(u8::try_from(second * 7 % u64::from(organisations)).expect("an organisation"));
        crowd.second();
    }
    for _ in 0..120 {
        crowd.second();
    }
    let an_entry = crowd.bytes as f64 / (busy as f64 * f64::from(organisations));
    crowd.bytes = 0;
    for _ in 0..IDLE {
        crowd.second();
    }
    (an_entry, crowd.bytes as f64)
}

struct Member {
    number: u8,
    organisation: OrganisationId,
    replica: Replica,
    store: MemoryStore,
    /// What is to be attested: while others' words are taken, it waits.
    asked: Vec<(SpaceId, Attestation)>,
}

/// Members whose words reach all others at once.
struct Crowd {
    members: Vec<Member>,
    space: SpaceId,
    now_ms: u64,
    bytes: usize,
}

impl Crowd {
    fn new(organisations: u8) -> Self {
        let acts = founding_acts(organisations);
        let ids: Vec<OrganisationId> = acts.iter().filter_map(isnad_protocol::act::Act::organisation).collect();
        let governance = Governance::assemble(acts).expect("a consortium");
        let space = OpenSpace::Members.id(&governance.consortium());
        let member = |(number, organisation): (u8, OrganisationId)| {
            let attester = Attester {
                key: attesting(number).public(),
                organisation,
                nodes: BTreeSet::new(),
                after_ms: limits::ATTEST_AFTER_MS,
            };
            let replica = Replica::new(governance.clone(), Stored::default(), BTreeSet::new());
            let store = MemoryStore::default();
            let replica = replica.attesting_with(attester, &store).expect("memory can be read");
            Member { number, organisation, replica, store, asked: Vec::new() }
        };
        let members = (0_u8..).zip(ids).map(member).collect();
        Self { members, space, now_ms: EPOCH_MS, bytes: 0 }
    }

    /// One writes an entry that all take.
    fn write(&mut self, number: u8) {
        let member = &self.members[usize::from(number)];
        let log = LogKey { space: self.space, author: secret(100 + number).public() };
        let draft = Draft {
            kind: Kind::Change,
            space: self.space,
            organisation: member.organisation,
            record: RecordId::new([1; 16]),
            generation: 0,
            time: Timestamp(self.now_ms),
            payload: Payload { salt: [7; 16], bytes: claim("title", "something new") },
        };
        let end = member.replica.end_of(log);
        let entry = draft.seal((end.seq, end.id), &secret(100 + number));
        self.hand_to_all(&[entry]);
    }

    fn hand_to_all(&mut self, entries: &[Entry]) {
        for member in &mut self.members {
            let input = Input::Submit { request: 1, entries: entries.to_vec() };
            member.handle(input, self.now_ms);
        }
    }

    /// A second passes; whoever has something to attest does.
    fn second(&mut self) {
        self.now_ms += 1_000;
        for index in 0..self.members.len() {
            self.members[index].handle(Input::Wake, self.now_ms);
            for (space, attestation) in std::mem::take(&mut self.members[index].asked) {
                let entries = self.sealed(index, space, attestation);
                self.bytes += entries.iter().map(|entry| entry.encode().len()).sum::<usize>();
                self.hand_to_all(&entries);
            }
        }
    }

    fn sealed(&self, index: usize, space: SpaceId, mut attestation: Attestation) -> Vec<Entry> {
        let member = &self.members[index];
        let key = attesting(member.number);
        let end = member.replica.end_of(LogKey { space, author: key.public() });
        if !attestation.logs.is_empty() {
            attestation.records = Some([7; 32]);
        }
        seal(attestation.into_parts(), space, member.organisation, &key, end, self.now_ms)
    }
}

fn seal(
    parts: Vec<Attestation>,
    space: SpaceId,
    organisation: OrganisationId,
    key: &SecretKey,
    mut end: LogEnd,
    time_ms: u64,
) -> Vec<Entry> {
    let mut entries = Vec::new();
    for part in parts {
        let draft = Draft {
            kind: Kind::Attestation,
            space,
            organisation,
            record: RecordId::ZERO,
            generation: 0,
            time: Timestamp(time_ms),
            payload: Payload { salt: [7; 16], bytes: part.encode() },
        };
        let entry = draft.seal((end.seq, end.id), key);
        end = LogEnd { seq: entry.header.seq, id: entry.header.id() };
        entries.push(entry);
    }
    entries
}

impl Member {
    /// Hands an input in, and does what follows.
    fn handle(&mut self, input: Input, now_ms: u64) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            self.replica.handle(input, Timestamp(now_ms), &self.store).expect("memory can be read");
            while let Some(output) = self.replica.poll() {
                match output {
                    Output::Commit(batch) => {
                        self.store.append(batch);
                        inputs.push(Input::Synced);
                    }
                    Output::Attest { space, attestation, .. } => self.asked.push((space, attestation)),
                    Output::Refuse { refusal, .. } => panic!("refused: {refusal}"),
                    _ => {}
                }
            }
        }
    }
}

/// Seconds in which governance hears a store with so many lines about logs.
fn read_again(lines: usize) -> f64 {
    let acts = founding_acts(ORGANISATIONS);
    let ids: Vec<OrganisationId> = acts.iter().filter_map(isnad_protocol::act::Act::organisation).collect();
    let mut governance = Governance::assemble(acts).expect("a consortium");
    let space = OpenSpace::Members.id(&governance.consortium());
    let of_each = lines / usize::from(ORGANISATIONS) / usize::from(LINES_EACH);
    let (mut store, mut logs) = (MemoryStore::default(), BTreeMap::new());
    for (number, organisation) in (0_u8..).zip(ids) {
        let part = |seq: usize| {
            let line = |of: u8| LogLine {
                author: PublicKey::new([of; 32]),
                end: LogEnd { seq: seq as u64 + 1, id: EntryId::new([of; 32]) },
            };
            Attestation { logs: (0..LINES_EACH).map(line).collect(), ..Attestation::default() }
        };
        let key = attesting(number);
        let entries = seal((0..of_each).map(part).collect(), space, organisation, &key, LogEnd::START, EPOCH_MS);
        let entries = entries.into_iter().map(Authentic::from_store);
        let mut end = LogEnd::START;
        for entry in entries {
            end = entry.end();
            store.insert(entry);
        }
        logs.insert(LogKey { space, author: key.public() }, Log { organisation, end, checked: end });
    }
    let stored = Stored { logs, ..Stored::default() };
    let start = Instant::now();
    let heard = Heard::read(&mut governance, &stored, &store).expect("memory can be read");
    let seconds = start.elapsed().as_secs_f64();
    assert_ne!(heard, Heard::default());
    seconds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_idle_costs_nothing_and_what_is_busy_stays_within_its_limit() {
        let (busy, idle) = measure(7, 40);
        assert!(busy <= 200.0, "{busy}");
        assert!(idle < 0.1, "{idle}");
    }
}
