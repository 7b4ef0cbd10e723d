//! Candidates that are connected: few, each for a short time, with one stream and nothing else.

use std::collections::{BTreeMap, VecDeque};
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
use super::origin::Origin;
use crate::door::{Guest, Said};

/// Guests at one time. A further one takes the place of the oldest from where most of them come: who comes from elsewhere stays,
/// and an exchange takes two round trips, so that an honest one is through before as many others have come from as many networks.
const GUESTS: usize = 16;
/// How long a guest may stay in all.
pub(super) const STAY: Duration = if cfg!(test) { Duration::from_secs(2) } else { Duration::from_secs(15) };

/// Who came through the door and is still here, oldest first; shared by the behaviours.
#[derive(Debug, Clone, Default)]
pub(super) struct Guests(Arc<Mutex<VecDeque<Visitor>>>);

#[derive(Debug)]
struct Visitor {
    connection: ConnectionId,
    peer: PeerId,
    origin: Origin,
}

impl Guests {
    /// Enters one; returns who has to go for it.
    pub(super) fn enter(
        &self,
        connection: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
    ) -> Option<(PeerId, ConnectionId)> {
        let mut here = self.here();
        here.push_back(Visitor { connection, peer, origin: Origin::of(&address.to_string()) });
        if here.len() <= GUESTS {
            return None;
        }
        let oldest = oldest_of_most(&here)?;
        let leaving = here.remove(oldest)?;
        Some((leaving.peer, leaving.connection))
    }

    pub(super) fn leave(&self, connection: &ConnectionId) {
        self.here().retain(|here| here.connection != *connection);
    }

    pub(super) fn has(&self, connection: &ConnectionId) -> bool {
        self.here().iter().any(|here| here.connection == *connection)
    }

    fn here(&self) -> MutexGuard<'_, VecDeque<Visitor>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the oldest stands of those from where most come; of equals, that of the oldest guest.
fn oldest_of_most(here: &VecDeque<Visitor>) -> Option<usize> {
    let mut shares: BTreeMap<&Origin, usize> = BTreeMap::new();
    for visitor in here {
        let share = shares.entry(&visitor.origin).or_default();
        *share = share.saturating_add(1);
    }
    let most = shares.values().max()?;
    here.iter().position(|visitor| shares.get(&visitor.origin) == Some(most))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_of_one_network_make_room_for_each_other_first() {
        let guests = Guests::default();
        let enter = |number: usize, address: &str| {
            let left = guests.enter(ConnectionId::new_unchecked(number), PeerId::random(), &address.parse().unwrap());
            left.map(|(_, connection)| connection)
        };
        let one = |number| Some(ConnectionId::new_unchecked(number));
        // A candidate, and a flood that begins before it and goes on behind it.
        let flood = |number: usize| format!("/ip4/192.0.2.{number}/tcp/1");
        (0..4).for_each(|number| assert_eq!(enter(number, &flood(number)), None));
        assert_eq!(enter(4, "/ip4/203.0.113.9/udp/4747/quic-v1"), None);
        (5..GUESTS).for_each(|number| assert_eq!(enter(number, &flood(number)), None));
        let leaving = [0, 1, 2, 3, 5, 6].into_iter().map(one);
        assert!((100..106).map(|number| enter(number, &flood(number))).eq(leaving));
        assert!(guests.has(&ConnectionId::new_unchecked(4)));
        guests.leave(&ConnectionId::new_unchecked(4));
        assert_eq!(enter(200, "/memory/7"), None);
        // Of as many networks as guests the oldest goes.
        let all = Guests::default();
        for number in 0..=GUESTS {
            let address = format!("/ip4/192.0.{number}.1/tcp/1").parse().unwrap();
            let left = all.enter(ConnectionId::new_unchecked(number), PeerId::random(), &address);
            assert_eq!(left.map(|(_, connection)| connection), one(0).filter(|_| number == GUESTS));
        }
    }
}
