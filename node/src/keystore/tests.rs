#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;

use super::*;

const LIGHT: Cost = Cost { m_kib: 8, t: 1, p: 1 };

fn unlocker(text: &str) -> Unlocker {
    Unlocker::new(Passphrase::new(text.to_owned().into()).unwrap())
}

fn store() -> (tempfile::TempDir, Keystore) {
    let dir = tempfile::tempdir().unwrap();
    let store = Keystore::create(&dir.path().join("keys")).unwrap();
    (dir, store)
}

fn add(store: &Keystore, purpose: Purpose, byte: u8, unlocker: &mut Unlocker) -> KeyInfo {
    let key = NewKey { purpose, label: "desk", public: [byte; 32], seed: &Secret::new(&[byte + 1; 32]) };
    store.add(&key, unlocker, LIGHT).unwrap()
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_key_comes_back_with_its_passphrase_alone() {
    let (_dir, store) = store();
    let info = add(&store, Purpose::Contributor, 0xab, &mut unlocker("four words of Arabic"));
    assert_eq!(info.path.file_name().unwrap(), "contributor-abababababababab.key");
    let store = Keystore::open(info.path.parent().unwrap()).unwrap();
    assert_eq!(store.list().unwrap(), std::slice::from_ref(&info));
    let secret = store.unlock(&info, &mut unlocker("four words of Arabic")).unwrap();
    assert_eq!(secret.as_bytes(), &[0xac; 32]);
    let wrong = store.unlock(&info, &mut unlocker("four words of arabic"));
    assert!(matches!(wrong, Err(Fault::WrongPassphrase { .. })));
}

#[test]
fn one_derivation_unlocks_all_keys_of_a_home() {
    let (_dir, store) = store();
    let mut adding = unlocker("p");
    for (byte, purpose) in [(1, Purpose::Peer), (2, Purpose::Root), (3, Purpose::NextRoot)] {
        add(&store, purpose, byte, &mut adding);
    }
    let mut opening = unlocker("p");
    let purposes: Vec<_> = store.list().unwrap().iter().map(|key| key.purpose).collect();
    assert_eq!(purposes, [Purpose::Root, Purpose::NextRoot, Purpose::Peer]);
    for key in store.list().unwrap() {
        assert_eq!(store.unlock(&key, &mut opening).unwrap().as_bytes(), &[key.public[0] + 1; 32]);
    }
    assert_eq!((adding.derivations(), opening.derivations()), (1, 1));
}

#[test]
fn a_key_is_never_overwritten() {
    let (_dir, store) = store();
    let info = add(&store, Purpose::Node, 1, &mut unlocker("p"));
    let before = fs::read(&info.path).unwrap();
    let again = NewKey { purpose: Purpose::Node, label: "", public: [1; 32], seed: &Secret::new(&[9; 32]) };
    assert!(matches!(store.add(&again, &mut unlocker("p"), LIGHT), Err(Fault::KeyExists { .. })));
    assert_eq!(fs::read(&info.path).unwrap(), before);
}

#[test]
fn a_label_is_one_short_line() {
    let (_dir, store) = store();
    for label in ["two\nlines", "\u{1b}[31mred", &"x".repeat(LABEL_BYTES + 1)] {
        let key = NewKey { purpose: Purpose::Node, label, public: [1; 32], seed: &Secret::new(&[9; 32]) };
        assert!(matches!(store.add(&key, &mut unlocker("p"), LIGHT), Err(Fault::KeyLabel)));
    }
}

#[test]
fn keys_open_to_others_are_refused_before_anything_is_read() {
    let (_dir, store) = store();
    let info = add(&store, Purpose::Node, 1, &mut unlocker("p"));
    let unlocked = || store.unlock(&info, &mut unlocker("p"));
    set_mode(&info.path, 0o640);
    assert!(matches!(store.list(), Err(Fault::KeyReadable { mode: 0o640, .. })));
    assert!(unlocked().unwrap_err().remedy().starts_with("chmod 600 "));
    set_mode(&info.path, 0o600);
    let dir = info.path.parent().unwrap();
    set_mode(dir, 0o755);
    assert!(unlocked().unwrap_err().remedy().starts_with("chmod 700 "));
    assert!(matches!(Keystore::open(dir), Err(Fault::KeyReadable { .. })));
    set_mode(dir, 0o700);
    unlocked().unwrap();
}

#[test]
fn a_linked_key_is_refused() {
    let (dir, store) = store();
    let info = add(&store, Purpose::Node, 1, &mut unlocker("p"));
    let moved = dir.path().join("elsewhere");
    fs::rename(&info.path, &moved).unwrap();
    std::os::unix::fs::symlink(&moved, &info.path).unwrap();
    assert!(matches!(store.list(), Err(Fault::KeyKind { .. })));
}

#[test]
fn a_flipped_or_missing_byte_anywhere_is_told_from_a_wrong_passphrase() {
    let (_dir, store) = store();
    let info = add(&store, Purpose::Node, 1, &mut unlocker("p"));
    let whole = fs::read(&info.path).unwrap();
    for at in 0..whole.len() - 1 {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x01;
        for bytes in [&flipped[..], &whole[..at]] {
            fs::write(&info.path, bytes).unwrap();
            match store.unlock(&info, &mut unlocker("p")) {
                Err(Fault::KeyDamaged { .. } | Fault::NewerFormat { .. }) => {}
                // White space between fields is no part of the key.
                Ok(secret) => assert!(
                    whole[at].is_ascii_whitespace() && secret.as_bytes() == &[2; 32],
                    "at {at}: {}",
                    String::from_utf8_lossy(bytes)
                ),
                Err(other) => panic!("at {at}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_hostile_cost_is_refused_before_it_is_paid() {
    for (m_kib, t, p) in [(100 << 20, 1, 1), (8, 1_000_000, 1), (8, 0, 1), (7, 1, 1), (8, 1, 2), (64, 1, 9), (64, 1, 0)]
    {
        let cost = Cost { m_kib, t, p };
        assert!(matches!(unlocker("p").key(cost, &[0; 16]), Err(Fault::Cost { .. })), "{cost:?}");
    }
    Cost::default().check().unwrap();
}

#[test]
fn a_hostile_file_that_is_whole_is_refused_by_its_cost() {
    let (dir, store) = store();
    let cost = Cost { m_kib: u32::MAX, t: 1, p: 1 };
    let plain = Plain { public: [1; 32], purpose: Purpose::Node, label: String::new(), cost, salt: [0; 16] };
    let file = KeyFile::seal(plain, &Secret::new(&[2; 32]), &[3; 32]).unwrap();
    files::create_secret(&dir.path().join("keys/node-01.key"), &file.encode()).unwrap();
    assert!(matches!(store.list(), Err(Fault::Cost { m_kib: u32::MAX, .. })));
}

#[test]
fn a_changed_plain_field_does_not_decrypt_even_under_a_new_checksum() {
    let (_dir, store) = store();
    let info = add(&store, Purpose::Contributor, 1, &mut unlocker("p"));
    let mut file = KeyFile::read(&info.path).unwrap();
    file.plain.label = "another".to_owned();
    fs::write(&info.path, file.encode()).unwrap();
    assert!(matches!(store.unlock(&info, &mut unlocker("p")), Err(Fault::WrongPassphrase { .. })));
}

#[test]
fn a_key_of_a_newer_version_is_told_apart() {
    let (_dir, store) = store();
    let info = add(&store, Purpose::Node, 1, &mut unlocker("p"));
    fs::write(&info.path, r#"{"format":"isnad-key","version":2,"token":"in hardware"}"#).unwrap();
    assert!(matches!(store.list(), Err(Fault::NewerFormat { .. })));
}

#[test]
fn a_passphrase_file_loses_one_line_break_and_must_be_private() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("passphrase");
    let same = |text: &str, bytes: &[u8]| {
        drop(fs::remove_file(&path));
        files::create_secret(&path, bytes).unwrap();
        let mut read = Unlocker::new(Passphrase::from_file(&path).unwrap());
        *read.key(LIGHT, &[0; 16]).unwrap() == *unlocker(text).key(LIGHT, &[0; 16]).unwrap()
    };
    assert!(same("كلمة سر", "كلمة سر\n".as_bytes()));
    assert!(same("a", b"a\r\n") && same("a\n", b"a\n\n") && same(" a ", b" a "));
    set_mode(&path, 0o644);
    assert!(matches!(Passphrase::from_file(&path), Err(Fault::KeyReadable { .. })));
    for bytes in [&b""[..], b"\n", b"\xff\xfe", &[b'x'; 2_000]] {
        fs::remove_file(&path).unwrap();
        files::create_secret(&path, bytes).unwrap();
        assert!(matches!(Passphrase::from_file(&path), Err(Fault::Passphrase { .. })));
    }
}

#[test]
fn a_passphrase_is_read_from_a_pipe() {
    let (from, mut to) = std::io::pipe().unwrap();
    to.write_all(b"from a pipe\n").unwrap();
    drop(to);
    let read = Passphrase::from_descriptor(u32::try_from(from.as_raw_fd()).unwrap()).unwrap();
    let mut read = Unlocker::new(read);
    assert_eq!(read.key(LIGHT, &[1; 16]).unwrap(), unlocker("from a pipe").key(LIGHT, &[1; 16]).unwrap());
}

#[test]
fn derivation_is_that_of_other_programs() {
    // Argon2id of Python's `cryptography` (OpenSSL): salt, length=32, iterations=3, lanes=1, memory_cost=64.
    let key = unlocker("passphrase").key(Cost { m_kib: 64, t: 3, p: 1 }, b"saltsaltsaltsalt").unwrap();
    assert_eq!(to_hex(&*key), "f8605edb0988c12b0b709ab776ef00c4b013cd63e6c34fd0f602184f1ba484bc");
}

#[test]
fn secrets_are_never_printed() {
    let (secret, unlocker) = (Secret::new(&[0x41; 32]), unlocker("AAAA"));
    let printed = format!("{secret:?} {unlocker:?} {:?}", Passphrase::new("AAAA".to_owned().into()).unwrap());
    assert_eq!(printed, "Secret(..) Unlocker(..) Passphrase(..)");
}

#[test]
fn a_key_of_another_user_is_refused() {
    let (_dir, store) = store();
    let info = add(&store, Purpose::Node, 1, &mut unlocker("p"));
    if std::os::unix::fs::chown(&info.path, Some(12_345), None).is_err() {
        eprintln!("SKIPPED: a key of another user was not tested, for only root can give files away");
        return;
    }
    assert!(matches!(store.list(), Err(Fault::KeyOwner { owner: 12_345, .. })));
}
