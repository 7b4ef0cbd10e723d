use super::*;
use crate::act::founding;
use crate::act::tests::{charter, first_act, secret};
use crate::time::Timestamp;

fn node(n: u16) -> NodeId {
    NodeId::new(*secret(10 * n + 3).public().as_bytes())
}

/// A charter of `n` organisations signed by all, with their first acts.
fn founded(n: u16) -> Governance {
    let acts: Vec<Act> = (1..=n).map(first_act).collect();
    let ids: Vec<_> = acts.iter().map(Act::id).collect();
    let mut founding = charter(&ids, u64::from(n / 2 + 1));
    for (n, act) in (1..).zip(&acts) {
        let signature = founding.sign(act.organisation().unwrap(), &secret(10 * n));
        founding = founding.with_signature(signature);
    }
    Governance::assemble([vec![founding], acts].concat()).unwrap()
}

fn invitation(governance: &Governance) -> Invitation {
    Invitation {
        consortium: governance.consortium(),
        node: node(1),
        secret: Secret::new([7; 16]),
        until: Timestamp(60_000),
        addresses: vec!["/ip4/192.0.2.7/tcp/4747".to_owned()],
    }
}

fn sponsors(governance: &Governance) -> Option<OrganisationId> {
    governance.organisations().first().map(|organisation| organisation.id)
}

/// An exchange up to the proof: both sides, and the frame.
fn until_proof(governance: &Governance) -> (Sponsor, Candidate, Vec<u8>) {
    let mut sponsor = Sponsor::new(node(9), [1; 32]);
    let mut candidate = Candidate::new(invitation(governance), node(9), [2; 32]);
    let challenge = sponsor.hear_hello(&candidate.hello()).unwrap();
    let proof = candidate.hear_challenge(&challenge, &first_act(9)).unwrap();
    (sponsor, candidate, proof)
}

#[test]
fn a_candidate_gets_the_charter_and_hands_over_its_first_act() {
    let governance = founded(3);
    let (sponsor, candidate, proof) = until_proof(&governance);
    let keys = [InvitationKey::new([0; 32]), invitation(&governance).key()];
    let (at, act) = sponsor.hear_proof(&proof, &keys).unwrap();
    assert_eq!((at, candidate_act(&act, &node(9))), (1, Ok(first_act(9))));
    let welcome = sponsor.welcome(&keys[1], &charter_acts(&governance, sponsors(&governance)));
    let heard = candidate.hear_welcome(&welcome).unwrap();
    assert_eq!(heard, governance);
    assert!(welcome.len() + 100 < limits::JOINING_BYTES);
}

#[test]
fn who_does_not_have_the_secret_is_told_nothing() {
    let governance = founded(2);
    let (sponsor, candidate, proof) = until_proof(&governance);
    let key = invitation(&governance).key();
    let unknown = Err(Refusal::Refused(Answer::Unknown));
    for at in [1, 16, 32] {
        let mut wrong = proof.clone();
        wrong[at] ^= 1;
        assert_eq!(sponsor.hear_proof(&wrong, &[key]), unknown, "{at}");
    }
    // Of another invitation, by another node, of another exchange.
    assert_eq!(sponsor.hear_proof(&proof, &[InvitationKey::new([7; 32])]), unknown);
    for (who, nonce) in [(node(8), [1; 32]), (node(9), [3; 32])] {
        let mut other = Sponsor::new(who, nonce);
        other.hear_hello(&candidate.hello()).unwrap();
        assert_eq!(other.hear_proof(&proof, &[key]), unknown);
    }
    assert_eq!(Sponsor::new(node(9), [1; 32]).hear_proof(&proof, &[key]), Err(Refusal::OutOfTurn));
    // And the candidate takes no charter from one who has it not.
    let welcome = sponsor.welcome(&InvitationKey::new([7; 32]), &charter_acts(&governance, None));
    assert_eq!(candidate.hear_welcome(&welcome), Err(Refusal::NotTheSponsor));
    let refused = Frame::Refused(Answer::Expired).encode();
    assert_eq!(candidate.hear_welcome(&refused), Err(Refusal::Refused(Answer::Expired)));
}

#[test]
fn another_charter_is_not_taken_for_the_one_of_the_invitation() {
    let (governance, other) = (founded(2), founded(3));
    let (sponsor, candidate, _) = until_proof(&governance);
    let key = invitation(&governance).key();
    for acts in [charter_acts(&other, None), Vec::new(), vec![first_act(1)]] {
        assert_eq!(candidate.hear_welcome(&sponsor.welcome(&key, &acts)), Err(Refusal::NotTheCharter));
    }
    let no_acts = Frame::Welcome { proof: [0; 32], acts: vec![1, 2, 3] }.encode();
    assert_eq!(candidate.hear_welcome(&no_acts), Err(Refusal::NotTheSponsor));
}

#[test]
fn frames_out_of_turn_and_bytes_that_are_none_end_the_exchange() {
    let governance = founded(2);
    let (mut sponsor, mut candidate, proof) = until_proof(&governance);
    assert_eq!(sponsor.hear_hello(&candidate.hello()), Err(Refusal::OutOfTurn));
    assert_eq!(
        candidate.hear_challenge(&Frame::Challenge { nonce: [5; 32] }.encode(), &first_act(9)),
        Err(Refusal::OutOfTurn)
    );
    for bytes in [&[][..], &[0], &[1; 32], &[1; 34], &[2; 33], &[5, 0], &[5, 9], &[5, 1, 1], &[9; 40]] {
        assert_eq!(Sponsor::new(node(9), [1; 32]).hear_hello(bytes), Err(Refusal::OutOfTurn), "{bytes:?}");
        assert_eq!(candidate.hear_welcome(bytes), Err(Refusal::OutOfTurn), "{bytes:?}");
    }
    assert_eq!(sponsor.hear_hello(&proof), Err(Refusal::OutOfTurn));
    for answer in Answer::ALL {
        assert_eq!(Frame::decode(&Frame::Refused(answer).encode()), Some(Frame::Refused(answer)));
    }
}

#[test]
fn only_the_signed_first_act_that_grants_the_node_is_a_candidates() {
    let act = first_act(9);
    assert_eq!(candidate_act(&act.encode(), &node(9)), Ok(act.clone()));
    let unsigned = act.clone().with_signatures(Vec::new());
    let founding = charter(&[act.id()], 1);
    for (bytes, of) in [
        (act.encode(), node(8)),
        (unsigned.encode(), node(9)),
        (founding.encode(), node(9)),
        (b"no act".to_vec(), node(9)),
        (Vec::new(), node(9)),
    ] {
        assert_eq!(candidate_act(&bytes, &of), Err(Answer::Act));
    }
}

#[test]
fn what_is_handed_over_has_its_bound_however_many_members_there_are() {
    let governance = founded(120);
    let own = sponsors(&governance);
    let acts = charter_acts(&governance, own);
    assert!(bundle_acts(&acts).len() <= limits::JOINING_ACTS_BYTES);
    assert!(acts.first().is_some_and(|act| founding::consortium(act) == governance.consortium()));
    assert_eq!(acts.get(1).and_then(Act::organisation), own);
    assert!(acts.len() < 121);
}
