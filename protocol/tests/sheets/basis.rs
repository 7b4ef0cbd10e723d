//! On how many independent sources a value rests, which claims only repeat, which rest on themselves. MODEL §7; §8 journey 8.

use std::collections::BTreeMap;

use isnad_protocol::id::{OrganisationId, RecordId};
use isnad_protocol::log::Authentic;
use isnad_protocol::sheet::Claim;
use isnad_protocol::time::Day;
use isnad_protocol::view::{
    Because, Context, Corroboration, Explanation, Origin, Place, Policy, Property, ShownClaim, View, Words,
};
use proptest::prelude::*;

use crate::fixture::{FREE, Seeded, World, organisation, record, said};
use crate::histories::{config, store};

/// Authors of five organisations.
const FIVE: [u8; 5] = [1, 17, 33, 49, 65];
const KILLED: &str = r#"{"category":"killed","max":43,"min":43}"#;

fn incident() -> RecordId {
    record(1, 1)
}

fn source(number: u8) -> RecordId {
    record(7, number)
}

fn evidence(number: u8) -> RecordId {
    record(6, number)
}

fn body(number: u8) -> RecordId {
    record(9, number)
}

/// The members, by the names in their acts.
fn names() -> BTreeMap<OrganisationId, Vec<Words>> {
    let words = |text: String| vec![Words::new(Some("en".to_owned()), text)];
    (0..5_u8).map(|number| (organisation(number), words(format!("Member {number}")))).collect()
}

fn on(bases: &[RecordId]) -> String {
    let bases: Vec<String> = bases.iter().map(|basis| format!(r#"{{"source":"{basis}"}}"#)).collect();
    format!("[{}]", bases.join(","))
}

fn killed(bases: &[RecordId], body: Option<RecordId>) -> Claim {
    let (basis, body) = (on(bases), body.map(|body| format!("\"{body}\"")));
    let mut more: Vec<(&str, &str)> = body.as_deref().map(|body| ("according_to", body)).into_iter().collect();
    more.extend((!bases.is_empty()).then_some(("basis", basis.as_str())));
    said("casualty", KILLED, &more)
}

/// A source of a publisher and kind that rests on others.
fn publish(world: &mut World, author: u8, about: RecordId, publisher: &str, kind: &str, bases: &[RecordId]) {
    let (basis, title) = (on(bases), format!("\"{about}\""));
    let more = if bases.is_empty() { vec![] } else { vec![("basis", basis.as_str())] };
    let title = said("title", &title, &[vec![("lang", "\"en\"")], more].concat());
    world.say(
        author,
        about,
        &[title, said("publisher", &format!("\"{publisher}\""), &[]), said("kind", &format!("\"{kind}\""), &[])],
    );
}

fn view(entries: &[Authentic], policy: &Policy) -> View {
    view_of(incident(), entries, policy)
}

fn view_of(record: RecordId, entries: &[Authentic], policy: &Policy) -> View {
    let today = Day::parse("2018-12-01").unwrap();
    View::of(record, &store(entries), Context { judge: &FREE, names: &names(), policy, today }).unwrap()
}

fn property(entries: &[Authentic], prop: &str) -> Property {
    let view = view(entries, &Policy::default());
    view.properties.into_iter().find(|property| property.prop == prop).unwrap()
}

fn corroboration(world: &World) -> Corroboration {
    property(&world.entries, "casualty").computed.corroboration.into_iter().next().unwrap()
}

/// Organisations, independent sources, claims that repeat, circles, claims without a basis.
fn counts(found: &Corroboration) -> [usize; 5] {
    let circles = found.circular.iter().map(|circle| circle.claims.len()).sum();
    [found.organisations, found.independent_sources, found.derivative.len(), circles, found.without_basis.len()]
}

#[test]
fn five_organisations_rest_on_two_independent_sources() {
    let mut world = World::default();
    // Three pieces of press lead to one video; two members cite one report of a mandated body.
    for number in 1..=3 {
        publish(&mut world, 1, source(number), &format!("Paper {number}"), "press", &[evidence(1)]);
        world.say(FIVE[usize::from(number - 1)], incident(), &[killed(&[source(number)], None)]);
    }
    publish(&mut world, 1, source(4), "The Inquiry", "report", &[]);
    for author in [49, 65] {
        world.say(author, incident(), &[killed(&[source(4)], Some(body(1)))]);
    }
    let found = corroboration(&world);
    assert_eq!(counts(&found), [5, 2, 2, 0, 0]);
    let roots: Vec<_> = found.groups.iter().map(|group| (&group.root, group.claims.len())).collect();
    let [(Origin::Record { record: video }, 3), (Origin::Body { record: inquiry }, 1)] = roots.as_slice() else {
        panic!("{roots:?}")
    };
    assert_eq!((video.record, inquiry.record), (evidence(1), body(1)));
}

/// What it shows, what is said, and the counts that come of it.
type Case<'a> = (&'a str, &'a dyn Fn(&mut World), [usize; 5]);

#[test]
fn what_counts_as_one_source() {
    let all: [Case<'_>; 8] = [
        (
            "a member's word without a basis is no source",
            &|world| {
                world.say(1, incident(), &[killed(&[], None)]);
                world.say(17, incident(), &[killed(&[], None)]);
            },
            [2, 0, 0, 0, 1],
        ),
        (
            "a cited body is one source, whoever cites it",
            &|world| {
                world.say(1, incident(), &[killed(&[], Some(body(1)))]);
                world.say(17, incident(), &[killed(&[source(1)], Some(body(1)))]);
            },
            [2, 1, 1, 0, 0],
        ),
        (
            "what press reports of a body is the body's word",
            &|world| {
                publish(world, 1, source(1), "Paper 1", "press", &[]);
                publish(world, 1, source(2), "Paper 2", "press", &[]);
                world.say(1, incident(), &[killed(&[source(1)], Some(body(1)))]);
                world.say(17, incident(), &[killed(&[source(2)], Some(body(1)))]);
            },
            [2, 1, 1, 0, 0],
        ),
        (
            "two papers are two where nobody is cited",
            &|world| {
                publish(world, 1, source(1), "Paper 1", "press", &[]);
                publish(world, 1, source(2), "Paper 2", "press", &[]);
                world.say(1, incident(), &[killed(&[source(1)], None)]);
                world.say(17, incident(), &[killed(&[source(2)], None)]);
            },
            [2, 2, 0, 0, 0],
        ),
        (
            "one publisher is one, whatever the case of its name",
            &|world| {
                publish(world, 1, source(1), "The  Paper", "press", &[]);
                publish(world, 1, source(2), "the paper", "press", &[]);
                world.say(1, incident(), &[killed(&[source(1)], None)]);
                world.say(17, incident(), &[killed(&[source(2)], None)]);
            },
            [2, 1, 1, 0, 0],
        ),
        (
            "copies of one item are one",
            &|world| {
                let digest = said("digest", &format!(r#"{{"alg":"sha-256","hex":"{}"}}"#, "ab".repeat(32)), &[]);
                let archived = said("archived", &format!(r#"{{"alg":"sha-256","hex":"{}"}}"#, "ab".repeat(32)), &[]);
                world.say(1, evidence(1), std::slice::from_ref(&digest));
                world.say(17, evidence(2), &[digest]);
                world.say(17, source(1), &[archived]);
                world.say(1, incident(), &[killed(&[evidence(1)], None)]);
                world.say(17, incident(), &[killed(&[evidence(2)], None)]);
                world.say(33, incident(), &[killed(&[source(1)], None)]);
            },
            [3, 1, 2, 0, 0],
        ),
        (
            "two members who cite each other have no source",
            &|world| {
                publish(world, 1, source(1), "Member 1", "statement", &[]);
                publish(world, 1, source(2), "Member 0", "statement", &[]);
                world.say(1, incident(), &[killed(&[source(1)], None)]);
                world.say(17, incident(), &[killed(&[source(2)], None)]);
            },
            [2, 0, 0, 2, 0],
        ),
        (
            "sources that rest on each other alone are none",
            &|world| {
                publish(world, 1, source(1), "Paper 1", "press", &[source(2)]);
                publish(world, 1, source(2), "Paper 2", "press", &[source(1)]);
                world.say(1, incident(), &[killed(&[source(1)], None)]);
            },
            [1, 0, 0, 1, 0],
        ),
    ];
    for (name, play, expected) in all {
        let mut world = World::default();
        play(&mut world);
        assert_eq!(counts(&corroboration(&world)), expected, "{name}");
    }
}

/// A basis is a source or evidence, so that only such a record can be rested on by what it says itself.
#[test]
fn a_source_that_rests_on_the_record_rests_on_the_claim() {
    let mut world = World::default();
    let about = source(9);
    publish(&mut world, 1, source(1), "Paper 1", "press", &[about]);
    let dated = |basis: RecordId| said("date", "\"2018-04-07\"", &[("basis", on(&[basis]).as_str())]);
    world.say(1, about, &[dated(source(1))]);
    world.say(17, about, &[dated(evidence(1))]);
    let view = view_of(about, &world.entries, &Policy::default());
    let date = view.properties.into_iter().find(|property| property.prop == "date").unwrap();
    assert!(date.claims.iter().all(|claim| claim.flags.iter().all(|flag| flag != "malformed")), "{:?}", date.claims);
    let [found] = date.computed.corroboration.as_slice() else { panic!("{:?}", date.computed) };
    assert_eq!(counts(found), [2, 1, 0, 1, 0]);
}

#[test]
fn a_claim_whose_sources_were_all_withdrawn_says_so() {
    let mut world = World::default();
    let title = said("title", "\"a statement\"", &[("lang", "\"en\"")]);
    world.say(1, source(1), std::slice::from_ref(&title));
    world.say(1, source(2), &[said("title", "\"a report\"", &[("lang", "\"en\"")])]);
    world.say(1, incident(), &[killed(&[source(1)], None)]);
    world.say(17, incident(), &[killed(&[source(1), source(2)], None)]);
    let flagged = |world: &World| {
        let claims = property(&world.entries, "casualty").claims;
        let is_flagged = |claim: &ShownClaim| claim.flags.iter().any(|flag| flag == "basis_withdrawn");
        claims
            .iter()
            .map(|claim| (claim.organisation == organisation(0), is_flagged(claim)))
            .collect::<BTreeMap<_, _>>()
    };
    assert_eq!(flagged(&world), [(true, false), (false, false)].into());
    assert_eq!(corroboration(&world).independent_sources, 2);
    world.retract(1, source(1), title.id());
    assert_eq!(flagged(&world), [(true, true), (false, false)].into());
    assert_eq!(corroboration(&world).independent_sources, 1);
}

#[test]
fn a_chain_beyond_the_bounds_is_told_as_not_followed() {
    let mut world = World::default();
    let numbered = |number: u16| {
        let mut bytes = [9; 16];
        bytes[0] = 7;
        bytes[1..3].copy_from_slice(&number.to_be_bytes());
        RecordId::new(bytes)
    };
    for number in 0..64 {
        publish(&mut world, 1, numbered(number), &format!("Paper {number}"), "press", &[numbered(number + 1)]);
    }
    world.say(1, incident(), &[killed(&[numbered(0)], None)]);
    let found = corroboration(&world);
    assert!(found.incomplete);
    assert_eq!(found.independent_sources, 1);
}

fn explain(world: &World, claim: &Claim) -> Explanation {
    let (policy, today) = (Policy::default(), Day::parse("2018-12-01").unwrap());
    let context = Context { judge: &FREE, names: &names(), policy: &policy, today };
    Explanation::of(incident(), claim.id(), &store(&world.entries), context).unwrap().unwrap()
}

#[test]
fn a_claim_is_explained_by_its_place_its_roots_and_who_shares_them() {
    let mut world = World::default();
    publish(&mut world, 65, source(1), "Paper 1", "press", &[evidence(1)]);
    publish(&mut world, 65, source(2), "Paper 2", "press", &[evidence(1)]);
    world.say(17, incident(), &[said("note", "\"later\"", &[("lang", "\"en\"")])]);
    let [first, second] = [killed(&[source(1)], None), killed(&[source(2)], None)];
    world.say(1, incident(), std::slice::from_ref(&first));
    world.say(17, incident(), std::slice::from_ref(&second));
    let told = explain(&world, &second);
    assert_eq!((told.place, told.because.clone()), (Place::Headline, [Because::Derivative].into()));
    assert_eq!(told.shares.iter().map(|brief| brief.claim).collect::<Vec<_>>(), [first.id()]);
    assert_eq!(told.said_by.iter().map(|said| said.organisation).collect::<Vec<_>>(), [organisation(1)]);
    let [press] = told.rests_on.as_slice() else { panic!("{:?}", told.rests_on) };
    let [video] = press.rests_on.as_slice() else { panic!("{press:?}") };
    assert!(video.root && !press.root && video.rests_on.is_empty());
    assert!(explain(&world, &first).because.is_empty());

    let other = said("casualty", r#"{"category":"killed","max":9,"min":9}"#, &[]);
    world.say(33, incident(), std::slice::from_ref(&other));
    assert_eq!(explain(&world, &first).place, Place::Contested);
    assert_eq!(explain(&world, &first).contested_by.len(), 1);
    world.retract(33, incident(), other.id());
    let told = explain(&world, &other);
    assert_eq!((told.place, told.because), (Place::LeftOut, [Because::Retracted].into()));
}

#[test]
fn a_tree_stops_where_it_comes_back() {
    let mut world = World::default();
    publish(&mut world, 1, source(1), "Paper 1", "press", &[source(2)]);
    publish(&mut world, 1, source(2), "Paper 2", "press", &[source(1)]);
    let claim = killed(&[source(1)], None);
    world.say(1, incident(), std::slice::from_ref(&claim));
    let told = explain(&world, &claim);
    assert!(told.because.contains(&Because::Circular));
    assert!(told.rests_on[0].rests_on[0].rests_on[0].comes_back);
    assert!(told.roots.is_empty());
}

/// One step of a world of sources that cite each other at random.
fn step(world: &mut World, (who, what, first, second): (u8, u8, u8, u8)) {
    let author = FIVE[usize::from(who % 5)];
    let pick = |number: u8| match number % 9 {
        0..=4 => source(number % 5 + 1),
        5..=6 => evidence(number % 2 + 1),
        7 => incident(),
        _ => record(4, 1),
    };
    let bases = [pick(first), pick(second)];
    match what % 6 {
        0 | 1 => {
            let publisher = ["Member 0", "Member 1", "Paper", "Inquiry"][usize::from(second % 4)];
            let kind = if first % 2 == 0 { "press" } else { "report" };
            publish(world, author, source(first % 5 + 1), publisher, kind, &bases[..usize::from(what % 3)]);
        }
        2 => {
            let hex = if first % 2 == 0 { "ab" } else { "cd" }.repeat(32);
            let digest = said("digest", &format!(r#"{{"alg":"sha-256","hex":"{hex}"}}"#), &[]);
            world.say(author, evidence(second % 2 + 1), &[digest]);
        }
        _ => {
            let body = (second % 3 == 0).then(|| body(first % 2 + 1));
            world.say(author, incident(), &[killed(&bases[..usize::from(what % 3)], body)]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..config() })]

    #[test]
    fn independence_is_of_the_set_and_counts_no_source_twice(
        steps in prop::collection::vec(any::<(u8, u8, u8, u8)>(), 1..25),
        seed in any::<u64>(),
    ) {
        let mut world = World::default();
        steps.iter().for_each(|one| step(&mut world, *one));
        let seen = view(&world.entries, &Policy::default());
        let mut shuffled = world.entries.clone();
        Seeded(seed).shuffle(&mut shuffled);
        prop_assert_eq!(&view(&shuffled, &Policy::default()), &seen);
        for property in &seen.properties {
            for found in &property.computed.corroboration {
                let roots: Vec<_> = found.groups.iter().map(|group| &group.root).collect();
                prop_assert!(roots.iter().enumerate().all(|(at, root)| !roots[..at].contains(root)));
                prop_assert_eq!(roots.len(), found.independent_sources);
                let following = property.claims.iter().filter(|claim| claim.takes_part() && claim.value.as_ref() == Some(&found.value));
                for claim in following {
                    let is_told = found.groups.iter().any(|group| group.claims.contains(&claim.id))
                        || found.circular.iter().any(|circle| circle.claims.contains(&claim.id))
                        || found.without_basis.contains(&claim.id);
                    prop_assert!(is_told, "{} leads nowhere", claim.id);
                    let explain = |entries: &[Authentic]| {
                        let (policy, today) = (Policy::default(), Day::parse("2018-12-01").unwrap());
                        let context = Context { judge: &FREE, names: &names(), policy: &policy, today };
                        Explanation::of(incident(), claim.id, &store(entries), context).unwrap().unwrap()
                    };
                    prop_assert_eq!(explain(&shuffled), explain(&world.entries));
                }
            }
        }
    }
}
