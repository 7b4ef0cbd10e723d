//! Faults of a home: killed at any moment, copied, locked, damaged, full, with keys that others can read, fed nonsense.

#![allow(clippy::unwrap_used, reason = "this target is nothing but tests")]

mod audit;
mod crash;
mod disk;
mod home;
mod input;
mod keys;
mod kill9;
mod repair;
