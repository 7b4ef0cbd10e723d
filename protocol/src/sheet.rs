//! What one organisation says about one record, in one space and generation: claims, retractions, narratives. DESIGN §5.
//!
//! Only that organisation's entries are in it, so nobody can overwrite another's words. A sheet is folded from a set of
//! entries: the order in which they came does not matter. Governance is asked through a [`Judge`]; all else is judged here.

use std::collections::{BTreeMap, BTreeSet};

use crate::breakage::{self, Breakage};
use crate::encoding::json::Json;
use crate::entry::{Header, Kind};
use crate::few::Few;
use crate::id::{ClaimId, EntryId, NarrativeId, OrganisationId, RecordId, SpaceId};
use crate::key::PublicKey;
use crate::log::Authentic;
use crate::standing::{Judge, Standing};
use crate::time::Timestamp;

pub mod claim;
pub mod content;
mod document;
mod edits;
mod fold;
mod forks;
mod mentions;
pub mod narrative;
pub mod operations;
pub mod write;

pub use claim::Claim;
pub use content::{Defect, Redaction};
pub use document::{Content, DocumentFault};
pub use mentions::{Mentions, mentions};
pub use operations::{Operation, Operations, Retract};

/// Which sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct SheetKey {
    /// The space that it is written in.
    pub space: SpaceId,
    /// The record that it is about.
    pub record: RecordId,
    /// The organisation whose words it holds.
    pub organisation: OrganisationId,
    /// Counts redactions: what remains after one is restated in the next generation.
    pub generation: u32,
}

impl SheetKey {
    /// The sheet that a header names.
    #[must_use]
    pub const fn of(header: &Header) -> Self {
        Self {
            space: header.space,
            record: header.record,
            organisation: header.organisation,
            generation: header.generation,
        }
    }
}

/// What one organisation says about one record. Only what counts has effect; the rest is named in `left_out`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Which sheet.
    pub key: SheetKey,
    /// Every claim, retracted ones too.
    pub claims: BTreeMap<ClaimId, Said>,
    /// Retractions, by the claim they take back, which need not be there.
    pub retractions: BTreeMap<ClaimId, BTreeMap<EntryId, Retraction>>,
    /// Texts that colleagues write together.
    pub narratives: BTreeMap<NarrativeId, Narrative>,
    /// Redactions that name this sheet and count.
    pub redactions: BTreeMap<EntryId, (Signer, Redaction)>,
    /// Entries that do not count, and why.
    pub left_out: BTreeMap<EntryId, LeftOut>,
}

/// Who signed an entry, where and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Signer {
    /// Position in the author's log.
    pub seq: u64,
    /// The contributor key.
    pub author: PublicKey,
    /// The time claimed. Orders nothing.
    pub time: Timestamp,
}

/// A claim and those who signed it: the same words said twice are one claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The words.
    pub claim: Claim,
    /// By entry.
    pub signers: Few<EntryId, Signer>,
}

/// One retraction of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retraction {
    /// By whom.
    pub signer: Signer,
    /// Why, a code.
    pub reason: String,
    /// Why, in words.
    pub note: Option<String>,
}

/// A text that colleagues write together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrative {
    /// The text that all edits that count make.
    pub text: String,
    /// The edits that no other edit stands on: what the next one names in `after`.
    pub heads: BTreeSet<EntryId>,
    /// The edits that count, and who made them.
    pub edits: BTreeMap<EntryId, Signer>,
    changes: Vec<narrative::Change>,
}

/// An entry that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Who signed it.
    pub signer: Signer,
    /// What it is.
    pub kind: Kind,
    /// Why it does not count.
    pub standing: Standing,
    /// The rule that it breaks, if it is inert.
    pub defect: Option<Defect>,
    /// What takes its ground away, if it is void.
    pub cause: Option<Cause>,
}

/// The entry behind a void edit that does not count, and why that does not: the first on its way back that is not void itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cause {
    /// Which entry.
    pub entry: EntryId,
    /// Why it does not count.
    pub standing: Standing,
}

/// Sheets, and what became of every entry that was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folded {
    /// Every sheet that an entry names.
    pub sheets: BTreeMap<SheetKey, Sheet>,
    /// The standing of each entry, those without a sheet too.
    pub standings: BTreeMap<EntryId, Standing>,
}

/// Folds entries into the sheets that they name, and judges each.
///
/// All entries held about a record have to be given together: an edit may stand on any of them.
pub fn fold<'a>(entries: impl IntoIterator<Item = &'a Authentic>, judge: &(impl Judge + ?Sized)) -> Folded {
    fold::Fold::new(entries, judge).finish(true)
}

/// Folds claims and retractions alone. Edits are not run: narratives are absent, and so are the standings of edits that
/// governance has nothing against.
pub fn fold_claims<'a>(entries: impl IntoIterator<Item = &'a Authentic>, judge: &(impl Judge + ?Sized)) -> Folded {
    fold::Fold::new(entries, judge).finish(false)
}

/// The ids of the claims in a payload; none of one that is no change.
#[must_use]
pub fn claim_ids(payload: &[u8]) -> Vec<ClaimId> {
    claims_in(payload).iter().map(Claim::id).collect()
}

/// The claims in a payload; none of one that is no change.
#[must_use]
pub fn claims_in(payload: &[u8]) -> Vec<Claim> {
    let Ok(Operations::Claims(operations)) = Operations::parse(payload) else { return Vec::new() };
    let claim = |operation: Operation| match operation {
        Operation::Claim(claim) => Some(claim),
        Operation::Retract(_) => None,
    };
    operations.into_iter().filter_map(claim).collect()
}

impl Sheet {
    fn new(key: SheetKey) -> Self {
        Self {
            key,
            claims: BTreeMap::new(),
            retractions: BTreeMap::new(),
            narratives: BTreeMap::new(),
            redactions: BTreeMap::new(),
            left_out: BTreeMap::new(),
        }
    }

    /// True if the claim is there and was not taken back. A claim that another replaces is still live: see
    /// [`Sheet::replacements`].
    #[must_use]
    pub fn is_live(&self, claim: ClaimId) -> bool {
        self.claims.contains_key(&claim) && !self.retractions.contains_key(&claim)
    }

    /// Of each claim that another takes the place of, the live ones that say so, ascending.
    #[must_use]
    pub fn replacements(&self) -> BTreeMap<ClaimId, Vec<ClaimId>> {
        let mut replacements: BTreeMap<ClaimId, Vec<ClaimId>> = BTreeMap::new();
        for (id, said) in self.live_claims() {
            if let Some(old) = said.claim.replaces() {
                replacements.entry(old).or_default().push(id);
            }
        }
        replacements
    }

    /// The claims that stand: neither taken back nor replaced.
    pub fn standing_claims(&self) -> impl Iterator<Item = (ClaimId, &Said)> {
        let replaced: BTreeSet<_> = self.live_claims().filter_map(|(_, said)| said.claim.replaces()).collect();
        self.live_claims().filter(move |(id, _)| !replaced.contains(id))
    }

    /// The claims that were not taken back, replaced ones too.
    fn live_claims(&self) -> impl Iterator<Item = (ClaimId, &Said)> {
        let claims = self.claims.iter().map(|(id, said)| (*id, said));
        claims.filter(|(id, _)| !self.retractions.contains_key(id))
    }

    /// True if no change of it counts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty() && self.retractions.is_empty() && self.narratives.is_empty()
    }

    /// The content as the digest covers it. format §8.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let text = |id: &dyn std::fmt::Display| Json::Text(id.to_string());
        let claims = self.claims.keys().map(|id| text(id)).collect();
        let retracted = self.retractions.iter().flat_map(|(claim, by)| by.keys().map(move |entry| (claim, entry)));
        let retracted = retracted.map(|(claim, entry)| Json::List(vec![text(claim), text(entry)])).collect();
        let texts = self.narratives.iter();
        let texts = texts.map(|(id, narrative)| Json::List(vec![text(id), Json::text(&narrative.text)])).collect();
        Json::object([
            ("claims", Json::List(claims)),
            ("retracted", Json::List(retracted)),
            ("texts", Json::List(texts)),
        ])
    }

    fn said(&mut self, entry: EntryId, signer: Signer, operation: Operation) {
        match operation {
            Operation::Claim(claim) => {
                let said = self.claims.entry(claim.id()).or_insert(Said { claim, signers: Few::new() });
                said.signers.insert(entry, signer);
            }
            Operation::Retract(Retract { claim, .. }) if breakage::is_out(Breakage::RetractShowsBoth) => {
                self.claims.remove(&claim);
            }
            Operation::Retract(Retract { claim, reason, note }) => {
                let by = self.retractions.entry(claim).or_default();
                // One entry may name a claim twice; what it says first stands.
                by.entry(entry).or_insert(Retraction { signer, reason, note });
            }
        }
    }
}

impl Signer {
    /// The signer that a header names.
    #[must_use]
    pub const fn of(header: &Header) -> Self {
        Self { seq: header.seq, author: header.author, time: header.time }
    }
}

impl Said {
    /// Where it was first said: the lowest position, then the lowest entry id. No clock orders anything.
    #[must_use]
    pub fn position(&self) -> (u64, EntryId) {
        if breakage::is_out(Breakage::ClockIrrelevant) {
            let earliest = self.signers.iter().map(|(id, signer)| (signer.time.0, *id)).min();
            return earliest.unwrap_or((u64::MAX, EntryId::ZERO));
        }
        let first = self.signers.iter().map(|(id, signer)| (signer.seq, *id)).min();
        first.unwrap_or((u64::MAX, EntryId::ZERO))
    }
}
