//! Entries that are sealed and checked go into a store in groups, one flush each, beside the same bytes into a flat file.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use isnad_node::store::Store;
use isnad_protocol::log::Authentic;
use isnad_protocol::replica::{self, Batch};

use super::consortium::open;
use super::corpus::Corpus;
use super::{Report, Size, median};

/// Entries of one group.
const GROUP: usize = 1_000;

pub(super) fn run(report: &mut Report, size: Size) {
    let corpus = Corpus::make(size);
    let count = corpus.entries.len() as f64;
    let rounds = (0..size.rounds).map(|round| {
        let home = corpus.empty_home(&format!("groups-{round}"));
        (into_store(&corpus, &home), into_file(&corpus, &home))
    });
    let (store, flat): (Vec<f64>, Vec<f64>) = rounds.unzip();
    let peer = (count / median(flat), "the same bytes and groups into a flat file");
    report.reaches("append in groups of 1,000, flushed", count / median(store), peer, 0.7, "entries/s");
}

fn into_store(corpus: &Corpus, home: &Path) -> f64 {
    let mut store = Store::open(&open(home), &corpus.consortium.spaces(), &mut |_| {}).expect("a store");
    let write = |entry| replica::Write::Entry { entry: Authentic::from_store(entry), is_checked: true };
    let groups: Vec<Batch> = corpus
        .entries
        .chunks(GROUP)
        .map(|group| Batch { writes: group.iter().cloned().map(write).collect() })
        .collect();
    let start = Instant::now();
    for group in groups {
        store.append(group).expect("a disk");
        store.sync().expect("a disk");
    }
    start.elapsed().as_secs_f64()
}

fn into_file(corpus: &Corpus, home: &Path) -> f64 {
    let groups: Vec<Vec<u8>> =
        corpus.entries.chunks(GROUP).map(|group| group.iter().flat_map(|entry| entry.encode()).collect()).collect();
    let path = home.join("bench-flat");
    let mut file = File::create(&path).expect("a file");
    let start = Instant::now();
    for group in groups {
        file.write_all(&group).expect("a disk");
        file.sync_data().expect("a disk");
    }
    let seconds = start.elapsed().as_secs_f64();
    std::fs::remove_file(path).expect("a file");
    seconds
}
