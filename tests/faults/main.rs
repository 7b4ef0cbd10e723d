//! What goes wrong on a machine: kills, full disks, damaged files. Nothing acknowledged is lost, and everything is named.

#![allow(clippy::unwrap_used, reason = "this target is nothing but tests")]

mod audit;
