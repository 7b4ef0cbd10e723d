//! Who is called sanctioned without a measure in force: a freeze that lapsed leaves no mark behind it. MODEL §4, `topic`.

use std::collections::BTreeSet;

use crate::encoding::json::Json;
use crate::id::{OrganisationId, RecordId};
use crate::model::kinds::{DESIGNATION, SUBJECT};
use crate::store::{Fault, SheetView};

use super::super::Policy;
use super::super::claims::Verdict;
use super::super::designation::{InForce, Terms};
use super::super::material::{Material, spoken};
use super::{Found, Item};

/// The topic that says that a measure is in force.
const SANCTIONED: &str = "sanction";

pub(super) fn check<S: SheetView>(
    record: RecordId,
    items: &[Item<'_>],
    found: &mut Found,
    material: &mut Material<'_, S>,
) -> Result<(), Fault> {
    let is_called = |item: &Item<'_>| item.prop == "topic" && item.text() == Some(SANCTIONED);
    if record.kind_code() != SUBJECT || !items.iter().any(is_called) || is_listed(record, material)? {
        return Ok(());
    }
    let day = material.context.today;
    for (place, _) in items.iter().enumerate().filter(|(_, item)| is_called(item)) {
        found.add(place, "sanctioned_without_measure", "value", [("date", day.to_string())]);
    }
    Ok(())
}

/// True if by the word of one organisation, whoever it is, a measure is in force and on the subject: to name somebody on the list of
/// another puts him on no list.
fn is_listed<S: SheetView>(subject: RecordId, material: &mut Material<'_, S>) -> Result<bool, Fault> {
    let everyone = Policy::default();
    for other in material.referring_to(subject)?.into_iter().filter(|other| other.kind_code() == DESIGNATION) {
        let sheets = material.claims(other)?;
        let naming = spoken(&sheets, &everyone, &["subject"]).filter(|(_, said)| {
            let names = |value: &str| RecordId::parse(value) == Ok(subject);
            said.claim.value().and_then(Json::as_text).is_some_and(names)
                && Verdict::alone(DESIGNATION, &said.claim).is_sound()
        });
        let naming: BTreeSet<OrganisationId> = naming.map(|(sheet, _)| sheet.key.organisation).collect();
        let Some(terms) = Terms::of(other, &sheets, &everyone).filter(|_| !naming.is_empty()) else { continue };
        let dating: BTreeSet<OrganisationId> = terms.starts.iter().map(|used| used.organisation).collect();
        let state = terms.state(material.context.today);
        let others = state.others.iter().map(|other| (other.organisation, other.state));
        let agreeing = dating.into_iter().filter(|whose| state.others.iter().all(|other| other.organisation != *whose));
        let mut all = agreeing.map(|whose| (whose, state.state)).chain(others);
        if all.any(|(whose, state)| naming.contains(&whose) && matches!(state, InForce::InForce | InForce::OpenEnded)) {
            return Ok(true);
        }
    }
    Ok(false)
}
