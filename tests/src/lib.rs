//! Isnad seen from outside: what several tests share.
//!
//! - [`bench`](mod@bench): figures as ratios to a limit or a peer of the same run.
//! - [`binary`]: the real `isnad`, built once, and homes to run it on.
//! - [`kill9`]: a node killed again and again while it publishes.
//! - [`world`]: nodes under one seeded clock, network and disk.

pub mod bench;
pub mod binary;
pub mod kill9;
pub mod world;
