//! Values that no author's tool lets through, from a foreign node: shown, and summed up nowhere. MODEL §7.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::encoding::json::Json;
use isnad_protocol::limits;
use isnad_protocol::model::{KINDS, properties};
use isnad_protocol::sheet::{self, Claim};
use isnad_protocol::store::SheetView;
use isnad_protocol::time::Day;
use isnad_protocol::view::{Context, Policy, Summary, View};
use proptest::prelude::*;

use crate::fixture::{FREE, World, record, said};
use crate::histories::{config, store};

fn hostile_values() -> Vec<Json> {
    let object = |key: &str, value: Json| Json::object([(key, value)]);
    let names = |text: &str| object("names", Json::List(vec![object("text", Json::text(text))]));
    vec![
        Json::text("\u{202e}7102-40-70"),
        Json::text("Du\u{200b}ma\u{feff}"),
        Json::text("\u{2066}Aleppo"),
        Json::text("\u{1b}[2J\u{7}"),
        Json::text("=HYPERLINK(\"http://example.org\")"),
        Json::text("D\u{43e}uma"),
        Json::text("e\u{301}"),
        Json::text("a".repeat(12_001)),
        Json::text("   "),
        Json::text("incident/000000000000000000000000000000"),
        Json::text("subject/nobody"),
        Json::text("9999-99-99"),
        Json::text("P999999Y"),
        Json::Int(-1),
        Json::Int(9_007_199_254_740_991),
        Json::Bool(true),
        Json::List(vec![]),
        Json::object([] as [(&str, Json); 0]),
        object("category", Json::text("\u{202e}killed")),
        Json::object([("category", Json::text("killed")), ("min", Json::Int(9)), ("max", Json::Int(1))]),
        Json::object([("names", Json::List(vec![])), ("lat", Json::text("91")), ("lon", Json::text("x"))]),
        Json::object([("text", Json::text("\u{202e}x")), ("type", Json::text("primary"))]),
        object("code", Json::text("\u{1b}sarin")),
        names("\u{202e}amuoD"),
        object("record", Json::text("incident/zz")),
    ]
}

/// Every value of every property of every kind, said by one author; how many that are.
fn say_everything(world: &mut World) -> usize {
    let mut count = 0;
    for kind in KINDS {
        for property in properties(kind.code) {
            for value in hostile_values() {
                let members = [("prop", Json::text(property.code)), ("value", value), ("lang", Json::text("en"))];
                let members = members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
                world.say(17, record(kind.code, 1), &[Claim::new(members).unwrap()]);
                count += 1;
            }
        }
    }
    count
}

#[test]
fn hostile_values_of_every_property_are_shown_and_summed_up_nowhere() {
    let mut world = World::default();
    let count = say_everything(&mut world);
    let (names, policy) = (BTreeMap::new(), Policy::default());
    let context = Context { judge: &FREE, names: &names, policy: &policy, today: Day::parse("2018-12-01").unwrap() };
    let store = store(&world.entries);
    let mut shown = 0;
    for about in store.records(None).unwrap() {
        let view = View::of(about, &store, context).unwrap();
        let sheets = sheet::fold_claims(&store.entries_about(about).unwrap(), &FREE).sheets;
        let mut malformed = BTreeSet::new();
        for property in &view.properties {
            shown += property.claims.len();
            let computed: Vec<_> = property.computed.headlines.iter().flat_map(|headline| &headline.values).collect();
            for claim in property.claims.iter().filter(|claim| claim.malformed) {
                let value = claim.value.as_ref().unwrap();
                assert!(!computed.contains(&value), "{}: {value:?}", property.prop);
                assert!(!claim.flags.is_empty() && claim.warnings.is_empty(), "{}: {value:?}", property.prop);
                malformed.extend(value.as_text().map(|text| (property.prop.clone(), text.to_owned())));
            }
        }
        let summary = Summary::of(about, &sheets, &policy);
        let is_summed_up = |props: &[&str], text: &String| {
            props.iter().all(|prop| malformed.contains(&((*prop).to_owned(), text.clone())))
        };
        for words in view.labels.iter().chain(&summary.labels) {
            assert!(!is_summed_up(&["title", "name"], &words.text), "{about}: {:?}", words.text);
            assert!(words.text.chars().count() <= 12_000 && !words.text.trim().is_empty(), "{about}");
        }
        for text in [summary.aliases, summary.dates, summary.agents, summary.statuses].concat() {
            let is_clean = |c: char| !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            assert!(text.chars().count() <= 12_000 && !text.trim().is_empty(), "{about}: {text:?}");
            assert!(text.chars().all(is_clean), "{about}: {text:?}");
        }
    }
    assert_eq!(shown, count);
}

/// A page of members that no version knows, and behind it what breaks the model.
#[test]
fn nothing_hides_behind_what_is_not_known() {
    let mut world = World::default();
    let members: String = (0..limits::PROBLEMS_IN_CLAIM).map(|number| format!(r#""a{number:04}":1,"#)).collect();
    let place = |rest: &str| format!(r#"{{{rest}"country":"sy","lat":"1","names":[{{"lang":"en","text":"Douma"}}]}}"#);
    let claims = [said("place", &place(""), &[]), said("place", &place(&members), &[])];
    world.say(17, record(1, 1), &claims);
    let (names, policy) = (BTreeMap::new(), Policy::default());
    let context = Context { judge: &FREE, names: &names, policy: &policy, today: Day::parse("2018-12-01").unwrap() };
    let store = store(&world.entries);
    let view = View::of(record(1, 1), &store, context).unwrap();
    assert!(view.properties[0].claims.len() == 2 && view.properties[0].claims.iter().all(|claim| claim.malformed));
    let sheets = sheet::fold_claims(&store.entries_about(record(1, 1)).unwrap(), &FREE).sheets;
    assert!(Summary::of(record(1, 1), &sheets, &policy).places.is_empty());
}

#[test]
fn circles_of_references_end() {
    let mut world = World::default();
    let records: Vec<_> = (1..=3).map(|number| record(1, number)).collect();
    for (about, next) in records.iter().zip(records.iter().cycle().skip(1)) {
        let judged = |relation: &str, verdict: &str| {
            format!(r#"{{"record":"{next}","relation":"{relation}","verdict":"{verdict}"}}"#)
        };
        let claims = [
            said("part_of", &format!("\"{next}\""), &[]),
            said("judgement", &judged("same_as", "positive"), &[]),
            said("judgement", &judged("same_as", "negative"), &[]),
            said("judgement", &judged("part_of", "positive"), &[]),
        ];
        world.say(17, *about, &claims);
    }
    for (about, next) in [(record(3, 1), record(3, 2)), (record(3, 2), record(3, 1))] {
        world.say(17, about, &[said("replaces", &format!("\"{next}\""), &[])]);
    }
    let (names, policy) = (BTreeMap::new(), Policy::default());
    let context = Context { judge: &FREE, names: &names, policy: &policy, today: Day::parse("2018-12-01").unwrap() };
    let store = store(&world.entries);
    for about in store.records(None).unwrap() {
        let view = View::of(about, &store, context).unwrap();
        let flags = view.properties.iter().flat_map(|property| &property.claims).flat_map(|claim| &claim.flags);
        let contradicted = flags.filter(|flag| *flag == "judgement_chain").count();
        assert_eq!(contradicted, if about.kind_code() == 1 { 2 } else { 0 }, "{about}");
    }
}

/// Claims of a property in each of which something else is said.
fn many_of(prop: &str, count: usize, text: &str) -> Vec<Claim> {
    let lang = [("lang", r#""en""#)];
    (0..count)
        .map(|number| {
            let words = format!("{number} {text}");
            let value = match prop {
                "place" => format!(r#"{{"country":"sy","names":[{{"lang":"en","text":"{words}"}}]}}"#),
                "start" | "end" => format!("\"{:04}-01-01\"", 1000 + number),
                "authority" | "subject" => format!("\"{}\"", record(9, u8::try_from(number % 200).unwrap())),
                "legal_basis" => format!(r#"{{"scheme":"eli","title":"{words}","value":"{number}"}}"#),
                _ => format!("\"{words}\""),
            };
            said(prop, &value, if matches!(prop, "title" | "name" | "alias") { &lang[..] } else { &[] })
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..config() })]

    #[test]
    fn a_summary_has_a_size_whatever_is_said(
        kind in prop::sample::select(&[1_u8, 2, 5][..]),
        counts in prop::collection::vec(0..150_usize, 8),
        text in prop::sample::select(vec![String::new(), "long ".repeat(2_000), "\\u0001".repeat(50), "\\\"".repeat(900), "أرض".repeat(600)]),
    ) {
        let (mut world, about) = (World::default(), record(kind, 1));
        let props = ["title", "name", "alias", "place", "start", "end", "authority", "legal_basis"];
        for (prop, count) in props.iter().zip(counts) {
            for part in many_of(prop, count, &text).chunks(5) {
                world.say(17, about, part);
            }
        }
        let sheets = sheet::fold_claims(&world.entries, &FREE).sheets;
        let whole = Summary::of(about, &sheets, &Policy::default()).on(Day::parse("2018-12-01").unwrap());
        let (size, bounded) = (serde_json::to_vec(&whole).unwrap().len(), whole.clone().bounded());
        prop_assert!(serde_json::to_vec(&bounded).unwrap().len() <= limits::SUMMARY_BYTES);
        prop_assert!(bounded.is_cut || bounded == whole);
        prop_assert!(size <= limits::SUMMARY_BYTES || bounded.is_cut);
        prop_assert_eq!(bounded.clone().bounded(), bounded);
    }
}
