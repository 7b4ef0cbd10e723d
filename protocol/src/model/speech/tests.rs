//! Phrases that people type, and what they are.

use super::*;
use crate::model::edtf::Edtf;

mod notes;
mod values;

use crate::model::vocabularies;

fn date(text: &str) -> Result<String, NotUnderstood> {
    value(&ValueType::Date, text).map(|spoken| spoken.value.as_text().unwrap().to_owned())
}

/// Each phrase, and the date that it is.
const DATES: &[(&str, &str)] = &[
    // English.
    ("2018", "2018"),
    ("April 2018", "2018-04"),
    ("apr. 2018", "2018-04"),
    ("2013-08", "2013-08"),
    ("August 2013", "2013-08"),
    ("7 April 2018", "2018-04-07"),
    ("7th of April, 2018", "2018-04-07"),
    ("April 7, 2018", "2018-04-07"),
    ("1st May 2015", "2015-05-01"),
    ("2018 April 7", "2018-04-07"),
    ("  7  APRIL  2018 ", "2018-04-07"),
    ("early April 2017", "2017-04-01/2017-04-10~"),
    ("beginning of April 2017", "2017-04-01/2017-04-10~"),
    ("the start of April 2017", "2017-04-01/2017-04-10~"),
    ("mid-April 2017", "2017-04-11~/2017-04-20~"),
    ("mid April 2017", "2017-04-11~/2017-04-20~"),
    ("the middle of April 2017", "2017-04-11~/2017-04-20~"),
    ("late April 2017", "2017-04-21~/2017-04-30"),
    ("end of February 2016", "2016-02-21~/2016-02-29"),
    ("early 2017", "2017-01/2017-04~"),
    ("mid-2017", "2017-05~/2017-08~"),
    ("end of 2017", "2017-09~/2017-12"),
    ("about 7 April 2018", "2018-04-07~"),
    ("around April 2018", "2018-04~"),
    ("circa 2018", "2018~"),
    ("c. 2018?", "2018%"),
    ("possibly 7 April 2018", "2018-04-07?"),
    ("about 7 April 2018 (uncertain)", "2018-04-07%"),
    ("about 2013-08", "2013-08~"),
    ("4-5 August 2013", "2013-08-04/2013-08-05"),
    ("4 – 5 August 2013", "2013-08-04/2013-08-05"),
    ("4 to 5 August 2013", "2013-08-04/2013-08-05"),
    ("4/5 August 2013", "2013-08-04/2013-08-05"),
    ("4 and 5 August 2013", "2013-08-04/2013-08-05"),
    ("August 4-5, 2013", "2013-08-04/2013-08-05"),
    ("from 4 to 5 August 2013", "2013-08-04/2013-08-05"),
    ("between 3 and 7 May 2015", "2015-05-03/2015-05-07"),
    ("30 March - 2 April 2017", "2017-03-30/2017-04-02"),
    ("30 December 2016 - 2 January 2017", "2016-12-30/2017-01-02"),
    ("April to May 2017", "2017-04/2017-05"),
    ("April/May 2017", "2017-04/2017-05"),
    ("2013-2014", "2013/2014"),
    ("2013 to 2014", "2013/2014"),
    ("2013-08-04 to 2013-08-05", "2013-08-04/2013-08-05"),
    ("early April to mid-May 2017", "2017-04-01/2017-05-20~"),
    ("spring 2016", "2016-21"),
    ("the summer of 2016", "2016-22"),
    ("fall 2016", "2016-23"),
    ("winter 2016", "2016-24"),
    ("before 2014", "../2013"),
    ("before April 2018", "../2018-03"),
    ("before 1 April 2018", "../2018-03-31"),
    ("after 2014", "2015/.."),
    ("after 31 December 2014", "2015-01-01/.."),
    ("since 2014", "2014/.."),
    ("since about 2014", "2014~/.."),
    ("until April 2018", "../2018-04"),
    ("2014 or later", "2014/.."),
    ("2014 or earlier", "../2014"),
    ("since 2014 until 2016", "2014/2016"),
    ("night of 4 to 5 August 2013", "2013-08-04/2013-08-05"),
    ("night of 4 August 2013", "2013-08-04/2013-08-05"),
    ("night of 31 August 2013", "2013-08-31/2013-09-01"),
    ("the evening of 7 April 2018", "2018-04-07"),
    ("4 Feb 2018 21:22 +02:00", "2018-02-04T21:22+02:00"),
    ("4 Feb 2018 21:22 UTC+2", "2018-02-04T21:22+02:00"),
    ("4 Feb 2018, 21:22 UTC", "2018-02-04T21:22Z"),
    ("4 Feb 2018 at 9:05", "2018-02-04T09:05"),
    ("21:22 on 4 Feb 2018 (UTC-05:00)", "2018-02-04T21:22-05:00"),
    ("4 Feb 2018 21:22 -05:00", "2018-02-04T21:22-05:00"),
    ("2018-02-04 21:22", "2018-02-04T21:22"),
    ("about 21:22 on 4 February 2018", "2018-02-04~"),
    ("7/7/2018", "2018-07-07"),
    ("21/8/2013", "2013-08-21"),
    ("8/21/2013", "2013-08-21"),
    ("21.08.2013", "2013-08-21"),
    ("2013/8/21", "2013-08-21"),
    ("8/2013", "2013-08"),
    ("the 2010s", "201X"),
    ("2018, month unknown", "2018-XX"),
    ("April 2018, day unknown", "2018-04-XX"),
    ("2018, month and day unknown", "2018-XX-XX"),
    ("an unknown date to April 2017", "/2017-04"),
    ("2017-04-01/2017-04-10~", "2017-04-01/2017-04-10~"),
    ("2017-04-01/..", "2017-04-01/.."),
    ("2018-02-04T21:22+02:00", "2018-02-04T21:22+02:00"),
    ("201x", "201X"),
    ("Saturday 7 April 2018", "2018-04-07"),
    ("7-Apr-2018", "2018-04-07"),
    ("from 2014 onwards", "2014/.."),
    ("late 2016 to early 2017", "2016-09~/2017-04~"),
    ("21:22 in the evening of 4 February 2018", "2018-02-04T21:22"),
    // French.
    ("samedi 7 avril 2018 au soir", "2018-04-07"),
    ("au cours du mois d'avril 2018", "2018-04"),
    ("début avril 2017", "2017-04-01/2017-04-10~"),
    ("au début du mois d'avril 2017", "2017-04-01/2017-04-10~"),
    ("debut avril 2017", "2017-04-01/2017-04-10~"),
    ("mi-avril 2017", "2017-04-11~/2017-04-20~"),
    ("à la mi-avril 2017", "2017-04-11~/2017-04-20~"),
    ("fin avril 2017", "2017-04-21~/2017-04-30"),
    ("fin 2017", "2017-09~/2017-12"),
    ("du 4 au 5 août 2013", "2013-08-04/2013-08-05"),
    ("dans la nuit du 4 au 5 août 2013", "2013-08-04/2013-08-05"),
    ("la nuit du 4 août 2013", "2013-08-04/2013-08-05"),
    ("entre le 3 et le 7 mai 2015", "2015-05-03/2015-05-07"),
    ("4 et 5 août 2013", "2013-08-04/2013-08-05"),
    ("vers le 7 avril 2018", "2018-04-07~"),
    ("vers avril 2018", "2018-04~"),
    ("environ 2018", "2018~"),
    ("1er mai 2015", "2015-05-01"),
    ("le 1er mai 2015", "2015-05-01"),
    ("Fév. 2018", "2018-02"),
    ("DÉCEMBRE 2018", "2018-12"),
    ("printemps 2016", "2016-21"),
    ("l'été 2016", "2016-22"),
    ("au printemps 2016", "2016-21"),
    ("d'avril à mai 2017", "2017-04/2017-05"),
    ("avant 2014", "../2013"),
    ("après le 7 avril 2018", "2018-04-08/.."),
    ("depuis 2014", "2014/.."),
    ("à partir d'avril 2018", "2018-04/.."),
    ("jusqu'au 7 avril 2018", "../2018-04-07"),
    ("depuis 2014 jusqu'en 2016", "2014/2016"),
    ("4 février 2018 à 21 h 22", "2018-02-04T21:22"),
    ("4 février 2018 à 21h22 UTC+02:00", "2018-02-04T21:22+02:00"),
    ("les années 2010", "201X"),
    ("2018 ou après", "2018/.."),
    ("du 1er au 3 mai 2015", "2015-05-01/2015-05-03"),
    ("le 4 et le 5 août 2013", "2013-08-04/2013-08-05"),
    ("entre avril et mai 2017", "2017-04/2017-05"),
    ("jusqu'à la fin de 2014", "../2014-12"),
    // Arabic: Levant, Gulf and Egypt, Maghreb.
    ("بداية نيسان 2017", "2017-04-01/2017-04-10~"),
    ("أوائل نيسان ٢٠١٧", "2017-04-01/2017-04-10~"),
    ("في أوائل شهر نيسان من عام 2017", "2017-04-01/2017-04-10~"),
    ("مطلع أبريل 2017", "2017-04-01/2017-04-10~"),
    ("منتصف نيسان 2017", "2017-04-11~/2017-04-20~"),
    ("أواسط نيسان 2017", "2017-04-11~/2017-04-20~"),
    ("أواخر نيسان 2017", "2017-04-21~/2017-04-30"),
    ("نهاية عام 2017", "2017-09~/2017-12"),
    ("نيسان 2017", "2017-04"),
    ("شهر نيسان عام 2017م", "2017-04"),
    ("7 نيسان 2018", "2018-04-07"),
    ("٧ نيسان ٢٠١٨", "2018-04-07"),
    ("۷ نیسان ۲۰۱۸", "2018-04-07"),
    ("يوم 7 أبريل 2018", "2018-04-07"),
    ("7 ابريل 2018", "2018-04-07"),
    ("7 إبريل 2018", "2018-04-07"),
    ("7 نيسان/أبريل 2018", "2018-04-07"),
    ("7 نيسان (أبريل) 2018", "2018-04-07"),
    ("حوالي 7 نيسان 2018", "2018-04-07~"),
    ("نحو نيسان 2018", "2018-04~"),
    ("4-5 آب 2013", "2013-08-04/2013-08-05"),
    ("من 4 إلى 5 آب 2013", "2013-08-04/2013-08-05"),
    ("من ٤ الى ٥ اب ٢٠١٣", "2013-08-04/2013-08-05"),
    ("ليلة 4 آب 2013", "2013-08-04/2013-08-05"),
    ("ليلة 4-5 آب 2013", "2013-08-04/2013-08-05"),
    ("بين 3 و7 أيار 2015", "2015-05-03/2015-05-07"),
    ("ما بين 3 و 7 أيار 2015", "2015-05-03/2015-05-07"),
    ("بين آذار ونيسان 2017", "2017-03/2017-04"),
    ("4 و5 آب 2013", "2013-08-04/2013-08-05"),
    ("الأول من أيار 2015", "2015-05-01"),
    ("1 كانون الثاني 2015", "2015-01-01"),
    ("1 كانون ثاني 2015", "2015-01-01"),
    ("شباط 2015", "2015-02"),
    ("آذار 2015", "2015-03"),
    ("اذار 2015", "2015-03"),
    ("أَيّار 2015", "2015-05"),
    ("حزيران 2015", "2015-06"),
    ("تموز 2015", "2015-07"),
    ("آب 2015", "2015-08"),
    ("أيلول 2015", "2015-09"),
    ("ايلول 2015", "2015-09"),
    ("تشرين الأول 2015", "2015-10"),
    ("تشرين الاول 2015", "2015-10"),
    ("تشرين أول 2015", "2015-10"),
    ("تشرين الثاني 2015", "2015-11"),
    ("كانون الأول 2015", "2015-12"),
    ("يناير 2015", "2015-01"),
    ("فبراير 2015", "2015-02"),
    ("أغسطس 2015", "2015-08"),
    ("اكتوبر 2015", "2015-10"),
    ("جانفي 2015", "2015-01"),
    ("فيفري 2015", "2015-02"),
    ("أفريل 2015", "2015-04"),
    ("ماي 2015", "2015-05"),
    ("جوان 2015", "2015-06"),
    ("جويلية 2015", "2015-07"),
    ("أوت 2015", "2015-08"),
    ("بنيسان 2017", "2017-04"),
    ("ربيع 2016", "2016-21"),
    ("صيف عام 2016", "2016-22"),
    ("قبل 2014", "../2013"),
    ("بعد 7 نيسان 2018", "2018-04-08/.."),
    ("منذ 2014", "2014/.."),
    ("حتى نيسان 2018", "../2018-04"),
    ("منذ 2014 حتى 2016", "2014/2016"),
    ("4 شباط 2018 الساعة 21:22", "2018-02-04T21:22"),
    ("٤ شباط ٢٠١٨، الساعة ٢١:٢٢ (UTC+02:00)", "2018-02-04T21:22+02:00"),
    ("٢٠١٨-٠٤-٠٧", "2018-04-07"),
    ("21/8/2013م", "2013-08-21"),
    ("السبت 7 نيسان 2018", "2018-04-07"),
    ("يوم السبت الواقع في 7 نيسان 2018", "2018-04-07"),
    ("فجر 21 آب 2013", "2013-08-21"),
    ("الرابع من آب 2013", "2013-08-04"),
    ("في الحادي والعشرين من آب 2013", "2013-08-21"),
    ("ليلة الرابع من آب 2013", "2013-08-04/2013-08-05"),
    ("الثاني من تشرين الثاني 2015", "2015-11-02"),
    ("7 نيسان أبريل 2018", "2018-04-07"),
];

#[test]
fn dates_are_read_as_people_say_them() {
    let mut wrong = Vec::new();
    for (text, expected) in DATES {
        match date(text) {
            Ok(found) if found == *expected => assert!(Edtf::parse(&found).is_ok(), "{text}"),
            Ok(found) => wrong.push(format!("{text}: {found}, not {expected}")),
            Err(error) => wrong.push(format!("{text}: {} {error}", error.code)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn dates_that_are_not_said_in_full_are_not_guessed() {
    let mut wrong = Vec::new();
    for (text, code) in [
        ("7/4/2018", "date_ambiguous"),
        ("٧/٤/٢٠١٨", "date_ambiguous"),
        ("7-4-2018", "date_ambiguous"),
        ("04.07.2018", "date_ambiguous"),
        ("7/4/18", "date_no_year"),
        ("7 April", "date_no_year"),
        ("April", "date_no_year"),
        ("ليلة 4 آب", "date_no_year"),
        ("بداية نيسان", "date_no_year"),
        ("début avril", "date_no_year"),
        ("7 April 18", "date_no_year"),
        ("4 5 August 2013", "date_several"),
        ("Friday 7 April 2018", "date_weekday"),
        ("الجمعة 7 نيسان 2018", "date_weekday"),
        ("from 2014", "date"),
        ("before the end of 2014", "date"),
        ("قبل نهاية 2014", "date"),
        ("7, 8 April 2018", "date_several"),
        ("7 April 2018 at 9", "date_several"),
        ("winter 2016-2017", "date"),
        ("2016-2017 winter", "date"),
        ("midnight of 4 August 2013", "date_word"),
        ("spring", "date_no_year"),
        ("7 2018", "date_no_month"),
        ("31 April 2018", "date_calendar"),
        ("4 Feb 2018 25:00", "date_calendar"),
        ("2012-13", "date_calendar"),
        ("5-4 August 2013", "date_reversed"),
        ("30 December - 2 January 2017", "date_reversed"),
        ("4 and 7 August 2013", "date_several"),
        ("7 April 2018 or 8 April 2018", "date_word"),
        ("yesterday", "date_word"),
        ("17 رمضان 1438", "date_word"),
        ("1438 هـ", "date_word"),
        ("Tuesday", "date_no_year"),
        ("early 7 April 2018", "date_part"),
        ("night of April 2018", "date_night"),
        ("20180407", "date_number"),
        ("early April 2017 (about 1 to 15)", "date_gloss"),
        ("to 2017", "date"),
        ("-", "date_no_year"),
        ("", "empty"),
    ] {
        match date(text) {
            Err(error) if error.code == code => {}
            other => wrong.push(format!("{text}: {other:?}, not {code}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Dates of each form.
fn each_form() -> Vec<String> {
    let mut dates = Vec::new();
    for (year, month, day) in [(2018, 4, 7), (2013, 8, 1), (2016, 2, 29), (1988, 12, 31), (2015, 10, 10), (987, 1, 9)] {
        let date = format!("{year:04}-{month:02}-{day:02}");
        for point in
            [format!("{year:04}"), format!("{year:04}-{month:02}"), date.clone(), format!("{year:04}-2{}", 1 + day % 4)]
        {
            dates.extend(["", "~", "?", "%"].map(|qualifier| format!("{point}{qualifier}")));
            dates.extend([format!("{point}/.."), format!("../{point}"), format!("{point}/"), format!("/{point}")]);
            dates.extend([format!("{point}/{:04}", year + 2), format!("{point}~/{:04}?", year + 2)]);
        }
        for unknown in [
            format!("{:03}X", year / 10),
            format!("{year:04}-XX"),
            format!("{year:04}-{month:02}-XX"),
            format!("{year:04}-XX-XX"),
        ] {
            dates.extend(["", "~", "?"].map(|qualifier| format!("{unknown}{qualifier}")));
        }
        let last = jiff::civil::date(year, month, 1).last_of_month().day();
        dates.extend([
            format!("{year:04}-{month:02}-01/{year:04}-{month:02}-10~"),
            format!("{year:04}-{month:02}-11~/{year:04}-{month:02}-20~"),
            format!("{year:04}-{month:02}-21~/{year:04}-{month:02}-{last}"),
            format!("{year:04}-01/{year:04}-04~"),
            format!("{year:04}-05~/{year:04}-08~"),
            format!("{year:04}-09~/{year:04}-12"),
            format!("{year:04}-{month:02}-01/{year:04}-{month:02}-{last}"),
            format!("{date}/{}", crate::time::Day::from(jiff::civil::date(year, month, day).tomorrow().unwrap())),
            format!("{year:04}-01/{year:04}-12"),
            format!("{date}T21:22"),
            format!("{date}T01:02:03+02:00"),
            format!("{date}T21:22Z"),
            format!("{date}T21:22-05"),
        ]);
    }
    dates
}

#[test]
fn a_date_told_is_the_same_date_when_typed_in_each_language() {
    for edtf in each_form() {
        assert!(Edtf::parse(&edtf).is_ok(), "{edtf}");
        for language in Language::ALL {
            let told = date_in(language, &edtf);
            assert_eq!(date(&told).as_deref(), Ok(edtf.as_str()), "{language}: {told}");
            let is_year = edtf.len() == 4 && !edtf.contains('X');
            assert!(is_year || told != edtf, "{edtf} is not told in {language}");
        }
    }
}

#[test]
fn dates_are_told_in_words() {
    for (edtf, en, fr, ar) in [
        ("2018-04-07", "7 April 2018", "7 avril 2018", "7 نيسان/أبريل 2018"),
        (
            "2017-04-01/2017-04-10~",
            "early April 2017 (about 1 to 10)",
            "début avril 2017 (environ du 1er au 10)",
            "أوائل نيسان/أبريل 2017 (من 1 إلى حوالي 10)",
        ),
        ("2013-08-04/2013-08-05", "4 to 5 August 2013", "du 4 au 5 août 2013", "من 4 إلى 5 آب/أغسطس 2013"),
        ("2018-04-07~", "about 7 April 2018", "vers le 7 avril 2018", "حوالي 7 نيسان/أبريل 2018"),
        ("2014/..", "2014 or later", "2014 ou après", "2014 أو بعد ذلك"),
        ("2018-02-04T21Z", "2018-02-04T21Z", "2018-02-04T21Z", "2018-02-04T21Z"),
        ("nonsense", "nonsense", "nonsense", "nonsense"),
    ] {
        for (language, expected) in [(Language::En, en), (Language::Fr, fr), (Language::Ar, ar)] {
            assert_eq!(date_in(language, edtf), expected);
        }
    }
}

#[test]
fn codes_are_named_in_each_language() {
    for (text, code) in [
        ("chlorine", "chlorine"),
        ("الكلور", "chlorine"),
        ("كلور", "chlorine"),
        ("Chlore", "chlorine"),
        ("sarin", "sarin"),
        ("GB", "sarin"),
        ("phosgene", "phosgene"),
        ("sulfur_mustard", "sulfur_mustard"),
        ("moutarde au soufre", "sulfur_mustard"),
    ] {
        assert_eq!(codes::code(&vocabularies::AGENT, text), Ok(code), "{text}");
    }
    for text in ["gas sarin", "chlor", "gas", "…"] {
        assert_eq!(codes::code(&vocabularies::AGENT, text).unwrap_err().code, "code", "{text}");
    }
    for vocabulary in vocabularies::ALL {
        for known in vocabulary.codes {
            assert_eq!(codes::code(vocabulary, known), Ok(*known), "{}", vocabulary.name);
            for language in Language::ALL {
                let word = locale::code(language, vocabulary.name, known);
                assert_eq!(codes::code(vocabulary, word), Ok(*known), "{} {word}", vocabulary.name);
            }
        }
    }
}

#[test]
fn a_word_that_was_not_understood_is_quoted_as_it_was_typed() {
    for (kind, typed, word) in [
        (ValueType::Count, "مئات قتيل", "مئات"),
        (ValueType::Date, "أمس", "أمس"),
        (ValueType::Date, "Hiér 2018", "Hiér"),
        (ValueType::Count, "25 Élèves", "Élèves"),
        (ValueType::Date, "2018 وبُعيد", "وبُعيد"),
    ] {
        let fault = value(&kind, typed).unwrap_err();
        for language in Language::ALL {
            assert!(fault.why_in(language).contains(word), "{typed}: {}", fault.why_in(language));
        }
    }
}
