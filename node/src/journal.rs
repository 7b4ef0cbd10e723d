//! Append-only segment files: the truth, and enough to rebuild all else. design §12; format §10.1.
//!
//! One journal is one directory of files `1.seg`, `2.seg`, …. A segment begins with a tag of 16 bytes, a marker of 4
//! random ones and the CRC-32 of both; then come frames:
//!
//! ```text
//! marker[4]  length[4]  crc32[4]  kind[1]  bytes
//! ```
//!
//! Integers are big-endian; length counts kind and bytes, the checksum (CRC-32 of IEEE 802.3) covers them. Every frame repeats
//! the marker of its segment: what is in a frame is chosen by peers, who could otherwise hide the likeness of a whole frame in
//! it and make a torn tail look like damage. It also makes the search for the next whole frame linear.
//!
//! What the bytes mean is left to others: a frame is a kind and opaque bytes.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::path::{Path, PathBuf};

use crate::fault::Fault;

mod frame;
mod meter;
mod position;
mod reader;
mod scan;
mod segment;
mod tail;
mod writer;

#[cfg(test)]
mod tests;

pub use frame::{FRAME_BYTES, Flaw, Frame};
pub(crate) use meter::{Meter, length_of};
pub use position::Position;
pub use reader::{Frames, Reader};
pub use scan::{Damage, Found, Scan};

use writer::Writer;

/// A segment that has passed this many bytes is closed and the next begun: small enough to copy, check or host one by one.
pub const SEGMENT_BYTES: u32 = 64 << 20;

/// A batch that has passed this many bytes is synced before the next frame is taken: what is held in memory is bounded.
pub const BATCH_BYTES: usize = 8 << 20;

/// The journal of one space, or of governance, open for writing. There is one at a time: the home's lock sees to that.
///
/// Frames are appended in batches. A batch ends with [`Journal::sync`]: when that returns, it is on disk. When an append or a
/// sync fails, the whole batch is taken back: the journal stands where the last sync left it, positions handed out since name
/// nothing, and the batch may be appended again.
#[derive(Debug)]
pub struct Journal {
    writer: Writer,
    reader: Reader,
}

/// A journal that was opened, and what was found at its end.
#[derive(Debug)]
pub struct Opened {
    /// The journal, ready for the next frame.
    pub journal: Journal,
    /// The torn tail that a crash left, if it left one; worth a line in the log.
    pub torn: Option<Torn>,
}

/// Bytes behind the last whole frame, without a whole frame behind them, that were moved aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    /// Where they stood.
    pub position: Position,
    /// How many.
    pub bytes: u64,
    /// The file they are kept in.
    pub kept_in: PathBuf,
}

/// Makes an empty journal in `dir` if there is none.
///
/// # Errors
/// [`Fault::Io`].
pub fn make(dir: &Path) -> Result<(), Fault> {
    crate::files::create_directory(dir)?;
    if segment::last(dir)?.is_none() { segment::create(dir, Position::START.segment) } else { Ok(()) }
}

/// True if there is a journal in `dir`, be it damaged.
///
/// # Errors
/// [`Fault::Io`] if the system does not say.
pub fn exists(dir: &Path) -> Result<bool, Fault> {
    let is_there = dir.try_exists().map_err(Fault::io("look at", dir))?;
    Ok(is_there && segment::last(dir)?.is_some())
}

/// The file of a segment of the journal in `dir`.
pub(crate) fn segment_path(dir: &Path, segment: u32) -> PathBuf {
    segment::path(dir, segment)
}

/// What to say of a flaw at a place of the journal in `dir`.
pub(crate) fn fault_at(dir: &Path, position: Position, flaw: Flaw) -> Fault {
    segment::fault(dir, position, flaw)
}

/// What tells the journal in `dir` from every other, for as long as it is there: the marker of its first segment.
///
/// # Errors
/// [`Fault::Damaged`], [`Fault::NewerFormat`] if that segment cannot be read.
pub fn stamp(dir: &Path) -> Result<[u8; 4], Fault> {
    let first = segment::open(dir, Position::START.segment);
    first
        .map(|segment| segment.marker)
        .map_err(|flaw| segment::fault(dir, Position { offset: 0, ..Position::START }, flaw))
}

impl Journal {
    /// Opens the journal in `dir`, making it if need be, and checks every frame of it.
    ///
    /// # Errors
    /// As of [`Journal::open_at`].
    pub fn open(dir: &Path) -> Result<Opened, Fault> {
        Self::open_at(dir, None)
    }

    /// Opens the journal in `dir`, and checks the frames from `trusted_end` on: the end that the index vouches for.
    ///
    /// A torn tail of the last segment is moved aside. The index's word is enough to save reading, never to cut: before a
    /// tail is moved, its whole segment is read.
    ///
    /// # Errors
    /// [`Fault::Damaged`] for anything wrong but a torn tail, with nothing changed: a bad frame with a whole one behind it, a
    /// damaged or missing segment, an end before `trusted_end`. [`Fault::NewerFormat`] for a segment of a newer version;
    /// [`Fault::Io`].
    pub fn open_at(dir: &Path, trusted_end: Option<Position>) -> Result<Opened, Fault> {
        if trusted_end.is_none_or(|end| end <= Position::START) {
            make(dir)?;
        }
        let (end, torn) = tail::find_end(dir, trusted_end)?;
        let torn = torn.map(|bytes| tail::move_aside(dir, end, bytes)).transpose()?;
        let writer = Writer::open(dir, end)?;
        Ok(Opened { journal: Self { writer, reader: Reader::new(dir) }, torn })
    }

    /// Takes a frame into the batch: `parts`, one after the other. Returns where it will stand.
    ///
    /// A batch that has passed [`BATCH_BYTES`] is synced first.
    ///
    /// # Errors
    /// [`Fault::FrameTooLarge`] above [`FRAME_BYTES`], and the batch stands as it was; [`Fault::Io`], and the batch is taken
    /// back.
    pub fn append(&mut self, kind: u8, parts: &[&[u8]]) -> Result<Position, Fault> {
        self.writer.append(kind, parts)
    }

    /// Sees to it that frames of so many bytes have room on the disk, as far as the system says.
    ///
    /// # Errors
    /// [`Fault::Io`] if they have none; nothing is changed.
    pub fn make_room(&mut self, frames: &[usize]) -> Result<(), Fault> {
        let bytes = frames.iter().map(|bytes| bytes.saturating_add(frame::PREFIX_BYTES).saturating_add(1));
        self.writer.make_room(bytes.fold(0, usize::saturating_add))
    }

    /// Ends the batch: when this returns, it is on disk. Without frames since the last sync it does nothing.
    ///
    /// # Errors
    /// [`Fault::Io`], and the batch is taken back.
    pub fn sync(&mut self) -> Result<(), Fault> {
        self.writer.sync()
    }

    /// Takes the batch back: the journal stands where the last sync left it.
    pub fn take_back(&mut self) {
        self.writer.discard();
    }

    /// Takes back the last sync too: the journal ends at `to`, where the sync before left it. Nobody has heard of the rest.
    pub fn rewind(&mut self, to: Position) {
        self.writer.rewind(to);
    }

    /// Reads one frame, of the batch also.
    ///
    /// # Errors
    /// [`Fault::Damaged`] if no whole frame stands there; [`Fault::Io`].
    pub fn read(&mut self, position: Position) -> Result<Frame, Fault> {
        if position >= self.writer.written() {
            self.writer.flush()?;
        }
        self.reader.read(position)
    }

    /// Reads frames in order, from the one at `position` up to the end, those of the batch also.
    ///
    /// # Errors
    /// [`Fault::Io`] if the batch cannot be written.
    pub fn frames_from(&mut self, position: Position) -> Result<Frames, Fault> {
        self.writer.flush()?;
        Ok(self.reader.frames(position, self.writer.end()))
    }

    /// Where the next frame will stand, unless a segment ends before it.
    #[must_use]
    pub const fn end(&self) -> Position {
        self.writer.end()
    }

    /// The end of what is known to be on disk: what an index may vouch for.
    #[must_use]
    pub const fn synced_end(&self) -> Position {
        self.writer.synced()
    }

    /// A handle for other threads, which reads what has been synced.
    #[must_use]
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }
}
