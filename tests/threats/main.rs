//! Threats, by the rows of THREATS.md: each holds, and falls as soon as its defence is taken out.
//!
//! A defence is taken out of the whole process, so that the tests of this target take turns.

#![allow(clippy::unwrap_used, reason = "this target is nothing but tests")]

mod acts;
mod attestations;
mod bad_acts;
mod bad_input;
mod bombs;
mod clock;
mod closed;
mod custody;
mod expiry;
mod governance;
mod home;
mod keeping;
mod network;
mod sheets;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use isnad_protocol::breakage::{self, Breakage};

static TURN: Mutex<()> = Mutex::new(());

/// Runs a threat's check with every defence in place, then sees it fail without this one.
fn falls_without(defence: Breakage, check: impl Fn()) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    check();
    breakage::take_out(defence);
    let outcome = catch_unwind(AssertUnwindSafe(check));
    breakage::restore();
    assert!(outcome.is_err(), "the check holds without its defence {defence:?}: it proves nothing");
}
