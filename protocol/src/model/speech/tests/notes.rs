//! What is typed from a hospital's note, in haste: words of harm, numbers in words, hours with am and pm, gases.

use super::super::*;
use super::date;
use super::values::check;
use crate::model::property::ValueType as T;
use crate::model::vocabularies;

#[test]
fn words_of_harm_are_of_the_category_that_they_surely_mean() {
    let eleven = r#"{"category":"injured","max":11,"min":11}"#;
    let injured = [
        "11 حالة اختناق",
        "11 حالات اختناق",
        "11 اختناقًا",
        "11 مصابا بالاختناق",
        "إصابة 11 شخصا بالاختناق",
        "إصابة 11 شخصا بحالات اختناق",
        "11 مصابا بالغازات السامة",
        "11 مصابا بغاز سام",
        "١١ حالة إصابة",
        "11 suffocation cases",
        "11 cases of suffocation",
        "11 hospitalised",
        "11 people hospitalized",
        "11 injured by gas",
        "11 people were injured by suffocation",
        "11 personnes hospitalisées",
        "11 cas de suffocation",
        "11 cas d'asphyxie",
        "11 blessés",
        "11 blessés par le gaz",
    ];
    check(&T::Count, &injured.map(|text| (text, eleven)));
    check(
        &T::Count,
        &[
            ("11 died of suffocation", r#"{"category":"killed","max":11,"min":11}"#),
            ("11 morts par asphyxie", r#"{"category":"killed","max":11,"min":11}"#),
            ("11 قتيلا اختناقا", r#"{"category":"killed","max":11,"min":11}"#),
            ("11 حالة وفاة اختناقا", r#"{"category":"killed","max":11,"min":11}"#),
            ("at least 11 cases of suffocation", r#"{"category":"injured","min":11}"#),
            ("بين 25 و30 حالة اختناق", r#"{"category":"injured","max":30,"min":25}"#),
            // What leaves open of whom it is said is not guessed, and two counts are not one.
            ("11 affected", "count_open"),
            ("11 suffocated", "count_open"),
            ("11 poisoned", "count_open"),
            ("11 casualties", "count_open"),
            ("quelque 50 intoxiqués", "count_open"),
            ("11 asphyxiés", "count_open"),
            ("11 victimes", "count_open"),
            ("11 متضررا", "count_open"),
            ("11 حالة تسمم", "count_open"),
            ("11 ضحية", "count_open"),
            ("11 cases", "count_category"),
            ("11 حالة", "count_category"),
            ("86 killed and 100 affected", "count_several"),
            ("86 affected and 100 killed", "count_several"),
            ("between 86 killed and 100 affected", "count_several"),
            ("86 killed, 100 affected", "count_several"),
            ("at least 86 killed and suffocation cases", "count_several"),
            ("86 قتيلا و100 حالة اختناق", "count_several"),
        ],
    );
    let fault = value(&T::Count, "quelque 50 intoxiqués").unwrap_err();
    for (language, words) in [
        (Language::En, ["intoxiqués", "killed", "injured", "exposed"]),
        (Language::Fr, ["intoxiqués", "tués", "blessés", "exposés"]),
        (Language::Ar, ["intoxiqués", "قتلى", "مصابون", "متعرّضون"]),
    ] {
        let why = fault.why_in(language);
        assert!(words.iter().all(|word| why.contains(word)), "{why}");
    }
}

#[test]
fn arabic_number_words_are_added_where_they_are_one_number() {
    for (words, number) in [
        ("ثلاثة وأربعون", 43),
        ("خمسة وعشرين", 25),
        ("مئة وعشرون", 120),
        ("مائة و عشرون", 120),
        ("مئة وخمسة", 105),
        ("مئة وواحد", 101),
        ("مئة وخمسة عشر", 115),
        ("مئة وثلاثة وأربعون", 143),
        ("مئتان وخمسون", 250),
        ("ثلاثمئة وستة وستين", 366),
        ("ثلاث مئة وعشرة", 310),
        ("ألف ومئة", 1_100),
        ("ألف وأربعمئة وتسعة وعشرون", 1_429),
        ("ألفان وخمسة", 2_005),
        ("ثلاثة آلاف وخمسمئة", 3_500),
        ("خمسة وعشرون ألفا", 25_000),
        ("مئة وعشرون ألفا وثلاثمئة", 120_300),
    ] {
        check(&T::Int, &[(words, &number.to_string())]);
        let count = format!(r#"{{"category":"injured","max":{number},"min":{number}}}"#);
        check(&T::Count, &[(&format!("{words} مصابا"), &count)]);
    }
    check(
        &T::Count,
        &[
            ("حوالي مئة وعشرين مصابا", r#"{"category":"injured","max":120,"min":120,"qualifier":"about"}"#),
            ("أكثر من خمسة وعشرين قتيلا", r#"{"category":"killed","min":25,"qualifier":"more than"}"#),
            ("ما يقارب من خمسة وعشرين قتيلا", r#"{"category":"killed","max":25,"min":25,"qualifier":"about"}"#),
            ("من خمسة وعشرين إلى ثلاثين قتيلا", r#"{"category":"killed","max":30,"min":25}"#),
            // Two numbers, or one said in no order of its own.
            ("بين مئة وعشرين قتيلا", "count_digits"),
            ("خمسة وستة قتلى", "count_digits"),
            ("مئة وألف قتيل", "count_digits"),
            ("two وعشرون killed", "count_digits"),
            ("عشرون وخمسة قتلى", "count_digits"),
            ("ألف ومئة ألف قتيل", "count_digits"),
            ("عشرون قتيلا وخمسة جرحى", "count_several"),
        ],
    );
    check(&T::Duration, &[("خمسة وعشرون يوما", r#""P25D""#), ("سنة وخمسة وعشرون يوما", r#""P1Y25D""#)]);
}

#[test]
fn a_dozen_is_about_twelve() {
    let about = |category: &str, number: i64| {
        format!(r#"{{"category":"{category}","max":{number},"min":{number},"qualifier":"about"}}"#)
    };
    for (text, expected) in [
        ("a dozen killed", about("killed", 12)),
        ("some two dozen injured", about("injured", 24)),
        ("une douzaine de blessés", about("injured", 12)),
        ("une trentaine de blessés", about("injured", 30)),
        ("une centaine de morts", about("killed", 100)),
        ("deux douzaines de morts", about("killed", 24)),
        ("un millier de blessés", about("injured", 1_000)),
        ("some 50 injured", about("injured", 50)),
        ("quelque 50 blessés", about("injured", 50)),
        ("11 injured or so", about("injured", 11)),
    ] {
        check(&T::Count, &[(text, &expected)]);
    }
    check(
        &T::Count,
        &[
            ("more than a dozen killed", r#"{"category":"killed","min":12,"qualifier":"more than"}"#),
            ("au moins une centaine de morts", r#"{"category":"killed","min":100,"qualifier":"about"}"#),
            ("dozens killed", "count_vague"),
            ("a few dozen killed", "count_vague"),
            ("plusieurs centaines de morts", "count_vague"),
        ],
    );
    // What has no room for "about" does not take it for exact.
    check(&T::Int, &[("a dozen", "form"), ("une centaine", "form")]);
    check(&T::Duration, &[("a dozen days", "form"), ("une dizaine de jours", "form")]);
}

#[test]
fn a_part_of_the_day_says_which_half_an_hour_is_of() {
    let mut wrong = Vec::new();
    for (text, expected) in [
        ("9 pm on 5 Feb 2018", "2018-02-05T21:00"),
        ("9pm on 5 Feb 2018", "2018-02-05T21:00"),
        ("5 Feb 2018 9 p.m.", "2018-02-05T21:00"),
        ("5 Feb 2018, 9 a.m.", "2018-02-05T09:00"),
        ("2018-02-05 9 pm", "2018-02-05T21:00"),
        ("9 pm on 2018-02-05", "2018-02-05T21:00"),
        ("4 Feb 2018 at 9.22 pm", "2018-02-04T21:22"),
        ("4 Feb 2018 9:22 pm", "2018-02-04T21:22"),
        ("4 Feb 2018 9:22 pm UTC+2", "2018-02-04T21:22+02:00"),
        ("9:22 in the evening of 4 Feb 2018", "2018-02-04T21:22"),
        ("4 Feb 2018 at 9 in the evening", "2018-02-04T21:00"),
        ("the evening of 4 Feb 2018, 9 pm", "2018-02-04T21:00"),
        ("12 am on 5 Feb 2018", "2018-02-05T00:00"),
        ("12 pm on 5 Feb 2018", "2018-02-05T12:00"),
        ("12:30 am on 5 Feb 2018", "2018-02-05T00:30"),
        ("5 Feb 2018 at 12 noon", "2018-02-05T12:00"),
        ("5 February 2018 at 3 in the afternoon", "2018-02-05T15:00"),
        ("4 شباط 2018 الساعة 9 مساء", "2018-02-04T21:00"),
        ("4 شباط 2018 الساعة 4 صباحا", "2018-02-04T04:00"),
        ("٤ شباط ٢٠١٨ الساعة ٩ مساءً", "2018-02-04T21:00"),
        ("4 شباط 2018 الساعة 9:22 م", "2018-02-04T21:22"),
        ("9:22 مساء 4 شباط 2018", "2018-02-04T21:22"),
        ("4 شباط 2018 الساعة 4 فجرا", "2018-02-04T04:00"),
        ("4 شباط 2018 الساعة 12 ظهرا", "2018-02-04T12:00"),
        ("4 شباط 2018 الساعة 21 مساء", "2018-02-04T21:00"),
        ("5 février 2018 à 9 h du soir", "2018-02-05T21:00"),
        ("5 février 2018 à 9 du soir", "2018-02-05T21:00"),
        ("5 février 2018 à 9h22 du soir", "2018-02-05T21:22"),
        ("5 février 2018 à 4 heures du matin", "2018-02-05T04:00"),
        ("5 février 2018 à 3 h de l'après-midi", "2018-02-05T15:00"),
        ("from 9 pm on 4 Feb 2018 to 2 am on 5 Feb 2018", "2018-02-04T21:00/2018-02-05T02:00"),
        ("about 9 pm on 5 Feb 2018", "2018-02-05~"),
        // One small number alone is the day, as ever.
        ("5 February in the evening 2018", "2018-02-05"),
        ("February 5 in the evening, 2018", "2018-02-05"),
        ("7 نيسان 2018 مساء", "2018-04-07"),
        // Twelve in the evening is neither noon nor midnight; nine in the afternoon is nothing.
        ("5 Feb 2018, 12 in the evening", "date_half_day"),
        ("5 février 2018 à 12 h du soir", "date_half_day"),
        ("4 شباط 2018 الساعة 12 مساء", "date_half_day"),
        ("4 شباط 2018 الساعة 12 ليلا", "date_half_day"),
        ("5 Feb 2018, 9 in the afternoon", "date_half_day"),
        ("9 am in the evening of 5 Feb 2018", "date_half_day"),
        ("5 Feb 2018, 21 in the morning", "date_half_day"),
        ("5.2 pm Feb 2018", "date_several"),
        ("9 pm", "date_no_year"),
        ("from 3 to 5 pm on 4 Feb 2018", "date"),
        ("from 3 pm to 5 pm on 4 Feb 2018", "date"),
        ("from 3 to 5:30 pm on 4 Feb 2018", "date"),
    ] {
        match date(text) {
            Ok(found) if found == expected => {
                // Each says something of the time: the value has it, or its author is told that it has not.
                let is_left_out = leaves_time_out(text, &Json::text(found.clone()));
                assert_eq!(is_left_out, !found.contains('T'), "{text}");
            }
            Err(error) if error.code == expected => {}
            other => wrong.push(format!("{text}: {other:?}, not {expected}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_gas_is_an_agent_and_a_plural_is_its_code() {
    for (text, code) in [
        ("غاز الكلور", "chlorine"),
        ("غاز السارين", "sarin"),
        ("الغاز السارين", "sarin"),
        ("غاز الخردل", "sulfur_mustard"),
        ("غاز الأعصاب", "nerve_agent_unspecified"),
        ("أعصاب", "nerve_agent_unspecified"),
        ("عامل أعصاب", "nerve_agent_unspecified"),
        ("chlorine gas", "chlorine"),
        ("sarin gas", "sarin"),
        ("CS gas", "cs"),
        ("nerve gas", "nerve_agent_unspecified"),
        ("nerve agent", "nerve_agent_unspecified"),
        ("mustard gas", "sulfur_mustard"),
        ("gaz sarin", "sarin"),
        ("gaz de chlore", "chlorine"),
        ("gaz moutarde", "sulfur_mustard"),
        ("gaz neurotoxique", "nerve_agent_unspecified"),
    ] {
        check(&T::Agent, &[(text, &format!(r#"{{"code":"{code}"}}"#))]);
    }
    check(
        &T::Agent,
        &[
            ("غاز السارين (تحليل مختبري)", r#"{"basis":"laboratory","code":"sarin"}"#),
            // Either mustard; and a gas that nobody knows is not an agent that nobody named.
            ("خردل", "code_ambiguous"),
            ("الخردل", "code_ambiguous"),
            ("mustard", "code_ambiguous"),
            ("unknown gas", "code"),
            ("غاز", "code"),
            ("غاز سام", "code"),
            ("gas", "code"),
        ],
    );
    check(
        &T::Code(&vocabularies::TARGET_TYPE),
        &[
            ("مدنيون", r#""civilians""#),
            ("مدنيين", r#""civilians""#),
            ("المدنيين", r#""civilians""#),
            ("مقاتلين", r#""combatants""#),
            ("عاملين إنسانيين", r#""humanitarian_worker""#),
            ("العاملين الإنسانيين", r#""humanitarian_worker""#),
            ("منشآت طبية", r#""medical_facility""#),
            ("مقاتلات", "code"),
        ],
    );
}
