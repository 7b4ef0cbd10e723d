//! A backup made beside a writing node, put back elsewhere: as an administrator does it.

use std::path::Path;

use isnad_tests::binary::{
    Consortium, PASSPHRASE, RunningNode, TCP, copy, json, refused, say, say_with_input, write_passphrase,
};
use serde_json::Value;

const DRAFT: &str = r#"{"claims": [{"prop": "note", "lang": "en", "value": "x"}]}"#;

fn note(home: &Path) {
    say_with_input(home, &["--json", "record", "new", "incident", "--from", "-"], DRAFT.as_bytes()).json();
}

/// Copies the keys that a node needs from the offline copy.
fn put_keys_back(from: &Path, to: &Path) {
    for key in std::fs::read_dir(from.join("keys")).unwrap() {
        let path = key.unwrap().path();
        if !path.file_name().unwrap().to_string_lossy().contains("root") {
            copy(&path, &to.join("keys"));
        }
    }
    write_passphrase(to, PASSPHRASE);
}

#[test]
fn a_home_backed_up_while_it_writes_is_restored_confirmed_and_signs_again() {
    let consortium = Consortium::found(2);
    let [home, other] = &consortium.homes[..] else { unreachable!() };
    let peer = RunningNode::start(other, TCP, &[]);
    let node = RunningNode::start(home, TCP, &peer.listening);
    note(home);
    let file = consortium.path("backup.tar");
    let written = std::thread::scope(|scope| {
        let writes = scope.spawn(|| (0..10).for_each(|_| note(home)));
        let written = json(home, &["backup", "-o", &file]);
        writes.join().unwrap();
        written
    });
    assert_eq!(written["bytes"].as_u64().unwrap(), std::fs::metadata(&file).unwrap().len());
    node.agrees_with(other);
    node.kill();

    let back = consortium.dir.path().join("back");
    let restored = json(&back, &["restore", &file]);
    assert!(restored["entries"].as_u64().unwrap() >= 1, "{restored}");
    let status = say(&back, &["status"]);
    assert!(status.out.contains("not signing") && status.out.contains("keys"), "{status:?}");
    json(&back, &["audit"]);
    put_keys_back(home, &back);
    let draft = consortium.file("draft.json", DRAFT);
    assert_eq!(refused(&back, &["record", "new", "incident", "--from", &draft], 3)["code"], "not_signing");

    let node = RunningNode::start(&back, TCP, &peer.listening);
    node.wait_for("/status", |_, status| (status["not_signing"] == Value::Null).then_some(()));
    note(&back);
    node.agrees_with(other);
    assert_eq!(json(other, &["list", "incident"]).as_array().unwrap().len(), 12);
    assert_eq!((node.stop("TERM"), peer.stop("TERM")), (0, 0));
    json(&back, &["audit"]);
    json(other, &["audit"]);
}

#[test]
fn a_backup_that_was_altered_is_refused_and_nothing_is_left_behind() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    note(home);
    let folder = consortium.dir.path().join("backups");
    std::fs::create_dir(&folder).unwrap();
    let written = json(home, &["backup", "-o", &folder.display().to_string()]);
    let file = written["file"].as_str().unwrap();
    let bytes = std::fs::read(file).unwrap();
    let place = consortium.dir.path().join("place");
    std::fs::create_dir(&place).unwrap();
    let back = place.join("home");
    let mut altered = bytes.clone();
    altered[bytes.len() / 2] ^= 1;
    for (what, bytes) in
        [("altered", altered), ("cut", bytes[..bytes.len() - 600].to_vec()), ("no backup", b"x".to_vec())]
    {
        let file = consortium.file("wrong.tar", bytes);
        assert_eq!(refused(&back, &["restore", &file], 3)["code"], "backup", "{what}");
        assert!(std::fs::read_dir(&place).unwrap().next().is_none(), "{what}: something is left");
    }
    assert_eq!(refused(home, &["restore", file], 2)["code"], "home_exists");
    refused(&back, &["restore", &consortium.path("no-such-file")], 2);
    refused(&back, &["restore", file, "--consortium", &"ab".repeat(32)], 3);
    // Through pipes, as to a program that encrypts.
    let piped = say(home, &["backup", "-o", "-"]);
    assert_eq!(piped.code, 0, "{}", piped.err);
    json(&back, &["restore", file]);
}
