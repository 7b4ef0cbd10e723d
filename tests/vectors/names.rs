//! Every name that is derived, with what it is derived from. format §2, §4.4, §7.

use std::path::Path;

use isnad_protocol::act::{Cut, GrantSubject, next_key_hash};
use isnad_protocol::attestation::{RecordTree, leaf};
use isnad_protocol::encoding::{hash, json, tag, to_hex};
use isnad_protocol::id::{ConsortiumId, EntryId, OpenSpace, SpaceId};
use isnad_protocol::import;
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::{LogEnd, LogKey};
use isnad_protocol::sheet::{Claim, narrative};
use isnad_protocol::sync::digest;
use serde_json::{Value, json};

use crate::{file, secret};

fn claim(text: &str) -> Value {
    let json::Json::Object(members) = json::decode(text.as_bytes()).unwrap() else { panic!("{text}") };
    json!({ "claim": text, "id": Claim::new(members).unwrap().id().to_string() })
}

fn names() -> Value {
    let consortium = ConsortiumId::new([0xc0; 32]);
    let spaces = OpenSpace::ALL.map(|space| {
        let id = space.id(&consortium);
        let blind = to_hex(&digest::blind(&[0x5a; 16], id));
        json!({ "name": space.name(), "id": id.to_string(), "blind": blind })
    });
    let record = |dataset: &str, kind: u8, own: &str| {
        let id = import::record_id(dataset, kind, own);
        json!({ "dataset": dataset, "kind": kind, "own_id": own, "id": id.to_string(), "bytes": to_hex(id.as_bytes()) })
    };
    let narrative = |number: u8, seq: u64| {
        let (author, space) = (secret(number).public(), OpenSpace::Members.id(&consortium));
        let id = narrative::id(author, space, seq);
        json!({ "author": author.to_string(), "space": space.to_string(), "seq": seq, "id": id.to_string() })
    };
    let entry = EntryId::new([7; 32]);
    let roots = [secret(10).public(), secret(11).public()];
    let trees = [0, 1, 2, 9].map(record_tree);
    json!({
        "proves": "what is derived from what, byte for byte",
        "consortium": consortium.to_string(),
        "nonce": "5a".repeat(16),
        "spaces": spaces,
        "records": [
            record("isnad-incidents", 1, "douma-2018-04-07"),
            record("isnad-incidents", 2, "douma-2018-04-07"),
            record("un_lists", 11, "قرار 2118"),
            record("a", 200, ""),
        ],
        "claims": [
            claim("{}"),
            claim(r#"{"prop":"date","value":"2018-04-07"}"#),
            claim(r#"{"lang":"ar","prop":"title","value":"دوما"}"#),
        ],
        "narratives": [narrative(1, 1), narrative(1, 2), narrative(2, u64::MAX)],
        "actors": [{ "entry": entry.to_string(), "actor": to_hex(&hash(&tag("ISNAD-ACTOR-v1"), &[entry.as_bytes()])) }],
        "next_keys": [{ "key": roots[0].to_string(), "commitment": to_hex(&next_key_hash(&roots[0])) }],
        "grant_subjects": [{
            "roots": roots.map(|root| root.to_string()),
            "subject": grant_subject(&roots),
        }],
        "cuts": cuts(OpenSpace::Members.id(&consortium), roots[0]),
        "record_trees": trees,
    })
}

/// Cuts of a log at an end, and before its first entry.
fn cuts(space: SpaceId, author: PublicKey) -> Vec<Value> {
    let log = LogKey { space, author };
    let cut = |end: LogEnd| {
        let cut = Cut::new(&log, end);
        assert!(cut.is_of(&log) && cut.is_at(&log, end) && cut.seq(&log) == end.seq);
        json!({
            "space": space.to_string(), "author": author.to_string(), "at": end.seq, "id": end.id.to_string(),
            "cut": { "last": to_hex(&cut.last), "log": to_hex(&cut.log), "seq": to_hex(&cut.seq) },
        })
    };
    [LogEnd::START, LogEnd { seq: 1_213, id: EntryId::new([7; 32]) }].map(cut).to_vec()
}

/// The root over so many records, the first about which nothing was said.
fn record_tree(count: u8) -> Value {
    let mut tree = RecordTree::default();
    let record = |number: u8| {
        let record = import::record_id("isnad-incidents", 1 + number % 3, &number.to_string());
        let entries: Vec<_> = (0..number).map(|entry| EntryId::new([entry; 32])).collect();
        tree.set(record, leaf(&record, &entries));
        json!({ "record": to_hex(record.as_bytes()), "entries": entries.iter().map(ToString::to_string).collect::<Vec<_>>() })
    };
    let records: Vec<_> = (0..count).map(record).collect();
    json!({ "records": records, "root": to_hex(&tree.root()) })
}

/// The subject as format §4.4 writes it, held against the one that proofs are checked with.
fn grant_subject(roots: &[PublicKey]) -> String {
    let mut sorted = roots.to_vec();
    sorted.sort_unstable();
    let parts: Vec<&[u8]> = sorted.iter().map(|root| &root.as_bytes()[..]).collect();
    let subject = isnad_protocol::encoding::hash_plain(&parts);
    let of_organisation = GrantSubject::of_organisation(isnad_protocol::id::OrganisationId::new(subject));
    assert_eq!(GrantSubject::of_roots(roots), of_organisation);
    to_hex(&subject)
}

#[test]
fn names_are_derived_as_the_vectors_say() {
    file::check_json(Path::new("names.json"), &names());
}
