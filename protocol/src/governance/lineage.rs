//! What stands behind an act in its chain: asked of an index, so that no question costs more as a chain grows. format §4.
//!
//! Acts of one organisation are a tree, for rivals may follow one act. A key is marked by the first act of each branch that
//! grants, revokes or roots it. So no marked act of a key follows another: in the order of a walk through the tree, each
//! act before its followers, only the last one that comes before an act can stand behind it.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::act::{Act, Role, Roots};
use crate::breakage::{self, Breakage};
use crate::governance::parts::Parts;
use crate::id::ActId;
use crate::key::PublicKey;

/// For each key the acts that mark it, in the order of the walk.
type Marks<T> = Parts<PublicKey, Vec<(ActId, T)>>;

/// Every act held of one organisation, on all branches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tree {
    steps: Steps,
    granted: Marks<Role>,
    root_keys: Marks<()>,
    revoked: Marks<()>,
    /// Not only the first on each branch: of several cuts all must be met.
    revocations: Parts<PublicKey, BTreeSet<ActId>>,
    /// The first act says so.
    has_admin: bool,
}

/// One act's place in the tree; the first act is before itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    version: u64,
    previous: ActId,
    /// Some act further back, at a distance that the version decides, by which any is reached in a logarithmic number of
    /// steps. Myers, "An applicative random-access stack", 1983.
    jump: ActId,
    /// The act that set the roots in force after this one.
    roots: ActId,
    /// The last act that said what the organisation is called: this one, or one before it.
    names: ActId,
}

impl Tree {
    /// Adds an act whose previous act is in the tree.
    pub(super) fn add(&mut self, act: &Act) {
        let Some(body) = act.as_organisation() else { return };
        let (id, version) = (act.id(), act.version());
        let previous = act.previous().unwrap_or(id);
        let inherited = self.steps.get(&previous).map_or((id, id), |step| (step.roots, step.names));
        let roots = if body.roots.is_some() { id } else { inherited.0 };
        let names = if body.names.is_empty() { inherited.1 } else { id };
        let jump = self.jump_over(&previous).unwrap_or(id);
        self.steps.insert(id, Step { version, previous, jump, roots, names });
        self.has_admin |= body.has_admin;
        for grant in &body.grants {
            mark(&self.steps, &mut self.granted, grant.key, id, grant.role);
        }
        for key in body.roots.iter().flat_map(|roots| &roots.keys) {
            mark(&self.steps, &mut self.root_keys, *key, id, ());
        }
        for revocation in &body.revocations {
            mark(&self.steps, &mut self.revoked, revocation.key, id, ());
            self.revocations.or_default(&revocation.key).into_iter().for_each(|acts| acts.extend([id]));
        }
    }

    /// See [`Parts::apart_from`].
    #[cfg(test)]
    pub(super) fn apart_from(&self, other: &Self) -> usize {
        let marks = self.granted.apart_from(&other.granted) + self.root_keys.apart_from(&other.root_keys);
        self.steps.apart_from(&other.steps) + marks + self.revoked.apart_from(&other.revoked)
    }

    /// The act whose commitment a rotation uses up: the last one before it that sets roots.
    pub(super) fn commitment_before(&self, rotation: &Act) -> Option<ActId> {
        Some(self.steps.get(&rotation.previous()?)?.roots)
    }

    /// The act of that version among one and those that it follows.
    pub(super) fn ancestor(&self, tip: ActId, version: u64) -> Option<ActId> {
        ancestor(&self.steps, tip, version)
    }

    /// The last version at which an act, or one that it follows, is the one of a chain.
    pub(super) fn last_common(&self, act: &Act, chain: impl Fn(u64) -> Option<ActId>) -> Option<u64> {
        let (mut stands, mut leaves) = (1_u64, act.version());
        while leaves.saturating_sub(stands) > 1 {
            let middle = stands.midpoint(leaves);
            let own = self.ancestor(act.id(), middle);
            if own.is_some() && own == chain(middle) { stands = middle } else { leaves = middle }
        }
        (self.ancestor(act.id(), stands) == chain(stands)).then_some(stands)
    }

    /// The acts that grant a key, the first on each branch, with the role.
    pub(super) fn grants(&self, key: &PublicKey) -> &[(ActId, Role)] {
        self.granted.get(key).map_or(&[], Vec::as_slice)
    }

    /// Every act that revokes a key.
    pub(super) fn revocations<'a>(&'a self, key: &PublicKey) -> impl Iterator<Item = ActId> + use<'a> {
        self.revocations.get(key).into_iter().flatten().copied()
    }

    /// The acts that say what the organisation is called, an act and those that it follows: the newest first.
    pub(super) fn naming(&self, tip: &ActId) -> impl Iterator<Item = ActId> + use<'_> {
        let newest = self.steps.get(tip).map(|step| step.names);
        std::iter::successors(newest, |act| {
            let step = self.steps.get(act).filter(|step| step.previous != *act)?;
            Some(self.steps.get(&step.previous)?.names)
        })
    }

    /// Where the pointer of an act that follows `previous` goes.
    fn jump_over(&self, previous: &ActId) -> Option<ActId> {
        let near = self.steps.get(previous)?;
        let middle = self.steps.get(&near.jump)?;
        let far = self.steps.get(&middle.jump)?;
        let is_even = near.version.checked_sub(middle.version) == middle.version.checked_sub(far.version);
        Some(if is_even { middle.jump } else { *previous })
    }
}

/// The tree itself, without its marks.
type Steps = Parts<ActId, Step>;

fn step<'a>(steps: &'a Steps, act: &ActId) -> Option<&'a Step> {
    #[cfg(test)]
    work::count();
    steps.get(act)
}

/// The act of `version` among `tip` and those that it follows.
fn ancestor(steps: &Steps, tip: ActId, version: u64) -> Option<ActId> {
    let mut at = tip;
    loop {
        let here = step(steps, &at)?;
        if here.version <= version {
            return (here.version == version).then_some(at);
        }
        let is_within = step(steps, &here.jump)?.version >= version;
        at = if is_within { here.jump } else { here.previous };
    }
}

/// Compares two acts in the order of the walk: each before those that follow it, branches by the id that they begin with.
fn compare(steps: &Steps, one: ActId, other: ActId) -> Option<Ordering> {
    let versions = (step(steps, &one)?.version, step(steps, &other)?.version);
    let common = versions.0.min(versions.1);
    let (mut one, mut other) = (ancestor(steps, one, common)?, ancestor(steps, other, common)?);
    if one == other {
        return Some(versions.0.cmp(&versions.1));
    }
    loop {
        let (left, right) = (step(steps, &one)?, step(steps, &other)?);
        // Of one version, both pointers go equally far back.
        (one, other) = match (left.jump != right.jump, left.previous != right.previous) {
            (true, _) => (left.jump, right.jump),
            (false, true) => (left.previous, right.previous),
            (false, false) => return Some(one.cmp(&other)),
        };
    }
}

/// How many of the acts that mark a key come before an act in the walk, or are it; and the one that it stands on.
fn look<'a, T>(steps: &Steps, marked: &'a [(ActId, T)], tip: ActId) -> (usize, Option<&'a (ActId, T)>) {
    let is_before = |(act, _): &(ActId, T)| compare(steps, *act, tip).is_some_and(Ordering::is_le);
    let before = marked.partition_point(is_before);
    let last = before.checked_sub(1).and_then(|last| marked.get(last));
    let stands_on = |act: &ActId| Some(ancestor(steps, tip, step(steps, act)?.version)? == *act);
    (before, last.filter(|(act, _)| stands_on(act) == Some(true)))
}

fn mark<T: Clone>(steps: &Steps, marks: &mut Marks<T>, key: PublicKey, act: ActId, value: T) {
    let Some(marked) = marks.or_default(&key) else { return };
    let (at, standing) = look(steps, marked, act);
    if standing.is_none() {
        marked.insert(at, (act, value));
    }
}

/// What stands behind one act: from the act before it back to the first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lineage<'a> {
    /// The tree, with the act before in it; `None` for a first act, and where the one before is not held.
    behind: Option<(&'a Tree, ActId)>,
    roots: Option<&'a Roots>,
    /// True if an admin key may sign the act alone.
    allows_admin: bool,
}

impl<'a> Lineage<'a> {
    pub(super) fn behind(act: &Act, tree: Option<&'a Tree>, held: &'a Parts<ActId, Act>) -> Self {
        let nothing = Self { behind: None, roots: None, allows_admin: false };
        let (Some(tree), Some(previous)) = (tree, act.previous()) else { return nothing };
        let Some(step) = tree.steps.get(&previous) else { return nothing };
        let roots = held.get(&step.roots).and_then(Act::as_organisation).and_then(|body| body.roots.as_ref());
        let lineage = Self { behind: Some((tree, previous)), roots, ..nothing };
        // Asked once for the act, and not for each signature beneath it.
        Self { allows_admin: tree.has_admin && lineage.is_humble(act), ..lineage }
    }

    /// False for a first act, and where the act before is not held.
    pub(super) const fn is_known(&self) -> bool {
        self.behind.is_some()
    }

    /// The roots in force, and with them the commitment to the next.
    pub(super) const fn roots(&self) -> Option<&'a Roots> {
        self.roots
    }

    fn find<T: Clone>(&self, marks: impl Fn(&'a Tree) -> &'a Marks<T>, key: &PublicKey) -> Option<&'a (ActId, T)> {
        let (tree, previous) = self.behind?;
        look(&tree.steps, marks(tree).get(key)?, previous).1
    }

    /// The role of a key that is granted.
    pub(super) fn granted(&self, key: &PublicKey) -> Option<Role> {
        self.find(|tree| &tree.granted, key).map(|(_, role)| *role)
    }

    /// The act that grants a key.
    pub(super) fn granting(&self, key: &PublicKey) -> Option<ActId> {
        self.find(|tree| &tree.granted, key).map(|(act, _)| *act)
    }

    /// The acts that say what the organisation is called, the newest first.
    pub(super) fn naming(&self) -> impl Iterator<Item = ActId> + use<'a> {
        self.behind.into_iter().flat_map(|(tree, previous)| tree.naming(&previous))
    }

    /// True if the key was ever a root.
    pub(super) fn was_root(&self, key: &PublicKey) -> bool {
        self.find(|tree| &tree.root_keys, key).is_some()
    }

    fn is_revoked(&self, key: &PublicKey) -> bool {
        self.find(|tree| &tree.revoked, key).is_some()
    }

    /// True if the act holds nothing but grants and revocations of keys of humble roles. format §4.5.
    fn is_humble(&self, act: &Act) -> bool {
        let is_humble = |role: Role| {
            matches!(role, Role::Contributor | Role::Publisher | Role::Reader)
                || breakage::is_out(Breakage::RoleGrantListed)
        };
        let Some(body) = act.as_organisation() else { return false };
        body.roots.is_none()
            && body.names.is_empty()
            && body.grants.iter().all(|grant| is_humble(grant.role))
            && body.revocations.iter().all(|revocation| self.granted(&revocation.key).is_some_and(is_humble))
    }

    /// True if the key may sign this act alone, as one of the admins that the first act allows.
    pub(super) fn is_admin_signing(&self, key: &PublicKey) -> bool {
        self.allows_admin && self.granted(key) == Some(Role::Admin) && !self.is_revoked(key)
    }
}

/// How many steps back were taken: what a chain costs is counted in tests, not timed.
#[cfg(test)]
pub(super) mod work {
    use std::cell::Cell;

    thread_local!(static STEPS: Cell<u64> = const { Cell::new(0) });

    pub(super) fn count() {
        STEPS.set(STEPS.get() + 1);
    }

    /// The steps of this thread so far.
    pub(in crate::governance) fn steps() -> u64 {
        STEPS.get()
    }
}
