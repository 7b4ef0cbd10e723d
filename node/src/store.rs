//! What a replica stands on: the journals, which are the truth, and the index derived from them.
//!
//! One thread writes. A batch is appended at once and flushed later with others ([`Store::sync`]); the index follows on a
//! thread of its own, so that it never makes a writer wait, and readers wait for it ([`Store::index_reached`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use isnad_protocol::breakage::{self, Breakage};
use isnad_protocol::entry::Entry;
use isnad_protocol::id::{EntryId, SpaceId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::{Authentic, ForkProof, Frontier, LogEnd, LogKey};
use isnad_protocol::replica::{Batch, Write};
use isnad_protocol::{act, encoding, store};

use crate::fault::Fault;
use crate::home::Home;
use crate::index::{Applied, Index, ReadEntry};
use crate::journal::{self, BATCH_BYTES, Frame, Journal, Position, Reader};

/// Kinds of frames in a journal. format §10.1.
pub(crate) mod kind {
    pub(crate) const ENTRY: u8 = 1;
    pub(crate) const ENTRY_OF_RUN: u8 = 2;
    pub(crate) const PAYLOAD: u8 = 3;
    pub(crate) const CHECKED: u8 = 4;
    pub(crate) const CUT_BACK: u8 = 5;
    pub(crate) const ACT: u8 = 6;
    pub(crate) const FORK: u8 = 7;
    pub(crate) const BRANCH: u8 = 8;
}

/// Batches that may wait for the index: beyond it the writer waits, so that memory is bounded.
const INDEX_QUEUE: usize = 64;

/// Entries written that the index may not have yet.
type Recent = BTreeMap<LogKey, BTreeMap<u64, Position>>;

/// The journals and the index of one home.
#[derive(Debug)]
pub struct Store {
    journals: BTreeMap<SpaceId, Journal>,
    acts: Journal,
    /// Journals with something that is not flushed; `None` is that of the acts.
    unsynced: BTreeSet<Option<SpaceId>>,
    unsynced_bytes: usize,
    /// What the index is given once it is flushed: it never vouches for more than the disk holds.
    unindexed: Vec<Applied>,
    index: Index,
    shared: Arc<Shared>,
    queue: Option<SyncSender<Job>>,
    indexer: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    recent: Mutex<Recent>,
    /// The same of entries on branches.
    recent_branches: Mutex<BTreeMap<(LogKey, LogEnd), Position>>,
    /// Up to where each journal is on disk and given to the index.
    given: Mutex<BTreeMap<SpaceId, Position>>,
    /// Up to where the journal of acts is on disk.
    acts: Mutex<Option<Position>>,
    progress: Mutex<Progress>,
    moved: Condvar,
}

#[derive(Debug, Default, Clone)]
struct Progress {
    given: u64,
    taken: u64,
    broken: bool,
}

struct Job {
    number: u64,
    writes: Vec<Applied>,
}

impl Store {
    /// Makes the journals that a home which joins is to have, where they are missing.
    ///
    /// # Errors
    /// [`Fault`] if the disk fails.
    pub fn make(home: &Home, spaces: &[SpaceId]) -> Result<(), Fault> {
        spaces.iter().try_for_each(|space| journal::make(&home.journal(space)))
    }

    /// Opens the journals of a home that is locked, and brings the index to where they end.
    ///
    /// `progress` is told (frames taken in, bytes still to read) while an index is made anew.
    ///
    /// # Errors
    /// [`Fault`] if a journal is damaged or missing, or the disk fails. A torn tail is moved aside and logged, and is no fault.
    pub fn open(home: &Home, spaces: &[SpaceId], progress: &mut dyn FnMut(u64)) -> Result<Self, Fault> {
        let index = Index::open(&home.index(), &stamp(home, spaces)?)?;
        let reached = index.reached()?;
        let mut journals = BTreeMap::new();
        for space in spaces {
            journals.insert(*space, open_journal(home, *space, &reached)?);
        }
        let acts = Journal::open(&home.acts())?.journal;
        let shared = Arc::new(Shared::default());
        let readers = journals.iter().map(|(space, journal)| (*space, journal.reader())).collect();
        let reader = LogReader { readers, index: index.clone(), shared: Arc::clone(&shared) };
        let (queue, indexer) = start_indexer(reader)?;
        let mut store = Self {
            journals,
            acts,
            unsynced: BTreeSet::new(),
            unsynced_bytes: 0,
            unindexed: Vec::new(),
            index,
            shared,
            queue: Some(queue),
            indexer: Some(indexer),
        };
        store.replay(&reached, progress)?;
        Ok(store)
    }

    /// The index.
    #[must_use]
    pub const fn index(&self) -> &Index {
        &self.index
    }

    /// Every act held, in the order in which they came.
    ///
    /// # Errors
    /// [`Fault`] if the journal of acts cannot be read.
    pub fn read_acts(&mut self) -> Result<Vec<act::Act>, Fault> {
        let mut acts = Vec::new();
        for frame in self.acts.frames_from(Position::START)? {
            let frame = frame?;
            // The checksum held, so this is an act of a later version: it is left where it is.
            match act::Act::decode(&frame.bytes) {
                Ok(act) => acts.push(act),
                Err(error) => tracing::warn!(%error, "an act is passed over"),
            }
        }
        Ok(acts)
    }

    /// Appends a batch. It can be read at once, and is promised to nobody before [`Store::sync`].
    ///
    /// # Errors
    /// [`Fault`] if the disk fails: call [`Store::take_back`] then.
    pub fn append(&mut self, batch: Batch) -> Result<(), Fault> {
        for write in batch.writes {
            let applied = self.append_one(write)?;
            self.unindexed.extend(applied);
        }
        Ok(())
    }

    /// True if so much is not flushed that a journal would soon flush by itself, which would be a promise of its own.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.unsynced_bytes > BATCH_BYTES / 2
    }

    fn append_one(&mut self, write: Write) -> Result<Option<Applied>, Fault> {
        let (space, kind, bytes) = encode(&write);
        self.unsynced.insert(space);
        self.unsynced_bytes = self.unsynced_bytes.saturating_add(bytes.len());
        let Some(space) = space else {
            self.acts.append(kind, &[&bytes])?;
            return Ok(None);
        };
        let journal = self.journals.get_mut(&space).ok_or_else(|| Fault::index("a space without journal"))?;
        let at = journal.append(kind, &[&bytes])?;
        Ok(Some(Applied { at, end: journal.end(), space, write }))
    }

    fn give(&self, writes: Vec<Applied>) {
        self.note_given();
        let mut recent = self.shared.recent.lock().unwrap_or_else(PoisonError::into_inner);
        for applied in &writes {
            if let Write::Entry { entry, .. } | Write::Payload(entry) = &applied.write {
                recent.entry(log_of(entry)).or_default().insert(entry.end().seq, applied.at);
            }
        }
        drop(recent);
        let branches = writes.iter().filter_map(branch_of);
        self.shared.recent_branches.lock().unwrap_or_else(PoisonError::into_inner).extend(branches);
        if writes.is_empty() {
            return;
        }
        let number = {
            let mut progress = self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner);
            progress.given = progress.given.saturating_add(1);
            progress.given
        };
        if let Some(queue) = &self.queue {
            // A stopped indexer is noticed by whoever waits for it: the journal goes on without.
            let _ = queue.send(Job { number, writes });
        }
    }

    fn note_given(&self) {
        let mut given = self.shared.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.extend(self.journals.iter().map(|(space, journal)| (*space, journal.synced_end())));
        *self.shared.acts.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.acts.synced_end());
    }

    /// Flushes everything appended: from here on it may be acknowledged.
    ///
    /// # Errors
    /// [`Fault`] if the disk fails: call [`Store::take_back`] then.
    pub fn sync(&mut self) -> Result<(), Fault> {
        // Governance first: an entry is never on disk before the act that grants its key.
        let mut synced = Vec::new();
        for space in self.unsynced.clone() {
            let Some(journal) = self.journal(space) else { continue };
            let before = journal.synced_end();
            if let Err(fault) = journal.sync() {
                // All or none: what one journal kept would come back at a start, and the index would not have it till then.
                for (space, before) in synced {
                    self.journal(space).into_iter().for_each(|journal| journal.rewind(before));
                }
                return Err(fault);
            }
            synced.push((space, before));
        }
        self.unsynced.clear();
        self.unsynced_bytes = 0;
        let applied = std::mem::take(&mut self.unindexed);
        self.give(applied);
        Ok(())
    }

    /// The journal of a space, or of the acts.
    fn journal(&mut self, space: Option<SpaceId>) -> Option<&mut Journal> {
        match space {
            Some(space) => self.journals.get_mut(&space),
            None => Some(&mut self.acts),
        }
    }

    /// Takes back what was appended since the last sync, after the disk failed. Nobody has heard of it.
    pub fn take_back(&mut self) {
        for space in std::mem::take(&mut self.unsynced) {
            self.journal(space).into_iter().for_each(Journal::take_back);
        }
        self.unsynced_bytes = 0;
        self.unindexed.clear();
    }

    /// Empties the index and fills it from the journals.
    ///
    /// # Errors
    /// [`Fault`] if the disk fails.
    pub fn rebuild(&mut self) -> Result<(), Fault> {
        // A broken index is no reason to wait: it is emptied either way.
        let _ = self.index_reached();
        self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner).broken = false;
        self.index.clear()?;
        self.shared.recent.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.replay(&BTreeMap::new(), &mut |_| {})
    }

    /// Takes into the index what the journals hold beyond the positions given.
    fn replay(&mut self, reached: &BTreeMap<SpaceId, Position>, progress: &mut dyn FnMut(u64)) -> Result<(), Fault> {
        self.note_given();
        if breakage::is_out(Breakage::SledDeleted) {
            return Ok(());
        }
        let mut count = 0_u64;
        let reader = self.log_reader();
        let read: ReadEntry<'_> = &|space, position| reader.entry_at(space, position);
        for (space, journal) in &mut self.journals {
            let from = reached.get(space).copied().unwrap_or(Position::START);
            let mut writes = Vec::new();
            for frame in journal.frames_from(from)? {
                let frame = frame?;
                writes.extend(applied(*space, &frame));
                if writes.len() >= REPLAY_ENTRIES {
                    count = count.saturating_add(REPLAY_ENTRIES as u64);
                    progress(count);
                    self.index.apply(std::mem::take(&mut writes), read)?;
                }
            }
            self.index.apply(writes, read)?;
        }
        Ok(())
    }

    /// Waits until the index holds everything appended before this call.
    ///
    /// # Errors
    /// [`Fault`] if the index broke: it is made anew at the next start.
    pub fn index_reached(&self) -> Result<(), Fault> {
        self.barrier().wait()
    }

    /// What readers on other threads wait on.
    #[must_use]
    pub fn barrier(&self) -> Barrier {
        Barrier { reader: self.log_reader() }
    }

    /// What checkers on other threads read logs with.
    #[must_use]
    pub fn log_reader(&self) -> LogReader {
        let readers = self.journals.iter().map(|(space, journal)| (*space, journal.reader())).collect();
        LogReader { readers, index: self.index.clone(), shared: Arc::clone(&self.shared) }
    }
}

/// Waits for the index.
#[derive(Debug, Clone)]
pub struct Barrier {
    reader: LogReader,
}

impl Barrier {
    /// Waits until the index holds everything appended before this call.
    ///
    /// # Errors
    /// [`Fault`] if the index broke: it is made anew at the next start.
    pub fn wait(&self) -> Result<(), Fault> {
        self.reader.remake_index()?;
        let shared = &self.reader.shared;
        let mut progress = shared.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let goal = progress.given;
        while progress.taken < goal && !progress.broken {
            progress = shared.moved.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
        if progress.broken { Err(Fault::index("the index stopped; restart the node to make it anew")) } else { Ok(()) }
    }
}

/// Reads logs from the journal by the positions in the index.
#[derive(Debug, Clone)]
pub struct LogReader {
    readers: BTreeMap<SpaceId, Reader>,
    index: Index,
    shared: Arc<Shared>,
}

impl LogReader {
    /// Up to where each space's journal, and that of the acts, are on disk.
    #[must_use]
    pub fn ends(&self) -> (BTreeMap<SpaceId, Position>, Position) {
        // The acts last: no entry is on disk before the act that grants its key.
        let spaces = self.shared.given.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let acts = *self.shared.acts.lock().unwrap_or_else(PoisonError::into_inner);
        (spaces, acts.unwrap_or(Position::START))
    }

    /// Makes the index anew from the journals, in memory, if it has failed.
    fn remake_index(&self) -> Result<(), Fault> {
        if !self.index.has_failed() {
            return Ok(());
        }
        self.index.remake(&|space, position| self.entry_at(space, position), |take| {
            let given = self.shared.given.lock().unwrap_or_else(PoisonError::into_inner).clone();
            for (space, reader) in &self.readers {
                let Some(until) = given.get(space) else { continue };
                let mut writes = Vec::new();
                for frame in reader.frames(Position::START, *until) {
                    let frame = frame?;
                    writes.extend(applied(*space, &frame));
                    if writes.len() >= REPLAY_ENTRIES {
                        take(std::mem::take(&mut writes));
                    }
                }
                take(writes);
            }
            Ok(())
        })
    }

    /// The root of the tree over the records of a space, up to ends that are attested; waits for the index.
    ///
    /// # Errors
    /// [`Fault`] if the index broke, or a log cannot be read.
    pub fn records_root(&self, space: SpaceId, ends: &Frontier) -> Result<[u8; 32], Fault> {
        Barrier { reader: self.clone() }.wait()?;
        self.index.records_root(space, ends, self)
    }

    /// Where the entries behind `after` stand: what the index has, then what it does not have yet.
    fn positions(&self, log: LogKey, after: u64) -> Result<Vec<Position>, Fault> {
        let from = after.saturating_add(1);
        {
            let recent = self.shared.recent.lock().unwrap_or_else(PoisonError::into_inner);
            let held = recent.get(&log).filter(|positions| positions.contains_key(&from));
            if let Some(positions) = held {
                return Ok(positions.range(from..).map(|(_, position)| *position).take(READ_ENTRIES).collect());
            }
        }
        self.index.positions(log, from)
    }

    fn entry_at(&self, space: SpaceId, position: Position) -> Result<Authentic, Fault> {
        let reader = self.readers.get(&space).ok_or_else(|| Fault::index("a space without journal"))?;
        let entry = Entry::decode(&reader.read(position)?.bytes).map_err(Fault::index)?;
        Ok(Authentic::from_store(entry))
    }

    fn branch_at(&self, log: LogKey, end: LogEnd) -> Result<Option<Authentic>, Fault> {
        let recent = self.shared.recent_branches.lock().unwrap_or_else(PoisonError::into_inner);
        let written = recent.get(&(log, end)).copied();
        drop(recent);
        let position = written.map_or_else(|| self.index.branch(log, end), |position| Ok(Some(position)))?;
        position.map(|position| self.entry_at(log.space, position)).transpose()
    }

    fn read(&self, log: LogKey, after: u64, max_bytes: usize) -> Result<Vec<Authentic>, Fault> {
        let Some(reader) = self.readers.get(&log.space) else { return Ok(Vec::new()) };
        let mut entries = Vec::new();
        let mut bytes = 0_usize;
        for position in self.positions(log, after)? {
            let frame = reader.read(position)?;
            bytes = bytes.saturating_add(frame.bytes.len());
            if bytes > max_bytes && !entries.is_empty() {
                break;
            }
            let entry = Entry::decode(&frame.bytes).map_err(Fault::index)?;
            entries.push(Authentic::from_store(entry));
        }
        Ok(entries)
    }
}

impl store::LogView for LogReader {
    fn read_log(&self, log: LogKey, after: u64, max_bytes: usize) -> Result<Vec<Authentic>, store::Fault> {
        self.read(log, after, max_bytes).map_err(|fault| store::Fault(fault.to_string()))
    }

    fn read_branch(&self, log: LogKey, end: LogEnd) -> Result<Option<Authentic>, store::Fault> {
        self.branch_at(log, end).map_err(|fault| store::Fault(fault.to_string()))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(indexer) = self.indexer.take() {
            // It ends once the queue is empty; a panic in it was logged where it happened.
            let _ = indexer.join();
        }
        if let Err(fault) = self.index.flush() {
            tracing::warn!(%fault, "the index was not flushed");
        }
    }
}

/// Entries of one log that are looked up in one go.
const READ_ENTRIES: usize = 1_024;
/// Frames taken into the index in one go while it is made anew.
const REPLAY_ENTRIES: usize = 4_096;

/// Starts the thread that brings the index behind the journal.
fn start_indexer(reader: LogReader) -> Result<(SyncSender<Job>, JoinHandle<()>), Fault> {
    let (queue, jobs) = sync_channel(INDEX_QUEUE);
    let thread = std::thread::Builder::new().name("isnad-index".into());
    let handle = thread.spawn(move || run_indexer(&reader, &jobs)).map_err(|error| Fault::thread(&error))?;
    Ok((queue, handle))
}

fn run_indexer(reader: &LogReader, jobs: &Receiver<Job>) {
    let shared = &reader.shared;
    while let Ok(first) = jobs.recv() {
        let mut number = first.number;
        let mut writes = first.writes;
        // What has queued up meanwhile is taken in together: fewer, larger sled batches.
        while writes.len() < REPLAY_ENTRIES
            && let Ok(next) = jobs.try_recv()
        {
            number = next.number;
            writes.extend(next.writes);
        }
        let done: Vec<(LogKey, u64, Position)> = writes.iter().filter_map(recent_of).collect();
        let branches: Vec<_> = writes.iter().filter_map(branch_of).collect();
        // Made anew, it holds these too.
        let read: ReadEntry<'_> = &|space, position| reader.entry_at(space, position);
        let outcome = reader.index.apply(writes, read).or_else(|_| reader.remake_index());
        if let Err(fault) = &outcome {
            tracing::error!(%fault, "the index stopped; it is made anew at the next start");
        } else {
            forget(shared, &done);
            let mut recent = shared.recent_branches.lock().unwrap_or_else(PoisonError::into_inner);
            for (entry, at) in &branches {
                if recent.get(entry) == Some(at) {
                    recent.remove(entry);
                }
            }
        }
        let mut progress = shared.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.taken = number;
        progress.broken |= outcome.is_err();
        drop(progress);
        shared.moved.notify_all();
    }
}

fn recent_of(applied: &Applied) -> Option<(LogKey, u64, Position)> {
    match &applied.write {
        Write::Entry { entry, .. } | Write::Payload(entry) => Some((log_of(entry), entry.end().seq, applied.at)),
        Write::Checked { .. } | Write::CutBack { .. } | Write::Act(_) | Write::Fork(_) | Write::Branch(_) => None,
    }
}

/// Where an entry on a branch stands, if that was written.
fn branch_of(applied: &Applied) -> Option<((LogKey, LogEnd), Position)> {
    match &applied.write {
        Write::Branch(entry) => Some(((log_of(entry), entry.end()), applied.at)),
        Write::Entry { .. }
        | Write::Payload(_)
        | Write::Checked { .. }
        | Write::CutBack { .. }
        | Write::Act(_)
        | Write::Fork(_) => None,
    }
}

/// Drops positions that the index has now.
fn forget(shared: &Shared, done: &[(LogKey, u64, Position)]) {
    let mut recent = shared.recent.lock().unwrap_or_else(PoisonError::into_inner);
    for (log, seq, position) in done {
        if let Some(positions) = recent.get_mut(log)
            && positions.get(seq) == Some(position)
        {
            positions.remove(seq);
            if positions.is_empty() {
                recent.remove(log);
            }
        }
    }
}

fn log_of(entry: &Authentic) -> LogKey {
    let header = &entry.entry().header;
    LogKey { space: header.space, author: header.author }
}

/// What tells the journals of this home from those of every other: an index made of others is none of this home's.
fn stamp(home: &Home, spaces: &[SpaceId]) -> Result<Vec<u8>, Fault> {
    let mut stamp = Vec::new();
    for space in spaces {
        let dir = home.journal(space);
        if !journal::exists(&dir)? {
            return Err(Fault::JournalMissing { path: dir });
        }
        stamp.extend(space.as_bytes());
        stamp.extend(journal::stamp(&dir)?);
    }
    Ok(stamp)
}

/// Opens the journal of a space behind where the index vouches for it.
fn open_journal(home: &Home, space: SpaceId, reached: &BTreeMap<SpaceId, Position>) -> Result<Journal, Fault> {
    let dir = home.journal(&space);
    let opened = Journal::open_at(&dir, reached.get(&space).copied())?;
    if let Some(torn) = &opened.torn {
        let kept_in = torn.kept_in.display();
        tracing::warn!(%space, bytes = torn.bytes, %kept_in, "a torn tail of the journal was moved aside");
    }
    Ok(opened.journal)
}

/// The journal that a write goes to (`None`: that of the acts), its kind of frame and its bytes.
fn encode(write: &Write) -> (Option<SpaceId>, u8, Vec<u8>) {
    match write {
        Write::Entry { entry, is_checked } => {
            let kind = if *is_checked { kind::ENTRY } else { kind::ENTRY_OF_RUN };
            (Some(entry.entry().header.space), kind, entry.entry().encode())
        }
        Write::Payload(entry) => (Some(entry.entry().header.space), kind::PAYLOAD, entry.entry().encode()),
        Write::Checked { log, upto } => (Some(log.space), kind::CHECKED, encode_end(*log, *upto)),
        Write::CutBack { log, to } => (Some(log.space), kind::CUT_BACK, encode_end(*log, *to)),
        Write::Act(act) => (None, kind::ACT, act.encode()),
        Write::Branch(entry) => (Some(entry.entry().header.space), kind::BRANCH, entry.entry().encode()),
        Write::Fork(proof) => (Some(proof.log().space), kind::FORK, proof.encode()),
    }
}

fn encode_end(log: LogKey, end: LogEnd) -> Vec<u8> {
    [&log.space.as_bytes()[..], log.author.as_bytes(), &end.seq.to_be_bytes(), end.id.as_bytes()].concat()
}

/// What a frame of a space's journal does to the index; `None` for a frame of a later version.
fn applied(space: SpaceId, frame: &Frame) -> Option<Applied> {
    decode(frame).map(|write| Applied { at: frame.position, end: frame.end(), space, write })
}

/// Reads a frame of our own journal; `None` for one of a later version, which is left where it is.
fn decode(frame: &Frame) -> Option<Write> {
    let entry = || Entry::decode(&frame.bytes).ok().map(Authentic::from_store);
    match frame.kind {
        kind::ENTRY => Some(Write::Entry { entry: entry()?, is_checked: true }),
        kind::ENTRY_OF_RUN => Some(Write::Entry { entry: entry()?, is_checked: false }),
        kind::PAYLOAD => Some(Write::Payload(entry()?)),
        kind::CHECKED => decode_end(&frame.bytes).map(|(log, upto)| Write::Checked { log, upto }),
        kind::CUT_BACK => decode_end(&frame.bytes).map(|(log, to)| Write::CutBack { log, to }),
        kind::BRANCH => Some(Write::Branch(entry()?)),
        kind::FORK => ForkProof::decode(&frame.bytes).ok().map(Write::Fork),
        _ => None,
    }
}

/// Reads what `CHECKED` and `CUT_BACK` say.
pub(crate) fn decode_end(bytes: &[u8]) -> Option<(LogKey, LogEnd)> {
    let mut reader = encoding::Reader::new(bytes);
    let space = SpaceId::new(reader.array().ok()?);
    let author = PublicKey::new(reader.array().ok()?);
    let end = LogEnd { seq: reader.u64().ok()?, id: EntryId::new(reader.array().ok()?) };
    Some((LogKey { space, author }, end))
}
