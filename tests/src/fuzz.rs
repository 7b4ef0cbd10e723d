//! Every decoder of foreign bytes as a plain function, run by a seeded mutator on stable Rust.
//!
//! A case is its target and its number: `cargo run --release -p isnad-tests -- fuzz TARGET --cases 1 --from NUMBER` runs it
//! again. Inputs begin from the golden vectors, from what the code itself writes, and from `tests/fuzz/corpus/TARGET`, where
//! every input that once broke something is kept.

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use isnad_protocol::encoding::to_hex;

use crate::mutator::{Random, mutate};

mod claims;
mod governed;
mod seeds;
mod stateful;
mod targets;

pub use targets::TARGETS;

/// A decoder and what it promises.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// Cases that take a second or two.
    pub short: u64,
    /// Inputs to begin from.
    seeds: fn() -> Vec<Vec<u8>>,
    /// True if the bytes were taken. Panics where a promise is broken.
    run: fn(&[u8]) -> bool,
}

/// What a campaign came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Cases run.
    pub cases: u64,
    /// Cases in which the bytes were taken.
    pub taken: u64,
}

/// A case in which a promise was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Its number.
    pub case: u64,
    /// The input, made as short as it could be.
    pub input: Vec<u8>,
    /// What the panic said.
    pub why: String,
}

impl Target {
    /// The target of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// Runs cases `from..from + cases`: each seed as it is, then mutations.
    ///
    /// # Errors
    /// The first [`Broken`] case.
    pub fn run(&self, from: u64, cases: u64) -> Result<Tally, Box<Broken>> {
        let seeds = [(self.seeds)(), kept(self.name)].concat();
        let mut tally = Tally::default();
        for case in from..from.saturating_add(cases) {
            let input = input(case, &seeds);
            let is_taken = self.attempt(&input).map_err(|why| {
                let input = self.shrink(input);
                Box::new(Broken { case, input, why })
            })?;
            tally.cases += 1;
            tally.taken += u64::from(is_taken);
        }
        Ok(tally)
    }

    fn attempt(&self, input: &[u8]) -> Result<bool, String> {
        catch_unwind(AssertUnwindSafe(|| (self.run)(input))).map_err(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
        })
    }

    /// Leaves out whatever can be left out while the promise stays broken.
    fn shrink(&self, mut input: Vec<u8>) -> Vec<u8> {
        let mut size = input.len() / 2;
        while size > 0 {
            let mut at = 0;
            while at < input.len() {
                let mut shorter = input.clone();
                shorter.drain(at..(at + size).min(input.len()));
                if self.attempt(&shorter).is_err() {
                    input = shorter;
                } else {
                    at += size;
                }
            }
            size /= 2;
        }
        input
    }
}

fn input(case: u64, seeds: &[Vec<u8>]) -> Vec<u8> {
    let as_it_is = usize::try_from(case).ok().and_then(|case| seeds.get(case));
    if let Some(seed) = as_it_is {
        return seed.clone();
    }
    let mut random = Random::new(case);
    let mut bytes = random.pick(seeds).clone();
    mutate(&mut bytes, seeds, &mut random);
    bytes
}

/// Inputs that once broke something.
fn kept(target: &str) -> Vec<Vec<u8>> {
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target))
}

/// The files of a folder, by name; none if there is no folder.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().filter_map(|file| Some(file.ok()?.path())).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("a file of the corpus can be read")).collect()
}

impl std::fmt::Display for Broken {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "case {}: {}; shortest input of {} bytes: ", self.case, self.why, self.input.len())?;
        let text = std::str::from_utf8(&self.input).ok().filter(|text| text.chars().all(|c| !c.is_control()));
        out.write_str(&text.map_or_else(|| to_hex(&self.input), str::to_owned))
    }
}

/// `fuzz TARGET|all --cases N [--from N]`.
#[must_use]
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks to its user")]
pub fn main(arguments: &[String]) -> ExitCode {
    let number = |name: &str| {
        let value = arguments.iter().skip_while(|argument| *argument != name).nth(1);
        value.and_then(|value| value.parse::<u64>().ok())
    };
    let name = arguments.first().map_or("", String::as_str);
    let chosen: Vec<&Target> = TARGETS.iter().filter(|target| name == "all" || target.name == name).collect();
    if chosen.is_empty() {
        let names = TARGETS.iter().fold(String::new(), |mut names, target| {
            let _ = write!(names, " {}", target.name);
            names
        });
        eprintln!("usage: isnad-tests fuzz TARGET|all [--cases N] [--from N]\ntargets:{names}");
        return ExitCode::from(2);
    }
    for target in chosen {
        match target.run(number("--from").unwrap_or(0), number("--cases").unwrap_or(target.short)) {
            Ok(Tally { cases, taken }) => println!("{}: {cases} cases, {taken} taken, none broken", target.name),
            Err(broken) => {
                eprintln!("{}: {broken}", target.name);
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
