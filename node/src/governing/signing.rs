//! Root keys sign an act: only where no rival of it was signed, and never before that is on disk. DESIGN §7; ADR 0012.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::path::Path;

use isnad_protocol::act::{Act, Role};
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{ActId, OrganisationId};
use isnad_protocol::key::{PublicKey, SecretKey};
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::governing::memory::{Place, SignedActs, Turn};
use crate::governing::signatures::Roster;
use crate::keystore::{KeyInfo, Keystore, Purpose, Unlocker};

/// Drafts of others that a new one names: a handful wait at a time, but one member can make as many as he likes.
const INSTEAD: usize = 32;

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
    /// Another act was signed at its place, and the file that is all that is known here does not show that nobody can have
    /// acknowledged it.
    #[error("this organisation may have acknowledged act {}, which was signed at its place", other.to_short())]
    MayBeAcknowledged {
        /// The other.
        other: ActId,
    },
    /// It is a settlement that names this organisation as a double signer: its signature counts for nothing there.
    #[error("it names this organisation as a double signer")]
    Named,
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
    /// True if a file of acts is all that is known: it holds no attestations, and may be old.
    #[serde(default)]
    pub is_by_file: bool,
}

impl Seen {
    /// What is seen here.
    #[must_use]
    pub fn of(governance: &Governance, act: &Act, organisation: Option<OrganisationId>) -> Self {
        let previous = act.previous();
        let following = previous.iter().flat_map(|previous| governance.followers(previous));
        let at_place =
            following.filter_map(|id| governance.act(&id)).filter(|other| other.scope_id() == act.scope_id());
        let is_named = |other: &&Act| {
            let by = governance.acknowledged(&other.id());
            organisation.is_some_and(|organisation| by.contains_key(&organisation))
        };
        let acknowledged = at_place.filter(is_named).map(Act::id).collect();
        Self { acknowledged, is_halted: Roster::of(governance).is_halted_at(act), is_by_file: false }
    }

    /// What a file of acts shows, to a machine without a replica. Who acknowledged what it does not: that there is a halt, whoever
    /// signs has seen at a node; the file has to show the rivals.
    #[must_use]
    pub fn by_file(governance: &Governance, act: &Act, has_seen_halt: bool) -> Self {
        let is_halted = has_seen_halt && Roster::of(governance).has_rivals_at(act);
        Self { acknowledged: BTreeSet::new(), is_halted, is_by_file: true }
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
    // From here to the signature: what another process signs meanwhile would not be in this memory.
    let _turn = Turn::wait_for(keys)?;
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
    // It would add nothing, and take the place of a settlement that does not name it.
    if act.settles().is_some_and(|settles| settles.double.contains(&organisation)) {
        return Err(Unsigned::Named);
    }
    for other in earlier(memory, act, place, organisation, governance) {
        let settles_this = |other: &Act| governance.settles(other, &act.id());
        if governance.settles(act, &other) || governance.act(&other).is_some_and(settles_this) {
            continue;
        }
        let is_final = act.organisation().is_some();
        if is_final || act.instead().binary_search(&other).is_err() {
            return Err(Unsigned::Rival { other, is_final });
        }
        if seen.acknowledged.contains(&other) {
            return Err(Unsigned::Acknowledged { other });
        }
        // Only what has enough signatures is acknowledged.
        let lacks = |act: &Act| !Roster::of(governance).has_enough(act);
        if seen.is_by_file && !governance.act(&other).is_some_and(lacks) {
            return Err(Unsigned::MayBeAcknowledged { other });
        }
    }
    if act.settles().is_some() && !seen.is_halted {
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

/// Drafts held in the place of a charter or a space's act that lack signatures still, and whose signers can sign that act only if
/// it is signed instead of them; of very many those that the most signed.
#[must_use]
pub fn unfinished(act: &Act, governance: &Governance) -> BTreeSet<ActId> {
    let roster = Roster::of(governance);
    let previous = act.previous();
    let following = previous.iter().flat_map(|previous| governance.followers(previous));
    let at_place = following
        .filter_map(|id| governance.act(&id))
        .filter(|other| other.organisation().is_none() && other.scope_id() == act.scope_id());
    let drafts = at_place.filter(|other| !roster.has_enough(other));
    let mut drafts: Vec<(Reverse<usize>, ActId)> =
        drafts.map(|draft| (Reverse(draft.signatures().len()), draft.id())).collect();
    drafts.sort_unstable();
    drafts.into_iter().take(INSTEAD).map(|(_, id)| id).filter(|id| *id != act.id()).collect()
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
    let others: Vec<&Act> = match place {
        Place::After(previous) => governance.followers(&previous).filter_map(|id| governance.act(&id)).collect(),
        Place::Commitment(_) => governance.acts().collect(),
    };
    others.into_iter().filter(at_place).filter(is_own).map(Act::id).collect()
}
