//! The payload of a change, parsed and bounded, before anything runs it. format §3.
//!
//! What a payload says is hostile until it stands here as a type. Nothing here knows which entry carries it: what depends on
//! the entry or on others (who may begin a narrative, positions past the end) is for the sheet.

use crate::breakage::{self, Breakage};
use crate::encoding::json::{self, DecodeError, Json, Object, Parser};
use crate::id::{ClaimId, EntryId, NarrativeId};
use crate::limits;

use super::claim::Claim;

/// What a change does: claims and retractions, or edits of one narrative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operations {
    /// A set that depends on nothing.
    Claims(Vec<Operation>),
    /// Splices of one narrative, made on the edits that are named.
    Edits(Edits),
}

/// One operation of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Says a value.
    Claim(Claim),
    /// Takes one back. It need not find its claim.
    Retract(Retract),
}

/// The author's "no longer".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Retract {
    /// The claim taken back.
    pub claim: ClaimId,
    /// Why, a code.
    pub reason: String,
    /// Why, in words.
    pub note: Option<String>,
}

/// Edits of one narrative, in the order in which they apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edits {
    /// The narrative.
    pub narrative: NarrativeId,
    /// The entries whose edits these were made on, ascending; empty where they begin the narrative.
    pub after: Vec<EntryId>,
    /// What is done to the text, each to what the one before left.
    pub splices: Vec<Splice>,
}

/// Deletes at a position, then inserts there. Counts Unicode scalar values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// Where.
    pub at: u64,
    /// How many are deleted.
    pub delete: u64,
    /// What is inserted.
    pub insert: String,
}

/// The rule that a payload breaks: its entry stays, without effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Inert {
    /// Not canonical JSON.
    #[error("the payload is not canonical JSON: {0}")]
    Json(DecodeError),
    /// Not an object with the members that a change has, and no others.
    #[error("the payload has other members than those of a change")]
    Members,
    /// No operation, or more than the format allows.
    #[error("no operation, or more than {}", limits::OPERATIONS)]
    Count,
    /// An operation with other members than the format has, or of another type.
    #[error("operation {index} has other members or values than the format allows")]
    Operation {
        /// Which, from 0.
        index: usize,
    },
    /// Claims and edits together, or edits of two narratives.
    #[error("operation {index} is of another kind or narrative than the first")]
    Mixed {
        /// Which, from 0.
        index: usize,
    },
    /// An edit that neither deletes nor inserts.
    #[error("operation {index} neither deletes nor inserts")]
    Idle {
        /// Which, from 0.
        index: usize,
    },
    /// `after` is no ascending list of at most 16 different entry ids.
    #[error("after is no ascending list of at most {} entry ids", limits::EDIT_AFTER)]
    After,
}

impl Inert {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json(_) => "payload_json",
            Self::Members => "payload_members",
            Self::Count => "payload_count",
            Self::Operation { .. } => "payload_operation",
            Self::Mixed { .. } => "payload_mixed",
            Self::Idle { .. } => "payload_idle",
            Self::After => "payload_after",
        }
    }
}

/// An operation before it is known which kind the payload is of; of a claim what its reader made of it.
pub(super) enum Any<C> {
    Claim(C),
    Retract(Retract),
    Edit(NarrativeId, Splice),
}

/// What stands in a payload. Whatever form it has, it is read to its end, or to one operation more than there may be: that it is
/// canonical so far is asked first.
struct Payload<C> {
    /// None where there is no list of them; inside, none where one has not the form that is due.
    ops: Option<Vec<Option<Any<C>>>>,
    after: Option<Json>,
    /// True if there are other members, or if it is no object.
    has_others: bool,
}

/// Reads a payload, each claim in it by `claim`: none of what has not the form of one. Returns its operations, and what edits
/// were made on.
pub(super) fn read<'a, C>(
    payload: &'a [u8],
    mut claim: impl FnMut(&mut Parser<'a>) -> Result<Option<C>, DecodeError>,
) -> Result<(Vec<Any<C>>, Option<Json>), Inert> {
    let Payload { ops, after, has_others } = json::read(payload, |parser| read_payload(parser, &mut claim))
        .map_err(|error| if error == DecodeError::TooMany { Inert::Count } else { Inert::Json(error) })?;
    let Some(ops) = ops.filter(|_| !has_others) else { return Err(Inert::Members) };
    if ops.is_empty() {
        return Err(Inert::Count);
    }
    let ops = ops.into_iter().enumerate();
    let ops = ops.map(|(index, op)| op.ok_or(Inert::Operation { index })).collect::<Result<Vec<_>, _>>()?;
    Ok((ops, after))
}

fn read_payload<'a, C>(
    parser: &mut Parser<'a>,
    claim: &mut impl FnMut(&mut Parser<'a>) -> Result<Option<C>, DecodeError>,
) -> Result<Payload<C>, DecodeError> {
    let mut payload = Payload { ops: None, after: None, has_others: false };
    let is_object = parser.members(|key, parser| {
        match key {
            "ops" => {
                let mut ops = Vec::new();
                let is_list = parser.items(|parser| {
                    // What counts for nothing costs little: the rest of it is not read.
                    if ops.len() >= limits::OPERATIONS && !breakage::is_out(Breakage::Bombs) {
                        return Err(DecodeError::TooMany);
                    }
                    ops.push(read_operation(parser, claim)?);
                    Ok(())
                })?;
                payload.ops = is_list.then_some(ops);
            }
            "after" => payload.after = Some(parser.value()?),
            _ => payload.has_others |= parser.value().map(|_| true)?,
        }
        Ok(())
    })?;
    payload.has_others |= !is_object;
    Ok(payload)
}

fn read_operation<'a, C>(
    parser: &mut Parser<'a>,
    claim: &mut impl FnMut(&mut Parser<'a>) -> Result<Option<C>, DecodeError>,
) -> Result<Option<Any<C>>, DecodeError> {
    let (mut said, mut members) = (None, Object::new());
    let is_object = parser.members(|key, parser| {
        if key == "claim" {
            said = Some(claim(parser)?);
        } else {
            members.insert(key, parser.value()?);
        }
        Ok(())
    })?;
    Ok(match said {
        Some(said) => said.filter(|_| members.is_empty()).map(Any::Claim),
        None if is_object => parse_operation(members),
        None => None,
    })
}

/// A claim is called by how it is spelt here, so that it need not be spelt again.
fn read_claim(parser: &mut Parser<'_>) -> Result<Option<Claim>, DecodeError> {
    let (value, words) = parser.spelt()?;
    Ok(value.into_object().and_then(|claim| Claim::of_payload(claim, words).ok()))
}

impl Operations {
    /// Reads the payload of a change.
    ///
    /// # Errors
    /// [`Inert`] names the first rule broken.
    pub fn parse(payload: &[u8]) -> Result<Self, Inert> {
        let (ops, after) = read(payload, read_claim)?;
        match after {
            None => claims(ops).map(Self::Claims),
            Some(after) => edits(parse_after(&after)?, ops).map(Self::Edits),
        }
    }

    /// The payload: canonical bytes, which [`Operations::parse`] takes back if the bounds are kept.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Claims(ops) => {
                let ops = ops.iter().map(Operation::to_json).collect();
                Json::object([("ops", Json::List(ops))])
            }
            Self::Edits(edits) => {
                let after = edits.after.iter().map(|id| Json::Text(id.to_string())).collect();
                let ops = edits.splices.iter().map(|splice| splice.to_json(edits.narrative)).collect();
                Json::object([("after", Json::List(after)), ("ops", Json::List(ops))])
            }
        }
        .encode()
    }
}

impl Operation {
    pub(super) fn to_json(&self) -> Json {
        match self {
            Self::Claim(claim) => Json::object([("claim", claim.json().clone())]),
            Self::Retract(retract) => {
                let mut members = Object::from([
                    ("retract".to_owned(), Json::Text(retract.claim.to_string())),
                    ("reason".to_owned(), Json::text(&retract.reason)),
                ]);
                if let Some(note) = &retract.note {
                    members.insert("note".to_owned(), Json::text(note));
                }
                Json::Object(members)
            }
        }
    }
}

impl Splice {
    pub(super) fn to_json(&self, narrative: NarrativeId) -> Json {
        let number = |value| Json::Int(i64::try_from(value).unwrap_or(json::INTEGER_MAX));
        Json::object([
            ("edit", Json::Text(narrative.to_string())),
            ("at", number(self.at)),
            ("delete", number(self.delete)),
            ("insert", Json::text(&self.insert)),
        ])
    }
}

fn claims(ops: Vec<Any<Claim>>) -> Result<Vec<Operation>, Inert> {
    is_set(&ops)?;
    let operation = |op| match op {
        Any::Claim(claim) => Some(Operation::Claim(claim)),
        Any::Retract(retract) => Some(Operation::Retract(retract)),
        Any::Edit(..) => None,
    };
    Ok(ops.into_iter().filter_map(operation).collect())
}

/// Operations without `after` are claims and retractions alone.
pub(super) fn is_set<C>(ops: &[Any<C>]) -> Result<(), Inert> {
    match ops.iter().position(|op| matches!(op, Any::Edit(..))) {
        // Edits name what they were made on, even if that is nothing.
        Some(0) => Err(Inert::After),
        Some(index) => Err(Inert::Mixed { index }),
        None => Ok(()),
    }
}

fn edits(after: Vec<EntryId>, ops: Vec<Any<Claim>>) -> Result<Edits, Inert> {
    let narrative = match ops.first() {
        Some(Any::Edit(narrative, _)) => *narrative,
        Some(Any::Claim(_) | Any::Retract(_)) | None => return Err(Inert::Members),
    };
    let mut splices = Vec::with_capacity(ops.len());
    for (index, op) in ops.into_iter().enumerate() {
        match op {
            Any::Edit(found, splice) if found == narrative => splices.push(splice),
            Any::Edit(..) | Any::Claim(_) | Any::Retract(_) => return Err(Inert::Mixed { index }),
        }
    }
    match splices.iter().position(|splice| splice.delete == 0 && splice.insert.is_empty()) {
        Some(index) => Err(Inert::Idle { index }),
        None => Ok(Edits { narrative, after, splices }),
    }
}

fn parse_after(after: &Json) -> Result<Vec<EntryId>, Inert> {
    let items = after.as_list().filter(|items| items.len() <= limits::EDIT_AFTER).ok_or(Inert::After)?;
    let id = |item: &Json| EntryId::parse(item.as_text()?).ok();
    let ids = items.iter().map(id).collect::<Option<Vec<_>>>().ok_or(Inert::After)?;
    let is_ascending = ids.iter().zip(ids.iter().skip(1)).all(|(first, second)| first < second);
    is_ascending.then_some(ids).ok_or(Inert::After)
}

/// Any operation but a claim.
fn parse_operation<C>(mut members: Object) -> Option<Any<C>> {
    let op = match members.remove("retract") {
        Some(claim) => Any::Retract(Retract {
            claim: ClaimId::parse(claim.as_text()?).ok()?,
            reason: code(members.remove("reason")?)?,
            note: text_if_any(members.remove("note"))?,
        }),
        None => Any::Edit(
            NarrativeId::parse(members.remove("edit")?.as_text()?).ok()?,
            Splice {
                at: natural(&members.remove("at")?)?,
                delete: natural(&members.remove("delete")?)?,
                insert: text(members.remove("insert")?)?,
            },
        ),
    };
    members.is_empty().then_some(op)
}

fn text(value: Json) -> Option<String> {
    if let Json::Text(text) = value { Some(text) } else { None }
}

/// Outside, `None` if the member is there and no text.
fn text_if_any(value: Option<Json>) -> Option<Option<String>> {
    match value {
        None => Some(None),
        Some(value) => text(value).map(Some),
    }
}

pub(crate) fn code(value: Json) -> Option<String> {
    text(value).filter(|code| is_code(code))
}

/// True for the letters that codes are made of: `[a-z0-9_]`, at least one.
#[must_use]
pub fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

fn natural(value: &Json) -> Option<u64> {
    u64::try_from(value.as_int()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(payload: &str, expected: &str) {
        let found = Operations::parse(payload.as_bytes());
        let code = found.as_ref().map_or_else(Inert::code, |_| "ok");
        assert_eq!(code, expected, "{payload}");
        if let Ok(read) = found {
            assert_eq!(String::from_utf8(read.encode()).unwrap(), payload);
        }
    }

    #[test]
    fn each_broken_rule_has_its_code() {
        let id = "ab".repeat(32);
        let other = "cd".repeat(32);
        let text = "12".repeat(16);
        let splice = |key: &str| format!(r#"{{"at":0,"delete":0,"edit":"{key}","insert":"a"}}"#);
        let edit = splice(&text);
        check(r#"{"ops":[{"claim":{}}]}"#, "ok");
        check(r#"{"ops":[{"claim":{"any":[true]}},{"claim":{}}]}"#, "ok");
        check(&format!(r#"{{"ops":[{{"reason":"error","retract":"{id}"}}]}}"#), "ok");
        check(&format!(r#"{{"ops":[{{"note":"","reason":"error","retract":"{id}"}}]}}"#), "ok");
        check(&format!(r#"{{"after":[],"ops":[{edit}]}}"#), "ok");
        check(&format!(r#"{{"after":["{id}","{other}"],"ops":[{edit},{edit}]}}"#), "ok");
        check("", "payload_json");
        check(r#"{"ops":[{"claim":{}}]} "#, "payload_json");
        check("[]", "payload_members");
        check("{}", "payload_members");
        check(r#"{"ops":{}}"#, "payload_members");
        check(r#"{"more":1,"ops":[{"claim":{}}]}"#, "payload_members");
        check(r#"{"after":[],"ops":[{"claim":{}}]}"#, "payload_members");
        check(r#"{"ops":[]}"#, "payload_count");
        check(&format!(r#"{{"ops":[{}]}}"#, vec![r#"{"claim":{}}"#; 257].join(",")), "payload_count");
        check(&format!(r#"{{"ops":[{}]}}"#, vec![r#"{"claim":{}}"#; 256].join(",")), "ok");
        check(r#"{"ops":[1]}"#, "payload_operation");
        check(r#"{"ops":[{}]}"#, "payload_operation");
        check(r#"{"ops":[{"claim":[]}]}"#, "payload_operation");
        check(r#"{"ops":[{"claim":{},"more":1}]}"#, "payload_operation");
        check(&format!(r#"{{"ops":[{{"claim":{{}},"retract":"{id}"}}]}}"#), "payload_operation");
        check(&format!(r#"{{"ops":[{{"retract":"{id}"}}]}}"#), "payload_operation");
        check(&format!(r#"{{"ops":[{{"reason":"Error","retract":"{id}"}}]}}"#), "payload_operation");
        check(&format!(r#"{{"ops":[{{"reason":"","retract":"{id}"}}]}}"#), "payload_operation");
        check(&format!(r#"{{"ops":[{{"note":1,"reason":"error","retract":"{id}"}}]}}"#), "payload_operation");
        check(r#"{"ops":[{"reason":"error","retract":"ab"}]}"#, "payload_operation");
        check(&format!(r#"{{"ops":[{edit}]}}"#), "payload_after");
        check(&format!(r#"{{"after":1,"ops":[{edit}]}}"#), "payload_after");
        check(&format!(r#"{{"after":["{other}","{id}"],"ops":[{edit}]}}"#), "payload_after");
        check(&format!(r#"{{"after":["{id}","{id}"],"ops":[{edit}]}}"#), "payload_after");
        let many: Vec<_> = (10..27).map(|n| format!("\"{}\"", n.to_string().repeat(32))).collect();
        check(&format!(r#"{{"after":[{}],"ops":[{edit}]}}"#, many.join(",")), "payload_after");
        check(&format!(r#"{{"after":[{}],"ops":[{edit}]}}"#, many[..16].join(",")), "ok");
        check(&format!(r#"{{"after":[],"ops":[{edit},{}]}}"#, splice(&"34".repeat(16))), "payload_mixed");
        check(&format!(r#"{{"after":[],"ops":[{edit},{{"claim":{{}}}}]}}"#), "payload_mixed");
        check(&format!(r#"{{"ops":[{{"claim":{{}}}},{edit}]}}"#), "payload_mixed");
        check(&format!(r#"{{"after":[],"ops":[{{"at":0,"delete":0,"edit":"{text}","insert":""}}]}}"#), "payload_idle");
        check(
            &format!(r#"{{"after":[],"ops":[{{"at":-1,"delete":0,"edit":"{text}","insert":"a"}}]}}"#),
            "payload_operation",
        );
        check(&format!(r#"{{"after":[],"ops":[{{"at":0,"edit":"{text}","insert":"a"}}]}}"#), "payload_operation");
    }
}
