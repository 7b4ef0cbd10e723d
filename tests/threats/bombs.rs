//! Rows 30 and 35: input that is small on the wire and large to whoever takes it in.

use std::process::Command;
use std::time::{Duration, Instant};

use isnad_protocol::breakage::{self, Breakage};
use isnad_protocol::encoding::{foreign, json};
use isnad_protocol::import;
use isnad_protocol::limits;
use isnad_protocol::model::Draft;
use isnad_protocol::replica::{Input, Output};
use isnad_protocol::sheet::Operations;
use isnad_tests::bombs;
use isnad_tests::consortium::{Site, claim, found, record};

use crate::falls_without;

/// Set for the process that takes the bombs in; `out` if it does so without its defence.
const IN_CHILD: &str = "ISNAD_TEST_BOMBS";

/// What a process that takes in all of them may have used at its peak.
const PEAK_KIB: u64 = 64 * 1_024;
/// What one of them may take: the best of a few attempts, for a busy machine is no bomb.
const LONGEST: Duration = Duration::from_millis(50);

#[test]
fn t_bombs() {
    falls_without(Breakage::Bombs, || {
        // In a process of its own: what others have used is not the bombs' doing.
        let defence = if breakage::is_out(Breakage::Bombs) { "out" } else { "in" };
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "bombs::bombs_in_a_process_of_their_own", "--ignored", "--nocapture"])
            .env(IN_CHILD, defence)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    });
}

#[test]
#[ignore = "t_bombs runs it in a process of its own"]
fn bombs_in_a_process_of_their_own() {
    if std::env::var_os(IN_CHILD).is_some_and(|defence| defence == "out") {
        breakage::take_out(Breakage::Bombs);
    }
    let site = found(2).remove(0);
    for (name, frame) in bombs::frames(limits::FRAME_BYTES) {
        timed(name, || refused(&site, frame.clone()));
    }
    for (name, payload) in bombs::payloads() {
        timed(name, || harmless(&site, payload.clone()));
    }
    if let Some(peak) = peak_kib() {
        assert!(peak < PEAK_KIB, "{peak} KiB at the peak");
    }
}

fn timed(name: &str, attempt: impl Fn()) {
    let time = || {
        let start = Instant::now();
        attempt();
        start.elapsed()
    };
    let best = (0..5).map(|_| time()).min().unwrap();
    assert!(best < LONGEST, "{name} takes {best:?}");
}

/// The most memory that this process has ever held; `None` where the system does not say.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

fn refused(site: &Site, frame: Vec<u8>) {
    let mut site = site.copy();
    let peer = isnad_protocol::id::NodeId::new([1; 32]);
    site.handle(Input::Connected { peer, opens_with: Some([9; 16]) });
    let outputs = site.handle(Input::Received { peer, frame });
    assert!(outputs.iter().any(|output| matches!(output, Output::Disconnect { .. })));
    assert_eq!(site.store.entries().count(), 0);
}

/// A payload at the bound is taken and inert, or it counts; either way the record is shown.
fn harmless(site: &Site, payload: Vec<u8>) {
    assert!(payload.len() <= usize::try_from(limits::PAYLOAD_BYTES).unwrap());
    let mut site = site.copy();
    let entry = site.next(&site.key, record(1), payload);
    assert_eq!(site.submit(vec![entry]), Ok(()));
    let view = site.view(record(1));
    assert!(view.left_out.len() == 1, "a bomb counts");
}

/// Files of the corpus: what the strict parser says, and what the reader of foreign files says.
const CORPUS: [(&str, &str, &str); 20] = [
    ("nine-deep.json", "json_depth", "taken"),
    ("key-twice.json", "json_key_order", "json_duplicate_key"),
    ("sixty-five-deep.json", "json_depth", "json_too_deep"),
    ("deep-lists.json", "json_depth", "json_too_deep"),
    ("deep-objects.json", "json_depth", "json_too_deep"),
    ("deep-unclosed.json", "json_depth", "json_too_deep"),
    ("integer-above.json", "json_number", "taken"),
    ("integer-least.json", "json_number", "taken"),
    ("integer-huge.json", "json_number", "taken"),
    ("exponent-huge.json", "json_number", "taken"),
    ("fraction-long.json", "json_number", "taken"),
    ("key-twice-escaped.json", "json_escape", "json_duplicate_key"),
    ("utf8-invalid.json", "json_not_utf8", "json_not_utf8"),
    ("utf8-overlong.json", "json_not_utf8", "json_not_utf8"),
    ("utf8-surrogate.json", "json_not_utf8", "json_not_utf8"),
    ("surrogate-lone.json", "json_escape", "json_lone_surrogate"),
    ("not-a-number.json", "json_unexpected", "json_syntax"),
    ("infinity.json", "json_number", "json_number"),
    ("control-character.json", "json_escape", "json_escape"),
    ("unterminated.json", "json_truncated", "json_truncated"),
];

#[test]
fn t_parser_bombs() {
    falls_without(Breakage::ParserBombs, || {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("threats/corpus");
        for (name, strict, lenient) in CORPUS {
            let bytes = std::fs::read(folder.join(name)).unwrap();
            let found = json::decode(&bytes).map_or_else(|error| error.code(), |_| "taken");
            assert_eq!(found, strict, "{name}");
            let found = foreign::parse(&bytes).map_or_else(|error| error.rule.code(), |_| "taken");
            assert_eq!(found, lenient, "{name}");
            assert!(Operations::parse(&bytes).is_err(), "{name}");
            assert!(import::read(&bytes, import::DATASET).is_err(), "{name}");
            assert!(Draft::parse(&bytes).is_err(), "{name}");
        }
        let held = std::fs::read_dir(folder).unwrap().count();
        assert_eq!(held, CORPUS.len(), "every file of the corpus has its line");
    });
}

/// The payloads of whoever has no fear of a parser, at the one door: inert, and the log goes on.
#[test]
fn the_corpus_is_inert_as_a_payload() {
    let mut site = found(1).remove(0);
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("threats/corpus");
    for (name, _, _) in CORPUS {
        let mut payload = std::fs::read(folder.join(name)).unwrap();
        payload.truncate(usize::try_from(limits::PAYLOAD_BYTES).unwrap());
        site.say(record(1), payload);
    }
    site.say(record(1), claim("note", "and on it goes"));
    let view = site.view(record(1));
    assert_eq!(view.left_out.len(), CORPUS.len());
    assert_eq!(view.properties.len(), 1);
}
