//! What claims name, so that records are found by it: for an index, which judges nothing.

use std::collections::BTreeSet;

use crate::encoding::json::{self, Json};
use crate::id::RecordId;

/// What the claims of a payload name, so that they are found by it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mentions {
    /// Records named anywhere in a claim.
    pub records: BTreeSet<RecordId>,
    /// Aliases claimed for the record itself.
    pub aliases: BTreeSet<String>,
}

/// Reads what the claims of a payload name; nothing of a payload that is no change.
#[must_use]
pub fn mentions(payload: &[u8]) -> Mentions {
    let mut mentions = Mentions::default();
    let Ok(payload) = json::decode(payload) else { return mentions };
    let operations = payload.get("ops").and_then(Json::as_list).unwrap_or_default();
    for claim in operations.iter().filter_map(|operation| operation.get("claim")) {
        collect_records(claim, &mut mentions.records);
        if claim.get("prop").and_then(Json::as_text) == Some("alias") {
            let value = claim.get("value");
            let text = value.and_then(|value| value.as_text().or_else(|| value.get("text")?.as_text()));
            mentions.aliases.extend(text.map(str::to_owned));
        }
    }
    mentions
}

fn collect_records(value: &Json, records: &mut BTreeSet<RecordId>) {
    match value {
        Json::Text(text) => records.extend(RecordId::parse(text)),
        Json::List(items) => items.iter().for_each(|item| collect_records(item, records)),
        Json::Object(members) => members.values().for_each(|member| collect_records(member, records)),
        Json::Bool(_) | Json::Int(_) => {}
    }
}
