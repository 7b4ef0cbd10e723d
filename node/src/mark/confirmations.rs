//! What other organisations' nodes have confirmed of our own logs, while nothing is signed. DESIGN §8.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::log::{LogEnd, LogKey};

use super::{End, Machine, Mark, OwnLog};

/// Ends of own logs that were confirmed, and how far each reached by the mark that was found, however old it is or whose machine
/// wrote it.
#[derive(Debug, Clone, Default)]
pub struct Confirmations {
    floor: BTreeMap<OwnLog, End>,
    ends: BTreeMap<OwnLog, End>,
}

impl Confirmations {
    /// None yet.
    #[must_use]
    pub fn new(found: Option<&Mark>) -> Self {
        let reaches = found.iter().flat_map(|mark| &mark.logs);
        Self { floor: reaches.map(|(log, reach)| (*log, reach.reserved)).collect(), ends: BTreeMap::new() }
    }

    /// Takes the word of a node that it holds an own log to this end. The mark to sign with, once that was said of every log that
    /// own keys can have written, to the end at which it stands now, `own`: of a log that a restored home has lost, too.
    ///
    /// Never below what the mark that was found says: entries that it knows are lost, and their numbers are used.
    pub fn take(
        &mut self,
        machine: Machine,
        (log, end): (LogKey, LogEnd),
        own: &BTreeMap<LogKey, LogEnd>,
    ) -> Option<Mark> {
        self.ends.insert(OwnLog::of(log), End::of(end));
        own.iter().all(|(log, end)| self.holds(*log, *end)).then(|| Mark::confirmed(machine, &self.reached(own)))
    }

    /// What was confirmed; and of a log that no act makes this home's own just now, what the mark that was found says: once such an
    /// act is here again, its numbers are still used.
    fn reached(&self, own: &BTreeMap<LogKey, LogEnd>) -> BTreeMap<OwnLog, End> {
        let own: BTreeSet<OwnLog> = own.keys().copied().map(OwnLog::of).collect();
        let others = self.floor.iter().filter(|(log, _)| !own.contains(*log)).map(|(log, end)| (*log, *end));
        others.chain(self.ends.iter().map(|(log, end)| (*log, *end))).collect()
    }

    fn holds(&self, log: LogKey, end: LogEnd) -> bool {
        let log = OwnLog::of(log);
        let is_above = self.floor.get(&log).is_none_or(|floor| end.seq >= floor.seq);
        is_above && self.ends.get(&log) == Some(&End::of(end))
    }
}
