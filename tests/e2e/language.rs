//! A reader of one language alone: help, mistakes, refusals and the state of a node.

use isnad_tests::binary::{Consortium, isnad, refused, say};

const LANGUAGES: [&str; 3] = ["ar", "en", "fr"];

/// True if the text is told in Arabic: what is Latin in it are names, commands and codes.
fn is_arabic(text: &str) -> bool {
    text.chars().any(|letter| ('\u{600}'..='\u{6ff}').contains(&letter))
}

#[test]
fn what_is_not_done_is_told_in_each_language_and_with_one_code() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let empty = consortium.file("empty.json", r#"{"claims": []}"#);
    let broken = consortium.file("broken.json", "{\n  \"claims\": [}");
    let cases: [(&[&str], i32); 13] = [
        (&["show", "nothing"], 1),
        (&["show"], 2),
        (&["frobnicate"], 2),
        (&["list", "frob"], 2),
        (&["--today", "tomorrow", "who"], 2),
        (&["carry", "in", "/no/such/file"], 2),
        (&["carry", "in", &empty], 3),
        (&["join", &empty], 3),
        (&["init", "--name", "Again", "--kind", "ngo"], 2),
        (&["record", "new", "incident", "--from", &empty], 3),
        (&["record", "new", "incident", "--from", &broken], 3),
        (&["import", &broken], 3),
        (&["found", "assemble", &consortium.path("0.signed"), "-o", &consortium.path("x")], 1),
    ];
    for (arguments, code) in cases {
        let told = LANGUAGES.map(|language| refused(home, &[&["--lang", language], arguments].concat(), code));
        let text = |index: usize, part: &str| told[index][part].as_str().unwrap_or_default();
        assert!(told.iter().all(|problem| problem["code"] == told[1]["code"]), "{told:?}");
        for part in ["error", "try"] {
            assert!(is_arabic(text(0, part)), "{arguments:?}: {told:?}");
            assert!(text(1, part) != text(2, part) && !is_arabic(text(2, part)), "{arguments:?}: {told:?}");
        }
        let why = text(0, "why");
        assert!(is_arabic(why) || why.is_empty() || told[1]["code"] == "unsigned", "{arguments:?}: {told:?}");
        let words = [["خطأ:", "الحل:"], ["error:", "try:"], ["erreur :", "que faire :"]];
        for (language, words) in LANGUAGES.iter().zip(words) {
            let said = say(home, &[&["--lang", language], arguments].concat());
            assert!(words.iter().all(|word| said.err.contains(word)), "{said:?}");
        }
    }
}

#[test]
fn a_node_says_in_arabic_where_it_stands() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    for command in [&["status"][..], &["who"], &["digest"], &["found", "show", &consortium.path("draft")]] {
        let said = say(home, &[&["--lang", "ar"], command].concat());
        assert_eq!(said.code, 0, "{said:?}");
        assert!(is_arabic(&said.out), "{said:?}");
        for english in [" entries", " entry", "consortium ", "version", "in effect", "sign an amendment", "has not"] {
            assert!(!said.out.contains(english), "{english}: {said:?}");
        }
    }
}

#[test]
fn help_is_asked_for_by_flag_or_environment() {
    let home = tempfile::tempdir().unwrap();
    let by_flag = say(home.path(), &["--lang", "ar", "help", "record", "new"]);
    let output = isnad_tests::binary::command(home.path(), &["help", "record", "new"]).env("ISNAD_LANG", "ar").output();
    let by_environment = isnad_tests::binary::Said::of(&output.unwrap());
    assert!(by_flag.code == 0 && is_arabic(&by_flag.out), "{by_flag:?} of {}", isnad().display());
    assert_eq!(by_flag.out, by_environment.out);
    assert!(by_flag.out.contains("الاستعمال: isnad record new"), "{by_flag:?}");
}
