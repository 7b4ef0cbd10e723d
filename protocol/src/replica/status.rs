//! Where a replica stands, for `isnad status`.

use std::collections::BTreeMap;

use super::Replica;
use crate::id::NodeId;

/// Where a replica stands.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Status {
    /// Entries held.
    pub entries: u64,
    /// Entries whose own signature was not checked yet.
    pub unchecked: u64,
    /// Positions whose payload is missing.
    pub wanted: u64,
    /// Each connected peer.
    pub peers: BTreeMap<NodeId, PeerStatus>,
}

/// Where a peer stands, by its own word.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PeerStatus {
    /// True once both know what the other holds.
    pub is_live: bool,
    /// Entries that it holds and this replica lacks.
    pub behind: u64,
    /// Entries due to it and not yet sent.
    pub due: u64,
}

impl Replica {
    /// Says where this replica stands.
    #[must_use]
    pub fn status(&self) -> Status {
        let logs = &self.durable.logs;
        let sum = |counts: &mut dyn Iterator<Item = u64>| counts.fold(0_u64, u64::saturating_add);
        let peers = self.sessions.iter().map(|(peer, session)| {
            let behind = session.their_ends().iter().map(|(key, end)| end.seq.saturating_sub(self.end_of(*key).seq));
            let behind = sum(&mut { behind });
            (*peer, PeerStatus { is_live: session.is_live(), behind, due: session.due() })
        });
        Status {
            entries: sum(&mut logs.values().map(|log| log.end.seq)),
            unchecked: sum(&mut logs.values().map(|log| log.end.seq.saturating_sub(log.checked.seq))),
            wanted: u64::try_from(self.durable.wanted.len()).unwrap_or(u64::MAX),
            peers: peers.collect(),
        }
    }
}
