//! Journeys 6 to 8: who says what, which records are one, and how well a figure is corroborated.

use std::path::Path;

use isnad_tests::binary::{Consortium, json};
use serde_json::{Value, json as value};

use super::{LANGUAGES, Two, claims, flat, shows, told, told_flat, told_wide, write};

const KHAN_AL_ASSAL: &str = "khan-al-assal-2013-03-19";

#[test]
fn journey_6_an_incident_shows_each_body_with_its_words_standard_and_date_and_each_count() {
    let two = Two::with_incidents();
    let analyst = two.home(1);
    let before = json(analyst, &["digest"]);
    let page = told(analyst, "en", &["show", KHAN_AL_ASSAL]);
    let bars = page.lines().filter(|line| line.contains("|--")).map(flat).collect::<Vec<_>>();
    assert_eq!(bars.len(), 4, "one bar for each claimant and kind of casualty: {page}");
    shows(&flat(&page), &["killed 25 or more (2 accounts, computed)", "injured 86 or more (2 accounts, computed)"]);
    assert!(!page.contains("51"), "counts of several claimants are never added: {page}");
    let flattened = flat(&page);
    for conclusion in [
        "≠ Government of the Russian Federation: responsible — Armed opposition groups in Syria (unspecified) \
         standard of proof: no standard stated; 9 July 2013 “Attributed to opposition forces.”",
        "≠ Government of the United States: responsible — Syrian Arab Republic (authorities before 8 December 2024) \
         standard of proof: intelligence assessment",
        "standard of proof: reasonable grounds to believe; 12 February 2014 “Agents bore the same unique hallmarks",
        "use likely or probable standard of proof: credible information; 13 December 2013 “Collected credible information",
    ] {
        shows(&flattened, &[conclusion]);
    }
    let (_, timeline) = flattened.split_once("timeline • ").unwrap();
    let order = ["9 July 2013", "13 December 2013", "12 February 2014", "not dated: 1"];
    let places = order.map(|date| timeline.find(date).unwrap());
    assert!(places.is_sorted(), "{timeline}");

    // On a wide terminal conclusions are a table; in each language the bodies' own words stay as they are.
    shows(&told_wide(analyst, &["show", KHAN_AL_ASSAL]), &["who says so", "standard of proof"]);
    for (language, word) in LANGUAGES.into_iter().zip(["التسلسل الزمني", "timeline", "chronologie"]) {
        let page = flat(&told(analyst, language, &["show", KHAN_AL_ASSAL]));
        shows(&page.to_lowercase(), &["attributed to opposition forces.", "خان العسل", word]);
    }
    // Reading leaves nothing behind, and nothing for others.
    assert_eq!(json(analyst, &["digest"]), before);
    assert_eq!(json(analyst, &["status"])["sent"]["entries"], 0);
}

fn subject(home: &Path, name: &str, language: &str) -> String {
    let name = value!({ "prop": "name", "value": { "text": name, "type": "primary" }, "lang": language });
    write(home, "subject", &value!([{ "prop": "subject_type", "value": "group" }, name]))
}

fn same(view: &Value) -> usize {
    view["identity"]["same"].as_array().map_or(0, Vec::len)
}

#[test]
fn journey_7_pairs_come_with_reasons_and_each_reader_follows_whom_he_chooses() {
    let two = Two::with_incidents();
    let (one, other) = (two.home(0), two.home(1));
    let pair = ["list", "incident", "--same-as", "marea-2015-08-21", "--judged"];
    let proposed = told_flat(other, &pair);
    shows(
        &proposed,
        &["0 m apart", "11 days apart", "the same agent: sulfur mustard", "Organisation 0 says: different"],
    );
    shows(&told_flat(other, &["list", "incident", "--same-as"]), &["m apart", "days apart", "isnad judge"]);

    let latin = subject(one, "Kataib Khalid ibn al-Walid", "en");
    let arabic = subject(other, "كتائب خالد بن الوليد", "ar");
    two.agree();
    for home in [one, other] {
        let pairs = told_flat(home, &["list", "subject", "--same-as", &latin]);
        shows(&pairs, &["Kataib Khalid ibn al-Walid", "كتائب خالد بن الوليد", "letter by letter"]);
        assert!(pairs.contains("kha=خا") || pairs.contains("خا=kha"), "{pairs}");
    }
    json(one, &["judge", &latin, &arabic, "same", "--explain", "the same spelling"]);
    json(other, &["judge", &latin, &arabic, "different", "--explain", "two units of one name"]);
    two.agree();
    let judged = told_flat(one, &["list", "subject", "--same-as", &arabic, "--judged"]);
    shows(&judged, &["Organisation 0 says: the same", "Organisation 1 says: different"]);
    // Nobody's judgement is everybody's: own, a partner's, or what most say.
    for (home, policy, count) in [
        (one, "none", 0),
        (one, "own", 1),
        (one, "Organisation 1", 0),
        (other, "own", 0),
        (other, "Organisation 0", 1),
        (other, "majority", 0),
    ] {
        let view = json(home, &["show", &arabic, "--judgements", policy]);
        assert_eq!(same(&view), count, "{policy}: {}", view["identity"]);
    }
    // Undone at any time: the verdict changes, and the earlier one stays in the history.
    json(one, &["judge", &latin, &arabic, "unsure"]);
    assert_eq!(same(&json(one, &["show", &arabic, "--judgements", "own"])), 0);
    let story = told_flat(one, &["history", &latin]);
    shows(&story, &["the same spelling"]);
}

#[test]
fn journey_8_five_organisations_on_one_video_and_one_laboratory_are_two_sources() {
    let consortium = Consortium::found(5);
    let homes = consortium.homes.clone();
    let title = |text: &str| value!({ "prop": "title", "value": text, "lang": "en" });
    let incident = write(&homes[0], "incident", &value!([title("Sarmin")]));
    let video = write(&homes[0], "evidence", &evidence("Video of the yard", "ab"));
    let laboratory = write(&homes[0], "evidence", &evidence("Analysis of a sample", "cd"));
    let share = |from: usize, to: usize| {
        let file = consortium.path("carried");
        json(&homes[from], &["carry", "out", &file]);
        json(&homes[to], &["carry", "in", &file]);
    };
    // Three press reports on the video, a ministry that also saw it, and one organisation that had a sample analysed.
    let mut first = None;
    for (number, home) in homes.iter().enumerate() {
        if number > 0 {
            share(0, number);
        }
        let basis = match number {
            0 => laboratory.clone(),
            4 => video.clone(),
            _ => {
                let report = value!([title(&format!("Report {number}")), { "prop": "kind", "value": "press" }]);
                let mut report = report;
                report[0]["basis"] = value!([{ "source": video }]);
                write(home, "source", &report)
            }
        };
        let agent = value!({ "prop": "agent", "value": { "code": "chlorine" }, "basis": [{ "source": basis }] });
        let file = consortium.file("agent.json", agent.to_string());
        let claim = json(home, &["claim", "add", &incident, "--from", &file])["claims"][0].clone();
        first.get_or_insert(claim);
        if number > 0 {
            share(number, 0);
        }
    }
    let mut two = Two { consortium, nodes: Vec::new() };
    two.connect();
    for home in [two.home(0), two.home(1)] {
        let view = json(home, &["show", &incident]);
        let claim = claims(&view, "agent")[2]["id"].as_str().unwrap().to_owned();
        let agent = view["properties"].as_array().unwrap().iter().find(|property| property["prop"] == "agent").unwrap();
        let found = &agent["computed"]["corroboration"][0];
        assert_eq!((&found["organisations"], &found["independent_sources"]), (&value!(5), &value!(2)));
        let words = [
            ("en", "5 organisations, 2 independent sources"),
            ("fr", "5 organisations, 2 sources indépendantes"),
            ("ar", "5 منظمات، مصدران مستقلان"),
        ];
        for (language, words) in words {
            shows(&flat(&told(home, language, &["explain", &claim])), &[words]);
        }
        // The graph: the report, below it the video, where it begins; and who else comes to it.
        let tree = told_flat(home, &["explain", &video_claim(home, &incident)]);
        shows(&tree, &["← Report", "← Video of the yard", "begins here"]);
        assert_eq!(tree.matches("Video of the yard").count().min(1), 1);
        let explained = json(home, &["explain", &video_claim(home, &incident)]);
        assert!(explained["shares"].as_array().unwrap().len() >= 3, "{explained}");
    }
}

fn evidence(title: &str, byte: &str) -> Value {
    value!([
        { "prop": "title", "value": title, "lang": "en" },
        { "prop": "digest", "value": { "alg": "sha-256", "hex": byte.repeat(32) } },
    ])
}

/// A claim that rests on a press report.
fn video_claim(home: &Path, incident: &str) -> String {
    let view = json(home, &["show", incident]);
    let agents = claims(&view, "agent");
    let rests = |claim: &&&Value| claim["basis"][0]["source"]["record"].as_str().unwrap().starts_with("source/");
    agents.iter().find(rests).unwrap()["id"].as_str().unwrap().to_owned()
}
