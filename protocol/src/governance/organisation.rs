//! An organisation's chain of acts: which are validly signed, whose keys stand in them. format §4, "Who signs".

use std::collections::{BTreeMap, BTreeSet};

use crate::act::{Act, Role, Roots};
use crate::id::{ActId, OrganisationId};
use crate::key::PublicKey;

/// What stands behind an act in its chain: from the act before it back to the first.
#[derive(Debug, Clone, Default)]
pub(super) struct Lineage {
    /// The roots in force, and with them the commitment to the next.
    pub(super) roots: Option<Roots>,
    /// Every key that was ever a root.
    pub(super) root_keys: BTreeSet<PublicKey>,
    /// Every key granted, with its role.
    pub(super) granted: BTreeMap<PublicKey, Role>,
    /// Every key revoked.
    pub(super) revoked: BTreeSet<PublicKey>,
    /// The first act says so.
    pub(super) has_admin: bool,
}

impl Lineage {
    pub(super) fn behind(act: &Act, held: &BTreeMap<ActId, Act>) -> Self {
        let mut lineage = Self::default();
        // Ends at the first act: versions fall by one at each step, or the act would not be held.
        let mut previous = act.previous();
        while let Some(act) = previous.and_then(|previous| held.get(&previous)) {
            lineage.add(act);
            previous = act.previous();
        }
        lineage
    }

    fn add(&mut self, act: &Act) {
        let Some(body) = act.as_organisation() else { return };
        if let Some(roots) = &body.roots {
            self.root_keys.extend(&roots.keys);
            self.roots.get_or_insert_with(|| roots.clone());
        }
        self.granted.extend(body.grants.iter().map(|grant| (grant.key, grant.role)));
        self.revoked.extend(body.revocations.iter().map(|revocation| revocation.key));
        self.has_admin |= body.has_admin;
    }

    /// The roots that the act itself sets; none unless it is a first act or a rotation.
    pub(super) fn own_roots(act: &Act) -> &[PublicKey] {
        let roots = act.as_organisation().and_then(|body| body.roots.as_ref());
        roots.map_or(&[], |roots| &roots.keys)
    }

    /// True if enough of those who may sign the act have.
    fn is_satisfied_by(&self, act: &Act) -> bool {
        let signers: BTreeSet<PublicKey> = act.signatures().iter().map(|signature| signature.key).collect();
        let own = act.as_organisation().and_then(|body| body.roots.as_ref());
        match (own, &self.roots) {
            (Some(own), None) => has_threshold(&own.keys, own.threshold, &signers),
            (Some(own), Some(commitment)) => {
                has_threshold(&own.keys, own.threshold.max(commitment.next_threshold), &signers)
            }
            (None, Some(roots)) => {
                has_threshold(&roots.keys, roots.threshold, &signers)
                    || signers.iter().any(|key| self.is_admin_signing(act, key))
            }
            (None, None) => false,
        }
    }
}

fn has_threshold(keys: &[PublicKey], threshold: u64, signers: &BTreeSet<PublicKey>) -> bool {
    let signed = keys.iter().filter(|key| signers.contains(key)).count();
    u64::try_from(signed).is_ok_and(|signed| signed >= threshold)
}

/// The validly signed acts of one organisation, on all branches, and the keys that stand in them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Chain {
    valid: BTreeSet<ActId>,
    roots: Vec<Roots>,
    granted: BTreeSet<PublicKey>,
}

impl Chain {
    pub(super) fn of(organisation: OrganisationId, held: &BTreeMap<ActId, Act>) -> Self {
        let mut acts: Vec<_> = held.values().filter(|act| act.organisation() == Some(organisation)).collect();
        acts.sort_by_key(|act| (act.version(), act.id()));
        let mut chain = Self::default();
        for act in acts {
            let follows = act.previous().is_none_or(|previous| chain.valid.contains(&previous));
            if follows && Lineage::behind(act, held).is_satisfied_by(act) {
                chain.add(act);
            }
        }
        chain
    }

    fn add(&mut self, act: &Act) {
        self.valid.insert(act.id());
        let Some(body) = act.as_organisation() else { return };
        self.roots.extend(body.roots.clone());
        self.granted.extend(body.grants.iter().map(|grant| grant.key));
    }

    /// True if the act is validly signed, and all before it.
    pub(super) fn is_valid(&self, act: &ActId) -> bool {
        self.valid.contains(act)
    }

    /// True if the key is a root in some validly signed act.
    pub(super) fn has_root(&self, key: &PublicKey) -> bool {
        self.roots.iter().any(|roots| roots.keys.contains(key))
    }

    /// True if some validly signed act, on whatever branch, grants the key.
    pub(super) fn grants(&self, key: &PublicKey) -> bool {
        self.granted.contains(key)
    }

    /// True if the threshold of roots of any one validly signed act is among the signers.
    pub(super) fn has_signed(&self, signers: &BTreeSet<PublicKey>) -> bool {
        self.roots.iter().any(|roots| has_threshold(&roots.keys, roots.threshold, signers))
    }
}
