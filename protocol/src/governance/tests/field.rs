//! A consortium whose organisations sign and attest what a test tells them.

use super::*;
use crate::act::{Charter, Cut, Removal, Revocation, Settlement};
use crate::attestation::{ActLine, Attestation};
use crate::entry::Entry;
use crate::log::Authentic;

/// Organisations by number from 1, with the keys of [`first_act`].
pub(super) struct Field {
    pub(super) governance: Governance,
    pub(super) charter: Act,
    pub(super) firsts: Vec<Act>,
    /// Of each organisation its attestations.
    pub(super) logs: BTreeMap<u16, Vec<Authentic>>,
}

impl Field {
    pub(super) fn of(n: u16) -> Self {
        let (governance, charter, firsts) = founded(n);
        Self { governance, charter, firsts, logs: BTreeMap::new() }
    }

    pub(super) fn consortium(&self) -> ConsortiumId {
        self.governance.consortium()
    }

    pub(super) fn members(&self) -> SpaceId {
        OpenSpace::Members.id(&self.consortium())
    }

    pub(super) fn first(&self, n: u16) -> &Act {
        &self.firsts[usize::from(n) - 1]
    }

    /// A version after another, unsigned.
    pub(super) fn version(&self, previous: &Act, change: impl FnOnce(&mut Charter)) -> Act {
        let mut body = previous.as_charter().unwrap().clone();
        (body.removed, body.instead, body.settles) = (Vec::new(), Vec::new(), None);
        change(&mut body);
        Act::draft(later(previous, self.consortium()), &Body::Charter(body)).unwrap()
    }

    pub(super) fn take(&mut self, act: &Act) -> Taken {
        self.governance.take(act.clone()).unwrap()
    }

    /// Takes a charter or a space's act that these have signed with their first root key.
    pub(super) fn sign(&mut self, act: &Act, by: &[u16]) -> ActId {
        self.take(&signed(act, by));
        act.id()
    }

    /// An organisation's next act, signed by the key of that number and taken.
    pub(super) fn act(&mut self, n: u16, previous: &Act, body: OrganisationBody, signer: u16) -> Act {
        let act = next(n, previous, self.consortium(), body, signer);
        self.take(&act);
        act
    }

    /// Attests acts in the name of an organisation. True if what is in effect changed.
    pub(super) fn name(&mut self, n: u16, acts: &[ActId]) -> bool {
        let log = self.logs.entry(n).or_default();
        let end = log.last().map_or((0, EntryId::ZERO), |last| (last.end().seq, last.id()));
        let space = OpenSpace::Members.id(&self.governance.consortium());
        let word = attestation(space, n, end, acts);
        log.push(word.clone());
        self.governance.attest(&word).acts
    }

    pub(super) fn all_name(&mut self, by: &[u16], act: ActId) {
        for n in by {
            self.name(*n, &[act]);
        }
    }

    pub(super) fn status(&self, act: &Act) -> ActStatus {
        self.governance.status(&act.id()).unwrap()
    }

    pub(super) fn is_in_effect(&self, act: &Act) -> bool {
        self.status(act) == ActStatus::InEffect
    }
}

/// One attestation of organisation `n`, after the end of a chain.
pub(super) fn attestation(space: SpaceId, n: u16, end: (u64, EntryId), acts: &[ActId]) -> Authentic {
    let line = |act: &ActId| ActLine { scope: *act, version: 1, act: *act };
    let word = Attestation { acts: acts.iter().map(line).collect(), ..Attestation::default() };
    Authentic::from_store(entry(space, n, end, word.encode()))
}

pub(super) fn entry(space: SpaceId, n: u16, end: (u64, EntryId), bytes: Vec<u8>) -> Entry {
    let draft = Draft {
        kind: EntryKind::Attestation,
        space,
        organisation: organisation(&first_act(n)),
        record: RecordId::ZERO,
        generation: 0,
        time: Timestamp(0),
        payload: Payload { salt: [1; 16], bytes },
    };
    draft.seal(end, &secret(10 * n + 7))
}

pub(super) fn signed(act: &Act, by: &[u16]) -> Act {
    by.iter().fold(act.clone(), |act, n| {
        let signature = act.sign(organisation(&first_act(*n)), &secret(10 * n));
        act.with_signature(signature)
    })
}

/// The removal of an organisation, whose chain stands up to that act.
pub(super) fn removal(n: u16, last: &Act) -> Removal {
    Removal { act: last.id(), cuts: Vec::new(), organisation: organisation(&first_act(n)), is_suspended: true }
}

/// Leaves an organisation out of a charter.
pub(super) fn without(charter: &mut Charter, n: u16, last: &Act) {
    charter.members.retain(|member| *member != organisation(&first_act(n)));
    charter.threshold = u64::try_from(charter.members.len() / 2 + 1).unwrap();
    charter.removed = vec![removal(n, last)];
}

pub(super) fn admit(charter: &mut Charter, n: u16) {
    charter.members.push(organisation(&first_act(n)));
    charter.members.sort_unstable();
    charter.threshold = u64::try_from(charter.members.len() / 2 + 1).unwrap();
}

pub(super) fn settlement(rivals: &[&Act], double: &[u16]) -> Settlement {
    let mut rivals: Vec<ActId> = rivals.iter().map(|act| act.id()).collect();
    let mut double: Vec<_> = double.iter().map(|n| organisation(&first_act(*n))).collect();
    rivals.sort_unstable();
    double.sort_unstable();
    Settlement { double, rivals }
}

pub(super) fn revoking(key: u16, cuts: Vec<Cut>) -> OrganisationBody {
    let revocation = Revocation { cuts, key: secret(key).public(), reason: "lost".to_owned() };
    OrganisationBody { revocations: vec![revocation], ..OrganisationBody::default() }
}

/// A rotation to the key committed to, which commits to another.
pub(super) fn rotating(n: u16, to: u16, next: u16) -> OrganisationBody {
    let roots =
        Roots { keys: vec![secret(to).public()], next: vec![next_key_hash(&secret(next).public())], ..roots(n) };
    OrganisationBody { roots: Some(roots), ..OrganisationBody::default() }
}
