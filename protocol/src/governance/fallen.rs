//! What a rotation leaves behind: told to whoever is to sign it, before it is signed. DESIGN §7, fifth Law; ADR 0012.

use std::collections::BTreeSet;

use crate::act::Act;
use crate::governance::organisation::own_roots;
use crate::governance::{ActStatus, Governance};
use crate::id::ActId;

impl Governance {
    /// The acts held that fall once a rotation stands, oldest first: those behind the commitment that it uses up which it does not
    /// follow. Such as have fallen already are left out.
    ///
    /// Empty of an act that is no rotation, or whose commitment is not held.
    #[must_use]
    pub fn left_behind(&self, rotation: &Act) -> Vec<ActId> {
        let Some((commitment, chain)) = self.commitment_of(rotation) else { return Vec::new() };
        let Some(from) = self.held.get(&commitment).map(Act::version) else { return Vec::new() };
        let before = |act: &ActId| self.held.get(act).and_then(Act::previous);
        let path: BTreeSet<ActId> =
            std::iter::successors(rotation.previous(), before).take_while(|act| *act != commitment).collect();
        let is_left = |act: &&Act| {
            let id = act.id();
            let is_behind = act.version() > from && chain.tree.ancestor(id, from) == Some(commitment);
            is_behind && id != rotation.id() && !path.contains(&id) && !self.has_fallen(&id)
        };
        let own = self.held.values().filter(|act| act.organisation() == rotation.organisation());
        let mut left: Vec<&Act> = own.filter(is_left).collect();
        left.sort_by_key(|act| (act.version(), act.id()));
        left.into_iter().map(Act::id).collect()
    }

    /// The other rotations held, validly signed, that use up the commitment of one: none of them stands unless most hold it.
    #[must_use]
    pub fn rival_rotations(&self, rotation: &Act) -> Vec<ActId> {
        let Some((commitment, chain)) = self.commitment_of(rotation) else { return Vec::new() };
        chain.rotations_from(&commitment).filter(|other| *other != rotation.id()).collect()
    }

    fn commitment_of(&self, rotation: &Act) -> Option<(ActId, &super::organisation::Chain)> {
        let chain = self.chains.get(&rotation.organisation().filter(|_| own_roots(rotation).is_some())?)?;
        Some((chain.tree.commitment_before(rotation)?, chain))
    }

    fn has_fallen(&self, act: &ActId) -> bool {
        matches!(self.status(act), Some(ActStatus::Lost { .. } | ActStatus::TakenOut { .. }))
    }
}
