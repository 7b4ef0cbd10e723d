//! Every rule that an act's own bytes can break, each with a stable code. format §4.

use crate::encoding::{Truncated, json};
use crate::key::{PublicKey, WeakKey};
use crate::limits;

/// Bytes that are not an act of this format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Fewer bytes than the frame, its body or its signatures take.
    #[error(transparent)]
    Truncated(#[from] Truncated),
    /// Bytes follow the last signature.
    #[error("{extra} bytes follow the last signature")]
    Trailing {
        /// How many.
        extra: usize,
    },
    /// Does not begin with the tag of an act.
    #[error("does not begin with ISNAD-ACT-v1")]
    Magic,
    /// A suite of signature and hash that this version does not know.
    #[error("suite {0} where 1 (Ed25519 and SHA-256) was due")]
    Suite(u8),
    /// A kind of act that this version does not know.
    #[error("kind {0} where 1 (charter), 2 (organisation) or 3 (space) was due")]
    Kind(u8),
    /// Flags are reserved and zero.
    #[error("flags {0:#06x} where zero was due")]
    Flags(u16),
    /// A body shorter or longer than the format allows.
    #[error("a body of {found} bytes, 2 to {} allowed", limits::ACT_BODY_BYTES)]
    BodyLength {
        /// Bytes announced.
        found: u32,
    },
    /// Versions count from 1.
    #[error("version 0: versions count from 1")]
    Version,
    /// Scope and previous act are zero at version 1, and nowhere else.
    #[error("scope and previous act are zero at version 1, and nowhere else")]
    Chain,
    /// The consortium is zero in the founding charter and an organisation's first act alone; a charter's scope is it.
    #[error("does not name the consortium where it has to, or names it where it cannot")]
    Consortium,
    /// More signatures than the format allows.
    #[error("{found} signatures, {} at most", limits::ACT_SIGNATURES)]
    SignatureCount {
        /// Signatures announced.
        found: usize,
    },
    /// Signatures out of order, or one key twice for one organisation.
    #[error("signatures do not ascend by organisation and key, or one stands twice")]
    SignatureOrder,
    /// The body is not canonical JSON.
    #[error("the body is not canonical JSON")]
    Json(#[from] json::DecodeError),
    /// A member that the kind of act does not have, or not here.
    #[error("has a field {name:?} that does not belong there")]
    UnknownMember {
        /// Its key.
        name: String,
    },
    /// A member that is due is missing.
    #[error("lacks the field {name}")]
    MissingMember {
        /// Its key.
        name: &'static str,
    },
    /// A member of another form than its kind has.
    #[error("the field {name} is not of the form it has to be")]
    Form {
        /// Its key.
        name: &'static str,
    },
    /// A list out of order, or an item twice.
    #[error("the list {name} does not ascend, or has an item twice")]
    ListOrder {
        /// Its key.
        name: &'static str,
    },
    /// A list that has to hold something is empty.
    #[error("the list {name} is empty")]
    Empty {
        /// Its key.
        name: &'static str,
    },
    /// The charter's threshold is not more than half of its members, or more than all.
    #[error("a threshold of {threshold} for {members} members: more than half is due, and no more than all")]
    Majority {
        /// The threshold given.
        threshold: u64,
        /// How many members it is of.
        members: usize,
    },
    /// A threshold of no key, or of more keys than there are.
    #[error("the field {name} asks for {threshold} of {keys} keys")]
    Threshold {
        /// Its key.
        name: &'static str,
        /// The threshold given.
        threshold: u64,
        /// How many keys it is of.
        keys: usize,
    },
    /// A text longer than the format allows.
    #[error("a text of {found} bytes in the field {name}, {} at most", limits::ACT_TEXT_BYTES)]
    TextLength {
        /// Its key, or that of the object that it stands in.
        name: &'static str,
        /// Its bytes.
        found: usize,
    },
    /// More limits or policies than the format allows.
    #[error("the field {name} has {found} codes, {} at most", limits::ACT_SETTINGS)]
    SettingCount {
        /// Its key.
        name: &'static str,
        /// How many there are.
        found: usize,
    },
    /// More names than the format allows.
    #[error("{found} names of an organisation, {} at most", limits::ACT_NAMES)]
    NameCount {
        /// How many there are.
        found: usize,
    },
    /// More root keys than the format allows.
    #[error("the list {name} has {found} root keys, {} at most", limits::ROOT_KEYS)]
    RootCount {
        /// Its key.
        name: &'static str,
        /// How many there are.
        found: usize,
    },
    /// A role that this version does not know.
    #[error("role {0} where 1 to 5 was due")]
    Role(i64),
    /// A key that is not fit to be granted or to be a root.
    #[error("the key {key} is {source}")]
    WeakKey {
        /// The key.
        key: PublicKey,
        /// What is wrong with it.
        source: WeakKey,
    },
    /// One key granted twice: one role for a key's life.
    #[error("the key {key} is granted twice")]
    GrantedTwice {
        /// The key.
        key: PublicKey,
    },
    /// A key that is a root is granted.
    #[error("the key {key} is granted, and is a root")]
    GrantedRoot {
        /// The key.
        key: PublicKey,
    },
    /// The proof that the grantee holds the key does not hold.
    #[error("the proof that its holder holds the key {key} does not hold")]
    GrantProof {
        /// The key.
        key: PublicKey,
    },
}

impl DecodeError {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Truncated(_) => "act_truncated",
            Self::Trailing { .. } => "act_trailing",
            Self::Magic => "act_magic",
            Self::Suite(_) => "act_suite",
            Self::Kind(_) => "act_kind",
            Self::Flags(_) => "act_flags",
            Self::BodyLength { .. } => "act_body_length",
            Self::Version => "act_version",
            Self::Chain => "act_chain",
            Self::Consortium => "act_consortium",
            Self::SignatureCount { .. } => "act_signature_count",
            Self::SignatureOrder => "act_signature_order",
            Self::Json(_) => "act_json",
            Self::UnknownMember { .. } => "act_unknown_member",
            Self::MissingMember { .. } => "act_missing_member",
            Self::Form { .. } => "act_form",
            Self::ListOrder { .. } => "act_list_order",
            Self::Empty { .. } => "act_empty",
            Self::Majority { .. } => "act_majority",
            Self::Threshold { .. } => "act_threshold",
            Self::TextLength { .. } => "act_text_length",
            Self::SettingCount { .. } => "act_setting_count",
            Self::NameCount { .. } => "act_name_count",
            Self::RootCount { .. } => "act_root_count",
            Self::Role(_) => "act_role",
            Self::WeakKey { .. } => "act_weak_key",
            Self::GrantedTwice { .. } => "act_granted_twice",
            Self::GrantedRoot { .. } => "act_granted_root",
            Self::GrantProof { .. } => "act_grant_proof",
        }
    }
}
