//! Entries of several organisations about incidents: the claims of real ones, said again about as many records as are asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use isnad_node::index::Index;
use isnad_node::mark::{End, Machine, Mark, OwnLog};
use isnad_node::store::Store;
use isnad_protocol::encoding::json::{Json, Object};
use isnad_protocol::entry::{Draft, Entry, Kind, Payload};
use isnad_protocol::id::{EntryId, OpenSpace, RecordId};
use isnad_protocol::import::{self, Dataset};
use isnad_protocol::key::SecretKey;
use isnad_protocol::log::{Authentic, LogKey};
use isnad_protocol::replica::{Batch, Write};
use isnad_protocol::sheet::claim::Claim;
use isnad_protocol::sheet::operations::Operation;
use isnad_protocol::sheet::write;
use isnad_protocol::time::Timestamp;

use super::Size;
use super::consortium::{Consortium, open};

const INCIDENTS: &[u8] = include_bytes!("../../../cli/data/incidents.json");

/// Organisations that say something of one record.
const SPEAKERS: usize = 3;

/// A payload is closed above this.
const PAYLOAD_BYTES: usize = 300;

/// A consortium in which the first organisation's home holds everything.
#[derive(Debug)]
pub(super) struct Corpus {
    pub(super) consortium: Consortium,
    pub(super) entries: Vec<Entry>,
    /// Incidents, the real ones of the file first.
    pub(super) incidents: Vec<RecordId>,
}

impl Corpus {
    pub(super) fn make(size: Size) -> Self {
        // A log in each space for each that writes; one more only reads.
        let consortium = Consortium::found((size.logs / 2).max(SPEAKERS) + 1);
        let (entries, incidents) = Writer::new(&consortium).write(size);
        Self::hold(consortium, entries, incidents)
    }

    /// Records of every kind in the mix of the real file, each with as many claims as the size says.
    pub(super) fn of_records(size: Size) -> Self {
        let consortium = Consortium::found(SPEAKERS + 1);
        let (entries, incidents) = Writer::new(&consortium).write_records(size);
        Self::hold(consortium, entries, incidents)
    }

    fn hold(consortium: Consortium, entries: Vec<Entry>, incidents: Vec<RecordId>) -> Self {
        let home = open(&consortium.homes[0]);
        let mut store = Store::open(&home, &consortium.spaces(), &mut |_| {}).expect("a store");
        for part in entries.chunks(1_024) {
            let write = |entry: &Entry| Write::Entry { entry: Authentic::from_store(entry.clone()), is_checked: true };
            store.append(Batch { writes: part.iter().map(write).collect() }).expect("a disk");
            store.sync().expect("a disk");
        }
        store.index_reached().expect("an index");
        let keys = [OpenSpace::Members, OpenSpace::Public].map(|space| consortium.key(0, space).public());
        let own = entries.iter().map(|entry| &entry.header).filter(|header| keys.contains(&header.author));
        // As if it had signed them here: the mark knows.
        let ends: BTreeMap<OwnLog, End> = own
            .map(|header| {
                let log = OwnLog::of(LogKey { space: header.space, author: header.author });
                (log, End { seq: header.seq, id: header.id() })
            })
            .collect();
        let machine = Machine::of_home(home.path()).expect("a machine");
        Mark::confirmed(machine, &ends).write(&home.mark()).expect("a mark");
        Self { consortium, entries, incidents }
    }

    /// A copy of the home of an organisation without a word of its own: who catches up.
    pub(super) fn empty_home(&self, name: &str) -> PathBuf {
        self.consortium.copy(self.consortium.homes.len() - 1, name)
    }

    pub(super) fn payload_bytes(&self) -> usize {
        self.entries.iter().filter_map(|entry| entry.payload.as_ref()).map(|payload| payload.bytes.len()).sum()
    }
}

struct Writer<'a> {
    consortium: &'a Consortium,
    keys: BTreeMap<(usize, bool), SecretKey>,
    ends: BTreeMap<(usize, bool), (u64, EntryId)>,
    entries: Vec<Entry>,
}

impl<'a> Writer<'a> {
    fn new(consortium: &'a Consortium) -> Self {
        let mut keys = BTreeMap::new();
        for author in 0..consortium.homes.len() - 1 {
            keys.insert((author, false), consortium.key(author, OpenSpace::Members));
            keys.insert((author, true), consortium.key(author, OpenSpace::Public));
        }
        Self { consortium, keys, ends: BTreeMap::new(), entries: Vec::new() }
    }

    /// First the file as it is, then its incidents again and again under other ids.
    fn write(mut self, size: Size) -> (Vec<Entry>, Vec<RecordId>) {
        let dataset = import::read(INCIDENTS, import::DATASET).expect("the file of incidents");
        let mut incidents = Vec::new();
        for (index, record) in dataset.records.iter().enumerate() {
            self.say(self.author(index), false, record.record, payloads(&record.claims, 0).take(4));
        }
        incidents.extend(incidents_of(&dataset).map(|(record, _)| record).take(size.incidents));
        let left = size.entries.saturating_sub(self.entries.len());
        let others = size.incidents.saturating_sub(incidents.len()).max(1);
        let mut copy = 0;
        while incidents.len() < size.incidents {
            copy += 1;
            let dataset = import::read(INCIDENTS, &format!("bench-{copy}")).expect("the file of incidents");
            for (record, claims) in incidents_of(&dataset).take(size.incidents - incidents.len()) {
                // An alias names one record: copies have none.
                let claims: Vec<Object> = claims.iter().filter(|claim| !is_alias(claim)).cloned().collect();
                incidents.push(record);
                let done = incidents.len() - (size.incidents - others);
                let is_public = done.is_multiple_of(5);
                for speaker in 0..SPEAKERS {
                    let due = left * (done * SPEAKERS + speaker + 1 - SPEAKERS) / (others * SPEAKERS);
                    let due = due.saturating_sub(self.entries.len() - (size.entries - left));
                    let author = self.author(done * SPEAKERS + done / 5 + speaker);
                    self.say(author, is_public, record, payloads(&claims, speaker * 5).take(due));
                }
            }
        }
        let missing = size.entries.saturating_sub(self.entries.len());
        let (record, claims) = incidents_of(&dataset).next().expect("an incident");
        self.say(0, false, record, payloads(claims, 0).take(missing));
        (self.entries, incidents)
    }

    /// The file again and again under other ids; of each record three organisations say a part.
    fn write_records(mut self, size: Size) -> (Vec<Entry>, Vec<RecordId>) {
        let (mut incidents, mut written) = (Vec::new(), 0);
        for copy in 0.. {
            let name = if copy == 0 { import::DATASET.to_owned() } else { format!("bench-{copy}") };
            let dataset = import::read(INCIDENTS, &name).expect("the file of incidents");
            for record in &dataset.records {
                if written == size.records {
                    return (self.entries, incidents);
                }
                written += 1;
                if record.record.kind_code() == 1 {
                    incidents.push(record.record);
                }
                let claims = claims_of(&record.claims, copy == 0, size.claims);
                for (author, part) in claims.chunks(claims.len().div_ceil(SPEAKERS)).enumerate() {
                    let said: Vec<_> = part.iter().cloned().map(Operation::Claim).collect();
                    let payloads = write::claims(&said).expect("payloads");
                    self.say(
                        self.author(written + author),
                        written.is_multiple_of(5),
                        record.record,
                        payloads.into_iter(),
                    );
                }
            }
        }
        unreachable!("copies have no end")
    }

    /// They take turns.
    fn author(&self, turn: usize) -> usize {
        turn % (self.consortium.homes.len() - 1)
    }

    fn say(&mut self, author: usize, is_public: bool, record: RecordId, payloads: impl Iterator<Item = Vec<u8>>) {
        let space = self.consortium.space(if is_public { OpenSpace::Public } else { OpenSpace::Members });
        for bytes in payloads {
            let number = self.entries.len() as u64;
            let end = self.ends.entry((author, is_public)).or_insert((0, EntryId::ZERO));
            let mut salt = [7; 16];
            salt[..8].copy_from_slice(&number.to_be_bytes());
            // Compresses as badly as a random one.
            let salt = isnad_protocol::encoding::hash_plain(&[&salt]);
            let draft = Draft {
                kind: Kind::Change,
                space,
                organisation: self.consortium.organisations[author],
                record,
                generation: 0,
                time: Timestamp(1_700_000_000_000 + number * 60_000),
                payload: Payload { salt: salt[..16].try_into().expect("16 bytes"), bytes },
            };
            let entry = draft.seal(*end, &self.keys[&(author, is_public)]);
            *end = (entry.header.seq, entry.header.id());
            self.entries.push(entry);
        }
    }
}

fn incidents_of(dataset: &Dataset) -> impl Iterator<Item = (RecordId, &Vec<Object>)> {
    dataset.records.iter().filter(|record| record.record.kind_code() == 1).map(|record| (record.record, &record.claims))
}

fn is_alias(claim: &Object) -> bool {
    claim.iter().any(|(key, value)| key == "prop" && value.as_text() == Some("alias"))
}

/// So many claims: the record's own, but for aliases of copies, then notes.
fn claims_of(claims: &[Object], has_aliases: bool, count: usize) -> Vec<Claim> {
    let own = claims.iter().filter(|claim| has_aliases || !is_alias(claim));
    let own = own.map(|claim| Claim::new(claim.clone()).expect("a claim"));
    let note = |number: usize| {
        let text =
            format!("Note {number}: the hospital's list of that night names the wards and the hours of arrival.");
        let members = [("prop", Json::text("note")), ("value", Json::text(text)), ("lang", Json::text("en"))];
        Claim::new(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()).expect("a claim")
    };
    own.chain((0..).map(note)).take(count).collect()
}

/// Payloads of some 300 to 500 bytes that say these claims from one of them on, without end.
fn payloads(claims: &[Object], from: usize) -> impl Iterator<Item = Vec<u8>> {
    let claims: Vec<Claim> = claims.iter().map(|claim| Claim::new(claim.clone()).expect("a claim")).collect();
    let mut next = from;
    std::iter::from_fn(move || {
        let (mut said, mut seen) = (Vec::new(), BTreeSet::new());
        loop {
            let claim = &claims[next % claims.len()];
            next += 1;
            let is_new = seen.insert(claim.id());
            if is_new {
                said.push(Operation::Claim(claim.clone()));
            }
            let payload = write::claims(&said).expect("a payload").remove(0);
            if payload.len() >= PAYLOAD_BYTES || !is_new {
                return Some(payload);
            }
        }
    })
}

/// Every record that a home's index knows.
pub(super) fn records_held(index: &Index) -> usize {
    index.records(&[]).map_or(0, |records| records.len())
}
