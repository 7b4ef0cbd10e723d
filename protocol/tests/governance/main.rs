//! The rules of governance, enumerated: a naive model of them as sets, every assignment of signatures and acknowledgements,
//! and the same histories given to the real fold. DESIGN §7.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

#[path = "../support/fixture.rs"]
mod fixture;

mod chains;
mod classes;
mod count;
mod drafts;
mod honest;
mod model;
mod real;
mod rivals;
mod rotations;
mod settlements;
mod standing;
mod thieves;

/// What the environment says under a name, such as how many histories are played.
#[allow(clippy::disallowed_methods, reason = "a test is told by its environment how far to go")]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
