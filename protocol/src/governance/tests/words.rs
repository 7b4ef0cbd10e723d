//! Attestations: chains with branches, in any order; whose key counts, and under which version. DESIGN §7; format §5.

use super::field::{Field, attestation, entry, revoking, rotating, signed};
use super::*;
use crate::limits;
use crate::log::Authentic;

fn position(entry: &Authentic) -> Position {
    let header = &entry.entry().header;
    Position { log: LogKey { space: header.space, author: header.author }, end: entry.end() }
}

/// A chain of attestations of organisation 1 that parts after the second: which names what, by number.
fn branching(field: &Field, acts: &[ActId]) -> BTreeMap<&'static str, Authentic> {
    let members = field.members();
    let after = |before: &Authentic| (before.end().seq, before.id());
    let root = attestation(members, 1, (0, EntryId::ZERO), &[]);
    let shared = attestation(members, 1, after(&root), &acts[..1]);
    let left = attestation(members, 1, after(&shared), &acts[1..2]);
    let left_end = attestation(members, 1, after(&left), &[]);
    let right = attestation(members, 1, after(&shared), &acts[2..3]);
    let right_end = attestation(members, 1, after(&right), &acts[1..2]);
    let inner = attestation(members, 1, after(&right), &acts[..1]);
    BTreeMap::from([
        ("root", root),
        ("shared", shared),
        ("left", left),
        ("left end", left_end),
        ("right", right),
        ("right end", right_end),
        ("inner", inner),
    ])
}

#[test]
fn every_branch_of_a_log_counts_and_knows_what_is_before_it_alone() {
    let mut field = Field::of(3);
    let acts: Vec<Act> = ["one", "two", "three"]
        .map(|name| field.version(&field.charter, |charter| charter.name = name.to_owned()))
        .to_vec();
    let ids: Vec<ActId> = acts.iter().map(Act::id).collect();
    let words = branching(&field, &ids);
    // None names its own predecessor: the last comes first.
    for name in ["right end", "left end", "inner", "left", "right", "shared", "root"] {
        field.governance.attest(&words[name]);
    }
    // The acts come after what names them.
    for act in &acts {
        field.sign(act, &[1, 2]);
    }
    let knew = |name: &str, act: usize| field.governance.knew(&position(&words[name]), &ids[act]);
    let table = [
        ("root", [false, false, false]),
        ("shared", [true, false, false]),
        ("left", [true, true, false]),
        ("left end", [true, true, false]),
        ("right", [true, false, true]),
        ("right end", [true, true, true]),
        ("inner", [true, false, true]),
    ];
    for (name, expected) in table {
        assert_eq!([0, 1, 2].map(|act| knew(name, act)), expected, "{name}");
    }
    let one = organisation(field.first(1));
    assert!(ids.iter().all(|id| field.governance.acknowledged(id).contains_key(&one)));
    let all: Vec<_> = field.governance.acknowledgements(&ids[1]).collect();
    assert_eq!(all.len(), 2, "on each branch");
    let halt = &field.governance.halts()[0];
    assert_eq!(halt.double[&one].len(), 6, "signed and named each two of three");
}

#[test]
fn a_word_counts_only_once_all_before_it_is_there() {
    let mut field = Field::of(3);
    let act = field.version(&field.charter, |charter| charter.name = "second".to_owned());
    field.sign(&act, &[1, 2]);
    let members = field.members();
    let first = attestation(members, 1, (0, EntryId::ZERO), &[]);
    let second = attestation(members, 1, (1, first.id()), &[act.id()]);
    field.governance.attest(&second);
    assert_eq!(field.governance.acknowledged(&act.id()).len(), 0);
    assert!(!field.governance.has_attested(&position(&second)));
    field.governance.attest(&first);
    assert_eq!(field.governance.acknowledged(&act.id()).len(), 1);
    field.governance.attest(&second);
    assert_eq!(field.governance.acknowledgements(&act.id()).count(), 1, "the same again is nothing new");
}

#[test]
fn what_is_malformed_says_nothing_and_breaks_no_chain() {
    let mut field = Field::of(3);
    let act = field.version(&field.charter, |charter| charter.name = "second".to_owned());
    field.sign(&act, &[1, 2]);
    let members = field.members();
    let bad = Authentic::from_store(entry(members, 1, (0, EntryId::ZERO), b"{\"acts\":1}".to_vec()));
    let good = attestation(members, 1, (1, bad.id()), &[act.id()]);
    field.governance.attest(&bad);
    field.governance.attest(&good);
    assert_eq!(field.governance.acknowledged(&act.id()).len(), 1);
    let mut bare = entry(members, 2, (0, EntryId::ZERO), b"{}".to_vec());
    bare.payload = None;
    let bare = Authentic::from_store(bare);
    let behind = attestation(members, 2, (1, bare.id()), &[act.id()]);
    field.governance.attest(&bare);
    field.governance.attest(&behind);
    assert_eq!(
        field.governance.acknowledged(&act.id()).len(),
        1,
        "while a payload is missing nothing behind it counts"
    );
}

#[test]
fn only_a_key_that_some_validly_signed_act_grants_as_node_attests() {
    let mut field = Field::of(3);
    let act = field.version(&field.charter, |charter| charter.name = "second".to_owned());
    field.sign(&act, &[1, 2]);
    let (members, one) = (field.members(), organisation(field.first(1)));
    let line = crate::attestation::ActLine { scope: act.id(), version: 2, act: act.id() };
    let word = crate::attestation::Attestation { acts: [line].into(), ..Default::default() };
    let by = |key: u16| {
        let draft = Draft {
            kind: EntryKind::Attestation,
            space: members,
            organisation: one,
            record: RecordId::ZERO,
            generation: 0,
            time: Timestamp(0),
            payload: Payload { salt: [1; 16], bytes: word.encode() },
        };
        Authentic::from_store(draft.seal((0, EntryId::ZERO), &secret(key)))
    };
    for key in [14, 16, 27, 900] {
        field.governance.attest(&by(key));
        assert_eq!(field.governance.acknowledged(&act.id()).len(), 0, "{key}");
    }
    // An act on a branch that lost grants it as well, and what it said counts from then on.
    let grant = next(1, field.first(1), field.consortium(), granting(1, 900, Role::Node), 11);
    let weighed = field.governance.weigh(grant, Source::Home).unwrap().unwrap();
    let change = field.governance.apply(weighed);
    assert_eq!(change.attesting, vec![(one, secret(900).public())]);
    field.governance.attest(&by(900));
    assert_eq!(field.governance.acknowledged(&act.id()).len(), 1);
    let rotation = next(1, field.first(1), field.consortium(), rotating(1, 12, 18), 12);
    field.take(&rotation);
    assert!(field.governance.key(&one, &secret(900).public()).unwrap().lost.is_some());
    assert_eq!(field.governance.acknowledged(&act.id()).len(), 1, "what counts, counts for ever");
}

#[test]
fn a_word_counts_under_a_version_that_its_chain_named() {
    let mut field = Field::of(3);
    let first = field.first(1).clone();
    let act = field.version(&field.charter, |charter| charter.name = "second".to_owned());
    field.sign(&act, &[1, 2]);
    field.name(2, &[first.id()]);
    field.name(2, &[act.id()]);
    field.name(3, &[act.id()]);
    let memberships = field.governance.memberships(&field.members());
    let at = |seq: usize| position(&field.logs[&2][seq]);
    let counts = |seq, version: usize| field.governance.counts_under(&at(seq), &memberships[version]);
    assert!(counts(0, 0) && counts(1, 0), "under the founding one always");
    assert!(!counts(0, 1) && counts(1, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_order_of_attestations_and_acts_does_not_show(order in Just((0..9).collect::<Vec<usize>>()).prop_shuffle()) {
        let field = Field::of(3);
        let acts: Vec<Act> = ["one", "two"]
            .map(|name| signed(&field.version(&field.charter, |charter| charter.name = name.to_owned()), &[1, 2, 3]))
            .to_vec();
        let ids: Vec<ActId> = acts.iter().map(Act::id).chain([field.charter.id()]).collect();
        let words: Vec<Authentic> = branching(&field, &ids).into_values().collect();
        let run = |order: &[usize]| {
            let mut governance = field.governance.clone();
            for at in order {
                match acts.get(*at) {
                    Some(act) => drop(governance.take(act.clone()).unwrap()),
                    None => drop(governance.attest(&words[*at - acts.len()])),
                }
            }
            governance
        };
        let sorted: Vec<usize> = (0..9).collect();
        prop_assert!(run(&order) == run(&sorted));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn signatures_and_words_on_versions_come_to_the_same_in_any_order(
        order in Just((0..22).collect::<Vec<usize>>()).prop_shuffle(),
        named in prop::collection::vec(0_usize..3, 10),
    ) {
        let field = Field::of(5);
        let version = |previous: &Act, name: &str| field.version(previous, |charter| charter.name = name.to_owned());
        let second = version(&field.charter, "second");
        let acts = [version(&second, "third"), version(&field.charter, "rival"), second];
        let copies: Vec<Act> = acts.iter().flat_map(|act| [1, 2, 3, 4].map(|n| signed(act, &[n]))).collect();
        let words = [1, 2, 3, 4, 5].into_iter().zip(named.chunks_exact(2)).flat_map(|(n, named)| {
            let first = attestation(field.members(), n, (0, EntryId::ZERO), &[acts[named[0]].id()]);
            let then = attestation(field.members(), n, (1, first.id()), &[acts[named[1]].id()]);
            [first, then]
        });
        let words: Vec<Authentic> = words.collect();
        let run = |order: &[usize]| {
            let mut governance = field.governance.clone();
            for at in order {
                match copies.get(*at) {
                    Some(act) => drop(governance.take(act.clone()).unwrap()),
                    None => drop(governance.attest(&words[*at - copies.len()])),
                }
            }
            governance
        };
        let mut at_once = run(&(0..copies.len()).collect::<Vec<usize>>());
        at_once.attest_all(&words);
        prop_assert!(run(&order) == at_once);
        prop_assert!(run(&(0..22).collect::<Vec<usize>>()) == at_once);
    }
}

#[test]
fn what_nodes_may_name_is_told_of_halts_and_of_what_waits_without_a_look_at_each_two() {
    let mut field = Field::of(4);
    let charter = field.charter.clone();
    let [one, other] = ["one", "other"].map(|name| field.version(&charter, |body| body.name = name.to_owned()));
    assert_eq!((field.governance.charter_waiting(), field.governance.halted().len()), (None, 0));
    field.sign(&one, &[1]);
    assert_eq!(field.governance.charter_waiting(), None, "a draft waits for signatures");
    field.sign(&one, &[1, 2, 3]);
    assert_eq!(field.governance.charter_waiting(), Some(one.id()));
    field.sign(&other, &[2, 3, 4]);
    assert_eq!(field.governance.charter_waiting(), None);
    let first = field.first(1).clone();
    for key in [901, 902] {
        field.act(1, &first, revoking(key, Vec::new()), 10);
    }
    let halted: Vec<(ActId, Vec<ActId>)> =
        field.governance.halted().into_iter().map(|(after, rivals)| (after, rivals.to_vec())).collect();
    let due: Vec<_> = field.governance.halts().into_iter().map(|halt| (halt.after, halt.rivals)).collect();
    assert_eq!(halted, due);
    assert_eq!(halted.len(), 2);
    assert_eq!((halted[0].0, halted[1].0), (charter.id(), first.id()));
}

#[test]
fn who_names_a_hundred_rivals_is_told_with_as_many_proofs_as_anybody_reads() {
    let mut field = Field::of(4);
    let first = field.first(1).clone();
    let rivals: Vec<ActId> =
        (0..30).map(|key| field.act(1, &first, revoking(900 + key, Vec::new()), 10).id()).collect();
    field.name(2, &rivals);
    let halts = field.governance.halts();
    let double = &halts[0].double[&organisation(field.first(2))];
    assert_eq!((halts[0].rivals.len(), double.len()), (30, limits::DOUBLE_PROOFS));
}
