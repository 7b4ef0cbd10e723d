#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use std::fs;
use std::path::Path;

use super::*;
use crate::journal::{Found, Journal, Scan};

const HERE: Machine = Machine::new([1; 32]);

fn log(author: u8) -> OwnLog {
    OwnLog { space: SpaceId::new([9; 32]), author: [author; 32] }
}

fn end(seq: u64) -> End {
    End { seq, id: EntryId::new([u8::try_from(seq).unwrap(); 32]) }
}

/// Log 1 settled up to 3 and reserved up to 5, the two entries pending.
fn pending() -> Mark {
    let mut mark = settled();
    mark.reserve(&[(log(1), end(5))], vec![b"four".to_vec(), b"five".to_vec()]).unwrap();
    mark
}

fn settled() -> Mark {
    Mark::confirmed(HERE, &BTreeMap::from([(log(1), end(3))]))
}

fn assess(mark: &Mark, journal: &[(OwnLog, End)]) -> Assessment {
    Mark::assess(Some(mark), HERE, &journal.iter().copied().collect())
}

#[test]
fn mark_is_read_as_it_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mark");
    assert_eq!(Mark::load(&path).unwrap(), None);
    for mark in [Mark::new(HERE), settled(), pending()] {
        mark.write(&path).unwrap();
        assert_eq!(Mark::load(&path).unwrap(), Some(mark));
    }
}

/// A file with a mark, and the next one written behind it.
fn written(path: &Path, marks: &[Mark]) -> Vec<u8> {
    let mut file = MarkFile::at(path.to_owned());
    marks.iter().for_each(|mark| file.write(mark).unwrap());
    fs::read(path).unwrap()
}

#[test]
fn a_mark_is_written_beside_the_one_before_and_read_as_the_newer() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mark");
    let many = Mark::confirmed(HERE, &(0..200).map(|author| (log(author), end(3))).collect());
    // One that has no room in the slots that are there is written as a whole, with room.
    let marks = [settled(), pending(), Mark::new(HERE), many.clone(), settled(), many];
    let mut file = MarkFile::at(path.clone());
    for mark in &marks {
        file.write(mark).unwrap();
        assert_eq!(Mark::load(&path).unwrap().as_ref(), Some(mark));
        // Whoever opens the file goes on where it stands.
        MarkFile::at(path.clone()).write(&pending()).unwrap();
        assert_eq!(Mark::load(&path).unwrap(), Some(pending()));
        file = MarkFile::at(path.clone());
    }
}

#[test]
fn a_flipped_byte_in_one_slot_leaves_the_mark_before_and_in_both_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mark");
    let bytes = written(&path, &[settled(), pending()]);
    let slot = bytes.len() / 2;
    let length = |slot: &[u8]| slot.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let (first, second) = (length(&bytes[..slot]), length(&bytes[slot..]));
    for at in 0..second {
        let mut flipped = bytes.clone();
        flipped[slot + at] ^= 0x55;
        fs::write(&path, &flipped).unwrap();
        assert_eq!(Mark::load(&path).unwrap(), Some(settled()), "at {at}");
        // What stood there is in the journal, if anyone can have heard of it.
        assert!(!Mark::assess(Some(&settled()), HERE, &BTreeMap::from([(log(1), end(5))])).may_sign());
        flipped[at % first] ^= 0x55;
        fs::write(&path, &flipped).unwrap();
        let found = Mark::load(&path);
        let is_refused = matches!(found, Err(Fault::MarkDamaged { .. } | Fault::NewerFormat { .. }));
        assert!(is_refused, "at {at}: {found:?}");
    }
}

#[test]
fn a_file_that_was_cut_or_grew_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mark");
    let bytes = written(&path, &[settled(), pending()]);
    let half = bytes.len() / 2;
    let ends = (0..bytes.len()).step_by(301).chain([half - 1, half, half + 1, bytes.len() - 1]);
    for wrong in ends.map(|end| bytes[..end].to_vec()).chain([[&bytes[..], &[0]].concat()]) {
        fs::write(&path, &wrong).unwrap();
        assert!(matches!(Mark::load(&path), Err(Fault::MarkDamaged { .. })), "at {}", wrong.len());
    }
}

#[test]
fn a_torn_slot_of_any_blocks_leaves_the_mark_before() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mark");
    let long = |seq: u64| Mark::confirmed(HERE, &(0..250).map(|author| (log(author), end(seq))).collect());
    let before = written(&path, &[long(1), long(2)]);
    let after = written(&path, &[long(3)]);
    let blocks = before.len().div_ceil(512);
    for torn in 0..blocks {
        // The first so many blocks of what was written came, or all but those.
        for is_kept in [|at: usize, torn: usize| at < torn, |at: usize, torn: usize| at >= torn] {
            let block = |at: usize| if is_kept(at, torn) { &after } else { &before }[at * 512..][..512].to_vec();
            let bytes: Vec<u8> = (0..blocks).flat_map(block).collect();
            fs::write(&path, &bytes).unwrap();
            let found = Mark::load(&path).unwrap();
            let due = if bytes == after { long(3) } else { long(2) };
            assert_eq!(found, Some(due), "{torn}");
        }
    }
}

#[test]
fn a_mark_of_a_newer_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mark");
    fs::write(&path, b"ISNAD-MARK-v2\0\0\0 and what it likes").unwrap();
    assert!(matches!(Mark::load(&path), Err(Fault::NewerFormat { .. })));
}

#[test]
fn own_keys_sign_only_where_mark_and_journal_agree() {
    let forked = End { seq: 3, id: EntryId::new([77; 32]) };
    assert_eq!(assess(&settled(), &[(log(1), end(3))]), Assessment::Agrees);
    assert_eq!(assess(&Mark::new(HERE), &[]), Assessment::Agrees);
    let (log, mark) = (log(1), end(3));
    let none = End::NONE;
    assert_eq!(assess(&settled(), &[(log, end(4))]), Assessment::Behind { log, mark, journal: end(4) });
    assert_eq!(assess(&settled(), &[(log, end(2))]), Assessment::Ahead { log, mark, journal: end(2) });
    assert_eq!(assess(&settled(), &[]), Assessment::Ahead { log, mark, journal: none });
    assert_eq!(assess(&settled(), &[(log, forked)]), Assessment::Differs { log, mark, journal: forked });
    assert_eq!(Mark::assess(None, HERE, &BTreeMap::new()), Assessment::Missing);
    let elsewhere = Machine::new([2; 32]);
    assert_eq!(Mark::assess(Some(&settled()), elsewhere, &BTreeMap::new()), Assessment::OtherMachine);
}

#[test]
fn an_own_log_that_the_mark_does_not_know_is_behind() {
    let journal = [(log(1), end(3)), (log(2), end(1))];
    assert!(matches!(assess(&settled(), &journal), Assessment::Behind { log: found, .. } if found == log(2)));
}

#[test]
fn pending_entries_are_finished_from_wherever_the_crash_came() {
    let finish = Assessment::FinishPending(vec![b"four".to_vec(), b"five".to_vec()]);
    for seq in 3..=5 {
        assert_eq!(assess(&pending(), &[(log(1), end(seq))]), finish);
    }
    assert!(matches!(assess(&pending(), &[(log(1), end(2))]), Assessment::Ahead { .. }));
    assert!(matches!(assess(&pending(), &[(log(1), end(6))]), Assessment::Behind { .. }));
    let forked = End { seq: 5, id: EntryId::ZERO };
    assert!(matches!(assess(&pending(), &[(log(1), forked)]), Assessment::Differs { .. }));
}

#[test]
fn no_number_is_reserved_twice() {
    let mut mark = settled();
    for seq in [0, 1, 3] {
        let reserved = mark.reserve(&[(log(2), end(1)), (log(1), end(seq))], vec![Vec::new()]);
        assert!(matches!(reserved, Err(Fault::SeqReused { seq: found }) if found == seq));
    }
    let backwards = mark.reserve(&[(log(1), end(5)), (log(1), end(4))], Vec::new());
    assert!(matches!(backwards, Err(Fault::SeqReused { seq: 4 })));
    assert_eq!(mark, settled());
    mark.reserve(&[(log(1), end(4))], vec![b"four".to_vec()]).unwrap();
    assert!(matches!(mark.reserve(&[(log(1), end(5))], Vec::new()), Err(Fault::MarkUnsettled)));
    mark.settle();
    assert_eq!(mark.end(&log(1)), end(4));
    mark.reserve(&[(log(1), end(5))], Vec::new()).unwrap();
    assert!(matches!(mark.reserve(&[], Vec::new()), Err(Fault::MarkUnsettled)));
}

#[test]
fn a_step_above_the_bound_is_refused() {
    let mut mark = settled();
    let reserved = mark.reserve(&[(log(1), end(4))], vec![vec![0; PENDING_BYTES + 1]]);
    assert!(matches!(reserved, Err(Fault::MarkTooLarge { .. })));
    mark.reserve(&[(log(1), end(4))], vec![vec![0; PENDING_BYTES]]).unwrap();
    assert!(encoding::encode(&mark).len() <= encoding::MARK_BYTES);
}

/// The crash comes behind the mark, behind the append, or behind the sync; the restart always ends with the same two entries, once.
#[test]
fn a_crash_between_mark_and_journal_is_finished_with_the_same_bytes() {
    for (appended, torn) in [(0, 0), (1, 0), (2, 0), (2, 5)] {
        let dir = tempfile::tempdir().unwrap();
        let (path, journal) = (dir.path().join("mark"), dir.path().join("journal"));
        pending().write(&path).unwrap();
        let mut writing = Journal::open(&journal).unwrap().journal;
        for entry in pending().pending.iter().take(appended) {
            writing.append(1, &[entry]).unwrap();
        }
        writing.sync().unwrap();
        drop(writing);
        let segment = journal.join("1.seg");
        let bytes = fs::read(&segment).unwrap();
        fs::write(&segment, &bytes[..bytes.len() - torn]).unwrap();
        restart(&path, &journal);
        assert_eq!(held(&journal), [b"four".to_vec(), b"five".to_vec()], "{appended} appended, {torn} torn");
    }
}

fn restart(path: &Path, journal: &Path) {
    let mut opened = Journal::open(journal).unwrap().journal;
    let held = held(journal);
    let reached = end(3 + u64::try_from(held.len()).unwrap());
    let mut mark = Mark::load(path).unwrap().unwrap();
    let Assessment::FinishPending(entries) = assess(&mark, &[(log(1), reached)]) else { panic!("nothing to finish") };
    for entry in entries.iter().filter(|entry| !held.contains(entry)) {
        opened.append(1, &[entry]).unwrap();
    }
    opened.sync().unwrap();
    mark.settle();
    assert_eq!(assess(&mark, &[(log(1), end(5))]), Assessment::Agrees);
}

fn held(journal: &Path) -> Vec<Vec<u8>> {
    let frames = Scan::open(journal).unwrap().filter_map(|found| match found {
        Found::Frame(frame) => Some(frame.bytes),
        _ => None,
    });
    frames.collect()
}

#[test]
fn what_a_repair_knows_is_lost_is_signed_again_by_nobody() {
    let lost = BTreeMap::from([(log(1), end(5)), (log(2), end(2))]);
    // One that knows of more says all there is to say.
    let knowing = Mark::confirmed(HERE, &BTreeMap::from([(log(1), end(6)), (log(2), end(2))]));
    assert_eq!(Mark::knowing_of(Some(&knowing), &lost), None);
    assert_eq!(Mark::knowing_of(None, &BTreeMap::new()), None);
    let older = Mark::confirmed(HERE, &BTreeMap::from([(log(1), end(7)), (log(3), end(1))]));
    for (found, ends) in
        [(None, [5, 2, 0]), (Some(&settled()), [5, 2, 0]), (Some(&pending()), [5, 2, 0]), (Some(&older), [7, 2, 1])]
    {
        let mark = Mark::knowing_of(found, &lost).unwrap();
        assert_eq!([1, 2, 3].map(|author| mark.end(&log(author)).seq), ends);
        // Also once the journal holds as much again: perhaps more was signed.
        for journal in [[0, 0], [5, 2], [9, 9]] {
            let journal = [(log(1), end(journal[0])), (log(2), end(journal[1]))];
            assert_eq!(assess(&mark, &journal), Assessment::Repaired);
        }
        let dir = tempfile::tempdir().unwrap();
        mark.write(&dir.path().join("mark")).unwrap();
        assert_eq!(Mark::load(&dir.path().join("mark")).unwrap(), Some(mark));
    }
}
