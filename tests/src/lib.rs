//! Isnad seen from outside: what several tests share.
//!
//! - [`binary`]: the real `isnad`, built once, and homes to run it on.

pub mod binary;
