//! A running replica: performs what the protocol asks for, owns no rule.

pub mod clock;
pub mod fault;
pub mod files;
pub mod journal;
