//! Seeds that everybody runs, seeds that once showed a fault, and what a seed promises.

use isnad_tests::world::{Broken, Failure, Finding, Plan, Rule, World, campaign, shrink};

use crate::turns::whole;

/// As many as run within three minutes on two cores; a short form where nothing is optimised.
const SEEDS: u64 = if cfg!(debug_assertions) { 20 } else { 500 };

/// Of so many seeds one at least has somebody readmitted, and one a halt settled: what happens seldom is held seldom.
const READMITTED_OF: u64 = 20;
const SETTLED_OF: u64 = 100;

#[test]
fn honest_nodes_stay_safe_and_agree_under_every_seed() {
    let _whole = whole();
    let plans: Vec<Plan> = (0..SEEDS).map(Plan::of).collect();
    let (mut failures, mut readmitted, mut settled) = (Vec::<Failure>::new(), 0, 0);
    let mut compared = 0;
    campaign(&plans, |outcome| {
        match outcome {
            Ok(report) => {
                readmitted += u64::from(report.versions.readmitted > 0);
                settled += u64::from(report.versions.settled > 0);
                compared += report.compared;
            }
            Err(failure) => failures.push(*failure),
        }
        true
    });
    failures.sort_by_key(|failure| failure.plan.seed);
    if let Some(first) = failures.first() {
        let shrunk = shrink(Box::new(first.clone()));
        let all: Vec<String> = failures.iter().map(Failure::to_string).collect();
        panic!("{}\nthe first of them, shrunk: {shrunk}", all.join("\n"));
    }
    assert!((readmitted + 1) * READMITTED_OF > SEEDS, "only {readmitted} seeds readmit");
    assert!((settled + 1) * SETTLED_OF > SEEDS, "only {settled} seeds settle");
    assert!(compared > SEEDS, "what two held alike was compared only {compared} times");
}

#[test]
fn seeds_that_once_showed_a_fault_hold() {
    let _whole = whole();
    // Payloads, checks and blame after disks failed and peers lied: each seed is named by the commit that it led to. What a
    // seed draws changes with the kinds of fault there are.
    let ungoverned = [28, 142, 178, 182, 196, 294, 521, 557].map(|seed| Plan { is_ungoverned: true, ..Plan::of(seed) });
    for plan in ungoverned {
        World::run(&plan).unwrap_or_else(|failure| panic!("{failure}"));
    }
}

#[test]
fn a_seed_replays_to_the_byte() {
    let _whole = whole();
    for seed in [3, 7] {
        assert_eq!(World::run(&Plan::of(seed)).unwrap(), World::run(&Plan::of(seed)).unwrap());
    }
    assert_ne!(World::run(&Plan::of(3)).unwrap().trace, World::run(&Plan::of(7)).unwrap().trace);
}

#[test]
fn a_failure_names_the_command_that_replays_it() {
    let finding = Finding { rule: Rule::Lost, evidence: "an entry".to_owned() };
    let plan = Plan::of(41);
    let failure = Failure { plan, at_ms: 7, finding, nodes: 3, stops_at: 9, faults: 0, writes: 0 };
    assert!(failure.to_string().ends_with("cargo run --release -p isnad-tests -- simulate --seed 41"));
}

#[test]
fn a_failure_is_shrunk_to_less_that_breaks_the_same_rule() {
    let _whole = whole();
    let found = (0..40).find_map(|seed| World::run(&Plan::broken(seed, Broken::NoMark)).err()).unwrap();
    let shrunk = shrink(found.clone());
    assert_eq!(shrunk.finding.rule, found.finding.rule);
    assert!(shrunk.plan.to_string().len() > found.plan.to_string().len(), "{shrunk}");
    assert_eq!(World::run(&shrunk.plan).unwrap_err(), shrunk);
}

#[test]
fn one_seed_in_four_is_attacked_and_replays_by_its_number_alone() {
    let arguments = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    for seed in 0..8 {
        let plan = Plan::of(seed);
        assert_eq!(plan.is_attacked(), seed % 4 == 3);
        assert_eq!(Plan::parse(&arguments(&plan.to_string())).unwrap(), plan);
    }
    for line in ["--seed 3 --unattacked", "--seed 4 --attacked"] {
        let plan = Plan::parse(&arguments(line)).unwrap();
        assert_eq!((plan.is_attacked(), plan.to_string().as_str()), (plan.seed == 4, line));
    }
}
