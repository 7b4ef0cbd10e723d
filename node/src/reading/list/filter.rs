//! Which rows a reader asks for: all that he gives must hold.

use std::collections::BTreeSet;

use isnad_protocol::id::{RecordId, kind_code};
use isnad_protocol::locale::{self, Language};
use isnad_protocol::model::edtf::Edtf;
use isnad_protocol::model::kinds::DESIGNATION;
use isnad_protocol::model::vocabularies::{self as words, Vocabulary};
use isnad_protocol::time::{Day, Timestamp};
use isnad_protocol::view::{Bounds, InForce, degrees};

use super::ListQuery;
use super::row::{Row, Voice, folded, number, tag, voice};
use crate::problem::{Problem, exit};
use crate::reading::Reader;

/// What a row must have; what is not asked for is `None`.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    search: Option<String>,
    place: Option<String>,
    area: Option<Area>,
    from: Option<i32>,
    until: Option<i32>,
    organisations: Option<BTreeSet<Voice>>,
    bodies: Option<BTreeSet<RecordId>>,
    /// By the tag that they stand under.
    codes: Vec<(u8, Vec<String>)>,
    is_contested: bool,
    in_force: Option<Day>,
    changed_since: Option<Timestamp>,
    /// Codes of no vocabulary here, under their tags: someone may say them all the same.
    pub(super) unknown: Vec<(u8, Vec<String>)>,
}

/// Degrees in 100,000ths; one whose west is greater than its east crosses the date line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Area {
    south: i32,
    west: i32,
    north: i32,
    east: i32,
}

impl Filter {
    /// Reads what is asked for.
    pub(super) fn parse(query: &ListQuery, reader: &Reader<'_>) -> Result<Self, Problem> {
        let text =
            |text: &Option<String>| text.as_deref().map(|text| folded(text.trim())).filter(|text| !text.is_empty());
        let day = |given: &Option<String>, name| given.as_deref().map(|text| date(text, name)).transpose();
        let (from, until) = (day(&query.from, "list_from")?, day(&query.until, "list_until")?);
        let from = from.and_then(|date| date.earliest).map(number);
        let until = until.and_then(|date| date.latest).map(number);
        if from.zip(until).is_some_and(|(from, until)| from > until) {
            return Err(refused(
                "list_reversed",
                "--from is later than --until",
                "nothing lies between",
                "exchange the two",
            ));
        }
        let in_force = query.in_force.as_deref().map(|text| single_day(text, reader_day(query))).transpose()?;
        if in_force.is_some() && query.kind != DESIGNATION {
            let why = "only a designation has a term";
            return Err(refused(
                "list_in_force",
                "--in-force is for designations",
                why,
                "isnad list designation --in-force …",
            ));
        }
        let since = query.changed_since.as_deref().map(since).transpose()?;
        let mut filter = Self {
            search: text(&query.search),
            place: text(&query.place),
            area: query.bbox.as_deref().map(area).transpose()?,
            from,
            until,
            organisations: query.organisation.as_deref().map(|text| organisations(text, reader)).transpose()?,
            bodies: query.according_to.as_deref().map(|text| bodies(text, reader)).transpose()?,
            is_contested: query.contested,
            in_force,
            changed_since: since,
            ..Self::default()
        };
        filter.ask(tag::AGENT, &[&words::AGENT], query.agent.as_deref());
        filter.ask(tag::STANDARD, &[&words::STANDARD], query.standard.as_deref());
        filter.ask(tag::STATUS, STATUSES, query.status.as_deref());
        filter.ask_countries(query.country.as_deref())?;
        Ok(filter)
    }

    fn ask(&mut self, tag: u8, vocabularies: &[&Vocabulary], text: Option<&str>) {
        let Some(text) = text else { return };
        let (mut codes, mut unknown) = (Vec::new(), Vec::new());
        for part in text.split([',', '،']).map(str::trim).filter(|part| !part.is_empty()) {
            let known = codes_called(vocabularies, &folded(part));
            if known.is_empty() {
                unknown.push(part.to_owned());
                codes.push(part.to_owned());
            }
            codes.extend(known);
        }
        self.codes.push((tag, codes));
        if !unknown.is_empty() {
            self.unknown.push((tag, unknown));
        }
    }

    fn ask_countries(&mut self, text: Option<&str>) -> Result<(), Problem> {
        let Some(text) = text else { return Ok(()) };
        let codes: Vec<String> = text.split([',', '،']).map(|code| code.trim().to_lowercase()).collect();
        if codes.iter().any(|code| code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_alphabetic())) {
            let why = "a country is its code of two letters, ISO 3166-1";
            return Err(refused(
                "list_country",
                "--country is not understood",
                why,
                "write it as --country sy, or use --place",
            ));
        }
        self.codes.push((tag::COUNTRY, codes));
        Ok(())
    }

    /// True if nothing is asked for: then it does not matter what a row could not take.
    pub(super) const fn is_empty(&self) -> bool {
        let texts = self.search.is_none() && self.place.is_none() && self.area.is_none();
        let days = self.from.is_none() && self.until.is_none() && self.in_force.is_none();
        let voices = self.organisations.is_none() && self.bodies.is_none() && self.codes.is_empty();
        texts && days && voices && !self.is_contested && self.changed_since.is_none()
    }

    /// What of it holds for a record whatever claims are left out, if it holds then: what only more claims can make true.
    pub(super) fn of_all_claims(&self) -> Self {
        Self { is_contested: false, in_force: None, ..self.clone() }
    }

    /// True if a row has all that is asked for.
    pub(super) fn takes(&self, row: &Row<'_>) -> bool {
        (!self.is_contested || row.is_contested)
            && self.changed_since.is_none_or(|since| row.changed >= since.0)
            && self.in_force.is_none_or(|day| row.terms.is_some_and(|terms| is_in_force(terms, day)))
            && self.takes_dates(row)
            && self.area.is_none_or(|area| row.spots().any(|spot| area.holds(spot)))
            && self.organisations.as_ref().is_none_or(|asked| row.organisations().any(|voice| asked.contains(&voice)))
            && self.bodies.as_ref().is_none_or(|asked| row.bodies().any(|body| asked.contains(&body)))
            && self.codes.iter().all(|(tag, codes)| row.has_code(*tag, codes))
            && self.search.as_ref().is_none_or(|text| row.mentions(&[tag::LABEL, tag::OTHER], text))
            && self.place.as_ref().is_none_or(|text| row.mentions(&[tag::PLACE], text))
    }

    /// True if one date may lie within what is asked for.
    fn takes_dates(&self, row: &Row<'_>) -> bool {
        let is_within = |(first, last): (i32, i32)| {
            self.from.is_none_or(|from| last >= from) && self.until.is_none_or(|until| first <= until)
        };
        (self.from.is_none() && self.until.is_none()) || row.dates().any(is_within)
    }
}

/// Words that a status or outcome is said in, of whatever kind.
const STATUSES: &[&Vocabulary] =
    &[&words::INCIDENT_STATUS, &words::OUTCOME, &words::CASE_STATUS, &words::DESIGNATION_STATUS];

fn is_in_force(terms: Bounds, day: Day) -> bool {
    match terms.state(day) {
        InForce::InForce | InForce::OpenEnded => true,
        InForce::NotYet
        | InForce::TermOver
        | InForce::Unknown
        | InForce::Delisted
        | InForce::Annulled
        | InForce::AuthorityRevoked => false,
    }
}

/// The codes that a folded text names: a code, its word in any language, or a class of agents.
fn codes_called(vocabularies: &[&Vocabulary], text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for vocabulary in vocabularies {
        let is_called = |code: &&&str| is_word_of(vocabulary.name, code, text);
        found.extend(vocabulary.codes.iter().filter(is_called).map(|code| (*code).to_owned()));
    }
    if found.is_empty() && vocabularies.iter().any(|vocabulary| vocabulary.name == words::AGENT.name) {
        let of_class = words::AGENTS.iter().filter(|agent| is_word_of(words::AGENT_CLASS.name, agent.class, text));
        found.extend(of_class.map(|agent| agent.code.to_owned()));
    }
    found
}

fn is_word_of(vocabulary: &str, code: &str, text: &str) -> bool {
    let key = format!("{vocabulary}.{code}");
    code == text
        || Language::ALL.iter().any(|language| locale::lookup(*language, &key).is_some_and(|word| folded(word) == text))
}

/// Every code that may be asked for under a tag, for a person who mistyped one.
pub(super) fn known_codes(asked: u8) -> String {
    let vocabularies = match asked {
        tag::AGENT => &[&words::AGENT, &words::AGENT_CLASS][..],
        tag::STANDARD => &[&words::STANDARD],
        _ => STATUSES,
    };
    let codes: BTreeSet<&str> = vocabularies.iter().flat_map(|vocabulary| vocabulary.codes).copied().collect();
    codes.into_iter().collect::<Vec<_>>().join(", ")
}

fn date(text: &str, code: &str) -> Result<Edtf, Problem> {
    Edtf::parse(text.trim()).map_err(|error| {
        let option = if code == "list_from" { "--from" } else { "--until" };
        refused(
            code,
            &format!("{option} is not understood"),
            &error.to_string(),
            "write it as 2017, 2017-04 or 2017-04-04",
        )
    })
}

fn reader_day(query: &ListQuery) -> Day {
    query.today.unwrap_or_else(crate::reading::today)
}

/// A day, or the reader's own where the text is empty.
fn single_day(text: &str, today: Day) -> Result<Day, Problem> {
    if text.trim().is_empty() {
        return Ok(today);
    }
    Day::parse(text.trim()).map_err(|error| {
        refused(
            "list_day",
            "--in-force is not understood",
            &error.to_string(),
            "write it as 2018-11-19, or leave the day out",
        )
    })
}

/// The beginning of a day, month or year.
fn since(text: &str) -> Result<Timestamp, Problem> {
    let day = Edtf::parse(text.trim()).ok().and_then(|date| date.earliest);
    day.map(Timestamp::start_of).ok_or_else(|| {
        let why = "it is no date";
        refused("list_since", "--changed-since is not understood", why, "write it as 2026, 2026-03 or 2026-03-02")
    })
}

fn area(text: &str) -> Result<Area, Problem> {
    let numbers: Vec<&str> = text.split(',').map(str::trim).collect();
    let area = match numbers.as_slice() {
        [south, west, north, east] => {
            let latitudes = degrees(south, 90).zip(degrees(north, 90)).filter(|(south, north)| south <= north);
            let longitudes = degrees(west, 180).zip(degrees(east, 180));
            latitudes.zip(longitudes).map(|((south, north), (west, east))| Area { south, west, north, east })
        }
        _ => None,
    };
    area.ok_or_else(|| {
        let why = "it is four numbers in degrees: south, west, north, east; south is not above north";
        refused("list_bbox", "--bbox is not understood", why, "write it as --bbox=33.4,36.1,33.7,36.6")
    })
}

impl Area {
    const fn holds(self, (lat, lon): (i32, i32)) -> bool {
        let is_between = if self.west <= self.east {
            self.west <= lon && lon <= self.east
        } else {
            self.west <= lon || lon <= self.east
        };
        self.south <= lat && lat <= self.north && is_between
    }
}

/// The member organisations that a text names: by a beginning of the id, or a part of a name.
fn organisations(text: &str, reader: &Reader<'_>) -> Result<BTreeSet<Voice>, Problem> {
    let text = folded(text.trim());
    let is_id = text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut found = BTreeSet::new();
    for (organisation, names) in &reader.names {
        let is_named = !text.is_empty() && names.iter().any(|name| folded(&name.text).contains(&text));
        if is_named || (is_id && organisation.to_string().starts_with(&text)) {
            found.insert(voice(*organisation));
        }
    }
    if found.is_empty() {
        let why = "no member has a name with these words, or an id that begins so (8 digits or more)";
        return Err(refused(
            "list_organisation",
            "--organisation names no member",
            why,
            "see the members with `isnad who`",
        ));
    }
    Ok(found)
}

/// The cited bodies that a text names: by id, alias, or a part of a name.
fn bodies(text: &str, reader: &Reader<'_>) -> Result<BTreeSet<RecordId>, Problem> {
    let kind = kind_code("organisation").unwrap_or_default();
    let mut found = reader.called(text.trim())?;
    found.retain(|record| record.kind_code() == kind);
    let text = folded(text.trim());
    if !text.is_empty() {
        let is_called = |row: &Row<'_>| row.mentions(&[tag::LABEL, tag::OTHER], &text);
        found.extend(reader.rows_of(kind, |record, row| is_called(row).then_some(record))?);
    }
    if found.is_empty() {
        let why = "no organisation on record is called so";
        let advice = "see the bodies that are cited with `isnad list organisation`";
        return Err(refused("list_body", "--according-to names no body", why, advice));
    }
    Ok(found)
}

/// What is typed wrong; the command says it in the reader's language by its code.
pub(super) fn refused(code: &str, error: &str, why: &str, advice: &str) -> Problem {
    Problem::new(exit::USAGE, code, error, why, advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_may_cross_the_date_line() {
        for (text, spot, is_in) in [
            ("33,36,34,37", (33.5, 36.5), true),
            ("33,36,34,37", (33.5, 37.5), false),
            ("33,36,34,37", (34.0, 36.0), true),
            ("-20,170,20,-170", (0.0, 179.0), true),
            ("-20,170,20,-170", (0.0, -179.0), true),
            ("-20,170,20,-170", (0.0, 0.0), false),
        ] {
            let spot: (f64, f64) = spot;
            #[allow(clippy::cast_possible_truncation, reason = "degrees are small")]
            let spot = ((spot.0 * 1e5) as i32, (spot.1 * 1e5) as i32);
            assert_eq!(area(text).unwrap().holds(spot), is_in, "{text} {spot:?}");
        }
        for text in ["", "1,2,3", "34,36,33,37", "1,2,3,4,5", "91,0,92,0", "0,0,0,181", "a,b,c,d", "NaN,0,0,0"] {
            assert_eq!(area(text).unwrap_err().code, "list_bbox", "{text}");
        }
    }

    #[test]
    fn a_code_is_found_by_its_word_and_an_agent_by_its_class() {
        let agents = |text: &str| codes_called(&[&words::AGENT], &folded(text));
        assert_eq!(agents("Sarin"), ["sarin"]);
        assert_eq!(agents(locale::code(Language::Ar, "agent", "chlorine")), ["chlorine"]);
        assert!(agents("nerve").contains(&"vx".to_owned()) && agents("nerve").len() > 4);
        assert_eq!(agents("sarn"), Vec::<String>::new());
        assert!(codes_called(STATUSES, "disputed").contains(&"disputed".to_owned()));
    }
}
