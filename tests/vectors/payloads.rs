//! Payloads: canonical JSON, one spelling for each value. format §3. What operations mean is not judged here.

use isnad_protocol::encoding::json;
use serde_json::Value;

use crate::file::{self, Vector, Verdict};

fn valid_vectors() -> Vec<Vector> {
    let valid = |name, text: &str, proves| Vector::valid(name, text.as_bytes().to_vec(), proves);
    vec![
        valid("claim", r#"{"ops":[{"claim":{"property":"title","value":"Douma"}}]}"#, "a claim"),
        valid("depth", "[[[[[[[1]]]]]]]", "eight levels, the outermost being 1"),
        valid("integers", "[-9007199254740991,-1,0,9007199254740991]", "integers within 2^53 - 1"),
        valid("escapes", r#"["\u0000\u001f\b\t\n\f\r\"\\"]"#, "the escapes that RFC 8785 prescribes, and no other"),
        valid("plain-characters", "[\"/\u{7f}\u{2028}\u{10348}دوما\"]", "nothing else is escaped"),
        valid("not-normalised", "[\"e\u{301}\",\"\u{e9}\"]", "the door does not normalise strings"),
        valid("keys", r#"{"0":1,"_":true,"a":false}"#, "keys ascend by their bytes"),
        valid("empty", r#"{"a":[],"b":{},"c":""}"#, "empty values"),
    ]
}

fn invalid_vectors() -> Vec<Vector> {
    let invalid = |name, text: &str, rule, proves| Vector::invalid(name, text.as_bytes().to_vec(), rule, proves);
    vec![
        invalid("null", "[null]", "json_unexpected", "no null: leave it out"),
        invalid("nothing", "", "json_truncated", "no value"),
        invalid("truncated", r#"{"a":[1"#, "json_truncated", "ends inside a value"),
        invalid("space-after-colon", r#"{"a": 1}"#, "json_unexpected", "no space between tokens"),
        invalid("leading-space", " 1", "json_unexpected", "no byte before"),
        invalid("trailing-newline", "1\n", "json_trailing", "no byte after"),
        invalid("trailing-comma", "[1,]", "json_unexpected", "no comma before the end"),
        invalid("byte-order-mark", "\u{feff}1", "json_unexpected", "no byte order mark"),
        invalid("fraction", "1.0", "json_number", "no fraction"),
        invalid("exponent", "1e2", "json_number", "no exponent"),
        invalid("minus-zero", "-0", "json_number", "no -0"),
        invalid("leading-zero", "01", "json_number", "no leading zero"),
        invalid("integer-too-large", "9007199254740992", "json_number", "above 2^53 - 1"),
        invalid("integer-huge", "99999999999999999999", "json_number", "above 64 bits"),
        invalid("integer-least", "-9223372036854775808", "json_number", "has no absolute value in 64 bits"),
        invalid("not-a-number", "NaN", "json_unexpected", "no NaN"),
        invalid("upper-case-key", r#"{"A":1}"#, "json_key", "keys of a-z, 0-9 and _"),
        invalid("empty-key", r#"{"":1}"#, "json_key", "no empty key"),
        invalid("key-order", r#"{"b":1,"a":2}"#, "json_key_order", "keys ascend"),
        invalid("duplicate-key", r#"{"a":1,"a":2}"#, "json_key_order", "no key twice"),
        invalid("escaped-slash", r#"["\/"]"#, "json_escape", "a slash has no escape"),
        invalid("escaped-letter", r#"["\u0061"]"#, "json_escape", "what needs no escape has none"),
        invalid("upper-case-escape", r#"["\u001F"]"#, "json_escape", "escapes in lower case"),
        invalid("long-escape", r#"["\u000a"]"#, "json_escape", "the short escape where there is one"),
        invalid("bare-control", "[\"\n\"]", "json_escape", "a control character is escaped"),
        invalid("lone-surrogate", r#"["\ud800"]"#, "json_escape", "no surrogate"),
        invalid("too-deep", "[[[[[[[[1]]]]]]]]", "json_depth", "nine levels"),
        Vector::invalid("not-utf8", b"[\"\xff\"]".to_vec(), "json_not_utf8", "UTF-8 alone"),
        Vector::invalid("surrogate-bytes", b"[\"\xed\xa0\x80\"]".to_vec(), "json_not_utf8", "no surrogate in UTF-8"),
        Vector::invalid("overlong", b"[\"\xc0\x80\"]".to_vec(), "json_not_utf8", "no overlong UTF-8"),
    ]
}

fn read(bytes: &[u8], _: &Value) -> Verdict {
    let rule = match json::decode(bytes) {
        Ok(value) => {
            assert_eq!(value.encode(), bytes, "what is accepted is spelt the one way");
            None
        }
        Err(error) => Some(error.code()),
    };
    Verdict { id: None, rule }
}

#[test]
fn payloads_are_judged_as_the_vectors_say() {
    file::check("payloads", "payload", &[valid_vectors(), invalid_vectors()].concat(), read);
}
