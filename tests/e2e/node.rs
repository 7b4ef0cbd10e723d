//! A node as a process: it stops when it is told, and finds its peers again.

use isnad_tests::binary::{Consortium, RunningNode, TCP, command, get, json, say, say_with_input};

fn note(consortium: &Consortium, home: usize, text: &str) {
    let draft = format!(r#"{{"claims": [{{"prop": "note", "lang": "en", "value": "{text}"}}]}}"#);
    let arguments = ["--json", "record", "new", "incident", "--from", "-"];
    say_with_input(&consortium.homes[home], &arguments, draft.as_bytes()).json();
}

#[test]
fn a_node_stops_in_order_on_either_signal_and_leaves_no_socket() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    for signal in ["TERM", "INT"] {
        let node = RunningNode::start(home, TCP, &[]);
        note(&consortium, 0, signal);
        // One who waits for news does not hold it up.
        let (_, seen) = node.get("/changes").unwrap();
        let path = format!("/changes?after={}", seen["change"]);
        let waits = std::thread::spawn({
            let home = home.clone();
            move || get(&home, &path)
        });
        assert_eq!(node.stop(signal), 0);
        drop(waits.join());
        assert!(!home.join("api.sock").exists());
        assert_eq!(json(home, &["status"])["not_signing"], serde_json::Value::Null);
    }
    assert_eq!(json(home, &["list", "incident"]).as_array().unwrap().len(), 2);
}

#[test]
fn nodes_find_each_other_again_after_either_was_killed() {
    let consortium = Consortium::found(2);
    let one = RunningNode::start(&consortium.homes[0], TCP, &[]);
    let address = one.listening[0].clone();
    let other = RunningNode::start(&consortium.homes[1], TCP, std::slice::from_ref(&address));
    note(&consortium, 0, "before");
    other.wait_for_entries(1);
    one.kill();
    note(&consortium, 1, "while it was gone");
    let listen = address.split("/p2p/").next().unwrap();
    let again = command(&consortium.homes[0], &["--json", "node", "--listen", listen]);
    let one = RunningNode::start_as(again, &consortium.homes[0], &[]);
    one.wait_for_entries(2);
    other.kill();
    note(&consortium, 0, "while the other was gone");
    let other = RunningNode::start(&consortium.homes[1], TCP, &[address]);
    other.wait_for_entries(3);
    let digest = |home: usize| json(&consortium.homes[home], &["digest"])["spaces"].clone();
    assert_eq!(digest(0), digest(1));
    assert_eq!((one.stop("TERM"), other.stop("TERM")), (0, 0));
}

#[test]
fn what_one_says_is_acknowledged_by_the_other_and_its_author_sees_by_whom() {
    let consortium = Consortium::found(2);
    for home in &consortium.homes {
        std::fs::write(home.join("isnad.toml"), "attest_after = 0\n").unwrap();
    }
    let one = RunningNode::start(&consortium.homes[0], TCP, &[]);
    let other = RunningNode::start(&consortium.homes[1], TCP, &one.listening);
    note(&consortium, 0, "to be acknowledged");
    let reach = one.wait_for("/status", |_, status| {
        let reach = &status["reach"];
        let is_done = reach["own"] == 1 && reach["others"][0]["not_yet"] == 0;
        (is_done && reach["freshness"]["state"] == "fresh").then(|| reach.clone())
    });
    assert!(reach["behind"].is_null(), "{reach}");
    let home = &consortium.homes[0];
    let status = say(home, &["status"]).out;
    assert!(status.contains("1 of 1 other organisations acknowledged all that yours has said"), "{status}");
    assert!(status.contains("up to date as of "), "{status}");
    let record = json(home, &["list", "incident"])[0]["record"].as_str().unwrap().to_owned();
    let history = say(home, &["history", &record]).out;
    assert!(history.contains("acknowledged by"), "{history}");
    let history = json(home, &["history", &record]);
    let by = history["items"][0]["acknowledged"].as_array().unwrap();
    assert!(by.iter().any(|line| line["organisation"] != history["items"][0]["organisation"]), "{history}");
    assert_eq!((one.stop("TERM"), other.stop("TERM")), (0, 0));
}
