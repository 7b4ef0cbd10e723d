//! Founding a consortium by files: first acts collected, the charter drafted, signed by all, put together. DESIGN §7.
//!
//! A file of acts is each act after its length in 4 bytes. The charter stands first, then the members' first acts.

use super::{Governance, Refusal};
use crate::act::{self, Act};
use crate::encoding::Reader;
use crate::id::{ConsortiumId, OrganisationId};
use crate::limits;

/// Why a file does not found a consortium.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FoundingError {
    /// The file ends inside an act, or holds more than any consortium has.
    #[error("the file is not a file of acts")]
    NotActs,
    /// The file does not begin with a founding charter.
    #[error("the file does not begin with a founding charter")]
    NoCharter,
    /// An act is not one.
    #[error(transparent)]
    Act(#[from] act::DecodeError),
    /// An act is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The files are of different charters.
    #[error("the files are of different charters")]
    DifferentCharters,
    /// The charter names organisations whose first act is missing.
    #[error("the first act of {0} is missing")]
    MissingOrganisation(OrganisationId),
    /// Organisations that have not signed.
    #[error("{} of the organisations have not signed", .0.len())]
    Unsigned(Vec<OrganisationId>),
}

/// Writes acts one after another.
#[must_use]
pub fn write_acts<'a>(acts: impl IntoIterator<Item = &'a Act>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for act in acts {
        let act = act.encode();
        bytes.extend(u32::try_from(act.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(act);
    }
    bytes
}

/// Reads acts written one after another.
///
/// # Errors
/// [`FoundingError`] if the file is cut off or an act is not one.
pub fn read_acts(bytes: &[u8]) -> Result<Vec<Act>, FoundingError> {
    let mut reader = Reader::new(bytes);
    let mut acts = Vec::new();
    while !reader.is_empty() {
        let length = reader.u32().map_err(|_| FoundingError::NotActs)?;
        let length = usize::try_from(length).map_err(|_| FoundingError::NotActs)?;
        let act = reader.bytes(length).map_err(|_| FoundingError::NotActs)?;
        acts.push(Act::decode(act)?);
        if acts.len() > limits::ACTS_OF_A_FILE {
            return Err(FoundingError::NotActs);
        }
    }
    Ok(acts)
}

/// Reads a file of a founding charter and first acts, signed by all or not.
///
/// # Errors
/// [`FoundingError`] names what is missing or refused.
pub fn open(acts: Vec<Act>) -> Result<Governance, FoundingError> {
    let first = acts.first().filter(|act| act.as_founding_charter().is_some()).ok_or(FoundingError::NoCharter)?;
    let mut governance = Governance::new(ConsortiumId::new(*first.id().as_bytes()));
    for act in acts {
        governance.take(act)?;
    }
    let founding = governance.acts().next().and_then(Act::as_founding_charter).ok_or(FoundingError::NoCharter)?;
    let missing = founding.members.iter().find(|member| governance.organisation(**member).is_none());
    match missing {
        Some(member) => Err(FoundingError::MissingOrganisation(*member)),
        None => Ok(governance),
    }
}

/// Puts the signatures of several files of one draft together.
///
/// # Errors
/// [`FoundingError`] names what is missing: nothing is founded before every organisation has signed.
pub fn assemble(files: Vec<Vec<Act>>) -> Result<Governance, FoundingError> {
    let mut together: Option<Governance> = None;
    for acts in files {
        let opened = open(acts)?;
        match &mut together {
            None => together = Some(opened),
            Some(governance) if governance.consortium() == opened.consortium() => {
                for act in opened.acts() {
                    governance.take(act.clone())?;
                }
            }
            Some(_) => return Err(FoundingError::DifferentCharters),
        }
    }
    let governance = together.ok_or(FoundingError::NoCharter)?;
    let unsigned = unsigned(&governance);
    if unsigned.is_empty() { Ok(governance) } else { Err(FoundingError::Unsigned(unsigned)) }
}

/// The members that have not signed the founding charter.
#[must_use]
pub fn unsigned(governance: &Governance) -> Vec<OrganisationId> {
    let founding = governance.acts().find(|act| act.as_founding_charter().is_some());
    let members = founding.and_then(Act::as_founding_charter).map(|charter| charter.members.clone());
    let has_signed = |member: &OrganisationId| founding.is_some_and(|act| governance.has_signed(act, *member));
    members.unwrap_or_default().into_iter().filter(|member| !has_signed(member)).collect()
}
