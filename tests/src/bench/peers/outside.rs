//! The work by a program of its own, outside the workspace: OrbitDB. `tests/benches/peers/install` gets it; where it did not, that
//! is not measured. It is given a file of payloads and prints its figures as one line of JSON.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::Work;

const INSTALL: &str = "run tests/benches/peers/install";

/// # Errors
/// Why it was not measured, and what to do.
pub(super) fn orbitdb(dir: &Path, payloads: &[&[u8]]) -> Result<Work, String> {
    let folder = folder("orbitdb");
    if !folder.join("node_modules").is_dir() {
        return Err(format!("OrbitDB is not installed: {INSTALL}"));
    }
    // Comes with the packages where the registry has one for this machine: distributions are behind what OrbitDB asks for.
    let own = folder.join("node_modules/.bin/node");
    let node = if own.exists() { own } else { "node".into() };
    work(Command::new(node).arg(folder.join("main.js")), dir, payloads)
}

fn folder(peer: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(peer)
}

fn work(program: &mut Command, dir: &Path, payloads: &[&[u8]]) -> Result<Work, String> {
    let path = dir.join("payloads");
    fs::write(&path, framed(payloads)).map_err(|error| error.to_string())?;
    let output = program.arg(&path).stdin(Stdio::null()).output().map_err(|error| format!("{error}: {INSTALL}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        // Its source stands above the error itself, and a stack trace below.
        let is_error = |line: &&str| line.split(' ').next().is_some_and(|word| word.ends_with("Error:"));
        let why = said.lines().find(is_error).or_else(|| said.lines().last()).unwrap_or("it fails and says nothing");
        return Err(format!("{}: {INSTALL}", why.trim()));
    }
    let told: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("{error}: {INSTALL}"))?;
    let figure = |name: &str| told[name].as_f64().ok_or_else(|| format!("it tells no {name}: {INSTALL}"));
    Ok(Work {
        rate: figure("rate")?,
        wire: figure("wire")?,
        disk: Some(figure("disk")?),
        no_op: figure("no_op")?,
        no_op_seconds: Some(figure("no_op_seconds")?),
        delta: figure("delta")?,
    })
}

/// The length of each in four bytes before it.
fn framed(payloads: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for payload in payloads {
        bytes.extend(u32::try_from(payload.len()).expect("a payload is short").to_be_bytes());
        bytes.extend_from_slice(payload);
    }
    bytes
}
