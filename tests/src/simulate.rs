//! `simulate --seed N` replays one plan aloud; `simulate --seeds COUNT [--first SEED]` runs many on all cores, and shrinks
//! what fails; with `--break NAME` it stops at the first that finds what is broken.

use std::collections::BTreeSet;
use std::process::ExitCode;

use isnad_protocol::breakage;
use isnad_tests::world::{Failure, Plan, Report, Versions, World, campaign, shrink};

/// Seeds between two lines of progress.
const LINE: usize = 50;

const USAGE: &str = "\
usage: simulate --seed N [LESS]               replays one seed, and tells each step
       simulate --seeds COUNT [--first SEED]  runs many, and shrinks the first that fail
LESS:  --nodes N  --honest  --ungoverned  --without FAULT,…  --faults N  --writes N  --until MS
       with both: --attacked, --unattacked, whether single defences are tried, else the seed says so; --break NAME, a rule or a defence that is taken out";

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
    break_as(&plan);
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
    if plan.is_broken() {
        return find(&plans);
    }
    let failures = play(&plans).failures;
    for failure in failures.iter().take(SHRUNK) {
        eprintln!("shrunk: {}", shrink(Box::new(failure.clone())));
    }
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays until what is broken on purpose is found once, by a seed that holds while nothing is broken, and shrinks that.
#[allow(clippy::print_stderr, reason = "a command for people")]
fn find(plans: &[Plan]) -> ExitCode {
    let mut rest = plans.to_vec();
    while !rest.is_empty() {
        let Played { failures, seeds } = play(&rest);
        for failure in failures {
            breakage::restore();
            let is_whole = World::run(&failure.plan.unbroken()).is_ok();
            break_as(&failure.plan);
            if is_whole {
                eprintln!("shrunk: {}", shrink(Box::new(failure)));
                return ExitCode::FAILURE;
            }
            eprintln!("seed {} fails unbroken too: that is another matter", failure.plan.seed);
        }
        rest.retain(|plan| !seeds.contains(&plan.seed));
    }
    eprintln!("not found");
    ExitCode::SUCCESS
}

/// Takes a plan's defence out of this process, if it names one.
fn break_as(plan: &Plan) {
    plan.breakage.into_iter().for_each(breakage::take_out);
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

/// What came of seeds, until it was enough.
#[derive(Default)]
struct Played {
    /// By seed.
    failures: Vec<Failure>,
    /// Every seed that ended.
    seeds: BTreeSet<u64>,
}

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a command for people")]
fn play(plans: &[Plan]) -> Played {
    let (mut played, mut total) = (Played::default(), Totals::default());
    let Played { failures, seeds } = &mut played;
    let is_broken = plans.iter().any(Plan::is_broken);
    campaign(plans, |outcome| {
        let is_found = is_broken && outcome.is_err();
        match outcome {
            Ok(report) => {
                seeds.insert(report.seed);
                total.add(&report);
            }
            Err(failure) => {
                seeds.insert(failure.plan.seed);
                eprintln!("{failure}");
                failures.push(*failure);
            }
        }
        let done = seeds.len();
        if done.is_multiple_of(LINE) || done == plans.len() || is_found {
            println!("{done} of {} seeds, {} failed; {}", plans.len(), failures.len(), total.line());
        }
        // What is broken on purpose is to be found once.
        !is_found
    });
    played.failures.sort_by_key(|failure| failure.plan.seed);
    played
}

#[derive(Default)]
struct Totals {
    entries: usize,
    finished: usize,
    faults: usize,
    frames: u64,
    dropped: usize,
    compared: u64,
    slowest_ms: u64,
    rounds: u64,
    versions: Versions,
    halted: usize,
}

impl Totals {
    fn add(&mut self, report: &Report) {
        self.entries += report.contributed;
        self.finished += report.finished;
        self.faults += report.faults;
        self.frames += report.frames;
        self.dropped += report.dropped;
        self.compared += report.compared;
        self.slowest_ms = self.slowest_ms.max(report.agreed_after_ms);
        if !report.is_lied_to {
            self.rounds = self.rounds.max(report.rounds);
        }
        self.versions.amended += report.versions.amended;
        self.versions.took_out += report.versions.took_out;
        self.versions.readmitted += report.versions.readmitted;
        self.versions.settled += report.versions.settled;
        self.halted += usize::from(report.versions.is_halted);
    }

    fn line(&self) -> String {
        let Self { entries, finished, faults, frames, dropped, compared, slowest_ms, rounds, versions, halted } = self;
        let Versions { amended, took_out, readmitted, settled, .. } = versions;
        format!(
            "{entries} entries ({finished} finished after a crash), {faults} faults, {frames} frames, {dropped} sessions \
             ended, {compared} times the same, {amended} charters ({took_out} took out, {readmitted} readmitted, {settled} settled), {halted} halted, \
             agreed after {rounds} rounds, {slowest_ms} ms at most"
        )
    }
}
