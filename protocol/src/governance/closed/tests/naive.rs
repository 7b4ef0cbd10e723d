//! The Laws on closed logs once more, word by word: sets, and nothing that is quick.

use std::collections::BTreeSet;

use super::{Against, EntryId, Facts, Knowledge, Line, Link, LogEnd, Membership, OrganisationId, Table};
use crate::act::Cut;
use crate::id::ActId;

#[derive(Debug)]
pub(super) struct Naive<'a> {
    pub(super) facts: &'a Facts,
    pub(super) links: &'a [Link],
    pub(super) lines: &'a [Line],
    pub(super) table: &'a Table,
}

impl Naive<'_> {
    fn link(&self, id: EntryId) -> Option<&Link> {
        self.links.iter().find(|link| link.end.id == id)
    }

    /// An entry and all before it.
    fn upto(&self, end: LogEnd) -> Vec<LogEnd> {
        let mut all = vec![end];
        while let Some(link) = all.last().and_then(|last| self.link(last.id)).and_then(|link| self.link(link.prev)) {
            all.push(link.end);
        }
        all
    }

    fn are_rivals(&self, one: LogEnd, other: LogEnd) -> bool {
        match self.link(one.id) {
            Some(_) => !self.upto(one).contains(&other) && !self.upto(other).contains(&one),
            // Not held: it may follow what is below it.
            None => one.seq <= other.seq,
        }
    }

    fn acknowledges(&self, line: &Line, end: LogEnd) -> bool {
        self.upto(line.end).contains(&end)
    }

    fn others(&self, membership: &Membership) -> BTreeSet<OrganisationId> {
        let own = self.facts.organisation;
        let others: BTreeSet<_> = membership.members.iter().copied().filter(|member| *member != own).collect();
        if others.is_empty() { BTreeSet::from([own]) } else { others }
    }

    /// More than half under some version, of those whose line `counts`.
    fn is_said_by_most(&self, versions: &[Membership], counts: impl Fn(&Line) -> bool) -> bool {
        versions.iter().any(|version| {
            let others = self.others(version);
            let spoke = |who: &&OrganisationId| {
                let mine = self.lines.iter().filter(|line| line.organisation == **who);
                mine.filter(|line| counts(line)).any(|line| self.table.counts_under(&line.at, version))
            };
            2 * others.iter().filter(spoke).count() > others.len()
        })
    }

    /// Held by most, by those who spoke before they knew of any of these acts.
    fn is_held_by_most(&self, end: LogEnd, before: &[ActId]) -> bool {
        let named = self.lines.iter().map(|line| line.end);
        let all: BTreeSet<LogEnd> = self.links.iter().map(|link| link.end).chain(named).collect();
        let closing = self.facts.closing().unwrap();
        let rivals = all.into_iter().filter(|other| other.seq > closing && self.are_rivals(*other, end));
        let rivals: Vec<LogEnd> = rivals.collect();
        let is_double = |line: &Line| {
            let mut of_one = self.lines.iter().filter(|other| other.organisation == line.organisation);
            of_one.any(|other| rivals.iter().any(|rival| self.acknowledges(other, *rival)))
        };
        let in_time = |line: &Line| before.iter().all(|act| !self.table.knew(&line.at, act));
        let is_barred =
            rivals.iter().any(|rival| self.is_said_by_most(&self.facts.wide, |line| self.acknowledges(line, *rival)));
        let counts = |line: &Line| self.acknowledges(line, end) && in_time(line) && !is_double(line);
        self.is_said_by_most(&self.facts.memberships, counts) && !is_barred
    }

    fn is_cut(&self, end: LogEnd, cut: Option<Cut>) -> bool {
        let Some(cut) = cut else { return true };
        let named = self.links.iter().map(|link| link.end).find(|end| cut.is_at(&self.facts.log, *end));
        end.seq > cut.seq(&self.facts.log) || named.is_some_and(|named| !self.upto(named).contains(&end))
    }

    pub(super) fn against(&self, end: LogEnd) -> Option<Against> {
        // Below the first end of any kind there is one line, which nobody disputes.
        if end.seq <= self.facts.closing()? {
            return None;
        }
        if self.facts.fork.is_some_and(|fork| end.seq >= fork) && !self.is_held_by_most(end, &[]) {
            return Some(Against::Forked);
        }
        let cuts = self.facts.cuts.iter().filter(|(_, cut)| self.is_cut(end, *cut));
        let cuts: Vec<ActId> = cuts.map(|(act, _)| *act).collect();
        let act = cuts.iter().copied().min()?;
        let is_repudiated = self.is_held_by_most(end, &cuts);
        Some(if is_repudiated { Against::Repudiated(act) } else { Against::Revoked(act) })
    }
}
