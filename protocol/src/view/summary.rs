//! A record in a line of a list. Made of the record's own sheets alone, and of no day, so that an index can keep it.

use std::collections::BTreeSet;

use crate::encoding::json::Json;
use crate::id::{OrganisationId, RecordId};
use crate::model;
use crate::model::edtf::Edtf;
use crate::sheet::{Claim, Said, Sheet};
use crate::time::Day;

use super::claims::Verdict;
use super::contest::{Voice, contesting};
use super::material::{Spoken, aliases, distinct, labels};
use super::{DesignationState, Policy, Sheets, Terms, Words, kind_name};

/// What a list shows of a record.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Summary {
    /// The record.
    pub record: RecordId,
    /// The name of its kind.
    pub kind: String,
    /// The first title or name in each language, the reader's first ones first.
    pub labels: Vec<Words>,
    /// Its other titles and names, of other accounts in the same languages: a list finds it by them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further_labels: Vec<String>,
    /// Other names that live claims give it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Every date that is claimed, EDTF.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dates: Vec<String>,
    /// The earliest bound of these: what a list is ordered by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest: Option<Day>,
    /// The latest bound of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<Day>,
    /// Names of places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Words>,
    /// ISO 3166-1 codes, of places and of the record.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub countries: BTreeSet<String>,
    /// Every status or outcome that is claimed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<String>,
    /// Agents that are claimed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<String>,
    /// Who speaks.
    pub organisations: BTreeSet<OrganisationId>,
    /// Claims that are neither retracted nor replaced, of organisations that count.
    pub live_claims: usize,
    /// Computed: true if claims on this record exclude each other. Conclusions in other records are not looked at.
    pub contested: bool,
    /// Of a designation: what decides whether it is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
    /// Of a designation: whether it is in force on the reader's day; set where the day is known, and never kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force: Option<DesignationState>,
}

impl Summary {
    /// Sums up the sheets of one record.
    #[must_use]
    pub fn of(record: RecordId, sheets: &Sheets, policy: &Policy) -> Self {
        let spoken = Spoken::new(sheets.values(), policy);
        let code = |(_, said): (&Sheet, &Said)| {
            let value = said.claim.value()?;
            Some(value.as_text().or_else(|| value.get("code")?.as_text())?.to_owned())
        };
        let texts = |properties: &[&str]| distinct(spoken.of(properties).into_iter().filter_map(code));
        let dates = texts(&["date", "start", "captured_at"]);
        let read: Vec<_> = dates.iter().filter_map(|date| Edtf::parse(date).ok()).collect();
        let (places, countries) = places(&spoken, policy);
        let speaking = sheets.values().filter(|sheet| !sheet.is_empty());
        let (labels, further_labels) = first_of_each_language(labels(record, sheets, policy));
        let counting = sheets.values().filter(|sheet| policy.counts(sheet.key.organisation));
        Self {
            record,
            kind: kind_name(record),
            labels,
            further_labels,
            aliases: aliases(sheets, policy),
            earliest: read.iter().filter_map(|date| date.earliest).min(),
            latest: read.iter().filter_map(|date| date.latest).max(),
            dates,
            places,
            countries,
            statuses: texts(&["status", "outcome"]),
            agents: texts(&["agent"]),
            organisations: speaking.map(|sheet| sheet.key.organisation).collect(),
            live_claims: counting.map(|sheet| sheet.standing_claims().count()).sum(),
            contested: is_contested(record.kind_code(), &spoken),
            terms: Terms::of(record, sheets, policy),
            in_force: None,
        }
    }

    /// The same as read on a day.
    #[must_use]
    pub fn on(self, today: Day) -> Self {
        let in_force = self.terms.as_ref().map(|terms| terms.state(today));
        Self { in_force, ..self }
    }
}

/// The first words of each language, and the texts of the others.
fn first_of_each_language(labels: Vec<Words>) -> (Vec<Words>, Vec<String>) {
    let mut languages = BTreeSet::new();
    let (first, others): (Vec<_>, Vec<_>) = labels.into_iter().partition(|words| languages.insert(words.lang.clone()));
    let told: BTreeSet<_> = first.iter().map(|words| &words.text).collect();
    let others = others.into_iter().map(|words| words.text).filter(|text| !told.contains(text));
    let others = distinct(others);
    (first, others)
}

fn places(spoken: &Spoken<'_>, policy: &Policy) -> (Vec<Words>, BTreeSet<String>) {
    let (mut names, mut countries) = (Vec::new(), BTreeSet::new());
    for (_, said) in spoken.of(&["place", "country"]) {
        let Some(value) = said.claim.value() else { continue };
        let code = value.as_text().or_else(|| value.get("country")?.as_text());
        countries.extend(code.map(str::to_owned));
        for name in value.get("names").and_then(Json::as_list).unwrap_or_default() {
            let text = |key: &str| name.get(key).and_then(Json::as_text).map(str::to_owned);
            names.extend(text("text").map(|words| Words { lang: text("lang"), text: words }));
        }
    }
    let mut places = distinct(names);
    places.sort_by_key(|words| policy.language_rank(words.lang.as_deref()));
    (places, countries)
}

/// True if sound claims exclude each other. What excludes nothing is not judged, for to judge costs most.
fn is_contested(kind: u8, spoken: &Spoken<'_>) -> bool {
    spoken.properties().filter_map(|name| model::property(kind, name)).any(|property| {
        let claims: Vec<_> = spoken.of_any(&[property.code]).into_iter().map(voice).collect();
        let places = contesting(property, &claims);
        let found = places.into_iter().filter_map(|place| claims.get(place));
        let sound: Vec<_> = found.filter(|(_, claim)| Verdict::alone(kind, claim).is_sound()).copied().collect();
        !contesting(property, &sound).is_empty()
    })
}

fn voice<'a>((sheet, said): (&'a Sheet, &'a Said)) -> (Voice, &'a Claim) {
    ((sheet.key.organisation, said.claim.according_to()), &said.claim)
}
