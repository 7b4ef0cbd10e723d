//! What organisations say of each other's words: a dispute, its answer, a reply, a verdict; and the preview of what is signed.

use std::path::Path;

use isnad_tests::binary::{Consortium, RunningNode, TCP, command, json, refused, say};
use serde_json::Value;

/// A conclusion that accuses, with its basis, and the subject that it names.
const SUBJECT: &str = r#"{"claims": [
  {"prop": "subject_type", "value": "entity"},
  {"prop": "name", "value": "Example Trading", "lang": "en"}
]}"#;
const SOURCE: &str = r#"{"claims": [{"prop": "title", "value": "A report", "lang": "en"}]}"#;

fn record(home: &Path, kind: &str, file: &str) -> String {
    json(home, &["record", "new", kind, "--from", file])["record"].as_str().unwrap().to_owned()
}

/// An attribution that the first organisation makes; its record, and its accusing claim.
fn accused(consortium: &Consortium) -> (String, String, String) {
    let home = &consortium.homes[0];
    let subject = record(home, "subject", &consortium.file("subject.json", SUBJECT));
    let source = record(home, "source", &consortium.file("source.json", SOURCE));
    let weight = format!(
        r#""basis": [{{"source": "{source}"}}], "standard": "reasonable_grounds", "wording": {{"unavailable": "not_seen"}}"#
    );
    let attribution = format!(
        r#"{{"claims": [{{"prop": "outcome", "value": "responsible", {weight}}}, {{"prop": "subject", "value": "{subject}"}}]}}"#
    );
    let file = consortium.file("attribution.json", attribution);
    let written = json(home, &["record", "new", "attribution", "--from", &file]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&written["record"]), text(&written["claims"][0]), subject)
}

fn claim<'a>(view: &'a Value, id: &str) -> &'a Value {
    let properties = view["properties"].as_array().into_iter().flatten();
    let mut claims = properties.flat_map(|property| property["claims"].as_array().into_iter().flatten());
    claims.find(|claim| claim["id"] == id).unwrap_or_else(|| panic!("no claim {id}: {view}"))
}

/// Waits until a claim stands on a record as a node shows it.
fn wait_for_claim(node: &RunningNode, record: &str, id: &str) {
    node.wait_for(&format!("/records/{record}"), |_, view| view.to_string().contains(id).then_some(()));
}

#[test]
fn a_dispute_reaches_its_author_and_stands_beside_the_corrected_claim_as_on_an_earlier_version() {
    let consortium = Consortium::found(2);
    let [author, other] = &consortium.homes[..] else { unreachable!() };
    let (record, outcome, subject) = accused(&consortium);
    let one = RunningNode::start(author, TCP, &[]);
    let two = RunningNode::start(other, TCP, &one.listening);
    wait_for_claim(&two, &record, &outcome);
    let dispute = ["opinion", "dispute", &record, &outcome[..12]];
    let listed = say(other, &[&["--lang", "fr"], &dispute[..]].concat());
    assert!(listed.code == 3 && listed.err.contains("standard_not_met: critère de preuve"), "{listed:?}");
    let reason = ["--reason", "standard_not_met", "--text", "لا دليل على ذلك", "--in", "ar"];
    let said = json(other, &[&dispute[..], &reason].concat());
    let disputed = said["claims"][0].as_str().unwrap();
    let again = json(other, &[&dispute[..], &reason].concat());
    assert_eq!((&again["known"], &again["claim"]), (&1.into(), &said["claims"][0]));
    assert_eq!(refused(author, &["opinion", "endorse", &record, &outcome], 3)["code"], "own_claim");
    let reply = ["respond", &record, &outcome[..8], "--subject", &subject, "--stance", "denies", "--in", "en"];
    let reply = [&reply[..], &["--text", "We sold none of it."]].concat();
    // Codes are taken as people say them, and the day is shown so too.
    let said_in_arabic = ["--lang", "ar", "--preview", "--channel", "رسالة", "--date", "2019-02-01"];
    let preview = say(other, &[&reply[..], &said_in_arabic].concat());
    assert!(preview.code == 0 && preview.out.contains("شباط") && preview.out.contains("رسالة"), "{preview:?}");
    let unknown = say(other, &[&reply[..], &["--lang", "ar", "--channel", "x"]].concat()).err;
    assert!(unknown.contains("القناة (channel)") && unknown.contains("محام (counsel)"), "{unknown}");
    json(other, &[&reply[..], &["--channel", "letter", "--date", "2019-02-01"]].concat());
    // The author's task, on its own node.
    let tasks = one.wait_for("/tasks", |_, tasks| tasks.as_array().filter(|tasks| tasks.len() == 2).cloned());
    assert_eq!((&tasks[0]["why"], &tasks[0]["said"]), (&"disputed".into(), &said["claims"][0]));
    assert_eq!(tasks[1]["why"], "replied");
    let text = say(author, &["--lang", "ar", "tasks"]).out;
    assert!(text.contains("لا دليل على ذلك") && text.contains(&disputed[..12]), "{text}");
    // The attribution has no title: it is called by what it says, before and after it is signed.
    let on_it = |text: &str| text.lines().any(|line| line.contains("Example Trading") && line.contains("مسؤول"));
    assert!(on_it(&text) && on_it(&preview.out), "{text}{}", preview.out);
    let signed = say(other, &["opinion", "withdraw", &record, &outcome[..12], "--note", "x"]);
    assert!(signed.out.contains("responsible · Example Trading"), "{signed:?}");
    let said = json(other, &[&dispute[..], &reason].concat());
    let disputed = said["claims"][0].as_str().unwrap();
    wait_for_claim(&one, &record, disputed);
    // Whoever reads the page of whom it accuses reads why it is disputed.
    for (lang, why) in [("ar", "معيار الإثبات"), ("en", "standard"), ("fr", "critère de preuve")] {
        let page = say(author, &["--lang", lang, "show", &subject]).out;
        let line = page.lines().find(|line| line.contains("✗")).unwrap_or_else(|| panic!("{page}"));
        assert!(line.contains(why) && page.contains("لا دليل"), "{page}");
    }
    assert!(text.contains("\u{2068}We sold none of it.\u{2069}"), "words of another direction are isolated: {text}");
    // The story says in which language each thing was said, where that is not the reader's.
    for (lang, told) in [("en", "(ar)"), ("fr", "(en)")] {
        let story = say(author, &["--lang", lang, "history", &record]).out;
        assert!(story.contains(told) && !story.contains(&format!("({lang})")), "{story}");
    }
    let weight = r#"{"prop": "outcome", "value": "alleged", "standard": "unstated",
        "basis": [{"source": "SOURCE"}], "wording": {"unavailable": "not_seen"}}"#;
    let view = json(author, &["show", &record]);
    let source = claim(&view, &outcome)["basis"][0]["source"]["record"].as_str().unwrap();
    let file = consortium.file("corrected.json", weight.replace("SOURCE", source));
    let corrected = json(author, &["claim", "replace", &record, &outcome[..12], "--from", &file]);
    let corrected = corrected["claims"][0].as_str().unwrap();
    assert_eq!(json(author, &["tasks"]), Value::Array(Vec::new()));
    wait_for_claim(&two, &record, corrected);
    let view = json(other, &["show", &record]);
    let shown = claim(&view, corrected);
    assert_eq!((&shown["opinions"][0]["on_earlier"], &shown["replies"][0]["on_earlier"]), (&true.into(), &true.into()));
    assert_eq!(shown["replies"][0]["text"], "We sold none of it.");
    let text = say(other, &["show", &record]).out;
    assert!(text.contains("an earlier version"), "{text}");
    let tasks = json(other, &["tasks"]);
    assert_eq!((&tasks[0]["why"], &tasks[0]["now"][0]), (&"earlier_version".into(), &corrected.into()));
    // Who found the same by himself is named apart from those who are counted, with the rule of the count.
    json(other, &["opinion", "corroborate", &record, &corrected[..12], "--text", "we asked them too", "--in", "en"]);
    let told = say(other, &["explain", &corrected[..12]]).out;
    let found = told.split("Who says that he found the same").nth(1).unwrap_or_else(|| panic!("{told}"));
    let (own, computed) = found.split_once("Independent sources of this value (computed)").unwrap();
    assert!(own.contains("Organisation 1: we asked them too") && own.contains("adds no source"), "{told}");
    assert!(computed.contains(&corrected[..12]) && computed.contains("rule: "), "{told}");
    for (lang, word) in [("ar", "محسوبة"), ("fr", "calculées")] {
        let told = say(other, &["--lang", lang, "explain", &corrected[..12]]).out;
        assert!(told.contains(word) && told.contains("we asked them too"), "{told}");
    }
    // A new opinion takes the place of the one on the earlier version; withdrawn, none stands.
    let new = json(other, &["opinion", "endorse", &record, &corrected[..12]]);
    let new = new["claims"][0].as_str().unwrap();
    assert_eq!(json(other, &["tasks"]), Value::Array(Vec::new()));
    json(other, &["opinion", "withdraw", &record, &corrected[..12], "--note", "not ours to say"]);
    let view = json(other, &["show", &record]);
    let states = [disputed, new].map(|id| claim(&view, id)["state"].as_str().unwrap().to_owned());
    assert_eq!(states, ["retracted", "retracted"]);
    assert_eq!((one.stop("TERM"), two.stop("TERM")), (0, 0));
}

#[test]
fn a_verdict_on_a_pair_takes_the_place_of_the_earlier_one_whichever_record_is_named_first() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let file = consortium.file("note.json", r#"{"claims": [{"prop": "note", "value": "x", "lang": "en"}]}"#);
    let (first, second) = (record(home, "incident", &file), record(home, "incident", &file));
    let said = json(home, &["judge", &first, &second, "same", "--score", "60", "--explain", "38 m apart"]);
    let changed = json(home, &["judge", &second, &first, "مختلف", "--explain", "11 days apart"]);
    assert_eq!((&said["record"], &changed["record"]), (&Value::from(first.as_str()), &Value::from(first.as_str())));
    let again = json(home, &["judge", &first, &second, "different", "--explain", "11 days apart"]);
    assert_eq!(again["claim"], changed["claims"][0]);
    let view = json(home, &["show", &first]);
    let states = [&said, &changed].map(|written| claim(&view, written["claims"][0].as_str().unwrap())["state"].clone());
    assert_eq!(states, ["replaced", "live"]);
    assert_eq!(refused(home, &["judge", &first, &first, "same"], 3)["code"], "judged_itself");
    let unknown = say(home, &["--lang", "fr", "judge", &first, &second, "peut-être"]);
    assert!(unknown.code == 2 && unknown.err.contains("same (identique)"), "{unknown:?}");
}

#[test]
fn a_preview_says_what_would_be_signed_and_who_would_read_it_in_three_languages_and_signs_nothing() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let draft = r#"{"space": "public", "claims": [
      {"prop": "title", "value": "خان العسل", "lang": "ar"},
      {"prop": "casualty", "value": {"category": "killed", "min": 2, "max": 2, "as_of": "2013-03-20"}},
      {"prop": "place", "value": {"names": [{"text": "Khan al-Assal", "lang": "en"}], "lat": "36.1672", "lon": "37.0392"}}
    ]}"#;
    let file = consortium.file("draft.json", draft);
    let digest = json(home, &["digest"]);
    let new = ["record", "new", "incident", "--from", &file, "--preview"];
    let shown = json(home, &new);
    assert_eq!((&shown["space"], &shown["readers"]), (&"public".into(), &"everyone".into()));
    assert_eq!(shown["claims"].as_array().unwrap().len(), 3);
    let codes: Vec<&str> =
        shown["warnings"].as_array().unwrap().iter().filter_map(|warning| warning["code"].as_str()).collect();
    assert!(codes.contains(&"small_cell"), "{codes:?}");
    for (lang, readers) in [("ar", "يقرؤه الجميع"), ("en", "read by everyone"), ("fr", "lu par tous")] {
        let text = say(home, &[&["--lang", lang], &new[..]].concat());
        assert!(text.code == 0 && text.out.contains(readers) && text.out.contains("خان العسل"), "{text:?}");
    }
    let members = say(home, &[&new[..], &["--space", "public"]].concat());
    assert_eq!(members.code, 0, "{members:?}");
    assert_eq!(json(home, &["digest"]), digest, "a preview signs nothing");
    // Nobody sits at a terminal here, so that nobody is asked; both flags at once contradict each other.
    let both = command(home, &[&new[..], &["--yes"]].concat()).output().unwrap();
    assert_eq!(both.status.code(), Some(2));
    let written = json(home, &["--yes", "record", "new", "incident", "--from", &file]);
    let signed: Vec<&Value> = written["claims"].as_array().unwrap().iter().collect();
    let drafted: Vec<&Value> = shown["claims"].as_array().unwrap().iter().map(|claim| &claim["id"]).collect();
    assert_eq!(signed, drafted, "what is signed is what was shown");
}

#[test]
fn a_reply_of_somebody_else_is_told_as_such_and_counts_for_nobody_who_is_named() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let (attribution, _, subject) = accused(&consortium);
    let another = SUBJECT.replace("Example Trading", "Another Company");
    let another = record(home, "subject", &consortium.file("another.json", another));
    let respond = |whose: &str, more: &[&str]| {
        let words = ["respond", &attribution, "--subject", whose, "--stance", "denies", "--text", "No.", "--in", "en"];
        say(home, &[&words[..], more].concat())
    };
    let wrong = respond(&another, &[]);
    assert!(
        wrong.code == 0
            && wrong
                .err
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .contains("the record names \"Example Trading\" (subject/"),
        "{wrong:?}"
    );
    // Dates and codes are typed as people say them, and refused in these terms.
    let typed = respond(&subject, &["--date", "June", "--channel", "letter"]);
    assert!(
        typed.code == 3 && !typed.err.contains("claims[") && typed.err.contains("the year is missing"),
        "{typed:?}"
    );
    let listed = |field: &str| json(home, &["list", "attribution"])[0][field].clone();
    assert_eq!(listed("replies"), 0);
    let right = respond(&subject, &["--date", "1 June 2018", "--channel", "letter"]);
    assert_eq!(right.code, 0, "{right:?}");
    assert_eq!(listed("replies"), 1);
    let page = say(home, &["show", &subject]).out;
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains("replies: 1") && page.contains("replies of others named here: 1"), "{page}");
}

#[test]
fn an_attribution_that_determines_nobody_names_the_record_for_that() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let source = record(home, "source", &consortium.file("source.json", SOURCE));
    for (language, word) in [("en", "unidentified"), ("ar", "جهة مجهولة"), ("fr", "auteur non identifié")] {
        let form = format!(
            "outcome: under_investigation\n  basis: {source}\n  standard: unstated\n  wording: not_seen\nsubject: {word}\n"
        );
        let file = consortium.file(&format!("{language}.txt"), form);
        let said = say(home, &["--lang", language, "record", "new", "attribution", "--from", &file]);
        assert_eq!(said.code, 0, "{said:?}");
    }
    let shown = say(home, &["--lang", "fr", "show", "unidentified"]).out;
    assert!(shown.contains("Auteur non identifié"), "{shown}");
    let listed = say(home, &["list", "attribution"]).out;
    assert_eq!(listed.matches("Unidentified perpetrator").count(), 3, "{listed}");
}

#[test]
fn a_part_of_the_day_is_not_left_out_without_a_word() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let form = "title [en]: Ghouta\ndate: 21 August 2013 at dawn\n";
    let written = say(home, &["record", "new", "incident", "--from", &consortium.file("dawn.txt", form)]);
    let told = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").contains("no part of the day");
    assert!(written.code == 0 && told(&written.err), "{written:?}");
    let all = json(home, &["list", "incident"]);
    let incident = all[0]["record"].as_str().unwrap();
    assert_eq!(all[0]["dates"], serde_json::json!(["2013-08-21"]));
    let added = say(home, &["claim", "add", incident, "date", "22 August 2013, evening"]);
    assert!(added.code == 0 && told(&added.err), "{added:?}");
    let added = say(home, &["claim", "add", incident, "date", "23 August 2013"]);
    assert!(added.code == 0 && !told(&added.err), "{added:?}");
}

#[test]
fn who_changes_his_mind_is_told_of_what_he_said_before() {
    let consortium = Consortium::found(2);
    let [author, other] = &consortium.homes[..] else { unreachable!() };
    let (record, outcome, _) = accused(&consortium);
    let one = RunningNode::start(author, TCP, &[]);
    let two = RunningNode::start(other, TCP, &one.listening);
    wait_for_claim(&two, &record, &outcome);
    let dispute = |more: &[&str]| {
        say(other, &[&["opinion", "dispute", &record, &outcome[..12], "--reason", "outdated"], more].concat())
    };
    // The words of a dispute have a language, as all texts have; Arabic letters say it themselves.
    let silent = dispute(&["--text", "It is out of date."]);
    assert!(silent.code == 3 && silent.err.contains("says not in which language"), "{silent:?}");
    assert_eq!(dispute(&["--text", "لم يعد صحيحا"]).code, 0);
    let again = dispute(&["--text", "It is out of date.", "--in", "en"]);
    assert!(again.code == 0 && again.out.contains("replaced") && again.out.contains("لم يعد صحيحا"), "{again:?}");
    let page = json(other, &["show", &record]);
    let said = page["properties"].as_array().unwrap().iter().find(|property| property["prop"] == "opinion").unwrap();
    let opinion = said["claims"].as_array().unwrap().iter().find(|claim| claim["state"] == "live").unwrap();
    let opinion = opinion["id"].as_str().unwrap();
    // A dispute of the dispute disputes nothing of the accusation.
    wait_for_claim(&one, &record, opinion);
    json(author, &["opinion", "dispute", &record, opinion, "--reason", "factual_error"]);
    assert_eq!(json(author, &["list", "attribution"])[0]["disputes"], 1);
    assert_eq!(json(author, &["list", "subject"])[0]["disputes"], 1, "on the row of whom it accuses, as on its page");
    assert_eq!(one.stop("TERM") + two.stop("TERM"), 0);
}
