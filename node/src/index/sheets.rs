//! Sheets in the index: where the entries about a record stand, and what is found by them.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::entry::Kind;
use isnad_protocol::id::{RecordId, SpaceId};
use isnad_protocol::log::Authentic;
use isnad_protocol::sheet;

use super::catalogue::Rows;
use super::{Changes, Index, Position, alias_prefix, decode_positions, prefix};
use crate::fault::Fault;

/// A value is closed at so many bytes of positions: it is written anew with each entry that comes to it.
const VALUE_BYTES: usize = 2_048;

/// All sheets of a record in one space stand together: they are read together, and one journal holds them.
type SheetKey = (RecordId, SpaceId);

/// What an entry is found by, beside the record that it is about: keys of the index.
pub(super) type FoundBy = Vec<Vec<u8>>;

/// What a cut takes from one record.
#[derive(Default)]
pub(super) struct Removed {
    pub(super) positions: BTreeSet<Position>,
    found_by: BTreeSet<Vec<u8>>,
    last: Vec<u8>,
}

impl Removed {
    /// Takes out one entry more of the log that is cut, further ones later.
    pub(super) fn take(&mut self, entry: &Authentic, at: Position) {
        self.positions.insert(at);
        self.found_by.extend(found_by(entry));
        self.last = [entry.id().as_bytes(), &[REMOVED][..]].concat();
    }
}

/// One value of a sheet and its number.
struct Value {
    number: u32,
    bytes: Vec<u8>,
}

/// The last value of each sheet that a batch touches, and what else changes by it.
pub(super) struct Sheets<'a> {
    index: &'a Index,
    open: BTreeMap<SheetKey, Value>,
    closed: BTreeMap<Vec<u8>, Vec<u8>>,
    references: BTreeSet<Vec<u8>>,
    /// Records about which something changes, and what.
    records: BTreeMap<RecordId, Vec<u8>>,
    /// Keys of what is no longer so.
    gone: BTreeSet<Vec<u8>>,
    /// Records of which nothing is said any more.
    forgotten: BTreeSet<RecordId>,
}

impl<'a> Sheets<'a> {
    pub(super) const fn new(index: &'a Index) -> Self {
        Self {
            index,
            open: BTreeMap::new(),
            closed: BTreeMap::new(),
            references: BTreeSet::new(),
            records: BTreeMap::new(),
            gone: BTreeSet::new(),
            forgotten: BTreeSet::new(),
        }
    }

    /// Adds an entry, which stands there and is found by these, to the sheet that it is about; one about no record has none.
    pub(super) fn add(&mut self, entry: &Authentic, at: Position, found_by: FoundBy) -> Result<(), Fault> {
        let header = &entry.entry().header;
        if header.record == RecordId::ZERO {
            return Ok(());
        }
        let key = (header.record, header.space);
        if !self.open.contains_key(&key) {
            let value = self.last_value(key)?;
            self.open.insert(key, value);
        }
        if let Some(value) = self.open.get_mut(&key) {
            if value.bytes.len() >= VALUE_BYTES {
                self.closed.insert(value_key(key, value.number), std::mem::take(&mut value.bytes));
                value.number = value.number.saturating_add(1);
            }
            value.bytes.extend(at.to_u64().to_be_bytes());
        }
        self.touch(entry, found_by);
        Ok(())
    }

    /// Says that an entry, which came without its payload, stands elsewhere with it.
    pub(super) fn replace(
        &mut self,
        entry: &Authentic,
        (old, new): (Position, Position),
        found_by: FoundBy,
    ) -> Result<(), Fault> {
        let header = &entry.entry().header;
        let key = (header.record, header.space);
        let mut values: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        let start = sheet_prefix(key);
        self.index.scan(&start, |rest, value| {
            values.insert([&start, rest].concat(), value.to_vec());
            true
        })?;
        for (name, bytes) in &self.closed {
            if name.starts_with(&start) {
                values.insert(name.clone(), bytes.clone());
            }
        }
        if let Some(value) = self.open.get_mut(&key) {
            // What is open stands for its value on disk.
            values.remove(&value_key(key, value.number));
            if let Some(changed) = replaced(&value.bytes, old, new) {
                value.bytes = changed;
            }
        }
        for (name, bytes) in values {
            if let Some(changed) = replaced(&bytes, old, new) {
                self.closed.insert(name, changed);
            }
        }
        self.touch(entry, found_by);
        Ok(())
    }

    /// Takes entries of a log that is cut out of the sheets of a record, and what is found by them alone out of the index.
    ///
    /// The index holds all of these entries: nothing else was done in this batch.
    pub(super) fn remove(&mut self, record: RecordId, space: SpaceId, removed: Removed) -> Result<(), Fault> {
        let start = sheet_prefix((record, space));
        self.index.scan(&start, |rest, value| {
            let all = decode_positions(value);
            let kept: Vec<u8> = all
                .filter(|position| !removed.positions.contains(position))
                .flat_map(|position| position.to_u64().to_be_bytes())
                .collect();
            if kept.len() < value.len() {
                self.closed.insert([&start, rest].concat(), kept);
            }
            true
        })?;
        let mut still_found_by = BTreeSet::new();
        let mut is_empty = true;
        for (of, mut positions) in self.index.about(record)? {
            if of == space {
                positions.retain(|position| !removed.positions.contains(position));
            }
            is_empty &= positions.is_empty();
            // Of what is damaged it is not known what it is found by: what is kept too much is a hint that leads nowhere.
            match self.index.read(of, &positions) {
                Ok(entries) => still_found_by.extend(entries.iter().flat_map(found_by)),
                Err(_) => still_found_by.extend(removed.found_by.iter().cloned()),
            }
        }
        self.gone.extend(removed.found_by.into_iter().filter(|key| !still_found_by.contains(key)));
        if is_empty {
            self.gone.extend([prefix::STALE, prefix::SUMMARY].map(|prefix| key_of(prefix, record)));
            self.forgotten.insert(record);
        } else {
            self.records.insert(record, removed.last);
        }
        Ok(())
    }

    pub(super) fn write(&self, batch: &mut Changes) {
        for key in &self.gone {
            batch.remove(key.as_slice());
        }
        for (key, value) in &self.closed {
            if value.is_empty() {
                batch.remove(key.as_slice());
            } else {
                batch.insert(key.as_slice(), value.as_slice());
            }
        }
        for (key, value) in &self.open {
            batch.insert(value_key(*key, value.number), value.bytes.as_slice());
        }
        for key in &self.references {
            batch.insert(key.as_slice(), []);
        }
        for (record, cause) in &self.records {
            batch.insert(key_of(prefix::STALE, *record), cause.as_slice());
            // An empty summary: the record is listed at once, and its summary made when it is first read.
            batch.insert(key_of(prefix::SUMMARY, *record), []);
        }
    }

    /// Rows of the catalogue that are to go.
    pub(super) fn rows(&self) -> Rows {
        self.forgotten.iter().map(|record| (*record, None)).collect()
    }

    fn touch(&mut self, entry: &Authentic, found_by: FoundBy) {
        self.records.insert(entry.entry().header.record, cause(entry));
        self.references.extend(found_by);
    }

    fn last_value(&self, key: SheetKey) -> Result<Value, Fault> {
        let mut value = Value { number: 0, bytes: Vec::new() };
        self.index.scan(&sheet_prefix(key), |rest, bytes| {
            if let Ok(number) = rest.try_into() {
                value = Value { number: u32::from_be_bytes(number), bytes: bytes.to_vec() };
            }
            true
        })?;
        Ok(value)
    }
}

/// Stands in the place of whether its payload is here, where an entry was removed.
const REMOVED: u8 = 2;

/// What tells one change of a record from another: the entry, and whether its payload is here.
fn cause(entry: &Authentic) -> Vec<u8> {
    [&entry.id().as_bytes()[..], &[u8::from(entry.entry().payload.is_some())]].concat()
}

/// Keys under which the entry's record is found by what the entry names: other records, those that it judges,
/// and its aliases.
pub(super) fn found_by(entry: &Authentic) -> FoundBy {
    let header = &entry.entry().header;
    let Some(payload) = entry.entry().payload.as_ref().filter(|_| header.kind == Kind::Change) else {
        return Vec::new();
    };
    let mentions = sheet::mentions(&payload.bytes);
    let record = header.record.as_bytes().as_slice();
    let referred = mentions.records.iter().map(|target| [&[prefix::REFERENCE][..], target.as_bytes(), record].concat());
    let named = mentions.aliases.iter().map(|alias| [&alias_prefix(alias), record].concat());
    // Most payloads judge nothing, and are not looked at again.
    let judges = payload.bytes.windows(JUDGES.len()).any(|found| found == JUDGES);
    let judged = mentions.records.iter().filter(|_| judges);
    let judged = judged.map(|target| [&[prefix::JUDGED][..], target.as_bytes(), record].concat());
    referred.chain(named).chain(judged).collect()
}

/// Stands in the JSON, spelt in one way, of every payload that judges whether records are the same.
const JUDGES: &[u8] = br#""prop":"judgement""#;

fn key_of(prefix: u8, record: RecordId) -> Vec<u8> {
    [&[prefix][..], record.as_bytes()].concat()
}

fn sheet_prefix((record, space): SheetKey) -> Vec<u8> {
    [&[prefix::SHEET][..], record.as_bytes(), space.as_bytes()].concat()
}

fn value_key(key: SheetKey, number: u32) -> Vec<u8> {
    [sheet_prefix(key).as_slice(), &number.to_be_bytes()].concat()
}

/// The value with the new position in the place of the old one, `None` if it does not hold that.
fn replaced(value: &[u8], old: Position, new: Position) -> Option<Vec<u8>> {
    let mut is_here = false;
    let changed = decode_positions(value).flat_map(|position| {
        is_here |= position == old;
        if position == old { new } else { position }.to_u64().to_be_bytes()
    });
    let changed = changed.collect();
    is_here.then_some(changed)
}
