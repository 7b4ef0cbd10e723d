//! Every claim as a reader sees it: whose word, on what, in which state, and what others say of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::json::Json;
use crate::id::{ClaimId, EntryId, OrganisationId, RecordId, SpaceId};
use crate::key::PublicKey;
use crate::limits;
use crate::model;
use crate::sheet::claim::Wording as Said;
use crate::sheet::{Claim, Sheet};
use crate::store::{Fault, SheetView};
use crate::time::Timestamp;

use super::material::{Material, distinct};
use super::opinions::{Listener, Opinions};
use super::origins::Origins;
use super::policy::Rank;
use super::replies::{Replies, Reply};
use super::{Computed, Property, Reference, Sheets, independence};

/// One claim of one organisation's sheet.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ShownClaim {
    /// The hash of its words.
    pub id: ClaimId,
    /// The record that it is about, where that is another one than the view's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// Whose sheet it stands in.
    pub organisation: OrganisationId,
    /// Where.
    pub space: SpaceId,
    /// Of the sheet.
    pub generation: u32,
    /// The value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// Records that the value names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<Reference>,
    /// The language of the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// The value as written in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// The cited body: the signer is not the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub according_to: Option<Reference>,
    /// What it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub basis: Vec<Basis>,
    /// The declared standard of proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard: Option<String>,
    /// The body's own words, or why they are not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wording: Option<Wording>,
    /// How likely, where the body said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likelihood: Option<String>,
    /// How confident, where the body said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
    /// The author's rating of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reliability: Option<String>,
    /// The author's rating of what the source says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credibility: Option<String>,
    /// TLP 2.0, where stricter than the space's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marking: Option<String>,
    /// When it was true or in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid: Option<String>,
    /// The claim that it takes the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<ClaimId>,
    /// Who signed it, by position: at least one.
    pub signed: Vec<Signed>,
    /// Live, retracted or replaced.
    pub state: State,
    /// Each retraction.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retracted: Vec<Retracted>,
    /// The live claims that take its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced_by: Vec<ClaimId>,
    /// What organisations say of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opinions: Vec<Opinion>,
    /// What subjects answered to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replies: Vec<Reply>,
    /// Its organisation while it is live, and who endorses these very words.
    pub stands_behind: BTreeSet<OrganisationId>,
    /// Who disputes it, or an earlier version of it: to restate a claim answers no dispute.
    pub disputed_by: BTreeSet<OrganisationId>,
    /// True if the policy lets it count in what is computed.
    pub counts: bool,
    /// True if it breaks the model: shown, and left out of what is computed.
    pub malformed: bool,
    /// True if its value has a code that this version does not know, though a later one may: shown, and left out of what is
    /// computed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
    /// The rules of the model that it breaks, and codes that this version does not know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// What readers are warned of: the flags of rules 9 to 16 of MODEL §7, with what their texts name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<model::Warning>,
    /// True if a source that it rests on was written down from memory, not read.
    pub unverified: bool,
}

/// Where a claim stands in its sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its organisation says it.
    Live,
    /// Another claim takes its place.
    Replaced,
    /// Taken back.
    Retracted,
}

/// One signature under a claim.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Signed {
    /// The contributor key.
    pub author: PublicKey,
    /// The entry.
    pub entry: EntryId,
    /// Its position.
    pub seq: u64,
    /// The time claimed.
    pub time: Timestamp,
}

/// One retraction.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Retracted {
    /// By whom, where and when.
    #[serde(flatten)]
    pub signed: Signed,
    /// Why, a code.
    pub reason: String,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A source that a claim rests on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Basis {
    /// The source or evidence; none if its id is malformed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Reference>,
    /// Page, paragraph or timecode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locator: Option<String>,
    /// True if it was written down from memory, not read.
    pub unverified: bool,
}

/// A body's words, or why they are not given.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Wording {
    /// Verbatim.
    Verbatim {
        /// The words.
        text: String,
        /// Their language.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lang: Option<String>,
    },
    /// Not given.
    Unavailable {
        /// Why, a code.
        unavailable: String,
    },
}

/// What an organisation says of a claim.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Opinion {
    /// Whose opinion.
    pub organisation: OrganisationId,
    /// The claim that says it.
    pub claim: ClaimId,
    /// endorse, dispute or corroborate.
    pub stance: String,
    /// Why, a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// True if it looked at an earlier version of this claim, which this one replaces.
    pub on_earlier: bool,
}

impl Wording {
    pub(super) fn of(claim: &Claim) -> Option<Self> {
        claim.wording().map(|wording| match wording {
            Said::Verbatim { text, lang } => Self::Verbatim { text: text.to_owned(), lang: lang.map(str::to_owned) },
            Said::Unavailable(code) => Self::Unavailable { unavailable: code.to_owned() },
        })
    }
}

impl ShownClaim {
    /// True if it takes part in what is computed.
    #[must_use]
    pub fn takes_part(&self) -> bool {
        self.state == State::Live && self.counts && !self.malformed && !self.unknown
    }

    /// The sources and evidence that it rests on.
    pub(super) fn bases(&self) -> impl Iterator<Item = RecordId> {
        self.basis.iter().filter_map(|basis| Some(basis.source.as_ref()?.record))
    }

    /// Who speaks: the cited body, else the organisation.
    pub(super) fn speaker(&self) -> (Option<RecordId>, OrganisationId) {
        match &self.according_to {
            Some(body) => (Some(body.record), OrganisationId::ZERO),
            None => (None, self.organisation),
        }
    }
}

/// A claim as it is shown, its words, and where the reader's policy puts it.
pub(super) struct Ranked {
    pub(super) shown: ShownClaim,
    pub(super) claim: Claim,
    pub(super) rank: Rank,
}

/// The claims of a record by property, in the reader's order, and what they rest on.
pub(super) struct Claims {
    pub(super) by_prop: BTreeMap<String, Vec<Ranked>>,
    pub(super) origins: Origins,
}

impl Claims {
    /// Reads the claims of a record; of several that are shown as one, those of each.
    pub(super) fn new<S: SheetView>(
        record: RecordId,
        all: &[(RecordId, &Sheets)],
        material: &mut Material<'_, S>,
    ) -> Result<Self, Fault> {
        let mut by_prop: BTreeMap<String, Vec<Ranked>> = BTreeMap::new();
        for (of, sheets) in all {
            let (opinions, replies) = (Opinions::new(sheets), Replies::new(sheets));
            for sheet in sheets.values() {
                let (standing, mut listener) = (Standings::new(sheet), Listener::new(&opinions, sheet));
                let answered = replies.on(sheet);
                for (id, said) in &sheet.claims {
                    let (mut shown, rank) = show(of.kind_code(), &standing, (*id, said), &mut listener, material)?;
                    shown.replies = replies.shown(&answered, of.kind_code(), said, material)?;
                    shown.record = (*of != record).then_some(*of);
                    let (prop, item) = (said.claim.prop(), Ranked { shown, claim: said.claim.clone(), rank });
                    match by_prop.get_mut(prop.unwrap_or_default()) {
                        Some(claims) => claims.push(item),
                        None => by_prop.extend([(prop.unwrap_or_default().to_owned(), vec![item])]),
                    }
                }
            }
        }
        let (mut bases, mut bodies) = (BTreeSet::new(), BTreeSet::new());
        for item in by_prop.values().flatten().filter(|item| item.shown.state == State::Live) {
            bases.extend(item.shown.bases());
            bodies.extend(item.shown.according_to.as_ref().map(|body| body.record));
        }
        let origins = Origins::new(record, bases, bodies, material)?;
        for item in by_prop.values_mut().flatten() {
            mark_withdrawn(&mut item.shown, &origins);
        }
        by_prop.values_mut().for_each(|claims| claims.sort_by_cached_key(place));
        Ok(Self { by_prop, origins })
    }
}

/// Says so where a claim rests on nothing that still stands. MODEL §8 journey 5.
fn mark_withdrawn(shown: &mut ShownClaim, origins: &Origins) {
    let is_withdrawn = |basis: &Basis| basis.source.as_ref().is_some_and(|source| origins.is_withdrawn(source.record));
    if shown.state == State::Live && !shown.basis.is_empty() && shown.basis.iter().all(is_withdrawn) {
        shown.flags.push(BASIS_WITHDRAWN.to_owned());
    }
}

/// The flag of a claim that rests on nothing but what was taken back.
const BASIS_WITHDRAWN: &str = "basis_withdrawn";

/// Every claim of the record by property, in the order of the model.
pub(super) fn properties<S: SheetView>(
    record: RecordId,
    all: &[(RecordId, &Sheets)],
    material: &mut Material<'_, S>,
) -> Result<Vec<Property>, Fault> {
    let kind = record.kind_code();
    let Claims { by_prop, mut origins } = Claims::new(record, all, material)?;
    let known: Vec<_> = model::properties(kind).map(|property| property.code).collect();
    let mut by_prop: Vec<_> = by_prop.into_iter().collect();
    by_prop.sort_by_key(|(prop, _)| known.iter().position(|code| code == prop).unwrap_or(usize::MAX));
    let mut properties = Vec::new();
    for (prop, claims) in by_prop {
        properties.push(property(kind, prop, claims, &mut origins, material)?);
    }
    Ok(properties)
}

/// By policy, then by position, then by entry: no clock.
fn place(item: &Ranked) -> (Rank, u64, EntryId, ClaimId, SpaceId, Option<RecordId>) {
    let shown = &item.shown;
    let first = shown.signed.first();
    let (seq, entry) = first.map_or((u64::MAX, EntryId::ZERO), |signed| (signed.seq, signed.entry));
    (item.rank, seq, entry, shown.id, shown.space, shown.record)
}

pub(super) fn property<S: SheetView>(
    kind: u8,
    prop: String,
    claims: Vec<Ranked>,
    origins: &mut Origins,
    material: &mut Material<'_, S>,
) -> Result<Property, Fault> {
    let known = model::property(kind, &prop);
    let mut computed = Computed::of(known, &claims);
    computed.corroboration = independence::corroboration(origins, &claims, material)?;
    Ok(Property {
        is_known: known.is_some(),
        is_single: known.is_some_and(|property| !property.cardinality.is_many()),
        accuses: known.is_some_and(|property| property.accuses),
        claims: claims.into_iter().map(|item| item.shown).collect(),
        computed,
        prop,
    })
}

fn show<S: SheetView>(
    kind: u8,
    standing: &Standings<'_>,
    (id, said): (ClaimId, &crate::sheet::Said),
    listener: &mut Listener<'_>,
    material: &mut Material<'_, S>,
) -> Result<(ShownClaim, Rank), Fault> {
    let (sheet, claim) = (standing.sheet, &said.claim);
    let organisation = sheet.key.organisation;
    let text = |member: &str| claim.text(member).map(str::to_owned);
    let verdict = standing.judge(kind, claim);
    let state = standing.state(id);
    let heard = listener.heard(id);
    let own = (state == State::Live).then_some(organisation);
    let basis = show_basis(claim, material)?;
    let mut refs = Vec::new();
    for record in claim.value_refs() {
        refs.push(material.reference(record)?);
    }
    let body = claim.according_to();
    let according_to = body.map(|body| material.reference(body)).transpose()?;
    let (rank, counts) = material.place(organisation, body)?;
    let shown = ShownClaim {
        id,
        record: None,
        organisation,
        space: sheet.key.space,
        generation: sheet.key.generation,
        value: claim.value().cloned(),
        refs,
        lang: text("lang"),
        original: text("original"),
        according_to,
        unverified: basis.iter().any(|basis| basis.unverified),
        basis,
        standard: text("standard"),
        wording: Wording::of(claim),
        likelihood: text("likelihood"),
        confidence: text("confidence"),
        reliability: text("reliability"),
        credibility: text("credibility"),
        marking: text("marking"),
        valid: text("valid"),
        replaces: claim.replaces(),
        signed: signed(said),
        state,
        retracted: retracted(sheet, id),
        replaced_by: standing.replaced_by(id).to_vec(),
        opinions: heard.opinions,
        replies: Vec::new(),
        stands_behind: own.into_iter().chain(heard.endorsed_by).collect(),
        disputed_by: heard.disputed_by,
        counts,
        malformed: verdict.malformed,
        unknown: verdict.unknown,
        flags: verdict.flags,
        warnings: Vec::new(),
    };
    Ok((shown, rank))
}

/// How the claims of one sheet stand: found once for all of them.
pub(super) struct Standings<'a> {
    pub(super) sheet: &'a Sheet,
    replaced_by: BTreeMap<ClaimId, Vec<ClaimId>>,
    /// True if it has a claim on whose basis the subjects that it names rest.
    has_weight: bool,
}

impl<'a> Standings<'a> {
    pub(super) fn new(sheet: &'a Sheet) -> Self {
        let mut claims = sheet.claims.values().map(|said| &said.claim);
        let has_weight = claims.any(|claim| matches!(claim.prop(), Some("outcome" | "reason")));
        Self { sheet, replaced_by: sheet.replacements(), has_weight }
    }

    /// Live, replaced or retracted: a claim taken back is no more, whatever took its place.
    pub(super) fn state(&self, id: ClaimId) -> State {
        if !self.sheet.is_live(id) {
            State::Retracted
        } else if self.replaced_by(id).is_empty() {
            State::Live
        } else {
            State::Replaced
        }
    }

    fn replaced_by(&self, id: ClaimId) -> &[ClaimId] {
        self.replaced_by.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Judges a claim of the sheet by the model: a subject rests on the basis of the conclusion that names it.
    pub(super) fn judge(&self, kind: u8, claim: &Claim) -> Verdict {
        Verdict::of(&model::check::check_said(kind, claim, self.has_weight))
    }
}

/// What the model says of one claim.
pub(super) struct Verdict {
    /// It breaks a rule. Words that this version does not know are no breach.
    pub(super) malformed: bool,
    /// Its value has a code that this version does not know.
    pub(super) unknown: bool,
    /// The rules that it breaks, and what is not known.
    pub(super) flags: Vec<String>,
}

impl Verdict {
    /// On a claim that rests on no other.
    pub(super) fn alone(kind: u8, claim: &Claim) -> Self {
        Self::of(&model::check::check_said(kind, claim, false))
    }

    fn of(problems: &[model::Problem]) -> Self {
        let is_unknown_value =
            |problem: &model::Problem| problem.code == "unknown_code" && problem.path.starts_with("claims[0].value");
        // What stands behind so many is not looked at: it has not the form of a claim, whatever they are.
        let beyond = (problems.len() >= limits::PROBLEMS_IN_CLAIM).then_some("wrong_type");
        let codes = || problems.iter().map(|problem| problem.code).chain(beyond);
        Self {
            malformed: codes().any(|code| !code.starts_with("unknown_")),
            unknown: problems.iter().any(is_unknown_value),
            flags: distinct(codes().map(str::to_owned)),
        }
    }

    /// True if the claim can be computed with.
    pub(super) const fn is_sound(&self) -> bool {
        !self.malformed && !self.unknown
    }
}

fn signed(said: &crate::sheet::Said) -> Vec<Signed> {
    let signers = said.signers.iter();
    let mut signed: Vec<_> = signers
        .map(|(entry, signer)| Signed { author: signer.author, entry: *entry, seq: signer.seq, time: signer.time })
        .collect();
    let (_, first) = said.position();
    signed.sort_by_key(|signed| (first != signed.entry, signed.seq, signed.entry));
    signed
}

fn retracted(sheet: &Sheet, id: ClaimId) -> Vec<Retracted> {
    let by = sheet.retractions.get(&id).into_iter().flatten();
    let mut retracted: Vec<_> = by
        .map(|(entry, retraction)| {
            let signer = retraction.signer;
            let signed = Signed { author: signer.author, entry: *entry, seq: signer.seq, time: signer.time };
            Retracted { signed, reason: retraction.reason.clone(), note: retraction.note.clone() }
        })
        .collect();
    retracted.sort_by_key(|retracted| (retracted.signed.seq, retracted.signed.entry));
    retracted
}

/// What a claim rests on, with what its sources are called.
pub(super) fn show_basis<S: SheetView>(claim: &Claim, material: &mut Material<'_, S>) -> Result<Vec<Basis>, Fault> {
    let mut shown = Vec::new();
    for basis in claim.basis() {
        let source = basis.record.map(|record| material.reference(record)).transpose()?;
        let unverified = match basis.record {
            Some(record) => material.is_unverified(record)?,
            None => false,
        };
        shown.push(Basis { source, locator: basis.locator.map(str::to_owned), unverified });
    }
    Ok(shown)
}
