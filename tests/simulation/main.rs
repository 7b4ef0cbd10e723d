//! Seeds under the simulator: whatever breaks, honest nodes stay safe, and agree once it stops. GROUND, Tests worth having, 2.
//!
//! More of them: `cargo run --release -p isnad-tests -- simulate --seeds 10000`.

#![allow(clippy::unwrap_used, reason = "this target is nothing but tests")]

mod broken;
mod forks;
mod seeds;
mod turns;
