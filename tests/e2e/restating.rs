//! A key is stolen: what the thief said stops counting, and so does what an honest colleague wrote on it. Both are told to their
//! organisation, with the commands that say them again.

use std::path::{Path, PathBuf};

use isnad_tests::binary::{Consortium, PASSPHRASE, json, refused, say, write_passphrase};
use serde_json::{Value, json as value};

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Hands over by file what one home holds and another lacks.
fn carry(consortium: &Consortium, from: &Path, to: &Path) {
    let file = consortium.path("carried");
    json(from, &["carry", "out", &file]);
    json(to, &["carry", "in", &file]);
}

/// A colleague's machine: a key of the first organisation, and a replica.
fn laptop(consortium: &Consortium) -> PathBuf {
    let home = &consortium.homes[0];
    let own = text(&json(home, &["organisation", "show"])["organisation"]);
    let laptop = consortium.dir.path().join("laptop");
    write_passphrase(&laptop, PASSPHRASE);
    let (request, acts) = (consortium.path("request"), consortium.path("acts"));
    let new = ["key", "new", "--role", "contributor", "--label", "laptop", "--organisation", &own, "-o", &request];
    json(&laptop, &new);
    assert_eq!(json(home, &["key", "grant", &request])["state"], "in_effect");
    json(home, &["export", "--format", "acts", "-o", &acts]);
    json(&laptop, &["join", &acts]);
    laptop
}

/// What a home is told to restate: why, and what it was.
fn told(home: &Path) -> Vec<(String, String)> {
    let tasks = json(home, &["tasks"]);
    tasks.as_array().unwrap().iter().map(|task| (text(&task["why"]), text(&task["what"]))).collect()
}

/// The command that a page tells behind these words, without its name.
fn command(page: &str, words: &str) -> Vec<String> {
    let mut lines = page.lines().skip_while(|line| !line.contains(words));
    let line = lines.nth(1).unwrap_or_else(|| panic!("no {words}: {page}"));
    let mut parts = line.split_whitespace().map(str::to_owned);
    assert_eq!(parts.next().as_deref(), Some("isnad"), "{line}");
    parts.collect()
}

fn run(home: &Path, command: &[String], more: &[&str]) -> Value {
    let arguments: Vec<&str> = command.iter().map(String::as_str).chain(more.iter().copied()).collect();
    json(home, &arguments)
}

#[test]
fn a_colleague_who_wrote_on_a_thiefs_words_is_told_and_says_them_again() {
    let consortium = Consortium::found(2);
    let [home, other] = &consortium.homes[..] else { unreachable!() };
    let laptop = laptop(&consortium);
    let keys = json(home, &["key", "list"]);
    let stolen = keys.as_array().unwrap().iter().find(|key| key["role"] == "contributor" && key["label"] != "laptop");
    let stolen = text(&stolen.unwrap()["key"]);

    // Three honest entries: a record, a text, the claim that points to it. The thief adds to the text, and claims.
    let file = consortium.file("record", r#"{"claims": [{"prop": "title", "value": "A visit", "lang": "en"}]}"#);
    let record = text(&json(home, &["record", "new", "incident", "--from", &file])["record"]);
    let file = consortium.file("text", "We were there at noon.\n");
    let begun = json(home, &["narrative", "edit", &record, "--from", &file, "--in", "en"]);
    let narrative = text(&begun["narratives"][0]);
    let edit = |home: &Path, words: &str| {
        let file = consortium.file("text", words);
        json(home, &["narrative", "edit", &record, "--narrative", &narrative, "--from", &file]);
    };
    edit(home, "We were there at noon.\nNobody was hurt.\n");
    let claimed = json(home, &["claim", "add", &record, "note", "Nothing", "happened", "--in", "en"]);
    let claimed = text(&claimed["claims"][0]);
    for to in [&laptop, other] {
        carry(&consortium, home, to);
    }
    edit(&laptop, "We were there at noon.\nNobody was hurt.\nThree witnesses say: it smelt of chlorine.\n");
    carry(&consortium, &laptop, home);
    assert_eq!(json(&laptop, &["tasks"]), value!([]));

    let revoke = ["key", "revoke", &stolen, "--after", "3", "--reason", "stolen"];
    assert_eq!(json(home, &revoke)["state"], "in_effect");
    for to in [&laptop, other] {
        carry(&consortium, home, to);
    }
    assert_eq!(json(&laptop, &["show", &record])["narratives"][0]["text"], "We were there at noon.\n");
    let pairs =
        |list: &[(&str, &str)]| list.iter().map(|(why, what)| ((*why).into(), (*what).into())).collect::<Vec<_>>();
    let lost = pairs(&[("void", "edit"), ("revoked", "edit"), ("revoked", "claim")]);
    assert_eq!((told(&laptop), told(home), told(other)), (lost.clone(), lost, pairs(&[])));
    let tasks = json(&laptop, &["tasks"]);
    assert_eq!((&tasks[0]["lang"], &tasks[0]["stands"]), (&"en".into(), &true.into()));
    assert_eq!(text(&tasks[0]["inserted"][0]).trim(), "Three witnesses say: it smelt of chlorine.");
    assert_eq!((&tasks[0]["cause"]["entry"], &tasks[0]["cause"]["standing"]), (&tasks[1]["entry"], &"revoked".into()));
    // Lines are broken where the page ends.
    let history = say(other, &["history", &record]).out.split_whitespace().collect::<Vec<_>>().join(" ");
    let short = &text(&tasks[1]["entry"])[..12];
    assert!(history.contains(&format!("stands on entry {short}, which does not count: key revoked")), "{history}");
    let page = say(&laptop, &["--lang", "ar", "tasks"]).out;
    assert!(page.contains("Three witnesses say: it smelt of chlorine.") && page.contains("laptop"), "{page}");

    // The thief's claim is no word of ours; then the text is written again, and with it the thief's addition is settled.
    let page = say(&laptop, &["tasks"]).out;
    let disown = command(&page, "if you do not stand by it");
    assert_eq!(disown[..2], ["claim", "retract"]);
    let [words @ .., _] = &disown[..] else { unreachable!() };
    run(&laptop, words, &["Not ours: the key was stolen."]);
    assert_eq!(told(&laptop), pairs(&[("void", "edit"), ("revoked", "edit")]));
    assert_eq!(refused(&laptop, &["claim", "add", &record, "--again", &claimed], 1)["code"], "not_found");
    let again = consortium.file("again", "We were there at noon.\nThree witnesses say: it smelt of chlorine.\n");
    run(&laptop, &command(&page, "to write again what you stand by"), &["--from", &again]);
    carry(&consortium, &laptop, home);
    assert_eq!((json(&laptop, &["tasks"]), json(home, &["tasks"])), (value!([]), value!([])));
}

#[test]
fn what_a_revoked_key_said_is_said_again_in_the_same_words_with_another() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let laptop = laptop(&consortium);
    let file = consortium.file("record", r#"{"claims": [{"prop": "title", "value": "A visit", "lang": "en"}]}"#);
    let written = json(&laptop, &["record", "new", "incident", "--from", &file]);
    let record = text(&written["record"]);
    let file = consortium.file("text", "We were there the whole day.\n");
    json(&laptop, &["narrative", "edit", &record, "--from", &file, "--in", "en"]);
    carry(&consortium, &laptop, home);
    json(home, &["key", "revoke", "laptop", "--after", "0", "--reason", "lost"]);
    let page = say(home, &["tasks"]).out;
    let lost = told(home);
    // What pointed to the text goes with it.
    let expected = ["claim", "edit"].map(|what| ("revoked".to_owned(), what.to_owned()));
    assert_eq!(lost, expected);
    let again = run(home, &command(&page, "to say it again, in the same words"), &[]);
    assert_eq!(again["claims"][0], written["claims"][0], "the same words are the same claim");
    run(home, &command(&page, "to write again what you stand by"), &["--from", &file]);
    assert_eq!(json(home, &["tasks"]), value!([]));
}
