//! What a node says on one stream, held against its disk: nothing is sent before it is flushed.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::id::SpaceId;
use isnad_protocol::log::{Authentic, ForkProof, Log, LogEnd, LogKey};
use isnad_protocol::sync::digest::{self, Holding};
use isnad_protocol::sync::frame::{Blind, Frame, Item};
use isnad_protocol::sync::run::Decoder;

use super::disk::Image;
use super::finding::{Checked, Finding, Rule, ensure};

/// One side of a stream, as an observer with the receiver's knowledge sees it.
#[derive(Debug)]
pub(super) struct Talk {
    nonce: Option<[u8; 16]>,
    decoder: Decoder,
    /// True if the peer opens.
    is_listening: bool,
    /// What the peer said first of all that it holds.
    theirs: Option<[u8; 32]>,
    /// True once a side said a digest that this observer, who judges no closed log, cannot make: then it cannot read runs
    /// that name logs by what was said.
    is_blind: bool,
    /// What this side held of each space when it made its digests, and these.
    opened: BTreeMap<SpaceId, (Told, [u8; 32])>,
    /// Spaces of which the peer has said what it holds, by its digest or in its state.
    heard: BTreeSet<SpaceId>,
}

/// Ends of logs that a frame tells of.
type Told = Vec<(LogKey, LogEnd)>;

impl Talk {
    pub(super) fn new(nonce: Option<[u8; 16]>) -> Self {
        Self {
            nonce,
            decoder: Decoder::default(),
            is_listening: nonce.is_none(),
            theirs: None,
            is_blind: false,
            opened: BTreeMap::new(),
            heard: BTreeSet::new(),
        }
    }

    pub(super) const fn nonce(&self) -> Option<[u8; 16]> {
        self.nonce
    }

    /// Notes the nonce of a session that the peer opens, and which logs the peer says it holds: runs name them by their place.
    pub(super) fn hears(&mut self, frame: &[u8]) {
        match Frame::decode(frame) {
            Ok(Frame::Open { nonce, digest }) => {
                self.nonce = Some(self.nonce.unwrap_or(nonce));
                self.theirs = Some(digest);
            }
            Ok(Frame::Equal) => self.opened.clone().into_keys().for_each(|space| self.agree(space)),
            Ok(Frame::Spaces(theirs)) => {
                for (space, (_, digest)) in self.opened.clone() {
                    let blind = self.blind(space);
                    if theirs.contains(&(blind, digest)) {
                        self.agree(space);
                    }
                }
            }
            Ok(Frame::State { space: blind, items, .. }) => {
                let Some(space) = self.named(blind) else { return };
                self.heard.insert(space);
                for item in items {
                    if let Item::End(author, end) = item {
                        self.decoder.said(LogKey { space, author }, end);
                    }
                }
            }
            Ok(Frame::News { space: blind, .. }) if self.is_listening => {
                let space = self.named(blind);
                space.into_iter().for_each(|space| self.agree(space));
            }
            _ => {}
        }
    }

    /// Takes it that the peer held of a space what this side did.
    fn agree(&mut self, space: SpaceId) {
        if self.heard.insert(space) {
            let (ends, _) = self.opened.get(&space).cloned().unwrap_or_default();
            ends.into_iter().for_each(|(log, end)| self.decoder.said(log, end));
        }
    }

    fn opened_with(&mut self, image: &Image) {
        let spaces = image.governance.spaces().into_iter().map(|space| {
            let holding = holding(image, space.id);
            let digest = holding.digest(space.id);
            let ends = holding.ends.into_iter().map(|(author, end)| (LogKey { space: space.id, author }, end));
            (space.id, (ends.collect(), digest))
        });
        self.opened = spaces.collect();
    }

    fn blind(&self, space: SpaceId) -> Blind {
        digest::blind(&self.nonce.unwrap_or_default(), space)
    }

    fn named(&self, blind: Blind) -> Option<SpaceId> {
        self.opened.keys().copied().find(|space| self.blind(*space) == blind)
    }

    /// Holds a frame that is about to be sent against what is flushed.
    pub(super) fn says(&mut self, frame: &[u8], image: &Image) -> Checked<Told> {
        let frame = Frame::decode(frame).map_err(|error| unflushed(format!("no frame: {error}")))?;
        match frame {
            Frame::Open { digest, .. } => {
                self.opened_with(image);
                let ours = digest::over_spaces(&digests(image));
                self.is_blind |= ours != digest;
                ensure(ours == digest || image.has_closed(), Rule::SentUnflushed, || {
                    "a digest of more than is flushed".to_owned()
                })?;
            }
            Frame::Spaces(told) => {
                self.opened_with(image);
                let nonce = self.nonce.unwrap_or_default();
                let ours: Vec<(Blind, [u8; 32])> =
                    digests(image).iter().map(|(space, digest)| (digest::blind(&nonce, *space), *digest)).collect();
                self.is_blind |= ours != told;
                ensure(ours == told || image.has_closed(), Rule::SentUnflushed, || {
                    "digests of more than is flushed".to_owned()
                })?;
            }
            Frame::State { space, items, .. } | Frame::News { space, items } => {
                return self.items(space, &items, image);
            }
            Frame::Act(bytes) => check_act(&bytes, image)?,
            Frame::Run(body) => return self.run(&body, image),
            Frame::Payload { space, author, seq, payload } => {
                let log = LogKey { space: self.space(space, image)?, author };
                let held = image.at(log, seq).and_then(|entry| entry.entry().payload.as_ref());
                ensure(held == Some(&payload), Rule::SentUnflushed, || format!("payload {seq} of {log:?}"))?;
            }
            Frame::Equal => {
                self.opened_with(image);
                self.is_blind |= self.theirs != Some(digest::over_spaces(&digests(image)));
                self.opened.clone().into_keys().for_each(|space| self.agree(space));
            }
            // Proofs and headers are their author's doing, and prove themselves.
            Frame::Proof(_) | Frame::Probe { .. } | Frame::Header(_) | Frame::WantBranch { .. } => {}
            Frame::Want(_) | Frame::Sending { .. } | Frame::Credit(_) => {}
        }
        Ok(Told::new())
    }

    fn items(&self, space: Blind, items: &[Item], image: &Image) -> Checked<Told> {
        let space = self.space(space, image)?;
        let mut told = Told::new();
        for item in items {
            match item {
                Item::End(author, end) => {
                    let log = LogKey { space, author: *author };
                    check_end(log, *end, image)?;
                    told.push((log, *end));
                }
                Item::Act(id, signatures) => {
                    let held = image.governance.held_acts(&space);
                    let is_held = held.iter().any(|act| act.id == *id && act.signatures == *signatures);
                    ensure(is_held, Rule::SentUnflushed, || format!("act {id:?} is told of"))?;
                }
                Item::Fork(author, seq) => {
                    let known = image.forks.get(&LogKey { space, author: *author }).map(ForkProof::seq);
                    ensure(known == Some(*seq), Rule::SentUnflushed, || format!("a fork at {seq} of {author:?}"))?;
                }
                Item::Branch(..) | Item::Wanted(..) => {}
            }
        }
        Ok(told)
    }

    fn run(&mut self, body: &[u8], image: &Image) -> Checked<Told> {
        if self.is_blind {
            return Ok(Told::new());
        }
        let spaces = self.spaces(image);
        let organisation = |log: &LogKey| image.organisation_of(log);
        let groups =
            self.decoder.decode(body, &spaces, &organisation).map_err(|error| unflushed(format!("no run: {error}")))?;
        let mut told = Told::new();
        for group in groups {
            for entry in &group.entries {
                let end = LogEnd { seq: entry.header.seq, id: entry.header.id() };
                if image.branches.contains_key(&(group.log, end)) {
                    continue;
                }
                check_end(group.log, end, image)?;
                told.push((group.log, end));
            }
        }
        Ok(told)
    }

    fn spaces(&self, image: &Image) -> BTreeMap<Blind, SpaceId> {
        let nonce = self.nonce.unwrap_or_default();
        image.governance.spaces().iter().map(|space| (digest::blind(&nonce, space.id), space.id)).collect()
    }

    fn space(&self, blind: Blind, image: &Image) -> Checked<SpaceId> {
        self.spaces(image).get(&blind).copied().ok_or_else(|| unflushed("a space of another session"))
    }
}

fn check_end(log: LogKey, end: LogEnd, image: &Image) -> Checked {
    let is_checked = image.logs.get(&log).is_some_and(|held| held.checked.seq >= end.seq);
    let is_held = image.at(log, end.seq).is_some_and(|entry| entry.id() == end.id);
    ensure(is_checked && is_held, Rule::SentUnflushed, || {
        let held = image.at(log, end.seq).map(Authentic::id);
        format!("{end:?} of {log:?}, which is {:?} and has {held:?} there", image.logs.get(&log))
    })
}

fn check_act(bytes: &[u8], image: &Image) -> Checked {
    let act = image.governance.decode(bytes).map_err(|error| unflushed(format!("no act: {error}")))?;
    let held = image.governance.act(&act.id());
    let is_held = held.is_some_and(|held| act.signatures().iter().all(|signed| held.signatures().contains(signed)));
    ensure(is_held, Rule::SentUnflushed, || format!("act {:?}", act.id()))
}

/// What this image's node may say that it holds.
fn digests(image: &Image) -> BTreeMap<SpaceId, [u8; 32]> {
    let spaces = image.governance.spaces().into_iter();
    spaces.map(|space| (space.id, holding(image, space.id).digest(space.id))).collect()
}

/// What is held of one space, as peers compare it.
pub(super) fn holding(image: &Image, space: SpaceId) -> Holding {
    let ends =
        image.logs.iter().filter(|(key, _)| key.space == space).map(|(key, log)| (*key, told_end(image, key, log)));
    let is_told = |key, seq| image.logs.get(key).is_some_and(|log| seq <= told_end(image, key, log).seq);
    let wanted = image.wanted.iter().filter(|(key, at)| key.space == space && is_told(key, at.seq));
    let forks = image.forks.values().filter(|proof| proof.log().space == space);
    Holding {
        ends: ends.filter(|(_, end)| end.seq > 0).map(|(key, end)| (key.author, end)).collect(),
        forks: forks.map(|proof| (proof.log().author, proof.seq())).collect(),
        wanted: wanted.map(|(key, at)| (key.author, *at)).collect(),
        acts: image.governance.held_acts(&space).into_iter().collect(),
        ..Holding::default()
    }
}

/// Up to where peers are told of a log: of a closed one up to where it closes.
fn told_end(image: &Image, key: &LogKey, log: &Log) -> LogEnd {
    let closing = image.governance.is_closed(key, &log.organisation).unwrap_or(u64::MAX);
    if log.checked.seq <= closing {
        return log.checked;
    }
    image.at(*key, closing).map_or(LogEnd::START, Authentic::end)
}

fn unflushed(evidence: impl Into<String>) -> Finding {
    Finding::new(Rule::SentUnflushed, evidence)
}
