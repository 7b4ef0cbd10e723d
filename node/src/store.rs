//! What a replica stands on: the journals, which are the truth, and the index derived from them.
//!
//! One thread writes. A batch is appended at once and flushed later with others ([`Store::sync`]); the index follows on a
//! thread of its own (`store/following.rs`), so that it never makes a writer wait, and readers wait for it ([`Store::index_reached`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
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
use crate::index::{Applied, Index, Journals};
use crate::journal::{self, BATCH_BYTES, Frame, Journal, Position, Reader};
use crate::repair;

mod following;

use following::{Shared, What, Written};

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

/// The journals and the index of one home.
#[derive(Debug)]
pub struct Store {
    journals: BTreeMap<SpaceId, Journal>,
    /// All who read the journals of spaces share these, and the files that they have open.
    readers: BTreeMap<SpaceId, Reader>,
    acts: Journal,
    /// Journals with something that is not flushed; `None` is that of the acts.
    unsynced: BTreeSet<Option<SpaceId>>,
    unsynced_bytes: usize,
    /// What the index may take in once it is flushed: it never vouches for more than the disk holds.
    unindexed: Vec<Written>,
    index: Index,
    shared: Arc<Shared>,
    indexer: Option<JoinHandle<()>>,
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
    /// `progress` is told how many frames were taken in while an index is made anew.
    ///
    /// # Errors
    /// [`Fault`] if a journal is damaged or missing, or the disk fails. A torn tail is moved aside and logged, and is no fault.
    pub fn open(home: &Home, spaces: &[SpaceId], progress: &mut dyn FnMut(u64)) -> Result<Self, Fault> {
        let readers: BTreeMap<_, _> = spaces.iter().map(|space| (*space, Reader::new(&home.journal(space)))).collect();
        let index = Index::open(&home.index(), &stamp(home, spaces)?, journals_of(readers.clone()))?;
        let reached = index.reached()?;
        let mut journals = BTreeMap::new();
        for space in spaces {
            journals.insert(*space, open_journal(home, *space, &reached)?);
        }
        repair::check_acts(home)?;
        let acts = Journal::open(&home.acts())?.journal;
        let shared = Arc::new(Shared::default());
        shared.index_is_at(reached);
        let mut store = Self {
            journals,
            readers,
            acts,
            unsynced: BTreeSet::new(),
            unsynced_bytes: 0,
            unindexed: Vec::new(),
            index,
            shared,
            indexer: None,
        };
        store.replay(progress)?;
        store.indexer = Some(following::start(store.log_reader())?);
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
            let written = self.append_one(&write)?;
            self.unindexed.extend(written);
        }
        Ok(())
    }

    /// Sees to it that the entries of a batch have room in their journals, as far as the system says: own ones are signed and marked
    /// before they are appended, and what is refused for want of room is not to be written later.
    ///
    /// # Errors
    /// [`Fault::Io`] if they have none; nothing is changed.
    pub fn make_room(&mut self, batch: &Batch) -> Result<(), Fault> {
        let mut frames: BTreeMap<SpaceId, Vec<usize>> = BTreeMap::new();
        for (space, _, bytes) in batch.writes.iter().map(encode) {
            space.into_iter().for_each(|space| frames.entry(space).or_default().push(bytes.len()));
        }
        frames.into_iter().try_for_each(|(space, frames)| {
            self.journals.get_mut(&space).map_or(Ok(()), |journal| journal.make_room(&frames))
        })
    }

    /// True if so much is not flushed that a journal would soon flush by itself, which would be a promise of its own.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.unsynced_bytes > BATCH_BYTES / 2
    }

    fn append_one(&mut self, write: &Write) -> Result<Option<Written>, Fault> {
        let (space, kind, bytes) = encode(write);
        self.unsynced.insert(space);
        self.unsynced_bytes = self.unsynced_bytes.saturating_add(bytes.len());
        let Some(space) = space else {
            self.acts.append(kind, &[&bytes])?;
            return Ok(None);
        };
        let journal = self.journals.get_mut(&space).ok_or_else(|| Fault::index("a space without journal"))?;
        let at = journal.append(kind, &[&bytes])?;
        Ok(Some(Written { at, what: What::of(write) }))
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
        let written = std::mem::take(&mut self.unindexed);
        self.shared.give(self.ends(), self.acts.synced_end(), &written);
        Ok(())
    }

    /// Up to where each space's journal is on disk.
    fn ends(&self) -> BTreeMap<SpaceId, Position> {
        self.journals.iter().map(|(space, journal)| (*space, journal.synced_end())).collect()
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
        self.index.clear()?;
        self.shared.index_is_at(BTreeMap::new());
        self.replay(&mut |_| {})
    }

    /// Takes into the index what the journals hold beyond where it is.
    fn replay(&self, progress: &mut dyn FnMut(u64)) -> Result<(), Fault> {
        self.shared.give(self.ends(), self.acts.synced_end(), &[]);
        if breakage::is_out(Breakage::SledDeleted) {
            self.shared.index_is_at(self.ends());
            return Ok(());
        }
        let reader = self.log_reader();
        let mut count = 0_u64;
        loop {
            let taken = following::take_in(&reader)?;
            if taken == 0 {
                return Ok(());
            }
            count = count.saturating_add(taken);
            progress(count);
        }
    }

    /// Waits until the index holds everything appended before this call.
    ///
    /// # Errors
    /// [`Fault`] if the index is broken, also when it is tried again.
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
        LogReader { readers: self.readers.clone(), index: self.index.clone(), shared: Arc::clone(&self.shared) }
    }
}

/// Waits for the index.
#[derive(Debug, Clone)]
pub struct Barrier {
    reader: LogReader,
}

impl Barrier {
    /// How much was written that the index does not hold yet.
    #[must_use]
    pub fn behind(&self) -> u64 {
        self.reader.shared.behind()
    }

    /// Waits until the index holds everything appended before this call.
    ///
    /// # Errors
    /// [`Fault`] if the index is broken, also when it is tried again.
    pub fn wait(&self) -> Result<(), Fault> {
        self.reader.remake_index()?;
        self.reader.shared.wait_for_index()
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
    /// Waits until the index has what is flushed now, or has broken.
    pub(crate) fn wait_for_index(&self) {
        // What is read of logs does not need it.
        let _ = self.shared.wait_for_index();
    }

    /// True once the store closes: what is only checked or derived may be left to the next start.
    pub(crate) fn is_closing(&self) -> bool {
        self.shared.is_closing()
    }

    /// Up to where each space's journal, and that of the acts, are on disk.
    #[must_use]
    pub fn ends(&self) -> (BTreeMap<SpaceId, Position>, Position) {
        let (spaces, acts) = self.shared.ends();
        (spaces, acts.unwrap_or(Position::START))
    }

    /// Makes the index anew from the journals, in memory, if it has failed.
    fn remake_index(&self) -> Result<(), Fault> {
        if !self.index.has_failed() {
            return Ok(());
        }
        self.index.remake(|take| {
            for (space, until) in self.shared.ends().0 {
                let mut from = Position::START;
                while let Some((writes, reached)) = self.writes(space, from, until)? {
                    take(writes);
                    from = reached;
                }
            }
            Ok(())
        })
    }

    /// What the journal of a space holds from a position on, up to an end: as much as is taken in at one time, and where the
    /// rest begins; `None` if that is nothing.
    fn writes(
        &self,
        space: SpaceId,
        from: Position,
        until: Position,
    ) -> Result<Option<(Vec<Applied>, Position)>, Fault> {
        let Some(reader) = self.readers.get(&space).filter(|_| from < until) else { return Ok(None) };
        let (mut writes, mut reached, mut bytes) = (Vec::new(), from, 0_usize);
        for frame in reader.frames(from, until) {
            let frame = frame?;
            reached = frame.end();
            bytes = bytes.saturating_add(frame.bytes.len());
            writes.extend(applied(space, &frame));
            if writes.len() >= TAKEN_ENTRIES || bytes >= TAKEN_BYTES {
                break;
            }
        }
        Ok((reached > from).then_some((writes, reached)))
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
        self.shared.recent(log, from).beside(|| self.index.positions(log, from))
    }

    fn branch_at(&self, log: LogKey, end: LogEnd) -> Result<Option<Authentic>, Fault> {
        let position = self
            .shared
            .recent_branch(log, end)
            .map_or_else(|| self.index.branch(log, end), |position| Ok(Some(position)))?;
        let Some(reader) = self.readers.get(&log.space) else { return Ok(None) };
        position.map(|position| entry_of(&reader.read(position)?)).transpose()
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
            entries.push(entry_of(&frame)?);
        }
        Ok(entries)
    }
}

/// The entry that a frame of our own journal holds.
fn entry_of(frame: &Frame) -> Result<Authentic, Fault> {
    Entry::decode(&frame.bytes).map(Authentic::from_store).map_err(Fault::index)
}

/// What the index reads the entries with that it points at.
fn journals_of(readers: BTreeMap<SpaceId, Reader>) -> Journals {
    Journals(Arc::new(move |space, positions| {
        let reader = readers.get(&space).ok_or_else(|| Fault::index("a space without journal"))?;
        reader.read_all(positions, entry_of)
    }))
}

impl store::LogView for LogReader {
    fn read_log(&self, log: LogKey, after: u64, max_bytes: usize) -> Result<Vec<Authentic>, store::Fault> {
        self.read(log, after, max_bytes).map_err(store::Fault::of)
    }

    fn read_branch(&self, log: LogKey, end: LogEnd) -> Result<Option<Authentic>, store::Fault> {
        self.branch_at(log, end).map_err(store::Fault::of)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.shared.close();
        if let Some(indexer) = self.indexer.take() {
            // It ends with what it has in hand, and goes on from there at the next start; a panic in it was logged where it happened.
            let _ = indexer.join();
        }
        if let Err(fault) = self.index.flush() {
            tracing::warn!(%fault, "the index was not flushed");
        }
    }
}

/// Entries of one log that are looked up in one go.
const READ_ENTRIES: usize = 1_024;
/// Frames that the index takes in at one time, and their bytes: fewer, larger sled batches in bounded memory.
const TAKEN_ENTRIES: usize = 8_192;
const TAKEN_BYTES: usize = 8 << 20;

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

/// True if a stamp is that of the journals of this home, as far as these can be read.
pub(crate) fn fits(home: &Home, spaces: &[SpaceId], stamp: &[u8]) -> bool {
    let (parts, rest) = stamp.as_chunks::<{ 32 + 4 }>();
    let is_of = |space: &SpaceId, part: &[u8]| {
        let marker = journal::stamp(&home.journal(space)).ok();
        part.strip_prefix(space.as_bytes()).is_some_and(|found| marker.is_none_or(|marker| marker == found))
    };
    rest.is_empty() && parts.len() == spaces.len() && spaces.iter().zip(parts).all(|(space, part)| is_of(space, part))
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
