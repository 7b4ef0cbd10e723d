//! Every refusal of the model through the real command: one code, three languages, nothing written. MODEL §7, style §8.
//!
//! The files are those that `protocol/src/model/check/refusals.rs` reads: `protocol/src/model/check/refused/`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use isnad_protocol::model::problem::CODES;
use isnad_tests::binary::{Consortium, RunningNode, Said, TCP, command, contents, refused};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../protocol/src/model/check/refused");

const LANGUAGES: [&str; 3] = ["ar", "en", "fr"];

/// The rules of MODEL §7 that refuse, each with its clauses and the files that break it.
const RULES: &[(u8, &str, &[&str])] = &[
    (1, "date not EDTF level 1", &["not_edtf"]),
    (1, "start after end", &["interval_reversed"]),
    (1, "latitude out of range", &["coordinate_range"]),
    (1, "longitude out of range", &["longitude_out_of_range"]),
    (1, "latitude or longitude alone", &["coordinate_alone", "longitude_alone"]),
    (1, "count min > max", &["count_reversed"]),
    (1, "count negative", &["count_negative"]),
    (2, "marking wider than the space's", &["marking_wider"]),
    (3, "accusing claim without basis", &["accusation_without_basis", "role_without_basis"]),
    (3, "accusing claim without standard", &["accusation_without_standard", "topic_without_standard"]),
    (3, "accusing claim without wording", &["accusation_without_wording", "reason_without_wording"]),
    (4, "attribution without subject", &["attribution_without_subject"]),
    (
        5,
        "person named and neither accused nor cleared",
        &["person_not_accused", "person_in_public", "subject_of_no_type"],
    ),
    (6, "evidence without digest", &["evidence_without_digest"]),
    (6, "testimony without consent", &["testimony_without_consent"]),
    (7, "text without lang", &["missing_lang", "wording_without_lang"]),
    (7, "lang not BCP 47", &["lang_not_bcp47"]),
    (7, "control character in a name", &["control_in_name"]),
    (7, "control character in an identifier", &["control_in_identifier"]),
    (7, "bidirectional override in a name", &["control_character", "override_in_name"]),
    (7, "bidirectional override in an identifier", &["override_in_identifier"]),
    // Of a file the program puts the form right before it judges, so that one alone never reaches the command.
    (7, "text not NFC", &["not_nfc"]),
    (8, "unknown property for the kind", &["unknown_property"]),
    (8, "unknown code", &["unknown_code", "unknown_agent", "unknown_standard"]),
];

/// A file that is refused, and for what.
struct Case {
    name: String,
    code: String,
    path: String,
    kind: String,
    space: String,
    file: String,
}

/// The files, without those that no file can provoke through the command.
fn cases() -> Vec<Case> {
    let names = std::fs::read_dir(FILES).unwrap().map(|entry| entry.unwrap().path());
    let names: BTreeSet<_> = names.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    names.iter().filter_map(|path| case(path)).collect()
}

fn case(path: &Path) -> Option<Case> {
    let case: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    if case["only"] == "model" {
        return None;
    }
    let member = |key: &str| case[key].as_str().unwrap().to_owned();
    let long = usize::try_from(case["long"].as_u64().unwrap_or(0)).unwrap();
    let file = case["file"].to_string().replace("\"LONG\"", &format!("\"{}\"", "a".repeat(long)));
    Some(Case {
        name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
        code: member("code"),
        path: member("path"),
        kind: member("kind"),
        space: member("space"),
        file,
    })
}

/// Words that tell one language from the other two.
fn words_of(language: &str) -> &'static [&'static str] {
    match language {
        "en" => &["the", "is", "of", "and", "with", "write", "which", "this", "not", "give", "has", "what"],
        "fr" => &["le", "la", "les", "est", "une", "des", "du", "et", "avec", "pas", "ou", "dans", "cette", "écrivez"],
        _ => &[],
    }
}

/// Nothing in a text is of another language than its own, but for what is quoted, is a code or an option.
fn is_in_its_language(text: &str, language: &str) -> bool {
    let is_option =
        |word: &&str| word.trim_start_matches(|mark: char| !mark.is_alphanumeric() && mark != '-').starts_with("--");
    let text = text.split_whitespace().filter(|word| !is_option(word)).collect::<Vec<_>>().join(" ");
    let is_arabic = text.chars().any(|letter| ('\u{600}'..='\u{6ff}').contains(&letter));
    let words: BTreeSet<String> =
        text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').map(str::to_lowercase).collect();
    let others = LANGUAGES.iter().filter(|other| **other != language).flat_map(|other| words_of(other));
    is_arabic == (language == "ar") && others.copied().all(|word| !words.contains(word))
}

#[test]
fn each_clause_of_the_rules_has_a_file_that_breaks_it() {
    let known: BTreeSet<String> = std::fs::read_dir(FILES)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    for (rule, clause, files) in RULES {
        assert!(!files.is_empty(), "{rule}: {clause}");
        let missing: Vec<_> = files.iter().filter(|file| !known.contains(**file)).collect();
        assert!(missing.is_empty(), "{rule}: {clause}: {missing:?}");
    }
    let rules: BTreeSet<u8> = RULES.iter().map(|(rule, _, _)| *rule).collect();
    assert_eq!(rules, (1..=8).collect());
}

#[test]
fn each_refusal_is_told_in_three_languages_and_nothing_is_written() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let node = RunningNode::start(home, TCP, &[]);
    let held = || (node.get("/status").unwrap().1["entries"].clone(), node.get("/digest").unwrap().1);
    let before = held();
    let files: BTreeSet<_> = contents(home).into_keys().collect();
    let mut wrong = Vec::new();
    for case in cases() {
        let file = consortium.file(&format!("{}.json", case.name), &case.file);
        let mut told = BTreeMap::new();
        for language in LANGUAGES {
            let arguments = ["--lang", language, "record", "new", &case.kind, "--space", &case.space, "--from", &file];
            let problem = refused(home, &arguments, 3);
            wrong.extend(case.faults(&problem, language));
            for part in ["why", "try"] {
                told.insert((part, language), problem[part].as_str().unwrap().to_owned());
            }
            let said = Said::of(&command(home, &arguments).env("COLUMNS", "80").output().unwrap());
            wrong.extend(case.faults_of_text(&said, language));
        }
        let texts: BTreeSet<&String> = told.values().collect();
        if texts.len() != told.len() {
            wrong.push(format!("{}: two texts are one: {told:?}", case.name));
        }
        assert_eq!(held(), before, "{} was written", case.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(contents(home).into_keys().collect::<BTreeSet<_>>(), files, "no draft is left behind");
}

impl Case {
    /// What is wrong with a refusal as a program reads it.
    fn faults(&self, problem: &Value, language: &str) -> Vec<String> {
        let mut faults = Vec::new();
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                faults.push(format!("{} in {language}: {what}: {problem}", self.name));
            }
        };
        let found = problem["problems"].as_array().unwrap();
        expect(problem["code"] == self.code.as_str(), "code");
        expect(found.len() == 1 && found[0]["code"] == self.code.as_str(), "one rule is broken");
        expect(found[0]["path"] == self.path.as_str(), "path");
        for part in ["why", "try"] {
            let text = problem[part].as_str().unwrap();
            // What stands before is the path, and what is quoted is the author's.
            let text = text.strip_prefix(&format!("{}: ", self.path)).unwrap_or(text);
            expect(is_in_its_language(text, language), part);
            expect(!text.contains('{') || text.contains('"'), "a gap");
            expect(found[0][part].as_str().is_some_and(|own| own.ends_with(text)), "the rule tells the same");
        }
        faults
    }

    /// The same as a person reads it.
    fn faults_of_text(&self, said: &Said, language: &str) -> Vec<String> {
        let labels: &[&str] = match language {
            "ar" => &["خطأ:", "السبب:", "الحل:"],
            "fr" => &["erreur :", "cause :", "que faire :"],
            _ => &["error:", "why:", "try:"],
        };
        let mut faults = Vec::new();
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                faults.push(format!("{} in {language}: {what}:\n{}", self.name, said.err));
            }
        };
        expect(said.code == 3 && said.out.is_empty(), "exit code");
        expect(labels.iter().all(|label| said.err.contains(label)), "labels");
        expect(said.err.contains(&self.path), "the field");
        expect(said.err.lines().all(|line| line.width() <= 80), "80 columns");
        faults
    }
}

#[test]
fn a_kind_that_is_none_is_a_mistake_of_the_command_line() {
    let home = tempfile::tempdir().unwrap();
    let told = LANGUAGES.map(|language| {
        let problem = refused(home.path(), &["--lang", language, "record", "new", "rumour", "--from", "-"], 2);
        problem["try"].as_str().unwrap().to_owned()
    });
    assert!(CODES.contains(&"unknown_kind"));
    assert_eq!(BTreeSet::from(told).len(), 3);
}
