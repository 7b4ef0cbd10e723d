//! The proof that a key signed two entries for one position: it needs nothing but itself. format §6; DESIGN §8.

use crate::encoding::{Reader, Tag, Truncated, tag};
use crate::entry::{self, Entry, HEADER_SIZE, Header};
use crate::key::{Signature, Use};
use crate::log::LogKey;

const FORK_TAG: Tag = tag("ISNAD-FORK-v1");

/// Two signed headers of one author, space and position, the lower id first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForkProof {
    headers: [(Header, Signature); 2],
}

/// Bytes that prove no fork.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoProof {
    /// Fewer or more bytes than a proof has.
    #[error("a proof of a fork has {} bytes, {found} are given", ForkProof::SIZE)]
    Length {
        /// Bytes given.
        found: usize,
    },
    /// Does not begin with the tag of a proof.
    #[error("does not begin with ISNAD-FORK-v1")]
    Magic,
    /// One of the headers cannot be read.
    #[error(transparent)]
    Header(#[from] entry::DecodeError),
    /// Headers of different authors, spaces or positions may both stand.
    #[error("the two are not of one author, space and position")]
    Elsewhere,
    /// The lower id comes first, and nobody forks by one entry.
    #[error("the two are one entry, or the higher id comes first")]
    Order,
    /// One of the signatures is not the author's.
    #[error("a signature is not its author's")]
    Signature,
}

impl NoProof {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Length { .. } => "fork_length",
            Self::Magic => "fork_magic",
            Self::Header(error) => error.code(),
            Self::Elsewhere => "fork_elsewhere",
            Self::Order => "fork_order",
            Self::Signature => "fork_signature",
        }
    }
}

impl From<Truncated> for NoProof {
    fn from(truncated: Truncated) -> Self {
        Self::Length { found: ForkProof::SIZE.saturating_sub(truncated.missing) }
    }
}

impl ForkProof {
    /// Bytes of a proof.
    pub const SIZE: usize = FORK_TAG.len() + 2 * (HEADER_SIZE + Signature::SIZE);

    /// Holds two entries against each other, in any order.
    ///
    /// # Errors
    /// [`NoProof`] says why they prove nothing: both signatures are checked.
    pub fn of(one: &Entry, other: &Entry) -> Result<Self, NoProof> {
        let mut headers = [one, other].map(|entry| (entry.header.clone(), entry.signature));
        headers.sort_by_key(|(header, _)| header.id());
        Self::check(headers)
    }

    /// Reads a proof, and checks all that it says.
    ///
    /// # Errors
    /// [`NoProof`] names the first rule broken.
    pub fn decode(bytes: &[u8]) -> Result<Self, NoProof> {
        if bytes.len() != Self::SIZE {
            return Err(NoProof::Length { found: bytes.len() });
        }
        let mut reader = Reader::new(bytes);
        if reader.array()? != FORK_TAG {
            return Err(NoProof::Magic);
        }
        let mut signed =
            || -> Result<_, NoProof> { Ok((Header::decode(&reader.array()?)?, Signature::new(reader.array()?))) };
        Self::check([signed()?, signed()?])
    }

    /// What a proof says it is about, before any signature is checked: the log, and the position.
    #[must_use]
    pub fn claim(bytes: &[u8]) -> Option<(LogKey, u64)> {
        let mut reader = Reader::new(bytes);
        let header = reader.array().ok().filter(|tag| *tag == FORK_TAG).and_then(|_| reader.array().ok())?;
        let header = Header::decode(&header).ok()?;
        Some((LogKey { space: header.space, author: header.author }, header.seq))
    }

    fn check(headers: [(Header, Signature); 2]) -> Result<Self, NoProof> {
        let [(one, _), (other, _)] = &headers;
        if (one.author, one.space, one.seq) != (other.author, other.space, other.seq) {
            return Err(NoProof::Elsewhere);
        }
        if one.id() >= other.id() {
            return Err(NoProof::Order);
        }
        let is_signed =
            |(header, signature): &(Header, Signature)| header.author.verifies(Use::Entry, &header.encode(), signature);
        if headers.iter().all(is_signed) { Ok(Self { headers }) } else { Err(NoProof::Signature) }
    }

    /// The bytes of the proof.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = FORK_TAG.to_vec();
        for (header, signature) in &self.headers {
            bytes.extend(header.encode());
            bytes.extend(signature.as_bytes());
        }
        bytes
    }

    /// The log that was forked.
    #[must_use]
    pub const fn log(&self) -> LogKey {
        let [(header, _), _] = &self.headers;
        LogKey { space: header.space, author: header.author }
    }

    /// The position that is taken twice: of several proofs of a log the lowest decides.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        let [(header, _), _] = &self.headers;
        header.seq
    }

    /// Both headers, the lower id first.
    #[must_use]
    pub const fn headers(&self) -> [&Header; 2] {
        let [(one, _), (other, _)] = &self.headers;
        [one, other]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Draft, Kind, Payload};
    use crate::id::{EntryId, OrganisationId, RecordId, SpaceId};
    use crate::key::SecretKey;
    use crate::time::Timestamp;

    fn entry(change: impl FnOnce(&mut Draft), prev: (u64, EntryId), key: u8) -> Entry {
        let mut draft = Draft {
            kind: Kind::Change,
            space: SpaceId::new([1; 32]),
            organisation: OrganisationId::new([2; 32]),
            record: RecordId::new([1; 16]),
            generation: 0,
            time: Timestamp(0),
            payload: Payload { salt: [9; 16], bytes: br#"{"ops":[]}"#.to_vec() },
        };
        change(&mut draft);
        draft.seal(prev, &SecretKey::from_seed(&[key; 32]))
    }

    const START: (u64, EntryId) = (0, EntryId::ZERO);

    #[test]
    fn two_entries_at_one_position_prove_a_fork_in_one_way() {
        let (one, other) = (entry(|_| (), START, 3), entry(|draft| draft.time = Timestamp(1), START, 3));
        let proof = ForkProof::of(&one, &other).unwrap();
        assert_eq!(ForkProof::of(&other, &one), Ok(proof.clone()));
        let bytes = proof.encode();
        assert_eq!(bytes.len(), 592);
        assert_eq!(ForkProof::decode(&bytes), Ok(proof.clone()));
        assert_eq!((proof.log().author, proof.seq()), (one.header.author, 1));
        // Also where they follow different entries, and are said to be of different organisations.
        let far = entry(|draft| draft.organisation = OrganisationId::new([7; 32]), (4, EntryId::new([1; 32])), 3);
        let near = entry(|_| (), (4, EntryId::new([2; 32])), 3);
        assert_eq!(ForkProof::of(&far, &near).unwrap().seq(), 5);
    }

    #[test]
    fn what_both_may_stand_proves_nothing() {
        let one = entry(|_| (), START, 3);
        let check = |other: &Entry, code: &str| {
            assert_eq!(ForkProof::of(&one, other).map_err(|error| error.code()).unwrap_err(), code);
        };
        check(&one, "fork_order");
        check(&Entry { signature: Signature::new([7; 64]), ..one.clone() }, "fork_order");
        check(&entry(|_| (), START, 4), "fork_elsewhere");
        check(&entry(|draft| draft.space = SpaceId::new([8; 32]), START, 3), "fork_elsewhere");
        check(&entry(|_| (), (1, one.header.id()), 3), "fork_elsewhere");
        let forged = Entry { signature: Signature::new([7; 64]), ..entry(|draft| draft.time = Timestamp(1), START, 3) };
        check(&forged, "fork_signature");
    }

    #[test]
    fn no_byte_of_a_proof_can_be_changed() {
        let proof = ForkProof::of(&entry(|_| (), START, 3), &entry(|draft| draft.time = Timestamp(1), START, 3));
        let bytes = proof.unwrap().encode();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(ForkProof::decode(&changed).is_err(), "byte {at}");
        }
        assert_eq!(ForkProof::decode(&bytes[1..]).unwrap_err().code(), "fork_length");
    }
}
