//! Reads a whole journal without a lock and beside its writer, names what is damaged, and goes on behind it.

use std::path::{Path, PathBuf};

use super::frame::{self, Flaw, Frame};
use super::position::Position;
use super::segment::{self, HEADER_BYTES, Marker, Window};
use crate::fault::Fault;

/// Markers without a whole frame that a search looks at before it gives up: none are there but by damage or by someone who
/// knows the marker, and each costs a frame's reading.
const CANDIDATES: usize = 1_024;

/// One thing found in a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A whole frame.
    Frame(Frame),
    /// Bytes that are not what was written; the next thing found stands behind them.
    Damage(Damage),
    /// Bytes behind the last whole frame of the journal. Nothing is found after it.
    ///
    /// With [`Flaw::Cut`] a writer may be at work, or a crash tore it; anything else is the trace of a crash, or damage to what
    /// was the last frame.
    Tail {
        /// Where they begin.
        position: Position,
        /// How many.
        bytes: u64,
        /// Why they are no frame.
        flaw: Flaw,
    },
}

/// Bytes of a journal that are not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// Where they begin.
    pub position: Position,
    /// Where they end, in bytes from the beginning of the segment.
    pub until: u64,
    /// What is wrong.
    pub flaw: Flaw,
}

/// Streams a journal, in order, in bounded memory. Changes nothing.
#[derive(Debug)]
pub struct Scan {
    dir: PathBuf,
    at: Position,
    open: Option<(Window, Marker)>,
    /// True once a later segment was seen: nothing is appended to this one any more.
    is_closed: bool,
    is_done: bool,
}

impl Scan {
    /// Begins at the first frame of the journal in `dir`.
    ///
    /// # Errors
    /// [`Fault::Io`] if the directory cannot be listed.
    pub fn open(dir: &Path) -> Result<Self, Fault> {
        Self::open_from(dir, Position::START)
    }

    /// Begins at a position, which must be that of a frame or an end.
    ///
    /// # Errors
    /// [`Fault::Io`] if the directory cannot be listed.
    pub fn open_from(dir: &Path, position: Position) -> Result<Self, Fault> {
        segment::last(dir)?;
        let at = position.max(Position::start_of(position.segment));
        Ok(Self { dir: dir.to_owned(), at, open: None, is_closed: false, is_done: false })
    }

    /// Where the next thing will be looked for; after the last, where the journal ends.
    #[must_use]
    pub const fn reached(&self) -> Position {
        self.at
    }

    /// Opens the segment that is next. `Some` if that is where something is wrong.
    fn enter(&mut self) -> Option<Damage> {
        let opened = segment::open(&self.dir, self.at.segment);
        let is_followed = self.is_followed();
        match opened {
            Ok(found) => {
                let mut window = Window::wide(found.file);
                let marker = confirm(&mut window, found.marker, self.at.segment);
                self.open = Some((window, marker));
                let is_whole = found.is_whole && marker == found.marker;
                (!is_whole).then_some(self.damaged_header(u64::from(HEADER_BYTES), Flaw::Header))
            }
            Err(Flaw::Missing) if !is_followed => {
                self.is_done = true;
                None
            }
            Err(flaw) => {
                let until = segment::path(&self.dir, self.at.segment).metadata().map_or(0, |metadata| metadata.len());
                let damage = self.damaged_header(until, flaw);
                self.leave(is_followed);
                Some(damage)
            }
        }
    }

    const fn damaged_header(&self, until: u64, flaw: Flaw) -> Damage {
        Damage { position: Position { offset: 0, ..self.at }, until, flaw }
    }

    fn is_followed(&self) -> bool {
        segment::last(&self.dir).is_ok_and(|last| last > Some(self.at.segment))
    }

    fn leave(&mut self, is_followed: bool) {
        self.open = None;
        self.is_closed = false;
        if is_followed {
            self.at = Position::start_of(self.at.segment.saturating_add(1));
        } else {
            self.is_done = true;
        }
    }

    fn step(&mut self) -> Option<Found> {
        let mut read = self.read();
        if !matches!(read, Ok(Some(_))) {
            // Looked at twice before it is called an end or damaged: a writer may have taken a batch back, appended another and
            // begun the next segment since these bytes were read.
            self.is_closed = self.is_closed || self.is_followed();
            self.open.as_mut()?.0.forget();
            read = self.read();
        }
        match read {
            Ok(Some(frame)) => {
                self.at = frame.end();
                Some(Found::Frame(frame))
            }
            Ok(None) => {
                self.leave(self.is_closed);
                None
            }
            Err(flaw) => Some(self.skip(flaw, self.is_closed)),
        }
    }

    fn read(&mut self) -> Result<Option<Frame>, Flaw> {
        let Some((window, marker)) = self.open.as_mut() else { return Ok(None) };
        frame::read(window, *marker, self.at)
    }

    fn skip(&mut self, flaw: Flaw, is_followed: bool) -> Found {
        let position = self.at;
        let Some((window, marker)) = self.open.as_mut() else {
            return Found::Damage(Damage { position, until: u64::from(position.offset), flaw });
        };
        let length = window.length().unwrap_or_else(|_| u64::from(position.offset));
        let (until, flaw) = match search(window, *marker, position) {
            Ok(Some(next)) => {
                self.at = next;
                return Found::Damage(Damage { position, until: u64::from(next.offset), flaw });
            }
            Ok(None) if !is_followed => {
                self.is_done = true;
                return Found::Tail { position, bytes: length.saturating_sub(u64::from(position.offset)), flaw };
            }
            Ok(None) => (length, flaw),
            Err(worse) => (length, worse),
        };
        self.leave(is_followed);
        Found::Damage(Damage { position, until, flaw })
    }
}

impl Iterator for Scan {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        while !self.is_done {
            if self.open.is_none()
                && let Some(damage) = self.enter()
            {
                return Some(Found::Damage(damage));
            }
            if let Some(found) = self.step() {
                return Some(found);
            }
        }
        None
    }
}

/// The marker of a segment: that of the header, unless the first frame is whole but for another marker, and the second does not
/// side with the header. In doubt the header is the damaged one, for then nothing is taken for a torn tail.
fn confirm(window: &mut Window, header: Marker, segment: u32) -> Marker {
    let start = Position::start_of(segment);
    let own = window.get(start.offset, header.len()).ok().and_then(|bytes| Marker::try_from(bytes).ok());
    let Some(own) = own.filter(|own| *own != header) else { return header };
    match frame::read(window, own, start) {
        Ok(Some(first)) if !matches!(frame::peek(window, header, first.end()), Ok(true)) => own,
        _ => header,
    }
}

/// Finds the next whole frame behind `position`. Reads each byte once, but for the likeness of frames.
///
/// # Errors
/// [`Flaw::Unreadable`], or [`Flaw::Marker`] if there is more than damage would explain and so no telling.
fn search(window: &mut Window, marker: Marker, position: Position) -> Result<Option<Position>, Flaw> {
    let overlap = marker.len().saturating_sub(1);
    let mut offset = position.offset.saturating_add(1);
    let mut candidates = 0_usize;
    while candidates < CANDIDATES {
        let chunk = window.get(offset, 64 << 10).map_err(|error| Flaw::Unreadable(error.kind()))?;
        let found = chunk.windows(marker.len()).position(|bytes| bytes == marker);
        let is_last = chunk.len() < 64 << 10;
        let step = found.unwrap_or_else(|| chunk.len().saturating_sub(overlap));
        offset = offset.saturating_add(u32::try_from(step).unwrap_or(u32::MAX));
        if found.is_none() {
            if is_last {
                return Ok(None);
            }
            continue;
        }
        let next = Position { offset, ..position };
        match frame::peek(window, marker, next) {
            Ok(true) => return Ok(Some(next)),
            Err(flaw @ Flaw::Unreadable(_)) => return Err(flaw),
            _ => candidates = candidates.saturating_add(1),
        }
        offset = offset.saturating_add(1);
    }
    Err(Flaw::Marker)
}
