//! Sync by a file: `isnad carry out`, `isnad carry in`.

use std::path::Path;

use isnad_tests::binary::{Consortium, json, refused, say_with_input};

fn note(home: &Path, text: &str) {
    let draft = format!(r#"{{"claims": [{{"prop": "note", "lang": "en", "value": "{text}"}}]}}"#);
    say_with_input(home, &["--json", "record", "new", "incident", "--from", "-"], draft.as_bytes()).json();
}

#[test]
fn files_carried_both_ways_make_two_replicas_equal() {
    let consortium = Consortium::found(2);
    let [one, other] = &consortium.homes[..] else { unreachable!() };
    (0..3).for_each(|number| note(one, &format!("one {number}")));
    (0..2).for_each(|number| note(other, &format!("other {number}")));
    let (there, back) = (consortium.path("there"), consortium.path("back"));
    json(one, &["carry", "out", &there]);
    assert_eq!(json(other, &["carry", "in", &there])["entries"], 3);
    json(other, &["carry", "out", &back]);
    assert_eq!(json(one, &["carry", "in", &back])["entries"], 2);
    let spaces = |home: &Path| json(home, &["digest"])["spaces"].clone();
    assert_eq!(spaces(one), spaces(other));
    // Taken in again, it changes nothing.
    assert_eq!(json(one, &["carry", "in", &back])["entries"], 0);
    // For one who said what it holds, only the rest is written.
    note(one, "one more");
    let (all, rest) = (consortium.path("all"), consortium.path("rest"));
    let whole = json(one, &["carry", "out", &all])["bytes"].as_u64().unwrap();
    let part = json(one, &["carry", "out", &rest, "--for", &back])["bytes"].as_u64().unwrap();
    assert!(part < whole, "{part} < {whole}");
    assert_eq!(json(other, &["carry", "in", &rest])["entries"], 1);
    assert_eq!(spaces(one), spaces(other));
}

#[test]
fn a_file_that_is_damaged_cut_or_of_others_is_refused_and_changes_nothing() {
    let consortium = Consortium::found(2);
    let [one, other] = &consortium.homes[..] else { unreachable!() };
    (0..3).for_each(|number| note(one, &format!("one {number}")));
    let file = consortium.path("file");
    json(one, &["carry", "out", &file]);
    let bytes = std::fs::read(&file).unwrap();
    let before = json(other, &["digest"]);
    let mut wrong: Vec<(String, Vec<u8>)> = Vec::new();
    for at in [0, 15, 16, 40, 48, 60, bytes.len() / 2, bytes.len() - 40, bytes.len() - 1] {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        wrong.push((format!("bit flipped at {at}"), flipped));
        wrong.push((format!("cut at {at}"), bytes[..at].to_vec()));
    }
    wrong.push(("bytes behind it".into(), [&bytes[..], b"x"].concat()));
    wrong.push(("empty".into(), Vec::new()));
    wrong.push(("zeros".into(), vec![0; 10_000]));
    for (what, bytes) in wrong {
        let file = consortium.file("wrong", bytes);
        let problem = refused(other, &["carry", "in", &file], 3);
        assert_eq!(problem["code"], "carried_file", "{what}");
        assert_eq!(
            refused(one, &["carry", "out", &consortium.path("none"), "--for", &file], 3)["code"],
            "carried_file"
        );
    }
    assert!(!consortium.dir.path().join("none").exists());
    let strangers = Consortium::found(2);
    note(&strangers.homes[0], "strange");
    let strange = strangers.path("file");
    json(&strangers.homes[0], &["carry", "out", &strange]);
    let problem = refused(other, &["carry", "in", &strange], 3);
    assert!(problem["why"].as_str().unwrap().contains("consortium"), "{problem}");
    refused(other, &["carry", "in", &consortium.path("no-such-file")], 2);
    refused(other, &["carry", "in", &consortium.dir.path().display().to_string()], 2);
    assert_eq!(json(other, &["digest"]), before);
    assert_eq!(json(other, &["carry", "in", &file])["entries"], 3, "the whole file is taken all the same");
}
