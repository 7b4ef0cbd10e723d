//! In the index: who acknowledged which log, how far and when. format §5.
//!
//! Under each log that attestations name stand their lines, by attesting key and position, and beside them the newest of each
//! key. Only what is held whole is told: of an attesting log up to where signatures are checked and payloads are there.

use std::collections::BTreeMap;

use isnad_protocol::encoding::Reader;
use isnad_protocol::entry::Kind;
use isnad_protocol::governance::Position;
use isnad_protocol::id::{EntryId, OrganisationId, SpaceId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::log::{Authentic, LogEnd, LogKey};
use isnad_protocol::store::{self, AttestationView, acknowledged_logs};
use isnad_protocol::time::Timestamp;

use super::{Index, decode_log, decode_log_key, log_key, prefix};
use crate::fault::Fault;

/// Attestations whose lines about one log stand in one value: some 6 KB.
const CHUNK: u64 = 64;

/// That an organisation's node acknowledged a log up to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Acknowledgement {
    /// Where the attestation stands.
    pub at: Position,
    /// On whose behalf it speaks.
    pub organisation: OrganisationId,
    /// The time that it claims.
    pub time: Timestamp,
    /// Up to where it acknowledges the log.
    pub end: LogEnd,
}

/// The newest attestation of one log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Newest {
    /// Where it stands.
    pub at: Position,
    /// On whose behalf it speaks.
    pub organisation: OrganisationId,
    /// The time that it claims.
    pub time: Timestamp,
}

impl Index {
    /// Every acknowledgement of a log, by attesting key and position.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn acknowledgements(&self, log: LogKey) -> Result<Vec<Acknowledgement>, Fault> {
        self.lines_about(prefix::ATTESTED, log)
    }

    /// The newest acknowledgement of a log by each attesting key.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn acknowledged_last(&self, log: LogKey) -> Result<Vec<Acknowledgement>, Fault> {
        self.lines_about(prefix::NEWEST, log)
    }

    /// Every log of a space that attestations name, and the furthest end that one of them does, with who says so.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn named_ends(&self, space: SpaceId) -> Result<BTreeMap<PublicKey, Acknowledgement>, Fault> {
        let mut lines = Vec::new();
        self.scan(&[&[prefix::NEWEST][..], space.as_bytes()].concat(), |key, value| {
            if let Some((author, attester)) = key.split_at_checked(32)
                && let (Some(author), Some(attester)) = (PublicKey::from_slice(author), attester_of(space, attester))
            {
                lines.extend(decode_lines(attester, value).into_iter().map(|line| (author, line)));
            }
            true
        })?;
        let mut ends: BTreeMap<PublicKey, Acknowledgement> = BTreeMap::new();
        for (author, line) in self.held_whole(lines, |(_, line)| line.at)? {
            let furthest = ends.entry(author).or_insert(line);
            if furthest.end.seq < line.end.seq {
                *furthest = line;
            }
        }
        Ok(ends)
    }

    /// The newest attestation of each attesting log of a space.
    ///
    /// # Errors
    /// [`Fault`] if sled fails.
    pub fn newest_attestations(&self, space: SpaceId) -> Result<Vec<Newest>, Fault> {
        let mut all = Vec::new();
        self.scan(&[&[prefix::HEARD][..], space.as_bytes()].concat(), |key, value| {
            all.extend(attester_of(space, key).and_then(|attester| decode_newest(attester, value)));
            true
        })?;
        self.held_whole(all, |newest| newest.at)
    }

    /// True if the log has attestations.
    pub(super) fn has_attested(&self, by: LogKey) -> Result<bool, Fault> {
        Ok(self.get(&heard_key(by))?.is_some())
    }

    /// The lines that one kind of key has of a log.
    fn lines_about(&self, kind: u8, log: LogKey) -> Result<Vec<Acknowledgement>, Fault> {
        let mut lines = Vec::new();
        self.scan(&named_key(kind, log), |key, value| {
            if let Some(attester) = attester_of(log.space, key) {
                lines.extend(decode_lines(attester, value));
            }
            true
        })?;
        self.held_whole(lines, |line| line.at)
    }

    /// Leaves out what stands beyond where its log is held whole.
    fn held_whole<T>(&self, mut lines: Vec<T>, at: impl Fn(&T) -> Position) -> Result<Vec<T>, Fault> {
        let mut known: BTreeMap<LogKey, u64> = BTreeMap::new();
        for line in &lines {
            let log = at(line).log;
            if let std::collections::btree_map::Entry::Vacant(place) = known.entry(log) {
                place.insert(self.whole_until(log)?);
            }
        }
        lines.retain(|line| known.get(&at(line).log).is_some_and(|until| at(line).end.seq <= *until));
        Ok(lines)
    }

    /// Up to which position every signature of a log is checked and every payload there.
    fn whole_until(&self, log: LogKey) -> Result<u64, Fault> {
        let checked = self.get(&log_key(log))?.and_then(|value| decode_log(&value)).map_or(0, |log| log.checked.seq);
        let mut first_wanted = u64::MAX;
        let start = [&[prefix::WANTED][..], log.space.as_bytes(), log.author.as_bytes()].concat();
        self.scan(&start, |seq, _| {
            first_wanted = super::number(seq).unwrap_or(u64::MAX);
            false
        })?;
        Ok(checked.min(first_wanted.saturating_sub(1)))
    }
}

impl AttestationView for Index {
    fn attested(&self, log: LogKey) -> Result<Vec<(Position, OrganisationId, LogEnd)>, store::Fault> {
        let lines = self.acknowledgements(log).map_err(store::Fault::of)?;
        Ok(lines.into_iter().map(|line| (line.at, line.organisation, line.end)).collect())
    }
}

impl super::update::Update<'_> {
    /// Notes what an attestation says of logs.
    pub(super) fn attest(&mut self, entry: &Authentic) -> Result<(), Fault> {
        let header = &entry.entry().header;
        if header.kind != Kind::Attestation || entry.entry().payload.is_none() {
            return Ok(());
        }
        let by = LogKey { space: header.space, author: header.author };
        for line in acknowledged_logs(entry) {
            let log = LogKey { space: header.space, author: line.author };
            let new = Line { at: entry.end(), time: header.time, end: line.end };
            self.change_lines(&chunk_key(log, by, new.at.seq), header.organisation, |lines| {
                lines.retain(|line| line.at.seq != new.at.seq);
                lines.push(new);
                lines.sort_by_key(|line| line.at.seq);
            })?;
            self.change_lines(&newest_key(log, by), header.organisation, |lines| {
                // A payload that comes late is not the newest for that.
                if lines.last().is_none_or(|last| last.at.seq <= new.at.seq) {
                    *lines = vec![new];
                }
            })?;
        }
        self.put_newest(by, header.organisation, entry.end(), header.time)
    }

    /// Takes back what an attestation said that is cut away: its log ends before it, in `to`.
    pub(super) fn unattest(&mut self, entry: &Authentic, to: LogEnd) -> Result<(), Fault> {
        let header = &entry.entry().header;
        let by = LogKey { space: header.space, author: header.author };
        for line in acknowledged_logs(entry) {
            let log = LogKey { space: header.space, author: line.author };
            let mut chunk = header.seq / CHUNK;
            self.change_lines(&chunk_key(log, by, header.seq), header.organisation, |lines| {
                lines.retain(|line| line.at.seq <= to.seq);
            })?;
            let mut last = None;
            // What was its newest line before stands in this value or in an earlier one.
            while last.is_none() {
                let value = self.get(&chunk_key(log, by, chunk.saturating_mul(CHUNK)))?.unwrap_or_default();
                last = decode_value(&value).1.into_iter().rfind(|line| line.at.seq <= to.seq);
                let Some(before) = chunk.checked_sub(1) else { break };
                chunk = before;
            }
            self.change_lines(&newest_key(log, by), header.organisation, |lines| *lines = last.into_iter().collect())?;
        }
        self.batch.remove(heard_key(by));
        Ok(())
    }

    /// Keeps the newest attestation of a log.
    pub(super) fn put_newest(
        &mut self,
        by: LogKey,
        organisation: OrganisationId,
        end: LogEnd,
        time: Timestamp,
    ) -> Result<(), Fault> {
        let key = heard_key(by);
        let known = self.get(&key)?.and_then(|value| decode_newest(by, &value));
        if known.is_none_or(|known| known.at.end.seq <= end.seq) {
            let value =
                [&organisation.as_bytes()[..], &end.seq.to_be_bytes(), end.id.as_bytes(), &time.0.to_be_bytes()];
            self.batch.insert(key, value.concat());
        }
        Ok(())
    }

    fn change_lines(
        &mut self,
        key: &[u8],
        organisation: OrganisationId,
        change: impl FnOnce(&mut Vec<Line>),
    ) -> Result<(), Fault> {
        let mut lines = decode_value(&self.get(key)?.unwrap_or_default()).1;
        change(&mut lines);
        if lines.is_empty() {
            self.batch.remove(key);
        } else {
            self.batch.insert(key, encode_value(organisation, &lines));
        }
        Ok(())
    }
}

/// What one attestation says of one log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line {
    at: LogEnd,
    time: Timestamp,
    end: LogEnd,
}

/// What the lines of all attestations about a log begin with.
fn named_key(prefix: u8, log: LogKey) -> Vec<u8> {
    [&[prefix][..], log.space.as_bytes(), log.author.as_bytes()].concat()
}

fn chunk_key(log: LogKey, by: LogKey, seq: u64) -> Vec<u8> {
    [&named_key(prefix::ATTESTED, log)[..], by.author.as_bytes(), &(seq / CHUNK).to_be_bytes()].concat()
}

fn newest_key(log: LogKey, by: LogKey) -> Vec<u8> {
    [&named_key(prefix::NEWEST, log)[..], by.author.as_bytes()].concat()
}

fn heard_key(by: LogKey) -> Vec<u8> {
    named_key(prefix::HEARD, by)
}

/// The attesting log that a key ends with, a number behind it or not.
fn attester_of(space: SpaceId, key: &[u8]) -> Option<LogKey> {
    let author = key.first_chunk::<32>()?;
    decode_log_key(&[&space.as_bytes()[..], author].concat())
}

fn encode_value(organisation: OrganisationId, lines: &[Line]) -> Vec<u8> {
    let mut value = organisation.as_bytes().to_vec();
    for line in lines {
        value.extend(line.at.seq.to_be_bytes());
        value.extend(line.at.id.as_bytes());
        value.extend(line.time.0.to_be_bytes());
        value.extend(line.end.seq.to_be_bytes());
        value.extend(line.end.id.as_bytes());
    }
    value
}

fn decode_value(value: &[u8]) -> (OrganisationId, Vec<Line>) {
    let mut reader = Reader::new(value);
    let Ok(organisation) = reader.array() else { return (OrganisationId::ZERO, Vec::new()) };
    let mut lines = Vec::new();
    while let Ok(seq) = reader.u64() {
        let line = (|| {
            let at = LogEnd { seq, id: EntryId::new(reader.array().ok()?) };
            let time = Timestamp(reader.u64().ok()?);
            let end = LogEnd { seq: reader.u64().ok()?, id: EntryId::new(reader.array().ok()?) };
            Some(Line { at, time, end })
        })();
        lines.extend(line);
    }
    (OrganisationId::new(organisation), lines)
}

fn decode_lines(by: LogKey, value: &[u8]) -> Vec<Acknowledgement> {
    let (organisation, lines) = decode_value(value);
    let told = |line: Line| Acknowledgement {
        at: Position { log: by, end: line.at },
        organisation,
        time: line.time,
        end: line.end,
    };
    lines.into_iter().map(told).collect()
}

fn decode_newest(by: LogKey, value: &[u8]) -> Option<Newest> {
    let mut reader = Reader::new(value);
    let organisation = OrganisationId::new(reader.array().ok()?);
    let end = LogEnd { seq: reader.u64().ok()?, id: EntryId::new(reader.array().ok()?) };
    Some(Newest { at: Position { log: by, end }, organisation, time: Timestamp(reader.u64().ok()?) })
}
