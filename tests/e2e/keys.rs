//! Keys come and go while a node runs: an administrator grants and revokes, and nobody restarts anything.

use std::path::Path;

use isnad_tests::binary::{
    Consortium, PASSPHRASE, RunningNode, TCP, copy, json, refused, say, say_with_input, write_passphrase,
};
use serde_json::Value;

const DRAFT: &str = r#"{"claims": [{"prop": "note", "lang": "en", "value": "x"}]}"#;

fn note(home: &Path) {
    say_with_input(home, &["--json", "--yes", "record", "new", "incident", "--from", "-"], DRAFT.as_bytes()).json();
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}"))
}

fn key_of(home: &Path, role: &str) -> String {
    let keys = json(home, &["key", "list"]);
    let is_it = |key: &&Value| key["role"] == role && key["is_granted"] == true;
    text(keys.as_array().unwrap().iter().find(is_it).unwrap_or_else(|| panic!("{keys}")), "key").to_owned()
}

fn revoke(home: &Path, key: &str) {
    json(home, &["--yes", "key", "revoke", &key[..12], "--keep-all", "--reason", "lost"]);
}

/// A key made and granted on a home, and the one of its role before it revoked.
fn replaced(home: &Path, role: &str) -> String {
    let before = key_of(home, role);
    let made = json(home, &["key", "new", "--role", role, "--label", "another"]);
    let key = text(&made, "key").to_owned();
    let granted = json(home, &["--yes", "key", "grant", &key[..12]]);
    assert_eq!(granted["state"], "in_effect", "{granted}");
    revoke(home, &before);
    key
}

#[test]
fn a_key_that_is_granted_on_a_running_node_writes_and_attests_at_once() {
    let consortium = Consortium::found(2);
    let [home, other] = &consortium.homes[..] else { panic!("two homes") };
    std::fs::write(home.join("isnad.toml"), "attest_after = 0\n").unwrap();
    let node = RunningNode::start(home, TCP, &[]);
    let peer = RunningNode::start(other, TCP, &node.listening);
    note(home);
    let [contributor, attesting] = ["contributor", "node"].map(|role| replaced(home, role));
    note(home);
    let first = json(home, &["explain", &format!("{}:members:1", &contributor[..12])]);
    assert_eq!((&first["standing"], &first["kind"]), (&"counts".into(), &"change".into()), "{first}");
    // What it attests is said with the new key, and counts where it is heard.
    for node in [&node, &peer] {
        let path = format!("/standing/{attesting}:members:1");
        let told = node.wait_for(&path, |status, told| (status == 200).then(|| told.clone()));
        assert_eq!((&told["standing"], &told["kind"]), (&"counts".into(), &"attestation".into()), "{told}");
    }
    node.agrees_with(other);
    assert_eq!((node.stop("TERM"), peer.stop("TERM")), (0, 0));
    // A start finds it as it was: the mark knows the new log.
    note(home);
    assert_eq!(json(home, &["explain", &format!("{}:members:2", &contributor[..12])])["standing"], "counts");
}

#[test]
fn a_key_file_that_was_brought_by_hand_is_named_and_unlocked_with_one_command() {
    let consortium = Consortium::found(1);
    let home = &consortium.homes[0];
    let own = text(&json(home, &["organisation", "show"]), "organisation").to_owned();
    let node = RunningNode::start(home, TCP, &[]);
    let before = key_of(home, "contributor");
    let laptop = consortium.dir.path().join("laptop");
    write_passphrase(&laptop, PASSPHRASE);
    let request = consortium.path("request");
    let new = ["key", "new", "--role", "contributor", "--label", "laptop", "--organisation", &own, "-o", &request];
    let key = text(&json(&laptop, &new), "key").to_owned();
    let file = format!("contributor-{}.key", &key[..16]);
    copy(&laptop.join("keys").join(&file), &home.join("keys"));
    json(home, &["--yes", "key", "grant", &request]);
    revoke(home, &before);
    let told = node.get("/status").unwrap().1;
    let named = told["notices"].as_array().unwrap().iter().filter_map(Value::as_str);
    let named = named.filter(|notice| notice.contains(&key) && notice.contains("isnad key unlock")).count();
    assert_eq!(named, 1, "{told}");
    let draft = consortium.file("draft.json", DRAFT);
    let locked = refused(home, &["--yes", "record", "new", "incident", "--from", &draft], 3);
    assert_eq!(locked["code"], "no_key", "{locked}");
    assert!(text(&locked, "try").contains("isnad key unlock"), "{locked}");

    let unlocked = json(home, &["key", "unlock"]);
    assert!(unlocked.as_array().unwrap().contains(&Value::from(key.clone())), "{unlocked}");
    note(home);
    assert_eq!(json(home, &["explain", &format!("{}:members:1", &key[..12])])["standing"], "counts");
    for language in ["ar", "en", "fr"] {
        let said = say(home, &["--lang", language, "key", "unlock"]);
        assert!(said.code == 0 && said.out.contains(&key[..8]), "{said:?}");
    }
    assert_eq!(node.stop("TERM"), 0);
    let said = say(home, &["key", "unlock"]);
    assert!(said.code == 0 && said.out.contains("No node runs"), "{said:?}");
}
