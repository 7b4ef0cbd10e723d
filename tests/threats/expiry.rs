//! The day until which a key is meant to be used is told, and decides nothing: no admission, no standing, no view, nobody who may
//! connect. format §4.4.

use std::collections::{BTreeMap, BTreeSet};

use isnad_protocol::act::{Act, Body, Grant, GrantSubject, OrganisationBody, Place, Role};
use isnad_protocol::attestation::{ActLine, Attestation};
use isnad_protocol::entry::{Draft, Kind, Payload};
use isnad_protocol::governance::ActStatus;
use isnad_protocol::id::{ActId, NodeId, RecordId};
use isnad_protocol::log::LogKey;
use isnad_protocol::standing::Judge;
use isnad_protocol::store::{LogView, SheetView};
use isnad_protocol::time::Day;
use isnad_protocol::view::{Context, Policy, View};
use isnad_tests::consortium::{Site, claim, found, record, secret};
use serde_json::Value;

const CONTRIBUTOR: u8 = 240;
const READER: u8 = 241;
const NODE: u8 = 242;

/// What a site holds after the same words, its keys being meant to be used until a day, or for good.
struct Held {
    site: Site,
    act: ActId,
}

fn after(site: &Site, previous: &Act, body: OrganisationBody) -> Act {
    let place = Place {
        version: previous.version() + 1,
        consortium: site.replica.governance().consortium(),
        scope: previous.scope_id(),
        previous: previous.id(),
    };
    let act = Act::draft(place, &Body::Organisation(body)).unwrap();
    let signature = act.sign(site.organisation, &secret(0));
    act.with_signature(signature)
}

fn spoken(expires: Option<Day>) -> Held {
    let mut site = found(2).remove(0);
    let first = site.replica.governance().act(&ActId::new(*site.organisation.as_bytes())).unwrap().clone();
    let subject = GrantSubject::of_organisation(site.organisation);
    let roles = [(CONTRIBUTOR, Role::Contributor), (READER, Role::Reader), (NODE, Role::Node)];
    let grant = |(key, role)| Grant { expires, ..Grant::of(&secret(key), &subject, role, "laptop") };
    let mut grants: Vec<Grant> = roles.into_iter().map(grant).collect();
    grants.sort_by_key(|grant| grant.key);
    let act = after(&site, &first, OrganisationBody { grants, ..OrganisationBody::default() });
    assert_eq!(site.submit_act(act.encode()), Ok(()));
    for text in ["one", "two"] {
        let entry = site.next(&secret(CONTRIBUTOR), record(1), claim("note", text));
        assert_eq!(site.submit(vec![entry]), Ok(()), "{expires:?}");
    }
    // Its node says what it holds, and its root keys revoke what they granted.
    let line = ActLine { scope: first.id(), version: 1, act: first.id() };
    let attestation = Attestation { acts: BTreeSet::from([line]), ..Attestation::default() };
    let draft = Draft {
        kind: Kind::Attestation,
        payload: Payload { salt: [7; 16], bytes: attestation.encode() },
        ..site.draft(RecordId::ZERO, Vec::new())
    };
    let log = LogKey { space: site.members(), author: secret(NODE).public() };
    let end = site.replica.end_of(log);
    assert_eq!(site.submit(vec![draft.seal((end.seq, end.id), &secret(NODE))]), Ok(()), "{expires:?}");
    Held { site, act: act.id() }
}

/// All that a reader on a day sees, and that decides who may do what.
fn seen(Held { site, act }: &Held, today: Day) -> Vec<Value> {
    let governance = site.replica.governance();
    assert_eq!(governance.status(act), Some(ActStatus::InEffect));
    let (names, policy) = (BTreeMap::new(), Policy::default());
    let context = Context { judge: governance, names: &names, policy: &policy, today };
    let view = View::of(record(1), &site.store, context).unwrap();
    let entries = site.store.entries_about(record(1)).unwrap();
    let log = LogKey { space: site.members(), author: secret(NODE).public() };
    let words = site.store.read_log(log, 0, usize::MAX).unwrap();
    let standings: Vec<_> = entries.iter().chain(&words).map(|entry| governance.judge(entry)).collect();
    assert!(standings.len() == 3 && standings.iter().all(Option::is_none), "{standings:?}");
    let keys = [CONTRIBUTOR, READER, NODE].map(|key| secret(key).public());
    let roles = keys.map(|key| governance.key_role(&key, &site.organisation).map(Role::name));
    let acknowledged: Vec<_> =
        governance.acknowledged(&ActId::new(*site.organisation.as_bytes())).into_keys().collect();
    assert_eq!(acknowledged, [site.organisation], "its word counts");
    let node = NodeId::new(*secret(READER).public().as_bytes());
    assert_eq!(governance.nodes().get(&node), Some(&site.organisation), "it may connect");
    vec![serde_json::to_value(view).unwrap(), serde_json::to_value(roles).unwrap()]
}

#[test]
fn what_has_expired_is_told_and_decides_nothing() {
    let (never, past) = (spoken(None), Day::new(1970, 1, 2));
    let expired = spoken(past);
    assert_ne!(expired.act, never.act, "the acts differ in that day");
    for today in [Day::new(1970, 1, 1), Day::new(2018, 12, 1), Day::new(2999, 1, 1)].map(Option::unwrap) {
        let own = |view: &mut Vec<Value>| view[0]["today"].take();
        let (mut one, mut other) = (seen(&never, today), seen(&expired, today));
        assert_eq!(own(&mut one), own(&mut other));
        assert_eq!(one, other, "{today}");
    }
    let told = |held: &Held| {
        let governance = held.site.replica.governance();
        governance.key(&held.site.organisation, &secret(CONTRIBUTOR).public()).unwrap().expires
    };
    assert_eq!((told(&never), told(&expired)), (None, past));
}
