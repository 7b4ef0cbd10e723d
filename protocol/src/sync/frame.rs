//! The frames of a sync session, as bytes. format §9.2.
//!
//! A frame is one byte of type, then its body; whoever carries it says how long it is. Every length in a frame is held
//! against the bytes that are there before anything is allocated for it.

use crate::encoding::{Reader, Truncated};
use crate::entry::{HEADER_SIZE, Payload};
use crate::id::{ActId, EntryId};
use crate::key::{PublicKey, Signature};
use crate::limits;
use crate::log::{ForkProof, LogEnd};

/// A space as named in a session: SHA-256(tag `ISNAD-BLIND-v1` ‖ nonce of the opener ‖ space), first 16 bytes.
pub type Blind = [u8; 16];

/// One frame of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// Opens a session: the digest covers every space that both should share.
    Open {
        /// Random, chosen by the opener: blinds the ids of spaces.
        nonce: [u8; 16],
        /// SHA-256 of the digests, ascending by space.
        digest: [u8; 32],
    },
    /// The answer to [`Frame::Open`] if both hold the same.
    Equal,
    /// The answer if not: a digest for each space.
    Spaces(Vec<(Blind, [u8; 32])>),
    /// All that its sender holds of one space, in one or more parts.
    State {
        /// Which space.
        space: Blind,
        /// No part follows.
        is_last: bool,
        /// What is held.
        items: Vec<Item>,
    },
    /// What its sender holds of one space since it last said so.
    News {
        /// Which space.
        space: Blind,
        /// What is new.
        items: Vec<Item>,
    },
    /// An act with its signatures, as in a file.
    Act(Vec<u8>),
    /// Asks for logs, each from behind a position.
    Want(Vec<Wish>),
    /// Says how many entries will follow in answer to [`Frame::Want`].
    Sending {
        /// Entries to come.
        entries: u64,
    },
    /// Entries: see [`super::run`].
    Run(Vec<u8>),
    /// The payload of a position that was wanted.
    Payload {
        /// Which space.
        space: Blind,
        /// Whose log.
        author: PublicKey,
        /// Which position.
        seq: u64,
        /// Its payload.
        payload: Payload,
    },
    /// Allows so many more bytes of [`Frame::Run`] and [`Frame::Payload`].
    Credit(u32),
    /// The proof of a fork, as in a file.
    Proof(Vec<u8>),
    /// Asks for the header of one entry: the peer's log is another than its sender's.
    Probe {
        /// Which space.
        space: Blind,
        /// Whose log.
        author: PublicKey,
        /// Which position.
        seq: u64,
    },
    /// The answer: a header with its signature.
    Header(Vec<u8>),
    /// Asks for the line of a closed log that ends in an entry beyond its closing point.
    WantBranch {
        /// Which space.
        space: Blind,
        /// Whose log.
        author: PublicKey,
        /// From behind which position.
        after: u64,
        /// Up to which entry.
        end: LogEnd,
    },
}

/// One thing held or wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// A log is held up to its end.
    End(PublicKey, LogEnd),
    /// An act is held, with counting signatures of this hash.
    Act(ActId, [u8; 32]),
    /// A log is known to be forked at a position.
    Fork(PublicKey, u64),
    /// A closed log is held up to this end beyond its closing point.
    Branch(PublicKey, LogEnd),
    /// The payload of the entry at a position is missing.
    Wanted(PublicKey, LogEnd),
}

/// Asks for one log from behind a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// Which space.
    pub space: Blind,
    /// Whose log.
    pub author: PublicKey,
    /// The last position held; 0 for none.
    pub after: u64,
}

/// Bytes that are no frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Ends inside a field.
    #[error(transparent)]
    Truncated(#[from] Truncated),
    /// A type that this version of the protocol does not have.
    #[error("frame type {0} is unknown")]
    UnknownType(u8),
    /// An item of a type that this version does not have.
    #[error("item type {0} is unknown")]
    UnknownItem(u8),
    /// Bytes follow the frame's last field.
    #[error("{0} bytes follow the frame")]
    Trailing(usize),
    /// A number is not in its shortest form or too large.
    #[error("a number is not in its shortest form")]
    Number,
    /// More than the format allows.
    #[error("the frame is larger than the format allows")]
    Oversized,
    /// A compressed body that does not inflate to the length it states.
    #[error("the compressed body does not inflate to the length it states")]
    Compression,
    /// A group of entries that holds none.
    #[error("the frame names a log and no entry of it")]
    Empty,
    /// A log is continued that was never introduced, or beyond its last position.
    #[error("the frame continues a log that it did not introduce")]
    UnknownLog,
}

impl Frame {
    /// The bytes of the frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![self.type_code()];
        match self {
            Self::Open { nonce, digest } => {
                out.extend(nonce);
                out.extend(digest);
            }
            Self::Equal => {}
            Self::Spaces(spaces) => spaces.iter().for_each(|(blind, digest)| {
                out.extend(blind);
                out.extend(digest);
            }),
            Self::State { space, is_last, items } => {
                out.push(u8::from(*is_last));
                out.extend(space);
                items.iter().for_each(|item| item.encode(&mut out));
            }
            Self::News { space, items } => {
                out.extend(space);
                items.iter().for_each(|item| item.encode(&mut out));
            }
            Self::Act(bytes) | Self::Run(bytes) | Self::Proof(bytes) | Self::Header(bytes) => out.extend(bytes),
            Self::Want(wishes) => wishes.iter().for_each(|wish| {
                out.extend(wish.space);
                out.extend(wish.author.as_bytes());
                out.extend(wish.after.to_be_bytes());
            }),
            Self::Sending { entries } => out.extend(entries.to_be_bytes()),
            Self::Payload { space, author, seq, payload } => {
                out.extend(space);
                out.extend(author.as_bytes());
                out.extend(seq.to_be_bytes());
                out.extend(payload.salt);
                out.extend(&payload.bytes);
            }
            Self::Credit(bytes) => out.extend(bytes.to_be_bytes()),
            Self::WantBranch { space, author, after, end } => {
                out.extend(space);
                out.extend(author.as_bytes());
                out.extend(after.to_be_bytes());
                out.extend(end.seq.to_be_bytes());
                out.extend(end.id.as_bytes());
            }
            Self::Probe { space, author, seq } => {
                out.extend(space);
                out.extend(author.as_bytes());
                out.extend(seq.to_be_bytes());
            }
        }
        out
    }

    /// Reads a frame that takes up all of `bytes`.
    ///
    /// # Errors
    /// [`DecodeError`] names the first rule broken.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > limits::FRAME_BYTES {
            return Err(DecodeError::Oversized);
        }
        let mut reader = Reader::new(bytes);
        let frame = match reader.u8()? {
            1 => Self::Open { nonce: reader.array()?, digest: reader.array()? },
            2 => Self::Equal,
            3 => Self::Spaces(all(&mut reader, |reader| Ok((reader.array()?, reader.array()?)))?),
            4 => Self::State {
                is_last: flag(reader.u8()?)?,
                space: reader.array()?,
                items: all(&mut reader, Item::decode)?,
            },
            5 => Self::News { space: reader.array()?, items: all(&mut reader, Item::decode)? },
            6 => Self::Act(reader.bytes(reader.rest().len())?.to_vec()),
            7 => Self::Want(all(&mut reader, Wish::decode)?),
            8 => Self::Sending { entries: reader.u64()? },
            9 => Self::Run(reader.bytes(reader.rest().len())?.to_vec()),
            10 => Self::decode_payload(&mut reader)?,
            11 => Self::Credit(reader.u32()?),
            12 => Self::Proof(reader.bytes(ForkProof::SIZE)?.to_vec()),
            13 => Self::Probe { space: reader.array()?, author: PublicKey::new(reader.array()?), seq: reader.u64()? },
            14 => Self::Header(reader.bytes(HEADER_SIZE.saturating_add(Signature::SIZE))?.to_vec()),
            15 => Self::WantBranch {
                space: reader.array()?,
                author: PublicKey::new(reader.array()?),
                after: reader.u64()?,
                end: Item::decode_end(&mut reader)?,
            },
            code => return Err(DecodeError::UnknownType(code)),
        };
        if reader.is_empty() { Ok(frame) } else { Err(DecodeError::Trailing(reader.rest().len())) }
    }

    fn decode_payload(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (space, author, seq) = (reader.array()?, PublicKey::new(reader.array()?), reader.u64()?);
        let salt = reader.array()?;
        let bytes = reader.bytes(reader.rest().len())?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limits::PAYLOAD_BYTES {
            return Err(DecodeError::Oversized);
        }
        Ok(Self::Payload { space, author, seq, payload: Payload { salt, bytes: bytes.to_vec() } })
    }

    const fn type_code(&self) -> u8 {
        match self {
            Self::Open { .. } => 1,
            Self::Equal => 2,
            Self::Spaces(_) => 3,
            Self::State { .. } => 4,
            Self::News { .. } => 5,
            Self::Act(_) => 6,
            Self::Want(_) => 7,
            Self::Sending { .. } => 8,
            Self::Run(_) => 9,
            Self::Payload { .. } => 10,
            Self::Credit(_) => 11,
            Self::Proof(_) => 12,
            Self::Probe { .. } => 13,
            Self::Header(_) => 14,
            Self::WantBranch { .. } => 15,
        }
    }
}

impl Item {
    fn encode(&self, out: &mut Vec<u8>) {
        let (code, author, end) = match self {
            Self::End(author, end) => (1, author, end),
            Self::Act(id, signatures) => {
                out.push(2);
                out.extend(id.as_bytes());
                out.extend(signatures);
                return;
            }
            Self::Fork(author, seq) => {
                out.push(3);
                out.extend(author.as_bytes());
                out.extend(seq.to_be_bytes());
                return;
            }
            Self::Wanted(author, at) => (4, author, at),
            Self::Branch(author, end) => (5, author, end),
        };
        out.push(code);
        out.extend(author.as_bytes());
        out.extend(end.seq.to_be_bytes());
        out.extend(end.id.as_bytes());
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            1 => Ok(Self::End(PublicKey::new(reader.array()?), Self::decode_end(reader)?)),
            2 => Ok(Self::Act(ActId::new(reader.array()?), reader.array()?)),
            3 => Ok(Self::Fork(PublicKey::new(reader.array()?), reader.u64()?)),
            4 => Ok(Self::Wanted(PublicKey::new(reader.array()?), Self::decode_end(reader)?)),
            5 => Ok(Self::Branch(PublicKey::new(reader.array()?), Self::decode_end(reader)?)),
            code => Err(DecodeError::UnknownItem(code)),
        }
    }

    fn decode_end(reader: &mut Reader<'_>) -> Result<LogEnd, DecodeError> {
        Ok(LogEnd { seq: reader.u64()?, id: EntryId::new(reader.array()?) })
    }
}

impl Wish {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { space: reader.array()?, author: PublicKey::new(reader.array()?), after: reader.u64()? })
    }
}

/// Reads items until the end: their number follows from the bytes that are there.
fn all<T>(
    reader: &mut Reader<'_>,
    read: impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let mut items = Vec::new();
    while !reader.is_empty() {
        if items.len() >= limits::STATE_ITEMS {
            return Err(DecodeError::Oversized);
        }
        items.push(read(reader)?);
    }
    Ok(items)
}

const fn flag(byte: u8) -> Result<bool, DecodeError> {
    match byte {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(DecodeError::Number),
    }
}
