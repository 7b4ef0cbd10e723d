//! What the acts say of an entry. DESIGN §7: the first that applies.
//!
//! Unauthorised is reached now. Forked, repudiated, revoked and redacted come with the acts that bring them about.

use super::Governance;
use crate::act::Role;
use crate::breakage::{self, Breakage};
use crate::entry::Kind;
use crate::log::Authentic;
use crate::standing::Standing;

pub(super) fn judge(governance: &Governance, entry: &Authentic) -> Option<Standing> {
    let header = &entry.entry().header;
    let role = governance.role(header.author, header.organisation);
    let is_public = header.space == governance.public_space();
    let may = role.is_some_and(|role| may_sign(role, header.kind, is_public));
    (!may).then_some(Standing::Unauthorised)
}

/// The table of roles of DESIGN §7.
fn may_sign(role: Role, kind: Kind, is_public: bool) -> bool {
    if breakage::is_out(Breakage::RoleMatrix) {
        return true;
    }
    match kind {
        Kind::Change => match role {
            Role::Contributor => !is_public,
            Role::Publisher => true,
            Role::Reader | Role::Admin | Role::Node => false,
        },
        Kind::Redaction => role == Role::Admin,
        Kind::Attestation => role == Role::Node,
        // What a later kind asks for, this version cannot say: it is shown as of an unknown kind.
        Kind::Unknown(_) => role != Role::Reader,
    }
}
