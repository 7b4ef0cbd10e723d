//! Whether an act is in effect, and what it waits for. DESIGN §7.

use std::collections::BTreeSet;

use crate::act::{Act, Kind};
use crate::governance::Governance;
use crate::governance::effect::Effect;
use crate::governance::round::{Round, half};
use crate::governance::spaces::needs_all;
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
    /// A settlement: for nothing that can come. It names so many double signers that too few are left whose signatures count.
    TooFew {
        /// How many are left.
        left: usize,
        /// How many have to sign.
        needed: usize,
    },
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

impl Governance {
    /// Whether an act is in effect; `None` if it is not held.
    #[must_use]
    pub fn status(&self, id: &ActId) -> Option<ActStatus> {
        let act = self.held.get(id)?;
        let Some(effect) = &self.effect else {
            return Some(ActStatus::NotInEffectYet { why: self.waits_for_founding(act) });
        };
        Some(match (act.organisation(), act.kind()) {
            (Some(organisation), _) => self.organisation_status(act, &organisation, effect),
            (None, Kind::Charter) => self.charter_status(act, effect),
            (None, Kind::Space | Kind::Organisation) => self.space_status(act, effect),
        })
    }

    fn waits_for_founding(&self, act: &Act) -> Wait {
        match (act.previous(), act.organisation()) {
            (Some(previous), _) => Wait::Previous(previous),
            (None, Some(organisation)) => self.first_act_waits(act, &organisation),
            (None, None) if act.kind() == Kind::Charter => Wait::Members(self.missing_signatures()),
            (None, None) => Wait::Charter,
        }
    }

    /// What the first act of an organisation waits for that no version now standing names.
    fn first_act_waits(&self, act: &Act, organisation: &OrganisationId) -> Wait {
        let founding = self.founding().and_then(Act::as_charter);
        let is_founder = founding.is_some_and(|charter| charter.members.binary_search(organisation).is_ok());
        let is_valid = self.chains.get(organisation).is_some_and(|chain| chain.is_valid(&act.id()));
        match (is_valid, is_founder) {
            (false, _) => Wait::OwnSignatures,
            (true, true) => Wait::Charter,
            (true, false) => Wait::Admission,
        }
    }

    fn organisation_status(&self, act: &Act, organisation: &OrganisationId, effect: &Effect) -> ActStatus {
        let id = act.id();
        let not_yet = |why| ActStatus::NotInEffectYet { why };
        let valid = self.chains.get(organisation).filter(|chain| chain.is_valid(&id));
        let standing = effect.organisations.get(organisation);
        let (Some(chain), Some(standing)) = (valid, standing) else {
            return not_yet(match act.previous() {
                None => self.first_act_waits(act, organisation),
                Some(_) if self.follows_valid(act, organisation) && valid.is_none() => Wait::OwnSignatures,
                Some(previous) => Wait::Previous(previous),
            });
        };
        if standing.has(act) {
            return ActStatus::InEffect;
        }
        // Neither has lost while rotations from one commitment halt the chain, wherever they leave it.
        let rotations = standing.stop.as_ref().filter(|stop| stop.is_of_rotations).map_or(&[][..], |stop| &stop.rivals);
        let follows = |rotation: &ActId| {
            let version = self.held.get(rotation).map(Act::version);
            version.and_then(|version| chain.tree.ancestor(id, version)) == Some(*rotation)
        };
        if let Some(after) = standing.last().filter(|_| rotations.iter().any(follows)) {
            return ActStatus::Halted { after };
        }
        let after = chain.tree.last_common(act, |version| standing.at(version));
        let next = after.and_then(|version| standing.at(version.saturating_add(1)));
        match (next, standing.ended_by, standing.last()) {
            (Some(to), ..) => ActStatus::Lost { to },
            (None, Some(by), _) => ActStatus::TakenOut { by },
            (None, None, Some(after)) => ActStatus::Halted { after },
            (None, None, None) => not_yet(Wait::Previous(id)),
        }
    }

    fn follows_valid(&self, act: &Act, organisation: &OrganisationId) -> bool {
        let chain = self.chains.get(organisation);
        act.previous().is_some_and(|previous| chain.is_some_and(|chain| chain.is_valid(&previous)))
    }

    fn charter_status(&self, act: &Act, effect: &Effect) -> ActStatus {
        let charter = &effect.charter;
        let (before, child) = match self.branch(act, |act| charter.position(act).is_some()) {
            Branch::Standing => return ActStatus::InEffect,
            Branch::After { before, child } => (before, child),
            Branch::Nowhere => return ActStatus::NotInEffectYet { why: Wait::Previous(act.id()) },
        };
        let next = charter.position(before).and_then(|at| charter.standing.get(at.checked_add(1)?));
        let members = self.members_of(&before.id());
        match (next, members) {
            (Some(next), _) => ActStatus::Lost { to: next.act },
            (None, Some(members)) => {
                // Of drafts there may be many: what others did is asked of those alone that have enough signatures.
                let round = self.is_candidate(before, child).then(|| self.charter_round(before, members));
                self.last_status(act, child, round.as_ref(), before)
            }
            (None, None) => ActStatus::NotInEffectYet { why: Wait::Previous(before.id()) },
        }
    }

    fn space_status(&self, act: &Act, effect: &Effect) -> ActStatus {
        let Some(space) = effect.spaces.get(&act.scope_id()) else {
            let why = act.previous().map_or_else(|| self.first_of_space_waits(act), Wait::Previous);
            return ActStatus::NotInEffectYet { why };
        };
        let (before, child) = match self.branch(act, |act| space.has(act)) {
            Branch::Standing => return ActStatus::InEffect,
            Branch::After { before, child } => (before, child),
            Branch::Nowhere => return ActStatus::NotInEffectYet { why: Wait::Previous(act.id()) },
        };
        let next = usize::try_from(before.version()).ok().and_then(|at| space.standing.get(at));
        if let Some(next) = next {
            return ActStatus::Lost { to: next.act };
        }
        let members = self.members_of(&before.id());
        match members.and_then(|members| self.space_round(members, &effect.charter)) {
            Some(round) => self.last_status(act, child, Some(&round), before),
            None => ActStatus::NotInEffectYet { why: self.signatures_missing(child, before) },
        }
    }

    fn first_of_space_waits(&self, act: &Act) -> Wait {
        let members = self.members_of(&act.id());
        let missing: Vec<_> = members.map_or_else(Vec::new, |members| {
            members.members.difference(&self.signed_among(act, &members.members)).copied().collect()
        });
        Wait::Signatures { more: missing.len(), missing }
    }

    /// Of an act beyond the last that stands: `child` is the one that follows that, and it or one before it.
    /// Without a round it is none of those with enough signatures.
    fn last_status(&self, act: &Act, child: &Act, round: Option<&Round<'_>>, before: &Act) -> ActStatus {
        let round = round.filter(|round| round.candidates.contains_key(&child.id()));
        if round.is_some_and(|round| round.candidates.len() > 1) {
            return ActStatus::Halted { after: before.id() };
        }
        let why = match (act.previous().filter(|_| act.id() != child.id()), round) {
            (Some(previous), _) => Wait::Previous(previous),
            (None, Some(round)) => acknowledgements_missing(child, round),
            (None, None) => self.signatures_missing(child, before),
        };
        ActStatus::NotInEffectYet { why }
    }

    fn signatures_missing(&self, act: &Act, before: &Act) -> Wait {
        let (Some(old), Some(new)) = (self.members_of(&before.id()), self.members_of(&act.id())) else {
            return Wait::Previous(before.id());
        };
        if let Some(settles) = act.settles() {
            let counts = |who: &&OrganisationId| settles.double.binary_search(who).is_err();
            let asked: BTreeSet<_> = old.members.iter().filter(counts).copied().collect();
            let most = half(old.members.len());
            let needed = if takes_all(act, before) { most.max(asked.len()) } else { most };
            return self.settlement_waits(act, &asked, needed);
        }
        let asked: BTreeSet<OrganisationId> = old.members.union(&new.members).copied().collect();
        let lacking = |members: &BTreeSet<OrganisationId>, needed: usize| {
            needed.saturating_sub(self.signed_among(act, members).len())
        };
        let threshold = |act: &Act| act.as_charter().and_then(|charter| usize::try_from(charter.threshold).ok());
        let more = match (threshold(before), threshold(act)) {
            (Some(of_old), Some(of_new)) => lacking(&old.members, of_old).max(lacking(&new.members, of_new)),
            _ if takes_all(act, before) => lacking(&old.members, old.members.len()),
            _ => lacking(&old.members, half(old.members.len())),
        };
        Wait::Signatures { more: more.max(1), missing: self.not_signed(act, &asked) }
    }

    /// What a settlement waits for, of which the signatures of these alone count.
    fn settlement_waits(&self, act: &Act, asked: &BTreeSet<OrganisationId>, needed: usize) -> Wait {
        if asked.len() < needed {
            return Wait::TooFew { left: asked.len(), needed };
        }
        match needed.saturating_sub(self.signed_among(act, asked).len()) {
            0 => Wait::Rivals,
            more => Wait::Signatures { more, missing: self.not_signed(act, asked) },
        }
    }

    fn not_signed(&self, act: &Act, asked: &BTreeSet<OrganisationId>) -> Vec<OrganisationId> {
        let signed = self.signers.get(&act.id()).map(|signers| &signers.all);
        asked.iter().filter(|who| signed.is_none_or(|signed| !signed.contains(who))).copied().collect()
    }

    /// Where an act leaves the chain that stands.
    fn branch<'a>(&'a self, act: &'a Act, stands: impl Fn(&Act) -> bool) -> Branch<'a> {
        if stands(act) {
            return Branch::Standing;
        }
        let mut child = act;
        while let Some(before) = child.previous().and_then(|previous| self.held.get(&previous)) {
            if stands(before) {
                return Branch::After { before, child };
            }
            child = before;
        }
        Branch::Nowhere
    }

    /// The newest act in effect of each chain, ascending by scope: the charter, each organisation, each space.
    #[must_use]
    pub fn standing_acts(&self) -> Vec<ActId> {
        let Some(effect) = &self.effect else { return Vec::new() };
        let charter = effect.charter.last().map(|last| last.act);
        let organisations = effect.organisations.values().filter_map(|standing| standing.last());
        let spaces = effect.spaces.values().filter_map(|space| Some(space.standing.last()?.act));
        let mut acts: Vec<ActId> = charter.into_iter().chain(organisations).chain(spaces).collect();
        acts.sort_by_cached_key(|id| self.held.get(id).map(Act::scope_id));
        acts
    }

    /// Every act held, in the order of [`Governance::acts`], with its status.
    #[must_use]
    pub fn history(&self) -> Vec<(ActId, ActStatus)> {
        self.acts().filter_map(|act| Some((act.id(), self.status(&act.id())?))).collect()
    }
}

/// Where an act is against the chain that stands.
enum Branch<'a> {
    Standing,
    /// It is `child`, or follows it, which follows the last common one.
    After {
        before: &'a Act,
        child: &'a Act,
    },
    Nowhere,
}

/// True of a space's act that all have to sign.
fn takes_all(act: &Act, before: &Act) -> bool {
    act.as_space().zip(before.as_space()).is_some_and(|(body, previous)| needs_all(body, previous))
}

fn acknowledgements_missing(act: &Act, round: &Round<'_>) -> Wait {
    let acknowledged = round.candidates.get(&act.id()).map(|act| &act.acknowledged);
    let missing = round.before.iter().filter(|who| acknowledged.is_none_or(|all| !all.contains(who)));
    let needed = half(round.before.len());
    Wait::Acknowledgements { held: round.counted(&act.id()).len(), needed, missing: missing.copied().collect() }
}
