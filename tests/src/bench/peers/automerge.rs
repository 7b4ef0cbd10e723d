//! The work by two Automerge documents in memory, through the sync protocol that the library offers. It signs nothing, checks no
//! author, and writes no disk.

use std::time::Instant;

use automerge::sync::{Message, State, SyncDoc};
use automerge::transaction::Transactable;
use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc};

use super::Work;
use crate::bench::median;

const NEW: usize = 21;

pub(super) fn work(payloads: &[&[u8]]) -> Work {
    let count = payloads.len() as f64;
    let mut here = Document::new();
    payloads.iter().for_each(|payload| here.say(payload));
    let (mut there, mut states) = (Automerge::new(), (State::new(), State::new()));
    let start = Instant::now();
    let bytes = sync(&mut here.document, &mut there, &mut states);
    let rate = count / start.elapsed().as_secs_f64();
    let no_op = sync(&mut here.document, &mut there, &mut (State::new(), State::new()));
    let deltas = payloads.iter().cycle().take(NEW).map(|payload| {
        let start = Instant::now();
        here.say(payload);
        sync(&mut here.document, &mut there, &mut states);
        start.elapsed().as_secs_f64()
    });
    let delta = median(deltas.collect());
    assert_eq!(here.document.get_heads(), there.get_heads(), "both hold the same");
    Work { rate, wire: bytes / count, disk: None, no_op, no_op_seconds: None, delta }
}

/// A document of one list.
struct Document {
    document: Automerge,
    list: ObjId,
}

impl Document {
    fn new() -> Self {
        let mut document = Automerge::new();
        let made = document.transact(|change| change.put_object(ROOT, "entries", ObjType::List)).expect("a list");
        Self { document, list: made.result }
    }

    /// One change for each entry.
    fn say(&mut self, payload: &[u8]) {
        let (list, end) = (self.list.clone(), self.document.length(&self.list));
        let said = self.document.transact(|change| change.insert(&list, end, payload.to_vec()));
        drop(said.expect("a change"));
    }
}

/// Lets both talk until neither has anything to say; the bytes of it.
fn sync(here: &mut Automerge, there: &mut Automerge, (to_there, to_here): &mut (State, State)) -> f64 {
    let mut bytes = 0;
    loop {
        let said = here.generate_sync_message(to_there).map(Message::encode);
        if let Some(said) = &said {
            bytes += said.len();
            there.receive_sync_message(to_here, Message::decode(said).expect("a message")).expect("a change");
        }
        let answered = there.generate_sync_message(to_here).map(Message::encode);
        if let Some(answered) = &answered {
            bytes += answered.len();
            here.receive_sync_message(to_there, Message::decode(answered).expect("a message")).expect("a change");
        }
        if said.is_none() && answered.is_none() {
            return bytes as f64;
        }
    }
}
