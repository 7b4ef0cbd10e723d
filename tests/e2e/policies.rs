//! The reader's own choice: by flag and by isnad.toml, told before every view that it changes; claims explained; days gone by.

use std::path::Path;

use isnad_tests::binary::{Consortium, json, refused, say, say_with_input};
use serde_json::{Value, json as value};

/// A record with some claims.
fn write(home: &Path, kind: &str, claims: &Value) -> String {
    let draft = value!({ "claims": claims }).to_string();
    let written = say_with_input(home, &["--json", "record", "new", kind, "--from", "-"], draft.as_bytes()).json();
    written["record"].as_str().unwrap().to_owned()
}

fn property<'a>(view: &'a Value, prop: &str) -> &'a Value {
    view["properties"].as_array().unwrap().iter().find(|property| property["prop"] == prop).unwrap()
}

/// What one home holds, carried to the other.
fn carry(consortium: &Consortium, from: usize, to: usize) {
    let file = consortium.path("carried");
    json(&consortium.homes[from], &["carry", "out", &file]);
    json(&consortium.homes[to], &["carry", "in", &file]);
}

/// Two organisations that say two things of one incident, both on one home.
fn disagreement(consortium: &Consortium) -> String {
    let [one, other] = &consortium.homes[..] else { unreachable!() };
    let incident = write(
        one,
        "incident",
        &value!([
            { "prop": "title", "value": "Douma", "lang": "en" },
            { "prop": "status", "value": "alleged" },
        ]),
    );
    carry(consortium, 0, 1);
    json(other, &["claim", "add", &incident, "status", "confirmed_use"]);
    carry(consortium, 1, 0);
    incident
}

#[test]
fn a_policy_of_flags_or_of_the_file_is_told_with_each_view_that_it_changes() {
    let consortium = Consortium::found(2);
    let incident = disagreement(&consortium);
    let home = &consortium.homes[0];
    let lead = |arguments: &[&str]| {
        let view = json(home, &[&["show", &incident], arguments].concat());
        property(&view, "status")["computed"]["headlines"][0]["lead"].clone()
    };
    assert_eq!(lead(&[]), Value::Null);
    assert!(!say(home, &["show", &incident]).out.contains("policy"));
    assert_eq!(lead(&["--first", "organisation 1"]), "confirmed_use");
    let whose = json(home, &["show", &incident, "--whose", "own", "--today", "2020-01-01"]);
    assert_eq!(property(&whose, "status")["computed"]["headlines"][0]["values"], value!(["alleged"]));
    for (lang, words) in [("en", "Read by your policy"), ("fr", "Lu selon vos choix"), ("ar", "وفق اختيارك")]
    {
        for command in [&["show", &incident][..], &["list", "incident"]] {
            let told = say(home, &[&["--lang", lang], command, &["--first", "Organisation 1"]].concat());
            assert!(told.out.contains(words) && told.out.contains("Organisation 1"), "{told:?}");
        }
    }

    // The file says the same, and a flag goes before it.
    let file = home.join("isnad.toml");
    let template = std::fs::read_to_string(&file).unwrap();
    let table = "[policy]\nfirst = [\"Organisation 1\"]\n";
    std::fs::write(&file, template.replace("#[policy]", table)).unwrap();
    assert_eq!((lead(&[]), lead(&["--first", "own"])), (value!("confirmed_use"), value!("alleged")));
    assert_eq!(lead(&["--first", "none"]), Value::Null);
    std::fs::write(&file, "[policy]\nfrist = []\n").unwrap();
    let problem = refused(home, &["show", &incident], 2);
    assert_eq!(
        (&problem["code"], problem["error"].as_str().unwrap().ends_with("at line 2")),
        (&value!("config"), true)
    );
    std::fs::write(&file, template).unwrap();

    for wrong in [
        &["--order", "ministry"][..],
        &["--whose", "Nobody"],
        &["--whose", "court", "--whose", "Organisation 1"],
        &["--first", "Organisation"],
        &["--judgements", "everybody"],
        &["--as-of", "yesterday"],
    ] {
        refused(home, &[&["show", &incident], wrong].concat(), 2);
    }
}

#[test]
fn a_claim_is_explained_to_where_it_begins() {
    let consortium = Consortium::found(2);
    let incident = disagreement(&consortium);
    let home = &consortium.homes[0];
    let title = |text: &str| value!({ "prop": "title", "value": text, "lang": "en" });
    let basis = |record: &str| value!([{ "source": record }]);
    let video = write(
        home,
        "evidence",
        &value!([title("A video"), {
            "prop": "digest", "value": { "alg": "sha-256", "hex": "ab".repeat(32) },
        }]),
    );
    let mut claims = Vec::new();
    for (number, home) in consortium.homes.iter().enumerate() {
        let name = format!("Article {number}");
        let article = write(
            home,
            "source",
            &value!([
                { "prop": "title", "value": name, "lang": "en", "basis": basis(&video) },
                { "prop": "kind", "value": "press" },
            ]),
        );
        let claim = value!({ "prop": "casualty", "value": { "category": "killed", "min": 43, "max": 43 }, "basis": basis(&article) });
        let file = consortium.file("claim.json", claim.to_string());
        let added = json(home, &["claim", "add", &incident, "--from", &file]);
        claims.push(added["claims"][0].as_str().unwrap().to_owned());
    }
    carry(&consortium, 1, 0);
    let view = json(home, &["show", &incident]);
    let found = &property(&view, "casualty")["computed"]["corroboration"][0];
    assert_eq!((&found["organisations"], &found["independent_sources"]), (&value!(2), &value!(1)));
    let told = json(home, &["explain", &claims[0][..10]]);
    assert_eq!((&told["claim"], &told["record"]["record"]), (&value!(claims[0]), &value!(incident)));
    assert_eq!(told["shares"][0]["claim"], value!(claims[1]));
    assert_eq!(told["rests_on"][0]["rests_on"][0]["on"]["record"]["record"], value!(video));
    for (lang, words) in [("en", "begins here"), ("fr", "commence ici"), ("ar", "هنا المنشأ")] {
        let text = say(home, &["--lang", lang, "explain", &claims[0]]);
        assert!(text.code == 0 && text.out.contains(words) && text.out.contains("A video"), "{text:?}");
    }

    // The same words on two records are one claim's id.
    let status = property(&view, "status")["claims"][0]["id"].as_str().unwrap().to_owned();
    let code = property(&view, "status")["claims"][0]["value"].clone();
    let second = write(home, "incident", &value!([title("Another"), { "prop": "status", "value": code }]));
    assert_eq!(refused(home, &["explain", &status], 1)["code"], "ambiguous");
    assert_eq!(json(home, &["explain", &status, "--record", &second])["record"]["record"], value!(second));
    assert_eq!(refused(home, &["explain", "0123456789"], 1)["code"], "not_found");
    assert_eq!(refused(home, &["explain", "0123"], 2)["code"], "usage");
}

#[test]
fn judgements_put_records_together_and_days_take_entries_away_only_where_asked() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let named = |name: &str| {
        let name = value!({ "prop": "name", "value": { "text": name, "type": "primary" }, "lang": "en" });
        value!([{ "prop": "subject_type", "value": "entity" }, name])
    };
    let [one, other] = ["Technolab", "Techno Lab"].map(|name| write(home, "subject", &named(name)));
    let judged = value!({ "record": other, "relation": "same_as", "verdict": "positive" }).to_string();
    json(home, &["claim", "add", &one, "judgement", &judged]);
    assert_eq!(json(home, &["show", &one])["identity"]["same"], Value::Null);
    let together = json(home, &["show", &other, "--judgements", "own"]);
    assert_eq!(together["identity"]["same"][0]["record"], value!(one));
    // One voice is no majority.
    assert_eq!(json(home, &["show", &other, "--judgements", "majority"])["identity"]["same"], Value::Null);
    let text = say(home, &["show", &other, "--judgements", "own"]);
    assert!(text.out.contains("Technolab") && text.out.contains("--grouped"), "{text:?}");
    let grouped = json(home, &["show", &other, "--judgements", "own", "--grouped"]);
    assert_eq!(property(&grouped, "name")["claims"].as_array().unwrap().len(), 2);

    let view = json(home, &["show", &one, "--as-of", "2999-01-01"]);
    assert_eq!((&view["as_of"]["left_out"], &view["today"]), (&value!(0), &value!("2999-01-01")));
    for command in ["show", "history"] {
        let none = refused(home, &[command, &one, "--as-of", "2001-01-01"], 1);
        assert!(none["why"].as_str().unwrap().contains("2 entries"), "{none}");
        assert!(say(home, &[command, &one, "--as-of", "2999-01-01"]).out.contains("2999-01-01"));
    }
    assert_eq!(json(home, &["list", "subject", "--as-of", "2001-01-01"]), value!([]));
    assert_eq!(json(home, &["list", "subject", "--whose", "own"]).as_array().unwrap().len(), 2);
}
