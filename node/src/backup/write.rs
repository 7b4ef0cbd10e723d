//! Makes a backup: what the journals hold up to ends that are on disk, read beside their writer.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use isnad_protocol::encoding::{hash_plain, to_hex};

use super::archive::{BLOCK, Head};
use super::{Ends, FORMAT, Listed, Listing, PLAIN};
use crate::fault::Fault;
use crate::home::Home;
use crate::journal::{Found, Position, Scan, fault_at, segment_path};
use crate::{clock, files};

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Written {
    /// The file; empty where it went into a pipe.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// The files that it holds.
    pub files: usize,
    /// The consortium.
    pub consortium: isnad_protocol::id::ConsortiumId,
}

/// Writes a backup into a file, or into a folder under a name of its own. After a fault the file that stood there stands.
///
/// `progress` is told how many of how many bytes are done.
///
/// # Errors
/// [`Fault::Damaged`] if a journal does not hold what it once held; [`Fault::Io`].
pub fn write_file(home: &Home, ends: &Ends, path: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Written, Fault> {
    let path = if path.is_dir() { path.join(name(ends)) } else { path.to_owned() };
    let beside = files::beside(&path)?;
    let file = files::create_new(&beside)?;
    let written = write(home, ends, &file, progress)
        .and_then(|written| file.sync_all().map(|()| written).map_err(Fault::io("write", &path)))
        .and_then(|written| fs::rename(&beside, &path).map(|()| written).map_err(Fault::io("put in place", &path)))
        .inspect_err(|_| drop(fs::remove_file(&beside)))?;
    files::sync_directory(files::parent(&path))?;
    Ok(Written { file: path.display().to_string(), ..written })
}

/// `isnad-3f2a91c0-1790000000.tar`: a name of its own for each second.
fn name(ends: &Ends) -> String {
    format!("isnad-{}-{}.tar", ends.consortium.to_short(), seconds())
}

fn seconds() -> u64 {
    clock::now_ms() / 1_000
}

/// Writes a backup into anything.
///
/// # Errors
/// As of [`write_file`].
pub fn write(home: &Home, ends: &Ends, out: impl Write, progress: &mut dyn FnMut(u64, u64)) -> Result<Written, Fault> {
    let files = list(home, ends)?;
    let total = files.iter().fold(0_u64, |sum, listed| sum.saturating_add(listed.bytes));
    let mut told = Told { done: 0, total: total.saturating_mul(2), progress };
    check(home, ends, &mut told)?;
    let listing = Listing { format: FORMAT.to_owned(), consortium: ends.consortium, made: seconds(), files };
    let mut archive = Archive { out, made: listing.made, bytes: 0, sums: String::new() };
    archive.add_all(home, &listing, &mut told)?;
    Ok(Written { file: String::new(), bytes: archive.bytes, files: listing.files.len(), consortium: ends.consortium })
}

struct Told<'a> {
    done: u64,
    total: u64,
    progress: &'a mut dyn FnMut(u64, u64),
}

impl Told<'_> {
    fn more(&mut self, bytes: u64) {
        self.done = self.done.saturating_add(bytes);
        (self.progress)(self.done.min(self.total), self.total);
    }
}

/// The journals of a home, each with its folder in an archive and its end.
fn journals(home: &Home, ends: &Ends) -> Vec<(PathBuf, String, Position)> {
    let spaces = ends.spaces.iter();
    let spaces = spaces.map(|(space, end)| (home.journal(space), format!("journal/{space}"), Position::from_u64(*end)));
    let acts = (home.acts(), "acts".to_owned(), Position::from_u64(ends.acts));
    [acts].into_iter().chain(spaces).collect()
}

fn list(home: &Home, ends: &Ends) -> Result<Vec<Listed>, Fault> {
    let mut files = Vec::new();
    for name in PLAIN {
        let path = home.path().join(name);
        if path.is_file() {
            let bytes = path.metadata().map_err(Fault::io("look at", &path))?.len();
            files.push(Listed { path: name.to_owned(), bytes });
        }
    }
    for name in applicants(home)? {
        let path = home.path().join(&name);
        files.extend(path.metadata().ok().map(|found| Listed { path: name, bytes: found.len() }));
    }
    for (dir, name, end) in journals(home, ends) {
        for segment in 1..=end.segment {
            let path = segment_path(&dir, segment);
            let bytes = if segment == end.segment {
                u64::from(end.offset)
            } else {
                path.metadata().map_err(Fault::io("look at", &path))?.len()
            };
            files.push(Listed { path: format!("{name}/{segment}.seg"), bytes });
        }
    }
    Ok(files)
}

/// The files of candidates' first acts.
fn applicants(home: &Home) -> Result<Vec<String>, Fault> {
    let folder = home.applicants();
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for found in fs::read_dir(&folder).map_err(Fault::io("list", &folder))? {
        let name = found.map_err(Fault::io("list", &folder))?.file_name();
        names.extend(name.to_str().map(|name| format!("applicants/{name}")).filter(|name| super::is_name(name)));
    }
    names.sort_unstable();
    Ok(names)
}

/// Reads every frame once: a backup of a damaged journal would take the place of a good one.
fn check(home: &Home, ends: &Ends, told: &mut Told<'_>) -> Result<(), Fault> {
    for (dir, _, end) in journals(home, ends) {
        let mut scan = Scan::open(&dir)?;
        let mut at = Position::START;
        while at < end {
            match scan.next() {
                Some(Found::Frame(frame)) => {
                    let length = frame.end().offset.saturating_sub(frame.position.offset);
                    told.more(length.into());
                    at = frame.end();
                }
                Some(Found::Damage(damage)) => return Err(fault_at(&dir, damage.position, damage.flaw)),
                Some(Found::Tail { position, flaw, .. }) => return Err(fault_at(&dir, position, flaw)),
                // The last segment may have been begun and hold nothing yet.
                None if scan.reached() >= end || end == Position::start_of(end.segment) => break,
                None => return Err(fault_at(&dir, at, crate::journal::Flaw::Lost)),
            }
        }
    }
    Ok(())
}

struct Archive<W> {
    out: W,
    made: u64,
    bytes: u64,
    sums: String,
}

impl<W: Write> Archive<W> {
    fn add_all(&mut self, home: &Home, listing: &Listing, told: &mut Told<'_>) -> Result<(), Fault> {
        let mut json = serde_json::to_vec_pretty(listing).map_err(|error| Fault::index(error.to_string()))?;
        json.push(b'\n');
        self.add(super::LISTING, &json)?;
        for listed in &listing.files {
            let path = home.path().join(&listed.path);
            let bytes = read_up_to(&path, listed.bytes)?;
            self.add(&listed.path, &bytes)?;
            told.more(listed.bytes);
        }
        let sums = std::mem::take(&mut self.sums);
        self.add(super::SUMS, sums.as_bytes())?;
        self.put(&[0; BLOCK * 2])?;
        self.out.flush().map_err(written)
    }

    fn add(&mut self, path: &str, bytes: &[u8]) -> Result<(), Fault> {
        let head = Head { path, bytes: bytes.len() as u64, made: self.made };
        let header = head.encode().ok_or_else(|| Fault::FrameTooLarge { bytes: bytes.len() })?;
        self.put(&header)?;
        self.put(bytes)?;
        self.put([0; BLOCK].get(..head.padding()).unwrap_or_default())?;
        // A text that only grows: it cannot fail.
        let _ = writeln!(self.sums, "{}  {path}", to_hex(&hash_plain(&[bytes])));
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.out.write_all(bytes).map_err(written)?;
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        Ok(())
    }
}

fn written(error: io::Error) -> Fault {
    Fault::io("write", Path::new("the backup"))(error)
}

/// So many bytes of a file, all of them there. A segment is read whole: it has a bound.
fn read_up_to(path: &Path, bytes: u64) -> Result<Vec<u8>, Fault> {
    let mut read = Vec::new();
    let file = File::open(path).map_err(Fault::io("open", path))?;
    file.take(bytes).read_to_end(&mut read).map_err(Fault::io("read", path))?;
    if read.len() as u64 == bytes {
        Ok(read)
    } else {
        Err(Fault::io("read", path)(io::ErrorKind::UnexpectedEof.into()))
    }
}
