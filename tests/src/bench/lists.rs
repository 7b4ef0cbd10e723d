//! Lists of 100,000 records with 1,000,000 claims, by every filter: of a running node, by command, and by a command that opens
//! the home itself.

use std::path::Path;

use super::corpus::Corpus;
use super::node::{Api, Node};
use super::reading::{command, often, seconds};
use super::{Report, Size};

/// What every list and view is to stay below, in milliseconds.
const LIMIT_MS: f64 = 50.0;

/// Queries of incidents, and the options that ask the same.
const FILTERS: [(&str, &[&str]); 17] = [
    ("", &[]),
    ("&search=ghouta", &["--search", "ghouta"]),
    ("&place=aleppo", &["--place", "aleppo"]),
    ("&country=sy", &["--country", "sy"]),
    ("&bbox=33,36,34,37", &["--bbox", "33,36,34,37"]),
    ("&bbox=-80,170,80,40", &["--bbox=-80,170,80,40"]),
    ("&from=2017-04&until=2018-05", &["--from", "2017-04", "--until", "2018-05"]),
    ("&agent=nerve", &["--agent", "nerve"]),
    ("&organisation=2", &["--organisation", "2"]),
    ("&according_to=opcw", &["--according-to", "opcw"]),
    ("&standard=unstated", &["--standard", "unstated"]),
    ("&status=alleged", &["--status", "alleged"]),
    ("&contested=true", &["--contested"]),
    ("&changed_since=2023-12", &["--changed-since", "2023-12"]),
    ("&sort=title", &["--sort", "title"]),
    ("&sort=changed&reverse=true", &["--sort", "changed", "--reverse"]),
    ("&agent=chlorine&country=sy&from=2015", &["--agent", "chlorine", "--country", "sy", "--from", "2015"]),
];

pub(super) fn run(report: &mut Report, size: Size) {
    let corpus = Corpus::of_records(size);
    let home = &corpus.consortium.homes[0];
    let records = size.records as f64;
    {
        let node = Node::start(home, &[]);
        let mut api = node.api();
        let first = seconds(|| drop(api.get_bytes("/records?kind=1&limit=200&page=true")));
        report.beside("first list: every summary made", records / first, (records, "records"), "records/s");
        let record = corpus.incidents[corpus.incidents.len() / 2].to_string();
        running(report, &mut api, home, &record);
        report.beside("memory of the node", node.peak_bytes() as f64 / 1e6, (records / 1e3, "thousand records"), "MB");
    }
    cold(report, home, &corpus.incidents[0].to_string());
}

fn running(report: &mut Report, api: &mut Api, home: &Path, record: &str) {
    let mut at_most = |name: &str, seconds: f64| report.at_most(name, seconds * 1e3, LIMIT_MS, "ms");
    for (query, options) in FILTERS {
        let path = format!("/records?kind=1&limit=200&page=true{query}");
        at_most(&format!("list incident {}, API", options.join(" ")), often(|| drop(api.get_bytes(&path))));
        let arguments = [&["list", "incident"], options].concat();
        at_most(&format!("{}, command", arguments.join(" ")), often(|| command(home, &arguments)));
    }
    let in_force = "/records?kind=5&limit=200&page=true&in_force=2018-06-01";
    at_most("list designation --in-force 2018-06-01, API", often(|| drop(api.get_bytes(in_force))));
    at_most("due --within 30d, API", often(|| drop(api.get_bytes("/due?today=2018-11-01"))));
    let due = ["--today", "2018-11-01", "due"];
    at_most("due --within 30d, command", often(|| command(home, &due)));
    let attributions = "/records?kind=4&limit=200&page=true";
    at_most("list attribution, whose titles are made, API", often(|| drop(api.get_bytes(attributions))));
    let pairs = format!("/candidates?kind=1&record={record}");
    at_most("list incident --same-as RECORD, API", often(|| drop(api.get_bytes(&pairs))));
    // An alias is said of one record alone; the other words of the copies stand on hundreds.
    let view = api.get("/records/khan-al-assal-2013-03-19");
    let mut properties = view["properties"].as_array().expect("properties").iter();
    let aliases = properties.find(|property| property["prop"] == "alias").expect("an alias");
    let explain = format!("/explain/{}", &aliases["claims"][0]["id"].as_str().expect("a claim")[..12]);
    at_most("explain CLAIM, API", often(|| drop(api.get_bytes(&explain))));
    at_most("history, told as a story, API", often(|| drop(api.get_bytes(&format!("/story/{record}")))));
    at_most("show, API", often(|| drop(api.get_bytes(&format!("/records/{record}")))));
    at_most("show, command", often(|| command(home, &["show", record])));
    let all = often(|| drop(api.get_bytes("/records?kind=1")));
    report.beside("list incident, all of them in JSON, API", all * 1e3, (LIMIT_MS, "limit of a page"), "ms");
}

/// What a command takes that has no node to ask: most of it is the opening of the home.
fn cold(report: &mut Report, home: &Path, record: &str) {
    let opening = often(|| command(home, &["status"]));
    report.beside("opening the home and its status, command", opening * 1e3, (LIMIT_MS, "limit"), "ms");
    for (name, arguments) in [
        ("list incident, cold", &["list", "incident"][..]),
        ("list incident --agent nerve, cold", &["list", "incident", "--agent", "nerve"]),
        ("due, cold", &["--today", "2018-11-01", "due"]),
        ("show, cold", &["show", record]),
    ] {
        let whole = often(|| command(home, arguments));
        report.beside(name, whole * 1e3, (LIMIT_MS, "limit"), "ms");
        report.at_most(&format!("{name}, behind the opening"), (whole - opening).max(0.0) * 1e3, LIMIT_MS, "ms");
    }
}
