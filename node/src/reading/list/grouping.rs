//! Records of a list that the reader's policy takes for one stand together, each with the ids of the others; none is left out of the
//! list for it. MODEL §8, journey 7.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::id::RecordId;
use isnad_protocol::limits;
use isnad_protocol::time::Day;
use isnad_protocol::view::{Context, Judgements, Policy, Until, taken_for_one};

use super::Found;
use crate::problem::Problem;
use crate::reading::{Indexed, Reader};

/// By record, the others that are taken for the same.
pub(super) type Groups = BTreeMap<RecordId, BTreeSet<RecordId>>;

impl Reader<'_> {
    /// The groups of a kind of records; `None` where more records judge than are read for one list.
    pub(super) fn groups(&self, kind: u8, policy: &Policy, as_of: Option<Day>) -> Result<Option<Groups>, Problem> {
        if policy.judgements == Judgements::None {
            return Ok(Some(Groups::new()));
        }
        let judged = self.node.index()?.judged(&[kind])?;
        let judging: BTreeSet<RecordId> = judged.into_iter().map(|(_, by)| by).collect();
        if judging.len() > limits::IDENTITY_READ {
            return Ok(None);
        }
        let store = Indexed(self.node.index()?);
        let context = self.context(policy, as_of);
        Ok(Some(match as_of {
            None => taken_for_one(&judging, &store, context)?,
            Some(day) => {
                let judge = self.as_known(day)?;
                let context = Context { judge: &judge, ..context };
                taken_for_one(&judging, &Until::new(&store, day, RecordId::ZERO), context)?
            }
        }))
    }
}

/// Puts each group where its first record stands.
pub(super) fn together(found: Vec<Found>, groups: &Groups) -> Vec<Found> {
    if groups.is_empty() {
        return found;
    }
    let places: BTreeMap<RecordId, usize> = found.iter().enumerate().map(|(at, found)| (found.record, at)).collect();
    let first = |record: &RecordId| {
        let others = groups.get(record).into_iter().flatten();
        others.chain([record]).filter_map(|record| places.get(record)).min().copied()
    };
    let mut placed: Vec<(Option<usize>, usize, Found)> =
        found.into_iter().enumerate().map(|(at, found)| (first(&found.record), at, found)).collect();
    placed.sort_by_key(|(first, at, _)| (*first, *at));
    placed.into_iter().map(|(_, _, found)| found).collect()
}
