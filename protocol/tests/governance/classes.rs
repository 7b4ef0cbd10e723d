//! Three rivals, for every assignment of signatures and acknowledgements, up to renaming of organisations and of the rivals.
//!
//! `ISNAD_RIVALS=7` goes to seven organisations, in seven minutes of one core; else it goes to five.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::count::{Behaviours, sized};
use crate::model::{Act, Acts, Behaviour, Evidence, FOUNDING, Set, View};
use crate::{number, settlements};

pub(crate) const RIVALS: [Act; 3] = [1, 2, 3];
const RENAMED: [[Act; 3]; 6] = [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]];

/// `n` organisations, of which just more than half have to sign, and three versions that follow the founding one.
pub(crate) fn three_rivals(n: usize) -> Acts {
    let mut acts = Acts::founded(n, n / 2 + 1);
    for _ in RIVALS {
        acts.charter(FOUNDING, Set::first(n));
    }
    acts
}

/// True if in some part of what is held a rival stands: where nobody did anything but for that one.
pub(crate) fn has_stood<'a>(of: impl Iterator<Item = &'a Behaviour> + Clone, rival: Act) -> bool {
    let n = of.clone().count();
    let most = |does: fn(&Behaviour) -> &Vec<Act>| 2 * of.clone().filter(|one| does(one).contains(&rival)).count() > n;
    most(|one| &one.signed) && most(|one| &one.named)
}

/// The assignments of behaviours that are the lowest of those that a renaming makes of them.
struct Classes {
    behaviours: Behaviours,
    /// By renaming of the rivals: what each behaviour becomes.
    renamed: Vec<Vec<usize>>,
    /// The lowest that each can become.
    lowest: Vec<usize>,
}

impl Classes {
    fn new() -> Self {
        let behaviours = Behaviours::unordered(&RIVALS, &RIVALS);
        let rename = |acts: &[Act], to: &[Act; 3]| {
            let mut acts: Vec<Act> = acts.iter().map(|act| to[act - 1]).collect();
            acts.sort_unstable();
            acts
        };
        let becomes = |behaviour: &Behaviour, to: &[Act; 3]| {
            let (signed, named) = (rename(&behaviour.signed, to), rename(&behaviour.named, to));
            behaviours.all.iter().position(|other| other.signed == signed && other.named == named).unwrap()
        };
        let all = |to: &[Act; 3]| behaviours.all.iter().map(|behaviour| becomes(behaviour, to)).collect();
        let renamed: Vec<Vec<usize>> = RENAMED.iter().map(all).collect();
        let least = |at: usize| renamed.iter().map(|to| to[at]).min().unwrap();
        let lowest = (0..behaviours.all.len()).map(least).collect();
        Self { behaviours, renamed, lowest }
    }

    fn is_lowest(&self, assignment: &[usize]) -> bool {
        let mut other = [0; 8];
        let other = &mut other[..assignment.len()];
        self.renamed.iter().skip(1).all(|to| {
            other.iter_mut().zip(assignment).for_each(|(other, own)| *other = to[*own]);
            other.sort_unstable();
            *other >= *assignment
        })
    }

    /// Judges one assignment of each class whose first two behaviours are these; returns how many there are.
    fn each_from(&self, n: usize, begin: &[usize], judge: &impl Fn(&[usize])) -> usize {
        // Any that can become lower than the first cannot be in an assignment that is the lowest.
        let from = begin[begin.len() - 1];
        let fits: Vec<usize> = (from..self.lowest.len()).filter(|at| self.lowest[*at] >= begin[0]).collect();
        let left = n - begin.len();
        let mut places = vec![0; left];
        let mut count = 0;
        loop {
            let rest = places.iter().map(|place| fits[*place]);
            let assignment: Vec<usize> = begin.iter().copied().chain(rest).collect();
            if self.is_lowest(&assignment) {
                judge(&assignment);
                count += 1;
            }
            let Some(at) = places.iter().rposition(|place| *place + 1 < fits.len()) else { return count };
            let next = places[at] + 1;
            places[at..].fill(next);
        }
    }

    /// Judges one assignment of each class, on all cores.
    fn each(&self, n: usize, judge: impl Fn(&[usize]) + Sync) -> usize {
        let all = 0..self.lowest.len();
        let fits = |one: usize, two: usize| self.lowest[one] == one && self.lowest[two] >= one;
        let begins: Vec<Vec<usize>> = match n {
            1 => all.filter(|one| fits(*one, *one)).map(|one| vec![one]).collect(),
            _ => all.clone().flat_map(|one| (one..all.end).map(move |two| vec![one, two])).collect(),
        };
        let begins: Vec<_> = begins.into_iter().filter(|begin| fits(begin[0], begin[begin.len() - 1])).collect();
        let (due, count) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        std::thread::scope(|scope| {
            for _ in 0..cores {
                scope.spawn(|| {
                    while let Some(begin) = begins.get(due.fetch_add(1, Ordering::Relaxed)) {
                        count.fetch_add(self.each_from(n, begin, &judge), Ordering::Relaxed);
                    }
                });
            }
        });
        count.into_inner()
    }

    /// How many classes there are, by Burnside's lemma: of each renaming the assignments that it leaves as they are.
    fn count(&self, n: usize) -> usize {
        let unmoved = |to: &Vec<usize>| {
            let mut ways = vec![0; n + 1];
            ways[0] = 1;
            for first in 0..to.len() {
                let cycle: Vec<usize> =
                    std::iter::successors(Some(first), |at| Some(to[*at]).filter(|at| *at != first)).collect();
                if cycle.iter().all(|at| *at >= first) {
                    (cycle.len()..=n).for_each(|size| ways[size] += ways[size - cycle.len()]);
                }
            }
            ways[n]
        };
        self.renamed.iter().map(unmoved).sum::<usize>() / self.renamed.len()
    }
}

#[test]
fn of_three_rivals_of_up_to_seven_organisations_never_two_stand_and_none_ever_follows_another() {
    let classes = Classes::new();
    let most = number("ISNAD_RIVALS").map_or(sized(3, 5), |most| usize::try_from(most).unwrap());
    for n in 1..=most {
        let acts = three_rivals(n);
        let ended = AtomicUsize::new(0);
        let judged = classes.each(n, |assignment| {
            let of = || classes.behaviours.assigned(assignment);
            let evidence = Evidence::of(&acts, of());
            let view = View::new(&acts, &evidence);
            // That not two stand is asserted there.
            if let Some(now) = view.next(FOUNDING) {
                let other = RIVALS.into_iter().find(|other| *other != now && has_stood(of(), *other));
                assert_eq!(other, None, "{:?}", of().collect::<Vec<_>>());
            } else if view.is_seen_to_halt(FOUNDING) {
                ended.fetch_add(usize::from(settlements::ends(&acts, &evidence, of())), Ordering::Relaxed);
            }
        });
        assert_eq!(judged, classes.count(n), "{n} organisations");
        println!("{n} organisations: {judged} classes, of which {ended:?} halt and end by the honest");
        assert!(n < 3 || n == 4 || ended.into_inner() > 0, "{n} organisations");
    }
}
