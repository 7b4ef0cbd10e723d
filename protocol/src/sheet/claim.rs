//! A claim: one value, written once, named by the hash of its words. format §2, §3; MODEL §2.
//!
//! Any canonical object is a claim: what its members mean is the model's, and one that breaks the model is shown as
//! malformed, never left out.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::encoding::json::{Json, Object};
use crate::encoding::{Tag, hash, tag};
use crate::id::{ClaimId, RecordId};
use crate::limits;
use crate::model::check::depth;

const CLAIM_TAG: Tag = tag("ISNAD-CLAIM-v1");

/// One value in a sheet, with its sources: a canonical JSON object. Copies share it, since nobody can change it; what it is
/// called, and what every reader of a sheet asks first, is worked out once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    json: Arc<Json>,
    id: ClaimId,
    bytes: usize,
    /// Where among its members the code of the property stands.
    prop: Option<usize>,
    replaces: Option<ClaimId>,
}

/// Why an object is no claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a claim is an object of canonical JSON, at most {} deep", limits::CLAIM_DEPTH)]
pub struct NotAClaim;

/// One source that a claim rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis<'a> {
    /// The source or evidence record; `None` if none is named or its id is malformed.
    pub record: Option<RecordId>,
    /// Page, paragraph or timecode.
    pub locator: Option<&'a str>,
}

/// The words of the body that a claim is according to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording<'a> {
    /// Verbatim.
    Verbatim {
        /// The words.
        text: &'a str,
        /// Their language, where given.
        lang: Option<&'a str>,
    },
    /// Not given, with the code that says why.
    Unavailable(&'a str),
}

impl Claim {
    /// Takes an object that has a canonical form.
    ///
    /// # Errors
    /// [`NotAClaim`] if a key, number or the depth breaks the profile of format §3.
    pub fn new(members: Object) -> Result<Self, NotAClaim> {
        let value = Json::Object(members);
        let is_claim = value.is_canonical() && depth(&value) <= limits::CLAIM_DEPTH;
        if !is_claim {
            return Err(NotAClaim);
        }
        let words = value.encode();
        Ok(Self::named(value, &words))
    }

    /// Takes an object of a payload, which was read as canonical JSON that is spelt in these words.
    pub(super) fn of_payload(members: Object, words: &[u8]) -> Result<Self, NotAClaim> {
        let value = Json::Object(members);
        (depth(&value) <= limits::CLAIM_DEPTH).then(|| Self::named(value, words)).ok_or(NotAClaim)
    }

    fn named(json: Json, words: &[u8]) -> Self {
        let replaces = json.get("replaces").and_then(Json::as_text).and_then(|text| ClaimId::parse(text).ok());
        let prop = json.as_object().and_then(|members| members.position("prop"));
        let id = ClaimId::new(hash(&CLAIM_TAG, &[words]));
        Self { json: Arc::new(json), id, bytes: words.len(), prop, replaces }
    }

    /// Its name: the hash of its words. format §2.
    #[must_use]
    pub const fn id(&self) -> ClaimId {
        self.id
    }

    /// How many bytes its words have.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The whole object.
    #[must_use]
    pub fn json(&self) -> &Json {
        &self.json
    }

    /// The code of the property.
    #[must_use]
    pub fn prop(&self) -> Option<&str> {
        self.json.as_object()?.at(self.prop?)?.1.as_text()
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> Option<&Json> {
        self.json.get("value")
    }

    /// The language of the value.
    #[must_use]
    pub fn lang(&self) -> Option<&str> {
        self.text("lang")
    }

    /// The cited body; `None` if none is named or its id is malformed.
    #[must_use]
    pub fn according_to(&self) -> Option<RecordId> {
        RecordId::parse(self.text("according_to")?).ok()
    }

    /// What it rests on, in the order given.
    #[must_use]
    pub fn basis(&self) -> Vec<Basis<'_>> {
        let items = self.json.get("basis").and_then(Json::as_list).unwrap_or_default();
        items.iter().map(basis).collect()
    }

    /// The declared standard of proof.
    #[must_use]
    pub fn standard(&self) -> Option<&str> {
        self.text("standard")
    }

    /// The body's own words, or why they are not given.
    #[must_use]
    pub fn wording(&self) -> Option<Wording<'_>> {
        let wording = self.json.get("wording")?;
        let lang = wording.get("lang").and_then(Json::as_text);
        let verbatim = wording.get("text").and_then(Json::as_text).map(|text| Wording::Verbatim { text, lang });
        verbatim.or_else(|| wording.get("unavailable").and_then(Json::as_text).map(Wording::Unavailable))
    }

    /// The claim of the same sheet that it takes the place of.
    #[must_use]
    pub const fn replaces(&self) -> Option<ClaimId> {
        self.replaces
    }

    /// A member that is a string.
    #[must_use]
    pub fn text(&self, member: &str) -> Option<&str> {
        self.json.get(member).and_then(Json::as_text)
    }

    /// Every record named anywhere in the value.
    #[must_use]
    pub fn value_refs(&self) -> BTreeSet<RecordId> {
        self.value().map(records_in).unwrap_or_default()
    }

    /// Every record named anywhere in value, cited body and basis.
    #[must_use]
    pub fn refs(&self) -> BTreeSet<RecordId> {
        let mut found = BTreeSet::new();
        for member in ["value", "according_to", "basis"] {
            if let Some(value) = self.json.get(member) {
                collect(value, &mut found);
            }
        }
        found
    }
}

fn basis(item: &Json) -> Basis<'_> {
    let record = ["source", "evidence"].iter().find_map(|key| item.get(key)).and_then(Json::as_text);
    Basis {
        record: record.and_then(|text| RecordId::parse(text).ok()),
        locator: item.get("locator").and_then(Json::as_text),
    }
}

/// Every record named anywhere in a value.
#[must_use]
pub fn records_in(value: &Json) -> BTreeSet<RecordId> {
    let mut found = BTreeSet::new();
    collect(value, &mut found);
    found
}

fn collect(value: &Json, found: &mut BTreeSet<RecordId>) {
    match value {
        Json::Bool(_) | Json::Int(_) => {}
        Json::Text(text) => found.extend(RecordId::parse(text).ok()),
        Json::List(items) => items.iter().for_each(|item| collect(item, found)),
        Json::Object(members) => members.values().for_each(|member| collect(member, found)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::json;

    fn claim(text: &str) -> Claim {
        let Json::Object(members) = json::decode(text.as_bytes()).unwrap() else { panic!("{text}") };
        Claim::new(members).unwrap()
    }

    #[test]
    fn id_is_the_hash_of_the_words() {
        let first = claim(r#"{"prop":"date","value":"2018-04-07"}"#);
        assert_eq!(first.id(), claim(r#"{"prop":"date","value":"2018-04-07"}"#).id());
        assert_ne!(first.id(), claim(r#"{"prop":"date","value":"2018-04-08"}"#).id());
    }

    #[test]
    fn members_are_read_and_malformed_ones_are_none() {
        let body = format!("organisation/{}", "01".repeat(15));
        let source = format!("source/{}", "02".repeat(15));
        let text = format!(
            r#"{{"according_to":"{body}","basis":[{{"locator":"p. 3","source":"{source}"}},7],"prop":"agent","standard":"unstated","value":{{"code":"sarin"}},"wording":{{"lang":"en","text":"sarin"}}}}"#
        );
        let read = claim(&text);
        assert_eq!(read.according_to().unwrap().to_string(), body);
        assert_eq!(read.basis()[0].locator, Some("p. 3"));
        assert_eq!(read.basis()[1], Basis { record: None, locator: None });
        assert_eq!(read.wording(), Some(Wording::Verbatim { text: "sarin", lang: Some("en") }));
        assert_eq!(read.refs().len(), 2);
        let odd = claim(r#"{"according_to":"the OPCW","basis":"hearsay","prop":5,"wording":"none"}"#);
        assert_eq!((odd.prop(), odd.according_to(), odd.wording(), odd.value()), (None, None, None, None));
        assert!(odd.basis().is_empty() && odd.refs().is_empty());
    }

    #[test]
    fn what_no_payload_can_hold_is_no_claim() {
        let deep = Json::List(vec![Json::List(vec![Json::List(vec![Json::List(vec![Json::Int(1)])])])]);
        assert_eq!(Claim::new([("value".to_owned(), deep)].into()), Err(NotAClaim));
        assert_eq!(Claim::new([("Value".to_owned(), Json::Int(1))].into()), Err(NotAClaim));
    }
}
