//! What those may bring in who are no members: nothing that is held, whoever relays it, and nothing that keeps a member's draft from
//! gathering its signatures. format §4.5.

use super::field::{Field, admit, signed};
use super::*;
use crate::id::NodeId;
use crate::limits;

/// Far more than the table of those that wait holds.
const FLOOD: u64 = if cfg!(debug_assertions) { 1_500 } else { 20_000 };

fn take(governance: &mut Governance, act: &Act, peer: u8) -> Taken {
    let weighed = governance.weigh(act.clone(), Source::Peer(NodeId::new([peer; 32]))).unwrap();
    weighed.map_or(Taken::Known, |weighed| governance.apply(weighed).taken)
}

/// Three members, and a draft of one of them that admits a fourth: its first act is held, and it may sign that draft.
fn admitting() -> (Field, Act) {
    let mut field = Field::of(3);
    let draft = field.version(&field.charter, |charter| admit(charter, 4));
    field.sign(&draft, &[1]);
    assert_eq!(field.take(&first_act(4)), Taken::New);
    (field, draft)
}

/// A version with this name that names a candidate as a member.
fn naming(field: &Field, previous: &Act, n: u16, name: &str) -> Act {
    field.version(previous, |charter| {
        if charter.members.binary_search(&organisation(&first_act(n))).is_err() {
            admit(charter, n);
        }
        name.clone_into(&mut charter.name);
    })
}

/// A restricted space of one organisation.
fn space_of(n: u16, consortium: ConsortiumId, nonce: u8) -> Act {
    let body = SpaceBody {
        instead: Vec::new(),
        members: vec![organisation(&first_act(n))],
        name: "space".to_owned(),
        nonce: Some([nonce; 32]),
        removed: Vec::new(),
        settles: None,
        tlp: "tlp:red".to_owned(),
    };
    let place = Place { version: 1, consortium, scope: ActId::ZERO, previous: ActId::ZERO };
    signed(&Act::draft(place, &Body::Space(body)).unwrap(), &[n])
}

#[test]
fn drafts_that_no_member_signed_are_not_held_however_many_a_member_brings() {
    let (mut field, draft) = admitting();
    let before: Vec<Act> = field.governance.acts().cloned().collect();
    // By a candidate that a draft names, after the founding and after that draft; and by a stranger, whom his own draft alone names.
    for number in 0..FLOOD {
        let (previous, who) = if number % 2 == 0 { (&field.charter, 4) } else { (&draft, 4) };
        let who = if number % 3 == 0 { 5 } else { who };
        let act = signed(&naming(&field, previous, who, &number.to_string()), &[who]);
        assert_eq!(take(&mut field.governance, &act, 1), Taken::Waiting);
    }
    assert!(field.governance.acts().eq(before.iter()));
    assert_eq!(field.governance.waiting.due(|_| true).len(), limits::ACTS_WAITING);
    assert_eq!(field.governance.signers.keys().count(), 2, "nothing is remembered of them beside the table");
    // Nor is its chain, nor a space that it makes for itself.
    let grant = next(4, &first_act(4), field.consortium(), granting(4, 900, Role::Contributor), 40);
    assert_eq!(take(&mut field.governance, &grant, 2), Taken::Waiting);
    let space = space_of(4, field.consortium(), 1);
    assert_eq!(take(&mut field.governance, &space, 2), Taken::Waiting);
    // What members bring meanwhile finds room, whoever signed first, and gathers its signatures.
    let other = naming(&field, &field.charter, 4, "other");
    assert_eq!(take(&mut field.governance, &signed(&other, &[4]), 3), Taken::Waiting);
    assert_eq!(take(&mut field.governance, &signed(&other, &[2]), 3), Taken::New);
    let signatures = field.governance.act(&other.id()).unwrap().signatures().len();
    assert_eq!(signatures, 2, "the candidate's waited for it");
    assert_eq!(take(&mut field.governance, &signed(&draft, &[2, 4]), 3), Taken::MoreSignatures);
    assert_eq!(take(&mut field.governance, &signed(&draft, &[3]), 3), Taken::MoreSignatures);
    // Now it is a member, but for acknowledgements, and what it signed is held as what any member signs.
    assert!(field.governance.act(&grant.id()).is_some());
}

#[test]
fn what_waited_for_its_signer_to_be_a_member_is_told_with_what_admits_it() {
    let (mut field, draft) = admitting();
    let grant = next(4, &first_act(4), field.consortium(), granting(4, 900, Role::Node), 40);
    let after = signed(&naming(&field, &draft, 4, "after"), &[4]);
    let further = signed(&naming(&field, &after, 4, "further"), &[4]);
    for act in [&further, &after, &grant] {
        assert_eq!(take(&mut field.governance, act, 1), Taken::Waiting);
    }
    let weighed = field.governance.weigh(signed(&draft, &[2, 3, 4]), Source::Home).unwrap().unwrap();
    let change = field.governance.apply(weighed);
    let told: BTreeSet<ActId> = change.acts.iter().copied().collect();
    assert_eq!(told, [&draft, &grant, &after, &further].map(Act::id).into());
    assert_eq!(change.acts.len(), told.len());
    assert_eq!(change.attesting, vec![(organisation(&first_act(4)), secret(900).public())]);
}

#[test]
fn a_chain_of_drafts_admits_nobody_before_each_has_enough_signatures() {
    // A candidate's draft that names another candidate would make that one known, and so on without end.
    let (mut field, draft) = admitting();
    let mut previous = draft;
    for n in 5..60 {
        let act = signed(&naming(&field, &previous, n, "chain"), &[4, n]);
        assert_eq!(take(&mut field.governance, &act, 1), Taken::Waiting);
        assert_eq!(take(&mut field.governance, &first_act(n), 1), Taken::Waiting);
        previous = act;
    }
    assert_eq!(field.governance.acts().count(), 6);
}

/// All of a consortium that founds, admits, rotates and drafts, each copy with one signature.
fn copies() -> (Field, Vec<Act>) {
    let (mut field, draft) = admitting();
    let one = |n| signed(&draft, &[n]);
    let rotation = next(2, &field.first(2).clone(), field.consortium(), field::rotating(2, 22, 29), 22);
    let grant = next(4, &first_act(4), field.consortium(), granting(4, 900, Role::Contributor), 40);
    let after = naming(&field, &draft, 5, "after");
    let beside = naming(&field, &field.charter, 4, "beside");
    let further = next(5, &first_act(5), field.consortium(), granting(5, 901, Role::Contributor), 50);
    let mut all = vec![one(1), one(2), one(3), one(4), rotation, grant, first_act(4), first_act(5), further];
    all.extend([4, 5, 1, 2].map(|n| signed(&after, &[n])));
    all.extend([signed(&beside, &[4]), signed(&beside, &[3]), space_of(4, field.consortium(), 1)]);
    all.push(field.charter.clone());
    all.extend(field.firsts.clone());
    field.governance = Governance::new(field.consortium());
    (field, all)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 64 } else { 512 }))]
    #[test]
    fn whoever_signs_first_the_same_set_comes_to_the_same(
        (some, other) in prop::collection::vec(any::<bool>(), copies().1.len()).prop_flat_map(|chosen| {
            let all: Vec<usize> = (0..chosen.len()).filter(|at| chosen[*at]).collect();
            (Just(all.clone()).prop_shuffle(), Just(all).prop_shuffle())
        })
    ) {
        let (field, all) = copies();
        let fold = |order: &[usize]| {
            let mut governance = field.governance.clone();
            for at in order {
                governance.take(all[*at].clone()).unwrap();
            }
            governance
        };
        let governance = fold(&some);
        prop_assert_eq!(&fold(&other), &governance);
        // What a home wrote down comes to the same, but for what waits.
        let mut restarted = Governance::new(field.consortium()).replay(governance.acts().cloned().collect());
        restarted.waiting = governance.waiting.clone();
        restarted.aside = governance.aside.clone();
        prop_assert_eq!(restarted, governance);
    }
}

#[test]
fn of_a_candidate_its_first_roots_count_and_those_that_it_rotates_to_once_it_is_a_member() {
    // The price: its rotation waits as all it signs alone. Its first act cannot be taken back, so nobody needs another one.
    let (mut field, draft) = admitting();
    let rotation = next(4, &first_act(4), field.consortium(), field::rotating(4, 42, 49), 42);
    assert_eq!(take(&mut field.governance, &rotation, 1), Taken::Waiting);
    field.sign(&draft, &[2]);
    assert_eq!(field.governance.act(&rotation.id()), None);
    field.sign(&draft, &[4]);
    assert!(field.governance.act(&rotation.id()).is_some());
}
