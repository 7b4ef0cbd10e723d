//! The `isnad` command: parse, run, print, exit code.

mod args;
mod client;
mod commands;
mod error;
mod output;
mod session;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Cli;
use crate::error::exit;
use crate::output::Printer;
use crate::session::Session;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are printed to standard output and are no errors.
            if !error.use_stderr() {
                output::keep(error.print());
                return ended(Printer::new(false), Ok(error::DONE));
            }
            // The arguments were not understood, so that `--json` is looked for by hand.
            if std::env::args_os().any(|argument| argument == "--json") {
                Printer::new(true).error(&misused(&error));
            } else {
                let _ = error.print();
            }
            return ExitCode::from(exit::USAGE);
        }
    };
    let printer = Printer::new(cli.json);
    ended(printer, start(cli, printer))
}

/// The exit code of an outcome. What could not be printed is no success.
fn ended(printer: Printer, outcome: error::Outcome) -> ExitCode {
    let outcome = outcome.and_then(|code| output::finish().map(|()| code));
    ExitCode::from(outcome.unwrap_or_else(|problem| {
        printer.error(&problem);
        problem.exit
    }))
}

/// What clap says to people, in the parts that programs read.
fn misused(error: &clap::Error) -> error::Problem {
    let text = error.render().to_string();
    let mut parts = text.splitn(2, "\n\n");
    let what = parts.next().unwrap_or_default().trim().trim_start_matches("error: ").to_owned();
    let why = parts.next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    error::Problem::usage(what, why, "see `isnad help`")
}

fn start(cli: Cli, printer: Printer) -> error::Outcome {
    session::log_to_stderr();
    if let Err(fault) = isnad_node::keystore::forbid_core_dumps() {
        tracing::warn!(%fault, "core dumps are not forbidden");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error::Problem::fault(error.to_string()))?;
    let (session, command) = Session::new(cli, printer)?;
    let outcome = runtime.block_on(commands::run(&session, command));
    // What still waits on a thread, as for a passphrase, does not hold up the end.
    runtime.shutdown_background();
    outcome
}
