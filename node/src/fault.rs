//! What can go wrong on our own side: the disk, a damaged file, a home that is in use.
//!
//! `Display` says what happened, [`Fault::why`] the cause, [`Fault::remedy`] what to do next, [`Fault::code`] the name that
//! programs go by. The texts stand in the locale, see [`crate::problem`].

use std::path::{Path, PathBuf};
use std::{fmt, io};

use crate::config::WrongValue;
use crate::journal::Flaw;
use crate::network::NetworkError;

mod advice;

/// We or the disk broke. Never the answer to what a peer sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The operating system refused.
    Io {
        /// What was being done, as in "could not ...".
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The operating system has no random bytes to give.
    Random {
        /// What the system said.
        reason: String,
    },
    /// The journal does not hold what it once held. Nothing was changed.
    Damaged {
        /// The segment file.
        path: PathBuf,
        /// Its number.
        segment: u32,
        /// Where in it, in bytes from its beginning.
        offset: u32,
        /// What is wrong there.
        flaw: Flaw,
    },
    /// The journal of a space of the consortium is not there. Nothing was made in its place.
    JournalMissing {
        /// Its directory.
        path: PathBuf,
    },
    /// Of the acts not even the one that founds the consortium can be read.
    FoundingLost {
        /// The directory of their journal.
        path: PathBuf,
    },
    /// A frame longer than any reader would take.
    FrameTooLarge {
        /// Its length.
        bytes: usize,
    },
    /// The whole home was made by a newer version.
    NewerHome {
        /// What the file `version` says.
        found: String,
        /// The newest version known here.
        known: u32,
    },
    /// One file was made by a newer version.
    NewerFormat {
        /// The file.
        path: PathBuf,
    },
    /// No home of Isnad stands there.
    NotAHome {
        /// Where it was looked for.
        path: PathBuf,
        /// True if something stands there.
        is_there: bool,
    },
    /// A home cannot be made where something else stands.
    HomeExists {
        /// Where it was to be made.
        path: PathBuf,
        /// True if it is a home that stands there.
        is_home: bool,
    },
    /// A home in which others could write, or that leads elsewhere.
    HomeUnsafe {
        /// The home, or a folder in it.
        path: PathBuf,
        /// What is wrong with it.
        flaw: HomeFlaw,
    },
    /// The environment does not say where homes belong.
    NoHomePath,
    /// Another process writes to this home.
    Locked {
        /// The home.
        path: PathBuf,
        /// The other process, where its lock says so.
        pid: Option<u32>,
    },
    /// The configuration says something that is not understood.
    Config {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: Option<usize>,
        /// What is wrong there.
        reason: String,
    },
    /// A value of the configuration that cannot be meant.
    Setting {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        flaw: WrongValue,
    },
    /// The high-water mark is not whole.
    MarkDamaged {
        /// The file.
        path: PathBuf,
    },
    /// More own entries at once than the mark takes.
    MarkTooLarge {
        /// Their length together.
        bytes: usize,
    },
    /// The entries of the step before have not been said to be in the journal.
    MarkUnsettled,
    /// A sequence number that was used before.
    SeqReused {
        /// The number.
        seq: u64,
    },
    /// A secret file that others could read.
    KeyReadable {
        /// The file or directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A secret file of another user.
    KeyOwner {
        /// The file or directory.
        path: PathBuf,
        /// The id of its owner.
        owner: u32,
    },
    /// A link, a pipe or a directory where a plain file was due, or the reverse.
    KeyKind {
        /// The file.
        path: PathBuf,
        /// What was due.
        due: &'static str,
    },
    /// A key file that is not whole.
    KeyDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A key file stands there already; it is never overwritten.
    KeyExists {
        /// The file.
        path: PathBuf,
    },
    /// A label that is no short line.
    KeyLabel,
    /// The passphrase does not open this key.
    WrongPassphrase {
        /// The key file.
        path: PathBuf,
    },
    /// A passphrase that cannot be used.
    Passphrase {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// What is derived from the journal is not usable. It can be made anew.
    Index {
        /// What happened in it.
        reason: String,
    },
    /// The system gives no thread.
    Thread {
        /// What the system said.
        reason: String,
    },
    /// The network did not start.
    Network(NetworkError),
    /// A cost of the passphrase outside what this program agrees to spend.
    Cost {
        /// Memory in KiB.
        m_kib: u32,
        /// Passes.
        t: u32,
        /// Lanes.
        p: u32,
    },
}

/// Why a folder is not safe to keep a home in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HomeFlaw {
    /// It is a symbolic link.
    Link,
    /// Others may write to it, by these permission bits.
    Writable(u32),
    /// It is another user's.
    Owner(u32),
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.problem(0).error)
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<NetworkError> for Fault {
    fn from(error: NetworkError) -> Self {
        Self::Network(error)
    }
}

impl Fault {
    /// Names the act and the file that an error of the system belongs to: `file.sync_all().map_err(Fault::io(…))`.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, path: path.to_owned(), source }
    }

    /// Something went wrong in the index.
    pub(crate) fn index(reason: impl fmt::Display) -> Self {
        Self::Index { reason: reason.to_string() }
    }

    /// No thread could be started.
    pub(crate) fn thread(error: &io::Error) -> Self {
        Self::Thread { reason: error.to_string() }
    }

    /// The stable name of this fault.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "disk",
            Self::Index { .. } => "index",
            Self::Thread { .. } => "thread",
            Self::Network(_) => "network",
            Self::Random { .. } => "random",
            Self::Damaged { .. } => "journal_damaged",
            Self::JournalMissing { .. } => "journal_missing",
            Self::FoundingLost { .. } => "founding_lost",
            Self::FrameTooLarge { .. } => "frame_too_large",
            Self::NewerHome { .. } => "newer_home",
            Self::NewerFormat { .. } => "newer_format",
            Self::NotAHome { .. } => "not_a_home",
            Self::HomeExists { .. } => "home_exists",
            Self::HomeUnsafe { .. } => "home_unsafe",
            Self::NoHomePath => "no_home_path",
            Self::Locked { .. } => "home_locked",
            Self::Config { .. } | Self::Setting { .. } => "config",
            Self::MarkDamaged { .. } => "mark_damaged",
            Self::MarkTooLarge { .. } => "mark_too_large",
            Self::MarkUnsettled => "mark_unsettled",
            Self::SeqReused { .. } => "seq_reused",
            Self::KeyReadable { .. } => "key_readable",
            Self::KeyOwner { .. } => "key_owner",
            Self::KeyKind { .. } => "key_kind",
            Self::KeyDamaged { .. } => "key_damaged",
            Self::KeyExists { .. } => "key_exists",
            Self::KeyLabel => "key_label",
            Self::WrongPassphrase { .. } => "wrong_passphrase",
            Self::Passphrase { .. } => "passphrase",
            Self::Cost { .. } => "passphrase_cost",
        }
    }
}
