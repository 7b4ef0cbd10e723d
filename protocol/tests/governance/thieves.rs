//! A thief of an organisation's root keys against its rotation, whoever acts first. DESIGN §7.

use crate::count::{Behaviours, sized};
use crate::model::{Act, Acts, Evidence, Standing, Step, View};

/// What stands of the chain of 0, given what the others named; all of its acts are held.
fn standing(acts: &Acts, first: Act, others: &[Vec<Act>], own: &[Act]) -> Standing {
    let mut evidence = Evidence::none(acts, 1);
    evidence.named.extend(others.iter().cloned());
    own.iter().for_each(|act| evidence.sign(0, *act));
    View::new(acts, &evidence).standing(first)
}

#[test]
fn a_thief_of_todays_keys_holds_nothing_once_the_rotation_is_held() {
    for others in 1..=sized(2, 4) {
        let mut acts = Acts::founded(others + 1, others.div_ceil(2) + 1);
        let first = acts.add_first(0);
        let good = acts.add(first, Step::Roots);
        let rival = acts.add(first, Step::Roots);
        let stolen = acts.add(good, Step::Roots);
        let more = acts.add(stolen, Step::Roots);
        let rotations = [acts.add(first, Step::Rotation), acts.add(good, Step::Rotation)];
        let behaviours = Behaviours::unordered(&[], &[good, rival, stolen, more]);
        for rotation in rotations {
            behaviours.each(others, |assignment| {
                let named: Vec<_> = behaviours.assigned(assignment).map(|behaviour| behaviour.named.clone()).collect();
                // Without an acknowledgement, and whatever all others acknowledged before.
                let stands = standing(&acts, first, &named, &[first, good, rival, stolen, more, rotation]);
                assert!(!stands.is_halted && stands.acts.last() == Some(&rotation));
                assert!([rival, stolen, more].iter().all(|act| !stands.acts.contains(act)));
                assert_eq!(stands.acts.contains(&good), rotation == rotations[1]);
            });
        }
    }
}

/// An organisation that rotated, and rotates again; and a thief of the keys that its first rotation made current, who
/// makes another rotation from the commitment of those, and an act after it.
struct Theft {
    acts: Acts,
    first: Act,
    owner: [Act; 2],
    thief: [Act; 2],
}

impl Theft {
    fn of(others: usize) -> Self {
        let mut acts = Acts::founded(others + 1, others.div_ceil(2) + 1);
        let first = acts.add_first(0);
        let rotation = acts.add(first, Step::Rotation);
        let next = acts.add(rotation, Step::Rotation);
        let rival = acts.add(first, Step::Rotation);
        let grant = acts.add(rival, Step::Roots);
        Self { acts, first, owner: [rotation, next], thief: [rival, grant] }
    }

    fn standing(&self, others: &[Vec<Act>]) -> Standing {
        standing(&self.acts, self.first, others, &[&self.owner[..], &self.thief].concat())
    }
}

#[test]
fn a_thief_of_keys_that_a_rotation_made_current_halts_the_chain_until_most_named_one_side_alone() {
    for others in 1..=sized(3, 5) {
        let theft = Theft::of(others);
        let behaviours = Behaviours::unordered(&[], &[theft.owner, theft.thief].concat());
        behaviours.each(others, |assignment| {
            let named: Vec<_> = behaviours.assigned(assignment).map(|behaviour| behaviour.named.clone()).collect();
            let names = |named: &Vec<Act>, side: [Act; 2]| named.iter().any(|act| side.contains(act));
            let only = |side, other| named.iter().filter(|named| names(named, side) && !names(named, other)).count();
            let any = |side| named.iter().filter(|named| names(named, side)).count();
            let has_won = |side, other| 2 * only(side, other) > others && 2 * any(other) <= others;
            let expected = if has_won(theft.owner, theft.thief) {
                (false, [&[theft.first][..], &theft.owner].concat())
            } else if has_won(theft.thief, theft.owner) {
                (false, [&[theft.first][..], &theft.thief].concat())
            } else {
                (true, vec![theft.first])
            };
            let standing = theft.standing(&named);
            assert_eq!((standing.is_halted, standing.acts), expected);
        });
    }
}

#[test]
fn a_rotation_that_most_named_before_the_thief_acted_stands_whatever_he_does() {
    // Honest nodes name what stands and so never his: he needs more than half that lie.
    for others in 1..=sized(3, 5) {
        let theft = Theft::of(others);
        let most = others / 2 + 1;
        let behaviours = Behaviours::unordered(&[], &[theft.owner, theft.thief].concat());
        behaviours.each(others - most, |assignment| {
            let mut named = vec![vec![theft.owner[0]]; most];
            named.extend(behaviours.assigned(assignment).map(|behaviour| behaviour.named.clone()));
            let expected = [&[theft.first][..], &theft.owner].concat();
            assert_eq!(theft.standing(&named).acts, expected);
        });
    }
}

#[test]
fn where_half_named_the_thiefs_rotation_first_no_acknowledgement_ends_the_halt() {
    // What the Law says of him, that the halt lasts until more than half acknowledged the next rotation, holds only of those
    // who never named his. 1 and 2 of four held his first and named it; all four name the next rotation. The halt stays, and
    // only the charter's suspension ends it.
    let theft = Theft::of(4);
    let next = theft.owner[1];
    let his = theft.thief[0];
    let both = vec![his, next];
    let halted = theft.standing(&[both.clone(), both, vec![next], vec![next]]);
    assert_eq!((halted.is_halted, halted.acts), (true, vec![theft.first]));
    let ended = theft.standing(&[vec![his, next], vec![next], vec![next], vec![next]]);
    assert!(!ended.is_halted && ended.acts.contains(&next));
}

#[test]
fn whoever_acts_first_what_is_held_decides() {
    let theft = Theft::of(3);
    let Theft { acts, first, owner: [rotation, next], thief: [rival, grant] } = &theft;
    let order = |named: [&[Act]; 3], own: &[Act]| standing(acts, *first, &named.map(<[Act]>::to_vec), own).acts;
    // First: nobody holds the owner's yet. His stands, until it comes.
    assert_eq!(order([&[*grant], &[], &[]], &[*rival, *grant]), [*first, *rival, *grant]);
    assert_eq!(order([&[*grant], &[], &[]], &[*rival, *grant, *rotation, *next]), [*first]);
    // Last, or at once: whom it does not reach in time does not help him.
    assert_eq!(
        order([&[*grant], &[*next], &[*rotation]], &[*rival, *grant, *rotation, *next]),
        [*first, *rotation, *next]
    );
}

#[test]
fn who_has_the_next_keys_too_can_rotate_and_the_organisation_alone_cannot_undo_it() {
    let mut acts = Acts::founded(5, 3);
    let first = acts.add_first(0);
    let (his, theirs) = (acts.add(first, Step::Rotation), acts.add(first, Step::Rotation));
    let named = |many: usize, act: Act| vec![vec![act]; many];
    assert_eq!(standing(&acts, first, &named(4, his), &[his]).acts, [first, his]);
    assert_eq!(standing(&acts, first, &named(4, his), &[his, theirs]).acts, [first, his]);
    let divided = [named(2, his), named(2, theirs)].concat();
    assert!(standing(&acts, first, &divided, &[his, theirs]).is_halted);
}
