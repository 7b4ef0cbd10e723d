//! Which machine and which home this is: enough to see that a home was copied, and nothing that tells others anything.
//!
//! A copy beside the original, on the same machine, would fork its logs as surely as one elsewhere. So the number of the home's
//! directory in its file system counts too: it stays when the home is renamed, and no copy has it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use isnad_protocol::encoding::{Tag, hash, tag};

use crate::fault::Fault;

const MACHINE: Tag = tag("ISNAD-MACHINE-v1");

/// A hash that names the machine a mark was written on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine([u8; 32]);

impl Machine {
    /// This home on the machine this runs on. Where the system gives its machines no id, the disk stands for it.
    ///
    /// # Errors
    /// [`Fault::Io`] if there is no home.
    pub fn of_home(home: &Path) -> Result<Self, Fault> {
        let metadata = home.metadata().map_err(Fault::io("look at", home))?;
        Ok(match machine_uid::get() {
            Ok(id) if !id.trim().is_empty() => Self::of_id(id.trim(), metadata.ino()),
            _ => Self::of_place(&metadata),
        })
    }

    /// None at all: what it wrote lets nobody sign.
    pub const NONE: Self = Self([0; 32]);

    /// Takes the bytes as they are.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn of_id(id: &str, directory: u64) -> Self {
        Self(hash(&MACHINE, &[b"id", &directory.to_be_bytes(), id.as_bytes()]))
    }

    fn of_place(metadata: &Metadata) -> Self {
        Self(hash(&MACHINE, &[b"place", &metadata.dev().to_be_bytes(), &metadata.ino().to_be_bytes()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_stays_itself_when_renamed_and_a_copy_is_another() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (dir.path().join("one"), dir.path().join("other"));
        std::fs::create_dir(&one).unwrap();
        std::fs::create_dir(&other).unwrap();
        let machine = Machine::of_home(&one).unwrap();
        assert_ne!(machine, Machine::of_home(&other).unwrap());
        std::fs::rename(&one, dir.path().join("renamed")).unwrap();
        assert_eq!(machine, Machine::of_home(&dir.path().join("renamed")).unwrap());
        let place = |path: &Path| Machine::of_place(&path.metadata().unwrap());
        assert_ne!(place(dir.path()), place(&other));
        assert_ne!(Machine::of_id("a", 1), Machine::of_id("b", 1));
        assert_ne!(Machine::of_id("a", 1), Machine::of_id("a", 2));
    }
}
