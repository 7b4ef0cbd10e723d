//! What would be signed, before it is: the claims with their ids, the key, the space, and who will read it. MODEL §8.
//!
//! It passes the same rules as the contribution itself. A claim that needs a nonce has one here: whoever signs hands in the claims
//! as they were shown, so that what is signed is what was read.

use std::collections::BTreeSet;
use std::sync::Arc;

use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{ClaimId, OrganisationId, RecordId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::model::values::name_text;
use isnad_protocol::model::{self, Warning};
use isnad_protocol::sheet::Claim;
use isnad_protocol::time::Timestamp;
use isnad_protocol::view::{Reference, Saying};
use serde::{Deserialize, Serialize};

use super::before::Before;
use super::{Edit, Prepared, Ready, Request, Retraction, cells, prepare_all};
use crate::node::Node;
use crate::problem::Problem;
use crate::reading::Reader;

/// What would be signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The space, by name.
    pub space: String,
    /// Its TLP 2.0 code.
    pub tlp: String,
    /// On whose behalf.
    pub organisation: OrganisationId,
    /// The key that signs.
    pub key: PublicKey,
    /// The device that it is on.
    pub key_label: String,
    /// Who will read it.
    pub readers: Readers,
    /// The records of which nothing is said yet.
    pub new: BTreeSet<RecordId>,
    /// Claims to be made, those alone that do not stand already.
    pub claims: Vec<Drafted>,
    /// Claims that stand already: nothing is signed of them.
    pub known: usize,
    /// Claims to be taken back.
    pub retractions: Vec<TakenBack>,
    /// Narratives to be begun or edited.
    pub narratives: Vec<Text>,
    /// What readers will be warned of beside these claims, and what the author should think of once more. Paths begin with
    /// `claims[n]`.
    pub warnings: Vec<Warning>,
}

/// Who reads a space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Readers {
    /// Everyone, outsiders too.
    Everyone,
    /// These organisations.
    Members(Vec<OrganisationId>),
}

/// A claim to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drafted {
    /// The record that it is about.
    pub record: Reference,
    /// Its id: the hash of its words.
    pub id: ClaimId,
    /// All of it, as it is signed.
    pub claim: Json,
    /// The records that it names, with what they are called.
    pub refs: Vec<Reference>,
    /// The value that it takes the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<Json>,
}

/// A claim to be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenBack {
    /// The record that it is about.
    pub record: Reference,
    /// The retraction.
    #[serde(flatten)]
    pub retraction: Retraction,
    /// All of the claim, as it was signed.
    #[serde(rename = "said")]
    pub claim: Json,
    /// The records that it names, with what they are called.
    pub refs: Vec<Reference>,
}

/// A narrative to be begun or edited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The record that it is about.
    pub record: Reference,
    /// How it was; none of one to be begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// How it will be.
    pub new: String,
}

/// Says what a request would sign. Signs nothing.
///
/// # Errors
/// [`Problem`] says why it would not be signed.
pub async fn preview(node: &Arc<Node>, request: Request) -> Result<Preview, Problem> {
    let node = Arc::clone(node);
    let made = tokio::task::spawn_blocking(move || {
        let before = Before::of(&node)?;
        made(&before, prepare_all(&before, request)?)
    })
    .await;
    made.map_err(|error| Problem::fault(error.to_string()))?
}

fn made(before: &Before<'_>, prepared: Prepared) -> Result<Preview, Problem> {
    let Prepared { space, changes } = prepared;
    let (key, organisation) = before.node.signer(space.id)?;
    let organisations = before.governance.organisations();
    let own = organisations.into_iter().find(|known| known.id == organisation);
    let grant = own.and_then(|own| own.keys.into_iter().find(|grant| grant.key == key));
    let is_public = space.id == before.public;
    let mut preview = Preview {
        space: space.name,
        tlp: space.tlp,
        organisation,
        key,
        key_label: grant.map(|grant| grant.label).unwrap_or_default(),
        readers: if is_public { Readers::Everyone } else { Readers::Members(space.members) },
        new: BTreeSet::new(),
        claims: Vec::new(),
        known: 0,
        retractions: Vec::new(),
        narratives: Vec::new(),
        warnings: Vec::new(),
    };
    let reader = Reader::new(before.node);
    // What is published together is read together.
    let together = changes.iter().filter(|_| is_public).map(|ready| (ready.record, ready.claims.clone())).collect();
    for ready in changes {
        preview.take(&reader, &ready)?;
        let saying = Saying { organisation, space: space.id, time: Timestamp(crate::clock::now_ms()) };
        preview.warn_of_missing(&ready);
        preview.warn(&reader, &ready, saying)?;
        preview.warn_of_alias(&reader, &ready)?;
        preview.warn_of_second(&ready);
        if is_public {
            let few = cells::small(before, &ready.own, &ready.claims, &together)?;
            preview.warn_of_claims(
                &ready,
                few.into_iter().map(|(index, count)| (index, "small_cell", [("count", count)])),
            );
        }
        // The bounds of the format are met here too, or the author would hear of them only once he has agreed.
        drop(ready.contributions(space.id)?);
    }
    Ok(preview)
}

impl Preview {
    /// True if all of it stands already.
    #[must_use]
    pub fn signs_nothing(&self) -> bool {
        self.claims.is_empty() && self.retractions.is_empty() && self.narratives.is_empty()
    }

    fn take(&mut self, reader: &Reader<'_>, ready: &Ready) -> Result<(), Problem> {
        let record = reader.reference(ready.record)?;
        self.new.extend(ready.own.is_new.then_some(ready.record));
        self.known = self.known.saturating_add(ready.known);
        for claim in &ready.claims {
            let old = claim.replaces().and_then(|old| ready.own.claim(old));
            self.claims.push(Drafted {
                record: record.clone(),
                id: claim.id(),
                claim: claim.json().clone(),
                refs: references(reader, claim)?,
                instead_of: old.and_then(|old| old.value().cloned()),
            });
        }
        for retraction in &ready.retractions {
            let Some(claim) = ready.own.claim_or_lost(retraction.claim) else { continue };
            self.retractions.push(TakenBack {
                record: record.clone(),
                retraction: retraction.clone(),
                claim: claim.json().clone(),
                refs: references(reader, claim)?,
            });
        }
        let edited = ready.edit.iter().map(|Edit { old, new, .. }| (Some(old.clone()), new.clone()));
        let texts = ready.begin.iter().map(|text| (None, text.clone())).chain(edited);
        self.narratives.extend(texts.map(|(old, new)| Text { record: record.clone(), old, new }));
        Ok(())
    }

    /// Adds what readers will be warned of. Called once the claims of a change were taken: they are the last ones.
    fn warn(&mut self, reader: &Reader<'_>, ready: &Ready, saying: Saying) -> Result<(), Problem> {
        let first = self.claims.len().saturating_sub(ready.claims.len());
        let mut flags = reader.flags_of_new(ready.record, &ready.claims, saying)?;
        for (index, claim) in ready.claims.iter().enumerate() {
            let here = format!("claims[{}]", first.saturating_add(index));
            let warnings = flags.remove(&claim.id()).unwrap_or_default().into_iter();
            self.warnings.extend(warnings.map(|warning| {
                let path = if warning.path == "claims" { here.clone() } else { format!("{here}.{}", warning.path) };
                Warning { path, ..warning }
            }));
        }
        Ok(())
    }

    /// What a new record should say and does not: nothing keeps its author from adding it later.
    fn warn_of_missing(&mut self, ready: &Ready) {
        if ready.own.is_new {
            let claims: Vec<Json> = ready.claims.iter().map(|claim| claim.json().clone()).collect();
            self.warnings.extend(model::warn::missing(ready.record.kind_code(), &claims, false));
        }
    }

    /// An alias that another record bears names neither alone: readers are asked which they mean. MODEL §4.
    fn warn_of_alias(&mut self, reader: &Reader<'_>, ready: &Ready) -> Result<(), Problem> {
        let mut taken = Vec::new();
        for (index, claim) in ready.claims.iter().enumerate() {
            let alias = claim.value().filter(|_| claim.prop() == Some("alias")).and_then(name_text);
            let Some(alias) = alias else { continue };
            let other = reader.called(alias)?.into_iter().find(|other| *other != ready.record);
            taken.extend(
                other.map(|other| (index, "alias_taken", [("alias", alias.to_owned()), ("record", other.to_string())])),
            );
        }
        self.warn_of_claims(ready, taken);
        Ok(())
    }

    /// Of a property that has one value, another one stands beside the first and replaces nothing: most who write it mean to
    /// correct.
    fn warn_of_second(&mut self, ready: &Ready) {
        let is_single = |prop: &str| {
            model::property(ready.record.kind_code(), prop).is_some_and(|property| !property.cardinality.is_many())
        };
        let second = ready.claims.iter().enumerate().filter_map(|(index, claim)| {
            let prop = claim.prop().filter(|prop| claim.replaces().is_none() && is_single(prop))?;
            let is_first = |first: &&Claim| {
                first.according_to() == claim.according_to()
                    && first.id() != claim.id()
                    && first.value() != claim.value()
            };
            let first = ready.own.standing(&[prop]).find(is_first)?.id();
            let first = ready.own.short(first);
            Some((index, "second_value", [("property", prop.to_owned()), ("claim", first)]))
        });
        let second: Vec<_> = second.collect();
        self.warn_of_claims(ready, second);
    }

    /// Adds what only the author is told, by the place of a claim in its change.
    fn warn_of_claims<const N: usize>(
        &mut self,
        ready: &Ready,
        warnings: impl IntoIterator<Item = (usize, &'static str, [(&'static str, String); N])>,
    ) {
        let first = self.claims.len().saturating_sub(ready.claims.len());
        self.warnings.extend(warnings.into_iter().map(|(index, code, values)| Warning {
            code: code.to_owned(),
            path: format!("claims[{}]", first.saturating_add(index)),
            values: values.map(|(name, value)| (name.to_owned(), value)).into(),
        }));
    }
}

fn references(reader: &Reader<'_>, claim: &Claim) -> Result<Vec<Reference>, Problem> {
    claim.refs().into_iter().map(|record| reader.reference(record)).collect()
}
