//! Every decoder of foreign bytes: nothing panics, and what is taken is written the same way again.
//!
//! A campaign is longer: `cargo run --release -p isnad-tests -- fuzz all --cases 10000000`.

#![allow(clippy::unwrap_used, reason = "this target is nothing but tests")]

use isnad_tests::fuzz::{TARGETS, Target};

/// Runs the short form of a target, and sees that its cases reach both sides of its rules.
fn check(name: &str) {
    let target = Target::named(name).unwrap();
    let tally = target.run(0, target.short).unwrap_or_else(|broken| panic!("{name}: {broken}"));
    assert!(tally.taken > 0 && tally.taken < tally.cases, "{name}: {tally:?}");
}

macro_rules! each {
    ($($test:ident: $name:literal),* $(,)?) => {
        $(#[test] fn $test() { check($name); })*

        #[test]
        fn every_target_is_run() {
            let named = [$($name),*];
            assert_eq!(TARGETS.iter().map(|target| target.name).collect::<Vec<_>>(), named);
        }
    };
}

each! {
    headers: "header",
    entries: "entry",
    acts: "act",
    bodies_of_acts: "act-body",
    files_of_acts: "acts-file",
    canonical_json: "json",
    operations: "operations",
    foreign_json: "foreign",
    imports: "import",
    drafts: "draft",
    words: "words",
    configurations: "config",
    frames: "frame",
    runs: "run",
    claims: "claim",
    entries_that_are_signed: "signed-entry",
    carried_files: "carried",
    sessions: "session",
    frames_of_joining: "join-frame",
    invitations: "invitation",
    attestations: "attestation",
    attestations_that_are_signed: "attested",
    proofs_of_forks: "fork",
    cuts: "cuts",
}
