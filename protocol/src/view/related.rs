//! Records that refer to this one, in a line each: who, according to whom, with which outcome. MODEL §8 journey 6.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::encoding::json::Json;
use crate::id::{ClaimId, EntryId, OrganisationId, RecordId, SpaceId};
use crate::key::PublicKey;
use crate::limits;
use crate::model::is_tried;
use crate::model::kinds::{ATTRIBUTION, FINDING};
use crate::sheet::{Said, Sheet};
use crate::store::{Fault, SheetView};
use crate::time::Timestamp;

use super::claims::{Opinion, Standings, State, Wording};
use super::compare::value_text;
use super::conclusions::{
    ByOrganisation, Contest, Outcome, accusing, elsewhere, first_claims, first_links, in_order, links, mentions,
    standings,
};
use super::contest::Voice;
use super::material::{Material, Spoken, distinct, spoken};
use super::opinions::{Heard, Opinions};
use super::policy::Rank;
use super::replies::{Replies, Reply};
use super::{DesignationState, Policy, Reference, Sheets, Terms, kind_name};

/// What one organisation says in a record that refers to this one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Line {
    /// The record that refers.
    pub record: Reference,
    /// The name of its kind.
    pub kind: String,
    /// The properties by which it refers.
    pub by: BTreeSet<String>,
    /// Who says that it refers.
    pub linked_by: BTreeSet<OrganisationId>,
    /// Who signed the claim that this line tells.
    pub organisation: OrganisationId,
    /// Where.
    pub space: SpaceId,
    /// The contributor key.
    pub author: PublicKey,
    /// The entry.
    pub entry: EntryId,
    /// Its position.
    pub seq: u64,
    /// The time claimed.
    pub time: Timestamp,
    /// The claim: the accusing one, or where there is none the one that refers.
    pub claim: ClaimId,
    /// The cited body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub according_to: Option<Reference>,
    /// The property of the claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prop: Option<String>,
    /// Its value: of a finding or attribution the outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// Whom the record is about, by this organisation's own word.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Reference>,
    /// Where it names nobody: whom others name in the same record, each for itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub subjects_by: BTreeMap<OrganisationId, Vec<Reference>>,
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
    /// When the body concluded, or the measure began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// What else a line of its kind tells: measures, authority, status, mandate, as text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, Vec<String>>,
    /// Live, replaced or retracted.
    pub state: State,
    /// Who endorses the claim.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub endorsed_by: BTreeSet<OrganisationId>,
    /// Who disputes it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub disputed_by: BTreeSet<OrganisationId>,
    /// What organisations say of it, with their reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opinions: Vec<Opinion>,
    /// What subjects answered to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replies: Vec<Reply>,
    /// True if the policy lets it count.
    pub counts: bool,
    /// True if it breaks the model.
    pub malformed: bool,
    /// True if its value has a code that this version does not know.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
    /// True if its organisation says that a source that it rests on was written down from memory.
    pub unverified: bool,
    /// Who else says so.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unverified_by: BTreeSet<OrganisationId>,
    /// Computed: true if another line excludes it.
    pub contested: bool,
    /// Computed, of a designation: whether it is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force: Option<DesignationState>,
}

/// The properties told besides, by kind.
const DETAILS: [&str; 7] = ["measure", "authority", "programme", "status", "mandate", "involvement", "incident"];

/// A line for each accusing claim of each record that refers to this one.
pub(super) fn lines<S: SheetView>(records: &[RecordId], material: &mut Material<'_, S>) -> Result<Vec<Line>, Fault> {
    let mut drafts = Vec::new();
    let mut referring = BTreeSet::new();
    for record in records {
        referring.extend(material.referring_to(*record)?);
    }
    for other in referring {
        if records.contains(&other) {
            continue;
        }
        let sheets = material.claims(other)?;
        let mentions = mentions(&sheets);
        let links = links(other.kind_code(), records, &mentions);
        if !links.is_empty() {
            let elsewhere = elsewhere(records, &mentions, &links);
            drafts.extend(Referring::new(other, (&sheets, &links), elsewhere, material)?.drafts(material)?);
        }
    }
    contest(&mut drafts);
    drafts.sort_by_key(|Draft { line, rank, .. }| {
        let record = line.record.record;
        (record.kind_code(), *rank, line.seq, line.entry, record, line.claim)
    });
    Ok(drafts.into_iter().map(|draft| draft.line).collect())
}

/// A record that refers, and what all its lines tell.
struct Referring<'a> {
    record: Reference,
    sheets: &'a Sheets,
    links: &'a [(&'a Sheet, &'a Said)],
    by: BTreeSet<String>,
    linked_by: BTreeSet<OrganisationId>,
    elsewhere: BTreeSet<OrganisationId>,
    subjects: BTreeMap<OrganisationId, Vec<RecordId>>,
    opinions: Opinions,
    replies: Replies<'a>,
    in_force: Option<DesignationState>,
}

/// What the lines of one organisation on one record tell.
struct Own {
    subjects: Vec<Reference>,
    subjects_by: BTreeMap<OrganisationId, Vec<Reference>>,
    /// All of them, by which lines are compared.
    named: Rc<[RecordId]>,
    date: Option<String>,
    details: BTreeMap<String, Vec<String>>,
}

/// A line, and whom it is about.
struct Draft {
    line: Line,
    rank: Rank,
    named: Rc<[RecordId]>,
}

impl<'a> Referring<'a> {
    fn new<S: SheetView>(
        record: RecordId,
        (sheets, links): (&'a Sheets, &'a [(&'a Sheet, &'a Said)]),
        elsewhere: BTreeSet<OrganisationId>,
        material: &mut Material<'_, S>,
    ) -> Result<Self, Fault> {
        let by: BTreeSet<_> = links.iter().filter_map(|(_, said)| said.claim.prop()).collect();
        let terms = Terms::of(record, sheets, material.context.policy);
        Ok(Self {
            record: material.reference(record)?,
            sheets,
            links,
            by: by.into_iter().take(limits::LINE_ITEMS).map(str::to_owned).collect(),
            linked_by: links.iter().map(|(sheet, _)| sheet.key.organisation).collect(),
            elsewhere,
            subjects: subjects(sheets),
            opinions: Opinions::new(sheets),
            replies: Replies::new(record, sheets),
            in_force: terms.map(|terms| terms.state(material.context.today)),
        })
    }

    /// By organisation, the claims that are told: the accusing ones, where it does not say that they are about others. Where nobody
    /// accuses who says that the record refers, what says so: the first claim of each organisation.
    fn told(&self) -> ByOrganisation<'a> {
        let mut told = accusing(self.record.record.kind_code(), self.sheets);
        told.retain(|whose, _| !self.elsewhere.contains(whose));
        if told.is_empty() { first_links(self.links) } else { told }
    }

    fn drafts<S: SheetView>(&self, material: &mut Material<'_, S>) -> Result<Vec<Draft>, Fault> {
        let standings = standings(self.sheets);
        let mut drafts = Vec::new();
        for (organisation, claims) in self.told() {
            let own = self.own(organisation, material)?;
            for (standing, said) in first_claims(&claims, &standings) {
                let line = self.line(standing, said, &own, material)?;
                let (rank, _) = material.place(organisation, said.claim.according_to())?;
                drafts.push(Draft { line, rank, named: Rc::clone(&own.named) });
            }
        }
        Ok(drafts)
    }

    fn line<S: SheetView>(
        &self,
        standing: &Standings<'_>,
        said: &Said,
        own: &Own,
        material: &mut Material<'_, S>,
    ) -> Result<Line, Fault> {
        let (claim, key) = (&said.claim, standing.sheet.key);
        let (id, (seq, entry)) = (claim.id(), said.position());
        let signer = said.signers.get(&entry).ok_or_else(|| Fault::of("a claim has no signer"))?;
        let mut unverified_by = BTreeSet::new();
        for source in claim.basis().into_iter().filter_map(|basis| basis.record) {
            unverified_by.extend(material.recalled_by(source)?.iter().copied());
        }
        let unverified = unverified_by.remove(&key.organisation);
        let Heard { opinions, endorsed_by, disputed_by } = self.opinions.heard_of(standing.sheet, id);
        let kind = self.record.record.kind_code();
        let replies = self.replies.shown(&self.replies.on(standing.sheet), kind, said, material)?;
        let verdict = standing.judge(kind, claim);
        let text = |member: &str| claim.text(member).map(str::to_owned);
        Ok(Line {
            record: self.record.clone(),
            kind: kind_name(self.record.record),
            by: self.by.clone(),
            linked_by: self.linked_by.clone(),
            organisation: key.organisation,
            space: key.space,
            author: signer.author,
            entry,
            seq,
            time: signer.time,
            claim: id,
            according_to: claim.according_to().map(|body| material.reference_by(body, key.organisation)).transpose()?,
            prop: text("prop"),
            value: claim.value().cloned(),
            subjects: own.subjects.clone(),
            subjects_by: own.subjects_by.clone(),
            standard: text("standard"),
            wording: Wording::of(claim),
            likelihood: text("likelihood"),
            confidence: text("confidence"),
            date: own.date.clone(),
            details: own.details.clone(),
            state: standing.state(id),
            endorsed_by,
            disputed_by,
            opinions,
            replies,
            counts: material.place(key.organisation, claim.according_to())?.1,
            malformed: verdict.malformed,
            unknown: verdict.unknown,
            unverified,
            unverified_by,
            contested: false,
            in_force: self.in_force.clone(),
        })
    }

    fn own<S: SheetView>(&self, organisation: OrganisationId, material: &mut Material<'_, S>) -> Result<Own, Fault> {
        let everybody = Policy::default();
        let own = self.sheets.values().filter(|sheet| sheet.key.organisation == organisation);
        let own = Spoken::new(own, &everybody);
        let subjects = self.subjects.get(&organisation).cloned().unwrap_or_default();
        let mut named = |records: &[RecordId], by| -> Result<Vec<Reference>, Fault> {
            let told = records.iter().take(limits::LINE_ITEMS);
            told.map(|record| material.reference_by(*record, by)).collect()
        };
        let mut subjects_by = BTreeMap::new();
        for (other, records) in self.subjects.iter().filter(|_| subjects.is_empty()) {
            subjects_by.insert(*other, named(records, *other)?);
        }
        Ok(Own {
            subjects: named(&subjects, organisation)?,
            subjects_by,
            named: in_order(subjects),
            date: date(&own),
            details: details(&own, organisation, material)?,
        })
    }
}

/// Whom each organisation says that a record is about: of the parties of a case, those whom it tries.
pub(super) fn subjects(sheets: &Sheets) -> BTreeMap<OrganisationId, Vec<RecordId>> {
    let is_about = |said: &Said| said.claim.prop() != Some("party") || said.claim.value().is_some_and(is_tried);
    let mut subjects: BTreeMap<_, Vec<RecordId>> = BTreeMap::new();
    for (sheet, said) in spoken(sheets, &Policy::default(), &["subject", "party"]).filter(|(_, said)| is_about(said)) {
        subjects.entry(sheet.key.organisation).or_default().extend(said.claim.value_refs());
    }
    subjects.into_iter().map(|(whose, named)| (whose, distinct(named))).collect()
}

fn date(own: &Spoken<'_>) -> Option<String> {
    let (_, said) = own.of(&["date", "start", "captured_at", "deadline"]).into_iter().next()?;
    said.claim.value().and_then(Json::as_text).map(str::to_owned)
}

fn details<S: SheetView>(
    own: &Spoken<'_>,
    organisation: OrganisationId,
    material: &mut Material<'_, S>,
) -> Result<BTreeMap<String, Vec<String>>, Fault> {
    let mut details: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for prop in DETAILS {
        let mut texts = Vec::new();
        for (_, said) in own.of(&[prop]) {
            let Some(value) = said.claim.value() else { continue };
            let mut text = value_text(value);
            if let Ok(record) = RecordId::parse(&text) {
                let reference = material.reference_by(record, organisation)?;
                text = reference.labels.first().map_or(text, |words| words.text.clone());
            }
            texts.push(text);
        }
        let mut texts = distinct(texts);
        texts.truncate(limits::LINE_ITEMS);
        if !texts.is_empty() {
            details.insert(prop.to_owned(), texts);
        }
    }
    Ok(details)
}

/// Marks lines of different organisations or cited bodies that exclude each other.
fn contest(drafts: &mut [Draft]) {
    let mut contest = Contest::default();
    for draft in drafts.iter() {
        if let Some(outcome) = draft.line.outcome() {
            contest.take(draft.line.voice(), outcome, Rc::clone(&draft.named));
        }
    }
    for draft in drafts {
        let Some(outcome) = draft.line.outcome() else { continue };
        draft.line.contested = contest.excludes(draft.line.voice(), outcome, &draft.named);
    }
}

impl Line {
    /// The outcome of a finding or attribution, if the line takes part in what is computed.
    fn outcome(&self) -> Option<Outcome> {
        let takes_part = self.state == State::Live && self.counts && !self.malformed && !self.unknown;
        let is_conclusion = matches!(self.record.record.kind_code(), FINDING | ATTRIBUTION);
        let value = self.value.as_ref().filter(|_| takes_part && is_conclusion)?;
        value.as_text().filter(|_| self.prop.as_deref() == Some("outcome")).and_then(Outcome::of)
    }

    fn voice(&self) -> Voice {
        (self.organisation, self.according_to.as_ref().map(|body| body.record))
    }
}
