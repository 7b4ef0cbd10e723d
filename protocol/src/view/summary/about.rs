//! What a record without a title is called by: who says what of whom. A finding, an attribution and a designation have no title of
//! their own, and an id tells nobody which one is meant.
//!
//! It is one organisation's word from end to end: whoever adds a body, a code or a name to the record of another puts it into no
//! sentence of his.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::encoding::json::Json;
use crate::id::{EntryId, OrganisationId, RecordId};
use crate::limits;
use crate::model::is_tried;
use crate::model::kinds::{ATTRIBUTION, CASE, DESIGNATION, FINDING};
use crate::view::material::{Spoken, distinct};
use crate::view::{Policy, Reference, Sheets, Words};

/// The parts of a title. What records are called is filled in where they are known, and never kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct About {
    /// Whose word it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrganisationId>,
    /// True if another organisation says something else: then whose word it is is told with the title.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_one_of_several: bool,
    /// What that organisation is called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Words>,
    /// Who concludes, decides or judges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bodies: Vec<Reference>,
    /// The codes of outcomes or measures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    /// Of whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Reference>,
    /// Of which incidents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incidents: Vec<Reference>,
    /// True if there are more than these.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// What one organisation says of which a title is made.
#[derive(Debug)]
struct Parts {
    whose: OrganisationId,
    /// Where it says the code, or else anything.
    position: (u64, EntryId),
    bodies: Vec<RecordId>,
    codes: Vec<String>,
    subjects: Vec<RecordId>,
    incidents: Vec<RecordId>,
    /// All of them, by which organisations are compared.
    all: BTreeSet<(u8, String)>,
}

impl About {
    /// What is said of a record of a kind that has no titles, or of a case, which may have none; `None` of any other, or where
    /// nothing is said.
    ///
    /// Of several organisations that say something else, it is the word of the reader's first one, else of one that concludes, else
    /// of one with whom most agree.
    pub(in crate::view) fn of(kind: u8, sheets: &Sheets, policy: &Policy) -> Option<Self> {
        let all = Parts::of_each(kind, sheets, policy);
        let order = |parts: &&Parts| {
            let agreeing = all.iter().filter(|other| other.all == parts.all).count();
            (policy.rank(parts.whose), parts.codes.is_empty(), Reverse(agreeing), parts.position)
        };
        let first = all.iter().min_by_key(order)?;
        let is_one_of_several = all.iter().any(|other| !other.all.is_subset(&first.all));
        let mut about = Self { organisation: Some(first.whose), is_one_of_several, ..Self::default() };
        about.codes = about.first(&first.codes);
        about.bodies = about.references(&first.bodies);
        about.subjects = about.references(&first.subjects);
        about.incidents = about.references(&first.incidents);
        Some(about)
    }

    /// Every record that it names.
    pub fn records_mut(&mut self) -> impl Iterator<Item = &mut Reference> {
        self.bodies.iter_mut().chain(&mut self.subjects).chain(&mut self.incidents)
    }

    fn references(&mut self, records: &[RecordId]) -> Vec<Reference> {
        self.first(records).into_iter().map(|record| Reference { record, labels: Arc::default() }).collect()
    }

    fn first<T: Clone>(&mut self, all: &[T]) -> Vec<T> {
        self.cut |= all.len() > limits::TITLE_PARTS;
        all.iter().take(limits::TITLE_PARTS).cloned().collect()
    }
}

/// The bodies, subjects and incidents that each organisation names, of a record of such a kind.
pub(super) fn named_by_each(kind: u8, sheets: &Sheets, policy: &Policy) -> BTreeMap<OrganisationId, Vec<Reference>> {
    let named = |parts: Parts| {
        let all = [parts.subjects, parts.bodies, parts.incidents].concat();
        let unlabelled = |record| Reference { record, labels: Arc::default() };
        (parts.whose, distinct(all).into_iter().map(unlabelled).collect::<Vec<_>>())
    };
    let all = Parts::of_each(kind, sheets, policy).into_iter().map(named);
    all.filter(|(_, named)| !named.is_empty()).collect()
}

impl Parts {
    fn of_each(kind: u8, sheets: &Sheets, policy: &Policy) -> Vec<Self> {
        let properties = match kind {
            FINDING | ATTRIBUTION => (None, "outcome"),
            DESIGNATION => (Some("authority"), "measure"),
            CASE => (Some("forum"), "status"),
            _ => return Vec::new(),
        };
        let each = Spoken::of_each(sheets, policy).into_iter();
        each.filter_map(|(whose, own)| Self::of(kind, properties, whose, &own)).collect()
    }

    fn of(kind: u8, (body, code): (Option<&str>, &str), whose: OrganisationId, own: &Spoken<'_>) -> Option<Self> {
        let concluded = own.of(&[code]);
        let bodies = match body {
            Some(property) => named(own, property),
            None => distinct(concluded.iter().filter_map(|(_, said)| said.claim.according_to())),
        };
        let codes = concluded.iter().filter_map(|(_, said)| Some(said.claim.value()?.as_text()?.to_owned()));
        let subjects = if kind == CASE { tried(own) } else { named(own, "subject") };
        let (codes, incidents) = (distinct(codes), named(own, "incident"));
        let records = [(0, &bodies), (1, &subjects), (2, &incidents)];
        let records = records.into_iter().flat_map(|(part, all)| all.iter().map(move |one| (part, one.to_string())));
        let all: BTreeSet<(u8, String)> = records.chain(codes.iter().map(|code| (3, code.clone()))).collect();
        let first = concluded.first().map(|(_, said)| said.position());
        let position = first.or_else(|| own.all().map(|said| said.position()).min())?;
        (!all.is_empty()).then_some(Self { whose, position, bodies, codes, subjects, incidents, all })
    }
}

/// The records that a property names.
fn named(spoken: &Spoken<'_>, property: &str) -> Vec<RecordId> {
    let record = |value: &Json| RecordId::parse(value.as_text()?).ok();
    distinct(spoken.of(&[property]).into_iter().filter_map(|(_, said)| record(said.claim.value()?)))
}

/// Whom a case tries: others whom it names stand on its page with their roles, never beside its title.
fn tried(spoken: &Spoken<'_>) -> Vec<RecordId> {
    let record = |value: &Json| RecordId::parse(value.get("subject").filter(|_| is_tried(value))?.as_text()?).ok();
    distinct(spoken.of(&["party"]).into_iter().filter_map(|(_, said)| record(said.claim.value()?)))
}
