//! A full disk: reading goes on, writing says why, nothing is half done, and with room again all goes on.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use isnad_tests::binary::{Consortium, RunningNode, TCP, json, refused, say};
use tempfile::TempDir;

const DATASET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/data/incidents.json");

/// A small disk in memory, gone when dropped.
struct Disk {
    at: TempDir,
}

impl Disk {
    /// `None` where only root may mount.
    fn mount() -> Option<Self> {
        let at = TempDir::new().unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"]).arg(at.path()).output();
        mount.is_ok_and(|output| output.status.success()).then_some(Self { at })
    }

    fn filler(&self) -> PathBuf {
        self.at.path().join("filler")
    }

    /// Writes until there is not a byte left.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.filler()).unwrap();
        for size in [1 << 20, 4_096, 1] {
            while file.write(&vec![7; size]).is_ok_and(|written| written > 0) {}
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.at.path()).status());
    }
}

fn count(home: &Path) -> usize {
    json(home, &["list", "incident"]).as_array().unwrap().len()
}

/// Contributes until there is no room; how often there was.
fn until_full(home: &Path, new: &[&str]) -> usize {
    let is_accepted = |_: &usize| say(home, new).code == 0;
    let accepted = (0..200).take_while(is_accepted).count();
    assert!(accepted < 200, "the disk is not full");
    accepted
}

#[test]
fn on_a_full_disk_reading_goes_on_and_writing_says_why() {
    let Some(disk) = Disk::mount() else {
        eprintln!("SKIPPED: a small disk can be mounted by root alone");
        return;
    };
    let consortium = Consortium::found_in(TempDir::new_in(disk.at.path()).unwrap(), 2);
    let [home, other] = &consortium.homes[..] else { unreachable!() };
    let elsewhere = TempDir::new().unwrap();
    let draft = elsewhere.path().join("draft.json");
    std::fs::write(&draft, r#"{"claims": [{"prop": "note", "lang": "en", "value": "x"}]}"#).unwrap();
    let draft = draft.display().to_string();
    let new = ["record", "new", "incident", "--from", &draft];
    let node = RunningNode::start(home, TCP, &[]);
    json(home, &["import", DATASET]);
    let digest = json(home, &["digest"]);
    disk.fill();
    // The summaries of all those records are still to be made: the index is written to, and fails.
    let held = count(home);
    for _ in 0..100 {
        assert_eq!(count(home), held);
        let (status, list) = node.get("/records?kind=3").unwrap();
        assert_eq!((status, list.as_array().unwrap().len()), (200, 50), "{list}");
    }
    // The journal keeps some room ahead: what finds none is refused.
    let accepted = until_full(home, &new);
    let held = held + accepted;
    let digest = if accepted > 0 { json(home, &["digest"]) } else { digest };
    for _ in 0..3 {
        let problem = refused(home, &new, 70);
        assert_eq!(problem["code"], "disk");
        assert!(problem["why"].as_str().unwrap().contains("No space left"), "{problem}");
        json(home, &["show", "khan-al-assal-2013-03-19"]);
        assert_eq!(json(home, &["digest"]), digest, "nothing is half done");
    }
    // A command on a home without a node, on the same full disk.
    assert_eq!(count(other), 0);
    until_full(other, &new);
    refused(other, &new, 70);
    disk.free();
    json(home, &new);
    assert_eq!(count(home), held + 1, "what was refused was not written later");
    json(home, &["claim", "add", "khan-al-assal-2013-03-19", "note", "room again", "--in", "en"]);
    let digest = json(home, &["digest"]);
    assert_eq!(node.stop("TERM"), 0);
    assert_eq!(json(home, &["digest"]), digest);
    assert_eq!(count(home), held + 1);
    json(home, &new);
    json(other, &new);
}
