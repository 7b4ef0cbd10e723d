//! Golden vectors: bytes with the verdict that every implementation has to come to, and the rule that says so.
//!
//! `entries`, `acts`, `payloads`, `changes`, `attestations`, `forks` and `frames` each hold `valid` and `invalid`; beside
//! `NAME.entry` (`.act`, `.payload`, `.proof`, `.frame`) stands `NAME.json` with the id, the verdict, the rule's code and what it proves. `consortium`,
//! `session`, `carried`, `keys`, `names.json` and `joining.json` hold what is made of several. format §14. The bytes are made here, from
//! fixed seeds: with `ISNAD_BLESS=1` the files are written again. Changing one is a change of format.

#![allow(clippy::unwrap_used, reason = "this target is nothing but tests")]

mod acts;
mod attestations;
mod carried;
mod changes;
mod consortium;
mod ed25519;
mod entries;
mod file;
mod forks;
mod frames;
mod joining;
mod keys;
mod names;
mod payloads;
mod session;

use isnad_protocol::key::SecretKey;

/// A secret key by its number. Everyone knows it: no such key is ever granted outside tests.
fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}
