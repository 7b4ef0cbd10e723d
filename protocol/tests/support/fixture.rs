//! Authors who sign, and what they say: shared by the tests of sheets and views.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test takes what it needs")]

use std::collections::BTreeMap;

use isnad_protocol::encoding::json::{self, Json};
use isnad_protocol::entry::{Draft, Entry, Kind, Payload};
use isnad_protocol::id::{ClaimId, EntryId, NarrativeId, OrganisationId, RecordId, SpaceId};
use isnad_protocol::key::SecretKey;
use isnad_protocol::log::Authentic;
use isnad_protocol::sheet::operations::{Edits, Operation, Operations, Retract, Splice};
use isnad_protocol::sheet::{Claim, narrative};
use isnad_protocol::standing::Standing;
use isnad_protocol::time::Timestamp;

pub const SPACE: SpaceId = SpaceId::new([7; 32]);
/// Governance that has nothing against anybody.
pub const FREE: fn(&Authentic) -> Option<Standing> = |_| None;

pub fn record(kind: u8, number: u8) -> RecordId {
    let mut bytes = [number; 16];
    bytes[0] = kind;
    RecordId::new(bytes)
}

pub fn organisation(number: u8) -> OrganisationId {
    OrganisationId::new([number; 32])
}

pub fn claim(text: &str) -> Claim {
    let Json::Object(members) = json::decode(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}")) else {
        panic!("{text}")
    };
    Claim::new(members).unwrap()
}

/// A claim of a property and a value given as JSON, with more members.
pub fn said(prop: &str, value: &str, more: &[(&str, &str)]) -> Claim {
    let read = |text: &str| json::decode(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut members = json::Object::from([("prop".to_owned(), Json::text(prop)), ("value".to_owned(), read(value))]);
    members.extend(more.iter().map(|(key, value)| ((*key).to_owned(), read(value))));
    Claim::new(members).unwrap()
}

pub fn retract(claim: ClaimId, reason: &str) -> Operation {
    Operation::Retract(Retract { claim, reason: reason.to_owned(), note: None })
}

pub fn splice(at: u64, delete: u64, insert: &str) -> Splice {
    Splice { at, delete, insert: insert.to_owned() }
}

/// Logs of authors; author `n` is of organisation `n / 16`.
#[derive(Default)]
pub struct World {
    pub ends: BTreeMap<(u8, SpaceId), (u64, EntryId)>,
    pub entries: Vec<Authentic>,
    /// Added to every time that is claimed.
    pub shift_ms: u64,
    /// Whoever signs does so for this organisation instead of the own.
    pub on_behalf: Option<OrganisationId>,
    pub generation: u32,
}

impl World {
    pub fn home(author: u8) -> OrganisationId {
        organisation(author / 16)
    }

    pub fn key(author: u8) -> SecretKey {
        SecretKey::from_seed(&[author; 32])
    }

    pub fn next(&self, author: u8) -> (u64, EntryId) {
        self.ends.get(&(author, SPACE)).copied().unwrap_or((0, EntryId::ZERO))
    }

    pub fn sign(&mut self, author: u8, kind: Kind, record: RecordId, payload: Vec<u8>) -> EntryId {
        let end = self.next(author);
        let draft = Draft {
            kind,
            space: SPACE,
            organisation: self.on_behalf.unwrap_or(Self::home(author)),
            record,
            generation: self.generation,
            time: Timestamp(1_500_000_000_000 + end.0 + u64::from(author) + self.shift_ms),
            payload: Payload { salt: [author.max(1); 16], bytes: payload },
        };
        let entry = Authentic::from_store(draft.seal(end, &Self::key(author)));
        self.ends.insert((author, SPACE), (end.0 + 1, entry.id()));
        self.entries.push(entry.clone());
        entry.id()
    }

    pub fn change(&mut self, author: u8, record: RecordId, operations: &Operations) -> EntryId {
        self.sign(author, Kind::Change, record, operations.encode())
    }

    pub fn say(&mut self, author: u8, record: RecordId, claims: &[Claim]) -> EntryId {
        let operations = claims.iter().cloned().map(Operation::Claim).collect();
        self.change(author, record, &Operations::Claims(operations))
    }

    pub fn retract(&mut self, author: u8, record: RecordId, claim: ClaimId) -> EntryId {
        self.change(author, record, &Operations::Claims(vec![retract(claim, "error")]))
    }

    /// The narrative that the author's next entry may begin.
    pub fn narrative(&self, author: u8) -> NarrativeId {
        narrative::id(Self::key(author).public(), SPACE, self.next(author).0 + 1)
    }

    pub fn begin(&mut self, author: u8, record: RecordId, text: &str) -> (NarrativeId, EntryId) {
        let narrative = self.narrative(author);
        (narrative, self.edit(author, record, narrative, &[], &[splice(0, 0, text)]))
    }

    pub fn edit(
        &mut self,
        author: u8,
        record: RecordId,
        narrative: NarrativeId,
        after: &[EntryId],
        splices: &[Splice],
    ) -> EntryId {
        let mut after = after.to_vec();
        after.sort_unstable();
        after.dedup();
        self.change(author, record, &Operations::Edits(Edits { narrative, after, splices: splices.to_vec() }))
    }

    pub fn without(&self, id: EntryId) -> Vec<Authentic> {
        self.entries.iter().filter(|entry| entry.id() != id).cloned().collect()
    }
}

/// The entry without its payload.
pub fn stripped(entry: &Authentic) -> Authentic {
    Authentic::from_store(Entry { payload: None, ..entry.entry().clone() })
}

/// A generator of numbers from a seed alone.
pub struct Seeded(pub u64);

impl Seeded {
    pub fn next(&mut self) -> u64 {
        // SplitMix64: Steele, Lea, Flood 2014.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}
