//! Who is who, how it came to be so, and why an entry counts: as an administrator asks.

use isnad_tests::binary::{Consortium, json, refused, say, say_with_input};
use serde_json::Value;

const DRAFT: &str = r#"{"claims": [{"prop": "note", "lang": "en", "value": "x"}]}"#;

/// The contributor's key of a home.
fn contributor(who: &Value) -> String {
    let own = who["organisations"].as_array().unwrap().iter().find(|organisation| organisation["id"] == who["own"]);
    let keys = own.unwrap()["keys"].as_array().unwrap().clone();
    let key = keys.iter().find(|key| key["role"] == "contributor").unwrap();
    key["key"].as_str().unwrap().to_owned()
}

/// A text in which every word of the locale is filled in.
fn is_told(text: &str) {
    for raw in ["{", "who.", "story.", "entry.", "entry_why", "change.", "acts.", "count."] {
        assert!(!text.contains(raw), "{raw} in\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() < 200), "{text}");
}

#[test]
fn a_revoked_key_is_shown_with_its_act_and_its_entries_say_why_they_do_not_count() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    (0..3).for_each(|_| {
        say_with_input(home, &["--json", "record", "new", "incident", "--from", "-"], DRAFT.as_bytes()).json();
    });
    let before = json(home, &["who"]);
    let key = contributor(&before);
    assert_eq!(before["organisations"][0]["since"]["version"], 1, "{before}");
    let second = json(home, &["explain", &format!("{}:2", &key[..12])]);
    assert_eq!((&second["standing"], &second["code"]), (&"counts".into(), &0.into()), "{second}");
    assert_eq!(second["key"]["granted_by"]["state"], "in_effect", "{second}");
    let id = second["entry"].as_str().unwrap();
    assert_eq!(json(home, &["explain", &id[..16]]), second, "by its id as by its position");

    json(home, &["key", "revoke", &key[..12], "--after", "1", "--reason", "stolen", "--yes"]);
    let who = json(home, &["who"]);
    let own = who["organisations"].as_array().unwrap().iter().find(|organisation| organisation["id"] == who["own"]);
    let ended = own.unwrap()["ended"].as_array().unwrap();
    assert!(ended.iter().any(|ended| ended["key"] == *key && ended["revoked_by"][0]["version"] == 2), "{who}");
    for (seq, standing) in [(1, "counts"), (2, "revoked"), (3, "revoked")] {
        let told = json(home, &["explain", &format!("{}:members:{seq}", &key[..12])]);
        assert_eq!(told["standing"], standing, "{seq}: {told}");
        assert_eq!(told["cuts"][0]["last"], 1, "{told}");
        assert!(told["rules"].as_array().unwrap().contains(&"8.1".into()), "{told}");
    }
    let history = json(home, &["who", "--history"]);
    let last = history.as_array().unwrap().iter().find(|act| act["version"] == 2).unwrap();
    assert_eq!((&last["state"], &last["changes"][0]["change"]), (&"in_effect".into(), &"revoked".into()), "{last}");
    for language in ["ar", "en", "fr"] {
        for arguments in [&["who"][..], &["who", "--history"], &["explain", &format!("{}:2", &key[..12])]] {
            let said = say(home, &[&["--lang", language], arguments].concat());
            assert_eq!(said.code, 0, "{said:?}");
            is_told(&said.out);
        }
    }
}

#[test]
fn what_names_no_entry_is_refused_with_what_to_do() {
    let consortium = Consortium::found(1);
    let home = &consortium.homes[0];
    let key = contributor(&json(home, &["who"]));
    for (text, code, exit) in [
        ("0123456789abcdef", "not_found", 1),
        (&format!("{}:1", &key[..12])[..], "not_found", 1),
        (&format!("{}:x", &key[..12]), "usage", 2),
        ("abc:1", "usage", 2),
        ("a:b:c:d", "usage", 2),
        ("xyz", "usage", 2),
    ] {
        assert_eq!(refused(home, &["explain", text], exit)["code"], code, "{text}");
    }
}
