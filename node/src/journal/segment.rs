//! One segment file: its name, its beginning, and a window through which it is read.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::frame::Flaw;
use super::position::Position;
use crate::fault::Fault;
use crate::files;

/// Tag, marker, checksum of both.
pub(super) const HEADER_BYTES: u32 = 24;

const TAG: &[u8; 16] = b"ISNAD-JOURNAL-v1";
/// What the tags of all versions begin with.
const FAMILY: &[u8] = b"ISNAD-JOURNAL-v";

/// Four random bytes that every frame of a segment begins with. Peers must not learn those of the segment being written.
pub(super) type Marker = [u8; 4];

/// The file of a segment.
pub(super) fn path(dir: &Path, segment: u32) -> PathBuf {
    dir.join(format!("{segment}.seg"))
}

/// The highest number among the segments of a directory, `None` without any.
pub(super) fn last(dir: &Path) -> Result<Option<u32>, Fault> {
    let listed = fs::read_dir(dir).map_err(Fault::io("list", dir))?;
    let mut last = None;
    for file in listed {
        let name = file.map_err(Fault::io("list", dir))?.file_name();
        last = last.max(name.to_str().and_then(number));
    }
    Ok(last)
}

/// The lowest number below `last` of which there is no file.
pub(super) fn first_missing(dir: &Path, last: u32) -> Option<u32> {
    (1..last).find(|segment| !path(dir, *segment).exists())
}

/// `7.seg` is 7; `07.seg`, `7.seg.bak` and `7.torn-20` are no segments.
fn number(name: &str) -> Option<u32> {
    let number: u32 = name.strip_suffix(".seg")?.parse().ok()?;
    (number > 0 && name == format!("{number}.seg")).then_some(number)
}

/// Makes an empty segment. It appears with its whole header or not at all.
pub(super) fn create(dir: &Path, segment: u32) -> Result<(), Fault> {
    let marker: Marker = crate::clock::random()?;
    // Never zero in front: a disk that lost power may leave zeros, and they are no frame.
    let marker = [marker[0] | 0x80, marker[1], marker[2], marker[3]];
    files::replace(&path(dir, segment), &[TAG.as_slice(), &marker, &checksum(marker)].concat())
}

/// So that a changed marker is seen in a segment without frames too.
fn checksum(marker: Marker) -> [u8; 4] {
    crc32fast::hash(&[TAG.as_slice(), &marker].concat()).to_be_bytes()
}

/// A segment open for reading.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) file: Arc<File>,
    pub(super) marker: Marker,
    /// False if tag, marker or checksum are not what they were: the frames may tell which.
    pub(super) is_whole: bool,
}

/// Opens a segment for reading.
pub(super) fn open(dir: &Path, segment: u32) -> Result<Segment, Flaw> {
    let file = File::open(path(dir, segment)).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Flaw::Missing,
        kind => Flaw::Unreadable(kind),
    })?;
    let mut header = [0; HEADER_BYTES as usize];
    file.read_exact_at(&mut header, 0).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => Flaw::Header,
        kind => Flaw::Unreadable(kind),
    })?;
    let (tag, marker) = header.split_first_chunk::<16>().ok_or(Flaw::Header)?;
    let (marker, sum) = marker.split_first_chunk::<4>().ok_or(Flaw::Header)?;
    // Under this version's checksum another tag is a damaged one: that of a newer version would be covered by its own.
    let is_ours = *sum == checksum(*marker);
    let is_newer = tag.starts_with(FAMILY) && matches!(tag.last(), Some(b'2'..=b'9'));
    if !is_ours && is_newer {
        return Err(Flaw::Version);
    }
    Ok(Segment { file: Arc::new(file), marker: *marker, is_whole: is_ours && tag == TAG })
}

/// Says of a flaw where it is, to those who cannot go on.
pub(super) fn fault(dir: &Path, position: Position, flaw: Flaw) -> Fault {
    let path = path(dir, position.segment);
    match flaw {
        Flaw::Version => Fault::NewerFormat { path },
        _ => Fault::Damaged { path, segment: position.segment, offset: position.offset, flaw },
    }
}

/// Reads a file front to back in steps, holding no more than one frame and what was read ahead.
#[derive(Debug)]
pub(super) struct Window {
    file: Arc<File>,
    ahead: usize,
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// For reading one frame after the other.
    pub(super) const fn wide(file: Arc<File>) -> Self {
        Self::ahead(file, 256 << 10)
    }

    /// For reading one frame: most fit one page.
    pub(super) const fn narrow(file: Arc<File>) -> Self {
        Self::ahead(file, 4 << 10)
    }

    /// For reading so many bytes at once.
    pub(super) const fn ahead(file: Arc<File>, ahead: usize) -> Self {
        Self { file, ahead, start: 0, bytes: Vec::new() }
    }

    /// Forgets what was read, so that it is read anew.
    pub(super) fn forget(&mut self) {
        self.bytes.clear();
    }

    /// The `count` bytes from `offset` on; fewer only where the file ends now. The end is looked up anew each time: a writer may
    /// have moved it.
    pub(super) fn get(&mut self, offset: u32, count: usize) -> io::Result<&[u8]> {
        let offset = u64::from(offset);
        if self.held(offset, count).is_none() {
            self.load(offset, count)?;
        }
        Ok(self.held(offset, count).or_else(|| self.held(offset, self.bytes.len())).unwrap_or_default())
    }

    fn held(&self, offset: u64, count: usize) -> Option<&[u8]> {
        let from = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.bytes.get(from..from.checked_add(count)?)
    }

    fn load(&mut self, offset: u64, count: usize) -> io::Result<()> {
        self.start = offset;
        self.bytes.clear();
        self.bytes.resize(count.max(self.ahead), 0);
        let mut filled: usize = 0;
        while let Some(rest) = self.bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_add(u64::try_from(filled).unwrap_or(u64::MAX));
            match self.file.read_at(rest, at) {
                Ok(0) => break,
                Ok(read) => filled = filled.saturating_add(read),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.bytes.clear();
                    return Err(error);
                }
            }
        }
        self.bytes.truncate(filled);
        Ok(())
    }

    /// Length of the file now.
    pub(super) fn length(&self) -> io::Result<u64> {
        self.file.metadata().map(|metadata| metadata.len())
    }
}
