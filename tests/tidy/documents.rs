//! What documents claim is there: links, tests, commands, decisions.

use std::collections::BTreeSet;

use crate::tree::{File, files, has_word, read, root, sources};

fn documents() -> Vec<File> {
    let readme = File { path: "README.md".into(), text: read("README.md") };
    files("docs", ".md").into_iter().chain([readme]).collect()
}

/// Lines outside fenced blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_fenced = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        !is_fenced && !is_fence
    })
}

/// The texts between backticks.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

#[test]
fn links_lead_somewhere() {
    for document in documents() {
        let folder = root().join(&document.path).parent().unwrap().to_owned();
        for target in prose(&document.text).flat_map(|line| line.split("](").skip(1)) {
            let target = target.split(')').next().unwrap();
            let (file, place) = target.split_once('#').unwrap_or((target, ""));
            if file.contains("://") {
                continue;
            }
            let path = if file.is_empty() { root().join(&document.path) } else { folder.join(file) };
            assert!(path.exists(), "{}: {target} is not there", document.path);
            if !place.is_empty() {
                let text = std::fs::read_to_string(&path).unwrap();
                let is_there = text.lines().filter(|line| line.starts_with('#')).any(|line| anchor(line) == place);
                assert!(is_there, "{}: {target} has no such heading", document.path);
            }
        }
    }
}

/// How a heading is linked to.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

#[test]
fn paths_in_documents_are_there() {
    let roots = ["protocol/", "node/", "cli/", "tests/", "docs/", ".ci/"];
    for document in documents().iter().filter(|document| document.path != "docs/style.md") {
        for path in
            prose(&document.text).flat_map(quoted).filter(|path| roots.iter().any(|root| path.starts_with(root)))
        {
            let is_plain = path.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter));
            assert!(!is_plain || root().join(path).exists(), "{}: {path} is not there", document.path);
        }
    }
}

#[test]
fn every_test_named_in_a_document_exists() {
    let mut functions = BTreeSet::new();
    for file in sources() {
        let names = file.text.lines().filter_map(|line| line.trim_start().strip_prefix("fn "));
        functions.extend(names.filter_map(|rest| rest.split('(').next()).map(str::to_owned));
    }
    let mut missing = Vec::new();
    for document in documents() {
        for name in prose(&document.text).flat_map(quoted).filter(|name| name.starts_with("t_")) {
            if !functions.contains(name) {
                missing.push(format!("{}: {name}", document.path));
            }
        }
    }
    assert!(missing.is_empty(), "named, and not there:\n{}", missing.join("\n"));
}

/// Rows of docs/threats.md whose test takes nothing out, and why.
const WITHOUT_BREAKAGE: [(u8, &str); 0] = [];

/// Every defence that a test can take out: its name, and the row of docs/threats.md.
fn breakages() -> Vec<(String, u8)> {
    let source = read("protocol/src/breakage.rs");
    let body = source.split("pub enum Breakage {").nth(1).and_then(|rest| rest.split('}').next()).unwrap();
    let lines = body.lines().filter_map(|line| line.trim().trim_end_matches(',').split_once(" = "));
    let all: Vec<(String, u8)> = lines.map(|(name, row)| (name.to_owned(), row.parse().unwrap())).collect();
    assert!(all.len() > 30, "{all:?}");
    all
}

/// The rows of docs/threats.md, each with its number.
fn threats() -> Vec<(u8, String)> {
    let numbered = |line: &str| {
        let number = line.strip_prefix("| ")?.split(" |").next()?.parse().ok()?;
        Some((number, line.to_owned()))
    };
    read("docs/threats.md").lines().filter_map(numbered).collect()
}

#[test]
fn every_threat_with_a_defence_has_its_row_and_its_test() {
    let threats = threats();
    for (name, row) in breakages() {
        let line = threats.iter().find(|(number, _)| *number == row).map(|(_, line)| line);
        let line = line.unwrap_or_else(|| panic!("docs/threats.md has no row {row}, and Breakage::{name} does"));
        assert!(line.contains("`t_"), "row {row} names no test");
        assert!(line.contains(".rs`"), "row {row} names no file with the defence");
    }
}

#[test]
fn every_row_of_the_threats_has_a_breakage_under_which_its_tests_fail_or_says_why_not() {
    let breakages = breakages();
    let sources = sources();
    let mut missing = Vec::new();
    for (row, line) in threats() {
        let stated = WITHOUT_BREAKAGE.iter().any(|(number, why)| *number == row && !why.is_empty());
        let breakage = breakages.iter().find(|(_, number)| *number == row).map(|(name, _)| name);
        let Some(name) = breakage.filter(|_| !stated) else {
            if stated == breakage.is_some() {
                missing.push(format!("row {row} has a breakage and a reason for none, or neither"));
            }
            continue;
        };
        for test in quoted(&line).filter(|name| name.starts_with("t_")) {
            let is_there = |file: &&File| file.text.contains(&format!("fn {test}("));
            let is_seen = sources.iter().filter(is_there).any(|file| file.text.contains(&format!("Breakage::{name}")));
            if !is_seen {
                missing.push(format!("row {row}: {test} is in no file that takes out {name}"));
            }
        }
    }
    let rows: BTreeSet<u8> = threats().into_iter().map(|(row, _)| row).collect();
    missing
        .extend(WITHOUT_BREAKAGE.iter().filter(|(row, _)| !rows.contains(row)).map(|(row, _)| format!("no row {row}")));
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn every_breakage_takes_out_a_defence_and_is_seen_to() {
    let mut missing = Vec::new();
    for (name, _) in breakages() {
        let named = |file: &File| file.text.contains(&format!("Breakage::{name}"));
        let files = sources();
        let is_defended =
            files.iter().any(|file| !file.is_test() && !file.path.ends_with("breakage.rs") && named(file));
        let is_seen = files.iter().any(|file| file.is_test() && named(file));
        if !is_defended || !is_seen {
            missing.push(format!("{name}: taken out in a defence {is_defended}, in a test {is_seen}"));
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn every_decision_has_its_four_parts() {
    let decisions = files("docs/adr", ".md");
    for (index, decision) in decisions.iter().enumerate() {
        let number = format!("docs/adr/{:04}-", index + 1);
        assert!(decision.path.starts_with(&number), "{} is not the next number", decision.path);
        let headings: Vec<&str> = decision.text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(headings, ["Context", "Decision", "Consequences", "Alternatives"], "{}", decision.path);
        let status = decision.text.lines().nth(2).unwrap_or_default();
        assert!(status.starts_with("Accepted") || status.starts_with("Superseded by "), "{}: {status}", decision.path);
    }
    let map = read("docs/architecture.md");
    for decision in &decisions {
        let name = decision.path.trim_start_matches("docs/");
        assert!(map.contains(name), "docs/architecture.md does not lead to {name}");
    }
}

#[test]
fn every_module_is_on_the_map() {
    let map = read("docs/architecture.md");
    for folder in ["protocol/src", "node/src"] {
        let lib = read(&format!("{folder}/lib.rs"));
        for name in lib.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")) {
            let file = format!("{}.rs", name.trim_end_matches(';'));
            assert!(
                map.contains(&format!("`{file}`")) || has_word(&map, &file),
                "docs/architecture.md lacks {folder}/{file}"
            );
        }
    }
}

#[test]
fn readme_has_the_two_commands_and_the_licence() {
    let readme = read("README.md");
    for due in
        ["cargo run --release -- demo", "cargo test --release --workspace", "MIT OR Apache-2.0", "C compiler", "1.95"]
    {
        assert!(readme.contains(due), "README.md does not say {due:?}");
    }
    assert!(read(".ci/run").contains("cargo test --release --locked --workspace"));
}

#[test]
fn documents_speak_of_the_project_alone() {
    // Put together, so that this file does not find itself.
    let words = [["/wo", "rk/"].concat(), ["/ho", "me/"].concat(), ["GROUND", ".md"].concat()];
    for document in documents() {
        for word in &words {
            assert!(!document.text.contains(word), "{} names {word}", document.path);
        }
    }
}

/// Options of every command that take a value of their own.
const WITH_VALUE: [&str; 5] = ["--home", "--lang", "--today", "--passphrase-file", "--passphrase-fd"];

/// The command that follows `isnad` in a line: past the options of every command, and their values.
fn command_of(line: &str) -> Option<&str> {
    let mut words = line.split_once("isnad ")?.1.split_whitespace();
    loop {
        let word = words.next()?;
        if WITH_VALUE.contains(&word) {
            words.next()?;
        } else if !word.starts_with('-') {
            return Some(word);
        }
    }
}

#[test]
fn every_command_in_a_document_is_one() {
    let help = std::process::Command::new(isnad_tests::binary::isnad()).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let listed = help.split("Commands:").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap();
    let known: BTreeSet<&str> =
        listed.lines().filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next()).collect();
    assert!(known.contains("help") && known.len() > 15, "{known:?}");
    for document in documents() {
        // The decisions tell of commands that were weighed, and the style guide of those to come.
        if document.path.starts_with("docs/adr/") || document.path == "docs/style.md" {
            continue;
        }
        let in_prose = prose(&document.text).flat_map(quoted);
        let in_blocks = document.text.split("```sh\n").skip(1).filter_map(|rest| rest.split("\n```").next());
        let lines = in_prose.chain(in_blocks.flat_map(str::lines)).filter(|line| line.starts_with("isnad "));
        for line in lines.collect::<Vec<_>>() {
            let Some(command) = command_of(line).filter(|word| word.chars().all(|c| c.is_ascii_lowercase())) else {
                continue;
            };
            assert!(known.contains(command), "{}: {line}: there is no command {command}", document.path);
        }
    }
}

#[test]
fn a_command_is_found_behind_the_options() {
    for (line, expected) in [
        ("isnad demo", Some("demo")),
        ("isnad --home a --json show x", Some("show")),
        ("isnad --passphrase-file p node &", Some("node")),
        ("isnad --version", None),
    ] {
        assert_eq!(command_of(line), expected, "{line}");
    }
}
