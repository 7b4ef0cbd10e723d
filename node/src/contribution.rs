//! What a local user contributes, and the keys that sign it.

use std::sync::Arc;

use isnad_protocol::act::Role;
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{EntryId, OpenSpace, OrganisationId, RecordId, SpaceId};
use isnad_protocol::key::{PublicKey, SecretKey};
use isnad_protocol::limits;
use isnad_protocol::log::LogKey;
use isnad_protocol::sheet::write;

use crate::driver::Refused;

/// One entry to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// The space to write in.
    pub space: SpaceId,
    /// The record it is about.
    pub record: RecordId,
    /// What it says.
    pub content: Content,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Claims, retractions or edits, as the bytes of a payload.
    Operations(Vec<u8>),
    /// The beginning of a narrative: its key follows from the position that the entry takes.
    NewNarrative(String),
}

impl Content {
    /// Bytes of its payload, or a bound on them.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Operations(bytes) => bytes.len(),
            // The longest payload there is: a longer text is refused.
            Self::NewNarrative(_) => usize::try_from(limits::PAYLOAD_BYTES).unwrap_or(usize::MAX),
        }
    }

    /// The payload, for the position that the entry takes.
    ///
    /// # Errors
    /// [`write::WriteError`] for a text that is empty or fits no payload.
    pub(crate) fn payload(self, log: LogKey, seq: u64) -> Result<Vec<u8>, write::WriteError> {
        match self {
            Self::Operations(bytes) => Ok(bytes),
            Self::NewNarrative(text) => {
                write::narrative_begin(log.author, log.space, seq, &text).map(|(_, payload)| payload)
            }
        }
    }
}

/// What became of a contribution: acknowledged, so flushed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Receipt {
    /// The entries made, in order.
    pub entries: Vec<EntryId>,
}

/// An unlocked contributor key and what it was granted for.
#[derive(Debug)]
pub struct Signer {
    /// The key.
    pub key: Arc<SecretKey>,
    /// Its organisation.
    pub organisation: OrganisationId,
    /// Its role.
    pub role: Role,
}

/// The keys that sign entries, and those that are not there.
#[derive(Debug, Default)]
pub struct Signers {
    /// Those that are unlocked.
    pub unlocked: Vec<Signer>,
    /// Those that are granted and locked: their files came to a running node by hand, or under another passphrase.
    pub locked: Vec<(Role, PublicKey)>,
    /// The role and the file of each key that this home's first act grants, and whose file is gone.
    pub missing: Vec<(Role, String)>,
}

impl Signers {
    /// The key that attests for this home: one alone, the same at every start.
    pub(crate) fn attesting(&self) -> Option<&Signer> {
        let granted = self.unlocked.iter().filter(|signer| signer.role == Role::Node);
        granted.min_by_key(|signer| signer.key.public())
    }

    /// The key that may sign changes in a space: a contributor's in `members`, a publisher's in `public`.
    pub(crate) fn choose(&self, governance: &Governance, space: SpaceId) -> Result<&Signer, Refused> {
        let is_public = space == OpenSpace::Public.id(&governance.consortium());
        let wanted = if is_public { Role::Publisher } else { Role::Contributor };
        let name = if is_public { "publisher" } else { "contributor" };
        if let Some(signer) = self.unlocked.iter().find(|signer| signer.role == wanted) {
            return Ok(signer);
        }
        if let Some((_, key)) = self.locked.iter().find(|(role, _)| *role == wanted) {
            return Err(Refused::KeyLocked { key: *key });
        }
        // No other key signs in the place of one that is lost: its owner would not hear of it.
        if let Some((_, file)) = self.missing.iter().find(|(role, _)| *role == wanted) {
            return Err(Refused::NoKey { role: name, missing: Some(file.clone()) });
        }
        let other = self.unlocked.iter().find(|signer| !is_public && signer.role == Role::Publisher);
        other.ok_or(Refused::NoKey { role: name, missing: None })
    }
}
