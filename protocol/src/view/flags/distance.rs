//! Places of one incident that lie far from each other. MODEL §7.13.
//!
//! Calculated in whole numbers, so that every machine finds the same. On a sphere of 111.195 km a degree, flat between the two
//! points at their mean latitude, whose cosine is Bhaskara's: within 0.2 % of the true distance at 50 km below 60° of latitude,
//! within 2 % at 80°. Far away it is a rough number, and only said to be about so much.
//!
//! Not every pair is compared. Of each role the outermost points of two organisations in eight directions are kept, and each
//! place is held against those of others: nothing near is ever called far, and what is farther than 54.2 km (50 km by the
//! cosine of 22.5°) is never missed.

use std::collections::BTreeMap;

use crate::encoding::json::Json;
use crate::id::OrganisationId;

use super::{Found, Item};

/// How far apart two organisations may put one incident.
const FAR_METRES: u64 = 50_000;

/// Hundred-thousandths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Point {
    lat: i64,
    lon: i64,
}

pub(super) fn check(items: &[Item<'_>], found: &mut Found) {
    let points: Vec<_> = items.iter().map(|item| located(item).map(|(role, point)| (role, point, item))).collect();
    let mut outermost: BTreeMap<&str, [Outermost; DIRECTIONS.len()]> = BTreeMap::new();
    for (role, point, item) in points.iter().flatten().filter(|(_, _, item)| item.counts) {
        let edges = outermost.entry(role).or_default();
        for (edge, direction) in edges.iter_mut().zip(DIRECTIONS) {
            edge.take(direction, *point, item.organisation);
        }
    }
    for (place, located) in points.iter().enumerate() {
        let Some((role, point, item)) = located else { continue };
        let edges = outermost.get(role).into_iter().flatten();
        let others = edges.flat_map(|edge| edge.0.iter().flatten()).filter(|(_, whose, _)| *whose != item.organisation);
        let farthest = others.map(|(_, _, other)| metres(*point, *other)).max();
        if let Some(metres) = farthest.filter(|metres| *metres > FAR_METRES) {
            found.add(place, "place_apart", "value", [("km", (metres / 1_000).to_string())]);
        }
    }
}

/// A point and what happened there; none where the place is a district or more, whose middle says nothing.
fn located<'a>(item: &Item<'a>) -> Option<(&'a str, Point)> {
    let text = |key: &str| item.value.get(key).and_then(Json::as_text);
    let is_wide = matches!(text("geo_precision"), Some("district" | "region" | "country" | "withheld"));
    if item.prop != "place" || is_wide {
        return None;
    }
    let role = text("role").unwrap_or("impact");
    Some((role, Point { lat: hundred_thousandths(text("lat")?)?, lon: hundred_thousandths(text("lon")?)? }))
}

/// A decimal string of at most five decimals.
fn hundred_thousandths(text: &str) -> Option<i64> {
    let (is_negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if fraction.len() > 5 || whole.is_empty() || whole.len() > 3 {
        return None;
    }
    let number: i64 = format!("{whole}{fraction:0<5}").parse().ok()?;
    if is_negative { number.checked_neg() } else { Some(number) }
}

/// North, east and what lies between, and their opposites.
const DIRECTIONS: [(i64, i64); 8] = [(10, 0), (7, 7), (0, 10), (-7, 7), (-10, 0), (-7, -7), (0, -10), (7, -7)];

/// The outermost points of two organisations in one direction, the farther one first.
#[derive(Default)]
struct Outermost([Option<(i64, OrganisationId, Point)>; 2]);

impl Outermost {
    fn take(&mut self, (north, east): (i64, i64), point: Point, whose: OrganisationId) {
        // East shrinks with latitude; the same for all points would do, and 2/3 is that of Syria and Ukraine.
        let reach = point.lat.saturating_mul(3).saturating_mul(north);
        let reach = reach.saturating_add(point.lon.saturating_mul(2).saturating_mul(east));
        let [first, second] = &mut self.0;
        match first {
            Some((held, own, _)) if *own == whose => {
                if reach > *held {
                    *first = Some((reach, whose, point));
                }
            }
            Some((held, _, _)) if reach <= *held => {
                if second.as_ref().is_none_or(|(held, _, _)| reach > *held) {
                    *second = Some((reach, whose, point));
                }
            }
            _ => {
                *second = first.take();
                *first = Some((reach, whose, point));
            }
        }
    }
}

/// Metres between two points, about.
fn metres(one: Point, other: Point) -> u64 {
    const CENTIMETRES: i128 = 11_119_500; // of a degree
    const DEGREE: i128 = 100_000;
    const TURN: i64 = 36_000_000;
    let north = i128::from(one.lat.abs_diff(other.lat));
    let east = i64::try_from(one.lon.abs_diff(other.lon)).unwrap_or(TURN).checked_rem(TURN).unwrap_or_default();
    let east = i128::from(east.min(TURN.saturating_sub(east)));
    // Bhaskara: cos x = (32400 - 4x²) / (32400 + x²), x in degrees; here x² in units of 10⁻¹⁰.
    let middle = i128::from(one.lat.saturating_add(other.lat) / 2);
    let square = middle.saturating_mul(middle);
    let whole = DEGREE.saturating_mul(DEGREE).saturating_mul(32_400);
    let (above, below) = (whole.saturating_sub(square.saturating_mul(4)).max(0), whole.saturating_add(square));
    let length = |steps: i128| steps.saturating_mul(CENTIMETRES).checked_div(DEGREE).unwrap_or_default();
    let north = length(north);
    let east = length(east).saturating_mul(above).checked_div(below).unwrap_or_default();
    let square = north.saturating_mul(north).saturating_add(east.saturating_mul(east));
    u64::try_from(square.isqrt() / 100).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(lat: &str, lon: &str) -> Point {
        Point { lat: hundred_thousandths(lat).unwrap(), lon: hundred_thousandths(lon).unwrap() }
    }

    #[test]
    fn distances_are_nearly_those_of_the_globe() {
        // Great circles on a sphere of 6371.01 km.
        for (one, other, km) in [
            (("33.5711", "36.4036"), ("33.5138", "36.2765"), 13.4),
            (("36.2021", "37.1343"), ("33.5138", "36.2765"), 309.1),
            (("0", "179.9"), ("0", "-179.9"), 22.2),
            (("60", "10"), ("60", "11"), 55.6),
            (("80", "10"), ("80", "13"), 57.9),
            (("-33.9", "18.4"), ("-33.9", "18.4"), 0.0),
        ] {
            let found = metres(point(one.0, one.1), point(other.0, other.1)) as f64 / 1_000.0;
            assert!((found - km).abs() <= km * 0.02 + 0.05, "{one:?} {other:?}: {found} for {km}");
        }
    }

    #[test]
    fn decimal_strings_are_read_to_the_last_digit() {
        assert_eq!(hundred_thousandths("36.1672"), Some(3_616_720));
        assert_eq!(hundred_thousandths("-0.00001"), Some(-1));
        assert_eq!(hundred_thousandths("180"), Some(18_000_000));
        for text in ["", "36.123456", "x", "1000"] {
            assert_eq!(hundred_thousandths(text), None, "{text}");
        }
    }
}
