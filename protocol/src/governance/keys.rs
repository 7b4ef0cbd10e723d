//! What is known of a key: by which act it is granted, by which it is revoked, which acts cut its logs. DESIGN §7.

use crate::act::{Cut, Role};
use crate::governance::{ActStatus, Governance};
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

impl KeyInfo {
    /// True while it is neither revoked nor lost nor behind a halt.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.revoked_by.is_empty() && self.lost.is_none() && !self.after_halt
    }
}

impl Governance {
    /// Everything that is known of a key; `None` if no validly signed act of the organisation grants it.
    #[must_use]
    pub fn key(&self, organisation: &OrganisationId, key: &PublicKey) -> Option<KeyInfo> {
        let chain = self.chains.get(organisation)?;
        let valid = chain.tree.grants(key).iter().map(|(act, _)| act).filter(|act| chain.is_valid(act));
        // Of several branches that grant it: the act in effect, else one that lost, else one behind a halt.
        let rank = |status: &ActStatus| match status {
            ActStatus::InEffect => 0,
            ActStatus::Lost { .. } | ActStatus::TakenOut { .. } => 1,
            ActStatus::Halted { .. } => 2,
            ActStatus::NotInEffectYet { .. } => 3,
        };
        // Most keys are granted by an act in effect, and one at most is; rivals that grant the same key may be without end.
        let in_effect = self.effect.as_ref().and_then(|effect| effect.organisations.get(organisation));
        let stands = |id: &&ActId| in_effect.zip(self.held.get(id)).is_some_and(|(chain, act)| chain.has(act));
        let (act, status) = match valid.clone().find(stands) {
            Some(act) => (*act, ActStatus::InEffect),
            None => {
                let judged = valid.filter_map(|act| Some((*act, self.status(act)?)));
                judged.min_by_key(|(act, status)| (rank(status), *act))?
            }
        };
        let grants = &self.held.get(&act)?.as_organisation()?.grants;
        let grant = grants.iter().find(|grant| grant.key == *key)?;
        let revoked_by = in_effect.map(|standing| self.revokers(chain, standing, key).collect()).unwrap_or_default();
        Some(KeyInfo {
            role: grant.role,
            label: grant.label.clone(),
            expires: grant.expires,
            granted_by: act,
            revoked_by,
            lost: match status {
                ActStatus::Lost { to } => Some(to),
                ActStatus::TakenOut { by } => Some(by),
                ActStatus::InEffect | ActStatus::Halted { .. } | ActStatus::NotInEffectYet { .. } => None,
            },
            after_halt: matches!(status, ActStatus::Halted { .. }),
        })
    }

    /// The acts that cut a log of an organisation, each with its cut; `None`: the act does not name the log, so nothing of it
    /// counts. Revocations of its key; charters' and spaces' acts that took the organisation out of the space; the act that
    /// stands instead of those that alone grant the key.
    #[must_use]
    pub fn cuts(&self, log: &LogKey, organisation: &OrganisationId) -> Vec<(ActId, Option<Cut>)> {
        let of_log = |cuts: &[Cut]| cuts.iter().find(|cut| cut.is_of(log)).copied();
        let key = self.key(organisation, &log.author);
        let revocations = key.iter().flat_map(|key| &key.revoked_by).filter_map(|id| {
            let revocations = &self.held.get(id)?.as_organisation()?.revocations;
            let revocation = revocations.iter().find(|revocation| revocation.key == log.author)?;
            Some((*id, of_log(&revocation.cuts)))
        });
        let removals = self.versions(&log.space).0.iter().filter_map(|version| {
            let removed = self.held.get(&version.act)?.removed()?;
            let removal = removed.iter().find(|removal| removal.organisation == *organisation)?;
            Some((version.act, of_log(&removal.cuts)))
        });
        let lost = key.iter().filter_map(|key| key.lost.map(|by| (by, None)));
        revocations.chain(removals).chain(lost).collect()
    }

    /// The role in which an organisation that is a member now granted a key, by an act in effect; `None` too if the key is
    /// revoked: what it may sign from now on.
    #[must_use]
    pub fn key_role(&self, author: &PublicKey, organisation: &OrganisationId) -> Option<Role> {
        let effect = self.effect.as_ref()?;
        let info = self.key(organisation, author)?;
        (info.is_live() && effect.charter.is_member(organisation)).then_some(info.role)
    }
}
