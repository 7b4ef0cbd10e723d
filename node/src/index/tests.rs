//! The index takes in what an honest replica writes, whole batches or none, and passes over all else.

use std::sync::atomic::AtomicUsize;

use isnad_protocol::entry::{Draft, Entry, Kind, Payload};
use isnad_protocol::key::{SecretKey, Signature};
use isnad_protocol::time::Timestamp;
use tempfile::TempDir;

use super::*;

mod attested;

/// A journal in memory.
#[derive(Default)]
struct Frames {
    written: Mutex<Vec<Write>>,
    /// Entries read from it.
    read: AtomicUsize,
    is_unreadable: AtomicBool,
}

/// Where the first of them stands.
const FIRST: u32 = 24;

impl Frames {
    fn entry(&self, position: Position) -> Result<Authentic, Fault> {
        self.read.fetch_add(1, Ordering::SeqCst);
        let written = self.written.lock().unwrap();
        match written.get((position.offset - FIRST) as usize) {
            Some(Write::Entry { entry, .. } | Write::Payload(entry)) if !self.is_unreadable.load(Ordering::SeqCst) => {
                Ok(entry.clone())
            }
            _ => Err(Fault::index("no entry stands there")),
        }
    }
}

/// An index and the journal that it is made from.
struct Shelf {
    dir: TempDir,
    index: Index,
    frames: Arc<Frames>,
}

/// Journals in which nothing is read.
pub(super) fn no_journals() -> Journals {
    Journals(Arc::new(|_, _| Err(Fault::index("no entry stands there"))))
}

impl Shelf {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let frames = Arc::new(Frames::default());
        let index = Index::open(&dir.path().join("index"), b"these journals", journals(&frames)).unwrap();
        Self { dir, index, frames }
    }

    fn write(&self, writes: impl IntoIterator<Item = Write>) -> Result<(), Fault> {
        self.frames.written.lock().unwrap().extend(writes);
        self.catch_up()
    }

    /// Hands the index the whole journal: it passes over what it has.
    fn catch_up(&self) -> Result<(), Fault> {
        let at = |index: usize| Position { segment: 1, offset: FIRST + u32::try_from(index).unwrap() };
        let written = self.frames.written.lock().unwrap().clone();
        let frames = written.into_iter().enumerate();
        let applied = frames.map(|(index, write)| Applied { at: at(index), end: at(index + 1), space: space(), write });
        self.index.apply(applied.collect())
    }

    fn log(&self) -> Option<Log> {
        self.index.stored().unwrap().logs.get(&log()).copied()
    }

    fn records(&self) -> BTreeSet<RecordId> {
        self.index.records(&[]).unwrap()
    }

    fn about(&self, of: u8) -> usize {
        self.index.entries_about(record(of)).unwrap().len()
    }
}

fn journals(frames: &Arc<Frames>) -> Journals {
    let frames = Arc::clone(frames);
    Journals(Arc::new(move |_, positions| positions.iter().map(|position| frames.entry(*position)).collect()))
}

fn space() -> SpaceId {
    SpaceId::new([1; 32])
}

fn key() -> SecretKey {
    SecretKey::from_seed(&[3; 32])
}

fn log() -> LogKey {
    LogKey { space: space(), author: key().public() }
}

fn record(number: u8) -> RecordId {
    let mut bytes = [number; 16];
    bytes[0] = 1;
    RecordId::new(bytes)
}

/// A line of entries, one about each of these records, with a claim each.
fn line(claims: &[(u8, String)]) -> Vec<Entry> {
    let mut end = (0, EntryId::ZERO);
    let mut entries = Vec::new();
    for (number, claim) in claims {
        let bytes = format!(r#"{{"ops":[{{"claim":{claim}}}]}}"#).into_bytes();
        let draft = Draft {
            kind: Kind::Change,
            space: space(),
            organisation: OrganisationId::new([2; 32]),
            record: record(*number),
            generation: 0,
            time: Timestamp(0),
            payload: Payload { salt: [9; 16], bytes },
        };
        let entry = draft.seal(end, &key());
        end = (entry.header.seq, entry.header.id());
        entries.push(entry);
    }
    entries
}

fn notes(records: impl IntoIterator<Item = u8>) -> Vec<Entry> {
    line(&records.into_iter().map(|of| (of, r#"{"prop":"note","value":"x"}"#.to_owned())).collect::<Vec<_>>())
}

fn written(entry: &Entry, is_checked: bool) -> Write {
    Write::Entry { entry: Authentic::from_store(entry.clone()), is_checked }
}

fn run(entries: &[Entry]) -> Vec<Write> {
    entries.iter().map(|entry| written(entry, false)).collect()
}

fn forged(entry: &Entry) -> Entry {
    Entry { signature: Signature::new([1; 64]), ..entry.clone() }
}

fn end(entry: &Entry) -> LogEnd {
    LogEnd { seq: entry.header.seq, id: entry.header.id() }
}

fn cut(to: LogEnd) -> [Write; 2] {
    [Write::Checked { log: log(), upto: to }, Write::CutBack { log: log(), to }]
}

#[test]
fn an_entry_that_does_not_continue_its_log_changes_nothing() {
    let entries = notes(0..10);
    let shelf = Shelf::new();
    shelf.write(entries[..8].iter().map(|entry| written(entry, true))).unwrap();
    let before = (shelf.log(), shelf.index.positions(log(), 1).unwrap());
    let without = Entry { payload: None, ..entries[2].clone() };
    let elsewhere = {
        let mut entry = entries[8].clone();
        entry.header.space = SpaceId::new([8; 32]);
        entry
    };
    let unchained = {
        let mut entry = entries[8].clone();
        entry.header.prev = EntryId::ZERO;
        entry
    };
    for again in [&entries[2], &without, &forged(&entries[2]), &entries[9], &elsewhere, &unchained] {
        shelf.write([written(again, true), Write::Payload(Authentic::from_store(again.clone()))]).unwrap();
        assert_eq!((shelf.log(), shelf.index.positions(log(), 1).unwrap()), before);
        assert_eq!(shelf.about(2), 1);
    }
    assert_eq!(shelf.index.stored().unwrap().wanted, BTreeSet::new());
    shelf.write([written(&entries[8], true)]).unwrap();
    assert_eq!(shelf.log().unwrap().end, end(&entries[8]));
}

#[test]
fn a_payload_comes_where_it_is_wanted_and_once() {
    let entries = notes([1, 1]);
    let without = Entry { payload: None, ..entries[0].clone() };
    let shelf = Shelf::new();
    shelf.write([written(&without, true), written(&entries[1], true)]).unwrap();
    assert_eq!(shelf.index.stored().unwrap().wanted.len(), 1);
    let payload = |entry: &Entry| Write::Payload(Authentic::from_store(entry.clone()));
    shelf.write([payload(&without)]).unwrap();
    assert_eq!(shelf.index.stored().unwrap().wanted.len(), 1);
    shelf.write([payload(&entries[0]), payload(&forged(&entries[0]))]).unwrap();
    assert_eq!(shelf.index.stored().unwrap().wanted.len(), 0);
    let held: Vec<Entry> =
        shelf.index.entries_about(record(1)).unwrap().into_iter().map(Authentic::into_entry).collect();
    assert_eq!(held, entries);
}

#[test]
fn what_is_checked_never_goes_back_but_with_its_log() {
    let entries = notes(0..4);
    let shelf = Shelf::new();
    shelf.write(run(&entries)).unwrap();
    let checked = |shelf: &Shelf| shelf.log().unwrap().checked.seq;
    let said = |upto: LogEnd| Write::Checked { log: log(), upto };
    shelf.write([said(end(&entries[2])), said(end(&entries[0]))]).unwrap();
    assert_eq!(checked(&shelf), 3);
    shelf.write([said(LogEnd { seq: 5, ..end(&entries[3]) })]).unwrap();
    assert_eq!(checked(&shelf), 3);
}

#[test]
fn a_cut_takes_out_what_is_about_the_records_behind_it_and_nothing_else() {
    let mut entries = notes((0..60).chain([70, 5, 71]));
    let last = entries.len() - 3;
    entries[last] = forged(&entries[last]);
    let shelf = Shelf::new();
    shelf.write(run(&entries)).unwrap();
    let stale = shelf.index.stale(&BTreeSet::new()).unwrap();
    let kept = || Kept { summary: b"kept".to_vec(), row: b"row".to_vec() };
    shelf.index.keep_summaries(stale.into_iter().map(|stale| (stale, kept())).collect()).unwrap();
    shelf.frames.read.store(0, Ordering::SeqCst);
    shelf.write(cut(end(&entries[last - 1]))).unwrap();
    // On both sides of the cut, the three behind it, and what else is said of the one of their records that is still held.
    let read = shelf.frames.read.load(Ordering::SeqCst);
    assert!(read <= 2 + 3 + 1, "{read} entries read for a cut of three");
    assert_eq!(shelf.log().map(|log| (log.end, log.checked)), Some((end(&entries[59]), end(&entries[59]))));
    assert_eq!((shelf.about(5), shelf.about(70), shelf.about(71)), (1, 0, 0));
    // Of records that nothing is said of any more, nothing is listed.
    assert_eq!(shelf.records(), (0..60).map(record).collect());
    let catalogue = shelf.index.catalogue(1).unwrap();
    let rows: BTreeSet<RecordId> = catalogue.blocks().flat_map(Block::rows).map(|(record, _)| record).collect();
    assert_eq!(rows, shelf.records());
    let stale: Vec<RecordId> =
        shelf.index.stale(&BTreeSet::new()).unwrap().into_iter().map(|(record, _)| record).collect();
    assert_eq!(stale, [record(5)]);
    shelf.write([written(&notes((0..60).chain([70]))[60], true)]).unwrap();
    assert_eq!((shelf.about(70), shelf.log().unwrap().end.seq), (1, 61));
}

#[test]
fn what_a_cut_entry_alone_named_is_found_by_it_no_longer() {
    let alias = |name: &str| format!(r#"{{"prop":"alias","value":"{name}"}}"#);
    let refers = |to: u8| format!(r#"{{"prop":"related","value":"{}"}}"#, record(to));
    let mut entries =
        line(&[(1, alias("kept")), (1, refers(8)), (1, alias("kept")), (2, alias("gone")), (2, refers(8))]);
    entries[2] = forged(&entries[2]);
    let shelf = Shelf::new();
    shelf.write(run(&entries)).unwrap();
    assert_eq!(shelf.index.referring_to(record(8)).unwrap(), [record(1), record(2)].into());
    assert_eq!(shelf.index.with_alias("gone").unwrap(), [record(2)].into());
    shelf.write(cut(end(&entries[1]))).unwrap();
    assert_eq!(shelf.index.referring_to(record(8)).unwrap(), [record(1)].into());
    assert_eq!(shelf.index.with_alias("gone").unwrap(), BTreeSet::new());
    assert_eq!(shelf.index.with_alias("kept").unwrap(), [record(1)].into());
}

#[test]
fn a_log_is_cut_back_before_a_bad_signature_alone() {
    let entries = notes(0..5);
    let shelf = Shelf::new();
    shelf.write(run(&entries[..4])).unwrap();
    shelf.write([written(&forged(&entries[4]), false)]).unwrap();
    let before = shelf.log();
    for to in
        [end(&entries[1]), LogEnd::START, LogEnd { seq: 4, id: EntryId::ZERO }, LogEnd { seq: 9, ..end(&entries[3]) }]
    {
        shelf.write([Write::CutBack { log: log(), to }]).unwrap();
        assert_eq!(shelf.log(), before);
    }
    shelf.write(cut(end(&entries[3]))).unwrap();
    assert_eq!(shelf.log().unwrap().end, end(&entries[3]));
}

#[test]
fn a_log_of_which_nothing_is_good_is_gone_and_comes_again() {
    let entries = notes([1, 2]);
    let shelf = Shelf::new();
    shelf.write(run(&[forged(&entries[0]), entries[1].clone()])).unwrap();
    shelf.write(cut(LogEnd::START)).unwrap();
    assert_eq!((shelf.log(), shelf.records()), (None, BTreeSet::new()));
    shelf.write(run(&entries)).unwrap();
    assert_eq!((shelf.log().unwrap().end, shelf.about(1), shelf.about(2)), (end(&entries[1]), 1, 1));
}

#[test]
fn a_cut_that_was_cut_off_is_done_when_the_journal_is_taken_in_again() {
    let mut entries = notes(0..4);
    entries[2] = forged(&entries[2]);
    let shelf = Shelf::new();
    shelf.write(run(&entries)).unwrap();
    shelf.frames.is_unreadable.store(true, Ordering::SeqCst);
    // Cut off in the middle: the index has not come past the cut. The fault is the journal's, not its own.
    shelf.write(cut(end(&entries[1]))).unwrap_err();
    assert!(!shelf.index.has_failed());
    assert_eq!(shelf.log().unwrap().end, end(&entries[3]));
    shelf.frames.is_unreadable.store(false, Ordering::SeqCst);
    shelf.catch_up().unwrap();
    assert_eq!(shelf.log().unwrap().end, end(&entries[1]));
    let reached = shelf.index.reached().unwrap();
    assert_eq!(reached[&space()], Position { segment: 1, offset: 24 + 6 });
}

#[test]
fn an_index_made_anew_over_cuts_is_the_same() {
    let mut entries = notes([1, 2, 3, 1]);
    let again = notes([1, 2, 3, 1]);
    entries[2] = forged(&entries[2]);
    let shelf = Shelf::new();
    shelf.write(run(&entries)).unwrap();
    shelf.write(cut(end(&entries[1]))).unwrap();
    shelf.write(run(&again[2..])).unwrap();
    let held = |shelf: &Shelf| (shelf.log(), shelf.index.positions(log(), 1).unwrap(), shelf.about(1), shelf.records());
    let before = held(&shelf);
    shelf.index.clear().unwrap();
    shelf.catch_up().unwrap();
    assert_eq!(held(&shelf), before);
}

#[test]
fn an_index_of_other_journals_is_made_anew() {
    let shelf = Shelf::new();
    shelf.write(run(&notes(0..3))).unwrap();
    let Shelf { dir, index, frames } = shelf;
    drop(index);
    let path = dir.path().join("index");
    let same = Index::open(&path, b"these journals", journals(&frames)).unwrap();
    assert_eq!((same.reached().unwrap().len(), same.stored().unwrap().logs.len()), (1, 1));
    drop(same);
    let other = Index::open(&path, b"other journals", journals(&frames)).unwrap();
    assert_eq!((other.reached().unwrap().len(), other.stored().unwrap().logs.len()), (0, 0));
}
