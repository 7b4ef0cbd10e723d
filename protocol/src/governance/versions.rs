//! The charter, version by version: which stands, whom it names, whom it took out. DESIGN §7, third Law.

use std::collections::{BTreeMap, BTreeSet};

use crate::act::{Act, Charter, Kind};
use crate::breakage::{self, Breakage};
use crate::governance::Governance;
use crate::governance::acknowledged::Membership;
use crate::governance::round::{Candidate, Outcome, Round, is_most};
use crate::id::{ActId, OrganisationId};

/// An organisation that a version of the charter took out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Out {
    /// The version.
    pub(super) by: ActId,
    /// The last act of its chain that stands.
    pub(super) last: ActId,
    pub(super) is_suspended: bool,
}

/// The chain of charters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Versions {
    /// Those that stand, from the founding one on.
    pub(super) standing: Vec<Membership>,
    /// Those that more than half acknowledged, with all before them, on whatever branch.
    pub(super) wide: Vec<Membership>,
    /// Every organisation that one of those standing names.
    pub(super) named: BTreeSet<OrganisationId>,
    /// Those that one of them took out: the first, if there are several.
    pub(super) taken_out: BTreeMap<OrganisationId, Out>,
    /// Every organisation that a version names with enough signatures, as all before it: its logs may be taken.
    pub(super) takeable: BTreeSet<OrganisationId>,
    /// True if rivals follow the last one.
    pub(super) is_halted: bool,
}

impl Versions {
    /// The version that stands now.
    pub(super) fn last(&self) -> Option<&Membership> {
        self.standing.last()
    }

    pub(super) fn is_member(&self, organisation: &OrganisationId) -> bool {
        self.last().is_some_and(|last| last.members.contains(organisation))
    }

    /// The place of an act among those standing.
    pub(super) fn position(&self, act: &Act) -> Option<usize> {
        let at = usize::try_from(act.version()).ok()?.checked_sub(1)?;
        self.standing.get(at).is_some_and(|version| version.act == act.id()).then_some(at)
    }
}

impl Governance {
    /// All that follow a version of the charter.
    pub(super) fn charter_round<'a>(&'a self, previous: &Act, before: &'a Membership) -> Round<'a> {
        let threshold = previous.as_charter().map_or(u64::MAX, |charter| charter.threshold);
        let mut plain = Vec::new();
        let mut settlements = Vec::new();
        for act in self.followers(&previous.id()).filter_map(|id| self.held.get(&id)) {
            let Some(charter) = act.as_charter() else { continue };
            if charter.settles.is_some() {
                settlements.extend(self.settlement(act, before));
            } else if self.has_enough(act, charter, before, threshold) {
                plain.push(self.candidate(act));
            }
        }
        Round::new(&before.members, plain, settlements)
    }

    /// The version before asks for its threshold, and the act for its own.
    fn has_enough(&self, act: &Act, charter: &Charter, before: &Membership, threshold: u64) -> bool {
        let reaches = |members: &BTreeSet<OrganisationId>, threshold: u64| {
            let signed = self.signed_among(act, members).len();
            u64::try_from(signed).is_ok_and(|signed| signed >= threshold)
        };
        if breakage::is_out(Breakage::MutualRemoval) {
            return reaches(&before.members, 1);
        }
        let own = self.members_of(&act.id());
        reaches(&before.members, threshold) && own.is_some_and(|own| reaches(&own.members, charter.threshold))
    }

    /// A settlement that more than half signed, the double signers that it names not counted.
    pub(super) fn settlement<'a>(&'a self, act: &'a Act, before: &Membership) -> Option<Candidate<'a>> {
        let double = &act.settles()?.double;
        // Before anything is copied: of drafts there may be many.
        let others = before.members.iter().filter(|who| double.binary_search(who).is_err()).copied().collect();
        is_most(self.signed_among(act, &others).len(), before.members.len()).then(|| self.candidate(act))
    }

    pub(super) fn candidate<'a>(&'a self, act: &'a Act) -> Candidate<'a> {
        let id = act.id();
        Candidate {
            id,
            instead: act.instead(),
            settles: act.settles(),
            signed: self.signers.get(&id).map(|signers| signers.all.clone()).unwrap_or_default(),
            acknowledged: self.who_acknowledged(&id),
            keys: self.acknowledgements(&id).count(),
        }
    }

    pub(super) fn charter_outcome(&self, previous: &Act) -> Outcome {
        let before = self.members_of(&previous.id());
        before.map(|before| self.charter_round(previous, before).outcome()).unwrap_or_default()
    }

    /// True if a version has enough signatures to follow the one before it.
    pub(super) fn is_candidate(&self, before: &Act, version: &Act) -> bool {
        self.outcome_after(&before.id()).is_some_and(|outcome| outcome.candidates.binary_search(&version.id()).is_ok())
    }

    fn outcome_after(&self, version: &ActId) -> Option<&Outcome> {
        self.rounds.get(version)
    }

    /// Puts the chain together from what each version's round came to.
    pub(super) fn make_versions(&self) -> Versions {
        let founding = ActId::new(*self.consortium.as_bytes());
        let mut standing: Vec<Membership> = self.members_of(&founding).into_iter().cloned().collect();
        while let Some(next) = standing.last().and_then(|last| self.outcome_after(&last.act)?.stands) {
            let Some(next) = self.members_of(&next) else { break };
            standing.push(next.clone());
        }
        let named = all_members(&standing);
        let is_halted = standing.last().and_then(|last| self.outcome_after(&last.act)).is_some_and(Outcome::is_halted);
        let wide = self.all_from(founding, |outcome| &outcome.known);
        let enough = self.all_from(founding, |outcome| &outcome.candidates);
        let takeable = all_members(&enough);
        let taken_out = self.all_taken_out(&standing);
        Versions { standing, wide, named, taken_out, takeable, is_halted }
    }

    /// The founding version, and all that are reached from it.
    fn all_from(&self, founding: ActId, next: impl Fn(&Outcome) -> &Vec<ActId>) -> Vec<Membership> {
        let mut all = Vec::new();
        let mut due = vec![founding];
        while let Some(version) = due.pop() {
            all.extend(self.members_of(&version).cloned());
            due.extend(self.outcome_after(&version).into_iter().flat_map(&next));
        }
        all
    }

    fn all_taken_out(&self, standing: &[Membership]) -> BTreeMap<OrganisationId, Out> {
        let mut all = BTreeMap::new();
        for version in standing {
            let charter = self.held.get(&version.act).and_then(Act::as_charter);
            for removal in charter.into_iter().flat_map(|charter| &charter.removed) {
                let out = Out { by: version.act, last: removal.act, is_suspended: removal.is_suspended };
                all.entry(removal.organisation).or_insert(out);
            }
        }
        all
    }

    /// The members that a charter or a space's act names.
    pub(super) fn members_of(&self, act: &ActId) -> Option<&Membership> {
        self.members.get(act)
    }

    /// The acts held that follow one, ascending.
    pub fn followers(&self, act: &ActId) -> impl Iterator<Item = ActId> + use<'_> {
        let act = *act;
        let from = self.followers.from(&(act, ActId::ZERO)).map(|(pair, ())| pair);
        from.take_while(move |(previous, _)| *previous == act).map(|(_, follower)| *follower)
    }

    /// The first acts held of restricted spaces.
    pub(super) fn first_acts_of_spaces(&self) -> impl Iterator<Item = ActId> {
        let firsts = self.members.keys().filter_map(|id| self.held.get(id));
        firsts.filter(|act| act.kind() == Kind::Space && act.is_first()).map(Act::id)
    }
}

/// Every organisation that one of these names. Most of them differ from the one before by one.
fn all_members(versions: &[Membership]) -> BTreeSet<OrganisationId> {
    let mut all = versions.first().map(|first| BTreeSet::clone(&first.members)).unwrap_or_default();
    for [before, version] in versions.array_windows() {
        all.extend(version.members.difference(&before.members));
    }
    all
}
