//! Acts of one organisation: what is held by most, which rivals bar each other, where a chain halts. DESIGN §7.

use std::collections::BTreeSet;

use super::{Act, FOUNDING, Organisation, Set, Step, View};

/// What of an organisation's chain stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// From the first act on.
    pub(crate) acts: Vec<Act>,
    pub(crate) is_halted: bool,
    /// Rivals of which the revocations, and nothing else, are in force until the halt ends.
    pub(crate) revoking: Vec<Act>,
}

impl View<'_> {
    fn is_held(&self, act: Act) -> bool {
        !self.signed(act).is_empty()
    }

    fn owner(&self, act: Act) -> Option<Organisation> {
        match (self.acts.step(act), self.acts.previous(act)) {
            (Step::First(owner), _) => Some(*owner),
            (_, previous) => previous.and_then(|previous| self.owner(previous)),
        }
    }

    fn is_rotation(&self, act: Act) -> bool {
        matches!(self.acts.step(act), Step::Rotation)
    }

    /// True if an act follows one of several rotations of which none is held by most: it may stand yet, and has not lost.
    pub(super) fn is_behind_open_rotation(&self, act: Act, standing: &Standing) -> bool {
        let commitment = standing.acts.last().and_then(|last| self.commitment(*last));
        let open = commitment.map(|commitment| self.rotations(commitment)).unwrap_or_default();
        standing.is_halted && open.iter().any(|rotation| self.acts.follows(act, *rotation))
    }

    /// The first act or rotation that sets the keys by which an act is signed, or by which the next is.
    fn commitment(&self, act: Act) -> Option<Act> {
        let makes_one = matches!(self.acts.step(act), Step::First(_) | Step::Rotation);
        if makes_one { Some(act) } else { self.commitment(self.acts.previous(act)?) }
    }

    /// The commitment that a rotation uses up.
    fn uses_up(&self, rotation: Act) -> Option<Act> {
        self.commitment(self.acts.previous(rotation)?)
    }

    /// Acts held that the Laws call rivals: rotations from one commitment whatever their versions, others of one version.
    fn rivals(&self, act: Act) -> Vec<Act> {
        let is_rotation = self.is_rotation(act);
        let is_one = |other: &Act| match is_rotation {
            true => self.uses_up(act) == self.uses_up(*other),
            false => self.acts.previous(act) == self.acts.previous(*other),
        };
        let others = (0..self.acts.len()).filter(|other| *other != act && self.is_held(*other));
        let alike = others.filter(|other| self.owner(*other).is_some() && self.acts.previous(*other).is_some());
        alike.filter(|other| self.is_rotation(*other) == is_rotation && is_one(other)).collect()
    }

    /// All organisations of a version but the owner; the owner alone if there is no other.
    fn others(&self, version: Act, owner: Organisation) -> Set {
        let others = self.acts.members(version) - Set::of(&[owner]);
        if others.is_empty() { Set::of(&[owner]) } else { others }
    }

    /// Those of a version who acknowledged an act when they had named that version, or one that follows it.
    fn acknowledged_under(&self, version: Act, owner: Organisation, act: Act) -> Set {
        let counts = |named: &Vec<Act>| {
            let knew = |upto: usize| named[..=upto].iter().any(|named| self.acts.follows(*named, version));
            let names = |at: &usize| self.acts.follows(named[*at], act);
            (0..named.len()).filter(names).any(|at| version == FOUNDING || knew(at))
        };
        self.others(version, owner).iter().filter(|who| counts(&self.evidence.named[*who])).fold(Set::NONE, Set::with)
    }

    /// True if more than half acknowledged an act under one of these versions, double ones included.
    fn is_widely_named(&self, act: Act, versions: &[Act]) -> bool {
        let Some(owner) = self.owner(act) else { return false };
        let is_so = |version: &Act| {
            self.acknowledged_under(*version, owner, act).is_more_than_half_of(self.others(*version, owner))
        };
        versions.iter().any(is_so)
    }

    /// The versions under which one rival bars the other for good.
    pub(super) fn barring_versions(&self) -> Vec<Act> {
        if !self.reading.bars_on_every_branch {
            return self.chain();
        }
        let is_charter = |act: &Act| !self.acts.members(*act).is_empty();
        let is_known = |act: Act| self.is_known_to_most(act);
        let all_known = |act: &Act| (0..=*act).filter(|before| self.acts.follows(*act, *before)).all(is_known);
        (0..self.acts.len()).filter(is_charter).filter(all_known).collect()
    }

    /// True if under some version that stands more than half acknowledged an act and none of its rivals, and no rival
    /// bars it.
    pub(crate) fn is_held_by_most(&self, act: Act) -> bool {
        let Some(owner) = self.owner(act) else { return false };
        let rivals = self.rivals(act);
        let double = rivals.iter().fold(Set::NONE, |set, rival| set | self.acknowledged(*rival));
        let is_so = |version: &Act| {
            let counted = self.acknowledged_under(*version, owner, act) - double;
            counted.is_more_than_half_of(self.others(*version, owner))
        };
        let bars = |rival: &Act| self.is_widely_named(*rival, &self.barring_versions());
        self.chain().iter().any(is_so) && !rivals.iter().any(bars)
    }

    /// The rotations held from a commitment.
    fn rotations(&self, commitment: Act) -> Vec<Act> {
        let is_one = |act: &Act| self.is_rotation(*act) && self.uses_up(*act) == Some(commitment);
        (0..self.acts.len()).filter(|act| self.is_held(*act) && is_one(act)).collect()
    }

    /// The acts from after `start` up to `end`.
    fn path(&self, start: Act, end: Act) -> Vec<Act> {
        let is_between = |act: &Act| *act != start && self.acts.follows(*act, start) && self.acts.follows(end, *act);
        (0..self.acts.len()).filter(is_between).collect()
    }

    /// What stands of the chain that begins with this first act.
    pub(crate) fn standing(&self, first: Act) -> Standing {
        let mut acts = vec![first];
        let chain = self.chain();
        let suspends = |(charter, last): &&(Act, Act)| chain.contains(charter) && self.acts.follows(*last, first);
        if let Some((_, last)) = self.acts.suspensions().iter().find(suspends) {
            acts.extend(self.path(first, *last));
            return Standing { acts, is_halted: false, revoking: Vec::new() };
        }
        let mut commitment = first;
        loop {
            let rotations = self.rotations(commitment);
            let stands = match rotations[..] {
                [] => return self.walk(acts),
                [only] => Some(only),
                _ => rotations.iter().copied().find(|rotation| self.is_held_by_most(*rotation)),
            };
            let Some(rotation) = stands else {
                acts.extend(self.held_since(commitment));
                return Standing { acts, is_halted: true, revoking: Vec::new() };
            };
            acts.extend(self.path(commitment, rotation));
            commitment = rotation;
        }
    }

    /// The acts since a commitment that are held by most with all between, no rotation being one.
    fn held_since(&self, commitment: Act) -> Vec<Act> {
        let mut acts = Vec::new();
        let mut last = commitment;
        let next = |last| self.acts.after(last).find(|act| !self.is_rotation(*act) && self.is_held_by_most(*act));
        while let Some(act) = next(last) {
            acts.push(act);
            last = act;
        }
        acts
    }

    /// Goes on from the last commitment, which no rotation uses up.
    fn walk(&self, mut acts: Vec<Act>) -> Standing {
        loop {
            let last = *acts.last().unwrap();
            let mut next: Vec<Act> = self.acts.after(last).filter(|act| self.is_held(*act)).collect();
            let all: BTreeSet<Act> = next.iter().copied().collect();
            if next.iter().any(|act| *self.acts.step(*act) == Step::Roots) {
                next.retain(|act| *self.acts.step(*act) == Step::Roots);
            }
            let stands = match next[..] {
                [] => return Standing { acts, is_halted: false, revoking: Vec::new() },
                [only] => Some(only),
                _ => next.iter().copied().find(|act| self.is_held_by_most(*act)),
            };
            let Some(act) = stands else {
                return Standing { acts, is_halted: true, revoking: all.into_iter().collect() };
            };
            acts.push(act);
        }
    }
}
