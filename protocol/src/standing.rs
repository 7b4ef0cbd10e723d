//! What the rules say of an entry: that it counts, or why not. format §8.1; DESIGN §7.
//!
//! Governance judges the first five reasons, for they need acts and acknowledgements; the sheet judges the rest, for they need
//! the payload alone. The order of the codes from 1 is the order in which they apply: the first that does is the standing.

use crate::id::SpaceId;
use crate::log::Authentic;

/// The standing of an authentic entry. The discriminant is its code in the digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Standing {
    /// It counts.
    Counts = 0,
    /// Its author may not sign this here.
    Unauthorised = 1,
    /// Behind an equivocation, and not held by most.
    Forked = 2,
    /// Beyond a revocation, and acknowledged by most before they knew of it.
    Repudiated = 3,
    /// Beyond a revocation.
    Revoked = 4,
    /// A redaction covers its sheet.
    Redacted = 5,
    /// Its payload is missing.
    Wanted = 6,
    /// Of a kind that this version does not know.
    UnknownKind = 7,
    /// Its payload breaks a rule.
    Inert = 8,
    /// It stands on an edit that is not held.
    Waiting = 9,
    /// It stands on an edit that does not count.
    Void = 10,
}

impl Standing {
    /// Every standing, by code.
    pub const ALL: [Self; 11] = [
        Self::Counts,
        Self::Unauthorised,
        Self::Forked,
        Self::Repudiated,
        Self::Revoked,
        Self::Redacted,
        Self::Wanted,
        Self::UnknownKind,
        Self::Inert,
        Self::Waiting,
        Self::Void,
    ];

    /// The code in the digest. format §8.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// A stable name for programs and translations, the same as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::Unauthorised => "unauthorised",
            Self::Forked => "forked",
            Self::Repudiated => "repudiated",
            Self::Revoked => "revoked",
            Self::Redacted => "redacted",
            Self::Wanted => "wanted",
            Self::UnknownKind => "unknown_kind",
            Self::Inert => "inert",
            Self::Waiting => "waiting",
            Self::Void => "void",
        }
    }
}

/// Says what governance has against an entry: one of the first five reasons, or nothing.
pub trait Judge {
    /// `None` if governance lets the entry count; otherwise unauthorised, forked, repudiated, revoked or redacted.
    fn judge(&self, entry: &Authentic) -> Option<Standing>;

    /// True if everyone can read the space.
    fn is_public(&self, _space: SpaceId) -> bool {
        false
    }
}

impl<F: Fn(&Authentic) -> Option<Standing>> Judge for F {
    fn judge(&self, entry: &Authentic) -> Option<Standing> {
        self(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_digest_and_names_those_of_json() {
        for (number, standing) in (0_u8..).zip(Standing::ALL) {
            assert_eq!(standing.code(), number);
            assert_eq!(serde_json::to_value(standing).unwrap(), standing.name());
        }
    }
}
