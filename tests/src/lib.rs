//! Isnad seen from outside: what several tests share.
//!
//! - [`binary`]: the real `isnad`, built once, and homes to run it on.
//! - [`world`]: nodes under one seeded clock, network and disk.

pub mod binary;
pub mod world;
