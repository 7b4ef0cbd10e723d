//! What two replicas say to each other on one stream, as a value. format §9.4, §9.5.
//!
//! A session knows what the peer holds, what is being sent to it, and what it may still send. It reads nothing and
//! decides nothing about entries: the replica routes them through its one door.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::digest::{self, Holding};
use super::frame::{Blind, Frame, Item, Wish};
use super::run::{Decoder, Encoder};
use crate::id::{ActId, SpaceId};
use crate::limits;
use crate::log::{LogEnd, LogKey};
use crate::store::{Fault, LogView};

mod branches;
mod credit;
mod forks;

pub use branches::{Due, read_entry};

/// What the replica holds of the spaces that it shares with this peer.
pub type Holdings = BTreeMap<SpaceId, Holding>;

/// How far the opening has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// We sent the first frame and wait for its answer.
    Opening,
    /// We wait for the peer's first frame.
    Listening,
    /// Both know what the other holds, or are saying so.
    Live,
}

/// A frame that breaks the order of a session: the peer is at fault, and the session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A frame that this stage does not have.
    #[error("a frame out of turn")]
    OutOfTurn,
    /// A space that this session does not have.
    #[error("a space that the session does not share")]
    UnknownSpace,
    /// More credit than a session can have.
    #[error("more credit than the protocol allows")]
    Credit,
    /// More bytes of entries than were allowed.
    #[error("more entries than the credit allowed")]
    Flood,
}

/// A log being sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stream {
    sent: u64,
    until: u64,
}

/// One side of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    stage: Stage,
    nonce: [u8; 16],
    spaces: BTreeMap<Blind, SpaceId>,
    /// What the peer holds, by its own word or because we sent it.
    theirs: BTreeMap<LogKey, LogEnd>,
    /// What the peer holds by its own word alone.
    word: BTreeMap<LogKey, LogEnd>,
    /// Logs that may be taken, of which the peer holds more than we do, or did when this was last looked at.
    lacking: BTreeSet<LogKey>,
    their_acts: BTreeMap<ActId, [u8; 32]>,
    /// Forks that the peer knows of, by their positions.
    their_forks: BTreeMap<LogKey, u64>,
    branches: branches::Branches,
    /// Headers that the peer asked for.
    probes: u32,
    /// Positions whose payload the peer lacks, by its own word, and was not sent yet.
    wanted: BTreeSet<(LogKey, LogEnd)>,
    /// Those of them that we hold: they are sent as the credit allows.
    owed: BTreeSet<(LogKey, LogEnd)>,
    /// Positions whose payload has come to be missing since we opened: the peer is told once it has answered.
    deferred: BTreeSet<(LogKey, LogEnd)>,
    /// What we held when the digests were made.
    opened_with: Holdings,
    /// Spaces whose whole state we said.
    stated: BTreeSet<SpaceId>,
    /// Spaces whose state the peer is saying or said: `true` once whole.
    heard: BTreeMap<SpaceId, bool>,
    /// Spaces in which both held the same when the session opened, by the peer's own word.
    agreed: BTreeSet<SpaceId>,
    /// True if the peer opened: it then says of each space that it has nothing to say.
    was_opened: bool,
    encoder: Encoder,
    decoder: Decoder,
    streams: BTreeMap<LogKey, Stream>,
    /// Acts that are due to the peer, in the order to send them in.
    acts: VecDeque<ActId>,
    /// Bytes of acts, runs and payloads that may still be sent; the last frame may overdraw.
    credit: i64,
    /// Bytes of acts, runs and payloads taken and not yet returned as credit.
    taken: u32,
}

impl Session {
    /// Opens a session with 16 random bytes: the first frame is to be sent.
    #[must_use]
    pub fn open(nonce: [u8; 16], holdings: Holdings) -> (Self, Frame) {
        let digest = digest::over_spaces(&digests(&holdings));
        let mut session = Self::new(Stage::Opening, nonce, &holdings);
        session.opened_with = holdings;
        (session, Frame::Open { nonce, digest })
    }

    /// Waits for the peer to open.
    #[must_use]
    pub fn listen() -> Self {
        Self::new(Stage::Listening, [0; 16], &Holdings::new())
    }

    fn new(stage: Stage, nonce: [u8; 16], holdings: &Holdings) -> Self {
        Self {
            stage,
            nonce,
            spaces: holdings.keys().map(|space| (digest::blind(&nonce, *space), *space)).collect(),
            theirs: BTreeMap::new(),
            word: BTreeMap::new(),
            lacking: BTreeSet::new(),
            their_acts: BTreeMap::new(),
            their_forks: BTreeMap::new(),
            branches: branches::Branches::default(),
            probes: 0,
            wanted: BTreeSet::new(),
            owed: BTreeSet::new(),
            deferred: BTreeSet::new(),
            opened_with: Holdings::new(),
            stated: BTreeSet::new(),
            heard: BTreeMap::new(),
            agreed: BTreeSet::new(),
            was_opened: false,
            encoder: Encoder::default(),
            decoder: Decoder::default(),
            streams: BTreeMap::new(),
            acts: VecDeque::new(),
            credit: i64::from(limits::CREDIT_BYTES),
            taken: 0,
        }
    }

    /// True once both know what the other holds.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.stage == Stage::Live
    }

    /// What the peer holds of a log, as far as it has said.
    #[must_use]
    pub fn their_end(&self, log: LogKey) -> LogEnd {
        self.theirs.get(&log).copied().unwrap_or(LogEnd::START)
    }

    /// Every log that the peer says it holds.
    #[must_use]
    pub const fn their_ends(&self) -> &BTreeMap<LogKey, LogEnd> {
        &self.theirs
    }

    /// The end of a log by the peer's own word; `None` until it has said all that it holds of that space.
    #[must_use]
    pub fn word(&self, log: LogKey) -> Option<LogEnd> {
        self.has_said(log.space).then(|| self.word.get(&log).copied().unwrap_or(LogEnd::START))
    }

    /// Logs of which the peer may hold more than we do: the only ones that a plan looks at.
    pub const fn lacking(&mut self) -> &mut BTreeSet<LogKey> {
        &mut self.lacking
    }

    /// Entries that the peer holds and we, who hold logs up to `held`, lack.
    #[must_use]
    pub fn behind(&self, held: impl Fn(LogKey) -> u64) -> u64 {
        let lacks = |log: &LogKey| self.their_end(*log).seq.saturating_sub(held(*log));
        self.lacking.iter().fold(0, |sum, log| sum.saturating_add(lacks(log)))
    }

    /// Entries that are due to the peer and not yet sent.
    #[must_use]
    pub fn due(&self) -> u64 {
        self.streams.values().fold(0, |sum, stream| sum.saturating_add(stream.until.saturating_sub(stream.sent)))
    }

    /// Logs and acts that the peer is known to hold, logs being sent to it, payloads that it lacks.
    #[must_use]
    pub fn counts(&self) -> [usize; 4] {
        [
            self.theirs.len(),
            self.their_acts.len(),
            self.streams.len(),
            self.wanted.len().saturating_add(self.owed.len()),
        ]
    }

    /// The space of a blinded id.
    ///
    /// # Errors
    /// [`Violation::UnknownSpace`] if this session shares none of that name.
    pub fn space(&self, blind: &Blind) -> Result<SpaceId, Violation> {
        self.spaces.get(blind).copied().ok_or(Violation::UnknownSpace)
    }

    /// The blinded ids of this session.
    #[must_use]
    pub const fn spaces(&self) -> &BTreeMap<Blind, SpaceId> {
        &self.spaces
    }

    /// Answers the peer's first frame: one byte if both hold the same.
    ///
    /// # Errors
    /// [`Violation::OutOfTurn`] unless this side was listening.
    pub fn on_open(&mut self, nonce: [u8; 16], theirs: [u8; 32], holdings: &Holdings) -> Result<Frame, Violation> {
        if self.stage != Stage::Listening {
            return Err(Violation::OutOfTurn);
        }
        *self = Self::new(Stage::Live, nonce, holdings);
        self.was_opened = true;
        self.assume_equal(holdings);
        let digests = digests(holdings);
        self.opened_with = holdings.clone();
        if digest::over_spaces(&digests) == theirs {
            holdings.keys().for_each(|space| self.agree(*space));
            self.opened_with.clear();
            return Ok(Frame::Equal);
        }
        Ok(Frame::Spaces(digests.iter().map(|(space, digest)| (digest::blind(&nonce, *space), *digest)).collect()))
    }

    /// Takes the peer's word that both held the same when the session opened.
    ///
    /// # Errors
    /// [`Violation::OutOfTurn`] unless this side opened.
    pub fn on_equal(&mut self) -> Result<(), Violation> {
        self.go_live()?;
        let spaces: Vec<SpaceId> = self.opened_with.keys().copied().collect();
        spaces.into_iter().for_each(|space| self.agree(space));
        self.opened_with.clear();
        Ok(())
    }

    /// Compares the peer's digests: says all of each space in which they differ, and of each other that there is nothing.
    ///
    /// # Errors
    /// [`Violation::OutOfTurn`] unless this side opened.
    pub fn on_spaces(&mut self, theirs: &[(Blind, [u8; 32])], holdings: &Holdings) -> Result<Vec<Frame>, Violation> {
        self.go_live()?;
        let nonce = self.nonce;
        let is_same = |(space, ours): &(SpaceId, [u8; 32])| {
            let blind = digest::blind(&nonce, *space);
            theirs.iter().any(|(name, digest)| *name == blind && digest == ours)
        };
        let (same, others): (Vec<_>, Vec<_>) = digests(&self.opened_with).into_iter().partition(is_same);
        // Before any state: both count the logs that are told in the order of these frames.
        let mut frames = Vec::new();
        for (space, _) in same {
            self.agree(space);
            frames.push(self.news(space, Vec::new()));
        }
        frames.extend(others.into_iter().flat_map(|(space, _)| self.state(space, holdings)));
        self.opened_with.clear();
        Ok(frames)
    }

    fn go_live(&mut self) -> Result<(), Violation> {
        if self.stage != Stage::Opening {
            return Err(Violation::OutOfTurn);
        }
        self.stage = Stage::Live;
        let opened_with = std::mem::take(&mut self.opened_with);
        self.assume_equal(&opened_with);
        self.opened_with = opened_with;
        Ok(())
    }

    /// Takes the peer's word that it held of a space what we did when the digests were made; it has ours.
    fn agree(&mut self, space: SpaceId) {
        if !self.agreed.insert(space) {
            return;
        }
        let ends = self.opened_with.get(&space).map(|holding| holding.ends.clone()).unwrap_or_default();
        for (author, end) in ends {
            let log = LogKey { space, author };
            self.word.insert(log, end);
            self.encoder.told(log, end);
            self.decoder.said(log, end);
        }
    }

    fn assume_equal(&mut self, holdings: &Holdings) {
        for (space, holding) in holdings {
            self.theirs
                .extend(holding.ends.iter().map(|(author, end)| (LogKey { space: *space, author: *author }, *end)));
            let branches =
                holding.branches.iter().map(|(author, end)| (LogKey { space: *space, author: *author }, *end));
            self.branches.theirs.extend(branches.clone());
            self.branches.told.extend(branches.map(|(log, end)| (log, end, true)));
            self.their_acts.extend(holding.acts.iter().map(|act| (act.id, act.signatures)));
            self.their_forks
                .extend(holding.forks.iter().map(|(author, seq)| (LogKey { space: *space, author: *author }, *seq)));
            self.wanted
                .extend(holding.wanted.iter().map(|(author, at)| (LogKey { space: *space, author: *author }, *at)));
        }
    }

    /// Says all that is held of one space, in parts, once in a session.
    pub fn state(&mut self, space: SpaceId, holdings: &Holdings) -> Vec<Frame> {
        let Some(holding) = holdings.get(&space).filter(|_| self.stated.insert(space)) else { return Vec::new() };
        let blind = digest::blind(&self.nonce, space);
        for (author, end) in &holding.ends {
            self.decoder.said(LogKey { space, author: *author }, *end);
        }
        let acts = holding.acts.iter().map(|act| Item::Act(act.id, act.signatures));
        let ends = holding.ends.iter().map(|(author, end)| Item::End(*author, *end));
        let wanted = holding.wanted.iter().map(|(author, at)| Item::Wanted(*author, *at));
        let forks = holding.forks.iter().map(|(author, seq)| Item::Fork(*author, *seq));
        let branches = holding.branches.iter().map(|(author, end)| Item::Branch(*author, *end));
        let items: Vec<Item> = acts.chain(forks).chain(ends).chain(branches).chain(wanted).collect();
        self.branches.told.retain(|(log, ..)| log.space != space);
        let told = holding.branches.iter().map(|(author, end)| (LogKey { space, author: *author }, *end, true));
        self.branches.told.extend(told);
        if items.is_empty() {
            return vec![Frame::State { space: blind, is_last: true, items }];
        }
        let parts = items.chunks(limits::STATE_ITEMS);
        let last = parts.len().saturating_sub(1);
        parts
            .enumerate()
            .map(|(index, items)| Frame::State { space: blind, is_last: index == last, items: items.to_vec() })
            .collect()
    }

    /// Takes down what the peer says it holds, as much as an honest peer can: it cannot fill our memory with names.
    pub fn note(&mut self, space: SpaceId, items: &[Item]) {
        for item in items {
            match item {
                Item::End(author, end)
                    if self.theirs.len() < limits::PEER_LOGS
                        || self.theirs.contains_key(&LogKey { space, author: *author }) =>
                {
                    self.theirs.insert(LogKey { space, author: *author }, *end);
                    self.word.insert(LogKey { space, author: *author }, *end);
                }
                Item::Act(id, signatures) if self.their_acts.len() < limits::PEER_LOGS => {
                    self.their_acts.insert(*id, *signatures);
                }
                Item::Wanted(author, at) if self.wanted.len().saturating_add(self.owed.len()) < limits::PEER_WANTED => {
                    self.wanted.insert((LogKey { space, author: *author }, *at));
                }
                Item::Fork(author, seq) => self.knows_fork(LogKey { space, author: *author }, *seq),
                Item::End(..) | Item::Act(..) | Item::Branch(..) | Item::Wanted(..) => {}
            }
        }
    }

    /// True if nothing was heard of the peer's state of a space yet.
    #[must_use]
    pub fn is_new_state(&self, space: SpaceId) -> bool {
        !self.heard.contains_key(&space)
    }

    /// Takes one part of the peer's state of a space: what was assumed of the space is forgotten with the first, of the acts
    /// that `holding` names.
    ///
    /// # Errors
    /// [`Violation::OutOfTurn`] if the peer said all of that space before, or says nothing and that more follows.
    pub fn hear_state(
        &mut self,
        space: SpaceId,
        is_last: bool,
        items: &[Item],
        holding: Option<&Holding>,
    ) -> Result<(), Violation> {
        if items.is_empty() && !is_last {
            return Err(Violation::OutOfTurn);
        }
        for item in items {
            if let Item::End(author, end) = item {
                self.encoder.told(LogKey { space, author: *author }, *end);
            }
        }
        match self.heard.insert(space, is_last) {
            Some(true) => Err(Violation::OutOfTurn),
            Some(false) => Ok(()),
            None => {
                self.theirs.retain(|log, _| log.space != space);
                self.lacking.retain(|log| log.space != space);
                self.wanted.retain(|(log, _)| log.space != space);
                self.owed.retain(|(log, _)| log.space != space);
                self.their_forks.retain(|log, _| log.space != space);
                self.branches.theirs.retain(|(log, _)| log.space != space);
                for act in holding.iter().flat_map(|holding| &holding.acts) {
                    self.their_acts.remove(&act.id);
                }
                Ok(())
            }
        }
    }

    /// Keeps what has come to be missing until the peer has answered: before it has, news would say that all was said.
    pub fn defer(&mut self, missing: &[(LogKey, LogEnd)]) {
        if self.stage == Stage::Opening {
            self.deferred.extend(missing);
        }
    }

    /// What came to be missing before the peer had answered.
    #[must_use]
    pub fn take_deferred(&mut self) -> Vec<(LogKey, LogEnd)> {
        std::mem::take(&mut self.deferred).into_iter().collect()
    }

    /// Positions of a log whose payload the peer lacks.
    #[must_use]
    pub fn wanted_of(&self, log: LogKey) -> Vec<LogEnd> {
        let from = (log, LogEnd::START);
        self.wanted.range(from..).take_while(|(wanted, _)| *wanted == log).map(|(_, at)| *at).collect()
    }

    /// Notes that a payload which the peer lacks is held here: it is sent as soon as the credit allows.
    pub fn owe(&mut self, log: LogKey, at: LogEnd) {
        if self.wanted.remove(&(log, at)) {
            self.owed.insert((log, at));
        }
    }

    /// Takes the peer's word that there is news of a space, if only that there is none; true if with this it has said all.
    ///
    /// An opener has said the whole state of a space before it sends news of it, or both held the same.
    pub fn hear_news(&mut self, space: SpaceId) -> bool {
        let is_agreement = self.was_opened && !self.has_said(space);
        if is_agreement {
            self.agree(space);
        }
        is_agreement
    }

    /// True once the peer has said all that it holds of a space: what is assumed of it before then proves nothing.
    #[must_use]
    pub fn has_said(&self, space: SpaceId) -> bool {
        self.agreed.contains(&space) || self.heard.get(&space) == Some(&true)
    }

    /// The acts of a space that the peer lacks, or has with other signatures; from now on it is taken to have them.
    pub fn acts_due(&mut self, holding: &Holding) -> Vec<ActId> {
        let due = holding.acts.iter().filter(|act| self.their_acts.get(&act.id) != Some(&act.signatures));
        let due: Vec<_> = due.copied().collect();
        self.their_acts.extend(due.iter().map(|act| (act.id, act.signatures)));
        due.into_iter().map(|act| act.id).collect()
    }

    /// Puts acts in the line of those that are sent as the credit allows, before all entries: one that waits already is read
    /// once it is sent, with the signatures that it has then.
    pub fn queue_acts(&mut self, acts: impl IntoIterator<Item = ActId>) {
        for act in acts {
            if !self.acts.contains(&act) {
                self.acts.push_back(act);
            }
        }
    }

    /// The next act to send, if there is credit for it.
    pub fn next_act(&mut self) -> Option<ActId> {
        if self.credit > 0 { self.acts.pop_front() } else { None }
    }

    /// True while acts are due to the peer for which there is no credit yet.
    #[must_use]
    pub fn owes_acts(&self) -> bool {
        !self.acts.is_empty()
    }

    /// Takes what is sent off the credit.
    pub fn spend(&mut self, bytes: usize) {
        self.credit = self.credit.saturating_sub(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// Notes that an act came from the peer.
    pub fn has_act(&mut self, id: ActId, signatures: [u8; 32]) {
        self.their_acts.insert(id, signatures);
    }

    /// Notes that the peer holds a log up to `end`, for it sent that: of as many logs as an honest peer can have.
    pub fn has_entries(&mut self, log: LogKey, end: LogEnd) {
        let has_room = self.theirs.len() < limits::PEER_LOGS || self.theirs.contains_key(&log);
        if has_room && self.their_end(log).seq < end.seq {
            self.theirs.insert(log, end);
        }
    }

    /// Begins to answer a wish: entries behind `after` up to `end`. Says how many.
    pub fn on_want(&mut self, log: LogKey, after: u64, end: LogEnd) -> u64 {
        if after < end.seq {
            self.streams.insert(log, Stream { sent: after, until: end.seq });
            self.theirs.insert(log, end);
        }
        end.seq.saturating_sub(after)
    }

    /// Pushes what is new in a log of ours, from where the peer stands.
    pub fn push(&mut self, log: LogKey, end: LogEnd) {
        let from = self.their_end(log).seq;
        let stream = self.streams.entry(log).or_insert(Stream { sent: from, until: from });
        stream.until = end.seq;
        self.theirs.insert(log, end);
    }

    /// Names new ends to the peer.
    #[must_use]
    pub fn news(&self, space: SpaceId, items: Vec<Item>) -> Frame {
        Frame::News { space: digest::blind(&self.nonce, space), items }
    }

    /// How the session names a space.
    #[must_use]
    pub fn blind(&self, space: SpaceId) -> Blind {
        digest::blind(&self.nonce, space)
    }

    /// Asks for logs from behind the positions given.
    #[must_use]
    pub fn want(&self, wishes: &[(LogKey, u64)]) -> Frame {
        let wish =
            |(log, after): &(LogKey, u64)| Wish { space: self.blind(log.space), author: log.author, after: *after };
        Frame::Want(wishes.iter().map(wish).collect())
    }

    /// Gathers frames of what is due, as far as the credit goes: payloads that the peer lacks, then runs. Acts go before: see
    /// [`Session::next_act`].
    ///
    /// # Errors
    /// [`Fault`] if the store cannot read what its logs promise.
    pub fn pump(&mut self, logs: &impl LogView) -> Result<Vec<Frame>, Fault> {
        let mut frames = Vec::new();
        let mut misses = 0;
        while self.credit > 0
            && misses < limits::MISSES
            && let Some((log, at)) = self.owed.pop_first()
        {
            let entry = logs.read_log(log, at.seq.saturating_sub(1), 1)?.into_iter().next();
            // On a fork the peer wants the payload of another entry than the one held here.
            let payload = entry.filter(|entry| entry.end() == at).and_then(|entry| entry.into_entry().payload);
            if let Some(payload) = payload {
                self.spend(payload.bytes.len());
                frames.push(Frame::Payload { space: self.blind(log.space), author: log.author, seq: at.seq, payload });
            } else {
                misses += 1;
            }
        }
        while self.credit > 0 && self.owes_branches() {
            let body = self.gather_branches(logs)?;
            if body.len() > 1 {
                self.spend(body.len());
                frames.push(Frame::Run(body));
            }
        }
        while self.credit > 0 && !self.streams.is_empty() {
            let body = self.gather(logs)?;
            if body.len() <= 1 {
                continue;
            }
            self.spend(body.len());
            frames.push(Frame::Run(body));
        }
        Ok(frames)
    }

    fn gather(&mut self, logs: &impl LogView) -> Result<Vec<u8>, Fault> {
        let enough = limits::RUN_BYTES / 2;
        while let Some((log, stream)) = self.streams.first_key_value().map(|(log, stream)| (*log, *stream)) {
            let Some(room) = enough.checked_sub(self.encoder.len()).filter(|room| *room > 0) else { break };
            let mut entries = logs.read_log(log, stream.sent, room)?;
            let left = stream.until.saturating_sub(stream.sent);
            entries.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            self.encoder.add(digest::blind(&self.nonce, log.space), &entries);
            let sent = entries.last().map_or(stream.until, |last| last.end().seq);
            if sent >= stream.until {
                self.streams.remove(&log);
            } else {
                self.streams.insert(log, Stream { sent, until: stream.until });
            }
        }
        Ok(self.encoder.finish())
    }
}

fn digests(holdings: &Holdings) -> BTreeMap<SpaceId, [u8; 32]> {
    holdings.iter().map(|(space, holding)| (*space, holding.digest(*space))).collect()
}
