//! How the consortium came to be as it is: act by act, with who signed, who acknowledged, and what it changed.

use std::collections::BTreeMap;

use isnad_protocol::governance::Position;
use isnad_protocol::id::{EntryId, OrganisationId};
use isnad_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::Reader;
use crate::governing::{self, Described};
use crate::problem::Problem;

/// One act of the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapter {
    /// What it is, where it stands and what it changes.
    #[serde(flatten)]
    pub act: Described,
    /// Who acknowledged it, by the times that they claim.
    pub acknowledged: Vec<Word>,
}

/// That an organisation acknowledged an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Word {
    /// The time that its attestation claims; none if that is not held any more.
    pub time: Option<Timestamp>,
    /// Who.
    pub organisation: OrganisationId,
    /// The attestation.
    pub entry: EntryId,
}

impl Reader<'_> {
    /// Every act held, in the order of a story.
    ///
    /// # Errors
    /// [`Problem`] if the journal cannot be read.
    pub fn governance_story(&self) -> Result<Vec<Chapter>, Problem> {
        let governance = self.governance();
        // One attestation acknowledges many acts.
        let mut times: BTreeMap<Position, Option<Timestamp>> = BTreeMap::new();
        let mut chapters = Vec::new();
        for act in governing::described(governance, self.node.own_organisation()) {
            let mut acknowledged = Vec::new();
            for (organisation, at) in governance.acknowledged(&act.id) {
                let time = match times.get(&at) {
                    Some(time) => *time,
                    None => self.time_of(&at)?,
                };
                times.insert(at, time);
                acknowledged.push(Word { time, organisation, entry: at.end.id });
            }
            acknowledged.sort_unstable();
            chapters.push(Chapter { act, acknowledged });
        }
        Ok(chapters)
    }

    fn time_of(&self, at: &Position) -> Result<Option<Timestamp>, Problem> {
        let found = self.read_entry(at.log, at.end)?;
        Ok(found.map(|entry| entry.entry().header.time))
    }
}
