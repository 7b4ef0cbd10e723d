//! Which edits count, and the text that they make. DESIGN §5.

use isnad_protocol::entry::Kind;
use isnad_protocol::id::{EntryId, NarrativeId};
use isnad_protocol::limits;
use isnad_protocol::log::Authentic;
use isnad_protocol::sheet::{self, Defect, Folded, Sheet};
use isnad_protocol::standing::Standing;

use crate::fixture::{FREE, SPACE, World, organisation, record, said, splice, stripped};

fn fold(entries: &[Authentic]) -> Folded {
    sheet::fold(entries, &FREE)
}

fn sheet_of(folded: &Folded, number: u8) -> &Sheet {
    folded.sheets.values().find(|sheet| sheet.key.organisation == organisation(number)).unwrap()
}

fn text(entries: &[Authentic], narrative: NarrativeId) -> Option<String> {
    let folded = fold(entries);
    let mut found = folded.sheets.values().filter_map(|sheet| sheet.narratives.get(&narrative));
    found.next().map(|narrative| narrative.text.clone())
}

fn defect(entries: &[Authentic], id: EntryId) -> &'static str {
    let folded = fold(entries);
    let left = folded.sheets.values().find_map(|sheet| sheet.left_out.get(&id)).unwrap();
    assert_eq!((left.standing, folded.standings[&id]), (Standing::Inert, Standing::Inert));
    left.defect.as_ref().map_or("none", Defect::code)
}

#[test]
fn colleagues_write_together_and_nothing_is_lost() {
    let mut world = World::default();
    let about = record(1, 1);
    let (narrative, begun) = world.begin(0, about, "one three");
    let left = world.edit(1, about, narrative, &[begun], &[splice(4, 0, "two ")]);
    let right = world.edit(2, about, narrative, &[begun], &[splice(9, 0, " four")]);
    let both = world.edit(0, about, narrative, &[left, right], &[splice(0, 3, "1")]);
    assert_eq!(text(&world.entries, narrative).as_deref(), Some("1 two three four"));
    let folded = fold(&world.entries);
    let found = &sheet_of(&folded, 0).narratives[&narrative];
    assert_eq!(found.heads, [both].into());
    assert_eq!(found.edits.len(), 4);
    assert_eq!(text(&world.without(both), narrative).as_deref(), Some("one two three four"));
}

#[test]
fn an_edit_waits_while_what_it_stands_on_is_missing() {
    let mut world = World::default();
    let about = record(1, 1);
    let (narrative, begun) = world.begin(0, about, "a");
    let second = world.edit(0, about, narrative, &[begun], &[splice(1, 0, "b")]);
    let third = world.edit(0, about, narrative, &[second], &[splice(2, 0, "c")]);
    let without = fold(&world.without(second));
    assert_eq!(without.standings[&third], Standing::Waiting);
    assert_eq!(sheet_of(&without, 0).narratives[&narrative].text, "a");
    let wanted: Vec<_> =
        world.entries.iter().map(|entry| if entry.id() == second { stripped(entry) } else { entry.clone() }).collect();
    let wanted = fold(&wanted);
    assert_eq!((wanted.standings[&second], wanted.standings[&third]), (Standing::Wanted, Standing::Waiting));
    assert_eq!(text(&world.entries, narrative).as_deref(), Some("abc"));
}

#[test]
fn an_edit_on_one_that_does_not_count_is_void_and_so_is_all_behind() {
    let mut world = World::default();
    let about = record(1, 1);
    let (narrative, begun) = world.begin(0, about, "a");
    let second = world.edit(1, about, narrative, &[begun], &[splice(1, 0, "b")]);
    let third = world.edit(0, about, narrative, &[second], &[splice(2, 0, "c")]);
    let fourth = world.edit(0, about, narrative, &[begun, third], &[splice(0, 0, "d")]);
    let past = world.edit(0, about, narrative, &[begun], &[splice(2, 0, "e")]);
    let behind = world.edit(0, about, narrative, &[past], &[splice(0, 0, "f")]);
    let judge = |entry: &Authentic| (entry.id() == second).then_some(Standing::Revoked);
    let folded = sheet::fold(&world.entries, &judge);
    let expected = [
        (begun, Standing::Counts),
        (second, Standing::Revoked),
        (third, Standing::Void),
        (fourth, Standing::Void),
        (past, Standing::Inert),
        (behind, Standing::Void),
    ];
    for (id, standing) in expected {
        assert_eq!(folded.standings[&id], standing);
    }
    assert_eq!(sheet_of(&folded, 0).narratives[&narrative].text, "a");
    let counting = fold(&world.entries);
    assert_eq!(sheet_of(&counting, 0).narratives[&narrative].text, "dabc");
}

#[test]
fn a_position_past_the_end_is_inert() {
    let mut world = World::default();
    let about = record(1, 1);
    let (narrative, begun) = world.begin(0, about, "عين");
    for splices in [vec![splice(4, 0, "x")], vec![splice(0, 4, "")], vec![splice(0, 0, "ab"), splice(6, 0, "c")]] {
        let id = world.edit(0, about, narrative, &[begun], &splices);
        assert_eq!(defect(&world.entries, id), "edit_past_end");
    }
    let most = (1 << 53) - 1;
    let id = world.edit(0, about, narrative, &[begun], &[splice(most, most, "x")]);
    assert_eq!(defect(&world.entries, id), "edit_past_end");
    assert_eq!(text(&world.entries, narrative).as_deref(), Some("عين"));
}

#[test]
fn an_edit_stands_on_edits_of_its_own_narrative_alone() {
    let mut world = World::default();
    let about = record(1, 1);
    let (narrative, begun) = world.begin(0, about, "a");
    let (_, other) = world.begin(0, about, "b");
    let claims = world.say(0, about, &[said("note", "\"x\"", &[])]);
    let redaction = world.sign(0, Kind::Redaction, about, br#"{"ground":"error"}"#.to_vec());
    world.generation = 1;
    let (_, later) = world.begin(0, about, "c");
    world.generation = 0;
    let (_, foreign) = world.begin(16, about, "d");
    for (on, code) in [
        (other, "edit_other_narrative"),
        (claims, "edit_other_narrative"),
        (redaction, "edit_other_sheet"),
        (later, "edit_other_sheet"),
        (foreign, "edit_other_sheet"),
    ] {
        let id = world.edit(0, about, narrative, &[begun, on], &[splice(0, 0, "x")]);
        assert_eq!(defect(&world.entries, id), code);
    }
    assert_eq!(text(&world.entries, narrative).as_deref(), Some("a"));
}

#[test]
fn only_the_entry_that_names_a_narrative_begins_it() {
    let mut world = World::default();
    let about = record(1, 1);
    let hers = world.narrative(0);
    let squatter = world.edit(1, about, hers, &[], &[splice(0, 0, "mine")]);
    assert_eq!(defect(&world.entries, squatter), "edit_beginning");
    let on_squatted = world.edit(1, about, hers, &[squatter], &[splice(0, 0, "still ")]);
    assert_eq!(fold(&world.entries).standings[&on_squatted], Standing::Void);
    let (narrative, begun) = world.begin(0, about, "hers");
    assert_eq!(narrative, hers);
    assert_eq!(text(&world.entries, hers).as_deref(), Some("hers"));
    let own = world.narrative(0);
    let late = world.edit(0, about, own, &[begun], &[splice(0, 0, "x")]);
    assert_eq!(defect(&world.entries, late), "edit_beginning");
}

#[test]
fn no_more_than_4096_edits_stand_behind_one() {
    let mut world = World::default();
    let about = record(1, 1);
    let (narrative, mut last) = world.begin(0, about, "x");
    for _ in 0..limits::NARRATIVE_EDITS {
        last = world.edit(0, about, narrative, &[last], &[splice(0, 1, "y")]);
    }
    let beyond = world.edit(0, about, narrative, &[last], &[splice(0, 1, "z")]);
    let merged = world.edit(0, about, narrative, &[last, beyond], &[splice(0, 1, "z")]);
    let folded = fold(&world.entries);
    assert_eq!(folded.standings[&last], Standing::Counts);
    assert_eq!(folded.standings[&merged], Standing::Inert);
    assert_eq!(sheet_of(&folded, 0).left_out[&beyond].defect, Some(Defect::TooManyBehind));
    assert_eq!(sheet_of(&folded, 0).narratives[&narrative].text, "y");
    assert!(folded.sheets.keys().all(|key| key.space == SPACE));
}
