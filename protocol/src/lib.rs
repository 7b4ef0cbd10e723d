//! Every rule of Isnad, and no input or output.
//!
//! The same crate runs in a node, in a simulator and in an auditor's verifier. It reads no clock, opens no file or
//! socket, draws no randomness and starts no thread: time, random bytes and stored bytes are passed in.

pub mod act;
pub mod audit;
pub mod breakage;
pub mod digest;
pub mod encoding;
pub mod entry;
pub mod governance;
pub mod id;
pub mod import;
pub mod key;
pub mod limits;
pub mod locale;
pub mod log;
pub mod model;
pub mod replica;
pub mod sheet;
pub mod standing;
pub mod store;
pub mod sync;
pub mod time;
pub mod view;
