//! Candidates that are connected: few, each for a short time, with one stream and nothing else.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::AsyncWriteExt;
use isnad_protocol::limits;
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::derive_prelude::Either;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, Stream, THandlerInEvent, THandlerOutEvent, ToSwarm,
    dummy,
};
use libp2p::{Multiaddr, PeerId, ping};
use tokio::time::timeout;

use super::codec;
use crate::door::{Guest, Said};

/// Guests at one time. A further one takes the place of the oldest: an exchange takes two round trips, so that an honest one is
/// through before so many others have come.
const GUESTS: usize = 16;
/// How long a guest may stay in all.
pub(super) const STAY: Duration = if cfg!(test) { Duration::from_secs(2) } else { Duration::from_secs(15) };

/// Who came through the door and is still here, oldest first; shared by the behaviours.
#[derive(Debug, Clone, Default)]
pub(super) struct Guests(Arc<Mutex<VecDeque<(ConnectionId, PeerId)>>>);

impl Guests {
    /// Enters one; returns those that have to go for it.
    pub(super) fn enter(&self, connection: ConnectionId, peer: PeerId) -> Vec<(PeerId, ConnectionId)> {
        let mut here = self.here();
        here.push_back((connection, peer));
        let too_many = here.len().saturating_sub(GUESTS);
        here.drain(..too_many).map(|(connection, peer)| (peer, connection)).collect()
    }

    pub(super) fn leave(&self, connection: &ConnectionId) {
        self.here().retain(|(here, _)| here != connection);
    }

    pub(super) fn has(&self, connection: &ConnectionId) -> bool {
        self.here().iter().any(|(here, _)| here == connection)
    }

    fn here(&self) -> MutexGuard<'_, VecDeque<(ConnectionId, PeerId)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One exchange over the stream of a guest. Says in `is_kept` that a candidate is, whatever becomes of the stream then.
///
/// # Errors
/// The stream's own; what is out of turn or too long ends it.
pub(super) async fn serve(mut stream: Stream, mut guest: Guest, is_kept: &mut bool) -> io::Result<()> {
    let mut room = limits::JOINING_BYTES;
    loop {
        let frame = codec::read_frame_within(&mut stream, room).await?;
        let Some(frame) = frame else { return Ok(()) };
        room = room.saturating_sub(frame.len().saturating_add(4));
        let (said, goes_on) = match guest.hear(&frame) {
            Said::Next(said) => (said, true),
            Said::Last(said) => (said, false),
            Said::Welcome(said) => {
                *is_kept = true;
                (said, false)
            }
            Said::Nothing => return Ok(()),
        };
        codec::write_frame(&mut stream, &said).await?;
        stream.flush().await?;
        if !goes_on {
            stream.close().await?;
            // It hangs up once it has read; the connection must not go before.
            let _ = timeout(STAY, codec::read_frame_within(&mut stream, 1)).await;
            return Ok(());
        }
    }
}

/// Pings between members. A guest's connection has none: it sees one protocol.
pub(super) struct Pings {
    inner: ping::Behaviour,
    guests: Guests,
}

impl Pings {
    pub(super) const fn new(inner: ping::Behaviour, guests: Guests) -> Self {
        Self { inner, guests }
    }
}

type PingHandler = <ping::Behaviour as NetworkBehaviour>::ConnectionHandler;

impl NetworkBehaviour for Pings {
    type ConnectionHandler = Either<PingHandler, dummy::ConnectionHandler>;
    type ToSwarm = ping::Event;

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<Self::ConnectionHandler, ConnectionDenied> {
        if self.guests.has(&connection) {
            return Ok(Either::Right(dummy::ConnectionHandler));
        }
        self.inner.handle_established_inbound_connection(connection, peer, local, remote).map(Either::Left)
    }

    fn handle_established_outbound_connection(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<Self::ConnectionHandler, ConnectionDenied> {
        self.inner.handle_established_outbound_connection(connection, peer, address, role, port).map(Either::Left)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        self.inner.on_swarm_event(event);
    }

    fn on_connection_handler_event(&mut self, peer: PeerId, connection: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {
            Either::Left(event) => self.inner.on_connection_handler_event(peer, connection, event),
            Either::Right(never) => match never {},
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<ToSwarm<ping::Event, THandlerInEvent<Self>>> {
        self.inner.poll(context).map(|said| said.map_in(Either::Left))
    }
}
