//! What breaks, and when. Each seed draws which kinds it has, so that rare ones are not always drowned in others.

use isnad_protocol::id::NodeId;
use isnad_protocol::log::LogKey;
use isnad_protocol::replica::Input;

use super::finding::Checked;
use super::liar;
use super::network::pair;
use super::random::Random;
use super::site::Signer;
use super::{Event, Pair, World, workload};

/// One kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A connection is lost.
    Cut,
    /// The power goes: what was not flushed is lost, or torn.
    PowerLoss,
    /// The process is killed: what was written stays.
    Kill,
    /// A node is stopped in order.
    Stop,
    /// The mark is lost while a node is down.
    MarkLost,
    /// A disk is full for a while.
    DiskFull,
    /// Some pairs of nodes cannot reach each other for a while.
    Partition,
    /// One direction of a connection stands still for a while.
    OneWay,
    /// A node reads nothing for a while.
    SlowReader,
    /// What one node holds is carried to another on a stick.
    Carry,
    /// A liar offers what nobody has.
    Overstate,
    /// A liar goes back to an old copy of its home, and signs on.
    Fork,
    /// A stick that was written long ago is taken in, twice.
    OldStick,
    /// A clock is put forward or back, to a year from the right time at most.
    ClockJump,
    /// A bit flips in a journal.
    BitFlip,
    /// A backup is made, and later restored.
    Restore,
    /// A node's disk, keys and mark are copied to another machine, and both run.
    Clone,
}

impl Fault {
    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::Cut,
        Self::PowerLoss,
        Self::Kill,
        Self::Stop,
        Self::MarkLost,
        Self::DiskFull,
        Self::Partition,
        Self::OneWay,
        Self::SlowReader,
        Self::Carry,
        Self::Overstate,
        Self::Fork,
        Self::OldStick,
        Self::ClockJump,
        Self::BitFlip,
        Self::Restore,
        Self::Clone,
    ];

    /// Draws the kinds that a seed has.
    pub(super) fn draw(random: &mut Random) -> Vec<Self> {
        let usual = |fault: &Self| !matches!(fault, Self::BitFlip | Self::Restore | Self::Clone);
        Self::ALL.into_iter().filter(|fault| random.chance(if usual(fault) { 60 } else { 20 })).collect()
    }
}

/// Carried files that the world keeps, to carry them again.
const STICKS: usize = 4;

impl World {
    pub(super) fn fault(&mut self) -> Checked {
        if self.calm_since.is_some() {
            return Ok(());
        }
        let next = self.random.between(100, 2_500);
        self.schedule(next, Event::Fault);
        let Some(kind) = self.random.pick(&self.kinds).copied() else { return Ok(()) };
        let site = self.random.index(self.sites.len());
        let is_spent = self.plan.faults.is_some_and(|most| self.faults as u64 >= most);
        if is_spent || self.plan.without.contains(&kind) {
            return Ok(());
        }
        self.faults += 1;
        self.say(&format!("  {kind:?} {site}"));
        match kind {
            Fault::Cut => {
                if let Some(pair) = self.some_link() {
                    self.cut(pair);
                }
                Ok(())
            }
            Fault::PowerLoss => self.crash(site, true),
            Fault::Kill => self.crash(site, false),
            Fault::Stop => {
                self.act(site, super::Site::stop)?;
                self.crash(site, false)
            }
            Fault::MarkLost => {
                self.act(site, super::Site::stop)?;
                self.crash(site, false)?;
                if let Some(site) = self.sites.get_mut(site).filter(|site| site.has_settled()) {
                    site.lose_mark();
                }
                Ok(())
            }
            Fault::DiskFull => {
                let until = self.random.between(500, 6_000);
                if let Some(at) = self.sites.get_mut(site) {
                    at.disk.is_full = true;
                    self.schedule(until, Event::Heal { site });
                }
                Ok(())
            }
            Fault::Partition => self.partition(),
            Fault::OneWay => {
                let until = self.now_ms + self.random.between(500, 20_000);
                let lane = self.random.index(2);
                let link = self.some_link().and_then(|pair| self.links.get_mut(&pair));
                link.into_iter().for_each(|link| link.stall(lane, until));
                Ok(())
            }
            Fault::SlowReader => {
                let until = self.now_ms + self.random.between(500, 20_000);
                self.paused.get_mut(site).into_iter().for_each(|paused| *paused = until);
                Ok(())
            }
            Fault::Carry => self.carry(site),
            Fault::Overstate => self.overstate(site),
            Fault::Fork => self.fork(site),
            Fault::OldStick => self.old_stick(site),
            Fault::ClockJump => {
                let skew_ms = self.random.below(2 * super::site::YEAR_MS);
                self.sites.get_mut(site).into_iter().for_each(|site| site.skew_ms = skew_ms);
                Ok(())
            }
            Fault::BitFlip => self.flip(site),
            Fault::Restore => self.back_up_or_restore(site),
            Fault::Clone => self.clone_site(site),
        }
    }

    fn some_link(&mut self) -> Option<Pair> {
        let links: Vec<Pair> = self.links.keys().copied().collect();
        self.random.pick(&links).copied()
    }

    /// A node is gone with all its connections; it comes back later.
    pub(super) fn crash(&mut self, number: usize, is_power_lost: bool) -> Checked {
        if let Some(site) = self.sites.get_mut(number) {
            site.crash(is_power_lost, &mut self.random);
        }
        self.believed.get_mut(number).into_iter().for_each(std::collections::BTreeMap::clear);
        let own: Vec<Pair> = self.links.keys().filter(|pair| pair.0 == number || pair.1 == number).copied().collect();
        own.into_iter().for_each(|pair| self.cut(pair));
        let back = self.random.between(200, 8_000);
        self.schedule(back, Event::Start { site: number });
        Ok(())
    }

    /// Splits the nodes in two, or takes out single pairs.
    fn partition(&mut self) -> Checked {
        let until = self.now_ms + self.random.between(1_000, 15_000);
        let is_whole = self.random.chance(50);
        let sides: Vec<bool> = self.sites.iter().map(|_| self.random.chance(50)).collect();
        for one in 0..sides.len() {
            for other in one + 1..sides.len() {
                let is_apart = if is_whole { sides.get(one) != sides.get(other) } else { self.random.chance(30) };
                if is_apart {
                    self.blocked.insert((one, other), until);
                    self.cut((one, other));
                }
            }
        }
        Ok(())
    }

    fn carry(&mut self, to: usize) -> Checked {
        let from = self.random.index(self.sites.len());
        let knows = self.random.chance(50);
        let ends = |site: &super::Site| site.disk.image.logs.iter().map(|(key, log)| (*key, log.checked)).collect();
        let theirs = self.sites.get(to).filter(|_| knows).map(ends).unwrap_or_default();
        let Some(frames) = self.sites.get(from).filter(|_| from != to).and_then(|site| site.carried(&theirs)) else {
            return Ok(());
        };
        if self.sticks.len() < STICKS {
            self.sticks.push(frames.clone());
        }
        self.take_in(to, frames)
    }

    /// What one wrote on a stick long ago is taken in again, and once more.
    fn old_stick(&mut self, to: usize) -> Checked {
        let Some(frames) = self.random.pick(&self.sticks).cloned() else { return Ok(()) };
        self.take_in(to, frames.clone())?;
        self.take_in(to, frames)
    }

    pub(super) fn take_in(&mut self, to: usize, frames: Vec<Vec<u8>>) -> Checked {
        self.act(to, |site, around| {
            // A node that is in no consortium yet has no spaces to take a file into.
            if site.disk.image.governance.spaces().is_empty() {
                return Ok(());
            }
            site.connected(NodeId::ZERO, None, around)?;
            for frame in frames {
                site.received(NodeId::ZERO, frame, around)?;
            }
            site.handle(Input::Disconnected { peer: NodeId::ZERO }, around)?;
            site.flush(around)
        })
    }

    fn overstate(&mut self, number: usize) -> Checked {
        let Some(site) = self.sites.get(number).filter(|site| site.lies.as_ref().is_some_and(|lies| lies.overstates))
        else {
            return Ok(());
        };
        let logs: Vec<(LogKey, u64)> = site.disk.image.logs.iter().map(|(key, log)| (*key, log.end.seq)).collect();
        let Some((log, held)) = self.random.pick(&logs).copied() else { return Ok(()) };
        let Some((peer, nonce)) = site.some_nonce(&mut self.random) else { return Ok(()) };
        let frame = liar::overstated(&nonce, log, held, &mut self.random);
        self.send(number, peer, frame)
    }

    fn fork(&mut self, number: usize) -> Checked {
        let Some(site) = self.sites.get_mut(number) else { return Ok(()) };
        let disk = site.disk.clone();
        let Some(lies) = site.lies.as_mut().filter(|lies| lies.forks) else { return Ok(()) };
        let Some(mut copy) = lies.copy.take() else {
            lies.copy = Some(Box::new(disk));
            return Ok(());
        };
        let keys = site.own_keys();
        self.crash(number, true)?;
        self.ledger.forked.extend(keys);
        copy.crash(&mut self.random, false);
        let Some(site) = self.sites.get_mut(number) else { return Ok(()) };
        site.restore(*copy);
        site.keys.attester = None;
        self.start(number)?;
        let Some(site) = self.sites.get(number) else { return Ok(()) };
        let organisation = site.keys.organisation;
        if site.disk.image.governance.spaces().is_empty() {
            return Ok(());
        }
        let contributions = workload::draw(&site.disk.image, self.members, organisation, &mut self.random);
        self.act(number, |site, around| site.contribute(&contributions, Signer::Granted, around))
    }

    /// Draws who is to be connected with whom: honest nodes always by some way of honest ones.
    pub(super) fn draw_topology(&mut self) {
        let mut honest: Vec<usize> = Vec::new();
        let mut liars: Vec<usize> = Vec::new();
        for (number, site) in self.sites.iter().enumerate() {
            if site.is_honest() { honest.push(number) } else { liars.push(number) }
        }
        self.random.shuffle(&mut honest);
        let density = self.random.below(100);
        for at in 1..honest.len() {
            let before = self.random.index(at);
            self.wire(honest.get(at).copied(), honest.get(before).copied());
        }
        for one in 0..self.sites.len() {
            for other in one + 1..self.sites.len() {
                if self.random.chance(density) {
                    self.wire(Some(one), Some(other));
                }
            }
        }
        for liar in liars {
            let other = self.random.pick(&honest).copied();
            self.wire(Some(liar), other);
        }
    }

    fn wire(&mut self, one: Option<usize>, other: Option<usize>) {
        let Some((one, other)) = one.zip(other) else { return };
        let pair = pair(one, other);
        if one != other && self.topology.insert(pair) {
            let at = self.random.below(3_000);
            self.schedule(at, Event::Connect { pair });
        }
    }
}
