//! An organisation's first home: its keys, and the first act that grants them.

use std::path::{Path, PathBuf};

use isnad_protocol::act::{
    Act, DecodeError, Grant, GrantSubject, Name, OrganisationKind, Role, Roots, founding, next_key_hash,
};
use isnad_protocol::id::OrganisationId;
use isnad_protocol::key::SecretKey;

use crate::fault::Fault;
use crate::files;
use crate::home::Home;
use crate::keystore::{Cost, Keystore, NewKey, Purpose, Secret, Unlocker};

/// Why no first act was made or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The disk or a key.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The act is not one that a peer would take.
    #[error(transparent)]
    Act(#[from] DecodeError),
    /// This home has no first act of its own: it only reads.
    #[error("this home holds no organisation of its own")]
    NoOrganisation,
}

/// What a new organisation says of itself.
#[derive(Debug, Clone)]
pub struct NewIdentity<'a> {
    /// What it is.
    pub kind: OrganisationKind,
    /// Its names.
    pub names: Vec<Name>,
    /// A label for this device's keys.
    pub label: &'a str,
}

/// Makes a home with all the keys that a small organisation begins with, and its first act.
///
/// One root key signs the organisation's acts; the next root key is committed to, for a rotation. Contributor,
/// publisher and attesting keys sign entries; the node key opens connections.
///
/// # Errors
/// [`IdentityError`]; a home that was only half made is made whole by calling this again.
pub fn create(
    path: &Path,
    new: NewIdentity<'_>,
    unlocker: &mut Unlocker,
    cost: Cost,
) -> Result<(Home, Act), IdentityError> {
    let mut drawn = Vec::new();
    let mut draw = |purpose: Purpose| -> Result<SecretKey, Fault> {
        let seed = Secret::draw()?;
        let key = SecretKey::from_seed(seed.as_bytes());
        drawn.push((purpose, *key.public().as_bytes(), seed));
        Ok(key)
    };
    let (root, next) = (draw(Purpose::Root)?, draw(Purpose::NextRoot)?);
    let granted = [
        (Role::Reader, draw(Purpose::Peer)?),
        (Role::Contributor, draw(Purpose::Contributor)?),
        (Role::Publisher, draw(Purpose::Publisher)?),
        (Role::Node, draw(Purpose::Node)?),
    ];
    let roots =
        Roots { keys: vec![root.public()], next: vec![next_key_hash(&next.public())], next_threshold: 1, threshold: 1 };
    let subject = GrantSubject::of_roots(&roots.keys);
    let grants = granted.iter().map(|(role, key)| Grant::of(key, &subject, *role, new.label)).collect();
    // Before anything is made: an act that cannot be made must not leave a home behind.
    let act = founding::organisation(new.kind, new.names, roots, grants, false)?;
    let signature = act.sign(OrganisationId::ZERO, &root);
    let act = act.with_signature(signature);
    let home = Home::create(path)?;
    let keys = Keystore::create(&home.keys())?;
    for (purpose, public, seed) in &drawn {
        keys.add(&NewKey { purpose: *purpose, label: new.label, public: *public, seed }, unlocker, cost)?;
    }
    files::replace(&own_act_path(&home), &act.encode())?;
    Ok((home, act))
}

/// The first act of the organisation whose home this is.
///
/// # Errors
/// [`IdentityError::NoOrganisation`] if there is none.
pub fn own_act(home: &Home) -> Result<Act, IdentityError> {
    let path = own_act_path(home);
    if !path.exists() {
        return Err(IdentityError::NoOrganisation);
    }
    let bytes = std::fs::read(&path).map_err(Fault::io("read", &path))?;
    Ok(Act::decode(&bytes)?)
}

/// Signs an act with the root keys of this home, on behalf of its organisation.
///
/// # Errors
/// [`IdentityError`] if the home holds no organisation, or its root keys cannot be unlocked.
pub fn sign(home: &Home, mut act: Act, unlocker: &mut Unlocker) -> Result<Act, IdentityError> {
    let organisation = OrganisationId::new(*own_act(home)?.id().as_bytes());
    let keys = Keystore::open(&home.keys())?;
    for info in keys.list()?.iter().filter(|info| info.purpose == Purpose::Root) {
        let signature = act.sign(organisation, &SecretKey::from_seed(keys.unlock(info, unlocker)?.as_bytes()));
        act = act.with_signature(signature);
    }
    Ok(act)
}

fn own_act_path(home: &Home) -> PathBuf {
    home.path().join("organisation.act")
}
