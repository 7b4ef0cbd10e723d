//! Journeys 1 to 3: prepare a naming, watch a freeze that lapses, dispute a partner's attribution.

use isnad_tests::binary::json;
use serde_json::{Value, json as value};

use super::{LANGUAGES, Two, claims, flat, found, shows, told, told_flat};

const FREEZE: &str = "designation/4c3daa95";

#[test]
fn journey_1_a_naming_is_prepared_with_all_that_speaks_for_and_against_it() {
    let two = Two::with_incidents();
    let (records, ministry) = (two.home(0), two.home(1));
    let page = told_flat(ministry, &["--today", "2026-01-01", "show", "technolab"]);
    shows(
        &page,
        &["designations: 1; cases: 0; replies: 1;", "term over, not verified: 18 May 2018 to 18 November 2018"],
    );
    shows(
        &page,
        &["Technolab replies: denies, press, 18 May 2018", "The owner told AFP", "← France freezes company assets"],
    );
    assert_eq!(claims(&json(ministry, &["show", FREEZE]), "duration")[0]["value"], "P6M");

    let text = two.consortium.file("naming.json", naming(ministry).to_string());
    let members = json(ministry, &["record", "new", "attribution", "--from", &text]);
    two.agree();
    assert_eq!(json(records, &["tasks"]), value!([]));
    // Later: the second person's approval on another device, and the claim that names the one it publishes (issue 9).
    let publish = ["record", "new", "attribution", "--from", &text, "--space", "public", "--preview"];
    let before = json(ministry, &["digest"]);
    let words = [
        ("ar", ["يقرؤه الجميع", "قبل النشر", "السند", "حق الرد", "المراجعة القانونية"]),
        ("en", ["read by everyone", "Before you publish", "basis", "right of reply", "legal review"]),
        ("fr", ["lu par tous", "Avant de publier", "fondement", "droit de réponse", "examen juridique"]),
    ];
    for (language, words) in words {
        let shown = told(ministry, language, &publish);
        shows(&flat(&shown), &words);
        shows(&shown, &["TLP:CLEAR", "Technolab", "La société a fourni du matériel.", "✓", "!"]);
        assert!(!shown.contains("[1] "), "{shown}");
    }
    assert_eq!(json(ministry, &["digest"]), before, "a preview signs nothing");

    // What members read already is told: the same words, on the record that they stand on.
    let record = members["record"].as_str().unwrap();
    json(ministry, &["claim", "add", record, "note", "Named by the ministry.", "--in", "en"]);
    let again =
        ["claim", "add", record, "note", "Named by the ministry.", "--in", "en", "--space", "public", "--preview"];
    shows(&told_flat(ministry, &again), &["of 1 claims the members see 1; nobody else sees any"]);
}

/// An attribution that names Technolab, with the words of a source and no standard.
fn naming(home: &std::path::Path) -> Value {
    let source = found(home, "source", "France freezes company assets");
    value!({ "claims": [
        { "prop": "outcome", "value": "alleged", "standard": "unstated", "basis": [{ "source": source }],
          "wording": { "text": "La société a fourni du matériel.", "lang": "fr" } },
        { "prop": "subject", "value": found(home, "subject", "technolab") },
        { "prop": "mandate", "value": "executive" },
        { "prop": "date", "value": "2018-05-18" },
    ] })
}

#[test]
fn journey_2_a_freeze_lapses_by_itself_and_is_renewed_by_the_command_that_is_shown() {
    let mut two = Two::with_incidents();
    let read = |two: &Two, number: usize, day: &str, more: &[&str]| {
        let view = json(two.home(number), &[&["--today", day, "show", FREEZE], more].concat());
        view["computed"]["state"]["state"].as_str().unwrap().to_owned()
    };
    let state = |two: &Two, number: usize, day: &str| read(two, number, day, &[]);
    let due = ["--today", "2018-11-01", "due", "--within", "30d"];
    assert_eq!(json(two.home(0), &due), json(two.home(1), &due));
    for language in LANGUAGES {
        let text = flat(&told(two.home(1), language, &due));
        shows(&text, &["2018-11-18", "L. 562-3", "isnad claim add designation/"]);
    }
    let count = json(two.home(1), &due)["due"].as_array().unwrap().len();
    shows(&told_flat(two.home(1), &due), &[&format!("measures that end by 2018-12-01: {count}"), "days left: 17"]);

    // Both are offline now: the last day is the same on each, by nothing but the day.
    two.part();
    for number in [0, 1] {
        assert_eq!([state(&two, number, "2018-11-18"), state(&two, number, "2018-11-19")], ["in_force", "term_over"]);
    }
    let text = told_flat(two.home(1), &due);
    let shown = text.split("isnad ").find(|part| part.starts_with("claim add designation/4c3daa95")).unwrap();
    let source = found(two.home(1), "source", "Three orders");
    let shown = shown.replace("YYYY-MM-DD", "2019-05-18").replace("RECORD", &source);
    let renew: Vec<&str> = shown.split_whitespace().filter(|word| *word != "\\").take(9).collect();
    json(two.home(1), &renew);
    let page = told_flat(two.home(1), &["--today", "2018-11-19", "show", FREEZE]);
    shows(&page, &["end ≠ contested according to Government of France, signed by Organisation 1"]);
    // Whoever renews what a partner entered does so in the own name: it stands beside the partner's word, and in its place for whoever
    // puts him first.
    shows(&page, &["term over", "Organisation 1: in force"]);
    let first: &[&str] = &["--first", "Organisation 1"];
    assert_eq!([read(&two, 1, "2018-11-19", first), state(&two, 1, "2018-11-19")], ["in_force", "term_over"]);
    shows(&told_flat(two.home(1), &due), &["Organisation 1 says: in force, 2019-05-18"]);
    two.connect();
    for number in [0, 1] {
        let days = ["2018-11-19", "2019-05-19"].map(|day| read(&two, number, day, first));
        assert_eq!(days, ["in_force", "term_over"]);
        assert_eq!(state(&two, number, "2018-11-19"), "term_over");
    }
}

#[test]
fn journey_3_a_dispute_changes_nothing_and_gives_the_partner_a_task() {
    let two = Two::with_incidents();
    let (partner, officer) = (two.home(0), two.home(1));
    let attribution = "attribution/7755ff85";
    let before = json(officer, &["show", attribution]);
    let outcome = claims(&before, "outcome")[0].clone();
    let claim = outcome["id"].as_str().unwrap();
    let source = found(officer, "source", "Final report of the UN Mission");
    // Without a reason they are listed, to pick from.
    let dispute = ["opinion", "dispute", attribution, &claim[..8]];
    let unpicked = isnad_tests::binary::say(officer, &dispute);
    assert!(unpicked.code != 0 && unpicked.err.contains("standard_not_met"), "{unpicked:?}");
    let why =
        ["--reason", "standard_not_met", "--text", "Its own words were not seen.", "--in", "en", "--source", &source];
    json(officer, &[&dispute[..], &why].concat());

    let task = two.nodes[0].wait_for("/tasks", |_, tasks| tasks.as_array()?.first().cloned());
    assert_eq!((&task["why"], &task["claim"]), (&"disputed".into(), &claim.into()));
    two.agree();
    let tasks = told_flat(partner, &["tasks"]);
    shows(&tasks, &["Organisation 1 disputes your claim", "standard of proof not met: Its own words were not seen."]);
    shows(&tasks, &["→ to answer: isnad opinion", "→ to correct the claim: isnad claim replace", "→ or let it stand"]);
    for home in [partner, officer] {
        let view = json(home, &["show", attribution]);
        let shown = claims(&view, "outcome")[0];
        for part in ["id", "value", "state", "signed", "wording", "according_to"] {
            assert_eq!(shown[part], outcome[part], "{part} is as it was");
        }
        assert_eq!(shown["disputed_by"].as_array().unwrap().len(), 1);
        let page = told_flat(home, &["show", attribution]);
        shows(&page, &["Organisation 1 disputes: standard of proof not met", "← Final report of the UN Mission"]);
        shows(&told_flat(home, &["show", attribution, "--brief"]), &["disputed by 1"]);
        shows(&told_flat(home, &["show", "khan-al-assal-2013-03-19"]), &["✗ Organisation 1 disputes"]);
    }
}
