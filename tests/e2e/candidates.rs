//! Records that may be the same: proposed with reasons, judged by a person, merged by nobody. MODEL §8, journey 7.

use isnad_tests::binary::{Consortium, json, say};
use unicode_width::UnicodeWidthStr;

const DATASET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/data/incidents.json");

#[test]
fn pairs_come_with_reasons_and_those_judged_different_only_when_asked_for() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    json(home, &["import", DATASET]);
    let marea = ["list", "incident", "--same-as", "marea-2015-08-21"];
    assert_eq!(json(home, &marea)["pairs"], serde_json::json!([]), "the dataset says that they are two");
    let found = json(home, &[&marea[..], &["--judged"]].concat());
    let pair = &found["pairs"][0];
    let reasons: Vec<&str> =
        pair["reasons"].as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["metres", "days", "agent_equal", "names"], "{pair}");
    assert_eq!(pair["reasons"][1]["values"]["days"], "11");
    assert_eq!(pair["judged"][0][1], "negative");
    for language in ["ar", "en", "fr"] {
        let said = say(home, &[&["--lang", language], &marea[..], &["--judged"]].concat());
        assert!(said.out.contains("isnad judge") && said.out.contains("11"), "{language}: {}", said.out);
        // In columns, not characters: Arabic marks take none, and lam and alef one between them.
        assert!(said.out.lines().all(|line| line.width() <= 80), "{language}: {}", said.out);
    }
}

#[test]
fn what_a_list_proposes_is_decided_by_the_command_that_it_shows() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    json(home, &["import", DATASET]);
    let list = ["list", "incident", "--same-as"];
    let before = json(home, &list);
    let pair = &before["pairs"][0];
    let (first, second) = (pair["first"].as_str().unwrap(), pair["second"].as_str().unwrap());
    json(home, &["judge", first, second, "different"]);
    let after = json(home, &list);
    let is_it = |other: &&serde_json::Value| other["first"] == first && other["second"] == second;
    assert!(!after["pairs"].as_array().unwrap().iter().any(|other| is_it(&other)));
    assert_eq!(after["pairs"].as_array().unwrap().len() + 1, before["pairs"].as_array().unwrap().len());
}

#[test]
fn the_pairs_of_one_record_are_those_that_all_pairs_have_of_it() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    json(home, &["import", DATASET]);
    for kind in ["incident", "source"] {
        let pairs = |more: &[&str]| {
            let all = [&["list", kind, "--same-as"], more, &["--min-score", "10", "--judged", "--limit", "100000"]];
            json(home, &all.concat())["pairs"].as_array().unwrap().clone()
        };
        let all = pairs(&[]);
        for named in ["first", "second"] {
            let record = all[0][named].as_str().unwrap();
            let expected: Vec<_> =
                all.iter().filter(|pair| pair["first"] == record || pair["second"] == record).cloned().collect();
            assert_eq!(pairs(&[record]), expected, "{record}");
        }
    }
}

#[test]
fn a_claim_is_explained_by_the_beginning_of_its_id_whoever_says_it() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    json(home, &["import", DATASET]);
    let view = json(home, &["show", "marea-2015-08-21"]);
    for property in view["properties"].as_array().unwrap() {
        let claim = property["claims"][0]["id"].as_str().unwrap();
        let found = say(home, &["--json", "explain", &claim[..8]]);
        // The same words may stand on several records, which are then named.
        assert!(found.code == 0 || found.err.contains("ambiguous"), "{claim}: {}", found.err);
    }
}
