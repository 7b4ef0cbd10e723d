//! What comes to the door: codes that somebody pasted, frames of `/isnad/join/1`.

use isnad_protocol::id::{ConsortiumId, NodeId};
use isnad_protocol::joining::{Answer, Frame, Invitation, Secret, candidate_act};
use isnad_protocol::time::Timestamp;

use super::seeds;

pub(super) fn codes() -> Vec<Vec<u8>> {
    let code = |addresses: &[&str]| {
        let invitation = Invitation {
            consortium: ConsortiumId::new([1; 32]),
            node: NodeId::new([2; 32]),
            secret: Secret::new([3; 16]),
            until: Timestamp(1_800_000_000_000),
            addresses: addresses.iter().map(|address| (*address).to_owned()).collect(),
        };
        invitation.encode().into_bytes()
    };
    vec![code(&["/ip4/192.0.2.7/tcp/4747"]), code(&["/dns/a.example/tcp/1", "/ip6/::1/udp/4747/quic-v1"])]
}

/// A code is read however it is grouped, and written in one way.
pub(super) fn invitation(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(invitation) = Invitation::parse(text) else { return false };
    assert_eq!(Invitation::parse(&invitation.encode()), Ok(invitation));
    true
}

pub(super) fn frames() -> Vec<Vec<u8>> {
    let proofs = seeds::acts().into_iter().map(|act| Frame::Proof { proof: [7; 32], act });
    let others = [
        Frame::Hello { nonce: [1; 32] },
        Frame::Challenge { nonce: [2; 32] },
        Frame::Welcome { proof: [3; 32], acts: Vec::new() },
        Frame::Refused(Answer::Used),
    ];
    proofs.chain(others).map(|frame| frame.encode()).collect()
}

pub(super) fn frame(bytes: &[u8]) -> bool {
    let Some(frame) = Frame::decode(bytes) else { return false };
    assert_eq!(frame.encode(), bytes);
    if let Frame::Proof { act, .. } = &frame {
        // Whatever is taken for a candidate's act grants its node, and this one is nobody's.
        assert!(candidate_act(act, &NodeId::new([9; 32])).is_err());
    }
    true
}
