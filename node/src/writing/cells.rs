//! Casualties so few that a place may tell who they are: the check of small cells before something is published. MODEL §9.7.
//!
//! It asks and refuses nothing: only who knows the town can say whether the figure names anybody there.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::encoding::json::Json;
use isnad_protocol::id::{ClaimId, RecordId};
use isnad_protocol::model::kinds::INCIDENT;
use isnad_protocol::sheet::{Claim, Sheet};

use super::before::Before;
use super::rules::Own;
use crate::problem::Problem;

/// So few that each could be known.
const FEW: i64 = 3;

/// What everyone reads beside the claims that are to be published on an incident.
#[derive(Debug, Default)]
struct Beside {
    /// On the incident itself.
    own: Vec<Claim>,
    /// On those that it is a part of: where they were, it was.
    whole: Vec<Claim>,
    /// On its parts: where it was, they were.
    parts: Vec<Claim>,
}

/// Few casualties of a place that tells, by claim of those to be published, with their number. It may be this claim that says how
/// few, or where, or of what the incident is a part.
pub(super) fn small(
    before: &Before<'_>,
    own: &Own,
    claims: &[Claim],
    all: &BTreeMap<RecordId, Vec<Claim>>,
) -> Result<Vec<(usize, String)>, Problem> {
    let Some(record) = own.record.filter(|record| record.kind_code() == INCIDENT) else { return Ok(Vec::new()) };
    let replaced: BTreeSet<ClaimId> = claims.iter().filter_map(Claim::replaces).collect();
    let standing = own.everyones().filter(|sheet| sheet.key.space == before.public).flat_map(Sheet::standing_claims);
    let standing = standing.filter(|(id, _)| !replaced.contains(id)).map(|(_, said)| said.claim.clone());
    let mut beside = Beside { own: standing.collect(), ..Beside::default() };
    let wholes: BTreeSet<RecordId> = beside.own.iter().chain(claims).filter_map(whole).collect();
    for whole in wholes.into_iter().filter(|whole| *whole != record) {
        beside.whole.extend(published(before, whole)?);
        beside.whole.extend(all.get(&whole).cloned().unwrap_or_default());
    }
    for part in before.index.referring_to(record)?.into_iter().filter(|part| part.kind_code() == INCIDENT) {
        let said = published(before, part)?;
        if said.iter().any(|claim| whole(claim) == Some(record)) {
            beside.parts.extend(said);
        }
    }
    Ok(beside.small(claims))
}

/// What everyone reads of a record.
fn published(before: &Before<'_>, record: RecordId) -> Result<Vec<Claim>, Problem> {
    let (sheets, _) = before.sheets_of(record)?;
    let sheets = sheets.iter().filter(|sheet| sheet.key.space == before.public);
    Ok(sheets.flat_map(Sheet::standing_claims).map(|(_, said)| said.claim.clone()).collect())
}

impl Beside {
    fn small(&self, claims: &[Claim]) -> Vec<(usize, String)> {
        let is_placed = self.own.iter().chain(claims).chain(&self.whole).any(tells_where);
        let is_placed_by_whole = self.whole.iter().any(tells_where);
        let (here, below) = (self.own.iter().find_map(few), self.parts.iter().find_map(few));
        let said = here.clone().or_else(|| claims.iter().find_map(few));
        let small = claims.iter().enumerate().filter_map(|(index, claim)| {
            let count = if tells_where(claim) {
                here.clone().or_else(|| below.clone())
            } else if whole(claim).is_some() {
                said.clone().filter(|_| is_placed_by_whole && here.is_some())
            } else {
                few(claim).filter(|_| is_placed)
            };
            Some((index, count?))
        });
        small.collect()
    }
}

/// The incident that a claim says its own is a part of.
fn whole(claim: &Claim) -> Option<RecordId> {
    let value = claim.value().filter(|_| claim.prop() == Some("part_of"))?;
    RecordId::parse(value.as_text()?).ok()
}

/// The number of casualties of a claim, if there may be so few that each could be known. None at all are nobody.
fn few(claim: &Claim) -> Option<String> {
    let value = claim.value().filter(|_| claim.prop() == Some("casualty"))?;
    let bound = |key| value.get(key).and_then(Json::as_int);
    match (bound("min"), bound("max")) {
        (_, Some(0)) => None,
        (Some(min), Some(max)) if min == max => (min < FEW).then(|| min.to_string()),
        (Some(min), Some(max)) => (min < FEW).then(|| format!("{min}-{max}")),
        (Some(min), None) => (min < FEW).then(|| format!("≥{min}")),
        (None, max) => max.filter(|max| *max < FEW).map(|max| format!("≤{max}")),
    }
}

/// True if a claim gives a place that is no wider than a village: by coordinates, or by a name that is not the region's.
fn tells_where(claim: &Claim) -> bool {
    let Some(value) = claim.value().filter(|_| claim.prop() == Some("place")) else { return false };
    let text = |value: &Json, key: &str| value.get(key).and_then(Json::as_text).map(str::to_lowercase);
    let is_wide = matches!(value.get("geo_precision").and_then(Json::as_text), Some("district" | "region" | "country"));
    if value.get("lat").is_some() && !is_wide {
        return true;
    }
    let region = text(value, "admin1");
    let names = value.get("names").and_then(Json::as_list).unwrap_or_default();
    let mut names =
        names.iter().filter_map(|name| text(name, "text").or_else(|| name.as_text().map(str::to_lowercase)));
    // A place that is said to be wide has a name of its own width, unless its region is named beside it.
    (!is_wide || region.is_some()) && names.any(|name| Some(name) != region)
}

#[cfg(test)]
mod tests {
    use isnad_protocol::encoding::json;

    use super::*;

    fn claim(prop: &str, value: &str) -> Claim {
        let object = json::decode(format!(r#"{{"prop":"{prop}","value":{value}}}"#).as_bytes()).unwrap();
        Claim::new(object.as_object().cloned().unwrap()).unwrap()
    }

    #[test]
    fn casualties_are_few_where_the_least_of_them_is_below_three() {
        for (value, told) in [
            (r#"{"max":2,"min":2}"#, Some("2")),
            (r#"{"max":3,"min":1}"#, Some("1-3")),
            (r#"{"max":40,"min":2}"#, Some("2-40")),
            (r#"{"min":1}"#, Some("≥1")),
            (r#"{"max":2}"#, Some("≤2")),
            (r#"{"max":3,"min":3}"#, None),
            (r#"{"max":30,"min":25}"#, None),
            (r#"{"max":0,"min":0}"#, None),
            (r#"{"max":400}"#, None),
        ] {
            assert_eq!(few(&claim("casualty", value)).as_deref(), told, "{value}");
        }
    }

    #[test]
    fn a_place_tells_by_its_coordinates_or_by_the_name_of_a_village() {
        let village = r#""names":[{"text":"Khan al-Assal"}]"#;
        for (value, tells) in [
            (r#"{"lat":"36.1","lon":"37.0"}"#.to_owned(), true),
            (r#"{"geo_precision":"locality","lat":"36.1","lon":"37.0"}"#.to_owned(), true),
            (r#"{"geo_precision":"region","lat":"36.1","lon":"37.0"}"#.to_owned(), false),
            (format!("{{{village}}}"), true),
            (format!(r#"{{"geo_precision":"withheld",{village}}}"#), true),
            (format!(r#"{{"admin1":"Aleppo","geo_precision":"district",{village}}}"#), true),
            (r#"{"geo_precision":"region","names":[{"text":"Aleppo"}]}"#.to_owned(), false),
            (r#"{"admin1":"Aleppo","names":[{"text":"aleppo"}]}"#.to_owned(), false),
            (r#"{"country":"sy","geo_precision":"country"}"#.to_owned(), false),
        ] {
            assert_eq!(tells_where(&claim("place", &value)), tells, "{value}");
        }
    }

    #[test]
    fn the_place_of_the_whole_is_that_of_its_part() {
        let (killed, place) = (claim("casualty", r#"{"max":1,"min":1}"#), claim("place", r#"{"names":["Sarmin"]}"#));
        let part = claim("part_of", "\"incident/8690e26d4f0b1c2d3e4f5061728394\"");
        let whole = Beside { whole: vec![place.clone()], ..Beside::default() };
        assert_eq!(whole.small(&[killed.clone(), part.clone()]), [(0, "1".to_owned())]);
        let placed_part = Beside { own: vec![killed.clone()], whole: vec![place.clone()], ..Beside::default() };
        assert_eq!(placed_part.small(std::slice::from_ref(&part)), [(0, "1".to_owned())]);
        let parts = Beside { parts: vec![killed.clone()], ..Beside::default() };
        assert_eq!(parts.small(std::slice::from_ref(&place)), [(0, "1".to_owned())]);
        assert!(Beside::default().small(&[killed.clone(), part]).is_empty(), "nobody says where");
        assert_eq!(Beside::default().small(&[killed, place]), [(0, "1".to_owned())]);
    }
}
