//! Proofs of a fork: two signed headers for one position. format §6.

use isnad_protocol::entry::{Draft, Entry, Kind, Payload};
use isnad_protocol::id::{EntryId, OrganisationId, RecordId, SpaceId};
use isnad_protocol::log::ForkProof;
use isnad_protocol::time::Timestamp;
use serde_json::{Value, json};

use crate::file::{self, Vector, Verdict};
use crate::secret;

fn entry(change: impl FnOnce(&mut Draft), prev: (u64, EntryId), key: u8) -> Entry {
    let mut draft = Draft {
        kind: Kind::Change,
        space: SpaceId::new([1; 32]),
        organisation: OrganisationId::new([2; 32]),
        record: RecordId::new([1; 16]),
        generation: 0,
        time: Timestamp(1_523_102_400_000),
        payload: Payload { salt: [9; 16], bytes: br#"{"ops":[]}"#.to_vec() },
    };
    change(&mut draft);
    draft.seal(prev, &secret(key))
}

const START: (u64, EntryId) = (0, EntryId::ZERO);

/// Puts a proof together whatever it says, the lower id first where asked.
fn bytes(one: &Entry, other: &Entry, is_sorted: bool) -> Vec<u8> {
    let mut headers = [one, other];
    headers.sort_by_key(|entry| entry.header.id());
    if !is_sorted {
        headers.reverse();
    }
    let mut bytes = b"ISNAD-FORK-v1\0\0\0".to_vec();
    for entry in headers {
        bytes.extend(entry.header.encode());
        bytes.extend(entry.signature.as_bytes());
    }
    bytes
}

fn vectors() -> Vec<Vector> {
    let one = entry(|_| (), START, 1);
    let other = entry(|draft| draft.time = Timestamp(0), START, 1);
    let proof = bytes(&one, &other, true);
    let valid = |name, one: &Entry, other: &Entry, proves| {
        let header = &one.header;
        let found =
            json!({ "space": header.space.to_string(), "author": header.author.to_string(), "seq": header.seq });
        Vector::valid(name, bytes(one, other, true), proves).with("forks", found)
    };
    let invalid = |name, bytes: Vec<u8>, rule, proves| Vector::invalid(name, bytes, rule, proves);
    let changed = |at: usize, proof: &[u8]| {
        let mut bytes = proof.to_vec();
        bytes[at] ^= 1;
        bytes
    };
    let branches = [1, 2].map(|id| entry(|_| (), (4, EntryId::new([id; 32])), 1));
    let elsewhere = |other: &Entry| bytes(&one, other, true);
    vec![
        valid("first", &one, &other, "two entries at position 1"),
        valid("branches", &branches[0], &branches[1], "the entries before them may differ too"),
        valid(
            "organisations",
            &one,
            &entry(|draft| draft.organisation = OrganisationId::new([7; 32]), START, 1),
            "so may the organisation",
        ),
        invalid("short", proof[..591].to_vec(), "fork_length", "592 bytes"),
        invalid("long", [&proof[..], &[0]].concat(), "fork_length", "592 bytes"),
        invalid("magic", changed(0, &proof), "fork_magic", "its own tag"),
        invalid("header", changed(16, &proof), "entry_magic", "headers of entries"),
        invalid("order", bytes(&one, &other, false), "fork_order", "the lower id first"),
        invalid("same", bytes(&one, &one, true), "fork_order", "two different entries"),
        invalid("author", elsewhere(&entry(|_| (), START, 2)), "fork_elsewhere", "of one author"),
        invalid(
            "space",
            elsewhere(&entry(|draft| draft.space = SpaceId::new([3; 32]), START, 1)),
            "fork_elsewhere",
            "in one space",
        ),
        invalid("seq", elsewhere(&entry(|_| (), (1, one.header.id()), 1)), "fork_elsewhere", "at one position"),
        invalid("first-signature", changed(16 + 224, &proof), "fork_signature", "both are signed"),
        invalid("second-signature", changed(591, &proof), "fork_signature", "both are signed"),
    ]
}

fn read(bytes: &[u8], json: &Value) -> Verdict {
    let rule = match ForkProof::decode(bytes) {
        Ok(proof) => {
            assert_eq!(proof.encode(), bytes);
            let log = proof.log();
            let found = json!({ "space": log.space.to_string(), "author": log.author.to_string(), "seq": proof.seq() });
            assert_eq!(found, json["forks"]);
            None
        }
        Err(error) => Some(error.code()),
    };
    Verdict { id: None, rule }
}

#[test]
fn proofs_of_a_fork_are_judged_as_the_vectors_say() {
    file::check("forks", "proof", &vectors(), read);
}
