//! Acts: frame, body, signatures. format §4.

use isnad_protocol::act::{
    Act, ActSignature, Body, Charter, Cut, Grant, GrantSubject, Name, OrganisationBody, OrganisationKind, Place,
    Removal, Revocation, Role, Roots, Settlement, SpaceBody, founding, next_key_hash,
};
use isnad_protocol::encoding::json::{Json, Object};
use isnad_protocol::encoding::to_hex;
use isnad_protocol::id::{ActId, ConsortiumId, OrganisationId};
use isnad_protocol::key::PublicKey;
use isnad_protocol::time::Day;
use serde_json::{Value, json};

use crate::file::{self, Vector, Verdict};
use crate::secret;

/// Two of three root keys; as many are committed to.
fn roots() -> Roots {
    let keys = [10, 11, 12].map(|number| secret(number).public()).to_vec();
    let next = [20, 21, 22].map(|number| next_key_hash(&secret(number).public())).to_vec();
    Roots { keys, next, next_threshold: 2, threshold: 2 }
}

fn names() -> Vec<Name> {
    let name = |lang: &str, text: &str| Name { lang: lang.to_owned(), text: text.to_owned() };
    vec![name("ar", "مركز التوثيق"), name("en", "Documentation Centre"), name("fr", "Centre de documentation")]
}

fn first_act() -> Act {
    let subject = GrantSubject::of_roots(&roots().keys);
    let grants = Role::ALL.map(|role| Grant::of(&secret(30 + role.code()), &subject, role, role.name())).to_vec();
    let act = founding::organisation(OrganisationKind::Ngo, names(), roots(), grants, true).unwrap();
    sign(act, OrganisationId::ZERO, &[10, 11])
}

fn state() -> Act {
    let keys = vec![secret(40).public()];
    let roots = Roots { keys, next: vec![next_key_hash(&secret(41).public())], next_threshold: 1, threshold: 1 };
    let act = founding::organisation(OrganisationKind::State, Vec::new(), roots, Vec::new(), false).unwrap();
    sign(act, OrganisationId::ZERO, &[40])
}

fn sign(act: Act, organisation: OrganisationId, keys: &[u8]) -> Act {
    keys.iter().fold(act, |act, key| {
        let signature = act.sign(organisation, &secret(*key));
        act.with_signature(signature)
    })
}

fn organisation(act: &Act) -> OrganisationId {
    act.organisation().unwrap()
}

fn charter() -> Act {
    let members = vec![organisation(&first_act()), organisation(&state())];
    let limits = Object::from([("entries_per_day".to_owned(), Json::Int(10_000))]);
    let policies = Object::from([("standard".to_owned(), Json::text("reasonable_grounds"))]);
    let charter = founding::charter("Partnership", members, 2, limits, policies).unwrap();
    sign(sign(charter, organisation(&first_act()), &[10, 12]), organisation(&state()), &[40])
}

fn after(previous: &Act, scope: ActId) -> Place {
    let consortium = founding::consortium(&charter());
    Place { version: previous.version() + 1, consortium, scope, previous: previous.id() }
}

fn grant_later() -> Act {
    let first = first_act();
    let subject = GrantSubject::of_organisation(organisation(&first));
    let mut grant = Grant::of(&secret(50), &subject, Role::Contributor, "laptop");
    grant.expires = Day::new(2030, 12, 31);
    let body = OrganisationBody { grants: vec![grant], ..OrganisationBody::default() };
    let act = Act::draft(after(&first, first.id()), &Body::Organisation(body)).unwrap();
    sign(act, organisation(&first), &[10, 11])
}

fn cut() -> Cut {
    Cut { log: [1; 32], last: [2; 32], seq: [3; 8] }
}

fn revocation() -> Act {
    let (first, previous) = (first_act(), grant_later());
    let revocation = Revocation { cuts: vec![cut()], key: secret(50).public(), reason: "lost".to_owned() };
    let body = OrganisationBody { revocations: vec![revocation], ..OrganisationBody::default() };
    let act = Act::draft(after(&previous, first.id()), &Body::Organisation(body)).unwrap();
    sign(act, organisation(&first), &[34])
}

fn rotation() -> Act {
    let first = first_act();
    let mut keys = vec![secret(20).public(), secret(21).public()];
    keys.sort_unstable();
    let next = vec![next_key_hash(&secret(23).public())];
    let body =
        OrganisationBody { roots: Some(Roots { keys, next, next_threshold: 1, threshold: 1 }), ..Default::default() };
    let act = Act::draft(after(&first, first.id()), &Body::Organisation(body)).unwrap();
    sign(act, organisation(&first), &[20, 21])
}

fn removal() -> Act {
    let removal =
        Removal { act: state().id(), cuts: vec![cut()], organisation: organisation(&state()), is_suspended: true };
    let body = Charter { removed: vec![removal], ..Charter::new("Partnership", vec![organisation(&first_act())], 1) };
    let act = Act::draft(after(&charter(), charter().id()), &Body::Charter(body)).unwrap();
    sign(act, organisation(&first_act()), &[10, 11])
}

fn space() -> Act {
    let body = SpaceBody {
        instead: Vec::new(),
        members: charter().as_charter().unwrap().members.clone(),
        name: "witnesses".to_owned(),
        nonce: Some([9; 32]),
        removed: Vec::new(),
        settles: None,
        tlp: "tlp:red".to_owned(),
    };
    let place = Place { consortium: founding::consortium(&charter()), ..Place::FIRST };
    Act::draft(place, &Body::Space(body)).unwrap()
}

fn valid(name: &'static str, act: &Act, holding: usize, proves: &'static str) -> Vector {
    Vector::valid(name, act.encode(), proves).with("signatures_that_hold", json!(holding))
}

fn valid_vectors() -> Vec<Vector> {
    let signed = state();
    let mut signatures = signed.signatures().to_vec();
    signatures.push(ActSignature { organisation: OrganisationId::new([1; 32]), ..signatures[0] });
    signatures[1].signature = isnad_protocol::key::Signature::new([7; 64]);
    vec![
        valid("organisation", &first_act(), 2, "a first act: names, grants of every role, two of three root keys"),
        valid("organisation-plain", &state(), 1, "a first act with no more than roots and kind"),
        valid("charter", &charter(), 3, "a founding charter signed by both members"),
        valid("grant", &grant_later(), 2, "a later grant is proven for the organisation's id"),
        valid("revocation", &revocation(), 1, "a revocation with a cut, signed by an admin key"),
        valid("rotation", &rotation(), 2, "a rotation to the keys committed to"),
        valid("removal", &removal(), 2, "a charter that suspends a member, with positions"),
        valid(
            "settlement",
            &settlement(),
            0,
            "a charter with what only later ones have: settlement, predecessors, instead",
        ),
        valid("space", &space(), 0, "the first act of a restricted space; unsigned is a draft, not an error"),
        valid(
            "failing-signature",
            &signed.with_signatures(signatures),
            1,
            "a signature that fails is dropped, never the act",
        ),
    ]
}

/// A charter with every member that one may have.
fn settlement() -> Act {
    let (first, other) = (organisation(&first_act()), organisation(&state()));
    let body = Charter {
        instead: vec![ActId::new([7; 32])],
        limits: Object::from([("a".to_owned(), Json::Int(-1)), ("b".to_owned(), Json::text(""))]),
        predecessors: vec![(first, other)],
        settles: Some(Settlement { double: vec![other], rivals: vec![ActId::new([8; 32]), ActId::new([9; 32])] }),
        ..Charter::new("Partnership", vec![first], 1)
    };
    Act::draft(after(&charter(), charter().id()), &Body::Charter(body)).unwrap()
}

/// What every list of a body has in common, and the members that none of the others has.
fn member_vectors() -> Vec<Vector> {
    let invalid = |name, rule, proves, act: &Act, from: &str, to: &str| {
        assert!(std::str::from_utf8(act.body_bytes()).unwrap().contains(from), "{name}");
        Vector::invalid(name, with_body(act, |body| body.replacen(from, to, 1)), rule, proves)
    };
    let (first, revoked, removed, settled, restricted) = (first_act(), revocation(), removal(), settlement(), space());
    let hex = |byte: &str, count| byte.repeat(count);
    let second = format!(r#"}},{{"last":"{}","log":"{}","seq":"{}"}}]"#, hex("02", 32), hex("01", 32), hex("03", 8));
    let later = Act::draft(
        after(&restricted, restricted.id()),
        &Body::Space(SpaceBody { nonce: None, ..restricted.as_space().unwrap().clone() }),
    );
    let later = later.unwrap();
    vec![
        invalid(
            "body-list",
            "act_form",
            "a body is an object",
            &state(),
            std::str::from_utf8(state().body_bytes()).unwrap(),
            "[]",
        ),
        invalid(
            "kind-unknown",
            "act_form",
            "state, ngo or international",
            &first,
            r#""kind":"ngo""#,
            r#""kind":"firm""#,
        ),
        invalid("admin-false", "act_form", "admin is true or left out", &first, r#""admin":true"#, r#""admin":false"#),
        invalid(
            "names-order",
            "act_list_order",
            "names ascend by language",
            &first,
            r#""lang":"ar""#,
            r#""lang":"en""#,
        ),
        invalid("name-of-no-language", "act_form", "a language tag", &first, r#""lang":"en""#, r#""lang":"e""#),
        invalid(
            "too-many-names",
            "act_name_count",
            "32 names at most",
            &first,
            r#"{"lang":"ar","#,
            &format!(
                r#"{}{{"lang":"ar","#,
                (0..30).fold(String::new(), |all, lang| format!(r#"{all}{{"lang":"aa-{lang:02}","text":"x"}},"#))
            ),
        ),
        invalid(
            "name-without-text",
            "act_missing_member",
            "a name has a text",
            &first,
            r#","text":"Documentation Centre""#,
            "",
        ),
        invalid(
            "next-empty",
            "act_empty",
            "something is committed to",
            &state(),
            &format!(r#"["{}"]"#, to_hex(&next_key_hash(&secret(41).public()))),
            "[]",
        ),
        invalid("cut-seq-long", "act_form", "a blinded position has 8 bytes", &revoked, &hex("03", 8), &hex("03", 9)),
        invalid("cut-twice", "act_list_order", "one cut a log", &revoked, "}]", &second),
        invalid(
            "revocation-without-cuts",
            "act_missing_member",
            "a revocation has cuts, if none",
            &revoked,
            &format!(r#""cuts":[{{"last":"{}","log":"{}","seq":"{}"}}],"#, hex("02", 32), hex("01", 32), hex("03", 8)),
            "",
        ),
        invalid(
            "suspended-false",
            "act_form",
            "suspended is true or left out",
            &removed,
            r#""suspended":true"#,
            r#""suspended":false"#,
        ),
        invalid(
            "settles-without-double",
            "act_missing_member",
            "a settlement names the double signers",
            &settled,
            r#""double""#,
            r#""dubble""#,
        ),
        invalid(
            "rivals-order",
            "act_list_order",
            "rivals ascend",
            &settled,
            &format!(r#"["{}","#, hex("08", 32)),
            &format!(r#"["{}","#, hex("0a", 32)),
        ),
        invalid(
            "predecessor-alone",
            "act_form",
            "a predecessor is a pair",
            &settled,
            &format!(r#"[["{}","#, organisation(&first)),
            "[[",
        ),
        invalid("nonce-short", "act_form", "32 random bytes", &restricted, &hex("09", 32), &hex("09", 31)),
        invalid(
            "nonce-later",
            "act_unknown_member",
            "a nonce in the first act alone",
            &later,
            r#""tlp""#,
            &format!(r#""nonce":"{}","tlp""#, hex("09", 32)),
        ),
        Vector::invalid(
            "space-without-consortium",
            with_bytes(&restricted, |bytes| bytes[32..64].fill(0)),
            "act_consortium",
            "a space belongs to a consortium from its first act on",
        ),
        Vector::invalid(
            "later-charter-of-other-scope",
            with_bytes(&removed, |bytes| bytes[64] ^= 1),
            "act_consortium",
            "a charter's scope is its consortium",
        ),
    ]
}

/// The act again, with its body's text changed and its length with it.
fn with_body(act: &Act, change: impl FnOnce(&str) -> String) -> Vec<u8> {
    let body = change(std::str::from_utf8(act.body_bytes()).unwrap());
    let mut bytes = act.frame()[..128].to_vec();
    bytes[20..24].copy_from_slice(&u32::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend(body.as_bytes());
    bytes.extend([0, 0]);
    bytes
}

fn with_bytes(act: &Act, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = act.encode();
    change(&mut bytes);
    bytes
}

fn frame_vectors() -> Vec<Vector> {
    let act = state();
    let invalid = |name, rule, proves, change: &dyn Fn(&mut Vec<u8>)| {
        Vector::invalid(name, with_bytes(&act, change), rule, proves)
    };
    let signatures_at = act.frame().len();
    vec![
        invalid("truncated", "act_truncated", "ends inside a signature", &|bytes| {
            bytes.pop();
        }),
        invalid("trailing", "act_trailing", "no byte after the last signature", &|bytes| bytes.push(0)),
        invalid("magic", "act_magic", "another magic", &|bytes| bytes[6] = b'a'),
        invalid("suite", "act_suite", "a suite that is not known", &|bytes| bytes[16] = 2),
        invalid("kind", "act_kind", "a kind that is not known", &|bytes| bytes[17] = 4),
        invalid("flags", "act_flags", "flags are zero", &|bytes| bytes[18] = 1),
        invalid("body-length", "act_body_length", "a body above 1,048,576 bytes", &|bytes| bytes[20] = 1),
        invalid("version-zero", "act_version", "versions count from 1", &|bytes| bytes[31] = 0),
        invalid("first-with-scope", "act_chain", "a first act is in its own scope", &|bytes| bytes[64] = 1),
        invalid("second-without-previous", "act_chain", "version 2 names the act before it", &|bytes| bytes[31] = 2),
        invalid("first-with-consortium", "act_consortium", "an organisation is older than any consortium", &|bytes| {
            bytes[32] = 1;
        }),
        invalid("too-many-signatures", "act_signature_count", "1,024 signatures at most", &|bytes| {
            bytes[signatures_at..signatures_at + 2].copy_from_slice(&1_025_u16.to_be_bytes());
        }),
        invalid("signature-twice", "act_signature_order", "one signature for each organisation and key", &|bytes| {
            bytes[signatures_at + 1] = 2;
            bytes.extend_from_within(signatures_at + 2..);
        }),
        Vector::invalid(
            "charter-of-another-consortium",
            with_bytes(&removal(), |bytes| bytes[32] ^= 1),
            "act_consortium",
            "a later charter's scope is its consortium",
        ),
        Vector::invalid(
            "later-without-consortium",
            with_bytes(&grant_later(), |bytes| bytes[32..64].copy_from_slice(ConsortiumId::ZERO.as_bytes())),
            "act_consortium",
            "every later act names its consortium",
        ),
    ]
}

fn charter_vectors() -> Vec<Vector> {
    let act = charter();
    let members = act.as_charter().unwrap().members.clone();
    let [one, two] = [members[0].to_string(), members[1].to_string()];
    let both = format!(r#"["{one}","{two}"]"#);
    let invalid = |name, rule, proves, from: &str, to: &str| {
        assert!(std::str::from_utf8(act.body_bytes()).unwrap().contains(from), "{name}");
        Vector::invalid(name, with_body(&act, |body| body.replace(from, to)), rule, proves)
    };
    vec![
        invalid("not-canonical", "act_json", "a body is canonical JSON", r#","name":"#, r#", "name":"#),
        invalid(
            "unknown-member",
            "act_unknown_member",
            "no member beyond those listed",
            r#""name":"#,
            r#""mode":1,"name":"#,
        ),
        invalid("missing-member", "act_missing_member", "a charter has a name", r#""name":"Partnership","#, ""),
        invalid(
            "threshold-half",
            "act_majority",
            "more than half has to sign: 2m > n",
            r#""threshold":2"#,
            r#""threshold":1"#,
        ),
        invalid(
            "threshold-above-all",
            "act_majority",
            "no more than all can sign",
            r#""threshold":2"#,
            r#""threshold":3"#,
        ),
        invalid("threshold-text", "act_form", "a threshold is a number", r#""threshold":2"#, r#""threshold":"2""#),
        invalid("members-order", "act_list_order", "lists ascend", &both, &format!(r#"["{two}","{one}"]"#)),
        invalid("member-twice", "act_list_order", "no item twice", &both, &format!(r#"["{one}","{one}"]"#)),
        invalid("no-members", "act_empty", "a charter has members", &both, "[]"),
        invalid("member-upper-case", "act_form", "hexadecimal in lower case", &one, &one.to_uppercase()),
        invalid("limit-of-another-type", "act_form", "limits are integers or texts", "10000", "true"),
        invalid(
            "text-too-long",
            "act_text_length",
            "1,024 bytes at most",
            "10000",
            &format!("\"{}\"", "x".repeat(1_025)),
        ),
        invalid("too-many-limits", "act_setting_count", "64 limits at most", "10000", &settings(65)),
    ]
}

/// One limit's number, and further limits behind it, as many as are asked for in all.
fn settings(count: usize) -> String {
    (1..count).fold("10000".to_owned(), |text, code| format!(r#"{text},"z{code:02}":1"#))
}

fn organisation_vectors() -> Vec<Vector> {
    let (first, later) = (first_act(), grant_later());
    let root = first.as_organisation().unwrap().roots.clone().unwrap().keys[0];
    let granted = later.as_organisation().unwrap().grants[0].clone();
    let identity = PublicKey::from_slice(&[&[1][..], &[0; 31]].concat()).unwrap();
    let invalid = |name, rule, proves, act: &Act, from: &str, to: &str| {
        assert!(std::str::from_utf8(act.body_bytes()).unwrap().contains(from), "{name}");
        Vector::invalid(name, with_body(act, |body| body.replace(from, to)), rule, proves)
    };
    let subject = GrantSubject::of_organisation(organisation(&first));
    let twice = Grant::of(&secret(50), &subject, Role::Publisher, "");
    let twice = format!(r#"}},{{"key":"{}","label":"","proof":"{}","role":3}}]"#, twice.key, twice.proof);
    let key = granted.key.to_string();
    let proof = to_hex(granted.proof.as_bytes());
    let plain = state();
    vec![
        invalid("granted-twice", "act_granted_twice", "one role for a key's life", &later, "}]", &twice),
        invalid(
            "granted-root",
            "act_granted_root",
            "no root is granted",
            &first,
            &secret(31).public().to_string(),
            &root.to_string(),
        ),
        invalid("grant-weak-key", "act_weak_key", "no weak key is granted", &later, &key, &identity.to_string()),
        invalid(
            "grant-of-another-role",
            "act_grant_proof",
            "the proof names the role",
            &later,
            r#""role":2"#,
            r#""role":3"#,
        ),
        invalid(
            "grant-proof-bit",
            "act_grant_proof",
            "the proof is the key's",
            &later,
            &proof,
            &format!("00{}", &proof[2..]),
        ),
        invalid("grant-unknown-role", "act_role", "five roles", &later, r#""role":2"#, r#""role":6"#),
        invalid("grant-no-day", "act_form", "expires is a day", &later, "2030-12-31", "2030-12-32"),
        invalid(
            "admin-later",
            "act_unknown_member",
            "admin in the first act alone",
            &later,
            r#"{"grants""#,
            r#"{"admin":true,"grants""#,
        ),
        invalid(
            "root-weak-key",
            "act_weak_key",
            "no weak root",
            &plain,
            &secret(40).public().to_string(),
            &identity.to_string(),
        ),
        invalid(
            "threshold-above-keys",
            "act_threshold",
            "no more keys than there are",
            &plain,
            r#""threshold":1"#,
            r#""threshold":2"#,
        ),
        invalid(
            "threshold-zero",
            "act_threshold",
            "a rotation takes a key",
            &plain,
            r#""next_threshold":1"#,
            r#""next_threshold":0"#,
        ),
        Vector::invalid(
            "no-roots",
            with_body(&plain, |_| r#"{"kind":"state"}"#.to_owned()),
            "act_missing_member",
            "a first act has roots",
        ),
        Vector::invalid(
            "space-without-nonce",
            with_body(&space(), |body| body.replace(&format!(r#""nonce":"{}","#, "09".repeat(32)), "")),
            "act_missing_member",
            "nobody can guess a restricted space's id",
        ),
    ]
}

fn read(bytes: &[u8], json: &Value) -> Verdict {
    match Act::decode(bytes) {
        Ok(act) => {
            assert_eq!(act.encode(), bytes);
            let holding = act.signatures().iter().filter(|signature| act.is_signed_by(signature)).count();
            if let Some(expected) = json.get("signatures_that_hold") {
                assert_eq!(expected, holding);
            }
            Verdict { id: Some(act.id().to_string()), rule: None }
        }
        Err(error) => Verdict { id: None, rule: Some(error.code()) },
    }
}

#[test]
fn acts_are_judged_as_the_vectors_say() {
    let vectors =
        [valid_vectors(), frame_vectors(), charter_vectors(), organisation_vectors(), member_vectors()].concat();
    file::check("acts", "act", &vectors, read);
}
