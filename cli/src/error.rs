//! What happened, why, and what to do; exit codes. style §8.

use serde::{Deserialize, Serialize};

/// Exit codes of the command.
pub mod exit {
    /// The answer is no: a finding, no such record.
    pub const NO: u8 = 1;
    /// Usage or configuration.
    pub const USAGE: u8 = 2;
    /// Refused by a rule.
    pub const REFUSED: u8 = 3;
    /// Node or peer unreachable.
    pub const UNREACHABLE: u8 = 4;
    /// Our fault.
    pub const FAULT: u8 = 70;
}

/// An error as people and programs are told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CliError {
    /// A stable name.
    pub code: String,
    /// What happened.
    pub error: String,
    /// Why.
    pub why: String,
    /// What to do next.
    #[serde(rename = "try")]
    pub advice: String,
    /// The exit code.
    #[serde(skip)]
    pub exit: u8,
}

impl CliError {
    /// An error of this command line's own making.
    pub fn new(exit: u8, code: &str, error: impl Into<String>, why: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { code: code.into(), error: error.into(), why: why.into(), advice: advice.into(), exit }
    }

    /// A file that cannot be read or written.
    pub fn file(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        let what = format!("could not {doing} {}", path.display());
        Self::new(exit::USAGE, "file", what, error.to_string(), "check the path and who may use it")
    }

    /// Something typed that means nothing here.
    pub fn usage(error: impl Into<String>, why: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(exit::USAGE, "usage", error, why, advice)
    }
}

impl From<isnad_node::fault::Fault> for CliError {
    fn from(fault: isnad_node::fault::Fault) -> Self {
        let exit = match fault.code() {
            "newer_home" | "newer_format" | "not_a_home" | "home_exists" | "no_home_path" | "home_locked" | "config"
            | "key_readable" | "key_owner" | "key_kind" | "key_exists" | "wrong_passphrase" | "passphrase" | "cost" => {
                exit::USAGE
            }
            "journal_damaged" | "key_damaged" | "mark_damaged" => exit::NO,
            _ => exit::FAULT,
        };
        Self::new(exit, fault.code(), fault.to_string(), fault.why(), fault.remedy())
    }
}
