//! A failing seed with as little in it as still breaks the same rule: fewer kinds of fault, nodes, steps.

use super::faults::Fault;
use super::{Failure, Plan, World};

/// Runs that shrinking takes at most: a person waits for them.
const TRIES: usize = 120;

/// What is left of a failure.
struct Smaller {
    failure: Box<Failure>,
    tries: usize,
}

/// Leaves out of a failing plan what can be left out: what fails with the same rule takes its place.
#[must_use]
pub fn shrink(failure: Box<Failure>) -> Box<Failure> {
    let mut smaller = Smaller { failure, tries: TRIES };
    // What happened after the failure had no part in it.
    let at_ms = smaller.failure.at_ms;
    smaller.attempt(|plan| plan.until_ms = Some(at_ms + 1));
    smaller.attempt(|plan| plan.is_honest = true);
    if smaller.failure.plan.is_attacked() {
        smaller.attempt(|plan| plan.attacked = Some(false));
    }
    smaller.attempt(|plan| plan.faults = Some(0));
    for fault in Fault::ALL {
        smaller.attempt(|plan| {
            plan.without.insert(fault);
        });
    }
    for nodes in [3, 4, 5, 7, 10] {
        if smaller.failure.nodes > nodes && smaller.attempt(|plan| plan.nodes = Some(nodes)) {
            break;
        }
    }
    smaller.bisect(|plan| &mut plan.until_ms, smaller.failure.stops_at);
    smaller.bisect(|plan| &mut plan.faults, smaller.failure.faults);
    smaller.bisect(|plan| &mut plan.writes, smaller.failure.writes);
    smaller.failure
}

impl Smaller {
    fn attempt(&mut self, change: impl FnOnce(&mut Plan)) -> bool {
        let mut plan = self.failure.plan.clone();
        change(&mut plan);
        if self.tries == 0 || plan == self.failure.plan {
            return false;
        }
        self.tries -= 1;
        match World::run(&plan) {
            Err(failure) if failure.finding.rule == self.failure.finding.rule => {
                self.failure = failure;
                true
            }
            Ok(_) | Err(_) => false,
        }
    }

    /// Finds the least number that still fails, as if all above it failed too.
    fn bisect(&mut self, part: fn(&mut Plan) -> &mut Option<u64>, now: u64) {
        let (mut low, mut high) = (0, now);
        while low < high {
            let middle = low.midpoint(high);
            if self.attempt(|plan| *part(plan) = Some(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
            if self.tries == 0 {
                return;
            }
        }
    }
}
