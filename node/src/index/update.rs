//! What a batch changes in the index: one sled batch, in which the index also says how far it has come.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use isnad_protocol::entry::Kind;
use isnad_protocol::id::{RecordId, SpaceId};
use isnad_protocol::log::{Authentic, ForkProof, Log, LogEnd, LogKey};

use super::sheets::{FoundBy, Removed, Sheets, found_by};
use super::{
    Changes, Index, POSITIONS, Position, Write, branch_key, decode_log, encode_log, fork_key, log_key, number,
    position_key, prefix, wanted_key,
};
use crate::cores;
use crate::fault::Fault;

/// So many writes and fewer are read on one core.
const FEW: usize = 256;

/// What the entry is found by that is written, if it is one.
fn found_by_of(write: &Write) -> FoundBy {
    match write {
        Write::Entry { entry, .. } | Write::Payload(entry) | Write::Branch(entry) => found_by(entry),
        Write::Checked { .. } | Write::CutBack { .. } | Write::Act(_) | Write::Fork(_) => Vec::new(),
    }
}

/// One write as it stands in the journal of a space.
#[derive(Debug, Clone)]
pub struct Applied {
    /// Where its frame begins.
    pub at: Position,
    /// Where the next frame begins.
    pub end: Position,
    /// The space whose journal it is in.
    pub space: SpaceId,
    /// What was written.
    pub write: Write,
}

/// Changes gathered over one batch; reads see them before they are applied.
pub(super) struct Update<'a> {
    index: &'a Index,
    logs: BTreeMap<LogKey, Log>,
    positions: BTreeMap<(LogKey, u64), Vec<u8>>,
    sheets: Sheets<'a>,
    reached: BTreeMap<SpaceId, Position>,
    pub(super) batch: Changes,
    /// Frames that no honest replica writes there.
    passed_over: u64,
}

impl Index {
    /// Takes in what the journal holds further, in the journal's order. What it has already is passed over, and so is what no
    /// honest replica writes there: an audit names it.
    ///
    /// # Errors
    /// [`Fault`] if sled fails, or the journal cannot be read: the index then lacks some of it, says how far it came, and can be
    /// handed the same again.
    pub fn apply(&self, writes: Vec<Applied>) -> Result<(), Fault> {
        let _writing = self.shared.writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.return_to_disk();
        self.take(writes)
    }

    fn take(&self, writes: Vec<Applied>) -> Result<(), Fault> {
        let known = self.reached()?;
        let mut update = Update::new(self);
        // All that an entry says is read here, on all cores; the rest is done in the order of the journal.
        let found_by = |part: &[Applied]| part.iter().map(|applied| found_by_of(&applied.write)).collect::<Vec<_>>();
        let parts = cores::each(&writes, FEW, found_by).ok_or_else(|| Fault::index("entries could not be read"))?;
        for (write, found_by) in writes.into_iter().zip(parts.into_iter().flatten()) {
            if known.get(&write.space).is_some_and(|reached| write.at < *reached) {
                continue;
            }
            let (space, end) = (write.space, write.end);
            match write.write {
                Write::CutBack { log, to } if log.space == space => {
                    // In a batch of its own, with how far the index has come: all that is cut stands in the index by then.
                    update.finish()?;
                    update = Update::new(self);
                    update.reached.insert(space, end);
                    update.cut_back(log, to)?;
                    update.finish()?;
                    update = Update::new(self);
                }
                _ => {
                    update.reached.insert(space, end);
                    update.write(write, found_by)?;
                }
            }
        }
        update.finish()
    }
}

impl<'a> Update<'a> {
    fn new(index: &'a Index) -> Self {
        Self {
            index,
            logs: BTreeMap::new(),
            positions: BTreeMap::new(),
            sheets: Sheets::new(index),
            reached: BTreeMap::new(),
            batch: Changes::default(),
            passed_over: 0,
        }
    }

    fn write(&mut self, applied: Applied, found_by: FoundBy) -> Result<(), Fault> {
        let is_taken = match applied.write {
            Write::Entry { entry, is_checked } if entry.entry().header.space == applied.space => {
                self.entry(&entry, is_checked, (applied.at, found_by))?
            }
            Write::Payload(entry) if entry.entry().header.space == applied.space => {
                self.payload(&entry, (applied.at, found_by))?
            }
            Write::Checked { log, upto } if log.space == applied.space => self.checked(log, upto)?,
            Write::Branch(entry) if entry.entry().header.space == applied.space => {
                self.branch(&entry, (applied.at, found_by))?
            }
            Write::Fork(proof) if proof.log().space == applied.space => self.fork(&proof)?,
            Write::Entry { .. }
            | Write::Payload(_)
            | Write::Checked { .. }
            | Write::CutBack { .. }
            | Write::Branch(_)
            | Write::Fork(_) => false,
            Write::Act(_) => true,
        };
        if !is_taken {
            self.passed_over = self.passed_over.saturating_add(1);
        }
        Ok(())
    }

    /// Takes the next entry of its log; `false` for any other, which would take the log back, or leave a gap in it.
    fn entry(
        &mut self,
        entry: &Authentic,
        is_checked: bool,
        (at, found_by): (Position, FoundBy),
    ) -> Result<bool, Fault> {
        let header = &entry.entry().header;
        let key = LogKey { space: header.space, author: header.author };
        let before = self.log(key)?;
        let start = Log { organisation: header.organisation, end: LogEnd::START, checked: LogEnd::START };
        let mut log = before.unwrap_or(start);
        if log.end.seq.checked_add(1) != Some(header.seq) || header.prev != log.end.id {
            return Ok(false);
        }
        if is_checked && log.checked == log.end {
            log.checked = entry.end();
        }
        log.end = entry.end();
        self.logs.insert(key, log);
        self.set_position(key, header.seq, at)?;
        if entry.entry().payload.is_none() && header.has_payload() {
            self.batch.insert(wanted_key(key, header.seq), entry.id().as_bytes());
        }
        self.attest(entry)?;
        self.sheets.add(entry, at, found_by)?;
        Ok(true)
    }

    /// Puts the payload of an entry in its place; `false` if it does not lack one.
    fn payload(&mut self, entry: &Authentic, (at, found_by): (Position, FoundBy)) -> Result<bool, Fault> {
        let header = &entry.entry().header;
        let log = LogKey { space: header.space, author: header.author };
        let key = wanted_key(log, header.seq);
        if entry.entry().payload.is_none() || self.get(&key)?.as_deref() != Some(entry.id().as_bytes()) {
            return Ok(false);
        }
        self.batch.remove(key);
        let old = self.set_position(log, header.seq, at)?;
        self.attest(entry)?;
        self.sheets.replace(entry, (old, at), found_by)?;
        Ok(true)
    }

    /// Keeps an entry on a branch of a closed log; `false` if it is kept already, as whole as this.
    fn branch(&mut self, entry: &Authentic, (at, found_by): (Position, FoundBy)) -> Result<bool, Fault> {
        let header = &entry.entry().header;
        let key = branch_key(LogKey { space: header.space, author: header.author }, entry.end());
        let is_whole = entry.entry().payload.is_some() || !header.has_payload();
        let kept = self.get(&key)?;
        if kept.as_ref().is_some_and(|kept| !is_whole || kept.last() == Some(&1)) {
            return Ok(false);
        }
        let value = [&at.to_u64().to_be_bytes()[..], header.prev.as_bytes(), &[u8::from(is_whole)]];
        self.batch.insert(key, value.concat());
        match kept.and_then(|kept| number(kept.get(..8)?)).map(Position::from_u64) {
            None => self.sheets.add(entry, at, found_by)?,
            Some(old) => self.sheets.replace(entry, (old, at), found_by)?,
        }
        Ok(true)
    }

    /// Keeps the proof of a fork; `false` if one at that position or before it is kept.
    fn fork(&mut self, proof: &ForkProof) -> Result<bool, Fault> {
        let key = fork_key(proof.log());
        let known = self.get(&key)?.and_then(|known| ForkProof::decode(&known).ok());
        let is_lower = known.is_none_or(|known| proof.seq() < known.seq());
        if is_lower {
            self.batch.insert(key, proof.encode());
        }
        Ok(is_lower)
    }

    /// Notes how far signatures are checked; `false` if that goes back, or beyond the log.
    fn checked(&mut self, key: LogKey, upto: LogEnd) -> Result<bool, Fault> {
        let known = self.log(key)?.filter(|log| log.checked.seq <= upto.seq && upto.seq <= log.end.seq);
        let Some(log) = known else { return Ok(false) };
        self.logs.insert(key, Log { checked: upto, ..log });
        Ok(true)
    }

    /// Takes a log back to `to`, before an entry whose signature is bad. All of the log stands in the index by now.
    fn cut_back(&mut self, key: LogKey, to: LogEnd) -> Result<(), Fault> {
        let Some(log) = self.log(key)?.filter(|log| to.seq < log.end.seq) else { return Ok(()) };
        if !self.is_explained(key, to)? {
            self.passed_over = self.passed_over.saturating_add(1);
            return Ok(());
        }
        let records = self.records_behind(key, to, log.end)?;
        self.newest_is(key, to)?;
        for seq in to.seq.saturating_add(1)..=log.end.seq {
            self.set_position(key, seq, Position::from_u64(0))?;
            self.batch.remove(wanted_key(key, seq));
        }
        let checked = if log.checked.seq > to.seq { to } else { log.checked };
        self.logs.insert(key, Log { end: to, checked, ..log });
        records.into_iter().try_for_each(|(record, removed)| self.sheets.remove(record, key.space, removed))
    }

    /// True if `to` stands where it says, and the entry behind it has a bad signature.
    fn is_explained(&self, key: LogKey, to: LogEnd) -> Result<bool, Fault> {
        let is_held = to == LogEnd::START || self.held_at(key, to.seq)?.is_some_and(|entry| entry.end() == to);
        Ok(is_held && self.held_at(key, to.seq.saturating_add(1))?.is_some_and(|entry| !entry.entry().is_signed()))
    }

    /// The entry of a log at a position that the index knows.
    fn held_at(&self, key: LogKey, seq: u64) -> Result<Option<Authentic>, Fault> {
        let positions = self.index.positions(key, seq)?;
        Ok(self.index.read(key.space, positions.get(..1).unwrap_or_default())?.pop())
    }

    /// The last attestation of a log of them is the one in `to` again, if one stands there.
    fn newest_is(&mut self, key: LogKey, to: LogEnd) -> Result<(), Fault> {
        if to.seq == 0 || !self.index.has_attested(key)? {
            return Ok(());
        }
        let Some(entry) = self.held_at(key, to.seq)? else { return Ok(()) };
        let header = &entry.entry().header;
        if header.kind == Kind::Attestation && entry.end() == to {
            self.put_newest(key, header.organisation, to, header.time)?;
        }
        Ok(())
    }

    /// What a cut takes from each record that the entries of a log behind `to` are about: these sheets alone are touched by a
    /// cut, which a peer may cause often.
    fn records_behind(&mut self, key: LogKey, to: LogEnd, end: LogEnd) -> Result<BTreeMap<RecordId, Removed>, Fault> {
        let mut records: BTreeMap<RecordId, Removed> = BTreeMap::new();
        let mut seq = to.seq;
        while seq < end.seq {
            let positions = self.index.positions(key, seq.saturating_add(1))?;
            if positions.is_empty() {
                break;
            }
            // As many as one value of the index names: what stands close together is fetched together.
            for (entry, position) in self.index.read(key.space, &positions)?.iter().zip(&positions) {
                let record = entry.entry().header.record;
                if record != RecordId::ZERO {
                    records.entry(record).or_default().take(entry, *position);
                }
                self.unattest(entry, to)?;
            }
            seq = seq.saturating_add(u64::try_from(positions.len()).unwrap_or(u64::MAX));
        }
        Ok(records)
    }

    /// A value as it will stand after this batch.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        self.batch.0.get(key).map_or_else(|| self.index.get(key), |value| Ok(value.clone()))
    }

    fn log(&self, key: LogKey) -> Result<Option<Log>, Fault> {
        match self.logs.get(&key) {
            Some(log) => Ok(Some(*log)),
            None => Ok(self.index.get(&log_key(key))?.and_then(|value| decode_log(&value))),
        }
    }

    /// Returns where it stood before, if anywhere.
    fn set_position(&mut self, log: LogKey, seq: u64, at: Position) -> Result<Position, Fault> {
        let nowhere = Position::from_u64(0);
        let chunk = (log, seq / POSITIONS);
        if !self.positions.contains_key(&chunk) {
            let value = self.index.get(&position_key(log, chunk.1))?.unwrap_or_default();
            self.positions.insert(chunk, value);
        }
        let Some(value) = self.positions.get_mut(&chunk) else { return Ok(nowhere) };
        let start = usize::try_from(seq % POSITIONS).unwrap_or(0).saturating_mul(8);
        let end = start.saturating_add(8);
        if value.len() < end {
            value.resize(end, 0);
        }
        let Some(slot) = value.get_mut(start..end) else { return Ok(nowhere) };
        let old = number(slot).map_or(nowhere, Position::from_u64);
        slot.copy_from_slice(&at.to_u64().to_be_bytes());
        Ok(old)
    }

    fn finish(mut self) -> Result<(), Fault> {
        for (key, log) in &self.logs {
            if log.end == LogEnd::START {
                self.batch.remove(log_key(*key));
            } else {
                self.batch.insert(log_key(*key), encode_log(log));
            }
        }
        for ((log, chunk), value) in &self.positions {
            self.batch.insert(position_key(*log, *chunk), value.as_slice());
        }
        self.sheets.write(&mut self.batch);
        for (space, position) in &self.reached {
            let key = [&[prefix::STATE][..], space.as_bytes()].concat();
            self.batch.insert(key, position.to_u64().to_be_bytes());
        }
        if self.passed_over > 0 {
            tracing::warn!(frames = self.passed_over, "the journal holds what no replica writes: see `isnad audit`");
        }
        self.batch.insert([prefix::STATE], self.index.shared.form.as_slice());
        self.index.write_with_rows(self.batch, self.sheets.rows())
    }
}
