//! The loop that owns the swarm: keeps one stream for each peer, dials, and says what happens.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt;
use futures::io::{AsyncWriteExt, WriteHalf};
use futures::{AsyncReadExt, FutureExt};
use isnad_protocol::id::NodeId;
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::core::ConnectedPoint;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{ConnectionId, DialError, ListenError, NetworkBehaviour, Stream, Swarm, SwarmEvent};
use libp2p::{Multiaddr, PeerId, SwarmBuilder, TransportError, identity, noise, ping, tcp, yamux};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::behaviour::{NotAMember, Opened, Sync};
use super::dialling::Targets;
use super::guests::{self, Guests, Pings};
use super::{Command, Event, Members, NetworkError, Settings, codec, node_id, parse_address, peer_id};
use crate::door::Door;

/// Bytes that may wait to be sent to one peer: four times what its credit allows (limits::CREDIT_BYTES).
const QUEUE_BYTES: usize = 16 * 1_024 * 1_024;
/// How long a stop waits for what is queued.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// Streams on one connection, of which one is used (GROUND L11).
const STREAMS: usize = 16;
/// Connections: a few hundred members with some nodes each (GROUND L9: by default there is no limit).
const CONNECTIONS: u32 = 1_024;

/// How long a connection may stand without the one stream that it is for.
const STREAM_TIMEOUT: Duration = if cfg!(test) { Duration::from_secs(2) } else { Duration::from_secs(10) };
/// How often a peer is asked for a sign of life: what a cut cable or a power failure leaves of a TCP connection says nothing of itself
/// for a quarter of an hour. Oftener, a hundred idle peers take more than a hundredth of a processor.
const PING: Duration = if cfg!(test) { Duration::from_secs(1) } else { Duration::from_secs(30) };
/// How long it has for it.
const PONG: Duration = if cfg!(test) { Duration::from_secs(1) } else { Duration::from_secs(10) };

/// The gate comes first: what stands behind it never hears of a stranger (GROUND L18).
#[derive(NetworkBehaviour)]
struct Behaviour {
    sync: Sync,
    ping: Pings,
    limits: connection_limits::Behaviour,
}

/// A connection, with its stream or without.
struct Connection {
    peer: PeerId,
    address: Multiaddr,
    /// When it is closed, for nothing came over it; `None` once its stream is open.
    deadline: Option<Instant>,
    /// A guest's that has said nothing yet.
    is_silent_guest: bool,
}

/// The stream to one peer.
struct Live {
    connection: ConnectionId,
    outbound: bool,
    queue: mpsc::UnboundedSender<Vec<u8>>,
    queued: Arc<AtomicUsize>,
    reader: JoinHandle<()>,
    writer: JoinHandle<()>,
}

pub(super) struct Driver {
    swarm: Swarm<Behaviour>,
    own: PeerId,
    inbox: mpsc::UnboundedReceiver<Command>,
    events: mpsc::Sender<Event>,
    live: BTreeMap<PeerId, Live>,
    connections: BTreeMap<ConnectionId, Connection>,
    targets: Targets,
    ended: mpsc::UnboundedReceiver<(PeerId, ConnectionId, String)>,
    end: mpsc::UnboundedSender<(PeerId, ConnectionId, String)>,
    door: Option<Arc<Door>>,
    guests: Guests,
    /// Exchanges with guests that are over, and whether a candidate is kept.
    visits: (mpsc::UnboundedSender<Visit>, mpsc::UnboundedReceiver<Visit>),
}

/// An exchange with a guest that is over.
struct Visit {
    peer: PeerId,
    connection: ConnectionId,
    is_kept: bool,
}

impl Driver {
    pub(super) async fn new(
        settings: Settings,
        door: Option<Arc<Door>>,
        inbox: mpsc::UnboundedReceiver<Command>,
        events: mpsc::Sender<Event>,
    ) -> Result<Self, NetworkError> {
        let keypair = identity::Keypair::ed25519_from_bytes(settings.seed.to_vec()).map_err(|_| NetworkError::Key)?;
        let guests = Guests::default();
        let mut swarm = build(keypair, Sync::with_door(settings.members, door.clone(), guests.clone()), &guests)?;
        // All before the first of them is listened on: this node does not stand in its own way.
        for address in &settings.listen {
            let in_use = |source| NetworkError::Listen { address: address.clone(), source };
            free(&parse_address(address)?).map_err(in_use)?;
        }
        for address in &settings.listen {
            let listen = |source| NetworkError::Listen { address: address.clone(), source };
            let parsed = parse_address(address)?;
            swarm.listen_on(parsed).map_err(|error| match error {
                TransportError::MultiaddrNotSupported(_) => NetworkError::Address { address: address.clone() },
                TransportError::Other(source) => listen(source),
            })?;
        }
        let mut targets = Targets::default();
        for address in &settings.peers {
            targets.add(parse_address(address)?);
        }
        let (end, ended) = mpsc::unbounded_channel();
        let own = *swarm.local_peer_id();
        let (live, connections) = (BTreeMap::new(), BTreeMap::new());
        let visits = mpsc::unbounded_channel();
        Ok(Self { swarm, own, inbox, events, live, connections, targets, ended, end, door, guests, visits })
    }

    pub(super) async fn run(mut self) {
        loop {
            let deadlines = self.connections.values().filter_map(|connection| connection.deadline);
            let due = deadlines.chain(self.targets.next()).min();
            let due = due.unwrap_or_else(|| Instant::now() + Duration::from_secs(3_600));
            tokio::select! {
                event = self.swarm.select_next_some() => self.swarm_event(event).await,
                Some((peer, connection, reason)) = self.ended.recv() => self.close(peer, connection, reason).await,
                Some(visit) = self.visits.1.recv() => self.visited(visit).await,
                command = self.inbox.recv() => match command {
                    Some(Command::Stop) | None => break,
                    Some(command) => self.command(command).await,
                },
                () = sleep_until(due) => {
                    self.close_unused();
                    self.dial();
                }
            }
        }
        self.stop().await;
    }

    async fn command(&mut self, command: Command) {
        match command {
            Command::Send(peer, frame) => self.send(peer, frame).await,
            Command::Disconnect(peer, reason) => {
                if let Some(peer) = peer_id(peer)
                    && let Some(connection) = self.live.get(&peer).map(|live| live.connection)
                {
                    self.close(peer, connection, reason).await;
                }
            }
            Command::Members(members) => self.set_members(members).await,
            Command::AddPeer(address) => self.targets.add(address),
            Command::Stop => {}
        }
    }

    async fn send(&mut self, node: NodeId, frame: Vec<u8>) {
        let Some(peer) = peer_id(node) else { return };
        let Some(live) = self.live.get(&peer) else { return };
        let queued = live.queued.fetch_add(frame.len(), Ordering::SeqCst).saturating_add(frame.len());
        let connection = live.connection;
        if queued > QUEUE_BYTES || live.queue.send(frame).is_err() {
            self.close(peer, connection, "does not read what is sent to it".into()).await;
        }
    }

    async fn set_members(&mut self, members: Members) {
        self.swarm.behaviour_mut().sync.set_members(members);
        // Guests have their own time; one who has become a member comes again as one.
        let open: Vec<(PeerId, ConnectionId)> =
            self.connections.iter().map(|(connection, open)| (open.peer, *connection)).collect();
        for (peer, connection) in open {
            if self.guests.has(&connection) == self.swarm.behaviour().sync.admits(&peer) {
                self.close(peer, connection, "no member's node any more".into()).await;
            }
        }
        self.targets.hurry();
    }

    /// Closes connections whose peer opened no stream in time, or none of our protocol.
    fn close_unused(&mut self) {
        let now = Instant::now();
        for (id, connection) in &mut self.connections {
            if connection.deadline.is_some_and(|deadline| deadline <= now) {
                tracing::info!(peer = %connection.peer, address = %connection.address, "its time is up: closed");
                connection.deadline = None;
                self.swarm.close_connection(*id);
            }
        }
    }

    fn dial(&mut self) {
        let now = Instant::now();
        let connected: BTreeSet<PeerId> = self.swarm.connected_peers().copied().collect();
        let open: BTreeSet<Multiaddr> = self.connections.values().map(|open| open.address.clone()).collect();
        for target in self.targets.0.iter_mut().filter(|target| target.next <= now) {
            let is_here = target.peer.is_some_and(|peer| connected.contains(&peer))
                || target.addresses.iter().any(|address| open.contains(address));
            if is_here {
                target.reached();
                continue;
            }
            if let Err(error) = self.swarm.dial(target.dial()) {
                tracing::debug!(%error, "not dialled");
            }
        }
    }

    async fn swarm_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Sync(opened)) => self.opened(opened).await,
            SwarmEvent::Behaviour(BehaviourEvent::Limits(never)) => match never {},
            // A peer of another make that does not answer pings is not dead for that.
            SwarmEvent::Behaviour(BehaviourEvent::Ping(ping::Event {
                peer,
                connection,
                result: Err(error @ (ping::Failure::Timeout | ping::Failure::Other { .. })),
            })) => self.close(peer, connection, format!("no sign of life: {error}")).await,
            SwarmEvent::NewListenAddr { address, .. } => {
                let address = format!("{address}/p2p/{}", self.own);
                self.tell(Event::Listening { address }).await;
            }
            SwarmEvent::ConnectionEstablished { connection_id, peer_id: peer, endpoint, .. } => {
                let (ConnectedPoint::Dialer { address, .. } | ConnectedPoint::Listener { send_back_addr: address, .. }) =
                    endpoint;
                let is_guest = self.guests.has(&connection_id);
                let deadline = Some(Instant::now() + if is_guest { guests::STAY } else { STREAM_TIMEOUT });
                let connection = Connection { peer, address, deadline, is_silent_guest: is_guest };
                self.connections.insert(connection_id, connection);
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, cause, .. } => {
                let reason = cause.map_or_else(|| "closed".to_owned(), |cause| cause.to_string());
                self.close(peer_id, connection_id, reason).await;
                let closed = self.connections.remove(&connection_id).filter(|closed| closed.is_silent_guest);
                if let Some((closed, node)) = closed.zip(node_id(&peer_id)) {
                    self.tell(Event::Stranger { node, address: closed.address.to_string() }).await;
                }
            }
            SwarmEvent::IncomingConnectionError { error, send_back_addr, peer_id, .. } => {
                self.refused(peer_id, &send_back_addr, &error).await;
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                self.unreached(connection_id, &error).await;
            }
            _ => {}
        }
    }

    async fn refused(&mut self, peer: Option<PeerId>, address: &Multiaddr, error: &ListenError) {
        let is_stranger =
            matches!(error, ListenError::Denied { cause } if cause.downcast_ref::<NotAMember>().is_some());
        if let (true, Some(node)) = (is_stranger, peer.as_ref().and_then(node_id)) {
            self.tell(Event::Stranger { node, address: address.to_string() }).await;
        }
    }

    async fn unreached(&mut self, attempt: ConnectionId, error: &DialError) {
        if matches!(error, DialError::DialPeerConditionFalse(_)) {
            return;
        }
        let target = self.targets.0.iter().find(|target| target.dialled == Some(attempt));
        let Some(target) = target else { return };
        let address = target.addresses.first().map(ToString::to_string).unwrap_or_default();
        let wait = target.next.saturating_duration_since(Instant::now());
        let next_try_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.tell(Event::DialFailed { address, reason: error.to_string(), next_try_ms }).await;
    }

    /// Keeps one stream for each peer: of two, both sides keep the one that the lower peer id dialled.
    async fn opened(&mut self, opened: Opened) {
        let Opened { peer, connection, stream, outbound } = opened;
        let Some(node) = node_id(&peer) else { return };
        if self.guests.has(&connection) {
            self.connections.get_mut(&connection).into_iter().for_each(|guests| guests.is_silent_guest = false);
            self.receive(peer, node, connection, stream);
            return;
        }
        let is_lower = self.own < peer;
        if let Some(live) = self.live.get(&peer) {
            if live.connection == connection || live.outbound == outbound || outbound != is_lower {
                if live.connection != connection {
                    self.swarm.close_connection(connection);
                }
                return;
            }
            let replaced = live.connection;
            self.close(peer, replaced, "replaced by the peer's own connection".into()).await;
        }
        let Some(of_stream) = self.connections.get_mut(&connection) else { return };
        of_stream.deadline = None;
        let address = of_stream.address.to_string();
        self.tell(Event::Connected { peer: node, address, outbound }).await;
        let live = self.spawn(peer, node, connection, stream, outbound);
        self.live.insert(peer, live);
    }

    /// Speaks with a guest, beside everything else: it may be slow.
    fn receive(&self, peer: PeerId, node: NodeId, connection: ConnectionId, stream: Stream) {
        let Some(guest) = self.door.as_ref().and_then(|door| door.guest(node)) else { return };
        let visits = self.visits.0.clone();
        tokio::spawn(async move {
            let mut is_kept = false;
            if let Ok(Err(error)) = timeout(guests::STAY, guests::serve(stream, guest, &mut is_kept)).await {
                tracing::info!(%peer, %error, "a guest was cut off");
            }
            let _ = visits.send(Visit { peer, connection, is_kept });
        });
    }

    async fn visited(&mut self, visit: Visit) {
        let Visit { peer, connection, is_kept } = visit;
        self.swarm.close_connection(connection);
        let Some(node) = node_id(&peer) else { return };
        let address = self.connections.get(&connection).map(|open| open.address.to_string()).unwrap_or_default();
        // One who proved nothing is told of like any other who knocks.
        self.tell(if is_kept { Event::Candidate { node, address } } else { Event::Stranger { node, address } }).await;
    }

    fn spawn(&self, peer: PeerId, node: NodeId, connection: ConnectionId, stream: Stream, outbound: bool) -> Live {
        let (mut read, write) = stream.split();
        let (queue, frames) = mpsc::unbounded_channel();
        let queued = Arc::new(AtomicUsize::new(0));
        let (events, end) = (self.events.clone(), self.end.clone());
        let reader = tokio::spawn(async move {
            let reason = loop {
                match codec::read_frame(&mut read).await {
                    Ok(Some(bytes)) => {
                        if events.send(Event::Frame { peer: node, bytes }).await.is_err() {
                            break "this node stops".to_owned();
                        }
                    }
                    Ok(None) => break "the peer closed the stream".to_owned(),
                    Err(error) => break error.to_string(),
                }
            };
            let _ = end.send((peer, connection, reason));
        });
        let (counted, end) = (Arc::clone(&queued), self.end.clone());
        let writer = tokio::spawn(async move {
            if let Err(error) = write_all(write, frames, &counted).await {
                let _ = end.send((peer, connection, error.to_string()));
            }
        });
        Live { connection, outbound, queue, queued, reader, writer }
    }

    /// Ends the stream of a connection, if it is the peer's live one, and the connection.
    async fn close(&mut self, peer: PeerId, connection: ConnectionId, reason: String) {
        self.swarm.close_connection(connection);
        if self.live.get(&peer).is_none_or(|live| live.connection != connection) {
            return;
        }
        let Some(live) = self.live.remove(&peer) else { return };
        live.writer.abort();
        live.reader.abort();
        // The reader has said its last word before `Disconnected` is said.
        let _ = live.reader.await;
        if let Some(node) = node_id(&peer) {
            self.tell(Event::Disconnected { peer: node, reason }).await;
        }
    }

    #[allow(clippy::needless_pass_by_ref_mut, reason = "a shared borrow of the swarm is not Send")]
    async fn tell(&mut self, event: Event) {
        // A consumer that has gone hears nothing more: the network is about to be dropped.
        let _ = self.events.send(event).await;
    }

    async fn stop(mut self) {
        let deadline = Instant::now() + STOP_TIMEOUT;
        let writers: Vec<JoinHandle<()>> = std::mem::take(&mut self.live)
            .into_values()
            .map(|live| {
                live.reader.abort();
                live.writer
            })
            .collect();
        // The swarm must go on for what is queued to leave; with the queues dropped each writer ends.
        let flushed = futures::future::join_all(writers).map(drop).boxed();
        let swarm = &mut self.swarm;
        let drive = async { while swarm.next().await.is_some() {} };
        tokio::select! {
            _ = timeout(deadline.saturating_duration_since(Instant::now()), flushed) => {}
            () = drive => {}
        }
    }
}

/// Writes frames as they come; flushes when none waits.
async fn write_all(
    mut stream: WriteHalf<Stream>,
    mut frames: mpsc::UnboundedReceiver<Vec<u8>>,
    queued: &AtomicUsize,
) -> std::io::Result<()> {
    while let Some(frame) = frames.recv().await {
        codec::write_frame(&mut stream, &frame).await?;
        queued.fetch_sub(frame.len(), Ordering::SeqCst);
        while let Ok(frame) = frames.try_recv() {
            codec::write_frame(&mut stream, &frame).await?;
            queued.fetch_sub(frame.len(), Ordering::SeqCst);
        }
        stream.flush().await?;
    }
    stream.close().await
}

/// Passes if no other program listens on the address. libp2p shares a port with one that does the same, and each would answer
/// calls for the other.
fn free(address: &Multiaddr) -> std::io::Result<()> {
    let mut parts = address.iter();
    let ip = match parts.next() {
        Some(Protocol::Ip4(ip)) => IpAddr::V4(ip),
        // The one for all addresses is taken for IPv6 alone, which cannot be tried without a library for it.
        Some(Protocol::Ip6(ip)) if !ip.is_unspecified() => IpAddr::V6(ip),
        _ => return Ok(()),
    };
    match parts.next() {
        Some(Protocol::Tcp(port)) => TcpListener::bind((ip, port)).map(drop),
        Some(Protocol::Udp(port)) => UdpSocket::bind((ip, port)).map(drop),
        _ => Ok(()),
    }
}

fn build(keypair: identity::Keypair, sync: Sync, guests: &Guests) -> Result<Swarm<Behaviour>, NetworkError> {
    let limits = ConnectionLimits::default()
        .with_max_pending_incoming(Some(64))
        .with_max_pending_outgoing(Some(64))
        .with_max_established_incoming(Some(CONNECTIONS))
        .with_max_established_outgoing(Some(CONNECTIONS))
        .with_max_established(Some(CONNECTIONS))
        .with_max_established_per_peer(Some(2));
    let multiplexer = || {
        let mut config = yamux::Config::default();
        config.set_max_num_streams(STREAMS);
        config
    };
    let swarm = SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, multiplexer)
        .map_err(|_| NetworkError::Key)?
        .with_quic_config(|mut config| {
            // One stream with one window (GROUND L11): a slow reader costs its peer no more than this.
            config.max_stream_data = 4 * 1_024 * 1_024;
            config.max_connection_data = 4 * 1_024 * 1_024;
            config.max_concurrent_stream_limit = 16;
            config.max_idle_timeout = 30_000;
            config.keep_alive_interval = Duration::from_secs(10);
            config
        })
        .with_behaviour(|_| Behaviour {
            sync,
            ping: Pings::new(
                ping::Behaviour::new(ping::Config::new().with_interval(PING).with_timeout(PONG)),
                guests.clone(),
            ),
            limits: connection_limits::Behaviour::new(limits),
        })
        .map_err(|_| NetworkError::Key)?
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(3_600)))
        .build();
    Ok(swarm)
}
