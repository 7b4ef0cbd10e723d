//! Acts that say what no act may, at the one door: bodies that are no strict JSON, keys granted against the rules, rotations to
//! keys that nobody committed to, signatures by the wrong or by too few. Each is refused with its rule and changes nothing, or
//! is held as a draft that has no effect.

use isnad_protocol::act::{
    Act, Body, Charter, DecodeError, Grant, GrantSubject, OrganisationBody, Place, Role, Roots, next_key_hash,
};
use isnad_protocol::governance::{ActStatus, Governance};
use isnad_protocol::id::ActId;
use isnad_protocol::key::Use;
use isnad_protocol::limits;
use isnad_tests::consortium::{Site, first_acts, found, secret};

fn first(site: &Site) -> Act {
    site.replica.governance().act(&ActId::new(*site.organisation.as_bytes())).unwrap().clone()
}

fn founding(site: &Site) -> Act {
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
    let before = founding(&site);
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
    let before = founding(&site);
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
