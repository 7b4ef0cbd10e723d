//! Root keys sign an act: only where no rival of it was signed, and never before that is on disk. DESIGN §7; ADR 0012.

use std::collections::BTreeSet;
use std::path::Path;

use isnad_protocol::act::{Act, Role};
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{ActId, OrganisationId};
use isnad_protocol::key::{PublicKey, SecretKey};
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::governing::memory::{Place, SignedActs};
use crate::governing::signatures::Roster;
use crate::keystore::{KeyInfo, Keystore, Purpose, Unlocker};

/// Why an act is not signed here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unsigned {
    /// The disk or a key.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// None of the keys in the folder may sign it.
    #[error("no key here may sign it on behalf of {}", organisation.to_short())]
    NoKey {
        /// On whose behalf.
        organisation: OrganisationId,
    },
    /// Another act was signed at its place, and it is not signed instead of that one.
    #[error("act {} was signed at its place", other.to_short())]
    Rival {
        /// The other.
        other: ActId,
        /// True if nothing may be signed in its place any more.
        is_final: bool,
    },
    /// This organisation's own node named the other to everyone as what it holds.
    #[error("this organisation has acknowledged act {}, which was signed at its place", other.to_short())]
    Acknowledged {
        /// The other.
        other: ActId,
    },
    /// It settles what no halt is seen of.
    #[error("it settles a halt that is not seen here")]
    NoHalt,
}

/// What only a replica that holds attestations knows of an act that is to be signed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Acts at its place that this organisation's node has named as ones that it holds: that cannot be unsaid.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub acknowledged: BTreeSet<ActId>,
    /// True if it stands in the place of rivals of which more than half acknowledged one or another and none stands: a
    /// halt that a settlement ends. ADR 0012, point 5.
    #[serde(default)]
    pub is_halted: bool,
}

impl Seen {
    /// What is seen here.
    #[must_use]
    pub fn of(governance: &Governance, act: &Act, organisation: Option<OrganisationId>) -> Self {
        let at_place = |other: &&Act| other.previous() == act.previous() && other.scope_id() == act.scope_id();
        let is_named = |other: &&Act| {
            let by = governance.acknowledged(&other.id());
            organisation.is_some_and(|organisation| by.contains_key(&organisation))
        };
        let acknowledged = match act.previous() {
            Some(_) => governance.acts().filter(at_place).filter(is_named).map(Act::id).collect(),
            None => BTreeSet::new(),
        };
        Self { acknowledged, is_halted: Roster::of(governance).is_halted_at(act) }
    }
}

/// Signs an act with every key of a folder whose word it needs. The same act again is signed again.
///
/// # Errors
/// [`Unsigned`] says why it is not, and nothing is signed then.
pub fn sign(
    keys: &Path,
    act: Act,
    organisation: OrganisationId,
    governance: &Governance,
    seen: &Seen,
    unlocker: &mut Unlocker,
) -> Result<Act, Unsigned> {
    let store = Keystore::open(keys)?;
    let infos = fit(&store, &act, organisation, governance)?;
    if infos.is_empty() {
        return Err(Unsigned::NoKey { organisation });
    }
    let mut memory = SignedActs::load(keys)?;
    check(&memory, &act, organisation, governance, seen)?;
    // Before the memory is written: a wrong passphrase signs nothing, and leaves no place taken.
    let mut secrets = Vec::with_capacity(infos.len());
    for info in &infos {
        secrets.push(SecretKey::from_seed(store.unlock(info, unlocker)?.as_bytes()));
    }
    if let Some(place) = Place::of(&act, |id| governance.act(id)) {
        let publics: Vec<PublicKey> = infos.iter().map(|info| PublicKey::new(info.public)).collect();
        memory.remember(&act, place, &publics)?;
    }
    let sign = |act: Act, key: &SecretKey| {
        let signature = act.sign(organisation, key);
        act.with_signature(signature)
    };
    Ok(secrets.iter().fold(act, sign))
}

/// The keys of a folder whose word an act needs.
fn fit(
    store: &Keystore,
    act: &Act,
    organisation: OrganisationId,
    governance: &Governance,
) -> Result<Vec<KeyInfo>, Fault> {
    let roster = Roster::of(governance);
    let infos = store.list()?.into_iter().filter(|info| {
        let key = PublicKey::new(info.public);
        match info.purpose {
            Purpose::Root | Purpose::NextRoot => roster.may_sign(act, &organisation, &key),
            Purpose::Admin => is_admins(act, governance, organisation, &key),
            Purpose::Contributor | Purpose::Publisher | Purpose::Node | Purpose::Peer => false,
        }
    });
    let mut infos: Vec<_> = infos.collect();
    // A key that is there under two names, as after a rotation that was cut off, signs once.
    infos.sort_by_key(|info| (info.public, info.purpose));
    infos.dedup_by_key(|info| info.public);
    // Where the roots themselves are at hand they sign, and no admin for them.
    if infos.iter().any(|info| info.purpose != Purpose::Admin) {
        infos.retain(|info| info.purpose != Purpose::Admin);
    }
    Ok(infos)
}

/// True if an admin key of this organisation may sign the act alone. format §4.5.
fn is_admins(act: &Act, governance: &Governance, organisation: OrganisationId, key: &PublicKey) -> bool {
    let first = governance.act(&ActId::new(*organisation.as_bytes())).and_then(Act::as_organisation);
    let allows = first.is_some_and(|first| first.has_admin) && act.organisation() == Some(organisation);
    let is_humble = |role: Role| matches!(role, Role::Contributor | Role::Publisher | Role::Reader);
    let Some(body) = act.as_organisation().filter(|_| allows) else { return false };
    body.roots.is_none()
        && body.names.is_empty()
        && body.grants.iter().all(|grant| is_humble(grant.role))
        && body
            .revocations
            .iter()
            .all(|revocation| governance.key_role(&revocation.key, &organisation).is_none_or(is_humble))
        && governance.key_role(key, &organisation) == Some(Role::Admin)
}

/// Whether an act may be signed besides what was signed at its place: by this folder's memory, and by what is held here with
/// this organisation's signatures, should the memory be lost.
///
/// # Errors
/// [`Unsigned`] names what stands against it.
pub fn check(
    memory: &SignedActs,
    act: &Act,
    organisation: OrganisationId,
    governance: &Governance,
    seen: &Seen,
) -> Result<(), Unsigned> {
    let find = |id: &ActId| governance.act(id);
    let Some(place) = Place::of(act, find) else { return Ok(()) };
    let instead: BTreeSet<ActId> = instead_of(act).iter().copied().collect();
    for other in earlier(memory, act, place, organisation, governance) {
        if settles(governance, act, &other) || settles_held(governance, &other, &act.id()) {
            continue;
        }
        let is_final = act.organisation().is_some();
        if is_final || !instead.contains(&other) {
            return Err(Unsigned::Rival { other, is_final });
        }
        if seen.acknowledged.contains(&other) {
            return Err(Unsigned::Acknowledged { other });
        }
    }
    if settled_by(act).is_some() && !seen.is_halted {
        return Err(Unsigned::NoHalt);
    }
    Ok(())
}

/// Other acts that this organisation signed at the place of one, ascending.
#[must_use]
pub fn earlier(
    memory: &SignedActs,
    act: &Act,
    place: Place,
    organisation: OrganisationId,
    governance: &Governance,
) -> BTreeSet<ActId> {
    let mut others = memory.others(place, &act.id());
    others.extend(held_at(governance, act, place, organisation));
    others
}

/// Other acts held with this organisation's signatures at the place of one, ascending.
pub(super) fn held_at(
    governance: &Governance,
    act: &Act,
    place: Place,
    organisation: OrganisationId,
) -> BTreeSet<ActId> {
    let is_own = |other: &&Act| {
        let is_of = |organisation_of: OrganisationId| organisation_of == organisation;
        other.organisation().map_or_else(
            || other.signatures().iter().any(|signature| is_of(signature.organisation)),
            |whose| is_of(whose) && !other.signatures().is_empty(),
        )
    };
    let at_place = |other: &&Act| {
        other.scope_id() == act.scope_id()
            && other.id() != act.id()
            && Place::of(other, |id| governance.act(id)) == Some(place)
    };
    governance.acts().filter(at_place).filter(is_own).map(Act::id).collect()
}

/// The drafts that an act is signed instead of.
#[must_use]
pub fn instead_of(act: &Act) -> &[ActId] {
    let charter = act.as_charter().map(|charter| &charter.instead);
    charter.or_else(|| act.as_space().map(|space| &space.instead)).map_or(&[], Vec::as_slice)
}

fn settled_by(act: &Act) -> Option<&[ActId]> {
    let charter = act.as_charter().and_then(|charter| charter.settles.as_ref());
    let settlement = charter.or_else(|| act.as_space().and_then(|space| space.settles.as_ref()));
    settlement.map(|settlement| settlement.rivals.as_slice())
}

/// True if a settlement names another act, directly or through others: each looked at once, however often it is named.
fn settles(governance: &Governance, act: &Act, other: &ActId) -> bool {
    let mut seen = BTreeSet::new();
    let mut due: Vec<ActId> = settled_by(act).unwrap_or_default().to_vec();
    while let Some(named) = due.pop() {
        if seen.insert(named) {
            due.extend(governance.act(&named).and_then(settled_by).unwrap_or_default());
        }
    }
    seen.contains(other)
}

fn settles_held(governance: &Governance, act: &ActId, other: &ActId) -> bool {
    governance.act(act).is_some_and(|act| settles(governance, act, other))
}
