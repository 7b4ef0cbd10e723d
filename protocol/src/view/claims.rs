//! Every claim as a reader sees it: whose word, on what, in which state, and what others say of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::json::Json;
use crate::id::{ClaimId, EntryId, OrganisationId, RecordId, SpaceId};
use crate::key::PublicKey;
use crate::limits;
use crate::model;
use crate::sheet::claim::Wording as Spelt;
use crate::sheet::{Claim, Said, Sheet};
use crate::store::{Fault, SheetView};
use crate::time::Timestamp;

use super::material::{Material, distinct};
use super::opinions::{Listener, Opinions};
use super::origins::Origins;
use super::policy::Rank;
use super::replies::{Answered, Replies, Reply};
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
    /// True if its organisation says that a source that it rests on was written down from memory, not read.
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
    /// True if the words break the model.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub malformed: bool,
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
    /// True if who cites it says that it was written down from memory, not read.
    pub unverified: bool,
    /// Who else says so.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unverified_by: BTreeSet<OrganisationId>,
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

impl Wording {
    /// True if what stands beside it is told in other words than the body's.
    #[must_use]
    pub fn is_paraphrase(&self) -> bool {
        matches!(self, Self::Unavailable { unavailable } if unavailable == "paraphrase")
    }
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
            Spelt::Verbatim { text, lang } => Self::Verbatim { text: text.to_owned(), lang: lang.map(str::to_owned) },
            Spelt::Unavailable(code) => Self::Unavailable { unavailable: code.to_owned() },
        })
    }
}

impl ShownClaim {
    /// True if it takes part in what is computed.
    #[must_use]
    pub fn takes_part(&self) -> bool {
        self.state == State::Live && self.counts && !self.malformed && !self.unknown
    }

    /// Takes the value and the members that are words or codes.
    fn take_words(&mut self, claim: &Claim) {
        for (member, value) in claim.json().as_object().into_iter().flatten() {
            let taken = match member.as_str() {
                "value" => {
                    self.value = Some(value.clone());
                    continue;
                }
                "lang" => &mut self.lang,
                "original" => &mut self.original,
                "standard" => &mut self.standard,
                "likelihood" => &mut self.likelihood,
                "confidence" => &mut self.confidence,
                "reliability" => &mut self.reliability,
                "credibility" => &mut self.credibility,
                "marking" => &mut self.marking,
                "valid" => &mut self.valid,
                _ => continue,
            };
            *taken = value.as_text().map(str::to_owned);
        }
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
#[derive(Clone, Copy)]
pub(super) struct Ranked<'a> {
    pub(super) shown: &'a ShownClaim,
    pub(super) claim: &'a Claim,
    pub(super) rank: Rank,
}

/// The claims of one property, in the reader's order, with their words and ranks beside them.
#[derive(Default)]
pub(super) struct Listed<'a> {
    shown: Vec<ShownClaim>,
    beside: Vec<(&'a Claim, Rank)>,
}

impl Listed<'_> {
    pub(super) fn ranked(&self) -> Vec<Ranked<'_>> {
        let both = self.shown.iter().zip(&self.beside);
        both.map(|(shown, (claim, rank))| Ranked { shown, claim, rank: *rank }).collect()
    }
}

/// The claims of a record by property, and what they rest on.
pub(super) struct Claims<'a> {
    pub(super) by_prop: BTreeMap<&'a str, Listed<'a>>,
    pub(super) origins: Origins,
}

impl<'a> Claims<'a> {
    /// Reads the claims of a record; of several that are shown as one, those of each.
    ///
    /// They are put in order before they are shown: what is shown of a claim is large, and thousands of them are not moved about.
    pub(super) fn new<S: SheetView>(
        record: RecordId,
        all: &[(RecordId, &'a Sheets)],
        material: &mut Material<'_, S>,
    ) -> Result<Self, Fault> {
        let heard: Vec<_> = all.iter().map(|(of, sheets)| (Opinions::new(sheets), Replies::new(*of, sheets))).collect();
        let mut around = Vec::new();
        let mut due: BTreeMap<&str, Vec<Due<'_>>> = BTreeMap::new();
        for ((of, sheets), (opinions, replies)) in all.iter().zip(&heard) {
            for sheet in sheets.values() {
                let record = (*of != record).then_some(*of);
                for said in sheet.claims.values() {
                    let next = Due::new(around.len(), sheet, (said, record), material)?;
                    due.entry(said.claim.prop().unwrap_or_default()).or_default().push(next);
                }
                around.push(Around::new((*of, record), sheet, opinions, replies));
            }
        }
        let mut by_prop = BTreeMap::new();
        for (prop, mut due) in due {
            due.sort_by_key(|due| due.place);
            let mut shown = Vec::with_capacity(due.len());
            for due in &due {
                if let Some(around) = around.get_mut(due.around) {
                    shown.push(around.show(due, material)?);
                }
            }
            let beside = due.iter().map(|due| (&due.said.claim, due.place.0)).collect();
            by_prop.insert(prop, Listed { shown, beside });
        }
        let shown = || by_prop.values().flat_map(|listed: &Listed<'_>| &listed.shown);
        let (mut bases, mut bodies) = (BTreeSet::new(), BTreeSet::new());
        for shown in shown().filter(|shown| shown.state == State::Live) {
            bases.extend(shown.bases());
            bodies.extend(shown.according_to.as_ref().map(|body| body.record));
        }
        let origins = Origins::new(record, bases, bodies, material)?;
        if origins.has_withdrawn() {
            by_prop.values_mut().flat_map(|listed| &mut listed.shown).for_each(|shown| mark_withdrawn(shown, &origins));
        }
        Ok(Self { by_prop, origins })
    }
}

/// Where a claim is told: by policy, then by position, then by entry: no clock.
type Place = (Rank, u64, EntryId, ClaimId, SpaceId, Option<RecordId>);

/// A claim that is to be shown.
struct Due<'a> {
    place: Place,
    /// The sheet it stands in, by its place among those that are read.
    around: usize,
    said: &'a Said,
    body: Option<RecordId>,
    counts: bool,
}

impl<'a> Due<'a> {
    fn new<S: SheetView>(
        around: usize,
        sheet: &Sheet,
        (said, record): (&'a Said, Option<RecordId>),
        material: &mut Material<'_, S>,
    ) -> Result<Self, Fault> {
        let body = said.claim.according_to();
        let (rank, counts) = material.place(sheet.key.organisation, body)?;
        let (_, entry) = said.position();
        let seq = said.signers.get(&entry).map_or(u64::MAX, |signer| signer.seq);
        let place = (rank, seq, entry, said.claim.id(), sheet.key.space, record);
        Ok(Self { place, around, said, body, counts })
    }
}

/// One sheet, and what is said of its claims.
struct Around<'a> {
    kind: u8,
    /// The record that it is about, where that is another one than the view's.
    record: Option<RecordId>,
    standing: Standings<'a>,
    listener: Listener<'a>,
    replies: &'a Replies<'a>,
    answered: Answered,
}

impl<'a> Around<'a> {
    fn new(
        (of, record): (RecordId, Option<RecordId>),
        sheet: &'a Sheet,
        opinions: &'a Opinions,
        replies: &'a Replies<'a>,
    ) -> Self {
        Self {
            kind: of.kind_code(),
            record,
            standing: Standings::new(sheet),
            listener: Listener::new(opinions, sheet),
            replies,
            answered: replies.on(sheet),
        }
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
    let mut properties = Vec::with_capacity(by_prop.len());
    for (prop, claims) in by_prop {
        properties.push(property(kind, prop, claims, &mut origins, material)?);
    }
    Ok(properties)
}

pub(super) fn property<S: SheetView>(
    kind: u8,
    prop: &str,
    listed: Listed<'_>,
    origins: &mut Origins,
    material: &mut Material<'_, S>,
) -> Result<Property, Fault> {
    let known = model::property(kind, prop);
    let claims = listed.ranked();
    let mut computed = Computed::of(known, &claims);
    computed.corroboration = independence::corroboration(origins, &claims, material)?;
    Ok(Property {
        is_known: known.is_some(),
        is_single: known.is_some_and(|property| !property.cardinality.is_many()),
        accuses: known.is_some_and(|property| property.accuses),
        claims: listed.shown,
        computed,
        prop: prop.to_owned(),
    })
}

impl Around<'_> {
    fn show<S: SheetView>(&mut self, due: &Due<'_>, material: &mut Material<'_, S>) -> Result<ShownClaim, Fault> {
        let (said, claim, id) = (due.said, &due.said.claim, due.said.claim.id());
        let sheet = self.standing.sheet;
        let verdict = self.standing.judge(self.kind, claim);
        let state = self.standing.state(id);
        let heard = self.listener.heard(id);
        let mut stands_behind = heard.endorsed_by;
        stands_behind.extend((state == State::Live).then_some(sheet.key.organisation));
        let basis = material.basis(claim, sheet.key.organisation)?;
        let mut refs = Vec::new();
        for record in claim.value_refs() {
            refs.push(material.reference_by(record, sheet.key.organisation)?);
        }
        let mut shown = ShownClaim {
            id,
            record: self.record,
            organisation: sheet.key.organisation,
            space: sheet.key.space,
            generation: sheet.key.generation,
            value: None,
            refs,
            lang: None,
            original: None,
            according_to: due.body.map(|body| material.reference_by(body, sheet.key.organisation)).transpose()?,
            unverified: basis.iter().any(|basis| basis.unverified),
            basis,
            standard: None,
            wording: Wording::of(claim),
            likelihood: None,
            confidence: None,
            reliability: None,
            credibility: None,
            marking: None,
            valid: None,
            replaces: claim.replaces(),
            signed: signed(said),
            state,
            retracted: retracted(sheet, id),
            replaced_by: self.standing.replaced_by(id).to_vec(),
            opinions: heard.opinions,
            replies: self.replies.shown(&self.answered, self.kind, said, material)?,
            stands_behind,
            disputed_by: heard.disputed_by,
            counts: due.counts,
            malformed: verdict.malformed,
            unknown: verdict.unknown,
            flags: verdict.flags,
            warnings: Vec::new(),
        };
        shown.take_words(claim);
        Ok(shown)
    }
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
        let kind = sheet.key.record.kind_code();
        // One that was taken back, or lacks basis or wording itself, carries nobody.
        let carries = |claim: &Claim| {
            matches!(claim.prop(), Some("outcome" | "reason"))
                && model::check::check_said(kind, claim, false).is_empty()
        };
        let has_weight = sheet.standing_claims().any(|(_, said)| carries(&said.claim));
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

fn signed(said: &Said) -> Vec<Signed> {
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
            let note = retraction.note.clone();
            let malformed = note.as_deref().is_some_and(|note| !model::check_note(note, "note").is_empty());
            Retracted { signed, reason: retraction.reason.clone(), note, malformed }
        })
        .collect();
    retracted.sort_by_key(|retracted| (retracted.signed.seq, retracted.signed.entry));
    retracted
}
