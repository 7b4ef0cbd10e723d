//! Countries by ISO 3166-1 code or, for those of the data, by name; languages by BCP 47 tag or name.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::super::nearest;
use super::super::values::is_language;
use super::NotUnderstood;
use super::fold::plain;
use crate::locale::{self, Language};

/// ISO 3166-1 alpha-2, and `eu`. A code that is on no list would be a misprint that nobody sees.
const COUNTRIES: &str = "ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt bv bw by bz \
ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh \
gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc \
li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe \
pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv sx sy sz tc td tf tg th tj tk \
tl tm tn to tr tt tv tw tz ua ug um us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw";

/// The countries that have names in the locales.
const NAMED: &[&str] = &[
    "sy", "ru", "iq", "us", "gb", "fr", "ua", "jp", "eu", "ir", "sd", "my", "kp", "nl", "de", "ch", "lb", "tr", "jo",
    "ye", "ly", "eg", "il", "ps", "sa", "kw", "ae", "qa", "af", "pk", "in", "cn", "kr", "vn", "la", "kh", "mm", "et",
    "so", "td", "ma", "dz", "tn", "am", "az", "ge", "by", "bg", "it", "es", "be", "pl", "at", "se", "no", "fi", "ca",
    "au", "mx",
];

/// Further names, as people type them.
const ALSO: &[(&str, &str)] = &[
    ("sy", "Syrian Arab Republic|République arabe syrienne|الجمهورية العربية السورية|سورية"),
    ("ru", "Russian Federation|Fédération de Russie|الاتحاد الروسي"),
    (
        "us",
        "USA|United States of America|États-Unis d'Amérique|Etats Unis|الولايات المتحدة الأمريكية|الولايات المتحدة الأميركية|أمريكا|أميركا",
    ),
    ("gb", "UK|Great Britain|Britain|Royaume Uni|Grande-Bretagne|بريطانيا"),
    ("kp", "DPRK|Democratic People's Republic of Korea|RPDC"),
    ("ir", "Islamic Republic of Iran|République islamique d'Iran"),
    ("nl", "The Netherlands|Holland"),
    ("eu", "EU|UE"),
    ("tr", "Türkiye|Turkiye"),
    ("sa", "KSA|Kingdom of Saudi Arabia|المملكة العربية السعودية"),
    ("ae", "UAE|EAU|الإمارات العربية المتحدة"),
    ("vn", "Vietnam"),
    ("mm", "Burma|Birmanie"),
    ("by", "Biélorussie|روسيا البيضاء"),
];

/// The languages that have names in the locales.
const LANGUAGES: &[&str] = &["ar", "en", "fr", "ru", "ja", "de", "fa", "ku", "tr", "uk", "nl", "es", "zh", "he"];

/// The code of a country by its code or name.
pub(super) fn country(text: &str) -> Result<&'static str, NotUnderstood> {
    known_country(text).ok_or_else(|| NotUnderstood::new("country", "country").with("typed", text))
}

pub(super) fn known_country(text: &str) -> Option<&'static str> {
    let typed = plain(text);
    if typed.len() == 2 && text.trim().len() == 2 {
        let code = COUNTRIES.split_whitespace().find(|code| *code == typed);
        if code.is_some() {
            return code;
        }
    }
    country_names().get(&typed).copied()
}

/// The country whose name a text is but for a misprint.
pub(super) fn misspelt_country(text: &str) -> Option<&'static str> {
    let typed = plain(text);
    country_names().iter().find(|(name, _)| nearest::is_misprint(&typed, name)).map(|(_, code)| *code)
}

/// Folded names of countries.
fn country_names() -> &'static BTreeMap<String, &'static str> {
    static NAMES: OnceLock<BTreeMap<String, &'static str>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let named =
            NAMED.iter().flat_map(|code| Language::ALL.map(|language| (plain(country_in(language, code)), *code)));
        let also = ALSO.iter().flat_map(|(code, names)| names.split('|').map(|name| (plain(name), *code)));
        named.chain(also).collect()
    })
}

/// Folded names of languages.
fn language_names() -> &'static BTreeMap<String, &'static str> {
    static NAMES: OnceLock<BTreeMap<String, &'static str>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let named = |code: &&'static str| Language::ALL.map(|language| (plain(language_in(language, code)), *code));
        LANGUAGES.iter().flat_map(named).collect()
    })
}

/// The name of a country; its code in capitals where the locales have none.
pub(super) fn country_in(language: Language, code: &str) -> &str {
    locale::lookup(language, &format!("country.{code}")).unwrap_or(code)
}

/// The tag of a language by its tag or name.
pub(super) fn language(text: &str) -> Result<String, NotUnderstood> {
    let typed = plain(text);
    if let Some(code) = language_names().get(&typed) {
        return Ok((*code).to_owned());
    }
    let tag = text.trim();
    let (primary, rest) = tag.split_at_checked(tag.find('-').unwrap_or(tag.len())).unwrap_or((tag, ""));
    if is_language(tag) && primary.len() <= 3 {
        return Ok(format!("{}{rest}", primary.to_ascii_lowercase()));
    }
    Err(NotUnderstood::new("language", "language").with("typed", text))
}

/// The name of a language; its tag where the locales have none.
pub(super) fn language_in(language: Language, tag: &str) -> &str {
    locale::lookup(language, &format!("language.{tag}")).unwrap_or(tag)
}
