//! The `isnad` command: parse, run, print, exit code.

mod args;
mod client;
mod commands;
mod error;
mod output;
mod session;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

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
            let is_json = std::env::args_os().any(|argument| argument == "--json");
            // A command without its subcommand is answered by its help, which is no mistake to explain.
            if !is_json && error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
                let _ = error.print();
            } else {
                Printer::new(is_json).error(&misused(&error));
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

/// What clap says, in the parts that every error has: what, why, and what to do next.
fn misused(error: &clap::Error) -> error::Problem {
    let text = error.render().to_string();
    let squeezed = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut parts = text.split("\n\n").map(squeezed);
    let what = parts.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let (what, values) = what.split_once(" [possible values: ").unwrap_or((&what, ""));
    let mut why =
        if values.is_empty() { String::new() } else { format!("it is one of {}", values.trim_end_matches(']')) };
    let (mut tip, mut command) = (String::new(), "isnad".to_owned());
    for part in parts {
        if let Some(usage) = part.strip_prefix("Usage: ") {
            why = format!("it is written: {usage}");
            let is_name = |word: &&str| word.starts_with(|letter: char| letter.is_ascii_lowercase());
            command = usage.split(' ').take_while(is_name).collect::<Vec<_>>().join(" ");
        } else if let Some(said) = part.strip_prefix("tip: ") {
            tip = format!("{said}; or ");
        }
    }
    if why.is_empty() {
        why = "this is not how the command is written".to_owned();
    }
    let help = command.replacen("isnad", "isnad help", 1);
    error::Problem::usage(what, why, format!("{tip}see `{help}`"))
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
