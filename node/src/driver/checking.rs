//! Signatures that stand on a later one of their run, checked on idle cores. DESIGN §4.

use isnad_protocol::log::{Authentic, LogEnd, LogKey};
use isnad_protocol::replica::Input;
use isnad_protocol::store::LogView;

use super::{Command, Driver};
use crate::cores;
use crate::store::LogReader;

impl Driver {
    /// Checks signatures on all cores.
    pub(super) fn check(&self, log: LogKey, after: LogEnd, until: u64) {
        let reader = self.reader.clone();
        let commands = self.commands.clone();
        let thread = std::thread::Builder::new().name("isnad-check".into());
        let started = thread.spawn(move || {
            let input = check_signatures(&reader, log, after, until);
            let _ = commands.send(Command::Checked(input));
        });
        if let Err(error) = started {
            tracing::error!(%error, "signatures are not checked: no thread");
        }
    }
}

/// Reads a stretch of a log and checks each signature, on all cores; ends early when the store closes.
pub(super) fn check_signatures(reader: &LogReader, log: LogKey, after: LogEnd, until: u64) -> Input {
    let mut upto = after;
    // Whoever stops a node does not wait for it: what is not checked now is asked for after the next start.
    while upto.seq < until && !reader.is_closing() {
        // The index goes first: what it has not taken in is neither listed nor shown, and checks take all cores.
        reader.wait_for_index();
        let Ok(mut entries) = reader.read_log(log, upto.seq, 4 * 1_024 * 1_024) else { break };
        entries.retain(|entry| entry.end().seq <= until);
        if entries.is_empty() {
            break;
        }
        let good = |part: &[Authentic]| part.iter().take_while(|entry| entry.entry().is_signed()).count();
        let parts = cores::each(&entries, 1, |part| (good(part), part.len())).unwrap_or_default();
        let until_bad = parts.iter().position(|(good, all)| good < all).unwrap_or(parts.len());
        let good: usize = parts.iter().take(until_bad.saturating_add(1)).map(|(good, _)| good).sum();
        if let Some(last) = good.checked_sub(1).and_then(|last| entries.get(last)) {
            upto = last.end();
        }
        if good < entries.len() {
            return Input::Checked { log, upto, is_bad_behind: true };
        }
    }
    Input::Checked { log, upto, is_bad_behind: false }
}

#[cfg(test)]
mod tests {
    use isnad_protocol::entry::{Draft, Kind, Payload};
    use isnad_protocol::id::{OrganisationId, RecordId, SpaceId};
    use isnad_protocol::key::SecretKey;
    use isnad_protocol::replica::{Batch, Write};
    use isnad_protocol::time::Timestamp;

    use super::*;
    use crate::home::Home;
    use crate::store::Store;

    #[test]
    fn nothing_is_checked_for_a_store_that_closes() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::create(&dir.path().join("home")).unwrap();
        let (space, key) = (SpaceId::new([1; 32]), SecretKey::from_seed(&[3; 32]));
        Store::make(&home, &[space]).unwrap();
        let mut store = Store::open(&home, &[space], &mut |_| {}).unwrap();
        let draft = Draft {
            kind: Kind::Change,
            space,
            organisation: OrganisationId::new([2; 32]),
            record: RecordId::new([1; 16]),
            generation: 0,
            time: Timestamp(0),
            payload: Payload { salt: [9; 16], bytes: b"{}".to_vec() },
        };
        let entry = Authentic::from_store(draft.seal((0, LogEnd::START.id), &key));
        let (log, end) = (LogKey { space, author: key.public() }, entry.end());
        store.append(Batch { writes: vec![Write::Entry { entry, is_checked: false }] }).unwrap();
        store.sync().unwrap();
        let reader = store.log_reader();
        let checked = |upto| Input::Checked { log, upto, is_bad_behind: false };
        assert_eq!(check_signatures(&reader, log, LogEnd::START, 1), checked(end));
        drop(store);
        assert_eq!(check_signatures(&reader, log, LogEnd::START, 1), checked(LogEnd::START));
    }
}
