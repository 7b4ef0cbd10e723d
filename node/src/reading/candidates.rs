//! Pairs of records that may be the same: see `isnad_protocol::view::candidates`. A report, made anew each time.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::id::RecordId;
use isnad_protocol::sheet;
use isnad_protocol::view::Words;
use isnad_protocol::view::candidates::{self, Candidate, MATCHER, Traits};
use serde::{Deserialize, Serialize};

use super::Reader;
use super::list::on_all_cores;
use crate::problem::Problem;

/// What pairs to propose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidatesQuery {
    /// The code of a kind.
    pub kind: u8,
    /// Only pairs with this record.
    #[serde(default)]
    pub record: Option<String>,
    /// The least score.
    #[serde(default)]
    pub min_score: Option<u8>,
    /// How many pairs at most.
    #[serde(default)]
    pub limit: Option<usize>,
    /// Those too that this organisation has judged to be different.
    #[serde(default)]
    pub judged: bool,
}

/// Pairs of records that may be the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidates {
    /// The rules by which they were found, for `judgement.matcher`.
    pub matcher: String,
    /// The pairs, the most alike first.
    pub pairs: Vec<Pair>,
    /// How many more there are beyond the limit.
    pub more: usize,
    /// How many pairs were compared.
    pub compared: usize,
    /// Records for which not all were compared that share a trait with them.
    pub cut: usize,
}

/// One pair, with what its records are called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// The pair.
    #[serde(flatten)]
    pub candidate: Candidate,
    /// What its records are called, and their dates.
    pub called: [Called; 2],
}

/// What a record is called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    /// In each language.
    pub labels: Vec<Words>,
    /// Every date that is claimed, EDTF.
    pub dates: Vec<String>,
}

/// Pairs below this have little in common.
const MIN_SCORE: u8 = 50;
/// Pairs that a person looks through at one time.
const LIMIT: usize = 50;

impl Reader<'_> {
    /// Pairs of records of a kind that may be the same, with reasons.
    ///
    /// # Errors
    /// [`Problem`] if the record is not there, or the index cannot be read.
    pub fn candidates(&self, query: &CandidatesQuery) -> Result<Candidates, Problem> {
        let one = query.record.as_deref().map(|text| self.resolve(text)).transpose()?;
        let kind = one.map_or(query.kind, |record| record.kind_code());
        let traits = match one {
            Some(one) => self.traits_beside(one)?,
            None => self.traits(&self.node.index()?.records(&[kind])?.into_iter().collect::<Vec<_>>())?,
        };
        let to_compare = candidates::pairs(kind, &traits, one);
        let mut found = self.compared(kind, &traits, &to_compare.pairs.iter().copied().collect::<Vec<_>>(), query)?;
        candidates::sort(&mut found);
        let more = found.len().saturating_sub(query.limit.unwrap_or(LIMIT));
        found.truncate(query.limit.unwrap_or(LIMIT));
        let cut = one.map_or(to_compare.cut.len(), |one| usize::from(to_compare.cut.contains(&one)));
        let pairs = found.into_iter().map(|candidate| {
            let called = [self.told_of(candidate.first)?, self.told_of(candidate.second)?];
            Ok(Pair { candidate, called })
        });
        let pairs = pairs.collect::<Result<_, Problem>>()?;
        Ok(Candidates { matcher: MATCHER.to_owned(), pairs, more, compared: to_compare.pairs.len(), cut })
    }

    fn told_of(&self, record: RecordId) -> Result<Called, Problem> {
        let summary = self.summary(record)?;
        Ok(Called { labels: summary.labels, dates: summary.dates })
    }

    /// What is compared of one record, and of those that may share a trait with it or are judged together with it: all others
    /// are compared with it by nobody.
    fn traits_beside(&self, one: RecordId) -> Result<BTreeMap<RecordId, Traits>, Problem> {
        self.refresh()?;
        let (kind, index) = (one.kind_code(), self.node.index()?);
        self.incomplete(kind).map_or(Ok(()), Err)?;
        let own = self.traits(&[one])?;
        let shared = own.get(&one).map(|traits| candidates::keys(kind, traits)).unwrap_or_default();
        let shared = shared.into_iter().map(u32::to_be_bytes).collect();
        let mut beside: BTreeSet<RecordId> =
            self.each_row(kind, |record, row| Ok(row.may_share(&shared).then_some(record)))?.into_iter().collect();
        beside.extend(own.values().flat_map(|traits| traits.judged.iter().map(|(other, ..)| *other)));
        beside.extend(index.judged(one.as_bytes())?.into_iter().map(|(_, by)| by));
        beside.insert(one);
        beside.retain(|record| record.kind_code() == kind);
        self.traits(&beside.into_iter().collect::<Vec<_>>())
    }

    /// What is compared of some records, read on all cores; nothing of one of which nothing is said.
    fn traits(&self, records: &[RecordId]) -> Result<BTreeMap<RecordId, Traits>, Problem> {
        let index = self.node.index()?;
        let read = |record: &RecordId| -> Result<Option<(RecordId, Traits)>, Problem> {
            let entries = index.entries_about(*record)?;
            let folded = sheet::fold_claims(&entries, self.snapshot.governance.as_ref());
            let sheets = folded.sheets.into_iter().filter(|(key, _)| key.record == *record).collect();
            Ok((!entries.is_empty()).then(|| (*record, Traits::of(&sheets))))
        };
        let read_all = |part: &[RecordId]| part.iter().map(read).collect();
        Ok(on_all_cores(records, read_all)?.into_iter().flatten().collect())
    }

    fn compared(
        &self,
        kind: u8,
        traits: &BTreeMap<RecordId, Traits>,
        pairs: &[(RecordId, RecordId)],
        query: &CandidatesQuery,
    ) -> Result<Vec<Candidate>, Problem> {
        let (own, least) = (self.node.own_organisation(), query.min_score.unwrap_or(MIN_SCORE));
        let is_rejected =
            |pair: &Candidate| pair.judged.iter().any(|(whose, verdict)| Some(*whose) == own && verdict == "negative");
        let compare = |(first, second): &(RecordId, RecordId)| {
            let (one, other) = (traits.get(first), traits.get(second));
            let pair = one.zip(other).map(|(one, other)| candidates::compare(kind, (*first, one), (*second, other)));
            Ok(pair.filter(|pair| pair.score >= least && (query.judged || !is_rejected(pair))))
        };
        let compare_all = |part: &[(RecordId, RecordId)]| part.iter().map(compare).collect();
        Ok(on_all_cores(pairs, compare_all)?.into_iter().flatten().collect())
    }
}
