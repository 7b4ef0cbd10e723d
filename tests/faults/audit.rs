//! A byte changed anywhere in a journal is found and named, and so is what was appended or taken away. DESIGN §11.

use std::fs;
use std::path::PathBuf;

use isnad_node::audit::{Audited, audit};
use isnad_node::home::Home;
use isnad_node::journal::{Journal, Position, Reader};
use isnad_protocol::audit::What;
use isnad_protocol::entry::Entry;
use isnad_protocol::id::{ConsortiumId, RecordId, SpaceId};
use isnad_protocol::key::Signature;
use isnad_tests::binary::{self, Consortium};
use serde_json::Value;

/// A consortium of one whose home holds a handful of entries.
fn small_home() -> (Consortium, Home) {
    let consortium = Consortium::found(1);
    let claims = r#"{"claims":[{"prop":"title","lang":"ar","value":"بلدة"},{"prop":"date","value":"2017-04-04"}]}"#;
    let file = consortium.file("incident.json", claims);
    for space in ["members", "members", "public"] {
        let _ = binary::json(&consortium.homes[0], &["record", "new", "incident", "--from", &file, "--space", space]);
    }
    let home = Home::open(&consortium.homes[0]).unwrap();
    (consortium, home)
}

fn audited(home: &Home) -> Audited {
    audit(home, None, &mut |_, _| {}).unwrap()
}

fn segments(home: &Home) -> Vec<PathBuf> {
    let dirs = home.spaces().unwrap().iter().map(|space| home.journal(space)).chain([home.acts()]).collect::<Vec<_>>();
    let files = dirs.iter().flat_map(|dir| fs::read_dir(dir).unwrap());
    files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "seg")).collect()
}

#[test]
fn a_byte_changed_anywhere_in_a_journal_is_found_and_named() {
    let (_consortium, home) = small_home();
    let whole = audited(&home);
    assert!(whole.is_whole(), "{:?}", whole.report.findings);
    assert_eq!((whole.report.counts.entries, whole.report.counts.acts, whole.is_pinned), (3, 2, false));
    for path in segments(&home) {
        let bytes = fs::read(&path).unwrap();
        let folder = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            fs::write(&path, changed).unwrap();
            let found = audited(&home);
            let named = found.report.findings.iter().any(|finding| finding.is_fault && finding.place.contains(folder));
            assert!(named, "byte {at} of {}: {:?}", path.display(), found.report.findings);
        }
        fs::write(&path, bytes).unwrap();
    }
    assert!(audited(&home).is_whole());
}

#[test]
fn what_is_missing_at_the_end_is_found_by_the_mark() {
    let (_consortium, home) = small_home();
    for path in segments(&home).into_iter().filter(|path| fs::metadata(path).unwrap().len() > 600) {
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..24]).unwrap();
        let found: Vec<What> = audited(&home).report.findings.iter().map(|finding| finding.what).collect();
        assert!(found.contains(&What::BeforeMark) || found.contains(&What::NoCharter), "{}: {found:?}", path.display());
        fs::write(&path, bytes).unwrap();
    }
}

#[test]
fn another_consortium_than_the_one_named_is_a_fault() {
    let (_consortium, home) = small_home();
    let own = audited(&home).consortium.unwrap();
    let pinned = audit(&home, Some(own), &mut |_, _| {}).unwrap();
    assert!(pinned.is_pinned && pinned.is_whole());
    let other = audit(&home, Some(ConsortiumId::new([7; 32])), &mut |_, _| {}).unwrap();
    assert!(!other.is_pinned && !other.is_whole());
    assert_eq!(other.report.findings.first().map(|finding| finding.what), Some(What::OtherConsortium));
}

/// Kinds of frames: format §10.1.
mod kind {
    pub(super) const ENTRY: u8 = 1;
    pub(super) const ENTRY_OF_RUN: u8 = 2;
    pub(super) const PAYLOAD: u8 = 3;
    pub(super) const CHECKED: u8 = 4;
    pub(super) const CUT_BACK: u8 = 5;
}

/// The space whose journal holds several entries of one log, and these.
fn longest_log(home: &Home) -> (SpaceId, Vec<Entry>) {
    let read = |space: &SpaceId| {
        let frames = Reader::new(&home.journal(space)).frames_from(Position::START);
        frames.map(|frame| Entry::decode(&frame.unwrap().bytes).unwrap()).collect::<Vec<_>>()
    };
    home.spaces().unwrap().into_iter().map(|space| (space, read(&space))).max_by_key(|(_, log)| log.len()).unwrap()
}

fn append(home: &Home, space: &SpaceId, frames: &[(u8, Vec<u8>)]) {
    let mut journal = Journal::open(&home.journal(space)).unwrap().journal;
    for (kind, bytes) in frames {
        journal.append(*kind, &[bytes]).unwrap();
    }
    journal.sync().unwrap();
}

/// What `CHECKED` and `CUT_BACK` hold: the log up to this entry.
fn upto(entry: &Entry) -> Vec<u8> {
    let header = &entry.header;
    let (space, author) = (header.space.as_bytes().as_slice(), header.author.as_bytes().as_slice());
    [space, author, &header.seq.to_be_bytes(), header.id().as_bytes().as_slice()].concat()
}

fn forged(entry: &Entry) -> Entry {
    Entry { signature: Signature::new([1; 64]), ..entry.clone() }
}

/// What stands in the place of the next entry, about a record that nobody wrote of.
fn forged_next(log: &[Entry]) -> Entry {
    let last = log.last().unwrap();
    let mut next = forged(last);
    next.header.seq += 1;
    next.header.prev = last.header.id();
    let mut record = *last.header.record.as_bytes();
    record[15] ^= 1;
    next.header.record = RecordId::new(record);
    next
}

fn faults(home: &Home) -> Vec<What> {
    let findings = audited(home).report.findings.into_iter();
    findings.filter(|finding| finding.is_fault).map(|finding| finding.what).collect()
}

/// What a reader is told, by a node that starts on the home as it is.
fn answers(home: &Home) -> (Value, Value) {
    (binary::json(home.path(), &["digest"]), binary::json(home.path(), &["list", "incident"]))
}

/// What is done, the frames that are appended for it, and the faults that are to be named.
type Case = (&'static str, Vec<(u8, Vec<u8>)>, &'static [What]);

#[test]
fn what_was_appended_behind_the_nodes_back_is_named() {
    let (consortium, home) = small_home();
    let file = consortium.path("incident.json");
    for _ in 0..2 {
        binary::json(home.path(), &["record", "new", "incident", "--from", &file, "--space", "members"]);
    }
    let (space, log) = longest_log(&home);
    assert_eq!(log.len(), 4);
    let (old, last) = (&log[1], &log[3]);
    let without = Entry { payload: None, ..old.clone() };
    let next = forged_next(&log);
    let cases: Vec<Case> = vec![
        ("again", vec![(kind::ENTRY, old.encode())], &[]),
        ("without its payload", vec![(kind::ENTRY, without.encode())], &[What::Rewritten]),
        ("with a bad signature", vec![(kind::ENTRY, forged(old).encode())], &[What::Rewritten]),
        ("as its payload, with a bad signature", vec![(kind::PAYLOAD, forged(old).encode())], &[What::Rewritten]),
        ("checked back", vec![(kind::CHECKED, upto(old))], &[What::CheckedBack]),
        ("cut back", vec![(kind::CUT_BACK, upto(old))], &[What::CutUnexplained, What::BeforeMark]),
    ];
    let (before, segment) = (answers(&home), home.journal(&space).join("1.seg"));
    let whole = fs::read(&segment).unwrap();
    for (what, frames, expected) in cases {
        append(&home, &space, &frames);
        assert_eq!(faults(&home), expected, "{what}");
        assert_eq!(answers(&home), before, "{what}");
        assert_eq!(faults(&home), expected, "{what}, once a node was there");
        fs::write(&segment, &whole).unwrap();
        fs::remove_dir_all(home.index()).unwrap();
    }
    append(&home, &space, &[(kind::ENTRY_OF_RUN, next.encode()), (kind::CUT_BACK, upto(old))]);
    assert!(faults(&home).starts_with(&[What::CutUnexplained, What::Signature]), "{:?}", faults(&home));
    fs::write(&segment, &whole).unwrap();
    append(&home, &space, &[(kind::ENTRY_OF_RUN, next.encode()), (kind::CUT_BACK, upto(last))]);
    assert_eq!(faults(&home), [], "this is what a replica does on its own");
    assert_eq!(answers(&home), before);
}

#[test]
fn a_journal_that_is_gone_is_named_and_a_start_says_so() {
    let (_consortium, home) = small_home();
    let before = answers(&home);
    for space in home.spaces().unwrap() {
        let (journal, aside) = (home.journal(&space), home.path().join("aside"));
        fs::rename(&journal, &aside).unwrap();
        assert!(faults(&home).contains(&What::NoJournal), "{:?}", faults(&home));
        for command in [&["list", "incident"][..], &["digest"], &["status"]] {
            let problem = binary::refused(home.path(), command, 1);
            assert_eq!(problem["code"], "journal_missing", "{command:?}");
        }
        assert!(!journal.exists(), "nothing is made in its place");
        fs::rename(&aside, &journal).unwrap();
        assert_eq!(faults(&home), []);
    }
    assert_eq!(answers(&home), before);
}

#[test]
fn an_index_of_another_home_is_made_anew() {
    let (_consortium, home) = small_home();
    let (_other_consortium, other) = small_home();
    let (before, _) = (answers(&home), answers(&other));
    fs::remove_dir_all(home.index()).unwrap();
    binary::copy(&other.index(), &home.index());
    assert_eq!(answers(&home), before);
}
