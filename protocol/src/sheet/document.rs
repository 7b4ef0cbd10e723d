//! A sheet as one Automerge document: claims under `c/`, retractions under `r/`, narratives under `t/`. DESIGN §5; format §11.
//!
//! A cache and an export, put together on demand from the operations; the journal stays the truth. The same set of entries
//! gives the same bytes. Form of the members:
//!
//! - `c/` + claim id: `{"claim": {…}, "signed": {entry id: {"author", "seq", "time_ms"}}}`
//! - `r/` + claim id: `{entry id: {"author", "reason", "note"?, "seq", "time_ms"}}`
//! - `t/` + narrative: a text, with the history of its edits

use std::collections::BTreeMap;

use crate::encoding::json::{INTEGER_MAX, Json, Object};
use crate::id::{ClaimId, EntryId, NarrativeId};
use crate::key::PublicKey;
use crate::time::Timestamp;

use super::narrative::{Document, key};
use super::{Claim, Retraction, Said, Sheet, Signer};

/// What a document says, without the history of its texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Content {
    /// Every claim and its signers.
    pub claims: BTreeMap<ClaimId, Said>,
    /// Every retraction.
    pub retractions: BTreeMap<ClaimId, BTreeMap<EntryId, Retraction>>,
    /// Every narrative's text.
    pub texts: BTreeMap<NarrativeId, String>,
}

/// A document that is not as [`Sheet::to_automerge`] writes it: we or the disk broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the document is not one that was written for a sheet")]
pub struct DocumentFault;

impl Sheet {
    /// The content that a document of this sheet says.
    #[must_use]
    pub fn content(&self) -> Content {
        let texts = self.narratives.iter().map(|(id, narrative)| (*id, narrative.text.clone())).collect();
        Content { claims: self.claims.clone(), retractions: self.retractions.clone(), texts }
    }

    /// The sheet as one Automerge document, for any Automerge tool. Deterministic.
    ///
    /// # Errors
    /// [`DocumentFault`] if the engine refuses what it made itself.
    pub fn to_automerge(&self) -> Result<Vec<u8>, DocumentFault> {
        let mut document = Document::new();
        let members = self.members();
        if !members.is_empty() {
            let at = &self.key;
            let generation = at.generation.to_be_bytes();
            let name: [&[u8]; 4] = [at.space.as_bytes(), at.record.as_bytes(), at.organisation.as_bytes(), &generation];
            document.write(&name, &members).map_err(|_| DocumentFault)?;
        }
        let changes = self.narratives.values().flat_map(|narrative| &narrative.changes);
        document.apply(changes).map_err(|_| DocumentFault)?;
        Ok(document.save())
    }

    fn members(&self) -> Object {
        let claims = self.claims.iter().map(|(id, said)| (key("c", id), said_to_json(said)));
        let retracted = self.retractions.iter().map(|(id, by)| {
            let by = by.iter().map(|(entry, retraction)| (entry.to_string(), retraction_to_json(retraction)));
            (key("r", id), Json::Object(by.collect()))
        });
        claims.chain(retracted).collect()
    }
}

impl Content {
    /// Reads a document back. Only ever given what [`Sheet::to_automerge`] wrote on this machine. DESIGN §5.
    ///
    /// # Errors
    /// [`DocumentFault`] for any other.
    pub fn from_automerge(own: &[u8]) -> Result<Self, DocumentFault> {
        let document = Document::load(own).map_err(|_| DocumentFault)?;
        let mut content = Self::default();
        for (key, member) in document.members().map_err(|_| DocumentFault)? {
            content.take(&key, &member).ok_or(DocumentFault)?;
        }
        content.texts = document.texts().map_err(|_| DocumentFault)?.into_iter().collect();
        Ok(content)
    }

    fn take(&mut self, key: &str, member: &Json) -> Option<()> {
        let (letter, id) = key.split_once('/')?;
        let claim = ClaimId::parse(id).ok()?;
        match letter {
            "c" => {
                let words = Claim::new(member.get("claim")?.as_object()?.clone()).ok()?;
                let signers = by_entry(member.get("signed")?, signer_from_json)?;
                self.claims.insert(claim, Said { claim: words, signers });
            }
            "r" => {
                self.retractions.insert(claim, by_entry(member, retraction_from_json)?);
            }
            _ => return None,
        }
        Some(())
    }
}

fn by_entry<T, M: FromIterator<(EntryId, T)>>(member: &Json, read: impl Fn(&Json) -> Option<T>) -> Option<M> {
    let items = member.as_object()?.iter();
    items.map(|(entry, item)| Some((EntryId::parse(entry).ok()?, read(item)?))).collect()
}

fn said_to_json(said: &Said) -> Json {
    let signed = said.signers.iter().map(|(entry, signer)| (entry.to_string(), Json::Object(signer_to_json(signer))));
    Json::object([("claim", said.claim.json().clone()), ("signed", Json::Object(signed.collect()))])
}

fn signer_to_json(signer: &Signer) -> Object {
    let members = [
        ("author", Json::Text(signer.author.to_string())),
        ("seq", number(signer.seq)),
        ("time_ms", number(signer.time.0)),
    ];
    members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// A number, or where JSON has none so large its digits: a hostile header may claim any time.
fn number(value: u64) -> Json {
    let small = i64::try_from(value).ok().filter(|value| *value <= INTEGER_MAX);
    small.map_or_else(|| Json::Text(value.to_string()), Json::Int)
}

fn number_from_json(value: &Json) -> Option<u64> {
    match value {
        Json::Int(value) => u64::try_from(*value).ok(),
        Json::Text(digits) => digits.parse().ok(),
        Json::Bool(_) | Json::List(_) | Json::Object(_) => None,
    }
}

fn signer_from_json(member: &Json) -> Option<Signer> {
    Some(Signer {
        seq: number_from_json(member.get("seq")?)?,
        author: PublicKey::parse(member.get("author")?.as_text()?).ok()?,
        time: Timestamp(number_from_json(member.get("time_ms")?)?),
    })
}

fn retraction_to_json(retraction: &Retraction) -> Json {
    let mut members = signer_to_json(&retraction.signer);
    members.insert("reason".to_owned(), Json::text(&retraction.reason));
    if let Some(note) = &retraction.note {
        members.insert("note".to_owned(), Json::text(note));
    }
    Json::Object(members)
}

fn retraction_from_json(member: &Json) -> Option<Retraction> {
    Some(Retraction {
        signer: signer_from_json(member)?,
        reason: member.get("reason")?.as_text()?.to_owned(),
        note: member.get("note").and_then(Json::as_text).map(str::to_owned),
    })
}
