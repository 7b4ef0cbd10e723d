//! What the network says, and who may be connected: members' nodes, as of the acts in effect.

use isnad_protocol::breakage::{self, Breakage};
use isnad_protocol::id::NodeId;
use isnad_protocol::replica::Input;

use super::strangers::{Room, room_for};
use super::{Driver, TOLD};
use crate::clock;
use crate::network::{self, Event};

/// How the notice begins that a stranger knocked.
pub const STRANGER: &str = "unknown node ";

impl Driver {
    pub(super) fn network_event(&mut self, event: Event) {
        match event {
            Event::Connected { peer, address, outbound } => {
                tracing::info!(%peer, %address, outbound, "connected");
                let is_here = |known: &str| known.starts_with(&address) || address.starts_with(known);
                if self.seen().unreached.keys().any(|known| is_here(known)) {
                    self.tell(|snapshot| snapshot.unreached.retain(|known, _| !is_here(known)));
                }
                if self.seen().strangers.contains_key(&peer) {
                    self.tell(|snapshot| drop(snapshot.strangers.remove(&peer)));
                }
                let nonce = outbound.then(clock::random).transpose();
                match nonce {
                    Ok(opens_with) => self.handle(Input::Connected { peer, opens_with }),
                    Err(fault) => self.note(fault.to_string()),
                }
            }
            Event::Frame { peer, bytes } => self.handle(Input::Received { peer, frame: bytes }),
            Event::Disconnected { peer, reason } => {
                tracing::info!(%peer, %reason, "disconnected");
                self.handle(Input::Disconnected { peer });
            }
            Event::Candidate { node, address } => {
                tracing::info!(%node, %address, "a candidate waits to be admitted");
                // Whoever waits for news of the door hears of it.
                self.tell(|snapshot| drop(snapshot.strangers.remove(&node)));
            }
            Event::Stranger { node, .. } if self.parts.door.is_applicants(&node) => {
                tracing::debug!(%node, "a candidate asks whether it was admitted");
            }
            Event::Stranger { node, .. } if self.network_members.contains_key(&node) => {
                tracing::debug!(%node, "it knocked before it was a member's");
            }
            Event::Stranger { node, address } => {
                // One who knocks again and again is told of once: he must not push out the other notices.
                let strangers = self.seen().strangers.clone();
                let room = room_for(&strangers, &address, TOLD);
                if !strangers.contains_key(&node) && room != Room::None {
                    self.note(format!("{STRANGER}{node} wants to connect from {address}"));
                    self.tell(|snapshot| {
                        if let Room::Of(other) = room {
                            snapshot.strangers.remove(&other);
                        }
                        snapshot.strangers.insert(node, address);
                    });
                }
            }
            Event::Listening { address } => self.tell(|snapshot| snapshot.listening.push(address)),
            Event::DialFailed { address, reason, .. } => {
                tracing::info!(%address, %reason, "could not connect");
                let reason = network::plain(&reason);
                let unreached = self.seen().unreached.clone();
                if unreached.len() < TOLD && unreached.get(&address) != Some(&reason) {
                    self.tell(|snapshot| drop(snapshot.unreached.insert(address, reason)));
                }
            }
        }
    }

    /// Ends what is open to nodes that are no member's any more, in the same step as the act that says so takes effect, and
    /// lets in those that have become one. Nothing of what is queued goes to or comes from the others.
    pub(super) fn review_members(&mut self) {
        if self.parts.replica.edition() == self.edition || breakage::is_out(Breakage::ExMember) {
            return;
        }
        let members = self.parts.candidacy.nodes(self.parts.replica.governance());
        if members == self.network_members {
            return;
        }
        let left: Vec<NodeId> =
            self.network_members.keys().filter(|node| !members.contains_key(node)).copied().collect();
        if let Some(network) = &self.parts.network {
            network.set_members(members.clone());
        }
        self.network_members = members;
        for peer in self.parts.replica.status().peers.into_keys().filter(|peer| left.contains(peer)) {
            self.note(format!("peer {peer} was dropped: no member's node any more"));
            self.handle(Input::Disconnected { peer });
        }
        if self.network_members.keys().any(|node| self.seen().strangers.contains_key(node)) {
            let members = self.network_members.clone();
            self.tell(|snapshot| snapshot.strangers.retain(|node, _| !members.contains_key(node)));
        }
    }
}
