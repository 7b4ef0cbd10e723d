//! Passphrases: where they come from, and the keys that are derived from them.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::files;

/// The salt of a derivation.
pub(super) type Salt = [u8; 16];

/// Bytes of a passphrase: a long sentence in any script.
const PASSPHRASE_BYTES: usize = 1_024;

/// What one derivation costs: whoever guesses pays it for each guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost {
    /// Memory in KiB; from 8 for each lane to 1 GiB.
    pub m_kib: u32,
    /// Passes, 1 to 16.
    pub t: u32,
    /// Lanes, 1 to 8.
    pub p: u32,
}

impl Default for Cost {
    /// 64 MiB and 3 passes: the second recommendation of RFC 9106 §4, with one lane since keys are derived on one thread.
    fn default() -> Self {
        Self { m_kib: 64 << 10, t: 3, p: 1 }
    }
}

impl Cost {
    /// Checks the bounds: a hostile file must not be able to ask for all memory, or for ever.
    ///
    /// # Errors
    /// [`Fault::Cost`].
    pub fn check(self) -> Result<(), Fault> {
        let Self { m_kib, t, p } = self;
        let is_within =
            (1..=8).contains(&p) && (1..=16).contains(&t) && (p.saturating_mul(8)..=1 << 20).contains(&m_kib);
        if is_within { Ok(()) } else { Err(Fault::Cost { m_kib, t, p }) }
    }
}

/// A passphrase. Wiped when dropped, never printed.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes what a person entered, as it is.
    ///
    /// # Errors
    /// [`Fault::Passphrase`] if it is empty or above 1,024 bytes.
    pub fn new(text: Zeroizing<String>) -> Result<Self, Fault> {
        match text.len() {
            0 => Err(Fault::Passphrase { reason: "it is empty" }),
            1..=PASSPHRASE_BYTES => Ok(Self(text)),
            _ => Err(TOO_LONG),
        }
    }

    /// Reads a file that its owner alone can read; one line break at its end does not count.
    ///
    /// # Errors
    /// [`Fault::KeyReadable`], [`Fault::KeyOwner`], [`Fault::KeyKind`] if others could read it; [`Fault::Passphrase`] if it cannot
    /// be one; [`Fault::Io`].
    pub fn from_file(path: &Path) -> Result<Self, Fault> {
        let read = files::read_secret(path, PASSPHRASE_BYTES.saturating_add(2));
        read.map_err(|fault| if matches!(fault, Fault::KeyDamaged { .. }) { TOO_LONG } else { fault })
            .and_then(Self::from_bytes)
    }

    /// Reads an open descriptor of this process up to its end; one line break there does not count.
    ///
    /// # Errors
    /// [`Fault::Passphrase`] if it cannot be one; [`Fault::Io`] if the descriptor is not open for reading.
    pub fn from_descriptor(number: u32) -> Result<Self, Fault> {
        let path = Path::new("/dev/fd").join(number.to_string());
        let file = File::open(&path).map_err(Fault::io("open", &path))?;
        let bytes = files::read_bounded(file, PASSPHRASE_BYTES.saturating_add(2)).map_err(Fault::io("read", &path))?;
        bytes.ok_or(TOO_LONG).and_then(Self::from_bytes)
    }

    #[allow(clippy::needless_pass_by_value, reason = "the bytes are to be wiped here")]
    fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Result<Self, Fault> {
        let text = std::str::from_utf8(&bytes).map_err(|_| Fault::Passphrase { reason: "it is not UTF-8" })?;
        let text = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
        Self::new(Zeroizing::new(text.to_owned()))
    }
}

const TOO_LONG: Fault = Fault::Passphrase { reason: "it is above 1,024 bytes" };

impl fmt::Debug for Passphrase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Passphrase(..)")
    }
}

/// A passphrase and the keys derived from it so far: one derivation for each cost and salt.
pub struct Unlocker {
    passphrase: Passphrase,
    derived: BTreeMap<(Cost, Salt), Zeroizing<[u8; 32]>>,
}

impl Unlocker {
    /// Has derived nothing yet.
    #[must_use]
    pub const fn new(passphrase: Passphrase) -> Self {
        Self { passphrase, derived: BTreeMap::new() }
    }

    /// Derives the key of a cost and salt, or remembers it.
    pub(super) fn key(&mut self, cost: Cost, salt: &Salt) -> Result<Zeroizing<[u8; 32]>, Fault> {
        if let Some(key) = self.derived.get(&(cost, *salt)) {
            return Ok(key.clone());
        }
        let key = derive(&self.passphrase, cost, salt)?;
        self.derived.insert((cost, *salt), key.clone());
        Ok(key)
    }

    /// How many keys were derived.
    #[cfg(test)]
    pub(super) fn derivations(&self) -> usize {
        self.derived.len()
    }
}

impl fmt::Debug for Unlocker {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Unlocker(..)")
    }
}

fn derive(passphrase: &Passphrase, cost: Cost, salt: &Salt) -> Result<Zeroizing<[u8; 32]>, Fault> {
    cost.check()?;
    let Cost { m_kib, t, p } = cost;
    // What is left to fail is memory that the machine does not have.
    let fault = |_| Fault::Cost { m_kib, t, p };
    let params = Params::new(m_kib, t, p, Some(32)).map_err(fault)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.0.as_bytes(), salt, &mut *key)
        .map_err(fault)?;
    Ok(key)
}
