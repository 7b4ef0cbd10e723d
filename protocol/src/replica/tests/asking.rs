//! What is asked of whom.

use super::*;
use crate::limits;
use crate::sync::frame::Frame;

/// Five organisations: the first four write, the first two hold it all, the last one has heard so and holds nothing.
fn offered() -> World {
    let mut world = World::founded(5);
    for site in 0..4 {
        let entries = world.sealed(site, &["one"]);
        world.handle(site, Input::Submit { request: 1, entries });
    }
    for (opener, other) in [(0, 1), (0, 2), (0, 3)] {
        world.connect(opener, other);
    }
    for holder in [0, 1] {
        let (last, peer) = (world.sites[4].node, world.sites[holder].node);
        world.handle(holder, Input::Connected { peer: last, opens_with: None });
        world.handle(4, Input::Connected { peer, opens_with: Some([9; 16]) });
    }
    while let Some((from, to, frame)) = world.wire.pop_front() {
        let site = world.sites.iter().position(|site| site.node == to).unwrap();
        if !matches!(Frame::decode(&frame), Ok(Frame::Run(_))) {
            world.handle(site, Input::Received { peer: from, frame });
        }
    }
    world
}

fn shared(world: &mut World) -> Vec<(NodeId, usize)> {
    let replica = &mut world.sites[4].replica;
    replica.asked.clear();
    replica.share(Timestamp(1)).into_iter().map(|(peer, wishes)| (peer, wishes.len())).collect()
}

#[test]
fn logs_that_several_offer_are_asked_of_several() {
    let mut world = offered();
    let [one, other] = [0, 1].map(|site| world.sites[site].node);
    let both = BTreeMap::from([(one, 2), (other, 2)]);
    assert_eq!(BTreeMap::from_iter(shared(&mut world)), both);
    // One that failed is asked for nothing that the other has room for.
    world.sites[4].replica.failures.insert(one, 1);
    assert_eq!(shared(&mut world), [(other, 4)]);
    world.sites[4].replica.sessions.remove(&other);
    assert_eq!(shared(&mut world), [(one, 4)]);
}

#[test]
fn one_that_owes_much_is_asked_for_no_more_and_others_are() {
    let mut world = offered();
    let [one, other] = [0, 1].map(|site| world.sites[site].node);
    let logs: Vec<LogKey> = (0..4).map(|site| world.log(site)).collect();
    let replica = &mut world.sites[4].replica;
    replica.asked.clear();
    // The first of all: later ones are never asked beside what it says of this.
    replica.share(Timestamp(1));
    let log = *logs.iter().find(|log| replica.asked[log].peer == one).unwrap();
    let asked = replica.asked.get_mut(&log).unwrap();
    asked.until = limits::OWED_ENTRIES;
    let asked = *asked;
    replica.asked = BTreeMap::from([(log, asked)]);
    let shares = replica.share(Timestamp(1));
    assert_eq!(shares.keys().copied().collect::<Vec<_>>(), [other]);
    assert_eq!(shares[&other].len(), 3);
}
