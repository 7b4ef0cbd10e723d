//! Whatever an authentic entry may claim, a reader is shown: no claim keeps a view from being made.

use std::collections::BTreeMap;

use isnad_protocol::encoding::json::{self, Json};
use isnad_protocol::entry::{Draft, Kind, Payload};
use isnad_protocol::id::{EntryId, OrganisationId, RecordId};
use isnad_protocol::key::SecretKey;
use isnad_protocol::log::Authentic;
use isnad_protocol::model;
use isnad_protocol::sheet::{self, Claim, Content, Operation, Operations};
use isnad_protocol::store::MemoryStore;
use isnad_protocol::time::{Day, Timestamp};
use isnad_protocol::view::{Context, History, Policy, Summary, View};

use super::seeds::SPACE;

/// The kind of a record, then a claim on it.
pub(super) fn claim(bytes: &[u8]) -> bool {
    let Some((kind, text)) = bytes.split_first() else { return false };
    let Ok(Json::Object(members)) = json::decode(text) else { return false };
    let _ = model::check_claims(*kind, &[Json::Object(members.clone())]);
    let Ok(claim) = Claim::new(members) else { return false };
    let mut record = [7; 16];
    record[0] = *kind;
    let record = RecordId::new(record);
    let mut store = MemoryStore::default();
    // Two organisations say it, one of them besides another value: they may agree, contradict and replace.
    let mut twin = claim.json().as_object().cloned().unwrap_or_default();
    twin.insert("value".to_owned(), Json::text("another"));
    let twin = Claim::new(twin).expect("another value is no deeper");
    for (author, claims) in [(1, vec![claim.clone()]), (2, vec![claim.clone(), twin])] {
        let payload = Operations::Claims(claims.into_iter().map(Operation::Claim).collect()).encode();
        let draft = Draft {
            kind: Kind::Change,
            space: SPACE,
            organisation: OrganisationId::new([author; 32]),
            record,
            generation: 0,
            time: Timestamp(0),
            payload: Payload { salt: [1; 16], bytes: payload },
        };
        store.insert(Authentic::from_store(draft.seal((0, EntryId::ZERO), &SecretKey::from_seed(&[author; 32]))));
    }
    shown(record, &store);
    true
}

/// Makes everything that a reader may ask for.
pub(super) fn shown(record: RecordId, store: &MemoryStore) {
    let (names, policy) = (BTreeMap::new(), Policy::default());
    let today = Day::new(2018, 12, 1).expect("a day");
    let free = |_: &Authentic| None;
    let context = Context { judge: &free, names: &names, policy: &policy, today };
    let folded = sheet::fold(store.entries(), &free);
    for sheet in folded.sheets.values() {
        let document = sheet.to_automerge().expect("a sheet can be written");
        assert_eq!(Content::from_automerge(&document), Ok(sheet.content()), "a sheet cannot be loaded");
    }
    let view = View::of(record, store, context).expect("memory can be read");
    let text = serde_json::to_vec(&view).expect("a view can be written");
    assert_eq!(serde_json::from_slice::<View>(&text).ok(), Some(view));
    let history = History::of(record, store, context).expect("memory can be read");
    serde_json::to_vec(&history).expect("a history can be written");
    let sheets = folded.sheets.into_iter().filter(|(key, _)| key.record == record).collect();
    serde_json::to_vec(&Summary::of(record, &sheets, &policy)).expect("a summary can be written");
}
