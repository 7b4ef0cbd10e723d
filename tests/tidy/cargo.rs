//! What Cargo says of the workspace.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::tree::root;

fn cargo(arguments: &[&str]) -> Result<String, String> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(program).args(arguments).current_dir(root()).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// `cargo metadata --locked`.
pub(crate) fn metadata() -> &'static Value {
    static METADATA: OnceLock<Value> = OnceLock::new();
    METADATA.get_or_init(|| {
        let all = ["metadata", "--locked", "--format-version", "1"];
        // Packages of other systems are fetched only for this. Where there is no network, those of this one are looked at.
        let text = cargo(&all).or_else(|_| {
            let only = format!("--filter-platform={}", host());
            cargo(&[&all[..], &["--offline", &only]].concat())
        });
        serde_json::from_str(&text.unwrap_or_else(|error| panic!("cargo metadata: {error}"))).unwrap()
    })
}

fn host() -> String {
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("-vV").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc says its host").to_owned()
}

/// Names and versions of all packages that are built here, in the program or for it, without those of tests alone.
pub(crate) fn built() -> Vec<(String, String)> {
    let arguments = ["tree", "--locked", "--workspace", "--edges", "normal,build", "--prefix", "none", "--no-dedupe"];
    let text = cargo(&arguments).unwrap_or_else(|error| panic!("cargo tree: {error}"));
    let mut found: Vec<(String, String)> = text
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?.to_owned(), words.next()?.trim_start_matches('v').to_owned()))
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// A field that is text.
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// The packages of the lock.
pub(crate) fn packages() -> &'static Vec<Value> {
    metadata()["packages"].as_array().unwrap()
}

/// A package of the workspace by its name.
pub(crate) fn member(name: &str) -> &'static Value {
    let found = packages().iter().find(|package| text(package, "name") == name && package["source"].is_null());
    found.unwrap_or_else(|| panic!("no package {name}"))
}

/// What a package of the workspace depends on: without what is for its own tests alone.
pub(crate) fn needs(name: &str) -> Vec<String> {
    let dependencies = member(name)["dependencies"].as_array().unwrap();
    let needed = dependencies.iter().filter(|dependency| dependency["kind"].is_null());
    needed.map(|dependency| text(dependency, "name").to_owned()).collect()
}

/// A version as numbers that can be compared.
pub(crate) fn version(text: &str) -> (u64, u64, u64) {
    let plain = text.split(['-', '+']).next().unwrap_or_default();
    let mut parts = plain.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}
