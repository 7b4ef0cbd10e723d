//! Who depends on whom, and on what: directions, versions, features, licences, advisories that are borne. style §2, §13.

use std::collections::{BTreeMap, BTreeSet};

use crate::cargo::{built, member, metadata, needs, packages, text, version};
use crate::tree::{read, root};

const MEMBERS: [&str; 4] = ["isnad-protocol", "isnad-node", "isnad", "isnad-tests"];

/// Licences under which anyone may use, change and pass on, in source and in binary form, with a notice alone.
const LICENCES: [&str; 12] = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages of another licence, each with why it does no harm.
const OTHER_LICENCES: [(&str, &str, &str); 1] =
    [("attohttpc", "MPL-2.0", "stands in the lock for libp2p's UPnP, which is not compiled in")];

/// Root dependencies that keep their default features, with the reason.
const WITH_DEFAULTS: [(&str, &str); 2] = [("machine-uid", "has no features"), ("rpassword", "has no features")];

/// Advisories against packages of the lock that are known and borne, and why.
const BORNE: [(&str, &str, &str); 2] = [
    (
        "RUSTSEC-2025-0057",
        "fxhash",
        "unmaintained; hashes sled's own page numbers, and sled holds only what can be rebuilt",
    ),
    (
        "RUSTSEC-2024-0384",
        "instant",
        "unmaintained; a thin clock under sled's parking_lot 0.11, nothing foreign reaches it",
    ),
];

/// The oldest versions that have the repairs we rely on. They come as point releases, which `libp2p = "0.57"` does not force.
const MINIMA: [(&str, &str, &str); 8] = [
    ("yamux", "0.14.0", "remote panics: CVE-2026-32314, GHSA-4w32-2493-32g7"),
    ("libp2p-yamux", "0.48.0", "before, it brought yamux 0.12 too"),
    ("libp2p-quic", "0.14.0", "remote panic: GHSA-5hq8-qhww-jm7q"),
    ("libp2p-swarm", "0.48.0", "connection limits and denial before any protocol, as tested against"),
    ("libp2p", "0.57.1", "the release that GROUND was measured on"),
    ("ed25519-dalek", "3.0.0", "verify_strict as tested against speccheck"),
    ("quinn-proto", "0.11.19", "the release in use when QUIC was tested"),
    ("rustls-webpki", "0.103.17", "as quinn-proto"),
];

/// Parts of libp2p that are never compiled in, and why.
const NEVER_BUILT: [(&str, &str); 10] = [
    ("libp2p-gossipsub", "remote crashes and memory without bound; we push on our own stream"),
    ("libp2p-rendezvous", "memory exhaustion by anyone"),
    ("libp2p-mdns", "tells strangers on the same network that a node is here"),
    ("libp2p-kad", "tells strangers who is a member"),
    ("libp2p-identify", "publishes addresses inside a ministry"),
    ("libp2p-upnp", "opens ports of a router unasked"),
    ("libp2p-request-response", "truncates what is too long"),
    ("libp2p-plaintext", "no encryption"),
    ("libp2p-pnet", "TCP only, and its key was printed"),
    ("openssl-sys", "a system library"),
];

#[test]
fn dependencies_point_from_cli_to_node_to_protocol() {
    let own = |name: &str| -> BTreeSet<String> {
        needs(name).into_iter().filter(|needed| MEMBERS.contains(&needed.as_str())).collect()
    };
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(own("isnad-protocol"), set(&[]));
    assert_eq!(own("isnad-node"), set(&["isnad-protocol"]));
    assert_eq!(own("isnad"), set(&["isnad-node", "isnad-protocol"]));
    assert!(own("isnad-tests").is_subset(&set(&["isnad-node", "isnad-protocol"])));
}

#[test]
fn protocol_depends_on_no_runtime_store_or_network() {
    let never =
        ["tokio", "libp2p", "sled", "axum", "hyper", "rustix", "getrandom", "rand", "chrono", "time", "tempfile"];
    let needed = needs("isnad-protocol");
    for name in never {
        assert!(!needed.contains(&name.to_owned()), "protocol depends on {name}");
    }
    let features = |name: &str| {
        let dependencies = member("isnad-protocol")["dependencies"].as_array().unwrap();
        let found = dependencies.iter().find(|dependency| text(dependency, "name") == name).unwrap();
        found["features"]
            .as_array()
            .unwrap()
            .iter()
            .map(|feature| feature.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    // Without `std` it has no clock and no file of time zones; without `rand_core` it draws no keys.
    assert_eq!(features("jiff"), ["alloc"]);
    assert!(!features("ed25519-dalek").iter().any(|feature| feature == "rand_core"));
}

#[test]
fn every_dependency_is_named_by_the_sources_that_ask_for_it() {
    for (name, folder) in MEMBERS.iter().zip(["protocol/src", "node/src", "cli/src"]) {
        let sources = crate::tree::files(folder, ".rs");
        for needed in needs(name) {
            let word = needed.replace('-', "_");
            let is_named = sources.iter().any(|file| file.text.lines().any(|line| crate::tree::has_word(line, &word)));
            assert!(is_named, "{name} depends on {needed} and never names it");
        }
    }
}

/// The tables of `[workspace.dependencies]`: name and what stands behind it.
fn root_dependencies() -> Vec<(String, String)> {
    let manifest = read("Cargo.toml");
    let section = manifest.split("[workspace.dependencies]").nth(1).and_then(|rest| rest.split("\n[").next()).unwrap();
    let lines = section.lines().filter_map(|line| line.split_once(" = "));
    lines
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .filter(|(_, value)| !value.contains("path ="))
        .collect()
}

#[test]
fn default_features_are_off() {
    for (name, value) in root_dependencies() {
        let is_off = value.contains("default-features = false");
        let listed = WITH_DEFAULTS.iter().find(|(listed, _)| *listed == name);
        assert_eq!(is_off, listed.is_none(), "{name}: {value}; {listed:?}");
    }
}

#[test]
fn versions_stand_in_the_root_manifest_alone() {
    for folder in ["protocol", "node", "cli", "tests"] {
        let manifest = read(&format!("{folder}/Cargo.toml"));
        let sections = manifest.split("\n[").filter(|part| part.split(']').next().unwrap().ends_with("dependencies"));
        for line in sections.flat_map(|part| part.lines().skip(1)).filter(|line| line.contains('=')) {
            assert!(line.contains("workspace = true"), "{folder}: {line}");
        }
    }
}

#[test]
fn the_table_of_dependencies_is_true() {
    let letter = BTreeMap::from([("isnad-protocol", 'p'), ("isnad-node", 'n'), ("isnad", 'c')]);
    let mut users: BTreeMap<String, BTreeSet<char>> = BTreeMap::new();
    let mut of_tests: BTreeSet<String> = BTreeSet::new();
    for name in MEMBERS {
        for dependency in member(name)["dependencies"].as_array().unwrap() {
            let needed = text(dependency, "name").to_owned();
            match letter.get(name) {
                Some(letter) => drop(users.entry(needed).or_default().insert(*letter)),
                None => drop(of_tests.insert(needed)),
            }
        }
    }
    users.retain(|name, _| !MEMBERS.contains(&name.as_str()));
    of_tests.retain(|name| !MEMBERS.contains(&name.as_str()) && !users.contains_key(name));
    assert!(of_tests.is_empty(), "tests alone depend on {of_tests:?}: everything would build twice");
    let table = read("docs/adr/0003-dependencies.md");
    let mut told: BTreeMap<String, BTreeSet<char>> = BTreeMap::new();
    for line in table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| dependency")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let by: BTreeSet<char> = cells[2].chars().filter(|letter| letter.is_alphabetic()).collect();
        told.extend(cells[1].split(", ").map(|name| (name.to_owned(), by.clone())));
    }
    assert_eq!(told, users, "docs/adr/0003-dependencies.md (left) is not what the manifests say (right)");
    let root: BTreeSet<String> = root_dependencies().into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        root,
        users.keys().cloned().collect(),
        "the root manifest (left) names what no member uses, or lacks one"
    );
}

#[test]
fn licences_let_anyone_use_it() {
    for package in packages() {
        let (name, licence) = (text(package, "name"), text(package, "license"));
        let is_listed =
            OTHER_LICENCES.iter().any(|(other, other_licence, _)| *other == name && *other_licence == licence);
        assert!(is_allowed(licence) || is_listed, "{name} is under {licence:?}");
    }
    let names: BTreeSet<String> = built().into_iter().map(|(name, _)| name).collect();
    for (name, licence, why) in OTHER_LICENCES {
        assert!(!names.contains(name), "{name} ({licence}) is built, and was let in because it {why}");
    }
}

/// Every part that is joined by AND has an alternative that is allowed.
fn is_allowed(licence: &str) -> bool {
    let plain = licence.replace(['(', ')'], " ").replace('/', " OR ");
    plain.split(" AND ").all(|part| part.split(" OR ").any(|one| LICENCES.contains(&one.trim())))
}

#[test]
fn an_expression_is_allowed_by_its_parts() {
    for (licence, expected) in [
        ("MIT OR Apache-2.0", true),
        ("MIT/GPL-3.0", true),
        ("(MIT OR GPL-3.0) AND Unicode-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("GPL-3.0", false),
        ("", false),
    ] {
        assert_eq!(is_allowed(licence), expected, "{licence}");
    }
}

#[test]
fn the_workspace_is_under_its_two_licences() {
    for name in MEMBERS {
        let package = member(name);
        assert_eq!(text(package, "license"), "MIT OR Apache-2.0", "{name}");
        assert_eq!(text(package, "rust_version"), "1.95", "{name}");
        assert_eq!(package["publish"].as_array().map(Vec::len), Some(0), "{name} could be published by mistake");
    }
    for file in ["LICENSE-MIT", "LICENSE-APACHE"] {
        assert!(root().join(file).is_file(), "{file} is missing");
    }
}

#[test]
fn everything_comes_from_the_registry() {
    for package in packages() {
        let source = package["source"].as_str().unwrap_or("the workspace");
        let is_ours = MEMBERS.contains(&text(package, "name"));
        assert!(is_ours || source.starts_with("registry+"), "{} comes from {source}", text(package, "name"));
    }
}

#[test]
fn repairs_we_rely_on_are_in() {
    for (name, minimum, why) in MINIMA {
        let found: Vec<&str> = packages()
            .iter()
            .filter(|package| text(package, "name") == name)
            .map(|package| text(package, "version"))
            .collect();
        assert!(!found.is_empty(), "{name} is gone: take it off the list");
        for locked in found {
            assert!(version(locked) >= version(minimum), "{name} {locked} is older than {minimum}: {why}");
        }
    }
    let one = |name: &str| packages().iter().filter(|package| text(package, "name") == name).count();
    assert_eq!(one("yamux"), 1, "a second yamux brings the panics back");
}

#[test]
fn what_keeps_bytes_is_pinned() {
    let pinned: BTreeMap<String, String> = root_dependencies().into_iter().collect();
    assert!(
        pinned["automerge"].contains("\"=0.12.0\""),
        "another Automerge may order edits differently: docs/adr/0001"
    );
    let of = |name: &str| {
        packages().iter().find(|package| text(package, "name") == name).map(|package| text(package, "version"))
    };
    assert_eq!(of("automerge"), Some("0.12.0"));
    assert_eq!(of("sled"), Some("0.34.7"));
}

#[test]
fn nothing_is_built_that_tells_strangers_or_breaks() {
    let built = built();
    for (name, why) in NEVER_BUILT {
        assert!(!built.iter().any(|(built, _)| built == name), "{name} is built: {why}");
    }
}

#[test]
fn borne_advisories_are_about_what_is_here() {
    for (advisory, name, _) in BORNE {
        let found = packages().iter().any(|package| text(package, "name") == name);
        assert!(found, "{name} is gone: take {advisory} off the list");
    }
    let table = read("docs/adr/0003-dependencies.md");
    for (advisory, ..) in BORNE {
        assert!(table.contains(advisory), "docs/adr/0003-dependencies.md does not name {advisory}");
    }
}

#[test]
fn a_c_compiler_is_all_that_building_asks_for() {
    // aws-lc-sys would run cmake or bindgen only for systems that have no ready-made bindings, and finds none here.
    let mut users = BTreeSet::new();
    for package in packages() {
        let dependencies = package["dependencies"].as_array().unwrap();
        let is_user = dependencies.iter().any(|needed| {
            ["cmake", "protobuf-src", "prost-build", "bindgen"].contains(&text(needed, "name"))
                && needed["optional"].as_bool() == Some(false)
                && text(needed, "kind") == "build"
        });
        users.extend(is_user.then(|| text(package, "name")));
    }
    assert_eq!(users, BTreeSet::from(["aws-lc-sys"]), "these ask for tools at build time");
}

#[test]
fn the_release_unwinds_and_checks_its_sums() {
    let manifest = read("Cargo.toml");
    let release = manifest.split("[profile.release]").nth(1).and_then(|rest| rest.split("\n[").next()).unwrap();
    // A panic of sled or Automerge is caught; a sum that runs over is a bug, never a value.
    assert!(release.contains("panic = \"unwind\"") && release.contains("overflow-checks = true"), "{release}");
    assert!(!root().join("rust-toolchain").exists() && !root().join("rust-toolchain.toml").exists());
}

#[test]
fn breakages_are_in_no_program() {
    let features = &member("isnad-protocol")["features"];
    assert!(features["breakages"].as_array().is_some_and(Vec::is_empty));
    for name in ["isnad-node", "isnad"] {
        let dependencies = member(name)["dependencies"].as_array().unwrap();
        let protocol = dependencies.iter().find(|dependency| text(dependency, "name") == "isnad-protocol").unwrap();
        assert_eq!(protocol["features"].as_array().map(Vec::len), Some(0), "{name} builds protocol with features");
    }
    let default = metadata()["workspace_default_members"].as_array().unwrap();
    assert_eq!(default.len(), 1, "`cargo run` is isnad, and builds it without the tests' features");
}
