//! Entries on the wire: what a position implies is not repeated. format §9.3.
//!
//! A run frame is one byte (0 as it is, 1 compressed), then groups. A group names its log by a short number: the place that
//! it has among the logs which the receiver said it holds, or one that its sender gave it in this session, with the log
//! itself where that is new. Each entry then carries only what does not follow from its position: magic, suite, space, organisation, author, seq, prev and, with a payload, its hash, do.

use std::collections::BTreeMap;

use super::frame::{Blind, DecodeError};
use crate::breakage::{self, Breakage};
use crate::encoding::Reader;
use crate::entry::{Entry, Header, Kind, Payload, SALT_SIZE};
use crate::id::{EntryId, OrganisationId, RecordId, SpaceId};
use crate::key::{PublicKey, Signature};
use crate::limits;
use crate::log::{Authentic, LogEnd, LogKey};
use crate::time::Timestamp;

/// A body below this is sent as it is: compressing it gains nothing.
const COMPRESS_FROM: usize = 256;

const HAS_PAYLOAD: u8 = 1;
const HAS_GENERATION: u8 = 2;
const SAME_RECORD: u8 = 4;
const HAS_KIND: u8 = 8;

/// Where a log stands on one side of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Position {
    log: LogKey,
    organisation: OrganisationId,
    end: LogEnd,
    time: Timestamp,
    record: RecordId,
}

/// How a group names its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    /// By the number that its sender introduced it with.
    Introduced(u32),
    /// By its place among the logs that the receiver said it holds.
    Told(u32),
}

impl Name {
    fn code(self) -> u64 {
        match self {
            Self::Introduced(number) => u64::from(number).saturating_mul(2).saturating_add(1),
            Self::Told(place) => u64::from(place).saturating_mul(2).saturating_add(2),
        }
    }

    /// Of every code but 0, which introduces.
    fn of_code(code: u64) -> Option<Self> {
        let code = code.checked_sub(1)?;
        let number = u32::try_from(code / 2).ok()?;
        Some(if code.is_multiple_of(2) { Self::Introduced(number) } else { Self::Told(number) })
    }
}

/// The sending side: gives logs their numbers and remembers what it sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encoder {
    names: BTreeMap<LogKey, Name>,
    positions: BTreeMap<Name, Position>,
    /// Logs that the receiver said it holds.
    told: u32,
    /// The number that the next log is introduced with.
    next: u32,
    raw: Vec<u8>,
}

impl Encoder {
    /// Bytes gathered so far, before compression.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.raw.len()
    }

    /// True if nothing has been gathered.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Notes a log that the receiver said it holds up to `end`, in the order of its words: it needs no introduction.
    pub fn told(&mut self, log: LogKey, end: LogEnd) {
        if self.told < limits::SESSION_LOGS {
            let name = Name::Told(self.told);
            self.told = self.told.saturating_add(1);
            // Whose log it is follows from its entries: the position is there for what is sent next.
            self.positions.insert(name, Position::new(log, OrganisationId::ZERO, end));
            self.names.entry(log).or_insert(name);
        }
    }

    /// Adds entries of one log, in order and without gap, to the frame being gathered.
    pub fn add(&mut self, space: Blind, entries: &[Authentic]) {
        let Some(first) = entries.first() else { return };
        let header = &first.entry().header;
        let log = LogKey { space: header.space, author: header.author };
        let before = LogEnd { seq: header.seq.saturating_sub(1), id: header.prev };
        let continues = |name: &Name| self.positions.get(name).is_some_and(|position| position.end == before);
        let known = self.names.get(&log).copied().filter(continues);
        let name = known.unwrap_or_else(|| self.introduce(space, log, header));
        if known.is_some() {
            write_varint(&mut self.raw, name.code());
        }
        write_varint(&mut self.raw, entries.len() as u64);
        let Some(mut position) = self.positions.get(&name).copied() else { return };
        for entry in entries {
            write_entry(&mut self.raw, &position, entry.entry());
            position = position.after(&entry.entry().header, entry.id());
        }
        self.positions.insert(name, position);
    }

    fn introduce(&mut self, space: Blind, log: LogKey, first: &Header) -> Name {
        let number = self.next;
        let name = Name::Introduced(number);
        self.next = (number.saturating_add(1)) % limits::SESSION_LOGS;
        if let Some(replaced) = self.positions.get(&name).map(|position| position.log)
            && self.names.get(&replaced) == Some(&name)
        {
            self.names.remove(&replaced);
        }
        let end = LogEnd { seq: first.seq.saturating_sub(1), id: first.prev };
        self.names.insert(log, name);
        self.positions.insert(name, Position::new(log, first.organisation, end));
        write_varint(&mut self.raw, 0);
        write_varint(&mut self.raw, u64::from(number));
        self.raw.extend(space);
        self.raw.extend(log.author.as_bytes());
        self.raw.extend(first.organisation.as_bytes());
        self.raw.extend(end.seq.to_be_bytes());
        self.raw.extend(end.id.as_bytes());
        name
    }

    /// Gives away the body of the frame gathered; the next begins empty.
    #[must_use]
    pub fn finish(&mut self) -> Vec<u8> {
        let raw = std::mem::take(&mut self.raw);
        if raw.len() >= COMPRESS_FROM {
            let packed = lz4_flex::block::compress(&raw);
            if packed.len().saturating_add(4) < raw.len() {
                let length = u32::try_from(raw.len()).expect("a run frame is bounded by limits::RUN_BYTES");
                return [&[1][..], &length.to_be_bytes(), &packed].concat();
            }
        }
        [&[0][..], &raw].concat()
    }
}

/// Entries of one log, as a peer sent them: nothing about them has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Which log the sender says they continue.
    pub log: LogKey,
    /// The entries, in order.
    pub entries: Vec<Entry>,
}

/// The receiving side: knows logs by the numbers that the sender gave them, and by what it said itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decoder {
    positions: BTreeMap<Name, Position>,
    /// Logs that this side said it holds.
    said: u32,
}

/// Says whose log one is of which a side said that it holds it.
pub type OrganisationOf<'a> = &'a dyn Fn(&LogKey) -> Option<OrganisationId>;

/// What a reader of runs knows besides them.
struct Known<'a> {
    spaces: &'a BTreeMap<Blind, SpaceId>,
    organisation: OrganisationOf<'a>,
}

impl Decoder {
    /// Notes a log that this side said it holds up to `end`, in the order of its words.
    pub fn said(&mut self, log: LogKey, end: LogEnd) {
        if self.said < limits::SESSION_LOGS {
            self.positions.insert(Name::Told(self.said), Position::new(log, OrganisationId::ZERO, end));
            self.said = self.said.saturating_add(1);
        }
    }

    /// Reads the body of a run frame; `spaces` names the spaces of this session.
    ///
    /// # Errors
    /// [`DecodeError`] names the first rule broken; the session cannot go on then.
    pub fn decode(
        &mut self,
        body: &[u8],
        spaces: &BTreeMap<Blind, SpaceId>,
        organisation: OrganisationOf<'_>,
    ) -> Result<Vec<Group>, DecodeError> {
        let known = Known { spaces, organisation };
        let (form, rest) = body.split_first().ok_or(crate::encoding::Truncated { missing: 1 })?;
        match form {
            0 => self.groups(rest, &known),
            1 => self.groups(&inflate(rest)?, &known),
            _ => Err(DecodeError::Compression),
        }
    }

    fn groups(&mut self, raw: &[u8], known: &Known<'_>) -> Result<Vec<Group>, DecodeError> {
        if raw.len() > limits::RUN_BYTES && !breakage::is_out(Breakage::Bombs) {
            return Err(DecodeError::Oversized);
        }
        let mut reader = Reader::new(raw);
        let mut groups = Vec::new();
        while !reader.is_empty() {
            groups.push(self.group(&mut reader, known)?);
        }
        Ok(groups)
    }

    fn group(&mut self, reader: &mut Reader<'_>, known: &Known<'_>) -> Result<Group, DecodeError> {
        let name = match read_varint(reader)? {
            0 => self.introduced(reader, known)?,
            code => Name::of_code(code).ok_or(DecodeError::UnknownLog)?,
        };
        let mut position = *self.positions.get(&name).ok_or(DecodeError::UnknownLog)?;
        if matches!(name, Name::Told(_)) {
            position.organisation = (known.organisation)(&position.log).ok_or(DecodeError::UnknownLog)?;
        }
        let count = read_varint(reader)?;
        // A group costs two bytes, which inflate from almost none: one without entries is work for nothing.
        if count == 0 {
            return Err(DecodeError::Empty);
        }
        let mut entries = Vec::new();
        for _ in 0..count {
            let entry = read_entry(reader, &position)?;
            position = position.after(&entry.header, entry.header.id());
            entries.push(entry);
        }
        self.positions.insert(name, position);
        Ok(Group { log: position.log, entries })
    }

    fn introduced(&mut self, reader: &mut Reader<'_>, known: &Known<'_>) -> Result<Name, DecodeError> {
        let number = u32::try_from(read_varint(reader)?).ok().filter(|number| *number < limits::SESSION_LOGS);
        let name = Name::Introduced(number.ok_or(DecodeError::UnknownLog)?);
        let space = *known.spaces.get(&reader.array::<16>()?).ok_or(DecodeError::UnknownLog)?;
        let log = LogKey { space, author: PublicKey::new(reader.array()?) };
        let organisation = OrganisationId::new(reader.array()?);
        let end = LogEnd { seq: reader.u64()?, id: EntryId::new(reader.array()?) };
        self.positions.insert(name, Position::new(log, organisation, end));
        Ok(name)
    }
}

impl Position {
    const fn new(log: LogKey, organisation: OrganisationId, end: LogEnd) -> Self {
        Self { log, organisation, end, time: Timestamp(0), record: RecordId::ZERO }
    }

    const fn after(self, header: &Header, id: EntryId) -> Self {
        let end = LogEnd { seq: header.seq, id };
        Self { end, time: header.time, record: header.record, ..self }
    }
}

fn write_entry(out: &mut Vec<u8>, position: &Position, entry: &Entry) {
    let header = &entry.header;
    let is_same_record = header.record == position.record;
    let mut form = 0;
    for (is_set, bit) in [
        (entry.payload.is_some(), HAS_PAYLOAD),
        (header.generation != 0, HAS_GENERATION),
        (is_same_record, SAME_RECORD),
        (header.kind != Kind::Change, HAS_KIND),
    ] {
        form |= if is_set { bit } else { 0 };
    }
    out.push(form);
    if header.kind != Kind::Change {
        out.push(header.kind.code());
    }
    if header.generation != 0 {
        write_varint(out, u64::from(header.generation));
    }
    if !is_same_record {
        out.extend(header.record.as_bytes());
    }
    // Zigzag of the wrapped difference: any two claimed times have one, and near ones a short one.
    let delta = header.time.0.wrapping_sub(position.time.0).cast_signed();
    write_varint(out, ((delta << 1) ^ (delta >> 63)).cast_unsigned());
    write_varint(out, header.payload_len);
    out.extend(entry.signature.as_bytes());
    match &entry.payload {
        Some(payload) => {
            out.extend(payload.salt);
            out.extend(&payload.bytes);
        }
        None => out.extend(header.payload_hash),
    }
}

fn read_entry(reader: &mut Reader<'_>, position: &Position) -> Result<Entry, DecodeError> {
    let form = reader.u8()?;
    if form & !(HAS_PAYLOAD | HAS_GENERATION | SAME_RECORD | HAS_KIND) != 0 {
        return Err(DecodeError::Number);
    }
    let kind = if form & HAS_KIND == 0 { Kind::Change } else { Kind::from_code(reader.u8()?) };
    let generation = if form & HAS_GENERATION == 0 { 0 } else { read_varint(reader)? };
    let generation = u32::try_from(generation).map_err(|_| DecodeError::Number)?;
    let record = if form & SAME_RECORD == 0 { RecordId::new(reader.array()?) } else { position.record };
    // What need not be said is not said: an entry has one form at each position.
    let is_shortest = (form & HAS_KIND == 0) == (kind == Kind::Change)
        && (form & HAS_GENERATION == 0) == (generation == 0)
        && (form & SAME_RECORD != 0) == (record == position.record);
    if !is_shortest {
        return Err(DecodeError::Number);
    }
    let zigzag = read_varint(reader)?;
    let delta = (zigzag >> 1) ^ 0_u64.wrapping_sub(zigzag & 1);
    let time = Timestamp(position.time.0.wrapping_add(delta));
    let payload_len = read_varint(reader)?;
    let signature = Signature::new(reader.array()?);
    let (payload, payload_hash) = read_payload(reader, form & HAS_PAYLOAD != 0, payload_len)?;
    let header = Header {
        kind,
        generation,
        seq: position.end.seq.checked_add(1).ok_or(DecodeError::Number)?,
        space: position.log.space,
        organisation: position.organisation,
        author: position.log.author,
        record,
        time,
        payload_len,
        prev: position.end.id,
        payload_hash,
    };
    Ok(Entry { header, signature, payload })
}

fn read_payload(
    reader: &mut Reader<'_>,
    is_present: bool,
    payload_len: u64,
) -> Result<(Option<Payload>, [u8; 32]), DecodeError> {
    if !is_present {
        return Ok((None, reader.array()?));
    }
    if !(1..=limits::PAYLOAD_BYTES).contains(&payload_len) {
        return Err(DecodeError::Oversized);
    }
    let salt = reader.array::<SALT_SIZE>()?;
    let length = usize::try_from(payload_len).map_err(|_| DecodeError::Oversized)?;
    let payload = Payload { salt, bytes: reader.bytes(length)?.to_vec() };
    // The hash is what the signature commits to: computed here, it need not be sent, and a changed payload breaks the
    // signature or the chain.
    let hash = payload.hash();
    Ok((Some(payload), hash))
}

/// Inflates to exactly the length stated, into a buffer of that length, which is bounded first.
fn inflate(packed: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut reader = Reader::new(packed);
    let length = usize::try_from(reader.u32()?).map_err(|_| DecodeError::Oversized)?;
    if length > limits::RUN_BYTES && !breakage::is_out(Breakage::Bombs) {
        return Err(DecodeError::Oversized);
    }
    let mut raw = vec![0; length];
    match lz4_flex::block::decompress_into(reader.rest(), &mut raw) {
        Ok(written) if written == length => Ok(raw),
        _ => Err(DecodeError::Compression),
    }
}

/// Writes an unsigned LEB128 integer.
fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = u8::try_from(value & 0x7f).expect("seven bits fit a byte");
        value >>= 7;
        if value == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

/// Reads an unsigned LEB128 integer in its shortest form.
fn read_varint(reader: &mut Reader<'_>) -> Result<u64, DecodeError> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = reader.u8()?;
        let bits = u64::from(byte & 0x7f);
        let shifted = bits.checked_shl(shift).filter(|shifted| shifted >> shift == bits).ok_or(DecodeError::Number)?;
        value |= shifted;
        if byte & 0x80 == 0 {
            let is_shortest = byte != 0 || shift == 0;
            return if is_shortest { Ok(value) } else { Err(DecodeError::Number) };
        }
    }
    Err(DecodeError::Number)
}
