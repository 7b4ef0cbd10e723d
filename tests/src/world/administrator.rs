//! Who holds an organisation's root keys: what such a person signs, and what a dishonest one signs besides. DESIGN §7.
//!
//! The keys are in no node. An honest administrator's key store remembers what it signed at each place; a dishonest one's signs
//! rivals, and whatever it is asked.

use std::collections::BTreeMap;

use isnad_protocol::act::{
    Act, Body, Charter, Cut, Grant, GrantSubject, Kind, Name, OrganisationBody, Place, Removal, Revocation, Role,
    Roots, Settlement, next_key_hash,
};
use isnad_protocol::governance::{ActStatus, Governance, Halt, Settling, Wait};
use isnad_protocol::id::{ActId, ConsortiumId, OrganisationId};
use isnad_protocol::key::{PublicKey, SecretKey};
use isnad_protocol::log::LogKey;

use super::consortium::Returning;
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
    /// Of drafts that others sign too: what he signed, by what they follow.
    signed: BTreeMap<ActId, Vec<ActId>>,
    /// Keys of his organisation's nodes that write, granted and not revoked.
    pub(super) keys: Vec<PublicKey>,
    pub(super) is_honest: bool,
    /// Drafts charters; others sign theirs, so that several have enough signatures.
    pub(super) proposes: bool,
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
    /// The same: the draft of a charter that admits again whom an earlier one took out.
    Readmits(Act, OrganisationId),
    /// Signs several drafts of one version, and hands each to whoever drafted it alone.
    Divides(Vec<Act>),
}

/// What administrators know of each other besides what nodes hold.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// They are busy with the charter: every organisation has one node, and one of them lies at least.
    pub(super) is_busy: bool,
    /// Organisations that honest ones vote out.
    pub(super) suspects: Vec<OrganisationId>,
    /// Those that were taken out, each with what it wants to come back as.
    pub(super) returning: BTreeMap<OrganisationId, Returning>,
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
            proposes: true,
        }
    }

    /// Draws what he does next, by what his node shows him.
    pub(super) fn act(&mut self, image: &Image, known: &Known, random: &mut Random) -> Option<Deed> {
        if known.is_busy && !self.is_honest && random.chance(95) {
            return self.divide(&image.governance);
        }
        if known.is_busy
            && let Some(settlement) = self.settle(&image.governance, random)
        {
            return Some(Deed::HandsIn(settlement));
        }
        // Who is busy with the charter does little else.
        match random.below(if known.is_busy { 24 } else { 12 }) {
            0 => self.grant(random).map(Deed::HandsIn),
            1 => self.rotate(random).map(Deed::HandsIn),
            2 => self.revoke(image, random),
            3..=5 | 12..=15 if self.proposes => {
                let settlement = self.settle(&image.governance, random).map(Deed::HandsIn);
                settlement.or_else(|| self.propose(image, known, random))
            }
            _ => self.sign_draft(&image.governance, random).map(Deed::HandsIn),
        }
    }

    /// His chain behind the founding, as far as he signed it.
    pub(super) fn handed_in(&self) -> Vec<Act> {
        self.chain.iter().skip(1).cloned().collect()
    }

    /// The last act of his chain that he signed.
    pub(super) fn last(&self) -> Option<&Act> {
        self.chain.last()
    }

    pub(super) fn root(&self) -> Option<SecretKey> {
        self.roots.get(self.rotations).map(SecretKey::from_seed)
    }

    /// The key that may grant and revoke humble ones without the roots: that of the first act.
    pub(super) fn admin(&self) -> SecretKey {
        admin(self.roots.first().copied().unwrap_or_default())
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

    /// Grants a key that another organisation has granted too: its holder proves it to both.
    pub(super) fn grant_shared(&mut self, key: &SecretKey, random: &mut Random) -> Option<Act> {
        let subject = GrantSubject::of_organisation(self.organisation);
        let grants = vec![Grant::of(key, &subject, Role::Publisher, "shared")];
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

    /// Drafts the next version of the charter: another name, without an organisation that is suspected, or with one that comes
    /// back. Where he signed another that still waits for signatures, one that is signed instead of all that do.
    fn propose(&mut self, image: &Image, known: &Known, random: &mut Random) -> Option<Deed> {
        let governance = &image.governance;
        let before = governance.charter_act()?;
        let has_signed = self.signed.contains_key(&before.id());
        if self.is_honest && has_signed && !random.chance(30) {
            return None;
        }
        let standing = governance.charter()?;
        let mut charter = Charter {
            instead: if self.is_honest && has_signed { unsigned(governance, before, &[]) } else { Vec::new() },
            predecessors: Vec::new(),
            removed: Vec::new(),
            settles: None,
            name: format!("Simulated {}", random.below(1_000)),
            ..standing.clone()
        };
        let out =
            known.suspects.iter().find(|out| charter.members.contains(out) && **out != self.organisation).copied();
        let out = out.filter(|_| random.chance(60) && charter.members.len() > 2);
        let former = governance.former_organisations().into_iter().map(|info| info.id);
        let back = former.filter_map(|old| Some((old, known.returning.get(&old)?.organisation)));
        let mut back = back.filter(|(_, new)| !charter.members.contains(new) && out.is_none());
        let back = back.next().filter(|_| random.chance(80));
        if let Some(out) = out {
            let act = governance.organisations().iter().find(|info| info.id == out)?.standing;
            charter.members.retain(|member| *member != out);
            let is_its = |log: &LogKey| image.logs.get(log).is_some_and(|held| held.organisation == out);
            let cuts = cuts(image, is_its, random);
            charter.removed = vec![Removal { act, cuts, organisation: out, is_suspended: random.chance(70) }];
        }
        if let Some((old, new)) = back {
            charter.members.push(new);
            charter.members.sort_unstable();
            charter.predecessors = vec![(new, old)];
        }
        charter.threshold = charter.members.len() as u64 / 2 + 1;
        let act = self.sign_charter(governance, before, charter)?;
        Some(match (out, back) {
            (Some(out), _) => Deed::Suspends(act, out),
            (None, Some((old, _))) => Deed::Readmits(act, old),
            (None, None) => Deed::HandsIn(act),
        })
    }

    /// Drafts what ends a halt that he sees: it names all the rivals, and who signed two of them as far as enough are left.
    fn settle(&mut self, governance: &Governance, random: &mut Random) -> Option<Act> {
        let halt = halt(governance).filter(|_| random.chance(70))?;
        let settling = halt.settling.filter(Settling::is_possible)?;
        let before = governance.charter_act()?;
        let waits = |act: &Act| act.settles().is_some_and(|settles| settles.rivals == halt.rivals);
        let drafts = unsigned(governance, before, &halt.rivals);
        if drafts.iter().any(|draft| governance.act(draft).is_some_and(waits)) {
            return self.sign_draft(governance, random);
        }
        let double = settling.double.into_iter().take(settling.most).collect();
        let charter = Charter {
            instead: drafts,
            predecessors: Vec::new(),
            removed: Vec::new(),
            settles: Some(Settlement { double, rivals: halt.rivals }),
            name: format!("Settled {}", random.below(1_000)),
            ..governance.charter()?.clone()
        };
        self.sign_charter(governance, before, charter)
    }

    fn sign_charter(&mut self, governance: &Governance, before: &Act, charter: Charter) -> Option<Act> {
        let (version, scope) = (before.version() + 1, before.scope_id());
        let place = Place { version, consortium: self.consortium, scope, previous: before.id() };
        let act = Act::draft(place, &Body::Charter(charter)).ok()?;
        if self.is_honest && !self.may_sign(governance, &act) {
            return None;
        }
        self.sign(&act)
    }

    /// Signs a draft that waits for signatures. An honest one signs none that is a rival of what he signed before.
    fn sign_draft(&mut self, governance: &Governance, random: &mut Random) -> Option<Act> {
        let is_due = |act: &&Act| {
            let has_signed = act.signatures().iter().any(|signed| signed.organisation == self.organisation);
            let is_open = act.kind() == Kind::Charter && waits(governance, act) && !has_signed;
            is_open && (!self.is_honest || self.may_sign(governance, act))
        };
        let due: Vec<&Act> = governance.acts().filter(is_due).collect();
        let act = (*random.pick(&due)?).clone();
        self.sign(&act)
    }

    /// Signs all drafts that wait for signatures, once there are two: so that two rivals have enough, and each comes first to some.
    fn divide(&mut self, governance: &Governance) -> Option<Deed> {
        let is_due = |act: &&Act| {
            let has_signed = act.signatures().iter().any(|signed| signed.organisation == self.organisation);
            act.kind() == Kind::Charter && waits(governance, act) && !has_signed
        };
        let due: Vec<&Act> = governance.acts().filter(is_due).collect();
        if due.len() < 2 {
            return None;
        }
        Some(Deed::Divides(due.into_iter().filter_map(|act| self.sign(act)).collect()))
    }

    /// As a key store does: of all that follow one version one alone, and a settlement of it on a halt that is seen, or one that
    /// is signed instead of what still waits for signatures.
    fn may_sign(&self, governance: &Governance, act: &Act) -> bool {
        let Some(previous) = act.previous() else { return false };
        let sees = halt(governance).is_some_and(|halt| halt.after == previous);
        let replaces = |known: &ActId| {
            let waits = governance.act(known).is_none_or(|known| waits(governance, known));
            governance.settles(act, known) || (act.instead().contains(known) && waits)
        };
        (act.settles().is_none() || sees) && self.signed.get(&previous).is_none_or(|known| known.iter().all(replaces))
    }

    fn sign(&mut self, act: &Act) -> Option<Act> {
        self.signed.entry(act.previous()?).or_default().push(act.id());
        let signature = act.sign(self.organisation, &self.root()?);
        Some(act.clone().with_signature(signature))
    }
}

/// An organisation's admin key, by what its first root key is made of.
pub(super) fn admin(mut seed: [u8; 32]) -> SecretKey {
    seed[0] ^= 0xad;
    SecretKey::from_seed(&seed)
}

/// The halt of the charter that a node sees.
fn halt(governance: &Governance) -> Option<Halt> {
    governance.halts().into_iter().find(|halt| halt.kind == Kind::Charter)
}

/// True if an act has not enough signatures.
pub(super) fn waits(governance: &Governance, act: &Act) -> bool {
    matches!(governance.status(&act.id()), Some(ActStatus::NotInEffectYet { why: Wait::Signatures { .. } }))
}

/// What follows a version and still waits for signatures, ascending; without some.
fn unsigned(governance: &Governance, before: &Act, but: &[ActId]) -> Vec<ActId> {
    let id = before.id();
    let drafts = governance.followers(&id).filter(|draft| !but.contains(draft));
    drafts.filter(|draft| governance.act(draft).is_some_and(|act| waits(governance, act))).collect()
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
