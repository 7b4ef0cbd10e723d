//! Which claims of a property exclude each other, found by bounds and values and never pair by pair. MODEL §3, §7.
//!
//! A member writes thousands of claims into a few hundred kilobytes, and every reader pays for them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::id::{OrganisationId, RecordId};
use crate::model::edtf::Edtf;
use crate::model::{Property, ValueType};
use crate::sheet::Claim;

use super::compare::count;

/// Who speaks: the organisation, and the body that it cites. One voice does not contest itself.
pub(super) type Voice = (OrganisationId, Option<RecordId>);

/// The claims, by their place in the list, that a claim of another voice excludes: both cannot hold, by the rules of the type.
pub(super) fn contesting(property: &Property, said: &[(Voice, &Claim)]) -> BTreeSet<usize> {
    if property.value == ValueType::Count {
        return apart(&said.iter().enumerate().filter_map(range).collect::<Vec<_>>());
    }
    if property.cardinality.is_many() {
        return BTreeSet::new();
    }
    if property.value == ValueType::Date {
        return apart(&said.iter().enumerate().filter_map(days).collect::<Vec<_>>());
    }
    different(said)
}

/// From where to where a value reaches; without a bound where it is open.
struct Stretch<'a, T> {
    place: usize,
    voice: Voice,
    /// Only what is of one category is compared.
    category: &'a str,
    first: Option<T>,
    last: Option<T>,
}

fn range<'a>((place, (voice, claim)): (usize, &(Voice, &'a Claim))) -> Option<Stretch<'a, i64>> {
    let (category, range) = count(claim.value()?)?;
    Some(Stretch { place, voice: *voice, category, first: Some(range.min), last: range.max })
}

fn days<'a>((place, (voice, claim)): (usize, &(Voice, &'a Claim))) -> Option<Stretch<'a, crate::time::Day>> {
    let date = Edtf::parse(claim.value()?.as_text()?).ok()?;
    Some(Stretch { place, voice: *voice, category: "", first: date.earliest, last: date.latest })
}

/// Those that share nothing with a stretch of another voice: one that ends before they begin, or begins after they end.
fn apart<T: Ord + Copy>(stretches: &[Stretch<'_, T>]) -> BTreeSet<usize> {
    let mut edges: BTreeMap<&str, Edges<T>> = BTreeMap::new();
    for stretch in stretches {
        edges.entry(stretch.category).or_default().take(stretch);
    }
    let is_apart = |stretch: &&Stretch<'_, T>| edges.get(stretch.category).is_some_and(|edges| edges.exclude(stretch));
    stretches.iter().filter(is_apart).map(|stretch| stretch.place).collect()
}

/// The soonest end and the latest beginning of a category.
struct Edges<T> {
    ends: Outermost<Reverse<T>>,
    beginnings: Outermost<T>,
}

impl<T> Default for Edges<T> {
    fn default() -> Self {
        Self { ends: Outermost::default(), beginnings: Outermost::default() }
    }
}

impl<T: Ord + Copy> Edges<T> {
    fn take(&mut self, stretch: &Stretch<'_, T>) {
        if let Some(last) = stretch.last {
            self.ends.take(Reverse(last), stretch.voice);
        }
        if let Some(first) = stretch.first {
            self.beginnings.take(first, stretch.voice);
        }
    }

    fn exclude(&self, stretch: &Stretch<'_, T>) -> bool {
        let end = self.ends.of_others(stretch.voice).map(|Reverse(end)| end);
        let beginning = self.beginnings.of_others(stretch.voice);
        let is_after = end.zip(stretch.first).is_some_and(|(end, first)| end < first);
        is_after || beginning.zip(stretch.last).is_some_and(|(beginning, last)| beginning > last)
    }
}

/// The highest value, and the highest of any other voice: one of the two answers whoever asks.
struct Outermost<T> {
    highest: Option<(T, Voice)>,
    of_another: Option<(T, Voice)>,
}

impl<T> Default for Outermost<T> {
    fn default() -> Self {
        Self { highest: None, of_another: None }
    }
}

impl<T: Ord + Copy> Outermost<T> {
    fn take(&mut self, value: T, voice: Voice) {
        let is_higher = |than: Option<(T, Voice)>| than.is_none_or(|(than, _)| value > than);
        let is_same_voice = self.highest.is_some_and(|(_, highest)| highest == voice);
        if is_higher(self.highest) {
            if !is_same_voice {
                self.of_another = self.highest;
            }
            self.highest = Some((value, voice));
        } else if !is_same_voice && is_higher(self.of_another) {
            self.of_another = Some((value, voice));
        }
    }

    fn of_others(&self, voice: Voice) -> Option<T> {
        let highest = self.highest.filter(|(_, highest)| *highest != voice);
        highest.or(self.of_another).map(|(value, _)| value)
    }
}

/// Those beside which another voice says another value in the same language: the same said in two is no contradiction.
fn different(said: &[(Voice, &Claim)]) -> BTreeSet<usize> {
    let (mut voices, mut values) = (Numbers::default(), Numbers::default());
    let words: Vec<Word<'_>> = said
        .iter()
        .enumerate()
        .filter_map(|(place, (voice, claim))| {
            let value = values.of(claim.value()?);
            Some(Word { place, lang: claim.lang(), voice: voices.of(*voice), value })
        })
        .collect();
    let mut counts: BTreeMap<Group<'_>, usize> = BTreeMap::new();
    for word in &words {
        for group in word.groups() {
            let count = counts.entry(group).or_default();
            *count = count.saturating_add(1);
        }
    }
    let is_contested = |word: &&Word<'_>| {
        let [all, of_voice, of_value, of_both] = word.groups().map(|group| counts.get(&group).copied().unwrap_or(0));
        all.saturating_add(of_both) > of_voice.saturating_add(of_value)
    };
    words.iter().filter(is_contested).map(|word| word.place).collect()
}

/// Numbers different things in the order of first mention, so that each is compared with others once.
pub(super) struct Numbers<T>(BTreeMap<T, usize>);

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Ord> Numbers<T> {
    pub(super) fn of(&mut self, thing: T) -> usize {
        let next = self.0.len();
        *self.0.entry(thing).or_insert(next)
    }
}

/// A value in a language; which of voice and value is given says what is counted.
type Group<'a> = (Option<&'a str>, Option<usize>, Option<usize>);

struct Word<'a> {
    place: usize,
    lang: Option<&'a str>,
    voice: usize,
    value: usize,
}

impl<'a> Word<'a> {
    const fn groups(&self) -> [Group<'a>; 4] {
        let (lang, voice, value) = (self.lang, Some(self.voice), Some(self.value));
        [(lang, None, None), (lang, voice, None), (lang, None, value), (lang, voice, value)]
    }
}
