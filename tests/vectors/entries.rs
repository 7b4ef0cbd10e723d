//! Entries: header, signature, salt, payload; and the log that each is offered to. format §1.

use isnad_protocol::encoding::{json, to_hex};
use isnad_protocol::entry::{Draft, Entry, HEADER_SIZE, Header, Kind, Payload};
use isnad_protocol::id::{ConsortiumId, EntryId, OpenSpace, OrganisationId, RecordId, SpaceId};
use isnad_protocol::key::{PublicKey, Signature};
use isnad_protocol::log::{Log, LogEnd, LogKey};
use isnad_protocol::sheet::content::{self, Flaw};
use isnad_protocol::time::Timestamp;
use serde_json::{Value, json};

use crate::file::{self, Vector, Verdict};
use crate::secret;

fn space() -> SpaceId {
    OpenSpace::Members.id(&ConsortiumId::new([0xc0; 32]))
}

fn draft(payload: &[u8]) -> Draft {
    let mut record = [7; 16];
    record[0] = 1;
    Draft {
        kind: Kind::Change,
        space: space(),
        organisation: OrganisationId::new([0x0a; 32]),
        record: RecordId::new(record),
        generation: 0,
        time: Timestamp(1_523_102_400_000),
        payload: Payload { salt: [0x5a; 16], bytes: payload.to_vec() },
    }
}

fn claim() -> Vec<u8> {
    br#"{"ops":[{"claim":{"property":"title","value":"Douma"}}]}"#.to_vec()
}

fn first() -> Entry {
    draft(&claim()).seal((0, EntryId::ZERO), &secret(1))
}

/// The log that an entry is offered to: as the entry says itself, at its end.
fn log_of(entry: &Entry, end: LogEnd) -> Value {
    let header = &entry.header;
    json!({
        "space": header.space.to_string(),
        "author": header.author.to_string(),
        "organisation": header.organisation.to_string(),
        "seq": end.seq,
        "id": end.id.to_string(),
    })
}

fn at_start(vector: Vector) -> Vector {
    vector.with("log", log_of(&first(), LogEnd::START))
}

fn valid(name: &'static str, entry: &Entry, proves: &'static str) -> Vector {
    let end = LogEnd { seq: entry.header.seq - 1, id: entry.header.prev };
    Vector::valid(name, entry.encode(), proves).with("log", log_of(entry, end)).with("content", json!(content(entry)))
}

/// How the entry is read by itself: `ok`, `wanted`, `unknown_kind`, or the rule that makes it inert.
fn content(entry: &Entry) -> &'static str {
    match content::read(entry) {
        Ok(_) => "ok",
        Err(Flaw::Inert(defect)) => defect.code(),
        Err(flaw) => flaw.standing().name(),
    }
}

/// Authentic entries whose payload or header breaks a rule: they stay in their log, without effect.
fn inert_vectors() -> Vec<Vector> {
    let start = (0, EntryId::ZERO);
    let sealed = |change: &dyn Fn(&mut Draft)| {
        let mut draft = draft(&claim());
        change(&mut draft);
        draft.seal(start, &secret(1))
    };
    let attestation = |change: &dyn Fn(&mut Draft)| {
        sealed(&|draft| {
            (draft.kind, draft.record, draft.payload.bytes) = (Kind::Attestation, RecordId::ZERO, b"{}".to_vec());
            change(draft);
        })
    };
    let redaction =
        |payload: &[u8]| sealed(&|draft| (draft.kind, draft.payload.bytes) = (Kind::Redaction, payload.to_vec()));
    let of_record = |draft: &mut Draft| draft.record = RecordId::new([1; 16]);
    let unwanted = Entry { payload: None, ..sealed(&|draft| draft.payload.bytes.clear()) };
    vec![
        valid("generation-highest", &sealed(&|draft| draft.generation = 65_535), "generation 65,535 is allowed"),
        valid("change-without-record", &sealed(&|draft| draft.record = RecordId::ZERO), "a change is about a record"),
        valid(
            "change-not-canonical",
            &sealed(&|draft| draft.payload.bytes.push(b' ')),
            "a payload that is not canonical JSON",
        ),
        valid(
            "change-of-other-form",
            &sealed(&|draft| draft.payload.bytes = b"{}".to_vec()),
            "a payload with other members",
        ),
        valid("attestation-with-record", &attestation(&of_record), "an attestation is about no record"),
        valid(
            "attestation-with-generation",
            &attestation(&|draft| draft.generation = 1),
            "an attestation has no generation",
        ),
        valid(
            "attestation-list",
            &attestation(&|draft| draft.payload.bytes = b"[]".to_vec()),
            "an attestation is an object",
        ),
        valid("redaction-text", &redaction(br#"{"ground":"court_order","text":"by order"}"#), "a ground and a text"),
        valid("redaction-ground", &redaction(br#"{"ground":"Safety"}"#), "a ground is a code"),
        valid("redaction-member", &redaction(br#"{"ground":"safety","more":1}"#), "no member beyond those listed"),
        valid(
            "unknown-kind-absent",
            &Entry { payload: None, ..sealed(&|draft| draft.kind = Kind::Unknown(9)) },
            "wanted, whatever its kind",
        ),
        valid("empty-payload-change", &unwanted, "payload_len 0 is not wanted: inert"),
        valid(
            "time-highest",
            &sealed(&|draft| draft.time = Timestamp(u64::MAX)),
            "any claimed time: it decides nothing",
        ),
    ]
}

fn valid_vectors() -> Vec<Vector> {
    let start = (0, EntryId::ZERO);
    let first = first();
    let second = draft(&claim()).seal((1, first.header.id()), &secret(1));
    let of_kind =
        |kind, payload: &[u8]| Draft { kind, record: RecordId::ZERO, ..draft(payload) }.seal(start, &secret(1));
    let redaction = Draft { kind: Kind::Redaction, ..draft(br#"{"ground":"safety"}"#) }.seal(start, &secret(1));
    let largest = json::Json::text("x".repeat(65_534)).encode();
    let unsalted = Draft { payload: Payload { salt: [0; 16], bytes: claim() }, ..draft(b"") }.seal(start, &secret(1));
    let without = |entry: Entry| Entry { payload: None, ..entry };
    vec![
        valid("first", &first, "seq 1 names no entry before it"),
        valid("second", &second, "seq 2 names the id of seq 1"),
        valid("absent-payload", &without(first), "an absent payload is a salt of zeros and nothing after"),
        valid("attestation", &of_kind(Kind::Attestation, br#"{"logs":[]}"#), "kind 2, about no record"),
        valid("redaction", &redaction, "kind 3; what it names stands in its header"),
        valid("unknown-kind", &of_kind(Kind::Unknown(9), b"later"), "a kind of a later version is kept and forwarded"),
        valid("largest-payload", &draft(&largest).seal(start, &secret(1)), "65,536 bytes of payload are allowed"),
        valid("zero-salt", &unsalted, "nobody signs a zero salt: the entry stands, its payload is inert"),
        valid("empty-payload", &without(draft(b"").seal(start, &secret(1))), "payload_len 0: inert, never fetched"),
        valid(
            "payload-length-above-limit",
            &without(draft(&[b'x'; 65_537]).seal(start, &secret(1))),
            "payload_len above 65,536: inert, never fetched",
        ),
        valid(
            "generation-above-limit",
            &Draft { generation: 65_536, ..draft(&claim()) }.seal(start, &secret(1)),
            "a generation above 65,535: inert, the entry stands",
        ),
    ]
}

fn changed(name: &'static str, rule: &'static str, proves: &'static str, change: impl FnOnce(&mut Vec<u8>)) -> Vector {
    let mut bytes = first().encode();
    change(&mut bytes);
    at_start(Vector::invalid(name, bytes, rule, proves))
}

fn changed_vectors() -> Vec<Vector> {
    const SIGNATURE: usize = HEADER_SIZE;
    const PAYLOAD: usize = HEADER_SIZE + 64 + 16;
    vec![
        changed("truncated", "entry_truncated", "header, signature and salt are always there", |bytes| {
            bytes.truncate(PAYLOAD - 1);
        }),
        changed("oversized", "entry_oversized", "no payload above 65,536 bytes is read", |bytes| {
            bytes.resize(PAYLOAD + 65_537, b'x');
        }),
        changed("signature-bit", "entry_signature", "one bit of the signature", |bytes| bytes[SIGNATURE] ^= 1),
        changed("header-bit", "entry_signature", "one bit of the claimed time", |bytes| bytes[151] ^= 1),
        changed("magic", "entry_magic", "another magic", |bytes| bytes[12] = b'w'),
        changed("suite", "entry_suite", "a suite that is not known", |bytes| bytes[16] = 2),
        changed("flags", "entry_flags", "flags are zero", |bytes| bytes[18] = 1),
        changed("payload-bit", "entry_payload", "the header commits to the payload", |bytes| bytes[PAYLOAD] ^= 1),
        changed("salt-bit", "entry_payload", "the header commits to the salt", |bytes| bytes[PAYLOAD - 1] ^= 1),
        changed("payload-cut", "entry_payload", "the header commits to the payload's length", |bytes| {
            bytes.pop();
        }),
        changed("other-record", "entry_signature", "replayed into another record", |bytes| bytes[143] ^= 1),
        changed(
            "malleated",
            "entry_signature",
            "S + L: a second signature that anyone can make of the first",
            |bytes| {
                add_order(&mut bytes[SIGNATURE + 32..SIGNATURE + 64]);
            },
        ),
        changed("small-order-author", "entry_signature", "author and R the identity: holds for any message", |bytes| {
            let mut identity = [0; 32];
            identity[0] = 1;
            bytes[96..128].copy_from_slice(&identity);
            bytes[SIGNATURE..SIGNATURE + 32].copy_from_slice(&identity);
            bytes[SIGNATURE + 32..SIGNATURE + 64].fill(0);
        })
        .with("log", {
            let mut log = log_of(&first(), LogEnd::START);
            log["author"] = json!(format!("01{}", "00".repeat(31)));
            log
        }),
    ]
}

/// Adds the order of the group, 2^252 + 27742317777372353535851937790883648493, to a scalar. RFC 8032 §5.1.
fn add_order(scalar: &mut [u8]) {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    for (byte, other) in scalar.iter_mut().zip(ORDER) {
        let [high, low] = (u16::from(*byte) + u16::from(other) + carry).to_be_bytes();
        *byte = low;
        carry = u16::from(high);
    }
}

fn chain_vectors() -> Vec<Vector> {
    let first = first();
    let second = draft(&claim()).seal((1, first.header.id()), &secret(1));
    let offered = |name, entry: &Entry, rule, proves, end| {
        Vector::invalid(name, entry.encode(), rule, proves).with("log", log_of(&first, end))
    };
    let end = LogEnd { seq: 1, id: first.header.id() };
    let elsewhere = |log: &str, value: String| {
        let mut context = log_of(&first, LogEnd::START);
        context[log] = json!(value);
        context
    };
    let other_space = OpenSpace::Public.id(&ConsortiumId::new([0xc0; 32])).to_string();
    let other_consortium = OpenSpace::Members.id(&ConsortiumId::new([0xc1; 32])).to_string();
    let of_other = Draft { organisation: OrganisationId::new([0x0b; 32]), ..draft(&claim()) };
    let replayed =
        |name, proves, log| Vector::invalid(name, first.encode(), "entry_other_log", proves).with("log", log);
    vec![
        offered("sequence-repeated", &first, "entry_out_of_sequence", "seq 1 where 2 was due", end),
        offered("sequence-skipped", &second, "entry_out_of_sequence", "seq 2 where 1 was due", LogEnd::START),
        offered(
            "previous",
            &draft(&claim()).seal((1, EntryId::new([9; 32])), &secret(1)),
            "entry_chain",
            "names another entry before it",
            end,
        ),
        offered(
            "first-with-previous",
            &draft(&claim()).seal((0, EntryId::new([9; 32])), &secret(1)),
            "entry_chain",
            "seq 1 names no entry before it",
            LogEnd::START,
        ),
        offered(
            "other-organisation",
            &of_other.seal((1, first.header.id()), &secret(1)),
            "entry_organisation",
            "another organisation than the log's first entry",
            end,
        ),
        offered("sequence-zero", &zero(&first), "entry_out_of_sequence", "positions count from 1", LogEnd::START),
        replayed("other-space", "replayed into another space", elsewhere("space", other_space)),
        replayed("other-consortium", "replayed into another consortium", elsewhere("space", other_consortium)),
        replayed("other-author", "offered as another's", elsewhere("author", secret(2).public().to_string())),
    ]
}

/// The entry under seq 0. No code of ours signs one, so the signature stands here, made by RFC 8032 from the same seed.
fn zero(entry: &Entry) -> Entry {
    const SIGNATURE: &str = concat!(
        "0484effcc2e533c2f3339ebda2660955bb36f539c65dff5570a95c7e9a56c319",
        "6284f60a25bb320000484aa6812b80cba8dde3bd7b5b4ee4059d1233d5c2cd0b"
    );
    let header = Header { seq: 0, ..entry.header.clone() };
    Entry { header, signature: Signature::parse(SIGNATURE).unwrap(), ..entry.clone() }
}

fn parse_log(json: &Value) -> (LogKey, Option<Log>) {
    let text = |key: &str| json["log"][key].as_str().unwrap();
    let key =
        LogKey { space: SpaceId::parse(text("space")).unwrap(), author: PublicKey::parse(text("author")).unwrap() };
    let end = LogEnd { seq: json["log"]["seq"].as_u64().unwrap(), id: EntryId::parse(text("id")).unwrap() };
    let organisation = OrganisationId::parse(text("organisation")).unwrap();
    (key, (end != LogEnd::START).then_some(Log { organisation, end, checked: end }))
}

fn read(bytes: &[u8], json: &Value) -> Verdict {
    let entry = match Entry::decode(bytes) {
        Ok(entry) => entry,
        Err(error) => return Verdict { id: None, rule: Some(error.code()) },
    };
    let id = Some(entry.header.id().to_string());
    let (key, log) = parse_log(json);
    if json["verdict"] == "valid" || json.get("content").is_some() {
        assert_eq!(json["content"], content(&entry));
    }
    let rule = Log::extend(log.as_ref(), key, vec![entry]).err().map(|refusal| refusal.code());
    Verdict { id, rule }
}

#[test]
fn entries_are_judged_as_the_vectors_say() {
    let vectors = [valid_vectors(), inert_vectors(), changed_vectors(), chain_vectors()].concat();
    file::check("entries", "entry", &vectors, read);
}

#[test]
fn a_malleated_signature_is_no_second_one() {
    let entry = first();
    let mut bytes = *entry.signature.as_bytes();
    add_order(&mut bytes[32..]);
    let other = Entry { signature: Signature::new(bytes), ..entry.clone() };
    assert_ne!(to_hex(other.signature.as_bytes()), to_hex(entry.signature.as_bytes()));
    assert!(entry.is_signed() && !other.is_signed());
}
