//! Where chains halt, who gave his word twice, and what ends it. DESIGN §7.

use std::collections::{BTreeMap, BTreeSet};

use crate::act::{Act, Kind};
use crate::governance::Governance;
use crate::governance::acknowledged::Position;
use crate::governance::double::pairs;
use crate::governance::effect::Effect;
use crate::governance::round::{Round, half};
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
    /// Of each rival who acknowledged it, and whose word counts.
    pub words: Vec<Words>,
    /// How many have to acknowledge a rival, those left out not counted.
    pub needed: usize,
    /// What a settlement takes; none of an organisation's chain.
    pub settling: Option<Settling>,
}

/// Who acknowledged a rival, and who still can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The rival.
    pub act: ActId,
    /// Those who acknowledged it and are asked.
    pub acknowledged: BTreeSet<OrganisationId>,
    /// Those of them whose word counts: who gave it for no other rival, and signed no two.
    pub counted: BTreeSet<OrganisationId>,
    /// Those who have said nothing of it yet, and whose word would count.
    pub awaited: BTreeSet<OrganisationId>,
}

impl Words {
    /// True if enough can still come to count.
    #[must_use]
    pub fn may_reach(&self, needed: usize) -> bool {
        self.counted.len().saturating_add(self.awaited.len()) >= needed
    }
}

/// What a settlement of a halt takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settling {
    /// Those who are asked to sign it.
    pub members: BTreeSet<OrganisationId>,
    /// How many of them have to, those whom it names as double signers not counted.
    pub needed: usize,
    /// Those of them who signed two of the rivals, and whom it may name.
    pub double: BTreeSet<OrganisationId>,
    /// How many of these it has to name.
    pub least: usize,
    /// How many it may name so that enough are left to sign it. Below `least` nothing settles this halt.
    pub most: usize,
}

impl Settling {
    fn of(round: &Round<'_>) -> Self {
        let members = round.before.clone();
        let ids: Vec<ActId> = round.candidates.keys().copied().collect();
        let signed = pairs(&ids).flat_map(|(one, other)| round.signed_both(&one, &other));
        let double: BTreeSet<_> = signed.filter(|who| members.contains(who)).collect();
        let is_excused =
            pairs(&ids).any(|(one, other)| round.is_instead(&one, &other) || round.is_instead(&other, &one));
        let needed = half(members.len());
        let most = members.len().saturating_sub(needed);
        Self { members, needed, double, least: usize::from(!is_excused), most }
    }

    /// True if a settlement can have enough signatures at all.
    #[must_use]
    pub const fn is_possible(&self) -> bool {
        self.least <= self.most
    }

    /// True if those who signed no two are too few to settle it: a double signer has to sign, and is not named then.
    #[must_use]
    pub fn takes_a_double_signer(&self) -> bool {
        self.members.difference(&self.double).count() < self.needed
    }
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
            let tally = self.tally_of_chain(after, &stop.rivals, effect);
            halts.extend(self.halt(after, stop.rivals.clone(), BTreeMap::new(), ends_by, tally));
        }
        for space in effect.spaces.values().filter(|space| !space.rivals.is_empty()) {
            let Some(last) = space.standing.last() else { continue };
            let Some(round) = self.space_round(last, &effect.charter) else { continue };
            let signed = signed_both(&round);
            halts.extend(self.halt(last.act, space.rivals.clone(), signed, EndsBy::Settlement, Tally::of(&round)));
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
        self.halt(last.act, rivals, signed_both(&round), EndsBy::Settlement, Tally::of(&round))
    }

    /// Of an organisation's rivals: those decide who are members now, but it itself, unless there is no other.
    fn tally_of_chain(&self, after: ActId, rivals: &[ActId], effect: &Effect) -> Tally {
        let owner = self.held.get(&after).and_then(Act::organisation);
        let mut asked = effect.charter.last().map(|last| BTreeSet::clone(&last.members)).unwrap_or_default();
        if asked.len() > 1 {
            asked.retain(|who| Some(*who) != owner);
        }
        let spoken: Vec<BTreeSet<_>> = rivals.iter().map(|rival| self.who_acknowledged(rival)).collect();
        let words = rivals.iter().enumerate().map(|(at, act)| {
            let others = spoken.iter().enumerate().filter(|(other, _)| *other != at).flat_map(|(_, who)| who);
            let left_out = others.copied().collect();
            Words::of(*act, spoken.get(at).unwrap_or(&BTreeSet::new()), &left_out, &asked)
        });
        Tally { words: words.collect(), needed: half(asked.len()), settling: None }
    }

    fn halt(&self, after: ActId, rivals: Vec<ActId>, signed: Proofs, ends_by: EndsBy, tally: Tally) -> Option<Halt> {
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
            let settles = |act: &ActId, other: &ActId| self.held.get(act).is_some_and(|act| self.settles(act, other));
            let is_double = |(one, other): &(&(ActId, Position), &(ActId, Position))| {
                !settles(&one.0, &other.0) && !settles(&other.0, &one.0)
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
        let Tally { words, needed, settling } = tally;
        Some(Halt {
            kind: act.kind(),
            scope: act.scope_id(),
            after,
            version: act.version(),
            rivals,
            double,
            ends_by,
            words,
            needed,
            settling,
        })
    }

    /// True if an act, held or not, is a settlement that names another, directly or through one that it names.
    #[must_use]
    pub fn settles(&self, act: &Act, other: &ActId) -> bool {
        let named = |act: &Act| act.settles().map_or_else(Vec::new, |settles| settles.rivals.clone());
        let mut seen = BTreeSet::new();
        let mut due = named(act);
        // Each is looked at once, however often it is named.
        while let Some(rival) = due.pop() {
            if seen.insert(rival) {
                due.extend(self.held.get(&rival).map(named).unwrap_or_default());
            }
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

/// How the words for rivals are counted.
struct Tally {
    words: Vec<Words>,
    needed: usize,
    settling: Option<Settling>,
}

impl Tally {
    fn of(round: &Round<'_>) -> Self {
        let words = round.candidates.iter().map(|(id, rival)| {
            let left_out = round.left_out(id);
            Words::of(*id, &rival.acknowledged, &left_out, round.before)
        });
        Self { words: words.collect(), needed: half(round.before.len()), settling: Some(Settling::of(round)) }
    }
}

impl Words {
    fn of(
        act: ActId,
        spoken: &BTreeSet<OrganisationId>,
        left_out: &BTreeSet<OrganisationId>,
        asked: &BTreeSet<OrganisationId>,
    ) -> Self {
        let acknowledged: BTreeSet<_> = spoken.intersection(asked).copied().collect();
        let counted = acknowledged.difference(left_out).copied().collect();
        let awaited = asked.iter().filter(|who| !spoken.contains(who) && !left_out.contains(who)).copied().collect();
        Self { act, acknowledged, counted, awaited }
    }
}
