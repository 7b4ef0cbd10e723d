//! Isnad seen from outside: what several tests share.
//!
//! - [`binary`]: the real `isnad`, built once, and homes to run it on.
//! - [`consortium`]: replicas in memory, and their one door.
//! - [`fuzz`]: every decoder of foreign bytes, under a seeded mutator.
//! - [`hostile`]: mutated payloads, folded into sheets.
//! - [`mutator`]: the same number makes the same bytes.

pub mod binary;
pub mod consortium;
pub mod fuzz;
pub mod hostile;
pub mod mutator;
