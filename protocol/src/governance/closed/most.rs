//! Which entries of a closed log are held by most, and which of those before anyone counted knew of an act that cuts them.
//!
//! What is held by most is closed to what stands before it, and of two rivals one at most is: so on each branch the last
//! such entry is looked for, and that says all.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::Tree;
use super::{Bound, Facts, Knowledge, Line};
use crate::governance::Membership;
use crate::id::OrganisationId;
use crate::log::LogEnd;

/// One acknowledgement, and all that the rules ask about it.
struct Word {
    organisation: OrganisationId,
    end: LogEnd,
    /// For each membership that stands, whether it counts under it.
    under: Vec<bool>,
    /// The same for those that more than half acknowledged.
    under_wide: Vec<bool>,
    /// For each cut, whether whoever spoke knew of its act.
    knew: Vec<bool>,
}

/// Everybody's words on one closed log.
pub(super) struct Words<'a> {
    tree: &'a Tree,
    facts: &'a Facts,
    words: Vec<Word>,
    /// The last entries that more than half acknowledged, double ones included.
    wide: BTreeSet<LogEnd>,
}

impl<'a> Words<'a> {
    pub(super) fn of<'b>(
        tree: &'a Tree,
        facts: &'a Facts,
        lines: impl IntoIterator<Item = &'b Line>,
        knowledge: &impl Knowledge,
    ) -> Self {
        let counts = |line: &Line, memberships: &[Membership]| -> Vec<bool> {
            memberships.iter().map(|membership| knowledge.counts_under(&line.at, membership)).collect()
        };
        let words = lines.into_iter().map(|line| Word {
            organisation: line.organisation,
            end: line.end,
            under: counts(line, &facts.memberships),
            under_wide: counts(line, &facts.wide),
            knew: facts.cuts.iter().map(|(act, _)| knowledge.knew(&line.at, act)).collect(),
        });
        let mut all = Self { tree, facts, words: words.collect(), wide: BTreeSet::new() };
        all.wide = all.wide_ends();
        all
    }

    /// The last entries that more than half acknowledged, also where they are not held.
    pub(super) fn into_wide(self) -> BTreeSet<LogEnd> {
        self.wide
    }

    fn wide_ends(&self) -> BTreeSet<LogEnd> {
        // Of what is not held only its own words speak: whoever makes up a thousand ends has each looked at once.
        let mut apart: BTreeMap<LogEnd, Vec<&Word>> = BTreeMap::new();
        for word in self.words.iter().filter(|word| !self.tree.contains(&word.end.id)) {
            apart.entry(word.end).or_default().push(word);
        }
        let is_wide = |words: &[&Word]| {
            let spoke = gather(words.iter().copied(), self.facts.wide.len(), |word| &word.under_wide);
            self.is_more_than_half(&self.facts.wide, &spoke)
        };
        let mut ends: BTreeSet<LogEnd> =
            apart.into_iter().filter(|(_, words)| is_wide(words)).map(|(end, _)| end).collect();
        ends.extend(self.tree.branches().filter_map(|branch| last(&branch, |end| self.is_wide(end))));
        let is_inner =
            |end: &LogEnd| ends.iter().any(|other| other.id != end.id && self.tree.is_upto(&end.id, &other.id));
        ends.iter().filter(|end| !is_inner(end)).copied().collect()
    }

    /// The last entry held by most. Their branch is the only one.
    pub(super) fn last_held(&self) -> Option<LogEnd> {
        let held = self.tree.branches().filter_map(|branch| last(&branch, |end| self.is_held(end, &[])));
        held.max()
    }

    /// The last entry beyond a cut that is held by most, by those who had not heard of any act that cuts it.
    pub(super) fn last_repudiated(&self, bounds: &[Bound]) -> Option<LogEnd> {
        let cut_by = |end| cut_by(bounds, self.tree, end);
        let is_one = |end| {
            let cuts = cut_by(end);
            cuts.is_empty() || self.is_held(end, &cuts)
        };
        let ends = self.tree.branches().filter_map(|branch| last(&branch, is_one));
        ends.filter(|end| !cut_by(*end).is_empty()).max()
    }

    /// True if under some membership that stands more than half acknowledged an entry and none of its rivals, before they knew
    /// of any of these cuts, and no rival bars it.
    fn is_held(&self, end: LogEnd, cuts: &[usize]) -> bool {
        let is_double = |who: &OrganisationId| {
            self.words.iter().any(|word| word.organisation == *who && self.tree.is_rival(word.end, end))
        };
        let in_time = |word: &Word| !cuts.iter().any(|cut| word.knew.get(*cut).copied().unwrap_or(true));
        let mut spoke = self.spoke(end, &self.facts.memberships, in_time, |word| &word.under);
        let is_barred = self.wide.iter().any(|wide| self.tree.is_rival(*wide, end));
        spoke.retain(|who, _| !is_double(who));
        !is_barred && self.is_more_than_half(&self.facts.memberships, &spoke)
    }

    /// True if under some membership that more than half acknowledged, more than half acknowledged an entry, double ones
    /// included. It stays so.
    fn is_wide(&self, end: LogEnd) -> bool {
        let spoke = self.spoke(end, &self.facts.wide, |_| true, |word| &word.under_wide);
        self.is_more_than_half(&self.facts.wide, &spoke)
    }

    /// Who acknowledged an entry, each with the memberships under which that counts.
    fn spoke(
        &self,
        end: LogEnd,
        memberships: &[Membership],
        is_asked: impl Fn(&Word) -> bool,
        under: impl Fn(&Word) -> &Vec<bool>,
    ) -> BTreeMap<OrganisationId, Vec<bool>> {
        let covers = |word: &&Word| word.end == end || self.tree.is_upto(&end.id, &word.end.id);
        gather(self.words.iter().filter(covers).filter(|word| is_asked(word)), memberships.len(), under)
    }

    fn is_more_than_half(&self, memberships: &[Membership], spoke: &BTreeMap<OrganisationId, Vec<bool>>) -> bool {
        memberships.iter().enumerate().any(|(number, membership)| {
            let others = others(membership, &self.facts.organisation);
            let counts =
                |who: &&OrganisationId| spoke.get(*who).and_then(|counts| counts.get(number)).copied().unwrap_or(false);
            let counted = others.iter().filter(counts).count();
            counted.saturating_mul(2) > others.len()
        })
    }
}

/// Whose words these are, each with the memberships under which one of its counts.
fn gather<'a>(
    words: impl Iterator<Item = &'a Word>,
    memberships: usize,
    under: impl Fn(&Word) -> &Vec<bool>,
) -> BTreeMap<OrganisationId, Vec<bool>> {
    let mut spoke: BTreeMap<OrganisationId, Vec<bool>> = BTreeMap::new();
    for word in words {
        let counts = spoke.entry(word.organisation).or_insert_with(|| vec![false; memberships]);
        counts.iter_mut().zip(under(word)).for_each(|(counts, under)| *counts |= under);
    }
    spoke
}

/// All organisations of a membership but the one whose log it is; that one alone where there is no other.
fn others(membership: &Membership, organisation: &OrganisationId) -> BTreeSet<OrganisationId> {
    let mut others = BTreeSet::clone(&membership.members);
    others.remove(organisation);
    if others.is_empty() {
        others.insert(*organisation);
    }
    others
}

/// The cuts, by their numbers, beyond which an entry stands.
pub(super) fn cut_by(bounds: &[Bound], tree: &Tree, end: LogEnd) -> Vec<usize> {
    let is_beyond = |bound: &Bound| {
        let is_astray = bound.named.is_some_and(|named| !tree.is_upto(&end.id, &named));
        end.seq > bound.seq || is_astray
    };
    bounds.iter().enumerate().filter(|(_, bound)| is_beyond(bound)).map(|(number, _)| number).collect()
}

/// The last entry of a branch of which something is true that is true of all before it too.
fn last(branch: &[LogEnd], is_true: impl Fn(LogEnd) -> bool) -> Option<LogEnd> {
    let count = branch.partition_point(|end| is_true(*end));
    branch.get(count.checked_sub(1)?).copied()
}
