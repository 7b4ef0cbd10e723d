//! What has a place in a journal that is made anew, and what a repair that was cut off leaves.

use isnad_protocol::entry::{Draft, Entry, Kind, Payload};
use isnad_protocol::id::{EntryId, OrganisationId, RecordId};
use isnad_protocol::key::{SecretKey, Signature};
use isnad_protocol::log::LogEnd;
use isnad_protocol::time::Timestamp;

use super::*;
use crate::journal::Frame;

const SPACE: SpaceId = SpaceId::new([7; 32]);

fn entry(end: LogEnd, text: &str, space: SpaceId) -> Entry {
    let draft = Draft {
        kind: Kind::Change,
        space,
        organisation: OrganisationId::new([1; 32]),
        record: RecordId::new([1; 16]),
        generation: 0,
        time: Timestamp(1),
        payload: Payload { salt: [1; 16], bytes: text.as_bytes().to_vec() },
    };
    draft.seal((end.seq, end.id), &SecretKey::from_seed(&[1; 32]))
}

fn line(count: usize) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for number in 0..count {
        let end = entries.last().map_or(LogEnd::START, |last| LogEnd { seq: last.header.seq, id: last.header.id() });
        entries.push(entry(end, &format!("entry {number}"), SPACE));
    }
    entries
}

fn frame(kind: u8, entry: &Entry) -> Frame {
    Frame { position: Position::START, kind, bytes: entry.encode() }
}

#[test]
fn an_entry_has_a_place_where_it_continues_what_has_one() {
    let line = line(4);
    let bare = Entry { payload: None, ..line[1].clone() };
    let forged = Entry { signature: Signature::new([1; 64]), ..line[2].clone() };
    let foreign = entry(LogEnd::START, "elsewhere", SpaceId::new([8; 32]));
    let beside = entry(LogEnd { seq: 1, id: line[0].header.id() }, "beside", SPACE);
    let nowhere = entry(LogEnd { seq: 1, id: EntryId::ZERO }, "nowhere", SPACE);
    let frames = [
        (frame(kind::ENTRY, &foreign), None),
        (frame(kind::ENTRY, &line[1]), None),
        (frame(kind::ENTRY_OF_RUN, &line[0]), Some(kind::ENTRY)),
        (frame(kind::PAYLOAD, &line[1]), None),
        (frame(kind::ENTRY, &bare), Some(kind::ENTRY)),
        (frame(kind::PAYLOAD, &line[1]), Some(kind::PAYLOAD)),
        (frame(kind::PAYLOAD, &line[1]), None),
        (frame(kind::ENTRY, &forged), None),
        (frame(kind::BRANCH, &beside), Some(kind::BRANCH)),
        (frame(kind::BRANCH, &nowhere), None),
        (frame(kind::ENTRY, &line[3]), None),
        (frame(200, &line[3]), Some(200)),
    ];
    let mut placing = Placing::new(SPACE);
    for (number, (frame, kind)) in frames.iter().enumerate() {
        assert_eq!(placing.place(frame), *kind, "{number}");
    }
    let author = line[0].header.author;
    let (kept, missing) = placing.finish(BTreeMap::new());
    assert_eq!((kept, missing), (2, vec![Missing { author, from: 3, until: 4, last: line[3].header.id() }]));
}

#[test]
fn a_repair_that_was_cut_off_is_ended_by_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::create(&dir.path().join("home")).unwrap();
    let journal = home.journal(&SPACE);
    let mut made = begin(&journal).unwrap();
    made.append(kind::ENTRY, &[&line(1)[0].encode()]).unwrap();
    // Half of it: it is made again, never put in place.
    finish_interrupted(&home).unwrap();
    assert!(!journal.exists());
    finish(made, &journal).unwrap();
    // The damaged one was moved aside, and then the power went.
    finish_interrupted(&home).unwrap();
    assert!(journal.join("1.seg").exists() && !journal.with_extension(FINISHED).exists());
}

#[test]
fn a_home_whose_acts_were_just_moved_aside_is_no_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::create(&dir.path().join("home")).unwrap();
    let mut made = begin(&home.acts()).unwrap();
    made.append(kind::ACT, &[b"an act"]).unwrap();
    finish(made, &home.acts()).unwrap();
    fs::rename(home.acts(), home.path().join("aside")).unwrap();
    assert!(matches!(crate::node::consortium(&home), Err(Fault::JournalMissing { .. })));
    assert!(matches!(store::Store::open(&home, &[], &mut |_| {}), Err(Fault::JournalMissing { .. })));
    assert!(!home.acts().exists(), "nothing was made in their place");
    finish_interrupted(&home).unwrap();
    assert!(home.acts().join("1.seg").exists() && check_acts(&home).is_ok());
}

#[test]
fn a_journal_that_is_a_link_is_not_moved_aside() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::create(&dir.path().join("home")).unwrap();
    let elsewhere = dir.path().join("elsewhere");
    journal::make(&elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, home.journal(&SPACE)).unwrap();
    assert!(matches!(repair(&home, &mut |_, _| {}), Err(Fault::HomeUnsafe { .. })));
    assert!(home.journal(&SPACE).is_symlink() && elsewhere.join("1.seg").exists());
}

#[test]
fn what_stood_behind_a_gap_is_taken_back_once_that_is_filled() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::create(&dir.path().join("home")).unwrap();
    let (journal, line) = (home.journal(&SPACE), line(5));
    let write = |dir: &Path, entries: &[Entry]| {
        let mut journal = Journal::open(dir).unwrap().journal;
        for entry in entries {
            journal.append(kind::ENTRY, &[&entry.encode()]).unwrap();
        }
        journal.sync().unwrap();
    };
    write(&journal, &line[..2]);
    let aside = home.damaged().join("1").join(journal.file_name().unwrap());
    write(&aside, &[&line[..1], &line[3..]].concat());
    let mut progress = |_, _| {};
    let mut meter = Meter::of(&[], &mut progress);
    let mut read = || read_space(&home, SPACE, &Before::default(), &mut meter).unwrap();
    assert_eq!(read(), None);
    write(&journal, &line[2..3]);
    let (_, mended) = read().unwrap();
    assert_eq!((mended.kept, mended.missing), (5, Vec::new()));
}

#[test]
fn what_its_author_did_not_sign_says_nothing_of_how_far_he_signed() {
    let line = line(3);
    let forged = Entry { signature: Signature::new([1; 64]), ..line[2].clone() };
    let mut placing = Placing::new(SPACE);
    for entry in [&line[0], &forged] {
        let _ = placing.place(&frame(kind::ENTRY, entry));
    }
    assert_eq!(placing.finish(BTreeMap::new()), (1, Vec::new()));
}
