//! The file of a mark: two slots, written in turn, so that what a crash tears is never the mark that was whole before. format §10.3.
//!
//! A slot is written where it stands, and one fdatasync puts it on disk: to put a new file in the place of the old one takes twice
//! as long, and each contribution waits for it.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use isnad_protocol::encoding::{Reader, Tag, hash, tag};

use super::{Mark, encoding};
use crate::fault::Fault;
use crate::files;

const TAG: Tag = tag("ISNAD-MARK-v1");
const SUM: Tag = tag("ISNAD-MARKSUM-v1");
/// What the tags of all versions begin with.
const FAMILY: &[u8] = b"ISNAD-MARK-v";

/// Slots begin at multiples of this: a disk that fails at one block does not take both.
const BLOCK: usize = 4_096;
/// What a slot holds beside the mark: tag, bytes of a slot, generation, length; checksum.
const FRAME_BYTES: usize = 16 + 4 + 8 + 4 + 32;
/// The longest file.
const FILE_BYTES: usize = 2 * (FRAME_BYTES + encoding::MARK_BYTES).next_power_of_two();

/// One slot that is whole.
struct Slot {
    bytes: usize,
    generation: u64,
    mark: Mark,
}

/// The newest mark in a file; `None` if there is no file.
pub(super) fn load(path: &Path) -> Result<Option<Mark>, Fault> {
    read(path).map(|newest| newest.map(|slot| slot.mark))
}

fn read(path: &Path) -> Result<Option<Slot>, Fault> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Fault::io("open", path)(error)),
    };
    let damaged = || Fault::MarkDamaged { path: path.to_owned() };
    let length = file.metadata().map_err(Fault::io("look at", path))?.len();
    let length = usize::try_from(length).ok().filter(|length| *length <= FILE_BYTES).ok_or_else(damaged)?;
    let bytes = files::read_bounded(file, length).map_err(Fault::io("read", path))?.ok_or_else(damaged)?;
    if is_newer(&bytes) {
        return Err(Fault::NewerFormat { path: path.to_owned() });
    }
    newest(&bytes).map(Some).ok_or_else(damaged)
}

/// True if a later version wrote it. Those before version 10 share the length of the tag.
fn is_newer(bytes: &[u8]) -> bool {
    bytes.strip_prefix(FAMILY).and_then(<[u8]>::first).is_some_and(|version| (b'2'..=b'9').contains(version))
}

/// The slot that is whole and was written last. A file that was cut has none: slots say how long they are.
fn newest(bytes: &[u8]) -> Option<Slot> {
    let (first, second) = bytes.split_at_checked(bytes.len() / 2)?;
    let is_own = |slot: &Slot| slot.bytes == first.len() && slot.bytes == second.len();
    [first, second].into_iter().filter_map(decode).filter(is_own).max_by_key(|slot| slot.generation)
}

fn encode(mark: &Mark, slot: usize, generation: u64) -> Vec<u8> {
    let mark = encoding::encode(mark);
    let length = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    let mut out = [&TAG[..], &length(slot), &generation.to_be_bytes(), &length(mark.len()), &mark].concat();
    out.extend_from_slice(&hash(&SUM, &[&out]));
    out
}

/// `None` for anything that [`encode`] did not make, whatever stands behind it.
fn decode(bytes: &[u8]) -> Option<Slot> {
    let mut reader = Reader::new(bytes);
    if reader.array().ok()? != TAG {
        return None;
    }
    let slot = usize::try_from(reader.u32().ok()?).ok()?;
    let generation = reader.u64().ok()?;
    let length = usize::try_from(reader.u32().ok()?).ok()?;
    let mark = reader.bytes(length).ok()?;
    let covered = bytes.get(..bytes.len().checked_sub(reader.rest().len())?)?;
    if reader.array().ok()? != hash(&SUM, &[covered]) {
        return None;
    }
    Some(Slot { bytes: slot, generation, mark: encoding::decode(mark)? })
}

/// The file of a mark, which one writes.
#[derive(Debug)]
pub struct MarkFile {
    path: PathBuf,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    slot: usize,
    /// Of the mark that stands.
    generation: u64,
}

impl MarkFile {
    /// The file at this place, if there is one yet.
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self { path, open: None }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a mark on disk: when this returns it survives a loss of power.
    ///
    /// After a fault the file may hold the old mark or this one. So this one is kept and written again; to drop it would be to use
    /// its numbers twice.
    ///
    /// # Errors
    /// [`Fault::Io`].
    pub fn write(&mut self, mark: &Mark) -> Result<(), Fault> {
        if self.open.is_none() {
            self.open = open(&self.path)?;
        }
        if let Some(open) = &mut self.open {
            let generation = open.generation.saturating_add(1);
            let bytes = encode(mark, open.slot, generation);
            if bytes.len() <= open.slot {
                // The other slot than that of the mark which stands; it stays so until this one does.
                let at = if generation.is_multiple_of(2) { 0 } else { u64::try_from(open.slot).unwrap_or(u64::MAX) };
                open.file.write_all_at(&bytes, at).map_err(Fault::io("write to", &self.path))?;
                open.file.sync_data().map_err(Fault::io("sync", &self.path))?;
                open.generation = generation;
                return Ok(());
            }
        }
        self.open = None;
        make(&self.path, mark)
    }
}

/// Opens a file with a mark for writing; `None` if there is none that can be written on.
fn open(path: &Path) -> Result<Option<Open>, Fault> {
    // What is damaged is no reason to lose the next mark: that is made anew.
    let Ok(Some(newest)) = read(path) else { return Ok(None) };
    let file = OpenOptions::new().write(true).open(path).map_err(Fault::io("open", path))?;
    Ok(Some(Open { file, slot: newest.bytes, generation: newest.generation }))
}

/// Makes the file as a whole, with room for a mark twice as long.
pub(super) fn make(path: &Path, mark: &Mark) -> Result<(), Fault> {
    let due = encode(mark, 0, 0).len();
    let slot = due.checked_next_power_of_two().unwrap_or(due).max(BLOCK);
    let mut bytes = encode(mark, slot, 0);
    // Written, not only said to be there: a block that was never written is found a place once it is.
    bytes.resize(slot.saturating_mul(2), 0);
    files::replace(path, &bytes)
}
