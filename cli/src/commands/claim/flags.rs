//! What is refused, told to whoever typed a claim: by flags and spoken values, where a file would be told of its members.

use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::RecordId;
use isnad_protocol::locale;
use isnad_protocol::model::template;

use isnad_node::problem::Broken;

use super::property_of;
use crate::args::ClaimWords;
use crate::commands::preview;
use crate::error::Problem;
use crate::session::Session;

/// The same problem in words of the command line.
pub(super) fn told(session: &Session, problem: Problem, words: &ClaimWords, record: RecordId) -> Problem {
    let mut problem = preview::told(session, problem);
    for broken in &mut problem.words.problems {
        // Whoever typed one value knows where it stands.
        if let Some(bare) = broken.why.strip_prefix(&format!("{}: ", broken.path)) {
            broken.why = bare.to_owned();
        }
        let by_flag = template::try_by_flag(session.language, &broken.code, &broken.values);
        if let Some(advice) = by_flag.or_else(|| as_in(session, broken, words, record)) {
            broken.advice = advice;
        }
        // It is told: no text of another place takes this one's.
        broken.try_key.clear();
    }
    if let Some(first) = problem.words.problems.first() {
        let (why, advice) = (first.why.clone(), first.advice.clone());
        return Problem { why, advice, ..problem };
    }
    problem
}

/// A value of the property in JSON, where nothing shows how people say it.
fn as_in(session: &Session, broken: &Broken, words: &ClaimWords, record: RecordId) -> Option<String> {
    if !matches!(broken.code.as_str(), "wrong_type" | "missing_member") {
        return None;
    }
    let property = property_of(words, record)?;
    let example = match property.value.example() {
        Json::Text(text) => text,
        value => format!("'{}'", String::from_utf8_lossy(&value.encode())),
    };
    let values = [("property", property.code), ("example", &*example)];
    Some(locale::format(session.language, "record.as_in", &values))
}
