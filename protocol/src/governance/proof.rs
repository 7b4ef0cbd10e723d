//! The proof that an organisation signed two acts in one place, as a file of acts that anyone checks by its bytes alone. format §4.7.
//!
//! The two acts come first, with all signatures; behind them the organisation's chain from its first act on, up to the act that sets the
//! roots which signed them; then what a settlement among the two names. Nothing of it depends on who else is a member, or on what is in effect.

use std::collections::BTreeSet;

use crate::act::{Act, ActSignature};
use crate::governance::Governance;
use crate::governance::lineage::Lineage;
use crate::governance::organisation::{Chain, is_satisfied_by, own_roots};
use crate::governance::parts::Parts;
use crate::id::{ActId, ConsortiumId, OrganisationId};
use crate::key::PublicKey;

/// What a file of acts proves of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedBoth {
    /// Who.
    pub organisation: OrganisationId,
    /// Of which consortium the acts are.
    pub consortium: ConsortiumId,
    /// The two acts, the lower id first.
    pub acts: [ActId; 2],
    /// The act that both follow.
    pub previous: ActId,
}

/// Why a file of acts proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unproven {
    /// It does not begin with two charters, or acts of one space, that follow one act.
    #[error("does not begin with two acts that follow one")]
    NotTwo,
    /// One of them is signed instead of the other, or settles it.
    #[error("one of the two is signed instead of the other, or settles it")]
    Excused,
    /// One of them is a settlement, and what it names is not there.
    #[error("one of the two settles an act that is not in the file")]
    Settles,
    /// The others are not one organisation's chain.
    #[error("the acts behind the two are not an organisation's chain")]
    Chain,
    /// Not enough root keys signed both.
    #[error("not enough of its root keys signed both")]
    Unsigned,
}

impl Unproven {
    /// A stable name for programs and translations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotTwo => "two",
            Self::Excused => "excused",
            Self::Settles => "settles",
            Self::Chain => "chain",
            Self::Unsigned => "unsigned",
        }
    }
}

impl Governance {
    /// The acts of a proof that an organisation signed these two; `None` if they, or its chain, are not held, or prove it not.
    #[must_use]
    pub fn prove_signed_both(&self, organisation: &OrganisationId, acts: &[ActId; 2]) -> Option<Vec<Act>> {
        let [one, other] = [self.held.get(acts.first()?)?, self.held.get(acts.last()?)?];
        let mut all = vec![one.clone(), other.clone()];
        let chain = self.chains.get(organisation)?;
        let keys = [one, other].map(|act| keys_of(act, organisation));
        // The earliest acts whose roots signed each: what comes behind the later one proves nothing more.
        let signed_by = |keys: &BTreeSet<PublicKey>| {
            chain.roots_that_signed(keys, &self.held).min_by_key(|id| self.held.get(id).map(Act::version))
        };
        let mut behind = BTreeSet::new();
        for tip in keys.iter().map(signed_by) {
            let before = |act: &ActId| self.held.get(act).and_then(Act::previous);
            behind.extend(std::iter::successors(Some(tip?), before));
        }
        let mut line: Vec<&Act> = behind.iter().filter_map(|id| self.held.get(id)).collect();
        line.sort_by_key(|act| (act.version(), act.id()));
        all.extend(line.into_iter().cloned());
        let mut settled: BTreeSet<ActId> = BTreeSet::new();
        let mut due: Vec<&Act> = vec![one, other];
        while let Some(act) = due.pop() {
            let named = act.settles().into_iter().flat_map(|settles| &settles.rivals);
            due.extend(named.filter(|rival| settled.insert(**rival)).filter_map(|rival| self.held.get(rival)));
        }
        let is_beside = |id: &&ActId| !acts.contains(id);
        all.extend(settled.iter().filter(is_beside).filter_map(|id| self.held.get(id)).cloned());
        check_signed_both(&all).is_ok().then_some(all)
    }
}

/// What a file of acts proves, by its bytes alone.
///
/// # Errors
/// [`Unproven`] says why it proves nothing.
pub fn check_signed_both(acts: &[Act]) -> Result<SignedBoth, Unproven> {
    let [one, other, behind @ ..] = acts else { return Err(Unproven::NotTwo) };
    let previous = one.previous().filter(|_| are_of_one_place(one, other)).ok_or(Unproven::NotTwo)?;
    for (act, beside) in [(one, other), (other, one)] {
        if act.instead().binary_search(&beside.id()).is_ok() || settles(act, &beside.id(), acts)? {
            return Err(Unproven::Excused);
        }
    }
    let organisation = behind.first().and_then(Act::organisation).ok_or(Unproven::Chain)?;
    let (chain, held) = chain_of(&organisation, behind).ok_or(Unproven::Chain)?;
    let have_signed = |act: &Act| chain.has_signed(&keys_of(act, &organisation), &held);
    if !have_signed(one) || !have_signed(other) {
        return Err(Unproven::Unsigned);
    }
    let mut acts = [one.id(), other.id()];
    acts.sort_unstable();
    Ok(SignedBoth { organisation, consortium: one.consortium(), acts, previous })
}

fn are_of_one_place(one: &Act, other: &Act) -> bool {
    let place = |act: &Act| (act.consortium(), act.scope_id(), act.previous(), act.version(), act.kind());
    one.organisation().is_none() && one.id() != other.id() && place(one) == place(other)
}

/// True if a settlement names an act, directly or through one that it names.
fn settles(act: &Act, other: &ActId, acts: &[Act]) -> Result<bool, Unproven> {
    let named = |act: &Act| act.settles().map_or_else(Vec::new, |settles| settles.rivals.clone());
    let mut seen = BTreeSet::new();
    let mut due = named(act);
    while let Some(rival) = due.pop() {
        if seen.insert(rival) {
            let rival = acts.iter().find(|act| act.id() == rival).ok_or(Unproven::Settles)?;
            due.extend(named(rival));
        }
    }
    Ok(seen.contains(other))
}

/// The chain of an organisation, of acts that are all validly signed; others than its own are passed over.
fn chain_of(organisation: &OrganisationId, acts: &[Act]) -> Option<(Chain, Parts<ActId, Act>)> {
    let mut own: Vec<&Act> = acts.iter().filter(|act| act.organisation() == Some(*organisation)).collect();
    own.sort_by_key(|act| (act.version(), act.id()));
    let (mut chain, mut held) = (Chain::default(), Parts::default());
    for act in own {
        let follows = act.previous().is_none_or(|previous| chain.is_valid(&previous));
        let holding: Vec<ActSignature> =
            act.signatures().iter().filter(|signature| act.is_signed_by(signature)).copied().collect();
        let signed = act.clone().with_signatures(holding);
        chain.tree.add(&signed);
        held.insert(act.id(), signed.clone());
        let is_signed = is_satisfied_by(&signed, &Lineage::behind(&signed, Some(&chain.tree), &held));
        if !follows || !is_signed || (own_roots(act).is_none() && act.is_first()) {
            return None;
        }
        chain.add_valid(&signed);
    }
    Some((chain, held))
}

/// The keys whose signatures beneath an act hold, in the name of an organisation.
fn keys_of(act: &Act, organisation: &OrganisationId) -> BTreeSet<PublicKey> {
    let own = act.signatures().iter().filter(|signature| signature.organisation == *organisation);
    own.filter(|signature| act.is_signed_by(signature)).map(|signature| signature.key).collect()
}
