//! `isnad carry`: sync by a file.

use isnad_node::carry::Carried;
use isnad_protocol::locale;
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
                return Err(Problem::told(exit::REFUSED, "carried_file", "carried_file.empty", &[]));
            }
            let theirs = theirs.unwrap_or_default();
            let bytes = Client::to_read_checked(session).await?.bytes("POST", "/carry/out", theirs).await?;
            super::founding::write(&file, &bytes)?;
            let out = Out { file: file.display().to_string(), bytes: bytes.len() };
            session.printer.either(&out, |out| {
                let values = [("bytes", &*out.bytes.to_string()), ("file", &*out.file)];
                locale::format(session.language, "carry.wrote", &values)
            });
            Ok(DONE)
        }
        CarryCommand::In { file } => {
            let bytes = std::fs::read(&file).map_err(|error| Problem::file("read", &file, &error))?;
            let client = Client::to_read(session).await?;
            let carried: Carried = client.post_bytes("/carry", bytes).await?;
            session.printer.either(&carried, |carried| {
                let mut lines = vec![locale::counted(session.language, "carried", carried.entries, &[])];
                let note = |notice: &String| {
                    let notice = locale::noted(session.language, notice);
                    locale::format(session.language, "import.note", &[("text", &crate::output::inert(&notice))])
                };
                lines.extend(carried.notices.iter().map(note));
                lines.join("\n")
            });
            Ok(if carried.notices.is_empty() { DONE } else { exit::REFUSED })
        }
    }
}
