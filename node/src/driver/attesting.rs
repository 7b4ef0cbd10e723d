//! Seals what the replica asks to be attested, with the home's attesting key. DESIGN §7, §8, §9.
//!
//! The root over the records is made on a thread of its own, for it waits for the index. Sealed and handed in, it is an entry
//! like any other: the mark is on disk before it, and it leaves once it is flushed.

use isnad_protocol::attestation::Attestation;
use isnad_protocol::entry::{Draft, Entry, Kind, Payload};
use isnad_protocol::id::{RecordId, SpaceId};
use isnad_protocol::limits;
use isnad_protocol::log::{Frontier, LogEnd, LogKey};
use isnad_protocol::replica::Input;
use isnad_protocol::time::Timestamp;

use super::{Command, Driver};
use crate::clock;
use crate::fault::Fault;

impl Driver {
    /// Gets an attestation ready, unless one of this space is under way or nothing is signed: the replica asks again.
    pub(super) fn attest(&mut self, space: SpaceId, attestation: Attestation, ends: Frontier) {
        let may_sign = self.parts.signing.check().is_ok() && self.parts.signers.attesting().is_some();
        if !may_sign || !self.attesting.insert(space) {
            return;
        }
        let (reader, commands) = (self.reader.clone(), self.commands.clone());
        let thread = std::thread::Builder::new().name("isnad-attest".into());
        let started = thread.spawn(move || {
            let mut attestation = attestation;
            if !attestation.logs.is_empty() {
                // Without a root it acknowledges all the same: the next one has it.
                match reader.records_root(space, &ends) {
                    Ok(root) => attestation.records = Some(root),
                    Err(fault) => tracing::warn!(%fault, "attested without a root of the records"),
                }
            }
            // The loop may have stopped meanwhile: it is said after the next start.
            let _ = commands.send(Command::Attest(space, attestation));
        });
        if let Err(error) = started {
            self.attesting.remove(&space);
            tracing::error!(%error, "nothing is attested: no thread");
        }
    }

    /// Seals an attestation that is ready and hands it in.
    pub(super) fn seal_attestation(&mut self, space: SpaceId, attestation: Attestation) {
        self.attesting.remove(&space);
        if !self.parts.signing.unsettled().is_empty() {
            self.flush();
            self.finish_unsettled();
        }
        if self.parts.signing.check().is_err() || !self.parts.signing.unsettled().is_empty() {
            return;
        }
        match self.sealed(space, attestation) {
            Ok(entries) if entries.is_empty() => {}
            Ok(entries) => {
                tracing::debug!(%space, entries = entries.len(), "attested");
                // Nobody waits for an answer: what is not taken is asked for again.
                self.handle(Input::Submit { request: 0, entries });
            }
            Err(fault) => tracing::error!(%fault, "an attestation was not sealed"),
        }
    }

    fn sealed(&self, space: SpaceId, attestation: Attestation) -> Result<Vec<Entry>, Fault> {
        let Some(signer) = self.parts.signers.attesting() else { return Ok(Vec::new()) };
        let log = LogKey { space, author: signer.key.public() };
        if self.lacks_own(log) {
            return Ok(Vec::new());
        }
        let mut end = self.parts.replica.end_of(log);
        let mut entries = Vec::new();
        for part in attestation.into_parts().into_iter().take(limits::ATTESTATIONS_AT_ONCE) {
            let draft = Draft {
                kind: Kind::Attestation,
                space,
                organisation: signer.organisation,
                record: RecordId::ZERO,
                generation: 0,
                time: Timestamp(clock::now_ms()),
                payload: Payload { salt: clock::random()?, bytes: part.encode() },
            };
            let entry = draft.seal((end.seq, end.id), &signer.key);
            end = LogEnd { seq: entry.header.seq, id: entry.header.id() };
            entries.push(entry);
        }
        Ok(entries)
    }
}
