use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::encoding::{hash_plain, to_hex};
use crate::id::RecordId;
use crate::limits;
use crate::model::kinds::{ATTRIBUTION, EVIDENCE, FINDING, INCIDENT, ORGANISATION, REQUEST, SOURCE, SUBJECT};

const FILE: &[u8] = include_bytes!("../../../cli/data/incidents.json");

fn dataset() -> Dataset {
    read(FILE, DATASET).unwrap()
}

fn imported<'a>(dataset: &'a Dataset, kind: u8, own_id: &str) -> &'a ImportedRecord {
    dataset.get(record_id(DATASET, kind, own_id)).unwrap_or_else(|| panic!("{own_id} was not imported"))
}

fn claims_of<'a>(record: &'a ImportedRecord, prop: &str) -> Vec<&'a Object> {
    record.claims.iter().filter(|claim| claim.get("prop").and_then(Json::as_text) == Some(prop)).collect()
}

#[test]
fn the_whole_file_is_imported() {
    let dataset = dataset();
    let counts: Vec<_> =
        dataset.by_kind().into_iter().map(|(kind, count)| (kind, count.records, count.claims)).collect();
    let expected =
        [(1, 40, 585), (2, 27, 206), (3, 50, 155), (4, 53, 226), (5, 12, 166), (7, 90, 679), (8, 4, 44), (9, 35, 191)];
    assert_eq!(counts, expected);
    let warnings: Vec<_> = dataset.warnings.iter().map(|warning| (warning.code, warning.path.as_str())).collect();
    let empty = ("empty_value", "designations[11].legal_basis[0]");
    assert_eq!(warnings, [empty, ("dangling_id", "judgements[0].left")]);
    assert_eq!(dataset.left_out, []);
}

#[test]
fn every_claim_is_one_that_an_author_may_sign_and_a_payload_can_hold() {
    for record in dataset().records {
        let claims: Vec<Json> = record.claims.iter().cloned().map(Json::Object).collect();
        assert_eq!(model::check_claims(record.record.kind_code(), &claims), [], "{}", record.source_id);
        for claim in &claims {
            assert!(claim.is_canonical() && model::check::depth(claim) <= limits::CLAIM_DEPTH, "{claim:?}");
            let payload = Json::object([("ops", Json::List(vec![Json::object([("claim", claim.clone())])]))]);
            assert!(payload.is_canonical());
            assert!(payload.encode().len() <= usize::try_from(limits::PAYLOAD_BYTES).unwrap());
        }
        assert!(claims.len() <= limits::OPERATIONS, "{}: one payload holds a record", record.source_id);
        assert_eq!(claims.iter().collect::<BTreeSet<_>>().len(), claims.len(), "{}", record.source_id);
    }
}

#[test]
fn a_second_import_changes_nothing() {
    let dataset = dataset();
    assert_eq!(read(FILE, DATASET), Ok(dataset.clone()));
    let mut all = Vec::new();
    for record in dataset.records {
        all.extend(record.record.as_bytes());
        record.claims.into_iter().for_each(|claim| all.extend(Json::Object(claim).encode()));
    }
    // Whoever imports another version of these bytes signs other claims: a change here is one for every importer.
    assert_eq!(to_hex(&hash_plain(&[&all])), "d29989fc3840c6fe0445ee30ec3e6428282fb3f00f98aa82a4d964e7d9320a1f");
}

#[test]
fn record_ids_are_those_of_the_format() {
    let id = record_id(DATASET, INCIDENT, "khan-al-assal-2013-03-19");
    assert_eq!(id.to_string(), "incident/f705d9459e8a8a12c4324204c2f45d");
    let by_hand = hash_plain(&[b"ISNAD-RECORD-v1\0isnad-incidents\0khan-al-assal-2013-03-19"]);
    assert_eq!(id.as_bytes()[1..], by_hand[..15]);
    assert_eq!(record_id(DATASET, SUBJECT, "unknown-perpetrator"), RecordId::UNIDENTIFIED);
    assert_eq!(finding_id("i", "attribution", "b", "s", "2013"), "i#attribution/b/s/2013");
}

#[test]
fn examples_point_to_records_of_the_file() {
    let dataset = dataset();
    // Evidence and requests name organisations that are fictional: no real one is said to hold or to ask for anything.
    let is_real = |kind: &&model::Kind| !matches!(kind.code, EVIDENCE | REQUEST);
    for kind in model::KINDS.iter().filter(is_real) {
        let text = model::example(kind.code).unwrap_or_default();
        for part in text.split('"') {
            if let Ok(record) = RecordId::parse(part) {
                assert!(dataset.get(record).is_some(), "{}: {record}", kind.name);
            }
        }
    }
}

#[test]
fn khan_al_assal_has_two_opposite_attributions() {
    let dataset = dataset();
    let incident = Json::Text(record_id(DATASET, INCIDENT, "khan-al-assal-2013-03-19").to_string());
    let responsible: BTreeSet<_> = dataset
        .records
        .iter()
        .filter(|record| record.record.kind_code() == ATTRIBUTION)
        .filter(|record| record.values("incident").any(|value| *value == incident))
        .filter(|record| record.values("outcome").any(|value| value.as_text() == Some("responsible")))
        .map(|record| {
            let body = claims_of(record, "outcome")[0]["according_to"].as_text().unwrap().to_owned();
            (body, record.values("subject").next().unwrap().as_text().unwrap().to_owned())
        })
        .collect();
    let id = |kind, own_id| record_id(DATASET, kind, own_id).to_string();
    let expected = [
        (id(ORGANISATION, "gov-ru"), id(SUBJECT, "armed-groups-unspecified")),
        (id(ORGANISATION, "gov-us"), id(SUBJECT, "sy-arab-republic")),
    ];
    assert_eq!(responsible, BTreeSet::from(expected));
}

#[test]
fn an_accusing_claim_says_what_it_rests_on() {
    let dataset = dataset();
    let own_id = finding_id("khan-al-assal-2013-03-19", "attribution", "gov-us", "wiki-ka", "");
    let outcome = claims_of(imported(&dataset, ATTRIBUTION, &own_id), "outcome")[0];
    let source = Json::Text(record_id(DATASET, SOURCE, "wiki-ka").to_string());
    assert_eq!(outcome["basis"], Json::List(vec![Json::object([("source", source)])]));
    assert_eq!(outcome["standard"], Json::text("intelligence_assessment"));
    assert_eq!(outcome["wording"], Json::object([("unavailable", Json::text("paraphrase"))]));
    assert_eq!(outcome["original"], Json::text("Held the government responsible (as reported)."));

    let own_id = finding_id("khan-al-assal-2013-03-19", "use_finding", "un-mission-2013", "unm-final", "2013-12-13");
    let outcome = claims_of(imported(&dataset, FINDING, &own_id), "outcome")[0];
    assert_eq!(outcome["wording"].get("lang"), Some(&Json::text("en")));
    let designation = imported(&dataset, 5, "fr-2018-05-18");
    let subject = claims_of(designation, "subject")[0];
    assert_eq!(subject["wording"], Json::object([("unavailable", Json::text("not_seen"))]));
    assert_eq!(subject["standard"], Json::text("unstated"));
}

#[test]
fn incidents_keep_alias_time_and_each_claimants_count() {
    let dataset = dataset();
    let saraqib = imported(&dataset, INCIDENT, "saraqib-2018-02-04");
    assert_eq!(claims_of(saraqib, "alias")[0]["value"], Json::text("saraqib-2018-02-04"));
    let date = claims_of(saraqib, "date")[0];
    assert_eq!(
        (&date["value"], &date["original"]),
        (&Json::text("2018-02-04~"), &Json::text("2018-02-04~ 21:22 +02:00"))
    );

    let ghouta = imported(&dataset, INCIDENT, "ghouta-2013-08-21");
    let killed: Vec<_> = ghouta
        .values("casualty")
        .filter(|count| count.get("category").and_then(Json::as_text) == Some("killed"))
        .map(|count| (count.get("min").and_then(Json::as_int).unwrap(), count.get("max").and_then(Json::as_int)))
        .collect();
    assert_eq!(killed, [(1429, Some(1429)), (350, None), (281, Some(1500)), (355, Some(355)), (502, Some(502))]);
    let khan = imported(&dataset, INCIDENT, "khan-al-assal-2013-03-19");
    let place = khan.values("place").next().unwrap();
    assert_eq!((place.get("lat"), place.get("lon")), (Some(&Json::text("36.1672")), Some(&Json::text("37.0392"))));
}

#[test]
fn responses_and_judgements_stand_on_the_record_they_concern() {
    let dataset = dataset();
    assert_eq!(imported(&dataset, 5, "fr-2018-05-18").values("response").count(), 1);
    let unknown = imported(&dataset, SUBJECT, "ext-tiger-forces-ar");
    assert_eq!(unknown.values("alias").next(), Some(&Json::text("ext-tiger-forces-ar")));
    let verdict = unknown.values("judgement").next().unwrap();
    assert_eq!(verdict.get("verdict"), Some(&Json::text("positive")));
    let recalled =
        dataset.records.iter().filter(|record| record.values("checked").any(|v| v.as_text() == Some("recall")));
    assert_eq!(recalled.count(), 32);
}

/// A file of the format with these lists.
fn file(lists: &str) -> Vec<u8> {
    format!(r#"{{"format":"isnad-incidents","format_version":"0.1",{lists}}}"#).into_bytes()
}

#[test]
fn what_is_no_such_file_is_refused_with_its_place() {
    let refused = |bytes: &[u8]| {
        let error = read(bytes, DATASET).unwrap_err();
        (error.code(), error.path(), error.to_string())
    };
    for (bytes, code, path) in [
        (b"{\"format\":\"x\",\n\"format\":\"y\"}".to_vec(), "json_duplicate_key", "line 2, column 1"),
        (b"{\"format\":\"\xff\"}".to_vec(), "json_not_utf8", "line 1, column 12"),
        ("[".repeat(1000).into_bytes(), "json_too_deep", "line 1, column 65"),
        (br#"{"format":"csv","format_version":"0.1"}"#.to_vec(), "import_format", "format"),
        (br#"{"format":"isnad-incidents","format_version":"0.2"}"#.to_vec(), "import_format", "format_version"),
        (b"{}".to_vec(), "import_shape", "format"),
        (b"[]".to_vec(), "import_shape", ""),
        (file(r#""incidents":[{"id":"a"},{"id":"a"}]"#), "import_duplicate_id", "incidents[1].id"),
        (file(r#""incidents":{}"#), "import_shape", "incidents"),
        (file(r#""incidents":[{"id":7}]"#), "import_shape", "incidents[0].id"),
        (file(r#""incidents":[{"id":"a","date":{"edtf":2018}}]"#), "import_shape", "incidents[0].date.edtf"),
        (file(r#""incidents":[{"id":"a","places":[{"lat":"1"}]}]"#), "import_shape", "incidents[0].places[0].lat"),
        (
            file(r#""incidents":[{"id":"a","casualties":[{"killed":{"min":1.5}}]}]"#),
            "import_shape",
            "incidents[0].casualties[0].killed.min",
        ),
        (file(&format!(r#""sources":[{{"id":"a","title":"{}"}}]"#, "x".repeat(70_000))), "import_too_large", "a"),
    ] {
        let (found_code, found_path, why) = refused(&bytes);
        assert_eq!((found_code, found_path.as_str()), (code, path), "{why}");
    }
    assert_eq!(read(FILE, "Isnad Incidents").unwrap_err().code(), "import_dataset_key");
}

#[test]
fn unknown_ids_and_members_are_kept_or_told() {
    let lists = r#""incidents":[{"id":"a","colour":1,"titles":[{"lang":"en","value":"A"}],"delivery":[{"method":"aerial_bomb",
        "claimant":"nobody"}],"date":{"edtf":"2018-02-04T21:22~"},"marking":"tlp:amber"}]"#;
    let dataset = read(&file(lists), DATASET).unwrap();
    let codes: Vec<_> = dataset.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(
        (codes.as_slice(), dataset.left_out.as_slice()),
        (["unread_member", "dangling_id"].as_slice(), [].as_slice())
    );
    let record = imported(&dataset, INCIDENT, "a");
    let date = claims_of(record, "date")[0];
    assert_eq!((&date["value"], &date["original"]), (&Json::text("2018-02-04~"), &Json::text("2018-02-04T21:22~")));
    assert!(record.claims.iter().all(|claim| claim["marking"] == Json::text("tlp:amber")));
}

/// The real file with one thing changed, and what is left out of it.
#[track_caller]
fn check_left_out(from: &str, to: &str, expected: &[(&str, &str)]) {
    let text = std::str::from_utf8(FILE).unwrap();
    assert!(text.contains(from), "{from}");
    let found = read(text.replacen(from, to, 1).as_bytes(), DATASET).unwrap();
    let left_out: Vec<_> = found.left_out.iter().map(|left| (left.code, left.path.as_str())).collect();
    assert_eq!(left_out, expected);
    assert_eq!(found.warnings, dataset().warnings);
    let count = |dataset: &Dataset| dataset.records.iter().map(|record| record.claims.len()).sum::<usize>();
    assert_eq!(count(&found).checked_add(expected.len()), Some(count(&dataset())));
    for record in &found.records {
        let claims: Vec<Json> = record.claims.iter().cloned().map(Json::Object).collect();
        assert_eq!(model::check_claims(record.record.kind_code(), &claims), [], "{}", record.source_id);
    }
}

#[test]
fn what_an_author_is_refused_is_left_out_and_told() {
    let status = r#""status": "confirmed_use""#;
    check_left_out(status, r#""status": "banana""#, &[("unknown_code", "hawizeh-marshes-1984 status")]);
    let date = r#""edtf": "1987-04-16""#;
    check_left_out(date, r#""edtf": "99/99/9999""#, &[("not_edtf", "balisan-sheikh-wasan-1987 date")]);
    check_left_out(r#""min": 225,"#, r#""min": 425,"#, &[("count_reversed", "balisan-sheikh-wasan-1987 casualty")]);
    // Nobody is named whom nothing is said of.
    let outcome = "\"kind\": \"attribution\",\n     \"outcome\": \"responsible\"";
    let of = "hawizeh-marshes-1984#attribution/un-sg-experts-1984/un-1986/1986-03-12";
    let (outcome_path, subject_path) = (format!("{of} outcome"), format!("{of} subject"));
    check_left_out(
        outcome,
        &outcome.replace("responsible", "banana"),
        &[("unknown_code", &outcome_path), ("subject_without_outcome", &subject_path)],
    );
}

#[test]
fn equal_findings_are_told_apart_and_others_keep_their_ids() {
    let finding = r#"{"kind":"dispute","body":"b","outcome":"disputed","source":"s","date":"2018","note":"N"}"#;
    let other = r#"{"kind":"use_finding","body":"b","outcome":"not_used","source":"s","date":"2018"}"#;
    let ids = |findings: &str| -> BTreeSet<String> {
        let dataset = read(&file(&format!(r#""incidents":[{{"id":"a","findings":[{findings}]}}]"#)), DATASET).unwrap();
        dataset.records.into_iter().map(|record| record.source_id).collect()
    };
    let two = ids(&format!("{finding},{finding}"));
    assert!(two.contains("a#dispute/b/s/2018") && two.contains("a#dispute/b/s/2018/2"));
    assert!(ids(&format!("{other},{finding},{finding}")).is_superset(&two));
}

#[test]
fn three_parts_overlap_and_hold_what_they_refer_to() {
    let dataset = dataset();
    let parts: Vec<_> = (0..PARTS).map(|index| part(&dataset, index)).collect();
    let incidents = |part: &Dataset| -> BTreeSet<RecordId> {
        part.records.iter().map(|record| record.record).filter(|record| record.kind_code() == INCIDENT).collect()
    };
    let sets: Vec<_> = parts.iter().map(incidents).collect();
    assert_eq!(sets.iter().map(BTreeSet::len).collect::<Vec<_>>(), [28, 14, 29]);
    let together: BTreeSet<_> = sets.iter().flatten().copied().collect();
    assert_eq!(together, incidents(&dataset));
    let shared = together.iter().filter(|incident| sets.iter().filter(|set| set.contains(*incident)).count() > 1);
    assert!(shared.count() >= 25);
    let all: BTreeSet<_> = parts.iter().flat_map(|part| &part.records).map(|record| record.record).collect();
    for record in &dataset.records {
        let is_body = matches!(record.record.kind_code(), ORGANISATION | SOURCE | SUBJECT);
        assert!(is_body || all.contains(&record.record), "{} is in no part", record.source_id);
    }
    for part in parts {
        let ids: BTreeSet<String> = part.records.iter().map(|record| record.record.to_string()).collect();
        for claim in part.records.iter().flat_map(|record| &record.claims) {
            if let Some(body) = claim.get("according_to").and_then(Json::as_text) {
                assert!(ids.contains(body), "{body} is missing");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_mutated_file_is_imported_or_refused(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = file(r#""incidents":[{"id":"a","titles":[{"lang":"en","value":"A"}],"date":{"edtf":"2018"},"places":[{"lat":1.5,"lon":2}],
            "casualties":[{"killed":{"min":1,"max":2}}],"findings":[{"kind":"attribution","outcome":"responsible","attributed_to":["x"]}]}],
            "judgements":[{"left":"l","right":"r","kind":"same_as","judgement":"positive"}]"#);
        prop_assert!(read(&bytes, DATASET).is_ok());
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = read(&bytes, DATASET);
    }
}
