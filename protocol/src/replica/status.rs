//! Where a replica stands, for `isnad status`.

use std::collections::BTreeMap;

use super::Replica;
use crate::id::NodeId;
use crate::limits;
use crate::log::{LogEnd, LogKey};

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

/// How much a replica keeps in memory, counted: what a peer can make it remember is bounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    /// Logs held.
    pub logs: usize,
    /// Positions whose payload is missing.
    pub wanted: usize,
    /// Logs that peers were asked for.
    pub asked: usize,
    /// Logs of peers that cannot be taken from them.
    pub diverged: usize,
    /// Effects that were not performed yet.
    pub outputs: usize,
    /// Of each session: logs and acts that the peer holds, logs being sent, payloads that it lacks.
    pub sessions: BTreeMap<NodeId, [usize; 4]>,
}

impl Memory {
    /// Names what is beyond its limit; `None` if nothing is.
    #[must_use]
    pub fn beyond_limits(&self) -> Option<&'static str> {
        let sessions = self.sessions.len();
        let is_within = |counts: &[usize; 4]| counts.iter().all(|count| *count <= limits::PEER_LOGS);
        let bounds = [
            ("wanted", self.wanted <= self.logs.saturating_mul(limits::WANTED)),
            ("asked", self.asked <= sessions.saturating_mul(limits::WISHES)),
            ("diverged", self.diverged <= sessions.saturating_mul(limits::PEER_LOGS)),
            ("outputs", self.outputs == 0),
            ("sessions", self.sessions.values().all(is_within)),
        ];
        bounds.iter().find(|(_, is_within)| !is_within).map(|(name, _)| *name)
    }
}

impl Replica {
    /// Counts what this replica keeps in memory, once its effects are performed.
    #[must_use]
    pub fn memory(&self) -> Memory {
        Memory {
            logs: self.held.logs.len(),
            wanted: self.held.wanted.len(),
            asked: self.asked.len(),
            diverged: self.diverged.len(),
            outputs: self.outputs.len(),
            sessions: self.sessions.iter().map(|(peer, session)| (*peer, session.counts())).collect(),
        }
    }

    /// What a connected peer has said that it holds, of the logs held here; nothing of spaces that it has not told of yet.
    #[must_use]
    pub fn word_of(&self, peer: &NodeId) -> BTreeMap<LogKey, LogEnd> {
        let Some(session) = self.sessions.get(peer) else { return BTreeMap::new() };
        self.durable.logs.keys().filter_map(|log| Some((*log, session.word(*log)?))).collect()
    }

    /// Says where this replica stands.
    #[must_use]
    pub fn status(&self) -> Status {
        let logs = &self.durable.logs;
        let sum = |counts: &mut dyn Iterator<Item = u64>| counts.fold(0_u64, u64::saturating_add);
        let peers = self.sessions.iter().map(|(peer, session)| {
            let behind = session.behind(|log| self.end_of(log).seq);
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
