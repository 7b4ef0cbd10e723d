//! Where a frame stands in a journal.

use std::fmt;

use super::segment::HEADER_BYTES;

/// Where a frame begins, or the end behind one. Ordered as frames were appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The number of the segment, from 1.
    pub segment: u32,
    /// Bytes from the beginning of its file.
    pub offset: u32,
}

impl Position {
    /// Where the first frame of a journal stands.
    pub const START: Self = Self { segment: 1, offset: HEADER_BYTES };

    /// Where the first frame of a segment stands.
    #[must_use]
    pub const fn start_of(segment: u32) -> Self {
        Self { segment, offset: HEADER_BYTES }
    }

    /// One number, for the index: the segment above, the offset below. Numbers are ordered as positions are.
    #[must_use]
    pub const fn to_u64(self) -> u64 {
        ((self.segment as u64) << 32) | self.offset as u64
    }

    /// Reads what [`Position::to_u64`] made. Every number is some position.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "the two halves of the number are what is wanted")]
    pub const fn from_u64(number: u64) -> Self {
        Self { segment: (number >> 32) as u32, offset: number as u32 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.seg at byte {}", self.segment, self.offset)
    }
}
