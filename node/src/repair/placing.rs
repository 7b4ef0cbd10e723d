//! What of a damaged journal's frames still has a place, each behind those that have one before it.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::entry::Entry;
use isnad_protocol::id::{EntryId, SpaceId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::{ForkProof, Log, LogEnd, LogKey};

use super::Missing;
use crate::journal::Frame;
use crate::store::{decode_end, kind};

/// The logs of one space, as far as their entries were found again.
pub(super) struct Placing {
    space: SpaceId,
    logs: BTreeMap<PublicKey, Found>,
}

/// One log.
#[derive(Default)]
struct Found {
    log: Option<Log>,
    /// The entries of its line, by their positions.
    line: Vec<EntryId>,
    /// Positions of which the header alone is there.
    wanted: BTreeSet<u64>,
    /// Entries beside the line, and whether each is whole.
    branches: BTreeSet<(LogEnd, bool)>,
    /// The furthest entry that was seen in the damaged journal, with or without a place.
    seen: LogEnd,
}

impl Placing {
    pub(super) const fn new(space: SpaceId) -> Self {
        Self { space, logs: BTreeMap::new() }
    }

    /// The kind under which a frame stands in the new journal; `None` if it does not.
    ///
    /// Every signature is checked here, so that what was said of checks, and what was cut back for a bad one, says nothing more.
    pub(super) fn place(&mut self, frame: &Frame) -> Option<u8> {
        let is_placed = match frame.kind {
            kind::ENTRY | kind::ENTRY_OF_RUN => self.entry(Entry::decode(&frame.bytes).ok()?),
            kind::PAYLOAD => self.payload(&Entry::decode(&frame.bytes).ok()?),
            kind::BRANCH => self.branch(&Entry::decode(&frame.bytes).ok()?),
            kind::FORK => ForkProof::decode(&frame.bytes).is_ok_and(|proof| proof.log().space == self.space),
            kind::CUT_BACK => {
                self.cut_back(decode_end(&frame.bytes)?);
                false
            }
            kind::CHECKED => false,
            // Of a later version: it is left as it is.
            _ => return Some(frame.kind),
        };
        let kind = if frame.kind == kind::ENTRY_OF_RUN { kind::ENTRY } else { frame.kind };
        is_placed.then_some(kind)
    }

    fn entry(&mut self, entry: Entry) -> bool {
        let (header, key) = (entry.header.clone(), LogKey { space: self.space, author: entry.header.author });
        if header.space != self.space || !has_its_payload(&entry) {
            return false;
        }
        let found = self.logs.entry(header.author).or_default();
        let is_bare = entry.payload.is_none() && header.has_payload();
        let alone = Entry { payload: None, ..entry.clone() };
        let Ok(run) = Log::extend(found.log.as_ref(), key, vec![entry]) else {
            found.saw(&alone);
            return false;
        };
        found.log = Some(run.log);
        found.seen = further(found.seen, run.log.end);
        found.line.push(run.log.end.id);
        found.wanted.extend(is_bare.then_some(header.seq));
        true
    }

    fn payload(&mut self, entry: &Entry) -> bool {
        let header = &entry.header;
        let Some(found) = self.logs.get_mut(&header.author) else { return false };
        let is_whole = entry.payload.is_some() && has_its_payload(entry);
        is_whole && entry.is_signed() && found.stands(header.seq, header.id()) && found.wanted.remove(&header.seq)
    }

    /// A branch leaves a line, or goes on where another is.
    fn branch(&mut self, entry: &Entry) -> bool {
        let header = &entry.header;
        if header.space != self.space || !has_its_payload(entry) || !entry.is_signed() {
            return false;
        }
        let found = self.logs.entry(header.author).or_default();
        let before = LogEnd { seq: header.seq.saturating_sub(1), id: header.prev };
        let leaves = before == LogEnd::START || found.stands(before.seq, before.id) || found.has_branch(before);
        let end = LogEnd { seq: header.seq, id: header.id() };
        leaves && found.branches.insert((end, entry.payload.is_some()))
    }

    fn cut_back(&mut self, (key, to): (LogKey, LogEnd)) {
        if let Some(found) = self.logs.get_mut(&key.author) {
            let kept = further(to, found.log.map_or(LogEnd::START, |log| log.end));
            found.seen = if found.seen.seq > kept.seq { kept } else { found.seen };
        }
    }

    /// How many entries have a place, and what is missing of the logs that the damaged journal or its index told of.
    pub(super) fn finish(self, indexed: BTreeMap<PublicKey, LogEnd>) -> (u64, Vec<Missing>) {
        let kept = self.logs.values().fold(0_u64, |sum, found| sum.saturating_add(found.held()));
        let mut upto = indexed;
        for (author, found) in &self.logs {
            let until = upto.entry(*author).or_insert(LogEnd::START);
            *until = further(found.seen, *until);
        }
        let held = |author: &PublicKey| self.logs.get(author).map_or(0, Found::held);
        let missing = upto.into_iter().filter(|(author, until)| held(author) < until.seq);
        let missing = missing.map(|(author, end)| {
            let from = held(&author).saturating_add(1);
            Missing { author, from, until: end.seq, last: end.id }
        });
        (kept, missing.collect())
    }
}

/// Whichever of two ends of one log is further.
fn further(one: LogEnd, other: LogEnd) -> LogEnd {
    if one.seq > other.seq { one } else { other }
}

impl Found {
    /// Takes note of an entry that has no place. One that its author did not sign says nothing of his log.
    fn saw(&mut self, entry: &Entry) {
        let end = LogEnd { seq: entry.header.seq, id: entry.header.id() };
        if end.seq > self.seen.seq && entry.is_signed() {
            self.seen = end;
        }
    }

    fn held(&self) -> u64 {
        self.log.map_or(0, |log| log.end.seq)
    }

    fn has_branch(&self, end: LogEnd) -> bool {
        [true, false].iter().any(|is_whole| self.branches.contains(&(end, *is_whole)))
    }

    /// True if this entry stands at a position of the line.
    fn stands(&self, seq: u64, id: EntryId) -> bool {
        let at = seq.checked_sub(1).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.line.get(at)) == Some(&id)
    }
}

/// True unless an entry has a payload that is not its own.
fn has_its_payload(entry: &Entry) -> bool {
    entry.payload.as_ref().is_none_or(|payload| entry.header.check_payload(payload).is_ok())
}
