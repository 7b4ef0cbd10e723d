//! The end of a journal at its opening: where it is, and what a crash left behind it. format §10.2.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::frame::Flaw;
use super::position::Position;
use super::scan::{Found, Scan};
use super::{Torn, segment};
use crate::fault::Fault;
use crate::files::sync_directory;

/// Finds the end of the journal, and how many torn bytes stand behind it, reading from `trusted` on only.
pub(super) fn find_end(dir: &Path, trusted: Option<Position>) -> Result<(Position, Option<u64>), Fault> {
    let start = trusted.unwrap_or(Position::START).max(Position::START);
    check_reaches(dir, start)?;
    let (end, torn) = scan_from(dir, start)?;
    if torn.is_none() || trusted.is_none() {
        return Ok((end, torn));
    }
    // The index may be wrong, and then what looks torn from its end may be whole frames.
    let (end, torn) = scan_from(dir, Position::start_of(end.segment))?;
    if end < start {
        return Err(segment::fault(dir, end, Flaw::Lost));
    }
    Ok((end, torn))
}

/// All segments are there, and the journal is at least as long as it was known to be.
fn check_reaches(dir: &Path, known: Position) -> Result<(), Fault> {
    let last = segment::last(dir)?.unwrap_or(0).max(known.segment);
    if let Some(missing) = segment::first_missing(dir, last.saturating_add(1)) {
        return Err(segment::fault(dir, Position { segment: missing, offset: 0 }, Flaw::Missing));
    }
    let path = segment::path(dir, known.segment);
    let length = path.metadata().map_err(Fault::io("look at", &path))?.len();
    if length < u64::from(known.offset) && known > Position::START {
        return Err(segment::fault(
            dir,
            Position { offset: u32::try_from(length).unwrap_or(u32::MAX), ..known },
            Flaw::Lost,
        ));
    }
    Ok(())
}

fn scan_from(dir: &Path, start: Position) -> Result<(Position, Option<u64>), Fault> {
    let mut scan = Scan::open_from(dir, start)?;
    for found in scan.by_ref() {
        match found {
            Found::Frame(_) => {}
            Found::Damage(damage) => return Err(segment::fault(dir, damage.position, damage.flaw)),
            Found::Tail { position, bytes, .. } => return Ok((position, Some(bytes))),
        }
    }
    Ok((scan.reached(), None))
}

/// Copies the bytes behind `end` to a file of their own, and only when that is on disk cuts them off.
pub(super) fn move_aside(dir: &Path, end: Position, bytes: u64) -> Result<Torn, Fault> {
    let path = segment::path(dir, end.segment);
    let file = OpenOptions::new().read(true).write(true).open(&path).map_err(Fault::io("open", &path))?;
    let (kept, kept_in) = create_beside(dir, end)?;
    copy(&file, u64::from(end.offset), &kept).map_err(Fault::io("write", &kept_in))?;
    sync_directory(dir)?;
    file.set_len(u64::from(end.offset))
        .and_then(|()| file.sync_all())
        .map_err(Fault::io("cut the torn tail of", &path))?;
    Ok(Torn { position: end, bytes, kept_in })
}

/// `N.torn-OFFSET`; with another number behind it if a crash tore the same place before.
fn create_beside(dir: &Path, end: Position) -> Result<(File, PathBuf), Fault> {
    let first = format!("{}.torn-{}", end.segment, end.offset);
    let mut path = dir.join(&first);
    let mut again: u32 = 1;
    loop {
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && again < 1_000 => {
                again = again.saturating_add(1);
                path = dir.join(format!("{first}-{again}"));
            }
            Err(error) => return Err(Fault::io("create", &path)(error)),
        }
    }
}

fn copy(from: &File, mut offset: u64, mut to: &File) -> io::Result<()> {
    let mut bytes = vec![0; 256 << 10];
    loop {
        let read = from.read_at(&mut bytes, offset)?;
        let Some(part) = bytes.get(..read).filter(|part| !part.is_empty()) else { break };
        io::Write::write_all(&mut to, part)?;
        offset = offset.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
    }
    to.sync_all()
}
