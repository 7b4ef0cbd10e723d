//! Row 39: a stranger connects, and learns nothing but that a port answers. Row 40: whoever is no member's any more is one.
//!
//! What a stranger could see on the wire, stream by stream and byte by byte, is tested where libp2p is named
//! (`node/src/network/tests.rs`). Here a whole node is asked: it runs with its replica, and a stranger runs our own
//! network with a key that nobody granted.

use std::time::Duration;

use isnad_node::governing::{self, Proposal, Request};
use isnad_node::home::Home;
use isnad_node::identity;
use isnad_node::network::{Event, Network, Settings};
use isnad_node::node::{Addresses, Node, Options};
use isnad_protocol::act::Act;
use isnad_protocol::breakage::Breakage;
use isnad_protocol::id::{NodeId, OrganisationId};
use isnad_protocol::key::{PublicKey, SecretKey};
use tempfile::TempDir;

use crate::falls_without;
use crate::home::{home, homes, unlocker};

/// What a stranger hears of a node until the node has told its administrator of him, or until it has answered him.
async fn knock(listen: &str) {
    let dir = TempDir::new().unwrap();
    let home = home(dir.path());
    let network = Some(Addresses { listen: vec![listen.to_owned()], peers: Vec::new() });
    let node = Node::start(Options { home, unlocker: Some(unlocker()), network }, &mut |_| {}).await.unwrap();
    let address = node.listening(1).await.remove(0);
    let members = node.snapshot().governance.nodes().into_iter().map(|(node, of)| (node, Some(of))).collect();
    let stranger = NodeId::new(*SecretKey::from_seed(&[9; 32]).public().as_bytes());
    let settings = Settings { seed: [9; 32].into(), listen: Vec::new(), peers: vec![address], members };
    let (network, mut events) = Network::start(settings).await.unwrap();
    let mut heard = Vec::new();
    // A bound on failure alone.
    let told = tokio::time::timeout(Duration::from_secs(60), async {
        let mut changes = node.changes();
        loop {
            if node.snapshot().strangers.contains_key(&stranger) {
                break;
            }
            tokio::select! {
                event = events.recv() => match event {
                    Some(event @ (Event::Connected { .. } | Event::Frame { .. })) => {
                        heard.push(event);
                        break;
                    }
                    Some(_) => {}
                    None => break,
                },
                _ = changes.changed() => {}
            }
        }
    });
    told.await.expect("the administrator is told");
    let snapshot = node.snapshot();
    network.stop().await;
    node.stop().await;
    assert_eq!(heard, [], "a stranger was answered over {listen}");
    assert!(
        snapshot.notices.iter().any(|notice| notice.contains("unknown node") && notice.contains("wants to connect"))
    );
    assert!(snapshot.status.peers.is_empty());
}

#[test]
fn t_nonmember_handshake() {
    falls_without(Breakage::NonMember, || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        for listen in ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"] {
            runtime.block_on(knock(listen));
        }
    });
}

async fn running(home: &Home, peers: Vec<String>) -> Node {
    let network = Some(Addresses { listen: vec!["/ip4/127.0.0.1/tcp/0".to_owned()], peers });
    Node::start(Options { home: home.clone(), unlocker: Some(unlocker()), network }, &mut |_| {}).await.unwrap()
}

/// A node that hears of an act by which another's key is no node key any more: in the very step in which its replica has it in
/// effect nothing is open between them, and the other is a stranger from then on.
async fn dropped(one: Node, its: NodeId, act: Act) -> Node {
    let wait = |what: &dyn Fn(&isnad_node::driver::Snapshot) -> bool| one.wait_until(what);
    wait(&|seen| seen.status.peers.get(&its).is_some_and(|peer| peer.is_live));
    one.take_act(act.encode()).await.unwrap();
    let seen = wait(&|seen| !seen.governance.nodes().contains_key(&its));
    assert!(!seen.status.peers.contains_key(&its), "one that is no node of a member's is still connected");
    // It comes again, and is refused like any other.
    wait(&|seen| seen.strangers.contains_key(&its));
    assert!(!one.snapshot().status.peers.contains_key(&its));
    one
}

/// Waits where a thread may wait.
async fn dropped_by(one: Node, its: NodeId, act: Act) -> Node {
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(dropped(one, its, act))).await.unwrap()
}

/// An act that these homes sign.
fn signed(hex: &str, homes: &[Home]) -> Act {
    let act = Act::decode(&bytes(hex)).unwrap();
    homes.iter().fold(act, |act, home| identity::sign(home, act, &mut unlocker()).unwrap())
}

fn node_of(one: &Node, organisation: Option<OrganisationId>) -> NodeId {
    let nodes = one.snapshot().governance.nodes();
    nodes.into_iter().find(|(_, of)| Some(*of) == organisation).map(|(node, _)| node).unwrap()
}

/// Two members' nodes are connected; the charter suspends one.
async fn suspend() {
    let dir = TempDir::new().unwrap();
    let homes = homes(dir.path(), 3);
    for home in &homes {
        std::fs::write(home.config(), "attest_after = 0\n").unwrap();
    }
    let one = running(&homes[0], Vec::new()).await;
    let other = running(&homes[1], one.listening(1).await).await;
    // More than half acknowledge it without the one that it suspends.
    let third = running(&homes[2], one.listening(1).await).await;
    let out = other.own_organisation();
    let its = node_of(&one, out);
    let proposal = Proposal::Remove {
        organisation: out.unwrap(),
        is_suspended: true,
        last: None,
        kept: Vec::new(),
        threshold: Some(2),
    };
    let drafted = governing::draft(&one, Request { proposal, instead: Vec::new() }).unwrap();
    let one = dropped_by(one, its, signed(&drafted.bytes, &homes)).await;
    third.stop().await;
    other.stop().await;
    one.stop().await;
}

/// Two members' nodes are connected; one of the two organisations revokes the key that its own node connects with.
async fn revoke() {
    let dir = TempDir::new().unwrap();
    let homes = homes(dir.path(), 2);
    let one = running(&homes[0], Vec::new()).await;
    let other = running(&homes[1], one.listening(1).await).await;
    let its = node_of(&one, other.own_organisation());
    let keys = vec![PublicKey::new(*its.as_bytes())];
    let proposal = Proposal::Revoke { keys, reason: "stolen".to_owned(), kept: Vec::new() };
    let drafted = governing::draft(&other, Request { proposal, instead: Vec::new() }).unwrap();
    let one = dropped_by(one, its, signed(&drafted.bytes, &homes[1..])).await;
    assert!(one.snapshot().governance.organisations().len() == 2, "its organisation is a member as before");
    other.stop().await;
    one.stop().await;
}

/// Runs what waits for events, within a bound on failure alone.
fn within_bounds(check: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let checked = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(45), check).await });
    // What still waits for an event that does not come is left behind.
    runtime.shutdown_background();
    checked.expect("waited too long");
}

#[test]
fn t_exmember_live_drop() {
    falls_without(Breakage::ExMember, || within_bounds(suspend()));
}

#[test]
fn t_revoked_node_live_drop() {
    falls_without(Breakage::ExMember, || within_bounds(revoke()));
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}
