//! What this organisation said and what no longer counts, on all records: see `isnad_protocol::view::restating`.

use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::RecordId;
use isnad_protocol::log::Authentic;
use isnad_protocol::sheet;
use isnad_protocol::standing::{Judge, Standing};
use isnad_protocol::view::Reference;
use isnad_protocol::view::restating::{Lost, Restating, Told, is_lost, restating};
use serde::{Deserialize, Serialize};

use super::Reader;
use crate::problem::{Problem, exit};

/// One thing that can be said anew, with what its record is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToRestate {
    /// What its record is called.
    pub about: Reference,
    /// The records that its value names.
    pub refs: Vec<Reference>,
    /// What it is.
    #[serde(flatten)]
    pub restating: Restating,
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestatingQuery {
    /// One record; all if left out.
    #[serde(default)]
    pub record: Option<RecordId>,
}

impl Reader<'_> {
    /// What this organisation said with a key that counts no more, or on such words, and did not say anew.
    ///
    /// # Errors
    /// [`Problem`] if this home is no member's, or the index cannot be read.
    pub fn restating(&self, query: &RestatingQuery) -> Result<Vec<ToRestate>, Problem> {
        let own =
            self.node.own_organisation().ok_or_else(|| Problem::told(exit::NO, "reads_only", "reads_only", &[]))?;
        let index = self.node.index()?;
        let judge = self.snapshot.governance.as_ref();
        let records = query.record.map_or_else(|| index.records(&[]), |record| Ok([record].into()))?;
        let mut told = Told::default();
        for record in records {
            let entries = index.entries_about(record)?;
            // An edit is void only where governance has something against one under it: no other record is folded.
            let is_of_own = |entry: &&Authentic| entry.entry().header.organisation == own;
            let against = |entry: &Authentic| judge.judge(entry).is_some_and(may_be_lost);
            if entries.iter().filter(is_of_own).any(against) {
                told.take(restating(record, &entries, &sheet::fold(&entries, judge), own));
            }
        }
        told.finish().into_iter().map(|restating| self.to_restate(restating)).collect()
    }

    fn to_restate(&self, restating: Restating) -> Result<ToRestate, Problem> {
        let about = self.reference(restating.record)?;
        let said = match &restating.lost {
            Lost::Claim { said, .. } | Lost::Retraction { said, .. } => said.get("value"),
            Lost::Edit { .. } => None,
        };
        let named = said.into_iter().flat_map(sheet::claim::records_in);
        let refs = named.map(|record| self.reference(record)).collect::<Result<_, _>>()?;
        Ok(ToRestate { about, refs, restating })
    }
}

/// True if words of this standing are lost, or may take the ground of others away.
fn may_be_lost(standing: Standing) -> bool {
    is_lost(standing) || standing == Standing::Unauthorised
}

impl ToRestate {
    /// The property and value of the claim that it is about.
    #[must_use]
    pub fn said(&self) -> Option<(&str, Option<&Json>)> {
        match &self.restating.lost {
            Lost::Claim { said, .. } | Lost::Retraction { said, .. } => {
                let prop = said.get("prop").and_then(Json::as_text).unwrap_or_default();
                Some((prop, said.get("value")))
            }
            Lost::Edit { .. } => None,
        }
    }
}
