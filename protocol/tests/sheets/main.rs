//! What sheets and views promise: one set of entries gives one content, whatever came first.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

#[path = "../support/fixture.rs"]
mod fixture;

mod accusations;
mod basis;
mod flags;
mod histories;
mod hostile;
mod hostile_values;
mod narratives;
mod pairs;
mod policies;
mod replies;
mod restating;
mod views;
