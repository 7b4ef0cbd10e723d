//! Since when acts that cut logs are known: a view as of an earlier day counts what was repudiated only later. DESIGN §7.

use std::collections::BTreeMap;

use isnad_protocol::governance::Position;
use isnad_protocol::id::ActId;
use isnad_protocol::time::Day;
use isnad_protocol::view::AsKnown;

use super::Reader;
use crate::problem::Problem;

impl Reader<'_> {
    /// What governance said at the end of a day.
    ///
    /// # Errors
    /// [`Problem`] if the journal cannot be read.
    pub(super) fn as_known(&self, day: Day) -> Result<AsKnown<'_>, Problem> {
        let governance = self.governance();
        let mut known = BTreeMap::new();
        for act in governance.all_closed().flat_map(|closed| &closed.facts().cuts).map(|(act, _)| *act) {
            if let Some(since) = self.known_since(&act)? {
                known.insert(act, since);
            }
        }
        Ok(AsKnown::new(governance, day, known))
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
