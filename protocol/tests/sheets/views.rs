//! A view is a function of the set, the policy and the reader's day; and a sheet's document says all of it to any Automerge tool.
//! DESIGN §5, §6.
//!
//! The documents are read here by the plain library and the form that `sheet/document.rs` states, by none of our own code.

use std::collections::BTreeMap;

use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc, Value};
use isnad_protocol::encoding::json::{Json, Object};
use isnad_protocol::id::{ClaimId, EntryId, NarrativeId, RecordId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::Authentic;
use isnad_protocol::model::warn;
use isnad_protocol::sheet::{self, Claim, Retraction, Said, Sheet, Signer};
use isnad_protocol::store::SheetView;
use isnad_protocol::time::{Day, Timestamp};
use isnad_protocol::view::{Context, DesignationState, InForce, Policy, Property, View};
use proptest::prelude::*;

use crate::fixture::{FREE, Seeded, World, organisation, record, said};
use crate::histories::{config, judge, play, steps, store};

/// What a document says, as any tool reads it.
struct Plain {
    document: Automerge,
}

impl Plain {
    fn load(bytes: &[u8]) -> Self {
        Self { document: Automerge::load(bytes).unwrap() }
    }

    /// The root members under a letter, by what follows it.
    fn under(&self, letter: &str) -> BTreeMap<String, Json> {
        let keys: Vec<String> = self.document.keys(ROOT).collect();
        let own = keys.iter().filter_map(|key| Some((key.strip_prefix(letter)?.strip_prefix('/')?, key)));
        own.map(|(id, key)| (id.to_owned(), self.read(&ROOT, key.as_str()))).collect()
    }

    fn read(&self, at: &ObjId, key: impl Into<automerge::Prop>) -> Json {
        let found = self.document.get_all(at, key).unwrap();
        let [(value, id)] = found.as_slice() else {
            panic!("a document without conflicts has one value at each place")
        };
        match value {
            Value::Object(ObjType::Text) => Json::Text(self.document.text(id).unwrap()),
            Value::Object(ObjType::List) => {
                Json::List((0..self.document.length(id)).map(|index| self.read(id, index)).collect())
            }
            Value::Object(_) => {
                let keys: Vec<String> = self.document.keys(id).collect();
                Json::Object(keys.into_iter().map(|key| (key.clone(), self.read(id, key.as_str()))).collect())
            }
            Value::Scalar(_) if value.is_str() => Json::text(value.as_str().unwrap()),
            Value::Scalar(_) if value.is_int() => Json::Int(value.as_i64().unwrap()),
            Value::Scalar(_) => Json::Bool(value.as_bool().unwrap()),
        }
    }
}

fn object(json: &Json) -> Object {
    json.as_object().unwrap().clone()
}

fn number(json: Option<&Json>) -> u64 {
    match json.unwrap() {
        Json::Text(digits) => digits.parse().unwrap(),
        number => u64::try_from(number.as_int().unwrap()).unwrap(),
    }
}

fn signer(json: &Json) -> Signer {
    let author = PublicKey::parse(json.get("author").unwrap().as_text().unwrap()).unwrap();
    Signer { seq: number(json.get("seq")), author, time: Timestamp(number(json.get("time_ms"))) }
}

fn retraction(json: &Json) -> Retraction {
    let text = |key: &str| json.get(key).map(|text| text.as_text().unwrap().to_owned());
    Retraction { signer: signer(json), reason: text("reason").unwrap(), note: text("note") }
}

fn by_entry<T, M: FromIterator<(EntryId, T)>>(json: &Json, read: impl Fn(&Json) -> T) -> M {
    object(json).iter().map(|(entry, item)| (EntryId::parse(entry).unwrap(), read(item))).collect()
}

/// The sheet with nothing in it but what its document says; who wrote a text and what does not count stand in entries alone.
fn from_document(sheet: &Sheet) -> Sheet {
    let plain = Plain::load(&sheet.to_automerge().unwrap());
    let mut again = sheet.clone();
    let claims = plain.under("c").into_iter().map(|(id, member)| {
        let claim = Claim::new(object(member.get("claim").unwrap())).unwrap();
        assert_eq!(claim.id().to_string(), id, "a claim stands under its own hash");
        (claim.id(), Said { claim, signers: by_entry(member.get("signed").unwrap(), signer) })
    });
    again.claims = claims.collect();
    let retractions = plain.under("r").into_iter();
    again.retractions =
        retractions.map(|(id, member)| (ClaimId::parse(&id).unwrap(), by_entry(&member, retraction))).collect();
    let texts: BTreeMap<_, _> =
        plain.under("t").into_iter().map(|(id, text)| (NarrativeId::parse(&id).unwrap(), text)).collect();
    assert!(texts.keys().eq(sheet.narratives.keys()));
    for (id, narrative) in &mut again.narratives {
        texts[id].as_text().unwrap().clone_into(&mut narrative.text);
    }
    again
}

/// What one organisation does to a designation.
fn designate(world: &mut World, known: &mut Vec<ClaimId>, (who, what, detail): (u8, u8, u16)) {
    let about = record(5, 1);
    let author = [1, 17, 33][usize::from(who % 3)];
    let date = |number: u16| format!("\"20{:02}-{:02}-{:02}\"", 17 + number % 4, number % 12 + 1, number % 28 + 1);
    let claim = match what % 8 {
        0 => said("start", &date(detail), &[]),
        1 => said("listing_date", &date(detail), &[]),
        2 => said("end", &date(detail), &[]),
        3 => said("duration", ["\"P6M\"", "\"P1Y\"", "\"P2W\"", "\"half a year\""][usize::from(detail % 4)], &[]),
        4 => {
            let from = date(detail).trim_matches('"').to_owned();
            said("duration", "\"P6M\"", &[("valid", &format!("\"{from}/..\""))])
        }
        5 if detail % 4 == 0 => {
            said("status", ["\"delisted\"", "\"annulled\"", "\"authority_revoked\""][usize::from(detail % 3)], &[])
        }
        6 if !known.is_empty() => {
            let replaced = known[usize::from(detail) % known.len()];
            said("end", &date(detail / 7), &[("replaces", &format!("\"{replaced}\""))])
        }
        7 if !known.is_empty() => {
            world.retract(author, about, known[usize::from(detail) % known.len()]);
            return;
        }
        _ => said("name", &format!("\"freeze {}\"", detail % 3), &[("lang", "\"en\"")]),
    };
    known.push(claim.id());
    world.say(author, about, &[claim]);
}

/// Days before, within and behind all terms that are claimed above.
fn days() -> Vec<Day> {
    (2016..2024).flat_map(|year| [1, 5, 9].map(|month| Day::new(year, month, 15).unwrap())).collect()
}

fn view(record: RecordId, entries: &[Authentic], policy: &Policy, today: Day) -> View {
    let names = BTreeMap::new();
    View::of(record, &store(entries), Context { judge: &FREE, names: &names, policy, today }).unwrap()
}

/// How far a term has run: never back as days go by.
fn progress(state: &DesignationState) -> u8 {
    match state.state {
        InForce::Unknown | InForce::NotYet => 0,
        InForce::InForce | InForce::OpenEnded => 1,
        InForce::TermOver => 2,
        InForce::Delisted | InForce::Annulled | InForce::AuthorityRevoked => 3,
    }
}

/// The view without what its readers are warned of.
fn unflagged(mut view: View) -> View {
    for claim in view.properties.iter_mut().flat_map(|property| &mut property.claims) {
        claim.warnings.clear();
        claim.flags.retain(|flag| !warn::CODES.contains(&flag.as_str()));
    }
    view
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_view_from_the_plain_document_is_the_view_from_the_operations(steps in steps()) {
        let world = play(&steps, 0);
        let store = store(&world.entries);
        let names = BTreeMap::new();
        let policy = Policy { first: vec![organisation(2)], ..Policy::default() };
        let context = Context { judge: &judge, names: &names, policy: &policy, today: Day::parse("2018-12-01").unwrap() };
        for record in store.records(None).unwrap() {
            let sheets = sheet::fold(&store.entries_about(record).unwrap(), &judge).sheets;
            let again: BTreeMap<_, _> = sheets.iter().map(|(key, sheet)| (*key, from_document(sheet))).collect();
            for (key, sheet) in &sheets {
                prop_assert_eq!(again[key].content(), sheet.content());
                prop_assert_eq!(again[key].to_json(), sheet.to_json());
            }
            let view = View::of_sheets(record, &again, &store, context).unwrap();
            prop_assert_eq!(view, View::of(record, &store, context).unwrap());
        }
    }

    #[test]
    fn a_designation_is_seen_alike_in_every_order_and_on_every_day(
        steps in prop::collection::vec(any::<(u8, u8, u16)>(), 1..30),
        seed in any::<u64>(),
    ) {
        let (mut world, mut known) = (World::default(), Vec::new());
        steps.iter().for_each(|step| designate(&mut world, &mut known, *step));
        let about = record(5, 1);
        let mut random = Seeded(seed);
        let policies = [Policy::default(), Policy { first: vec![organisation(2), organisation(0)], ..Policy::default() }];
        let mut shuffled = world.entries.clone();
        for policy in &policies {
            let mut last = 0;
            for today in days() {
                random.shuffle(&mut shuffled);
                let seen = view(about, &world.entries, policy, today);
                prop_assert_eq!(&view(about, &shuffled, policy, today), &seen);
                // The day alone moves a state, and only onwards, and says what is past or to come; all else of the view is the
                // same on every day.
                let state = seen.computed.state.clone().unwrap();
                prop_assert!(progress(&state) >= last, "{:?} on {}", state, today);
                last = progress(&state);
                let lasting = View { today: days()[0], computed: view(about, &shuffled, policy, days()[0]).computed, ..seen };
                prop_assert_eq!(unflagged(lasting), unflagged(view(about, &world.entries, policy, days()[0])));
            }
        }
    }
}

#[test]
fn two_readers_of_one_set_on_two_days_see_a_freeze_run_out() {
    let mut world = World::default();
    let about = record(5, 1);
    world.say(1, about, &[said("start", "\"2018-05-18\"", &[]), said("duration", "\"P6M\"", &[])]);
    let state = |entries: &[Authentic], day: &str| {
        let view = view(about, entries, &Policy::default(), Day::parse(day).unwrap());
        view.computed.state.map(|state| state.state)
    };
    assert_eq!(state(&world.entries, "2018-11-18"), Some(InForce::InForce));
    assert_eq!(state(&world.entries, "2018-11-19"), Some(InForce::TermOver));
    // It is renewed; whichever of the two is heard of first, both readers see the same.
    world.say(2, about, &[said("duration", "\"P6M\"", &[("valid", "\"2018-11-18/..\"")])]);
    let reversed: Vec<Authentic> = world.entries.iter().rev().cloned().collect();
    for entries in [&world.entries, &reversed] {
        assert_eq!(state(entries, "2018-11-19"), Some(InForce::InForce));
        assert_eq!(state(entries, "2019-05-19"), Some(InForce::TermOver));
    }
}

#[test]
fn a_code_that_is_not_known_is_shown_and_contests_nothing() {
    let mut world = World::default();
    let about = record(1, 1);
    world.say(1, about, &[said("status", "\"alleged\"", &[]), said("date", "\"2018-04-07\"", &[])]);
    world.say(17, about, &[said("status", "\"banana\"", &[]), said("date", "\"2018-04-07\"", &[])]);
    let status = |world: &World| {
        let view = view(about, &world.entries, &Policy::default(), Day::parse("2018-12-01").unwrap());
        assert!(!view.computed.contested);
        view.properties.into_iter().find(|property| property.prop == "status").unwrap()
    };
    let seen = status(&world);
    let told = |property: &Property, number: u8| {
        let claim = property.claims.iter().find(|claim| claim.organisation == organisation(number)).unwrap();
        (claim.malformed, claim.unknown, claim.flags.join(" "))
    };
    assert_eq!(told(&seen, 0), (false, false, String::new()));
    assert_eq!(told(&seen, 1), (false, true, "unknown_code".to_owned()));
    assert_eq!(seen.computed.headlines[0].text, "alleged, 1 account");
    // A code in another member than the value is marked, and the value is computed with.
    world.say(33, about, &[said("status", "\"alleged\"", &[("reliability", "\"banana\"")])]);
    let seen = status(&world);
    assert_eq!(told(&seen, 2), (false, false, "unknown_code".to_owned()));
    assert_eq!(seen.computed.headlines[0].text, "alleged, 2 accounts");
}
