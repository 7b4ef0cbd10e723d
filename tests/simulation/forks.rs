//! The proof of a fork spreads as fast as the network can carry it.

use std::collections::BTreeSet;

use isnad_tests::world::{HONEST, HOPS, World};

use crate::turns::whole;

/// Seeds of both shapes, with quick disks and slow ones.
const SEEDS: u64 = if cfg!(debug_assertions) { 4 } else { 8 };

#[test]
fn a_fork_proof_reaches_thirty_nodes_within_two_hops_time() {
    let _whole = whole();
    let mut hop_ms = BTreeSet::new();
    for seed in 0..SEEDS {
        let spread = World::spread(seed).unwrap_or_else(|finding| panic!("seed {seed}: {finding:?}"));
        assert_eq!(spread.arrivals.len(), HONEST);
        assert!(
            spread.arrivals.iter().all(|at| at.hops <= HOPS && at.after_ms <= at.hops * spread.hop_ms),
            "{spread:?}"
        );
        hop_ms.insert(spread.hop_ms);
    }
    assert!(hop_ms.len() > 1, "every disk was as quick as the next: {hop_ms:?}");
}

#[test]
fn a_fork_spreads_the_same_way_each_time() {
    let _whole = whole();
    assert_eq!(World::spread(1), World::spread(1));
    assert_ne!(World::spread(1), World::spread(2));
}
