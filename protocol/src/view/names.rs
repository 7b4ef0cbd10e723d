//! What records are called. Any member may give a record of others any name, and a name is believed where an id is not read: whose
//! word is told calls the record as he does himself, else those whom the reader puts first, else most of those who name it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::id::{OrganisationId, RecordId};
use crate::model::values::name_text;
use crate::sheet::{Said, Sheet};

use super::material::{distinct, spoken};
use super::{Policy, Sheets, Whose, Words};

/// What a record is called.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// What it is told by, the reader's language first.
    pub(super) first: Vec<Words>,
    /// What only others call it.
    pub(super) others: Vec<Words>,
}

/// A title, name or alias, and who gives it.
#[derive(Clone)]
struct Given {
    words: Words,
    by: OrganisationId,
}

impl Names {
    /// Titles or names of a record; where it has none, its aliases. None twice. `by` is whose word is told, if it is one's.
    ///
    /// Where nobody who counts gives it any, what others call it: a name decides nothing, and an id tells nobody which record is
    /// meant.
    pub(super) fn of(record: RecordId, sheets: &Sheets, policy: &Policy, by: Option<OrganisationId>) -> Self {
        let own = Self::of_those_who_count(record, sheets, policy, by);
        if !own.first.is_empty() || policy.whose == Whose::All {
            return own;
        }
        Self::of_those_who_count(record, sheets, &Policy { whose: Whose::All, ..policy.clone() }, by)
    }

    /// The same of those alone who count.
    pub(super) fn of_those_who_count(
        record: RecordId,
        sheets: &Sheets,
        policy: &Policy,
        by: Option<OrganisationId>,
    ) -> Self {
        let titles = given(sheets, policy, &["title", "name"]);
        if !titles.is_empty() {
            let naming = titles.iter().map(|given| given.by).collect();
            return Self::among(titles, &naming, policy, by);
        }
        if record == RecordId::ZERO {
            return Self::default();
        }
        // An alias is held against all who speak: one that others give a record without a title is no name of theirs.
        let speaking = sheets.values().filter(|sheet| policy.counts(sheet.key.organisation));
        let speaking = speaking.filter(|sheet| sheet.standing_claims().next().is_some());
        let naming = speaking.map(|sheet| sheet.key.organisation).collect();
        let mut aliases = given(sheets, policy, &["alias"]);
        aliases.iter_mut().for_each(|given| given.words.lang = None);
        Self::among(aliases, &naming, policy, by)
    }

    /// What each organisation calls it that calls it otherwise than these names do: the first name in each language.
    pub(super) fn of_each(&self, sheets: &Sheets, policy: &Policy) -> BTreeMap<OrganisationId, Vec<Words>> {
        let told = one_of_each_language(self.first.clone()).0;
        if told.iter().chain(&self.others).all(|words| !words.differs) {
            return BTreeMap::new();
        }
        let titles = given(sheets, policy, &["title", "name"]);
        let naming: BTreeSet<OrganisationId> = titles.iter().map(|given| given.by).collect();
        let own = |by: &OrganisationId| {
            (*by, one_of_each_language(Self::among(titles.clone(), &naming, policy, Some(*by)).first).0)
        };
        naming.iter().map(own).filter(|(_, own)| *own != told).collect()
    }

    fn among(all: Vec<Given>, naming: &BTreeSet<OrganisationId>, policy: &Policy, by: Option<OrganisationId>) -> Self {
        let mut voices: BTreeMap<String, BTreeSet<OrganisationId>> = BTreeMap::new();
        for given in &all {
            voices.entry(given.words.text.clone()).or_default().insert(given.by);
        }
        let leading = leading(&all, &voices, policy, by);
        let said_by = |words: &Words| voices.get(&words.text).map_or(0, BTreeSet::len);
        let mut words = distinct(all.into_iter().map(|given| given.words));
        words.iter_mut().for_each(|words| words.differs = said_by(words) < naming.len());
        words.sort_by_cached_key(|words| (policy.language_rank(words.lang.as_deref()), Reverse(said_by(words))));
        let leads = |words: &Words| voices.get(&words.text).is_some_and(|by| !by.is_disjoint(&leading));
        let (first, others) = words.into_iter().partition(leads);
        Self { first, others }
    }
}

/// The first words of each language, and the others.
pub(super) fn one_of_each_language(words: Vec<Words>) -> (Vec<Words>, Vec<Words>) {
    let mut languages = BTreeSet::new();
    words.into_iter().partition(|words| languages.insert(words.lang.clone()))
}

/// Those whose names are told: each organisation is one voice, however often it speaks.
fn leading(
    all: &[Given],
    voices: &BTreeMap<String, BTreeSet<OrganisationId>>,
    policy: &Policy,
    by: Option<OrganisationId>,
) -> BTreeSet<OrganisationId> {
    if let Some(by) = by.filter(|by| all.iter().any(|given| given.by == *by)) {
        return [by].into();
    }
    let rank = |given: &&Given| policy.rank(given.by);
    let first = all.iter().map(|given| rank(&given)).min().unwrap_or(usize::MAX);
    if first != usize::MAX {
        return all.iter().filter(|given| rank(given) == first).map(|given| given.by).collect();
    }
    let most = voices.values().map(BTreeSet::len).max().unwrap_or(0);
    voices.values().filter(|by| by.len() == most).flatten().copied().collect()
}

/// What claims of some properties call it, in the reader's order.
fn given(sheets: &Sheets, policy: &Policy, properties: &[&str]) -> Vec<Given> {
    let given = |(sheet, said): (&Sheet, &Said)| {
        let text = said.claim.value().and_then(name_text)?.to_owned();
        Some(Given { words: Words::new(said.claim.lang().map(str::to_owned), text), by: sheet.key.organisation })
    };
    spoken(sheets, policy, properties).filter_map(given).collect()
}
