//! Sheets in the index: the entries about a record, in values of some 32 KB, and what is found by them.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::entry::Kind;
use isnad_protocol::id::{OrganisationId, RecordId, SpaceId};
use isnad_protocol::log::{Authentic, LogKey};
use isnad_protocol::sheet;

use super::catalogue::Rows;
use super::{Changes, Index, alias_prefix, decode_entries, prefix};
use crate::fault::Fault;

/// A value is closed above this: sled moves values beyond 128 KB into files that it never syncs (GROUND S2).
const VALUE_BYTES: usize = 32 * 1_024;

/// Whose words about what: all generations of a sheet stand together.
type SheetKey = (RecordId, SpaceId, OrganisationId);

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

    /// Adds an entry to the sheet that it is about; one about no record has none.
    pub(super) fn add(&mut self, entry: &Authentic) -> Result<(), Fault> {
        let header = &entry.entry().header;
        if header.record == RecordId::ZERO {
            return Ok(());
        }
        let key = (header.record, header.space, header.organisation);
        if !self.open.contains_key(&key) {
            let value = self.last_value(key)?;
            self.open.insert(key, value);
        }
        if let Some(value) = self.open.get_mut(&key) {
            if value.bytes.len() >= VALUE_BYTES {
                self.closed.insert(value_key(key, value.number), std::mem::take(&mut value.bytes));
                value.number = value.number.saturating_add(1);
            }
            append(&mut value.bytes, entry);
        }
        self.touch(entry);
        Ok(())
    }

    /// Puts an entry that came without its payload in its place with it.
    pub(super) fn replace(&mut self, entry: &Authentic) -> Result<(), Fault> {
        let header = &entry.entry().header;
        let key = (header.record, header.space, header.organisation);
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
        for (name, bytes) in values {
            if let Some(changed) = replaced(&bytes, entry) {
                self.closed.insert(name, changed);
            }
        }
        if let Some(value) = self.open.get_mut(&key) {
            let name = value_key(key, value.number);
            if let Some(changed) = replaced(&value.bytes, entry) {
                value.bytes = changed;
            }
            self.closed.remove(&name);
        }
        self.touch(entry);
        Ok(())
    }

    /// Takes the entries of a log behind `seq` out of the sheets of a record, and what is found by them alone out of the index.
    ///
    /// The index holds all of these entries: nothing else was done in this batch.
    pub(super) fn remove_behind(&mut self, log: LogKey, seq: u64, record: RecordId) -> Result<(), Fault> {
        let is_behind = |entry: &Authentic| {
            let header = &entry.entry().header;
            header.space == log.space && header.author == log.author && header.seq > seq
        };
        let start = [&[prefix::SHEET][..], record.as_bytes()].concat();
        let (mut still_found_by, mut last) = (BTreeSet::new(), None);
        let mut is_empty = true;
        self.index.scan(&start, |rest, value| {
            let (removed, kept): (Vec<_>, Vec<_>) = decode_entries(value).into_iter().partition(is_behind);
            is_empty &= kept.is_empty();
            still_found_by.extend(kept.iter().flat_map(found_by));
            if !removed.is_empty() {
                let mut bytes = Vec::new();
                kept.iter().for_each(|entry| append(&mut bytes, entry));
                self.closed.insert([&start, rest].concat(), bytes);
                self.gone.extend(removed.iter().flat_map(found_by));
                last = removed.last().map(|entry| [entry.id().as_bytes(), &[REMOVED][..]].concat()).or(last.take());
            }
            true
        })?;
        self.gone.retain(|key| !still_found_by.contains(key));
        match last {
            Some(cause) if !is_empty => drop(self.records.insert(record, cause)),
            Some(_) => {
                self.gone.extend([prefix::STALE, prefix::SUMMARY].map(|prefix| key_of(prefix, record)));
                self.forgotten.insert(record);
            }
            None => {}
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

    fn touch(&mut self, entry: &Authentic) {
        self.records.insert(entry.entry().header.record, cause(entry));
        self.references.extend(found_by(entry));
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
fn found_by(entry: &Authentic) -> Vec<Vec<u8>> {
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

fn sheet_prefix((record, space, organisation): SheetKey) -> Vec<u8> {
    [&[prefix::SHEET][..], record.as_bytes(), space.as_bytes(), organisation.as_bytes()].concat()
}

fn value_key(key: SheetKey, number: u32) -> Vec<u8> {
    [sheet_prefix(key).as_slice(), &number.to_be_bytes()].concat()
}

fn append(value: &mut Vec<u8>, entry: &Authentic) {
    let bytes = entry.entry().encode();
    value.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    value.extend(bytes);
}

/// The value with this entry in its place, `None` if it does not hold it.
fn replaced(value: &[u8], entry: &Authentic) -> Option<Vec<u8>> {
    let entries = decode_entries(value);
    let is_here = entries.iter().any(|held| held.id() == entry.id());
    is_here.then(|| {
        let mut changed = Vec::new();
        for held in &entries {
            append(&mut changed, if held.id() == entry.id() { entry } else { held });
        }
        changed
    })
}
