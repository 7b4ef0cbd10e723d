//! What a record without a title is called by: who says what of whom. A finding, an attribution and a designation have no title of
//! their own, and an id tells nobody which one is meant.

use std::sync::Arc;

use crate::encoding::json::Json;
use crate::id::RecordId;
use crate::limits;
use crate::model::is_tried;
use crate::model::kinds::{ATTRIBUTION, CASE, DESIGNATION, FINDING};
use crate::view::Reference;
use crate::view::material::{Spoken, distinct};

/// The parts of a title. What records are called is filled in where they are known, and never kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct About {
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

impl About {
    /// What is said of a record of a kind that has no titles; `None` of any other, or where nothing is said.
    pub(super) fn of(kind: u8, spoken: &Spoken<'_>) -> Option<Self> {
        let (body, code) = match kind {
            FINDING | ATTRIBUTION => (None, "outcome"),
            DESIGNATION => (Some("authority"), "measure"),
            CASE if spoken.of(&["title"]).is_empty() => (Some("forum"), "status"),
            _ => return None,
        };
        let mut about = Self::default();
        let bodies = match body {
            Some(property) => named(spoken, property),
            None => distinct(spoken.of(&[code]).into_iter().filter_map(|(_, said)| said.claim.according_to())),
        };
        let codes =
            spoken.of(&[code]).into_iter().filter_map(|(_, said)| Some(said.claim.value()?.as_text()?.to_owned()));
        about.codes = about.first(distinct(codes));
        about.bodies = about.references(bodies);
        about.subjects = about.references(if kind == CASE { tried(spoken) } else { named(spoken, "subject") });
        about.incidents = about.references(named(spoken, "incident"));
        (about != Self::default()).then_some(about)
    }

    /// Every record that it names.
    pub fn records_mut(&mut self) -> impl Iterator<Item = &mut Reference> {
        self.bodies.iter_mut().chain(&mut self.subjects).chain(&mut self.incidents)
    }

    fn references(&mut self, records: Vec<RecordId>) -> Vec<Reference> {
        self.first(records).into_iter().map(|record| Reference { record, labels: Arc::default() }).collect()
    }

    fn first<T>(&mut self, mut all: Vec<T>) -> Vec<T> {
        self.cut |= all.len() > limits::TITLE_PARTS;
        all.truncate(limits::TITLE_PARTS);
        all
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
