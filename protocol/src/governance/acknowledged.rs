//! Who acknowledged which act, and under which memberships that counts. DESIGN §7, first and second Law; format §5.

use std::collections::{BTreeMap, BTreeSet};

use crate::governance::Governance;
use crate::id::{ActId, OrganisationId, SpaceId};
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
    /// True if what is in effect may be another than before.
    pub acts: bool,
}

/// Whom a version gives a space to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The version: a charter's for `members` and `public`, else an act of the space.
    pub act: ActId,
    /// Its organisations.
    pub members: BTreeSet<OrganisationId>,
}

impl Governance {
    /// Takes an entry of a node key's log that is held whole, its signature checked. Idempotent, in any order: one whose
    /// predecessor has not been taken is kept aside until it is.
    ///
    /// Those of other kinds are steps of the chain and say nothing; so are malformed attestations. An entry whose key no
    /// validly signed act of its organisation grants as node is passed over; [`super::Change::attesting`] says when that
    /// has changed.
    pub fn attest(&mut self, _entry: &Authentic) -> Attested {
        Attested::default()
    }

    /// Who acknowledged an act: each organisation with the first attestation that did.
    #[must_use]
    pub fn acknowledged(&self, _act: &ActId) -> BTreeMap<OrganisationId, Position> {
        BTreeMap::new()
    }

    /// True if the attestation, or one before it in its chain, names the act or one that follows it.
    #[must_use]
    pub fn knew(&self, _at: &Position, _act: &ActId) -> bool {
        false
    }

    /// The versions of the chain now standing, oldest first, with the members that they give the space.
    #[must_use]
    pub fn memberships(&self, space: &SpaceId) -> Vec<Membership> {
        if self.effect.is_none() || self.open_space(space).is_none() {
            return Vec::new();
        }
        let of = |act: &crate::act::Act| {
            let members = act.as_charter()?.members.iter().copied().collect();
            Some(Membership { act: act.id(), members })
        };
        self.charter_act().and_then(of).into_iter().collect()
    }

    /// Every version that more than half acknowledged, with all before it, on whatever branch: under these an act or entry
    /// bars its rival for good. ADR 0012, point 2.
    #[must_use]
    pub fn wide_memberships(&self, space: &SpaceId) -> Vec<Membership> {
        self.memberships(space)
    }

    /// True if what an organisation acknowledged at this attestation counts under a version: it, or one before it in its
    /// chain, names the version or one that follows it; under a founding one always.
    #[must_use]
    pub fn counts_under(&self, at: &Position, membership: &Membership) -> bool {
        self.act(&membership.act).is_some_and(crate::act::Act::is_first) || self.knew(at, &membership.act)
    }
}
