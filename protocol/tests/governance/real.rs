//! The same histories for the model and for the real fold, as far as it goes: which acts are held on which branches, whose
//! signatures count beneath them, whether the consortium is founded. DESIGN §7; format §4.

use std::collections::BTreeSet;

use isnad_protocol::act::{
    Act, Body, Charter, Grant, GrantSubject, OrganisationBody, OrganisationKind, Place, Role, Roots, Settlement,
    founding, next_key_hash,
};
use isnad_protocol::encoding::json::Object;
use isnad_protocol::governance::{ActStatus, Governance, Refusal};
use isnad_protocol::id::{ActId, ConsortiumId, OpenSpace, OrganisationId};
use isnad_protocol::key::SecretKey;
use proptest::prelude::*;

use crate::model::{Acts, Evidence, FOUNDING, Organisation, Set, Step, View};

/// Organisations, of which the last is a candidate.
const ALL: usize = 4;
const FOUNDERS: usize = 3;
/// Acts of each organisation: first, grant, rival grant, rotation from the first, rotation after the grant, grant after the
/// rotation from the first.
const OWN: usize = 6;

/// A root key of an organisation, first the one in force, then those committed to; from 10 on keys that are granted.
fn secret(organisation: Organisation, number: u8) -> SecretKey {
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
struct Twins {
    acts: Acts,
    real: Vec<Act>,
    firsts: Vec<usize>,
}

impl Twins {
    fn new() -> Self {
        let first = |who| {
            let act = founding::organisation(OrganisationKind::Ngo, Vec::new(), roots(who, 0), Vec::new(), false);
            act.unwrap()
        };
        let firsts: Vec<Act> = (0..ALL).map(first).collect();
        let ids = firsts.iter().take(FOUNDERS).map(|act| OrganisationId::new(*act.id().as_bytes())).collect();
        let founding = founding::charter("Partnership", ids, 2, Object::new(), Object::new()).unwrap();
        let mut twins = Self { acts: Acts::founded(FOUNDERS, 2), real: vec![founding], firsts: Vec::new() };
        twins.add_charters(&firsts);
        for (who, act) in firsts.into_iter().enumerate() {
            twins.add_chain(who, act);
        }
        twins
    }

    fn organisation(&self, who: Organisation) -> OrganisationId {
        OrganisationId::new(*self.real[self.firsts[who]].id().as_bytes())
    }

    fn consortium(&self) -> ConsortiumId {
        founding::consortium(&self.real[FOUNDING])
    }

    fn add(&mut self, previous: usize, step: Step, body: &Body) -> usize {
        let before = &self.real[previous];
        let consortium = self.consortium();
        let place =
            Place { version: before.version() + 1, consortium, scope: before.scope_id(), previous: before.id() };
        self.real.push(Act::draft(place, body).unwrap());
        self.acts.add(previous, step)
    }

    /// Two rivals, one signed instead of the first, a settlement, and a version after the first and after that.
    fn add_charters(&mut self, firsts: &[Act]) {
        let charter = |name: &str, members: usize| {
            let members = firsts.iter().take(members).map(|act| OrganisationId::new(*act.id().as_bytes())).collect();
            Charter::new(name, members, 1 + u64::try_from(FOUNDERS).unwrap() / 2 + u64::from(name == "admits"))
        };
        let step = |members, instead: &[usize]| Step::Charter {
            members: Set::first(members),
            threshold: members / 2 + 1,
            instead: instead.to_vec(),
        };
        let keeps = self.add(FOUNDING, step(FOUNDERS, &[]), &Body::Charter(charter("keeps", FOUNDERS)));
        let admits = self.add(FOUNDING, step(ALL, &[]), &Body::Charter(charter("admits", ALL)));
        let instead = Charter { instead: vec![self.real[keeps].id()], ..charter("instead", FOUNDERS) };
        self.add(FOUNDING, step(FOUNDERS, &[keeps]), &Body::Charter(instead));
        let mut rivals: Vec<ActId> = [keeps, admits].iter().map(|act| self.real[*act].id()).collect();
        rivals.sort_unstable();
        let double = vec![OrganisationId::new(*firsts[0].id().as_bytes())];
        let settles = Charter { settles: Some(Settlement { double, rivals }), ..charter("settles", FOUNDERS) };
        let settlement = Step::Settlement {
            members: Set::first(FOUNDERS),
            threshold: 2,
            instead: Vec::new(),
            rivals: vec![keeps, admits],
            double: Set::of(&[0]),
        };
        let settlement = self.add(FOUNDING, settlement, &Body::Charter(settles));
        for previous in [keeps, settlement] {
            self.add(previous, step(FOUNDERS, &[]), &Body::Charter(charter("after", FOUNDERS)));
        }
    }

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

    fn charters(&self) -> impl Iterator<Item = usize> {
        0..self.firsts[0]
    }

    /// A copy of a charter with the signature of one organisation, by its first root key or by the one it rotated to.
    fn signed(&self, charter: usize, who: Organisation, key: u8) -> Act {
        let act = &self.real[charter];
        act.clone().with_signature(act.sign(self.organisation(who), &secret(who, key)))
    }
}

/// What arrives: a copy of a charter with one signature, or an act of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Arrival {
    Signature { charter: usize, who: Organisation, key: u8 },
    Own { act: usize },
}

fn arrivals() -> Vec<Arrival> {
    let twins = Twins::new();
    let signatures = twins.charters().flat_map(|charter| {
        (0..ALL).flat_map(move |who| [0, 1].map(move |key| Arrival::Signature { charter, who, key }))
    });
    let own = (twins.firsts[0]..twins.acts.len()).map(|act| Arrival::Own { act });
    signatures.chain(own).collect()
}

/// What the model holds of what arrived, whatever its order.
fn expect(twins: &Twins, arrived: &[Arrival]) -> (BTreeSet<usize>, Evidence) {
    let is_signed =
        |act| arrived.iter().any(|arrival| matches!(arrival, Arrival::Signature { charter, .. } if *charter == act));
    let has_come = |act| arrived.contains(&Arrival::Own { act }) || is_signed(act);
    let mut evidence = Evidence::none(&twins.acts, ALL);
    evidence.signed[FOUNDING] = Set::NONE;
    let mut held = BTreeSet::new();
    if !has_come(FOUNDING) {
        return (held, evidence);
    }
    held.insert(FOUNDING);
    // Until nothing more comes to be held: first acts that a held charter names, acts whose previous one is held,
    // signatures by keys that stand in a held act.
    loop {
        let before = (held.clone(), evidence.clone());
        let named = held.iter().fold(Set::NONE, |set, act| set | twins.acts.members(*act));
        for act in twins.firsts[0]..twins.acts.len() {
            let follows = match twins.acts.previous(act) {
                Some(previous) => held.contains(&previous),
                None => twins.firsts.iter().position(|first| *first == act).is_some_and(|who| named.has(who)),
            };
            if has_come(act) && follows {
                held.insert(act);
                evidence.sign(0, act);
            }
        }
        for arrival in arrived {
            let Arrival::Signature { charter, who, key } = *arrival else { continue };
            let first = twins.firsts[who];
            let stands = if key == 0 { held.contains(&first) } else { (3..5).any(|at| held.contains(&(first + at))) };
            let previous = twins.acts.previous(charter);
            let members = |act| twins.acts.members(act);
            let is_asked = (members(charter) | previous.map_or(Set::NONE, members)).has(who);
            if stands && is_asked && previous.is_none_or(|previous| held.contains(&previous)) {
                evidence.sign(who, charter);
                held.insert(charter);
            }
        }
        if before == (held.clone(), evidence.clone()) {
            return (held, evidence);
        }
    }
}

fn fold(twins: &Twins, arrived: &[Arrival]) -> Governance {
    let mut governance = Governance::new(twins.consortium());
    for arrival in arrived {
        let act = match *arrival {
            Arrival::Signature { charter, who, key } => twins.signed(charter, who, key),
            Arrival::Own { act } => twins.real[act].clone(),
        };
        // Refused where nobody whom the act asks has signed this copy: nothing is kept then.
        if let Err(refusal) = governance.take(act) {
            assert_eq!(refusal, Refusal::Unsigned);
        }
    }
    governance
}

/// What the real fold holds, as the model has it.
fn read(twins: &Twins, governance: &Governance) -> (BTreeSet<usize>, Evidence) {
    let held: BTreeSet<usize> =
        (0..twins.acts.len()).filter(|act| governance.act(&twins.real[*act].id()).is_some()).collect();
    let mut evidence = Evidence::none(&twins.acts, ALL);
    evidence.signed[FOUNDING] = Set::NONE;
    for act in &held {
        let signatures = governance.act(&twins.real[*act].id()).unwrap().signatures();
        if *act >= twins.firsts[0] && !signatures.is_empty() {
            evidence.sign(0, *act);
            continue;
        }
        for who in 0..ALL {
            if signatures.iter().any(|signature| signature.organisation == twins.organisation(who)) {
                evidence.sign(who, *act);
            }
        }
    }
    (held, evidence)
}

/// Each arrives or not, those of the founding more often, in any order.
fn histories() -> impl Strategy<Value = Vec<Arrival>> {
    let all = arrivals();
    let odds = |arrival: &Arrival| match arrival {
        Arrival::Signature { charter: FOUNDING, who: 0..FOUNDERS, .. } => 0.9,
        Arrival::Own { act } if (*act - 7) % OWN == 0 => 0.9,
        Arrival::Signature { .. } => 0.3,
        Arrival::Own { .. } => 0.6,
    };
    let come: Vec<_> = all.iter().map(|arrival| prop::bool::weighted(odds(arrival))).collect();
    (come, Just(all).prop_shuffle()).prop_map(|(come, shuffled)| {
        let mut sorted = shuffled.clone();
        sorted.sort_unstable();
        let comes = |arrival: &Arrival| come[sorted.binary_search(arrival).unwrap()];
        shuffled.into_iter().filter(comes).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 32 } else { 500 }))]
    #[test]
    fn the_real_fold_holds_and_counts_what_the_model_does(arrived in histories()) {
        let twins = Twins::new();
        let governance = fold(&twins, &arrived);
        let (held, evidence) = expect(&twins, &arrived);
        prop_assert_eq!(read(&twins, &governance), (held.clone(), evidence.clone()));
        let view = View::new(&twins.acts, &evidence);
        let is_founded = !view.chain().is_empty();
        prop_assert_eq!(governance.charter().is_some(), is_founded);
        if held.contains(&FOUNDING) {
            let missing: BTreeSet<_> = governance.missing_signatures().into_iter().collect();
            let unsigned = (Set::first(FOUNDERS) - view.signed(FOUNDING)).iter();
            prop_assert_eq!(missing, unsigned.map(|who| twins.organisation(who)).collect());
        }
        let members = OpenSpace::Members.id(&twins.consortium());
        for act in &held {
            let in_effect = governance.status(&twins.real[*act].id()) == Some(ActStatus::InEffect);
            let stands = match twins.firsts.iter().rposition(|first| first <= act) {
                None => view.chain().contains(act),
                Some(who) => {
                    let is_named = view.chain().iter().any(|charter| twins.acts.members(*charter).has(who));
                    is_named && view.standing(twins.firsts[who]).acts.contains(act)
                }
            };
            prop_assert_eq!(in_effect, stands);
        }
        for who in 0..FOUNDERS {
            for (at, key) in [(1, 10), (2, 11), (5, 12)] {
                let is_granted = held.contains(&(twins.firsts[who] + at));
                let taken = governance.may_take(&members, &secret(who, key).public(), &twins.organisation(who));
                prop_assert_eq!(taken.is_ok(), is_founded && is_granted, "on whatever branch");
            }
        }
    }
}
