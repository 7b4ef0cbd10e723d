//! How fast the proof of a fork spreads: an author says two things at once, from a home and its copy, to thirty honest nodes
//! none of which is further than two hops from another. DESIGN §8.
//!
//! A hop takes what the world gives it at most: the delay of a link, and the flush at its end. From the step in which the
//! first honest node holds the proof, each holds it after as many hops' time as it is hops away.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use isnad_node::mark::Machine;
use isnad_protocol::id::RecordId;
use isnad_protocol::log::LogKey;

use super::consortium::{Consortium, Keys};
use super::disk::Disk;
use super::finding::{Checked, Finding, Rule, ensure};
use super::liar::Lies;
use super::network::{JITTER_MS, LATENCY_MS, pair};
use super::random::Random;
use super::site::{Content, Contribution, Signer, Site};
use super::{Event, Pair, Plan, World};

/// Honest nodes.
pub const HONEST: usize = 30;

/// Hops between any two of them at most.
pub const HOPS: u64 = 2;

/// The author's home; its copy is the last node, and the honest ones are between.
const AUTHOR: usize = 0;
const COPY: usize = HONEST + 1;

/// In so long everything before the fork has come to everyone.
const SETTLED_MS: u64 = 20_000;

/// In so long the two branches meet somewhere.
const MET_MS: u64 = 20_000;

/// When each node held the proof of one fork.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spread {
    /// The seed.
    pub seed: u64,
    /// What one hop takes at most, in simulated milliseconds.
    pub hop_ms: u64,
    /// By honest node, the one that found it first.
    pub arrivals: Vec<Arrival>,
}

/// One node's part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Hops from where it was found.
    pub hops: u64,
    /// Simulated milliseconds since then.
    pub after_ms: u64,
}

impl Spread {
    /// The longest way that a node took, in parts of the time that so many hops may take.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        let ratios = self.arrivals.iter().filter(|at| at.hops > 0).map(|at| {
            let limit = at.hops.saturating_mul(self.hop_ms);
            f64::from(u32::try_from(at.after_ms).unwrap_or(u32::MAX)) / f64::from(u32::try_from(limit).unwrap_or(1))
        });
        ratios.fold(0.0, f64::max)
    }

    /// When the last of all held it.
    #[must_use]
    pub fn last_ms(&self) -> u64 {
        self.arrivals.iter().map(|at| at.after_ms).max().unwrap_or(0)
    }
}

impl World {
    /// Plays one fork among [`HONEST`] nodes, and tells when each held its proof.
    ///
    /// # Errors
    /// [`Finding`] if one did not hold it in time, or a rule did not hold on the way.
    pub fn spread(seed: u64) -> Result<Spread, Finding> {
        let mut world = Self::spreading(seed)?;
        world.play_until(SETTLED_MS / 4)?;
        world.say_at(AUTHOR, &["first", "second", "third"])?;
        world.play_until(SETTLED_MS)?;
        world.copy_home()?;
        world.play_until(2 * SETTLED_MS)?;
        let log = world.equivocate()?;
        let held = world.play_proof(log)?;
        world.spread_of(&held)
    }

    fn spreading(seed: u64) -> Checked<Self> {
        let mut random = Random::new(seed);
        let founded = Consortium::found(&mut random, COPY, COPY + 1, false)
            .map_err(|error| Finding::new(Rule::Store, format!("not founded: {error}")))?;
        let Consortium { id, members, public, founding, nodes, .. } = founded;
        let site = |(number, keys): (usize, Keys), random: &mut Random| {
            let lies = [AUTHOR, COPY].contains(&number).then(Lies::default);
            Site::new(keys, Disk::new(id, [members, public], founding.clone()), lies, random)
        };
        let sites = nodes.into_iter().enumerate().map(|keys| site(keys, &mut random)).collect();
        let mut world = Self::around(&Plan::of(seed), random, id, founding, sites);
        world.topology = world.draw_near();
        for site in 0..world.sites.len() {
            world.step(Event::Start { site })?;
        }
        for pair in world.topology.clone() {
            let at = world.random.below(SETTLED_MS / 10);
            world.schedule(at, Event::Connect { pair });
        }
        Ok(world)
    }

    /// Honest nodes in a ring around a hub, or at random, so that each is two hops from each other at most. The author's home
    /// and its copy know one of them each.
    fn draw_near(&mut self) -> BTreeSet<Pair> {
        let honest = || 1..=HONEST;
        let mut wires: BTreeSet<Pair> = BTreeSet::new();
        if self.random.chance(50) {
            let hub = 1 + self.random.index(HONEST);
            let ring: Vec<usize> = honest().filter(|node| *node != hub).collect();
            wires.extend(ring.iter().map(|node| pair(hub, *node)));
            wires.extend(ring.iter().zip(ring.iter().cycle().skip(1)).map(|(one, next)| pair(*one, *next)));
        } else {
            let pairs = honest().flat_map(|one| (one + 1..=HONEST).map(move |other| (one, other)));
            wires.extend(pairs.clone().filter(|_| self.random.chance(25)));
            for (one, other) in pairs {
                if distances(&wires, one).get(&other).is_none_or(|hops| *hops > HOPS) {
                    wires.insert((one, other));
                }
            }
        }
        let one = self.random.index(HONEST);
        let other = (one + 1 + self.random.index(HONEST - 1)) % HONEST;
        wires.extend([pair(AUTHOR, 1 + one), pair(COPY, 1 + other)]);
        wires
    }

    fn play_until(&mut self, until_ms: u64) -> Checked {
        while let Some(entry) = self.events.first_entry().filter(|entry| entry.key().0 < until_ms) {
            let ((at, _), event) = entry.remove_entry();
            self.now_ms = at;
            self.step(event)?;
        }
        self.now_ms = until_ms;
        Ok(())
    }

    fn say_at(&mut self, number: usize, texts: &[&str]) -> Checked {
        let said = |text: &&str| Contribution {
            space: self.members,
            record: RecordId::new([1; 16]),
            content: Content::NewNarrative((*text).to_owned()),
        };
        let contributions: Vec<Contribution> = texts.iter().map(said).collect();
        let before = self.ledger.contributed;
        self.act(number, |site, around| site.contribute(&contributions, Signer::Granted, around))?;
        let count = self.ledger.contributed - before;
        ensure(count == texts.len(), Rule::Store, || format!("{number} signed {count} of {}", texts.len()))
    }

    /// Copies the author's home to another machine, with all that says what it has signed.
    fn copy_home(&mut self) -> Checked {
        self.crash(COPY, false)?;
        let Some(author) = self.sites.get(AUTHOR) else { return Ok(()) };
        let (keys, disk) = (author.keys.copied(), author.disk.clone());
        let Some(copy) = self.sites.get_mut(COPY) else { return Ok(()) };
        copy.keys = Keys { node: copy.keys.node, ..keys };
        copy.machine = Machine::new([2; 32]);
        copy.restore(disk);
        self.start(COPY)
    }

    /// At one moment the author says one thing at home, and its copy another.
    fn equivocate(&mut self) -> Checked<LogKey> {
        let Some(site) = self.sites.get(AUTHOR) else { return Err(Finding::new(Rule::Store, "no author")) };
        self.ledger.forked.extend(site.own_keys());
        let log = LogKey { space: self.members, author: site.keys.contributor.public() };
        self.say_at(AUTHOR, &["it was chlorine"])?;
        self.say_at(COPY, &["it was sarin"])?;
        Ok(log)
    }

    /// Plays on until every honest node holds the proof, and tells when each did.
    fn play_proof(&mut self, log: LogKey) -> Checked<BTreeMap<usize, u64>> {
        let mut held: BTreeMap<usize, u64> = BTreeMap::new();
        let begun = self.now_ms;
        let hop_ms = self.hop_ms();
        while let Some(((at, _), event)) = self.events.pop_first() {
            let found = held.values().min().copied();
            if at > found.map_or(begun + MET_MS, |found| found + HOPS * hop_ms) {
                break;
            }
            self.now_ms = at;
            self.step(event)?;
            let sites = self.sites.iter().enumerate().filter(|(_, site)| site.is_honest());
            let holding = sites.filter(|(_, site)| site.disk.image.forks.contains_key(&log));
            for (number, _) in holding {
                held.entry(number).or_insert(at);
            }
            if held.len() == HONEST {
                break;
            }
        }
        Ok(held)
    }

    /// What one hop takes at most: from the flush at one node to the flush at the next.
    const fn hop_ms(&self) -> u64 {
        LATENCY_MS + JITTER_MS + self.slow_flush_ms
    }

    fn spread_of(&self, held: &BTreeMap<usize, u64>) -> Checked<Spread> {
        let first = held.iter().min_by_key(|(_, at)| **at);
        let (finder, found) = first.ok_or_else(|| Finding::new(Rule::Unproven, "nobody holds the proof"))?;
        let honest: BTreeSet<Pair> = self.topology.iter().filter(|pair| self.is_honest(**pair)).copied().collect();
        let (hops, hop_ms) = (distances(&honest, *finder), self.hop_ms());
        let mut arrivals = Vec::new();
        for number in 1..=HONEST {
            let hops = hops.get(&number).copied().unwrap_or(u64::MAX);
            let after_ms = held.get(&number).map(|at| at - found);
            let in_time = after_ms.filter(|after| *after <= hops.saturating_mul(hop_ms));
            let after_ms = in_time.ok_or_else(|| {
                let evidence =
                    format!("{number}, {hops} hops of {hop_ms} ms from {finder}, holds it after {after_ms:?}");
                Finding::new(Rule::Unproven, evidence)
            })?;
            arrivals.push(Arrival { hops, after_ms });
        }
        arrivals.sort_by_key(|at| (at.hops, at.after_ms));
        Ok(Spread { seed: self.plan.seed, hop_ms, arrivals })
    }
}

/// How many hops each node is away from one.
fn distances(wires: &BTreeSet<Pair>, from: usize) -> BTreeMap<usize, u64> {
    let mut beside: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (one, other) in wires {
        beside.entry(*one).or_default().push(*other);
        beside.entry(*other).or_default().push(*one);
    }
    let mut hops = BTreeMap::from([(from, 0)]);
    let mut next = VecDeque::from([(from, 0)]);
    while let Some((at, so_far)) = next.pop_front() {
        for other in beside.get(&at).into_iter().flatten() {
            if !hops.contains_key(other) {
                hops.insert(*other, so_far + 1);
                next.push_back((*other, so_far + 1));
            }
        }
    }
    hops
}
