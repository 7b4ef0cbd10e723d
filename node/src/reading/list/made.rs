//! Summaries and rows, made where entries have come in.

use isnad_protocol::id::RecordId;
use isnad_protocol::model::kinds::DESIGNATION;

use super::row::row;
use crate::index::{Kept, Stale};
use crate::problem::Problem;
use crate::reading::Reader;

impl Reader<'_> {
    /// Makes summaries anew where entries have come in.
    pub(super) fn refresh(&self) -> Result<(), Problem> {
        let index = self.node.index()?;
        loop {
            let stale = index.stale()?;
            if stale.is_empty() {
                return Ok(());
            }
            let make = |part: &[Stale]| part.iter().map(|stale| self.made(stale)).collect();
            index.keep_summaries(on_all_cores(&stale, make)?)?;
        }
    }

    fn made(&self, stale: &Stale) -> Result<(Stale, Kept), Problem> {
        let summary = self.summary(stale.0)?;
        let row = row(&summary);
        let summary = serde_json::to_vec(&summary.bounded()).map_err(|error| Problem::fault(error.to_string()))?;
        Ok((stale.clone(), Kept { summary, row }))
    }
}

/// True if what a summary says depends on the reader's day.
pub(super) const fn has_terms(record: RecordId) -> bool {
    record.kind_code() == DESIGNATION
}

/// What is made of parts of a list, in its order; each core has one.
pub(in crate::reading) fn on_all_cores<T: Sync, U: Send>(
    all: &[T],
    make: impl Fn(&[T]) -> Result<Vec<U>, Problem> + Sync,
) -> Result<Vec<U>, Problem> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if all.len() < FEW || cores == 1 {
        return make(all);
    }
    let parts = all.chunks(all.len().div_ceil(cores).max(1));
    std::thread::scope(|scope| {
        let started: Vec<_> = parts.map(|part| scope.spawn(|| make(part))).collect();
        let mut made = Vec::new();
        for part in started {
            made.extend(part.join().map_err(|_| Problem::fault("a list could not be made"))??);
        }
        Ok(made)
    })
}

/// For fewer than this, a thread costs more than it saves: of blocks, two megabytes.
const FEW: usize = 64;
