//! The rules of governance that no code relies on yet, enumerated: a naive model of them as sets, every assignment of
//! signatures and acknowledgements, and the same histories given to the real fold as far as it goes. DESIGN §7.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

#[path = "../support/fixture.rs"]
mod fixture;

mod chains;
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
