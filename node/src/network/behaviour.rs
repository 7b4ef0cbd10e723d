//! The gate, and the one stream of each connection.

use std::collections::{BTreeSet, VecDeque};
use std::task::{Context, Poll};

use isnad_protocol::breakage::{self, Breakage};
use isnad_protocol::id::NodeId;
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::ReadyUpgrade;
use libp2p::swarm::handler::{ConnectionEvent, FullyNegotiatedInbound, FullyNegotiatedOutbound};
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm, NetworkBehaviour, Stream,
    StreamProtocol, SubstreamProtocol, THandlerInEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};

use super::node_id;

/// The one protocol.
pub(super) const PROTOCOL: StreamProtocol = StreamProtocol::new("/isnad/sync/1");

/// A connection from or to a node that no member granted.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("no member organisation granted this node")]
pub(super) struct NotAMember;

/// Admits members' nodes alone, and opens one stream on each connection: its dialler does.
#[derive(Debug)]
pub(super) struct Sync {
    members: BTreeSet<NodeId>,
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
    pub(super) const fn new(members: BTreeSet<NodeId>) -> Self {
        Self { members, streams: VecDeque::new() }
    }

    pub(super) fn set_members(&mut self, members: BTreeSet<NodeId>) {
        self.members = members;
    }

    pub(super) fn admits(&self, peer: &PeerId) -> bool {
        let is_member = node_id(peer).is_some_and(|node| self.members.contains(&node));
        is_member || breakage::is_out(Breakage::NonMember)
    }

    fn admit(&self, peer: &PeerId) -> Result<(), ConnectionDenied> {
        if self.admits(peer) { Ok(()) } else { Err(ConnectionDenied::new(NotAMember)) }
    }
}

impl NetworkBehaviour for Sync {
    type ConnectionHandler = Handler;
    type ToSwarm = Opened;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<Handler, ConnectionDenied> {
        self.admit(&peer)?;
        Ok(Handler { opens: false, streams: VecDeque::new() })
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
        Ok(Handler { opens: true, streams: VecDeque::new() })
    }

    fn on_swarm_event(&mut self, _: FromSwarm<'_>) {}

    fn on_connection_handler_event(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        (stream, outbound): (Stream, bool),
    ) {
        self.streams.push_back(Opened { peer, connection, stream, outbound });
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Opened, THandlerInEvent<Self>>> {
        // Handlers' events wake the swarm, which polls every behaviour after it has passed them on.
        self.streams.pop_front().map_or(Poll::Pending, |opened| Poll::Ready(ToSwarm::GenerateEvent(opened)))
    }
}

/// One connection: a stream, and the connection kept as long as the node wants it.
#[derive(Debug)]
pub(super) struct Handler {
    opens: bool,
    streams: VecDeque<(Stream, bool)>,
}

impl ConnectionHandler for Handler {
    type FromBehaviour = std::convert::Infallible;
    type ToBehaviour = (Stream, bool);
    type InboundProtocol = ReadyUpgrade<StreamProtocol>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        SubstreamProtocol::new(ReadyUpgrade::new(PROTOCOL), ())
    }

    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn poll(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Self::OutboundProtocol, (), Self::ToBehaviour>> {
        if std::mem::take(&mut self.opens) {
            let protocol = SubstreamProtocol::new(ReadyUpgrade::new(PROTOCOL), ());
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
