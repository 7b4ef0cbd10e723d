//! An organisation's chain of acts: which are validly signed, whose keys stand in them. format §4, "Who signs".

use std::collections::{BTreeMap, BTreeSet};

use crate::act::{Act, Role, Roots};
use crate::governance::lineage::{Lineage, Tree};
use crate::governance::parts::{Parts, Set};
use crate::id::ActId;
use crate::key::PublicKey;

/// The acts of one organisation, on all branches, and the keys that stand in those that are validly signed.
///
/// Grows by one act, or one act's validity, at a time: what was found of the others stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Chain {
    pub(super) tree: Tree,
    valid: Set<ActId>,
    /// Those of `valid` that set roots.
    rotations: BTreeSet<ActId>,
    root_keys: BTreeSet<PublicKey>,
    granted: Set<PublicKey>,
    attesting: BTreeSet<PublicKey>,
    /// Each act with each validly signed that follows it.
    after: Set<(ActId, ActId)>,
    /// For each act that sets roots, the rotations validly signed that use up its commitment.
    successors: BTreeMap<ActId, BTreeSet<ActId>>,
    has_rivals: bool,
}

impl Chain {
    /// Counts an act as validly signed. It is, if those before it are and enough have signed: see [`is_satisfied_by`].
    pub(super) fn add_valid(&mut self, act: &Act) {
        let Some(body) = act.as_organisation() else { return };
        self.valid.insert(act.id(), ());
        if let Some(previous) = act.previous() {
            self.after.insert((previous, act.id()), ());
            let is_second = self.after(&previous).nth(1).is_some();
            self.has_rivals |= is_second;
        }
        if let (true, Some(commitment)) = (body.roots.is_some(), self.tree.commitment_before(act)) {
            let successors = self.successors.entry(commitment).or_default();
            successors.insert(act.id());
            self.has_rivals |= successors.len() > 1;
        }
        if let Some(roots) = &body.roots {
            self.rotations.insert(act.id());
            self.root_keys.extend(&roots.keys);
        }
        body.grants.iter().for_each(|grant| self.granted.insert(grant.key, ()));
        let nodes = body.grants.iter().filter(|grant| grant.role == Role::Node);
        self.attesting.extend(nodes.map(|grant| grant.key));
    }

    /// See [`Parts::apart_from`].
    #[cfg(test)]
    pub(super) fn apart_from(&self, other: &Self) -> usize {
        let acts = self.valid.apart_from(&other.valid) + self.after.apart_from(&other.after);
        self.tree.apart_from(&other.tree) + acts + self.granted.apart_from(&other.granted)
    }

    /// True if the act is validly signed, and all before it.
    pub(super) fn is_valid(&self, act: &ActId) -> bool {
        self.valid.contains_key(act)
    }

    /// True if the key is a root in some validly signed act.
    pub(super) fn has_root(&self, key: &PublicKey) -> bool {
        self.root_keys.contains(key)
    }

    /// True if some validly signed act, on whatever branch, grants the key.
    pub(super) fn grants(&self, key: &PublicKey) -> bool {
        self.granted.contains_key(key)
    }

    /// True if the threshold of roots of any one validly signed act is among the signers.
    pub(super) fn has_signed(&self, signers: &BTreeSet<PublicKey>, held: &Parts<ActId, Act>) -> bool {
        self.roots_that_signed(signers, held).next().is_some()
    }

    /// The validly signed acts of whose roots the threshold is among the signers.
    pub(super) fn roots_that_signed(
        &self,
        signers: &BTreeSet<PublicKey>,
        held: &Parts<ActId, Act>,
    ) -> impl Iterator<Item = ActId> {
        let has_signed = |id: &&ActId| {
            let roots = held.get(id).and_then(own_roots);
            roots.is_some_and(|roots| has_threshold(roots, roots.threshold, signers))
        };
        self.rotations.iter().filter(has_signed).copied()
    }

    /// True if some validly signed act, on whatever branch, grants the key as node: what it attested counts for ever.
    pub(super) fn attests(&self, key: &PublicKey) -> bool {
        self.attesting.contains(key)
    }

    /// The acts validly signed that follow one.
    pub(super) fn after(&self, act: &ActId) -> impl Iterator<Item = ActId> + use<'_> {
        let act = *act;
        let from = self.after.from(&(act, ActId::ZERO)).map(|(pair, ())| pair);
        from.take_while(move |(previous, _)| *previous == act).map(|(_, after)| *after)
    }

    /// The rotations validly signed that use up a commitment, each with its rivals whatever their versions.
    pub(super) fn rotations_from(&self, commitment: &ActId) -> impl Iterator<Item = ActId> {
        self.successors.get(commitment).into_iter().flatten().copied()
    }

    /// True if two validly signed acts follow one, or two rotations use up one commitment.
    pub(super) const fn has_rivals(&self) -> bool {
        self.has_rivals
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

/// True if the roots in force signed it: not an admin key alone.
pub(super) fn is_signed_by_roots(act: &Act, lineage: &Lineage<'_>) -> bool {
    let signers: BTreeSet<PublicKey> = act.signatures().iter().map(|signature| signature.key).collect();
    own_roots(act).is_some() || lineage.roots().is_some_and(|roots| has_threshold(roots, roots.threshold, &signers))
}

fn has_threshold(roots: &Roots, threshold: u64, signers: &BTreeSet<PublicKey>) -> bool {
    let signed = roots.keys.iter().filter(|key| signers.contains(key)).count();
    u64::try_from(signed).is_ok_and(|signed| signed >= threshold)
}
