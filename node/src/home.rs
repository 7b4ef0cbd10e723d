//! The directory that holds one node: what stands where, who may write, and which version made it. design §12.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use isnad_protocol::id::SpaceId;

use crate::config::Config;
use crate::fault::Fault;
use crate::files;
use crate::mark::{Machine, Mark};

/// The version of the home that this program makes and knows.
pub const VERSION: u32 = 1;

const VERSION_FILE: &str = "version";
const CONFIG_FILE: &str = "isnad.toml";
const MARK_FILE: &str = "mark";
const LOCK_FILE: &str = "lock";
const DIRECTORIES: [&str; 6] = ["journal", "acts", "index", "search", "blobs", "keys"];

/// The home of one node. It may be read without a lock; whoever writes holds [`Home::lock`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    path: PathBuf,
}

/// The right to write to a home, given back when dropped, or by the system when the process ends.
#[derive(Debug)]
pub struct HomeLock {
    _file: File,
}

/// Where the home is unless one is named: `$XDG_DATA_HOME/isnad`, else `~/.local/share/isnad`. Source: XDG Base Directory
/// Specification 0.8, which has relative paths ignored.
///
/// # Errors
/// [`Fault::NoHomePath`] if neither value is an absolute path.
pub fn default_path(xdg_data_home: Option<OsString>, home: Option<OsString>) -> Result<PathBuf, Fault> {
    let absolute = |value: Option<OsString>| value.map(PathBuf::from).filter(|path| path.is_absolute());
    absolute(xdg_data_home)
        .or_else(|| absolute(home).map(|home| home.join(".local/share")))
        .map(|data| data.join("isnad"))
        .ok_or(Fault::NoHomePath)
}

impl Home {
    /// Makes a home for its owner alone: directories, a configuration with every key commented, and an empty mark.
    ///
    /// The file `version` comes last. A home without it was not finished, and is finished by making it again.
    ///
    /// # Errors
    /// [`Fault::HomeExists`] where a home or anything else stands; [`Fault::HomeUnsafe`] where others may write, or a link leads
    /// elsewhere; [`Fault::Io`].
    pub fn create(path: &Path) -> Result<Self, Fault> {
        let home = Self { path: path.to_owned() };
        files::create_directory(path)?;
        home.check_safe()?;
        home.check_unused()?;
        Self::make_directories(path)?;
        files::replace(&home.config(), Config::template().as_bytes())?;
        Mark::new(Machine::of_home(path)?).write(&home.mark())?;
        files::replace(&path.join(VERSION_FILE), format!("{VERSION}\n").as_bytes())?;
        Ok(home)
    }

    /// Makes the folders of a home, which is none before it has its file `version`.
    pub(crate) fn make_directories(path: &Path) -> Result<(), Fault> {
        DIRECTORIES.iter().try_for_each(|name| files::create_directory(&path.join(name)))
    }

    /// Opens a home that is there.
    ///
    /// # Errors
    /// [`Fault::NotAHome`], [`Fault::NewerHome`], [`Fault::HomeUnsafe`], [`Fault::Io`].
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let version = path.join(VERSION_FILE);
        let not_a_home = || Fault::NotAHome { path: path.to_owned(), is_there: path.exists() };
        let file = File::open(&version).map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => not_a_home(),
            _ => Fault::io("open", &version)(error),
        })?;
        let text = read_line(&file).map_err(Fault::io("read", &version))?;
        match text.parse::<u32>() {
            Ok(VERSION) => {
                let home = Self { path: path.to_owned() };
                home.check_safe()?;
                Ok(home)
            }
            Ok(0) | Err(_) => Err(not_a_home()),
            Ok(_) => Err(Fault::NewerHome { found: text, known: VERSION }),
        }
    }

    /// Takes the right to write, until the lock is dropped.
    ///
    /// # Errors
    /// [`Fault::Locked`] if another process has it, with that process's number; [`Fault::Io`].
    pub fn lock(&self) -> Result<HomeLock, Fault> {
        let path = self.path.join(LOCK_FILE);
        // Not truncated: until the lock is ours, what stands there is the other process's number.
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(Fault::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = read_line(&file).ok().and_then(|text| text.parse().ok());
                return Err(Fault::Locked { path: self.path.clone(), pid });
            }
            Err(TryLockError::Error(error)) => return Err(Fault::io("lock", &path)(error)),
        }
        let number = format!("{}\n", std::process::id());
        file.set_len(0).and_then(|()| file.write_all(number.as_bytes())).map_err(Fault::io("write", &path))?;
        Ok(HomeLock { _file: file })
    }

    /// The directory itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.path.join(CONFIG_FILE)
    }

    /// The journal of one space.
    #[must_use]
    pub fn journal(&self, space: &SpaceId) -> PathBuf {
        self.path.join("journal").join(space.to_string())
    }

    /// The spaces that have a journal, in order of their ids; none where the directory of all is missing. Directories of other
    /// names are left out.
    ///
    /// # Errors
    /// [`Fault::Io`] if the directory cannot be listed.
    pub fn spaces(&self) -> Result<Vec<SpaceId>, Fault> {
        let path = self.path.join("journal");
        let mut spaces = Vec::new();
        let listed = match fs::read_dir(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(spaces),
            listed => listed.map_err(Fault::io("list", &path))?,
        };
        for found in listed {
            let name = found.map_err(Fault::io("list", &path))?.file_name();
            spaces.extend(name.to_str().and_then(|name| SpaceId::parse(name).ok()));
        }
        spaces.sort_unstable();
        Ok(spaces)
    }

    /// The journal of governance.
    #[must_use]
    pub fn acts(&self) -> PathBuf {
        self.path.join("acts")
    }

    /// What is derived from the journals; it may be deleted.
    #[must_use]
    pub fn index(&self) -> PathBuf {
        self.path.join("index")
    }

    /// The full-text index, derived likewise.
    #[must_use]
    pub fn search(&self) -> PathBuf {
        self.path.join("search")
    }

    /// Evidence files.
    #[must_use]
    pub fn blobs(&self) -> PathBuf {
        self.path.join("blobs")
    }

    /// Secret keys.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.path.join("keys")
    }

    /// The high-water mark.
    #[must_use]
    pub fn mark(&self) -> PathBuf {
        self.path.join(MARK_FILE)
    }

    /// First acts of candidates that wait to be admitted.
    #[must_use]
    pub fn applicants(&self) -> PathBuf {
        self.path.join("applicants")
    }

    /// The invitations of this node.
    #[must_use]
    pub fn invitations(&self) -> PathBuf {
        self.path.join("invitations")
    }

    /// The node by whose invitation this home joined.
    #[must_use]
    pub fn sponsor(&self) -> PathBuf {
        self.path.join("sponsor")
    }

    /// The keys that were seen to sign elsewhere.
    #[must_use]
    pub fn stopped(&self) -> PathBuf {
        self.path.join("stopped")
    }

    /// Damaged journals that a repair moved aside.
    #[must_use]
    pub fn damaged(&self) -> PathBuf {
        self.path.join("damaged")
    }

    /// The socket of the local API.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.path.join("api.sock")
    }

    /// The home and its folders are folders of this user, and nobody else may write to them: whoever could would put files of
    /// his own in their places, or have ours written elsewhere.
    fn check_safe(&self) -> Result<(), Fault> {
        files::check_own_directory(&self.path)?;
        DIRECTORIES.iter().map(|name| self.path.join(name)).try_for_each(|path| {
            // One that is missing is made, and a file in its place is told of by whoever needs the folder.
            if path.is_dir() { files::check_own_directory(&path) } else { Ok(()) }
        })
    }

    /// Nothing stands there but, at most, what an unfinished making of a home left.
    fn check_unused(&self) -> Result<(), Fault> {
        for found in fs::read_dir(&self.path).map_err(Fault::io("list", &self.path))? {
            let name = found.map_err(Fault::io("list", &self.path))?.file_name();
            let name = name.to_string_lossy();
            let is_ours =
                DIRECTORIES.contains(&&*name) || [CONFIG_FILE, MARK_FILE].contains(&&*name) || name.starts_with('.');
            if !is_ours {
                let is_home = self.path.join(VERSION_FILE).exists();
                return Err(Fault::HomeExists { path: self.path.clone(), is_home });
            }
        }
        Ok(())
    }
}

fn read_line(file: &File) -> std::io::Result<String> {
    let mut text = String::new();
    file.take(64).read_to_string(&mut text)?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::HomeFlaw;
    use std::os::unix::fs::MetadataExt;

    fn home() -> (tempfile::TempDir, Home) {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::create(&dir.path().join("a/home")).unwrap();
        (dir, home)
    }

    #[test]
    fn default_home_follows_the_environment() {
        let value = |text: &str| Some(OsString::from(text));
        let default = |xdg, home| default_path(xdg, home).ok();
        assert_eq!(default(value("/d"), value("/h")), Some("/d/isnad".into()));
        assert_eq!(default(None, value("/h")), Some("/h/.local/share/isnad".into()));
        assert_eq!(default(value("relative"), value("/h")), Some("/h/.local/share/isnad".into()));
        assert_eq!(default(value(""), value("")), None);
        assert_eq!(default(None, None), None);
    }

    #[test]
    fn a_new_home_is_its_owners_alone_and_opens() {
        let (_dir, home) = home();
        for path in [home.path(), &home.keys(), &home.acts(), &home.index()] {
            assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, 0o700, "{}", path.display());
        }
        assert_eq!(Home::open(home.path()).unwrap(), home);
        assert!(Mark::load(&home.mark()).unwrap().is_some());
        assert_eq!(Config::load(&home.config()).unwrap(), Config::default());
    }

    #[test]
    fn spaces_are_those_that_have_a_journal() {
        let (_dir, home) = home();
        let space = SpaceId::new([7; 32]);
        fs::create_dir(home.journal(&space)).unwrap();
        fs::create_dir(home.path().join("journal/notes")).unwrap();
        assert_eq!(home.spaces().unwrap(), [space]);
    }

    #[test]
    fn a_second_writer_is_told_who_the_first_is() {
        let (_dir, home) = home();
        let lock = home.lock().unwrap();
        let Err(fault) = home.lock() else { panic!("two writers") };
        assert!(matches!(fault, Fault::Locked { pid: Some(pid), .. } if pid == std::process::id()));
        assert_eq!(fault.why(), format!("process {} holds its lock", std::process::id()));
        drop(lock);
        home.lock().unwrap();
    }

    #[test]
    fn a_newer_home_is_refused() {
        let (_dir, home) = home();
        fs::write(home.path().join("version"), "2\n").unwrap();
        let opened = Home::open(home.path());
        assert!(matches!(opened, Err(Fault::NewerHome { found, known: 1 }) if found == "2"));
    }

    #[test]
    fn no_home_is_made_where_something_stands() {
        let (_dir, home) = home();
        assert!(matches!(Home::create(home.path()), Err(Fault::HomeExists { .. })));
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.txt"), "mine").unwrap();
        assert!(matches!(Home::create(dir.path()), Err(Fault::HomeExists { .. })));
        assert!(matches!(Home::open(dir.path()), Err(Fault::NotAHome { .. })));
    }

    #[test]
    fn a_home_is_neither_made_nor_opened_where_others_may_write_or_a_link_leads_elsewhere() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (_dir, home) = home();
        let flaw = |path: &Path| match (Home::open(path), Home::create(path)) {
            (Err(Fault::HomeUnsafe { flaw, .. }), Err(Fault::HomeUnsafe { flaw: again, .. })) if flaw == again => {
                Some(flaw)
            }
            (Ok(_), Err(Fault::HomeExists { is_home: true, .. })) => None,
            other => panic!("{other:?}"),
        };
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(flaw(home.path()), None);
        for path in [home.path(), &home.acts(), &home.path().join("journal"), &home.keys()] {
            for bits in [0o777, 0o770, 0o702] {
                mode(path, bits);
                assert_eq!(flaw(home.path()), Some(HomeFlaw::Writable(bits)), "{}", path.display());
            }
            mode(path, 0o700);
        }
        let link = home.path().with_file_name("link");
        symlink(home.path(), &link).unwrap();
        assert_eq!(flaw(&link), Some(HomeFlaw::Link));
        assert_eq!(flaw(&link.join("")), Some(HomeFlaw::Link));
        let elsewhere = home.path().with_file_name("elsewhere");
        fs::rename(home.acts(), &elsewhere).unwrap();
        symlink(&elsewhere, home.acts()).unwrap();
        assert_eq!(flaw(home.path()), Some(HomeFlaw::Link));
    }

    #[test]
    fn an_unfinished_home_is_finished() {
        let (_dir, home) = home();
        fs::remove_file(home.path().join("version")).unwrap();
        fs::remove_dir(home.keys()).unwrap();
        assert!(matches!(Home::open(home.path()), Err(Fault::NotAHome { .. })));
        assert_eq!(Home::create(home.path()).unwrap(), home);
        assert!(home.keys().is_dir());
    }
}
