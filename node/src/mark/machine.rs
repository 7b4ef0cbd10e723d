//! Which machine this is: enough to see that a home was moved or copied, and nothing that tells others anything.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use isnad_protocol::encoding::{Tag, hash, tag};

use crate::fault::Fault;

const MACHINE: Tag = tag("ISNAD-MACHINE-v1");

/// A hash that names the machine a mark was written on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine([u8; 32]);

impl Machine {
    /// The machine this runs on. Where the system gives its machines no id, the disk and the place on it stand for it.
    ///
    /// # Errors
    /// [`Fault::Io`] if there is neither an id nor a home.
    pub fn of_home(home: &Path) -> Result<Self, Fault> {
        match machine_uid::get() {
            Ok(id) if !id.trim().is_empty() => Ok(Self::of_id(id.trim())),
            _ => Self::of_place(home),
        }
    }

    /// Takes the bytes as they are.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn of_id(id: &str) -> Self {
        Self(hash(&MACHINE, &[b"id", id.as_bytes()]))
    }

    fn of_place(home: &Path) -> Result<Self, Fault> {
        let metadata = home.metadata().map_err(Fault::io("look at", home))?;
        Ok(Self(hash(&MACHINE, &[b"place", &metadata.dev().to_be_bytes(), &metadata.ino().to_be_bytes()])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_stays_itself_and_a_copied_place_is_another() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_eq!(Machine::of_home(one.path()).unwrap(), Machine::of_home(one.path()).unwrap());
        assert_eq!(Machine::of_place(one.path()).unwrap(), Machine::of_place(one.path()).unwrap());
        assert_ne!(Machine::of_place(one.path()).unwrap(), Machine::of_place(other.path()).unwrap());
        assert_ne!(Machine::of_id("a"), Machine::of_id("b"));
    }
}
