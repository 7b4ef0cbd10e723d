//! Files that no one should have made: each is refused with its reason, and nothing is changed.

use isnad_tests::binary::{Consortium, json, refused, say, say_with_input};

const INCIDENT: &str =
    r#"{"format":"isnad-incidents","format_version":"0.1","as_of":"2024-01-01","incidents":[INCIDENTS]}"#;

#[test]
fn nonsense_is_refused_with_its_reason_and_changes_nothing() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let deep_claim = format!(r#"{{"claims": [{{"prop": "note", "value": {}1{}}}]}}"#, "[".repeat(30), "]".repeat(30));
    let files: [(&str, Vec<u8>); 13] = [
        ("json_duplicate_key", br#"{"claims": [], "claims": []}"#.to_vec()),
        ("json_duplicate_key", br#"{"claims": [{"prop": "note", "prop": "title", "value": "x"}]}"#.to_vec()),
        ("json_not_utf8", b"{\"claims\": [{\"prop\": \"note\", \"value\": \"\xff\xfe\"}]}".to_vec()),
        ("json_lone_surrogate", br#"{"claims": [{"prop": "note", "lang": "en", "value": "\ud800"}]}"#.to_vec()),
        ("json_too_deep", deep),
        ("json_truncated", br#"{"claims": ["#.to_vec()),
        ("json_truncated", Vec::new()),
        ("json_trailing", br#"{"claims": []} {}"#.to_vec()),
        ("json_number", br#"{"claims": [{"prop": "note", "value": 01}]}"#.to_vec()),
        (
            "draft_shape",
            br#"{"claims": [{"prop": "casualty", "value": {"category": "killed", "min": 1e999}}]}"#.to_vec(),
        ),
        ("draft_shape", format!(r#"{{"claims": [{{"prop": "note", "value": {}}}]}}"#, "9".repeat(5_000)).into_bytes()),
        ("draft_empty", br#"{"claims": []}"#.to_vec()),
        ("", deep_claim.into_bytes()),
    ];
    let before = json(home, &["digest"]);
    for (code, bytes) in files {
        let what = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned();
        let file = consortium.file("file.json", &bytes);
        let problem = refused(home, &["record", "new", "incident", "--from", &file], 3);
        // Nothing at all is an empty form to who makes a record, and JSON cut short to an importer.
        let code_of_form = if bytes.is_empty() { "draft_empty" } else { code };
        assert!(code.is_empty() || problem["code"] == code_of_form, "{what}: {problem}");
        assert!(!problem["why"].as_str().unwrap().is_empty(), "{what}: {problem}");
        // No importer takes it either.
        let problem = refused(home, &["import", &file], 3);
        assert!(!problem["why"].as_str().unwrap().is_empty(), "{what}: {problem}");
        if code.starts_with("json_") && code != "json_trailing" {
            assert_eq!(problem["code"], code, "{what}: {problem}");
        }
        say_with_input(home, &["--json", "import", "-"], &bytes).problem(3);
    }
    assert_eq!(json(home, &["digest"]), before);
}

#[test]
fn unknown_codes_are_refused_to_an_author_and_kept_from_an_import() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    for claim in [
        r#"{"prop": "agent", "value": {"code": "nonsense"}}"#,
        r#"{"prop": "no_such_property", "value": "x"}"#,
        r#"{"prop": "status", "value": "resolved"}"#,
        r#"{"prop": "date", "value": "the day before"}"#,
        r#"{"prop": "title", "value": {"text": "x"}}"#,
        r#"{"value": "x"}"#,
    ] {
        let file = consortium.file("draft.json", format!(r#"{{"claims": [{claim}]}}"#));
        let problem = refused(home, &["record", "new", "incident", "--from", &file], 3);
        assert!(problem["why"].as_str().unwrap().starts_with("claims[0]"), "{claim}: {problem}");
    }
    let known = r#"{"id": "x-2024-01-01", "status": "resolved"}"#;
    let file = consortium.file("incidents.json", INCIDENT.replace("INCIDENTS", known));
    // An import takes the rest and says what it left out.
    let said = say(home, &["--json", "import", &file]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("not_signed") && said.out.contains("resolved"), "{said:?}");
    let twice = consortium.file("twice.json", INCIDENT.replace("INCIDENTS", &format!("{known},{known}")));
    let before = json(home, &["digest"]);
    let problem = refused(home, &["import", &twice], 3);
    assert!(problem["why"].as_str().unwrap().contains("twice"), "{problem}");
    let other = consortium.file("other.json", r#"{"format": "isnad-incidents", "format_version": "9.0"}"#);
    refused(home, &["import", &other], 3);
    assert_eq!(json(home, &["digest"]), before);
}

#[test]
fn what_is_no_file_is_refused() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let dir = consortium.dir.path().display().to_string();
    for command in [
        &["import"][..],
        &["record", "new", "incident", "--from"],
        &["carry", "in"],
        &["join"],
        &["found", "show"],
        &["found", "sign", "-o", "/dev/null"],
    ] {
        for path in [dir.as_str(), "/no/such/file"] {
            let problem = refused(home, &[command, &[path]].concat(), 2);
            assert_eq!(problem["code"], "file", "{command:?}: {problem}");
        }
    }
    for path in ["/dev/null", "/proc/version"] {
        refused(home, &["join", path], 3);
        refused(home, &["found", "show", path], 3);
        refused(home, &["carry", "in", path], 3);
    }
}
