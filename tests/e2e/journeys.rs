//! The journeys of MODEL §8 that a terminal can show, each on the nodes of two organisations that sync over loopback.
//!
//! Left for later: publishing by two, restricted spaces and withdrawn consent (journey 5), evidence files and dossiers (journeys
//! 11 and 12) come with issue 9; bundles and `audit --peers` with issue 8; admission, check words and revoked keys (journeys 13 and
//! 14) with issue 5; the page with issue 7.

mod administrator;
mod analyst;
mod auditor;
mod court;
mod desk_officer;
mod documenter;

use std::path::Path;

use isnad_tests::binary::{Consortium, RunningNode, Said, TCP, command, json, say, say_with_input};
use serde_json::{Value, json as value};

/// Real incidents, their sources, and what bodies concluded.
const DATASET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/data/incidents.json");

const LANGUAGES: [&str; 3] = ["ar", "en", "fr"];

/// Two organisations with a node each; the second learns from the first whatever it knows.
struct Two {
    consortium: Consortium,
    nodes: Vec<RunningNode>,
}

impl Two {
    /// Both hold the dataset, which the first has signed, and their nodes run.
    fn with_incidents() -> Self {
        let consortium = Consortium::found(2);
        json(&consortium.homes[0], &["import", DATASET]);
        let mut two = Self { consortium, nodes: Vec::new() };
        two.connect();
        two
    }

    /// Starts both nodes, and waits until each holds what the other does.
    fn connect(&mut self) {
        let homes = [0, 1].map(|number| self.home(number).to_owned());
        let held = homes.clone().map(|home| json(&home, &["digest"]));
        let count = |digest: &Value| {
            let spaces = digest["spaces"].as_array().unwrap().iter();
            spaces.map(|space| space["entries"].as_u64().unwrap()).collect::<Vec<_>>()
        };
        let most = count(&held[0]).iter().zip(&count(&held[1])).map(|(one, other)| one.max(other)).sum();
        let one = RunningNode::start(&homes[0], TCP, &[]);
        let other = RunningNode::start(&homes[1], TCP, &one.listening);
        self.nodes = vec![one, other];
        for node in &self.nodes {
            node.wait_for_entries(most);
        }
        self.agree();
    }

    /// Stops both: what is said from here on stays where it is said.
    fn part(&mut self) {
        for node in self.nodes.drain(..) {
            assert_eq!(node.stop("TERM"), 0);
        }
    }

    /// Waits until all nodes hold the same, to the byte.
    fn agree(&self) {
        let digest = |number: usize| json(self.home(number), &["digest"])["spaces"].clone();
        let wanted = |entries: &Value| -> u64 {
            entries.as_array().unwrap().iter().map(|space| space["entries"].as_u64().unwrap()).sum()
        };
        let most = [0, 1].map(|number| wanted(&digest(number))).into_iter().max().unwrap();
        self.nodes.iter().for_each(|node| node.wait_for_entries(most));
        for node in &self.nodes {
            node.wait_for("/status", |_, status| (status["unchecked"] == 0).then_some(()));
        }
        assert_eq!(digest(0), digest(1));
    }

    fn home(&self, number: usize) -> &Path {
        &self.consortium.homes[number]
    }
}

/// A record of what a program would hand in.
fn write(home: &Path, kind: &str, claims: &Value) -> String {
    let draft = value!({ "claims": claims }).to_string();
    let written = say_with_input(home, &["--json", "record", "new", kind, "--from", "-"], draft.as_bytes()).json();
    written["record"].as_str().unwrap().to_owned()
}

/// What a command says to a person who reads this language.
fn told(home: &Path, language: &str, arguments: &[&str]) -> String {
    let said = say(home, &[&["--lang", language], arguments].concat());
    assert_eq!(said.code, 0, "{said:?}");
    said.out
}

/// The same in English, each text in one line however it was wrapped.
fn told_flat(home: &Path, arguments: &[&str]) -> String {
    flat(&told(home, "en", arguments))
}

fn flat(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().filter(|letter| !matches!(letter, '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')).collect()
}

/// The same on a terminal of so many columns.
fn told_wide(home: &Path, arguments: &[&str]) -> String {
    let mut command = command(home, arguments);
    let said = Said::of(&command.env("COLUMNS", "160").output().unwrap());
    assert_eq!(said.code, 0, "{said:?}");
    said.out
}

/// True if all of these stand in a text.
#[track_caller]
fn shows(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing: {text}");
    }
}

/// The claims of a property in a view.
fn claims<'a>(view: &'a Value, prop: &str) -> Vec<&'a Value> {
    let properties = view["properties"].as_array().unwrap().iter().filter(|property| property["prop"] == prop);
    properties.flat_map(|property| property["claims"].as_array().unwrap()).collect()
}

/// The record that has this alias or title alone.
fn found(home: &Path, kind: &str, search: &str) -> String {
    let list = json(home, &["list", kind, "--search", search]);
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 1, "{search}: {list:?}");
    list[0]["record"].as_str().unwrap().to_owned()
}
