//! Values that no author's tool lets through, from a foreign node: shown, and summed up nowhere. MODEL §7.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::encoding::json::Json;
use isnad_protocol::model::{KINDS, properties};
use isnad_protocol::sheet::{self, Claim};
use isnad_protocol::store::SheetView;
use isnad_protocol::time::Day;
use isnad_protocol::view::{Context, Policy, Summary, View};

use crate::fixture::{FREE, World, record, said};
use crate::histories::store;

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
