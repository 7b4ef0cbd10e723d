//! The records that claims name, wherever their types say that one is due.

use crate::encoding::json::{Json, Object};
use crate::model::kinds;
use crate::model::property::{Member, ValueType};

/// A record named in a claim, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Where: `claims[2].basis[0].source`.
    pub path: String,
    /// The kinds that are due; none given: any.
    pub kinds: &'static [u8],
    /// An alias, the beginning of an id, or an id.
    pub text: String,
}

/// Every record that these claims name, in their order.
#[must_use]
pub fn references(kind_code: u8, claims: &[Json]) -> Vec<Reference> {
    let mut found = Vec::new();
    for (index, claim) in claims.iter().enumerate() {
        let mut claim = claim.clone();
        each(kind_code, &mut claim, &format!("claims[{index}]"), &mut |path, kinds, text| {
            found.push(Reference { path: path.to_owned(), kinds, text: text.clone() });
        });
    }
    found
}

/// The same claims with what `record` gives in the place of each text of [`references`], in the same order.
#[must_use]
pub fn with_records(kind_code: u8, claims: &[Json], records: impl IntoIterator<Item = String>) -> Vec<Json> {
    let mut records = records.into_iter();
    let mut claims = claims.to_vec();
    for claim in &mut claims {
        each(kind_code, claim, "", &mut |_, _, text| {
            if let Some(record) = records.next() {
                *text = record;
            }
        });
    }
    claims
}

type Visit<'a> = &'a mut dyn FnMut(&str, &'static [u8], &mut String);

fn each(kind_code: u8, claim: &mut Json, path: &str, visit: Visit<'_>) {
    let property = claim.get("prop").and_then(Json::as_text).and_then(|code| crate::model::property(kind_code, code));
    let Json::Object(members) = claim else { return };
    if let Some((property, value)) = property.zip(members.get_mut("value")) {
        in_value(&property.value, value, &format!("{path}.value"), visit);
    }
    if let Some(Json::Text(body)) = members.get_mut("according_to") {
        visit(&format!("{path}.according_to"), BODIES, body);
    }
    if let Some(Json::List(items)) = members.get_mut("basis") {
        for (index, item) in items.iter_mut().enumerate() {
            if let Json::Object(item) = item
                && let Some(Json::Text(source)) = item.get_mut("source")
            {
                visit(&format!("{path}.basis[{index}].source"), SOURCES, source);
            }
        }
    }
}

/// What a claim may be according to.
const BODIES: &[u8] = &[kinds::ORGANISATION];
/// What a claim may rest on.
const SOURCES: &[u8] = &[kinds::SOURCE, kinds::EVIDENCE];

fn in_value(kind: &ValueType, value: &mut Json, path: &str, visit: Visit<'_>) {
    match (kind, value) {
        (ValueType::Ref(kinds), Json::Text(text)) => visit(path, kinds, text),
        (ValueType::Shape(members), Json::Object(object)) => in_members(members, object, path, visit),
        _ => {}
    }
}

fn in_members(members: &[Member], object: &mut Object, path: &str, visit: Visit<'_>) {
    for member in members {
        if let Some(value) = object.get_mut(member.key) {
            in_value(&member.value, value, &format!("{path}.{}", member.key), visit);
        }
    }
}
