//! Which records are compared at all: those that share a trait, for each with each would be five thousand million pairs.
//!
//! Blocking as in Splink and dedupe: by cell of half a degree and period of 62 days (each twice, shifted by half), by consonants
//! of names, by identifiers. A block that is too large is walked in order instead, each record with its next ones (the sorted
//! neighbourhood of Hernández and Stolfo 1995).

use std::collections::{BTreeMap, BTreeSet};

use crate::id::RecordId;
use crate::limits;
use crate::model::kinds::{INCIDENT, SOURCE};
use crate::time::Day;

use super::traits::Traits;

/// What a record shares with those that it is compared with.
pub(super) fn keys(kind: u8, traits: &Traits) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for (scheme, values) in &traits.identifiers {
        keys.extend(values.iter().map(|value| format!("i:{scheme}:{value}")));
    }
    if kind == INCIDENT {
        let periods: BTreeSet<i64> = traits.dates.iter().flat_map(|dates| periods(*dates)).collect();
        let mut spots: BTreeSet<String> = traits.points.iter().flat_map(|point| cells(point.lat, point.lon)).collect();
        spots.extend(traits.places.iter().map(|name| format!("p:{}", name.skeleton())));
        for place in spots {
            keys.extend(periods.iter().map(|period| format!("{place}:{period}")));
        }
        return keys;
    }
    for name in &traits.names {
        let words = name.skeletons();
        let spelt = name.skeleton();
        keys.insert(format!("n:{}", spelt.chars().take(8).collect::<String>()));
        if kind != SOURCE {
            for (at, word) in words.iter().enumerate() {
                let next = words.iter().skip(at.saturating_add(1)).take(3);
                keys.extend(next.map(|other| format!("w:{}:{}", word.min(other), word.max(other))));
                keys.extend((word.len() > 3).then(|| format!("o:{word}")));
            }
        }
    }
    for (prop, values) in traits.links.iter().filter(|(prop, _)| *prop != "subject_type") {
        keys.extend(values.iter().map(|value| format!("l:{prop}:{value}")));
    }
    keys
}

/// The cells of a place, on two grids that lie half a cell apart in both directions.
fn cells(lat: i64, lon: i64) -> Vec<String> {
    const CELL: i64 = 50_000;
    let both = |at: i64| [at.div_euclid(CELL), at.saturating_add(CELL / 2).div_euclid(CELL)];
    // East of 180 degrees is west of it.
    let (lats, lons) = (both(lat), both(lon).map(|cell| cell.rem_euclid(720)));
    let mut cells = Vec::new();
    for (grid, lat) in lats.iter().enumerate() {
        for (shift, lon) in lons.iter().enumerate() {
            cells.push(format!("c:{grid}{shift}:{lat}:{lon}"));
        }
    }
    cells
}

/// Numbers of overlapping periods of 62 days that a span touches, one each 31 days.
fn periods((first, last): (Day, Day)) -> Vec<i64> {
    let number = |day: Day| {
        let start = jiff::civil::Date::constant(1900, 1, 1);
        day.date().duration_since(start).as_hours().saturating_div(24).div_euclid(31)
    };
    let (from, to) = (number(first), number(last).saturating_add(1));
    let to = to.min(from.saturating_add(limits::CANDIDATE_PERIODS));
    (from..=to).collect()
}

/// Pairs to compare.
#[derive(Debug, Default)]
pub struct Pairs {
    /// Each pair once, the smaller id first.
    pub pairs: BTreeSet<(RecordId, RecordId)>,
    /// Records for which not all that share a trait are among them.
    pub cut: BTreeSet<RecordId>,
}

impl Pairs {
    pub(super) fn of(kind: u8, traits: &BTreeMap<RecordId, Traits>, one: Option<RecordId>) -> Self {
        let wanted = one.and_then(|one| traits.get(&one)).map(|traits| keys(kind, traits));
        let mut blocks: BTreeMap<String, Vec<RecordId>> = BTreeMap::new();
        for (record, traits) in traits {
            for key in keys(kind, traits) {
                if wanted.as_ref().is_none_or(|wanted| wanted.contains(&key)) {
                    blocks.entry(key).or_default().push(*record);
                }
            }
        }
        let mut blocks: Vec<Vec<RecordId>> = blocks.into_values().filter(|block| block.len() > 1).collect();
        // Rare traits say most: they come first, before a record has had its share of comparisons.
        blocks.sort_by(|one, other| one.len().cmp(&other.len()).then_with(|| one.cmp(other)));
        blocks.dedup();
        let mut found = Self::default();
        let mut compared: BTreeMap<RecordId, usize> = BTreeMap::new();
        // What somebody has judged is a pair whatever the two share.
        for (record, traits_of) in traits {
            let judged = traits_of.judged.iter().map(|(other, ..)| *other).filter(|other| traits.contains_key(other));
            let others: BTreeSet<RecordId> = judged.filter(|other| other != record).collect();
            for other in others.into_iter().take(limits::CANDIDATE_COMPARED) {
                found.take(vec![*record, other], traits, one, &mut compared);
            }
        }
        for block in blocks {
            found.take(block, traits, one, &mut compared);
        }
        found
    }

    fn take(
        &mut self,
        mut block: Vec<RecordId>,
        traits: &BTreeMap<RecordId, Traits>,
        one: Option<RecordId>,
        compared: &mut BTreeMap<RecordId, usize>,
    ) {
        let is_large = block.len() > limits::CANDIDATE_BLOCK;
        if is_large {
            let order = |record: &RecordId| {
                let traits = traits.get(record);
                let date = traits.and_then(|traits| traits.dates.first().copied());
                let point = traits.and_then(|traits| traits.points.first().copied());
                (date, point, traits.and_then(|traits| traits.names.first()).map(super::names::Name::skeleton), *record)
            };
            block.sort_by_cached_key(order);
            self.cut.extend(&block);
        }
        let reach = if is_large { limits::CANDIDATE_NEIGHBOURS } else { limits::CANDIDATE_BLOCK };
        for (at, first) in block.iter().enumerate() {
            for second in block.iter().skip(at.saturating_add(1)).take(reach) {
                if one.is_some_and(|one| one != *first && one != *second) {
                    continue;
                }
                let pair = (*first.min(second), *first.max(second));
                if self.pairs.contains(&pair) {
                    continue;
                }
                let mut has_room = |record: RecordId| *compared.entry(record).or_default() < limits::CANDIDATE_COMPARED;
                if !has_room(pair.0) || !has_room(pair.1) {
                    self.cut.extend([pair.0, pair.1]);
                    continue;
                }
                for record in [pair.0, pair.1] {
                    compared.entry(record).and_modify(|count| *count = count.saturating_add(1));
                }
                self.pairs.insert(pair);
            }
        }
    }
}
