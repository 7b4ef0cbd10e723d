//! `cargo run --release -p isnad-tests -- bench`: figures as ratios; long campaigns.

#![allow(clippy::print_stdout, reason = "a campaign says what it found")]

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["kill9", "--rounds", rounds] => println!("{:?}", isnad_tests::kill9::run(rounds.parse().unwrap_or(500), 9)),
        _ => return ExitCode::from(2),
    }
    ExitCode::SUCCESS
}
