//! Rules of the template: what is written reads as the same, in each language, and what is wrong is told at its line.

use super::*;
use crate::encoding::json::Json;
use crate::import;
use crate::locale::{self, Language};
use crate::model::{Audience, KINDS, example, kinds};

const INCIDENTS: &[u8] = include_bytes!("../../../../cli/data/incidents.json");

fn sorted(claims: &[Json]) -> Vec<Vec<u8>> {
    let mut bytes: Vec<Vec<u8>> = claims.iter().map(Json::encode).collect();
    bytes.sort();
    bytes
}

#[track_caller]
fn comes_back(draft: &Draft, kind: u8) {
    for language in Language::ALL {
        let text = filled(draft, kind, language);
        let parsed = parse(kind, &text);
        assert_eq!(parsed.errors, [], "{language}\n{text}");
        assert_eq!(parsed.draft.space, Some(draft.space.unwrap_or(Audience::Members)));
        assert_eq!(sorted(&parsed.draft.claims), sorted(&draft.claims), "{language}\n{text}");
        assert_eq!(parsed.lines.len(), draft.claims.len());
    }
}

#[test]
fn an_unfilled_form_says_nothing() {
    for kind in KINDS {
        for language in Language::ALL {
            let text = blank(kind.code, language);
            let parsed = parse(kind.code, &text);
            assert_eq!((parsed.errors, parsed.draft.claims), (vec![], vec![]), "{} {language}", kind.name);
            for line in text.lines() {
                assert!(line.chars().count() <= 140, "{} {language}: {line}", kind.name);
            }
        }
    }
}

#[test]
fn every_line_of_an_arabic_form_begins_from_the_right() {
    let is_arabic = |letter: char| ('\u{600}'..='\u{6ff}').contains(&letter) || letter == '\u{200f}';
    for kind in KINDS {
        for line in blank(kind.code, Language::Ar).lines().filter(|line| !line.is_empty()) {
            let first = line.chars().find(|letter| letter.is_alphabetic() || is_arabic(*letter));
            assert!(first.is_some_and(is_arabic), "{}: {line}", kind.name);
        }
    }
}

#[test]
fn every_example_comes_back_as_it_was() {
    for kind in KINDS {
        let draft = Draft::parse(example(kind.code).expect(kind.name).as_bytes()).unwrap();
        comes_back(&draft, kind.code);
    }
}

#[test]
fn every_claim_of_the_incidents_comes_back_as_it_was() {
    let dataset = import::read(INCIDENTS, import::DATASET).unwrap();
    let mut in_json = 0;
    for record in &dataset.records {
        let claims: Vec<Json> = record.claims.iter().cloned().map(Json::Object).collect();
        let kind = record.record.kind_code();
        for language in Language::ALL {
            let text = filled(&Draft { claims: claims.clone(), space: None }, kind, language);
            let parsed = parse(kind, &text);
            assert_eq!(parsed.errors, [], "{}", record.source_id);
            assert_eq!(sorted(&parsed.draft.claims), sorted(&claims), "{}\n{text}", record.source_id);
            in_json += text.lines().filter(|line| line.starts_with("claim: {") || line.contains(": = ")).count();
        }
    }
    assert_eq!(in_json, 0, "what people said in this file needs no JSON");
}

#[test]
fn odd_values_come_back_as_they_were() {
    for claim in [
        r#"{"prop":"title","value":"= two\n\n# three","lang":"en"}"#,
        r#"{"prop":"title","value":" edges ","lang":"en","original":"a\n b"}"#,
        r#"{"prop":"title","value":"colon: here [ar]: | x","lang":"en"}"#,
        r#"{"prop":"place","value":{"names":[{"text":"a: b","lang":"en"},{"text":"c"}],"lat":"36.1","lon":"37"}}"#,
        r#"{"prop":"casualty","value":{"category":"killed","min":1},"wording":{"text":"one\ntwo","lang":"en"}}"#,
        r#"{"prop":"casualty","value":{"category":"unheard_of","min":"x"}}"#,
        r#"{"prop":"nothing","value":[true,{"a":1}]}"#,
        r#"{"prop":"date","value":"2013-03-19","basis":[{"source":"a, b","locator":"c, d"}],"valid":"2013"}"#,
        r#"{"prop":"date","value":"2013-03-19","marking":"tlp:amber+strict","unknown":7}"#,
        r#"{"prop":"source","value":"x"}"#,
        r#"{"prop":"agent","value":{"code":"sarin","basis":"laboratory"},"basis":[{"source":"x"}]}"#,
    ] {
        let draft =
            Draft { claims: vec![Draft::parse_claim(claim.as_bytes()).unwrap()], space: Some(Audience::Public) };
        comes_back(&draft, kinds::INCIDENT);
    }
}

const TYPED: &str = "\u{feff}# a comment
space: public
العنوان [العربية]: خان العسل
title [en]: Khan al-Assal
Date: 2013-03-19
lieu:
    - nom [fr]: Khan al-Assal
    - pays: sy
    - lat: 36.16720
    - lon: 37.0392
agent : Sarin
    according to: un-mission
    basis: unm-final, p. 4
    basis: coi-2014، الفقرة 3
    standard: credible information
    wording [en]: first
        | second
    marking: amber
description [en]:
";

#[test]
fn what_people_write_is_read_in_any_of_the_languages() {
    let parsed = parse(kinds::INCIDENT, &TYPED.replace('\n', "\r\n"));
    assert_eq!(parsed.errors, []);
    assert_eq!(parsed.draft.space, Some(Audience::Public));
    assert_eq!(parsed.lines, [3, 4, 5, 6, 11]);
    let claim = |text: &str| Draft::parse_claim(text.as_bytes()).unwrap();
    let expected = [
        claim(r#"{"prop":"title","value":"خان العسل","lang":"ar"}"#),
        claim(r#"{"prop":"title","value":"Khan al-Assal","lang":"en"}"#),
        claim(r#"{"prop":"date","value":"2013-03-19"}"#),
        claim(
            r#"{"prop":"place","value":{"names":[{"text":"Khan al-Assal","lang":"fr"}],"country":"sy","lat":"36.1672","lon":"37.0392"}}"#,
        ),
        claim(
            r#"{"prop":"agent","value":{"code":"sarin"},"according_to":"un-mission","basis":[{"source":"unm-final","locator":"p. 4"},{"source":"coi-2014","locator":"الفقرة 3"}],"standard":"credible_information","wording":{"text":"first\nsecond","lang":"en"},"marking":"tlp:amber"}"#,
        ),
    ];
    assert_eq!(parsed.draft.claims, expected);
    for (path, line) in [
        ("claims[3].value.lat", 9),
        ("claims[3].value.names[0].text", 7),
        ("claims[4].basis[1].source", 14),
        ("claims[4].standard", 15),
        ("claims[4].likelihood", 11),
        ("claims", 0),
    ] {
        assert_eq!(parsed.line_of(path), line, "{path}");
    }
}

#[test]
fn records_are_found_where_they_are_due_and_put_in() {
    let parsed = parse(kinds::INCIDENT, &format!("{TYPED}part of: ghouta\nsource: unm\n"));
    let found = references(kinds::INCIDENT, &parsed.draft.claims);
    let told: Vec<_> = found.iter().map(|found| (found.path.as_str(), found.text.as_str())).collect();
    assert_eq!(
        told,
        [
            ("claims[4].according_to", "un-mission"),
            ("claims[4].basis[0].source", "unm-final"),
            ("claims[4].basis[1].source", "coi-2014"),
            ("claims[5].value", "ghouta"),
            ("claims[6].value", "unm"),
        ]
    );
    let upper = found.iter().map(|found| found.text.to_uppercase());
    let claims = with_records(kinds::INCIDENT, &parsed.draft.claims, upper);
    let again: Vec<String> = references(kinds::INCIDENT, &claims).into_iter().map(|found| found.text).collect();
    assert_eq!(again, ["UN-MISSION", "UNM-FINAL", "COI-2014", "GHOUTA", "UNM"]);
}

#[test]
fn what_is_not_understood_is_told_at_its_line() {
    for (text, line, code) in [
        ("date: 2013\nno colon here", 2, "template_line"),
        ("    standard: unstated", 1, "template_indent"),
        ("    | more", 1, "template_indent"),
        ("dat: 2013", 1, "template_key"),
        ("birth date: 1970", 1, "template_key"),
        ("\ndate:\n    standard: unstated", 2, "template_no_value"),
        ("date: 2013\n    standart: unstated", 2, "template_field"),
        ("date: 2013\n    - lat: 3", 2, "template_parts"),
        ("place:\n    - latitud: 3", 2, "template_part"),
        ("casualty:\n    - min: 3\n    - min: 4", 3, "template_twice"),
        ("date: 2013\n    marking: amber\n    marking: red", 3, "template_twice"),
        ("space: mine", 1, "template_space"),
        ("space: members\nspace: public", 2, "template_twice"),
        ("claim: {\"prop\"", 1, "template_value"),
        ("title: = {", 1, "template_value"),
        ("status: alleged\n    wording: they said so", 2, "template_wording"),
    ] {
        let parsed = parse(kinds::INCIDENT, text);
        let found: Vec<_> = parsed.errors.iter().map(|(line, problem)| (*line, problem.code())).collect();
        assert_eq!(found, [(line, code)], "{text}");
        let problem = &parsed.errors[0].1;
        for language in Language::ALL {
            let (why, advice) = (problem.why_in(language), problem.try_in(language));
            assert!(text.contains('{') || !format!("{why}{advice}").contains(['{', '}']), "{why}, {advice}");
        }
    }
    let long = "x".repeat(limits::TEMPLATE_BYTES + 1);
    assert_eq!(parse(kinds::INCIDENT, &long).errors[0].1.code(), "template_too_long");
}

#[test]
fn marks_stand_below_their_lines_and_go_at_the_next_turn() {
    let text = "# mine\ndat: 2013\ntitle [en]: x\n";
    let parsed = parse(kinds::INCIDENT, text);
    for language in Language::ALL {
        let marks = |parsed: &Parsed| -> Vec<Mark> {
            let errors = parsed.errors.iter();
            errors
                .map(|(line, fault)| Mark { line: *line, why: fault.why_in(language), advice: fault.try_in(language) })
                .collect()
        };
        let once = marked(text, &marks(&parsed), language);
        // A mark may take several lines, none of them wider than a terminal.
        assert!(once.lines().all(|line| line.chars().count() <= 80), "{once}");
        let mut lines: Vec<&str> =
            once.lines().map(|line| if line.starts_with("# ^ ") { "# ^" } else { line }).collect();
        lines.dedup();
        assert_eq!(lines, ["# ^", "# mine", "dat: 2013", "# ^", "title [en]: x"], "{once}");
        let again = parse(kinds::INCIDENT, &once);
        let marked_line = once.lines().position(|line| line == "dat: 2013").unwrap() + 1;
        assert_eq!(again.errors[0].0, marked_line);
        assert_eq!(marked(&once, &marks(&again), language), once);
        assert!(is_same(text, &once) && !is_same(text, "dat: 2014"));
    }
    let whole = marked(text, &[Mark { line: 0, why: "a\u{202e}\nb".into(), advice: String::new() }], Language::En);
    assert!(whole.lines().nth(1).is_some_and(|line| line.starts_with("# ^ ") && !line.contains('\u{202e}')), "{whole}");
}

#[test]
fn each_word_of_a_code_means_that_code() {
    assert_eq!(form::ambiguous_words(), Vec::<String>::new());
}

#[test]
fn no_text_brings_the_reader_to_a_stop() {
    let words =
        ["title", ": ", "\n", "    ", "- ", "| ", "[", "]", "= ", "{", "basis", "،", "\u{200f}", "#", "é", "العنوان"];
    let mut state: u64 = 7;
    for _ in 0..2_000 {
        let mut text = String::new();
        for _ in 0..20 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let index = usize::try_from(state >> 33).unwrap() % words.len();
            text.push_str(words[index]);
        }
        let parsed = parse(kinds::INCIDENT, &text);
        let mark = Mark { line: parsed.errors.len(), why: text.clone(), advice: text.clone() };
        let _ = marked(&text, &[mark], Language::Ar);
    }
}

#[test]
fn a_word_that_says_there_are_no_words_is_never_signed_as_the_words_of_a_body() {
    for said in ["not_seen", "Not seen", "wording not seen", "لم يُطّلع على النص الحرفي", "termes exacts non consultés"]
    {
        for key in ["wording", "wording [en]", "النص الحرفي [ar]"] {
            let parsed = parse(kinds::INCIDENT, &format!("status: alleged\n    {key}: {said}\n"));
            let wording = parsed.draft.claims.first().and_then(|claim| claim.get("wording")).cloned();
            let expected = Json::object([("unavailable", Json::text("not_seen"))]);
            assert_eq!(wording, Some(expected), "{key}: {said}: {:?}", parsed.errors);
        }
    }
}

#[test]
fn what_is_typed_is_no_quotation_until_its_author_says_so() {
    for (typed, quoted) in [
        ("date: early April 2017", "original"),
        ("casualty: 25 to 30 killed", "original"),
        ("التاريخ: بداية نيسان 2017", "كما ورد في المصدر"),
        ("الضحايا: 25 إلى 30 قتيلا", "كما ورد في المصدر"),
        ("date: début avril 2017", "tel qu'écrit dans la source"),
    ] {
        for below in ["", "    basis: hospital-note, p. 2\n"] {
            let claim = |text: &str| parse(kinds::INCIDENT, text).draft.claims.into_iter().next().unwrap();
            let text = format!("{typed}\n{below}");
            assert_eq!(claim(&text).get("original"), None, "{text}");
            let text = format!("{text}    {quoted}: أوائل نيسان\n");
            assert_eq!(claim(&text).get("original"), Some(&Json::text("أوائل نيسان")), "{text}");
        }
    }
}

#[test]
fn a_coordinate_is_taken_as_people_write_it_and_needs_no_name() {
    for (lat, lon) in [("37.0", "36.10"), ("٣٧", "٣٦٫١٠"), ("37° N", "36.1 E"), ("37.000001", "36.1")] {
        for (place, parts) in [("place", ["lat", "lon"]), ("المكان", ["خط العرض", "خط الطول"])] {
            let text = format!("{place}:\n    - {}: {lat}\n    - {}: {lon}\n", parts[0], parts[1]);
            let parsed = parse(kinds::INCIDENT, &text);
            let value = parsed.draft.claims[0].get("value").unwrap().encode();
            assert_eq!(String::from_utf8(value).unwrap(), r#"{"lat":"37","lon":"36.1","names":[]}"#, "{text}");
            assert_eq!(parsed.draft.check(kinds::INCIDENT), []);
        }
    }
    for lat in ["97.0", "37 E", "x"] {
        let parsed = parse(kinds::INCIDENT, &format!("place:\n    - lat: {lat}\n    - lon: 36\n"));
        let found = parsed.draft.check(kinds::INCIDENT);
        assert!(found.len() == 1 && found[0].code == "coordinate_range" && found[0].why.contains(lat), "{found:?}");
    }
}

#[test]
fn the_words_of_spaces_that_a_form_tells_are_those_that_it_takes() {
    for language in Language::ALL {
        for space in ["members", "public"] {
            let name = format!("space.{space}");
            let word = locale::word(language, &name);
            for key in ["template.about_space", "refusal.template_space.try"] {
                let told = locale::word(language, key);
                assert!(told.contains(word), "{key} in {language:?} says not {word}");
            }
        }
    }
}

#[test]
fn what_names_members_of_a_file_is_told_otherwise_in_a_form_and_by_flag() {
    let of_a_file = ["{\"", "\": ", "[{", " lat ", " lon ", " min ", " max "];
    // What no form and no flag can write: a claim in JSON alone has these.
    let in_files_alone = ["not_canonical", "unknown_member", "unknown_field", "missing_field"];
    for code in crate::model::problem::CODES.iter().filter(|code| !in_files_alone.contains(code)) {
        for language in Language::ALL {
            for part in ["why", "try"] {
                let text = locale::lookup(language, &format!("refusal.{code}.{part}")).unwrap_or_default();
                if of_a_file.iter().any(|sign| text.contains(sign)) {
                    for room in ["form", "flag"] {
                        let key = format!("{room}.{code}.{part}");
                        assert!(locale::lookup(language, &key).is_some(), "{key} for: {text}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_called_required_is_what_a_record_is_refused_without() {
    for kind in KINDS {
        let claims: Vec<Json> = Draft::parse(example(kind.code).unwrap().as_bytes()).unwrap().claims;
        let is_accepted = |claims: Vec<Json>| {
            let draft = Draft { claims, space: Some(Audience::Members) };
            // Of a person who is not accused any more another rule speaks.
            draft.check(kind.code).iter().all(|problem| problem.code == "person_not_accused")
        };
        for property in crate::model::properties(kind.code).filter(|property| !property.restricted_only) {
            let prop = |claim: &Json| claim.get("prop").and_then(Json::as_text) == Some(property.code);
            let without: Vec<Json> = claims.iter().filter(|claim| !prop(claim)).cloned().collect();
            let about = form::about(kind.code, property, Language::En).join(" ");
            // Without what carries the weight, whom it serves needs a weight of its own, as the form says there.
            if matches!(property.code, "outcome" | "reason") || without.len() == claims.len() {
                continue;
            }
            let is_required = about.contains("required, once");
            assert_eq!(is_required, !is_accepted(without), "{} {}", kind.name, property.code);
        }
    }
}

#[test]
fn a_space_is_named_as_people_name_it() {
    for (word, audience) in [
        ("عام", Audience::Public),
        ("العموم", Audience::Public),
        ("علنا", Audience::Members),
        ("Public", Audience::Public),
        ("publique", Audience::Public),
        ("membres", Audience::Members),
        ("أعضاء", Audience::Members),
    ] {
        let parsed = parse(kinds::INCIDENT, &format!("space: {word}\ntitle [en]: x\n"));
        let is_known = word != "علنا";
        assert_eq!(parsed.errors.is_empty(), is_known, "{word}");
        assert_eq!(parsed.draft.space == Some(audience), is_known, "{word}");
    }
}

#[test]
fn what_the_form_says_of_itself_fits_a_terminal() {
    for (kind, language) in KINDS.iter().flat_map(|kind| Language::ALL.map(|language| (kind, language))) {
        let text = blank(kind.code, language);
        let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > form::WIDTH).collect();
        assert!(wide.is_empty(), "{language} {}: {wide:#?}", kind.name);
    }
}
