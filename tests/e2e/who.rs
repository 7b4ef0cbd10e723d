//! Who is who, how it came to be so, and why an entry counts: as an administrator asks.

use std::path::{Path, PathBuf};

use isnad_tests::binary::{
    Consortium, PASSPHRASE, RunningNode, TCP, copy, json, refused, say, say_with_input, write_passphrase,
};
use serde_json::Value;

const DRAFT: &str = r#"{"claims": [{"prop": "note", "lang": "en", "value": "x"}]}"#;

/// The contributor's key of a home.
fn contributor(who: &Value) -> String {
    let own = who["organisations"].as_array().unwrap().iter().find(|organisation| organisation["id"] == who["own"]);
    let keys = own.unwrap()["keys"].as_array().unwrap().clone();
    let key = keys.iter().find(|key| key["role"] == "contributor").unwrap();
    key["key"].as_str().unwrap().to_owned()
}

fn note(home: &Path) {
    say_with_input(home, &["--json", "--yes", "record", "new", "incident", "--from", "-"], DRAFT.as_bytes()).json();
}

/// Its nodes say at once what they hold.
fn hasty(count: usize) -> Consortium {
    let consortium = Consortium::found(count);
    for home in &consortium.homes {
        std::fs::write(home.join("isnad.toml"), "attest_after = 0\n").unwrap();
    }
    consortium
}

/// A copy of a home beside it, with its passphrase.
fn cloned(consortium: &Consortium, home: &Path) -> PathBuf {
    let clone = consortium.dir.path().join("clone");
    copy(home, &clone);
    write_passphrase(&clone, PASSPHRASE);
    clone
}

/// Hands over by file what one home holds and another lacks.
fn carry(consortium: &Consortium, from: &Path, to: &Path) {
    let file = consortium.path("carried");
    json(from, &["carry", "out", &file]);
    json(to, &["carry", "in", &file]);
}

/// What these commands say in each language, every word filled in.
fn told_in_each(home: &Path, commands: &[&[&str]]) -> Vec<String> {
    let mut all = Vec::new();
    for language in ["ar", "en", "fr"] {
        for arguments in commands {
            let said = say(home, &[&["--lang", language], *arguments].concat());
            assert_eq!(said.code, 0, "{said:?}");
            is_told(&said.out);
            all.push(said.out);
        }
    }
    all
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
    told_in_each(home, &[&["who"], &["who", "--history"], &["explain", &format!("{}:2", &key[..12])]]);
}

#[test]
fn an_entry_that_was_acknowledged_says_by_whom_and_once_revoked_that_it_was_known_before() {
    let consortium = hasty(2);
    let [home, other] = &consortium.homes[..] else { panic!("two homes") };
    let node = RunningNode::start(home, TCP, &[]);
    let peer = RunningNode::start(other, TCP, &node.listening);
    (0..2).for_each(|_| note(home));
    let who = json(home, &["who"]);
    let key = contributor(&who);
    let name = format!("{}:2", &key[..12]);
    let told = node.wait_for(&format!("/standing/{name}"), |_, told| {
        (!told["acknowledged"].as_array()?.is_empty()).then(|| told.clone())
    });
    let by = &told["acknowledged"][0];
    assert_eq!((&told["standing"], &told["others"]), (&"counts".into(), &1.into()), "{told}");
    assert_eq!(by["organisation"], json(other, &["who"])["own"], "{told}");
    assert_eq!(json(home, &["explain", by["entry"].as_str().unwrap()])["kind"], "attestation");
    assert_eq!((node.stop("TERM"), peer.stop("TERM")), (0, 0));

    json(home, &["--yes", "key", "revoke", &key[..12], "--after", "1", "--reason", "stolen"]);
    let told = json(home, &["explain", &name]);
    assert_eq!((&told["standing"], &told["cuts"][0]["is_within"]), (&"repudiated".into(), &false.into()), "{told}");
    assert_eq!(told["acknowledged"][0]["entry"], by["entry"], "what was acknowledged stays so: {told}");
    assert!(told["acknowledged"][0]["knew"].is_null(), "it did not know of the act: {told}");
    let texts = told_in_each(home, &[&["explain", &name]]);
    assert!(texts[1].contains("acknowledged"), "{texts:?}");
}

/// A home runs twice: its copy is confirmed and writes on, and so does it.
#[test]
fn a_forked_entry_is_found_by_its_id_on_either_branch_and_says_that_its_key_signed_twice() {
    let consortium = hasty(2);
    let [home, other] = &consortium.homes[..] else { panic!("two homes") };
    note(home);
    let key = contributor(&json(home, &["who"]));
    let at = |home: &Path, seq: u64| json(home, &["explain", &format!("{}:{seq}", &key[..12])]);
    let clone = cloned(&consortium, home);
    let peer = RunningNode::start(other, TCP, &[]);
    let copied = RunningNode::start(&clone, TCP, &peer.listening);
    copied.wait_for("/status", |_, status| status["not_signing"].is_null().then_some(()));
    note(&clone);
    let theirs = at(&clone, 2);
    let theirs = theirs["entry"].as_str().unwrap();
    peer.wait_for(&format!("/standing/{theirs}"), |status, told| {
        (status == 200 && told["acknowledged"].is_array()).then_some(())
    });
    assert_eq!(copied.stop("TERM"), 0);
    note(home);
    let ours = at(home, 2);
    let ours = ours["entry"].as_str().unwrap();
    assert_ne!(ours, theirs);

    let node = RunningNode::start(home, TCP, &peer.listening);
    // The other branch comes, since a member has named it: it is found by its id, though no position leads there.
    let told = node.wait_for(&format!("/standing/{theirs}"), |status, told| (status == 200).then(|| told.clone()));
    assert_eq!((&told["fork"], &told["seq"]), (&2.into(), &2.into()), "{told}");
    let mine = json(home, &["explain", ours]);
    assert_eq!((&mine["standing"], &mine["fork"]), (&"forked".into(), &2.into()), "{mine}");
    assert_eq!(mine["acknowledged"], serde_json::json!([]), "who named the other branch said nothing of this one");
    assert_eq!(json(home, &["explain", &theirs[..16]])["entry"], theirs);
    let before = at(home, 1);
    assert_eq!((&before["standing"], &before["fork"]), (&"counts".into(), &2.into()), "{before}");
    told_in_each(home, &[&["explain", ours], &["explain", theirs], &["who"], &["who", "--history"]]);
    assert_eq!((node.stop("TERM"), peer.stop("TERM")), (0, 0));
}

/// One of three signs two versions of the charter, the second on a copy of its home whose keys remember nothing of the first.
#[test]
fn a_charter_that_halts_is_told_with_both_rivals_and_who_signed_both() {
    let consortium = Consortium::found(3);
    let [first, double, third] = &consortium.homes[..] else { panic!("three homes") };
    let clone = cloned(&consortium, double);
    let mut rivals = Vec::new();
    for (proposer, signer, name) in [(first, double, "One name"), (third, &clone, "Another name")] {
        let draft = json(proposer, &["--yes", "charter", "rename", name]);
        let id = draft["id"].as_str().unwrap().to_owned();
        carry(&consortium, proposer, signer);
        json(signer, &["--yes", "act", "sign", &id]);
        carry(&consortium, signer, first);
        rivals.push(id);
    }
    rivals.sort_unstable();
    let who = json(first, &["who"]);
    let [halt] = &who["halts"].as_array().unwrap_or_else(|| panic!("no halt: {who}"))[..] else { panic!("{who}") };
    let told: Vec<&str> = halt["rivals"].as_array().unwrap().iter().map(|act| act["id"].as_str().unwrap()).collect();
    assert_eq!(told, rivals);
    assert_eq!((&halt["kind"], &halt["after"]["version"]), (&"charter".into(), &1.into()), "{halt}");
    let [word] = &halt["double"].as_array().unwrap()[..] else { panic!("{halt}") };
    let signer = json(double, &["who"])["own"].clone();
    assert_eq!((&word["organisation"], &word["how"]), (&signer, &"signed".into()), "{halt}");
    assert_eq!((&halt["ends_by"], &who["name"]), (&"settlement".into(), &"Test consortium".into()));

    let story = json(first, &["who", "--history"]);
    let halted =
        |id: &String| story.as_array().unwrap().iter().any(|act| act["id"] == **id && act["state"] == "halted");
    assert!(rivals.iter().all(halted), "{story}");
    let texts = told_in_each(first, &[&["who"], &["who", "--history"]]);
    assert!(texts[2].contains("Organisation 1") && rivals.iter().all(|id| texts[2].contains(&id[..8])), "{}", texts[2]);
    assert!(texts[3].contains("One name") && texts[3].contains("Another name"), "{}", texts[3]);
}

#[test]
fn a_former_member_is_told_with_the_act_that_took_it_out() {
    let consortium = hasty(3);
    let [first, second, third] = &consortium.homes[..] else { panic!("three homes") };
    note(third);
    let out = json(third, &["who"])["own"].clone();
    carry(&consortium, third, first);
    let node = RunningNode::start(first, TCP, &[]);
    let other = RunningNode::start(second, TCP, &node.listening);
    let draft = json(first, &["--yes", "charter", "suspend", "Organisation 2"]);
    let id = draft["id"].as_str().unwrap().to_owned();
    other.wait_for("/status", |_, status| (status["to_sign"].as_array()?.len() == 1).then_some(()));
    json(second, &["--yes", "act", "sign", &id]);
    let who = node.wait_for("/who", |_, who| (who["former"].as_array()?.len() == 1).then(|| who.clone()));
    let former = &who["former"][0];
    assert_eq!((&former["id"], &former["is_suspended"]), (&out, &true.into()), "{former}");
    assert_eq!((&former["taken_out"]["id"], &who["organisations"].as_array().unwrap().len()), (&draft["id"], &2));
    let story = json(first, &["who", "--history"]);
    let act = story.as_array().unwrap().iter().find(|act| act["id"] == *id).unwrap();
    assert_eq!(act["state"], "in_effect", "{act}");
    assert!(act["acknowledged"].as_array().unwrap().len() >= 2, "{act}");
    let texts = told_in_each(first, &[&["who"], &["who", "--history"]]);
    assert!(texts[2].contains("Organisation 2") && texts[2].contains(&id[..8]), "{}", texts[2]);
    assert!(texts[3].contains("Organisation 2"), "{}", texts[3]);
    // The one that was taken out is told nothing more. If it knows no more than that enough have signed, it is warned whenever it
    // is about to sign something.
    let act = consortium.path("suspension");
    json(first, &["act", "export", &id, "-o", &act]);
    json(third, &["act", "take", &act]);
    let wrote = say_with_input(third, &["--yes", "record", "new", "incident", "--from", "-"], DRAFT.as_bytes());
    let renamed = say(third, &["organisation", "rename", "Renamed", "--preview"]);
    for said in [&wrote, &renamed] {
        let warned = said.err.contains("organisation be suspended") && said.err.contains("speak with a member first");
        assert!(said.code == 0 && warned, "{said:?}");
    }
    assert!(say(third, &["status"]).out.contains("organisation be suspended"));
    assert_eq!((node.stop("TERM"), other.stop("TERM")), (0, 0));
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
