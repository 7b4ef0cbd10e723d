//! Puts a backup back: checked byte for byte and signature for signature, and only then named as a home.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use isnad_protocol::encoding::{hash_plain, to_hex};
use isnad_protocol::id::ConsortiumId;

use super::archive::{BLOCK, Head, numbers};
use super::{FILE_BYTES, FORMAT, LISTING, LISTING_BYTES, Listing, RestoreError, SUMS, is_name};
use crate::fault::Fault;
use crate::files;
use crate::home::Home;

/// What was put back.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Restored {
    /// The home.
    pub home: String,
    /// The consortium.
    pub consortium: ConsortiumId,
    /// When the backup was made, in seconds since 1970, by the clock of the machine that made it.
    pub made: u64,
    /// Entries that were checked; none where the audit was left out.
    pub entries: u64,
}

/// Makes a home of a backup where none is. It holds no keys and no mark.
///
/// Everything is unpacked beside the place, checked there, and given its name last: what fails leaves nothing behind. With
/// `is_audited` every signature, chain and hash in it is checked too, for whoever made the file could have made its sums.
/// `progress` is told how many of how many bytes are done, of unpacking and then of the audit.
///
/// # Errors
/// [`RestoreError`] says what is wrong with the file; a fault, what is wrong here.
pub fn restore(
    from: impl Read,
    to: &Path,
    expected: Option<ConsortiumId>,
    is_audited: bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Restored, RestoreError> {
    check_free(to)?;
    let beside = files::beside(to)?;
    let restored = restore_beside(from, &beside, expected, is_audited, progress)
        .and_then(|restored| Ok(fs::rename(&beside, to).map(|()| restored).map_err(Fault::io("put in place", to))?))
        .inspect_err(|_| drop(fs::remove_dir_all(&beside)))?;
    files::sync_directory(files::parent(to))?;
    Ok(Restored { home: to.display().to_string(), ..restored })
}

/// Nothing stands there, or a folder with nothing in it.
fn check_free(to: &Path) -> Result<(), RestoreError> {
    let is_home = Home::open(to).is_ok();
    let exists = || Fault::HomeExists { path: to.to_owned(), is_home };
    match fs::symlink_metadata(to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            files::create_directory(files::parent(to))?;
            Ok(())
        }
        Err(error) => Err(Fault::io("look at", to)(error).into()),
        Ok(found) if found.is_dir() => {
            let mut inside = fs::read_dir(to).map_err(Fault::io("list", to))?;
            if inside.next().is_none() { Ok(()) } else { Err(exists().into()) }
        }
        Ok(_) => Err(exists().into()),
    }
}

fn restore_beside(
    from: impl Read,
    beside: &Path,
    expected: Option<ConsortiumId>,
    is_audited: bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Restored, RestoreError> {
    Home::make_directories(beside)?;
    let listing = unpack(from, beside, expected, progress)?;
    let home = Home::open(beside)?;
    // What the archive says of itself is held against what it holds.
    let found = crate::node::consortium(&home)?;
    if found != Some(listing.consortium) {
        return Err(RestoreError::Altered { file: "acts".to_owned() });
    }
    let mut entries = 0;
    if is_audited {
        let audited = crate::audit::audit(&home, Some(listing.consortium), progress).map_err(RestoreError::Fault)?;
        if !audited.is_whole() {
            let first = audited.report.findings.iter().find(|finding| finding.is_fault);
            let first = first.map(|finding| format!("{} {}", finding.what.code(), finding.place)).unwrap_or_default();
            return Err(RestoreError::Faults { faults: audited.report.counts.faults, first });
        }
        entries = audited.report.counts.entries;
    }
    Ok(Restored { home: String::new(), consortium: listing.consortium, made: listing.made, entries })
}

fn unpack(
    from: impl Read,
    beside: &Path,
    expected: Option<ConsortiumId>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Listing, RestoreError> {
    let mut archive = Unpacking { from, sums: String::new() };
    let (listing, made) = archive.listing()?;
    if expected.is_some_and(|expected| expected != listing.consortium) {
        return Err(RestoreError::Consortium { found: listing.consortium });
    }
    let total = listing.files.iter().fold(0_u64, |sum, listed| sum.saturating_add(listed.bytes));
    let mut done = 0_u64;
    for listed in &listing.files {
        let bytes = archive.member(&Head { path: &listed.path, bytes: listed.bytes, made })?;
        let path = beside.join(&listed.path);
        files::create_directory(files::parent(&path))?;
        files::replace(&path, &bytes)?;
        done = done.saturating_add(listed.bytes);
        progress(done, total);
    }
    archive.end(made)?;
    Ok(listing)
}

struct Unpacking<R> {
    from: R,
    sums: String,
}

impl<R: Read> Unpacking<R> {
    /// The first member, whose length and time its header alone says.
    fn listing(&mut self) -> Result<(Listing, u64), RestoreError> {
        let mut header = [0; BLOCK];
        self.from.read_exact(&mut header).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => RestoreError::Foreign,
            _ => RestoreError::Read(error),
        })?;
        let (bytes, made) =
            numbers(&header).filter(|(bytes, _)| *bytes <= LISTING_BYTES).ok_or(RestoreError::Foreign)?;
        let head = Head { path: LISTING, bytes, made };
        if head.encode() != Some(header) {
            return Err(RestoreError::Foreign);
        }
        let json = self.body(&head)?;
        let altered = || RestoreError::Altered { file: LISTING.to_owned() };
        let said: serde_json::Value = serde_json::from_slice(&json).map_err(|_| altered())?;
        match said.get("format").and_then(|format| format.as_str()) {
            Some(FORMAT) => {}
            Some(format) if format.starts_with("isnad-backup-") && format.len() < 32 => {
                return Err(RestoreError::Newer { format: format.to_owned() });
            }
            _ => return Err(RestoreError::Foreign),
        }
        let listing: Listing = serde_json::from_value(said).map_err(|_| altered())?;
        check_names(&listing)?;
        Ok((listing, made))
    }

    /// The next member, which is to be this one.
    fn member(&mut self, head: &Head<'_>) -> Result<Vec<u8>, RestoreError> {
        let mut header = [0; BLOCK];
        self.read(&mut header, head.path)?;
        if head.encode() != Some(header) {
            return Err(RestoreError::Altered { file: head.path.to_owned() });
        }
        self.body(head)
    }

    fn body(&mut self, head: &Head<'_>) -> Result<Vec<u8>, RestoreError> {
        let mut bytes = Vec::new();
        let read = self.from.by_ref().take(head.bytes).read_to_end(&mut bytes).map_err(RestoreError::Read)?;
        if read as u64 != head.bytes {
            return Err(RestoreError::Cut { file: head.path.to_owned() });
        }
        let mut padding = [0; BLOCK];
        let padding = padding.get_mut(..head.padding()).unwrap_or_default();
        self.read(padding, head.path)?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(RestoreError::Altered { file: head.path.to_owned() });
        }
        self.sums.push_str(&format!("{}  {}\n", to_hex(&hash_plain(&[&bytes])), head.path));
        Ok(bytes)
    }

    /// The sums, two empty blocks, and nothing behind them.
    fn end(&mut self, made: u64) -> Result<(), RestoreError> {
        let due = std::mem::take(&mut self.sums);
        let said = self.member(&Head { path: SUMS, bytes: due.len() as u64, made })?;
        if said != due.as_bytes() {
            let told = String::from_utf8_lossy(&said).into_owned();
            let wrong = due.lines().zip(told.lines()).find(|(due, told)| due != told);
            let file = wrong.and_then(|(due, _)| due.split_once("  ")).map_or(SUMS, |(_, path)| path);
            return Err(RestoreError::Altered { file: file.to_owned() });
        }
        let mut empty = [1; BLOCK * 2];
        self.read(&mut empty, SUMS)?;
        let mut behind = [0; 1];
        let more = self.from.read(&mut behind).map_err(RestoreError::Read)?;
        if more > 0 || empty.iter().any(|byte| *byte != 0) {
            return Err(RestoreError::Altered { file: SUMS.to_owned() });
        }
        Ok(())
    }

    fn read(&mut self, bytes: &mut [u8], file: &str) -> Result<(), RestoreError> {
        self.from.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => RestoreError::Cut { file: file.to_owned() },
            _ => RestoreError::Read(error),
        })
    }
}

/// Every name is one that a backup holds, and stands once; no file is longer than a home's.
fn check_names(listing: &Listing) -> Result<(), RestoreError> {
    let mut seen = std::collections::BTreeSet::new();
    for listed in &listing.files {
        if !is_name(&listed.path) || listed.bytes > FILE_BYTES || !seen.insert(PathBuf::from(&listed.path)) {
            return Err(RestoreError::Name { file: listed.path.chars().take(100).collect() });
        }
    }
    Ok(())
}
