//! Who acknowledged which act, and under which memberships that counts. DESIGN §7, first and second Law; format §5.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::act::Act;
use crate::attestation::Attestation;
use crate::entry::Kind;
use crate::governance::Governance;
use crate::governance::attested::{Place, Step};
use crate::governance::effect::Stale;
use crate::governance::round::is_most;
use crate::id::{ActId, OrganisationId, RecordId, SpaceId};
use crate::log::{Authentic, LogEnd, LogKey};

/// Where an attestation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The log of the attesting key.
    pub log: LogKey,
    /// The attestation in it.
    pub end: LogEnd,
}

/// What taking an attestation has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attested {
    /// True if what is in effect is another than before.
    pub acts: bool,
}

/// Whom a version gives a space to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The version: a charter's for `members` and `public`, else an act of the space.
    pub act: ActId,
    /// Its organisations; copies share them.
    pub members: Arc<BTreeSet<OrganisationId>>,
}

impl Governance {
    /// Takes an entry of a node key's log that is held whole, its signature checked. Idempotent, in any order: one whose
    /// predecessor has not been taken is kept aside until it is.
    ///
    /// Those of other kinds are steps of the chain and say nothing; so are malformed attestations. An entry whose key no
    /// validly signed act of its organisation grants as node is passed over; [`super::Change::attesting`] says when that
    /// has changed.
    pub fn attest(&mut self, entry: &Authentic) -> Attested {
        self.attest_all([entry])
    }

    /// The same of many: what is in effect is worked out once.
    pub fn attest_all<'a>(&mut self, entries: impl IntoIterator<Item = &'a Authentic>) -> Attested {
        let mut stale = Stale::default();
        for entry in entries {
            for act in self.take_attestation(entry) {
                self.acknowledged_anew(&act, &mut stale);
            }
        }
        Attested { acts: self.refresh(stale) }
    }

    /// Takes a step of an attesting key's log. Returns the acts of which something is known that was not.
    fn take_attestation(&mut self, entry: &Authentic) -> Vec<ActId> {
        let header = &entry.entry().header;
        let attests = self.chains.get(&header.organisation).is_some_and(|chain| chain.attests(&header.author));
        let payload = entry.entry().payload.as_ref();
        if !attests || (header.kind == Kind::Attestation && payload.is_none()) {
            return Vec::new();
        }
        let is_one = header.kind == Kind::Attestation && header.record == RecordId::ZERO && header.generation == 0;
        let parsed = payload.filter(|_| is_one).map(|payload| Attestation::parse(&payload.bytes, &header.author));
        let lines = parsed.and_then(Result::ok).map(|attestation| attestation.acts).unwrap_or_default();
        let acts = lines.into_iter().map(|line| line.act).collect();
        let key = LogKey { space: header.space, author: header.author };
        let step = Step { end: entry.end(), prev: header.prev, acts };
        Arc::make_mut(&mut self.attestations).take(key, header.organisation, step)
    }

    /// What has to be worked out again because an act was named.
    pub(super) fn acknowledged_anew(&self, id: &ActId, stale: &mut Stale) {
        // Most are acts of organisations that have no rivals: nothing is looked up for them.
        if self.contested.is_empty() && !self.members.contains_key(id) {
            return;
        }
        let Some(act) = self.held.get(id) else { return };
        match (act.organisation(), act.as_charter()) {
            (Some(organisation), _) => {
                stale.organisations.extend(self.contested.get(&organisation));
            }
            (None, Some(_)) => {
                stale.rounds.extend(act.previous().filter(|previous| self.may_decide(id, previous)));
                stale.has_new_word = true;
            }
            (None, None) => {
                stale.spaces.insert(act.scope_id());
            }
        }
    }

    /// False if one word more for a charter changes nothing of what its round came to: it stands alone already, too few have
    /// spoken, or it has not enough signatures; when these come its round is counted again.
    fn may_decide(&self, act: &ActId, previous: &ActId) -> bool {
        let (Some(outcome), Some(before)) = (self.rounds.get(previous), self.members_of(previous)) else { return true };
        match outcome.candidates[..] {
            [] => false,
            // One organisation may have spoken in several logs: these are no fewer than those who spoke.
            [only] => {
                only == *act
                    && (outcome.stands.is_none() || outcome.known.is_empty())
                    && is_most(self.attestations.first(act).count(), before.members.len())
            }
            _ => true,
        }
    }

    /// Who acknowledged an act: each organisation with the first attestation that did, of the first of its logs.
    #[must_use]
    pub fn acknowledged(&self, act: &ActId) -> BTreeMap<OrganisationId, Position> {
        let mut all = BTreeMap::new();
        for (organisation, position) in self.acknowledgements(act) {
            let first = all.entry(organisation).or_insert(position);
            *first = position.min(*first);
        }
        all
    }

    /// Every attestation that was the first of its chain to acknowledge an act that is held.
    pub fn acknowledgements(&self, act: &ActId) -> impl Iterator<Item = (OrganisationId, Position)> {
        let all = &self.attestations;
        all.first(act).filter_map(|place| Some((all.organisation(place)?, all.position(place)?)))
    }

    pub(super) fn who_acknowledged(&self, act: &ActId) -> BTreeSet<OrganisationId> {
        self.attestations.first(act).filter_map(|place| self.attestations.organisation(place)).collect()
    }

    /// For each organisation the attestations that speak for an act as late as any: whatever it knew when it did, it knew at
    /// one of these.
    pub(super) fn latest_word(&self, act: &ActId) -> BTreeMap<OrganisationId, Vec<Place>> {
        let mut all: BTreeMap<OrganisationId, Vec<Place>> = BTreeMap::new();
        let mut due = vec![*act];
        while let Some(act) = due.pop() {
            for place in self.attestations.first(&act).chain(self.attestations.last(&act)) {
                if let Some(organisation) = self.attestations.organisation(place) {
                    all.entry(organisation).or_default().push(place);
                }
            }
            due.extend(self.followers(&act));
        }
        all
    }

    /// True if the attestation, or one before it in its chain, names the act or one that follows it.
    #[must_use]
    pub fn knew(&self, at: &Position, act: &ActId) -> bool {
        self.attestations.knew_at(at, act)
    }

    /// True if this step of a node key's log was taken, and all before it.
    #[must_use]
    pub fn has_attested(&self, at: &Position) -> bool {
        self.attestations.has(at)
    }

    /// The versions of the chain now standing, oldest first, with the members that they give the space.
    #[must_use]
    pub fn memberships(&self, space: &SpaceId) -> Vec<Membership> {
        self.versions(space).0.to_vec()
    }

    /// Every version that more than half acknowledged, with all before it, on whatever branch: under these an act or entry
    /// bars its rival for good. ADR 0012, point 2.
    #[must_use]
    pub fn wide_memberships(&self, space: &SpaceId) -> Vec<Membership> {
        self.versions(space).1.to_vec()
    }

    /// Those standing, and those that more than half acknowledged.
    pub(super) fn versions(&self, space: &SpaceId) -> (&[Membership], &[Membership]) {
        let Some(effect) = &self.effect else { return (&[], &[]) };
        if self.open_space(space).is_some() {
            return (&effect.charter.standing, &effect.charter.wide);
        }
        let space = effect.spaces.get(&ActId::new(*space.as_bytes()));
        space.map_or((&[], &[]), |space| (&space.standing, &space.wide))
    }

    /// True if what an organisation acknowledged at this attestation counts under a version: it, or one before it in its
    /// chain, names the version or one that follows it; under a founding one always.
    #[must_use]
    pub fn counts_under(&self, at: &Position, membership: &Membership) -> bool {
        self.act(&membership.act).is_some_and(Act::is_first) || self.knew(at, &membership.act)
    }

    pub(super) fn spoke_under(&self, places: &[Place], membership: &Membership) -> bool {
        self.act(&membership.act).is_some_and(Act::is_first)
            || places.iter().any(|place| self.attestations.knew(*place, &membership.act))
    }
}
