//! Crashes and losses of power at every point where a home is written to or synced; `crash --help` says how it is run.
//!
//! A workload runs once to its end, and what it does to the files of its home is listed. Then it runs again for each point of
//! that list, is killed there (`crash/kill.rs`), or the disk is made what a loss of power may leave of it there
//! (`crash/power.rs`). Whatever happened: the home opens by itself, nothing that was acknowledged is lost, no key signs twice
//! at one position, the index says what the journal says, and the auditor finds nothing (`crash/check.rs`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use serde_json::json;

mod check;
mod ground;
mod kill;
mod power;
mod trace;

pub use ground::Workload;
pub use trace::lacks_strace;

use ground::Ground;
use kill::Aim;
use power::{Loss, Recording};

const USAGE: &str = "\
usage: crash [--workload NAME] [--part kills|power] [--points N] [--json]
       crash --workload NAME --at POINT   runs one point again
NAME:  append, admit, govern, index, rebuild, roll; all of them unless one is named
N:     at most so many points of each workload and part, spread over all there are";

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It is killed; what it handed to the system is kept.
    Kills,
    /// The power fails; what was not synced is kept, dropped or torn.
    Power,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Kills => "kills",
            Self::Power => "power",
        }
    }
}

/// What came of the points of one workload and part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// What was under way.
    pub workload: Workload,
    /// How it ended.
    pub part: Part,
    /// Points there are.
    pub found: usize,
    /// Points that were tried.
    pub points: usize,
    /// Of those, the ones at which the process died; all where the power failed.
    pub died: usize,
    /// What did not hold, with the command that shows it again.
    pub failures: Vec<String>,
}

/// What a campaign is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What is under way.
    pub workloads: Vec<Workload>,
    /// How it ends.
    pub parts: Vec<Part>,
    /// Points of each workload and part at most; `None`: all.
    pub points: Option<usize>,
}

/// Runs a campaign, and tells of each point that was tried.
///
/// # Panics
/// If no home can be prepared, or strace does not work: ask [`lacks_strace`] before.
pub fn run(plan: &Plan, mut tell: impl FnMut(&Tally)) -> Vec<Tally> {
    let ground = Ground::prepare();
    let mut tallies = Vec::new();
    for workload in &plan.workloads {
        for part in &plan.parts {
            tallies.push(play(&ground, *workload, *part, plan.points, &mut tell));
        }
    }
    tallies
}

fn play(
    ground: &Ground,
    workload: Workload,
    part: Part,
    points: Option<usize>,
    tell: &mut impl FnMut(&Tally),
) -> Tally {
    let mut tally = Tally { workload, part, found: 0, points: 0, died: 0, failures: Vec::new() };
    match part {
        Part::Kills => {
            let aims = kill::aims(ground, workload);
            tally.found = aims.len();
            for aim in spread(&aims, points) {
                tally.take(&aim.to_string(), || kill_at(ground, workload, aim));
                tell(&tally);
            }
        }
        Part::Power => {
            let recording = power::record(ground, workload);
            let losses = recording.losses();
            tally.found = losses.len();
            for loss in spread(&losses, points) {
                tally.take(&loss.to_string(), || lose_at(ground, workload, &recording, loss));
                tell(&tally);
            }
        }
    }
    tally
}

impl Tally {
    /// Tries a point; what panics does not hold either.
    fn take(&mut self, point: &str, attempt: impl FnOnce() -> Result<bool, String>) {
        self.points += 1;
        let outcome = catch_unwind(AssertUnwindSafe(attempt)).unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            Err(text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default())
        });
        match outcome {
            Ok(has_died) => self.died += usize::from(has_died),
            Err(error) => {
                let name = self.workload.name();
                self.died += 1;
                self.failures.push(format!(
                    "{name}, {point}: {error}\n  again: cargo run --release -p isnad-tests -- crash --workload {name} --at {point}"
                ));
            }
        }
    }

    fn line(&self) -> String {
        let Self { workload, part, found, points, died, failures } = self;
        let (workload, part, failed) = (workload.name(), part.name(), failures.len());
        format!("{workload:8} {part:6} {found:6} {points:6} {died:6} {failed:6}")
    }
}

/// Kills a process at a point; true if it was met.
fn kill_at(ground: &Ground, workload: Workload, aim: &Aim) -> Result<bool, String> {
    let struck = kill::strike(ground, workload, aim);
    check::check(ground, workload, &ground.promised(&struck.said))?;
    Ok(struck.is_killed)
}

fn lose_at(ground: &Ground, workload: Workload, recording: &Recording, loss: &Loss) -> Result<bool, String> {
    let said = recording.make(ground, workload, loss);
    check::check(ground, workload, &ground.promised(&said))?;
    Ok(true)
}

/// So many of all, evenly, and each time another of those that stand together: the fates of what was not synced.
fn spread<T>(all: &[T], count: Option<usize>) -> Vec<&T> {
    let Some(count) = count.filter(|count| *count < all.len()) else { return all.iter().collect() };
    let at = |number: usize| (2 * number + 1) * all.len() / (2 * count) + (number + 1) % FATES;
    (0..count).filter_map(|number| all.get(at(number).min(all.len() - 1))).collect()
}

/// What may become of a write that was not synced.
const FATES: usize = 4;

/// Runs what the arguments ask for.
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a command for people")]
#[must_use]
pub fn main(arguments: &[String]) -> ExitCode {
    let Some(asked) = Asked::parse(arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if let Some(reason) = lacks_strace() {
        eprintln!("strace is needed, and may not be missing or forbidden: {reason}");
        return ExitCode::FAILURE;
    }
    if let Some(point) = &asked.at {
        return again(&asked.plan, point);
    }
    let began = Instant::now();
    let tallies = run(&asked.plan, |tally| {
        if tally.points % LINE == 0 || tally.points == tally.found {
            eprintln!("{} ({} s)", tally.line(), began.elapsed().as_secs());
        }
    });
    if asked.is_json {
        println!("{}", told(&tallies));
    } else {
        println!("workload part    found  tried   died failed");
        tallies.iter().for_each(|tally| println!("{}", tally.line()));
    }
    let failures: Vec<&String> = tallies.iter().flat_map(|tally| &tally.failures).collect();
    failures.iter().for_each(|failure| eprintln!("{failure}"));
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Points between two lines of progress.
const LINE: usize = 10;

fn told(tallies: &[Tally]) -> serde_json::Value {
    let told = |tally: &Tally| {
        json!({
            "workload": tally.workload.name(), "part": tally.part.name(), "found": tally.found,
            "tried": tally.points, "died": tally.died, "failures": tally.failures,
        })
    };
    tallies.iter().map(told).collect()
}

/// Runs one point again.
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a command for people")]
fn again(plan: &Plan, point: &str) -> ExitCode {
    let [workload] = plan.workloads[..] else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let ground = Ground::prepare();
    let outcome = match (Loss::parse(point), Aim::parse(point)) {
        (Some(loss), _) => lose_at(&ground, workload, &power::record(&ground, workload), &loss),
        (None, Some(aim)) => kill_at(&ground, workload, &aim),
        (None, None) => Err(USAGE.to_owned()),
    };
    println!("{outcome:?}");
    if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Asked {
    plan: Plan,
    at: Option<String>,
    is_json: bool,
}

impl Asked {
    fn parse(arguments: &[String]) -> Option<Self> {
        let plan = Plan { workloads: Workload::ALL.to_vec(), parts: vec![Part::Kills, Part::Power], points: None };
        let mut asked = Self { plan, at: None, is_json: false };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--workload" => asked.plan.workloads = vec![Workload::parse(rest.next()?)?],
                "--part" => {
                    let name = rest.next()?;
                    asked.plan.parts = vec![[Part::Kills, Part::Power].into_iter().find(|part| part.name() == name)?];
                }
                "--points" => asked.plan.points = Some(rest.next()?.parse().ok()?),
                "--at" => asked.at = Some(rest.next()?.clone()),
                "--json" => asked.is_json = true,
                _ => return None,
            }
        }
        Some(asked)
    }
}
