//! What a version of the charter, or of a restricted space, may change of the one before it: decided at the door, by their
//! bytes and those of all before them. DESIGN §7.

use std::collections::BTreeSet;

use crate::act::{Act, Charter, Removal, Settlement};
use crate::governance::{Governance, Refusal};
use crate::id::OrganisationId;

impl Governance {
    /// Checks a charter or a space's act against the one before it.
    pub(super) fn check_step(&self, act: &Act, previous: &Act) -> Result<(), Refusal> {
        let (Some(before), Some(new)) = (names(previous), names(act)) else { return Ok(()) };
        check_removals(&new, &before)?;
        if new.settles.is_some_and(|settles| settles.rivals.len() < 2) {
            return Err(Refusal::SettlesOne);
        }
        let Some(charter) = act.as_charter() else { return Ok(()) };
        let admitted: Vec<OrganisationId> = new.members.difference(&before.members).copied().collect();
        let changed = admitted.len().saturating_add(before.members.difference(&new.members).count());
        if changed > 1 {
            return Err(Refusal::TwoAtOnce { changed });
        }
        check_predecessors(charter, &admitted)?;
        let returned = admitted.into_iter().find(|organisation| self.was_taken_out(organisation, previous));
        returned.map_or(Ok(()), |organisation| Err(Refusal::Readmitted { organisation }))
    }

    /// True if the act, or one that it follows, took the organisation out.
    fn was_taken_out(&self, organisation: &OrganisationId, act: &Act) -> bool {
        let mut at = Some(act);
        while let Some(act) = at {
            if act.removed().unwrap_or_default().iter().any(|removal| removal.organisation == *organisation) {
                return true;
            }
            at = act.previous().and_then(|previous| self.held.get(&previous));
        }
        false
    }
}

/// What charters and spaces' acts have in common.
struct Names<'a> {
    members: BTreeSet<OrganisationId>,
    removed: &'a [Removal],
    settles: Option<&'a Settlement>,
}

fn names(act: &Act) -> Option<Names<'_>> {
    Some(Names { members: act.members()?.iter().copied().collect(), removed: act.removed()?, settles: act.settles() })
}

/// Whoever is left out has positions for all its logs, and nobody else has: what a version does to those that it does not change would
/// be shown to nobody who signs it.
fn check_removals(new: &Names<'_>, before: &Names<'_>) -> Result<(), Refusal> {
    let is_removed = |organisation: &&OrganisationId| {
        new.removed.binary_search_by_key(*organisation, |removal| removal.organisation).is_ok()
    };
    if let Some(organisation) = before.members.difference(&new.members).find(|member| !is_removed(member)) {
        return Err(Refusal::NotTakenOut { organisation: *organisation });
    }
    let mut removed = new.removed.iter().map(|removal| removal.organisation);
    if let Some(organisation) = removed.clone().find(|removed| new.members.contains(removed)) {
        return Err(Refusal::StillMember { organisation });
    }
    let other = removed.find(|removed| !before.members.contains(removed));
    other.map_or(Ok(()), |organisation| Err(Refusal::NoMember { organisation }))
}

fn check_predecessors(charter: &Charter, admitted: &[OrganisationId]) -> Result<(), Refusal> {
    let is_member = |organisation: &OrganisationId| charter.members.binary_search(organisation).is_ok();
    let wrong = charter.predecessors.iter().find(|(new, old)| !admitted.contains(new) || is_member(old));
    wrong.map_or(Ok(()), |(_, old)| Err(Refusal::Predecessor { organisation: *old }))
}
