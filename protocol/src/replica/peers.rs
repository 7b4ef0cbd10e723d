//! What peers say, and what is said to them: routes between sessions, the door and the plan of what to ask of whom.

use std::collections::{BTreeMap, BTreeSet};

use super::{Notice, Output, Refusal, Replica};
use crate::governance::{self, Source};
use crate::id::{NodeId, OpenSpace, SpaceId};
use crate::limits;
use crate::log::{self, LogEnd, LogKey};
use crate::store::{Fault, LogView};
use crate::sync::digest::Holding;
use crate::sync::frame::{Frame, Item, Wish};
use crate::sync::session::{Holdings, Session};
use crate::time::Timestamp;

/// Why a session cannot go on.
pub(super) type Broken = String;

impl Replica {
    /// What this replica tells peers that it holds.
    pub(super) fn holdings(&self) -> Holdings {
        let mut holdings = Holdings::new();
        let governance = self.flushed_governance();
        let mut spaces: Vec<SpaceId> = governance.spaces().into_iter().map(|space| space.id).collect();
        if spaces.is_empty() {
            // Too few acts to know of any: the others come in these, which every consortium has.
            spaces.extend(OpenSpace::ALL.map(|space| space.id(&governance.consortium())));
        }
        for space in spaces {
            let acts = governance.held_acts(&space).into_iter().collect();
            let forks = governance.forks_in(space).map(|proof| (proof.log().author, proof.seq())).collect();
            let branches = self.branches_in(space);
            let holding = Holding { wanted: self.wanted_of(space), acts, forks, branches, ..Holding::default() };
            holdings.insert(space, holding);
        }
        for key in self.durable.logs.keys() {
            let end = self.told_end(key);
            if let Some(holding) = holdings.get_mut(&key.space).filter(|_| end.seq > 0) {
                holding.ends.insert(key.author, end);
            }
        }
        holdings
    }

    pub(super) fn connected(&mut self, peer: NodeId, opens_with: Option<[u8; 16]>) {
        let session = match opens_with {
            Some(nonce) => {
                let (session, frame) = Session::open(nonce, self.holdings());
                self.send(peer, &frame);
                session
            }
            None => Session::listen(),
        };
        self.sessions.insert(peer, session);
    }

    pub(super) fn disconnected(&mut self, peer: NodeId, now: Timestamp) {
        self.sessions.remove(&peer);
        self.asked.retain(|_, asked| asked.peer != peer);
        self.branching.forget(peer);
        self.diverged.retain(|(who, _)| *who != peer);
        self.plan(now);
    }

    /// Closes the stream to a peer that did what no honest one does.
    pub(super) fn drop_peer(&mut self, peer: NodeId, reason: &str) {
        // What it has shown of a fork is proved once it is gone, whatever it is dropped for.
        self.probes.retain(|(who, _), probe| *who != peer || probe.shows_a_fork());
        self.branching.forget(peer);
        if self.sessions.remove(&peer).is_some() {
            tracing::warn!(%peer, reason, "peer dropped");
            self.asked.retain(|_, asked| asked.peer != peer);
            self.diverged.retain(|(who, _)| *who != peer);
            self.outputs.push_back(Output::Disconnect { peer, reason: reason.to_owned() });
        }
    }

    pub(super) fn received(
        &mut self,
        peer: NodeId,
        frame: &[u8],
        now: Timestamp,
        logs: &impl LogView,
    ) -> Result<(), Fault> {
        if !self.sessions.contains_key(&peer) {
            return Ok(());
        }
        let outcome = match Frame::decode(frame) {
            Ok(frame) => self.route(peer, frame, now, logs)?,
            Err(error) => Err(error.to_string()),
        };
        if let Err(reason) = outcome {
            self.drop_peer(peer, &reason);
            self.plan(now);
        }
        self.pump(peer, logs)
    }

    fn route(
        &mut self,
        peer: NodeId,
        frame: Frame,
        now: Timestamp,
        logs: &impl LogView,
    ) -> Result<Result<(), Broken>, Fault> {
        let outcome = match frame {
            Frame::Payload { space, author, seq, payload } => {
                let Some(space) = self.space_of(peer, &space) else { return Ok(Err(unknown_space())) };
                if let Err(violation) = self.charge(peer, payload.bytes.len()) {
                    return Ok(Err(violation));
                }
                self.renew(peer, now);
                let taken = self.take_payload(LogKey { space, author }, seq, payload, logs)?;
                taken.map_err(|refusal| refusal.to_string())
            }
            Frame::State { space, is_last, items } => {
                let Some(space) = self.space_of(peer, &space) else { return Ok(Err(unknown_space())) };
                let heard = self.hear_state(peer, space, is_last, &items);
                if heard.is_ok() {
                    self.compare_ends(peer, space, &items, logs)?;
                }
                heard
            }
            Frame::News { space, items } => {
                let Some(space) = self.space_of(peer, &space) else { return Ok(Err(unknown_space())) };
                self.note(peer, space, &items);
                self.compare_ends(peer, space, &items, logs)?;
                self.owe(peer, wanted_in(space, &items));
                if self.sessions.get_mut(&peer).is_some_and(|session| session.hear_news(space)) {
                    self.send_forks(peer, space);
                    self.confirm_own(peer);
                }
                Ok(())
            }
            Frame::Run(body) => self.take_run(peer, &body, now, logs)?,
            Frame::Proof(bytes) => self.hear_proof(peer, &bytes),
            Frame::Probe { space, author, seq } => {
                let Some(space) = self.space_of(peer, &space) else { return Ok(Err(unknown_space())) };
                self.answer_probe(peer, LogKey { space, author }, seq, logs)?
            }
            Frame::Header(bytes) => self.hear_header(peer, &bytes, logs)?,
            Frame::WantBranch { space, author, after, end } => {
                let Some(space) = self.space_of(peer, &space) else { return Ok(Err(unknown_space())) };
                self.answer_branch(peer, LogKey { space, author }, after, end, logs)?.map_err(text)
            }
            other => self.converse(peer, other),
        };
        if outcome.is_ok() {
            self.plan(now);
        }
        Ok(outcome)
    }

    /// Frames that only the session is concerned with.
    fn converse(&mut self, peer: NodeId, frame: Frame) -> Result<(), Broken> {
        let holdings = match frame {
            Frame::Open { .. } | Frame::Spaces(_) => self.holdings(),
            _ => Holdings::new(),
        };
        let Some(session) = self.sessions.get_mut(&peer) else { return Ok(()) };
        let is_opening = matches!(frame, Frame::Open { .. } | Frame::Equal | Frame::Spaces(_));
        let replies = match frame {
            Frame::Open { nonce, digest } => vec![session.on_open(nonce, digest, &holdings).map_err(text)?],
            Frame::Equal => session.on_equal().map(|()| Vec::new()).map_err(text)?,
            Frame::Spaces(theirs) => session.on_spaces(&theirs, &holdings).map_err(text)?,
            Frame::Credit(bytes) => session.on_credit(bytes).map(|()| Vec::new()).map_err(text)?,
            Frame::Want(wishes) => self.answer(peer, &wishes)?,
            Frame::Act(bytes) => {
                self.charge(peer, bytes.len())?;
                self.take_peers_act(peer, &bytes)?
            }
            Frame::Sending { .. }
            | Frame::State { .. }
            | Frame::News { .. }
            | Frame::Run(_)
            | Frame::Proof(_)
            | Frame::Probe { .. }
            | Frame::Header(_)
            | Frame::WantBranch { .. }
            | Frame::Payload { .. } => Vec::new(),
        };
        for reply in replies {
            self.send(peer, &reply);
        }
        if is_opening {
            self.catch_up_on_news(peer);
            self.send_all_forks(peer);
            let missing = self.sessions.get_mut(&peer).map(Session::take_deferred).unwrap_or_default();
            self.ask_payloads(peer, &missing);
            self.confirm_own(peer);
        }
        Ok(())
    }

    fn take_peers_act(&mut self, peer: NodeId, bytes: &[u8]) -> Result<Vec<Frame>, Broken> {
        let sent = match self.take_act(bytes, Source::Peer(peer)) {
            Ok(sent) => sent,
            // That others fill the table is no fault of the peer's: the act is due to us again when we meet again.
            Err(Refusal::Act(governance::Refusal::TooManyWaiting)) => return Ok(Vec::new()),
            Err(refusal) => return Err(text(refusal)),
        };
        // With signatures that it did not send, it is not the act that the peer has: it is still due to it.
        let is_whole = self.governance.act(&sent.id()).is_some_and(|held| held.signatures() == sent.signatures());
        let held = self.governance.held_act(&sent.id()).filter(|_| is_whole);
        if let (Some(session), Some(held)) = (self.sessions.get_mut(&peer), held) {
            session.has_act(held.id, held.signatures);
        }
        Ok(Vec::new())
    }

    fn answer(&mut self, peer: NodeId, wishes: &[Wish]) -> Result<Vec<Frame>, Broken> {
        if wishes.len() > limits::WISHES {
            return Err("more wishes than the protocol allows".into());
        }
        let mut entries = 0_u64;
        for wish in wishes {
            let space = self.space_of(peer, &wish.space).ok_or_else(unknown_space)?;
            let key = LogKey { space, author: wish.author };
            let end = self.told_end(&key);
            let Some(session) = self.sessions.get_mut(&peer) else { return Ok(Vec::new()) };
            entries = entries.saturating_add(session.on_want(key, wish.after, end));
        }
        Ok(vec![Frame::Sending { entries }])
    }

    fn hear_state(&mut self, peer: NodeId, space: SpaceId, is_last: bool, items: &[Item]) -> Result<(), Broken> {
        let Some(session) = self.sessions.get(&peer).filter(|session| session.is_live()) else {
            return Err("a frame out of turn".into());
        };
        // What is held is gathered for the first and the last part alone: a state may have many.
        let is_needed = is_last || session.is_new_state(space);
        let holdings = if is_needed { self.holdings() } else { Holdings::new() };
        let Some(session) = self.sessions.get_mut(&peer) else { return Ok(()) };
        session.hear_state(space, is_last, items, holdings.get(&space)).map_err(text)?;
        self.note(peer, space, items);
        self.owe(peer, wanted_in(space, items));
        if is_last {
            let replies = self.sessions.get_mut(&peer).map(|session| session.state(space, &holdings));
            for reply in replies.unwrap_or_default() {
                self.send(peer, &reply);
            }
            self.send_acts(peer, space, &holdings);
            self.send_forks(peer, space);
            self.tell_branches(peer);
            self.confirm_own(peer);
        }
        Ok(())
    }

    /// Takes down what a peer says it holds, and which of it this replica lacks.
    fn note(&mut self, peer: NodeId, space: SpaceId, items: &[Item]) {
        let ends = items.iter().filter_map(|item| match item {
            Item::End(author, end) => Some((LogKey { space, author: *author }, *end)),
            Item::Act(..) | Item::Fork(..) | Item::Branch(..) | Item::Wanted(..) => None,
        });
        let lacks = |(log, end): &(LogKey, LogEnd)| {
            self.governance.is_granted(&log.author) && end.seq.min(self.closing_of(log)) > self.end_of(*log).seq
        };
        let lacking: Vec<LogKey> = ends.filter(lacks).map(|(log, _)| log).collect();
        if let Some(session) = self.sessions.get_mut(&peer) {
            session.note(space, items);
            session.lacking().extend(lacking);
        }
        self.note_branches(peer, space, items);
    }

    /// Looks anew at which logs each peer holds more of, as when a key was granted whose log waited.
    fn review_lacking(&mut self) {
        let (governance, held) = (&self.governance, &self.held);
        for session in self.sessions.values_mut() {
            let lacks = |(log, end): &(&LogKey, &LogEnd)| {
                governance.is_granted(&log.author) && end.seq > held.logs.get(*log).map_or(0, |log| log.end.seq)
            };
            let lacking: Vec<LogKey> = session.their_ends().iter().filter(lacks).map(|(log, _)| *log).collect();
            session.lacking().extend(lacking);
        }
    }

    /// Takes the bytes of a frame off the peer's credit.
    fn charge(&mut self, peer: NodeId, bytes: usize) -> Result<(), Broken> {
        let charged = self.sessions.get_mut(&peer).map_or(Ok(()), |session| session.take(bytes));
        // So that credit goes back even if nothing of the frame is new.
        self.commit(Vec::new());
        charged.map_err(text)
    }

    /// Notes which payloads that the peer lacks this replica holds: they are sent as the peer's credit allows.
    fn owe(&mut self, peer: NodeId, wanted: impl IntoIterator<Item = (LogKey, LogEnd)>) {
        for (key, at) in wanted {
            let is_held = self.durable.logs.get(&key).is_some_and(|log| (1..=log.checked.seq).contains(&at.seq));
            if is_held && !self.durable.wanted.contains(&(key, at)) {
                self.sessions.get_mut(&peer).into_iter().for_each(|session| session.owe(key, at));
            }
        }
    }

    fn send_acts(&mut self, peer: NodeId, space: SpaceId, holdings: &Holdings) {
        let Some(holding) = holdings.get(&space) else { return };
        let Some(session) = self.sessions.get_mut(&peer) else { return };
        let due: BTreeSet<_> = session.acts_due(holding).into_iter().collect();
        if due.is_empty() {
            return;
        }
        // In the order in which they can be taken: a charter before the first acts that it names.
        let acts = self.flushed_governance().acts().map(|act| act.id()).filter(|id| due.contains(id));
        let acts: Vec<_> = acts.collect();
        self.sessions.get_mut(&peer).into_iter().for_each(|session| session.queue_acts(acts.iter().copied()));
        self.pump_acts(peer);
    }

    /// Sends acts as far as the credit goes: a peer is sent no more than it reads.
    fn pump_acts(&mut self, peer: NodeId) {
        let owes = |replica: &Self| replica.sessions.get(&peer).is_some_and(Session::owes_acts);
        if !owes(self) {
            return;
        }
        while let Some(id) = self.sessions.get_mut(&peer).and_then(Session::next_act) {
            let Some(act) = self.flushed_governance().act(&id).map(|act| act.encode()) else { continue };
            self.sessions.get_mut(&peer).into_iter().for_each(|session| session.spend(act.len()));
            self.send(peer, &Frame::Act(act));
        }
        if !owes(self) {
            // Proofs about keys that these acts grant: before them they say nothing to the peer.
            self.send_all_forks(peer);
        }
    }

    fn take_run(
        &mut self,
        peer: NodeId,
        body: &[u8],
        now: Timestamp,
        view: &impl LogView,
    ) -> Result<Result<(), Broken>, Fault> {
        if let Err(violation) = self.charge(peer, body.len()) {
            return Ok(Err(violation));
        }
        let logs = &self.durable.logs;
        let organisation = |log: &LogKey| logs.get(log).map(|log| log.organisation);
        let Some(session) = self.sessions.get_mut(&peer) else { return Ok(Ok(())) };
        let groups = match session.read_run(body, &organisation) {
            Ok(groups) => groups,
            Err(error) => return Ok(Err(error.to_string())),
        };
        self.renew(peer, now);
        for group in groups {
            let key = group.log;
            let first = group.entries.first().map_or(0, |entry| entry.header.seq);
            let taken = self.take_group(peer, group, now, view)?;
            let held = self.end_of(key).seq;
            if self.asked.get(&key).is_some_and(|asked| asked.peer == peer && held >= asked.until) {
                self.asked.remove(&key);
            }
            if self.governance.closed(&key).is_none() {
                self.branching.has_come(&key, held);
            }
            if let Err(refusal) = taken {
                // What follows on another entry than ours: theirs parts from ours somewhere before.
                if matches!(refusal, Refusal::Log(log::Refusal::Chain { .. })) {
                    self.probe(peer, key, first.saturating_sub(1));
                }
                if let Err(broken) = self.refuse(peer, key, refusal) {
                    return Ok(Err(broken));
                }
            }
        }
        Ok(Ok(()))
    }

    /// A peer sends one log after the other, and payloads before them: whatever comes keeps its word for all that it was asked.
    fn renew(&mut self, peer: NodeId, now: Timestamp) {
        let of_peer = self.asked.values_mut().filter(|asked| asked.peer == peer);
        of_peer.for_each(|asked| asked.deadline = now.after_ms(limits::ANSWER_MS));
    }

    /// What a refusal means for the session: a fork or a grant that is not here yet is no fault of the peer's.
    fn refuse(&mut self, peer: NodeId, log: LogKey, refusal: Refusal) -> Result<(), Broken> {
        self.asked.remove(&log);
        // What it never said it holds is not asked of it: to remember each log that it makes up would fill our memory.
        let is_known = self.sessions.get(&peer).is_some_and(|session| session.their_ends().contains_key(&log));
        let is_news = is_known && self.diverged.insert((peer, log));
        match refusal {
            Refusal::TooManyWanted => {
                if is_news {
                    self.notice(Notice::Refused { peer, log, refusal });
                }
                Ok(())
            }
            // A fork is its author's doing, and the proof tells of it.
            Refusal::Equivocation { .. } | Refusal::Log(log::Refusal::Chain { .. }) | Refusal::Closed { .. } => Ok(()),
            Refusal::NotTaken(_) | Refusal::NotFlushed | Refusal::Waits => Ok(()),
            Refusal::Entry(_) | Refusal::Log(_) | Refusal::ActBytes(_) | Refusal::Act(_) => {
                let reason = refusal.to_string();
                self.notice(Notice::Refused { peer, log, refusal });
                Err(reason)
            }
        }
    }

    /// What was committed stands on disk: users hear of it, and peers.
    pub(super) fn synced(&mut self, now: Timestamp, logs: &impl LogView) -> Result<(), Fault> {
        let changed = std::mem::take(&mut self.changed);
        let told = self.told_wanted(&changed);
        let checked = |key: &LogKey| self.durable.logs.get(key).map_or(0, |log| log.checked.seq);
        let before: BTreeMap<LogKey, u64> = changed.keys().map(|key| (*key, checked(key))).collect();
        for key in changed.keys() {
            match self.held.logs.get(key) {
                Some(log) => self.durable.logs.insert(*key, *log),
                None => self.durable.logs.remove(key),
            };
        }
        if !changed.is_empty() {
            self.durable.wanted.clone_from(&self.held.wanted);
        }
        self.follow_closed(&before, logs)?;
        let missing: Vec<_> = self.told_wanted(&changed).difference(&told).copied().collect();
        for (request, entries) in std::mem::take(&mut self.pending) {
            self.outputs.push_back(Output::Acknowledge { request, entries });
        }
        let peers: Vec<NodeId> = self.sessions.keys().copied().collect();
        self.flushed = None;
        let acts_changed = std::mem::take(&mut self.acts_changed);
        let acts_changed = self.follow_branches() || acts_changed;
        let acts_changed = self.hear(&changed, acts_changed, logs)? || acts_changed;
        self.closed_changed |= acts_changed;
        if acts_changed {
            self.unhear_branches();
            self.review_branches();
        }
        self.review_closed(logs)?;
        let holdings = if acts_changed { self.holdings() } else { Holdings::new() };
        // What came back to a home that had lost it: of what was written here no peer has said anything yet.
        let has_regained = changed.iter().any(|(log, is_local)| !is_local && self.own.contains(&log.author));
        for peer in peers {
            for space in holdings.keys() {
                self.send_acts(peer, *space, &holdings);
                self.send_forks(peer, *space);
            }
            self.tell(peer, &changed);
            self.tell_branches(peer);
            self.ask_payloads(peer, &missing);
            let wanted =
                changed.keys().map(|log| (*log, self.sessions.get(&peer).map(|session| session.wanted_of(*log))));
            let wanted: Vec<_> =
                wanted.flat_map(|(log, ends)| ends.unwrap_or_default().into_iter().map(move |at| (log, at))).collect();
            self.owe(peer, wanted);
            if has_regained {
                self.confirm_own(peer);
            }
            if let Some(frame) = self.sessions.get_mut(&peer).and_then(Session::return_credit) {
                self.send(peer, &frame);
            }
            self.pump(peer, logs)?;
        }
        if acts_changed {
            self.diverged.clear();
            self.review_lacking();
        }
        self.plan(now);
        self.attest(now, logs)
    }

    /// A node of another organisation that holds our own logs to the very end that we hold confirms it. DESIGN §8.
    ///
    /// By its own word alone, and no less than all: one that holds less may be the one that has not heard the rest.
    fn confirm_own(&mut self, peer: NodeId) {
        // No node's word is a carried file's, which anyone may have kept.
        let Some(theirs) = self.governance.nodes().get(&peer).copied() else { return };
        for (log, end) in self.own_logs() {
            let is_of_another = self.governance.key(&theirs, &log.author).is_none();
            let word = self.sessions.get(&peer).and_then(|session| session.word(log));
            // While anybody, ours included, is known to hold more, nobody's word is the last one.
            let is_last = self.sessions.values().all(|session| session.their_end(log).seq <= end.seq);
            if is_of_another && is_last && word == Some(end) {
                self.notice(Notice::OwnEndConfirmed { log, end });
            }
        }
    }

    fn pump(&mut self, peer: NodeId, logs: &impl LogView) -> Result<(), Fault> {
        self.pump_acts(peer);
        let frames = match self.sessions.get_mut(&peer) {
            Some(session) => session.pump(logs)?,
            None => Vec::new(),
        };
        for frame in frames {
            self.send(peer, &frame);
        }
        Ok(())
    }

    pub(super) fn send(&mut self, peer: NodeId, frame: &Frame) {
        self.outputs.push_back(Output::Send { peer, frame: frame.encode() });
    }

    fn space_of(&self, peer: NodeId, blind: &[u8; 16]) -> Option<SpaceId> {
        self.sessions.get(&peer)?.space(blind).ok()
    }
}

/// The positions whose payload a peer says it lacks.
fn wanted_in(space: SpaceId, items: &[Item]) -> Vec<(LogKey, LogEnd)> {
    let wanted = items.iter().filter_map(|item| match item {
        Item::Wanted(author, at) => Some((LogKey { space, author: *author }, *at)),
        Item::End(..) | Item::Act(..) | Item::Fork(..) | Item::Branch(..) => None,
    });
    wanted.collect()
}

fn unknown_space() -> Broken {
    crate::sync::session::Violation::UnknownSpace.to_string()
}

fn text(error: impl std::fmt::Display) -> Broken {
    error.to_string()
}
