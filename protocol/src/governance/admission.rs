//! Whether an act may be held: what it follows is held, it breaks none of its chain's rules, someone who may sign it did.
//!
//! A founding charter and a first act that a held charter names need no signature to be held, for their ids are known
//! beforehand. Everything else needs one that counts, by an organisation that is or was a member: so nobody else can fill a disk,
//! whoever brings it in. A candidate that a draft names is no member yet, and could else name and sign without end.

use crate::act::{Act, ActSignature, Kind, founding, next_key_hash};
use crate::breakage::{self, Breakage};
use crate::governance::lineage::Lineage;
use crate::governance::organisation::own_roots;
use crate::governance::waiting::Source;
use crate::governance::{Governance, Task, Weighed};
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
    #[error("belongs to consortium {}, and this is {}", found.to_short(), expected.to_short())]
    OtherConsortium {
        /// The consortium here.
        expected: ConsortiumId,
        /// The act's.
        found: ConsortiumId,
    },
    /// Does not continue the act that it names as previous.
    #[error("does not continue the act that it names as the one before it")]
    NotNext,
    /// Nobody's signature beneath it holds and can ever count.
    #[error("no signature beneath it holds and is by a key whose word it needs")]
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
    /// A version that admits or removes more than one organisation.
    #[error("admits or removes {changed} organisations at once")]
    TwoAtOnce {
        /// How many.
        changed: usize,
    },
    /// A version that drops a member without saying what of it still counts.
    #[error("leaves out {} and has no positions for its logs", organisation.to_short())]
    NotTakenOut {
        /// The member.
        organisation: OrganisationId,
    },
    /// A version that takes out whom it names as a member.
    #[error("takes out {}, and names it as a member", organisation.to_short())]
    StillMember {
        /// The member.
        organisation: OrganisationId,
    },
    /// A version that takes out whom the one before it does not name.
    #[error("takes out {}, which is no member", organisation.to_short())]
    NoMember {
        /// Which.
        organisation: OrganisationId,
    },
    /// An organisation that was taken out, under the same first act: none of its later acts could ever stand.
    #[error("admits {} again, which an earlier version took out", organisation.to_short())]
    Readmitted {
        /// The organisation.
        organisation: OrganisationId,
    },
    /// A predecessor of whom it does not admit, or that is a member itself.
    #[error("names {} as a predecessor, which it cannot be", organisation.to_short())]
    Predecessor {
        /// The one it was.
        organisation: OrganisationId,
    },
    /// A settlement of fewer than two acts.
    #[error("settles fewer than two acts")]
    SettlesOne,
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
            Self::TwoAtOnce { .. } => "act_two_at_once",
            Self::NotTakenOut { .. } => "act_not_taken_out",
            Self::StillMember { .. } => "act_still_member",
            Self::NoMember { .. } => "act_no_member",
            Self::Readmitted { .. } => "act_readmitted",
            Self::Predecessor { .. } => "act_predecessor",
            Self::SettlesOne => "act_settles_one",
            Self::TooManyWaiting => "act_too_many_waiting",
        }
    }
}

impl Governance {
    /// Judges an act without taking it; `None` if it brings nothing that is not known. What fails beneath it is dropped,
    /// never the act.
    ///
    /// # Errors
    /// [`Refusal`] names the rule that it breaks, whatever else may come.
    pub fn weigh(&self, act: Act, source: Source) -> Result<Option<Weighed>, Refusal> {
        let id = act.id();
        if let Some(held) = self.held.get(&id) {
            let aside = self.aside.get(&id).map_or(&[][..], Vec::as_slice);
            let news = self.news(&act, &[held.signatures(), aside], source);
            let act = held.clone().with_signatures(news);
            return Ok((!act.signatures().is_empty()).then_some(Weighed { act, task: Task::Sign }));
        }
        self.check_consortium(&act)?;
        // Before its signatures are checked, which costs us.
        self.follows(&act, &self.lineage(&act))?;
        let waiting = self.waiting.get(&id);
        let known = waiting.map_or(&[][..], Act::signatures);
        let news = self.news(&act, &[known], source);
        if waiting.is_some() && news.is_empty() {
            return Ok(None);
        }
        let all = known.iter().copied().chain(news).collect();
        self.seat(act.with_signatures(all), source).map(Some)
    }

    /// What is to be done with an act that is not held, its signatures being checked.
    fn seat(&self, act: Act, source: Source) -> Result<Weighed, Refusal> {
        let task = match self.admission(&act)? {
            Admission::Held => Task::Hold,
            Admission::Waits => {
                let source = self.waiting.source(&act.id()).unwrap_or_else(|| self.payer(source));
                let leaving = self.waiting.room_for(&act, source).ok_or(Refusal::TooManyWaiting)?;
                Task::Wait { source, leaving }
            }
        };
        Ok(Weighed { act, task })
    }

    /// Of whose share of the table of waiting acts it is what a source brings.
    fn payer(&self, source: Source) -> Source {
        let Source::Peer(node) = source else { return source };
        self.nodes().get(&node).map_or(source, |organisation| Source::Member(*organisation))
    }

    /// The signatures beneath a copy of an act that are not known, may come to count, and hold.
    fn news(&self, act: &Act, known: &[&[ActSignature]], source: Source) -> Vec<ActSignature> {
        let lineage = self.lineage(act);
        let is_unknown = |signature: &ActSignature| known.iter().all(|known| known.binary_search(signature).is_err());
        let is_news = |signature: &&ActSignature| is_unknown(signature) && self.can_count(act, &lineage, signature);
        let news: Vec<ActSignature> = act.signatures().iter().filter(is_news).copied().collect();
        match source {
            Source::Journal => self.split(act, &news).0,
            Source::Home | Source::Peer(_) | Source::Member(_) => self.checked(act, &news),
        }
    }

    /// Those signatures that hold, of as many as are checked. The costliest check, and so bounded: someone else chose how
    /// many there are, and what each has to be hashed with.
    fn checked(&self, act: &Act, signatures: &[ActSignature]) -> Vec<ActSignature> {
        let affordable = limits::ACT_CHECKED_BYTES.checked_div(act.frame().len()).unwrap_or(0);
        let mut left = signatures.get(..affordable).unwrap_or(signatures);
        let mut held = Vec::new();
        let mut bad = 0_usize;
        while !left.is_empty() && bad < limits::ACT_BAD_SIGNATURES {
            // No more than may still fail: so many are looked at together, and none in vain.
            let together = limits::ACT_BAD_SIGNATURES.saturating_sub(bad).min(left.len());
            let (part, rest) = left.split_at(together);
            let (hold, fail) = self.split(act, part);
            held.extend(hold);
            bad = bad.saturating_add(fail);
            left = rest;
        }
        held
    }

    /// Those that hold, and how many do not.
    fn split(&self, act: &Act, signatures: &[ActSignature]) -> (Vec<ActSignature>, usize) {
        let answers = (self.check.0)(act, signatures);
        let holding = signatures.iter().zip(answers).filter(|(_, holds)| *holds);
        let hold: Vec<ActSignature> = holding.map(|(signature, _)| *signature).collect();
        let fail = signatures.len().saturating_sub(hold.len());
        (hold, fail)
    }

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
        let lineage = self.lineage(act);
        if !self.follows(act, &lineage)? {
            return Ok(Admission::Waits);
        }
        let is_vouched =
            |signed: &ActSignature| self.counts(act, &lineage, signed) && self.was_admitted(&signed.organisation);
        let is_held = act.signatures().iter().any(is_vouched);
        Ok(if is_held { Admission::Held } else { Admission::Waits })
    }

    /// True if the founding charter names the organisation, or a version with enough signatures as all before it: it is or was a
    /// member, or nothing but acknowledgements is missing. Signatures only come, so it stays so.
    pub(super) fn was_admitted(&self, organisation: &OrganisationId) -> bool {
        let is_takeable = || self.effect.as_ref().is_some_and(|effect| effect.charter.takeable.contains(organisation));
        self.is_founder(organisation) || is_takeable()
    }

    fn is_founder(&self, organisation: &OrganisationId) -> bool {
        let founding = self.founding().and_then(Act::as_charter);
        founding.is_some_and(|charter| charter.members.binary_search(organisation).is_ok())
    }

    fn check_consortium(&self, act: &Act) -> Result<(), Refusal> {
        let Some(found) = founding::belongs_to(act) else { return Ok(()) };
        let expected = self.consortium;
        if found == expected { Ok(()) } else { Err(Refusal::OtherConsortium { expected, found }) }
    }

    /// True if some held charter names the organisation whose first act this is.
    fn is_named(&self, act: &Act) -> bool {
        act.organisation().is_some_and(|organisation| self.named.contains_key(&organisation))
    }

    pub(super) fn lineage(&self, act: &Act) -> Lineage<'_> {
        let chain = act.organisation().and_then(|organisation| self.chains.get(&organisation));
        Lineage::behind(act, chain.map(|chain| &chain.tree), &self.held)
    }

    /// Checks an act against the one before it; false while that is missing or not validly signed itself.
    fn follows(&self, act: &Act, lineage: &Lineage<'_>) -> Result<bool, Refusal> {
        let Some(previous) = act.previous() else { return Ok(true) };
        let Some(previous) = self.held.get(&previous) else { return Ok(false) };
        let is_next = previous.kind() == act.kind()
            && previous.scope_id() == act.scope_id()
            && previous.version().checked_add(1) == Some(act.version());
        if !is_next {
            return Err(Refusal::NotNext);
        }
        let Some(organisation) = act.organisation() else {
            self.check_step(act, previous)?;
            return Ok(true);
        };
        check_keys(act, lineage)?;
        Ok(self.chains.get(&organisation).is_some_and(|chain| chain.is_valid(&previous.id())))
    }

    /// False if the signature can never count, whatever may come: it is dropped before it costs us a check. True as well
    /// while the act before is missing and nothing can be said.
    pub(super) fn can_count(&self, act: &Act, lineage: &Lineage<'_>, signature: &ActSignature) -> bool {
        let key = &signature.key;
        match act.organisation() {
            Some(_) if act.is_first() => signature.organisation == OrganisationId::ZERO && is_own_root(act, key),
            Some(organisation) => {
                signature.organisation == organisation && (!lineage.is_known() || lineage.may_sign(act, key))
            }
            None => self.is_asked(act, &signature.organisation),
        }
    }

    /// True if the signature is by a key whose word this act needs: it counts, is kept and sent on. format §4.
    pub(super) fn counts(&self, act: &Act, lineage: &Lineage<'_>, signature: &ActSignature) -> bool {
        let stands = match act.organisation() {
            Some(_) => act.is_first() || lineage.is_known(),
            None => self.chains.get(&signature.organisation).is_some_and(|chain| chain.has_root(&signature.key)),
        };
        stands && self.can_count(act, lineage, signature)
    }

    /// True for the members that a charter or a space's act names, and those that the one before it named or may name.
    fn is_asked(&self, act: &Act, organisation: &OrganisationId) -> bool {
        let names = |act: &Act| act.members().is_some_and(|members| members.binary_search(organisation).is_ok());
        let previous = act.previous().map(|previous| self.held.get(&previous).is_none_or(names));
        names(act) || previous == Some(true)
    }
}

fn is_own_root(act: &Act, key: &PublicKey) -> bool {
    own_roots(act).is_some_and(|roots| roots.keys.binary_search(key).is_ok())
}

/// One role for a key's life, and no root is ever granted: along the whole chain behind the act.
fn check_keys(act: &Act, lineage: &Lineage<'_>) -> Result<(), Refusal> {
    let Some(body) = act.as_organisation() else { return Ok(()) };
    for key in body.grants.iter().map(|grant| grant.key) {
        if lineage.granted(&key).is_some() && !breakage::is_out(Breakage::RoleChangeIsNewKey) {
            return Err(Refusal::GrantedTwice { key });
        }
        if lineage.was_root(&key) {
            return Err(Refusal::GrantedRoot { key });
        }
    }
    for key in body.roots.iter().flat_map(|roots| roots.keys.iter().copied()) {
        if lineage.granted(&key).is_some() {
            return Err(Refusal::GrantedRoot { key });
        }
        let committed = lineage.roots().map_or(&[][..], |roots| &roots.next);
        let is_committed = committed.binary_search(&next_key_hash(&key)).is_ok();
        if !is_committed && !breakage::is_out(Breakage::PrerotationRecovers) {
            return Err(Refusal::NotCommitted { key });
        }
    }
    Ok(())
}

impl Lineage<'_> {
    /// True if this key's signature is one that the act can need.
    fn may_sign(&self, act: &Act, key: &PublicKey) -> bool {
        if own_roots(act).is_some() {
            return is_own_root(act, key);
        }
        let is_root = self.roots().is_some_and(|roots| roots.keys.binary_search(key).is_ok());
        is_root || self.is_admin_signing(key)
    }
}
