//! The simulator can fail: a rule is broken on purpose, and some seed notices.

use isnad_tests::world::{Broken, Plan, Rule, World};

use crate::turns::whole;

/// Seeds among which one must notice.
const SEEDS: u64 = 40;

fn caught(broken: Broken, by: &[Rule]) {
    let _whole = whole();
    let found = (0..SEEDS).find_map(|seed| World::run(&Plan::broken(seed, broken)).err());
    let failure = found.unwrap_or_else(|| panic!("{broken:?} goes unnoticed"));
    assert!(by.contains(&failure.finding.rule), "{broken:?} is found by another rule: {failure}");
}

#[test]
fn the_checker_catches_what_is_acknowledged_before_it_is_flushed() {
    caught(Broken::AcknowledgeBeforeFlush, &[Rule::AcknowledgedUnflushed, Rule::SentUnflushed]);
}

#[test]
fn the_checker_catches_a_position_that_is_signed_twice() {
    caught(Broken::NoMark, &[Rule::SignedTwice]);
}

#[test]
fn the_checker_catches_a_disk_that_fails_in_silence() {
    caught(Broken::FailInSilence, &[Rule::Prefix, Rule::SentUnflushed, Rule::AcknowledgedUnflushed]);
}

#[test]
fn the_checker_catches_edits_applied_in_the_order_in_which_they_came() {
    caught(Broken::ArrivalOrder, &[Rule::Sheet]);
}
