//! What governance and a sheet say of an authentic entry: it counts, or why not. DESIGN §7; format §8.

/// The standing of an entry: the first that applies, in this order but for [`Standing::Counts`], which comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It counts.
    Counts,
    /// Its key may not sign this here.
    Unauthorised,
    /// It lies behind a fork of its log.
    Forked,
    /// Revoked, though others acknowledged it before they knew.
    Repudiated,
    /// Its key was revoked before it.
    Revoked,
    /// Its sheet was redacted.
    Redacted,
    /// Its payload is missing.
    Wanted,
    /// A kind of a later version.
    UnknownKind,
    /// Its payload broke a rule.
    Inert,
    /// Something it was made on is missing.
    Waiting,
    /// Something it was made on does not count.
    Void,
}

impl Standing {
    /// Every standing, by its code.
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

    /// The code in digests.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Counts => 0,
            Self::Unauthorised => 1,
            Self::Forked => 2,
            Self::Repudiated => 3,
            Self::Revoked => 4,
            Self::Redacted => 5,
            Self::Wanted => 6,
            Self::UnknownKind => 7,
            Self::Inert => 8,
            Self::Waiting => 9,
            Self::Void => 10,
        }
    }
}
