//! Lists: each filter alone and with others, in every form, in three languages; measures that end soon.

use std::path::Path;

use isnad_tests::binary::{Consortium, RunningNode, TCP, json, refused, say};
use serde_json::Value;

const DATASET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/data/incidents.json");

fn records(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|line| line["record"].as_str().unwrap()).collect()
}

fn has(line: &Value, list: &str, is: impl Fn(&str) -> bool) -> bool {
    line[list]
        .as_array()
        .is_some_and(|all| all.iter().any(|one| one.as_str().or(one["text"].as_str()).is_some_and(&is)))
}

fn is_at(line: &Value, area: impl Fn(f64, f64) -> bool) -> bool {
    let number = |text: &Value| text.as_str().unwrap().parse::<f64>().unwrap();
    let spots = line["spots"].as_array();
    spots.is_some_and(|spots| {
        spots.iter().filter_map(|spot| spot["at"].as_array()).any(|at| area(number(&at[0]), number(&at[1])))
    })
}

/// What a list says without and beside a node, which must be the same.
fn check_filters(home: &Path) {
    let all = json(home, &["list", "incident"]);
    let own = json(home, &["who"])["own"].as_str().unwrap().to_owned();
    type Filter<'a> = (&'a [&'a str], &'a dyn Fn(&Value) -> bool);
    let filters: [Filter<'_>; 11] = [
        (&["--agent", "nerve"], &|line| {
            has(line, "agents", |agent| {
                ["sarin", "vx", "tabun", "novichok", "soman", "nerve_agent_unspecified", "organophosphorus_unspecified"]
                    .contains(&agent)
            })
        }),
        (&["--agent", "chlorine,sarin"], &|line| has(line, "agents", |agent| agent == "chlorine" || agent == "sarin")),
        (&["--place", "ALEPPO"], &|line| {
            let is_it = |place: &str| place.to_lowercase().split([' ', '-']).any(|word| word == "aleppo");
            has(line, "places", is_it) || has(line, "regions", is_it)
        }),
        (&["--country", "sy"], &|line| has(line, "countries", |code| code == "sy")),
        (&["--country", "Syrie، العراق"], &|line| has(line, "countries", |code| code == "sy" || code == "iq")),
        (&["--agent", "السارين (GB)،Chlore"], &|line| {
            has(line, "agents", |agent| agent == "chlorine" || agent == "sarin")
        }),
        (&["--bbox", "33,36,34,37"], &|line| {
            is_at(line, |lat, lon| (33.0..=34.0).contains(&lat) && (36.0..=37.0).contains(&lon))
        }),
        (&["--bbox=-90,100,90,40"], &|line| is_at(line, |_, lon| !(40.0..100.0).contains(&lon) || lon == 40.0)),
        (&["--status", "alleged"], &|line| has(line, "statuses", |status| status == "alleged")),
        (&["--contested"], &|line| line["contested"] == true),
        (&["--organisation", &own[..10]], &|line| has(line, "organisations", |one| one == own)),
    ];
    for (options, is_asked) in filters {
        let found = json(home, &[&["list", "incident"], options].concat());
        let all = all.as_array().unwrap().iter();
        let expected: Vec<&str> =
            all.filter(|line| is_asked(line)).map(|line| line["record"].as_str().unwrap()).collect();
        assert_eq!(records(&found), expected, "{options:?}");
        assert!(options[0] == "--contested" || !expected.is_empty(), "{options:?} finds nothing");
    }
}

#[test]
fn a_filter_takes_what_it_says_with_and_without_a_node() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    json(home, &["import", DATASET]);
    check_filters(home);
    let cold =
        ["title", "claims", "changed"].map(|sort| json(home, &["list", "incident", "--sort", sort, "--reverse"]));
    let node = RunningNode::start(home, TCP, &[]);
    check_filters(home);
    let warm =
        ["title", "claims", "changed"].map(|sort| json(home, &["list", "incident", "--sort", sort, "--reverse"]));
    assert!(cold == warm, "a node says what its home says");
    // What is said while it runs is in the next list.
    let incident = records(&json(home, &["list", "incident"]))[0].to_owned();
    json(home, &["claim", "add", &incident, "alias", "a new alias for it"]);
    let found = json(home, &["list", "incident", "--search", "A NEW alias"]);
    assert_eq!(records(&found), [incident.as_str()]);
    let by_word = json(home, &["list", "حوادث", "--search", "a new alias"]);
    assert_eq!(records(&by_word), [incident.as_str()]);
    assert_eq!(node.stop("TERM"), 0);
}

#[test]
fn a_list_has_every_form_and_none_does_harm() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    json(home, &["import", DATASET]);
    let all = json(home, &["list", "incident"]);
    let incident = records(&all)[0].to_owned();
    let hostile = "=HYPERLINK(\"x\")";
    json(home, &["claim", "add", &incident, "title", hostile, "--in", "de"]);
    // What hides or turns what stands beside it is not signed at all.
    refused(home, &["claim", "add", &incident, "title", "\u{9b}2J\u{202e}", "--in", "de"], 3);
    let count = all.as_array().unwrap().len();
    let form = |form: &str| say(home, &["list", "incident", "--format", form]).out;
    let lines: Vec<Value> = form("jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), count);
    let map: Value = serde_json::from_str(&form("geojson")).unwrap();
    let features = map["features"].as_array().unwrap();
    assert!(features.len() >= count && map["type"] == "FeatureCollection");
    for feature in features {
        let geometry = &feature["geometry"];
        assert!(geometry.is_null() || geometry["coordinates"][0].as_f64().unwrap().abs() <= 180.0);
        assert!(feature["properties"]["organisation_name"].is_string());
    }
    let csv = form("csv");
    assert!(csv.starts_with("record,kind,title,") && csv.lines().count() > count);
    assert!(csv.contains("'=HYPERLINK") && !csv.contains(",=HYPERLINK") && !csv.contains("\"=HYPERLINK"), "{csv}");
    for text in [form("json"), form("jsonl"), form("csv"), form("geojson"), form("table")] {
        assert!(!text.contains(['\u{9b}', '\u{202e}', '\u{1b}']), "{text}");
    }
    // On a phone nothing is wider than it; of a long list a person is told how much there is.
    let short = say(home, &["list", "incident", "--limit", "3"]).out;
    assert!(short.contains(&format!("3 of {count} shown")), "{short}");
    assert_eq!(records(&json(home, &["list", "incident", "--limit", "3"])), records(&all)[..3]);
}

#[test]
fn measures_are_found_by_whom_they_name_and_told_with_all_of_them() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    json(home, &["import", DATASET]);
    let all = json(home, &["list", "designation"]);
    let named = |line: &Value| {
        let named = line["named"].as_object().unwrap().values().flat_map(|named| named.as_array().unwrap());
        named.map(|one| one["record"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let subjects = json(home, &["list", "subject", "--search", "technolab"]);
    let technolab = records(&subjects)[0].to_owned();
    let expected: Vec<&str> = all
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| named(line).contains(&technolab))
        .map(|line| line["record"].as_str().unwrap())
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(records(&json(home, &["list", "designation", "--search", "TECHNOLAB"])), expected);
    let csv = say(home, &["list", "designation", "--search", "technolab", "--format", "csv"]).out;
    // A title has room for two; the cell holds all, each with its id, behind who says so.
    let most = json(home, &["list", "designation", "--search", "technolab"]);
    let subjects = named(&most[0]);
    for subject in subjects.iter().filter(|record| record.starts_with("subject/")) {
        assert!(csv.contains(&format!("[{subject}]")), "{csv}");
    }
    assert!(csv.contains("asset_freeze") && csv.contains("Organisation 0: Technolab ["), "{csv}");
}

#[test]
fn a_place_is_found_by_its_region_as_people_type_it_and_by_whole_words() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    for (file, form) in [
        ("saraqib.txt", "title [ar]: هجوم الغوطة\nplace: سراقب؛ إدلب؛ سوريا\n"),
        ("halabja.txt", "title [ar]: حلبجة\nplace: ar: حلبجة; Iraq\n"),
        ("khan.txt", "title [en]: Khan al-Assal\nplace: Khan al-Assal; region: Aleppo; Syria\n"),
    ] {
        json(home, &["record", "new", "incident", "--from", &consortium.file(file, form)]);
    }
    let titles = |options: &[&str]| {
        let found = json(home, &[&["list", "incident"], options].concat());
        let title = |line: &Value| line["labels"][0]["text"].as_str().unwrap().to_owned();
        found.as_array().unwrap().iter().map(title).collect::<Vec<_>>()
    };
    assert_eq!(titles(&["--place", "ادلب"]), ["هجوم الغوطة"]);
    assert_eq!(titles(&["--place", "حلب"]), [""; 0], "Aleppo is no part of Halabja");
    assert_eq!(titles(&["--place", "aleppo"]), ["Khan al-Assal"]);
    assert_eq!(titles(&["--search", "الغوطه"]), ["هجوم الغوطة"]);
    assert_eq!(titles(&["--search", "khan  al assal"]), ["Khan al-Assal"]);
}

#[test]
fn a_freeze_that_another_member_renewed_is_neither_lost_nor_silently_over() {
    let consortium = Consortium::found(2);
    let [home, other] = &consortium.homes[..] else { unreachable!() };
    json(home, &["import", DATASET]);
    let all = json(home, &["--today", "2018-06-01", "list", "designation", "--in-force"]);
    let all = all.as_array().unwrap().iter();
    let mut freeze =
        all.filter(|line| line["in_force"]["until"] == "2018-11-18").map(|line| line["record"].as_str().unwrap());
    let freeze = freeze.next_back().unwrap().to_owned();
    let one = RunningNode::start(home, TCP, &[]);
    let two = RunningNode::start(other, TCP, &one.listening);
    two.wait_for(&format!("/records/{freeze}"), |_, view| view.to_string().contains("\"end\"").then_some(()));
    let renewed = json(other, &["claim", "add", &freeze, "end", "18 May 2019"]);
    let claim = renewed["claims"][0].as_str().unwrap();
    one.wait_for(&format!("/records/{freeze}"), |_, view| view.to_string().contains(claim).then_some(()));
    for node in [home, other] {
        let due = json(node, &["--today", "2019-04-01", "due", "--within", "60d"]);
        let due = due["due"].as_array().unwrap().iter().find(|due| due["record"]["record"] == freeze.as_str());
        assert_eq!(due.unwrap_or_else(|| panic!("it is due"))["until"], "2019-05-18");
        let listed = json(node, &["list", "designation", "--in-force", "2019-01-01"]);
        assert!(records(&listed).contains(&freeze.as_str()), "{listed}");
    }
    assert_eq!(one.stop("TERM") + two.stop("TERM"), 0);
}

#[test]
fn records_that_the_reader_takes_for_one_stand_together_in_a_list() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    json(home, &["import", DATASET]);
    let all = json(home, &["list", "incident"]);
    let all = records(&all);
    let (first, last) = (all[0], all[all.len() - 1]);
    json(home, &["judge", first, last, "same"]);
    let grouped = json(home, &["list", "incident", "--judgements", "own"]);
    let order = records(&grouped);
    assert_eq!(
        (order.len(), order[0], order[1]),
        (all.len(), first, last),
        "none is left out, and both stand together"
    );
    assert_eq!(grouped[0]["same_as"], serde_json::json!([last]));
    assert_eq!(grouped[1]["same_as"], serde_json::json!([first]));
    assert_eq!(records(&json(home, &["list", "incident"])), all, "nothing is put together by itself");
    let table = say(home, &["list", "incident", "--judgements", "own", "--limit", "2"]).out;
    assert_eq!(table.matches("\n          = ").count(), 2, "{table}");
}

#[test]
fn an_export_says_of_what_it_was_made_and_hides_no_answer() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    json(home, &["import", DATASET]);
    let subjects = json(home, &["list", "subject"]);
    let [one, other] = [0, 1].map(|at| records(&subjects)[at].to_owned());
    json(home, &["judge", &one, &other, "different"]);
    let line = |record: &str, more: &[&str]| {
        let list = json(home, &[&["list", "subject"], more].concat());
        let mut lines = list.as_array().unwrap().iter();
        lines.find(|line| line["record"] == record).unwrap().clone()
    };
    // Whichever of the two it is said on, and whoever counts.
    let other_whose = json(home, &["who"])["organisations"][1]["id"].as_str().unwrap().to_owned();
    for (record, not_it) in [(&one, &other), (&other, &one)] {
        for policy in [&[][..], &["--order", "court"]] {
            assert_eq!(line(record, policy)["not_same_as"], serde_json::json!([not_it]), "{policy:?}");
        }
    }
    let made_of = &line(&one, &["--order", "court"])["made_of"];
    assert_eq!(made_of["policy"]["order"], serde_json::json!(["court"]));
    assert_eq!(made_of["frontier"].as_str().unwrap().len(), 64);
    assert!(line(&one, &[])["made_of"]["policy"].is_null());
    let csv = |more: &[&str]| {
        let said = say(home, &[&["--today", "2026-01-01", "list", "subject", "--format", "csv"], more].concat());
        let lines: Vec<String> = said.out.lines().map(|line| line.trim_end().to_owned()).collect();
        (lines, said.err)
    };
    let (plain, aside) = csv(&[]);
    assert!(
        plain[0]
            .ends_with("identifiers,subjects,incidents,authorities,measures,same_as,read_on,use_by,entries,frontier"),
        "{}",
        plain[0]
    );
    assert!(plain[1].contains("2026-01-01,2026-01-31,") && aside.is_empty(), "{}", plain[1]);
    let (chosen, aside) = csv(&["--first", &other_whose]);
    assert!(chosen[0].ends_with("frontier,as_of,policy") && aside.contains("policy"), "{aside}");
    // A freeze that lapses by itself ends the use of the list that names it.
    let listed = json(home, &["--today", "2018-11-01", "list", "designation", "--in-force"]);
    assert_eq!(listed[0]["made_of"]["use_by"], "2018-11-18", "{listed}");
    assert!(json(home, &["list", "designation", "--in-force", "2018-11-01"])[0]["made_of"]["use_by"].is_null());
    let past = json(home, &["--today", "2026-01-01", "list", "designation", "--in-force", "2018-11-01"]);
    assert!(past.as_array().unwrap().iter().all(|line| line["in_force"]["state"] != "term_over"), "{past}");
}

#[test]
fn what_has_no_title_is_listed_by_what_it_says() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    json(home, &["import", DATASET]);
    for kind in ["attribution", "finding", "designation"] {
        let list = json(home, &["list", kind]);
        for line in list.as_array().unwrap() {
            let about = &line["about"];
            let named = |list: &str| about[list].as_array().map_or(0, Vec::len);
            // Some measures name nobody.
            assert!(named("bodies") > 0 && named("codes") > 0, "{line}");
            assert!(kind == "designation" || named("subjects") + named("incidents") > 0, "{line}");
            assert!(about["bodies"][0]["labels"][0]["text"].is_string(), "{line}");
        }
        let table = say(home, &["list", kind, "--limit", "1"]).out;
        assert!(!table.contains(&format!("{kind}/")), "{table}");
    }
}

#[test]
fn what_ends_soon_is_due_by_the_readers_day() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    json(home, &["import", DATASET]);
    let due = |day: &str, more: &[&str]| {
        json(home, &[&["--today", day, "due"], more].concat())["due"].as_array().unwrap().len()
    };
    let (soon, late) = (due("2018-11-01", &[]), due("2018-11-19", &[]));
    assert!(soon > late, "{soon} measures before the end, {late} behind it");
    assert!(due("2018-11-19", &["--over"]) > late && due("2018-10-01", &["--within", "2m"]) >= soon);
    let text = say(home, &["--today", "2018-11-01", "due"]).out;
    for part in ["2018-11-18", "days left: 17", "isnad claim add designation/", "legal basis: "] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let csv = say(home, &["--today", "2018-11-01", "due", "--format", "csv"]).out;
    assert_eq!(csv.lines().count(), soon + 1);
}

#[test]
fn what_is_mistyped_is_told_in_three_languages() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    json(home, &["import", DATASET]);
    for (arguments, code) in [
        (&["list", "incidence"][..], "list_kind"),
        (&["list", "incident", "--bbox", "1,2,3"], "list_bbox"),
        (&["list", "incident", "--from", "last week"], "list_from"),
        (&["list", "incident", "--until", "2018-13"], "list_until"),
        (&["list", "incident", "--from", "2019", "--until", "2018"], "list_reversed"),
        (&["list", "incident", "--in-force"], "list_in_force"),
        (&["list", "designation", "--in-force", "2018"], "list_day"),
        (&["list", "incident", "--changed-since", "monday"], "list_since"),
        (&["list", "incident", "--country", "Atlantis"], "list_country"),
        (&["list", "incident", "--organisation", "nobody"], "list_organisation"),
        (&["list", "incident", "--according-to", "nobody at all"], "list_body"),
        (&["list", "incident", "--agent", "sarn"], "list_code"),
        (&["due", "--within", "soon"], "due_within"),
        (&["due", "--format", "geojson"], "due_format"),
    ] {
        let said = ["ar", "en", "fr"].map(|language| {
            let problem = refused(home, &[&["--lang", language], arguments].concat(), 2);
            assert_eq!(problem["code"], code, "{problem}");
            problem["error"].as_str().unwrap().to_owned()
        });
        assert!(said[0] != said[1] && said[1] != said[2], "{said:?}");
    }
}

#[test]
fn a_body_that_concluded_is_told_with_whose_word_that_is() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    json(home, &["import", DATASET]);
    let map: Value = serde_json::from_str(&say(home, &["list", "incident", "--format", "geojson"]).out).unwrap();
    let name = map["features"][0]["properties"]["organisation_name"].as_str().unwrap().to_owned();
    let status = map["features"][0]["properties"]["statuses"][0].as_str().unwrap();
    assert!(status.starts_with(&format!("{name}: ")), "{status}");
    let table = say(home, &["list", "attribution"]).out;
    assert!(table.starts_with(&format!("As {name} says it")), "once for all lines: {table}");
    let csv = say(home, &["list", "attribution", "--format", "csv"]).out;
    for row in csv.lines().skip(1) {
        assert!(row.contains(&format!("{name} says: ")) && row.contains(&format!("{name}: ")), "{row}");
    }
    let page = say(home, &["show", "khan-al-assal-2013-03-19", "--brief"]).out;
    assert!(page.contains(&format!("signed by {name}")), "{page}");
}

#[test]
fn a_list_tells_dates_in_words() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let form = "title [en]: X\ndate: 4-5 August 2013\nalias: the-alias\n";
    json(home, &["record", "new", "incident", "--from", &consortium.file("form.txt", form)]);
    for (lang, date) in [("en", "4–5 Aug 2013"), ("fr", "4–5 août 2013"), ("ar", "4–5 أغسطس 2013")] {
        let table = say(home, &["--lang", lang, "list", "incident"]).out;
        assert!(table.contains(date) && table.contains("the-alias"), "{table}");
    }
}

/// Every record of a kind is contested in the list where its page says so; how many are.
fn check_contested(node: &RunningNode, home: &Path, kind: &str) -> usize {
    let list = json(home, &["list", kind]);
    for line in list.as_array().unwrap() {
        let record = line["record"].as_str().unwrap();
        let (_, page) = node.get(&format!("/records/{record}")).unwrap();
        assert_eq!(line["contested"], page["computed"]["contested"], "{record}");
    }
    let contested: Vec<&Value> = list.as_array().unwrap().iter().filter(|line| line["contested"] == true).collect();
    let found = json(home, &["list", kind, "--contested"]);
    assert_eq!(found.as_array().unwrap().iter().collect::<Vec<_>>(), contested, "{kind}");
    contested.len()
}

#[test]
fn a_list_says_that_a_record_is_contested_where_its_page_does() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    json(home, &["import", DATASET]);
    let cold = json(home, &["list", "incident", "--contested"]);
    let node = RunningNode::start(home, TCP, &[]);
    for kind in ["incident", "subject", "organisation", "source", "finding", "attribution", "designation", "case"] {
        check_contested(&node, home, kind);
    }
    let count = check_contested(&node, home, "incident");
    assert!(count > 0, "bodies conclude differently about some incident");
    assert_eq!(cold, json(home, &["list", "incident", "--contested"]));
    // By another policy, and as of a day, it is worked out anew.
    for more in [["--order", "court"], ["--as-of", "2999-12-31"]] {
        let found = json(home, &[&["list", "incident", "--contested"], &more[..]].concat());
        assert_eq!(records(&found), records(&cold), "{more:?}");
    }
    assert_eq!(records(&json(home, &["list", "incident", "--contested", "--as-of", "2000-01-01"])), [""; 0]);
    // In every form.
    let form = |form: &str| say(home, &["list", "incident", "--contested", "--format", form]).out;
    let table = form("table");
    assert!(table.matches('≠').count() > count && table.contains(&format!("contested: {count}")), "{table}");
    let map: Value = serde_json::from_str(&form("geojson")).unwrap();
    assert!(map["features"].as_array().unwrap().iter().all(|feature| feature["properties"]["contested"] == true));
    let csv = form("csv");
    let mut rows = csv.lines();
    let is_before_changed = rows.next().is_some_and(|head| head.contains(",contested,changed,"));
    assert!(is_before_changed && rows.clone().count() == count && rows.all(|row| row.contains(",true,")), "{csv}");
    assert_eq!(node.stop("TERM"), 0);
}

#[test]
fn what_another_organisation_concludes_makes_a_record_contested_in_a_list() {
    let consortium = Consortium::found(2);
    let [one, other] = &consortium.homes[..] else { unreachable!() };
    let claims = |text: &str| consortium.file("claims.json", format!(r#"{{"claims": [{text}]}}"#));
    let new = |home: &Path, kind: &str, text: &str| {
        json(home, &["record", "new", kind, "--from", &claims(text)])["record"].as_str().unwrap().to_owned()
    };
    let title = |title: &str| format!(r#"{{"prop": "title", "value": "{title}", "lang": "en"}}"#);
    let incidents: Vec<String> = (0..40).map(|at| new(one, "incident", &title(&format!("Incident {at}")))).collect();
    let source = new(one, "source", &title("A report"));
    let finding = |home: &Path, outcome: &str, about: &[String]| {
        let weight = format!(
            r#""basis": [{{"source": "{source}"}}], "standard": "reasonable_grounds", "wording": {{"unavailable": "not_seen"}}"#
        );
        let outcome = format!(r#"{{"prop": "outcome", "value": "{outcome}", {weight}}}"#);
        let about = about.iter().map(|incident| format!(r#"{{"prop": "incident", "value": "{incident}"}}"#));
        new(home, "finding", &[outcome].into_iter().chain(about).collect::<Vec<_>>().join(", "))
    };
    finding(one, "confirmed_use", &incidents[..1]);
    finding(one, "likely_use", &incidents[1..3]);
    let (node, peer) = {
        let node = RunningNode::start(one, TCP, &[]);
        let peer = RunningNode::start(other, TCP, &node.listening);
        peer.agrees_with(one);
        (node, peer)
    };
    assert_eq!(check_contested(&node, one, "incident"), 0);
    let wait_for =
        |finding: &str| node.wait_for(&format!("/records/{finding}"), |status, _| (status == 200).then_some(()));
    wait_for(&finding(other, "not_used", &incidents[..1]));
    let contested = json(one, &["list", "incident", "--contested"]);
    assert_eq!(records(&contested), [&incidents[0]]);
    assert_eq!(check_contested(&node, one, "incident"), 1);
    // One that concludes on more than a row has room for is looked at all the same.
    let of_all = finding(other, "not_used", &incidents);
    wait_for(&of_all);
    assert_eq!(check_contested(&node, one, "incident"), 3);
    // Where the other one does not count nothing is contested, and nothing is when it takes it back.
    let own = json(one, &["who"])["own"].as_str().unwrap().to_owned();
    assert_eq!(json(one, &["list", "incident", "--contested", "--whose", &own]).as_array().unwrap().len(), 0);
    let outcome = json(other, &["show", &of_all]);
    let outcome = outcome["properties"].as_array().unwrap().iter().find(|said| said["prop"] == "outcome").unwrap();
    json(
        other,
        &[
            "claim",
            "retract",
            &of_all,
            outcome["claims"][0]["id"].as_str().unwrap(),
            "--reason",
            "error",
            "--note",
            "x",
        ],
    );
    node.agrees_with(other);
    assert_eq!(check_contested(&node, one, "incident"), 1);
    drop(peer);
}
