//! What somebody would run instead, doing the same work in the same run through its own public interface: git with a signed
//! commit for each entry, Automerge's own sync, and, where it is installed, OrbitDB. Each checks less than a
//! replica does; what it leaves out is said beside it.

use super::corpus::Corpus;
use super::{Report, Size};

mod automerge;
mod git;
mod isnad;
mod outside;

/// Entries that go over; git signs each with a process of its own kind, and a run is to end.
const ENTRIES: usize = 20_000;

/// Entries that OrbitDB is given: it takes in some hundred a second, however many there are.
const FEW: usize = 1_000;

/// What the work cost, each figure as it is usual for it.
struct Work {
    /// Entries a second into an empty replica.
    rate: f64,
    /// Bytes between the two for each of them, both ways.
    wire: f64,
    /// Bytes on disk for each of them; `None` of what has no disk.
    disk: Option<f64>,
    /// Bytes between two that hold the same.
    no_op: f64,
    /// Seconds of that, on a connection that is there; `None` of what has no connection, or was not measured.
    no_op_seconds: Option<f64>,
    /// Seconds from one new entry here to one held there.
    delta: f64,
}

pub(super) fn run(report: &mut Report, size: Size) {
    let size = Size { entries: size.entries.min(ENTRIES), ..size };
    let corpus = Corpus::make(size);
    let payloads: Vec<&[u8]> =
        corpus.entries.iter().filter_map(|entry| entry.payload.as_ref()).map(|payload| &*payload.bytes).collect();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let own = isnad::work(&corpus);
    match git::work(dir.path(), &payloads) {
        Ok((git, verify)) => {
            compare(report, &own, &git, "git fetch, no signature checked");
            let checked = 1.0 / (1.0 / git.rate + verify);
            let peer = (checked, "git fetch, and verify-commit of each");
            report.at_least("beside git, each signature checked: catch-up", own.rate, peer, "entries/s");
        }
        Err(why) => report.left_out("beside git", &why),
    }
    compare(report, &own, &automerge::work(&payloads), "Automerge in memory, nothing signed");
    let few = &payloads[..payloads.len().min(FEW)];
    match outside::orbitdb(dir.path(), few) {
        Ok(work) => compare(report, &own, &work, &format!("OrbitDB, {} entries of one author", few.len())),
        Err(why) => report.left_out("beside OrbitDB", &why),
    }
    report.left_out("beside iroh-docs", "there is no program of it in tests/benches/peers yet");
}

/// What a peer is called.
fn name(what: &str) -> &str {
    what.split([' ', ',']).next().unwrap_or(what)
}

fn compare(report: &mut Report, own: &Work, peer: &Work, what: &str) {
    let named = |work: &str| format!("beside {}: {work}", name(what));
    let seconds = peer.no_op_seconds.map(|seconds| format!(", in {:.1} ms", seconds * 1e3)).unwrap_or_default();
    report.at_least(&named("catch-up"), own.rate, (peer.rate, what), "entries/s");
    report.stays(&named("wire, for each entry"), own.wire, (peer.wire, what), 1.0, "bytes");
    report.stays(&named("no-op sync"), own.no_op, (peer.no_op, &format!("{what}{seconds}")), 1.0, "bytes");
    report.stays(&named("one new entry"), own.delta * 1e3, (peer.delta * 1e3, what), 1.0, "ms");
    if let (Some(own), Some(peer)) = (own.disk, peer.disk) {
        report.stays(&named("disk, for each entry"), own, (peer, what), 1.0, "bytes");
    }
}
