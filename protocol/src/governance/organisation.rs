//! An organisation's chain of acts: which are validly signed, whose keys stand in them. format §4, "Who signs".

use std::collections::{BTreeMap, BTreeSet};

use crate::act::{Act, Roots};
use crate::governance::lineage::{Lineage, Tree};
use crate::id::ActId;
use crate::key::PublicKey;

/// The acts of one organisation, on all branches, and the keys that stand in those that are validly signed.
///
/// Grows by one act, or one act's validity, at a time: what was found of the others stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Chain {
    pub(super) tree: Tree,
    valid: BTreeSet<ActId>,
    /// Those of `valid` that set roots.
    rotations: BTreeSet<ActId>,
    root_keys: BTreeSet<PublicKey>,
    granted: BTreeSet<PublicKey>,
}

impl Chain {
    /// Counts an act as validly signed. It is, if those before it are and enough have signed: see [`is_satisfied_by`].
    pub(super) fn add_valid(&mut self, act: &Act) {
        let Some(body) = act.as_organisation() else { return };
        self.valid.insert(act.id());
        if let Some(roots) = &body.roots {
            self.rotations.insert(act.id());
            self.root_keys.extend(&roots.keys);
        }
        self.granted.extend(body.grants.iter().map(|grant| grant.key));
    }

    /// True if the act is validly signed, and all before it.
    pub(super) fn is_valid(&self, act: &ActId) -> bool {
        self.valid.contains(act)
    }

    /// True if the key is a root in some validly signed act.
    pub(super) fn has_root(&self, key: &PublicKey) -> bool {
        self.root_keys.contains(key)
    }

    /// True if some validly signed act, on whatever branch, grants the key.
    pub(super) fn grants(&self, key: &PublicKey) -> bool {
        self.granted.contains(key)
    }

    /// True if the threshold of roots of any one validly signed act is among the signers.
    pub(super) fn has_signed(&self, signers: &BTreeSet<PublicKey>, held: &BTreeMap<ActId, Act>) -> bool {
        let mut all_roots = self.rotations.iter().filter_map(|id| own_roots(held.get(id)?));
        all_roots.any(|roots| has_threshold(roots, roots.threshold, signers))
    }
}

/// The roots that the act itself sets; none unless it is a first act or a rotation.
pub(super) fn own_roots(act: &Act) -> Option<&Roots> {
    act.as_organisation().and_then(|body| body.roots.as_ref())
}

/// True if enough of those who may sign the act have.
pub(super) fn is_satisfied_by(act: &Act, lineage: &Lineage<'_>) -> bool {
    let signers: BTreeSet<PublicKey> = act.signatures().iter().map(|signature| signature.key).collect();
    match (own_roots(act), lineage.roots()) {
        (Some(own), None) => has_threshold(own, own.threshold, &signers),
        (Some(own), Some(commitment)) => has_threshold(own, own.threshold.max(commitment.next_threshold), &signers),
        (None, Some(roots)) => {
            has_threshold(roots, roots.threshold, &signers) || signers.iter().any(|key| lineage.is_admin_signing(key))
        }
        (None, None) => false,
    }
}

fn has_threshold(roots: &Roots, threshold: u64, signers: &BTreeSet<PublicKey>) -> bool {
    let signed = roots.keys.iter().filter(|key| signers.contains(key)).count();
    u64::try_from(signed).is_ok_and(|signed| signed >= threshold)
}
