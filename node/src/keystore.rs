//! Secret keys at rest: one file each, readable by its owner alone, encrypted under a passphrase.
//!
//! A key file is JSON. Its plain half (public key, use, label, costs) can be read without the passphrase and is authenticated with
//! the secret one. The key of the cipher comes from the passphrase by Argon2id (RFC 9106), the cipher is XChaCha20-Poly1305
//! (draft-irtf-cfrg-xchacha-03). Which key may sign what is the protocol's matter, as is every signature.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fs;
use std::path::{Path, PathBuf};

use isnad_protocol::encoding::to_hex;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::{clock, files};

mod file;
mod passphrase;
mod secret;

#[cfg(test)]
mod tests;

pub use passphrase::{Cost, Passphrase, Unlocker};
pub use secret::{Secret, forbid_core_dumps};

use file::{KeyFile, Plain};

/// Bytes of a label: a line that tells a person one key from another.
pub const LABEL_BYTES: usize = 200;

/// What a key is for. One key serves one use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Signs an organisation's acts.
    Root,
    /// The root key that the next rotation brings in; offline until then.
    NextRoot,
    /// Signs changes in `members` and restricted spaces.
    Contributor,
    /// Signs changes in `public` also.
    Publisher,
    /// Signs redactions.
    Admin,
    /// Signs attestations: the organisation's attesting key.
    Node,
    /// Opens connections: the node key of libp2p.
    Peer,
}

impl Purpose {
    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::NextRoot => "next_root",
            Self::Contributor => "contributor",
            Self::Publisher => "publisher",
            Self::Admin => "admin",
            Self::Node => "node",
            Self::Peer => "peer",
        }
    }

    /// The name of the file of a key.
    #[must_use]
    pub fn file_name(self, public: &[u8; 32]) -> String {
        format!("{}-{:.16}.key", self.name(), to_hex(public))
    }
}

/// A key to be stored. That `public` belongs to `seed` is its maker's word.
#[derive(Debug)]
pub struct NewKey<'a> {
    /// What it is for.
    pub purpose: Purpose,
    /// What its owner calls it; at most [`LABEL_BYTES`], on one line, and no person's name.
    pub label: &'a str,
    /// The public half.
    pub public: [u8; 32],
    /// The secret half.
    pub seed: &'a Secret,
}

/// What a key file says without its passphrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// What the key is for.
    pub purpose: Purpose,
    /// The public half.
    pub public: [u8; 32],
    /// What its owner calls it.
    pub label: String,
    /// The file.
    pub path: PathBuf,
}

/// The directory of key files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keystore {
    dir: PathBuf,
}

impl Keystore {
    /// Makes the directory, for its owner alone, and opens it.
    ///
    /// # Errors
    /// As of [`Keystore::open`].
    pub fn create(dir: &Path) -> Result<Self, Fault> {
        files::create_directory(dir)?;
        Self::open(dir)
    }

    /// Opens the directory.
    ///
    /// # Errors
    /// [`Fault::KeyReadable`], [`Fault::KeyOwner`], [`Fault::KeyKind`] if it is not ours alone; [`Fault::Io`].
    pub fn open(dir: &Path) -> Result<Self, Fault> {
        files::check_secret_directory(dir)?;
        Ok(Self { dir: dir.to_owned() })
    }

    /// Stores a key as `USE-KEY.key`, KEY being the first 16 digits of its public half. When this returns it is on disk.
    ///
    /// Keys stored at one cost share a salt, so that one derivation unlocks all of them; each has a nonce of its own.
    ///
    /// # Errors
    /// [`Fault::KeyExists`], [`Fault::KeyLabel`], [`Fault::Cost`], [`Fault::Random`], [`Fault::Io`]; and those of
    /// [`Keystore::list`].
    pub fn add(&self, key: &NewKey<'_>, unlocker: &mut Unlocker, cost: Cost) -> Result<KeyInfo, Fault> {
        if key.label.len() > LABEL_BYTES || key.label.contains(char::is_control) {
            return Err(Fault::KeyLabel);
        }
        let salt = match self.read_all()?.into_iter().find(|(_, file)| file.plain.cost == cost) {
            Some((_, file)) => file.plain.salt,
            None => clock::random()?,
        };
        let plain = Plain { public: key.public, purpose: key.purpose, label: key.label.to_owned(), cost, salt };
        let sealed = KeyFile::seal(plain, key.seed, &*unlocker.key(cost, &salt)?)?;
        let path = self.dir.join(key.purpose.file_name(&key.public));
        files::create_secret(&path, &sealed.encode())?;
        Ok(sealed.plain.into_info(path))
    }

    /// All keys, by purpose and public half. Needs no passphrase.
    ///
    /// # Errors
    /// [`Fault::KeyReadable`], [`Fault::KeyOwner`], [`Fault::KeyKind`], [`Fault::KeyDamaged`], [`Fault::NewerFormat`] for the first
    /// file that is not as it should be; [`Fault::Io`].
    pub fn list(&self) -> Result<Vec<KeyInfo>, Fault> {
        let mut keys: Vec<_> = self.read_all()?.into_iter().map(|(path, file)| file.plain.into_info(path)).collect();
        keys.sort_by_key(|key| (key.purpose, key.public));
        Ok(keys)
    }

    /// Decrypts one key.
    ///
    /// # Errors
    /// [`Fault::WrongPassphrase`]; and those of [`Keystore::list`] for this file.
    pub fn unlock(&self, key: &KeyInfo, unlocker: &mut Unlocker) -> Result<Secret, Fault> {
        files::check_secret_directory(&self.dir)?;
        let file = KeyFile::read(&key.path)?;
        if (file.plain.public, file.plain.purpose) != (key.public, key.purpose) {
            return Err(Fault::KeyDamaged { path: key.path.clone(), reason: "it holds another key than before" });
        }
        let derived = unlocker.key(file.plain.cost, &file.plain.salt)?;
        file.unseal(&derived).ok_or_else(|| Fault::WrongPassphrase { path: key.path.clone() })
    }

    fn read_all(&self) -> Result<Vec<(PathBuf, KeyFile)>, Fault> {
        files::check_secret_directory(&self.dir)?;
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(Fault::io("list", &self.dir))? {
            let path = entry.map_err(Fault::io("list", &self.dir))?.path();
            if path.extension().is_some_and(|extension| extension == "key") {
                let file = KeyFile::read(&path)?;
                found.push((path, file));
            }
        }
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(found)
    }
}
