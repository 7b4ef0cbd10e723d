//! The index: where each entry stands in the journal, by log and by record, and what is derived from that. Names sled.
//!
//! Deleting it loses nothing: it is made again from the journal. It is never the truth (GROUND, sled): at every start it
//! is compared with the journal's end, and it can say of itself only how far it came, and of which journals it was made.
//! Everything it knows of a batch, that included, is one sled batch. One tree with prefixes; values of at most some 40 KB; no key for each entry.
//!
//! Where sled fails while the node runs, as it does for good once a disk is full, the index is made anew in memory from the
//! journal ([`Index::remake`]): reading goes on, and goes back to the disk once that takes it.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use isnad_protocol::encoding::Reader;
use isnad_protocol::governance::Link;
use isnad_protocol::id::{EntryId, OrganisationId, RecordId, SpaceId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::{Authentic, ForkProof, Log, LogEnd, LogKey};
use isnad_protocol::replica::{Stored, Write};

use crate::fault::Fault;
use crate::journal::Position;

mod attested;
mod catalogue;
mod records;
mod sheets;
mod summaries;
mod update;

#[cfg(test)]
mod tests;

pub use attested::{Acknowledgement, Newest};
pub use catalogue::{Block, Catalogue, ROW_BYTES};
pub use update::Applied;

/// Changes whenever a key or value of the index changes its form: an index of another form is made anew.
const FORM: &[u8] = b"isnad-index-15";

/// Positions in one value: 8 KB.
const POSITIONS: u64 = 1_024;

mod prefix {
    pub(super) const STATE: u8 = b'm';
    pub(super) const LOG: u8 = b'l';
    pub(super) const POSITION: u8 = b'p';
    pub(super) const SHEET: u8 = b's';
    pub(super) const REFERENCE: u8 = b'r';
    pub(super) const JUDGED: u8 = b'j';
    pub(super) const ALIAS: u8 = b'a';
    pub(super) const WANTED: u8 = b'w';
    pub(super) const SUMMARY: u8 = b'y';
    pub(super) const STALE: u8 = b'd';
    pub(super) const CATALOGUE: u8 = b'c';
    pub(super) const RULES: u8 = b'g';
    pub(super) const FORK: u8 = b'f';
    pub(super) const BRANCH: u8 = b'b';
    pub(super) const ATTESTED: u8 = b't';
    pub(super) const NEWEST: u8 = b'n';
    pub(super) const HEARD: u8 = b'h';
    pub(super) const RECORDS: u8 = b'k';
}

/// Reads the entries that stand in the journal of a space at positions which the index knows, in their order.
pub type ReadEntries = dyn Fn(SpaceId, &[Position]) -> Result<Vec<Authentic>, Fault> + Send + Sync;

/// The journals that the index points into: it holds no entry itself.
#[derive(Clone)]
pub struct Journals(pub Arc<ReadEntries>);

impl std::fmt::Debug for Journals {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Journals")
    }
}

/// A record whose summary is to be made anew, and what made it so.
pub type Stale = (RecordId, Vec<u8>);

/// What the index keeps of a record for lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its summary.
    pub summary: Vec<u8>,
    /// Its row of the catalogue, of [`ROW_BYTES`] at most.
    pub row: Vec<u8>,
}

/// The sled trees derived from the journal. Cheap to clone; reads from any thread.
#[derive(Clone, Debug)]
pub struct Index {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    dir: PathBuf,
    journals: Journals,
    /// What its first value is: of this form, and made from these journals.
    form: Vec<u8>,
    tree: RwLock<Tree>,
    /// Sled has failed since the tree was opened: it never works again.
    has_failed: AtomicBool,
    /// One batch at a time, and none while the tree is replaced.
    writing: Mutex<()>,
    /// Of the catalogue, what was asked for. Locked behind `writing` and before `tree`.
    loaded: catalogue::Loaded,
    /// What was worked out from the catalogue.
    worked_out: catalogue::WorkedOut,
}

/// Keys and values: on disk, or in memory while the disk does not take them.
#[derive(Debug)]
enum Tree {
    Sled(sled::Db),
    Memory { pairs: BTreeMap<Vec<u8>, Vec<u8>>, next_try: Instant },
}

impl Tree {
    fn in_memory() -> Self {
        Self::Memory { pairs: BTreeMap::new(), next_try: next_try() }
    }
}

/// What one batch changes: a value for a key, or `None` to remove it.
#[derive(Debug, Default)]
struct Changes(BTreeMap<Vec<u8>, Option<Vec<u8>>>);

impl Changes {
    fn insert(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.0.insert(key.into(), Some(value.into()));
    }

    fn remove(&mut self, key: impl Into<Vec<u8>>) {
        self.0.insert(key.into(), None);
    }
}

impl Index {
    /// Opens the index, or makes an empty one where it is missing, of another form, of other journals than those of this
    /// stamp, or cannot be opened; in memory where the disk does not take one.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn open(dir: &Path, stamp: &[u8], journals: Journals) -> Result<Self, Fault> {
        let form = [FORM, stamp].concat();
        let opened = open_sled(dir).map(|tree| Self::of(dir, &form, &journals, Tree::Sled(tree)));
        match opened {
            Ok(index) if index.has_form() => Ok(index),
            Ok(index) if index.clear().is_ok() => Ok(index),
            Ok(_) | Err(_) => {
                tracing::warn!("the index cannot be opened and is made anew");
                Self::new_on_disk(dir, &form, &journals).or_else(|fault| {
                    tracing::warn!(%fault, "the disk takes no index: it is made in memory");
                    let index = Self::of(dir, &form, &journals, Tree::in_memory());
                    index.clear().map(|()| index)
                })
            }
        }
    }

    /// What an index says that is there already, if it is of this form and `fits` says of the rest of its stamp that it was made
    /// of these journals. Changes nothing.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn left(dir: &Path, fits: impl FnOnce(&[u8]) -> bool, journals: &Journals) -> Result<Option<Self>, Fault> {
        let tree = open_sled(dir)?;
        let form = tree.get([prefix::STATE]).map_err(Fault::index)?;
        let is_ours = form.as_deref().and_then(|form| form.strip_prefix(FORM)).is_some_and(fits);
        let form = form.filter(|_| is_ours);
        Ok(form.map(|form| Self::of(dir, &form, journals, Tree::Sled(tree))))
    }

    fn new_on_disk(dir: &Path, form: &[u8], journals: &Journals) -> Result<Self, Fault> {
        let removed = if dir.is_dir() { std::fs::remove_dir_all(dir) } else { std::fs::remove_file(dir) };
        removed.or_else(|error| if dir.exists() { Err(Fault::io("remove", dir)(error)) } else { Ok(()) })?;
        let index = Self::of(dir, form, journals, Tree::Sled(open_sled(dir)?));
        index.clear()?;
        Ok(index)
    }

    fn of(dir: &Path, form: &[u8], journals: &Journals, tree: Tree) -> Self {
        let (tree, has_failed) = (RwLock::new(tree), AtomicBool::new(false));
        let (dir, form, journals) = (dir.to_owned(), form.to_owned(), journals.clone());
        let (writing, loaded) = (Mutex::new(()), catalogue::Loaded::default());
        let worked_out = catalogue::WorkedOut::default();
        Self { shared: Arc::new(Shared { dir, journals, form, tree, has_failed, writing, loaded, worked_out }) }
    }

    /// True if sled has failed, so that the index is to be made anew.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.shared.has_failed.load(Ordering::SeqCst)
    }

    /// Makes the index anew in memory, if it has failed: `fill` hands it all that the journals hold.
    ///
    /// # Errors
    /// [`Fault`] if `fill` fails: the index has failed all the same.
    pub fn remake(&self, fill: impl FnOnce(&mut dyn FnMut(Vec<Applied>)) -> Result<(), Fault>) -> Result<(), Fault> {
        let _writing = self.shared.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.has_failed() {
            return Ok(());
        }
        tracing::warn!("the index failed and is made anew in memory");
        let Shared { dir, form, journals, .. } = &*self.shared;
        let memory = Self::of(dir, form, journals, Tree::in_memory());
        memory.clear()?;
        let mut outcome = Ok(());
        fill(&mut |writes| {
            let taken = memory.apply(writes);
            if outcome.is_ok() {
                outcome = taken;
            }
        })?;
        outcome?;
        let made = std::mem::replace(&mut *memory.tree_mut(), Tree::in_memory());
        self.replace(made);
        Ok(())
    }

    /// Goes back to the disk now and then, where the disk takes the index whole. Called between batches.
    fn return_to_disk(&self) {
        let pairs = match &mut *self.tree_mut() {
            Tree::Memory { pairs, next_try: at } if Instant::now() >= *at => {
                *at = next_try();
                pairs.clone()
            }
            Tree::Memory { .. } | Tree::Sled(_) => return,
        };
        let Shared { dir, form, journals, .. } = &*self.shared;
        let made = Self::new_on_disk(dir, form, journals).and_then(|index| {
            index.fill(pairs)?;
            Ok(std::mem::replace(&mut *index.tree_mut(), Tree::Memory { pairs: BTreeMap::new(), next_try: next_try() }))
        });
        match made {
            Ok(tree) => self.replace(tree),
            Err(fault) => tracing::debug!(%fault, "the index stays in memory"),
        }
    }

    /// Takes over all keys and values. Its form comes last: cut off before that, the index is made anew.
    fn fill(&self, pairs: BTreeMap<Vec<u8>, Vec<u8>>) -> Result<(), Fault> {
        let mut state = Changes::default();
        self.write(Changes(BTreeMap::from([(vec![prefix::STATE], None)])))?;
        for (key, value) in pairs {
            if key.first() == Some(&prefix::STATE) {
                state.insert(key, value);
            } else {
                self.write(Changes(BTreeMap::from([(key, Some(value))])))?;
            }
        }
        self.write(state)?;
        self.flush()
    }

    fn replace(&self, tree: Tree) {
        let old = std::mem::replace(&mut *self.tree_mut(), tree);
        self.shared.loaded.clear();
        self.shared.has_failed.store(false, Ordering::SeqCst);
        // Sled writes once more when it is closed, and may panic over what it could not write.
        drop(catch_unwind(AssertUnwindSafe(|| drop(old))));
    }

    fn tree_mut(&self) -> std::sync::RwLockWriteGuard<'_, Tree> {
        self.shared.tree.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_form(&self) -> bool {
        matches!(self.get(&[prefix::STATE]), Ok(Some(form)) if form == self.shared.form)
    }

    /// Empties the index, to be filled from the journal's beginning.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn clear(&self) -> Result<(), Fault> {
        if let Tree::Memory { pairs, .. } = &mut *self.tree_mut() {
            pairs.clear();
        }
        self.guard(|tree| tree.clear(), |_| ())?;
        self.shared.loaded.clear();
        let mut changes = Changes::default();
        changes.insert([prefix::STATE], self.shared.form.as_slice());
        self.write(changes)
    }

    /// How far each space's journal has been taken in.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn reached(&self) -> Result<BTreeMap<SpaceId, Position>, Fault> {
        let mut reached = BTreeMap::new();
        self.scan(&[prefix::STATE], |key, value| {
            if let (Some(space), Some(position)) = (SpaceId::from_slice(key), number(value)) {
                reached.insert(space, Position::from_u64(position));
            }
            true
        })?;
        Ok(reached)
    }

    /// What the replica starts from.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn stored(&self) -> Result<Stored, Fault> {
        let mut stored = Stored::default();
        self.scan(&[prefix::LOG], |key, value| {
            if let (Some(key), Some(log)) = (decode_log_key(key), decode_log(value)) {
                stored.logs.insert(key, log);
            }
            true
        })?;
        self.scan(&[prefix::WANTED], |key, id| {
            if let Some((log, seq)) = key.split_at_checked(64)
                && let (Some(log), Some(seq), Some(id)) = (decode_log_key(log), number(seq), EntryId::from_slice(id))
            {
                stored.wanted.insert((log, LogEnd { seq, id }));
            }
            true
        })?;
        self.scan(&[prefix::FORK], |_, proof| {
            stored.forks.extend(ForkProof::decode(proof).ok().map(|proof| (proof.log(), proof)));
            true
        })?;
        self.scan(&[prefix::BRANCH], |key, value| {
            if let (Some((log, end)), Some((_, prev))) = (decode_branch_key(key), value.split_at_checked(8))
                && let Some((prev, is_whole)) = prev.split_at_checked(32)
                && let Some(prev) = EntryId::from_slice(prev)
            {
                let link = Link { end, prev, is_whole: is_whole == [1] };
                stored.branches.entry(log).or_default().insert(link);
            }
            true
        })?;
        Ok(stored)
    }

    /// The entries on branches of closed logs whose id is so.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn branches(&self, is_so: impl Fn(&EntryId) -> bool) -> Result<Vec<(LogKey, LogEnd)>, Fault> {
        let mut found = Vec::new();
        self.scan(&[prefix::BRANCH], |key, _| {
            found.extend(decode_branch_key(key).filter(|(_, end)| is_so(&end.id)));
            true
        })?;
        Ok(found)
    }

    /// Where an entry on a branch of a closed log stands in its journal.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn branch(&self, log: LogKey, end: LogEnd) -> Result<Option<Position>, Fault> {
        let value = self.get(&branch_key(log, end))?;
        Ok(value.and_then(|value| number(value.get(..8)?)).map(Position::from_u64))
    }

    /// Where the entries of a log from `from` on stand in its journal: those of one value at most.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn positions(&self, log: LogKey, from: u64) -> Result<Vec<Position>, Fault> {
        let value = self.get(&position_key(log, from / POSITIONS))?.unwrap_or_default();
        let skip = usize::try_from(from % POSITIONS).unwrap_or(usize::MAX);
        let nowhere = Position::from_u64(0);
        Ok(decode_positions(&value).skip(skip).take_while(|position| *position != nowhere).collect())
    }

    /// Every entry about a record, read from the journals.
    ///
    /// # Errors
    /// [`Fault`] if sled fails, or a journal is damaged there.
    pub fn entries_about(&self, record: RecordId) -> Result<Vec<Authentic>, Fault> {
        let mut entries = Vec::new();
        for (space, positions) in self.about(record)? {
            entries.extend(self.read(space, &positions)?);
        }
        Ok(entries)
    }

    /// Where the entries about a record stand, by the spaces that they are in.
    fn about(&self, record: RecordId) -> Result<BTreeMap<SpaceId, Vec<Position>>, Fault> {
        let mut about: BTreeMap<SpaceId, Vec<Position>> = BTreeMap::new();
        self.scan(&[&[prefix::SHEET][..], record.as_bytes()].concat(), |key, value| {
            if let Some(space) = key.get(..SpaceId::SIZE).and_then(SpaceId::from_slice) {
                about.entry(space).or_default().extend(decode_positions(value));
            }
            true
        })?;
        Ok(about)
    }

    fn read(&self, space: SpaceId, positions: &[Position]) -> Result<Vec<Authentic>, Fault> {
        (self.shared.journals.0)(space, positions)
    }

    /// Every record with a claim that names `record`.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn referring_to(&self, record: RecordId) -> Result<BTreeSet<RecordId>, Fault> {
        let mut records = BTreeSet::new();
        self.scan(&[&[prefix::REFERENCE][..], record.as_bytes()].concat(), |key, _| {
            records.extend(key.try_into().ok().map(RecordId::new));
            true
        })?;
        Ok(records)
    }

    /// The records whose id begins with these bytes that judgements of other records name, each with such a record: a claim
    /// there may say that the two are the same, or that they are not.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn judged(&self, start: &[u8]) -> Result<Vec<(RecordId, RecordId)>, Fault> {
        let mut judged = Vec::new();
        self.scan(&[&[prefix::JUDGED][..], start].concat(), |key, _| {
            let whole = [start, key].concat();
            let pair = whole.split_first_chunk().and_then(|(target, by)| Some((*target, by.try_into().ok()?)));
            judged.extend(pair.map(|(target, by)| (RecordId::new(target), RecordId::new(by))));
            true
        })?;
        Ok(judged)
    }

    /// Every record that an alias was ever claimed for.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn with_alias(&self, alias: &str) -> Result<BTreeSet<RecordId>, Fault> {
        let mut records = BTreeSet::new();
        self.scan(&alias_prefix(alias), |key, _| {
            records.extend(key.try_into().ok().map(RecordId::new));
            true
        })?;
        Ok(records)
    }

    /// Every record whose id begins with these bytes: one byte for a kind, more for a prefix that a person typed.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn records(&self, start: &[u8]) -> Result<BTreeSet<RecordId>, Fault> {
        let mut records = BTreeSet::new();
        self.scan(&[&[prefix::SUMMARY][..], start].concat(), |key, _| {
            records.extend([start, key].concat().try_into().ok().map(RecordId::new));
            true
        })?;
        Ok(records)
    }

    /// Hands what sled still has in memory to the operating system.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn flush(&self) -> Result<(), Fault> {
        self.guard(|tree| tree.flush().map(drop), |_| ())
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        self.guard(|tree| tree.get(key).map(|value| value.map(|value| value.to_vec())), |pairs| pairs.get(key).cloned())
    }

    /// Visits keys behind a prefix (without it) in order, until `visit` says `false`.
    fn scan(&self, start: &[u8], visit: impl FnMut(&[u8], &[u8]) -> bool) -> Result<(), Fault> {
        // Only one of the two is called.
        let visit = std::cell::RefCell::new(visit);
        let goes_on =
            |key: &[u8], value: &[u8]| key.get(start.len()..).is_none_or(|rest| (visit.borrow_mut())(rest, value));
        self.guard(
            |tree| {
                for pair in tree.scan_prefix(start) {
                    let (key, value) = pair?;
                    if !goes_on(&key, &value) {
                        break;
                    }
                }
                Ok(())
            },
            |pairs| {
                let behind = pairs.range(start.to_vec()..).take_while(|(key, _)| key.starts_with(start));
                behind.take_while(|(key, value)| goes_on(key, value)).for_each(drop);
            },
        )
    }

    /// Makes changes, all or none.
    fn write(&self, Changes(changes): Changes) -> Result<(), Fault> {
        if let Tree::Memory { pairs, .. } = &mut *self.tree_mut() {
            for (key, value) in changes {
                match value {
                    Some(value) => drop(pairs.insert(key, value)),
                    None => drop(pairs.remove(&key)),
                }
            }
            return Ok(());
        }
        let mut batch = sled::Batch::default();
        for (key, value) in changes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        self.guard(|tree| tree.apply_batch(batch), |_| ())
    }

    /// Runs sled behind `catch_unwind`: a panic in it is an index to be made anew, never the end of the node.
    fn guard<T>(
        &self,
        on_disk: impl FnOnce(&sled::Db) -> sled::Result<T>,
        in_memory: impl FnOnce(&BTreeMap<Vec<u8>, Vec<u8>>) -> T,
    ) -> Result<T, Fault> {
        let tree = self.shared.tree.read().unwrap_or_else(PoisonError::into_inner);
        let outcome = match &*tree {
            Tree::Memory { pairs, .. } => return Ok(in_memory(pairs)),
            Tree::Sled(tree) => catch_unwind(AssertUnwindSafe(|| on_disk(tree)))
                .map_err(|_| Fault::index("sled panicked"))
                .and_then(|outcome| outcome.map_err(Fault::index)),
        };
        if outcome.is_err() {
            self.shared.has_failed.store(true, Ordering::SeqCst);
        }
        outcome
    }
}

fn open_sled(dir: &Path) -> Result<sled::Db, Fault> {
    let config = sled::Config::new().path(dir).cache_capacity(CACHE_BYTES).flush_every_ms(Some(1_000));
    let config = config.segment_size(SEGMENT_BYTES);
    // sled panics on some of its own damaged files: for us that is an index to be made anew.
    let opened = catch_unwind(AssertUnwindSafe(|| config.open()));
    opened.map_err(|_| Fault::index("sled panicked while it opened"))?.map_err(Fault::index)
}

fn next_try() -> Instant {
    let now = Instant::now();
    now.checked_add(RETURN_AFTER).unwrap_or(now)
}

/// How long an index in memory stays there at least: to put it on disk reads and writes all of it.
const RETURN_AFTER: Duration = Duration::from_secs(60);

/// Memory that sled may keep: a small server is a target (GROUND S6: 1 GiB by default).
const CACHE_BYTES: u64 = 32 * 1_024 * 1_024;

/// A file is opened by the heads of its segments: with sled's own 512 KB, a command that opens a home of a million claims waits for
/// two thousand of them.
const SEGMENT_BYTES: usize = 4 * 1_024 * 1_024;

fn log_key(log: LogKey) -> Vec<u8> {
    [&[prefix::LOG][..], log.space.as_bytes(), log.author.as_bytes()].concat()
}

fn position_key(log: LogKey, chunk: u64) -> Vec<u8> {
    [&[prefix::POSITION][..], log.space.as_bytes(), log.author.as_bytes(), &chunk.to_be_bytes()].concat()
}

fn branch_key(log: LogKey, end: LogEnd) -> Vec<u8> {
    let seq = end.seq.to_be_bytes();
    [&[prefix::BRANCH][..], log.space.as_bytes(), log.author.as_bytes(), &seq, end.id.as_bytes()].concat()
}

/// Of a key without its prefix.
fn decode_branch_key(key: &[u8]) -> Option<(LogKey, LogEnd)> {
    let (log, end) = key.split_at_checked(64)?;
    let (seq, id) = end.split_at_checked(8)?;
    Some((decode_log_key(log)?, LogEnd { seq: number(seq)?, id: EntryId::from_slice(id)? }))
}

fn fork_key(log: LogKey) -> Vec<u8> {
    [&[prefix::FORK][..], log.space.as_bytes(), log.author.as_bytes()].concat()
}

fn wanted_key(log: LogKey, seq: u64) -> Vec<u8> {
    [&[prefix::WANTED][..], log.space.as_bytes(), log.author.as_bytes(), &seq.to_be_bytes()].concat()
}

/// Aliases are found whatever their case; the length keeps one from being the prefix of another.
fn alias_prefix(alias: &str) -> Vec<u8> {
    let mut folded = alias.to_lowercase().into_bytes();
    folded.truncate(255);
    let length = u8::try_from(folded.len()).unwrap_or(u8::MAX);
    [&[prefix::ALIAS, length][..], &folded].concat()
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_be_bytes)
}

fn decode_log_key(bytes: &[u8]) -> Option<LogKey> {
    let (space, author) = bytes.split_at_checked(32)?;
    Some(LogKey { space: SpaceId::from_slice(space)?, author: PublicKey::from_slice(author)? })
}

fn encode_log(log: &Log) -> Vec<u8> {
    let mut value = log.organisation.as_bytes().to_vec();
    for end in [log.end, log.checked] {
        value.extend(end.seq.to_be_bytes());
        value.extend(end.id.as_bytes());
    }
    value
}

fn decode_log(value: &[u8]) -> Option<Log> {
    let mut reader = Reader::new(value);
    let organisation = OrganisationId::new(reader.array().ok()?);
    let mut end = || Some(LogEnd { seq: reader.u64().ok()?, id: EntryId::new(reader.array().ok()?) });
    Some(Log { organisation, end: end()?, checked: end()? })
}

/// Positions as they stand in a value.
fn decode_positions(value: &[u8]) -> impl Iterator<Item = Position> {
    value.chunks_exact(8).map_while(number).map(Position::from_u64)
}
