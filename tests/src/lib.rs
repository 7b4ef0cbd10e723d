//! Isnad seen from outside: what several tests share.
//!
//! - [`bench`](mod@bench): figures as ratios to a limit or a peer of the same run.
//! - [`binary`]: the real `isnad`, built once, and homes to run it on.
//! - [`bombs`]: input that is small and costs much.
//! - [`consortium`]: founded consortia in memory.
//! - [`crash`]: a home killed, and its disk losing power, at every point where it is written to.
//! - [`fuzz`]: every decoder of foreign bytes, under a seeded mutator.
//! - [`hostile`]: mutated payloads against sheets.
//! - [`kill9`]: a node killed again and again while it publishes.
//! - [`mutator`]: changes bytes by a seed.
//! - [`world`]: nodes under one seeded clock, network and disk.

pub mod bench;
pub mod binary;
pub mod bombs;
pub mod consortium;
pub mod crash;
pub mod fuzz;
pub mod hostile;
pub mod kill9;
pub mod mutator;
pub mod world;
