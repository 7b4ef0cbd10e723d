//! What two replicas compare before they say more. format §7.

use std::collections::{BTreeMap, BTreeSet};

use super::frame::Blind;
use crate::encoding::{Tag, hash, hash_plain, tag};
use crate::id::{ActId, SpaceId};
use crate::key::PublicKey;
use crate::log::LogEnd;

const SYNC_TAG: Tag = tag("ISNAD-SYNC-v1");
const BLIND_TAG: Tag = tag("ISNAD-BLIND-v1");

/// One act as it stands in a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldAct {
    /// The chain's first act.
    pub scope: [u8; 32],
    /// The version.
    pub version: u64,
    /// SHA-256(act id ‖ organisation ‖ key of each counting signature, ascending).
    pub signatures: [u8; 32],
    /// The act.
    pub id: ActId,
}

/// What a replica holds of one space, as far as peers are told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holding {
    /// The end of each log, up to which everything is checked.
    pub ends: BTreeMap<PublicKey, LogEnd>,
    /// Ends of closed logs beyond their closing points, one for each branch that is kept.
    pub branches: BTreeSet<(PublicKey, LogEnd)>,
    /// Positions whose payload is missing, and the entry at each.
    pub wanted: BTreeSet<(PublicKey, LogEnd)>,
    /// Logs of which a fork is proved, each with its position.
    pub forks: BTreeMap<PublicKey, u64>,
    /// Acts that travel in this space.
    pub acts: BTreeSet<HeldAct>,
}

impl Holding {
    /// The digest of a space.
    #[must_use]
    pub fn digest(&self, space: SpaceId) -> [u8; 32] {
        let mut items = Vec::new();
        for (author, end) in self.ends.iter().chain(self.branches.iter().map(|(author, end)| (author, end))) {
            push(&mut items, 1, author.as_bytes(), end.seq, end.id.as_bytes());
        }
        for act in &self.acts {
            push(&mut items, 2, &act.scope, act.version, &act.signatures);
        }
        for (author, seq) in &self.forks {
            push(&mut items, 3, author.as_bytes(), *seq, &[0; 32]);
        }
        for (author, at) in &self.wanted {
            push(&mut items, 4, author.as_bytes(), at.seq, at.id.as_bytes());
        }
        items.sort_unstable();
        hash(&SYNC_TAG, &[space.as_bytes(), items.concat().as_slice()])
    }
}

fn push(items: &mut Vec<[u8; 73]>, kind: u8, name: &[u8; 32], number: u64, hash: &[u8; 32]) {
    let mut item = [kind; 73];
    item[1..33].copy_from_slice(name);
    item[33..41].copy_from_slice(&number.to_be_bytes());
    item[41..].copy_from_slice(hash);
    items.push(item);
}

/// The digest over all spaces, which opens a session.
#[must_use]
pub fn over_spaces(digests: &BTreeMap<SpaceId, [u8; 32]>) -> [u8; 32] {
    hash_plain(&digests.values().map(<[u8; 32]>::as_slice).collect::<Vec<_>>())
}

/// How a space is named in the session that `nonce` opened.
#[must_use]
pub fn blind(nonce: &[u8; 16], space: SpaceId) -> Blind {
    let full = hash(&BLIND_TAG, &[nonce, space.as_bytes()]);
    let mut blind = [0; 16];
    blind.copy_from_slice(&full[..16]);
    blind
}
