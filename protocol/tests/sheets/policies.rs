//! The reader's choice changes what is computed and in which order, never what was said; and each choice is told with the view.
//! MODEL §1, §7; §8 journeys 7 and 9.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::act::OrganisationKind;
use isnad_protocol::entry::Kind;
use isnad_protocol::id::{OrganisationId, RecordId};
use isnad_protocol::limits;
use isnad_protocol::log::Authentic;
use isnad_protocol::sheet::Claim;
use isnad_protocol::standing::{Judge, Standing};
use isnad_protocol::store::SheetView;
use isnad_protocol::time::Day;
use isnad_protocol::view::{
    BodyClass, Conflict, Context, History, How, Judgements, Policy, Property, Until, View, Whose,
};
use proptest::prelude::*;

use crate::fixture::{SPACE, Seeded, World, organisation, record, said};
use crate::histories::{config, store};

/// Governance that knows what organisations are: the first is a state, the second an NGO, the others international.
struct Acts;

impl Judge for Acts {
    fn judge(&self, _: &Authentic) -> Option<Standing> {
        None
    }

    fn kind_of(&self, whose: OrganisationId) -> Option<OrganisationKind> {
        Some(match whose {
            state if state == organisation(0) => OrganisationKind::State,
            ngo if ngo == organisation(1) => OrganisationKind::Ngo,
            _ => OrganisationKind::International,
        })
    }
}

fn today() -> Day {
    Day::parse("2018-12-01").unwrap()
}

fn read(about: RecordId, store: &impl SheetView, policy: &Policy, grouped: bool) -> View {
    let names = BTreeMap::new();
    let context = Context { judge: &Acts, names: &names, policy, today: today() };
    if grouped { View::grouped(about, store, context) } else { View::of(about, store, context) }.unwrap()
}

fn view(world: &World, policy: &Policy) -> View {
    read(record(1, 1), &store(&world.entries), policy, false)
}

fn property<'a>(view: &'a View, prop: &str) -> &'a Property {
    view.properties.iter().find(|property| property.prop == prop).unwrap()
}

fn status(code: &str, body: Option<RecordId>) -> Claim {
    let body = body.map(|body| format!("\"{body}\""));
    let more: Vec<_> = body.iter().map(|body| ("according_to", body.as_str())).collect();
    said("status", &format!("\"{code}\""), &more)
}

/// A court, a paper and three members who say different things of one incident.
fn disagreement() -> World {
    let mut world = World::default();
    world.say(1, record(9, 1), &[said("kind", "\"court\"", &[])]);
    world.say(1, record(9, 2), &[said("kind", "\"press\"", &[])]);
    world.say(1, record(1, 1), &[status("alleged", None)]);
    world.say(17, record(1, 1), &[status("under_review", Some(record(9, 2)))]);
    world.say(17, record(1, 1), &[said("note", "\"a note\"", &[("lang", "\"en\"")])]);
    world.say(33, record(1, 1), &[status("confirmed_use", Some(record(9, 1)))]);
    world
}

#[test]
fn who_comes_first_is_the_policy_of_bodies_and_then_of_organisations() {
    let world = disagreement();
    let order = |words: &[BodyClass], first: &[u8]| Policy {
        order: words.to_vec(),
        first: first.iter().map(|number| organisation(*number)).collect(),
        ..Policy::default()
    };
    for (policy, lead) in [
        (order(&[BodyClass::Court], &[]), Some("confirmed_use")),
        (order(&[BodyClass::Press, BodyClass::Court], &[]), Some("under_review")),
        (order(&[BodyClass::State, BodyClass::Court], &[]), Some("alleged")),
        (order(&[], &[1]), Some("under_review")),
        (order(&[BodyClass::Court], &[1]), Some("confirmed_use")),
        (order(&[BodyClass::Mandated], &[]), None),
        (order(&[], &[]), None),
    ] {
        let seen = view(&world, &policy);
        let status = property(&seen, "status");
        let headline = &status.computed.headlines[0];
        assert_eq!(headline.lead.as_ref().and_then(|lead| lead.as_text()), lead, "{policy:?}");
        assert_eq!((headline.how, headline.values.len(), headline.accounts), (How::Several, 3, 3));
        if let Some(lead) = lead {
            assert_eq!(status.claims[0].value.as_ref().unwrap().as_text(), Some(lead), "{policy:?}");
            assert!(headline.text.starts_with(lead) && headline.text.ends_with("3 accounts"), "{}", headline.text);
        }
        assert_eq!(seen.policy, policy);
    }
}

#[test]
fn only_chosen_organisations_or_bodies_count_and_the_others_are_shown() {
    let world = disagreement();
    for (whose, counting) in [
        (Whose::All, &["alleged", "under_review", "confirmed_use"][..]),
        (Whose::Only([organisation(0)].into()), &["alleged"]),
        (Whose::Classes([BodyClass::Court].into()), &["confirmed_use"]),
        (Whose::Classes([BodyClass::State, BodyClass::Press].into()), &["alleged", "under_review"]),
        (Whose::Classes([BodyClass::Mandated].into()), &[]),
    ] {
        let seen = view(&world, &Policy { whose: whose.clone(), ..Policy::default() });
        let status = property(&seen, "status");
        let told: BTreeSet<_> =
            status.claims.iter().filter(|claim| claim.counts).map(|claim| claim.value.clone().unwrap()).collect();
        let told: BTreeSet<_> = told.iter().filter_map(|value| value.as_text()).collect();
        assert_eq!(told, counting.iter().copied().collect(), "{whose:?}");
        assert_eq!((status.claims.len(), seen.computed.contested), (3, counting.len() > 1), "{whose:?}");
    }
}

#[test]
fn one_claim_makes_nobody_a_court() {
    let mut world = disagreement();
    world.say(17, record(9, 1), &[said("kind", "\"ngo\"", &[])]);
    let policy = Policy { order: vec![BodyClass::Court], ..Policy::default() };
    let lead = |world: &World| property(&view(world, &policy), "status").computed.headlines[0].lead.clone();
    assert_eq!(lead(&world), None, "one says so and one says otherwise");
    world.say(33, record(9, 1), &[said("kind", "\"court\"", &[])]);
    assert!(lead(&world).is_some());
}

fn judge(world: &mut World, author: u8, about: RecordId, other: RecordId, verdict: &str) -> Claim {
    let value = format!(r#"{{"record":"{other}","relation":"same_as","verdict":"{verdict}"}}"#);
    let claim = said("judgement", &value, &[]);
    world.say(author, about, std::slice::from_ref(&claim));
    claim
}

fn subject(number: u8) -> RecordId {
    record(2, number)
}

fn same(world: &World, number: u8, judgements: &Judgements) -> (Vec<RecordId>, Vec<Conflict>) {
    let policy = Policy { judgements: judgements.clone(), ..Policy::default() };
    let view = read(subject(number), &store(&world.entries), &policy, false);
    (view.identity.same.iter().map(|same| same.record).collect(), view.identity.conflicts)
}

#[test]
fn records_are_put_together_by_the_judgements_that_the_reader_follows() {
    let mut world = World::default();
    judge(&mut world, 1, subject(1), subject(2), "positive");
    judge(&mut world, 17, subject(2), subject(1), "negative");
    judge(&mut world, 33, subject(1), subject(2), "unsure");
    for (judgements, is_same) in [
        (Judgements::None, false),
        (Judgements::Own(organisation(0)), true),
        (Judgements::Partner(organisation(1)), false),
        (Judgements::Partner(organisation(2)), false),
        (Judgements::Majority, false),
    ] {
        // Whichever of the two is looked at, and in whichever of them it was said.
        for (number, other) in [(1, 2), (2, 1)] {
            let expected = if is_same { vec![subject(other)] } else { vec![] };
            assert_eq!(same(&world, number, &judgements).0, expected, "{judgements:?}");
        }
    }
    judge(&mut world, 49, subject(2), subject(1), "positive");
    assert_eq!(same(&world, 1, &Judgements::Majority).0, [subject(2)]);
    let view = read(subject(1), &store(&world.entries), &Policy::default(), false);
    let pair = &view.identity.judged[0];
    assert_eq!((pair.positive.len(), pair.negative.len(), pair.unsure.len(), pair.accepted), (2, 1, 1, None));
}

#[test]
fn a_chain_with_a_denial_is_told_and_not_put_together_until_the_denial_is_taken_back() {
    let mut world = World::default();
    let own = Judgements::Own(organisation(0));
    judge(&mut world, 1, subject(1), subject(2), "positive");
    judge(&mut world, 1, subject(3), subject(2), "positive");
    assert_eq!(same(&world, 1, &own).0, [subject(2), subject(3)]);
    let denial = judge(&mut world, 1, subject(1), subject(3), "negative");
    for number in 1..=3 {
        let (same, conflicts) = same(&world, number, &own);
        assert!(same.is_empty() && matches!(conflicts[..], [Conflict::Denied { .. }]), "{number}: {conflicts:?}");
    }
    world.retract(1, subject(1), denial.id());
    assert_eq!(same(&world, 1, &own).0, [subject(2), subject(3)]);
    judge(&mut world, 1, subject(1), record(9, 1), "positive");
    let (same, conflicts) = same(&world, 1, &own);
    assert!(same.is_empty() && matches!(conflicts[..], [Conflict::Kinds { .. }]), "{conflicts:?}");
}

#[test]
fn records_put_together_are_shown_as_one_and_each_claim_names_its_own() {
    let mut world = World::default();
    judge(&mut world, 1, subject(1), subject(2), "positive");
    judge(&mut world, 17, subject(2), subject(1), "positive");
    let born = |date: &str| said("birth_date", &format!("\"{date}\""), &[]);
    world.say(1, subject(1), &[born("1970-01-01")]);
    world.say(17, subject(2), &[born("1980-01-01")]);
    let policy = Policy { judgements: Judgements::Majority, ..Policy::default() };
    let alone = read(subject(1), &store(&world.entries), &policy, false);
    assert_eq!(property(&alone, "birth_date").claims.len(), 1);
    let grouped = read(subject(1), &store(&world.entries), &policy, true);
    let birth = property(&grouped, "birth_date");
    let about: BTreeSet<_> = birth.claims.iter().map(|claim| claim.record).collect();
    assert_eq!(about, [None, Some(subject(2))].into());
    assert!(birth.computed.contested && grouped.grouped[0].record == subject(2));
    assert_eq!(grouped.organisations.len(), 2);
}

#[test]
fn a_chain_longer_than_the_bound_is_not_put_together() {
    let mut world = World::default();
    for number in 1..=70 {
        for author in [1, 17] {
            judge(&mut world, author, subject(number), subject(number + 1), "positive");
        }
    }
    let (same, conflicts) = same(&world, 1, &Judgements::Majority);
    assert!(same.is_empty() && conflicts.contains(&Conflict::TooMany));
}

#[test]
fn where_more_refers_to_a_record_than_is_read_nothing_is_put_together() {
    let mut world = World::default();
    for author in [1, 17] {
        judge(&mut world, author, subject(1), subject(2), "positive");
    }
    let named = said("note", "\"one of many\"", &[("basis", &format!(r#"[{{"source":"{}"}}]"#, subject(1)))]);
    let mut bytes = [2; 16];
    for number in 0..=u16::try_from(limits::IDENTITY_READ).unwrap() {
        bytes[14..].copy_from_slice(&number.to_be_bytes());
        world.say(33, RecordId::new(bytes), std::slice::from_ref(&named));
    }
    let (same, conflicts) = same(&world, 1, &Judgements::Majority);
    assert!(same.is_empty() && conflicts == [Conflict::NotFollowed], "{conflicts:?}");
}

#[test]
fn as_of_a_day_leaves_out_what_claims_a_later_one_and_no_redaction() {
    let mut world = World::default();
    let about = record(1, 1);
    // 2017-07-14 and, a year on, 2018-07-14.
    world.say(1, about, &[status("alleged", None)]);
    world.shift_ms = 365 * 86_400_000;
    world.say(17, about, &[status("confirmed_use", None)]);
    world.sign(33, Kind::Redaction, about, br#"{"ground":"error"}"#.to_vec());
    let names = BTreeMap::new();
    let policy = Policy::default();
    let all = store(&world.entries);
    for (day, claims, left_out) in
        [("2017-07-13", 0, 2), ("2017-07-14", 1, 1), ("2018-07-13", 1, 1), ("2018-07-14", 2, 0)]
    {
        let day = Day::parse(day).unwrap();
        let until = Until::new(&all, day, about);
        let seen = read(about, &until, &policy, false);
        assert_eq!(seen.properties.iter().map(|property| property.claims.len()).sum::<usize>(), claims, "{day}");
        assert_eq!(until.as_of().left_out, left_out, "{day}");
        let context = Context { judge: &Acts, names: &names, policy: &policy, today: day };
        let history = History::of(about, &until, context).unwrap();
        assert_eq!(history.items.len(), claims + 1, "a redaction is told on any day");
    }
    assert_eq!(world.entries[0].entry().header.space, SPACE);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..config() })]

    #[test]
    fn what_is_put_together_is_of_the_set_alike_from_each_side_and_holds_no_denial(
        steps in prop::collection::vec((0..5_u8, 1..5_u8, 1..5_u8, 0..8_u8), 1..30),
        seed in any::<u64>(),
    ) {
        let mut world = World::default();
        let mut claims = Vec::new();
        for (who, about, other, what) in &steps {
            let author = [1, 17, 33, 49, 65][usize::from(*who)];
            let verdict = ["positive", "positive", "positive", "negative", "unsure"].get(usize::from(*what));
            match verdict {
                Some(verdict) => claims.push((author, subject(*about), judge(&mut world, author, subject(*about), subject(*other), verdict).id())),
                None if !claims.is_empty() => {
                    let (author, about, claim) = claims[usize::from(*other) % claims.len()];
                    world.retract(author, about, claim);
                }
                None => {}
            }
        }
        let mut shuffled = world.entries.clone();
        Seeded(seed).shuffle(&mut shuffled);
        for judgements in [Judgements::Own(organisation(0)), Judgements::Majority] {
            let policy = Policy { judgements, ..Policy::default() };
            for number in 1..5 {
                for grouped in [false, true] {
                    let seen = read(subject(number), &store(&world.entries), &policy, grouped);
                    prop_assert_eq!(&read(subject(number), &store(&shuffled), &policy, grouped), &seen);
                    for other in &seen.identity.same {
                        let theirs = read(other.record, &store(&shuffled), &policy, false);
                        prop_assert!(theirs.identity.same.iter().any(|same| same.record == subject(number)));
                        let denied = seen.identity.judged.iter().any(|pair| {
                            pair.accepted == Some(false) && [pair.records.0.record, pair.records.1.record].iter().all(|one| {
                                *one == subject(number) || seen.identity.same.iter().any(|same| same.record == *one)
                            })
                        });
                        prop_assert!(!denied);
                    }
                }
            }
        }
    }
}
