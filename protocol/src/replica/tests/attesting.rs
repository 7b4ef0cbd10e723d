//! Attestations in replicas: made when something is new, silent when nothing is, read by all.

use super::*;
use crate::act::{Act, Body, OrganisationBody, Place};
use crate::attestation::Attestation;
use crate::governance::Position;
use crate::id::ActId;
use crate::replica::Attester;
use crate::store::AttestationView;

const AFTER_MS: u64 = 1_000;

impl World {
    /// Has every site attest, with a key of its own.
    fn attesting(count: u8) -> Self {
        let mut world = Self::founded(count);
        for index in 0..count {
            let at = &mut world.sites[usize::from(index)];
            let key = attesting(index).public();
            let attester = Attester { key, organisation: at.organisation, nodes: BTreeSet::new(), after_ms: AFTER_MS };
            at.replica = at.replica.clone().attesting_with(attester, &at.store).unwrap();
        }
        world
    }

    /// Wakes a site after a while, and hands in what it is asked to attest, as a driver does. Says how many entries it took.
    fn pass(&mut self, site: usize) -> usize {
        self.now += AFTER_MS;
        let asked = self.handle(site, Input::Wake);
        let mut made = 0;
        for output in asked {
            let Output::Attest { space, attestation, .. } = output else { continue };
            let entries = self.sealed_attestations(site, space, attestation);
            made += entries.len();
            self.handle(site, Input::Submit { request: 9, entries });
        }
        self.run();
        made
    }

    fn sealed_attestations(&self, site: usize, space: SpaceId, attestation: Attestation) -> Vec<Entry> {
        let (at, key) = (&self.sites[site], attesting(u8::try_from(site).unwrap()));
        let mut end = at.replica.end_of(LogKey { space, author: key.public() });
        let seal = |part: Attestation| {
            let draft = Draft {
                kind: Kind::Attestation,
                space,
                organisation: at.organisation,
                record: RecordId::ZERO,
                generation: 0,
                time: Timestamp(self.now),
                payload: Payload { salt: [7; 16], bytes: part.encode() },
            };
            let entry = draft.seal((end.seq, end.id), &key);
            end = LogEnd { seq: entry.header.seq, id: entry.header.id() };
            entry
        };
        attestation.into_parts().into_iter().map(seal).collect()
    }

    fn pass_all(&mut self) -> usize {
        (0..self.sites.len()).map(|site| self.pass(site) + self.pass(site)).sum()
    }

    /// Up to where each organisation acknowledges the log of a site's contributor, as another site holds it.
    fn acknowledged(&self, log: LogKey, at: usize) -> BTreeMap<OrganisationId, u64> {
        let lines = self.sites[at].store.attested(log).unwrap();
        lines.into_iter().map(|(_, organisation, end)| (organisation, end.seq)).collect()
    }
}

#[test]
fn what_is_new_is_attested_by_everyone_and_then_all_are_silent() {
    let mut world = World::attesting(3);
    world.connect(0, 1);
    world.connect(1, 2);
    world.connect(2, 0);
    world.say(0, &["one", "two"]);
    assert!(world.pass_all() > 0);
    world.pass_all();
    let log = world.log(0);
    let all: BTreeMap<_, _> = world.sites.iter().map(|site| (site.organisation, 2)).collect();
    assert_eq!(world.acknowledged(log, 1), all);
    world.assert_equal();
    let sent = world.frames.len();
    assert_eq!((0..5).map(|_| world.pass_all()).sum::<usize>(), 0, "what is idle makes no entry");
    assert_eq!(world.frames.len(), sent, "and sends no byte");
}

#[test]
fn only_what_changed_is_named() {
    let mut world = World::attesting(2);
    world.connect(0, 1);
    world.say(0, &["one"]);
    world.say(1, &["two"]);
    world.pass_all();
    world.say(0, &["three"]);
    world.now += 2 * AFTER_MS;
    let asked = world.handle(1, Input::Wake);
    let asked = if asked.is_empty() {
        world.now += AFTER_MS;
        world.handle(1, Input::Wake)
    } else {
        asked
    };
    let [Output::Attest { space, attestation, .. }] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(*space, world.members);
    let log = world.log(0);
    let named: Vec<_> = attestation.logs.iter().map(|line| (line.author, line.end.seq)).collect();
    assert_eq!((named, attestation.acts.len()), (vec![(log.author, 2)], 0));
}

#[test]
fn nothing_is_named_twice_after_a_start() {
    let mut world = World::attesting(2);
    world.connect(0, 1);
    world.say(0, &["one"]);
    world.pass_all();
    let at = &mut world.sites[0];
    let stored = Stored { logs: at.replica.logs().clone(), ..Stored::default() };
    let governance =
        Governance::new(at.replica.governance().consortium()).replay(at.replica.governance().acts().cloned().collect());
    let attester = Attester {
        key: attesting(0).public(),
        organisation: at.organisation,
        nodes: BTreeSet::new(),
        after_ms: AFTER_MS,
    };
    at.replica = Replica::new(governance, stored, BTreeSet::from([at.key.public()]))
        .attesting_with(attester, &at.store)
        .unwrap();
    assert_eq!(world.pass(0) + world.pass(0), 0);
}

#[test]
fn a_log_is_named_only_as_far_as_every_payload_is_held() {
    let mut world = World::attesting(2);
    let mut entries = world.sealed(0, &["one", "two", "three"]);
    entries[1].payload = None;
    world.handle(1, Input::Submit { request: 1, entries });
    world.pass(1);
    world.pass(1);
    let log = world.log(0);
    let lines = world.sites[1].store.attested(log).unwrap();
    assert_eq!(lines.iter().map(|(_, _, end)| end.seq).collect::<Vec<_>>(), [1]);
}

#[test]
fn who_may_not_sign_is_asked_again() {
    let mut world = World::attesting(2);
    world.say(0, &["one"]);
    for _ in 0..3 {
        world.now += AFTER_MS;
        world.handle(0, Input::Wake);
    }
    world.now += AFTER_MS;
    let asked = world.handle(0, Input::Wake);
    assert!(asked.iter().any(|output| matches!(output, Output::Attest { .. })), "{asked:?}");
}

/// The second act of site 0's organisation, which grants a key under a role.
fn granting(world: &World, key: &SecretKey, role: Role, label: &str) -> Act {
    let consortium = world.sites[0].replica.governance().consortium();
    let organisation = world.sites[0].organisation;
    let first = ActId::new(*organisation.as_bytes());
    let grants = vec![Grant::of(key, &GrantSubject::of_organisation(organisation), role, label)];
    let body = Body::Organisation(OrganisationBody { grants, ..OrganisationBody::default() });
    let act = Act::draft(Place { version: 2, consortium, scope: first, previous: first }, &body).unwrap();
    let signature = act.sign(organisation, &SecretKey::from_seed(&[0; 32]));
    act.with_signature(signature)
}

#[test]
fn what_a_key_attests_counts_whatever_role_a_rival_gives_it_and_whichever_came_first() {
    let key = SecretKey::from_seed(&[77; 32]);
    let mut heard = BTreeSet::new();
    for order in [[0, 1, 2], [1, 0, 2], [0, 2, 1]] {
        let mut world = World::founded(2);
        let node = granting(&world, &key, Role::Node, "key");
        // Of the two, the one with the lower id is asked first for what the key may sign.
        let mut others = (0..100_u32).map(|number| granting(&world, &key, Role::Contributor, &number.to_string()));
        let acts = [node.clone(), others.find(|other| other.id() < node.id()).unwrap()];
        let draft = Draft {
            kind: Kind::Attestation,
            space: world.members,
            organisation: world.sites[0].organisation,
            record: RecordId::ZERO,
            generation: 0,
            time: Timestamp(1),
            payload: Payload { salt: [7; 16], bytes: Attestation::default().encode() },
        };
        let word = draft.seal((0, EntryId::ZERO), &key);
        let end = LogEnd { seq: 1, id: word.header.id() };
        for step in order {
            let input = match acts.get(step) {
                Some(act) => Input::SubmitAct { request: 1, bytes: act.encode() },
                None => Input::Submit { request: 1, entries: vec![word.clone()] },
            };
            let answers = world.handle(0, input);
            assert!(matches!(answers.as_slice(), [Output::Acknowledge { .. }, ..]), "{answers:?}");
        }
        let log = LogKey { space: world.members, author: key.public() };
        let at = Position { log, end };
        heard.insert(world.sites[0].replica.governance().has_attested(&at));
    }
    assert_eq!(heard, BTreeSet::from([true]));
}

#[test]
fn a_branch_named_before_the_act_that_grants_its_key_came_is_asked_for_once_it_has() {
    let key = SecretKey::from_seed(&[78; 32]);
    for (opener, other) in [(1, 2), (2, 1)] {
        let mut world = World::founded(3);
        let log = LogKey { space: world.members, author: key.public() };
        let word = |salt: u8| {
            let draft = Draft {
                kind: Kind::Attestation,
                space: log.space,
                organisation: world.sites[0].organisation,
                record: RecordId::ZERO,
                generation: 0,
                time: Timestamp(1),
                payload: Payload { salt: [salt; 16], bytes: Attestation::default().encode() },
            };
            draft.seal((0, EntryId::ZERO), &key)
        };
        let words = [word(1), word(2)];
        let granting = granting(&world, &key, Role::Node, "key").encode();
        world.handle(1, Input::SubmitAct { request: 1, bytes: granting });
        world.handle(1, Input::Submit { request: 2, entries: vec![words[0].clone()] });
        let refused = world.handle(1, Input::Submit { request: 3, entries: vec![words[1].clone()] });
        assert!(refused.contains(&Output::Notice(Notice::Forked { log, seq: 1 })), "{refused:?}");
        // Of the log nothing but a branch is told, and first; its key is granted by an act that comes behind.
        world.connect(opener, other);
        assert!(world.sites[2].store.entries().any(|entry| *entry.entry() == words[0]), "{opener} to {other}");
    }
}
