//! Root keys at rest through a rotation: which of those that are here were committed to, the next ones, and what becomes of
//! their files. DESIGN §7.

use isnad_protocol::act::{Act, Roots, next_key_hash};
use isnad_protocol::encoding::{from_hex, to_hex};
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{ActId, OrganisationId};
use isnad_protocol::key::{PublicKey, SecretKey};

use crate::fault::Fault;
use crate::governing::told;
use crate::keystore::{Cost, KeyInfo, Keystore, NewKey, Purpose, Secret, Unlocker};
use crate::problem::Problem;

pub(super) fn roots(
    mut keys: Vec<PublicKey>,
    threshold: u64,
    next: &[String],
    next_threshold: u64,
) -> Result<Roots, Problem> {
    let decoded: Option<Vec<[u8; 32]>> = next.iter().map(|hash| from_hex(hash)).collect();
    let mut next = decoded.ok_or_else(|| told("no_commitment", &[]))?;
    keys.sort_unstable();
    keys.dedup();
    next.sort_unstable();
    next.dedup();
    Ok(Roots { keys, next, next_threshold, threshold })
}

/// The roots in force after an act of an organisation.
#[must_use]
pub fn in_force<'a>(governance: &'a Governance, organisation: &OrganisationId, tip: &ActId) -> Option<&'a Roots> {
    let mut at = governance.act(tip).filter(|act| act.organisation() == Some(*organisation));
    while let Some(act) = at {
        if let Some(roots) = act.as_organisation().and_then(|body| body.roots.as_ref()) {
            return Some(roots);
        }
        at = act.previous().and_then(|previous| governance.act(&previous));
    }
    None
}

/// The roots in force where an organisation's chain stands.
#[must_use]
pub fn standing<'a>(governance: &'a Governance, organisation: &OrganisationId) -> Option<&'a Roots> {
    let tip = super::standing(governance, &ActId::new(*organisation.as_bytes())).map(Act::id)?;
    in_force(governance, organisation, &tip)
}

/// The keys of a folder that were committed to, whatever they are called there.
///
/// # Errors
/// [`Fault`] if the folder cannot be read.
pub fn committed(store: &Keystore, roots: &Roots) -> Result<Vec<KeyInfo>, Fault> {
    let is_one = |info: &KeyInfo| {
        matches!(info.purpose, Purpose::NextRoot | Purpose::Root)
            && roots.next.contains(&next_key_hash(&PublicKey::new(info.public)))
    };
    let mut infos: Vec<KeyInfo> = store.list()?.into_iter().filter(is_one).collect();
    infos.sort_by_key(|info| (info.public, info.purpose));
    infos.dedup_by_key(|info| info.public);
    Ok(infos)
}

/// Makes keys for the rotation after the next, and returns the commitments to them, hexadecimal.
///
/// # Errors
/// [`Fault`] if they cannot be stored.
pub fn make_next(
    store: &Keystore,
    count: usize,
    label: &str,
    unlocker: &mut Unlocker,
    cost: Cost,
) -> Result<Vec<(KeyInfo, String)>, Fault> {
    let mut made = Vec::with_capacity(count);
    for _ in 0..count {
        let seed = Secret::draw()?;
        let key = SecretKey::from_seed(seed.as_bytes()).public();
        let new = NewKey { purpose: Purpose::NextRoot, label, public: *key.as_bytes(), seed: &seed };
        let info = store.add(&new, unlocker, cost)?;
        made.push((info, to_hex(&next_key_hash(&key))));
    }
    Ok(made)
}

/// Names the files of keys that are roots now as what they are. The old name goes once the new one is on disk.
///
/// # Errors
/// [`Fault`] if the folder cannot be written; the key is there then under one name or under both.
pub fn promote(store: &Keystore, keys: &[KeyInfo], unlocker: &mut Unlocker, cost: Cost) -> Result<(), Fault> {
    for info in keys.iter().filter(|info| info.purpose == Purpose::NextRoot) {
        let seed = store.unlock(info, unlocker)?;
        let new = NewKey { purpose: Purpose::Root, label: &info.label, public: info.public, seed: &seed };
        match store.add(&new, unlocker, cost) {
            Ok(_) | Err(Fault::KeyExists { .. }) => {}
            Err(fault) => return Err(fault),
        }
        std::fs::remove_file(&info.path).map_err(Fault::io("remove", &info.path))?;
    }
    Ok(())
}
