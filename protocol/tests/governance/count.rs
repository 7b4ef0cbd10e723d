//! Every assignment of behaviours to organisations, up to renaming, and what any part of each makes a replica believe.

use crate::model::{Act, Behaviour};

/// The behaviours that an organisation can have, each after those that it grows from by one step.
#[derive(Debug)]
pub(crate) struct Behaviours {
    pub(crate) all: Vec<Behaviour>,
    /// For each, those from which one more signature or one more name makes it.
    grows_from: Vec<Vec<usize>>,
}

impl Behaviours {
    /// Every set of these to sign, with every order in which to name up to `most` of those.
    pub(crate) fn every(sign: &[Act], name: &[Act], most: usize) -> Self {
        let mut orders: Vec<Vec<Act>> = vec![Vec::new()];
        let mut last = orders.clone();
        for _ in 0..most.min(name.len()) {
            let longer = |order: &Vec<Act>| {
                let fresh = name.iter().filter(|act| !order.contains(act));
                fresh.map(|act| [&order[..], &[*act]].concat()).collect::<Vec<_>>()
            };
            last = last.iter().flat_map(longer).collect();
            orders.extend(last.clone());
        }
        Self::product(&subsets(sign), &orders)
    }

    /// The same, where it is known not to matter in which order acts are named.
    pub(crate) fn unordered(sign: &[Act], name: &[Act]) -> Self {
        Self::product(&subsets(sign), &subsets(name))
    }

    pub(crate) fn product(signed: &[Vec<Act>], named: &[Vec<Act>]) -> Self {
        let with = |signed: &Vec<Act>| {
            let signed = signed.clone();
            named.iter().map(move |named| Behaviour { signed: signed.clone(), named: named.clone() })
        };
        let mut all: Vec<Behaviour> = signed.iter().flat_map(with).collect();
        all.sort_by_key(|behaviour| behaviour.signed.len() + behaviour.named.len());
        let is_step = |from: &Behaviour, to: &Behaviour| {
            let signs = from.named == to.named && is_one_less(&from.signed, &to.signed);
            signs || from.signed == to.signed && is_one_less(&from.named, &to.named)
        };
        let from = |to: &Behaviour| (0..all.len()).filter(|from| is_step(&all[*from], to)).collect();
        let grows_from = all.iter().map(from).collect();
        Self { all, grows_from }
    }

    /// The behaviours of an assignment, by organisation.
    pub(crate) fn assigned<'a>(&'a self, assignment: &'a [usize]) -> impl Iterator<Item = &'a Behaviour> + Clone {
        assignment.iter().map(|behaviour| &self.all[*behaviour])
    }

    /// Judges every assignment to `n` organisations; returns how many there are.
    pub(crate) fn each(&self, n: usize, mut judge: impl FnMut(&[usize])) -> usize {
        let mut assignment = vec![0; n];
        for count in 1.. {
            judge(&assignment);
            // The next one in which no number is lower than the one before it.
            let Some(at) = assignment.iter().rposition(|behaviour| *behaviour + 1 < self.all.len()) else {
                return count;
            };
            let next = assignment[at] + 1;
            assignment[at..].fill(next);
        }
        unreachable!("the assignments end")
    }

    /// Judges every assignment, with the set of all acts that `stands` gives for it or for any part of it.
    pub(crate) fn grow(
        &self,
        n: usize,
        mut stands: impl FnMut(&[usize]) -> Option<Act>,
        mut judge: impl FnMut(&[usize], Option<Act>, Seen),
    ) -> usize {
        let ranks = Ranks::new(n, self.all.len());
        let mut seen = vec![Seen::default(); ranks.rank(&vec![self.all.len() - 1; n]) + 1];
        self.each(n, |assignment| {
            let now = stands(assignment);
            let mut all = now.map_or(Seen::default(), |act| Seen::default().with(act));
            for at in 0..n {
                for from in &self.grows_from[assignment[at]] {
                    let mut part = assignment.to_vec();
                    part[at] = *from;
                    part.sort_unstable();
                    all.0 |= seen[ranks.rank(&part)].0;
                }
            }
            seen[ranks.rank(assignment)] = all;
            judge(assignment, now, all);
        })
    }
}

/// Assignments to organisations that are not alike: each has its own behaviours.
#[derive(Debug)]
pub(crate) struct Unlike(pub(crate) Vec<Behaviours>);

impl Unlike {
    /// Judges every assignment, with the set of all acts that `stand` for it or for any part of it.
    pub(crate) fn grow(
        &self,
        mut stand: impl FnMut(&[&Behaviour]) -> Seen,
        mut judge: impl FnMut(&[&Behaviour], Seen, Seen),
    ) -> usize {
        let total = self.0.iter().map(|behaviours| behaviours.all.len()).product();
        let mut seen = vec![Seen::default(); total];
        for index in 0..total {
            let (mut rest, mut unit, mut parts, mut assignment) = (index, 1, Seen::default(), Vec::new());
            for behaviours in &self.0 {
                let (own, count) = (rest % behaviours.all.len(), behaviours.all.len());
                assignment.push(&behaviours.all[own]);
                for from in &behaviours.grows_from[own] {
                    parts.0 |= seen[index - (own - from) * unit].0;
                }
                (rest, unit) = (rest / count, unit * count);
            }
            let now = stand(&assignment);
            seen[index] = Seen(now.0 | parts.0);
            judge(&assignment, now, seen[index]);
        }
        total
    }
}

/// The acts that stand in some part of what is held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seen(u16);

impl Seen {
    pub(crate) const fn with(self, act: Act) -> Self {
        Self(self.0 | 1 << act)
    }

    pub(crate) fn all(acts: &[Act]) -> Self {
        acts.iter().fold(Self::default(), |seen, act| seen.with(*act))
    }

    pub(crate) const fn has(self, act: Act) -> bool {
        self.0 & 1 << act != 0
    }

    pub(crate) fn others(self, than: Act) -> impl Iterator<Item = Act> {
        (0..16).filter(move |act| *act != than && self.has(*act))
    }
}

/// The place of an assignment among all, in the order of their last and then their earlier numbers.
struct Ranks(Vec<Vec<usize>>);

impl Ranks {
    fn new(n: usize, behaviours: usize) -> Self {
        let mut choose = vec![vec![0; n + 1]; behaviours + n + 1];
        for of in 0..choose.len() {
            choose[of][0] = 1;
            for k in 1..=n.min(of) {
                choose[of][k] = choose[of - 1][k - 1] + choose[of - 1][k];
            }
        }
        Self(choose)
    }

    fn rank(&self, assignment: &[usize]) -> usize {
        assignment.iter().enumerate().map(|(at, behaviour)| self.0[behaviour + at][at + 1]).sum()
    }
}

fn subsets(of: &[Act]) -> Vec<Vec<Act>> {
    (0..1_usize << of.len())
        .map(|chosen| (0..of.len()).filter(|at| chosen & 1 << at != 0).map(|at| of[at]).collect())
        .collect()
}

/// True if `more` is `less` with one act more, in the order that it has.
fn is_one_less(less: &[Act], more: &[Act]) -> bool {
    let without = |left: usize| more.iter().enumerate().filter(move |(at, _)| *at != left).map(|(_, act)| act);
    less.len() + 1 == more.len() && (0..more.len()).any(|left| less.iter().eq(without(left)))
}

/// `release` in a build that is optimised, else `debug`: the tests are the same, and take as many seconds.
pub(crate) const fn sized(debug: usize, release: usize) -> usize {
    if cfg!(debug_assertions) { debug } else { release }
}

#[test]
fn every_assignment_comes_once_and_after_its_parts() {
    let behaviours = Behaviours::every(&[1, 2], &[1, 2], 2);
    assert_eq!(behaviours.all.len(), 4 * 5);
    assert_eq!(behaviours.each(3, |_| {}), 20 * 21 * 22 / 6);
    let ranks = Ranks::new(3, behaviours.all.len());
    let mut seen = std::collections::BTreeSet::new();
    behaviours.each(3, |assignment| {
        assert!(assignment.is_sorted());
        assert!(seen.insert(ranks.rank(assignment)));
    });
    assert_eq!(seen.last(), Some(&(seen.len() - 1)));
}
