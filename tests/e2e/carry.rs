//! Sync by a file: `isnad carry out`, `isnad carry in`.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use isnad_tests::binary::{Consortium, RunningNode, TCP, command, isnad, json, refused, say, say_with_input};
use serde_json::Value;

fn note(home: &Path, text: &str) {
    let draft = format!(r#"{{"claims": [{{"prop": "note", "lang": "en", "value": "{text}"}}]}}"#);
    say_with_input(home, &["--json", "record", "new", "incident", "--from", "-"], draft.as_bytes()).json();
}

#[test]
fn files_carried_both_ways_make_two_replicas_equal() {
    let consortium = Consortium::found(2);
    let [one, other] = &consortium.homes[..] else { unreachable!() };
    (0..3).for_each(|number| note(one, &format!("one {number}")));
    (0..2).for_each(|number| note(other, &format!("other {number}")));
    let (there, back) = (consortium.path("there"), consortium.path("back"));
    json(one, &["carry", "out", &there]);
    assert_eq!(json(other, &["carry", "in", &there])["entries"], 3);
    json(other, &["carry", "out", &back]);
    assert_eq!(json(one, &["carry", "in", &back])["entries"], 2);
    assert_eq!(spaces(one), spaces(other));
    // Taken in again, it changes nothing.
    assert_eq!(json(one, &["carry", "in", &back])["entries"], 0);
    // For one who said what it holds, only the rest is written.
    note(one, "one more");
    let (all, rest) = (consortium.path("all"), consortium.path("rest"));
    let whole = json(one, &["carry", "out", &all])["bytes"].as_u64().unwrap();
    let part = json(one, &["carry", "out", &rest, "--since", &back])["bytes"].as_u64().unwrap();
    assert!(part < whole, "{part} < {whole}");
    assert_eq!(json(other, &["carry", "in", &rest])["entries"], 1);
    assert_eq!(spaces(one), spaces(other));
}

#[test]
fn a_file_that_is_damaged_cut_or_of_others_is_refused_and_changes_nothing() {
    let consortium = Consortium::found(2);
    let [one, other] = &consortium.homes[..] else { unreachable!() };
    (0..3).for_each(|number| note(one, &format!("one {number}")));
    let file = consortium.path("file");
    json(one, &["carry", "out", &file]);
    let bytes = std::fs::read(&file).unwrap();
    let before = json(other, &["digest"]);
    let mut wrong: Vec<(String, Vec<u8>)> = Vec::new();
    for at in [0, 15, 16, 40, 48, 60, bytes.len() / 2, bytes.len() - 40, bytes.len() - 1] {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        wrong.push((format!("bit flipped at {at}"), flipped));
        wrong.push((format!("cut at {at}"), bytes[..at].to_vec()));
    }
    wrong.push(("bytes behind it".into(), [&bytes[..], b"x"].concat()));
    wrong.push(("empty".into(), Vec::new()));
    wrong.push(("zeros".into(), vec![0; 10_000]));
    for (what, bytes) in wrong {
        let file = consortium.file("wrong", bytes);
        let problem = refused(other, &["carry", "in", &file], 3);
        assert_eq!(problem["code"], "carried_file", "{what}");
        assert_eq!(
            refused(one, &["carry", "out", &consortium.path("none"), "--since", &file], 3)["code"],
            "carried_file"
        );
    }
    assert!(!consortium.dir.path().join("none").exists());
    let strangers = Consortium::found(2);
    note(&strangers.homes[0], "strange");
    let strange = strangers.path("file");
    json(&strangers.homes[0], &["carry", "out", &strange]);
    let problem = refused(other, &["carry", "in", &strange], 3);
    assert!(problem["why"].as_str().unwrap().contains("consortium"), "{problem}");
    refused(other, &["carry", "in", &consortium.path("no-such-file")], 2);
    refused(other, &["carry", "in", &consortium.dir.path().display().to_string()], 2);
    assert_eq!(json(other, &["digest"]), before);
    assert_eq!(json(other, &["carry", "in", &file])["entries"], 3, "the whole file is taken all the same");
}

fn spaces(home: &Path) -> Value {
    json(home, &["digest"])["spaces"].clone()
}

fn entries(home: &Path) -> u64 {
    json(home, &["status"])["entries"].as_u64().unwrap()
}

#[test]
fn two_nodes_that_never_connect_converge_by_files() {
    let consortium = Consortium::found(2);
    let [one, other] = &consortium.homes[..] else { unreachable!() };
    (0..3).for_each(|number| note(one, &format!("one {number}")));
    (0..2).for_each(|number| note(other, &format!("other {number}")));
    // One of the keys has written for the last time.
    let who = json(one, &["who"]);
    let of_one = who["organisations"].as_array().unwrap().iter().find(|of| of["id"] == who["own"]).unwrap().clone();
    let key =
        of_one["keys"].as_array().unwrap().iter().find(|key| key["role"] == "contributor").unwrap()["key"].clone();
    let nodes = [RunningNode::start(one, TCP, &[]), RunningNode::start(other, TCP, &[])];
    let carried = |from: &Path, to: &Path, name: &str, more: &[&str]| {
        let file = consortium.path(name);
        let out = json(from, &[&["carry", "out", &file], more].concat());
        (json(to, &["carry", "in", &file]), out)
    };
    let (taken, _) = carried(one, other, "there", &[]);
    assert_eq!(taken["notices"], Value::Array(Vec::new()));
    let (taken, out) = carried(other, one, "back", &["--since", &consortium.path("there")]);
    assert_eq!(taken["notices"], Value::Array(Vec::new()));
    assert!(out["left_out"].as_u64().unwrap() >= 3, "{out}");
    // Each node says in an entry of its own what it holds; that goes the same way, until nothing is new.
    let [first, second] = ["one", "other"].map(|name| consortium.path(name));
    let mut rounds = 0;
    while spaces(one) != spaces(other) {
        json(one, &["carry", "frontier", &first]);
        json(other, &["carry", "out", &second, "--since", &first]);
        json(one, &["carry", "in", &second]);
        json(other, &["carry", "frontier", &second]);
        json(one, &["carry", "out", &first, "--since", &second]);
        json(other, &["carry", "in", &first]);
        rounds += 1;
        assert!(rounds < 20, "they do not converge");
    }
    nodes.into_iter().for_each(|node| assert_eq!(node.stop("TERM"), 0));
    json(other, &["carry", "frontier", &second]);
    json(one, &["--yes", "key", "revoke", &key.as_str().unwrap()[..12], "--keep-all"]);
    carried(one, other, "revoked", &["--since", &second]);
    assert_eq!(spaces(one), spaces(other), "with a log that is closed too");
}

#[test]
fn a_file_for_a_node_leaves_out_what_its_organisation_acknowledged() {
    let consortium = Consortium::found(2);
    for home in &consortium.homes {
        std::fs::write(home.join("isnad.toml"), "attest_after = 0\n").unwrap();
    }
    let [one, other] = &consortium.homes[..] else { unreachable!() };
    (0..3).for_each(|number| note(one, &format!("one {number}")));
    let who = json(one, &["who"]);
    let of_other = who["organisations"].as_array().unwrap().iter().find(|of| of["id"] != who["own"]).unwrap().clone();
    let key = of_other["keys"].as_array().unwrap().iter().find(|key| key["role"] == "reader").unwrap()["key"].clone();
    let key = &key.as_str().unwrap()[..12];
    let [there, back, again] = ["there", "back", "again"].map(|name| consortium.path(name));
    // Of one that was never heard of nothing is known.
    assert_eq!(json(one, &["carry", "out", &there, "--for", key])["left_out"], 0);
    let node = RunningNode::start(other, TCP, &[]);
    // Three entries, and the attestations of who wrote them.
    assert!(json(other, &["carry", "in", &there])["entries"].as_u64().unwrap() >= 3);
    // Its node says what it holds a moment later; that comes back by a file.
    let until = Instant::now() + Duration::from_secs(60);
    let known = || {
        json(other, &["carry", "out", &back]);
        json(one, &["carry", "in", &back]);
        json(one, &["carry", "out", &again, "--for", key])["left_out"].as_u64().unwrap()
    };
    while known() < 3 {
        assert!(Instant::now() < until, "it never says that it holds them");
    }
    assert_eq!(node.stop("TERM"), 0);
    note(one, "one more");
    for whom in [key, of_other["id"].as_str().unwrap()] {
        assert!(json(one, &["carry", "out", &again, "--for", whom])["left_out"].as_u64().unwrap() >= 3);
    }
    assert!(json(other, &["carry", "in", &again])["entries"].as_u64().unwrap() >= 1);
    assert_eq!(refused(one, &["carry", "out", &again, "--for", "nobody"], 2)["code"], "usage");
    assert_eq!(spaces(one), spaces(other));
}

#[test]
fn an_encrypted_file_is_read_by_its_receivers_node_alone() {
    let consortium = Consortium::found(3);
    let [one, other, third] = &consortium.homes[..] else { unreachable!() };
    note(one, "for one pair of eyes");
    let who = json(other, &["who"]);
    let file = consortium.path("sealed");
    json(one, &["carry", "out", &file, "--to", who["own"].as_str().unwrap()]);
    let bytes = std::fs::read(&file).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1\n"));
    assert!(!bytes.windows(8).any(|part| part == b"pair of "));
    let before = json(other, &["digest"]);
    for home in [one, third] {
        let problem = refused(home, &["carry", "in", &file], 3);
        assert_eq!(problem["key"], "carried_file.for_others", "{problem}");
    }
    let mut flipped = bytes.clone();
    let last = flipped.len() - 5;
    flipped[last] ^= 1;
    for wrong in [flipped, bytes[..bytes.len() - 1].to_vec(), bytes[..100].to_vec(), [&bytes[..], b"x"].concat()] {
        let wrong = consortium.file("wrong", wrong);
        assert_eq!(refused(other, &["carry", "in", &wrong], 3)["key"], "carried_file.damaged");
    }
    assert_eq!(json(other, &["digest"]), before);
    // A node that runs reads it with the key that it has open already; and takes it as a frontier.
    let node = RunningNode::start(other, TCP, &[]);
    let mut without = std::process::Command::new(isnad());
    without.arg("--home").arg(other).args(["--json", "carry", "in", &file]).stdin(Stdio::null());
    let said: Value = serde_json::from_slice(&without.output().unwrap().stdout).unwrap();
    assert_eq!(said["entries"], 1, "{said}");
    let rest = consortium.path("rest");
    assert!(json(other, &["carry", "out", &rest, "--since", &file])["left_out"].as_u64().unwrap() >= 1);
    assert_eq!(node.stop("TERM"), 0);
    let nobody = refused(one, &["carry", "out", &rest, "--to", "nobody"], 2);
    assert_eq!(nobody["code"], "usage");
}

/// More than a megabyte that nothing compresses.
fn fill(consortium: &Consortium, home: &Path) {
    let mut state = 7_u64;
    let mut letter = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b"abcdefghijklmnopqrstuvwxyz012345"[usize::try_from(state >> 59).unwrap()])
    };
    let mut text = || (0..11_000).map(&mut letter).collect::<String>();
    let claims: Vec<Value> =
        (0..120).map(|_| serde_json::json!({ "prop": "note", "lang": "en", "value": text() })).collect();
    let drafts: Vec<&[Value]> = claims.chunks(30).collect();
    for claims in drafts {
        let draft = consortium.file("draft.json", serde_json::json!({ "claims": claims }).to_string());
        json(home, &["--yes", "record", "new", "incident", "--from", &draft]);
    }
}

#[test]
fn a_carry_in_that_is_killed_goes_on_when_it_is_run_again() {
    let consortium = Consortium::found(2);
    let [one, other] = &consortium.homes[..] else { unreachable!() };
    fill(&consortium, one);
    let file = consortium.path("file");
    json(one, &["carry", "out", &file]);
    let bytes = std::fs::read(&file).unwrap();
    // A pipe that ends nowhere: the command is killed with half of the file in its hands, and nothing is changed.
    let mut half = command(other, &["carry", "in", "/dev/stdin"]).stdin(Stdio::piped()).spawn().unwrap();
    half.stdin.as_mut().unwrap().write_all(&bytes[..bytes.len() / 2]).unwrap();
    half.kill().unwrap();
    half.wait().unwrap();
    assert_eq!(entries(other), 0);
    // Killed as soon as something of it is admitted, by a node that runs.
    let node = RunningNode::start(other, TCP, &[]);
    let mut taking = command(other, &["carry", "in", &file]).spawn().unwrap();
    node.wait_for("/status", |_, status| status["entries"].as_u64().filter(|entries| *entries > 0));
    taking.kill().unwrap();
    taking.wait().unwrap();
    json(other, &["carry", "in", &file]);
    assert_eq!(node.stop("TERM"), 0);
    assert_eq!(spaces(one), spaces(other));
    // A pipe is as good as a file.
    let mut piped = command(other, &["--json", "carry", "in", "/dev/stdin"]);
    let mut piped = piped.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    piped.stdin.take().unwrap().write_all(&bytes).unwrap();
    let mut said = String::new();
    piped.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(piped.wait().unwrap().success() && said.contains("\"entries\":0"), "{said}");
}

#[test]
fn a_file_whose_writing_is_killed_is_not_there() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    fill(&consortium, home);
    let file = consortium.file("file", "older");
    // Stopped between its bytes: its reader holds it up.
    let out = std::process::Command::new("mkfifo").arg(consortium.path("pipe")).status().unwrap();
    assert!(out.success());
    let mut piped = command(home, &["carry", "out", &consortium.path("pipe")]).spawn().unwrap();
    let mut reader = BufReader::new(std::fs::File::open(consortium.path("pipe")).unwrap());
    assert!(reader.fill_buf().unwrap().starts_with(b"ISNAD-CARRY-v1"));
    piped.kill().unwrap();
    piped.wait().unwrap();
    let mut half = Vec::new();
    reader.read_to_end(&mut half).unwrap();
    let half = consortium.file("half", half);
    assert_eq!(refused(&consortium.homes[1], &["carry", "in", &half], 3)["key"], "carried_file.damaged");
    // A target that cannot be written leaves the older one.
    assert_eq!(refused(home, &["carry", "out", &format!("{file}/x")], 2)["code"], "file");
    refused(home, &["carry", "out", &file, "--since", &half], 3);
    assert_eq!(std::fs::read(&file).unwrap(), b"older");
    let mut names = std::fs::read_dir(consortium.dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.all(|name| !name.to_string_lossy().ends_with(".new")));
    let told = say(home, &["carry", "out", &file]).out;
    assert!(told.starts_with("wrote "), "{told}");
}
