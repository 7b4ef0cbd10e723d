//! The user's editor on a text that is not lost: it stands in a file of its own from the first moment, until what was typed is
//! signed.

use std::path::PathBuf;

use isnad_node::{clock, files};
use isnad_protocol::encoding::to_hex;
use isnad_protocol::locale;

use crate::error::{Problem, exit};
use crate::session::Session;

/// The folder of a home in which texts stand that are being written. Only its owner can enter it.
const DRAFTS: &str = "drafts";

/// Earlier texts that are named when another is begun.
const NAMED: usize = 3;

/// A text that is being written.
#[derive(Debug)]
pub(super) struct Writing {
    path: PathBuf,
}

impl Writing {
    /// Puts a text into a file of the home, and names those that an earlier end left there.
    pub(super) fn begin(session: &Session, name: &str, text: &str) -> Result<Self, Problem> {
        let folder = session.home()?.path().join(DRAFTS);
        files::create_directory(&folder)?;
        tell_earlier(session, &folder);
        let random: [u8; 4] = clock::random()?;
        let writing = Self { path: folder.join(format!("{name}-{}.txt", to_hex(&random))) };
        writing.put(text)?;
        Ok(writing)
    }

    /// Replaces the text.
    pub(super) fn put(&self, text: &str) -> Result<(), Problem> {
        Ok(files::replace(&self.path, text.as_bytes())?)
    }

    /// Opens the editor on the text, and reads it once the editor has ended.
    pub(super) fn edited(&self) -> Result<String, Problem> {
        let editor = ["VISUAL", "EDITOR"].into_iter().filter_map(|name| std::env::var(name).ok());
        let editor = editor.into_iter().find(|editor| !editor.trim().is_empty()).unwrap_or_else(|| "vi".into());
        let mut words = editor.split_whitespace();
        let program = words.next().unwrap_or("vi");
        let status = std::process::Command::new(program).args(words).arg(&self.path).status().map_err(|error| {
            let values = [("program", program), ("reason", &*error.to_string())];
            Problem::told(exit::USAGE, "usage", "editor", &values)
        })?;
        if !status.success() {
            return Err(Problem::told(exit::USAGE, "usage", "editor_failed", &[("program", program)]));
        }
        // An editor may have written another file under the same name.
        files::set_owner_only(&self.path)?;
        let bytes = std::fs::read(&self.path).map_err(|error| Problem::file("read", &self.path, &error))?;
        let file = self.path.display().to_string();
        String::from_utf8(bytes).map_err(|_| Problem::told(exit::USAGE, "usage", "not_utf8", &[("file", &*file)]))
    }

    /// Removes the file: nothing in it is wanted any more.
    pub(super) fn done(self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(%error, "a text that is signed was not removed from the drafts");
        }
    }

    /// The same problem, which says besides where the text is kept, and how it is handed in.
    pub(super) fn kept(&self, command: &str, mut problem: Problem) -> Problem {
        problem.words.values.insert("kept".to_owned(), self.path.display().to_string());
        problem.words.values.insert("kept_command".to_owned(), format!("{command} --from {}", self.path.display()));
        problem.and("kept")
    }

    /// The same where the editor failed: a text in which nothing was changed is not worth keeping.
    pub(super) fn kept_if_changed(&self, command: &str, problem: Problem, begun: &str) -> Problem {
        match std::fs::read(&self.path) {
            Ok(bytes) if bytes == begun.as_bytes() => {
                drop(std::fs::remove_file(&self.path));
                problem
            }
            _ => self.kept(command, problem),
        }
    }

    /// Says on the side where the text is kept.
    pub(super) fn tell_kept(&self, session: &Session) {
        let values = [("kept", &*self.path.display().to_string())];
        session.printer.aside(locale::format(session.language, "record.kept", &values));
    }
}

fn tell_earlier(session: &Session, folder: &std::path::Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut earlier: Vec<String> = entries.flatten().map(|entry| entry.path().display().to_string()).collect();
    earlier.retain(|path| path.ends_with(".txt"));
    earlier.sort();
    for path in earlier.iter().take(NAMED) {
        session.printer.aside(locale::format(session.language, "record.earlier", &[("kept", path)]));
    }
}
