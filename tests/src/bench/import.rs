//! An import through the real command, beside the bare admission of the very entries that it made.

use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use super::consortium::Consortium;
use super::{Report, Size};
use crate::binary;

/// An import checks each claim against the model, and signs: it is to cost no more than as much again.
const HALF: f64 = 0.5;

const INCIDENTS: &[u8] = include_bytes!("../../../cli/data/incidents.json");

pub(super) fn run(report: &mut Report, size: Size) {
    // Builds the command, if that is to be done, before anything is timed.
    let _ = binary::isnad();
    let consortium = Consortium::found(2);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| dir.path().join(name).display().to_string();
    std::fs::write(path("dataset.json"), dataset(size.records).to_string()).expect("a file");
    let (imported, seconds) = timed(&consortium.homes[0], &["import", &path("dataset.json")]);
    let records = imported["records"].as_f64().expect("a count");
    let claims = imported["new_claims"].as_f64().expect("a count");
    timed(&consortium.homes[0], &["carry", "out", &path("entries")]);
    let (carried, bare) = timed(&consortium.homes[1], &["carry", "in", &path("entries")]);
    assert_eq!(carried["entries"], imported["entries"], "every entry was admitted");
    let peer = (records / bare, "bare admission of the same entries");
    report.reaches("import, records", records / seconds, peer, HALF, "1/s");
    report.beside("import, claims", claims / seconds, (claims / bare, "bare admission"), "1/s");
}

/// The file's incidents again and again under other ids, until there are so many records.
fn dataset(records: usize) -> Value {
    let mut file: Value = serde_json::from_slice(INCIDENTS).expect("JSON");
    let incidents = file["incidents"].as_array().expect("a list").clone();
    let mut all = incidents.clone();
    // Each incident brings its findings and attributions along.
    let of_one = |incident: &Value| 1 + incident["findings"].as_array().map_or(0, Vec::len);
    let mut count: usize = incidents.iter().map(of_one).sum();
    for copy in 1.. {
        for incident in &incidents {
            if count >= records {
                file["incidents"] = Value::Array(all);
                return file;
            }
            let mut incident = incident.clone();
            incident["id"] = json!(format!("{}-{copy}", incident["id"].as_str().expect("an id")));
            count += of_one(&incident);
            all.push(incident);
        }
    }
    unreachable!("copies do not end")
}

fn timed(home: &Path, arguments: &[&str]) -> (Value, f64) {
    let start = Instant::now();
    let output = binary::run(home, &[arguments, &["--json"]].concat());
    let seconds = start.elapsed().as_secs_f64();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (serde_json::from_slice(&output.stdout).expect("JSON"), seconds)
}
