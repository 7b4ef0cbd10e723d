//! An empty node catches up with a full one over loopback: both real processes, real libp2p, real disk.

use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use isnad_protocol::entry::Entry;

use super::corpus::Corpus;
use super::node::Node;
use super::{Report, Size, batch, bytes_in, median};

/// How exactly the end is seen.
const POLL: Duration = Duration::from_millis(10);

/// What a node may take beside the indexes of what it holds: 64 MB for the program, its runtime, argon2, and sled's cache;
/// twice the credit of a session in frames, once under way and once in batches; the queue of the index.
const MEMORY_BYTES: f64 = 160e6;

pub(super) fn run(report: &mut Report, size: Size) {
    let corpus = Corpus::make(size);
    let count = corpus.entries.len() as f64;
    report.beside(
        "payload bytes of an entry, on average",
        corpus.payload_bytes() as f64 / count,
        (corpus.entries.len() as f64, "entries"),
        "bytes",
    );
    let sender = Node::start(&corpus.consortium.homes[0], &[]);
    let rounds: Vec<Round> = (0..size.rounds).map(|round| catch_up(&corpus, &sender, round)).collect();
    let middle = |of: fn(&Round) -> f64| median(rounds.iter().map(of).collect());
    let (verified, batched) = (middle(|round| round.verified), middle(|round| round.batched));
    let best = (count / batched, "ed25519-zebra's batches, on two threads: L");
    report.reaches("catch-up, until durable", count / middle(|round| round.durable), best, 1.0 / 1.5, "entries/s");
    report.reaches(
        "catch-up, until listed and shown",
        count / middle(|round| round.shown),
        best,
        1.0 / 4.0,
        "entries/s",
    );
    let plain = (count / verified, "verify_strict alone, on two threads");
    report.beside("catch-up, until checked", count / middle(|round| round.checked), plain, "entries/s");
    report.beside(
        "processor time of both nodes until durable",
        middle(|round| round.processor),
        (2.0 * batched, "L's two threads"),
        "s",
    );
    report.at_most("memory of the receiver", middle(|round| round.peak) / 1e6, MEMORY_BYTES / 1e6, "MB");
    report.at_most("memory of the sender", sender.peak_bytes() as f64 / 1e6, MEMORY_BYTES / 1e6, "MB");
    let bare: usize = corpus.entries.iter().map(|entry| entry.encode().len()).sum();
    let bare = (bare as f64 / count, "header, signature and payload");
    report.stays("disk of the receiver, for each entry", middle(|round| round.disk) / count, bare, 1.2, "bytes");
}

/// Seconds and bytes of one run.
pub(super) struct Round {
    verified: f64,
    /// Of L: every signature checked by batches.
    pub(super) batched: f64,
    /// Until all is on disk.
    pub(super) durable: f64,
    /// Until all is listed and shown.
    pub(super) shown: f64,
    checked: f64,
    processor: f64,
    /// Bytes that the receiver had at one time.
    pub(super) peak: f64,
    disk: f64,
}

pub(super) fn catch_up(corpus: &Corpus, sender: &Node, round: usize) -> Round {
    let home = corpus.empty_home(&format!("receiver-{round}"));
    let count = corpus.entries.len();
    let (verified, batched) = (verify(&corpus.entries), count as f64 / batch::rate());
    let sent = sender.processor_seconds();
    let start = Instant::now();
    let receiver = Node::spawn(&home, &sender.addresses);
    let mut api = receiver.api();
    let mut until = |member: &str, is_due: fn(u64, u64) -> bool| {
        while !api.get("/status")[member].as_u64().is_some_and(|told| is_due(told, count as u64)) {
            sleep(POLL);
        }
        start.elapsed().as_secs_f64()
    };
    let none_left = |left: u64, _: u64| left == 0;
    // More than the corpus once nodes attest to it.
    let durable = until("entries", |held, corpus| held >= corpus);
    let processor = receiver.processor_seconds() + sender.processor_seconds() - sent;
    let shown = until("unindexed", none_left);
    let checked = until("unchecked", none_left);
    let peak = receiver.peak_bytes() as f64;
    // Before and after: others on this machine slow both alike.
    let verified = f64::midpoint(verified, verify(&corpus.entries));
    let batched = f64::midpoint(batched, count as f64 / batch::rate());
    drop(receiver);
    let disk = (bytes_in(&home.join("journal")) + bytes_in(&home.join("index"))) as f64;
    Round { verified, batched, durable, shown, checked, processor, peak, disk }
}

/// Seconds in which two threads check every signature.
fn verify(entries: &[Entry]) -> f64 {
    let start = Instant::now();
    let (front, back) = entries.split_at(entries.len() / 2);
    let all = |part: &[Entry]| part.iter().all(Entry::is_signed);
    let is_good = scope(|scope| {
        let other = scope.spawn(|| all(back));
        all(front) & other.join().expect("no panic")
    });
    assert!(is_good, "every entry is signed");
    start.elapsed().as_secs_f64()
}
