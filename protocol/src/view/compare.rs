//! How a value is told in one line, and the range of a count. MODEL §3, §7.

use crate::encoding::json::Json;
use crate::model::values::name_text;

/// A value in one line, in no language: the name of a place, the range of a count, the code of an agent. What is none of
/// these is told as its canonical JSON.
#[must_use]
pub fn value_text(value: &Json) -> String {
    if let Some(text) = name_text(value) {
        return text.to_owned();
    }
    if let Some((category, range)) = count(value) {
        return format!("{category} {}", range.text());
    }
    let member = |key: &str| value.get(key).and_then(Json::as_text);
    if let Some(code) = member("code") {
        return code.to_owned();
    }
    if let Some(name) =
        value.get("names").and_then(Json::as_list).and_then(|names| names.first()?.get("text")?.as_text())
    {
        return name.to_owned();
    }
    if let Some(place) = nameless(value) {
        return place;
    }
    if let Some(title) = member("title") {
        return title.to_owned();
    }
    match value {
        Json::Int(number) => number.to_string(),
        Json::Bool(is) => is.to_string(),
        Json::Text(_) | Json::List(_) | Json::Object(_) => String::from_utf8_lossy(&value.encode()).into_owned(),
    }
}

/// A place without a name: its region, its country, its point, and what is withheld of it.
fn nameless(place: &Json) -> Option<String> {
    place.get("names")?.as_list()?;
    let member = |key: &str| place.get(key).and_then(Json::as_text).map(str::to_owned);
    let point = member("lat").zip(member("lon")).map(|(lat, lon)| format!("{lat}, {lon}"));
    let country = member("country").map(|code| code.to_uppercase());
    let precision = member("geo_precision");
    let parts: Vec<String> = [member("admin1"), country, point, precision].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Bounds of a count; no upper one means "or more".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) min: i64,
    pub(super) max: Option<i64>,
}

impl Range {
    pub(super) fn text(self) -> String {
        match self.max {
            Some(max) if max == self.min => max.to_string(),
            Some(max) => format!("{} to {max}", self.min),
            None => format!("{} or more", self.min),
        }
    }
}

/// The category and range of a count.
pub(super) fn count(value: &Json) -> Option<(&str, Range)> {
    let (min, max) = count_bounds(value)?;
    Some((value.get("category")?.as_text()?, Range { min, max }))
}

/// Words of a source that leave a count open above.
const OPEN_ABOVE: [&str; 3] = ["at least", "more than", "no fewer than"];

/// The bounds of a count; no upper one means "or more". One number that its source calls "at least" is no exact count: drawn
/// or compared as one, it would contradict a higher number that it allows.
#[must_use]
pub fn count_bounds(value: &Json) -> Option<(i64, Option<i64>)> {
    let min = value.get("min")?.as_int()?;
    let max = value.get("max").and_then(Json::as_int);
    let said = value.get("qualifier").and_then(Json::as_text).unwrap_or_default().to_lowercase();
    let is_open = max == Some(min) && OPEN_ABOVE.contains(&said.as_str());
    Some((min, max.filter(|_| !is_open)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::contest::contesting;
    use super::*;
    use crate::encoding::json;
    use crate::id::OrganisationId;
    use crate::model::edtf::Edtf;
    use crate::model::{self, Property, ValueType};
    use crate::sheet::Claim;

    /// The rule for two claims, as the model says it: what `contest` finds for many at once.
    /// True if both cannot hold: of the same property, of different values, by the rules of its type.
    pub(in super::super) fn excludes(property: &Property, one: &Claim, other: &Claim) -> bool {
        let (Some(left), Some(right)) = (one.value(), other.value()) else { return false };
        if property.value == ValueType::Count {
            let both = count(left).zip(count(right));
            return both
                .is_some_and(|((category, first), (same, second))| category == same && are_outside(first, second));
        }
        if property.cardinality.is_many() || left == right {
            return false;
        }
        if property.value == ValueType::Date {
            return are_apart(left, right);
        }
        // The same said in two languages is no contradiction.
        one.lang() == other.lang()
    }

    fn are_outside(one: Range, other: Range) -> bool {
        let is_below = |one: Range, other: Range| one.max.is_some_and(|max| max < other.min);
        is_below(one, other) || is_below(other, one)
    }

    /// True if two dates share no day.
    fn are_apart(left: &Json, right: &Json) -> bool {
        let read = |value: &Json| Edtf::parse(value.as_text()?).ok();
        let Some((left, right)) = read(left).zip(read(right)) else { return false };
        let is_before =
            |first: Edtf, second: Edtf| first.latest.zip(second.earliest).is_some_and(|(end, start)| end < start);
        is_before(left, right) || is_before(right, left)
    }

    fn claim(prop: &str, value: &str, lang: Option<&str>) -> Claim {
        let mut members = json::Object::from([
            ("prop".to_owned(), Json::text(prop)),
            ("value".to_owned(), json::decode(value.as_bytes()).unwrap()),
        ]);
        members.extend(lang.map(|lang| ("lang".to_owned(), Json::text(lang))));
        Claim::new(members).unwrap()
    }

    fn check(kind: u8, prop: &str, left: &str, right: &str, expected: bool) {
        let property = model::property(kind, prop).unwrap();
        for (one, other) in [(left, right), (right, left)] {
            let (one, other) = (claim(prop, one, None), claim(prop, other, None));
            assert_eq!(excludes(property, &one, &other), expected, "{one:?} {other:?}");
            let voices = [OrganisationId::new([1; 32]), OrganisationId::new([2; 32])].map(|who| (who, None));
            let found = contesting(property, &[(voices[0], &one), (voices[1], &other)]);
            assert_eq!(found.len(), if expected { 2 } else { 0 }, "{one:?} {other:?}");
            assert!(contesting(property, &[(voices[0], &one), (voices[0], &other)]).is_empty());
        }
    }

    #[test]
    fn values_exclude_each_other_by_their_type() {
        check(1, "date", r#""2018-04-07""#, r#""2018-04-08""#, true);
        check(1, "date", r#""2018-04-07""#, r#""2018-04""#, false);
        check(1, "date", r#""2013-08-04/2013-08-05""#, r#""2013-08-05""#, false);
        check(1, "date", r#""2017-04-01/..""#, r#""2024""#, false);
        check(1, "date", r#""no date""#, r#""2024""#, false);
        check(1, "status", r#""alleged""#, r#""confirmed_use""#, true);
        check(1, "status", r#""alleged""#, r#""alleged""#, false);
        check(1, "agent", r#"{"code":"sarin"}"#, r#"{"code":"vx"}"#, false);
        let killed = |min, max: Option<i64>| {
            let max = max.map(|max| format!(r#""max":{max},"#)).unwrap_or_default();
            format!(r#"{{"category":"killed",{max}"min":{min}}}"#)
        };
        check(1, "casualty", &killed(43, Some(43)), &killed(49, Some(49)), true);
        check(1, "casualty", &killed(43, Some(50)), &killed(49, Some(49)), false);
        check(1, "casualty", &killed(25, None), &killed(49, Some(49)), false);
        check(1, "casualty", &killed(50, None), &killed(49, Some(49)), true);
        check(1, "casualty", r#"{"category":"injured","min":500}"#, &killed(49, Some(49)), false);
        let open = |number: i64, said: &str| {
            format!(r#"{{"category":"killed","max":{number},"min":{number},"qualifier":"{said}"}}"#)
        };
        check(1, "casualty", &open(26, "at least"), &open(25, "More than"), false);
        check(1, "casualty", &open(25, "more than"), &killed(26, Some(26)), false);
        check(1, "casualty", &open(26, "at least"), &killed(25, Some(25)), true);
        check(1, "casualty", &open(26, "about"), &open(25, "more than"), false);
        check(1, "casualty", &open(25, "about"), &open(26, "about"), true);
        let title = model::property(2, "birth_place").unwrap();
        let (ar, en) = (claim("birth_place", r#""حلب""#, Some("ar")), claim("birth_place", r#""Aleppo""#, Some("en")));
        assert!(!excludes(title, &ar, &en));
    }

    #[test]
    fn a_value_is_told_in_one_line() {
        for (value, text) in [
            (r#""sarin""#, "sarin"),
            (r#"{"text":"Technolab","type":"primary"}"#, "Technolab"),
            (r#"{"code":"sarin"}"#, "sarin"),
            (r#"{"category":"killed","max":49,"min":43}"#, "killed 43 to 49"),
            (r#"{"category":"killed","min":25}"#, "killed 25 or more"),
            (r#"{"names":[{"lang":"en","text":"Douma"}]}"#, "Douma"),
            ("12", "12"),
            ("true", "true"),
            (r#"{"any":[1]}"#, r#"{"any":[1]}"#),
        ] {
            assert_eq!(value_text(&json::decode(value.as_bytes()).unwrap()), text);
        }
    }
}
