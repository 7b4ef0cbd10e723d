//! A small consortium: files of acts and entries as they are exported, and all that follows from them. format §7, §8, §11.
//!
//! A ministry and an NGO. In `members`: claims, a retraction, a narrative, and an entry of each standing that can be reached; in
//! `public`: a narrative that two people edited at once, and words of a key that may not publish.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use automerge::{Automerge, ReadDoc};
use isnad_protocol::act::{Act, Grant, GrantSubject, Name, OrganisationKind, Role, Roots, founding, next_key_hash};
use isnad_protocol::digest as isnad_digest;
use isnad_protocol::encoding::json::Object;
use isnad_protocol::encoding::{hash, tag, to_hex};
use isnad_protocol::entry::{Draft, Entry, Kind, Payload};
use isnad_protocol::governance::{Governance, bundle_acts};
use isnad_protocol::id::{EntryId, OpenSpace, OrganisationId, RecordId, SpaceId};
use isnad_protocol::key::SecretKey;
use isnad_protocol::log::{Authentic, LogEnd, LogKey};
use isnad_protocol::sheet::{self, narrative, write};
use isnad_protocol::sync::digest::{self as sync_digest, Holding};
use isnad_protocol::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::{file, secret};

/// One member and its keys, by the number that its seeds begin from.
pub(crate) struct Member {
    pub(crate) organisation: OrganisationId,
    number: u8,
}

impl Member {
    pub(crate) fn key(&self, role: Role) -> SecretKey {
        secret(self.number + role.code())
    }

    /// A second contributor.
    fn colleague(&self) -> SecretKey {
        secret(self.number + 7)
    }
}

fn first_act(number: u8, kind: OrganisationKind, name: &str) -> Act {
    let root = secret(number);
    let next = next_key_hash(&secret(number + 6).public());
    let roots = Roots { keys: vec![root.public()], next: vec![next], next_threshold: 1, threshold: 1 };
    let subject = GrantSubject::of_roots(&roots.keys);
    let mut grants: Vec<Grant> =
        Role::ALL.iter().map(|role| Grant::of(&secret(number + role.code()), &subject, *role, role.name())).collect();
    grants.push(Grant::of(&secret(number + 7), &subject, Role::Publisher, "a colleague"));
    let names = vec![Name { lang: "en".to_owned(), text: name.to_owned() }];
    let act = founding::organisation(kind, names, roots, grants, false).unwrap();
    let signature = act.sign(OrganisationId::ZERO, &root);
    act.with_signature(signature)
}

pub(crate) fn founded() -> (Governance, [Member; 2]) {
    let ministry = first_act(100, OrganisationKind::State, "Ministry");
    let ngo = first_act(120, OrganisationKind::Ngo, "Documentation Centre");
    let ids = [&ministry, &ngo].map(|act| act.organisation().unwrap());
    let mut charter = founding::charter("Partnership", ids.to_vec(), 2, Object::new(), Object::new()).unwrap();
    for (id, number) in ids.iter().zip([100, 120]) {
        let signature = charter.sign(*id, &secret(number));
        charter = charter.with_signature(signature);
    }
    let governance = Governance::assemble(vec![ngo, charter, ministry]).unwrap();
    assert!(governance.charter().is_some());
    let [ministry, ngo] = ids;
    (governance, [Member { organisation: ministry, number: 100 }, Member { organisation: ngo, number: 120 }])
}

/// Writes entries, each behind the last of its log.
pub(crate) struct Writer {
    pub(crate) entries: Vec<Entry>,
    ends: BTreeMap<LogKey, LogEnd>,
    space: SpaceId,
    record: RecordId,
}

impl Writer {
    pub(crate) fn new(space: SpaceId, record: RecordId) -> Self {
        Self { entries: Vec::new(), ends: BTreeMap::new(), space, record }
    }

    pub(crate) fn say(&mut self, of: &Member, key: &SecretKey, payload: &str) -> EntryId {
        self.seal(of, key, payload.as_bytes(), |_| {})
    }

    fn seal(&mut self, of: &Member, key: &SecretKey, payload: &[u8], change: impl FnOnce(&mut Draft)) -> EntryId {
        let end = self.ends.entry(LogKey { space: self.space, author: key.public() }).or_insert(LogEnd::START);
        let number = u8::try_from(self.entries.len()).unwrap() + 1;
        let mut draft = Draft {
            kind: Kind::Change,
            space: self.space,
            organisation: of.organisation,
            record: self.record,
            generation: 0,
            time: Timestamp(1_700_000_000_000 + 1_000 * u64::from(number)),
            payload: Payload { salt: [number; 16], bytes: payload.to_vec() },
        };
        change(&mut draft);
        let entry = draft.seal((end.seq, end.id), key);
        *end = LogEnd { seq: entry.header.seq, id: entry.header.id() };
        self.entries.push(entry);
        end.id
    }

    fn next_seq(&self, key: &SecretKey) -> u64 {
        self.ends.get(&LogKey { space: self.space, author: key.public() }).map_or(1, |end| end.seq + 1)
    }

    fn begin(&mut self, of: &Member, key: &SecretKey, text: &str) -> (isnad_protocol::id::NarrativeId, EntryId) {
        let seq = self.next_seq(key);
        let (id, payload) = write::narrative_begin(key.public(), self.space, seq, text).unwrap();
        (id, self.seal(of, key, &payload, |_| {}))
    }
}

fn record(kind: u8) -> RecordId {
    let mut bytes = [0x11; 16];
    bytes[0] = kind;
    RecordId::new(bytes)
}

fn in_members(space: SpaceId, [ministry, ngo]: &[Member; 2]) -> Vec<Entry> {
    let mut writer = Writer::new(space, record(1));
    let (key, other) = (ministry.key(Role::Contributor), ngo.key(Role::Contributor));
    writer.say(ministry, &key, r#"{"ops":[{"claim":{"prop":"date","value":"2018-04-07"}},{"claim":{"lang":"ar","prop":"title","value":"دوما"}}]}"#);
    writer.say(ngo, &other, r#"{"ops":[{"claim":{"prop":"date","value":"2018-04-07"}}]}"#);
    let wrong = sheet::Claim::new(
        isnad_protocol::encoding::json::decode(br#"{"prop":"date","value":"2018-04-07"}"#)
            .unwrap()
            .as_object()
            .unwrap()
            .clone(),
    );
    let wrong = wrong.unwrap().id();
    writer.say(
        ministry,
        &key,
        &format!(r#"{{"ops":[{{"note":"the hour is missing","reason":"error","retract":"{wrong}"}}]}}"#),
    );
    // A narrative that colleagues write one after the other.
    let (text, first) = writer.begin(ministry, &key, "Two cylinders were found.");
    let colleague = ministry.colleague();
    let edit = write::narrative_edit(
        text,
        &[first],
        "Two cylinders were found.",
        "Two yellow cylinders were found — عُثر عليهما.",
    )
    .unwrap();
    let second = writer.seal(ministry, &colleague, &edit, |_| {});
    let edit = |after: &str, at: u64, delete: u64, insert: &str| {
        format!(
            r#"{{"after":["{after}"],"ops":[{{"at":{at},"delete":{delete},"edit":"{text}","insert":"{insert}"}}]}}"#
        )
    };
    // One entry of each standing that can be reached.
    let inert = writer.say(ministry, &key, &edit(&second.to_string(), 10_000, 0, "past the end"));
    writer.say(ministry, &key, &edit(&inert.to_string(), 0, 0, "void"));
    writer.say(ministry, &key, &edit(&"9".repeat(64), 0, 0, "waiting"));
    writer.seal(ministry, &key, b"later", |draft| draft.kind = Kind::Unknown(9));
    writer.say(ngo, &other, r#"{"ops": []}"#);
    writer.say(ngo, &other, r#"{"ops":[{"claim":{"prop":"title","value":"withheld"}}]}"#);
    writer.entries.last_mut().unwrap().payload = None;
    writer.say(ngo, &other, r#"{"ops":[{"claim":{"prop":"status","value":"open"}}]}"#);
    writer.say(ngo, &ngo.key(Role::Admin), r#"{"ops":[{"claim":{"prop":"status","value":"by an admin"}}]}"#);
    let attest = |draft: &mut Draft| {
        draft.kind = Kind::Attestation;
        draft.record = RecordId::ZERO;
    };
    writer.seal(ngo, &ngo.key(Role::Node), b"{}", attest);
    writer.seal(ngo, &other, br#"{"ops":[{"claim":{"prop":"title","value":"in the next generation"}}]}"#, |draft| {
        draft.generation = 1
    });
    writer.entries
}

fn in_public(space: SpaceId, [ministry, ngo]: &[Member; 2]) -> Vec<Entry> {
    let mut writer = Writer::new(space, record(2));
    let (key, colleague) = (ministry.key(Role::Publisher), ministry.colleague());
    writer.say(ngo, &ngo.key(Role::Contributor), r#"{"ops":[{"claim":{"prop":"title","value":"not for this role"}}]}"#);
    // A narrative that two people edit at once, and one of them merges.
    let (text, first) = writer.begin(ministry, &key, "abcdef");
    let splices = |after: &[EntryId], splices: &[(u64, u64, &str)]| {
        let splice = |(at, delete, insert): &(u64, u64, &str)| sheet::operations::Splice {
            at: *at,
            delete: *delete,
            insert: (*insert).to_owned(),
        };
        write::narrative_splices(text, after, splices.iter().map(splice).collect()).unwrap()
    };
    let left = writer.seal(ministry, &key, &splices(&[first], &[(3, 0, "LEFT"), (0, 1, "")]), |_| {});
    let right = writer.seal(ministry, &colleague, &splices(&[first], &[(3, 0, "right"), (9, 2, "👩‍🔬")]), |_| {});
    let more = writer.seal(ministry, &colleague, &splices(&[right], &[(5, 3, "")]), |_| {});
    let merged = writer.seal(ministry, &key, &splices(&[left, more], &[(2, 1, "*"), (0, 0, "«")]), |_| {});
    writer.seal(ministry, &key, &splices(&[first], &[(6, 0, "!"), (2, 2, "")]), |_| {});
    writer.seal(ministry, &colleague, &splices(&[merged], &[(1, 0, "عين")]), |_| {});
    writer.entries
}

/// What the files hold, in the order of an export.
pub(crate) struct Held {
    pub(crate) governance: Governance,
    pub(crate) logs: BTreeMap<LogKey, Vec<Entry>>,
}

pub(crate) fn held() -> Held {
    let (governance, members) = founded();
    let [inner, public] = OpenSpace::ALL.map(|space| space.id(&governance.consortium()));
    let mut logs: BTreeMap<LogKey, Vec<Entry>> = BTreeMap::new();
    for entry in [in_members(inner, &members), in_public(public, &members)].concat() {
        let log = LogKey { space: entry.header.space, author: entry.header.author };
        logs.entry(log).or_default().push(entry);
    }
    Held { governance, logs }
}

impl Held {
    fn of(&self, space: SpaceId) -> impl Iterator<Item = (&LogKey, &Vec<Entry>)> {
        self.logs.iter().filter(move |(log, _)| log.space == space)
    }

    fn holding(&self, space: SpaceId) -> Holding {
        let end = |entry: &Entry| LogEnd { seq: entry.header.seq, id: entry.header.id() };
        let ends = self.of(space).map(|(log, entries)| (log.author, end(entries.last().unwrap()))).collect();
        let missing = self.of(space).flat_map(|(_, entries)| entries).filter(|entry| entry.payload.is_none());
        let wanted = missing.map(|entry| (entry.header.author, end(entry))).collect();
        let acts = self.governance.held_acts(&space).into_iter().collect();
        Holding { ends, wanted, acts, ..Holding::default() }
    }

    fn space(&self, name: &str, space: SpaceId) -> Value {
        let entries: Vec<Authentic> =
            self.of(space).flat_map(|(_, entries)| entries.clone()).map(Authentic::from_store).collect();
        let folded = sheet::fold(&entries, &self.governance);
        check_actors(&folded);
        let acts = self.governance.acts_of(&space).map(|act| (act.scope_id(), act.version(), act.id()));
        let runs = isnad_digest::runs(&entries, &folded.standings);
        let digest = isnad_digest::space(space, acts, runs, folded.sheets.values());
        let standings: Map<String, Value> =
            folded.standings.iter().map(|(id, standing)| (id.to_string(), json!(standing.name()))).collect();
        let sheets = folded.sheets.values().filter(|sheet| !sheet.is_empty());
        let sheets: Vec<Value> = sheets
            .map(|sheet| {
                let content: Value = serde_json::from_slice(&sheet.to_json().encode()).unwrap();
                let (record, organisation) = (sheet.key.record.to_string(), sheet.key.organisation.to_string());
                json!({ "record": record, "organisation": organisation, "generation": sheet.key.generation, "content": content })
            })
            .collect();
        json!({
            "name": name,
            "id": space.to_string(),
            "sync_digest": to_hex(&self.holding(space).digest(space)),
            "digest": to_hex(&digest),
            "standings": standings,
            "sheets": sheets,
        })
    }
}

/// The exported document's changes are by the actors of format §2.
fn check_actors(folded: &sheet::Folded) {
    for sheet in folded.sheets.values() {
        let document = Automerge::load(&sheet.to_automerge().unwrap()).unwrap();
        let found: BTreeSet<String> =
            document.get_changes(&[]).iter().map(|change| to_hex(change.actor_id().to_bytes())).collect();
        for edit in sheet.narratives.values().flat_map(|narrative| narrative.edits.keys()) {
            assert!(found.contains(&to_hex(&hash(&tag("ISNAD-ACTOR-v1"), &[edit.as_bytes()]))));
        }
        for id in sheet.narratives.keys() {
            assert!(document.get(automerge::ROOT, format!("t/{id}")).unwrap().is_some());
        }
    }
}

fn expected(held: &Held) -> Value {
    let consortium = held.governance.consortium();
    let spaces = OpenSpace::ALL.map(|space| held.space(space.name(), space.id(&consortium)));
    let digests =
        OpenSpace::ALL.map(|space| space.id(&consortium)).map(|space| (space, held.holding(space).digest(space)));
    let acts = held.governance.acts().map(|act| {
        json!({ "id": act.id().to_string(), "kind": act.kind().name(), "version": act.version(), "signatures": act.signatures().len() })
    });
    json!({
        "proves": "what follows from a set of acts and entries: ids, standings, texts, and both digests",
        "consortium": consortium.to_string(),
        "acts": acts.collect::<Vec<_>>(),
        "over_spaces": to_hex(&sync_digest::over_spaces(&digests.into_iter().collect())),
        "spaces": spaces,
    })
}

#[test]
fn a_small_consortium_has_the_digests_that_the_vectors_say() {
    let held = held();
    let expected = expected(&held);
    let standings: BTreeSet<&str> = expected["spaces"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|space| space["standings"].as_object().unwrap().values())
        .filter_map(Value::as_str)
        .collect();
    let reached = ["counts", "inert", "unauthorised", "unknown_kind", "void", "waiting", "wanted"];
    assert_eq!(standings, reached.into(), "every standing that can be reached");
    let mut entries = Vec::new();
    for entry in held.logs.values().flatten() {
        let bytes = entry.encode();
        entries.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
        entries.extend(bytes);
    }
    file::check_bytes(Path::new("consortium/acts.isnad"), &bundle_acts(held.governance.acts()));
    file::check_bytes(Path::new("consortium/entries.isnad"), &entries);
    file::check_json(Path::new("consortium/expected.json"), &expected);
}

#[test]
fn a_narrative_is_named_by_the_entry_that_begins_it() {
    let (governance, [ministry, _]) = founded();
    let space = OpenSpace::Members.id(&governance.consortium());
    let key = ministry.key(Role::Contributor);
    let payload = narrative::begin(key.public(), space, 1, "text");
    let mut writer = Writer::new(space, record(1));
    let entry = writer.seal(&ministry, &key, &payload, |_| {});
    let entries: Vec<Authentic> = writer.entries.into_iter().map(Authentic::from_store).collect();
    let folded = sheet::fold(&entries, &governance);
    let sheet = folded.sheets.values().next().unwrap();
    assert!(sheet.narratives[&narrative::id(key.public(), space, 1)].edits.contains_key(&entry));
}
