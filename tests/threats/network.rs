//! Row 39: a stranger connects, and learns nothing but that a port answers.
//!
//! What a stranger could see on the wire, stream by stream and byte by byte, is tested where libp2p is named
//! (`node/src/network/tests.rs`). Here a whole node is asked: it runs with its replica, and a stranger runs our own
//! network with a key that nobody granted.

use std::time::Duration;

use isnad_node::network::{Event, Network, Settings};
use isnad_node::node::{Addresses, Node, Options};
use isnad_protocol::breakage::Breakage;
use isnad_protocol::id::NodeId;
use isnad_protocol::key::SecretKey;
use tempfile::TempDir;

use crate::falls_without;
use crate::home::{home, unlocker};

/// What a stranger hears of a node until the node has told its administrator of him, or until it has answered him.
async fn knock(listen: &str) {
    let dir = TempDir::new().unwrap();
    let home = home(dir.path());
    let network = Some(Addresses { listen: vec![listen.to_owned()], peers: Vec::new() });
    let node = Node::start(Options { home, unlocker: Some(unlocker()), network }, &mut |_| {}).await.unwrap();
    let address = node.listening(1).await.remove(0);
    let members = node.snapshot().governance.nodes().into_keys().collect();
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
