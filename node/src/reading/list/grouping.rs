//! Records of a list that the reader's policy takes for one stand together, each with the ids of the others; none is left out of the
//! list for it. MODEL §8, journey 7.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::id::RecordId;
use isnad_protocol::time::Day;
use isnad_protocol::view::{Context, Judgements, Policy, Until, taken_for_one};

use super::Found;
use crate::problem::Problem;
use crate::reading::{Indexed, Reader};

/// By record, the others that are taken for the same.
pub(super) type Groups = BTreeMap<RecordId, BTreeSet<RecordId>>;

impl Reader<'_> {
    /// The groups of records that are listed; of those alone about which somebody judged anything.
    pub(super) fn groups(
        &self,
        kind: u8,
        found: &[Found],
        policy: &Policy,
        as_of: Option<Day>,
    ) -> Result<Groups, Problem> {
        let mut groups = Groups::new();
        if policy.judgements == Judgements::None {
            return Ok(groups);
        }
        let judged = self.node.index()?.judged(&[kind])?;
        let judged: BTreeSet<RecordId> = judged.into_iter().flat_map(|(one, other)| [one, other]).collect();
        for record in found.iter().map(|found| found.record).filter(|record| judged.contains(record)) {
            let same = self.readable(record, self.taken_for_one(record, policy, as_of))?.unwrap_or_default();
            if !same.is_empty() {
                groups.insert(record, same);
            }
        }
        Ok(groups)
    }

    fn taken_for_one(
        &self,
        record: RecordId,
        policy: &Policy,
        as_of: Option<Day>,
    ) -> Result<BTreeSet<RecordId>, Problem> {
        let store = Indexed(self.node.index()?);
        let context = self.context(policy, as_of);
        Ok(match as_of {
            None => taken_for_one(record, &store, context)?,
            Some(day) => {
                let judge = self.as_known(day)?;
                let context = Context { judge: &judge, ..context };
                taken_for_one(record, &Until::new(&store, day, record), context)?
            }
        })
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
