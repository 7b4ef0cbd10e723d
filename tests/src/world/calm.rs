//! Faults stop: from here on all honest nodes come to hold and to compute the same, and then fall silent.

use std::collections::BTreeSet;

use super::agreement::{self, State};
use super::finding::{Checked, Finding, Rule, ensure};
use super::network::{JITTER_MS, LATENCY_MS};
use super::{Broken, CALM_LIMIT_MS, Event, LYING_LIMIT_MS, Pair, World};

/// How long silence is listened to: longer than a peer has to answer, so that no clock is left running.
const SILENCE_MS: u64 = 45_000;

/// How often it is asked whether all agree: that costs more than most steps.
const LOOK_MS: u64 = 250;

/// Nodes that are down start within a second, and who lost a connection makes it anew within some more.
const RECONNECTED_MS: u64 = 3_500;

/// All agree after so many: what was said, what nodes attest of it, and what takes effect by that.
const ROUNDS: u64 = 3;

/// So many waits of an attester that nobody attests in are called silence.
const QUIET: u64 = 3;

/// What a node has is told, asked for, and sent.
const STEPS: u64 = 3;

/// A background check of signatures takes so long at most.
pub(super) const CHECK_MS: u64 = 300;

impl World {
    /// Everything works again; peers that lie are gone, or go on.
    pub(super) fn calm(&mut self) -> Checked {
        self.calm_since = Some(self.now_ms);
        self.blocked.clear();
        self.paused.iter_mut().for_each(|paused| *paused = 0);
        self.links.values_mut().for_each(super::Link::flow);
        self.sites.iter_mut().for_each(|site| site.disk.is_full = false);
        if !self.liars_stay {
            let lying: Vec<Pair> = self.topology.iter().filter(|pair| !self.is_honest(**pair)).copied().collect();
            for pair in lying {
                self.topology.remove(&pair);
                self.cut(pair);
            }
        }
        for site in 0..self.sites.len() {
            let wakes = self.random.below(1_000);
            self.schedule(wakes, Event::Start { site });
        }
        self.tick();
        let waiting: Vec<(Pair, u64)> = self.links.iter().map(|(pair, link)| (*pair, link.generation)).collect();
        for (pair, generation) in waiting {
            // What stood still moves on; a second knock at an empty lane does nothing.
            self.schedule(1, Event::Deliver { pair, generation, to: pair.0 });
            self.schedule(1, Event::Deliver { pair, generation, to: pair.1 });
        }
        Ok(())
    }

    /// Something happens at least so often, until all is over.
    pub(super) fn tick(&mut self) {
        self.schedule(LOOK_MS, Event::Tick);
    }

    /// True once all agree and have been silent for long enough.
    pub(super) fn is_over(&mut self) -> Checked<bool> {
        let Some(since) = self.calm_since.filter(|_| self.now_ms >= self.looks_at) else { return Ok(false) };
        self.looks_at = self.now_ms + LOOK_MS;
        match self.agreed_at {
            // Liars may still tell one what the others do not know yet.
            Some(at) => Ok(self.liars_stay || self.now_ms > at + SILENCE_MS),
            None if self.is_agreed() => {
                self.agreed_at = Some(self.now_ms);
                self.say("agreed");
                // Who lies on may hold up each that asks him first, for as long as a peer has to answer.
                ensure(self.liars_stay || self.rounds() <= ROUNDS, Rule::Apart, || {
                    format!("agreed after {} rounds only", self.rounds())
                })?;
                Ok(self.liars_stay)
            }
            None if self.now_ms > since + self.limit_ms() => Err(self.apart()),
            None => Ok(false),
        }
    }

    fn is_agreed(&self) -> bool {
        let last = self.calm_since.unwrap_or(0).max(self.ledger.attested_ms);
        if self.now_ms < last + QUIET * self.attest_after_ms {
            return false;
        }
        let mut honest = self.topology.iter().filter(|pair| self.is_honest(**pair));
        self.acts_due == 0 && honest.all(|pair| self.links.contains_key(pair)) && self.states_agree()
    }

    pub(super) fn is_honest(&self, pair: Pair) -> bool {
        [pair.0, pair.1].iter().all(|site| self.sites.get(*site).is_some_and(super::Site::is_honest))
    }

    /// In how many rounds all came to agree since faults stopped. In a round what one node has reaches all others, each hop over
    /// the slowest link, and is attested.
    pub(super) fn rounds(&self) -> u64 {
        let waited = self.agreed_at.unwrap_or(0).saturating_sub(self.calm_since.unwrap_or(0));
        let quiet = RECONNECTED_MS + QUIET * self.attest_after_ms + LOOK_MS;
        let hop_ms = STEPS * (LATENCY_MS + JITTER_MS) + CHECK_MS + self.slow_flush_ms;
        waited.saturating_sub(quiet).div_ceil(self.hops() * hop_ms + self.attest_after_ms)
    }

    /// Between the two honest nodes that are furthest from each other.
    fn hops(&self) -> u64 {
        let honest: Vec<Pair> = self.topology.iter().copied().filter(|pair| self.is_honest(*pair)).collect();
        let furthest = |from: usize| {
            let mut reached = BTreeSet::from([from]);
            for hops in 0.. {
                let ends = honest.iter().flat_map(|(one, other)| [(*one, *other), (*other, *one)]);
                let next: Vec<usize> = ends.filter(|(one, _)| reached.contains(one)).map(|(_, other)| other).collect();
                let before = reached.len();
                reached.extend(next);
                if reached.len() == before {
                    return hops;
                }
            }
            0
        };
        (0..self.sites.len()).map(furthest).max().unwrap_or(0)
    }

    const fn limit_ms(&self) -> u64 {
        if self.liars_stay { LYING_LIMIT_MS } else { CALM_LIMIT_MS }
    }

    fn state_of(&self, site: &super::Site) -> State {
        State::of(&site.disk.image, site.governance(), &self.ledger.forked, self.liars_stay)
    }

    fn states_agree(&self) -> bool {
        let mut first = None;
        self.sites.iter().filter(|site| site.is_honest()).all(|site| {
            let state = self.state_of(site);
            let agrees = first.as_ref().is_none_or(|first| *first == state);
            let is_up = site.running.as_ref().is_some_and(|running| !running.is_unsynced);
            let is_checked = state.is_checked();
            first.get_or_insert(state);
            agrees && is_up && is_checked
        })
    }

    fn apart(&self) -> Finding {
        let mut lines = vec![format!("acts to hand in: {}", self.acts_due)];
        let refusals = self.ledger.last_refusals.iter();
        lines.extend(refusals.map(|(node, refusal)| format!("{:?} refused: {refusal}", self.by_node.get(node))));
        let mut honest = self.sites.iter().enumerate().filter(|(_, site)| site.is_honest());
        let Some((first, one)) = honest.next() else { return Finding::new(Rule::Apart, "nobody is honest") };
        let state = self.state_of(one);
        if !state.is_checked() {
            lines.push(format!("{first} has not checked all"));
        }
        for (number, site) in honest {
            let other = self.state_of(site);
            if other != state {
                lines.push(format!("{first} / {number}: {}", state.difference(&other)));
            }
        }
        for pair in self.topology.iter().filter(|pair| !self.links.contains_key(*pair)) {
            lines.push(format!("{pair:?} are not connected"));
        }
        for (number, site) in self.sites.iter().enumerate() {
            if let Some(running) = &site.running {
                lines.push(format!("{number}: {:?} {}", running.replica.status(), running.signing.why_blocked()));
            }
        }
        Finding::new(Rule::Apart, lines.join("\n"))
    }

    /// What must hold at the end.
    pub(super) fn end(&mut self) -> Checked {
        let is_settled = self.agreed_at.is_some_and(|at| self.now_ms >= at);
        if !is_settled || !self.states_agree() {
            return Err(self.apart());
        }
        self.compare()?;
        for site in 0..self.sites.len() {
            if self.sites.get(site).is_some_and(super::Site::is_honest) {
                // One more crash: what was acknowledged is there when it starts again.
                self.crash(site, true)?;
                self.start(site)?;
            }
        }
        Ok(())
    }

    fn compare_governance(&self) -> Checked {
        let honest = self.sites.iter().enumerate().filter(|(_, site)| site.is_honest());
        let running = honest.filter_map(|(number, site)| Some((number, site.running.as_ref()?.replica.governance())));
        let mut known = running.map(|(number, governance)| (number, governance.history(), governance.halts()));
        let Some((first, history, halts)) = known.next() else { return Ok(()) };
        known.try_for_each(|(number, others, other_halts)| {
            let differ = || {
                let pairs = history.iter().zip(&others).filter(|(one, other)| one != other);
                let pairs: Vec<String> = pairs.map(|(one, other)| format!("{one:?} / {other:?}")).collect();
                format!("{first} and {number}: {}; halts {halts:?} / {other_halts:?}", pairs.join("\n"))
            };
            ensure(history == others && halts == other_halts, Rule::Governance, differ)
        })
    }

    fn compare(&mut self) -> Checked {
        let by_arrival = self.plan.broken == Some(Broken::ArrivalOrder);
        if self.plan.is_attacked() {
            self.check_laws()?;
        }
        self.compare_governance()?;
        let mut first: Option<(usize, agreement::Derived)> = None;
        let mut written = agreement::Written::new();
        for (number, site) in self.sites.iter().enumerate().filter(|(_, site)| site.is_honest()) {
            let image = &site.disk.image;
            let (checked, shown) = agreement::shown(image, site.governance(), &self.ledger.forked)?;
            let derived = agreement::derive(&checked, &shown, site.governance(), by_arrival, &mut written)?;
            if let Some((one, expected)) = &first {
                agreement::compare(expected, &derived, &format!("{one} and {number}"))?;
            } else {
                agreement::check_order(&checked, site.governance(), &mut self.random, &mut written)?;
                first = Some((number, derived));
            }
        }
        if self.ledger.forked.is_empty() {
            let mut honest = self.sites.iter().filter(|site| site.is_honest()).map(|site| &site.disk.image);
            let Some(one) = honest.next() else { return Ok(()) };
            let is_same = honest.all(|other| agreement::is_one_round_trip(one, other));
            ensure(is_same, Rule::Apart, || "sync digests differ".to_owned())?;
        }
        Ok(())
    }
}
