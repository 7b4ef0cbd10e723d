//! What is compared of a record: read from its own sheets alone, in the order of their values, never of arrival.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::json::Json;
use crate::id::RecordId;
use crate::limits;
use crate::model::edtf::Edtf;
use crate::model::values::name_text;
use crate::sheet::Sheet;
use crate::time::Day;
use crate::view::Sheets;

use super::names::Name;
use super::places::Point;

/// What is compared of a record, each part bounded.
#[derive(Debug, Clone, Default)]
pub struct Traits {
    /// Titles, names and aliases.
    pub names: Vec<Name>,
    /// Names of places.
    pub places: Vec<Name>,
    /// Where it was.
    pub points: BTreeSet<Point>,
    /// When: first and last day.
    pub dates: BTreeSet<(Day, Day)>,
    /// Of a person: dates of birth.
    pub births: BTreeSet<(Day, Day)>,
    /// Chemicals.
    pub agents: BTreeSet<String>,
    /// Countries.
    pub countries: BTreeSet<String>,
    /// What names one thing alone, by scheme: symbols, addresses, digests, numbers of registers and cases.
    pub identifiers: BTreeMap<String, BTreeSet<String>>,
    /// Records and codes that it names, by property.
    pub links: BTreeMap<String, BTreeSet<String>>,
    /// Judgements on it: the other record, who judges, the verdict.
    pub judged: BTreeSet<(RecordId, crate::id::OrganisationId, String)>,
}

impl Traits {
    /// Reads what is compared of a record.
    #[must_use]
    pub fn of(sheets: &Sheets) -> Self {
        let mut traits = Self::default();
        let (mut names, mut aliases, mut places) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for sheet in sheets.values() {
            for (_, said) in sheet.standing_claims() {
                let (Some(prop), Some(value)) = (said.claim.prop(), said.claim.value()) else { continue };
                match prop {
                    "title" | "name" => names.extend(name_text(value)),
                    "alias" if spoken(value) => names.extend(name_text(value)),
                    "alias" => aliases.extend(name_text(value)),
                    "place" | "captured_where" => {
                        let all = value.get("names").and_then(Json::as_list).unwrap_or_default();
                        places.extend(all.iter().filter_map(name_text));
                        traits.points.extend(Point::of(value));
                    }
                    "judgement" => traits.judge(sheet, value),
                    _ => traits.take(prop, value),
                }
                if let (Some(body), "outcome") = (said.claim.according_to(), prop) {
                    traits.links.entry("body".to_owned()).or_default().insert(body.to_string());
                }
            }
        }
        // What has no name is called by its code.
        traits.names = compared(if names.is_empty() { aliases } else { names });
        traits.places = compared(places);
        traits.cut();
        traits
    }

    fn judge(&mut self, sheet: &Sheet, value: &Json) {
        let text = |key: &str| value.get(key).and_then(Json::as_text);
        let other = text("record").and_then(|record| RecordId::parse(record).ok());
        if let (Some(other), Some("same_as"), Some(verdict)) = (other, text("relation"), text("verdict")) {
            self.judged.insert((other, sheet.key.organisation, verdict.to_owned()));
        }
    }

    fn take(&mut self, prop: &str, value: &Json) {
        let member = |key: &str| value.get(key).and_then(Json::as_text);
        let text = value.as_text();
        match prop {
            "date" | "start" | "captured_at" => self.dates.extend(text.and_then(days)),
            "birth_date" => self.births.extend(text.and_then(days)),
            "agent" => self.agents.extend(text.or_else(|| member("code")).map(str::to_owned)),
            "country" | "nationality" | "jurisdiction" => self.countries.extend(text.map(str::to_lowercase)),
            "identifier" | "case_number" | "legal_basis" => {
                let scheme = member("scheme").unwrap_or(prop);
                let value = member("value").or_else(|| member("title")).or(text);
                self.identify(scheme, value);
            }
            "symbol" => self.identify("un_symbol", text),
            "url" => self.identify("url", text),
            "digest" | "archived" => self.identify("digest", member("hex")),
            "authority" | "subject" | "incident" | "forum" | "document" | "subject_type" | "body" => {
                let named = text.map(str::to_owned);
                self.links.entry(prop.to_owned()).or_default().extend(named);
            }
            _ => {}
        }
    }

    fn identify(&mut self, scheme: &str, value: Option<&str>) {
        let spelt = value.map(|value| {
            let kept = value.chars().filter(|letter| !letter.is_whitespace()).take(limits::CANDIDATE_NAME_CHARS);
            kept.collect::<String>().to_lowercase()
        });
        if let Some(value) = spelt.filter(|value| !value.is_empty()) {
            self.identifiers.entry(scheme.chars().take(32).collect()).or_default().insert(value);
        }
    }

    /// Keeps each part within its bound: the first ones in the order of their values.
    fn cut(&mut self) {
        self.points = std::mem::take(&mut self.points).into_iter().take(limits::CANDIDATE_VALUES).collect();
        self.dates = std::mem::take(&mut self.dates).into_iter().take(limits::CANDIDATE_VALUES).collect();
        self.births = std::mem::take(&mut self.births).into_iter().take(limits::CANDIDATE_VALUES).collect();
        for values in self.identifiers.values_mut().chain(self.links.values_mut()) {
            *values = std::mem::take(values).into_iter().take(limits::CANDIDATE_VALUES).collect();
        }
        let identifiers = std::mem::take(&mut self.identifiers).into_iter();
        self.identifiers = identifiers.take(limits::CANDIDATE_VALUES).collect();
    }
}

/// An alias that people speak, and no code such as `douma-2018-04-07`, which tells place and date a second time.
fn spoken(alias: &Json) -> bool {
    let is_of_code = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '-' | '_' | '.' | '/');
    name_text(alias).is_some_and(|text| !text.chars().all(is_of_code))
}

fn compared(texts: BTreeSet<&str>) -> Vec<Name> {
    texts.into_iter().take(limits::CANDIDATE_NAMES).filter_map(Name::new).collect()
}

fn days(text: &str) -> Option<(Day, Day)> {
    let date = Edtf::parse(text).ok()?;
    // An open end is no span to compare: the end that is known stands for both.
    Some((date.earliest.or(date.latest)?, date.latest.or(date.earliest)?))
}
