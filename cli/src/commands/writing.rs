//! What all commands share that say something.

use std::io::Read;
use std::path::Path;

use isnad_node::problem::Broken;
use isnad_node::reading::Who;
use isnad_node::writing::{Change, Request};
use isnad_protocol::id::{RecordId, SpaceId};
use isnad_protocol::limits;
use isnad_protocol::model::{self, DraftError};

use crate::args::SpaceName;
use crate::client::{Client, encoded, query};
use crate::commands::preview;
use crate::commands::signed::{Recorded, Took, tell};
use crate::error::{DONE, Outcome, Problem, exit};
use crate::output::pasted;
use crate::session::Session;

/// Reads a file, or standard input for `-`: no more than any rule takes, and one byte by which the rule sees that there is more.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, Problem> {
    if file == Path::new("-") {
        let problem = |error| Problem::file("read", Path::new("standard input"), &error);
        return bounded(std::io::stdin().lock()).map_err(problem);
    }
    std::fs::File::open(file).and_then(bounded).map_err(|error| Problem::file("read", file, &error))
}

fn bounded(from: impl Read) -> std::io::Result<Vec<u8>> {
    let most = u64::try_from(limits::FOREIGN_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    from.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn not_taken(file: &Path, error: &DraftError) -> Problem {
    let place = match error {
        DraftError::Json(error) => format!("{}:{}", error.line, error.column),
        DraftError::Shape(shape) => shape.path.clone(),
        DraftError::Key { path, .. } => path.clone(),
        _ => String::new(),
    };
    let values = [("file", &*file.display().to_string()), ("place", &*place), ("rule", error.code())];
    let key = if place.is_empty() { "draft.whole" } else { "draft" };
    Problem::of_rule(exit::REFUSED, error.code(), key, &values, error.to_string())
}

/// Passes if no rule is broken; else tells each, in the reader's language.
pub(super) fn refuse_first(session: &Session, problems: &[model::Problem]) -> Result<(), Problem> {
    let unsigned = Problem::unsigned(problems.iter().map(Broken::of).collect());
    unsigned.map_or(Ok(()), |problem| Err(preview::told(session, problem)))
}

/// Has a change signed, and says what came of it.
pub(super) async fn send(
    session: &Session,
    client: &Client,
    space: SpaceName,
    change: Change,
    took: Option<Took>,
) -> Outcome {
    let record = change.record;
    let request = Request { space: space.name().into(), changes: vec![change], only_new: false };
    let Some(written) = preview::sign(session, client, request).await? else { return Ok(DONE) };
    let took = took.filter(|_| !written.entries.is_empty());
    tell(session, client, space.name(), &Recorded { record, written, took }).await;
    Ok(DONE)
}

pub(super) async fn resolve(client: &Client, text: &str) -> Result<RecordId, Problem> {
    resolve_among(client, text, &[]).await
}

/// The record that a text names where one of these kinds is due.
pub(super) async fn resolve_among(client: &Client, text: &str, kinds: &[u8]) -> Result<RecordId, Problem> {
    let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    let kinds = query(&[("kinds", Some(kinds.join(",")))]);
    client.get(&format!("/resolve/{}{kinds}", encoded(pasted(text)))).await
}

pub(super) fn space_name(who: &Who, space: SpaceId) -> Option<SpaceName> {
    let name = &who.spaces.iter().find(|known| known.id == space)?.name;
    [SpaceName::Members, SpaceName::Public].into_iter().find(|known| known.name() == name)
}

/// What takes the place of something stands where that stood: elsewhere it would take the place of nothing.
pub(super) fn same_space(asked: Option<SpaceName>, stands_in: SpaceName) -> Result<SpaceName, Problem> {
    match asked {
        Some(asked) if asked != stands_in => {
            let values = [("space", stands_in.name())];
            Err(Problem::told(exit::USAGE, "usage", "unsigned_this.same_space", &values))
        }
        _ => Ok(stands_in),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use isnad_protocol::encoding::foreign;

    #[test]
    fn a_file_without_end_is_refused_and_not_read() {
        let bytes = bounded(std::io::repeat(b' ')).unwrap();
        assert_eq!(bytes.len(), limits::FOREIGN_BYTES + 1);
        assert_eq!(foreign::parse(&bytes).unwrap_err().rule.code(), "json_too_large");
    }
}
