//! Work that the protocol returns in parts, spread over all cores. DESIGN §13.

use isnad_protocol::act::{Act, ActSignature};

/// What is made of each part of a list, in its order; each core has one part. `few` and fewer stay on this thread, for
/// starting another costs more than it saves. `None` if making a part panicked.
pub(crate) fn each<T: Sync, P: Send>(all: &[T], few: usize, make: impl Fn(&[T]) -> P + Sync) -> Option<Vec<P>> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if all.len() <= few || cores == 1 {
        return Some(vec![make(all)]);
    }
    let mut parts = all.chunks(all.len().div_ceil(cores).max(1));
    let first = parts.next().unwrap_or_default();
    std::thread::scope(|scope| {
        let started: Vec<_> = parts.map(|part| scope.spawn(|| make(part))).collect();
        let mut made = vec![make(first)];
        for part in started {
            made.push(part.join().ok()?);
        }
        Some(made)
    })
}

/// Which signatures beneath an act hold, in their order: what governance is given to check them with.
#[must_use]
pub fn signatures_hold(act: &Act, signatures: &[ActSignature]) -> Vec<bool> {
    let check = |part: &[ActSignature]| part.iter().map(|signature| act.is_signed_by(signature)).collect::<Vec<_>>();
    each(signatures, FEW_SIGNATURES, check).unwrap_or_default().concat()
}

/// A thread starts in the time of one.
const FEW_SIGNATURES: usize = 2;

#[cfg(test)]
mod tests {
    use super::each;

    #[test]
    fn parts_come_back_in_order_and_none_is_left_out() {
        for count in [0, 1, 2, 3, 7, 64, 1_000] {
            let all: Vec<usize> = (0..count).collect();
            assert_eq!(each(&all, 1, <[usize]>::to_vec).unwrap().concat(), all);
        }
    }

    #[test]
    fn a_part_that_panics_is_no_answer() {
        let all: Vec<usize> = (0..100).collect();
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        if cores > 1 {
            assert_eq!(each(&all, 1, |part| assert!(!part.contains(&99))), None);
        }
    }
}
