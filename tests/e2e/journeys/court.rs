//! Journeys 12 and 15: what speaks for the accused, and the right of reply.

use std::path::Path;

use isnad_tests::binary::{json, say};
use serde_json::{Value, json as value};

use super::{LANGUAGES, Two, claims, flat, found, shows, told, told_flat, write};

const FREEZE: &str = "designation/4c3daa95";

#[test]
fn journey_12_what_exonerates_is_counted_where_the_subject_is_read_and_in_every_export() {
    let two = Two::with_incidents();
    let (prosecutor, partner) = (two.home(0), two.home(1));
    let subject = found(partner, "subject", "technolab");
    let page = json(partner, &["show", FREEZE]);
    let accusing = claims(&page, "subject").into_iter().find(|claim| claim["value"] == *subject).unwrap()["id"].clone();
    let dispute = ["opinion", "dispute", FREEZE, accusing.as_str().unwrap(), "--reason", "wrong_person"];
    json(partner, &[&dispute[..], &["--text", "Another company of that name.", "--in", "en"]].concat());
    let other = write(partner, "subject", &namesake());
    json(partner, &["judge", &subject, &other, "different", "--explain", "another register number"]);
    let role = weighed(partner, &value!({ "prop": "topic", "value": "sanction" }));
    let file = two.consortium.file("topic.json", role.to_string());
    let said = json(partner, &["claim", "add", &subject, "--from", &file]);
    let said = said["claims"][0].as_str().unwrap();
    json(partner, &["claim", "retract", &subject, said, "--reason", "delisted", "--note", "not listed"]);
    two.agree();

    for home in [prosecutor, partner] {
        let counts = "replies: 1; disputes: 1; retracted claims: 1; judged to be another: 1 (computed)";
        // Neither a policy nor brevity takes any of it away.
        for filter in [&[][..], &["--whose", "Organisation 0"], &["--brief"]] {
            shows(&told_flat(home, &[&["show", &subject], filter].concat()), &[counts]);
        }
        for (format, name) in [("entries", "entries"), ("automerge", "documents")] {
            let path = two.consortium.path(name);
            let all = json(home, &["export", "--format", format, "-o", &path]);
            let included = value!({ "disputes": 1, "replies": 2, "judged_different": 4, "retracted": 1 });
            assert_eq!(all["includes"], included);
            let some = json(home, &["export", "--format", format, "--space", "public", "-o", &path]);
            assert_eq!((&some["leaves_out"], &some["includes"]["disputes"]), (&included, &0.into()));
        }
        let part = ["export", "--format", "entries", "--space", "public", "-o", &two.consortium.path("part")];
        for (language, word) in LANGUAGES.into_iter().zip(["مما استبعده", "left out by", "exclus par"]) {
            shows(&told(home, language, &part), &[word]);
        }
    }
    for home in [prosecutor, partner] {
        // What a policy takes out of views stays in every form of a list, and the list says by which policy it was made.
        let policy = ["--whose", "Organisation 0"];
        let measure = listed(home, "designation", FREEZE, &policy);
        assert_eq!(measure, ["1", "1", "0", ""], "disputes, replies, retracted, not_same_as");
        let person = listed(home, "subject", &subject, &policy);
        assert_eq!(person[2..], ["1", &other], "retracted, not_same_as");
        let lines = json(home, &[&["list", "subject"][..], &policy].concat());
        assert!(lines.as_array().unwrap().iter().all(|line| line["made_of"]["policy"].is_object()), "{lines}");
    }
    // Later: dossiers and their manifest (issue 9).
}

/// What every form of a list says beside a record, which must be the same: disputes, replies, retracted, not_same_as.
fn listed(home: &Path, kind: &str, record: &str, policy: &[&str]) -> Vec<String> {
    const BESIDE: [&str; 4] = ["disputes", "replies", "retracted", "not_same_as"];
    let list = |form: &str| {
        let said = say(home, &[&["list", kind, "--format", form], policy].concat());
        assert_eq!(said.code, 0, "{said:?}");
        said.out
    };
    let is_it = |line: &Value| line["record"].as_str().unwrap().starts_with(record);
    let told = |line: &Value| -> Vec<String> {
        let text = |name: &&str| match &line[*name] {
            Value::Array(records) => records.iter().map(|one| one.as_str().unwrap()).collect::<Vec<_>>().join("; "),
            Value::Null => String::new(),
            count => count.to_string(),
        };
        BESIDE.iter().map(text).collect()
    };
    let all: Value = serde_json::from_str(&list("json")).unwrap();
    let found = told(all.as_array().unwrap().iter().find(|line| is_it(line)).unwrap());
    let lines = list("jsonl");
    let mut lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    assert_eq!(told(&lines.find(is_it).unwrap()), found);
    let map: Value = serde_json::from_str(&list("geojson")).unwrap();
    let mut features = map["features"].as_array().unwrap().iter().map(|feature| &feature["properties"]);
    // What has no place is on no map.
    assert!(kind != "incident" || features.clone().any(is_it), "{map}");
    assert_eq!(features.find(|line| is_it(line)).map_or_else(|| found.clone(), told), found);
    let sheet = list("csv");
    let mut rows = sheet.lines().map(cells);
    let header = rows.next().unwrap();
    let row = rows.find(|row| row[0].starts_with(record)).unwrap();
    let of = |name: &&str| row[header.iter().position(|column| column == name).unwrap()].clone();
    assert_eq!(BESIDE.iter().map(of).collect::<Vec<_>>(), found);
    found
}

/// The cells of a line of CSV, RFC 4180; of rows that stand in one line each.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut is_quoted) = (vec![String::new()], false);
    for letter in line.chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            letter => cells.last_mut().unwrap().push(letter),
        }
    }
    cells
}

fn namesake() -> Value {
    value!([
        { "prop": "subject_type", "value": "entity" },
        { "prop": "name", "value": { "text": "Technolab", "type": "primary" }, "lang": "en" },
        { "prop": "country", "value": "it" },
    ])
}

/// An accusing claim with what it needs.
fn weighed(home: &Path, claim: &Value) -> Value {
    let mut claim = claim.clone();
    claim["basis"] = value!([{ "source": found(home, "source", "Three orders") }]);
    claim["standard"] = "unstated".into();
    claim["wording"] = value!({ "unavailable": "not_seen" });
    claim
}

#[test]
fn journey_15_a_reply_stands_beside_every_claim_that_it_answers() {
    let two = Two::with_incidents();
    let (records, partner) = (two.home(0), two.home(1));
    let subject = found(partner, "subject", "syrian arab air force");
    let attribution = |home: &Path| {
        let view = json(home, &["show", &subject]);
        let lines = view["related"].as_array().unwrap().iter();
        lines.filter(|line| line["kind"] == "attribution").map(|line| line["record"]["record"].clone()).next().unwrap()
    };
    let attribution = attribution(partner);
    let attribution = attribution.as_str().unwrap();
    let letter = "We reject this finding, and ask for the samples.";
    let respond = ["respond", attribution, "--subject", &subject, "--stance", "denies", "--text", letter, "--in", "en"];
    json(partner, &[&respond[..], &["--channel", "counsel", "--date", "2023-03-01"]].concat());
    let task = two.nodes[0].wait_for("/tasks", |_, tasks| tasks.as_array()?.first().cloned());
    assert_eq!(task["why"], "replied");
    two.agree();
    for home in [records, partner] {
        let view = json(home, &["show", attribution]);
        let accusing: Vec<&Value> = [claims(&view, "outcome"), claims(&view, "subject")].concat();
        assert!(accusing.len() >= 2, "{view}");
        for claim in accusing {
            assert_eq!(claim["replies"][0]["text"], letter, "{claim}");
        }
        for language in LANGUAGES {
            // On the attribution, on the subject, and on the incident: whole, and by whom it was entered.
            let incident = claims(&view, "incident")[0]["value"].as_str().unwrap();
            for record in [attribution, &subject, incident] {
                let page = flat(&told(home, language, &["show", record]));
                shows(&page, &[letter, "Organisation 1"]);
            }
        }
        assert_eq!(listed(home, "attribution", attribution, &[])[..2], ["0", "1"], "disputes, replies");
        let denied = found(home, "incident", "kuala-lumpur-2017-02-13");
        assert_eq!(listed(home, "incident", &denied, &[])[..2], ["0", "1"], "disputes, replies");
    }
}

#[test]
fn journey_15_a_namesake_is_told_apart_and_a_notice_says_so() {
    let two = Two::with_incidents();
    let (records, partner) = (two.home(0), two.home(1));
    let accused = found(partner, "subject", "technolab");
    let namesake = write(partner, "subject", &namesake());
    json(partner, &["judge", &accused, &namesake, "different", "--explain", "A laboratory in Verona."]);
    let notice = value!([
        { "prop": "title", "value": "Not this company", "lang": "en" },
        { "prop": "target", "value": namesake },
        { "prop": "reason", "value": "A laboratory in Verona has the same name.", "lang": "en" },
    ]);
    let notice = write(partner, "notice", &notice);
    two.agree();
    for home in [records, partner] {
        let page = told_flat(home, &["show", &namesake]);
        shows(&page, &["judged to be another: 1", "not the same", "Not this company"]);
        assert_eq!(json(home, &["show", &notice])["record"], *notice);
        let view = json(home, &["show", &accused, "--judgements", "majority"]);
        assert!(view["identity"]["same"].is_null(), "{view}");
        let judged = told_flat(home, &["list", "subject", "--same-as", &namesake, "--judged", "--min-score", "0"]);
        shows(&judged, &["Organisation 1 says: different"]);
        assert_eq!(listed(home, "subject", &accused, &[])[3], namesake, "a screening list carries the exclusion");
    }
}
