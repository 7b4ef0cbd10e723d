//! `isnad carry`: sync by a file. It is opened here, for it is the user's, and passes to the node and back as it is read.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use isnad_node::api::carrying::{LEFT_OUT, Wish};
use isnad_node::carry::{Carried, Kind};
use isnad_node::fault::Fault;
use isnad_node::files::Outgoing;
use isnad_protocol::locale;
use serde::Serialize;

use crate::args::CarryCommand;
use crate::client::{Client, query};
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::{self, Bar, hanging, width};
use crate::session::Session;

#[derive(Serialize)]
struct Out {
    file: String,
    bytes: u64,
    /// Entries that the other side is known to hold.
    left_out: u64,
}

pub(crate) async fn run(session: &Session, command: CarryCommand) -> Outcome {
    match command {
        CarryCommand::Out { file, whom, since, to } => {
            out(session, &file, since.as_deref(), Wish { frontier: false, r#for: whom, to }).await
        }
        CarryCommand::Frontier { file, to } => {
            out(session, &file, None, Wish { frontier: true, r#for: None, to }).await
        }
        CarryCommand::In { file } => take_in(session, &file).await,
    }
}

async fn out(session: &Session, file: &Path, since: Option<&Path>, wish: Wish) -> Outcome {
    let since = since.map(Incoming::open).transpose()?;
    if since.as_ref().is_some_and(|since| since.kind.is_none() && since.bytes == 0) {
        return Err(Problem::told(exit::REFUSED, "carried_file", "carried_file.empty", &[]));
    }
    let is_sealed = since.as_ref().is_some_and(|since| since.kind == Some(Kind::Sealed));
    let client = if is_sealed { Client::to_write(session).await? } else { Client::to_read(session).await? };
    client.all_checked().await;
    let wish = [("frontier", wish.frontier.then(|| "true".to_owned())), ("for", wish.r#for), ("to", wish.to)];
    let path = format!("/carry/out{}", query(&wish));
    let not_written = |fault: Fault| match fault {
        Fault::Io { source, .. } => Problem::file("write", file, &source),
        other => other.into(),
    };
    let mut outgoing = Outgoing::begin(file).map_err(not_written)?;
    let (mut bytes, bar) = (0_u64, output::bytes(session.printer, None));
    let write = |piece: &[u8]| {
        bytes = bytes.saturating_add(piece.len() as u64);
        bar.inc(piece.len() as u64);
        outgoing.add(piece).map_err(not_written)
    };
    let left_out = match &since {
        Some(since) => since.told(client.post_read_write(&path, since.reader(None)?, write, LEFT_OUT).await)?,
        None => client.post_read_write(&path, io::empty(), write, LEFT_OUT).await?,
    };
    outgoing.finish().map_err(not_written)?;
    bar.finish_and_clear();
    let out = Out { file: file.display().to_string(), bytes, left_out: left_out.parse().unwrap_or(0) };
    session.printer.either(&out, |out| {
        let values = [("bytes", &*out.bytes.to_string()), ("file", &*out.file)];
        let mut lines = vec![hanging("", &locale::format(session.language, "carry.wrote", &values), width())];
        lines
            .extend((out.left_out > 0).then(|| locale::counted(session.language, "carry_left_out", out.left_out, &[])));
        lines.join("\n")
    });
    Ok(DONE)
}

async fn take_in(session: &Session, file: &Path) -> Outcome {
    let file = Incoming::open(file)?;
    if file.kind.is_none() {
        return Err(isnad_node::carry::file::Unreadable::Foreign.into());
    }
    let is_sealed = file.kind == Some(Kind::Sealed);
    let client = if is_sealed { Client::to_write(session).await? } else { Client::to_read(session).await? };
    let bar = output::bytes(session.printer, Some(file.bytes.saturating_mul(2)));
    // Twice: one that is cut off or damaged is told before anything of it is taken.
    file.told(client.post_read::<()>("/carry/check", file.reader(Some(bar.clone()))?).await)?;
    let carried: Carried = file.told(client.post_read("/carry", file.reader(Some(bar.clone()))?).await)?;
    bar.finish_and_clear();
    session.printer.either(&carried, |carried| {
        let mut lines = vec![locale::counted(session.language, "carried", carried.entries, &[])];
        let note = |notice: &String| {
            let notice = locale::noted(session.language, notice);
            locale::format(session.language, "import.note", &[("text", &output::inert(&notice))])
        };
        lines.extend(carried.notices.iter().map(note));
        lines.join("\n")
    });
    Ok(if carried.notices.is_empty() { DONE } else { exit::REFUSED })
}

/// A file that is read, from its beginning as often as it takes.
struct Incoming {
    path: PathBuf,
    file: File,
    bytes: u64,
    /// What it begins as; `None` for what is no carried file.
    kind: Option<Kind>,
    /// Why it could be read no further.
    failed: Arc<Mutex<Option<io::Error>>>,
}

impl Incoming {
    fn open(path: &Path) -> Result<Self, Problem> {
        let not_read = |error: io::Error| Problem::file("read", path, &error);
        let mut file = File::open(path).map_err(not_read)?;
        if !file.metadata().map_err(not_read)?.is_file() {
            // A pipe is read once: what comes of it is put aside, on disk and under no name.
            let mut aside = tempfile::tempfile().map_err(not_read)?;
            io::copy(&mut file, &mut aside).map_err(not_read)?;
            file = aside;
        }
        let bytes = file.metadata().map_err(not_read)?.len();
        let mut head = Vec::new();
        file.seek(SeekFrom::Start(0)).map_err(not_read)?;
        (&file).take(Kind::HEAD_BYTES).read_to_end(&mut head).map_err(not_read)?;
        Ok(Self { path: path.to_owned(), file, bytes, kind: Kind::of(&head), failed: Arc::default() })
    }

    /// Reads it from its beginning.
    fn reader(&self, bar: Option<Bar>) -> Result<impl Read + Send + use<>, Problem> {
        let not_read = |error: io::Error| Problem::file("read", &self.path, &error);
        let mut file = self.file.try_clone().map_err(not_read)?;
        file.seek(SeekFrom::Start(0)).map_err(not_read)?;
        Ok(Reading { file, bar, failed: Arc::clone(&self.failed) })
    }

    /// What came of it, or, if the file could not be read, that.
    fn told<T>(&self, outcome: Result<T, Problem>) -> Result<T, Problem> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        failed.map_or(outcome, |error| Err(Problem::file("read", &self.path, &error)))
    }
}

struct Reading {
    file: File,
    bar: Option<Bar>,
    failed: Arc<Mutex<Option<io::Error>>>,
}

impl Read for Reading {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.file.read(into) {
            Ok(bytes) => {
                self.bar.iter().for_each(|bar| bar.inc(bytes as u64));
                Ok(bytes)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let again = io::Error::from(error.kind());
                *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                Err(again)
            }
        }
    }
}
