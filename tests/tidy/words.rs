//! Locales say the same things in three languages; golden vectors say what they prove.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::tree::{files, read, root};

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
        let endings = ["entry", "act", "payload", "frame", "isnad", "key"];
        let has_bytes = endings.iter().any(|ending| root().join(format!("{stem}.{ending}")).exists());
        // Ids and a session hold their bytes as hex; what a consortium comes to stands beside its two files.
        let holds_them = ["/names", "/session/session", "/consortium/expected"].iter().any(|name| stem.ends_with(name));
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
