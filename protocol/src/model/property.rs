//! What a property is: its value's type, how often it may stand, whether it accuses. MODEL §3, §4.

use super::vocabularies::Vocabulary;

/// A property of a kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Property {
    /// Its code, the `prop` of claims.
    pub code: &'static str,
    /// What its value is.
    pub value: ValueType,
    /// How often one organisation may say it of one record.
    pub cardinality: Cardinality,
    /// True if it accuses somebody: it needs a basis, a standard and a wording. MODEL §1.
    pub accuses: bool,
    /// True if it may be said in a restricted space only.
    pub restricted_only: bool,
}

/// How often one organisation may say a property of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cardinality {
    /// 1.
    One,
    /// 0..1.
    Optional,
    /// 1..n.
    Some,
    /// 0..n.
    Any,
}

impl Cardinality {
    /// The least number.
    #[must_use]
    pub const fn min(self) -> usize {
        match self {
            Self::One | Self::Some => 1,
            Self::Optional | Self::Any => 0,
        }
    }

    /// True if several may stand side by side.
    #[must_use]
    pub const fn is_many(self) -> bool {
        match self {
            Self::Some | Self::Any => true,
            Self::One | Self::Optional => false,
        }
    }
}

/// The type of a value. MODEL §3; its form in JSON is given for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// A string in the language of the claim's `lang`.
    Text,
    /// A string in no language: a symbol, a title's key.
    Plain,
    /// A string, or `{text, type?, script?}`; of the second form `lang` is required.
    Name,
    /// A string, EDTF level 1.
    Date,
    /// `{names: [{text, lang}], country?, admin1?, lat?, lon?, geo_precision?, role?}`.
    Place,
    /// `{category, min, max?, qualifier?, as_of?}`.
    Count,
    /// `{code, basis?}`; the body's words are the claim's `wording`.
    Agent,
    /// A string, ISO 8601: `P6M`.
    Duration,
    /// A record id as text, of one of these kinds; none given: of any.
    Ref(&'static [u8]),
    /// `{sha256, size, media_type}`.
    Blob,
    /// A string of the vocabulary.
    Code(&'static Vocabulary),
    /// A string, ISO 3166-1 alpha-2 in lower case, or `eu`.
    Country,
    /// A string, BCP 47.
    Language,
    /// `true` or `false`.
    Bool,
    /// A whole number, not negative.
    Int,
    /// A string that begins with `https://` or `http://`.
    Url,
    /// `{scheme, value}`.
    Identifier,
    /// An object of these members.
    Shape(&'static [Member]),
}

/// A member of an object value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Its key.
    pub key: &'static str,
    /// What its value is.
    pub value: ValueType,
    /// True if it must be there.
    pub is_required: bool,
}

impl Property {
    pub(super) const fn new(code: &'static str, value: ValueType, cardinality: Cardinality) -> Self {
        Self { code, value, cardinality, accuses: false, restricted_only: false }
    }

    pub(super) const fn accuses(self) -> Self {
        Self { accuses: true, ..self }
    }

    pub(super) const fn restricted(self) -> Self {
        Self { restricted_only: true, ..self }
    }
}

impl Member {
    pub(super) const fn needed(key: &'static str, value: ValueType) -> Self {
        Self { key, value, is_required: true }
    }

    pub(super) const fn optional(key: &'static str, value: ValueType) -> Self {
        Self { key, value, is_required: false }
    }
}
