//! When a node that waits for its log ends to be confirmed compares them again.
//!
//! A peer says what it holds when a session opens. One that was behind then, and has caught up from us since, says so in the
//! next: so while nothing is signed, a session with a peer that lacks nothing is opened anew now and then.

use isnad_protocol::id::NodeId;
use isnad_protocol::replica::{PeerStatus, Status};
use isnad_protocol::time::Timestamp;

use super::Driver;
use crate::signing::Blocked;

/// The first wait, in milliseconds: longer than a peer takes to write and check what it was sent last.
const FIRST_MS: u64 = 10_000;
/// The longest: a node that nobody can confirm does not disturb its peers for that.
const LONGEST_MS: u64 = 600_000;

/// When to compare next.
#[derive(Debug, Default)]
pub(super) struct Confirming {
    wait_ms: u64,
    next: Option<Timestamp>,
    /// Whose session was opened anew last.
    last: Option<NodeId>,
}

impl Confirming {
    /// Nothing is waited for, or no longer.
    pub(super) fn stop(&mut self) {
        *self = Self::default();
    }

    /// The peer whose session is to be opened anew now: one that lacks nothing and may confirm, each in its turn.
    pub(super) fn due(&mut self, now: Timestamp, status: &Status, may: impl Fn(&NodeId) -> bool) -> Option<NodeId> {
        let is_level = |peer: &PeerStatus| peer.is_live && peer.behind == 0 && peer.due == 0;
        let level: Vec<NodeId> =
            status.peers.iter().filter(|(node, peer)| is_level(peer) && may(node)).map(|(node, _)| *node).collect();
        let peer = level.iter().find(|node| self.last.is_none_or(|last| **node > last)).or(level.first()).copied()?;
        let Some(next) = self.next else {
            self.wait(now);
            return None;
        };
        (now >= next).then(|| {
            self.wait(now);
            self.last = Some(peer);
            peer
        })
    }

    /// When it is due next, if that is still to come.
    pub(super) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        self.next.filter(|next| *next > now)
    }

    fn wait(&mut self, now: Timestamp) {
        self.wait_ms = self.wait_ms.saturating_mul(2).clamp(FIRST_MS, LONGEST_MS);
        self.next = Some(now.after_ms(self.wait_ms));
    }
}

impl Driver {
    /// While nothing is signed for want of a confirmation: has a peer say once more what it holds.
    pub(super) fn compare_again(&mut self) {
        if !matches!(self.parts.signing.blocked(), Some(Blocked::Unconfirmed { .. })) {
            self.confirming.stop();
            return;
        }
        let (now, governance) = (self.steady.now(), self.parts.replica.governance());
        let own = self.parts.replica.own_logs();
        let may = |node: &NodeId| {
            let theirs = governance.nodes().get(node).copied();
            theirs.is_some_and(|theirs| own.keys().all(|log| governance.key(&theirs, &log.author).is_none()))
        };
        let due = self.confirming.due(now, &self.parts.replica.status(), may);
        if let (Some(peer), Some(network)) = (due, &self.parts.network) {
            network.disconnect(peer, "to compare the ends of this node's logs once more".into());
        }
        self.wake_at = self.wake_at.into_iter().chain(self.confirming.next(now)).min();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const PEER: NodeId = NodeId::new([7; 32]);

    fn status(behind: u64) -> Status {
        let peer = PeerStatus { is_live: true, behind, due: 0 };
        Status { entries: 3, unchecked: 0, wanted: 0, peers: BTreeMap::from([(PEER, peer)]) }
    }

    #[test]
    fn a_session_is_opened_anew_once_the_peer_has_had_time() {
        let mut confirming = Confirming::default();
        assert_eq!(confirming.due(Timestamp(0), &status(0), |_| true), None);
        assert_eq!(confirming.next(Timestamp(0)), Some(Timestamp(FIRST_MS)));
        assert_eq!(confirming.due(Timestamp(FIRST_MS - 1), &status(0), |_| true), None);
        assert_eq!(confirming.due(Timestamp(FIRST_MS), &status(0), |_| true), Some(PEER));
        assert_eq!(confirming.next(Timestamp(0)), Some(Timestamp(3 * FIRST_MS)), "later each time");
    }

    #[test]
    fn a_peer_that_holds_more_or_is_our_own_is_left_alone() {
        let mut confirming = Confirming::default();
        for _ in 0..2 {
            assert_eq!(confirming.due(Timestamp(FIRST_MS), &status(1), |_| true), None);
            assert_eq!(confirming.due(Timestamp(FIRST_MS), &status(0), |_| false), None);
        }
        assert_eq!(confirming.next(Timestamp(0)), None);
    }
}
