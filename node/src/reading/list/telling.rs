//! Lines as they are handed out: of most records the summary as it is kept; where it depends on the day, or on what other records
//! say, with that filled in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use isnad_protocol::id::RecordId;
use isnad_protocol::limits;
use isnad_protocol::model::kinds::{ATTRIBUTION, CASE, DESIGNATION, FINDING};
use isnad_protocol::time::Day;
use isnad_protocol::view::{Summary, Words};
use serde::Deserialize;

use crate::problem::Problem;
use crate::reading::Reader;

/// Fills in what a summary does not keep.
pub(super) struct Telling<'a> {
    reader: &'a Reader<'a>,
    kind: u8,
    day: Day,
    is_whole: bool,
    /// What the records are called that titles name: a body stands in hundreds of lines.
    labels: BTreeMap<RecordId, Arc<[Words]>>,
    /// For a list of many, which of its records are judged in others; one is asked for else.
    judged: Option<BTreeMap<RecordId, BTreeSet<RecordId>>>,
    /// What records judge to be others, `None` if that cannot be read: one may stand in hundreds of lines.
    denies: BTreeMap<RecordId, Option<BTreeSet<RecordId>>>,
}

impl<'a> Telling<'a> {
    pub(super) fn new(reader: &'a Reader<'a>, kind: u8, day: Day, is_long: bool) -> Result<Self, Problem> {
        let judged = if is_long { Some(judged(reader, &[kind])?) } else { None };
        Ok(Self { reader, kind, day, is_whole: true, labels: BTreeMap::new(), judged, denies: BTreeMap::new() })
    }

    /// The same of a list that leaves out what claims a later day: a name that came later is left out as well.
    pub(super) fn up_to(self, as_of: Option<Day>) -> Self {
        Self { is_whole: as_of.is_none(), ..self }
    }

    /// The line of a kept summary; of an empty one, made anew.
    pub(super) fn line(&mut self, record: RecordId, kept: Vec<u8>) -> Result<Vec<u8>, Problem> {
        let is_judged = !self.judging(record)?.is_empty();
        if !kept.is_empty() && !is_judged && !depends(self.kind) {
            return Ok(kept);
        }
        self.told(self.reader.whole(record, &kept)?)
    }

    /// The line of a summary.
    pub(super) fn told(&mut self, summary: Summary) -> Result<Vec<u8>, Problem> {
        let mut summary = summary.on(self.day);
        let judging = self.judging(summary.record)?;
        // Whoever judges from thousands of records keeps no reader waiting.
        summary.is_cut |= judging.len() > limits::JUDGED_IN;
        for by in judging.into_iter().take(limits::JUDGED_IN) {
            // The judgement may be another one, or have been taken back.
            match self.denies(by, summary.record)? {
                Some(true) => drop(summary.not_same_as.insert(by)),
                Some(false) => {}
                None => summary.is_cut = true,
            }
        }
        // A name decides nothing, whoever counts: an id tells nobody which record is meant.
        if summary.labels.is_empty() && self.is_whole {
            summary.labels = self.labels(summary.record)?.to_vec();
        }
        for reference in summary.about.iter_mut().flat_map(isnad_protocol::view::About::records_mut) {
            reference.labels = self.labels(reference.record)?;
        }
        serde_json::to_vec(&summary.bounded()).map_err(|error| Problem::fault(error.to_string()))
    }

    /// True if it is judged in a record to be another one; `None` if that record cannot be read.
    fn denies(&mut self, by: RecordId, other: RecordId) -> Result<Option<bool>, Problem> {
        if let Some(known) = self.denies.get(&by) {
            return Ok(known.as_ref().map(|known| known.contains(&other)));
        }
        let summary = self.reader.readable(by, self.reader.kept_summary(by))?;
        let not_same_as = summary.map(|summary| summary.not_same_as);
        let is_so = not_same_as.as_ref().map(|known| known.contains(&other));
        self.denies.insert(by, not_same_as);
        Ok(is_so)
    }

    /// The records in which this one is judged.
    fn judging(&self, record: RecordId) -> Result<BTreeSet<RecordId>, Problem> {
        match &self.judged {
            Some(judged) => Ok(judged.get(&record).cloned().unwrap_or_default()),
            None => Ok(judged(self.reader, record.as_bytes())?.remove(&record).unwrap_or_default()),
        }
    }

    fn labels(&mut self, record: RecordId) -> Result<Arc<[Words]>, Problem> {
        #[derive(Deserialize)]
        struct Called {
            labels: Vec<Words>,
        }
        if let Some(known) = self.labels.get(&record) {
            return Ok(Arc::clone(known));
        }
        let kept = self.reader.node.index()?.summary(record)?.unwrap_or_default();
        let mut labels = serde_json::from_slice(&kept).map(|Called { labels }| labels).unwrap_or_default();
        labels.retain(|words| words.text.len() <= limits::REFERENCE_LABEL_BYTES);
        labels.truncate(limits::REFERENCE_LABELS);
        let labels: Arc<[Words]> = labels.into();
        self.labels.insert(record, Arc::clone(&labels));
        Ok(labels)
    }
}

/// True if a line of this kind has what is not kept: whether it is in force, or what the records are called that its title names.
const fn depends(kind: u8) -> bool {
    matches!(kind, FINDING | ATTRIBUTION | DESIGNATION | CASE)
}

fn judged(reader: &Reader<'_>, start: &[u8]) -> Result<BTreeMap<RecordId, BTreeSet<RecordId>>, Problem> {
    let mut judged: BTreeMap<RecordId, BTreeSet<RecordId>> = BTreeMap::new();
    for (record, by) in reader.node.index()?.judged(start)? {
        judged.entry(record).or_default().insert(by);
    }
    Ok(judged)
}
