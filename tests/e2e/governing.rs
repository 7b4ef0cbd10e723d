//! An administrator governs: grants and revokes keys, rotates the roots, has drafts signed by others, here and on a machine
//! without a network; and is refused what would make a double signer.

use std::path::Path;

use isnad_tests::binary::{
    Consortium, PASSPHRASE, RunningNode, TCP, contents, copy, json, refused, say, write_passphrase,
};
use serde_json::Value;

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}"))
}

/// The one act that a home holds of which this is so.
fn act_where(home: &Path, is_it: impl Fn(&Value) -> bool) -> Value {
    let acts = json(home, &["act", "list", "--all"]);
    let found: Vec<&Value> = acts.as_array().unwrap().iter().filter(|act| is_it(act)).collect();
    assert_eq!(found.len(), 1, "{acts}");
    found[0].clone()
}

fn key_of(home: &Path, role: &str) -> String {
    let keys = json(home, &["key", "list"]);
    let key = keys.as_array().unwrap().iter().find(|key| key["role"] == role).unwrap_or_else(|| panic!("{keys}"));
    text(key, "key").to_owned()
}

/// Hands over by file what one home holds and another lacks.
fn carry(consortium: &Consortium, from: &Path, to: &Path) {
    let file = consortium.path("carried");
    json(from, &["carry", "out", &file]);
    json(to, &["carry", "in", &file]);
}

#[test]
fn a_key_of_another_machine_is_granted_and_a_stolen_one_revoked_back_to_a_position() {
    let consortium = Consortium::found(3);
    let home = &consortium.homes[0];
    let own = text(&json(home, &["organisation", "show"]), "organisation").to_owned();
    let stolen = key_of(home, "contributor");
    // A colleague's machine makes a key; nothing secret leaves it.
    let laptop = consortium.dir.path().join("laptop");
    write_passphrase(&laptop, PASSPHRASE);
    let request = consortium.path("request");
    let new = ["key", "new", "--role", "contributor", "--label", "laptop", "--organisation", &own, "-o", &request];
    let made = json(&laptop, &new);
    let granted = json(home, &["key", "grant", &request, "--expires", "2030-01-31"]);
    assert_eq!((&granted["state"], &granted["changes"][0]["key"]), (&"in_effect".into(), &made["key"]));
    assert_eq!(granted["changes"][0]["expires"], "2030-01-31");
    // Past that day it says so, and nothing else of it changes.
    let who = |day: &str| say(home, &["--today", day, "who"]).out;
    assert!(who("2029-12-31").contains("meant to be used until 2030-01-31"), "{}", who("2029-12-31"));
    let past = who("2031-01-01");
    assert!(past.contains("was meant to be used until 2030-01-31, which is past; it decides nothing"), "{past}");
    assert_eq!(json(home, &["--today", "2031-01-01", "who"]), json(home, &["who"]));
    // The same again is refused by the rule.
    assert_eq!(refused(home, &["key", "grant", &request], 3)["code"], "act_granted_twice");
    // A request for another organisation, or altered, is none.
    assert_eq!(refused(&consortium.homes[1], &["key", "grant", &request], 3)["code"], "other_organisation");
    let altered = std::fs::read_to_string(&request).unwrap().replace("contributor", "publisher");
    let altered = consortium.file("altered", altered);
    assert_eq!(refused(home, &["key", "grant", &altered], 3)["code"], "request_proof");

    // Three entries, of which the thief wrote the last two.
    for note in ["one", "two", "three"] {
        let record =
            consortium.file("record", format!(r#"{{"claims":[{{"lang":"en","prop":"title","value":"{note}"}}]}}"#));
        json(home, &["record", "new", "source", "--from", &record]);
    }
    let unsaid = refused(home, &["key", "revoke", &stolen], 2);
    assert!(text(&unsaid, "try").contains("--after"), "{unsaid}");
    let shown = say(home, &["key", "revoke", &stolen, "--preview"]);
    assert!(shown.out.contains("in members: 3 entries") && shown.out.contains("by the clock of whoever"), "{shown:?}");
    // Each with what it said, and when by its author's clock to the minute.
    for said in ["title: one (en)", "title: two (en)", "title: three (en)"] {
        assert!(shown.out.contains(said), "no {said}: {shown:?}");
    }
    let minute = |line: &str| line.len() > 25 && line.as_bytes()[22] == b':' && line.contains(" source ");
    assert_eq!(shown.out.lines().filter(|line| minute(line)).count(), 3, "{shown:?}");
    let preview = say(home, &["key", "revoke", &stolen, "--after", "1", "--reason", "stolen", "--preview"]);
    assert!(preview.out.contains("2 entries of key") && preview.out.contains("nothing was signed"), "{preview:?}");
    assert_eq!(refused(home, &["key", "revoke", &stolen, "--after", "4"], 3)["code"], "no_position");
    let revoked = json(home, &["key", "revoke", &stolen, "--after", "1", "--reason", "stolen"]);
    assert_eq!((&revoked["state"], &revoked["version"]), (&"in_effect".into(), &3.into()));
    let keys = json(home, &["key", "list"]);
    let is_granted =
        |key: &str| keys.as_array().unwrap().iter().any(|line| line["key"] == key && line["is_granted"] == true);
    assert!(!is_granted(&stolen) && is_granted(text(&made, "key")), "{keys}");
    // Another member that hears of it knows the same.
    carry(&consortium, home, &consortium.homes[1]);
    act_where(&consortium.homes[1], |act| act["id"] == revoked["id"] && act["state"] == "in_effect");
}

#[test]
fn a_draft_gathers_signatures_as_nodes_sync_and_by_a_machine_that_has_no_network() {
    let consortium = Consortium::found(3);
    let [first, second, third] = &consortium.homes[..] else { panic!("three homes") };
    let draft = json(first, &["charter", "rename", "A better name"]);
    assert_eq!(
        (&draft["state"], &draft["have"], &draft["due"]),
        (&"waits_for_signatures".into(), &1.into(), &2.into())
    );
    assert_eq!(draft["is_mine"], false);
    let id = text(&draft, "id").to_owned();

    // A rival is refused, and says how it can be made; that it is made again is no second one.
    let rival = refused(first, &["charter", "rename", "Another name"], 3);
    assert_eq!(rival["code"], "rival");
    assert!(text(&rival, "try").contains("--instead"), "{rival}");
    assert_eq!(json(first, &["act", "sign", &id])["id"], draft["id"]);

    // The second sees it as nodes sync, and reads what changes.
    let node = RunningNode::start(first, TCP, &[]);
    let other = RunningNode::start(second, TCP, &node.listening);
    other.wait_for("/status", |_, status| (status["to_sign"].as_array()?.len() == 1).then_some(()));
    let told = say(second, &["act", "list"]);
    let (order, listed) = told.out.split_once("\n\n").unwrap();
    assert!(order.starts_with("What waits stands first"), "{told:?}");
    assert!(listed.starts_with("charter, version 2") && listed.contains("waits for your signature"), "{told:?}");
    assert!(told.out.contains("A better name instead of Test consortium"), "{told:?}");
    assert!(say(second, &["status"]).out.contains("1 act waits for your signature"));
    assert_eq!((node.stop("TERM"), other.stop("TERM")), (0, 0));

    // It signs on a machine that has the keys and nothing else.
    let medium = consortium.dir.path().join("medium");
    copy(&second.join("keys"), &medium);
    let (out, back) = (consortium.path("out"), consortium.path("back"));
    json(second, &["act", "export", &id, "-o", &out]);
    let nowhere = consortium.dir.path().join("nowhere");
    write_passphrase(&nowhere, PASSPHRASE);
    let medium = medium.display().to_string();
    let shown = say(&nowhere, &["act", "show", &out]);
    assert!(shown.out.contains("A better name"), "{shown:?}");
    // By name as the file has it, with the id beside: the machine knows nobody.
    let signer = text(&json(first, &["organisation", "show"]), "organisation")[..12].to_owned();
    assert!(shown.out.contains(&format!("signed by: Organisation 0 [{signer}]")), "{shown:?}");
    json(&nowhere, &["act", "sign", &out, "--keys", &medium, "-o", &back]);
    assert!(!nowhere.exists() || contents(&nowhere).is_empty(), "nothing is made where no home is");
    let taken = json(second, &["act", "take", &back]);
    assert_eq!((&taken["have"], &taken["state"]), (&2.into(), &"waits_for_acknowledgements".into()));

    // A third hears of it and has nothing to do.
    carry(&consortium, second, third);
    let there = act_where(third, |act| act["id"] == draft["id"]);
    assert_eq!((&there["have"], &there["is_mine"]), (&2.into(), &false.into()));
}

/// A file of acts with one byte of its first act changed, counted from the end of that act or from its beginning.
fn altered(file: &str, to: &str, at: impl Fn(usize) -> Vec<usize>) {
    let mut bytes = std::fs::read(file).unwrap();
    let length = u32::from_be_bytes(bytes[..4].try_into().unwrap());
    for at in at(usize::try_from(length).unwrap()) {
        bytes[4 + at] ^= 1;
    }
    std::fs::write(to, bytes).unwrap();
}

/// Each of two members signs a copy of one file on a machine of its own, at the same time and without the other's signature.
#[test]
fn copies_of_one_file_that_two_members_sign_apart_come_together_to_enough_signatures() {
    let consortium = Consortium::found(3);
    let [first, second, third] = &consortium.homes[..] else { panic!("three homes") };
    let candidate = consortium.dir.path().join("candidate");
    write_passphrase(&candidate, PASSPHRASE);
    json(&candidate, &["init", "--name", "Fourth", "--kind", "ngo", "--label", "test"]);
    let (own, out) = (consortium.path("fourth.act"), consortium.path("out"));
    json(&candidate, &["organisation", "export", "-o", &own]);
    // Of four members three sign: the one who proposes it, and these two.
    let draft = json(first, &["--yes", "charter", "admit", &own]);
    assert_eq!((&draft["have"], &draft["due"]), (&1.into(), &3.into()), "{draft}");
    let id = text(&draft, "id").to_owned();
    json(first, &["act", "export", &id, "-o", &out]);
    let sign = |home: &Path, file: &str, name: &str| {
        let (medium, nowhere) =
            (consortium.dir.path().join(format!("{name}-keys")), consortium.dir.path().join(format!("{name}-home")));
        copy(&home.join("keys"), &medium);
        write_passphrase(&nowhere, PASSPHRASE);
        let back = consortium.path(name);
        json(&nowhere, &["--yes", "act", "sign", file, "--keys", &medium.display().to_string(), "-o", &back]);
        back
    };
    let (one, other) = (sign(second, &out, "one"), sign(third, &out, "other"));
    // Who signs his copy again, or signs what he has signed, adds nothing.
    let (again, twice) = (sign(second, &out, "again"), sign(second, &one, "twice"));
    let held = |home: &Path| {
        let act = json(home, &["act", "show", &id]);
        (act["have"].as_u64().unwrap(), text(&act, "state").to_owned())
    };

    // A file altered on its way says something else, which nobody signed; or signatures that fail, and none of them counts.
    let before = held(first);
    for (what, at) in [
        ("a byte of the body", Box::new(|_| vec![140_usize]) as Box<dyn Fn(usize) -> Vec<usize>>),
        ("the version", Box::new(|_| vec![31])),
        ("the act before", Box::new(|_| vec![100])),
        ("each signature", Box::new(|length| vec![length - 1, length - 129])),
    ] {
        let file = consortium.path("altered");
        altered(&one, &file, at);
        let said = say(first, &["--json", "act", "take", &file]);
        assert!(what == "each signature" || said.code == 3, "{what}: {said:?}");
        assert_eq!(held(first), before, "{what}");
    }
    let acts = json(first, &["act", "list", "--all"]);
    assert_eq!(acts.as_array().unwrap().len(), 6, "the charter, the first acts of four and the draft: {acts}");

    let have = |home: &Path, file: &str| json(home, &["act", "take", file])["have"].clone();
    assert_eq!(have(first, &one), 2);
    for file in [&again, &twice, &one] {
        assert_eq!(have(first, file), 2, "{file}");
    }
    let done = json(first, &["act", "take", &other]);
    assert_eq!((&done["have"], &done["state"]), (&3.into(), &"waits_for_acknowledgements".into()), "{done}");
    // In the other order, elsewhere, it is the same.
    assert_eq!((have(second, &other), have(second, &twice)), (2.into(), 3.into()));
    assert_eq!(held(second), held(first));
}

#[test]
fn a_draft_takes_the_place_of_an_earlier_one_only_if_it_says_so() {
    let consortium = Consortium::found(3);
    let home = &consortium.homes[0];
    let one = json(home, &["charter", "threshold", "3"]);
    let two = json(home, &["charter", "rename", "Another name", "--instead"]);
    assert_eq!((&two["changes"][0]["change"], &two["changes"][0]["act"]), (&"instead".into(), &one["id"]));
    // Without the folder's memory the acts that are held say the same.
    std::fs::remove_file(home.join("keys/signed-acts")).unwrap();
    assert_eq!(refused(home, &["charter", "threshold", "3"], 3)["code"], "rival");
    // What would change nothing, or break a rule, is no draft.
    assert_eq!(refused(home, &["charter", "threshold", "2", "--instead"], 3)["code"], "nothing_changes");
    assert_eq!(refused(home, &["charter", "threshold", "1", "--instead"], 3)["code"], "act_majority");
    assert_eq!(refused(home, &["charter", "settle"], 3)["code"], "no_halt");
    // A setting that nothing reads is not made: an act is for ever.
    for (setting, code) in [
        (&["policy", "fresh_day", "7"][..], "setting_unknown"),
        (&["policy", "fresh_days", "often"], "setting_value"),
        (&["policy", "fresh_days", "0"], "setting_value"),
        (&["limit", "records", "7"], "setting_limit"),
    ] {
        assert_eq!(refused(home, &[&["charter"], setting, &["--instead"]].concat(), 3)["code"], code);
    }
    let set = say(home, &["charter", "policy", "fresh_days", "9", "--preview"]).out;
    assert!(set.contains("sets the policy fresh_days to 9"), "{set}");
    assert!(say(home, &["charter", "policy", "--help"]).out.contains("fresh_days"));
}

#[test]
fn root_keys_are_rotated_to_the_committed_ones_and_the_old_sign_no_more() {
    let consortium = Consortium::found(3);
    let home = &consortium.homes[0];
    let (old, next) = (key_of(home, "root"), key_of(home, "next_root"));
    let thief = consortium.dir.path().join("stolen");
    copy(&home.join("keys"), &thief);
    std::fs::read_dir(&thief).unwrap().map(|file| file.unwrap().path()).for_each(|file| {
        if file.file_name().unwrap().to_str().unwrap().starts_with("next_root") {
            std::fs::remove_file(file).unwrap();
        }
    });
    let before = contents(&home.join("keys"));
    assert!(say(home, &["key", "rotate", "--preview"]).out.contains("nothing was signed"));
    assert_eq!(contents(&home.join("keys")), before, "a preview makes no keys");
    // What the thief grants and revokes with the stolen keys falls with it, and whoever is to sign it is told.
    let nothing = say(home, &["key", "rotate", "--preview"]).out;
    assert!(nothing.contains("no act that is known here falls"), "{nothing}");
    let reader = key_of(home, "reader");
    let good = json(home, &["organisation", "rename", "Renamed by its own"]);
    let thiefs = [&["key", "revoke", &*reader, "--keep-all"][..], &["organisation", "rename", "Taken over"]];
    let thiefs = thiefs.map(|command| json(home, &[command, &["--keys", &thief.display().to_string()]].concat()));
    let after = ["key", "rotate", "--after-act", text(&good, "id")];
    let told = say(home, &[&after[..], &["--preview"]].concat()).out;
    assert!(told.contains("has another id than this one"), "{told}");
    assert!(told.contains("2 acts fall with this rotation") && !told.contains("is called Renamed by"), "{told}");
    for fallen in
        [&thiefs[0]["id"].as_str().unwrap()[..12], "revokes the reader key", "is called Taken over instead of"]
    {
        assert!(told.contains(fallen), "no {fallen}: {told}");
    }
    let rotated = json(home, &after);
    for act in &thiefs {
        act_where(home, |held| held["id"] == act["id"] && held["state"] == "lost");
    }
    let roots = &rotated["changes"][0];
    assert_eq!((&rotated["state"], &roots["change"]), (&"in_effect".into(), &"roots".into()));
    assert_eq!((&roots["from"][0], &roots["to"][0]), (&old.clone().into(), &next.into()));
    // The thief has yesterday's root keys alone.
    let thief = thief.display().to_string();
    let own = refused(home, &["organisation", "rename", "Stolen", "--keys", &thief], 3);
    assert_eq!(own["code"], "no_root_key", "{own}");
    // The new ones work, and so does the next rotation.
    assert_eq!(json(home, &["organisation", "rename", "Renamed"])["state"], "in_effect");
    assert_eq!(json(home, &["key", "rotate"])["state"], "in_effect");
}

#[test]
fn a_stolen_device_loses_all_its_keys_in_one_act_and_says_so_itself() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let draft = consortium.file("record", r#"{"claims":[{"lang":"en","prop":"title","value":"T"}]}"#);
    for _ in 0..2 {
        json(home, &["record", "new", "source", "--from", &draft]);
    }
    let key = key_of(home, "contributor");
    // One label is that of several keys: which is meant has to be said, and what is too short is called so.
    let several = refused(home, &["key", "revoke", "first node", "--after", "1"], 2);
    assert_eq!(several["code"], "ambiguous");
    assert!(text(&several, "why").contains(&key[..12]) && text(&several, "try").contains("--all-keys"), "{several}");
    let short = refused(home, &["key", "revoke", &key[..4], "--after", "1"], 2);
    assert!(text(&short, "why").contains("digits"), "{short}");
    assert_eq!(refused(home, &["key", "revoke", "no such device", "--after", "1"], 1)["code"], "not_found");

    // What is kept is told in words, before and after it is signed.
    let kept = say(home, &["key", "revoke", &key[..12], "--keep-all", "--reason", "stolen", "--preview"]);
    assert!(kept.err.contains("thief") && kept.out.contains("members up to no. 2"), "{kept:?}");
    let revoke = ["key", "revoke", &key[..12], "--all-keys", "--after", "1", "--reason", "stolen"];
    let revoked = json(home, &revoke);
    let changes = revoked["changes"].as_array().unwrap();
    assert!(changes.len() == 4 && changes.iter().all(|change| change["change"] == "revoked"), "{revoked}");
    let ends = revoked["ends"].as_array().unwrap();
    assert!(ends.iter().any(|end| end["key"] == *key && end["space"] == "members" && end["last"] == 1), "{revoked}");
    assert!(say(home, &["act", "show", text(&revoked, "id")]).out.contains("members up to no. 1"));

    // The machine itself knows, in its status, its list of keys and when it is to sign.
    let status = json(home, &["status"]);
    assert_eq!(status["revoked_keys"].as_array().map(Vec::len), Some(4), "{status}");
    assert!(say(home, &["status"]).out.contains("was revoked"));
    let keys = json(home, &["key", "list"]);
    let its = keys.as_array().unwrap().iter().find(|line| line["key"] == *key).unwrap();
    assert_eq!((&its["is_granted"], its["revoked_by"].as_array().map(Vec::len)), (&false.into(), Some(1)), "{keys}");
    assert_eq!(refused(home, &["record", "new", "source", "--from", &draft], 3)["code"], "key_revoked");
}

#[test]
fn a_second_machine_joins_by_the_acts_that_grant_its_keys() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let own = text(&json(home, &["organisation", "show"]), "organisation").to_owned();
    let laptop = consortium.dir.path().join("laptop");
    write_passphrase(&laptop, PASSPHRASE);
    let (request, acts) = (consortium.path("request"), consortium.path("acts"));
    let new = ["key", "new", "--role", "contributor", "--label", "laptop", "--organisation", &own, "-o", &request];
    json(&laptop, &new);
    // Another organisation beside the keys of this one would be a mistake.
    let second = refused(&laptop, &["init", "--name", "Another", "--kind", "ngo"], 2);
    assert_eq!(second["code"], "home_exists");
    json(home, &["export", "--format", "acts", "-o", &acts]);
    assert_eq!(refused(&laptop, &["join", &acts], 3)["code"], "not_joined");
    json(home, &["key", "grant", &request]);
    json(home, &["export", "--format", "acts", "-o", &acts]);
    assert_eq!(text(&json(&laptop, &["join", &acts]), "own"), own);
    let draft = consortium.file("record", r#"{"claims":[{"lang":"en","prop":"title","value":"From the laptop"}]}"#);
    json(&laptop, &["record", "new", "source", "--from", &draft]);
    carry(&consortium, &laptop, home);
    let listed = json(home, &["list", "source"]);
    assert_eq!(listed[0]["organisations"][0].as_str(), Some(&*own), "{listed}");
}

#[test]
fn what_is_named_wrong_is_told_so_and_ids_are_named_by_their_beginning() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let nobody = refused(home, &["charter", "admit", "Nobody"], 1);
    assert!(text(&nobody, "error").contains("no candidate is called Nobody"), "{nobody}");
    let folder = consortium.path("no folder");
    assert_eq!(refused(home, &["charter", "rename", "X", "--keys", &folder], 2)["code"], "file");
    for unknown in
        [&["charter", "settle", "--adopt", "0123456789ab"][..], &["key", "rotate", "--after-act", "0123456789ab"]]
    {
        assert_eq!(refused(home, unknown, 1)["code"], "not_found");
    }
    let text_file = consortium.file("incident.txt", "this is no act");
    let taken = refused(home, &["act", "take", &text_file], 3);
    assert!(text(&taken, "try").contains("isnad act export"), "{taken}");
    let own = text(&json(home, &["organisation", "show"]), "organisation").to_owned();
    let wrote = say(home, &["organisation", "successor", &own[..12], "-o", &consortium.path("successor.act")]);
    assert!(wrote.code == 0 && wrote.out.contains(&own[..12]), "{wrote:?}");
    // What is signed without a terminal is shown too, on the side; and an act in effect is not sent to be signed.
    let renamed = say(home, &["organisation", "rename", "Renamed"]);
    assert!(renamed.code == 0 && renamed.err.contains("is called Renamed"), "{renamed:?}");
    // An act is told with the name that its organisation had when it was signed.
    let first = say(home, &["act", "show", &own[..12]]).out;
    assert!(first.contains("Organisation 0") && !first.contains("Renamed"), "{first}");
    let acts = json(home, &["act", "list", "--all"]);
    let done = acts.as_array().unwrap().iter().find(|act| act["version"] == 2).unwrap();
    let exported = say(home, &["act", "export", text(done, "id"), "-o", &consortium.path("act")]);
    assert!(exported.out.contains("isnad act take") && !exported.out.contains("act sign"), "{exported:?}");
}
