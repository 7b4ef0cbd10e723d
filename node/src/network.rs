//! Connections between members' nodes: libp2p over QUIC and TCP, one long-lived stream for each peer. DESIGN §9.
//!
//! This module and its folder alone name libp2p. It carries frames and knows nothing of what they say. A node that no
//! member granted is refused before any protocol opens: no behaviour but the gate has seen it.

use std::collections::BTreeMap;
use std::sync::Arc;

use isnad_protocol::id::{NodeId, OrganisationId};
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId, identity};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use crate::door::Door;

mod behaviour;
mod codec;
mod dialling;
mod guests;
mod joining;
mod origin;
mod plain;
mod swarm;

pub use joining::{CallError, call};
pub(crate) use origin::Origin;
pub(crate) use plain::plain;

/// Events that wait for the consumer: beyond it streams are not read, and their senders wait.
const EVENTS: usize = 16;

/// The nodes that may connect, each with the member whose it is: `None` for one that is let in on another ground.
pub type Members = BTreeMap<NodeId, Option<OrganisationId>>;

/// What a network is started with.
#[derive(Debug)]
pub struct Settings {
    /// The seed of the node key.
    pub seed: Zeroizing<[u8; 32]>,
    /// Addresses to listen on, as multiaddrs.
    pub listen: Vec<String>,
    /// Addresses to stay connected to, as multiaddrs, with or without `/p2p/…`.
    pub peers: Vec<String>,
    /// Nodes that members granted.
    pub members: Members,
}

/// What happens on the network. `Connected` and `Disconnected` bracket the frames of one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// This node listens.
    Listening {
        /// Where, with this node's `/p2p/…`.
        address: String,
    },
    /// A stream to a member's node is open.
    Connected {
        /// The node.
        peer: NodeId,
        /// Its address.
        address: String,
        /// True if this node dialled.
        outbound: bool,
    },
    /// A frame came.
    Frame {
        /// From which node.
        peer: NodeId,
        /// The frame.
        bytes: Vec<u8>,
    },
    /// The stream is gone.
    Disconnected {
        /// To which node.
        peer: NodeId,
        /// Why.
        reason: String,
    },
    /// A node that is no member's was refused.
    Stranger {
        /// The node.
        node: NodeId,
        /// Its address.
        address: String,
    },
    /// A candidate proved an invitation and handed over its first act, which is kept.
    Candidate {
        /// Its node.
        node: NodeId,
        /// Its address.
        address: String,
    },
    /// An address could not be reached; it is tried again.
    DialFailed {
        /// The address.
        address: String,
        /// Why.
        reason: String,
        /// In how many milliseconds it is tried again.
        next_try_ms: u64,
    },
}

/// Why a network did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// An address that is none.
    #[error("{address} is not an address such as /ip4/192.0.2.1/tcp/4747")]
    Address {
        /// What was given.
        address: String,
    },
    /// The system refused an address.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The node key is no key.
    #[error("the node key cannot be used")]
    Key,
}

/// A running network. Dropping it closes every connection.
#[derive(Debug)]
pub struct Network {
    commands: mpsc::UnboundedSender<Command>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
enum Command {
    Send(NodeId, Vec<u8>),
    Disconnect(NodeId, String),
    Members(Members),
    AddPeer(Multiaddr),
    Stop,
}

impl Network {
    /// Listens and dials.
    ///
    /// # Errors
    /// [`NetworkError`] if an address is none or is in use.
    pub async fn start(settings: Settings) -> Result<(Self, mpsc::Receiver<Event>), NetworkError> {
        Self::start_with(settings, None).await
    }

    /// The same with a door for candidates.
    ///
    /// # Errors
    /// [`NetworkError`] if an address is none or is in use.
    pub async fn start_with(
        settings: Settings,
        door: Option<Arc<Door>>,
    ) -> Result<(Self, mpsc::Receiver<Event>), NetworkError> {
        let (commands, inbox) = mpsc::unbounded_channel();
        let (events, outbox) = mpsc::channel(EVENTS);
        let driver = swarm::Driver::new(settings, door, inbox, events).await?;
        let task = tokio::spawn(driver.run());
        Ok((Self { commands, task }, outbox))
    }

    /// Queues a frame. One for a peer that is not connected is dropped; a peer that lets too much queue up is.
    pub fn send(&self, peer: NodeId, frame: Vec<u8>) {
        self.command(Command::Send(peer, frame));
    }

    /// Closes the stream to a peer, which may connect again.
    pub fn disconnect(&self, peer: NodeId, reason: String) {
        self.command(Command::Disconnect(peer, reason));
    }

    /// Replaces the list of members' nodes; connections to others are closed.
    pub fn set_members(&self, members: Members) {
        self.command(Command::Members(members));
    }

    /// Stays connected to one more address.
    ///
    /// # Errors
    /// [`NetworkError::Address`] if it is none.
    pub fn add_peer(&self, address: &str) -> Result<(), NetworkError> {
        self.command(Command::AddPeer(parse_address(address)?));
        Ok(())
    }

    /// Sends what is queued, closes every connection, and ends.
    pub async fn stop(self) {
        self.command(Command::Stop);
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "the network did not stop in order");
        }
    }

    fn command(&self, command: Command) {
        if self.commands.send(command).is_err() {
            tracing::debug!("the network has stopped");
        }
    }
}

/// How multiaddrs name a node: `/p2p/` and this.
#[must_use]
pub fn peer_id_text(node: NodeId) -> Option<String> {
    peer_id(node).map(|peer| peer.to_string())
}

/// True if it has the form of a multiaddr.
pub(crate) fn is_address(address: &str) -> bool {
    address.parse::<Multiaddr>().is_ok_and(|address| !address.is_empty())
}

/// True if a node can listen at an address, or call it: the transports that there are take no names of hosts.
pub(crate) fn is_called(address: &str) -> bool {
    let Ok(address) = address.trim().parse::<Multiaddr>() else { return false };
    let mut parts = address.iter();
    let is_host = matches!(parts.next(), Some(Protocol::Ip4(_) | Protocol::Ip6(_)));
    let is_transport = match parts.next() {
        Some(Protocol::Tcp(_)) => true,
        Some(Protocol::Udp(_)) => matches!(parts.next(), Some(Protocol::QuicV1)),
        _ => false,
    };
    is_host && is_transport
}

fn parse_address(address: &str) -> Result<Multiaddr, NetworkError> {
    address.parse().map_err(|_| NetworkError::Address { address: address.to_owned() })
}

fn peer_id(node: NodeId) -> Option<PeerId> {
    let key = identity::ed25519::PublicKey::try_from_bytes(node.as_bytes()).ok()?;
    Some(identity::PublicKey::from(key).to_peer_id())
}

/// A peer id of an Ed25519 key holds the key itself: an identity multihash of its protobuf. libp2p peer-ids specification.
fn node_id(peer: &PeerId) -> Option<NodeId> {
    let bytes = peer.to_bytes();
    let key = bytes.strip_prefix(&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20])?;
    NodeId::from_slice(key)
}

#[cfg(test)]
mod tests;
