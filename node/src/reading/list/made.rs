//! Summaries and rows, made where entries have come in.

use std::collections::BTreeSet;

use isnad_protocol::encoding::hash_plain;
use isnad_protocol::governance::{ActStatus, Governance};
use isnad_protocol::log::Authentic;
use isnad_protocol::sheet;
use isnad_protocol::view::candidates::{self, Traits};
use isnad_protocol::view::{Concluded, Policy, Sheets, Summary};

use super::contested;
use super::row::{Marks, row};
use crate::cores;
use crate::index::{Kept, Stale};
use crate::problem::Problem;
use crate::reading::Reader;

impl Reader<'_> {
    /// Makes summaries anew where entries have come in, and all of them where the rules are other ones.
    ///
    /// Where the journal is damaged the summary stays to be made, and [`Reader::incomplete`] tells of it.
    pub(in crate::reading) fn refresh(&self) -> Result<(), Problem> {
        let index = self.node.index()?;
        index.under_rules(self.snapshot.rules.get_or_init(|| rules(&self.snapshot.governance)))?;
        let (mut unread, mut in_vain) = (BTreeSet::new(), 0_u8);
        while in_vain < IN_VAIN {
            let stale = index.stale(&unread)?;
            if stale.is_empty() {
                return Ok(());
            }
            let make_one = |stale: &Stale| Ok((stale.0, self.readable(stale.0, self.made(stale))?));
            let made = on_all_cores(&stale, |part: &[Stale]| part.iter().map(make_one).collect())?;
            let damaged = made.iter().filter(|(_, kept)| kept.is_none()).map(|(record, _)| *record);
            let before = unread.len();
            unread.extend(damaged);
            let kept = index.keep_summaries(made.into_iter().filter_map(|(_, kept)| kept).collect())?;
            in_vain = if kept == 0 && unread.len() == before { in_vain.saturating_add(1) } else { 0 };
        }
        Err(Problem::fault("records change faster than they are listed"))
    }

    fn made(&self, stale: &Stale) -> Result<(Stale, Kept), Problem> {
        let record = stale.0;
        let entries = self.node.index()?.entries_about(record)?;
        let folded = sheet::fold_claims(&entries, self.snapshot.governance.as_ref());
        let sheets: Sheets = folded.sheets.into_iter().filter(|(key, _)| key.record == record).collect();
        let summary = Summary::of(record, &sheets, &Policy::default());
        let traits = candidates::keys(record.kind_code(), &Traits::of(&sheets));
        let marks = Marks {
            claims: claims(&entries, &sheets),
            traits: traits.into_iter().map(u32::to_be_bytes).collect(),
            conclusions: contested::encode(&Concluded::of(record, &sheets)),
        };
        let row = row(&summary, &marks);
        let summary = serde_json::to_vec(&summary.bounded()).map_err(|error| Problem::fault(error.to_string()))?;
        Ok((stale.clone(), Kept { summary, row }))
    }
}

/// What stands for all by which entries are judged: the acts that are in effect, that lost or that halt, and what counts of logs
/// that are closed. Acts that wait for signatures judge nothing.
fn rules(governance: &Governance) -> [u8; 32] {
    let mut parts: BTreeSet<[u8; 33]> = BTreeSet::new();
    let mut add = |kind: u8, id: &[u8; 32]| {
        let mut part = [kind; 33];
        part[1..].copy_from_slice(id);
        parts.insert(part);
    };
    for act in governance.acts() {
        match governance.status(&act.id()) {
            Some(ActStatus::InEffect) => add(0, act.id().as_bytes()),
            Some(ActStatus::Lost { .. } | ActStatus::TakenOut { .. }) => add(1, act.id().as_bytes()),
            Some(ActStatus::Halted { .. }) => add(2, act.id().as_bytes()),
            Some(ActStatus::NotInEffectYet { .. }) | None => {}
        }
    }
    for proof in governance.forks() {
        add(3, &hash_plain(&[&proof.encode()]));
    }
    governance.all_closed().for_each(|closed| add(4, &hash_plain(&[&closed.verdict()])));
    hash_plain(&[parts.into_iter().collect::<Vec<_>>().as_flattened()])
}

/// The beginnings of the ids of all claims, those of entries too that do not count: they are explained as well.
fn claims(entries: &[Authentic], sheets: &Sheets) -> BTreeSet<super::row::Mark> {
    let is_left_out = |entry: &&Authentic| sheets.values().any(|sheet| sheet.left_out.contains_key(&entry.id()));
    let left_out = entries.iter().filter(is_left_out).filter_map(|entry| entry.entry().payload.as_ref());
    let left_out = left_out.flat_map(|payload| sheet::claim_ids(&payload.bytes));
    let counting = sheets.values().flat_map(|sheet| sheet.claims.keys().copied());
    counting.chain(left_out).filter_map(|id| id.as_bytes().first_chunk().copied()).collect()
}

/// What is made of parts of a list, in its order; each core has one.
pub(in crate::reading) fn on_all_cores<T: Sync, U: Send>(
    all: &[T],
    make: impl Fn(&[T]) -> Result<Vec<U>, Problem> + Sync,
) -> Result<Vec<U>, Problem> {
    let parts = cores::each(all, FEW, make).ok_or_else(|| Problem::fault("a list could not be made"))?;
    parts.into_iter().collect::<Result<Vec<_>, _>>().map(|parts| parts.into_iter().flatten().collect())
}

/// Rounds of which nothing could be kept, for more came in about each record meanwhile: then a list is given up.
const IN_VAIN: u8 = 16;

/// No more than this stay on one thread: of blocks, two megabytes.
const FEW: usize = 63;
