//! Three overlapping parts of a dataset, so that a demonstration has three organisations with something to say.

use std::collections::{BTreeMap, BTreeSet};

use super::{Dataset, ImportedRecord};
use crate::encoding::json::{Json, Object};
use crate::id::RecordId;
use crate::model::kinds::{ATTRIBUTION, CASE, DESIGNATION, FINDING, INCIDENT, ORGANISATION, SOURCE, SUBJECT};

/// How many parts there are.
pub const PARTS: usize = 3;

/// Returns the part that one of three organisations imports, by the families of the bodies it follows: 0 states and courts,
/// 1 NGOs, press and compilations, 2 international bodies; any other index wraps around.
///
/// An incident is in every part of which a body says something about it, and then with what nobody in particular says of it
/// and what that family's bodies say. Findings, attributions, designations and cases go with their bodies. Each incident is in
/// at least one part. Every organisation, source and subject that a part refers to is in it, whole. Order is the dataset's.
#[must_use]
pub fn part(dataset: &Dataset, index: usize) -> Dataset {
    let families = Families::of(dataset);
    let index = index % PARTS;
    let chosen: Vec<ImportedRecord> =
        dataset.records.iter().filter_map(|record| families.share(dataset, record, index)).collect();
    let needed = needed(dataset, &chosen);
    let mut chosen: BTreeMap<RecordId, ImportedRecord> =
        chosen.into_iter().map(|record| (record.record, record)).collect();
    let records = dataset
        .records
        .iter()
        .filter_map(|record| {
            chosen.remove(&record.record).or_else(|| needed.contains(&record.record).then(|| record.clone()))
        })
        .collect();
    Dataset { records, warnings: Vec::new(), left_out: Vec::new() }
}

/// Which family each body is of, and which families speak of each incident.
struct Families {
    bodies: BTreeMap<String, usize>,
    incidents: BTreeMap<String, BTreeSet<usize>>,
}

impl Families {
    fn of(dataset: &Dataset) -> Self {
        let organisations = dataset.records.iter().filter(|record| record.record.kind_code() == ORGANISATION);
        let bodies = organisations.map(|record| (record.record.to_string(), family(record))).collect();
        let mut families = Self { bodies, incidents: BTreeMap::new() };
        for record in &dataset.records {
            let own = families.speaking(record);
            let about: Vec<String> = match record.record.kind_code() {
                INCIDENT => vec![record.record.to_string()],
                FINDING | ATTRIBUTION | DESIGNATION | CASE => {
                    record.values("incident").filter_map(Json::as_text).map(str::to_owned).collect()
                }
                _ => Vec::new(),
            };
            for incident in about {
                families.incidents.entry(incident).or_default().extend(&own);
            }
        }
        families
    }

    /// The families whose bodies a record's claims are according to. Coordinates alone do not make somebody speak of it.
    fn speaking(&self, record: &ImportedRecord) -> BTreeSet<usize> {
        let spoken = record.claims.iter().filter(|claim| claim.get("prop").and_then(Json::as_text) != Some("place"));
        spoken.filter_map(|claim| self.family_of(claim)).collect()
    }

    fn family_of(&self, claim: &Object) -> Option<usize> {
        self.bodies.get(claim.get("according_to")?.as_text()?).copied()
    }

    /// What of a record goes into a part; `None` where nothing does by itself.
    fn share(&self, dataset: &Dataset, record: &ImportedRecord, index: usize) -> Option<ImportedRecord> {
        let is_first = index == 0;
        match record.record.kind_code() {
            INCIDENT => {
                let families = self.incidents.get(&record.record.to_string());
                let is_spoken_of = families.is_some_and(|families| !families.is_empty());
                let is_in = if is_spoken_of { families.is_some_and(|known| known.contains(&index)) } else { is_first };
                is_in.then(|| self.claims_for(record, index))
            }
            FINDING | ATTRIBUTION | DESIGNATION | CASE => {
                let families = self.speaking(record);
                let is_in = if families.is_empty() { is_first } else { families.contains(&index) };
                is_in.then(|| record.clone())
            }
            // What was known from judgements alone goes with the first part: nothing else leads to it.
            SUBJECT => (is_first && !is_referred_to(dataset, record.record)).then(|| record.clone()),
            _ => None,
        }
    }

    fn claims_for(&self, record: &ImportedRecord, index: usize) -> ImportedRecord {
        let is_shared = |claim: &&Object| {
            let is_place = claim.get("prop").and_then(Json::as_text) == Some("place");
            is_place || self.family_of(claim).is_none_or(|family| family == index)
        };
        let claims = record.claims.iter().filter(is_shared).cloned().collect();
        ImportedRecord { record: record.record, source_id: record.source_id.clone(), claims }
    }
}

fn family(organisation: &ImportedRecord) -> usize {
    match organisation.values("kind").next().and_then(Json::as_text) {
        Some("state" | "state_subnational" | "court" | "public_inquiry") => 0,
        Some("igo" | "igo_mechanism") => 2,
        _ => 1,
    }
}

fn is_referred_to(dataset: &Dataset, target: RecordId) -> bool {
    let mut found = BTreeSet::new();
    for record in dataset.records.iter().filter(|record| record.record != target) {
        for claim in &record.claims {
            claim.values().for_each(|value| references(value, &mut found));
        }
    }
    found.contains(&target)
}

/// The organisations, sources and subjects that records refer to, and those that these refer to.
fn needed(dataset: &Dataset, chosen: &[ImportedRecord]) -> BTreeSet<RecordId> {
    let by_id: BTreeMap<RecordId, &ImportedRecord> =
        dataset.records.iter().map(|record| (record.record, record)).collect();
    let mut needed = BTreeSet::new();
    let mut to_follow: Vec<&ImportedRecord> = chosen.iter().collect();
    while let Some(record) = to_follow.pop() {
        let mut found = BTreeSet::new();
        for claim in &record.claims {
            claim.values().for_each(|value| references(value, &mut found));
        }
        for target in found.into_iter().filter(|target| matches!(target.kind_code(), ORGANISATION | SOURCE | SUBJECT)) {
            if needed.insert(target) {
                to_follow.extend(by_id.get(&target));
            }
        }
    }
    needed
}

/// Every record id that stands in a value.
fn references(value: &Json, found: &mut BTreeSet<RecordId>) {
    match value {
        Json::Text(text) => found.extend(RecordId::parse(text)),
        Json::List(items) => items.iter().for_each(|item| references(item, found)),
        Json::Object(members) => members.values().for_each(|member| references(member, found)),
        Json::Bool(_) | Json::Int(_) => {}
    }
}
