//! The user's editor on a text that is not lost: it stands in a file of its own from the first moment, until what was typed is
//! signed.

use isnad_protocol::id::RecordId;

use super::drafts::{Begun, Kept};
use crate::error::{Problem, exit};
use crate::session::Session;

/// A text that is being written.
#[derive(Debug)]
pub(super) struct Writing(Kept);

impl Writing {
    /// Puts a text into a file of the home, and names those that an earlier end left there.
    pub(super) fn begin(session: &Session, name: &str, text: &str) -> Result<Self, Problem> {
        Ok(Self(Kept::begin(session, name, text)?))
    }

    /// The same for a narrative, with what it is begun on.
    pub(super) fn begin_on(session: &Session, begun: &Begun, text: &str) -> Result<Self, Problem> {
        let writing = Self::begin(session, "narrative", text)?;
        writing.0.put_begun(begun)?;
        Ok(writing)
    }

    /// The record that a form becomes.
    pub(super) fn record(&self) -> Option<RecordId> {
        self.0.record()
    }

    /// Replaces the text.
    pub(super) fn put(&self, text: &str) -> Result<(), Problem> {
        self.0.put(text)
    }

    /// Opens the editor on the text, and reads it once the editor has ended.
    pub(super) fn edited(&self) -> Result<String, Problem> {
        let editor = ["VISUAL", "EDITOR"].into_iter().filter_map(|name| std::env::var(name).ok());
        let editor = editor.into_iter().find(|editor| !editor.trim().is_empty()).unwrap_or_else(|| "vi".into());
        let mut words = editor.split_whitespace();
        let program = words.next().unwrap_or("vi");
        let status = std::process::Command::new(program).args(words).arg(self.0.path()).status().map_err(|error| {
            let values = [("program", program), ("reason", &*isnad_node::problem::reason(&error))];
            Problem::told(exit::USAGE, "usage", "editor", &values)
        })?;
        if !status.success() {
            return Err(Problem::told(exit::USAGE, "usage", "editor_failed", &[("program", program)]));
        }
        self.0.close()?;
        let bytes = std::fs::read(self.0.path()).map_err(|error| Problem::file("read", self.0.path(), &error))?;
        let file = self.0.path().display().to_string();
        String::from_utf8(bytes).map_err(|_| Problem::told(exit::USAGE, "usage", "not_utf8", &[("file", &*file)]))
    }

    /// Removes the file: nothing in it is wanted any more.
    pub(super) fn done(self) {
        self.0.done();
    }

    /// The same problem, which says besides where the text is kept, and how it is handed in.
    pub(super) fn kept(&self, session: &Session, problem: Problem) -> Problem {
        self.0.kept(session, problem)
    }

    /// The same where the editor failed: a text in which nothing was changed is not worth keeping.
    pub(super) fn kept_if_changed(self, session: &Session, problem: Problem, begun: &str) -> Problem {
        match std::fs::read(self.0.path()) {
            Ok(bytes) if bytes == begun.as_bytes() => {
                self.done();
                problem
            }
            _ => self.kept(session, problem),
        }
    }

    /// Says on the side where the text is kept.
    pub(super) fn tell_kept(&self, session: &Session) {
        self.0.tell(session, "record.kept");
    }
}
