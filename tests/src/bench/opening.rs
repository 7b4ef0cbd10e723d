//! A home is opened by a node: one that ended by itself, and one that was killed while it wrote.

use std::fs;
use std::path::Path;
use std::time::Instant;

use super::corpus::Corpus;
use super::node::{Node, note};
use super::{Report, Size, median};

/// What the opening may take, and with what follows the first answer.
const OPENING_MS: f64 = 300.0;
const FIRST_ANSWER_MS: f64 = 2_000.0;

pub(super) fn run(report: &mut Report, size: Size) {
    figures(report, &Corpus::make(size), size);
}

pub(super) fn figures(report: &mut Report, corpus: &Corpus, size: Size) {
    let (home, count) = (&corpus.consortium.homes[0], size.entries);
    // The summaries are made once, at the first list.
    drop(Node::start(home, &[]).api().get_bytes("/records?kind=1&limit=50"));
    let cold = if drop_page_cache() { "page cache dropped" } else { "page cache not dropped: only root may" };
    for (how, is_killed) in [("ended by itself", false), ("killed", true)] {
        let rounds: Vec<(f64, f64)> = (0..size.rounds).map(|round| open(home, is_killed, round)).collect();
        let middle = |of: fn(&(f64, f64)) -> f64| median(rounds.iter().map(of).collect()) * 1e3;
        let named = |what: &str| format!("{what}, of {count} entries, {how}, {cold}");
        report.at_most(&named("opening"), middle(|round| round.0), OPENING_MS, "ms");
        report.at_most(&named("first list"), middle(|round| round.1), FIRST_ANSWER_MS, "ms");
    }
}

/// Seconds until a node answers anything, and until it has answered a list.
fn open(home: &Path, is_killed: bool, round: usize) -> (f64, f64) {
    let node = Node::start(home, &[]);
    let (_, request) = note(8, round * 2 + usize::from(is_killed));
    drop(node.api().request("POST", "/contributions", &request));
    if is_killed {
        drop(node);
    } else {
        node.stop();
    }
    drop_page_cache();
    let start = Instant::now();
    let node = Node::spawn(home, &[]);
    let mut api = node.api();
    drop(api.get_bytes("/status"));
    let opened = start.elapsed().as_secs_f64();
    drop(api.get_bytes("/records?kind=1&limit=50"));
    (opened, start.elapsed().as_secs_f64())
}

/// `false` where the system does not let us.
fn drop_page_cache() -> bool {
    // Only what stands on disk can be dropped.
    let _ = std::process::Command::new("sync").status();
    fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}
