//! Whether an act may be held: what it follows is held, it breaks none of its chain's rules, someone who may sign it did.
//!
//! A founding charter and a first act that a held charter names need no signature to be held, for their ids are known
//! beforehand. Everything else needs one that counts, so that nobody but a member can fill a disk.

use crate::act::{Act, ActSignature, Kind, Role, next_key_hash};
use crate::governance::Governance;
use crate::governance::organisation::Lineage;
use crate::id::{ConsortiumId, OrganisationId};
use crate::key::PublicKey;
use crate::limits;

/// The door's answer to an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    Held,
    Waits,
}

/// Why an act is not taken, whatever else may come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Of another consortium.
    #[error("belongs to consortium {found:?}, and this is {expected:?}")]
    OtherConsortium {
        /// The consortium here.
        expected: ConsortiumId,
        /// The act's.
        found: ConsortiumId,
    },
    /// Does not continue the act that it names as previous.
    #[error("does not continue the act that it names as the one before it")]
    NotNext,
    /// Nobody's signature beneath it holds.
    #[error("no signature beneath it holds")]
    Unsigned,
    /// Grants a key that its organisation granted before.
    #[error("grants the key {key}, which its organisation granted before")]
    GrantedTwice {
        /// The key.
        key: PublicKey,
    },
    /// A key is both granted and a root of its organisation.
    #[error("the key {key} is granted, and is a root of its organisation")]
    GrantedRoot {
        /// The key.
        key: PublicKey,
    },
    /// A rotation to a key that was not committed to.
    #[error("rotates to the key {key}, which was not committed to")]
    NotCommitted {
        /// The key.
        key: PublicKey,
    },
    /// Too many acts wait for others already.
    #[error("{} acts wait for others already", limits::ACTS_WAITING)]
    TooManyWaiting,
}

impl Refusal {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherConsortium { .. } => "act_other_consortium",
            Self::NotNext => "act_not_next",
            Self::Unsigned => "act_unsigned",
            Self::GrantedTwice { .. } => "act_granted_twice",
            Self::GrantedRoot { .. } => "act_granted_root",
            Self::NotCommitted { .. } => "act_not_committed",
            Self::TooManyWaiting => "act_too_many_waiting",
        }
    }
}

impl Governance {
    /// Judges an act of this consortium whose signatures are checked.
    pub(super) fn admission(&self, act: &Act) -> Result<Admission, Refusal> {
        if act.is_first() && act.kind() == Kind::Charter {
            return Ok(Admission::Held);
        }
        if act.is_first_of_organisation() {
            return Ok(if self.is_named(act) { Admission::Held } else { Admission::Waits });
        }
        if act.signatures().is_empty() {
            return Err(Refusal::Unsigned);
        }
        let lineage = Lineage::behind(act, &self.held);
        if !self.follows(act, &lineage)? {
            return Ok(Admission::Waits);
        }
        let counts = act.signatures().iter().any(|signature| self.counts(act, &lineage, signature));
        Ok(if counts { Admission::Held } else { Admission::Waits })
    }

    pub(super) fn check_consortium(&self, act: &Act) -> Result<(), Refusal> {
        let found = match (act.is_first(), act.kind()) {
            (true, Kind::Organisation) => return Ok(()),
            (true, Kind::Charter) => ConsortiumId::new(*act.id().as_bytes()),
            (false, _) | (true, Kind::Space) => act.consortium(),
        };
        let expected = self.consortium;
        if found == expected { Ok(()) } else { Err(Refusal::OtherConsortium { expected, found }) }
    }

    /// True if some held charter names the organisation whose first act this is.
    fn is_named(&self, act: &Act) -> bool {
        let Some(organisation) = act.organisation() else { return false };
        let mut charters = self.held.values().filter_map(Act::as_charter);
        charters.any(|charter| charter.members.binary_search(&organisation).is_ok())
    }

    /// Checks an act against the one before it; false while that is missing or not validly signed itself.
    fn follows(&self, act: &Act, lineage: &Lineage) -> Result<bool, Refusal> {
        let Some(previous) = act.previous() else { return Ok(true) };
        let Some(previous) = self.held.get(&previous) else { return Ok(false) };
        let is_next = previous.kind() == act.kind()
            && previous.scope_id() == act.scope_id()
            && previous.version().checked_add(1) == Some(act.version());
        if !is_next {
            return Err(Refusal::NotNext);
        }
        let Some(organisation) = act.organisation() else { return Ok(true) };
        check_keys(act, lineage)?;
        Ok(self.chains.get(&organisation).is_some_and(|chain| chain.is_valid(&previous.id())))
    }

    /// True if the signature is by a key whose word this act needs: it counts, is kept and sent on. format §4.
    pub(super) fn counts(&self, act: &Act, lineage: &Lineage, signature: &ActSignature) -> bool {
        let key = &signature.key;
        match act.organisation() {
            Some(_) if act.is_first() => {
                signature.organisation == OrganisationId::ZERO && Lineage::own_roots(act).contains(key)
            }
            Some(organisation) => signature.organisation == organisation && lineage.may_sign(act, key),
            None => {
                let chain = self.chains.get(&signature.organisation);
                self.is_asked(act, &signature.organisation) && chain.is_some_and(|chain| chain.has_root(key))
            }
        }
    }

    /// True for the members that a charter or a space's act names, and those that the one before it named.
    fn is_asked(&self, act: &Act, organisation: &OrganisationId) -> bool {
        let previous = act.previous().and_then(|previous| self.held.get(&previous));
        [Some(act), previous].into_iter().flatten().any(|act| {
            let charter = act.as_charter().map(|charter| &charter.members);
            let members = charter.or_else(|| act.as_space().map(|space| &space.members));
            members.is_some_and(|members| members.binary_search(organisation).is_ok())
        })
    }
}

/// One role for a key's life, and no root is ever granted: along the whole chain behind the act.
fn check_keys(act: &Act, lineage: &Lineage) -> Result<(), Refusal> {
    let Some(body) = act.as_organisation() else { return Ok(()) };
    for key in body.grants.iter().map(|grant| grant.key) {
        if lineage.granted.contains_key(&key) {
            return Err(Refusal::GrantedTwice { key });
        }
        if lineage.root_keys.contains(&key) {
            return Err(Refusal::GrantedRoot { key });
        }
    }
    for key in body.roots.iter().flat_map(|roots| roots.keys.iter().copied()) {
        if lineage.granted.contains_key(&key) {
            return Err(Refusal::GrantedRoot { key });
        }
        let committed = lineage.roots.as_ref().map_or(&[][..], |roots| &roots.next);
        if committed.binary_search(&next_key_hash(&key)).is_err() {
            return Err(Refusal::NotCommitted { key });
        }
    }
    Ok(())
}

impl Lineage {
    /// True if this key's signature is one that the act can need.
    fn may_sign(&self, act: &Act, key: &PublicKey) -> bool {
        let own = Self::own_roots(act);
        if !own.is_empty() {
            return own.contains(key);
        }
        let is_root = self.roots.as_ref().is_some_and(|roots| roots.keys.contains(key));
        is_root || self.is_admin_signing(act, key)
    }

    /// True if the key may sign this act alone, as one of the admins that the first act allows.
    pub(super) fn is_admin_signing(&self, act: &Act, key: &PublicKey) -> bool {
        let is_humble = |role: &Role| matches!(role, Role::Contributor | Role::Publisher | Role::Reader);
        let Some(body) = act.as_organisation() else { return false };
        let is_admin = self.granted.get(key) == Some(&Role::Admin) && !self.revoked.contains(key);
        let grants_humbly = body.grants.iter().all(|grant| is_humble(&grant.role));
        let revokes_humbly =
            body.revocations.iter().all(|revocation| self.granted.get(&revocation.key).is_some_and(is_humble));
        let is_else_empty = body.roots.is_none() && body.names.is_empty();
        self.has_admin && is_admin && grants_humbly && revokes_humbly && is_else_empty
    }
}
