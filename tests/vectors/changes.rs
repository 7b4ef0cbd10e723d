//! Payloads of changes: claims and retractions, or edits of one narrative. format §3.2, §3.3.

use isnad_protocol::limits;
use isnad_protocol::sheet::{Operation, Operations};
use serde_json::{Value, json};

use crate::file::{self, Vector, Verdict};

fn id(number: u8) -> String {
    format!("{number:02x}").repeat(32)
}

fn narrative(number: u8) -> String {
    format!("{number:02x}").repeat(16)
}

fn splice(key: &str) -> String {
    format!(r#"{{"at":0,"delete":0,"edit":"{key}","insert":"a"}}"#)
}

fn with_after(after: &[String], ops: &str) -> String {
    let after: Vec<String> = after.iter().map(|id| format!("\"{id}\"")).collect();
    format!(r#"{{"after":[{}],"ops":[{ops}]}}"#, after.join(","))
}

fn claims(count: usize) -> String {
    format!(r#"{{"ops":[{}]}}"#, vec![r#"{"claim":{}}"#; count].join(","))
}

/// The claims' ids stand beside a valid payload.
fn valid(name: &'static str, text: &str, proves: &'static str) -> Vector {
    let bytes = text.as_bytes().to_vec();
    let ids = claim_ids(&Operations::parse(&bytes).unwrap());
    Vector::valid(name, bytes, proves).with("claims", ids)
}

fn claim_ids(operations: &Operations) -> Value {
    let Operations::Claims(operations) = operations else { return json!([]) };
    let ids = operations.iter().filter_map(|operation| match operation {
        Operation::Claim(claim) => Some(claim.id().to_string()),
        Operation::Retract(_) => None,
    });
    ids.collect()
}

fn valid_vectors() -> Vec<Vector> {
    let deepest = r#"{"ops":[{"claim":{"a":[[[1]]]}}]}"#;
    let heads: Vec<String> = (0..16).map(id).collect();
    let edit = splice(&narrative(7));
    let second = format!(r#"{{"at":1,"delete":1,"edit":"{}","insert":""}}"#, narrative(7));
    let retract = format!(r#"{{"note":"read again","reason":"error","retract":"{}"}}"#, id(1));
    vec![
        valid(
            "claim",
            r#"{"ops":[{"claim":{"prop":"date","value":"2018-04-07"}}]}"#,
            "a claim's id is the hash of its words",
        ),
        valid("claim-empty", r#"{"ops":[{"claim":{}}]}"#, "any object is a claim: what it means is the model's"),
        valid(
            "claim-arabic",
            r#"{"ops":[{"claim":{"lang":"ar","prop":"title","value":"دوما"}}]}"#,
            "strings as they are, not escaped",
        ),
        valid("claim-deepest", deepest, "a claim is at most five deep, its braces being 1"),
        valid("claim-twice", r#"{"ops":[{"claim":{}},{"claim":{}}]}"#, "the same claim twice is one claim"),
        valid("operations-most", &claims(limits::OPERATIONS), "256 operations"),
        valid(
            "retract",
            &format!(r#"{{"ops":[{{"reason":"error","retract":"{}"}}]}}"#, id(1)),
            "a retraction need not find its claim",
        ),
        valid(
            "retract-note",
            &format!(r#"{{"ops":[{{"claim":{{}}}},{retract}]}}"#),
            "claims and retractions together; a note",
        ),
        valid("edit-begins", &with_after(&[], &edit), "an edit on nothing: whether it may begin is for its entry"),
        valid("edit-most-after", &with_after(&heads, &edit), "16 entries in after"),
        valid(
            "edit-twice",
            &with_after(&[id(1)], &format!("{edit},{second}")),
            "several splices, each on what the one before left",
        ),
    ]
}

fn invalid_vectors() -> Vec<Vector> {
    let invalid = |name, text: &str, rule, proves| Vector::invalid(name, text.as_bytes().to_vec(), rule, proves);
    let edit = splice(&narrative(7));
    let op = |members: &str| format!(r#"{{"ops":[{{{members}}}]}}"#);
    let spliced = |members: &str| with_after(&[], &format!(r#"{{{members},"edit":"{}","insert":"a"}}"#, narrative(7)));
    let heads: Vec<String> = (0..17).map(id).collect();
    vec![
        invalid("not-canonical", r#"{"ops": [{"claim":{}}]}"#, "payload_json", "canonical JSON alone"),
        invalid("too-deep", r#"{"ops":[{"claim":{"a":[[[[1]]]]}}]}"#, "payload_json", "a claim six deep"),
        invalid("list", "[]", "payload_members", "an object"),
        invalid("empty", "{}", "payload_members", "ops are due"),
        invalid("ops-object", r#"{"ops":{}}"#, "payload_members", "ops are a list"),
        invalid(
            "member-too-many",
            r#"{"more":1,"ops":[{"claim":{}}]}"#,
            "payload_members",
            "no member beyond those listed",
        ),
        invalid(
            "after-with-claims",
            r#"{"after":[],"ops":[{"claim":{}}]}"#,
            "payload_members",
            "claims depend on nothing",
        ),
        invalid("no-operation", r#"{"ops":[]}"#, "payload_count", "one operation at least"),
        invalid("operations-too-many", &claims(limits::OPERATIONS + 1), "payload_count", "257 operations"),
        invalid("operation-number", r#"{"ops":[1]}"#, "payload_operation", "an operation is an object"),
        invalid("operation-empty", r#"{"ops":[{}]}"#, "payload_operation", "claim, retract or edit"),
        invalid("claim-list", &op(r#""claim":[]"#), "payload_operation", "a claim is an object"),
        invalid("claim-and-more", &op(r#""claim":{},"more":1"#), "payload_operation", "no member beside a claim"),
        invalid(
            "claim-and-retract",
            &op(&format!(r#""claim":{{}},"retract":"{}""#, id(1))),
            "payload_operation",
            "one of the three",
        ),
        invalid(
            "retract-without-reason",
            &op(&format!(r#""retract":"{}""#, id(1))),
            "payload_operation",
            "a reason is due",
        ),
        invalid(
            "retract-reason",
            &op(&format!(r#""reason":"An error","retract":"{}""#, id(1))),
            "payload_operation",
            "a reason is a code",
        ),
        invalid(
            "retract-reason-empty",
            &op(&format!(r#""reason":"","retract":"{}""#, id(1))),
            "payload_operation",
            "a code has a letter",
        ),
        invalid(
            "retract-note",
            &op(&format!(r#""note":1,"reason":"error","retract":"{}""#, id(1))),
            "payload_operation",
            "a note is a text",
        ),
        invalid(
            "retract-short",
            &op(r#""reason":"error","retract":"0101""#),
            "payload_operation",
            "an id has 64 digits",
        ),
        invalid(
            "retract-upper-case",
            &op(&format!(r#""reason":"error","retract":"{}""#, id(0xab).to_uppercase())),
            "payload_operation",
            "digits in lower case",
        ),
        invalid(
            "edit-without-after",
            &format!(r#"{{"ops":[{edit}]}}"#),
            "payload_after",
            "an edit names what it was made on",
        ),
        invalid("after-number", &format!(r#"{{"after":1,"ops":[{edit}]}}"#), "payload_after", "after is a list"),
        invalid("after-order", &with_after(&[id(2), id(1)], &edit), "payload_after", "after ascends"),
        invalid("after-twice", &with_after(&[id(1), id(1)], &edit), "payload_after", "none twice"),
        invalid("after-too-many", &with_after(&heads, &edit), "payload_after", "17 entries in after"),
        invalid(
            "two-narratives",
            &with_after(&[], &format!("{edit},{}", splice(&narrative(8)))),
            "payload_mixed",
            "one narrative a payload",
        ),
        invalid(
            "edit-then-claim",
            &with_after(&[], &format!(r#"{edit},{{"claim":{{}}}}"#)),
            "payload_mixed",
            "edits or claims",
        ),
        invalid(
            "claim-then-edit",
            &format!(r#"{{"ops":[{{"claim":{{}}}},{edit}]}}"#),
            "payload_mixed",
            "claims or edits",
        ),
        invalid(
            "idle",
            &with_after(&[], &edit.replace(r#""insert":"a""#, r#""insert":"""#)),
            "payload_idle",
            "neither deletes nor inserts",
        ),
        invalid("at-negative", &spliced(r#""at":-1,"delete":0"#), "payload_operation", "positions from 0"),
        invalid("delete-missing", &spliced(r#""at":0"#), "payload_operation", "delete is due"),
    ]
}

fn read(bytes: &[u8], json: &Value) -> Verdict {
    let rule = match Operations::parse(bytes) {
        Ok(operations) => {
            assert_eq!(operations.encode(), bytes);
            assert_eq!(claim_ids(&operations), json["claims"]);
            None
        }
        Err(inert) => Some(inert.code()),
    };
    Verdict { id: None, rule }
}

#[test]
fn changes_are_judged_as_the_vectors_say() {
    file::check("changes", "payload", &[valid_vectors(), invalid_vectors()].concat(), read);
}
