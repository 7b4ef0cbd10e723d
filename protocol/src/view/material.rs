//! What views are made of: sheets folded once, and what records are called.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::encoding::json::Json;
use crate::id::{EntryId, OrganisationId, RecordId};
use crate::limits;
use crate::model::values::name_text;
use crate::sheet::{self, Claim, Said, Sheet, SheetKey};
use crate::store::{Fault, SheetView};

use super::claims::{Basis, Verdict};
use super::names::Names;
use super::policy::Rank;
use super::{BodyClass, Context, Policy, Reference, Sheets, Words};

/// What is told beside each mention of a record, once it was asked for.
struct Labels {
    /// Who says something of it.
    speakers: BTreeSet<OrganisationId>,
    /// Where nobody's own names are told.
    common: Option<Arc<[Words]>>,
    own: BTreeMap<OrganisationId, Arc<[Words]>>,
}

impl Labels {
    fn of(sheets: &Sheets) -> Self {
        let speakers = sheets.values().filter(|sheet| !sheet.is_empty()).map(|sheet| sheet.key.organisation).collect();
        Self { speakers, common: None, own: BTreeMap::new() }
    }

    /// Whose names are told where an organisation names the record.
    fn speaker(&self, by: Option<OrganisationId>) -> Option<OrganisationId> {
        by.filter(|by| self.speakers.contains(by))
    }

    fn get(&self, by: Option<OrganisationId>) -> Option<&Arc<[Words]>> {
        match self.speaker(by) {
            Some(by) => self.own.get(&by),
            None => self.common.as_ref(),
        }
    }
}

/// Reads the store, each record once.
pub(super) struct Material<'a, S> {
    store: &'a S,
    pub(super) context: Context<'a>,
    claims: BTreeMap<RecordId, Rc<Sheets>>,
    names: BTreeMap<RecordId, Rc<Names>>,
    labels: BTreeMap<RecordId, Labels>,
    recalled: BTreeMap<RecordId, Rc<BTreeSet<OrganisationId>>>,
    classes: BTreeMap<RecordId, BodyClass>,
}

impl<'a, S: SheetView> Material<'a, S> {
    pub(super) const fn new(store: &'a S, context: Context<'a>) -> Self {
        Self {
            store,
            context,
            claims: BTreeMap::new(),
            names: BTreeMap::new(),
            labels: BTreeMap::new(),
            recalled: BTreeMap::new(),
            classes: BTreeMap::new(),
        }
    }

    /// The sheets of a record without narratives.
    pub(super) fn claims(&mut self, record: RecordId) -> Result<Rc<Sheets>, Fault> {
        if let Some(sheets) = self.claims.get(&record) {
            return Ok(Rc::clone(sheets));
        }
        let entries = self.store.entries_about(record)?;
        let sheets = Rc::new(sheet::fold_claims(&entries, self.context.judge).sheets);
        self.claims.insert(record, Rc::clone(&sheets));
        Ok(sheets)
    }

    /// True if a judgement may stand on a record: seen by its payloads, in which JSON is spelt in one way.
    pub(super) fn may_judge(&self, record: RecordId) -> Result<bool, Fault> {
        const SOUGHT: &[u8] = br#""prop":"judgement""#;
        if self.claims.contains_key(&record) {
            return Ok(true);
        }
        let entries = self.store.entries_about(record)?;
        let payloads = entries.iter().filter_map(|entry| entry.entry().payload.as_ref());
        Ok(payloads.into_iter().any(|payload| payload.bytes.windows(SOUGHT.len()).any(|found| found == SOUGHT)))
    }

    pub(super) fn referring_to(&self, record: RecordId) -> Result<BTreeSet<RecordId>, Fault> {
        self.store.referring_to(record)
    }

    /// The record and the labels that are told wherever it is named.
    pub(super) fn reference(&mut self, record: RecordId) -> Result<Reference, Fault> {
        self.labelled(record, None)
    }

    /// The same where an organisation names it, whose own names for it are told: nobody else says for it whom it accuses.
    pub(super) fn reference_by(&mut self, record: RecordId, by: OrganisationId) -> Result<Reference, Fault> {
        self.labelled(record, Some(by))
    }

    fn labelled(&mut self, record: RecordId, by: Option<OrganisationId>) -> Result<Reference, Fault> {
        if let Some(labels) = self.labels.get(&record).and_then(|labels| labels.get(by)) {
            return Ok(Reference { record, labels: Arc::clone(labels) });
        }
        let (sheets, names) = (self.claims(record)?, self.names(record)?);
        let known = self.labels.entry(record).or_insert_with(|| Labels::of(&sheets));
        let by = known.speaker(by);
        let own = by.map(|by| names.by(by)).filter(|own| !own.is_empty());
        let labels: Arc<[Words]> = short(own.unwrap_or_else(|| names.first())).into();
        match by {
            Some(by) => drop(known.own.insert(by, Arc::clone(&labels))),
            None => known.common = Some(Arc::clone(&labels)),
        }
        Ok(Reference { record, labels })
    }

    /// What a record is called, found once.
    pub(super) fn names(&mut self, record: RecordId) -> Result<Rc<Names>, Fault> {
        if let Some(names) = self.names.get(&record) {
            return Ok(Rc::clone(names));
        }
        let names = Rc::new(Names::of(record, &*self.claims(record)?, self.context.policy));
        self.names.insert(record, Rc::clone(&names));
        Ok(names)
    }

    /// Every name that anybody gives a record, of which none is told.
    pub(super) fn all_names(&mut self, record: RecordId) -> Result<Vec<Words>, Fault> {
        let names = self.names(record)?;
        Ok(short([names.first(), names.others()].concat()))
    }

    /// Where the policy puts what an organisation says, and whether it counts.
    pub(super) fn place(
        &mut self,
        organisation: OrganisationId,
        body: Option<RecordId>,
    ) -> Result<(Rank, bool), Fault> {
        let policy = self.context.policy;
        let class = if policy.asks_for_classes() { self.class(organisation, body)? } else { BodyClass::Other };
        let rank = (policy.class_rank(class), policy.rank(organisation));
        Ok((rank, policy.counts_as(organisation, class)))
    }

    /// What kind of body speaks: the cited one, or the organisation.
    fn class(&mut self, organisation: OrganisationId, body: Option<RecordId>) -> Result<BodyClass, Fault> {
        let Some(body) = body else { return Ok(self.class_of_member(organisation)) };
        if let Some(class) = self.classes.get(&body) {
            return Ok(*class);
        }
        let sheets = self.claims(body)?;
        let class = class_of_body(&sheets, self.context.policy);
        self.classes.insert(body, class);
        Ok(class)
    }

    pub(super) fn class_of_member(&self, organisation: OrganisationId) -> BodyClass {
        self.context.judge.kind_of(organisation).map_or(BodyClass::Other, BodyClass::of_member)
    }

    /// What a claim of an organisation rests on, with what its sources are called.
    pub(super) fn basis(&mut self, claim: &Claim, by: OrganisationId) -> Result<Vec<Basis>, Fault> {
        let mut shown = Vec::new();
        for basis in claim.basis() {
            let source = basis.record.map(|record| self.reference_by(record, by)).transpose()?;
            let mut unverified_by = match basis.record {
                Some(record) => (*self.recalled_by(record)?).clone(),
                None => BTreeSet::new(),
            };
            let unverified = unverified_by.remove(&by);
            shown.push(Basis { source, locator: basis.locator.map(str::to_owned), unverified, unverified_by });
        }
        Ok(shown)
    }

    /// Who says that a source was written down from memory, not read. MODEL §11. It is said of the own words alone that rest on it:
    /// of those of others it is one more opinion.
    pub(super) fn recalled_by(&mut self, source: RecordId) -> Result<Rc<BTreeSet<OrganisationId>>, Fault> {
        if let Some(by) = self.recalled.get(&source) {
            return Ok(Rc::clone(by));
        }
        let sheets = self.claims(source)?;
        let is_recalled = |said: &Said| said.claim.value().and_then(Json::as_text) == Some("recall");
        let by = spoken(&sheets, self.context.policy, &["checked"]).filter(|(_, said)| is_recalled(said));
        let by: Rc<BTreeSet<_>> = Rc::new(by.map(|(sheet, _)| sheet.key.organisation).collect());
        self.recalled.insert(source, Rc::clone(&by));
        Ok(by)
    }
}

/// What most organisations say that a body is. On a tie the class that the reader puts last: nobody is made a court by one claim.
fn class_of_body(sheets: &Sheets, policy: &Policy) -> BodyClass {
    let mut said_by: BTreeMap<BodyClass, BTreeSet<OrganisationId>> = BTreeMap::new();
    for (sheet, said) in spoken(sheets, policy, &["kind"]) {
        if let Some(code) = said.claim.value().and_then(Json::as_text) {
            said_by.entry(BodyClass::of_kind(code)).or_default().insert(sheet.key.organisation);
        }
    }
    let most = said_by.into_iter().max_by_key(|(class, by)| (by.len(), policy.class_rank(*class), *class));
    most.map_or(BodyClass::Other, |(class, _)| class)
}

/// The claims of a record that stand and count, by property: found once, however many properties are asked for.
pub(super) struct Spoken<'a>(BTreeMap<&'a str, Vec<Voice<'a>>>);

/// One claim, and what it is ordered by: the reader's first organisations first, then by position.
struct Voice<'a> {
    order: (usize, (u64, EntryId), SheetKey),
    sheet: &'a Sheet,
    said: &'a Said,
}

impl<'a> Spoken<'a> {
    pub(super) fn new(sheets: impl IntoIterator<Item = &'a Sheet>, policy: &Policy) -> Self {
        Self::where_named(sheets, policy, |_| true)
    }

    /// The same of some properties alone.
    fn where_named(
        sheets: impl IntoIterator<Item = &'a Sheet>,
        policy: &Policy,
        is_asked: impl Fn(&str) -> bool,
    ) -> Self {
        let mut by_property: BTreeMap<&str, Vec<Voice<'_>>> = BTreeMap::new();
        for sheet in sheets.into_iter().filter(|sheet| policy.counts(sheet.key.organisation)) {
            let rank = policy.rank(sheet.key.organisation);
            for (_, said) in sheet.standing_claims() {
                let Some(property) = said.claim.prop().filter(|property| is_asked(property)) else { continue };
                let order = (rank, said.position(), sheet.key);
                by_property.entry(property).or_default().push(Voice { order, sheet, said });
            }
        }
        Self(by_property)
    }

    /// What each organisation that counts says: nobody's words are put into another's.
    pub(super) fn of_each(sheets: &'a Sheets, policy: &Policy) -> BTreeMap<OrganisationId, Self> {
        let mut own: BTreeMap<OrganisationId, Vec<&Sheet>> = BTreeMap::new();
        for sheet in sheets.values().filter(|sheet| policy.counts(sheet.key.organisation)) {
            own.entry(sheet.key.organisation).or_default().push(sheet);
        }
        own.into_iter().map(|(whose, own)| (whose, Self::new(own, policy))).collect()
    }

    /// The claims of some properties that keep the model, in the reader's order: what breaks it is shown, and summed up nowhere.
    pub(super) fn of(&self, properties: &[&str]) -> Vec<(&'a Sheet, &'a Said)> {
        self.of_any(properties).into_iter().filter(|(sheet, said)| keeps_the_model(sheet, said)).collect()
    }

    /// The claims of some properties, malformed ones too, in the reader's order.
    pub(super) fn of_any(&self, properties: &[&str]) -> Vec<(&'a Sheet, &'a Said)> {
        let mut found: Vec<&Voice<'_>> = properties.iter().filter_map(|name| self.0.get(name)).flatten().collect();
        found.sort_by_key(|voice| voice.order);
        found.into_iter().map(|voice| (voice.sheet, voice.said)).collect()
    }

    /// Every claim, in no order.
    pub(super) fn all(&self) -> impl Iterator<Item = &'a Said> {
        self.0.values().flatten().map(|voice| voice.said)
    }

    /// The names of all properties of which something is said.
    pub(super) fn properties(&self) -> impl Iterator<Item = &'a str> {
        self.0.keys().copied()
    }
}

/// True if a claim can be summed up. A subject rests on the basis of the outcome beside it, and is told even where that is gone;
/// codes of a later version break nothing. What its kind of record does not have says nothing of it: a finding accuses nobody.
fn keeps_the_model(sheet: &Sheet, said: &Said) -> bool {
    let verdict = Verdict::alone(sheet.key.record.kind_code(), &said.claim);
    let is_of_outcome = said.claim.prop() == Some("subject");
    let is_kept = |flag: &String| {
        flag != "unknown_property"
            && (flag.starts_with("unknown_") || (is_of_outcome && flag.starts_with("accusation_without_")))
    };
    verdict.flags.iter().all(is_kept)
}

/// Claims of some properties that stand and count, the reader's first ones first, then by position.
pub(super) fn spoken<'a>(
    sheets: &'a Sheets,
    policy: &Policy,
    properties: &[&str],
) -> impl Iterator<Item = (&'a Sheet, &'a Said)> + use<'a> {
    Spoken::where_named(sheets.values(), policy, |property| properties.contains(&property)).of(properties).into_iter()
}

/// The labels that are told beside each mention of a record: whoever gives it thousands of names, or a page for one, would
/// have them in every claim that names it.
fn short(labels: Vec<Words>) -> Vec<Words> {
    let is_short = |words: &Words| words.text.len() <= limits::REFERENCE_LABEL_BYTES;
    labels.into_iter().filter(is_short).take(limits::REFERENCE_LABELS).collect()
}

/// The aliases that live claims give. None names who is not known: it would say of every such attribution whom it means.
pub(super) fn aliases(record: RecordId, sheets: &Sheets, policy: &Policy) -> Vec<String> {
    if record == RecordId::UNIDENTIFIED {
        return Vec::new();
    }
    let claimed = spoken(sheets, policy, &["alias"]);
    distinct(claimed.filter_map(|(_, said)| Some(said.claim.value().and_then(name_text)?.to_owned())))
}

/// Each item once, in the order of first mention.
pub(super) fn distinct<T: Ord + Clone>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = BTreeSet::new();
    items.into_iter().filter(|item| seen.insert(item.clone())).collect()
}
