//! The names of things: fixed-size identifiers, each its own type. format §2.
//!
//! An identifier is parsed once, at the edge, and says nothing about whether the thing it names exists.

use std::cmp::Ordering;
use std::fmt;

use crate::encoding::{Tag, from_hex, hash, tag, write_hex};

const SPACE_TAG: Tag = tag("ISNAD-SPACE-v1");

/// A text that is no identifier of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// Not lower-case hexadecimal of the right length.
    #[error("{kind} is written as {digits} hexadecimal digits in lower case")]
    NotHex {
        /// What was being read.
        kind: &'static str,
        /// Digits expected.
        digits: usize,
    },
    /// A record is written `kind/` and 30 hexadecimal digits.
    #[error("a record is written as its kind, a slash and 30 hexadecimal digits, such as incident/0f3a…")]
    NotARecord,
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $size:literal, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name([u8; $size]);

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                $crate::id::in_order(&self.0, &other.0)
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl $name {
            /// Length in bytes.
            pub const SIZE: usize = $size;
            /// All bytes zero: stands for "none" where the format says so.
            pub const ZERO: Self = Self([0; $size]);

            /// Takes the bytes as they are.
            #[must_use]
            pub const fn new(bytes: [u8; $size]) -> Self {
                Self(bytes)
            }

            /// Takes bytes of the right length; `None` of any other.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $size] {
                &self.0
            }

            /// Reads lower-case hexadecimal.
            ///
            /// # Errors
            /// [`ParseError::NotHex`] for anything else.
            pub fn parse(text: &str) -> Result<Self, ParseError> {
                from_hex(text).map(Self).ok_or(ParseError::NotHex { kind: $kind, digits: $size * 2 })
            }

            /// The first digits, enough for a person to tell two apart: twelve.
            #[must_use]
            pub fn to_short(&self) -> String {
                let mut text = self.to_string();
                text.truncate(12);
                text
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(out, &self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{}({})", stringify!($name), self.to_short())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use identifier;

/// Compares byte by byte; the first eight at once, which mostly say it: maps of thousands of ids compare little else.
pub(crate) fn in_order<const N: usize>(one: &[u8; N], other: &[u8; N]) -> Ordering {
    let first = |bytes: &[u8; N]| bytes.first_chunk().map(|first| u64::from_be_bytes(*first));
    first(one).cmp(&first(other)).then_with(|| one.cmp(other))
}

identifier!(
    /// The id of a consortium: that of its founding charter.
    ConsortiumId, 32, "a consortium"
);
identifier!(
    /// The id of an organisation: that of its first act.
    OrganisationId, 32, "an organisation"
);
identifier!(
    /// The id of a space: an audience and a replication boundary.
    SpaceId, 32, "a space"
);
identifier!(
    /// The id of an act.
    ActId, 32, "an act"
);
identifier!(
    /// The id of an entry: a hash of its header; the signature is not in it.
    EntryId, 32, "an entry"
);
identifier!(
    /// The id of a claim: a hash of its words.
    ClaimId, 32, "a claim"
);
identifier!(
    /// The key of a narrative, derived from the entry that begins it.
    NarrativeId, 16, "a narrative"
);
identifier!(
    /// The public half of a node key: the libp2p identity of a node.
    NodeId, 32, "a node key"
);

/// The two spaces that every consortium has; a restricted one is named by its first act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OpenSpace {
    /// All member organisations.
    Members,
    /// Everyone.
    Public,
}

impl OpenSpace {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Members, Self::Public];

    /// The name that its id is derived from.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Public => "public",
        }
    }

    /// Its id in a consortium.
    #[must_use]
    pub fn id(self, consortium: &ConsortiumId) -> SpaceId {
        SpaceId(hash(&SPACE_TAG, &[consortium.as_bytes(), self.name().as_bytes()]))
    }
}

/// The id of a record: the code of its kind, then 15 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordId([u8; 16]);

impl Ord for RecordId {
    fn cmp(&self, other: &Self) -> Ordering {
        in_order(&self.0, &other.0)
    }
}

impl PartialOrd for RecordId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Kinds in the order of their codes, from 1. MODEL §4.
const KINDS: [&str; 11] = [
    "incident",
    "subject",
    "finding",
    "attribution",
    "designation",
    "evidence",
    "source",
    "case",
    "organisation",
    "request",
    "notice",
];

impl RecordId {
    /// No record: what an entry about none carries.
    pub const ZERO: Self = Self([0; 16]);

    /// The subject that stands for nobody known, in every consortium the same: the one whom the public dataset calls
    /// `unknown-perpetrator`. "Not determined" is an attribution to it. MODEL §7.4; format §2.
    pub const UNIDENTIFIED: Self =
        Self([0x02, 0x5a, 0x04, 0xe5, 0xe6, 0xd2, 0x82, 0x67, 0x89, 0xa1, 0x97, 0xca, 0x59, 0x89, 0x45, 0xbb]);

    /// Takes the bytes as they are, a kind of a later version included.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The code of the record's kind, its first byte.
    #[must_use]
    pub const fn kind_code(&self) -> u8 {
        self.0[0]
    }

    /// The name of the kind, `None` for one of a later version.
    #[must_use]
    pub fn kind_name(&self) -> Option<&'static str> {
        KINDS.get(usize::from(self.kind_code()).checked_sub(1)?).copied()
    }

    /// Reads `kind/` and 30 hexadecimal digits. A kind of a later version is written `kind-N/`.
    ///
    /// # Errors
    /// [`ParseError::NotARecord`] for anything else.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let (kind, digits) = text.split_once('/').ok_or(ParseError::NotARecord)?;
        let code = kind_code(kind).ok_or(ParseError::NotARecord)?;
        let rest: [u8; 15] = from_hex(digits).ok_or(ParseError::NotARecord)?;
        let mut bytes = [code; 16];
        bytes[1..].copy_from_slice(&rest);
        Ok(Self(bytes))
    }
}

/// The code of a kind by its name, or of `kind-N` the N of a later version.
#[must_use]
pub fn kind_code(name: &str) -> Option<u8> {
    if let Some(index) = KINDS.iter().position(|known| *known == name) {
        return u8::try_from(index.checked_add(1)?).ok();
    }
    let code: u8 = name.strip_prefix("kind-")?.parse().ok()?;
    let is_named = (1..=KINDS.len()).contains(&usize::from(code));
    (!is_named && name == format!("kind-{code}")).then_some(code)
}

impl fmt::Display for RecordId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind_name() {
            Some(name) => write!(out, "{name}/")?,
            None => write!(out, "kind-{}/", self.kind_code())?,
        }
        write_hex(out, &self.0[1..])
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.to_string();
        text.truncate(text.find('/').map_or(text.len(), |slash| slash.saturating_add(9)));
        write!(out, "RecordId({text})")
    }
}

impl serde::Serialize for RecordId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for RecordId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ordered_by_their_bytes() {
        let mut all = Vec::new();
        for at in [0, 7, 8, 15] {
            for byte in [0, 1, 127, 128, 255] {
                let mut bytes = [3; 16];
                bytes[at] = byte;
                all.push(bytes);
            }
        }
        for (one, other) in all.iter().flat_map(|one| all.iter().map(move |other| (one, other))) {
            assert_eq!(RecordId::new(*one).cmp(&RecordId::new(*other)), one.cmp(other));
            assert_eq!(NarrativeId::new(*one).partial_cmp(&NarrativeId::new(*other)), Some(one.cmp(other)));
        }
    }

    #[test]
    fn record_is_read_as_it_is_written() {
        for code in [0, 1, 11, 12, 200] {
            let mut bytes = [7; 16];
            bytes[0] = code;
            let record = RecordId::new(bytes);
            assert_eq!(RecordId::parse(&record.to_string()), Ok(record));
        }
    }

    #[test]
    fn a_record_has_one_spelling() {
        let digits = "07".repeat(15);
        for text in [
            format!("kind-1/{digits}"),
            format!("kind-012/{digits}"),
            format!("Incident/{digits}"),
            format!("incident/{}", "0A".repeat(15)),
            format!("incident/{digits}0"),
            digits,
        ] {
            assert_eq!(RecordId::parse(&text), Err(ParseError::NotARecord), "{text}");
        }
    }
}
