//! What views compute in one pass is what the rules say of each pair; and thousands of claims of one property cost no minutes.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{ClaimId, EntryId, OrganisationId, RecordId};
use isnad_protocol::model::edtf::Edtf;
use isnad_protocol::model::{self, ValueType};
use isnad_protocol::sheet::{self, Claim, Sheet};
use isnad_protocol::store::SheetView;
use isnad_protocol::time::Day;
use isnad_protocol::view::{
    Concluded, Contest, Context, Line, Policy, Property, ShownClaim, State, Summary, View, contested_by_conclusions,
};
use proptest::prelude::*;

use crate::fixture::{FREE, World, organisation, record, said};
use crate::histories::{config, store};

const AUTHORS: [u8; 4] = [1, 2, 17, 33];

type Step = (u8, u8, u8);

fn incident() -> RecordId {
    record(1, 1)
}

/// A value of which some agree, some exclude each other, and some break the model or are not known.
fn value(what: u8, detail: u8) -> (&'static str, String) {
    let low = detail % 5;
    match what % 8 {
        0 => ("date", format!("\"2018-04-0{}\"", low + 1)),
        1 => ("date", format!("\"2018-04-0{}/..\"", low + 1)),
        2 => ("date", ["\"2018-04\"", "\"../2018-04-03\"", "\"some day\""][usize::from(detail % 3)].to_owned()),
        3 => ("casualty", format!(r#"{{"category":"killed","max":{},"min":{low}}}"#, detail % 7)),
        4 => ("casualty", format!(r#"{{"category":"injured","min":{low}}}"#)),
        5 => ("status", ["\"alleged\"", "\"confirmed_use\"", "\"banana\""][usize::from(detail % 3)].to_owned()),
        6 => ("agent", r#"{"code":"sarin"}"#.to_owned()),
        _ => ("title", format!("\"title {}\"", detail % 3)),
    }
}

/// A history of one incident, and of conclusions about it.
fn play(steps: &[Step]) -> World {
    let mut world = World::default();
    let (mut claims, mut entries): (Vec<ClaimId>, Vec<EntryId>) = (Vec::new(), Vec::new());
    for (who, what, detail) in steps {
        let author = AUTHORS[usize::from(who % 4)];
        world.generation = u32::from(who / 128);
        let known = claims.get(usize::from(*detail) % claims.len().max(1)).copied().unwrap_or(ClaimId::ZERO);
        let mut more = Vec::new();
        let (old, body) = (format!("\"{known}\""), format!("\"{}\"", record(9, detail % 2)));
        if what % 3 == 0 {
            more.push(("replaces", old.as_str()));
        }
        if detail % 4 == 0 {
            more.push(("according_to", body.as_str()));
        }
        match what % 13 {
            0..=7 => {
                let (prop, value) = value(*what / 13, *detail);
                let lang = if detail % 2 == 0 { "\"en\"" } else { "\"ar\"" };
                more.extend((prop == "title").then_some(("lang", lang)));
                let claim = said(prop, &value, &more);
                claims.push(claim.id());
                entries.push(world.say(author, incident(), &[claim]));
            }
            8..=9 => {
                let whose = World::home(AUTHORS[usize::from(detail % 4)]);
                let stance = ["endorse", "dispute", "corroborate"][usize::from(what % 3)];
                let on = entries.get(usize::from(*detail)).filter(|_| who % 3 == 0);
                let on = on.map_or(format!(r#""claim":"{known}""#), |entry| format!(r#""entry":"{entry}""#));
                let value = format!(r#"{{{on},"organisation":"{whose}","stance":"{stance}"}}"#);
                world.say(author, incident(), &[said("opinion", &value, &[])]);
            }
            10 => {
                world.retract(author, incident(), known);
            }
            _ => conclude(&mut world, author, *what / 13, *detail),
        }
    }
    world
}

fn conclude(world: &mut World, author: u8, what: u8, detail: u8) {
    let about = record(4, what % 3);
    let outcomes = ["\"responsible\"", "\"not_responsible\"", "\"disputed\"", "\"confirmed_use\"", "\"not_used\""];
    let body = format!("\"{}\"", record(9, detail % 2));
    let basis = format!(r#"[{{"source":"{}"}}]"#, record(7, 1));
    let wording = ("wording", r#"{"unavailable":"not_seen"}"#);
    let more = [("according_to", body.as_str()), ("basis", &basis), ("standard", "\"unstated\""), wording];
    let mut claims = vec![said("outcome", outcomes[usize::from(detail % 5)], &more)];
    claims.push(said("incident", &format!("\"{}\"", incident()), &[]));
    if !detail.is_multiple_of(3) {
        claims.push(said("subject", &format!("\"{}\"", record(3, detail % 4)), &[]));
    }
    world.say(author, about, &claims);
}

fn view(world: &World) -> View {
    let (names, policy) = (BTreeMap::new(), Policy { first: vec![organisation(1)], ..Policy::default() });
    let today = Day::parse("2018-12-01").unwrap();
    View::of(incident(), &store(&world.entries), Context { judge: &FREE, names: &names, policy: &policy, today })
        .unwrap()
}

/// Both cannot hold.
fn excludes(property: &model::Property, one: &ShownClaim, other: &ShownClaim) -> bool {
    let body = |claim: &ShownClaim| claim.according_to.as_ref().map(|body| body.record);
    let is_same_voice = one.organisation == other.organisation && body(one) == body(other);
    let (Some(left), Some(right)) = (&one.value, &other.value) else { return false };
    if is_same_voice || left == right && property.value != ValueType::Count {
        return false;
    }
    if property.value == ValueType::Count {
        let int = |value: &Json, key: &str| value.get(key).and_then(Json::as_int);
        let is_below = |one, other| int(one, "max").is_some_and(|max| max < int(other, "min").unwrap());
        return left.get("category") == right.get("category") && (is_below(left, right) || is_below(right, left));
    }
    if property.cardinality.is_many() {
        return false;
    }
    if property.value == ValueType::Date {
        let read = |value: &Json| Edtf::parse(value.as_text().unwrap()).unwrap();
        let is_before = |one: Edtf, other: Edtf| one.latest.zip(other.earliest).is_some_and(|(end, start)| end < start);
        return is_before(read(left), read(right)) || is_before(read(right), read(left));
    }
    one.lang == other.lang
}

fn contesting(property: &Property) -> BTreeSet<ClaimId> {
    let Some(known) = model::property(incident().kind_code(), &property.prop) else { return BTreeSet::new() };
    let part: Vec<_> = property.claims.iter().filter(|claim| claim.takes_part()).collect();
    let is_excluded = |one: &&&ShownClaim| part.iter().any(|other| excludes(known, one, other));
    part.iter().filter(is_excluded).map(|claim| claim.id).collect()
}

type Speaker = (Option<RecordId>, Option<OrganisationId>);

/// Value by value, in the order of the claims: sources, bodies and organisations behind it.
fn corroboration(property: &Property) -> Vec<(Json, usize, usize)> {
    let mut found: Vec<(Json, BTreeSet<Speaker>, BTreeSet<OrganisationId>)> = Vec::new();
    for claim in property.claims.iter().filter(|claim| claim.takes_part()) {
        let value = claim.value.clone().unwrap();
        let body = claim.according_to.as_ref().map(|body| body.record);
        let speaker = (body, body.is_none().then_some(claim.organisation));
        if !found.iter().any(|(known, _, _)| *known == value) {
            found.push((value.clone(), BTreeSet::new(), BTreeSet::new()));
        }
        let (_, bodies, organisations) = found.iter_mut().find(|(known, _, _)| *known == value).unwrap();
        bodies.insert(speaker);
        organisations.insert(claim.organisation);
    }
    found.into_iter().map(|(value, bodies, organisations)| (value, bodies.len(), organisations.len())).collect()
}

/// The claim and all versions before it.
fn versions(sheet: &Sheet, id: ClaimId) -> Vec<ClaimId> {
    let mut found = vec![id];
    while let Some(old) = sheet.claims.get(&found[found.len() - 1]).and_then(|said| said.claim.replaces()) {
        found.push(old);
    }
    found
}

fn check_standing(claim: &ShownClaim, sheet: &Sheet) {
    let replaced_by: Vec<_> = sheet
        .claims
        .iter()
        .filter(|(id, said)| sheet.is_live(**id) && said.claim.replaces() == Some(claim.id))
        .map(|(id, _)| *id)
        .collect();
    let state = match (sheet.is_live(claim.id), replaced_by.is_empty()) {
        (false, _) => State::Retracted,
        (true, false) => State::Replaced,
        (true, true) => State::Live,
    };
    assert_eq!((claim.state, &claim.replaced_by), (state, &replaced_by));
}

/// Each live opinion is told beside each claim that it looked at, and each later version of it.
fn check_opinions(claim: &ShownClaim, sheet: &Sheet, opinions: &[&ShownClaim]) {
    let versions = versions(sheet, claim.id);
    let (mut told, mut disputed) = (BTreeSet::new(), BTreeSet::new());
    let mut behind: BTreeSet<_> = (claim.state == State::Live).then_some(claim.organisation).into_iter().collect();
    for opinion in opinions {
        let value = opinion.value.as_ref().unwrap();
        let text = |key: &str| value.get(key).and_then(Json::as_text).unwrap_or_default();
        let is_on = |id: &ClaimId| {
            let said = sheet.claims.get(id);
            let is_signed =
                said.is_some_and(|said| said.signers.keys().any(|entry| entry.to_string() == text("entry")));
            text("claim") == id.to_string() || is_signed
        };
        if text("organisation") != claim.organisation.to_string() || !versions.iter().any(is_on) {
            continue;
        }
        let on_earlier = !is_on(&claim.id);
        told.insert((opinion.organisation, opinion.id, on_earlier));
        match text("stance") {
            "endorse" if !on_earlier => behind.insert(opinion.organisation),
            "dispute" => disputed.insert(opinion.organisation),
            _ => false,
        };
    }
    let seen: BTreeSet<_> =
        claim.opinions.iter().map(|seen| (seen.organisation, seen.claim, seen.on_earlier)).collect();
    assert_eq!((seen, &claim.stands_behind, &claim.disputed_by), (told, &behind, &disputed));
}

fn lines_exclude(one: &Line, other: &Line) -> bool {
    let takes_part = |line: &Line| line.state == State::Live && line.counts && !line.malformed;
    let voice = |line: &Line| (line.organisation, line.according_to.as_ref().map(|body| body.record));
    if voice(one) == voice(other) || !takes_part(one) || !takes_part(other) {
        return false;
    }
    let subjects = |line: &Line| line.subjects.iter().map(|subject| subject.record).collect::<BTreeSet<_>>();
    let (named, theirs) = (subjects(one), subjects(other));
    let same = named.is_empty() || theirs.is_empty() || !named.is_disjoint(&theirs);
    let outcome = |line: &Line| line.value.as_ref().and_then(Json::as_text).unwrap_or_default().to_owned();
    let (left, right) = (outcome(one), outcome(other));
    let both = |first: &str, second: &[&str]| {
        (left == first && second.contains(&right.as_str())) || (right == first && second.contains(&left.as_str()))
    };
    (both("responsible", &["responsible"]) && !same)
        || (both("responsible", &["not_responsible", "disputed"]) && same)
        || both("confirmed_use", &["not_used", "disputed"])
}

/// A list says of each record what its page says, from what each conclusion says by itself.
fn check_lists(world: &World) {
    let (names, policy) = (BTreeMap::new(), Policy::default());
    let context = Context { judge: &FREE, names: &names, policy: &policy, today: Day::parse("2018-12-01").unwrap() };
    let store = store(&world.entries);
    let mut all = BTreeMap::<RecordId, Contest<_, _>>::new();
    let mut records = store.records(None).unwrap();
    for record in records.clone() {
        let sheets = sheet::fold_claims(&store.entries_about(record).unwrap(), &FREE).sheets;
        records.extend(sheets.values().flat_map(|sheet| sheet.claims.values()).flat_map(|said| said.claim.refs()));
        for Concluded { on, conclusions } in Concluded::of(record, &sheets) {
            for (on, said) in on.iter().flat_map(|on| conclusions.iter().map(move |said| (on, said))) {
                let contest = all.entry(*on).or_default();
                contest.take((said.organisation, said.body), said.outcome, said.named.clone());
            }
        }
    }
    for record in records {
        let view = View::of(record, &store, context).unwrap();
        let on_page = view.related.iter().any(|line| line.contested);
        assert_eq!(contested_by_conclusions(record, &store, context).unwrap(), on_page, "{record}");
        assert_eq!(all.get(&record).is_some_and(Contest::is_contested), on_page, "{record}");
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_view_computes_what_the_rules_say_of_each_pair(steps in prop::collection::vec(any::<Step>(), 1..50)) {
        let world = play(&steps);
        let view = view(&world);
        let about: Vec<_> =
            world.entries.iter().filter(|entry| entry.entry().header.record == incident()).cloned().collect();
        let sheets = sheet::fold(&about, &FREE).sheets;
        let live = |claim: &&ShownClaim| claim.state == State::Live;
        let all = || view.properties.iter().flat_map(|property| &property.claims);
        let opinions: Vec<_> = view.properties.iter().filter(|property| property.prop == "opinion").flat_map(|property| &property.claims).filter(live).collect();
        for property in &view.properties {
            prop_assert_eq!(&property.computed.contesting, &contesting(property), "{}", property.prop);
            let seen = property.computed.corroboration.iter().map(|found| (found.value.clone(), found.bodies, found.organisations));
            prop_assert_eq!(seen.collect::<Vec<_>>(), corroboration(property));
        }
        for claim in all() {
            let sheet = sheets.values().find(|sheet| {
                (sheet.key.organisation, sheet.key.generation) == (claim.organisation, claim.generation)
            }).unwrap();
            check_standing(claim, sheet);
            check_opinions(claim, sheet, &opinions);
        }
        for line in &view.related {
            prop_assert_eq!(line.contested, view.related.iter().any(|other| lines_exclude(line, other)));
        }
        check_lists(&world);
        let summary = Summary::of(incident(), &sheets, &Policy::default());
        prop_assert_eq!(summary.contested, view.properties.iter().any(|property| property.computed.contested));
    }
}

/// More than any rule that looks at pairs comes through in the time of a test.
const MANY: usize = 20_000;

/// A world in which two organisations say many claims about one incident.
fn many(claims: &[Claim]) -> World {
    let mut world = World::default();
    for (index, part) in claims.chunks(150).enumerate() {
        world.say(if index % 2 == 0 { 1 } else { 17 }, incident(), part);
    }
    world
}

fn property<'a>(view: &'a View, prop: &str) -> &'a Property {
    view.properties.iter().find(|property| property.prop == prop).unwrap()
}

fn summary(world: &World) -> Summary {
    let sheets = sheet::fold(&world.entries, &FREE).sheets;
    Summary::of(incident(), &sheets, &Policy::default())
}

#[test]
fn many_dates_counts_codes_and_names_are_compared() {
    let day = |number: usize| Day::from(Day::new(1900, 1, 1).unwrap().date() + jiff::Span::new().days(number as i64));
    let shapes: [(&str, &dyn Fn(usize) -> String); 3] = [
        ("date", &|number| format!("\"{}\"", day(number))),
        ("casualty", &|number| format!(r#"{{"category":"killed","max":{number},"min":{number}}}"#)),
        ("status", &|number| format!("\"{}\"", if number % 2 == 0 { "alleged" } else { "confirmed_use" })),
    ];
    for (prop, value) in shapes {
        let nonce = |number: usize| format!("\"{number:032x}\"");
        let claims: Vec<_> = (0..MANY).map(|number| said(prop, &value(number), &[("nonce", &nonce(number))])).collect();
        let world = many(&claims);
        let view = view(&world);
        assert_eq!(property(&view, prop).computed.contesting.len(), MANY, "{prop}");
        assert!(summary(&world).contested);
    }
    let titles: Vec<_> =
        (0..MANY).map(|number| said("title", &format!("\"title {number}\""), &[("lang", "\"en\"")])).collect();
    let world = many(&titles);
    let seen = view(&world);
    assert_eq!(seen.labels.len() + seen.further_labels.len(), MANY);
    assert_eq!(summary(&world).further_labels.len(), MANY - 1);
}

#[test]
fn a_chain_of_many_versions_is_followed_once() {
    let mut world = World::default();
    let mut claims = vec![said("status", "\"alleged\"", &[])];
    for number in 1..MANY {
        let old = format!("\"{}\"", claims[number - 1].id());
        claims.push(said("status", "\"alleged\"", &[("replaces", &old)]));
    }
    claims.chunks(150).for_each(|part| {
        world.say(1, incident(), part);
    });
    let whose = World::home(1);
    let doubt = |claim: &Claim| {
        said("opinion", &format!(r#"{{"claim":"{}","organisation":"{whose}","stance":"dispute"}}"#, claim.id()), &[])
    };
    let doubts: Vec<_> = claims.iter().take(MANY / 2).map(doubt).collect();
    doubts.chunks(150).for_each(|part| {
        world.say(17, incident(), part);
    });
    let view = view(&world);
    let status = property(&view, "status");
    let live = status.claims.iter().find(|claim| claim.state == State::Live).unwrap();
    assert_eq!(live.id, claims[MANY - 1].id());
    // To say it anew answers no dispute; what is told again at each version is bounded.
    assert_eq!(live.disputed_by, [World::home(17)].into());
    assert_eq!(live.opinions.len(), isnad_protocol::limits::OPINIONS_OF_ONE);
}

#[test]
fn many_conclusions_on_one_record_have_some_lines() {
    let mut world = World::default();
    let about = record(4, 1);
    let basis = format!(r#"[{{"source":"{}"}}]"#, record(7, 1));
    world.say(1, about, &[said("incident", &format!("\"{}\"", incident()), &[])]);
    let claims: Vec<_> = (0..MANY)
        .map(|number| {
            let nonce = format!("\"{number:032x}\"");
            let (prop, value) = if number % 2 == 0 {
                ("outcome", "\"responsible\"".to_owned())
            } else {
                ("subject", format!("\"subject/{number:030x}\""))
            };
            said(prop, &value, &[("basis", &basis), ("nonce", &nonce)])
        })
        .collect();
    claims.chunks(100).for_each(|part| {
        world.say(1, about, part);
    });
    let view = view(&world);
    assert_eq!(view.related.len(), isnad_protocol::limits::LINES_OF_ONE);
    let own: Vec<_> = world.entries.iter().filter(|entry| entry.entry().header.record == about).cloned().collect();
    let (names, policy, today) = (BTreeMap::new(), Policy::default(), Day::parse("2018-12-01").unwrap());
    let context = Context { judge: &FREE, names: &names, policy: &policy, today };
    assert_eq!(property(&View::of(about, &store(&own), context).unwrap(), "outcome").claims.len(), MANY / 2);
}

#[test]
fn only_who_is_tried_is_named_beside_a_case() {
    let mut world = World::default();
    let about = record(8, 1);
    let party = |number: u8, role: &str| said("party", &format!(r#"{{{role}"subject":"{}"}}"#, record(2, number)), &[]);
    let parties = [
        party(1, r#""role":"accused","#),
        party(2, r#""role":"witness","#),
        party(3, r#""role":"mother of the accused","#),
        party(4, ""),
    ];
    world.say(1, about, &parties);
    world.say(1, about, &[said("incident", &format!("\"{}\"", incident()), &[])]);
    let tried = [record(2, 1)];
    let about_it: Vec<_> = world.entries.iter().filter(|entry| entry.entry().header.record == about).cloned().collect();
    let summary = Summary::of(about, &sheet::fold(&about_it, &FREE).sheets, &Policy::default());
    let named = summary.about.unwrap().subjects.into_iter().map(|subject| subject.record);
    assert_eq!(named.collect::<Vec<_>>(), tried);
    let page = view(&world);
    let line = page.related.iter().find(|line| line.record.record == about).unwrap();
    assert_eq!(line.subjects.iter().map(|subject| subject.record).collect::<Vec<_>>(), tried);
}

#[test]
fn an_accusation_is_about_whom_it_says_and_nobody_that_is_named_in_passing() {
    let mut world = World::default();
    let (attribution, accused, other) = (record(4, 1), record(2, 1), record(2, 2));
    world.say(1, accused, &[said("name", r#"{"text":"Accused"}"#, &[])]);
    world.say(1, other, &[said("name", r#"{"text":"Other"}"#, &[])]);
    world.say(1, attribution, &[said("subject", &format!("\"{accused}\""), &[])]);
    world.say(1, attribution, &[said("outcome", "\"responsible\"", &[])]);
    let judged = format!(r#"{{"other":"{other}","relation":"same_as","verdict":"negative"}}"#);
    world.say(2, attribution, &[said("judgement", &judged, &[])]);
    let (names, policy, today) = (BTreeMap::new(), Policy::default(), Day::parse("2018-12-01").unwrap());
    let context = || Context { judge: &FREE, names: &names, policy: &policy, today };
    let lines = |subject| View::of(subject, &store(&world.entries), context()).unwrap().related.len();
    assert_eq!((lines(accused), lines(other)), (1, 0));
}
