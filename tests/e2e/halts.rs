//! Two of four organisations sign two versions of the charter, by copies of their root keys: who is named and when, whose word
//! counts, and how the halt ends.

use std::path::{Path, PathBuf};

use isnad_tests::binary::{Consortium, PASSPHRASE, RunningNode, TCP, copy, json, refused, say, write_passphrase};
use serde_json::Value;

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}"))
}

/// An organisation's id.
fn organisation(home: &Path) -> String {
    text(&json(home, &["organisation", "show"]), "organisation").to_owned()
}

/// What people are told, without the breaks of its lines.
fn told(home: &Path, arguments: &[&str]) -> String {
    let said = say(home, arguments);
    assert_eq!(said.code, 0, "{said:?}");
    said.out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn has(list: &Value, item: &str) -> bool {
    list.as_array().is_some_and(|list| list.iter().any(|value| value == item))
}

/// How an act stands, as a node sees it, once it is so.
fn wait_for_state(node: &RunningNode, act: &str, state: &str) -> Value {
    node.wait_for(&format!("/governing/acts/{act}"), |_, found| {
        (found["act"]["state"] == state).then(|| found["act"].clone())
    })
}

struct Four {
    consortium: Consortium,
    nowhere: PathBuf,
}

impl Four {
    /// Four members, and copies of the root keys of the first two, which know nothing of what those sign.
    fn found() -> Self {
        let consortium = Consortium::found(4);
        for home in &consortium.homes {
            std::fs::write(home.join("isnad.toml"), "attest_after = 0\n").unwrap();
        }
        for twin in 0..2 {
            let keys = consortium.homes[twin].join("keys");
            copy(&keys, Path::new(&consortium.path(&format!("twin{twin}"))));
        }
        let nowhere = consortium.dir.path().join("nowhere");
        write_passphrase(&nowhere, PASSPHRASE);
        Self { consortium, nowhere }
    }

    fn home(&self, index: usize) -> &Path {
        &self.consortium.homes[index]
    }

    /// Has a copy of an organisation's keys sign the act of a file into another.
    fn sign_by_twin(&self, twin: usize, file: &str, output: &str) -> String {
        let (file, output) = (self.consortium.path(file), self.consortium.path(output));
        let keys = self.consortium.path(&format!("twin{twin}"));
        json(&self.nowhere, &["act", "sign", &file, "--keys", &keys, "-o", &output]);
        output
    }

    /// The nodes of all, each connected to the first.
    fn start(&self) -> Vec<RunningNode> {
        let first = RunningNode::start(self.home(0), TCP, &[]);
        let others: Vec<_> =
            self.consortium.homes[1..].iter().map(|home| RunningNode::start(home, TCP, &first.listening)).collect();
        [first].into_iter().chain(others).collect()
    }
}

#[test]
fn two_double_signers_of_four_are_named_at_once_and_their_halt_ends_with_one_of_them() {
    let four = Four::found();
    let ids: Vec<String> = (0..4).map(|index| organisation(four.home(index))).collect();
    // The last makes a draft that nobody has seen yet; the copies sign it as well.
    let two = text(&json(four.home(3), &["charter", "rename", "Two"]), "id").to_owned();
    json(four.home(3), &["act", "export", &two, "-o", &four.consortium.path("two")]);
    let by_first = four.sign_by_twin(0, "two", "two-first");
    let by_both = four.sign_by_twin(1, "two-first", "two-both");

    // Meanwhile the others agree on another, and do not hear of it.
    let one = text(&json(four.home(0), &["charter", "rename", "One"]), "id").to_owned();
    let nodes: Vec<RunningNode> = {
        let first = RunningNode::start(four.home(0), TCP, &[]);
        let others = (1..3).map(|index| RunningNode::start(four.home(index), TCP, &first.listening));
        let others: Vec<_> = others.collect();
        [first].into_iter().chain(others).collect()
    };
    for (index, node) in nodes.iter().enumerate().skip(1) {
        wait_for_state(node, &one, "waits_for_signatures");
        json(four.home(index), &["act", "sign", &one]);
    }
    nodes.iter().for_each(|node| drop(wait_for_state(node, &one, "in_effect")));

    // The first takes in its own second signature: it is told at once, though that draft lacks signatures and changes nothing.
    let taken = json(four.home(0), &["act", "take", &by_first]);
    assert_eq!(
        (&taken["double"][0]["organisation"], &taken["double"][0]["other"]),
        (&ids[0].as_str().into(), &one.as_str().into())
    );
    for arguments in [&["act", "take", &by_first][..], &["act", "show", &two]] {
        let said = told(four.home(0), arguments);
        assert!(said.contains("Your own organisation signed act"), "{said}");
    }
    wait_for_state(&nodes[0], &one, "in_effect");
    let who = nodes[2].wait_for("/who", |_, who| has_double(who, &ids[0]).then(|| who.clone()));
    assert!(who["halts"].is_null(), "{who}");
    let said = told(four.home(2), &["who"]);
    assert!(said.contains("signed two acts in one place") && said.contains("signed both"), "{said}");

    // The other copy's signature completes it. All who acknowledged the first did, and two of them are left out now.
    json(four.home(0), &["act", "take", &by_both]);
    for node in &nodes {
        let halted = wait_for_state(node, &one, "halted");
        assert_eq!(halted["acknowledgements"], serde_json::json!([1, 3]), "{halted}");
        assert!(has(&halted["not_counted"], &ids[0]) && has(&halted["not_counted"], &ids[1]), "{halted}");
    }
    let who = json(four.home(2), &["who"]);
    let halt = &who["halts"][0];
    assert_eq!((&halt["settlement"]["most"], &halt["settlement"]["takes_a_double_signer"]), (&1.into(), &true.into()));
    let words = halt["words"].as_array().unwrap().iter().find(|words| words["act"] == one.as_str()).unwrap();
    assert_eq!(words["counted"], serde_json::json!([ids[2]]), "{halt}");
    for language in ["ar", "en", "fr"] {
        for arguments in [&["who"][..], &["act", "show", &one], &["act", "list"]] {
            let said = told(four.home(2), &[&["--lang", language], arguments].concat());
            assert!(!["{", "who.", "acts."].iter().any(|raw| said.contains(raw)), "{said}");
        }
    }
    is_proven(&four, &ids[0], [&one, &two]);
    let said = told(four.home(0), &["status"]);
    assert!(said.contains("signed both") && said.contains("gave its word twice"), "{said}");
    assert!(said.contains("It ends with a settlement"), "{said}");
    assert!(!told(four.home(2), &["status"]).contains("gave its word twice"));
    let said = told(four.home(2), &["act", "show", &one]);
    assert!(said.contains("More than half acknowledged it: it was in effect wherever"), "{said}");
    assert!(said.contains("of the 3 acknowledgements that it takes 1 count"), "{said}");
    assert!(said.contains("that does not count, for they"), "{said}");
    nodes.into_iter().for_each(|node| {
        let _ = node.stop("TERM");
    });

    settle(&four, &ids, &one);
}

#[test]
fn an_act_of_a_file_is_held_against_what_ones_own_node_acknowledged() {
    let four = Four::found();
    let one = text(&json(four.home(0), &["charter", "rename", "One"]), "id").to_owned();
    let two = four.consortium.path("two");
    json(four.home(0), &["charter", "rename", "Two", "--instead", "-o", &two]);
    let first = RunningNode::start(four.home(0), TCP, &[]);
    let others = (1..3).map(|index| RunningNode::start(four.home(index), TCP, &first.listening)).collect::<Vec<_>>();
    for (index, node) in (1..).zip(&others) {
        wait_for_state(node, &one, "waits_for_signatures");
        json(four.home(index), &["act", "sign", &one]);
    }
    others.iter().for_each(|node| drop(wait_for_state(node, &one, "in_effect")));
    // The draft names the other one, and all the same: what a node told the others cannot be unsaid.
    assert_eq!(refused(four.home(1), &["act", "sign", &two], 3)["code"], "rival_acknowledged");
    for node in others.into_iter().chain([first]) {
        let _ = node.stop("TERM");
    }
}

/// Whoever has the proof alone checks it, and altered it proves nothing.
fn is_proven(four: &Four, who: &str, acts: [&str; 2]) {
    let file = four.consortium.path("proof");
    json(four.home(2), &["act", "export", "--proof", who, "-o", &file]);
    let proven = json(&four.nowhere, &["act", "check", &file]);
    let mut acts = acts;
    acts.sort_unstable();
    assert_eq!((&proven["organisation"], &proven["acts"]), (&who.into(), &serde_json::json!(acts)), "{proven}");
    let draft = four.consortium.path("two");
    let refused = refused(&four.nowhere, &["act", "check", &draft], 1);
    assert_eq!(refused["code"], "proof_fails", "{refused}");
    for language in ["ar", "en", "fr"] {
        let said = told(&four.nowhere, &["--lang", language, "act", "check", &file]);
        assert!(said.contains(who) && !said.contains("acts.proven"), "{said}");
    }
}

fn has_double(who: &Value, organisation: &str) -> bool {
    let double = who["double_signers"].as_array();
    double.is_some_and(|double| double.iter().any(|word| word["organisation"] == organisation))
}

/// Ends the halt: the first is named, the second signs.
fn settle(four: &Four, ids: &[String], one: &str) {
    let nodes = four.start();
    // A settlement is signed only where more than half are known to have acknowledged one of the two.
    nodes[3].wait_for("/who", |_, who| {
        let words = who["halts"][0]["words"].as_array()?;
        let is_known = |words: &Value| words["not_counted"].as_array().is_some_and(|list| list.len() > 1);
        (words.iter().any(|words| is_known(words) && words["act"] == one && words["counted"][0].is_string()))
            .then_some(())
    });
    // A settlement that names both can never have enough signatures.
    let many = refused(four.home(2), &["charter", "settle"], 3);
    assert_eq!(many["code"], "double_too_many", "{many}");
    assert!(text(&many, "why").contains("Organisation 0") && text(&many, "why").contains("Organisation 1"), "{many}");
    assert!(text(&many, "try").contains("--double"), "{many}");
    let innocent = refused(four.home(2), &["charter", "settle", "--double", "Organisation 3"], 3);
    assert_eq!(innocent["code"], "not_double", "{innocent}");

    // Two make one each, and neither can sign the other's.
    let name_first = ["charter", "settle", "--adopt", one, "--double", "Organisation 0"];
    let made = json(four.home(2), &name_first);
    assert_eq!((&made["have"], &made["due"]), (&1.into(), &3.into()), "{made}");
    let name_other = ["charter", "settle", "--double", "Organisation 0"];
    let other = nodes[3].wait_for("/governing/acts", |_, acts| {
        let acts = acts.as_array()?;
        acts.iter().any(|act| act["id"] == made["id"]).then(|| json(four.home(3), &name_other))
    });
    let id = text(&made, "id");
    assert_eq!(refused(four.home(3), &["act", "sign", id], 3)["code"], "rival");
    let said = say(four.home(3), &["act", "show", id]);
    assert!(said.out.contains("signed another draft in its place"), "{said:?}");
    let may_sign = said.out.lines().find(|line| line.contains("may still sign")).unwrap();
    assert!(may_sign.contains("Organisation 1") && !may_sign.contains("Organisation 3"), "{said:?}");
    assert!(!may_sign.contains("Organisation 0"), "who is named can sign in vain alone: {said:?}");

    // One that is made instead names both drafts, and everyone can sign it but who is named.
    let other = text(&other, "id");
    nodes[2].wait_for(&format!("/governing/acts/{other}"), |code, _| (code == 200).then_some(()));
    let third = json(four.home(2), &[&name_first[..], &["--instead"]].concat());
    let instead: Vec<&Value> = third["changes"].as_array().unwrap().iter().map(|change| &change["act"]).collect();
    assert!(instead.contains(&&made["id"]) && instead.contains(&&Value::from(other)), "{third}");
    let third = text(&third, "id");
    for index in [0, 1, 3] {
        nodes[index].wait_for(&format!("/governing/acts/{third}"), |code, _| (code == 200).then_some(()));
    }
    assert_eq!(refused(four.home(0), &["act", "sign", third], 3)["code"], "named_double");
    json(four.home(3), &["act", "sign", third]);
    // A file does not tell who acknowledged what: on a machine without a node whoever signs says that he saw the halt.
    let [file, signed] = ["third", "third-signed"].map(|name| four.consortium.path(name));
    json(four.home(1), &["act", "export", third, "-o", &file]);
    let keys = four.home(1).join("keys").display().to_string();
    let sign = ["act", "sign", &file, "--keys", &keys, "-o", &signed];
    assert_eq!(refused(&four.nowhere, &sign, 3)["code"], "no_halt_seen");
    json(&four.nowhere, &[&sign[..], &["--halt-seen"]].concat());
    json(four.home(1), &["act", "take", &signed]);
    for node in &nodes {
        let settled = wait_for_state(node, third, "in_effect");
        let first = settled["signed"].as_array().unwrap().iter().find(|line| line["organisation"] == ids[0].as_str());
        assert_eq!(first.unwrap()["counts"], false, "{settled}");
    }
    let who = json(four.home(3), &["who"]);
    assert!(who["halts"].is_null() && has_double(&who, &ids[0]) && has_double(&who, &ids[1]), "{who}");
    assert_eq!(who["name"], "One");
    nodes.into_iter().for_each(|node| {
        let _ = node.stop("TERM");
    });
}
