//! Whether a value has the form its type asks for. MODEL §3, §7.1, §7.7.

use unicode_normalization::is_nfc;

use super::check::{Report, is_enough};
use super::edtf::{Edtf, NotEdtf};
use super::path::Path;
use super::problem::{List, Problem, found};
use super::property::{Member, ValueType};
use super::vocabularies::{self, Vocabulary};
use crate::characters::{self, Placed, is_unsafe_in_identifier, is_unsafe_in_line, is_unsafe_in_text};
use crate::encoding::json::{Json, Object};
use crate::id::{NarrativeId, RecordId};
use crate::limits;

/// The string of a name: the value itself, or its `text`.
#[must_use]
pub fn name_text(value: &Json) -> Option<&str> {
    value.as_text().or_else(|| value.get("text")?.as_text())
}

/// The decimal string of a coordinate from a number as written: rounded to five places, the last ones zero left out.
///
/// Calculated on digits, for a float would sign other digits than were written. `None` for no number, or one beyond ±1000.
#[must_use]
pub fn coordinate(number: &str) -> Option<String> {
    let (is_negative, digits) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let exponent: i32 = exponent.parse().ok().filter(|power| (-400..=400).contains(power))?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    if whole.is_empty() || all.len() > 400 || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Where the digit after the fifth decimal stands among all digits.
    let cut = i32::try_from(whole.len()).ok()?.checked_add(exponent)?.checked_add(5)?;
    let hundred_thousandths = rounded(&all, cut)?;
    let sign = if is_negative && hundred_thousandths > 0 { "-" } else { "" };
    let (degrees, rest) = (hundred_thousandths / 100_000, hundred_thousandths % 100_000);
    let text = format!("{sign}{degrees}.{rest:05}");
    (degrees < 1_000).then(|| text.trim_end_matches('0').trim_end_matches('.').to_owned())
}

/// The digits before `cut` as a number, rounded half up by the digit there.
fn rounded(digits: &str, cut: i32) -> Option<u64> {
    let Ok(cut) = usize::try_from(cut) else { return Some(0) };
    let kept: String = digits.chars().chain(std::iter::repeat('0')).take(cut).collect();
    let significant = kept.trim_start_matches('0');
    let number: u64 = if significant.is_empty() { 0 } else { significant.parse().ok()? };
    let is_up = digits.as_bytes().get(cut).is_some_and(|digit| *digit >= b'5');
    number.checked_add(u64::from(is_up))
}

/// True if `text` is a coordinate in its one spelling, within ±`limit` degrees.
fn is_coordinate(text: &str, limit: u64) -> bool {
    let degrees = text.trim_start_matches('-').split('.').next().and_then(|whole| whole.parse::<u64>().ok());
    let is_at_limit = |degrees: u64| degrees < limit || (degrees == limit && !text.contains('.'));
    coordinate(text).is_some_and(|spelt| spelt == text) && degrees.is_some_and(is_at_limit)
}

/// True if `tag` is well formed as BCP 47 asks: letters first, then parts of at most eight letters and digits; and no longer than
/// any in use.
#[must_use]
pub fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    tag.len() <= limits::LANGUAGE_BYTES
        && (2..=8).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// True if `text` is a duration of ISO 8601 in whole numbers: `P6M`, `P1Y2M`, `PT12H`.
#[must_use]
pub fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else { return false };
    let (days, time) = rest.split_once('T').map_or((rest, None), |(days, time)| (days, Some(time)));
    let is_time = time.is_none_or(|time| !time.is_empty() && has_units(time, "HMS"));
    !rest.is_empty() && has_units(days, "YMWD") && is_time
}

fn has_units(text: &str, units: &str) -> bool {
    let mut left = units;
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| !c.is_ascii_digit()) {
        let (number, unit) = rest.split_at(at);
        let Some(letter) = unit.chars().next() else { return false };
        let Some((_, behind)) = left.split_once(letter) else { return false };
        if number.is_empty() || number.len() > 6 {
            return false;
        }
        left = behind;
        rest = unit.trim_start_matches(letter);
        if unit.len().saturating_sub(rest.len()) > 1 {
            return false;
        }
    }
    rest.is_empty()
}

/// True if a reader sees anything of a text: one of spaces and of what is unsafe alone looks like none.
fn is_seen(text: &str) -> bool {
    characters::placed(text).any(|placed| !placed.character.is_whitespace() && !is_unsafe_in_identifier(placed))
}

/// True if a text holds what an identifier must not.
fn hides_any(text: &str) -> bool {
    !characters::is_plain(text) && characters::placed(text).any(is_unsafe_in_identifier)
}

/// Reports what is wrong with a value of a type. MODEL §3.
pub(super) fn check(kind: &ValueType, value: &Json, path: Path<'_>, report: &mut Report) {
    let before = report.len();
    check_form(kind, value, path, report);
    if report.len() > before {
        give_example(kind, &path.to_string(), report.get_mut(before..).unwrap_or_default());
    }
}

/// Says in what was just found how the value should look.
fn give_example(kind: &ValueType, path: &str, found: &mut [Problem]) {
    for problem in found {
        let is_of_this = problem.path == path || parent(&problem.path) == path;
        let wants = matches!(problem.code, "wrong_type" | "missing_member") && !problem.values.contains_key("example");
        if is_of_this && wants {
            let example = kind.example().encode();
            let example = String::from_utf8_lossy(&example).into_owned();
            *problem = problem.clone().with("example", example).with("form", super::speech::form(kind).to_owned());
        }
    }
}

/// Reports that something of another form was due.
pub(super) fn wrong(path: Path<'_>, due: &str, example: &str, report: &mut Report) {
    report.push(Problem::new("wrong_type", path, [("due", due.to_owned()), ("example", example.to_owned())]));
}

fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}

fn check_form(kind: &ValueType, value: &Json, path: Path<'_>, report: &mut Report) {
    match kind {
        ValueType::Text if pointer(value).is_some() => {}
        ValueType::Text => prose(value, path, report),
        ValueType::Plain => identifier(value, path, report),
        ValueType::Name => name(value, path, report),
        ValueType::Date => date(value, path, report),
        ValueType::Place => place(value, path, report),
        ValueType::Count => count(value, path, report),
        ValueType::Agent => shape(AGENT, value, path, report),
        ValueType::Duration => form(value, path, report, is_duration, "due.duration"),
        ValueType::Ref(kinds) => reference(kinds, value, path, report),
        ValueType::Blob => shape(BLOB, value, path, report),
        ValueType::Code(vocabulary) => code(vocabulary, value, path, report),
        ValueType::Country => form(value, path, report, is_country, "due.country"),
        ValueType::Language => form(value, path, report, is_language, "due.language"),
        ValueType::Bool => wrong_unless(matches!(value, Json::Bool(_)), path, report, "due.bool"),
        ValueType::Int => whole_number(value, path, report),
        ValueType::Url => form(value, path, report, is_url, "due.url"),
        ValueType::Identifier => shape(IDENTIFIER, value, path, report),
        ValueType::Shape(members) => shape(members, value, path, report),
    }
}

pub(super) const AGENT: &[Member] = &[
    Member::needed("code", ValueType::Code(&vocabularies::AGENT)),
    Member::optional("basis", ValueType::Code(&vocabularies::AGENT_BASIS)),
];
pub(super) const BLOB: &[Member] = &[
    Member::needed("sha256", ValueType::Plain),
    Member::needed("size", ValueType::Int),
    Member::needed("media_type", ValueType::Plain),
];
pub(super) const IDENTIFIER: &[Member] =
    &[Member::needed("scheme", ValueType::Code(&vocabularies::IDENTIFIER)), Member::needed("value", ValueType::Plain)];
pub(super) const COUNT: &[Member] = &[
    Member::needed("category", ValueType::Code(&vocabularies::CASUALTY)),
    Member::needed("min", ValueType::Int),
    Member::optional("max", ValueType::Int),
    Member::optional("qualifier", ValueType::Plain),
    Member::optional("as_of", ValueType::Date),
];
const NAME: &[Member] = &[
    Member::needed("text", ValueType::Name),
    Member::optional("type", ValueType::Code(&vocabularies::NAME_TYPE)),
    Member::optional("script", ValueType::Plain),
];

/// The narrative that a claim points to in the place of a text: `{"narrative": 32 hexadecimal digits}`. MODEL §2.
#[must_use]
pub fn pointer(value: &Json) -> Option<NarrativeId> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.get("narrative")?.as_text().and_then(|text| NarrativeId::parse(text).ok())
}

fn wrong_unless(is_right: bool, path: Path<'_>, report: &mut Report, due: &str) {
    if !is_right {
        report.push(Problem::new("wrong_type", path, [("due", due.to_owned())]));
    }
}

/// A whole number, not negative: nobody counts fewer than none.
fn whole_number(value: &Json, path: Path<'_>, report: &mut Report) {
    match value.as_int() {
        Some(number) if number < 0 => {
            report.push(Problem::new("count_negative", path, [("found", number.to_string())]));
        }
        number => wrong_unless(number.is_some(), path, report, "due.int"),
    }
}

fn form(value: &Json, path: Path<'_>, report: &mut Report, is_right: impl Fn(&str) -> bool, due: &str) {
    wrong_unless(value.as_text().is_some_and(is_right), path, report, due);
}

/// 32 bytes as hexadecimal digits in lower case: SHA-256 and BLAKE3 alike.
fn is_digest(text: &str) -> bool {
    crate::encoding::from_hex::<32>(text).is_some()
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !hides_any(rest) && !rest.contains(char::is_whitespace))
}

/// A text: not empty, not longer than a claim may hold.
fn text(value: &Json, path: Path<'_>, report: &mut Report) {
    let Some(text) = value.as_text() else { return wrong_unless(false, path, report, "due.string") };
    wrong_unless(is_seen(text), path, report, "due.text");
    if text.chars().count() > limits::TEXT_SCALARS {
        report.push(Problem::new("text_too_long", path, [("max", limits::TEXT_SCALARS.to_string())]));
    }
}

/// A text of several lines, in which nothing hides or turns what stands beside it.
pub(super) fn prose(value: &Json, path: Path<'_>, report: &mut Report) {
    text(value, path, report);
    clean(value, path, report, is_unsafe_in_text);
}

/// The same of one line.
pub(super) fn line(value: &Json, path: Path<'_>, report: &mut Report) {
    text(value, path, report);
    one_line(value, path, report);
}

/// Reports what a text of one line must not hold.
pub(super) fn one_line(value: &Json, path: Path<'_>, report: &mut Report) {
    clean(value, path, report, is_unsafe_in_line);
}

fn identifier(value: &Json, path: Path<'_>, report: &mut Report) {
    text(value, path, report);
    clean(value, path, report, is_unsafe_in_identifier);
}

fn name(value: &Json, path: Path<'_>, report: &mut Report) {
    if value.as_object().is_some() {
        return shape(NAME, value, path, report);
    }
    text(value, path, report);
    let length = value.as_text().map_or(0, |text| text.chars().count());
    // A longer one than any text is told as that.
    if (limits::NAME_SCALARS..limits::TEXT_SCALARS).contains(&length.saturating_sub(1)) {
        let values = [("max", limits::NAME_SCALARS.to_string())];
        report.push(Problem::new("text_too_long", path, values).advising("name"));
    }
    clean(value, path, report, Placed::is_unsafe_in_name);
}

fn clean(value: &Json, path: Path<'_>, report: &mut Report, is_bad: impl Fn(Placed) -> bool) {
    let text = value.as_text().filter(|text| !characters::is_plain(text));
    if let Some(bad) = text.and_then(|text| characters::placed(text).find(|placed| is_bad(*placed))) {
        let values = [("character", format!("U+{:04X}", u32::from(bad.character)))];
        report.push(Problem::new("control_character", path, values));
    }
}

/// Reports every string that is not NFC, wherever it stands.
pub(super) fn normal_form(value: &Json, path: Path<'_>, report: &mut Report) {
    match value {
        _ if is_enough(report) => {}
        // Most texts are ids and codes, whose bytes are looked at many at a time.
        Json::Text(text) if !text.is_ascii() && !is_nfc(text) => {
            report.push(Problem::new("not_nfc", path, []));
        }
        Json::Text(_) | Json::Bool(_) | Json::Int(_) => {}
        Json::List(items) => {
            for (index, item) in items.iter().enumerate() {
                normal_form(item, path.item(index), report);
            }
        }
        Json::Object(members) => {
            for (key, member) in members {
                normal_form(member, path.member(key), report);
            }
        }
    }
}

pub(super) fn date(value: &Json, path: Path<'_>, report: &mut Report) {
    let Some(text) = value.as_text() else { return wrong_unless(false, path, report, "due.date") };
    match Edtf::parse(text) {
        Ok(_) => {}
        Err(NotEdtf::Spelling) => report.push(Problem::new("not_edtf", path, [("found", found(text))])),
        Err(NotEdtf::Reversed) => report.push(Problem::new("interval_reversed", path, [("found", found(text))])),
    }
}

pub(super) fn code(vocabulary: &'static Vocabulary, value: &Json, path: Path<'_>, report: &mut Report) {
    let Some(code) = value.as_text().filter(|code| may_be_a_code(code)) else {
        return wrong_unless(false, path, report, "due.code");
    };
    if !vocabulary.contains(code) {
        let list = vocabulary.name.to_owned();
        let values = [("found", found(code)), ("list", list), ("known", vocabulary.codes.join(", "))];
        report.push(Problem::new("unknown_code", path, values).near(List::Codes(vocabulary), code));
    }
}

/// True for what a later version may know as a code: summed up as it is, so that nothing may hide in it or fill a page.
fn may_be_a_code(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= limits::CODE_BYTES && !hides_any(text)
}

pub(super) fn reference(kinds: &[u8], value: &Json, path: Path<'_>, report: &mut Report) {
    let Some(record) = value.as_text().and_then(|text| RecordId::parse(text).ok()) else {
        return report.push(Problem::new("not_a_record", path, []));
    };
    if !kinds.is_empty() && !kinds.contains(&record.kind_code()) {
        let names: Vec<_> = kinds.iter().filter_map(|code| super::kind(*code)).map(|kind| kind.name).collect();
        let values = [("found", record.to_string()), ("kinds", names.join(", "))];
        report.push(Problem::new("wrong_kind", path, values));
    }
}

fn shape(members: &[Member], value: &Json, path: Path<'_>, report: &mut Report) {
    let Some(object) = value.as_object() else { return wrong_unless(false, path, report, "due.object") };
    for member in members {
        let here = path.member(member.key);
        match object.get(member.key) {
            Some(value) => {
                check(&member.value, value, here, report);
                if matches!(member.key, "hex" | "sha256") {
                    let is_hex = value.as_text().is_none_or(is_digest);
                    wrong_unless(is_hex, here, report, "due.hex");
                }
                if matches!(member.key, "organisation" | "claim" | "entry") {
                    let is_id = value.as_text().is_none_or(is_digest);
                    wrong_unless(is_id, here, report, "due.id");
                }
            }
            None if member.is_required => {
                report.push(Problem::new("missing_member", here, [("member", member.key.to_owned())]));
            }
            None => {}
        }
    }
    unknown_members(object, |key| members.iter().any(|member| member.key == key), path, report);
}

pub(super) fn unknown_members(object: &Object, is_known: impl Fn(&str) -> bool, path: Path<'_>, report: &mut Report) {
    for key in object.keys().filter(|key| !is_known(key)) {
        if is_enough(report) {
            break;
        }
        report.push(Problem::new("unknown_member", path.member(key), [("found", found(key))]));
    }
}

fn count(value: &Json, path: Path<'_>, report: &mut Report) {
    shape(COUNT, value, path, report);
    let bound = |key| value.get(key).and_then(Json::as_int);
    if let Some((min, max)) = bound("min").zip(bound("max"))
        && min > max
    {
        report.push(Problem::new("count_reversed", path, [("min", min.to_string()), ("max", max.to_string())]));
    }
}

fn place(value: &Json, path: Path<'_>, report: &mut Report) {
    let Some(object) = value.as_object() else { return wrong_unless(false, path, report, "due.object") };
    let known = ["names", "country", "admin1", "lat", "lon", "geo_precision", "role"];
    unknown_members(object, |key| known.contains(&key), path, report);
    names(object.get("names"), path, report);
    let members = [
        Member::optional("country", ValueType::Country),
        Member::optional("admin1", ValueType::Name),
        Member::optional("geo_precision", ValueType::Code(&vocabularies::PRECISION)),
        Member::optional("role", ValueType::Code(&vocabularies::PLACE_ROLE)),
    ];
    for member in members {
        if let Some(value) = object.get(member.key) {
            check(&member.value, value, path.member(member.key), report);
        }
    }
    point(object, path, report);
}

fn names(value: Option<&Json>, path: Path<'_>, report: &mut Report) {
    let Some(items) = value.and_then(Json::as_list) else {
        return wrong_unless(false, path.member("names"), report, "due.names");
    };
    const PLACE_NAME: &[Member] =
        &[Member::needed("text", ValueType::Name), Member::needed("lang", ValueType::Language)];
    for (index, item) in items.iter().enumerate() {
        if is_enough(report) {
            break;
        }
        shape(PLACE_NAME, item, path.member("names").item(index), report);
    }
}

/// Latitude and longitude: both or none, in range, and none where the place is withheld.
fn point(object: &Object, path: Path<'_>, report: &mut Report) {
    for (key, limit) in [("lat", 90), ("lon", 180)] {
        if let Some(value) = object.get(key)
            && !value.as_text().is_some_and(|text| is_coordinate(text, limit))
        {
            let found = value.as_text().map_or_else(|| String::from_utf8_lossy(&value.encode()).into_owned(), found);
            let values = [("member", key.to_owned()), ("limit", limit.to_string()), ("found", found)];
            report.push(Problem::new("coordinate_range", path.member(key), values));
        }
    }
    let given = ["lat", "lon"].iter().filter(|key| object.contains_key(**key)).count();
    if given == 1 {
        report.push(Problem::new("coordinate_alone", path, []));
    }
    if given > 0 && object.get("geo_precision").and_then(Json::as_text) == Some("withheld") {
        report.push(Problem::new("place_withheld", path, []));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinate_is_rounded_on_its_digits() {
        for (number, expected) in [
            ("36.1672", "36.1672"),
            ("36.10", "36.1"),
            ("-1.8088", "-1.8088"),
            ("36", "36"),
            ("0.000004", "0"),
            ("-0.000004", "0"),
            ("0.000005", "0.00001"),
            ("36.123456", "36.12346"),
            ("89.9999999", "90"),
            ("3.61672e1", "36.1672"),
            ("361672e-4", "36.1672"),
            ("1e-9", "0"),
        ] {
            assert_eq!(coordinate(number).as_deref(), Some(expected), "{number}");
        }
        for number in ["", "-", ".5", "1000", "1e3", "1e999999999999", "abc", "1.2.3"] {
            assert_eq!(coordinate(number), None, "{number}");
        }
    }

    #[test]
    fn coordinate_has_one_spelling_and_a_range() {
        for text in ["90", "-90", "0", "36.1672", "-0.1"] {
            assert!(is_coordinate(text, 90), "{text}");
        }
        for text in ["90.00001", "91", "-0", "36.10", "+1", "1e1", "036", "36.123456", ""] {
            assert!(!is_coordinate(text, 90), "{text}");
        }
    }

    #[test]
    fn language_and_duration_have_their_form() {
        for tag in ["ar", "en-GB", "zh-Hant-TW", "zxx"] {
            assert!(is_language(tag), "{tag}");
        }
        for tag in ["", "a", "ar_SY", "ar-", "arabic language", "12"] {
            assert!(!is_language(tag), "{tag}");
        }
        for text in ["P6M", "P1Y2M3D", "PT12H", "P1DT1H"] {
            assert!(is_duration(text), "{text}");
        }
        for text in ["P", "6M", "P6", "PT", "P1.5M", "P6MM", "PM", "P1D2Y", "P6m"] {
            assert!(!is_duration(text), "{text}");
        }
    }
}
