//! What acts may cost: work that does not grow with a chain, a table of waiting acts that nobody keeps for himself.

use std::cell::Cell;

use super::*;
use crate::act::{Charter, Name, OrganisationKind, Revocation};
use crate::governance::lineage::{Lineage, work};
use crate::id::NodeId;
use crate::key::Signature;
use crate::limits;

fn named(text: &str) -> OrganisationBody {
    OrganisationBody { names: vec![Name { lang: "en".to_owned(), text: text.to_owned() }], ..Default::default() }
}

/// Revocations of a million bytes in all, with a mark in each.
fn long_revocations(mark: &str) -> Vec<Revocation> {
    let reason = format!("{mark}{}", "x".repeat(1_000));
    let mut keys: Vec<PublicKey> = (0..890_u16).map(|number| secret(20_000 + number).public()).collect();
    keys.sort_unstable();
    keys.into_iter().map(|key| Revocation { cuts: Vec::new(), key, reason: reason.clone() }).collect()
}

/// The first act of a stranger, signed.
fn stranger(number: u16) -> Act {
    let roots = Roots { keys: vec![secret(10_000 + number).public()], ..roots(1) };
    let act = founding::organisation(OrganisationKind::Ngo, Vec::new(), roots, Vec::new(), false).unwrap();
    let signature = act.sign(OrganisationId::ZERO, &secret(10_000 + number));
    act.with_signature(signature)
}

fn peer(byte: u8) -> Source {
    Source::Peer(NodeId::new([byte; 32]))
}

fn take(governance: &mut Governance, act: &Act, source: Source) -> Result<Taken, Refusal> {
    let weighed = governance.weigh(act.clone(), source)?;
    Ok(weighed.map_or(Taken::Known, |weighed| governance.apply(weighed).taken))
}

fn waiting(governance: &Governance) -> usize {
    governance.waiting.due(|_| true).len()
}

/// A node shows its readers a copy, and a replica keeps one until what it took is on disk.
#[test]
fn an_act_copies_no_more_of_what_others_look_at_at_the_end_of_a_long_chain() {
    let (mut governance, charter, acts) = founded(1);
    let (consortium, own) = (governance.consortium(), organisation(&acts[0]));
    let mut last = acts[0].clone();
    let draft = |number: u16| {
        let body = Charter { name: number.to_string(), ..charter.as_charter().unwrap().clone() };
        // Nobody signs for the founder: what is held is a draft.
        let act = Act::draft(later(&charter, consortium), &Body::Charter(body)).unwrap();
        field::signed(&act, &[1])
    };
    for number in 0..1_000 {
        let shown = governance.clone();
        last = next(1, &last, consortium, granting(1, 900 + number, Role::Contributor), 10);
        assert_eq!(governance.take(last.clone()), Ok(Taken::New));
        if number % 8 == 0 {
            assert_eq!(governance.take(draft(number)), Ok(Taken::New));
        }
        let of_acts = governance.held.apart_from(&shown.held) + governance.followers.apart_from(&shown.followers);
        let of_drafts = governance.members.apart_from(&shown.members) + governance.signers.apart_from(&shown.signers);
        let of_chain = governance.chains[&own].apart_from(&shown.chains[&own]);
        // A few parts of each map, of which a dozen keep the chain.
        let copied = [of_acts, of_drafts, of_chain];
        assert!(copied.iter().all(|entries| *entries < 512), "{copied:?} at {number}");
    }
}

#[test]
fn an_act_costs_no_more_at_the_end_of_a_long_chain() {
    let (mut governance, _, acts) = founded(1);
    let consortium = governance.consortium();
    let mut last = acts[0].clone();
    let mut steps = Vec::new();
    for number in 0..1_000 {
        // Beside the chain stand rivals that grant the same few keys again and again: no other branch makes a look-up dear.
        let before = work::steps();
        let aside = next(1, &last, consortium, granting(1, 900 + number % 7, Role::Contributor), 10);
        assert_eq!(governance.take(aside), Ok(Taken::New));
        last = next(1, &last, consortium, named(&number.to_string()), 10);
        assert_eq!(governance.take(last.clone()), Ok(Taken::New));
        steps.push(work::steps() - before);
    }
    // A rule that walks back from every act at each act would take a million steps for the last one.
    assert!(steps.iter().all(|steps| *steps < 2_000), "{:?} steps", steps.iter().max());
    let act = next(1, &last, consortium, granting(1, 900, Role::Contributor), 10);
    assert_eq!(governance.take(act.clone()), Ok(Taken::New));
    let twice = next(1, &act, consortium, granting(1, 900, Role::Publisher), 10);
    assert_eq!(governance.take(twice).unwrap_err().code(), "act_granted_twice");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_index_says_what_a_walk_back_says(shape in prop::collection::vec((0_usize..6, 0_u16..6), 1..48)) {
        let (mut governance, _, firsts) = founded(1);
        let consortium = governance.consortium();
        let mut tree = vec![firsts[0].clone()];
        for (back, key) in shape {
            let previous = tree[tree.len().saturating_sub(1 + back)].clone();
            let mut body = granting(1, 900 + key, Role::Contributor);
            // Some say besides what the organisation is called.
            body.names = if (back + usize::from(key)).is_multiple_of(3) { named("x").names } else { Vec::new() };
            let act = next(1, &previous, consortium, body, 10);
            let is_granted = behind(&act, &governance).iter().any(|act| grants(act, key));
            prop_assert_eq!(governance.take(act.clone()).is_err(), is_granted);
            if !is_granted {
                tree.push(act);
            }
        }
        let chain = &governance.chains[&organisation(&firsts[0])];
        for act in &tree {
            let lineage = Lineage::behind(act, Some(&chain.tree), &governance.held);
            let naming: Vec<ActId> = lineage.naming().collect();
            let walked: Vec<ActId> = behind(act, &governance).iter().filter(|act| names(act)).map(Act::id).collect();
            prop_assert_eq!(naming, walked);
            for key in 0..6 {
                let walked = behind(act, &governance).iter().any(|act| grants(act, key));
                prop_assert_eq!(lineage.granted(&secret(900 + key).public()).is_some(), walked);
            }
            prop_assert_eq!(lineage.was_root(&secret(10).public()), !act.is_first());
        }
    }
}

fn names(act: &Act) -> bool {
    !act.as_organisation().unwrap().names.is_empty()
}

fn grants(act: &Act, key: u16) -> bool {
    let key = secret(900 + key).public();
    act.as_organisation().unwrap().grants.iter().any(|grant| grant.key == key)
}

fn behind(act: &Act, governance: &Governance) -> Vec<Act> {
    let back = |act: &Act| governance.act(&act.previous()?).cloned();
    std::iter::successors(back(act), back).collect()
}

#[test]
fn an_act_that_nobody_may_sign_is_refused_and_takes_no_place() {
    let (mut governance, _, acts) = founded(1);
    let consortium = governance.consortium();
    let before = governance.clone();
    let act = next(1, &acts[0], consortium, named("x"), 900);
    assert_eq!(governance.take(act.clone()), Err(Refusal::Unsigned));
    // While the act before is missing nothing can be said: it waits, and goes when that comes.
    let mut fresh = Governance::new(consortium);
    assert_eq!(fresh.take(act), Ok(Taken::Waiting));
    for act in before.acts() {
        fresh.take(act.clone()).unwrap();
    }
    assert_eq!(fresh, before);
}

#[test]
fn a_local_user_is_told_when_the_table_is_full() {
    let (mut governance, ..) = founded(1);
    for number in 0..1_025 {
        let expected = if number < 1_024 { Ok(Taken::Waiting) } else { Err(Refusal::TooManyWaiting) };
        assert_eq!(governance.take(stranger(number)), expected, "{number}");
    }
    assert_eq!(Refusal::TooManyWaiting.code(), "act_too_many_waiting");
    assert_eq!(governance.acts().count(), 2);
}

#[test]
fn nobody_keeps_the_table_of_waiting_acts_for_himself() {
    let (mut governance, ..) = founded(1);
    for number in 0..1_100 {
        assert_eq!(take(&mut governance, &stranger(number), peer(1)), Ok(Taken::Waiting));
    }
    assert_eq!(waiting(&governance), 1_024);
    // Others get their places from whoever has the most, and keep them whatever he goes on to send.
    let honest: Vec<_> = (2_000..2_020).map(stranger).collect();
    for (act, source) in honest.iter().zip([peer(2), Source::Home].into_iter().cycle()) {
        assert_eq!(take(&mut governance, act, source), Ok(Taken::Waiting));
    }
    for number in 1_100..1_200 {
        assert_eq!(take(&mut governance, &stranger(number), peer(1)), Ok(Taken::Waiting));
    }
    assert_eq!(waiting(&governance), 1_024);
    assert!(honest.iter().all(|act| governance.waiting.get(&act.id()).is_some()));
}

#[test]
fn many_nodes_of_one_member_have_one_share_of_the_table() {
    let (mut governance, _, acts) = founded(2);
    let granting = granting(1, 900, Role::Reader);
    governance.take(next(1, &acts[0], governance.consortium(), granting, 10)).unwrap();
    let of =
        |number: u16| governance.nodes().into_iter().filter(move |(_, of)| *of == organisation(&first_act(number)));
    let nodes: Vec<Source> = of(1).map(|(node, _)| Source::Peer(node)).collect();
    let other = of(2).map(|(node, _)| Source::Peer(node)).next().unwrap();
    assert_eq!(nodes.len(), 2);
    for (number, source) in (0..1_100).zip(nodes.iter().cycle()) {
        assert_eq!(take(&mut governance, &stranger(number), *source), Ok(Taken::Waiting));
    }
    let honest: Vec<_> = (2_000..2_500).map(stranger).collect();
    for act in &honest {
        assert_eq!(take(&mut governance, act, other), Ok(Taken::Waiting));
    }
    for (number, source) in (1_100..1_200).zip(nodes.iter().cycle()) {
        assert_eq!(take(&mut governance, &stranger(number), *source), Ok(Taken::Waiting));
    }
    assert!(honest.iter().all(|act| governance.waiting.get(&act.id()).is_some()));
}

#[test]
fn a_table_that_is_full_by_bytes_makes_room_too() {
    let (mut governance, _, acts) = founded(1);
    let consortium = governance.consortium();
    let missing = next(1, &acts[0], consortium, named("missing"), 10);
    let large = |number: u16| {
        let body = OrganisationBody { revocations: long_revocations(&format!("{number:02}")), ..Default::default() };
        next(1, &missing, consortium, body, 10)
    };
    for number in 0..70 {
        assert_eq!(take(&mut governance, &large(number), peer(1)), Ok(Taken::Waiting));
    }
    assert_eq!(waiting(&governance), limits::ACTS_WAITING_BYTES / large(0).encoded_len());
    assert_eq!(take(&mut governance, &stranger(1), peer(2)), Ok(Taken::Waiting));
    assert_eq!(take(&mut governance, &large(71), peer(1)), Ok(Taken::Waiting));
    assert!(governance.waiting.get(&stranger(1).id()).is_some());
}

#[test]
fn an_act_that_waits_and_comes_again_is_known() {
    let (mut governance, ..) = founded(1);
    let act = stranger(1);
    let unsigned = act.clone().with_signatures(Vec::new());
    assert_eq!(take(&mut governance, &unsigned, peer(1)), Ok(Taken::Waiting));
    assert_eq!(take(&mut governance, &act, peer(2)), Ok(Taken::Waiting));
    let before = governance.clone();
    for copy in [&unsigned, &act] {
        assert_eq!(take(&mut governance, copy, peer(1)), Ok(Taken::Known));
        assert_eq!(governance.decode(&copy.encode()).unwrap(), *copy);
    }
    assert_eq!(governance, before);
}

/// A first act of as many root keys, signed by all of them.
fn of_many_roots(count: u16, revocations: Vec<Revocation>) -> Act {
    let mut keys: Vec<_> = (0..count).map(|number| secret(5_000 + number).public()).collect();
    keys.sort_unstable();
    let roots = Roots { keys, ..roots(1) };
    let body = OrganisationBody { revocations, roots: Some(roots), ..Default::default() };
    let act = Act::draft(Place::FIRST, &Body::Organisation(body)).unwrap();
    let signatures = (0..count).map(|number| act.sign(OrganisationId::ZERO, &secret(5_000 + number))).collect();
    act.with_signatures(signatures)
}

fn signed_in_table(governance: &Governance, act: &Act) -> usize {
    governance.waiting.get(&act.id()).unwrap().signatures().len()
}

#[test]
fn few_bad_signatures_are_dropped_and_many_end_the_check() {
    for (bad, expected) in [(15, 5), (16, 0), (19, 0)] {
        let act = of_many_roots(20, Vec::new());
        let mut signatures = act.signatures().to_vec();
        for signature in &mut signatures[..bad] {
            signature.signature = Signature::new([1; 64]);
        }
        let (mut governance, ..) = founded(1);
        let noisy = act.clone().with_signatures(signatures);
        assert_eq!(take(&mut governance, &noisy, peer(1)), Ok(Taken::Waiting));
        assert_eq!(signed_in_table(&governance, &act), expected, "{bad}");
        // A relay that adds bad ones withholds the act, and cannot kill it.
        assert_eq!(take(&mut governance, &act, peer(2)), Ok(Taken::Waiting));
        assert_eq!(signed_in_table(&governance, &act), 20);
    }
}

#[test]
fn what_a_copy_costs_is_bounded_and_each_copy_brings_more() {
    let act = of_many_roots(100, long_revocations("x"));
    let (mut governance, ..) = founded(1);
    let at_once = limits::ACT_CHECKED_BYTES / act.frame().len();
    for expected in [at_once, 100] {
        assert_eq!(take(&mut governance, &act, peer(1)), Ok(Taken::Waiting));
        assert_eq!(signed_in_table(&governance, &act), expected);
    }
    assert_eq!(take(&mut governance, &act, peer(1)), Ok(Taken::Known));
}

#[test]
fn acts_are_sent_in_an_order_in_which_none_has_to_wait() {
    let (consortium, acts) = many_acts();
    let governance = Governance::new(consortium).replay(acts);
    let mut fresh = Governance::new(consortium);
    let sent: Vec<_> = governance.acts().cloned().collect();
    for act in &sent {
        assert_eq!(take(&mut fresh, act, peer(1)), Ok(Taken::New));
    }
    assert!(fresh.acts().eq(governance.acts()));
    let at = |id: ActId| sent.iter().position(|act| act.id() == id).unwrap();
    let admitting = sent.iter().find(|act| act.kind() == Kind::Charter && !act.is_first()).unwrap();
    assert!(at(admitting.id()) < at(first_act(4).id()));
}

#[test]
fn what_waits_in_a_journal_is_left_out_and_what_it_waited_for_brings_it() {
    let (governance, charter, acts) = founded(1);
    let consortium = governance.consortium();
    let second = next(1, &acts[0], consortium, named("x"), 10);
    let mut journal: Vec<_> = (0..1_100).map(stranger).collect();
    journal.extend([second, charter, acts[0].clone()]);
    let replayed = Governance::new(consortium).replay(journal);
    assert_eq!(replayed.acts().count(), 3);
    assert_eq!(waiting(&replayed), 0);
}

#[test]
fn a_change_names_every_act_that_it_brought() {
    let (_, charter, acts) = founded(2);
    let mut governance = Governance::new(founding::consortium(&charter));
    let second = next(1, &acts[0], governance.consortium(), named("x"), 10);
    let mut change = |act: &Act| {
        let weighed = governance.weigh(act.clone(), peer(1)).unwrap().unwrap();
        governance.apply(weighed).acts
    };
    assert_eq!(change(&second), []);
    assert_eq!(change(&acts[0]), []);
    // With the charter comes the first act that it names, with that what follows it, and the signature beneath the charter.
    assert_eq!(change(&charter), [charter.id(), acts[0].id(), second.id()]);
    assert_eq!(change(&acts[1]), [acts[1].id(), charter.id()]);
    assert!(governance.charter().is_some());
}

thread_local! {
    /// How many signatures were looked at.
    static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
}

/// As a node's threads would: in any order, and counted.
fn from_behind(act: &Act, signatures: &[ActSignature]) -> Vec<bool> {
    LOOKED_AT.set(LOOKED_AT.get() + signatures.len());
    let answers: Vec<bool> = signatures.iter().rev().map(|signature| act.is_signed_by(signature)).collect();
    answers.into_iter().rev().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn whoever_checks_signatures_the_same_are_kept_and_as_few_looked_at(bad in prop::collection::vec(0_usize..60, 0..40)) {
        let act = of_many_roots(60, Vec::new());
        let mut signatures = act.signatures().to_vec();
        for at in bad {
            signatures[at].signature = Signature::new([7; 64]);
        }
        let act = act.with_signatures(signatures.clone());
        let (mut serial, ..) = founded(1);
        let mut spread = serial.clone().checked_by(SignatureCheck(from_behind));
        LOOKED_AT.set(0);
        let taken = take(&mut spread, &act, peer(1));
        prop_assert_eq!(&taken, &take(&mut serial, &act, peer(1)));
        prop_assert_eq!(spread, serial);
        // What one after the other would look at: up to the last that may fail.
        let fails = |signature: &&ActSignature| signature.signature == Signature::new([7; 64]);
        let last = signatures.iter().enumerate().filter(|(_, one)| fails(one)).nth(limits::ACT_BAD_SIGNATURES - 1);
        prop_assert_eq!(LOOKED_AT.get(), last.map_or(signatures.len(), |(at, _)| at + 1));
    }
}
