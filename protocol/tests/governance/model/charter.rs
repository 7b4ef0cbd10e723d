//! Versions of the charter: which has enough signatures, which is carried, which stands. DESIGN §7.

use super::{Act, FOUNDING, Set, Step, View};

impl View<'_> {
    /// True if enough have signed: all of a founding charter; of a settlement more than half, its double signers not
    /// counted; else as many as the version before and its own threshold ask for.
    pub(crate) fn has_enough(&self, act: Act) -> bool {
        let signed = self.signed(act);
        let Some(previous) = self.acts.previous(act) else { return (self.acts.members(act) - signed).is_empty() };
        let before = self.acts.members(previous);
        match self.acts.step(act) {
            Step::Charter { members, threshold, .. } => {
                (signed & before).len() >= self.threshold(previous) && (signed & *members).len() >= *threshold
            }
            Step::Settlement { double, .. } => {
                self.may_settle(act) && ((signed & before) - *double).is_more_than_half_of(before)
            }
            Step::First(_) | Step::Rotation | Step::Roots | Step::Admin => !signed.is_empty(),
        }
    }

    fn threshold(&self, charter: Act) -> usize {
        match self.acts.step(charter) {
            Step::Charter { threshold, .. } | Step::Settlement { threshold, .. } => *threshold,
            Step::First(_) | Step::Rotation | Step::Roots | Step::Admin => 1,
        }
    }

    /// True if a settlement names acts of its version with enough signatures, of two of which neither names the other,
    /// and each double signer that it names signed two such acts; what it names, it names directly or through another. It
    /// names one at least, unless one of the acts was signed instead of another.
    fn may_settle(&self, settlement: Act) -> bool {
        let Step::Settlement { rivals, double, .. } = self.acts.step(settlement) else { return false };
        let is_one = |act: &Act| self.acts.previous(*act) == self.acts.previous(settlement) && self.has_enough(*act);
        let all: Vec<Act> = (0..self.acts.len()).filter(|act| self.settles(settlement, *act)).collect();
        let pairs = || all.iter().flat_map(|one| all.iter().map(|other| (*one, *other)));
        let is_double = |who| pairs().any(|(one, other)| self.signed_both(one, other).has(who));
        let is_excused = pairs().any(|(one, other)| self.is_instead(one, other));
        (!double.is_empty() || is_excused)
            && rivals.iter().all(is_one)
            && pairs().any(|(one, other)| self.are_rivals(one, other))
            && double.iter().all(is_double)
    }

    /// True if `act` is a settlement that names `other`, directly or through another.
    pub(crate) fn settles(&self, act: Act, other: Act) -> bool {
        match self.acts.step(act) {
            Step::Settlement { rivals, .. } => {
                rivals.iter().any(|rival| *rival == other || self.settles(*rival, other))
            }
            _ => false,
        }
    }

    /// True of two acts that follow one act, neither of which settles the other.
    ///
    /// Those of one version that follow different acts are none: what is before them decides.
    pub(crate) fn are_rivals(&self, one: Act, other: Act) -> bool {
        one != other
            && self.acts.previous(one) == self.acts.previous(other)
            && !self.settles(one, other)
            && !self.settles(other, one)
    }

    pub(super) fn is_instead(&self, act: Act, draft: Act) -> bool {
        match self.acts.step(act) {
            Step::Charter { instead, .. } | Step::Settlement { instead, .. } => instead.contains(&draft),
            _ => false,
        }
    }

    /// Those who signed two rivals; nobody if one is signed instead of the other.
    pub(crate) fn signed_both(&self, one: Act, other: Act) -> Set {
        let is_excused = self.is_instead(one, other) || self.is_instead(other, one);
        if is_excused || !self.are_rivals(one, other) { Set::NONE } else { self.signed(one) & self.signed(other) }
    }

    pub(crate) fn acknowledged_both(&self, one: Act, other: Act) -> Set {
        if self.are_rivals(one, other) { self.acknowledged(one) & self.acknowledged(other) } else { Set::NONE }
    }

    /// The versions that follow one and have enough signatures.
    pub(crate) fn candidates(&self, previous: Act) -> Vec<Act> {
        self.acts.after(previous).filter(|act| self.has_enough(*act)).collect()
    }

    /// Those who do not count for an act because they signed or acknowledged a rival of it too.
    fn left_out(&self, act: Act) -> Set {
        let Some(previous) = self.acts.previous(act) else { return Set::NONE };
        let mut group = self.candidates(previous);
        group.retain(|other| self.are_rivals(act, *other));
        let firsts = if self.reading.leaves_out_wholly { [&group[..], &[act]].concat() } else { vec![act] };
        let pairs = firsts.iter().flat_map(|one| group.iter().map(|other| (*one, *other)));
        let signed = |one, other| {
            if self.reading.leaves_out_signers { self.signed_both(one, other) } else { Set::NONE }
        };
        pairs.fold(Set::NONE, |out, (one, other)| out | signed(one, other) | self.acknowledged_both(one, other))
    }

    /// Those whose acknowledgement counts for an act.
    pub(crate) fn counted(&self, act: Act) -> Set {
        let before = self.acts.previous(act).map_or(Set::NONE, |previous| self.acts.members(previous));
        (self.acknowledged(act) & before) - self.left_out(act)
    }

    /// True if more than half of the version before acknowledged an act, double ones included. It stays so.
    pub(crate) fn is_known_to_most(&self, act: Act) -> bool {
        let Some(previous) = self.acts.previous(act) else { return true };
        let before = self.acts.members(previous);
        self.has_enough(act) && (self.acknowledged(act) & before).is_more_than_half_of(before)
    }

    /// True if an act has enough signatures, and acknowledgements that count of more than half of the version before.
    fn is_carried(&self, act: Act) -> bool {
        let Some(previous) = self.acts.previous(act) else { return self.has_enough(act) };
        self.has_enough(act) && self.counted(act).is_more_than_half_of(self.acts.members(previous))
    }

    /// True if a settlement took the act's place.
    fn is_settled(&self, act: Act) -> bool {
        let took_effect = |settlement: Act| {
            if self.reading.settles_for_good { self.is_known_to_most(settlement) } else { self.is_carried(settlement) }
        };
        let Some(previous) = self.acts.previous(act) else { return false };
        self.candidates(previous).into_iter().any(|other| self.settles(other, act) && took_effect(other))
    }

    /// All that stand after a version. That they are one at most is what the enumeration shows.
    pub(crate) fn all_standing(&self, previous: Act) -> Vec<Act> {
        let mut standing = self.candidates(previous);
        standing.retain(|act| self.is_carried(*act) && !self.is_settled(*act));
        standing
    }

    /// The version that stands after one.
    pub(crate) fn next(&self, previous: Act) -> Option<Act> {
        let standing = self.all_standing(previous);
        assert!(standing.len() <= 1, "two versions stand after one: {standing:?} of {:?}", self.evidence);
        standing.first().copied()
    }

    /// True if rivals with enough signatures follow a version, and none stands.
    pub(crate) fn is_halted(&self, previous: Act) -> bool {
        self.candidates(previous).len() > 1 && self.next(previous).is_none()
    }

    /// Everyone who signed two rivals that follow a version, a member or not.
    pub(crate) fn double_signers(&self, previous: Act) -> Set {
        self.all_in_both(previous, |one, other| self.signed_both(one, other))
    }

    /// Everyone who acknowledged two of them.
    pub(crate) fn double_acknowledgers(&self, previous: Act) -> Set {
        self.all_in_both(previous, |one, other| self.acknowledged_both(one, other))
    }

    fn all_in_both(&self, previous: Act, both: impl Fn(Act, Act) -> Set) -> Set {
        let all = self.candidates(previous);
        let pairs = all.iter().flat_map(|one| all.iter().map(|other| (*one, *other)));
        pairs.fold(Set::NONE, |set, (one, other)| set | both(one, other))
    }

    /// The versions that stand, from the founding one on; none while it waits for signatures.
    pub(crate) fn chain(&self) -> Vec<Act> {
        let mut chain: Vec<Act> = self.has_enough(FOUNDING).then_some(FOUNDING).into_iter().collect();
        while let Some(next) = chain.last().and_then(|last| self.next(*last)) {
            chain.push(next);
        }
        chain
    }
}
