//! The one door: every entry and act, from user, peer, file or bundle, is admitted or refused here.

use std::collections::{BTreeMap, BTreeSet};

use super::{Notice, Output, Replica, RequestId, Write};
use crate::act::{self, Act};
use crate::breakage::{self, Breakage};
use crate::entry::{self, Entry, Payload};
use crate::governance::{self, Change, Source};
use crate::id::{EntryId, NodeId, SpaceId};
use crate::key::PublicKey;
use crate::limits;
use crate::log::{self, Authentic, Log, LogEnd, LogKey, Run};
use crate::store::{Fault, LogView};
use crate::sync::run::Group;
use crate::time::Timestamp;

/// The door's final no, with the rule that says so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The bytes are no entry.
    #[error(transparent)]
    Entry(#[from] entry::DecodeError),
    /// The entry does not continue its log.
    #[error(transparent)]
    Log(#[from] log::Refusal),
    /// Governance knows no grant or membership that would let this log be taken.
    #[error(transparent)]
    NotTaken(#[from] governance::NotTaken),
    /// The bytes are no act.
    #[error(transparent)]
    ActBytes(#[from] act::DecodeError),
    /// The act is refused.
    #[error(transparent)]
    Act(#[from] governance::Refusal),
    /// Another entry stands at that position already: two headers of one author, space and seq.
    #[error("another entry stands at seq {seq} of this log already")]
    Equivocation {
        /// The position.
        seq: u64,
    },
    /// The log is closed: what its key signs beyond a fork or a cut counts for nothing by itself.
    #[error("this log is closed behind seq {seq}")]
    Closed {
        /// The last position that is taken.
        seq: u64,
    },
    /// More headers of one log without payload than a replica keeps in mind.
    #[error("too many payloads of this log are missing already: it goes on once some of them have come")]
    TooManyWanted,
    /// An act that other acts must come before.
    #[error("this act waits for others that are not here: it was not kept; hand it in again once they are")]
    Waits,
    /// The entry could not be written to this node's disk, and nothing of it was kept.
    #[error("this node could not write to its disk")]
    NotFlushed,
}

impl Refusal {
    /// A stable name for programs and translations.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Entry(error) => error.code(),
            Self::Log(refusal) => refusal.code(),
            Self::NotTaken(reason) => reason.code(),
            Self::ActBytes(error) => error.code(),
            Self::Act(refusal) => refusal.code(),
            Self::Equivocation { .. } => "entry_equivocation",
            Self::Closed { .. } => "log_closed",
            Self::TooManyWanted => "too_many_wanted",
            Self::Waits => "act_waits",
            Self::NotFlushed => "not_flushed",
        }
    }
}

impl Replica {
    pub(super) fn submit(&mut self, request: RequestId, entries: Vec<Entry>, logs: &impl LogView) -> Result<(), Fault> {
        let groups = by_log(entries);
        for (key, group) in &groups {
            if let Err(refusal) = self.compare(None, *key, group, logs)? {
                self.outputs.push_back(Output::Refuse { request, refusal });
                return Ok(());
            }
        }
        match self.admit_all(groups) {
            Ok(runs) => {
                let ids = runs.iter().flat_map(|(_, run)| run.entries.iter().map(Authentic::id)).collect();
                let mut writes = Vec::new();
                for (key, run) in runs {
                    self.enter(key, run, true, &mut writes);
                }
                self.pending.push((request, ids));
                self.commit(writes);
            }
            Err(refusal) => self.outputs.push_back(Output::Refuse { request, refusal }),
        }
        Ok(())
    }

    /// Checks entries of any number of logs without taking any.
    fn admit_all(&self, groups: Vec<(LogKey, Vec<Entry>)>) -> Result<Vec<(LogKey, Run)>, Refusal> {
        let mut runs: Vec<(LogKey, Run)> = Vec::new();
        for (key, group) in groups {
            let open = runs.iter().rev().find(|(known, _)| *known == key).map(|(_, run)| run.log);
            let log = open.or_else(|| self.held.logs.get(&key).copied());
            let closing = self.closing_of(&key);
            if group.iter().any(|entry| entry.header.seq > closing) {
                return Err(Refusal::Closed { seq: closing });
            }
            let extend = |log: Option<&Log>, key, entries| Log::extend_checked_by(self.are_signed, log, key, entries);
            runs.push((key, self.admit(key, log.as_ref(), group, extend)?));
        }
        Ok(runs)
    }

    /// Checks entries without taking any; `extend` says how the log is continued: on every signature, or on the last one of a run.
    fn admit(
        &self,
        key: LogKey,
        log: Option<&Log>,
        entries: Vec<Entry>,
        extend: impl FnOnce(Option<&Log>, LogKey, Vec<Entry>) -> Result<Run, log::Refusal>,
    ) -> Result<Run, Refusal> {
        let Some(first) = entries.first() else { return Err(log::Refusal::OtherLog.into()) };
        self.governance.may_take(&key.space, &key.author, &first.header.organisation)?;
        for entry in &entries {
            entry.payload.as_ref().map_or(Ok(()), |payload| entry.header.check_payload(payload))?;
        }
        let missing = entries.iter().filter(|entry| is_wanted(entry)).count();
        if missing > 0 && self.wanted_in(key).saturating_add(missing) > limits::WANTED {
            return Err(Refusal::TooManyWanted);
        }
        Ok(extend(log, key, entries)?)
    }

    /// How many payloads of a log are missing.
    fn wanted_in(&self, log: LogKey) -> usize {
        let from = (log, LogEnd::START);
        self.held.wanted.range(from..).take_while(|(wanted, _)| *wanted == log).count()
    }

    /// Takes a run that was admitted.
    fn enter(&mut self, key: LogKey, run: Run, is_local: bool, writes: &mut Vec<Write>) {
        let wanted = run.entries.iter().filter(|entry| is_wanted(entry.entry()));
        self.held.wanted.extend(wanted.map(|entry| (key, entry.end())));
        self.held.logs.insert(key, run.log);
        self.changed.insert(key, is_local || self.changed.get(&key) == Some(&true));
        if run.log.checked != run.log.end {
            self.unchecked.insert(key);
        }
        let is_checked = run.is_checked;
        writes.extend(run.entries.into_iter().map(|entry| Write::Entry { entry, is_checked }));
    }

    /// Takes what a peer sent of one log: what is held already is passed over, what does not continue it is refused.
    pub(super) fn take_group(
        &mut self,
        peer: NodeId,
        group: Group,
        now: Timestamp,
        logs: &impl LogView,
    ) -> Result<Result<(), Refusal>, Fault> {
        let is_beyond = group.entries.first().is_some_and(|first| first.header.seq > self.closing_of(&group.log));
        if is_beyond && self.branching.is_asked(peer, &group.log) {
            return Ok(self.take_branch(peer, group.log, group.entries, now));
        }
        let compared = self.compare(Some(peer), group.log, &group.entries, logs)?;
        Ok(compared.and_then(|()| self.take_next(peer, group)))
    }

    /// Takes entries none of which differs from one that is held.
    fn take_next(&mut self, peer: NodeId, group: Group) -> Result<(), Refusal> {
        let key = group.log;
        let Some(last) = group.entries.last() else { return Ok(()) };
        let last = LogEnd { seq: last.header.seq, id: last.header.id() };
        if self.own.contains(&key.author) && breakage::is_out(Breakage::NodeWiped) {
            return Ok(());
        }
        let held = self.end_of(key);
        if let Some(session) = self.sessions.get_mut(&peer) {
            session.has_entries(key, last);
            if last.seq > held.seq && self.governance.is_granted(&key.author) {
                session.lacking().insert(key);
            }
        }
        let organisation = group.entries.first().map(|first| first.header.organisation);
        let is_held = self.held.logs.contains_key(&key);
        // Of one that is not held it is not known yet whether it is closed.
        let unheld = organisation.filter(|_| !is_held).and_then(|whose| self.governance.is_closed(&key, &whose));
        let closing = self.closing_of(&key).min(unheld.unwrap_or(u64::MAX));
        let is_due = |entry: &Entry| held.seq < entry.header.seq && entry.header.seq <= closing;
        let entries: Vec<Entry> = group.entries.into_iter().filter(is_due).collect();
        let is_next = entries.first().is_some_and(|first| Some(first.header.seq) == held.seq.checked_add(1));
        if !is_next {
            // Held already, or beyond a gap: in both cases the plan asks for what is missing.
            return Ok(());
        }
        let (entries, is_cut) = self.cut_to_wanted(key, entries);
        if entries.is_empty() {
            return Err(Refusal::TooManyWanted);
        }
        let run = self.admit(key, self.held.logs.get(&key), entries, Log::extend_on_last)?;
        if self.own.contains(&key.author) {
            let time = run.entries.last().map_or(Timestamp(0), |entry| entry.entry().header.time);
            self.notice(Notice::OwnKeyElsewhere { log: key, time });
        }
        if run.log.checked != run.log.end {
            self.senders.entry(key).or_default().insert(run.log.end.seq, (peer, held.seq));
        }
        let mut writes = Vec::new();
        self.enter(key, run, false, &mut writes);
        self.commit(writes);
        if is_cut { Err(Refusal::TooManyWanted) } else { Ok(()) }
    }

    /// Cuts entries off from the one on that would be wanted beyond the bound: wherever frames end, every replica stops there.
    fn cut_to_wanted(&self, key: LogKey, mut entries: Vec<Entry>) -> (Vec<Entry>, bool) {
        if !entries.iter().any(is_wanted) {
            return (entries, false);
        }
        let mut room = limits::WANTED.saturating_sub(self.wanted_in(key));
        let fits = |entry: &&Entry| {
            let is_wanted = is_wanted(entry);
            let fits = !is_wanted || room > 0;
            room = room.saturating_sub(usize::from(is_wanted));
            fits
        };
        let whole = entries.len();
        let kept = entries.iter().take_while(fits).count();
        entries.truncate(kept);
        (entries, kept < whole)
    }

    /// Takes the payload of a position that was wanted.
    pub(super) fn take_payload(
        &mut self,
        key: LogKey,
        seq: u64,
        payload: Payload,
        logs: &impl LogView,
    ) -> Result<Result<(), Refusal>, Fault> {
        let from = (key, LogEnd { seq, id: EntryId::ZERO });
        let next = self.durable.wanted.range(from..).next().filter(|(log, at)| *log == key && at.seq == seq);
        let Some((_, at)) = next.copied() else { return Ok(Ok(())) };
        if !self.held.wanted.contains(&(key, at)) {
            return Ok(Ok(()));
        }
        let before = seq.saturating_sub(1);
        let Some(entry) = logs.read_log(key, before, 1)?.into_iter().next() else { return Ok(Ok(())) };
        if let Err(error) = entry.entry().header.check_payload(&payload) {
            return Ok(Err(error.into()));
        }
        self.held.wanted.remove(&(key, at));
        // A log with too many of them goes on: it is asked for again.
        self.diverged.retain(|(_, log)| *log != key);
        self.changed.entry(key).or_insert(false);
        let whole = Authentic::from_store(Entry { payload: Some(payload), ..entry.into_entry() });
        let is_checked = self.held.logs.get(&key).is_some_and(|log| seq <= log.checked.seq);
        // Else it is handed in once its signature is checked.
        if is_checked && seq > self.closing_of(&key) {
            // Asked for while the log was open: that it is whole there counts for the lines behind its closing point.
            self.branching.note_whole(whole.clone());
        }
        self.commit(vec![Write::Payload(whole)]);
        Ok(Ok(()))
    }

    pub(super) fn submit_act(&mut self, request: RequestId, bytes: &[u8]) {
        match self.take_act(bytes, Source::Home) {
            Ok(_) => {
                self.pending.push((request, Vec::new()));
                // So that the answer comes though nothing was new.
                self.commit(Vec::new());
            }
            Err(refusal) => self.outputs.push_back(Output::Refuse { request, refusal }),
        }
    }

    /// Takes an act, or signatures that it lacked. Returns it as it was sent.
    ///
    /// All that changes is written: the act, and those that waited for it. One that waits itself is not, for a stranger may
    /// have made it up; whoever holds it sends it again.
    pub(super) fn take_act(&mut self, bytes: &[u8], source: Source) -> Result<Act, Refusal> {
        let act = self.governance.decode(bytes)?;
        // Nothing is copied before it is known that there is something new.
        let Some(weighed) = self.governance.weigh(act.clone(), source)? else { return Ok(act) };
        // What waits is not written: its author is told so, rather than that it stands on disk.
        if source == Source::Home && weighed.is_waiting() {
            return Err(Refusal::Waits);
        }
        let is_shown = self.flushed.is_none() && !weighed.is_waiting();
        let before = is_shown.then(|| Box::new(self.governance.clone()));
        let Change { taken, acts, attesting } = self.governance.apply(weighed);
        self.now_attesting(attesting.into_iter().map(|(_, key)| key));
        tracing::info!(act = %act.id(), scope = %act.scope_id(), version = act.version(), ?taken, "act taken");
        let writes: Vec<_> = acts.iter().filter_map(|id| self.governance.act(id)).cloned().map(Write::Act).collect();
        if !writes.is_empty() {
            self.acts_changed = true;
            self.flushed = self.flushed.take().or(before);
            self.commit(writes);
        }
        Ok(act)
    }

    pub(super) fn checked(&mut self, key: LogKey, upto: LogEnd, is_bad_behind: bool) {
        self.checking = None;
        let Some(log) = self.held.logs.get_mut(&key) else { return };
        // The log may have been cut back, or the disk may have failed, while the signatures were being checked.
        if upto.seq < log.checked.seq || upto.seq > log.end.seq {
            return;
        }
        log.checked = upto;
        let senders = self.senders.entry(key).or_default();
        senders.retain(|until, _| *until > upto.seq);
        if senders.is_empty() {
            self.senders.remove(&key);
        }
        if log.checked == log.end || is_bad_behind {
            self.unchecked.remove(&key);
        }
        self.changed.entry(key).or_insert(false);
        if is_bad_behind {
            self.cut_back(key, upto);
        } else {
            self.commit(vec![Write::Checked { log: key, upto }]);
        }
    }

    /// Takes a log back to before an entry whose signature is bad; it is fetched again, first from another peer.
    fn cut_back(&mut self, key: LogKey, to: LogEnd) {
        if to == LogEnd::START {
            self.held.logs.remove(&key);
        } else if let Some(log) = self.held.logs.get_mut(&key) {
            log.end = to;
        }
        self.held.wanted.retain(|(log, at)| *log != key || at.seq <= to.seq);
        // Another entry may come to stand where it closes.
        if self.trunks.get(&key).is_some_and(|end| end.seq > to.seq) {
            self.trunks.remove(&key);
            self.closed_changed = true;
        }
        // What was cut away may be what others' entries did not fit.
        self.diverged.retain(|(_, log)| *log != key);
        for session in self.sessions.values_mut() {
            session.lacking().insert(key);
        }
        // The end is told as checked from now on, so that it stands on disk as checked too.
        self.commit(vec![Write::Checked { log: key, upto: to }, Write::CutBack { log: key, to }]);
        self.asked.remove(&key);
        // Of several who sent parts of it, the one in whose part the bad entry is; nobody, if that was before a start.
        let senders = self.senders.remove(&key).unwrap_or_default();
        if let Some((_, (peer, _))) = senders.into_iter().next().filter(|(_, (_, after))| *after <= to.seq) {
            self.notice(Notice::Refused { peer, log: key, refusal: log::Refusal::Signature.into() });
            self.drop_peer(peer, "sent an entry whose signature is not its author's");
        }
    }

    /// Offers signatures to check on idle cores: while entries still come in, only if too many are shown unchecked, or
    /// for too long.
    pub(super) fn offer_check(&mut self, now: Timestamp) {
        if self.unchecked.is_empty() {
            self.check_by = None;
        }
        if self.checking.is_some() || self.unchecked.is_empty() {
            return;
        }
        // Of a log that was cut back, the disk may still hold what is gone: its check waits for the flush.
        let settled = self.unchecked.iter().filter(|key| !self.changed.contains_key(key));
        let durable = settled.filter_map(|key| Some((*key, *self.durable.logs.get(key)?)));
        let due: Vec<_> = durable.filter(|(_, log)| log.checked.seq < log.end.seq).collect();
        let total = due.iter().fold(0_u64, |sum, (_, log)| sum.saturating_add(log.end.seq - log.checked.seq));
        if self.check_by.is_none() && !due.is_empty() {
            let by = now.after_ms(limits::CHECK_WAIT_MS);
            self.check_by = Some(by);
            self.outputs.push_back(Output::WakeAt(by));
        }
        // A peer that offers and does not send keeps others waiting for it, and must not keep us from checking.
        let has_waited = self.check_by.is_some_and(|by| by <= now);
        let is_idle = self.asked.is_empty() || has_waited || total > limits::UNCHECKED_ENTRIES;
        let Some((key, log)) = due.first().filter(|_| is_idle) else { return };
        self.checking = Some(*key);
        let until = log.end.seq.min(log.checked.seq.saturating_add(limits::CHECK_ENTRIES));
        self.outputs.push_back(Output::Check { log: *key, after: log.checked, until });
    }

    /// What peers are told to be missing in these logs.
    pub(super) fn told_wanted(&self, logs: &BTreeMap<LogKey, bool>) -> BTreeSet<(LogKey, LogEnd)> {
        let is_checked = |log: &LogKey, at: LogEnd| at.seq <= self.told_end(log).seq;
        let wanted = self.durable.wanted.iter();
        wanted.filter(|(log, at)| logs.contains_key(log) && is_checked(log, *at)).copied().collect()
    }

    /// Every position up to the checked end whose payload is missing.
    pub(super) fn wanted_of(&self, space: SpaceId) -> BTreeSet<(PublicKey, LogEnd)> {
        let is_checked = |log: &LogKey, at: LogEnd| at.seq <= self.told_end(log).seq;
        let of_space = self.durable.wanted.iter().filter(|(log, at)| log.space == space && is_checked(log, *at));
        of_space.map(|(log, at)| (log.author, *at)).collect()
    }
}

/// True if the payload is missing and would be fetched.
fn is_wanted(entry: &Entry) -> bool {
    entry.payload.is_none() && entry.header.has_payload()
}

/// Splits entries into stretches of one log each, in order.
fn by_log(entries: Vec<Entry>) -> Vec<(LogKey, Vec<Entry>)> {
    let mut groups: Vec<(LogKey, Vec<Entry>)> = Vec::new();
    for entry in entries {
        let key = LogKey { space: entry.header.space, author: entry.header.author };
        match groups.last_mut() {
            Some((last, group)) if *last == key => group.push(entry),
            _ => groups.push((key, vec![entry])),
        }
    }
    groups
}
