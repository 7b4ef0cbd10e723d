//! Lines as they are handed out: of most records the summary as it is kept; where it depends on the day, or on what other records
//! say, with that filled in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use isnad_protocol::id::{OrganisationId, RecordId};
use isnad_protocol::limits;
use isnad_protocol::model::kinds::{SUBJECT, is_about_somebody};
use isnad_protocol::time::Day;
use isnad_protocol::view::{Reference, Summary, Words, fixed_labels};
use serde::Deserialize;

use super::grouping::Groups;
use crate::problem::Problem;
use crate::reading::Reader;

/// Fills in what a summary does not keep.
pub(super) struct Telling<'a> {
    reader: &'a Reader<'a>,
    kind: u8,
    day: Day,
    is_whole: bool,
    /// What the records are called that titles name: a body stands in hundreds of lines.
    called: BTreeMap<RecordId, Called>,
    /// For a list of many, which of its records are judged in others; one is asked for else.
    judged: Option<BTreeMap<RecordId, BTreeSet<RecordId>>>,
    /// What records judge to be others, `None` if that cannot be read: one may stand in hundreds of lines.
    denies: BTreeMap<RecordId, Option<BTreeSet<RecordId>>>,
    /// Which records the reader's policy takes for one.
    groups: Groups,
    /// What is said of subjects in other records.
    beside: BTreeMap<RecordId, Beside>,
}

impl<'a> Telling<'a> {
    pub(super) fn new(reader: &'a Reader<'a>, kind: u8, day: Day, is_long: bool) -> Result<Self, Problem> {
        let judged = if is_long { Some(judged(reader, &[kind])?) } else { None };
        let (called, denies) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self {
            reader,
            kind,
            day,
            is_whole: true,
            called,
            judged,
            denies,
            groups: Groups::new(),
            beside: BTreeMap::new(),
        })
    }

    /// The same of a list that leaves out what claims a later day: a name that came later is left out as well.
    pub(super) fn up_to(self, as_of: Option<Day>) -> Self {
        Self { is_whole: as_of.is_none(), ..self }
    }

    /// The same, where the reader takes records for one.
    pub(super) fn grouped(self, groups: Groups) -> Self {
        Self { groups, ..self }
    }

    /// The line of a kept summary; of an empty one, made anew. Whether it is contested is a matter of other records too.
    pub(super) fn line(&mut self, record: RecordId, kept: Vec<u8>, is_contested: bool) -> Result<Vec<u8>, Problem> {
        let is_judged = !self.judging(record)?.is_empty();
        if !kept.is_empty()
            && !is_judged
            && !is_about_somebody(self.kind)
            && self.kind != SUBJECT
            && !self.groups.contains_key(&record)
        {
            return Ok(if is_contested { contested(kept) } else { kept });
        }
        let mut summary = self.reader.whole(record, &kept)?;
        summary.contested |= is_contested;
        self.told(summary)
    }

    /// The line of a summary.
    pub(super) fn told(&mut self, summary: Summary) -> Result<Vec<u8>, Problem> {
        let mut summary = summary.on(self.day);
        summary.same_as = self.groups.remove(&summary.record).unwrap_or_default();
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
        if self.kind == SUBJECT {
            self.count_beside(&mut summary)?;
        }
        // A name decides nothing, whoever counts: an id tells nobody which record is meant.
        if summary.labels.is_empty() && self.is_whole {
            summary.labels = self.labels(summary.record, None)?.to_vec();
        }
        if let Some(about) = &mut summary.about {
            let whose = about.organisation;
            about.names = whose.and_then(|whose| self.reader.names.get(&whose)).cloned().unwrap_or_default();
            for reference in about.records_mut() {
                reference.labels = self.labels(reference.record, whose)?;
            }
        }
        for (whose, reference) in summary.named_mut() {
            reference.labels = self.labels(reference.record, Some(whose))?;
        }
        serde_json::to_vec(&summary.bounded()).map_err(|error| Problem::fault(error.to_string()))
    }

    /// Adds to a subject's own disputes and replies those that stand on what accuses, lists or tries it, as its page shows them: whoever
    /// screens by the row learns that it answered.
    fn count_beside(&mut self, summary: &mut Summary) -> Result<(), Problem> {
        let referring = self.reader.node.index()?.referring_to(summary.record)?;
        for record in referring.into_iter().filter(|record| is_about_somebody(record.kind_code())) {
            let said = match self.beside.get(&record) {
                Some(said) => said,
                None => {
                    let kept = self.reader.node.index()?.summary(record)?.unwrap_or_default();
                    let said: Beside = serde_json::from_slice(&kept).unwrap_or_default();
                    self.beside.entry(record).or_insert(said)
                }
            };
            if said.named.values().flatten().any(|named| named.record == summary.record) {
                summary.disputes = summary.disputes.saturating_add(said.disputes);
                let own = said.replies_of.get(&summary.record).copied().unwrap_or_default();
                summary.replies = summary.replies.saturating_add(own);
            }
        }
        Ok(())
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

    /// What a record is called, by the organisation whose word is told if it names it.
    fn labels(&mut self, record: RecordId, by: Option<OrganisationId>) -> Result<Arc<[Words]>, Problem> {
        if let Some(known) = self.called.get(&record) {
            return Ok(known.by(by));
        }
        let kept = self.reader.node.index()?.summary(record)?.unwrap_or_default();
        let mut called: Called = serde_json::from_slice(&kept).unwrap_or_default();
        if let Some(fixed) = fixed_labels(record) {
            called = Called { labels: fixed.into(), ..Called::default() };
        }
        called.labels = short(&called.labels);
        called.named_by.values_mut().for_each(|labels| *labels = short(labels));
        let labels = called.by(by);
        self.called.insert(record, called);
        Ok(labels)
    }
}

/// What a kept summary of a conclusion, measure or case says of those whom it names.
#[derive(Default, Deserialize)]
struct Beside {
    #[serde(default)]
    named: BTreeMap<OrganisationId, Vec<Reference>>,
    #[serde(default)]
    disputes: usize,
    #[serde(default)]
    replies_of: BTreeMap<RecordId, usize>,
}

/// A kept summary as that of a contested record: to read and write it anew takes most of the time of a long list. In a text each
/// quotation mark stands behind a backslash, so that this is the member and no text.
fn contested(mut kept: Vec<u8>) -> Vec<u8> {
    const NOT: &[u8] = br#""contested":false"#;
    const IS: &[u8] = br#""contested":true"#;
    if let Some(start) = kept.windows(NOT.len()).position(|found| found == NOT) {
        kept.splice(start..start.saturating_add(NOT.len()), IS.iter().copied());
    }
    kept
}

/// What a kept summary says that its record is called.
#[derive(Default, Deserialize)]
struct Called {
    labels: Arc<[Words]>,
    #[serde(default)]
    named_by: BTreeMap<OrganisationId, Arc<[Words]>>,
}

impl Called {
    fn by(&self, by: Option<OrganisationId>) -> Arc<[Words]> {
        Arc::clone(by.and_then(|by| self.named_by.get(&by)).unwrap_or(&self.labels))
    }
}

fn short(labels: &[Words]) -> Arc<[Words]> {
    let labels = labels.iter().filter(|words| words.text.len() <= limits::REFERENCE_LABEL_BYTES);
    labels.take(limits::REFERENCE_LABELS).cloned().collect()
}

fn judged(reader: &Reader<'_>, start: &[u8]) -> Result<BTreeMap<RecordId, BTreeSet<RecordId>>, Problem> {
    let mut judged: BTreeMap<RecordId, BTreeSet<RecordId>> = BTreeMap::new();
    for (record, by) in reader.node.index()?.judged(start)? {
        judged.entry(record).or_default().insert(by);
    }
    Ok(judged)
}

#[cfg(test)]
mod tests {
    use isnad_protocol::view::Policy;

    use super::*;

    #[test]
    fn a_kept_summary_is_told_as_contested_and_no_text_in_it_changes() {
        let mut summary = Summary::of(RecordId::new([1; 16]), &BTreeMap::new(), &Policy::default());
        summary.labels = vec![Words::new(None, r#"\"contested":false,"contested":false"#.to_owned())];
        let told = contested(serde_json::to_vec(&summary).unwrap());
        assert_eq!(serde_json::from_slice::<Summary>(&told).unwrap(), Summary { contested: true, ..summary });
        assert_eq!(contested(told.clone()), told);
    }
}
