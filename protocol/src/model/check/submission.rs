//! What an author is refused in all that he is about to sign: rules that need the space, or what is said beside a claim.
//! MODEL §7, rules 2, 5 and 6, and what a restricted space alone may hold.

use super::{Problem, Report, accuses, check_claims};
use crate::encoding::json::Json;
use crate::id::RecordId;
use crate::model::kinds::{ATTRIBUTION, CASE, DESIGNATION, EVIDENCE, FINDING, SUBJECT};
use crate::model::{property, vocabularies};

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

/// Returns what an author is refused in a submission; empty if he may sign. MODEL §7.
///
/// Paths begin with `claims[n]`; where there are several records, with `records[m].claims[n]`.
#[must_use]
pub fn check_submission(submission: &Submission<'_>) -> Vec<Problem> {
    let mut report = Report::new();
    for (index, record) in submission.records.iter().enumerate() {
        let mut own = check_claims(record.kind, record.claims);
        markings(submission, record, &mut own);
        if !submission.is_restricted {
            restricted_properties(record, &mut own);
            person(submission, record, &mut own);
        }
        if record.kind == EVIDENCE {
            evidence(submission, record, &mut own);
        }
        let is_alone = submission.records.len() == 1;
        let path = if is_alone { String::new() } else { format!("records[{index}].") };
        report.extend(own.into_iter().map(|problem| problem.below(&path)));
    }
    report
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
fn markings(submission: &Submission<'_>, record: &Submitted<'_>, report: &mut Report) {
    let rank = |tlp: &str| vocabularies::MARKING.codes.iter().position(|code| *code == tlp);
    let Some(space) = rank(submission.space_tlp) else { return };
    for (place, claim) in record.claims.iter().enumerate() {
        let Some(marking) = claim.get("marking").and_then(Json::as_text) else { continue };
        if rank(marking).is_some_and(|marking| marking > space) {
            let values = [("found", marking.to_owned()), ("space", submission.space_tlp.to_owned())];
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
/// witness. Whoever does not say what a new subject is may mean a person. Rule 5.
fn person(submission: &Submission<'_>, record: &Submitted<'_>, report: &mut Report) {
    if record.kind != SUBJECT {
        return;
    }
    let mut types = record.values("subject_type").peekable();
    let is_unsaid = submission.is_new_record && types.peek().is_none();
    let person = types.find(|(_, value)| value.as_text() == Some("person"));
    let is_cleared = record.values("declaration").next().is_some()
        || record.claims.iter().any(|claim| is_accusing(record.kind, claim))
        || submission.records.iter().any(|other| names(other, record.record));
    if (is_unsaid || person.is_some()) && !is_cleared {
        let path = person.map_or_else(|| "claims".to_owned(), |(place, _)| format!("claims[{place}].value"));
        report.push(Problem::new("person_not_accused", &path, []));
    }
}

fn is_accusing(kind: u8, claim: &Json) -> bool {
    let known = claim.get("prop").and_then(Json::as_text).and_then(|code| property(kind, code));
    known.zip(claim.get("value")).is_some_and(|(property, value)| accuses(property, value))
}

/// True if a record of the submission is a conclusion, designation or case on the subject; on any where it has no id yet.
fn names(other: &Submitted<'_>, subject: Option<RecordId>) -> bool {
    if !matches!(other.kind, FINDING | ATTRIBUTION | DESIGNATION | CASE) {
        return false;
    }
    let is_meant = |named: &Json| match subject {
        Some(subject) => named.as_text().and_then(|text| RecordId::parse(text).ok()) == Some(subject),
        None => true,
    };
    other.values("subject").any(|(_, value)| is_meant(value))
        || other.values("party").filter_map(|(_, value)| value.get("subject")).any(is_meant)
}

/// Evidence can be told from another copy only by its digest; a statement needs its witness's consent. Rule 6.
fn evidence(submission: &Submission<'_>, record: &Submitted<'_>, report: &mut Report) {
    if submission.is_new_record && record.values("digest").next().is_none() {
        report.push(Problem::new("evidence_without_digest", "claims", []));
    }
    let testimony = record.values("evidence_type").find(|(_, value)| value.as_text() == Some("testimony"));
    if let Some((place, _)) = testimony.filter(|_| record.values("consent").next().is_none()) {
        report.push(Problem::new("testimony_without_consent", format!("claims[{place}].value"), []));
    }
}
