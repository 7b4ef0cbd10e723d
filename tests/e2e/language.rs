//! A reader of one language alone: help, mistakes, refusals, records and the state of a node.

use std::collections::BTreeSet;

use isnad_protocol::model::{KINDS, properties, vocabularies};
use isnad_protocol::view::BodyClass;
use isnad_tests::binary::{Consortium, isnad, json, refused, say};

const DATASET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/data/incidents.json");

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
    assert!(by_flag.out.contains("الاستعمال: \u{2066}isnad record new"), "{by_flag:?}");
}

/// What an Arabic page may hold in Latin letters outside of isolates, which set off ids, options, names and quoted words: formats,
/// placeholders and names that are the same in every language, what this test types wrong, and what its consortium is called.
const LATIN: &str = "isnad toml JSON TLP AMBER CLEAR UTC RFC CS GB HD VX Automerge Test consortium Organisation ID JSON CAS \
    FILE KIND RECORD CLAIM LANG NAME TEXT CODE DATE VALUE PROPERTY OPTIONS COMMAND YYYY MM DD DIR ORG BODIES MULTIADDR ISNAD HOME \
    XDG DATA VISUAL EDITOR SPACE SHELL TIME OTHER VERDICT FORMAT table json jsonl csv geojson bash zsh fish elvish powershell \
    court mandated state ngo press other own majority none frob zz vm tlp candidates ar en fr amber green clear act charter our";

/// What its help may hold besides: values of options and the placeholders of some.
const VALUES: &str = "NODE FRONTIER members international incidents different sy changed claims organisations WHOSE PATH entries acts automerge \
    first node LABEL FILES REASON NOTE ORGANISATION MEMBER BODY SORT COUNTRY WHAT ACT KEY SEQ COUNT ROLE REQUESTS reader contributor \
    admin lost stolen left role change";

/// English words of a page in Arabic: what is isolated, and commands to copy, left aside.
fn english_in(page: &str, known: &BTreeSet<String>) -> Vec<String> {
    let is_command = |line: &&str| line.split_whitespace().next().is_some_and(|word| word.ends_with("isnad"));
    let mut outside = String::new();
    // A long command goes on behind a backslash.
    let page = page.replace("\\\n", "");
    for line in page.lines().filter(|line| !is_command(line)) {
        let mut depth = 0_usize;
        for letter in line.chars() {
            match letter {
                '\u{2066}'..='\u{2068}' => depth += 1,
                '\u{2069}' => {
                    depth = depth.checked_sub(1).unwrap_or_else(|| panic!("closes what is not open: {line:?}"))
                }
                _ if depth == 0 => outside.push(letter),
                _ => {}
            }
        }
        assert_eq!(depth, 0, "a line leaves an isolate open: {line:?}");
        outside.push('\n');
    }
    let words = outside.split(|letter: char| !letter.is_ascii_alphabetic()).filter(|word| word.len() > 1);
    words.filter(|word| !known.contains(*word)).map(str::to_owned).collect()
}

/// Words that are codes in every language.
fn codes() -> BTreeSet<String> {
    let mut codes: Vec<&str> = LATIN.split_whitespace().collect();
    codes.extend(KINDS.iter().map(|kind| kind.name));
    codes.extend(KINDS.iter().flat_map(|kind| properties(kind.code)).map(|property| property.code));
    codes.extend(vocabularies::ALL.iter().flat_map(|vocabulary| vocabulary.codes.iter().copied()));
    codes.extend(BodyClass::ALL.map(BodyClass::name));
    codes.iter().flat_map(|code| code.split(|letter: char| !letter.is_ascii_alphabetic())).map(str::to_owned).collect()
}

#[test]
fn a_session_in_arabic_holds_no_english() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let _ = json(home, &["import", DATASET]);
    let known = codes();
    let record = "khan-al-assal-2013-03-19";
    let view = json(home, &["show", record]);
    let status = view["properties"].as_array().unwrap().iter().find(|property| property["prop"] == "status").unwrap();
    let claim = status["claims"][0]["id"].as_str().unwrap();
    let broken = consortium.file("broken.toml", "");
    let pages: [&[&str]; 40] = [
        &["status"],
        &["who"],
        &["digest"],
        &["audit"],
        &["tasks"],
        &["organisation", "show"],
        &["list", "incident"],
        &["list", "designation"],
        &["list", "incident", "--same-as"],
        &["due", "--within", "3y", "--over"],
        &["show", record],
        &["show", "technolab"],
        &["show", "opcw-iit"],
        &["show", record, "--whose", "state", "--order", "court,state", "--judgements", "majority"],
        &["history", record, "--ids"],
        &["explain", claim, "--record", record],
        &["show", record, "--as-of", "1"],
        &["show", record, "--as-of", "2001-01-01"],
        &["show", record, "--whose", "frob"],
        &["show", record, "--order", "frob"],
        &["explain", "zz"],
        &["explain", "0123456789"],
        &["opinion", "dispute", record, claim],
        &["opinion", "endorse", record, "0123456789"],
        &["opinion", "endorse", record, "zz"],
        &["opinion", "withdraw", record, claim, "--note", "1"],
        &["claim", "add", record, "date", "2018-04-08", "--preview"],
        &["claim", "add", record, "date", "7/4/2018"],
        &["claim", "add", record, "frob", "1"],
        &["claim", "retract", record, claim, "--reason", "error", "--note", "1", "--preview"],
        &["claim", "retract", record, claim, "--reason", "frob", "--note", "1"],
        &["record", "new", "incident"],
        &["record", "new", "incident", "--from", &broken],
        &["import", DATASET, "--preview"],
        &["audit", "--consortium", "1"],
        &["node", "--listen", "frob"],
        &["due", "--within", "frob"],
        &["list", "incident", "--standard", "frob"],
        &["show"],
        &["--frob"],
    ];
    let mut found = Vec::new();
    for page in pages {
        let said = say(home, &[&["--lang", "ar"], page].concat());
        for text in [&said.out, &said.err] {
            let words = english_in(text, &known);
            if !words.is_empty() {
                found.push(format!("{page:?}: {words:?}"));
            }
        }
    }
    // The help of each command names commands, which a list sets at the margin.
    let mut known = known;
    let help = say(home, &["help"]).out;
    let commands: Vec<String> =
        help.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).map(str::to_owned).collect();
    known.extend(VALUES.split_whitespace().map(str::to_owned).chain(commands.iter().cloned()));
    for command in commands.iter().filter(|command| command.starts_with(|letter: char| letter.is_ascii_lowercase())) {
        let below = names_below(home, command);
        let mut own: BTreeSet<String> = below.iter().chain(&known).cloned().collect();
        // What stands below `help` are the commands themselves, with those below each.
        if command == "help" {
            own.extend(below.iter().flat_map(|name| names_below(home, name)));
        }
        for name in below.iter().map(Some).chain([None]) {
            let path: Vec<&str> = [Some(command), name].into_iter().flatten().map(String::as_str).collect();
            let said = say(home, &[&["--lang", "ar", "help"], &path[..]].concat());
            let words = english_in(&said.out, &own);
            if !words.is_empty() {
                found.push(format!("help {path:?}: {words:?}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// The names of the commands below a command.
fn names_below(home: &std::path::Path, command: &str) -> Vec<String> {
    let help = say(home, &["help", command]).out;
    let names = help.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names
        .filter(|name| !name.is_empty() && name.bytes().all(|letter| letter.is_ascii_lowercase()))
        .map(str::to_owned)
        .collect()
}
