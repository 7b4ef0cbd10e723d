//! How far apart two places are, in whole metres: the same on every machine, for no float takes part.
//!
//! A degree of latitude counts 111 195 m (mean radius of the Earth, 6 371.0 km), one of longitude that times the cosine of the
//! middle latitude. Up to the 100 km that are compared here, away from the poles, this is right to 0.6 per cent: the flattening
//! of the Earth is most of it. Within a degree of a pole it tells up to 1.6 times too much, never too little.

use crate::encoding::json::Json;
use crate::model::values;

/// A place, in hundred-thousandths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// North of the equator.
    pub lat: i64,
    /// East of Greenwich.
    pub lon: i64,
}

/// A degree in the unit of [`Point`].
const DEGREE: i64 = 100_000;

/// Metres in a degree of latitude.
const METRES: i64 = 111_195;

impl Point {
    /// Reads the value of a place; `None` where it has no coordinates, or such as the Earth does not have.
    #[must_use]
    pub fn of(place: &Json) -> Option<Self> {
        let read = |key: &str, limit: i64| {
            let number = units(place.get(key)?.as_text()?)?;
            (number.abs() <= limit.saturating_mul(DEGREE)).then_some(number)
        };
        Some(Self { lat: read("lat", 90)?, lon: read("lon", 180)? })
    }

    /// Metres from here to there, the short way round at the date line.
    #[must_use]
    pub fn metres(self, other: Self) -> i64 {
        let north = self.lat.saturating_sub(other.lat).abs().saturating_mul(METRES).saturating_div(DEGREE);
        let turn = self.lon.saturating_sub(other.lon).abs();
        let turn = turn.min(DEGREE.saturating_mul(360).saturating_sub(turn).abs());
        let middle = self.lat.saturating_add(other.lat).saturating_div(2).abs();
        let east = turn.saturating_mul(METRES).saturating_div(DEGREE);
        let east = east.saturating_mul(cosine(middle)).saturating_div(1_000_000);
        let square = north.saturating_mul(north).saturating_add(east.saturating_mul(east));
        square.unsigned_abs().isqrt().try_into().unwrap_or(i64::MAX)
    }
}

/// The number of hundred-thousandths of a degree that a decimal string says.
fn units(text: &str) -> Option<i64> {
    let spelt = values::coordinate(text)?;
    let (is_negative, digits) = spelt.strip_prefix('-').map_or((false, &*spelt), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let number =
        whole.parse::<i64>().ok()?.checked_mul(DEGREE)?.checked_add(format!("{fraction:0<5}").parse().ok()?)?;
    Some(if is_negative { number.saturating_neg() } else { number })
}

/// The cosine of a latitude in millionths, straight between whole degrees: wrong by 40 millionths at most.
fn cosine(latitude: i64) -> i64 {
    let degree = latitude.saturating_div(DEGREE);
    let part = latitude.saturating_sub(degree.saturating_mul(DEGREE));
    let at = |degree: i64| usize::try_from(degree).ok().and_then(|at| COSINES.get(at)).copied().unwrap_or(0);
    let fall = at(degree).saturating_sub(at(degree.saturating_add(1)));
    at(degree).saturating_sub(fall.saturating_mul(part).saturating_div(DEGREE))
}

/// Cosines of 0 to 90 degrees, in millionths.
#[rustfmt::skip]
const COSINES: [i64; 91] = [
    1_000_000, 999_848, 999_391, 998_630, 997_564, 996_195, 994_522, 992_546, 990_268, 987_688,
    984_808, 981_627, 978_148, 974_370, 970_296, 965_926, 961_262, 956_305, 951_057, 945_519,
    939_693, 933_580, 927_184, 920_505, 913_545, 906_308, 898_794, 891_007, 882_948, 874_620,
    866_025, 857_167, 848_048, 838_671, 829_038, 819_152, 809_017, 798_636, 788_011, 777_146,
    766_044, 754_710, 743_145, 731_354, 719_340, 707_107, 694_658, 681_998, 669_131, 656_059,
    642_788, 629_320, 615_661, 601_815, 587_785, 573_576, 559_193, 544_639, 529_919, 515_038,
    500_000, 484_810, 469_472, 453_990, 438_371, 422_618, 406_737, 390_731, 374_607, 358_368,
    342_020, 325_568, 309_017, 292_372, 275_637, 258_819, 241_922, 224_951, 207_912, 190_809,
    173_648, 156_434, 139_173, 121_869, 104_528, 87_156, 69_756, 52_336, 34_899, 17_452,
    0,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::json::Object;

    fn point(lat: &str, lon: &str) -> Option<Point> {
        Point::of(&Json::Object(Object::from([
            ("lat".to_owned(), Json::text(lat)),
            ("lon".to_owned(), Json::text(lon)),
        ])))
    }

    #[test]
    fn a_distance_is_that_of_the_globe() {
        // Expected: great circle on a sphere of 6 371.0088 km.
        for (from, to, due) in [
            (("36.48", "37.198"), ("36.48", "37.198"), 0),
            (("36.48", "37.198"), ("36.48034", "37.198"), 38),
            (("33.5735", "36.4045"), ("33.521", "36.355"), 7_416),
            (("51.0746", "-1.8088"), ("51.1683", "-1.78"), 10_612),
            (("0", "179.9"), ("0", "-179.9"), 22_239),
            (("-16.5", "180"), ("-16.5", "-180"), 0),
        ] {
            let metres = point(from.0, from.1).unwrap().metres(point(to.0, to.1).unwrap());
            assert!((metres - due).abs() <= due / 100 + 1, "{from:?} {to:?}: {metres}");
        }
    }

    #[test]
    fn poles_and_what_is_no_place_break_nothing() {
        let pole = point("90", "0").unwrap();
        assert_eq!(pole.metres(point("90", "180").unwrap()), 0);
        assert!(pole.metres(point("-90", "-180").unwrap()) > 19_000_000);
        for (lat, lon) in [("90.1", "0"), ("0", "180.5"), ("x", "0"), ("", ""), ("9e99", "1")] {
            assert_eq!(point(lat, lon), None, "{lat} {lon}");
        }
    }
}
