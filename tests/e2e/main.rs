//! End to end: the real command, as those who use it run it.

#![allow(clippy::unwrap_used, reason = "this target is nothing but tests")]

mod candidates;
mod carry;
mod contribute;
mod demo;
mod docs;
mod export;
mod first_steps;
mod forms;
mod governing;
mod halts;
mod hostile_values;
mod joining;
mod journeys;
mod keeping;
mod keys;
mod language;
mod lists;
mod node;
mod opinions;
mod policies;
mod reading;
mod refusals;
mod restating;
mod terminal;
mod typed;
mod who;
