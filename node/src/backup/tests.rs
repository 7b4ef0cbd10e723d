#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use isnad_protocol::act::{Name, OrganisationKind, founding};
use isnad_protocol::encoding::json::Object;
use isnad_protocol::governance::Governance;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::*;
use crate::home::Home;
use crate::identity::{self, NewIdentity};
use crate::keystore::{Cost, Passphrase, Unlocker};
use crate::node;
use crate::store::Store;

/// A home of the only member of a consortium, and a backup of it.
fn backup() -> (TempDir, Home, Vec<u8>) {
    let dir = TempDir::new().unwrap();
    let mut unlocker = Unlocker::new(Passphrase::new(Zeroizing::new("a passphrase".to_owned())).unwrap());
    let names = vec![Name { lang: "en".into(), text: "One".into() }];
    let new = NewIdentity { kind: OrganisationKind::Ngo, names, label: "test" };
    let cost = Cost { m_kib: 8, t: 1, p: 1 };
    let (home, act) = identity::create(&dir.path().join("home"), new, &mut unlocker, cost).unwrap();
    let members = vec![act.organisation().unwrap()];
    let charter = founding::charter("Test", members, 1, Object::new(), Object::new()).unwrap();
    let charter = identity::sign(&home, charter, &mut unlocker).unwrap();
    node::join(&home, &Governance::assemble(vec![charter, act]).unwrap()).unwrap();
    let consortium = node::consortium(&home).unwrap().unwrap();
    let store = Store::open(&home, &node::open_spaces(consortium), &mut |_| {}).unwrap();
    let (spaces, acts) = store.log_reader().ends();
    let spaces = spaces.into_iter().map(|(space, end)| (space, end.to_u64())).collect();
    let ends = Ends { consortium, spaces, acts: acts.to_u64() };
    let mut bytes = Vec::new();
    write(&home, &ends, &mut bytes, &mut |done, total| assert!(done <= total)).unwrap();
    (dir, home, bytes)
}

fn put_back(bytes: &[u8], to: &Path) -> Result<Restored, RestoreError> {
    restore(bytes, to, None, true, &mut |_, _| {})
}

#[test]
fn what_is_put_back_is_the_home_without_its_secrets_and_its_mark() {
    let (dir, home, bytes) = backup();
    let to = dir.path().join("deep/restored");
    let restored = put_back(&bytes, &to).unwrap();
    assert_eq!(Some(restored.consortium), node::consortium(&home).unwrap());
    let back = Home::open(&to).unwrap();
    assert_eq!(fs::metadata(&to).unwrap().mode() & 0o777, 0o700);
    assert!(!back.mark().exists() && fs::read_dir(back.keys()).unwrap().next().is_none());
    for same in ["isnad.toml", "organisation.act", "version", "acts/1.seg"] {
        assert_eq!(fs::read(to.join(same)).unwrap(), fs::read(home.path().join(same)).unwrap(), "{same}");
    }
    let seeds = ["root-", "contributor-", "\"cipher\""];
    let text = String::from_utf8_lossy(&bytes);
    assert!(seeds.iter().all(|seed| !text.contains(seed)), "no file of a key is in it");
}

#[test]
fn a_backup_is_read_by_other_programs() {
    let (dir, _, bytes) = backup();
    fs::write(dir.path().join("b.tar"), &bytes).unwrap();
    let run = |command: &str| {
        let ran = std::process::Command::new("sh").arg("-c").arg(command).current_dir(dir.path()).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
    };
    run("mkdir out && tar xf b.tar -C out && cd out && sha256sum -c SHA256SUMS");
}

#[test]
fn a_backup_that_is_cut_altered_or_grown_is_refused_and_leaves_nothing() {
    let (dir, _, bytes) = backup();
    let place = dir.path().join("place");
    fs::create_dir(&place).unwrap();
    let to = place.join("restored");
    let refused = |bytes: &[u8], what: &str| {
        let error = put_back(bytes, &to).expect_err(what);
        assert!(fs::read_dir(&place).unwrap().next().is_none(), "{what}: {error} leaves something");
        error
    };
    for at in (0..bytes.len()).step_by(331).chain((bytes.len() - 1_100..bytes.len()).step_by(61)) {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        let error = refused(&altered, &format!("bit flipped at {at}"));
        assert!(!matches!(error, RestoreError::Fault(_) | RestoreError::Faults { .. }), "{at}: {error}");
    }
    for length in (0..bytes.len()).step_by(701).chain([bytes.len() - 1]) {
        let error = refused(&bytes[..length], &format!("cut to {length}"));
        assert!(matches!(error, RestoreError::Cut { .. } | RestoreError::Foreign), "{length}: {error}");
    }
    refused(&[&bytes[..], b"x"].concat(), "grown");
    refused(b"", "empty");
    refused(&[0; 4_096], "zeros");
    put_back(&bytes, &to).unwrap();
}

/// An archive that says of itself what it likes.
fn archive(files: &[(&str, &[u8])], format: &str) -> Vec<u8> {
    let listed = files.iter().map(|(path, bytes)| Listed { path: (*path).to_owned(), bytes: bytes.len() as u64 });
    let consortium = ConsortiumId::new([7; 32]);
    let listing = Listing { format: format.to_owned(), consortium, made: 1, files: listed.collect() };
    let listing = serde_json::to_vec(&listing).unwrap();
    let mut out = Vec::new();
    for (path, bytes) in [(LISTING, &listing[..])].iter().chain(files) {
        let head = archive::Head { path, bytes: bytes.len() as u64, made: 1 };
        out.extend(head.encode().unwrap());
        out.extend(*bytes);
        out.resize(out.len().saturating_add(head.padding()), 0);
    }
    out
}

#[test]
fn names_that_lead_elsewhere_keys_and_marks_are_refused() {
    let dir = TempDir::new().unwrap();
    let to = dir.path().join("restored");
    let space = "ab".repeat(32);
    for name in [
        "../isnad.toml",
        "/etc/passwd",
        "acts/../../x",
        "acts/1.seg/x",
        "acts/01.seg",
        "acts/0.seg",
        "acts//1.seg",
        "journal/x/1.seg",
        "applicants/x.act",
        "applicants/../isnad.toml",
        "invitations",
        &format!("journal/{}/1.seg", space.to_uppercase()),
        &format!("journal/{space}/../1.seg"),
        "keys/root-00.key",
        "mark",
        "lock",
        "api.sock",
        "index/db",
        "",
        ".",
        "isnad.toml\0",
    ] {
        let error = put_back(&archive(&[(name, b"x")], FORMAT), &to).expect_err(name);
        assert!(matches!(error, RestoreError::Name { .. }), "{name}: {error}");
    }
    let twice = put_back(&archive(&[("version", b"1\n"), ("version", b"1\n")], FORMAT), &to);
    assert!(matches!(twice, Err(RestoreError::Name { .. })), "{twice:?}");
    let newer = put_back(&archive(&[], "isnad-backup-2"), &to);
    assert!(matches!(newer, Err(RestoreError::Newer { .. })), "{newer:?}");
    let foreign = put_back(&archive(&[], "holiday pictures"), &to);
    assert!(matches!(foreign, Err(RestoreError::Foreign)), "{foreign:?}");
}

#[test]
fn nothing_is_put_back_where_something_stands_or_of_another_consortium_than_was_named() {
    let (dir, home, bytes) = backup();
    let exists = put_back(&bytes, home.path());
    assert!(matches!(exists, Err(RestoreError::Fault(Fault::HomeExists { is_home: true, .. }))), "{exists:?}");
    let file = dir.path().join("file");
    fs::write(&file, "mine").unwrap();
    let exists = put_back(&bytes, &file);
    assert!(matches!(exists, Err(RestoreError::Fault(Fault::HomeExists { is_home: false, .. }))), "{exists:?}");
    let empty = dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let other = restore(&bytes[..], &empty, Some(ConsortiumId::new([1; 32])), true, &mut |_, _| {});
    assert!(matches!(other, Err(RestoreError::Consortium { .. })), "{other:?}");
    put_back(&bytes, &empty).unwrap();
}

#[test]
fn a_journal_that_is_damaged_is_not_backed_up() {
    let (_dir, home, _) = backup();
    let consortium = node::consortium(&home).unwrap().unwrap();
    let length = fs::metadata(home.acts().join("1.seg")).unwrap().len();
    let acts = crate::journal::Position { segment: 1, offset: u32::try_from(length).unwrap() };
    let ends = Ends { consortium, spaces: BTreeMap::new(), acts: acts.to_u64() };
    write(&home, &ends, Vec::new(), &mut |_, _| {}).unwrap();
    let path = home.acts().join("1.seg");
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    fs::write(&path, bytes).unwrap();
    let fault = write(&home, &ends, Vec::new(), &mut |_, _| {}).expect_err("a damaged journal");
    assert_eq!(fault.code(), "journal_damaged");
}
