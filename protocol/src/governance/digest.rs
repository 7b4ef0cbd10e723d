//! What acts put into the digests by which replicas compare themselves. format §7, §8.

use crate::act::Act;
use crate::encoding::hash_plain;
use crate::governance::Governance;
use crate::id::{ActId, OpenSpace, SpaceId};
use crate::sync::digest::HeldAct;

/// One item: type, 32 bytes, a number of 8, 32 bytes.
pub type Item = [u8; 73];

impl Governance {
    /// Returns the items of type 1 of `isnad digest`, ascending: the newest act in effect of each scope. format §8.
    ///
    /// Charter and organisations stand in `members`, `public` has none, a restricted space its own.
    #[must_use]
    pub fn digest_items(&self, space: &SpaceId) -> Vec<Item> {
        let acts = self.standing_acts().into_iter().filter_map(|id| self.held.get(&id));
        collect(acts.filter(self.travels_in(space)).map(|act| item(1, act, act.id().as_bytes())))
    }

    /// Returns the items of type 2 of the sync digest, ascending: each act held, with who signed it. format §7.
    #[must_use]
    pub fn sync_items(&self, space: &SpaceId) -> Vec<Item> {
        collect(self.in_space(space).map(|act| item(2, act, &signed_hash(act))))
    }

    /// Returns each act that travels in a space, as a session compares it, by id.
    #[must_use]
    pub fn held_acts(&self, space: &SpaceId) -> Vec<HeldAct> {
        self.in_space(space).map(held).collect()
    }

    /// Returns one act held, as a session compares it.
    #[must_use]
    pub fn held_act(&self, id: &ActId) -> Option<HeldAct> {
        self.act(id).map(held)
    }

    /// Returns the acts that travel in a space, in the order to send them in: in `members` charter and organisations, in a
    /// restricted one its own.
    pub fn acts_of(&self, space: &SpaceId) -> impl Iterator<Item = &Act> {
        self.acts().filter(self.travels_in(space))
    }

    /// The same by id: who counts them needs no order.
    fn in_space(&self, space: &SpaceId) -> impl Iterator<Item = &Act> {
        self.held.values().filter(self.travels_in(space))
    }

    fn travels_in(&self, space: &SpaceId) -> impl Fn(&&Act) -> bool + use<> {
        let is_members = self.open_space(space) == Some(OpenSpace::Members);
        let scope = *space.as_bytes();
        move |act| match act.as_space() {
            None => is_members,
            Some(_) => *act.scope_id().as_bytes() == scope,
        }
    }
}

fn held(act: &Act) -> HeldAct {
    HeldAct { scope: *act.scope_id().as_bytes(), version: act.version(), signatures: signed_hash(act), id: act.id() }
}

fn collect(items: impl Iterator<Item = Item>) -> Vec<Item> {
    let mut items: Vec<Item> = items.collect();
    items.sort_unstable();
    items
}

/// SHA-256 of an act's id and of who signed it: every signature of an act held counts.
fn signed_hash(act: &Act) -> [u8; 32] {
    let id = act.id();
    let mut parts = vec![&id.as_bytes()[..]];
    for signature in act.signatures() {
        parts.extend([&signature.organisation.as_bytes()[..], signature.key.as_bytes()]);
    }
    hash_plain(&parts)
}

fn item(kind: u8, act: &Act, last: &[u8; 32]) -> Item {
    let mut bytes = Vec::with_capacity(73);
    bytes.push(kind);
    bytes.extend(act.scope_id().as_bytes());
    bytes.extend(act.version().to_be_bytes());
    bytes.extend(last);
    bytes.try_into().expect("the parts of an item add up to 73 bytes")
}
