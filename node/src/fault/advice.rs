//! The cause of each fault and what to do next, in plain short English.

use std::io::ErrorKind;

use super::{Fault, HomeFlaw};

impl Fault {
    /// Why it happened.
    #[must_use]
    pub fn why(&self) -> String {
        match self {
            Self::Io { source, .. } => source.to_string(),
            Self::Random { reason } | Self::Index { reason } | Self::Thread { reason } => reason.clone(),
            Self::Network(error) => error.why(),
            Self::Damaged { flaw, .. } => format!("{flaw}; nothing was cut or changed"),
            Self::JournalMissing { .. } => {
                "this home has had it since it joined its consortium; what it held is gone from here, and nothing was made in its place"
                    .to_owned()
            }
            Self::FrameTooLarge { .. } => "the journal takes only frames that every reader agrees to load".to_owned(),
            Self::NewerHome { .. } | Self::NewerFormat { .. } => "a newer version of isnad has run here".to_owned(),
            Self::NotAHome { is_there: false, .. } => "there is no such folder".to_owned(),
            Self::NotAHome { is_there: true, .. } => "there is no file `version` in it that isnad wrote".to_owned(),
            Self::HomeExists { is_home: true, .. } => "there is an Isnad home here already".to_owned(),
            Self::HomeExists { is_home: false, .. } => "a home is made only where nothing else stands".to_owned(),
            Self::HomeUnsafe { flaw: HomeFlaw::Link, .. } => "it is a symbolic link, and leads elsewhere".to_owned(),
            Self::HomeUnsafe { flaw: HomeFlaw::Writable(mode), .. } => {
                format!("its permissions are {mode:03o}: others may write to it")
            }
            Self::HomeUnsafe { flaw: HomeFlaw::Owner(owner), .. } => {
                format!("its owner is user {owner}, not the one running this")
            }
            Self::NoHomePath => "neither XDG_DATA_HOME nor HOME holds an absolute path".to_owned(),
            Self::Locked { pid: Some(pid), .. } => format!("process {pid} holds its lock"),
            Self::Locked { pid: None, .. } => "another process holds its lock".to_owned(),
            Self::Config { reason, .. } => reason.clone(),
            Self::MarkDamaged { .. } => "its checksum does not fit its bytes".to_owned(),
            Self::MarkTooLarge { .. } => "what is being written must fit the mark, to survive a crash".to_owned(),
            Self::MarkUnsettled => "a crash now would lose the entries written before".to_owned(),
            Self::SeqReused { .. } => "two entries with one number would prove us to be cheating".to_owned(),
            Self::KeyReadable { mode, .. } => {
                format!("its permissions are {mode:03o}; secrets are for their owner alone")
            }
            Self::KeyOwner { owner, .. } => format!("its owner is user {owner}, not the one running this"),
            Self::KeyKind { due, .. } => format!("it should be {due}"),
            Self::KeyDamaged { reason, .. } => (*reason).to_owned(),
            Self::KeyExists { .. } => "a key file is never overwritten".to_owned(),
            Self::KeyLabel => "a label is one line of at most 200 bytes".to_owned(),
            Self::WrongPassphrase { .. } => "the file is whole, but does not decrypt".to_owned(),
            Self::Passphrase { reason } => (*reason).to_owned(),
            Self::Cost { .. } => "a file could otherwise ask for all memory or take for ever".to_owned(),
        }
    }

    /// What to do next: the line `try` of what people and programs are told.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Io { source, .. } => for_kind(source.kind()).to_owned(),
            Self::Index { .. } => "start again: it is made anew from the journal, and nothing is lost".to_owned(),
            Self::Thread { .. } => "stop other programs, or raise the number of threads a user may have".to_owned(),
            Self::Network(error) => error.remedy().to_owned(),
            Self::Random { .. } => "restart the machine; if it stays, its system is at fault".to_owned(),
            Self::Damaged { .. } => {
                "run `isnad audit` to see all of it, then bring the journal back from a backup or a peer: see the guide"
                    .to_owned()
            }
            Self::JournalMissing { .. } => {
                "bring it back from a backup; without one, `isnad join FILE` makes an empty one, and peers fill it"
                    .to_owned()
            }
            Self::FrameTooLarge { .. } => "report this: no entry or act should be as long".to_owned(),
            Self::NewerHome { .. } | Self::NewerFormat { .. } => "install the newest isnad and start again".to_owned(),
            Self::NotAHome { .. } => "name another with --home, or make one with `isnad init`".to_owned(),
            Self::HomeExists { is_home: true, .. } => "use it, or name another place with --home".to_owned(),
            Self::HomeExists { is_home: false, .. } => "name another place with --home".to_owned(),
            Self::HomeUnsafe { flaw: HomeFlaw::Link, .. } => {
                "name the folder itself, and move the link away".to_owned()
            }
            Self::HomeUnsafe { path, flaw: HomeFlaw::Writable(_) } => {
                format!("chmod go-w '{}', and look who wrote there", path.display())
            }
            Self::HomeUnsafe { path, flaw: HomeFlaw::Owner(_) } => {
                format!("run as that user, or chown '{}'", path.display())
            }
            Self::NoHomePath => "name a place with --home or ISNAD_HOME".to_owned(),
            Self::Locked { .. } => "stop that node first, or name another home with --home".to_owned(),
            Self::Config { .. } => "correct the file; `#` at the start of a line switches it off".to_owned(),
            Self::MarkDamaged { .. } => {
                "move the file away and start: the node signs again once another organisation has confirmed its ends"
                    .to_owned()
            }
            Self::MarkTooLarge { .. } => "write in smaller steps".to_owned(),
            Self::MarkUnsettled | Self::SeqReused { .. } => {
                "restart the node: it finishes what was begun before it signs".to_owned()
            }
            Self::KeyReadable { path, mode } => {
                let owners = if mode & 0o100 == 0 { "600" } else { "700" };
                format!("chmod {owners} '{}', and ask who read it meanwhile", path.display())
            }
            Self::KeyOwner { path, .. } => format!("run as that user, or chown '{}'", path.display()),
            Self::KeyKind { path, .. } => format!("look at '{}' and move it away", path.display()),
            Self::KeyDamaged { .. } => "bring back the file from a copy; without one, make a new key".to_owned(),
            Self::KeyExists { .. } => "use it, or move the file away".to_owned(),
            Self::KeyLabel => "name the device or the desk in a few words".to_owned(),
            Self::WrongPassphrase { .. } => "enter it again; mind the keyboard's language".to_owned(),
            Self::Passphrase { .. } => "choose one of several words".to_owned(),
            Self::Cost { .. } => "use 8 KiB a lane to 1 GiB, 1 to 16 passes, 1 to 8 lanes".to_owned(),
        }
    }
}

const fn for_kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space on that disk and try again",
        ErrorKind::PermissionDenied => "check who owns that file and what its permissions are",
        ErrorKind::NotFound => "check that the path is right and its disk is mounted",
        ErrorKind::ReadOnlyFilesystem => "mount that disk for writing; after an error the system may have locked it",
        _ => "check the disk and the system's log, then try again",
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
}
