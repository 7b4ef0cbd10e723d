//! A request to be granted a key: a small file from the machine on which the key was made. format §4.4.
//!
//! It holds nothing secret. The proof binds the key to organisation and role, so that nobody can have it granted for another.

use std::path::Path;

use isnad_protocol::act::{Grant, GrantSubject, Role};
use isnad_protocol::id::OrganisationId;
use isnad_protocol::key::{PublicKey, SecretKey, Signature};
use isnad_protocol::time::Day;
use serde::{Deserialize, Serialize};

use crate::governing::told;
use crate::keystore::{LABEL_BYTES, Purpose};
use crate::problem::{Problem, exit};

const FORMAT: &str = "isnad-grant-request";
const VERSION: u32 = 1;
/// Bytes of a file: far more than a request has.
const FILE_BYTES: u64 = 16_384;

/// Someone holds a key and asks for a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantRequest {
    format: String,
    version: u32,
    /// Which organisation is to grant it.
    pub organisation: OrganisationId,
    /// The key.
    pub key: PublicKey,
    /// The role.
    pub role: Role,
    /// The device it is on; no name of a person.
    pub label: String,
    /// Shown, decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Day>,
    /// Signature of the key over organisation and role.
    pub proof: String,
}

impl GrantRequest {
    /// Asks for a role with a key that is at hand.
    #[must_use]
    pub fn of(secret: &SecretKey, organisation: OrganisationId, role: Role, label: &str) -> Self {
        let grant = Grant::of(secret, &GrantSubject::of_organisation(organisation), role, label);
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            organisation,
            key: grant.key,
            role,
            label: label.to_owned(),
            expires: None,
            proof: grant.proof.to_string(),
        }
    }

    /// The grant that it asks for.
    ///
    /// # Errors
    /// [`Problem`] if its proof does not hold.
    pub fn grant(&self) -> Result<Grant, Problem> {
        let bad = || told("request_proof", &[("key", &self.key.to_short())]);
        let proof = Signature::parse(&self.proof).map_err(|_| bad())?;
        let (expires, label) = (self.expires, self.label.clone());
        if label.len() > LABEL_BYTES || label.contains(char::is_control) {
            return Err(told("request_label", &[("key", &self.key.to_short())]));
        }
        let grant = Grant { expires, key: self.key, label, proof, role: self.role };
        let is_proven = grant.is_proven(&GrantSubject::of_organisation(self.organisation));
        if is_proven { Ok(grant) } else { Err(bad()) }
    }

    /// The bytes of its file.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("ids and texts are always JSON");
        bytes.push(b'\n');
        bytes
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`Problem`] if there is none, or it is no request.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let none = |reason: &str| {
            let values = [("file", &*path.display().to_string()), ("reason", reason)];
            Problem::told(exit::REFUSED, "request_file", "governing.request_file", &values)
        };
        let metadata = std::fs::metadata(path).map_err(|error| Problem::file("read", path, &error))?;
        if metadata.len() > FILE_BYTES {
            return Err(none("it is longer than one"));
        }
        let bytes = std::fs::read(path).map_err(|error| Problem::file("read", path, &error))?;
        let request: Self = serde_json::from_slice(&bytes).map_err(|error| none(&error.to_string()))?;
        if request.format != FORMAT || request.version != VERSION {
            return Err(none("it is of another format"));
        }
        request.grant().map(|_| request)
    }
}

/// What the key of a role is kept for on a device.
#[must_use]
pub const fn purpose(role: Role) -> Purpose {
    match role {
        Role::Reader => Purpose::Peer,
        Role::Contributor => Purpose::Contributor,
        Role::Publisher => Purpose::Publisher,
        Role::Admin => Purpose::Admin,
        Role::Node => Purpose::Node,
    }
}

/// The role that a stored key can be granted; none for roots, which are never granted.
#[must_use]
pub const fn role(purpose: Purpose) -> Option<Role> {
    match purpose {
        Purpose::Peer => Some(Role::Reader),
        Purpose::Contributor => Some(Role::Contributor),
        Purpose::Publisher => Some(Role::Publisher),
        Purpose::Admin => Some(Role::Admin),
        Purpose::Node => Some(Role::Node),
        Purpose::Root | Purpose::NextRoot => None,
    }
}
