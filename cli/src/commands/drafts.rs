//! Texts that wait in a home until they are signed: where they stand, what was left beside them, how each is handed in.
//!
//! What is not signed may name whom nobody may know of. So a text is its owner's alone, and goes with the backups that editors
//! make of it once it is signed.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use isnad_node::{clock, files};
use isnad_protocol::encoding::to_hex;
use isnad_protocol::id::RecordId;
use isnad_protocol::locale;
use isnad_protocol::view::ShownNarrative;
use serde::{Deserialize, Serialize};

use crate::error::Problem;
use crate::output::{hanging, width};
use crate::session::Session;

/// The folder of a home in which texts stand that are being written. Only its owner can enter it.
const DRAFTS: &str = "drafts";

/// How the names of texts end.
const TEXT: &str = "txt";

/// The same of what a narrative was begun on.
const BEGUN: &str = "begun";

/// Earlier texts that are named when another is begun.
const NAMED: usize = 3;

/// A text in the drafts of a home.
#[derive(Debug)]
pub(super) struct Kept {
    path: PathBuf,
}

/// What a narrative was begun on. What colleagues sign before it is handed in is merged with it, and not undone by it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) record: RecordId,
    pub(super) space: String,
    /// Its language, where it was said.
    pub(super) language: Option<String>,
    /// The narrative as it was then; none for a new one.
    pub(super) old: Option<ShownNarrative>,
}

impl Kept {
    /// Puts a text into a file of the home, and names those that an earlier end left there.
    pub(super) fn begin(session: &Session, name: &str, text: &str) -> Result<Self, Problem> {
        let folder = folder(session)?;
        files::create_directory(&folder)?;
        tell_earlier(session, &folder);
        // As many digits as a record's id has: see [`Kept::record`].
        let random: [u8; 15] = clock::random()?;
        let kept = Self { path: folder.join(format!("{name}-{}.{TEXT}", to_hex(&random))) };
        kept.put(text)?;
        Ok(kept)
    }

    /// A text that an earlier end left in the home; none for a file that stands elsewhere.
    pub(super) fn left(session: &Session, file: &Path) -> Option<Self> {
        let path = file.canonicalize().ok()?;
        let folder = folder(session).ok()?.canonicalize().ok()?;
        let is_text = path.extension() == Some(OsStr::new(TEXT));
        (is_text && path.parent() == Some(&folder)).then_some(Self { path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The record that the form in this text becomes, always the same one: whoever was cut off before he heard that it is signed,
    /// and hands it in once more, says nothing twice.
    pub(super) fn record(&self) -> Option<RecordId> {
        let (kind, digits) = self.path.file_stem()?.to_str()?.rsplit_once('-')?;
        RecordId::parse(&format!("{kind}/{digits}")).ok()
    }

    /// Replaces the text.
    pub(super) fn put(&self, text: &str) -> Result<(), Problem> {
        Ok(files::replace(&self.path, text.as_bytes())?)
    }

    /// Keeps what a narrative was begun on beside its text.
    pub(super) fn put_begun(&self, begun: &Begun) -> Result<(), Problem> {
        let bytes = serde_json::to_vec(begun).map_err(|error| Problem::fault(error.to_string()))?;
        Ok(files::replace(&self.path.with_extension(BEGUN), &bytes)?)
    }

    /// What a narrative was begun on; none for a record.
    pub(super) fn begun(&self) -> Option<Begun> {
        serde_json::from_slice(&std::fs::read(self.path.with_extension(BEGUN)).ok()?).ok()
    }

    /// Closes the text and its backups to others: an editor may have written another file under the same name.
    pub(super) fn close(&self) -> Result<(), Problem> {
        files::set_owner_only(&self.path)?;
        self.backups().iter().try_for_each(|backup| Ok(files::set_owner_only(backup)?))
    }

    /// Removes the text, and what stands beside it: nothing in it is wanted any more.
    pub(super) fn done(self) {
        let begun = Some(self.path.with_extension(BEGUN)).filter(|begun| begun.exists());
        for path in self.backups().into_iter().chain(begun).chain([self.path]) {
            if let Err(error) = std::fs::remove_file(&path) {
                tracing::warn!(%error, "a text that is signed was not removed from the drafts");
            }
        }
    }

    /// The command that goes on with the text in the editor, as a shell reads it. Who may read it stands in a form itself, and may
    /// be changed there.
    pub(super) fn command(&self) -> String {
        let file = quoted(&self.path.display().to_string());
        if let Some(Begun { record, space, language, old }) = self.begun() {
            let language = language.map(|language| format!("--in {} ", quoted(&language))).unwrap_or_default();
            let which = old.map_or_else(
                || format!("{language}--space {space}"),
                |old| format!("--narrative {}", old.id.to_short()),
            );
            return format!("isnad narrative edit {record} {which} --edit --from {file}");
        }
        let name = self.path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
        let kind = name.rsplit_once('-').map_or(name, |(kind, _)| kind);
        format!("isnad record new {kind} --edit --from {file}")
    }

    /// The same problem, which says besides that the text is kept, and how to go on with it.
    pub(super) fn kept(&self, session: &Session, mut problem: Problem) -> Problem {
        problem.words.values.insert("kept_command".to_owned(), self.command());
        problem.and_in(session.language, "kept")
    }

    /// Says on the side where the text is kept.
    pub(super) fn tell(&self, session: &Session, key: &str) {
        let values = [("kept_command", &*self.command())];
        session.printer.aside(hanging("", &locale::format(session.language, key, &values), width()));
    }

    /// Files that editors made of the text, whichever editor it was.
    fn backups(&self) -> Vec<PathBuf> {
        let own = self.path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let beside = self.path.parent().and_then(|folder| std::fs::read_dir(folder).ok());
        let files = beside.into_iter().flatten().flatten().map(|entry| entry.path());
        let is_backup =
            |path: &PathBuf| path.file_name().and_then(OsStr::to_str).is_some_and(|name| is_backup_of(own, name));
        files.filter(is_backup).collect()
    }
}

/// True for a name that an editor gives to a backup or a lock of a file: Vim, Emacs, nano, and those that do as they do.
fn is_backup_of(file: &str, name: &str) -> bool {
    let Some((before, behind)) = name.split_once(file) else { return false };
    let is_numbered = |text: &str, before: &str, behind: &str| {
        let number = text.strip_prefix(before).and_then(|text| text.strip_suffix(behind));
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()))
    };
    match before {
        "#" => behind == "#",
        ".#" => behind.is_empty(),
        "." => matches!(behind, ".swp" | ".swo" | ".swn" | ".swx" | ".un~"),
        "" => {
            matches!(behind, "~" | ".bak" | ".orig" | ".save")
                || is_numbered(behind, ".~", "~")
                || is_numbered(behind, ".save.", "")
        }
        _ => false,
    }
}

/// A word as a shell takes it, whatever stands in it.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn folder(session: &Session) -> Result<PathBuf, Problem> {
    let folder = session.home()?.path().join(DRAFTS);
    // The command is to be right wherever it is typed.
    Ok(std::path::absolute(&folder).unwrap_or(folder))
}

fn tell_earlier(session: &Session, folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let texts = entries.flatten().map(|entry| entry.path());
    let mut earlier: Vec<PathBuf> = texts.filter(|path| path.extension() == Some(OsStr::new(TEXT))).collect();
    earlier.sort();
    for path in earlier.into_iter().take(NAMED) {
        Kept { path }.tell(session, "record.earlier");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backups_of_known_editors_are_told_from_other_texts() {
        let file = "incident-0a1b2c3d.txt";
        for name in [
            "incident-0a1b2c3d.txt~",
            ".incident-0a1b2c3d.txt.swp",
            ".incident-0a1b2c3d.txt.un~",
            "#incident-0a1b2c3d.txt#",
            ".#incident-0a1b2c3d.txt",
            "incident-0a1b2c3d.txt.~12~",
            "incident-0a1b2c3d.txt.save.1",
        ] {
            assert!(is_backup_of(file, name), "{name}");
        }
        for name in [file, "incident-0a1b2c3d.begun", "incident-ffffffff.txt~", "my incident-0a1b2c3d.txt", "x~"] {
            assert!(!is_backup_of(file, name), "{name}");
        }
    }

    #[test]
    fn the_name_of_a_form_says_which_record_it_becomes() {
        let record = |name: &str| Kept { path: PathBuf::from(name) }.record();
        let digits = "8690e26d4f0b1c2d3e4f5061728394";
        assert_eq!(
            record(&format!("/home/drafts/incident-{digits}.txt")),
            RecordId::parse(&format!("incident/{digits}")).ok()
        );
        for name in [format!("narrative-{digits}.txt"), "incident-8690e26d.txt".to_owned(), "notes.txt".to_owned()] {
            assert_eq!(record(&name), None, "{name}");
        }
    }

    #[test]
    fn a_shell_takes_a_quoted_path_as_one_word() {
        for (path, expected) in [("/a/b.txt", "'/a/b.txt'"), ("/it's $HOME", r"'/it'\''s $HOME'"), ("", "''")] {
            assert_eq!(quoted(path), expected);
        }
    }
}
