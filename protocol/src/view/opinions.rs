//! What organisations say of claims. Whoever says a claim anew answers no dispute: what was said of an earlier version is told
//! beside each later one. MODEL §2, §7.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::encoding::json::Json;
use crate::id::{ClaimId, EntryId, OrganisationId};
use crate::limits;
use crate::sheet::{Said, Sheet};

use super::claims::Opinion;
use super::material::spoken;
use super::{Policy, Sheets};

/// The live opinions in all sheets of a record, by what they look at: an organisation's claim, or its entry.
#[derive(Default)]
pub(super) struct Opinions {
    all: Vec<Opinion>,
    on_claims: BTreeMap<(OrganisationId, ClaimId), BTreeSet<usize>>,
    on_entries: BTreeMap<(OrganisationId, EntryId), BTreeSet<usize>>,
}

impl Opinions {
    pub(super) fn new(sheets: &Sheets) -> Self {
        let mut opinions = Self::default();
        for (sheet, said) in spoken(sheets, &Policy::default(), &["opinion"]) {
            opinions.take(sheet, said);
        }
        opinions
    }

    fn take(&mut self, sheet: &Sheet, said: &Said) {
        let Some(value) = said.claim.value() else { return };
        let text = |key: &str| value.get(key).and_then(Json::as_text);
        let Some(stance) = text("stance") else { return };
        let place = self.all.len();
        self.all.push(Opinion {
            organisation: sheet.key.organisation,
            claim: said.claim.id(),
            stance: stance.to_owned(),
            reason: text("reason").map(str::to_owned),
            text: text("text").map(str::to_owned),
            on_earlier: false,
        });
        let Some(whose) = text("organisation").and_then(|id| OrganisationId::parse(id).ok()) else { return };
        if let Some(claim) = text("claim").and_then(|id| ClaimId::parse(id).ok()) {
            self.on_claims.entry((whose, claim)).or_default().insert(place);
        }
        if let Some(entry) = text("entry").and_then(|id| EntryId::parse(id).ok()) {
            self.on_entries.entry((whose, entry)).or_default().insert(place);
        }
    }

    fn get(&self, place: usize) -> Option<&Opinion> {
        self.all.get(place)
    }

    /// Those that look at a claim of a sheet, or at an entry that says it.
    fn on(&self, sheet: &Sheet, id: ClaimId) -> BTreeSet<usize> {
        let whose = sheet.key.organisation;
        let mut found = self.on_claims.get(&(whose, id)).cloned().unwrap_or_default();
        for entry in sheet.claims.get(&id).into_iter().flat_map(|said| said.signers.keys()) {
            found.extend(self.on_entries.get(&(whose, *entry)).into_iter().flatten());
        }
        found
    }

    /// What is said of these words, or of an earlier version.
    pub(super) fn heard_of(&self, sheet: &Sheet, id: ClaimId) -> Heard {
        Listener::new(self, sheet).heard(id)
    }

    fn disputing(&self, places: &BTreeSet<usize>) -> BTreeSet<OrganisationId> {
        let opinions = places.iter().filter_map(|place| self.get(*place));
        opinions.filter(|opinion| opinion.stance == "dispute").map(|opinion| opinion.organisation).collect()
    }

    /// The first ones of each organisation: further ones are told as claims alone.
    fn first_of_each(&self, places: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut told: BTreeMap<OrganisationId, usize> = BTreeMap::new();
        let is_told = |place: &usize| {
            let Some(opinion) = self.get(*place) else { return false };
            let count = told.entry(opinion.organisation).or_default();
            *count = count.saturating_add(1);
            *count <= limits::OPINIONS_OF_ONE
        };
        places.into_iter().filter(is_told).collect()
    }
}

/// What a reader is told beside one claim.
#[derive(Default)]
pub(super) struct Heard {
    /// The opinions, those on earlier versions too.
    pub(super) opinions: Vec<Opinion>,
    /// Who endorses these very words.
    pub(super) endorsed_by: BTreeSet<OrganisationId>,
    /// Who disputes them, or an earlier version.
    pub(super) disputed_by: BTreeSet<OrganisationId>,
}

/// What a claim passes on to those that take its place.
#[derive(Default)]
struct Passed {
    opinions: BTreeSet<usize>,
    disputed_by: BTreeSet<OrganisationId>,
}

/// Reads the opinions on the claims of one sheet: each link of a chain of versions is followed once.
pub(super) struct Listener<'a> {
    opinions: &'a Opinions,
    sheet: &'a Sheet,
    passed: BTreeMap<ClaimId, Rc<Passed>>,
}

impl<'a> Listener<'a> {
    pub(super) const fn new(opinions: &'a Opinions, sheet: &'a Sheet) -> Self {
        Self { opinions, sheet, passed: BTreeMap::new() }
    }

    /// What is said of a claim, or of an earlier version that it replaces.
    pub(super) fn heard(&mut self, id: ClaimId) -> Heard {
        if self.opinions.all.is_empty() {
            return Heard::default();
        }
        let earlier = self.earlier(id);
        let own = self.opinions.on(self.sheet, id);
        let mut disputed_by = self.opinions.disputing(&own);
        disputed_by.extend(&earlier.disputed_by);
        let own_ones = || own.iter().filter_map(|place| self.opinions.get(*place));
        let endorsed = own_ones().filter(|opinion| opinion.stance == "endorse");
        let mut told = self.opinions.first_of_each(own.iter().copied());
        told.extend(earlier.opinions.difference(&own));
        let show =
            |place: &usize| Some(Opinion { on_earlier: !own.contains(place), ..self.opinions.get(*place)?.clone() });
        Heard {
            opinions: told.iter().filter_map(show).collect(),
            endorsed_by: endorsed.map(|opinion| opinion.organisation).collect(),
            disputed_by,
        }
    }

    /// What the versions before a claim pass on to it.
    fn earlier(&mut self, id: ClaimId) -> Rc<Passed> {
        let mut chain = Vec::new();
        let mut next = self.before(id);
        // A claim's id is a hash of its words, so there is no circle; a sheet made by hand has no longer chain than claims.
        while let Some(version) = next.filter(|version| !self.passed.contains_key(version)) {
            chain.push(version);
            next = self.before(version).filter(|_| chain.len() <= self.sheet.claims.len());
        }
        let mut passed = next.and_then(|version| self.passed.get(&version).cloned()).unwrap_or_default();
        for version in chain.into_iter().rev() {
            passed = self.pass_on(version, passed);
            self.passed.insert(version, Rc::clone(&passed));
        }
        passed
    }

    fn before(&self, id: ClaimId) -> Option<ClaimId> {
        self.sheet.claims.get(&id)?.claim.replaces()
    }

    fn pass_on(&self, version: ClaimId, earlier: Rc<Passed>) -> Rc<Passed> {
        let own = self.opinions.on(self.sheet, version);
        if own.is_empty() {
            return earlier;
        }
        let mut disputed_by = self.opinions.disputing(&own);
        disputed_by.extend(&earlier.disputed_by);
        Rc::new(Passed { opinions: self.opinions.first_of_each(earlier.opinions.union(&own).copied()), disputed_by })
    }
}
