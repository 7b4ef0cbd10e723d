//! Restricted spaces: who signs what, rivals and settlements. DESIGN §7.

use super::field::{Field, removal, settlement, signed, without};
use super::*;

type Change<'a> = &'a dyn Fn(&mut SpaceBody);

const RED: &str = "tlp:red";

fn first_of_space(field: &Field, members: &[u16], tlp: &str) -> Act {
    let mut ids: Vec<_> = members.iter().map(|n| organisation(&first_act(*n))).collect();
    ids.sort_unstable();
    let body = SpaceBody {
        instead: Vec::new(),
        members: ids,
        name: "restricted".to_owned(),
        nonce: Some([7; 32]),
        removed: Vec::new(),
        settles: None,
        tlp: tlp.to_owned(),
    };
    let place = Place { version: 1, consortium: field.consortium(), scope: ActId::ZERO, previous: ActId::ZERO };
    Act::draft(place, &Body::Space(body)).unwrap()
}

fn after(field: &Field, previous: &Act, change: impl FnOnce(&mut SpaceBody)) -> Act {
    let mut body = previous.as_space().unwrap().clone();
    (body.nonce, body.removed, body.settles) = (None, Vec::new(), None);
    change(&mut body);
    Act::draft(later(previous, field.consortium()), &Body::Space(body)).unwrap()
}

/// A space of the first four of five organisations.
fn space() -> (Field, Act) {
    let mut field = Field::of(5);
    let first = first_of_space(&field, &[1, 2, 3, 4], "tlp:amber");
    field.sign(&first, &[1, 2, 3]);
    assert!(!field.is_in_effect(&first), "all that it names sign");
    field.sign(&first, &[4]);
    assert!(field.is_in_effect(&first));
    (field, first)
}

#[test]
fn to_admit_or_to_loosen_takes_all_and_anything_else_more_than_half() {
    let admits = |body: &mut SpaceBody| {
        body.members.push(organisation(&first_act(5)));
        body.members.sort_unstable();
    };
    let cases: [(Change<'_>, usize); 5] = [
        (&|body| body.name = "renamed".to_owned(), 3),
        (&|body| body.tlp = RED.to_owned(), 3),
        (&|body| body.tlp = "tlp:green".to_owned(), 4),
        (&|body| body.tlp = "tlp:unheard".to_owned(), 4),
        (&admits, 4),
    ];
    for (change, needed) in cases {
        let (mut field, first) = space();
        let act = after(&field, &first, change);
        field.sign(&act, &[1, 2, 3, 4][..needed - 1]);
        assert!(matches!(field.status(&act), ActStatus::NotInEffectYet { why: Wait::Signatures { .. } }));
        field.sign(&act, &[4]);
        field.sign(&act, &[1, 2, 3, 4][..needed]);
        assert!(field.is_in_effect(&act));
        let space = SpaceId::new(*first.id().as_bytes());
        assert_eq!(field.governance.memberships(&space).len(), 2);
        assert_eq!(field.governance.digest_items(&space).len(), 1);
        assert_eq!(field.governance.restricted_spaces().len(), 1);
    }
}

#[test]
fn a_member_of_a_restricted_space_writes_there_and_others_do_not() {
    let (field, first) = space();
    let space = SpaceId::new(*first.id().as_bytes());
    let may = |n: u16, key: u16| {
        let organisation = organisation(field.first(n));
        let author = secret(10 * n + key).public();
        let taken = field.governance.may_take(&space, &author, &organisation).is_ok();
        (taken, field.governance.authorise(&space, &author, &organisation, EntryKind::Change).is_ok())
    };
    assert_eq!(may(1, 4), (true, true));
    assert_eq!(may(1, 3), (true, false));
    assert_eq!(may(5, 4), (false, false));
}

#[test]
fn who_is_suspended_is_not_counted_and_what_had_enough_before_keeps_it() {
    let (mut field, first) = space();
    let early = after(&field, &first, |body| body.name = "early".to_owned());
    field.sign(&early, &[1, 2, 3]);
    assert!(field.is_in_effect(&early));
    let late = after(&field, &early, |body| body.tlp = "tlp:green".to_owned());
    field.sign(&late, &[2, 3, 4]);
    assert!(!field.is_in_effect(&late));
    let last = field.first(1).clone();
    let act = field.version(&field.charter, |charter| without(charter, 1, &last));
    field.sign(&act, &[2, 3, 4]);
    field.all_name(&[2, 3, 4], act.id());
    assert!(field.is_in_effect(&act) && field.is_in_effect(&early));
    assert!(field.is_in_effect(&late), "all but the suspended one have signed");
    let out = after(&field, &late, |body| {
        body.members.retain(|member| *member != organisation(&first_act(1)));
        body.removed = vec![removal(1, &last)];
    });
    field.sign(&out, &[2, 3, 4]);
    let log = LogKey { space: SpaceId::new(*first.id().as_bytes()), author: secret(14).public() };
    assert_eq!(field.governance.cuts(&log, &organisation(&last)), vec![(out.id(), None)]);
    let missing = after(&field, &late, |body| body.members.truncate(2));
    assert_eq!(field.governance.take(signed(&missing, &[2])).unwrap_err().code(), "act_not_taken_out");
}

#[test]
fn rivals_halt_a_space_until_most_name_one_or_a_settlement_ends_it() {
    let (mut field, first) = space();
    let one = after(&field, &first, |body| body.name = "one".to_owned());
    let other = after(&field, &first, |body| body.name = "other".to_owned());
    field.sign(&one, &[1, 2, 3]);
    field.sign(&other, &[3, 4, 1]);
    for act in [&one, &other] {
        assert_eq!(field.status(act), ActStatus::Halted { after: first.id() });
    }
    assert_eq!(field.governance.halts()[0].double.len(), 2);
    let mut named = Field { governance: field.governance.clone(), logs: BTreeMap::new(), ..Field::of(5) };
    named.all_name(&[1, 2, 3], one.id());
    assert!(named.is_in_effect(&one), "more than half of all its members named it, and no rival");
    let settles = after(&field, &first, |body| body.settles = Some(settlement(&[&one, &other], &[3])));
    field.sign(&settles, &[1, 2, 4]);
    field.all_name(&[1, 2, 4], settles.id());
    assert!(field.is_in_effect(&settles));
    assert_eq!(field.status(&one), ActStatus::Lost { to: settles.id() });
}
