//! Makes the first acts of a consortium: each organisation's own, and the charter that names them. DESIGN §7.
//!
//! What comes out is unsigned. Whoever holds root keys signs with [`Act::sign`].

use crate::act::body::{Name, OrganisationKind};
use crate::act::{Act, Body, Charter, DecodeError, Grant, Kind, OrganisationBody, Place, Roots};
use crate::encoding::json::Object;
use crate::id::{ConsortiumId, OrganisationId};

/// Makes an organisation's first act. Lists are put in order; each grant is proven for the roots' [`GrantSubject`].
///
/// `has_admin`: whether an admin key may grant and revoke keys of contributors, publishers and readers.
///
/// [`GrantSubject`]: crate::act::GrantSubject
///
/// # Errors
/// [`DecodeError`] names the rule that the act would break.
pub fn organisation(
    kind: OrganisationKind,
    mut names: Vec<Name>,
    mut roots: Roots,
    mut grants: Vec<Grant>,
    has_admin: bool,
) -> Result<Act, DecodeError> {
    names.sort();
    roots.keys.sort_unstable();
    roots.next.sort_unstable();
    grants.sort_by_key(|grant| (grant.key, grant.role));
    let body =
        OrganisationBody { has_admin, grants, kind: Some(kind), names, revocations: Vec::new(), roots: Some(roots) };
    Act::draft(Place::FIRST, &Body::Organisation(body))
}

/// Makes the founding charter. Its id is the consortium's. Members are put in order.
///
/// # Errors
/// [`DecodeError`] names the rule that the charter would break: a member twice, a threshold of no more than half.
pub fn charter(
    name: &str,
    members: Vec<OrganisationId>,
    threshold: u64,
    limits: Object,
    policies: Object,
) -> Result<Act, DecodeError> {
    let charter = Charter { limits, policies, ..Charter::new(name, members, threshold) };
    Act::draft(Place::FIRST, &Body::Charter(charter))
}

/// The consortium that a founding charter founds.
#[must_use]
pub const fn consortium(charter: &Act) -> ConsortiumId {
    ConsortiumId::new(*charter.scope_id().as_bytes())
}

/// The consortium that an act belongs to, by its own word: a founding charter to the one that it founds, an organisation's first act to
/// none.
#[must_use]
pub fn belongs_to(act: &Act) -> Option<ConsortiumId> {
    match (act.is_first(), act.kind()) {
        (true, Kind::Organisation) => None,
        (true, Kind::Charter) => Some(consortium(act)),
        _ => Some(act.consortium()),
    }
}
