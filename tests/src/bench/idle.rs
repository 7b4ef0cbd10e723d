//! A node with many connected peers that have nothing to say to each other: real processes, over TCP.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::consortium::Consortium;
use super::node::Node;
use super::{Report, Size};

/// How long nothing is done, while the processor time of the node is counted.
const IDLE: Duration = Duration::from_secs(20);

/// What is new is attested, and that told, before anybody is idle.
const SETTLED: Duration = Duration::from_secs(40);

/// Memory that a connected peer may take.
const PEER_KIB: f64 = 64.0;

/// The share of one processor that is no more than what the clock of processes can tell apart.
const SHARE: f64 = 0.01;

pub(super) fn run(report: &mut Report, size: Size) {
    let count = size.peers;
    let consortium = Consortium::found(count + 1);
    let (home, others) = consortium.homes.split_first().expect("a home");
    let node = Node::start(home, &[]);
    let alone = node.resident_bytes() as f64;
    let peers: Vec<Node> = others.iter().map(|home| Node::start(home, &node.addresses)).collect();
    let mut api = node.api();
    let live = |status: &serde_json::Value| {
        status["peers"].as_object().map_or(0, |peers| peers.values().filter(|peer| peer["is_live"] == true).count())
    };
    let start = Instant::now();
    while live(&api.get("/status")) < count {
        assert!(start.elapsed() < Duration::from_secs(120), "{}", api.get("/status"));
        sleep(Duration::from_millis(100));
    }
    sleep(SETTLED);
    let of_one = (node.resident_bytes() as f64 - alone) / count as f64 / 1_024.0;
    let (before, start) = (node.processor_seconds(), Instant::now());
    sleep(IDLE);
    let share = (node.processor_seconds() - before) / start.elapsed().as_secs_f64();
    report.at_most(&format!("memory of one of {count} connected peers, idle"), of_one, PEER_KIB, "KiB");
    report.at_most(&format!("processor while {count} peers are idle"), share, SHARE, "of one core");
    drop(peers);
}
