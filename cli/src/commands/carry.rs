//! `isnad carry`: sync by a file.

use isnad_node::carry::Carried;
use serde::Serialize;

use crate::args::CarryCommand;
use crate::client::Client;
use crate::error::{DONE, Outcome, Problem, exit};
use crate::session::Session;

#[derive(Serialize)]
struct Out {
    file: String,
    bytes: usize,
}

pub(crate) async fn run(session: &Session, command: CarryCommand) -> Outcome {
    match command {
        CarryCommand::Out { file, theirs } => {
            let theirs = theirs.map(|path| std::fs::read(&path).map_err(|error| Problem::file("read", &path, &error)));
            let theirs = theirs.transpose()?;
            if theirs.as_ref().is_some_and(Vec::is_empty) {
                let (why, advice) = ("it is empty", "carry it again, whole");
                return Err(Problem::new(
                    exit::REFUSED,
                    "carried_file",
                    "the file after --for was not taken",
                    why,
                    advice,
                ));
            }
            let theirs = theirs.unwrap_or_default();
            let bytes = Client::to_read_checked(session).await?.bytes("POST", "/carry/out", theirs).await?;
            super::founding::write(&file, &bytes)?;
            let out = Out { file: file.display().to_string(), bytes: bytes.len() };
            session.printer.either(&out, |out| format!("wrote {} bytes to {}", out.bytes, out.file));
            Ok(DONE)
        }
        CarryCommand::In { file } => {
            let bytes = std::fs::read(&file).map_err(|error| Problem::file("read", &file, &error))?;
            let client = Client::to_read(session).await?;
            let carried: Carried = client.post_bytes("/carry", bytes).await?;
            session.printer.either(&carried, |carried| {
                let mut lines = vec![format!("{} entries are new here", carried.entries)];
                lines.extend(carried.notices.iter().map(|notice| format!("note: {}", crate::output::inert(notice))));
                lines.join("\n")
            });
            Ok(if carried.notices.is_empty() { DONE } else { exit::REFUSED })
        }
    }
}
