//! Whether an act is in effect, and what it waits for; where a chain halts, and who is to blame. DESIGN §7.

use std::collections::BTreeMap;

use crate::act::{Act, Kind};
use crate::governance::Governance;
use crate::governance::acknowledged::Position;
use crate::id::{ActId, OrganisationId};

/// Whether an act is in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActStatus {
    /// It is.
    InEffect,
    /// It is held, and waits.
    NotInEffectYet {
        /// For what.
        why: Wait,
    },
    /// Another stands in its place, or in the place of one that it follows.
    Lost {
        /// The one that stands.
        to: ActId,
    },
    /// Rivals, of which none stands: it is one of them, or follows one.
    Halted {
        /// The last act before them that stands.
        after: ActId,
    },
    /// A version of the charter took its organisation out, and lets nothing of the chain stand beyond an earlier act.
    TakenOut {
        /// That version.
        by: ActId,
    },
}

/// What an act that is held waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wait {
    /// The founding charter: for the signatures, or the first acts, of these members.
    Members(Vec<OrganisationId>),
    /// An organisation's act: for as many signatures of its own keys as it takes.
    OwnSignatures,
    /// A founder's first act: for the charter.
    Charter,
    /// A first act: for a version of the charter that names its organisation.
    Admission,
    /// A charter or a space's act: for signatures.
    Signatures {
        /// How many more organisations, at least.
        more: usize,
        /// Those that may sign and have not, ascending.
        missing: Vec<OrganisationId>,
    },
    /// A settlement: the acts that it names, or the double signers, are not there as it says.
    Rivals,
    /// A charter: for acknowledgements.
    Acknowledgements {
        /// How many organisations' count.
        held: usize,
        /// How many it takes.
        needed: usize,
        /// Those of the version before that have not acknowledged it, ascending.
        missing: Vec<OrganisationId>,
    },
    /// For an act before it.
    Previous(ActId),
}

/// A chain in which rivals stand against each other and none is carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// What the chain is of.
    pub kind: Kind,
    /// The id of the chain's first act.
    pub scope: ActId,
    /// The last act that stands.
    pub after: ActId,
    /// Its version.
    pub version: u64,
    /// The acts that stand against each other, ascending.
    pub rivals: Vec<ActId>,
    /// Who signed or acknowledged two of them, with the proof.
    pub double: BTreeMap<OrganisationId, Vec<Double>>,
    /// What ends it.
    pub ends_by: EndsBy,
}

/// That an organisation gave its word for two rivals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Double {
    /// Its signatures beneath both are the proof.
    SignedBoth {
        /// The acts, the lower id first.
        acts: [ActId; 2],
    },
    /// Its attestations are the proof.
    AcknowledgedBoth {
        /// The acts, the lower id first.
        acts: [ActId; 2],
        /// Where it acknowledged each.
        at: [Position; 2],
    },
}

/// What ends a halt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndsBy {
    /// A settlement, or acknowledgements by more than half of one of the rivals.
    Settlement,
    /// A rotation of the organisation, or acknowledgements by more than half of one of the rivals.
    Rotation,
    /// Acknowledgements by more than half of one of the rotations, or the charter, which suspends the organisation.
    Suspension,
}

impl Governance {
    /// Whether an act is in effect; `None` if it is not held.
    #[must_use]
    pub fn status(&self, id: &ActId) -> Option<ActStatus> {
        let act = self.held.get(id)?;
        let why = match (act.is_first(), act.kind()) {
            (true, Kind::Charter) => Wait::Members(self.missing_signatures()),
            (true, Kind::Organisation) => self.first_act_waits(act),
            (false, _) | (true, Kind::Space) => Wait::Previous(act.previous().unwrap_or(*id)),
        };
        let is_founding = matches!(why, Wait::Members(_) | Wait::Charter);
        let is_in_effect = self.effect.is_some() && is_founding;
        Some(if is_in_effect { ActStatus::InEffect } else { ActStatus::NotInEffectYet { why } })
    }

    /// What the first act of an organisation waits for while the charter is not in effect.
    fn first_act_waits(&self, act: &Act) -> Wait {
        let organisation = act.organisation().unwrap_or(OrganisationId::ZERO);
        let founding = self.founding().and_then(Act::as_charter);
        let is_founder = founding.is_some_and(|charter| charter.members.binary_search(&organisation).is_ok());
        let is_valid = self.chains.get(&organisation).is_some_and(|chain| chain.is_valid(&act.id()));
        match (is_valid, is_founder) {
            (false, _) => Wait::OwnSignatures,
            (true, true) => Wait::Charter,
            (true, false) => Wait::Admission,
        }
    }

    /// The newest act in effect of each chain, ascending by scope: the charter, each organisation, each space.
    #[must_use]
    pub fn standing_acts(&self) -> Vec<ActId> {
        let acts = self.held.values().filter(|act| self.status(&act.id()) == Some(ActStatus::InEffect));
        acts.map(Act::id).collect()
    }

    /// Every chain that halts, ascending by scope, the charter's first.
    #[must_use]
    pub fn halts(&self) -> Vec<Halt> {
        Vec::new()
    }

    /// Every act held, in the order of [`Governance::acts`], with its status.
    #[must_use]
    pub fn history(&self) -> Vec<(ActId, ActStatus)> {
        self.acts().filter_map(|act| Some((act.id(), self.status(&act.id())?))).collect()
    }
}
