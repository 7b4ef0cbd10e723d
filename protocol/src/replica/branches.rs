//! Branches of closed logs: what is still taken beyond the closing point, asked for, kept and told. DESIGN §8.
//!
//! Of entries, the lines up to ends that more than half acknowledged; of attestations every branch, for what an organisation
//! said counts for ever. Nothing is taken that was not asked for, and one line of a log is asked for at a time.

use std::collections::{BTreeMap, BTreeSet};

use super::{Refusal, Replica, Write};
use crate::entry::Entry;
use crate::governance::{Closed, Link};
use crate::id::{EntryId, NodeId, OrganisationId, SpaceId};
use crate::key::PublicKey;
use crate::limits;
use crate::log::{Authentic, Log, LogEnd, LogKey};
use crate::store::{Fault, LogView};
use crate::sync::frame::{Frame, Item};
use crate::sync::session::{Due, Session, Violation, read_entry};
use crate::time::Timestamp;

/// A line of a closed log that a peer was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AskedBranch {
    peer: NodeId,
    end: LogEnd,
    deadline: Timestamp,
    /// When another peer that has the line is asked, however steadily this one sends.
    patience: Timestamp,
    /// Headers alone are asked for.
    is_bare: bool,
    /// A payload was missing in what came of it.
    came_bare: bool,
    /// The entry taken last of it: one line comes, and no more.
    last: Option<EntryId>,
}

/// What a replica does about branches.
#[derive(Debug, Clone, Default)]
pub(super) struct Branching {
    asked: BTreeMap<LogKey, AskedBranch>,
    /// How often a peer was asked for a line and sent nothing in time: others are asked first, and for other lines.
    vain: BTreeMap<(NodeId, LogKey, LogEnd), u32>,
    /// Taken, and not flushed yet.
    fresh: Vec<Authentic>,
    /// Attestations on branches are to be handed to governance once more.
    is_unheard: bool,
}

/// What of a line is asked for, the more urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Want {
    /// All of it.
    Whole,
    /// Its headers, which show who acknowledged what stands before them.
    Bare,
}

impl Branching {
    pub(super) const fn new() -> Self {
        Self { asked: BTreeMap::new(), vain: BTreeMap::new(), fresh: Vec::new(), is_unheard: true }
    }

    /// Forgets what was not flushed, and who was asked for what.
    pub(super) fn take_back(&mut self) {
        self.asked.clear();
        self.vain.clear();
        self.fresh.clear();
        // Governance is the one that stands on disk again, and may have heard less.
        self.is_unheard = true;
    }

    /// Notes an entry behind a closing point that is whole once this is flushed.
    pub(super) fn note_whole(&mut self, entry: Authentic) {
        self.fresh.push(entry);
    }

    pub(super) fn forget(&mut self, peer: NodeId) {
        self.asked.retain(|_, asked| asked.peer != peer);
        self.vain.retain(|(who, ..), _| *who != peer);
    }

    /// Who was asked for a line that includes this position of a log.
    pub(super) fn is_asked(&self, peer: NodeId, key: &LogKey) -> bool {
        self.asked.get(key).is_some_and(|asked| asked.peer == peer)
    }

    /// Peers that were asked for a line and sent nothing in time, or for long and another has it too; they are no longer.
    pub(super) fn late(
        &mut self,
        now: Timestamp,
        is_elsewhere: impl Fn(&NodeId, &(LogKey, LogEnd)) -> bool,
    ) -> BTreeSet<NodeId> {
        let is_late = |log: &LogKey, asked: &AskedBranch| {
            asked.deadline <= now || (asked.patience <= now && is_elsewhere(&asked.peer, &(*log, asked.end)))
        };
        let late: BTreeMap<LogKey, AskedBranch> =
            self.asked.iter().filter(|(log, asked)| is_late(log, asked)).map(|(log, asked)| (*log, *asked)).collect();
        for (log, asked) in &late {
            let vain = self.vain.entry((asked.peer, *log, asked.end)).or_default();
            *vain = vain.saturating_add(1);
        }
        self.asked.retain(|log, _| !late.contains_key(log));
        late.into_values().map(|asked| asked.peer).collect()
    }

    /// Notes how far a log is held that is open here: a line of it that was asked for may have come.
    pub(super) fn has_come(&mut self, key: &LogKey, held: u64) {
        self.asked.retain(|log, asked| log != key || asked.end.seq > held);
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.asked.values().map(|asked| asked.deadline).min()
    }
}

impl Replica {
    /// The ends of closed logs of a space beyond their closing points that are told, offered and part of the digest.
    pub(super) fn branches_in(&self, space: SpaceId) -> BTreeSet<(PublicKey, LogEnd)> {
        let closed = self.flushed_governance().all_closed().filter(|closed| closed.facts().log.space == space);
        let closed = closed.filter(|closed| self.has_checked_trunk(closed));
        let ends = closed.flat_map(|closed| {
            let author = closed.facts().log.author;
            self.governance.told_ends(closed).into_iter().map(move |end| (author, end))
        });
        ends.collect()
    }

    /// Tells a peer of branches that it was not told of yet.
    pub(super) fn tell_branches(&mut self, peer: NodeId) {
        if self.governance.is_all_open() {
            return;
        }
        let ends = |closed: &Closed| {
            let whole = self.governance.told_ends(closed).into_iter().map(|end| (end, true));
            let bare = closed.named_ends().into_iter().map(|end| (end, false));
            whole.chain(bare).map(|(end, is_whole)| (closed.facts().log, end, is_whole)).collect::<Vec<_>>()
        };
        let closed = self.flushed_governance().all_closed().filter(|closed| self.has_checked_trunk(closed));
        let all: Vec<(LogKey, LogEnd, bool)> = closed.flat_map(ends).collect();
        let Some(session) = self.sessions.get_mut(&peer).filter(|session| session.is_live()) else { return };
        let mut news: BTreeMap<SpaceId, Vec<Item>> = BTreeMap::new();
        for (log, end, is_whole) in all {
            if session.shares(log.space) && session.is_branch_due(log, end, is_whole) {
                news.entry(log.space).or_default().push(Item::Branch(log.author, end));
            }
        }
        self.send_news(peer, &news);
    }

    /// True once what is held of a closed log up to its closing point is checked: what lies behind is not sent without it.
    fn has_checked_trunk(&self, closed: &Closed) -> bool {
        let log = self.durable.logs.get(&closed.facts().log);
        log.is_none_or(|log| log.checked.seq >= closed.closing().min(log.end.seq))
    }

    /// Asks peers for lines of closed logs that are to be held and are not, one line of a log at a time.
    pub(super) fn plan_branches(&mut self, now: Timestamp) {
        let live = self.sessions.iter().filter(|(_, session)| session.is_live());
        let offers =
            live.flat_map(|(peer, session)| session.their_branches().iter().map(|(log, end)| (*peer, *log, *end)));
        // Counted once for each log, however many branches of it peers make up.
        let mut has_room: BTreeMap<LogKey, bool> = BTreeMap::new();
        let due = |(peer, log, end): (NodeId, LogKey, LogEnd)| {
            let has_room = |closed: &Closed| *has_room.entry(log).or_insert_with(|| self.has_room(closed));
            let is_free = !self.branching.asked.contains_key(&log);
            let want = is_free.then(|| self.want_of_branch(&log, end, has_room)).flatten()?;
            Some((want, (peer, log, end)))
        };
        let mut offers: Vec<(Want, (NodeId, LogKey, LogEnd))> = offers.filter_map(due).collect();
        // Whoever names a line and does not send it must not keep us from what others send.
        let vain = |offer: &(NodeId, LogKey, LogEnd)| self.branching.vain.get(offer).copied().unwrap_or(0);
        let failed = |peer: &NodeId| self.failures.get(peer).copied().unwrap_or(0);
        offers.sort_by_key(|(want, offer)| (*want, vain(offer), failed(&offer.0), *offer));
        for (want, (peer, log, end)) in offers {
            let is_bare = want == Want::Bare;
            // Headers come slowly: of one line at a time, of whatever log.
            let is_next = !is_bare || self.branching.asked.values().all(|asked| !asked.is_bare);
            if self.branching.asked.contains_key(&log) || !is_next {
                continue;
            }
            let Some(space) = self.sessions.get(&peer).map(|session| session.blind(log.space)) else { continue };
            let after = self.closing_of(&log).min(self.end_of(log).seq);
            let deadline = now.after_ms(limits::ANSWER_MS);
            let patience = now.after_ms(limits::SLOW_MS);
            let asked = AskedBranch { peer, end, deadline, patience, is_bare, came_bare: false, last: None };
            self.branching.asked.insert(log, asked);
            self.send(peer, &Frame::WantBranch { space, author: log.author, after, end });
            self.outputs.push_back(super::Output::WakeAt(deadline));
        }
    }

    /// What of a line that a peer offers is to be asked for; `None` if nothing.
    fn want_of_branch(&self, log: &LogKey, end: LogEnd, has_room: impl FnOnce(&Closed) -> bool) -> Option<Want> {
        let Some(closed) = self.governance.closed(log) else {
            return self.is_owed_by_closer(log, end).then_some(Want::Whole);
        };
        // What stands before the closing point comes as that of every log does; what is not flushed yet would come twice.
        let is_early = end.seq <= closed.closing() || self.end_of(*log).seq < closed.closing();
        if is_early || closed.has_line(end) || self.branching.fresh.iter().any(|one| one.end() == end) {
            return None;
        }
        if closed.is_offered(end) || has_room(closed) {
            return Some(Want::Whole);
        }
        (closed.is_named(end) && !closed.holds(end)).then_some(Want::Bare)
    }

    /// True of attestations that a peer holds in a log that is closed there and open here: an act may need them to take effect
    /// here too, as that by which their own organisation is suspended. DESIGN §8: attestations are always taken.
    fn is_owed_by_closer(&self, log: &LogKey, end: LogEnd) -> bool {
        let attests = |organisation: OrganisationId| self.governance.is_attesting(&log.author, &organisation);
        end.seq > self.end_of(*log).seq && self.organisation_of(log).is_some_and(attests)
    }

    /// True of a log of attestations of which more branches are taken.
    fn has_room(&self, closed: &Closed) -> bool {
        let facts = closed.facts();
        self.governance.is_attesting(&facts.log.author, &facts.organisation)
            && closed.ends().len() < limits::LOG_BRANCHES
    }

    /// Answers a wish for the line that ends in `end`.
    pub(super) fn answer_branch(
        &mut self,
        peer: NodeId,
        key: LogKey,
        after: u64,
        end: LogEnd,
        logs: &impl LogView,
    ) -> Result<Result<(), Violation>, Fault> {
        // To find a line costs about what a probe does, at least.
        if let Some(Err(violation)) = self.sessions.get_mut(&peer).map(Session::take_probe) {
            return Ok(Err(violation));
        }
        let closed = self.governance.closed(&key).filter(|closed| self.has_checked_trunk(closed));
        let Some(closed) = closed else { return Ok(Ok(())) };
        let told = self.governance.told_ends(closed).into_iter().chain(closed.named_ends());
        if !told.into_iter().any(|told| told == end || closed.is_upto(end, told)) {
            return Ok(Ok(()));
        }
        let closing = closed.closing();
        let line = closed.line_to(end);
        let mut due = Vec::new();
        let most = usize::try_from(limits::PUSH_ENTRIES).unwrap_or(usize::MAX);
        for seq in (after.saturating_add(1)..=closing).take(most) {
            let id = self.id_at(key, seq, logs)?;
            due.extend(id.map(|id| Due { end: LogEnd { seq, id }, is_bare: false }));
        }
        let is_bare = |end: LogEnd| !self.governance.is_told(&key, end);
        let line = line.into_iter().filter(|end| end.seq > after);
        due.extend(line.map(|end| Due { end, is_bare: is_bare(end) }));
        if let Some(session) = self.sessions.get_mut(&peer) {
            session.send_branch(key, due);
        }
        Ok(Ok(()))
    }

    /// Takes entries of a line that a peer was asked for, one after the other, each by its own signature.
    pub(super) fn take_branch(
        &mut self,
        peer: NodeId,
        key: LogKey,
        entries: Vec<Entry>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(mut asked) = self.branching.asked.get(&key).copied().filter(|asked| asked.peer == peer) else {
            return Ok(());
        };
        let Some(closed) = self.governance.closed(&key) else { return Ok(()) };
        let organisation = closed.facts().organisation;
        let (mut writes, mut has_ended) = (Vec::new(), false);
        for entry in entries {
            let (end, prev) = (LogEnd { seq: entry.header.seq, id: entry.header.id() }, entry.header.prev);
            let before = LogEnd { seq: end.seq.saturating_sub(1), id: prev };
            let is_bare = entry.payload.is_none() && entry.header.has_payload();
            let is_held = if is_bare { closed.holds(end) } else { closed.holds_whole(end) };
            asked.came_bare |= is_bare;
            has_ended |= end == asked.end;
            if end.seq <= closed.closing() || is_held || self.branching.fresh.iter().any(|one| one.id() == end.id) {
                // The line goes through what is held: a payload was missing before it, and more follows.
                asked.last = asked.last.map(|last| if last == prev { end.id } else { last });
                continue;
            }
            // It may leave what is held once: a second time it would be another line than was asked for.
            let is_continued = asked.last.map_or_else(
                || {
                    self.is_trunk(&key, closed, before)
                        || closed.holds(before)
                        || self.branching.fresh.iter().rev().any(|one| one.id() == prev)
                },
                |last| last == prev,
            );
            let is_beside = end.seq >= asked.end.seq && end != asked.end;
            // What continues nothing stays at the peer.
            if !is_continued || is_beside {
                break;
            }
            entry.payload.as_ref().map_or(Ok(()), |payload| entry.header.check_payload(payload))?;
            let log = Log { organisation, end: before, checked: before };
            let run = Log::extend(Some(&log), key, vec![entry])?;
            asked.last = Some(end.id);
            self.branching.fresh.extend(run.entries.iter().cloned());
            // Of an entry on the log's own line the payload alone was missing.
            let is_wanted = self.held.wanted.remove(&(key, end));
            self.changed.extend(is_wanted.then_some((key, false)));
            // Where the line's own signature is not checked yet, the one that is stands beside it.
            let is_checked = self.held.logs.get(&key).is_some_and(|log| end.seq <= log.checked.seq);
            for entry in run.entries {
                writes.extend((!is_wanted || !is_checked).then(|| Write::Branch(entry.clone())));
                writes.extend(is_wanted.then_some(Write::Payload(entry)));
            }
        }
        if has_ended {
            self.branching.asked.remove(&key);
            // The peer lacks what is missing: it offers the line anew once it has it.
            let is_vain = asked.came_bare && !asked.is_bare;
            self.sessions
                .get_mut(&peer)
                .filter(|_| is_vain)
                .into_iter()
                .for_each(|peer| peer.has_no_branch(key, asked.end));
        } else if !writes.is_empty() {
            // It comes: over a slow line a long one takes longer than one answer.
            asked.deadline = now.after_ms(limits::ANSWER_MS);
            self.branching.asked.insert(key, asked);
        }
        if !writes.is_empty() {
            self.commit(writes);
        }
        Ok(())
    }

    /// True if an end is where a closed log closes here.
    fn is_trunk(&self, key: &LogKey, closed: &Closed, end: LogEnd) -> bool {
        let held = self.end_of(*key);
        let trunk = if held.seq == closed.closing() { Some(held) } else { self.trunks.get(key).copied() };
        end.seq == closed.closing() && (trunk == Some(end) || end == LogEnd::START)
    }

    /// Hands governance what was flushed of branches. True if acts that are in effect may be others.
    pub(super) fn follow_branches(&mut self) -> bool {
        let fresh = std::mem::take(&mut self.branching.fresh);
        let mut by_log: BTreeMap<LogKey, Vec<Link>> = BTreeMap::new();
        for entry in &fresh {
            let header = &entry.entry().header;
            let key = LogKey { space: header.space, author: header.author };
            by_log.entry(key).or_default().push(super::closed::link(entry));
        }
        // Log by log: each time the log is judged anew.
        for (key, links) in by_log {
            self.durable.branches.entry(key).or_default().extend(links.iter().copied());
            self.held.branches.entry(key).or_default().extend(links.iter().copied());
            self.governance.note_links(&key, links);
        }
        self.hear_branch(&fresh)
    }

    /// Hands governance the attestations among entries of branches. True if acts that are in effect may be others.
    fn hear_branch(&mut self, entries: &[Authentic]) -> bool {
        let governance = &self.governance;
        let attests = |entry: &&Authentic| {
            let header = &entry.entry().header;
            governance.is_attesting(&header.author, &header.organisation)
        };
        let words: Vec<&Authentic> = entries.iter().filter(attests).collect();
        let has_changed = self.governance.attest_all(words.iter().copied()).acts;
        self.governance.note_lines(words);
        has_changed
    }

    /// Hands governance the attestations on branches that the store holds: at the start, and once keys count that did not.
    pub(super) fn hear_branches(&mut self, logs: &impl LogView) -> Result<(), Fault> {
        if !std::mem::take(&mut self.branching.is_unheard) {
            return Ok(());
        }
        let held: Vec<(LogKey, Link)> =
            self.durable.branches.iter().flat_map(|(key, links)| links.iter().map(|link| (*key, *link))).collect();
        for part in held.chunks(limits::WISHES) {
            let mut entries = Vec::new();
            for (key, link) in part {
                entries.extend(read_entry(*key, link.end, logs)?);
            }
            self.hear_branch(&entries);
        }
        Ok(())
    }

    /// Has them heard again.
    pub(super) const fn unhear_branches(&mut self) {
        self.branching.is_unheard = true;
    }

    /// Whose log one is of which nothing needs to be held: of the first organisation that grants its key.
    pub(super) fn organisation_of(&self, key: &LogKey) -> Option<OrganisationId> {
        if let Some(log) = self.durable.logs.get(key) {
            return Some(log.organisation);
        }
        let granters = self.governance.granters(&key.author);
        granters
            .into_iter()
            .find(|organisation| self.governance.may_take(&key.space, &key.author, organisation).is_ok())
    }

    /// Notes the branches that a peer says it holds.
    pub(super) fn note_branches(&mut self, peer: NodeId, space: SpaceId, items: &[Item]) {
        for item in items {
            let Item::Branch(author, end) = item else { continue };
            let log = LogKey { space, author: *author };
            let Some(session) = self.sessions.get_mut(&peer) else { return };
            if self.governance.is_granted(author) {
                self.closed_changed |= self.governance.closed(&log).is_none();
                session.has_branch(log, *end);
            } else {
                session.has_early_branch(log, *end);
            }
        }
    }

    /// Looks anew at the branches that peers named before an act came that grants their keys: they are named once.
    pub(super) fn review_branches(&mut self) {
        for session in self.sessions.values_mut() {
            self.closed_changed |= session.review_branches(|key| self.governance.is_granted(key));
        }
    }

    /// Logs that peers hold branches of, and that are not held here.
    pub(super) fn branches_offered(&self) -> BTreeSet<LogKey> {
        let sessions = self.sessions.values().flat_map(|session| session.their_branches());
        sessions.map(|(log, _)| *log).filter(|log| !self.durable.logs.contains_key(log)).collect()
    }
}
