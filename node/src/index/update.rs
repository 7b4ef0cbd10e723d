//! What a batch changes in the index: one sled batch, in which the index also says how far it has come.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use isnad_protocol::id::SpaceId;
use isnad_protocol::log::{Authentic, Log, LogEnd, LogKey};

use super::sheets::Sheets;
use super::{
    Changes, FORM, Index, POSITIONS, Position, Write, decode_log, encode_log, log_key, position_key, prefix, wanted_key,
};
use crate::fault::Fault;

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
struct Update<'a> {
    index: &'a Index,
    logs: BTreeMap<LogKey, Log>,
    positions: BTreeMap<(LogKey, u64), Vec<u8>>,
    sheets: Sheets<'a>,
    reached: BTreeMap<SpaceId, Position>,
    batch: Changes,
}

impl Index {
    /// Takes in what the journal holds further, in the journal's order. What it has already is passed over.
    ///
    /// # Errors
    /// [`Fault`] if sled fails; the index then stands where it stood.
    pub fn apply(&self, writes: Vec<Applied>) -> Result<(), Fault> {
        let _writing = self.shared.writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.return_to_disk();
        let known = self.reached()?;
        let mut update = Update::new(self);
        for write in writes {
            if known.get(&write.space).is_some_and(|reached| write.at < *reached) {
                continue;
            }
            update.reached.insert(write.space, write.end);
            if let Write::CutBack { log, to } = write.write {
                update.finish()?;
                self.cut_back(log, to)?;
                update = Update::new(self);
            } else {
                update.write(write)?;
            }
        }
        update.finish()
    }

    /// Takes a log back to `to`. Rare, and a peer's fault, so that reading every sheet once is good enough.
    fn cut_back(&self, key: LogKey, to: LogEnd) -> Result<(), Fault> {
        let mut update = Update::new(self);
        let Some(log) = update.log(key)? else { return Ok(()) };
        for seq in to.seq.saturating_add(1)..=log.end.seq {
            update.set_position(key, seq, Position::from_u64(0))?;
            update.batch.remove(wanted_key(key, seq));
        }
        let checked = if log.checked.seq > to.seq { to } else { log.checked };
        update.logs.insert(key, Log { end: to, checked, ..log });
        update.sheets.remove_behind(key, to.seq)?;
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
        }
    }

    fn write(&mut self, applied: Applied) -> Result<(), Fault> {
        match applied.write {
            Write::Entry { entry, is_checked } => self.entry(&entry, is_checked, applied.at),
            Write::Payload(entry) => {
                let end = entry.end();
                let header = &entry.entry().header;
                let log = LogKey { space: header.space, author: header.author };
                self.batch.remove(wanted_key(log, end.seq));
                self.set_position(log, end.seq, applied.at)?;
                self.sheets.replace(&entry)
            }
            Write::Checked { log, upto } => self.change_log(log, |log| log.checked = upto),
            Write::CutBack { .. } | Write::Act(_) => Ok(()),
        }
    }

    fn entry(&mut self, entry: &Authentic, is_checked: bool, at: Position) -> Result<(), Fault> {
        let header = &entry.entry().header;
        let key = LogKey { space: header.space, author: header.author };
        let before = self.log(key)?;
        let start = Log { organisation: header.organisation, end: LogEnd::START, checked: LogEnd::START };
        let mut log = before.unwrap_or(start);
        if is_checked && log.checked == log.end {
            log.checked = entry.end();
        }
        log.end = entry.end();
        self.logs.insert(key, log);
        self.set_position(key, header.seq, at)?;
        if entry.entry().payload.is_none() && header.has_payload() {
            self.batch.insert(wanted_key(key, header.seq), entry.id().as_bytes());
        }
        self.sheets.add(entry)
    }

    fn log(&self, key: LogKey) -> Result<Option<Log>, Fault> {
        match self.logs.get(&key) {
            Some(log) => Ok(Some(*log)),
            None => Ok(self.index.get(&log_key(key))?.and_then(|value| decode_log(&value))),
        }
    }

    fn change_log(&mut self, key: LogKey, change: impl FnOnce(&mut Log)) -> Result<(), Fault> {
        if let Some(mut log) = self.log(key)? {
            change(&mut log);
            self.logs.insert(key, log);
        }
        Ok(())
    }

    fn set_position(&mut self, log: LogKey, seq: u64, at: Position) -> Result<(), Fault> {
        let chunk = (log, seq / POSITIONS);
        if !self.positions.contains_key(&chunk) {
            let value = self.index.get(&position_key(log, chunk.1))?.unwrap_or_default();
            self.positions.insert(chunk, value);
        }
        let Some(value) = self.positions.get_mut(&chunk) else { return Ok(()) };
        let start = usize::try_from(seq % POSITIONS).unwrap_or(0).saturating_mul(8);
        let end = start.saturating_add(8);
        if value.len() < end {
            value.resize(end, 0);
        }
        if let Some(slot) = value.get_mut(start..end) {
            slot.copy_from_slice(&at.to_u64().to_be_bytes());
        }
        Ok(())
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
        self.batch.insert([prefix::STATE], FORM);
        self.index.write(self.batch)
    }
}
