//! `cargo run --release -p isnad-tests -- COMMAND`: figures as ratios; long campaigns. One line and one file for each command.

use std::process::ExitCode;

mod simulate;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("simulate") => simulate::run(&arguments),
        _ => ExitCode::from(2),
    }
}
