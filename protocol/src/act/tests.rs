use proptest::prelude::*;

use super::*;
use crate::encoding::to_hex;
use crate::id::OpenSpace;
use crate::key::PublicKey;

/// A secret key by its number.
pub(crate) fn secret(seed: u16) -> SecretKey {
    let mut bytes = [0x5a; 32];
    bytes[..2].copy_from_slice(&seed.to_be_bytes());
    SecretKey::from_seed(&bytes)
}

/// Root keys `10 n` and `10 n + 1` with a threshold of 1; `10 n + 2` is committed to.
pub(crate) fn roots(n: u16) -> Roots {
    let keys = vec![secret(10 * n).public(), secret(10 * n + 1).public()];
    Roots { keys, next: vec![next_key_hash(&secret(10 * n + 2).public())], next_threshold: 1, threshold: 1 }
}

/// The first act of organisation `n`, signed: it grants `10 n + 3` to `10 n + 7`, one for each role.
pub(crate) fn first_act(n: u16) -> Act {
    let roots = roots(n);
    let subject = GrantSubject::of_roots(&roots.keys);
    let grants =
        Role::ALL.map(|role| Grant::of(&secret(10 * n + 2 + u16::from(role.code())), &subject, role, role.name()));
    let name = Name { lang: "en".to_owned(), text: format!("Organisation {n}") };
    let act = founding::organisation(OrganisationKind::Ngo, vec![name], roots, grants.to_vec(), false).unwrap();
    let signature = act.sign(OrganisationId::ZERO, &secret(10 * n));
    act.with_signature(signature)
}

fn frame(kind: u8, place: Place, body: &str) -> Vec<u8> {
    let mut bytes = Use::Act.tag().to_vec();
    bytes.extend([SUITE, kind, 0, 0]);
    bytes.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend(place.version.to_be_bytes());
    bytes.extend(place.consortium.as_bytes());
    bytes.extend(place.scope.as_bytes());
    bytes.extend(place.previous.as_bytes());
    bytes.extend(body.as_bytes());
    bytes.extend([0, 0]);
    bytes
}

fn later() -> Place {
    let scope = ActId::new([7; 32]);
    Place { version: 2, consortium: ConsortiumId::new([7; 32]), scope, previous: scope }
}

#[track_caller]
fn check_bytes(bytes: &[u8], expected: &str) {
    match Act::decode(bytes) {
        Ok(_) => assert_eq!(expected, "", "accepted"),
        Err(error) => assert_eq!(error.code(), expected, "{error}"),
    }
}

#[track_caller]
fn check(kind: Kind, place: Place, body: &str, expected: &str) {
    check_bytes(&frame(kind.code(), place, body), expected);
}

fn id(byte: u8) -> String {
    to_hex(&[byte; 32])
}

#[test]
fn decode_inverts_encode() {
    for act in [first_act(1), first_act(2), charter(&[first_act(1).id()], 1)] {
        assert_eq!(Act::decode(&act.encode()).unwrap(), act);
        assert_eq!(act.body_bytes(), act.body().to_json().encode());
        assert_eq!(act.frame().len(), FRAME_SIZE + act.body_bytes().len());
    }
}

pub(crate) fn charter(members: &[ActId], threshold: u64) -> Act {
    let members = members.iter().map(|id| OrganisationId::new(*id.as_bytes())).collect();
    founding::charter("Partnership", members, threshold, crate::encoding::json::Object::new(), Default::default())
        .unwrap()
}

#[test]
fn another_frame_is_refused() {
    let good = first_act(1).encode();
    let check = |change: &dyn Fn(&mut Vec<u8>), expected| {
        let mut bytes = good.clone();
        change(&mut bytes);
        check_bytes(&bytes, expected);
    };
    check(&|_| (), "");
    check(&|bytes| bytes.truncate(127), "act_truncated");
    check(&|bytes| bytes.truncate(200), "act_truncated");
    check(&|bytes| bytes.push(0), "act_trailing");
    check(&|bytes| bytes[0] = b'X', "act_magic");
    check(&|bytes| bytes[16] = 2, "act_suite");
    check(&|bytes| bytes[17] = 0, "act_kind");
    check(&|bytes| bytes[17] = 4, "act_kind");
    check(&|bytes| bytes[19] = 1, "act_flags");
    check(&|bytes| bytes[20..24].copy_from_slice(&1_u32.to_be_bytes()), "act_body_length");
    check(&|bytes| bytes[20..24].copy_from_slice(&1_048_577_u32.to_be_bytes()), "act_body_length");
    check(&|bytes| bytes[31] = 0, "act_version");
    check(&|bytes| bytes[31] = 2, "act_chain");
    check(&|bytes| bytes[64] = 1, "act_chain");
    check(&|bytes| bytes[96] = 1, "act_chain");
    check(&|bytes| bytes[32] = 1, "act_consortium");
}

#[test]
fn a_later_act_names_its_consortium_and_a_charter_its_own() {
    let none = Place { consortium: ConsortiumId::ZERO, ..later() };
    let other = Place { consortium: ConsortiumId::new([8; 32]), ..later() };
    let body = format!(r#"{{"members":["{}"],"name":"x","threshold":1}}"#, id(1));
    check(Kind::Charter, later(), &body, "");
    check(Kind::Charter, none, &body, "act_consortium");
    check(Kind::Charter, other, &body, "act_consortium");
    check(Kind::Organisation, later(), "{}", "");
    check(Kind::Organisation, none, "{}", "act_consortium");
    check(Kind::Space, Place::FIRST, "{}", "act_consortium");
}

#[test]
fn signatures_are_bounded_ascending_and_single() {
    let act = first_act(1);
    let with = |signers: &[(u8, u8)]| {
        let mut bytes = act.frame().to_vec();
        bytes.extend(u16::try_from(signers.len()).unwrap().to_be_bytes());
        for (organisation, key) in signers {
            bytes.extend([[*organisation; 32], [*key; 32], [0; 32], [0; 32]].concat());
        }
        bytes
    };
    check_bytes(&with(&[(1, 1), (1, 2), (2, 1)]), "");
    check_bytes(&with(&[(1, 1), (1, 1)]), "act_signature_order");
    check_bytes(&with(&[(2, 1), (1, 2)]), "act_signature_order");
    let mut many = act.frame().to_vec();
    many.extend(1_025_u16.to_be_bytes());
    check_bytes(&many, "act_signature_count");
}

#[test]
fn a_charter_has_its_members_and_no_other() {
    let (one, two, three) = (id(1), id(2), id(3));
    let check = |body: &str, expected| check(Kind::Charter, Place::FIRST, body, expected);
    check(&format!(r#"{{"members":["{one}","{two}"],"name":"x","threshold":2}}"#), "");
    check(&format!(r#"{{"members":["{one}","{two}"],"name":"x","threshold":1}}"#), "act_majority");
    check(&format!(r#"{{"members":["{one}","{two}","{three}"],"name":"x","threshold":1}}"#), "act_majority");
    check(&format!(r#"{{"members":["{one}","{two}","{three}"],"name":"x","threshold":4}}"#), "act_majority");
    check(&format!(r#"{{"members":["{one}"],"name":"x","threshold":0}}"#), "act_majority");
    check(&format!(r#"{{"members":["{one}"],"name":"x","threshold":-1}}"#), "act_form");
    check(r#"{"members":[],"name":"x","threshold":0}"#, "act_empty");
    check(&format!(r#"{{"members":["{two}","{one}"],"name":"x","threshold":2}}"#), "act_list_order");
    check(&format!(r#"{{"members":["{one}","{one}"],"name":"x","threshold":2}}"#), "act_list_order");
    check(&format!(r#"{{"members":["{}"],"name":"x","threshold":1}}"#, "AB".repeat(32)), "act_form");
    check(&format!(r#"{{"members":"{one}","name":"x","threshold":1}}"#), "act_form");
    check(&format!(r#"{{"members":["{one}"],"threshold":1}}"#), "act_missing_member");
    check(&format!(r#"{{"members":["{one}"],"name":"x"}}"#), "act_missing_member");
    check(&format!(r#"{{"also":1,"members":["{one}"],"name":"x","threshold":1}}"#), "act_unknown_member");
    check(&format!(r#"{{"members":["{one}"], "name":"x","threshold":1}}"#), "act_json");
    check(&format!(r#"{{"limits":{{"a":1,"b":"c"}},"members":["{one}"],"name":"x","threshold":1}}"#), "");
    check(&format!(r#"{{"limits":{{"a":true}},"members":["{one}"],"name":"x","threshold":1}}"#), "act_form");
    check(&format!(r#"{{"members":["{one}"],"name":"x","policies":[],"threshold":1}}"#), "act_form");
    check("[]", "act_form");
}

#[test]
fn removals_predecessors_and_settlements_are_read_as_they_are_written() {
    let (one, two, three) = (id(1), id(2), id(3));
    let cut = format!(r#"{{"last":"{one}","log":"{two}","seq":"00000000000000ff"}}"#);
    let body = |cuts: &str, suspended: &str| {
        format!(
            r#"{{"instead":["{one}"],"members":["{one}"],"name":"x","predecessors":[["{one}","{two}"]],"removed":[{{"act":"{three}","cuts":[{cuts}],"organisation":"{two}"{suspended}}}],"settles":{{"double":["{one}"],"rivals":["{one}","{two}"]}},"threshold":1}}"#
        )
    };
    let act = Act::decode(&frame(1, later(), &body(&cut, r#","suspended":true"#))).unwrap();
    assert_eq!(act.body().to_json().encode(), act.body_bytes());
    let charter = act.as_charter().unwrap();
    assert!(charter.removed[0].is_suspended);
    assert_eq!(charter.removed[0].cuts[0].seq, [0, 0, 0, 0, 0, 0, 0, 255]);
    check(Kind::Charter, later(), &body(&cut, r#","suspended":false"#), "act_form");
    check(Kind::Charter, later(), &body(&format!("{cut},{cut}"), ""), "act_list_order");
    check(Kind::Charter, later(), &body(&cut, ""), "");
    check(Kind::Charter, later(), &body(&cut, "").replace(&format!(r#"[["{one}","{two}"]]"#), "[[]]"), "act_form");
}

#[test]
fn texts_and_settings_of_an_act_are_bounded() {
    let long = |bytes: usize| "n".repeat(bytes);
    let one = id(1);
    let charter = |name: &str, limits: &str| {
        format!(r#"{{"limits":{{{limits}}},"members":["{one}"],"name":"{name}","threshold":1}}"#)
    };
    let codes = |count: usize| (0..count).map(|code| format!(r#""c{code:02}":1"#)).collect::<Vec<_>>().join(",");
    for (extra, expected) in [(0, ""), (1, "act_text_length")] {
        let text = long(limits::ACT_TEXT_BYTES + extra);
        check(Kind::Charter, later(), &charter(&text, ""), expected);
        check(Kind::Charter, later(), &charter("x", &format!(r#""code":"{text}""#)), expected);
        check(Kind::Charter, later(), &charter("x", &format!(r#""{text}":1"#)), expected);
        let named = |lang: &str, name: &str| format!(r#"{{"names":[{{"lang":"{lang}","text":"{name}"}}]}}"#);
        check(Kind::Organisation, later(), &named("en", &text), expected);
        let revoked = format!(r#"{{"revocations":[{{"cuts":[],"key":"{one}","reason":"{text}"}}]}}"#);
        check(Kind::Organisation, later(), &revoked, expected);
        let space = format!(r#"{{"members":["{one}"],"name":"{text}","tlp":"tlp:red"}}"#);
        check(Kind::Space, later(), &space, expected);
        let grant = |_: &mut Roots, grants: &mut Vec<Grant>| {
            *grants = vec![Grant::of(&secret(1), &GrantSubject::of_roots(&roots(1).keys), Role::Contributor, &text)];
        };
        check_founded(grant, expected);
        let names = (0..limits::ACT_NAMES + extra).map(|lang| format!(r#"{{"lang":"aa-{lang:02}","text":"x"}}"#));
        let names = format!(r#"{{"names":[{}]}}"#, names.collect::<Vec<_>>().join(","));
        check(Kind::Organisation, later(), &names, if expected.is_empty() { "" } else { "act_name_count" });
        let expected = if expected.is_empty() { "" } else { "act_setting_count" };
        check(Kind::Charter, later(), &charter("x", &codes(limits::ACT_SETTINGS + extra)), expected);
    }
}

#[test]
fn a_name_is_in_a_language() {
    let named = |lang: &str| format!(r#"{{"names":[{{"lang":"{lang}","text":"x"}}]}}"#);
    for (lang, expected) in [("ar", ""), ("zh-Hant-TW", ""), ("", "act_form"), ("a", "act_form"), ("en us", "act_form")]
    {
        check(Kind::Organisation, later(), &named(lang), expected);
    }
    check(Kind::Organisation, later(), &named(&format!("en{}", "-abcdefgh".repeat(4))), "act_form");
}

#[test]
fn a_space_has_a_nonce_in_its_first_act_alone() {
    let first = Place { version: 1, scope: ActId::ZERO, previous: ActId::ZERO, ..later() };
    let (one, nonce) = (id(1), id(9));
    let without = format!(r#"{{"members":["{one}"],"name":"x","tlp":"tlp:red"}}"#);
    let with = format!(r#"{{"members":["{one}"],"name":"x","nonce":"{nonce}","tlp":"tlp:red"}}"#);
    check(Kind::Space, first, &with, "");
    check(Kind::Space, first, &without, "act_missing_member");
    check(Kind::Space, later(), &without, "");
    check(Kind::Space, later(), &with, "act_unknown_member");
    check(Kind::Space, first, &with.replace(&one, ""), "act_form");
    check(Kind::Space, later(), r#"{"members":[],"name":"x","tlp":"tlp:red"}"#, "act_empty");
}

fn founded(change: impl FnOnce(&mut Roots, &mut Vec<Grant>)) -> Result<Act, DecodeError> {
    let mut roots = roots(1);
    roots.keys.sort_unstable();
    let subject = GrantSubject::of_roots(&roots.keys);
    let mut grants = vec![Grant::of(&secret(1), &subject, Role::Contributor, "laptop")];
    change(&mut roots, &mut grants);
    founding::organisation(OrganisationKind::State, Vec::new(), roots, grants, true)
}

#[track_caller]
fn check_founded(change: impl FnOnce(&mut Roots, &mut Vec<Grant>), expected: &str) {
    assert_eq!(founded(change).map_err(|error| error.code()).err().unwrap_or_default(), expected);
}

#[test]
fn an_organisation_without_sound_roots_is_refused() {
    check_founded(|_, _| (), "");
    check_founded(|roots, _| roots.keys.clear(), "act_empty");
    check_founded(|roots, _| roots.next.clear(), "act_empty");
    check_founded(|roots, _| roots.keys.push(roots.keys[0]), "act_list_order");
    check_founded(|roots, _| roots.next.push(roots.next[0]), "act_list_order");
    check_founded(|roots, _| roots.threshold = 0, "act_threshold");
    check_founded(|roots, _| roots.threshold = 3, "act_threshold");
    check_founded(|roots, _| roots.next_threshold = 2, "act_threshold");
    check_founded(|roots, _| roots.keys.push(PublicKey::new([0; 32])), "act_weak_key");
    for (count, expected) in [(limits::ROOT_KEYS, ""), (limits::ROOT_KEYS + 1, "act_root_count")] {
        let all = || (0..u16::try_from(count).unwrap()).map(|number| secret(1_000 + number).public());
        check_founded(|roots, _| roots.next = all().map(|key| next_key_hash(&key)).collect(), expected);
        let expected = if expected.is_empty() { "act_grant_proof" } else { expected };
        // The grants of the example are proven for its own roots.
        check_founded(|roots, _| roots.keys = all().collect(), expected);
    }
    check(Kind::Organisation, Place::FIRST, "{}", "act_missing_member");
}

#[test]
fn a_key_is_granted_once_with_its_own_proof_and_is_no_root() {
    let subject = GrantSubject::of_roots(&roots(1).keys);
    check_founded(|_, grants| grants.push(Grant::of(&secret(1), &subject, Role::Publisher, "")), "act_granted_twice");
    check_founded(|_, grants| grants.push(grants[0].clone()), "act_list_order");
    check_founded(|_, grants| grants.push(Grant::of(&secret(10), &subject, Role::Admin, "")), "act_granted_root");
    check_founded(|_, grants| grants[0].role = Role::Publisher, "act_grant_proof");
    check_founded(|_, grants| grants[0].key = PublicKey::new([0; 32]), "act_weak_key");
    let elsewhere = GrantSubject::of_organisation(OrganisationId::new([1; 32]));
    check_founded(|_, grants| grants[0] = Grant::of(&secret(1), &elsewhere, Role::Contributor, ""), "act_grant_proof");
}

#[test]
fn a_later_grant_is_proven_for_the_organisation_itself() {
    let subject = GrantSubject::of_organisation(OrganisationId::new([7; 32]));
    let mut grant = Grant::of(&secret(1), &subject, Role::Node, "node");
    grant.expires = crate::time::Day::new(2030, 1, 31);
    let body = OrganisationBody { grants: vec![grant], ..OrganisationBody::default() };
    let act = Act::draft(later(), &Body::Organisation(body)).unwrap();
    let text = String::from_utf8(act.body_bytes().to_vec()).unwrap();
    assert!(text.contains(r#""expires":"2030-01-31""#), "{text}");
    check(Kind::Organisation, later(), &text.replace("2030-01-31", "2030-02-31"), "act_form");
    check(Kind::Organisation, later(), &text.replace(r#""role":5"#, r#""role":6"#), "act_role");
    check(Kind::Organisation, later(), &text.replace(r#""role":5"#, r#""role":4"#), "act_grant_proof");
    check(Kind::Organisation, later(), r#"{"admin":true}"#, "act_unknown_member");
    check(Kind::Organisation, later(), r#"{"kind":"ngo"}"#, "act_unknown_member");
}

#[test]
fn revocations_are_read_as_they_are_written() {
    let key = secret(3).public();
    let body = format!(r#"{{"revocations":[{{"cuts":[],"key":"{key}","reason":"lost"}}]}}"#);
    check(Kind::Organisation, later(), &body, "");
    check(Kind::Organisation, later(), &body.replace(r#""cuts":[],"#, ""), "act_missing_member");
}

#[test]
fn a_signature_that_fails_is_dropped_and_never_the_act() {
    let act = first_act(1).with_signatures(Vec::new());
    let good = act.sign(OrganisationId::new([9; 32]), &secret(10));
    assert_eq!(good.organisation, OrganisationId::ZERO);
    let bad = ActSignature { key: secret(11).public(), ..good };
    let signed = act.clone().with_signature(good);
    assert_eq!(signed.clone().with_signature(bad), signed);
}

#[test]
fn another_copy_is_read_by_its_signatures_alone() {
    let act = first_act(1);
    let unsigned = act.clone().with_signatures(Vec::new());
    let bytes = act.encode();
    assert_eq!(Act::id_of(&bytes), Some(act.id()));
    assert_eq!(Act::id_of(&bytes[..200]), None);
    assert_eq!(unsigned.decode_copy(&bytes), Ok(act.clone()));
    let check = |bytes: &[u8]| assert_eq!(unsigned.decode_copy(bytes), Act::decode(bytes));
    check(&bytes[..bytes.len() - 1]);
    check(&[&bytes[..], &[0]].concat());
    check(&unsigned.encode());
}

#[test]
fn spaces_of_a_consortium_are_its_own() {
    let ids: std::collections::BTreeSet<_> =
        [1, 2].into_iter().flat_map(|n| OpenSpace::ALL.map(|space| space.id(&ConsortiumId::new([n; 32])))).collect();
    assert_eq!(ids.len(), 4);
}

proptest! {
    #[test]
    fn no_mutation_of_an_act_panics(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = first_act(1).encode();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(act) = Act::decode(&bytes) {
            prop_assert_eq!(act.encode(), bytes.clone());
        }
        bytes.truncate(cut.index(bytes.len()));
        let _ = Act::decode(&bytes);
    }
}
