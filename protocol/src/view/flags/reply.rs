//! Replies of somebody whom the record does not name: entered on the wrong page, or for the wrong person. MODEL §8, journey 15.

use crate::id::RecordId;
use crate::store::{Fault, SheetView};

use super::super::material::Material;
use super::super::replies::Named;
use super::{Found, Item};

/// Names told of those whom the record does name.
const TOLD: usize = 2;

pub(super) fn check<S: SheetView>(
    record: RecordId,
    items: &[Item<'_>],
    found: &mut Found,
    material: &mut Material<'_, S>,
) -> Result<(), Fault> {
    let is_reply = |item: &Item<'_>| item.prop == "response";
    if !items.iter().any(is_reply) {
        return Ok(());
    }
    let named = Named::of(record, items.iter().map(|item| (item.organisation, item.prop, item.value)));
    let is_of_another = |item: &Item<'_>| is_reply(item) && !named.may_reply(item.value);
    if !items.iter().any(is_of_another) {
        return Ok(());
    }
    let told = told(&named.all(), material)?;
    for (place, _) in items.iter().enumerate().filter(|(_, item)| is_of_another(item)) {
        found.add(place, "reply_of_another", "value.subject", [("named", told.clone())]);
    }
    Ok(())
}

/// The first of those who are named, each in quotation marks and with its id: what a member calls somebody speaks in no sentence of
/// the program's.
fn told<S: SheetView>(named: &[RecordId], material: &mut Material<'_, S>) -> Result<String, Fault> {
    let mut told = Vec::new();
    for record in named.iter().take(TOLD) {
        let called = material.reference(*record)?.labels.first().map(|words| words.text.replace('"', "'"));
        told.push(called.map_or_else(|| record.to_string(), |called| format!("\"{called}\" ({record})")));
    }
    let end = if named.len() > TOLD { ", …" } else { "" };
    Ok(format!("{}{end}", told.join(", ")))
}
