//! Forks of logs: found wherever two entries of one position meet, proved, kept, and told before all else. DESIGN §8.
//!
//! A liar's bytes prove nothing: only the author's own signatures do. Where a peer's log is another than ours, the peer is
//! asked for single headers, by halving, until the first position is found at which the two differ.

use super::peers::Broken;
use super::{Notice, Refusal, Replica, Write};
use crate::breakage::{self, Breakage};
use crate::encoding::Reader;
use crate::entry::{Entry, Header};
use crate::id::{EntryId, NodeId, SpaceId};
use crate::key::Signature;
use crate::limits;
use crate::log::{self, ForkProof, LogKey, NoProof};
use crate::store::{Fault, LogView};
use crate::sync::frame::{Frame, Item};
use crate::sync::session::Session;

/// The search for the first position at which a peer's log differs from ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Probe {
    /// Up to here both are known to be one.
    same: u64,
    /// Here they are known to differ.
    other: u64,
    /// The peer's entry there, if it sent it.
    twin: Option<Entry>,
    /// The position that was asked for.
    asked: u64,
}

impl Probe {
    /// True if the peer has sent an entry that differs from ours.
    pub(super) const fn shows_a_fork(&self) -> bool {
        self.twin.is_some()
    }
}

impl Replica {
    /// Keeps the proof of a fork. True if it says more than what was known.
    pub(super) fn take_fork(&mut self, proof: ForkProof) -> bool {
        if !self.governance.needs_fork(&proof.log(), proof.seq()) {
            return false;
        }
        let before = self.flushed.is_none().then(|| Box::new(self.governance.clone()));
        let (log, seq) = (proof.log(), proof.seq());
        if !self.governance.take_fork(proof.clone()) {
            return false;
        }
        tracing::warn!(space = %log.space, author = %log.author, seq, "log forked");
        self.acts_changed = true;
        self.closed_changed = true;
        self.flushed = self.flushed.take().or(before);
        self.commit(vec![Write::Fork(proof)]);
        self.notice(Notice::Forked { log, seq });
        true
    }

    /// Takes a proof that a peer sent.
    pub(super) fn hear_proof(&mut self, peer: NodeId, bytes: &[u8]) -> Result<(), Broken> {
        let Some((log, seq)) = ForkProof::claim(bytes) else {
            return Err("what should prove a fork proves none".into());
        };
        let Some(session) = self.sessions.get_mut(&peer).filter(|session| session.shares(log.space)) else {
            return Err("a space that the session does not share".into());
        };
        session.knows_fork(log, seq);
        // Before any signature is checked: a proof of what is known costs next to nothing.
        if self.governance.needs_fork(&log, seq) {
            self.take_fork(ForkProof::decode(bytes).map_err(|no_proof| no_proof.to_string())?);
        }
        Ok(())
    }

    /// Sends a peer the proofs of a space that it lacks: before runs, so that nothing of a forked log is taken meanwhile, and
    /// behind the acts that are due to it, for a proof about a key that none grants is dropped.
    pub(super) fn send_forks(&mut self, peer: NodeId, space: SpaceId) {
        let governance = self.flushed.as_deref().unwrap_or(&self.governance);
        // Who has not said what it holds of the space may not share it, and would have to drop us: it is told once it has.
        let is_due = |session: &&mut Session| session.has_said(space) && session.shares(space) && !session.owes_acts();
        let Some(session) = self.sessions.get_mut(&peer).filter(is_due) else { return };
        let due = governance.forks_in(space).filter(|proof| session.is_fork_due(proof.log(), proof.seq()));
        let frames: Vec<Frame> = due.map(|proof| Frame::Proof(proof.encode())).collect();
        for frame in frames {
            self.send(peer, &frame);
        }
    }

    pub(super) fn send_all_forks(&mut self, peer: NodeId) {
        let spaces: Vec<SpaceId> = self.flushed_governance().spaces().into_iter().map(|space| space.id).collect();
        spaces.into_iter().for_each(|space| self.send_forks(peer, space));
    }

    /// Our entry at a position of a log, as far as it can be read by now.
    fn entry_at(key: LogKey, seq: u64, logs: &impl LogView) -> Result<Option<Entry>, Fault> {
        let Some(before) = seq.checked_sub(1) else { return Ok(None) };
        let entry = logs.read_log(key, before, 1)?.into_iter().next().map(log::Authentic::into_entry);
        Ok(entry.filter(|entry| entry.header.seq == seq))
    }

    /// The id of our entry at a position; that before the first is zero.
    pub(super) fn id_at(&self, key: LogKey, seq: u64, logs: &impl LogView) -> Result<Option<EntryId>, Fault> {
        let end = self.end_of(key);
        if end.seq == seq {
            return Ok(Some(end.id));
        }
        Ok(Self::entry_at(key, seq, logs)?.map(|entry| entry.header.id()))
    }

    /// Holds entries of one log, in order, against those that stand at their positions here.
    ///
    /// # Errors
    /// [`Refusal`] if another stands at one of them, which is proved by then, or its signature is not its author's.
    pub(super) fn compare(
        &mut self,
        from: Option<NodeId>,
        key: LogKey,
        entries: &[Entry],
        logs: &impl LogView,
    ) -> Result<Result<(), Refusal>, Fault> {
        let held = self.end_of(key).seq;
        let is_met = |entry: &&Entry| entry.header.seq <= held;
        // Each names the one before it: where the last is ours, all are.
        let Some(last) = entries.iter().rfind(is_met) else { return Ok(Ok(())) };
        match self.id_at(key, last.header.seq, logs)? {
            Some(ours) if ours != last.header.id() => {}
            Some(_) | None => return Ok(Ok(())),
        }
        let mut found = None;
        for entry in entries.iter().filter(is_met) {
            let ours = Self::entry_at(key, entry.header.seq, logs)?;
            if let Some(ours) = ours.filter(|ours| ours.header.id() != entry.header.id()) {
                found = Some((ours, entry));
                break;
            }
        }
        // Appended, and not to be read yet: it is met again.
        let Some((ours, theirs)) = found else { return Ok(Ok(())) };
        let seq = theirs.header.seq;
        if breakage::is_out(Breakage::LogRewrite) {
            return Ok(Err(Refusal::Equivocation { seq }));
        }
        match ForkProof::of(&ours, theirs) {
            Ok(proof) => {
                self.take_fork(proof);
            }
            Err(NoProof::Signature) if !theirs.is_signed() => return Ok(Err(log::Refusal::Signature.into())),
            // Ours is the bad one: the check of our signatures cuts it off.
            Err(_) => return Ok(Err(Refusal::Equivocation { seq })),
        }
        let before = self.id_at(key, seq.saturating_sub(1), logs)?.unwrap_or(EntryId::ZERO);
        if let Some(peer) = from.filter(|_| before != theirs.header.prev) {
            self.probe(peer, key, seq.saturating_sub(1));
        }
        Ok(Err(Refusal::Equivocation { seq }))
    }

    /// Holds the ends that a peer names against what stands here: heights alone hide forks.
    pub(super) fn compare_ends(
        &mut self,
        peer: NodeId,
        space: SpaceId,
        items: &[Item],
        logs: &impl LogView,
    ) -> Result<(), Fault> {
        for item in items {
            let Item::End(author, theirs) = item else { continue };
            let key = LogKey { space, author: *author };
            if theirs.seq > self.end_of(key).seq || !self.is_unexplained(key, theirs.seq) {
                continue;
            }
            if self.id_at(key, theirs.seq, logs)?.is_some_and(|ours| ours != theirs.id) {
                self.probe(peer, key, theirs.seq);
            }
        }
        Ok(())
    }

    /// True if no fork at or before a position is known that would explain why two differ there.
    fn is_unexplained(&self, key: LogKey, seq: u64) -> bool {
        let known = self.governance.fork(&key);
        known.is_none_or(|proof| proof.seq() > seq) && self.governance.is_granted(&key.author)
    }

    /// Begins to look for the first position at which a peer's log differs from ours: it does at `other`.
    pub(super) fn probe(&mut self, peer: NodeId, key: LogKey, other: u64) {
        let is_open = self.probes.contains_key(&(peer, key));
        // Of each peer: one that answers nothing must not keep us from what another's log shows.
        let is_full = self.probes.keys().filter(|(who, _)| *who == peer).count() >= limits::WISHES;
        if other == 0 || is_open || is_full || !self.is_unexplained(key, other) || breakage::is_out(Breakage::SplitView)
        {
            return;
        }
        let probe = Probe { same: 0, other, twin: None, asked: 0 };
        self.probes.insert((peer, key), probe);
        self.step_probe(peer, key);
    }

    /// Asks for the next header, or ends the search: with the proof, if there is one.
    fn step_probe(&mut self, peer: NodeId, key: LogKey) {
        let Some(probe) = self.probes.get_mut(&(peer, key)) else { return };
        let between = probe.other.saturating_sub(probe.same);
        if between > 1 || probe.twin.is_none() {
            probe.asked = if between > 1 { probe.same.saturating_add(between / 2) } else { probe.other };
            let seq = probe.asked;
            let space = self.sessions.get(&peer).map(|session| session.blind(key.space));
            if let Some(space) = space {
                self.send(peer, &Frame::Probe { space, author: key.author, seq });
            }
        }
    }

    /// Answers with the header at a position, as far as we say that we hold the log.
    pub(super) fn answer_probe(
        &mut self,
        peer: NodeId,
        key: LogKey,
        seq: u64,
        logs: &impl LogView,
    ) -> Result<Result<(), Broken>, Fault> {
        let taken = self.sessions.get_mut(&peer).map_or(Ok(()), Session::take_probe);
        if let Err(violation) = taken {
            return Ok(Err(violation.to_string()));
        }
        let is_told = self.durable.logs.get(&key).is_some_and(|log| (1..=log.checked.seq).contains(&seq));
        let entry = if is_told { Self::entry_at(key, seq, logs)? } else { None };
        if let Some(Entry { header, signature, .. }) = entry {
            self.send(peer, &Frame::Header([&header.encode()[..], signature.as_bytes()].concat()));
        }
        Ok(Ok(()))
    }

    /// Takes the header that a peer was asked for.
    pub(super) fn hear_header(
        &mut self,
        peer: NodeId,
        bytes: &[u8],
        logs: &impl LogView,
    ) -> Result<Result<(), Broken>, Fault> {
        let Some(theirs) = header(bytes) else { return Ok(Err("a header that cannot be read".into())) };
        let key = LogKey { space: theirs.header.space, author: theirs.header.author };
        let seq = theirs.header.seq;
        let Some(probe) = self.probes.get(&(peer, key)).filter(|probe| probe.asked == seq) else {
            return Ok(Err("a header that was not asked for".into()));
        };
        let mut probe = probe.clone();
        if !theirs.is_signed() {
            return Ok(Err(log::Refusal::Signature.to_string()));
        }
        match Self::entry_at(key, seq, logs)? {
            // Cut back or not readable yet: it is met again.
            None => drop(self.probes.remove(&(peer, key))),
            Some(ours) if ours.header.id() == theirs.header.id() && seq == probe.other => {
                // The peer said that they differ here, and sent what stands here: its word was not worth much.
                self.probes.remove(&(peer, key));
            }
            Some(ours) if ours.header.id() == theirs.header.id() => {
                probe.same = seq;
                self.probes.insert((peer, key), probe);
                self.step_probe(peer, key);
            }
            Some(_) => {
                probe.other = seq;
                probe.twin = Some(theirs);
                let is_found = probe.other.saturating_sub(probe.same) == 1;
                self.probes.insert((peer, key), probe);
                if is_found { self.end_probe(peer, key, logs)? } else { self.step_probe(peer, key) }
            }
        }
        Ok(Ok(()))
    }

    /// Ends a search with the lowest fork that it found.
    pub(super) fn end_probe(&mut self, peer: NodeId, key: LogKey, logs: &impl LogView) -> Result<(), Fault> {
        let Some(Probe { other, twin: Some(twin), .. }) = self.probes.remove(&(peer, key)) else { return Ok(()) };
        if let Some(Ok(proof)) = Self::entry_at(key, other, logs)?.map(|ours| ForkProof::of(&ours, &twin)) {
            self.take_fork(proof);
        }
        Ok(())
    }

    /// Ends what was asked of a peer that is gone.
    pub(super) fn end_probes_of(&mut self, peer: NodeId, logs: &impl LogView) -> Result<(), Fault> {
        let open: Vec<LogKey> = self.probes.keys().filter(|(who, _)| *who == peer).map(|(_, key)| *key).collect();
        open.into_iter().try_for_each(|key| self.end_probe(peer, key, logs))
    }
}

/// A header with its signature, as an entry without payload.
fn header(bytes: &[u8]) -> Option<Entry> {
    let mut reader = Reader::new(bytes);
    let header = Header::decode(&reader.array().ok()?).ok()?;
    let signature = Signature::new(reader.array().ok()?);
    Some(Entry { header, signature, payload: None })
}
