//! Seeds that everybody runs, seeds that once showed a fault, and what a seed promises.

use isnad_tests::world::World;

/// As many as run in some 25 seconds on one core.
const SEEDS: u64 = 60;

#[test]
fn honest_nodes_stay_safe_and_agree_under_every_seed() {
    let failures: Vec<String> =
        (0..SEEDS).filter_map(|seed| World::run(seed).err()).map(|failure| failure.to_string()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn seeds_that_once_showed_a_fault_hold() {
    // Payloads, checks and blame after disks failed and peers lied: each seed is named by the commit that it led to.
    for seed in [28, 142, 178, 182, 196, 294, 521, 557] {
        World::run(seed).unwrap_or_else(|failure| panic!("{failure}"));
    }
}

#[test]
fn a_seed_replays_to_the_byte() {
    for seed in [3, 7] {
        assert_eq!(World::run(seed).unwrap(), World::run(seed).unwrap());
    }
    assert_ne!(World::run(3).unwrap().trace, World::run(7).unwrap().trace);
}

#[test]
fn a_failure_names_the_command_that_replays_it() {
    use isnad_tests::world::{Failure, Finding, Rule};
    let finding = Finding { rule: Rule::Lost, evidence: "an entry".to_owned() };
    let failure = Failure { seed: 41, at_ms: 7, finding };
    assert!(failure.to_string().ends_with("cargo run --release -p isnad-tests -- simulate --seed 41"));
}
