//! Places by name, region, country, coordinates and precision, in any order. MODEL §3.

use super::super::vocabularies::{PLACE_ROLE, PRECISION};
use super::coordinates::{self, Point};
use super::fold::{Form, Piece, fold, normal, pieces, script_of};
use super::{NotUnderstood, codes, regions, scalars};
use crate::encoding::json::{Json, Object};
use crate::locale::{self, Language};

/// What was said of a place so far.
#[derive(Debug, Default)]
struct Said {
    names: Vec<(String, String)>,
    admin1: Option<String>,
    country: Option<&'static str>,
    point: Option<Point>,
    precision: Option<&'static str>,
    role: Option<&'static str>,
}

fn fault(code: &'static str, part: &str) -> NotUnderstood {
    NotUnderstood::new(code, "place").with("part", part)
}

/// What a place is said to be that is known and not told, beside the words of the list; folded.
const WITHHELD: &[&str] = &["محجوب", "non divulgue", "non communique", "not disclosed"];

/// Words for a region, before or behind its name.
const BEFORE_REGION: &[&str] = &[
    "محافظة ",
    "governorate of ",
    "province of ",
    "gouvernorat de ",
    "gouvernorat d'",
    "gouvernorat d’",
    "province de ",
];
const BEHIND_REGION: &[&str] = &[" governorate", " province"];
const REGION_LABELS: &[&str] =
    &["admin1", "region", "governorate", "province", "gouvernorat", "محافظه", "المحافظه", "منطقه", "المنطقه"];
const COUNTRY_LABELS: &[&str] = &["country", "pays", "البلد", "الدوله"];
const NAME_LABELS: &[&str] = &["name", "nom", "place", "lieu", "الاسم", "المكان"];

/// The place that a text says.
pub(super) fn read(text: &str, lang: Option<&str>) -> Result<Json, NotUnderstood> {
    let mut said = Said::default();
    let mut bare: Vec<&str> = Vec::new();
    for part in coordinates_joined(&parts(text)) {
        said.take(text, part, &mut bare)?;
    }
    for part in bare {
        said.bare(part, lang)?;
    }
    // What kind of place it is, and how exactly it is known, says nothing of where.
    let is_withheld = said.precision == Some("withheld");
    if said.names.is_empty() && said.point.is_none() && said.country.is_none() && !is_withheld {
        return Err(fault("place_no_name", text));
    }
    if is_withheld && said.point.is_some() {
        return Err(fault("place_withheld", text));
    }
    Ok(said.value())
}

/// The parts: at semicolons and lines; where there are none at Arabic commas, and where there are none at commas.
fn parts(text: &str) -> Vec<&str> {
    let divides: &[char] = [&[';', '؛', '\n'][..], &['،'], &[',']]
        .into_iter()
        .find(|signs| text.contains(*signs) && !is_only_a_pair(text))
        .unwrap_or_default();
    text.split(divides).map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// True if the text is one point and no more, whose comma divides nothing else.
fn is_only_a_pair(text: &str) -> bool {
    matches!(coordinates::point(text), Ok(Some(_)))
}

/// Coordinates that the division cut are put together: two parts that follow each other and are one number each.
fn coordinates_joined<'a>(parts: &[&'a str]) -> Vec<Part<'a>> {
    let mut joined: Vec<Part> = Vec::new();
    for part in parts {
        let half = is_half(part);
        match joined.last_mut() {
            Some(Part { text, second: second @ None }) if half && is_half(text) => *second = Some(part),
            _ => joined.push(Part { text: part, second: None }),
        }
    }
    joined
}

/// A part, with the second coordinate where the first stands alone in it.
#[derive(Debug, Clone, Copy)]
struct Part<'a> {
    text: &'a str,
    second: Option<&'a str>,
}

fn is_half(part: &str) -> bool {
    coordinates::point(part).is_err_and(|error| error.code == "place_one_coordinate")
}

impl Said {
    fn take<'a>(&mut self, all: &str, part: Part<'a>, bare: &mut Vec<&'a str>) -> Result<(), NotUnderstood> {
        let several = || fault("place_several", part.text);
        let whole = part.second.map_or_else(|| part.text.to_owned(), |second| format!("{} ; {second}", part.text));
        if let Some(point) = coordinates::point(&whole)? {
            return once(&mut self.point, point).ok_or_else(several);
        }
        if !is_nameable(&whole) {
            return Err(fault("place_part", all));
        }
        if let Some((label, rest)) = part.text.split_once(':') {
            return self.labelled(label.trim(), rest.trim(), part.text);
        }
        let withheld = WITHHELD.contains(&fold(part.text).trim()).then_some("withheld");
        if let Some(precision) = withheld.or_else(|| codes::code(&PRECISION, part.text).ok()) {
            return once(&mut self.precision, precision).ok_or_else(several);
        }
        if let Ok(role) = codes::code(&PLACE_ROLE, part.text) {
            return once(&mut self.role, role).ok_or_else(several);
        }
        if let Some(region) = region(part.text) {
            return once(&mut self.admin1, normal(region)).ok_or_else(several);
        }
        // A place may be called as a country is, so the first name stays one; a code is none.
        let is_name = self.names.is_empty() && bare.is_empty() && part.text.len() > 2;
        if let Some(country) = regions::known_country(part.text).filter(|_| !is_name) {
            return once(&mut self.country, country).ok_or_else(several);
        }
        if !is_name && is_like_a_code(part.text) {
            return Err(NotUnderstood::new("place_country", "country").with("part", part.text));
        }
        bare.push(part.text);
        Ok(())
    }

    /// `ar: خان العسل`, `region: Aleppo`, `country: SY`.
    fn labelled(&mut self, label: &str, rest: &str, part: &str) -> Result<(), NotUnderstood> {
        let several = || fault("place_several", part);
        let label_folded = fold(label);
        if rest.is_empty() {
            return Err(fault("place_part", part));
        }
        if REGION_LABELS.contains(&label_folded.as_str()) {
            return once(&mut self.admin1, normal(rest)).ok_or_else(several);
        }
        if COUNTRY_LABELS.contains(&label_folded.as_str()) {
            return once(&mut self.country, regions::country(rest)?).ok_or_else(several);
        }
        if NAME_LABELS.contains(&label_folded.as_str()) {
            let lang = scalars::language(rest, None).unwrap_or_else(|| UNDETERMINED.to_owned());
            self.names.push((normal(rest), lang));
            return Ok(());
        }
        let lang = regions::language(label).map_err(|_| fault("place_part", part))?;
        self.names.push((normal(rest), lang));
        Ok(())
    }

    /// A part without a label: the first is a name; a further one is another name if its script is new, else the region.
    fn bare(&mut self, part: &str, lang: Option<&str>) -> Result<(), NotUnderstood> {
        // Nobody meant a region or a second name that is a country but for a letter.
        if let Some(code) = regions::misspelt_country(part).filter(|_| !self.names.is_empty() && self.country.is_none())
        {
            let near = NotUnderstood::new("place_country_near", "country").with("part", part);
            return Err(near.with("near", &code.to_uppercase()));
        }
        let script = script_of(part);
        let is_name = self.names.is_empty() || self.names.iter().all(|(name, _)| script_of(name) != script);
        if is_name {
            let lang = scalars::language(part, lang).unwrap_or_else(|| UNDETERMINED.to_owned());
            self.names.push((normal(part), lang));
            return Ok(());
        }
        once(&mut self.admin1, normal(part)).ok_or_else(|| fault("place_part", part))
    }

    fn value(self) -> Json {
        let name =
            |(text, lang): (String, String)| Json::object([("text", Json::text(text)), ("lang", Json::text(lang))]);
        let mut place = Object::from([("names".to_owned(), Json::List(self.names.into_iter().map(name).collect()))]);
        let (lat, lon) = self.point.unzip();
        let members = [
            ("admin1", self.admin1),
            ("country", self.country.map(str::to_owned)),
            ("lat", lat),
            ("lon", lon),
            ("geo_precision", self.precision.map(str::to_owned)),
            ("role", self.role.map(str::to_owned)),
        ];
        let said = members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), Json::text(value?))));
        place.extend(said);
        Json::Object(place)
    }
}

/// BCP 47: a language that nobody named.
const UNDETERMINED: &str = "und";

/// True if letters stand in a text and no decimals or degrees: half-written coordinates are the name of nothing.
fn is_nameable(text: &str) -> bool {
    let pieces = pieces(text);
    let is_number = |piece: &Piece| matches!(piece.form, Form::Number(_));
    let has_decimals = pieces.windows(3).any(|run| match run {
        [whole, point, decimals] => {
            is_number(whole) && point.form == Form::Sign('.') && is_number(decimals) && decimals.is_glued
        }
        _ => false,
    });
    let has_degrees = pieces.iter().any(|piece| piece.form == Form::Sign('°'));
    pieces.iter().any(|piece| matches!(piece.form, Form::Word(_))) && !has_decimals && !has_degrees
}

/// True for what looks like a code of a country: two letters, or three capitals. Behind a name it is meant as one, and would
/// else become a region or a second name that nobody meant.
fn is_like_a_code(text: &str) -> bool {
    let is_short = text.len() == 2 || (text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_uppercase()));
    is_short && text.bytes().all(|letter| letter.is_ascii_alphabetic())
}

/// The name of a region that is called one.
fn region(part: &str) -> Option<&str> {
    let before = BEFORE_REGION.iter().find_map(|word| {
        let (start, rest) = part.split_at_checked(word.len())?;
        (fold(start) == fold(word)).then_some(rest)
    });
    let behind = || {
        BEHIND_REGION.iter().find_map(|word| {
            let (rest, end) = part.split_at_checked(part.len().checked_sub(word.len())?)?;
            (fold(end) == fold(word)).then_some(rest)
        })
    };
    before.or_else(behind).map(str::trim).filter(|rest| !rest.is_empty())
}

fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

/// A place in words, its names in the reader's language first; `None` where it is malformed.
pub(super) fn tell(language: Language, place: &Json) -> Option<String> {
    let text = |key: &str| place.get(key).and_then(Json::as_text);
    let mut parts: Vec<String> = Vec::new();
    let mut names: Vec<(&str, &str)> = Vec::new();
    for name in place.get("names")?.as_list()? {
        names.push((name.get("lang").and_then(Json::as_text).unwrap_or_default(), name.get("text")?.as_text()?));
    }
    names.sort_by_key(|(lang, _)| lang.split('-').next() != Some(language.code()));
    parts.extend(names.into_iter().map(|(_, name)| name.to_owned()));
    if let Some(region) = text("admin1") {
        parts.push(locale::format(language, "speech.region", &[("name", region)]));
    }
    parts.extend(text("country").map(|country| regions::country_in(language, country).to_owned()));
    if let (Some(lat), Some(lon)) = (text("lat"), text("lon")) {
        parts.push(format!("{lat}, {lon}"));
    }
    for (vocabulary, key) in [("geo_precision", "geo_precision"), ("place_role", "role")] {
        parts.extend(text(key).map(|code| locale::code(language, vocabulary, code).to_owned()));
    }
    Some(parts.join(&format!("{} ", locale::word(language, "speech.semicolon"))))
}
