//! Texts that colleagues write together.

use crate::encoding::json::Json;
use crate::encoding::{Tag, hash, tag};
use crate::id::{NarrativeId, SpaceId};
use crate::key::PublicKey;

const TEXT_TAG: Tag = tag("ISNAD-TEXT-v1");

/// The key of the narrative that the entry at this position begins: only that entry can. format §2.
#[must_use]
pub fn id(author: PublicKey, space: SpaceId, seq: u64) -> NarrativeId {
    let full = hash(&TEXT_TAG, &[author.as_bytes(), space.as_bytes(), &seq.to_be_bytes()]);
    let mut id = [0; 16];
    id.copy_from_slice(&full[..16]);
    NarrativeId::new(id)
}

/// The payload that begins a narrative at this position.
#[must_use]
pub fn begin(author: PublicKey, space: SpaceId, seq: u64, text: &str) -> Vec<u8> {
    let edit = Json::object([
        ("edit", Json::text(id(author, space, seq).to_string())),
        ("at", Json::Int(0)),
        ("delete", Json::Int(0)),
        ("insert", Json::text(text)),
    ]);
    Json::object([("after", Json::List(Vec::new())), ("ops", Json::List(vec![edit]))]).encode()
}
