//! What still counts of a closed log: one that a revocation or a fork has ended. DESIGN §7, §8; format §6.
//!
//! A log is closed where its author signed two entries for one position, and where an act names a position beyond which
//! nothing of it counts. What lies beyond is judged by who acknowledged it. Open logs are none of this module's concern:
//! of a closed one it is handed the headers beyond the closing point, and the lines of attestations that name it.

use std::collections::{BTreeMap, BTreeSet};

use crate::act::Cut;
use crate::breakage::{self, Breakage};
use crate::governance::{Membership, Position};
use crate::id::{ActId, EntryId, OrganisationId};
use crate::log::{LogEnd, LogKey};

mod forks;
mod most;
mod ruling;
mod tree;

pub use tree::Link;

use self::most::{Words, cut_by};
use self::tree::Tree;

/// What is asked of whoever knows acts and attestations.
pub trait Knowledge {
    /// True if an attestation, or one before it in its chain, names `act` or one that follows it.
    fn knew(&self, at: &Position, act: &ActId) -> bool;

    /// True if an organisation's word at `at` counts under a version.
    fn counts_under(&self, at: &Position, membership: &Membership) -> bool;
}

/// A line of an attestation: an organisation acknowledges a log up to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// Up to where.
    pub end: LogEnd,
    /// Who.
    pub organisation: OrganisationId,
    /// Where it says so.
    pub at: Position,
}

/// What governance knows of a closed log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Which log.
    pub log: LogKey,
    /// Whose.
    pub organisation: OrganisationId,
    /// The lowest position that is known to be taken twice.
    pub fork: Option<u64>,
    /// The acts that cut it, each with the last position that counts; `None`: nothing counts.
    pub cuts: Vec<(ActId, Option<Cut>)>,
    /// The memberships of its space by the versions of the chain that stands.
    pub memberships: Vec<Membership>,
    /// The same by every version that more than half acknowledged, with all before it.
    pub wide: Vec<Membership>,
}

impl Facts {
    /// The position up to which everything counts whoever acknowledged it; `None` if the log is open.
    #[must_use]
    pub fn closing(&self) -> Option<u64> {
        let forked = self.fork.map(|seq| seq.saturating_sub(1));
        let cut = self.cuts.iter().map(|(_, cut)| cut.map_or(0, |cut| cut.seq(&self.log)));
        forked.into_iter().chain(cut).min()
    }
}

/// What a closed log's law has against an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Against {
    /// At a fork or behind it, and not held by most.
    Forked,
    /// Beyond what this act lets count, and held by most before they knew.
    Repudiated(ActId),
    /// Beyond what this act lets count.
    Revoked(ActId),
}

/// A cut, with the entry that it names where that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bound {
    act: ActId,
    seq: u64,
    named: Option<EntryId>,
}

/// One closed log, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    facts: Facts,
    closing: u64,
    tree: Tree,
    lines: BTreeSet<Line>,
    bounds: Vec<Bound>,
    most: Option<LogEnd>,
    repudiated: Option<LogEnd>,
    wide: BTreeSet<LogEnd>,
}

impl Closed {
    /// Judges a closed log by the headers held beyond its closing point and by all lines that name it; `None` if it is open.
    #[must_use]
    pub fn judge(
        facts: Facts,
        links: impl IntoIterator<Item = Link>,
        lines: impl IntoIterator<Item = Line>,
        knowledge: &impl Knowledge,
    ) -> Option<Self> {
        let closing = facts.closing()?;
        let tree = Tree::of(links.into_iter().filter(|link| link.end.seq > closing));
        let lines: BTreeSet<Line> = lines.into_iter().filter(|line| line.end.seq > closing).collect();
        let bounds: Vec<Bound> = facts.cuts.iter().map(|(act, cut)| bound(&facts.log, &tree, *act, *cut)).collect();
        let words = Words::of(&tree, &facts, &lines, knowledge);
        let most = words.last_held();
        let repudiated = words.last_repudiated(&bounds);
        let wide = words.into_wide();
        Some(Self { facts, closing, tree, lines, bounds, most, repudiated, wide })
    }

    /// Judges it anew, with what has come to be known.
    #[must_use]
    pub fn renew(&self, facts: Facts, knowledge: &impl Knowledge) -> Option<Self> {
        Self::judge(facts, self.tree.links(), self.lines.iter().copied(), knowledge)
    }

    /// Takes headers and lines in; what is below the closing point says nothing.
    #[must_use]
    pub fn with(
        &self,
        links: impl IntoIterator<Item = Link>,
        lines: impl IntoIterator<Item = Line>,
        knowledge: &impl Knowledge,
    ) -> Option<Self> {
        let links = self.tree.links().chain(links);
        Self::judge(self.facts.clone(), links, self.lines.iter().copied().chain(lines), knowledge)
    }

    /// What stands for the verdict on it: another one, and an entry may count that did not, or no longer.
    #[must_use]
    pub fn verdict(&self) -> Vec<u8> {
        let end = |end: Option<LogEnd>| {
            let LogEnd { seq, id } = end.unwrap_or(LogEnd::START);
            [&seq.to_be_bytes()[..], id.as_bytes()].concat()
        };
        let log = &self.facts.log;
        let fork = self.facts.fork.unwrap_or(0).to_be_bytes();
        let mut verdict = [&log.space.as_bytes()[..], log.author.as_bytes(), &fork].concat();
        verdict.extend([end(self.most), end(self.repudiated)].concat());
        for bound in &self.bounds {
            verdict.extend(bound.act.as_bytes());
            verdict.extend(bound.seq.to_be_bytes());
            verdict.extend(bound.named.unwrap_or(EntryId::ZERO).as_bytes());
        }
        verdict
    }

    /// What governance knows of the log.
    #[must_use]
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The position up to which everything counts.
    #[must_use]
    pub const fn closing(&self) -> u64 {
        self.closing
    }

    /// What the law has against an entry of this log; `None` if nothing.
    #[must_use]
    pub fn against(&self, end: LogEnd) -> Option<Against> {
        if end.seq <= self.closing {
            return None;
        }
        let is_upto = |last: Option<LogEnd>| last.is_some_and(|last| self.tree.is_upto(&end.id, &last.id));
        let stands = is_upto(self.most) && !breakage::is_out(Breakage::LateSelfFork);
        if self.facts.fork.is_some_and(|fork| end.seq >= fork) && !stands {
            return Some(Against::Forked);
        }
        let act = self.cut_by(end).into_iter().min()?;
        let is_repudiated = is_upto(self.repudiated) && !breakage::is_out(Breakage::RepudiationVisible);
        Some(if is_repudiated { Against::Repudiated(act) } else { Against::Revoked(act) })
    }

    /// The entries that are repudiated, in their order.
    #[must_use]
    pub fn repudiated(&self) -> Vec<LogEnd> {
        let mut line = self.repudiated.map(|last| self.tree.line_to(last.id)).unwrap_or_default();
        line.retain(|end| matches!(self.against(*end), Some(Against::Repudiated(_))));
        line
    }

    /// The acts beyond whose cut an entry stands.
    #[must_use]
    pub fn cut_by(&self, end: LogEnd) -> Vec<ActId> {
        if breakage::is_out(Breakage::RevokeCut) {
            return Vec::new();
        }
        let numbers = cut_by(&self.bounds, &self.tree, end);
        numbers.into_iter().filter_map(|number| self.bounds.get(number)).map(|bound| bound.act).collect()
    }

    /// The last entry that is held by most; `None` if none beyond the closing point is.
    #[must_use]
    pub const fn most(&self) -> Option<LogEnd> {
        self.most
    }

    /// The last entries that more than half of the others acknowledged, double ones included, held or not: up to these, and
    /// up to the closing point, the log is still taken, offered and compared. DESIGN §8.
    #[must_use]
    pub const fn wide(&self) -> &BTreeSet<LogEnd> {
        &self.wide
    }

    /// True if an entry stands where the log is still taken and offered as every log is.
    #[must_use]
    pub fn is_offered(&self, end: LogEnd) -> bool {
        end.seq <= self.closing || self.wide.iter().any(|wide| *wide == end || self.tree.is_upto(&end.id, &wide.id))
    }

    /// Who acknowledged an entry: of each organisation the first place in each of its attesting logs.
    #[must_use]
    pub fn acknowledgers(&self, end: LogEnd) -> BTreeMap<OrganisationId, BTreeSet<Position>> {
        let covers = |line: &&Line| line.end == end || self.tree.is_upto(&end.id, &line.end.id);
        let mut firsts: BTreeMap<(OrganisationId, LogKey), LogEnd> = BTreeMap::new();
        for line in self.lines.iter().filter(covers) {
            let first = firsts.entry((line.organisation, line.at.log)).or_insert(line.at.end);
            *first = (*first).min(line.at.end);
        }
        let mut by_organisation: BTreeMap<OrganisationId, BTreeSet<Position>> = BTreeMap::new();
        for ((organisation, log), end) in firsts {
            by_organisation.entry(organisation).or_default().insert(Position { log, end });
        }
        by_organisation
    }

    /// The headers of it that are held beyond the closing point.
    pub fn links(&self) -> impl Iterator<Item = Link> {
        self.tree.links()
    }

    /// True if the header of an entry beyond the closing point is held.
    #[must_use]
    pub fn holds(&self, end: LogEnd) -> bool {
        self.tree.contains(&end.id)
    }

    /// True if an entry beyond the closing point is held, with its payload if it has one.
    #[must_use]
    pub fn holds_whole(&self, end: LogEnd) -> bool {
        self.tree.is_whole(&end.id)
    }

    /// True if an entry is held, and with all before it beyond the closing point it is held whole.
    #[must_use]
    pub fn has_line(&self, end: LogEnd) -> bool {
        self.holds(end) && self.line_to(end).iter().all(|entry| self.holds_whole(*entry))
    }

    /// Of each branch held, the last entry up to which it is held whole.
    #[must_use]
    pub fn whole_ends(&self) -> BTreeSet<LogEnd> {
        let last = |branch: Vec<LogEnd>| branch.into_iter().take_while(|end| self.holds_whole(*end)).last();
        self.tree.branches().filter_map(last).collect()
    }

    /// True if another organisation than its own names this very end.
    #[must_use]
    pub fn is_named(&self, end: LogEnd) -> bool {
        self.lines.iter().any(|line| line.end == end && line.organisation != self.facts.organisation)
    }

    /// Of each branch held, the last end that another organisation names, where its line is not taken as every log is, or not
    /// held whole: only headers are told up to there, outside every digest. They show who acknowledged what stands before.
    #[must_use]
    pub fn named_ends(&self) -> BTreeSet<LogEnd> {
        let named: BTreeSet<LogEnd> =
            self.lines.iter().map(|line| line.end).filter(|end| self.is_named(*end)).collect();
        let last = |branch: Vec<LogEnd>| branch.into_iter().rev().find(|end| named.contains(end));
        self.tree.branches().filter_map(last).filter(|end| !self.is_offered(*end) || !self.has_line(*end)).collect()
    }

    /// The last entry held of each branch.
    #[must_use]
    pub fn ends(&self) -> Vec<LogEnd> {
        self.tree.ends()
    }

    /// True if both are held, and `one` is `other` or stands before it.
    #[must_use]
    pub fn is_upto(&self, one: LogEnd, other: LogEnd) -> bool {
        self.tree.is_upto(&one.id, &other.id)
    }

    /// The line of entries that ends in a held one, from behind the closing point on.
    #[must_use]
    pub fn line_to(&self, end: LogEnd) -> Vec<LogEnd> {
        self.tree.line_to(end.id)
    }
}

/// A cut, and what it names where that is held beyond the closing point.
fn bound(log: &LogKey, tree: &Tree, act: ActId, cut: Option<Cut>) -> Bound {
    let Some(cut) = cut else { return Bound { act, seq: 0, named: None } };
    let seq = cut.seq(log);
    let named = tree.at(seq).find(|end| cut.is_at(log, *end)).map(|end| end.id);
    Bound { act, seq, named }
}

#[cfg(test)]
mod tests;
