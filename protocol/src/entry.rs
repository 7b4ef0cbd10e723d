//! The entry, the unit of replication and of signature: a header of 224 bytes, a signature of 64, a payload beside them.
//! format §1.
//!
//! Decoding says nothing about who wrote an entry: that takes its log (`log.rs`) and governance.

use crate::encoding::{Reader, Tag, Truncated, hash, tag};
use crate::id::{EntryId, OrganisationId, RecordId, SpaceId};
use crate::key::{PublicKey, SecretKey, Signature, Use};
use crate::limits;
use crate::time::Timestamp;

const PAYLOAD_TAG: Tag = tag("ISNAD-PAYLOADv1");
const ID_TAG: Tag = tag("ISNAD-ENTRYID-v1");

/// Ed25519 and SHA-256: the one suite there is.
pub const SUITE: u8 = 1;
/// Bytes of a header.
pub const HEADER_SIZE: usize = 224;
/// Bytes of an entry in a file before its payload: header, signature, salt.
pub const FRAME_SIZE: usize = HEADER_SIZE + Signature::SIZE + SALT_SIZE;
/// Bytes of the salt that keeps an erased payload from being guessed.
pub const SALT_SIZE: usize = 16;

/// What an entry is. A kind of a later version is kept and forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Claims, retractions or edits of one sheet.
    Change,
    /// What an organisation's node acknowledges.
    Attestation,
    /// Takes the payloads of a sheet out of sight.
    Redaction,
    /// A kind this version does not know.
    Unknown(u8),
}

impl Kind {
    /// Its name, as in `--json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Attestation => "attestation",
            Self::Redaction => "redaction",
            Self::Unknown(_) => "unknown",
        }
    }

    /// The code in the header.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Change => 1,
            Self::Attestation => 2,
            Self::Redaction => 3,
            Self::Unknown(code) => code,
        }
    }

    /// The kind of a code.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Change,
            2 => Self::Attestation,
            3 => Self::Redaction,
            code => Self::Unknown(code),
        }
    }
}

/// The signed part of an entry. Suite and flags have one value each and are not repeated here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// What the entry is.
    pub kind: Kind,
    /// Of the sheet, 0 to 65,535; zero where there is no sheet.
    pub generation: u32,
    /// Position in the log, from 1.
    pub seq: u64,
    /// The space it is written in.
    pub space: SpaceId,
    /// The organisation on whose behalf.
    pub organisation: OrganisationId,
    /// The contributor key that signs.
    pub author: PublicKey,
    /// The record it is about; zero if none.
    pub record: RecordId,
    /// The time its author claims. Orders nothing, decides nothing.
    pub time: Timestamp,
    /// Bytes of the payload without its salt.
    pub payload_len: u64,
    /// Id of the entry before it in the log; zero for the first.
    pub prev: EntryId,
    /// Commitment to salt and payload.
    pub payload_hash: [u8; 32],
}

/// Bytes that are not an entry of this format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Fewer bytes than header, signature and salt take.
    #[error(transparent)]
    Truncated(#[from] Truncated),
    /// Does not begin with the tag of an entry.
    #[error("does not begin with ISNAD-ENTRY-v1")]
    Magic,
    /// A suite of signature and hash that this version does not know.
    #[error("suite {0} where 1 (Ed25519 and SHA-256) was due")]
    Suite(u8),
    /// Flags are reserved and zero.
    #[error("flags {0:#06x} where zero was due")]
    Flags(u16),
    /// More payload than the format allows.
    #[error("a payload of {found} bytes, {} at most", limits::PAYLOAD_BYTES)]
    Oversized {
        /// Bytes given.
        found: usize,
    },
    /// The payload is not the one the header commits to.
    #[error("the payload is not the one that the header commits to")]
    Payload,
}

impl DecodeError {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Truncated(_) => "entry_truncated",
            Self::Magic => "entry_magic",
            Self::Suite(_) => "entry_suite",
            Self::Flags(_) => "entry_flags",
            Self::Oversized { .. } => "entry_oversized",
            Self::Payload => "entry_payload",
        }
    }
}

impl Header {
    /// The 224 bytes that are signed.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_SIZE] {
        let mut bytes = Vec::with_capacity(HEADER_SIZE);
        bytes.extend(Use::Entry.tag());
        bytes.extend([SUITE, self.kind.code(), 0, 0]);
        bytes.extend(self.generation.to_be_bytes());
        bytes.extend(self.seq.to_be_bytes());
        bytes.extend(self.space.as_bytes());
        bytes.extend(self.organisation.as_bytes());
        bytes.extend(self.author.as_bytes());
        bytes.extend(self.record.as_bytes());
        bytes.extend(self.time.0.to_be_bytes());
        bytes.extend(self.payload_len.to_be_bytes());
        bytes.extend(self.prev.as_bytes());
        bytes.extend(self.payload_hash);
        bytes.try_into().expect("the fields of a header add up to 224 bytes")
    }

    /// Reads a header.
    ///
    /// # Errors
    /// [`DecodeError`] for a wrong magic, suite or flags; every other byte has a meaning.
    pub fn decode(bytes: &[u8; HEADER_SIZE]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        if reader.array()? != Use::Entry.tag() {
            return Err(DecodeError::Magic);
        }
        let suite = reader.u8()?;
        if suite != SUITE {
            return Err(DecodeError::Suite(suite));
        }
        let kind = Kind::from_code(reader.u8()?);
        let flags = reader.u16()?;
        if flags != 0 {
            return Err(DecodeError::Flags(flags));
        }
        Ok(Self {
            kind,
            generation: reader.u32()?,
            seq: reader.u64()?,
            space: SpaceId::new(reader.array()?),
            organisation: OrganisationId::new(reader.array()?),
            author: PublicKey::new(reader.array()?),
            record: RecordId::new(reader.array()?),
            time: Timestamp(reader.u64()?),
            payload_len: reader.u64()?,
            prev: EntryId::new(reader.array()?),
            payload_hash: reader.array()?,
        })
    }

    /// The entry's id: the signature is not in it, so that a second one is no fork.
    #[must_use]
    pub fn id(&self) -> EntryId {
        EntryId::new(hash(&ID_TAG, &[&self.encode()]))
    }

    /// True if a payload of this length is ever fetched: from 1 to 65,536 bytes.
    #[must_use]
    pub fn has_payload(&self) -> bool {
        (1..=limits::PAYLOAD_BYTES).contains(&self.payload_len)
    }
}

/// The content of an entry and the salt that keeps it from being guessed once erased.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    /// 16 random bytes; zero makes the payload inert.
    pub salt: [u8; SALT_SIZE],
    /// The content, for a change canonical JSON.
    pub bytes: Vec<u8>,
}

impl Payload {
    /// What a header's `payload_hash` commits to.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash(&PAYLOAD_TAG, &[&self.salt, &self.bytes])
    }
}

impl std::fmt::Debug for Payload {
    // A claim's value never reaches a log by way of `{:?}`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Payload({} bytes)", self.bytes.len())
    }
}

/// An entry as decoded. Says nothing about who wrote it: see [`crate::log::Log::extend`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The signed part.
    pub header: Header,
    /// The author's signature over the header.
    pub signature: Signature,
    /// The content; `None` where it is missing or never fetched.
    pub payload: Option<Payload>,
}

impl Entry {
    /// Reads an entry as it stands in files and vectors: header, signature, salt, payload. Takes up all of `bytes`.
    ///
    /// # Errors
    /// [`DecodeError`] names the first rule broken.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let header = Header::decode(&reader.array()?)?;
        let signature = Signature::new(reader.array()?);
        let salt = reader.array()?;
        let payload = Self::decode_payload(&header, salt, reader.rest())?;
        Ok(Self { header, signature, payload })
    }

    fn decode_payload(header: &Header, salt: [u8; SALT_SIZE], rest: &[u8]) -> Result<Option<Payload>, DecodeError> {
        if salt == [0; SALT_SIZE] && rest.is_empty() {
            return Ok(None);
        }
        // Length first: a stranger chooses these bytes, and hashing them costs us.
        if u64::try_from(rest.len()).unwrap_or(u64::MAX) > limits::PAYLOAD_BYTES {
            return Err(DecodeError::Oversized { found: rest.len() });
        }
        let payload = Payload { salt, bytes: rest.to_vec() };
        header.check_payload(&payload)?;
        Ok(Some(payload))
    }

    /// The bytes of the entry in files and vectors.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let payload = self.payload.as_ref();
        let mut bytes = Vec::with_capacity(FRAME_SIZE.saturating_add(payload.map_or(0, |payload| payload.bytes.len())));
        bytes.extend(self.header.encode());
        bytes.extend(self.signature.as_bytes());
        bytes.extend(payload.map_or([0; SALT_SIZE], |payload| payload.salt));
        bytes.extend(payload.map_or(&[][..], |payload| &payload.bytes));
        bytes
    }

    /// True if the signature is the author's over the header. The costliest check: 40 µs.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.header.author.verifies(Use::Entry, &self.header.encode(), &self.signature)
    }
}

impl Header {
    /// Checks that the payload is the one committed to.
    ///
    /// # Errors
    /// [`DecodeError::Payload`] if its length or hash is another, or if a payload of that length is never taken.
    pub fn check_payload(&self, payload: &Payload) -> Result<(), DecodeError> {
        let is_committed = self.has_payload()
            && u64::try_from(payload.bytes.len()) == Ok(self.payload_len)
            && payload.hash() == self.payload_hash;
        if is_committed { Ok(()) } else { Err(DecodeError::Payload) }
    }
}

/// What an author decides about an entry; the rest follows from the log it continues.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What the entry is.
    pub kind: Kind,
    /// The space to write in.
    pub space: SpaceId,
    /// The author's organisation.
    pub organisation: OrganisationId,
    /// The record it is about; zero if none.
    pub record: RecordId,
    /// Of the sheet.
    pub generation: u32,
    /// The time to claim.
    pub time: Timestamp,
    /// Salt and content.
    pub payload: Payload,
}

impl Draft {
    /// Seals the draft behind `prev` (seq and id of the log's end; seq 0 and a zero id for a new log): these bytes are
    /// final, from here to the auditor.
    #[must_use]
    pub fn seal(self, prev: (u64, EntryId), key: &SecretKey) -> Entry {
        let header = Header {
            kind: self.kind,
            generation: self.generation,
            seq: prev.0.saturating_add(1),
            space: self.space,
            organisation: self.organisation,
            author: key.public(),
            record: self.record,
            time: self.time,
            payload_len: u64::try_from(self.payload.bytes.len()).unwrap_or(u64::MAX),
            prev: prev.1,
            payload_hash: self.payload.hash(),
        };
        let signature = key.sign(Use::Entry, &header.encode());
        Entry { header, signature, payload: Some(self.payload) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> Entry {
        let draft = Draft {
            kind: Kind::Change,
            space: SpaceId::new([1; 32]),
            organisation: OrganisationId::new([2; 32]),
            record: RecordId::new([1; 16]),
            generation: 0,
            time: Timestamp(1_700_000_000_000),
            payload: Payload { salt: [9; 16], bytes: br#"{"ops":[]}"#.to_vec() },
        };
        draft.seal((0, EntryId::ZERO), &SecretKey::from_seed(&[3; 32]))
    }

    #[test]
    fn decode_inverts_encode() {
        let entry = sealed();
        assert_eq!(Entry::decode(&entry.encode()), Ok(entry.clone()));
        let without = Entry { payload: None, ..entry };
        assert_eq!(Entry::decode(&without.encode()), Ok(without));
    }

    #[test]
    fn signature_covers_every_byte_of_the_header() {
        let entry = sealed();
        assert!(entry.is_signed());
        let header = entry.header.encode();
        for at in 0..HEADER_SIZE {
            let mut changed = header;
            changed[at] ^= 1;
            if let Ok(header) = Header::decode(&changed) {
                assert!(!Entry { header, ..entry.clone() }.is_signed(), "byte {at}");
            }
        }
    }

    #[test]
    fn a_second_signature_makes_no_second_id() {
        let entry = sealed();
        let other = Entry { signature: Signature::new([7; 64]), ..entry.clone() };
        assert_eq!(entry.header.id(), other.header.id());
    }

    fn check(change: impl FnOnce(&mut Vec<u8>), expected: &str) {
        let mut bytes = sealed().encode();
        change(&mut bytes);
        assert_eq!(Entry::decode(&bytes).map_err(|error| error.code()).unwrap_err(), expected);
    }

    #[test]
    fn other_formats_are_refused() {
        check(|bytes| bytes.truncate(FRAME_SIZE - 1), "entry_truncated");
        check(|bytes| bytes[0] = b'X', "entry_magic");
        check(|bytes| bytes[16] = 2, "entry_suite");
        check(|bytes| bytes[19] = 1, "entry_flags");
        check(|bytes| bytes[FRAME_SIZE] ^= 1, "entry_payload");
        check(|bytes| bytes[FRAME_SIZE - 1] ^= 1, "entry_payload");
        check(|bytes| bytes.push(0), "entry_payload");
        check(|bytes| bytes.resize(FRAME_SIZE + 65_537, 0), "entry_oversized");
    }
}
