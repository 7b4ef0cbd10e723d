//! Incidents, and the findings and attributions that stand inside them.

use std::collections::{BTreeMap, BTreeSet};

use super::bodies::{alias, note, plain};
use super::claim::{Claim, normal, object};
use super::reader::Reader;
use super::{ImportError, finding_id};
use crate::encoding::foreign::{Located, Misshapen};
use crate::encoding::json::Json;
use crate::model::edtf::Edtf;
use crate::model::kinds::{ATTRIBUTION, FINDING, INCIDENT, ORGANISATION, SOURCE, SUBJECT};
use crate::model::values;

pub(super) fn read<'a>(reader: &mut Reader<'a>, root: &Located<'a>) -> Result<(), ImportError> {
    for element in root.member("incidents")?.items()? {
        reader.begin(&element)?;
        incident(reader, &element)?;
        findings(reader, &element)?;
    }
    Ok(())
}

fn incident<'a>(reader: &mut Reader<'a>, element: &Located<'a>) -> Result<(), ImportError> {
    let known = [
        "id",
        "kind",
        "titles",
        "date",
        "places",
        "agents",
        "delivery",
        "status",
        "casualties",
        "findings",
        "related",
        "note",
        "marking",
    ];
    reader.warn_of_others(element, &known)?;
    let own_id = element.member("id")?.text()?;
    let mut claims = vec![alias(element)?];
    for title in element.member("titles")?.items()? {
        claims.push(Claim::text("title", title.member("value")?.text()?, title.member("lang")?.text()?));
    }
    claims.extend(date(&element.member("date")?)?);
    for place in element.member("places")?.items()? {
        claims.push(place_claim(reader, &place)?);
    }
    said_by_claimants(reader, element, &mut claims)?;
    claims.extend(plain(element, "status", "status")?);
    for other in element.member("related")?.items()? {
        claims.push(Claim::new("part_of", Json::Text(reader.record(INCIDENT, &other)?.to_string())));
    }
    claims.extend(sources(reader, element)?);
    claims.extend(note(element)?);
    let record = reader.record_of(INCIDENT, own_id);
    reader.say(record, own_id, claims)
}

/// The date as given. A time of day, which the file gives in words as often as in digits, stays in `original`.
fn date(date: &Located<'_>) -> Result<Option<Claim>, Misshapen> {
    if date.value().is_none() {
        return Ok(None);
    }
    let edtf = date.member("edtf")?.text()?;
    let (value, is_cut) = qualified_date(edtf);
    let time = date.member("local_time")?.optional_text()?;
    let offset = date.member("utc_offset")?.optional_text()?;
    let original = match time {
        Some(time) => Some([Some(edtf), Some(time), offset].into_iter().flatten().collect::<Vec<_>>().join(" ")),
        None => is_cut.then(|| edtf.to_owned()),
    };
    Ok(Some(Claim::new("date", normal(&value)).with("original", original.as_deref().map(normal))))
}

/// A qualified time, which EDTF level 1 does not have, becomes the qualified date. MODEL §11.
fn qualified_date(edtf: &str) -> (String, bool) {
    let qualifier = edtf.chars().last().filter(|last| matches!(last, '~' | '?' | '%'));
    match (edtf.split_once('T'), qualifier) {
        (Some((date, _)), Some(qualifier)) if Edtf::parse(edtf).is_err() => (format!("{date}{qualifier}"), true),
        _ => (edtf.to_owned(), false),
    }
}

fn place_claim<'a>(reader: &mut Reader<'a>, place: &Located<'a>) -> Result<Claim, ImportError> {
    reader.warn_of_others(place, &["names", "country", "admin1", "lat", "lon", "geo_precision", "role", "source"])?;
    let text = |key: &str| Ok::<_, Misshapen>(place.member(key)?.optional_text()?.map(normal));
    let mut names = Vec::new();
    for name in place.member("names")?.items()? {
        let lang = Json::text(name.member("lang")?.text()?);
        names.push(Json::object([("text", normal(name.member("value")?.text()?)), ("lang", lang)]));
    }
    let value = object([
        ("names", Some(Json::List(names))),
        ("country", text("country")?),
        ("admin1", text("admin1")?),
        ("lat", coordinate(&place.member("lat")?)?),
        ("lon", coordinate(&place.member("lon")?)?),
        ("geo_precision", text("geo_precision")?),
        ("role", text("role")?),
    ]);
    // Coordinates come from a source, or from a body that published none.
    let source = place.member("source")?;
    let is_body = source.optional_text()?.is_some_and(|id| !reader.has(SOURCE, id) && reader.has(ORGANISATION, id));
    let (body, basis) = match is_body {
        true => (reader.according_to(place, "source")?, None),
        false => (None, reader.basis(place)?),
    };
    Ok(Claim::new("place", value).with("according_to", body).with("basis", basis))
}

fn coordinate(number: &Located<'_>) -> Result<Option<Json>, Misshapen> {
    let read =
        |text| values::coordinate(text).map(Json::Text).ok_or_else(|| number.misshapen("a latitude or longitude"));
    number.optional_number()?.map(read).transpose()
}

/// Agents, delivery and casualties: each according to its claimant.
fn said_by_claimants<'a>(
    reader: &mut Reader<'a>,
    incident: &Located<'a>,
    claims: &mut Vec<Claim>,
) -> Result<(), ImportError> {
    for agent in incident.member("agents")?.items()? {
        reader.warn_of_others(&agent, &["agent", "claimant", "basis", "wording", "source", "note"])?;
        let basis = agent.member("basis")?.optional_text()?.map(normal);
        let value = object([("code", Some(normal(agent.member("agent")?.text()?))), ("basis", basis)]);
        let claim = worded(reader, Claim::new("agent", value), &agent)?;
        claims.push(claim);
        claims.extend(attributed_note(reader, &agent)?);
    }
    for delivery in incident.member("delivery")?.items()? {
        reader.warn_of_others(&delivery, &["method", "claimant", "wording", "source", "note"])?;
        let claim = Claim::new("delivery", normal(delivery.member("method")?.text()?));
        claims.push(worded(reader, claim, &delivery)?);
        claims.extend(attributed_note(reader, &delivery)?);
    }
    for casualty in incident.member("casualties")?.items()? {
        casualties(reader, &casualty, claims)?;
    }
    Ok(())
}

/// Adds claimant, source and, where the file has them, the words.
fn worded<'a>(reader: &mut Reader<'a>, claim: Claim, element: &Located<'a>) -> Result<Claim, ImportError> {
    let claim = attributed(reader, claim, element)?;
    if element.member("wording")?.value().is_none() {
        return Ok(claim);
    }
    let wording = reader.wording(element)?;
    Ok(claim.with("wording", Some(wording.value)).with("original", wording.original))
}

fn attributed<'a>(reader: &mut Reader<'a>, claim: Claim, element: &Located<'a>) -> Result<Claim, ImportError> {
    let body = reader.according_to(element, "claimant")?;
    Ok(claim.with("according_to", body).with("basis", reader.basis(element)?))
}

fn attributed_note<'a>(reader: &mut Reader<'a>, element: &Located<'a>) -> Result<Option<Claim>, ImportError> {
    note(element)?.map(|claim| attributed(reader, claim, element)).transpose()
}

/// One claim for each category that the claimant counts; never summed.
fn casualties<'a>(reader: &mut Reader<'a>, casualty: &Located<'a>, claims: &mut Vec<Claim>) -> Result<(), ImportError> {
    let known = ["claimant", "killed", "injured", "exposed", "qualifier", "as_of", "source", "note"];
    reader.warn_of_others(casualty, &known)?;
    for category in ["killed", "injured", "exposed"] {
        let count = casualty.member(category)?;
        if count.value().is_none() {
            continue;
        }
        let bound = |key: &str| Ok::<_, Misshapen>(count.member(key)?.optional_integer()?.map(Json::Int));
        let text = |key: &str| Ok::<_, Misshapen>(casualty.member(key)?.optional_text()?.map(normal));
        let value = object([
            ("category", Some(Json::text(category))),
            ("min", bound("min")?),
            ("max", bound("max")?),
            ("qualifier", text("qualifier")?),
            ("as_of", text("as_of")?),
        ]);
        claims.push(attributed(reader, Claim::new("casualty", value), casualty)?);
    }
    claims.extend(attributed_note(reader, casualty)?);
    Ok(())
}

/// Every source that something in the incident cites, in the order of first mention.
fn sources<'a>(reader: &Reader<'a>, incident: &Located<'a>) -> Result<Vec<Claim>, Misshapen> {
    let mut seen = BTreeSet::new();
    let mut claims = Vec::new();
    for key in ["places", "agents", "delivery", "casualties", "findings"] {
        for element in incident.member(key)?.items()? {
            let source = element.member("source")?.optional_text()?.filter(|id| reader.has(SOURCE, id));
            let new = source.filter(|id| seen.insert(*id));
            claims.extend(new.map(|id| Claim::new("source", Json::Text(reader.record_of(SOURCE, id).to_string()))));
        }
    }
    Ok(claims)
}

fn findings<'a>(reader: &mut Reader<'a>, incident: &Located<'a>) -> Result<(), ImportError> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let incident_id = incident.member("id")?.text()?;
    for element in incident.member("findings")?.items()? {
        let text = |key: &str| Ok::<_, Misshapen>(element.member(key)?.optional_text()?.unwrap_or_default());
        let stable = finding_id(incident_id, text("kind")?, text("body")?, text("source")?, text("date")?);
        let times = seen.entry(stable.clone()).or_default();
        *times = times.saturating_add(1);
        let own_id = if *times == 1 { stable } else { format!("{stable}/{times}") };
        finding(reader, incident_id, &element, &own_id)?;
    }
    Ok(())
}

/// The outcome is the accusing claim; all else are claims of their own. MODEL §4.
fn finding<'a>(
    reader: &mut Reader<'a>,
    incident_id: &str,
    element: &Located<'a>,
    own_id: &str,
) -> Result<(), ImportError> {
    let known = [
        "body",
        "kind",
        "outcome",
        "attributed_to",
        "standard",
        "wording",
        "likelihood",
        "confidence",
        "source",
        "date",
        "note",
        "mandate",
    ];
    reader.warn_of_others(element, &known)?;
    let kind = if element.member("kind")?.text()? == "attribution" { ATTRIBUTION } else { FINDING };
    let incident = Json::Text(reader.record_of(INCIDENT, incident_id).to_string());
    let mut claims = vec![Claim::new("incident", incident)];
    let text = |key: &str| Ok::<_, Misshapen>(element.member(key)?.optional_text()?.map(normal));
    for subject in element.member("attributed_to")?.items()? {
        let subject = Json::Text(reader.record(SUBJECT, &subject)?.to_string());
        claims.push(accusing(reader, Claim::new("subject", subject), element)?);
    }
    let outcome = Claim::new("outcome", normal(element.member("outcome")?.text()?));
    let outcome = outcome.with("likelihood", text("likelihood")?).with("confidence", text("confidence")?);
    claims.push(accusing(reader, outcome, element)?);
    claims.extend(plain(element, "mandate", "mandate")?);
    claims.extend(plain(element, "date", "date")?);
    claims.extend(note(element)?);
    let record = reader.record_of(kind, own_id);
    reader.say(record, own_id, claims)
}

fn accusing<'a>(reader: &mut Reader<'a>, claim: Claim, element: &Located<'a>) -> Result<Claim, ImportError> {
    let body = reader.according_to(element, "body")?;
    let basis = reader.basis(element)?;
    let wording = reader.wording(element)?;
    let standard = element.member("standard")?.optional_text()?;
    Ok(claim.with("according_to", body).with("basis", basis).accusing(standard, wording))
}
