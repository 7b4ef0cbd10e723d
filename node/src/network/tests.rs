//! The network against peers that do not behave, over real sockets: what a stranger is told, and what one member's node can
//! do to another's.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use isnad_protocol::key::SecretKey;
use libp2p::swarm::{Stream, Swarm, SwarmEvent};
use libp2p::{Multiaddr, SwarmBuilder, noise, tcp, yamux};

use super::behaviour::{Opened, Sync};
use super::*;

mod guests;

const TCP: &str = "/ip4/127.0.0.1/tcp/0";
const QUIC: &str = "/ip4/127.0.0.1/udp/0/quic-v1";
const HONEST: u8 = 1;
const HOSTILE: u8 = 2;

fn node(seed: u8) -> NodeId {
    NodeId::new(*SecretKey::from_seed(&[seed; 32]).public().as_bytes())
}

/// The organisation that a node is of: those above 100 are of one.
fn of(seed: u8) -> OrganisationId {
    OrganisationId::new([seed.min(100); 32])
}

/// A node of the seed that knows the members of these seeds, and where it listens.
async fn network(seed: u8, listen: &[&str], members: &[u8]) -> (Network, mpsc::Receiver<Event>, Vec<String>) {
    let settings = Settings {
        seed: [seed; 32].into(),
        listen: listen.iter().map(|address| (*address).to_owned()).collect(),
        peers: Vec::new(),
        members: members.iter().map(|seed| (node(*seed), Some(of(*seed)))).collect(),
    };
    let (network, mut events) = Network::start(settings).await.unwrap();
    let mut addresses = Vec::new();
    while addresses.len() < listen.len() {
        if let Event::Listening { address } = next(&mut events).await {
            addresses.push(address);
        }
    }
    (network, events, addresses)
}

/// The next event; a bound on failure alone.
async fn next(events: &mut mpsc::Receiver<Event>) -> Event {
    within(events.recv()).await.expect("the network runs")
}

async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), what).await.expect("waited too long")
}

async fn connected(events: &mut mpsc::Receiver<Event>, of: u8) {
    loop {
        if matches!(next(events).await, Event::Connected { peer, .. } if peer == node(of)) {
            return;
        }
    }
}

async fn disconnected(events: &mut mpsc::Receiver<Event>, of: u8) -> String {
    loop {
        match next(events).await {
            Event::Disconnected { peer, reason } if peer == node(of) => return reason,
            Event::Frame { bytes, .. } => panic!("a frame of {} bytes was handed on", bytes.len()),
            _ => {}
        }
    }
}

/// A node that does with its stream what it likes.
fn hostile(seed: u8) -> Swarm<Sync> {
    let keypair = identity::Keypair::ed25519_from_bytes([seed; 32]).unwrap();
    SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .unwrap()
        .with_quic()
        .with_behaviour(|_| Sync::new(Members::from([(node(HONEST), None)])))
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(3_600)))
        .build()
}

/// Dials, and gives back the stream; the swarm goes on in a task of its own.
async fn stream_to(address: &str, mut swarm: Swarm<Sync>) -> Stream {
    swarm.dial(address.parse::<Multiaddr>().unwrap()).unwrap();
    let stream = loop {
        if let SwarmEvent::Behaviour(Opened { stream, .. }) = within(swarm.select_next_some()).await {
            break stream;
        }
    };
    tokio::spawn(async move { while swarm.next().await.is_some() {} });
    stream
}

/// True once the other side has ended the stream.
async fn is_ended(stream: &mut Stream) -> bool {
    matches!(within(stream.read(&mut [0; 1])).await, Ok(0) | Err(_))
}

/// What a stranger was told, over TCP and QUIC: nothing. No stream opens to him, and none of his is taken.
#[tokio::test]
async fn a_stranger_sees_no_protocol_and_no_byte() {
    for listen in [TCP, QUIC] {
        let (network, mut events, addresses) = network(HONEST, &[listen], &[HOSTILE]).await;
        let mut stranger = hostile(9);
        stranger.dial(addresses[0].parse::<Multiaddr>().unwrap()).unwrap();
        let refused = async {
            loop {
                match stranger.select_next_some().await {
                    SwarmEvent::Behaviour(_) => panic!("a stream opened to a stranger over {listen}"),
                    SwarmEvent::ConnectionClosed { .. } | SwarmEvent::OutgoingConnectionError { .. } => return,
                    _ => {}
                }
            }
        };
        within(refused).await;
        let Event::Stranger { node: told, .. } = next(&mut events).await else { panic!("the administrator is told") };
        assert_eq!(told, node(9));
        network.stop().await;
    }
}

#[tokio::test]
async fn a_peer_that_speaks_garbage_is_cut_off_and_may_come_again() {
    for listen in [TCP, QUIC] {
        let (network, mut events, addresses) = network(HONEST, &[listen], &[HOSTILE]).await;
        // No frame, one of 4 GiB, one of a byte more than is allowed, and half of one.
        let too_long = u32::try_from(isnad_protocol::limits::FRAME_BYTES + 1).unwrap().to_be_bytes();
        let sent: [&[u8]; 4] = [&[0; 4], &[0xff; 64], &too_long, &[0, 0, 1, 0, 7]];
        for bytes in sent {
            let mut stream = stream_to(&addresses[0], hostile(HOSTILE)).await;
            stream.write_all(bytes).await.unwrap();
            stream.close().await.unwrap();
            connected(&mut events, HOSTILE).await;
            let reason = disconnected(&mut events, HOSTILE).await;
            assert!(!reason.is_empty());
            assert!(is_ended(&mut stream).await);
        }
        network.stop().await;
    }
}

#[tokio::test]
async fn a_peer_that_never_reads_is_cut_off_once_its_queue_is_full() {
    let (network, mut events, addresses) = network(HONEST, &[TCP], &[HOSTILE]).await;
    let _stream = stream_to(&addresses[0], hostile(HOSTILE)).await;
    connected(&mut events, HOSTILE).await;
    // Far more than sockets, windows and the queue hold.
    for _ in 0..40 {
        network.send(node(HOSTILE), vec![7; 1_048_576]);
    }
    assert_eq!(disconnected(&mut events, HOSTILE).await, "does not read what is sent to it");
    network.stop().await;
}

/// A connection on which nothing is ever opened: the listener's side never learns what it was for.
#[tokio::test]
async fn a_connection_without_a_stream_is_closed() {
    #[derive(libp2p::swarm::NetworkBehaviour)]
    struct Silent {
        limits: libp2p::connection_limits::Behaviour,
        ping: libp2p::ping::Behaviour,
    }
    let (network, _events, addresses) = network(HONEST, &[TCP], &[HOSTILE]).await;
    let keypair = identity::Keypair::ed25519_from_bytes([HOSTILE; 32]).unwrap();
    let mut silent = SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .unwrap()
        .with_behaviour(|_| Silent {
            limits: libp2p::connection_limits::Behaviour::new(libp2p::connection_limits::ConnectionLimits::default()),
            ping: libp2p::ping::Behaviour::default(),
        })
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(3_600)))
        .build();
    silent.dial(addresses[0].parse::<Multiaddr>().unwrap()).unwrap();
    let closed = async {
        loop {
            if matches!(silent.select_next_some().await, SwarmEvent::ConnectionClosed { .. }) {
                return;
            }
        }
    };
    within(closed).await;
    network.stop().await;
}

/// What a cut cable does to a TCP connection: both ends stand, and nothing comes through any more.
#[tokio::test]
async fn a_peer_that_is_cut_off_is_noticed() {
    let (listener, mut events, addresses) = network(HONEST, &[TCP], &[HOSTILE]).await;
    let address: Multiaddr = addresses[0].parse().unwrap();
    let port = address.iter().find_map(|part| match part {
        Protocol::Tcp(port) => Some(port),
        _ => None,
    });
    let cable = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let through = format!("/ip4/127.0.0.1/tcp/{}", cable.local_addr().unwrap().port());
    let (cut, mut is_cut) = tokio::sync::watch::channel(false);
    let carry = tokio::spawn(async move {
        let (near, _) = cable.accept().await.unwrap();
        let far = tokio::net::TcpStream::connect(("127.0.0.1", port.unwrap())).await.unwrap();
        let (mut near_read, mut near_write) = near.into_split();
        let (mut far_read, mut far_write) = far.into_split();
        tokio::select! {
            _ = async { tokio::join!(tokio::io::copy(&mut near_read, &mut far_write), tokio::io::copy(&mut far_read, &mut near_write)) } => {}
            _ = is_cut.wait_for(|is_cut| *is_cut) => {}
        }
        // The ends stay open.
        (near_read, near_write, far_read, far_write)
    });
    let (dialler, mut heard, _) = network(HOSTILE, &[], &[HONEST]).await;
    dialler.add_peer(&through).unwrap();
    connected(&mut events, HOSTILE).await;
    connected(&mut heard, HONEST).await;
    cut.send_replace(true);
    let _ends = within(carry).await.unwrap();
    assert!(disconnected(&mut events, HOSTILE).await.contains("no sign of life"));
    assert!(disconnected(&mut heard, HONEST).await.contains("no sign of life"));
    dialler.stop().await;
    listener.stop().await;
}

/// However many nodes an organisation grants, they leave room for those of others.
#[tokio::test]
async fn one_organisation_does_not_take_every_connection() {
    let most = u8::try_from(behaviour::CONNECTIONS_OF_ONE).unwrap();
    let members: Vec<u8> = (101..=101 + most).chain([HOSTILE]).collect();
    let (network, mut events, addresses) = network(HONEST, &[TCP], &members).await;
    let mut streams = Vec::new();
    for seed in 101..101 + most {
        streams.push(stream_to(&addresses[0], hostile(seed)).await);
        connected(&mut events, seed).await;
    }
    let mut further = hostile(101 + most);
    further.dial(addresses[0].parse::<Multiaddr>().unwrap()).unwrap();
    let refused = async {
        loop {
            match further.select_next_some().await {
                SwarmEvent::ConnectionClosed { .. } | SwarmEvent::OutgoingConnectionError { .. } => return,
                _ => {}
            }
        }
    };
    within(refused).await;
    let _other = stream_to(&addresses[0], hostile(HOSTILE)).await;
    connected(&mut events, HOSTILE).await;
    // Whoever of them goes makes room for the next.
    drop(streams.remove(0));
    disconnected(&mut events, 101).await;
    let _next = stream_to(&addresses[0], hostile(101 + most)).await;
    connected(&mut events, 101 + most).await;
    network.stop().await;
}

/// Both dial at once: they keep one stream, the same one.
#[tokio::test]
async fn two_that_dial_each_other_end_with_one_stream() {
    for listen in [TCP, QUIC] {
        let (one, mut at_one, of_one) = network(HONEST, &[listen], &[HOSTILE]).await;
        let (two, mut at_two, of_two) = network(HOSTILE, &[listen], &[HONEST]).await;
        one.add_peer(&of_two[0]).unwrap();
        two.add_peer(&of_one[0]).unwrap();
        // Whichever stream stands in the end carries a frame each way; one that is replaced may have lost it.
        let (mut has_one, mut has_two) = (false, false);
        let talk = async {
            while !(has_one && has_two) {
                tokio::select! {
                    event = at_one.recv() => match event.unwrap() {
                        Event::Connected { peer, .. } => one.send(peer, b"from one".to_vec()),
                        Event::Frame { bytes, .. } => has_one = bytes == b"from two",
                        Event::Disconnected { .. } => has_one = false,
                        _ => {}
                    },
                    event = at_two.recv() => match event.unwrap() {
                        Event::Connected { peer, .. } => two.send(peer, b"from two".to_vec()),
                        Event::Frame { bytes, .. } => has_two = bytes == b"from one",
                        Event::Disconnected { .. } => has_two = false,
                        _ => {}
                    },
                }
            }
        };
        within(talk).await;
        one.stop().await;
        two.stop().await;
    }
}

/// Each of several addresses that nobody answers is told of under its own name.
#[tokio::test]
async fn every_address_out_of_reach_is_named() {
    let (network, mut events, _) = network(HONEST, &[], &[HOSTILE]).await;
    let mut expected = BTreeSet::new();
    for _ in 0..2 {
        // A port that was free a moment ago: nobody answers there.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("/ip4/127.0.0.1/tcp/{free}");
        network.add_peer(&address).unwrap();
        expected.insert(address);
    }
    let mut told = BTreeSet::new();
    while told != expected {
        if let Event::DialFailed { address, .. } = next(&mut events).await {
            assert!(expected.contains(&address), "{address}");
            told.insert(address);
        }
    }
    network.stop().await;
}

#[tokio::test]
async fn an_address_in_use_is_refused_and_not_shared() {
    for listen in [TCP, QUIC] {
        let (network, _events, addresses) = network(HONEST, &[listen], &[]).await;
        let taken = addresses[0].split("/p2p/").next().unwrap().to_owned();
        let settings =
            Settings { seed: [HOSTILE; 32].into(), listen: vec![taken], peers: Vec::new(), members: Members::new() };
        let fault = crate::fault::Fault::from(Network::start(settings).await.unwrap_err());
        assert!(fault.why().contains("another program"), "{fault}");
        network.stop().await;
    }
}
