//! What attestations say is found by log, and the root over the records is that of the ends they name.

use isnad_protocol::attestation::{Attestation, LogLine, RecordTree, leaf};
use isnad_protocol::log::Frontier;
use isnad_protocol::replica::Batch;
use isnad_protocol::store::{AttestationView, LogView, MemoryStore};

use super::*;

fn attester() -> SecretKey {
    SecretKey::from_seed(&[4; 32])
}

/// Attestations of one key, of the given ends of one log each.
fn attestations(ends: &[&[LogEnd]]) -> Vec<Entry> {
    let mut end = (0, EntryId::ZERO);
    let mut entries = Vec::new();
    for (number, named) in ends.iter().enumerate() {
        let logs = named.iter().map(|end| LogLine { author: key().public(), end: *end }).collect();
        let draft = Draft {
            kind: Kind::Attestation,
            space: space(),
            organisation: OrganisationId::new([5; 32]),
            record: RecordId::ZERO,
            generation: 0,
            time: Timestamp(1_000 + number as u64),
            payload: Payload { salt: [9; 16], bytes: Attestation { logs, ..Attestation::default() }.encode() },
        };
        let entry = draft.seal(end, &attester());
        end = (entry.header.seq, entry.header.id());
        entries.push(entry);
    }
    entries
}

fn told(shelf: &Shelf) -> Vec<(u64, u64)> {
    let all = shelf.index.attested(log()).unwrap();
    all.iter().map(|(at, _, end)| (at.end.seq, end.seq)).collect()
}

fn last(shelf: &Shelf) -> Vec<(u64, u64, u64)> {
    let all = shelf.index.acknowledged_last(log()).unwrap();
    all.iter().map(|line| (line.at.end.seq, line.end.seq, line.time.0)).collect()
}

fn newest(shelf: &Shelf) -> Vec<(u64, u64)> {
    let all = shelf.index.newest_attestations(space()).unwrap();
    all.iter().map(|newest| (newest.at.end.seq, newest.time.0)).collect()
}

#[test]
fn who_acknowledged_a_log_is_found_by_it_and_only_what_is_held_whole_is_told() {
    let shelf = Shelf::new();
    let ends: Vec<LogEnd> =
        notes([1, 2, 3]).iter().map(|entry| LogEnd { seq: entry.header.seq, id: entry.header.id() }).collect();
    let named = attestations(&[&ends[..1], &[], &ends[1..2], &ends[2..]]);
    let whole = |entry: &Entry| Write::Entry { entry: Authentic::from_store(entry.clone()), is_checked: true };
    let bare = Entry { payload: None, ..named[2].clone() };
    shelf.write([whole(&named[0]), whole(&named[1]), whole(&bare), whole(&named[3])]).unwrap();
    assert_eq!(told(&shelf), [(1, 1)], "one before the last is not there");
    shelf.write([Write::Payload(Authentic::from_store(named[2].clone()))]).unwrap();
    assert_eq!(told(&shelf), [(1, 1), (3, 2), (4, 3)]);
    assert_eq!(last(&shelf), [(4, 3, 1_003)]);
    assert_eq!(newest(&shelf), [(4, 1_003)]);
    let ends = shelf.index.named_ends(space()).unwrap();
    assert_eq!(ends.get(&key().public()).map(|line| line.end.seq), Some(3));
}

#[test]
fn what_is_cut_away_was_never_acknowledged() {
    let shelf = Shelf::new();
    let ends: Vec<LogEnd> =
        notes([1, 2, 3]).iter().map(|entry| LogEnd { seq: entry.header.seq, id: entry.header.id() }).collect();
    let mut named = attestations(&[&ends[..1], &ends[1..2], &ends[2..]]);
    named[1].signature = Signature::new([0; 64]);
    let whole = |entry: &Entry| Write::Entry { entry: Authentic::from_store(entry.clone()), is_checked: false };
    let by = LogKey { space: space(), author: attester().public() };
    let to = LogEnd { seq: 1, id: named[0].header.id() };
    shelf.write(named.iter().map(whole)).unwrap();
    assert_eq!(told(&shelf), [], "no signature was checked");
    shelf.write([Write::Checked { log: by, upto: to }, Write::CutBack { log: by, to }]).unwrap();
    assert_eq!((told(&shelf), last(&shelf), newest(&shelf)), (vec![(1, 1)], vec![(1, 1, 1_000)], vec![(1, 1_000)]));
}

/// The root as the format defines it, of the entries up to the ends.
fn from_scratch(store: &MemoryStore, ends: &Frontier) -> [u8; 32] {
    let mut about: BTreeMap<RecordId, BTreeSet<EntryId>> = BTreeMap::new();
    for entry in store.entries() {
        let header = &entry.entry().header;
        if header.kind == Kind::Change && ends.get(&header.author).is_some_and(|end| header.seq <= end.seq) {
            about.entry(header.record).or_default().insert(entry.id());
        }
    }
    let mut tree = RecordTree::default();
    about.iter().for_each(|(record, ids)| tree.set(*record, leaf(record, ids)));
    tree.root()
}

#[test]
fn the_root_over_the_records_grows_to_that_of_a_tree_from_scratch() {
    let mut shelf = Shelf::new();
    let mut store = MemoryStore::default();
    let entries = notes((0..120).map(|number| number % 23));
    let writes: Vec<Write> = entries
        .iter()
        .map(|entry| Write::Entry { entry: Authentic::from_store(entry.clone()), is_checked: true })
        .collect();
    store.append(Batch { writes: writes.clone() });
    shelf.write(writes).unwrap();
    for seq in [1, 2, 50, 50, 119, 120] {
        let end = store.read_log(log(), seq - 1, 1).unwrap()[0].end();
        let ends = Frontier::from([(key().public(), end)]);
        assert_eq!(shelf.index.records_root(space(), &ends, &store).unwrap(), from_scratch(&store, &ends), "{seq}");
    }
    let again = Index::open(&shelf.dir.path().join("other"), b"these journals", journals(&shelf.frames)).unwrap();
    shelf.index = again;
    shelf.catch_up().unwrap();
    let ends = Frontier::from([(key().public(), shelf.log().unwrap().end)]);
    assert_eq!(shelf.index.records_root(space(), &ends, &store).unwrap(), from_scratch(&store, &ends), "made anew");
}
