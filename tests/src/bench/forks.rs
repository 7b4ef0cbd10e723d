//! How long the proof of a fork takes through thirty simulated nodes, against what two hops may take: the same on every
//! machine, for the clock is simulated.

use super::Report;
use crate::world::{HONEST, HOPS, World};

/// So many forks, each among nodes that are connected in another way.
const SEEDS: u64 = 5;

pub(super) fn run(report: &mut Report) {
    for seed in 0..SEEDS {
        let spread = World::spread(seed).unwrap_or_else(|finding| panic!("seed {seed}: {finding:?}"));
        let name = format!("forks: the proof reaches {HONEST} nodes, seed {seed}");
        report.at_most(&name, as_f64(spread.last_ms()), as_f64(HOPS * spread.hop_ms), "ms");
        report.at_most(
            &format!("forks: the slowest way of all, seed {seed}"),
            spread.ratio(),
            1.0,
            "of its hops' time",
        );
    }
}

fn as_f64(ms: u64) -> f64 {
    f64::from(u32::try_from(ms).unwrap_or(u32::MAX))
}
