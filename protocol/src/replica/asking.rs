//! The plan of what to ask of whom: each log of one peer at a time, so many of each that others have a share.

use std::collections::{BTreeMap, BTreeSet};

use super::{Output, Replica};
use crate::id::NodeId;
use crate::limits;
use crate::log::{LogEnd, LogKey};
use crate::sync::session::Session;
use crate::time::Timestamp;

/// A log that a peer was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) peer: NodeId,
    pub(super) until: u64,
    /// When the peer is dropped, unless entries come.
    pub(super) deadline: Timestamp,
    /// When another peer is asked, even if they do.
    patience: Timestamp,
}

/// What one peer is asked for while what is lacking is shared out.
struct Share {
    failures: u32,
    /// Entries that it was asked for and has not sent.
    owed: u64,
    wishes: Vec<(LogKey, u64)>,
}

impl Share {
    const fn has_room(&self) -> bool {
        self.owed < limits::OWED_ENTRIES && self.wishes.len() < limits::WISHES
    }
}

impl Replica {
    /// Asks each peer for what it holds and this replica lacks, each log of one peer at a time: first of those that never kept
    /// it waiting.
    pub(super) fn plan(&mut self, now: Timestamp) {
        for (peer, wishes) in self.share(now) {
            if let Some(session) = self.sessions.get(&peer) {
                let frame = session.want(&wishes);
                self.send(peer, &frame);
                self.outputs.push_back(Output::WakeAt(now.after_ms(limits::ANSWER_MS)));
            }
        }
        self.plan_branches(now);
    }

    /// The logs to ask of each peer, each from behind what is held: they count as asked from now on. A log is asked of the peer that
    /// failed least of those that offer it, and of these, of the one that owes least: many send at once, and one that is slow or
    /// lies holds up no more than it was asked for.
    pub(super) fn share(&mut self, now: Timestamp) -> BTreeMap<NodeId, Vec<(LogKey, u64)>> {
        let mut shares: BTreeMap<NodeId, Share> = BTreeMap::new();
        for (peer, _) in self.sessions.iter().filter(|(_, session)| session.is_live()) {
            let failures = self.failures.get(peer).copied().unwrap_or(0);
            shares.insert(*peer, Share { failures, owed: 0, wishes: Vec::new() });
        }
        for (log, asked) in &self.asked {
            let left = asked.until.saturating_sub(self.end_of(*log).seq);
            shares.entry(asked.peer).and_modify(|share| share.owed = share.owed.saturating_add(left));
        }
        let lacking = self.sessions.iter_mut().filter(|(peer, _)| shares.get(peer).is_some_and(Share::has_room));
        let lacking: BTreeSet<LogKey> = lacking.flat_map(|(_, session)| session.lacking().iter().copied()).collect();
        for log in lacking.into_iter().filter(|log| !self.asked.contains_key(log)).collect::<Vec<_>>() {
            let held = self.end_of(log).seq;
            let offers = self.offers(log, held);
            let rank = |(peer, _): &(NodeId, u64)| shares.get(peer).map(|share| (share.failures, share.owed, *peer));
            let has_room = |(peer, _): &&(NodeId, u64)| shares.get(peer).is_some_and(Share::has_room);
            let Some((peer, until)) = offers.iter().filter(has_room).min_by_key(|offer| rank(offer)).copied() else {
                continue;
            };
            let Some(share) = shares.get_mut(&peer) else { continue };
            share.owed = share.owed.saturating_add(until.saturating_sub(held));
            share.wishes.push((log, held));
            let (deadline, patience) = (now.after_ms(limits::ANSWER_MS), now.after_ms(limits::SLOW_MS));
            self.asked.insert(log, Asked { peer, until, deadline, patience });
        }
        let shares = shares.into_iter().filter(|(_, share)| !share.wishes.is_empty());
        shares.map(|(peer, share)| (peer, share.wishes)).collect()
    }

    /// Who offers more of a log than the `held` entries, and up to where. Of one that can say no more of it nothing is asked again.
    fn offers(&mut self, log: LogKey, held: u64) -> Vec<(NodeId, u64)> {
        let (closing, is_granted) = (self.closing_of(&log), self.governance.is_granted(&log.author));
        let diverged = &self.diverged;
        let offers = self.sessions.iter_mut().filter_map(|(peer, session)| {
            if !session.is_live() || !session.lacking().contains(&log) || diverged.contains(&(*peer, log)) {
                return None;
            }
            let until = session.their_end(log).seq.min(closing);
            if until <= held || !is_granted {
                session.lacking().remove(&log);
                return None;
            }
            Some((*peer, until))
        });
        offers.collect()
    }

    pub(super) fn wake(&mut self, now: Timestamp) {
        let late: BTreeSet<NodeId> =
            self.asked.values().filter(|asked| asked.deadline <= now).map(|asked| asked.peer).collect();
        let slow = self.give_up_slow(now);
        let sessions = &self.sessions;
        let is_elsewhere = |peer: &NodeId, branch: &(LogKey, LogEnd)| {
            let others = sessions.iter().filter(|(other, session)| *other != peer && session.is_live());
            others.into_iter().any(|(_, session)| session.their_branches().contains(branch))
        };
        let slow = &slow | &self.branching.late(now, is_elsewhere);
        for peer in late.union(&slow) {
            let failures = self.failures.entry(*peer).or_default();
            *failures = failures.saturating_add(1);
        }
        for peer in late {
            self.drop_peer(peer, "offered entries and did not send them");
        }
        self.plan(now);
        let deadlines = self.asked.values().map(|asked| asked.deadline).chain(self.branching.next_deadline());
        if let Some(next) = deadlines.chain(self.check_by.filter(|by| *by > now)).min() {
            self.outputs.push_back(Output::WakeAt(next));
        }
    }

    /// Takes logs off peers that sent for long and are not done, where another offers them too. Says whom.
    fn give_up_slow(&mut self, now: Timestamp) -> BTreeSet<NodeId> {
        let mut slow = BTreeSet::new();
        let sessions = &self.sessions;
        self.asked.retain(|log, asked| {
            if asked.patience > now {
                return true;
            }
            // Asked again of the same peer it would come twice.
            let offers =
                |peer: &NodeId, session: &Session| *peer != asked.peer && session.their_end(*log).seq >= asked.until;
            let is_elsewhere = sessions.iter().any(|(peer, session)| session.is_live() && offers(peer, session));
            asked.patience = now.after_ms(limits::SLOW_MS);
            if is_elsewhere {
                slow.insert(asked.peer);
            }
            !is_elsewhere
        });
        slow
    }
}
