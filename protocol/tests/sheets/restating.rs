//! What is lost with a key and what stood on its words, until it is said anew. DESIGN §5; MODEL §8 journey 14.

use std::collections::BTreeMap;

use isnad_protocol::entry::Kind;
use isnad_protocol::id::{EntryId, RecordId};
use isnad_protocol::limits;
use isnad_protocol::log::Authentic;
use isnad_protocol::sheet::{self, Cause, Folded};
use isnad_protocol::standing::Standing;
use isnad_protocol::view::restating::{Lost, Restating, Told, restating};

use crate::fixture::{Seeded, World, organisation, record, said, splice, stripped};

/// The keys of one organisation: the stolen one, and two colleagues'. A key of another organisation.
const THIEF: u8 = 0;
const COLLEAGUE: u8 = 1;
const OTHER: u8 = 2;
const ELSEWHERE: u8 = 16;

fn about() -> RecordId {
    record(1, 1)
}

/// Folded as if these entries were revoked.
fn folded(entries: &[Authentic], revoked: &[EntryId]) -> Folded {
    sheet::fold(entries, &|entry: &Authentic| revoked.contains(&entry.id()).then_some(Standing::Revoked))
}

fn lost(entries: &[Authentic], revoked: &[EntryId]) -> Vec<Restating> {
    restating(about(), entries, &folded(entries, revoked), organisation(0))
}

/// What is to be restated: why, and the words or what the claim says.
fn told(entries: &[Authentic], revoked: &[EntryId]) -> Vec<(Standing, String)> {
    let words = |lost: &Lost| match lost {
        Lost::Claim { said, .. } => value_of(said),
        Lost::Retraction { said, reason, .. } => format!("{} back: {reason}", value_of(said)),
        Lost::Edit { inserted, .. } => inserted.join("|"),
    };
    lost(entries, revoked).iter().map(|item| (item.why, words(&item.lost))).collect()
}

fn value_of(said: &isnad_protocol::encoding::json::Json) -> String {
    said.get("value").unwrap().as_text().unwrap().to_owned()
}

#[test]
fn of_a_void_edit_the_first_that_does_not_count_is_the_cause_in_any_order() {
    let mut world = World::default();
    let (narrative, begun) = world.begin(COLLEAGUE, about(), "a");
    let stolen = world.edit(THIEF, about(), narrative, &[begun], &[splice(1, 0, "b")]);
    let on_it = world.edit(COLLEAGUE, about(), narrative, &[stolen], &[splice(2, 0, "c")]);
    let further = world.edit(OTHER, about(), narrative, &[begun, on_it], &[splice(0, 0, "d")]);
    let past = world.edit(OTHER, about(), narrative, &[begun], &[splice(9, 0, "e")]);
    let merged = world.edit(COLLEAGUE, about(), narrative, &[past, stolen], &[splice(0, 0, "f")]);
    let revoked = Cause { entry: stolen, standing: Standing::Revoked };
    let inert = Cause { entry: past, standing: Standing::Inert };
    let expected = [(on_it, revoked), (further, revoked), (merged, if past < stolen { inert } else { revoked })];
    // Where the thief's payload is gone, or was never one, the cause is the same.
    let bare: Vec<_> =
        world.entries.iter().map(|entry| if entry.id() == stolen { stripped(entry) } else { entry.clone() }).collect();
    for mut entries in [world.entries.clone(), bare] {
        let first = folded(&entries, &[stolen]);
        for (id, cause) in expected {
            let left = first.sheets.values().find_map(|sheet| sheet.left_out.get(&id)).unwrap();
            assert_eq!((left.standing, left.cause), (Standing::Void, Some(cause)));
        }
        let list = lost(&entries, &[stolen]);
        let mut seeded = Seeded(5);
        for _ in 0..40 {
            seeded.shuffle(&mut entries);
            assert_eq!(folded(&entries, &[stolen]), first);
            assert_eq!(lost(&entries, &[stolen]), list);
        }
    }
    let counting = folded(&world.entries, &[]);
    let causes: BTreeMap<_, _> =
        counting.sheets.values().flat_map(|sheet| &sheet.left_out).map(|(id, left)| (*id, left.cause)).collect();
    assert_eq!(causes, [(past, None), (merged, Some(inert))].into());
}

#[test]
fn a_void_edit_is_told_until_its_author_writes_on_and_so_is_what_it_stood_on() {
    let mut world = World::default();
    let (narrative, begun) = world.begin(COLLEAGUE, about(), "We were there.");
    let stolen = world.edit(THIEF, about(), narrative, &[begun], &[splice(14, 0, " They lie.")]);
    let mine = world.edit(OTHER, about(), narrative, &[stolen], &[splice(0, 0, "On 4 April. ")]);
    let again = world.edit(OTHER, about(), narrative, &[mine], &[splice(0, 2, "At")]);
    let revoked = [stolen];
    let expected = [(Standing::Void, "On 4 April. |At".to_owned()), (Standing::Revoked, " They lie.".to_owned())];
    assert_eq!(told(&world.entries, &revoked), expected);
    let items = lost(&world.entries, &revoked);
    assert_eq!((items[0].entry, items[0].cause.unwrap().entry), (again, stolen));
    let Lost::Edit { stands: true, edits: 2, deleted: 2, cut: false, .. } = items[0].lost else { panic!("{items:?}") };
    // Nothing is lost before the key is revoked, and nobody else's word settles it.
    assert_eq!(told(&world.entries, &[]), []);
    let (_, foreign) = world.begin(ELSEWHERE, about(), "On 4 April. They lie.");
    let colleague = world.edit(COLLEAGUE, about(), narrative, &[begun], &[splice(0, 0, "x")]);
    assert_eq!(told(&world.entries, &revoked), expected);
    let _ = (foreign, colleague);
    world.edit(OTHER, about(), narrative, &[begun], &[splice(0, 0, "On the fourth. ")]);
    assert_eq!(told(&world.entries, &revoked), []);
}

#[test]
fn words_of_a_key_that_signs_no_more_are_told_until_a_text_holds_them() {
    let mut world = World::default();
    let (_, begun) = world.begin(THIEF, about(), "We were there all day.");
    let revoked = [begun];
    assert_eq!(told(&world.entries, &revoked).len(), 1);
    world.begin(COLLEAGUE, about(), "Elsewhere.");
    assert_eq!(told(&world.entries, &revoked).len(), 1);
    world.begin(COLLEAGUE, about(), "They say: We were there all day. And more.");
    assert_eq!(told(&world.entries, &revoked), []);
    // What is short stands in any text.
    let mut world = World::default();
    let (_, begun) = world.begin(THIEF, about(), "We");
    world.begin(COLLEAGUE, about(), "We were there.");
    assert_eq!(told(&world.entries, &[begun]).len(), 1);
}

#[test]
fn a_text_whose_pointer_is_taken_back_is_given_up() {
    let mut world = World::default();
    let (narrative, begun) = world.begin(THIEF, about(), "We were there all day.");
    let pointer = said("description", &format!(r#"{{"narrative":"{narrative}"}}"#), &[("lang", "\"fr\"")]);
    let pointing = world.say(THIEF, about(), std::slice::from_ref(&pointer));
    let revoked = [begun, pointing];
    let items = lost(&world.entries, &revoked);
    let Lost::Edit { lang, stands: false, pointer: found, .. } = &items[0].lost else { panic!("{items:?}") };
    assert_eq!((items.len(), lang.as_deref(), *found), (1, Some("fr"), Some(pointer.id())));
    world.retract(COLLEAGUE, about(), pointer.id());
    assert_eq!(lost(&world.entries, &revoked), []);
}

#[test]
fn a_claim_is_told_until_it_or_its_value_counts_again_or_is_taken_back() {
    let claims = |texts: &[&str]| -> Vec<_> {
        texts.iter().map(|text| said("note", &format!("\"{text}\""), &[("lang", "\"en\"")])).collect()
    };
    let mut world = World::default();
    let words = claims(&["one", "two", "three", "four"]);
    let stolen = world.say(THIEF, about(), &words);
    let twice = world.say(THIEF, about(), &words[..1]);
    let revoked = [stolen, twice];
    let texts = |world: &World| told(&world.entries, &revoked).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    assert_eq!(texts(&world), ["one", "two", "three", "four"]);
    world.say(ELSEWHERE, about(), &words);
    world.say(COLLEAGUE, record(1, 2), &words);
    assert_eq!(texts(&world).len(), 4, "only the organisation says it anew, and on that record");
    world.say(COLLEAGUE, about(), &words[..1]);
    assert_eq!(texts(&world), ["two", "three", "four"]);
    world.say(COLLEAGUE, about(), &[said("note", "\"two\"", &[("lang", "\"en\""), ("marking", "\"tlp:amber\"")])]);
    world.retract(COLLEAGUE, about(), words[2].id());
    let corrected = format!("\"{}\"", words[3].id());
    assert_eq!(texts(&world), ["four"]);
    world.say(COLLEAGUE, about(), &[said("note", "\"4\"", &[("lang", "\"en\""), ("replaces", &corrected)])]);
    assert_eq!(texts(&world), Vec::<String>::new());
}

#[test]
fn a_lost_retraction_is_told_where_what_it_took_back_stands_again() {
    let mut world = World::default();
    let claim = said("note", "\"wrong\"", &[("lang", "\"en\"")]);
    world.say(COLLEAGUE, about(), std::slice::from_ref(&claim));
    let back = world.retract(THIEF, about(), claim.id());
    assert_eq!(told(&world.entries, &[back]), [(Standing::Revoked, "wrong back: error".to_owned())]);
    world.retract(OTHER, about(), claim.id());
    assert_eq!(told(&world.entries, &[back]), []);
}

#[test]
fn a_new_opinion_takes_the_place_of_a_lost_one_but_not_what_that_one_corrected() {
    let mut world = World::default();
    let opinion = |stance: &str, more: &[(&str, &str)]| {
        let (claim, whose) = ("c1".repeat(32), organisation(1));
        let value = format!(r#"{{"claim":"{claim}","organisation":"{whose}","stance":"{stance}"}}"#);
        said("opinion", &value, more)
    };
    let first = opinion("endorse", &[]);
    world.say(COLLEAGUE, about(), std::slice::from_ref(&first));
    let corrected = format!("\"{}\"", first.id());
    let stolen = world.say(THIEF, about(), &[opinion("dispute", &[("replaces", &corrected)])]);
    assert_eq!(lost(&world.entries, &[stolen]).len(), 1);
    world.say(COLLEAGUE, about(), &[opinion("endorse", &[("replaces", &corrected), ("note", "\"now\"")])]);
    assert_eq!(lost(&world.entries, &[stolen]), []);
}

#[test]
fn what_a_redaction_hides_is_not_told_though_its_key_was_revoked() {
    let mut world = World::default();
    let stolen = world.say(THIEF, about(), &[said("note", "\"her name\"", &[("lang", "\"en\"")])]);
    assert_eq!(lost(&world.entries, &[stolen]).len(), 1);
    world.sign(COLLEAGUE, Kind::Redaction, about(), br#"{"ground":"safety"}"#.to_vec());
    assert_eq!(lost(&world.entries, &[stolen]), []);
}

#[test]
fn a_thief_who_fills_the_list_hides_nobody() {
    let mut world = World::default();
    let claims: Vec<_> = (0..200).map(|number| said("note", &format!("\"{number}\""), &[("lang", "\"en\"")])).collect();
    let mut revoked = vec![world.say(THIEF, about(), &claims)];
    revoked.push(world.say(OTHER, about(), &[said("note", "\"mine\"", &[("lang", "\"en\"")])]));
    let mut told = Told::default();
    told.take(lost(&world.entries, &revoked));
    let told = told.finish();
    assert_eq!(told.len(), limits::RESTATING_OF_ONE_KEY + 1);
    assert_eq!(told.last().unwrap().more, 200 - limits::RESTATING_OF_ONE_KEY);
    assert!(told.iter().any(|item| item.signer.author == World::key(OTHER).public()));
    let json = serde_json::to_value(&told).unwrap();
    assert_eq!(serde_json::from_value::<Vec<Restating>>(json).unwrap(), told);
}
