//! What falls with a rotation, for whoever is to sign it: acts that it does not follow, and the keys that they alone grant.

use std::collections::BTreeSet;

use isnad_protocol::act::Act;
use isnad_protocol::governance::{ActStatus, Governance};
use isnad_protocol::id::{ActId, OrganisationId};
use isnad_protocol::key::PublicKey;
use serde::{Deserialize, Serialize};

use super::Described;
use super::described::described_some;

/// Acts that are told one by one.
const TOLD: usize = 64;

/// What falls once a rotation stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Falls {
    /// The acts that it does not follow, oldest first: what they grant, revoke and name is undone.
    pub acts: Vec<Described>,
    /// How many more there are.
    pub more: usize,
    /// Other rotations from the same commitment: none stands unless most hold it.
    pub rivals: Vec<ActId>,
}

/// What falls with an act that is not in effect yet; `None` unless it is a rotation.
#[must_use]
pub fn falls(governance: &Governance, own: Option<OrganisationId>, act: &Act) -> Option<Falls> {
    let is_rotation = !act.is_first() && act.as_organisation().is_some_and(|body| body.roots.is_some());
    if !is_rotation || governance.status(&act.id()) == Some(ActStatus::InEffect) {
        return None;
    }
    let left = governance.left_behind(act);
    let told = left.iter().take(TOLD).filter_map(|id| governance.act(id));
    Some(Falls {
        acts: described_some(governance, own, told),
        more: left.len().saturating_sub(TOLD),
        rivals: governance.rival_rotations(act),
    })
}

/// The keys that acts alone grant which fall with an act: nothing that they ever signed counts then. Not those that the act, or one
/// that it follows, grants as well: whoever stole root keys can grant an honest key again on a branch of his own.
pub(super) fn fallen_keys(governance: &Governance, act: &Act) -> BTreeSet<PublicKey> {
    let Some(organisation) = act.organisation() else { return BTreeSet::new() };
    let left: BTreeSet<ActId> = governance.left_behind(act).into_iter().collect();
    let bodies = left.iter().filter_map(|id| governance.act(id)?.as_organisation());
    let granted: BTreeSet<PublicKey> = bodies.flat_map(|body| &body.grants).map(|grant| grant.key).collect();
    let is_theirs =
        |key: &PublicKey| governance.key(&organisation, key).is_some_and(|info| left.contains(&info.granted_by));
    granted.into_iter().filter(|key| is_theirs(key) && !governance.is_granted_with(act, key)).collect()
}
