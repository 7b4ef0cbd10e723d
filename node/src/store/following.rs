//! The index follows the journals: a thread of its own reads what was flushed, and what it has not taken in yet is known here.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use isnad_protocol::id::SpaceId;
use isnad_protocol::log::{Authentic, LogEnd, LogKey};
use isnad_protocol::replica::Write;

use super::{LogReader, READ_ENTRIES};
use crate::fault::Fault;
use crate::journal::Position;

/// What was appended to the journal of a space, and where.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) at: Position,
    pub(super) what: What,
}

/// As much of a write as those must know who read before the index has it.
#[derive(Debug)]
pub(super) enum What {
    Entry(LogKey, u64),
    Payload(LogKey, u64),
    Branch(LogKey, LogEnd),
    CutBack(LogKey, u64),
    Other,
}

impl What {
    pub(super) fn of(write: &Write) -> Self {
        match write {
            Write::Entry { entry, .. } => Self::Entry(log_of(entry), entry.end().seq),
            Write::Payload(entry) => Self::Payload(log_of(entry), entry.end().seq),
            Write::Branch(entry) => Self::Branch(log_of(entry), entry.end()),
            Write::CutBack { log, to } => Self::CutBack(*log, to.seq),
            Write::Checked { .. } | Write::Act(_) | Write::Fork(_) => Self::Other,
        }
    }
}

/// What the writer, the index and readers know of each other.
#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Something was flushed, or the store closes.
    due: Condvar,
    /// The index has come further.
    moved: Condvar,
}

type Ends = BTreeMap<SpaceId, Position>;

#[derive(Debug, Default)]
struct State {
    /// Up to where each journal is on disk.
    ends: Ends,
    /// The same of the journal of acts.
    acts: Option<Position>,
    /// Up to where the index has taken it in.
    reached: Ends,
    /// Why the index came no further when that was tried last.
    broken: Option<String>,
    /// Somebody waits for a broken index: it is tried again.
    is_asked: bool,
    /// How often it was tried to take in more, and the last of these that came to an end.
    begun: u64,
    ended: u64,
    /// Nothing takes the index any further: its thread ended, or panicked.
    has_ended: bool,
    is_closing: bool,
    recent: Recent,
}

impl State {
    fn has_reached(&self, ends: &Ends) -> bool {
        ends.iter().all(|(space, end)| self.reached.get(space).is_some_and(|reached| reached >= end))
    }

    /// True if nothing more comes into the index, also when it was tried again after `before` such tries.
    fn is_stopped(&self, before: Option<u64>) -> bool {
        let is_broken = self.broken.is_some() && before.is_none_or(|before| self.ended > before);
        is_broken || self.has_ended || self.is_closing
    }
}

/// Where entries stand that the index does not have yet.
#[derive(Debug, Default)]
struct Recent {
    lines: BTreeMap<LogKey, Line>,
    payloads: BTreeMap<(LogKey, u64), Position>,
    branches: BTreeMap<(LogKey, LogEnd), Position>,
    /// The last two by where they stand, in the order of each journal: so that what the index has is dropped without a look at the rest.
    order: BTreeMap<SpaceId, VecDeque<(Position, Again)>>,
    /// Cuts that the index has not made yet: each log's, by how far they take it back, which is the order they stand in too.
    cuts: BTreeMap<LogKey, VecDeque<(u64, Position)>>,
}

/// What is known beside the lines.
#[derive(Debug)]
enum Again {
    Payload(LogKey, u64),
    Branch(LogKey, LogEnd),
}

/// Entries of one log, one behind the other.
#[derive(Debug, Default)]
struct Line {
    first: u64,
    positions: VecDeque<Position>,
}

impl Line {
    fn push(&mut self, seq: u64, at: Position) {
        self.cut_back(seq.saturating_sub(1));
        let next = self.first.saturating_add(u64::try_from(self.positions.len()).unwrap_or(u64::MAX));
        if next != seq {
            self.positions.clear();
        }
        if self.positions.is_empty() {
            self.first = seq;
        }
        self.positions.push_back(at);
    }

    fn cut_back(&mut self, to: u64) {
        let kept = to.saturating_add(1).saturating_sub(self.first);
        self.positions.truncate(usize::try_from(kept).unwrap_or(usize::MAX));
    }

    /// Those from a position of the log on, as many as are looked up in one go; `None` if that is not one of these.
    fn from(&self, seq: u64) -> Option<Vec<Position>> {
        let skip = usize::try_from(seq.checked_sub(self.first)?).ok()?;
        let found: Vec<Position> = self.positions.iter().skip(skip).take(READ_ENTRIES).copied().collect();
        (!found.is_empty()).then_some(found)
    }
}

impl Recent {
    fn take(&mut self, written: &Written) {
        let at = written.at;
        match written.what {
            What::Entry(log, seq) => {
                self.lines.entry(log).or_default().push(seq, at);
                // What was written again there was cut away since.
                self.payloads.remove(&(log, seq));
            }
            What::Payload(log, seq) => {
                self.payloads.insert((log, seq), at);
                self.order.entry(log.space).or_default().push_back((at, Again::Payload(log, seq)));
            }
            What::Branch(log, end) => {
                self.branches.insert((log, end), at);
                self.order.entry(log.space).or_default().push_back((at, Again::Branch(log, end)));
            }
            What::CutBack(log, to) => {
                self.lines.get_mut(&log).into_iter().for_each(|line| line.cut_back(to));
                let behind = self.payloads.range((log, to.saturating_add(1))..=(log, u64::MAX));
                let behind: Vec<_> = behind.map(|(place, _)| *place).filter(|(_, seq)| *seq > to).collect();
                for place in behind {
                    self.payloads.remove(&place);
                }
                let cuts = self.cuts.entry(log).or_default();
                // An earlier cut that takes back no more than this one says nothing beside it.
                while cuts.back().is_some_and(|(before, _)| *before >= to) {
                    cuts.pop_back();
                }
                cuts.push_back((to, at));
            }
            What::Other => {}
        }
    }

    /// Drops what the index has now. Looks at that, and once at each log.
    fn forget(&mut self, space: SpaceId, reached: Position) {
        let is_kept = |log: &LogKey, at: &Position| log.space != space || *at >= reached;
        self.lines.retain(|log, line| {
            while line.positions.front().is_some_and(|at| !is_kept(log, at)) {
                line.positions.pop_front();
                line.first = line.first.saturating_add(1);
            }
            !line.positions.is_empty()
        });
        if let Some(order) = self.order.get_mut(&space) {
            while let Some((at, again)) = order.pop_front_if(|(at, _)| *at < reached) {
                // What was written once more since stands further on.
                match again {
                    Again::Payload(log, seq) => remove_at(&mut self.payloads, &(log, seq), at),
                    Again::Branch(log, end) => remove_at(&mut self.branches, &(log, end), at),
                }
            }
        }
        self.cuts.retain(|log, cuts| {
            while cuts.front().is_some_and(|(_, at)| !is_kept(log, at)) {
                cuts.pop_front();
            }
            !cuts.is_empty()
        });
    }

    /// What is known here of the entries of a log from `from` on.
    fn of(&self, log: LogKey, from: u64) -> Found {
        // As many as are looked up in one go.
        let until = from.saturating_add(u64::try_from(READ_ENTRIES).unwrap_or(u64::MAX));
        let payloads = self.payloads.range((log, from)..(log, until));
        Found {
            from,
            line: self.lines.get(&log).and_then(|line| line.from(from)),
            payloads: payloads.map(|((_, seq), at)| (*seq, *at)).collect(),
            kept: self.cuts.get(&log).and_then(|cuts| cuts.front()).map(|(to, _)| *to),
        }
    }

    fn count(&self) -> usize {
        let lines = self.lines.values().map(|line| line.positions.len());
        lines.fold(self.payloads.len(), usize::saturating_add).saturating_add(self.branches.len())
    }
}

fn remove_at<K: Ord>(map: &mut BTreeMap<K, Position>, key: &K, at: Position) {
    if map.get(key) == Some(&at) {
        map.remove(key);
    }
}

/// What is known of the entries of a log from one on, beside what the index says.
#[derive(Debug)]
pub(super) struct Found {
    from: u64,
    /// Where they stand, if the index does not have that one.
    line: Option<Vec<Position>>,
    /// Where those stand that were written again with their payloads.
    payloads: Vec<(u64, Position)>,
    /// The last entry that a cut leaves in the log which the index has not made yet.
    kept: Option<u64>,
}

impl Found {
    /// Where they stand, with what the index says of those that it has.
    ///
    /// # Errors
    /// [`Fault`] if the index fails.
    pub(super) fn beside(self, index: impl FnOnce() -> Result<Vec<Position>, Fault>) -> Result<Vec<Position>, Fault> {
        let mut positions = match self.line {
            Some(line) => line,
            None => {
                let mut positions = index()?;
                let kept = self.kept.map(|kept| kept.saturating_add(1).saturating_sub(self.from));
                positions.truncate(kept.and_then(|kept| usize::try_from(kept).ok()).unwrap_or(usize::MAX));
                positions
            }
        };
        for (seq, position) in self.payloads {
            let at = seq.checked_sub(self.from).and_then(|at| usize::try_from(at).ok());
            if let Some(place) = at.and_then(|at| positions.get_mut(at)) {
                *place = position;
            }
        }
        Ok(positions)
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says up to where the journals are on disk, and what was written there since it was said last.
    pub(super) fn give(&self, ends: Ends, acts: Position, written: &[Written]) {
        let mut state = self.state();
        written.iter().for_each(|written| state.recent.take(written));
        (state.ends, state.acts) = (ends, Some(acts));
        drop(state);
        self.due.notify_all();
    }

    /// Up to where each space's journal, and that of the acts, are on disk.
    pub(super) fn ends(&self) -> (Ends, Option<Position>) {
        let state = self.state();
        (state.ends.clone(), state.acts)
    }

    /// Says how far the index is, where that is not its own doing.
    pub(super) fn index_is_at(&self, reached: Ends) {
        let mut state = self.state();
        (state.reached, state.broken) = (reached, None);
    }

    /// How many entries were flushed that the index does not hold.
    pub(super) fn behind(&self) -> u64 {
        u64::try_from(self.state().recent.count()).unwrap_or(u64::MAX)
    }

    /// Waits until the index holds all that is flushed now. A broken one is tried again first: what broke it may have passed.
    ///
    /// # Errors
    /// Why it does not hold all of it: it is broken, or the store is closed.
    pub(super) fn wait_for_index(&self) -> Result<(), Fault> {
        let mut state = self.state();
        let goal = state.ends.clone();
        // A try that is under way may have met what has passed since.
        let before = state.broken.as_ref().map(|_| state.begun);
        if before.is_some() {
            state.is_asked = true;
            self.due.notify_all();
        }
        while !state.has_reached(&goal) && !state.is_stopped(before) {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        match &state.broken {
            // Until the try that took it there is over, what broke it before still stands here.
            _ if state.has_reached(&goal) => Ok(()),
            Some(reason) => Err(Fault::index(reason)),
            None => Err(Fault::index("the index stopped; restart the node")),
        }
    }

    /// What is known of the entries of a log from `from` on that the index does not know yet.
    pub(super) fn recent(&self, log: LogKey, from: u64) -> Found {
        self.state().recent.of(log, from)
    }

    pub(super) fn recent_branch(&self, log: LogKey, end: LogEnd) -> Option<Position> {
        self.state().recent.branches.get(&(log, end)).copied()
    }

    fn begin(&self) {
        let mut state = self.state();
        state.begun = state.begun.saturating_add(1);
    }

    pub(super) fn is_closing(&self) -> bool {
        self.state().is_closing
    }

    /// Has the thread end with what it has in hand.
    pub(super) fn close(&self) {
        self.state().is_closing = true;
        self.due.notify_all();
        self.moved.notify_all();
    }
}

/// Starts the thread that brings the index behind the journals.
pub(super) fn start(reader: LogReader) -> Result<JoinHandle<()>, Fault> {
    let thread = std::thread::Builder::new().name("isnad-index".into());
    thread.spawn(move || run(&reader)).map_err(|error| Fault::thread(&error))
}

/// Says that the thread ended, however it did: nobody waits for it then.
struct Ending<'a>(&'a Shared);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.state().has_ended = true;
        self.0.moved.notify_all();
    }
}

fn run(reader: &LogReader) {
    let shared = &reader.shared;
    let _ending = Ending(shared);
    loop {
        shared.begin();
        let outcome = match take_in(reader) {
            // Made anew, it holds these too.
            Err(_) if reader.index.has_failed() => reader.remake_index().map(|()| 1),
            outcome => outcome,
        };
        let mut state = shared.state();
        if let Err(fault) = &outcome {
            tracing::error!(%fault, "the index comes no further; it is tried again once something is read or written");
        }
        state.broken = outcome.as_ref().err().map(ToString::to_string);
        state.ended = state.begun;
        shared.moved.notify_all();
        if state.is_closing {
            return;
        }
        let seen = state.ends.clone();
        let has_more = outcome.is_ok() && !state.has_reached(&seen);
        while !has_more && !state.is_closing && !state.is_asked && state.ends == seen {
            state = shared.due.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.is_asked = false;
        // What was flushed last is still taken in.
        if state.is_closing && state.ends == seen {
            return;
        }
    }
}

/// Takes some of what was flushed into the index, and returns how many writes; none if it has all. Each space has its turn: much that
/// comes into one, or a fault of its journal, holds up no other.
pub(super) fn take_in(reader: &LogReader) -> Result<u64, Fault> {
    let shared = &reader.shared;
    let (ends, reached) = {
        let state = shared.state();
        (state.ends.clone(), state.reached.clone())
    };
    let (mut count, mut outcome) = (0_u64, Ok(()));
    for (space, until) in ends {
        let from = reached.get(&space).copied().unwrap_or(Position::START);
        match take_in_of(reader, space, (from, until)) {
            Ok(taken) => count = count.saturating_add(taken),
            Err(fault) => outcome = outcome.and(Err(fault)),
        }
    }
    // What could be taken in is first: a fault is told once nothing else is left.
    if count > 0 { Ok(count) } else { outcome.map(|()| 0) }
}

/// The same of one space.
fn take_in_of(reader: &LogReader, space: SpaceId, (from, until): (Position, Position)) -> Result<u64, Fault> {
    let portion = reader.writes(space, from, until)?;
    let (writes, reached) = portion.unwrap_or_else(|| (Vec::new(), from.max(until)));
    let count = u64::try_from(writes.len()).unwrap_or(u64::MAX);
    if count > 0 {
        reader.index.apply(writes)?;
    }
    let mut state = reader.shared.state();
    state.reached.insert(space, reached);
    state.recent.forget(space, reached);
    drop(state);
    reader.shared.moved.notify_all();
    Ok(if reached > from { count.max(1) } else { 0 })
}

fn log_of(entry: &Authentic) -> LogKey {
    let header = &entry.entry().header;
    LogKey { space: header.space, author: header.author }
}

#[cfg(test)]
mod tests {
    use isnad_protocol::key::PublicKey;
    use proptest::prelude::*;

    use super::*;
    use crate::index::{Index, Journals};
    use crate::journal::Journal;

    const SPACE: SpaceId = SpaceId::new([1; 32]);

    fn log(number: u8) -> LogKey {
        LogKey { space: SPACE, author: PublicKey::new([number; 32]) }
    }

    fn at(offset: u32) -> Position {
        Position { segment: 1, offset }
    }

    #[test]
    fn what_was_written_again_is_known_until_the_index_has_it_and_no_longer() {
        let mut recent = Recent::default();
        let ends = |seq| LogEnd { seq, id: isnad_protocol::id::EntryId::ZERO };
        let writes = [
            (1, What::Payload(log(0), 5)),
            (2, What::Branch(log(0), ends(9))),
            (3, What::Payload(log(0), 6)),
            (4, What::Payload(log(0), 5)),
            (5, What::Payload(log(0), 5_000)),
        ];
        writes.into_iter().for_each(|(offset, what)| recent.take(&Written { at: at(offset), what }));
        let known =
            |recent: &Recent| recent.payloads.iter().map(|((_, seq), at)| (*seq, at.offset)).collect::<Vec<_>>();
        assert_eq!(known(&recent), [(5, 4), (6, 3), (5_000, 5)]);
        assert_eq!(recent.of(log(0), 1).payloads.len(), 2, "no further than is looked up in one go");
        recent.forget(SPACE, at(2));
        assert_eq!((known(&recent).len(), recent.branches.len()), (3, 1), "the first was written again");
        recent.forget(SPACE, at(4));
        assert_eq!((known(&recent), recent.branches.len()), (vec![(5, 4), (5_000, 5)], 0));
        recent.take(&Written { at: at(6), what: What::CutBack(log(0), 5) });
        assert_eq!(known(&recent), [(5, 4)]);
        recent.forget(SPACE, at(7));
        assert_eq!((recent.count(), recent.order[&SPACE].len(), recent.cuts.len()), (0, 0, 0));
    }

    #[test]
    fn nobody_waits_for_a_thread_that_panicked() {
        let shared = std::sync::Arc::new(Shared::default());
        shared.give(Ends::from([(SPACE, at(1))]), Position::START, &[]);
        let ends = std::sync::Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let _ending = Ending(&ends);
            panic!("as the thread of the index might");
        });
        shared.wait_for_index().unwrap_err();
        drop(thread.join());
    }

    #[test]
    fn a_space_that_is_busy_or_damaged_holds_up_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let (busy, calm) = (SpaceId::new([1; 32]), SpaceId::new([2; 32]));
        let path = |space: SpaceId| dir.path().join(space.to_string());
        let mut journals =
            BTreeMap::from([busy, calm].map(|space| (space, Journal::open(&path(space)).unwrap().journal)));
        let readers = journals.iter().map(|(space, journal)| (*space, journal.reader())).collect();
        let nothing = Journals(std::sync::Arc::new(|_, _| Ok(Vec::new())));
        let index = Index::open(&dir.path().join("index"), b"", nothing).unwrap();
        let reader = LogReader { readers, index, shared: std::sync::Arc::default() };
        // Frames of a later version: they are read, and nothing comes of them.
        let mut write = |space: SpaceId, count: usize| {
            let journal = journals.get_mut(&space).unwrap();
            for _ in 0..count {
                journal.append(99, &[&vec![0; 1 << 20]]).unwrap();
            }
            journal.sync().unwrap();
            let ends: Ends = journals.iter().map(|(space, journal)| (*space, journal.synced_end())).collect();
            reader.shared.give(ends, Position::START, &[]);
        };
        let has_all = |space| {
            let state = reader.shared.state();
            state.reached.get(&space) == state.ends.get(&space)
        };
        write(busy, 20);
        write(calm, 1);
        take_in(&reader).unwrap();
        assert_eq!((has_all(busy), has_all(calm)), (false, true));
        write(calm, 9);
        std::fs::remove_dir_all(path(busy)).unwrap();
        take_in(&reader).unwrap();
        assert!(!has_all(calm));
        take_in(&reader).unwrap();
        assert!(has_all(calm));
        take_in(&reader).unwrap_err();
    }

    /// What happens to one of two logs.
    #[derive(Debug, Clone)]
    enum Step {
        Entries(u8, u8),
        CutBack(u8, u8),
        /// The index comes so far of what was written.
        Index(u8),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0_u8..2, 1_u8..5).prop_map(|(log, count)| Step::Entries(log, count)),
            1 => (0_u8..2, 0_u8..9).prop_map(|(log, to)| Step::CutBack(log, to)),
            2 => any::<u8>().prop_map(Step::Index),
        ]
    }

    proptest! {
        #[test]
        fn what_is_recent_is_what_was_written_and_the_index_does_not_have(steps in prop::collection::vec(step(), 0..40)) {
            let mut recent = Recent::default();
            // Of each log, position by position, where it stands; and the same of what the index has.
            let mut held: [Vec<u32>; 2] = [Vec::new(), Vec::new()];
            let mut all: Vec<[Vec<u32>; 2]> = vec![held.clone()];
            let (mut written, mut reached) = (0_u32, 0_u32);
            for step in steps {
                match step {
                    Step::Entries(of, count) => for _ in 0..count {
                        held[usize::from(of)].push(written);
                        let seq = held[usize::from(of)].len() as u64;
                        recent.take(&Written { at: at(written), what: What::Entry(log(of), seq) });
                        written += 1;
                        all.push(held.clone());
                    },
                    Step::CutBack(of, to) => {
                        held[usize::from(of)].truncate(usize::from(to));
                        recent.take(&Written { at: at(written), what: What::CutBack(log(of), u64::from(to)) });
                        written += 1;
                        all.push(held.clone());
                    }
                    Step::Index(share) => {
                        reached += (written - reached) * u32::from(share) / 255;
                        recent.forget(SPACE, at(reached));
                    }
                }
                for (of, held) in (0_u8..).zip(&held) {
                    for seq in 1..=held.len() + 1 {
                        let due: Vec<Position> =
                            held.iter().skip(seq - 1).map(|offset| at(*offset)).collect();
                        let due = due.first().is_some_and(|first| *first >= at(reached)).then_some(due);
                        let line = recent.lines.get(&log(of));
                        prop_assert_eq!(line.and_then(|line| line.from(seq as u64)), due);
                        // Beside the index, all of the log is found, and nothing that was cut.
                        let index = &all[reached as usize][usize::from(of)];
                        let index = index.iter().skip(seq - 1).map(|offset| at(*offset)).collect();
                        let found = recent.of(log(of), seq as u64).beside(|| Ok(index)).unwrap();
                        let log: Vec<Position> = held.iter().skip(seq - 1).map(|offset| at(*offset)).collect();
                        prop_assert!(log.starts_with(&found) && found.is_empty() == log.is_empty(), "{found:?} of {log:?}");
                    }
                }
            }
        }
    }
}
