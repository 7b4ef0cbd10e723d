//! Which rows a reader asks for: all that he gives must hold.

use std::collections::BTreeSet;

use isnad_protocol::id::{RecordId, kind_code};
use isnad_protocol::locale::Language;
use isnad_protocol::model::ValueType;
use isnad_protocol::model::edtf::Edtf;
use isnad_protocol::model::kinds::{DESIGNATION, INCIDENT, ORGANISATION, SUBJECT, is_about_somebody};
use isnad_protocol::model::speech::{self, NotUnderstood};
use isnad_protocol::model::vocabularies::{self as words, Vocabulary};
use isnad_protocol::time::{Day, Timestamp};
use isnad_protocol::view::{Bounds, InForce, degrees, fixed_labels};

use super::ListQuery;
use super::row::{Row, Voice, folded, number, tag, voice};
use crate::problem::{Problem, exit};
use crate::reading::Reader;

/// What a row must have; what is not asked for is `None`.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    search: Option<String>,
    /// What is called so, of a kind that is called by what it names.
    called: BTreeSet<RecordId>,
    place: Option<String>,
    area: Option<Area>,
    from: Option<i32>,
    until: Option<i32>,
    organisations: Option<BTreeSet<Voice>>,
    bodies: Option<BTreeSet<RecordId>>,
    /// By the tag that they stand under.
    codes: Vec<(u8, Vec<String>)>,
    is_contested: bool,
    pub(super) in_force: Option<Day>,
    changed_since: Option<Timestamp>,
    /// Codes of no vocabulary here: someone may say them all the same.
    pub(super) unknown: Vec<Unknown>,
}

/// A code that stands in no vocabulary.
#[derive(Debug, Clone)]
pub(super) struct Unknown {
    /// What it stands under in a row.
    pub(super) tag: u8,
    pub(super) code: String,
    why: NotUnderstood,
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
        let typed = Typed { language: language_of(query) };
        let text =
            |text: &Option<String>| text.as_deref().map(|text| folded(text.trim())).filter(|text| !text.is_empty());
        let date = |given: &Option<String>, code| given.as_deref().map(|text| typed.date(text, code)).transpose();
        let (from, until) = (date(&query.from, "list_from")?, date(&query.until, "list_until")?);
        let from = from.and_then(|date| date.earliest).map(number);
        let until = until.and_then(|date| date.latest).map(number);
        if from.zip(until).is_some_and(|(from, until)| from > until) {
            return Err(refused("list_reversed", &[]));
        }
        let in_force = query.in_force.as_deref().map(|text| typed.day(text, super::day_of(query))).transpose()?;
        if in_force.is_some() && query.kind != DESIGNATION {
            return Err(refused("list_in_force", &[]));
        }
        // The beginning of a day, month or year.
        let since = date(&query.changed_since, "list_since")?
            .map(|date| date.earliest.map_or(Timestamp(0), Timestamp::start_of));
        let search = text(&query.search);
        let mut filter = Self {
            called: search.as_deref().map(|text| called(query.kind, text, reader)).transpose()?.unwrap_or_default(),
            search,
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
        if let Some(text) = &query.country {
            filter.codes.push((tag::COUNTRY, typed.countries(text)?));
        }
        Ok(filter)
    }

    fn ask(&mut self, tag: u8, vocabularies: &[&'static Vocabulary], text: Option<&str>) {
        let Some(text) = text else { return };
        let mut codes = Vec::new();
        for part in parts(text) {
            match codes_called(vocabularies, part) {
                Ok(known) => codes.extend(known),
                Err(why) => {
                    codes.push(part.to_owned());
                    self.unknown.push(Unknown { tag, code: part.to_owned(), why });
                }
            }
        }
        self.codes.push((tag, codes));
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
            // By anybody's word: whoever screens by the list does not miss what members see differently.
            && self.in_force.is_none_or(|day| row.all_terms().any(|terms| is_in_force(terms, day)))
            && self.takes_dates(row)
            && self.area.is_none_or(|area| row.spots().any(|spot| area.holds(spot)))
            && self.organisations.as_ref().is_none_or(|asked| row.organisations().any(|voice| asked.contains(&voice)))
            && self.bodies.as_ref().is_none_or(|asked| row.bodies().any(|body| asked.contains(&body)))
            && self.codes.iter().all(|(tag, codes)| row.has_code(*tag, codes))
            && self.search.as_ref().is_none_or(|text| self.is_called(row, text))
            && self.place.as_ref().is_none_or(|text| row.mentions_words(&[tag::PLACE], text))
    }

    /// True if a record is called so, or names what is.
    fn is_called(&self, row: &Row<'_>, text: &str) -> bool {
        row.mentions(&[tag::LABEL, tag::OTHER], text)
            || (!self.called.is_empty() && row.named().any(|record| self.called.contains(&record)))
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

/// What stands between commas.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', '،']).map(str::trim).filter(|part| !part.is_empty())
}

/// The codes that a text names: a code, or its words in any language as one types them for a claim; or a class of agents.
fn codes_called(vocabularies: &[&'static Vocabulary], text: &str) -> Result<Vec<String>, NotUnderstood> {
    let said = |vocabulary: &'static Vocabulary| {
        let spoken = speech::value(&ValueType::Code(vocabulary), text)?;
        Ok(spoken.value.as_text().map(str::to_owned))
    };
    let (mut found, mut fault) = (BTreeSet::new(), None);
    for vocabulary in vocabularies {
        match said(vocabulary) {
            Ok(code) => found.extend(code),
            Err(why) => fault = fault.or(Some(why)),
        }
    }
    if found.is_empty() && vocabularies.iter().any(|vocabulary| vocabulary.name == words::AGENT.name) {
        let class = said(&words::AGENT_CLASS).ok().flatten();
        let of_class = words::AGENTS.iter().filter(|agent| Some(agent.class) == class.as_deref());
        found.extend(of_class.map(|agent| agent.code.to_owned()));
    }
    match fault {
        Some(why) if found.is_empty() => Err(why),
        _ => Ok(found.into_iter().collect()),
    }
}

impl Unknown {
    /// Nobody says it here: it was mistyped. Known words stand in the reader's language.
    pub(super) fn refused(&self, query: &ListQuery) -> Problem {
        let problem = refused("list_code", &[("codes", &self.code)]);
        let typed = Typed { language: language_of(query) };
        typed.told(problem, &self.why)
    }
}

/// Reads what people say as for a claim, and refuses in their language with the reasons that are told there.
struct Typed {
    language: Language,
}

impl Typed {
    fn date(&self, text: &str, code: &str) -> Result<Edtf, Problem> {
        let fault = |why: &NotUnderstood| self.told(refused(code, &[]), why);
        let spoken = speech::value(&ValueType::Date, text).map_err(|why| fault(&why))?;
        spoken.value.as_text().and_then(|edtf| Edtf::parse(edtf).ok()).ok_or_else(|| refused(code, &[]))
    }

    /// A day, or the reader's own where the text is empty.
    fn day(&self, text: &str, today: Day) -> Result<Day, Problem> {
        if text.trim().is_empty() {
            return Ok(today);
        }
        let date = self.date(text, "list_day")?;
        let day = date.earliest.filter(|day| Some(*day) == date.latest);
        day.ok_or_else(|| refused("list_day", &[]))
    }

    fn countries(&self, text: &str) -> Result<Vec<String>, Problem> {
        let code = |part: &str| {
            let spoken = speech::value(&ValueType::Country, part);
            let spoken = spoken.map_err(|why| self.told(refused("list_country", &[]), &why))?;
            Ok(spoken.value.as_text().unwrap_or_default().to_owned())
        };
        parts(text).map(code).collect()
    }

    /// The refusal with the reason and advice that are told where a claim is typed.
    fn told(&self, problem: Problem, why: &NotUnderstood) -> Problem {
        let problem = problem.in_language(self.language);
        // The reason has its own words: the problem's are told by now.
        let words = Box::default();
        Problem { why: why.why_in(self.language), advice: why.try_in(self.language), words, ..problem }
    }
}

fn language_of(query: &ListQuery) -> Language {
    query.lang.as_deref().and_then(|code| Language::parse(code).ok()).unwrap_or(Language::En)
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
    area.ok_or_else(|| refused("list_bbox", &[]))
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
    let digits = text.trim().to_lowercase();
    let is_id = digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let text = folded(text.trim());
    let mut found = BTreeSet::new();
    for (organisation, names) in &reader.names {
        let is_named = !text.is_empty() && names.iter().any(|name| folded(&name.text).contains(&text));
        if is_named || (is_id && organisation.to_string().starts_with(&digits)) {
            found.insert(voice(*organisation));
        }
    }
    if found.is_empty() {
        return Err(refused("list_organisation", &[]));
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
        return Err(refused("list_body", &[]));
    }
    Ok(found)
}

/// The bodies, subjects and incidents that are called so: a record without a title is looked for by whom it names.
fn called(kind: u8, text: &str, reader: &Reader<'_>) -> Result<BTreeSet<RecordId>, Problem> {
    let mut found = BTreeSet::new();
    if is_about_somebody(kind) {
        let is_called = |row: &Row<'_>| row.mentions(&[tag::LABEL, tag::OTHER], text);
        for kind in [SUBJECT, INCIDENT, ORGANISATION] {
            // What a row could not take of a record's names is not worth a summary of each: the first ones are there.
            found.extend(reader.rows_as_they_are(kind, |record, row| is_called(row).then_some(record))?);
        }
        let fixed = fixed_labels(RecordId::UNIDENTIFIED).unwrap_or_default();
        let is_nobody_known = fixed.iter().any(|words| folded(&words.text).contains(text));
        found.extend(is_nobody_known.then_some(RecordId::UNIDENTIFIED));
    }
    Ok(found)
}

/// What is typed wrong: the locale tells it by its code.
pub(super) fn refused(code: &str, values: &[(&str, &str)]) -> Problem {
    Problem::told(exit::USAGE, code, code, values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use isnad_protocol::locale;

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
        let agents = |text: &str| codes_called(&[&words::AGENT], text).unwrap();
        assert_eq!(agents("Sarin"), ["sarin"]);
        assert_eq!(agents("SARIN (gb)"), ["sarin"]);
        assert_eq!(agents(locale::code(Language::Ar, "agent", "chlorine")), ["chlorine"]);
        assert!(agents("nerve").contains(&"vx".to_owned()) && agents("nerve").len() > 4);
        assert_eq!(codes_called(&[&words::AGENT], "sarn").unwrap_err().code, "code");
        assert!(codes_called(STATUSES, "disputed").unwrap().contains(&"disputed".to_owned()));
    }
}
