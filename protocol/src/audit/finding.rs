//! One thing that an audit established, with the bytes that show it.

use crate::id::{ActId, EntryId, SpaceId};
use crate::key::PublicKey;
use crate::log::{LogEnd, LogKey};

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Bytes of a journal are not what was written.
    Damaged,
    /// Bytes in the place of an entry are none.
    NoEntry,
    /// The signature is not the author's.
    Signature,
    /// Does not name the entry before it.
    Chain,
    /// Entries of the log before this one are missing.
    Gap,
    /// Not the position that was due.
    OutOfSequence,
    /// On behalf of another organisation than its log.
    Organisation,
    /// In the journal of another space.
    OtherSpace,
    /// Another entry stands at the same position.
    Equivocation,
    /// The same entry is written again with another signature, or with or without its payload.
    Rewritten,
    /// No act grants its author, or no membership names its organisation: no honest replica takes such a log.
    NotTaken,
    /// A payload for a position that is not held.
    NoPosition,
    /// Signatures were said to be checked up to an entry that is not held.
    CheckedBeyond,
    /// Signatures were said to be checked up to before where they were said to be before.
    CheckedBack,
    /// A log was cut back to an entry that is not held.
    CutNowhere,
    /// A log was cut back though the first entry behind the cut has no bad signature, or one that was said to be checked.
    CutUnexplained,
    /// Bytes in the place of a proof of a fork prove none.
    NoForkProof,
    /// Bytes in the place of an act are none.
    NoAct,
    /// A signature under an act is not that key's.
    ActSignature,
    /// An act breaks a rule.
    ActRefused,
    /// No founding charter is in effect.
    NoCharter,
    /// The consortium is another than the one that the auditor named.
    OtherConsortium,
    /// An own log ends before what this node signed: entries are missing at its end.
    BeforeMark,
    /// Bytes follow the last whole entry of a journal that no node is writing: a crash, or damage to the last one.
    Tail,
    /// The journal of a space of the consortium is not there.
    NoJournal,
    /// A file that should be there cannot be read.
    Unreadable,

    /// Observations, from here on: honest replicas may hold these.
    /// A node may be writing at this moment.
    TailInUse,
    /// The same entry is written twice, with the same bytes.
    Twice,
    /// A bad signature was found and the log cut back before it.
    CutBack,
    /// The proof of a fork: its log is closed from there on.
    ForkProof,
    /// The author may not sign this here: left out of views.
    Unauthorised,
    /// The payload breaks a rule: kept, and without effect.
    Inert,
    /// The payload is missing.
    Wanted,
    /// An act waits for another.
    ActWaits,
    /// Of a kind that this version does not know.
    UnknownFrame,
}

impl What {
    /// True if no honest replica holds it.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        !matches!(
            self,
            Self::TailInUse
                | Self::Twice
                | Self::CutBack
                | Self::ForkProof
                | Self::Unauthorised
                | Self::Inert
                | Self::Wanted
                | Self::ActWaits
                | Self::UnknownFrame
        )
    }

    /// A stable name for programs and translations, the same as in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::NoEntry => "no_entry",
            Self::Signature => "signature",
            Self::Chain => "chain",
            Self::Gap => "gap",
            Self::OutOfSequence => "out_of_sequence",
            Self::Organisation => "organisation",
            Self::OtherSpace => "other_space",
            Self::Equivocation => "equivocation",
            Self::Rewritten => "rewritten",
            Self::NotTaken => "not_taken",
            Self::NoPosition => "no_position",
            Self::CheckedBeyond => "checked_beyond",
            Self::CheckedBack => "checked_back",
            Self::CutNowhere => "cut_nowhere",
            Self::CutUnexplained => "cut_unexplained",
            Self::NoForkProof => "no_fork_proof",
            Self::NoAct => "no_act",
            Self::ActSignature => "act_signature",
            Self::ActRefused => "act_refused",
            Self::NoCharter => "no_charter",
            Self::OtherConsortium => "other_consortium",
            Self::BeforeMark => "before_mark",
            Self::Tail => "tail",
            Self::NoJournal => "no_journal",
            Self::Unreadable => "unreadable",
            Self::TailInUse => "tail_in_use",
            Self::Twice => "twice",
            Self::CutBack => "cut_back",
            Self::ForkProof => "fork_proof",
            Self::Unauthorised => "unauthorised",
            Self::Inert => "inert",
            Self::Wanted => "wanted",
            Self::ActWaits => "act_waits",
            Self::UnknownFrame => "unknown_frame",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Finding {
    /// What was found.
    pub what: What,
    /// True if no honest replica holds it.
    pub is_fault: bool,
    /// The file and the byte where it begins; empty for what is not there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// The space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<SpaceId>,
    /// The log's author, or the key of a signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<PublicKey>,
    /// The position in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<EntryId>,
    /// The act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<ActId>,
    /// The rule that is broken, or what is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Finding {
    /// A finding at a place.
    #[must_use]
    pub const fn of(place: String, what: What) -> Self {
        let is_fault = what.is_fault();
        Self { what, is_fault, place, space: None, author: None, seq: None, entry: None, act: None, why: None }
    }

    /// Names the position in a log.
    #[must_use]
    pub fn log(self, log: LogKey, end: LogEnd) -> Self {
        let entry = (end.id != EntryId::ZERO).then_some(end.id);
        Self { space: Some(log.space), author: Some(log.author), seq: Some(end.seq), entry, ..self }
    }

    /// Names a key.
    #[must_use]
    pub fn author(self, author: PublicKey) -> Self {
        Self { author: Some(author), ..self }
    }

    /// Names an act.
    #[must_use]
    pub fn act(self, act: ActId) -> Self {
        Self { act: Some(act), ..self }
    }

    /// Says which rule is broken, or what is missing.
    #[must_use]
    pub fn because(self, why: &str) -> Self {
        Self { why: Some(why.to_owned()), ..self }
    }
}
