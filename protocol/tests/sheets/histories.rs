//! Random histories of several authors of several organisations: the set decides, never the order. DESIGN §5, §6.

use std::collections::BTreeMap;

use isnad_protocol::digest;
use isnad_protocol::encoding::json::Json;
use isnad_protocol::entry::Kind;
use isnad_protocol::id::{ClaimId, EntryId, NarrativeId, RecordId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::Authentic;
use isnad_protocol::sheet::{self, Claim, Content, Sheet};
use isnad_protocol::standing::Standing;
use isnad_protocol::store::{MemoryStore, SheetView};
use isnad_protocol::time::Day;
use isnad_protocol::view::{Context, History, Policy, Summary, View};
use proptest::prelude::*;

use crate::fixture::{FREE, SPACE, Seeded, World, organisation, record, said, splice};

const AUTHORS: [u8; 5] = [1, 2, 17, 18, 33];

/// What an author of a random history does next.
pub(crate) type Step = (u8, u8, u16);

fn records() -> [RecordId; 4] {
    [record(1, 1), record(1, 2), record(4, 1), record(5, 1)]
}

fn about(number: u16) -> RecordId {
    records()[usize::from(number) % 4]
}

/// Claims that agree, exclude each other, replace one another, or break the model.
fn pool(number: u16, known: &[ClaimId]) -> Claim {
    let value = u64::from(number / 16);
    let quoted = |id: &dyn std::fmt::Display| format!("\"{id}\"");
    match number % 16 {
        0 => said("title", &format!("\"title {}\"", value % 3), &[("lang", "\"en\"")]),
        1 => said("title", "\"عنوان\"", &[("lang", "\"ar\"")]),
        2 => said("date", &format!("\"2018-04-0{}\"", value % 9 + 1), &[]),
        3 => said("date", "\"2018-04\"", &[]),
        4 => said("casualty", &format!(r#"{{"category":"killed","max":{},"min":{}}}"#, value % 7 + 2, value % 7), &[]),
        5 => said("casualty", &format!(r#"{{"category":"killed","min":{}}}"#, value % 7), &[]),
        6 => said("status", if value % 2 == 0 { "\"alleged\"" } else { "\"confirmed_use\"" }, &[]),
        7 => said("alias", &format!("\"alias-{}\"", value % 4), &[]),
        8 => said("incident", &quoted(&record(1, 1)), &[]),
        9 => said("subject", &quoted(&record(2, u8::try_from(value % 3).unwrap())), &[]),
        10 => said(
            "outcome",
            if value % 3 == 0 { "\"disputed\"" } else { "\"responsible\"" },
            &[
                ("according_to", &quoted(&record(9, u8::try_from(value % 4).unwrap()))),
                ("basis", &format!(r#"[{{"source":"{}"}}]"#, record(7, 1))),
                ("standard", "\"unstated\""),
                ("wording", r#"{"unavailable":"not_seen"}"#),
            ],
        ),
        11 => said("date", "\"some day\"", &[]),
        12 => said("start", &format!("\"20{:02}-05-18\"", value % 30), &[]),
        13 => said("duration", "\"P6M\"", &[]),
        14 => match known.get(usize::from(number) % known.len().max(1)) {
            Some(id) => said("status", "\"withdrawn\"", &[("replaces", &quoted(id))]),
            None => said("status", "\"withdrawn\"", &[]),
        },
        _ => match known.get(usize::from(number) % known.len().max(1)) {
            Some(id) => {
                let owner = organisation(u8::try_from(value % 3).unwrap());
                let stance = if value % 2 == 0 { "endorse" } else { "dispute" };
                said("opinion", &format!(r#"{{"claim":"{id}","organisation":"{owner}","stance":"{stance}"}}"#), &[])
            }
            None => said("note", "\"nothing yet\"", &[("lang", "\"en\"")]),
        },
    }
}

/// What a history has brought forth so far.
#[derive(Default)]
struct Past {
    claims: Vec<ClaimId>,
    narratives: Vec<(RecordId, NarrativeId, Vec<EntryId>)>,
}

pub(crate) fn play(steps: &[Step], shift_ms: u64) -> World {
    let mut world = World { shift_ms, ..World::default() };
    let mut past = Past::default();
    for (who, what, detail) in steps {
        let author = AUTHORS[usize::from(*who) % AUTHORS.len()];
        world.generation = u32::from(detail % 11 == 10);
        step(&mut world, &mut past, author, *what, *detail);
    }
    world
}

fn step(world: &mut World, past: &mut Past, author: u8, what: u8, detail: u16) {
    let about = about(detail);
    match what % 10 {
        0..=3 => {
            let claim = pool(detail, &past.claims);
            past.claims.push(claim.id());
            world.say(author, about, &[claim]);
        }
        4 => {
            let claim = past.claims.get(usize::from(detail) % past.claims.len().max(1)).copied();
            world.retract(author, about, claim.unwrap_or(ClaimId::ZERO));
        }
        5 => {
            let (narrative, id) = world.begin(author, about, &format!("text {detail}"));
            past.narratives.push((about, narrative, vec![id]));
        }
        6..=8 if !past.narratives.is_empty() => {
            let count = past.narratives.len();
            let (about, narrative, edits) = &mut past.narratives[usize::from(detail) % count];
            let mut pick = Seeded(u64::from(detail));
            let after: Vec<_> = (0..=pick.below(3)).map(|_| *pick.pick(edits)).collect();
            let at = u64::try_from(pick.below(9)).unwrap();
            let id = world.edit(author, *about, *narrative, &after, &[splice(at, u64::from(detail % 3), "اx")]);
            edits.push(id);
        }
        6..=8 => {}
        _ => {
            let (kind, payload): (Kind, &[u8]) = match detail % 4 {
                0 => (Kind::Redaction, br#"{"ground":"error"}"#),
                1 => (Kind::Change, br#"{"ops":[]}"#),
                2 => (Kind::Unknown(200), b"of a later version"),
                _ => (Kind::Redaction, b"none"),
            };
            world.sign(author, kind, about, payload.to_vec());
        }
    }
}

/// Governance that revokes some entries, by their position alone.
pub(crate) fn judge(entry: &Authentic) -> Option<Standing> {
    let header = &entry.entry().header;
    let mark = header.seq.wrapping_mul(u64::from(header.author.as_bytes()[0]) | 1) % 9;
    (mark == 4).then_some(Standing::Revoked)
}

pub(crate) fn store(entries: &[Authentic]) -> MemoryStore {
    let mut store = MemoryStore::default();
    entries.iter().cloned().for_each(|entry| store.insert(entry));
    store
}

/// Everything that a replica derives from a set of entries, as bytes.
fn derived(entries: &[Authentic]) -> Vec<Vec<u8>> {
    let folded = sheet::fold(entries, &judge);
    let mut logs: BTreeMap<PublicKey, Vec<&Authentic>> = BTreeMap::new();
    entries.iter().for_each(|entry| logs.entry(entry.entry().header.author).or_default().push(entry));
    let runs = logs.into_values().flat_map(|log| digest::runs(log, &folded.standings));
    let mut bytes = vec![digest::space(SPACE, [], runs, folded.sheets.values()).to_vec()];
    bytes.extend(folded.sheets.values().map(|sheet| sheet.to_automerge().unwrap()));
    let (names, policy) = (BTreeMap::new(), Policy { first: vec![organisation(1)], ..Policy::default() });
    let today = Day::parse("2018-12-01").unwrap();
    let context = Context { judge: &judge, names: &names, policy: &policy, today };
    let store = store(entries);
    for record in store.records(None).unwrap() {
        let view = View::of(record, &store, context).unwrap();
        let sheets = sheet::fold(&store.entries_about(record).unwrap(), &judge).sheets;
        bytes.push(serde_json::to_vec(&view).unwrap());
        bytes.push(serde_json::to_vec(&History::of(record, &store, context).unwrap()).unwrap());
        bytes.push(serde_json::to_vec(&Summary::of(record, &sheets, &policy)).unwrap());
        assert_eq!(serde_json::from_slice::<View>(&serde_json::to_vec(&view).unwrap()).unwrap(), view);
    }
    bytes
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(any::<Step>(), 1..70)
}

pub(crate) fn config() -> ProptestConfig {
    ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_set_decides_and_never_the_order_of_arrival(steps in steps(), seed in any::<u64>()) {
        let world = play(&steps, 0);
        let expected = derived(&world.entries);
        let mut shuffled = world.entries.clone();
        let mut random = Seeded(seed);
        for _ in 0..2 {
            random.shuffle(&mut shuffled);
            prop_assert_eq!(&derived(&shuffled), &expected);
        }
        // An entry that comes twice is one entry.
        shuffled.extend(world.entries.iter().cloned());
        let (twice, once) = (sheet::fold(&shuffled, &judge), sheet::fold(&world.entries, &judge));
        prop_assert_eq!(twice, once);
    }

    #[test]
    fn the_view_from_the_document_is_the_view_from_the_operations(steps in steps()) {
        let world = play(&steps, 0);
        let store = store(&world.entries);
        let (names, policy) = (BTreeMap::new(), Policy::default());
        let context = Context { judge: &judge, names: &names, policy: &policy, today: Day::parse("2018-12-01").unwrap() };
        for record in store.records(None).unwrap() {
            let sheets = sheet::fold(&store.entries_about(record).unwrap(), &judge).sheets;
            let again: BTreeMap<_, _> = sheets.iter().map(|(key, sheet)| (*key, through_document(sheet))).collect();
            let view = View::of_sheets(record, &again, &store, context).unwrap();
            prop_assert_eq!(view, View::of(record, &store, context).unwrap());
        }
    }

    #[test]
    fn no_clock_decides_anything(steps in steps(), shift_ms in any::<u32>()) {
        // Narratives are left to a test of their own: entry ids hold the time, and edits name entries.
        let steps: Vec<_> = steps.into_iter().filter(|(_, what, _)| !(5..=8).contains(&(what % 10))).collect();
        let state = |shift_ms| {
            let folded = sheet::fold(&play(&steps, shift_ms).entries, &judge);
            let plain = |sheet: &Sheet| {
                let claims: Vec<_> = sheet.claims.iter().map(|(id, said)| (*id, said.position().0)).collect();
                let retracted: Vec<_> = sheet.retractions.iter().map(|(id, by)| (*id, by.len())).collect();
                (sheet.key, claims, retracted)
            };
            folded.sheets.values().map(plain).collect::<Vec<_>>()
        };
        prop_assert_eq!(state(0), state(u64::from(shift_ms)));
    }
}

/// The sheet with what its document says in the place of its own content.
fn through_document(sheet: &Sheet) -> Sheet {
    let content = Content::from_automerge(&sheet.to_automerge().unwrap()).unwrap();
    assert_eq!(content, sheet.content());
    let mut again = sheet.clone();
    again.claims = content.claims;
    again.retractions = content.retractions;
    again.narratives.retain(|id, _| content.texts.contains_key(id));
    for (id, narrative) in &mut again.narratives {
        narrative.text.clone_from(&content.texts[id]);
    }
    again
}

#[test]
fn the_same_words_said_twice_are_one_claim_with_two_signers() {
    let mut world = World::default();
    let claim = said("status", "\"alleged\"", &[]);
    let first = world.say(1, record(1, 1), std::slice::from_ref(&claim));
    let second = world.say(2, record(1, 1), &[claim.clone(), claim.clone()]);
    let early = world.retract(2, record(1, 2), claim.id());
    let folded = sheet::fold(&world.entries, &FREE);
    let sheets: Vec<_> = folded.sheets.values().collect();
    assert_eq!(sheets[0].claims[&claim.id()].signers.keys().copied().collect::<Vec<_>>(), sorted([first, second]));
    assert!(sheets[0].is_live(claim.id()));
    // A retraction need not find its claim.
    assert!(sheets[1].retractions[&claim.id()].contains_key(&early));
    assert!(matches!(sheets[1].to_json().get("retracted"), Some(Json::List(list)) if list.len() == 1));
}

fn sorted<const N: usize>(mut ids: [EntryId; N]) -> Vec<EntryId> {
    ids.sort_unstable();
    ids.to_vec()
}
