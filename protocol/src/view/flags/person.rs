//! Accusing claims on persons who were children, or dead. MODEL §7.10.

use std::collections::BTreeMap;

use crate::encoding::json::Json;
use crate::id::RecordId;
use crate::model;
use crate::model::check::accuses;
use crate::model::edtf::Edtf;
use crate::model::kinds::{ATTRIBUTION, DESIGNATION, FINDING, SUBJECT};
use crate::store::{Fault, SheetView};
use crate::time::{Day, Timestamp};

use super::super::claims::Verdict;
use super::super::material::{Material, spoken};
use super::{Found, Item};

/// Until that age a person is a child: Convention on the Rights of the Child, article 1.
const OF_AGE_YEARS: i64 = 18;

pub(super) fn check<S: SheetView>(
    record: RecordId,
    items: &[Item<'_>],
    found: &mut Found,
    material: &mut Material<'_, S>,
) -> Result<(), Fault> {
    if !matches!(record.kind_code(), SUBJECT | FINDING | ATTRIBUTION | DESIGNATION) {
        return Ok(());
    }
    let happened = happened(items, material)?;
    let mut own = Person::default();
    for item in items.iter().filter(|item| item.counts) {
        own.learn(item.prop, item.value, item.valid, item.time);
    }
    let mut persons: BTreeMap<RecordId, Person> = BTreeMap::new();
    for (place, item) in items.iter().enumerate() {
        let Some(property) = model::property(record.kind_code(), item.prop) else { continue };
        if !accuses(property, item.value) {
            continue;
        }
        let (person, when) = if record.kind_code() == SUBJECT {
            (own, item.valid.and_then(|valid| Edtf::parse(valid).ok()?.earliest))
        } else {
            let Some(subject) = item.named().filter(|_| item.prop == "subject") else { continue };
            let person = match persons.get(&subject) {
                Some(known) => *known,
                None => Person::of(subject, material)?,
            };
            persons.insert(subject, person);
            (person, happened)
        };
        person.judge(place, item.time.day(), when, found);
    }
    Ok(())
}

/// The earliest day on which an incident that the record names may have happened.
fn happened<S: SheetView>(items: &[Item<'_>], material: &mut Material<'_, S>) -> Result<Option<Day>, Fault> {
    let mut days = Vec::new();
    for incident in items.iter().filter(|item| item.counts && item.prop == "incident").filter_map(Item::named) {
        let sheets = material.claims(incident)?;
        for (_, said) in spoken(&sheets, material.context.policy, &["date"]) {
            days.extend(said.claim.value().and_then(|value| Edtf::parse(value.as_text()?).ok()?.earliest));
        }
    }
    Ok(days.into_iter().min())
}

/// What is said of a person's life, as far as it matters here.
#[derive(Debug, Clone, Copy, Default)]
struct Person {
    /// The last day on which he may have been born.
    born: Option<Day>,
    /// The first day on which somebody knew him dead.
    died: Option<Day>,
}

impl Person {
    fn of<S: SheetView>(subject: RecordId, material: &mut Material<'_, S>) -> Result<Self, Fault> {
        let mut person = Self::default();
        let sheets = material.claims(subject)?;
        for (_, said) in spoken(&sheets, material.context.policy, &["birth_date", "life_status"]) {
            let claim = &said.claim;
            let Some((prop, value)) = claim.prop().zip(claim.value()) else { continue };
            let Some(time) = said.signers.values().map(|signer| signer.time).min() else { continue };
            if Verdict::alone(subject.kind_code(), claim).is_sound() {
                person.learn(prop, value, claim.text("valid"), time);
            }
        }
        Ok(person)
    }

    /// A death has no date of its own: it is the beginning of the time for which the status holds, else the day on which it
    /// was said.
    fn learn(&mut self, prop: &str, value: &Json, valid: Option<&str>, said: Timestamp) {
        let Some(text) = value.as_text() else { return };
        if prop == "birth_date" {
            self.born = self.born.max(Edtf::parse(text).ok().and_then(|date| date.latest));
        } else if prop == "life_status" && text == "dead" {
            let day = valid.and_then(|valid| Edtf::parse(valid).ok()?.earliest).unwrap_or_else(|| said.day());
            self.died = Some(self.died.map_or(day, |known| known.min(day)));
        }
    }

    fn judge(self, place: usize, said: Day, happened: Option<Day>, found: &mut Found) {
        if let Some((born, happened)) = self.born.zip(happened) {
            let of_age = born.date().checked_add(jiff::Span::new().years(OF_AGE_YEARS)).map(Day::from);
            if of_age.is_ok_and(|of_age| of_age > happened) {
                let values = [("born", born.to_string()), ("date", happened.to_string())];
                found.add(place, "minor_accused", "value", values);
            }
        }
        if let Some(died) = self.died.filter(|died| *died <= said) {
            found.add(place, "dead_accused", "value", [("died", died.to_string())]);
        }
    }
}
