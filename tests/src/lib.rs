//! Isnad seen from outside: what several tests share.
//!
//! - [`binary`]: the real `isnad`, built once, and homes to run it on.
//! - [`kill9`]: a node killed again and again while it publishes.

pub mod binary;
pub mod kill9;
