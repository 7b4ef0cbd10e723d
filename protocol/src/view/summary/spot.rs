//! A place as one organisation claims it: what a map shows of a record. MODEL §3.

use crate::encoding::json::Json;
use crate::id::{ClaimId, OrganisationId, RecordId};
use crate::sheet::{Said, Sheet};
use crate::view::Words;
use crate::view::material::Spoken;

/// One place claim.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Spot {
    /// The claim.
    pub claim: ClaimId,
    /// Whose word it is.
    pub organisation: OrganisationId,
    /// The cited body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub according_to: Option<RecordId>,
    /// Names of the place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Words>,
    /// ISO 3166-1 code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Latitude and longitude in degrees, as claimed; absent where withheld, or where they are no coordinates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<(String, String)>,
    /// How precise it is, a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
    /// What happened there, a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

impl Spot {
    /// Every place claim of a record.
    pub(super) fn all(spoken: &Spoken<'_>) -> Vec<Self> {
        spoken.of(&["place", "captured_where"]).into_iter().filter_map(Self::of).collect()
    }

    fn of((sheet, said): (&Sheet, &Said)) -> Option<Self> {
        let value = said.claim.value()?;
        value.as_object()?;
        let member = |key: &str| value.get(key).and_then(Json::as_text).map(str::to_owned);
        let names = value.get("names").and_then(Json::as_list).unwrap_or_default().iter().filter_map(|name| {
            let text = |key: &str| name.get(key).and_then(Json::as_text).map(str::to_owned);
            Some(Words::new(text("lang"), text("text")?))
        });
        let precision = member("geo_precision");
        // Another node's software may have let coordinates through that their author withheld in the same breath.
        let is_withheld = precision.as_deref() == Some("withheld");
        let at = member("lat").zip(member("lon")).filter(|(lat, lon)| !is_withheld && position(lat, lon).is_some());
        Some(Self {
            claim: said.claim.id(),
            organisation: sheet.key.organisation,
            according_to: said.claim.according_to(),
            names: names.collect(),
            country: member("country"),
            at,
            precision,
            role: member("role"),
        })
    }

    /// Latitude and longitude in 100,000ths of a degree.
    #[must_use]
    pub fn position(&self) -> Option<(i32, i32)> {
        let (lat, lon) = self.at.as_ref()?;
        position(lat, lon)
    }
}

fn position(lat: &str, lon: &str) -> Option<(i32, i32)> {
    degrees(lat, 90).zip(degrees(lon, 180))
}

/// 100,000ths of a degree, of a decimal with a point and at most this many degrees; digits behind the fifth are dropped.
#[must_use]
pub fn degrees(text: &str, most: i32) -> Option<i32> {
    let (digits, sign) = text.strip_prefix('-').map_or((text, 1), |digits| (digits, -1));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || whole.len() > 4 {
        return None;
    }
    let part: String = part.chars().chain("00000".chars()).take(5).collect();
    let value = whole.parse::<i32>().ok()?.checked_mul(100_000)?.checked_add(part.parse().ok()?)?;
    (value <= most.checked_mul(100_000)?).then(|| value.checked_mul(sign))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_read_from_their_digits() {
        for (text, expected) in [
            ("33.5744", Some(3_357_440)),
            ("-0.00001", Some(-1)),
            ("180", Some(18_000_000)),
            ("36.1234567", Some(3_612_345)),
            ("180.00001", None),
            ("1e2", None),
            ("+3", None),
            ("3.", None),
            ("", None),
            ("NaN", None),
        ] {
            assert_eq!(degrees(text, 180), expected, "{text}");
        }
    }
}
