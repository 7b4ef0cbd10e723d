//! Documents at the heads where edits are due, so that concurrent chains do not cost a new document for each edit.
//!
//! Whether a document was kept or made anew changes the cost alone, never a byte.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::EntryId;
use crate::limits;

use super::narrative::{Change, Document, EditError};

/// Documents that hold exactly certain edits and all behind them, by those edits, ascending.
#[derive(Debug, Default)]
pub(super) struct Forks {
    kept: BTreeMap<Vec<EntryId>, Kept>,
    /// How often a document at these heads will still be asked for.
    due: BTreeMap<Vec<EntryId>, usize>,
    /// From which of several heads a document at all of them is made: the one with most behind it.
    bases: BTreeMap<Vec<EntryId>, EntryId>,
    changes: BTreeMap<EntryId, (usize, Change)>,
    used: usize,
}

#[derive(Debug)]
struct Kept {
    document: Document,
    used: usize,
}

impl Forks {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Says that a document at these heads will be asked for once more.
    pub(super) fn expect(&mut self, heads: &[EntryId], behind: impl Fn(EntryId) -> usize) {
        let due = self.due.entry(heads.to_vec()).or_default();
        *due = due.saturating_add(1);
        let is_first = *due == 1;
        let base = heads.iter().copied().max_by_key(|head| (behind(*head), *head));
        if let Some(base) = base.filter(|_| is_first && heads.len() > 1) {
            let due = self.due.entry(vec![base]).or_default();
            *due = due.saturating_add(1);
            self.bases.insert(heads.to_vec(), base);
        }
    }

    /// The change that an edit became, if it was made.
    pub(super) fn change(&self, id: EntryId) -> Option<&Change> {
        self.changes.get(&id).map(|(_, change)| change)
    }

    /// Gives away a document that holds exactly the heads and all behind them, which `ancestors` names.
    pub(super) fn take(
        &mut self,
        heads: &[EntryId],
        ancestors: impl Fn(&[EntryId]) -> BTreeSet<EntryId>,
    ) -> Result<Document, EditError> {
        if let Some(document) = self.kept_at(heads) {
            return Ok(document);
        }
        let base = self.bases.get(heads).copied();
        let mut document = base.and_then(|base| self.kept_at(&[base])).unwrap_or_else(Document::new);
        let mut missing: Vec<_> = ancestors(heads)
            .into_iter()
            .filter_map(|id| self.changes.get(&id))
            .filter(|(_, change)| !document.holds(change))
            .collect();
        missing.sort_unstable_by_key(|(made, _)| *made);
        document.apply(missing.into_iter().map(|(_, change)| change))?;
        self.spend(heads);
        self.keep(heads.to_vec(), &document);
        Ok(document)
    }

    /// Takes in the document that an edit made, and its change.
    pub(super) fn put(&mut self, id: EntryId, document: Document, change: Change) {
        let made = self.changes.len();
        self.changes.insert(id, (made, change));
        let heads = vec![id];
        if self.due.get(&heads).copied().unwrap_or_default() > 0 {
            self.insert(heads, document);
        }
    }

    /// The document kept at these heads: itself for the last who asks, a copy for all others.
    fn kept_at(&mut self, heads: &[EntryId]) -> Option<Document> {
        let kept = self.kept.remove(heads)?;
        if self.spend(heads) == 0 {
            return Some(kept.document);
        }
        let copy = kept.document.clone();
        self.insert(heads.to_vec(), kept.document);
        Some(copy)
    }

    fn spend(&mut self, heads: &[EntryId]) -> usize {
        let Some(due) = self.due.get_mut(heads) else { return 0 };
        *due = due.saturating_sub(1);
        *due
    }

    fn keep(&mut self, heads: Vec<EntryId>, document: &Document) {
        if self.due.get(&heads).copied().unwrap_or_default() > 0 {
            self.insert(heads, document.clone());
        }
    }

    fn insert(&mut self, heads: Vec<EntryId>, document: Document) {
        self.used = self.used.saturating_add(1);
        self.kept.insert(heads, Kept { document, used: self.used });
        if self.kept.len() > limits::NARRATIVE_FORKS {
            let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.used).map(|(heads, _)| heads.clone());
            oldest.map(|heads| self.kept.remove(&heads));
        }
    }
}
