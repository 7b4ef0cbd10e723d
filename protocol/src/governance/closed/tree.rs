//! The headers of one closed log beyond its closing point: which stands before which, on whatever branch.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::EntryId;
use crate::log::LogEnd;

/// A header, as far as the rules on closed logs read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// Where it stands.
    pub end: LogEnd,
    /// The entry before it.
    pub prev: EntryId,
    /// True if the entry is held whole: with its payload, if it has one.
    pub is_whole: bool,
}

/// Headers by id, each with its span: numbers that hold those of all that follow it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tree {
    nodes: BTreeMap<EntryId, Node>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Node {
    seq: u64,
    prev: EntryId,
    is_whole: bool,
    span: (u64, u64),
}

/// A step of the walk that gives the numbers.
enum Step {
    Enter(EntryId),
    Leave(EntryId),
}

impl Tree {
    /// Puts headers together, whatever their order.
    pub(super) fn of(links: impl IntoIterator<Item = Link>) -> Self {
        let mut tree = Self::default();
        for Link { end, prev, is_whole } in links {
            let node = Node { seq: end.seq, prev, is_whole, span: (0, 0) };
            // Held bare at first, and whole later, it is whole.
            tree.nodes.entry(end.id).or_insert(node).is_whole |= is_whole;
        }
        tree.number();
        tree
    }

    fn number(&mut self) {
        let mut behind: BTreeMap<EntryId, Vec<EntryId>> = BTreeMap::new();
        let mut steps = Vec::new();
        for (id, node) in &self.nodes {
            if self.nodes.contains_key(&node.prev) {
                behind.entry(node.prev).or_default().push(*id);
            } else {
                steps.push(Step::Enter(*id));
            }
        }
        let mut number = 0_u64;
        while let Some(step) = steps.pop() {
            number = number.saturating_add(1);
            match step {
                Step::Enter(id) => {
                    self.nodes.entry(id).and_modify(|node| node.span.0 = number);
                    steps.push(Step::Leave(id));
                    steps.extend(behind.remove(&id).into_iter().flatten().map(Step::Enter));
                }
                Step::Leave(id) => {
                    self.nodes.entry(id).and_modify(|node| node.span.1 = number);
                }
            }
        }
    }

    pub(super) fn contains(&self, id: &EntryId) -> bool {
        self.nodes.contains_key(id)
    }

    /// True if an entry is held whole.
    pub(super) fn is_whole(&self, id: &EntryId) -> bool {
        self.nodes.get(id).is_some_and(|node| node.is_whole)
    }

    /// True if both are held and `one` is `other` or stands before it.
    pub(super) fn is_upto(&self, one: &EntryId, other: &EntryId) -> bool {
        let (Some(one), Some(other)) = (self.nodes.get(one), self.nodes.get(other)) else { return false };
        one.span.0 <= other.span.0 && other.span.1 <= one.span.1
    }

    /// True if `one`, where it is held, stands neither before nor after the held entry `other`, nor is it.
    ///
    /// Of one that is not held only its position is known: a rival at `other`'s position or below it, for what stands there
    /// before `other` is held; else nobody can tell.
    pub(super) fn is_rival(&self, one: LogEnd, other: LogEnd) -> bool {
        match self.nodes.contains_key(&one.id) {
            true => !self.is_upto(&one.id, &other.id) && !self.is_upto(&other.id, &one.id),
            false => one.seq <= other.seq,
        }
    }

    /// Each branch, from its first entry held here to its end; what is common to several stands in each.
    pub(super) fn branches(&self) -> impl Iterator<Item = Vec<LogEnd>> {
        self.ends().into_iter().map(|end| self.line_to(end.id))
    }

    /// The last entry of each branch.
    pub(super) fn ends(&self) -> Vec<LogEnd> {
        let inner: BTreeSet<EntryId> = self.nodes.values().map(|node| node.prev).collect();
        let ends = self.nodes.iter().filter(|(id, _)| !inner.contains(id));
        ends.map(|(id, node)| LogEnd { seq: node.seq, id: *id }).collect()
    }

    /// The line that ends in an entry, from the first held here on.
    pub(super) fn line_to(&self, id: EntryId) -> Vec<LogEnd> {
        let mut line = Vec::new();
        let mut next = Some(id);
        while let Some((id, node)) = next.and_then(|id| Some((id, self.nodes.get(&id)?))) {
            line.push(LogEnd { seq: node.seq, id });
            next = Some(node.prev);
        }
        line.reverse();
        line
    }

    /// The entries held at a position, one for each branch that reaches it.
    pub(super) fn at(&self, seq: u64) -> impl Iterator<Item = LogEnd> {
        let here = self.nodes.iter().filter(move |(_, node)| node.seq == seq);
        here.map(|(id, node)| LogEnd { seq: node.seq, id: *id })
    }

    /// What is held of it, for another tree.
    pub(super) fn links(&self) -> impl Iterator<Item = Link> {
        let link = |(id, node): (&EntryId, &Node)| Link {
            end: LogEnd { seq: node.seq, id: *id },
            prev: node.prev,
            is_whole: node.is_whole,
        };
        self.nodes.iter().map(link)
    }
}
