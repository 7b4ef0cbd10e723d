//! What can go wrong on our own side: the disk, a damaged file, a home that is in use.
//!
//! `Display` says what happened, [`Fault::why`] the cause, [`Fault::remedy`] what to do next, [`Fault::code`] the name that
//! programs and translations go by.

use std::io;
use std::path::{Path, PathBuf};

use crate::journal::Flaw;

mod advice;

/// We or the disk broke. Never the answer to what a peer sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The operating system refused.
    #[error("could not {doing} {}", path.display())]
    Io {
        /// What was being done, as in "could not ...".
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The operating system has no random bytes to give.
    #[error("could not draw random bytes")]
    Random {
        /// What the system said.
        reason: String,
    },
    /// The journal does not hold what it once held. Nothing was changed.
    #[error("the journal is damaged in {} at byte {offset}", path.display())]
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
    #[error("the journal {} is missing", path.display())]
    JournalMissing {
        /// Its directory.
        path: PathBuf,
    },
    /// A frame longer than any reader would take.
    #[error("a frame of {bytes} bytes is too long for the journal")]
    FrameTooLarge {
        /// Its length.
        bytes: usize,
    },
    /// The whole home was made by a newer version.
    #[error("this home is of version {found}, and this program knows {known}")]
    NewerHome {
        /// What the file `version` says.
        found: String,
        /// The newest version known here.
        known: u32,
    },
    /// One file was made by a newer version.
    #[error("{} was written by a newer version", path.display())]
    NewerFormat {
        /// The file.
        path: PathBuf,
    },
    /// No home of Isnad stands there.
    #[error("{} is not a home of Isnad", path.display())]
    NotAHome {
        /// Where it was looked for.
        path: PathBuf,
        /// True if something stands there.
        is_there: bool,
    },
    /// A home cannot be made where something else stands.
    #[error("no home was made in {}", path.display())]
    HomeExists {
        /// Where it was to be made.
        path: PathBuf,
        /// True if it is a home that stands there.
        is_home: bool,
    },
    /// A home in which others could write, or that leads elsewhere.
    #[error("{} is not safe to keep a home in", path.display())]
    HomeUnsafe {
        /// The home, or a folder in it.
        path: PathBuf,
        /// What is wrong with it.
        flaw: HomeFlaw,
    },
    /// The environment does not say where homes belong.
    #[error("no place for the home is known")]
    NoHomePath,
    /// Another process writes to this home.
    #[error("another node is running on {}", path.display())]
    Locked {
        /// The home.
        path: PathBuf,
        /// The other process, where its lock says so.
        pid: Option<u32>,
    },
    /// The configuration says something that is not understood.
    #[error("{} is not understood{}", path.display(), line.map(|line| format!(" at line {line}")).unwrap_or_default())]
    Config {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: Option<usize>,
        /// What is wrong there.
        reason: String,
    },
    /// The high-water mark is not whole.
    #[error("the high-water mark {} is damaged", path.display())]
    MarkDamaged {
        /// The file.
        path: PathBuf,
    },
    /// More own entries at once than the mark takes.
    #[error("{bytes} bytes of own entries are too many for one step")]
    MarkTooLarge {
        /// Their length together.
        bytes: usize,
    },
    /// The entries of the step before have not been said to be in the journal.
    #[error("own entries written before are not yet in the journal")]
    MarkUnsettled,
    /// A sequence number that was used before.
    #[error("seq {seq} of an own log was used before")]
    SeqReused {
        /// The number.
        seq: u64,
    },
    /// A secret file that others could read.
    #[error("{} can be read by others", path.display())]
    KeyReadable {
        /// The file or directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A secret file of another user.
    #[error("{} belongs to another user", path.display())]
    KeyOwner {
        /// The file or directory.
        path: PathBuf,
        /// The id of its owner.
        owner: u32,
    },
    /// A link, a pipe or a directory where a plain file was due, or the reverse.
    #[error("{} is not what it should be", path.display())]
    KeyKind {
        /// The file.
        path: PathBuf,
        /// What was due.
        due: &'static str,
    },
    /// A key file that is not whole.
    #[error("the key file {} is damaged", path.display())]
    KeyDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A key file stands there already; it is never overwritten.
    #[error("the key {} is there already", path.display())]
    KeyExists {
        /// The file.
        path: PathBuf,
    },
    /// A label that is no short line.
    #[error("this label of a key cannot be used")]
    KeyLabel,
    /// The passphrase does not open this key.
    #[error("this passphrase does not open {}", path.display())]
    WrongPassphrase {
        /// The key file.
        path: PathBuf,
    },
    /// A passphrase that cannot be used.
    #[error("the passphrase cannot be used")]
    Passphrase {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// What is derived from the journal is not usable. It can be made anew.
    #[error("the index failed: {reason}")]
    Index {
        /// What happened in it.
        reason: String,
    },
    /// The system gives no thread.
    #[error("could not start a thread")]
    Thread {
        /// What the system said.
        reason: String,
    },
    /// The network did not start.
    #[error(transparent)]
    Network(#[from] crate::network::NetworkError),
    /// A cost of the passphrase outside what this program agrees to spend.
    #[error("a passphrase cost of {m_kib} KiB, {t} passes and {p} lanes is out of bounds")]
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

impl Fault {
    /// Names the act and the file that an error of the system belongs to: `file.sync_all().map_err(Fault::io(…))`.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, path: path.to_owned(), source }
    }

    /// Something went wrong in the index.
    pub(crate) fn index(reason: impl std::fmt::Display) -> Self {
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
            Self::FrameTooLarge { .. } => "frame_too_large",
            Self::NewerHome { .. } => "newer_home",
            Self::NewerFormat { .. } => "newer_format",
            Self::NotAHome { .. } => "not_a_home",
            Self::HomeExists { .. } => "home_exists",
            Self::HomeUnsafe { .. } => "home_unsafe",
            Self::NoHomePath => "no_home_path",
            Self::Locked { .. } => "home_locked",
            Self::Config { .. } => "config",
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
