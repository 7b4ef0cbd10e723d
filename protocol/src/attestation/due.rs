//! What a node's next attestation in a space is to name. DESIGN §7, §9; format §5.
//!
//! A pure function of what its log has said so far and what the node holds: nothing where nothing is new, and of rivals one
//! alone. Whether what is held may be named at all (every signature checked, every payload there) is for the replica to know.

use std::collections::{BTreeMap, BTreeSet};

use super::{ActLine, Attestation, LogLine, NodeLine};
use crate::id::{ActId, NodeId};
use crate::key::PublicKey;
use crate::log::{Frontier, LogEnd};

/// What one log of attestations has said, all of it together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    acts: BTreeSet<ActId>,
    logs: Frontier,
    nodes: BTreeMap<NodeId, BTreeSet<String>>,
}

/// An act with enough signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The act.
    pub line: ActLine,
    /// The one before it in its chain; itself for a first act.
    pub previous: ActId,
    /// True if it is in effect.
    pub stands: bool,
    /// The rivals that it settles.
    pub settles: Vec<ActId>,
}

/// What a node holds of a space and may name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holds {
    /// Acts with enough signatures, in the order in which this node first held them so.
    pub acts: Vec<Candidate>,
    /// Logs, each as far as it is held whole; none of attestations.
    pub logs: Frontier,
    /// Where the node is reached; in `members` alone.
    pub nodes: BTreeSet<NodeLine>,
}

impl Said {
    /// Takes the next attestation of the log.
    pub fn take(&mut self, attestation: &Attestation) {
        self.acts.extend(attestation.acts.iter().map(|line| line.act));
        self.logs.extend(attestation.logs.iter().map(|line| (line.author, line.end)));
        let mut nodes: BTreeMap<NodeId, BTreeSet<String>> = BTreeMap::new();
        for line in &attestation.nodes {
            nodes.entry(line.node).or_default().insert(line.address.clone());
        }
        // The addresses of a node are said together: what is not among them any more has gone.
        self.nodes.extend(nodes);
    }

    /// How far a log was named.
    #[must_use]
    pub fn end(&self, log: &PublicKey) -> Option<LogEnd> {
        self.logs.get(log).copied()
    }

    /// How far each log was named.
    #[must_use]
    pub const fn ends(&self) -> &Frontier {
        &self.logs
    }

    /// What is new since, without the root of the records, which follows from the ends that are named.
    #[must_use]
    pub fn due(&self, holds: &Holds) -> Attestation {
        let is_new = |(log, end): &(&PublicKey, &LogEnd)| self.end(log).is_none_or(|said| said.seq < end.seq);
        let logs = holds.logs.iter().filter(is_new).map(|(author, end)| LogLine { author: *author, end: *end });
        Attestation {
            acts: self.acts_due(&holds.acts),
            logs: logs.collect(),
            nodes: self.nodes_due(&holds.nodes),
            records: None,
        }
    }

    fn nodes_due(&self, nodes: &BTreeSet<NodeLine>) -> BTreeSet<NodeLine> {
        let mut now: BTreeMap<NodeId, BTreeSet<String>> = BTreeMap::new();
        for line in nodes {
            now.entry(line.node).or_default().insert(line.address.clone());
        }
        now.retain(|node, addresses| self.nodes.get(node) != Some(addresses));
        nodes.iter().filter(|line| now.contains_key(&line.node)).cloned().collect()
    }

    /// The newest act of each chain, on the way from what stands along what was named already, else what was held first.
    fn acts_due(&self, candidates: &[Candidate]) -> BTreeSet<ActLine> {
        let scopes: BTreeSet<ActId> = candidates.iter().map(|candidate| candidate.line.scope).collect();
        scopes.into_iter().filter_map(|scope| self.act_due(scope, candidates)).collect()
    }

    fn act_due(&self, scope: ActId, candidates: &[Candidate]) -> Option<ActLine> {
        let chain: Vec<&Candidate> = candidates.iter().filter(|candidate| candidate.line.scope == scope).collect();
        let named = self.named(&chain);
        let mut at = chain.iter().filter(|act| act.stands).max_by_key(|act| act.line.version).copied();
        loop {
            let next: Vec<&Candidate> = chain.iter().filter(|act| follows(act, at)).copied().collect();
            // To have named what follows one of them is to have named that one.
            let on_the_way = next.iter().find(|act| named.contains(&act.line.act)).copied();
            let Some(mut chosen) = on_the_way.or_else(|| next.first().copied()) else { break };
            // A settlement of it comes after it, in the same place: of several that settle each other the last.
            for _ in 0..next.len() {
                let settles = |act: &&&Candidate| act.settles.contains(&chosen.line.act);
                let settled = next.iter().filter(settles).max_by_key(|act| named.contains(&act.line.act));
                let Some(settled) = settled.copied() else { break };
                chosen = settled;
            }
            at = Some(chosen);
        }
        at.map(|act| act.line).filter(|line| !self.acts.contains(&line.act))
    }

    /// The acts of a chain that were named, or of which one that follows was.
    fn named(&self, chain: &[&Candidate]) -> BTreeSet<ActId> {
        let mut behind: BTreeMap<ActId, BTreeSet<ActId>> = BTreeMap::new();
        for act in chain {
            behind.entry(act.line.act).or_default().insert(act.previous);
        }
        let mut named = BTreeSet::new();
        let mut due: Vec<ActId> = behind.keys().filter(|act| self.acts.contains(act)).copied().collect();
        while let Some(act) = due.pop() {
            if let Some(previous) = behind.get(&act).filter(|_| named.insert(act)) {
                due.extend(previous);
            }
        }
        named
    }
}

/// True if the act comes right behind `at`; behind nothing, if it is the first of its chain.
fn follows(act: &Candidate, at: Option<&Candidate>) -> bool {
    let is_first = act.previous == act.line.act;
    match at {
        None => is_first,
        Some(at) => !is_first && act.previous == at.line.act && act.line.version > at.line.version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::EntryId;

    fn act(number: u8) -> ActId {
        ActId::new([number; 32])
    }

    /// An act of the chain that begins with act 1, behind `previous`.
    fn candidate(number: u8, version: u64, previous: u8, stands: bool) -> Candidate {
        let line = ActLine { scope: act(1), version, act: act(number) };
        Candidate { line, previous: act(previous), stands, settles: Vec::new() }
    }

    fn end(seq: u64) -> LogEnd {
        LogEnd { seq, id: EntryId::new([u8::try_from(seq).unwrap(); 32]) }
    }

    fn author(number: u8) -> PublicKey {
        PublicKey::new([number; 32])
    }

    fn named(due: &Attestation) -> Vec<ActId> {
        due.acts.iter().map(|line| line.act).collect()
    }

    #[test]
    fn what_was_said_is_not_said_again() {
        let mut said = Said::default();
        let mut holds = Holds {
            acts: vec![candidate(1, 1, 1, true)],
            logs: BTreeMap::from([(author(1), end(3)), (author(2), end(1))]),
            nodes: BTreeSet::new(),
        };
        let first = said.due(&holds);
        assert_eq!((named(&first), first.logs.len()), (vec![act(1)], 2));
        said.take(&first);
        assert!(said.due(&holds).is_empty());
        holds.logs.insert(author(2), end(2));
        let next = said.due(&holds);
        assert_eq!(next.logs, BTreeSet::from([LogLine { author: author(2), end: end(2) }]));
        assert!(next.acts.is_empty());
    }

    #[test]
    fn a_settlement_is_named_by_whoever_named_what_it_settles() {
        let rivals = vec![candidate(1, 1, 1, true), candidate(2, 2, 1, false), candidate(3, 2, 1, false)];
        let mut said = Said::default();
        let holds = |acts: Vec<Candidate>| Holds { acts, ..Holds::default() };
        said.take(&Attestation { acts: BTreeSet::from([rivals[1].line]), ..Attestation::default() });
        assert!(said.due(&holds(rivals.clone())).acts.is_empty());
        let settlement = Candidate { settles: vec![act(2), act(3)], ..candidate(4, 2, 1, false) };
        let next = Candidate { settles: vec![act(4)], ..candidate(5, 2, 1, false) };
        let settled = [rivals, vec![next, settlement]].concat();
        let due = said.due(&holds(settled.clone()));
        assert_eq!(named(&due), vec![act(5)], "the last, which settles the other settlement too");
        said.take(&due);
        assert!(said.due(&holds(settled)).is_empty());
    }

    #[test]
    fn of_rivals_what_stands_is_named_else_what_was_named_else_what_was_held_first() {
        let rivals =
            |stands| vec![candidate(1, 1, 1, true), candidate(3, 2, 1, stands == 3), candidate(2, 2, 1, stands == 2)];
        let first = Attestation { acts: BTreeSet::from([candidate(1, 1, 1, true).line]), ..Attestation::default() };
        for (already, stands, expected) in
            [(0, 0, vec![3]), (3, 0, vec![]), (2, 0, vec![]), (3, 2, vec![2]), (2, 2, vec![])]
        {
            let mut said = Said::default();
            said.take(&first);
            if already > 0 {
                said.take(&Attestation {
                    acts: BTreeSet::from([candidate(already, 2, 1, false).line]),
                    ..first.clone()
                });
            }
            let due = said.due(&Holds { acts: rivals(stands), ..Holds::default() });
            assert_eq!(
                named(&due),
                expected.iter().map(|number| act(*number)).collect::<Vec<_>>(),
                "{already} {stands}"
            );
        }
    }

    #[test]
    fn an_act_names_all_that_it_follows_and_a_named_one_keeps_the_way() {
        let chain =
            [candidate(1, 1, 1, true), candidate(2, 2, 1, false), candidate(3, 2, 1, false), candidate(4, 3, 3, false)];
        assert_eq!(named(&Said::default().due(&Holds { acts: chain.to_vec(), ..Holds::default() })), [act(2)]);
        let mut said = Said::default();
        said.take(&Attestation { acts: BTreeSet::from([candidate(4, 3, 3, false).line]), ..Attestation::default() });
        assert_eq!(named(&said.due(&Holds { acts: chain.to_vec(), ..Holds::default() })), []);
        let further = [&chain[..], &[candidate(5, 4, 4, false)]].concat();
        assert_eq!(named(&said.due(&Holds { acts: further, ..Holds::default() })), [act(5)]);
    }

    #[test]
    fn addresses_are_said_together_whenever_one_changes() {
        let line = |address: &str| NodeLine { node: NodeId::new([7; 32]), address: address.to_owned() };
        let mut said = Said::default();
        let mut holds = Holds { nodes: BTreeSet::from([line("/ip4/1"), line("/ip4/2")]), ..Holds::default() };
        said.take(&said.clone().due(&holds));
        assert!(said.due(&holds).is_empty());
        holds.nodes = BTreeSet::from([line("/ip4/1"), line("/ip4/3")]);
        assert_eq!(said.due(&holds).nodes, holds.nodes);
    }
}
