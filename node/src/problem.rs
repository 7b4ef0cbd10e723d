//! What people and programs are told when something is not done: what happened, why, what to do next. style §8.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use isnad_protocol::model;
use serde::{Deserialize, Serialize};

use crate::driver::Refused;
use crate::fault::Fault;
use crate::node::OpenError;

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

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A stable name.
    pub code: String,
    /// What happened.
    pub error: String,
    /// Why.
    pub why: String,
    /// What to do next.
    #[serde(rename = "try")]
    pub advice: String,
    /// The exit code of the command.
    pub exit: u8,
    /// Every rule that a contribution breaks; the first one is told above.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Broken>,
}

/// One rule that a contribution breaks. `refusal.<code>.why` and `refusal.<code>.try` of the locales tell it with its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// The stable code of the rule.
    pub code: String,
    /// Where, such as `claims[2].value.lat`.
    pub path: String,
    /// Why it is refused.
    pub why: String,
    /// What to do.
    #[serde(rename = "try")]
    pub advice: String,
    /// What the locales put into their texts.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// The key of its advice in the locales, for a rule that has several.
    #[serde(default)]
    pub try_key: String,
}

impl Broken {
    /// What the model refuses. Its place is told with it.
    #[must_use]
    pub fn of(problem: &model::Problem) -> Self {
        Self {
            code: problem.code.to_owned(),
            path: problem.path.clone(),
            why: format!("{}: {}", problem.path, problem.why),
            advice: problem.try_.clone(),
            values: problem.values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            try_key: problem.try_key(),
        }
    }
}

impl Problem {
    /// What is not signed, for it breaks these rules; `None` if there are none.
    #[must_use]
    pub fn unsigned(problems: Vec<Broken>) -> Option<Self> {
        let first = problems.first()?;
        let more = problems.len().saturating_sub(1);
        let why = if more == 0 { first.why.clone() } else { format!("{} (and {more} more)", first.why) };
        let problem = Self::new(exit::REFUSED, &first.code, "this was not signed", why, first.advice.clone());
        Some(Self { problems, ..problem })
    }

    /// A problem of the parts given.
    pub fn new(
        exit: u8,
        code: &str,
        error: impl Into<String>,
        why: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        let (code, error, why, advice) = (code.into(), error.into(), why.into(), advice.into());
        Self { code, error, why, advice, exit, problems: Vec::new() }
    }

    /// A file that cannot be read or written.
    #[must_use]
    pub fn file(doing: &str, path: &Path, error: &std::io::Error) -> Self {
        let what = format!("could not {doing} {}", path.display());
        if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
            let advice = "free some space on that disk and try again";
            return Self::new(exit::FAULT, "disk", what, error.to_string(), advice);
        }
        Self::new(exit::USAGE, "file", what, error.to_string(), "check the path and who may use it")
    }

    /// Something typed that means nothing here.
    pub fn usage(error: impl Into<String>, why: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(exit::USAGE, "usage", error, why, advice)
    }

    /// Something asked for that is not there.
    pub fn missing(error: impl Into<String>, why: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(exit::NO, "not_found", error, why, advice)
    }

    /// Our own fault.
    pub fn fault(why: impl Into<String>) -> Self {
        let advice = "report this; nothing that was acknowledged is lost";
        Self::new(exit::FAULT, "fault", "something went wrong here", why, advice)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let exit = match fault.code() {
            "newer_home" | "newer_format" | "not_a_home" | "home_exists" | "home_unsafe" | "no_home_path"
            | "home_locked" | "config" | "key_readable" | "key_owner" | "key_kind" | "key_exists"
            | "wrong_passphrase" | "key_label" | "passphrase" | "passphrase_cost" | "network" => exit::USAGE,
            "journal_damaged" | "journal_missing" | "key_damaged" | "mark_damaged" => exit::NO,
            _ => exit::FAULT,
        };
        Self::new(exit, fault.code(), fault.to_string(), fault.why(), fault.remedy())
    }
}

impl From<OpenError> for Problem {
    fn from(error: OpenError) -> Self {
        let (code, advice) = match error {
            OpenError::Fault(fault) => return fault.into(),
            OpenError::NoConsortium => {
                ("no_consortium", "found one with `isnad found`, or take one in with `isnad join FILE`")
            }
            OpenError::NodeKeyMissing { .. } => ("no_node_key", FROM_THE_COPY),
            OpenError::NoNodeKey => ("no_node_key", "ask your organisation's administrator to grant this node's key"),
        };
        Self::new(exit::USAGE, code, error.to_string(), "", advice)
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let what = "this contribution was not accepted";
        let why = refused.to_string();
        match refused {
            Refused::Rule(refusal) => Self::new(exit::REFUSED, refusal.code(), what, why, advice_for(refusal.code())),
            Refused::Signing(_) => {
                let advice =
                    "connect to a node of another organisation (isnad node); it compares the log ends by itself";
                Self::new(exit::REFUSED, "not_signing", what, why, advice)
            }
            Refused::NoKey { missing: Some(_), .. } => Self::new(exit::REFUSED, "no_key", what, why, FROM_THE_COPY),
            Refused::NoKey { missing: None, .. } => Self::new(
                exit::REFUSED,
                "no_key",
                what,
                why,
                "give the passphrase of this home's keys, or choose another --space",
            ),
            Refused::Content(_) => {
                Self::new(exit::REFUSED, "content", what, why, "shorten it, or split it into several")
            }
            Refused::Disk { is_kept: false, .. } => {
                let advice = "free some space on that disk and try again";
                Self::new(exit::FAULT, "disk", "this contribution was not written", why, advice)
            }
            Refused::Disk { is_kept: true, .. } => {
                let advice = "free some space on that disk; do not enter it again: it is signed, and is written with the \
                              next contribution or at the next start";
                Self::new(exit::FAULT, "disk", "this contribution is not written yet", why, advice)
            }
            Refused::Fault(_) => Self::fault(why),
        }
    }
}

/// What to do about a key file that is gone.
const FROM_THE_COPY: &str = "bring it back from the offline copy";

fn advice_for(code: &str) -> &'static str {
    match code {
        "key_not_granted" => "ask your organisation's administrator for a grant of this key",
        "organisation_not_a_member" | "space_unknown" => "check that this home has joined the right consortium",
        _ => "nothing was changed; see docs/format.md for the rule",
    }
}
