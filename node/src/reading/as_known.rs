//! Since when acts that cut logs are known: a view as of an earlier day counts what was repudiated only later. DESIGN §7.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use isnad_protocol::governance::Position;
use isnad_protocol::id::{ActId, RecordId};
use isnad_protocol::time::Day;
use isnad_protocol::view::AsKnown;

use super::Reader;
use crate::problem::Problem;

/// What was unsaid, read once for each reader.
#[derive(Debug, Default)]
pub(super) struct Unsaid {
    known: OnceLock<BTreeMap<ActId, Day>>,
    about: OnceLock<BTreeSet<RecordId>>,
}

impl Reader<'_> {
    /// What governance said at the end of a day.
    ///
    /// # Errors
    /// [`Problem`] if the journal cannot be read.
    pub(super) fn as_known(&self, day: Day) -> Result<AsKnown<'_>, Problem> {
        Ok(AsKnown::new(self.governance(), day, self.known()?))
    }

    /// The records of which something is repudiated: what stands of them today says nothing of an earlier day.
    ///
    /// # Errors
    /// [`Problem`] if the journal cannot be read.
    pub(super) fn repudiated_about(&self) -> Result<&BTreeSet<RecordId>, Problem> {
        if let Some(about) = self.unsaid.about.get() {
            return Ok(about);
        }
        let mut about = BTreeSet::new();
        for closed in self.governance().all_closed() {
            for end in closed.repudiated() {
                let entry = self.read_entry(closed.facts().log, end)?;
                about.extend(entry.map(|entry| entry.entry().header.record));
            }
        }
        Ok(self.unsaid.about.get_or_init(|| about))
    }

    fn known(&self) -> Result<&BTreeMap<ActId, Day>, Problem> {
        if let Some(known) = self.unsaid.known.get() {
            return Ok(known);
        }
        let mut known = BTreeMap::new();
        for act in self.governance().all_closed().flat_map(|closed| &closed.facts().cuts).map(|(act, _)| *act) {
            if let Some(since) = self.known_since(&act)? {
                known.insert(act, since);
            }
        }
        Ok(self.unsaid.known.get_or_init(|| known))
    }

    /// The day on which this home's organisation named an act, by its own word; where it did not, the first on which anybody did.
    fn known_since(&self, act: &ActId) -> Result<Option<Day>, Problem> {
        let acknowledged = self.governance().acknowledged(act);
        let own = self.node.own_organisation().and_then(|own| acknowledged.get(&own));
        let positions: Vec<&Position> = own.map_or_else(|| acknowledged.values().collect(), |own| vec![own]);
        let mut since: Option<Day> = None;
        for position in positions {
            let entry = self.read_entry(position.log, position.end)?;
            let day = entry.map(|entry| entry.entry().header.time.day());
            since = since.into_iter().chain(day).min();
        }
        Ok(since)
    }
}
