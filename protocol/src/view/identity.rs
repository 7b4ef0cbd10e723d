//! Which records the reader's policy takes for one, by what organisations judged. MODEL §2, §7.14; §8 journey 7.
//!
//! Nothing is put together by itself, and never across a denial: where a chain of "the same" holds a pair that is "not the same",
//! none of it is put together, and all of it is told. Who takes a judgement back undoes it.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::json::Json;
use crate::id::{ClaimId, OrganisationId, RecordId};
use crate::limits;
use crate::sheet::{Said, Sheet};
use crate::store::{Fault, SheetView};

use super::claims::Verdict;
use super::material::{Material, spoken};
use super::{Context, Judgements, Policy, Reference, Sheets};

/// What organisations judged of this record and others, and what the reader's policy makes of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Identity {
    /// Records that the policy takes for this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same: Vec<Reference>,
    /// Why it takes none for it though some are judged the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Conflict>,
    /// Every pair on the way that somebody judged, this record's own first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judged: Vec<Pair>,
}

/// Two records, and who says what of them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pair {
    /// The records, the lower id first.
    pub records: (Reference, Reference),
    /// Who says that they are the same, by which claim.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub positive: BTreeMap<OrganisationId, ClaimId>,
    /// Who says that they are not.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub negative: BTreeMap<OrganisationId, ClaimId>,
    /// Who does not know.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unsure: BTreeMap<OrganisationId, ClaimId>,
    /// What the policy makes of it: none where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<bool>,
}

/// Why records that are judged the same are not put together.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Conflict {
    /// A chain of "the same" holds this pair, which is "not the same".
    Denied {
        /// The records of the pair, the lower id first.
        records: (Reference, Reference),
    },
    /// They are of different kinds.
    Kinds {
        /// The records of the pair, the lower id first.
        records: (Reference, Reference),
    },
    /// The chain is longer than any that is put together.
    TooMany,
    /// More records refer to the chain than are read: a denial may stand in one that was not.
    NotFollowed,
}

impl Identity {
    /// True if nobody judged anything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.judged.is_empty()
    }
}

/// Two records, the lower id first.
type Two = (RecordId, RecordId);

/// Who says what of a pair.
#[derive(Default)]
struct Judged {
    positive: BTreeMap<OrganisationId, ClaimId>,
    negative: BTreeMap<OrganisationId, ClaimId>,
    unsure: BTreeMap<OrganisationId, ClaimId>,
}

impl Judged {
    fn take(&mut self, verdict: &str, organisation: OrganisationId, claim: ClaimId) {
        let side = match verdict {
            "positive" => &mut self.positive,
            "negative" => &mut self.negative,
            "unsure" => &mut self.unsure,
            _ => return,
        };
        let first = side.entry(organisation).or_insert(claim);
        *first = claim.min(*first);
    }

    fn accepted(&self, judgements: &Judgements) -> Option<bool> {
        let negative: BTreeSet<_> = self.negative.keys().copied().collect();
        // Who says both has not made up his mind: the denial stands.
        let positive = self.positive.keys().filter(|organisation| !negative.contains(organisation)).copied().collect();
        judgements.verdict(&positive, &negative)
    }
}

/// Of records on which judgements stand, which ones the policy takes for each other: all that a list of them needs, at the cost of
/// reading each once.
///
/// The same as [`Identity::same`] of each, where no more records judge than [`limits::IDENTITY_READ`].
///
/// # Errors
/// [`Fault`] if the store cannot be read.
pub fn taken_for_one(
    judging: &BTreeSet<RecordId>,
    store: &impl SheetView,
    context: Context<'_>,
) -> Result<BTreeMap<RecordId, BTreeSet<RecordId>>, Fault> {
    let mut pairs: BTreeMap<Two, Judged> = BTreeMap::new();
    for record in judging {
        let sheets = crate::sheet::fold_claims(&store.entries_about(*record)?, context.judge).sheets;
        take_all(*record, &sheets, context.policy, &mut pairs);
    }
    let accepted = |is: bool| {
        let judgements = &context.policy.judgements;
        let is_it = move |(_, judged): &(&Two, &Judged)| judged.accepted(judgements) == Some(is);
        pairs.iter().filter(is_it).map(|(two, _)| *two)
    };
    let mut beside: BTreeMap<RecordId, BTreeSet<RecordId>> = BTreeMap::new();
    for (one, other) in accepted(true) {
        beside.entry(one).or_default().insert(other);
        beside.entry(other).or_default().insert(one);
    }
    let denied: BTreeSet<Two> = accepted(false).collect();
    let (mut taken, mut seen) = (BTreeMap::new(), BTreeSet::new());
    for record in beside.keys() {
        let group = reached_from(*record, &beside, &mut seen);
        let is_one_kind = group.iter().all(|other| other.kind_code() == record.kind_code());
        let is_denied = || {
            group.iter().any(|one| {
                denied.range((*one, RecordId::ZERO)..).take_while(|two| two.0 == *one).any(|two| group.contains(&two.1))
            })
        };
        if !is_one_kind || group.len() > limits::IDENTITY_RECORDS || is_denied() {
            continue;
        }
        for one in &group {
            taken.insert(*one, group.iter().copied().filter(|other| other != one).collect());
        }
    }
    taken.retain(|_, others: &mut BTreeSet<RecordId>| !others.is_empty());
    Ok(taken)
}

/// All that are connected with a record; nothing where that was asked before.
fn reached_from(
    record: RecordId,
    beside: &BTreeMap<RecordId, BTreeSet<RecordId>>,
    seen: &mut BTreeSet<RecordId>,
) -> BTreeSet<RecordId> {
    let (mut group, mut open) = (BTreeSet::new(), vec![record]);
    while let Some(at) = open.pop() {
        if seen.insert(at) {
            group.insert(at);
            open.extend(beside.get(&at).into_iter().flatten());
        }
    }
    group
}

/// Reads what is judged of a record, and of those that the policy takes for it.
///
/// `sheets` are the record's own, folded already.
pub(super) fn identity<S: SheetView>(
    record: RecordId,
    sheets: &Sheets,
    material: &mut Material<'_, S>,
) -> Result<Identity, Fault> {
    let judgements = material.context.policy.judgements.clone();
    let mut pairs: BTreeMap<Two, Judged> = BTreeMap::new();
    let (mut chain, mut is_too_long) = (BTreeSet::from([record]), false);
    let mut open = vec![record];
    let mut reading = Reading { read: BTreeSet::from([record]), left: limits::IDENTITY_READ, is_cut: false };
    take_all(record, sheets, material.context.policy, &mut pairs);
    while let Some(at) = open.pop() {
        let others = judged_with(at, &mut reading, &mut pairs, material)?;
        for other in others {
            let is_same = pairs.get(&two(at, other)).and_then(|judged| judged.accepted(&judgements)) == Some(true);
            if !is_same || other.kind_code() != record.kind_code() || chain.contains(&other) {
                continue;
            }
            if chain.len() >= limits::IDENTITY_RECORDS {
                is_too_long = true;
                continue;
            }
            chain.insert(other);
            open.push(other);
        }
    }
    let mut found = told(record, &chain, pairs, &judgements, material)?;
    found.conflicts.extend(is_too_long.then_some(Conflict::TooMany));
    // Where nobody follows judgements nothing would be put together anyway.
    let is_missed = reading.is_cut && !judgements.is_none();
    found.conflicts.extend(is_missed.then_some(Conflict::NotFollowed));
    if found.conflicts.is_empty() {
        chain.remove(&record);
        found.same = chain.into_iter().map(|other| material.reference(other)).collect::<Result<_, _>>()?;
    }
    Ok(found)
}

/// Which records were read for their judgements, and how many more may be.
struct Reading {
    read: BTreeSet<RecordId>,
    left: usize,
    is_cut: bool,
}

/// The records that somebody judged to be, or not to be, this one: in its own sheets or in theirs.
fn judged_with<S: SheetView>(
    record: RecordId,
    reading: &mut Reading,
    pairs: &mut BTreeMap<Two, Judged>,
    material: &mut Material<'_, S>,
) -> Result<BTreeSet<RecordId>, Fault> {
    // Those of its kind first: what is judged of others puts nothing together.
    let mut referring: Vec<_> = material.referring_to(record)?.into_iter().chain([record]).collect();
    referring.sort_by_key(|other| (other.kind_code() != record.kind_code(), *other));
    for other in referring {
        if !reading.read.insert(other) {
            continue;
        }
        let Some(left) = reading.left.checked_sub(1) else {
            reading.is_cut |= other.kind_code() == record.kind_code();
            continue;
        };
        reading.left = left;
        // Most of what refers to a record judges nothing.
        if material.may_judge(other)? {
            let sheets = material.claims(other)?;
            take_all(other, &sheets, material.context.policy, pairs);
        }
    }
    let with = |(left, right): &Two| {
        if *left == record { Some(*right) } else { (*right == record).then_some(*left) }
    };
    Ok(pairs.keys().filter_map(with).collect())
}

fn take_all(about: RecordId, sheets: &Sheets, policy: &Policy, pairs: &mut BTreeMap<Two, Judged>) {
    for (sheet, said) in spoken(sheets, policy, &["judgement"]) {
        take(about, sheet, said, pairs);
    }
}

fn take(about: RecordId, sheet: &Sheet, said: &Said, pairs: &mut BTreeMap<Two, Judged>) {
    let Some(value) = said.claim.value() else { return };
    let text = |key: &str| value.get(key).and_then(Json::as_text);
    let Some(other) = text("record").and_then(|id| RecordId::parse(id).ok()) else { return };
    // Nobody known is nobody in particular: a verdict that he is somebody accuses whoever that is in every attribution.
    let is_nobody_known = [about, other].contains(&RecordId::UNIDENTIFIED);
    let is_identity = text("relation") == Some("same_as") && other != about && !is_nobody_known;
    if is_identity && Verdict::alone(about.kind_code(), &said.claim).is_sound() {
        let verdict = text("verdict").unwrap_or_default();
        pairs.entry(two(about, other)).or_default().take(verdict, sheet.key.organisation, said.claim.id());
    }
}

fn two(one: RecordId, other: RecordId) -> Two {
    (one.min(other), one.max(other))
}

fn told<S: SheetView>(
    record: RecordId,
    chain: &BTreeSet<RecordId>,
    pairs: BTreeMap<Two, Judged>,
    judgements: &Judgements,
    material: &mut Material<'_, S>,
) -> Result<Identity, Fault> {
    let mut found = Identity::default();
    let mut pairs: Vec<_> = pairs.into_iter().collect();
    pairs.retain(|((left, right), _)| chain.contains(left) || chain.contains(right));
    pairs.sort_by_key(|(two, _)| (two.0 != record && two.1 != record, *two));
    for ((left, right), judged) in pairs {
        let accepted = judged.accepted(judgements);
        let records = (material.reference(left)?, material.reference(right)?);
        let is_inside = chain.contains(&left) && chain.contains(&right);
        if is_inside && accepted == Some(false) && chain.len() > 2 {
            found.conflicts.push(Conflict::Denied { records: records.clone() });
        }
        if accepted == Some(true) && left.kind_code() != right.kind_code() {
            found.conflicts.push(Conflict::Kinds { records: records.clone() });
        }
        let Judged { positive, negative, unsure } = judged;
        found.judged.push(Pair { records, positive, negative, unsure, accepted });
    }
    Ok(found)
}
