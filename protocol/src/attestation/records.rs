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

/// What hangs at one side of a branch: a record, or a branch further down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Child {
    /// The bit at which the records beneath part; `None` for a single one.
    pub bit: Option<u8>,
    /// The record, or any of those beneath.
    pub record: RecordId,
    /// Its hash: a leaf's, or a branch's.
    pub hash: [u8; 32],
}

/// The same tree, kept by somebody else, branch by branch, so that neither a start nor a change reads all of it.
pub trait Branches {
    /// What goes wrong.
    type Fault;

    /// The branch at `bit` of all records that begin so before it, with zeros from there on; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read.
    fn branch(&self, bit: u8, beginning: &RecordId) -> Result<Option<[Child; 2]>, Self::Fault>;

    /// Puts a branch in its place.
    fn put(&mut self, bit: u8, beginning: &RecordId, sides: [Child; 2]);
}

/// Puts what [`leaf`] made of a record in the place of what was there, along one path. Returns the new top, whose hash is the
/// root; `None` if a branch is missing, so that the tree is to be made anew.
///
/// # Errors
/// If a branch cannot be read.
pub fn set_in<B: Branches>(
    branches: &mut B,
    top: Option<Child>,
    record: RecordId,
    leaf: [u8; 32],
) -> Result<Option<Child>, B::Fault> {
    let mut new = Child { bit: None, record, hash: leaf };
    let Some(mut at) = top else { return Ok(Some(new)) };
    let mut path = Vec::new();
    while let Some(bit) = at.bit {
        let Some(sides) = branches.branch(bit, &beginning(&at.record, bit))? else { return Ok(None) };
        path.push((bit, at, sides));
        at = *side_of(&sides, has_bit(&record, bit));
    }
    if let Some(differs) = first_difference(&at.record, &record) {
        // The new branch stands above all that part further down.
        let below = path.iter().position(|(bit, ..)| *bit > differs).unwrap_or(path.len());
        let beside = path.get(below).map_or(at, |(_, at, _)| *at);
        path.truncate(below);
        new =
            branch_of(branches, differs, record, if has_bit(&record, differs) { [beside, new] } else { [new, beside] });
    }
    for (bit, _, [zero, one]) in path.into_iter().rev() {
        new = branch_of(branches, bit, record, if has_bit(&record, bit) { [zero, new] } else { [new, one] });
    }
    Ok(Some(new))
}

const fn side_of(sides: &[Child; 2], is_one: bool) -> &Child {
    let [zero, one] = sides;
    if is_one { one } else { zero }
}

fn branch_of<B: Branches>(branches: &mut B, bit: u8, record: RecordId, sides: [Child; 2]) -> Child {
    branches.put(bit, &beginning(&record, bit), sides);
    let [zero, one] = sides;
    Child { bit: Some(bit), record, hash: hash_plain(&[&BRANCH, &[bit], &zero.hash, &one.hash]) }
}

/// The bits before that number, and zeros.
fn beginning(record: &RecordId, bit: u8) -> RecordId {
    let mut bytes = *record.as_bytes();
    for (at, byte) in bytes.iter_mut().enumerate() {
        let kept = usize::from(bit).saturating_sub(at.saturating_mul(8)).min(8);
        *byte &= u8::MAX.checked_shl(8 - u32::try_from(kept).unwrap_or(8)).unwrap_or(0);
    }
    RecordId::new(bytes)
}

/// The bit of that number, from the top of the first byte.
fn has_bit(record: &RecordId, bit: u8) -> bool {
    let byte = record.as_bytes().get(usize::from(bit / 8)).copied().unwrap_or(0);
    byte & (0x80 >> (bit % 8)) != 0
}

fn first_difference(one: &RecordId, other: &RecordId) -> Option<u8> {
    (0..128).find(|bit| has_bit(one, *bit) != has_bit(other, *bit))
}
