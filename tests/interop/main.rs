//! A second implementation comes to the same ids, verdicts and digests: `read_isnad.py`, written from docs/format.md alone.
//!
//! It needs `python3`, 3.10 or later, and nothing else. Where there is none, the tests say so and prove nothing.

#![allow(clippy::print_stderr, reason = "says loudly what it skips")]
#![allow(clippy::unwrap_used, reason = "this target is nothing but tests")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use isnad_tests::binary;
use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Runs the reader; `None` without a Python that can.
fn read(arguments: &[&Path]) -> Option<Output> {
    let probe = ["-c", "import sys; sys.exit(sys.version_info < (3, 10))"];
    let is_there = Command::new("python3").args(probe).status().is_ok_and(|status| status.success());
    if !is_there {
        eprintln!("SKIPPED: there is no python3, so no second implementation was asked");
        return None;
    }
    let script = folder("interop/read_isnad.py");
    // Its own cache of bytecode stays out of the sources.
    let mut command = Command::new("python3");
    Some(command.arg("-B").arg(script).args(arguments).env("PYTHONUTF8", "1").output().unwrap())
}

fn json(output: &Output) -> Value {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_second_implementation_agrees_with_every_vector() {
    let Some(output) = read(&[Path::new("vectors"), &folder("vectors")]) else { return };
    let counts = json(&output);
    for kind in ["acts", "changes", "entries", "frames", "payloads"] {
        assert!(counts[kind].as_u64().is_some_and(|count| count > 20), "{kind}: {counts}");
    }
}

#[test]
fn a_second_implementation_sees_a_changed_byte() {
    let (acts, entries) = (folder("vectors/consortium/acts.isnad"), folder("vectors/consortium/entries.isnad"));
    let whole = std::fs::read(&entries).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let changed = dir.path().join("entries.isnad");
    for at in [5, 30, 100, 250, 300, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&changed, bytes).unwrap();
        let Some(output) = read(&[Path::new("replica"), &acts, &changed]) else { return };
        assert!(!output.status.success(), "byte {at} was changed, and nothing was said");
    }
}

/// Of the demonstration, as its program exports it, a stranger comes to the digests that the program prints.
#[test]
fn a_second_implementation_has_the_digests_of_the_demonstration() {
    let dir = tempfile::tempdir().unwrap();
    let demo = dir.path().join("demo");
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let made = Command::new(binary::isnad()).args(["demo", "--headless", "--json", "--dir", &text(&demo)]).output();
    assert!(made.as_ref().unwrap().status.success(), "{made:?}");
    let homes = std::fs::read_dir(&demo).unwrap().map(|entry| entry.unwrap().path());
    let home = homes.filter(|path| path.join("version").exists()).min().unwrap();
    let (acts, entries) = (dir.path().join("acts"), dir.path().join("entries"));
    for (format, file) in [("acts", &acts), ("entries", &entries)] {
        let exported = binary::run(&home, &["export", "--format", format, "-o", &text(file)]);
        assert!(exported.status.success(), "{exported:?}");
    }
    let digests: Value = serde_json::from_slice(&binary::run(&home, &["digest", "--json"]).stdout).unwrap();
    let Some(output) = read(&[Path::new("replica"), &acts, &entries]) else { return };
    let found = json(&output);
    assert_eq!(found["consortium"], digests["consortium"]);
    let pair = |space: &Value, name: &str| (space[name].clone(), space["digest"].clone());
    let of = |spaces: &Value, name: &str| -> Vec<(Value, Value)> {
        let mut pairs: Vec<_> = spaces.as_array().unwrap().iter().map(|space| pair(space, name)).collect();
        pairs.sort_by_key(|(space, _)| space.to_string());
        pairs
    };
    assert_eq!(of(&found["spaces"], "name"), of(&digests["spaces"], "space"));
}
