//! Dispatch: one file for each group of commands.

use clap::CommandFactory;

use crate::args::{Cli, Command};
use crate::error::{DONE, Outcome};
use crate::session::Session;

mod acts;
mod audit;
mod candidates;
mod carry;
mod charter;
mod claim;
mod demo;
mod door;
mod drafts;
mod due;
mod editor;
mod explain;
mod export;
mod founding;
mod governing;
mod grave;
mod history;
mod ids;
mod import;
mod joining;
mod judge;
mod keeping;
mod keys;
mod list;
mod narrative;
mod node;
mod opinion;
mod policy;
mod preview;
mod publishing;
mod reached;
mod reading;
mod record;
mod repair;
mod respond;
mod show;
mod signed;
mod tasks;
mod who;
mod writing;

/// Runs a command to its exit code.
pub(crate) async fn run(session: &Session, command: Command) -> Outcome {
    // Which rules are broken is told in the reader's language, whoever found out.
    dispatch(session, command).await.map_err(|problem| preview::told(session, problem))
}

async fn dispatch(session: &Session, command: Command) -> Outcome {
    match command {
        Command::Demo(args) => demo::run(session, args).await,
        Command::Init(args) => founding::init(session, &args),
        Command::Organisation { command } => founding::organisation(session, command).await,
        Command::Found { command } => founding::found(session, command),
        Command::Act { command } => acts::run(session, command).await,
        Command::Charter { command } => charter::run(session, command).await,
        Command::Key { command } => keys::run(session, command).await,
        Command::Invite(args) => joining::invite(session, args).await,
        Command::Join(args) => joining::join(session, args).await,
        Command::Node(args) => node::run(session, args).await,
        Command::Status => reading::status(session).await,
        Command::Who { history } => who::run(session, history).await,
        Command::Import { file, space } => import::run(session, &file, space).await,
        Command::Record { command } => record::run(session, command).await,
        Command::Claim { command } => claim::run(session, *command).await,
        Command::Narrative { command } => narrative::run(session, command).await,
        Command::Opinion { command } => opinion::run(session, command).await,
        Command::Judge(args) => judge::run(session, args).await,
        Command::Respond(args) => respond::run(session, args).await,
        Command::Tasks => tasks::run(session).await,
        Command::List(args) => list::run(session, &args).await,
        Command::Due(args) => due::run(session, &args).await,
        Command::Show(args) => show::run(session, &args).await,
        Command::History(args) => history::run(session, &args).await,
        Command::Explain(args) => explain::run(session, &args).await,
        Command::Digest => reading::digest(session).await,
        Command::Export(args) => export::run(session, args).await,
        Command::Carry { command } => carry::run(session, command).await,
        Command::Backup(args) => keeping::backup(session, &args).await,
        Command::Restore(args) => keeping::restore(session, &args),
        Command::Repair => repair::run(session),
        Command::Audit { consortium } => audit::run(session, consortium.as_deref()),
        Command::Completions { shell } => {
            // Into memory first: a reader that closes the pipe early is no reason to panic.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "isnad", &mut script);
            session.printer.line(String::from_utf8_lossy(&script).trim_end());
            Ok(DONE)
        }
    }
}
