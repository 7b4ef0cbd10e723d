//! Decoders that take bytes and nothing else. Where bytes are taken, writing the value again gives the same bytes.

use std::path::Path;

use isnad_node::carry;
use isnad_node::config::Config;
use isnad_protocol::act::Act;
use isnad_protocol::encoding::{foreign, json};
use isnad_protocol::entry::{Entry, HEADER_SIZE, Header};
use isnad_protocol::id::{EntryId, NarrativeId, RecordId};
use isnad_protocol::import;
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::Authentic;
use isnad_protocol::model::edtf::Edtf;
use isnad_protocol::model::{Draft, KINDS, values};
use isnad_protocol::sheet::{Claim, Operations};
use isnad_protocol::sync::frame::Frame;
use isnad_protocol::sync::run::{Decoder, Encoder};
use isnad_protocol::time::Day;

use super::{Target, claims, governed, seeds, stateful};

const fn target(name: &'static str, short: u64, seeds: fn() -> Vec<Vec<u8>>, run: fn(&[u8]) -> bool) -> Target {
    Target { name, short, seeds, run }
}

/// Every target.
pub const TARGETS: &[Target] = &[
    target("header", 200_000, seeds::entries, header),
    target("entry", 100_000, seeds::entries, entry),
    target("act", 20_000, seeds::acts, act),
    target("act-body", 5_000, seeds::act_bodies, stateful::act_body),
    target("acts-file", 1_000, seeds::act_files, stateful::acts_file),
    target("json", 200_000, seeds::payloads, canonical_json),
    target("operations", 200_000, seeds::payloads, operations),
    target("foreign", 100_000, seeds::foreign, foreign_json),
    target("import", 2_000, seeds::imports, import_file),
    target("draft", 20_000, seeds::drafts, draft),
    target("words", 200_000, seeds::words, words),
    target("config", 20_000, config_files, config),
    target("frame", 100_000, seeds::frames, frame),
    target("run", 50_000, seeds::runs, run_frame),
    target("claim", 4_000, seeds::claims, claims::claim),
    target("signed-entry", 5_000, seeds::entries, stateful::signed_entry),
    target("carried", 20_000, seeds::carried_files, carried_file),
    target("session", 2_000, seeds::sessions, stateful::session),
    target("join-frame", 20_000, governed::join_frames, governed::join_frame),
    target("invitation", 20_000, governed::invitations, governed::invitation),
    target("attestation", 20_000, governed::attestations, governed::attestation),
    target("attested", 2_000, governed::attestations, governed::attested),
    target("fork", 20_000, governed::forks, governed::fork),
    target("cuts", 2_000, governed::cut_lists, governed::cuts),
];

fn header(bytes: &[u8]) -> bool {
    let Some(bytes) = bytes.first_chunk::<HEADER_SIZE>() else { return false };
    let Ok(header) = Header::decode(bytes) else { return false };
    assert_eq!(&header.encode(), bytes);
    true
}

fn entry(bytes: &[u8]) -> bool {
    let Ok(entry) = Entry::decode(bytes) else { return false };
    assert_eq!(entry.encode(), bytes);
    true
}

fn act(bytes: &[u8]) -> bool {
    let Ok(act) = Act::decode(bytes) else { return false };
    assert_eq!(act.encode(), bytes);
    assert_eq!(act.encoded_len(), bytes.len());
    assert_eq!(act.body().to_json().encode(), act.body_bytes());
    true
}

fn canonical_json(bytes: &[u8]) -> bool {
    let Ok(value) = json::decode(bytes) else { return false };
    assert_eq!(value.encode(), bytes);
    assert!(value.is_canonical());
    // What the strict profile takes, every other reader takes.
    assert!(serde_json::from_slice::<serde_json::Value>(bytes).is_ok());
    assert!(foreign::parse(bytes).is_ok());
    true
}

fn operations(bytes: &[u8]) -> bool {
    let Ok(operations) = Operations::parse(bytes) else { return false };
    assert_eq!(operations.encode(), bytes);
    true
}

fn carried_file(bytes: &[u8]) -> bool {
    let Ok(mut reader) = carry::file::Reader::begin(bytes) else { return false };
    let mut writer = carry::file::Writer::begin(Vec::new(), reader.consortium()).expect("memory takes it");
    while let Ok(frame) = reader.frame() {
        let Some(frame) = frame else {
            assert_eq!(writer.finish().expect("memory takes it"), bytes);
            return true;
        };
        writer.frame(&frame).expect("a frame that was read can be written");
    }
    false
}

fn foreign_json(bytes: &[u8]) -> bool {
    let read = foreign::parse(bytes);
    if serde_json::from_slice::<serde_json::Value>(bytes).is_ok()
        && let Err(error) = &read
    {
        let is_stricter = matches!(error.rule, foreign::Rule::DuplicateKey(_) | foreign::Rule::TooDeep);
        assert!(is_stricter, "another reader takes what is refused: {error}");
    }
    read.is_ok()
}

fn import_file(bytes: &[u8]) -> bool {
    let Ok(dataset) = import::read(bytes, import::DATASET) else { return false };
    for claim in dataset.records.iter().flat_map(|imported| &imported.claims) {
        assert!(Claim::new(claim.clone()).is_ok(), "an import made what is no claim: {claim:?}");
    }
    assert_eq!(import::read(bytes, import::DATASET).as_ref(), Ok(&dataset));
    true
}

fn draft(bytes: &[u8]) -> bool {
    let Ok(draft) = Draft::parse(bytes) else { return false };
    for kind in KINDS {
        let problems = draft.check(kind.code);
        if problems.is_empty() {
            let all_are_claims = draft
                .claims
                .iter()
                .all(|claim| claim.as_object().is_some_and(|members| Claim::new(members.clone()).is_ok()));
            assert!(all_are_claims, "what may be signed is no claim: {draft:?}");
        }
    }
    true
}

/// Texts of one line each: dates, durations, numbers, ids.
fn words(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let date = Edtf::parse(text);
    if let Ok(date) = date {
        assert!(date.earliest.zip(date.latest).is_none_or(|(first, last)| first <= last), "{text}");
    }
    if let Ok(day) = Day::parse(text) {
        assert_eq!(day.to_string(), text);
    }
    if let Some(coordinate) = values::coordinate(text) {
        assert_eq!(values::coordinate(&coordinate).as_ref(), Some(&coordinate), "{text}");
    }
    if let Ok(record) = RecordId::parse(text) {
        assert_eq!(record.to_string(), text);
    }
    for spelt in [
        EntryId::parse(text).map(|id| id.to_string()),
        NarrativeId::parse(text).map(|id| id.to_string()),
        PublicKey::parse(text).map(|id| id.to_string()),
    ]
    .into_iter()
    .flatten()
    {
        assert_eq!(spelt, text);
    }
    let _ = (values::is_language(text), values::is_duration(text));
    date.is_ok()
}

fn config_files() -> Vec<Vec<u8>> {
    let own = "listen = [\"/ip4/127.0.0.1/tcp/0\"]\npeers = []\nlanguage = \"ar\"\n";
    vec![Config::template().as_bytes().to_vec(), own.as_bytes().to_vec()]
}

fn config(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| Config::parse(text, Path::new("isnad.toml")).is_ok())
}

fn frame(bytes: &[u8]) -> bool {
    let Ok(frame) = Frame::decode(bytes) else { return false };
    assert_eq!(frame.encode(), bytes);
    true
}

/// The form of an entry in a run has one spelling; how entries are grouped, numbered and compressed is its sender's choice.
fn run_frame(body: &[u8]) -> bool {
    let spaces = [(seeds::BLIND, seeds::SPACE)].into();
    let Ok(groups) = Decoder::default().decode(body, &spaces, &|_| None) else { return false };
    let mut encoder = Encoder::default();
    for group in &groups {
        let entries: Vec<_> = group.entries.iter().cloned().map(Authentic::from_store).collect();
        encoder.add(seeds::BLIND, &entries);
    }
    let again = Decoder::default().decode(&encoder.finish(), &spaces, &|_| None);
    let again = again.unwrap_or_else(|error| panic!("what was read cannot be written: {error}"));
    assert_eq!(again, groups);
    true
}
