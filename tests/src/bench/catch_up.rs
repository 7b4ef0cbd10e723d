//! An empty node catches up with a full one over loopback: both real processes, real libp2p, real disk.

use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use isnad_protocol::entry::Entry;

use super::corpus::{Corpus, READER};
use super::node::Node;
use super::{Report, Size, median};

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
    let verified = middle(|round| round.verified);
    let durable = median(rounds.iter().map(|round| count / round.durable).collect());
    report.at_least(
        "catch-up, until durable",
        durable,
        (count / verified, "verify_strict alone, on two threads"),
        "entries/s",
    );
    let ratio = median(rounds.iter().map(|round| round.verified / round.durable).collect());
    report.at_least("catch-up, until durable, each round by its own peer", ratio, (1.0, "median"), "");
    report.beside(
        "catch-up, until checked",
        count / middle(|round| round.checked),
        (count / verified, "same"),
        "entries/s",
    );
    report.beside(
        "processor time of both nodes until durable",
        middle(|round| round.processor),
        (2.0 * verified, "verify_strict alone"),
        "s",
    );
    report.at_most("memory of the receiver", middle(|round| round.peak) / 1e6, MEMORY_BYTES / 1e6, "MB");
    report.at_most("memory of the sender", sender.peak_bytes() as f64 / 1e6, MEMORY_BYTES / 1e6, "MB");
}

struct Round {
    verified: f64,
    durable: f64,
    checked: f64,
    processor: f64,
    peak: f64,
}

fn catch_up(corpus: &Corpus, sender: &Node, round: usize) -> Round {
    let home = corpus.consortium.copy(READER, &format!("receiver-{round}"));
    let count = corpus.entries.len() as u64;
    let before = verify(&corpus.entries);
    let sent = sender.processor_seconds();
    let start = Instant::now();
    let receiver = Node::spawn(&home, &sender.addresses);
    let mut api = receiver.api();
    while api.get("/status")["entries"].as_u64() != Some(count) {
        sleep(POLL);
    }
    let durable = start.elapsed().as_secs_f64();
    let processor = receiver.processor_seconds() + sender.processor_seconds() - sent;
    while api.get("/status")["unchecked"].as_u64() != Some(0) {
        sleep(POLL);
    }
    let checked = start.elapsed().as_secs_f64();
    let peak = receiver.peak_bytes() as f64;
    // Before and after: others on this machine slow both alike.
    let after = verify(&corpus.entries);
    Round { verified: f64::midpoint(before, after), durable, checked, processor, peak }
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
