//! A session between two replicas that hold the same.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

use isnad_node::store::Store;

use super::consortium::open;
use super::corpus::Corpus;
use super::reading::often;
use super::wire::Between;
use super::{Report, Size, median};

/// Sessions of which the median is told.
const TIMES: usize = 101;

/// Bytes of one such session, both ways.
const BYTES: f64 = 300.0;

/// Round trips that one may take; one of them is that of its two frames.
const ROUND_TRIPS: f64 = 5.0;

pub(super) fn run(report: &mut Report, size: Size) {
    figures(report, &Corpus::make(size), size);
}

/// Returns the seconds that both replicas compute for one session.
pub(super) fn figures(report: &mut Report, corpus: &Corpus, size: Size) -> f64 {
    let home = open(&corpus.consortium.homes[0]);
    let store = Store::open(&home, &corpus.consortium.spaces(), &mut |_| {}).expect("a store");
    let stored = store.index().stored().expect("an index");
    let logs = stored.logs.len();
    let mut between = Between::holding(&corpus.consortium.governance, &stored, BTreeSet::new());
    between.reconnect();
    let before = between.traffic().0;
    between.reconnect();
    let bytes = between.traffic().0 - before;
    let seconds = often(|| between.reconnect());
    let round_trip = round_trip();
    let named = |what: &str| format!("no-op sync of {} entries in {logs} logs: {what}", size.entries);
    report.at_most(&named("bytes"), bytes as f64, BYTES, "bytes");
    let peer = (round_trip * 1e6, "P: a round trip on an open TCP stream");
    report.stays(&named("time, its round trip too"), (round_trip + seconds) * 1e6, peer, ROUND_TRIPS, "µs");
    seconds
}

/// Seconds that a few bytes take over loopback and back.
fn round_trip() -> f64 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = listener.local_addr().expect("an address");
    let echo = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        let mut bytes = [0; 128];
        while stream.read_exact(&mut bytes).is_ok() {
            stream.write_all(&bytes).expect("it listens");
        }
    });
    let mut stream = TcpStream::connect(address).expect("loopback");
    stream.set_nodelay(true).expect("a socket");
    let mut bytes = [7; 128];
    let trip = |_| {
        let start = Instant::now();
        stream.write_all(&bytes).expect("it listens");
        stream.read_exact(&mut bytes).expect("it answers");
        start.elapsed().as_secs_f64()
    };
    let trips = (0..TIMES).map(trip).collect();
    drop(stream);
    echo.join().expect("no panic");
    median(trips)
}
