//! What people and programs are told when something is not done: what happened, why, what to do next. style §8.
//!
//! The texts stand in the locale as `problem.<key>.error|why|try`. A part that a key `a.b` lacks is that of `a`, so that several
//! causes of one problem share what they have in common.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use isnad_protocol::id::ActId;
use isnad_protocol::locale::{self, Language};
use isnad_protocol::model;
use serde::{Deserialize, Serialize};

use crate::contribution::NoWord;
use crate::driver::Refused;
use crate::fault::Fault;
use crate::node::OpenError;
use crate::signing::Blocked;

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

/// The texts of the locale that tell a problem.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Their key; empty for a problem that is told in English alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// What they name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
    /// Every rule that a contribution breaks; the first one is told by the problem itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Broken>,
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A stable name.
    pub code: String,
    /// Which texts of the locale tell it. Boxed, for every result holds a problem's room.
    #[serde(flatten)]
    pub words: Box<Words>,
    /// What happened.
    pub error: String,
    /// Why.
    pub why: String,
    /// What to do next.
    #[serde(rename = "try")]
    pub advice: String,
    /// The exit code of the command.
    pub exit: u8,
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

/// The value that names a problem whose advice is told behind one's own.
const MORE: &str = "more";

impl Problem {
    /// What is not signed, for it breaks these rules; `None` if there are none.
    #[must_use]
    pub fn unsigned(problems: Vec<Broken>) -> Option<Self> {
        let first = problems.first()?;
        let more = problems.len().saturating_sub(1);
        let why = if more == 0 { first.why.clone() } else { format!("{} (and {more} more)", first.why) };
        let problem = Self::new(exit::REFUSED, &first.code, "this was not signed", why, first.advice.clone());
        Some(Self { words: Words { problems, ..Words::default() }.into(), ..problem })
    }

    /// A problem that the locale tells, in English until [`Problem::in_language`] is asked for another language.
    #[must_use]
    pub fn told(exit: u8, code: &str, key: &str, values: &[(&str, &str)]) -> Self {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let words = Words { key: key.to_owned(), values: values.collect(), problems: Vec::new() };
        let problem = Self { words: words.into(), ..Self::new(exit, code, "", "", "") };
        problem.translated(Language::En)
    }

    /// A problem of texts that stand in no locale.
    pub fn new(
        exit: u8,
        code: &str,
        error: impl Into<String>,
        why: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        let (words, code, error) = (Box::default(), code.into(), error.into());
        Self { code, words, error, why: why.into(), advice: advice.into(), exit }
    }

    /// A problem whose cause is a rule with a code: the rule itself names in English what it found.
    #[must_use]
    pub fn of_rule(exit: u8, code: &str, key: &str, values: &[(&str, &str)], said: impl Into<String>) -> Self {
        Self { why: said.into(), ..Self::told(exit, code, key, values) }
    }

    /// A file that cannot be read or written.
    #[must_use]
    pub fn file(doing: &str, path: &Path, error: &std::io::Error) -> Self {
        let values = [("doing", doing), ("path", &path.display().to_string()), ("reason", &reason(error))];
        if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
            return Self::told(exit::FAULT, "disk", "disk.full", &values);
        }
        Self::told(exit::USAGE, "file", "file", &values)
    }

    /// Something typed that means nothing here, in English alone.
    pub fn usage(error: impl Into<String>, why: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(exit::USAGE, "usage", error, why, advice)
    }

    /// Something asked for that is not there, in English alone.
    pub fn missing(error: impl Into<String>, why: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(exit::NO, "not_found", error, why, advice)
    }

    /// Our own fault.
    pub fn fault(why: impl Into<String>) -> Self {
        Self::told(exit::FAULT, "fault", "fault", &[("reason", &why.into())])
    }

    /// True if a journal does not give back what was written to it.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self.code.as_str(), "journal_damaged" | "newer_format")
    }

    /// The same, told of so many records that a list lacks for it.
    #[must_use]
    pub fn of_records(mut self, count: usize) -> Self {
        self.words.key.push_str(".records");
        self.words.values.insert("count".to_owned(), count.to_string());
        self.translated(Language::En)
    }

    /// The same with the advice of another key behind its own.
    #[must_use]
    pub fn and(self, key: &str) -> Self {
        self.and_in(Language::En, key)
    }

    /// The same; a problem that has no key was told in the reader's language already, and goes on in that.
    #[must_use]
    pub fn and_in(mut self, language: Language, key: &str) -> Self {
        let language = if self.words.key.is_empty() { language } else { Language::En };
        self.words.values.insert(MORE.to_owned(), key.to_owned());
        self.advice = self.with_more(language, self.advice.clone());
        self
    }

    /// The same in another language. What no locale tells stays in English, which the texts of programs are in.
    #[must_use]
    pub fn in_language(self, language: Language) -> Self {
        if self.words.key.is_empty() || language == Language::En {
            return self;
        }
        let mut problem = self.translated(language);
        problem.advice = problem.with_more(language, problem.advice.clone());
        problem
    }

    fn translated(mut self, language: Language) -> Self {
        self.error = self.part(language, &self.words.key, "error");
        self.why = self.part(language, &self.words.key, "why");
        self.advice = self.part(language, &self.words.key, "try");
        self
    }

    fn with_more(&self, language: Language, advice: String) -> String {
        let Some(more) = self.words.values.get(MORE) else { return advice };
        let stop = match language {
            Language::Ar => "؛",
            Language::En => ";",
            Language::Fr => " ;",
        };
        format!("{advice}{stop} {}", self.part(language, more, "try"))
    }

    /// One text of a key, or of the nearest one above that has it; empty where none does.
    fn part(&self, language: Language, key: &str, part: &str) -> String {
        let mut scope = key;
        loop {
            let name = format!("problem.{scope}.{part}");
            if locale::lookup(language, &name).is_some() {
                let values = self.words.values.iter().map(|(name, value)| (&**name, in_words(language, name, value)));
                return locale::format(language, &name, &values.collect::<Vec<_>>());
            }
            let Some((above, _)) = scope.rsplit_once('.') else { return String::new() };
            scope = above;
        }
    }
}

/// A value in a language: a rule of the door by its code, and what this program itself says in it.
fn in_words<'a>(language: Language, name: &str, value: &'a str) -> &'a str {
    let rule = (name == "rule").then(|| locale::lookup(language, &format!("problem.door.{value}.why"))).flatten();
    rule.unwrap_or_else(|| locale::said(language, value))
}

/// What the system says of an error, without its number.
#[must_use]
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error").map_or(&*text, |(words, _)| words).to_owned()
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::from(&fault)
    }
}

/// What rules could not read is told as what this node says of it: a damaged journal by its place.
impl From<isnad_protocol::store::Fault> for Problem {
    fn from(fault: isnad_protocol::store::Fault) -> Self {
        fault.0.downcast_ref::<Fault>().map_or_else(|| Self::fault(fault.to_string()), Self::from)
    }
}

impl From<&Fault> for Problem {
    fn from(fault: &Fault) -> Self {
        let exit = match fault.code() {
            "newer_home" | "newer_format" | "not_a_home" | "home_exists" | "home_unsafe" | "no_home_path"
            | "home_locked" | "config" | "key_readable" | "key_owner" | "key_kind" | "key_exists"
            | "wrong_passphrase" | "key_label" | "passphrase" | "passphrase_cost" | "network" => exit::USAGE,
            "journal_damaged" | "journal_missing" | "key_damaged" | "mark_damaged" => exit::NO,
            _ => exit::FAULT,
        };
        fault.problem(exit)
    }
}

impl From<OpenError> for Problem {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Fault(fault) => fault.into(),
            OpenError::NoConsortium => Self::told(exit::USAGE, "no_consortium", "no_consortium", &[]),
            OpenError::NodeKeyMissing { file } => {
                Self::told(exit::USAGE, "no_node_key", "no_node_key.missing", &[("file", &file)])
            }
            OpenError::NoNodeKey => Self::told(exit::USAGE, "no_node_key", "no_node_key", &[]),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let why = refused.to_string();
        match refused {
            Refused::Rule(refusal) => {
                Self::of_rule(exit::REFUSED, refusal.code(), &format!("door.{}", refusal.code()), &[], why)
            }
            Refused::Signing(blocked) => Self::blocked(&blocked),
            Refused::NoKey { missing: Some(file), .. } => {
                Self::told(exit::REFUSED, "no_key", "no_key.missing", &[("file", &file)])
            }
            Refused::NoKey { missing: None, role } => {
                Self::told(exit::REFUSED, "no_key", "no_key.locked", &[("role", role)])
            }
            Refused::KeyLocked { key } => {
                Self::told(exit::REFUSED, "no_key", "no_key.unlock", &[("key", &key.to_string())])
            }
            Refused::Lacks { key } => {
                Self::told(exit::REFUSED, "not_signing", "not_signing.lacks", &[("key", &key.to_string())])
            }
            Refused::NoWord(why) => Self::no_word(&why),
            Refused::Content(error) => {
                Self::of_rule(exit::REFUSED, "content", &format!("content.{}", error.code()), &[], why)
            }
            Refused::Disk { is_kept: false, why } => {
                Self::told(exit::FAULT, "disk", "disk.not_written", &[("reason", &why)])
            }
            Refused::Disk { is_kept: true, why } => {
                Self::told(exit::FAULT, "disk", "disk.not_written_yet", &[("reason", &why)])
            }
            Refused::Fault(_) => Self::fault(why),
        }
    }
}

impl Problem {
    /// Why what this home signs would count nowhere.
    #[must_use]
    pub fn no_word(why: &NoWord) -> Self {
        let short = |by: &ActId| by.to_short();
        match why {
            NoWord::Candidate => Self::told(exit::REFUSED, "not_admitted", "no_word.candidate", &[]),
            NoWord::TakenOut { by, is_suspended: true } => {
                Self::told(exit::REFUSED, "suspended", "no_word.suspended", &[("act", &short(by))])
            }
            NoWord::TakenOut { by, is_suspended: false } => {
                Self::told(exit::REFUSED, "taken_out", "no_word.removed", &[("act", &short(by))])
            }
            NoWord::Revoked { key, by } => {
                let values = [("key", &*key.to_short()), ("act", &*short(by))];
                Self::told(exit::REFUSED, "key_revoked", "no_word.revoked", &values)
            }
        }
    }

    /// Why this node signs nothing at the moment.
    #[must_use]
    pub fn blocked(blocked: &Blocked) -> Self {
        let (key, values) = match blocked {
            Blocked::Unconfirmed { why } => ("not_signing.unconfirmed", [("reason", why.clone())]),
            Blocked::KeyElsewhere { key } => ("not_signing.key_elsewhere", [("key", key.to_string())]),
            Blocked::Disk { why } => ("not_signing.disk", [("reason", why.clone())]),
        };
        Self::told(exit::REFUSED, "not_signing", key, &values.each_ref().map(|(name, value)| (*name, &**value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_a_key_lacks_is_that_of_the_key_above() {
        let problem = Problem::told(exit::USAGE, "no_node_key", "no_node_key.missing", &[("file", "keys/node.key")]);
        assert_eq!(problem.error, "keys/node.key is missing");
        assert!(problem.advice.contains("offline copy"), "{problem:?}");
        let french = problem.in_language(Language::Fr);
        assert!(french.error.contains("keys/node.key"), "{french:?}");
        assert_eq!(french.why, "");
    }

    #[test]
    fn a_problem_is_told_alike_after_its_way_through_the_api() {
        let full = Problem::file("write to", Path::new("x"), &ErrorKind::StorageFull.into()).and("signed_stands");
        let json = serde_json::to_string(&full).unwrap();
        let back: Problem = serde_json::from_str(&json).unwrap();
        let told = Language::ALL.map(|language| back.clone().in_language(language).advice);
        assert!(told[0].contains("؛") && told[1].contains("; what was signed stands"), "{told:?}");
        assert!(told.iter().all(|text| text.matches("1.seg").count() == 0));
    }

    #[test]
    fn what_no_locale_tells_stays_in_english() {
        let problem = Problem::usage("this", "because", "that");
        assert_eq!(problem.clone().in_language(Language::Ar), problem);
    }
}
