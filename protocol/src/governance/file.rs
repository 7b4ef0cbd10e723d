//! Several acts in one file, as `export --format acts` writes it: each with its length in 4 bytes before it. format §4.7.

use crate::act::{self, Act, DecodeError};
use crate::encoding::{Reader, Truncated};
use crate::limits;

/// Why a file of acts is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Ends inside an act or its length.
    #[error(transparent)]
    Truncated(#[from] Truncated),
    /// An act longer than any act.
    #[error("an act of {found} bytes, {} at most", act::SIZE_MAX)]
    Oversized {
        /// Bytes announced.
        found: u32,
    },
    /// More acts than one file may hold.
    #[error("more than {} acts", limits::ACTS_IN_FILE)]
    TooMany,
    /// One of the acts is none.
    #[error("act {index} of the file: {source}")]
    Act {
        /// Which, from 1.
        index: usize,
        /// What is wrong with it.
        source: DecodeError,
    },
}

impl FileError {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Truncated(_) => "acts_truncated",
            Self::Oversized { .. } => "acts_oversized",
            Self::TooMany => "acts_too_many",
            Self::Act { source, .. } => source.code(),
        }
    }
}

/// Writes acts one after the other.
#[must_use]
pub fn bundle_acts<'a>(acts: impl IntoIterator<Item = &'a Act>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for act in acts {
        let act = act.encode();
        let length = u32::try_from(act.len()).expect("an act is far shorter than 4 GiB");
        bytes.extend(length.to_be_bytes());
        bytes.extend(act);
    }
    bytes
}

/// Reads what [`bundle_acts`] wrote. Takes up all of `bytes`.
///
/// # Errors
/// [`FileError`] names the first rule broken.
pub fn parse_acts(bytes: &[u8]) -> Result<Vec<Act>, FileError> {
    let mut reader = Reader::new(bytes);
    let mut acts = Vec::new();
    while !reader.is_empty() {
        if acts.len() >= limits::ACTS_IN_FILE {
            return Err(FileError::TooMany);
        }
        let found = reader.u32()?;
        let length = usize::try_from(found).ok().filter(|length| *length <= act::SIZE_MAX);
        let act = reader.bytes(length.ok_or(FileError::Oversized { found })?)?;
        let index = acts.len().saturating_add(1);
        acts.push(Act::decode(act).map_err(|source| FileError::Act { index, source })?);
    }
    Ok(acts)
}
