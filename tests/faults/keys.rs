//! Keys that others could read or that are damaged, and passphrases that do not open them: said plainly, nothing changed.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use isnad_tests::binary::{Consortium, Said, command, isnad, json, passphrase_file, refused, say, write_passphrase};
use serde_json::Value;

fn key(home: &Path, purpose: &str) -> PathBuf {
    let keys = std::fs::read_dir(home.join("keys")).unwrap().map(|file| file.unwrap().path());
    let is_it = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(&format!("{purpose}-"));
    keys.into_iter().find(is_it).unwrap()
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// What every way to the keys says while they are not as they should be.
fn refuses(consortium: &Consortium, draft: &str, exit: i32, code: &str) -> Value {
    let home = &consortium.homes[0];
    let mut problem = Value::Null;
    let sign = ["found", "sign", &consortium.path("draft"), "-o", &consortium.path("never")];
    for arguments in
        [&["record", "new", "incident", "--from", draft][..], &["node", "--listen", "/ip4/127.0.0.1/tcp/0"], &sign]
    {
        problem = refused(home, arguments, exit);
        assert_eq!(problem["code"], code, "{arguments:?}: {problem}");
    }
    assert!(!consortium.dir.path().join("never").exists());
    problem
}

#[test]
fn keys_that_others_could_read_or_that_are_damaged_are_not_used() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let draft = consortium.file("draft.json", r#"{"claims": [{"prop": "note", "lang": "en", "value": "x"}]}"#);
    let before = json(home, &["digest"]);
    let root = key(home, "root");
    for bits in [0o644, 0o640, 0o602] {
        mode(&root, bits);
        let problem = refuses(&consortium, &draft, 2, "key_readable");
        assert!(problem["try"].as_str().unwrap().contains("chmod 600"), "{problem}");
    }
    mode(&root, 0o600);
    mode(&home.join("keys"), 0o755);
    let problem = refuses(&consortium, &draft, 2, "key_readable");
    assert!(problem["try"].as_str().unwrap().contains("chmod 700"), "{problem}");
    mode(&home.join("keys"), 0o700);
    let aside = home.join("aside");
    std::fs::rename(&root, &aside).unwrap();
    symlink(&aside, &root).unwrap();
    refuses(&consortium, &draft, 2, "key_kind");
    std::fs::remove_file(&root).unwrap();
    std::fs::rename(&aside, &root).unwrap();
    let whole = std::fs::read_to_string(&root).unwrap();
    let newer = whole.replace("\"version\": 1", "\"version\": 2");
    assert_ne!(newer, whole);
    std::fs::write(&root, newer).unwrap();
    refuses(&consortium, &draft, 2, "newer_format");
    for damaged in ["", "{}", &whole[..whole.len() / 2], &whole.replace("\"t\": 3", "\"t\": 4")] {
        std::fs::write(&root, damaged).unwrap();
        let problem = refuses(&consortium, &draft, 1, "key_damaged");
        assert!(problem["try"].as_str().unwrap().contains("copy"), "{problem}");
    }
    std::fs::write(&root, whole).unwrap();
    if Command::new("chown").arg("12345").arg(&root).status().is_ok_and(|status| status.success()) {
        refuses(&consortium, &draft, 2, "key_owner");
        assert!(Command::new("chown").arg("0").arg(&root).status().unwrap().success());
    } else {
        eprintln!("SKIPPED: a key of another user needs root");
    }
    assert_eq!(json(home, &["digest"]), before);
    json(home, &["record", "new", "incident", "--from", &draft]);
}

#[test]
fn a_key_file_that_is_gone_is_named() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let draft = consortium.file("draft.json", r#"{"claims": [{"prop": "note", "lang": "en", "value": "x"}]}"#);
    json(home, &["record", "new", "incident", "--from", &draft]);
    let write = ["record", "new", "incident", "--from", &draft];
    let listen = ["node", "--listen", "/ip4/127.0.0.1/tcp/0"];
    for (purpose, arguments, exit, code) in
        [("contributor", &write[..], 3, "no_key"), ("peer", &listen, 2, "no_node_key")]
    {
        let file = key(home, purpose);
        let aside = consortium.dir.path().join("aside");
        std::fs::rename(&file, &aside).unwrap();
        let problem = refused(home, arguments, exit);
        assert_eq!(problem["code"], code);
        assert!(problem.to_string().contains(&*file.file_name().unwrap().to_string_lossy()), "{problem}");
        assert!(problem["try"].as_str().unwrap().contains("offline copy"), "{problem}");
        assert_eq!(json(home, &["status"])["not_signing"], Value::Null, "it is no copy");
        std::fs::rename(&aside, &file).unwrap();
    }
    json(home, &write);
}

#[test]
fn a_passphrase_is_taken_from_a_closed_file_or_a_descriptor_and_nowhere_else() {
    let consortium = Consortium::found(2);
    let home = &consortium.homes[0];
    let draft = consortium.file("draft.json", r#"{"claims": [{"prop": "note", "lang": "en", "value": "x"}]}"#);
    let file = passphrase_file(home);
    let right = std::fs::read_to_string(&file).unwrap();
    let before = json(home, &["digest"]);
    write_passphrase(home, "wrong");
    assert_eq!(
        refuses(&consortium, &draft, 2, "wrong_passphrase")["error"].as_str().map(|text| text.contains("key")),
        Some(true)
    );
    for unusable in [String::new(), "\n".into(), "x".repeat(5_000)] {
        write_passphrase(home, &unusable);
        refuses(&consortium, &draft, 2, "passphrase");
    }
    std::fs::write(&file, [0xff, 0xfe]).unwrap();
    refuses(&consortium, &draft, 2, "passphrase");
    write_passphrase(home, &right);
    mode(&file, 0o644);
    let problem = refuses(&consortium, &draft, 2, "key_readable");
    assert!(problem["try"].as_str().unwrap().contains("chmod 600"), "{problem}");
    mode(&file, 0o600);
    let aside = consortium.dir.path().join("passphrase");
    std::fs::rename(&file, &aside).unwrap();
    symlink(&aside, &file).unwrap();
    refuses(&consortium, &draft, 2, "key_kind");
    std::fs::remove_file(&file).unwrap();
    // Without a file, a descriptor; without either and without a terminal, a person is told how.
    let by_descriptor = |descriptor: &str, redirect: &str| {
        let line = format!(
            "exec \"$0\" --json --home \"$1\" --passphrase-fd {descriptor} record new incident --from \"$2\" {redirect}"
        );
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).arg(isnad()).arg(home).arg(&draft).arg(&aside);
        Said::of(&shell.output().unwrap())
    };
    by_descriptor("3", "3<\"$3\"").json();
    by_descriptor("7", "").problem(2);
    let asked = Said::of(&command(home, &["--json", "record", "new", "incident", "--from", &draft]).output().unwrap());
    assert!(asked.code == 2 && asked.err.contains("--passphrase-file"), "{asked:?}");
    let missing =
        say(home, &["--json", "--passphrase-file", "/no/such/file", "record", "new", "incident", "--from", &draft]);
    assert_eq!(missing.problem(2)["code"], "file");
    assert_ne!(json(home, &["digest"]), before, "one of them was right");
    assert_eq!(json(home, &["list", "incident"]).as_array().unwrap().len(), 1);
}
