//! The door over real sockets: what a stranger can do with it, and what an honest candidate still gets meanwhile.

use isnad_protocol::act::{Name, OrganisationKind, founding};
use isnad_protocol::encoding::json::Object;
use isnad_protocol::governance::Governance;
use isnad_protocol::joining::{Answer, Frame, Invitation, Refusal};
use tempfile::TempDir;

use super::*;
use crate::candidacy::{self, ApplyError};
use crate::door::Wish;
use crate::home::Home;
use crate::identity::{self, NewIdentity};
use crate::keystore::{Cost, Passphrase, Unlocker};
use crate::network::behaviour::JOIN;

const CHEAP: Cost = Cost { m_kib: 8, t: 1, p: 1 };

fn unlocker() -> Unlocker {
    Unlocker::new(Passphrase::new("a passphrase for tests".to_owned().into()).unwrap())
}

fn organisation(dir: &TempDir, name: &str) -> (Home, isnad_protocol::act::Act) {
    let names = vec![Name { lang: "en".into(), text: name.into() }];
    let new = NewIdentity { kind: OrganisationKind::Ngo, names, label: "test" };
    identity::create(&dir.path().join(name), new, &mut unlocker(), CHEAP).unwrap()
}

/// A sponsor's network on an address, its door, and what it hears.
struct Sponsor {
    network: Network,
    events: mpsc::Receiver<Event>,
    address: String,
    door: Arc<Door>,
    dir: TempDir,
}

impl Sponsor {
    async fn on(listen: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let (home, act) = organisation(&dir, "sponsor");
        let own = act.organisation().unwrap();
        let charter = founding::charter("Test", vec![own], 1, Object::new(), Object::new()).unwrap();
        let charter = identity::sign(&home, charter, &mut unlocker()).unwrap();
        let governance = Arc::new(Governance::assemble(vec![charter, act]).unwrap());
        let door = Arc::new(Door::open(&home, node(HONEST), Some(own), governance).unwrap());
        let settings = Settings {
            seed: [HONEST; 32].into(),
            listen: vec![listen.to_owned()],
            peers: Vec::new(),
            members: Members::from([(node(HOSTILE), None)]),
        };
        let (network, mut events) = Network::start_with(settings, Some(Arc::clone(&door))).await.unwrap();
        let Event::Listening { address } = next(&mut events).await else { panic!("it does not listen") };
        Self { network, events, address, door, dir }
    }

    fn invite(&self) -> Invitation {
        let bare = self.address.split("/p2p/").next().unwrap().to_owned();
        let wish = Wish { label: String::new(), valid_ms: 3_600_000, addresses: vec![bare] };
        self.door.invite(wish).unwrap().unwrap()
    }

    /// Waits until a node was told of that proved nothing.
    async fn told_of(&mut self, seed: u8) {
        loop {
            match next(&mut self.events).await {
                Event::Stranger { node: told, .. } if told == node(seed) => return,
                Event::Connected { .. } | Event::Frame { .. } | Event::Candidate { .. } => panic!("{seed} got in"),
                _ => {}
            }
        }
    }
}

fn swarm(seed: u8, behaviour: Sync) -> Swarm<Sync> {
    let keypair = libp2p::identity::Keypair::ed25519_from_bytes([seed; 32]).unwrap();
    SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .unwrap()
        .with_quic()
        .with_behaviour(|_| behaviour)
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(3_600)))
        .build()
}

/// Dials; true if a stream opened before the connection was closed.
async fn opens(address: &str, mut swarm: Swarm<Sync>) -> bool {
    swarm.dial(address.parse::<Multiaddr>().unwrap()).unwrap();
    loop {
        match within(swarm.select_next_some()).await {
            SwarmEvent::Behaviour(_) => return true,
            SwarmEvent::ConnectionClosed { .. } | SwarmEvent::OutgoingConnectionError { .. } => return false,
            _ => {}
        }
    }
}

async fn guest(sponsor: &Sponsor, seed: u8) -> Stream {
    stream_to(&sponsor.address, swarm(seed, Sync::joining(node(HONEST)))).await
}

#[tokio::test]
async fn the_door_is_shut_while_no_invitation_is_open_and_sync_stays_shut_behind_it() {
    for listen in [TCP, QUIC] {
        let mut sponsor = Sponsor::on(listen).await;
        assert!(!opens(&sponsor.address, swarm(9, Sync::joining(node(HONEST)))).await, "{JOIN} over {listen}");
        sponsor.told_of(9).await;
        let invitation = sponsor.invite();
        assert!(!opens(&sponsor.address, swarm(9, Sync::new(Members::from([(node(HONEST), None)])))).await);
        assert!(opens(&sponsor.address, swarm(9, Sync::joining(node(HONEST)))).await);
        assert!(sponsor.door.withdraw(&invitation.key().name()).unwrap());
        assert!(!opens(&sponsor.address, swarm(9, Sync::joining(node(HONEST)))).await);
        sponsor.network.stop().await;
    }
}

#[tokio::test]
async fn a_candidate_gets_in_hands_over_its_act_and_learns_the_charter() {
    for listen in [TCP, QUIC] {
        let mut sponsor = Sponsor::on(listen).await;
        let (home, act) = organisation(&sponsor.dir, "candidate");
        let invitation = sponsor.invite();
        let governance = candidacy::apply(&home, invitation.clone(), &mut unlocker()).await.unwrap();
        assert_eq!(governance.consortium(), invitation.consortium);
        assert_eq!(consortium_of(&home), Some(invitation.consortium));
        assert_eq!(sponsor.door.applicants()[0].act, act);
        assert!(matches!(next(&mut sponsor.events).await, Event::Candidate { .. }));
        // The code is used up: for another the door is shut, unless one more invitation is open; then he is told.
        let (other, _) = organisation(&sponsor.dir, "other");
        let shut = candidacy::apply(&other, invitation.clone(), &mut unlocker()).await;
        assert!(matches!(shut, Err(ApplyError::Call(CallError::Shut))), "{shut:?}");
        sponsor.invite();
        let used = candidacy::apply(&other, invitation, &mut unlocker()).await;
        let is_told = matches!(used, Err(ApplyError::Call(CallError::Refused(Refusal::Refused(Answer::Used)))));
        assert!(is_told, "{used:?}");
        assert_eq!(consortium_of(&other), None);
        sponsor.network.stop().await;
    }
}

fn consortium_of(home: &Home) -> Option<isnad_protocol::id::ConsortiumId> {
    crate::node::consortium(home).unwrap()
}

#[tokio::test]
async fn whoever_proves_nothing_is_cut_off_within_bounds() {
    let mut sponsor = Sponsor::on(TCP).await;
    sponsor.invite();
    let hello = Frame::Hello { nonce: [1; 32] }.encode();
    let framed = |frame: &[u8]| [&u32::try_from(frame.len()).unwrap().to_be_bytes()[..], frame].concat();
    let wrong = Frame::Proof { proof: [0; 32], act: vec![7; 1_000] }.encode();
    let too_long = u32::try_from(isnad_protocol::limits::JOINING_BYTES + 1).unwrap().to_be_bytes();
    // One who guesses is told that it is wrong; garbage, frames too long, half a frame and silence are told nothing.
    let mut guessing = guest(&sponsor, 9).await;
    guessing.write_all(&[framed(&hello), framed(&wrong)].concat()).await.unwrap();
    let mut said = Vec::new();
    within(guessing.read_to_end(&mut said)).await.unwrap();
    assert_eq!(said.len(), 4 + 33 + 4 + 2);
    assert_eq!(said[41..], Frame::Refused(Answer::Unknown).encode());
    drop(guessing);
    sponsor.told_of(9).await;
    for (seed, bytes) in [(10, &[0xff; 64][..]), (11, &too_long), (12, &[0, 0, 0, 9, 1]), (13, &[])] {
        let mut stream = guest(&sponsor, seed).await;
        stream.write_all(bytes).await.unwrap();
        stream.flush().await.unwrap();
        assert!(is_ended(&mut stream).await, "{seed}");
        sponsor.told_of(seed).await;
    }
    // One after another in full, they come to no more than the bound of the whole exchange.
    let mut stream = guest(&sponsor, 14).await;
    stream.write_all(&framed(&hello)).await.unwrap();
    stream.write_all(&framed(&vec![3; isnad_protocol::limits::JOINING_BYTES - 4])).await.unwrap();
    stream.flush().await.unwrap();
    within(stream.read_exact(&mut [0; 37])).await.unwrap();
    assert!(is_ended(&mut stream).await);
    sponsor.network.stop().await;
}

/// More strangers than there is room for hold their connections open; a candidate takes the place of the oldest.
#[tokio::test]
async fn a_flood_of_guests_keeps_no_candidate_out() {
    let sponsor = Sponsor::on(TCP).await;
    let invitation = sponsor.invite();
    let mut streams = Vec::new();
    for seed in 20..44 {
        streams.push(guest(&sponsor, seed).await);
    }
    let (home, _) = organisation(&sponsor.dir, "candidate");
    let joined = candidacy::apply(&home, invitation, &mut unlocker()).await;
    assert!(joined.is_ok(), "{joined:?}");
    assert!(is_ended(&mut streams[0]).await);
    sponsor.network.stop().await;
}
