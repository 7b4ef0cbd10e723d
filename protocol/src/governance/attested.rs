//! The chains of attestations, and in each where an act was first acknowledged. DESIGN §7; format §5.
//!
//! A log of attestations may have branches, and every branch counts. A branch is kept as the ids along it, and begins where it
//! leaves another; so which attestation comes before which is asked in a logarithmic number of steps, and an attestation
//! that names no act takes 32 bytes. Numbers of logs and branches follow the order of arrival: they never leave here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use crate::governance::acknowledged::Position;
use crate::governance::parts::Parts;
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

/// Places of one act, ascending: those of one log stand together, and most often a log that is new comes last.
#[derive(Debug, Clone, Default)]
struct Places(Vec<Place>);

impl Places {
    /// Where those of a log begin and end.
    fn range(&self, log: u32) -> Range<usize> {
        // Where each log names an act once, its number says where its place is: nothing between is looked at.
        let last = self.0.len().saturating_sub(1);
        let guess = usize::try_from(log).map_or(last, |log| log.min(last));
        let log_at = |at: Option<usize>| at.and_then(|at| self.0.get(at)).map(|place| place.log);
        let (before, here) = (log_at(guess.checked_sub(1)), log_at(Some(guess)));
        let behind = log_at(guess.checked_add(1));
        if here < Some(log) && behind.is_none() {
            return self.0.len()..self.0.len();
        }
        if here == Some(log) && before != here && behind != here {
            return guess..guess.saturating_add(1);
        }
        let begin = self.0.partition_point(|place| place.log < log);
        let behind = self.0.get(begin..).unwrap_or_default();
        begin..begin.saturating_add(behind.partition_point(|place| place.log == log))
    }

    fn in_log(&self, log: u32) -> &[Place] {
        self.0.get(self.range(log)).unwrap_or_default()
    }

    /// Where those of its log are, for [`Self::insert`]; `None` if one of these `covers` the place.
    fn room(&self, place: Place, covers: impl Fn(Place, Place) -> bool) -> Option<Range<usize>> {
        let of_log = self.range(place.log);
        let others = self.0.get(of_log.clone()).unwrap_or_default();
        (!others.iter().any(|other| covers(*other, place))).then_some(of_log)
    }

    /// Keeps a place where there is room for it; those that it covers go.
    fn insert(&mut self, place: Place, room: Range<usize>, covers: impl Fn(Place, Place) -> bool) {
        // Most often a log names an act once.
        if room.is_empty() {
            self.0.insert(room.start, place);
            return;
        }
        let others = self.0.get(room.clone()).unwrap_or_default();
        let mut kept: Vec<Place> = others.iter().filter(|other| !covers(place, **other)).copied().collect();
        kept.insert(kept.partition_point(|other| *other < place), place);
        self.0.splice(room, kept);
    }
}

/// Places without numbers.
type Told = BTreeSet<Option<Position>>;

/// What is known of one act, by its number.
#[derive(Debug, Clone)]
struct Named {
    act: ActId,
    is_held: bool,
    /// The act before it, of one that is held.
    previous: Option<u32>,
    /// Where it was first named; of one that is held, first acknowledged: by its own name, or by that of one that follows.
    first: Places,
    /// Where it was last named itself, on each branch.
    last: Places,
}

/// All that was attested. Copies share what is large: a replica keeps one until what it took is on disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Attestations {
    logs: Vec<Arc<Log>>,
    numbers: BTreeMap<(LogKey, OrganisationId), u32>,
    /// Acts that are held, or were named. A consortium names each of thousands some hundred times: it is looked up once, and
    /// what is asked of it goes by its number.
    acts: Vec<Arc<Named>>,
    act_numbers: Parts<ActId, u32>,
}

impl Attestations {
    /// Takes a step of a chain. Returns the acts held that it names, or that are acknowledged since by a chain that did not
    /// before.
    pub(super) fn take(&mut self, key: LogKey, organisation: OrganisationId, step: Step) -> Vec<ActId> {
        let mut news = Vec::new();
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
                self.name(*act, place, &mut news);
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

    fn act_number(&mut self, act: ActId) -> Option<u32> {
        if let Some(number) = self.act_numbers.get(&act) {
            return Some(*number);
        }
        let number = u32::try_from(self.acts.len()).ok()?;
        let (first, last) = Default::default();
        self.acts.push(Arc::new(Named { act, is_held: false, previous: None, first, last }));
        self.act_numbers.insert(act, number);
        Some(number)
    }

    fn log(&self, number: u32) -> Option<&Log> {
        log(&self.logs, number)
    }

    fn log_mut(&mut self, number: u32) -> Option<&mut Log> {
        self.logs.get_mut(usize::try_from(number).ok()?).map(Arc::make_mut)
    }

    fn named(&self, act: &ActId) -> Option<&Named> {
        self.by_number(*self.act_numbers.get(act)?)
    }

    fn by_number(&self, number: u32) -> Option<&Named> {
        self.acts.get(usize::try_from(number).ok()?).map(|named| &**named)
    }

    fn name(&mut self, act: ActId, place: Place, news: &mut Vec<ActId>) {
        let Some(number) = self.act_number(act) else { return };
        let is_first = self.keep(number, place);
        let Some(named) = self.by_number(number).filter(|named| named.is_held) else { return };
        // Of one that the chain acknowledged before it may matter that it is named again, later.
        news.push(act);
        if is_first {
            let previous = named.previous;
            self.acknowledge(previous, place, news);
        }
    }

    /// Counts an act that is held, and all that it follows, as acknowledged at a place.
    fn acknowledge(&mut self, act: Option<u32>, place: Place, news: &mut Vec<ActId>) {
        let mut at = act;
        while let Some(number) = at.filter(|number| self.keep_first(*number, place)) {
            let Some(named) = self.by_number(number) else { return };
            news.push(named.act);
            at = named.previous;
        }
    }

    /// Keeps where an act is named itself. False if the chain acknowledged it before.
    fn keep(&mut self, number: u32, place: Place) -> bool {
        let logs = &self.logs;
        let (behind, before) = (|one, other| is_behind(logs, one, other), |one, other| is_behind(logs, other, one));
        let Some(named) = at_number(&mut self.acts, number) else { return false };
        let (first, last) = (named.first.room(place, behind), named.last.room(place, before));
        let is_first = first.is_some();
        if first.is_none() && last.is_none() {
            return false;
        }
        // What is only looked at is not copied.
        let named = Arc::make_mut(named);
        if let Some(room) = first {
            named.first.insert(place, room, behind);
        }
        if let Some(room) = last {
            named.last.insert(place, room, before);
        }
        is_first
    }

    /// Keeps where an act is acknowledged by the name of one that follows it. False if the chain acknowledged it before.
    fn keep_first(&mut self, number: u32, place: Place) -> bool {
        let logs = &self.logs;
        let covers = |one, other| is_behind(logs, one, other);
        let Some(named) = at_number(&mut self.acts, number) else { return false };
        let Some(room) = named.first.room(place, covers) else { return false };
        Arc::make_mut(named).first.insert(place, room, covers);
        true
    }

    /// Counts what was named before it was held. Returns the acts that are acknowledged since.
    pub(super) fn hold(&mut self, act: ActId, previous: Option<ActId>) -> Vec<ActId> {
        let mut news = Vec::new();
        let previous = previous.and_then(|previous| self.act_number(previous));
        let number = self.act_number(act);
        let named = number.and_then(|number| at_number(&mut self.acts, number));
        let Some(named) = named.map(Arc::make_mut) else { return news };
        named.is_held = true;
        named.previous = previous;
        let places = named.first.0.clone();
        news.extend((!places.is_empty()).then_some(act));
        for place in places {
            self.acknowledge(previous, place, &mut news);
        }
        news
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
        self.named(act).filter(|named| named.is_held).into_iter().flat_map(|named| &named.first.0).copied()
    }

    /// Where an act was last named itself.
    pub(super) fn last(&self, act: &ActId) -> impl Iterator<Item = Place> {
        self.named(act).into_iter().flat_map(|named| &named.last.0).copied()
    }

    /// True if the chain of an attestation had acknowledged the act by then.
    pub(super) fn knew(&self, place: Place, act: &ActId) -> bool {
        let first = self.named(act).map_or(&[][..], |named| named.first.in_log(place.log));
        first.iter().any(|first| is_behind(&self.logs, *first, place))
    }

    /// The same of a position.
    pub(super) fn knew_at(&self, at: &Position, act: &ActId) -> bool {
        self.places_at(at).any(|place| self.knew(place, act))
    }

    /// True if the step was taken.
    pub(super) fn has(&self, at: &Position) -> bool {
        self.places_at(at).next().is_some()
    }

    /// What is known of each act of which anything is, without numbers.
    fn told(&self) -> BTreeMap<ActId, (bool, [Told; 2])> {
        let told = |places: &Places| places.0.iter().map(|place| self.position(*place)).collect();
        let named = self.acts.iter().filter(|named| !named.first.0.is_empty());
        named.map(|named| (named.act, (named.is_held, [told(&named.first), told(&named.last)]))).collect()
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
        ends(self) == ends(other) && waiting(self) == waiting(other) && self.told() == other.told()
    }
}

impl Eq for Attestations {}

fn log(logs: &[Arc<Log>], number: u32) -> Option<&Log> {
    logs.get(usize::try_from(number).ok()?).map(|log| &**log)
}

fn at_number(acts: &mut [Arc<Named>], number: u32) -> Option<&mut Arc<Named>> {
    acts.get_mut(usize::try_from(number).ok()?)
}

/// True if `one` is `other` or before it in its chain.
fn is_behind(logs: &[Arc<Log>], one: Place, other: Place) -> bool {
    one.log == other.log && log(logs, one.log).is_some_and(|log| log.is_behind(one, other))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn places_of_a_log_are_found_wherever_its_number_leads(
            places in prop::collection::btree_set((0_u32..7, 0_u32..3, 0_u64..3), 0..12),
        ) {
            let places = places.into_iter().map(|(log, branch, seq)| Place { log, branch, seq });
            let places = Places(places.collect());
            for log in 0..9 {
                let expected: Vec<Place> = places.0.iter().filter(|place| place.log == log).copied().collect();
                prop_assert_eq!(places.in_log(log), expected);
                let before = places.0.iter().filter(|place| place.log < log).count();
                prop_assert_eq!(places.range(log).start, before);
            }
        }
    }
}
