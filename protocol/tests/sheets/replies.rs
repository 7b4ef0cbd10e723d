//! The right of reply: beside which claims an answer stands, and who is asked to answer. MODEL §9.4; §8 journey 3.

use std::collections::BTreeMap;

use isnad_protocol::id::{ClaimId, OrganisationId, RecordId};
use isnad_protocol::limits;
use isnad_protocol::sheet::{self, Claim};
use isnad_protocol::time::Day;
use isnad_protocol::view::tasks::{Task, Why, tasks};
use isnad_protocol::view::{Context, Policy, ShownClaim, State, View};

use crate::fixture::{FREE, Seeded, World, record, said};
use crate::histories::store;

fn attribution() -> RecordId {
    record(4, 1)
}

fn view(world: &World) -> View {
    let (names, policy, today) = (BTreeMap::new(), Policy::default(), Day::parse("2018-12-01").unwrap());
    let context = Context { judge: &FREE, names: &names, policy: &policy, today };
    View::of(attribution(), &store(&world.entries), context).unwrap()
}

fn shown(view: &View, id: ClaimId) -> &ShownClaim {
    let mut claims = view.properties.iter().flat_map(|property| &property.claims);
    claims.find(|claim| claim.id == id).unwrap()
}

/// What a claim was answered, in words, and whether to an earlier version.
fn replies(view: &View, id: ClaimId) -> Vec<(String, bool)> {
    shown(view, id).replies.iter().map(|reply| (reply.text.clone(), reply.on_earlier)).collect()
}

fn waiting(world: &World, own: OrganisationId) -> Vec<Task> {
    let sheets = sheet::fold_claims(&world.entries, &FREE).sheets;
    tasks(attribution(), &sheets, own)
}

fn reply(text: &str, to: &[(&str, String)]) -> Claim {
    let subject = record(2, 1);
    let to: String = to.iter().map(|(key, value)| format!(r#""{key}":"{value}","#)).collect();
    let (claim, organisation): (Vec<_>, Vec<_>) =
        to.split_inclusive(',').partition(|member| member.starts_with("\"claim\""));
    let value = format!(
        r#"{{{}"lang":"en",{}"stance":"denies","subject":"{subject}","text":"{text}"}}"#,
        claim.concat(),
        organisation.concat()
    );
    said("response", &value, &[])
}

/// A conclusion, what it was corrected to, and a date that accuses nobody, of the first organisation; another's conclusion.
fn accused() -> (World, [Claim; 4]) {
    let mut world = World::default();
    let basis = format!(r#"[{{"source":"{}"}}]"#, record(7, 1));
    let outcome = |value: &str, more: &[(&str, &str)]| {
        let weight =
            [("basis", basis.as_str()), ("standard", "\"unstated\""), ("wording", r#"{"unavailable":"not_seen"}"#)];
        said("outcome", value, &[&weight[..], more].concat())
    };
    let first = outcome("\"responsible\"", &[]);
    let old = format!("\"{}\"", first.id());
    let later = outcome("\"alleged\"", &[("replaces", &old)]);
    let date = said("date", "\"2018-01-01\"", &[]);
    let others = outcome("\"inconclusive\"", &[]);
    world.say(1, attribution(), &[first.clone(), later.clone(), date.clone()]);
    world.say(17, attribution(), std::slice::from_ref(&others));
    (world, [first, later, date, others])
}

#[test]
fn a_reply_stands_beside_what_it_names_and_later_versions_of_it_or_beside_all_that_accuses() {
    let (mut world, [first, later, date, others]) = accused();
    let first_home = World::home(1).to_string();
    let named = [("claim", first.id().to_string()), ("organisation", first_home.clone())];
    world.say(33, attribution(), &[reply("to one", &named)]);
    world.say(33, attribution(), &[reply("to its author", &[("organisation", first_home)])]);
    world.say(33, attribution(), &[reply("to all", &[])]);
    let told = |on_earlier: bool| {
        vec![("to one".to_owned(), on_earlier), ("to its author".to_owned(), false), ("to all".to_owned(), false)]
    };
    let expected = [
        (&first, told(false)),
        (&later, told(true)),
        (&date, Vec::new()),
        (&others, vec![("to all".to_owned(), false)]),
    ];
    let view_now = view(&world);
    for (claim, expected) in &expected {
        assert_eq!(&replies(&view_now, claim.id()), expected, "{:?}", claim.value());
    }
    assert_eq!(shown(&view_now, later.id()).state, State::Live);
    // The same set gives the same bytes in whatever order it came.
    let mut random = Seeded(7);
    for _ in 0..5 {
        random.shuffle(&mut world.entries);
        assert_eq!(view(&world), view_now);
    }
}

#[test]
fn an_author_who_sets_many_in_the_place_of_a_claim_and_takes_them_back_has_not_got_rid_of_its_answer() {
    let (mut world, [first, ..]) = accused();
    let old = format!("\"{}\"", first.id());
    let many = 0..limits::REPLY_VERSIONS + 16;
    let many: Vec<_> = many
        .map(|number| said("outcome", "\"alleged\"", &[("nonce", &format!("\"{number:032x}\"")), ("replaces", &old)]))
        .collect();
    for part in many.chunks(100) {
        world.say(1, attribution(), part);
    }
    world.say(33, attribution(), &[reply("to one", &[("claim", first.id().to_string())])]);
    let view = view(&world);
    for claim in &many {
        assert_eq!(replies(&view, claim.id()), [("to one".to_owned(), true)]);
    }
}

#[test]
fn many_replies_of_one_organisation_are_told_some_times() {
    let (mut world, [first, ..]) = accused();
    let many: Vec<_> = (0..100).map(|number| reply(&format!("reply {number}"), &[])).collect();
    world.say(33, attribution(), &many);
    assert_eq!(replies(&view(&world), first.id()).len(), limits::REPLIES_OF_ONE);
    // The last one says how many are left out.
    let further: Vec<_> = shown(&view(&world), first.id()).replies.iter().rev().map(|reply| reply.further).collect();
    assert_eq!(further, [vec![100 - limits::REPLIES_OF_ONE], vec![0; limits::REPLIES_OF_ONE - 1]].concat());
}

#[test]
fn who_is_disputed_or_replied_to_is_asked_until_he_answers_whatever_the_clocks_say() {
    let (mut world, [first, later, ..]) = accused();
    let opinion = |whose: OrganisationId, claim: ClaimId, stance: &str| {
        said("opinion", &format!(r#"{{"claim":"{claim}","organisation":"{whose}","stance":"{stance}"}}"#), &[])
    };
    let own = World::home(1);
    let on_old = opinion(own, first.id(), "dispute");
    let on_new = opinion(own, later.id(), "dispute");
    world.say(17, attribution(), &[on_old, opinion(own, later.id(), "endorse")]);
    world.say(33, attribution(), &[on_new.clone(), reply("to all", &[])]);
    let why =
        |world: &World, own| waiting(world, own).into_iter().map(|task| (task.why, task.claim)).collect::<Vec<_>>();
    assert_eq!(why(&world, own), [(Why::Disputed, later.id()), (Why::Replied, later.id())]);
    assert_eq!(why(&world, World::home(17)).last(), Some(&(Why::EarlierVersion, first.id())));
    world.say(1, attribution(), &[opinion(World::home(33), on_new.id(), "dispute")]);
    assert_eq!(why(&world, own), [(Why::Replied, later.id())]);
    world.retract(1, attribution(), later.id());
    // What was replaced stands again once its replacement is taken back, and with it the dispute of it.
    assert_eq!(why(&world, own)[0], (Why::Disputed, first.id()));
}

/// Whoever says an accusation anew has not got rid of its dispute, on the page of the accused either.
#[test]
fn a_dispute_of_an_earlier_version_is_told_wherever_the_later_one_is() {
    let (mut world, [first, later, ..]) = accused();
    let own = World::home(1);
    let value = format!(r#"{{"claim":"{}","organisation":"{own}","stance":"dispute"}}"#, first.id());
    world.say(17, attribution(), &[said("opinion", &value, &[])]);
    world.say(1, attribution(), &[said("subject", &format!("\"{}\"", record(2, 1)), &[])]);
    let (names, policy, today) = (BTreeMap::new(), Policy::default(), Day::parse("2018-12-01").unwrap());
    let context = Context { judge: &FREE, names: &names, policy: &policy, today };
    let page = View::of(record(2, 1), &store(&world.entries), context).unwrap();
    let line = page.related.iter().find(|line| line.claim == later.id()).unwrap();
    assert!(line.disputed_by.contains(&World::home(17)), "{line:?}");
    assert!(shown(&view(&world), later.id()).disputed_by.contains(&World::home(17)));
}

#[test]
fn more_than_one_sitting_answers_is_counted_and_not_told() {
    let (mut world, [_, later, ..]) = accused();
    let many: Vec<_> = (0..100).map(|number| reply(&format!("reply {number}"), &[])).collect();
    world.say(33, attribution(), &many);
    let waiting = waiting(&world, World::home(1));
    assert!(waiting.iter().all(|task| task.claim == later.id() && task.why == Why::Replied));
    let more: Vec<_> = waiting.iter().rev().map(|task| task.more).collect();
    assert_eq!(more, [vec![100 - limits::TASKS_ON_ONE], vec![0; limits::TASKS_ON_ONE - 1]].concat());
}

#[test]
fn a_member_that_fills_the_page_hides_no_other() {
    let (mut world, _) = accused();
    let many: Vec<_> = (0..100).map(|number| reply(&format!("reply {number}"), &[])).collect();
    world.say(33, attribution(), &many);
    for number in 0..9 {
        // Whatever its log holds before.
        world.say(17, attribution(), &[said("title", &format!("\"{number}\""), &[])]);
    }
    world.say(17, attribution(), &[reply("to all", &[])]);
    let waiting = waiting(&world, World::home(1));
    assert_eq!(waiting.len(), limits::TASKS_ON_ONE);
    assert_eq!(waiting.iter().filter(|task| task.by == World::home(17)).count(), 1);
    assert_eq!(waiting.last().unwrap().more, 101 - limits::TASKS_ON_ONE);
}
