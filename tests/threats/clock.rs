//! A random history of three organisations, and all that a reader sees of it but the times that its entries claim.

use std::collections::BTreeMap;

use isnad_protocol::entry::{Draft, Kind, Payload};
use isnad_protocol::id::{EntryId, NarrativeId, OrganisationId, RecordId, SpaceId};
use isnad_protocol::key::SecretKey;
use isnad_protocol::log::Authentic;
use isnad_protocol::sheet::operations::{Edits, Splice};
use isnad_protocol::sheet::{self, Operations, narrative};
use isnad_protocol::standing::Standing;
use isnad_protocol::store::{MemoryStore, SheetView};
use isnad_protocol::time::{Day, Timestamp};
use isnad_protocol::view::{Context, Policy, Summary, View};
use isnad_tests::consortium::secret;
use isnad_tests::mutator::Random;
use serde_json::Value;

/// What an author does next: who, what, and with which detail.
pub(crate) type Step = (u8, u8, u16);

const SPACE: SpaceId = SpaceId::new([7; 32]);

/// An incident and a designation.
fn records() -> [RecordId; 2] {
    [1, 5].map(|kind| {
        let mut bytes = [9; 16];
        bytes[0] = kind;
        RecordId::new(bytes)
    })
}

/// One organisation's author, so that all positions in an organisation differ.
struct Author {
    key: SecretKey,
    end: (u64, EntryId),
    narrative: Option<(NarrativeId, EntryId)>,
}

fn said(detail: u16) -> String {
    let value = detail / 8;
    match detail % 8 {
        0 => format!(r#"{{"lang":"en","prop":"title","value":"title {}"}}"#, value % 4),
        1 => format!(r#"{{"prop":"date","value":"2018-04-0{}"}}"#, value % 9 + 1),
        2 => {
            format!(r#"{{"prop":"status","value":"{}"}}"#, ["delisted", "annulled", "alleged"][usize::from(value % 3)])
        }
        3 => format!(r#"{{"prop":"start","value":"20{:02}-05-18"}}"#, value % 20 + 10),
        4 => r#"{"prop":"duration","value":"P6M"}"#.to_owned(),
        5 => format!(r#"{{"prop":"casualty","value":{{"category":"killed","min":{}}}}}"#, value % 5),
        6 => format!(r#"{{"prop":"alias","value":"alias-{}"}}"#, value % 3),
        _ => r#"{"prop":"date","value":"some day"}"#.to_owned(),
    }
}

/// Plays a history. Every entry claims the same time, or with a seed any time whatever.
fn play(steps: &[Step], times: Option<u64>) -> MemoryStore {
    let mut random = times.map(Random::new);
    let mut authors = [1, 2, 3].map(|number| Author { key: secret(number), end: (0, EntryId::ZERO), narrative: None });
    let mut store = MemoryStore::default();
    for (who, what, detail) in steps {
        let number = usize::from(who % 3);
        let author = &mut authors[number];
        let record = records()[usize::from(detail % 2)];
        let seq = author.end.0 + 1;
        let payload = match what % 8 {
            0..=4 => format!(r#"{{"ops":[{{"claim":{}}}]}}"#, said(*detail)).into_bytes(),
            5 => br#"{"ops":[]}"#.to_vec(),
            _ => {
                let own = narrative::id(author.key.public(), SPACE, seq);
                let (narrative, after) =
                    author.narrative.map_or((own, Vec::new()), |(narrative, last)| (narrative, vec![last]));
                let splices = vec![Splice { at: 0, delete: 0, insert: format!("{detail} ") }];
                Operations::Edits(Edits { narrative, after, splices }).encode()
            }
        };
        let draft = Draft {
            kind: Kind::Change,
            space: SPACE,
            organisation: OrganisationId::new([*who % 3 + 1; 32]),
            // A narrative is of one record.
            record: if what % 8 > 5 { records()[0] } else { record },
            generation: 0,
            time: Timestamp(random.as_mut().map_or(1_700_000_000_000, Random::next)),
            payload: Payload { salt: [1; 16], bytes: payload },
        };
        let entry = Authentic::from_store(draft.seal(author.end, &author.key));
        if what % 8 > 5 {
            let own = narrative::id(author.key.public(), SPACE, seq);
            author.narrative = Some((author.narrative.map_or(own, |(narrative, _)| narrative), entry.id()));
        }
        author.end = (seq, entry.id());
        store.insert(entry);
    }
    store
}

/// What governance has against entries: of some positions it says that they are revoked.
fn judge(entry: &Authentic) -> Option<Standing> {
    (entry.end().seq % 7 == 6).then_some(Standing::Revoked)
}

/// All that a reader sees. Entries are named by log and position, for their ids hold the times that they claim.
pub(crate) fn state(steps: &[Step], times: Option<u64>) -> Vec<Value> {
    let store = play(steps, times);
    let first = [1, 2, 3].map(|number| OrganisationId::new([number; 32])).to_vec();
    let (names, policy) = (BTreeMap::new(), Policy { first, ..Policy::default() });
    let today = Day::new(2018, 12, 1).unwrap();
    let context = Context { judge: &judge, names: &names, policy: &policy, today };
    let places: BTreeMap<String, String> = store
        .entries()
        .map(|entry| (entry.id().to_string(), format!("{} {}", entry.entry().header.author, entry.end().seq)))
        .collect();
    let mut seen = Vec::new();
    for record in records() {
        let entries = store.entries_about(record).unwrap();
        let sheets = sheet::fold(&entries, &judge).sheets;
        let view = View::of(record, &store, context).unwrap();
        seen.push(without_times(serde_json::to_value(view).unwrap(), &places));
        seen.push(without_times(serde_json::to_value(Summary::of(record, &sheets, &policy)).unwrap(), &places));
    }
    seen
}

fn without_times(value: Value, places: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => Value::String(places.get(&text).cloned().unwrap_or(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| without_times(item, places)).collect()),
        Value::Object(members) => {
            // What is told of a time that a signer claims: it orders nothing.
            let members = members.into_iter().filter(|(key, _)| key != "time" && key != "changed");
            let members = members.map(|(key, value)| {
                let value = without_times(value, places);
                // At equal positions of different logs the entry's id comes first that is lower: a hash.
                let is_by_id = key == "left_out";
                (key, if is_by_id { sorted(value) } else { value })
            });
            Value::Object(members.collect())
        }
        other => other,
    }
}

fn sorted(value: Value) -> Value {
    let Value::Array(mut items) = value else { return value };
    items.sort_by_key(Value::to_string);
    Value::Array(items)
}
