//! What is held as a request comes, read for it alone: all that was acknowledged before it.

use std::sync::Arc;

use isnad_protocol::governance::Governance;
use isnad_protocol::id::{OpenSpace, OrganisationId, RecordId, SpaceId};
use isnad_protocol::log::Authentic;
use isnad_protocol::sheet::{self, Sheet};

use crate::index::Index;
use crate::node::Node;
use crate::problem::Problem;

/// The home that a request is made to.
pub(super) struct Before<'a> {
    pub(super) node: &'a Node,
    pub(super) index: &'a Index,
    pub(super) governance: Arc<Governance>,
    /// Whose home this is.
    pub(super) organisation: Option<OrganisationId>,
    /// The space that everyone reads.
    pub(super) public: SpaceId,
}

impl<'a> Before<'a> {
    /// Waits once until the index holds what was acknowledged: what is acknowledged to others meanwhile is no concern of this
    /// request.
    ///
    /// # Errors
    /// [`Problem`] if the index broke.
    pub(super) fn of(node: &'a Node) -> Result<Self, Problem> {
        let index = node.index()?;
        let snapshot = node.snapshot();
        let (governance, organisation) = (snapshot.governance, snapshot.own);
        Ok(Self { node, index, governance, organisation, public: OpenSpace::Public.id(&node.consortium()) })
    }

    /// The sheets of a record, in all spaces, and the entries that they are made of.
    ///
    /// # Errors
    /// [`Problem`] if the index or a journal cannot be read.
    pub(super) fn sheets_of(&self, record: RecordId) -> Result<(Vec<Sheet>, Vec<Authentic>), Problem> {
        let entries = self.index.entries_about(record)?;
        let folded = sheet::fold_claims(&entries, self.governance.as_ref());
        let sheets = folded.sheets.into_values().filter(|sheet| sheet.key.record == record).collect();
        Ok((sheets, entries))
    }
}
