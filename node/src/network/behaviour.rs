//! The gate, and the one stream of each connection.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::task::{Context, Poll};

use isnad_protocol::breakage::{self, Breakage};
use isnad_protocol::id::NodeId;
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::ReadyUpgrade;
use libp2p::swarm::handler::{ConnectionEvent, FullyNegotiatedInbound, FullyNegotiatedOutbound};
use libp2p::swarm::{
    CloseConnection, ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm,
    NetworkBehaviour, Stream, StreamProtocol, SubstreamProtocol, THandlerInEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};

use super::guests::Guests;
use super::{Members, node_id};
use crate::door::Door;

/// The one protocol of members.
pub(super) const PROTOCOL: StreamProtocol = StreamProtocol::new("/isnad/sync/1");
/// The one protocol of candidates, while an invitation is open.
pub(super) const JOIN: StreamProtocol = StreamProtocol::new("/isnad/join/1");

/// A connection from or to a node that no member granted.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("no member organisation granted this node")]
pub(super) struct NotAMember;

/// Connections to nodes of one organisation: it has some for its analysts, and a dozen such leave room for all others.
pub(super) const CONNECTIONS_OF_ONE: usize = 64;

/// A connection of an organisation that has as many as one may.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("nodes of this organisation have {CONNECTIONS_OF_ONE} connections here, as many as one may")]
struct TooManyOfOne;

/// Admits members' nodes, and guests while the door is open; opens one stream on each connection: its dialler does.
#[derive(Debug)]
pub(super) struct Sync {
    members: Members,
    /// Members' connections that are open.
    open: BTreeMap<ConnectionId, NodeId>,
    door: Option<Arc<Door>>,
    guests: Guests,
    /// What is opened and listened for where this node does not sync, but joins.
    protocol: StreamProtocol,
    closing: VecDeque<(PeerId, ConnectionId)>,
    streams: VecDeque<Opened>,
}

/// A stream that is open.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) peer: PeerId,
    pub(super) connection: ConnectionId,
    pub(super) stream: Stream,
    pub(super) outbound: bool,
}

impl Sync {
    pub(super) fn new(members: Members) -> Self {
        Self::with_door(members, None, Guests::default())
    }

    /// The same with a door for candidates; who came through it stands in `guests`.
    pub(super) const fn with_door(members: Members, door: Option<Arc<Door>>, guests: Guests) -> Self {
        Self {
            members,
            open: BTreeMap::new(),
            door,
            guests,
            protocol: PROTOCOL,
            closing: VecDeque::new(),
            streams: VecDeque::new(),
        }
    }

    /// Of a candidate, that joins with one node and does nothing else.
    pub(super) fn joining(sponsor: NodeId) -> Self {
        Self { protocol: JOIN, ..Self::new(Members::from([(sponsor, None)])) }
    }

    pub(super) fn set_members(&mut self, members: Members) {
        self.members = members;
    }

    pub(super) fn admits(&self, peer: &PeerId) -> bool {
        let is_member = node_id(peer).is_some_and(|node| self.members.contains_key(&node));
        is_member || breakage::is_out(Breakage::NonMember)
    }

    fn admit(&self, peer: &PeerId) -> Result<(), ConnectionDenied> {
        if self.admits(peer) { Ok(()) } else { Err(ConnectionDenied::new(NotAMember)) }
    }

    /// Lets no organisation, however many nodes it grants, take the places of all others.
    fn has_room_for(&self, peer: &PeerId) -> Result<(), ConnectionDenied> {
        let of = |node: &NodeId| self.members.get(node).copied();
        let own = node_id(peer).and_then(|node| of(&node));
        let taken = self.open.values().filter(|node| of(node) == own).count();
        if taken < CONNECTIONS_OF_ONE { Ok(()) } else { Err(ConnectionDenied::new(TooManyOfOne)) }
    }

    /// Lets a stranger in as a guest while the door is open to it: a guest of the network that has the most makes room.
    fn let_in(&mut self, connection: ConnectionId, peer: PeerId, address: &Multiaddr) -> bool {
        let is_open = self.door.as_ref().zip(node_id(&peer)).is_some_and(|(door, node)| door.is_open_to(&node));
        if is_open {
            self.closing.extend(self.guests.enter(connection, peer, address));
        }
        is_open
    }
}

impl NetworkBehaviour for Sync {
    type ConnectionHandler = Handler;
    type ToSwarm = Opened;

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<Handler, ConnectionDenied> {
        if !self.admits(&peer) && self.let_in(connection, peer, remote) {
            return Ok(Handler::new(JOIN, false));
        }
        self.admit(&peer)?;
        self.has_room_for(&peer)?;
        Ok(Handler::new(self.protocol.clone(), false))
    }

    fn handle_pending_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: Option<PeerId>,
        _: &[Multiaddr],
        _: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        peer.map_or(Ok(()), |peer| self.admit(&peer))?;
        Ok(Vec::new())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<Handler, ConnectionDenied> {
        self.admit(&peer)?;
        Ok(Handler::new(self.protocol.clone(), true))
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(open) if !self.guests.has(&open.connection_id) => {
                self.open.extend(node_id(&open.peer_id).map(|node| (open.connection_id, node)));
            }
            FromSwarm::ConnectionClosed(closed) => {
                self.open.remove(&closed.connection_id);
                self.guests.leave(&closed.connection_id);
            }
            // Behind the gate a limit may have said no.
            FromSwarm::ListenFailure(failed) => self.guests.leave(&failed.connection_id),
            _ => {}
        }
    }

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        (stream, outbound): (Stream, bool),
    ) {
        self.streams.push_back(Opened { peer, connection, stream, outbound });
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Opened, THandlerInEvent<Self>>> {
        if let Some((peer_id, connection)) = self.closing.pop_front() {
            return Poll::Ready(ToSwarm::CloseConnection { peer_id, connection: CloseConnection::One(connection) });
        }
        // Handlers' events wake the swarm, which polls every behaviour after it has passed them on.
        self.streams.pop_front().map_or(Poll::Pending, |opened| Poll::Ready(ToSwarm::GenerateEvent(opened)))
    }
}

/// One connection: a stream, and the connection kept as long as the node wants it.
#[derive(Debug)]
pub(super) struct Handler {
    protocol: StreamProtocol,
    opens: bool,
    streams: VecDeque<(Stream, bool)>,
}

impl Handler {
    const fn new(protocol: StreamProtocol, opens: bool) -> Self {
        Self { protocol, opens, streams: VecDeque::new() }
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = std::convert::Infallible;
    type ToBehaviour = (Stream, bool);
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        SubstreamProtocol::new(ReadyUpgrade::new(self.protocol.clone()), ())
    }

    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, (), Self::ToBehaviour>> {
        if std::mem::take(&mut self.opens) {
            let protocol = SubstreamProtocol::new(ReadyUpgrade::new(self.protocol.clone()), ());
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        self.streams
            .pop_front()
            .map_or(Poll::Pending, |stream| Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(stream)))
    }

    fn on_behaviour_event(&mut self, event: Self::FromBehaviour) {
        match event {}
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol>) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol, .. })
                if self.streams.is_empty() =>
            {
                self.streams.push_back((protocol, false));
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol, .. }) => {
                self.streams.push_back((protocol, true));
            }
            // A peer that does not speak the protocol has no use for the connection; it is closed when its time is up.
            _ => {}
        }
    }
}
