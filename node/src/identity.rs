//! An organisation's first home: its keys, and the first act that grants them.

use std::path::{Path, PathBuf};

use isnad_protocol::act::{
    Act, DecodeError, Grant, GrantSubject, Name, OrganisationKind, Role, Roots, founding, next_key_hash,
};
use isnad_protocol::governance::Governance;
use isnad_protocol::id::OrganisationId;
use isnad_protocol::key::{PublicKey, SecretKey};

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
    /// The folder of keys holds no root key.
    #[error("no root key is in {}", dir.display())]
    NoRoot {
        /// Which folder.
        dir: PathBuf,
    },
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
    // First with keys that nobody keeps: an act that cannot be made must not leave a home behind.
    first_act(new.clone(), |_| Ok(SecretKey::from_seed(Secret::draw()?.as_bytes())))?;
    let home = unfinished(path).map_or_else(|| Home::create(path), Ok)?;
    let keys = Keystore::create(&home.keys())?;
    let made = keys.list()?;
    let label = new.label;
    let act = first_act(new, |purpose| {
        // No act names a key of an unfinished home yet: it is as good as a new one, and nothing is thrown away.
        if let Some(info) = made.iter().find(|info| info.purpose == purpose) {
            return Ok(SecretKey::from_seed(keys.unlock(info, unlocker)?.as_bytes()));
        }
        let seed = Secret::draw()?;
        let key = SecretKey::from_seed(seed.as_bytes());
        let public = *key.public().as_bytes();
        keys.add(&NewKey { purpose, label, public, seed: &seed }, unlocker, cost)?;
        Ok(key)
    })?;
    files::replace(&own_act_path(&home), &act.encode())?;
    Ok((home, act))
}

fn first_act(
    new: NewIdentity<'_>,
    mut make: impl FnMut(Purpose) -> Result<SecretKey, Fault>,
) -> Result<Act, IdentityError> {
    let (root, next) = (make(Purpose::Root)?, make(Purpose::NextRoot)?);
    let granted = [
        (Role::Reader, make(Purpose::Peer)?),
        (Role::Contributor, make(Purpose::Contributor)?),
        (Role::Publisher, make(Purpose::Publisher)?),
        (Role::Node, make(Purpose::Node)?),
    ];
    let roots =
        Roots { keys: vec![root.public()], next: vec![next_key_hash(&next.public())], next_threshold: 1, threshold: 1 };
    let subject = GrantSubject::of_roots(&roots.keys);
    let grants = granted.iter().map(|(role, key)| Grant::of(key, &subject, *role, new.label)).collect();
    let act = founding::organisation(new.kind, new.names, roots, grants, false)?;
    let signature = act.sign(OrganisationId::ZERO, &root);
    Ok(act.with_signature(signature))
}

/// The home there, if its making ended before its organisation's first act was written: nobody has heard of its keys.
fn unfinished(path: &Path) -> Option<Home> {
    let home = Home::open(path).ok()?;
    let is_empty = std::fs::read_dir(home.acts()).is_ok_and(|mut acts| acts.next().is_none());
    (is_empty && !own_act_path(&home).exists()).then_some(home)
}

/// Makes a home that of a device of an organisation: one whose key an act of it grants. Returns the first act of that
/// organisation; `None` if no act grants a key of this home.
///
/// # Errors
/// [`IdentityError`] if the keys cannot be listed, or the act cannot be written.
pub fn adopt(home: &Home, governance: &Governance) -> Result<Option<Act>, IdentityError> {
    let keys: Vec<PublicKey> =
        Keystore::open(&home.keys())?.list()?.iter().map(|info| PublicKey::new(info.public)).collect();
    let mut firsts = governance.acts().filter(|act| act.is_first_of_organisation());
    let is_its = |act: &&Act| {
        let organisation = act.organisation();
        organisation.is_some_and(|id| keys.iter().any(|key| governance.key(&id, key).is_some_and(|key| key.is_live())))
    };
    let Some(first) = firsts.find(is_its) else { return Ok(None) };
    files::replace(&own_act_path(home), &first.encode())?;
    Ok(Some(first.clone()))
}

/// True for a home that holds keys of a device and no organisation: they were made to be granted by one that is elsewhere.
///
/// # Errors
/// [`Fault`] if the keys cannot be listed.
pub fn is_device(home: &Home) -> Result<bool, Fault> {
    if own_act_path(home).exists() || !home.keys().exists() {
        return Ok(false);
    }
    let made = Keystore::open(&home.keys())?.list()?;
    // The making of an organisation begins with its root key.
    Ok(!made.is_empty() && made.iter().all(|info| info.purpose != Purpose::Root))
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
pub fn sign(home: &Home, act: Act, unlocker: &mut Unlocker) -> Result<Act, IdentityError> {
    sign_with(&home.keys(), home, act, unlocker)
}

/// The same with the root keys of another folder.
///
/// # Errors
/// [`IdentityError`], as of [`sign`]; without a root key nothing is signed.
pub fn sign_with(folder: &Path, home: &Home, mut act: Act, unlocker: &mut Unlocker) -> Result<Act, IdentityError> {
    let organisation = OrganisationId::new(*own_act(home)?.id().as_bytes());
    let keys = Keystore::open(folder)?;
    let infos = keys.list()?;
    let mut roots = infos.iter().filter(|info| info.purpose == Purpose::Root).peekable();
    if roots.peek().is_none() {
        return Err(IdentityError::NoRoot { dir: folder.to_owned() });
    }
    for info in roots {
        let signature = act.sign(organisation, &SecretKey::from_seed(keys.unlock(info, unlocker)?.as_bytes()));
        act = act.with_signature(signature);
    }
    Ok(act)
}

fn own_act_path(home: &Home) -> PathBuf {
    home.path().join("organisation.act")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keystore::Passphrase;
    use zeroize::Zeroizing;

    const LIGHT: Cost = Cost { m_kib: 8, t: 1, p: 1 };

    fn unlocker() -> Unlocker {
        Unlocker::new(Passphrase::new(Zeroizing::new("correct horse battery staple".to_owned())).unwrap())
    }

    fn new() -> NewIdentity<'static> {
        let names = vec![Name { lang: "en".into(), text: "Example".into() }];
        NewIdentity { kind: OrganisationKind::Ngo, names, label: "test" }
    }

    #[test]
    fn a_home_that_was_half_made_is_made_whole_with_the_keys_that_it_has() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("home");
        let (home, act) = create(&path, new(), &mut unlocker(), LIGHT).unwrap();
        std::fs::remove_file(own_act_path(&home)).unwrap();
        let keys = Keystore::open(&home.keys()).unwrap().list().unwrap();
        let publisher = keys.iter().find(|info| info.purpose == Purpose::Publisher).unwrap();
        std::fs::remove_file(&publisher.path).unwrap();
        let (home, again) = create(&path, new(), &mut unlocker(), LIGHT).unwrap();
        let roots = |act: &Act| act.as_organisation().unwrap().roots.clone();
        assert_eq!(roots(&again), roots(&act));
        assert_ne!(again.id(), act.id());
        assert_eq!(own_act(&home).unwrap(), again);
        assert!(matches!(create(&path, new(), &mut unlocker(), LIGHT), Err(IdentityError::Fault(_))));
    }
}
