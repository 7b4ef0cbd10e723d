//! Reading a home of 10,000 incidents: lists and views of a running node, and a home that a command opens itself.

use std::path::Path;
use std::time::Instant;

use super::corpus::Corpus;
use super::node::{Api, Node};
use super::{Report, Size, median};
use crate::binary;

/// How often each is read; the median is told.
const TIMES: usize = 11;

const KHAN_AL_ASSAL: &str = "khan-al-assal-2013-03-19";

pub(super) fn run(report: &mut Report, size: Size) {
    let corpus = Corpus::make(size);
    let home = &corpus.consortium.homes[0];
    let copy = corpus.incidents[corpus.incidents.len() / 2].to_string();
    opening(report, home);
    let node = Node::start(home, &[]);
    let mut api = node.api();
    let first = seconds(|| drop(api.get_bytes("/records?kind=1")));
    report.beside("first list, which makes every summary", first * 1e3, (50.0, "limit of later ones"), "ms");
    let show = |api: &mut Api, record: &str| drop(api.get_bytes(&format!("/records/{record}")));
    let list = often(|| drop(api.get_bytes("/records?kind=1")));
    report.at_most("list incident, API", list * 1e3, 50.0, "ms");
    report.at_most("show of one of the copies, API", often(|| show(&mut api, &copy)) * 1e3, 50.0, "ms");
    report.at_most("show of a real incident, API", often(|| show(&mut api, KHAN_AL_ASSAL)) * 1e3, 50.0, "ms");
    report.at_most("list incident, command", often(|| command(home, &["list", "incident"])) * 1e3, 50.0, "ms");
    let json = often(|| command(home, &["list", "incident", "--json"]));
    report.at_most("list incident --json, command", json * 1e3, 50.0, "ms");
    report.at_most("show, command", often(|| command(home, &["show", KHAN_AL_ASSAL])) * 1e3, 50.0, "ms");
    let start = often(|| command(home, &["status"]));
    report.beside("status, command", start * 1e3, (list * 1e3, "list incident, API"), "ms");
    let seconds_of = |api: &mut Api, path: &str| seconds(|| drop(api.get_bytes(path)));
    let count = corpus.entries.len() as f64;
    let digest = seconds_of(&mut api, "/digest");
    report.beside("digest", count / digest, (count, "entries held"), "entries/s");
    let export = seconds_of(&mut api, "/export/entries");
    report.beside("export of entries", count / export, (count, "entries held"), "entries/s");
    report.beside(
        "memory after digest and export",
        node.peak_bytes() as f64 / 1e6,
        (count / 1e3, "thousand entries"),
        "MB",
    );
}

fn opening(report: &mut Report, home: &Path) {
    let open = often(|| command(home, &["status", "--json"]));
    report.at_most("opening a home and its status, command", open * 1e3, 500.0, "ms");
}

pub(super) fn command(home: &Path, arguments: &[&str]) {
    let output = binary::run(home, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

pub(super) fn often(mut run: impl FnMut()) -> f64 {
    median((0..TIMES).map(|_| seconds(&mut run)).collect())
}

/// How often what is told of 99 of 100 is read.
pub(super) const TIMES_MANY: usize = 300;

/// What so many of a hundred stay below.
pub(super) fn of_hundred(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * percent / 100).min(values.len() - 1)]
}

pub(super) fn seconds(run: impl FnOnce()) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_secs_f64()
}
