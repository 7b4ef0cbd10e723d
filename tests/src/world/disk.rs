//! A node's disk: journals of frames, what of them is flushed, and the index that follows. As node/src/store.rs and
//! node/src/index do it, with the faults that a real disk has.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use isnad_protocol::act::Act;
use isnad_protocol::governance::{Governance, Link};
use isnad_protocol::id::{ConsortiumId, OrganisationId, RecordId, SpaceId};
use isnad_protocol::log::{Authentic, ForkProof, Log, LogEnd, LogKey};
use isnad_protocol::replica::{Batch, Stored, Write};
use isnad_protocol::store::{Fault, LogView, SheetView};

use super::random::Random;

/// The disk said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// What a bit that flipped in a journal comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flip {
    /// The last frame is gone, as if a crash had torn it.
    Tail,
    /// A frame before the last: the node does not start on this disk.
    Middle,
}

/// One append-only file: frames, of which the first so many are flushed.
#[derive(Debug, Clone, Default)]
struct Journal {
    frames: Vec<Write>,
    flushed: usize,
}

/// Where a write goes: `None` is the journal of acts, which is flushed first.
type Place = Option<SpaceId>;

/// A node's disk.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    journals: BTreeMap<Place, Journal>,
    unsynced: BTreeSet<Place>,
    /// Appended, and not given to the index yet.
    unindexed: Vec<(Place, usize, Write)>,
    /// What readers see: flushed, and nothing else.
    pub(super) image: Image,
    /// What an index made anew holds of the acts that every disk begins with, and how many those are: signatures are checked
    /// again of what came later alone.
    founded: Arc<(Image, usize)>,
    /// Refuses some writes.
    pub(super) is_full: bool,
}

impl Disk {
    pub(super) fn new(consortium: ConsortiumId, spaces: [SpaceId; 2], acts: Vec<Act>) -> Self {
        let places = [None, Some(spaces[0]), Some(spaces[1])];
        let journals = places.map(|place| (place, Journal::default())).into_iter().collect();
        let image = Image::new(consortium);
        let founded = Arc::new((image.clone(), 0));
        let (unsynced, unindexed) = (BTreeSet::new(), Vec::new());
        let mut disk = Self { journals, unsynced, unindexed, image, founded, is_full: false };
        let mut random = Random::new(0);
        let count = acts.len();
        let batch = Batch { writes: acts.into_iter().map(Write::Act).collect() };
        // A disk that is not full takes everything.
        let _ = disk.append(batch, &mut random).and_then(|()| disk.sync(&mut random));
        disk.founded = Arc::new((disk.image.clone(), count));
        disk
    }

    /// Appends a batch; a full disk may take a part of it.
    pub(super) fn append(&mut self, batch: Batch, random: &mut Random) -> Result<(), Full> {
        for write in batch.writes {
            if self.is_full && random.chance(40) {
                return Err(Full);
            }
            let place = place_of(&write);
            self.unsynced.insert(place);
            let Some(journal) = self.journals.get_mut(&place) else { return Err(Full) };
            journal.frames.push(write.clone());
            self.unindexed.push((place, journal.frames.len(), write));
        }
        Ok(())
    }

    /// Flushes journal by journal; where a full disk stops between two, the first are taken back.
    pub(super) fn sync(&mut self, random: &mut Random) -> Result<(), Full> {
        let before: BTreeMap<Place, usize> =
            self.journals.iter().map(|(place, journal)| (*place, journal.flushed)).collect();
        for place in &self.unsynced {
            if self.is_full && random.chance(40) {
                for (place, journal) in &mut self.journals {
                    journal.flushed = before.get(place).copied().unwrap_or(0);
                }
                return Err(Full);
            }
            if let Some(journal) = self.journals.get_mut(place) {
                journal.flushed = journal.frames.len();
            }
        }
        self.unsynced.clear();
        for (place, reached, write) in std::mem::take(&mut self.unindexed) {
            self.image.take(place, reached, write);
        }
        self.image.hear();
        Ok(())
    }

    /// Cuts each journal back to what is flushed.
    pub(super) fn take_back(&mut self) {
        for place in std::mem::take(&mut self.unsynced) {
            if let Some(journal) = self.journals.get_mut(&place) {
                journal.frames.truncate(journal.flushed);
            }
        }
        self.unindexed.clear();
    }

    /// The process or the power is gone: of what was not flushed each journal keeps some beginning, a torn frame is cut.
    pub(super) fn crash(&mut self, random: &mut Random, is_power_lost: bool) {
        for journal in self.journals.values_mut() {
            let unflushed = journal.frames.len().saturating_sub(journal.flushed);
            let kept = if is_power_lost { random.index(unflushed + 1) } else { unflushed };
            journal.frames.truncate(journal.flushed.saturating_add(kept));
            // Opening it again flushes what is there.
            journal.flushed = journal.frames.len();
        }
        self.unsynced.clear();
        self.unindexed.clear();
    }

    /// Flips a bit in some frame of a space's journal, if there is one. The index is made anew behind a journal that is shorter.
    pub(super) fn flip(&mut self, random: &mut Random) -> Option<Flip> {
        let places: Vec<Place> = self.journals.keys().filter(|place| place.is_some()).copied().collect();
        let journal = self.journals.get_mut(random.pick(&places)?)?;
        let at = random.index(journal.frames.len());
        if random.chance(50) && at + 1 < journal.frames.len() {
            return Some(Flip::Middle);
        }
        journal.frames.pop()?;
        journal.flushed = journal.frames.len();
        self.remake_image();
        Some(Flip::Tail)
    }

    /// Proofs of forks in the order in which they were written.
    pub(super) fn proofs(&self) -> impl Iterator<Item = &ForkProof> {
        let frames = self.journals.values().flat_map(|journal| &journal.frames);
        frames.filter_map(|write| match write {
            Write::Fork(proof) => Some(proof),
            _ => None,
        })
    }

    /// Makes the index anew.
    pub(super) fn remake_image(&mut self) {
        self.image = self.open().1;
    }

    /// The index that a start finds: the one that was there brought up to the journals' ends, and one made anew.
    pub(super) fn open(&self) -> (Image, Image) {
        // The acts of the founding were flushed before anything else, and no crash takes them.
        let (founded, acts) = self.founded.as_ref();
        let (mut anew, mut kept) = (founded.clone(), self.image.clone());
        for (place, journal) in &self.journals {
            let known = if place.is_none() { *acts } else { 0 };
            for (at, write) in journal.frames.iter().enumerate().skip(known) {
                anew.take(*place, at + 1, write.clone());
                if at >= self.image.reached.get(place).copied().unwrap_or(0) {
                    kept.take(*place, at + 1, write.clone());
                }
            }
        }
        kept.hear();
        anew.hear();
        (kept, anew)
    }
}

fn place_of(write: &Write) -> Place {
    match write {
        Write::Entry { entry, .. } | Write::Payload(entry) => Some(entry.entry().header.space),
        Write::Checked { log, .. } | Write::CutBack { log, .. } => Some(log.space),
        Write::Branch(entry) => Some(entry.entry().header.space),
        Write::Fork(proof) => Some(proof.log().space),
        Write::Act(_) => None,
    }
}

/// What the journals say, as an index keeps it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Image {
    consortium: ConsortiumId,
    /// With every attestation that is held whole.
    pub(super) governance: Governance,
    /// How far logs of attestations were heard.
    heard: BTreeMap<LogKey, u64>,
    pub(super) logs: BTreeMap<LogKey, Log>,
    pub(super) wanted: BTreeSet<(LogKey, LogEnd)>,
    pub(super) forks: BTreeMap<LogKey, ForkProof>,
    pub(super) branches: BTreeMap<(LogKey, LogEnd), Authentic>,
    links: BTreeMap<LogKey, BTreeSet<Link>>,
    entries: BTreeMap<LogKey, BTreeMap<u64, Authentic>>,
    about: BTreeMap<RecordId, Vec<Authentic>>,
    reached: BTreeMap<Place, usize>,
    /// Entries that did not continue their log when they came.
    pub(super) gaps: Vec<(LogKey, u64)>,
}

impl Image {
    fn new(consortium: ConsortiumId) -> Self {
        Self {
            consortium,
            governance: Governance::new(consortium),
            heard: BTreeMap::new(),
            logs: BTreeMap::new(),
            wanted: BTreeSet::new(),
            forks: BTreeMap::new(),
            branches: BTreeMap::new(),
            links: BTreeMap::new(),
            entries: BTreeMap::new(),
            about: BTreeMap::new(),
            reached: BTreeMap::new(),
            gaps: Vec::new(),
        }
    }

    fn take(&mut self, place: Place, reached: usize, write: Write) {
        self.reached.insert(place, reached);
        match write {
            Write::Entry { entry, is_checked } => self.entry(entry, is_checked),
            Write::Payload(entry) => self.payload(entry),
            Write::Checked { log, upto } => {
                if let Some(log) = self.logs.get_mut(&log) {
                    log.checked = upto;
                }
            }
            Write::CutBack { log, to } => self.cut_back(log, to),
            Write::Branch(entry) => {
                let header = &entry.entry().header;
                let is_whole = entry.entry().payload.is_some() || !header.has_payload();
                let link = Link { end: entry.end(), prev: header.prev, is_whole };
                self.links.entry(log_of(&entry)).or_default().insert(link);
                let about = self.about.entry(header.record).or_default();
                about.retain(|held| held.id() != entry.id());
                about.push(entry.clone());
                self.branches.insert((log_of(&entry), entry.end()), entry);
            }
            Write::Fork(proof) => {
                let is_lower = self.forks.get(&proof.log()).is_none_or(|known| proof.seq() < known.seq());
                if is_lower {
                    self.governance.take_fork(proof.clone());
                    self.forks.insert(proof.log(), proof);
                }
            }
            Write::Act(act) => {
                // What a rule is against is passed over, as at a node's start.
                let _ = self.governance.take(act);
                // Keys may attest by it whose words were passed over.
                self.heard.clear();
            }
        }
    }

    /// Hands governance the attestations that are held whole by now.
    fn hear(&mut self) {
        self.hear_branches();
        let held: Vec<(LogKey, Log)> = self.logs.iter().map(|(key, log)| (*key, *log)).collect();
        for (key, log) in held {
            if !self.governance.is_attesting(&key.author, &log.organisation) {
                continue;
            }
            let mut wanted = self.wanted.range((key, LogEnd::START)..).take_while(|(of, _)| *of == key);
            let whole = wanted.next().map_or(u64::MAX, |(_, at)| at.seq - 1).min(log.checked.seq);
            let from = self.heard.insert(key, whole).unwrap_or(0) + 1;
            for seq in from..=whole {
                if let Some(entry) = self.entries.get(&key).and_then(|entries| entries.get(&seq)) {
                    self.governance.attest(entry);
                }
            }
        }
    }

    fn hear_branches(&mut self) {
        for (log, entry) in self.branches.iter().map(|((log, _), entry)| (*log, entry)) {
            let organisation = entry.entry().header.organisation;
            if entry.entry().payload.is_some() && self.governance.is_attesting(&log.author, &organisation) {
                self.governance.attest(entry);
            }
        }
    }

    /// Whose log one is of which anything is held.
    pub(super) fn organisation_of(&self, log: &LogKey) -> Option<OrganisationId> {
        let branch = self.branches.range((*log, LogEnd::START)..).next().filter(|((of, _), _)| of == log);
        let branch = branch.map(|(_, entry)| entry.entry().header.organisation);
        self.logs.get(log).map(|log| log.organisation).or(branch)
    }

    /// What a node's governance knows otherwise than this image does, for a person.
    pub(super) fn unlike(&self, other: &Governance) -> String {
        let mut lines = Vec::new();
        let acts: BTreeSet<_> = self.governance.acts().chain(other.acts()).map(Act::id).collect();
        for act in acts {
            let known = |governance: &Governance| {
                let signed = governance.act(&act).map(|act| act.signatures().len());
                (signed, governance.status(&act))
            };
            let (one, two) = (known(&self.governance), known(other));
            if one != two {
                lines.push(format!("act {act:?}: flushed {one:?}, held {two:?}"));
            }
        }
        for (key, log) in &self.logs {
            let (one, two) = [&self.governance, other].map(|one| one.is_closed(key, &log.organisation)).into();
            if one != two {
                lines.push(format!("{key:?} closes at: flushed {one:?}, held {two:?}"));
            }
        }
        let forks: Vec<_> = other.forks().map(|proof| (proof.log(), proof.seq())).collect();
        let flushed: Vec<_> = self.forks.values().map(|proof| (proof.log(), proof.seq())).collect();
        if forks != flushed {
            lines.push(format!("forks: flushed {flushed:?}, held {forks:?}"));
        }
        lines.join("; ")
    }

    /// True if a log is closed: what of it is told is then for the rules to say.
    pub(super) fn has_closed(&self) -> bool {
        let is_closed = |(key, log): (&LogKey, &Log)| self.governance.is_closed(key, &log.organisation).is_some();
        !self.forks.is_empty() || !self.branches.is_empty() || self.logs.iter().any(is_closed)
    }

    fn entry(&mut self, entry: Authentic, is_checked: bool) {
        let header = &entry.entry().header;
        let key = log_of(&entry);
        let start = Log { organisation: header.organisation, end: LogEnd::START, checked: LogEnd::START };
        let log = self.logs.entry(key).or_insert(start);
        if header.seq != log.end.seq + 1 || header.prev != log.end.id {
            self.gaps.push((key, header.seq));
        }
        if is_checked && log.checked == log.end {
            log.checked = entry.end();
        }
        log.end = entry.end();
        if entry.entry().payload.is_none() && header.has_payload() {
            self.wanted.insert((key, entry.end()));
        }
        if header.record != RecordId::ZERO {
            self.about.entry(header.record).or_default().push(entry.clone());
        }
        self.entries.entry(key).or_default().insert(entry.end().seq, entry);
    }

    fn payload(&mut self, entry: Authentic) {
        let (key, seq) = (log_of(&entry), entry.end().seq);
        self.wanted.remove(&(key, entry.end()));
        let about = self.about.get_mut(&entry.entry().header.record).into_iter().flatten();
        about.filter(|held| held.id() == entry.id()).for_each(|held| *held = entry.clone());
        self.entries.entry(key).or_default().insert(seq, entry);
    }

    fn cut_back(&mut self, key: LogKey, to: LogEnd) {
        if let Some(log) = self.logs.get_mut(&key) {
            log.end = to;
            if log.checked.seq > to.seq {
                log.checked = to;
            }
        }
        if to == LogEnd::START {
            self.logs.remove(&key);
        }
        self.wanted.retain(|(log, at)| *log != key || at.seq <= to.seq);
        self.entries.entry(key).or_default().retain(|seq, _| *seq <= to.seq);
        let is_kept = |entry: &Authentic| log_of(entry) != key || entry.end().seq <= to.seq;
        self.about.values_mut().for_each(|about| about.retain(is_kept));
    }

    /// What a replica starts from.
    pub(super) fn stored(&self) -> Stored {
        Stored {
            logs: self.logs.clone(),
            wanted: self.wanted.clone(),
            forks: self.forks.clone(),
            branches: self.links.clone(),
        }
    }

    /// The entry at a position.
    pub(super) fn at(&self, log: LogKey, seq: u64) -> Option<&Authentic> {
        self.entries.get(&log)?.get(&seq)
    }

    /// Every entry up to where its log is checked, log by log.
    pub(super) fn checked_entries(&self) -> impl Iterator<Item = &Authentic> {
        let upto = |key: &LogKey| self.logs.get(key).map_or(0, |log| log.checked.seq);
        self.entries.iter().flat_map(move |(key, entries)| entries.range(..=upto(key)).map(|(_, entry)| entry))
    }

    /// True if every log is whole from its first entry to its end, each naming the one before.
    pub(super) fn is_contiguous(&self) -> bool {
        self.logs.iter().all(|(key, log)| {
            let mut end = LogEnd::START;
            let entries = self.entries.get(key).into_iter().flat_map(|entries| entries.range(..=log.end.seq));
            let is_chained = |(seq, entry): (&u64, &Authentic)| {
                let follows = *seq == end.seq + 1 && entry.entry().header.prev == end.id;
                end = entry.end();
                follows
            };
            entries.into_iter().all(is_chained) && end == log.end
        })
    }

    /// The same answers to every reader, whatever way they were come by.
    pub(super) fn answers_as(&self, other: &Self) -> bool {
        let ids = |image: &Self| {
            let about = image.about.iter().filter(|(_, entries)| !entries.is_empty());
            let ids = |entries: &Vec<Authentic>| entries.iter().map(Authentic::id).collect::<BTreeSet<_>>();
            about.map(|(record, entries)| (*record, ids(entries))).collect::<BTreeMap<_, _>>()
        };
        self.logs == other.logs && self.wanted == other.wanted && ids(self) == ids(other)
    }

    /// Reads a log, at most so many entries at a time.
    pub(super) fn read(&self, log: LogKey, after: u64, max_bytes: usize, max_entries: usize) -> Vec<Authentic> {
        let mut bytes = 0_usize;
        let mut found: Vec<Authentic> = Vec::new();
        let entries = self.entries.get(&log).into_iter().flat_map(|entries| entries.range(after + 1..));
        for (seq, entry) in entries.take(max_entries) {
            bytes = bytes.saturating_add(entry.entry().encode().len());
            let is_next = *seq == after + 1 + found.len() as u64;
            if !is_next || (bytes > max_bytes && !found.is_empty()) {
                break;
            }
            found.push(entry.clone());
        }
        found
    }
}

impl LogView for Image {
    fn read_log(&self, log: LogKey, after: u64, max_bytes: usize) -> Result<Vec<Authentic>, Fault> {
        Ok(self.read(log, after, max_bytes, usize::MAX))
    }

    fn read_branch(&self, log: LogKey, end: LogEnd) -> Result<Option<Authentic>, Fault> {
        Ok(self.branches.get(&(log, end)).cloned())
    }
}

impl SheetView for Image {
    fn entries_about(&self, record: RecordId) -> Result<Vec<Authentic>, Fault> {
        Ok(self.about.get(&record).cloned().unwrap_or_default())
    }

    fn referring_to(&self, record: RecordId) -> Result<BTreeSet<RecordId>, Fault> {
        Ok(super::agreement::referring(self.about.values().flatten(), record))
    }

    fn records(&self, kind: Option<u8>) -> Result<BTreeSet<RecordId>, Fault> {
        let held = self.about.iter().filter(|(_, entries)| !entries.is_empty()).map(|(record, _)| *record);
        Ok(held.filter(|record| kind.is_none_or(|kind| record.kind_code() == kind)).collect())
    }
}

pub(super) fn log_of(entry: &Authentic) -> LogKey {
    let header = &entry.entry().header;
    LogKey { space: header.space, author: header.author }
}
