//! The index made anew from the journal.

use std::path::Path;
use std::time::Instant;

use isnad_node::store::Store;

use super::consortium::open;
use super::corpus::{Corpus, records_held};
use super::{Report, Size, median};

pub(super) fn run(report: &mut Report, size: Size) {
    let corpus = Corpus::make(size);
    let count = corpus.entries.len() as f64;
    let home = open(&corpus.consortium.homes[0]);
    let spaces = corpus.consortium.spaces();
    let (mut read, mut rebuilt) = (Vec::new(), Vec::new());
    for _ in 0..size.rounds {
        read.push(count / timed(|| spaces.iter().map(|space| read_all(&home.journal(space))).sum::<usize>()));
        std::fs::remove_dir_all(home.index()).expect("an index");
        rebuilt.push(
            count
                / timed(|| {
                    let store = Store::open(&home, &spaces, &mut |_| {}).expect("a store");
                    assert!(records_held(store.index()) >= corpus.incidents.len(), "the index holds every record");
                }),
        );
    }
    report.beside("index made anew", median(rebuilt), (median(read), "reading the journal's files"), "entries/s");
}

fn timed<T>(run: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_secs_f64()
}

fn read_all(dir: &Path) -> usize {
    let files = std::fs::read_dir(dir).expect("a journal").map(|file| file.expect("a file").path());
    files.map(|path| std::fs::read(path).expect("a segment").len()).sum()
}
