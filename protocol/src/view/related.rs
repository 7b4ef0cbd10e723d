//! Records that refer to this one, in a line each: who, according to whom, with which outcome. MODEL §8 journey 6.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::encoding::json::Json;
use crate::id::{ClaimId, EntryId, OrganisationId, RecordId, SpaceId};
use crate::key::PublicKey;
use crate::limits;
use crate::model::kinds::{ATTRIBUTION, CASE, DESIGNATION, FINDING, INCIDENT, SUBJECT};
use crate::model::{self, is_tried};
use crate::sheet::{Said, Sheet};
use crate::store::{Fault, SheetView};
use crate::time::Timestamp;

use super::claims::{Opinion, Standings, State, Wording};
use super::compare::value_text;
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
        let links = links(other.kind_code(), records, &sheets);
        if !links.is_empty() {
            drafts.extend(Referring::new(other, records, &sheets, &links, material)?.drafts(material)?);
        }
    }
    contest(&mut drafts);
    drafts.sort_by_key(|Draft { line, rank, .. }| {
        let record = line.record.record;
        (record.kind_code(), *rank, line.seq, line.entry, record, line.claim)
    });
    Ok(drafts.into_iter().map(|draft| draft.line).collect())
}

/// The claims that stand and name one of the records, with their sheets: what is said of other claims comes last, so that a
/// reply to an accusation is not told in its place. Whom a claim on a conclusion, measure or case names in passing, as a judgement does, is
/// not thereby whom it is about.
fn links<'a>(kind: u8, records: &[RecordId], sheets: &'a Sheets) -> Vec<(&'a Sheet, &'a Said)> {
    let mut found = Vec::new();
    for sheet in sheets.values() {
        let names = |said: &Said| {
            let named = said.claim.refs();
            records.iter().any(|record| named.contains(record) && may_link(kind, said, *record))
        };
        let naming = sheet.standing_claims().filter(|(_, said)| names(said));
        found.extend(naming.map(|(_, said)| (sheet, said)));
    }
    found.sort_by_key(|(sheet, said)| (is_aside(said), said.position(), sheet.key));
    found
}

/// False where a conclusion, measure or case names a subject, and says not that it is about it; and where its kind has no such word.
fn may_link(kind: u8, said: &Said, record: RecordId) -> bool {
    let is_about_somebody = matches!(kind, FINDING | ATTRIBUTION | DESIGNATION | CASE) && record.kind_code() == SUBJECT;
    let prop = said.claim.prop().filter(|prop| matches!(*prop, "subject" | "party"));
    !is_about_somebody || prop.is_some_and(|prop| model::property(kind, prop).is_some())
}

/// True for what is said of claims and records, and of nothing that a record is about.
fn is_aside(said: &Said) -> bool {
    matches!(said.claim.prop(), Some("response" | "opinion" | "judgement"))
}

/// Organisations that say that the record is about others than these, and not that it is about one of these: their words are no
/// accusation here, whoever else brings the record to this page.
fn elsewhere(records: &[RecordId], sheets: &Sheets, links: &[(&Sheet, &Said)]) -> BTreeSet<OrganisationId> {
    let mut props: BTreeSet<&str> =
        links.iter().filter(|(_, said)| !is_aside(said)).filter_map(|(_, said)| said.claim.prop()).collect();
    for record in records {
        props.extend(match record.kind_code() {
            INCIDENT => &["incident"][..],
            SUBJECT => &["subject", "party"][..],
            _ => &[],
        });
    }
    let (mut here, mut there, mut was_here) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut was_there = BTreeSet::new();
    for sheet in sheets.values() {
        let about = sheet.claims.values().filter(|said| said.claim.prop().is_some_and(|prop| props.contains(prop)));
        let standing: BTreeSet<ClaimId> = sheet.standing_claims().map(|(id, _)| id).collect();
        for said in about {
            let (named, whose) = (said.claim.refs(), sheet.key.organisation);
            let is_here = records.iter().any(|record| named.contains(record));
            let is_like = |other: &RecordId| records.iter().any(|record| record.kind_code() == other.kind_code());
            if !is_here && !named.iter().any(is_like) {
                continue;
            }
            let stands = standing.contains(&said.claim.id());
            let sides = if is_here { [&mut here, &mut was_here] } else { [&mut there, &mut was_there] };
            let [now, ever] = sides;
            now.extend(stands.then_some(whose));
            ever.insert(whose);
        }
    }
    let has_left = |whose: &OrganisationId| there.contains(whose) || !was_here.contains(whose);
    was_there.into_iter().filter(|whose| !here.contains(whose) && has_left(whose)).collect()
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
    named: Rc<BTreeSet<RecordId>>,
    date: Option<String>,
    details: BTreeMap<String, Vec<String>>,
}

/// A line, and whom it is about.
struct Draft {
    line: Line,
    rank: Rank,
    named: Rc<BTreeSet<RecordId>>,
}

impl<'a> Referring<'a> {
    fn new<S: SheetView>(
        record: RecordId,
        records: &[RecordId],
        sheets: &'a Sheets,
        links: &'a [(&'a Sheet, &'a Said)],
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
            elsewhere: elsewhere(records, sheets, links),
            subjects: subjects(sheets),
            opinions: Opinions::new(sheets),
            replies: Replies::new(record, sheets),
            in_force: terms.map(|terms| terms.state(material.context.today)),
        })
    }

    /// By organisation, the claims that are told: the accusing ones, where it does not say that they are about others. Where nobody
    /// accuses who says that the record refers, what says so: the first claim of each organisation.
    fn told(&self) -> BTreeMap<OrganisationId, Vec<(&'a Sheet, &'a Said)>> {
        let mut told: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let accusing = accusing_prop(self.record.record.kind_code());
        for sheet in self.sheets.values().filter(|sheet| !self.elsewhere.contains(&sheet.key.organisation)) {
            let claims = sheet.claims.values().filter(|said| accusing.is_some() && said.claim.prop() == accusing);
            let claims: Vec<_> = claims.map(|said| (sheet, said)).collect();
            if !claims.is_empty() {
                told.entry(sheet.key.organisation).or_default().extend(claims);
            }
        }
        if told.is_empty() {
            for (sheet, said) in self.links {
                told.entry(sheet.key.organisation).or_insert_with(|| vec![(*sheet, *said)]);
            }
        }
        told
    }

    fn drafts<S: SheetView>(&self, material: &mut Material<'_, S>) -> Result<Vec<Draft>, Fault> {
        let standings: BTreeMap<_, _> = self.sheets.iter().map(|(key, sheet)| (*key, Standings::new(sheet))).collect();
        let mut drafts = Vec::new();
        for (organisation, claims) in self.told() {
            let own = self.own(organisation, material)?;
            let mut claims: Vec<_> =
                claims.iter().filter_map(|(sheet, said)| Some((standings.get(&sheet.key)?, *said))).collect();
            // What is live comes first, so that a long history does not crowd it out.
            claims.sort_by_cached_key(|(standing, said)| {
                let id = said.claim.id();
                (standing.state(id), said.position(), standing.sheet.key, id)
            });
            for (standing, said) in claims.into_iter().take(limits::LINES_OF_ONE) {
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
            named: Rc::new(subjects.into_iter().collect()),
            date: date(&own),
            details: details(&own, organisation, material)?,
        })
    }
}

const fn accusing_prop(kind: u8) -> Option<&'static str> {
    match kind {
        FINDING | ATTRIBUTION => Some("outcome"),
        DESIGNATION => Some("reason"),
        _ => None,
    }
}

/// Whom each organisation says that a record is about: of the parties of a case, those whom it tries.
fn subjects(sheets: &Sheets) -> BTreeMap<OrganisationId, Vec<RecordId>> {
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
    let mut groups: BTreeMap<(String, Rc<BTreeSet<RecordId>>), Voices> = BTreeMap::new();
    for draft in drafts.iter() {
        if let Some(outcome) = draft.line.outcome() {
            groups.entry((outcome.to_owned(), Rc::clone(&draft.named))).or_default().take(draft.line.voice());
        }
    }
    for draft in drafts {
        let Some(outcome) = draft.line.outcome() else { continue };
        let voice = draft.line.voice();
        draft.line.contested = groups.iter().any(|((other, theirs), voices)| {
            voices.has_another_than(voice) && exclude((outcome, &draft.named), (other, theirs))
        });
    }
}

/// Two of the voices that say one thing: one of them is not the one that is asked about.
#[derive(Default)]
struct Voices(Option<Voice>, Option<Voice>);

impl Voices {
    fn take(&mut self, voice: Voice) {
        if self.0.is_none_or(|first| first == voice) {
            self.0 = Some(voice);
        } else {
            self.1 = Some(voice);
        }
    }

    fn has_another_than(&self, voice: Voice) -> bool {
        self.1.is_some() || self.0.is_some_and(|first| first != voice)
    }
}

/// True if two outcomes, each on some subjects, cannot both hold.
fn exclude((left, named): (&str, &BTreeSet<RecordId>), (right, theirs): (&str, &BTreeSet<RecordId>)) -> bool {
    let is_about_the_same = || named.is_empty() || theirs.is_empty() || !named.is_disjoint(theirs);
    match (left, right) {
        ("responsible", "responsible") => !is_about_the_same(),
        ("responsible", "not_responsible" | "disputed") | ("not_responsible" | "disputed", "responsible") => {
            is_about_the_same()
        }
        (left, right) => {
            let is_use = |code| matches!(code, "confirmed_use" | "likely_use" | "agent_confirmed");
            let is_denial = |code| matches!(code, "not_used" | "disputed");
            (is_use(left) && is_denial(right)) || (is_denial(left) && is_use(right))
        }
    }
}

impl Line {
    /// The outcome of a finding or attribution, if the line takes part in what is computed.
    fn outcome(&self) -> Option<&str> {
        let takes_part = self.state == State::Live && self.counts && !self.malformed && !self.unknown;
        let is_conclusion = matches!(self.record.record.kind_code(), FINDING | ATTRIBUTION);
        let value = self.value.as_ref().filter(|_| takes_part && is_conclusion)?;
        value.as_text().filter(|_| self.prop.as_deref() == Some("outcome"))
    }

    fn voice(&self) -> Voice {
        (self.organisation, self.according_to.as_ref().map(|body| body.record))
    }
}
