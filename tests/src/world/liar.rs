//! What a peer that lies does to what its replica would have said.

use std::collections::VecDeque;

use isnad_protocol::entry::Entry;
use isnad_protocol::id::{EntryId, SpaceId};
use isnad_protocol::key::Signature;
use isnad_protocol::log::{Authentic, LogEnd, LogKey};
use isnad_protocol::sync::digest;
use isnad_protocol::sync::frame::{Frame, Item};

use super::disk::Disk;
use super::random::Random;

/// Which lies a node tells: none by default.
#[derive(Debug, Clone, Default)]
pub(super) struct Lies {
    withholds_payloads: bool,
    spoils_signatures: bool,
    withholds_runs: bool,
    mutates: bool,
    replays: bool,
    babbles: bool,
    pub(super) overstates: bool,
    pub(super) forks: bool,
    said: VecDeque<Vec<u8>>,
    /// The copy that it will go back to.
    pub(super) copy: Option<Box<Disk>>,
}

impl Lies {
    pub(super) fn draw(random: &mut Random) -> Self {
        let mut is_so = || random.chance(40);
        Self {
            withholds_payloads: is_so(),
            spoils_signatures: is_so(),
            withholds_runs: is_so(),
            mutates: is_so(),
            replays: is_so(),
            babbles: is_so(),
            overstates: is_so(),
            forks: is_so(),
            said: VecDeque::new(),
            copy: None,
        }
    }

    /// What the node shows of a log that it reads for others.
    pub(super) fn falsify(&self, entries: &mut [Authentic]) {
        let last = entries.len().saturating_sub(1);
        for (at, entry) in entries.iter_mut().enumerate() {
            let seq = entry.end().seq;
            let mut shown: Entry = entry.entry().clone();
            if self.withholds_payloads && seq % 3 == 0 {
                shown.payload = None;
            }
            if self.spoils_signatures && seq % 4 == 1 && at < last {
                shown.signature = Signature::new([1; 64]);
            }
            *entry = Authentic::from_store(shown);
        }
    }

    /// What goes out instead of a frame.
    pub(super) fn distort(&mut self, frame: Vec<u8>, random: &mut Random) -> Vec<Vec<u8>> {
        let frame_type = frame.first().copied();
        let is_run = frame_type == Some(9);
        if self.said.len() >= 64 {
            self.said.pop_front();
        }
        self.said.push_back(frame.clone());
        let mut frames = vec![frame];
        if self.withholds_runs && is_run && random.chance(30) {
            frames.clear();
        }
        if self.mutates && random.chance(8) {
            frames.iter_mut().for_each(|frame| mutate(frame, random));
        }
        if self.replays && random.chance(10) {
            let old = self.said.get(random.index(self.said.len())).cloned();
            frames.extend(old);
        }
        let is_opening = matches!(frame_type, Some(1..=3));
        if self.replays && is_opening && random.chance(30) {
            // A whole session, once more.
            frames.extend(self.said.iter().cloned());
        }
        if self.babbles && random.chance(4) {
            let length = random.below(200);
            frames.push((0..length).map(|_| random.next().to_be_bytes()[7]).collect());
        }
        frames
    }
}

fn mutate(frame: &mut Vec<u8>, random: &mut Random) {
    match random.below(3) {
        0 => frame.truncate(random.index(frame.len() + 1)),
        1 => frame.push(0),
        _ => {
            let at = random.index(frame.len());
            let bit = random.below(8);
            if let Some(byte) = frame.get_mut(at) {
                *byte ^= 1 << bit;
            }
        }
    }
}

/// A frame that offers entries of a log which nobody wrote.
pub(super) fn overstated(nonce: &[u8; 16], log: LogKey, held: u64, random: &mut Random) -> Vec<u8> {
    let end = LogEnd { seq: held + random.between(1, 50), id: EntryId::new(random.bytes()) };
    let space: SpaceId = log.space;
    Frame::News { space: digest::blind(nonce, space), items: vec![Item::End(log.author, end)] }.encode()
}
