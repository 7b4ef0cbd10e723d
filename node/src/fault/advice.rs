//! Which texts of the locale tell a fault, and what they name.

use std::io::ErrorKind;
use std::path::Path;

use super::{Fault, HomeFlaw};
use crate::network::NetworkError;
use crate::problem::{Problem, reason};

/// A key of the locale, and the values of its texts.
type Told = (&'static str, Vec<(&'static str, String)>);

impl Fault {
    /// What people and programs are told of it.
    pub(crate) fn problem(&self, exit: u8) -> Problem {
        let (key, values) = self.told();
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, &**value)).collect();
        Problem::told(exit, self.code(), key, &values)
    }

    /// Why it happened.
    #[must_use]
    pub fn why(&self) -> String {
        self.problem(0).why
    }

    /// What to do next: the line `try` of what people and programs are told.
    #[must_use]
    pub fn remedy(&self) -> String {
        self.problem(0).advice
    }

    fn told(&self) -> Told {
        match self {
            Self::Io { doing, path, source } => {
                (of_io(source.kind()), vec![("doing", (*doing).to_owned()), at(path), ("reason", reason(source))])
            }
            Self::Random { reason } => ("random", vec![("reason", reason.clone())]),
            Self::Index { reason } => ("index", vec![("reason", reason.clone())]),
            Self::Thread { reason } => ("thread", vec![("reason", reason.clone())]),
            Self::Network(error) => of_network(error),
            Self::Damaged { path, offset, flaw, .. } => {
                ("journal_damaged", vec![at(path), ("offset", offset.to_string()), ("flaw", flaw.to_string())])
            }
            Self::JournalMissing { path } => ("journal_missing", vec![at(path)]),
            Self::FoundingLost { path } => ("founding_lost", vec![at(path)]),
            Self::FrameTooLarge { bytes } => ("frame_too_large", vec![("bytes", bytes.to_string())]),
            Self::Config { path, line, reason } => {
                let key = if line.is_some() { "config.line" } else { "config" };
                let line = line.map(|line| ("line", line.to_string()));
                (key, [at(path), ("reason", reason.clone())].into_iter().chain(line).collect())
            }
            Self::Setting { path, line, flaw } => {
                let (key, values) = flaw.told();
                (key, [at(path), ("line", line.to_string())].into_iter().chain(values).collect())
            }
            Self::MarkDamaged { path } => ("mark_damaged", vec![at(path)]),
            Self::MarkTooLarge { bytes } => ("mark_too_large", vec![("bytes", bytes.to_string())]),
            Self::MarkUnsettled => ("mark_unsettled", Vec::new()),
            Self::SeqReused { seq } => ("seq_reused", vec![("seq", seq.to_string())]),
            Self::NewerHome { .. }
            | Self::NewerFormat { .. }
            | Self::NotAHome { .. }
            | Self::HomeExists { .. }
            | Self::HomeUnsafe { .. }
            | Self::NoHomePath
            | Self::Locked { .. } => self.of_home(),
            Self::KeyReadable { .. }
            | Self::KeyOwner { .. }
            | Self::KeyKind { .. }
            | Self::KeyDamaged { .. }
            | Self::KeyExists { .. }
            | Self::KeyLabel
            | Self::WrongPassphrase { .. }
            | Self::Passphrase { .. }
            | Self::Cost { .. } => self.of_key(),
        }
    }

    /// What is wrong with a home.
    fn of_home(&self) -> Told {
        match self {
            Self::NewerHome { found, known } => {
                ("newer_home", vec![("found", found.clone()), ("known", known.to_string())])
            }
            Self::NewerFormat { path } => ("newer_format", vec![at(path)]),
            Self::NotAHome { path, is_there: false } => ("not_a_home.absent", vec![at(path)]),
            Self::NotAHome { path, is_there: true } => ("not_a_home", vec![at(path)]),
            Self::HomeExists { path, is_home: true } => ("home_exists.home", vec![at(path)]),
            Self::HomeExists { path, is_home: false } => ("home_exists", vec![at(path)]),
            Self::HomeUnsafe { path, flaw: HomeFlaw::Link } => ("home_unsafe.link", vec![at(path)]),
            Self::HomeUnsafe { path, flaw: HomeFlaw::Writable(mode) } => {
                ("home_unsafe.writable", vec![at(path), ("mode", format!("{mode:03o}"))])
            }
            Self::HomeUnsafe { path, flaw: HomeFlaw::Owner(owner) } => {
                ("home_unsafe.owner", vec![at(path), ("owner", owner.to_string())])
            }
            Self::Locked { path, pid: Some(pid) } => ("home_locked.process", vec![at(path), ("pid", pid.to_string())]),
            Self::Locked { path, pid: None } => ("home_locked", vec![at(path)]),
            _ => ("no_home_path", Vec::new()),
        }
    }

    /// What is wrong with a key or its passphrase.
    fn of_key(&self) -> Told {
        match self {
            Self::KeyReadable { path, mode } => {
                let owners = if mode & 0o100 == 0 { "600" } else { "700" };
                let mode = format!("{mode:03o}");
                ("key_readable", vec![at(path), ("mode", mode), ("owners", owners.to_owned())])
            }
            Self::KeyOwner { path, owner } => ("key_owner", vec![at(path), ("owner", owner.to_string())]),
            Self::KeyKind { path, due } => ("key_kind", vec![at(path), ("due", (*due).to_owned())]),
            Self::KeyDamaged { path, reason } => ("key_damaged", vec![at(path), ("reason", (*reason).to_owned())]),
            Self::KeyExists { path } => ("key_exists", vec![at(path)]),
            Self::WrongPassphrase { path } => ("wrong_passphrase", vec![at(path)]),
            Self::Passphrase { reason } => ("passphrase", vec![("reason", (*reason).to_owned())]),
            Self::Cost { m_kib, t, p } => {
                ("passphrase_cost", vec![("kib", m_kib.to_string()), ("t", t.to_string()), ("p", p.to_string())])
            }
            _ => ("key_label", Vec::new()),
        }
    }
}

fn at(path: &Path) -> (&'static str, String) {
    ("path", path.display().to_string())
}

const fn of_io(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "disk.full",
        ErrorKind::PermissionDenied => "disk.permission",
        ErrorKind::NotFound => "disk.not_found",
        ErrorKind::ReadOnlyFilesystem => "disk.read_only",
        _ => "disk",
    }
}

fn of_network(error: &NetworkError) -> Told {
    match error {
        NetworkError::Address { address } => ("network.address", vec![("address", address.clone())]),
        NetworkError::Listen { address, source } => {
            let key = match source.kind() {
                ErrorKind::AddrInUse => "network.listen.in_use",
                ErrorKind::AddrNotAvailable => "network.listen.not_here",
                _ => "network.listen",
            };
            (key, vec![("address", address.clone()), ("reason", reason(source))])
        }
        NetworkError::Key => ("network.key", Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    #[test]
    fn a_readable_key_is_told_how_to_be_closed() {
        let fault = Fault::KeyReadable { path: PathBuf::from("/h/keys/node-00.key"), mode: 0o644 };
        assert_eq!(fault.code(), "key_readable");
        assert!(fault.why().contains("644"));
        assert!(fault.remedy().contains("chmod 600 '/h/keys/node-00.key'"));
    }

    #[test]
    fn a_full_disk_is_told_in_plain_words() {
        let fault = Fault::io("write to", Path::new("1.seg"))(ErrorKind::StorageFull.into());
        assert_eq!(fault.to_string(), "could not write to 1.seg");
        assert_eq!(fault.remedy(), "free some space on that disk and try again");
    }

    #[test]
    fn a_broken_index_is_asked_again_before_anything_is_started_again() {
        let remedy = Fault::Index { reason: "no space left".to_owned() }.remedy();
        assert!(remedy.starts_with("ask again") && remedy.contains("start again"), "{remedy}");
    }
}
