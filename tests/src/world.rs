//! Several organisations' nodes under one seeded clock, network and disk, all in memory: the seed is the whole test.
//!
//! Each node is the real [`isnad_protocol::replica::Replica`], driven as `isnad-node` drives it. Its disk loses what was not
//! flushed, its network loses what was under way, some of its peers lie. After every step the rules of safety are held
//! against all nodes; once faults stop, all honest ones must come to the same bytes within [`CALM_LIMIT_MS`]. GROUND, Tests
//! worth having, 2 and 3.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use isnad_protocol::act::Act;
use isnad_protocol::id::{ConsortiumId, NodeId, OpenSpace, SpaceId};
use isnad_protocol::log::{LogEnd, LogKey};
use isnad_protocol::replica::Input;

mod administrator;
mod agreement;
mod attacks;
mod calm;
mod campaign;
mod consortium;
mod damage;
mod disk;
mod faults;
mod finding;
mod governing;
mod ledger;
mod liar;
mod network;
mod oracle;
mod plan;
mod random;
mod reach;
mod same;
mod shrink;
mod signing;
mod site;
mod spread;
mod talk;
mod workload;

pub use campaign::campaign;
pub use faults::Fault;
pub use finding::{Finding, Rule};
pub use plan::Plan;
pub use shrink::shrink;
pub use spread::{Arrival, HONEST, HOPS, Spread};

use administrator::{Administrator, Known};
use attacks::Attempts;
use consortium::{Consortium, Returning};
use disk::Disk;
use finding::Checked;
use ledger::Ledger;
use liar::Lies;
use network::Link;
use random::Random;
use same::Same;
use site::{Around, Effect, Signer, Site};

/// Milliseconds in which connected honest nodes must agree once faults have stopped: twice the time that a peer has to
/// answer, since one that offered and did not send may have been asked first.
pub const CALM_LIMIT_MS: u64 = 60_000;

/// The same where peers that lie go on lying: each may be asked first, more than once.
pub const LYING_LIMIT_MS: u64 = 180_000;

/// A rule that the world breaks on purpose, so that its checkers are seen to notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// The replica is told that a batch stands on disk as soon as it is appended.
    AcknowledgeBeforeFlush,
    /// Own entries are not reserved in the mark before they are appended.
    NoMark,
    /// A disk that fails does not say so.
    FailInSilence,
    /// Narratives are put together in the order in which edits came.
    ArrivalOrder,
    /// Until faults stop, what a node shows is judged by the acts that it held a flush before.
    LateJudgement,
}

impl Broken {
    /// Every one.
    pub const ALL: [Self; 5] =
        [Self::AcknowledgeBeforeFlush, Self::NoMark, Self::FailInSilence, Self::ArrivalOrder, Self::LateJudgement];
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Nodes, of which so many lie.
    pub nodes: usize,
    /// Nodes that lie.
    pub liars: usize,
    /// Entries that users made.
    pub contributed: usize,
    /// Entries that users were told stand.
    pub acknowledged: usize,
    /// Entries that a crash left between mark and journal, and a start finished.
    pub finished: usize,
    /// Faults that were injected.
    pub faults: usize,
    /// Frames that were sent.
    pub frames: u64,
    /// Sessions that a node ended for what its peer did.
    pub dropped: usize,
    /// How often what two held alike was made into the same.
    pub compared: u64,
    /// Versions of the charter that stand in the end.
    pub versions: Versions,
    /// Simulated milliseconds from the last fault to agreement.
    pub agreed_after_ms: u64,
    /// In so many rounds after the last fault.
    pub rounds: u64,
    /// True if peers that lie went on after that: each may hold up who asks it first.
    pub is_lied_to: bool,
    /// A hash of everything that happened: the same for the same seed.
    pub trace: u64,
}

/// Versions of the charter that stand, by what they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Versions {
    /// All behind the founding one.
    pub amended: usize,
    /// That took an organisation out.
    pub took_out: usize,
    /// That admitted one again, under a new first act.
    pub readmitted: usize,
    /// That settled a halt.
    pub settled: usize,
    /// True if the last of them is followed by rivals of which none stands.
    pub is_halted: bool,
}

/// A rule that did not hold under a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What was played.
    pub plan: Plan,
    /// When, in simulated milliseconds.
    pub at_ms: u64,
    /// What was found.
    pub finding: Finding,
    /// How many nodes there were.
    pub nodes: usize,
    /// When faults were to stop.
    pub stops_at: u64,
    /// Faults until then.
    pub faults: u64,
    /// How often users had written.
    pub writes: u64,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Finding { rule, evidence } = &self.finding;
        writeln!(out, "{rule:?} does not hold at {} ms under seed {}: {evidence}", self.at_ms, self.plan.seed)?;
        write!(out, "replay: cargo run --release -p isnad-tests -- simulate {}", self.plan)
    }
}

/// What happens next.
#[derive(Debug)]
enum Event {
    /// The first of what waits on a link reaches its receiver.
    Deliver { pair: Pair, generation: u64, to: usize },
    /// A node notices that a stream is gone.
    Gone { site: usize, peer: usize, generation: u64 },
    /// Two nodes try to connect.
    Connect { pair: Pair },
    /// A round of inputs ends.
    Flush { site: usize, epoch: u64 },
    /// A node has asked to be woken.
    Wake { site: usize, epoch: u64 },
    /// Signatures were checked.
    Checked { site: usize, epoch: u64, log: LogKey, after: LogEnd, until: u64 },
    /// A node that is down starts.
    Start { site: usize },
    /// A user writes.
    User { site: usize },
    /// A user hands in an act, until it is held.
    Act { site: usize, act: Box<Act> },
    /// Who lies does something against one defence.
    Attack,
    /// An administrator does something.
    Govern { administrator: usize },
    /// It is looked whether all agree.
    Tick,
    /// Something breaks.
    Fault,
    /// A partition heals, a disk has room again.
    Heal { site: usize },
    /// Faults stop.
    Calm,
}

/// Nodes beyond which a seed is given less to do: what each says, all others hear.
const MANY: usize = 8;

/// Milliseconds that administrators have at least who are busy with the charter.
const BUSY_MS: u64 = 20_000;

/// How many nodes a seed has: few as a rule, thirty at most.
fn draw_size(random: &mut Random) -> usize {
    let (low, high) = match random.below(100) {
        0..=2 => (12, 30),
        3..=12 => (8, 11),
        _ => (3, 7),
    };
    usize::try_from(random.between(low, high)).unwrap_or(3)
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// Two nodes, the lower one first.
type Pair = (usize, usize);

/// Several nodes and all that surrounds them.
pub struct World {
    plan: Plan,
    says: bool,
    random: Random,
    now_ms: u64,
    events: BTreeMap<(u64, u64), Event>,
    scheduled: u64,
    consortium: ConsortiumId,
    members: SpaceId,
    public: SpaceId,
    /// What every disk begins with.
    founding: Vec<Act>,
    sites: Vec<Site>,
    by_node: BTreeMap<NodeId, usize>,
    links: BTreeMap<Pair, Link>,
    /// Who is to be connected with whom.
    topology: BTreeSet<Pair>,
    /// Pairs that cannot reach each other until then.
    blocked: BTreeMap<Pair, u64>,
    /// The stream that a node believes to be open to a peer.
    believed: Vec<BTreeMap<usize, u64>>,
    /// Nodes that read nothing until then.
    paused: Vec<u64>,
    flushing: Vec<Option<u64>>,
    waking: Vec<Option<u64>>,
    generations: u64,
    kinds: Vec<Fault>,
    slow_flush_ms: u64,
    stops_at: u64,
    /// Peers that lie go on once all else is calm.
    liars_stay: bool,
    administrators: Vec<Administrator>,
    /// What administrators know of each other.
    known: Known,
    attest_after_ms: u64,
    looks_at: u64,
    calm_since: Option<u64>,
    agreed_at: Option<u64>,
    acts_due: usize,
    ledger: Ledger,
    attempts: Attempts,
    same: Same,
    /// Files that were carried once.
    sticks: Vec<Vec<Vec<u8>>>,
    writes: u64,
    faults: usize,
    frames: u64,
    trace: u64,
}

impl std::fmt::Debug for World {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("World").field("plan", &self.plan).field("now_ms", &self.now_ms).finish_non_exhaustive()
    }
}

impl World {
    /// Runs a seed to its end.
    ///
    /// # Errors
    /// [`Failure`] names the first rule that did not hold.
    pub fn run(plan: &Plan) -> Result<Report, Box<Failure>> {
        Self::run_with(plan, false)
    }

    /// Runs a seed and writes every event to standard error.
    ///
    /// # Errors
    /// [`Failure`] names the first rule that did not hold.
    pub fn run_aloud(plan: &Plan) -> Result<Report, Box<Failure>> {
        Self::run_with(plan, true)
    }

    fn run_with(plan: &Plan, says: bool) -> Result<Report, Box<Failure>> {
        let mut world = Self::founded(plan).map_err(|finding| {
            let plan = plan.clone();
            Box::new(Failure { plan, at_ms: 0, finding, nodes: 0, stops_at: 0, faults: 0, writes: 0 })
        })?;
        world.says = says;
        let played = catch_unwind(AssertUnwindSafe(|| world.play()));
        let played = played.unwrap_or_else(|panic| Err(Finding::new(Rule::Panicked, text_of(&*panic))));
        played.map_err(|finding| world.failure(finding))?;
        Ok(world.report())
    }

    fn failure(&self, finding: Finding) -> Box<Failure> {
        Box::new(Failure {
            plan: self.plan.clone(),
            at_ms: self.now_ms,
            finding,
            nodes: self.sites.len(),
            stops_at: self.stops_at,
            faults: self.faults as u64,
            writes: self.writes,
        })
    }

    fn founded(plan: &Plan) -> Checked<Self> {
        let mut random = Random::new(plan.seed);
        let drawn = draw_size(&mut random);
        let is_busy = random.chance(30);
        // Of an odd number one that signs twice lets two rivals have enough.
        let drawn = if is_busy { drawn | 1 } else { drawn };
        let nodes = plan.nodes.map_or(drawn, |most| most.max(2));
        let is_busy = is_busy && nodes <= MANY;
        // Some organisations have two nodes.
        let spare = random.index(1 + nodes / 3);
        let organisations = if is_busy { nodes } else { (nodes - spare).max(2) };
        // The last organisation has one node then, which lies. It signs rivals itself where all are busy with the charter.
        let claims_root = plan.is_attacked() && !plan.is_honest && nodes == organisations && !is_busy;
        let founded = Consortium::found(&mut random, organisations, nodes, claims_root)
            .map_err(|error| Finding::new(Rule::Store, format!("not founded: {error}")))?;
        let liars = random.index(1 + nodes / 3).max(usize::from(plan.is_attacked() || is_busy));
        let honest = if plan.is_honest { nodes } else { nodes - liars };
        let lacking = random.chance(20).then(|| random.index(nodes));
        let Consortium { id, members, public, founding, grants, drafts, nodes: keys, administrators } = founded;
        let mut missing = None;
        let mut sites = Vec::new();
        for (number, keys) in keys.into_iter().enumerate() {
            let mut acts = founding.clone();
            if lacking == Some(number) {
                missing = Some((number, acts.remove(1 + random.index(organisations))));
            }
            let lies = (number >= honest).then(|| Lies::draw(&mut random));
            sites.push(Site::new(keys, Disk::new(id, [members, public], acts), lies, &mut random));
        }
        let mut world = Self::around(plan, random, id, founding, sites);
        world.known.is_busy = is_busy;
        if is_busy {
            // What is signed by most and acknowledged by most takes its time.
            let stops_at = world.stops_at.max(BUSY_MS);
            world.stops_at = plan.until_ms.map_or(stops_at, |until| until.min(stops_at));
        }
        world.administrators = administrators;
        world.plan(grants, drafts, missing)?;
        if plan.is_attacked() {
            world.plan_attacks();
        }
        Ok(world)
    }

    fn around(plan: &Plan, mut random: Random, id: ConsortiumId, founding: Vec<Act>, sites: Vec<Site>) -> Self {
        let by_node = sites.iter().enumerate().map(|(number, site)| (site.keys.node, number)).collect();
        let liars = sites.iter().filter(|site| !site.is_honest()).map(|site| site.keys.node);
        // A carried file has no name: what is in it may be a liar's.
        let liars = liars.chain([NodeId::ZERO]).collect();
        let count = sites.len();
        let [members, public] = [OpenSpace::Members, OpenSpace::Public].map(|space| space.id(&id));
        let kinds = Fault::draw(&mut random);
        let slow_flush_ms = if random.chance(25) { 1_500 } else { 20 };
        // Much goes on among many nodes in little time.
        let stops_at = random.between(5_000, if count > MANY { 10_000 } else { 40_000 });
        Self {
            plan: plan.clone(),
            says: false,
            now_ms: 0,
            events: BTreeMap::new(),
            scheduled: 0,
            consortium: id,
            members,
            public,
            founding,
            sites,
            by_node,
            links: BTreeMap::new(),
            topology: BTreeSet::new(),
            blocked: BTreeMap::new(),
            believed: vec![BTreeMap::new(); count],
            paused: vec![0; count],
            flushing: vec![None; count],
            waking: vec![None; count],
            generations: 0,
            kinds,
            slow_flush_ms,
            stops_at: plan.until_ms.map_or(stops_at, |until| until.min(stops_at)),
            liars_stay: random.chance(30),
            administrators: Vec::new(),
            known: Known::default(),
            attest_after_ms: random.between(300, 3_000),
            looks_at: 0,
            calm_since: None,
            agreed_at: None,
            acts_due: 0,
            ledger: Ledger { liars, ..Ledger::default() },
            attempts: Attempts::default(),
            same: Same::default(),
            sticks: Vec::new(),
            writes: 0,
            faults: 0,
            frames: 0,
            trace: 0xcbf2_9ce4_8422_2325,
            random,
        }
    }

    /// Puts down what is to happen: users, acts, faults, and when they stop.
    fn plan(&mut self, grants: Vec<Act>, drafts: Vec<Act>, missing: Option<(usize, Act)>) -> Checked {
        self.draw_topology();
        for site in 0..self.sites.len() {
            self.step(Event::Start { site })?;
            let first = self.random.between(0, 2_000);
            self.schedule(first, Event::User { site });
        }
        for (owner, act) in grants.into_iter().enumerate() {
            self.plan_act(owner, act);
        }
        // Every organisation drafts a version of its own, so that none has enough signatures; or they act one by one.
        if self.random.chance(20) && !self.known.is_busy {
            for (owner, act) in drafts.into_iter().enumerate() {
                if self.random.chance(60) {
                    self.plan_act(owner, act);
                }
            }
        } else {
            self.plan_governing();
        }
        if let Some((site, act)) = missing {
            let at = self.random.below(self.stops_at);
            self.acts_due += 1;
            self.schedule(at, Event::Act { site, act: Box::new(act) });
        }
        self.schedule(500, Event::Fault);
        self.schedule(self.stops_at, Event::Calm);
        Ok(())
    }

    fn plan_governing(&mut self) {
        self.known.suspects = governing::suspects(&self.sites);
        let count = self.administrators.len();
        for (number, administrator) in self.administrators.iter_mut().enumerate() {
            administrator.proposes = !self.known.is_busy || count <= 3 || number % 2 == 0;
            let own = self.sites.iter().filter(|site| site.keys.organisation == administrator.organisation);
            let writing = |site: &Site| [site.keys.contributor.public(), site.keys.late.public()];
            administrator.keys = own.flat_map(writing).collect();
            administrator.is_honest = !self.known.suspects.contains(&administrator.organisation);
            if self.plan.is_ungoverned {
                continue;
            }
            let first = self.random.below(if self.known.is_busy { 1_500 } else { 4_000 });
            self.scheduled += 1;
            self.events.insert((self.now_ms + first, self.scheduled), Event::Govern { administrator: number });
        }
    }

    /// An organisation hands in an act of its own at one of its nodes.
    fn plan_act(&mut self, owner: usize, act: Act) {
        let is_own = |site: &usize| self.sites.get(*site).is_some_and(|site| site.keys.owner == owner);
        let own: Vec<usize> = (0..self.sites.len()).filter(is_own).collect();
        // At a liar's node only who has no other: what such a node keeps to itself, the next act would wait for.
        let is_honest = |site: &usize| self.sites.get(*site).is_some_and(Site::is_honest);
        let honest: Vec<usize> = own.iter().copied().filter(is_honest).collect();
        let own = if honest.is_empty() { own } else { honest };
        let at = self.random.below(self.stops_at);
        if let Some(site) = self.random.pick(&own).copied() {
            self.acts_due += 1;
            self.schedule(at, Event::Act { site, act: Box::new(act) });
        }
    }

    fn play(&mut self) -> Checked {
        while let Some(((at, _), event)) = self.events.pop_first() {
            self.now_ms = at;
            if self.says {
                self.say(&format!("{event:?}"));
            }
            self.mark(&at.to_be_bytes());
            self.step(event)?;
            if self.is_over()? {
                return self.end();
            }
        }
        self.end()
    }

    fn step(&mut self, event: Event) -> Checked {
        match event {
            Event::Deliver { pair, generation, to } => self.deliver(pair, generation, to),
            Event::Gone { site, peer, generation } => self.gone(site, peer, generation),
            Event::Connect { pair } => self.connect(pair),
            Event::Flush { site, epoch } => {
                self.clear_flush(site, epoch);
                self.act_at(site, epoch, Site::flush)?;
                self.check_effect(site)?;
                self.check_same(site)?;
                self.close_strangers(site);
                self.come_back(site)
            }
            Event::Wake { site, epoch } => {
                if let Some(waking) = self.waking.get_mut(site) {
                    *waking = None;
                }
                self.act_at(site, epoch, Site::wake)?;
                // One that was asked for before a restart is nobody's, and may have stood before the one that is due.
                self.schedule_wake(site);
                Ok(())
            }
            Event::Checked { site, epoch, log, after, until } => self.act_at(site, epoch, |site, around| {
                let checked = site.check_signatures(log, after, until, around.ledger);
                site.handle(checked, around)
            }),
            Event::Start { site } => self.start(site),
            Event::User { site } => self.user(site),
            Event::Act { site, act } => self.hand_in(site, act),
            Event::Attack => self.attack(),
            Event::Govern { administrator } => self.govern(administrator),
            Event::Tick => {
                self.tick();
                Ok(())
            }
            Event::Fault => self.fault(),
            Event::Heal { site } => {
                if let Some(site) = self.sites.get_mut(site) {
                    site.disk.is_full = false;
                }
                Ok(())
            }
            Event::Calm => self.calm(),
        }
    }

    fn start(&mut self, number: usize) -> Checked {
        let is_down = self.sites.get(number).is_some_and(|site| site.running.is_none());
        if !is_down {
            return Ok(());
        }
        if let Some(site) = self.sites.get_mut(number).filter(|_| self.random.chance(20)) {
            site.skew_ms = self.random.below(2 * site::YEAR_MS);
        }
        self.act(number, Site::start)
    }

    fn user(&mut self, number: usize) -> Checked {
        if self.calm_since.is_some() || self.plan.writes.is_some_and(|most| self.writes >= most) {
            return Ok(());
        }
        self.writes += 1;
        let crowd = if self.sites.len() > MANY { 4 } else { 1 };
        let next = crowd * self.random.between(300, 4_000);
        self.schedule(next, Event::User { site: number });
        let Some(site) = self.sites.get(number).filter(|site| site.running.is_some()) else { return Ok(()) };
        if site.disk.image.governance.spaces().is_empty() {
            return Ok(());
        }
        self.ask_reach(number)?;
        let space = if self.random.chance(30) { self.public } else { self.members };
        let contributions = workload::draw(&site.disk.image, space, site.keys.organisation, &mut self.random);
        let has_late = site.disk.image.governance.is_granted(&site.keys.late.public());
        let signer = if has_late && self.random.chance(30) { Signer::Late } else { Signer::Granted };
        self.act(number, |site, around| site.contribute(&contributions, signer, around))
    }

    fn hand_in(&mut self, number: usize, act: Box<Act>) -> Checked {
        let Some(site) = self.sites.get(number) else { return Ok(()) };
        let held = site.disk.image.governance.act(&act.id());
        // What a liar has to say is not waited for, nor what one who was not admitted again does: that waits for its admission.
        let charter = site.disk.image.governance.charter();
        let is_outside = |one: &Returning| {
            let is_member = charter.is_some_and(|charter| charter.members.contains(&one.organisation));
            !is_member && act.scope_id().as_bytes() == one.organisation.as_bytes()
        };
        let is_over = self.calm_since.is_some() && (!site.is_honest() || self.known.returning.values().any(is_outside));
        if is_over || held.is_some_and(|held| act.signatures().iter().all(|signed| held.signatures().contains(signed)))
        {
            self.acts_due -= 1;
            return Ok(());
        }
        let bytes = act.encode();
        self.schedule(2_000, Event::Act { site: number, act });
        self.act(number, |site, around| site.handle(Input::SubmitAct { request: 0, bytes }, around))
    }

    /// Lets one node act, and does what it asks for.
    fn act(&mut self, number: usize, act: impl FnOnce(&mut Site, &mut Around<'_>) -> Checked) -> Checked {
        let Some(site) = self.sites.get_mut(number) else { return Ok(()) };
        let mut around = Around {
            now_ms: self.now_ms,
            random: &mut self.random,
            ledger: &mut self.ledger,
            broken: self.plan.broken,
            attest_after_ms: self.attest_after_ms,
            effects: Vec::new(),
        };
        act(site, &mut around)?;
        // What an attestation leads to is sent behind what was said before it.
        let (attesting, sending): (Vec<_>, Vec<_>) =
            around.effects.into_iter().partition(|effect| matches!(effect, Effect::Attest { .. }));
        for effect in sending.into_iter().chain(attesting) {
            self.effect(number, effect)?;
        }
        self.schedule_flush(number);
        self.schedule_wake(number);
        Ok(())
    }

    fn act_at(
        &mut self,
        number: usize,
        epoch: u64,
        act: impl FnOnce(&mut Site, &mut Around<'_>) -> Checked,
    ) -> Checked {
        let is_same = self.sites.get(number).is_some_and(|site| site.epoch == epoch && site.running.is_some());
        if is_same { self.act(number, act) } else { Ok(()) }
    }

    fn effect(&mut self, from: usize, effect: Effect) -> Checked {
        match effect {
            Effect::Attest { space, attestation } => {
                self.act(from, |site, around| site.attest(space, attestation, around))
            }
            Effect::Send { peer, frame } => self.send(from, peer, frame),
            Effect::Disconnect { peer, reason } => self.disconnect(from, peer, &reason),
            Effect::Check { log, after, until } => {
                let Some(epoch) = self.sites.get(from).map(|site| site.epoch) else { return Ok(()) };
                let due = self.random.between(1, calm::CHECK_MS);
                self.schedule(due, Event::Checked { site: from, epoch, log, after, until });
                Ok(())
            }
        }
    }

    fn schedule(&mut self, after_ms: u64, event: Event) {
        self.scheduled += 1;
        self.events.insert((self.now_ms + after_ms, self.scheduled), event);
    }

    fn schedule_flush(&mut self, number: usize) {
        let site =
            self.sites.get(number).filter(|site| site.running.as_ref().is_some_and(|running| running.is_unsynced));
        let Some(epoch) = site.map(|site| site.epoch) else { return };
        if let Some(flushing) = self.flushing.get_mut(number).filter(|flushing| **flushing != Some(epoch)) {
            *flushing = Some(epoch);
            let due = self.random.between(1, self.slow_flush_ms);
            self.schedule(due, Event::Flush { site: number, epoch });
        }
    }

    fn clear_flush(&mut self, number: usize, epoch: u64) {
        if let Some(flushing) = self.flushing.get_mut(number).filter(|flushing| **flushing == Some(epoch)) {
            *flushing = None;
        }
    }

    fn schedule_wake(&mut self, number: usize) {
        let due = self.sites.get(number).and_then(|site| Some((site.wake_due()?, site.epoch)));
        let Some((due, epoch)) = due else { return };
        let due = due.max(self.now_ms);
        if let Some(waking) =
            self.waking.get_mut(number).filter(|waking| waking.is_none_or(|at| at > due || at < self.now_ms))
        {
            *waking = Some(due);
            self.schedule(due - self.now_ms, Event::Wake { site: number, epoch });
        }
    }

    /// Mixes bytes into the trace: FNV-1a.
    fn mark(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.trace = (self.trace ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    #[allow(clippy::print_stderr, reason = "a person replays one seed and reads along")]
    fn say(&self, text: &str) {
        if self.says {
            eprintln!("{:>8} {text}", self.now_ms);
        }
    }

    fn report(&self) -> Report {
        Report {
            seed: self.plan.seed,
            nodes: self.sites.len(),
            liars: self.ledger.liars.len() - 1,
            contributed: self.ledger.contributed,
            acknowledged: self.ledger.acknowledged,
            finished: self.ledger.finished,
            faults: self.faults,
            frames: self.frames,
            dropped: self.ledger.dropped,
            compared: self.same.compared,
            versions: self.sites.iter().find(|site| site.is_honest()).map_or_else(Versions::default, Site::versions),
            rounds: self.rounds(),
            is_lied_to: self.liars_stay,
            agreed_after_ms: self.agreed_at.unwrap_or(0).saturating_sub(self.calm_since.unwrap_or(0)),
            trace: self.trace,
        }
    }
}
