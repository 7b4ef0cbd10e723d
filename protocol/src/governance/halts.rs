//! Where chains halt, who gave his word twice, and what ends it. DESIGN §7.

use std::collections::{BTreeMap, BTreeSet};

use crate::act::{Act, Kind};
use crate::governance::Governance;
use crate::governance::acknowledged::Position;
use crate::governance::round::Round;
use crate::id::{ActId, OrganisationId};
use crate::limits;

/// A chain in which rivals stand against each other and none is carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// What the chain is of.
    pub kind: Kind,
    /// The id of the chain's first act.
    pub scope: ActId,
    /// The last act that stands.
    pub after: ActId,
    /// Its version.
    pub version: u64,
    /// The acts that stand against each other, ascending.
    pub rivals: Vec<ActId>,
    /// Who signed or acknowledged two of them, with the proof.
    pub double: BTreeMap<OrganisationId, Vec<Double>>,
    /// What ends it.
    pub ends_by: EndsBy,
}

/// That an organisation gave its word for two rivals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(clippy::large_enum_variant, reason = "few are made, and both positions are the proof")]
pub enum Double {
    /// Its signatures beneath both are the proof.
    SignedBoth {
        /// The acts, the lower id first.
        acts: [ActId; 2],
    },
    /// Its attestations are the proof.
    AcknowledgedBoth {
        /// The acts, the lower id first.
        acts: [ActId; 2],
        /// Where it acknowledged each.
        at: [Position; 2],
    },
}

/// What ends a halt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndsBy {
    /// A settlement, or acknowledgements by more than half of one of the rivals.
    Settlement,
    /// A rotation of the organisation, or acknowledgements by more than half of one of the rivals.
    Rotation,
    /// Acknowledgements by more than half of one of the rotations, or the charter, which suspends the organisation.
    Suspension,
}

impl Governance {
    /// Every chain that halts: the charter's, then organisations' and spaces', each ascending by id.
    #[must_use]
    pub fn halts(&self) -> Vec<Halt> {
        let Some(effect) = &self.effect else { return Vec::new() };
        let mut halts: Vec<Halt> = self.charter_halt().into_iter().collect();
        for standing in effect.organisations.values() {
            let (Some(stop), Some(after)) = (&standing.stop, standing.last()) else { continue };
            let ends_by = if stop.is_of_rotations { EndsBy::Suspension } else { EndsBy::Rotation };
            halts.extend(self.halt(after, stop.rivals.clone(), BTreeMap::new(), ends_by));
        }
        for space in effect.spaces.values().filter(|space| !space.rivals.is_empty()) {
            let Some(last) = space.standing.last() else { continue };
            let round = self.space_round(last, &effect.charter);
            let signed = round.map(|round| signed_both(&round)).unwrap_or_default();
            halts.extend(self.halt(last.act, space.rivals.clone(), signed, EndsBy::Settlement));
        }
        halts
    }

    /// The rivals at which chains halt, each with the act after which they stand: the same without who gave his word twice, which
    /// takes a look at each two of them.
    pub(crate) fn halted(&self) -> Vec<(ActId, &[ActId])> {
        let Some(effect) = &self.effect else { return Vec::new() };
        let charter = effect.charter.last().filter(|_| effect.charter.is_halted);
        let of_charter = charter.and_then(|last| Some((last.act, &self.rounds.get(&last.act)?.candidates[..])));
        let of_organisations =
            effect.organisations.values().filter_map(|chain| Some((chain.last()?, &chain.stop.as_ref()?.rivals[..])));
        let spaces = effect.spaces.values().filter(|space| !space.rivals.is_empty());
        let of_spaces = spaces.filter_map(|space| Some((space.standing.last()?.act, &space.rivals[..])));
        of_charter.into_iter().chain(of_organisations).chain(of_spaces).collect()
    }

    /// The version of the charter that has enough signatures and no rival, and waits for acknowledgements alone.
    pub(crate) fn charter_waiting(&self) -> Option<ActId> {
        let last = self.effect.as_ref()?.charter.last()?;
        let outcome = self.rounds.get(&last.act).filter(|outcome| outcome.stands.is_none())?;
        match outcome.candidates[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    fn charter_halt(&self) -> Option<Halt> {
        let charter = &self.effect.as_ref()?.charter;
        let last = charter.last().filter(|_| charter.is_halted)?;
        let round = self.charter_round(self.held.get(&last.act)?, last);
        let rivals = round.candidates.keys().copied().collect();
        self.halt(last.act, rivals, signed_both(&round), EndsBy::Settlement)
    }

    fn halt(&self, after: ActId, rivals: Vec<ActId>, signed: Proofs, ends_by: EndsBy) -> Option<Halt> {
        let act: &Act = self.held.get(&after)?;
        let mut double = signed;
        // By who spoke, not by each two of the acts: of these one member can make as many as he likes.
        let mut words: BTreeMap<OrganisationId, Vec<(ActId, Position)>> = BTreeMap::new();
        for rival in &rivals {
            for (who, at) in self.acknowledged(rival) {
                words.entry(who).or_default().push((*rival, at));
            }
        }
        for (who, words) in words {
            let two = words
                .iter()
                .enumerate()
                .flat_map(|(number, one)| words.iter().skip(number.saturating_add(1)).map(move |other| (one, other)));
            let is_double = |(one, other): &(&(ActId, Position), &(ActId, Position))| {
                !self.settles(&one.0, &other.0) && !self.settles(&other.0, &one.0)
            };
            let proofs = two
                .filter(is_double)
                .take(limits::DOUBLE_PROOFS)
                .map(|(one, other)| Double::AcknowledgedBoth { acts: [one.0, other.0], at: [one.1, other.1] });
            let proofs: Vec<Double> = proofs.collect();
            if !proofs.is_empty() {
                double.entry(who).or_default().extend(proofs);
            }
        }
        Some(Halt { kind: act.kind(), scope: act.scope_id(), after, version: act.version(), rivals, double, ends_by })
    }

    /// True if an act is a settlement that names another, directly or through one that it names.
    fn settles(&self, act: &ActId, other: &ActId) -> bool {
        let mut seen = BTreeSet::new();
        let mut due = vec![*act];
        while let Some(act) = due.pop().and_then(|id| self.held.get(&id)) {
            let named = act.settles().map_or(&[][..], |settles| &settles.rivals);
            due.extend(named.iter().filter(|rival| seen.insert(**rival)));
        }
        seen.contains(other)
    }
}

type Proofs = BTreeMap<OrganisationId, Vec<Double>>;

fn signed_both(round: &Round<'_>) -> Proofs {
    let mut double = Proofs::new();
    let rivals: Vec<ActId> = round.candidates.keys().copied().collect();
    for (one, other) in pairs(&rivals) {
        for who in round.signed_both(&one, &other) {
            double.entry(who).or_default().push(Double::SignedBoth { acts: [one, other] });
        }
    }
    double
}

/// Each two of some acts that ascend.
fn pairs(acts: &[ActId]) -> impl Iterator<Item = (ActId, ActId)> {
    acts.iter().flat_map(move |one| acts.iter().filter(move |other| one < *other).map(move |other| (*one, *other)))
}
