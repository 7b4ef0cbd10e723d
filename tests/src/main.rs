//! `cargo run --release -p isnad-tests -- COMMAND`: figures as ratios; long campaigns. One line for each command.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks to its user")]

use std::process::ExitCode;

mod simulate;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = arguments.split_first().map_or(("", &[][..]), |(command, rest)| (command.as_str(), rest));
    match command {
        "bench" => isnad_tests::bench::main(rest),
        "crash" => isnad_tests::crash::main(rest),
        "fuzz" => isnad_tests::fuzz::main(rest),
        "hostile-ops" => isnad_tests::hostile::main(rest),
        "kill9" => kill9(rest),
        "simulate" => simulate::run(rest),
        _ => usage(),
    }
}

fn kill9(rest: &[String]) -> ExitCode {
    let [flag, rounds] = rest else { return usage() };
    let Some(rounds) = rounds.parse().ok().filter(|_| flag == "--rounds") else { return usage() };
    println!("{:?}", isnad_tests::kill9::run(rounds, 9));
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("usage: isnad-tests bench [NAME] [--json] | crash | kill9 --rounds N | simulate --seeds N");
    ExitCode::from(2)
}
