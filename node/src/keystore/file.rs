//! One key file: its JSON, its checksum, and the seal around its secret. format §12.

use std::path::{Path, PathBuf};

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use isnad_protocol::encoding::json::Json;
use isnad_protocol::encoding::{Tag, from_hex, hash, tag, to_hex};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::passphrase::{Cost, Salt};
use super::{KeyInfo, Purpose, Secret};
use crate::fault::Fault;
use crate::{clock, files};

const FORMAT: &str = "isnad-key";
const VERSION: u32 = 1;
const KDF: &str = "argon2id";
const CIPHER: &str = "xchacha20poly1305";
const CHECKSUM: Tag = tag("ISNAD-KEYSUM-v1");

/// Bytes of a key file: some twenty times what one has.
const FILE_BYTES: usize = 16 << 10;
/// A seed and the tag of Poly1305.
const SEALED_BYTES: usize = 48;

/// What is not secret, and is authenticated with the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plain {
    pub(super) public: [u8; 32],
    pub(super) purpose: Purpose,
    pub(super) label: String,
    pub(super) cost: Cost,
    pub(super) salt: Salt,
}

#[derive(Debug)]
pub(super) struct KeyFile {
    pub(super) plain: Plain,
    nonce: [u8; 24],
    sealed: [u8; SEALED_BYTES],
}

impl Plain {
    pub(super) fn into_info(self, path: PathBuf) -> KeyInfo {
        KeyInfo { purpose: self.purpose, public: self.public, label: self.label, path }
    }

    /// Canonical, so that it has one spelling whatever the file looks like.
    fn canonical(&self) -> Vec<u8> {
        Json::object([
            ("cipher", Json::text(CIPHER)),
            ("format", Json::text(FORMAT)),
            ("kdf", Json::text(KDF)),
            ("label", Json::text(&self.label)),
            ("m_kib", Json::Int(self.cost.m_kib.into())),
            ("p", Json::Int(self.cost.p.into())),
            ("public", Json::text(to_hex(&self.public))),
            ("salt", Json::text(to_hex(&self.salt))),
            ("t", Json::Int(self.cost.t.into())),
            ("use", Json::text(self.purpose.name())),
            ("version", Json::Int(VERSION.into())),
        ])
        .encode()
    }
}

impl KeyFile {
    /// Encrypts a secret under a derived key.
    pub(super) fn seal(plain: Plain, seed: &Secret, key: &[u8; 32]) -> Result<Self, Fault> {
        let nonce = clock::random()?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(SEALED_BYTES));
        bytes.extend_from_slice(seed.as_bytes());
        XChaCha20Poly1305::new(key.into())
            .encrypt_in_place(&XNonce::from(nonce), &plain.canonical(), &mut *bytes)
            .expect("32 bytes are within what the cipher takes");
        let sealed = bytes.as_slice().try_into().expect("a seed and a tag are 48 bytes");
        Ok(Self { plain, nonce, sealed })
    }

    /// Decrypts the secret; `None` under any other key.
    pub(super) fn unseal(&self, key: &[u8; 32]) -> Option<Secret> {
        let mut bytes = Zeroizing::new(self.sealed.to_vec());
        XChaCha20Poly1305::new(key.into())
            .decrypt_in_place(&XNonce::from(self.nonce), &self.plain.canonical(), &mut *bytes)
            .ok()?;
        Secret::take(bytes)
    }

    /// Reads and checks a file.
    pub(super) fn read(path: &Path) -> Result<Self, Fault> {
        let damaged = |reason| Fault::KeyDamaged { path: path.to_owned(), reason };
        let bytes = files::read_secret(path, FILE_BYTES)?;
        let family: Family = serde_json::from_slice(&bytes).map_err(|_| damaged("it is not the JSON of a key file"))?;
        if family.format != FORMAT || family.version == 0 {
            return Err(damaged("it is not a key file of isnad"));
        }
        if family.version > VERSION {
            return Err(Fault::NewerFormat { path: path.to_owned() });
        }
        let file = Self::decode(&bytes).ok_or_else(|| damaged("a field is missing, unknown or not as it should be"))?;
        let (file, checksum) = file;
        if file.checksum() != checksum {
            return Err(damaged("its checksum does not fit its fields"));
        }
        file.plain.cost.check()?;
        Ok(file)
    }

    /// The bytes of the file, for people also.
    pub(super) fn encode(&self) -> Vec<u8> {
        let Cost { m_kib, t, p } = self.plain.cost;
        let written = Written {
            format: FORMAT.to_owned(),
            version: VERSION,
            r#use: self.plain.purpose,
            label: self.plain.label.clone(),
            public: to_hex(&self.plain.public),
            kdf: WrittenKdf { algorithm: KDF.to_owned(), m_kib, t, p, salt: to_hex(&self.plain.salt) },
            cipher: WrittenCipher { algorithm: CIPHER.to_owned(), nonce: to_hex(&self.nonce) },
            ciphertext: to_hex(&self.sealed),
            checksum: to_hex(&self.checksum()),
        };
        let mut bytes = serde_json::to_vec_pretty(&written).expect("texts and numbers are always JSON");
        bytes.push(b'\n');
        bytes
    }

    /// The file, and the checksum that it claims.
    fn decode(bytes: &[u8]) -> Option<(Self, [u8; 32])> {
        let written: Written = serde_json::from_slice(bytes).ok()?;
        if written.kdf.algorithm != KDF || written.cipher.algorithm != CIPHER {
            return None;
        }
        let WrittenKdf { m_kib, t, p, salt, .. } = written.kdf;
        let plain = Plain {
            public: from_hex(&written.public)?,
            purpose: written.r#use,
            label: written.label,
            cost: Cost { m_kib, t, p },
            salt: from_hex(&salt)?,
        };
        let file = Self { plain, nonce: from_hex(&written.cipher.nonce)?, sealed: from_hex(&written.ciphertext)? };
        Some((file, from_hex(&written.checksum)?))
    }

    /// Tells a damaged file from a wrong passphrase; protects against nobody.
    fn checksum(&self) -> [u8; 32] {
        hash(&CHECKSUM, &[&self.plain.canonical(), &self.nonce, &self.sealed])
    }
}

/// What files of all versions have.
#[derive(Deserialize)]
struct Family {
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: String,
    version: u32,
    r#use: Purpose,
    label: String,
    public: String,
    kdf: WrittenKdf,
    cipher: WrittenCipher,
    ciphertext: String,
    checksum: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenKdf {
    algorithm: String,
    m_kib: u32,
    t: u32,
    p: u32,
    salt: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCipher {
    algorithm: String,
    nonce: String,
}
