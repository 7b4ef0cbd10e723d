//! What the rules read of a replica's store. Each store (memory, the node's journal and index) passes one shared suite.

use std::collections::BTreeSet;

use crate::id::RecordId;
use crate::log::{Authentic, LogKey};

/// We or the disk broke: nothing that a peer or user said is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the store could not be read: {0}")]
pub struct Fault(pub String);

/// Reads logs back as they were appended.
pub trait LogView {
    /// Returns entries of one log in order, from position `after + 1` on.
    ///
    /// At least one if there is one, and no more than about `max_bytes` of them.
    ///
    /// # Errors
    /// [`Fault`] if a position that the log promises cannot be read.
    fn read_log(&self, log: LogKey, after: u64, max_bytes: usize) -> Result<Vec<Authentic>, Fault>;
}

/// Reads what is said about records.
pub trait SheetView {
    /// Returns every entry about `record`, of every space and organisation, in no promised order.
    ///
    /// # Errors
    /// [`Fault`] if the store cannot be read.
    fn entries_about(&self, record: RecordId) -> Result<Vec<Authentic>, Fault>;

    /// Returns the records with a claim whose value or basis names `record`.
    ///
    /// # Errors
    /// [`Fault`] if the store cannot be read.
    fn referring_to(&self, record: RecordId) -> Result<BTreeSet<RecordId>, Fault>;

    /// Returns every record that an entry is about, ascending; of one kind if its code is given.
    ///
    /// # Errors
    /// [`Fault`] if the store cannot be read.
    fn records(&self, kind: Option<u8>) -> Result<BTreeSet<RecordId>, Fault>;
}
