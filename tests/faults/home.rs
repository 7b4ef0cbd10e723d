//! A home that two would write to, that a newer version made, that is a copy.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use isnad_node::mark::{Machine, Mark};
use isnad_tests::binary::PASSPHRASE;
use isnad_tests::binary::{
    Consortium, RunningNode, TCP, contents, copy, json, passphrase_file, refused, write_passphrase,
};
use serde_json::Value;

const DRAFT: &str = r#"{"claims": [{"prop": "note", "lang": "en", "value": "x"}]}"#;

#[test]
fn a_home_has_one_writer_and_the_second_is_told_who_the_first_is() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let node = RunningNode::start(home, TCP, &[]);
    let second = refused(home, &["node", "--listen", TCP], 2);
    assert_eq!(second["code"], "home_locked");
    assert!(second["why"].as_str().unwrap().contains(&node.pid().to_string()), "{second}");
    json(home, &["status"]);
    assert_eq!(node.stop("TERM"), 0);
    // Something holds the lock and answers on no socket.
    let lock = File::options().write(true).open(home.join("lock")).unwrap();
    lock.lock().unwrap();
    let locked = refused(home, &["list", "incident"], 2);
    assert_eq!(locked["code"], "home_locked");
    drop(lock);
    json(home, &["list", "incident"]);
}

#[test]
fn commands_on_one_home_wait_for_each_other() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let draft = consortium.file("draft.json", DRAFT);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| json(home, &["record", "new", "incident", "--from", &draft]));
            scope.spawn(|| json(home, &["digest"]));
        }
    });
    assert_eq!(json(home, &["list", "incident"]).as_array().unwrap().len(), 4);
}

#[test]
fn a_home_of_a_newer_version_is_left_alone() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let draft = consortium.file("draft.json", DRAFT);
    std::fs::write(home.join("version"), "2\n").unwrap();
    let before = contents(home);
    for arguments in [
        &["list", "incident"][..],
        &["node", "--listen", TCP],
        &["record", "new", "incident", "--from", &draft],
        &["join", &consortium.path("consortium")],
        &["digest"],
        &["carry", "out", &consortium.path("out")],
    ] {
        let problem = refused(home, arguments, 2);
        assert_eq!(problem["code"], "newer_home", "{arguments:?}");
        assert!(problem["try"].as_str().unwrap().contains("newest"), "{problem}");
    }
    assert_eq!(contents(home), before);
}

fn is_not_signing(home: &Path, draft: &str) {
    let status = json(home, &["status"]);
    assert!(status["not_signing"].as_str().unwrap().contains("copy"), "{status}");
    let problem = refused(home, &["record", "new", "incident", "--from", draft], 3);
    assert_eq!(problem["code"], "not_signing");
}

#[test]
fn a_copy_signs_nothing_until_another_organisation_has_confirmed_its_ends() {
    let consortium = Consortium::found(2);
    let [original, other] = &consortium.homes[..] else { unreachable!() };
    let draft = consortium.file("draft.json", DRAFT);
    json(original, &["record", "new", "incident", "--from", &draft]);
    // A copy beside the original, on the same machine.
    let beside = consortium.dir.path().join("copy");
    copy(original, &beside);
    write_passphrase(&beside, PASSPHRASE);
    is_not_signing(&beside, &draft);
    assert_eq!(json(&beside, &["list", "incident"]).as_array().unwrap().len(), 1, "reading goes on");
    std::fs::remove_dir_all(&beside).unwrap();
    // Renamed, it is the same home.
    std::fs::rename(original, &beside).unwrap();
    json(&beside, &["record", "new", "incident", "--from", &draft]);
    std::fs::rename(&beside, original).unwrap();
    std::fs::remove_file(passphrase_file(&beside)).unwrap();
    let mark = original.join("mark");
    let wrongs: [(&str, &dyn Fn()); 3] = [
        ("from another machine", &|| Mark::confirmed(Machine::new([9; 32]), &BTreeMap::new()).write(&mark).unwrap()),
        ("missing", &|| std::fs::remove_file(&mark).unwrap()),
        ("an old one", &|| {
            // One entry more, then the mark from before it.
            let kept = std::fs::read(&mark).unwrap();
            json(original, &["record", "new", "incident", "--from", &draft]);
            std::fs::write(&mark, &kept).unwrap();
        }),
    ];
    for (what, wrong) in wrongs {
        wrong();
        is_not_signing(original, &draft);
        let peer = RunningNode::start(other, TCP, &[]);
        let node = RunningNode::start(original, TCP, &peer.listening);
        node.wait_for("/status", |_, status| (status["not_signing"] == Value::Null).then_some(()));
        json(original, &["record", "new", "incident", "--from", &draft]);
        assert_eq!((node.stop("TERM"), peer.stop("TERM")), (0, 0), "{what}");
        json(original, &["record", "new", "incident", "--from", &draft]);
    }
    std::fs::write(&mark, "no mark").unwrap();
    let problem = refused(original, &["record", "new", "incident", "--from", &draft], 1);
    assert_eq!(problem["code"], "mark_damaged");
}
