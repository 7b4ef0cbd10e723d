//! Figures of speed and size, each as a ratio to a limit or to a peer that is measured in the same run.
//!
//! `cargo run --release -p isnad-tests -- bench [NAME …] [--short] [--json] [--against FILE] [--entries N] [--logs N]
//! [--incidents N] [--rounds N] [--records N] [--claims-per-record N]`. Absolute figures
//! depend on the machine and on who shares it; ratios within a run are what is held to. `--against FILE`, what an earlier run
//! printed with `--json`, fails where a ratio became worse beyond noise instead of where a goal is missed.

use std::path::Path;
use std::process::ExitCode;

mod attestations;
mod batch;
mod catch_up;
mod consortium;
mod contributions;
mod corpus;
mod demo;
mod forks;
mod governance;
mod growth;
mod hostile;
mod idle;
mod import;
mod index;
mod journal;
mod lists;
mod no_op;
mod node;
mod opening;
mod peers;
mod reading;
mod report;
mod view;
pub mod wire;

pub use report::{Figure, Report};

/// How much of everything a run measures.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// Entries to catch up with.
    entries: usize,
    /// Logs that they stand in: two for each organisation that writes.
    logs: usize,
    /// Incidents that they are about.
    incidents: usize,
    /// Records of all kinds to list.
    records: usize,
    /// Claims about each of these.
    claims: usize,
    /// Peers that are connected and idle.
    peers: usize,
    /// How often what is noisy is repeated; the median is told.
    rounds: usize,
}

/// Measures one thing.
type Bench = fn(&mut Report, Size);

/// The benches by name, in the order of a whole run.
const BENCHES: [(&str, Bench); 19] = [
    ("wire", |report, _| wire::run(report)),
    ("attestations", |report, _| attestations::run(report)),
    ("demo", |report, _| demo::run(report)),
    ("contributions", |report, _| contributions::run(report)),
    ("journal", journal::run),
    ("import", import::run),
    ("catch-up", catch_up::run),
    ("peers", peers::run),
    ("index", index::run),
    ("reading", reading::run),
    ("lists", lists::run),
    ("view", |report, _| view::run(report)),
    ("governance", |report, _| governance::run(report)),
    ("forks", |report, _| forks::run(report)),
    ("hostile", |report, _| hostile::run(report)),
    ("no-op", no_op::run),
    ("opening", opening::run),
    ("growth", growth::run),
    ("idle", idle::run),
];

/// Runs the benches that the arguments name, or all; fails if one target is missed.
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks to its user")]
#[must_use]
pub fn main(arguments: &[String]) -> ExitCode {
    let Some(Asked { size, is_json, known, names }) = parse(arguments) else {
        let names = BENCHES.map(|(name, _)| name).join(" ");
        eprintln!(
            "usage: bench [NAME …] [--short] [--json] [--against FILE] [--entries N] [--logs N] [--incidents N] [--rounds N] [--records N] [--claims-per-record N]\nnames: {names}"
        );
        return ExitCode::from(2);
    };
    let mut report = Report::new(!is_json);
    for (name, run) in BENCHES {
        if names.is_empty() || names.contains(&name) {
            run(&mut report, size);
        }
    }
    if is_json {
        println!("{}", report.to_json());
    }
    let Some(known) = known else { return exit(report.passes()) };
    let regressions = report.regressions(&known);
    regressions.iter().for_each(|line| eprintln!("WORSE {line}"));
    exit(regressions.is_empty())
}

fn exit(is_good: bool) -> ExitCode {
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What a command line asks for.
struct Asked<'a> {
    size: Size,
    is_json: bool,
    /// A run that was written down: this one fails where it is worse, not where a target is missed.
    known: Option<serde_json::Value>,
    names: Vec<&'a str>,
}

fn parse(arguments: &[String]) -> Option<Asked<'_>> {
    let (mut size, mut is_json) = (
        Size { entries: 100_000, logs: 100, incidents: 10_000, records: 100_000, claims: 10, peers: 100, rounds: 3 },
        false,
    );
    let (mut names, mut known) = (Vec::new(), None);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next()?.parse().ok().filter(|number| *number > 0);
        match argument.as_str() {
            "--json" => is_json = true,
            "--against" => known = Some(serde_json::from_slice(&std::fs::read(arguments.next()?).ok()?).ok()?),
            "--short" => {
                size =
                    Size { entries: 20_000, logs: 20, incidents: 2_000, records: 5_000, peers: 20, rounds: 1, ..size }
            }
            "--entries" => size.entries = number()?,
            "--logs" => size.logs = number()?,
            "--incidents" => size.incidents = number()?,
            "--records" => size.records = number()?,
            "--claims-per-record" => size.claims = number()?,
            "--rounds" => size.rounds = number()?,
            name if BENCHES.iter().any(|(known, _)| *known == name) => names.push(name),
            _ => return None,
        }
    }
    Some(Asked { size, is_json, known, names })
}

/// What the files of a folder take.
fn bytes_in(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file"));
    let bytes = |file: std::fs::DirEntry| match file.metadata().expect("a file") {
        of if of.is_dir() => bytes_in(&file.path()),
        of => of.len(),
    };
    files.map(bytes).sum()
}

/// The middle one of an odd number of measurements.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
