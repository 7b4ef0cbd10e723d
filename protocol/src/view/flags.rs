//! What readers are warned of beside a claim: rules 9 to 16 of MODEL §7. Flags change nothing that is computed.
//!
//! One piece of code for both uses: views mark the claims that they show, and an author is told before signing which marks his
//! claims would have. Nothing here compares pairs: claims are sorted and grouped, and other records are read once.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::json::Json;
use crate::id::{ClaimId, OrganisationId, RecordId, SpaceId};
use crate::model;
use crate::model::kinds::{ATTRIBUTION, DESIGNATION, FINDING, INCIDENT, SOURCE};
use crate::model::warn::{self, Body, Warning};
use crate::sheet::Claim;
use crate::store::{Fault, SheetView};
use crate::time::Timestamp;

use super::claims::State;
use super::contest::Numbers;
use super::material::Material;
use super::{Context, Property, ShownClaim, View};

mod chain;
mod distance;
mod person;
mod reply;
mod term;
mod topic;

/// Who is about to sign, where and when: what new claims do not say themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saying {
    /// On whose behalf.
    pub organisation: OrganisationId,
    /// Where.
    pub space: SpaceId,
    /// The time that will be claimed.
    pub time: Timestamp,
}

/// Returns, by claim, the warnings that claims about to be signed would have in the view of their record.
///
/// Of other records only what the store holds is seen, not what is signed in the same go. The claims keep the model: see
/// [`crate::model::check_claims`].
///
/// # Errors
/// [`Fault`] if the store cannot be read.
pub fn flags_of_new(
    record: RecordId,
    claims: &[Claim],
    saying: Saying,
    store: &impl SheetView,
    context: Context<'_>,
) -> Result<BTreeMap<ClaimId, Vec<Warning>>, Fault> {
    let view = View::of(record, store, context)?;
    let replaced: BTreeSet<ClaimId> = claims.iter().filter_map(Claim::replaces).collect();
    let mut items: Vec<Item<'_>> = shown(&view.properties)
        .filter(|(_, item)| item.organisation != saying.organisation || !replaced.contains(&item.id))
        .map(|(_, item)| item)
        .collect();
    let first = items.len();
    items.extend(claims.iter().map(|claim| Item::of_new(claim, saying)));
    let warnings = of_items(record, &items, &mut Material::new(store, context))?;
    let new = items.iter().zip(warnings).skip(first);
    Ok(new.filter(|(_, warnings)| !warnings.is_empty()).map(|(item, warnings)| (item.id, warnings)).collect())
}

/// Marks the claims of a view.
pub(super) fn mark<S: SheetView>(
    record: RecordId,
    properties: &mut [Property],
    material: &mut Material<'_, S>,
) -> Result<(), Fault> {
    let (places, items): (Vec<_>, Vec<_>) = shown(properties).unzip();
    let found = of_items(record, &items, material)?;
    let found: Vec<_> = places.into_iter().zip(found).filter(|(_, warnings)| !warnings.is_empty()).collect();
    for ((property, place), warnings) in found {
        let claim = properties.get_mut(property).and_then(|property| property.claims.get_mut(place));
        let Some(claim) = claim else { continue };
        for warning in &warnings {
            if !claim.flags.contains(&warning.code) {
                claim.flags.push(warning.code.clone());
            }
        }
        claim.warnings = warnings;
    }
    Ok(())
}

/// The claims that stand and keep the model, each with its place.
fn shown(properties: &[Property]) -> impl Iterator<Item = ((usize, usize), Item<'_>)> {
    let stands = |claim: &ShownClaim| claim.state == State::Live && !claim.malformed && !claim.unknown;
    properties.iter().enumerate().flat_map(move |(index, property)| {
        let claims = property.claims.iter().enumerate().filter(move |(_, claim)| stands(claim));
        claims.filter_map(move |(place, claim)| Some(((index, place), Item::of_shown(&property.prop, claim)?)))
    })
}

/// A claim that stands, held or about to be signed.
struct Item<'a> {
    id: ClaimId,
    organisation: OrganisationId,
    space: SpaceId,
    time: Timestamp,
    prop: &'a str,
    value: &'a Json,
    according_to: Option<RecordId>,
    /// Ascending, none twice.
    sources: Vec<RecordId>,
    standard: Option<&'a str>,
    valid: Option<&'a str>,
    /// True if the reader lets it count: others are warned of, and warn of nothing.
    counts: bool,
}

impl<'a> Item<'a> {
    fn of_shown(prop: &'a str, claim: &'a ShownClaim) -> Option<Self> {
        Some(Self {
            id: claim.id,
            organisation: claim.organisation,
            space: claim.space,
            time: claim.signed.first()?.time,
            prop,
            value: claim.value.as_ref()?,
            according_to: claim.according_to.as_ref().map(|body| body.record),
            sources: once(claim.bases()),
            standard: claim.standard.as_deref(),
            valid: claim.valid.as_deref(),
            counts: claim.counts,
        })
    }

    fn of_new(claim: &'a Claim, saying: Saying) -> Self {
        Self {
            id: claim.id(),
            organisation: saying.organisation,
            space: saying.space,
            time: saying.time,
            prop: claim.prop().unwrap_or_default(),
            value: claim.value().unwrap_or(&Json::Bool(false)),
            according_to: claim.according_to(),
            sources: once(claim.basis().into_iter().filter_map(|basis| basis.record)),
            standard: claim.standard(),
            valid: claim.text("valid"),
            counts: true,
        }
    }

    fn text(&self) -> Option<&'a str> {
        self.value.as_text()
    }

    fn named(&self) -> Option<RecordId> {
        RecordId::parse(self.text()?).ok()
    }

    /// The body whose word it is: the cited one, else the organisation.
    fn speaker(&self) -> (Option<RecordId>, Option<OrganisationId>) {
        (self.according_to, self.according_to.is_none().then_some(self.organisation))
    }
}

/// Warnings of each claim, in the order of the claims.
struct Found(Vec<Vec<Warning>>);

impl Found {
    fn add<const N: usize>(
        &mut self,
        place: usize,
        code: &'static str,
        path: &str,
        values: [(&'static str, String); N],
    ) {
        if let Some(warnings) = self.0.get_mut(place) {
            warnings.push(Warning::new(code, path, values));
        }
    }
}

fn of_items<S: SheetView>(
    record: RecordId,
    items: &[Item<'_>],
    material: &mut Material<'_, S>,
) -> Result<Vec<Vec<Warning>>, Fault> {
    let today = material.context.today;
    let codes: BTreeSet<&str> = items.iter().map(|item| item.prop).collect();
    let known: BTreeMap<&str, _> =
        codes.into_iter().filter_map(|code| Some((code, model::property(record.kind_code(), code)?))).collect();
    let alone = |item: &Item<'_>| known.get(item.prop).map(|known| warn::of_value(record, known, item.value, today));
    let mut found = Found(items.iter().map(|item| alone(item).unwrap_or_default()).collect());
    if record.kind_code() == ATTRIBUTION {
        unstated(items, &mut found, material);
    }
    match record.kind_code() {
        INCIDENT => {
            derivative(items, &mut found);
            distance::check(items, &mut found);
        }
        ATTRIBUTION | FINDING => beyond_mandate(record, items, &mut found),
        DESIGNATION => term::check(items, today, &mut found),
        SOURCE => symbols(items, &mut found),
        _ => {}
    }
    person::check(record, items, &mut found, material)?;
    if record == RecordId::UNIDENTIFIED {
        of_nobody_known(items, &mut found);
    }
    reply::check(record, items, &mut found, material)?;
    topic::check(record, items, &mut found, material)?;
    chain::check(record, items, &mut found, material)?;
    Ok(found.0)
}

/// Rule 9: an attribution that everyone can read, by a standard that nobody knows.
fn unstated<S>(items: &[Item<'_>], found: &mut Found, material: &Material<'_, S>) {
    for (place, item) in items.iter().enumerate() {
        if item.standard == Some("unstated") && material.context.judge.is_public(item.space) {
            found.add(place, "unstated_in_public", "standard", []);
        }
    }
}

/// Rule 12. A mandate is said of the body that concludes: what one organisation says of it holds for all that cite that body.
fn beyond_mandate(record: RecordId, items: &[Item<'_>], found: &mut Found) {
    let finders =
        items.iter().filter(|item| item.counts && item.prop == "mandate" && item.text() == Some("fact_find_only"));
    let (mut bodies, mut organisations) = (BTreeSet::new(), BTreeSet::new());
    for mandate in finders {
        bodies.extend(mandate.according_to);
        organisations.insert(mandate.organisation);
    }
    // The mandate is mostly said without a body, beside the one outcome of the record.
    for outcome in items.iter().filter(|item| item.prop == "outcome" && organisations.contains(&item.organisation)) {
        bodies.extend(outcome.according_to);
    }
    for (place, item) in items.iter().enumerate().filter(|(_, item)| item.prop == "outcome") {
        let says_who =
            record.kind_code() == ATTRIBUTION || matches!(item.text(), Some("responsible" | "not_responsible"));
        let is_its = match item.according_to {
            Some(body) => bodies.contains(&body),
            None => organisations.contains(&item.organisation),
        };
        if says_who && is_its {
            found.add(place, "beyond_mandate", "value", []);
        }
    }
}

/// Who is not known has neither country nor alias, and is nobody else.
fn of_nobody_known(items: &[Item<'_>], found: &mut Found) {
    // The public file gives it its own name there.
    let is_own_name = |item: &Item<'_>| item.prop == "alias" && item.text() == Some("unknown-perpetrator");
    let is_wrong = |item: &Item<'_>| !model::may_say_of_nobody_known(item.prop) && !is_own_name(item);
    for (place, _) in items.iter().enumerate().filter(|(_, item)| is_wrong(item)) {
        found.add(place, "said_of_nobody_known", "prop", []);
    }
}

/// Rule 15.
fn symbols(items: &[Item<'_>], found: &mut Found) {
    let said = |prop: &'static str| items.iter().filter(move |item| item.counts && item.prop == prop);
    let bodies: Vec<Body> = said("publisher").filter_map(|item| Body::of(item.text()?)).collect();
    let Some(first) = bodies.first() else { return };
    for (place, item) in items.iter().enumerate().filter(|(_, item)| item.prop == "symbol") {
        let Some(symbol) = item.text() else { continue };
        if !bodies.iter().any(|body| warn::has_form(*body, symbol)) {
            let values = [("symbol", symbol.to_owned()), ("body", first.name().to_owned())];
            found.add(place, "symbol_form", "value", values);
        }
    }
}

/// What a count counts, and its bounds.
fn numbers<'a>(item: &Item<'a>) -> (Option<&'a str>, Option<i64>, Option<i64>) {
    let number = |key: &str| item.value.get(key).and_then(Json::as_int);
    (item.value.get("category").and_then(Json::as_text), number("min"), number("max"))
}

/// Rule 16: who gives the same numbers from the same source repeats them. All are marked, for no clock says who was first.
fn derivative(items: &[Item<'_>], found: &mut Found) {
    let (mut said, mut speakers) = (Numbers::default(), Numbers::default());
    let counted = items.iter().enumerate().filter(|(_, item)| item.prop == "casualty");
    let counted: Vec<_> =
        counted.map(|(place, item)| (place, item, said.of(numbers(item)), speakers.of(item.speaker()))).collect();
    // How many claims give the numbers, and how many of them are of one speaker.
    let mut accounts: BTreeMap<(RecordId, usize, Option<usize>), usize> = BTreeMap::new();
    for (_, item, said, speaker) in counted.iter().filter(|(_, item, ..)| item.counts) {
        for source in &item.sources {
            for speaker in [None, Some(*speaker)] {
                let count = accounts.entry((*source, *said, speaker)).or_default();
                *count = count.saturating_add(1);
            }
        }
    }
    for (place, item, said, speaker) in counted {
        let count = |source, speaker| accounts.get(&(source, said, speaker)).copied().unwrap_or_default();
        let others = |source: &RecordId| count(*source, None).saturating_sub(count(*source, Some(speaker)));
        let others = item.sources.iter().map(others).max();
        if let Some(others) = others.filter(|others| *others > 0) {
            found.add(place, "derivative", "basis", [("count", others.to_string())]);
        }
    }
}

/// Each once, ascending.
fn once(records: impl Iterator<Item = RecordId>) -> Vec<RecordId> {
    let mut records: Vec<RecordId> = records.collect();
    records.sort_unstable();
    records.dedup();
    records
}
