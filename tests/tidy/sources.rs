//! What sources hold and never hold: one module for each library, one door, no effects in `protocol`, names, sizes.

use crate::tree::{File, files, has_word, read, sources};

/// Libraries that one module alone names, so that one edit replaces any of them. A module owns the folder of its name.
const ONE_MODULE: [(&str, &str); 24] = [
    ("automerge", "protocol/src/sheet/narrative"),
    ("ed25519_dalek", "protocol/src/key"),
    ("lz4_flex", "protocol/src/sync/run"),
    ("sha2", "protocol/src/encoding"),
    ("sled", "node/src/index"),
    ("libp2p", "node/src/network"),
    ("futures", "node/src/network"),
    ("axum", "node/src/api"),
    ("tower_service", "node/src/api"),
    ("argon2", "node/src/keystore"),
    ("chacha20poly1305", "node/src/keystore"),
    ("crc32fast", "node/src/journal"),
    ("getrandom", "node/src/clock"),
    ("machine_uid", "node/src/mark/machine"),
    ("toml", "node/src/config"),
    ("age", "node/src/carry/sealed"),
    ("bech32", "node/src/carry/sealed"),
    ("hyper", "cli/src/client"),
    ("hyper_util", "cli/src/client"),
    ("http_body_util", "cli/src/client"),
    ("indicatif", "cli/src/output"),
    ("unicode_width", "cli/src/output"),
    ("rpassword", "cli/src/session"),
    ("tracing_subscriber", "cli/src/session"),
];

/// A second module that may name one, and why.
const ALSO: [(&str, &str, &str); 1] =
    [("futures", "node/src/api/bodies", "bodies of axum are its streams, as those of libp2p")];

/// What `protocol` would have to name to have a clock, a file, a socket, a thread or randomness of its own.
const EFFECTS: [&str; 18] = [
    "std::fs",
    "std::net",
    "std::io",
    "std::thread",
    "std::process",
    "std::env",
    "SystemTime",
    "Instant",
    "thread_rng",
    "OsRng",
    "getrandom",
    "Zoned::now",
    "Timestamp::now",
    "tokio",
    "HashMap",
    "HashSet",
    "println!",
    "eprintln!",
];

/// Files that make an `Authentic` from their own store, and why that is no way round the door.
const FROM_STORE: [(&str, &str); 5] = [
    ("protocol/src/log.rs", "defines it"),
    ("protocol/src/replica/admit.rs", "gives an entry of the store the payload that its header names"),
    ("protocol/src/audit.rs", "audits what a journal holds, and finds what does not chain"),
    ("node/src/index.rs", "reads back what was admitted"),
    ("node/src/store.rs", "reads back what was admitted"),
];

/// Lines above which a file of code is a thing one has to search within. Tables and tests may be longer.
const LINES: usize = 620;

fn code() -> impl Iterator<Item = File> {
    sources().into_iter().filter(|file| !file.is_test())
}

/// Fails with every line of code that `is_wrong` finds.
fn none(files: impl IntoIterator<Item = File>, is_wrong: impl Fn(&File, &str) -> bool) {
    let mut found = Vec::new();
    for file in files {
        let lines = file.code().filter(|(_, line)| is_wrong(&file, line));
        found.extend(lines.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim())));
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

fn is_of(file: &File, module: &str) -> bool {
    file.path == format!("{module}.rs") || file.path.starts_with(&format!("{module}/"))
}

/// `use name`, `name::…`: a module or a variable of the same name is something else.
fn names_library(line: &str, library: &str) -> bool {
    let is_used = line.contains(&format!("use {library};"));
    let path = format!("{library}::");
    let mut paths = line.match_indices(&path);
    is_used || paths.any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
}

#[test]
fn each_library_is_named_in_one_module() {
    for (library, module) in ONE_MODULE {
        let may = |file: &File| ALSO.iter().any(|(other, also, _)| *other == library && is_of(file, also));
        none(code(), |file, line| !is_of(file, module) && !may(file) && names_library(line, library));
        let is_used = code().any(|file| is_of(&file, module) && file.code().any(|(_, line)| has_word(line, library)));
        assert!(is_used, "{module} does not name {library} any more");
    }
}

#[test]
fn a_library_is_told_from_a_module_of_its_name() {
    assert!(names_library("use sled::Db;", "sled"));
    assert!(names_library("    tree: sled::Db,", "sled"));
    assert!(!names_library("use super::toml::Reader;", "toml"));
    assert!(!names_library("let hyper_util::x = 1;", "hyper"));
}

#[test]
fn protocol_has_no_effects_of_its_own() {
    let protocol = || files("protocol/src", ".rs").into_iter().filter(|file| !file.is_test());
    none(protocol(), |_, line| {
        EFFECTS.iter().any(|effect| has_word(line, effect.trim_end_matches('!')) && line.contains(effect))
    });
    none(protocol(), |_, line| line.contains("thread::spawn") || line.contains("thread::scope"));
}

#[test]
fn nothing_is_unsafe() {
    none(sources(), |file, line| has_word(line, "unsafe") && file.path != "tests/tidy/sources.rs");
    assert!(read("Cargo.toml").contains("unsafe_code = \"forbid\""));
    for member in ["protocol", "node", "cli", "tests"] {
        let manifest = read(&format!("{member}/Cargo.toml"));
        assert!(manifest.contains("[lints]\nworkspace = true"), "{member} does not take the workspace's lints");
    }
}

#[test]
fn there_is_one_door() {
    none(code(), |file, line| {
        let is_known = FROM_STORE.iter().any(|(path, _)| is_of(file, path.trim_end_matches(".rs")));
        line.contains("Authentic::from_store") && !is_known
    });
    none(code(), |file, line| {
        line.contains("Authentic {") && file.path != "protocol/src/log.rs" && !line.contains("->")
    });
    none(code(), |file, line| {
        let is_shell = file.path.starts_with("node/") || file.path.starts_with("cli/");
        line.contains("replica.handle(") && is_shell && !is_of(file, "node/src/driver")
    });
    let driver = read("node/src/driver.rs");
    assert!(driver.contains("replica.handle("), "the driver does not call the replica any more");
}

#[test]
fn the_clock_and_randomness_are_read_in_one_place() {
    let shell = || code().filter(|file| file.path.starts_with("node/") || file.path.starts_with("cli/"));
    none(shell(), |file, line| line.contains("SystemTime::now") && !is_of(file, "node/src/clock"));
}

#[test]
fn signatures_are_checked_strictly_or_not_at_all() {
    let never = ["verify_batch", "legacy_compatibility", "Verifier", "verify_prehashed"];
    none(code(), |file, line| file.path != "protocol/src/key.rs" && never.iter().any(|name| has_word(line, name)));
    // The lax check is what takes the defence out, so that its test is seen to fail. It stands nowhere else.
    let key = read("protocol/src/key.rs");
    let lax: Vec<usize> = key.match_indices("Verifier").map(|(at, _)| at).collect();
    let defence = key.find("if breakage::is_out(Breakage::Malleability) {").expect("key.rs has lost a breakage");
    let is_under_it = |at: &usize| key[defence..*at].lines().count() == 2;
    assert!(lax.len() == 1 && lax.iter().all(is_under_it), "a lax check of signatures stands in key.rs");
}

#[test]
fn no_bytes_of_automerge_come_from_outside() {
    let never = ["Automerge::load", "AutoCommit::load", "load_incremental", "Change::from_bytes", "sync::Message"];
    // What a replica saved itself is named `own` from the store to here.
    let is_own = |line: &str| line.contains("Automerge::load(own)");
    let protocol = files("protocol/src", ".rs").into_iter().filter(|file| !file.is_test());
    none(protocol, |_, line| never.iter().any(|name| line.contains(name)) && !is_own(line));
}

#[test]
fn every_bound_has_its_reason_and_is_kept() {
    let limits = read("protocol/src/limits.rs");
    let used: String = code().filter(|file| !file.path.ends_with("limits.rs")).map(|file| file.text).collect();
    let mut before = "";
    for line in limits.lines() {
        if let Some(name) = line.strip_prefix("pub const ").and_then(|rest| rest.split(':').next()) {
            let reason = before.trim_start_matches("/// ");
            assert!(before.starts_with("///") && reason.len() > 20, "limits::{name} does not say why");
            let is_kept = used.contains(&format!("limits::{name}")) || used.lines().any(|line| has_word(line, name));
            let is_basis = limits.lines().any(|other| other.contains(&format!("= {name} ")));
            assert!(is_kept || is_basis, "limits::{name} binds nobody");
        }
        before = line;
    }
}

#[test]
fn files_have_a_name_and_a_size_one_can_hold() {
    for file in sources() {
        let name = file.path.rsplit('/').next().unwrap();
        let is_vague = ["util", "helper", "common", "manager", "misc"].iter().any(|vague| name.contains(vague));
        assert!(!is_vague && name != "mod.rs", "{}: name the concept", file.path);
        let lines = file.code().count();
        assert!(file.is_test() || lines <= LINES, "{} has {lines} lines: split it by the state it owns", file.path);
    }
}

#[test]
fn every_file_says_what_it_is() {
    for file in sources().into_iter().filter(|file| !file.path.ends_with("/tests.rs")) {
        assert!(file.text.starts_with("//! "), "{} does not open with what it is", file.path);
    }
}

#[test]
fn nothing_is_left_to_do_in_a_comment() {
    // Put together, so that this file does not find itself.
    let words =
        [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["todo", "!("].concat(), ["unimplemented", "!("].concat()];
    for file in sources() {
        for (index, line) in file.text.lines().enumerate() {
            assert!(!words.iter().any(|word| line.contains(word)), "{}:{}: {line}", file.path, index + 1);
        }
    }
}

#[test]
fn tests_wait_for_events_and_not_for_time() {
    // A bench polls: what it measures is time.
    let is_exempt = |path: &str| path == "tests/tidy/sources.rs" || path.starts_with("tests/src/bench");
    let tests = sources().into_iter().filter(|file| file.is_test() && !is_exempt(&file.path));
    none(tests, |_, line| line.contains("thread::sleep") || line.contains("time::sleep") || line.contains("sleep("));
}

#[test]
fn only_the_printer_prints() {
    let never = ["println!", "eprintln!", "print!(", "dbg!("];
    none(code(), |file, line| file.path != "cli/src/output.rs" && never.iter().any(|print| line.contains(print)));
}
