//! Whether this node signs. DESIGN §8: a restored backup that writes again would fork its own log.

use std::collections::BTreeSet;

use isnad_protocol::entry::Entry;
use isnad_protocol::key::PublicKey;

/// Why this node does not sign at the moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Blocked {
    /// Journal and mark do not agree on what was signed, or on the machine that wrote them.
    #[error("this home may be a copy or a restored backup ({why}): it signs nothing until a node of another organisation has confirmed its log ends")]
    Unconfirmed {
        /// What does not agree.
        why: String,
    },
    /// An entry of one of our keys came from elsewhere.
    #[error("another node writes with this node's key {key}")]
    KeyElsewhere {
        /// The key.
        key: PublicKey,
    },
    /// The disk failed while something was being signed.
    #[error("the disk failed: {why}")]
    Disk {
        /// What failed.
        why: String,
    },
}

/// Whether this node signs, and what is left of its last stop.
#[derive(Debug, Default)]
pub struct Signing {
    blocked: Option<Blocked>,
    /// Keys whose ends are still to be confirmed.
    unconfirmed: BTreeSet<PublicKey>,
    pending: Vec<Entry>,
}

impl Signing {
    /// Signs at once. `pending` are own entries that a crash left between mark and journal.
    #[must_use]
    pub fn open(pending: Vec<Entry>) -> Self {
        Self { blocked: None, unconfirmed: BTreeSet::new(), pending }
    }

    /// Signs once the ends of all these keys have been confirmed.
    #[must_use]
    pub fn unconfirmed(why: String, keys: BTreeSet<PublicKey>) -> Self {
        Self { blocked: Some(Blocked::Unconfirmed { why }), unconfirmed: keys, pending: Vec::new() }
    }

    /// Passes if this node signs.
    ///
    /// # Errors
    /// [`Blocked`] says why it does not.
    pub fn check(&self) -> Result<(), Blocked> {
        self.blocked.clone().map_or(Ok(()), Err)
    }

    /// Why this node does not sign, if it does not.
    #[must_use]
    pub fn blocked(&self) -> Option<Blocked> {
        self.blocked.clone()
    }

    /// Stops signing. An earlier reason stays.
    pub fn block(&mut self, why: Blocked) {
        self.blocked.get_or_insert(why);
    }

    /// Notes that a node of another organisation confirmed the end of a key's log.
    pub fn confirmed(&mut self, key: PublicKey) {
        self.unconfirmed.remove(&key);
        if self.unconfirmed.is_empty() && matches!(self.blocked, Some(Blocked::Unconfirmed { .. })) {
            tracing::info!("the ends of this node's logs are confirmed: it signs again");
            self.blocked = None;
        }
    }

    /// Gives away the entries that are still to be written.
    pub fn take_pending(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.pending)
    }
}
