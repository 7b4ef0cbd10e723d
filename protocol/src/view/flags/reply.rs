//! Replies of somebody whom the record does not name: entered on the wrong page, or for the wrong person. MODEL §8, journey 15.

use crate::id::RecordId;
use crate::store::{Fault, SheetView};

use super::super::material::Material;
use super::super::replies::Named;
use super::{Found, Item};

/// Names told of those whom the record does name.
const TOLD: usize = 3;

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
    let named = Named::of(record, items.iter().map(|item| (item.prop, item.value)));
    for (place, item) in items.iter().enumerate().filter(|(_, item)| is_reply(item)) {
        if !named.may_reply(item.value) {
            found.add(place, "reply_of_another", "value.subject", [("named", told(&named, material)?)]);
        }
    }
    Ok(())
}

fn told<S: SheetView>(named: &Named, material: &mut Material<'_, S>) -> Result<String, Fault> {
    let mut told = Vec::new();
    for record in named.iter().take(TOLD) {
        let called = material.reference(record)?.labels.first().map(|words| words.text.clone());
        told.push(called.unwrap_or_else(|| record.to_string()));
    }
    let end = if named.iter().count() > TOLD { ", …" } else { "" };
    Ok(format!("{}{end}", told.join(", ")))
}
