#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use std::fs;
use std::path::Path;

use super::*;

const HEADER: usize = 24;

/// Frames whose bytes hold the likeness of a frame with another marker, as a peer might send it.
fn samples() -> Vec<(u8, Vec<u8>)> {
    let mut likeness = Vec::new();
    assert!(frame::encode(&mut likeness, [0x80, 1, 2, 3], 1, &[b"not a frame"]));
    vec![(1, b"first".to_vec()), (2, Vec::new()), (3, likeness), (4, vec![0; 40])]
}

fn filled(dir: &Path) -> Vec<Position> {
    let mut journal = Journal::open(dir).unwrap().journal;
    let positions =
        samples().iter().map(|(kind, bytes)| journal.append(*kind, &[&bytes[..], b""]).unwrap()).collect::<Vec<_>>();
    journal.sync().unwrap();
    positions
}

fn scanned(dir: &Path) -> Vec<Found> {
    Scan::open(dir).unwrap().collect()
}

fn frames(dir: &Path) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    for found in scanned(dir) {
        if let Found::Frame(frame) = found {
            frames.push((frame.kind, frame.bytes));
        }
    }
    frames
}

fn segment_of(dir: &Path, number: u32) -> Vec<u8> {
    fs::read(segment::path(dir, number)).unwrap()
}

/// A journal whose segments close after each batch.
fn in_small_segments(dir: &Path, batches: u8) -> Journal {
    let mut journal = Journal::open(dir).unwrap().journal;
    journal.writer.segment_bytes = 25;
    for kind in 1..=batches {
        journal.append(kind, &[b"bytes"]).unwrap();
        journal.sync().unwrap();
    }
    journal
}

#[test]
fn position_is_one_number_and_keeps_its_order() {
    let positions = [(1, 20), (1, u32::MAX), (2, 0), (u32::MAX, 7)];
    let positions = positions.map(|(segment, offset)| Position { segment, offset });
    assert!(positions.is_sorted() && positions.map(Position::to_u64).is_sorted());
    assert_eq!(positions.map(|position| Position::from_u64(position.to_u64())), positions);
}

#[test]
fn what_was_appended_is_read_before_and_after_a_sync_and_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap().journal;
    let position = journal.append(7, &[b"one ", b"entry"]).unwrap();
    assert_eq!(position, Position::START);
    let frame = Frame { position, kind: 7, bytes: b"one entry".to_vec() };
    assert_eq!(journal.read(position).unwrap(), frame);
    journal.sync().unwrap();
    assert_eq!((journal.end(), journal.synced_end()), (frame.end(), frame.end()));
    drop(journal);
    let opened = Journal::open(dir.path()).unwrap();
    assert_eq!((opened.torn, opened.journal.end()), (None, frame.end()));
    assert_eq!(opened.journal.reader().read(position).unwrap(), frame);
}

#[test]
fn every_frame_comes_back_in_order_across_segments() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = in_small_segments(dir.path(), 5);
    assert_eq!(journal.end().segment, 5);
    let kinds = |frames: Frames| frames.map(|frame| frame.unwrap().kind).collect::<Vec<_>>();
    assert_eq!(kinds(journal.frames_from(Position::START).unwrap()), [1, 2, 3, 4, 5]);
    assert_eq!(kinds(journal.frames_from(Position::start_of(3)).unwrap()), [3, 4, 5]);
    assert_eq!(kinds(journal.reader().frames_from(Position::start_of(5))), [5]);
    assert_eq!(kinds(journal.reader().frames(Position::START, Position::start_of(3))), [1, 2]);
    let end_of_second = journal.read(Position::start_of(2)).unwrap().end();
    assert_eq!(kinds(journal.frames_from(end_of_second).unwrap()), [3, 4, 5]);
    drop(journal);
    assert_eq!(Journal::open(dir.path()).unwrap().journal.end().segment, 5);
}

#[test]
fn reading_up_to_a_known_end_does_not_end_early_in_silence() {
    let dir = tempfile::tempdir().unwrap();
    let positions = filled(dir.path());
    let end = Journal::open(dir.path()).unwrap().journal.end();
    let whole = segment_of(dir.path(), 1);
    for (cut, flaw) in [(positions[3].offset, Flaw::Lost), (positions[3].offset + 5, Flaw::Cut)] {
        fs::write(dir.path().join("1.seg"), &whole[..cut as usize]).unwrap();
        let reader = Reader::new(dir.path());
        let last = reader.frames(Position::START, end).last().unwrap();
        assert!(
            matches!(last, Err(Fault::Damaged { offset, flaw: found, .. }) if offset == positions[3].offset && found == flaw)
        );
        assert_eq!(reader.frames_from(Position::START).filter(Result::is_ok).count(), 3);
    }
}

#[test]
fn frame_above_the_bound_is_refused_and_the_batch_stands() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap().journal;
    let longest = vec![9; FRAME_BYTES];
    let position = journal.append(1, &[&longest]).unwrap();
    let refused = journal.append(1, &[&longest, b"x"]);
    assert!(matches!(refused, Err(Fault::FrameTooLarge { bytes }) if bytes == FRAME_BYTES + 1));
    assert_eq!(journal.read(position).unwrap().bytes, longest);
}

#[test]
fn a_batch_above_its_bound_is_synced_in_parts() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap().journal;
    let bytes = vec![5; FRAME_BYTES];
    for _ in 0..9 {
        journal.append(1, &[&bytes]).unwrap();
    }
    assert!(journal.synced_end() > Position::START);
}

#[test]
fn torn_tail_is_moved_aside_wherever_it_tore() {
    let whole = tempfile::tempdir().unwrap();
    let last = *filled(whole.path()).last().unwrap();
    let bytes = segment_of(whole.path(), 1);
    for cut in last.offset as usize..bytes.len() {
        for trusted in [None, Some(last)] {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("1.seg"), &bytes[..cut]).unwrap();
            let opened = Journal::open_at(dir.path(), trusted).unwrap();
            assert_eq!(opened.journal.end(), last, "cut at {cut}");
            let torn = &bytes[last.offset as usize..cut];
            match opened.torn {
                None => assert!(torn.is_empty(), "cut at {cut}"),
                Some(found) => {
                    assert_eq!((found.position, found.bytes), (last, torn.len() as u64));
                    assert_eq!(fs::read(found.kept_in).unwrap(), torn);
                }
            }
            continues(opened.journal, dir.path());
        }
    }
}

/// After a torn tail the journal takes frames again, and a further opening finds nothing torn.
fn continues(mut journal: Journal, dir: &Path) {
    journal.append(9, &[b"after"]).unwrap();
    journal.sync().unwrap();
    drop(journal);
    let mut expected = samples();
    expected.pop();
    expected.push((9, b"after".to_vec()));
    assert_eq!(frames(dir), expected);
    assert_eq!(Journal::open(dir).unwrap().torn, None);
}

#[test]
fn zeros_that_a_power_cut_left_are_a_torn_tail() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path());
    let mut bytes = segment_of(dir.path(), 1);
    let end = bytes.len();
    bytes.resize(end + 10_000, 0);
    fs::write(dir.path().join("1.seg"), &bytes).unwrap();
    let torn = Journal::open(dir.path()).unwrap().torn.unwrap();
    assert_eq!((torn.position.offset as usize, torn.bytes), (end, 10_000));
    assert_eq!(frames(dir.path()), samples());
}

#[test]
fn a_torn_frame_that_holds_the_likeness_of_a_frame_is_still_a_torn_tail() {
    let dir = tempfile::tempdir().unwrap();
    let positions = filled(dir.path());
    let bytes = segment_of(dir.path(), 1);
    // Cut within the third frame, behind the likeness's last byte but for one of the frame itself.
    fs::write(dir.path().join("1.seg"), &bytes[..positions[3].offset as usize - 1]).unwrap();
    assert_eq!(Journal::open(dir.path()).unwrap().torn.unwrap().position, positions[2]);
}

#[test]
fn a_second_tear_at_one_place_keeps_both_tails() {
    let dir = tempfile::tempdir().unwrap();
    for tail in [b"abc", b"def"] {
        drop(Journal::open(dir.path()).unwrap());
        fs::write(dir.path().join("1.seg"), [&segment_of(dir.path(), 1)[..], tail].concat()).unwrap();
        assert!(Journal::open(dir.path()).unwrap().torn.is_some());
    }
    assert_eq!(fs::read(dir.path().join("1.torn-24")).unwrap(), b"abc");
    assert_eq!(fs::read(dir.path().join("1.torn-24-2")).unwrap(), b"def");
}

#[test]
fn a_flipped_byte_anywhere_is_found_and_named_and_nothing_is_cut() {
    let whole = tempfile::tempdir().unwrap();
    let positions = filled(whole.path());
    let bytes = segment_of(whole.path(), 1);
    for flip in 0..bytes.len() {
        let dir = tempfile::tempdir().unwrap();
        let mut flipped = bytes.clone();
        flipped[flip] ^= 0x55;
        fs::write(dir.path().join("1.seg"), &flipped).unwrap();
        let harmed = positions.iter().rposition(|position| position.offset as usize <= flip);
        let due = harmed.map_or(0, |harmed| positions[harmed].offset);
        let named = scanned(dir.path()).into_iter().find_map(|found| match found {
            Found::Frame(_) => None,
            Found::Damage(damage) => Some(damage.position.offset),
            Found::Tail { position, .. } => Some(position.offset),
        });
        assert_eq!(named, Some(due), "flip at {flip}");
        let mut left = samples();
        harmed.map(|harmed| left.remove(harmed));
        assert_eq!(frames(dir.path()), left, "flip at {flip}");
        if flip < positions[3].offset as usize {
            let opened = Journal::open(dir.path());
            assert!(
                matches!(opened, Err(Fault::Damaged { segment: 1, offset, .. }) if offset == due),
                "flip at {flip}"
            );
            assert_eq!(segment_of(dir.path(), 1), flipped);
        }
    }
}

#[test]
fn a_damaged_marker_over_a_single_frame_is_no_torn_tail() {
    for flip in 16..24 {
        let dir = tempfile::tempdir().unwrap();
        drop(in_small_segments(dir.path(), 1));
        let mut bytes = segment_of(dir.path(), 1);
        bytes[flip] ^= 1;
        fs::write(dir.path().join("1.seg"), &bytes).unwrap();
        assert!(matches!(Journal::open(dir.path()), Err(Fault::Damaged { segment: 1, .. })));
        assert_eq!(segment_of(dir.path(), 1), bytes);
    }
}

#[test]
fn damage_in_a_closed_segment_is_named_and_later_segments_are_read() {
    let dir = tempfile::tempdir().unwrap();
    drop(in_small_segments(dir.path(), 3));
    let mut bytes = segment_of(dir.path(), 2);
    bytes.truncate(bytes.len() - 1);
    fs::write(dir.path().join("2.seg"), &bytes).unwrap();
    let damage = Damage { position: Position::start_of(2), until: bytes.len() as u64, flaw: Flaw::Cut };
    assert_eq!(scanned(dir.path())[1], Found::Damage(damage));
    assert_eq!(frames(dir.path()).len(), 2);
    assert!(matches!(Journal::open(dir.path()), Err(Fault::Damaged { segment: 2, offset: 24, flaw: Flaw::Cut, .. })));
    assert_eq!(segment_of(dir.path(), 2), bytes);
}

#[test]
fn a_missing_segment_is_named() {
    for missing in [1, 2] {
        let dir = tempfile::tempdir().unwrap();
        drop(in_small_segments(dir.path(), 3));
        fs::remove_file(segment::path(dir.path(), missing)).unwrap();
        let opened = Journal::open_at(dir.path(), Some(Position::start_of(3)));
        assert!(matches!(opened, Err(Fault::Damaged { segment, flaw: Flaw::Missing, .. }) if segment == missing));
        let named = scanned(dir.path()).into_iter().filter(|found| matches!(found, Found::Damage(_))).count();
        assert_eq!((named, frames(dir.path()).len()), (1, 2));
    }
}

#[test]
fn a_journal_shorter_than_the_index_knew_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let positions = filled(dir.path());
    let whole = segment_of(dir.path(), 1);
    let end = Position { segment: 1, offset: u32::try_from(whole.len()).unwrap() };
    let lost = |trusted| matches!(Journal::open_at(dir.path(), Some(trusted)), Err(Fault::Damaged { .. }));
    assert!(!lost(end));
    assert!(lost(Position { offset: end.offset + 1, ..end }));
    assert!(lost(Position::start_of(2)));
    let cut = &whole[..positions[3].offset as usize + 3];
    fs::write(dir.path().join("1.seg"), cut).unwrap();
    assert!(lost(end));
    assert_eq!(segment_of(dir.path(), 1), cut);
}

#[test]
fn a_wrong_word_of_the_index_cuts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let positions = filled(dir.path());
    let bytes = segment_of(dir.path(), 1);
    for offset in positions[3].offset + 1..u32::try_from(bytes.len()).unwrap() {
        let opened = Journal::open_at(dir.path(), Some(Position { segment: 1, offset })).unwrap();
        assert_eq!((opened.torn, opened.journal.end().offset as usize), (None, bytes.len()));
    }
    assert_eq!(frames(dir.path()), samples());
}

#[test]
fn a_segment_of_a_newer_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path());
    let mut bytes = segment_of(dir.path(), 1);
    bytes[15] = b'2';
    fs::write(dir.path().join("1.seg"), &bytes).unwrap();
    // Under the checksum of this version that tag is damage, and all else is whole.
    assert!(matches!(Journal::open(dir.path()), Err(Fault::Damaged { flaw: Flaw::Header, .. })));
    assert_eq!(frames(dir.path()), samples());
    let sum = crc32fast::hash(&bytes[..20]).to_be_bytes();
    bytes[20..24].copy_from_slice(&sum);
    fs::write(dir.path().join("1.seg"), &bytes).unwrap();
    assert!(matches!(Journal::open(dir.path()), Err(Fault::NewerFormat { .. })));
}

#[test]
fn a_failed_write_leaves_nothing_and_the_batch_may_be_appended_again() {
    for stop in [0, 1, HEADER, 45] {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(dir.path()).unwrap().journal;
        journal.append(1, &[b"kept"]).unwrap();
        journal.sync().unwrap();
        let (end, before) = (journal.end(), segment_of(dir.path(), 1));
        journal.writer.trouble.write_stops_after = Some(stop);
        let position = journal.append(2, &[&[2; 30]]).unwrap();
        journal.append(3, &[&[3; 30]]).unwrap();
        assert!(matches!(journal.sync(), Err(Fault::Io { .. })));
        assert_eq!((journal.end(), segment_of(dir.path(), 1)), (end, before));
        assert!(journal.read(position).is_err());
        assert_eq!(journal.append(2, &[&[2; 30]]).unwrap(), position);
        journal.sync().unwrap();
        assert_eq!(frames(dir.path()), [(1, b"kept".to_vec()), (2, vec![2; 30])]);
    }
}

#[test]
fn after_a_failed_sync_what_was_written_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap().journal;
    let position = journal.append(1, &[b"lost"]).unwrap();
    journal.read(position).unwrap();
    journal.writer.trouble.sync_fails = true;
    assert!(matches!(journal.sync(), Err(Fault::Io { .. })));
    assert_eq!((journal.end(), segment_of(dir.path(), 1).len()), (Position::START, HEADER));
    journal.writer.trouble.sync_fails = false;
    journal.sync().unwrap();
    journal.append(1, &[b"kept"]).unwrap();
    journal.sync().unwrap();
    assert_eq!(frames(dir.path()), [(1, b"kept".to_vec())]);
}

#[test]
fn a_sync_that_is_taken_back_is_gone_and_the_journal_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap().journal;
    journal.append(1, &[b"stays"]).unwrap();
    journal.sync().unwrap();
    let before = journal.synced_end();
    journal.append(2, &[b"goes"]).unwrap();
    journal.sync().unwrap();
    journal.rewind(before);
    assert_eq!(journal.synced_end(), before);
    journal.append(3, &[b"comes"]).unwrap();
    journal.sync().unwrap();
    assert_eq!(frames(dir.path()), [(1, b"stays".to_vec()), (3, b"comes".to_vec())]);
}

#[test]
fn nothing_is_written_behind_bytes_that_could_not_be_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap().journal;
    journal.append(1, &[b"half"]).unwrap();
    journal.writer.trouble = writer::Trouble { write_stops_after: Some(9), cut_fails: true, ..Default::default() };
    journal.sync().unwrap_err();
    let left = segment_of(dir.path(), 1);
    assert_eq!(left.len(), HEADER + 9);
    journal.append(1, &[b"refused"]).unwrap();
    journal.sync().unwrap_err();
    assert_eq!(segment_of(dir.path(), 1), left);
    journal.writer.trouble.cut_fails = false;
    journal.append(1, &[b"kept"]).unwrap();
    journal.sync().unwrap();
    assert_eq!(frames(dir.path()), [(1, b"kept".to_vec())]);
}

#[test]
fn a_segment_that_could_not_be_cut_is_not_closed() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = in_small_segments(dir.path(), 1);
    journal.writer.segment_bytes = SEGMENT_BYTES;
    journal.append(1, &[b"half"]).unwrap();
    journal.writer.trouble = writer::Trouble { write_stops_after: Some(9), cut_fails: true, ..Default::default() };
    journal.sync().unwrap_err();
    journal.writer.segment_bytes = 25;
    journal.append(2, &[b"next"]).unwrap_err();
    journal.writer.trouble.cut_fails = false;
    journal.append(2, &[b"next"]).unwrap();
    journal.sync().unwrap();
    assert_eq!(frames(dir.path()), [(1, b"bytes".to_vec()), (2, b"next".to_vec())]);
}

#[test]
fn a_scan_beside_a_writer_takes_an_unfinished_frame_for_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = in_small_segments(dir.path(), 1);
    let mut scan = Scan::open(dir.path()).unwrap();
    assert!(matches!(scan.next(), Some(Found::Frame(_))));
    journal.append(2, &[b"in the next segment"]).unwrap();
    journal.sync().unwrap();
    assert!(matches!(scan.next(), Some(Found::Frame(frame)) if frame.kind == 2));
    let bytes = segment_of(dir.path(), 2);
    let unfinished = [&bytes[..], &bytes[16..20], &[0, 0]].concat();
    fs::write(dir.path().join("2.seg"), unfinished).unwrap();
    let tail = Found::Tail { position: journal.end(), bytes: 6, flaw: Flaw::Cut };
    assert_eq!((scan.next(), scan.next()), (Some(tail), None));
}

#[test]
fn an_empty_directory_holds_no_frames_and_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(scanned(dir.path()), []);
}

#[test]
fn a_length_beyond_the_bound_is_damage_and_is_not_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let positions = filled(dir.path());
    let mut bytes = segment_of(dir.path(), 1);
    bytes[HEADER + 4..HEADER + 8].copy_from_slice(&u32::MAX.to_be_bytes());
    fs::write(dir.path().join("1.seg"), &bytes).unwrap();
    let until = u64::from(positions[1].offset);
    assert_eq!(scanned(dir.path())[0], Found::Damage(Damage { position: positions[0], until, flaw: Flaw::Length }));
}

#[test]
fn readers_on_other_threads_see_what_was_synced() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap().journal;
    journal.writer.segment_bytes = 2_000;
    let (send, receive) = std::sync::mpsc::channel::<(u32, Position)>();
    let reader = journal.reader();
    let checking = std::thread::spawn(move || {
        receive
            .iter()
            .filter(|(number, position)| reader.read(*position).unwrap().bytes == number.to_be_bytes())
            .count()
    });
    for number in 0..500_u32 {
        let position = journal.append(1, &[&number.to_be_bytes()]).unwrap();
        journal.sync().unwrap();
        send.send((number, position)).unwrap();
    }
    drop(send);
    assert_eq!(checking.join().unwrap(), 500);
    assert!(journal.end().segment > 2);
}

/// A real disk of 256 KiB, where this machine lets us mount one.
#[test]
fn a_full_disk_leaves_a_whole_journal_that_goes_on_when_there_is_space() {
    let place = tempfile::tempdir().unwrap();
    let run = |program: &str, arguments: &[&str]| {
        std::process::Command::new(program)
            .args(arguments)
            .arg(place.path())
            .output()
            .is_ok_and(|done| done.status.success())
    };
    if !run("mount", &["-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs"]) {
        eprintln!("SKIPPED: a full disk was not tested, for no small disk could be mounted here");
        return;
    }
    let outcome = std::panic::catch_unwind(|| fills_up(place.path()));
    assert!(run("umount", &["-l"]));
    outcome.unwrap();
}

fn fills_up(disk: &Path) {
    let ballast = disk.join("ballast");
    fs::write(&ballast, vec![1; 100 << 10]).unwrap();
    let dir = disk.join("journal");
    let mut journal = Journal::open(&dir).unwrap().journal;
    let mut kept = 0_u32;
    let fault = loop {
        journal.append(1, &[&kept.to_be_bytes(), &[7; 5_000]]).unwrap();
        match journal.sync() {
            Ok(()) => kept += 1,
            Err(fault) => break fault,
        }
    };
    assert!(fault.remedy().contains("free some space"), "{fault:?}");
    assert_eq!(frames(&dir).len(), kept as usize);
    fs::remove_file(ballast).unwrap();
    journal.append(1, &[&kept.to_be_bytes(), &[7; 5_000]]).unwrap();
    journal.sync().unwrap();
    drop(journal);
    let opened = Journal::open(&dir).unwrap();
    assert_eq!((opened.torn, frames(&dir).len()), (None, kept as usize + 1));
}

#[test]
fn a_changed_byte_of_an_empty_segment_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    drop(Journal::open(dir.path()).unwrap());
    let whole = segment_of(dir.path(), 1);
    assert_eq!(whole.len(), HEADER);
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        fs::write(dir.path().join("1.seg"), &bytes).unwrap();
        assert!(scanned(dir.path()).iter().any(|found| matches!(found, Found::Damage(_))), "byte {at}");
    }
}

#[test]
fn a_journal_is_told_from_every_other_and_from_none() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = dir.path().join("journal");
    assert!(!exists(&path).unwrap() && !exists(dir.path()).unwrap());
    make(&path).unwrap();
    make(other.path()).unwrap();
    let own = stamp(&path).unwrap();
    assert!(exists(&path).unwrap() && own != stamp(other.path()).unwrap());
    // Made once, and the same however much is appended.
    make(&path).unwrap();
    filled(&path);
    assert_eq!(stamp(&path).unwrap(), own);
    fs::remove_file(path.join("1.seg")).unwrap();
    assert!(matches!(stamp(&path), Err(Fault::Damaged { flaw: Flaw::Missing, segment: 1, .. })));
}
