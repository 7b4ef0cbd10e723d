//! Every rule of Isnad, and no input or output.
//!
//! The same crate runs in a node, in a simulator and in an auditor's verifier. It reads no clock, opens no file or
//! socket, draws no randomness and starts no thread: time, random bytes and stored bytes are passed in.

pub mod encoding;
pub mod id;
pub mod limits;
