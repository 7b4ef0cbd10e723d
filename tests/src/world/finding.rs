//! What the checkers found wrong.

/// A rule that did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A disk holds a contiguous prefix of each log, and the replica knows exactly that.
    Prefix,
    /// No honest node signs two headers for one position of a log.
    SignedTwice,
    /// Nothing is sent before it is flushed.
    SentUnflushed,
    /// Nothing is acknowledged before it is flushed.
    AcknowledgedUnflushed,
    /// What was acknowledged, or promised to a peer, survives every crash.
    Lost,
    /// What a replica keeps in memory stays within its limits.
    Memory,
    /// An honest peer is never accused, and what honest users write is never refused by a rule.
    Accused,
    /// A store can always be read.
    Store,
    /// An index that is made anew gives the same answers.
    Index,
    /// Once faults stop, connected honest nodes come to hold the same within the time allowed.
    Apart,
    /// Nodes that hold the same compute the same digest of each space.
    Digest,
    /// Nodes that hold the same judge each entry alike.
    Standing,
    /// Nodes that hold the same show the same view of each record.
    View,
    /// Nodes that hold the same export the same Automerge document of each sheet.
    Sheet,
    /// The order in which entries came decides nothing.
    Order,
    /// An idle consortium is silent.
    Restless,
    /// A version of the charter that stood is not followed by its rival.
    Flipped,
    /// Nodes that hold the same know the same of every act: what stands, what halts, who is to blame.
    Governance,
    /// A sheet shows its own organisation's words alone, and all that count.
    Words,
    /// What the laws leave out counts nowhere, what they let in counts everywhere, and no act takes effect against them.
    Unlawful,
    /// Where an author equivocated, honest nodes that could know it hold the proof.
    Unproven,
    /// Nothing that happens makes a replica panic.
    Panicked,
}

/// A rule that did not hold, and what shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// What shows it.
    pub evidence: String,
}

impl Finding {
    pub(super) fn new(rule: Rule, evidence: impl Into<String>) -> Self {
        Self { rule, evidence: evidence.into() }
    }
}

/// What a step of the world comes to.
pub(super) type Checked<T = ()> = Result<T, Finding>;

/// Fails with evidence unless a rule holds.
pub(super) fn ensure(holds: bool, rule: Rule, evidence: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Finding::new(rule, evidence())) }
}
