//! No member makes a reader believe, by its own signed words, something false about whom others accuse: each accusation stands on
//! its own, under its own names, with what its own organisation says of it.

use std::collections::BTreeMap;

use isnad_protocol::id::RecordId;
use isnad_protocol::sheet::operations::{Operation, Operations, Retract};
use isnad_protocol::sheet::{self, Claim};
use isnad_protocol::time::Day;
use isnad_protocol::view::{Context, InForce, Line, Policy, Reference, Summary, View, Words};

use crate::fixture::{FREE, World, organisation, record, said};
use crate::histories::store;

/// Authors of four organisations; the last one is hostile.
const HONEST: u8 = 1;
const SECOND: u8 = 17;
const THIRD: u8 = 33;
const HOSTILE: u8 = 49;

fn subject(number: u8) -> RecordId {
    record(2, number)
}

fn named(text: &str, lang: &str) -> Claim {
    said("name", &format!("{text:?}"), &[("lang", &format!("{lang:?}"))])
}

fn on(record: RecordId, prop: &str) -> Claim {
    said(prop, &format!("\"{record}\""), &[])
}

fn concluded(code: &str) -> Claim {
    let basis = format!(r#"[{{"source":"{}"}}]"#, record(7, 1));
    let more = [("basis", &*basis), ("standard", "\"unstated\""), ("wording", r#"{"unavailable":"not_seen"}"#)];
    said("outcome", &format!("{code:?}"), &more)
}

fn read(world: &World, about: RecordId, policy: &Policy) -> View {
    let (names, today) = (BTreeMap::new(), Day::parse("2018-12-01").unwrap());
    View::of(about, &store(&world.entries), Context { judge: &FREE, names: &names, policy, today }).unwrap()
}

fn page(world: &World, about: RecordId) -> View {
    read(world, about, &Policy::default())
}

fn summary(world: &World, about: RecordId) -> Summary {
    let own: Vec<_> = world.entries.iter().filter(|entry| entry.entry().header.record == about).cloned().collect();
    Summary::of(about, &sheet::fold(&own, &FREE).sheets, &Policy::default())
}

fn records(references: &[Reference]) -> Vec<RecordId> {
    references.iter().map(|reference| reference.record).collect()
}

fn first(labels: &[Words]) -> (&str, bool) {
    labels.first().map(|words| (words.text.as_str(), words.differs)).unwrap()
}

/// An attribution of one organisation, of a unit that three call alike and one calls by another's name.
fn renamed() -> World {
    let mut world = World::default();
    // The hostile key is new: its positions are the lowest of all.
    world.say(HOSTILE, subject(1), &[named("General X", "en")]);
    for author in [HONEST, SECOND, THIRD] {
        world.say(author, record(1, 9), &[]);
        world.say(author, subject(1), &[named("Unit 1", "en")]);
    }
    world.say(
        SECOND,
        record(4, 1),
        &[on(subject(1), "subject"), on(record(1, 1), "incident"), concluded("responsible")],
    );
    world
}

#[test]
fn no_member_renames_whom_others_accuse() {
    let world = renamed();
    let line = &page(&world, record(1, 1)).related[0];
    assert_eq!(first(&line.subjects[0].labels), ("Unit 1", true), "and its id is told, for one calls it otherwise");
    let seen = page(&world, subject(1));
    assert_eq!(first(&seen.labels), ("Unit 1", true));
    assert_eq!(first(&seen.further_labels), ("General X", true), "what others call it is told on its own page");
    let listed = summary(&world, subject(1));
    assert_eq!((listed.labels.len(), first(&listed.labels)), (1, ("Unit 1", true)));
    assert_eq!(listed.further_labels, ["General X"]);
    // However often it is said, and in which language: an organisation is one voice.
    let mut world = renamed();
    for number in 0..5 {
        world.say(HOSTILE + number % 2, subject(1), &[named("General X", "en"), named("اللواء س", "ar")]);
    }
    let arabic = Policy { languages: vec!["ar".to_owned()], ..Policy::default() };
    assert_eq!(first(&read(&world, record(1, 1), &arabic).related[0].subjects[0].labels).0, "Unit 1");
}

#[test]
fn who_accuses_calls_the_accused_as_he_does_himself() {
    let mut world = World::default();
    world.say(HONEST, subject(1), &[named("Unit 1", "en")]);
    for author in [SECOND, THIRD, HOSTILE] {
        world.say(author, subject(1), &[named("Unit 1 of X", "en")]);
    }
    world.say(
        HONEST,
        record(4, 1),
        &[on(subject(1), "subject"), on(record(1, 1), "incident"), concluded("responsible")],
    );
    let line = &page(&world, record(1, 1)).related[0];
    assert_eq!(line.subjects[0].labels.iter().map(|words| &*words.text).collect::<Vec<_>>(), ["Unit 1"]);
    let claim =
        &page(&world, record(4, 1)).properties.into_iter().find(|found| found.prop == "subject").unwrap().claims[0];
    assert_eq!(first(&claim.refs[0].labels), ("Unit 1", true));
    // A list fills that in from what it keeps of the subject.
    let (told, kept) = (summary(&world, record(4, 1)).about.unwrap(), summary(&world, subject(1)));
    assert_eq!(first(&kept.named_by[&told.organisation.unwrap()]), ("Unit 1", true));
    assert_eq!(first(&kept.labels).0, "Unit 1 of X");
    // Where all agree nothing is marked.
    let mut world = World::default();
    world.say(HONEST, subject(1), &[named("Unit 1", "en"), named("الوحدة ١", "ar")]);
    let kept = summary(&world, subject(1));
    assert!(kept.labels.iter().all(|words| !words.differs) && kept.named_by.is_empty());
}

#[test]
fn an_alias_that_others_give_a_record_without_a_title_is_told_with_its_id() {
    let mut world = World::default();
    world.say(HONEST, record(4, 1), &[on(subject(1), "subject"), concluded("responsible")]);
    world.say(HONEST, record(4, 1), &[said("alias", "\"iit-3\"", &[])]);
    assert_eq!(first(&page(&world, record(4, 1)).labels), ("iit-3", false));
    world.say(HOSTILE, record(4, 2), &[said("alias", "\"x-is-guilty\"", &[])]);
    world.say(HONEST, record(4, 2), &[on(subject(1), "subject"), concluded("responsible")]);
    assert_eq!(first(&page(&world, record(4, 2)).labels), ("x-is-guilty", true));
    // A title is no word of an attribution.
    world.say(HOSTILE, record(4, 1), &[said("title", "\"X is guilty\"", &[("lang", "\"en\"")])]);
    assert_eq!(first(&page(&world, record(4, 1)).labels), ("iit-3", true));
}

/// What one organisation concluded of one subject, and another one adds to its record.
fn added(what: &[Claim]) -> World {
    let mut world = World::default();
    world.say(HOSTILE, record(4, 1), what);
    world.say(HONEST, record(1, 9), &[]);
    let body = format!("\"{}\"", record(9, 1));
    let basis = format!(r#"[{{"source":"{}"}}]"#, record(7, 1));
    let more = [
        ("according_to", &*body),
        ("basis", &*basis),
        ("standard", "\"unstated\""),
        ("wording", r#"{"unavailable":"not_seen"}"#),
    ];
    let outcome = said("outcome", "\"responsible\"", &more);
    world.say(HONEST, record(4, 1), &[on(subject(1), "subject"), on(record(1, 1), "incident"), outcome]);
    world
}

fn lines(world: &World, about: RecordId) -> Vec<Line> {
    page(world, about).related
}

#[test]
fn in_a_row_of_several_organisations_each_has_its_own_codes() {
    let mut world = World::default();
    world.say(HONEST, record(4, 1), &[on(subject(1), "subject"), concluded("responsible")]);
    let alone = summary(&world, record(4, 1));
    assert!(alone.codes_by.is_empty() && alone.statuses == ["responsible"], "it is told once whose all of it is");
    world.say(HOSTILE, record(4, 1), &[concluded("not_responsible")]);
    let told = summary(&world, record(4, 1)).codes_by;
    let told: Vec<_> = told.values().map(|codes| codes.statuses.clone()).collect();
    assert_eq!(told.len(), 2);
    assert!(told.contains(&vec!["responsible".to_owned()]) && told.contains(&vec!["not_responsible".to_owned()]));
}

#[test]
fn nobody_is_accused_by_a_name_that_another_adds() {
    let world = added(&[on(subject(2), "subject"), on(record(1, 2), "incident")]);
    for stranger in [subject(2), record(1, 2)] {
        let lines = lines(&world, stranger);
        assert_eq!(lines.len(), 1, "{stranger}");
        assert_eq!((lines[0].organisation, lines[0].prop.as_deref() == Some("outcome")), (organisation(3), false));
    }
    for (about, whom) in [(subject(1), subject(1)), (record(1, 1), subject(1))] {
        let lines = lines(&world, about);
        assert_eq!((lines.len(), lines[0].organisation), (1, organisation(0)));
        assert_eq!(records(&lines[0].subjects), [whom]);
        assert!(lines[0].linked_by.contains(&organisation(0)));
    }
    let about = summary(&world, record(4, 1)).about.unwrap();
    assert_eq!((about.organisation, about.is_one_of_several), (Some(organisation(0)), true));
    assert_eq!((records(&about.subjects), records(&about.incidents)), (vec![subject(1)], vec![record(1, 1)]));
    assert_eq!(page(&world, record(4, 1)).about.unwrap().subjects.len(), 1);
}

#[test]
fn no_body_concludes_of_whom_another_accuses() {
    let body = format!("\"{}\"", record(9, 1));
    let world = added(&[on(subject(2), "subject"), said("outcome", "\"not_responsible\"", &[("according_to", &body)])]);
    let about = summary(&world, record(4, 1)).about.unwrap();
    let whole = match about.organisation {
        Some(whose) if whose == organisation(0) => ("responsible", subject(1)),
        _ => ("not_responsible", subject(2)),
    };
    assert_eq!(
        (about.codes.iter().map(String::as_str).collect::<Vec<_>>(), records(&about.subjects)),
        (vec![whole.0], vec![whole.1])
    );
    assert!(about.is_one_of_several, "and whose word it is is told");
    let lines = lines(&world, subject(1));
    assert_eq!(lines.iter().map(|line| line.organisation).collect::<Vec<_>>(), [organisation(0)]);
}

#[test]
fn who_names_nobody_is_not_made_to_name_whom_others_do() {
    let mut world = added(&[]);
    world.say(SECOND, record(4, 1), &[concluded("disputed")]);
    let lines = lines(&world, subject(1));
    let dispute = lines.iter().find(|line| line.organisation == organisation(1)).unwrap();
    assert!(dispute.subjects.is_empty() && dispute.contested, "what speaks for him stands on his page");
    assert_eq!(
        dispute.subjects_by.iter().map(|(whose, named)| (*whose, records(named))).collect::<Vec<_>>(),
        [(organisation(0), vec![subject(1)])]
    );
    assert!(!dispute.linked_by.contains(&organisation(1)));
}

#[test]
fn a_finding_accuses_nobody() {
    let mut world = World::default();
    world.say(HONEST, record(3, 1), &[on(record(1, 1), "incident"), concluded("confirmed_use")]);
    world.say(HOSTILE, record(3, 1), &[on(subject(1), "subject")]);
    assert!(lines(&world, subject(1)).is_empty());
    assert!(lines(&world, record(1, 1))[0].subjects.is_empty());
    let about = summary(&world, record(3, 1)).about.unwrap();
    assert!(about.subjects.is_empty() && !about.is_one_of_several);
}

#[test]
fn a_judgement_or_a_reply_brings_no_accusation_to_another_incident() {
    let judged = format!(r#"{{"record":"{}","relation":"part_of","verdict":"positive"}}"#, record(1, 2));
    let world = added(&[said("judgement", &judged, &[])]);
    let lines = lines(&world, record(1, 2));
    assert_eq!(
        lines.iter().map(|line| (line.organisation, line.prop.as_deref())).collect::<Vec<_>>(),
        [(organisation(3), Some("judgement"))]
    );
}

fn measure(world: &mut World) {
    let dated = |prop: &str, value: &str| said(prop, &format!("{value:?}"), &[]);
    world.say(HONEST, record(1, 9), &[]);
    world.say(
        HONEST,
        record(5, 1),
        &[on(record(9, 1), "authority"), dated("start", "2018-05-18"), dated("end", "2018-12-31")],
    );
}

#[test]
fn nobody_lifts_or_renews_the_measure_of_another() {
    let dated = |prop: &str, value: &str| said(prop, &format!("{value:?}"), &[]);
    for (word, state, until) in [
        (dated("status", "delisted"), InForce::Delisted, "2018-12-31"),
        (dated("end", "2030-01-01"), InForce::InForce, "2030-01-01"),
    ] {
        let mut world = World::default();
        world.say(HOSTILE, record(5, 1), &[word, on(subject(2), "subject")]);
        measure(&mut world);
        let seen = page(&world, record(5, 1)).computed.state.unwrap();
        assert_eq!((seen.state, seen.until), (InForce::InForce, Day::parse("2018-12-31").ok()));
        assert_eq!(
            seen.organisation,
            Some(organisation(0)),
            "whose word it is is told where another says something else"
        );
        let other = &seen.others[0];
        assert_eq!((other.organisation, other.state, other.until), (organisation(3), state, Day::parse(until).ok()));
        let listed = summary(&world, record(5, 1));
        let bounds = listed.terms.as_ref().unwrap().bounds();
        assert_eq!((bounds.lifted, bounds.until), (None, Day::parse("2018-12-31").ok()));
        assert!(listed.listing.unwrap().subjects.is_empty(), "nor does anybody add a name to it");
        // Whom the reader puts first is followed, by his choice.
        let policy = Policy { first: vec![organisation(3)], ..Policy::default() };
        let seen = read(&world, record(5, 1), &policy).computed.state.unwrap();
        assert_eq!(
            (seen.organisation, seen.state, seen.since),
            (Some(organisation(3)), state, Day::parse("2018-05-18").ok())
        );
    }
    let mut world = World::default();
    measure(&mut world);
    world.say(HONEST, record(5, 1), &[dated("status", "annulled")]);
    let seen = page(&world, record(5, 1)).computed.state.unwrap();
    assert_eq!((seen.state, seen.organisation, seen.others), (InForce::Annulled, None, Vec::new()));
}

#[test]
fn nobody_makes_the_source_of_another_doubtful() {
    let mut world = World::default();
    world.say(HOSTILE, record(7, 1), &[said("checked", "\"recall\"", &[])]);
    world.say(HONEST, record(4, 1), &[on(subject(1), "subject"), concluded("responsible")]);
    let line = lines(&world, subject(1)).remove(0);
    assert_eq!(
        (line.unverified, line.unverified_by.iter().copied().collect::<Vec<_>>()),
        (false, vec![organisation(3)])
    );
    let outcome = page(&world, record(4, 1)).properties.into_iter().find(|found| found.prop == "outcome").unwrap();
    let claim = &outcome.claims[0];
    assert!(!claim.unverified && !claim.basis[0].unverified && claim.basis[0].unverified_by.len() == 1);
    world.say(HONEST, record(7, 1), &[said("checked", "\"recall\"", &[])]);
    assert!(lines(&world, subject(1))[0].unverified, "who cites it says so himself");
}

#[test]
fn what_hides_in_a_text_of_others_is_shown_and_counts_for_nothing() {
    let mut world = World::default();
    for text in ["safe\u{202e}", "two\\nlines", "\\u001b[2Jcleared"] {
        let value = format!("\"{text}\"");
        world.say(HOSTILE, record(1, 1), &[said("title", &value, &[("lang", "\"en\"")])]);
    }
    let seen = page(&world, record(1, 1));
    assert!(seen.labels.is_empty());
    let titles = &seen.properties[0].claims;
    assert!(titles.len() == 3 && titles.iter().all(|claim| claim.malformed && claim.flags == ["control_character"]));
    let note = Some("taken\u{202e}back".to_owned());
    let retract = Retract { claim: titles[0].id, reason: "error".to_owned(), note };
    world.change(HOSTILE, record(1, 1), &Operations::Claims(vec![Operation::Retract(retract)]));
    let seen = page(&world, record(1, 1));
    let taken = seen.properties[0].claims.iter().find(|claim| claim.id == titles[0].id).unwrap();
    assert!(taken.retracted[0].malformed, "nor in the note of a retraction");
    let lines = said("description", "\"one\\n\\ttwo\\r\\nthree\"", &[("lang", "\"en\"")]);
    world.say(HONEST, record(1, 1), &[lines]);
    assert!(
        !page(&world, record(1, 1)).properties.iter().find(|found| found.prop == "description").unwrap().claims[0]
            .malformed
    );
}
