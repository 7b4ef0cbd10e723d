//! Versions of the charter that are signed instead of drafts. DESIGN §7.

use crate::count::{Behaviours, sized};
use crate::model::{Acts, Evidence, FOUNDING, Set, View};

#[test]
fn of_an_act_signed_instead_of_a_draft_and_that_draft_never_both_stand() {
    for n in 1..=sized(4, 6) {
        let (acts, draft, act) = draft_and_act(n);
        let behaviours = Behaviours::every(&[draft, act], &[draft, act], 2);
        let next = |assignment: &[usize]| {
            let evidence = Evidence::of(&acts, behaviours.assigned(assignment));
            View::new(&acts, &evidence).next(FOUNDING)
        };
        behaviours.grow(n, next, |assignment, now, seen| {
            let others = now.and_then(|now| seen.others(now).next());
            assert_eq!(others, None, "{:?}", behaviours.assigned(assignment).collect::<Vec<_>>());
        });
    }
}

fn draft_and_act(n: usize) -> (Acts, usize, usize) {
    let mut acts = Acts::founded(n, n / 2 + 1);
    let draft = acts.charter(FOUNDING, Set::first(n));
    let act = acts.charter_instead(FOUNDING, Set::first(n), &[draft]);
    (acts, draft, act)
}

#[test]
fn a_draft_that_gets_its_signatures_all_the_same_halts_with_no_double_signer_and_no_liar() {
    // 0 signs a draft; 0 and 1 sign an act instead of it; later 2, who is as honest, signs the draft, which has enough now.
    // 0 held the act first, 1 the draft: a halt in which nobody did wrong. Word for word a settlement has to name a double
    // signer, so that this halt could never end.
    let (mut acts, draft, act) = draft_and_act(3);
    let settlement = acts.settlement(FOUNDING, Set::first(3), &[draft, act], Set::NONE);
    let mut evidence = Evidence::none(&acts, 3);
    for (who, what) in [(0, draft), (0, act), (1, act), (2, draft)] {
        assert!(View::new(&acts, &evidence).may_sign(who, what), "{who} signs {what}");
        evidence.sign(who, what);
    }
    for (who, what) in [(0, act), (1, draft)] {
        assert!(View::new(&acts, &evidence).may_name(who, what));
        evidence.name(who, what);
    }
    let view = View::new(&acts, &evidence);
    assert!(view.is_halted(FOUNDING) && view.double_signers(FOUNDING).is_empty());
    assert!(view.acknowledged_both(draft, act).is_empty());
    // The nearest rule: none has to be named where an act was signed instead of another.
    for who in [0, 1] {
        assert!(View::new(&acts, &evidence).may_sign(who, settlement));
        evidence.sign(who, settlement);
    }
    evidence.name_all(Set::of(&[0, 1]), settlement);
    assert_eq!(View::new(&acts, &evidence).next(FOUNDING), Some(settlement));
}

#[test]
fn every_halt_over_a_draft_ends_once_more_than_half_settle_it() {
    for n in 2..=sized(3, 5) {
        let (plain, draft, act) = draft_and_act(n);
        let behaviours = Behaviours::every(&[draft, act], &[draft, act], 2);
        let mut ended = 0;
        behaviours.each(n, |assignment| {
            let mut evidence = Evidence::of(&plain, behaviours.assigned(assignment));
            if !View::new(&plain, &evidence).is_seen_to_halt(FOUNDING) {
                return;
            }
            let mut acts = plain.clone();
            let settlement = acts.settlement(FOUNDING, Set::first(n), &[draft, act], Set::NONE);
            evidence.signed.push(Set::first(n / 2 + 1));
            evidence.name_all(Set::first(n / 2 + 1), settlement);
            assert_eq!(View::new(&acts, &evidence).next(FOUNDING), Some(settlement));
            ended += 1;
        });
        assert!(ended > 0);
    }
}

#[test]
fn a_key_store_signs_a_later_draft_only_instead_of_every_earlier_one() {
    let mut acts = Acts::founded(3, 2);
    let all = Set::first(3);
    let first = acts.charter(FOUNDING, all);
    let second = acts.charter_instead(FOUNDING, all, &[first]);
    let third = acts.charter_instead(FOUNDING, all, &[second]);
    let fourth = acts.charter_instead(FOUNDING, all, &[first, second]);
    let mut evidence = Evidence::none(&acts, 3);
    let may_sign = |evidence: &Evidence, act| View::new(&acts, evidence).may_sign(0, act);
    evidence.sign(0, first);
    assert!(may_sign(&evidence, second) && !may_sign(&evidence, third) && may_sign(&evidence, fourth));
    evidence.sign(0, second);
    // Instead of the second alone: with the first it would be a double signature.
    assert!(!may_sign(&evidence, third) && may_sign(&evidence, fourth));
    let mut wrong = evidence.clone();
    wrong.sign(0, third);
    assert_eq!(View::new(&acts, &wrong).signed_both(first, third), Set::of(&[0]));
    // Never after the node acknowledged what it signed first.
    evidence.sign(1, first);
    evidence.name(0, first);
    assert!(!may_sign(&evidence, fourth));
}

#[test]
fn a_round_of_settlements_that_shows_no_further_double_signer_takes_an_honest_change_of_mind() {
    // The Law says that each round shows one more. Not so if the second settlement is signed instead of the first, which
    // then gets its signatures all the same: 1 signs S, then T instead of it with 2 and 3; 4 and 0 complete S.
    let mut acts = Acts::founded(5, 3);
    let all = Set::first(5);
    let (a, b) = (acts.charter(FOUNDING, all), acts.charter(FOUNDING, all));
    let s = acts.settlement(FOUNDING, all, &[a, b], Set::of(&[4]));
    let t = acts.settlement_instead(FOUNDING, all, &[a, b], Set::of(&[4]), &[s]);
    let u = acts.settlement(FOUNDING, all, &[s, t], Set::of(&[4]));
    let mut evidence = Evidence::none(&acts, 5);
    evidence.sign_all(Set::of(&[4, 1, 0]), a);
    evidence.sign_all(Set::of(&[4, 2, 3]), b);
    evidence.name_all(Set::of(&[1]), a);
    evidence.name_all(Set::of(&[2, 3]), b);
    let before = View::new(&acts, &evidence).double_signers(FOUNDING);
    for (who, what) in [(1, s), (1, t), (2, t), (3, t)] {
        assert!(View::new(&acts, &evidence).may_sign(who, what), "{who} signs {what}");
        evidence.sign(who, what);
    }
    evidence.sign_all(Set::of(&[0, 2]), s);
    evidence.name_all(Set::of(&[1]), t);
    evidence.name_all(Set::of(&[2, 3]), s);
    let view = View::new(&acts, &evidence);
    assert!(view.has_enough(s) && view.has_enough(t) && view.is_halted(FOUNDING));
    assert_eq!(view.double_signers(FOUNDING), before);
    // It ends all the same with one that names both.
    evidence.sign_all(Set::of(&[1, 2, 3]), u);
    evidence.name_all(Set::of(&[1, 2, 3]), u);
    assert_eq!(View::new(&acts, &evidence).next(FOUNDING), Some(u));
}
