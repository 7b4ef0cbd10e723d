//! What an honest organisation does: what its key store signs, and which of two rivals its node names. DESIGN §7.

use super::{Act, Organisation, Set, Step, View};

impl View<'_> {
    /// True if the key store of an organisation signs the act, its own evidence being this view.
    ///
    /// Not two rivals of one version, but a second draft instead of the first, as long as its node has not named that;
    /// and a settlement only on a halt that it sees.
    pub(crate) fn may_sign(&self, organisation: Organisation, act: Act) -> bool {
        let Some(previous) = self.acts.previous(act) else { return true };
        let has_signed = |other: &Act| *other != act && self.signed(*other).has(organisation);
        let is_free = |other: Act| {
            let is_left = self.is_instead(act, other) && !self.acknowledged(other).has(organisation);
            !self.are_rivals(act, other) || is_left
        };
        let is_due = match self.acts.step(act) {
            Step::Settlement { .. } => self.is_seen_to_halt(previous),
            Step::Charter { .. } | Step::First(_) | Step::Rotation | Step::Roots | Step::Admin => true,
        };
        is_due && self.acts.after(previous).filter(has_signed).all(is_free)
    }

    /// True if an honest organisation takes what it holds for a halt that has to be settled.
    pub(crate) fn is_seen_to_halt(&self, previous: Act) -> bool {
        let spoke = self.candidates(previous).iter().fold(Set::NONE, |set, act| set | self.acknowledged(*act));
        let before = self.acts.members(previous);
        let have_spoken = (spoke & before).is_more_than_half_of(before) || !self.reading.settles_when_most_spoke;
        have_spoken && self.is_halted(previous)
    }

    /// True if the node of an organisation names a version of the charter: one that has enough signatures, and no rival of
    /// one that it named, unless it stands.
    pub(crate) fn may_name(&self, organisation: Organisation, act: Act) -> bool {
        let Some(previous) = self.acts.previous(act) else { return true };
        let has_named = |other: &Act| self.acknowledged(*other).has(organisation);
        let is_first = !self.acts.after(previous).filter(has_named).any(|other| self.are_rivals(act, other));
        self.has_enough(act) && (is_first || self.next(previous) == Some(act))
    }
}
