//! Work that the protocol returns in parts, spread over all cores. DESIGN §13.

use std::sync::OnceLock;
use std::thread::Builder;

use isnad_protocol::act::{Act, ActSignature};
use isnad_protocol::entry::Entry;
use isnad_protocol::log;

/// What is made of each part of a list, in its order; each core has one part. `few` and fewer stay on this thread, for
/// starting another costs more than it saves, and so does a part for which no thread is to be had. `None` if making a part
/// panicked on a thread of its own.
pub(crate) fn each<T: Sync, P: Send>(all: &[T], few: usize, make: impl Fn(&[T]) -> P + Sync) -> Option<Vec<P>> {
    each_on(Builder::new, all, few, make)
}

fn each_on<T: Sync, P: Send>(
    thread: impl Fn() -> Builder,
    all: &[T],
    few: usize,
    make: impl Fn(&[T]) -> P + Sync,
) -> Option<Vec<P>> {
    let cores = count();
    if all.len() <= few || cores == 1 {
        return Some(vec![make(all)]);
    }
    let mut parts = all.chunks(all.len().div_ceil(cores).max(1));
    let first = parts.next().unwrap_or_default();
    let make = &make;
    std::thread::scope(|scope| {
        let start = |part| thread().spawn_scoped(scope, move || make(part)).map_err(|_| part);
        let started: Vec<_> = parts.map(start).collect();
        let first = make(first);
        // All are waited for, whatever came of one: a scope panics over a panic that nobody looked at.
        let others: Vec<Option<P>> = started
            .into_iter()
            .map(|started| started.map_or_else(|part| Some(make(part)), |thread| thread.join().ok()))
            .collect();
        std::iter::once(Some(first)).chain(others).collect()
    })
}

/// How many there are. Asked once: the system reads a dozen files to say.
pub(crate) fn count() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
}

/// Which signatures beneath an act hold, in their order: what governance is given to check them with.
#[must_use]
pub fn signatures_hold(act: &Act, signatures: &[ActSignature]) -> Vec<bool> {
    let check = |part: &[ActSignature]| part.iter().map(|signature| act.is_signed_by(signature)).collect::<Vec<_>>();
    each(signatures, FEW_SIGNATURES, check).unwrap_or_default().concat()
}

/// True if each of these entries is signed by its author: what a replica is given to check those with that are handed in.
#[must_use]
pub fn all_are_signed(entries: &[Entry]) -> bool {
    each(entries, FEW_SIGNATURES, log::all_are_signed).is_some_and(|parts| parts.into_iter().all(|good| good))
}

/// A thread starts in the time of one.
const FEW_SIGNATURES: usize = 2;

#[cfg(test)]
mod tests {
    use isnad_protocol::entry::{Draft, Kind, Payload};
    use isnad_protocol::id::{EntryId, OrganisationId, RecordId, SpaceId};
    use isnad_protocol::key::{SecretKey, Signature};
    use isnad_protocol::time::Timestamp;

    use super::*;

    #[test]
    fn parts_come_back_in_order_and_none_is_left_out() {
        for count in [0, 1, 2, 3, 7, 64, 1_000] {
            let all: Vec<usize> = (0..count).collect();
            assert_eq!(each(&all, 1, <[usize]>::to_vec).unwrap().concat(), all);
        }
    }

    #[test]
    fn one_entry_that_is_not_signed_is_found_wherever_it_stands() {
        let key = SecretKey::from_seed(&[3; 32]);
        let draft = Draft {
            kind: Kind::Change,
            space: SpaceId::new([1; 32]),
            organisation: OrganisationId::new([2; 32]),
            record: RecordId::new([1; 16]),
            generation: 0,
            time: Timestamp(0),
            payload: Payload { salt: [9; 16], bytes: b"{}".to_vec() },
        };
        let entries = vec![draft.seal((0, EntryId::ZERO), &key); 9];
        for count in 0..entries.len() {
            assert!(all_are_signed(&entries[..count]), "{count}");
            for at in 0..count {
                let mut entries = entries[..count].to_vec();
                entries[at].signature = Signature::new([7; 64]);
                assert!(!all_are_signed(&entries), "{at} of {count}");
            }
        }
    }

    #[test]
    fn a_part_that_panics_is_no_answer() {
        let all: Vec<usize> = (0..100).collect();
        if count() > 1 {
            assert_eq!(each(&all, 1, |part| assert!(!part.contains(&99))), None);
            // Each part but the one that is made here.
            assert_eq!(each(&all, 1, |part| assert!(part.contains(&0))), None);
        }
    }

    #[test]
    fn where_no_thread_is_to_be_had_all_is_made_on_this_one() {
        let all: Vec<usize> = (0..100).collect();
        let this = std::thread::current().id();
        // More stack than there are addresses.
        let none = || Builder::new().stack_size(1 << 47);
        let made = each_on(none, &all, 1, |part| (part.to_vec(), std::thread::current().id())).unwrap();
        assert!(made.iter().all(|(_, thread)| *thread == this));
        assert_eq!(made.into_iter().flat_map(|(part, _)| part).collect::<Vec<_>>(), all);
    }
}
