//! Many seeds on all cores.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Failure, Plan, Report, World};

/// Runs every plan, on all cores, and hands over what each came to, in the order in which they end.
///
/// Stops early once `take` says so by `false`.
pub fn campaign(plans: &[Plan], take: impl FnMut(Result<Report, Box<Failure>>) -> bool + Send) {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (next, take) = (AtomicUsize::new(0), Mutex::new(take));
    std::thread::scope(|scope| {
        for _ in 0..cores.min(plans.len()) {
            scope.spawn(|| {
                while let Some(plan) = plans.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let outcome = World::run(plan);
                    let mut take = take.lock().unwrap_or_else(PoisonError::into_inner);
                    if !take(outcome) {
                        next.store(plans.len(), Ordering::SeqCst);
                    }
                }
            });
        }
    });
}
