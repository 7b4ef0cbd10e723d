//! Closed logs in a replica: what governance is handed of them, and up to where they are still taken and told. DESIGN §8.

use std::collections::{BTreeMap, BTreeSet};

use super::Replica;
use super::attesting::held_whole;
use crate::governance::{Closed, Governance, Line, Link};
use crate::id::{EntryId, OrganisationId};
use crate::limits;
use crate::log::{Authentic, ForkProof, Log, LogEnd, LogKey};
use crate::store::{Fault, LogView};
use crate::sync::session::read_entry;

impl Replica {
    /// Closes the logs that are closed by what the store holds: before anybody reads by its governance.
    ///
    /// # Errors
    /// [`Fault`] if the store cannot be read.
    pub fn having_closed(mut self, logs: &impl LogView) -> Result<Self, Fault> {
        self.review_closed(logs)?;
        Ok(self)
    }

    /// Up to where a log is taken and told as every log is: `u64::MAX` while it is open.
    pub(super) fn closing_of(&self, key: &LogKey) -> u64 {
        // A log of which nothing is held was not handed in: it would be asked for, and its peer has nothing to send.
        let is_held = self.durable.logs.contains_key(key);
        let unheld = if is_held { None } else { self.organisation_of(key) };
        let cut = unheld.and_then(|organisation| self.governance.is_closed(key, &organisation));
        cut.into_iter().chain([closing(&self.governance, key)]).min().unwrap_or(u64::MAX)
    }

    /// The end of a log that peers are told: checked, and of a closed log not beyond its closing point.
    pub(super) fn told_end(&self, key: &LogKey) -> LogEnd {
        let Some(log) = self.durable.logs.get(key) else { return LogEnd::START };
        // What is not flushed yet closes nothing for others.
        let closing = closing(self.flushed_governance(), key);
        if log.checked.seq <= closing {
            return log.checked;
        }
        self.trunks.get(key).copied().filter(|end| end.seq == closing).unwrap_or(LogEnd::START)
    }

    /// Closes the logs that are to be closed by now, and looks up where they do.
    pub(super) fn review_closed(&mut self, logs: &impl LogView) -> Result<(), Fault> {
        if !std::mem::take(&mut self.closed_changed) {
            return Ok(());
        }
        self.hear_branches(logs)?;
        self.governance.review_closed();
        let is_due =
            |(key, organisation): &(LogKey, OrganisationId)| self.governance.is_due_to_close(key, organisation);
        // Also such as nothing is held of, since nothing of them is taken as of other logs.
        let unheld = self.governance.forks().map(ForkProof::log).chain(self.branches_offered());
        let keys: BTreeSet<LogKey> = self.durable.logs.keys().copied().chain(unheld).collect();
        let due = keys.into_iter().filter_map(|key| Some((key, self.organisation_of(&key)?))).filter(is_due);
        let due: BTreeMap<LogKey, OrganisationId> = due.collect();
        if !due.is_empty() {
            let mut lines = self.lines_about(&due, logs)?;
            for (key, organisation) in due {
                let closing = self.governance.is_closed(&key, &organisation).unwrap_or(u64::MAX);
                let links = self.links_behind(key, closing, logs)?;
                self.governance.close(key, organisation, links, lines.remove(&key).unwrap_or_default());
            }
        }
        // What a peer was asked for beyond is not taken any more: it would be waited for, and the peer blamed.
        let asked: Vec<LogKey> = self.asked.keys().copied().collect();
        for key in asked {
            let closing = self.closing_of(&key);
            if self.asked.get(&key).is_some_and(|asked| asked.until > closing) {
                self.asked.remove(&key);
            }
        }
        self.find_trunks(logs)
    }

    /// Where closed logs that go on beyond their closing point close.
    fn find_trunks(&mut self, logs: &impl LogView) -> Result<(), Fault> {
        let keys: Vec<LogKey> = self.durable.logs.keys().copied().collect();
        for key in keys {
            let seq = self.closing_of(&key);
            let is_known = self.trunks.get(&key).is_some_and(|end| end.seq == seq);
            if !is_known && self.durable.logs.get(&key).is_some_and(|log| log.end.seq > seq) {
                let id = if seq == 0 { Some(EntryId::ZERO) } else { self.id_at(key, seq, logs)? };
                // What is appended and not flushed cannot be read everywhere: it is looked up again then.
                self.closed_changed |= id.is_none();
                self.trunks.extend(id.map(|id| (key, LogEnd { seq, id })));
            }
        }
        Ok(())
    }

    /// The headers of a log behind a position, as far as their signatures are checked.
    fn links_behind(&self, key: LogKey, after: u64, logs: &impl LogView) -> Result<Vec<Link>, Fault> {
        let branches = self.durable.branches.get(&key).into_iter().flatten();
        let mut links: Vec<Link> = branches.copied().collect();
        let checked = self.durable.logs.get(&key).map_or(0, |log| log.checked.seq);
        self.each_entry(key, after, checked, logs, |entry| links.push(link(entry)))?;
        Ok(links)
    }

    /// What all attestations held say of these logs.
    fn lines_about(
        &self,
        about: &BTreeMap<LogKey, OrganisationId>,
        logs: &impl LogView,
    ) -> Result<BTreeMap<LogKey, Vec<Line>>, Fault> {
        let spaces: BTreeSet<_> = about.keys().map(|key| key.space).collect();
        let mut lines: BTreeMap<LogKey, Vec<Line>> = BTreeMap::new();
        let mut note = |entry: &Authentic| {
            for (log, line) in self.governance.lines_of(entry) {
                if about.contains_key(&log) {
                    lines.entry(log).or_default().push(line);
                }
            }
        };
        for (key, log) in &self.durable.logs {
            if !spaces.contains(&key.space) || !self.governance.is_attesting(&key.author, &log.organisation) {
                continue;
            }
            let whole = held_whole(&self.durable, key, log);
            self.each_entry(*key, 0, whole, logs, &mut note)?;
        }
        // What stands on a branch of a log of attestations counts as what stands on the line.
        for (key, links) in self.durable.branches.iter().filter(|(key, _)| spaces.contains(&key.space)) {
            let granters = self.governance.granters(&key.author);
            if !granters.iter().any(|organisation| self.governance.is_attesting(&key.author, organisation)) {
                continue;
            }
            for link in links {
                let Some(entry) = read_entry(*key, link.end, logs)? else { continue };
                note(&entry);
            }
        }
        Ok(lines)
    }

    /// Visits the flushed entries of a log behind a position, in order, up to another.
    fn each_entry(
        &self,
        key: LogKey,
        after: u64,
        until: u64,
        logs: &impl LogView,
        mut visit: impl FnMut(&Authentic),
    ) -> Result<(), Fault> {
        let mut at = after;
        while at < until {
            let entries = logs.read_log(key, at, limits::RUN_BYTES)?;
            let Some(last) = entries.last().map(|last| last.end().seq) else { break };
            entries.iter().filter(|entry| entry.end().seq <= until).for_each(&mut visit);
            at = last.max(at.saturating_add(1));
        }
        Ok(())
    }

    /// Hands governance what was flushed of closed logs. `before` is up to where each log was checked.
    pub(super) fn follow_closed(&mut self, before: &BTreeMap<LogKey, u64>, logs: &impl LogView) -> Result<(), Fault> {
        for (key, after) in before {
            if self.governance.closed(key).is_some() {
                let links = self.links_behind(*key, *after, logs)?;
                self.governance.note_links(key, links);
            }
        }
        Ok(())
    }

    /// Up to where this node's attestations may name a log: no new end of a closed one, except what is held by most.
    pub(super) fn nameable(&self, key: &LogKey, log: &Log, logs: &impl LogView) -> Result<u64, Fault> {
        let closing = self.closing_of(key);
        let most = self.governance.closed(key).and_then(Closed::most).filter(|most| most.seq <= log.checked.seq);
        let Some(most) = most else { return Ok(closing) };
        let is_ours = self.id_at(*key, most.seq, logs)? == Some(most.id);
        Ok(if is_ours { most.seq } else { closing })
    }
}

fn closing(governance: &Governance, key: &LogKey) -> u64 {
    let forked = governance.fork(key).map(|proof| proof.seq().saturating_sub(1));
    forked.into_iter().chain(governance.closed(key).map(Closed::closing)).min().unwrap_or(u64::MAX)
}

/// What the rules on closed logs read of an entry.
pub(super) fn link(entry: &Authentic) -> Link {
    let (header, payload) = (&entry.entry().header, &entry.entry().payload);
    Link { end: entry.end(), prev: header.prev, is_whole: payload.is_some() || !header.has_payload() }
}
