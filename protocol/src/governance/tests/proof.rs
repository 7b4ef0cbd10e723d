//! That an organisation signed two acts in one place, proven by a file of acts alone.

use super::field::{Field, rotating, settlement, signed};
use super::*;
use crate::act::Name;
use crate::governance::{SignedBoth, Unproven, bundle_acts, check_signed_both, parse_acts};

/// Two versions after the founding one, both signed by the first of three, who rotated its keys before.
fn twice() -> (Field, Vec<Act>) {
    let mut field = Field::of(3);
    let first = field.first(1).clone();
    let renamed = OrganisationBody {
        names: vec![Name { lang: "en".into(), text: "Renamed".into() }],
        ..OrganisationBody::default()
    };
    let second = field.act(1, &first, renamed, 10);
    field.act(1, &second, rotating(1, 12, 19), 12);
    let named = |name: &str| field.version(&field.charter, |charter| name.clone_into(&mut charter.name));
    let acts = [named("one"), named("two")].map(|act| {
        let signature = act.sign(organisation(&first), &secret(12));
        signed(&act.with_signature(signature), &[2])
    });
    for act in &acts {
        assert_eq!(field.take(act), Taken::New);
    }
    (field, acts.to_vec())
}

#[test]
fn a_double_signer_is_proven_by_a_file_alone_and_nobody_else_is() {
    let (field, acts) = twice();
    let mut ids = [acts[0].id(), acts[1].id()];
    ids.sort_unstable();
    let all = field.governance.double_signers();
    assert_eq!(all.keys().count(), 2, "{all:?}");
    for (who, pairs) in &all {
        assert_eq!(pairs, &[ids]);
        let proof = field.governance.prove_signed_both(who, &ids).unwrap();
        let read = parse_acts(&bundle_acts(&proof)).unwrap();
        let expected =
            SignedBoth { organisation: *who, consortium: field.consortium(), acts: ids, previous: field.charter.id() };
        assert_eq!(check_signed_both(&read), Ok(expected));
        // It has the two, and as much of the chain as its keys take: a rotation, with what it follows.
        let is_first = *who == organisation(field.first(1));
        assert_eq!(proof.len(), if is_first { 5 } else { 3 });
    }
    assert_eq!(field.governance.prove_signed_both(&organisation(field.first(3)), &ids), None);
}

#[test]
fn what_is_left_out_altered_or_excused_proves_nothing() {
    let (field, _) = twice();
    let who = organisation(field.first(1));
    let ids = field.governance.double_signers()[&who][0];
    let proof = field.governance.prove_signed_both(&who, &ids).unwrap();
    let check = |expected: Unproven, change: &dyn Fn(&mut Vec<Act>)| {
        let mut acts = proof.clone();
        change(&mut acts);
        assert_eq!(check_signed_both(&acts), Err(expected));
    };
    check(Unproven::NotTwo, &|acts| acts.truncate(1));
    check(Unproven::NotTwo, &|acts| acts[1] = acts[0].clone());
    check(Unproven::NotTwo, &|acts| acts[1] = field.charter.clone());
    check(Unproven::NotTwo, &|acts| acts.swap(0, 2));
    check(Unproven::Chain, &|acts| acts.truncate(2));
    // An act of the chain is missing, is not signed, or lies.
    check(Unproven::Chain, &|acts| drop(acts.remove(3)));
    check(Unproven::Chain, &|acts| acts[3] = acts[3].clone().with_signatures(Vec::new()));
    check(Unproven::Unsigned, &|acts| drop(acts.remove(4)));
    // Another's chain; and signatures in the name of the first that are another's or do not hold.
    check(Unproven::Unsigned, &|acts| {
        acts.truncate(2);
        acts.push(field.first(3).clone());
    });
    check(Unproven::Unsigned, &|acts| {
        let wrong = acts[0].sign(who, &secret(12));
        let others = acts[1].signatures().iter().filter(|signature| signature.organisation != who);
        let signatures = others.copied().chain([wrong]).collect();
        acts[1] = acts[1].clone().with_signatures(signatures);
    });
    check(Unproven::Excused, &|acts| {
        let draft = acts[0].id();
        let act = field.version(&field.charter, |charter| charter.instead = vec![draft]);
        let signature = act.sign(who, &secret(12));
        acts[1] = act.with_signature(signature);
    });
    let settles = |acts: &[Act]| {
        let act =
            field.version(&field.charter, |charter| charter.settles = Some(settlement(&[&acts[0], &acts[1]], &[2])));
        let signature = act.sign(who, &secret(12));
        act.with_signature(signature)
    };
    check(Unproven::Settles, &|acts| acts[1] = settles(acts));
    check(Unproven::Excused, &|acts| {
        let (settlement, beside) = (settles(acts), acts[1].clone());
        acts[1] = settlement;
        acts.push(beside);
    });
}
