//! What a local user contributes, and the keys that sign it.

use std::sync::Arc;

use isnad_protocol::act::Role;
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{ActId, EntryId, NarrativeId, OpenSpace, OrganisationId, RecordId, SpaceId};
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
    /// The narratives that they begin, in order.
    pub narratives: Vec<NarrativeId>,
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

/// Why what a key signs now would count nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoWord {
    /// No charter in effect has ever named its organisation.
    #[error("this home's organisation is not admitted yet")]
    Candidate,
    /// The charter took its organisation out.
    #[error("this home's organisation was taken out by act {}", by.to_short())]
    TakenOut {
        /// The version that did.
        by: ActId,
        /// True if it is to come back.
        is_suspended: bool,
    },
    /// Its organisation revoked it.
    #[error("this home's key {} was revoked by act {}", key.to_short(), by.to_short())]
    Revoked {
        /// The key.
        key: PublicKey,
        /// The act.
        by: ActId,
    },
}

impl NoWord {
    /// What stands against a key; none where it has its word, or where only the door can tell.
    fn of(governance: &Governance, organisation: &OrganisationId, key: &PublicKey) -> Option<Self> {
        if governance.key_role(key, organisation).is_some() {
            return None;
        }
        if governance.organisations().iter().any(|member| member.id == *organisation) {
            let revoked = governance.key(organisation, key).and_then(|info| info.revoked_by.first().copied());
            return revoked.map(|by| Self::Revoked { key: *key, by });
        }
        let out = governance.taken_out(organisation);
        Some(out.map_or(Self::Candidate, |out| Self::TakenOut { by: out.by, is_suspended: out.is_suspended }))
    }
}

/// A key of this home that its organisation granted and that signs nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silenced {
    /// The key.
    pub key: PublicKey,
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
    /// Those whose word does not count any more.
    pub silenced: Vec<Silenced>,
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
        let against = |signer: &Signer| NoWord::of(governance, &signer.organisation, &signer.key.public());
        let of_role = self.unlocked.iter().filter(|signer| signer.role == wanted);
        let mut silent = None;
        for signer in of_role {
            match against(signer) {
                None => return Ok(signer),
                // A key that was revoked since the node began, and perhaps another of its role that was not.
                Some(why) => silent = silent.or(Some(why)),
            }
        }
        // One that is granted in the place of one that was revoked has only to be unlocked.
        if let Some((_, key)) = self.locked.iter().find(|(role, _)| *role == wanted) {
            return Err(Refused::KeyLocked { key: *key });
        }
        let silenced = self.silenced.iter().filter(|known| known.role == wanted);
        let silent = silent
            .or_else(|| silenced.filter_map(|known| NoWord::of(governance, &known.organisation, &known.key)).next());
        if let Some(why) = silent {
            return Err(Refused::NoWord(why));
        }
        // No other key signs in the place of one that is lost: its owner would not hear of it.
        if let Some((_, file)) = self.missing.iter().find(|(role, _)| *role == wanted) {
            return Err(Refused::NoKey { role: name, missing: Some(file.clone()) });
        }
        let other = self.unlocked.iter().find(|signer| !is_public && signer.role == Role::Publisher);
        other.ok_or(Refused::NoKey { role: name, missing: None })
    }
}
