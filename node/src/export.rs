//! Whole spaces as files: entries and acts byte for byte, sheets as Automerge documents. format §11.

use isnad_protocol::encoding::json::Json;
use isnad_protocol::encoding::to_hex;
use isnad_protocol::governance::bundle_acts;
use isnad_protocol::id::{OrganisationId, RecordId, SpaceId};
use isnad_protocol::sheet::{self, Sheet};
use serde::{Deserialize, Serialize};

use crate::problem::{Problem, exit};
use crate::reading::Reader;

/// One space, or all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpaceQuery {
    /// Its name.
    #[serde(default)]
    pub space: Option<String>,
}

/// One sheet as an Automerge document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The record.
    pub record: RecordId,
    /// Whose words.
    pub organisation: OrganisationId,
    /// Where.
    pub space: SpaceId,
    /// Of the sheet.
    pub generation: u32,
    /// The document as Automerge saves it, lower-case hex.
    pub bytes: String,
}

/// What speaks against other claims in the spaces of an export, taken back or not: nobody may leave it out unseen. MODEL §8,
/// journey 12.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exculpatory {
    /// Opinions that dispute a claim.
    pub disputes: u64,
    /// Replies of subjects.
    pub replies: u64,
    /// Judgements that two records are not the same, or not one part of the other.
    pub judged_different: u64,
    /// Claims that were taken back.
    pub retracted: u64,
}

/// What an export contains of it, and what choosing one space leaves out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// In the spaces that are exported.
    pub includes: Exculpatory,
    /// In the others.
    pub leaves_out: Exculpatory,
}

/// Counts what speaks against other claims, in what an export takes and in what it leaves.
///
/// # Errors
/// [`Problem`] if the journal cannot be read or there is no such space.
pub fn manifest(reader: &Reader<'_>, query: &SpaceQuery) -> Result<Manifest, Problem> {
    let chosen = spaces(reader, query)?;
    let mut manifest = Manifest::default();
    for space in spaces(reader, &SpaceQuery::default())? {
        let folded = sheet::fold_claims(&reader.checked_entries(space)?, reader.governance());
        let count = if chosen.contains(&space) { &mut manifest.includes } else { &mut manifest.leaves_out };
        folded.sheets.values().for_each(|sheet| count.take(sheet));
    }
    Ok(manifest)
}

impl Exculpatory {
    fn take(&mut self, sheet: &Sheet) {
        for (id, said) in &sheet.claims {
            let part = |name: &str| said.claim.value().and_then(|value| value.get(name)).and_then(Json::as_text);
            let count = match said.claim.prop() {
                Some("opinion") if part("stance") == Some("dispute") => Some(&mut self.disputes),
                Some("response") => Some(&mut self.replies),
                Some("judgement") if part("verdict") == Some("negative") => Some(&mut self.judged_different),
                _ => None,
            };
            let is_retracted = sheet.retractions.contains_key(id).then_some(&mut self.retracted);
            count.into_iter().chain(is_retracted).for_each(|count| *count = count.saturating_add(1));
        }
    }
}

/// Every checked entry: 4-byte length, then header, signature, salt, payload; log by log in order.
///
/// # Errors
/// [`Problem`] if the journal cannot be read or there is no such space.
pub fn entries(reader: &Reader<'_>, query: &SpaceQuery) -> Result<Vec<u8>, Problem> {
    let mut file = Vec::new();
    let spaces = spaces(reader, query)?;
    for (key, log) in reader.logs().iter().filter(|(key, _)| spaces.contains(&key.space)) {
        for entry in reader.checked_log(*key, log.checked.seq)? {
            let bytes = entry.entry().encode();
            file.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
            file.extend(bytes);
        }
    }
    Ok(file)
}

/// Every act held: 4-byte length, then the act as signed, in the order in which another replica takes them.
#[must_use]
pub fn acts(reader: &Reader<'_>) -> Vec<u8> {
    bundle_acts(reader.governance().acts())
}

/// Every sheet as one Automerge document: claims under `c/`, retractions under `r/`, texts under `t/`.
///
/// # Errors
/// [`Problem`] if the journal cannot be read or a document cannot be made.
pub fn automerge(reader: &Reader<'_>, query: &SpaceQuery) -> Result<Vec<Document>, Problem> {
    let mut documents = Vec::new();
    let spaces = spaces(reader, query)?;
    for space in spaces {
        let folded = sheet::fold(&reader.checked_entries(space)?, reader.governance());
        for (key, sheet) in folded.sheets.iter().filter(|(_, sheet)| !sheet.is_empty()) {
            let bytes = sheet.to_automerge().map_err(|error| Problem::fault(error.to_string()))?;
            documents.push(Document {
                record: key.record,
                organisation: key.organisation,
                space: key.space,
                generation: key.generation,
                bytes: to_hex(&bytes),
            });
        }
    }
    Ok(documents)
}

fn spaces(reader: &Reader<'_>, query: &SpaceQuery) -> Result<Vec<SpaceId>, Problem> {
    let all = reader.governance().spaces().into_iter();
    let chosen: Vec<SpaceId> = all
        .filter(|space| query.space.as_deref().is_none_or(|name| name == space.name))
        .map(|space| space.id)
        .collect();
    if chosen.is_empty() {
        let name = query.space.as_deref().unwrap_or_default();
        return Err(Problem::told(exit::NO, "not_found", "space_unknown", &[("space", name)]));
    }
    Ok(chosen)
}
