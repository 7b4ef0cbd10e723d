//! The acts that follow one version of the charter, or of a restricted space: which have enough signatures, which are rivals,
//! who is left out, which stands. DESIGN §7; ADR 0012.

use std::collections::{BTreeMap, BTreeSet};

use crate::act::Settlement;
use crate::breakage::{self, Breakage};
use crate::id::{ActId, OrganisationId};

/// An act with enough signatures.
#[derive(Debug, Clone)]
pub(super) struct Candidate<'a> {
    pub(super) id: ActId,
    pub(super) instead: &'a [ActId],
    pub(super) settles: Option<&'a Settlement>,
    pub(super) signed: BTreeSet<OrganisationId>,
    pub(super) acknowledged: BTreeSet<OrganisationId>,
    /// How many keys acknowledged it: counted only where a test takes the rule out that organisations are.
    pub(super) keys: usize,
}

/// All that follow one version.
#[derive(Debug, Clone)]
pub(super) struct Round<'a> {
    /// The organisations of that version.
    pub(super) before: &'a BTreeSet<OrganisationId>,
    pub(super) candidates: BTreeMap<ActId, Candidate<'a>>,
}

/// What a round comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Outcome {
    /// All with enough signatures, ascending.
    pub(super) candidates: Vec<ActId>,
    /// Those of them that more than half acknowledged, double ones included.
    pub(super) known: Vec<ActId>,
    pub(super) stands: Option<ActId>,
}

impl Outcome {
    /// True if rivals follow the version and none stands.
    pub(super) fn is_halted(&self) -> bool {
        self.candidates.len() > 1 && self.stands.is_none()
    }
}

pub(super) const fn is_most(part: usize, whole: usize) -> bool {
    part > whole / 2
}

/// The fewest that are more than half.
pub(super) const fn half(whole: usize) -> usize {
    (whole / 2).saturating_add(1)
}

impl<'a> Round<'a> {
    /// Begins with the acts that are no settlements; settlements come to be candidates when what they name is.
    pub(super) fn new(
        before: &'a BTreeSet<OrganisationId>,
        plain: impl IntoIterator<Item = Candidate<'a>>,
        settlements: Vec<Candidate<'a>>,
    ) -> Self {
        let candidates = plain.into_iter().map(|candidate| (candidate.id, candidate)).collect();
        let mut round = Self { before, candidates };
        let mut left = settlements;
        loop {
            let (due, rest): (Vec<_>, Vec<_>) =
                left.into_iter().partition(|settlement| round.names_candidates(settlement));
            left = rest;
            let is_last = due.is_empty();
            for settlement in due {
                let id = settlement.id;
                round.candidates.insert(id, settlement);
                if !round.may_settle(&id) {
                    round.candidates.remove(&id);
                }
            }
            if is_last {
                return round;
            }
        }
    }

    fn names_candidates(&self, settlement: &Candidate<'_>) -> bool {
        let rivals = settlement.settles.map_or(&[][..], |settles| &settles.rivals);
        rivals.iter().all(|rival| self.candidates.contains_key(rival))
    }

    /// True if a settlement names acts of which two are rivals, and double signers that are; one at least, unless one of the acts
    /// was signed instead of another. ADR 0012, point 4.
    fn may_settle(&self, settlement: &ActId) -> bool {
        let Some(settles) = self.candidates.get(settlement).and_then(|settlement| settlement.settles) else {
            return false;
        };
        let named = self.settled_by(settlement);
        let pairs = || named.iter().flat_map(|one| named.iter().map(move |other| (one, other)));
        let double: BTreeSet<_> = pairs().flat_map(|(one, other)| self.signed_both(one, other)).collect();
        let is_excused = pairs().any(|(one, other)| self.is_instead(one, other));
        (!settles.double.is_empty() || is_excused)
            && pairs().any(|(one, other)| self.are_rivals(one, other))
            && settles.double.iter().all(|who| double.contains(who))
    }

    /// All that a settlement names, directly or through another.
    fn settled_by(&self, settlement: &ActId) -> BTreeSet<ActId> {
        let mut named = BTreeSet::new();
        let mut due = vec![*settlement];
        while let Some(act) = due.pop() {
            let settles = self.candidates.get(&act).and_then(|candidate| candidate.settles);
            for rival in settles.into_iter().flat_map(|settles| &settles.rivals) {
                if named.insert(*rival) {
                    due.push(*rival);
                }
            }
        }
        named
    }

    /// True of two of which neither settles the other.
    pub(super) fn are_rivals(&self, one: &ActId, other: &ActId) -> bool {
        one != other && !self.settled_by(one).contains(other) && !self.settled_by(other).contains(one)
    }

    pub(super) fn is_instead(&self, act: &ActId, draft: &ActId) -> bool {
        self.candidates.get(act).is_some_and(|act| act.instead.contains(draft))
    }

    /// Those who signed two rivals; nobody if one is signed instead of the other.
    pub(super) fn signed_both(&self, one: &ActId, other: &ActId) -> BTreeSet<OrganisationId> {
        let is_excused = self.is_instead(one, other) || self.is_instead(other, one);
        self.in_both(one, other, |act| &act.signed, is_excused)
    }

    pub(super) fn acknowledged_both(&self, one: &ActId, other: &ActId) -> BTreeSet<OrganisationId> {
        self.in_both(one, other, |act| &act.acknowledged, false)
    }

    fn in_both(
        &self,
        one: &ActId,
        other: &ActId,
        of: impl for<'b> Fn(&'b Candidate<'a>) -> &'b BTreeSet<OrganisationId>,
        is_excused: bool,
    ) -> BTreeSet<OrganisationId> {
        let (Some(left), Some(right)) = (self.candidates.get(one), self.candidates.get(other)) else {
            return BTreeSet::new();
        };
        if is_excused || !self.are_rivals(one, other) {
            return BTreeSet::new();
        }
        of(left).intersection(of(right)).copied().collect()
    }

    /// Those whose acknowledgement of an act counts: members of the version before who gave their word for no rival.
    pub(super) fn counted(&self, act: &ActId) -> BTreeSet<OrganisationId> {
        let Some(candidate) = self.candidates.get(act) else { return BTreeSet::new() };
        let mut counted: BTreeSet<_> = candidate.acknowledged.intersection(self.before).copied().collect();
        for other in self.candidates.keys() {
            for double in self.signed_both(act, other).into_iter().chain(self.acknowledged_both(act, other)) {
                counted.remove(&double);
            }
        }
        counted
    }

    /// Those whose acknowledgement of an act counts for nothing, or would: who signed a rival too, or acknowledged one.
    pub(super) fn left_out(&self, act: &ActId) -> BTreeSet<OrganisationId> {
        let rivals = self.candidates.iter().filter(|(other, _)| self.are_rivals(act, other));
        rivals
            .flat_map(|(other, rival)| {
                self.signed_both(act, other).into_iter().chain(rival.acknowledged.iter().copied())
            })
            .collect()
    }

    /// True if more than half of the version before acknowledged it, double ones included. It stays so.
    fn is_known_to_most(&self, act: &ActId) -> bool {
        let Some(candidate) = self.candidates.get(act) else { return false };
        is_most(candidate.acknowledged.intersection(self.before).count(), self.before.len())
    }

    /// True if acknowledgements that count of more than half of the version before carry it.
    pub(super) fn is_carried(&self, act: &ActId) -> bool {
        let by_keys = self.candidates.get(act).filter(|_| breakage::is_out(Breakage::SybilKeys)).map(|act| act.keys);
        is_most(by_keys.unwrap_or_else(|| self.counted(act).len()), self.before.len())
    }

    /// True if a settlement took the act's place, for good. ADR 0012, point 1.
    pub(super) fn is_settled(&self, act: &ActId) -> bool {
        let settles = |other: &ActId| self.settled_by(other).contains(act) && self.is_known_to_most(other);
        self.candidates.keys().any(settles)
    }

    /// What comes of it, if acknowledgements decide. That one stands at most is what the tests enumerate.
    pub(super) fn outcome(&self) -> Outcome {
        let candidates: Vec<ActId> = self.candidates.keys().copied().collect();
        if breakage::is_out(Breakage::GovConflictOrders) {
            return Outcome { stands: candidates.first().copied(), known: candidates.clone(), candidates };
        }
        let stands = candidates.iter().find(|act| self.is_carried(act) && !self.is_settled(act)).copied();
        let known = candidates.iter().filter(|act| self.is_known_to_most(act)).copied().collect();
        Outcome { candidates, known, stands }
    }
}
