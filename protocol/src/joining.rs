//! Admission at the door of the network: an invitation's code, and what a candidate and its sponsor say to each other over
//! `/isnad/join/1`. DESIGN §9; format §15.
//!
//! Four frames and a close: hello, challenge, proof with the candidate's first act, welcome with the charter. Both prove the
//! secret of the invitation over both nonces and the candidate's node key; the sponsor's node key is in the invitation, and
//! the connection is by that key. Until the proof holds, the sponsor has said 33 random bytes and kept nothing.

use std::collections::BTreeSet;

use crate::act::{Act, Kind, Role};
use crate::encoding::hash_plain;
use crate::governance::{ActStatus, Governance, bundle_acts, parse_acts};
use crate::id::{ActId, ConsortiumId, NodeId, OrganisationId};
use crate::key::PublicKey;
use crate::limits;

mod address;
mod frame;
mod invitation;

pub use frame::{Answer, Frame};
pub use invitation::{Invitation, InvitationError, InvitationKey, Secret, looks_like_code};

/// Who proves.
const CANDIDATE: u8 = 1;
const SPONSOR: u8 = 2;

/// Why an exchange ends without a welcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A frame that is none, or not in its turn.
    #[error("a frame out of turn, or none at all")]
    OutOfTurn,
    /// The other side turns us away.
    #[error("turned away: {}", .0.code())]
    Refused(Answer),
    /// The sponsor does not have the secret of the invitation.
    #[error("the node does not know the invitation's secret")]
    NotTheSponsor,
    /// What the sponsor handed over is not the charter of the consortium.
    #[error("what was handed over is not the charter of the consortium")]
    NotTheCharter,
}

impl Refusal {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OutOfTurn => "joining_out_of_turn",
            Self::Refused(answer) => answer.code(),
            Self::NotTheSponsor => "joining_not_the_sponsor",
            Self::NotTheCharter => "joining_not_the_charter",
        }
    }
}

/// The inviting node's side of one exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sponsor {
    candidate: NodeId,
    nonce: [u8; 32],
    theirs: Option<[u8; 32]>,
}

impl Sponsor {
    /// Begins with a node that has connected, and a random nonce.
    #[must_use]
    pub const fn new(candidate: NodeId, nonce: [u8; 32]) -> Self {
        Self { candidate, nonce, theirs: None }
    }

    /// Hears the first frame; returns what is answered.
    ///
    /// # Errors
    /// [`Refusal::OutOfTurn`] for any other.
    pub fn hear_hello(&mut self, frame: &[u8]) -> Result<Vec<u8>, Refusal> {
        match (Frame::decode(frame), self.theirs) {
            (Some(Frame::Hello { nonce }), None) => {
                self.theirs = Some(nonce);
                Ok(Frame::Challenge { nonce: self.nonce }.encode())
            }
            _ => Err(Refusal::OutOfTurn),
        }
    }

    /// Hears the proof; returns which of the keys was proven, and the bytes of the candidate's first act.
    ///
    /// # Errors
    /// [`Refusal`]: nothing but the answer goes to one who proved no key.
    pub fn hear_proof(&self, frame: &[u8], keys: &[InvitationKey]) -> Result<(usize, Vec<u8>), Refusal> {
        let (Some(Frame::Proof { proof, act }), Some(theirs)) = (Frame::decode(frame), self.theirs) else {
            return Err(Refusal::OutOfTurn);
        };
        let is_proven =
            |key: &InvitationKey| is_same(&key.proof(CANDIDATE, &self.candidate, [&theirs, &self.nonce]), &proof);
        // All of them, so that the time taken says nothing of which.
        let proven: Vec<usize> = keys.iter().enumerate().filter(|(_, key)| is_proven(key)).map(|(at, _)| at).collect();
        let at = proven.first().ok_or(Refusal::Refused(Answer::Unknown))?;
        Ok((*at, act))
    }

    /// What is said to one who proved the key.
    #[must_use]
    pub fn welcome(&self, key: &InvitationKey, acts: &[Act]) -> Vec<u8> {
        let theirs = self.theirs.unwrap_or_default();
        let proof = key.proof(SPONSOR, &self.candidate, [&theirs, &self.nonce]);
        Frame::Welcome { proof, acts: bundle_acts(acts) }.encode()
    }
}

/// The candidate's side of one exchange.
#[derive(Debug, Clone)]
pub struct Candidate {
    invitation: Invitation,
    node: NodeId,
    nonce: [u8; 32],
    theirs: Option<[u8; 32]>,
}

impl Candidate {
    /// Begins with an invitation, this node's key and a random nonce.
    #[must_use]
    pub const fn new(invitation: Invitation, node: NodeId, nonce: [u8; 32]) -> Self {
        Self { invitation, node, nonce, theirs: None }
    }

    /// The node that is called.
    #[must_use]
    pub const fn sponsor(&self) -> NodeId {
        self.invitation.node
    }

    /// The first frame.
    #[must_use]
    pub fn hello(&self) -> Vec<u8> {
        Frame::Hello { nonce: self.nonce }.encode()
    }

    /// Hears the challenge; returns the proof with this organisation's first act.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn hear_challenge(&mut self, frame: &[u8], act: &Act) -> Result<Vec<u8>, Refusal> {
        match Frame::decode(frame) {
            Some(Frame::Challenge { nonce }) if self.theirs.is_none() => {
                self.theirs = Some(nonce);
                let proof = self.invitation.key().proof(CANDIDATE, &self.node, [&self.nonce, &nonce]);
                Ok(Frame::Proof { proof, act: act.encode() }.encode())
            }
            Some(Frame::Refused(answer)) => Err(Refusal::Refused(answer)),
            _ => Err(Refusal::OutOfTurn),
        }
    }

    /// Hears the welcome; returns the consortium as far as it was handed over.
    ///
    /// # Errors
    /// [`Refusal`]; nothing is to be kept then.
    pub fn hear_welcome(&self, frame: &[u8]) -> Result<Governance, Refusal> {
        let (proof, acts) = match Frame::decode(frame) {
            Some(Frame::Welcome { proof, acts }) => (proof, acts),
            Some(Frame::Refused(answer)) => return Err(Refusal::Refused(answer)),
            _ => return Err(Refusal::OutOfTurn),
        };
        let theirs = self.theirs.ok_or(Refusal::OutOfTurn)?;
        let due = self.invitation.key().proof(SPONSOR, &self.node, [&self.nonce, &theirs]);
        if !is_same(&due, &proof) {
            return Err(Refusal::NotTheSponsor);
        }
        handed_over(self.invitation.consortium, &acts)
    }
}

/// The consortium of the acts that a sponsor handed over. Acts that are refused are passed over: they are due again by sync.
fn handed_over(consortium: ConsortiumId, acts: &[u8]) -> Result<Governance, Refusal> {
    let acts = parse_acts(acts).map_err(|_| Refusal::NotTheCharter)?;
    let mut governance = Governance::new(consortium);
    for act in acts {
        if let Err(refusal) = governance.take(act) {
            tracing::warn!(%refusal, "an act of the welcome is passed over");
        }
    }
    let is_founded = governance.act(&ActId::new(*consortium.as_bytes())).is_some();
    if is_founded { Ok(governance) } else { Err(Refusal::NotTheCharter) }
}

/// What a sponsor hands to a candidate, within the bound of the exchange: the founding charter; later charters in effect; then
/// the first acts of their members, the sponsor's own before the others', as many as there is room for. What has no room
/// comes by sync once the candidate is admitted. Nothing else: no later act of an organisation, no space.
#[must_use]
pub fn charter_acts(governance: &Governance, sponsor: Option<OrganisationId>) -> Vec<Act> {
    let is_in_effect = |act: &&Act| matches!(governance.status(&act.id()), Some(ActStatus::InEffect));
    let charters = governance.acts().filter(|act| act.kind() == Kind::Charter);
    let charters = charters.filter(|act| act.is_first() || is_in_effect(act));
    let mut members: BTreeSet<OrganisationId> = BTreeSet::new();
    let mut due: Vec<Act> = Vec::new();
    for act in charters {
        members.extend(act.as_charter().into_iter().flat_map(|charter| charter.members.iter().copied()));
        due.push(act.clone());
    }
    let own = sponsor.filter(|own| members.remove(own));
    for member in own.into_iter().chain(members) {
        due.extend(governance.act(&ActId::new(*member.as_bytes())).cloned());
    }
    let mut room = limits::JOINING_ACTS_BYTES;
    let mut acts = Vec::new();
    for act in due {
        // The ids of charters hold without their signatures; these come by sync.
        let act = if act.encoded_len() > room { act.with_signatures(Vec::new()) } else { act };
        let size = act.encoded_len().saturating_add(4);
        let is_signed = !act.signatures().is_empty() || act.kind() == Kind::Charter && act.is_first();
        if is_signed && size <= room {
            room = room.saturating_sub(size);
            acts.push(act);
        }
    }
    acts
}

/// The first act of an organisation that may be kept as a candidate: signed by as many of its own roots as it says, and granting
/// the node that hands it over as a node key.
///
/// # Errors
/// [`Answer::Act`] for anything else.
pub fn candidate_act(bytes: &[u8], node: &NodeId) -> Result<Act, Answer> {
    let act = Act::decode(bytes).map_err(|_| Answer::Act)?;
    let body = act.as_organisation().filter(|_| act.is_first()).ok_or(Answer::Act)?;
    let roots = body.roots.as_ref().ok_or(Answer::Act)?;
    let key = PublicKey::new(*node.as_bytes());
    let grants_it = body.grants.iter().any(|grant| grant.role == Role::Reader && grant.key == key);
    // By roots alone: each is checked once, and there are few.
    let signatures = act.signatures().iter().filter(|signature| signature.organisation == OrganisationId::ZERO);
    let by_roots = signatures.filter(|signature| roots.keys.binary_search(&signature.key).is_ok());
    let signed: BTreeSet<PublicKey> =
        by_roots.filter(|signature| act.is_signed_by(signature)).map(|signature| signature.key).collect();
    let is_signed = u64::try_from(signed.len()).is_ok_and(|count| count >= roots.threshold);
    if grants_it && is_signed { Ok(act) } else { Err(Answer::Act) }
}

/// Compares proofs in a time that does not say where they differ.
fn is_same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    // Their hashes: whoever chooses a proof does not choose in which byte its hash differs.
    let (one, other) = (hash_plain(&[one]), hash_plain(&[other]));
    let differing = one.iter().zip(other).fold(0, |differing, (one, other)| differing | (one ^ other));
    std::hint::black_box(differing) == 0
}

#[cfg(test)]
mod tests;
