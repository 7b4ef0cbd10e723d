//! The tree over all records of a space: one root that commits to every entry about each. format §5.
//!
//! A radix tree over the bits of record ids, as in Bernstein's crit-bit trees, with hashes as in Merkle's. It depends on
//! the set of records alone, and one record's change touches one path. What it is made of is shared between copies.

use std::sync::Arc;

use crate::encoding::hash_plain;
use crate::id::{EntryId, RecordId};

const LEAF: [u8; 1] = [0];
const BRANCH: [u8; 1] = [1];

/// What the tree holds of a record: a hash of all entries about it, of kinds 1 and 3, up to the ends that are attested.
/// The ids ascend.
#[must_use]
pub fn leaf<'a>(record: &RecordId, ascending: impl IntoIterator<Item = &'a EntryId>) -> [u8; 32] {
    let mut parts: Vec<&[u8]> = vec![&LEAF, record.as_bytes()];
    parts.extend(ascending.into_iter().map(|id| &id.as_bytes()[..]));
    hash_plain(&parts)
}

/// The tree. A copy costs nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordTree {
    top: Option<Arc<Node>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Node {
    Leaf {
        record: RecordId,
        hash: [u8; 32],
    },
    /// All records beneath agree in the bits before `bit`; those of `sides.0` have 0 there.
    Branch {
        bit: u8,
        hash: [u8; 32],
        sides: (Arc<Self>, Arc<Self>),
    },
}

impl RecordTree {
    /// The root; 32 zero bytes where there is no record.
    #[must_use]
    pub fn root(&self) -> [u8; 32] {
        self.top.as_ref().map_or([0; 32], |top| top.hash())
    }

    /// Puts what [`leaf`] made of a record in the place of what was there.
    pub fn set(&mut self, record: RecordId, leaf: [u8; 32]) {
        let new = Arc::new(Node::Leaf { record, hash: leaf });
        let Some(top) = &self.top else {
            self.top = Some(new);
            return;
        };
        let differs = first_difference(&top.nearest(&record), &record);
        self.top = Some(top.with(&record, differs, new));
    }
}

impl Node {
    const fn hash(&self) -> [u8; 32] {
        match self {
            Self::Leaf { hash, .. } | Self::Branch { hash, .. } => *hash,
        }
    }

    fn branch(bit: u8, sides: (Arc<Self>, Arc<Self>)) -> Arc<Self> {
        let hash = hash_plain(&[&BRANCH, &[bit], &sides.0.hash(), &sides.1.hash()]);
        Arc::new(Self::Branch { bit, hash, sides })
    }

    /// A record that shares as many first bits with the given one as any beneath.
    fn nearest(&self, record: &RecordId) -> RecordId {
        let mut at = self;
        loop {
            match at {
                Self::Leaf { record, .. } => return *record,
                Self::Branch { bit, sides, .. } => at = if has_bit(record, *bit) { &sides.1 } else { &sides.0 },
            }
        }
    }

    /// This node with `new` in it, which leaves what is here at the bit `differs`; `None` if its record is here.
    fn with(self: &Arc<Self>, record: &RecordId, differs: Option<u8>, new: Arc<Self>) -> Arc<Self> {
        match &**self {
            Self::Branch { bit, sides, .. } if differs.is_none_or(|differs| *bit < differs) => {
                let (zero, one) = sides;
                let sides = if has_bit(record, *bit) {
                    (Arc::clone(zero), one.with(record, differs, new))
                } else {
                    (zero.with(record, differs, new), Arc::clone(one))
                };
                Self::branch(*bit, sides)
            }
            Self::Branch { .. } | Self::Leaf { .. } => match differs {
                None => new,
                Some(bit) if has_bit(record, bit) => Self::branch(bit, (Arc::clone(self), new)),
                Some(bit) => Self::branch(bit, (new, Arc::clone(self))),
            },
        }
    }
}

/// The bit of that number, from the top of the first byte.
fn has_bit(record: &RecordId, bit: u8) -> bool {
    let byte = record.as_bytes().get(usize::from(bit / 8)).copied().unwrap_or(0);
    byte & (0x80 >> (bit % 8)) != 0
}

fn first_difference(one: &RecordId, other: &RecordId) -> Option<u8> {
    (0..128).find(|bit| has_bit(one, *bit) != has_bit(other, *bit))
}
