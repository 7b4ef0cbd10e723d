//! Acts that say what no act may, at the one door: bodies that are no strict JSON, keys granted against the rules, rotations to
//! keys that nobody committed to, signatures by the wrong or by too few. Each is refused with its rule and changes nothing, or
//! is held as a draft that has no effect.

use isnad_protocol::act::{
    Act, Body, Charter, DecodeError, Grant, GrantSubject, Name, OrganisationBody, OrganisationKind, Place, Role, Roots,
    founding, next_key_hash,
};
use isnad_protocol::encoding::json::Object;
use isnad_protocol::governance::{ActStatus, Governance, Wait};
use isnad_protocol::id::{ActId, OrganisationId};
use isnad_protocol::key::Use;
use isnad_protocol::limits;
use isnad_tests::consortium::{Site, first_acts, found, secret};

fn first(site: &Site) -> Act {
    site.replica.governance().act(&ActId::new(*site.organisation.as_bytes())).unwrap().clone()
}

fn charter_of(site: &Site) -> Act {
    let governance = site.replica.governance();
    governance.act(&ActId::new(*governance.consortium().as_bytes())).unwrap().clone()
}

fn after(site: &Site, previous: &Act) -> Place {
    Place {
        version: previous.version() + 1,
        consortium: site.replica.governance().consortium(),
        scope: previous.scope_id(),
        previous: previous.id(),
    }
}

/// Signed by root keys, each by its number, on behalf of the site's organisation.
fn signed(site: &Site, act: Act, keys: &[u8]) -> Act {
    keys.iter().fold(act, |act, key| {
        let signature = act.sign(site.organisation, &secret(*key));
        act.with_signature(signature)
    })
}

/// The bytes of an act of the site's organisation with a body of this text: read before anybody's signature matters.
fn with_body(site: &Site, body: &str) -> Vec<u8> {
    let place = after(site, &first(site));
    let mut frame = Use::Act.tag().to_vec();
    frame.extend([1, 2, 0, 0]);
    frame.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
    frame.extend(place.version.to_be_bytes());
    frame.extend(place.consortium.as_bytes());
    frame.extend(place.scope.as_bytes());
    frame.extend(place.previous.as_bytes());
    frame.extend(body.as_bytes());
    frame.extend([0, 0]);
    frame
}

fn organisation(site: &Site, body: OrganisationBody) -> Result<Act, DecodeError> {
    Act::draft(after(site, &first(site)), &Body::Organisation(body))
}

fn granting(site: &Site, key: u8, subject: &GrantSubject) -> OrganisationBody {
    let grant = Grant::of(&secret(key), subject, Role::Contributor, "laptop");
    let _ = site;
    OrganisationBody { grants: vec![grant], ..OrganisationBody::default() }
}

fn own(site: &Site) -> GrantSubject {
    GrantSubject::of_organisation(site.organisation)
}

#[track_caller]
fn refused(site: &mut Site, bytes: Vec<u8>, expected: &str, what: &str) {
    let (store, before) = (site.store.clone(), site.replica.governance().clone());
    assert_eq!(site.submit_act(bytes), Err(expected), "{what}");
    assert!(site.store == store && *site.replica.governance() == before, "{what}: a refused act changed something");
}

#[test]
fn a_body_that_is_no_strict_json_or_names_what_it_may_not_is_refused() {
    let mut site = found(3).remove(0);
    let deep = format!(r#"{{"names":{}{}}}"#, "[".repeat(9), "]".repeat(9));
    let names = r#"{"names":[{"lang":"en","text":"A"}]}"#;
    for (what, code, body) in [
        ("a member twice", "act_json", r#"{"names":[],"names":[]}"#),
        ("a key within twice", "act_json", r#"{"names":[{"lang":"en","lang":"fr","text":"A"}]}"#),
        ("an unknown member", "act_unknown_member", r#"{"colour":"red"}"#),
        ("an unknown key within", "act_unknown_member", r#"{"names":[{"lang":"en","size":1,"text":"A"}]}"#),
        ("a fraction", "act_json", r#"{"names":[1.5]}"#),
        ("an exponent", "act_json", r#"{"names":[1e3]}"#),
        ("null", "act_json", r#"{"names":null}"#),
        ("deep nesting", "act_json", &deep),
        ("a space", "act_json", r#"{"names": []}"#),
        ("members out of order", "act_json", r#"{"revocations":[],"grants":[]}"#),
        ("bytes behind", "act_json", r#"{"names":[]} "#),
        ("not JSON", "act_json", "no JSON"),
        ("a list", "act_form", "[]"),
        ("admin in a later act", "act_unknown_member", r#"{"admin":true}"#),
        ("a wrong form", "act_form", r#"{"names":["A"]}"#),
    ] {
        let bytes = with_body(&site, body);
        refused(&mut site, bytes, code, what);
    }
    // The table itself makes acts that the door takes.
    let act = Act::decode(&with_body(&site, names)).unwrap();
    let act = signed(&site, act, &[0]);
    assert_eq!(site.submit_act(act.encode()), Ok(()));
}

#[test]
fn keys_are_granted_once_with_proof_and_roots_rotate_to_committed_keys_alone() {
    let mut site = found(3).remove(0);
    let other = GrantSubject::of_organisation(found(3)[1].organisation);
    let unproven = organisation(&site, granting(&site, 240, &other)).unwrap_err();
    assert_eq!(unproven.code(), "act_grant_proof");
    let twice = [Role::Contributor, Role::Publisher].map(|role| Grant::of(&secret(240), &own(&site), role, "laptop"));
    let twice = OrganisationBody { grants: twice.to_vec(), ..OrganisationBody::default() };
    assert_eq!(organisation(&site, twice).unwrap_err().code(), "act_granted_twice");
    let roots = |key: u8| {
        let next = vec![next_key_hash(&secret(241).public())];
        let roots = Roots { keys: vec![secret(key).public()], next, next_threshold: 1, threshold: 1 };
        OrganisationBody { roots: Some(roots), ..OrganisationBody::default() }
    };
    let table = [
        ("granted in the first act already", "act_granted_twice", granting(&site, 100, &own(&site)), 0),
        ("a root", "act_granted_root", granting(&site, 0, &own(&site)), 0),
        ("rotation to an uncommitted key", "act_not_committed", roots(242), 242),
        ("rotation to a granted key", "act_granted_root", roots(100), 100),
        ("rotation signed by yesterday's root", "act_unsigned", roots(50), 0),
        ("signed by a granted key", "act_unsigned", granting(&site, 243, &own(&site)), 100),
        ("signed by another organisation's root", "act_unsigned", granting(&site, 243, &own(&site)), 1),
    ];
    for (what, code, body, key) in table {
        let act = signed(&site, organisation(&site, body).unwrap(), &[key]);
        refused(&mut site, act.encode(), code, what);
    }
    let rotation = signed(&site, organisation(&site, roots(50)).unwrap(), &[50]);
    assert_eq!(site.submit_act(rotation.encode()), Ok(()));
}

/// The same at the door, as bytes that no honest program writes.
#[test]
fn a_grant_without_its_own_proof_or_twice_in_one_act_is_refused_at_the_door() {
    let mut site = found(3).remove(0);
    let good = organisation(&site, granting(&site, 240, &own(&site))).unwrap();
    let body = String::from_utf8(good.body_bytes().to_vec()).unwrap();
    let (_, proof) = body.split_once(r#""proof":""#).unwrap();
    let altered = if proof.starts_with('0') { "1" } else { "0" };
    let grant = body.trim_start_matches(r#"{"grants":["#).trim_end_matches("]}");
    for (what, code, text) in [
        ("a proof altered", "act_grant_proof", body.replacen(proof, &format!("{altered}{}", &proof[1..]), 1)),
        ("another role than was proven", "act_grant_proof", body.replace(r#""role":2"#, r#""role":3"#)),
        ("no proof", "act_missing_member", body.replace(r#""proof""#, r#""label2""#)),
        ("a role that there is not", "act_role", body.replace(r#""role":2"#, r#""role":6"#)),
        ("granted twice in one act", "act_list_order", format!(r#"{{"grants":[{grant},{grant}]}}"#)),
    ] {
        assert_ne!(text, body, "{what}");
        let bytes = with_body(&site, &text);
        refused(&mut site, bytes, code, what);
    }
    let good = signed(&site, good, &[0]);
    assert_eq!(site.submit_act(good.encode()), Ok(()));
}

#[test]
fn an_act_at_another_version_or_behind_another_act_is_refused() {
    let mut site = found(3).remove(0);
    let (first, charter) = (first(&site), charter_of(&site));
    let names = vec![Name { lang: "en".to_owned(), text: "Another name".to_owned() }];
    let body = OrganisationBody { names, ..OrganisationBody::default() };
    let place = after(&site, &first);
    let next = signed(&site, Act::draft(place, &Body::Organisation(body)).unwrap(), &[0]);
    let other = found(3).remove(1).organisation;
    for (what, code, place) in [
        ("the version of the act before", "act_chain", Place { version: 1, ..place }),
        ("a version left out", "act_not_next", Place { version: 3, ..place }),
        ("the highest version there is", "act_not_next", Place { version: u64::MAX, ..place }),
        ("behind the charter", "act_not_next", Place { previous: charter.id(), ..place }),
        (
            "behind another organisation's act",
            "act_not_next",
            Place { previous: ActId::new(*other.as_bytes()), ..place },
        ),
        ("of another organisation's chain", "act_not_next", Place { scope: ActId::new(*other.as_bytes()), ..place }),
        ("behind an act that nobody holds", "act_waits", Place { previous: ActId::new([9; 32]), ..place }),
    ] {
        // What no draft says is written into the frame.
        let mut bytes = next.frame().to_vec();
        bytes[24..32].copy_from_slice(&place.version.to_be_bytes());
        bytes[64..96].copy_from_slice(place.scope.as_bytes());
        bytes[96..128].copy_from_slice(place.previous.as_bytes());
        bytes.extend([0, 0]);
        let bytes = Act::decode(&bytes).map_or(bytes, |act| signed(&site, act, &[0]).encode());
        refused(&mut site, bytes, code, what);
    }
    assert_eq!(site.submit_act(next.encode()), Ok(()));
}

/// Three organisations, of which the first has the root keys 0 and 60, so many of which sign.
fn with_two_roots(threshold: u64) -> (Governance, [OrganisationId; 3], Act) {
    let mut keys = vec![secret(0).public(), secret(60).public()];
    keys.sort_unstable();
    let roots = Roots { keys, next: vec![next_key_hash(&secret(61).public())], next_threshold: 1, threshold };
    let act = founding::organisation(OrganisationKind::Ngo, Vec::new(), roots, Vec::new(), false).unwrap();
    let act = by(act, OrganisationId::ZERO, &[0, 60]);
    let mut acts = first_acts(3);
    acts[0] = act.clone();
    let ids = [0, 1, 2].map(|index: usize| acts[index].organisation().unwrap());
    let mut members = ids.to_vec();
    members.sort_unstable();
    let charter = founding::charter("Test", members, 2, Object::new(), Object::new()).unwrap();
    let charter = by(by(by(charter, ids[0], &[0, 60]), ids[1], &[1]), ids[2], &[2]);
    acts.push(charter);
    (Governance::assemble(acts).unwrap(), ids, act)
}

fn by(act: Act, organisation: OrganisationId, keys: &[u8]) -> Act {
    keys.iter().fold(act, |act, key| {
        let signature = act.sign(organisation, &secret(*key));
        act.with_signature(signature)
    })
}

fn why(governance: &Governance, act: &Act) -> Wait {
    match governance.status(&act.id()) {
        Some(ActStatus::NotInEffectYet { why }) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_organisation_counts_once_whatever_number_of_its_keys_sign_and_only_once_enough_do() {
    for threshold in [1, 2] {
        let (mut governance, ids, first) = with_two_roots(threshold);
        let before = governance.charter_act().unwrap().clone();
        let place = |previous: &Act| Place {
            version: previous.version() + 1,
            consortium: governance.consortium(),
            scope: previous.scope_id(),
            previous: previous.id(),
        };
        let charter = Charter { name: "Renamed".into(), ..before.as_charter().unwrap().clone() };
        let act = Act::draft(place(&before), &Body::Charter(charter)).unwrap();
        let grant = Grant::of(&secret(240), &GrantSubject::of_organisation(ids[0]), Role::Contributor, "laptop");
        let body = OrganisationBody { grants: vec![grant], ..OrganisationBody::default() };
        let own = Act::draft(place(&first), &Body::Organisation(body)).unwrap();

        let history = governance.history();
        governance.take(by(act.clone(), ids[0], &[0, 60])).unwrap();
        assert!(matches!(why(&governance, &act), Wait::Signatures { .. }), "two keys of one organisation are one");
        assert_eq!(governance.history()[..history.len()], history, "what was in effect is so as before");
        assert_eq!(governance.charter().unwrap().name, "Test");
        if threshold == 2 {
            // One of two keys is no word of the organisation, beneath the charter or beneath an act of its own.
            let (mut governance, ..) = with_two_roots(threshold);
            governance.take(by(by(act.clone(), ids[0], &[60]), ids[1], &[1])).unwrap();
            assert!(matches!(why(&governance, &act), Wait::Signatures { .. }));
            governance.take(by(own.clone(), ids[0], &[0])).unwrap();
            assert!(matches!(why(&governance, &own), Wait::OwnSignatures));
            assert_eq!(governance.key_role(&secret(240).public(), &ids[0]), None);
            governance.take(by(own.clone(), ids[0], &[60])).unwrap();
            assert_eq!(governance.key_role(&secret(240).public(), &ids[0]), Some(Role::Contributor));
        }
        governance.take(by(act.clone(), ids[1], &[1])).unwrap();
        assert!(matches!(why(&governance, &act), Wait::Acknowledgements { .. }));
    }
}

#[test]
fn signatures_without_end_are_refused_before_any_is_checked() {
    let mut site = found(3).remove(0);
    let act = signed(&site, organisation(&site, granting(&site, 240, &own(&site))).unwrap(), &[0]);
    let frame = act.frame().len();
    let one = act.encode()[frame + 2..].to_vec();
    // 100,000 do not even fit the count: what says so much is cut, or has bytes behind.
    for count in [limits::ACT_SIGNATURES + 1, usize::from(u16::MAX)] {
        let mut bytes = act.frame().to_vec();
        bytes.extend(u16::try_from(count).unwrap().to_be_bytes());
        (0..100_000).for_each(|_| bytes.extend(&one));
        refused(&mut site, bytes, "act_signature_count", &format!("{count} signatures"));
    }
}

#[test]
fn a_charter_that_too_few_signed_is_a_draft_without_effect() {
    let sites = found(3);
    let mut site = sites[0].copy();
    let before = charter_of(&site);
    let charter = Charter { name: "Renamed".into(), ..before.as_charter().unwrap().clone() };
    let act = Act::draft(after(&site, &before), &Body::Charter(charter)).unwrap();
    // One of three, and once more under the name of another organisation.
    let one = signed(&site, act.clone(), &[0]);
    let borrowed = act.sign(sites[1].organisation, &secret(0));
    let one = one.with_signature(borrowed);
    assert_eq!(site.submit_act(one.encode()), Ok(()));
    let governance = site.replica.governance();
    assert_eq!(governance.act(&act.id()).unwrap().signatures().len(), 1, "a borrowed key counts for nobody");
    assert!(matches!(governance.status(&act.id()), Some(ActStatus::NotInEffectYet { .. })));
    assert_eq!(governance.charter().unwrap().name, "Test");
}

#[test]
fn a_candidate_that_floods_drafts_leaves_no_trace() {
    let mut site = found(3).remove(0);
    // A fourth organisation that nobody admitted, with its first act and drafts that would admit it.
    let candidate = first_acts(4).remove(3);
    let id = candidate.organisation().unwrap();
    let before = charter_of(&site);
    let held = site.replica.governance().acts().count();
    let store = site.store.clone();
    refused(&mut site, candidate.encode(), "act_waits", "its first act");
    let mut members = before.as_charter().unwrap().members.clone();
    members.push(id);
    for number in 0..2 * limits::ACTS_WAITING {
        let name = format!("draft {number}");
        let charter = Charter::new(&name, members.clone(), 3);
        let act = Act::draft(after(&site, &before), &Body::Charter(charter)).unwrap();
        let signature = act.sign(id, &secret(3));
        refused(&mut site, act.with_signature(signature).encode(), "act_waits", &name);
    }
    assert_eq!(site.replica.governance().acts().count(), held, "what a stranger signs is not held");
    assert!(site.store == store, "and takes no place on the disk");
    let again = Governance::new(site.replica.governance().consortium())
        .replay(site.replica.governance().acts().cloned().collect());
    assert_eq!(again.organisations().len(), 3);
}
