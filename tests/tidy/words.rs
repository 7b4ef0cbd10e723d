//! Locales say the same things in three languages; golden vectors say what they prove.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::tree::{files, read, root, sources};

fn locale(language: &str) -> BTreeMap<String, String> {
    let mut words = BTreeMap::new();
    let files = files(&format!("protocol/locales/{language}"), ".txt");
    for line in files.iter().flat_map(|file| file.text.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, text) = line.split_once(" = ").unwrap_or_else(|| panic!("{language}: {line:?} is no `key = text`"));
        assert!(!text.trim().is_empty(), "{language}: {key} says nothing");
        assert!(words.insert(key.to_owned(), text.to_owned()).is_none(), "{language}: {key} stands there twice");
    }
    words
}

/// The names in `{braces}`, ordered.
fn places(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
    found.sort_unstable();
    found
}

#[test]
fn three_languages_have_the_same_words() {
    // Each language has its own forms beside a number: the locale's own test compares those.
    let one_form = |language: &str| {
        let mut words = locale(language);
        words.retain(|key, _| !key.starts_with("count."));
        words
    };
    let english = one_form("en");
    assert!(english.len() > 500, "the locale was not read");
    for language in ["ar", "fr"] {
        let other = one_form(language);
        let missing: Vec<&String> = english.keys().filter(|key| !other.contains_key(*key)).collect();
        let more: Vec<&String> = other.keys().filter(|key| !english.contains_key(*key)).collect();
        assert!(missing.is_empty() && more.is_empty(), "{language} lacks {missing:?} and has no need of {more:?}");
        for (key, text) in &english {
            assert_eq!(places(text), places(&other[key]), "{language}: {key} takes other values");
        }
    }
}

#[test]
fn arabic_is_written_in_arabic() {
    let arabic = locale("ar");
    let is_arabic = |text: &str| text.chars().any(|letter| ('\u{600}'..='\u{6ff}').contains(&letter));
    let latin: Vec<&String> = arabic.iter().filter(|(_, text)| !is_arabic(text)).map(|(key, _)| key).collect();
    // Names of chemicals, codes and abbreviations have no other form.
    assert!(latin.len() * 20 < arabic.len(), "not translated: {latin:?}");
}

/// The literals between two places of a source, without their quotes.
fn literals(text: &str) -> Vec<&str> {
    text.split('"').skip(1).step_by(2).collect()
}

#[test]
fn every_problem_that_is_told_has_its_texts() {
    let english = locale("en");
    let has = |key: &str| {
        let mut scopes: Vec<&str> = key.match_indices('.').map(|(at, _)| &key[..at]).collect();
        scopes.push(key);
        ["error", "try"].iter().all(|part| {
            // A part that a key lacks is that of the key above.
            scopes.iter().any(|scope| english.contains_key(&format!("problem.{scope}.{part}")))
        })
    };
    let mut keys = Vec::new();
    for file in sources().iter().filter(|file| file.path.starts_with("node/src") || file.path.starts_with("cli/src")) {
        for call in ["told(exit::", "of_rule(exit::"] {
            for behind in file.text.split(call).skip(1) {
                // The code, where it is a literal, and then the key, where that is one too; the values follow.
                let arguments = behind.split(['&', ';']).next().unwrap_or_default();
                let ends_in_key = arguments.trim_end().ends_with("\",");
                let key = literals(arguments).last().copied().filter(|key| ends_in_key && !key.contains('{'));
                if let Some(key) = key {
                    keys.push((file.path.clone(), key.to_owned()));
                }
            }
        }
    }
    assert!(keys.len() > 40, "{keys:?}");
    let missing: Vec<_> = keys.iter().filter(|(_, key)| !has(key)).collect();
    assert!(missing.is_empty(), "no text of: {missing:?}");
}

#[test]
fn every_rule_that_refuses_has_a_text() {
    let english = locale("en");
    let mut missing = Vec::new();
    for path in [
        "protocol/src/act/error.rs",
        "protocol/src/encoding/foreign.rs",
        "protocol/src/entry.rs",
        "protocol/src/governance/admission.rs",
        "protocol/src/governance/file.rs",
        "protocol/src/import.rs",
        "protocol/src/log.rs",
        "protocol/src/model/draft.rs",
        "protocol/src/replica/admit.rs",
    ] {
        let source = read(path);
        let (_, behind) = source.split_once("fn code(").unwrap_or_else(|| panic!("{path} has no codes"));
        let body = behind.split("\n    }\n").next().unwrap_or_default();
        let codes = body.split("=> \"").skip(1).filter_map(|code| code.split('"').next());
        missing
            .extend(codes.filter(|code| !english.contains_key(&format!("problem.door.{code}.why"))).map(str::to_owned));
    }
    assert!(missing.is_empty(), "problem.door.<code>.why is missing for {missing:?}");
}

#[test]
fn every_vector_says_what_it_proves() {
    let mut count = 0;
    for ending in ["entry", "act", "payload", "frame"] {
        for path in paths("tests/vectors", &format!(".{ending}")) {
            let json = format!("{}.json", path.trim_end_matches(&format!(".{ending}")));
            let said: Value = serde_json::from_str(&read(&json)).unwrap_or_else(|error| panic!("{json}: {error}"));
            assert!(said["proves"].as_str().is_some_and(|text| !text.is_empty()), "{json} does not say what it proves");
            let folder = if json.contains("/invalid/") { "invalid" } else { "valid" };
            let is_valid = said["verdict"].as_str() == Some("valid");
            assert_eq!(is_valid, folder == "valid", "{json} stands in {folder}");
            assert!(is_valid || said["rule"].is_string(), "{json} does not name the rule");
            count += 1;
        }
    }
    assert!(count > 50, "{count} vectors were found");
}

#[test]
fn no_vector_is_without_bytes() {
    for file in files("tests/vectors", ".json").iter().filter(|file| !file.path.contains("/ed25519/")) {
        let stem = file.path.trim_end_matches(".json");
        let endings = ["entry", "act", "payload", "proof", "frame", "isnad", "key"];
        let has_bytes = endings.iter().any(|ending| root().join(format!("{stem}.{ending}")).exists());
        // Ids, what is said at the door and a session hold their bytes as hex; what a consortium comes to stands beside its two files.
        let holds_them =
            ["/names", "/joining", "/session/session", "/consortium/expected"].iter().any(|name| stem.ends_with(name));
        assert!(has_bytes || holds_them, "{} says something of bytes that are not there", file.path);
    }
}

/// Paths from the root of files that are no text.
fn paths(folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    crate::tree::walk(&root().join(folder), &mut |path| {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        found.extend(name.ends_with(ending).then_some(name));
    });
    found.sort();
    found
}
