//! Acts of an organisation: rotations from one commitment, rivals at one version, what is held by most. DESIGN §7.

use crate::count::{Behaviours, Seen, Unlike, sized};
use crate::model::{Act, Acts, Behaviour, Evidence, FOUNDING, Reading, Set, Standing, Step, View};

/// What stands with nothing halted.
fn stands(acts: &[Act]) -> Standing {
    Standing { acts: acts.to_vec(), is_halted: false, revoking: Vec::new() }
}

fn halts(acts: &[Act], revoking: &[Act]) -> Standing {
    Standing { acts: acts.to_vec(), is_halted: true, revoking: revoking.to_vec() }
}

/// The organisation 0 of a consortium of `n`: its first act, another after it, and a rotation after each of them.
fn rotating(n: usize) -> (Acts, [Act; 4]) {
    let mut acts = Acts::founded(n, n / 2 + 1);
    let first = acts.add_first(0);
    let grant = acts.add(first, Step::Roots);
    let early = acts.add(first, Step::Rotation);
    let late = acts.add(grant, Step::Rotation);
    (acts, [first, grant, early, late])
}

/// Its acts are all held.
fn held(acts: &Acts, organisations: usize, own: &[Act]) -> Evidence {
    let mut evidence = Evidence::none(acts, organisations);
    own.iter().for_each(|act| evidence.sign(0, *act));
    evidence
}

#[test]
fn of_two_rotations_from_one_commitment_never_both_are_held_by_most_and_neither_follows_the_other() {
    for others in 1..=sized(4, 6) {
        let (acts, own) = rotating(others + 1);
        let [first, grant, early, late] = own;
        // With all three acts to name there are too many assignments for more than five.
        let name = if others > sized(3, 5) { &[early, late][..] } else { &[grant, early, late] };
        let behaviours = Behaviours::every(&[], name, name.len());
        let evidence = |assignment: &[usize]| {
            let mut evidence = held(&acts, 1, &own);
            evidence.named.extend(behaviours.assigned(assignment).map(|behaviour| behaviour.named.clone()));
            evidence
        };
        let by_most = |assignment: &[usize]| {
            let evidence = evidence(assignment);
            let view = View::new(&acts, &evidence);
            assert!(!(view.is_held_by_most(early) && view.is_held_by_most(late)));
            [early, late].into_iter().find(|act| view.is_held_by_most(*act))
        };
        behaviours.grow(others, by_most, |assignment, now, seen| {
            assert_eq!(now.and_then(|now| seen.others(now).next()), None);
            let evidence = evidence(assignment);
            let view = View::new(&acts, &evidence);
            let expected = match now {
                Some(act) if act == early => stands(&[first, early]),
                Some(_) => stands(&[first, grant, late]),
                None if view.is_held_by_most(grant) => halts(&[first, grant], &[]),
                None => halts(&[first], &[]),
            };
            assert_eq!(view.standing(first), expected);
        });
    }
}

#[test]
fn a_rotation_may_name_any_act_since_its_commitment_and_undoes_what_it_does_not_follow() {
    let (acts, [first, grant, early, late]) = rotating(4);
    let standing = |own: &[Act], named: Option<Act>| {
        let mut evidence = held(&acts, 4, own);
        named.into_iter().for_each(|act| evidence.name_all(Set::of(&[1, 2, 3]), act));
        View::new(&acts, &evidence).standing(first)
    };
    assert_eq!(standing(&[first, grant], None), stands(&[first, grant]));
    assert_eq!(standing(&[first, grant, late], None), stands(&[first, grant, late]));
    // Also if all others acknowledged what falls.
    assert_eq!(standing(&[first, grant, early], Some(grant)), stands(&[first, early]));
    assert_eq!(standing(&[first, grant, early, late], None), halts(&[first], &[]));
    assert_eq!(standing(&[first, grant, early, late], Some(grant)), halts(&[first, grant], &[]));
}

#[test]
fn an_act_of_the_roots_stands_before_one_of_an_admin_and_equals_halt_until_a_rotation() {
    let mut acts = Acts::founded(4, 3);
    let first = acts.add_first(0);
    let admin = [Step::Admin, Step::Admin].map(|step| acts.add(first, step));
    let roots = [Step::Roots, Step::Roots].map(|step| acts.add(first, step));
    let follows = acts.add(admin[0], Step::Roots);
    let rotation = acts.add(first, Step::Rotation);
    let standing = |own: &[Act], named: &[(usize, Act)]| {
        let mut evidence = held(&acts, 4, own);
        named.iter().for_each(|(who, act)| evidence.name(*who, *act));
        View::new(&acts, &evidence).standing(first)
    };
    let [a, b] = admin;
    let [r, s] = roots;
    assert_eq!(standing(&[a, follows], &[]), stands(&[first, a, follows]));
    assert_eq!(standing(&[a, follows, r], &[(1, a), (2, follows), (3, a)]), stands(&[first, r]));
    assert_eq!(standing(&[a, b], &[]), halts(&[first], &[a, b]));
    assert_eq!(standing(&[a, b], &[(1, a), (2, follows)]), stands(&[first, a]));
    assert_eq!(standing(&[a, b, follows], &[(1, a), (2, follows), (2, b)]), halts(&[first], &[a, b]));
    assert_eq!(standing(&[r, s, a], &[(1, a), (2, a), (3, a)]), halts(&[first], &[a, r, s]));
    assert_eq!(standing(&[r, s, a], &[(1, s), (2, s), (3, a)]), stands(&[first, s]));
    assert_eq!(standing(&[r, s, a, rotation], &[]), stands(&[first, rotation]));
}

/// How often a rotation held by most is followed by its rival, over all that can be named while the charter goes from two
/// organisations to four and perhaps halts at the first version.
fn count_flips(reading: Reading) -> usize {
    let mut acts = Acts::founded(2, 2);
    let first = acts.add_first(0);
    let (one, other) = (acts.add(first, Step::Rotation), acts.add(first, Step::Rotation));
    let three = acts.charter(FOUNDING, Set::first(3));
    let rival = acts.charter(FOUNDING, Set::first(2));
    let four = acts.charter(three, Set::first(4));
    let all = Unlike(vec![
        Behaviours::unordered(&[rival], &[four, rival]),
        Behaviours::every(&[], &[four, rival, one, other], sized(3, 4)),
        Behaviours::every(&[], &[four, one, other], 3),
        Behaviours::every(&[], &[four, one, other], 3),
    ]);
    let by_most = |assignment: &[&Behaviour]| {
        let mut evidence = Evidence::of(&acts, assignment.iter().copied());
        for act in [three, four, one, other] {
            evidence.sign_all(Set::first(4), act);
        }
        evidence.sign(1, rival);
        let view = View::new(&acts, &evidence).read_as(reading);
        Seen::all(&[one, other].into_iter().filter(|act| view.is_held_by_most(*act)).collect::<Vec<_>>())
    };
    let mut flips = 0;
    all.grow(by_most, |_, now, seen| {
        assert!(!(now.has(one) && now.has(other)));
        flips += usize::from(now != Seen::default() && now != seen);
    });
    flips
}

#[test]
fn while_the_charter_changes_a_rotation_held_by_most_is_never_followed_by_its_rival() {
    assert_eq!(count_flips(Reading::NEAREST), 0);
}

#[test]
fn word_for_word_a_halt_of_the_charter_can_turn_a_rotation_into_its_rival() {
    assert!(count_flips(Reading::LETTER) > 0);
}

#[test]
fn a_rotation_held_by_most_under_a_version_that_was_undone_still_bars_its_rival() {
    // Five organisations, one liar: 0, who rotates twice from one commitment. The charter removes 1, then admits 5 and 6.
    // The one rotation was named by 1, 2 and 3, of four others when all began; the other by 4, 5 and 6, of five others now.
    // A replica that has not heard of 1, 2 and 3 sees the other held by most. Then 0 shows that it signed two rivals of the
    // second version: the charter halts at the first, under which the one is held by most. Word for word it stands now, and
    // the keys are others than yesterday. If what barred it goes on to, the chain halts instead, and 0 is suspended.
    let mut acts = Acts::founded(5, 3);
    let first = acts.add_first(0);
    let (one, other) = (acts.add(first, Step::Rotation), acts.add(first, Step::Rotation));
    let removes = acts.charter(FOUNDING, Set::of(&[0, 2, 3, 4]));
    let rival = acts.charter(FOUNDING, Set::first(5));
    let admits = acts.charter(removes, Set::of(&[0, 2, 3, 4, 5]));
    let again = acts.charter(admits, Set::of(&[0, 2, 3, 4, 5, 6]));
    let mut evidence = held(&acts, 7, &[first, one, other]);
    for act in [removes, admits, again] {
        evidence.sign_all(Set::of(&[0, 2, 4, 5, 6]), act);
    }
    evidence.name_all(Set::of(&[0, 2, 4, 5, 6]), again);
    evidence.name_all(Set::of(&[4, 5, 6]), other);
    for reading in [Reading::LETTER, Reading::NEAREST] {
        let view = View::new(&acts, &evidence).read_as(reading);
        assert_eq!(view.chain(), [FOUNDING, removes, admits, again]);
        assert_eq!(view.standing(first), stands(&[first, other]));
    }
    evidence.name_all(Set::of(&[1, 2, 3]), one);
    evidence.sign_all(Set::of(&[0, 1, 3]), rival);
    let view = View::new(&acts, &evidence);
    assert_eq!(view.chain(), [FOUNDING]);
    assert_eq!(view.read_as(Reading::LETTER).standing(first), stands(&[first, one]));
    assert_eq!(view.standing(first), halts(&[first], &[]));
}

#[test]
fn an_acknowledgement_counts_under_a_version_only_if_it_was_known() {
    let mut acts = Acts::founded(3, 2);
    let first = acts.add_first(0);
    let (one, other) = (acts.add(first, Step::Rotation), acts.add(first, Step::Rotation));
    let admits = acts.charter(FOUNDING, Set::first(4));
    let removes = acts.charter(admits, Set::of(&[0, 2, 3]));
    let mut evidence = held(&acts, 4, &[first, one, other]);
    evidence.sign_all(Set::first(4), admits);
    evidence.sign_all(Set::first(4), removes);
    evidence.name_all(Set::of(&[0, 1, 2]), admits);
    evidence.name_all(Set::of(&[2, 3]), one);
    let by_most = |evidence: &Evidence| View::new(&acts, evidence).is_held_by_most(one);
    // 3 named nothing of the charter: two of three would be most of the others of the second version.
    assert!(!by_most(&evidence));
    evidence.name_all(Set::of(&[0, 2, 3]), removes);
    assert_eq!(View::new(&acts, &evidence).chain(), [FOUNDING, admits, removes]);
    // 2 and 3 are all others now, but they named the rotation before that: named again, it counts.
    assert!(!by_most(&evidence));
    evidence.name_all(Set::of(&[2, 3]), one);
    assert!(by_most(&evidence));
}

#[test]
fn a_suspension_ends_every_halt_at_the_act_that_it_names() {
    let (mut acts, own) = rotating(4);
    let [first, grant, early, late] = own;
    let suspends = acts.charter(FOUNDING, Set::of(&[1, 2, 3]));
    acts.suspend(suspends, first);
    let mut evidence = held(&acts, 4, &own);
    // Half named the one first, half the other: nothing that anyone names ends it.
    evidence.name_all(Set::of(&[1, 2]), early);
    evidence.name_all(Set::of(&[2, 3]), late);
    assert_eq!(View::new(&acts, &evidence).standing(first), halts(&[first, grant], &[]));
    evidence.sign_all(Set::of(&[1, 2, 3]), suspends);
    evidence.name_all(Set::of(&[1, 2, 3]), suspends);
    assert_eq!(View::new(&acts, &evidence).standing(first), stands(&[first]));
}

#[test]
fn with_two_organisations_the_other_decides_and_with_one_it_decides_itself() {
    for (n, decides) in [(2, 1), (1, 0)] {
        let (acts, own) = rotating(n);
        let [first, grant, early, late] = own;
        let mut evidence = held(&acts, n, &own);
        assert_eq!(View::new(&acts, &evidence).standing(first), halts(&[first], &[]));
        evidence.name(decides, late);
        assert_eq!(View::new(&acts, &evidence).standing(first), stands(&[first, grant, late]));
        evidence.name(decides, early);
        assert_eq!(View::new(&acts, &evidence).standing(first), halts(&[first, grant], &[]));
    }
}

#[test]
fn of_every_membership_there_ever_was_more_than_half_must_stay_honest() {
    // What the Law says that it cannot do: 1 and 2, long removed, turn. As most of the others of the founding version they
    // still name a rival of a rotation that all present others acknowledged: each bars the other, and the chain halts.
    let mut acts = Acts::founded(4, 3);
    let first = acts.add_first(0);
    let (one, other) = (acts.add(first, Step::Rotation), acts.add(first, Step::Rotation));
    let mut last = FOUNDING;
    let mut evidence = held(&acts, 6, &[first, one]);
    for members in [[0, 1, 2, 3, 4].as_slice(), &[0, 2, 3, 4], &[0, 2, 3, 4, 5], &[0, 3, 4, 5]] {
        last = acts.charter(last, Set::of(members));
        evidence.signed.push(Set::first(6));
    }
    evidence.name_all(Set::first(6), last);
    evidence.name_all(Set::of(&[3, 4, 5]), one);
    assert_eq!(View::new(&acts, &evidence).chain().len(), 5);
    evidence.sign(0, other);
    assert_eq!(View::new(&acts, &evidence).standing(first), stands(&[first, one]));
    evidence.name_all(Set::of(&[1, 2]), other);
    assert_eq!(View::new(&acts, &evidence).standing(first), halts(&[first], &[]));
}
