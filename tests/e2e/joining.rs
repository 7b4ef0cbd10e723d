//! Admission at the door: a fourth organisation, from nothing to waiting with two commands, and codes that are of no use.

use std::path::PathBuf;

use isnad_protocol::check_words::CheckWords;
use isnad_protocol::id::NodeId;
use isnad_protocol::joining::Invitation;
use isnad_protocol::locale::Language;
use isnad_protocol::time::Timestamp;
use isnad_tests::binary::{
    Consortium, PASSPHRASE, RunningNode, TCP, json, refused, say, say_with_input, write_passphrase,
};
use serde_json::Value;

/// The home of a new organisation, with its passphrase.
fn newcomer(consortium: &Consortium, name: &str) -> PathBuf {
    let home = consortium.dir.path().join(name);
    write_passphrase(&home, PASSPHRASE);
    home
}

fn invite(consortium: &Consortium) -> Value {
    json(&consortium.homes[0], &["invite", "--for", "somebody"])
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

#[test]
fn a_fourth_organisation_comes_from_nothing_to_waiting_with_two_commands() {
    let consortium = Consortium::found(3);
    let sponsor = RunningNode::start(&consortium.homes[0], TCP, &[]);
    let invited = invite(&consortium);
    let home = newcomer(&consortium, "fourth");
    let made = json(&home, &["init", "--name", "Fourth", "--kind", "ngo"]);
    let joined = json(&home, &["join", text(&invited["code"])]);
    assert_eq!((&joined["name"], &joined["waiting"]), (&"Test consortium".into(), &true.into()));
    assert_eq!((&joined["organisation"], &joined["sponsor"]), (&made["organisation"], &invited["node"]));
    // It waits, and says so; the sponsor names it, with the same words to compare.
    let waiting = json(&home, &["status"]);
    assert_eq!(waiting["candidacy"]["organisation"], made["organisation"]);
    assert_eq!(waiting["organisation"], Value::Null);
    let candidate = sponsor.wait_for("/status", |_, status| status["applicants"].get(0).cloned());
    assert_eq!((&candidate["organisation"], &candidate["names"]["en"]), (&made["organisation"], &"Fourth".into()));
    let (theirs, ours) = (say(&home, &["status"]).out, say(&consortium.homes[0], &["status"]).out);
    let line = |text: &str| text.lines().find(|line| line.contains("check words:")).map(|line| line.trim().to_owned());
    assert!(line(&theirs).is_some() && line(&theirs) == line(&ours), "{theirs}\n{ours}");
    assert!(theirs.contains("waits for admission") && ours.contains("isnad charter admit"), "{theirs}\n{ours}");
    // Its node runs, knocks, and is told nothing; the sponsor does not take it for a stranger.
    let node = RunningNode::start(&home, TCP, &[]);
    let nobody = sponsor.get("/status").unwrap().1["strangers"].clone();
    assert_eq!(nobody, serde_json::json!({}));
    assert_eq!((node.stop("TERM"), sponsor.stop("TERM")), (0, 0));
}

/// From the knock to the first entry and out again: what the members sign takes effect, and the candidate's node, which knows no
/// more than the charter and its sponsor, comes in by itself, syncs and writes; once it is suspended it is cut off. Nobody
/// restarts anything.
#[test]
fn a_candidate_that_is_admitted_comes_in_by_itself_and_one_that_is_suspended_is_cut_off() {
    let consortium = Consortium::found(2);
    let homes = &consortium.homes;
    for home in homes {
        std::fs::write(home.join("isnad.toml"), "attest_after = 0\n").unwrap();
    }
    let sponsor = RunningNode::start(&homes[0], TCP, &[]);
    let other = RunningNode::start(&homes[1], TCP, &sponsor.listening);
    let third = newcomer(&consortium, "third");
    let invited = invite(&consortium);
    let joined = json(&third, &["join", text(&invited["code"]), "--name", "Third", "--kind", "ngo"]);
    std::fs::write(third.join("isnad.toml"), "attest_after = 0\n").unwrap();
    let node = RunningNode::start(&third, TCP, &[]);
    let sign = |act: &Value| {
        let id = text(&act["id"]).to_owned();
        other.wait_for("/status", |_, _| (say(&homes[1], &["act", "show", &id]).code == 0).then_some(()));
        let _ = json(&homes[1], &["--yes", "act", "sign", &id]);
    };
    sign(&json(&homes[0], &["--yes", "charter", "admit", &text(&joined["organisation"])[..12]]));
    node.wait_for("/status", |_, status| (status["organisation"] == joined["organisation"]).then_some(()));
    sponsor.wait_for("/status", |_, status| status["applicants"].is_null().then_some(()));
    let draft = br#"{"claims": [{"prop": "note", "lang": "en", "value": "here"}]}"#;
    say_with_input(&third, &["--json", "--yes", "record", "new", "incident", "--from", "-"], draft).json();
    let has_come = || json(&homes[0], &["list", "incident"]).as_array().is_some_and(|list| list.len() == 1);
    sponsor.wait_for("/status", |_, _| has_come().then_some(()));
    // It says what it holds, too.
    sponsor.wait_for("/status", |_, status| {
        let others = status["reach"]["others"].as_array()?;
        let its = others.iter().find(|other| other["organisation"] == joined["organisation"])?;
        its["newest"].is_u64().then_some(())
    });
    // The auditor says of its entries what `explain` says: a version that took effect by acknowledgements alone names it.
    let audited = json(&homes[0], &["audit"]);
    let is_out = |finding: &&Value| finding["what"] == "unauthorised";
    assert_eq!(audited["findings"].as_array().unwrap().iter().find(is_out), None, "{audited}");
    sign(&json(&homes[0], &["--yes", "charter", "suspend", "Third"]));
    let its = text(&invited["node"]).to_owned();
    node.wait_for("/status", |_, status| status["peers"].get(&its).is_none().then_some(()));
    let expelled =
        |_, status: &Value| (status["expelled"].as_object()?.len() == 1).then(|| status["strangers"].clone());
    let strangers = sponsor.wait_for("/status", expelled);
    assert_eq!(strangers.as_object().map(serde_json::Map::len), Some(1), "{strangers}");
    // Nobody is offered to invite it, and the same first act never comes in again.
    let told = say(&homes[0], &["status"]).out;
    assert!(told.contains("no longer let in") && !told.contains("isnad invite"), "{told}");
    let again = refused(&homes[0], &["charter", "admit", &text(&joined["organisation"])[..12]], 3);
    assert_eq!(again["code"], "act_readmitted", "{again}");
    assert!(text(&again["try"]).contains("readmit") && !again.to_string().contains("OrganisationId("), "{again}");
    // What it cannot hear any more is brought to it: then it says what it is, and signs nothing that nobody counts.
    let carried = consortium.path("carried");
    let _ = json(&homes[0], &["carry", "out", &carried]);
    let _ = say(&third, &["carry", "in", &carried]);
    let out = node.wait_for("/status", |_, status| status.get("taken_out").cloned());
    assert_eq!((&out["is_suspended"], &out["is_in_effect"]), (&true.into(), &true.into()), "{out}");
    let told = say(&third, &["status"]).out;
    assert!(told.contains("this organisation is suspended") && !told.contains("give addresses"), "{told}");
    let wrote = say_with_input(&third, &["--json", "--yes", "record", "new", "incident", "--from", "-"], draft);
    assert_eq!(wrote.problem(3)["code"], "suspended");
    assert_eq!(refused(&third, &["organisation", "rename", "Renamed"], 3)["code"], "suspended");
    // Under new keys it is offered to be readmitted, and once it is, both are told as one the successor of the other.
    let fourth = newcomer(&consortium, "fourth");
    let code = invite(&consortium);
    let again = json(&fourth, &["join", text(&code["code"]), "--name", "Third", "--kind", "ngo"]);
    let (new, old) = (&text(&again["organisation"])[..12], &text(&joined["organisation"])[..12]);
    let told = say(&homes[0], &["status"]).out;
    assert!(told.contains(&format!("isnad charter readmit {new} --predecessor {old}")), "{told}");
    let waits = say(&fourth, &["status"]).out.replace("\n  ", " ");
    assert!(waits.contains("as the sponsor last handed it over"), "{waits}");
    sign(&json(&homes[0], &["--yes", "charter", "readmit", new, "--predecessor", old]));
    sponsor.wait_for("/who", |_, who| (who["organisations"].as_array()?.len() == 3).then_some(()));
    let told = say(&homes[0], &["who"]).out;
    assert!(told.contains(&format!("was Third [{old}]")) && told.contains(&format!("as Third [{new}]")), "{told}");
    assert_eq!((node.stop("TERM"), other.stop("TERM"), sponsor.stop("TERM")), (0, 0, 0));
}

#[test]
fn what_is_neither_a_code_nor_a_file_is_told_before_anything_is_made() {
    let consortium = Consortium::found(1);
    let home = newcomer(&consortium, "nobody");
    let problem = refused(&home, &["join", "nosuchfile"], 2);
    assert!(
        text(&problem["error"]).contains("nosuchfile") && text(&problem["error"]).contains("no invitation"),
        "{problem}"
    );
    assert!(!home.exists());
}

#[test]
fn a_code_that_was_altered_used_or_withdrawn_changes_nothing() {
    let consortium = Consortium::found(1);
    let sponsor = RunningNode::start(&consortium.homes[0], TCP, &[]);
    let invited = invite(&consortium);
    let code = text(&invited["code"]).to_owned();
    let one = newcomer(&consortium, "one");
    let new = ["--name", "One", "--kind", "ngo"];
    let with = |code: &str| [&["join", code][..], &new].concat().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let join = |home: &PathBuf, code: &str| {
        let arguments = with(code);
        refused(home, &arguments.iter().map(String::as_str).collect::<Vec<_>>(), 3)["code"].clone()
    };
    let last = code.chars().last().unwrap();
    let altered = format!("{}{}", &code[..code.len() - 1], if last == '0' { '1' } else { '0' });
    assert_eq!(join(&one, &altered), "invitation_altered");
    assert_eq!(join(&one, &code[..code.len() - 9]), "invitation_altered");
    // One that has expired says so before anybody is asked.
    let mut past = Invitation::parse(&code).unwrap();
    past.until = Timestamp(60_000);
    assert_eq!(join(&one, &past.encode()), "invitation_expired");
    assert!(!one.exists(), "a home was made for a code of no use");
    // In three languages, with what to do next.
    for language in ["ar", "en", "fr"] {
        let said = say(&one, &["--lang", language, "join", &altered]);
        assert_eq!((said.code, said.err.lines().count() >= 3), (3, true), "{said:?}");
    }
    // A file, and standard input, do as well; twice by the same home changes nothing.
    let file = consortium.file("invitation", format!("{code}\n"));
    let arguments = with(&file);
    let _ = json(&one, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let again = say_with_input(&one, &["--json", "join", "-"], code.as_bytes()).json();
    assert_eq!(again["waiting"], true);
    let two = newcomer(&consortium, "two");
    assert_eq!(join(&two, &code), "invitation_closed");
    let second = invite(&consortium);
    assert_eq!(refused(&two, &["join", &code], 3)["code"], "invitation_used");
    let _ = json(&consortium.homes[0], &["invite", "--withdraw", text(&second["id"])]);
    assert_eq!(refused(&two, &["join", text(&second["code"])], 3)["code"], "invitation_closed");
    assert_eq!(refused(&consortium.homes[0], &["invite", "--withdraw", "00000000"], 1)["code"], "not_found");
    let listed = json(&consortium.homes[0], &["invite", "--list"]);
    assert_eq!((listed.as_array().map(Vec::len), &listed[0]["is_open"]), (Some(1), &false.into()));
    let waiting = json(&consortium.homes[0], &["status"])["applicants"].clone();
    assert_eq!(waiting.as_array().map(Vec::len), Some(1), "{waiting}");
    // A candidate that is not wanted is forgotten.
    let _ = json(&consortium.homes[0], &["invite", "--withdraw", text(&waiting[0]["organisation"])]);
    assert_eq!(json(&consortium.homes[0], &["status"])["applicants"], Value::Null);
    // With the node gone, nobody answers.
    let third = invite(&consortium);
    assert_eq!(sponsor.stop("TERM"), 0);
    assert_eq!(refused(&two, &["join", text(&third["code"])], 4)["code"], "sponsor_unreachable");
    assert_eq!(refused(&consortium.homes[0], &["invite"], 4)["code"], "invite_no_address");
}

/// A node that no member has granted learns nothing; the administrator is told of it, with the words to compare by phone.
#[test]
fn a_stranger_is_told_with_the_check_words_of_its_key_in_each_language() {
    let consortium = Consortium::found(1);
    let home = &consortium.homes[0];
    let node = RunningNode::start(home, TCP, &[]);
    // It knows where to knock: it was invited once, and is not wanted any more.
    let invited = invite(&consortium);
    let elsewhere = newcomer(&consortium, "stranger");
    let joined = json(&elsewhere, &["join", text(&invited["code"]), "--name", "Nobody", "--kind", "ngo"]);
    for id in [&joined["organisation"], &invited["id"]] {
        let _ = json(home, &["invite", "--withdraw", text(id)]);
    }
    let stranger = RunningNode::start(&elsewhere, TCP, &[]);
    let keys = json(&elsewhere, &["key", "list"]);
    let key = keys.as_array().unwrap().iter().find(|key| key["role"] == "reader").unwrap();
    let key = text(&key["key"]).to_owned();
    let is_told = |_, status: &Value| status["strangers"].get(&key).map(|_| status.clone());
    let status = node.wait_for("/status", is_told);
    assert_eq!(status["strangers"].as_object().map(serde_json::Map::len), Some(1), "{status}");
    assert!(text(&status["strangers"][&key]).starts_with("/ip4/127.0.0.1/tcp/"), "{status}");
    assert_eq!((&status["peers"], &status["expelled"]), (&serde_json::json!({}), &Value::Null));
    let words = CheckWords::of_node(&NodeId::parse(&key).unwrap());
    for (number, language) in Language::ALL.into_iter().enumerate() {
        let line = words.line(language);
        assert_eq!(text(&status["stranger_words"][&key][number]), line);
        let told = say(home, &["--lang", language.code(), "status"]).out;
        let told: String = told.chars().filter(|letter| !matches!(letter, '\u{2066}'..='\u{2069}')).collect();
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(&line) && told.contains(&key[..12]), "{line}: {told}");
        assert!(told.contains("isnad invite"), "and what to do if it should be a member: {told}");
    }
    assert_eq!((node.stop("TERM"), stranger.stop("TERM")), (0, 0));
}
