//! What happened, why, and what to do; exit codes. The type is the node's, for the local API tells the same.

pub(crate) use isnad_node::problem::{Problem, exit};

/// What a command comes to: its exit code, or a problem.
pub(crate) type Outcome = Result<u8, Problem>;

/// Done.
pub(crate) const DONE: u8 = 0;
