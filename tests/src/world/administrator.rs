//! Who holds an organisation's root keys: what such a person signs, and what a dishonest one signs besides. DESIGN §7.
//!
//! The keys are in no node. An honest administrator's key store remembers what it signed at each place; a dishonest one's signs
//! rivals, and whatever it is asked.

use std::collections::BTreeMap;

use isnad_protocol::act::{
    Act, Body, Charter, Cut, Grant, GrantSubject, Kind, Name, OrganisationBody, Place, Removal, Revocation, Role,
    Roots, next_key_hash,
};
use isnad_protocol::governance::{ActStatus, Governance, Wait};
use isnad_protocol::id::{ActId, ConsortiumId, OrganisationId};
use isnad_protocol::key::{PublicKey, SecretKey};
use isnad_protocol::log::LogKey;

use super::disk::Image;
use super::random::Random;

/// Rotations that an organisation has keys for.
const ROTATIONS: usize = 3;

/// An administrator, and what his key store remembers.
#[derive(Debug)]
pub(super) struct Administrator {
    pub(super) organisation: OrganisationId,
    consortium: ConsortiumId,
    /// What root keys are made of, by rotation: those of the first act, then those committed to.
    roots: Vec<[u8; 32]>,
    rotations: usize,
    /// His chain, as far as he signed it.
    chain: Vec<Act>,
    /// Of drafts that others sign too: what he signed, by what it follows.
    signed: BTreeMap<ActId, ActId>,
    /// Keys of his organisation's nodes that write, granted and not revoked.
    pub(super) keys: Vec<PublicKey>,
    pub(super) is_honest: bool,
}

/// What an administrator does.
#[derive(Debug)]
pub(super) enum Deed {
    /// Hands in an act, or his signature beneath one.
    HandsIn(Act),
    /// The same: an act that revokes a key of his.
    Revokes(Act, PublicKey),
    /// The same: the draft of a charter that takes out an organisation.
    Suspends(Act, OrganisationId),
}

impl Administrator {
    pub(super) fn new(consortium: ConsortiumId, chain: Vec<Act>, roots: [[u8; 32]; 2], random: &mut Random) -> Self {
        let organisation =
            chain.first().map_or(OrganisationId::ZERO, |first| OrganisationId::new(*first.id().as_bytes()));
        let mut roots = Vec::from(roots);
        roots.extend((0..ROTATIONS).map(|_| random.bytes::<32>()));
        Self {
            organisation,
            consortium,
            roots,
            rotations: 0,
            chain,
            signed: BTreeMap::new(),
            keys: Vec::new(),
            is_honest: true,
        }
    }

    /// Draws what he does next, by what his node shows him.
    pub(super) fn act(&mut self, image: &Image, suspects: &[OrganisationId], random: &mut Random) -> Option<Deed> {
        match random.below(12) {
            0 => self.grant(random).map(Deed::HandsIn),
            1 => self.rotate(random).map(Deed::HandsIn),
            2 => self.revoke(image, random),
            3..=4 => self.propose(image, suspects, random),
            _ => self.sign_draft(&image.governance, random).map(Deed::HandsIn),
        }
    }

    /// The last act of his chain that he signed.
    pub(super) fn last(&self) -> Option<&Act> {
        self.chain.last()
    }

    pub(super) fn root(&self) -> Option<SecretKey> {
        self.roots.get(self.rotations).map(SecretKey::from_seed)
    }

    /// Signs an act of the own chain. A dishonest one goes back a step first, now and then, and signs a rival.
    fn seal(&mut self, body: OrganisationBody, key: &SecretKey, random: &mut Random) -> Option<Act> {
        if !self.is_honest && self.chain.len() > 2 && random.chance(40) {
            self.chain.pop();
        }
        let last = self.chain.last()?;
        let (version, scope) = (last.version() + 1, last.scope_id());
        let place = Place { version, consortium: self.consortium, scope, previous: last.id() };
        let act = Act::draft(place, &Body::Organisation(body)).ok()?;
        let signature = act.sign(self.organisation, key);
        let act = act.with_signature(signature);
        self.chain.push(act.clone());
        Some(act)
    }

    /// Grants a key that nobody uses, and changes a name.
    fn grant(&mut self, random: &mut Random) -> Option<Act> {
        let key = SecretKey::from_seed(&random.bytes());
        let subject = GrantSubject::of_organisation(self.organisation);
        let body = OrganisationBody {
            grants: vec![Grant::of(&key, &subject, Role::Contributor, "spare")],
            names: vec![Name { lang: "en".to_owned(), text: format!("Organisation {}", random.below(100)) }],
            ..OrganisationBody::default()
        };
        let root = self.root()?;
        self.seal(body, &root, random)
    }

    /// Grants keys that attest, each as if it were somebody else's.
    pub(super) fn grant_attesters(&mut self, keys: &[SecretKey], random: &mut Random) -> Option<Act> {
        let subject = GrantSubject::of_organisation(self.organisation);
        let mut grants: Vec<Grant> = keys.iter().map(|key| Grant::of(key, &subject, Role::Node, "attests")).collect();
        grants.sort_by_key(|grant| grant.key);
        let body = OrganisationBody { grants, ..OrganisationBody::default() };
        let root = self.root()?;
        let is_honest = std::mem::replace(&mut self.is_honest, true);
        let act = self.seal(body, &root, random);
        self.is_honest = is_honest;
        act
    }

    fn rotate(&mut self, random: &mut Random) -> Option<Act> {
        let next = SecretKey::from_seed(self.roots.get(self.rotations + 1)?);
        let after = SecretKey::from_seed(self.roots.get(self.rotations + 2)?);
        let roots = Roots {
            keys: vec![next.public()],
            next: vec![next_key_hash(&after.public())],
            next_threshold: 1,
            threshold: 1,
        };
        let body = OrganisationBody { roots: Some(roots), ..OrganisationBody::default() };
        // One that signed a rival of it before would not know whose keys are in force: rotations follow what was signed last.
        let is_honest = std::mem::replace(&mut self.is_honest, true);
        let act = self.seal(body, &next, random);
        self.is_honest = is_honest;
        self.rotations += 1;
        act
    }

    /// Revokes a key at a position that he chooses: the last he holds as a rule, sometimes an earlier one.
    fn revoke(&mut self, image: &Image, random: &mut Random) -> Option<Deed> {
        if self.keys.len() < 2 || self.chain.len() < 2 {
            return None;
        }
        let key = self.keys.swap_remove(random.index(self.keys.len()));
        let cuts = cuts(image, |log| log.author == key, random);
        let revocations = vec![Revocation { cuts, key, reason: "lost".to_owned() }];
        let body = OrganisationBody { revocations, ..OrganisationBody::default() };
        let root = self.root()?;
        let is_honest = std::mem::replace(&mut self.is_honest, true);
        let act = self.seal(body, &root, random);
        self.is_honest = is_honest;
        act.map(|act| Deed::Revokes(act, key))
    }

    /// Drafts the next version of the charter: another name, or without an organisation that is suspected.
    fn propose(&mut self, image: &Image, suspects: &[OrganisationId], random: &mut Random) -> Option<Deed> {
        let governance = &image.governance;
        let before = governance.charter_act()?;
        if self.is_honest && self.signed.contains_key(&before.id()) {
            return None;
        }
        let standing = governance.charter()?;
        let mut charter = Charter {
            instead: Vec::new(),
            predecessors: Vec::new(),
            removed: Vec::new(),
            settles: None,
            name: format!("Simulated {}", random.below(1_000)),
            ..standing.clone()
        };
        let out = suspects.iter().find(|out| charter.members.contains(out) && **out != self.organisation).copied();
        let out = out.filter(|_| random.chance(60) && charter.members.len() > 2);
        if let Some(out) = out {
            let act = governance.organisations().iter().find(|info| info.id == out)?.standing;
            charter.members.retain(|member| *member != out);
            charter.threshold = charter.members.len() as u64 / 2 + 1;
            let is_its = |log: &LogKey| image.logs.get(log).is_some_and(|held| held.organisation == out);
            let cuts = cuts(image, is_its, random);
            charter.removed = vec![Removal { act, cuts, organisation: out, is_suspended: true }];
        }
        let (version, scope) = (before.version() + 1, before.scope_id());
        let place = Place { version, consortium: self.consortium, scope, previous: before.id() };
        let act = Act::draft(place, &Body::Charter(charter)).ok()?;
        let act = self.sign(&act)?;
        Some(out.map_or_else(|| Deed::HandsIn(act.clone()), |out| Deed::Suspends(act.clone(), out)))
    }

    /// Signs a draft that waits for signatures. An honest one signs one at each place.
    fn sign_draft(&mut self, governance: &Governance, random: &mut Random) -> Option<Act> {
        let is_due = |act: &&Act| {
            let waits = matches!(
                governance.status(&act.id()),
                Some(ActStatus::NotInEffectYet { why: Wait::Signatures { .. } })
            );
            let has_signed = act.signatures().iter().any(|signed| signed.organisation == self.organisation);
            let is_free = act.previous().is_some_and(|previous| !self.signed.contains_key(&previous));
            act.kind() == Kind::Charter && waits && !has_signed && (is_free || !self.is_honest)
        };
        let due: Vec<&Act> = governance.acts().filter(is_due).collect();
        let act = (*random.pick(&due)?).clone();
        self.sign(&act)
    }

    fn sign(&mut self, act: &Act) -> Option<Act> {
        self.signed.insert(act.previous()?, act.id());
        let signature = act.sign(self.organisation, &self.root()?);
        Some(act.clone().with_signature(signature))
    }
}

/// Ends the logs that a node holds and that these are, each where it ends or somewhat earlier.
fn cuts(image: &Image, is_one: impl Fn(&LogKey) -> bool, random: &mut Random) -> Vec<Cut> {
    let logs: Vec<_> = image.logs.iter().filter(|(log, _)| is_one(log)).collect();
    let mut cuts = Vec::new();
    for (log, held) in logs {
        let seq = if random.chance(60) { held.checked.seq } else { random.below(held.checked.seq + 1) };
        let last = image.at(*log, seq).map_or(isnad_protocol::log::LogEnd::START, |entry| entry.end());
        cuts.push(Cut::new(log, last));
    }
    Cut::fill(cuts, || {
        let mut bytes = [0; Cut::RANDOM_SIZE];
        bytes[..64].copy_from_slice(&[random.bytes::<32>(), random.bytes::<32>()].concat());
        bytes
    })
}
