//! Records that refer to this one, in a line each: who, according to whom, with which outcome. MODEL §8 journey 6.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::json::Json;
use crate::id::{ClaimId, EntryId, OrganisationId, RecordId, SpaceId};
use crate::key::PublicKey;
use crate::model::kinds::{ATTRIBUTION, DESIGNATION, FINDING};
use crate::sheet::{Said, Sheet};
use crate::store::{Fault, SheetView};
use crate::time::Timestamp;

use super::claims::{State, Wording, heard, judge, opinions, state};
use super::compare::value_text;
use super::material::{Material, labels, push, spoken};
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
    /// Whom the record is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Reference>,
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
    /// True if the policy lets it count.
    pub counts: bool,
    /// True if it breaks the model.
    pub malformed: bool,
    /// True if a source that it rests on was written down from memory.
    pub unverified: bool,
    /// Computed: true if another line excludes it.
    pub contested: bool,
    /// Computed, of a designation: whether it is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force: Option<DesignationState>,
}

/// The properties told besides, by kind.
const DETAILS: [&str; 6] = ["measure", "authority", "programme", "status", "mandate", "involvement"];

/// A line for each accusing claim of each record that refers to this one.
pub(super) fn lines<S: SheetView>(record: RecordId, material: &mut Material<'_, S>) -> Result<Vec<Line>, Fault> {
    let mut lines = Vec::new();
    for other in material.referring_to(record)? {
        if other == record {
            continue;
        }
        let sheets = material.claims(other)?;
        let links = links(record, &sheets);
        if !links.is_empty() {
            lines.extend(of_record(other, &sheets, &links, material)?);
        }
    }
    contest(&mut lines);
    let policy = material.context.policy;
    lines.sort_by_key(|line| {
        let record = line.record.record;
        (record.kind_code(), policy.rank(line.organisation), line.seq, line.entry, record, line.claim)
    });
    Ok(lines)
}

/// The claims that stand and name a record, with their sheets.
fn links(record: RecordId, sheets: &Sheets) -> Vec<(&Sheet, &Said)> {
    let mut found = Vec::new();
    for sheet in sheets.values() {
        let naming = sheet.standing_claims().filter(|(_, said)| said.claim.refs().contains(&record));
        found.extend(naming.map(|(_, said)| (sheet, said)));
    }
    found.sort_by_key(|(sheet, said)| (said.position(), sheet.key));
    found
}

fn of_record<S: SheetView>(
    record: RecordId,
    sheets: &Sheets,
    links: &[(&Sheet, &Said)],
    material: &mut Material<'_, S>,
) -> Result<Vec<Line>, Fault> {
    let accusing = accusing_prop(record.kind_code());
    let mut told: Vec<(&Sheet, ClaimId)> = Vec::new();
    for sheet in sheets.values() {
        let is_accusing = |said: &&Said| accusing.is_some() && said.claim.prop() == accusing;
        told.extend(sheet.claims.values().filter(is_accusing).map(|said| (sheet, said.claim.id())));
    }
    // Where nobody accuses, each organisation that refers has a line.
    for (sheet, said) in links {
        let has_line = told.iter().any(|(other, _)| other.key.organisation == sheet.key.organisation);
        if accusing.is_none_or(|_| told.is_empty()) && !has_line {
            told.push((sheet, said.claim.id()));
        }
    }
    told.into_iter().map(|(sheet, claim)| line(record, sheets, sheet, claim, links, material)).collect()
}

const fn accusing_prop(kind: u8) -> Option<&'static str> {
    match kind {
        FINDING | ATTRIBUTION => Some("outcome"),
        DESIGNATION => Some("reason"),
        _ => None,
    }
}

fn line<S: SheetView>(
    record: RecordId,
    sheets: &Sheets,
    sheet: &Sheet,
    id: ClaimId,
    links: &[(&Sheet, &Said)],
    material: &mut Material<'_, S>,
) -> Result<Line, Fault> {
    let said = sheet.claims.get(&id).ok_or_else(|| Fault("a claim of a sheet is not in it".to_owned()))?;
    let (claim, policy) = (&said.claim, material.context.policy);
    let (seq, entry) = said.position();
    let signer = said.signers.get(&entry).ok_or_else(|| Fault("a claim has no signer".to_owned()))?;
    let mut unverified = false;
    for source in claim.basis().into_iter().filter_map(|basis| basis.record) {
        unverified |= material.is_unverified(source)?;
    }
    let own = own(sheets, sheet.key.organisation);
    let everybody = Policy::default();
    let (endorsed_by, disputed_by) = heard(sheet, id, &opinions(sheets));
    let text = |member: &str| claim.text(member).map(str::to_owned);
    Ok(Line {
        record: Reference { record, labels: labels(record, sheets, policy) },
        kind: kind_name(record),
        by: links.iter().filter_map(|(_, said)| said.claim.prop()).map(str::to_owned).collect(),
        linked_by: links.iter().map(|(sheet, _)| sheet.key.organisation).collect(),
        organisation: sheet.key.organisation,
        space: sheet.key.space,
        author: signer.author,
        entry,
        seq,
        time: signer.time,
        claim: id,
        according_to: claim.according_to().map(|body| material.reference(body)).transpose()?,
        prop: text("prop"),
        value: claim.value().cloned(),
        subjects: subjects(&own, sheets, material)?,
        standard: text("standard"),
        wording: Wording::of(claim),
        likelihood: text("likelihood"),
        confidence: text("confidence"),
        date: date(&own, &everybody),
        details: details(&own, &everybody, material)?,
        state: state(sheet, id),
        endorsed_by,
        disputed_by,
        counts: policy.counts(sheet.key.organisation),
        malformed: judge(record.kind_code(), sheet, claim).0,
        unverified,
        contested: false,
        in_force: Terms::of(record, sheets, policy).map(|terms| terms.state(material.context.today)),
    })
}

/// The sheets of one organisation.
fn own(sheets: &Sheets, organisation: OrganisationId) -> Sheets {
    let own = sheets.iter().filter(|(key, _)| key.organisation == organisation);
    own.map(|(key, sheet)| (*key, sheet.clone())).collect()
}

/// Whom the organisation names, or where it names nobody whom the others name.
fn subjects<S: SheetView>(own: &Sheets, all: &Sheets, material: &mut Material<'_, S>) -> Result<Vec<Reference>, Fault> {
    let everybody = Policy::default();
    let named = |sheets: &Sheets| {
        let mut records = Vec::new();
        for (_, said) in spoken(sheets, &everybody, &["subject", "party"]) {
            said.claim.value_refs().into_iter().for_each(|record| push(&mut records, record));
        }
        records
    };
    let records = Some(named(own)).filter(|records| !records.is_empty()).unwrap_or_else(|| named(all));
    records.into_iter().map(|record| material.reference(record)).collect()
}

fn date(own: &Sheets, policy: &Policy) -> Option<String> {
    let (_, said) = spoken(own, policy, &["date", "start", "captured_at", "deadline"]).next()?;
    said.claim.value().and_then(Json::as_text).map(str::to_owned)
}

fn details<S: SheetView>(
    own: &Sheets,
    policy: &Policy,
    material: &mut Material<'_, S>,
) -> Result<BTreeMap<String, Vec<String>>, Fault> {
    let mut details: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for prop in DETAILS {
        for (_, said) in spoken(own, policy, &[prop]) {
            let Some(value) = said.claim.value() else { continue };
            let mut text = value_text(value);
            if let Ok(record) = RecordId::parse(&text) {
                let reference = material.reference(record)?;
                text = reference.labels.first().map_or(text, |words| words.text.clone());
            }
            push(details.entry(prop.to_owned()).or_default(), text);
        }
    }
    Ok(details)
}

/// Marks lines of different organisations or cited bodies that exclude each other.
fn contest(lines: &mut [Line]) {
    let mut contested = BTreeSet::new();
    for (index, one) in lines.iter().enumerate() {
        for (later, other) in lines.iter().enumerate().skip(index.saturating_add(1)) {
            if exclude(one, other) {
                contested.extend([index, later]);
            }
        }
    }
    for (index, line) in lines.iter_mut().enumerate() {
        line.contested = contested.contains(&index);
    }
}

fn exclude(one: &Line, other: &Line) -> bool {
    let takes_part = |line: &Line| line.state == State::Live && line.counts && !line.malformed;
    let body = |line: &Line| line.according_to.as_ref().map(|body| body.record);
    let is_same_voice = one.organisation == other.organisation && body(one) == body(other);
    if is_same_voice || !takes_part(one) || !takes_part(other) {
        return false;
    }
    let (Some(left), Some(right)) = (outcome(one), outcome(other)) else { return false };
    let subjects = |line: &Line| line.subjects.iter().map(|subject| subject.record).collect::<BTreeSet<_>>();
    let (named, theirs) = (subjects(one), subjects(other));
    let is_one_unnamed = named.is_empty() || theirs.is_empty();
    let is_about_the_same = is_one_unnamed || !named.is_disjoint(&theirs);
    match (left, right) {
        ("responsible", "responsible") => !is_about_the_same,
        ("responsible", "not_responsible" | "disputed") | ("not_responsible" | "disputed", "responsible") => {
            is_about_the_same
        }
        (left, right) => {
            let is_use = |code| matches!(code, "confirmed_use" | "likely_use" | "agent_confirmed");
            let is_denial = |code| matches!(code, "not_used" | "disputed");
            (is_use(left) && is_denial(right)) || (is_denial(left) && is_use(right))
        }
    }
}

/// The outcome of a finding or attribution.
fn outcome(line: &Line) -> Option<&str> {
    let is_conclusion = matches!(line.record.record.kind_code(), FINDING | ATTRIBUTION);
    line.value.as_ref().filter(|_| is_conclusion && line.prop.as_deref() == Some("outcome"))?.as_text()
}
