use super::*;
use crate::encoding::foreign;
use crate::model::draft::Draft;

const ORGANISATION: &str = "organisation/000000000000000000000000000000";
const SOURCE: &str = "source/000000000000000000000000000000";
const SUBJECT: &str = "subject/000000000000000000000000000000";

/// Codes and paths of what is refused in the claims of a kind, written as JSON with the record ids above as O, S and P.
fn refused(kind: u8, claims: &str) -> Vec<(&'static str, String)> {
    let claims = claims.replace("@O", ORGANISATION).replace("@S", SOURCE).replace("@P", SUBJECT);
    let file = format!("{{\"claims\":[{claims}]}}");
    assert!(foreign::parse(file.as_bytes()).is_ok(), "{file}");
    let draft = Draft::parse(file.as_bytes()).unwrap();
    check_claims(kind, &draft.claims).into_iter().map(|problem| (problem.code, problem.path)).collect()
}

fn check(kind: u8, claims: &str, code: &'static str, path: &str) {
    assert_eq!(refused(kind, claims), [(code, path.to_owned())], "{claims}");
}

const ACCUSING: &str = r#"{"prop":"outcome","value":"responsible","basis":[{"source":"@S"}],"standard":"unstated","wording":{"unavailable":"not_seen"}}"#;

#[test]
fn what_follows_the_model_is_signed() {
    for (kind, claims) in [
        (kinds::INCIDENT, r#"{"prop":"title","value":"خان العسل","lang":"ar"}"#),
        (kinds::INCIDENT, r#"{"prop":"alias","value":"douma-2018-04-07"}"#),
        (
            kinds::INCIDENT,
            r#"{"prop":"place","value":{"names":[{"text":"Illinka","lang":"en"}],"geo_precision":"withheld"}}"#,
        ),
        (kinds::INCIDENT, r#"{"prop":"casualty","value":{"category":"killed","min":49}}"#),
        (kinds::SUBJECT, r#"{"prop":"topic","value":"gov"}"#),
        (kinds::ATTRIBUTION, &format!(r#"{{"prop":"subject","value":"@P"}},{ACCUSING}"#)),
    ] {
        assert_eq!(refused(kind, claims), [], "{claims}");
    }
}

#[test]
fn dates_places_and_counts_are_checked() {
    let incident = kinds::INCIDENT;
    check(incident, r#"{"prop":"date","value":"7 April 2018"}"#, "not_edtf", "claims[0].value");
    check(incident, r#"{"prop":"date","value":"2018-04-08/2018-04-07"}"#, "interval_reversed", "claims[0].value");
    let place = |rest: &str| format!(r#"{{"prop":"place","value":{{"names":[]{rest}}}}}"#);
    check(incident, &place(r#","lat":"90.1","lon":"0""#), "coordinate_range", "claims[0].value.lat");
    check(incident, &place(r#","lat":"1","lon":-180.5"#), "coordinate_range", "claims[0].value.lon");
    check(incident, &place(r#","lat":"1""#), "coordinate_alone", "claims[0].value");
    check(incident, &place(r#","lat":1,"lon":1,"geo_precision":"withheld""#), "place_withheld", "claims[0].value");
    check(incident, &place(r#","altitude":1"#), "unknown_member", "claims[0].value.altitude");
    let count = r#"{"prop":"casualty","value":{"category":"killed","min":3,"max":2}}"#;
    check(incident, count, "count_reversed", "claims[0].value");
    let count = r#"{"prop":"casualty","value":{"category":"killed","min":-1}}"#;
    check(incident, count, "count_negative", "claims[0].value.min");
}

#[test]
fn an_accusing_claim_has_basis_standard_and_wording() {
    for (field, code) in [
        (r#""basis":[{"source":"@S"}],"#, "accusation_without_basis"),
        (r#""standard":"unstated","#, "accusation_without_standard"),
        (r#","wording":{"unavailable":"not_seen"}"#, "accusation_without_wording"),
    ] {
        let claims = ACCUSING.replace(field, "");
        assert_ne!(claims, ACCUSING);
        let path = format!("claims[0].{}", code.trim_start_matches("accusation_without_"));
        check(kinds::FINDING, &claims, code, &path);
    }
    let emptied = ACCUSING.replace(r#"{"source":"@S"}"#, "");
    check(kinds::FINDING, &emptied, "accusation_without_basis", "claims[0].basis");
    let more = ACCUSING.replace(r#"{"source":"@S"}"#, r#"{"locator":"p. 3","page":"3","source":"@S"}"#);
    check(kinds::FINDING, &more, "unknown_member", "claims[0].basis[0].page");
    assert_eq!(refused(kinds::DESIGNATION, r#"{"prop":"subject","value":"@P"}"#).len(), 3);
    assert_eq!(refused(kinds::SUBJECT, r#"{"prop":"topic","value":"crime.war"}"#).len(), 3);
}

#[test]
fn what_is_taken_back_is_so_in_words_that_a_reader_sees() {
    let codes = |note: &str| check_note(note, "note").into_iter().map(|problem| problem.code).collect::<Vec<_>>();
    assert_eq!(codes("Erreur de transcription : 49, et non 94."), Vec::<&str>::new());
    assert_eq!(codes("e\u{301}"), ["not_nfc"]);
    assert_eq!(codes("\u{200b}\u{2060}"), ["wrong_type"]);
    assert_eq!(codes(&"a".repeat(limits::TEXT_SCALARS + 1)), ["text_too_long"]);
    assert_eq!(check_note("e\u{301}", "retractions[0].note")[0].path, "retractions[0].note");
}

#[test]
fn an_attribution_names_a_subject() {
    check(kinds::ATTRIBUTION, ACCUSING, "attribution_without_subject", "claims");
    let correction = ACCUSING.replacen('{', &format!(r#"{{"replaces":"{}","#, "0".repeat(64)), 1);
    assert_eq!(refused(kinds::ATTRIBUTION, &correction), []);
}

#[test]
fn texts_have_a_language_and_names_no_hidden_characters() {
    let incident = kinds::INCIDENT;
    check(incident, r#"{"prop":"title","value":"Douma"}"#, "missing_lang", "claims[0].lang");
    check(incident, r#"{"prop":"title","value":"Douma","lang":"english!"}"#, "lang_not_bcp47", "claims[0].lang");
    check(incident, r#"{"prop":"title","value":" ","lang":"en"}"#, "wrong_type", "claims[0].value");
    check(incident, r#"{"prop":"alias","value":"a\u202eb"}"#, "control_character", "claims[0].value");
    check(incident, r#"{"prop":"alias","value":"a\u0007b"}"#, "control_character", "claims[0].value");
    check(kinds::SOURCE, r#"{"prop":"symbol","value":"S/1867\u200e/2020"}"#, "control_character", "claims[0].value");
    // A text may have lines; what hides in it or turns it round it may not, wherever words of others stand.
    for text in ["a\\u202eb", "a\\u0007b", "a\\rb", "a\\u200fb"] {
        let text = |member: &str| {
            format!(r#"{{"prop":"description","value":"a","lang":"en",{member}}}"#).replace("TEXT", text)
        };
        check(incident, &text(r#""original":"TEXT""#), "control_character", "claims[0].original");
        check(
            incident,
            &text(r#""wording":{"text":"TEXT","lang":"en"}"#),
            "control_character",
            "claims[0].wording.text",
        );
        check(
            incident,
            &text(r#""basis":[{"source":"@S","locator":"TEXT"}]"#),
            "control_character",
            "claims[0].basis[0].locator",
        );
    }
    check(incident, r#"{"prop":"title","value":"a\nb","lang":"en"}"#, "control_character", "claims[0].value");
    let lines = r#"{"prop":"description","value":"a\n\tb\r\nc","lang":"en","wording":{"text":"a\nb","lang":"en"}}"#;
    assert_eq!(refused(incident, lines), []);
    assert_eq!(
        check_note("a\u{202e}b", "note").iter().map(|found| found.code).collect::<Vec<_>>(),
        ["control_character"]
    );
    let long = format!(r#"{{"prop":"description","value":"{}","lang":"en"}}"#, "é".repeat(limits::TEXT_SCALARS + 1));
    check(incident, &long, "text_too_long", "claims[0].value");
    let decomposed =
        Json::object([("prop", Json::text("title")), ("value", Json::text("e\u{301}")), ("lang", Json::text("fr"))]);
    assert_eq!(check_claims(incident, &[decomposed])[0].code, "not_nfc");
}

#[test]
fn what_the_model_does_not_know_is_refused() {
    check(kinds::INCIDENT, r#"{"prop":"colour","value":"red"}"#, "unknown_property", "claims[0].prop");
    check(kinds::FINDING, r#"{"prop":"body","value":"@O"}"#, "unknown_property", "claims[0].prop");
    check(kinds::INCIDENT, r#"{"prop":"delivery","value":"catapult"}"#, "unknown_code", "claims[0].value");
    check(kinds::INCIDENT, r#"{"prop":"agent","value":{"code":"salt"}}"#, "unknown_code", "claims[0].value.code");
    check(kinds::INCIDENT, r#"{"prop":"status","value":"alleged","colour":1}"#, "unknown_field", "claims[0].colour");
    check(kinds::INCIDENT, r#"{"prop":"source","value":"@O"}"#, "wrong_kind", "claims[0].value");
    check(kinds::INCIDENT, r#"{"prop":"source","value":"iit1"}"#, "not_a_record", "claims[0].value");
    check(
        kinds::INCIDENT,
        r#"{"prop":"status","value":"alleged","according_to":"@S"}"#,
        "wrong_kind",
        "claims[0].according_to",
    );
    check(kinds::INCIDENT, r#"{"value":"alleged"}"#, "missing_field", "claims[0].prop");
    check(kinds::INCIDENT, r#"{"prop":"status"}"#, "missing_field", "claims[0].value");
    let twice = r#"{"prop":"status","value":"alleged"},{"prop":"status","value":"withdrawn"}"#;
    check(kinds::INCIDENT, twice, "stands_twice", "claims");
    assert_eq!(check_claims(12, &[])[0].code, "unknown_kind");
    assert_eq!(check_claims(1, &[Json::Int(1)])[0].code, "wrong_type");
}

#[test]
fn a_claim_fits_into_a_payload() {
    let deep = Json::List(vec![Json::List(vec![Json::List(vec![Json::List(vec![Json::Int(1)])])])]);
    let claim = Json::object([("prop", Json::text("status")), ("value", deep)]);
    assert!(check_claims(kinds::INCIDENT, &[claim]).iter().any(|problem| problem.code == "not_canonical"));
}

#[test]
fn a_name_holds_nothing_that_looks_like_nothing() {
    for hidden in ['\u{200b}', '\u{ad}', '\u{2060}', '\u{2028}', '\u{3164}', '\u{2800}', '\u{e0041}', '\u{202e}'] {
        let alias = format!(r#"{{"prop":"alias","value":"dou{hidden}ma"}}"#);
        check(kinds::INCIDENT, &alias, "control_character", "claims[0].value");
    }
    for hidden in ['\u{200e}', '\u{200f}', '\u{61c}', '\u{200c}', '\u{200d}', '\u{378}', '\u{e000}', '\u{fe0f}'] {
        let alias = format!(r#"{{"prop":"alias","value":"dou{hidden}ma 2018"}}"#);
        check(kinds::INCIDENT, &alias, "control_character", "claims[0].value");
    }
    // A joiner of Persian or Kurdish is part of how names are written.
    for name in ["می\u{200c}خواهم", "هه\u{200c}ڵه\u{200c}بجه", &"م".repeat(limits::NAME_SCALARS)] {
        assert_eq!(refused(kinds::INCIDENT, &format!(r#"{{"prop":"alias","value":"{name}"}}"#)), [], "{name}");
    }
}

#[test]
fn a_name_has_128_characters_at_most() {
    for name in ["م".repeat(limits::NAME_SCALARS + 1), "a".repeat(limits::TEXT_SCALARS)] {
        let alias = format!(r#"{{"prop":"alias","value":"{name}"}}"#);
        check(kinds::INCIDENT, &alias, "text_too_long", "claims[0].value");
        let named = format!(r#"{{"prop":"place","value":{{"names":[{{"lang":"ar","text":"{name}"}}]}}}}"#);
        check(kinds::INCIDENT, &named, "text_too_long", "claims[0].value.names[0].text");
    }
}

#[test]
fn a_language_is_no_page() {
    let title = |lang: &str| format!(r#"{{"lang":"{lang}","prop":"title","value":"Douma"}}"#);
    assert_eq!(refused(kinds::INCIDENT, &title("zh-Hans-CN-x-private")), []);
    check(kinds::INCIDENT, &title(&format!("en{}", "-aaaaaaaa".repeat(1_000))), "lang_not_bcp47", "claims[0].lang");
}

#[test]
fn of_ten_thousand_breaches_in_one_claim_some_are_looked_for() {
    let many = |item: &str| vec![item; 10_000].join(",");
    let members: String = (0..5_000).map(|number| format!(r#","a{number}":1"#)).collect();
    for claim in [
        format!(r#"{{"basis":[{}],"lang":"en","prop":"title","value":"Douma"}}"#, many("{}")),
        format!(r#"{{"prop":"place","value":{{"names":[{}]}}}}"#, many("{}")),
        format!(r#"{{"prop":"place","value":{{"names":[]{members}}}}}"#),
        format!(r#"{{"lang":"en","prop":"title","value":"Douma"{members}}}"#),
    ] {
        let found = check_claims(kinds::INCIDENT, &[read(&claim)]);
        assert!((limits::PROBLEMS_IN_CLAIM..=limits::PROBLEMS_IN_CLAIM + 8).contains(&found.len()), "{}", found.len());
        assert!(found.iter().all(|problem| !problem.why.is_empty() && !problem.try_.is_empty()));
    }
}

fn read(claim: &str) -> Json {
    Draft::parse(format!("{{\"claims\":[{claim}]}}").as_bytes()).unwrap().claims.remove(0)
}

#[test]
fn what_may_have_been_meant_is_looked_for_where_an_author_is_told() {
    let claim = r#"{"prop":"status","value":"confirmed_us"}"#;
    let said = Claim::new(read(claim).as_object().cloned().unwrap()).unwrap();
    let (of_others, of_authors) =
        (check_said(kinds::INCIDENT, &said, false), check_claims(kinds::INCIDENT, &[read(claim)]));
    assert!(of_others[0].why.is_empty() && !of_others[0].values.contains_key("near"));
    assert!(of_authors[0].try_.contains("confirmed_use") && of_authors[0].values["near"].contains("confirmed_use"));
}
