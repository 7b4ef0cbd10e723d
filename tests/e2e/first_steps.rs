//! README's journey: two organisations found a consortium by files, run nodes, and read each other.

use std::time::{Duration, Instant};

use isnad_tests::binary::{Consortium, QUIC, RunningNode, TCP, json, refused, say, say_with_input};
use serde_json::Value;

/// What DESIGN promises is a second, and README two; a test machine that does five other things is given more.
const GENEROUS: Duration = Duration::from_secs(10);

const INCIDENT: &str = r#"{
  "claims": [
    {"prop": "title", "value": "قصف حي الخالدية ببراميل الكلور", "lang": "ar"},
    {"prop": "date", "value": "2014-04-11"},
    {"prop": "casualty", "value": {"category": "injured", "min": 12}},
    {"prop": "status", "value": "alleged"}
  ]
}"#;

fn arabic_titles(view: &Value) -> Vec<&str> {
    let properties = view["properties"].as_array().into_iter().flatten();
    let claims = properties.filter(|property| property["prop"] == "title").flat_map(|title| {
        title["claims"].as_array().into_iter().flatten().filter(|claim| claim["lang"] == "ar").collect::<Vec<_>>()
    });
    claims.filter_map(|claim| claim["value"].as_str()).collect()
}

#[test]
fn an_incident_in_arabic_entered_on_one_node_is_read_on_the_other() {
    let consortium = Consortium::found(2);
    let file = consortium.file("incident.json", INCIDENT);
    for (one_listens, other_listens) in [(TCP, QUIC), (QUIC, TCP)] {
        let one = RunningNode::start(&consortium.homes[0], one_listens, &[]);
        let other = RunningNode::start(&consortium.homes[1], other_listens, &one.listening);
        other.wait_for("/status", |_, status| {
            let mut peers = status["peers"].as_object()?.values();
            peers.any(|peer| peer["is_live"] == true).then_some(())
        });
        let written = json(&consortium.homes[0], &["record", "new", "incident", "--from", &file]);
        let acknowledged = Instant::now();
        let record = written["record"].as_str().unwrap();
        other.wait_for(&format!("/records/{record}"), |status, _| (status == 200).then_some(()));
        let took = acknowledged.elapsed();
        println!("{one_listens}: on the other node {} ms after the acknowledgement", took.as_millis());
        assert!(took < GENEROUS, "{took:?}");
        let view = json(&consortium.homes[1], &["show", record]);
        assert_eq!(arabic_titles(&view), ["قصف حي الخالدية ببراميل الكلور"]);
        let list = json(&consortium.homes[1], &["list", "incident", "--search", "الخالدية"]);
        assert!(list.as_array().unwrap().iter().any(|line| line["record"] == record), "{list}");
        let text = say(&consortium.homes[1], &["--lang", "ar", "show", record]).out;
        assert!(text.contains("قصف حي الخالدية") && text.contains("بتوقيع"), "{text}");
        let digests = consortium.homes.iter().map(|home| json(home, &["digest"])).collect::<Vec<_>>();
        assert_eq!(digests[0]["spaces"], digests[1]["spaces"]);
        assert_eq!((one.stop("TERM"), other.stop("INT")), (0, 0));
    }
}

#[test]
fn founding_says_what_it_did_and_what_is_missing() {
    let consortium = Consortium::found(3);
    let [first, second, _] = &consortium.homes[..] else { unreachable!() };
    let shown = say(first, &["found", "show", &consortium.path("draft")]).out;
    assert!(shown.contains("2 of its 3 members") && shown.matches("has not signed").count() == 3, "{shown}");
    let half = [consortium.path("0.signed"), consortium.path("1.signed")];
    let assembled = ["found", "assemble", &half[0], &half[1], "-o", &consortium.path("half")];
    let unsigned = refused(first, &assembled, 1);
    assert_eq!(unsigned["code"], "unsigned");
    assert!(!consortium.dir.path().join("half").exists());
    let joined = refused(second, &["join", &consortium.path("0.signed")], 3);
    assert!(joined["why"].as_str().unwrap().contains("not signed by all"), "{joined}");
    let wrong = ["join", &consortium.path("consortium"), "--consortium", "ab"];
    assert_eq!(refused(second, &wrong, 3)["code"], "not_joined");
    // Joining again what was joined changes nothing.
    let again = json(second, &["join", &consortium.path("consortium")]);
    let who = json(second, &["who"]);
    assert_eq!((&again["consortium"], &again["own"]), (&who["consortium"], &who["own"]));
    assert_eq!(who["organisations"].as_array().unwrap().len(), 3);
    assert_eq!(who["acts"].as_array().unwrap().iter().filter(|act| act["in_effect"] == true).count(), 4);
    let cut = consortium.file("cut", &std::fs::read(consortium.path("consortium")).unwrap()[..700]);
    assert!(refused(second, &["join", &cut], 3)["error"].as_str().unwrap().contains("is not taken"));
    let other = Consortium::found(2);
    assert_eq!(refused(second, &["join", &other.path("consortium")], 3)["code"], "not_joined");
}

#[test]
fn an_organisation_is_named_in_each_language_and_never_by_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    isnad_tests::binary::write_passphrase(&home, "one");
    for wrong in ["", "fr:", "   ", "two\nlines", &"x".repeat(10_000)] {
        refused(&home, &["init", "--name", wrong, "--kind", "state"], 2);
        assert!(!home.exists(), "a home was left behind");
    }
    let made = json(&home, &["init", "--name", "Centre", "--name", "ar:مركز", "--kind", "ngo"]);
    let own = json(&home, &["organisation", "show"]);
    assert_eq!(made["organisation"], own["organisation"]);
    assert_eq!(own["names"].as_array().unwrap().len(), 2);
    assert_eq!(refused(&home, &["init", "--name", "Again", "--kind", "ngo"], 2)["code"], "home_exists");
    assert_eq!(refused(&home, &["list", "incident"], 2)["code"], "no_consortium");
    let input = say_with_input(&home, &["--json", "record", "new", "incident", "--from", "-"], INCIDENT.as_bytes());
    assert_eq!(input.problem(2)["code"], "no_consortium");
}
