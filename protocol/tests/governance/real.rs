//! The same histories for the model and for the real fold: which acts are held on which branches, whose signatures count beneath
//! them, what stands, what halts and by whose double word. DESIGN §7; format §4.
//!
//! `ISNAD_HISTORIES` sets how many; else 500, and 200 where the code under test is not optimised.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use isnad_protocol::act::{Act, Kind};
use isnad_protocol::governance::{ActStatus, Governance, Halt, Refusal, Source};
use isnad_protocol::id::{ActId, OpenSpace};
use isnad_protocol::log::Authentic;
use proptest::prelude::*;

use self::twins::{ALL, FOUNDERS, Twins, secret};
use crate::model::{Evidence, FOUNDING, Organisation, Set, View};
use crate::number;

mod twins;

static TWINS: LazyLock<Twins> = LazyLock::new(Twins::new);

/// What arrives: a copy of a charter with one signature, an act of an organisation, an attestation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Arrival {
    Signature { charter: usize, who: Organisation, key: u8 },
    Own { act: usize },
    Attestation { who: Organisation, at: usize },
}

/// Attestations of each organisation at most.
const WORDS: usize = 6;

fn arrivals() -> Vec<Arrival> {
    let twins = &*TWINS;
    let signatures = twins.charters().flat_map(|charter| {
        (0..ALL).flat_map(move |who| [0, 1].map(move |key| Arrival::Signature { charter, who, key }))
    });
    let own = (twins.firsts[0]..twins.acts.len()).map(|act| Arrival::Own { act });
    let words = (0..ALL).flat_map(|who| (0..WORDS).map(move |at| Arrival::Attestation { who, at }));
    signatures.chain(own).chain(words).collect()
}

/// One history: what arrives, in its order, and what each organisation's attestations name, one each.
#[derive(Debug, Clone)]
struct History {
    arrived: Vec<Arrival>,
    named: Vec<Vec<usize>>,
}

/// What the model holds of what arrived, whatever its order.
fn expect(history: &History) -> (BTreeSet<usize>, Evidence) {
    let (twins, arrived) = (&*TWINS, &history.arrived);
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
    // Until nothing more comes to be held: first acts that a held charter names, acts whose previous one is held, of members
    // alone, signatures by keys that stand in a held act.
    loop {
        let before = (held.clone(), evidence.clone());
        let named = held.iter().fold(Set::NONE, |set, act| set | twins.acts.members(*act));
        let admitted = View::new(&twins.acts, &evidence).admitted();
        for act in twins.firsts[0]..twins.acts.len() {
            let follows = match (twins.acts.previous(act), twins.acts.owner(act)) {
                (Some(previous), Some(who)) => held.contains(&previous) && admitted.has(who),
                (_, who) => who.is_some_and(|who| named.has(who)),
            };
            if has_come(act) && follows {
                held.insert(act);
                evidence.sign(0, act);
            }
        }
        for charter in twins.charters() {
            let signed = arrived.iter().filter_map(|arrival| match *arrival {
                Arrival::Signature { charter: signed, who, key } if signed == charter => Some((who, key)),
                _ => None,
            });
            let stands = |(who, key): &(Organisation, u8)| {
                let first = twins.firsts[*who];
                if *key == 0 { held.contains(&first) } else { (3..5).any(|at| held.contains(&(first + at))) }
            };
            let signed = signed.filter(stands).fold(Set::NONE, |set, (who, _)| set.with(who));
            let signed = signed & twins.acts.asked(charter);
            let follows = twins.acts.previous(charter).is_none_or(|previous| held.contains(&previous));
            if follows && (held.contains(&charter) || !(signed & admitted).is_empty()) {
                evidence.sign_all(signed, charter);
                held.insert(charter);
            }
        }
        if before == (held.clone(), evidence.clone()) {
            break;
        }
    }
    // What an organisation said counts once its key is granted, up to the first attestation that is missing.
    for who in (0..ALL).filter(|who| held.contains(&twins.firsts[*who])) {
        let has_come = |at: &usize| arrived.contains(&Arrival::Attestation { who, at: *at });
        for at in (0..history.named[who].len()).take_while(has_come) {
            evidence.named[who].extend(Some(history.named[who][at]).filter(|act| held.contains(act)));
        }
    }
    (held, evidence)
}

fn fold(history: &History, words: &[Vec<Authentic>], order: &[Arrival]) -> Governance {
    let twins = &*TWINS;
    let mut governance = Governance::new(twins.consortium());
    let mut come: Vec<&Authentic> = Vec::new();
    for arrival in order {
        let act = match *arrival {
            Arrival::Signature { charter, who, key } => twins.signed(charter, who, key),
            Arrival::Own { act } => twins.real[act].clone(),
            Arrival::Attestation { who, at } => {
                if let Some(word) = words[who].get(at) {
                    come.push(word);
                    governance.attest(word);
                }
                continue;
            }
        };
        take(&mut governance, act, &come);
    }
    assert!(history.arrived.len() == order.len());
    governance
}

/// Takes an act; those that attest since are asked again.
fn take(governance: &mut Governance, act: Act, come: &[&Authentic]) {
    match governance.weigh(act, Source::Home) {
        Ok(Some(weighed)) => {
            let attesting = governance.apply(weighed).attesting;
            let attests = |word: &&&Authentic| {
                let header = &word.entry().header;
                attesting.contains(&(header.organisation, header.author))
            };
            governance.attest_all(come.iter().filter(attests).copied());
        }
        Ok(None) => {}
        // Refused where nobody whom the act asks has signed this copy: nothing is kept then.
        Err(refusal) => assert_eq!(refusal, Refusal::Unsigned),
    }
}

/// What the real fold holds, as the model has it.
fn read(governance: &Governance) -> (BTreeSet<usize>, Vec<Set>) {
    let twins = &*TWINS;
    let held: BTreeSet<usize> =
        (0..twins.acts.len()).filter(|act| governance.act(&twins.real[*act].id()).is_some()).collect();
    let mut signed = vec![Set::NONE; twins.acts.len()];
    for act in &held {
        let signatures = governance.act(&twins.real[*act].id()).unwrap().signatures();
        if *act >= twins.firsts[0] {
            if !signatures.is_empty() {
                signed[*act] = Set::of(&[0]);
            }
            continue;
        }
        for who in 0..ALL {
            if signatures.iter().any(|signature| signature.organisation == twins.organisation(who)) {
                signed[*act] = signed[*act].with(who);
            }
        }
    }
    (held, signed)
}

/// Of each history some acts only are spoken of, so that often few rivals stand against each other. Each signature and
/// attestation of them arrives or not, those of the founding most often, in any order.
fn histories() -> impl Strategy<Value = (History, Vec<Arrival>)> {
    let spoken_of = prop::collection::vec(prop::bool::weighted(0.4), TWINS.acts.len());
    let act = prop_oneof![3 => TWINS.charters(), 2 => 0..TWINS.acts.len()];
    let named = prop::collection::vec(prop::collection::vec(act, 0..=2 * WORDS), ALL);
    // What many agree on in the end.
    let agreed = (TWINS.charters(), prop::collection::vec(prop::bool::weighted(0.6), ALL));
    (spoken_of, named, agreed, any::<bool>()).prop_flat_map(|(mut spoken_of, mut named, (agreed, agree), is_eager)| {
        for act in (0..TWINS.acts.len()).filter(|act| TWINS.acts.follows(agreed, *act)) {
            spoken_of[act] = true;
        }
        let is_founding = |act: usize| act == FOUNDING || TWINS.firsts.contains(&act);
        let is_spoken_of = |act: usize| is_founding(act) || spoken_of[act];
        named.iter_mut().for_each(|acts| {
            acts.retain(|act| is_spoken_of(*act));
            acts.truncate(WORDS - 1);
        });
        named.iter_mut().zip(agree).filter(|(_, agrees)| *agrees).for_each(|(acts, _)| acts.push(agreed));
        let often = if is_eager { 0.85 } else { 0.5 };
        let odds = |arrival: &Arrival| match *arrival {
            Arrival::Signature { charter: FOUNDING, who: 0..FOUNDERS, key: 0 } => 0.995,
            Arrival::Own { act } if is_founding(act) => 0.99,
            Arrival::Signature { charter: act, .. } | Arrival::Own { act } if is_spoken_of(act) => often,
            Arrival::Signature { .. } | Arrival::Own { .. } => 0.0,
            Arrival::Attestation { .. } => 0.97,
        };
        let all = arrivals();
        let come: Vec<_> = all.iter().map(|arrival| prop::bool::weighted(odds(arrival))).collect();
        (come, Just(all).prop_shuffle(), Just(named)).prop_flat_map(|(come, shuffled, named)| {
            let mut sorted = shuffled.clone();
            sorted.sort_unstable();
            let comes = |arrival: &Arrival| come[sorted.binary_search(arrival).unwrap()];
            let arrived: Vec<Arrival> = shuffled.into_iter().filter(comes).collect();
            let history = History { arrived: arrived.clone(), named };
            (Just(history), Just(arrived).prop_shuffle())
        })
    })
}

fn cases() -> u32 {
    let short = if cfg!(debug_assertions) { 200 } else { 500 };
    number("ISNAD_HISTORIES").and_then(|cases| u32::try_from(cases).ok()).unwrap_or(short)
}

fn ids(acts: &[usize]) -> BTreeSet<ActId> {
    acts.iter().map(|act| TWINS.real[*act].id()).collect()
}

/// Compares what halts, and who is double.
fn check_halts(governance: &Governance, view: &View<'_>, named: Set) -> Result<(), TestCaseError> {
    let twins = &*TWINS;
    let halts = governance.halts();
    let charter: Option<&Halt> = halts.iter().find(|halt| halt.kind == Kind::Charter);
    let last = view.chain().last().copied();
    let candidates = last.map(|last| view.candidates(last)).unwrap_or_default();
    prop_assert_eq!(charter.is_some(), last.is_some_and(|last| view.is_halted(last)));
    if let Some(halt) = charter {
        let all = candidates.iter().flat_map(|one| candidates.iter().map(move |other| (*one, *other)));
        let double = all.fold(Set::NONE, |set, (one, other)| {
            set | view.signed_both(one, other) | view.acknowledged_both(one, other)
        });
        prop_assert_eq!(halt.double.keys().copied().collect::<BTreeSet<_>>(), twins.organisations(double));
        prop_assert_eq!(halt.rivals.iter().copied().collect::<BTreeSet<_>>(), ids(&candidates));
    }
    for who in named.iter() {
        let first = twins.firsts[who];
        let standing = view.standing(first);
        let halt = halts.iter().find(|halt| halt.scope == twins.real[first].id());
        prop_assert_eq!(halt.is_some(), standing.is_halted, "the chain of {}", who);
        if let Some(halt) = halt.filter(|_| !standing.revoking.is_empty()) {
            prop_assert_eq!(halt.rivals.iter().copied().collect::<BTreeSet<_>>(), ids(&standing.revoking));
        }
    }
    Ok(())
}

fn check(history: &History, governance: &Governance) -> Result<(), TestCaseError> {
    let twins = &*TWINS;
    let (held, evidence) = expect(history);
    prop_assert_eq!(read(governance), (held.clone(), evidence.signed.clone()));
    let view = View::new(&twins.acts, &evidence);
    let chain = view.chain();
    prop_assert_eq!(governance.charter().is_some(), !chain.is_empty());
    prop_assert_eq!(governance.charter_act().map(Act::id), chain.last().map(|last| twins.real[*last].id()));
    if held.contains(&FOUNDING) {
        let missing: BTreeSet<_> = governance.missing_signatures().into_iter().collect();
        prop_assert_eq!(missing, twins.organisations(Set::first(FOUNDERS) - view.signed(FOUNDING)));
    }
    let named = chain.iter().fold(Set::NONE, |set, charter| set | twins.acts.members(*charter));
    let named = Set::of(&named.iter().filter(|who| held.contains(&twins.firsts[*who])).collect::<Vec<_>>());
    for act in &held {
        let status = governance.status(&twins.real[*act].id());
        let stands = match twins.owner(*act) {
            None => chain.contains(act),
            Some(who) => named.has(who) && view.standing(twins.firsts[who]).acts.contains(act),
        };
        prop_assert_eq!(
            status == Some(ActStatus::InEffect),
            stands,
            "{}: {:?}",
            act,
            governance.status(&twins.real[*act].id())
        );
        let acknowledged = governance.acknowledged(&twins.real[*act].id());
        prop_assert_eq!(
            acknowledged.into_keys().collect::<BTreeSet<_>>(),
            twins.organisations(view.acknowledged(*act))
        );
    }
    check_halts(governance, &view, named)?;
    let members = OpenSpace::Members.id(&twins.consortium());
    for who in 0..FOUNDERS {
        for (at, key) in [(1, 10), (2, 11), (5, 12)] {
            let is_granted = held.contains(&(twins.firsts[who] + at));
            let taken = governance.may_take(&members, &secret(who, key).public(), &twins.organisation(who));
            prop_assert_eq!(taken.is_ok(), !chain.is_empty() && is_granted, "on whatever branch");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 2_000, ..ProptestConfig::default() })]
    #[test]
    fn the_real_fold_comes_to_what_the_model_does((history, order) in histories()) {
        let words: Vec<Vec<Authentic>> = (0..ALL).map(|who| TWINS.attesting(who, &history.named[who])).collect();
        let governance = fold(&history, &words, &history.arrived);
        check(&history, &governance)?;
        let other = fold(&history, &words, &order);
        prop_assert_eq!(governance.history(), other.history(), "in another order");
        prop_assert_eq!(governance.halts(), other.halts());
        let members = OpenSpace::Members.id(&TWINS.consortium());
        prop_assert_eq!(governance.digest_items(&members), other.digest_items(&members));
        prop_assert_eq!(governance.wide_memberships(&members).len(), other.wide_memberships(&members).len());
    }
}
