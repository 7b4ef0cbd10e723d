//! A candidate's one call: dials the node of an invitation, speaks `/isnad/join/1` with it, and hangs up.

use std::time::Duration;

use futures::{AsyncWriteExt, StreamExt};
use isnad_protocol::act::Act;
use isnad_protocol::governance::Governance;
use isnad_protocol::id::NodeId;
use isnad_protocol::joining::{Candidate, Invitation, Refusal};
use isnad_protocol::key::SecretKey;
use isnad_protocol::limits;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{DialError, Stream, Swarm, SwarmEvent};
use libp2p::{Multiaddr, SwarmBuilder, identity, noise, tcp, yamux};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::behaviour::{Opened, Sync};
use super::{codec, peer_id};

/// How long a whole call may take: three addresses that do not answer, and an exchange.
const CALL: Duration = Duration::from_secs(45);

/// Why no charter came of a call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// No address of the invitation leads to the node.
    #[error("the node could not be reached: {reason}")]
    Unreached {
        /// Why.
        reason: String,
    },
    /// The node answers and lets us say nothing: no invitation of its is open.
    #[error("the node does not let this one in")]
    Shut,
    /// What was said came to nothing.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// This node's own key or randomness.
    #[error("{reason}")]
    Own {
        /// What is wrong.
        reason: String,
    },
}

/// Joins by an invitation: hands over this organisation's first act, and returns the consortium as far as it was handed over.
///
/// # Errors
/// [`CallError`]; nothing of it was kept here.
pub async fn call(seed: Zeroizing<[u8; 32]>, invitation: Invitation, act: &Act) -> Result<Governance, CallError> {
    let own = |reason: &str| CallError::Own { reason: reason.to_owned() };
    let node = NodeId::new(*SecretKey::from_seed(&seed).public().as_bytes());
    let nonce = crate::clock::random().map_err(|fault| own(&fault.to_string()))?;
    let keypair = identity::Keypair::ed25519_from_bytes(seed.to_vec()).map_err(|_| own("the node key is no key"))?;
    let mut swarm = build(keypair, invitation.node).ok_or_else(|| own("the network did not start"))?;
    let addresses = addresses(&invitation);
    let candidate = Candidate::new(invitation, node, nonce);
    let whole = async {
        let stream = dial(&mut swarm, &candidate, addresses).await?;
        let exchange = exchange(stream, candidate, act);
        tokio::pin!(exchange);
        loop {
            // The swarm must go on for the stream to move.
            tokio::select! {
                done = &mut exchange => return done,
                _ = swarm.next() => {}
            }
        }
    };
    timeout(CALL, whole).await.unwrap_or_else(|_| Err(CallError::Unreached { reason: "timed out".to_owned() }))
}

/// The addresses that can be dialled, each for this node and no other.
fn addresses(invitation: &Invitation) -> Vec<Multiaddr> {
    let Some(peer) = peer_id(invitation.node) else { return Vec::new() };
    let parsed = invitation.addresses.iter().filter_map(|address| address.parse::<Multiaddr>().ok());
    let bare = parsed.map(|address| address.into_iter().filter(|part| !matches!(part, Protocol::P2p(_))).collect());
    bare.map(|address: Multiaddr| address.with(Protocol::P2p(peer))).collect()
}

async fn dial(swarm: &mut Swarm<Sync>, candidate: &Candidate, addresses: Vec<Multiaddr>) -> Result<Stream, CallError> {
    let unreached = |error: &DialError| CallError::Unreached { reason: super::plain(&error.to_string()) };
    let peer = peer_id(candidate.sponsor()).ok_or_else(|| CallError::Unreached { reason: "no node key".to_owned() })?;
    swarm.dial(DialOpts::peer_id(peer).addresses(addresses).build()).map_err(|error| unreached(&error))?;
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::Behaviour(Opened { stream, .. }) => return Ok(stream),
            SwarmEvent::OutgoingConnectionError { error, .. } => return Err(unreached(&error)),
            // The gate closes the connection of one whom it does not let in.
            SwarmEvent::ConnectionClosed { .. } => return Err(CallError::Shut),
            _ => {}
        }
    }
}

async fn exchange(mut stream: Stream, mut candidate: Candidate, act: &Act) -> Result<Governance, CallError> {
    say(&mut stream, &candidate.hello()).await?;
    let challenge = hear(&mut stream).await?;
    let proof = candidate.hear_challenge(&challenge, act)?;
    say(&mut stream, &proof).await?;
    let welcome = hear(&mut stream).await?;
    let governance = candidate.hear_welcome(&welcome)?;
    // Says that all was read; that nobody hears it any more changes nothing.
    let _ = stream.close().await;
    Ok(governance)
}

async fn say(stream: &mut Stream, frame: &[u8]) -> Result<(), CallError> {
    let said = async {
        codec::write_frame(stream, frame).await?;
        stream.flush().await
    };
    said.await.map_err(|_| CallError::Shut)
}

async fn hear(stream: &mut Stream) -> Result<Vec<u8>, CallError> {
    let frame = codec::read_frame_within(stream, limits::JOINING_BYTES).await;
    frame.ok().flatten().ok_or(CallError::Shut)
}

fn build(keypair: identity::Keypair, sponsor: NodeId) -> Option<Swarm<Sync>> {
    let swarm = SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)
        .ok()?
        .with_quic()
        .with_behaviour(|_| Sync::joining(sponsor))
        .ok()?
        .with_swarm_config(|config| config.with_idle_connection_timeout(CALL))
        .build();
    Some(swarm)
}
