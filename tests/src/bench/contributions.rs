//! Single contributions through the local API of a node, each acknowledged once it stands on disk.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::thread::scope;
use std::time::Instant;

use isnad_node::writing::{Change, Request};
use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::RecordId;

use super::Report;
use super::consortium::Consortium;
use super::node::Node;

const COUNT: usize = 1_000;
const CLIENTS: usize = 16;

pub(super) fn run(report: &mut Report) {
    let consortium = Consortium::found(1);
    let node = Node::start(&consortium.homes[0], &[]);
    let raw = syncs_per_second(&consortium.homes[0]);
    let one = contribute(&node, 1);
    let many = contribute(&node, CLIENTS);
    let raw = f64::midpoint(raw, syncs_per_second(&consortium.homes[0]));
    let peer = (raw, "fdatasync alone");
    report.beside("contributions of one client", one, peer, "1/s");
    report.beside("contributions of 16 clients", many, peer, "1/s");
}

fn contribute(node: &Node, clients: usize) -> f64 {
    let start = Instant::now();
    scope(|scope| {
        for client in 0..clients {
            let mut api = node.api();
            scope.spawn(move || {
                for number in 0..COUNT / clients {
                    api.request("POST", "/contributions", &request(clients, client, number));
                }
            });
        }
    });
    (COUNT / clients * clients) as f64 / start.elapsed().as_secs_f64()
}

fn request(clients: usize, client: usize, number: usize) -> Vec<u8> {
    let mut record = [u8::try_from(clients).expect("few"); 16];
    record[0] = 1;
    record[8..].copy_from_slice(&((client * COUNT + number) as u64).to_be_bytes());
    let value = format!("A contribution of one claim, number {number} of client {client}");
    let claim = Json::object([("lang", Json::text("en")), ("prop", Json::text("title")), ("value", Json::text(value))]);
    let changes = vec![Change { claims: vec![claim], ..Change::of(RecordId::new(record)) }];
    let request = Request { space: "members".into(), changes, only_new: false };
    serde_json::to_vec(&request).expect("JSON")
}

/// Appends of an entry's size that one thread flushes one by one, on the same disk.
fn syncs_per_second(dir: &Path) -> f64 {
    let path = dir.join("bench-syncs");
    let mut file = File::create(&path).expect("a file");
    let start = Instant::now();
    for _ in 0..COUNT {
        file.write_all(&[7; 600]).expect("a disk");
        file.sync_data().expect("a disk");
    }
    let seconds = start.elapsed().as_secs_f64();
    std::fs::remove_file(path).expect("a file");
    COUNT as f64 / seconds
}
