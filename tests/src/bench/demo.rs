//! `isnad demo`, from the start of the process to equal digests.

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Report;
use super::consortium::disk_bytes;
use super::node::peak_bytes;
use crate::binary;

pub(super) fn run(report: &mut Report) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let isnad = binary::isnad();
    let start = Instant::now();
    let mut demo = Command::new(isnad);
    demo.args(["demo", "--headless", "--json", "--dir"]).arg(dir.path());
    let mut child = demo.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("isnad starts");
    let mut memory = 0;
    let status = loop {
        memory = peak_bytes(child.id()).unwrap_or(0).max(memory);
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        sleep(Duration::from_millis(5));
    };
    let seconds = start.elapsed().as_secs_f64();
    assert!(status.success(), "the demo fails");
    let shown: Value = serde_json::from_reader(child.stdout.take().expect("its output is piped")).expect("JSON");
    assert_eq!(shown["agree"], true, "the demo's nodes agree");
    let disk = disk_bytes(dir.path());
    report.at_most("demo, to equal digests", seconds, 30.0, "s");
    report.at_most("demo, memory and disk", (memory + disk) as f64 / 1e6, 300.0, "MB");
    report.beside("demo, memory", memory as f64 / 1e6, (disk as f64 / 1e6, "disk"), "MB");
}
