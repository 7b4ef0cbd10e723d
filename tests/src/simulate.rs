//! `simulate --seed N` replays one seed aloud; `simulate --seeds COUNT [--from N]` runs many and prints progress.

use std::process::ExitCode;

use isnad_tests::world::{Failure, Report, World};

/// Seeds between two lines of progress.
const LINE: u64 = 50;

/// Runs the seeds that the arguments ask for; fails if a rule did not hold under one of them.
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a command for people")]
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let number = |name: &str| {
        let value = arguments.iter().skip_while(|argument| *argument != name).nth(1);
        value.and_then(|value| value.parse::<u64>().ok())
    };
    if let Some(seed) = number("--seed") {
        return match World::run_aloud(seed) {
            Ok(report) => {
                println!("{}", line(&report));
                ExitCode::SUCCESS
            }
            Err(failure) => {
                eprintln!("{failure}");
                ExitCode::FAILURE
            }
        };
    }
    let Some(count) = number("--seeds") else {
        eprintln!("usage: simulate --seed N | --seeds COUNT [--from N]");
        return ExitCode::from(2);
    };
    let from = number("--from").unwrap_or(0);
    let mut failures: Vec<Box<Failure>> = Vec::new();
    let mut total = Totals::default();
    for seed in from..from.saturating_add(count) {
        match World::run(seed) {
            Ok(report) => total.add(&report),
            Err(failure) => {
                eprintln!("{failure}");
                failures.push(failure);
            }
        }
        let done = seed - from + 1;
        if done.is_multiple_of(LINE) || done == count {
            println!("{done} of {count} seeds, {} failed; {}", failures.len(), total.line());
        }
    }
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[derive(Default)]
struct Totals {
    entries: usize,
    finished: usize,
    faults: usize,
    frames: u64,
    dropped: usize,
    slowest_ms: u64,
}

impl Totals {
    fn add(&mut self, report: &Report) {
        self.entries += report.contributed;
        self.finished += report.finished;
        self.faults += report.faults;
        self.frames += report.frames;
        self.dropped += report.dropped;
        self.slowest_ms = self.slowest_ms.max(report.agreed_after_ms);
    }

    fn line(&self) -> String {
        let Self { entries, finished, faults, frames, dropped, slowest_ms } = self;
        format!(
            "{entries} entries ({finished} finished after a crash), {faults} faults, {frames} frames, {dropped} sessions \
             ended, agreed after {slowest_ms} ms at most"
        )
    }
}

fn line(report: &Report) -> String {
    format!("{report:?}")
}
