//! One frame: its bytes, and what can be wrong with them.

use std::io;

use isnad_protocol::encoding::Reader as Bytes;

use super::position::Position;
use super::segment::{Marker, Window};

/// The longest frame, its kind and header left out: the body of the longest act, its signatures, and room for a header.
/// What is longer is taken for damage and never loaded.
pub const FRAME_BYTES: usize = (1 << 20) + (64 << 10) + (128 << 10);

/// Marker, length and checksum.
pub(super) const PREFIX_BYTES: usize = 12;

/// One frame of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Where it stands.
    pub position: Position,
    /// What its bytes are, in the words of whoever appended it.
    pub kind: u8,
    /// Its bytes; at most [`FRAME_BYTES`].
    pub bytes: Vec<u8>,
}

impl Frame {
    /// The position directly behind it.
    #[must_use]
    pub fn end(&self) -> Position {
        let length = self.bytes.len().saturating_add(PREFIX_BYTES + 1);
        let offset = self.position.offset.saturating_add(u32::try_from(length).unwrap_or(u32::MAX));
        Position { offset, ..self.position }
    }
}

/// What is wrong at a place in a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// The file of a segment is not there, though one with a higher number is, or the index read it once.
    #[error("the file is missing")]
    Missing,
    /// The tag or the marker at the beginning of a segment is not what it was.
    #[error("the beginning of the file is not that of a segment")]
    Header,
    /// The segment was written by a newer version.
    #[error("the file was written by a newer version")]
    Version,
    /// No frame begins where one should.
    #[error("no frame begins here")]
    Marker,
    /// The length of a frame is zero or above the bound.
    #[error("the length of the frame is impossible")]
    Length,
    /// The file ends inside a frame. At the very end of a journal this may be a writer at work.
    #[error("the frame is cut short")]
    Cut,
    /// The bytes of a frame do not fit its checksum.
    #[error("the checksum does not fit the bytes")]
    Checksum,
    /// The disk does not give the bytes back.
    #[error("the disk cannot read this ({0})")]
    Unreadable(io::ErrorKind),
    /// The journal ends before a place that was known to be on disk.
    #[error("frames that were on disk are gone")]
    Lost,
}

/// Writes one frame behind what is in `out`; `false`, and nothing written, if it is too long.
pub(super) fn encode(out: &mut Vec<u8>, marker: Marker, kind: u8, parts: &[&[u8]]) -> bool {
    let bytes = parts.iter().fold(1_usize, |sum, part| sum.saturating_add(part.len()));
    let Some(length) = u32::try_from(bytes).ok().filter(|_| bytes <= FRAME_BYTES.saturating_add(1)) else {
        return false;
    };
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&[kind]);
    parts.iter().for_each(|part| checksum.update(part));
    out.extend_from_slice(&marker);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&checksum.finalize().to_be_bytes());
    out.push(kind);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    true
}

/// Reads the frame at `position`. `None` where the file ends exactly there.
pub(super) fn read(window: &mut Window, marker: Marker, position: Position) -> Result<Option<Frame>, Flaw> {
    let Some(body) = check(window, marker, position.offset)? else { return Ok(None) };
    let (kind, bytes) = body.split_first().ok_or(Flaw::Length)?;
    Ok(Some(Frame { position, kind: *kind, bytes: bytes.to_vec() }))
}

/// True if a whole frame stands at `position`, false where the file ends exactly there.
pub(super) fn peek(window: &mut Window, marker: Marker, position: Position) -> Result<bool, Flaw> {
    check(window, marker, position.offset).map(|body| body.is_some())
}

/// Kind and bytes of the frame at `offset`, its checksum checked.
fn check(window: &mut Window, marker: Marker, offset: u32) -> Result<Option<&[u8]>, Flaw> {
    let prefix = window.get(offset, PREFIX_BYTES).map_err(unreadable)?;
    if prefix.is_empty() {
        return Ok(None);
    }
    let (length, checksum) = read_prefix(prefix, marker)?;
    let whole = window.get(offset, length.saturating_add(PREFIX_BYTES)).map_err(unreadable)?;
    let body = whole.get(PREFIX_BYTES..).filter(|body| body.len() == length).ok_or(Flaw::Cut)?;
    if crc32fast::hash(body) == checksum { Ok(Some(body)) } else { Err(Flaw::Checksum) }
}

/// Length of kind and bytes, and their checksum.
fn read_prefix(prefix: &[u8], marker: Marker) -> Result<(usize, u32), Flaw> {
    if !prefix.iter().zip(&marker).all(|(found, due)| found == due) {
        return Err(Flaw::Marker);
    }
    let mut bytes = Bytes::new(prefix.get(marker.len()..).ok_or(Flaw::Cut)?);
    let length = usize::try_from(bytes.u32().map_err(|_| Flaw::Cut)?).map_err(|_| Flaw::Length)?;
    let checksum = bytes.u32().map_err(|_| Flaw::Cut)?;
    // Bounded before anything is loaded: a bad length must not ask for memory.
    if length == 0 || length > FRAME_BYTES.saturating_add(1) {
        return Err(Flaw::Length);
    }
    Ok((length, checksum))
}

#[allow(clippy::needless_pass_by_value, reason = "fits map_err")]
fn unreadable(error: io::Error) -> Flaw {
    Flaw::Unreadable(error.kind())
}
