//! What is told of a halt: whose words count, what a settlement takes, who signed two acts in one place. DESIGN §7.

use super::field::{Field, settlement};
use super::*;

/// Two versions that the first two of four organisations both signed.
fn two_of_four() -> (Field, Act, Act) {
    let mut field = Field::of(4);
    let [one, other] =
        ["one", "other"].map(|name| field.version(&field.charter, |charter| charter.name = name.to_owned()));
    field.sign(&one, &[1, 2, 3]);
    (field, one, other)
}

fn set(numbers: &[u16]) -> BTreeSet<OrganisationId> {
    numbers.iter().map(|n| organisation(&first_act(*n))).collect()
}

fn the_halt(field: &Field) -> Halt {
    let halts = field.governance.halts();
    let [halt] = &halts[..] else { panic!("{halts:?}") };
    halt.clone()
}

#[test]
fn what_all_acknowledged_halts_once_half_of_them_are_seen_to_have_signed_its_rival_too() {
    let (mut field, one, other) = two_of_four();
    field.all_name(&[1, 2, 3, 4], one.id());
    assert!(field.is_in_effect(&one));
    field.sign(&other, &[1, 2, 4]);
    assert_eq!(field.status(&one), ActStatus::Halted { after: field.charter.id() });
    let halt = the_halt(&field);
    let words = |act: &Act| halt.words.iter().find(|words| words.act == act.id()).unwrap();
    assert_eq!((&words(&one).acknowledged, halt.needed), (&set(&[1, 2, 3, 4]), 3));
    assert_eq!((&words(&one).counted, &words(&one).awaited), (&set(&[3, 4]), &set(&[])));
    assert!(!words(&one).may_reach(halt.needed));
    // Nor does the other one ever stand in its place: whoever named the first counts for neither then.
    assert_eq!((&words(&other).counted, &words(&other).awaited), (&set(&[]), &set(&[])));
    field.all_name(&[1, 2, 3, 4], other.id());
    for act in [&one, &other] {
        assert_eq!(field.status(act), ActStatus::Halted { after: field.charter.id() });
    }
}

#[test]
fn of_four_with_two_double_signers_a_settlement_names_one_and_the_other_signs_it() {
    let (mut field, one, other) = two_of_four();
    field.sign(&other, &[1, 2, 4]);
    field.all_name(&[3], one.id());
    field.all_name(&[4], other.id());
    let settling = the_halt(&field).settling.unwrap();
    assert_eq!((settling.double.clone(), settling.needed), (set(&[1, 2]), 3));
    assert_eq!((settling.least, settling.most), (1, 1));
    assert!(settling.is_possible() && settling.takes_a_double_signer());

    // Both named: the two who are left are too few, whatever the others sign.
    let both = field.version(&field.charter, |charter| charter.settles = Some(settlement(&[&one, &other], &[1, 2])));
    field.sign(&both, &[1, 2, 3]);
    assert_eq!(field.status(&both), ActStatus::NotInEffectYet { why: Wait::TooFew { left: 2, needed: 3 } });

    let named = field.version(&field.charter, |charter| charter.settles = Some(settlement(&[&one, &other], &[1])));
    field.sign(&named, &[1, 3]);
    let ActStatus::NotInEffectYet { why: Wait::Signatures { more: 2, missing } } = field.status(&named) else {
        panic!("{:?}", field.status(&named))
    };
    assert_eq!(missing.into_iter().collect::<BTreeSet<_>>(), set(&[2, 4]), "who is named counts for nothing");
    field.sign(&named, &[2, 4]);
    field.all_name(&[2, 3, 4], named.id());
    assert!(field.is_in_effect(&named));
    assert_eq!(field.governance.halts(), []);
}

#[test]
fn of_two_members_who_both_signed_both_nothing_settles() {
    let mut field = Field::of(2);
    let [one, other] =
        ["one", "other"].map(|name| field.version(&field.charter, |charter| charter.name = name.to_owned()));
    field.sign(&one, &[1, 2]);
    field.sign(&other, &[1, 2]);
    let settling = the_halt(&field).settling.unwrap();
    assert!(!settling.is_possible(), "{settling:?}");
    for double in [&[1][..], &[2], &[1, 2]] {
        let settles =
            field.version(&field.charter, |charter| charter.settles = Some(settlement(&[&one, &other], double)));
        field.sign(&settles, &[1, 2]);
        assert!(matches!(field.status(&settles), ActStatus::NotInEffectYet { why: Wait::TooFew { needed: 2, .. } }));
    }
}

#[test]
fn an_act_that_was_signed_instead_of_another_is_settled_with_nobody_named() {
    let mut field = Field::of(3);
    let draft = field.version(&field.charter, |charter| charter.name = "draft".to_owned());
    let act = field.version(&field.charter, |charter| charter.instead = vec![draft.id()]);
    field.sign(&draft, &[1, 2]);
    field.sign(&act, &[1, 3]);
    let settling = the_halt(&field).settling.unwrap();
    assert_eq!((settling.double.len(), settling.least, settling.most), (0, 0, 1));
    assert!(!settling.takes_a_double_signer());
}

#[test]
fn an_organisations_halt_counts_the_words_of_the_others() {
    let mut field = Field::of(4);
    let first = field.first(1).clone();
    let one = field.act(1, &first, granting(1, 900, Role::Contributor), 10);
    let other = field.act(1, &first, granting(1, 901, Role::Contributor), 10);
    field.name(1, &[one.id()]);
    field.name(2, &[one.id()]);
    let halt = the_halt(&field);
    let words = |act: &Act| halt.words.iter().find(|words| words.act == act.id()).unwrap();
    assert_eq!((halt.needed, &halt.settling), (2, &None));
    assert_eq!((&words(&one).counted, &words(&one).awaited), (&set(&[2]), &set(&[3, 4])));
    assert_eq!((&words(&other).counted, &words(&other).awaited), (&set(&[]), &set(&[3, 4])));
}

#[test]
fn who_signed_two_drafts_is_named_before_either_has_enough_signatures() {
    let mut field = Field::of(5);
    let [one, other] =
        ["one", "other"].map(|name| field.version(&field.charter, |charter| charter.name = name.to_owned()));
    let instead = field.version(&field.charter, |charter| {
        charter.instead = vec![one.id().min(other.id()), one.id().max(other.id())];
    });
    field.sign(&one, &[1, 2, 3]);
    field.all_name(&[3, 4, 5], one.id());
    field.sign(&instead, &[1, 2, 4]);
    assert_eq!(field.governance.double_signers(), BTreeMap::new(), "one of them is signed instead");
    field.sign(&other, &[1]);
    let acts = if one.id() < other.id() { [one.id(), other.id()] } else { [other.id(), one.id()] };
    assert_eq!(field.governance.double_signers(), BTreeMap::from([(organisation(&first_act(1)), vec![acts])]));
    // What it signed counts beneath both; a draft that lacks signatures takes nothing from the other.
    assert!(!matches!(field.status(&other), ActStatus::Halted { .. }));
}

#[test]
fn to_settle_what_one_signed_is_no_double_signature() {
    let mut field = Field::of(3);
    let [one, other] =
        ["one", "other"].map(|name| field.version(&field.charter, |charter| charter.name = name.to_owned()));
    field.sign(&one, &[1, 2]);
    field.sign(&other, &[2, 3]);
    let named = set(&[2]);
    let double = |field: &Field| field.governance.double_signers().into_keys().collect::<BTreeSet<_>>();
    assert_eq!(double(&field), named);
    let settles = field.version(&field.charter, |charter| charter.settles = Some(settlement(&[&one, &other], &[2])));
    field.sign(&settles, &[1, 3]);
    field.all_name(&[1, 3], settles.id());
    assert!(field.is_in_effect(&settles));
    assert_eq!(double(&field), named, "for good");
}
