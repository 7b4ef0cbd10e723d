//! `cargo run --release -p isnad-tests -- bench`: figures as ratios; long campaigns.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = arguments.split_first().map_or(("", &[][..]), |(command, rest)| (command.as_str(), rest));
    match command {
        "bench" => isnad_tests::bench::main(rest),
        _ => usage(),
    }
}

#[allow(clippy::print_stderr, reason = "a command line speaks to its user")]
fn usage() -> ExitCode {
    eprintln!("usage: isnad-tests bench [NAME] [--json]");
    ExitCode::from(2)
}
