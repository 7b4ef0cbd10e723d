//! Reading: by the index, in each language, as of any day, as text and as JSON; what is missing is said.

use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;

use isnad_protocol::id::RecordId;
use isnad_tests::binary::{Consortium, RunningNode, Said, TCP, command, json, refused, say, say_with_input};
use serde_json::Value;

const DATASET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/data/incidents.json");

/// Everything that a reader can ask of a home, but for where its peers stand.
fn answers(home: &Path) -> Vec<Value> {
    let mut answers = vec![json(home, &["digest"]), json(home, &["who"])];
    for kind in ["incident", "subject", "finding", "attribution", "designation", "source", "case", "organisation"] {
        let list = json(home, &["--today", "2020-05-05", "list", kind]);
        let first = list[0]["record"].as_str().unwrap().to_owned();
        answers.push(list);
        answers.push(json(home, &["--today", "2020-05-05", "show", &first]));
        answers.push(json(home, &["history", &first]));
    }
    answers
}

#[test]
fn an_index_that_is_gone_or_damaged_is_made_anew_with_the_same_answers() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    json(home, &["import", DATASET]);
    let before = answers(home);
    let index = home.join("index");
    let files = || std::fs::read_dir(&index).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file());
    let damages: [(&str, &dyn Fn()); 4] = [
        ("gone", &|| std::fs::remove_dir_all(&index).unwrap()),
        ("emptied", &|| files().for_each(|path| std::fs::write(path, "").unwrap())),
        ("overwritten", &|| {
            files().for_each(|path| {
                let mut bytes = std::fs::read(&path).unwrap();
                bytes.iter_mut().step_by(61).for_each(|byte| *byte ^= 0x5a);
                std::fs::write(path, bytes).unwrap();
            });
        }),
        ("a file in its place", &|| {
            std::fs::remove_dir_all(&index).unwrap();
            std::fs::write(&index, "no index").unwrap();
        }),
    ];
    for (what, damage) in damages {
        damage();
        assert!(before == answers(home), "{what}: the answers differ");
    }
}

/// A home with all that is imported, and the one record that was written besides.
fn imported_and_one_more() -> (Consortium, String) {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    json(home, &["import", DATASET]);
    let draft = r#"{"claims": [{"prop": "title", "value": "Of this alone something is read", "lang": "en"}]}"#;
    let written =
        say_with_input(home, &["--json", "record", "new", "incident", "--from", "-"], draft.as_bytes()).json();
    let alone = written["record"].as_str().unwrap().to_owned();
    (consortium, alone)
}

#[test]
fn nothing_is_read_from_the_journal_to_list_and_of_it_only_what_stands_of_a_record_to_show_that() {
    let (consortium, alone) = imported_and_one_more();
    let (home, alone) = (&consortium.homes[0], &*alone);
    let node = RunningNode::start(home, TCP, &[]);
    let before = [json(home, &["list", "incident"]), json(home, &["show", alone])];
    let flip = || flip_in_all_others(home, RecordId::parse(alone).unwrap());
    let damaged = flip();
    assert!(damaged > 50, "only {damaged} entries");
    assert_eq!([json(home, &["list", "incident"]), json(home, &["show", alone])], before);
    // What is not as it was written is told, never shown.
    let others = before[0].as_array().unwrap().iter().filter_map(|line| line["record"].as_str());
    for other in others.filter(|other| *other != alone) {
        assert_eq!(refused(home, &["show", other], 1)["code"], "journal_damaged");
    }
    flip();
    json(home, &["digest"]);
    assert_eq!(node.stop("TERM"), 0);
}

#[test]
fn a_list_lacks_the_records_of_which_the_journal_is_damaged_and_says_so() {
    let (consortium, alone) = imported_and_one_more();
    let (home, alone) = (&consortium.homes[0], &*alone);
    let node = RunningNode::start(home, TCP, &[]);
    let flip = || flip_in_all_others(home, RecordId::parse(alone).unwrap());
    flip();
    // However the lines are broken.
    let told = |said: &Said| said.err.split_whitespace().collect::<Vec<_>>().join(" ");
    for format in ["json", "jsonl", "csv", "geojson", "table"] {
        let said = say(home, &["list", "incident", "--format", format]);
        let has_others = ["json", "jsonl", "csv"].contains(&format);
        assert!(said.code == 1 && (!has_others || said.out.contains("Of this alone something is read")), "{said:?}");
        assert!(told(&said).contains("left out of this list") && said.err.contains("1.seg"), "{said:?}");
    }
    let arabic = say(home, &["--lang", "ar", "due"]);
    assert!(arabic.code == 1 && told(&arabic).contains("خارج هذه القائمة"), "{arabic:?}");
    flip();
    assert_ne!(json(home, &["list", "incident"]).as_array().unwrap().len(), 1);
    assert_eq!(node.stop("TERM"), 0);
}

/// Flips a bit in each frame of the journals that holds an entry about another record; done again, they are as they were.
fn flip_in_all_others(home: &Path, record: RecordId) -> usize {
    let mut flipped = 0;
    for space in std::fs::read_dir(home.join("journal")).unwrap() {
        let path = space.unwrap().path().join("1.seg");
        let mut bytes = std::fs::read(&path).unwrap();
        let mut at = 24;
        while at < bytes.len() {
            let length = u32::from_be_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
            // Behind marker, length, checksum and kind stands the header, in it the record. format §1, §10.1.
            let about = &mut bytes[at + 13..][..224];
            if !about.windows(16).any(|part| part == record.as_bytes()) {
                about[200] ^= 1;
                flipped += 1;
            }
            at += 12 + length;
        }
        // In place: a node has the file open.
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().write_all_at(&bytes, 0).unwrap();
    }
    flipped
}

#[test]
fn a_day_decides_what_is_in_force() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    json(home, &["import", DATASET]);
    let freeze = |day: &str| {
        let list = json(home, &["--today", day, "list", "designation"]);
        let lines = list.as_array().unwrap().iter();
        let mut freezes = lines.filter(|line| line["aliases"].as_array().unwrap().contains(&"fr-2018-05-18".into()));
        freezes.next().unwrap().clone()
    };
    let (during, after) = (freeze("2018-06-01"), freeze("2019-06-01"));
    assert_ne!(during["in_force"]["state"], after["in_force"]["state"]);
    assert_eq!(after["in_force"]["state"], "term_over");
    // A source of that name is in the dataset too: the alias alone does not say which is meant.
    let title = "Three orders — Organisation 1";
    let source = json(home, &["list", "source", "--search", "Three orders"])[0]["record"].as_str().unwrap().to_owned();
    json(home, &["claim", "add", &source, "title", title, "--in", "ar"]);
    let several = refused(home, &["--lang", "ar", "show", "fr-2018-05-18"], 1);
    assert_eq!(several["code"], "ambiguous");
    // Who gives the alias stands before the title, which is in the reader's language: none passes for an organisation.
    let why = several["why"].as_str().unwrap();
    assert!(why.contains(&format!("{source} — Organisation 0: {title}")), "{why}");
    // Where a source is due, it is the source.
    let cited =
        ["claim", "add", during["record"].as_str().unwrap(), "note", "x", "--in", "en", "--source", "fr-2018-05-18"];
    json(home, &cited);
    // Names and states are cut to the width of the terminal, and no line ends in blanks.
    let narrow = command(home, &["list", "designation"]).env("COLUMNS", "45").output().unwrap();
    let marks = ['\u{2066}', '\u{2068}', '\u{2069}'];
    for line in Said::of(&narrow).out.lines() {
        let seen = line.replace(marks, "");
        assert!(seen.chars().count() <= 45 && !line.ends_with(' '), "{line}");
    }
    let record = during["record"].as_str().unwrap();
    let shown = say(home, &["--today", "2018-06-01", "show", record]).out;
    assert!(shown.contains("as of 2018-06-01"), "{shown}");
    for command in [&["show", record][..], &["history", record], &["list", "case"], &["digest"]] {
        json(home, &[&["--today", "2018-06-01"], command].concat());
        for wrong in ["2018-13-01", "yesterday", ""] {
            assert_eq!(refused(home, &[&["--today", wrong], command].concat(), 2)["code"], "usage", "{wrong}");
        }
    }
}

#[test]
fn each_failure_has_its_exit_code_and_says_what_why_and_what_to_do() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    for (arguments, code) in [
        (&["show", "no-such-alias"][..], 1),
        (&["show", "00112233"], 1),
        (&["show", "incident/00112233"], 1),
        (&["history", "incident/00112233445566778899aabbccddee"], 1),
        (&["show", "incident/00112233445566778899aabbccddee"], 1),
        (&["list", "no-such-kind"], 2),
        (&["frobnicate"], 2),
        (&["list"], 2),
        (&["import", "/no/such/file"], 2),
        (&["join", "/dev/null"], 3),
        (&["export", "--format", "csv", "-o", "x"], 2),
        (&["completions", "cobol"], 2),
    ] {
        let problem = refused(home, arguments, code);
        assert!(!problem["try"].as_str().unwrap().is_empty(), "{problem}");
        let text = say(home, arguments);
        assert!(text.code == code && text.out.is_empty() && text.err.starts_with("error: "), "{text:?}");
    }
    let nowhere = consortium.dir.path().join("nowhere");
    assert_eq!(refused(&nowhere, &["list", "incident"], 2)["code"], "not_a_home");
    // A node that goes away in the middle of a request.
    let listener = std::os::unix::net::UnixListener::bind(home.join("api.sock")).unwrap();
    let hangs_up = std::thread::spawn(move || {
        for _ in 0..2 {
            drop(listener.accept().unwrap());
        }
    });
    assert_eq!(refused(home, &["status"], 4)["code"], "node_unreachable");
    hangs_up.join().unwrap();
    // Its socket stays behind, as after a kill: the command opens the home itself.
    json(home, &["status"]);
}

#[test]
fn output_that_cannot_be_written_is_no_success_and_a_closed_pipe_is() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    for arguments in [&["digest"][..], &["list", "incident", "--json"], &["audit"], &["record", "example", "incident"]]
    {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let said = Said::of(&command(home, arguments).stdout(full).output().unwrap());
        assert!(said.code == 70 && said.err.contains("standard output"), "{arguments:?}: {said:?}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let said = Said::of(&command(home, arguments).stdout(writer).output().unwrap());
        assert!(said.code == 0 && said.err.is_empty(), "{arguments:?}: {said:?}");
    }
    let full = refused(home, &["export", "--format", "acts", "-o", "/dev/full"], 70);
    assert_eq!(full["code"], "disk");
    let carried = consortium.path("carried");
    json(home, &["carry", "out", &carried]);
    assert_eq!(std::fs::metadata(&carried).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn every_shell_gets_a_completion_script_and_every_reader_help() {
    let dir = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = say(dir.path(), &["completions", shell]);
        assert!(said.code == 0 && said.out.contains("isnad") && said.out.contains("carry"), "{shell}");
    }
    for help in [&["help"][..], &["--help"], &["help", "found"], &["help", "claim", "retract"], &["--version"]] {
        let said = say(dir.path(), help);
        assert!(said.code == 0 && said.err.is_empty() && said.out.contains("isnad"), "{help:?}: {said:?}");
    }
    let bash = say(dir.path(), &["completions", "bash"]).out;
    let script = dir.path().join("isnad.bash");
    std::fs::write(&script, bash).unwrap();
    let checked = std::process::Command::new("bash").arg("-n").arg(&script).status();
    assert!(checked.is_err() || checked.unwrap().success(), "the script is one that bash reads");
}
