//! Settlements: they end each halt that honest ones see, and stand for good. DESIGN §7.

use crate::count::{Behaviours, sized};
use crate::model::{Act, Acts, Behaviour, Evidence, FOUNDING, Reading, Set, View};

const A: Act = 1;
const B: Act = 2;
const S: Act = 3;
const T: Act = 4;
const U: Act = 5;

fn two_rivals(n: usize) -> Acts {
    let mut acts = Acts::founded(n, n / 2 + 1);
    for _ in 0..2 {
        acts.charter(FOUNDING, Set::first(n));
    }
    acts
}

/// Two rivals with just enough signatures, by way of the first organisation, of an even number the first two; and two
/// settlements that name those.
fn two_settlements(n: usize) -> (Acts, Evidence, Set) {
    let mut acts = two_rivals(n);
    let double = Set::first(2 - n % 2);
    for _ in 0..2 {
        acts.settlement(FOUNDING, Set::first(n), &[A, B], double);
    }
    let mut evidence = Evidence::none(&acts, n);
    evidence.sign_all(double, A);
    evidence.sign_all(double, B);
    for organisation in double.len()..n {
        evidence.sign(organisation, if organisation % 2 == 0 { A } else { B });
    }
    (acts, evidence, double)
}

#[test]
fn a_settlement_by_the_honest_ends_every_halt_and_stands_for_good() {
    let behaviours = Behaviours::every(&[A, B], &[A, B], 2);
    for n in 2..=sized(4, 7) {
        let mut ended = 0;
        let plain = two_rivals(n);
        behaviours.each(n, |assignment| {
            let evidence = Evidence::of(&plain, behaviours.assigned(assignment));
            let view = View::new(&plain, &evidence);
            let of = behaviours.assigned(assignment);
            ended += usize::from(view.is_seen_to_halt(FOUNDING) && ends(&plain, &evidence, of));
        });
        // Two rivals have one double signer, of an even number two: the others have to be more than half.
        assert_eq!(ended > 0, 2 * (n - (2 - n % 2)) > n, "{n} organisations");
    }
}

/// True if the honest of a halt are more than half; they end it.
pub(crate) fn ends<'a>(plain: &Acts, halted: &Evidence, of: impl Iterator<Item = &'a Behaviour>) -> bool {
    // Their nodes name nothing that lacks signatures.
    let view = View::new(plain, halted);
    let is_honest = |one: &Behaviour| one.signed.len() < 2 && one.named.iter().all(|act| view.has_enough(*act));
    let honest = of.enumerate().filter(|(_, behaviour)| is_honest(behaviour)).map(|(who, _)| who);
    let honest = Set::of(&honest.collect::<Vec<_>>());
    let are_most = honest.is_more_than_half_of(plain.members(FOUNDING));
    if are_most {
        check_ends(plain, halted, honest);
    }
    are_most
}

/// The honest of this halt sign and name a settlement; whatever the others can still do changes nothing.
fn check_ends(plain: &Acts, halted: &Evidence, honest: Set) {
    let all = plain.members(FOUNDING);
    let double = View::new(plain, halted).double_signers(FOUNDING);
    assert!(!double.is_empty() && (double & honest).is_empty());
    let mut acts = plain.clone();
    let rivals = View::new(plain, halted).candidates(FOUNDING);
    // Whoever signed a draft that lacks signatures signs a settlement instead of it.
    let drafts: Vec<Act> = plain.after(FOUNDING).filter(|act| !rivals.contains(act)).collect();
    let settlement = acts.settlement_instead(FOUNDING, all, &rivals, double, &drafts);
    let rival = acts.settlement_instead(FOUNDING, all, &rivals, double, &drafts);
    let mut evidence = halted.clone();
    evidence.signed.extend([Set::NONE; 2]);
    for who in honest.iter() {
        assert!(View::new(&acts, &evidence).may_sign(who, settlement));
        evidence.sign(who, settlement);
        assert!(!View::new(&acts, &evidence).may_sign(who, rival));
    }
    assert!(honest.iter().all(|who| View::new(&acts, &evidence).may_name(who, settlement)));
    evidence.name_all(honest, settlement);
    assert_eq!(View::new(&acts, &evidence).next(FOUNDING), Some(settlement));
    for act in rivals.into_iter().chain(drafts).chain([settlement, rival]) {
        evidence.sign_all(all - honest, act);
        evidence.name_all(all - honest, act);
    }
    // The others name the rival first, which never gets its signatures.
    assert_eq!(View::new(&acts, &evidence).next(FOUNDING), Some(settlement));
}

/// How often something that a settlement had replaced stands again, over all that others may sign and name.
fn count_returns(n: usize, reading: Reading) -> usize {
    let (acts, start, double) = two_settlements(n);
    let mut returns = 0;
    // What those named as double signers still name. Of seven they name nothing: else the assignments are too many.
    for lie in [&[][..], &[S], &[S, T]].into_iter().take(if n < 7 { 3 } else { 1 }) {
        let behaviours = Behaviours::unordered(&[S, T], &[A, S, T]);
        let next = |assignment: &[usize]| {
            let mut evidence = start.clone();
            double.iter().for_each(|liar| evidence.named[liar].extend(lie));
            for (who, behaviour) in (double.len()..).zip(behaviours.assigned(assignment)) {
                behaviour.signed.iter().for_each(|act| evidence.sign(who, *act));
                behaviour.named.iter().for_each(|act| evidence.name(who, *act));
            }
            View::new(&acts, &evidence).read_as(reading).next(FOUNDING)
        };
        behaviours.grow(n - double.len(), next, |_, now, seen| {
            let Some(now) = now else { return };
            let evidence = Evidence::none(&acts, n);
            let view = View::new(&acts, &evidence);
            for other in seen.others(now) {
                // A settlement after what it names is what it is for. One after its rival is a flip, however it is read.
                assert!(!view.are_rivals(now, other), "{other} and then {now}");
                returns += usize::from(view.settles(other, now));
            }
        });
    }
    returns
}

#[test]
fn what_was_settled_never_stands_again() {
    for n in 2..=sized(4, 7) {
        assert_eq!(count_returns(n, Reading::NEAREST), 0, "{n} organisations");
    }
}

#[test]
fn word_for_word_what_was_settled_can_stand_again() {
    assert!(count_returns(5, Reading::LETTER) > 0);
}

#[test]
fn a_settlement_halted_by_a_late_rival_does_not_bring_back_what_it_settled() {
    // Seven, three of them liars: 0, 5 and 6. The first signed both A and B. Before what all named has spread, 1 and 2 see
    // a halt and sign S with 5 and 6; later 3 and 4 see one and sign T with the same two. A was named by 1, 2, 5 and 6.
    // Once S had stood, A must not come back when T appears; word for word it does, for S does not stand any more.
    let (acts, mut evidence, double) = two_settlements(7);
    let (some, rest, liars) = (Set::of(&[1, 2]), Set::of(&[3, 4]), Set::of(&[5, 6]));
    evidence.name_all(some | liars, A);
    evidence.name_all(rest, B);
    let at = |evidence: &Evidence, reading| View::new(&acts, evidence).read_as(reading).next(FOUNDING);
    for reading in [Reading::LETTER, Reading::NEAREST] {
        assert_eq!(at(&evidence, reading), Some(A));
    }
    evidence.sign_all(some | liars, S);
    evidence.name_all(some | liars, S);
    for reading in [Reading::LETTER, Reading::NEAREST] {
        assert_eq!(at(&evidence, reading), Some(S));
    }
    evidence.sign_all(rest | liars, T);
    assert_eq!(at(&evidence, Reading::LETTER), Some(A));
    assert_eq!(at(&evidence, Reading::NEAREST), None);
    // The four honest ones end it, and name the two that the first round did not show.
    let mut acts = acts;
    let all = acts.members(FOUNDING);
    let shown = View::new(&acts, &evidence).double_signers(FOUNDING);
    assert_eq!(shown, double | liars);
    assert_eq!(acts.settlement(FOUNDING, all, &[S, T], shown), U);
    evidence.signed.push(Set::NONE);
    evidence.sign_all(some | rest, U);
    evidence.name_all(some | rest, U);
    assert_eq!(View::new(&acts, &evidence).next(FOUNDING), Some(U));
}

#[test]
fn rival_settlements_end_with_one_that_names_them_and_show_another_double_signer() {
    let behaviours = Behaviours::unordered(&[S, T], &[S, T]);
    for n in 3..=sized(5, 7) {
        let (acts, start, named) = two_settlements(n);
        let all = Set::first(n);
        let mut rounds = 0;
        behaviours.each(n - named.len(), |assignment| {
            let mut evidence = start.clone();
            // That they sign again helps neither: they are named.
            [S, T].iter().for_each(|act| evidence.sign_all(named, *act));
            let mut honest = Set::NONE;
            for (who, Behaviour { signed, named }) in (named.len()..).zip(behaviours.assigned(assignment)) {
                signed.iter().for_each(|act| evidence.sign(who, *act));
                named.iter().for_each(|act| evidence.name(who, *act));
                honest = if signed.len() < 2 { honest.with(who) } else { honest };
            }
            let view = View::new(&acts, &evidence);
            let are_rivals = view.has_enough(S) && view.has_enough(T);
            if !are_rivals || !view.is_halted(FOUNDING) || !honest.is_more_than_half_of(all) {
                return;
            }
            let shown = view.double_signers(FOUNDING);
            assert!((named - shown).is_empty() && shown.len() > named.len());
            let mut acts = acts.clone();
            let settlement = acts.settlement(FOUNDING, all, &[S, T], shown);
            evidence.signed.push(honest);
            evidence.name_all(honest, settlement);
            assert_eq!(View::new(&acts, &evidence).next(FOUNDING), Some(settlement));
            rounds += 1;
        });
        // Three liars of seven are the fewest who can make a second round.
        assert_eq!(rounds > 0, n == 7, "{n} organisations");
    }
}

#[test]
fn a_halt_is_no_halt_before_most_have_spoken() {
    // Word for word a version is halted from the moment in which its second rival has its signatures until the first has
    // been acknowledged: whoever signs a settlement then undoes what all are about to acknowledge.
    let (acts, mut evidence, _) = two_settlements(5);
    let seen = |evidence: &Evidence, reading| View::new(&acts, evidence).read_as(reading).may_sign(1, S);
    assert!(seen(&evidence, Reading::LETTER) && !seen(&evidence, Reading::NEAREST));
    evidence.name(1, A);
    evidence.name(2, B);
    assert!(!seen(&evidence, Reading::NEAREST));
    evidence.name(3, B);
    assert!(seen(&evidence, Reading::NEAREST));
    evidence.name(4, B);
    assert!(!seen(&evidence, Reading::NEAREST), "B stands");
}

#[test]
fn liars_and_those_from_whom_they_keep_the_rest_can_undo_what_all_others_named() {
    // What no rule of majorities can do. Seven, two liars: 0 and 6. All five honest ones name A, and it stands by far. But
    // 1, 2 and 3 hear of nobody else than the liars, who named B: a halt as they see it. They settle it with 6.
    let (acts, mut evidence, _) = two_settlements(7);
    let (liars, deceived, rest) = (Set::of(&[0, 6]), Set::of(&[1, 2, 3]), Set::of(&[4, 5]));
    evidence.name_all(liars, B);
    evidence.name_all(deceived, A);
    assert!(deceived.iter().all(|who| View::new(&acts, &evidence).may_sign(who, S)));
    let mut whole = evidence.clone();
    whole.name_all(rest, A);
    assert!(!deceived.iter().any(|who| View::new(&acts, &whole).may_sign(who, S)));
    assert_eq!(View::new(&acts, &whole).next(FOUNDING), Some(A));
    // Two of them would be too few: the double signer that the settlement names is not counted.
    whole.sign_all(Set::of(&[0, 1, 2, 6]), S);
    assert!(!View::new(&acts, &whole).has_enough(S));
    whole.sign(3, S);
    assert!(rest.iter().all(|who| View::new(&acts, &whole).may_name(who, S)));
    whole.name_all(deceived | rest, S);
    assert_eq!(View::new(&acts, &whole).next(FOUNDING), Some(S));
}

#[test]
fn a_settlement_names_a_double_signer_and_only_real_ones() {
    let (acts, mut evidence, _) = two_settlements(5);
    let mut acts = acts;
    let all = Set::first(5);
    for (rivals, double, may) in [
        (&[A, B][..], Set::of(&[0]), true),
        (&[A, B], Set::NONE, false),
        (&[A, B], Set::of(&[0, 1]), false),
        (&[A], Set::of(&[0]), false),
        (&[A, T], Set::of(&[0]), false),
    ] {
        let settlement = acts.settlement(FOUNDING, all, rivals, double);
        evidence.signed.push(all);
        assert_eq!(View::new(&acts, &evidence).has_enough(settlement), may, "{rivals:?} {double:?}");
    }
}

#[test]
fn a_settlement_that_names_some_of_many_double_signers_needs_the_word_of_the_rest() {
    // Of four two signed both. Who names them both has two signatures of the three that it takes, whoever else signs; who names
    // one has the other's besides. Of two nothing is left to settle with.
    for n in [2, 4, 6] {
        let mut acts = two_rivals(n);
        let all = Set::first(n);
        let double = Set::first(2);
        let (both, one) =
            (acts.settlement(FOUNDING, all, &[A, B], double), acts.settlement(FOUNDING, all, &[A, B], Set::of(&[0])));
        let mut evidence = Evidence::none(&acts, n);
        evidence.sign_all(double, A);
        evidence.sign_all(double, B);
        (2..n).for_each(|who| evidence.sign(who, if who % 2 == 0 { A } else { B }));
        evidence.sign_all(all, both);
        evidence.sign_all(all - Set::of(&[0, 1]), one);
        let has_enough = |evidence: &Evidence, act| View::new(&acts, evidence).has_enough(act);
        assert_eq!(has_enough(&evidence, both), n > 4, "{n} organisations");
        assert_eq!(has_enough(&evidence, one), n > 4, "{n} organisations");
        evidence.sign(1, one);
        assert_eq!(has_enough(&evidence, one), n > 2, "{n} organisations");
        // Of six both have enough: two settlements, and another halt.
        if n == 4 {
            evidence.name_all(all - Set::of(&[0]), one);
            assert_eq!(View::new(&acts, &evidence).next(FOUNDING), Some(one));
        }
    }
}
