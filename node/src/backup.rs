//! One file that holds a home without its keys: made beside a running node, checked as it is put back. format §10.5.
//!
//! The file is a POSIX tar archive (ustar), so that it can be read without this program, now and later: `backup.json` says
//! what follows, then come the journals as they are, the settings and the organisation's first act, last `SHA256SUMS`. What
//! a home derives (`index`, `search`) is made again; secret keys and the high-water mark are never in it. A home put back
//! from it therefore signs nothing until a node of another organisation has confirmed its ends. DESIGN §8.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use isnad_protocol::id::{ConsortiumId, OrganisationId, SpaceId};
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::journal::{FRAME_BYTES, SEGMENT_BYTES};

mod archive;
mod restore;
mod write;

#[cfg(test)]
mod tests;

pub use restore::{Restored, restore};
pub use write::{Written, write, write_file};

/// The form of the file that this program makes and knows.
pub const FORMAT: &str = "isnad-backup-1";

/// The first member: what the archive holds.
const LISTING: &str = "backup.json";
/// The last member: a line of `sha256sum` for every other one.
const SUMS: &str = "SHA256SUMS";

/// The settings, the first act, by whose invitation it joined, and the keys that sign no more, where the home has them, and the
/// version of its form.
const PLAIN: [&str; 5] = ["isnad.toml", "organisation.act", "sponsor", "stopped", "version"];

/// Bytes of the listing and of the sums: some hundred thousand files, of up to 64 MiB each.
const LISTING_BYTES: u64 = 16 << 20;
/// Bytes of one file: a segment is closed by the frame that passes its bound.
#[allow(clippy::arithmetic_side_effects, reason = "of constants")]
const FILE_BYTES: u64 = SEGMENT_BYTES as u64 + FRAME_BYTES as u64 + (1 << 20);

/// Up to where the journals of a home are on disk: what a copy may promise. Positions as [`crate::journal::Position::to_u64`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ends {
    /// The consortium.
    pub consortium: ConsortiumId,
    /// The end of each space's journal.
    pub spaces: BTreeMap<SpaceId, u64>,
    /// The end of the journal of acts. Read after the others: no entry is on disk before the act that grants its key.
    pub acts: u64,
}

/// What an archive says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Listing {
    format: String,
    consortium: ConsortiumId,
    /// When it was made, in seconds since 1970, by the clock of the machine that made it.
    made: u64,
    /// What follows, in order.
    files: Vec<Listed>,
}

/// One file of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Listed {
    path: String,
    bytes: u64,
}

/// Why a backup was not put back. Nothing of it stands then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The disk, or what stands where the home is to be.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The file could not be read.
    #[error("it could not be read")]
    Read(#[source] std::io::Error),
    /// It is no file that `isnad backup` made.
    #[error("it is no backup of isnad")]
    Foreign,
    /// A newer version made it.
    #[error("a newer version made it: {format}")]
    Newer {
        /// What it says of its form.
        format: String,
    },
    /// It ends too early.
    #[error("it is cut off in {file}")]
    Cut {
        /// Where.
        file: String,
    },
    /// It is not what was written.
    #[error("{file} is not what was written")]
    Altered {
        /// Which file of it.
        file: String,
    },
    /// It names a file that no home has, or a place outside of one.
    #[error("it names {file}, which no backup holds")]
    Name {
        /// The name.
        file: String,
    },
    /// It is of another consortium than was asked for, or than it says.
    #[error("it is of consortium {found}")]
    Consortium {
        /// Which.
        found: ConsortiumId,
    },
    /// The auditor found faults in it.
    #[error("the auditor finds {faults} faults in it")]
    Faults {
        /// How many.
        faults: u64,
        /// The first.
        first: String,
    },
}

/// True for a name that a backup may hold. Every other one is refused: paths upwards, absolute ones, keys, marks, links.
fn is_name(path: &str) -> bool {
    let is_segment = |name: &str| {
        let number = name.strip_suffix(".seg").and_then(|number| number.parse::<u32>().ok());
        number.is_some_and(|number| number > 0 && name == format!("{number}.seg"))
    };
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [name] => PLAIN.contains(name),
        ["acts", name] => is_segment(name),
        // First acts of candidates, which ask this home to be admitted.
        ["applicants", name] => {
            let id = name.strip_suffix(".act").and_then(|id| OrganisationId::parse(id).ok());
            id.is_some_and(|id| format!("{id}.act") == **name)
        }
        ["journal", space, name] => SpaceId::parse(space).is_ok_and(|id| id.to_string() == **space) && is_segment(name),
        _ => false,
    }
}
