//! The layout of a carried file, frame by frame: a file of any size passes through memory for one frame. format §9.6.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::io::{self, ErrorKind, Read, Write};

use isnad_protocol::encoding::{Hashing, Tag, tag};
use isnad_protocol::id::ConsortiumId;
use isnad_protocol::limits;

/// What a file begins with.
pub(super) const FILE_TAG: Tag = tag("ISNAD-CARRY-v1");
const SUM_TAG: Tag = tag("ISNAD-CARRYSUM-1");
/// Stands where the length of a frame would: none has no bytes.
const NO_MORE: [u8; 4] = [0; 4];

/// Why a carried file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// It does not begin as one.
    #[error("not a carried file")]
    Foreign,
    /// It is cut off, its sum does not fit, or something stands behind it.
    #[error("cut off or damaged")]
    Damaged,
    /// It is of another consortium.
    #[error("of the consortium {theirs}")]
    OfOthers {
        /// Which.
        theirs: ConsortiumId,
        /// That of this home.
        ours: ConsortiumId,
    },
    /// It is encrypted, and not for this node.
    #[error("encrypted for others")]
    ForOthers,
    /// It is encrypted, and the node key of this home is locked.
    #[error("encrypted, and no node key is unlocked")]
    Locked,
    /// Whatever it is read from failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Unreadable {
    /// The end before the end is due, and what a decrypter refuses, is damage; the rest is the disk's fault.
    pub(super) fn of(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::UnexpectedEof | ErrorKind::InvalidData => Self::Damaged,
            _ => Self::Io(error),
        }
    }
}

/// Writes a carried file.
#[derive(Debug)]
pub struct Writer<W> {
    to: W,
    sum: Hashing,
}

impl<W: Write> Writer<W> {
    /// Begins a file of a consortium.
    ///
    /// # Errors
    /// Those of `to`.
    pub fn begin(to: W, consortium: ConsortiumId) -> io::Result<Self> {
        let mut writer = Self { to, sum: Hashing::of(&SUM_TAG) };
        writer.put(&FILE_TAG)?;
        writer.put(consortium.as_bytes())?;
        Ok(writer)
    }

    /// Adds a frame, of 1 to [`limits::FRAME_BYTES`] bytes.
    ///
    /// # Errors
    /// Those of `to`; `InvalidInput` for a frame of another length.
    pub fn frame(&mut self, frame: &[u8]) -> io::Result<()> {
        let is_within = (1..=limits::FRAME_BYTES).contains(&frame.len());
        let length = u32::try_from(frame.len()).ok().filter(|_| is_within).ok_or(ErrorKind::InvalidInput)?;
        self.put(&length.to_be_bytes())?;
        self.put(frame)
    }

    /// Ends the file, and gives back what it was written to.
    ///
    /// # Errors
    /// Those of `to`.
    pub fn finish(mut self) -> io::Result<W> {
        self.put(&NO_MORE)?;
        let sum = self.sum.finish();
        self.to.write_all(&sum)?;
        Ok(self.to)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sum.add(bytes);
        self.to.write_all(bytes)
    }
}

/// Reads a carried file.
#[derive(Debug)]
pub struct Reader<R> {
    from: R,
    sum: Hashing,
    consortium: ConsortiumId,
    is_over: bool,
}

impl<R: Read> Reader<R> {
    /// Begins to read; says nothing yet of what follows.
    ///
    /// # Errors
    /// [`Unreadable::Foreign`] if it begins as none; [`Unreadable::Damaged`] if it ends there; [`Unreadable::Io`].
    pub fn begin(mut from: R) -> Result<Self, Unreadable> {
        let mut sum = Hashing::of(&SUM_TAG);
        let begins: Tag = take(&mut from, &mut sum).map_err(Unreadable::of)?;
        if begins != FILE_TAG {
            return Err(Unreadable::Foreign);
        }
        let consortium = ConsortiumId::new(take(&mut from, &mut sum).map_err(Unreadable::of)?);
        Ok(Self { from, sum, consortium, is_over: false })
    }

    /// The consortium that the file says it is of.
    pub const fn consortium(&self) -> ConsortiumId {
        self.consortium
    }

    /// The next frame; `None` once the file is over and its sum has held.
    ///
    /// # Errors
    /// [`Unreadable::Damaged`] where the file is not as its layout and its sum say; [`Unreadable::Io`].
    pub fn frame(&mut self) -> Result<Option<Vec<u8>>, Unreadable> {
        if self.is_over {
            return Ok(None);
        }
        let length: [u8; 4] = take(&mut self.from, &mut self.sum).map_err(Unreadable::of)?;
        if length == NO_MORE {
            self.is_over = true;
            return self.end().map(|()| None);
        }
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > limits::FRAME_BYTES {
            return Err(Unreadable::Damaged);
        }
        let mut frame = vec![0; length];
        self.from.read_exact(&mut frame).map_err(Unreadable::of)?;
        self.sum.add(&frame);
        Ok(Some(frame))
    }

    /// Frames to be taken in together: at most `count`, and little more than `bytes`; none at the end.
    ///
    /// # Errors
    /// As of [`Reader::frame`].
    pub fn part(&mut self, count: usize, bytes: usize) -> Result<Vec<Vec<u8>>, Unreadable> {
        let mut part = Vec::new();
        let mut length = 0_usize;
        while part.len() < count
            && length < bytes
            && let Some(frame) = self.frame()?
        {
            length = length.saturating_add(frame.len());
            part.push(frame);
        }
        Ok(part)
    }

    fn end(&mut self) -> Result<(), Unreadable> {
        let mut sum = [0; 32];
        self.from.read_exact(&mut sum).map_err(Unreadable::of)?;
        if self.sum.clone().finish() != sum {
            return Err(Unreadable::Damaged);
        }
        match self.from.read_exact(&mut [0]) {
            Ok(()) => Err(Unreadable::Damaged),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(()),
            Err(error) => Err(Unreadable::of(error)),
        }
    }
}

/// Reads a field of fixed length. Its end before that is `UnexpectedEof`.
fn take<const N: usize>(from: &mut impl Read, sum: &mut Hashing) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    sum.add(&bytes);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    const CONSORTIUM: ConsortiumId = ConsortiumId::new([5; 32]);

    fn file(frames: &[&[u8]]) -> Vec<u8> {
        let mut writer = Writer::begin(Vec::new(), CONSORTIUM).unwrap();
        frames.iter().for_each(|frame| writer.frame(frame).unwrap());
        writer.finish().unwrap()
    }

    fn read(file: &[u8]) -> Result<Vec<Vec<u8>>, Unreadable> {
        let mut reader = Reader::begin(file)?;
        let mut frames = Vec::new();
        while let Some(frame) = reader.frame()? {
            frames.push(frame);
        }
        assert!(reader.frame()?.is_none());
        Ok(frames)
    }

    #[test]
    fn what_was_written_is_read() {
        let frames: [&[u8]; 3] = [b"one", b"another", &[7; 100_000]];
        for count in 0..=frames.len() {
            assert_eq!(read(&file(&frames[..count])).unwrap(), frames[..count]);
        }
        assert_eq!(Reader::begin(&file(&[])[..]).unwrap().consortium(), CONSORTIUM);
        let mut writer = Writer::begin(Vec::new(), CONSORTIUM).unwrap();
        assert!(writer.frame(&[]).is_err() && writer.frame(&vec![0; limits::FRAME_BYTES + 1]).is_err());
    }

    #[test]
    fn a_file_that_is_altered_cut_or_lengthened_is_damaged() {
        let whole = file(&[b"one", b"another"]);
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            let expected = if at < 16 { "not a carried file" } else { "cut off or damaged" };
            assert_eq!(read(&flipped).unwrap_err().to_string(), expected, "bit flipped at {at}");
            assert!(matches!(read(&whole[..at]), Err(Unreadable::Damaged)), "cut at {at}");
        }
        assert!(matches!(read(&[&whole[..], b"x"].concat()), Err(Unreadable::Damaged)));
        assert!(matches!(read(&[&whole[..], &whole[..]].concat()), Err(Unreadable::Damaged)));
        assert!(matches!(read(&[0; 10_000]), Err(Unreadable::Foreign)));
        // A length that no frame has takes no memory.
        let long = [&whole[..48], &u32::MAX.to_be_bytes(), &[1; 100]].concat();
        assert!(matches!(read(&long), Err(Unreadable::Damaged)));
    }

    /// A file of many frames that is made as it is read.
    struct Made<'a> {
        writer: Option<Writer<Vec<u8>>>,
        ready: Vec<u8>,
        left: u8,
        given: &'a Cell<usize>,
    }

    impl Read for Made<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.ready.is_empty() {
                let Some(mut writer) = self.writer.take() else { return Ok(0) };
                if let Some(left) = self.left.checked_sub(1) {
                    self.left = left;
                    writer.frame(&vec![left; 1_000_000])?;
                    self.ready = std::mem::take(&mut writer.to);
                    self.writer = Some(writer);
                } else {
                    self.ready = writer.finish()?;
                }
            }
            let length = self.ready.len().min(into.len());
            let later = self.ready.split_off(length);
            into[..length].copy_from_slice(&self.ready);
            self.ready = later;
            self.given.set(self.given.get().saturating_add(length));
            Ok(length)
        }
    }

    #[test]
    fn a_file_of_any_size_is_read_a_part_at_a_time() {
        let given = Cell::new(0);
        let writer = Some(Writer::begin(Vec::new(), CONSORTIUM).unwrap());
        let mut reader = Reader::begin(Made { writer, ready: Vec::new(), left: 100, given: &given }).unwrap();
        let mut taken = 0;
        loop {
            let part = reader.part(8, 2_000_000).unwrap();
            if part.is_empty() {
                break;
            }
            let bytes: usize = part.iter().map(Vec::len).sum();
            taken += bytes;
            assert!(bytes <= 3_000_000, "{bytes} bytes at once");
            assert!(given.get() - taken < 1_000, "what is not asked for is not read: {}", given.get() - taken);
        }
        assert_eq!(taken, 100_000_000);
    }
}
