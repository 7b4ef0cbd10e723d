//! Addresses to stay connected to, and when each is tried next: with jitter, so that a network that was cut does not
//! come back in step.

use std::time::Duration;

use libp2p::multiaddr::Protocol;
use libp2p::swarm::ConnectionId;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::{Multiaddr, PeerId};
use tokio::time::Instant;

/// The first wait after a failure; it doubles with each.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait: a partner's node that was restarted is back within a minute.
const LONGEST: Duration = Duration::from_secs(60);

/// One node, or one address of a node whose key is not said.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) peer: Option<PeerId>,
    pub(super) addresses: Vec<Multiaddr>,
    pub(super) next: Instant,
    /// The attempt that was made last.
    pub(super) dialled: Option<ConnectionId>,
    failures: u32,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Targets(pub(super) Vec<Target>);

impl Targets {
    /// Adds an address; several of one node are tried together.
    pub(super) fn add(&mut self, address: Multiaddr) {
        let peer = address.iter().find_map(|part| if let Protocol::P2p(peer) = part { Some(peer) } else { None });
        let known = self.0.iter_mut().find(|target| peer.is_some() && target.peer == peer);
        match known {
            Some(target) if target.addresses.contains(&address) => {}
            Some(target) => target.addresses.push(address),
            None => {
                self.0.push(Target { peer, addresses: vec![address], next: Instant::now(), dialled: None, failures: 0 })
            }
        }
    }

    /// Tries everything at once, as when the list of members has changed.
    pub(super) fn hurry(&mut self) {
        for target in &mut self.0 {
            target.next = Instant::now();
            target.failures = 0;
        }
    }

    /// When the next is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.iter().map(|target| target.next).min()
    }
}

impl Target {
    /// How to dial it; it is tried again later whatever comes of it.
    pub(super) fn dial(&mut self) -> DialOpts {
        self.next = Instant::now() + self.wait();
        self.failures = self.failures.saturating_add(1);
        let options = match self.peer {
            Some(peer) => DialOpts::peer_id(peer)
                .addresses(self.addresses.clone())
                .condition(PeerCondition::DisconnectedAndNotDialing)
                .build(),
            None => {
                let address = self.addresses.first().cloned().unwrap_or_else(Multiaddr::empty);
                DialOpts::unknown_peer_id().address(address).build()
            }
        };
        self.dialled = Some(options.connection_id());
        options
    }

    /// It answered: the next failure begins a new series.
    pub(super) fn reached(&mut self) {
        self.failures = 0;
        self.next = Instant::now() + FIRST;
    }

    fn wait(&self) -> Duration {
        let doubled = FIRST.saturating_mul(1_u32.checked_shl(self.failures.min(16)).unwrap_or(u32::MAX));
        let wait = doubled.min(LONGEST);
        // A quarter more or less; without random bytes the wait is simply not jittered.
        let jitter = crate::clock::random::<1>().map_or(128, |[byte]| u32::from(byte));
        wait.saturating_mul(384_u32.saturating_add(jitter)) / 512
    }
}
