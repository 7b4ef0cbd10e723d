//! What was known on a day: a store without what claims a later time. MODEL §1.5; §8 journey 9.
//!
//! The times are those that signers claim: nothing proves them, and readers are told so. Redactions are never left out, for what
//! was taken out of sight stays so whichever day is asked for. Acts are those held today.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use crate::act::OrganisationKind;
use crate::entry::Kind;
use crate::governance::Governance;
use crate::id::{ActId, OrganisationId, RecordId, SpaceId};
use crate::log::{Authentic, LogKey};
use crate::standing::{Judge, Standing};
use crate::store::{Fault, SheetView};
use crate::time::Day;

/// The day that a view is as of, and what it leaves out for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AsOf {
    /// The last day, in UTC.
    pub day: Day,
    /// Entries about the record that claim a later time.
    pub left_out: usize,
}

/// A store as it could have been read at the end of a day in UTC.
#[derive(Debug)]
pub struct Until<'a, S> {
    store: &'a S,
    day: Day,
    about: RecordId,
    left_out: Cell<usize>,
}

impl<'a, S: SheetView> Until<'a, S> {
    /// Reads a store as of a day; what is left out about one record is counted.
    #[must_use]
    pub const fn new(store: &'a S, day: Day, about: RecordId) -> Self {
        Self { store, day, about, left_out: Cell::new(0) }
    }

    /// What was left out when the record was last read.
    #[must_use]
    pub const fn as_of(&self) -> AsOf {
        AsOf { day: self.day, left_out: self.left_out.get() }
    }
}

/// What governance says, without what was unsaid only after a day: an entry that is repudiated counts in a view as of a day
/// before any act that cuts it was known. DESIGN §7.
#[derive(Debug)]
pub struct AsKnown<'a> {
    governance: &'a Governance,
    day: Day,
    known: &'a BTreeMap<ActId, Day>,
}

impl<'a> AsKnown<'a> {
    /// Judges as of the end of a day. `known` says since when acts that cut logs are known, as far as anybody has said.
    #[must_use]
    pub const fn new(governance: &'a Governance, day: Day, known: &'a BTreeMap<ActId, Day>) -> Self {
        Self { governance, day, known }
    }

    fn is_unsaid_by_then(&self, entry: &Authentic) -> bool {
        let header = &entry.entry().header;
        let closed = self.governance.closed(&LogKey { space: header.space, author: header.author });
        let acts = closed.map(|closed| closed.cut_by(entry.end())).unwrap_or_default();
        acts.iter().any(|act| self.known.get(act).is_some_and(|known| *known <= self.day))
    }
}

impl Judge for AsKnown<'_> {
    fn judge(&self, entry: &Authentic) -> Option<Standing> {
        let standing = self.governance.judge(entry)?;
        (standing != Standing::Repudiated || self.is_unsaid_by_then(entry)).then_some(standing)
    }

    fn is_public(&self, space: SpaceId) -> bool {
        self.governance.is_public(space)
    }

    fn kind_of(&self, organisation: OrganisationId) -> Option<OrganisationKind> {
        self.governance.kind_of(organisation)
    }
}

impl<S: SheetView> SheetView for Until<'_, S> {
    fn entries_about(&self, record: RecordId) -> Result<Vec<Authentic>, Fault> {
        let all = self.store.entries_about(record)?;
        let count = all.len();
        let is_told = |entry: &Authentic| {
            let header = &entry.entry().header;
            header.time.day() <= self.day || header.kind == Kind::Redaction
        };
        let told: Vec<_> = all.into_iter().filter(is_told).collect();
        if record == self.about {
            self.left_out.set(count.saturating_sub(told.len()));
        }
        Ok(told)
    }

    fn referring_to(&self, record: RecordId) -> Result<BTreeSet<RecordId>, Fault> {
        self.store.referring_to(record)
    }

    fn records(&self, kind: Option<u8>) -> Result<BTreeSet<RecordId>, Fault> {
        self.store.records(kind)
    }
}
