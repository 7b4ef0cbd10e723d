//! The catalogue: a short row for each record, packed in blocks, so that a list is filtered and ordered without its summaries.
//!
//! What a row says is its writer's matter; here it is an id and bytes. A block is a sled value of some [`BLOCK_BYTES`], under
//! the id that its rows begin at; one that has grown is cut in even parts. A running node holds the blocks of each kind that
//! it was asked for in memory, as they stand on disk, and they change with every batch: the memory of a row is its bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use isnad_protocol::encoding::Reader;
use isnad_protocol::id::RecordId;

use super::{Changes, Index, prefix};
use crate::fault::Fault;

/// A block is cut above this: sled moves values beyond 128 KB into files that it never syncs (GROUND S2), and a change of one
/// row writes its whole block.
const BLOCK_BYTES: usize = 32 * 1_024;

/// Bytes of a row at most, its id not counted: a block that is not cut yet stays far below 128 KB.
pub const ROW_BYTES: usize = 3 * 1_024;

/// What changes: a row for a record, or `None` where nothing is said of it any more.
pub(super) type Rows = BTreeMap<RecordId, Option<Vec<u8>>>;

/// The blocks of one kind, by the id that each begins at. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue(BTreeMap<RecordId, Arc<[u8]>>);

impl Catalogue {
    /// The blocks, in the order of their ids: several threads may share them.
    pub fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        self.0.values().map(|bytes| Block(bytes))
    }

    /// Bytes that it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.values().map(|block| block.len()).sum()
    }

    /// True if nothing was put in or taken out between the two: every change makes a new block.
    fn is_same(&self, other: &Self) -> bool {
        let pairs = self.0.values().zip(other.0.values());
        self.0.len() == other.0.len() && pairs.into_iter().all(|(one, other)| Arc::ptr_eq(one, other))
    }

    /// The block that a record stands in: its beginning, and that of the next one.
    fn place(&self, record: RecordId) -> (RecordId, Option<RecordId>) {
        let start = self.0.range(..=record).next_back().map_or(first_of_kind(record), |(start, _)| *start);
        let next = self.0.range(start..).map(|(start, _)| *start).find(|other| *other > start);
        (start, next)
    }
}

/// Rows of records whose ids stand one behind the other.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a>(&'a [u8]);

impl<'a> Block<'a> {
    /// Each record and its row, by id.
    pub fn rows(self) -> impl Iterator<Item = (RecordId, &'a [u8])> {
        let mut reader = Reader::new(self.0);
        std::iter::from_fn(move || {
            let record = RecordId::new(reader.array().ok()?);
            let length = reader.u16().ok()?;
            Some((record, reader.bytes(length.into()).ok()?))
        })
    }
}

/// What of the catalogue is in memory, by kind.
#[derive(Debug, Default)]
pub(super) struct Loaded(Mutex<BTreeMap<u8, Catalogue>>);

impl Loaded {
    /// Forgets all of it: another tree has taken the place of the one that it was read from.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u8, Catalogue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Records of a kind that were picked by what the rows of other kinds say, with the catalogues that were read for that.
#[derive(Debug, Default)]
pub(super) struct WorkedOut(Mutex<BTreeMap<u8, Picked>>);

/// The catalogues that were read, and what was picked.
type Picked = (Vec<Catalogue>, Arc<BTreeSet<RecordId>>);

impl Index {
    /// Records of a kind, picked by what the rows of `kinds` say: by `pick`, or as it picked before where no row has changed since.
    ///
    /// # Errors
    /// What `pick` says, or a [`Fault`] if sled fails.
    pub fn picked<E: From<Fault>>(
        &self,
        kind: u8,
        kinds: &[u8],
        pick: impl FnOnce(&[Catalogue]) -> Result<BTreeSet<RecordId>, E>,
    ) -> Result<Arc<BTreeSet<RecordId>>, E> {
        let catalogues = kinds.iter().map(|kind| self.catalogue(*kind)).collect::<Result<Vec<_>, _>>()?;
        let lock = || self.shared.worked_out.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |read: &[Catalogue]| {
            read.len() == catalogues.len() && read.iter().zip(&catalogues).all(|(one, other)| one.is_same(other))
        };
        if let Some((_, picked)) = lock().get(&kind).filter(|(read, _)| is_same(read)) {
            return Ok(Arc::clone(picked));
        }
        let picked = Arc::new(pick(&catalogues)?);
        lock().insert(kind, (catalogues, Arc::clone(&picked)));
        Ok(picked)
    }

    /// The rows of every record of a kind.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn catalogue(&self, kind: u8) -> Result<Catalogue, Fault> {
        // Read under the lock: a batch that comes in meanwhile waits, and is then put in as well.
        let mut loaded = self.shared.loaded.lock();
        self.of_kind(&mut loaded, kind).cloned()
    }

    fn of_kind<'a>(&self, loaded: &'a mut BTreeMap<u8, Catalogue>, kind: u8) -> Result<&'a mut Catalogue, Fault> {
        use std::collections::btree_map::Entry;
        match loaded.entry(kind) {
            Entry::Occupied(found) => Ok(found.into_mut()),
            Entry::Vacant(free) => {
                let mut blocks = BTreeMap::new();
                self.scan(&[prefix::CATALOGUE, kind], |rest, value| {
                    if let Ok(start) = [&[kind], rest].concat().try_into() {
                        blocks.insert(RecordId::new(start), Arc::from(value));
                    }
                    true
                })?;
                Ok(free.insert(Catalogue(blocks)))
            }
        }
    }

    /// Makes changes, and with them those of the catalogue: all or none.
    pub(super) fn write_with_rows(&self, mut changes: Changes, rows: Rows) -> Result<(), Fault> {
        if rows.is_empty() {
            return self.write(changes);
        }
        let mut loaded = self.shared.loaded.lock();
        let written = self.put(rows, &mut loaded, &mut changes).and_then(|()| self.write(changes));
        if written.is_err() {
            // What stands on disk is not what was put in here.
            loaded.clear();
        }
        written
    }

    fn put(&self, rows: Rows, loaded: &mut BTreeMap<u8, Catalogue>, changes: &mut Changes) -> Result<(), Fault> {
        let mut rows = rows.into_iter().peekable();
        while let Some((record, row)) = rows.next() {
            let catalogue = self.of_kind(loaded, record.kind_code())?;
            let (start, next) = catalogue.place(record);
            let mut block = BTreeMap::from([(record, row)]);
            let is_in =
                |other: &RecordId| other.kind_code() == start.kind_code() && next.is_none_or(|next| *other < next);
            while let Some((record, row)) = rows.next_if(|(other, _)| is_in(other)) {
                block.insert(record, row);
            }
            replace_block(catalogue, start, block, changes);
        }
        Ok(())
    }
}

/// Puts rows into a block, and cuts it where it has grown.
fn replace_block(catalogue: &mut Catalogue, start: RecordId, changed: Rows, changes: &mut Changes) {
    let old = catalogue.0.remove(&start).unwrap_or_default();
    let mut rows: BTreeMap<RecordId, &[u8]> = Block(&old).rows().collect();
    for (record, row) in &changed {
        match row {
            Some(row) => drop(rows.insert(*record, row)),
            None => drop(rows.remove(record)),
        }
    }
    changes.remove(key(start));
    for (place, bytes) in blocks_of(&rows).into_iter().enumerate() {
        // The first part keeps the place of the whole, so that a record before its first row finds it too.
        let begins = if place == 0 { Some(start) } else { Block(&bytes).rows().next().map(|(record, _)| record) };
        let Some(begins) = begins else { continue };
        changes.insert(key(begins), bytes.as_slice());
        catalogue.0.insert(begins, bytes.into());
    }
}

/// Rows in as few blocks as are needed, of about even size; none for no rows.
fn blocks_of(rows: &BTreeMap<RecordId, &[u8]>) -> Vec<Vec<u8>> {
    let whole: usize = rows.values().map(|row| row.len().saturating_add(HEAD)).sum();
    let parts = whole.div_ceil(BLOCK_BYTES).max(1);
    let even = whole.div_ceil(parts);
    let mut blocks: Vec<Vec<u8>> = Vec::new();
    for (record, row) in rows {
        let Ok(length) = u16::try_from(row.len()) else { continue };
        if blocks.last().is_none_or(|block| block.len() >= even) {
            blocks.push(Vec::with_capacity(even.saturating_add(HEAD).saturating_add(ROW_BYTES)));
        }
        if let Some(block) = blocks.last_mut() {
            block.extend(record.as_bytes());
            block.extend(length.to_be_bytes());
            block.extend(*row);
        }
    }
    blocks
}

/// Bytes before a row: its record and its length.
const HEAD: usize = 18;

fn first_of_kind(record: RecordId) -> RecordId {
    let mut bytes = [0; 16];
    if let Some(kind) = bytes.first_mut() {
        *kind = record.kind_code();
    }
    RecordId::new(bytes)
}

fn key(start: RecordId) -> Vec<u8> {
    [&[prefix::CATALOGUE][..], start.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::tests::no_journals;

    /// A record of one of two kinds, spread as ids are.
    fn record(number: u32) -> RecordId {
        let mut bytes = [0; 16];
        bytes[0] = 1 + (number % 2) as u8;
        bytes[1..5].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
        RecordId::new(bytes)
    }

    fn row(number: u32, version: u8) -> Vec<u8> {
        vec![version; 100 + (number as usize * 37) % 900]
    }

    fn keep(index: &Index, rows: impl IntoIterator<Item = (u32, Option<u8>)>) {
        let rows = rows.into_iter();
        let rows = rows.map(|(number, version)| (record(number), version.map(|version| row(number, version))));
        index.write_with_rows(Changes::default(), rows.collect()).unwrap();
    }

    fn held(index: &Index) -> Vec<(RecordId, Vec<u8>)> {
        let catalogues = [1, 2].map(|kind| index.catalogue(kind).unwrap());
        let rows = catalogues.iter().flat_map(Catalogue::blocks).flat_map(Block::rows);
        rows.map(|(record, row)| (record, row.to_vec())).collect()
    }

    fn sizes(index: &Index) -> Vec<usize> {
        let catalogues = [1, 2].map(|kind| index.catalogue(kind).unwrap());
        catalogues.iter().flat_map(Catalogue::blocks).map(|block| block.0.len()).collect()
    }

    #[test]
    fn rows_are_the_same_in_whatever_order_they_came() {
        const COUNT: u32 = 2_000;
        let dir = tempfile::tempdir().unwrap();
        let at_once = Index::open(&dir.path().join("at once"), b"", no_journals()).unwrap();
        let bit_by_bit = Index::open(&dir.path().join("bit by bit"), b"", no_journals()).unwrap();
        let last = |number: u32| (!number.is_multiple_of(7)).then_some(2);
        keep(&at_once, (0..COUNT).map(|number| (number, last(number))));
        // Once in some order with other words, some read in between, then what stands in the end, in another order.
        for part in 0..50 {
            keep(&bit_by_bit, (0..COUNT).filter(|number| number % 50 == part).map(|number| (number, Some(1))));
        }
        assert_eq!(held(&bit_by_bit).len(), COUNT as usize);
        for part in (0..11).rev() {
            keep(&bit_by_bit, (0..COUNT).filter(|number| number % 11 == part).map(|number| (number, last(number))));
        }
        let expected: BTreeMap<_, _> =
            (0..COUNT).filter_map(|number| Some((record(number), row(number, last(number)?)))).collect();
        assert_eq!(held(&at_once), expected.into_iter().collect::<Vec<_>>());
        assert_eq!(held(&bit_by_bit), held(&at_once));
        // As it stands on disk, too.
        for index in [&at_once, &bit_by_bit] {
            let before = held(index);
            index.shared.loaded.clear();
            assert_eq!(held(index), before);
            assert!(sizes(index).into_iter().all(|bytes| bytes <= BLOCK_BYTES + ROW_BYTES + HEAD));
        }
    }

    #[test]
    fn nothing_is_left_of_what_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let index = Index::open(dir.path(), b"", no_journals()).unwrap();
        keep(&index, (0..500).map(|number| (number, Some(1))));
        keep(&index, (0..500).map(|number| (number, None)));
        assert_eq!((held(&index), sizes(&index)), (Vec::new(), Vec::new()));
        keep(&index, [(3, Some(1))]);
        assert_eq!(held(&index).len(), 1);
    }
}
