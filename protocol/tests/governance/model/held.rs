//! What a replica holds of what was made, and whose words it takes: nobody but who is or was a member fills it. format §4.5.

use std::collections::BTreeSet;

use super::{Act, Acts, Evidence, FOUNDING, Organisation, Set, Step, View};

impl View<'_> {
    /// Those that the founding charter names, or a version with enough signatures as all before it.
    pub(crate) fn admitted(&self) -> Set {
        let mut admitted = self.acts.members(FOUNDING);
        let mut due = if self.has_enough(FOUNDING) { self.candidates(FOUNDING) } else { Vec::new() };
        while let Some(version) = due.pop() {
            admitted = admitted | self.acts.members(version);
            due.extend(self.candidates(version));
        }
        admitted
    }
}

impl Acts {
    /// The organisation in whose chain an act is; none of a charter.
    pub(crate) fn owner(&self, act: Act) -> Option<Organisation> {
        match (self.step(act), self.previous(act)) {
            (Step::First(who), _) => Some(*who),
            (_, previous) => self.owner(previous?),
        }
    }

    /// Those whom a charter asks: its members, and those of the version before.
    pub(crate) fn asked(&self, charter: Act) -> Set {
        self.members(charter) | self.previous(charter).map_or(Set::NONE, |previous| self.members(previous))
    }
}

/// What is held of all that was made.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) acts: BTreeSet<Act>,
    /// The organisations whose first acts are held, so that their words are taken.
    pub(crate) known: Set,
}

impl Evidence {
    /// What of this a replica holds. An act is held once what it follows is, and a member's signature stands beneath it; a first
    /// act once a charter that is held names it.
    pub(crate) fn held(&self, acts: &Acts) -> Held {
        let mut held = Held { acts: BTreeSet::from([FOUNDING]), known: acts.members(FOUNDING) };
        loop {
            let before = held.acts.len();
            let taken = self.within(&held);
            let admitted = View::new(acts, &taken).admitted();
            for act in 0..acts.len() {
                if self.may_be_held(acts, act, &held, admitted) {
                    held.acts.insert(act);
                    held.known = held.known | acts.members(act);
                }
            }
            if held.acts.len() == before {
                return held;
            }
        }
    }

    fn may_be_held(&self, acts: &Acts, act: Act, held: &Held, admitted: Set) -> bool {
        let follows = acts.previous(act).is_none_or(|previous| held.acts.contains(&previous));
        let signed = self.signed[act];
        follows
            && match (acts.step(act), acts.owner(act)) {
                (Step::First(who), _) => held.known.has(*who),
                (_, Some(who)) => !signed.is_empty() && admitted.has(who),
                (_, None) => !(signed & acts.asked(act) & admitted).is_empty(),
            }
    }

    /// This without what is not held.
    pub(crate) fn within(&self, held: &Held) -> Self {
        let signed = |(act, signed): (Act, &Set)| if held.acts.contains(&act) { *signed } else { Set::NONE };
        let named = |(who, named): (Organisation, &Vec<Act>)| {
            let is_taken = |act: &&Act| held.known.has(who) && held.acts.contains(*act);
            named.iter().filter(is_taken).copied().collect()
        };
        Self {
            signed: self.signed.iter().enumerate().map(signed).collect(),
            named: self.named.iter().enumerate().map(named).collect(),
        }
    }
}
