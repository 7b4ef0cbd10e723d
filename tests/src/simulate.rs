//! `simulate --seed N` replays one plan aloud; `simulate --seeds COUNT [--first SEED]` runs many on all cores, and shrinks
//! what fails.

use std::process::ExitCode;

use isnad_protocol::breakage;
use isnad_tests::world::{Failure, Plan, Report, World, campaign, shrink};

/// Seeds between two lines of progress.
const LINE: usize = 50;

const USAGE: &str = "\
usage: simulate --seed N [LESS]               replays one seed, and tells each step
       simulate --seeds COUNT [--first SEED]  runs many, and shrinks the first that fail
LESS:  --nodes N  --honest  --ungoverned  --without FAULT,…  --faults N  --writes N  --until MS
       with both: --break NAME, a rule or a defence that is taken out";

/// Failures that are shrunk; the rest are named.
const SHRUNK: usize = 3;

/// Runs the seeds that the arguments ask for; fails if a rule did not hold under one of them.
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a command for people")]
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let mut rest = arguments.to_vec();
    let (count, first) = (take(&mut rest, "--seeds"), take(&mut rest, "--first"));
    let plan = match Plan::parse(&rest) {
        Ok(plan) if !arguments.is_empty() => plan,
        Ok(_) => return usage(""),
        Err(error) => return usage(&error),
    };
    if let Some(defence) = plan.breakage {
        breakage::take_out(defence);
    }
    let Some(count) = count else {
        return match World::run_aloud(&plan) {
            Ok(report) => {
                println!("{report:?}");
                ExitCode::SUCCESS
            }
            Err(failure) => {
                eprintln!("{failure}");
                ExitCode::FAILURE
            }
        };
    };
    let first = first.unwrap_or(0);
    let plans: Vec<Plan> = (first..first.saturating_add(count)).map(|seed| Plan { seed, ..plan.clone() }).collect();
    let failures = play(&plans);
    for failure in failures.iter().take(SHRUNK) {
        eprintln!("shrunk: {}", shrink(Box::new(failure.clone())));
    }
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[allow(clippy::print_stderr, reason = "a command for people")]
fn usage(error: &str) -> ExitCode {
    eprintln!("{error}\n{USAGE}");
    ExitCode::from(2)
}

/// Takes an argument and its number out of the list.
fn take(arguments: &mut Vec<String>, name: &str) -> Option<u64> {
    let at = arguments.iter().position(|argument| argument == name)?;
    let value = arguments.get(at + 1)?.parse().ok()?;
    arguments.drain(at..=at + 1);
    Some(value)
}

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a command for people")]
fn play(plans: &[Plan]) -> Vec<Failure> {
    let mut failures: Vec<Failure> = Vec::new();
    let (mut total, mut done) = (Totals::default(), 0_usize);
    let is_broken = plans.iter().any(|plan| plan.broken.is_some() || plan.breakage.is_some());
    campaign(plans, |outcome| {
        let is_found = is_broken && outcome.is_err();
        match outcome {
            Ok(report) => total.add(&report),
            Err(failure) => {
                eprintln!("{failure}");
                failures.push(*failure);
            }
        }
        done += 1;
        if done.is_multiple_of(LINE) || done == plans.len() || is_found {
            println!("{done} of {} seeds, {} failed; {}", plans.len(), failures.len(), total.line());
        }
        // What is broken on purpose is to be found once.
        !is_found
    });
    failures.sort_by_key(|failure| failure.plan.seed);
    failures
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
