use super::*;
use crate::model::KINDS;

#[test]
fn examples_are_drafts_that_may_be_signed() {
    let mut count = 0;
    for kind in KINDS {
        let Some(text) = example(kind.code) else { continue };
        let draft = Draft::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{}: {error}", kind.name));
        assert_eq!(draft.check(kind.code), [], "{}", kind.name);
        count += 1;
    }
    assert_eq!(count, 7);
}

#[test]
fn coordinates_become_decimal_strings_and_null_is_left_out() {
    let draft =
        Draft::parse(br#"{"claims":[{"prop":"place","value":{"lat":36.1672001,"lon":3.7e1,"admin1":null}}]}"#).unwrap();
    let value = Json::object([("lat", Json::text("36.1672")), ("lon", Json::text("37"))]);
    assert_eq!(draft.claims[0].get("value"), Some(&value));
    assert_eq!(draft.space, None);
}

#[test]
fn text_is_brought_to_normal_form() {
    let draft = Draft::parse("{\"claims\":[{\"prop\":\"title\",\"value\":\"e\u{301}\"}]}".as_bytes()).unwrap();
    assert_eq!(draft.claims[0].get("value"), Some(&Json::text("é")));
}

#[test]
fn what_is_no_draft_is_refused_with_its_place() {
    for (file, code, message) in [
        (
            "{\"claims\":[{\"min\":1.5}]}",
            "draft_shape",
            "claims[0].min: a whole number within ±(2^53 - 1) was due, a number found",
        ),
        ("{\"claims\":[{\"A\":1}]}", "draft_key", "claims[0]: the key \"A\" has other characters than a-z, 0-9 and _"),
        ("{\"claims\":[1]}", "draft_shape", "claims[0]: an object was due, a number found"),
        ("{}", "draft_shape", "claims: a list of claims was due, nothing found"),
        ("{\"claims\":[],\"kind\":\"x\"}", "draft_unknown", "\"kind\" is no part of a draft: claims and space are"),
        ("{\"claims\":[],\"space\":\"mine\"}", "draft_space", "space: \"mine\" is neither members nor public"),
        ("{", "json_truncated", "the file is not JSON: line 1, column 2: the file ends inside a value"),
    ] {
        let error = Draft::parse(file.as_bytes()).unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), (code, message), "{file}");
    }
}

#[test]
fn restricted_properties_are_refused_in_open_spaces() {
    let draft = Draft::parse(br#"{"claims":[{"prop":"acquired_from","value":"A","lang":"en"}]}"#).unwrap();
    let codes: Vec<_> = draft.check(kinds::EVIDENCE).into_iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["restricted_only", "evidence_without_digest"]);
}
