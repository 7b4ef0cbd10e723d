//! What is in effect, worked out anew where something has come: the charter version by version, then organisations' and
//! spaces' chains. DESIGN §7, "five layers, each judged by those before it alone".

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::governance::Governance;
use crate::governance::spaces::SpaceStanding;
use crate::governance::stand::Standing;
use crate::governance::versions::Versions;
use crate::id::{ActId, OrganisationId};

/// What is to be worked out again.
#[derive(Debug, Clone, Default)]
pub(super) struct Stale {
    /// Charters whose successors have more signatures or acknowledgements.
    pub(super) rounds: BTreeSet<ActId>,
    /// The founding charter may be in effect now.
    pub(super) founding: bool,
    pub(super) organisations: BTreeSet<OrganisationId>,
    /// By their first acts.
    pub(super) spaces: BTreeSet<ActId>,
    /// A charter was named: who said so may count for other acts now.
    pub(super) has_new_word: bool,
}

impl Stale {
    fn is_none(&self) -> bool {
        self.rounds.is_empty()
            && self.organisations.is_empty()
            && self.spaces.is_empty()
            && !self.founding
            && !self.has_new_word
    }
}

/// What is in effect, made from the acts held and what was attested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Effect {
    pub(super) charter: Arc<Versions>,
    /// Of every organisation that a version now standing names or named.
    pub(super) organisations: BTreeMap<OrganisationId, Arc<Standing>>,
    /// Restricted ones, by their first acts.
    pub(super) spaces: BTreeMap<ActId, Arc<SpaceStanding>>,
}

impl Governance {
    /// Works out again what is stale. True if something in effect is another than before.
    pub(super) fn refresh(&mut self, mut stale: Stale) -> bool {
        if stale.is_none() {
            return false;
        }
        let before = self.effect.clone();
        let is_round_new = self.refresh_rounds(&stale.rounds);
        if self.effect.is_none() && !self.is_founded() {
            return false;
        }
        if self.effect.is_none() || stale.founding || is_round_new {
            self.refresh_charter(&mut stale);
        }
        if stale.has_new_word {
            self.mark_contested(&mut stale);
        }
        self.refresh_chains(&stale);
        self.effect != before
    }

    /// Counts again those that follow these versions. True if it comes to anything else.
    fn refresh_rounds(&mut self, stale: &BTreeSet<ActId>) -> bool {
        let mut is_new = false;
        for previous in stale {
            let Some(outcome) = self.held.get(previous).map(|act| self.charter_outcome(act)) else { continue };
            if self.rounds.get(previous) != Some(&outcome) {
                is_new = true;
                Arc::make_mut(&mut self.rounds).insert(*previous, outcome);
            }
        }
        is_new
    }

    fn is_founded(&self) -> bool {
        self.founding().is_some() && self.missing_signatures().is_empty()
    }

    fn refresh_charter(&mut self, stale: &mut Stale) {
        let old = self.effect.as_ref().map(|effect| Arc::clone(&effect.charter));
        if old.is_some() && !self.is_founded() {
            // Never: signatures only come. A test that takes a rule out may see it.
            self.effect = None;
            return;
        }
        let new = self.make_versions();
        if old.as_deref() == Some(&new) {
            return;
        }
        let is_stale = |organisation: &OrganisationId| {
            let old = old.as_ref().map(|old| (old.named.contains(organisation), old.taken_out.get(organisation)));
            old != Some((true, new.taken_out.get(organisation)))
        };
        stale.organisations.extend(new.named.iter().filter(|named| is_stale(named)));
        stale.organisations.extend(old.iter().flat_map(|old| old.named.difference(&new.named)));
        stale.has_new_word = true;
        let all = self.first_acts_of_spaces().collect::<Vec<_>>();
        stale.spaces.extend(all);
        let (organisations, spaces) = self
            .effect
            .as_ref()
            .map_or_else(Default::default, |effect| (effect.organisations.clone(), effect.spaces.clone()));
        self.effect = Some(Arc::new(Effect { charter: Arc::new(new), organisations, spaces }));
    }

    /// Chains in which acknowledgements decide are judged again when it has changed whose word counts.
    fn mark_contested(&self, stale: &mut Stale) {
        stale.organisations.extend(self.contested.iter());
    }

    fn refresh_chains(&mut self, stale: &Stale) {
        if stale.organisations.is_empty() && stale.spaces.is_empty() {
            return;
        }
        let Some(effect) = &self.effect else { return };
        let named = |organisation: &&OrganisationId| effect.charter.named.contains(*organisation);
        let organisations: Vec<_> = stale
            .organisations
            .iter()
            .map(|id| (*id, Some(*id).as_ref().filter(named).and_then(|id| self.make_standing(id, &effect.charter))))
            .collect();
        let spaces: Vec<_> = stale.spaces.iter().map(|id| (*id, self.make_space(id, &effect.charter))).collect();
        let mut new = Effect::clone(effect);
        for (id, standing) in organisations {
            put(&mut new.organisations, id, standing);
        }
        for (id, standing) in spaces {
            put(&mut new.spaces, id, standing);
        }
        self.effect = Some(Arc::new(new));
    }
}

fn put<K: Ord, V>(all: &mut BTreeMap<K, Arc<V>>, key: K, value: Option<V>) {
    match value {
        Some(value) => drop(all.insert(key, Arc::new(value))),
        None => drop(all.remove(&key)),
    }
}
