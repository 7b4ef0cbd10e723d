//! A record in a line of a list. Made of the record's own sheets alone, and of no day, so that an index can keep it.
//!
//! What is said of it in other records is not looked at: that two bodies conclude differently about an incident is filled in by a
//! list, from what each finding concludes ([`super::Concluded`]).

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::json::Json;
use crate::id::{OrganisationId, RecordId};
use crate::model;
use crate::model::edtf::Edtf;
use crate::model::values::name_text;
use crate::sheet::{Claim, Said, Sheet};
use crate::time::{Day, Timestamp};

use super::claims::Verdict;
use super::contest::{Voice, contesting};
use super::material::{Spoken, aliases, distinct};
use super::names::{Names, one_of_each_language};
use super::{DesignationState, Policy, Reference, Sheets, Terms, Words, kind_name};

mod about;
mod beside;
mod bounded;
mod spot;

pub use about::About;
pub use spot::{Spot, degrees};

use beside::Beside;

/// What a list shows of a record.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Summary {
    /// The record.
    pub record: RecordId,
    /// The name of its kind.
    pub kind: String,
    /// The first title or name in each language, the reader's first ones first.
    pub labels: Vec<Words>,
    /// The same as organisations give it that call it otherwise: in what they say of others it is called as they call it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub named_by: BTreeMap<OrganisationId, Vec<Words>>,
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
    /// Names of regions that places lie in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// Each place claim, for maps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spots: Vec<Spot>,
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
    /// The bodies that claims cite.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub bodies: BTreeSet<RecordId>,
    /// The standards of proof that claims declare.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub standards: BTreeSet<String>,
    /// Measures that are claimed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<String>,
    /// Of a kind that has no title of its own: the bodies, subjects and incidents that it names, by who says so. What they are called
    /// is filled in where it is known, and never kept.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub named: BTreeMap<OrganisationId, Vec<Reference>>,
    /// Of several organisations, what each says of these codes: one's word passes for nobody else's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub codes_by: BTreeMap<OrganisationId, Codes>,
    /// The time claimed by the newest entry that says or takes back something here. Narratives are not looked at. Nobody
    /// vouches for a claimed time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Timestamp>,
    /// Claims that are neither retracted nor replaced, of organisations that count.
    pub live_claims: usize,
    /// Computed: true if claims on this record exclude each other; in a list also if conclusions about it in other records do.
    pub contested: bool,
    /// Live disputes of claims on this record, whoever says them.
    #[serde(default)]
    pub disputes: usize,
    /// Live replies of those whom it names, whoever entered them.
    #[serde(default)]
    pub replies: usize,
    /// How many of them are each subject's, of a record that others are named in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub replies_of: BTreeMap<RecordId, usize>,
    /// Claims that their author took back.
    #[serde(default)]
    pub retracted: usize,
    /// Records that somebody judges to be other ones than this: whoever matches names must see them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub not_same_as: BTreeSet<RecordId>,
    /// Records that the reader's policy takes for this one; set for a reader, and never kept.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub same_as: BTreeSet<RecordId>,
    /// Numbers of registers and cases, `scheme:value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<String>,
    /// Of a record that has no title: what it says, of which one is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// Of a designation: what decides whether it is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
    /// Of a designation: on what it rests, and whom it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<Listing>,
    /// Of a designation: whether it is in force on the reader's day; set where the day is known, and never kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force: Option<DesignationState>,
    /// True if more is said than this tells: see [`Summary::bounded`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_cut: bool,
}

/// Properties that say how a record stands.
const STATUSES: &[&str] = &["status", "outcome"];

/// What one organisation says in codes.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Codes {
    /// Statuses or outcomes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<String>,
    /// Standards of proof that its claims declare.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub standards: BTreeSet<String>,
    /// Measures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<String>,
}

impl Codes {
    fn of(spoken: &Spoken<'_>) -> Self {
        let standards = spoken.all().filter_map(|said| said.claim.standard()).map(str::to_owned).collect();
        Self { statuses: texts(spoken, STATUSES), standards, measures: texts(spoken, &["measure"]) }
    }

    /// Nothing of one that speaks alone: all is its own.
    fn of_each(sheets: &Sheets, policy: &Policy) -> BTreeMap<OrganisationId, Self> {
        let speaking: BTreeSet<OrganisationId> = sheets.values().map(|sheet| sheet.key.organisation).collect();
        if speaking.len() < 2 {
            return BTreeMap::new();
        }
        let codes = Spoken::of_each(sheets, policy).into_iter().map(|(whose, own)| (whose, Self::of(&own)));
        codes.filter(|(_, codes)| *codes != Self::default()).collect()
    }
}

/// On what a designation rests, and whom it names.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Listing {
    /// Whose list it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrganisationId>,
    /// Who decided it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorities: Vec<RecordId>,
    /// The titles or numbers of its legal grounds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legal_bases: Vec<String>,
    /// Whom it names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<RecordId>,
}

impl Listing {
    fn of(spoken: &Spoken<'_>) -> Self {
        let records = |property: &str| {
            let said = spoken.of(&[property]).into_iter();
            distinct(said.filter_map(|(_, said)| RecordId::parse(said.claim.value()?.as_text()?).ok()))
        };
        let legal_bases = spoken.of(&["legal_basis"]).into_iter().filter_map(|(_, said)| {
            let value = said.claim.value()?;
            let text = |key: &str| value.get(key).and_then(Json::as_text);
            Some(text("title").or_else(|| text("value"))?.to_owned())
        });
        let (authorities, subjects) = (records("authority"), records("subject"));
        Self { organisation: None, authorities, legal_bases: distinct(legal_bases), subjects }
    }

    /// By the word of the organisation by which its terms are told, or if that lists nothing of the one that dates its beginning: nobody
    /// else adds a name to its list.
    fn beside(terms: &Terms, sheets: &Sheets, policy: &Policy) -> Self {
        let dated_by = terms.starts.first().map(|used| used.organisation);
        let own = |whose: OrganisationId| {
            let own = sheets.values().filter(|sheet| sheet.key.organisation == whose);
            Self::of(&Spoken::new(own, policy))
        };
        let all = terms.organisation.into_iter().chain(dated_by).map(|whose| (whose, own(whose)));
        let listing = all.into_iter().find(|(_, listing)| *listing != Self::default());
        listing.map_or_else(Self::default, |(whose, listing)| Self { organisation: Some(whose), ..listing })
    }
}

impl Summary {
    /// Sums up the sheets of one record.
    #[must_use]
    pub fn of(record: RecordId, sheets: &Sheets, policy: &Policy) -> Self {
        let spoken = Spoken::new(sheets.values(), policy);
        let dates = texts(&spoken, &["date", "start", "captured_at"]);
        let read: Vec<_> = dates.iter().filter_map(|date| Edtf::parse(date).ok()).collect();
        let (places, countries) = places(&spoken, policy);
        let speaking = sheets.values().filter(|sheet| !sheet.is_empty());
        let names = Names::of_those_who_count(record, sheets, policy);
        let (labels, further_labels) = labels(&names);
        let counting = || sheets.values().filter(|sheet| policy.counts(sheet.key.organisation));
        let said = || spoken.all().map(|said| &said.claim);
        let terms = Terms::of(record, sheets, policy);
        let Beside { disputes, replies, replies_of, retracted, not_same_as } = Beside::of(record, sheets);
        Self {
            record,
            kind: kind_name(record),
            labels,
            named_by: names.of_each(),
            further_labels,
            aliases: aliases(record, sheets, policy),
            earliest: read.iter().filter_map(|date| date.earliest).min(),
            latest: read.iter().filter_map(|date| date.latest).max(),
            dates,
            places,
            regions: regions(&spoken),
            spots: Spot::all(&spoken),
            countries: if record == RecordId::UNIDENTIFIED { BTreeSet::new() } else { countries },
            statuses: texts(&spoken, STATUSES),
            agents: texts(&spoken, &["agent"]),
            organisations: speaking.map(|sheet| sheet.key.organisation).collect(),
            bodies: said().filter_map(Claim::according_to).collect(),
            standards: said().filter_map(Claim::standard).map(str::to_owned).collect(),
            measures: texts(&spoken, &["measure"]),
            named: about::named_by_each(record.kind_code(), sheets, policy),
            codes_by: Codes::of_each(sheets, policy),
            changed: counting().filter_map(changed).max(),
            live_claims: counting().map(|sheet| sheet.standing_claims().count()).sum(),
            contested: is_contested(record.kind_code(), &spoken),
            disputes,
            replies,
            replies_of,
            retracted,
            not_same_as,
            same_as: BTreeSet::new(),
            identifiers: if record == RecordId::UNIDENTIFIED { Vec::new() } else { identifiers(&spoken) },
            about: About::of(record.kind_code(), sheets, policy),
            listing: terms.as_ref().map(|terms| Listing::beside(terms, sheets, policy)),
            terms,
            in_force: None,
            is_cut: false,
        }
    }

    /// Every record that it names, of a kind without titles.
    pub fn named_mut(&mut self) -> impl Iterator<Item = (OrganisationId, &mut Reference)> {
        self.named.iter_mut().flat_map(|(whose, all)| all.iter_mut().map(|reference| (*whose, reference)))
    }

    /// The same as read on a day.
    #[must_use]
    pub fn on(self, today: Day) -> Self {
        let in_force = self.terms.as_ref().map(|terms| terms.state(today));
        Self { in_force, ..self }
    }
}

/// The texts or codes that claims of some properties give.
fn texts(spoken: &Spoken<'_>, properties: &[&str]) -> Vec<String> {
    let code = |(_, said): (&Sheet, &Said)| {
        let value = said.claim.value()?;
        Some(value.as_text().or_else(|| value.get("code")?.as_text())?.to_owned())
    };
    distinct(spoken.of(properties).into_iter().filter_map(code))
}

fn identifiers(spoken: &Spoken<'_>) -> Vec<String> {
    let named = spoken.of(&["identifier", "case_number"]).into_iter().filter_map(|(_, said)| {
        let text = |key: &str| said.claim.value()?.get(key)?.as_text();
        Some(format!("{}:{}", text("scheme")?, text("value")?))
    });
    distinct(named)
}

/// The latest time that an entry claims which says or takes back something in a sheet.
fn changed(sheet: &Sheet) -> Option<Timestamp> {
    let said = sheet.claims.values().flat_map(|said| said.signers.values()).map(|signer| signer.time);
    let taken_back = sheet.retractions.values().flat_map(|by| by.values()).map(|retraction| retraction.signer.time);
    said.chain(taken_back).max()
}

/// The first words of each language, and the texts of the others.
fn labels(names: &Names) -> (Vec<Words>, Vec<String>) {
    let (first, others) = one_of_each_language(names.first());
    let told: BTreeSet<_> = first.iter().map(|words| &words.text).collect();
    let others = others.into_iter().chain(names.others()).map(|words| words.text).filter(|text| !told.contains(text));
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
            names.extend(text("text").map(|words| Words::new(text("lang"), words)));
        }
    }
    let mut places = distinct(names);
    places.sort_by_key(|words| policy.language_rank(words.lang.as_deref()));
    (places, countries)
}

/// The regions that places are said to lie in.
fn regions(spoken: &Spoken<'_>) -> Vec<String> {
    let region = |(_, said): (&Sheet, &Said)| Some(name_text(said.claim.value()?.get("admin1")?)?.to_owned());
    distinct(spoken.of(&["place"]).into_iter().filter_map(region))
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
