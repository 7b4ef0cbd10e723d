//! The acts of all histories, real and in the model at the same places; and the real attestations that name some of them.

use std::collections::BTreeSet;

use isnad_protocol::act::{
    Act, Body, Charter, Grant, GrantSubject, OrganisationBody, OrganisationKind, Place, Removal, Role, Roots,
    Settlement, founding, next_key_hash,
};
use isnad_protocol::attestation::{ActLine, Attestation};
use isnad_protocol::encoding::json::Object;
use isnad_protocol::entry::{Draft, Kind, Payload};
use isnad_protocol::id::{ActId, ConsortiumId, EntryId, OpenSpace, OrganisationId, RecordId};
use isnad_protocol::key::SecretKey;
use isnad_protocol::log::{Authentic, Log, LogKey};
use isnad_protocol::time::Timestamp;

use crate::model::{Acts, FOUNDING, Organisation, Set, Step};

/// Organisations, of which the last is a candidate.
pub(super) const ALL: usize = 6;
pub(super) const FOUNDERS: usize = 5;
/// The number of the key that an organisation attests with.
const NODE: u8 = 20;

/// A root key of an organisation, first the one in force, then those committed to; from 10 on keys that are granted.
pub(super) fn secret(organisation: Organisation, number: u8) -> SecretKey {
    let mut seed = [0x3c; 32];
    seed[0] = u8::try_from(organisation).unwrap();
    seed[1] = number;
    SecretKey::from_seed(&seed)
}

fn roots(organisation: Organisation, number: u8) -> Roots {
    let next = next_key_hash(&secret(organisation, number + 1).public());
    Roots { keys: vec![secret(organisation, number).public()], next: vec![next], next_threshold: 1, threshold: 1 }
}

/// One history's acts, real and in the model, at the same places.
pub(super) struct Twins {
    pub(super) acts: Acts,
    pub(super) real: Vec<Act>,
    pub(super) firsts: Vec<usize>,
    /// Each act with one signature, of an organisation by the key of that number.
    signed: Vec<(usize, Organisation, u8, Act)>,
}

impl Twins {
    pub(super) fn new() -> Self {
        let first = |who| {
            let roots = roots(who, 0);
            let subject = GrantSubject::of_roots(&roots.keys);
            let node = vec![Grant::of(&secret(who, NODE), &subject, Role::Node, "")];
            founding::organisation(OrganisationKind::Ngo, Vec::new(), roots, node, false).unwrap()
        };
        let firsts: Vec<Act> = (0..ALL).map(first).collect();
        let ids = firsts.iter().take(FOUNDERS).map(|act| OrganisationId::new(*act.id().as_bytes())).collect();
        let founding = founding::charter("Partnership", ids, 3, Object::new(), Object::new()).unwrap();
        let (acts, real) = (Acts::founded(FOUNDERS, 3), vec![founding]);
        let mut twins = Self { acts, real, firsts: Vec::new(), signed: Vec::new() };
        let granted = twins.granting(&firsts[0], 10);
        twins.add_charters(&firsts, granted.id());
        for (who, act) in firsts.into_iter().enumerate() {
            twins.add_chain(who, act);
        }
        twins.suspend();
        for charter in twins.charters() {
            for who in 0..ALL {
                for key in [0, 1] {
                    let act = &twins.real[charter];
                    let signature = act.sign(twins.organisation(who), &secret(who, key));
                    let act = act.clone().with_signature(signature);
                    twins.signed.push((charter, who, key, act));
                }
            }
        }
        twins
    }

    pub(super) fn organisation(&self, who: Organisation) -> OrganisationId {
        OrganisationId::new(*self.real[self.firsts[who]].id().as_bytes())
    }

    pub(super) fn organisations(&self, set: Set) -> BTreeSet<OrganisationId> {
        set.iter().map(|who| self.organisation(who)).collect()
    }

    pub(super) fn consortium(&self) -> ConsortiumId {
        founding::consortium(&self.real[FOUNDING])
    }

    pub(super) fn find(&self, id: &ActId) -> usize {
        self.real.iter().position(|act| act.id() == *id).unwrap()
    }

    /// The organisation in whose chain an act is.
    pub(super) fn owner(&self, act: usize) -> Option<Organisation> {
        self.firsts.iter().rposition(|first| *first <= act)
    }

    fn add(&mut self, previous: usize, step: Step, body: &Body) -> usize {
        self.real.push(self.after(&self.real[previous], body));
        self.acts.add(previous, step)
    }

    fn after(&self, before: &Act, body: &Body) -> Act {
        let (consortium, version) = (self.consortium(), before.version() + 1);
        let place = Place { version, consortium, scope: before.scope_id(), previous: before.id() };
        Act::draft(place, body).unwrap()
    }

    /// Two rivals, one signed instead of the first, a settlement, a rival settlement, a settlement of settlements; after the
    /// first and after the settlement a version that changes nothing; after the first one that suspends.
    fn add_charters(&mut self, firsts: &[Act], last: ActId) {
        let charter = |name: &str, members: usize| {
            let members = firsts.iter().take(members).map(|act| OrganisationId::new(*act.id().as_bytes())).collect();
            Charter::new(name, members, 3 + u64::from(name == "admits"))
        };
        let step = |members: Set, instead: &[usize]| Step::Charter {
            members,
            threshold: members.len() / 2 + 1,
            instead: instead.to_vec(),
        };
        let founders = Set::first(FOUNDERS);
        let keeps = self.add(FOUNDING, step(founders, &[]), &Body::Charter(charter("keeps", FOUNDERS)));
        let admits = self.add(FOUNDING, step(Set::first(ALL), &[]), &Body::Charter(charter("admits", ALL)));
        let instead = Charter { instead: vec![self.real[keeps].id()], ..charter("instead", FOUNDERS) };
        self.add(FOUNDING, step(founders, &[keeps]), &Body::Charter(instead));
        let settlement = self.settle(&[keeps, admits], 0, charter("settles", FOUNDERS));
        let rival = self.settle(&[keeps, admits], 1, charter("rival", FOUNDERS));
        self.settle(&[settlement, rival], 2, charter("round", FOUNDERS));
        for previous in [keeps, settlement] {
            self.add(previous, step(founders, &[]), &Body::Charter(charter("after", FOUNDERS)));
        }
        let out = Removal {
            act: last,
            cuts: Vec::new(),
            organisation: OrganisationId::new(*firsts[0].id().as_bytes()),
            is_suspended: true,
        };
        let mut suspends = Charter { removed: vec![out], ..charter("suspends", FOUNDERS) };
        suspends.members.retain(|member| *member != suspends.removed[0].organisation);
        self.add(keeps, step(founders - Set::of(&[0]), &[]), &Body::Charter(suspends));
    }

    fn settle(&mut self, acts: &[usize], double: Organisation, charter: Charter) -> usize {
        let mut rivals: Vec<ActId> = acts.iter().map(|act| self.real[*act].id()).collect();
        rivals.sort_unstable();
        // The members stand in the order of their ids, not of their numbers: found again by name in the model's step.
        let who = self.real_founder(double, &charter);
        let settles = Charter { settles: Some(Settlement { double: vec![who], rivals }), ..charter };
        let step = Step::Settlement {
            members: Set::first(FOUNDERS),
            threshold: 3,
            instead: Vec::new(),
            rivals: acts.to_vec(),
            double: Set::of(&[double]),
        };
        self.add(FOUNDING, step, &Body::Charter(settles))
    }

    fn real_founder(&self, who: Organisation, charter: &Charter) -> OrganisationId {
        let id = |who| {
            let roots = roots(who, 0);
            let subject = GrantSubject::of_roots(&roots.keys);
            let node = vec![Grant::of(&secret(who, NODE), &subject, Role::Node, "")];
            let first = founding::organisation(OrganisationKind::Ngo, Vec::new(), roots, node, false).unwrap();
            OrganisationId::new(*first.id().as_bytes())
        };
        let id = id(who);
        assert!(charter.members.contains(&id));
        id
    }

    /// The model is told which act the suspension names once its chain is there.
    fn suspend(&mut self) {
        let suspends = |act: &Act| act.as_charter().is_some_and(|charter| !charter.removed.is_empty());
        let charter = self.real.iter().position(suspends).unwrap();
        let last = self.real[charter].as_charter().unwrap().removed[0].act;
        self.acts.suspend(charter, self.find(&last));
    }

    fn granting(&self, first: &Act, number: u8) -> Act {
        let organisation = OrganisationId::new(*first.id().as_bytes());
        let who = 0;
        let subject = GrantSubject::of_organisation(organisation);
        let grants = vec![Grant::of(&secret(who, number), &subject, Role::Contributor, "")];
        self.after(first, &Body::Organisation(OrganisationBody { grants, ..OrganisationBody::default() }))
    }

    /// First act, grant, rival grant, rotation from the first, rotation after the grant, grant after the rotation from the first.
    fn add_chain(&mut self, who: Organisation, act: Act) {
        let first = self.acts.add_first(who);
        let signature = act.sign(OrganisationId::ZERO, &secret(who, 0));
        self.firsts.push(first);
        self.real.push(act.with_signature(signature));
        let subject = GrantSubject::of_organisation(self.organisation(who));
        let grant = |number| {
            let grants = vec![Grant::of(&secret(who, number), &subject, Role::Contributor, "")];
            Body::Organisation(OrganisationBody { grants, ..OrganisationBody::default() })
        };
        let rotation =
            Body::Organisation(OrganisationBody { roots: Some(roots(who, 1)), ..OrganisationBody::default() });
        let granted = self.add(first, Step::Roots, &grant(10));
        self.add(first, Step::Roots, &grant(11));
        let early = self.add(first, Step::Rotation, &rotation);
        self.add(granted, Step::Rotation, &rotation);
        self.add(early, Step::Roots, &grant(12));
        for (act, key) in (first + 1..).zip([0, 0, 1, 1, 1]) {
            let signed = self.real[act].sign(self.organisation(who), &secret(who, key));
            self.real[act] = self.real[act].clone().with_signature(signed);
        }
    }

    pub(super) fn charters(&self) -> std::ops::Range<usize> {
        0..self.firsts[0]
    }

    /// A copy of a charter with the signature of one organisation, by its first root key or by the one it rotated to.
    pub(super) fn signed(&self, charter: usize, who: Organisation, key: u8) -> Act {
        let is_it = |signed: &&(usize, Organisation, u8, Act)| (signed.0, signed.1, signed.2) == (charter, who, key);
        self.signed.iter().find(is_it).unwrap().3.clone()
    }

    /// The log of an organisation's attestations, each of which names one of these acts.
    pub(super) fn attesting(&self, who: Organisation, named: &[usize]) -> Vec<Authentic> {
        let space = OpenSpace::Members.id(&self.consortium());
        let key = secret(who, NODE);
        let mut end = (0, EntryId::ZERO);
        let mut entries = Vec::new();
        for act in named {
            let act = &self.real[*act];
            let line = ActLine { scope: act.scope_id(), version: act.version(), act: act.id() };
            let attestation = Attestation { acts: BTreeSet::from([line]), ..Attestation::default() };
            let draft = Draft {
                kind: Kind::Attestation,
                space,
                organisation: self.organisation(who),
                record: RecordId::ZERO,
                generation: 0,
                time: Timestamp(0),
                payload: Payload { salt: [1; 16], bytes: attestation.encode() },
            };
            let entry = draft.seal(end, &key);
            end = (entry.header.seq, entry.header.id());
            entries.push(entry);
        }
        let log = LogKey { space, author: key.public() };
        if entries.is_empty() { Vec::new() } else { Log::extend(None, log, entries).unwrap().entries }
    }
}
