//! Who may do what: a pure function of the acts held. DESIGN §7; format §4.
//!
//! In effect at present: the founding charter, once every member it names has signed, and the first acts of those
//! members. Later acts are held, passed on and shown as "not in effect yet".

use std::collections::{BTreeMap, BTreeSet};

use crate::act::{self, Act, ActSignature, Charter, OrganisationBody, OrganisationKind, Role};
use crate::encoding::{Tag, hash, hash_plain, tag};
use crate::id::{ActId, ConsortiumId, NodeId, OrganisationId, SpaceId};
use crate::key::PublicKey;
use crate::limits;
use crate::log::Authentic;
use crate::standing::Standing;
use crate::sync::digest::HeldAct;

pub mod founding;
mod standing;

const SPACE_TAG: Tag = tag("ISNAD-SPACE-v1");

/// The id of `public` or `members` in a consortium. format §2.
#[must_use]
pub fn space_id(consortium: ConsortiumId, name: &str) -> SpaceId {
    SpaceId::new(hash(&SPACE_TAG, &[consortium.as_bytes(), name.as_bytes()]))
}

/// Why an act is not held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The bytes are no act.
    #[error(transparent)]
    Decode(#[from] act::DecodeError),
    /// Of another consortium.
    #[error("the act is of another consortium")]
    OtherConsortium,
    /// An organisation that no charter held names.
    #[error("no charter names the organisation {0}")]
    UnknownOrganisation(OrganisationId),
    /// The act before it is not held.
    #[error("the act before it is not held")]
    NoPrevious,
    /// Not enough keys that may sign it have.
    #[error("too few of the keys that may sign this act have signed it")]
    Unsigned,
    /// A grant without the grantee's own proof.
    #[error("the key {0} did not prove that it takes this role")]
    GrantProof(PublicKey),
    /// More acts than this replica keeps of one chain.
    #[error("more acts of one chain than this replica keeps")]
    TooMany,
}

impl Refusal {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Decode(error) => error.code(),
            Self::OtherConsortium => "act_other_consortium",
            Self::UnknownOrganisation(_) => "act_unknown_organisation",
            Self::NoPrevious => "act_no_previous",
            Self::Unsigned => "act_unsigned",
            Self::GrantProof(_) => "act_grant_proof",
            Self::TooMany => "act_too_many",
        }
    }
}

/// Why a log is not taken: it waits at the peer until acts say otherwise. DESIGN §8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotTaken {
    /// A space that this consortium does not have.
    #[error("this consortium has no such space")]
    UnknownSpace,
    /// No membership of the space names the organisation.
    #[error("no membership of the space names the organisation")]
    NotAMember,
    /// No act held of the organisation grants the key.
    #[error("no act of the organisation grants the key")]
    NotGranted,
}

impl NotTaken {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownSpace => "space_unknown",
            Self::NotAMember => "organisation_not_a_member",
            Self::NotGranted => "key_not_granted",
        }
    }
}

/// What became of an act that was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is held now.
    New,
    /// It was held, and has more signatures now.
    MoreSignatures,
    /// It was held with all of these signatures.
    Known,
}

/// Whether an act is in effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It is.
    InEffect,
    /// Not yet.
    NotYet,
}

/// A member organisation, as acts in effect describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// What it is.
    pub kind: Option<OrganisationKind>,
    /// Its names.
    pub names: Vec<act::Name>,
    /// Its keys.
    pub grants: Vec<act::Grant>,
}

/// A space and who is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// Its id.
    pub id: SpaceId,
    /// Its name.
    pub name: &'static str,
    /// TLP 2.0 label.
    pub tlp: &'static str,
    /// True for the space in which charter and organisations' acts travel.
    pub carries_acts: bool,
}

/// What the acts held say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Governance {
    consortium: ConsortiumId,
    acts: BTreeMap<ActId, Act>,
    derived: Derived,
}

/// What is asked of the acts for each entry, worked out once for each act.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Derived {
    /// True once the founding charter is in effect.
    is_founded: bool,
    /// Organisations that some charter held names.
    named: BTreeSet<OrganisationId>,
    /// Keys that some act held of an organisation grants.
    granted: BTreeSet<(PublicKey, OrganisationId)>,
    /// Keys granted by acts in effect.
    roles: BTreeMap<(PublicKey, OrganisationId), Role>,
}

impl Governance {
    /// Knows nothing yet but which consortium it is of.
    #[must_use]
    pub fn new(consortium: ConsortiumId) -> Self {
        Self { consortium, acts: BTreeMap::new(), derived: Derived::default() }
    }

    /// Which consortium.
    #[must_use]
    pub const fn consortium(&self) -> ConsortiumId {
        self.consortium
    }

    /// Takes an act, or signatures that it lacked.
    ///
    /// Acts come in the order of [`Governance::acts`]: an act whose predecessor is not held is refused, and is offered
    /// again at the next contact. Signatures that do not count are dropped, never the act.
    ///
    /// # Errors
    /// [`Refusal`] names the rule; nothing is taken then.
    pub fn take(&mut self, mut act: Act) -> Result<Taken, Refusal> {
        let id = act.id();
        self.check_place(&act, id)?;
        let offered = std::mem::take(&mut act.signatures);
        let counting: Vec<ActSignature> =
            offered.into_iter().filter(|signature| self.counts(&act, signature)).collect();
        if let Some(held) = self.acts.get_mut(&id) {
            let before = held.signatures.len();
            held.add_signatures(&counting);
            let taken = if held.signatures.len() > before { Taken::MoreSignatures } else { Taken::Known };
            self.derive();
            return Ok(taken);
        }
        act.add_signatures(&counting);
        self.check_signed(&act)?;
        self.acts.insert(id, act);
        self.recount();
        self.derive();
        Ok(Taken::New)
    }

    fn derive(&mut self) {
        let named = self.charters().flat_map(|charter| charter.members.iter().copied()).collect();
        let mut granted = BTreeSet::new();
        for act in self.acts.values() {
            let organisation = OrganisationId::new(*act.scope_id().as_bytes());
            let grants = act.as_organisation().into_iter().flat_map(|body| &body.grants);
            granted.extend(grants.map(|grant| (grant.key, organisation)));
        }
        self.derived = Derived { is_founded: self.is_signed_by_all(), named, granted, roles: BTreeMap::new() };
        let roles = self.organisations().into_iter().flat_map(|organisation| {
            organisation.grants.into_iter().map(move |grant| ((grant.key, organisation.id), grant.role))
        });
        self.derived.roles = roles.collect();
    }

    fn check_place(&self, act: &Act, id: ActId) -> Result<(), Refusal> {
        let is_founding = *id.as_bytes() == *self.consortium.as_bytes();
        match act.kind {
            act::Kind::Charter if act.version == 1 => {
                if is_founding {
                    Ok(())
                } else {
                    Err(Refusal::OtherConsortium)
                }
            }
            act::Kind::Organisation if act.version == 1 => {
                let organisation = OrganisationId::new(*id.as_bytes());
                let is_named = self.charters().any(|charter| charter.members.contains(&organisation));
                if is_named {
                    self.check_grants(act, organisation)
                } else {
                    Err(Refusal::UnknownOrganisation(organisation))
                }
            }
            act::Kind::Charter | act::Kind::Organisation => self.check_later(act),
            act::Kind::Space => {
                if act.consortium == self.consortium {
                    Err(Refusal::NoPrevious)
                } else {
                    Err(Refusal::OtherConsortium)
                }
            }
        }
    }

    fn check_later(&self, act: &Act) -> Result<(), Refusal> {
        if act.consortium != self.consortium {
            return Err(Refusal::OtherConsortium);
        }
        let previous = self.acts.get(&act.previous).ok_or(Refusal::NoPrevious)?;
        let continues = previous.kind == act.kind
            && previous.scope_id() == act.scope
            && previous.version.checked_add(1) == Some(act.version);
        if !continues {
            return Err(Refusal::NoPrevious);
        }
        let of_chain = self.acts.values().filter(|held| held.scope_id() == act.scope).count();
        if of_chain >= limits::ACTS_OF_A_CHAIN && !self.acts.contains_key(&act.id()) {
            return Err(Refusal::TooMany);
        }
        self.check_grants(act, OrganisationId::new(*act.scope.as_bytes()))
    }

    /// Each grantee proved that it takes its role, and no key is granted twice or is a root of the chain.
    fn check_grants(&self, act: &Act, organisation: OrganisationId) -> Result<(), Refusal> {
        let Some(body) = act.as_organisation() else { return Ok(()) };
        let named = match (&body.roots, act.version) {
            (Some(roots), 1) => OrganisationBody::stand_in(&roots.keys),
            _ => organisation,
        };
        let before: Vec<&OrganisationBody> = self.ancestors(act).filter_map(Act::as_organisation).collect();
        for grant in &body.grants {
            let is_twice = before.iter().any(|body| {
                let is_root = body.roots.iter().any(|roots| roots.keys.contains(&grant.key));
                is_root || body.grants.iter().any(|other| other.key == grant.key)
            });
            if is_twice || !grant.is_proven(named) {
                return Err(Refusal::GrantProof(grant.key));
            }
        }
        let mut new_roots = body.roots.iter().flat_map(|roots| &roots.keys);
        let granted_before =
            |key: &&PublicKey| before.iter().any(|body| body.grants.iter().any(|grant| grant.key == **key));
        new_roots.find(granted_before).map_or(Ok(()), |key| Err(Refusal::GrantProof(*key)))
    }

    fn ancestors<'a>(&'a self, act: &'a Act) -> impl Iterator<Item = &'a Act> {
        let mut previous = act.previous;
        std::iter::from_fn(move || {
            let act = self.acts.get(&previous)?;
            previous = act.previous;
            Some(act)
        })
    }

    /// An organisation's own acts are kept only if its keys signed them; a charter gathers signatures as a draft.
    fn check_signed(&self, act: &Act) -> Result<(), Refusal> {
        if act.kind != act::Kind::Organisation || self.is_signed_by_own(act) { Ok(()) } else { Err(Refusal::Unsigned) }
    }

    /// True if the keys that may sign this act of an organisation have, by their threshold. format §4, "Who signs".
    fn is_signed_by_own(&self, act: &Act) -> bool {
        let Some(body) = act.as_organisation() else { return false };
        let signed = |keys: &[PublicKey], threshold: u64| {
            let count = act.signatures.iter().filter(|signature| keys.contains(&signature.key)).count();
            u64::try_from(count).unwrap_or(u64::MAX) >= threshold
        };
        let committed = self.ancestors(act).find_map(|act| act.as_organisation()?.roots.as_ref());
        match (&body.roots, committed) {
            (Some(own), None) => signed(&own.keys, own.threshold),
            (Some(own), Some(before)) => {
                let is_committed = |key: &PublicKey| before.next.contains(&act::next_key_hash(key));
                own.keys.iter().all(is_committed)
                    && signed(&own.keys, own.threshold)
                    && signed(&own.keys, before.next_threshold)
            }
            (None, Some(before)) => signed(&before.keys, before.threshold) || self.is_signed_by_admin(act, body),
            (None, None) => false,
        }
    }

    fn is_signed_by_admin(&self, act: &Act, body: &OrganisationBody) -> bool {
        let small = [Role::Contributor, Role::Publisher, Role::Reader];
        let ancestors: Vec<&OrganisationBody> = self.ancestors(act).filter_map(Act::as_organisation).collect();
        let allows = ancestors.last().is_some_and(|first| first.has_admin);
        let granted = |key: &PublicKey| {
            let of_key = |body: &&OrganisationBody| {
                body.grants.iter().any(|grant| grant.key == *key && grant.role == Role::Admin)
            };
            let revoked = |body: &&OrganisationBody| body.revocations.iter().any(|revocation| revocation.key == *key);
            ancestors.iter().any(of_key) && !ancestors.iter().any(revoked)
        };
        let role_of = |key: &PublicKey| {
            ancestors.iter().flat_map(|body| &body.grants).find(|grant| grant.key == *key).map(|grant| grant.role)
        };
        let is_small = body.names.is_empty()
            && body.grants.iter().all(|grant| small.contains(&grant.role))
            && body
                .revocations
                .iter()
                .all(|revocation| role_of(&revocation.key).is_some_and(|role| small.contains(&role)));
        allows && is_small && act.signatures.iter().any(|signature| granted(&signature.key))
    }

    /// True if a signature counts towards an act: its key stands, as a root, in a validly signed act of its organisation.
    fn counts(&self, act: &Act, signature: &ActSignature) -> bool {
        let is_placed = match act.kind {
            act::Kind::Organisation => {
                let own = act.as_organisation().and_then(|body| body.roots.as_ref());
                let is_own = own.is_some_and(|roots| roots.keys.contains(&signature.key));
                let is_first = act.version == 1;
                let owner = if is_first { OrganisationId::ZERO } else { OrganisationId::new(*act.scope.as_bytes()) };
                let is_admin = self.ancestors(act).filter_map(Act::as_organisation).any(|body| {
                    body.grants.iter().any(|grant| grant.key == signature.key && grant.role == Role::Admin)
                });
                signature.organisation == owner
                    && (is_own
                        || is_admin
                        || self.is_root_of(OrganisationId::new(*act.scope.as_bytes()), &signature.key))
            }
            act::Kind::Charter | act::Kind::Space => {
                let is_unknown = !self.acts.contains_key(&ActId::new(*signature.organisation.as_bytes()));
                // Before the first acts are held nobody can say whose keys these are: they are kept, and dropped by
                // `recount` once it can be said.
                let is_named =
                    act.as_charter().is_some_and(|charter| charter.members.contains(&signature.organisation));
                (is_unknown && is_named) || self.is_root_of(signature.organisation, &signature.key)
            }
        };
        is_placed && act.is_signed_by(signature)
    }

    fn is_root_of(&self, organisation: OrganisationId, key: &PublicKey) -> bool {
        self.chain_of(organisation)
            .filter_map(|act| act.as_organisation()?.roots.as_ref())
            .any(|roots| roots.keys.contains(key))
    }

    fn chain_of(&self, organisation: OrganisationId) -> impl Iterator<Item = &Act> {
        let scope = ActId::new(*organisation.as_bytes());
        self.acts.values().filter(move |act| act.kind == act::Kind::Organisation && act.scope_id() == scope)
    }

    /// Drops signatures on charters that, by what is held now, do not count.
    fn recount(&mut self) {
        let charters: Vec<ActId> =
            self.acts.iter().filter(|(_, act)| act.kind == act::Kind::Charter).map(|(id, _)| *id).collect();
        for id in charters {
            let Some(act) = self.acts.get(&id).cloned() else { continue };
            let kept: Vec<ActSignature> =
                act.signatures.iter().filter(|signature| self.counts(&act, signature)).copied().collect();
            if let Some(held) = self.acts.get_mut(&id) {
                held.signatures = kept;
            }
        }
    }

    fn charters(&self) -> impl Iterator<Item = &Charter> {
        self.acts.values().filter_map(Act::as_charter)
    }

    /// Every act held, in the order in which another replica can take them: the charter, first acts, later ones by
    /// version.
    pub fn acts(&self) -> impl Iterator<Item = &Act> {
        let mut acts: Vec<(u64, act::Kind, ActId, &Act)> =
            self.acts.iter().map(|(id, act)| (act.version, act.kind, *id, act)).collect();
        acts.sort_unstable_by_key(|(version, kind, id, _)| (*version, *kind, *id));
        acts.into_iter().map(|(_, _, _, act)| act)
    }

    /// An act held, by its id.
    #[must_use]
    pub fn act(&self, id: &ActId) -> Option<&Act> {
        self.acts.get(id)
    }

    /// Whether an act held is in effect.
    #[must_use]
    pub fn effect(&self, id: &ActId) -> Effect {
        let Some(charter) = self.charter() else { return Effect::NotYet };
        let organisation = OrganisationId::new(*id.as_bytes());
        let is_founding = *id.as_bytes() == *self.consortium.as_bytes();
        if is_founding || charter.members.contains(&organisation) { Effect::InEffect } else { Effect::NotYet }
    }

    /// The charter in effect: the founding one, once every organisation that it names has signed it.
    #[must_use]
    pub fn charter(&self) -> Option<&Charter> {
        self.founding().filter(|_| self.derived.is_founded)?.as_charter()
    }

    fn founding(&self) -> Option<&Act> {
        self.acts.get(&ActId::new(*self.consortium.as_bytes()))
    }

    fn is_signed_by_all(&self) -> bool {
        let signed = |act: &Act| {
            act.as_charter().is_some_and(|charter| charter.members.iter().all(|member| self.has_signed(act, *member)))
        };
        self.founding().is_some_and(signed)
    }

    /// The role that an act in effect grants a key of a member organisation.
    #[must_use]
    pub fn role(&self, key: PublicKey, organisation: OrganisationId) -> Option<Role> {
        self.derived.roles.get(&(key, organisation)).copied()
    }

    /// True if the threshold of roots of any one act of the organisation has signed. format §4.
    #[must_use]
    pub fn has_signed(&self, act: &Act, organisation: OrganisationId) -> bool {
        let signed: BTreeSet<PublicKey> = act
            .signatures
            .iter()
            .filter(|signature| signature.organisation == organisation)
            .map(|signature| signature.key)
            .collect();
        self.chain_of(organisation).filter_map(|act| act.as_organisation()?.roots.as_ref()).any(|roots| {
            let count = roots.keys.iter().filter(|key| signed.contains(key)).count();
            u64::try_from(count).unwrap_or(u64::MAX) >= roots.threshold
        })
    }

    /// The member organisations, ascending by id; none before the charter is in effect.
    #[must_use]
    pub fn organisations(&self) -> Vec<Organisation> {
        let members = self.charter().map(|charter| charter.members.clone()).unwrap_or_default();
        members.into_iter().filter_map(|id| self.organisation(id)).collect()
    }

    /// One member organisation, as its first act describes it.
    #[must_use]
    pub fn organisation(&self, id: OrganisationId) -> Option<Organisation> {
        let body = self.acts.get(&ActId::new(*id.as_bytes()))?.as_organisation()?;
        Some(Organisation { id, kind: body.kind, names: body.names.clone(), grants: body.grants.clone() })
    }

    /// The keys that open connections, and whose they are: the allow-list of the network.
    #[must_use]
    pub fn nodes(&self) -> BTreeMap<NodeId, OrganisationId> {
        let readers = self.derived.roles.iter().filter(|(_, role)| **role == Role::Reader);
        readers.map(|((key, organisation), _)| (NodeId::new(*key.as_bytes()), *organisation)).collect()
    }

    /// The spaces of the consortium.
    #[must_use]
    pub fn spaces(&self) -> Vec<Space> {
        let space = |name, tlp, carries_acts| Space { id: space_id(self.consortium, name), name, tlp, carries_acts };
        vec![space("members", "tlp:amber", true), space("public", "tlp:clear", false)]
    }

    /// The space that everyone may read.
    #[must_use]
    pub fn public_space(&self) -> SpaceId {
        space_id(self.consortium, "public")
    }

    /// Passes if a log may be taken, offered and digested. DESIGN §8, Law.
    ///
    /// # Errors
    /// [`NotTaken`] says what is missing; acts that come later may bring it.
    pub fn may_take(&self, space: SpaceId, author: PublicKey, organisation: OrganisationId) -> Result<(), NotTaken> {
        if !self.spaces().iter().any(|known| known.id == space) {
            return Err(NotTaken::UnknownSpace);
        }
        if !self.derived.named.contains(&organisation) {
            return Err(NotTaken::NotAMember);
        }
        if self.derived.granted.contains(&(author, organisation)) { Ok(()) } else { Err(NotTaken::NotGranted) }
    }

    /// True if any act held grants the key.
    #[must_use]
    pub fn is_granted(&self, key: &PublicKey) -> bool {
        self.derived.granted.range((*key, OrganisationId::ZERO)..).next().is_some_and(|(granted, _)| granted == key)
    }

    /// Each act held, as it stands in the digest that peers compare. format §7.
    #[must_use]
    pub fn held_acts(&self) -> Vec<HeldAct> {
        let held = |(id, act): (&ActId, &Act)| {
            let mut bytes = id.as_bytes().to_vec();
            for signature in &act.signatures {
                bytes.extend(signature.organisation.as_bytes());
                bytes.extend(signature.key.as_bytes());
            }
            HeldAct {
                scope: *act.scope_id().as_bytes(),
                version: act.version,
                signatures: hash_plain(&[&bytes]),
                id: *id,
            }
        };
        self.acts.iter().map(held).collect()
    }

    /// Each newest act in effect: scope, version, id. format §8.
    #[must_use]
    pub fn acts_in_effect(&self) -> Vec<(ActId, u64, ActId)> {
        let in_effect = self.acts.iter().filter(|(id, _)| self.effect(id) == Effect::InEffect);
        in_effect.map(|(id, act)| (act.scope_id(), act.version, *id)).collect()
    }

    /// What the acts say of an entry, before its payload is looked at: the first standings of DESIGN §7's order.
    #[must_use]
    pub fn judge(&self, entry: &Authentic) -> Option<Standing> {
        standing::judge(self, entry)
    }
}
