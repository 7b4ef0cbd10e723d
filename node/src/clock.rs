//! The only reader of system time and system randomness.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use isnad_protocol::time::Timestamp;

use crate::fault::Fault;

/// Milliseconds since 1970, by this machine's clock. Zero if the clock stands before that.
///
/// The clock may be wrong and may go backwards: what needs an order takes it from sequence numbers.
#[must_use]
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Goes on evenly from its beginning, whatever becomes of this machine's clock: for what is due after a while. Put back by a year,
/// a clock would keep a node from asking another peer, or from attesting, for that year.
#[derive(Debug, Clone, Copy)]
pub struct Steady(Instant);

impl Steady {
    /// Begins at zero.
    #[must_use]
    pub fn begin() -> Self {
        Self(Instant::now())
    }

    /// Milliseconds since then; they mean nothing outside of this process.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp(u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

/// Draws `N` bytes from the operating system, fit for keys, salts and nonces.
///
/// # Errors
/// [`Fault::Random`] if the system has none to give.
pub fn random<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Fault::Random { reason: error.to_string() })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_draws_are_alike() {
        assert_ne!(random::<32>().unwrap(), random::<32>().unwrap());
    }

    #[test]
    fn clock_stands_after_this_was_written() {
        assert!(now_ms() > 1_750_000_000_000);
    }
}
