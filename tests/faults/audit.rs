//! A byte changed anywhere in a journal is found and named. DESIGN §11.

use std::fs;
use std::path::PathBuf;

use isnad_node::audit::{Audited, audit};
use isnad_node::home::Home;
use isnad_protocol::audit::What;
use isnad_protocol::id::ConsortiumId;
use isnad_tests::binary::{self, Consortium};

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
