//! What other threads see of the loop, and how they talk to it.

use std::collections::BTreeMap;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use isnad_protocol::governance::Governance;
use isnad_protocol::id::{NodeId, OrganisationId};
use isnad_protocol::log::LogKey;
use isnad_protocol::replica::Status;
use tokio::sync::watch;

use super::Command;
use crate::contribution::Signers;
use crate::signing::Blocked;

/// What other threads see of the replica, as of its last flush.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The rules in force.
    pub governance: Arc<Governance>,
    /// What stands for all by which entries are judged: worked out once for these rules, by whoever asks first.
    pub rules: Arc<OnceLock<[u8; 32]>>,
    /// Where the replica and its peers stand.
    pub status: Status,
    /// Log ends as they stand on disk.
    pub logs: Arc<BTreeMap<LogKey, isnad_protocol::log::Log>>,
    /// The member whose home this is.
    pub own: Option<OrganisationId>,
    /// The keys that sign entries now.
    pub signers: Arc<Signers>,
    /// Whether this node signs, and if not why.
    pub signing: Option<Blocked>,
    /// What a person should know, newest last, at most a hundred.
    pub notices: Vec<String>,
    /// Nodes that knocked and are no member's.
    pub strangers: BTreeMap<NodeId, String>,
    /// Addresses that this node listens on.
    pub listening: Vec<String>,
    /// Counts up whenever anything else here has changed.
    pub change: u64,
    /// Addresses that could not be reached, and why; they are tried again.
    pub unreached: BTreeMap<String, String>,
}

/// Talks to the loop from any thread.
#[derive(Debug, Clone)]
pub struct Handle {
    pub(super) commands: SyncSender<Command>,
    pub(super) snapshot: Arc<Mutex<Snapshot>>,
    pub(super) changed: Arc<Condvar>,
    pub(super) changes: watch::Receiver<u64>,
}

impl Handle {
    /// Follows [`Snapshot::change`]; ends with the loop.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }

    /// Waits until the replica is as `is_so` says.
    pub fn wait_until(&self, mut is_so: impl FnMut(&Snapshot) -> bool) -> Snapshot {
        let mut snapshot = self.snapshot.lock().unwrap_or_else(PoisonError::into_inner);
        while !is_so(&snapshot) {
            snapshot = self.changed.wait(snapshot).unwrap_or_else(PoisonError::into_inner);
        }
        snapshot.clone()
    }

    /// Hands the loop a command; `false` once it has stopped.
    pub fn send(&self, command: Command) -> bool {
        self.commands.send(command).is_ok()
    }

    /// The replica as of its last flush.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.seen().clone()
    }

    /// The same without a copy, for one who reads a thing or two and lets go: the loop waits meanwhile.
    pub(crate) fn seen(&self) -> MutexGuard<'_, Snapshot> {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
