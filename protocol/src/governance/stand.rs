//! What stands of an organisation's chain. DESIGN §7, fifth Law; ADR 0012.
//!
//! A rotation stands before all that does not follow it, acts of the roots before those of an admin key, and of equals the one
//! held by most. Where none is, the chain halts.

use crate::act::{Act, Role};
use crate::breakage::{self, Breakage};
use crate::governance::Governance;
use crate::governance::majority::Majority;
use crate::governance::organisation::{Chain, is_signed_by_roots};
use crate::governance::versions::Versions;
use crate::id::{ActId, OrganisationId};
use crate::key::PublicKey;

/// Where a chain halts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stop {
    /// The rivals, ascending: with rotations their rivals from one commitment, else all of one version.
    pub(super) rivals: Vec<ActId>,
    /// True if they are rotations: only what is held by most, or the charter, ends it.
    pub(super) is_of_rotations: bool,
}

/// What of an organisation's chain stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Standing {
    /// From the first act on, one for each version.
    pub(super) acts: Vec<ActId>,
    pub(super) stop: Option<Stop>,
    /// The version of the charter that lets nothing more of it stand.
    pub(super) ended_by: Option<ActId>,
    /// Node keys in effect that are not revoked.
    pub(super) nodes: Vec<PublicKey>,
}

impl Standing {
    pub(super) fn last(&self) -> Option<ActId> {
        self.acts.last().copied()
    }

    const fn is_straight(&self) -> bool {
        self.stop.is_none() && self.ended_by.is_none()
    }

    /// True of an act that stands.
    pub(super) fn has(&self, act: &Act) -> bool {
        self.at(act.version()) == Some(act.id())
    }

    /// The act of a version.
    pub(super) fn at(&self, version: u64) -> Option<ActId> {
        self.acts.get(usize::try_from(version).ok()?.checked_sub(1)?).copied()
    }

    /// Rivals of which the revocations are in force, and nothing else, until the halt ends.
    pub(super) fn revoking(&self) -> &[ActId] {
        self.stop.as_ref().filter(|stop| !stop.is_of_rotations).map_or(&[], |stop| &stop.rivals)
    }
}

/// One chain, and the memberships that judge it.
struct Walk<'a> {
    chain: &'a Chain,
    majority: Majority<'a>,
}

impl Governance {
    /// Works out what stands of a chain; `None` if its first act is not validly signed.
    pub(super) fn make_standing(&self, organisation: &OrganisationId, charter: &Versions) -> Option<Standing> {
        let chain = self.chains.get(organisation)?;
        let first = ActId::new(*organisation.as_bytes());
        if !chain.is_valid(&first) {
            return None;
        }
        let out = charter.taken_out.get(organisation).filter(|_| !breakage::is_out(Breakage::TotalLossReadmit));
        let before = self.effect.as_ref().and_then(|effect| effect.organisations.get(organisation));
        if let Some(before) = before.filter(|before| out.is_none() && before.is_straight() && !chain.has_rivals()) {
            return Some(self.go_straight(chain, before));
        }
        let owner = Some(*organisation);
        let majority = Majority { governance: self, standing: &charter.standing, wide: &charter.wide, owner };
        let walk = Walk { chain, majority };
        let mut standing = match out {
            Some(out) => Standing { acts: walk.up_to(first, out.last), ended_by: Some(out.by), ..Standing::default() },
            None => walk.go(first),
        };
        standing.nodes = self.readers(&standing.acts);
        self.keep_live_nodes(chain, &mut standing);
        Some(standing)
    }

    /// Goes on where a chain stood that has no rivals: nothing before it can come to be another.
    fn go_straight(&self, chain: &Chain, before: &Standing) -> Standing {
        let mut standing = before.clone();
        let mut last = before.last();
        while let Some(next) = last.and_then(|last| chain.after(&last).next()) {
            standing.acts.push(next);
            last = Some(next);
        }
        let new = standing.acts.get(before.acts.len()..).unwrap_or_default();
        let readers = self.readers(new);
        standing.nodes.extend(readers);
        self.keep_live_nodes(chain, &mut standing);
        standing
    }

    /// The node keys that these acts grant.
    fn readers(&self, acts: &[ActId]) -> Vec<PublicKey> {
        let bodies = acts.iter().filter_map(|act| self.held.get(act)?.as_organisation());
        let readers = bodies.flat_map(|body| &body.grants).filter(|grant| grant.role == Role::Reader);
        readers.map(|grant| grant.key).collect()
    }

    fn keep_live_nodes(&self, chain: &Chain, standing: &mut Standing) {
        let mut nodes = std::mem::take(&mut standing.nodes);
        nodes.retain(|key| self.revokers(chain, standing, key).next().is_none());
        standing.nodes = nodes;
    }

    /// The acts whose revocation of a key is in force, ascending.
    pub(super) fn revokers<'a>(
        &'a self,
        chain: &'a Chain,
        standing: &'a Standing,
        key: &'a PublicKey,
    ) -> impl Iterator<Item = ActId> + 'a {
        let is_in_force =
            |id: &ActId| standing.revoking().contains(id) || self.held.get(id).is_some_and(|act| standing.has(act));
        chain.tree.revocations(key).filter(is_in_force)
    }
}

impl Walk<'_> {
    fn act(&self, id: &ActId) -> Option<&Act> {
        self.majority.governance.held.get(id)
    }

    fn is_rotation(&self, id: &ActId) -> bool {
        self.act(id).and_then(Act::as_organisation).is_some_and(|body| body.roots.is_some())
    }

    fn go(&self, first: ActId) -> Standing {
        let mut standing = Standing { acts: vec![first], ..Standing::default() };
        let mut commitment = first;
        loop {
            let rotations: Vec<ActId> = self.chain.rotations_from(&commitment).collect();
            let stands = match rotations[..] {
                [] => {
                    self.go_on(&mut standing);
                    return standing;
                }
                [only] => Some(only),
                _ => self.held_by_most(&rotations),
            };
            let Some(rotation) = stands else {
                self.go_as_far_as_most(commitment, &mut standing);
                standing.stop = Some(Stop { rivals: rotations, is_of_rotations: true });
                return standing;
            };
            standing.acts.extend(self.path(commitment, rotation));
            commitment = rotation;
        }
    }

    /// The one of these rivals that is held by most.
    fn held_by_most(&self, rivals: &[ActId]) -> Option<ActId> {
        let is_held = |act: &&ActId| {
            let others: Vec<ActId> = rivals.iter().filter(|other| other != act).copied().collect();
            self.majority.holds(act, &others)
        };
        rivals.iter().filter(|act| self.majority.is_known(act)).find(is_held).copied()
    }

    /// The acts after `start` up to `end`, oldest first.
    fn path(&self, start: ActId, end: ActId) -> Vec<ActId> {
        let mut acts = Vec::new();
        let mut at = Some(end);
        while let Some(act) = at.filter(|act| *act != start) {
            acts.push(act);
            at = self.act(&act).and_then(Act::previous);
        }
        acts.reverse();
        acts
    }

    /// What stands of a chain that the charter ended: up to the act that it names, as far as that is held and validly signed.
    fn up_to(&self, first: ActId, last: ActId) -> Vec<ActId> {
        let is_own = self.act(&last).is_some_and(|act| act.scope_id() == first);
        let mut at = Some(last).filter(|_| is_own);
        while let Some(act) = at.filter(|act| !self.chain.is_valid(act)) {
            at = self.act(&act).and_then(Act::previous);
        }
        let mut acts = vec![first];
        acts.extend(at.map(|end| self.path(first, end)).unwrap_or_default());
        acts
    }

    /// Goes on from a commitment whose rotations halt the chain, by acts that are held by most.
    fn go_as_far_as_most(&self, commitment: ActId, standing: &mut Standing) {
        let mut last = commitment;
        loop {
            let others: Vec<ActId> = self.chain.after(&last).filter(|act| !self.is_rotation(act)).collect();
            let Some(next) = self.held_by_most(&others) else { return };
            standing.acts.push(next);
            last = next;
        }
    }

    /// Goes on from the last commitment, which no rotation uses up.
    fn go_on(&self, standing: &mut Standing) {
        while let Some(last) = standing.last() {
            let all: Vec<ActId> = self.chain.after(&last).collect();
            let by_roots: Vec<ActId> = all.iter().filter(|act| self.is_by_roots(act)).copied().collect();
            let equals = if by_roots.is_empty() || all.len() == 1 { &all } else { &by_roots };
            let stands = match equals[..] {
                [] => return,
                [only] => Some(only),
                _ => self.held_by_most_among(equals, &all),
            };
            let Some(act) = stands else {
                standing.stop = Some(Stop { rivals: all, is_of_rotations: false });
                return;
            };
            standing.acts.push(act);
        }
    }

    /// The one of some equals that is held by most; all of the version are its rivals, those of an admin key too.
    fn held_by_most_among(&self, equals: &[ActId], all: &[ActId]) -> Option<ActId> {
        let is_held = |act: &&ActId| {
            let others: Vec<ActId> = all.iter().filter(|other| other != act).copied().collect();
            self.majority.holds(act, &others)
        };
        equals.iter().filter(|act| self.majority.is_known(act)).find(is_held).copied()
    }

    fn is_by_roots(&self, id: &ActId) -> bool {
        self.act(id).is_some_and(|act| is_signed_by_roots(act, &self.majority.governance.lineage(act)))
    }
}
