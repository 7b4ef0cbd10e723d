//! What readers are warned of beside a claim is what its author is warned of before signing. MODEL §7, rules 9 to 16.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::id::{RecordId, SpaceId};
use isnad_protocol::log::Authentic;
use isnad_protocol::model::warn;
use isnad_protocol::sheet::Claim;
use isnad_protocol::standing::{Judge, Standing};
use isnad_protocol::time::{Day, Timestamp};
use isnad_protocol::view::{Context, Policy, Saying, View, flags_of_new};

use crate::fixture::{SPACE, World, organisation, record, said};
use crate::histories::store;

/// Governance that has nothing against anybody, in a space that everyone reads.
struct Public;

impl Judge for Public {
    fn judge(&self, _entry: &Authentic) -> Option<Standing> {
        None
    }

    fn is_public(&self, space: SpaceId) -> bool {
        space == SPACE
    }
}

const WORDING: (&str, &str) = ("wording", r#"{"unavailable":"not_seen"}"#);

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn text(value: impl std::fmt::Display) -> String {
    format!("\"{value}\"")
}

/// The flags of each claim that has some: by property and value, with the texts.
fn flags(world: &World, about: RecordId, today: &str) -> BTreeSet<(String, String)> {
    let (names, policy) = (BTreeMap::new(), Policy::default());
    let context = Context { judge: &Public, names: &names, policy: &policy, today: day(today) };
    let view = View::of(about, &store(&world.entries), context).unwrap();
    let mut found = BTreeSet::new();
    for property in &view.properties {
        for claim in &property.claims {
            assert!(claim.warnings.iter().all(|warning| claim.flags.contains(&warning.code)));
            let whose = (0..8).find(|number| organisation(*number) == claim.organisation).unwrap();
            found.extend(claim.flags.iter().map(|flag| (format!("{whose} {}", property.prop), flag.clone())));
        }
    }
    found
}

/// Checks the flags in the view once all is said, and that each author is told the same of what he says last.
fn check(about: RecordId, said: &[(u8, RecordId, Vec<Claim>)], today: &str, expected: &[(&str, &str)]) {
    let mut world = World::default();
    for (author, record, claims) in said {
        world.say(*author, *record, claims);
    }
    let expected: BTreeSet<_> = expected.iter().map(|(who, flag)| ((*who).to_owned(), (*flag).to_owned())).collect();
    assert_eq!(flags(&world, about, today), expected);
    world.entries.reverse();
    assert_eq!(flags(&world, about, today), expected, "whatever came first");

    let Some((author, _, claims)) = said.last().filter(|(_, record, _)| *record == about) else { return };
    let mut before = World::default();
    for (author, record, claims) in said.iter().take(said.len() - 1) {
        before.say(*author, *record, claims);
    }
    let (names, policy) = (BTreeMap::new(), Policy::default());
    let context = Context { judge: &Public, names: &names, policy: &policy, today: day(today) };
    let saying = Saying { organisation: World::home(*author), space: SPACE, time: Timestamp(1_500_000_000_000) };
    let new = flags_of_new(about, claims, saying, &store(&before.entries), context).unwrap();
    let whose = author / 16;
    let mut told = BTreeSet::new();
    for claim in claims {
        let own = new.get(&claim.id()).into_iter().flatten();
        told.extend(own.map(|warning| (format!("{whose} {}", claim.prop().unwrap()), warning.code.clone())));
    }
    let mut own = expected;
    own.retain(|(who, code)| who.starts_with(&format!("{whose} ")) && warn::CODES.contains(&code.as_str()));
    // What the same author said before has its flags already.
    assert!(told.is_subset(&own), "{told:?} in {own:?}");
    if said.iter().filter(|(other, record, _)| other / 16 == whose && *record == about).count() == 1 {
        assert_eq!(told, own);
    }
}

fn outcome(standard: &str, body: Option<RecordId>) -> Claim {
    let (basis, standard) = (format!(r#"[{{"source":"{}"}}]"#, record(7, 1)), text(standard));
    let body = body.map(text);
    let mut more = vec![("basis", basis.as_str()), ("standard", standard.as_str()), WORDING];
    more.extend(body.as_deref().map(|body| ("according_to", body)));
    said("outcome", "\"responsible\"", &more)
}

/// An accusation with all that it needs.
fn weighed(prop: &str, value: &str) -> Claim {
    let basis = format!(r#"[{{"source":"{}"}}]"#, record(7, 1));
    said(prop, value, &[("basis", &basis), ("standard", "\"executive_designation\""), WORDING])
}

fn subject(number: u8) -> Claim {
    said("subject", &text(record(2, number)), &[])
}

#[test]
fn an_unstated_standard_in_public_is_flagged() {
    let about = record(4, 1);
    let claims = |standard| vec![(16, about, vec![outcome(standard, None), subject(1)])];
    check(about, &claims("unstated"), "2018-12-01", &[("1 outcome", "unstated_in_public")]);
    check(about, &claims("reasonable_grounds"), "2018-12-01", &[]);
}

#[test]
fn a_child_and_a_dead_person_are_flagged_where_they_are_accused() {
    let about = record(4, 1);
    let said_of = |birth: &str, life: Vec<Claim>| {
        let person = [vec![said("birth_date", &text(birth), &[])], life].concat();
        let claims =
            vec![outcome("confident", None), subject(1), subject(2), said("incident", &text(record(1, 1)), &[])];
        let incident = vec![said("date", "\"2013-08-21\"", &[])];
        vec![(32, record(1, 1), incident), (48, record(2, 1), person), (16, about, claims)]
    };
    check(about, &said_of("1995-08-21", vec![]), "2018-12-01", &[]);
    check(about, &said_of("1995-08-22", vec![]), "2018-12-01", &[("1 subject", "minor_accused")]);
    check(about, &said_of("1995", vec![]), "2018-12-01", &[("1 subject", "minor_accused")]);
    // The fixture signs in July 2017.
    let dead = |valid: &str| vec![said("life_status", "\"dead\"", &[("valid", &text(valid))])];
    check(about, &said_of("1960", dead("2016-05-01/..")), "2018-12-01", &[("1 subject", "dead_accused")]);
    check(about, &said_of("1960", dead("2017-12-01/..")), "2018-12-01", &[]);
    let unsaid = vec![said("life_status", "\"dead\"", &[])];
    check(about, &said_of("1960", unsaid), "2018-12-01", &[("1 subject", "dead_accused")]);
}

#[test]
fn a_term_without_an_end_is_computed_and_runs_out() {
    let about = record(5, 1);
    let freeze = vec![said("start", "\"2018-05-18\"", &[]), said("duration", "\"P6M\"", &[])];
    let open = ("1 duration", "term_without_end");
    check(about, &[(16, about, freeze.clone())], "2018-11-18", &[open]);
    check(about, &[(16, about, freeze.clone())], "2018-11-19", &[open, ("1 duration", "term_over")]);
    let renewed = vec![(16, about, freeze), (32, about, vec![said("end", "\"2019-05-18\"", &[])])];
    // Whoever renews the measure of another takes no warning from it.
    check(about, &renewed, "2018-11-19", &[open, ("1 duration", "term_over")]);
    check(about, &renewed, "2019-06-01", &[open, ("1 duration", "term_over"), ("2 end", "term_over")]);
    let renewed = vec![renewed[0].clone(), (16, about, vec![said("end", "\"2019-05-18\"", &[])])];
    check(about, &renewed, "2018-11-19", &[]);
}

#[test]
fn who_may_only_find_facts_attributes_beyond_his_mandate() {
    let about = record(4, 1);
    let body = Some(record(9, 1));
    let mandate = |code: &str| said("mandate", &text(code), &[]);
    let claims = |code: &str| vec![(16, about, vec![outcome("confident", body), subject(1), mandate(code)])];
    check(about, &claims("fact_find_only"), "2018-12-01", &[("1 outcome", "beyond_mandate")]);
    check(about, &claims("attribute"), "2018-12-01", &[]);
    let mut several = claims("fact_find_only");
    several.push((32, about, vec![outcome("likely", Some(record(9, 2))), subject(1)]));
    check(about, &several, "2018-12-01", &[("1 outcome", "beyond_mandate")]);
    several.push((48, about, vec![outcome("unstated", body), subject(1)]));
    let expected =
        [("1 outcome", "beyond_mandate"), ("3 outcome", "beyond_mandate"), ("3 outcome", "unstated_in_public")];
    check(about, &several, "2018-12-01", &expected);
}

#[test]
fn places_of_two_organisations_far_apart_are_flagged() {
    let about = record(1, 1);
    let place = |lat: &str, lon: &str, more: &str| {
        said("place", &format!(r#"{{{more}"lat":"{lat}","lon":"{lon}","names":[]}}"#), &[])
    };
    let damascus = place("33.5138", "36.2765", "");
    let far = [("1 place", "place_apart"), ("2 place", "place_apart")];
    let beside = |other: Claim| vec![(16, about, vec![damascus.clone()]), (32, about, vec![other])];
    check(about, &beside(place("33.5711", "36.4036", "")), "2018-12-01", &[]);
    check(about, &beside(place("36.2021", "37.1343", "")), "2018-12-01", &far);
    check(about, &beside(place("36.2021", "37.1343", r#""geo_precision":"region","#)), "2018-12-01", &[]);
    let one = vec![(16, about, vec![damascus.clone(), place("36.2021", "37.1343", "")])];
    check(about, &one, "2018-12-01", &[]);
    let launch = place("36.2021", "37.1343", "").json().get("value").unwrap().as_object().unwrap().clone();
    let launch = [launch, [("role".to_owned(), isnad_protocol::encoding::json::Json::text("launch"))].into()];
    let launch = isnad_protocol::encoding::json::Json::Object(launch.into_iter().flatten().collect());
    let launch = said("place", &String::from_utf8(launch.encode()).unwrap(), &[]);
    check(about, &beside(launch), "2018-12-01", &[]);
}

#[test]
fn a_chain_of_judgements_that_contradicts_itself_is_flagged() {
    let [one, two, three, four] = [1, 2, 3, 4].map(|number| record(1, number));
    let judged = |other: RecordId, verdict: &str| {
        let value = format!(r#"{{"record":"{other}","relation":"same_as","verdict":"{verdict}"}}"#);
        said("judgement", &value, &[])
    };
    let chain = vec![
        (16, two, vec![judged(three, "positive")]),
        (32, four, vec![judged(three, "positive")]),
        (48, one, vec![judged(two, "positive")]),
    ];
    check(one, &chain, "2018-12-01", &[]);
    let contradicted = [vec![(64, four, vec![judged(one, "negative")])], chain.clone()].concat();
    check(one, &contradicted, "2018-12-01", &[("3 judgement", "judgement_chain")]);
    let elsewhere = [vec![(64, record(1, 5), vec![judged(one, "negative")])], chain].concat();
    check(one, &elsewhere, "2018-12-01", &[]);
    let cycle = vec![(16, two, vec![judged(one, "positive")]), (32, one, vec![judged(two, "positive")])];
    check(one, &cycle, "2018-12-01", &[]);
    check(one, &[(16, one, vec![judged(record(2, 1), "positive")])], "2018-12-01", &[("1 judgement", "same_as_kinds")]);
}

#[test]
fn records_that_name_one_of_a_chain_do_not_end_it_however_many_they_are() {
    let [one, two, three] = [200, 201, 202].map(|number| record(1, number));
    let judged = |other: RecordId, verdict: &str| {
        let value = format!(r#"{{"record":"{other}","relation":"same_as","verdict":"{verdict}"}}"#);
        said("judgement", &value, &[])
    };
    // Their ids are lower: they would be read first.
    let many = (1..=100).map(|number| (64, record(1, number), vec![judged(one, "unsure")]));
    let chain = [
        (16, two, vec![judged(three, "positive")]),
        (32, three, vec![judged(one, "negative")]),
        (48, one, vec![judged(two, "positive")]),
    ];
    let said: Vec<_> = many.chain(chain).collect();
    check(one, &said, "2018-12-01", &[("3 judgement", "judgement_chain")]);
}

#[test]
fn a_chain_that_is_not_followed_to_its_end_says_so() {
    let judged = |other: u8| {
        let value = format!(r#"{{"record":"{}","relation":"same_as","verdict":"positive"}}"#, record(1, other));
        said("judgement", &value, &[])
    };
    let chain: Vec<_> = (1..=80).map(|number| (16, record(1, number), vec![judged(number + 1)])).collect();
    check(record(1, 1), &chain, "2018-12-01", &[("1 judgement", "judgement_chain_cut")]);
}

#[test]
fn a_symbol_is_held_against_the_form_of_its_publisher() {
    let about = record(7, 1);
    let claims = |publisher: &str, symbol: &str| {
        vec![(16, about, vec![said("publisher", &text(publisher), &[]), said("symbol", &text(symbol), &[])])]
    };
    check(about, &claims("OPCW Technical Secretariat", "S/1867/2020"), "2018-12-01", &[]);
    check(about, &claims("OPCW Technical Secretariat", "S/2020/1867"), "2018-12-01", &[("1 symbol", "symbol_form")]);
    check(about, &claims("A newspaper", "S/2020/1867"), "2018-12-01", &[]);
}

#[test]
fn the_same_numbers_from_one_source_are_one_account() {
    let about = record(1, 1);
    let count = |killed: u8, source: u8| {
        let value = format!(r#"{{"as_of":"2018-04-08","category":"killed","min":{killed}}}"#);
        said("casualty", &value, &[("basis", &format!(r#"[{{"source":"{}"}}]"#, record(7, source)))])
    };
    let both = |other| vec![(16, about, vec![count(43, 1)]), (32, about, vec![other])];
    let derivative = [("1 casualty", "derivative"), ("2 casualty", "derivative")];
    check(about, &both(count(43, 1)), "2018-12-01", &derivative);
    check(about, &both(count(43, 2)), "2018-12-01", &[]);
    check(about, &both(count(49, 1)), "2018-12-01", &[]);
    let undated = said("casualty", r#"{"category":"killed","min":43}"#, &[]);
    check(about, &both(undated), "2018-12-01", &[("2 casualty", "no_as_of")]);
}

#[test]
fn a_reply_of_somebody_whom_the_record_does_not_name_is_flagged() {
    let about = record(4, 1);
    let reply = |number: u8| {
        let value = format!(r#"{{"lang":"en","stance":"denies","subject":"{}","text":"no"}}"#, record(2, number));
        said("response", &value, &[])
    };
    let replied = |about, claims: &[Claim]| vec![(16, about, claims.to_vec()), (32, about, vec![reply(1)])];
    let flagged = [("2 response", "reply_of_another")];
    check(about, &replied(about, &[outcome("confident", None), subject(1), subject(2)]), "2018-12-01", &[]);
    check(about, &replied(about, &[outcome("confident", None), subject(2)]), "2018-12-01", &flagged);
    let listing = record(5, 1);
    check(listing, &replied(listing, &[weighed("subject", &text(record(2, 3)))]), "2018-12-01", &flagged);
    // Where nobody is named, everybody may reply, and on his own page he alone.
    let incident = record(1, 1);
    check(incident, &replied(incident, &[said("date", "\"2018-04-07\"", &[])]), "2018-12-01", &[]);
    check(record(2, 1), &replied(record(2, 1), &[]), "2018-12-01", &[]);
    check(record(2, 2), &replied(record(2, 2), &[]), "2018-12-01", &flagged);
}

#[test]
fn who_is_called_sanctioned_without_a_measure_in_force_is_flagged() {
    let about = record(2, 1);
    let called = |code: &str| (16, about, vec![weighed("topic", &text(code))]);
    let listed = |number: u8, start: &str, end: &str| {
        (
            32,
            record(5, number),
            vec![weighed("subject", &text(about)), said("start", &text(start), &[]), said("end", &text(end), &[])],
        )
    };
    let flagged = [("1 topic", "sanctioned_without_measure")];
    check(about, &[called("sanction")], "2018-12-01", &flagged);
    check(about, &[called("wanted")], "2018-12-01", &[]);
    let past = listed(1, "2017-01-01", "2018-01-01");
    check(about, &[past.clone(), called("sanction")], "2018-12-01", &flagged);
    check(about, &[past.clone(), called("sanction")], "2017-12-01", &[]);
    check(about, &[past, listed(2, "2018-01-01", "2019-01-01"), called("sanction")], "2018-12-01", &[]);
    let of_another =
        (32, record(5, 3), vec![weighed("subject", &text(record(2, 2))), said("start", "\"2018-01-01\"", &[])]);
    check(about, &[of_another, called("sanction")], "2018-12-01", &flagged);
}

#[test]
fn what_breaks_the_model_is_marked_and_warns_of_nothing() {
    let about = record(1, 1);
    let broken = said("date", "\"7 April 1914\"", &[]);
    check(about, &[(16, about, vec![broken])], "2018-12-01", &[("1 date", "not_edtf")]);
    let mut world = World::default();
    world.say(16, about, &[said("casualty", r#"{"category":"angry","min":1}"#, &[])]);
    let unknown = ("1 casualty".to_owned(), "unknown_code".to_owned());
    assert_eq!(flags(&world, about, "2018-12-01"), BTreeSet::from([unknown]));
}
