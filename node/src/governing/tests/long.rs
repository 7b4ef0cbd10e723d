//! A chain of many acts is told in a time that grows with it, not with its square.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use isnad_protocol::act::difference::Change;
use isnad_protocol::act::{
    Act, Body, Grant, GrantSubject, Name, OrganisationBody, OrganisationKind, Place, Revocation, Role, Roots, founding,
    next_key_hash,
};
use isnad_protocol::encoding::json::Object;
use isnad_protocol::governance::Governance;
use isnad_protocol::id::OrganisationId;
use isnad_protocol::key::SecretKey;

use crate::governing::described;
use crate::governing::signatures::Roster;
use crate::reading;

fn secret(number: u64) -> SecretKey {
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&number.to_be_bytes());
    SecretKey::from_seed(&seed)
}

fn name(text: &str) -> Vec<Name> {
    vec![Name { lang: "en".into(), text: text.into() }]
}

/// One organisation that names itself anew, grants a key, and revokes one that it granted long before, by turns.
fn chain(length: u64) -> Governance {
    let root = secret(0);
    let next = vec![next_key_hash(&secret(1).public())];
    let roots = Roots { keys: vec![root.public()], next, next_threshold: 1, threshold: 1 };
    let kind = Some(OrganisationKind::Ngo);
    let body = OrganisationBody { names: name("First"), roots: Some(roots), kind, ..OrganisationBody::default() };
    let first = Act::draft(Place::FIRST, &Body::Organisation(body)).unwrap();
    let signature = first.sign(OrganisationId::ZERO, &root);
    let first = first.with_signature(signature);
    let own = OrganisationId::new(*first.id().as_bytes());
    let charter = founding::charter("One", vec![own], 1, Object::new(), Object::new()).unwrap();
    let signature = charter.sign(own, &root);
    let consortium = founding::consortium(&charter);
    let mut acts = vec![charter.with_signature(signature), first.clone()];
    let mut last = first.clone();
    for number in 2..=length {
        let grants =
            |key: u64| vec![Grant::of(&secret(100 + key), &GrantSubject::of_organisation(own), Role::Reader, "x")];
        let turn = number / 3;
        let body = match number % 3 {
            0 => OrganisationBody { grants: grants(turn), ..OrganisationBody::default() },
            1 if turn > 1 => {
                let key = secret(100 + turn / 2).public();
                let body = OrganisationBody::default();
                let is_twice = turn % 2 == 1;
                let revocations = vec![Revocation { cuts: Vec::new(), key, reason: "lost".into() }];
                if is_twice {
                    OrganisationBody { names: name("Odd"), ..body }
                } else {
                    OrganisationBody { revocations, ..body }
                }
            }
            _ => OrganisationBody { names: name(&format!("Name {number}")), ..OrganisationBody::default() },
        };
        let place = Place { version: number, consortium, scope: first.id(), previous: last.id() };
        let act = Act::draft(place, &Body::Organisation(body)).unwrap();
        let signature = act.sign(own, &root);
        last = act.with_signature(signature);
        acts.push(last.clone());
    }
    let governance = Governance::assemble(acts).unwrap();
    assert_eq!(governance.standing_act(&first.id()).map(Act::version), Some(length));
    governance
}

#[test]
fn acts_are_told_as_whoever_goes_back_step_by_step_finds_them() {
    let governance = chain(90);
    let own = governance.organisations()[0].id;
    let mut called: BTreeMap<String, String> = BTreeMap::new();
    let mut granted = BTreeMap::new();
    let all = described(&governance, Some(own));
    let roster = Roster::of(&governance);
    for told in all.iter().filter(|told| told.organisation.is_some()) {
        let act = governance.act(&told.id).unwrap();
        let body = act.as_organisation().unwrap();
        // An act is told with what the organisation was called before it.
        let mut after = BTreeMap::new();
        body.add_names(&mut after);
        let shown = if called.is_empty() { after.clone() } else { called.clone() };
        assert_eq!(told.names.get(&own), Some(&shown), "version {}", told.version);
        for change in &told.changes {
            match change {
                Change::Named { from, .. } => assert_eq!(from.as_ref(), called.get("en")),
                Change::Revoked { key, role, .. } => assert_eq!(role.as_ref(), granted.get(key)),
                Change::Granted { key, role, .. } => drop(granted.insert(*key, *role)),
                Change::Began { .. } | Change::Roots { .. } => assert_eq!(told.version, 1),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(roster.progress(act), (1, 1));
        called.extend(after);
    }
}

/// The least of some times: others use this machine too.
fn least(mut work: impl FnMut()) -> Duration {
    let time = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..3).map(|_| time(&mut work)).min().unwrap()
}

#[test]
fn what_a_list_of_acts_takes_grows_with_their_number() {
    let (short, long) = (chain(400), chain(1_600));
    let own = short.organisations()[0].id;
    let times = |governance: &Governance| {
        [
            ("described", least(|| drop(described(governance, Some(own))))),
            ("who", least(|| drop(reading::who(governance, Some(own))))),
            ("copied", least(|| drop(governance.clone()))),
        ]
    };
    for ((what, short), (_, long)) in times(&short).into_iter().zip(times(&long)) {
        // Four times as many: four times as long if it is linear, sixteen times if each looks at all.
        assert!(long < short * 8 + Duration::from_millis(2), "{what}: {short:?}, {long:?}");
    }
}
