//! The short form of the crash campaign; the long one is `cargo run --release -p isnad-tests -- crash`.

use isnad_tests::crash::{Part, Plan, Workload, lacks_strace, run};

/// Of each workload and part: some two dozen in all.
const POINTS: usize = 2;

#[test]
fn killed_or_without_power_at_a_write_a_home_loses_nothing_and_signs_nothing_twice() {
    if let Some(reason) = lacks_strace() {
        eprintln!("SKIPPED: a process can be watched and killed at a call by strace alone: {reason}");
        return;
    }
    let plan = Plan { workloads: Workload::ALL.to_vec(), parts: vec![Part::Kills, Part::Power], points: Some(POINTS) };
    let tallies = run(&plan, |_| ());
    let failures: Vec<&String> = tallies.iter().flat_map(|tally| &tally.failures).collect();
    assert!(failures.is_empty(), "{failures:#?}");
    for tally in &tallies {
        assert!(tally.points == POINTS && tally.found > POINTS, "{tally:?}");
    }
    // Threads do not always take the same turns, so that a point may be missed; not all of them.
    let died: usize = tallies.iter().map(|tally| tally.died).sum();
    assert!(died * 4 > tallies.len() * POINTS * 3, "{tallies:?}");
}
