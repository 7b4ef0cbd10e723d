//! Inputs to begin from: golden vectors, what the code itself writes, and the spellings that parsers know.

use std::path::Path;
use std::sync::OnceLock;

use isnad_node::carry::file::Writer;
use isnad_protocol::encoding::json::Json;
use isnad_protocol::governance::bundle_acts;
use isnad_protocol::id::{ConsortiumId, SpaceId};
use isnad_protocol::import;
use isnad_protocol::log::Authentic;
use isnad_protocol::sync::run::Encoder;

use super::files;
use crate::consortium;

pub(super) const BLIND: [u8; 16] = [3; 16];
pub(super) const SPACE: SpaceId = SpaceId::new([7; 32]);

/// The vectors of one kind and extension, valid and invalid.
pub(super) fn vectors(kind: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(kind);
    // The largest only cost time: what they prove, a vector's test proves.
    let all = ["valid", "invalid"].into_iter().flat_map(|verdict| files(&folder.join(verdict)));
    all.filter(|bytes| bytes.len() < 8_192 && !bytes.starts_with(b"{\n")).collect()
}

pub(super) fn entries() -> Vec<Vec<u8>> {
    vectors("entries")
}

pub(super) fn acts() -> Vec<Vec<u8>> {
    vectors("acts")
}

pub(super) fn payloads() -> Vec<Vec<u8>> {
    let narrative = "12".repeat(16);
    let id = "ab".repeat(32);
    let more = [
        format!(r#"{{"ops":[{{"reason":"error","retract":"{id}"}},{{"claim":{{"value":1}}}}]}}"#),
        format!(r#"{{"after":[],"ops":[{{"at":0,"delete":0,"edit":"{narrative}","insert":"عين"}}]}}"#),
        format!(r#"{{"after":["{id}"],"ops":[{{"at":2,"delete":1,"edit":"{narrative}","insert":""}}]}}"#),
    ];
    [vectors("payloads"), more.map(String::into_bytes).to_vec()].concat()
}

/// Frames of a file that one replica wrote for another, and of a session between the two.
pub(super) fn frames() -> Vec<Vec<u8>> {
    let mut sites = consortium::found(2);
    for (site, text) in [(0, "one"), (0, "two"), (1, "three")] {
        sites[site].say(consortium::record(1), consortium::claim("note", text));
    }
    let mut frames = consortium::overhear(&mut sites, 0, 1);
    frames.extend(consortium::carried(&sites[0]));
    frames.sort();
    frames.dedup();
    frames
}

/// Sequences of frames, each behind its length.
pub(super) fn sessions() -> Vec<Vec<u8>> {
    let frames = frames();
    let bundle = |frames: &[Vec<u8>]| frames.iter().flat_map(|frame| lengthened(frame)).collect::<Vec<u8>>();
    let pairs = frames.windows(2).map(bundle);
    pairs.chain([bundle(&frames)]).collect()
}

fn lengthened(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("a frame is far shorter than 4 GiB");
    [&length.to_be_bytes()[..], bytes].concat()
}

/// Bodies of run frames in every form: one log and several, with and without payload, as they are and compressed.
pub(super) fn runs() -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    for length in [1, 2, 40] {
        let mut encoder = Encoder::default();
        for author in [1, 2] {
            encoder.add(BLIND, &log(author, length));
        }
        bodies.push(encoder.finish());
    }
    bodies.extend([vec![], vec![0], vec![1], vec![1, 0xff, 0xff, 0xff, 0xff, 0], vec![0, 0, 0]]);
    bodies
}

/// A log of entries of every form.
fn log(author: u8, length: u8) -> Vec<Authentic> {
    use isnad_protocol::entry::{Draft, Kind, Payload};
    use isnad_protocol::id::{EntryId, OrganisationId};
    use isnad_protocol::time::Timestamp;
    let mut prev = (0, EntryId::ZERO);
    let entry = |number: u8| {
        let draft = Draft {
            kind: Kind::from_code(number % 5),
            space: SPACE,
            organisation: OrganisationId::new([1; 32]),
            record: consortium::record(number / 3),
            generation: u32::from(number % 4) * 100,
            time: Timestamp(u64::from(number).wrapping_mul(0x1234_5678_9abc) ^ 1_700_000_000_000),
            payload: Payload { salt: [author; 16], bytes: consortium::claim("note", &number.to_string()) },
        };
        let mut entry = draft.seal(prev, &consortium::secret(author));
        prev = (entry.header.seq, entry.header.id());
        if number % 7 == 6 {
            entry.payload = None;
        }
        Authentic::from_store(entry)
    };
    (0..length).map(entry).collect()
}

pub(super) fn act_files() -> Vec<Vec<u8>> {
    let acts = consortium::founding_acts(3);
    let reversed: Vec<_> = acts.iter().rev().collect();
    vec![bundle_acts(&acts), bundle_acts(reversed), bundle_acts(&acts[..1]), Vec::new()]
}

/// The kind of an act, then its body.
pub(super) fn act_bodies() -> Vec<Vec<u8>> {
    let body = |bytes: &Vec<u8>| {
        let length = bytes.get(20..24).and_then(|length| length.try_into().ok()).map(u32::from_be_bytes)?;
        let end = 128_usize.checked_add(usize::try_from(length).ok()?)?;
        Some([bytes.get(17..18)?, bytes.get(31..32)?, bytes.get(128..end)?].concat())
    };
    acts().iter().filter_map(body).collect()
}

/// An import in miniature: a few elements of every list of the real one.
fn small_import() -> &'static [u8] {
    static SMALL: OnceLock<Vec<u8>> = OnceLock::new();
    SMALL.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/data/incidents.json");
        let bytes = std::fs::read(path).expect("the incidents are in the repository");
        let mut file: serde_json::Value = serde_json::from_slice(&bytes).expect("the incidents are JSON");
        for list in file.as_object_mut().into_iter().flatten().filter_map(|(_, member)| member.as_array_mut()) {
            list.truncate(2);
        }
        serde_json::to_vec(&file).expect("JSON can be written")
    })
}

pub(super) fn foreign() -> Vec<Vec<u8>> {
    let texts = [
        "\u{feff} {\"a\" : [null, 1.5e+3, -0, \"\\u00e9\\ud83d\\ude00\\/\"] }\r\n",
        "[[[[1]]]]",
        "\"\\ud800\"",
        "1e999",
        "{\"a\":1,\"a\":2}",
        "0.1e-1",
    ];
    let start = small_import().get(..2_048).unwrap_or_else(small_import).to_vec();
    [texts.iter().map(|text| text.as_bytes().to_vec()).collect(), vec![start], payloads()].concat()
}

pub(super) fn imports() -> Vec<Vec<u8>> {
    vec![small_import().to_vec()]
}

pub(super) fn drafts() -> Vec<Vec<u8>> {
    let kinds = isnad_protocol::model::KINDS.iter();
    let examples = kinds.filter_map(|kind| Some(isnad_protocol::model::example(kind.code)?.as_bytes().to_vec()));
    let own = br#"{"claims":[{"prop":"place","value":{"lat":35.1,"lon":-3e1,"names":[{"lang":"ar","text":"x"}]}}],"space":"public"}"#;
    examples.chain([own.to_vec()]).collect()
}

/// The kind of a record, then a claim on one.
pub(super) fn claims() -> Vec<Vec<u8>> {
    let dataset = import::read(small_import(), import::DATASET).expect("the incidents can be imported");
    let claims = dataset.records.iter().flat_map(|imported| {
        let kind = imported.record.kind_code();
        imported.claims.iter().map(move |claim| [vec![kind], Json::Object(claim.clone()).encode()].concat())
    });
    let claims: Vec<_> = claims.collect();
    let id = "ab".repeat(32);
    let more = [
        (5, r#"{"prop":"start","value":"2018-05-18"}"#.to_owned()),
        (5, r#"{"prop":"duration","valid":"2018-05-18/..","value":"P6M"}"#.to_owned()),
        (5, r#"{"prop":"end","value":"9999-12-31"}"#.to_owned()),
        (5, r#"{"prop":"status","value":"annulled"}"#.to_owned()),
        (1, r#"{"prop":"casualty","value":{"category":"killed","max":9,"min":1}}"#.to_owned()),
        (1, format!(r#"{{"prop":"status","replaces":"{id}","value":"withdrawn"}}"#)),
        (1, format!(r#"{{"prop":"opinion","value":{{"claim":"{id}","organisation":"{id}","stance":"dispute"}}}}"#)),
    ];
    claims.into_iter().chain(more.map(|(kind, text)| [vec![kind], text.into_bytes()].concat())).collect()
}

/// Dates, durations, coordinates, languages and ids, as people write them.
pub(super) fn words() -> Vec<Vec<u8>> {
    [
        "2018",
        "2018-04-07",
        "2018-04~",
        "201X",
        "2018-XX-XX",
        "2018-21",
        "2018-02-04T21:22:05+03:00",
        "2018-04-07/2018-04-09",
        "../2018",
        "2018-04-07/",
        "9999-12-31",
        "0000",
        "P6M",
        "P1Y2M3DT4H5M6S",
        "P99999999999999999999Y",
        "-33.123456789",
        "1e400",
        "1.5e-3",
        "ar-Latn-SY",
        "incident/0f3a0f3a0f3a0f3a0f3a0f3a0f3a0f",
        "ffffffffffffffffffffffffffffffff",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

/// A file of few frames.
pub(super) fn carried_files() -> Vec<Vec<u8>> {
    let mut writer = Writer::begin(Vec::new(), ConsortiumId::new([5; 32])).expect("memory takes it");
    for frame in frames().iter().take(8).filter(|frame| !frame.is_empty()) {
        writer.frame(frame).expect("memory takes it");
    }
    vec![writer.finish().expect("memory takes it")]
}
