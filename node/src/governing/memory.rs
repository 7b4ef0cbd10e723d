//! What root keys have signed, on disk before the signature exists. DESIGN §7; ADR 0012, points 5 and 6.
//!
//! Whoever signs two rivals is a double signer for good, and his word counts for neither. So the key store remembers beside
//! its keys which act it signs at which place, writes that down first, and refuses a second one there that is not signed
//! instead of all before it. The same act again is always allowed: a crash between the two steps is finished by it.
//!
//! The file is JSON, closed to others, with a checksum that tells a damaged file from a whole one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use isnad_protocol::act::{Act, Kind};
use isnad_protocol::encoding::{Tag, hash, tag, to_hex};
use isnad_protocol::id::ActId;
use isnad_protocol::key::PublicKey;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::files;

/// Its name in the folder of keys.
pub const FILE: &str = "signed-acts";
const FORMAT: &str = "isnad-signed-acts";
const VERSION: u32 = 1;
const CHECKSUM: Tag = tag("ISNAD-SIGNED-v1");
/// Bytes of the file: tens of thousands of acts, more than an organisation signs.
const FILE_BYTES: usize = 16 << 20;

/// Where acts stand against each other: at most one of a place is signed without a word about the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Acts that follow this one, rotations apart. ADR 0012, point 3.
    After(ActId),
    /// Rotations from the commitment that this act made, whatever they follow.
    Commitment(ActId),
}

impl Place {
    /// Where an act stands; `None` for a first act, which has no rival. `find` looks up what it follows.
    pub fn of<'a>(act: &Act, find: impl Fn(&ActId) -> Option<&'a Act>) -> Option<Self> {
        let previous = act.previous()?;
        let is_rotation = |act: &Act| act.as_organisation().is_some_and(|body| body.roots.is_some());
        if act.kind() != Kind::Organisation || !is_rotation(act) {
            return Some(Self::After(previous));
        }
        let mut at = previous;
        while let Some(behind) = find(&at).filter(|behind| !is_rotation(behind)) {
            at = behind.previous()?;
        }
        Some(Self::Commitment(at))
    }
}

/// One signature that was made or was about to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Line {
    key: PublicKey,
    scope: ActId,
    version: u64,
    place: Place,
    act: ActId,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: String,
    version: u32,
    signed: Vec<Line>,
    checksum: String,
}

/// The turn to sign with the keys of a folder, until it is dropped: what one process signs, the next one finds in the memory.
#[derive(Debug)]
pub struct Turn {
    /// The folder, locked for others.
    _keys: File,
}

impl Turn {
    /// Waits for it.
    ///
    /// # Errors
    /// [`Fault::Io`] if the folder cannot be opened or locked.
    pub fn wait_for(keys: &Path) -> Result<Self, Fault> {
        let folder = File::open(keys).map_err(Fault::io("open", keys))?;
        folder.lock().map_err(Fault::io("lock", keys))?;
        Ok(Self { _keys: folder })
    }
}

/// What the keys of one folder have signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedActs {
    path: PathBuf,
    lines: BTreeSet<Line>,
}

impl SignedActs {
    /// Reads the memory of a folder of keys: empty where there is none yet.
    ///
    /// # Errors
    /// [`Fault::KeyDamaged`] if it is not whole, and nothing may be signed then; those of a secret file; [`Fault::NewerFormat`].
    pub fn load(keys: &Path) -> Result<Self, Fault> {
        let path = keys.join(FILE);
        let bytes = match files::read_secret(&path, FILE_BYTES) {
            Ok(bytes) => bytes,
            Err(Fault::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                return Ok(Self { path, lines: BTreeSet::new() });
            }
            Err(fault) => return Err(fault),
        };
        let damaged = |reason| Fault::KeyDamaged { path: path.clone(), reason };
        let written: Written =
            serde_json::from_slice(&bytes).map_err(|_| damaged("it is not what this program writes of signed acts"))?;
        if written.format != FORMAT {
            return Err(damaged("it is not what this program writes of signed acts"));
        }
        if written.version > VERSION {
            return Err(Fault::NewerFormat { path });
        }
        let lines: BTreeSet<Line> = written.signed.into_iter().collect();
        if checksum(&lines) != written.checksum {
            return Err(damaged("its checksum does not fit what it says"));
        }
        Ok(Self { path, lines })
    }

    /// Other acts that were signed at a place, ascending.
    #[must_use]
    pub fn others(&self, place: Place, act: &ActId) -> BTreeSet<ActId> {
        self.lines.iter().filter(|line| line.place == place && line.act != *act).map(|line| line.act).collect()
    }

    /// True if this key signed the act, or was about to.
    #[must_use]
    pub fn has(&self, act: &ActId, key: &PublicKey) -> bool {
        self.lines.iter().any(|line| line.act == *act && line.key == *key)
    }

    /// Remembers that keys are about to sign an act. When this returns it survives a loss of power, and not before may the
    /// signatures be made.
    ///
    /// # Errors
    /// [`Fault`] if the disk does not take it: then nothing may be signed.
    pub fn remember(&mut self, act: &Act, place: Place, keys: &[PublicKey]) -> Result<(), Fault> {
        let (scope, version) = (act.scope_id(), act.version());
        let mut lines = self.lines.clone();
        lines.extend(keys.iter().map(|key| Line { key: *key, scope, version, place, act: act.id() }));
        if lines == self.lines {
            return Ok(());
        }
        let checksum = checksum(&lines);
        let written =
            Written { format: FORMAT.to_owned(), version: VERSION, signed: lines.iter().cloned().collect(), checksum };
        let mut bytes = serde_json::to_vec_pretty(&written).expect("ids and numbers are always JSON");
        bytes.push(b'\n');
        if bytes.len() > FILE_BYTES {
            return Err(Fault::KeyDamaged { path: self.path.clone(), reason: "the file is too long to be one" });
        }
        files::replace(&self.path, &bytes)?;
        self.lines = lines;
        Ok(())
    }

    /// How many acts were signed by each key.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<PublicKey, usize> {
        let mut counts = BTreeMap::new();
        for line in &self.lines {
            let count: &mut usize = counts.entry(line.key).or_default();
            *count = count.saturating_add(1);
        }
        counts
    }
}

fn checksum(lines: &BTreeSet<Line>) -> String {
    let bytes = serde_json::to_vec(lines).expect("ids and numbers are always JSON");
    to_hex(&hash(&CHECKSUM, &[&bytes]))
}

#[cfg(test)]
mod tests {
    use isnad_protocol::act::{Body, Charter, Place as Frame};
    use isnad_protocol::id::{ConsortiumId, OrganisationId};

    use super::*;

    fn keys() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn charter(version: u64, previous: u8, name: &str) -> Act {
        let scope = ActId::new([7; 32]);
        let place =
            Frame { version, consortium: ConsortiumId::new([7; 32]), scope, previous: ActId::new([previous; 32]) };
        let body = Body::Charter(Charter::new(name, vec![OrganisationId::new([1; 32])], 1));
        Act::draft(place, &body).unwrap()
    }

    const KEY: PublicKey = PublicKey::new([5; 32]);

    #[test]
    fn what_was_signed_at_a_place_is_remembered_over_a_restart() {
        let keys = keys();
        let (one, other) = (charter(2, 9, "one"), charter(2, 9, "other"));
        let place = Place::of(&one, |_| None).unwrap();
        let mut memory = SignedActs::load(keys.path()).unwrap();
        assert!(memory.others(place, &other.id()).is_empty());
        memory.remember(&one, place, &[KEY]).unwrap();
        let memory = SignedActs::load(keys.path()).unwrap();
        assert_eq!(memory.others(place, &other.id()), BTreeSet::from([one.id()]));
        assert!(memory.others(place, &one.id()).is_empty(), "the same act again is no second one");
        assert!(memory.has(&one.id(), &KEY) && !memory.has(&other.id(), &KEY));
    }

    /// However many sign at once with one folder, each finds what those before it signed.
    #[test]
    fn who_signs_with_one_folder_takes_turns() {
        let keys = keys();
        let sign = |number: u8| {
            let _turn = Turn::wait_for(keys.path()).unwrap();
            let act = charter(2, 9, &format!("draft {number}"));
            let place = Place::of(&act, |_| None).unwrap();
            let mut memory = SignedActs::load(keys.path()).unwrap();
            let before = memory.others(place, &act.id()).len();
            memory.remember(&act, place, &[KEY]).unwrap();
            before
        };
        let sign = &sign;
        let mut found: Vec<usize> = std::thread::scope(|scope| {
            let started: Vec<_> = (0..8).map(|number| scope.spawn(move || sign(number))).collect();
            started.into_iter().map(|one| one.join().unwrap()).collect()
        });
        found.sort_unstable();
        assert_eq!(found, (0..8).collect::<Vec<_>>());
        let turn = Turn::wait_for(keys.path()).unwrap();
        assert!(File::open(keys.path()).unwrap().try_lock().is_err(), "nobody else has it meanwhile");
        drop(turn);
        File::open(keys.path()).unwrap().try_lock().unwrap();
    }

    #[test]
    fn versions_of_one_number_after_different_acts_are_at_different_places() {
        let place = |previous| Place::of(&charter(2, previous, "one"), |_| None).unwrap();
        assert_ne!(place(9), place(8));
        assert_eq!(place(9), place(9));
    }

    #[test]
    fn a_memory_that_is_damaged_or_open_to_others_is_refused() {
        let keys = keys();
        let act = charter(2, 9, "one");
        let place = Place::of(&act, |_| None).unwrap();
        SignedActs::load(keys.path()).unwrap().remember(&act, place, &[KEY]).unwrap();
        let path = keys.path().join(FILE);
        let whole = std::fs::read_to_string(&path).unwrap();
        for bad in
            [whole.replacen("\"version\": 2", "\"version\": 3", 1), whole[..whole.len() / 2].to_owned(), String::new()]
        {
            files::replace(&path, bad.as_bytes()).unwrap();
            assert!(matches!(SignedActs::load(keys.path()), Err(Fault::KeyDamaged { .. })), "{bad}");
        }
        files::replace(&path, whole.as_bytes()).unwrap();
        assert!(SignedActs::load(keys.path()).is_ok());
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        std::fs::set_permissions(&path, open).unwrap();
        assert!(matches!(SignedActs::load(keys.path()), Err(Fault::KeyReadable { .. })));
    }
}
