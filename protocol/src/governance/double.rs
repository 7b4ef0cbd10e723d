//! Who signed two acts in one place, whatever became of these. DESIGN §7.
//!
//! The two signed forms are the proof, and are there as soon as both are held: it does not wait for either to have enough
//! signatures. What it costs its signer is decided where acknowledgements are counted, once both have: see `round.rs`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::act::Act;
use crate::governance::Governance;
use crate::id::{ActId, OrganisationId};
use crate::limits;

impl Governance {
    /// Everyone who signed two charters, or two acts of a space, that follow one act and of which neither is signed instead of
    /// the other nor settles it; with the two, the lower id first, ascending.
    ///
    /// At most [`limits::DOUBLE_PROOFS`] for each place.
    #[must_use]
    pub fn double_signers(&self) -> BTreeMap<OrganisationId, Vec<[ActId; 2]>> {
        let mut all: BTreeMap<OrganisationId, Vec<[ActId; 2]>> = BTreeMap::new();
        // Those of one act stand together.
        let followers: Vec<&(ActId, ActId)> = self.followers.keys().collect();
        for followers in followers.chunk_by(|one, other| one.0 == other.0).filter(|followers| followers.len() > 1) {
            for (who, acts) in self.signed_of(followers.iter().filter_map(|(_, id)| self.held.get(id))) {
                let are_apart = |one: &ActId, other: &ActId| {
                    self.held
                        .get(one)
                        .zip(self.held.get(other))
                        .is_some_and(|(one, other)| self.are_signed_apart(one, other))
                };
                let two = pairs(&acts).filter(|(one, other)| are_apart(one, other));
                let proofs: Vec<_> = two.take(limits::DOUBLE_PROOFS).map(|(one, other)| [one, other]).collect();
                if !proofs.is_empty() {
                    all.entry(who).or_default().extend(proofs);
                }
            }
        }
        all.values_mut().for_each(|proofs| proofs.sort_unstable());
        all
    }

    /// What each organisation signed of some acts, ascending. Of very many those that the most signed: one member alone can
    /// make as many as he likes, and they must not hide the others.
    fn signed_of<'a>(&'a self, acts: impl Iterator<Item = &'a Act>) -> BTreeMap<OrganisationId, Vec<ActId>> {
        let mut signed: BTreeMap<OrganisationId, Vec<(Reverse<usize>, ActId)>> = BTreeMap::new();
        for act in acts.filter(|act| act.organisation().is_none()) {
            let signers = self.signers.get(&act.id()).into_iter().flat_map(|signers| &signers.all);
            let count = Reverse(signers.clone().count());
            signers.for_each(|who| signed.entry(*who).or_default().push((count, act.id())));
        }
        let first = |mut acts: Vec<(Reverse<usize>, ActId)>| {
            acts.sort_unstable();
            acts.truncate(limits::DRAFTS_COMPARED);
            let mut ids: Vec<ActId> = acts.into_iter().map(|(_, id)| id).collect();
            ids.sort_unstable();
            ids
        };
        signed.into_iter().map(|(who, acts)| (who, first(acts))).collect()
    }

    /// True of two acts, held or not, that follow one and of which neither is signed instead of the other, nor settles it: to
    /// sign both is to sign twice.
    #[must_use]
    pub fn are_signed_apart(&self, one: &Act, other: &Act) -> bool {
        let excuses = |act: &Act, other: &ActId| act.instead().binary_search(other).is_ok() || self.settles(act, other);
        one.id() != other.id() && !excuses(one, &other.id()) && !excuses(other, &one.id())
    }
}

/// Each two of some acts that ascend.
pub(super) fn pairs(acts: &[ActId]) -> impl Iterator<Item = (ActId, ActId)> {
    acts.iter().flat_map(move |one| acts.iter().filter(move |other| one < *other).map(move |other| (*one, *other)))
}
