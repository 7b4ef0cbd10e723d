//! What an organisation says: import, records, claims, narratives.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use isnad_tests::binary::{Consortium, command, json, refused, say, say_with_input};
use isnad_tests::binary::{RunningNode, Said, TCP};
use serde_json::{Value, json as value};

const DATASET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/data/incidents.json");

const KINDS: [&str; 11] = [
    "incident",
    "subject",
    "finding",
    "attribution",
    "designation",
    "evidence",
    "source",
    "case",
    "organisation",
    "request",
    "notice",
];

fn claims<'a>(view: &'a Value, prop: &str) -> Vec<&'a Value> {
    let properties = view["properties"].as_array().unwrap().iter().filter(|property| property["prop"] == prop);
    properties.flat_map(|property| property["claims"].as_array().unwrap()).collect()
}

#[test]
fn an_import_refuses_nothing_and_changes_nothing_when_run_again() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let first = json(home, &["import", DATASET]);
    let digest = json(home, &["digest"]);
    assert!(first["claims"].as_u64().unwrap() > 2_000 && first["claims"] == first["new_claims"], "{first}");
    let kinds: Vec<&str> =
        first["kinds"].as_array().unwrap().iter().filter_map(|count| count["kind"].as_str()).collect();
    assert!(kinds.contains(&"incident") && kinds.contains(&"designation") && kinds.len() >= 8, "{kinds:?}");
    let again = json(home, &["import", DATASET]);
    assert_eq!((&again["new_claims"], &again["entries"]), (&value!(0), &value!(0)));
    assert_eq!(json(home, &["digest"]), digest);
    let text = say(home, &["import", DATASET]);
    assert!(text.out.contains("incident ") && text.out.contains("0 claims are new"), "{text:?}");
    // From a pipe, and by another organisation: the same records.
    let piped = say_with_input(&consortium.homes[1], &["--json", "import", "-"], &std::fs::read(DATASET).unwrap());
    assert_eq!(piped.json()["new_claims"], first["new_claims"]);
    let records = |home| json(home, &["list", "incident"]).as_array().unwrap().len();
    assert_eq!(records(home), records(&consortium.homes[1]));
}

#[test]
fn an_import_leaves_out_a_person_whom_nothing_accuses_and_shows_before_what_it_would_sign() {
    let consortium = Consortium::found(1);
    let home = &consortium.homes[0];
    let mut file: Value = serde_json::from_slice(&std::fs::read(DATASET).unwrap()).unwrap();
    let names = value!([{"lang": "en", "value": "A. B.", "type": "primary"}]);
    let person = value!({"id": "somebody", "kind": "person", "names": names, "topics": [], "public_basis": []});
    file["subjects"].as_array_mut().unwrap().push(person);
    let file = consortium.file("dataset.json", file.to_string());
    let digest = json(home, &["digest"]);
    let shown = say(home, &["--json", "import", &file, "--preview"]).json();
    assert_eq!(json(home, &["digest"]), digest, "a preview signs nothing");
    assert!(shown["warned"]["no_as_of"].as_u64().unwrap() > 0 && shown["readers"]["members"].is_array(), "{shown}");
    for (lang, person, records) in
        [("ar", "شخص", "سجل"), ("en", "a person", "records"), ("fr", "une personne", "fiches")]
    {
        let text = say(home, &["--lang", lang, "import", &file, "--preview"]).out;
        assert!(text.contains("somebody") && text.contains(person) && text.contains(records), "{text}");
    }
    let imported = say(home, &["--json", "import", &file]);
    assert_eq!(imported.code, 1, "{imported:?}");
    let imported: Value = serde_json::from_str(&imported.out).unwrap();
    let left_out = imported["not_signed"].as_array().unwrap();
    assert!(left_out.len() == 1 && left_out[0].as_str().unwrap().starts_with("somebody: "), "{left_out:?}");
    assert_eq!(imported["new_claims"], shown["new_claims"]);
    assert!(imported["new_claims"].as_u64().unwrap() > 2_000);
    assert_eq!(refused(home, &["show", "somebody"], 1)["code"], "not_found");
}

#[test]
fn whoever_names_a_person_whom_nothing_accuses_declares_that_it_is_no_victim_or_witness() {
    let consortium = Consortium::found(1);
    let home = &consortium.homes[0];
    let draft = r#"{"claims": [{"prop": "subject_type", "value": "person"}, {"prop": "name", "value": "A. B.", "lang": "en"}]}"#;
    let file = consortium.file("person.json", draft);
    let new = ["record", "new", "subject", "--from", &file];
    for lang in ["ar", "en", "fr"] {
        let problem = refused(home, &[&["--lang", lang], &new[..]].concat(), 3);
        assert_eq!(problem["code"], "person_not_accused");
        assert!(problem["try"].as_str().unwrap().contains("--not-victim-or-witness"), "{problem}");
    }
    let written = json(home, &[&new[..], &["--not-victim-or-witness"]].concat());
    let record = written["record"].as_str().unwrap();
    let view = json(home, &["show", record]);
    let declared = claims(&view, "declaration");
    assert_eq!(declared[0]["value"], "not_victim_or_witness");
    // Taken back, it is asked for again: for a further name, and for a reply in that name.
    let taken = declared[0]["id"].as_str().unwrap();
    json(home, &["claim", "retract", record, taken, "--reason", "error", "--note", "a witness"]);
    let name = ["claim", "add", record, "name", "C. D.", "--in", "en"];
    assert_eq!(refused(home, &name, 3)["code"], "person_not_accused");
    let incident = consortium.file("incident.json", r#"{"claims": [{"prop": "date", "value": "2013"}]}"#);
    let incident =
        json(home, &["record", "new", "incident", "--from", &incident])["record"].as_str().unwrap().to_owned();
    let reply = ["respond", &incident, "--subject", record, "--stance", "denies", "--text", "No.", "--in", "en"];
    assert_eq!(refused(home, &reply, 3)["problems"][0]["path"], "claims[0].value.subject");
    json(home, &[&reply[..], &["--not-victim-or-witness"]].concat());
    let view = json(home, &["show", record]);
    assert!(claims(&view, "declaration").iter().any(|claim| claim["state"] == "live"), "{view}");
    let told = say(home, &[&["--lang", "fr"], &name[..]].concat());
    assert!(told.code == 0 && told.out.contains("signé et enregistré : 1 déclaration sur"), "{told:?}");
}

#[test]
fn an_example_of_each_kind_is_a_record_as_it_stands() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    for kind in KINDS {
        let example = say(home, &["record", "example", kind]);
        assert_eq!(example.code, 0, "{example:?}");
        let arguments = ["--json", "record", "new", kind, "--from", "-"];
        let written = say_with_input(home, &arguments, example.out.as_bytes()).json();
        let record = written["record"].as_str().unwrap();
        let view = json(home, &["show", record]);
        assert_eq!(view["kind"], kind);
        let list = json(home, &["list", kind]);
        assert_eq!(list.as_array().unwrap().len(), 1, "{kind}: {list}");
        for lang in ["ar", "en", "fr"] {
            let shown = say(home, &["--lang", lang, "--today", "2018-06-01", "show", record]);
            assert!(shown.code == 0 && shown.out.contains("2018-06-01"), "{shown:?}");
        }
    }
    assert_eq!(refused(home, &["record", "example", "nothing"], 2)["code"], "usage");
    let file = consortium
        .file("draft.json", r#"{"space": "public", "claims": [{"prop": "note", "lang": "en", "value": "x"}]}"#);
    let public = json(home, &["record", "new", "incident", "--from", &file]);
    let view = json(home, &["show", public["record"].as_str().unwrap()]);
    let who = json(home, &["who"]);
    let space = who["spaces"].as_array().unwrap().iter().find(|space| space["name"] == "public").unwrap();
    assert_eq!(claims(&view, "note")[0]["space"], space["id"], "a draft's own space holds");
    refused(home, &["record", "new", "incident", "--from", &file, "--space", "members"], 2);
}

#[test]
fn claims_are_added_replaced_and_retracted_and_nothing_is_lost() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let example = say(home, &["record", "example", "incident"]).out;
    let written = say_with_input(home, &["--json", "record", "new", "incident", "--from", "-"], example.as_bytes());
    let record = written.json()["record"].as_str().unwrap().to_owned();
    let short = &record[..record.find('/').unwrap() + 9];
    let added = json(home, &["claim", "add", short, "title", "Khan el-Assal", "--in", "fr"]);
    let old = added["claims"][0].as_str().unwrap();
    let new = json(home, &["claim", "replace", short, &old[..12], "title", "Khan al-Assal (Alep)", "--in", "fr"]);
    let new = new["claims"][0].as_str().unwrap();
    nothing_is_said_twice(home, short, old, new);
    let state = |id: &str| {
        let view = json(home, &["show", &record]);
        let found = claims(&view, "title").into_iter().find(|claim| claim["id"] == id).cloned().unwrap();
        found["state"].as_str().unwrap().to_owned()
    };
    assert_eq!((state(old).as_str(), state(new).as_str()), ("replaced", "live"));
    let retract = ["claim", "retract", short, &new[..10], "--reason", "error", "--note", "كتابة خاطئة"];
    let retracted = json(home, &retract);
    assert_eq!(retracted["entries"].as_array().unwrap().len(), 1);
    assert_eq!(retracted["took"], value!({"property": "title", "value": "Khan al-Assal (Alep)"}));
    assert_eq!(refused(home, &retract, 3)["code"], "retracted");
    assert_eq!(state(new), "retracted");
    let whole = r#"{"prop": "casualty", "value": {"category": "killed", "min": 20, "max": 26}}"#;
    let file = consortium.file("claim.json", whole);
    json(home, &["claim", "add", short, "--from", &file]);
    json(home, &["claim", "add", short, "casualty", r#"{"category": "injured", "min": 86}"#]);
    let history = json(home, &["history", &record, "--today", "2020-01-01"]);
    let did: Vec<&str> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|item| item["did"].as_array().unwrap())
        .filter_map(|did| did["op"].as_str())
        .collect();
    assert_eq!(did.iter().filter(|op| **op == "retracted").count(), 1, "{did:?}");
    assert!(did.iter().filter(|op| **op == "claimed").count() >= 13, "{did:?}");
    let text = say(home, &["history", &record]).out;
    assert!(text.contains("كتابة خاطئة") && text.contains("retracted"), "{text}");
    wrong_claims(&consortium, short);
}

#[test]
fn a_new_value_keeps_the_source_the_body_and_the_marking_of_the_old() {
    let consortium = Consortium::found(1);
    let home = &consortium.homes[0];
    let new = |kind: &str| {
        let example = say(home, &["record", "example", kind]).out;
        let written = say_with_input(home, &["--json", "record", "new", kind, "--from", "-"], example.as_bytes());
        written.json()["record"].as_str().unwrap().to_owned()
    };
    let (source, incident, body) = (new("source"), new("incident"), new("organisation"));
    let beside =
        ["--in", "en", "--source", &source, "--locator", "p. 3", "--according-to", &body, "--marking", "amber"];
    let added = json(home, &[&["claim", "add", &incident, "note", "Twenty"][..], &beside].concat());
    let old = added["claims"][0].as_str().unwrap();
    let replaced = json(home, &["claim", "replace", &incident, old, "note", "Thirty", "--in", "en"]);
    let id = &replaced["claims"][0];
    let view = json(home, &["show", &incident]);
    let claim = claims(&view, "note").into_iter().find(|claim| claim["id"] == *id).cloned().unwrap();
    assert_eq!(claim["value"], "Thirty");
    assert_eq!(claim["basis"][0]["source"]["record"], source.as_str(), "{claim}");
    assert_eq!(claim["basis"][0]["locator"], "p. 3", "{claim}");
    assert_eq!(claim["according_to"]["record"], body.as_str(), "{claim}");
    assert_eq!(claim["marking"], "tlp:amber", "{claim}");
    // What is said anew is said anew.
    let again =
        ["claim", "replace", &incident, id.as_str().unwrap(), "note", "Forty", "--in", "en", "--marking", "red"];
    let again = json(home, &again);
    let view = json(home, &["show", &incident]);
    let claim = claims(&view, "note").into_iter().find(|claim| claim["id"] == again["claims"][0]).cloned().unwrap();
    assert_eq!((&claim["marking"], claim["basis"].as_array().unwrap().len()), (&value!("tlp:red"), 1), "{claim}");
}

/// Replaced twice, by another property, and said again: nothing of it is signed.
fn nothing_is_said_twice(home: &Path, record: &str, old: &str, new: &str) {
    let digest = json(home, &["digest"]);
    let again = ["claim", "replace", record, old, "title", "Khan al-Assal", "--in", "fr"];
    assert_eq!(refused(home, &again, 3)["code"], "replaced");
    assert_eq!(refused(home, &["claim", "replace", record, new, "date", "2013"], 3)["code"], "other_property");
    let same = json(home, &["claim", "add", record, "alias", "khan-al-assal-2013-03-19"]);
    assert_eq!((&same["known"], &same["entries"]), (&value!(1), &value!([])));
    let example = say(home, &["record", "example", "incident"]).out;
    let twice = say_with_input(home, &["--json", "record", "new", "incident", "--from", "-"], example.as_bytes());
    assert_eq!(twice.problem(3)["code"], "alias_taken");
    assert_eq!(json(home, &["digest"]), digest, "what is refused changes nothing");
}

fn wrong_claims(consortium: &Consortium, record: &str) {
    let home = &consortium.homes[0];
    let digest = json(home, &["digest"]);
    for (arguments, code) in [
        (&["claim", "add", record, "agent", r#"{"code": "nonsense"}"#][..], 3),
        (&["claim", "add", record, "titel", "x"], 3),
        (&["claim", "add", record, "casualty", r#"{"category": "#], 2),
        (&["claim", "add", "incident/00000000", "title", "x"], 1),
        (&["claim", "add", "no-such-alias", "title", "x"], 1),
        (&["claim", "replace", record, "ffffffff", "title", "x"], 1),
        (&["claim", "retract", record, "ffffffff", "--reason", "error"], 1),
        (&["claim", "retract", record, "0", "--reason", "boredom"], 3),
        (&["claim", "retract", record, "8690e2", "--reason", "error"], 2),
        (&["claim", "retract", "86908690e2", record, "--reason", "error"], 2),
        (&["claim", "add", record, "agent", "water"], 3),
        (&["claim", "add", record, "--from", "/no/such/file"], 2),
        (&["claim", "add", record], 2),
        (&["claim", "add", record, "title", "x", "--space", "moon"], 2),
    ] {
        let problem = refused(home, arguments, code);
        assert!(!problem["error"].as_str().unwrap().is_empty(), "{arguments:?}");
    }
    let two = consortium.file(
        "two.json",
        r#"{"prop": "note", "lang": "en", "value": "a"}, {"prop": "note", "lang": "en", "value": "b"}"#,
    );
    assert_eq!(refused(home, &["claim", "add", record, "--from", &two], 3)["code"], "json_trailing");
    assert_eq!(json(home, &["digest"]), digest, "what is refused changes nothing");
}

#[test]
fn what_is_about_a_public_claim_is_said_in_public() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let file = consortium
        .file("draft.json", r#"{"space": "public", "claims": [{"prop": "note", "lang": "en", "value": "x"}]}"#);
    let written = json(home, &["record", "new", "incident", "--from", &file]);
    let (record, claim) = (written["record"].as_str().unwrap(), written["claims"][0].as_str().unwrap());
    let elsewhere = ["claim", "replace", record, claim, "note", "y", "--in", "en", "--space", "members"];
    assert_eq!(refused(home, &elsewhere, 2)["code"], "usage");
    let new = json(home, &["claim", "replace", record, claim, "note", "y", "--in", "en"]);
    let new = new["claims"][0].as_str().unwrap();
    let state = |id: &str| {
        let view = json(home, &["show", record]);
        let found = claims(&view, "note").into_iter().find(|claim| claim["id"] == id).cloned();
        found.unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!((state(claim).as_str(), state(new).as_str()), ("replaced", "live"));
    let retract = ["claim", "retract", record, new, "--reason", "error"];
    assert_eq!(refused(home, &retract, 3)["code"], "note_missing");
    json(home, &[&retract[..], &["--note", "mistyped"]].concat());
    assert_eq!(state(new), "retracted");
}

#[test]
fn a_narrative_is_begun_and_edited_from_a_file_and_in_an_editor() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let file = consortium.file("draft.json", r#"{"claims": [{"prop": "note", "lang": "en", "value": "x"}]}"#);
    let written = json(home, &["record", "new", "incident", "--from", &file]);
    let record = written["record"].as_str().unwrap();
    let text = consortium.file("text", "وصل الشهود صباحا.\nIt was six o'clock.\n");
    let begun = json(home, &["narrative", "edit", record, "--from", &text, "--in", "ar"]);
    let narrative = begun["narratives"][0].as_str().unwrap();
    let again = ["narrative", "edit", record, "--narrative", &narrative[..8], "--from"];
    assert_eq!(refused(home, &[&again[..], &[&text]].concat(), 1)["code"], "unchanged");
    let longer = consortium.file("text", "وصل الشهود صباحا.\nIt was seven o'clock, 🕖.\n");
    json(home, &[&again[..], &[&longer]].concat());
    let script = consortium.file("editor", "#!/bin/sh\nsed -i 's/seven/eight/' \"$1\"\n");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let edit = |editor: &str| {
        let mut command = command(home, &["--json", "narrative", "edit", record, "--narrative", narrative]);
        Said::of(&command.env("EDITOR", editor).env_remove("VISUAL").output().unwrap())
    };
    edit(&script).json();
    let failed = edit("false").problem(2);
    assert_eq!(failed["error"], "nothing was signed");
    edit("/no/such/editor").problem(2);
    let view = json(home, &["show", record]);
    assert_eq!(view["narratives"][0]["text"], "وصل الشهود صباحا.\nIt was eight o'clock, 🕖.\n");
    assert_eq!(view["narratives"].as_array().unwrap().len(), 1);
    let other = ["narrative", "edit", record, "--narrative", "ffff", "--from", &text];
    assert_eq!(refused(home, &other, 1)["code"], "not_found");
}

#[test]
fn a_contribution_beside_a_node_goes_over_its_socket() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let node = RunningNode::start(home, TCP, &[]);
    let file = consortium.file("draft.json", r#"{"claims": [{"prop": "note", "lang": "en", "value": "x"}]}"#);
    let written = json(home, &["record", "new", "incident", "--from", &file]);
    let record = written["record"].as_str().unwrap();
    let (status, shown) = node.get(&format!("/records/{record}")).unwrap();
    assert_eq!((status, &shown["record"]), (200, &written["record"]));
    // The node holds the keys: the command needs no passphrase.
    std::fs::remove_file(isnad_tests::binary::passphrase_file(home)).unwrap();
    json(home, &["claim", "add", record, "title", "beside a node", "--in", "en"]);
    assert_eq!(node.stop("TERM"), 0);
}

#[test]
fn a_mistyped_word_is_answered_with_what_may_have_been_meant() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let file = consortium.file("draft.json", r#"{"claims": [{"prop": "note", "lang": "en", "value": "x"}]}"#);
    let written = json(home, &["record", "new", "incident", "--from", &file]);
    let record = written["record"].as_str().unwrap();
    let claim = written["claims"][0].as_str().unwrap();
    let near = consortium.file("near.json", r#"{"prop": "agent", "value": {"code": "chlorin"}}"#);
    let no_property = consortium.file("property.json", r#"{"prop": "titel", "lang": "en", "value": "x"}"#);
    let form = consortium.file("form.txt", "titel [en]: x\n");
    let cases: [(&[&str], i32, &str); 9] = [
        (&["claim", "add", record, "agent", "chlorin"], 3, "chlorine"),
        (&["claim", "add", record, "agent", "sarine"], 3, "sarin"),
        (&["claim", "add", record, "titel", "x"], 3, "title"),
        (&["claim", "add", record, "--from", &near], 3, "chlorine"),
        (&["claim", "add", record, "--from", &no_property], 3, "title"),
        (&["claim", "retract", record, claim, "--reason", "eror"], 3, "error"),
        (&["record", "new", "incident", "--from", &form], 3, "title"),
        (&["record", "new", "incidnet", "--from", &form], 2, "incident"),
        (&["list", "incidnets"], 2, "incident"),
    ];
    for (arguments, code, meant) in cases {
        for (lang, question) in [("ar", "لعل"), ("en", "did you mean"), ("fr", "vouliez-vous dire")] {
            let problem = refused(home, &[&["--lang", lang], arguments].concat(), code);
            let advice = problem["try"].as_str().unwrap();
            assert!(advice.starts_with(question) && advice.contains(meant), "{lang} {arguments:?}: {problem}");
        }
    }
    let problem = refused(home, &["claim", "add", record, "agent", "water"], 3);
    assert!(!problem["try"].as_str().unwrap().contains("did you mean"), "{problem}");
}

#[test]
fn a_wording_has_the_language_that_is_said_or_that_its_letters_say() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let source = consortium.file("source.json", r#"{"claims": [{"prop": "title", "lang": "en", "value": "x"}]}"#);
    let written = json(home, &["record", "new", "source", "--from", &source]);
    let source = written["record"].as_str().unwrap();
    let note = consortium.file("note.json", r#"{"claims": [{"prop": "note", "lang": "en", "value": "x"}]}"#);
    let written = json(home, &["record", "new", "finding", "--from", &note]);
    let record = written["record"].as_str().unwrap();
    let outcome = ["claim", "add", record, "outcome", "confirmed_use", "--source", source, "--standard", "unstated"];
    for (lang, words) in [("ar", "لغة"), ("en", "language"), ("fr", "langue")] {
        let arguments = [&["--lang", lang], &outcome[..], &["--wording", "Sarin was used"]].concat();
        let problem = refused(home, &arguments, 3);
        assert_eq!(problem["code"], "missing_lang");
        assert!(problem["why"].as_str().unwrap().contains(words), "{problem}");
        assert!(problem["try"].as_str().unwrap().contains("--wording-language"), "{problem}");
    }
    let arabic = json(home, &[&outcome[..], &["--wording", "استُعمل السارين"]].concat());
    let english = [&outcome[..], &["--wording", "Sarin was used", "--wording-language", "English"]].concat();
    let english = json(home, &english);
    let view = json(home, &["show", record]);
    for (written, lang) in [(arabic, "ar"), (english, "en")] {
        let said = claims(&view, "outcome").into_iter().find(|claim| claim["id"] == written["claims"][0]);
        assert_eq!(said.unwrap()["wording"]["lang"], lang);
    }
}
