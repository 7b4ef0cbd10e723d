//! Records that are said to be the same, two of which are said to be different. MODEL §7.14.

use std::collections::BTreeSet;

use crate::encoding::json::Json;
use crate::id::RecordId;
use crate::limits;
use crate::store::{Fault, SheetView};

use super::super::claims::Verdict;
use super::super::material::{Material, spoken};
use super::{Found, Item};

pub(super) fn check<S: SheetView>(
    record: RecordId,
    items: &[Item<'_>],
    found: &mut Found,
    material: &mut Material<'_, S>,
) -> Result<(), Fault> {
    let judged = || items.iter().enumerate().filter(|(_, item)| item.prop == "judgement");
    if judged().next().is_none() {
        return Ok(());
    }
    let mut chain = Chain {
        same: BTreeSet::from([record]),
        different: BTreeSet::new(),
        left: limits::CHAIN_RECORDS,
        others_left: limits::CHAIN_RECORDS,
        is_cut: false,
    };
    let mut next = BTreeSet::new();
    for verdict in judged().filter(|(_, item)| item.counts).filter_map(|(_, item)| verdict(record, item.value)) {
        chain.take(verdict, &mut next);
    }
    chain.follow_others(record, &mut next, material)?;
    while let Some(other) = next.pop_first() {
        chain.same.insert(other);
        chain.follow(other, &mut next, material)?;
        chain.follow_others(other, &mut next, material)?;
    }
    let is_within = |(one, other): &&Pair| chain.same.contains(one) && chain.same.contains(other);
    let contradiction = chain.different.iter().find(is_within);
    for (place, item) in judged() {
        let Some((_, (left, right))) = verdict(record, item.value) else { continue };
        if !chain.same.contains(&left) || !chain.same.contains(&right) {
            continue;
        }
        match contradiction {
            Some((one, other)) => {
                found.add(place, "judgement_chain", "value", [("one", one.to_string()), ("other", other.to_string())]);
            }
            None if chain.is_cut => found.add(place, "judgement_chain_cut", "value", []),
            None => {}
        }
    }
    Ok(())
}

/// Two records, the lower one first.
type Pair = (RecordId, RecordId);

/// Records that judgements put together, and pairs that they keep apart.
struct Chain {
    same: BTreeSet<RecordId>,
    different: BTreeSet<Pair>,
    /// How many records of the chain may still be read.
    left: usize,
    /// How many of those that name one of them. Apart: whoever makes many that name a record does not end its chain.
    others_left: usize,
    /// True once there was more to read than that.
    is_cut: bool,
}

impl Chain {
    fn take(&mut self, (is_same, pair): (bool, Pair), next: &mut BTreeSet<RecordId>) {
        if is_same {
            next.extend([pair.0, pair.1].into_iter().filter(|record| !self.same.contains(record)));
        } else {
            self.different.insert(pair);
        }
    }

    /// Takes in the judgements that stand on a record.
    fn follow<S: SheetView>(
        &mut self,
        record: RecordId,
        next: &mut BTreeSet<RecordId>,
        material: &mut Material<'_, S>,
    ) -> Result<(), Fault> {
        let Some(left) = self.left.checked_sub(1) else {
            self.is_cut = true;
            return Ok(());
        };
        self.left = left;
        for verdict in verdicts(record, material)? {
            self.take(verdict, next);
        }
        Ok(())
    }

    /// Takes in those that stand on other records and name this one. Only records of its kind are read: an incident has
    /// thousands of conclusions, and none of them is the same as it.
    fn follow_others<S: SheetView>(
        &mut self,
        record: RecordId,
        next: &mut BTreeSet<RecordId>,
        material: &mut Material<'_, S>,
    ) -> Result<(), Fault> {
        let referring = material.referring_to(record)?;
        let alike = referring.into_iter().filter(|other| other.kind_code() == record.kind_code());
        for other in alike {
            let Some(left) = self.others_left.checked_sub(1) else {
                self.is_cut = true;
                break;
            };
            self.others_left = left;
            for verdict in verdicts(other, material)? {
                if verdict.1.0 == record || verdict.1.1 == record {
                    self.take(verdict, next);
                }
            }
        }
        Ok(())
    }
}

/// Reads the judgements that stand on a record.
fn verdicts<S: SheetView>(record: RecordId, material: &mut Material<'_, S>) -> Result<Vec<(bool, Pair)>, Fault> {
    let sheets = material.claims(record)?;
    let said = spoken(&sheets, material.context.policy, &["judgement"]);
    let sound = said.filter(|(_, said)| Verdict::alone(record.kind_code(), &said.claim).is_sound());
    Ok(sound.filter_map(|(_, said)| verdict(record, said.claim.value()?)).collect())
}

/// Whether a judgement on a record says that it is the same as another; `None` where it does not decide that.
fn verdict(record: RecordId, value: &Json) -> Option<(bool, Pair)> {
    let text = |key: &str| value.get(key).and_then(Json::as_text);
    let other = RecordId::parse(text("record")?).ok().filter(|other| *other != record)?;
    let is_same = match (text("relation")?, text("verdict")?) {
        ("same_as", "positive") => true,
        ("same_as", "negative") => false,
        _ => return None,
    };
    Some((is_same, (record.min(other), record.max(other))))
}
