//! Isnad seen from outside: what several tests share.
//!
//! - [`binary`]: the real `isnad`, built once, and homes to run it on.
//! - [`bench`](mod@bench): figures as ratios to a limit or a peer of the same run.

pub mod bench;
pub mod binary;
