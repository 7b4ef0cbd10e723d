//! Reads frames at known positions, from any thread, while one writer appends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::frame::{self, Flaw, Frame};
use super::position::Position;
use super::scan::{Found, Scan};
use super::segment::{self, Marker, Window};
use crate::fault::Fault;

/// Segments kept open: two gigabytes of recent journal and more, and far from what a process may open.
const OPEN_FILES: usize = 64;

/// What is fetched at once: as much as a scan reads ahead.
const NEAR_BYTES: usize = 256 << 10;

/// A cheap handle for reading; clones share their open files.
#[derive(Debug, Clone)]
pub struct Reader {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    dir: PathBuf,
    open: Mutex<BTreeMap<u32, (Arc<std::fs::File>, Marker)>>,
}

impl Reader {
    /// Reads the journal in `dir`, without a lock.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self { shared: Arc::new(Shared { dir: dir.to_owned(), open: Mutex::default() }) }
    }

    /// Reads one frame.
    ///
    /// # Errors
    /// [`Fault::Damaged`] if no whole frame stands there; [`Fault::NewerFormat`].
    pub fn read(&self, position: Position) -> Result<Frame, Fault> {
        let fault = |flaw| segment::fault(&self.shared.dir, position, flaw);
        let (file, marker) = self.segment(position.segment).map_err(fault)?;
        frame::read(&mut Window::narrow(file), marker, position).map_err(fault)?.ok_or_else(|| fault(Flaw::Lost))
    }

    /// Makes something of each frame, in the order given, and keeps none of them; what stands close together is fetched together.
    ///
    /// # Errors
    /// As [`Reader::read`], and those of `make`.
    pub fn read_all<T>(
        &self,
        positions: &[Position],
        make: impl Fn(&Frame) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut made = Vec::with_capacity(positions.len());
        let mut open: Option<(u32, Window, Marker)> = None;
        for position in positions {
            let fault = |flaw| segment::fault(&self.shared.dir, *position, flaw);
            if open.as_ref().is_none_or(|(segment, ..)| *segment != position.segment) {
                let (file, marker) = self.segment(position.segment).map_err(fault)?;
                open = Some((position.segment, Window::narrow(file), marker));
            }
            if let Some((_, window, marker)) = &mut open {
                let frame = frame::read(window, *marker, *position).map_err(fault)?;
                made.push(make(&frame.ok_or_else(|| fault(Flaw::Lost))?)?);
            }
        }
        Ok(made)
    }

    /// Reads frames in order from the one at `position` up to where the journal ends when that is reached.
    #[must_use]
    pub fn frames_from(&self, position: Position) -> Frames {
        Frames { reader: self.clone(), state: State::Due(position), until: None }
    }

    /// The same up to `until`, which must be an end known to be written.
    #[must_use]
    pub fn frames(&self, position: Position, until: Position) -> Frames {
        let near = self.near(position, until);
        let state = near.map_or(State::Due(position), |near| State::Near(Box::new(near)));
        Frames { reader: self.clone(), state, until: Some(until) }
    }

    /// What was written just now is fetched at once, from the file that is open: it is read behind each flush. `None` where there is
    /// more of it, or no telling.
    fn near(&self, at: Position, until: Position) -> Option<Near> {
        let bytes = usize::try_from(until.offset.checked_sub(at.offset)?).ok()?;
        if at.segment != until.segment || at < Position::start_of(at.segment) || bytes > NEAR_BYTES {
            return None;
        }
        let (file, marker) = self.segment(at.segment).ok()?;
        Some(Near { window: Window::ahead(file, bytes), marker, at })
    }

    fn segment(&self, segment: u32) -> Result<(Arc<std::fs::File>, Marker), Flaw> {
        let mut open = self.shared.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((file, marker)) = open.get(&segment) {
            return Ok((Arc::clone(file), *marker));
        }
        let found = segment::open(&self.shared.dir, segment)?;
        if open.len() >= OPEN_FILES {
            open.pop_first();
        }
        open.insert(segment, (Arc::clone(&found.file), found.marker));
        Ok((found.file, found.marker))
    }
}

/// Frames in order, in bounded memory. Ends at the first fault.
#[derive(Debug)]
pub struct Frames {
    reader: Reader,
    state: State,
    /// An end known to be written; `None` for wherever the end is.
    until: Option<Position>,
}

#[derive(Debug)]
enum State {
    Due(Position),
    Near(Box<Near>),
    Running(Box<Scan>),
    Ended,
}

/// The frames of one segment from a place on.
#[derive(Debug)]
struct Near {
    window: Window,
    marker: Marker,
    at: Position,
}

impl Frames {
    fn advance(&mut self) -> Result<Option<Frame>, Fault> {
        if let State::Near(near) = &mut self.state {
            if self.until.is_some_and(|until| near.at >= until) {
                return Ok(None);
            }
            if let Ok(Some(frame)) = frame::read(&mut near.window, near.marker, near.at) {
                near.at = frame.end();
                return Ok(Some(frame));
            }
            // What is wrong there, the scan names.
            self.state = State::Due(near.at);
        }
        if let State::Due(position) = self.state {
            self.state = State::Running(Box::new(Scan::open_from(&self.reader.shared.dir, position)?));
        }
        let State::Running(scan) = &mut self.state else { return Ok(None) };
        if self.until.is_some_and(|until| scan.reached() >= until) {
            return Ok(None);
        }
        let (position, flaw) = match scan.next() {
            Some(Found::Frame(frame)) => {
                return Ok(self.until.is_none_or(|until| frame.position < until).then_some(frame));
            }
            Some(Found::Damage(damage)) => (damage.position, damage.flaw),
            // A writer may be at work behind what is known to be written.
            Some(Found::Tail { .. }) | None if self.until.is_none_or(|until| scan.reached() >= until) => {
                return Ok(None);
            }
            Some(Found::Tail { position, flaw, .. }) => (position, flaw),
            None => (scan.reached(), Flaw::Lost),
        };
        Err(segment::fault(&self.reader.shared.dir, position, flaw))
    }
}

impl Iterator for Frames {
    type Item = Result<Frame, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance().transpose();
        if !matches!(next, Some(Ok(_))) {
            self.state = State::Ended;
        }
        next
    }
}
