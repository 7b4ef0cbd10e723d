//! `cargo run --release -p isnad-tests -- COMMAND`: figures as ratios; long campaigns. One line for each command.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = arguments.split_first().map_or(("", &[][..]), |(command, rest)| (command.as_str(), rest));
    match command {
        "fuzz" => isnad_tests::fuzz::main(rest),
        "hostile-ops" => isnad_tests::hostile::main(rest),
        _ => usage(),
    }
}

#[allow(clippy::print_stderr, reason = "a command line speaks to its user")]
fn usage() -> ExitCode {
    eprintln!("usage: isnad-tests fuzz TARGET|all [--cases N] [--from N] | hostile-ops [--cases N]");
    ExitCode::from(2)
}
