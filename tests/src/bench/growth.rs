//! How cost grows: the same work at a hundredth, a tenth and all of the entries asked for, and in ten, a hundred and a thousand
//! logs. Where `--entries 1000000` is given, this is the table of docs/scale.md.

use super::corpus::Corpus;
use super::node::Node;
use super::reading::{TIMES_MANY, of_hundred, seconds};
use super::{Report, Size, catch_up, no_op, opening};

/// The rate of the largest, as a share of that of a tenth of it.
const KEPT: f64 = 0.9;

/// What lists and views of many entries are to stay below, 99 of 100 of them.
const READ_MS: f64 = 5.0;

pub(super) fn run(report: &mut Report, size: Size) {
    let entries = [size.entries / 100, size.entries / 10, size.entries].map(|entries| entries.max(1_000));
    let by_size = entries.map(|entries| measure(report, Size { entries, incidents: entries / 10, rounds: 1, ..size }));
    report.reaches(
        &format!("catch-up of {} entries, the rate", entries[2]),
        by_size[2].rate,
        (by_size[1].rate, "a tenth of them"),
        KEPT,
        "entries/s",
    );
    let [_, before, last] = &by_size;
    slopes(report, "ten times the entries", before, last);
    let logs = [10, 100, 1_000];
    let by_logs = logs.map(|logs| measure(report, Size { logs, entries: entries[1], rounds: 1, ..size }));
    let [_, before, last] = &by_logs;
    slopes(report, "ten times the logs", before, last);
}

/// What one size costs.
struct Cost {
    /// Entries a second until they are durable.
    rate: f64,
    /// Bytes at the peak of the receiver.
    memory: f64,
    /// Seconds of a session between two that hold the same.
    no_op: f64,
    /// Seconds that 99 of 100 reads stay below.
    read: f64,
}

fn measure(report: &mut Report, size: Size) -> Cost {
    let corpus = Corpus::make(size);
    let named = |what: &str| format!("{what}: {} entries in {} logs", size.entries, size.logs);
    let round = {
        let sender = Node::start(&corpus.consortium.homes[0], &[]);
        catch_up::catch_up(&corpus, &sender, 0)
    };
    let count = corpus.entries.len() as f64;
    let best = (count / round.batched, "L");
    let rate = count / round.durable;
    report.reaches(&named("catch-up, durable"), rate, best, 1.0 / 1.5, "entries/s");
    report.reaches(&named("catch-up, queryable"), count / round.shown, best, 1.0 / 4.0, "entries/s");
    report.at_most(&named("memory of the receiver"), round.peak / 1e6, 250.0, "MB");
    let no_op = no_op::figures(report, &corpus, size);
    opening::figures(report, &corpus, size);
    let read = reads(report, &corpus, &named("show, and list by a filter, 99 of 100"));
    Cost { rate, memory: round.peak, no_op, read }
}

fn reads(report: &mut Report, corpus: &Corpus, name: &str) -> f64 {
    let node = Node::start(&corpus.consortium.homes[0], &[]);
    let mut api = node.api();
    drop(api.get_bytes("/records?kind=1&limit=50&agent=nerve"));
    let all = corpus.incidents.iter().cycle().step_by(7).take(TIMES_MANY).map(|record| {
        let show = seconds(|| drop(api.get_bytes(&format!("/records/{record}"))));
        show.max(seconds(|| drop(api.get_bytes("/records?kind=1&limit=50&agent=nerve"))))
    });
    let read = of_hundred(all.collect(), 99);
    report.at_most(name, read * 1e3, READ_MS, "ms");
    read
}

/// How many times as much each costs, where ten times as much is there.
fn slopes(report: &mut Report, what: &str, before: &Cost, last: &Cost) {
    let ten = (10.0, "ten times as much");
    report.beside(&format!("{what}: time of catch-up, for each entry"), before.rate / last.rate, ten, "times");
    report.beside(&format!("{what}: memory of the receiver"), last.memory / before.memory, ten, "times");
    report.beside(&format!("{what}: no-op sync"), last.no_op / before.no_op, ten, "times");
    report.beside(&format!("{what}: show and list"), last.read / before.read, ten, "times");
}
