//! `isnad demo`: what it says, and that what it tells people to try works as pasted.

use std::path::Path;
use std::process::Command;

use isnad_tests::binary::{Said, isnad};
use serde_json::Value;

fn demo(arguments: &[&str], dir: &Path) -> Said {
    let mut command = Command::new(isnad());
    command.args(["demo", "--headless", "--dir"]).arg(dir).args(arguments);
    Said::of(&command.env("COLUMNS", "100").env("LANG", "C").env_remove("ISNAD_HOME").output().unwrap())
}

#[test]
fn headless_demo_says_that_three_organisations_agree() {
    let dir = tempfile::tempdir().unwrap();
    let said = demo(&["--json"], &dir.path().join("demo"));
    assert_eq!(said.err, "", "nothing beside the JSON");
    let shown = said.json();
    assert_eq!(shown["organisations"], 3);
    for count in ["records", "claims", "entries"] {
        assert!(shown[count].as_u64().unwrap() > 100, "{count}: {shown}");
    }
    assert!(shown["seconds"].as_f64().unwrap() < 30.0, "{shown}");
    let digests: Vec<&Value> = shown["digest"].as_object().unwrap().values().collect();
    assert_eq!(digests.len(), 3);
    assert!(digests.iter().all(|digest| *digest == digests[0] && digest["members"].is_string()), "{shown}");
    // A second demo does not write into the homes of the first.
    let again = demo(&["--json"], &dir.path().join("demo")).problem(2);
    assert!(again["try"].as_str().unwrap().contains("--dir"), "{again}");
}

#[test]
fn demo_ends_with_an_incident_side_by_side_a_freeze_digests_and_commands_that_work() {
    // Each language's words for: signed by, standard of proof, term over.
    for (lang, words) in [
        ("en", ["signed by", "standard of proof", "term over"]),
        ("fr", ["signé par", "critère de preuve", "terme échu"]),
        ("ar", ["بتوقيع", "معيار الإثبات", "انقضت المدة"]),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let said = demo(&["--lang", lang], &dir.path().join("with space"));
        assert_eq!(said.code, 0, "{said:?}");
        let text = &said.out;
        for word in words.into_iter().chain(["2013-03-19", "≠", "2018-11-18"]) {
            assert!(text.contains(word), "{lang}: {word} is missing in\n{text}");
        }
        let freeze =
            text.lines().find(|line| line.trim_start_matches('\u{2066}').starts_with("fr-2018-05-18")).unwrap();
        assert!(freeze.contains(words[2]), "{freeze}");
        let digests = text.lines().filter(|line| line.contains(" members  "));
        let digests: Vec<&str> = digests.filter_map(|line| line.split_whitespace().nth(2)).collect();
        assert!(digests.len() == 3 && digests.iter().all(|digest| *digest == digests[0]), "{digests:?}");
        commands_work(text);
    }
}

fn commands_work(text: &str) {
    let commands: Vec<&str> = text.lines().filter(|line| line.contains(" --home ")).map(str::trim).collect();
    assert_eq!(commands.len(), 3, "{commands:?}");
    let path = format!("{}:{}", isnad().parent().unwrap().display(), std::env::var("PATH").unwrap());
    for command in commands {
        let mut shell = Command::new("sh");
        let said = Said::of(&shell.args(["-c", command]).env("PATH", &path).env("LANG", "C").output().unwrap());
        assert_eq!(said.code, 0, "{command}: {said:?}");
        if command.contains(" show ") {
            assert!(said.out.contains("Khan al-Assal") && said.out.contains("killed"), "{}", said.out);
        }
        if command.contains(" list ") {
            assert!(said.out.contains("خان العسل"), "{}", said.out);
        }
    }
}
