//! The short form of the crash campaign; the long one is `cargo run --release -p isnad-tests -- crash`.

use isnad_tests::crash::{Part, Plan, Workload, lacks_strace, run};

fn holds(part: Part, points: usize) {
    let plan = Plan { workloads: Workload::ALL.to_vec(), parts: vec![part], points: Some(points) };
    let tallies = run(&plan, |_| ());
    let failures: Vec<&String> = tallies.iter().flat_map(|tally| &tally.failures).collect();
    assert!(failures.is_empty(), "{failures:#?}");
    for tally in tallies {
        assert!(tally.points == points && tally.found > points, "{tally:?}");
        assert!(tally.died > 0, "none of its points was met: {tally:?}");
    }
}

#[test]
fn a_process_killed_at_a_write_or_sync_loses_nothing_and_signs_nothing_twice() {
    match lacks_strace() {
        Some(reason) => eprintln!("SKIPPED: a process can be watched and killed at a call by strace alone: {reason}"),
        None => holds(Part::Kills, 2),
    }
}

#[test]
fn a_disk_that_drops_or_tears_what_was_not_synced_loses_nothing_and_signs_nothing_twice() {
    match lacks_strace() {
        Some(reason) => eprintln!("SKIPPED: a process can be watched and killed at a call by strace alone: {reason}"),
        None => holds(Part::Power, 3),
    }
}
