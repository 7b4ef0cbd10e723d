//! The keys of this home that were seen to sign elsewhere: one a line in hex, in the file `stopped` of the home. DESIGN §8.
//!
//! Two copies of one home would sooner or later sign two entries of one position. So whoever learns of the other stops for
//! good with these keys: a new key, with a log of its own, is the way on.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use isnad_protocol::encoding::from_hex;
use isnad_protocol::key::PublicKey;

use crate::fault::Fault;
use crate::files;

/// None where there is no such file.
pub(super) fn load(path: &Path) -> Result<BTreeSet<PublicKey>, Fault> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(Fault::io("read", path)(error)),
    };
    let keys = text.lines().map(|line| from_hex::<32>(line).map(PublicKey::new));
    keys.collect::<Option<_>>().ok_or_else(|| Fault::MarkDamaged { path: path.to_owned() })
}

/// Adds keys; when this returns they are on disk.
pub(super) fn add(path: &Path, keys: &BTreeSet<PublicKey>) -> Result<(), Fault> {
    let known = load(path).unwrap_or_default();
    let lines: Vec<String> =
        known.union(keys).map(|key| format!("{}\n", isnad_protocol::encoding::to_hex(key.as_bytes()))).collect();
    files::replace(path, lines.concat().as_bytes())
}
