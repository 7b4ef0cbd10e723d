//! The bytes of a mark, without the slot that they stand in. They are checked as foreign bytes are: a disk may give back anything.

use std::collections::BTreeMap;

use isnad_protocol::encoding::Reader;
use isnad_protocol::id::{EntryId, SpaceId};

use super::{End, Machine, Mark, OwnLog, PENDING_BYTES, Reach};

/// Own logs of one home: more keys and spaces than an organisation has.
pub(super) const LOGS: usize = 65_536;
/// Entries of one step; none is shorter than its header and signature, 288 bytes.
pub(super) const ENTRIES: usize = PENDING_BYTES / 288;

const LOG_BYTES: usize = 32 + 32 + 40 + 40;
/// The longest mark.
pub(super) const MARK_BYTES: usize = 32 + 4 + LOGS * LOG_BYTES + 4 + ENTRIES * 4 + PENDING_BYTES;

pub(super) fn encode(mark: &Mark) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(mark.machine.as_bytes());
    write_length(&mut out, mark.logs.len());
    for (log, reach) in &mark.logs {
        out.extend_from_slice(log.space.as_bytes());
        out.extend_from_slice(&log.author);
        for end in [reach.settled, reach.reserved] {
            out.extend_from_slice(&end.seq.to_be_bytes());
            out.extend_from_slice(end.id.as_bytes());
        }
    }
    write_length(&mut out, mark.pending.len());
    for entry in &mark.pending {
        write_length(&mut out, entry.len());
        out.extend_from_slice(entry);
    }
    out
}

/// `None` for anything that [`encode`] did not make.
pub(super) fn decode(bytes: &[u8]) -> Option<Mark> {
    let mut reader = Reader::new(bytes);
    let machine = Machine::new(reader.array().ok()?);
    let mut logs = BTreeMap::new();
    for _ in 0..read_length(&mut reader, LOGS)? {
        let log = OwnLog { space: SpaceId::new(reader.array().ok()?), author: reader.array().ok()? };
        logs.insert(log, Reach { settled: read_end(&mut reader)?, reserved: read_end(&mut reader)? });
    }
    let mut pending = Vec::new();
    for _ in 0..read_length(&mut reader, ENTRIES)? {
        let length = read_length(&mut reader, PENDING_BYTES)?;
        pending.push(reader.bytes(length).ok()?.to_vec());
    }
    reader.is_empty().then_some(Mark { machine, logs, pending })
}

fn write_length(out: &mut Vec<u8>, length: usize) {
    let length = u32::try_from(length).expect("a mark is bounded far below four gigabytes");
    out.extend_from_slice(&length.to_be_bytes());
}

fn read_length(reader: &mut Reader<'_>, most: usize) -> Option<usize> {
    usize::try_from(reader.u32().ok()?).ok().filter(|length| *length <= most)
}

fn read_end(reader: &mut Reader<'_>) -> Option<End> {
    Some(End { seq: reader.u64().ok()?, id: EntryId::new(reader.array().ok()?) })
}
