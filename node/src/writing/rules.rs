//! What a writer is kept from signing, for it could never be taken out again. These are no rules of the door: what peers sign
//! stays as it is, and the sheet makes of it what it can.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::encoding::json::Json;
use isnad_protocol::encoding::to_hex;
use isnad_protocol::id::{ClaimId, RecordId, SpaceId};
use isnad_protocol::model::values::name_text;
use isnad_protocol::sheet::{self, Claim};

use super::Retraction;
use crate::node::Node;
use crate::problem::{Problem, exit};
use crate::reading::Reader;

/// What this organisation says about a record in a space.
#[derive(Debug, Default)]
pub(super) struct Own {
    record: Option<RecordId>,
    /// Every claim that was made, with its property.
    said: BTreeMap<ClaimId, Option<String>>,
    /// Those that were taken back.
    retracted: BTreeSet<ClaimId>,
    /// Those in whose place another stands, and which.
    replaced: BTreeMap<ClaimId, ClaimId>,
    /// True if nobody has said anything about the record yet.
    is_new: bool,
}

impl Own {
    /// Reads the sheets of this organisation.
    pub(super) fn of(node: &Node, space: SpaceId, record: RecordId) -> Result<Self, Problem> {
        let entries = node.index()?.entries_about(record)?;
        let governance = node.snapshot().governance;
        let mut own = Self { record: Some(record), is_new: entries.is_empty(), ..Self::default() };
        for (key, sheet) in sheet::fold_claims(&entries, governance.as_ref()).sheets {
            if key.space != space || Some(key.organisation) != node.own_organisation() {
                continue;
            }
            let replacements = sheet.replacements();
            own.replaced.extend(replacements.iter().filter_map(|(id, by)| Some((*id, *by.first()?))));
            for (id, said) in &sheet.claims {
                own.said.insert(*id, said.claim.prop().map(str::to_owned));
                if !sheet.is_live(*id) {
                    own.retracted.insert(*id);
                }
            }
        }
        Ok(own)
    }

    /// True if the claim was ever made, retracted ones too: an import that runs again says nothing twice.
    pub(super) fn has_said(&self, claim: ClaimId) -> bool {
        self.said.contains_key(&claim)
    }

    /// True if the claim stands.
    pub(super) fn says(&self, claim: ClaimId) -> bool {
        self.has_said(claim) && !self.retracted.contains(&claim) && !self.replaced.contains_key(&claim)
    }

    /// The claim so that it stands once it is said. Words that were taken back or replaced stay so: to say them once more on
    /// purpose takes a nonce. MODEL §2.
    pub(super) fn anew(&self, claim: Claim) -> Result<Claim, Problem> {
        if !self.has_said(claim.id()) || self.says(claim.id()) {
            return Ok(claim);
        }
        let mut members = claim.json().as_object().cloned().unwrap_or_default();
        let nonce: [u8; 16] = crate::clock::random()?;
        members.insert("nonce".into(), Json::text(to_hex(&nonce)));
        Claim::new(members).map_err(|error| Problem::fault(error.to_string()))
    }

    /// Passes if none of this is nonsense that could never be taken out again.
    ///
    /// # Errors
    /// [`Problem`] says what is; nothing is signed then.
    pub(super) fn check(&self, node: &Node, claims: &[Claim], retractions: &[Retraction]) -> Result<(), Problem> {
        claims.iter().try_for_each(|claim| self.check_replacement(claim))?;
        retractions.iter().try_for_each(|retraction| self.check_retraction(retraction.claim))?;
        if self.is_new {
            claims.iter().try_for_each(|claim| self.check_alias(node, claim))?;
        }
        Ok(())
    }

    fn check_replacement(&self, claim: &Claim) -> Result<(), Problem> {
        let Some(old) = claim.replaces().filter(|_| !self.says(claim.id())) else { return Ok(()) };
        let property = self.said.get(&old).ok_or_else(|| not_own(old))?;
        if self.retracted.contains(&old) {
            let values = [("claim", &*old.to_short())];
            return Err(Problem::told(exit::REFUSED, "retracted", "unsigned_this.retracted", &values));
        }
        if let Some(by) = self.replaced.get(&old) {
            let values = [("by", &*by.to_short()), ("claim", &*old.to_short())];
            return Err(Problem::told(exit::REFUSED, "replaced", "unsigned_this.replaced", &values));
        }
        if property.as_deref() != claim.prop() {
            let (due, found) = (property.as_deref().unwrap_or("nothing"), claim.prop().unwrap_or("nothing"));
            let values = [("claim", &*old.to_short()), ("due", due), ("found", found)];
            return Err(Problem::told(exit::REFUSED, "other_property", "unsigned_this.other_property", &values));
        }
        Ok(())
    }

    fn check_retraction(&self, claim: ClaimId) -> Result<(), Problem> {
        if !self.has_said(claim) {
            return Err(not_own(claim));
        }
        if self.retracted.contains(&claim) {
            let values = [("claim", &*claim.to_short())];
            return Err(Problem::told(exit::REFUSED, "retracted", "unsigned_this.retracted_before", &values));
        }
        Ok(())
    }

    /// A new record bears no alias that names another one: the alias would then name neither.
    fn check_alias(&self, node: &Node, claim: &Claim) -> Result<(), Problem> {
        let alias = claim.value().filter(|_| claim.prop() == Some("alias")).and_then(name_text);
        let Some(alias) = alias else { return Ok(()) };
        let taken = Reader::new(node).called(alias)?.into_iter().find(|record| Some(*record) != self.record);
        taken.map_or(Ok(()), |record| {
            let values = [("record", &*record.to_string()), ("alias", alias)];
            Err(Problem::told(exit::REFUSED, "alias_taken", "unsigned_this.alias_taken", &values))
        })
    }
}

fn not_own(claim: ClaimId) -> Problem {
    Problem::told(exit::NO, "not_found", "claim_not_own.here", &[("claim", &*claim.to_short())])
}
