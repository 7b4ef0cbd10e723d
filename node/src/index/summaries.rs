//! Summaries in the index: kept until entries come in about their record, or other rules take effect.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use isnad_protocol::id::RecordId;

use super::{Changes, Index, Kept, Stale, catalogue, prefix};
use crate::fault::Fault;

/// Summaries that are made, or given up, in one batch.
const STALE_AT_ONCE: usize = 4_096;

impl Index {
    /// The kinds of which records are held, known ones and others.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn kinds(&self) -> Result<Vec<u8>, Fault> {
        let mut kinds = Vec::new();
        for kind in 1..=u8::MAX {
            self.scan(&[prefix::SUMMARY, kind], |_, _| {
                kinds.push(kind);
                false
            })?;
        }
        Ok(kinds)
    }

    /// The cached summary of every record whose id begins with these bytes; empty where it is to be made anew.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn summaries(&self, start: &[u8], mut visit: impl FnMut(RecordId, &[u8])) -> Result<(), Fault> {
        self.scan(&[&[prefix::SUMMARY][..], start].concat(), |key, value| {
            if let Ok(bytes) = [start, key].concat().try_into() {
                visit(RecordId::new(bytes), value);
            }
            true
        })
    }

    /// The cached summary of a record; empty where it is to be made anew.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn summary(&self, record: RecordId) -> Result<Option<Vec<u8>>, Fault> {
        self.get(&[&[prefix::SUMMARY][..], record.as_bytes()].concat())
    }

    /// Records whose summary is to be made anew, some thousand at a time, each with what made it so; those are passed over that
    /// the caller cannot read.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn stale(&self, unread: &BTreeSet<RecordId>) -> Result<Vec<Stale>, Fault> {
        let mut records = Vec::new();
        self.scan(&[prefix::STALE], |key, value| {
            let record = key.try_into().ok().map(RecordId::new).filter(|record| !unread.contains(record));
            records.extend(record.map(|record| (record, value.to_vec())));
            records.len() < STALE_AT_ONCE
        })?;
        Ok(records)
    }

    /// Has every summary made anew where they were made under other rules: which entries count is a matter of acts, and an act
    /// touches no record.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn under_rules(&self, rules: &[u8]) -> Result<(), Fault> {
        if self.get(&[prefix::RULES])?.as_deref() == Some(rules) {
            return Ok(());
        }
        let _writing = self.shared.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let records: Vec<RecordId> = self.records(&[])?.into_iter().collect();
        for part in records.chunks(STALE_AT_ONCE) {
            let mut changes = Changes::default();
            for record in part {
                let stale = [&[prefix::STALE][..], record.as_bytes()].concat();
                if self.get(&stale)?.is_none() {
                    changes.insert(stale, rules);
                    changes.insert([&[prefix::SUMMARY][..], record.as_bytes()].concat(), []);
                }
            }
            self.write(changes)?;
        }
        // Last: whoever is cut off before it begins again.
        self.write(Changes(BTreeMap::from([(vec![prefix::RULES], Some(rules.to_vec()))])))
    }

    /// Keeps summaries and rows, which are then no longer stale, and returns of how many records; one about which more has come in
    /// meanwhile stays so.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn keep_summaries(&self, summaries: Vec<(Stale, Kept)>) -> Result<usize, Fault> {
        let _writing = self.shared.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changes = Changes::default();
        let mut rows = catalogue::Rows::new();
        for ((record, cause), kept) in summaries {
            let stale = [&[prefix::STALE][..], record.as_bytes()].concat();
            if self.get(&stale)?.as_ref() == Some(&cause) {
                changes.insert([&[prefix::SUMMARY][..], record.as_bytes()].concat(), kept.summary);
                changes.remove(stale);
                rows.insert(record, Some(kept.row));
            }
        }
        let count = rows.len();
        self.write_with_rows(changes, rows).map(|()| count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::tests::no_journals;

    #[test]
    fn what_was_summed_up_under_other_rules_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let index = Index::open(dir.path(), b"", no_journals()).unwrap();
        let record = RecordId::new([1; 16]);
        let keep = || {
            let kept = Kept { summary: b"{}".to_vec(), row: Vec::new() };
            let stale = index.stale(&BTreeSet::new()).unwrap();
            index.keep_summaries(stale.into_iter().map(|stale| (stale, kept.clone())).collect()).unwrap();
            index.summary(record).unwrap()
        };
        let mut changes = Changes::default();
        changes.insert([&[prefix::SUMMARY][..], record.as_bytes()].concat(), []);
        index.write(changes).unwrap();
        for (rules, is_stale) in [(b"one", true), (b"one", false), (b"two", true)] {
            index.under_rules(rules).unwrap();
            assert_eq!(index.stale(&BTreeSet::new()).unwrap().len(), usize::from(is_stale), "{rules:?}");
            assert_eq!(keep().as_deref(), Some(&b"{}"[..]));
        }
    }
}
