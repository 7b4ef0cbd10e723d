//! Strangers that knocked, as a person is told of them: so many at one time, and those of one network keep out nobody of another.
//!
//! A stranger makes as many keys as it likes, and has few networks. Nothing here is part of the dataset.

use std::collections::BTreeMap;

use isnad_protocol::id::NodeId;

use crate::network::Origin;

/// Whether one more stranger is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// There is room.
    Free,
    /// This one makes room: more come from its network than from the new one's.
    Of(NodeId),
    /// There is none: no network has more in the table than its own.
    None,
}

/// Says who makes room for a stranger from `address` in a table of at most `places`.
pub(super) fn room_for(strangers: &BTreeMap<NodeId, String>, address: &str, places: usize) -> Room {
    if strangers.len() < places {
        return Room::Free;
    }
    let mut shares: BTreeMap<Origin, Vec<NodeId>> = BTreeMap::new();
    for (node, address) in strangers {
        shares.entry(Origin::of(address)).or_default().push(*node);
    }
    let own = shares.get(&Origin::of(address)).map_or(0, Vec::len).saturating_add(1);
    let heaviest = shares.into_values().max_by_key(Vec::len).filter(|share| share.len() > own);
    heaviest.and_then(|share| share.last().copied()).map_or(Room::None, Room::Of)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: usize = 10;

    fn node(number: u8) -> NodeId {
        NodeId::new([number; 32])
    }

    /// Strangers in the order in which they knock, each from a host of a network.
    fn knock(strangers: &mut BTreeMap<NodeId, String>, number: u8, address: &str) -> bool {
        match room_for(strangers, address, PLACES) {
            Room::None => return false,
            Room::Of(node) => drop(strangers.remove(&node)),
            Room::Free => {}
        }
        strangers.insert(node(number), address.to_owned());
        true
    }

    #[test]
    fn whoever_knocks_with_a_thousand_keys_keeps_out_nobody_from_elsewhere() {
        let mut strangers = BTreeMap::new();
        assert!(knock(&mut strangers, 0, "/ip4/203.0.113.9/udp/4747/quic-v1"));
        let told = (1..=200)
            .filter(|number| knock(&mut strangers, *number, &format!("/ip4/192.0.2.{}/tcp/{number}", number % 4)));
        assert_eq!(told.count(), PLACES - 1, "and no more notices are made of them");
        for (number, address) in
            [(201, "/ip4/198.51.100.7/tcp/4747"), (202, "/ip6/2001:db8:7::1/tcp/4747"), (203, "/dns/host")]
        {
            assert!(knock(&mut strangers, number, address), "{address}");
        }
        assert_eq!(strangers.len(), PLACES);
        assert!([0, 201, 202, 203].iter().all(|number| strangers.contains_key(&node(*number))), "{strangers:?}");
        // Those of one network of IPv6 are one source too.
        let again =
            (204..=250).filter(|number| knock(&mut strangers, *number, &format!("/ip6/2001:db8:7:{number}::1/tcp/1")));
        assert!(again.count() < PLACES);
        assert!(strangers.contains_key(&node(0)) && strangers.contains_key(&node(201)), "{strangers:?}");
    }
}
