//! Records of which something cannot be read, for the journal is damaged there: lists leave them out, and say so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use isnad_protocol::id::RecordId;

use super::Reader;
use crate::problem::Problem;

/// What one reader could not read.
#[derive(Debug, Default)]
pub(super) struct Unread(Mutex<Records>);

#[derive(Debug, Default)]
struct Records {
    all: BTreeSet<RecordId>,
    /// Why, of the first one of each kind.
    why: BTreeMap<u8, Problem>,
}

impl Unread {
    fn lock(&self) -> MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader<'_> {
    /// What was made of a record; `None` if the journal is damaged there, which is kept in mind: it stops no list of others.
    pub(super) fn readable<T>(&self, record: RecordId, made: Result<T, Problem>) -> Result<Option<T>, Problem> {
        match made {
            Err(problem) if problem.is_damage() => {
                let mut unread = self.unread.lock();
                unread.all.insert(record);
                unread.why.entry(record.kind_code()).or_insert(problem);
                Ok(None)
            }
            made => made.map(Some),
        }
    }

    /// The records of a kind that could not be read.
    pub(super) fn unread_of(&self, kind: u8) -> BTreeSet<RecordId> {
        self.unread.lock().all.iter().filter(|record| record.kind_code() == kind).copied().collect()
    }

    /// What is told beside a list of a kind that lacks records; `None` if it lacks none.
    pub(super) fn incomplete(&self, kind: u8) -> Option<Problem> {
        let count = self.unread_of(kind).len();
        self.unread.lock().why.get(&kind).map(|problem| problem.clone().of_records(count))
    }

    /// Why some record could not be read, of whatever kind.
    pub(super) fn why_unread(&self) -> Option<Problem> {
        self.unread.lock().why.values().next().cloned()
    }
}
