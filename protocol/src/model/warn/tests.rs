use super::*;
use crate::encoding::json;
use crate::locale;

fn record(kind: &str) -> RecordId {
    RecordId::parse(&format!("{kind}/{}", "0".repeat(30))).unwrap()
}

fn check(kind: &str, claim: &str, expected: &[&str]) {
    let claim = json::decode(claim.as_bytes()).unwrap();
    let warnings = of_claim(
        record(kind),
        claim.get("prop").unwrap().as_text().unwrap(),
        claim.get("value").unwrap(),
        Day::parse("2026-01-01").unwrap(),
    );
    let codes: Vec<_> = warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!(codes, expected, "{claim:?}");
}

#[test]
fn dates_before_chemical_war_and_after_today_are_flagged() {
    check("incident", r#"{"prop":"date","value":"1914-12-31"}"#, &["before_1915"]);
    check("incident", r#"{"prop":"date","value":"1915-04-22"}"#, &[]);
    check("incident", r#"{"prop":"date","value":"2026-01-02"}"#, &["in_future"]);
    check("incident", r#"{"prop":"date","value":"2026"}"#, &[]);
    check("subject", r#"{"prop":"birth_date","value":"1899"}"#, &[]);
    check("subject", r#"{"prop":"birth_date","value":"2030"}"#, &["in_future"]);
    check("designation", r#"{"prop":"end","value":"2030"}"#, &[]);
    check("designation", r#"{"prop":"start","value":"2030"}"#, &[]);
    check("designation", r#"{"prop":"listing_date","value":"2030"}"#, &["in_future"]);
    let count = r#"{"prop":"casualty","value":{"as_of":"2030","category":"killed","min":1}}"#;
    check("incident", count, &["in_future"]);
}

#[test]
fn a_count_has_a_date() {
    check("incident", r#"{"prop":"casualty","value":{"category":"killed","min":1}}"#, &["no_as_of"]);
    check("incident", r#"{"prop":"casualty","value":{"as_of":"2018-04","category":"killed","min":1}}"#, &[]);
}

#[test]
fn only_records_of_one_kind_are_the_same() {
    let judged = |other: &str, verdict: &str| {
        format!(
            r#"{{"prop":"judgement","value":{{"record":"{}","relation":"same_as","verdict":"{verdict}"}}}}"#,
            record(other)
        )
    };
    check("subject", &judged("incident", "positive"), &["same_as_kinds"]);
    check("subject", &judged("incident", "negative"), &[]);
    check("subject", &judged("subject", "positive"), &[]);
    check("subject", &judged("organisation", "positive"), &[]);
}

#[test]
fn words_that_mix_scripts_are_flagged() {
    for (text, expected) in [
        ("Technolab", false),
        ("\u{422}echnolab", true),
        ("\u{39f}PCW", true),
        ("ОЗХО (OPCW)", false),
        ("OPCW مفتشو", false),
        ("VX", false),
        ("Čačak-\u{41c}\u{43e}\u{441}\u{43a}\u{432}\u{430}", false),
    ] {
        assert_eq!(mixed(text), expected, "{text}");
    }
    check("subject", "{\"prop\":\"name\",\"value\":\"\u{422}echnolab\"}", &["mixed_scripts"]);
    let place = "{\"prop\":\"place\",\"value\":{\"names\":[{\"lang\":\"en\",\"text\":\"D\u{43e}uma\"}]}}";
    check("incident", place, &["mixed_scripts"]);
    let codes: Vec<_> = scripts("حلب Aleppo Χαλέπι").into_iter().map(Script::code).collect();
    assert_eq!(codes, ["Arab", "Grek", "Latn"]);
}

#[test]
fn a_symbol_has_the_form_of_its_body() {
    for (publisher, symbol, expected) in [
        ("OPCW Technical Secretariat", "S/1867/2020", true),
        ("OPCW Technical Secretariat", "S/2020/2022", true),
        ("OPCW Technical Secretariat", "S/2017/904", false),
        ("OPCW Executive Council", "EC-94/DEC.2", true),
        ("United Nations Security Council", "S/2017/904", true),
        ("United Nations Security Council", "S/2016/738/Rev.1", true),
        ("United Nations Security Council", "S/1867/2020", false),
        ("United Nations Security Council", "S/16433", true),
        ("United Nations", "A/67/997-S/2013/553", true),
        ("UN Human Rights Council", "A/HRC/36/55", true),
        ("UN Human Rights Council", "HRC 36/55", false),
        ("United Nations", "S//1", false),
    ] {
        assert_eq!(has_form(Body::of(publisher).unwrap(), symbol), expected, "{symbol}");
    }
    assert_eq!(Body::of("Council of the European Union"), None);
}

#[test]
fn a_new_record_is_asked_for_what_it_needs() {
    let claims = [json::decode(br#"{"lang":"en","prop":"title","value":"Douma"}"#).unwrap()];
    let missing: Vec<_> =
        missing(1, &claims, false).into_iter().map(|warning| warning.values["property"].clone()).collect();
    assert_eq!(missing, ["date", "place", "source"]);
    let evidence: BTreeSet<_> =
        super::missing(6, &[], false).into_iter().map(|warning| warning.values["property"].clone()).collect();
    assert!(!evidence.contains("acquired_from") && evidence.contains("digest"));
}

#[test]
fn each_warning_has_three_different_texts() {
    for code in CODES {
        for key in [format!("warning.{code}"), format!("flag.{code}")] {
            let texts = Language::ALL.map(|language| locale::word(language, &key));
            assert!(texts.iter().all(|text| *text != key), "{key}");
            assert!(texts[0] != texts[1] && texts[1] != texts[2] && texts[0] != texts[2], "{key}");
        }
    }
}

/// What another node let through is flagged in words, never by a code alone: a text that names values has none to name there.
#[test]
fn what_breaks_the_model_has_a_flag_in_words() {
    for code in crate::model::problem::CODES {
        for language in Language::ALL {
            let told = |key: &str| locale::lookup(language, key).filter(|text| !text.contains('{'));
            let flag = told(&format!("flag.{code}")).or_else(|| told(&format!("refusal.{code}.why")));
            assert!(flag.is_some(), "{language}: {code}");
        }
    }
}
