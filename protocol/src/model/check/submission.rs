//! What an author is refused in all that he is about to sign: rules that need the space, or what is said beside a claim.
//! MODEL §7, rules 2, 5 and 6, and what a restricted space alone may hold.
//!
//! [`check_submission`] holds a whole against them; whoever checks a request of many records asks once for whom it accuses
//! ([`Accused`]) and then [`check_record`] for each, so that the work grows with the request and not with its square.

use std::collections::BTreeSet;

use super::parties::is_tried;
use super::{Problem, Report, accuses, check_claims};
use crate::encoding::json::{Json, Object};
use crate::id::RecordId;
use crate::model::kinds::{EVIDENCE, SUBJECT};
use crate::model::{is_about_somebody, is_aside, property, vocabularies};

/// What is signed in one go, and where.
#[derive(Debug, Clone)]
pub struct Submission<'a> {
    /// The TLP 2.0 code of the space's label.
    pub space_tlp: &'a str,
    /// True for a space of some organisations, false for `members` and `public`.
    pub is_restricted: bool,
    /// True if the records do not exist yet.
    pub is_new_record: bool,
    /// The records, and what is said of each.
    pub records: Vec<Submitted<'a>>,
}

/// Claims on one record.
#[derive(Debug, Clone, Copy)]
pub struct Submitted<'a> {
    /// The code of its kind.
    pub kind: u8,
    /// Its id, where it has one already.
    pub record: Option<RecordId>,
    /// Claim objects.
    pub claims: &'a [Json],
}

/// What the claims on a record are held against.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The TLP 2.0 code of the space's label.
    pub space_tlp: &'a str,
    /// True for a space of some organisations, false for `members` and `public`.
    pub is_restricted: bool,
    /// Whom all that is signed with it accuses.
    pub accused: &'a Accused,
    /// What is held of the record.
    pub known: Known,
}

/// What is held of a record already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Known {
    /// True if anything is: it is no new record. Of evidence: if a digest of it is.
    pub exists: bool,
    /// The type of a subject as it was said; `None` if nobody did.
    pub subject: Option<SubjectType>,
}

/// Whether a subject is a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectType {
    /// Somebody says so.
    Person,
    /// An entity or a group.
    Other,
}

/// Whom a claim on a record of a kind that accuses, lists or tries names, if it does: an id, or what stands in its place.
#[must_use]
pub fn accused_by<'a>(prop: &str, value: &'a Json) -> Option<&'a Json> {
    match prop {
        "subject" => Some(value),
        "party" if is_tried(value) => value.get("subject"),
        _ => None,
    }
}

/// The subjects that conclusions, designations and cases are about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accused {
    subjects: BTreeSet<RecordId>,
    /// True if anybody is named, be it by what is no id.
    has_any: bool,
}

impl Accused {
    /// Adds those that the claims on a record name, if it is of a kind that accuses, lists or tries.
    pub fn add<'a>(&mut self, kind: u8, claims: impl IntoIterator<Item = &'a Object>) {
        if !is_about_somebody(kind) {
            return;
        }
        for claim in claims {
            let said = claim.get("prop").and_then(Json::as_text).zip(claim.get("value"));
            let subject = said.and_then(|(prop, value)| accused_by(prop, value));
            self.has_any |= subject.is_some();
            self.subjects.extend(subject.and_then(Json::as_text).and_then(|text| RecordId::parse(text).ok()));
        }
    }

    /// Those that have an id, each once.
    pub fn subjects(&self) -> impl Iterator<Item = RecordId> + '_ {
        self.subjects.iter().copied()
    }

    /// True if a record is among them; any is where it has no id yet.
    #[must_use]
    pub fn has(&self, subject: Option<RecordId>) -> bool {
        subject.map_or(self.has_any, |subject| self.subjects.contains(&subject))
    }
}

/// Returns what an author is refused in a submission; empty if he may sign. MODEL §7.
///
/// Paths begin with `claims[n]`; where there are several records, with `records[m].claims[n]`.
#[must_use]
pub fn check_submission(submission: &Submission<'_>) -> Vec<Problem> {
    let mut accused = Accused::default();
    submission
        .records
        .iter()
        .for_each(|record| accused.add(record.kind, record.claims.iter().filter_map(Json::as_object)));
    let &Submission { space_tlp, is_restricted, is_new_record, .. } = submission;
    // Of a record that stands somewhere else, nobody is told here that it is a person.
    let subject = (!is_new_record).then_some(SubjectType::Other);
    let known = Known { exists: !is_new_record, subject };
    let setting = Setting { space_tlp, is_restricted, accused: &accused, known };
    let mut report = Report::new();
    for (index, record) in submission.records.iter().enumerate() {
        let is_alone = submission.records.len() == 1;
        let path = if is_alone { String::new() } else { format!("records[{index}].") };
        report.extend(check_record(record, &setting).into_iter().map(|problem| problem.below(&path)));
    }
    report
}

/// Returns what an author is refused in the claims on one record. Paths begin with `claims[n]`.
#[must_use]
pub fn check_record(record: &Submitted<'_>, setting: &Setting<'_>) -> Vec<Problem> {
    let mut report = check_claims(record.kind, record.claims);
    markings(setting.space_tlp, record, &mut report);
    if !setting.is_restricted {
        restricted_properties(record, &mut report);
        person(setting, record, &mut report);
    }
    if record.kind == EVIDENCE {
        evidence(setting.known, record, &mut report);
    }
    super::worded(report)
}

impl<'a> Submitted<'a> {
    /// The values said of a property, each with its place.
    fn values(&self, prop: &str) -> impl Iterator<Item = (usize, &'a Json)> {
        let claims = self.claims.iter().enumerate();
        let said = claims.filter(move |(_, claim)| claim.get("prop").and_then(Json::as_text) == Some(prop));
        said.filter_map(|(place, claim)| Some((place, claim.get("value")?)))
    }
}

/// Whoever reads the space would read what is marked for fewer. Rule 2.
fn markings(space_tlp: &str, record: &Submitted<'_>, report: &mut Report) {
    let rank = |tlp: &str| vocabularies::MARKING.codes.iter().position(|code| *code == tlp);
    let Some(space) = rank(space_tlp) else { return };
    for (place, claim) in record.claims.iter().enumerate() {
        let Some(marking) = claim.get("marking").and_then(Json::as_text) else { continue };
        if rank(marking).is_some_and(|marking| marking > space) {
            let values = [("found", marking.to_owned()), ("space", space_tlp.to_owned())];
            report.push(Problem::new("marking_wider", format!("claims[{place}].marking"), values));
        }
    }
}

fn restricted_properties(record: &Submitted<'_>, report: &mut Report) {
    for (place, claim) in record.claims.iter().enumerate() {
        let known = claim.get("prop").and_then(Json::as_text).and_then(|code| property(record.kind, code));
        if let Some(known) = known.filter(|property| property.restricted_only) {
            let values = [("property", known.code.to_owned())];
            report.push(Problem::new("restricted_only", format!("claims[{place}]"), values));
        }
    }
}

/// A person is named where all members read it only if accused, listed or tried, or declared to be neither victim nor
/// witness. Whoever does not say what a subject is may mean a person. Rule 5.
fn person(setting: &Setting<'_>, record: &Submitted<'_>, report: &mut Report) {
    let of_subject = |claim: &Json| !claim.get("prop").and_then(Json::as_text).is_some_and(is_beside);
    if record.kind != SUBJECT || !record.claims.iter().any(of_subject) {
        return;
    }
    let mut types = record.values("subject_type").peekable();
    let is_said = types.peek().is_some() || setting.known.subject.is_some();
    let person = types.find(|(_, value)| value.as_text() == Some("person"));
    let is_person = person.is_some() || setting.known.subject == Some(SubjectType::Person);
    let is_cleared = record.values("declaration").next().is_some()
        || record.claims.iter().any(|claim| is_accusing(record.kind, claim))
        || setting.accused.has(record.record);
    if (is_person || !is_said) && !is_cleared {
        let path = person.map_or_else(|| "claims".to_owned(), |(place, _)| format!("claims[{place}].value"));
        report.push(Problem::new("person_not_accused", &path, []));
    }
}

/// What is said beside what a subject is: of the words of others, and the declaration itself.
fn is_beside(prop: &str) -> bool {
    is_aside(prop) || prop == "declaration"
}

/// True if a claim of a record of this kind accuses somebody.
#[must_use]
pub fn is_accusing(kind: u8, claim: &Json) -> bool {
    let known = claim.get("prop").and_then(Json::as_text).and_then(|code| property(kind, code));
    known.zip(claim.get("value")).is_some_and(|(property, value)| accuses(property, value))
}

/// Evidence can be told from another copy only by its digest; a statement needs its witness's consent. Rule 6.
fn evidence(known: Known, record: &Submitted<'_>, report: &mut Report) {
    if !known.exists && record.values("digest").next().is_none() {
        report.push(Problem::new("evidence_without_digest", "claims", []));
    }
    let testimony = record.values("evidence_type").find(|(_, value)| value.as_text() == Some("testimony"));
    if let Some((place, _)) = testimony.filter(|_| record.values("consent").next().is_none()) {
        report.push(Problem::new("testimony_without_consent", format!("claims[{place}].value"), []));
    }
}
