//! The door for candidates: who may speak `/isnad/join/1` with this node, and what becomes of whoever proves an invitation.
//! DESIGN §9; format §15.
//!
//! The network asks whether it is open to a node and hands over frames; what a candidate brings is on disk before it is
//! welcomed. Nothing here touches the replica: a candidate's act is kept aside until the members admit it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use isnad_protocol::governance::Governance;
use isnad_protocol::id::{ConsortiumId, NodeId, OrganisationId};
use isnad_protocol::joining::{self, Answer, Frame, Invitation, InvitationKey, Secret, Sponsor};
use isnad_protocol::limits;
use isnad_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::applicants::{self, Applicant};
use crate::clock;
use crate::fault::Fault;
use crate::home::Home;
use crate::invitations::{Invitations, Kept, Used};

/// What is asked for with an invitation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Whom it is for: for one's own memory.
    pub label: String,
    /// How long it is open, in milliseconds.
    pub valid_ms: u64,
    /// Where this node is reached, as multiaddrs.
    pub addresses: Vec<String>,
}

/// An invitation as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// A short name, to withdraw it by.
    pub id: String,
    /// Whom it is for.
    pub label: String,
    /// When it was made, in milliseconds since 1970.
    pub made_ms: u64,
    /// Until when it is open.
    pub until_ms: u64,
    /// True while somebody may still use it.
    pub is_open: bool,
    /// Who used it.
    pub used: Option<Used>,
}

/// What came of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// This goes back, and the next frame is waited for.
    Next(Vec<u8>),
    /// This goes back, and the exchange is over.
    Last(Vec<u8>),
    /// The same, and a candidate is kept.
    Welcome(Vec<u8>),
    /// Nothing goes back.
    Nothing,
}

/// One exchange with a node that has connected.
#[derive(Debug)]
pub(crate) struct Guest {
    door: Arc<Door>,
    node: NodeId,
    sponsor: Sponsor,
    is_challenged: bool,
}

/// The door of one node.
#[derive(Debug)]
pub struct Door {
    home: Home,
    node: NodeId,
    consortium: ConsortiumId,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    invitations: Invitations,
    applicants: Vec<Applicant>,
    governance: Arc<Governance>,
    own: Option<OrganisationId>,
}

impl Door {
    /// Opens the door of a home whose lock is held.
    ///
    /// # Errors
    /// [`Fault`] if the home cannot be read.
    pub fn open(
        home: &Home,
        node: NodeId,
        own: Option<OrganisationId>,
        governance: Arc<Governance>,
    ) -> Result<Self, Fault> {
        let (invitations, applicants) = (Invitations::load(home)?, applicants::list(home)?);
        let consortium = governance.consortium();
        let state = Mutex::new(State { invitations, applicants, governance, own });
        Ok(Self { home: home.clone(), node, consortium, state })
    }

    /// Takes what is in effect now: it is what candidates are handed, and those among the members wait no longer. `own` is the
    /// organisation of this home, if it is a member by now.
    pub(crate) fn update(&self, governance: Arc<Governance>, own: Option<OrganisationId>) {
        let mut state = self.state();
        (state.governance, state.own) = (governance, own);
        let members: BTreeSet<_> = state.governance.organisations().into_iter().map(|member| member.id).collect();
        let (admitted, waiting) =
            std::mem::take(&mut state.applicants).into_iter().partition(|one| members.contains(&one.organisation));
        state.applicants = waiting;
        let admitted: Vec<Applicant> = admitted;
        for one in admitted {
            let forgotten = applicants::forget(&self.home, &one.organisation);
            let retired = state.invitations.retire(&self.home, &one.organisation, clock::now_ms());
            if let Err(fault) = forgotten.and(retired) {
                tracing::warn!(%fault, "a candidate that was admitted is still in its folder");
            }
        }
    }

    /// This node's key; `None` where the home has none.
    #[must_use]
    pub fn node(&self) -> Option<NodeId> {
        (self.node != NodeId::ZERO).then_some(self.node)
    }

    /// Makes an invitation; `None` if too many are open.
    ///
    /// # Errors
    /// [`Fault`] if the disk fails, or there is no randomness.
    pub fn invite(&self, wish: Wish) -> Result<Option<Invitation>, Fault> {
        let now_ms = clock::now_ms();
        // To the whole minute, which is what the code says.
        let until_ms = now_ms.saturating_add(wish.valid_ms).div_ceil(60_000).saturating_mul(60_000);
        let invitation = Invitation {
            consortium: self.consortium,
            node: self.node,
            secret: Secret::new(clock::random()?),
            until: Timestamp(until_ms),
            addresses: wish.addresses,
        };
        let kept = Kept { key: invitation.key(), label: wish.label, made_ms: now_ms, until_ms, used: None };
        let is_added = self.state().invitations.add(&self.home, kept, now_ms)?;
        Ok(is_added.then_some(invitation))
    }

    /// Every invitation that is kept, the newest last.
    #[must_use]
    pub fn invitations(&self) -> Vec<Standing> {
        let now_ms = clock::now_ms();
        let standing = |kept: &Kept| Standing {
            id: kept.key.name(),
            label: kept.label.clone(),
            made_ms: kept.made_ms,
            until_ms: kept.until_ms,
            is_open: kept.is_open(now_ms),
            used: kept.used.clone(),
        };
        self.state().invitations.list().iter().map(standing).collect()
    }

    /// Withdraws an invitation; `false` if there is none of that name.
    ///
    /// # Errors
    /// [`Fault`] if the disk fails.
    pub fn withdraw(&self, id: &str) -> Result<bool, Fault> {
        self.state().invitations.withdraw(&self.home, id)
    }

    /// Forgets a candidate that is not wanted, by its id or the beginning of it.
    ///
    /// # Errors
    /// [`Fault`] if the disk fails.
    pub fn forget(&self, id: &str) -> Result<Option<OrganisationId>, Fault> {
        let Some(found) = applicants::find(&self.home, id)? else { return Ok(None) };
        applicants::forget(&self.home, &found.organisation)?;
        self.state().applicants.retain(|one| one.organisation != found.organisation);
        Ok(Some(found.organisation))
    }

    /// Candidates that wait.
    #[must_use]
    pub fn applicants(&self) -> Vec<Applicant> {
        self.state().applicants.clone()
    }

    /// True for a node that a candidate's first act grants.
    #[must_use]
    pub fn is_applicants(&self, node: &NodeId) -> bool {
        self.state().applicants.iter().any(|one| one.nodes().any(|own| own == *node))
    }

    /// True if a node may speak `/isnad/join/1`: an invitation is open, or is this very node's.
    pub(crate) fn is_open_to(&self, node: &NodeId) -> bool {
        self.state().invitations.is_open_to(node, clock::now_ms())
    }

    /// Begins an exchange; `None` without randomness.
    pub(crate) fn guest(self: &Arc<Self>, node: NodeId) -> Option<Guest> {
        let nonce = clock::random().ok()?;
        Some(Guest { door: Arc::clone(self), node, sponsor: Sponsor::new(node, nonce), is_challenged: false })
    }

    /// Keeps what a candidate handed over, and says what it is handed.
    fn receive(&self, key: &InvitationKey, node: NodeId, act: &[u8]) -> Result<Vec<isnad_protocol::act::Act>, Answer> {
        let mut state = self.state();
        let kept = state.invitations.list().iter().find(|kept| kept.key == *key);
        let kept = kept.ok_or(Answer::Unknown)?;
        kept.answer(&node, clock::now_ms())?;
        let used_by = kept.used.as_ref().map(|used| used.organisation);
        let act = joining::candidate_act(act, &node)?;
        let applicant = Applicant::of(act).ok_or(Answer::Act)?;
        let organisation = applicant.organisation;
        // It lets one candidate in, however often: else whoever holds one fills the room of all others with first acts.
        if used_by.is_some_and(|used_by| used_by != organisation) {
            return Err(Answer::Used);
        }
        let is_known = state.applicants.iter().any(|one| one.organisation == organisation);
        let is_member = state.governance.organisations().iter().any(|member| member.id == organisation);
        if !is_known && !is_member {
            if state.applicants.len() >= limits::APPLICANTS {
                return Err(Answer::Full);
            }
            self.kept_on_disk(applicants::keep(&self.home, &applicant))?;
            state.applicants.push(applicant);
        }
        // One whose connection broke comes again, and finds all of it there.
        if used_by.is_none() {
            self.kept_on_disk(state.invitations.use_up(&self.home, key, Used { node, organisation }))?;
        }
        Ok(joining::charter_acts(&state.governance, state.own))
    }

    fn kept_on_disk(&self, kept: Result<(), Fault>) -> Result<(), Answer> {
        kept.map_err(|fault| {
            tracing::error!(%fault, home = %self.home.path().display(), "a candidate could not be kept");
            Answer::Full
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guest {
    /// Hears a frame.
    pub(crate) fn hear(&mut self, frame: &[u8]) -> Said {
        if !std::mem::replace(&mut self.is_challenged, true) {
            return self.sponsor.hear_hello(frame).map_or(Said::Nothing, Said::Next);
        }
        let keys = self.door.state().invitations.keys();
        let proven = match self.sponsor.hear_proof(frame, &keys) {
            Ok(proven) => proven,
            Err(joining::Refusal::Refused(answer)) => return Said::Last(Frame::Refused(answer).encode()),
            Err(_) => return Said::Nothing,
        };
        let (at, act) = proven;
        let Some(key) = keys.get(at) else { return Said::Nothing };
        match self.door.receive(key, self.node, &act) {
            Ok(acts) => Said::Welcome(self.sponsor.welcome(key, &acts)),
            Err(answer) => Said::Last(Frame::Refused(answer).encode()),
        }
    }
}

#[cfg(test)]
mod tests;
