//! Check words, an invitation's code, and a whole exchange over `/isnad/join/1`. format §15.

use std::path::Path;

use isnad_protocol::act::{Act, Grant, GrantSubject, OrganisationKind, Role, Roots, founding, next_key_hash};
use isnad_protocol::check_words::CheckWords;
use isnad_protocol::encoding::json::Object;
use isnad_protocol::encoding::to_hex;
use isnad_protocol::governance::Governance;
use isnad_protocol::id::{ConsortiumId, NodeId, OrganisationId};
use isnad_protocol::joining::{Answer, Candidate, Frame, Invitation, Secret, Sponsor, charter_acts};
use isnad_protocol::key::PublicKey;
use isnad_protocol::locale::Language;
use isnad_protocol::time::Timestamp;
use serde_json::{Value, json};

use crate::{file, secret};

/// The first act of an organisation of the keys from `first`: root, next root, node.
fn first_act(first: u8) -> Act {
    let (keys, next) = (vec![secret(first).public()], vec![next_key_hash(&secret(first + 1).public())]);
    let roots = Roots { keys, next, next_threshold: 1, threshold: 1 };
    let subject = GrantSubject::of_roots(&roots.keys);
    let grants = vec![Grant::of(&secret(first + 2), &subject, Role::Reader, "node")];
    let act = founding::organisation(OrganisationKind::Ngo, Vec::new(), roots, grants, false).unwrap();
    let signature = act.sign(OrganisationId::ZERO, &secret(first));
    act.with_signature(signature)
}

fn node(first: u8) -> NodeId {
    NodeId::new(*secret(first + 2).public().as_bytes())
}

fn founded() -> Governance {
    let act = first_act(10);
    let own = act.organisation().unwrap();
    let charter = founding::charter("Example", vec![own], 1, Object::new(), Object::new()).unwrap();
    let signature = charter.sign(own, &secret(10));
    Governance::assemble(vec![charter.with_signature(signature), act]).unwrap()
}

fn words(words: CheckWords) -> Value {
    let line = |language: Language| (language.code().to_owned(), json!(words.line(language)));
    Value::Object(Language::ALL.into_iter().map(line).collect())
}

fn vectors() -> Value {
    let governance = founded();
    let addresses = [
        "/ip4/192.0.2.7/tcp/4747",
        "/ip4/192.0.2.7/udp/4747/quic-v1",
        "/ip6/2001:db8::7/tcp/4747",
        "/ip6/2001:db8::7/udp/4747/quic-v1",
        "/dns/node.example.org/tcp/4747",
    ];
    let invitation = Invitation {
        consortium: governance.consortium(),
        node: node(10),
        secret: Secret::new([0x5a; 16]),
        until: Timestamp(1_800_000_000_000),
        addresses: addresses.map(str::to_owned).to_vec(),
    };
    let code = invitation.encode();
    let altered =
        [code.replacen("ISNAD1-0", "ISNAD1-1", 1), code.replacen('-', "-0", 1), code[..code.len() - 1].to_owned()];
    let rules = altered.iter().map(|code| json!({ "code": code, "rule": Invitation::parse(code).unwrap_err().code() }));
    let mut sponsor = Sponsor::new(node(20), [2; 32]);
    let mut candidate = Candidate::new(invitation.clone(), node(20), [1; 32]);
    let hello = candidate.hello();
    let challenge = sponsor.hear_hello(&hello).unwrap();
    let proof = candidate.hear_challenge(&challenge, &first_act(20)).unwrap();
    sponsor.hear_proof(&proof, &[invitation.key()]).unwrap();
    let own = governance.organisations().first().map(|member| member.id);
    let welcome = sponsor.welcome(&invitation.key(), &charter_acts(&governance, own));
    candidate.hear_welcome(&welcome).unwrap();
    let frames = [("hello", hello), ("challenge", challenge), ("proof", proof), ("welcome", welcome)];
    let frames = frames.map(|(name, bytes)| json!({ "frame": name, "bytes": to_hex(&bytes) }));
    let refused =
        Answer::ALL.map(|answer| json!({ "rule": answer.code(), "bytes": to_hex(&Frame::Refused(answer).encode()) }));
    let bytes = [7; 32];
    json!({
        "proves": "check words, a code to the letter, and what both sides say and prove",
        "check_words": {
            "of": "07".repeat(32),
            "key": words(CheckWords::of_key(&PublicKey::new(bytes))),
            "organisation": words(CheckWords::of_organisation(&OrganisationId::new(bytes))),
            "consortium": words(CheckWords::of_consortium(&ConsortiumId::new(bytes))),
            "invitation": words(CheckWords::of_invitation(&ConsortiumId::new(bytes), &NodeId::new(bytes))),
        },
        "invitation": {
            "consortium": invitation.consortium.to_string(), "node": invitation.node.to_string(),
            "secret": "5a".repeat(16), "until_ms": invitation.until.0, "addresses": addresses,
            "key": to_hex(invitation.key().as_bytes()), "name": invitation.key().name(), "code": code,
        },
        "refused_codes": rules.collect::<Vec<_>>(),
        "candidate": node(20).to_string(),
        "exchange": frames,
        "refused": refused,
    })
}

#[test]
fn joining_is_as_the_vectors_say() {
    file::check_json(Path::new("joining.json"), &vectors());
}
