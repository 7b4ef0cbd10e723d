//! Files that are whole or absent, and secret files that only their owner can read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use isnad_protocol::breakage::{self, Breakage};
use rustix::fs::OFlags;
use zeroize::Zeroizing;

use crate::fault::{Fault, HomeFlaw};

/// Permission bits that let anyone but the owner in.
const OTHERS: u32 = 0o077;
/// Permission bits that let anyone but the owner write.
const WRITERS: u32 = 0o022;

/// Puts the names in a directory on disk: a new, renamed or removed file is there for sure only after this.
///
/// # Errors
/// [`Fault::Io`] if the directory cannot be opened or synced.
pub fn sync_directory(path: &Path) -> Result<(), Fault> {
    File::open(path).and_then(|directory| directory.sync_all()).map_err(Fault::io("sync the directory", path))
}

/// Makes a directory and those above it, for their owner alone; one that is there already is left as it is.
///
/// When this returns they are on disk: what is synced within a directory is lost with the directory's own name.
///
/// # Errors
/// [`Fault::Io`] if it cannot be made or synced.
pub fn create_directory(path: &Path) -> Result<(), Fault> {
    let missing: Vec<_> =
        path.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(Fault::io("make the directory", path))?;
    missing.into_iter().try_for_each(|made| sync_directory(parent(made)))
}

/// Replaces a file as a whole: after a crash it holds either the old bytes or the new ones, and when this returns the new.
///
/// The file is readable by its owner alone.
///
/// # Errors
/// [`Fault::Io`]. The old bytes then still stand, or, if only the last sync failed, the new ones.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let beside = beside(path)?;
    let written = write_new(&beside, bytes)
        .and_then(|()| fs::rename(&beside, path).map_err(Fault::io("put in place", path)))
        .inspect_err(|_| drop(fs::remove_file(&beside)));
    written.and_then(|()| sync_directory(parent(path)))
}

/// Makes a file as a whole, for its owner alone, and never over another.
///
/// # Errors
/// [`Fault::KeyExists`] if the name is taken; [`Fault::Io`] for the rest, and then there is no such file.
pub fn create_secret(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let beside = beside(path)?;
    // A link, unlike a rename, fails where a file stands.
    let linked = write_new(&beside, bytes).and_then(|()| {
        fs::hard_link(&beside, path).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Fault::KeyExists { path: path.to_owned() },
            _ => Fault::io("put in place", path)(error),
        })
    });
    drop(fs::remove_file(&beside));
    linked.and_then(|()| sync_directory(parent(path)))
}

/// Reads a secret file of at most `limit` bytes, if it is a plain file that its owner alone can read, and we are its owner.
///
/// # Errors
/// [`Fault::KeyKind`], [`Fault::KeyOwner`], [`Fault::KeyReadable`] for a file that is not so; [`Fault::KeyDamaged`] for one
/// that is longer; [`Fault::Io`].
pub fn read_secret(path: &Path, limit: usize) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let kind = || Fault::KeyKind { path: path.to_owned(), due: "a plain file, not a link" };
    let file = OpenOptions::new().read(true).custom_flags(flags(OFlags::NOFOLLOW | OFlags::NONBLOCK)).open(path);
    let is_link = |error: &std::io::Error| error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
    let file = file.map_err(|error| if is_link(&error) { kind() } else { Fault::io("open", path)(error) })?;
    // Checked on the open file: one checked by its name could be another by the time it is read.
    let metadata = file.metadata().map_err(Fault::io("look at", path))?;
    if !metadata.is_file() {
        return Err(kind());
    }
    check_private(path, &metadata)?;
    read_bounded(file, limit)
        .map_err(Fault::io("read", path))?
        .ok_or_else(|| Fault::KeyDamaged { path: path.to_owned(), reason: "the file is too long to be one" })
}

/// Checks that a directory is ours and closed to others.
///
/// # Errors
/// As of [`read_secret`].
pub fn check_secret_directory(path: &Path) -> Result<(), Fault> {
    let metadata = fs::symlink_metadata(path).map_err(Fault::io("look at", path))?;
    if !metadata.is_dir() {
        return Err(Fault::KeyKind { path: path.to_owned(), due: "a directory, not a link" });
    }
    check_private(path, &metadata)
}

/// Checks that a directory is ours, no link, and that nobody else may write to it.
///
/// # Errors
/// [`Fault::HomeUnsafe`] if it is not so; [`Fault::Io`].
pub fn check_own_directory(path: &Path) -> Result<(), Fault> {
    // Without a slash at the end, behind which a link would be followed.
    let path: PathBuf = path.components().collect();
    let metadata = fs::symlink_metadata(&path).map_err(Fault::io("look at", &path))?;
    let flaw = if metadata.is_symlink() {
        HomeFlaw::Link
    } else if metadata.uid() != rustix::process::geteuid().as_raw() {
        HomeFlaw::Owner(metadata.uid())
    } else if metadata.mode() & WRITERS != 0 {
        HomeFlaw::Writable(metadata.mode() & 0o777)
    } else {
        return Ok(());
    };
    Err(Fault::HomeUnsafe { path, flaw })
}

/// Writes a file for its owner alone: as a whole and in the place of an older one, or into a device or pipe.
///
/// # Errors
/// [`Fault::Io`].
pub fn write_out(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    if is_no_file(path) { fs::write(path, bytes).map_err(Fault::io("write", path)) } else { replace(path, bytes) }
}

/// A file that is written out piece by piece: whole in the end, and until then not there, so that nobody takes half of it for all.
/// Dropped before its end, it leaves what stood there before.
#[derive(Debug)]
pub struct Outgoing {
    file: File,
    path: PathBuf,
    /// Where it is written until it is whole; `None` for a device or pipe.
    beside: Option<PathBuf>,
}

impl Outgoing {
    /// Begins it, for its owner alone.
    ///
    /// # Errors
    /// [`Fault::Io`].
    pub fn begin(path: &Path) -> Result<Self, Fault> {
        if is_no_file(path) {
            let file = File::create(path).map_err(Fault::io("write", path))?;
            return Ok(Self { file, path: path.to_owned(), beside: None });
        }
        let beside = beside(path)?;
        Ok(Self { file: create_new(&beside)?, path: path.to_owned(), beside: Some(beside) })
    }

    /// Adds what follows.
    ///
    /// # Errors
    /// [`Fault::Io`].
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.file.write_all(bytes).map_err(Fault::io("write", &self.path))
    }

    /// Puts it in its place, on disk.
    ///
    /// # Errors
    /// [`Fault::Io`].
    pub fn finish(mut self) -> Result<(), Fault> {
        let Some(beside) = &self.beside else { return Ok(()) };
        self.file.sync_all().map_err(Fault::io("write", &self.path))?;
        fs::rename(beside, &self.path).map_err(Fault::io("put in place", &self.path))?;
        self.beside = None;
        sync_directory(parent(&self.path))
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        if let Some(beside) = &self.beside {
            drop(fs::remove_file(beside));
        }
    }
}

/// The names of the system are its own, as /dev/stdout is, whatever they lead to.
fn is_no_file(path: &Path) -> bool {
    let is_of_system = ["/dev", "/proc"].iter().any(|dir| path.starts_with(dir));
    is_of_system || path.metadata().is_ok_and(|metadata| !metadata.is_file())
}

/// Reads to the end, `None` if that is past `limit` bytes. The buffer never moves, so no copy of a secret stays behind.
pub(crate) fn read_bounded(from: impl Read, limit: usize) -> std::io::Result<Option<Zeroizing<Vec<u8>>>> {
    let room = limit.saturating_add(1);
    // Beyond its end `read_to_end` asks for some room more before it believes in the end.
    let mut bytes = Zeroizing::new(Vec::with_capacity(room.saturating_add(64)));
    from.take(u64::try_from(room).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= limit).then_some(bytes))
}

fn check_private(path: &Path, metadata: &fs::Metadata) -> Result<(), Fault> {
    if breakage::is_out(Breakage::KeyPermissions) {
        return Ok(());
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(Fault::KeyOwner { path: path.to_owned(), owner: metadata.uid() });
    }
    if metadata.mode() & OTHERS != 0 {
        return Err(Fault::KeyReadable { path: path.to_owned(), mode: metadata.mode() & 0o777 });
    }
    Ok(())
}

/// A new file for its owner alone, where none stands.
pub(crate) fn create_new(path: &Path) -> Result<File, Fault> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).custom_flags(flags(OFlags::NOFOLLOW));
    options.open(path).map_err(Fault::io("create", path))
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let mut file = create_new(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(Fault::io("write", path))
}

/// A name in the same directory that nobody else uses: a rename works within one disk only.
pub(crate) fn beside(path: &Path) -> Result<PathBuf, Fault> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{:016x}.new", u64::from_be_bytes(crate::clock::random()?)));
    Ok(path.with_file_name(name))
}

pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

const fn flags(flags: OFlags) -> i32 {
    flags.bits().cast_signed()
}

/// Lets only its owner use what stands at `path`.
///
/// # Errors
/// [`Fault::Io`].
pub fn set_owner_only(path: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(Fault::io("protect", path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_replaced_file_is_whole_private_and_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mark");
        replace(&path, b"old").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_written_out_is_its_owners_alone_and_follows_no_link() {
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("out"), dir.path().join("link"));
        fs::write(&path, "older").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        symlink(&path, &link).unwrap();
        write_out(&link, b"new").unwrap();
        assert_eq!((fs::read(&path).unwrap(), fs::read(&link).unwrap()), (b"older".to_vec(), b"new".to_vec()));
        write_out(&path, b"new").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        write_out(Path::new("/dev/null"), b"gone").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert!(write_out(dir.path(), b"x").is_err());
    }

    #[test]
    fn what_goes_out_is_there_once_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        fs::write(&path, "older").unwrap();
        let mut half = Outgoing::begin(&path).unwrap();
        half.add(b"ha").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"older");
        drop(half);
        assert_eq!((fs::read(&path).unwrap(), fs::read_dir(dir.path()).unwrap().count()), (b"older".to_vec(), 1));
        let mut whole = Outgoing::begin(&path).unwrap();
        whole.add(b"ne").unwrap();
        whole.add(b"w").unwrap();
        whole.finish().unwrap();
        assert_eq!((fs::read(&path).unwrap(), fs::read_dir(dir.path()).unwrap().count()), (b"new".to_vec(), 1));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let mut away = Outgoing::begin(Path::new("/dev/null")).unwrap();
        away.add(b"gone").unwrap();
        away.finish().unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert!(Outgoing::begin(dir.path()).is_err());
    }

    #[test]
    fn a_secret_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        create_secret(&path, b"first").unwrap();
        assert!(matches!(create_secret(&path, b"second"), Err(Fault::KeyExists { .. })));
        assert_eq!(&read_secret(&path, 5).unwrap()[..], b"first");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_secret_readable_by_others_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        create_secret(&path, b"x").unwrap();
        for mode in [0o604, 0o640, 0o601, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let read = read_secret(&path, 9);
            assert!(matches!(read, Err(Fault::KeyReadable { mode: found, .. }) if found == mode), "{mode:o}");
        }
    }

    #[test]
    fn a_link_a_directory_and_a_long_file_are_no_secrets() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        create_secret(&path, b"12345").unwrap();
        let link = dir.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(matches!(read_secret(&link, 9), Err(Fault::KeyKind { .. })));
        assert!(matches!(read_secret(dir.path(), 9), Err(Fault::KeyKind { .. })));
        assert!(matches!(read_secret(&path, 4), Err(Fault::KeyDamaged { .. })));
        assert!(matches!(check_secret_directory(&link), Err(Fault::KeyKind { .. })));
    }
}
