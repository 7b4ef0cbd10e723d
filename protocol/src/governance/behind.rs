//! What stands behind an act, and what it changes of it, for whoever is told of acts: asked of the index of each chain, so that
//! telling of all costs about as much for each as telling of one. format §4.

use crate::act::difference::{self, Behind, Change};
use crate::act::{Act, OrganisationBody, Roots};
use crate::governance::Governance;
use crate::id::{ActId, OrganisationId};
use crate::key::PublicKey;

impl Governance {
    /// What an act, held or not, changes against those held that it follows: the most important first.
    #[must_use]
    pub fn difference(&self, act: &Act) -> Vec<Change> {
        let Some(body) = act.as_organisation() else {
            return difference::against(act, act.previous().and_then(|previous| self.held.get(&previous)));
        };
        let lineage = self.lineage(act);
        let body_of = |id: &ActId| self.held.get(id).and_then(Act::as_organisation);
        let grant = |key: &PublicKey| {
            let by = lineage.granting(key)?;
            body_of(&by)?.grants.iter().find(|grant| grant.key == *key)
        };
        let name = |lang: &str| {
            let said = |body: &'_ OrganisationBody| body.names.iter().position(|name| name.lang == lang);
            let named = lineage.naming().find_map(|by| body_of(&by).and_then(|body| Some((body, said(body)?))));
            named.and_then(|(body, at)| Some(&*body.names.get(at)?.text))
        };
        let behind = Behind { is_first: !lineage.is_known(), roots: lineage.roots(), grant: &grant, name: &name };
        difference::of_organisation(body, &behind)
    }

    /// The roots in force where an organisation's act, held or not, comes; `None` of a first act, and where the one before it is not
    /// held.
    #[must_use]
    pub fn roots_before(&self, act: &Act) -> Option<&Roots> {
        self.lineage(act).roots()
    }

    /// True if an act, or one held that it follows, grants a key: it does so wherever the act stands.
    #[must_use]
    pub fn is_granted_with(&self, act: &Act, key: &PublicKey) -> bool {
        let is_own = act.as_organisation().is_some_and(|body| body.grants.iter().any(|grant| grant.key == *key));
        is_own || self.lineage(act).granting(key).is_some()
    }

    /// True if more than half acknowledged a version of the charter with enough signatures, double ones included: it was in effect
    /// wherever no rival of it was held.
    #[must_use]
    pub fn is_known_to_most(&self, version: &Act) -> bool {
        let outcome = version.previous().and_then(|previous| self.rounds.get(&previous));
        outcome.is_some_and(|outcome| outcome.known.binary_search(&version.id()).is_ok())
    }

    /// The acts that say what an organisation is called, one that is held and those before it: the newest first.
    pub fn naming(
        &self,
        organisation: &OrganisationId,
        act: &ActId,
    ) -> impl Iterator<Item = (ActId, &OrganisationBody)> {
        let naming = self.chains.get(organisation).into_iter().flat_map(|chain| chain.tree.naming(act));
        naming.filter_map(|act| Some((act, self.held.get(&act)?.as_organisation()?)))
    }

    /// The newest act in effect of a chain, by the id of its first.
    #[must_use]
    pub fn standing_act(&self, scope: &ActId) -> Option<&Act> {
        let effect = self.effect.as_ref()?;
        let last = if *scope.as_bytes() == *self.consortium.as_bytes() {
            effect.charter.last().map(|last| last.act)
        } else if let Some(standing) = effect.organisations.get(&OrganisationId::new(*scope.as_bytes())) {
            standing.last()
        } else {
            effect.spaces.get(scope).and_then(|space| Some(space.standing.last()?.act))
        };
        self.held.get(&last?)
    }
}
