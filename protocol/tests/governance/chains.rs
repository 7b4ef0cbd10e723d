//! Chains of charter versions that admit and remove. DESIGN §7.

use crate::count::{Behaviours, Seen, Unlike};
use crate::model::{Act, Acts, Behaviour, Evidence, FOUNDING, Reading, Set, View};

/// A consortium of three with rivals at two versions after each other, and who signs each.
struct Fork {
    acts: Acts,
    signers: Vec<(Act, Set)>,
    /// Those that a replica may not hold yet.
    late: Vec<Act>,
    /// Whatever an organisation can name, by organisation.
    named: Vec<Vec<Act>>,
}

/// One version admits a fourth, its rival removes the third; after the first, rivals remove the first and the second.
fn admitting_or_removing() -> Fork {
    let mut acts = Acts::founded(3, 2);
    let admits = acts.charter(FOUNDING, Set::first(4));
    let removes = acts.charter(FOUNDING, Set::first(2));
    let one = acts.charter(admits, Set::of(&[1, 2, 3]));
    let other = acts.charter(admits, Set::of(&[0, 2, 3]));
    let after = acts.charter(removes, Set::of(&[0, 1, 3]));
    let signers = vec![
        (admits, Set::of(&[0, 2, 3])),
        (removes, Set::of(&[0, 1])),
        (one, Set::of(&[1, 2, 3])),
        (other, Set::of(&[0, 2, 3])),
        (after, Set::of(&[0, 1])),
    ];
    let all = vec![admits, removes, one, other, after];
    let few = [vec![removes, other, after], vec![removes, one, other, after], vec![admits, removes, one, other]];
    let named = if cfg!(debug_assertions) { few } else { [all.clone(), all.clone(), all] };
    let named = named.into_iter().chain([vec![one, other]]).collect();
    Fork { acts, signers, late: vec![removes, one, other], named }
}

/// One version removes the fourth of four, its rival removes the first; each is followed by two that admit a fifth.
fn removing_either() -> Fork {
    let mut acts = Acts::founded(4, 3);
    let one = acts.charter(FOUNDING, Set::of(&[0, 1, 2]));
    let other = acts.charter(FOUNDING, Set::of(&[1, 2, 3]));
    let admits = acts.charter(one, Set::of(&[0, 1, 2, 4]));
    let keeps = acts.charter(one, Set::of(&[0, 1, 2]));
    let signers = vec![
        (one, Set::of(&[0, 1, 2])),
        (other, Set::of(&[1, 2, 3])),
        (admits, Set::of(&[0, 1, 4])),
        (keeps, Set::of(&[1, 2])),
    ];
    let all = vec![one, other, admits, keeps];
    let named = vec![if cfg!(debug_assertions) { vec![one, admits, keeps] } else { all.clone() }];
    let named = named.into_iter().chain([all.clone(), all, vec![one, other]]).collect();
    Fork { acts, signers, late: vec![one, other, keeps], named }
}

/// A settlement of two rivals, with versions that follow it and one of them.
fn settling() -> Fork {
    let mut acts = Acts::founded(3, 2);
    let all = Set::first(3);
    let (one, other) = (acts.charter(FOUNDING, all), acts.charter(FOUNDING, Set::first(4)));
    let after_one = acts.charter(one, Set::of(&[0, 1]));
    let settlement = acts.settlement(FOUNDING, all, &[one, other], Set::of(&[0]));
    let after = acts.charter(settlement, Set::of(&[1, 2]));
    let signers = vec![
        (one, Set::of(&[0, 1])),
        (other, Set::of(&[0, 2, 3])),
        (after_one, Set::of(&[0, 1])),
        (settlement, Set::of(&[1, 2])),
        (after, Set::of(&[1, 2])),
    ];
    let all = vec![one, other, after_one, settlement, after];
    let few = [vec![one, after_one, settlement], all.clone(), vec![one, other, settlement, after]];
    let named = if cfg!(debug_assertions) { few } else { [all.clone(), all.clone(), all] }.to_vec();
    Fork { acts, signers, late: vec![other, settlement], named }
}

impl Fork {
    /// Everything that the organisations may name, and what of the rest may be held.
    fn assignments(&self) -> Unlike {
        let all = self.named.iter().map(|named| Behaviours::unordered(&[], named));
        Unlike([Behaviours::unordered(&self.late, &[])].into_iter().chain(all).collect())
    }

    fn evidence(&self, assignment: &[&Behaviour]) -> Evidence {
        let mut evidence = Evidence::of(&self.acts, assignment[1..].iter().copied());
        for (act, signers) in &self.signers {
            if !self.late.contains(act) || assignment[0].signed.contains(act) {
                evidence.sign_all(*signers, *act);
            }
        }
        evidence
    }

    fn check(&self) -> usize {
        let chain = |assignment: &[&Behaviour]| Seen::all(&View::new(&self.acts, &self.evidence(assignment)).chain());
        let nothing = Evidence::none(&self.acts, 0);
        let view = View::new(&self.acts, &nothing);
        let (mut halts, mut all) = (0, Seen::default());
        self.assignments().grow(chain, |assignment, now, seen| {
            for act in (0..self.acts.len()).filter(|act| now.has(*act)) {
                for other in seen.others(act) {
                    assert!(!view.are_rivals(act, other), "{other}, and then {act}: {assignment:?}");
                    assert!(!view.settles(other, act), "{other} settled {act}: {assignment:?}");
                }
            }
            halts += usize::from(now != seen);
            all = seen;
        });
        // The last assignment has every other as a part.
        assert_eq!(all, Seen::all(&(0..self.acts.len()).collect::<Vec<_>>()), "each stands somewhere");
        halts
    }
}

#[test]
fn a_chain_that_admits_and_removes_never_turns_from_one_branch_to_another() {
    for fork in [admitting_or_removing(), removing_either(), settling()] {
        assert!(fork.check() > 0, "some of them halt");
    }
}

#[test]
fn what_followed_a_version_that_halts_stands_again_with_it() {
    let mut acts = Acts::founded(5, 3);
    let all = Set::first(5);
    let (a, b) = (acts.charter(FOUNDING, all), acts.charter(FOUNDING, all));
    let later = acts.charter(a, Set::first(6));
    let mut evidence = Evidence::none(&acts, 6);
    evidence.sign_all(Set::of(&[0, 1, 2]), a);
    evidence.sign_all(Set::of(&[0, 1, 2, 5]), later);
    evidence.name_all(Set::of(&[0, 1, 2]), later);
    let chain = |evidence: &Evidence| View::new(&acts, evidence).chain();
    assert_eq!(chain(&evidence), [FOUNDING, a, later]);
    evidence.sign_all(Set::of(&[0, 3, 4]), b);
    assert_eq!(chain(&evidence), [FOUNDING]);
    evidence.name(3, a);
    assert_eq!(chain(&evidence), [FOUNDING, a, later]);
}

#[test]
fn versions_of_one_number_are_rivals_only_if_they_follow_one_act() {
    // Word for word `rivals at one version` would bind who signed the third version after A for ever: once a settlement has
    // undone both, no honest majority could sign the third version that follows it.
    let mut acts = Acts::founded(3, 2);
    let all = Set::first(3);
    let (a, b) = (acts.charter(FOUNDING, all), acts.charter(FOUNDING, all));
    let third = acts.charter(a, all);
    let settlement = acts.settlement(FOUNDING, all, &[a, b], Set::of(&[0]));
    let again = acts.charter(settlement, all);
    let mut evidence = Evidence::none(&acts, 3);
    evidence.sign_all(Set::of(&[0, 1]), a);
    evidence.name_all(all, a);
    evidence.sign_all(Set::of(&[1, 2]), third);
    evidence.name_all(all, third);
    assert_eq!(View::new(&acts, &evidence).chain(), [FOUNDING, a, third]);
    // 2 signed B before it held A with enough signatures; 0 completes it, and names it too. So does another who lies.
    evidence.sign_all(Set::of(&[0, 2]), b);
    evidence.name_all(Set::of(&[0, 1]), b);
    for who in [1, 2] {
        assert!(View::new(&acts, &evidence).may_sign(who, settlement));
        evidence.sign(who, settlement);
    }
    evidence.name_all(all, settlement);
    assert_eq!(View::new(&acts, &evidence).chain(), [FOUNDING, settlement]);
    for who in [1, 2] {
        assert!(View::new(&acts, &evidence).may_sign(who, again), "{who} has signed the third version after A");
        evidence.sign(who, again);
        evidence.name(who, again);
    }
    assert_eq!(View::new(&acts, &evidence).chain(), [FOUNDING, settlement, again]);
}

#[test]
fn a_founding_charter_stands_once_all_signed_it() {
    let acts = Acts::founded(3, 2);
    let mut evidence = Evidence { signed: vec![Set::of(&[0, 2])], named: vec![Vec::new(); 3] };
    assert_eq!(View::new(&acts, &evidence).read_as(Reading::LETTER).chain(), []);
    evidence.sign(1, FOUNDING);
    assert_eq!(View::new(&acts, &evidence).chain(), [FOUNDING]);
}
