//! Candidates that wait to be admitted, as this node sees them, and this home where it waits itself.

use std::collections::BTreeMap;

use isnad_protocol::act::OrganisationBody;
use isnad_protocol::id::{NodeId, OrganisationId};
use serde::{Deserialize, Serialize};

use crate::applicants::Applicant;
use crate::node::Node;

/// A candidate that waits to be admitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waits {
    /// The organisation that its first act makes.
    pub organisation: OrganisationId,
    /// Its names by language. Nobody has checked them.
    pub names: BTreeMap<String, String>,
    /// What it says it is: state, ngo, international.
    pub kind: Option<String>,
    /// Its nodes.
    pub nodes: Vec<NodeId>,
}

/// This home, while it waits to be admitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidacy {
    /// Its organisation.
    pub organisation: OrganisationId,
    /// Its names by language.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// The node that invited it.
    pub sponsor: Option<NodeId>,
}

/// Every candidate of a node's door.
#[must_use]
pub fn applicants(node: &Node) -> Vec<Waits> {
    node.door().applicants().iter().map(waits).collect()
}

pub(super) fn candidacy(node: &Node) -> Option<Candidacy> {
    let candidacy = node.candidacy();
    let organisation = candidacy.waiting(&node.snapshot().governance)?;
    let names = candidacy.names();
    Some(Candidacy { organisation, names, sponsor: candidacy.sponsor().map(|sponsor| sponsor.node) })
}

fn waits(applicant: &Applicant) -> Waits {
    let body = applicant.act.as_organisation();
    Waits {
        organisation: applicant.organisation,
        names: body.map(OrganisationBody::names_by_language).unwrap_or_default(),
        kind: body.and_then(|body| body.kind).map(|kind| kind.name().to_owned()),
        nodes: applicant.nodes().collect(),
    }
}
