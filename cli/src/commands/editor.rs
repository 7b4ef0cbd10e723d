//! The user's editor on a text that is not lost: it stands in a file of its own from the first moment, until what was typed is
//! signed.

use isnad_protocol::id::RecordId;

use super::drafts::{Begun, Kept};
use crate::error::{Problem, exit};
use crate::session::Session;

/// A text that is being written.
#[derive(Debug)]
pub(super) struct Writing {
    kept: Kept,
    /// True if it waited in the home before: it is not lost by being given up again.
    is_resumed: bool,
}

impl Writing {
    /// Puts a text into a file of the home, and names those that an earlier end left there. One that waits in the home already is
    /// gone on with where it stands.
    pub(super) fn begin(session: &Session, left: Option<Kept>, name: &str, text: &str) -> Result<Self, Problem> {
        let is_resumed = left.is_some();
        let kept = match left {
            Some(kept) => kept,
            None => Kept::begin(session, name, text)?,
        };
        Ok(Self { kept, is_resumed })
    }

    /// The same for a narrative, with what it is begun on.
    pub(super) fn begin_on(session: &Session, left: Option<Kept>, begun: &Begun, text: &str) -> Result<Self, Problem> {
        let writing = Self::begin(session, left, "narrative", text)?;
        if !writing.is_resumed {
            writing.kept.put_begun(begun)?;
        }
        Ok(writing)
    }

    /// True if it waited in the home before.
    pub(super) const fn is_resumed(&self) -> bool {
        self.is_resumed
    }

    /// The record that a form becomes.
    pub(super) fn record(&self) -> Option<RecordId> {
        self.kept.record()
    }

    /// Replaces the text.
    pub(super) fn put(&self, text: &str) -> Result<(), Problem> {
        self.kept.put(text)
    }

    /// Opens the editor on the text, and reads it once the editor has ended.
    pub(super) fn edited(&self) -> Result<String, Problem> {
        let editor = ["VISUAL", "EDITOR"].into_iter().filter_map(|name| std::env::var(name).ok());
        let editor = editor.into_iter().find(|editor| !editor.trim().is_empty()).unwrap_or_else(|| "vi".into());
        let mut words = editor.split_whitespace();
        let program = words.next().unwrap_or("vi");
        let status =
            std::process::Command::new(program).args(words).arg(self.kept.path()).status().map_err(|error| {
                let values = [("program", program), ("reason", &*isnad_node::problem::reason(&error))];
                Problem::told(exit::USAGE, "usage", "editor", &values)
            })?;
        if !status.success() {
            return Err(Problem::told(exit::USAGE, "usage", "editor_failed", &[("program", program)]));
        }
        self.kept.close()?;
        let bytes = std::fs::read(self.kept.path()).map_err(|error| Problem::file("read", self.kept.path(), &error))?;
        let file = self.kept.path().display().to_string();
        String::from_utf8(bytes).map_err(|_| Problem::told(exit::USAGE, "usage", "not_utf8", &[("file", &*file)]))
    }

    /// Removes the file: nothing in it is wanted any more.
    pub(super) fn done(self) {
        self.kept.done();
    }

    /// The same problem, which says besides that the text is kept, and how to go on with it.
    pub(super) fn kept(&self, session: &Session, problem: Problem) -> Problem {
        self.kept.kept(session, problem)
    }

    /// The same where nothing was changed: a text that was only begun is not worth keeping.
    pub(super) fn given_up(self, session: &Session, problem: Problem) -> Problem {
        if self.is_resumed {
            return self.kept(session, problem);
        }
        self.done();
        problem
    }

    /// The same where the editor failed.
    pub(super) fn kept_if_changed(self, session: &Session, problem: Problem, begun: &str) -> Problem {
        match std::fs::read(self.kept.path()) {
            Ok(bytes) if bytes == begun.as_bytes() => self.given_up(session, problem),
            _ => self.kept(session, problem),
        }
    }

    /// Says on the side where the text is kept.
    pub(super) fn tell_kept(&self, session: &Session) {
        self.kept.tell(session, "record.kept");
    }
}
