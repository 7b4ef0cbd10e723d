//! The five frames of `/isnad/join/1`. format §15.3.

use crate::encoding::Reader;

const HELLO: u8 = 1;
const CHALLENGE: u8 = 2;
const PROOF: u8 = 3;
const WELCOME: u8 = 4;
const REFUSED: u8 = 5;

/// Why a candidate is turned away once it has spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// What it proved is the secret of no invitation that is known here: withdrawn, or never made.
    Unknown,
    /// The invitation has expired.
    Expired,
    /// The invitation was used by another.
    Used,
    /// What it handed over is not the first act of an organisation that grants its node.
    Act,
    /// No more candidates are kept here.
    Full,
}

impl Answer {
    /// Every answer.
    pub const ALL: [Self; 5] = [Self::Unknown, Self::Expired, Self::Used, Self::Act, Self::Full];

    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "invitation_unknown",
            Self::Expired => "invitation_expired",
            Self::Used => "invitation_used",
            Self::Act => "invitation_act",
            Self::Full => "invitation_full",
        }
    }

    const fn byte(self) -> u8 {
        match self {
            Self::Unknown => 1,
            Self::Expired => 2,
            Self::Used => 3,
            Self::Act => 4,
            Self::Full => 5,
        }
    }

    fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| answer.byte() == byte)
    }
}

/// What one side says to the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// The candidate begins.
    Hello {
        /// Random.
        nonce: [u8; 32],
    },
    /// The sponsor has heard it.
    Challenge {
        /// Random.
        nonce: [u8; 32],
    },
    /// The candidate has the secret, and hands over its first act.
    Proof {
        /// See `Candidate`.
        proof: [u8; 32],
        /// The act's bytes.
        act: Vec<u8>,
    },
    /// The sponsor has it too, and hands over the charter.
    Welcome {
        /// See `Sponsor`.
        proof: [u8; 32],
        /// Acts, as in a file of acts.
        acts: Vec<u8>,
    },
    /// The sponsor turns it away.
    Refused(Answer),
}

impl Frame {
    /// The bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Hello { nonce } => [&[HELLO], &nonce[..]].concat(),
            Self::Challenge { nonce } => [&[CHALLENGE], &nonce[..]].concat(),
            Self::Proof { proof, act } => [&[PROOF], &proof[..], act].concat(),
            Self::Welcome { proof, acts } => [&[WELCOME], &proof[..], acts].concat(),
            Self::Refused(answer) => vec![REFUSED, answer.byte()],
        }
    }

    /// Reads a frame; `None` for bytes that are none.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let kind = reader.u8().ok()?;
        if kind == REFUSED {
            let answer = Answer::from_byte(reader.u8().ok()?)?;
            return reader.is_empty().then_some(Self::Refused(answer));
        }
        let first = reader.array().ok()?;
        let rest = reader.rest().to_vec();
        match kind {
            HELLO if rest.is_empty() => Some(Self::Hello { nonce: first }),
            CHALLENGE if rest.is_empty() => Some(Self::Challenge { nonce: first }),
            PROOF => Some(Self::Proof { proof: first, act: rest }),
            WELCOME => Some(Self::Welcome { proof: first, acts: rest }),
            _ => None,
        }
    }
}
