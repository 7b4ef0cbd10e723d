//! The invitations of this node, as they stand on disk: what proves each, until when, whom it was for, and who used it.
//!
//! The file `invitations` of a home is its owner's alone. Of a secret it holds only what the two sides prove with, never the
//! code: whoever reads it can do no more than its owner, who has the charter anyway.

use isnad_protocol::id::{NodeId, OrganisationId};
use isnad_protocol::joining::{Answer, InvitationKey};
use isnad_protocol::limits;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::files;
use crate::home::Home;

/// Bytes of the file: so many invitations with a name each.
const FILE_BYTES: usize = 256 << 10;
/// How long one is kept after it has expired: whoever comes too late is told so, and not that it never was.
const KEPT_MS: u64 = 7 * 24 * 3_600_000;

/// One invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    #[serde(with = "key_as_hex")]
    pub(crate) key: InvitationKey,
    /// Whom it is for, in the words of whoever made it.
    #[serde(default)]
    pub(crate) label: String,
    pub(crate) made_ms: u64,
    pub(crate) until_ms: u64,
    #[serde(default)]
    pub(crate) used: Option<Used>,
}

/// Who used an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// The node that proved it. It may come again until the invitation expires: its connection may have broken.
    pub node: NodeId,
    /// The organisation whose first act it handed over.
    pub organisation: OrganisationId,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Invitations(Vec<Kept>);

impl Invitations {
    /// Reads those of a home.
    pub(crate) fn load(home: &Home) -> Result<Self, Fault> {
        let path = home.invitations();
        if !path.exists() {
            return Ok(Self::default());
        }
        let bytes = files::read_secret(&path, FILE_BYTES)?;
        match serde_json::from_slice(&bytes) {
            Ok(kept) => Ok(Self(kept)),
            Err(error) => {
                // Whoever was invited is invited anew: nothing else hangs on it.
                tracing::warn!(%error, "the file of invitations is not understood: there are none");
                Ok(Self::default())
            }
        }
    }

    fn save(&self, home: &Home) -> Result<(), Fault> {
        let json = serde_json::to_vec(&self.0).map_err(|error| Fault::Index { reason: error.to_string() })?;
        files::replace(&home.invitations(), &Zeroizing::new(json))
    }

    /// Adds one; `false` if too many are open.
    pub(crate) fn add(&mut self, home: &Home, new: Kept, now_ms: u64) -> Result<bool, Fault> {
        self.0.retain(|kept| now_ms < kept.until_ms.saturating_add(KEPT_MS));
        if self.0.len() >= limits::INVITATIONS {
            // Those that nobody can use any more make room.
            self.0.retain(|kept| kept.is_open(now_ms));
        }
        if self.0.len() >= limits::INVITATIONS {
            return Ok(false);
        }
        self.0.push(new);
        self.save(home).map(|()| true)
    }

    /// Takes one away; `false` if there is none of that name.
    pub(crate) fn withdraw(&mut self, home: &Home, name: &str) -> Result<bool, Fault> {
        let before = self.0.len();
        self.0.retain(|kept| kept.key.name() != name);
        if self.0.len() == before {
            return Ok(false);
        }
        self.save(home).map(|()| true)
    }

    pub(crate) fn list(&self) -> &[Kept] {
        &self.0
    }

    pub(crate) fn keys(&self) -> Vec<InvitationKey> {
        self.0.iter().map(|kept| kept.key).collect()
    }

    /// True if one is open, or was used by this very node and has not expired.
    pub(crate) fn is_open_to(&self, node: &NodeId, now_ms: u64) -> bool {
        self.0.iter().any(|kept| kept.answer(node, now_ms).is_ok())
    }

    /// Closes those that an organisation used, for it has what it came for.
    pub(crate) fn retire(&mut self, home: &Home, organisation: &OrganisationId, now_ms: u64) -> Result<(), Fault> {
        let is_its = |kept: &&mut Kept| kept.used.as_ref().is_some_and(|used| used.organisation == *organisation);
        for kept in self.0.iter_mut().filter(is_its) {
            kept.until_ms = kept.until_ms.min(now_ms);
        }
        self.save(home)
    }

    /// Marks one as used: on disk when this returns.
    pub(crate) fn use_up(&mut self, home: &Home, key: &InvitationKey, used: Used) -> Result<(), Fault> {
        if let Some(kept) = self.0.iter_mut().find(|kept| kept.key == *key) {
            kept.used = Some(used);
        }
        self.save(home)
    }
}

impl Kept {
    /// True while somebody may still use it.
    pub(crate) const fn is_open(&self, now_ms: u64) -> bool {
        self.used.is_none() && now_ms < self.until_ms
    }

    /// Whether a node that proved it may go on.
    pub(crate) fn answer(&self, node: &NodeId, now_ms: u64) -> Result<(), Answer> {
        match &self.used {
            Some(used) if used.node != *node => Err(Answer::Used),
            _ if now_ms >= self.until_ms => Err(Answer::Expired),
            _ => Ok(()),
        }
    }
}

mod key_as_hex {
    use isnad_protocol::encoding::{from_hex, to_hex};
    use isnad_protocol::joining::InvitationKey;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(key: &InvitationKey, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&to_hex(key.as_bytes()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<InvitationKey, D::Error> {
        let text = String::deserialize(from)?;
        let bytes = from_hex(&text).ok_or_else(|| serde::de::Error::custom("no key"))?;
        Ok(InvitationKey::new(bytes))
    }
}
