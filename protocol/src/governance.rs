//! Who may do what: a pure fold over the acts held. DESIGN §7; format §4.
//!
//! The state is a function of the set of acts and signatures taken, whatever their order. An act whose predecessor is
//! missing waits in a bounded table; a signature whose key stands in no validly signed act of its organisation is set
//! aside, within bounds too: it counts for nothing, is not sent on and takes no place.
//!
//! In effect so far: the founding charter once all members it names have signed it, with the first acts of those. Every
//! later act is checked, held and shown as not in effect yet.

use std::collections::{BTreeMap, BTreeSet};

use crate::act::{Act, ActSignature, Charter, Role};
use crate::id::{ActId, ConsortiumId, NodeId, OpenSpace, OrganisationId, SpaceId};
use crate::key::PublicKey;
use crate::limits;

mod admission;
mod charter;
mod digest;
mod file;
mod organisation;
mod query;
mod standing;

pub use admission::Refusal;
pub use charter::{AssembleError, missing_signatures};
pub use digest::Item;
pub use file::{FileError, bundle_acts, parse_acts};
pub use query::{ActStatus, GrantInfo, OrganisationInfo, SpaceInfo, Wait};
pub use standing::{NotTaken, Ruling, Unauthorised};

use self::admission::Admission;
use self::organisation::{Chain, Lineage};

/// What became of an act that was taken. A caller persists the act on all but `Known`; taking what it persisted, in any
/// order, gives the same state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Held from now on; others that waited for it may be too.
    New,
    /// Held before, with fewer signatures that count.
    MoreSignatures,
    /// Held before, as it is.
    Known,
    /// Kept aside until what it follows is held: not part of what is sent, shown or in effect.
    Waiting,
}

/// The acts of one consortium, and what follows from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Governance {
    consortium: ConsortiumId,
    /// With the signatures that count alone.
    held: BTreeMap<ActId, Act>,
    /// Signatures of held acts that hold and do not count yet.
    aside: BTreeMap<ActId, Vec<ActSignature>>,
    waiting: BTreeMap<ActId, Act>,
    chains: BTreeMap<OrganisationId, Chain>,
    effect: Option<Effect>,
}

/// What is in effect, made from the acts held.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Effect {
    members: BTreeSet<OrganisationId>,
    roles: BTreeMap<(OrganisationId, PublicKey), Role>,
    nodes: BTreeMap<NodeId, OrganisationId>,
}

impl Governance {
    /// Knows the consortium's id and nothing else.
    #[must_use]
    pub const fn new(consortium: ConsortiumId) -> Self {
        Self {
            consortium,
            held: BTreeMap::new(),
            aside: BTreeMap::new(),
            waiting: BTreeMap::new(),
            chains: BTreeMap::new(),
            effect: None,
        }
    }

    /// The consortium.
    #[must_use]
    pub const fn consortium(&self) -> ConsortiumId {
        self.consortium
    }

    /// Takes an act with its signatures. Those that fail are dropped, never the act.
    ///
    /// # Errors
    /// [`Refusal`] names the rule that it breaks, whatever else may come; nothing is kept then.
    pub fn take(&mut self, act: Act) -> Result<Taken, Refusal> {
        let id = act.id();
        if self.held.contains_key(&id) {
            return Ok(self.take_signatures(&act));
        }
        // Before its signatures are checked, which costs us.
        self.check_consortium(&act)?;
        let known = self.waiting.get(&id);
        let act = merge_checked(known, act);
        match self.admission(&act)? {
            Admission::Waits => self.let_wait(act),
            Admission::Held => {
                self.waiting.remove(&id);
                self.hold(act);
                self.settle();
                Ok(Taken::New)
            }
        }
    }

    fn let_wait(&mut self, act: Act) -> Result<Taken, Refusal> {
        let others = || self.waiting.values().filter(|other| other.id() != act.id());
        let bytes = others().map(Act::encoded_len).fold(act.encoded_len(), usize::saturating_add);
        if others().count() >= limits::ACTS_WAITING || bytes > limits::ACTS_WAITING_BYTES {
            return Err(Refusal::TooManyWaiting);
        }
        self.waiting.insert(act.id(), act);
        Ok(Taken::Waiting)
    }

    fn take_signatures(&mut self, act: &Act) -> Taken {
        let Some(held) = self.held.get(&act.id()) else { return Taken::Known };
        let before = held.signatures().len();
        let aside = self.aside.get(&act.id()).map_or(&[][..], Vec::as_slice);
        let is_news = |signature: &&ActSignature| {
            // The costly check last: a peer offers what we hold again and again.
            !held.signatures().contains(signature) && !aside.contains(signature) && held.is_signed_by(signature)
        };
        let news: Vec<_> = act.signatures().iter().filter(is_news).copied().collect();
        if news.is_empty() {
            return Taken::Known;
        }
        self.aside.entry(act.id()).or_default().extend(news);
        self.settle();
        let after = self.held.get(&act.id()).map_or(0, |held| held.signatures().len());
        if after > before { Taken::MoreSignatures } else { Taken::Known }
    }

    /// Moves what can be moved, until nothing moves: signatures that have come to count, acts whose predecessors came.
    fn settle(&mut self) {
        loop {
            let has_moved = self.promote() | self.admit_waiting();
            if !has_moved {
                break;
            }
        }
        self.aside.retain(|_, signatures| !signatures.is_empty());
        self.effect = self.make_effect();
    }

    fn promote(&mut self) -> bool {
        let mut has_moved = false;
        for id in self.aside.keys().copied().collect::<Vec<_>>() {
            let (Some(act), Some(aside)) = (self.held.get(&id), self.aside.get(&id)) else { continue };
            let lineage = Lineage::behind(act, &self.held);
            let (count, rest): (Vec<_>, Vec<_>) =
                aside.iter().partition(|signature| self.counts(act, &lineage, signature));
            let organisation = act.organisation();
            let rest = act.clone().with_signatures(rest).signatures().to_vec();
            self.aside.insert(id, rest);
            if count.is_empty() {
                continue;
            }
            let all = act.signatures().iter().copied().chain(count).collect();
            let promoted = act.clone().with_signatures(all);
            has_moved |= promoted.signatures().len() > act.signatures().len();
            self.held.insert(id, promoted);
            self.remake_chain(organisation);
        }
        has_moved
    }

    fn admit_waiting(&mut self) -> bool {
        let before = self.waiting.len();
        for (id, act) in std::mem::take(&mut self.waiting) {
            match self.admission(&act) {
                Ok(Admission::Held) => self.hold(act),
                Ok(Admission::Waits) => {
                    self.waiting.insert(id, act);
                }
                // What it follows has come, and shows that it breaks a rule.
                Err(_) => {}
            }
        }
        self.waiting.len() < before
    }

    fn hold(&mut self, act: Act) {
        let organisation = act.organisation();
        self.aside.insert(act.id(), act.signatures().to_vec());
        self.held.insert(act.id(), act.with_signatures(Vec::new()));
        self.remake_chain(organisation);
    }

    fn remake_chain(&mut self, organisation: Option<OrganisationId>) {
        let Some(organisation) = organisation else { return };
        let chain = Chain::of(organisation, &self.held);
        self.chains.insert(organisation, chain);
    }

    fn founding(&self) -> Option<&Act> {
        self.held.get(&ActId::new(*self.consortium.as_bytes()))
    }

    /// The charter in effect; `None` until every founding member has signed.
    #[must_use]
    pub fn charter(&self) -> Option<&Charter> {
        self.effect.as_ref()?;
        self.founding()?.as_charter()
    }

    /// An act that is held.
    #[must_use]
    pub fn act(&self, id: &ActId) -> Option<&Act> {
        self.held.get(id)
    }

    /// Every act held, in the order to send them in: the charter, first acts, later ones by version.
    pub fn acts(&self) -> impl Iterator<Item = &Act> {
        let mut acts: Vec<_> = self.held.values().collect();
        acts.sort_by_key(|act| (act.version(), act.kind(), act.id()));
        acts.into_iter()
    }

    fn open_space(&self, space: &SpaceId) -> Option<OpenSpace> {
        OpenSpace::ALL.into_iter().find(|open| open.id(&self.consortium) == *space)
    }
}

/// The act with those signatures of both copies that hold.
fn merge_checked(known: Option<&Act>, act: Act) -> Act {
    let mut merged = known.cloned().unwrap_or_else(|| act.clone().with_signatures(Vec::new()));
    merged.merge_signatures(&act);
    merged
}

#[cfg(test)]
mod tests;
