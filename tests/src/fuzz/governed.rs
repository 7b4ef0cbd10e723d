//! What governance is told by others: attestations, proofs of forks, cuts, and what strangers say at the door.

use std::sync::OnceLock;

use isnad_protocol::act::{Act, Body, Cut, Grant, GrantSubject, OrganisationBody, Place, Revocation, Role};
use isnad_protocol::attestation::{ActLine, Attestation, LogLine, NodeLine};
use isnad_protocol::encoding::json::{self, Json};
use isnad_protocol::entry::{Draft, Entry, Kind, Payload};
use isnad_protocol::governance::{Governance, bundle_acts};
use isnad_protocol::id::{ActId, ConsortiumId, EntryId, NodeId, RecordId, SpaceId};
use isnad_protocol::joining::{Answer, Frame, Invitation, Secret};
use isnad_protocol::key::{PublicKey, SecretKey};
use isnad_protocol::limits;
use isnad_protocol::log::{Authentic, ForkProof, LogEnd, LogKey};
use isnad_protocol::time::Timestamp;

use super::{seeds, stateful};
use crate::consortium;

/// The contributor key whose logs are forked and cut.
fn key() -> &'static SecretKey {
    &stateful::site().key
}

/// The key whose attestations are read.
fn node_key() -> SecretKey {
    consortium::secret(240)
}

fn attesting() -> PublicKey {
    static KEY: OnceLock<PublicKey> = OnceLock::new();
    *KEY.get_or_init(|| node_key().public())
}

fn draft(kind: Kind) -> Draft {
    Draft { kind, ..stateful::site().draft(RecordId::ZERO, Vec::new()) }
}

/// The rules of the site, where a node key attests.
fn rules() -> &'static Governance {
    static GOVERNANCE: OnceLock<Governance> = OnceLock::new();
    GOVERNANCE.get_or_init(|| {
        let site = stateful::site();
        let mut governance = site.replica.governance().clone();
        let subject = GrantSubject::of_organisation(site.organisation);
        let grants = vec![Grant::of(&node_key(), &subject, Role::Node, "node")];
        let body = OrganisationBody { grants, ..OrganisationBody::default() };
        let first = ActId::new(*site.organisation.as_bytes());
        let place = Place { version: 2, consortium: governance.consortium(), scope: first, previous: first };
        let act = Act::draft(place, &Body::Organisation(body)).expect("an act");
        let signature = act.sign(site.organisation, &consortium::secret(0));
        governance.take(act.with_signature(signature)).expect("taken");
        governance
    })
}

/// The payload of an attestation: written again it says the same, whole and in parts.
pub(super) fn attestation(bytes: &[u8]) -> bool {
    let Ok(read) = Attestation::parse(bytes, &attesting()) else { return false };
    // Lists may be there and empty; what is written leaves them out.
    assert_eq!(Attestation::parse(&read.encode(), &attesting()).as_ref(), Ok(&read));
    let mut whole = Attestation::default();
    for part in read.clone().into_parts() {
        let payload = part.encode();
        assert!(payload.len() as u64 <= limits::PAYLOAD_BYTES, "a part of {} bytes", payload.len());
        assert_eq!(Attestation::parse(&payload, &attesting()).as_ref(), Ok(&part));
        whole.acts.extend(part.acts);
        whole.logs.extend(part.logs);
        whole.nodes.extend(part.nodes);
        whole.records = part.records.or(whole.records);
    }
    assert_eq!(whole, read, "parts say something else");
    true
}

/// Vectors, and what a node writes.
pub(super) fn attestations() -> Vec<Vec<u8>> {
    let log =
        |byte: u8| LogLine { author: PublicKey::new([byte; 32]), end: LogEnd { seq: 7, id: EntryId::new([byte; 32]) } };
    let act = |byte: u8| ActLine { scope: ActId::new([byte; 32]), version: 3, act: ActId::new([byte + 1; 32]) };
    let node = NodeLine { node: NodeId::new([5; 32]), address: "/ip4/192.0.2.7/tcp/4747".into() };
    let own = Attestation {
        acts: [act(1), act(3)].into(),
        logs: [log(1), log(2)].into(),
        nodes: [node].into(),
        records: Some([8; 32]),
    };
    [seeds::vectors("attestations"), vec![own.encode(), b"{}".to_vec()]].concat()
}

/// A proof of a fork, told to governance: taken once, and whatever comes after it in whichever order changes nothing.
pub(super) fn fork(bytes: &[u8]) -> bool {
    let claimed = ForkProof::claim(bytes);
    let Ok(proof) = ForkProof::decode(bytes) else { return false };
    assert_eq!(proof.encode(), bytes);
    assert_eq!(claimed, Some((proof.log(), proof.seq())));
    let [first, second] = proof.headers();
    assert_ne!(first.id(), second.id());
    let mut governance = rules().clone();
    let is_new = governance.take_fork(proof.clone());
    let once = governance.clone();
    assert!(!governance.take_fork(proof.clone()), "a proof is new twice");
    for other in known_proofs() {
        governance.take_fork(other.clone());
    }
    let mut other_way = rules().clone();
    for other in known_proofs().iter().rev().chain([&proof]) {
        other_way.take_fork(other.clone());
    }
    let positions =
        |governance: &Governance| governance.forks().map(|fork| (fork.log(), fork.seq())).collect::<Vec<_>>();
    assert_eq!(positions(&governance), positions(&other_way), "the order of proofs shows");
    assert_eq!(once.fork(&proof.log()).is_some(), is_new);
    true
}

/// Two entries of one author at each of two positions, in the space and by keys of a consortium.
fn known_proofs() -> &'static [ForkProof] {
    static PROOFS: OnceLock<Vec<ForkProof>> = OnceLock::new();
    PROOFS.get_or_init(|| {
        let entry = |time, seq: u64| -> Entry {
            let draft = Draft { time: Timestamp(time), ..draft(Kind::Change) };
            draft.seal((seq, if seq == 0 { EntryId::ZERO } else { EntryId::new([1; 32]) }), key())
        };
        let pairs = [(0, 1, 2), (4, 1, 2), (4, 3, 4), (9, 5, 6)];
        pairs.map(|(seq, one, other)| ForkProof::of(&entry(one, seq), &entry(other, seq)).expect("a fork")).to_vec()
    })
}

pub(super) fn forks() -> Vec<Vec<u8>> {
    let own = known_proofs().iter().map(ForkProof::encode);
    seeds::vectors("forks").into_iter().chain(own).collect()
}

/// A list of cuts as JSON, in the act that revokes a key: whatever they say, each log ends somewhere or nowhere.
pub(super) fn cuts(bytes: &[u8]) -> bool {
    let Ok(list) = json::decode(bytes) else { return false };
    let revocation = Json::object([
        ("cuts", list),
        ("key", Json::text(key().public().to_string())),
        ("reason", Json::text("compromised")),
    ]);
    let body = Json::object([("revocations", Json::List(vec![revocation]))]).encode();
    let Ok(act) = Act::decode(&stateful::framed(2, 2, &body)) else { return false };
    assert_eq!(act.body().to_json().encode(), act.body_bytes());
    let revoked = act.as_organisation().and_then(|body| body.revocations.first()).expect("a revocation");
    let end = LogEnd { seq: 3, id: EntryId::new([4; 32]) };
    for log in cut_logs() {
        for cut in revoked.cuts.iter().filter(|cut| cut.is_of(&log)) {
            assert!(!cut.is_at(&log, end) || cut.seq(&log) == end.seq, "a cut at a position that it does not name");
        }
    }
    stateful::signed(act);
    true
}

fn cut_logs() -> [LogKey; 2] {
    [seeds::SPACE, SpaceId::new([8; 32])].map(|space| LogKey { space, author: key().public() })
}

pub(super) fn cut_lists() -> Vec<Vec<u8>> {
    let end = LogEnd { seq: 3, id: EntryId::new([4; 32]) };
    let cuts = cut_logs().map(|log| [Cut::new(&log, end), Cut::new(&log, LogEnd::START)]);
    let lists = [Vec::new(), cuts.concat(), vec![cuts[0][0]], Cut::fill(cuts.concat(), || [6; Cut::RANDOM_SIZE])];
    let text = |mut cuts: Vec<Cut>| {
        cuts.sort_unstable();
        let revocation = Revocation { cuts, key: key().public(), reason: "lost".into() };
        let body = OrganisationBody { revocations: vec![revocation], ..OrganisationBody::default() };
        let body = Body::Organisation(body).to_json();
        let list = body.get("revocations").and_then(Json::as_list).and_then(|list| list.first()?.get("cuts").cloned());
        list.expect("a list of cuts").encode()
    };
    lists.map(text).to_vec()
}

/// A frame at the door.
pub(super) fn join_frame(bytes: &[u8]) -> bool {
    let Some(frame) = Frame::decode(bytes) else { return false };
    assert_eq!(frame.encode(), bytes);
    true
}

pub(super) fn join_frames() -> Vec<Vec<u8>> {
    let acts = consortium::founding_acts(2);
    let answers = Answer::ALL.map(Frame::Refused);
    let frames = [
        Frame::Hello { nonce: [1; 32] },
        Frame::Challenge { nonce: [2; 32] },
        Frame::Proof { proof: [3; 32], act: acts[0].encode() },
        Frame::Welcome { proof: [4; 32], acts: bundle_acts(&acts) },
    ];
    let more = [vec![], vec![5], vec![5, 9], vec![6; 33], vec![1; 34]];
    frames.iter().chain(&answers).map(Frame::encode).chain(more).collect()
}

/// A code that somebody typed: what is read is written in one way, and that way is read again.
pub(super) fn invitation(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(invitation) = Invitation::parse(text) else { return false };
    assert_eq!(Invitation::parse(&invitation.encode()).as_ref(), Ok(&invitation));
    let letters = |text: &str| -> String {
        text.chars().filter(|letter| letter.is_ascii_alphanumeric()).map(|letter| letter.to_ascii_uppercase()).collect()
    };
    // As they are typed and read.
    let typed = letters(text).replacen("ISNAD1", "", 1).replace('O', "0").replace(['I', 'L'], "1");
    assert_eq!(letters(&invitation.encode()).replacen("ISNAD1", "", 1), typed, "a code has two spellings");
    true
}

pub(super) fn invitations() -> Vec<Vec<u8>> {
    let code = |addresses: &[&str]| {
        let addresses = addresses.iter().map(|address| (*address).to_owned()).collect();
        let (consortium, node) = (ConsortiumId::new([1; 32]), NodeId::new([2; 32]));
        let until = Timestamp(29_000_000 * 60_000);
        Invitation { consortium, node, secret: Secret::new([3; 16]), until, addresses }.encode()
    };
    let codes = [
        code(&["/ip4/192.0.2.7/tcp/4747"]),
        code(&["/ip6/2001:db8::7/udp/4747/quic-v1", "/dns/node.example.org/tcp/4747"]),
        code(&[]),
    ];
    let typed = codes[1].to_lowercase().replace('-', " ").replace('0', "o");
    codes.into_iter().chain([typed]).map(String::into_bytes).collect()
}

/// An attestation that an attesting key signs, whatever it says: governance takes it, and twice is once.
pub(super) fn attested(bytes: &[u8]) -> bool {
    let draft = Draft {
        record: RecordId::ZERO,
        payload: Payload { salt: [1; 16], bytes: bytes.to_vec() },
        ..draft(Kind::Attestation)
    };
    let entry = Authentic::from_store(draft.seal((0, EntryId::ZERO), &node_key()));
    let mut governance = rules().clone();
    governance.attest(&entry);
    let once = governance.clone();
    assert!(!governance.attest(&entry).acts && governance == once, "an attestation counts twice");
    Attestation::parse(bytes, &attesting()).is_ok()
}
