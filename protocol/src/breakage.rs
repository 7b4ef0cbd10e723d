//! Defences that a test can take out at run time, so that each threat's test is seen to fail without its mechanism.
//!
//! With the cargo feature `breakages` off, as in every release, [`is_out`] is `false` at compile time. THREATS.md has a
//! row for each.

/// Adds the list of all.
macro_rules! listed {
    ($(#[$meta:meta])* pub enum $enum:ident { $($name:ident = $row:literal,)* }) => {
        $(#[$meta])*
        pub enum $enum {
            $($name = $row,)*
        }

        impl $enum {
            /// Every one, by row.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

listed! {
/// One defence, by the row of THREATS.md that it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs, reason = "each is named for the row's test; the row says what it is")]
pub enum Breakage {
    CrossOrganisationWrite = 1,
    ResignForeignChange = 2,
    RevokeCut = 3,
    PrerotationRecovers = 4,
    TotalLossReadmit = 5,
    RepudiationVisible = 6,
    LateSelfFork = 7,
    EquivocateConverge = 8,
    ReplayMatrix = 9,
    CrossProtocol = 10,
    Malleability = 11,
    WeakKeyAdmission = 12,
    ClockIrrelevant = 14,
    LogRewrite = 16,
    SplitView = 17,
    WithheldGap = 18,
    EclipseStaleBanner = 19,
    Freeze = 20,
    SybilKeys = 21,
    ThresholdDuplicates = 22,
    GovConflictOrders = 23,
    Subthreshold = 24,
    SuspendPartition = 25,
    MutualRemoval = 26,
    RestoredHome = 27,
    CrashBetweenSignAndStore = 28,
    SledDeleted = 29,
    Bombs = 30,
    HostileOperations = 31,
    Squatting = 32,
    MissingAfter = 33,
    PoisonedBatch = 34,
    ParserBombs = 35,
    NonMember = 39,
    ExMember = 40,
    KeyPermissions = 47,
    NodeWiped = 54,
    RetractShowsBoth = 55,
    CustodyChain = 56,
    RoleGrantListed = 61,
    RoleMatrix = 62,
    RoleChangeIsNewKey = 63,
    ProofFlood = 64,
}
}

#[cfg(feature = "breakages")]
mod switch {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Breakage;

    /// One bit for each row.
    static OUT: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];

    const fn place(defence: Breakage) -> (usize, u64) {
        let row = defence as u8;
        ((row / 64) as usize, 1_u64 << (row % 64))
    }

    /// True while the defence is taken out.
    #[must_use]
    pub fn is_out(defence: Breakage) -> bool {
        let (word, bit) = place(defence);
        OUT.get(word).is_some_and(|out| out.load(Ordering::SeqCst) & bit != 0)
    }

    /// Takes the defence out of this whole process until [`restore`]. One test at a time.
    pub fn take_out(defence: Breakage) {
        let (word, bit) = place(defence);
        OUT.get(word).map(|out| out.fetch_or(bit, Ordering::SeqCst));
    }

    /// Puts every defence back.
    pub fn restore() {
        OUT.iter().for_each(|out| out.store(0, Ordering::SeqCst));
    }
}

#[cfg(feature = "breakages")]
pub use switch::{is_out, restore, take_out};

/// Always `false`: no defence can be taken out of a release.
#[cfg(not(feature = "breakages"))]
#[must_use]
pub const fn is_out(_defence: Breakage) -> bool {
    false
}
