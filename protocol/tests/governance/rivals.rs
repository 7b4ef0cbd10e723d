//! Rivals at one version of the charter, for every assignment of signatures and acknowledgements.

use crate::count::{Behaviours, sized};
use crate::model::{Act, Acts, Behaviour, Evidence, FOUNDING, Reading, Set, View};

const A: Act = 1;
const B: Act = 2;
const C: Act = 3;

/// `n` organisations of which `threshold` have to sign, and as many versions that all follow the founding one.
fn rivals(n: usize, threshold: usize, versions: usize) -> Acts {
    let mut acts = Acts::founded(n, threshold);
    for _ in 0..versions {
        let members = acts.members(FOUNDING);
        acts.charter(FOUNDING, members);
    }
    acts
}

/// All `n` up to `most`, with each threshold that more than half allows.
fn sizes(most: usize) -> impl Iterator<Item = (usize, usize)> {
    (1..=most).flat_map(|n| (n / 2 + 1..=n).map(move |threshold| (n, threshold)))
}

#[test]
fn of_two_rivals_never_both_stand_and_neither_ever_follows_the_other() {
    let behaviours = Behaviours::every(&[A, B], &[A, B], 2);
    for (n, threshold) in sizes(sized(4, 7)) {
        let acts = rivals(n, threshold, 2);
        // Two replicas that each hold a part see two winners only through so many who named both.
        let mut fewest_liars = None;
        let next = |assignment: &[usize]| {
            let evidence = Evidence::of(&acts, behaviours.assigned(assignment));
            View::new(&acts, &evidence).next(FOUNDING)
        };
        behaviours.grow(n, next, |assignment, now, seen| {
            if let Some(now) = now {
                assert_eq!(seen.others(now).next(), None, "{:?}", behaviours.assigned(assignment).collect::<Vec<_>>());
            } else if seen.has(A) && seen.has(B) {
                let liars = behaviours.assigned(assignment).filter(|behaviour| behaviour.named.len() == 2).count();
                fewest_liars = Some(fewest_liars.unwrap_or(n).min(liars));
            }
        });
        // Two majorities have one in common, of an even number two.
        assert_eq!(fewest_liars, Some(2 - n % 2), "{n} organisations");
    }
}

#[test]
fn of_three_rivals_never_two_stand_and_none_ever_follows_another() {
    let behaviours = Behaviours::unordered(&[A, B, C], &[A, B, C]);
    // However those are read who are left out. Those who merely signed two could be counted: what keeps two versions from
    // standing is that nobody counts who acknowledged two, and to leave the others out gives late liars one more way to halt.
    for (leaves_out_signers, leaves_out_wholly) in [(true, false), (true, true), (false, false)] {
        let reading = Reading { leaves_out_signers, leaves_out_wholly, ..Reading::NEAREST };
        for n in 1..=sized(2, 4) {
            let acts = rivals(n, n / 2 + 1, 3);
            let next = |assignment: &[usize]| {
                let evidence = Evidence::of(&acts, behaviours.assigned(assignment));
                View::new(&acts, &evidence).read_as(reading).next(FOUNDING)
            };
            behaviours.grow(n, next, |assignment, now, seen| {
                let others = now.and_then(|now| seen.others(now).next());
                assert_eq!(others, None, "{:?}", behaviours.assigned(assignment).collect::<Vec<_>>());
                // What the enumeration of more organisations takes in the place of every part of each.
                let has_stood = |act: &Act| crate::classes::has_stood(behaviours.assigned(assignment), *act);
                assert!([A, B, C].iter().all(|act| seen.has(*act) == has_stood(act)));
            });
        }
    }
}

#[test]
fn whoever_is_double_between_two_rivals_need_not_be_left_out_of_a_third() {
    // The Law can be read both ways, and holds both ways. Left out of the third as well, a liar halts more.
    let acts = rivals(5, 3, 3);
    let mut evidence = Evidence::none(&acts, 5);
    for (act, signers) in [(A, [0, 1, 2]), (B, [0, 3, 4]), (C, [0, 3, 4])] {
        evidence.sign_all(Set::of(&signers), act);
    }
    evidence.name_all(Set::of(&[1, 2, 3]), A);
    let view = View::new(&acts, &evidence);
    assert_eq!(view.next(FOUNDING), Some(A));
    let wholly = Reading { leaves_out_wholly: true, ..Reading::NEAREST };
    assert_eq!(view.read_as(wholly).next(FOUNDING), None);
}

#[test]
fn the_order_in_which_rivals_were_named_does_not_matter() {
    let behaviours = Behaviours::every(&[A, B], &[A, B], 2);
    let acts = rivals(4, 3, 2);
    behaviours.each(4, |assignment| {
        let given: Vec<Behaviour> = behaviours.assigned(assignment).cloned().collect();
        let mut turned = given.clone();
        for behaviour in &mut turned {
            behaviour.named.reverse();
        }
        let next = |behaviours: &[Behaviour]| View::new(&acts, &Evidence::of(&acts, behaviours)).next(FOUNDING);
        assert_eq!(next(&given), next(&turned));
    });
}

#[test]
fn what_more_than_half_named_alone_stands_whatever_the_others_do() {
    let behaviours = Behaviours::every(&[A, B], &[A, B], 2);
    for n in 1..=sized(3, 6) {
        let acts = rivals(n, n / 2 + 1, 2);
        let mut stood = 0;
        behaviours.each(n, |assignment| {
            let is_honest = |behaviour: &&Behaviour| behaviour.signed.len() < 2 && behaviour.named == [A];
            let honest = behaviours.assigned(assignment).filter(is_honest).count();
            let evidence = Evidence::of(&acts, behaviours.assigned(assignment));
            let view = View::new(&acts, &evidence);
            if 2 * honest > n && view.has_enough(A) {
                assert_eq!(view.next(FOUNDING), Some(A));
                stood += 1;
            }
        });
        assert!(stood > 0);
    }
}

#[test]
fn late_liars_undo_only_what_hung_by_them() {
    // What the Law says that it cannot do: exactly this, and no more.
    let behaviours = Behaviours::every(&[A, B], &[A, B], 1);
    for n in 1..=sized(4, 6) {
        let acts = rivals(n, n / 2 + 1, 2);
        behaviours.each(n, |assignment| {
            let evidence = Evidence::of(&acts, behaviours.assigned(assignment));
            let view = View::new(&acts, &evidence);
            if view.next(FOUNDING) != Some(A) || !view.has_enough(B) {
                return;
            }
            let counted: Vec<_> = view.counted(A).iter().collect();
            let mut later = evidence.clone();
            for (late, liar) in counted.iter().enumerate() {
                later.name(*liar, B);
                let left = counted.len() - late - 1;
                let stands = (2 * left > n).then_some(A);
                assert_eq!(View::new(&acts, &later).next(FOUNDING), stands);
            }
        });
    }
}

#[test]
fn two_rivals_with_enough_signatures_have_a_double_signer() {
    let behaviours = Behaviours::unordered(&[A, B], &[]);
    for (n, threshold) in sizes(7) {
        let acts = rivals(n, threshold, 2);
        behaviours.each(n, |assignment| {
            let evidence = Evidence::of(&acts, behaviours.assigned(assignment));
            let view = View::new(&acts, &evidence);
            let are_both = view.has_enough(A) && view.has_enough(B);
            assert!(!are_both || view.double_signers(FOUNDING).len() >= 2 * threshold - n);
        });
    }
}

#[test]
fn who_acknowledged_what_lost_and_then_what_stands_is_counted_for_neither() {
    let acts = rivals(5, 3, 2);
    let mut evidence = Evidence::none(&acts, 5);
    evidence.sign_all(Set::of(&[0, 1, 4]), A);
    evidence.sign_all(Set::of(&[2, 3, 4]), B);
    evidence.name(3, B);
    evidence.name_all(Set::first(3), A);
    let view = View::new(&acts, &evidence);
    assert_eq!(view.next(FOUNDING), Some(A));
    assert!(view.may_name(3, A) && !view.may_name(2, B) && !view.may_name(0, B));
    evidence.name(3, A);
    let view = View::new(&acts, &evidence);
    assert_eq!((view.next(FOUNDING), view.counted(A).len(), view.counted(B).len()), (Some(A), 3, 0));
}
