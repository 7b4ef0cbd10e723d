//! The founding: in effect once every member that the charter names has signed it. DESIGN §7.

use std::collections::BTreeSet;

use crate::act::{Act, Kind, founding};
use crate::governance::{Governance, Refusal};
use crate::id::OrganisationId;

/// Why acts do not make a consortium.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssembleError {
    /// No founding charter among them.
    #[error("no founding charter is among the acts")]
    NoCharter,
    /// More than one founding charter.
    #[error("more than one founding charter is among the acts")]
    TwoCharters,
    /// One of the acts is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl AssembleError {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoCharter => "founding_no_charter",
            Self::TwoCharters => "founding_two_charters",
            Self::Refused(refusal) => refusal.code(),
        }
    }
}

/// Returns the members that have not signed a founding charter yet, or whose own first act is missing or not validly
/// signed, ascending. Empty means that the charter is in effect with these first acts.
#[must_use]
pub fn missing_signatures(charter: &Act, first_acts: &[Act]) -> Vec<OrganisationId> {
    let mut governance = Governance::new(founding::consortium(charter));
    for act in [charter].into_iter().chain(first_acts) {
        // An act that is refused helps nobody to have signed, and that is the answer.
        let _ = governance.take(act.clone());
    }
    if governance.founding().is_none() {
        return charter.as_charter().map(|charter| charter.members.clone()).unwrap_or_default();
    }
    governance.missing_signatures()
}

impl Governance {
    /// Puts together a consortium of the acts that its founders exchanged, in any order: one founding charter, of which
    /// there may be a copy for each who signed it, and first acts. It is in effect if nothing is missing.
    ///
    /// # Errors
    /// [`AssembleError`] if there is not one founding charter, or an act is refused.
    pub fn assemble(acts: Vec<Act>) -> Result<Self, AssembleError> {
        let charters = acts.iter().filter(|act| act.is_first() && act.kind() == Kind::Charter);
        let founded: BTreeSet<_> = charters.map(founding::consortium).collect();
        let mut founded = founded.into_iter();
        let consortium = founded.next().ok_or(AssembleError::NoCharter)?;
        if founded.next().is_some() {
            return Err(AssembleError::TwoCharters);
        }
        let mut governance = Self::new(consortium);
        for act in acts {
            governance.take(act)?;
        }
        Ok(governance)
    }

    /// Returns the members that the founding charter still waits for, ascending; none while no charter is held. See
    /// [`missing_signatures`].
    #[must_use]
    pub fn missing_signatures(&self) -> Vec<OrganisationId> {
        let Some(act) = self.founding() else { return Vec::new() };
        let Some(members) = self.members_of(&act.id()) else { return Vec::new() };
        let signed = self.signed_among(act, &members.members);
        members.members.difference(&signed).copied().collect()
    }
}
