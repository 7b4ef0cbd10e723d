//! One spelling for each value, and every other refused with its place.

use proptest::prelude::*;

use super::*;

fn check(input: &str, expected: Result<&str, DecodeError>) {
    let found = decode(input.as_bytes());
    match expected {
        Ok(text) => assert_eq!(found.map(|value| String::from_utf8(value.encode()).unwrap()), Ok(text.to_owned())),
        Err(error) => assert_eq!(found, Err(error), "{input}"),
    }
}

#[test]
fn each_value_has_one_spelling() {
    for same in [
        "{}",
        "[]",
        "true",
        "false",
        "0",
        "-1",
        "9007199254740991",
        "-9007199254740991",
        r#""""#,
        r#""é\n\u0001\\\"/""#,
        r#"{"a":[1,{"b_2":"x"}],"b":false}"#,
        "[[[[[[[1]]]]]]]",
    ] {
        check(same, Ok(same));
    }
}

#[test]
fn every_other_spelling_is_refused() {
    use DecodeError as E;
    for (input, error) in [
        ("", E::Truncated),
        (" 1", E::Unexpected { at: 0 }),
        ("1 ", E::Trailing { at: 1 }),
        ("null", E::Unexpected { at: 0 }),
        ("NaN", E::Unexpected { at: 0 }),
        ("tru", E::Truncated),
        ("trve", E::Unexpected { at: 2 }),
        ("01", E::Number { at: 0 }),
        ("-0", E::Number { at: 0 }),
        ("-", E::Number { at: 0 }),
        ("1.0", E::Number { at: 0 }),
        ("1e3", E::Number { at: 0 }),
        ("9007199254740992", E::Number { at: 0 }),
        ("-9007199254740992", E::Number { at: 0 }),
        ("9223372036854775807", E::Number { at: 0 }),
        ("-9223372036854775808", E::Number { at: 0 }),
        ("99999999999999999999999999", E::Number { at: 0 }),
        ("[1,]", E::Unexpected { at: 3 }),
        ("[1", E::Truncated),
        ("[1 ,2]", E::Unexpected { at: 2 }),
        (r#"{"a":1,"a":2}"#, E::KeyOrder { at: 7 }),
        (r#"{"b":1,"a":2}"#, E::KeyOrder { at: 7 }),
        (r#"{"A":1}"#, E::Key { at: 1 }),
        (r#"{"":1}"#, E::Key { at: 1 }),
        (r#"{"a" :1}"#, E::Unexpected { at: 4 }),
        (r#"{"a":1"#, E::Truncated),
        (r#""\u0041""#, E::Escape { at: 1 }),
        (r#""\u000A""#, E::Escape { at: 1 }),
        (r#""\u000a""#, E::Escape { at: 1 }),
        (r#""\ud800""#, E::Escape { at: 1 }),
        (r#""\/""#, E::Escape { at: 1 }),
        ("\"\n\"", E::Escape { at: 1 }),
        ("[[[[[[[[1]]]]]]]]", E::Depth { at: 8 }),
    ] {
        check(input, Err(error));
    }
    assert_eq!(decode(b"\"\xff\""), Err(DecodeError::NotUtf8 { at: 0 }));
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Json::Bool),
        (-INTEGER_MAX..=INTEGER_MAX).prop_map(Json::Int),
        any::<String>().prop_map(Json::Text),
    ];
    leaf.prop_recursive(6, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::List),
            prop::collection::btree_map("[a-z0-9_]{1,4}", inner, 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn decode_inverts_encode(value in any_json()) {
        prop_assert!(value.is_canonical());
        prop_assert_eq!(decode(&value.encode()), Ok(value));
    }

    #[test]
    fn what_is_accepted_is_spelt_the_one_way(value in any_json(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = value.encode();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = decode(&bytes) {
            prop_assert_eq!(read.encode(), bytes);
        }
    }
}
