//! *Held by most*: which of two rivals more than half acknowledged, under the memberships that stand. DESIGN §7, second Law;
//! ADR 0012, point 2.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use crate::act::Act;
use crate::governance::Governance;
use crate::governance::acknowledged::Membership;
use crate::governance::round::is_most;
use crate::id::{ActId, OrganisationId};

/// The memberships by which the acts of one chain are judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Majority<'a> {
    pub(super) governance: &'a Governance,
    /// Of the chain now standing.
    pub(super) standing: &'a [Membership],
    /// Of every version that more than half acknowledged.
    pub(super) wide: &'a [Membership],
    /// The organisation whose act it is: its own word does not count, unless there is no other.
    pub(super) owner: Option<OrganisationId>,
}

impl Majority<'_> {
    /// True if under some version that stands more than half acknowledged an act, whatever else they did: asked first, for of
    /// most rivals it is not so.
    pub(super) fn is_known(&self, act: &ActId) -> bool {
        self.is_named_by_most(act, self.standing, &BTreeSet::new())
    }

    /// True if under some version that stands more than half acknowledged an act and none of its rivals, and no rival bars it.
    pub(super) fn holds(&self, act: &ActId, rivals: &[ActId]) -> bool {
        let double: BTreeSet<_> = rivals.iter().flat_map(|rival| self.governance.who_acknowledged(rival)).collect();
        self.is_named_by_most(act, self.standing, &double)
            && !rivals.iter().any(|rival| self.is_named_by_most(rival, self.wide, &BTreeSet::new()))
    }

    /// True if more than half of one of these versions, without those who are `double`, acknowledged an act under it.
    fn is_named_by_most(&self, act: &ActId, versions: &[Membership], double: &BTreeSet<OrganisationId>) -> bool {
        let mut who = self.governance.who_acknowledged(act);
        who.retain(|who| !double.contains(who));
        // Where each of them last named it, or what follows it: looked up once, and only for a version that is not the founding
        // one, for the way through all that follows an act may be long.
        let words = OnceCell::new();
        versions.iter().any(|version| {
            let is_alone = version.members.iter().all(|who| Some(*who) == self.owner);
            let asks = |who: &OrganisationId| {
                if is_alone {
                    version.members.contains(who)
                } else {
                    Some(*who) != self.owner && version.members.contains(who)
                }
            };
            let owners = usize::from(!is_alone && self.owner.is_some_and(|owner| version.members.contains(&owner)));
            let whole = version.members.len().saturating_sub(owners);
            // Most often too few spoke at all.
            let asked = who.iter().filter(|who| asks(who));
            if !is_most(asked.clone().count(), whole) {
                return false;
            }
            if self.governance.act(&version.act).is_some_and(Act::is_first) {
                return true;
            }
            let words = words.get_or_init(|| self.governance.latest_word(act));
            let spoke = |who: &&OrganisationId| {
                words.get(*who).is_some_and(|places| self.governance.spoke_under(places, version))
            };
            is_most(asked.filter(|who| spoke(who)).count(), whole)
        })
    }
}
