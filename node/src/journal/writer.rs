//! The one who appends: a batch in memory, then in the file, then on disk; or, if anything fails, not at all.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

use super::frame::{self, FRAME_BYTES};
use super::position::Position;
use super::segment::{self, Marker};
use super::{BATCH_BYTES, SEGMENT_BYTES};
use crate::fault::Fault;

/// Room is asked for so far ahead, that not each batch has to.
const ROOM_BYTES: u64 = 16 << 10;

/// What the batch keeps of its memory between batches.
const BATCH_KEPT_BYTES: usize = 1 << 20;

#[derive(Debug)]
pub(super) struct Writer {
    dir: PathBuf,
    file: File,
    marker: Marker,
    segment: u32,
    /// Up to here the file is on disk.
    synced: u32,
    /// Up to here it was handed to the system.
    written: u32,
    /// Frames that stand behind `written` once they are written.
    batch: Vec<u8>,
    /// Up to here the disk has room for the file, as far as it was asked.
    room: u64,
    /// True if the file may hold bytes behind `synced` that were taken back. Nothing is written until they are cut off.
    is_torn: bool,
    #[cfg(test)]
    pub(super) trouble: Trouble,
    #[cfg(test)]
    pub(super) segment_bytes: u32,
}

/// Failures that a test asks for.
#[cfg(test)]
#[derive(Debug, Default)]
pub(super) struct Trouble {
    /// The next write stops after so many bytes.
    pub(super) write_stops_after: Option<usize>,
    pub(super) sync_fails: bool,
    pub(super) cut_fails: bool,
}

impl Writer {
    pub(super) fn open(dir: &Path, end: Position) -> Result<Self, Fault> {
        let (file, marker) = open_segment(dir, end.segment)?;
        // Bytes that were in the file but never synced must not be vouched for.
        file.sync_all().map_err(Fault::io("sync", &segment::path(dir, end.segment)))?;
        Ok(Self {
            dir: dir.to_owned(),
            file,
            marker,
            segment: end.segment,
            synced: end.offset,
            written: end.offset,
            batch: Vec::new(),
            room: 0,
            is_torn: false,
            #[cfg(test)]
            trouble: Trouble::default(),
            #[cfg(test)]
            segment_bytes: SEGMENT_BYTES,
        })
    }

    pub(super) fn append(&mut self, kind: u8, parts: &[&[u8]]) -> Result<Position, Fault> {
        let bytes = parts.iter().fold(0_usize, |sum, part| sum.saturating_add(part.len()));
        if bytes > FRAME_BYTES {
            return Err(Fault::FrameTooLarge { bytes });
        }
        if self.unsynced_bytes() > BATCH_BYTES {
            self.sync()?;
        }
        // Segments change between batches only, so that a batch can be taken back by cutting one file.
        if self.unsynced_bytes() == 0 && self.synced >= self.segment_bytes() {
            self.begin_segment()?;
        }
        let position = self.end();
        if frame::encode(&mut self.batch, self.marker, kind, parts) {
            Ok(position)
        } else {
            Err(Fault::FrameTooLarge { bytes })
        }
    }

    /// Sees to it that so many bytes more have room on the disk: what is refused for want of it is refused before anything is
    /// written. Of a segment that is not begun yet it says nothing, nor where the file system does not say.
    pub(super) fn make_room(&mut self, bytes: usize) -> Result<(), Fault> {
        let end = self.end().offset;
        let due = u64::from(end).saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        if due <= self.room || (self.unsynced_bytes() == 0 && end >= self.segment_bytes()) {
            return Ok(());
        }
        // The length of the file stays what was written.
        let flags = FallocateFlags::KEEP_SIZE;
        let ask = |until: u64| fallocate(&self.file, flags, u64::from(end), until.saturating_sub(u64::from(end)));
        let ahead = due.saturating_add(ROOM_BYTES);
        let room = ask(ahead).map(|()| ahead).or_else(|_| ask(due).map(|()| due));
        match room {
            Ok(room) => self.room = room,
            Err(errno @ (Errno::NOSPC | Errno::DQUOT)) => {
                return Err(Fault::io("write to", &segment::path(&self.dir, self.segment))(errno.into()));
            }
            Err(_) => {}
        }
        Ok(())
    }

    /// Hands the batch to the system, so that it can be read.
    pub(super) fn flush(&mut self) -> Result<(), Fault> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let written = self.cut_off().and_then(|()| self.write_batch());
        if let Err(error) = written {
            return Err(self.take_back("write to", error));
        }
        self.written = self.end().offset;
        self.clear_batch();
        Ok(())
    }

    pub(super) fn sync(&mut self) -> Result<(), Fault> {
        self.flush()?;
        if self.written == self.synced {
            return Ok(());
        }
        if let Err(error) = self.sync_file() {
            // Once an fsync has failed, Linux may take the lost pages for clean, and a second fsync succeeds without writing
            // them (the "fsyncgate" of PostgreSQL, 2018). So it is never tried again on the same bytes: they are cut off,
            // and are written anew if the caller appends them again.
            return Err(self.take_back("sync", error));
        }
        self.synced = self.written;
        Ok(())
    }

    pub(super) const fn written(&self) -> Position {
        Position { segment: self.segment, offset: self.written }
    }

    pub(super) const fn synced(&self) -> Position {
        Position { segment: self.segment, offset: self.synced }
    }

    /// The end of the batch.
    #[allow(clippy::cast_possible_truncation, reason = "a batch is at most BATCH_BYTES and one frame")]
    pub(super) const fn end(&self) -> Position {
        Position { segment: self.segment, offset: self.written.saturating_add(self.batch.len() as u32) }
    }

    const fn unsynced_bytes(&self) -> usize {
        (self.written.saturating_sub(self.synced) as usize).saturating_add(self.batch.len())
    }

    /// Takes the batch back, as if it had failed.
    pub(super) fn discard(&mut self) {
        if self.unsynced_bytes() > 0 {
            self.clear_batch();
            self.written = self.synced;
            self.is_torn = true;
            // If this fails, it is tried again before anything is written.
            drop(self.cut_off());
        }
    }

    /// Takes back what was synced behind `to`, of the segment in hand: another journal failed, and they stand or fall together.
    pub(super) fn rewind(&mut self, to: Position) {
        if to.segment == self.segment && to.offset < self.synced {
            self.synced = to.offset;
            self.clear_batch();
            self.written = self.synced;
            self.is_torn = true;
            // If this fails, it is tried again before anything is written; a start finds whole frames there until then.
            drop(self.cut_off());
        }
    }

    fn take_back(&mut self, doing: &'static str, error: io::Error) -> Fault {
        self.clear_batch();
        self.written = self.synced;
        self.is_torn = true;
        // If this fails too, it is tried again before anything is written.
        drop(self.cut_off());
        Fault::io(doing, &segment::path(&self.dir, self.segment))(error)
    }

    fn cut_off(&mut self) -> io::Result<()> {
        if self.is_torn {
            self.room = 0;
            self.cut_file()?;
            self.is_torn = false;
        }
        Ok(())
    }

    fn clear_batch(&mut self) {
        self.batch.clear();
        self.batch.shrink_to(BATCH_KEPT_BYTES);
    }

    fn begin_segment(&mut self) -> Result<(), Fault> {
        // What was taken back must not stay at the end of a closed segment, where it would be damage.
        self.cut_off().map_err(Fault::io("cut", &segment::path(&self.dir, self.segment)))?;
        let next = self.segment.saturating_add(1);
        segment::create(&self.dir, next)?;
        let (file, marker) = open_segment(&self.dir, next)?;
        let start = Position::start_of(next);
        (self.file, self.marker, self.segment) = (file, marker, next);
        (self.synced, self.written, self.room) = (start.offset, start.offset, 0);
        Ok(())
    }
}

#[cfg(not(test))]
impl Writer {
    #[allow(clippy::unused_self, reason = "a test has smaller segments")]
    const fn segment_bytes(&self) -> u32 {
        SEGMENT_BYTES
    }

    fn write_batch(&self) -> io::Result<()> {
        self.file.write_all_at(&self.batch, u64::from(self.written))
    }

    fn sync_file(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn cut_file(&self) -> io::Result<()> {
        self.file.set_len(u64::from(self.synced))
    }
}

#[cfg(test)]
impl Writer {
    const fn segment_bytes(&self) -> u32 {
        self.segment_bytes
    }

    fn write_batch(&mut self) -> io::Result<()> {
        let stop = self.trouble.write_stops_after.take();
        let part = self.batch.get(..stop.unwrap_or(usize::MAX).min(self.batch.len())).unwrap_or_default();
        self.file.write_all_at(part, u64::from(self.written))?;
        stop.map_or(Ok(()), |_| Err(io::ErrorKind::StorageFull.into()))
    }

    fn sync_file(&self) -> io::Result<()> {
        if self.trouble.sync_fails { Err(io::ErrorKind::Other.into()) } else { self.file.sync_data() }
    }

    fn cut_file(&self) -> io::Result<()> {
        if self.trouble.cut_fails {
            Err(io::ErrorKind::Other.into())
        } else {
            self.file.set_len(u64::from(self.synced))
        }
    }
}

fn open_segment(dir: &Path, segment: u32) -> Result<(File, Marker), Fault> {
    let path = segment::path(dir, segment);
    let marker =
        segment::open(dir, segment).map_err(|flaw| segment::fault(dir, Position { segment, offset: 0 }, flaw))?.marker;
    let file = OpenOptions::new().read(true).write(true).open(&path).map_err(Fault::io("open", &path))?;
    Ok((file, marker))
}
