//! In the index: the tree over all records of a space, as far as this node has attested. format §5.
//!
//! It grows when an attestation is made, by what lies between the ends named before and those named now, and no further: so its
//! root is that of the ends that stand in the attestation's log. It says itself up to which ends it was grown.

use std::collections::BTreeSet;

use isnad_protocol::attestation::{Branches, Child, leaf, set_in};
use isnad_protocol::encoding::Reader;
use isnad_protocol::entry::Kind;
use isnad_protocol::id::{EntryId, RecordId, SpaceId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::{Authentic, Frontier, LogKey};
use isnad_protocol::store::LogView;

use super::{Changes, Index, number, prefix};
use crate::fault::Fault;

/// Records that are put into the tree in one batch: an index that was made anew puts in all there are.
const ROUND: usize = 1_024;
/// Bytes of a log that are read at one time.
const READ_BYTES: usize = 1 << 20;
/// Stands for a record in the place of the bit at which a branch parts.
const LEAF: u8 = u8::MAX;

mod part {
    pub(super) const END: u8 = 0;
    pub(super) const TOP: u8 = 1;
    pub(super) const BRANCH: u8 = 2;
}

/// The tree of one space while it grows.
struct Growing<'a> {
    index: &'a Index,
    space: SpaceId,
    changes: Changes,
}

impl Index {
    /// Grows the tree over the records of a space to these ends, which never go back, and returns its root.
    ///
    /// The index holds all entries up to them.
    ///
    /// # Errors
    /// [`Fault`] if sled fails, or a log cannot be read.
    pub fn records_root(&self, space: SpaceId, ends: &Frontier, logs: &impl LogView) -> Result<[u8; 32], Fault> {
        let mut tree = Growing { index: self, space, changes: Changes::default() };
        let mut touched = BTreeSet::new();
        for (author, end) in ends {
            let mut at = tree.end(author)?;
            while at < end.seq {
                let entries = logs.read_log(LogKey { space, author: *author }, at, READ_BYTES).map_err(Fault::index)?;
                let before = at;
                for entry in entries.iter().take_while(|entry| entry.end().seq <= end.seq) {
                    touched.extend(record_of(entry));
                    at = entry.end().seq;
                }
                if at == before {
                    return Err(Fault::index("a log is shorter than what was attested of it"));
                }
                tree.changes.insert(tree.key(part::END, author.as_bytes()), at.to_be_bytes());
                if touched.len() >= ROUND {
                    tree.grow(&std::mem::take(&mut touched), ends)?;
                }
            }
        }
        tree.grow(&touched, ends)?;
        Ok(tree.top()?.map_or([0; 32], |top| top.hash))
    }
}

impl Growing<'_> {
    /// Puts records in as they stand up to the ends, and writes what has changed.
    fn grow(&mut self, touched: &BTreeSet<RecordId>, ends: &Frontier) -> Result<(), Fault> {
        let mut top = self.top()?;
        for record in touched {
            let leaf = self.leaf(record, ends)?;
            let space = self.space;
            top = set_in(self, top, *record, leaf)?;
            if top.is_none() {
                self.index.clear_records(space)?;
                return Err(Fault::index("the tree over the records lacks a branch: it is made anew"));
            }
        }
        if let Some(top) = top {
            self.changes.insert(self.key(part::TOP, &[]), encode(&top));
        }
        let changes = std::mem::take(&mut self.changes);
        if changes.0.is_empty() {
            return Ok(());
        }
        let _writing = self.index.shared.writing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.index.write(changes)
    }

    fn leaf(&self, record: &RecordId, ends: &Frontier) -> Result<[u8; 32], Fault> {
        let is_covered = |entry: &Authentic| {
            let header = &entry.entry().header;
            let is_up_to = ends.get(&header.author).is_some_and(|end| header.seq <= end.seq);
            header.space == self.space && is_up_to && record_of(entry).is_some()
        };
        // Of this space alone: damage of another's journal does not touch this root.
        let positions = self.index.about(*record)?.remove(&self.space).unwrap_or_default();
        let entries = self.index.read(self.space, &positions)?;
        let ids: BTreeSet<EntryId> = entries.iter().filter(|entry| is_covered(entry)).map(Authentic::id).collect();
        Ok(leaf(record, &ids))
    }

    fn top(&self) -> Result<Option<Child>, Fault> {
        Ok(self.get(&self.key(part::TOP, &[]))?.and_then(|value| decode(&mut Reader::new(&value))))
    }

    fn end(&self, author: &PublicKey) -> Result<u64, Fault> {
        Ok(self.get(&self.key(part::END, author.as_bytes()))?.and_then(|value| number(&value)).unwrap_or(0))
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        self.changes.0.get(key).map_or_else(|| self.index.get(key), |value| Ok(value.clone()))
    }

    fn key(&self, part: u8, rest: &[u8]) -> Vec<u8> {
        [&[prefix::RECORDS][..], self.space.as_bytes(), &[part], rest].concat()
    }

    fn branch_key(&self, bit: u8, beginning: &RecordId) -> Vec<u8> {
        self.key(part::BRANCH, &[&[bit][..], beginning.as_bytes()].concat())
    }
}

impl Branches for Growing<'_> {
    type Fault = Fault;

    fn branch(&self, bit: u8, beginning: &RecordId) -> Result<Option<[Child; 2]>, Fault> {
        let Some(value) = self.get(&self.branch_key(bit, beginning))? else { return Ok(None) };
        let mut reader = Reader::new(&value);
        Ok(decode(&mut reader).zip(decode(&mut reader)).map(|(zero, one)| [zero, one]))
    }

    fn put(&mut self, bit: u8, beginning: &RecordId, sides: [Child; 2]) {
        self.changes.insert(self.branch_key(bit, beginning), sides.map(|side| encode(&side)).concat());
    }
}

impl Index {
    /// Empties the tree of a space: it grows from the beginning the next time.
    fn clear_records(&self, space: SpaceId) -> Result<(), Fault> {
        let start = [&[prefix::RECORDS][..], space.as_bytes()].concat();
        let mut changes = Changes::default();
        self.scan(&start, |rest, _| {
            changes.remove([&start, rest].concat());
            true
        })?;
        let _writing = self.shared.writing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.write(changes)
    }
}

/// The record that an entry of kinds 1 and 3 is about.
fn record_of(entry: &Authentic) -> Option<RecordId> {
    let header = &entry.entry().header;
    let is_about = matches!(header.kind, Kind::Change | Kind::Redaction) && header.record != RecordId::ZERO;
    is_about.then_some(header.record)
}

fn encode(child: &Child) -> Vec<u8> {
    [&[child.bit.unwrap_or(LEAF)][..], child.record.as_bytes(), &child.hash].concat()
}

fn decode(reader: &mut Reader<'_>) -> Option<Child> {
    let bit = Some(reader.u8().ok()?).filter(|bit| *bit != LEAF);
    Some(Child { bit, record: RecordId::new(reader.array().ok()?), hash: reader.array().ok()? })
}
