//! Claims put together for a reader: the same words of several organisations are one claim with several signers, and what one
//! body says on one basis stands under its name once.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::id::{ClaimId, OrganisationId};
use isnad_protocol::time::Timestamp;
use isnad_protocol::view::{ShownClaim, State};

/// One claim, and every organisation that says it in the same state and space.
#[derive(Debug, Clone)]
pub(super) struct Said<'a> {
    /// The claim as the first of them says it.
    pub(super) claim: &'a ShownClaim,
    /// Who signs it.
    pub(super) signers: Vec<OrganisationId>,
    /// When each first did so, as it claims.
    pub(super) times: Vec<Timestamp>,
}

/// Claims that differ in their values alone.
#[derive(Debug, Clone)]
pub(super) struct Account<'a> {
    /// At least one.
    pub(super) said: Vec<Said<'a>>,
}

impl<'a> Account<'a> {
    /// What is told of all of them alike.
    pub(super) fn first(&self) -> Option<&Said<'a>> {
        self.said.first()
    }
}

/// The claims of a property, the same words once.
pub(super) fn said(claims: &[ShownClaim]) -> Vec<Said<'_>> {
    let mut all: Vec<Said<'_>> = Vec::new();
    // By id, for a member may say thousands.
    let mut places: BTreeMap<ClaimId, Vec<usize>> = BTreeMap::new();
    for claim in claims {
        let known = places.entry(claim.id).or_default();
        let place = known.iter().copied().find(|place| all.get(*place).is_some_and(|said| is_same(said.claim, claim)));
        let time = claim.signed.iter().map(|signed| signed.time).min().unwrap_or_default();
        match place.and_then(|place| all.get_mut(place)) {
            Some(said) if said.signers.contains(&claim.organisation) => {}
            Some(said) => {
                said.signers.push(claim.organisation);
                said.times.push(time);
            }
            None => {
                known.push(all.len());
                all.push(Said { claim, signers: vec![claim.organisation], times: vec![time] });
            }
        }
    }
    all
}

fn is_same(first: &ShownClaim, claim: &ShownClaim) -> bool {
    first.state == claim.state
        && first.space == claim.space
        && first.opinions == claim.opinions
        && first.replies == claim.replies
        && first.retracted.is_empty()
        && claim.retracted.is_empty()
        // What one of them counts for, and what is wrong with it, is not told of the other.
        && (first.counts, first.malformed, first.unknown) == (claim.counts, claim.malformed, claim.unknown)
        && (&first.flags, &first.warnings) == (&claim.flags, &claim.warnings)
        // Nor under the names that one of them gives what it names.
        && (&first.refs, &first.according_to, &first.basis) == (&claim.refs, &claim.according_to, &claim.basis)
}

/// What stands, in accounts: in the order of the first claim of each.
pub(super) fn accounts<'a>(said: &[Said<'a>]) -> Vec<Account<'a>> {
    let mut all: Vec<Account<'a>> = Vec::new();
    // By who says it and on what, for a record may have thousands.
    let mut places: BTreeMap<Ground<'a>, Vec<usize>> = BTreeMap::new();
    for one in said.iter().filter(|said| said.claim.state == State::Live) {
        let known = places.entry(ground(one)).or_default();
        let place = known.iter().copied().find(|place| {
            all.get(*place).and_then(Account::first).is_some_and(|first| is_alike(first.claim, one.claim))
        });
        match place.and_then(|place| all.get_mut(place)) {
            Some(account) => account.said.push(one.clone()),
            None => {
                known.push(all.len());
                all.push(Account { said: vec![one.clone()] });
            }
        }
    }
    all
}

type Ground<'a> = (BTreeSet<OrganisationId>, Option<&'a str>, Vec<Option<isnad_protocol::id::RecordId>>);

fn ground<'a>(said: &Said<'a>) -> Ground<'a> {
    let sources = said.claim.basis.iter().map(|basis| basis.source.as_ref().map(|source| source.record));
    (said.signers.iter().copied().collect(), said.claim.standard.as_deref(), sources.collect())
}

/// True if all that is told of two claims besides their values is the same.
fn is_alike(first: &ShownClaim, other: &ShownClaim) -> bool {
    let days = |claim: &ShownClaim| claim.signed.iter().map(|signed| signed.time.day()).min();
    first.according_to == other.according_to
        && first.basis == other.basis
        && first.wording == other.wording
        && first.space == other.space
        && days(first) == days(other)
        && [
            (&first.likelihood, &other.likelihood),
            (&first.confidence, &other.confidence),
            (&first.reliability, &other.reliability),
            (&first.credibility, &other.credibility),
            (&first.marking, &other.marking),
            (&first.valid, &other.valid),
        ]
        .iter()
        .all(|(left, right)| left == right)
        && first.counts == other.counts
}
