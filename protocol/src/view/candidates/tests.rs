//! What is proposed, from claims alone; and how well names are told apart, held by numbers.

use proptest::prelude::*;

use super::*;
use crate::encoding::json;
use crate::entry::{Draft, Kind, Payload};
use crate::id::{EntryId, SpaceId};
use crate::key::SecretKey;
use crate::log::Authentic;
use crate::model::kinds::{INCIDENT, SUBJECT};
use crate::sheet;
use crate::time::Timestamp;

use super::names::Name;

fn record(kind: u8, number: u8) -> RecordId {
    let mut bytes = [number; 16];
    bytes[0] = kind;
    RecordId::new(bytes)
}

fn entry(record: RecordId, author: u8, claims: &[&str]) -> Authentic {
    let ops: Vec<String> = claims.iter().map(|claim| format!(r#"{{"claim":{claim}}}"#)).collect();
    let bytes = json::decode(format!(r#"{{"ops":[{}]}}"#, ops.join(",")).as_bytes()).unwrap().encode();
    let draft = Draft {
        kind: Kind::Change,
        space: SpaceId::new([1; 32]),
        organisation: OrganisationId::new([author; 32]),
        record,
        generation: 0,
        time: Timestamp(1),
        payload: Payload { salt: [7; 16], bytes },
    };
    Authentic::from_store(draft.seal((0, EntryId::ZERO), &SecretKey::from_seed(&[author; 32])))
}

fn traits(entries: &[Authentic]) -> BTreeMap<RecordId, Traits> {
    let mut all = BTreeMap::new();
    let folded = sheet::fold_claims(entries, &|_: &Authentic| None);
    for record in entries.iter().map(|entry| entry.entry().header.record) {
        let sheets = folded.sheets.iter().filter(|(key, _)| key.record == record);
        all.insert(record, Traits::of(&sheets.map(|(key, sheet)| (*key, sheet.clone())).collect()));
    }
    all
}

fn proposed(kind: u8, entries: &[Authentic]) -> Vec<Candidate> {
    let traits = traits(entries);
    let pairs = pairs(kind, &traits, None).pairs;
    let mut found: Vec<_> = pairs.iter().map(|(a, b)| compare(kind, (*a, &traits[a]), (*b, &traits[b]))).collect();
    sort(&mut found);
    found
}

fn incident(number: u8, date: &str, lat: &str, lon: &str, agent: &str) -> Authentic {
    let place = format!(r#"{{"lat":"{lat}","lon":"{lon}","names":[]}}"#);
    entry(
        record(INCIDENT, number),
        number,
        &[
            &format!(r#"{{"prop":"date","value":"{date}"}}"#),
            &format!(r#"{{"prop":"place","value":{place}}}"#),
            &format!(r#"{{"prop":"agent","value":{{"code":"{agent}"}}}}"#),
        ],
    )
}

#[test]
fn two_incidents_near_in_place_and_time_are_proposed_with_reasons() {
    let found = proposed(
        INCIDENT,
        &[
            incident(1, "2015-08-21", "36.48", "37.198", "sulfur_mustard"),
            incident(2, "2015-09-01", "36.48034", "37.198", "sulfur_mustard"),
            incident(3, "2018-04-07", "33.57", "36.4", "chlorine"),
        ],
    );
    let told: Vec<(&str, i32)> = found[0].reasons.iter().map(|reason| (&*reason.code, reason.weight)).collect();
    assert_eq!(told, [("metres", 40), ("days", 20), ("agent_equal", 15)]);
    assert_eq!((found.len(), found[0].score), (1, 75));
    assert_eq!(found[0].reasons[0].values["metres"], "37");
    assert_eq!(found[0].reasons[1].values["days"], "11");
}

#[test]
fn places_on_both_sides_of_the_date_line_meet() {
    let found = proposed(
        INCIDENT,
        &[
            incident(1, "2015-08-21", "-16.5", "179.999", "sarin"),
            incident(2, "2015-08-20/..", "-16.5", "-179.999", "vx"),
        ],
    );
    assert_eq!(found.len(), 1);
    assert!(found[0].score >= 70, "{found:?}");
}

#[test]
fn an_equal_identifier_outweighs_other_spellings_and_a_differing_one_speaks_against() {
    let subject = |number: u8, name: &str, imo: &str| {
        entry(
            record(SUBJECT, number),
            number,
            &[
                &format!(r#"{{"lang":"en","prop":"name","value":{{"text":"{name}","type":"primary"}}}}"#),
                &format!(r#"{{"prop":"identifier","value":{{"scheme":"imo","value":"{imo}"}}}}"#),
            ],
        )
    };
    let score =
        |first: Authentic, second: Authentic| proposed(SUBJECT, &[first, second]).first().map(|pair| pair.score);
    let equal = score(subject(1, "Khan Sheikhoun Trading", "1"), subject(2, "خان شيخون", "1"));
    let other = score(subject(1, "Khan Sheikhoun", "1"), subject(2, "خان شيخون", "2"));
    assert!(equal >= Some(60) && other < Some(50), "{equal:?} {other:?}");
}

#[test]
fn a_thousand_names_and_a_crowd_in_one_place_stay_within_bounds() {
    let names: Vec<String> = (0..1_000)
        .map(|number| format!(r#"{{"lang":"en","prop":"name","value":{{"text":"name {number}","type":"alias"}}}}"#))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let many = entry(record(SUBJECT, 1), 1, &names);
    assert!(traits(&[many]).values().all(|traits| traits.names.len() <= crate::limits::CANDIDATE_NAMES));
    let crowd: Vec<Authentic> =
        (0..200).map(|number| incident(number, "2015-08-21", "36.48", "37.198", "vx")).collect();
    let pairs = pairs(INCIDENT, &traits(&crowd), None);
    assert!(pairs.pairs.len() <= 200 * crate::limits::CANDIDATE_COMPARED && pairs.cut.len() == 200);
}

#[test]
fn names_are_told_apart_as_well_as_the_file_says() {
    let file: serde_json::Value =
        serde_json::from_str(include_str!("../../../../tests/candidates/pairs.json")).unwrap();
    let (mut hits, mut false_alarms, mut misses) = (0_u32, Vec::new(), Vec::new());
    let pairs = file["pairs"].as_array().unwrap();
    assert!(pairs.len() >= 120);
    for pair in pairs {
        let (first, second) = (pair["first"].as_str().unwrap(), pair["second"].as_str().unwrap());
        let likeness = Name::new(first).unwrap().likeness(&Name::new(second).unwrap());
        assert_eq!(likeness, Name::new(second).unwrap().likeness(&Name::new(first).unwrap()), "{first} {second}");
        match (u64::from(likeness) >= file["alike"].as_u64().unwrap(), pair["same"].as_bool().unwrap()) {
            (true, true) => hits += 1,
            (true, false) => false_alarms.push((first, second, likeness)),
            (false, true) => misses.push((first, second, likeness)),
            (false, false) => {}
        }
    }
    let percent = |wrong: usize| u64::from(hits * 100 / (hits + u32::try_from(wrong).unwrap()));
    let (precision, recall) = (percent(false_alarms.len()), percent(misses.len()));
    let told = format!("precision {precision}, recall {recall}; too alike {false_alarms:?}; not alike {misses:?}");
    assert_eq!((file["precision"].as_u64(), file["recall"].as_u64()), (Some(precision), Some(recall)), "{told}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn pairs_do_not_depend_on_the_order_of_arrival(
        order in Just((1_u8..=12).collect::<Vec<u8>>()).prop_shuffle(),
    ) {
        let of = |number: u8| incident(number, &format!("2015-08-{number:02}"), "36.48", "37.198", "vx");
        let sorted: Vec<Authentic> = (1..=12).map(of).collect();
        let shuffled: Vec<Authentic> = order.into_iter().map(of).collect();
        prop_assert_eq!(proposed(INCIDENT, &sorted), proposed(INCIDENT, &shuffled));
    }

    #[test]
    fn no_name_breaks_the_comparison(first in ".{0,40}", second in "[ -~ء-ي]{0,40}") {
        if let (Some(first), Some(second)) = (Name::new(&first), Name::new(&second)) {
            prop_assert_eq!(first.likeness(&second), second.likeness(&first));
            drop(first.aligned(&second));
        }
    }
}
