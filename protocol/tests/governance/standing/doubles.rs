//! Whom a halt of the charter names, one history for each kind of organisation: a member, one that comes, one that went, one that a
//! draft alone names, and one that nothing names. DESIGN §7: every node names the double signers; format §4.5, §4.6.

use std::collections::BTreeSet;

use isnad_protocol::act::Kind;

use super::compare::{compare, fold, proved};
use super::history::History;
use super::twins::{Amends, TakesOut, Twins};
use crate::model::entries::Word;
use crate::model::{Act, FOUNDING, Organisation, Set};

/// A consortium whose charter halts: 0, 1 and 2 signed both of two rivals, 0 named one and 1 the other.
struct Halted {
    twins: Twins,
    signed: Vec<(Organisation, Act)>,
}

impl Halted {
    fn new(candidates: usize) -> Self {
        Self { twins: Twins::founded(3, candidates), signed: Vec::new() }
    }

    fn add(&mut self, previous: Act, signers: &[Organisation], amends: Amends) -> Act {
        let act = self.twins.add_charter(previous, &Amends { signers: Set::of(signers), ..amends });
        self.signed.extend(signers.iter().map(|who| (*who, act)));
        act
    }

    fn say(&mut self, who: Organisation, acts: &[Act]) {
        for act in acts {
            self.twins.say(who, Word { acts: vec![*act], entries: Vec::new() });
        }
    }

    /// Who signed, and who acknowledged two, by the real halt; the model agrees.
    fn named(self) -> (Vec<Organisation>, Vec<Organisation>) {
        let history = History::told(self.twins, self.signed);
        compare(&history).unwrap_or_else(|difference| panic!("{}\n{difference}", history.tell()));
        let halts = fold(&history, 0).halts();
        let halt = halts.iter().find(|halt| halt.kind == Kind::Charter).unwrap();
        let (signed, acknowledged) = proved(halt);
        let numbers = |ids: BTreeSet<_>| {
            (0..history.twins.firsts.len()).filter(|who| ids.contains(&history.twins.organisation(*who))).collect()
        };
        (numbers(signed), numbers(acknowledged))
    }
}

#[test]
fn a_member_that_signed_or_acknowledged_two_is_named() {
    let mut halted = Halted::new(0);
    let one = halted.add(FOUNDING, &[0, 1], Amends::default());
    let other = halted.add(FOUNDING, &[1, 2], Amends::default());
    halted.say(0, &[one]);
    halted.say(2, &[other, one]);
    assert_eq!(halted.named(), (vec![1], vec![2]));
}

#[test]
fn one_that_comes_with_either_rival_is_named_if_it_signed_both() {
    // It is no member of the version before; its signatures beneath both are the proof all the same.
    let mut halted = Halted::new(1);
    let admits = || Amends { admits: Some((3, None)), ..Amends::default() };
    let one = halted.add(FOUNDING, &[0, 1, 3], admits());
    let other = halted.add(FOUNDING, &[1, 2, 3], admits());
    halted.say(3, &[one, other]);
    assert_eq!(halted.named(), (vec![1, 3], vec![3]));
}

#[test]
fn one_that_was_taken_out_is_named_if_it_acknowledged_both() {
    // What it said counts under the versions that named it, and is held: it is told, and decides nothing.
    let mut halted = Halted::new(0);
    let last = halted.twins.firsts[2];
    let out = TakesOut { who: 2, last, cuts: Vec::new(), is_suspended: true };
    let without = halted.add(FOUNDING, &[0, 1], Amends { out: Some(out), ..Amends::default() });
    halted.say(0, &[without]);
    halted.say(1, &[without]);
    let one = halted.add(without, &[0, 1], Amends::default());
    let other = halted.add(without, &[0, 1], Amends::default());
    halted.say(2, &[one, other]);
    assert_eq!(halted.named(), (vec![0, 1], vec![2]));
}

#[test]
fn one_that_a_draft_alone_names_is_named_if_it_acknowledged_both() {
    // Its first act is held since a draft that a member signed names it, and so the grant of the key that said so.
    let mut halted = Halted::new(1);
    let one = halted.add(FOUNDING, &[0, 1], Amends::default());
    let other = halted.add(FOUNDING, &[1, 2], Amends::default());
    halted.add(FOUNDING, &[0], Amends { admits: Some((3, None)), ..Amends::default() });
    halted.say(3, &[one, other]);
    assert_eq!(halted.named(), (vec![1], vec![3]));
}

#[test]
fn one_that_nothing_names_is_nobody_and_its_words_are_taken_by_none() {
    // Nobody holds the act that grants its key: what it says is no proof of anything.
    let mut halted = Halted::new(1);
    let one = halted.add(FOUNDING, &[0, 1], Amends::default());
    let other = halted.add(FOUNDING, &[1, 2], Amends::default());
    halted.say(3, &[one, other]);
    assert_eq!(halted.named(), (vec![1], vec![]));
}
