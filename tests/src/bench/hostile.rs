//! What hostile input of up to 64 KiB costs whoever takes it in, beside an honest entry.

use std::time::Instant;

use isnad_protocol::id::NodeId;
use isnad_protocol::limits;
use isnad_protocol::replica::Input;

use super::Report;
use crate::bombs;
use crate::consortium::{Site, claim, found, overhear, record};
use crate::mutator::{Random, mutate};

/// Of so many attempts the fastest counts: what else runs on the machine is not what is measured.
const TIMES: usize = 7;

/// Frames that are changed at random.
const MUTATED: u64 = 1_000;

/// How many times an honest entry hostile input may cost.
const TIMES_HONEST: f64 = 10.0;

pub(super) fn run(report: &mut Report) {
    let mut sites = found(2);
    let site = sites[0].copy();
    let honest = payload(&site, &claim("note", "The hospital's list of that night names the wards."));
    let peer = (honest * 1e6, "an honest entry, taken in and shown");
    let (name, worst) = slowest(bombs::payloads(), |bytes| payload(&site, bytes));
    report.stays(&format!("hostile payload: {name}"), worst * 1e6, peer, TIMES_HONEST, "µs");
    let bytes = usize::try_from(limits::PAYLOAD_BYTES).expect("a small number");
    let (name, worst) = slowest(bombs::frames(bytes), |bytes| frame(&site, bytes));
    report.stays(&format!("hostile frame: {name}"), worst * 1e6, peer, TIMES_HONEST, "µs");
    sites[1].say(record(1), claim("note", "of one"));
    let honest: Vec<Vec<u8>> = overhear(&mut sites, 0, 1);
    let mut random = Random::new(1);
    let mutated = (0..MUTATED).map(|_| {
        let mut bytes = random.pick(&honest).clone();
        mutate(&mut bytes, &honest, &mut random);
        ("one that was changed at random", bytes)
    });
    let (name, worst) = slowest(mutated.collect(), |bytes| frame(&site, bytes));
    report.stays(&format!("hostile frame: {name}"), worst * 1e6, peer, TIMES_HONEST, "µs");
}

/// The input that costs most, and the seconds that it takes.
fn slowest(inputs: Vec<(&str, Vec<u8>)>, cost: impl Fn(&[u8]) -> f64) -> (&str, f64) {
    let costs = inputs.into_iter().map(|(name, bytes)| (name, cost(&bytes)));
    costs.max_by(|(_, one), (_, other)| one.total_cmp(other)).expect("there is input")
}

/// Seconds in which a replica takes in an entry with this payload, signed by a member, and shows its record.
fn payload(site: &Site, bytes: &[u8]) -> f64 {
    fastest(|| {
        let mut site = site.copy();
        let entry = site.next(&site.key, record(1), bytes.to_vec());
        let start = Instant::now();
        site.submit(vec![entry]).expect("a member may say it");
        drop(site.view(record(1)));
        start.elapsed().as_secs_f64()
    })
}

/// Seconds in which it takes in a frame of a peer with whom a session is open.
fn frame(site: &Site, bytes: &[u8]) -> f64 {
    let peer = NodeId::new([1; 32]);
    fastest(|| {
        let (mut site, frame) = (site.copy(), bytes.to_vec());
        site.handle(Input::Connected { peer, opens_with: Some([9; 16]) });
        let start = Instant::now();
        site.handle(Input::Received { peer, frame });
        start.elapsed().as_secs_f64()
    })
}

fn fastest(run: impl Fn() -> f64) -> f64 {
    (0..TIMES).map(|_| run()).fold(f64::INFINITY, f64::min)
}
