//! Streams between nodes: ordered each, in no order among each other, slow, and lost with all that is on them.

use std::collections::VecDeque;

use isnad_protocol::id::NodeId;
use isnad_protocol::replica::Input;
use isnad_protocol::sync::frame::Frame;

use super::finding::{Checked, Rule, ensure};
use super::{Event, Pair, World};

/// Bytes that may wait for one reader, as in node/src/network/swarm.rs.
const QUEUE_BYTES: usize = 16 * 1_024 * 1_024;

/// The slowest link takes so long for a parcel, in milliseconds.
pub(super) const LATENCY_MS: u64 = 300;

/// What comes to it at most.
pub(super) const JITTER_MS: u64 = 50;

/// One connection.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) generation: u64,
    lanes: [Lane; 2],
}

/// One direction of it: to the lower node, to the higher one.
#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<(u64, Parcel)>,
    bytes: usize,
    latency_ms: u64,
    /// Nothing passes until then.
    pub(super) stalled_until: u64,
    last_due: u64,
}

#[derive(Debug)]
enum Parcel {
    /// The stream is open.
    Opened,
    Frame(Vec<u8>),
}

pub(super) const fn pair(one: usize, other: usize) -> Pair {
    if one < other { (one, other) } else { (other, one) }
}

const fn lane_to(pair: Pair, to: usize) -> usize {
    if pair.0 == to { 0 } else { 1 }
}

impl Link {
    pub(super) fn stall(&mut self, lane: usize, until: u64) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.stalled_until = until;
        }
    }

    pub(super) fn flow(&mut self) {
        self.lanes.iter_mut().for_each(|lane| lane.stalled_until = 0);
    }
}

impl World {
    pub(super) fn connect(&mut self, pair: Pair) -> Checked {
        if !self.topology.contains(&pair) || self.links.contains_key(&pair) {
            return Ok(());
        }
        let is_blocked = self.blocked.get(&pair).is_some_and(|until| *until > self.now_ms);
        if is_blocked || !self.admits(pair.0, pair.1) || !self.admits(pair.1, pair.0) {
            let later = self.random.between(300, 2_500);
            self.schedule(later, Event::Connect { pair });
            return Ok(());
        }
        for (site, peer) in [pair, (pair.1, pair.0)] {
            if let Some(generation) = self.believed.get(site).and_then(|believed| believed.get(&peer)).copied() {
                self.gone(site, peer, generation)?;
            }
        }
        self.generations += 1;
        let generation = self.generations;
        let mut lane = || Lane { latency_ms: self.random.between(1, LATENCY_MS), ..Lane::default() };
        let link = Link { generation, lanes: [lane(), lane()] };
        self.links.insert(pair, link);
        let (opener, listener) = if self.random.chance(50) { pair } else { (pair.1, pair.0) };
        self.believe(opener, listener, generation);
        self.believe(listener, opener, generation);
        self.push(pair, listener, Parcel::Opened);
        let nonce = self.random.bytes();
        let Some(peer) = self.node(listener) else { return Ok(()) };
        self.act(opener, |site, around| site.connected(peer, Some(nonce), around))
    }

    /// True if the node is up and knows the other as a member's.
    fn admits(&self, site: usize, other: usize) -> bool {
        let running = self.sites.get(site).filter(|site| site.running.is_some());
        let governance = running.map(|site| &site.disk.image.governance);
        governance.zip(self.node(other)).is_some_and(|(governance, node)| governance.nodes().contains_key(&node))
    }

    fn believe(&mut self, site: usize, peer: usize, generation: u64) {
        if let Some(believed) = self.believed.get_mut(site) {
            believed.insert(peer, generation);
        }
    }

    pub(super) fn node(&self, site: usize) -> Option<NodeId> {
        self.sites.get(site).map(|site| site.keys.node)
    }

    pub(super) fn send(&mut self, from: usize, peer: NodeId, frame: Vec<u8>) -> Checked {
        let Some(to) = self.by_node.get(&peer).copied() else { return Ok(()) };
        self.mark(&frame);
        let lies = self.sites.get_mut(from).and_then(|site| site.lies.as_mut());
        let is_honest = lies.is_none();
        let frames = match lies {
            Some(lies) => lies.distort(frame, &mut self.random),
            None => vec![frame],
        };
        let is_late = self.agreed_at.is_some_and(|at| self.now_ms > at + SETTLING_MS);
        ensure(!is_late || !is_honest || self.liars_stay, Rule::Restless, || {
            format!("{from} still sends to {to}: {:?}", frames.first().map(|frame| frame.first().copied()))
        })?;
        let pair = pair(from, to);
        let believed = self.believed.get(from).and_then(|believed| believed.get(&to)).copied();
        if self.links.get(&pair).map(|link| link.generation) == believed {
            for frame in frames {
                self.frames += 1;
                self.push(pair, to, Parcel::Frame(frame));
            }
        }
        Ok(())
    }

    fn push(&mut self, pair: Pair, to: usize, parcel: Parcel) {
        let jitter = self.random.below(JITTER_MS);
        let Some(link) = self.links.get_mut(&pair) else { return };
        let generation = link.generation;
        let Some(lane) = link.lanes.get_mut(lane_to(pair, to)) else { return };
        let due = lane.last_due.max(self.now_ms + lane.latency_ms + jitter);
        lane.last_due = due;
        if let Parcel::Frame(frame) = &parcel {
            lane.bytes += frame.len();
        }
        let is_first = lane.waiting.is_empty();
        lane.waiting.push_back((due, parcel));
        if lane.bytes > QUEUE_BYTES {
            self.cut(pair);
        } else if is_first {
            self.schedule(due - self.now_ms, Event::Deliver { pair, generation, to });
        }
    }

    pub(super) fn deliver(&mut self, pair: Pair, generation: u64, to: usize) -> Checked {
        let paused = self.paused.get(to).copied().unwrap_or(0);
        let Some(link) = self.links.get_mut(&pair).filter(|link| link.generation == generation) else { return Ok(()) };
        let Some(lane) = link.lanes.get_mut(lane_to(pair, to)) else { return Ok(()) };
        let due = lane.waiting.front().map_or(0, |(due, _)| *due).max(lane.stalled_until).max(paused);
        if due > self.now_ms {
            self.schedule(due - self.now_ms, Event::Deliver { pair, generation, to });
            return Ok(());
        }
        let Some((_, parcel)) = lane.waiting.pop_front() else { return Ok(()) };
        let next = lane.waiting.front().map(|(due, _)| *due);
        if let Parcel::Frame(frame) = &parcel {
            lane.bytes -= frame.len();
        }
        if let Some(next) = next {
            self.schedule(next.saturating_sub(self.now_ms), Event::Deliver { pair, generation, to });
        }
        let from = if pair.0 == to { pair.1 } else { pair.0 };
        let is_believed = self.believed.get(to).and_then(|believed| believed.get(&from)) == Some(&generation);
        let Some(peer) = self.node(from).filter(|_| is_believed) else { return Ok(()) };
        if let Parcel::Frame(frame) = &parcel
            && self.says
        {
            self.say(&format!("  {from} to {to}: {}", name(frame)));
        }
        self.act(to, |site, around| match parcel {
            Parcel::Opened => site.connected(peer, None, around),
            Parcel::Frame(frame) => site.received(peer, frame, around),
        })
    }

    /// Loses a connection, and all that is on it. Each side notices in its own time; then they try again.
    pub(super) fn cut(&mut self, pair: Pair) {
        let Some(link) = self.links.remove(&pair) else { return };
        let generation = link.generation;
        for (site, peer) in [pair, (pair.1, pair.0)] {
            let notices = self.random.between(0, 3_000);
            self.schedule(notices, Event::Gone { site, peer, generation });
        }
        let again = self.random.between(100, 5_000);
        self.schedule(again, Event::Connect { pair });
    }

    pub(super) fn gone(&mut self, site: usize, peer: usize, generation: u64) -> Checked {
        let Some(believed) = self.believed.get_mut(site).filter(|believed| believed.get(&peer) == Some(&generation))
        else {
            return Ok(());
        };
        believed.remove(&peer);
        let Some(peer) = self.node(peer) else { return Ok(()) };
        self.act(site, |site, around| site.handle(Input::Disconnected { peer }, around))
    }

    /// A node ends a stream for what its peer did.
    pub(super) fn disconnect(&mut self, from: usize, peer: NodeId, reason: &str) -> Checked {
        self.ledger.dropped += 1;
        let is_fair = self.ledger.liars.contains(&peer)
            || self.sites.get(from).is_none_or(|site| !site.is_honest())
            || FAIR.contains(&reason);
        ensure(is_fair, Rule::Accused, || format!("{from} drops the honest {:?}: {reason}", self.by_node.get(&peer)))?;
        if let Some(to) = self.by_node.get(&peer).copied() {
            self.cut(pair(from, to));
        }
        Ok(())
    }
}

/// Why an honest peer may be disconnected: nobody is at fault, or the network made it late.
const FAIR: [&str; 2] = ["this node could not write to its disk", "offered entries and did not send them"];

/// After agreement, the last news may still be under way for so long.
pub(super) const SETTLING_MS: u64 = 5_000;

/// A frame in a word, for a person who reads along.
fn name(frame: &[u8]) -> String {
    let text = Frame::decode(frame).map_or_else(|error| error.to_string(), |frame| format!("{frame:?}"));
    text.chars().take(160).collect()
}
