//! Who is called sanctioned without a measure in force: a freeze that lapsed leaves no mark behind it. MODEL §4, `topic`.

use crate::id::RecordId;
use crate::model::kinds::{DESIGNATION, SUBJECT};
use crate::store::{Fault, SheetView};

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

/// True if by anybody's word a measure on the subject is in force.
fn is_listed<S: SheetView>(subject: RecordId, material: &mut Material<'_, S>) -> Result<bool, Fault> {
    let policy = material.context.policy;
    for other in material.referring_to(subject)? {
        if other.kind_code() != DESIGNATION {
            continue;
        }
        let sheets = material.claims(other)?;
        let names = |value: &str| RecordId::parse(value) == Ok(subject);
        let mut named = spoken(&sheets, policy, &["subject"]).filter_map(|(_, said)| said.claim.value()?.as_text());
        let state = Terms::of(other, &sheets, policy).map(|terms| terms.state(material.context.today));
        let Some(state) = state.filter(|_| named.any(names)) else { continue };
        let all = std::iter::once(state.state).chain(state.others.iter().map(|other| other.state));
        if all.into_iter().any(|state| matches!(state, InForce::InForce | InForce::OpenEnded)) {
            return Ok(true);
        }
    }
    Ok(false)
}
