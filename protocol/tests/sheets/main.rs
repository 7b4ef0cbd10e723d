//! What sheets promise: one set of entries gives one content, whatever came first.

#[path = "../support/fixture.rs"]
mod fixture;

mod narratives;
