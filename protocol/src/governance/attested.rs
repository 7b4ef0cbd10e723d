//! The chains of attestations, and in each where an act was first acknowledged. DESIGN §7; format §5.
//!
//! A log of attestations may have branches, and every branch counts. A branch is kept as the ids along it, and begins where it
//! leaves another; so which attestation comes before which is asked in a logarithmic number of steps, and an attestation
//! that names no act takes 32 bytes. Numbers of logs and branches follow the order of arrival: they never leave here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::governance::acknowledged::Position;
use crate::id::{ActId, EntryId, OrganisationId};
use crate::log::{LogEnd, LogKey};

/// One attestation, by numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    log: u32,
    branch: u32,
    seq: u64,
}

/// A step of a chain: an attestation with the acts that it names, or an entry that names none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step {
    pub(super) end: LogEnd,
    pub(super) prev: EntryId,
    pub(super) acts: Vec<ActId>,
}

/// A part of a log from where it leaves another on.
#[derive(Debug, Clone)]
struct Branch {
    /// The branch that it leaves, after the step at `leaves_at`; of one that begins the log itself, and 0.
    parent: u32,
    leaves_at: u64,
    /// How many branches are before it, and one further back by which any of these is reached in few steps: as the pointers
    /// of an organisation's acts.
    depth: u32,
    jump: u32,
    ids: Vec<EntryId>,
}

impl Branch {
    fn last(&self) -> u64 {
        self.leaves_at.saturating_add(u64::try_from(self.ids.len()).unwrap_or(u64::MAX))
    }

    fn id(&self, seq: u64) -> Option<EntryId> {
        let at = seq.checked_sub(self.leaves_at)?.checked_sub(1)?;
        self.ids.get(usize::try_from(at).ok()?).copied()
    }
}

/// The attestations of one key for one organisation.
#[derive(Debug, Clone)]
struct Log {
    key: LogKey,
    organisation: OrganisationId,
    branches: Vec<Branch>,
    /// Where the steps are that are not on the first branch.
    aside: BTreeMap<EntryId, u32>,
    /// Steps whose predecessor has not come, by that.
    waiting: BTreeMap<EntryId, BTreeSet<Step>>,
}

impl Log {
    fn branch(&self, number: u32) -> Option<&Branch> {
        self.branches.get(usize::try_from(number).ok()?)
    }

    /// The branch and position of a step that was taken.
    fn find(&self, end: LogEnd) -> Option<(u32, u64)> {
        if self.branches.first().is_some_and(|first| first.id(end.seq) == Some(end.id)) {
            return Some((0, end.seq));
        }
        let number = *self.aside.get(&end.id)?;
        (self.branch(number)?.id(end.seq) == Some(end.id)).then_some((number, end.seq))
    }

    /// Adds a step; `None` while its predecessor is missing.
    fn add(&mut self, step: &Step) -> Option<(u32, u64)> {
        let before = step.end.seq.checked_sub(1)?;
        let found = if before == 0 { None } else { Some(self.find(LogEnd { seq: before, id: step.prev })?) };
        let number = match found {
            Some((branch, seq)) if self.branch(branch)?.last() == seq => branch,
            _ => self.open(found)?,
        };
        self.branches.get_mut(usize::try_from(number).ok()?)?.ids.push(step.end.id);
        if number > 0 {
            self.aside.insert(step.end.id, number);
        }
        Some((number, step.end.seq))
    }

    /// Begins a branch after a step, or at the start of the log.
    fn open(&mut self, after: Option<(u32, u64)>) -> Option<u32> {
        let number = u32::try_from(self.branches.len()).ok()?;
        let branch = match after {
            None => Branch { parent: number, leaves_at: 0, depth: 0, jump: number, ids: Vec::new() },
            Some((parent, leaves_at)) => {
                let near = self.branch(parent)?;
                let middle = self.branch(near.jump)?;
                let far = self.branch(middle.jump)?;
                let is_even = near.depth.checked_sub(middle.depth) == middle.depth.checked_sub(far.depth);
                let jump = if is_even { middle.jump } else { parent };
                Branch { parent, leaves_at, depth: near.depth.saturating_add(1), jump, ids: Vec::new() }
            }
        };
        self.branches.push(branch);
        Some(number)
    }

    /// The branch of that depth among one and those that it left.
    fn at_depth(&self, number: u32, depth: u32) -> Option<&Branch> {
        let mut at = self.branch(number)?;
        while at.depth > depth {
            let far = self.branch(at.jump)?;
            at = if far.depth >= depth { far } else { self.branch(at.parent)? };
        }
        (at.depth == depth).then_some(at)
    }

    /// True if `one` is `other` or before it in its chain.
    fn is_behind(&self, one: Place, other: Place) -> bool {
        if one.branch == other.branch {
            return one.seq <= other.seq;
        }
        let Some(depth) = self.branch(one.branch).map(|branch| branch.depth.saturating_add(1)) else { return false };
        let left = self.at_depth(other.branch, depth);
        left.is_some_and(|left| left.parent == one.branch && one.seq <= left.leaves_at)
    }
}

/// For each act the places that concern it, ascending: those of one log stand together.
type Places = BTreeMap<ActId, Arc<BTreeSet<Place>>>;

/// All that was attested. Copies share what is large: a replica keeps one until what it took is on disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Attestations {
    logs: Vec<Arc<Log>>,
    numbers: BTreeMap<(LogKey, OrganisationId), u32>,
    /// Where acts that are held were first acknowledged, on each branch: by their own name, or by that of one that follows.
    first: Places,
    /// Where acts were last named themselves, on each branch.
    last: Places,
    /// Where acts were first named that are not held.
    unheld: Places,
}

/// The act before an act that is held; `None` for the first, and for one that is not held.
pub(super) trait Held {
    fn is_held(&self, act: &ActId) -> bool;
    fn previous(&self, act: &ActId) -> Option<ActId>;
}

impl Attestations {
    /// Takes a step of a chain. Returns the acts held that it names, or that are acknowledged since by a chain that did not
    /// before.
    pub(super) fn take(
        &mut self,
        key: LogKey,
        organisation: OrganisationId,
        step: Step,
        held: &impl Held,
    ) -> BTreeSet<ActId> {
        let mut news = BTreeSet::new();
        let Some(number) = self.number(key, organisation) else { return news };
        let mut due = VecDeque::from([step]);
        while let Some(step) = due.pop_front() {
            let Some(log) = self.log_mut(number) else { break };
            if log.find(step.end).is_some() {
                continue;
            }
            let Some((branch, seq)) = log.add(&step) else {
                log.waiting.entry(step.prev).or_default().insert(step);
                continue;
            };
            let place = Place { log: number, branch, seq };
            due.extend(log.waiting.remove(&step.end.id).unwrap_or_default());
            for act in &step.acts {
                self.name(*act, place, held, &mut news);
            }
        }
        news
    }

    fn number(&mut self, key: LogKey, organisation: OrganisationId) -> Option<u32> {
        if let Some(number) = self.numbers.get(&(key, organisation)) {
            return Some(*number);
        }
        let number = u32::try_from(self.logs.len()).ok()?;
        let (branches, aside, waiting) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        self.logs.push(Arc::new(Log { key, organisation, branches, aside, waiting }));
        self.numbers.insert((key, organisation), number);
        Some(number)
    }

    fn log(&self, number: u32) -> Option<&Log> {
        self.logs.get(usize::try_from(number).ok()?).map(|log| &**log)
    }

    fn log_mut(&mut self, number: u32) -> Option<&mut Log> {
        self.logs.get_mut(usize::try_from(number).ok()?).map(Arc::make_mut)
    }

    fn name(&mut self, act: ActId, place: Place, held: &impl Held, news: &mut BTreeSet<ActId>) {
        self.insert(place, act, |all| &mut all.last, |all, one, other| all.is_behind(other, one));
        if held.is_held(&act) {
            news.insert(act);
            self.acknowledge(act, place, held, news);
        } else {
            self.insert(place, act, |all| &mut all.unheld, Self::is_behind);
        }
    }

    /// Counts an act, and all that it follows, as acknowledged at a place.
    fn acknowledge(&mut self, act: ActId, place: Place, held: &impl Held, news: &mut BTreeSet<ActId>) {
        let mut at = Some(act);
        while let Some(act) = at.filter(|act| self.insert(place, *act, |all| &mut all.first, Self::is_behind)) {
            news.insert(act);
            at = held.previous(&act);
        }
    }

    /// Keeps a place of an act unless one that `covers` it is kept; those that it covers go. False if it is not kept.
    fn insert(
        &mut self,
        place: Place,
        act: ActId,
        places: impl Fn(&mut Self) -> &mut Places,
        covers: impl Fn(&Self, Place, Place) -> bool,
    ) -> bool {
        let kept = places(self).entry(act).or_default();
        // Most often a log names an act once.
        if in_log(kept, place.log).next().is_none() {
            return Arc::make_mut(kept).insert(place);
        }
        let of_log: Vec<Place> = in_log(kept, place.log).collect();
        if of_log.iter().any(|other| covers(self, *other, place)) {
            return false;
        }
        let covered: Vec<Place> = of_log.into_iter().filter(|other| covers(self, place, *other)).collect();
        let kept = Arc::make_mut(places(self).entry(act).or_default());
        for other in covered {
            kept.remove(&other);
        }
        kept.insert(place);
        true
    }

    /// Counts what was named before it was held. Returns the acts that are acknowledged since.
    pub(super) fn hold(&mut self, act: ActId, held: &impl Held) -> BTreeSet<ActId> {
        let mut news = BTreeSet::new();
        for place in self.unheld.remove(&act).unwrap_or_default().iter() {
            self.acknowledge(act, *place, held, &mut news);
        }
        news
    }

    fn is_behind(&self, one: Place, other: Place) -> bool {
        one.log == other.log && self.log(one.log).is_some_and(|log| log.is_behind(one, other))
    }

    /// The organisation whose attestation it is.
    pub(super) fn organisation(&self, place: Place) -> Option<OrganisationId> {
        self.log(place.log).map(|log| log.organisation)
    }

    /// Where an attestation stands, for those outside.
    pub(super) fn position(&self, place: Place) -> Option<Position> {
        let log = self.log(place.log)?;
        let id = log.branch(place.branch)?.id(place.seq)?;
        Some(Position { log: log.key, end: LogEnd { seq: place.seq, id } })
    }

    /// The attestations at a position: one, unless two organisations share the key.
    fn places_at(&self, at: &Position) -> impl Iterator<Item = Place> {
        let least = OrganisationId::ZERO;
        let most = OrganisationId::new([0xff; 32]);
        let numbers = self.numbers.range((at.log, least)..=(at.log, most)).map(|(_, number)| *number);
        numbers.filter_map(|log| {
            let (branch, seq) = self.log(log)?.find(at.end)?;
            Some(Place { log, branch, seq })
        })
    }

    /// Where an act that is held was first acknowledged.
    pub(super) fn first(&self, act: &ActId) -> impl Iterator<Item = Place> {
        places(&self.first, act)
    }

    /// Where an act was last named itself.
    pub(super) fn last(&self, act: &ActId) -> impl Iterator<Item = Place> {
        places(&self.last, act)
    }

    /// True if the chain of an attestation had acknowledged the act by then.
    pub(super) fn knew(&self, place: Place, act: &ActId) -> bool {
        let all = [self.first.get(act), self.unheld.get(act)];
        all.into_iter().flatten().any(|places| in_log(places, place.log).any(|first| self.is_behind(first, place)))
    }

    /// The same of a position.
    pub(super) fn knew_at(&self, at: &Position, act: &ActId) -> bool {
        self.places_at(at).any(|place| self.knew(place, act))
    }

    /// True if the step was taken.
    pub(super) fn has(&self, at: &Position) -> bool {
        self.places_at(at).next().is_some()
    }

    fn told(&self, places: &Places) -> BTreeMap<ActId, BTreeSet<Option<Position>>> {
        let told = |places: &Arc<BTreeSet<Place>>| places.iter().map(|place| self.position(*place)).collect();
        places.iter().filter(|(_, places)| !places.is_empty()).map(|(act, places)| (*act, told(places))).collect()
    }
}

/// Two are equal that hold the same, whatever numbers it has.
impl PartialEq for Attestations {
    fn eq(&self, other: &Self) -> bool {
        let ends = |all: &Self| -> BTreeSet<_> {
            all.logs.iter().flat_map(|log| log.branches.iter().flat_map(|branch| branch.ids.clone())).collect()
        };
        let waiting = |all: &Self| -> BTreeSet<_> {
            all.logs.iter().flat_map(|log| log.waiting.values().flatten().cloned()).collect()
        };
        ends(self) == ends(other)
            && waiting(self) == waiting(other)
            && self.told(&self.first) == other.told(&other.first)
            && self.told(&self.last) == other.told(&other.last)
            && self.told(&self.unheld) == other.told(&other.unheld)
    }
}

impl Eq for Attestations {}

fn places(all: &Places, act: &ActId) -> impl Iterator<Item = Place> {
    all.get(act).into_iter().flat_map(|places| places.iter()).copied()
}

/// The places of one log.
fn in_log(places: &BTreeSet<Place>, log: u32) -> impl Iterator<Item = Place> {
    places.range(Place { log, branch: 0, seq: 0 }..=Place { log, branch: u32::MAX, seq: u64::MAX }).copied()
}
