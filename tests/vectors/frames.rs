//! Frames of a session, and run frames with the logs they stand on. format §9.2, §9.3.

use std::collections::BTreeMap;

use isnad_protocol::act::Act;
use isnad_protocol::encoding::{from_hex, to_hex};
use isnad_protocol::entry::{Draft, Entry, Kind, Payload};
use isnad_protocol::id::{ActId, EntryId, OrganisationId, RecordId, SpaceId};
use isnad_protocol::log::{Authentic, ForkProof, LogEnd, LogKey};
use isnad_protocol::sync::digest::blind;
use isnad_protocol::sync::frame::{Blind, DecodeError, Frame, Item, Wish};
use isnad_protocol::sync::run::{Decoder, Encoder, OrganisationOf};
use isnad_protocol::time::Timestamp;
use serde_json::{Value, json};

use crate::file::{self, Vector, Verdict};
use crate::secret;

const NONCE: [u8; 16] = [0x5a; 16];

fn space() -> SpaceId {
    SpaceId::new([0x11; 32])
}

fn name() -> Blind {
    blind(&NONCE, space())
}

fn spaces() -> BTreeMap<Blind, SpaceId> {
    BTreeMap::from([(name(), space())])
}

/// What a frame says, in JSON: bytes in hexadecimal, entries by their ids.
pub(crate) fn describe(
    frame: &Frame,
    decoder: &mut Decoder,
    spaces: &BTreeMap<Blind, SpaceId>,
    organisation: OrganisationOf<'_>,
) -> Result<Value, DecodeError> {
    Ok(match frame {
        Frame::Open { nonce, digest } => json!({ "open": { "nonce": to_hex(nonce), "digest": to_hex(digest) } }),
        Frame::Equal => json!({ "equal": {} }),
        Frame::Spaces(spaces) => {
            let spaces = spaces.iter().map(|(blind, digest)| json!([to_hex(blind), to_hex(digest)]));
            json!({ "spaces": spaces.collect::<Vec<_>>() })
        }
        Frame::State { space, is_last, items } => {
            json!({ "state": { "space": to_hex(space), "is_last": is_last, "items": items.iter().map(describe_item).collect::<Vec<_>>() } })
        }
        Frame::News { space, items } => {
            json!({ "news": { "space": to_hex(space), "items": items.iter().map(describe_item).collect::<Vec<_>>() } })
        }
        Frame::Act(bytes) => {
            json!({ "act": Act::decode(bytes).map_or_else(|_| to_hex(bytes), |act| act.id().to_string()) })
        }
        Frame::Want(wishes) => {
            let wishes = wishes.iter().map(|wish| json!([to_hex(&wish.space), wish.author.to_string(), wish.after]));
            json!({ "want": wishes.collect::<Vec<_>>() })
        }
        Frame::Sending { entries } => json!({ "sending": entries }),
        Frame::Payload { space, author, seq, payload } => json!({ "payload": {
            "space": to_hex(space), "author": author.to_string(), "seq": seq,
            "salt": to_hex(&payload.salt), "bytes": to_hex(&payload.bytes),
        } }),
        Frame::Credit(bytes) => json!({ "credit": bytes }),
        Frame::Proof(bytes) => json!({ "proof": to_hex(bytes) }),
        Frame::Probe { space, author, seq } => {
            json!({ "probe": [to_hex(space), author.to_string(), seq] })
        }
        Frame::WantBranch { space, author, after, end } => {
            json!({ "want_branch": [to_hex(space), author.to_string(), after, end.seq, end.id.to_string()] })
        }
        Frame::Header(bytes) => json!({ "header": to_hex(bytes) }),
        Frame::Run(body) => {
            let groups = decoder.decode(body, spaces, organisation)?;
            let groups = groups.iter().map(|group| {
                let entries = group.entries.iter().map(|entry| {
                    json!({ "id": entry.header.id().to_string(), "seq": entry.header.seq, "is_signed": entry.is_signed(), "has_payload": entry.payload.is_some() })
                });
                json!({ "author": group.log.author.to_string(), "space": group.log.space.to_string(), "entries": entries.collect::<Vec<_>>() })
            });
            json!({ "run": groups.collect::<Vec<_>>() })
        }
    })
}

fn describe_item(item: &Item) -> Value {
    match item {
        Item::End(author, end) => json!(["end", author.to_string(), end.seq, end.id.to_string()]),
        Item::Act(id, hash) => json!(["act", id.to_string(), to_hex(hash)]),
        Item::Branch(author, end) => json!(["branch", author.to_string(), end.seq, end.id.to_string()]),
        Item::Fork(author, seq) => json!(["fork", author.to_string(), seq]),
        Item::Wanted(author, at) => json!(["wanted", author.to_string(), at.seq, at.id.to_string()]),
    }
}

fn items() -> Vec<Item> {
    let (author, end) = (secret(1).public(), LogEnd { seq: 7, id: EntryId::new([3; 32]) });
    vec![
        Item::Act(ActId::new([1; 32]), [2; 32]),
        Item::End(author, end),
        Item::Wanted(author, LogEnd { seq: 5, id: EntryId::new([4; 32]) }),
    ]
}

fn closed_items() -> Vec<Item> {
    let author = secret(1).public();
    vec![Item::Fork(author, 5), Item::Branch(author, LogEnd { seq: 7, id: EntryId::new([3; 32]) })]
}

fn proof() -> Vec<u8> {
    let twins = [Timestamp(1), Timestamp(2)].map(|time| sealed(1, LogEnd::START, |draft| draft.time = time));
    ForkProof::of(&twins[0], &twins[1]).unwrap().encode()
}

fn valid(vector: &'static str, frame: &Frame, proves: &'static str) -> Vector {
    run_vector(vector, &frame.encode(), &[], proves)
}

/// A valid frame, that stands on the logs which those before introduced.
fn run_vector(vector: &'static str, bytes: &[u8], before: &[Vec<u8>], proves: &'static str) -> Vector {
    let context = context(before);
    let decodes = decode(bytes, &context).unwrap();
    let mut made = Vector::valid(vector, bytes.to_vec(), proves);
    made.more = context.as_object().unwrap().clone();
    made.with("decodes", decodes)
}

fn context(before: &[Vec<u8>]) -> Value {
    json!({
        "spaces": [[to_hex(&name()), space().to_string()]],
        "before": before.iter().map(|frame| to_hex(frame)).collect::<Vec<_>>(),
    })
}

fn decode(bytes: &[u8], context: &Value) -> Result<Value, DecodeError> {
    let unhex = |text: &Value| file::unhex(text.as_str().unwrap());
    let spaces = context["spaces"].as_array().unwrap().iter().map(|pair| {
        (from_hex::<16>(pair[0].as_str().unwrap()).unwrap(), SpaceId::parse(pair[1].as_str().unwrap()).unwrap())
    });
    let spaces = spaces.collect();
    let mut decoder = Decoder::default();
    for frame in context["before"].as_array().unwrap() {
        describe(&Frame::decode(&unhex(frame)).unwrap(), &mut decoder, &spaces, &nobody).unwrap();
    }
    describe(&Frame::decode(bytes)?, &mut decoder, &spaces, &nobody)
}

/// A reader that said of no log that it holds it.
pub(crate) fn nobody(_: &LogKey) -> Option<OrganisationId> {
    None
}

fn code(error: &DecodeError) -> &'static str {
    match error {
        DecodeError::Truncated(_) => "frame_truncated",
        DecodeError::UnknownType(_) => "frame_unknown_type",
        DecodeError::UnknownItem(_) => "frame_unknown_item",
        DecodeError::Trailing(_) => "frame_trailing",
        DecodeError::Number => "frame_number",
        DecodeError::Oversized => "frame_oversized",
        DecodeError::Compression => "frame_compression",
        DecodeError::UnknownLog => "frame_unknown_log",
        _ => "frame_other",
    }
}

fn plain_vectors() -> Vec<Vector> {
    let author = secret(1).public();
    let wish = Wish { space: name(), author, after: 6 };
    let payload = Payload { salt: [9; 16], bytes: br#"{"ops":[{"claim":{}}]}"#.to_vec() };
    vec![
        valid("open", &Frame::Open { nonce: NONCE, digest: [7; 32] }, "nonce and digest over all spaces"),
        valid("equal", &Frame::Equal, "one byte: both hold the same"),
        valid("spaces", &Frame::Spaces(vec![(name(), [7; 32])]), "a digest for each space, under its blinded name"),
        valid(
            "state",
            &Frame::State { space: name(), is_last: true, items: items() },
            "every type of item; the last part",
        ),
        valid(
            "state-part",
            &Frame::State { space: name(), is_last: false, items: items() },
            "a part that others follow",
        ),
        valid("state-empty", &Frame::State { space: name(), is_last: true, items: Vec::new() }, "nothing is held"),
        valid("news", &Frame::News { space: name(), items: items() }, "what is new"),
        valid("news-none", &Frame::News { space: name(), items: Vec::new() }, "nothing differs in this space"),
        valid("want", &Frame::Want(vec![wish, wish]), "logs, each from behind a position"),
        valid("sending", &Frame::Sending { entries: 300 }, "how many entries will follow"),
        valid("payload", &Frame::Payload { space: name(), author, seq: 5, payload }, "a payload that was wanted"),
        valid("credit", &Frame::Credit(2_097_152), "bytes of runs that may follow"),
        valid("news-closed", &Frame::News { space: name(), items: closed_items() }, "items about closed logs"),
        valid("proof", &Frame::Proof(proof()), "two signed headers of one author, space and position"),
        valid("probe", &Frame::Probe { space: name(), author, seq: 5 }, "asks for one header"),
        valid("header", &Frame::Header(log(1)[0].encode()[..288].to_vec()), "the answer: a header with its signature"),
        valid(
            "want-branch",
            &Frame::WantBranch { space: name(), author, after: 4, end: LogEnd { seq: 7, id: EntryId::new([3; 32]) } },
            "the line of a closed log that ends in an entry",
        ),
    ]
}

fn sealed(number: u8, prev: LogEnd, change: impl FnOnce(&mut Draft)) -> Entry {
    let mut record = [7; 16];
    record[0] = 1;
    let mut draft = Draft {
        kind: Kind::Change,
        space: space(),
        organisation: OrganisationId::new([0x0a; 32]),
        record: RecordId::new(record),
        generation: 0,
        time: Timestamp(1_523_102_400_000 + 60_000 * prev.seq),
        payload: Payload {
            salt: [0x5a; 16],
            bytes: br#"{"ops":[{"claim":{"prop":"title","value":"Douma"}}]}"#.to_vec(),
        },
    };
    change(&mut draft);
    draft.seal((prev.seq, prev.id), &secret(number))
}

fn end(entry: &Entry) -> LogEnd {
    LogEnd { seq: entry.header.seq, id: entry.header.id() }
}

fn log(number: u8) -> Vec<Entry> {
    let first = sealed(number, LogEnd::START, |_| {});
    let second = sealed(number, end(&first), |draft| draft.time = Timestamp(5));
    let mut third = sealed(number, end(&second), |draft| {
        draft.kind = Kind::Attestation;
        draft.record = RecordId::ZERO;
        draft.generation = 3;
        draft.payload.bytes = b"{}".to_vec();
    });
    third.payload = None;
    let fourth = sealed(number, end(&third), |draft| draft.payload.bytes = vec![b'x'; 3_000]);
    vec![first, second, third, fourth]
}

fn add(encoder: &mut Encoder, entries: &[Entry]) {
    let entries: Vec<_> = entries.iter().cloned().map(Authentic::from_store).collect();
    encoder.add(name(), &entries);
}

/// The groups gathered, as they are: what a compressor makes of them is its own matter.
fn plain(encoder: &mut Encoder) -> Vec<u8> {
    let length = encoder.len();
    let body = encoder.finish();
    let raw = if body[0] == 0 { body[1..].to_vec() } else { inflate(&body[5..], length) };
    [&[9, 0][..], &raw].concat()
}

fn run_vectors() -> Vec<Vector> {
    let entries = log(1);
    let mut encoder = Encoder::default();
    add(&mut encoder, &entries[..1]);
    let introduced = plain(&mut encoder);
    add(&mut encoder, &entries[1..3]);
    let continued = plain(&mut encoder);
    let mut late = Encoder::default();
    add(&mut late, &entries[2..3]);
    let behind = plain(&mut late);
    let group = raw_of(&entries[3..]);
    let mut given_again = vec![9, 0];
    given_again.extend(raw_of(&log(2)[..1]));
    vec![
        run_vector(
            "run-introduced",
            &introduced,
            &[],
            "a log is introduced by number, space, author, organisation and its position",
        ),
        run_vector(
            "run-continued",
            &continued,
            std::slice::from_ref(&introduced),
            "a log goes on under its number; kind, generation, an absent payload, a time before",
        ),
        run_vector("run-from-behind", &behind, &[], "a log introduced at a position of its own"),
        run_vector("run-number-again", &given_again, &[introduced], "a number given again names the new log"),
        run_vector("run-compressed", &compressed(&group), &[], "an LZ4 block of the length stated"),
        run_vector("run-none", &[9, 0], &[], "no group"),
    ]
}

/// The groups of entries that introduce their log as number 0.
fn raw_of(entries: &[Entry]) -> Vec<u8> {
    let mut encoder = Encoder::default();
    add(&mut encoder, entries);
    plain(&mut encoder)[2..].to_vec()
}

/// A plain reader of LZ4 blocks, as its specification has it: the vectors must not hang on what one compressor makes.
fn inflate(block: &[u8], length: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(length);
    let mut at = 0;
    let more = |at: &mut usize, nibble: u8| {
        let mut length = usize::from(nibble);
        #[allow(clippy::while_immutable_condition, reason = "ends by its return")]
        while nibble == 15 {
            let byte = block[*at];
            *at += 1;
            length += usize::from(byte);
            if byte < 255 {
                break;
            }
        }
        length
    };
    while at < block.len() {
        let token = block[at];
        at += 1;
        let literals = more(&mut at, token >> 4);
        out.extend_from_slice(&block[at..at + literals]);
        at += literals;
        if at == block.len() {
            break;
        }
        let offset = usize::from(u16::from_le_bytes([block[at], block[at + 1]]));
        at += 2;
        let matched = more(&mut at, token & 15) + 4;
        (0..matched).for_each(|_| out.push(out[out.len() - offset]));
    }
    assert_eq!(out.len(), length);
    out
}

/// One run of equal bytes as a match, all else as literals: an LZ4 block that no compressor's version changes.
fn compressed(raw: &[u8]) -> Vec<u8> {
    let start = raw.windows(64).position(|bytes| bytes.iter().all(|byte| *byte == b'x')).unwrap() + 1;
    let length = raw[start..].iter().take_while(|byte| **byte == b'x').count() - 8;
    let mut block = sequence(&raw[..start], Some(length));
    block.extend(sequence(&raw[start + length..], None));
    assert_eq!(inflate(&block, raw.len()), raw);
    let mut frame = vec![9, 1];
    frame.extend(u32::try_from(raw.len()).unwrap().to_be_bytes());
    frame.extend(block);
    frame
}

fn sequence(literals: &[u8], matched: Option<usize>) -> Vec<u8> {
    let nibble = |length: usize| u8::try_from(length.min(15)).unwrap();
    let rest = |length: usize| {
        let mut bytes = Vec::new();
        if length >= 15 {
            bytes.extend(vec![255; (length - 15) / 255]);
            bytes.push(u8::try_from((length - 15) % 255).unwrap());
        }
        bytes
    };
    let over = matched.map_or(0, |matched| matched - 4);
    let mut block = vec![nibble(literals.len()) << 4 | nibble(over)];
    block.extend(rest(literals.len()));
    block.extend_from_slice(literals);
    if matched.is_some() {
        block.extend(1_u16.to_le_bytes());
        block.extend(rest(over));
    }
    block
}

fn invalid(name: &'static str, bytes: Vec<u8>, rule: &'static str, proves: &'static str) -> Vector {
    let mut vector = Vector::invalid(name, bytes, rule, proves);
    vector.more = context(&[]).as_object().unwrap().clone();
    vector
}

fn invalid_vectors() -> Vec<Vector> {
    let run = |raw: &[u8]| [&[9, 0][..], raw].concat();
    let first = raw_of(&log(1)[..1]);
    let change = |bytes: &[u8], at: usize, to: u8| {
        let mut bytes = bytes.to_vec();
        bytes[at] = to;
        bytes
    };
    // 0, number, blind, author, organisation, seq, id, count: then the form of the first entry.
    let (count, form) = (2 + 16 + 32 + 32 + 8 + 32, 2 + 16 + 32 + 32 + 8 + 32 + 1);
    let packed = compressed(&raw_of(&log(1)[3..]));
    let state = Frame::State { space: name(), is_last: true, items: items() }.encode();
    vec![
        invalid("nothing", Vec::new(), "frame_truncated", "a frame has a type"),
        invalid("type-zero", vec![0], "frame_unknown_type", "types from 1"),
        invalid("type-unknown", vec![16], "frame_unknown_type", "types up to 15"),
        invalid("open-short", vec![1; 40], "frame_truncated", "ends inside the digest"),
        invalid("equal-long", vec![2, 0], "frame_trailing", "no byte after"),
        invalid("state-flag", change(&state, 1, 2), "frame_number", "0 or 1"),
        invalid("state-short", state[..state.len() - 1].to_vec(), "frame_truncated", "ends inside an item"),
        invalid("item-unknown", change(&state, 18, 6), "frame_unknown_item", "items of types 1 to 5"),
        invalid("proof-short", vec![12; 592], "frame_truncated", "592 bytes"),
        invalid("header-long", vec![14; 290], "frame_trailing", "288 bytes"),
        invalid("want-short", [&[7][..], &[0; 55]].concat(), "frame_truncated", "ends inside a wish"),
        invalid(
            "payload-oversized",
            [&[10][..], &[0; 16 + 32 + 8 + 16 + 65_537]].concat(),
            "frame_oversized",
            "65,537 bytes of payload",
        ),
        invalid("run-nothing", vec![9], "frame_truncated", "a run has a form"),
        invalid("run-form", vec![9, 2], "frame_compression", "forms 0 and 1"),
        invalid("run-unknown-log", run(&[1, 0]), "frame_unknown_log", "a number that was never given"),
        invalid(
            "run-unknown-space",
            run(&change(&first, 2, !first[2])),
            "frame_unknown_log",
            "a space that the session does not share",
        ),
        invalid(
            "run-number-beyond",
            run(&[&[0, 0x80, 0x80, 1][..], &first[2..]].concat()),
            "frame_unknown_log",
            "numbers below 16,384",
        ),
        invalid("run-count", run(&change(&first, count, 2)), "frame_truncated", "fewer entries than announced"),
        invalid(
            "run-count-long",
            run(&[&first[..count], &[0x81, 0], &first[count + 1..]].concat()),
            "frame_number",
            "numbers in their shortest form",
        ),
        invalid("run-number-huge", run(&[&[0xff; 10][..], &[0]].concat()), "frame_number", "numbers below 2^64"),
        invalid("run-entry-form", run(&change(&first, form, 16)), "frame_number", "four bits of form"),
        invalid("run-cut", run(&first[..first.len() - 1]), "frame_truncated", "ends inside a payload"),
        invalid(
            "run-compressed-longer",
            change(&packed, 5, packed[5] - 1),
            "frame_compression",
            "inflates to more than stated",
        ),
        invalid(
            "run-compressed-shorter",
            change(&packed, 5, packed[5] + 1),
            "frame_compression",
            "inflates to less than stated",
        ),
        invalid(
            "run-compressed-bomb",
            vec![9, 1, 0xff, 0xff, 0xff, 0xff, 0x1f],
            "frame_oversized",
            "no more than 262,144 bytes are ever inflated",
        ),
        invalid(
            "run-oversized",
            [&[9, 0][..], &vec![0; 262_145]].concat(),
            "frame_oversized",
            "262,145 bytes of groups",
        ),
    ]
}

fn read(bytes: &[u8], json: &Value) -> Verdict {
    let rule = match decode(bytes, json) {
        Ok(decodes) => {
            assert_eq!(decodes, json["decodes"]);
            None
        }
        Err(error) => Some(code(&error)),
    };
    if let Ok(frame) = Frame::decode(bytes) {
        assert_eq!(frame.encode(), bytes, "a frame has one spelling");
    }
    Verdict { id: None, rule }
}

#[test]
fn frames_are_judged_as_the_vectors_say() {
    let oversized = Frame::Act(vec![0; isnad_protocol::limits::FRAME_BYTES]).encode();
    assert_eq!(Frame::decode(&oversized), Err(DecodeError::Oversized));
    file::check("frames", "frame", &[plain_vectors(), run_vectors(), invalid_vectors()].concat(), read);
}

#[test]
fn what_is_compressed_is_what_was_gathered() {
    let entries = log(1);
    let mut encoder = Encoder::default();
    add(&mut encoder, &entries);
    let groups = Decoder::default().decode(&encoder.finish(), &spaces(), &nobody).unwrap();
    assert_eq!(groups[0].entries, entries);
}
