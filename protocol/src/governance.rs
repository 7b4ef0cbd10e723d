//! Who may do what: a pure fold over the acts held and what was attested. DESIGN §7; format §4.
//!
//! The state is a function of the set of acts, signatures and attestations taken, whatever their order. An act whose predecessor is
//! missing waits in a bounded table; a signature whose key stands in no validly signed act of its organisation is set
//! aside, within bounds too: it counts for nothing, is not sent on and takes no place.
//!
//! What is in effect is made of the acts and of what organisations attested: the charter version by version, then the chains
//! of organisations and spaces.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::act::{Act, ActSignature, Charter, DecodeError, Kind, SignatureCheck};
use crate::id::{ActId, ConsortiumId, OpenSpace, OrganisationId, SpaceId};
use crate::key::PublicKey;
use crate::log::{ForkProof, LogKey};

mod acknowledged;
mod admission;
mod attested;
mod behind;
mod change;
mod charter;
mod closed;
mod digest;
mod double;
mod effect;
mod fallen;
mod file;
mod halts;
mod keys;
mod lineage;
mod majority;
mod organisation;
mod parts;
mod proof;
mod query;
mod round;
mod settle;
mod signers;
mod spaces;
mod stand;
mod standing;
mod status;
mod versions;
mod waiting;

pub use acknowledged::{Attested, Membership, Position};
pub use admission::Refusal;
pub use charter::{AssembleError, missing_signatures};
pub use closed::{Against, Closed, Facts, Knowledge, Line, Link};
pub use digest::Item;
pub use file::{FileError, bundle_acts, parse_acts};
pub use halts::{Double, EndsBy, Halt, Settling, Words};
pub use keys::KeyInfo;
pub use proof::{SignedBoth, Unproven, check_signed_both};
pub use query::{GrantInfo, OrganisationInfo, SpaceInfo, TakenOut};
pub use standing::{NotTaken, Ruling, Unauthorised};
pub use status::{ActStatus, Wait};
pub use waiting::Source;

use self::attested::Attestations;
use self::effect::{Effect, Stale};
use self::organisation::Chain;
use self::parts::{Parts, Set};
use self::round::Outcome;
use self::signers::Signers;
use self::waiting::Table;

/// What became of an act that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Held from now on; others that waited for it may be too.
    New,
    /// Held before, with fewer signatures that count.
    MoreSignatures,
    /// Held before, as it is.
    Known,
    /// Kept aside until what it follows is held: not part of what is sent, shown, persisted or in effect.
    Waiting,
}

/// What taking an act has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What became of the act itself.
    pub taken: Taken,
    /// Every act that is held since, or with more signatures: the act itself, and others that waited for it. A caller
    /// persists them; taking what was persisted, in any order, gives the same state again.
    pub acts: Vec<ActId>,
    /// Keys that count as node from now on, each with its organisation: what is held of their logs is to be handed to
    /// [`Governance::attest`].
    pub attesting: Vec<(OrganisationId, PublicKey)>,
}

/// An act that was judged and brings something new, for [`Governance::apply`].
#[derive(Debug, Clone)]
pub struct Weighed {
    act: Act,
    task: Task,
}

/// What is to be done with an act.
#[derive(Debug, Clone)]
enum Task {
    Hold,
    /// Held already: the act has the new signatures alone.
    Sign,
    /// These others give it their room.
    Wait {
        source: Source,
        leaving: Vec<ActId>,
    },
}

impl Weighed {
    /// True if the act is to wait, so that nothing changes that anybody sees.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        matches!(self.task, Task::Wait { .. })
    }
}

/// The acts of one consortium, and what follows from them. A copy shares all that is large with its original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Governance {
    consortium: ConsortiumId,
    check: SignatureCheck,
    /// With the signatures that count alone.
    held: Parts<ActId, Act>,
    /// Signatures of held charters and spaces' acts that hold and do not count yet.
    aside: Parts<ActId, Vec<ActSignature>>,
    waiting: Table,
    chains: BTreeMap<OrganisationId, Arc<Chain>>,
    /// Those in whose chains acknowledgements decide.
    contested: Arc<BTreeSet<OrganisationId>>,
    /// Every organisation that a held charter names, with the lowest version of one that does.
    named: Arc<BTreeMap<OrganisationId, u64>>,
    attestations: Arc<Attestations>,
    /// Each act held with each that follows it.
    followers: Set<(ActId, ActId)>,
    /// Of each charter and space's act held: whom it names, and who signed it.
    members: Parts<ActId, Membership>,
    signers: Parts<ActId, Signers>,
    /// For each charter held what those come to that follow it.
    rounds: Arc<BTreeMap<ActId, Outcome>>,
    effect: Option<Arc<Effect>>,
    /// Of each forked log the proof with the lowest position.
    forks: Arc<BTreeMap<LogKey, ForkProof>>,
    /// Closed logs, as far as they were handed in.
    closed: Arc<BTreeMap<LogKey, Arc<Closed>>>,
}

impl Governance {
    /// Knows the consortium's id and nothing else.
    #[must_use]
    pub fn new(consortium: ConsortiumId) -> Self {
        Self {
            consortium,
            check: SignatureCheck::default(),
            held: Parts::default(),
            aside: Parts::default(),
            waiting: Table::default(),
            chains: BTreeMap::new(),
            contested: Arc::default(),
            named: Arc::default(),
            attestations: Arc::default(),
            followers: Set::default(),
            members: Parts::default(),
            signers: Parts::default(),
            rounds: Arc::default(),
            effect: None,
            forks: Arc::default(),
            closed: Arc::default(),
        }
    }

    /// The same, with signatures checked by another's threads.
    #[must_use]
    pub fn checked_by(self, check: SignatureCheck) -> Self {
        Self { check, ..self }
    }

    /// Puts together what a home's journal holds, in any order. What waits for acts that are not there is left out: an
    /// earlier version persisted it, and whoever holds it sends it again.
    #[must_use]
    pub fn replay(self, acts: Vec<Act>) -> Self {
        let mut governance = self;
        let order = ReplayOrder::of(&acts);
        let (mut left, mut later): (Vec<Act>, Vec<Act>) = acts.into_iter().partition(|act| order.is_of_membership(act));
        // Who is a member first, so that few wait on the way.
        left.sort_by_cached_key(|act| order.place(act));
        later.sort_by_cached_key(|act| order.place(act));
        left = governance.replay_all(left);
        left.append(&mut later);
        loop {
            let before = left.len();
            left = governance.replay_all(left);
            if left.is_empty() || left.len() == before {
                return governance;
            }
        }
    }

    /// Takes these in their order; returns those that wait.
    fn replay_all(&mut self, acts: Vec<Act>) -> Vec<Act> {
        let mut stale = Stale::default();
        let mut left = Vec::new();
        for act in acts {
            match self.weigh(act, Source::Journal) {
                Ok(Some(weighed)) if weighed.is_waiting() => left.push(weighed.act),
                Ok(Some(weighed)) => drop(self.perform(weighed, &mut stale)),
                Ok(None) => {}
                Err(refusal) => tracing::warn!(%refusal, "an act in the journal is passed over"),
            }
        }
        self.refresh(stale);
        left
    }

    /// The consortium.
    #[must_use]
    pub const fn consortium(&self) -> ConsortiumId {
        self.consortium
    }

    /// Reads an act. Of another copy of one that is known only the signatures are new, and nothing else is read again.
    ///
    /// # Errors
    /// [`DecodeError`] names the first rule broken.
    pub fn decode(&self, bytes: &[u8]) -> Result<Act, DecodeError> {
        let known = Act::id_of(bytes).and_then(|id| self.held.get(&id).or_else(|| self.waiting.get(&id)));
        known.map_or_else(|| Act::decode(bytes), |known| known.decode_copy(bytes))
    }

    /// Takes an act with its signatures from a local user. Those that fail are dropped, never the act.
    ///
    /// # Errors
    /// [`Refusal`] names the rule that it breaks, whatever else may come; nothing is kept then.
    pub fn take(&mut self, act: Act) -> Result<Taken, Refusal> {
        let weighed = self.weigh(act, Source::Home)?;
        Ok(weighed.map_or(Taken::Known, |weighed| self.apply(weighed).taken))
    }

    fn founding(&self) -> Option<&Act> {
        self.held.get(&ActId::new(*self.consortium.as_bytes()))
    }

    /// The version of the charter that stands now; `None` until every founding member has signed.
    #[must_use]
    pub fn charter(&self) -> Option<&Charter> {
        self.charter_act()?.as_charter()
    }

    /// Its act.
    #[must_use]
    pub fn charter_act(&self) -> Option<&Act> {
        self.held.get(&self.effect.as_ref()?.charter.last()?.act)
    }

    /// An act that is held.
    #[must_use]
    pub fn act(&self, id: &ActId) -> Option<&Act> {
        self.held.get(id)
    }

    /// Every act held, in the order to send them in, in which few must wait for a later one: each charter, then the chains
    /// of those organisations that it is the first to name, by version; last the spaces' acts.
    pub fn acts(&self) -> impl Iterator<Item = &Act> {
        let mut acts: Vec<_> = self.held.values().collect();
        acts.sort_by_cached_key(|act| {
            (self.due_after(act), act.kind() != Kind::Charter, act.version(), act.kind(), act.id())
        });
        acts.into_iter()
    }

    /// The version of the charter that an act can be taken after.
    fn due_after(&self, act: &Act) -> u64 {
        match (act.kind(), act.organisation()) {
            (Kind::Charter, _) => act.version(),
            (Kind::Organisation, Some(organisation)) => self.named.get(&organisation).copied().unwrap_or(u64::MAX),
            (Kind::Organisation | Kind::Space, _) => u64::MAX,
        }
    }

    fn open_space(&self, space: &SpaceId) -> Option<OpenSpace> {
        OpenSpace::ALL.into_iter().find(|open| open.id(&self.consortium) == *space)
    }
}

/// In which order acts are put together, in which few wait for a later one.
struct ReplayOrder {
    /// Of each organisation the lowest version of a charter that names it.
    named: BTreeMap<OrganisationId, u64>,
}

impl ReplayOrder {
    fn of(acts: &[Act]) -> Self {
        let mut named: BTreeMap<OrganisationId, u64> = BTreeMap::new();
        for (version, charter) in acts.iter().filter_map(|act| Some((act.version(), act.as_charter()?))) {
            for member in &charter.members {
                let lowest = named.entry(*member).or_insert(version);
                *lowest = version.min(*lowest);
            }
        }
        Self { named }
    }

    /// True of charters and first acts, which alone make members as a rule.
    fn is_of_membership(&self, act: &Act) -> bool {
        act.kind() == Kind::Charter || act.is_first_of_organisation()
    }

    /// A first act comes with the version that names it.
    fn place(&self, act: &Act) -> (u64, Kind, ActId) {
        let organisation = act.organisation().filter(|_| act.is_first());
        let named = organisation.and_then(|organisation| self.named.get(&organisation));
        (named.copied().unwrap_or_else(|| act.version()), act.kind(), act.id())
    }
}

#[cfg(test)]
mod tests;
