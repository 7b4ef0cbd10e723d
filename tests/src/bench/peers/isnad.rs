//! The work by two real nodes over loopback.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use isnad_protocol::id::RecordId;

use super::Work;
use crate::bench::corpus::Corpus;
use crate::bench::node::{Api, Node, note};
use crate::bench::{bytes_in, median, wire};

/// How exactly the end is seen.
const POLL: Duration = Duration::from_millis(1);

/// New entries, one after the other; the median is told.
const NEW: usize = 21;

pub(super) fn work(corpus: &Corpus) -> Work {
    let home = corpus.empty_home("beside-peers");
    let all = corpus.entries.len() as u64;
    let count = corpus.entries.len() as f64;
    let sender = Node::start(&corpus.consortium.homes[0], &[]);
    let (before, start) = (loopback_bytes(), Instant::now());
    let receiver = Node::spawn(&home, &sender.addresses);
    let mut api = receiver.api();
    let held = |api: &mut Api| api.get("/status")["entries"].as_u64().unwrap_or_default();
    while held(&mut api) < all {
        sleep(POLL);
    }
    let rate = count / start.elapsed().as_secs_f64();
    let wire = (loopback_bytes() - before) / count;
    while api.get("/status")["unchecked"] != 0 || api.get("/status")["unindexed"] != 0 {
        sleep(POLL);
    }
    let mut writer = sender.api();
    // Its home was made by hand: the receiver confirms how far its keys have signed.
    while !writer.get("/status")["not_signing"].is_null() {
        sleep(POLL);
    }
    let deltas = (0..NEW).map(|number| {
        let (start, due) = (Instant::now(), note(9, number));
        writer.request("POST", "/contributions", &due.1);
        // Queryable there, not only held.
        while !shows(&mut api, due.0) {
            sleep(POLL);
        }
        start.elapsed().as_secs_f64()
    });
    let delta = median(deltas.collect());
    drop(receiver);
    let disk = (bytes_in(&home.join("journal")) + bytes_in(&home.join("index"))) as f64 / count;
    Work { rate, wire, disk: Some(disk), no_op: wire::measure().equal as f64, no_op_seconds: None, delta }
}

fn shows(api: &mut Api, record: RecordId) -> bool {
    api.has(&format!("/records/{record}"))
}

/// All that went over loopback on this machine, headers of TCP and IP too.
fn loopback_bytes() -> f64 {
    let told = fs::read_to_string("/sys/class/net/lo/statistics/rx_bytes").expect("a Linux");
    told.trim().parse().expect("a number")
}
