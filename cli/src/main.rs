//! The `isnad` command: parse, run, print, exit code.

mod args;
mod client;
mod commands;
mod error;
mod help;
mod output;
mod session;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use isnad_protocol::locale::{Direction, Language};

use crate::args::Cli;
use crate::error::exit;
use crate::output::Printer;
use crate::session::Session;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // Help and mistakes too are told in the language that is asked for.
    let language = session::language_of(&arguments);
    let cli = match help::parse(language) {
        Ok(cli) => cli,
        Err(error) => return not_run(&error, language, &arguments),
    };
    let printer = Printer::new(cli.json).speaking(language);
    ended(printer, start(cli, printer))
}

/// Prints help, or what was wrong with the arguments.
fn not_run(error: &clap::Error, language: Language, arguments: &[OsString]) -> ExitCode {
    // The arguments were not understood, so that `--json` is looked for by hand.
    let is_json = arguments.iter().any(|argument| argument == "--json");
    let printer = Printer::new(is_json).speaking(language);
    // Help and version are printed to standard output and are no errors.
    if !error.use_stderr() {
        print(error, printer);
        return ended(printer, Ok(error::DONE));
    }
    // A command without its subcommand is answered by its help, which is no mistake to explain.
    if !is_json && error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        printer.aside(error.render().to_string().trim_end());
    } else {
        printer.error(&help::misused(error, language));
    }
    ExitCode::from(exit::USAGE)
}

/// Prints help: as clap does where nothing has to be set for direction.
fn print(error: &clap::Error, printer: Printer) {
    match printer.direction {
        Direction::Ltr => output::keep(error.print()),
        Direction::Rtl => printer.text(&error.render().to_string()),
    }
}

/// The exit code of an outcome. What could not be printed is no success.
fn ended(printer: Printer, outcome: error::Outcome) -> ExitCode {
    let outcome = outcome.and_then(|code| output::finish().map(|()| code));
    ExitCode::from(outcome.unwrap_or_else(|problem| {
        printer.error(&problem);
        problem.exit
    }))
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
