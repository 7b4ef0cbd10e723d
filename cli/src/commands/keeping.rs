//! `isnad backup` and `isnad restore`: one file that holds a home without its keys.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use isnad_node::backup::{self, Ends, RestoreError, Restored, Written};
use isnad_node::fault::Fault;
use isnad_protocol::id::ConsortiumId;
use isnad_protocol::locale;
use isnad_protocol::time::Timestamp;

use crate::args::{BackupArgs, RestoreArgs};
use crate::client::Client;
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{Style, hanging, inert, pasted, progress, width};
use crate::session::Session;

/// What stands for a pipe in the place of a file.
const PIPE: &str = "-";

pub(crate) async fn backup(session: &Session, args: &BackupArgs) -> Outcome {
    // Kept until the copy is made: a home that no node runs on stays locked.
    let client = Client::to_read(session).await?;
    let ends: Ends = client.get("/backup").await?;
    let home = session.home()?;
    let bar = progress(session.printer, 0);
    let mut told = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    if args.output == Path::new(PIPE) {
        let written = backup::write(&home, &ends, std::io::stdout().lock(), &mut told)?;
        bar.finish_and_clear();
        session.printer.aside(written_text(session, &written));
        return Ok(DONE);
    }
    let written = backup::write_file(&home, &ends, &args.output, &mut told).map_err(|fault| misplaced(args, fault))?;
    bar.finish_and_clear();
    session.printer.either(&written, |written| written_text(session, written));
    Ok(DONE)
}

/// A place that a person named and that takes nothing is no fault of the home's disk.
fn misplaced(args: &BackupArgs, fault: Fault) -> Problem {
    match fault {
        Fault::Io { doing: doing @ ("create" | "write" | "put in place"), source, .. } => {
            Problem::file(doing, &args.output, &source)
        }
        other => other.into(),
    }
}

fn written_text(session: &Session, written: &Written) -> String {
    let (bytes, files) = (written.bytes.to_string(), written.files.to_string());
    let file = if written.file.is_empty() { PIPE } else { &written.file };
    let consortium = written.consortium.to_short();
    let values = [("file", file), ("bytes", &*bytes), ("files", &*files), ("consortium", &*consortium)];
    let done = locale::format(session.language, "backup.done", &values);
    [&*done, session.word("backup.keep")].map(|line| hanging("", line, width())).join("\n")
}

pub(crate) fn restore(session: &Session, args: &RestoreArgs) -> Outcome {
    let expected = args.consortium.as_deref().map(|id| ConsortiumId::parse(pasted(id))).transpose();
    let expected = expected
        .map_err(|error| Problem::told(exit::USAGE, "usage", "consortium_id", &[("reason", &error.to_string())]))?;
    let from: Box<dyn Read> = if args.file == Path::new(PIPE) {
        Box::new(std::io::stdin().lock())
    } else {
        let file = File::open(&args.file).map_err(|error| Problem::file("read", &args.file, &error))?;
        Box::new(BufReader::new(file))
    };
    let bar = progress(session.printer, 0);
    let mut told = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let restored = backup::restore(from, session.home_path(), expected, !args.no_audit, &mut told);
    bar.finish_and_clear();
    let restored = restored.map_err(|error| not_restored(args, error))?;
    session.printer.either(&restored, |restored| restored_text(session, restored));
    Ok(DONE)
}

fn restored_text(session: &Session, restored: &Restored) -> String {
    let language = session.language;
    let made = Timestamp(restored.made.saturating_mul(1_000)).day().to_string();
    let consortium = restored.consortium.to_string();
    let values = [("home", &*restored.home), ("consortium", &*consortium), ("made", &*made)];
    let keys = Path::new(&restored.home).join("keys").display().to_string();
    let mut lines = vec![hanging("", &locale::format(language, "restore.done", &values), width())];
    if restored.entries > 0 {
        lines.push(locale::counted(language, "restore_checked", restored.entries, &[]));
    }
    lines.push(String::new());
    for (number, key) in ["restore.signs_nothing", "restore.keys", "restore.node"].into_iter().enumerate() {
        let label = if number == 0 { String::new() } else { format!("{number}. ") };
        lines.push(hanging(&label, &locale::format(language, key, &[("keys", &keys)]), width()));
    }
    session.printer.styled(&lines.remove(0), Style::Strong) + "\n" + &lines.join("\n")
}

fn not_restored(args: &RestoreArgs, error: RestoreError) -> Problem {
    let (exit, key, file, more) = match error {
        RestoreError::Fault(fault) => return fault.into(),
        RestoreError::Read(error) => return Problem::file("read", &args.file, &error),
        RestoreError::Foreign => (exit::REFUSED, "foreign", String::new(), String::new()),
        RestoreError::Newer { format } => (exit::USAGE, "newer", String::new(), format),
        RestoreError::Cut { file } => (exit::REFUSED, "cut", file, String::new()),
        RestoreError::Altered { file } => (exit::REFUSED, "altered", file, String::new()),
        RestoreError::Name { file } => (exit::REFUSED, "name", file, String::new()),
        RestoreError::Consortium { found } => (exit::REFUSED, "consortium", String::new(), found.to_string()),
        RestoreError::Faults { faults, first } => (exit::NO, "faults", first, faults.to_string()),
        other => return Problem::fault(other.to_string()),
    };
    let values = [("file", &*inert(&file)), ("found", &*inert(&more))];
    Problem::told(exit, "backup", &format!("backup.{key}"), &values)
}
