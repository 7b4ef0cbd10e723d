//! What stands of a restricted space's chain: to admit, or to loosen the label, all its members sign, else more than half.
//! DESIGN §7.

use std::collections::BTreeSet;

use crate::act::{Act, SpaceBody};
use crate::governance::Governance;
use crate::governance::acknowledged::Membership;
use crate::governance::majority::Majority;
use crate::governance::round::{Round, is_most};
use crate::governance::versions::Versions;
use crate::id::{ActId, OrganisationId};

/// What of a space's chain stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct SpaceStanding {
    /// From the first act on.
    pub(super) standing: Vec<Membership>,
    /// Those that more than half acknowledged, with all before them, on whatever branch.
    pub(super) wide: Vec<Membership>,
    /// Every organisation that an act names with enough signatures, as all before it.
    pub(super) takeable: BTreeSet<OrganisationId>,
    /// The rivals at which it halts, ascending.
    pub(super) rivals: Vec<ActId>,
}

impl SpaceStanding {
    pub(super) fn has(&self, act: &Act) -> bool {
        let at = usize::try_from(act.version()).ok().and_then(|version| version.checked_sub(1));
        at.and_then(|at| self.standing.get(at)).is_some_and(|version| version.act == act.id())
    }
}

/// The labels of TLP 2.0, the strictest first.
const LABELS: [&str; 5] = ["tlp:red", "tlp:amber+strict", "tlp:amber", "tlp:green", "tlp:clear"];

/// True if the label is looser, or one of them is no known label.
fn is_looser(tlp: &str, before: &str) -> bool {
    let rank = |tlp: &str| LABELS.iter().position(|label| *label == tlp);
    tlp != before && rank(tlp).zip(rank(before)).is_none_or(|(new, old)| new > old)
}

/// True if all that a space has have to sign: an act that admits, or loosens the label.
pub(super) fn needs_all(body: &SpaceBody, previous: &SpaceBody) -> bool {
    let admits = body.members.iter().any(|member| previous.members.binary_search(member).is_err());
    admits || is_looser(&body.tlp, &previous.tlp)
}

impl Governance {
    /// Works out what stands of a space's chain; `None` if it has none.
    pub(super) fn make_space(&self, first: &ActId, charter: &Versions) -> Option<SpaceStanding> {
        let members = self.members_of(first)?;
        let act = self.held.get(first)?;
        if !self.has_all(act, &members.members) {
            return None;
        }
        let mut space = SpaceStanding { standing: vec![members.clone()], ..SpaceStanding::default() };
        self.spread_space(members, charter, &mut space);
        while let Some(last) = space.standing.last() {
            let Some(round) = self.space_round(last, charter) else { break };
            let majority = Majority { governance: self, standing: &space.standing, wide: &space.standing, owner: None };
            let Some(next) = stands(&round, &majority) else {
                space.rivals = round.candidates.into_keys().collect();
                break;
            };
            let Some(next) = self.members_of(&next) else { break };
            space.standing.push(next.clone());
        }
        Some(space)
    }

    /// Every version that has enough signatures, and every one that more than half acknowledged, on whatever branch.
    fn spread_space(&self, first: &Membership, charter: &Versions, space: &mut SpaceStanding) {
        let mut due = vec![(first, true)];
        while let Some((version, is_wide)) = due.pop() {
            space.takeable.extend(version.members.iter().copied());
            if is_wide {
                space.wide.push(version.clone());
            }
            let outcome = self.space_round(version, charter).map(|round| round.outcome()).unwrap_or_default();
            for next in &outcome.candidates {
                let is_known = is_wide && outcome.known.contains(next);
                due.extend(self.members_of(next).map(|next| (next, is_known)));
            }
        }
    }

    fn has_all(&self, act: &Act, members: &BTreeSet<OrganisationId>) -> bool {
        self.signed_among(act, members).len() == members.len()
    }

    /// All that follow an act of a space; `None` if nothing does.
    pub(super) fn space_round<'a>(&'a self, before: &'a Membership, charter: &Versions) -> Option<Round<'a>> {
        let previous = self.held.get(&before.act)?.as_space()?;
        let (mut plain, mut settlements) = (Vec::new(), Vec::new());
        for act in self.followers(&before.act).filter_map(|id| self.held.get(&id)) {
            let Some(body) = act.as_space() else { continue };
            let has_enough = self.space_has_enough(act, body, previous, before, charter);
            if body.settles.is_some() && has_enough {
                settlements.extend(self.settlement(act, before));
            } else if has_enough {
                plain.push(self.candidate(act));
            }
        }
        let round = Round::new(&before.members, plain, settlements);
        (!round.candidates.is_empty()).then_some(round)
    }

    /// True if enough of those whom the space had before have signed. Who was taken out of the charter meanwhile is not
    /// asked; but what has enough with those has enough whoever goes later.
    fn space_has_enough(
        &self,
        act: &Act,
        body: &SpaceBody,
        previous: &SpaceBody,
        before: &Membership,
        charter: &Versions,
    ) -> bool {
        let double = body.settles.as_ref().map_or(&[][..], |settles| &settles.double);
        let needs_all = needs_all(body, previous);
        let mut asked = BTreeSet::clone(&before.members);
        let enough = |asked: &BTreeSet<OrganisationId>| {
            let signed = self.signed_among(act, asked);
            if needs_all {
                let all = |who: &OrganisationId| signed.contains(who) || double.binary_search(who).is_ok();
                !asked.is_empty() && asked.iter().all(all)
            } else {
                is_most(signed.len(), asked.len())
            }
        };
        if enough(&asked) {
            return true;
        }
        for version in &charter.standing {
            let left = asked.len();
            asked.retain(|who| charter.taken_out.get(who).is_none_or(|out| out.by != version.act));
            if asked.len() < left && enough(&asked) {
                return true;
            }
        }
        false
    }
}

/// The act that stands: the only one, else a settlement that is carried as a charter is, else the one held by most.
fn stands(round: &Round<'_>, majority: &Majority<'_>) -> Option<ActId> {
    let all: Vec<ActId> = round.candidates.keys().copied().collect();
    if let [only] = all[..] {
        return Some(only);
    }
    let is_settlement = |act: &&ActId| round.candidates.get(*act).is_some_and(|act| act.settles.is_some());
    let settles = all.iter().filter(is_settlement).find(|act| round.is_carried(act) && !round.is_settled(act));
    let is_held = |act: &&ActId| {
        let rivals: Vec<ActId> = all.iter().filter(|other| round.are_rivals(act, other)).copied().collect();
        !round.is_settled(act) && majority.holds(act, &rivals)
    };
    settles.or_else(|| all.iter().filter(|act| !is_settlement(act)).find(is_held)).copied()
}
