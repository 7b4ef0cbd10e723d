//! Single contributions through the local API of a node, each acknowledged once it stands on disk.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::thread::scope;
use std::time::Instant;

use super::Report;
use super::consortium::Consortium;
use super::node::{Node, note};
use super::reading::of_hundred;

const COUNT: usize = 1_000;
const CLIENTS: usize = 16;

pub(super) fn run(report: &mut Report) {
    let consortium = Consortium::found(1);
    let node = Node::start(&consortium.homes[0], &[]);
    let mut syncs = syncs(&consortium.homes[0]);
    let (one, waits) = contribute(&node, 1);
    let (many, _) = contribute(&node, CLIENTS);
    syncs.extend(self::syncs(&consortium.homes[0]));
    let flat = (of_hundred(syncs, 50), "F: 500 bytes appended to a flat file, and synced");
    report.stays("one contribution, to acknowledged: median", of_hundred(waits.clone(), 50), flat, 3.0, "ms");
    report.stays("one contribution, to acknowledged: 99 of 100", of_hundred(waits, 99), flat, 10.0, "ms");
    let peer = (1e3 / flat.0, flat.1);
    report.beside("contributions of one client", one, peer, "1/s");
    report.beside("contributions of 16 clients", many, peer, "1/s");
}

/// Contributions a second, and the milliseconds that each waited.
fn contribute(node: &Node, clients: usize) -> (f64, Vec<f64>) {
    let start = Instant::now();
    let waits: Vec<f64> = scope(|scope| {
        let write = |client| {
            let mut api = node.api();
            scope.spawn(move || {
                let one = |number| {
                    let mark = u8::try_from(clients).expect("few");
                    let ((_, request), start) = (note(mark, client * COUNT + number), Instant::now());
                    api.request("POST", "/contributions", &request);
                    start.elapsed().as_secs_f64() * 1e3
                };
                (0..COUNT / clients).map(one).collect::<Vec<f64>>()
            })
        };
        let writers: Vec<_> = (0..clients).map(write).collect();
        writers.into_iter().flat_map(|writer| writer.join().expect("no panic")).collect()
    });
    (waits.len() as f64 / start.elapsed().as_secs_f64(), waits)
}

/// Milliseconds of appends of an entry's size that one thread flushes one by one, on the same disk.
fn syncs(dir: &Path) -> Vec<f64> {
    let path = dir.join("bench-syncs");
    let mut file = File::create(&path).expect("a file");
    let append = |_| {
        let start = Instant::now();
        file.write_all(&[7; 500]).expect("a disk");
        file.sync_data().expect("a disk");
        start.elapsed().as_secs_f64() * 1e3
    };
    let waits = (0..COUNT).map(append).collect();
    std::fs::remove_file(path).expect("a file");
    waits
}
