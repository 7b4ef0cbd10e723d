//! Counts, places, names, durations and the rest.

use super::super::*;
use crate::model::kinds::COMMON;
use crate::model::property::ValueType as T;
use crate::model::{KINDS, vocabularies};

/// Compares the JSON of what each phrase says with what is expected; a refusal shows as its code.
pub(super) fn check(kind: &T, table: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (text, expected) in table {
        let found = match value_from(kind, text, Some("en")) {
            Ok(spoken) => String::from_utf8(spoken.value.encode()).unwrap(),
            Err(error) => error.code.to_owned(),
        };
        if found != *expected {
            wrong.push(format!("{text}: {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn counts_are_read_as_people_say_them() {
    check(
        &T::Count,
        &[
            ("killed 25-30", r#"{"category":"killed","max":30,"min":25}"#),
            ("25 to 30 killed", r#"{"category":"killed","max":30,"min":25}"#),
            ("between 25 and 30 dead", r#"{"category":"killed","max":30,"min":25}"#),
            ("86 killed", r#"{"category":"killed","max":86,"min":86}"#),
            ("86 people were killed", r#"{"category":"killed","max":86,"min":86}"#),
            ("more than 25 injured", r#"{"category":"injured","min":25,"qualifier":"more than"}"#),
            ("at least 1,400 killed", r#"{"category":"killed","min":1400}"#),
            ("1 400 killed or more", r#"{"category":"killed","min":1400}"#),
            ("25+ injured", r#"{"category":"injured","min":25}"#),
            ("up to 30 injured", r#"{"category":"injured","max":30,"min":0}"#),
            ("fewer than 30 injured", r#"{"category":"injured","max":29,"min":0}"#),
            ("about 60 exposed", r#"{"category":"exposed","max":60,"min":60,"qualifier":"about"}"#),
            ("none killed", r#"{"category":"killed","max":0,"min":0}"#),
            ("no deaths", r#"{"category":"killed","max":0,"min":0}"#),
            ("two killed", r#"{"category":"killed","max":2,"min":2}"#),
            ("1,429 killed as of 2013-08-30", r#"{"as_of":"2013-08-30","category":"killed","max":1429,"min":1429}"#),
            ("at least 80 dead, as of 22 August 2013", r#"{"as_of":"2013-08-22","category":"killed","min":80}"#),
            ("a hundred dead", r#"{"category":"killed","max":100,"min":100}"#),
            ("two hundred killed", r#"{"category":"killed","max":200,"min":200}"#),
            ("one thousand four hundred thousand dead", "count_digits"),
            ("ten thousand injured", r#"{"category":"injured","max":10000,"min":10000}"#),
            ("at least two dozen dead", r#"{"category":"killed","min":24}"#),
            ("between twenty and thirty dead", r#"{"category":"killed","max":30,"min":20}"#),
            ("between five and twenty dead", r#"{"category":"killed","max":20,"min":5}"#),
            ("cent morts", r#"{"category":"killed","max":100,"min":100}"#),
            ("mille morts", r#"{"category":"killed","max":1000,"min":1000}"#),
            ("deux cents morts", r#"{"category":"killed","max":200,"min":200}"#),
            ("deux-cents morts", r#"{"category":"killed","max":200,"min":200}"#),
            ("cinq cent mille morts", r#"{"category":"killed","max":500000,"min":500000}"#),
            ("quatre-vingts morts", r#"{"category":"killed","max":80,"min":80}"#),
            ("de vingt à trente morts", r#"{"category":"killed","max":30,"min":20}"#),
            ("dix-sept morts", r#"{"category":"killed","max":17,"min":17}"#),
            ("مئة قتيل", r#"{"category":"killed","max":100,"min":100}"#),
            ("مائة قتيل", r#"{"category":"killed","max":100,"min":100}"#),
            ("مئتا قتيل", r#"{"category":"killed","max":200,"min":200}"#),
            ("ألف قتيل", r#"{"category":"killed","max":1000,"min":1000}"#),
            ("ثلاثة آلاف قتيل", r#"{"category":"killed","max":3000,"min":3000}"#),
            ("ثلاثمئة قتيل", r#"{"category":"killed","max":300,"min":300}"#),
            ("عشرون قتيلا", r#"{"category":"killed","max":20,"min":20}"#),
            ("خمسة عشر قتيلا", r#"{"category":"killed","max":15,"min":15}"#),
            ("بين عشرين وثلاثين قتيلا", r#"{"category":"killed","max":30,"min":20}"#),
            ("86 قتيلا", r#"{"category":"killed","max":86,"min":86}"#),
            ("٨٦ قتيلًا", r#"{"category":"killed","max":86,"min":86}"#),
            ("ما لا يقل عن 25 قتيلا", r#"{"category":"killed","min":25}"#),
            ("أكثر من 25 مصابا", r#"{"category":"injured","min":25,"qualifier":"more than"}"#),
            ("من 25 إلى 30 قتيلا", r#"{"category":"killed","max":30,"min":25}"#),
            ("بين 25 و30 جريحا", r#"{"category":"injured","max":30,"min":25}"#),
            ("لم يقتل أحد", r#"{"category":"killed","max":0,"min":0}"#),
            ("مقتل 86 شخصا", r#"{"category":"killed","max":86,"min":86}"#),
            ("قتيلان", r#"{"category":"killed","max":2,"min":2}"#),
            ("لا قتلى", r#"{"category":"killed","max":0,"min":0}"#),
            ("حتى 25 قتيلا", r#"{"category":"killed","max":25,"min":0}"#),
            ("86 قتيلا حتى 22 آب 2013", r#"{"as_of":"2013-08-22","category":"killed","max":86,"min":86}"#),
            ("حوالي ١٬٤٠٠ قتيل", r#"{"category":"killed","max":1400,"min":1400,"qualifier":"about"}"#),
            ("entre 25 et 30 morts", r#"{"category":"killed","max":30,"min":25}"#),
            ("de 25 à 30 blessés", r#"{"category":"injured","max":30,"min":25}"#),
            ("au moins 1 400 morts au 22 août 2013", r#"{"as_of":"2013-08-22","category":"killed","min":1400}"#),
            ("plus de 25 blessés", r#"{"category":"injured","min":25,"qualifier":"more than"}"#),
            ("aucun mort", r#"{"category":"killed","max":0,"min":0}"#),
            ("jusqu'à 30 exposés", r#"{"category":"exposed","max":30,"min":0}"#),
            // Nothing is guessed.
            ("25", "count_category"),
            ("killed", "count_number"),
            ("dozens killed", "count_vague"),
            ("hundreds killed", "count_vague"),
            ("a few hundred killed", "count_vague"),
            ("several dead", "count_vague"),
            ("plusieurs morts", "count_vague"),
            ("des dizaines de morts", "count_vague"),
            ("عشرات القتلى", "count_vague"),
            ("مئات القتلى", "count_vague"),
            ("آلاف القتلى", "count_vague"),
            ("بضعة قتلى", "count_vague"),
            // A sum in words is no range.
            ("a hundred and fifty killed", "count_digits"),
            ("from a hundred and fifty killed", "count_digits"),
            ("two hundred fifty killed", "count_digits"),
            ("twenty-five killed", "count_digits"),
            ("vingt-cinq morts", "count_digits"),
            ("vingt et un morts", "count_digits"),
            ("quatre-vingt-cinq morts", "count_digits"),
            ("mille cent morts", "count_digits"),
            ("بين خمسة وعشرين قتيلا", "count_digits"),
            ("ثلاثة ومئة قتيل", "count_digits"),
            ("86 killed, 100 injured", "count_several"),
            ("86 killed and 100 injured", "count_several"),
            ("30 to 25 killed", "count_reversed"),
            ("25 30 killed", "count_several"),
            ("25,30 killed", "count_several"),
            ("between 25 and at least 30 killed", "count_several"),
            ("80 dead as of 22 August", "date_no_year"),
            ("99999999999 killed", "count_word"),
        ],
    );
}

#[test]
fn counts_are_told_in_words_and_read_again() {
    for (text, en, fr, ar) in [
        ("25-30 killed", "25 to 30 killed", "tués : de 25 à 30", "قتلى: من 25 إلى 30"),
        ("1400 killed or more", "at least 1,400 killed", "tués : au moins 1\u{202f}400", "قتلى: ما لا يقل عن 1400"),
        ("no deaths", "none killed", "tués : aucun", "قتلى: لا أحد"),
        ("about 60 exposed", "about 60 exposed", "exposés : environ 60", "متعرّضون: حوالي 60"),
        ("more than 25 injured", "more than 25 injured", "blessés : plus de 25", "مصابون: أكثر من 25"),
        ("up to 30 injured", "at most 30 injured", "blessés : au plus 30", "مصابون: ما لا يزيد على 30"),
        (
            "86 killed as of 2013-08-22",
            "86 killed, as of 22 August 2013",
            "tués : 86, au 22 août 2013",
            "قتلى: 86، حتى 22 آب/أغسطس 2013",
        ),
    ] {
        let count = value(&T::Count, text).unwrap().value;
        for (language, expected) in [(Language::En, en), (Language::Fr, fr), (Language::Ar, ar)] {
            let told = count_in(language, &count);
            assert_eq!(told, expected);
            assert_eq!(value(&T::Count, &told).map(|spoken| spoken.value), Ok(count.clone()), "{told}");
        }
    }
}

#[test]
fn places_are_read_in_any_order() {
    let khan = r#"{"admin1":"Aleppo","country":"sy","geo_precision":"site","lat":"36.1672","lon":"37.0392","names":[{"lang":"en","text":"Khan al-Assal"}]}"#;
    check(
        &T::Place,
        &[
            ("Khan al-Assal; Aleppo; SY; 36.1672, 37.0392; site", khan),
            ("Khan al-Assal; 36.1672, 37.0392; SY; site; Aleppo", khan),
            ("SY; Khan al-Assal; site; Aleppo; 36.1672 N 37.0392 E", khan),
            ("Khan al-Assal\nAleppo\nSyria\n36.1672, 37.0392\nsite", khan),
            ("Khan al-Assal, Aleppo, SY, 36.1672, 37.0392, site", khan),
            ("Khan al-Assal; governorate: Aleppo; country: Syrian Arab Republic; 37.0392 E, 36.1672 N; site", khan),
            ("Khan al-Assal; Aleppo Governorate; Syrie; 36°10'1.92\"N 37°2'21.12\"E; site", khan),
            ("Khan al-Assal; Aleppo; سورية; 36°10′1.92″ ش، 37°2′21.12″ ق; site", khan),
            (
                "خان العسل؛ حلب؛ سوريا؛ ٣٦٫١٦٧٢، ٣٧٫٠٣٩٢",
                r#"{"admin1":"حلب","country":"sy","lat":"36.1672","lon":"37.0392","names":[{"lang":"ar","text":"خان العسل"}]}"#,
            ),
            (
                "خان العسل، محافظة حلب، سوريا",
                r#"{"admin1":"حلب","country":"sy","names":[{"lang":"ar","text":"خان العسل"}]}"#,
            ),
            (
                "Khan al-Assal; خان العسل; SY",
                r#"{"country":"sy","names":[{"lang":"en","text":"Khan al-Assal"},{"lang":"ar","text":"خان العسل"}]}"#,
            ),
            (
                "fr: Alep; en: Aleppo; ar:حلب",
                r#"{"names":[{"lang":"fr","text":"Alep"},{"lang":"en","text":"Aleppo"},{"lang":"ar","text":"حلب"}]}"#,
            ),
            (
                "Douma; Syria; withheld",
                r#"{"country":"sy","geo_precision":"withheld","names":[{"lang":"en","text":"Douma"}]}"#,
            ),
            (
                "دوما؛ سوريا؛ محجوب",
                r#"{"country":"sy","geo_precision":"withheld","names":[{"lang":"ar","text":"دوما"}]}"#,
            ),
            (
                "Douma; Syrie; non divulgué",
                r#"{"country":"sy","geo_precision":"withheld","names":[{"lang":"en","text":"Douma"}]}"#,
            ),
            // Nobody knows what it is called, or may say so.
            ("33.50, 36.4048", r#"{"lat":"33.5","lon":"36.4048","names":[]}"#),
            ("٣٣٫٥٠٠، ٣٦٫٤", r#"{"lat":"33.5","lon":"36.4","names":[]}"#),
            ("SY", r#"{"country":"sy","names":[]}"#),
            ("withheld", r#"{"geo_precision":"withheld","names":[]}"#),
            ("محجوب", r#"{"geo_precision":"withheld","names":[]}"#),
            ("non divulgué", r#"{"geo_precision":"withheld","names":[]}"#),
            ("Salisbury; GB; -1.5 lat", "place_part"),
            (
                "Salisbury; UK; 51.07 N, 1.7938 W; launch",
                r#"{"country":"gb","lat":"51.07","lon":"-1.7938","names":[{"lang":"en","text":"Salisbury"}],"role":"launch"}"#,
            ),
            ("Paris; 48° 51,5' N; 2° 21' E", "place_part"),
            ("Douma", r#"{"names":[{"lang":"en","text":"Douma"}]}"#),
            (
                "Douma; 33.571232567, 36.404801",
                r#"{"lat":"33.57123","lon":"36.4048","names":[{"lang":"en","text":"Douma"}]}"#,
            ),
            // Nothing is guessed.
            ("Douma; 33.5; SY", "place_one_coordinate"),
            ("Douma; 36.1672, 237.0392", "place_coordinate_range"),
            ("Douma; 136.1672, 37.0392", "place_coordinate_range"),
            ("Douma; 36.1 N, 37.2 N", "place_one_coordinate"),
            ("Douma; 36,1672; 37,0392", "place_comma"),
            ("Douma; withheld; 33.5712, 36.4048", "place_withheld"),
            ("site; launch", "place_no_name"),
            ("Douma; Eastern Ghouta; Rural Damascus", "place_part"),
            ("Douma; SY; FR", "place_several"),
            ("Douma; Syira", "place_country_near"),
            ("دوما؛ سوري", "place_country_near"),
            ("Sanaa; Yemmen", "place_country_near"),
            ("Douma; colour: blue", "place_part"),
        ],
    );
}

#[test]
fn a_place_is_told_with_the_readers_names_first() {
    let place =
        value(&T::Place, "en: Khan al-Assal; ar: خان العسل; region: Aleppo; SY; 36.1672, 37.0392; site").unwrap().value;
    for (language, expected) in [
        (Language::En, "Khan al-Assal; خان العسل; region: Aleppo; Syria; 36.1672, 37.0392; within 1 km"),
        (Language::Ar, "خان العسل؛ Khan al-Assal؛ المنطقة: Aleppo؛ سوريا؛ 36.1672, 37.0392؛ ضمن كيلومتر واحد"),
    ] {
        let told = place_in(language, &place);
        assert_eq!(told, expected);
        assert_eq!(value_from(&T::Place, &told, Some("en")).unwrap().value.get("lat"), place.get("lat"));
    }
}

#[test]
fn durations_are_read_and_told() {
    let table = [
        ("6 months", r#""P6M""#),
        ("six months", r#""P6M""#),
        ("ستة أشهر", r#""P6M""#),
        ("6 أشهر", r#""P6M""#),
        ("6 mois", r#""P6M""#),
        ("one year", r#""P1Y""#),
        ("a year", r#""P1Y""#),
        ("un an", r#""P1Y""#),
        ("سنة", r#""P1Y""#),
        ("سنتان", r#""P2Y""#),
        ("شهرين", r#""P2M""#),
        ("one year and 6 months", r#""P1Y6M""#),
        ("1 an et 6 mois", r#""P1Y6M""#),
        ("سنة وستة أشهر", r#""P1Y6M""#),
        ("سنة و 6 أشهر", r#""P1Y6M""#),
        ("90 days", r#""P90D""#),
        ("12 hours", r#""PT12H""#),
        ("an hour", r#""PT1H""#),
        ("p6m", r#""P6M""#),
        ("P1Y2M3D", r#""P1Y2M3D""#),
        ("6 months and 1 year", "form"),
        ("a year and a half", "form"),
        ("6", "form"),
        ("6 parsecs", "form"),
    ];
    check(&T::Duration, &table);
    for text in ["P6M", "P1Y", "P2Y", "P3D", "P90D", "PT12H", "P1Y6M", "P2W", "P1DT2H", "P11M"] {
        for language in Language::ALL {
            let told = value_in(language, &T::Duration, &Json::text(text));
            assert!(told != text, "{text} is not told in {language}");
            assert_eq!(value(&T::Duration, &told).unwrap().value.as_text(), Some(text), "{told}");
        }
    }
}

#[test]
fn names_agents_and_identifiers_are_read() {
    check(
        &T::Name,
        &[
            ("Amr Armanazi", r#""Amr Armanazi""#),
            ("Amr Armanazi (alias)", r#"{"script":"Latn","text":"Amr Armanazi","type":"alias"}"#),
            ("عمرو أرمنازي (اسم سابق)", r#"{"script":"Arab","text":"عمرو أرمنازي","type":"former"}"#),
            ("CERS (sigle)", r#"{"script":"Latn","text":"CERS","type":"abbreviation"}"#),
            ("Scientific Studies and Research Center (SSRC)", r#""Scientific Studies and Research Center (SSRC)""#),
        ],
    );
    check(
        &T::Agent,
        &[
            ("chlorine", r#"{"code":"chlorine"}"#),
            ("الكلور", r#"{"code":"chlorine"}"#),
            ("sarin (GB)", r#"{"code":"sarin"}"#),
            ("sarin (laboratory analysis)", r#"{"basis":"laboratory","code":"sarin"}"#),
            ("السارين (تحليل مختبري)", r#"{"basis":"laboratory","code":"sarin"}"#),
            ("sarin (GB) (press)", r#"{"basis":"press","code":"sarin"}"#),
            ("sarin (perhaps)", "code"),
        ],
    );
    check(
        &T::Identifier,
        &[
            ("un_symbol S/2017/904", r#"{"scheme":"un_symbol","value":"S/2017/904"}"#),
            ("S/2017/904", r#"{"scheme":"un_symbol","value":"S/2017/904"}"#),
            ("A/HRC/36/55", r#"{"scheme":"un_symbol","value":"A/HRC/36/55"}"#),
            ("Q1234", r#"{"scheme":"wikidata","value":"Q1234"}"#),
            ("wikidata: Q1234", r#"{"scheme":"wikidata","value":"Q1234"}"#),
            ("32018R1542", r#"{"scheme":"celex","value":"32018R1542"}"#),
            ("ECLI:FR:CCASS:2025:AP00678", r#"{"scheme":"ecli","value":"ECLI:FR:CCASS:2025:AP00678"}"#),
            ("529900T8BM49AURSDO55", r#"{"scheme":"lei","value":"529900T8BM49AURSDO55"}"#),
            ("OFAC SDN 12345", r#"{"scheme":"ofac_sdn","value":"12345"}"#),
            ("12345", "identifier"),
        ],
    );
}

#[test]
fn countries_languages_numbers_and_truth_are_read() {
    check(
        &T::Country,
        &[
            ("SY", r#""sy""#),
            ("Syria", r#""sy""#),
            ("سورية", r#""sy""#),
            ("سوريا", r#""sy""#),
            ("Royaume-Uni", r#""gb""#),
            ("the Netherlands", r#""nl""#),
            ("EU", r#""eu""#),
            ("XX", "country"),
            ("Atlantis", "country"),
        ],
    );
    check(
        &T::Language,
        &[
            ("ar", r#""ar""#),
            ("Arabic", r#""ar""#),
            ("العربية", r#""ar""#),
            ("français", r#""fr""#),
            ("en-GB", r#""en-GB""#),
            ("klingon", "language"),
        ],
    );
    check(
        &T::Int,
        &[
            ("1,400", "1400"),
            ("1 400", "1400"),
            ("١٤٠٠", "1400"),
            ("26", "26"),
            ("six", "6"),
            ("-1", "form"),
            ("1.5", "form"),
            ("26 people", "form"),
        ],
    );
    check(&T::Bool, &[("yes", "true"), ("Non", "false"), ("نعم", "true"), ("لا", "false"), ("maybe", "form")]);
    check(&T::Url, &[("https://www.opcw.org", r#""https://www.opcw.org""#), ("opcw.org", "form")]);
}

#[test]
fn members_are_named_in_each_language() {
    let programme = crate::model::property(crate::model::kinds::DESIGNATION, "legal_basis").unwrap().value;
    check(
        &programme,
        &[
            (
                "title: Order 12; scheme: celex; value: 32018R1542",
                r#"{"scheme":"celex","title":"Order 12","value":"32018R1542"}"#,
            ),
            ("title: Order 12; colour: blue", "member"),
            ("title: Order 12; title: Order 13", "member_twice"),
        ],
    );
}

#[test]
fn each_refusal_says_why_and_what_to_do_in_three_languages() {
    for (kind, text) in [
        (T::Date, "7/4/2018"),
        (T::Date, "7 April"),
        (T::Date, "yesterday"),
        (T::Count, "dozens killed"),
        (T::Place, "Douma; 33.5; SY"),
        (T::Agent, "gas"),
        (T::Code(&vocabularies::MEASURE), "freeze"),
        (T::Identifier, "12345"),
        (T::Country, "Atlantis"),
        (T::Int, "many"),
        (T::Text, "  "),
    ] {
        let error = value(&kind, text).unwrap_err();
        let texts: std::collections::BTreeSet<_> =
            Language::ALL.into_iter().flat_map(|language| [error.why_in(language), error.try_in(language)]).collect();
        assert_eq!(texts.len(), 6, "{text}: {texts:?}");
        for told in texts {
            assert!(!told.contains(['{', '}']) && !told.starts_with("speech."), "{told}");
        }
    }
    let both = value(&T::Date, "7/4/2018").unwrap_err().why_in(Language::En);
    assert!(both.contains("7 April 2018") && both.contains("4 July 2018"), "{both}");
}

/// Phrases tried: a hundred thousand say no more, but take a minute.
const PHRASES: usize = 2_000;

/// A small generator of its own: the same phrases on every run.
struct Seed(u64);

impl Seed {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % bound as u64).unwrap()
    }
}

const STRANGE: &[&str] = &[
    "ـ",
    "\u{202e}",
    "\u{200d}",
    "و",
    "\u{64b}",
    "é",
    "99999999999999999999",
    "/",
    "-",
    "(",
    ")",
    "~",
    "%",
    "?",
    ":",
    ";",
    "،",
    "T",
    "00",
    "٠",
    "°",
    "'",
    "+",
    "ﻻ",
    "𝟙",
    "²",
    "½",
    "\u{0}",
    "\n",
    "à",
    "to",
    "من",
    "between",
    "XX",
    "..",
    "𐍈",
    "P",
    "h",
];

#[test]
fn no_phrase_makes_it_panic_or_say_what_the_model_refuses() {
    let kinds: Vec<T> =
        KINDS.iter().flat_map(|kind| kind.properties.iter().chain(COMMON)).map(|property| property.value).collect();
    let phrases: Vec<&str> = super::DATES
        .iter()
        .map(|(text, _)| *text)
        .chain([
            "Khan al-Assal; Aleppo; SY; 36°10'1.92\"N 37°2'21\"E; site",
            "at least 1,400 killed as of 22 August 2013",
            "سنة وستة أشهر",
        ])
        .collect();
    let mut seed = Seed(20_180_407);
    for _ in 0..PHRASES {
        let mut text: Vec<char> = phrases[seed.below(phrases.len())].chars().collect();
        for _ in 0..seed.below(6) {
            let at = seed.below(text.len() + 1);
            match seed.below(3) {
                0 if at < text.len() => drop(text.remove(at)),
                1 => drop(text.splice(at..at, STRANGE[seed.below(STRANGE.len())].chars())),
                _ => {
                    let other: Vec<char> = phrases[seed.below(phrases.len())].chars().collect();
                    text.splice(at..at, other);
                }
            }
        }
        let text: String = text.into_iter().collect();
        for kind in [T::Date, T::Count, T::Place, T::Duration, kinds[seed.below(kinds.len())]] {
            match value(&kind, &text) {
                Ok(spoken) => {
                    let told = value_in(Language::Fr, &kind, &spoken.value);
                    assert!(!told.is_empty());
                    let mut report = Vec::new();
                    crate::model::values::check(
                        &kind,
                        &spoken.value,
                        crate::model::path::Path::Top("value"),
                        &mut report,
                    );
                    // What a name must not hold is left to that check, which names the character.
                    report.retain(|problem| problem.code != "control_character");
                    assert!(report.is_empty(), "{kind:?} {text:?}: {report:?}");
                    if let T::Date = kind {
                        let edtf = spoken.value.as_text().unwrap();
                        assert!(crate::model::edtf::Edtf::parse(edtf).is_ok(), "{text}: {edtf}");
                    }
                }
                Err(error) => assert!(!error.why_in(Language::Ar).is_empty()),
            }
        }
    }
}

#[test]
fn what_is_too_long_is_refused_before_it_is_read() {
    let long = "7 ".repeat(limits::SPOKEN_CHARS);
    assert_eq!(value(&T::Date, &long).unwrap_err().code, "too_long");
    assert_eq!(value(&T::Text, &long).unwrap().value.as_text(), Some(long.trim()));
}
