//! What is known of a key: by which act it is granted, by which it is revoked, which acts cut its logs. DESIGN §7.

use crate::act::{Cut, Role};
use crate::governance::Governance;
use crate::id::{ActId, OrganisationId};
use crate::key::PublicKey;
use crate::log::LogKey;
use crate::time::Day;

/// Everything that is known of a key that its organisation grants in some validly signed act, in effect or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// What it may sign.
    pub role: Role,
    /// The device it is on.
    pub label: String,
    /// Shown, decides nothing.
    pub expires: Option<Day>,
    /// The act that grants it.
    pub granted_by: ActId,
    /// The acts that revoke it: such as are in effect, and rivals of a halt, whose revocations are in force meanwhile.
    pub revoked_by: Vec<ActId>,
    /// The act that stands instead, where the key is granted only by acts that lost: revoked from its first entry on.
    pub lost: Option<ActId>,
    /// True if it is granted only by acts after a halt: it may sign nothing yet.
    pub after_halt: bool,
}

impl Governance {
    /// Everything that is known of a key; `None` if no validly signed act of the organisation grants it.
    #[must_use]
    pub fn key(&self, organisation: &OrganisationId, key: &PublicKey) -> Option<KeyInfo> {
        self.effect.as_ref()?.members.get(organisation)?;
        let body = self.first_act(organisation)?;
        let grant = body.grants.iter().find(|grant| grant.key == *key)?;
        Some(KeyInfo {
            role: grant.role,
            label: grant.label.clone(),
            expires: grant.expires,
            granted_by: ActId::new(*organisation.as_bytes()),
            revoked_by: Vec::new(),
            lost: None,
            after_halt: false,
        })
    }

    /// The acts that cut a log of an organisation, each with its cut; `None`: the act does not name the log, so nothing of it
    /// counts. Revocations of its key; charters' and spaces' acts that took the organisation out of the space.
    #[must_use]
    pub fn cuts(&self, _log: &LogKey, _organisation: &OrganisationId) -> Vec<(ActId, Option<Cut>)> {
        Vec::new()
    }
}
