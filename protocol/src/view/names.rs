//! What records are called. Any member may give a record of others any name, and a name is believed where an id is not read: whose
//! word is told calls the record as he does himself, else those whom the reader puts first, else most of those who name it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::id::{OrganisationId, RecordId};
use crate::locale::{self, Language};
use crate::model::values::name_text;
use crate::sheet::{Said, Sheet};

use super::material::{distinct, spoken};
use super::{Policy, Sheets, Whose, Words};

/// What a record is called: its titles or names; where it has none, its aliases.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By the reader's language, then by how many give it, then in the order in which the reader hears them.
    given: Vec<Given>,
    /// The texts that it is told by where nobody's own word is told.
    leading: BTreeSet<String>,
}

/// What a record is called by the rules alone, whatever is said of it, and also where nothing is: the one for nobody known.
#[must_use]
pub fn fixed_labels(record: RecordId) -> Option<Vec<Words>> {
    (record == RecordId::UNIDENTIFIED).then(|| Names::of_nobody_known(&Policy::default()).first())
}

/// A title, name or alias, and who gives it.
#[derive(Debug)]
struct Given {
    words: Words,
    by: OrganisationId,
}

impl Names {
    /// The names of a record. Where nobody who counts gives it any, what others call it: a name decides nothing, and an id tells
    /// nobody which record is meant.
    pub(super) fn of(record: RecordId, sheets: &Sheets, policy: &Policy) -> Self {
        let own = Self::of_those_who_count(record, sheets, policy);
        if !own.given.is_empty() || policy.whose == Whose::All {
            return own;
        }
        Self::of_those_who_count(record, sheets, &Policy { whose: Whose::All, ..policy.clone() })
    }

    /// The same of those alone who count.
    pub(super) fn of_those_who_count(record: RecordId, sheets: &Sheets, policy: &Policy) -> Self {
        if record == RecordId::UNIDENTIFIED {
            return Self::of_nobody_known(policy);
        }
        let titles = given(sheets, policy, &["title", "name"]);
        if !titles.is_empty() {
            let naming: BTreeSet<OrganisationId> = titles.iter().map(|given| given.by).collect();
            return Self::among(titles, naming.len(), policy);
        }
        if record == RecordId::ZERO {
            return Self::default();
        }
        // An alias is held against all who speak: one that others give a record without a title is no name of theirs.
        let speaking = sheets.values().filter(|sheet| policy.counts(sheet.key.organisation));
        let speaking = speaking.filter(|sheet| sheet.standing_claims().next().is_some());
        let speaking: BTreeSet<OrganisationId> = speaking.map(|sheet| sheet.key.organisation).collect();
        let mut aliases = given(sheets, policy, &["alias"]);
        aliases.iter_mut().for_each(|given| given.words.lang = None);
        Self::among(aliases, speaking.len(), policy)
    }

    /// What stands for nobody known is called so in every language: no claim gives a perpetrator who is not known a name.
    fn of_nobody_known(policy: &Policy) -> Self {
        let word = |language: Language| {
            let text = locale::word(language, "subject.unidentified").to_owned();
            Given { words: Words::new(Some(language.code().to_owned()), text), by: OrganisationId::ZERO }
        };
        let mut given: Vec<Given> = Language::ALL.into_iter().map(word).collect();
        given.sort_by_key(|given| policy.language_rank(given.words.lang.as_deref()));
        let leading = given.iter().map(|given| given.words.text.clone()).collect();
        Self { given, leading }
    }

    /// The names that it is told by, none twice.
    pub(super) fn first(&self) -> Vec<Words> {
        self.only(|given| self.leading.contains(&given.words.text))
    }

    /// What only others call it.
    pub(super) fn others(&self) -> Vec<Words> {
        self.only(|given| !self.leading.contains(&given.words.text))
    }

    /// What an organisation calls it: nothing if it gives it no name.
    pub(super) fn by(&self, whose: OrganisationId) -> Vec<Words> {
        self.only(|given| given.by == whose)
    }

    /// What each organisation calls it that calls it otherwise than these names do: the first name in each language.
    pub(super) fn of_each(&self) -> BTreeMap<OrganisationId, Vec<Words>> {
        if self.given.iter().all(|given| !given.words.differs) {
            return BTreeMap::new();
        }
        let mut own: BTreeMap<OrganisationId, Vec<Words>> = BTreeMap::new();
        for given in &self.given {
            own.entry(given.by).or_default().push(given.words.clone());
        }
        let told = one_of_each_language(self.first()).0;
        let own = own.into_iter().map(|(whose, words)| (whose, one_of_each_language(words).0));
        own.filter(|(_, own)| *own != told).collect()
    }

    fn only(&self, is_asked: impl Fn(&Given) -> bool) -> Vec<Words> {
        let asked = self.given.iter().filter(|given| is_asked(given));
        distinct(asked.map(|given| &given.words)).into_iter().cloned().collect()
    }

    /// `naming` is how many organisations could give each of the names: what fewer give is marked.
    fn among(mut given: Vec<Given>, naming: usize, policy: &Policy) -> Self {
        let mut voices: BTreeMap<String, BTreeSet<OrganisationId>> = BTreeMap::new();
        for given in &given {
            voices.entry(given.words.text.clone()).or_default().insert(given.by);
        }
        let said_by = |given: &Given| voices.get(&given.words.text).map_or(0, BTreeSet::len);
        given.iter_mut().for_each(|given| given.words.differs = said_by(given) < naming);
        let leading = leading(&given, &voices, policy);
        let leading = voices.iter().filter(|(_, by)| !by.is_disjoint(&leading)).map(|(text, _)| text.clone()).collect();
        given.sort_by_cached_key(|given| (policy.language_rank(given.words.lang.as_deref()), Reverse(said_by(given))));
        Self { given, leading }
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
) -> BTreeSet<OrganisationId> {
    let first = all.iter().map(|given| policy.rank(given.by)).min().unwrap_or(usize::MAX);
    if first != usize::MAX {
        return all.iter().filter(|given| policy.rank(given.by) == first).map(|given| given.by).collect();
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
