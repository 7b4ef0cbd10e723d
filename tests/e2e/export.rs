//! What `isnad export` writes, read again without isnad's own store: by the protocol alone, and by plain Automerge.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{AutoCommit, AutoSerde};
use isnad_protocol::entry::Entry;
use isnad_protocol::governance::{Governance, parse_acts};
use isnad_protocol::log::{Log, LogKey};
use isnad_tests::binary::{Consortium, json, refused, say_with_input};
use serde_json::Value;

/// A record with a replaced and a retracted claim, and two narratives of which one was edited.
fn record(consortium: &Consortium) -> String {
    let home = &consortium.homes[0];
    let draft = r#"{"claims": [{"prop": "title", "value": "قصف", "lang": "ar"}, {"prop": "note", "value": "x", "lang": "en"},
        {"prop": "place", "value": {"names": [{"text": "Douma", "lang": "en"}], "country": "sy", "lat": 33.5711, "lon": 36.4042}}]}"#;
    let written =
        say_with_input(home, &["--json", "record", "new", "incident", "--from", "-"], draft.as_bytes()).json();
    let record = written["record"].as_str().unwrap().to_owned();
    let claim = written["claims"][0].as_str().unwrap();
    json(home, &["claim", "replace", &record, claim, "title", "قصف دوما", "--in", "ar"]);
    json(
        home,
        &["claim", "retract", &record, written["claims"][1].as_str().unwrap(), "--reason", "error", "--note", "x"],
    );
    json(home, &["claim", "add", &record, "note", "for everyone", "--in", "en", "--space", "public"]);
    for text in ["first 🕖 text", "ثانيا"] {
        let file = consortium.file("text", text);
        json(home, &["narrative", "edit", &record, "--new", "--from", &file]);
    }
    let narratives = json(home, &["show", &record]);
    let first = narratives["narratives"].as_array().unwrap().iter().find(|one| one["text"] == "first 🕖 text").unwrap();
    let file = consortium.file("text", "the first text, edited");
    json(home, &["narrative", "edit", &record, "--narrative", first["id"].as_str().unwrap(), "--from", &file]);
    record
}

fn framed(bytes: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let (entry, behind) = behind.split_at(usize::try_from(u32::from_be_bytes(*length)).unwrap());
        let decoded = Entry::decode(entry).unwrap();
        assert_eq!(decoded.encode(), entry, "what is exported is what was signed, byte for byte");
        entries.push(decoded);
        rest = behind;
    }
    assert!(rest.is_empty());
    entries
}

#[test]
fn exported_entries_and_acts_prove_themselves() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    record(&consortium);
    let file = consortium.path("entries");
    json(home, &["export", "--format", "entries", "-o", &file]);
    let entries = framed(&std::fs::read(&file).unwrap());
    let held = json(home, &["status"])["entries"].as_u64().unwrap();
    assert_eq!(entries.len() as u64, held);
    let mut logs: BTreeMap<LogKey, Vec<Entry>> = BTreeMap::new();
    let mut order = Vec::new();
    for entry in entries {
        assert!(entry.is_signed() && entry.payload.is_some());
        let key = LogKey { space: entry.header.space, author: entry.header.author };
        if order.last() != Some(&key) {
            order.push(key);
        }
        logs.entry(key).or_default().push(entry);
    }
    assert_eq!(order.len(), logs.len(), "log by log");
    for (key, entries) in logs {
        let count = entries.len();
        assert_eq!(Log::extend(None, key, entries).unwrap().entries.len(), count, "in order, none left out");
    }
    let one = consortium.path("public");
    json(home, &["export", "--format", "entries", "--space", "public", "-o", &one]);
    assert_eq!(framed(&std::fs::read(&one).unwrap()).len(), 1);
    let acts = consortium.path("acts");
    json(home, &["export", "--format", "acts", "-o", &acts]);
    let acts = parse_acts(&std::fs::read(&acts).unwrap()).unwrap();
    assert_eq!(acts.len(), 3);
    let governance = Governance::assemble(acts).unwrap();
    assert_eq!(json(home, &["who"])["consortium"], governance.consortium().to_string());
    assert!(governance.charter().is_some());
    let nowhere = consortium.path("no/such/folder/entries");
    refused(home, &["export", "--format", "entries", "-o", &nowhere], 2);
}

#[test]
fn plain_automerge_reads_the_same_claims_and_texts_as_show_says() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let record = record(&consortium);
    let dir = consortium.path("documents");
    json(home, &["export", "--format", "automerge", "-o", &dir]);
    let view = json(home, &["show", &record]);
    let (mut claims, mut retracted, mut texts) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
    let mut documents = 0;
    for file in std::fs::read_dir(&dir).unwrap() {
        let document = AutoCommit::load(&std::fs::read(file.unwrap().path()).unwrap()).unwrap();
        let said = serde_json::to_value(AutoSerde::from(&document)).unwrap();
        documents += 1;
        for (key, member) in said.as_object().unwrap() {
            match key.split_once('/').unwrap() {
                ("c", id) => drop(claims.insert(id.to_owned(), member["claim"].clone())),
                ("r", id) => drop(retracted.insert(id.to_owned())),
                ("t", id) => drop(texts.insert(id.to_owned(), member.clone())),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(documents, 2, "a sheet in members and one in public");
    let mut shown = BTreeMap::new();
    let mut shown_retracted = BTreeSet::new();
    for property in view["properties"].as_array().unwrap() {
        for claim in property["claims"].as_array().unwrap() {
            let id = claim["id"].as_str().unwrap().to_owned();
            if claim["state"] == "retracted" {
                shown_retracted.insert(id.clone());
            }
            shown.insert(id, (property["prop"].clone(), claim["value"].clone(), claim["lang"].clone()));
        }
    }
    let member = |claim: &Value, name: &str| claim.get(name).cloned().unwrap_or(Value::Null);
    let of_documents: BTreeMap<_, _> = claims
        .iter()
        .map(|(id, claim)| (id.clone(), (member(claim, "prop"), member(claim, "value"), member(claim, "lang"))))
        .collect();
    assert_eq!(of_documents, shown);
    assert_eq!(retracted, shown_retracted);
    let narratives = view["narratives"].as_array().unwrap().iter();
    let narratives: BTreeMap<String, Value> =
        narratives.map(|one| (one["id"].as_str().unwrap().to_owned(), one["text"].clone())).collect();
    assert_eq!(texts, narratives);
    assert_eq!(texts.len(), 2);
}
