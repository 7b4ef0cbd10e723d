//! A carried file: one side of a session, for networks with a gap of air. format §9.6.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use isnad_protocol::encoding::{Reader, Tag, hash, tag};
use isnad_protocol::id::OpenSpace;
use isnad_protocol::log::{Authentic, Log, LogEnd};
use isnad_protocol::store::MemoryStore;
use isnad_protocol::sync::carried;
use isnad_protocol::sync::digest::blind;
use isnad_protocol::sync::frame::Frame;
use isnad_protocol::sync::run::Decoder;
use serde_json::{Value, json};

use crate::consortium::{Held, held};
use crate::{file, frames};

const SUM: Tag = tag("ISNAD-CARRYSUM-1");

fn read(held: &Held, bytes: &[u8]) -> Value {
    let consortium = held.governance.consortium();
    let (body, sum) = bytes.split_last_chunk::<32>().unwrap();
    assert_eq!(*sum, hash(&SUM, &[body]));
    let mut reader = Reader::new(body);
    assert_eq!(&reader.array::<16>().unwrap(), b"ISNAD-CARRY-v1\0\0");
    assert_eq!(&reader.array::<32>().unwrap(), consortium.as_bytes());
    let spaces = OpenSpace::ALL.map(|space| space.id(&consortium)).map(|space| (blind(&[0; 16], space), space));
    let spaces = spaces.into_iter().collect();
    let mut decoder = Decoder::default();
    let mut said = Vec::new();
    loop {
        let length = usize::try_from(reader.u32().unwrap()).unwrap();
        if length == 0 {
            break;
        }
        let frame = Frame::decode(reader.bytes(length).unwrap()).unwrap();
        said.push(frames::describe(&frame, &mut decoder, &spaces, &frames::nobody).unwrap());
    }
    assert!(reader.is_empty());
    json!({ "proves": "what a carried file holds, in this order", "consortium": consortium.to_string(), "frames": said })
}

#[test]
fn a_carried_file_holds_what_the_vector_says() {
    let held = held();
    let mut store = MemoryStore::default();
    let mut logs = BTreeMap::new();
    // One log alone, whose frame is too small to be compressed: the bytes hang on no compressor.
    let single = held.logs.iter().filter(|(_, entries)| entries.len() == 1 && entries[0].payload.is_some());
    let (key, entries) = single.min_by_key(|(_, entries)| entries[0].header.payload_len).unwrap();
    for entry in entries.iter().cloned().map(Authentic::from_store) {
        let end = entry.end();
        logs.insert(*key, Log { organisation: entry.entry().header.organisation, end, checked: end });
        store.insert(entry);
    }
    let frames = carried::frames(&held.governance, &logs, &BTreeMap::new(), &store).unwrap();
    let mut bytes = b"ISNAD-CARRY-v1\0\0".to_vec();
    bytes.extend(held.governance.consortium().as_bytes());
    for frame in &frames {
        bytes.extend(u32::try_from(frame.len()).unwrap().to_be_bytes());
        bytes.extend(frame);
    }
    bytes.extend([0; 4]);
    let sum = hash(&SUM, &[&bytes]);
    bytes.extend(sum);
    let spaces = OpenSpace::ALL.map(|space| space.id(&held.governance.consortium()));
    let ends: BTreeMap<_, LogEnd> = logs.iter().map(|(key, log)| (*key, log.end)).collect();
    let said: BTreeMap<_, LogEnd> = frames.iter().flat_map(|frame| carried::ends(frame, &spaces)).collect();
    assert_eq!(said, ends);
    let again = carried::frames(&held.governance, &logs, &ends, &store).unwrap();
    let runs = |frames: &[Vec<u8>]| frames.iter().filter(|frame| frame.first() == Some(&9)).count();
    assert_eq!((runs(&frames), runs(&again)), (1, 0), "what the other side holds is left out");
    assert!(frames.iter().all(|frame| !frame.starts_with(&[9, 1])), "no frame is compressed");
    let kinds: BTreeSet<u8> = frames.iter().filter_map(|frame| frame.first().copied()).collect();
    assert_eq!(kinds, [1, 4, 6, 9].into());
    file::check_bytes(Path::new("carried/carried.isnad"), &bytes);
    file::check_json(Path::new("carried/carried.json"), &read(&held, &bytes));
}
