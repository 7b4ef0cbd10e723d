//! A secret in memory, and keeping that memory out of files.

use std::fmt;
use std::path::Path;

use rustix::process::{Resource, Rlimit, setrlimit};
use zeroize::Zeroizing;

use crate::fault::Fault;

/// The 32-byte seed of an ed25519 key. Wiped when dropped, never printed; moving it leaves no copy behind.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Copies a seed; wiping the original is its owner's matter.
    #[must_use]
    pub fn new(seed: &[u8; 32]) -> Self {
        Self(Zeroizing::new(seed.to_vec()))
    }

    /// Draws a new seed.
    ///
    /// # Errors
    /// [`Fault::Random`].
    pub fn draw() -> Result<Self, Fault> {
        let seed = Zeroizing::new(crate::clock::random()?);
        Ok(Self::new(&seed))
    }

    /// The seed.
    ///
    /// # Panics
    /// Never: it is made with 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_slice().try_into().expect("a secret is made with 32 bytes")
    }

    pub(super) fn take(bytes: Zeroizing<Vec<u8>>) -> Option<Self> {
        (bytes.len() == 32).then_some(Self(bytes))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(..)")
    }
}

/// Keeps this process from leaving its memory in a file when it crashes, and, on Linux, from being looked into by other processes
/// of the same user. Called once, before the first secret is read.
///
/// On Linux a limit of zero alone is not enough: it does not bind a `core_pattern` that is a program (core(5)).
///
/// # Errors
/// [`Fault::Io`] if the system refuses.
pub fn forbid_core_dumps() -> Result<(), Fault> {
    let fault = |error: rustix::io::Errno| Fault::io("forbid core dumps of", Path::new("this process"))(error.into());
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).map_err(fault)?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable).map_err(fault)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_forbids_core_dumps_may_leave_none() {
        forbid_core_dumps().unwrap();
        let limit = rustix::process::getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
    }
}
